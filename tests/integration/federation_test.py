"""A feed that follows a peer: a gateway with a table, a hub that follows it, a mirror that reads at the hub; rows change, both are killed in the middle,
readers change sides with the cursor they have. In the end all digests are those of the gateway.

    federation_test.py --program build/bin/meshgate [--seed N] [--kills N]
"""

import argparse
import json
import os
import random
import sqlite3
import tempfile

from databases import Sqlite
from federation import agree, described, get, hub_configuration, origin_configuration, standing
from processes import Gateway, run, wait_for

REGIONS = ["north", "south", "east"]
LAST = 1000000


class Rows:
    """Random changes of both tables."""

    def __init__(self, database, seed):
        self.database, self.random, self.next = database, random.Random(seed), 1

    def fill(self, count):
        values = ", ".join(f"({self.next + i}, '{self.random.choice(REGIONS)}', 'order {self.next + i} äöü')" for i in range(count))
        self.next += count
        self.database.run(f"INSERT INTO orders VALUES {values}", f"INSERT INTO notes SELECT id, text FROM orders WHERE id % 7 = 0 AND id >= {self.next - count}")

    def change(self):
        one = self.random.randrange(1, self.next)
        what = self.random.random()
        if what < 0.4:
            self.fill(self.random.randrange(1, 4))
        elif what < 0.6:
            self.database.run(f"UPDATE orders SET text = 'changed {self.random.random()}' WHERE id = {one}")
        elif what < 0.8:
            self.database.run(f"UPDATE orders SET region = '{self.random.choice(REGIONS)}' WHERE id = {one}")
        else:
            self.database.run(f"DELETE FROM orders WHERE id = {one}", f"DELETE FROM notes WHERE id = {one}")


def read_again(origin, database):
    """All that has changed until now is in the gateway's feeds. A row comes and goes: the scan that misses it began when it had come, and so has read everything."""
    shown = lambda: [get(origin, f"/feeds/{feed}/items/{LAST}")[0] for feed in ("orders", "notes")]
    database.run(f"INSERT INTO orders VALUES ({LAST}, 'north', 'last')", f"INSERT INTO notes VALUES ({LAST}, 'last')")
    wait_for("the gateway to read the last row", lambda: shown() == [200, 200])
    database.run(f"DELETE FROM orders WHERE id = {LAST}", f"DELETE FROM notes WHERE id = {LAST}")
    wait_for("the gateway to miss the last row", lambda: shown() == [404, 404])


def read_pages(node, feed, partition, after, items, limit):
    """One page of a partition into `items`; the mark."""
    path = f"/feeds/{feed}/changes?limit={limit}&after={after}" + (f"&partition={partition}" if partition else "")
    status, text = get(node, path)
    if status != 200:
        return status
    for line in text.splitlines():
        line = json.loads(line)
        if "put" in line:
            items[line["put"]["id"]] = line["put"]["rev"]
        elif "gone" in line:
            items.pop(line["gone"]["id"], None)
        elif "mark" in line:
            return line["mark"]
    raise SystemExit(f"a page without a mark: {text[-300:]}")


def hop(one, other, rows, hops):
    """A reader that changes node at every page, while rows change, is complete whenever it is told so."""
    items, after, complete = {}, "0", 0
    for number in range(hops):
        node = one if number % 2 else other
        mark = read_pages(node, "orders", "north", after, items, 7)
        if isinstance(mark, int):
            raise SystemExit(f"page {number} was answered {mark}")
        after = mark["cursor"]
        if mark.get("caught_up"):
            complete += 1
            if len(items) != mark["count"]:
                raise SystemExit(f"told caught up with {mark['count']} items at page {number}, but has {len(items)}")
        if number % 5 == 0:
            rows.change()
    if complete == 0:
        raise SystemExit("the reader was never caught up")
    return complete


def mirrored(program, folder, node):
    file = os.path.join(folder, "device.db")
    code, out, err = run([program, "mirror", node.url, "--into", file, "--once", "--quiet"])
    if code != 0:
        raise SystemExit(f"the mirror at the hub: {code} {out}{err}")
    with sqlite3.connect(file) as copy:
        return {feed: copy.execute(f"SELECT count(*) FROM {feed}").fetchone()[0] for feed in ("orders", "notes")}


