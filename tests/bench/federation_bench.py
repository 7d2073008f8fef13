"""Figures of nodes that follow each other: a first copy of many items at a hub beside the gateway's own ingest of the same rows and beside a plain download of them; how
long after a reader at the gateway a reader at the hub has a change; the same two of feeds that are brought; and what travels for a change, followed and brought, and for nothing new,
counted where the bytes pass.

    federation_bench.py --program build/bin/meshgate [--rows 1000000]
"""

import argparse
import http.client
import json
import os
import subprocess
import sys
import tempfile
import threading
import time
import zlib

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "integration"))
sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "fault"))

import measure  # noqa: E402
from certificates_test import Authority  # noqa: E402
from databases import Sqlite  # noqa: E402
from federation import agree, described, hub_configuration  # noqa: E402
from federation_push_test import described as described_there  # noqa: E402
from federation_rights_test import TlsNode, listening  # noqa: E402
from processes import Gateway, wait_for  # noqa: E402
from proxy import Proxy  # noqa: E402

CHANGES = 200


def configuration(database):
    """The large tables are read once: a source that is scanned again meanwhile would be measured too."""
    connection = database.connection_yaml()
    return f"""
node: {{ name: hq, data: DATA, listen: "http://127.0.0.1:PORT", read: public }}
sources:
  company: {{ connector: odbc, connection: {connection}, every: 1h }}
  quick: {{ connector: odbc, connection: {connection}, every: 50ms }}
feeds:
  orders: {{ from: {{ source: company, table: orders }}, partition: region }}
  few: {{ from: {{ source: company, table: few }}, partition: region }}
  notes: {{ from: {{ source: quick, table: notes }} }}
"""


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
        trust = getattr(self.node, "trust", None)
        connection = http.client.HTTPSConnection("127.0.0.1", self.node.port, timeout=60, context=trust) if trust else http.client.HTTPConnection("127.0.0.1", self.node.port, timeout=60)
        cursor = (described_there if trust else described)(self.node, "notes")["partitions"][0]["cursor"]
        connection.request("GET", f"/feeds/notes/changes?live=stream&after={cursor}")
        answer = connection.getresponse()
        self.ready.set()
        while line := answer.readline():
            if line.startswith(b'{"put"'):
                self.came[json.loads(line)["put"]["item"]["text"]] = time.monotonic()


def quantile(values, share):
    values = sorted(values)
    return values[min(len(values) - 1, int(len(values) * share))] * 1000


def live(database, gateway, hub, how="the hub"):
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
    print(f"| change at the gateway → reader at {how}, {CHANGES} changes | p50 {quantile(later, 0.5):+.1f} ms, p99 {quantile(later, 0.99):+.1f} ms | a reader at the gateway | | + ≤ 5 / + ≤ 20 ms |")


def downloaded(gateway):
    """All partitions by curl, thrown away, one behind the other."""
    begin = time.monotonic()
    for part in gateway.feed("orders")["partitions"]:
        subprocess.run(["curl", "-sSf", "-o", "/dev/null", f"{gateway.url}/feeds/orders/changes?partition={part['partition']}&after=0"], check=True)
    return time.monotonic() - begin


class Behind:
    """A hub to whose gateway all bytes pass through a counter."""

    def __init__(self, program, folder, gateway, feed):
        os.makedirs(folder)
        self.proxy, self.feed, self.gateway = Proxy("127.0.0.1", gateway.port), feed, gateway
        self.hub = Gateway(program, folder, hub_configuration([("hq", f"http://127.0.0.1:{self.proxy.port}")], [(feed, "")]))

    def follow(self):
        self.hub.start()
        agree(self.gateway, self.hub, self.feed)
        wait_for("the hub to follow", lambda: described(self.hub, self.feed)["source"]["state"] == "following")


