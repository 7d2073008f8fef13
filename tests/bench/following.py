"""The figures of a table that is followed by an indexed column, in PostgreSQL."""

import math
import re
import statistics
import time

import measure
from databases import KINDS
from measure import Spent
from processes import Gateway, wait_for
from services import OwnServers
from tables import Table

FEED = "figures"
PATIENCE = 900
POLLS = 20
OPEN_FOR = 60
UNSEEN = "sweep: never, verify: never"


class Followed(Table):
    """The table of the figures, with an index on `updated_at`."""

    def __init__(self, folder, rows):
        super().__init__("postgres", folder, rows)
        self.database.once(f"CREATE INDEX ON {self.name} (updated_at)")

    def followed_yaml(self, every, more):
        return self.yaml(every).replace(f"table: {self.name}", f"table: {self.name}, track: updated_at, {more}")


class Narrow(Followed):
    """Few columns, many rows."""

    def _make_postgres(self):
        self.database.once(f"CREATE TABLE {self.name} AS SELECT n AS id, n % 100 AS quantity, now() - interval '1 day' + n * interval '1 ms' AS updated_at "
                           f"FROM generate_series(1, {self.rows}::bigint) n; ALTER TABLE {self.name} ADD PRIMARY KEY (id)")
        self.database.once(f"VACUUM ANALYZE {self.name}")


def rows_read(gateway):
    answer = gateway.get("/metrics")
    found = re.search(rb'^meshgate_source_rows(?:_total)?\{[^}]*\} (\S+)$', answer[1], re.M) if answer else None
    return int(float(found.group(1))) if found else 0


def state(gateway):
    return (gateway.feed(FEED) or {}).get("source", {}).get("state")


def ingest(bench, table, scanned):
    """The first scan of the same rows, with and without a column to follow by."""
    gateway = Gateway(bench.program, bench.fresh("followed"), table.followed_yaml("1h", UNSEEN))
    try:
        ours, feed = bench.until(gateway, "the first scan", lambda feed: not feed["loading"])
    finally:
        gateway.stop()
    bench.must(feed["count"] == table.rows, f"the feed has {feed['count']} items")
    bench.report.ratio("ingest postgres, followed by a column", table.rows, ours, scanned, "scanned", 0.9)


def sweep(bench, table):
    """A pass over the keys, from the moment when the source is scanned to the moment when it is idle again."""
    raw = []
    for _ in range(3):
        rows, spent = measure.told([bench.tool("raw_select"), table.name, "keys", *table.settings()])
        bench.must(rows == table.rows, f"the SELECT gave {rows} keys")
        raw.append(spent)
    gateway = Gateway(bench.program, bench.fresh("swept"), table.followed_yaml("100ms", "sweep: 2s, verify: never"))
    try:
        bench.until(gateway, "the first scan", lambda feed: not feed["loading"])
        ours = measure.best([one_sweep(bench, gateway, table.rows) for _ in range(3)])
    finally:
        gateway.stop()
    bench.report.ratio("sweep of keys, postgres", table.rows, ours, measure.best(raw), "SELECT of keys", 0.6)


def one_sweep(bench, gateway, rows):
    wait_for("the source to be idle", lambda: state(gateway) == "idle", PATIENCE)
    read = rows_read(gateway)
    wait_for("a sweep", lambda: state(gateway) == "scanning", PATIENCE)
    began, cpu = time.monotonic(), measure.processor(gateway.process.pid)
    wait_for("its end", lambda: state(gateway) == "idle" and rows_read(gateway) >= read + rows, PATIENCE)
    return Spent(time.monotonic() - began, measure.processor(gateway.process.pid) - cpu)


class Counting(OwnServers):
    """A PostgreSQL of its own that counts what each user's statements cost it, planning included."""

    def __init__(self, folder):
        super().__init__(folder)
        self.say(folder, "ALTER SYSTEM SET shared_preload_libraries = 'pg_stat_statements'")
        self.kill("postgres")
        self.start_again("postgres")
        self.say(folder, "CREATE EXTENSION pg_stat_statements", "ALTER SYSTEM SET pg_stat_statements.track_planning = on", "SELECT pg_reload_conf()")

    @staticmethod
    def say(folder, *statements):
        postgres = KINDS["postgres"](folder)
        for statement in statements:
            postgres.once(statement)
        postgres.close()


class Cost:
    """What the statements of one user that begin so cost the server, each time."""

    def __init__(self, database, user, times, beginning=""):
        text = database.once("SELECT sum(shared_blks_hit + shared_blks_read), sum(total_exec_time + total_plan_time), sum(calls) FROM pg_stat_statements s JOIN pg_roles r ON r.oid = s.userid "
                             f"WHERE r.rolname = '{user}' AND s.query LIKE '{beginning}%'")
        self.blocks, self.milliseconds, self.calls = (float(part) / times for part in text.split("|"))


