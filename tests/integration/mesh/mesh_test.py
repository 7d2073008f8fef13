"""Five nodes, each in a network namespace with an address of its own, and a table that changes: a gateway that brings its feeds to a hub, a hub that follows the
first, a branch that follows both, and a device that mirrors at the branch. Links are cut, in one direction or both, become slow and lose packets; nodes are killed with
SIGKILL and started again; their clocks jump. Meanwhile readers read at each node, and others change node at every page.

At the end, with the links whole, all that is held anywhere is what the table says. On the way no reader is told "caught up" with anything but a state that its
partition had, no cursor goes back, and what a reader sees of an item is in the order in which it was written.

    mesh_test.py --program build/bin/meshgate [--seconds 40] [--seed N]
"""

import argparse
import http.client
import json
import os
import random
import sqlite3
import sys
import tempfile
import threading
import time
import traceback

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), ".."))

from certificates_test import Authority  # noqa: E402
from databases import Sqlite  # noqa: E402
from directory import UnixConnection  # noqa: E402
from processes import Gateway, Process, wait_for  # noqa: E402
from reader import Reader, Wrong, canonical  # noqa: E402
from wire import Link, Wire  # noqa: E402

NODES = ["hq", "hub", "second", "branch"]
REGIONS = ["north", "south", "east"]
PORT = 7443
CLOCK = "/usr/lib/x86_64-linux-gnu/faketime/libfaketimeMT.so.1"
LISTEN = 'node: { name: NAME, data: DATA, listen: "https://127.0.0.1:PORT", keep_deletes: 1m, read: public, tls: { certificate: FOLDER/NAME.pem, key: FOLDER/NAME.key, client_ca: FOLDER/ca.pem, clients: optional } }'
KEYS = "ca: FOLDER/ca.pem, certificate: FOLDER/NAME.pem, key: FOLDER/NAME.key"


class Table:
    """The orders, changed at random. Every text is written once and says of which order it is and how often that had been changed before."""

    def __init__(self, folder, seed):
        self.database, self.chance, self.next = Sqlite(folder), random.Random(seed), 1
        self.times = {}  # of the orders that are there
        self.database.run("CREATE TABLE orders (id INTEGER PRIMARY KEY, region TEXT, text TEXT)", "CREATE TABLE notes (id INTEGER PRIMARY KEY, text TEXT)")

    def text(self, order):
        self.times[order] = self.times.get(order, -1) + 1
        return f"{order} {self.times[order]} {'é' * self.chance.randrange(40)}"

    def add(self, count):
        orders = range(self.next, self.next + count)
        self.next += count
        rows = ", ".join(f"({one}, '{self.chance.choice(REGIONS)}', '{self.text(one)}')" for one in orders)
        self.database.run(f"INSERT INTO orders VALUES {rows}", f"INSERT INTO notes SELECT id, text FROM orders WHERE id % 5 = 0 AND id >= {orders[0]}")

    def change(self):
        what = self.chance.random()
        if what < 0.3 or not self.times:
            return self.add(self.chance.randrange(1, 5))
        one = self.chance.choice(list(self.times))
        if what < 0.6:
            return self.database.run(f"UPDATE orders SET text = '{self.text(one)}' WHERE id = {one}")
        if what < 0.85:
            return self.database.run(f"UPDATE orders SET text = '{self.text(one)}', region = '{self.chance.choice(REGIONS)}' WHERE id = {one}")
        del self.times[one]
        return self.database.run(f"DELETE FROM orders WHERE id = {one}", f"DELETE FROM notes WHERE id = {one}")

    def contents(self, partition):
        """{id: content} that a partition of orders, or with None notes, should have now."""
        if partition is None:
            return {one: canonical({"id": int(one), "text": text}) for one, text in self.database.rows("notes", ["id", "text"], "id")}
        return {one: canonical({"id": int(one), "region": region, "text": text}) for one, region, text in self.database.rows("orders", ["id", "region", "text"], "id") if region == partition}


class Node(Gateway):
    """A node where its address is, with a clock that can be set; asked over its administration socket, which no cut reaches."""

    def __init__(self, name, place, program, folder, keys, yaml):
        self.name, self.folder = name, os.path.join(folder, name)
        os.makedirs(self.folder)
        super().__init__(program, self.folder, (LISTEN + yaml.replace("KEYS", KEYS)).replace("NAME", name).replace("FOLDER", keys), PORT, place)
        self.clock = os.path.join(self.folder, "clock")
        self.set_clock(0)
        fake = [f"LD_PRELOAD={CLOCK}", f"FAKETIME_TIMESTAMP_FILE={self.clock}", "FAKETIME_NO_CACHE=1", "FAKETIME_DONT_FAKE_MONOTONIC=1"]
        self.command = ["env", *fake, *self.command]

    def set_clock(self, seconds):
        """From now on so much before or behind the right time."""
        with open(self.clock + ".new", "w", encoding="ascii") as file:
            file.write(f"{seconds:+d}s")
        os.replace(self.clock + ".new", self.clock)

    def ask(self, path):
        """(status, body); OSError while it is down."""
        connection = UnixConnection(os.path.join(self.folder, "data", "admin.sock"))
        try:
            connection.request("GET", path)
            answer = connection.getresponse()
            return answer.status, answer.read()
        except http.client.HTTPException as error:
            raise OSError(str(error)) from error
        finally:
            connection.close()


