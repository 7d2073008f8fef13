"""The same as federation_lost_test.py where a gateway brings its feeds to a hub: its disk is put back, a copy of it brings too, its store is lost. The hub takes nothing that would
bring it back or mix two orders, and both say why.

    federation_lost_brought_test.py --program build/bin/meshgate
"""

import argparse
import json
import os
import shutil
import sys
import tempfile

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), ".."))

from certificates_test import Authority  # noqa: E402
from databases import Sqlite  # noqa: E402
from federation_lost_test import COPIED, LEFT, OTHER, disk_put_back, give_new_order  # noqa: E402
from federation_push_test import HUB, agree, described, gateway, standing  # noqa: E402
from federation_rights_test import TlsNode  # noqa: E402
from federation_test import Rows  # noqa: E402
from processes import run, wait_for  # noqa: E402
from wire import Wire  # noqa: E402

MORE = "holds more of this node's own order"


def both(node):
    return [standing(node, feed) for feed in ("orders", "notes")]


def says(node, sentence):
    wait_for(f"a node to say '{sentence}': {node.log()[-1500:]}", lambda: sentence in node.log())


def command(node, *words):
    code, out, err = run([node.program, *words[:1], "-c", node.config, *words[1:]])
    if code != 0:
        raise SystemExit(f"{words[0]}: {out}{err}")


def changed(rows, node, what):
    """Rows change, and that node has read it."""
    before = both(node)
    rows.database.run(f"UPDATE orders SET text = text || '{what}' WHERE id IN (SELECT id FROM orders LIMIT 20)", f"UPDATE notes SET text = text || '{what}' WHERE id IN (SELECT id FROM notes LIMIT 20)")
    wait_for("a gateway to read what has changed", lambda: all(new is not None and new != old for new, old in zip(both(node), before)))


def turned_back(there, here, rows):
    # Twice, so that what it reads anew from its table is less than what it had.
    disk_put_back(there, there.data, lambda: (changed(rows, there, " too late"), changed(rows, there, " and later"), agree(there, here)))
    before = both(here)
    there.start()
    says(there, MORE)
    if both(here) != before:
        raise SystemExit("the hub went back")
    give_new_order(there, there.data, command)
    there.start()
    agree(there, here)


def cloned(there, here, copy, rows):
    there.stop()
    shutil.copytree(there.data, copy.data)
    there.start()
    changed(rows, there, " once more")
    agree(there, here)
    with copy.stopped_in_the_end():
        copy.start()
        says(copy, COPIED)
        agree(copy, here)
        says(there, LEFT)
        says(here, LEFT)
        changed(rows, copy, " and again")
        agree(copy, here)
        wait_for("the hub to say that all is not well", lambda: "failing" in json.dumps(described(here, "orders")["source"]))
    before = both(here)
    changed(rows, there, " alone")
    if both(here) != before:
        raise SystemExit("the hub took what it had left")
    give_new_order(there, there.data, command)
    there.start()
    agree(there, here)


def lost(there, here):
    before = both(here)
    there.kill()
    shutil.rmtree(there.data)
    there.start()
    says(there, OTHER)
    says(here, OTHER)
    if both(here) != before:
        raise SystemExit("something was taken of another feed")
    here.stop()
    shutil.rmtree(here.data)
    here.start()
    agree(there, here)


def main():
    arguments = argparse.ArgumentParser()
    arguments.add_argument("--program", required=True)
    program = os.path.abspath(arguments.parse_args().program)
    with tempfile.TemporaryDirectory(prefix="meshgate-lost-brought-") as folder, Wire(["hq", "copy", "hub"]) as wire:
        certificates = os.path.join(folder, "certificates")
        os.makedirs(certificates)
        authority = Authority(certificates)
        for name, places in (("hq", ("hq", "copy")), ("hub", ("hub",))):
            authority.sign(name, ", ".join(f"IP:{wire[place].address}" for place in places), "200101000000Z", "490101000000Z")
        database = Sqlite(folder)
        database.run("CREATE TABLE orders (id INTEGER PRIMARY KEY, region TEXT, text TEXT)", "CREATE TABLE notes (id INTEGER PRIMARY KEY, text TEXT)", "CREATE TABLE many (id INTEGER PRIMARY KEY, text TEXT)")
        rows = Rows(database, 1)
        rows.fill(1000)
        here = TlsNode(program, os.path.join(folder, "hub"), authority, HUB, place=wire["hub"])
        there = TlsNode(program, os.path.join(folder, "hq"), authority, gateway(database, here.url), place=wire["hq"])
        copy = TlsNode(program, os.path.join(folder, "copy"), authority, gateway(database, here.url), place=wire["copy"])
        with there.stopped_in_the_end(), here.stopped_in_the_end():
            there.start()
            here.start()
            agree(there, here)
            turned_back(there, here, rows)
            cloned(there, here, copy, rows)
            lost(there, here)
    print("nobody went back, no orders were mixed, and each was told why")


if __name__ == "__main__":
    main()
