"""The oracle: rows are inserted, updated, deleted, re-keyed and moved between partitions at random, columns come and go, a table is
truncated under the guard, while gateway and mirror are killed with SIGKILL at random and the gateway's sessions are ended at the server; a reader
pages by hand throughout. At the end the tables, the feeds and the mirror hold the same, by content and by digest; the reader never went
backwards and was complete at every caught-up mark.

    oracle_test.py --program build/bin/meshgate --database sqlite [--mode query|track|journal] [--kills 20] [--server-kills N] [--seed N]

`--mode`: how the tables are read, see MODES in workload.py. `--server-kills`: the test starts a database server of its own, and so often kills that
too, and starts it again.
"""

import argparse
import decimal
import http.client
import json
import os
import random
import sqlite3
import sys
import tempfile
import threading
import time

from databases import KINDS, READER_PASSWORD
from disturbances import ChangingTable, GuardedTable
from processes import Gateway, Process, run, wait_for
from reader import Reader, Wrong, canonical, content_hash, digest
from services import OwnServers
from workload import MODES, REGIONS, LateWriter, Workload

INTEGERS = {"id", "stock", "a", "size"}
FEEDS = ["things", "pairs", "shapes", "emptied"]


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
                except (OSError, ValueError, http.client.HTTPException):
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
    return {"things": things, "pairs": pairs, "shapes": plain(database, "shapes"), "emptied": plain(database, "emptied")}


def plain(database, table):
    """Of a table with the key `id`, whose other columns are numbers (`size`) or texts."""
    columns = columns_of(database, table)
    out = {}
    for row in database.rows(table, columns, "id"):
        fields = {column: json_integer(value) if column in INTEGERS else value for column, value in zip(columns, row)}
        out[row[0]] = (canonical(fields), "")
    return out


def columns_of(database, table):
    """Those that are published."""
    return [column for column in database.columns(table) if column != "at"]


