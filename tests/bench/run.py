#!/usr/bin/env python3
"""The figures: what the program costs beside the least that the same work can cost, as ratios of one run.

    tests/bench/run.py [--program build/bin/meshgate] [--rows 1000000] [--large 10000000] [--only REGEX] [--keep FILE]

Prints a Markdown table, one line per figure: what, ours, beside what, ratio (by wall clock; by processor time), aim, met. A ratio of 0.7 means that
ours takes 1/0.7 of the time; aims are for the clock, and the processor's ratio says more on a busy machine (of ours it counts every thread). Nothing here fails because something is slow; a figure fails when what was measured is wrong (rows missing,
items emitted that did not change, a mirror that does not verify). The servers are those of tests/services (tests/run.sh starts them).

ingest     the program is started on an empty data folder; the clock stops when GET /feeds/figures says loading:false. Beside it the slower of two: the
           same SELECT by array fetch with the same driver settings, thrown away; the same keys and values of log and index written by a bare
           loop into the same engine, one sync per 5,000 items (its clock runs over the writing alone).
unchanged  the program is started again on that data; the clock stops when the feed's as_of has moved. Beside it the SELECT.
changes    GET /feeds/figures/changes by curl, thrown away, beside nginx serving the plain bytes as a file by sendfile to the same curl.
ranges     all ranges of the feed by one curl over one connection, thrown away: cached, plain and zstd, beside nginx serving the same bytes as files; and plain while
           they are rendered for the first time.
small      GET /feeds/figures over 16 connections that stay open, whole and with If-None-Match, beside a file of 1 KB from nginx.
mirror     meshgate mirror --once into a fresh file, beside the rows of that file inserted into another in transactions of 10,000.
line       latency = from sending the transaction (one UPDATE and COMMIT through psql) to its line at a reader with live=stream, at random moments. A
           commit waits for the next poll between 0 and one interval, evenly: so p99 less one interval (and p50 less half of one) is what
           polling, mapping, committing and sending add at most.
tls        ranges and new connections with TLS beside without: see secured.py.
live       readers of Server-Sent Events beside those of nginx with nchan: see live.py.
journal    rows are inserted through the database's own client into a table with a journal, beside the same into one without: an INSERT for each row, in
           transactions of 100; and one INSERT … SELECT for all. The ratio is time with the journal to time without it.
followed   the same table with an index on updated_at, and `track: updated_at`: its first scan beside that without; a sweep beside a SELECT of the keys
           by array fetch; the line of a commit while another transaction stays open, beside that without. With --large, on a table of so many rows, what
           a poll of one changed row costs the server beside one read of that range of the index, in the server's own numbers (blocks looked at,
           time at work), all statements of the poll together.
"""

import argparse
import http.client
import json
import os
import random
import re
import shutil
import sys
import tempfile
import time

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "integration"))
import measure  # noqa: E402
from measure import Spent  # noqa: E402
from processes import Gateway, free_port, wait_for  # noqa: E402
from tables import Table  # noqa: E402
import first_download  # noqa: E402
import secured  # noqa: E402
import following  # noqa: E402
import live  # noqa: E402

FEED = "figures"
PATIENCE = 900
PER_COMMIT = 5000       # records of one read, as the gateway asks for them
PER_TRANSACTION = 10000  # lines of one transaction of a mirror
WRITES = 20000          # rows that a writer inserts in one go
PER_WRITE = 100         # of them in one transaction
INTERVAL = 0.1


