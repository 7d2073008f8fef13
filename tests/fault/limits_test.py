"""A source with limits: rows a second, statements at a time as the database itself counts them, and quiet hours; and settings that say only how often.

    limits_test.py --program build/bin/meshgate --database postgres
"""

import os
import re
import sys
import time
import uuid

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "integration"))
from databases import on_one  # noqa: E402
from processes import Gateway, run, wait_for  # noqa: E402

ROWS = 60000


class User:
    """Of this test alone, so that the database can say how many statements are open or running for it."""

    def __init__(self, database):
        self.database, self.name = database, "mesh_" + uuid.uuid4().hex[:10]
        os.environ["MESHGATE_TEST_LIMITED"] = "limited"
        if database.kind == "postgres":
            database.once(f"CREATE ROLE {self.name} LOGIN PASSWORD 'limited' IN ROLE pg_read_all_stats; GRANT USAGE ON SCHEMA {database.schema} TO {self.name}; "
                          f"GRANT SELECT ON ALL TABLES IN SCHEMA {database.schema} TO {self.name}")
        else:
            database.once(f"CREATE USER {self.name}@'127.0.0.1' IDENTIFIED BY 'limited'; GRANT PROCESS ON *.* TO {self.name}@'127.0.0.1'; "
                          f"GRANT SELECT ON {database.database}.* TO {self.name}@'127.0.0.1'")

    def connection_yaml(self):
        text = re.sub(r"uid: \w+", f"uid: {self.name}", self.database.connection_yaml())
        return re.sub(r"pwd: \"[^\"]*\"", "pwd: \"${env:MESHGATE_TEST_LIMITED}\"", text)

    def statements(self):
        if self.database.kind == "postgres":
            return int(self.database.once(f"SELECT count(*) FROM pg_stat_activity WHERE usename = '{self.name}' AND state <> 'idle'"))
        # Transactions alone: their list is of one moment, but may be older than that of the sessions, and does not go together with it.
        time.sleep(0.15)  # it is made anew only when nobody has read it for 100 ms
        return int(self.database.once("SELECT count(*) FROM information_schema.INNODB_TRX t JOIN information_schema.PROCESSLIST p ON p.ID = t.trx_mysql_thread_id "
                                      f"WHERE p.USER = '{self.name}'"))

    def drop(self):
        if self.database.kind == "postgres":
            self.database.once(f"DROP OWNED BY {self.name}; DROP ROLE {self.name}")
        else:
            self.database.once(f"DROP USER {self.name}@'127.0.0.1'")


class Node:
    def __init__(self, program, folder, user):
        self.program, self.folder, self.user, self.gateway = program, folder, user, None

    def start(self, limits, followed="sweep: 1s, verify: never", fresh=False, columns="[name]"):
        """Of the same data, or anew, with these limits and settings of the followed feed."""
        table = self.user.database.table
        folder = os.path.join(self.folder, uuid.uuid4().hex[:8]) if fresh else self.folder
        os.makedirs(folder, exist_ok=True)
        self.gateway = Gateway(self.program, folder, f"""
node: {{ read: public, roles: {{ viewer: public }}, data: DATA, listen: "http://127.0.0.1:PORT" }}
sources: {{ company: {{ connector: odbc, connection: {self.user.connection_yaml()}, every: 100ms, limits: {{ {limits} }} }} }}
feeds:
  followed: {{ from: {{ source: company, table: {table("orders")}, track: at, {followed}, columns: {columns} }} }}
  scanned: {{ from: {{ source: company, table: {table("things")}, track: scan }} }}
  third: {{ from: {{ source: company, table: {table("things")}, columns: [name], track: scan }} }}
""")
        self.gateway.start()
        wait_for("the node to serve", lambda: self.gateway.get("/health/live"))

    def stop(self):
        if self.gateway.stop() != 0:
            raise SystemExit(self.gateway.log()[-3000:])

    def source(self, feed):
        return self.gateway.feed(feed).get("source", {})

    def loaded(self, *feeds):
        return all(self.gateway.feed(feed)["loading"] is False for feed in feeds)

    def has(self, feed, id_):
        return self.gateway.get(f"/feeds/{feed}/items/{id_}")[0] == 200

    def metric(self, name, labels):
        text = self.gateway.get("/metrics")[1].decode()
        wanted = re.compile(rf"^{name}(?:_total)?\{{([^}}]*)\}} ([0-9.e+-]+)$", re.M)
        return sum(float(value) for found, value in wanted.findall(text) if all(f'{key}="{text}"' in found for key, text in labels.items()))


def order(database, id_):
    database.run(f"INSERT INTO {database.table('orders')} (id, name) VALUES ({id_}, 'new')")


def rows_a_second(node, database):
    rate = 12000
    node.start(f"rows: {rate}", fresh=True)
    began = time.monotonic()
    wait_for("the followed feed to be loaded", lambda: node.loaded("followed"))
    wait_for("the limit to be said", lambda: node.source("scanned").get("limit") == f"limited to {rate} rows/s")
    if node.metric("meshgate_source_limited", {"feed": "scanned", "limit": "rows"}) + node.metric("meshgate_source_limited", {"feed": "third", "limit": "rows"}) < 1:
        raise SystemExit("no metric says that rows are limited")
    for id_ in range(1001, 1004):  # what changes comes at once, while the others wait for their rows
        order(database, id_)
        wait_for(f"order {id_}", lambda: node.has("followed", id_), 15)
        if node.loaded("scanned", "third"):
            raise SystemExit("the rows came faster than they may")
    wait_for("the scans", lambda: node.loaded("scanned", "third"))
    took = time.monotonic() - began
    if took < (2 * ROWS - rate) / rate:
        raise SystemExit(f"{2 * ROWS} rows came in {took:.1f} s")
    node.stop()
    print(f"{database.kind}: {2 * ROWS} rows at {rate} a second: {took:.1f} s", flush=True)