def change_on_the_wire(program, folder, database, gateway, rows):
    behind = Behind(program, os.path.join(folder, "counted"), gateway, "notes")
    with behind.hub.stopped_in_the_end():
        behind.follow()
        count, before = described(gateway, "notes")["count"], behind.proxy.bytes
        for i in range(CHANGES):
            database.run(f"INSERT INTO notes VALUES ({20_000_000 + i}, 'text {i} {os.urandom(20).hex()}')")
            wait_for("the change at the hub", lambda: described(behind.hub, "notes")["count"] == count + i + 1)
        travelled = (behind.proxy.bytes - before) / CHANGES
    connection = http.client.HTTPConnection("127.0.0.1", gateway.port, timeout=60)
    connection.request("GET", "/feeds/notes/changes?after=0")
    lines = [line for line in connection.getresponse().read().splitlines() if b'"id":"2000' in line]
    packed = sum(len(zlib.compress(line)) for line in lines) / len(lines)
    bytes_for_a_change("each alone", travelled, packed)
    bring(program, os.path.join(folder, "brought"), packed, rows)


def bytes_for_a_change(how, travelled, packed):
    print(f"| bytes on the wire for a change, {how} | {travelled:.0f} | the change compressed {packed:.0f} | {travelled / packed:.2f} | ≤ {1.5 * packed + 100:.0f} (1.5x + 100) |")


def bring(program, folder, packed, rows):
    """A gateway that brings its feeds over TLS: a first copy of many items; what travels in both directions for a change, each brought alone, and many in one transaction; and how late
    a reader at the hub has one."""
    certificates = os.path.join(folder, "certificates")
    os.makedirs(certificates)
    authority = Authority(certificates)
    for name in ("hq", "hub"):
        authority.sign(name, "IP:127.0.0.1", "200101000000Z", "490101000000Z")
    database = Sqlite(folder)
    database.run("CREATE TABLE notes (id INTEGER PRIMARY KEY, text TEXT)", "INSERT INTO notes VALUES (1, 'first')", "CREATE TABLE many (id INTEGER PRIMARY KEY, text TEXT)",
                 f"""INSERT INTO many WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < {rows}) SELECT i, 'order ' || i || ' of somebody who wants it by Friday' FROM n""")
    hub = TlsNode(program, os.path.join(folder, "hub"), authority, f"""
node: {{ name: hub, data: DATA, {listening("hub")}, read: public }}
peers: {{ hq: {{ subject: "CN=hq" }} }}
feeds: {{ notes: {{ from: {{ peer: hq }} }}, many: {{ from: {{ peer: hq }} }} }}
""")
    proxy = Proxy("127.0.0.1", hub.port)

    gateway = TlsNode(program, os.path.join(folder, "hq"), authority, f"""
node: {{ name: hq, data: DATA, {listening("hq")}, read: public }}
sources:
  company: {{ connector: odbc, connection: {database.connection_yaml()}, every: 1h }}
  quick: {{ connector: odbc, connection: {database.connection_yaml()}, every: 50ms }}
peers: {{ hub: {{ url: "https://127.0.0.1:{proxy.port}", ca: CERTIFICATES/ca.pem, certificate: CERTIFICATES/hq.pem, key: CERTIFICATES/hq.key, push: [notes, many] }} }}
feeds: {{ notes: {{ from: {{ source: quick, table: notes }} }}, many: {{ from: {{ source: company, table: many }} }} }}
""")

    def holds(node, feed, count):
        state = described_there(node, feed) or {}
        return state.get("count") == count and not state["loading"]

    def processor():
        return sum(measure.processor(one.process.pid) for one in (gateway, hub))

    proxy.refusing = True
    with hub.stopped_in_the_end(), gateway.stopped_in_the_end():
        hub.start()
        begin = time.monotonic()
        gateway.start()
        ingest, _ = loaded(gateway, "many", begin)
        proxy.refusing = False
        wait_for("the gateway to reach the hub", lambda: proxy.bytes > 0)
        spent, begin = processor(), time.monotonic()
        while not holds(hub, "many", rows):
            time.sleep(0.03)
        took, spent = time.monotonic() - begin, processor() - spent
        print(f"| first copy of {rows:,} items, brought to a hub over TLS, durable | {rows / took:,.0f}/s; {spent / rows * 1e6:.2f} µs an item, both nodes; {proxy.bytes / rows:.1f} bytes an item | its own ingest {rows / ingest:,.0f}/s with its start | {ingest / took:.2f} | ≥ 1.0 |")
        brought_on_the_wire(proxy, database, lambda count: wait_for("the change at the hub", lambda: holds(hub, "notes", count)), packed)
        live(database, gateway, hub, "a hub that is brought it")