class Report:
    def __init__(self):
        self.rows = []

    def line(self, what, ours, beside, ratio, aim, met):
        self.rows.append((what, ours, beside, ratio, aim, {True: "yes", False: "no", None: ""}[met]))
        print(f"... {what}: {ours} beside {beside}: {ratio} (aim {aim})", file=sys.stderr, flush=True)

    def ratio(self, what, rows, ours, beside, name, aim):
        """Both did the same work: the ratio says how much of the other's speed ours has."""
        wall, cpu = beside.wall / ours.wall, beside.cpu / max(ours.cpu, 0.01)
        self.line(what, rate(rows, ours), f"{name}: {rate(rows, beside)}", f"{wall:.2f}; {cpu:.2f}", f"≥ {aim}" if aim else "report", wall >= aim if aim else None)

    def markdown(self):
        head = ("line", "ours", "beside", "ratio (clock; processor)", "aim", "met")
        return "\n".join("| " + " | ".join(row) + " |" for row in (head, ("---",) * len(head), *self.rows))


def rate(rows, spent):
    return f"{rows / spent.wall / 1000:,.0f}k rows/s ({rows / max(spent.cpu, 0.01) / 1000:,.0f}k per processor second)"


def megabytes(size):
    return f"{size / 1e6:,.0f} MB"