def configuration(database, mode):
    return f"""
node: {{ read: public, roles: {{ viewer: public }}, data: DATA, listen: "http://127.0.0.1:PORT" }}
sources:
  company:
    connector: odbc
    connection: {database.connection_yaml()}
    every: 100ms
feeds:
  things:
    from: {{ source: company, {mode.stream(database.table("things"), "id", "region, name, amount, stock")} }}
    partition: region
    guard: {{ share: 100% }}      # while the gateway is down many rows may go
  pairs:
    from: {{ source: company, {mode.stream(database.table("pairs"), "a, b", "note")} }}
    guard: {{ share: 100% }}
  shapes:
    from: {{ source: company, {mode.stream(database.table("shapes"), "id")} }}
    guard: {{ share: 100% }}{mode.fields()}
  emptied:
    from: {{ source: company, {mode.guarded(database.table("emptied"), "id")} }}{mode.fields()}
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


def check_mirror(path, database, wanted):
    for feed in FEEDS:
        columns = columns_of(database, feed)
        held = mirror_rows(path, feed, columns)
        rows = {}
        for identity, (content, _) in wanted[feed].items():
            fields = json.loads(content)
            rows[identity] = tuple(int(fields[c]) if c in INTEGERS and c in fields else fields.get(c) for c in columns)
        compare(f"mirror of {feed}", rows, held)


def settle(gateway, database, patience=90):
    """Waits until the feeds hold what the tables hold."""
    wanted = expected(database)
    digests = {feed: digest(content_hash(i, c) for i, (c, _) in items.items()) for feed, items in wanted.items()}

    def settled():
        feeds = [gateway.feed(feed) for feed in FEEDS]
        return all(feed and not feed.get("loading") and whole(feed) == (len(wanted[feed["feed"]]), digests[feed["feed"]]) for feed in feeds)

    end = time.monotonic() + patience
    while time.monotonic() < end and not settled():
        time.sleep(0.1)
    return wanted


def whole(feed):
    """(count, digest) of all partitions; nothing here is in two of them."""
    total = sum(int(one["digest"].split(":")[1], 16) for one in feed["partitions"]) % (1 << 128)
    return sum(one["count"] for one in feed["partitions"]), "sum128:%032x" % total


def main():
    arguments = argparse.ArgumentParser()
    arguments.add_argument("--program", required=True)
    arguments.add_argument("--database", required=True, choices=sorted(KINDS))
    arguments.add_argument("--mode", default="scan", choices=sorted(MODES))
    arguments.add_argument("--kills", type=int, default=20)
    arguments.add_argument("--server-kills", type=int, default=0)
    arguments.add_argument("--seed", type=int, default=int.from_bytes(os.urandom(4), "big"))
    options = arguments.parse_args()
    print(f"seed {options.seed}", flush=True)
    with tempfile.TemporaryDirectory(prefix="meshgate-oracle-") as folder:
        servers = OwnServers(folder) if options.server_kills else None
        try:
            Oracle(options, folder, servers).test()
        finally:
            if servers:
                servers.stop()


class Oracle:
    """Tables, gateway, mirror and reader of one run."""

    def __init__(self, options, folder, servers):
        self.options, self.servers, self.chance = options, servers, random.Random(options.seed)
        self.database = KINDS[options.database](folder)
        self.database.add_reader()
        mode = MODES[options.mode]()
        self.workload = Workload(self.database, options.seed + 1, mode)
        self.workload.create()
        self.late = LateWriter(self.workload, options.seed + 3) if mode.late and options.database != "sqlite" else None
        self.gateway = Gateway(options.program, folder, configuration(self.database, mode))
        self.shapes = ChangingTable(self.database, random.Random(options.seed + 4), mode)
        self.emptied = GuardedTable(self.database, random.Random(options.seed + 5), mode, self.gateway)
        self.workload.disturbances = [self.shapes, self.emptied]
        for one in self.workload.disturbances:
            one.create()
        self.mode = mode
        mode.prepare(self.gateway, self.database, folder)
        self.file = os.path.join(folder, "mirror.db")
        self.mirror = Process([options.program, "mirror", self.gateway.url, "--into", self.file, "--quiet"], os.path.join(folder, "mirror.log"))
        partitions = [("things", region) for region in REGIONS] + [(feed, None) for feed in FEEDS[1:]]
        self.readers = [Reader("127.0.0.1", self.gateway.port, feed, partition) for feed, partition in partitions]
        self.paging = PagingReader(self.readers, options.seed + 2)

    def test(self):
        threads = [one for one in (self.workload, self.late, self.paging) if one]
        try:
            for one in (*threads, self.gateway, self.mirror):
                one.start()
            self.kill_at_random()
            time.sleep(1)
            for one in threads[:-1]:
                one.stop_asked.set()
                one.join(timeout=60)
            self.complete_the_guarded_table()
            wanted = settle(self.gateway, self.database)
            finish(self.options, self.gateway, self.mirror, self.paging, self.readers, wanted, self.file, self.database)
            self.must_keep_the_secret()
            self.mode.finish(self.gateway)
            self.say(wanted)
        except SystemExit:
            for process in (self.gateway, self.mirror):
                print(f"---- {process.log_path}\n{process.log()[-5000:]}", file=sys.stderr)
            raise
        finally:
            for one in threads:
                one.stop_asked.set()
                if one.is_alive():
                    one.join(timeout=60)
            self.mirror.stop()
            self.gateway.stop()
            self.database.close()

    def kill_at_random(self):
        kills = self.options.kills
        servers = set(self.chance.sample(range(kills), min(kills, self.options.server_kills)))
        for kill in range(kills):
            time.sleep(self.chance.uniform(0.05, 1.5))
            if kill in servers:
                self.servers.kill(self.options.database)
                time.sleep(self.chance.uniform(0, 1))
                self.servers.start_again(self.options.database)
            if kill % 4 == 2:
                self.database.kill_sessions()
            for process in (self.gateway, self.mirror) if kill % 5 == 4 else (self.chance.choice((self.gateway, self.mirror)),):
                process.kill()
                process.start()
            self.must_be_right()

    def must_be_right(self):
        if self.paging.wrong:
            raise SystemExit("the paging reader was told wrong: " + self.paging.wrong)
        if self.emptied.wrong:
            raise SystemExit(self.emptied.wrong)
        if not self.workload.is_alive() or not (self.late is None or self.late.is_alive()):
            raise SystemExit("a writer has ended")

    def complete_the_guarded_table(self):
        """Held deletes would stay for ever."""
        def at_rest():
            self.emptied.step()
            return self.emptied.at_rest() or self.emptied.wrong
        try:
            wait_for("the emptied table to be full again", at_rest)
        except SystemExit as why:
            raise SystemExit(f"{why}: it is {self.emptied.state}, and the feed says {self.gateway.feed('emptied')}") from None
        if self.emptied.wrong:
            raise SystemExit(self.emptied.wrong)

    def must_keep_the_secret(self):
        """Through all kills, lost connections and refused statements."""
        answers = [repr(self.gateway.get(path)) for path in ("/metrics", "/feeds", "/health/ready", *["/feeds/" + feed for feed in FEEDS])]
        for text in (self.gateway.log(), self.mirror.log(), *answers):
            if READER_PASSWORD in text:
                raise SystemExit("the password is in an output")

    def say(self, wanted):
        options = self.options
        print(f"{options.database} {options.mode}: {self.workload.changes} changes, {self.shapes.changes} of columns, {self.emptied.truncated} tables emptied and "
              f"{self.emptied.released} released, {options.kills} kills, {options.server_kills} of the server, {sum(len(i) for i in wanted.values())} items equal in table, feed "
              f"and mirror; the paging reader saw {sum(r.marks for r in self.readers)} marks, {sum(r.caught_up_marks for r in self.readers)} of them caught up")


def finish(options, gateway, mirror, paging, readers, wanted, file, database):
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
    check_mirror(file, database, wanted)


def contents(reader):
    return {identity: held[0] for identity, held in reader.items.items()}


def part_of(wanted, reader):
    return {i: content for i, (content, part) in wanted[reader.feed].items() if reader.partition in (None, part)}


def all_equal(readers, wanted):
    return all(contents(reader) == part_of(wanted, reader) for reader in readers)


if __name__ == "__main__":
    main()
