"""The disk fills while a gateway reads its source: it pauses, says so, keeps serving what it has, and goes on by itself when there is room; nothing is lost. Needs a
small file system of its own, so it must be able to mount one (root, or a user namespace of its own, which it makes).

    disk_full_test.py --program build/bin/meshgate
"""

import argparse
import os
import subprocess
import sys
import tempfile

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "integration"))
from databases import Sqlite  # noqa: E402
from processes import Gateway, begin_as_root, wait_for  # noqa: E402
from reader import canonical, content_hash, digest  # noqa: E402

SIZE = 48  # MiB


def mount(folder, size=SIZE):
    if os.geteuid() != 0 or subprocess.run(["mount", "-t", "tmpfs", "-o", f"size={size}m", "tmpfs", folder], capture_output=True).returncode != 0:
        begin_as_root("mount a small file system")


def main():
    arguments = argparse.ArgumentParser()
    arguments.add_argument("--program", required=True)
    options = arguments.parse_args()
    with tempfile.TemporaryDirectory(prefix="meshgate-full-") as folder:
        small = os.path.join(folder, "small")
        os.mkdir(small)
        mount(small)
        try:
            test(options.program, folder, small)
        finally:
            subprocess.run(["umount", "-l", small], check=False)


def test(program, folder, small):
    database = Sqlite(folder)
    database.run("CREATE TABLE things (id INTEGER PRIMARY KEY, name TEXT)",
                 "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 60000) INSERT INTO things SELECT i, hex(randomblob(150)) FROM n")
    gateway = Gateway(program, folder, f"""
node: {{ read: public, roles: {{ viewer: public }}, data: "{small}/data", listen: "http://127.0.0.1:PORT" }}
sources: {{ company: {{ connector: odbc, connection: {database.connection_yaml()}, every: 200ms }} }}
feeds: {{ things: {{ from: {{ source: company, table: things }} }} }}
""")
    ballast = os.path.join(small, "ballast")
    with open(ballast, "wb") as file:
        file.write(b"\0" * ((SIZE - 12) << 20))
    with gateway.stopped_in_the_end():
        gateway.start()
        state = lambda: (gateway.feed("things") or {}).get("source", {})  # noqa: E731
        wait_for("the gateway to pause", lambda: state().get("state") == "paused", 120)
        print("paused:", state().get("error"))
        ready = gateway.get("/health/ready")
        if ready is None or ready[0] != 503:
            raise SystemExit(f"ready although the disk is full: {ready}")
        if gateway.get("/feeds/things/items?limit=1")[0] != 200:
            raise SystemExit("what is stored is not served while the disk is full")
        os.unlink(ballast)
        rows = database.rows("things", ["id", "name"], "id")
        wanted = digest(content_hash(i, canonical({"id": int(i), "name": name})) for i, name in rows)
        wait_for("the feed to be complete after there was room", lambda: (gateway.feed("things") or {}).get("loading") is False
                 and gateway.feed("things")["partitions"][0]["digest"] == wanted, 120)
        print(f"went on by itself; equal at {len(rows)} items, {wanted}")
    database.close()


if __name__ == "__main__":
    main()