class Bench:
    READERS = ("changes plain", "changes compressed", "ranges plain", "ranges compressed", "small requests", "mirror", "tls")

    def __init__(self, program, rows, only, folder):
        self.program, self.rows, self.only, self.folder = os.path.abspath(program), rows, re.compile(only), folder
        self.scanned = None  # the first scan of PostgreSQL's table
        self.report = Report()

    def wanted(self, *names):
        return any(self.only.search(name) for name in names)

    def tool(self, name):
        return os.path.join(os.path.dirname(self.program), name)

    def fresh(self, name):
        path = os.path.join(self.folder, name)
        shutil.rmtree(path, ignore_errors=True)
        os.makedirs(path)
        return path

    # ---- ingest, and the scan after it ----

    def gateway(self, table, folder, every="1h"):
        return Gateway(self.program, folder, table.yaml(every))

    def until(self, gateway, what, condition):
        """Starts the gateway and waits; what it cost until then, and the feed."""
        began = time.monotonic()
        gateway.start()

        def reached():
            if not gateway.running():
                raise SystemExit("the gateway ended:\n" + gateway.log()[-4000:])
            feed = gateway.feed(FEED)
            return feed if feed and condition(feed) else None

        feed = wait_for(what, reached, PATIENCE)
        return Spent(time.monotonic() - began, measure.processor(gateway.process.pid)), feed

    def database(self, kind):
        names = [f"ingest {kind}", f"unchanged {kind}", f"memory {kind}", f"disk {kind}"]
        if kind == "postgres":
            names += self.READERS
        if not self.wanted(*names):
            return
        folder = self.fresh(kind)
        table = Table(kind, folder, self.rows)
        try:
            self.select = self.raw_select(table)
            self.first_scan(kind, table, folder)
            if self.wanted(f"unchanged {kind}"):
                self.second_scan(kind, table, folder)
            if kind == "postgres" and self.wanted(*self.READERS):
                self.readers(table, folder)
        finally:
            table.close()
        shutil.rmtree(folder)

    def raw_select(self, table):
        runs = []
        for _ in range(2):
            rows, spent = measure.told([self.tool("raw_select"), table.name, *table.settings()])
            self.must(rows == self.rows, f"the SELECT gave {rows} rows")
            runs.append(spent)
        return measure.best(runs)

    def first_scan(self, kind, table, folder):
        once = self.scan_again(table)
        gateway = self.gateway(table, folder)
        try:
            ours, feed = self.until(gateway, "the first scan", lambda feed: not feed["loading"])
            ours = measure.best([once, ours])
            memory, disk = measure.peak_memory(gateway.process.pid), measure.disk(os.path.join(folder, "data"))
        finally:
            gateway.stop()
        self.loaded = feed
        if kind == "postgres":
            self.scanned = ours
        self.must(feed["count"] == self.rows and feed["quarantined"] == 0, f"the feed has {feed['count']} items and {feed['quarantined']} records in quarantine")
        if self.wanted(f"ingest {kind}"):
            bare = self.bare_loop(os.path.join(folder, "data"))
            aim = 0.7 if kind == "postgres" else 0.6
            slower, name = (self.select, "SELECT") if self.select.wall > bare.wall else (bare, "bare loop")
            other, other_name = (bare, "bare loop") if slower is self.select else (self.select, "SELECT")
            self.report.ratio(f"ingest {kind}", self.rows, ours, slower, name, aim)
            self.report.ratio(f"ingest {kind}, the faster one", self.rows, ours, other, other_name, None)
        if self.wanted(f"memory {kind}"):
            self.report.line(f"memory {kind}, peak", megabytes(memory), "", "", "< 200 MB", memory < 200e6)
        if self.wanted(f"disk {kind}"):
            heap = table.heap_bytes()
            self.report.line(f"disk {kind}", megabytes(disk), f"table: {megabytes(heap)}", f"{disk / heap:.2f}x", "≤ 1.5x", disk <= 1.5 * heap)

    def bare_loop(self, data):
        runs = []
        for _ in range(2):
            written, spent = measure.told([self.tool("bare_store"), data, self.fresh("bare"), str(PER_COMMIT)])
            self.must(written == self.rows, f"the bare loop wrote {written} items")
            runs.append(spent)
        return measure.best(runs)

    def second_scan(self, kind, table, folder):
        gateway = self.gateway(table, folder)
        before = self.loaded
        try:
            ours, after = self.until(gateway, "a scan of unchanged rows", lambda feed: feed["as_of"] != before["as_of"])
        finally:
            gateway.stop()
        self.must(after["partitions"] == before["partitions"], "a scan of unchanged rows emitted items")
        self.report.ratio(f"unchanged {kind}, 0 items emitted", self.rows, ours, self.select, "SELECT", 0.5)

    # ---- readers ----

    def readers(self, table, folder):
        gateway = self.gateway(table, folder)
        try:
            gateway.start()
            # The scan with which a start begins would disturb the readers.
            started = time.time()
            wait_for("the scan after the start", lambda: self.quiet(gateway.feed(FEED), started), PATIENCE)
            if self.wanted("changes plain", "changes compressed"):
                self.changes(gateway)
            if self.wanted("ranges plain", "ranges compressed", "small requests"):
                first_download.figures(self, gateway)
            if self.wanted("mirror"):
                self.mirror(gateway)
        finally:
            gateway.stop()
        if self.wanted("tls"):
            secured.figures(self, folder, table.yaml("1h"))

    @staticmethod
    def quiet(feed, started):
        if not feed or feed.get("source", {}).get("state") != "idle":
            return False
        return feed["source"].get("since", "") > time.strftime("%Y-%m-%dT%H:%M:%S", time.gmtime(started))

    def changes(self, gateway):
        url = f"{gateway.url}/feeds/{FEED}/changes"
        root = self.fresh("root")
        measure.finished(["curl", "-sS", "--fail", "-o", os.path.join(root, "changes"), url])
        server = lambda: measure.processor(gateway.process.pid)
        nginx = measure.Nginx(self.fresh("nginx"), root, free_port())
        try:
            wait_for("nginx", lambda: self.answers(nginx.url), 30)
            file, plain = [], []
            for _ in range(3):
                file.append(measure.download(nginx.url + "changes", nginx.cpu))
                plain.append(measure.download(url, server))
        finally:
            nginx.stop()
        file, plain = measure.best(file), measure.best(plain)
        self.must(file.size == plain.size, f"nginx gave {file.size} bytes and the gateway {plain.size}")
        speed = lambda spent: f"{plain.size / spent.wall / 1e6:,.0f} MB/s"
        ratios = lambda spent: f"{file.wall / spent.wall:.2f}; {file.cpu / spent.cpu:.2f}"
        if self.wanted("changes plain"):
            self.report.line("changes plain", speed(plain), f"nginx: {speed(file)}", ratios(plain), "≥ 0.3", file.wall / plain.wall >= 0.3)
        if self.wanted("changes compressed"):
            for encoding in ("zstd", "gzip"):
                packed = measure.download(url, server, encoding)
                ours = f"{speed(packed)} of plain bytes, {packed.size / plain.size:.2f} of their size"
                self.report.line(f"changes compressed, {encoding}", ours, f"nginx, plain: {speed(file)}", ratios(packed), "report", None)

    @staticmethod
    def answers(url):
        connection = http.client.HTTPConnection(url.split("/")[2], timeout=5)
        try:
            connection.request("HEAD", "/")
            return connection.getresponse().status
        except OSError:
            return None
        finally:
            connection.close()

    def mirror(self, gateway):
        folder = self.fresh("mirror")
        ours, raw = [], []
        for turn in range(2):
            into = os.path.join(folder, f"mirror{turn}.db")
            before = measure.processor(gateway.process.pid)
            _, spent = measure.finished([self.program, "mirror", gateway.url, "--into", into, "--once", "--quiet"])
            spent.cpu += measure.processor(gateway.process.pid) - before
            ours.append(spent)
            rows, spent = measure.told([self.tool("raw_inserts"), into, FEED, os.path.join(folder, f"raw{turn}.db"), str(PER_TRANSACTION)])
            self.must(rows == self.rows, f"the mirror has {rows} rows")
            raw.append(spent)
        self.report.ratio("mirror (processor time with the gateway's)", self.rows, measure.best(ours), measure.best(raw), "raw inserts", 0.5)

    # ---- followed by a column ----

    def followed(self, large):
        if self.wanted("followed ingest", "followed sweep", "followed open"):
            table = following.Followed(self.fresh("following"), self.rows)
            try:
                self.follow(table)
            finally:
                table.close()
        if large and self.wanted("followed poll"):
            following.poll(self, large)

    def follow(self, table):
        if self.wanted("followed ingest"):
            following.ingest(self, table, self.scanned or self.scan_again(table))
        if self.wanted("followed sweep"):
            following.sweep(self, table)
        if self.wanted("followed open"):
            following.beside_an_open_transaction(self, table)

    def scan_again(self, table):
        """A first scan of which nothing is kept but what it cost."""
        gateway = self.gateway(table, self.fresh("scanned"))
        try:
            return self.until(gateway, "the first scan", lambda feed: not feed["loading"])[0]
        finally:
            gateway.stop()

    # ---- the line of a commit ----

    def line(self):
        if not self.wanted("line"):
            return
        folder = self.fresh("line")
        table = Table("postgres", folder, 1000)
        gateway = self.gateway(table, folder, every=f"{INTERVAL * 1000:.0f}ms")
        try:
            gateway.start_and_wait(FEED)
            taken = self.latencies(gateway, table, 300)
        finally:
            gateway.stop()
            table.close()
        p50, p99 = taken[len(taken) // 2], taken[int(len(taken) * 0.99)]
        self.report.line(f"line, every {INTERVAL * 1000:.0f} ms, {len(taken)} commits", f"p50 {p50 * 1000:.0f} ms, p99 {p99 * 1000:.0f} ms", "the interval",
                         f"p50 less half: {(p50 - INTERVAL / 2) * 1000:+.1f} ms; p99 less one: {(p99 - INTERVAL) * 1000:+.1f} ms", "p99 ≤ interval + 10 ms",
                         p99 <= INTERVAL + 0.01)

    def latencies(self, gateway, table, count, touch=""):
        """Seconds, in order; `touch` is what else an update sets."""
        seed = random.randrange(1 << 32)
        print(f"seed {seed}", file=sys.stderr)
        chance = random.Random(seed)
        cursor = gateway.feed(FEED)["partitions"][0]["cursor"]
        connection = http.client.HTTPConnection("127.0.0.1", gateway.port, timeout=60)
        connection.request("GET", f"/feeds/{FEED}/changes?live=stream&after={cursor}")
        lines = connection.getresponse()
        taken = []
        for turn in range(count):
            time.sleep(chance.uniform(0, 2 * INTERVAL))
            note = f"turn {turn}"
            began = time.monotonic()
            table.database.run(f"UPDATE {table.name} SET note = '{note}'{touch} WHERE id = {chance.randint(1, 1000)}")
            while True:
                put = json.loads(lines.readline() or "{}").get("put")
                if put and put["item"].get("note") == note:
                    break
            taken.append(time.monotonic() - began)
        connection.close()
        return sorted(taken)

    # ---- what a journal costs who writes the table ----

    def journal(self, kind):
        if not self.wanted(f"journal {kind}"):
            return
        folder = self.fresh("journal")
        plain, kept = Table(kind, folder, 1), Table(kind, folder, 1)
        gateway = Gateway(self.program, folder, kept.yaml("1h").replace(f"table: {kept.name}", f"table: {kept.name}, track: journal"))
        gateway.journal("install", FEED, "--yes")
        try:
            for what, write, aim in (("one by one", self.write_rows, 1.6), ("all at once", self.write_all, None)):
                took = {plain: [], kept: []}
                for _ in range(3):
                    for table in took:
                        took[table].append(write(table))
                self.cost(f"journal {kind}, the writer's cost, rows {what}", min(took[kept]), min(took[plain]), aim)
            found = int(kept.database.once(f"SELECT count(*) FROM {kept.journal()}"))
            self.must(found == 6 * WRITES, f"the journal has {found} entries")
        finally:
            gateway.journal("remove", FEED, "--yes")
            plain.close()
            kept.close()

    def cost(self, what, with_it, without, aim):
        each = lambda seconds: f"{seconds / WRITES * 1e6:.1f} µs a row"
        ratio = with_it / without
        self.report.line(what, each(with_it), "without: " + each(without), f"{ratio:.2f}x", f"≤ {aim}x" if aim else "report", ratio <= aim if aim else None)

    @staticmethod
    def write_rows(table):
        first, table.rows = table.rows + 1, table.rows + WRITES
        transactions = [[table.insert(n) for n in range(at, at + PER_WRITE)] for at in range(first, first + WRITES, PER_WRITE)]
        began = time.monotonic()
        for transaction in transactions:
            table.database.run(*transaction)
        return time.monotonic() - began

    @staticmethod
    def write_all(table):
        first, table.rows = table.rows + 1, table.rows + WRITES
        began = time.monotonic()
        table.database.run(table.insert_all(first, table.rows))
        return time.monotonic() - began

    @staticmethod
    def must(good, what):
        if not good:
            raise SystemExit("what was measured is wrong: " + what)


def main():
    options = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    options.add_argument("--program", default="build/bin/meshgate")
    options.add_argument("--rows", type=int, default=1000000)
    options.add_argument("--large", type=int, default=0, help="rows of the table that is polled; none: that figure is left out")
    options.add_argument("--only", default="",
                         help="figures whose name matches: ingest|unchanged|memory|disk DATABASE, changes|ranges plain|compressed, small requests, mirror, tls, line, live 1000|10000|one, followed ingest|sweep|open|poll, journal DATABASE")
    options.add_argument("--keep", help="write the table to this file too")
    given = options.parse_args()
    folder = tempfile.mkdtemp(prefix="meshgate-figures-")
    bench = Bench(given.program, given.rows, given.only, folder)
    try:
        for kind in ("postgres", "mariadb", "sqlite"):
            bench.database(kind)
        bench.line()
        live.figures(bench)
        for kind in ("postgres", "mariadb"):
            bench.journal(kind)
        bench.followed(given.large)
    finally:
        shutil.rmtree(folder, ignore_errors=True)
    text = f"{given.rows:,} rows, {os.cpu_count()} processors, load {os.getloadavg()[0]:.1f} at the end\n\n{bench.report.markdown()}\n"
    print(text)
    if given.keep:
        with open(given.keep, "w", encoding="utf-8") as file:
            file.write(text)


if __name__ == "__main__":
    main()