class Watching(Reader):
    """A reader of one partition at some nodes, another one for each page where there are several."""

    def __init__(self, nodes, feed, partition, seed):
        super().__init__("", 0, feed, partition)
        self.nodes, self.chance = nodes, random.Random(seed)
        self.node, self.seen, self.pages = nodes[0], {}, 0

    def get(self, path):
        return self.node.ask(path)

    def put(self, line, value):
        super().put(line, value)
        order, times = value["item"]["text"].split()[:2]
        if order != value["id"] or int(times) < self.seen.get(order, -1):
            raise Wrong(f"{order} was seen as it was after {self.seen[order]} changes, and now after {times}: {line[:200]}")
        self.seen[order] = int(times)

    def step(self, limit):
        self.node, self.pages, gone = self.chance.choice(self.nodes), self.pages + 1, self.gone_answers
        caught_up = self.page(limit)
        if self.gone_answers > gone:
            self.seen = {}  # begins anew, at any node, also at one that is behind
        return caught_up


class Reading(threading.Thread):
    def __init__(self, reader):
        super().__init__(daemon=True)
        self.reader, self.over, self.wrong = reader, threading.Event(), None

    def run(self):
        while not self.over.is_set():
            try:
                self.reader.step(self.reader.chance.randrange(1, 60))
            except OSError:
                pass
            except Exception:  # noqa: BLE001: told at the end, with the place
                self.wrong = f"at {self.reader.node.name}, {self.reader.feed} [{self.reader.partition}]: {traceback.format_exc()}"
                return
            self.over.wait(0.02)


