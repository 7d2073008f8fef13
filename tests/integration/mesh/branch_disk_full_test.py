"""The disk of a branch fills while it follows a hub: it says so of itself, serves what it has, and has everything by itself once there is room; what travels is counted. Needs a
small file system of its own, as disk_full_test.py does.

    branch_disk_full_test.py --program build/bin/meshgate
"""

import argparse
import json
import os
import subprocess
import sys
import tempfile

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path[:0] = [os.path.join(HERE, ".."), os.path.join(HERE, "..", "..", "fault")]

from databases import Sqlite  # noqa: E402
from disk_full_test import mount  # noqa: E402
from federation import agree, described, get, hub_configuration, origin_configuration  # noqa: E402
from processes import Gateway, wait_for  # noqa: E402
from wire import Wire  # noqa: E402

ROWS = 100000
LEFT = 6 << 20  # bytes of room, beside what the write-ahead log has taken beforehand
FULL = "no room on the disk"


def main():
    arguments = argparse.ArgumentParser()
    arguments.add_argument("--program", required=True)
    program = os.path.abspath(arguments.parse_args().program)
    with tempfile.TemporaryDirectory(prefix="meshgate-branch-full-") as folder:
        small = os.path.join(folder, "small")
        os.mkdir(small)
        mount(small, 192)
        try:
            with Wire(["hq", "branch"]) as wire:
                test(wire, program, folder, small)
        finally:
            subprocess.run(["umount", "-l", small], check=False)


def room(folder):
    found = os.statvfs(folder)
    return found.f_bavail * found.f_frsize


def test(wire, program, folder, small):
    database = Sqlite(folder)
    database.run("CREATE TABLE orders (id INTEGER PRIMARY KEY, region TEXT, text TEXT)", "CREATE TABLE notes (id INTEGER PRIMARY KEY, text TEXT)",
                 "INSERT INTO orders VALUES (1, 'north', 'one')", "INSERT INTO notes VALUES (1, 'one')")
    gateway = Gateway(program, folder, origin_configuration(database), place=wire["hq"])
    branch = Gateway(program, small, hub_configuration([("hq", gateway.url)], [("orders", ""), ("notes", "")]), place=wire["branch"])
    ballast = os.path.join(small, "ballast")
    with gateway.stopped_in_the_end(), branch.stopped_in_the_end():
        gateway.start_and_wait("orders", "notes")
        branch.start()
        agree(gateway, branch, "orders", "notes")
        with open(ballast, "wb") as file:
            file.write(b"\0" * max(0, room(small) - LEFT))
        wire.count("hq", "branch")
        database.run(f"WITH RECURSIVE n(i) AS (SELECT 2 UNION ALL SELECT i + 1 FROM n WHERE i < {ROWS}) INSERT INTO orders SELECT i, 'north', hex(randomblob(150)) FROM n")
        wait_for("the branch to say that its disk is full", lambda: FULL in json.dumps((described(branch, "orders") or {}).get("source")), 120)
        if get(branch, "/feeds/notes/items")[0] != 200 or get(branch, "/health/ready")[0] != 503:
            raise SystemExit("the branch does not serve what it has, or says that all is well")
        if FULL in gateway.log() or FULL in json.dumps(described(gateway, "orders")):
            raise SystemExit("the gateway takes it for its own")
        os.unlink(ballast)
        agree(gateway, branch, "orders", "notes", seconds=120)
        sent = wire.count("hq", "branch")
        again = branch.log().count(FULL)
    whole = 300 * ROWS  # bytes of texts, which do not compress to less than half
    print(f"{ROWS} items of 300 bytes took {sent} bytes over a disk that was full; it was said {again} times")
    if sent > 2 * whole:
        raise SystemExit("they travelled again and again")
    database.close()


if __name__ == "__main__":
    main()
