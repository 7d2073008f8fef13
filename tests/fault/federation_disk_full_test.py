"""The disk of a hub fills in the middle of a first copy, of one that follows its gateway and of one that is brought its feeds. Each says that its own disk is full and blames nobody
else; a gateway that brings says whose disk it is, and its own health is good. What is there already is served, and there is all of it once there is room.

    federation_disk_full_test.py --program build/bin/meshgate
"""

import argparse
import os
import re
import subprocess
import sys
import tempfile

from disk_full_test import mount

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "integration"))
from certificates_test import Authority  # noqa: E402
from databases import Sqlite  # noqa: E402
from federation_push_test import described, standing  # noqa: E402
from federation_rights_test import TlsNode, listening  # noqa: E402
from processes import wait_for  # noqa: E402

ROWS = 15000
LEFT = {"follower": 3 << 20, "taker": 1 << 20}  # less than the first copy takes; so little that nothing is written at all
FULL = "no room on the disk of data folder"


def gateway(database, taker, *feeds):
    listed = "".join(f"  {feed}: {{ from: {{ source: company, table: {feed} }} }}\n" for feed in feeds)
    return f"""
node: {{ name: hq, data: DATA, {listening("hq")}, read: public }}
sources: {{ company: {{ connector: odbc, connection: {database.connection_yaml()}, every: 200ms }} }}
peers: {{ taker: {{ url: "{taker}", ca: CERTIFICATES/ca.pem, certificate: CERTIFICATES/hq.pem, key: CERTIFICATES/hq.key, push: [{", ".join(feeds)}] }} }}
feeds:
{listed}"""


def hub(name, peer):
    return f"""
node: {{ name: {name}, data: DATA, {listening(name)}, read: public }}
peers: {{ hq: {{ {peer} }} }}
feeds:
  notes: {{ from: {{ peer: hq }} }}
  things: {{ from: {{ peer: hq }} }}
"""


def main():
    arguments = argparse.ArgumentParser()
    arguments.add_argument("--program", required=True)
    program = os.path.abspath(arguments.parse_args().program)
    with tempfile.TemporaryDirectory(prefix="meshgate-hub-full-") as folder:
        small = {name: os.path.join(folder, name) for name in LEFT}
        for place in small.values():
            os.mkdir(place)
            mount(place)
        try:
            test(program, folder, small)
        finally:
            for place in small.values():
                subprocess.run(["umount", "-l", place], check=False)


def holds(there, here, feed):
    return standing(there, feed) is not None and standing(there, feed) == standing(here, feed)


def fill(folder, left):
    room = os.statvfs(folder)
    with open(os.path.join(folder, "ballast"), "wb") as file:
        file.write(b"\0" * (room.f_bavail * room.f_frsize - left))


def own_disk(node):
    """The sentence of its log, without a peer's name before it; and what the feed's health says."""
    said = [line for line in node.log().splitlines() if FULL in line]
    if any("hq: " in line for line in said):
        raise SystemExit(f"its own full disk is laid at another's door: {said}")
    return said and FULL in described(node, "notes")["source"].get("error", "") + str((described(node, "things") or {}).get("source", {}).get("error", ""))


def test(program, folder, small):
    certificates = os.path.join(folder, "certificates")
    os.makedirs(certificates)
    authority = Authority(certificates)
    for name in ("hq", *LEFT):
        authority.sign(name, "IP:127.0.0.1", "200101000000Z", "490101000000Z")
    database = Sqlite(folder)
    database.run("CREATE TABLE notes (id INTEGER PRIMARY KEY, text TEXT)", "CREATE TABLE things (id INTEGER PRIMARY KEY, name TEXT)", "INSERT INTO notes VALUES (1, 'one')",
                 f"WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < {ROWS}) INSERT INTO things SELECT i, hex(randomblob(150)) FROM n")
    taker = TlsNode(program, small["taker"], authority, hub("taker", 'subject: "CN=hq"'))
    without = TlsNode(program, os.path.join(folder, "hq"), authority, gateway(database, taker.url, "notes"))
    follower = TlsNode(program, small["follower"], authority, hub("follower", f'url: "{without.url}", ca: CERTIFICATES/ca.pem'))
    with taker.stopped_in_the_end(), follower.stopped_in_the_end():
        with without.stopped_in_the_end():
            for node in (without, taker, follower):
                node.start()
            for name, node in (("taker", taker), ("follower", follower)):
                wait_for("the small feed", lambda: holds(without, node, "notes"))
                fill(node.folder, LEFT[name])
        there = TlsNode(program, without.folder, authority, gateway(database, taker.url, "notes", "things"), without.port)
        with there.stopped_in_the_end():
            there.start()
            full(there, taker, follower)
    database.close()
    print("a full disk is said of the node whose disk it is")


def full(there, *hubs):
    for node in hubs:
        wait_for(f"the hub to say that its disk is full\n{node.log()[-2000:]}", lambda: own_disk(node), 120)
    wait_for("the gateway to say whose disk is full", lambda: re.search("taker: feed [a-z]+: the peer answered 503 .the disk of the node that takes it is full", there.log()))
    if there.status("/health/ready") != 200:
        raise SystemExit("the gateway is not ready because the disk of a hub is full")
    for node in hubs:
        if node.status("/feeds/notes/items") != 200:
            raise SystemExit("what it has is not served")
        os.unlink(os.path.join(node.folder, "ballast"))
    for node in hubs:
        wait_for(f"all of it to be there once there is room\n{node.log()[-2000:]}", lambda: holds(there, node, "things"), 120)


if __name__ == "__main__":
    main()
