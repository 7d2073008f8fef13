"""The oracle: rows are inserted, updated, deleted, re-keyed and moved between partitions at random, while gateway and mirror are
killed with SIGKILL at random, and a reader pages by hand throughout. At the end the table, the feed and the mirror hold the same,
by content and by digest; the reader never went backwards and was complete at every caught-up mark.

    oracle_test.py --program build/bin/meshgate --database sqlite [--mode track|journal] [--kills 20] [--seed N]

`--mode track`: both tables are followed by the column `at`, which every insert and update sets, in transactions that may stay open a while beside
others; deletes come by sweeps. `--mode journal`: by journals, without sweeps and compares, so that what a journal misses stays missed; with late
transactions too. Otherwise they are scanned.
"""

import argparse
import decimal
import os
import random
import sqlite3
import sys
import tempfile
import threading
import time

from databases import KINDS
from processes import Gateway, Process, run, wait_for
from reader import Reader, Wrong, canonical, content_hash, digest

REGIONS = ["north", "south", "øst", "west wing"]
NAMES = ["Ann", "Bjørn", "周杰", "", "a \"quoted\" name", "back\\slash", "tab\there", "emoji 🦔", "e\u0301 combining", "line\nbreak", "O''Hara"]


def literal(text):
    return "'" + text.replace("''", "'").replace("'", "''") + "'"


class Workload(threading.Thread):
    """Changes two tables at random: `things` (one key, partitioned by region) and `pairs` (two keys, one of them text)."""

    def __init__(self, database, seed, mode):
        super().__init__(daemon=True)
        self.database, self.random = database, random.Random(seed)
        tracked = mode == "track"
        self.touch = f", at = {database.now}" if tracked else ""
        self.column = f", at {database.types['timestamp']} NOT NULL DEFAULT {database.default_now}" if tracked else ""
        self.stop_asked = threading.Event()
        self.changes = 0
        self.next_id = 1

    def text(self, value):
        if self.database.kind == "mariadb":
            value = value.replace("\\", "\\\\")
        return literal(value)

    def create(self):
        t = self.database.types
        self.things, self.pairs = self.database.table("things"), self.database.table("pairs")
        self.database.run(
            f"CREATE TABLE {self.things} (id {t['int']} NOT NULL PRIMARY KEY, region {t['text']} NOT NULL, name {t['text']}, amount {t['decimal']}, stock {t['int']}{self.column})",
            f"CREATE TABLE {self.pairs} (a {t['int']} NOT NULL, b {t['text']} NOT NULL, note {t['text']}{self.column}, PRIMARY KEY (a, b))")
        if self.column:
            self.database.run(f"CREATE INDEX {self.database.index('things')} ON {self.things} (at)", f"CREATE INDEX {self.database.index('pairs')} ON {self.pairs} (at)")
        self.database.run(*[self.insert() for _ in range(300)], *[self.insert_pair() for _ in range(100)])

    def insert(self):
        r = self.random
        self.next_id += r.choice([1, 1, 1, 3, 900])
        amount = r.choice(["NULL", "0", "-0.5", "12.50", "9999999999.99", "0.01"])
        stock = r.choice(["NULL", "0", "-1", "9007199254740991", "9007199254740993", "-9223372036854775808", "9223372036854775807"])
        name = r.choice(["NULL", self.text(r.choice(NAMES))])
        return f"INSERT INTO {self.things} (id, region, name, amount, stock) VALUES ({self.next_id}, {self.text(r.choice(REGIONS))}, {name}, {amount}, {stock})"

    def insert_pair(self):
        r = self.random
        b = r.choice(["x", "x,y", "50%", "%2C", "é", "z z"]) + str(r.randrange(6))
        return f"INSERT INTO {self.pairs} (a, b, note) VALUES ({r.randrange(40)}, {self.text(b)}, {self.text(r.choice(NAMES))})"

    def change(self):
        r = self.random
        one = r.randrange(1, self.next_id + 1)
        kind = r.random()
        if kind < 0.25:
            return self.insert()
        if kind < 0.45:
            return f"UPDATE {self.things} SET name = {self.text(r.choice(NAMES) + str(r.randrange(1000)))}{self.touch} WHERE id >= {one} AND id < {one + 5}"
        if kind < 0.60:
            return f"UPDATE {self.things} SET region = {self.text(r.choice(REGIONS))}{self.touch} WHERE id >= {one} AND id < {one + 3}"
        if kind < 0.72:
            return f"DELETE FROM {self.things} WHERE id >= {one} AND id < {one + 4}"
        if kind < 0.80:
            self.next_id += 1
            return f"UPDATE {self.things} SET id = {self.next_id}{self.touch} WHERE id = {one}"
        if kind < 0.88:
            return self.insert_pair()
        if kind < 0.94:
            return f"DELETE FROM {self.pairs} WHERE a = {r.randrange(40)}"
        return f"UPDATE {self.pairs} SET note = {self.text(r.choice(NAMES))}, a = a + 40{self.touch} WHERE a = {r.randrange(40)}"

    def run(self):
        while not self.stop_asked.is_set():
            count = self.random.choice([1, 1, 1, 2, 5, 40])
            self.database.run(*[self.change() for _ in range(count)])
            self.changes += count
            time.sleep(self.random.choice([0, 0.001, 0.01, 0.05]))


