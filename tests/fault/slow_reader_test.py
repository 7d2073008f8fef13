"""Readers that ask for everything and take nothing: the gateway's memory stays bounded, a reader beside them gets its changes, and the slow ones are cut at the
write deadline.

    slow_reader_test.py --program build/bin/meshgate
"""

import argparse
import os
import socket
import sys
import tempfile
import time

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "integration"))
from databases import Sqlite  # noqa: E402
from processes import Gateway, wait_for  # noqa: E402
from reader import Reader  # noqa: E402

SLOW = 200
ROWS = 100000
MOST_PER_READER = 4 << 20  # two pages of one MiB, and room for the kernel's and the allocator's share


def resident(process):
    with open(f"/proc/{process.process.pid}/status") as status:
        return next(int(line.split()[1]) * 1024 for line in status if line.startswith("VmRSS"))


def main():
    arguments = argparse.ArgumentParser()
    arguments.add_argument("--program", required=True)
    options = arguments.parse_args()
    with tempfile.TemporaryDirectory(prefix="meshgate-slow-") as folder:
        database = Sqlite(folder)
        database.run("CREATE TABLE things (id INTEGER PRIMARY KEY, name TEXT)",
                     f"WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < {ROWS}) INSERT INTO things SELECT i, hex(randomblob(60)) FROM n")
        gateway = Gateway(options.program, folder, f"""
node: {{ read: public, data: DATA, listen: "http://127.0.0.1:PORT" }}
sources: {{ company: {{ connector: odbc, connection: {database.connection_yaml()}, every: 200ms }} }}
feeds: {{ things: {{ from: {{ source: company, table: things }} }} }}
""")
        gateway.start_and_wait("things")
        before = resident(gateway)
        slow = []
        try:
            for _ in range(SLOW):
                one = socket.create_connection(("127.0.0.1", gateway.port))
                one.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
                one.sendall(b"GET /feeds/things/changes?live=stream HTTP/1.1\r\nHost: x\r\n\r\n")
                slow.append(one)
            beside = Reader("127.0.0.1", gateway.port, "things", None)
            wait_for("a reader beside the slow ones to be caught up", lambda: beside.page(100000), 60)
            database.run("UPDATE things SET name = 'changed' WHERE id = 77")
            wait_for("the change to reach the reader beside the slow ones", lambda: beside.page(1000) and "changed" in beside.items["77"][0], 60)
            grown = resident(gateway) - before
            print(f"{SLOW} readers that take nothing: {grown // SLOW // 1024} KiB each")
            if grown > SLOW * MOST_PER_READER:
                raise SystemExit(f"memory grew by {grown >> 20} MiB for {SLOW} readers that take nothing")
            wait_for("the slow readers to be cut", lambda: sockets(gateway) < SLOW / 10, 90)
        finally:
            for one in slow:
                one.close()
            code = gateway.stop()
            database.close()
        if code != 0:
            raise SystemExit(f"the gateway ended with {code}: {gateway.log()[-3000:]}")


def sockets(process):
    """How many sockets the gateway holds: the kernel may keep what it sent to a reader that takes nothing, the gateway may not."""
    folder = f"/proc/{process.process.pid}/fd"
    count = 0
    for one in os.listdir(folder):
        try:
            count += os.readlink(os.path.join(folder, one)).startswith("socket:")
        except OSError:
            pass
    return count


if __name__ == "__main__":
    main()
