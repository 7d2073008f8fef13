"""A gateway is told to stop in the middle of scans, again and again: it ends with 0 within seconds each time, and at the end the feed is whole.

    stop_test.py --program build/bin/meshgate
"""

import argparse
import os
import sys
import tempfile
import time

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "integration"))
from databases import Sqlite  # noqa: E402
from processes import Gateway, wait_for  # noqa: E402
from proxy import chance  # noqa: E402

ROWS = 50000
STOPS = 40


def main():
    arguments = argparse.ArgumentParser()
    arguments.add_argument("--program", required=True)
    arguments.add_argument("--seed", type=int, default=int.from_bytes(os.urandom(4), "big"))
    options = arguments.parse_args()
    random = chance(options.seed)
    with tempfile.TemporaryDirectory(prefix="meshgate-stop-") as folder:
        database = Sqlite(folder)
        database.run("CREATE TABLE things (id INTEGER PRIMARY KEY, name TEXT)",
                     f"WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < {ROWS}) INSERT INTO things SELECT i, hex(randomblob(60)) FROM n")
        gateway = Gateway(options.program, folder, f"""
node: {{ read: public, data: DATA, listen: "http://127.0.0.1:PORT" }}
sources: {{ company: {{ connector: odbc, connection: {database.connection_yaml()}, every: 10ms }} }}
feeds: {{ things: {{ from: {{ source: company, table: things }} }} }}
""")
        for stop in range(STOPS):
            gateway.start()
            wait_for("the gateway to serve", lambda: gateway.get("/health/live") or not gateway.running(), 30)
            time.sleep(random.uniform(0, 0.3))
            code = gateway.stop()
            if code != 0:
                raise SystemExit(f"stop {stop} ended with {code}: {gateway.log()[-3000:]}")
        gateway.start_and_wait("things")
        count = gateway.feed("things")["count"]
        gateway.stop()
        database.close()
        if count != ROWS:
            raise SystemExit(f"the feed has {count} items, not {ROWS}")


if __name__ == "__main__":
    main()