class LateWriter(threading.Thread):
    """Adds pairs of its own in transactions that commit late."""

    def __init__(self, workload, seed):
        super().__init__(daemon=True)
        self.workload, self.random = workload, random.Random(seed)
        self.client = workload.database.second_client()
        self.stop_asked = threading.Event()

    def run(self):
        number = 1000
        while not self.stop_asked.is_set():
            number += 1
            self.client.say("BEGIN", f"INSERT INTO {self.workload.pairs} (a, b, note) VALUES ({number}, 'late', 'x')")
            self.stop_asked.wait(self.random.choice([0.01, 0.3, 2.5]))
            self.client.say("COMMIT")
        self.client.end()


class PagingReader(threading.Thread):
    """Pages every partition by hand for as long as the test runs."""

    def __init__(self, readers, seed):
        super().__init__(daemon=True)
        self.readers, self.random = readers, random.Random(seed)
        self.stop_asked = threading.Event()
        self.wrong = None

    def run(self):
        while not self.stop_asked.is_set() and self.wrong is None:
            for reader in self.readers:
                try:
                    reader.page(self.random.choice([1, 7, 50, 1000]))
                except Wrong as wrong:
                    self.wrong = f"{reader.feed} {reader.partition}: {wrong}"
                except (OSError, ValueError, __import__("http").client.HTTPException):
                    time.sleep(0.02)  # the gateway is down, or was killed in the middle of an answer


def decimal_text(database, text):
    if text is not None and database.kind == "sqlite":  # SQLite keeps 12.50 as the number 12.5; the declared DECIMAL(12,2) gives its scale back
        return str(decimal.Decimal(text).quantize(decimal.Decimal("0.01")))
    return text


def json_integer(text):
    if text is None:
        return None
    value = int(text)
    return value if abs(value) <= 9007199254740991 else text


def escape(part):
    return part.replace("%", "%25").replace(",", "%2C")


def expected(database):
    """{feed: {id: (content, partition)}} made from the tables alone."""
    things = {}
    for identity, region, name, amount, stock in database.rows("things", ["id", "region", "name", "amount", "stock"], "id"):
        fields = {"id": json_integer(identity), "region": region, "name": name, "amount": decimal_text(database, amount), "stock": json_integer(stock)}
        things[identity] = (canonical(fields), region)
    pairs = {}
    for a, b, note in database.rows("pairs", ["a", "b", "note"], "a, b"):
        pairs[f"{escape(a)},{escape(b)}"] = (canonical({"a": json_integer(a), "b": b, "note": note}), "")
    return {"things": things, "pairs": pairs}


SETTINGS = {"scan": "", "track": ", track: at, columns: [ COLUMNS ], sweep: 2s", "journal": ", track: journal, sweep: never, verify: never"}


