"""A first copy while both nodes are killed in turn: every line that passes between them is looked at. After a kill of the gateway nothing comes twice but lines of the page that was
under way; after one of the hub, what it had not made durable.

    federation_copy_kills_test.py --program build/bin/meshgate [--rows 20000] [--kills 5]
"""

import argparse
import os
import re
import tempfile
import threading

from counted_wire import Wire
from databases import Sqlite
from federation import agree, hub_configuration
from federation_reconcile_test import origin_configuration
from processes import Gateway, wait_for

PAGE = 1000  # entries, before a mark comes
ITEM = re.compile(rb'\{"put":\{"seq":(\d+),[^\n]*\n')


class Watched(Wire):
    """A wire on which nothing is compressed; lets so many items pass, and knows which have."""

    def __init__(self, port):
        self.passing = threading.Condition()
        self.allowed, self.seen, self.twice = 0, set(), 0
        super().__init__(port)

    def carry(self, here, there, answers):
        if answers:
            there = Looking(self, there)
        else:
            there = Plain(there)
        super().carry(here, there, answers)

    def look(self, number):
        with self.passing:
            self.passing.wait_for(lambda: len(self.seen) < self.allowed)
            self.twice += number in self.seen
            self.seen.add(number)
            self.passing.notify_all()

    def let(self, items):
        with self.passing:
            self.allowed = items
            self.passing.notify_all()

    def came_twice(self):
        """Since the last call."""
        with self.passing:
            twice, self.twice = self.twice, 0
        return twice


class Plain:
    """A socket to which nobody says that anything but plain text is taken."""

    def __init__(self, socket):
        self.sendall_, self.shutdown = socket.sendall, socket.shutdown

    def sendall(self, data):
        self.sendall_(data.replace(b"Accept-Encoding: zstd, gzip", b"Accept-Encoding: identity  "))


class Looking:
    """A socket at whose lines somebody looks."""

    def __init__(self, wire, socket):
        self.wire, self.sendall_, self.shutdown, self.rest = wire, socket.sendall, socket.shutdown, b""

    def sendall(self, data):
        self.rest += data
        end = 0
        for line in ITEM.finditer(self.rest):
            self.wire.look(int(line[1]))
            end = line.end()
        end = max(end, self.rest.rfind(b"\n") + 1)
        self.sendall_(data)
        self.rest = self.rest[end:]


def main():
    arguments = argparse.ArgumentParser()
    arguments.add_argument("--program", required=True)
    arguments.add_argument("--rows", type=int, default=20000)
    arguments.add_argument("--kills", type=int, default=5)
    arguments = arguments.parse_args()
    program = os.path.abspath(arguments.program)
    with tempfile.TemporaryDirectory(prefix="meshgate-copy-kills-") as folder:
        for name in ("hq", "hub"):
            os.makedirs(os.path.join(folder, name))
        database = Sqlite(os.path.join(folder, "hq"))
        database.run("CREATE TABLE orders (id INTEGER PRIMARY KEY, text TEXT)",
                     f"WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < {arguments.rows}) INSERT INTO orders SELECT i, 'order ' || i || ' of ' || hex(randomblob(16)) FROM n")
        gateway = Gateway(program, os.path.join(folder, "hq"), origin_configuration(database))
        wire = Watched(gateway.port)
        hub = Gateway(program, os.path.join(folder, "hub"), hub_configuration([("hq", wire.url)], [("orders", "")]))
        with gateway.stopped_in_the_end(), hub.stopped_in_the_end():
            gateway.start_and_wait("orders")
            hub.start()
            for kill in range(arguments.kills):
                wire.let((kill + 1) * arguments.rows // (arguments.kills + 1))
                wait_for("so many items to pass", lambda: len(wire.seen) >= wire.allowed, 120)
                tell(kill, wire.came_twice())
                node = (gateway, hub)[kill % 2]
                node.kill()
                node.start()
            wire.let(arguments.rows + 1)
            agree(gateway, hub, "orders", seconds=120)
            tell(arguments.kills, wire.came_twice())
        wire.stop()
    print("a first copy goes on where it was")


def tell(kill, twice):
    """What came twice since the kill before."""
    if kill == 0:
        return
    node = ("gateway", "hub")[(kill - 1) % 2]
    print(f"after kill {kill}, of the {node}: {twice} items came again", flush=True)
    if node == "gateway" and twice > PAGE:
        raise SystemExit("more than a page came twice although the hub was not killed")


if __name__ == "__main__":
    main()