class Mesh:
    def __init__(self, options, folder, wire):
        self.chance, self.options, self.wire = random.Random(options.seed), options, wire
        self.table = Table(folder, options.seed + 1)
        keys = os.path.join(folder, "keys")
        os.makedirs(keys)
        authority = Authority(keys)
        for name in NODES:
            authority.sign(name, f"IP:{wire[name].address}", "200101000000Z", "490101000000Z")
        program = os.path.abspath(options.program)
        url = {name: f"https://{wire[name].address}:{PORT}" for name in NODES}
        followed = "\nfeeds:\n" + "".join(f"  {feed}: {{ from: {{ peer: [PEERS] }} }}\n" for feed in ("orders", "notes"))
        yaml = {
            "hq": f"""
sources: {{ company: {{ connector: odbc, connection: {self.table.database.connection_yaml()}, every: 50ms }} }}
peers: {{ hub: {{ url: "{url['hub']}", KEYS, push: [orders, notes] }} }}
feeds:
  orders: {{ from: {{ source: company, table: orders }}, partition: region }}
  notes: {{ from: {{ source: company, table: notes }} }}
""",
            "hub": '\npeers: { hq: { subject: "CN=hq" } }' + followed.replace("PEERS", "hq"),
            "second": f"\npeers: {{ hub: {{ url: \"{url['hub']}\", KEYS }}, hq: {{ url: \"{url['hq']}\", KEYS }} }}" + followed.replace("PEERS", "hub, hq"),
            "branch": f"\npeers: {{ second: {{ url: \"{url['second']}\", KEYS }}, hub: {{ url: \"{url['hub']}\", KEYS }} }}" + followed.replace("PEERS", "second, hub"),
        }
        self.nodes = {name: Node(name, wire[name], program, folder, keys, yaml[name]) for name in NODES}
        self.copy = os.path.join(folder, "device.db")
        mirror = [program, "mirror", url["branch"], "--ca", os.path.join(keys, "ca.pem"), "--into", self.copy, "--quiet"]
        self.device = Process(mirror, os.path.join(folder, "device.log"), wire["device"])
        everywhere = list(self.nodes.values())
        readers = [Watching([node], "orders", "north", options.seed + 10 + number) for number, node in enumerate(everywhere)]
        readers += [Watching(everywhere, "orders", region, options.seed + 20 + number) for number, region in enumerate(REGIONS)]
        readers.append(Watching(everywhere, "notes", None, options.seed + 30))
        self.readings = [Reading(reader) for reader in readers]
        self.done = {}

    # ---- what is done to them ----

    def processes(self):
        return [*self.nodes.values(), self.device]

    def kill(self):
        one = self.chance.choice(self.processes())
        one.kill()
        time.sleep(self.chance.uniform(0, 0.5))
        one.start()

    def cut(self):
        one, other = self.chance.sample(self.wire.names, 2)
        self.wire.links[one, other] = Link(cut=True)
        if self.chance.random() < 0.5:
            self.wire.links[other, one] = Link(cut=True)

    def slow(self):
        for pair in self.chance.sample(sorted(self.wire.links), 6):
            self.wire.links[pair] = Link(delay=self.chance.uniform(0.001, 0.2), loss=self.chance.uniform(0, 0.15))

    def isolate(self):
        one = self.chance.choice(self.wire.names)
        for pair in self.wire.links:
            if one in pair:
                self.wire.links[pair] = Link(cut=True)

    def jump(self):
        self.chance.choice(list(self.nodes.values())).set_clock(self.chance.choice([-7200, -60, 0, 60, 7200]))

    def disturb(self):
        kinds = [self.kill, self.kill, self.cut, self.cut, self.slow, self.isolate, self.jump, self.wire.heal]
        end = time.monotonic() + self.options.seconds
        while time.monotonic() < end:
            kind = self.chance.choice(kinds)
            self.done[kind.__name__] = self.done.get(kind.__name__, 0) + 1
            kind()
            for _ in range(self.chance.randrange(8)):
                self.table.change()
                time.sleep(self.chance.uniform(0, 0.1))

    # ---- what must be ----

    def must_be_equal(self):
        wanted = {("orders", region): self.table.contents(region) for region in REGIONS} | {("notes", None): self.table.contents(None)}
        for name, node in self.nodes.items():
            for (feed, partition), contents in wanted.items():
                self.must_hold(name, node, feed, partition, contents)
        for reading in self.readings:
            reader = reading.reader
            contents = wanted[reader.feed, reader.partition]
            for reader.node in reader.nodes:  # noqa: B020
                wait_for(f"a reader at {reader.node.name} to hold {reader.feed} [{reader.partition}]",
                         lambda: self.read(reader) and {one: held[0] for one, held in reader.items.items()} == contents, 60)
        wait_for("the device to hold what the table says", self.device_is_equal, 90)

    def must_hold(self, name, node, feed, partition, contents):
        fresh = Watching([node], feed, partition, 0)
        try:
            wait_for(f"{name} to hold {feed} [{partition}] as the table has it", lambda: self.read(fresh) and {one: held[0] for one, held in fresh.items.items()} == contents, 90)
        except SystemExit:
            for other in self.nodes.values():
                print(f"---- {other.name}: {other.ask(f'/feeds/{feed}')[1].decode()[:1500]}\n{other.log()[-3000:]}")
            raise

    @staticmethod
    def read(reader):
        try:
            return reader.page(1000)
        except OSError:
            return False

    def device_is_equal(self):
        try:
            with sqlite3.connect(f"file:{self.copy}?mode=ro", uri=True, timeout=5) as copy:
                has = {feed: copy.execute(f"SELECT {columns} FROM {feed} ORDER BY id").fetchall() for feed, columns in (("orders", "id, region, text"), ("notes", "id, text"))}
        except sqlite3.Error:
            return False
        with sqlite3.connect(self.table.database.path) as table:
            return has == {feed: table.execute(f"SELECT {columns} FROM {feed} ORDER BY id").fetchall() for feed, columns in (("orders", "id, region, text"), ("notes", "id, text"))}

    def test(self):
        self.table.add(2000)
        try:
            for one in self.processes():
                one.start()
            wait_for("the branch to hold something", lambda: self.ready(self.nodes["branch"]), 60)
            for reading in self.readings:
                reading.start()
            self.disturb()
            self.wire.heal()
            for node in self.nodes.values():
                node.set_clock(0)
            for reading in self.readings:
                reading.over.set()
                reading.join(timeout=90)
                if reading.wrong:
                    raise SystemExit(reading.wrong)
            self.must_be_equal()
        except SystemExit:
            for one in self.processes():
                print(f"---- {one.log_path}\n{one.log()[-1500:]}")
            raise
        finally:
            for one in self.processes():
                one.stop()
        pages, marks = sum(one.reader.pages for one in self.readings), sum(one.reader.caught_up_marks for one in self.readings)
        again = sum(one.reader.gone_answers for one in self.readings)
        print(f"{self.done}: {self.table.next} orders, {self.wire.carried} packets carried and {self.wire.lost} lost; {len(self.readings)} readers took {pages} pages, "
              f"were caught up {marks} times and began anew {again} times; everything is everywhere what the table says")

    @staticmethod
    def ready(node):
        try:
            status, body = node.ask("/feeds/orders")
            return status == 200 and len(json.loads(body)["partitions"]) == len(REGIONS)
        except OSError:
            return False


def main():
    arguments = argparse.ArgumentParser()
    arguments.add_argument("--program", required=True)
    arguments.add_argument("--seconds", type=float, default=40, help="of disturbances")
    arguments.add_argument("--seed", type=int, default=int(os.environ.get("MESHGATE_TEST_SEED", 0)) or int.from_bytes(os.urandom(4), "big"))
    options = arguments.parse_args()
    print(f"seed {options.seed}", flush=True)
    with tempfile.TemporaryDirectory(prefix="mesh-") as folder, Wire([*NODES, "device"], options.seed + 2) as wire:
        Mesh(options, folder, wire).test()


if __name__ == "__main__":
    main()