def partial(program, folder, origin):
    """A branch that holds one partition only."""
    where = os.path.join(folder, "branch")
    os.makedirs(where)
    branch = Gateway(program, where, hub_configuration([("hq", origin.url)], [("orders", ", partitions: [south]")]))
    with branch.stopped_in_the_end():
        branch.start()
        wanted = lambda: {p: v for p, v in standing(origin, "orders")[6].items() if p == "south"}
        wait_for("the branch to hold south", lambda: standing(branch, "orders") is not None and standing(branch, "orders")[6] == wanted())


def clash(program, folder, origin, hub):
    """A name that means another feed at the peer is refused with a sentence."""
    where = os.path.join(folder, "other")
    os.makedirs(where)
    database = Sqlite(where)
    database.run("CREATE TABLE orders (id INTEGER PRIMARY KEY, region TEXT, text TEXT)", "CREATE TABLE notes (id INTEGER PRIMARY KEY, text TEXT)")
    other = Gateway(program, where, origin_configuration(database), origin.port)
    with other.stopped_in_the_end():
        other.start()
        wait_for("the hub to refuse another feed of the name", lambda: "another feed of the same name" in json.dumps(described(hub, "orders")))


def main():
    arguments = argparse.ArgumentParser()
    arguments.add_argument("--program", required=True)
    arguments.add_argument("--seed", type=int, default=int.from_bytes(os.urandom(3), "big"))
    arguments.add_argument("--kills", type=int, default=6)
    arguments = arguments.parse_args()
    program = os.path.abspath(arguments.program)
    print(f"seed {arguments.seed}", flush=True)
    with tempfile.TemporaryDirectory(prefix="meshgate-federation-") as folder:
        for name in ("hq", "hub", "second"):
            os.makedirs(os.path.join(folder, name))
        database = Sqlite(os.path.join(folder, "hq"))
        database.run("CREATE TABLE orders (id INTEGER PRIMARY KEY, region TEXT, text TEXT)", "CREATE TABLE notes (id INTEGER PRIMARY KEY, text TEXT)")
        rows = Rows(database, arguments.seed)
        rows.fill(3000)
        origin = Gateway(program, os.path.join(folder, "hq"), origin_configuration(database))
        with origin.stopped_in_the_end():
            origin.start()
            second = Gateway(program, os.path.join(folder, "second"), hub_configuration([("hq", origin.url)], [("orders", ""), ("notes", "")]))
            with second.stopped_in_the_end():
                second.start()
                hub = Gateway(program, os.path.join(folder, "hub"), hub_configuration([("hq", origin.url), ("second", second.url)], [("orders", ""), ("notes", "")]))
                with hub.stopped_in_the_end():
                    hub.start()
                    agree(origin, hub, "orders", "notes")
                    caught = hop(origin, hub, rows, 300)
                    chooser = random.Random(arguments.seed)
                    for _ in range(arguments.kills):
                        for _ in range(10):
                            rows.change()
                        node = chooser.choice([origin, hub, second])
                        node.kill()
                        for _ in range(5):
                            rows.change()
                        node.start()
                    read_again(origin, database)
                    agree(origin, hub, "orders", "notes")
                    agree(origin, second, "orders", "notes")
                    state = described(hub, "orders")
                    if state["source"]["name"] not in ("hq", "second") or state["source"]["state"] != "following":
                        raise SystemExit(f"the hub says of its source: {state['source']}")
                    count = {feed: described(origin, feed)["count"] for feed in ("orders", "notes")}
                    if mirrored(program, folder, hub) != count:
                        raise SystemExit("a mirror at the hub holds something else than the gateway")
                    partial(program, folder, origin)
                    origin.stop()
                    wait_for("the hub to go on from the other peer", lambda: described(hub, "orders")["source"]["name"] == "second")
                    second.stop()
                    clash(program, folder, origin, hub)
    print(f"what the gateway has is at the hub; a reader that changed sides 300 times was caught up {caught} times")


if __name__ == "__main__":
    main()