def most_statements(node, limits):
    node.start(limits, fresh=True)
    most = 0
    while not node.loaded("followed", "scanned", "third"):
        most = max(most, node.user.statements())
    for _ in range(10):
        most = max(most, node.user.statements())
    node.stop()
    return most


def statements_at_a_time(node, database):
    rate = "rows: 40000"  # so that scans wait in between, and can be met
    unlimited, one, two = (most_statements(node, limits) for limits in (rate, f"{rate}, statements: 1", f"{rate}, statements: 2"))
    print(f"{database.kind}: statements at a time: {unlimited} without a limit, {one} with 1, {two} with 2", flush=True)
    if one > 1 or two > 2 or unlimited < 2:
        raise SystemExit("that is not what was allowed")


def around_now():
    """Four hours around this one, in UTC."""
    hour = time.gmtime().tm_hour
    return f"quiet: \"{(hour - 2) % 24:02}:00-{(hour + 2) % 24:02}:00\", zone: UTC"


def quiet_hours(node, database):
    node.start(around_now())  # of what is loaded
    database.run(f"DELETE FROM {database.table('orders')} WHERE id = 7", f"INSERT INTO {database.table('things')} VALUES (900001, 'in quiet hours')")
    order(database, 2001)
    wait_for("what changed in a followed table", lambda: node.has("followed", 2001), 20)
    wait_for("the scanned one to rest", lambda: node.source("scanned").get("state") == "quiet")
    for feed in ("scanned", "followed"):
        wait_for(f"feed {feed} to say until when", lambda: re.fullmatch(r"quiet until (\w+ )?\d\d:00 \(UTC\)", node.source(feed).get("limit", "")))
        if node.metric("meshgate_source_limited", {"feed": feed, "limit": "quiet"}) != 1:
            raise SystemExit("no metric says that it is quiet")
    code, out, err = run([node.program, "feeds", "--config", node.gateway.config])
    if code != 0 or out.count("    limit        quiet until ") != 3:
        raise SystemExit(f"meshgate feeds ended with {code} and said: {out}{err}")
    wait_for("the followed one to be idle", lambda: node.source("followed")["state"] == "idle")
    if node.gateway.get("/health/ready")[0] != 200:
        raise SystemExit("quiet hours are no fault")
    order(database, 2002)
    wait_for("one more", lambda: node.has("followed", 2002), 20)
    if not node.has("followed", 7) or node.has("scanned", 900001):
        raise SystemExit("a scan was made in quiet hours")
    node.stop()
    node.start("")
    wait_for("what waited", lambda: not node.has("followed", 7) and node.has("scanned", 900001))
    node.stop()


def how_often(node, database):
    def rows_after(settings, columns="[name]"):
        node.start("", settings, columns=columns)
        order(database, rows_after.next)
        wait_for("what is new", lambda: node.has("followed", rows_after.next), 20)
        rows_after.next += 1
        rows = node.metric("meshgate_source_rows", {"feed": "followed"})
        node.stop()
        return rows

    rows_after.next = 3001
    count = len(database.rows("orders", ["id", "name"], "id"))
    pace = rows_after("sweep: never, verify: 30d")
    columns = rows_after("sweep: never, verify: 30d", "[name, other]")
    print(f"{database.kind}: of {count} rows another pace read {pace:.0f}, other columns {columns:.0f}", flush=True)
    if pace >= count or columns < count:
        raise SystemExit("only other columns read a table again")


def limits(program, folder, database):
    types, orders, things = database.types, database.table("orders"), database.table("things")
    numbers = (lambda n: f"generate_series(1, {n}) AS n(seq)") if database.kind == "postgres" else (lambda n: f"seq_1_to_{n}")
    database.run(f"CREATE TABLE {orders} (id {types['int']} PRIMARY KEY, name {types['text']}, other {types['text']}, at {types['timestamp']} NOT NULL DEFAULT {database.default_now})",
                 f"CREATE INDEX {database.index('orders')} ON {orders} (at)", f"INSERT INTO {orders} (id, name, at) SELECT seq, 'old', '2020-01-01 00:00:00' FROM {numbers(500)}",
                 f"CREATE TABLE {things} (id {types['int']} PRIMARY KEY, name {types['text']})", f"INSERT INTO {things} SELECT seq, concat('row ', seq) FROM {numbers(ROWS)}")
    user = User(database)
    node = Node(program, folder, user)
    try:
        rows_a_second(node, database)
        statements_at_a_time(node, database)
        node.start("")
        wait_for("all feeds", lambda: node.loaded("followed", "scanned", "third"))
        node.stop()
        quiet_hours(node, database)
        how_often(node, database)
    except SystemExit:
        print(node.gateway.log()[-5000:], file=sys.stderr)
        raise
    finally:
        node.gateway.stop()
        user.drop()


if __name__ == "__main__":
    on_one(limits)