def configuration(database, mode):
    things, pairs = (SETTINGS[mode].replace("COLUMNS", columns) for columns in ("region, name, amount, stock", "note"))
    return f"""
node: {{ data: DATA, listen: "http://127.0.0.1:PORT" }}
sources:
  company:
    connector: odbc
    connection: {database.connection_yaml()}
    every: 100ms
feeds:
  things:
    from: {{ source: company, table: {database.table("things")}{things} }}
    partition: region
    guard: {{ share: 100% }}      # while the gateway is down many rows may go
  pairs:
    from: {{ source: company, table: {database.table("pairs")}{pairs} }}
    guard: {{ share: 100% }}
"""


def compare(what, wanted, held):
    if wanted == held:
        return
    missing = [key for key in wanted if key not in held][:5]
    extra = [key for key in held if key not in wanted][:5]
    different = [(key, wanted[key], held[key]) for key in wanted if key in held and wanted[key] != held[key]][:5]
    raise SystemExit(f"{what}: {len(wanted)} wanted, {len(held)} held; missing {missing}, extra {extra}, different {different}")


def mirror_rows(path, feed, columns):
    with sqlite3.connect(f"file:{path}?mode=ro", uri=True) as connection:
        return {row[0]: row[1:] for row in connection.execute(f"SELECT _id, {', '.join(columns)} FROM \"{feed}\"")}


def check_mirror(path, wanted):
    import json
    for feed, columns in (("things", ["id", "region", "name", "amount", "stock"]), ("pairs", ["a", "b", "note"])):
        held = mirror_rows(path, feed, columns)
        rows = {}
        for identity, (content, _) in wanted[feed].items():
            fields = json.loads(content)
            rows[identity] = tuple(int(fields[c]) if c in ("id", "stock", "a") and c in fields else fields.get(c) for c in columns)
        compare(f"mirror of {feed}", rows, held)


def settle(gateway, database, patience=90):
    """Waits until two further scans have passed and the feed holds what the table holds."""
    wanted = expected(database)
    counts = {feed: len(items) for feed, items in wanted.items()}
    digests = {feed: digest(content_hash(i, c) for i, (c, _) in items.items()) for feed, items in wanted.items()}

    def settled():
        pairs, things = gateway.feed("pairs"), gateway.feed("things")
        if not pairs or not things or pairs.get("loading") or things.get("loading"):
            return False
        total = sum(int(p["digest"].split(":")[1], 16) for p in things["partitions"]) % (1 << 128)
        return (sum(p["count"] for p in things["partitions"]) == counts["things"] and "sum128:%032x" % total == digests["things"]
                and pairs["partitions"][0]["digest"] == digests["pairs"])

    end = time.monotonic() + patience
    while time.monotonic() < end and not settled():
        time.sleep(0.1)
    return wanted


def main():
    arguments = argparse.ArgumentParser()
    arguments.add_argument("--program", required=True)
    arguments.add_argument("--database", required=True, choices=sorted(KINDS))
    arguments.add_argument("--mode", default="scan", choices=["scan", "track", "journal"])
    arguments.add_argument("--kills", type=int, default=20)
    arguments.add_argument("--seed", type=int, default=int.from_bytes(os.urandom(4), "big"))
    options = arguments.parse_args()
    print(f"seed {options.seed}", flush=True)
    with tempfile.TemporaryDirectory(prefix="meshgate-oracle-") as folder:
        test(options, folder)