def ranges_read(table):
    """Of the index on `updated_at`, by anybody."""
    time.sleep(1.5)  # sessions tell their numbers once a second
    return int(table.database.once(f"SELECT idx_scan FROM pg_stat_user_indexes WHERE relid = '{table.name}'::regclass AND indexrelname LIKE '%updated_at%'"))


def poll(bench, rows):
    """All that the source is asked by a poll each second, one row changed before each, beside the range read alone."""
    folder = bench.fresh("large")
    servers = Counting(folder)
    try:
        table = Narrow(folder, rows)
        table.database.add_reader()
        table.database.once(f"GRANT SELECT ON {table.name} TO {table.database.reader}")
        gateway = Gateway(bench.program, bench.fresh("polled"), table.followed_yaml("1s", UNSEEN))
        try:
            bench.until(gateway, "the first scan", lambda feed: not feed["loading"])
            wait_for("polls", lambda: state(gateway) == "idle", PATIENCE)
            ours = polls(bench, table)
        finally:
            gateway.stop()
        beside = range_reads(table)
        table.close()
    finally:
        servers.stop()
    blocks, milliseconds = ours.blocks / beside.blocks, ours.milliseconds / beside.milliseconds
    bench.report.line(f"one changed row among {rows:,}: a poll", f"{ours.blocks:.1f} blocks, {ours.milliseconds:.2f} ms, {ours.calls:.1f} statements",
                      f"index range read: {beside.blocks:.1f} blocks, {beside.milliseconds:.2f} ms", f"{blocks:.2f}x blocks; {milliseconds:.2f}x time", "≤ 2x", blocks <= 2 and milliseconds <= 2)


def polls(bench, table):
    before = ranges_read(table)
    table.database.once("SELECT pg_stat_statements_reset()")
    for n in range(POLLS):
        table.database.run(f"UPDATE {table.name} SET quantity = {n}, updated_at = now() WHERE id = {n * 7919 % table.rows + 1}")
        time.sleep(1)
    counted = ranges_read(table) - before
    bench.must(counted >= POLLS // 2, f"only {counted} polls in {POLLS} s")
    return Cost(table.database, table.database.reader, counted)


def range_reads(table):
    table.database.once("SELECT pg_stat_statements_reset()")
    for n in range(POLLS):
        table.database.run(f"UPDATE {table.name} SET quantity = {n}, updated_at = now() WHERE id = {n * 7907 % table.rows + 1}")
        time.sleep(1)
        table.database.client.say(f"SELECT id, quantity, updated_at FROM {table.name} WHERE updated_at >= now() - interval '1.5 seconds' ORDER BY updated_at, id")
    return Cost(table.database, table.database.user, POLLS, "SELECT id, quantity, updated_at")


def beside_an_open_transaction(bench, table):
    """Commits until they are at a live reader, with and without a transaction that stays open for a minute."""
    gateway = Gateway(bench.program, bench.fresh("open"), table.followed_yaml("100ms", UNSEEN))
    other = table.database.second_client()
    try:
        bench.until(gateway, "the first scan", lambda feed: not feed["loading"])
        wait_for("polls", lambda: state(gateway) == "idle")
        touch = ", updated_at = now()"
        without = bench.latencies(gateway, table, 400, touch)
        other.say("BEGIN", f"UPDATE {table.name} SET quantity = 1{touch} WHERE id = {table.rows}")
        until = time.monotonic() + OPEN_FOR
        beside = []
        while time.monotonic() < until:
            beside += bench.latencies(gateway, table, 50, touch)
        other.say("COMMIT")
    finally:
        other.end()
        gateway.stop()
    # Most of a latency is the wait for the next poll, which is chance; so the means are compared, and what chance makes of these is said.
    slower = (statistics.mean(beside) - statistics.mean(without)) * 1000
    chance = math.hypot(*(statistics.stdev(taken) * 1000 / math.sqrt(len(taken)) for taken in (beside, without)))
    shown = lambda taken: f"mean {statistics.mean(taken) * 1000:.0f} ms, p99 {quantile(taken, 0.99) * 1000:.0f} ms"
    bench.report.line(f"change at a live reader, polls each 100 ms, a transaction open for {OPEN_FOR} s", shown(beside), f"none open: {shown(without)}",
                      f"mean {slower:+.1f} ms, standard error {chance:.1f}", "no slower than chance makes it", slower <= 2 * chance)


def quantile(taken, share):
    return sorted(taken)[min(len(taken) - 1, int(len(taken) * share))]
