"""Figures of the directory: a refresh of many entries with nine attributes into a durable feed, beside the library's own refresh from the same slapd, and
going on when nothing has changed.

    directory_bench.py --program build/bin/meshgate [--people 100000]
"""

import argparse
import os
import re
import subprocess
import sys
import tempfile
import time

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "integration"))

from directory import PEOPLE, DirectoryNode, Slapd, reading  # noqa: E402

ENTRY = """dn: uid=p{0},{1}
objectClass: inetOrgPerson
uid: p{0}
cn: Person {0}
sn: Name {0}
givenName: Person
displayName: Person Number {0}
mail: p{0}@corp.test
telephoneNumber: +47 {0}
employeeNumber: {0}
departmentNumber: {2}

"""


def main():
    arguments = argparse.ArgumentParser()
    arguments.add_argument("--program", required=True)
    arguments.add_argument("--people", type=int, default=100000)
    options = arguments.parse_args()
    program = os.path.abspath(options.program)
    with tempfile.TemporaryDirectory(prefix="meshgate-directory-") as folder:
        os.chmod(folder, 0o755)
        server = Slapd(os.path.join(folder, "slapd"), session_log=1000)
        people = "".join(ENTRY.format(i, PEOPLE, i % 100) for i in range(options.people))
        subprocess.run(["/usr/sbin/slapadd", "-q", "-w", "-f", os.path.join(server.folder, "slapd.conf")], input=people.encode(), check=True, stderr=subprocess.DEVNULL)
        server.start()
        try:
            figures(program, folder, server, options.people)
        finally:
            server.stop()


def figures(program, folder, server, people):
    tool = os.path.join(os.path.dirname(program), "directory_refresh")
    lines = {}
    for _ in range(2):  # the second time the server has its data at hand, as it has for the gateway
        done = subprocess.run([tool, PEOPLE, f"url={server.url}", f"dn={server.reader}", f"password={server.reader_password}"], capture_output=True, check=True)
        lines = {name: (int(count), float(seconds)) for name, count, seconds in re.findall(r"(\w+) (\d+) ([\d.]+)", done.stdout.decode())}
    if lines["library"][0] != people or lines["connector"][0] != people or lines["resume"][0] != 0:
        raise SystemExit(f"not all were read: {lines}")
    node = DirectoryNode(program, folder, f"""
node: {{ data: DATA, listen: "http://127.0.0.1:PORT" }}
sources:
  company: {{ connector: ldap, connection: {{ {reading(server)} }}, every: 100ms }}
feeds:
  people:
    from: {{ source: company, base: "{PEOPLE}", filter: "(objectClass=inetOrgPerson)",
             attributes: [ uid, cn, sn, givenName, displayName, mail, telephoneNumber, employeeNumber, departmentNumber ] }}
""")
    with node.stopped_in_the_end():
        begin = time.monotonic()
        node.start()
        while not (state := node.feed("people")) or state["loading"]:
            if not node.running():
                raise SystemExit("the node ended: " + node.log())
            time.sleep(0.005)
        ours = time.monotonic() - begin
        if state["count"] != people:
            raise SystemExit(f"the feed has {state['count']} of {people}")
    library, connector, resume = (lines[name][1] for name in ("library", "connector", "resume"))
    print(f"| {people:,} entries → durable feed | {people / ours:,.0f}/s, {ours:.2f} s with the start of the node | the library alone {people / library:,.0f}/s | {library / ours:.2f} | ≥ 0.3 |")
    print(f"| the same through the connector alone | {people / connector:,.0f}/s | | {library / connector:.2f} | |")
    print(f"| nothing changed: connect and go on | {resume * 1000:.1f} ms, no record | | | < 50 ms |")


if __name__ == "__main__":
    main()
