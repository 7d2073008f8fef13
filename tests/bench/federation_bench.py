"""Figures of nodes that follow each other: a first copy of many items at a hub beside the gateway's own ingest of the same rows, and how long after a reader at the gateway
a reader at the hub has a change.

    federation_bench.py --program build/bin/meshgate [--rows 1000000]
"""

import argparse
import http.client
import json
import os
import sys
import tempfile
import threading
import time

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "integration"))

from databases import Sqlite  # noqa: E402
from federation import agree, hub_configuration, origin_configuration  # noqa: E402
from processes import Gateway  # noqa: E402

CHANGES = 200


def loaded(node, feed, begin):
    while not (state := node.feed(feed)) or state["loading"] or not state["count"]:
        if not node.running():
            raise SystemExit("the node ended: " + node.log())
        time.sleep(0.01)
    return time.monotonic() - begin, state["count"]


class Reader(threading.Thread):
    """Follows a feed; when each text came."""

    def __init__(self, node):
        super().__init__(daemon=True)
        self.node, self.came, self.ready = node, {}, threading.Event()
        self.start()
        if not self.ready.wait(60):
            raise SystemExit(f"no stream from {node.url}")

    def run(self):
        connection = http.client.HTTPConnection("127.0.0.1", self.node.port, timeout=60)
        cursor = self.node.feed("notes")["partitions"][0]["cursor"]
        connection.request("GET", f"/feeds/notes/changes?live=stream&after={cursor}")
        answer = connection.getresponse()
        self.ready.set()
        while line := answer.readline():
            if line.startswith(b'{"put"'):
                self.came[json.loads(line)["put"]["item"]["text"]] = time.monotonic()


def quantile(values, share):
    values = sorted(values)
    return values[min(len(values) - 1, int(len(values) * share))] * 1000


def live(database, gateway, hub):
    at_gateway, at_hub = Reader(gateway), Reader(hub)
    for i in range(CHANGES):
        database.run(f"INSERT INTO notes VALUES ({10_000_000 + i}, 'text {i}')")
        time.sleep(0.02)
    end = time.monotonic() + 30
    while len(at_hub.came) < CHANGES or len(at_gateway.came) < CHANGES:
        if time.monotonic() > end:
            raise SystemExit(f"of {CHANGES} changes {len(at_gateway.came)} came to the reader at the gateway, {len(at_hub.came)} to the one at the hub")
        time.sleep(0.05)
    later = [at_hub.came[text] - at_gateway.came[text] for text in at_gateway.came]
    print(f"| change at the gateway → reader at the hub, {CHANGES} changes | p50 {quantile(later, 0.5):+.1f} ms, p99 {quantile(later, 0.99):+.1f} ms | a reader at the gateway | | + ≤ 5 / + ≤ 20 ms |")


def main():
    arguments = argparse.ArgumentParser()
    arguments.add_argument("--program", required=True)
    arguments.add_argument("--rows", type=int, default=1000000)
    options = arguments.parse_args()
    program = os.path.abspath(options.program)
    with tempfile.TemporaryDirectory(prefix="meshgate-federation-") as folder:
        for name in ("hq", "hub"):
            os.makedirs(os.path.join(folder, name))
        database = Sqlite(os.path.join(folder, "hq"))
        database.run("CREATE TABLE orders (id INTEGER PRIMARY KEY, region TEXT, text TEXT)", "CREATE TABLE notes (id INTEGER PRIMARY KEY, text TEXT)",
                     f"""INSERT INTO orders WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < {options.rows})
                         SELECT i, CASE i % 3 WHEN 0 THEN 'north' WHEN 1 THEN 'south' ELSE 'east' END, 'order ' || i || ' of somebody who wants it by Friday' FROM n""",
                     "INSERT INTO notes VALUES (1, 'first')")
        gateway = Gateway(program, os.path.join(folder, "hq"), origin_configuration(database))
        with gateway.stopped_in_the_end():
            begin = time.monotonic()
            gateway.start()
            ingest, count = loaded(gateway, "orders", begin)
            loaded(gateway, "notes", begin)
            hub = Gateway(program, os.path.join(folder, "hub"), hub_configuration([("hq", gateway.url)], [("orders", ""), ("notes", "")]))
            with hub.stopped_in_the_end():
                begin = time.monotonic()
                hub.start()
                while True:
                    copied, held = loaded(hub, "orders", begin)
                    if held == count:
                        break
                agree(gateway, hub, "orders", "notes")
                print(f"| first copy of {count:,} items at a hub, durable | {count / copied:,.0f}/s, {copied:.2f} s with the start of the node | the gateway's own ingest {count / ingest:,.0f}/s | {ingest / copied:.2f} | ≥ 1.0 |")
                live(database, gateway, hub)


if __name__ == "__main__":
    main()
