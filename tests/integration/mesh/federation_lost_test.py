"""Stores that are lost, put back and copied: a hub follows the gateway, and a branch the hub. The hub comes back from an old backup; the gateway's folder is put back as files; a copy
of it runs beside it; it is lost. Each ends right, or is refused with a sentence; nobody goes back, and what travels is counted.

    federation_lost_test.py --program build/bin/meshgate [--rows 5000]
"""

import argparse
import os
import random
import shutil
import sqlite3
import sys
import tempfile

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), ".."))

from databases import Sqlite  # noqa: E402
from federation import agree, described, get, hub_configuration, standing  # noqa: E402
from federation_reconcile_test import change, changed, origin_configuration, spread  # noqa: E402
from folders import turn_back  # noqa: E402
from processes import Gateway, run, wait_for  # noqa: E402
from reader import Reader  # noqa: E402
from wire import Wire  # noqa: E402

LEFT = "in an order that this one has left"
COPIED = "is a copy of another, or was put back"
LESS = "holds less of its own order"
OTHER = "another feed of the same name"


def disk_put_back(node, data, meanwhile):
    """As it was before `meanwhile`; the node is down then."""
    node.stop()
    shutil.copytree(data, data + ".old")
    node.start()
    meanwhile()
    node.kill()
    turn_back(data, data + ".old")


def give_new_order(node, data, command):
    """What is said everywhere: backup and restore. The node is down then."""
    command(node, "backup", data + ".kept")
    node.stop()
    shutil.rmtree(data)
    command(node, "restore", data + ".kept")
    shutil.rmtree(data + ".kept")


class Hopping(Reader):
    """Reads at the hub and the branch in turn; what goes back, or is not whole at a caught-up mark, is an error there."""

    def __init__(self, nodes):
        super().__init__("", 0, "orders", None)
        self.nodes, self.chance, self.node = nodes, random.Random(1), None

    def get(self, path):
        self.node = self.chance.choice(self.nodes)
        status, text = get(self.node, path)
        if status == 0:
            raise OSError("it is down")
        return status, text.encode()

    def catch_up(self, node):
        """With what that node has."""
        def held():
            try:
                return self.page(1000) and self.cursor == described(node, "orders")["partitions"][0]["cursor"]
            except OSError:
                return False
        wait_for("a reader at hub and branch to be caught up", held)


