"""A mirror of a divided feed, with items in two partitions, is repaired by what differs: after the gateway was restored from a backup, killed again and again meanwhile, and after another program
has changed rows. What travels is counted, rows and memberships are compared with the table.

    mirror_divided_test.py --program build/bin/meshgate [--rows 100000] [--kills 8] [--seed N]
"""

import argparse
import os
import random
import shutil
import sqlite3
import tempfile
import time

from counted_wire import Wire
from databases import Sqlite
from device import expect
from processes import Gateway, Process, run, wait_for

REGIONS = ("east", "north", "south", "west", "middle")


def most(rows):
    """Of a full download: five answers for each place that differs, whatever the number of rows."""
    return 0.005 if rows >= 1000000 else 0.02 if rows >= 100000 else 0.05


def patience(rows):
    return 60 + rows // 1000


def configuration(database):
    return f"""
node: {{ name: hq, data: DATA, listen: "http://127.0.0.1:PORT", read: public }}
sources: {{ company: {{ connector: odbc, connection: {database.connection_yaml()}, every: 50ms }} }}
feeds:
  orders: {{ from: {{ source: company, table: orders }}, partition: [region, second] }}
"""


class Table:
    """The orders: one in ten is in two regions."""

    def __init__(self, folder, rows):
        self.database, self.rows = Sqlite(folder), rows
        region = "CASE (%s) % 5 " + " ".join(f"WHEN {at} THEN '{name}'" for at, name in enumerate(REGIONS)) + " END"
        self.database.run("CREATE TABLE orders (id INTEGER PRIMARY KEY, region TEXT, second TEXT, text TEXT)",
                          f"WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < {rows}) INSERT INTO orders SELECT i, {region.replace('%s', 'i')}, "
                          f"{region.replace('%s', 'i + (i % 10 = 0)')}, 'order ' || i || ' of ' || hex(randomblob(16)) FROM n")

    def spread(self, count, offset):
        return [1 + offset + one * (self.rows // count) for one in range(count)]

    def change(self, offset, what):
        """Ten rows: some move, some are others, some go, some come."""
        moved, other, gone = self.spread(3, offset), self.spread(3, offset + 7), self.spread(2, offset + 13)
        last = self.database.connection.execute("SELECT max(id) FROM orders").fetchone()[0]
        self.database.run(f"UPDATE orders SET region = CASE region WHEN 'east' THEN 'west' ELSE 'east' END WHERE id IN {tuple(moved)}",
                          f"UPDATE orders SET text = text || ' {what}' WHERE id IN {tuple(other)}", f"DELETE FROM orders WHERE id IN {tuple(gone)}",
                          *[f"INSERT INTO orders VALUES ({last + one}, 'north', 'south', '{what}')" for one in (1, 2)])

    def all(self):
        return self.database.rows("orders", ["id", "region", "second", "text"], "id")

    def memberships(self):
        out = {}
        for identity, region, second, _ in self.all():
            for name in {region, second}:
                out.setdefault(name, set()).add(identity)
        return out


class Mirror:
    def __init__(self, gateway, folder):
        self.program, self.wire, self.file = gateway.program, Wire(gateway.port), os.path.join(folder, "mirror.db")
        self.log = os.path.join(folder, "mirror.log")

    def once(self):
        """What it says, and the bytes that came."""
        self.wire.count()
        code, out, err = run([self.program, "mirror", self.wire.url, "--into", self.file, "--once"], 1800)
        if code != 0:
            raise SystemExit(f"mirror ended with {code}: {out}{err}")
        return out + err, self.wire.count()

    def killed(self, seconds):
        """As soon as a partition stands elsewhere; or after so long, whatever it does."""
        before = self.standing()
        process = Process([self.program, "mirror", self.wire.url, "--into", self.file], self.log)
        process.start()
        end = time.monotonic() + seconds
        while time.monotonic() < end and self.standing() == before and process.running():
            pass
        process.kill()

    def standing(self):
        return self.ask("SELECT name, cursor FROM _meshgate_partitions ORDER BY name")

    def left(self):
        """Partitions that are still to be compared."""
        return self.ask("SELECT count(*) FROM _meshgate_partitions WHERE comparing")[0][0]

    def ask(self, question):
        with sqlite3.connect(f"file:{self.file}?mode=ro", uri=True) as copy:
            return copy.execute(question).fetchall()

    def alter(self, *statements):
        with sqlite3.connect(self.file) as copy:
            for statement in statements:
                copy.execute(statement)

    def holds(self, table):
        """Rows, and who is in which partition."""
        rows = [tuple(map(str, row)) for row in self.ask("SELECT id, region, second, text FROM orders ORDER BY id")]
        members = {}
        for name, identity in self.ask("SELECT p.name, m.id FROM _meshgate_members m JOIN _meshgate_partitions p USING (place)"):
            members.setdefault(name, set()).add(identity)
        return rows == table.all() and members == table.memberships()


def is_restored(gateway, table, backup, folder):
    """The gateway is lost, and is that of the backup; then it has read its table."""
    gateway.kill()
    shutil.rmtree(os.path.join(folder, "hq", "data"))
    code, out, err = run([gateway.program, "restore", "-c", gateway.config, backup], 600)
    if code != 0:
        raise SystemExit(f"restore: {out}{err}")
    gateway.start()
    settled(gateway, table)


def settled(gateway, table):
    wanted = {name: len(ids) for name, ids in table.memberships().items()}
    last = table.all()[-1]

    def reads():
        feed = gateway.feed("orders")
        if not feed or feed["loading"] or {part["partition"]: part["count"] for part in feed["partitions"]} != wanted:
            return False
        item = gateway.get(f"/feeds/orders/items/{last[0]}")
        return item[0] == 200 and item[1]["item"]["text"] == last[3]
    wait_for("the gateway to have read its table", reads, patience(table.rows))


def is_backed_up(gateway, folder, name):
    backup = os.path.join(folder, name)
    code, out, err = run([gateway.program, "backup", "-c", gateway.config, backup], 600)
    if code != 0:
        raise SystemExit(f"backup: {out}{err}")
    return backup


def cost(what, took, full, rows):
    expect(took <= full * most(rows), f"{what}: {took} bytes on the wire, {100 * took / full:.3f} % of a full download ({full} bytes)")


def a_new_order(gateway, table, mirror, folder, full):
    backup = is_backed_up(gateway, folder, "first backup")
    table.change(0, "lost")
    settled(gateway, table)
    mirror.once()
    table.change(40, "new")
    is_restored(gateway, table, backup, folder)
    said, took = mirror.once()
    expect(said.count("repaired by what differs") == len(REGIONS) and mirror.holds(table), "after a restore each partition is repaired, and has what the table has")
    cost("a new epoch", took, full, table.rows)


def killed(gateway, table, mirror, folder, kills, chance):
    backup = is_backed_up(gateway, folder, "second backup")
    table.change(80, "lost again")
    settled(gateway, table)
    mirror.once()
    table.change(120, "newer")
    is_restored(gateway, table, backup, folder)
    before = mirror.standing()
    while mirror.standing() == before:
        mirror.killed(patience(table.rows))
    left = mirror.left()
    for _ in range(kills):
        mirror.killed(chance.uniform(0.05, 2))
    mirror.once()
    expect(mirror.left() == 0 and mirror.holds(table), f"killed with {left} partitions still to be compared, and {kills} times more, it has what the table has in the end")


def altered(table, mirror, full):
    ids = table.spread(5, 3)
    mirror.alter(f"UPDATE orders SET text = 'altered' WHERE id IN {tuple(ids)}", f"DELETE FROM orders WHERE id IN {tuple(table.spread(2, 5))}")
    said, took = mirror.once()
    expect("is not as the mirror left it" in said and mirror.holds(table), "rows that another program changed are those of the table again")
    cost("altered rows", took, full, table.rows)


def main():
    arguments = argparse.ArgumentParser()
    arguments.add_argument("--program", required=True)
    arguments.add_argument("--rows", type=int, default=100000)
    arguments.add_argument("--kills", type=int, default=8)
    arguments.add_argument("--seed", type=int, default=random.randrange(1 << 32))
    arguments = arguments.parse_args()
    print(f"seed {arguments.seed}", flush=True)
    with tempfile.TemporaryDirectory(prefix="meshgate-divided-") as folder:
        os.makedirs(os.path.join(folder, "hq"))
        table = Table(folder, arguments.rows)
        gateway = Gateway(os.path.abspath(arguments.program), os.path.join(folder, "hq"), configuration(table.database))
        with gateway.stopped_in_the_end():
            gateway.start()
            settled(gateway, table)
            mirror = Mirror(gateway, folder)
            _, full = mirror.once()
            expect(mirror.holds(table), f"a first download of {arguments.rows} rows, with {full} bytes")
            a_new_order(gateway, table, mirror, folder, full)
            killed(gateway, table, mirror, folder, arguments.kills, random.Random(arguments.seed))
            altered(table, mirror, full)
            mirror.wire.stop()


if __name__ == "__main__":
    main()
