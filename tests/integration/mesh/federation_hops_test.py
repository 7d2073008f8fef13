"""Readers that change node at every page: a gateway, a hub, a branch behind it and a device, while rows change, each of the nodes in turn is killed and comes back, and
what was deleted is forgotten there. Whoever is told "caught up" is complete, and no line is fetched twice.

    federation_hops_test.py --program build/bin/meshgate [--hops 1000] [--seed N]
"""

import argparse
import json
import os
import random
import sys
import tempfile

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), ".."))

from databases import Sqlite  # noqa: E402
from device import Device  # noqa: E402
from federation import get, hub_configuration, origin_configuration  # noqa: E402
from federation_test import REGIONS, Rows  # noqa: E402
from processes import Gateway, wait_for  # noqa: E402
from reader import Reader, Wrong, canonical  # noqa: E402
from wire import Wire  # noqa: E402

CLOCK = "/usr/lib/x86_64-linux-gnu/faketime/libfaketimeMT.so.1"
FEEDS = ("orders", "notes")
FRESH = 250  # pages, after which a reader begins at 0 again
TURN = 60    # pages, after which a node is killed
FOLLOWED = [(feed, "") for feed in FEEDS]


class Forgetful(Gateway):
    """Keeps deletes for a minute; whenever it starts, its clock is two minutes further."""

    def __init__(self, program, folder, name, place, yaml):
        os.makedirs(os.path.join(folder, name))
        super().__init__(program, os.path.join(folder, name), yaml.replace("data: DATA", "data: DATA, keep_deletes: 1m"), place=place)
        self.name, self.clock, self.plain = name, 0, self.command

    def start(self):
        self.clock += 120
        self.command = ["env", f"LD_PRELOAD={CLOCK}", f"FAKETIME=+{self.clock}s", "FAKETIME_DONT_FAKE_MONOTONIC=1", *self.plain]
        super().start()

    def again(self):
        self.kill()
        self.start_and_wait(*FEEDS)

    def read(self, path):
        status, text = get(self, path)
        return status, text.encode()


class Own(Device):
    """The device, read as the nodes are."""

    name = "device"

    def again(self):
        self.kill()
        self.start()

    def read(self, path):
        status, _, text = self.ask(path)
        return status, text.encode()


class Hopping(Reader):
    def __init__(self, nodes, feed, partition, chance):
        super().__init__("", 0, feed, partition)
        self.nodes, self.chance, self.node = nodes, chance, None
        self.lines, self.bytes, self.seqs = 0, 0, set()

    def hop(self):
        """To another node, for one page; what came of the last is kept."""
        self.node = self.chance.choice([one for one in self.nodes if one is not self.node])
        return self.page(self.chance.randrange(5, 60))

    def get(self, path):
        status, body = self.node.read(path)
        if status != 200:
            raise Wrong(f"{self.node.name} answered {status} after {self.cursor}: {body[:300]}")
        self.bytes += len(body)
        return status, body

    def in_order(self, seq, last):
        self.lines += 1
        self.seqs.add(seq)
        return super().in_order(seq, last)


def wanted(database, feed, partition):
    if feed == "notes":
        return {one: canonical({"id": int(one), "text": text}) for one, text in database.rows("notes", ["id", "text"], "id")}
    return {one: canonical({"id": int(one), "region": region, "text": text}) for one, region, text in database.rows("orders", ["id", "region", "text"], "id") if region == partition}


def complete(reader, contents):
    return reader.hop() and {one: held[0] for one, held in reader.items.items()} == contents


def partitions(node, feed):
    status, body = node.read(f"/feeds/{feed}")
    return sorted(one["partition"] for one in json.loads(body)["partitions"]) if status == 200 else []


def floors(node):
    """How far a node has forgotten what was deleted."""
    out = 0
    for feed, query in (("notes", ""), *((("orders", f"&partition={region}") for region in REGIONS))):
        status, body = node.read(f"/feeds/{feed}/changes?after=0&limit=1{query}")
        mark = body.decode().splitlines()[-1]
        out += status == 200 and '"floor":0' not in mark
    return out


def main():
    arguments = argparse.ArgumentParser()
    arguments.add_argument("--program", required=True)
    arguments.add_argument("--hops", type=int, default=1000)
    arguments.add_argument("--seed", type=int, default=int.from_bytes(os.urandom(3), "big"))
    arguments = arguments.parse_args()
    program, chance = os.path.abspath(arguments.program), random.Random(arguments.seed)
    print(f"seed {arguments.seed}", flush=True)
    with tempfile.TemporaryDirectory(prefix="meshgate-hops-") as folder, Wire(["hq", "hub", "branch", "device"]) as wire:
        database = Sqlite(folder)
        database.run("CREATE TABLE orders (id INTEGER PRIMARY KEY, region TEXT, text TEXT)", "CREATE TABLE notes (id INTEGER PRIMARY KEY, text TEXT)")
        rows = Rows(database, arguments.seed)
        rows.fill(3000)
        hq = Forgetful(program, folder, "hq", wire["hq"], origin_configuration(database))
        hub = Forgetful(program, folder, "hub", wire["hub"], hub_configuration([("hq", hq.url)], FOLLOWED))
        branch = Forgetful(program, folder, "branch", wire["branch"], hub_configuration([("hub", hub.url)], FOLLOWED))
        device = Own(program, os.path.join(folder, "own"), place=wire["device"])
        with hq.stopped_in_the_end(), hub.stopped_in_the_end(), branch.stopped_in_the_end(), device.stopped_in_the_end():
            for node in (hq, hub, branch):
                node.start_and_wait(*FEEDS)
            device.start("--upstream", branch.url, "--upstream", hub.url)
            device.token("app")
            nodes, done = [hq, hub, branch, device], []
            for node in nodes:
                wait_for(f"{node.name} to hold all", lambda: {feed: partitions(node, feed) for feed in FEEDS} == {"orders": sorted(REGIONS), "notes": [""]})
            for number in range(arguments.hops):
                if number % FRESH == 0:
                    readers = [Hopping(nodes, "orders", "north", chance), Hopping(nodes, "notes", None, chance)]
                    done += readers
                if number % TURN == TURN - 1:
                    nodes[number // TURN % len(nodes)].again()
                for _ in range(chance.randrange(4)):
                    rows.change()
                for reader in readers:
                    reader.hop()
            for reader in readers:
                wait_for(f"a reader to hold {reader.feed}", lambda: complete(reader, wanted(database, reader.feed, reader.partition)))
            forgotten = {node.name: floors(node) for node in (hq, hub, branch)}
    twice = sum(reader.lines - len(reader.seqs) for reader in done)
    if twice or not all(reader.caught_up_marks for reader in done):
        raise SystemExit(f"{twice} lines were fetched twice; caught up {[reader.caught_up_marks for reader in done]} times")
    if arguments.hops >= 1000 and not all(forgotten.values()):
        raise SystemExit(f"nothing was forgotten at one of the nodes: {forgotten}")
    print(f"{arguments.hops} hops of each of two readers, {len(done)} first downloads: {sum(reader.lines for reader in done)} lines in {sum(reader.bytes for reader in done)} bytes, "
          f"none of them twice; caught up {sum(reader.caught_up_marks for reader in done)} times; partitions with deletes forgotten: {forgotten}")


if __name__ == "__main__":
    main()
