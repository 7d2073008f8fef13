"""What it costs to know who asks: small requests a second with an access token and without, on the same feed, in turns, so that what else the machine does hits both; and of a feed that
only a group may read, beside one that is everybody's.

    token_bench.py --program build/bin/meshgate [--rounds 5]
"""

import argparse
import http.client
import json
import os
import sys
import tempfile

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "integration"))

import measure  # noqa: E402
from databases import Sqlite  # noqa: E402
from directory import GROUPS, PEOPLE, DirectoryNode, Slapd, group, reading  # noqa: E402
from processes import wait_for  # noqa: E402

PASSWORD = "Marked-Bench-1"
SECONDS = 2


def configuration(server, database):
    return f"""
node: {{ data: DATA, listen: "http://127.0.0.1:PORT" }}
sources:
  company: {{ connector: ldap, connection: {{ {reading(server)}, insecure: true }} }}
  shop: {{ connector: odbc, connection: {database.connection_yaml()}, every: 1h }}
feeds:
  _users: {{ from: {{ source: company, base: "{PEOPLE}", filter: "(objectClass=inetOrgPerson)" }}, fields: {{ name: uid, dn: dn, disabled: disabled }} }}
  _groups: {{ from: {{ source: company, base: "{GROUPS}", filter: "(objectClass=groupOfNames)" }}, fields: {{ name: cn, dn: dn, members: member }} }}
  shown: {{ from: {{ source: shop, table: shown }}, read: public }}
  ours: {{ from: {{ source: shop, table: ours }}, read: group:staff }}
"""


def sign_in(node):
    connection = http.client.HTTPConnection("127.0.0.1", node.port, timeout=30)
    connection.request("POST", "/auth/token", json.dumps({"grant_type": "password", "username": "ann", "password": PASSWORD, "device": "bench"}), {"Content-Type": "application/json"})
    answer = connection.getresponse()
    text = answer.read()
    connection.close()
    return json.loads(text).get("access_token") if answer.status == 200 else None


def round_of(tool, node, ways):
    """{name: (requests a second, the node's processor seconds for one)}"""
    out = {}
    for name, path, fields in ways:
        before = measure.processor(node.process.pid)
        answers, spent = measure.told([tool, str(node.port), path, str(SECONDS), *fields])
        out[name] = (answers / spent.wall, (measure.processor(node.process.pid) - before) / answers)
    return out


def figures(tool, node, rounds):
    token = wait_for("ann to be let in", lambda: sign_in(node))
    bearer = [f"Authorization: Bearer {token}"]
    paths = {name: f"/feeds/{name}/changes?after=" + node.feed(name)["partitions"][0]["cursor"] for name in ("shown", "ours")}
    ways = [("nobody", paths["shown"], []), ("token", paths["shown"], bearer), ("token, by a group", paths["ours"], bearer)]
    measured = [round_of(tool, node, ways) for _ in range(rounds)]
    best = {name: (max(one[name][0] for one in measured), min(one[name][1] for one in measured)) for name, *_ in ways}
    base = best["nobody"]
    for name, (rate, cpu) in best.items():
        print(f"{name:18} {rate:8.0f} requests/s ({rate / base[0]:.2f} of nobody's)  {cpu * 1e6:6.1f} µs of the node's processor time each ({(cpu - base[1]) * 1e6:+.1f})")


def main():
    arguments = argparse.ArgumentParser()
    arguments.add_argument("--program", required=True)
    arguments.add_argument("--rounds", type=int, default=5)
    options = arguments.parse_args()
    program = os.path.abspath(options.program)
    with tempfile.TemporaryDirectory(prefix="meshgate-token-") as folder:
        os.chmod(folder, 0o755)
        server = Slapd(os.path.join(folder, "slapd"))
        server.start()
        try:
            server.modify(f"dn: uid=ann,{PEOPLE}\nchangetype: add\nobjectClass: inetOrgPerson\nuid: ann\ncn: ann\nsn: Name\nuserPassword: {PASSWORD}\n\n" + group("staff", [f"uid=ann,{PEOPLE}"]))
            database = Sqlite(folder)
            for name in ("shown", "ours"):
                database.run(f"CREATE TABLE {name} (id INTEGER PRIMARY KEY, text TEXT)", f"INSERT INTO {name} VALUES (1, 'one')")
            node = DirectoryNode(program, folder, configuration(server, database))
            with node.stopped_in_the_end():
                node.start_and_wait("_users", "_groups", "shown", "ours")
                figures(os.path.join(os.path.dirname(program), "small_requests"), node, options.rounds)
        finally:
            server.kill()


if __name__ == "__main__":
    main()