class Mesh:
    def __init__(self, program, folder, wire, rows):
        self.program, self.folder, self.wire, self.rows, self.ids = program, folder, wire, rows, spread(rows)
        for name in ("hq", "clone", "hub", "branch"):
            os.makedirs(os.path.join(folder, name))
        self.database = Sqlite(self.of("hq"))
        self.database.run("CREATE TABLE orders (id INTEGER PRIMARY KEY, text TEXT)",
                          f"WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < {rows}) INSERT INTO orders SELECT i, 'order ' || i || ' of ' || hex(randomblob(16)) FROM n")
        self.hq = self.node("hq", origin_configuration(self.database))
        self.clone = None
        self.hub = self.node("hub", hub_configuration([("hq", self.hq.url)], [("orders", "")]))
        self.branch = self.node("branch", hub_configuration([("hub", self.hub.url)], [("orders", "")]))
        self.reader = Hopping([self.hub, self.branch])
        self.full = 0

    def node(self, name, yaml):
        return Gateway(self.program, self.of(name), yaml, place=self.wire[name])

    def of(self, *names):
        return os.path.join(self.folder, *names)

    def same(self, origin):
        agree(origin, self.hub, "orders")
        agree(self.hub, self.branch, "orders")
        self.reader.catch_up(origin)

    def count(self):
        return self.wire.count("hq", "hub") + self.wire.count("hub", "branch")

    def command(self, node, *words):
        code, out, err = run([self.program, *words[:1], "-c", node.config, *words[1:]])
        if code != 0:
            raise SystemExit(f"{words[0]}: {out}{err}")

    def cost(self, what, share):
        """Of two full downloads, to the hub and to the branch."""
        sent = self.count()
        print(f"{what}: {sent} bytes to hub and branch, {100 * sent / self.full:.1f} % of what full downloads take", flush=True)
        if sent > self.full * share:
            raise SystemExit(f"{what} took {sent} of {self.full} bytes")

    def says(self, node, sentence):
        wait_for(f"a node to say '{sentence}'", lambda: sentence in node.log())

    def change(self, what, database=None, node=None):
        change(database or self.database, self.ids, what)
        wait_for("the gateway to have the change", lambda: changed(node or self.hq, self.ids, what))

    # ---- what happens ----

    def hub_from_backup(self):
        self.command(self.hub, "backup", self.of("old"))
        self.change(" since")
        self.same(self.hq)
        before = standing(self.branch, "orders")
        self.hub.kill()
        shutil.rmtree(self.of("hub", "data"))
        self.command(self.hub, "restore", self.of("old"))
        self.count()
        self.hub.start()
        self.same(self.hq)
        if standing(self.branch, "orders") != before:
            raise SystemExit("the branch went elsewhere")
        self.cost("a hub from an old backup", 0.05)

    def put_back(self):
        """The gateway's folder as it was before the last changes, by somebody who copies files."""
        self.hq.stop()
        shutil.copytree(self.of("hq", "data"), self.of("files"))
        self.hq.start()
        self.change(" lost")
        self.same(self.hq)
        self.hq.kill()
        shutil.rmtree(self.of("hq", "data"))
        shutil.copytree(self.of("files"), self.of("hq", "data"))
        change(self.database, self.ids[:3], " new")
        self.count()
        self.hq.start()
        wait_for("the gateway to have what is new", lambda: changed(self.hq, self.ids[:3], " new"))
        self.same(self.hq)
        self.says(self.hq, COPIED)
        self.says(self.hub, "repaired with")
        self.cost("a folder that was put back", 0.1)

    def turned_back(self):
        """The gateway's disk as it was, which the gateway cannot know."""
        # Twice, so that what it reads anew from its table is less than what it had.
        disk_put_back(self.hq, self.of("hq", "data"), lambda: (self.change(" too late"), self.change(" and later"), self.same(self.hq)))
        before = standing(self.hub, "orders")
        self.hq.start()
        self.says(self.hub, LESS)
        if standing(self.hub, "orders") != before or standing(self.branch, "orders") != before:
            raise SystemExit("the hub or the branch went back")
        self.new_order("a disk that was put back")

    def new_order(self, what):
        """The gateway's; the hub, which would not ask it for a minute, is started anew."""
        give_new_order(self.hq, self.of("hq", "data"), self.command)
        self.hub.stop()
        self.count()
        self.hq.start()
        self.hub.start()
        self.same(self.hq)
        self.cost(what, 0.15)

    def cloned(self):
        """A copy of the gateway, with a copy of its table, both of which change."""
        self.hq.stop()
        shutil.copytree(self.of("hq", "data"), self.of("clone", "data"))
        with sqlite3.connect(self.of("clone", "company.db")) as copy:
            self.database.connection.backup(copy)
        copied = Sqlite(self.of("clone"))
        self.clone = self.node("clone", origin_configuration(copied))
        self.hub.stop()
        self.hub.configure(hub_configuration([("hq", self.hq.url), ("clone", self.clone.url)], [("orders", "")]))
        self.hub.start()
        with self.clone.stopped_in_the_end():
            self.hq.start()
            self.same(self.hq)  # before there is another that the hub could take
            self.clone.start()
            self.says(self.clone, COPIED)
            self.change(" of the gateway")
            self.change(" of the copy", copied, self.clone)
            self.same(self.hq)
            self.hq.kill()
            self.same(self.clone)
            self.hq.start_and_wait("orders")
            self.says(self.hub, LEFT)
            self.change(" of the gateway again")
            self.change(" of the copy again", copied, self.clone)
            self.same(self.clone)
            if described(self.hub, "orders")["source"]["name"] != "clone":
                raise SystemExit(f"the hub follows {described(self.hub, 'orders')['source']}")
        wait_for("the hub to say that it has nobody to follow", lambda: described(self.hub, "orders")["source"]["state"] == "failing")
        if get(self.hub, "/feeds/orders/items?limit=1")[0] != 200 or get(self.hub, "/health/ready")[0] != 503:
            raise SystemExit("the hub does not serve what it has, or says that all is well")
        self.new_order("a gateway that was left, with a new order")

    def lost(self):
        self.hq.kill()
        shutil.rmtree(self.of("hq", "data"))
        before = standing(self.hub, "orders")
        self.hq.start_and_wait("orders")
        self.says(self.hub, OTHER)
        wait_for("the hub to say so of the feed", lambda: OTHER in str(described(self.hub, "orders")["source"]))
        if standing(self.hub, "orders") != before or standing(self.branch, "orders") != before:
            raise SystemExit("something was taken of another feed")
        self.count()
        for node in (self.hub, self.branch):
            node.stop()
            shutil.rmtree(os.path.join(os.path.dirname(node.config), "data"))
            node.start()
        agree(self.hq, self.hub, "orders")
        agree(self.hub, self.branch, "orders")
        self.cost("a store that was lost", 1.5)

    def test(self):
        with self.hq.stopped_in_the_end(), self.hub.stopped_in_the_end(), self.branch.stopped_in_the_end():
            self.hq.start_and_wait("orders")
            self.count()
            self.hub.start()
            self.branch.start()
            self.same(self.hq)
            self.full = self.count()
            self.hub_from_backup()
            self.put_back()
            self.turned_back()
            self.cloned()
            self.lost()


def main():
    arguments = argparse.ArgumentParser()
    arguments.add_argument("--program", required=True)
    arguments.add_argument("--rows", type=int, default=5000)
    arguments = arguments.parse_args()
    with tempfile.TemporaryDirectory(prefix="meshgate-lost-") as folder, Wire(["hq", "clone", "hub", "branch"]) as wire:
        Mesh(os.path.abspath(arguments.program), folder, wire, arguments.rows).test()
    print("each ended right, or was refused")


if __name__ == "__main__":
    main()