def brought_on_the_wire(proxy, database, there, packed):
    before = proxy.bytes
    for i in range(CHANGES):
        database.run(f"INSERT INTO notes VALUES ({20_000_000 + i}, 'text {i} {os.urandom(20).hex()}')")
        there(i + 2)
    bytes_for_a_change("brought, each alone", (proxy.bytes - before) / CHANGES, packed)
    before = proxy.bytes
    database.run(*[f"INSERT INTO notes VALUES ({20_001_000 + i}, 'text {i} {os.urandom(20).hex()}')" for i in range(CHANGES)])
    there(2 * CHANGES + 1)
    bytes_for_a_change(f"brought, {CHANGES} in one transaction", (proxy.bytes - before) / CHANGES, packed)


def nothing_new_on_the_wire(program, folder, gateway):
    """A hub that comes back and finds that nothing is new."""
    travelled = {}
    for feed in ("few", "orders"):
        behind = Behind(program, os.path.join(folder, f"nothing-{feed}"), gateway, feed)
        with behind.hub.stopped_in_the_end():
            behind.follow()
            behind.hub.stop()
            before = behind.proxy.bytes
            behind.follow()
            behind.hub.stop()
            travelled[feed] = behind.proxy.bytes - before
    few, many = travelled["few"], travelled["orders"]
    print(f"| bytes on the wire for nothing new, {gateway.feed('orders')['count']:,} items | {many} | {gateway.feed('few')['count']:,} items: {few} | {many / few:.2f} | equal |")


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
        database.run("CREATE TABLE orders (id INTEGER PRIMARY KEY, region TEXT, text TEXT)", "CREATE TABLE notes (id INTEGER PRIMARY KEY, text TEXT)", "CREATE TABLE few (id INTEGER PRIMARY KEY, region TEXT, text TEXT)",
                     f"""INSERT INTO orders WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < {options.rows})
                         SELECT i, CASE i % 3 WHEN 0 THEN 'north' WHEN 1 THEN 'south' ELSE 'east' END, 'order ' || i || ' of somebody who wants it by Friday' FROM n""",
                     "INSERT INTO few SELECT * FROM orders WHERE id <= 1000", "INSERT INTO notes VALUES (1, 'first')")
        gateway = Gateway(program, os.path.join(folder, "hq"), configuration(database))
        with gateway.stopped_in_the_end():
            begin = time.monotonic()
            gateway.start()
            ingest, count = loaded(gateway, "orders", begin)
            for feed in ("few", "notes"):
                loaded(gateway, feed, begin)
            ingest_cpu = measure.processor(gateway.process.pid)
            plain = downloaded(gateway)
            before = measure.processor(gateway.process.pid)
            hub = Gateway(program, os.path.join(folder, "hub"), hub_configuration([("hq", gateway.url)], [("orders", ""), ("notes", "")]))
            with hub.stopped_in_the_end():
                begin = time.monotonic()
                hub.start()
                while True:
                    copied, held = loaded(hub, "orders", begin)
                    if held == count:
                        break
                    time.sleep(0.01)  # of some partitions it has all before long
                copy_cpu = measure.processor(gateway.process.pid) - before + measure.processor(hub.process.pid)
                agree(gateway, hub, "orders", "notes")
                print(f"| first copy of {count:,} items at a hub, durable | {count / copied:,.0f}/s, {copied:.2f} s with the start of the node | the gateway's own ingest {count / ingest:,.0f}/s | {ingest / copied:.2f} | ≥ 1.0 |")
                print(f"| its processor time, both nodes | {copy_cpu / count * 1e6:.2f} µs an item | ingest {ingest_cpu / count * 1e6:.2f} µs; a plain download takes {plain:.2f} s | {ingest_cpu / copy_cpu:.2f} | |")
                live(database, gateway, hub)
            change_on_the_wire(program, folder, database, gateway, options.rows)
            nothing_new_on_the_wire(program, folder, gateway)


if __name__ == "__main__":
    main()
