"""Many live readers beside a table that changes all the time: each gets every change once and in order, also over a stop (SIGTERM) and a second start in the
middle; memory is bounded.

    many_readers_test.py --program build/bin/meshgate --readers-program build/bin/live_readers [--readers 10000 --rate 10 --seconds 60]
"""

import argparse
import json
import os
import subprocess
import sys
import tempfile
import threading
import time

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "integration"))
from databases import Sqlite  # noqa: E402
from processes import Gateway, wait_for  # noqa: E402

PER_ADDRESS = 900        # connections; the gateway allows a thousand
MOST_PER_READER = 96 << 10


def resident(gateway):
    with open(f"/proc/{gateway.process.pid}/status", encoding="ascii") as status:
        return next(int(line.split()[1]) * 1024 for line in status if line.startswith("VmRSS"))


def write_changes(database, numbers, rate):
    """One row a transaction, evenly."""
    began = time.monotonic()
    for turn, number in enumerate(numbers):
        time.sleep(max(0.0, began + turn / rate - time.monotonic()))
        database.run(f"INSERT INTO live (n, t) VALUES ({number}, {time.time_ns() // 1000})")


def main():
    arguments = argparse.ArgumentParser()
    arguments.add_argument("--program", required=True)
    arguments.add_argument("--readers-program", required=True)
    arguments.add_argument("--readers", type=int, default=500)
    arguments.add_argument("--rate", type=float, default=20)
    arguments.add_argument("--seconds", type=float, default=4)
    options = arguments.parse_args()
    changes = int(options.rate * options.seconds)
    with tempfile.TemporaryDirectory(prefix="meshgate-readers-") as folder:
        database = Sqlite(folder)
        database.run("CREATE TABLE live (n INTEGER PRIMARY KEY, t INTEGER)")
        gateway = Gateway(options.program, folder, f"""
node: {{ read: public, data: DATA, listen: "http://127.0.0.1:PORT" }}
sources: {{ company: {{ connector: odbc, connection: {database.connection_yaml()}, every: 50ms }} }}
feeds: {{ live: {{ from: {{ source: company, table: live }} }} }}
""")
        with gateway.stopped_in_the_end():
            follow(gateway, database, options, changes)
        database.close()


def follow(gateway, database, options, changes):
    gateway.start_and_wait("live")
    before = resident(gateway)
    command = [options.readers_program, "--port", str(gateway.port), "--target", "/feeds/live/changes?live=sse", "--readers", str(options.readers),
               "--last", str(changes), "--addresses", str(options.readers // PER_ADDRESS + 1), "--caught-up", "--patience", "90"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as readers:
        try:
            if readers.stdout.readline() != "ready\n":
                raise SystemExit("the readers did not get their first mark")
            idle = (resident(gateway) - before) / options.readers
            half = changes // 2
            write_changes(database, range(1, half + 1), options.rate)
            busy = (resident(gateway) - before) / options.readers
            writer = threading.Thread(target=write_changes, args=(database, range(half + 1, changes + 1), options.rate))
            writer.start()
            code = gateway.stop()
            gateway.start()
            writer.join()
            result = json.loads(readers.stdout.readline() or "{}")
            readers.wait(timeout=60)
        finally:
            readers.kill()
    print(f"{options.readers} readers, {changes} changes: {idle / 1024:.1f} KiB a reader when idle, {busy / 1024:.1f} KiB in the middle; {json.dumps(result)}")
    if code != 0:
        raise SystemExit(f"the gateway ended with {code}")
    if readers.returncode != 0 or result["done"] != options.readers or result["wrong"] != 0:
        raise SystemExit(f"{result} is not what was expected")
    if result["resumed"] < options.readers:
        raise SystemExit(f"only {result['resumed']} of the readers were told to come back")
    if max(idle, busy) > MOST_PER_READER:
        raise SystemExit("that is more memory than a reader may cost")


if __name__ == "__main__":
    main()
