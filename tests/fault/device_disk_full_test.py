"""The disk of a device fills: it says so, goes on serving what it has, and has everything, in store and SQLite file, once there is room. Needs a small file system of
its own, as disk_full_test.py does.

    device_disk_full_test.py --program build/bin/meshgate
"""

import argparse
import os
import subprocess
import sys
import tempfile

from disk_full_test import SIZE, mount

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "integration"))
from databases import Sqlite  # noqa: E402
from device import Device, expect  # noqa: E402
from federation import standing  # noqa: E402
from processes import Gateway, wait_for  # noqa: E402

ROWS = 25000


def main():
    arguments = argparse.ArgumentParser()
    arguments.add_argument("--program", required=True)
    program = os.path.abspath(arguments.parse_args().program)
    with tempfile.TemporaryDirectory(prefix="meshgate-device-full-") as folder:
        small = os.path.join(folder, "small")
        os.mkdir(small)
        mount(small)
        try:
            test(program, folder, small)
        finally:
            subprocess.run(["umount", "-l", small], check=False)


def test(program, folder, small):
    database = Sqlite(folder)
    database.run("CREATE TABLE notes (id INTEGER PRIMARY KEY, text TEXT)", "CREATE TABLE things (id INTEGER PRIMARY KEY, name TEXT)", "INSERT INTO notes VALUES (1, 'one')")
    gateway = Gateway(program, folder, f"""
node: {{ read: public, data: DATA, listen: "http://127.0.0.1:PORT" }}
sources: {{ company: {{ connector: odbc, connection: {database.connection_yaml()}, every: 200ms }} }}
feeds:
  notes: {{ from: {{ source: company, table: notes }} }}
  things: {{ from: {{ source: company, table: things }} }}
""")
    device = Device(program, small)
    ballast = os.path.join(small, "ballast")
    with gateway.stopped_in_the_end(), device.stopped_in_the_end():
        gateway.start_and_wait("notes", "things")
        device.start("--upstream", gateway.url)
        device.token("app")
        wait_for("the small feed", lambda: (device.feed("notes") or {}).get("count") == 1 and device.file("SELECT count(*) FROM notes") == [(1,)])
        with open(ballast, "wb") as file:
            file.write(b"\0" * ((SIZE - 10) << 20))
        database.run(f"WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < {ROWS}) INSERT INTO things SELECT i, hex(randomblob(150)) FROM n")
        wait_for("the device to say that the disk is full", lambda: any(word in device.recent() for word in ("disk is full", "no room", "is full")), 120)
        expect(device.ask("/feeds/notes/items")[0] == 200, "what it has is served")
        os.unlink(ballast)
        things = lambda: {name: one[1:] for name, one in standing(gateway, "things")[6].items()}
        wait_for("all of it to be there once there is room", lambda: (gateway.feed("things") or {}).get("count") == ROWS and device.copied("things") == things(), 120)
        expect({name: one[1:] for name, one in device.holds("things").items()} == things(), "store and file have everything")
    database.close()


if __name__ == "__main__":
    main()