def test(options, folder):
    chance = random.Random(options.seed)
    database = KINDS[options.database](folder)
    workload = Workload(database, options.seed + 1, options.mode)
    workload.create()
    late = LateWriter(workload, options.seed + 3) if options.mode != "scan" and database.kind != "sqlite" else None
    gateway = Gateway(options.program, folder, configuration(database, options.mode))
    if options.mode == "journal":
        for feed in ("things", "pairs"):
            gateway.journal("install", feed, "--yes")
    file = os.path.join(folder, "mirror.db")
    mirror = Process([options.program, "mirror", gateway.url, "--into", file, "--quiet"], os.path.join(folder, "mirror.log"))
    readers = [Reader("127.0.0.1", gateway.port, "things", region) for region in REGIONS]
    readers.append(Reader("127.0.0.1", gateway.port, "pairs", None))
    paging = PagingReader(readers, options.seed + 2)
    try:
        workload.start()
        if late:
            late.start()
        paging.start()
        gateway.start()
        mirror.start()
        for kill in range(options.kills):
            time.sleep(chance.uniform(0.05, 1.5))
            for process in (gateway, mirror) if kill % 5 == 4 else (chance.choice((gateway, mirror)),):
                process.kill()
                process.start()
            if paging.wrong:
                raise SystemExit("the paging reader was told wrong: " + paging.wrong)
        time.sleep(1)
        workload.stop_asked.set()
        workload.join(timeout=60)
        if late:
            late.stop_asked.set()
            late.join(timeout=60)
        wanted = settle(gateway, database)
        finish(options, gateway, mirror, paging, readers, wanted, file)
        if options.mode == "journal":
            check_journal(gateway, ("things", "pairs"))
        print(f"{options.database}: {workload.changes} changes, {options.kills} kills, {sum(len(i) for i in wanted.values())} items equal in table, feed and "
              f"mirror; the paging reader saw {sum(r.marks for r in readers)} marks, {sum(r.caught_up_marks for r in readers)} of them caught up")
    except SystemExit:
        for process in (gateway, mirror):
            print(f"---- {process.log_path}\n{process.log()[-5000:]}", file=sys.stderr)
        raise
    finally:
        workload.stop_asked.set()
        paging.stop_asked.set()
        workload.join(timeout=60)
        mirror.stop()
        gateway.stop()
        database.close()


def check_journal(gateway, feeds):
    """What was read is gone from the journals, no kill made the gateway begin anew, and the journals can be removed."""
    for feed in feeds:
        wait_for(f"the journal of {feed} to be empty", lambda: ": 0 entries\n" in gateway.journal("show", feed), 30)
    if "read again from the beginning" in gateway.log():
        raise SystemExit("a killed gateway began anew")
    for feed in feeds:
        gateway.journal("remove", feed, "--yes")


def finish(options, gateway, mirror, paging, readers, wanted, file):
    # The feed, as the reader that paged all along holds it.
    end = time.monotonic() + 60
    while time.monotonic() < end and not paging.wrong and not all_equal(readers, wanted):
        time.sleep(0.05)
    paging.stop_asked.set()
    paging.join(timeout=60)
    if paging.wrong:
        raise SystemExit("the paging reader was told wrong: " + paging.wrong)
    if any(reader.gone_answers for reader in readers):
        raise SystemExit("a reader was told 410 although nothing was purged or restored")
    for reader in readers:
        compare(f"feed {reader.feed} {reader.partition} at the paging reader", part_of(wanted, reader), contents(reader))
    # The feed, as a reader that begins now gets it.
    for reader in readers:
        fresh = Reader(reader.host, reader.port, reader.feed, reader.partition)
        wait_for("a fresh reader to be caught up", lambda: fresh.page(1000), 60)
        compare(f"feed {reader.feed} {reader.partition} at a fresh reader", part_of(wanted, reader), contents(fresh))
    # The mirror: what the killed one left, finished by one more run, which must succeed.
    mirror.stop()
    code, out, err = run([options.program, "mirror", gateway.url, "--into", file, "--once"])
    if code != 0:
        raise SystemExit(f"the mirror ended with {code}: {out}{err}")
    check_mirror(file, wanted)


def contents(reader):
    return {identity: held[0] for identity, held in reader.items.items()}


def part_of(wanted, reader):
    return {i: content for i, (content, part) in wanted[reader.feed].items() if reader.partition in (None, part)}


def all_equal(readers, wanted):
    return all(contents(reader) == part_of(wanted, reader) for reader in readers)


if __name__ == "__main__":
    main()
