"""`tables:` while a node runs: one feed for each table that the patterns choose. Tables come, go and come back; one among them has no key; the node is
killed and starts again without its source; names collide. Beside them feeds of queries.

    tables_test.py --program build/bin/meshgate --database sqlite
"""

import os
import sqlite3
import sys

from databases import on_one
from processes import Gateway, Process, run, wait_for

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "fault"))
from proxy import Proxy  # noqa: E402

FOUND = 45  # seconds: streams are listed every half minute
AGAIN = 30  # a refused feed is tried again every 15 s


class Source:
    """A database that can be away: a server behind a proxy, a file by another name."""

    def __init__(self, database):
        self.database = database
        self.proxy = None if database.kind == "sqlite" else Proxy(database.host, int(database.port))

    def connection_yaml(self):
        yaml = self.database.connection_yaml()
        return yaml.replace(f"port: {self.database.port}", f"port: {self.proxy.port}") if self.proxy else yaml

    def leave(self):
        if self.proxy:
            self.proxy.refusing = True
            self.proxy.cut()
        else:
            self.database.connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
            os.rename(self.database.path, self.database.path + ".away")

    def come_back(self):
        if self.proxy:
            self.proxy.refusing = False
        else:
            os.rename(self.database.path + ".away", self.database.path)

    def close(self):
        if self.proxy:
            self.proxy.close()


def configuration(database, source):
    orders, items = database.table("orders"), database.table("items")
    return f"""node: {{ read: public, roles: {{ viewer: public }}, data: DATA, listen: "http://127.0.0.1:PORT" }}
sources:
  s: {{ connector: odbc, connection: {source.connection_yaml()}, every: 100ms }}
feeds:
  all: {{ from: {{ source: s, tables: [ "{database.table('*')}", "!{database.table('tmp_*')}", "nowhere.*" ] }} }}
  joined:
    from:
      source: s
      key: [ id ]
      query: |
        SELECT o.id, o.note, i.note AS item  -- of both
        FROM {orders} o LEFT JOIN {items} i ON i.id = o.id;
  counted: {{ from: {{ source: s, key: [ note ], query: "WITH o AS (SELECT * FROM {orders}) SELECT note, count(*) AS many FROM o GROUP BY note" }} }}
"""


def make(database, name, *rows):
    table = database.table(name)
    text = database.types["text"]
    statements = [f"CREATE TABLE {table} (id {database.types['int']} PRIMARY KEY, note {text})"]
    database.run(*statements, *(f"INSERT INTO {table} VALUES ({number}, '{note}')" for number, note in rows))


def check(what, condition, shown=""):
    if not condition:
        raise SystemExit(f"{what}: {shown}")


class Node:
    def __init__(self, gateway, database):
        self.gateway, self.database = gateway, database

    def name(self, table):
        return "all." + self.database.table(table)

    def feed(self, table):
        return self.gateway.feed(self.name(table)) or {}

    def state(self, table):
        return self.feed(table).get("source", {}).get("state")

    def wait_for_count(self, table, count, seconds=30):
        wait_for(f"{count} items of {table}: {self.feed(table)}", lambda: self.feed(table).get("count") == count and self.state(table) == "idle", seconds)

    def wait_for_refusal(self, table, said, seconds=AGAIN):
        wait_for(f"{table} to be refused: {self.feed(table)}", lambda: said in self.feed(table).get("source", {}).get("error", ""), seconds)

    def items(self, feed):
        answer = self.gateway.get(f"/feeds/{feed}/items")
        return {one["id"]: one["item"] for one in answer[1]["items"]}


def at_first(node):
    node.wait_for_count("orders", 2)
    node.wait_for_count("items", 1)
    node.wait_for_refusal("keyless", "has no primary key")
    check("a table that a pattern leaves out is no feed", node.feed("tmp_x") == {})
    wait_for("the joined rows", lambda: node.items("joined") == {"1": {"id": 1, "note": "a", "item": "x"}, "2": {"id": 2, "note": "b"}})
    wait_for("the counted rows", lambda: {id: one["many"] for id, one in node.items("counted").items()} in ({"a": 1, "b": 1}, {"a": "1", "b": "1"}))
    node.database.run(f"UPDATE {node.database.table('items')} SET note = 'y' WHERE id = 1", f"INSERT INTO {node.database.table('orders')} VALUES (3, 'b')")
    wait_for("a change of one of two tables", lambda: node.items("joined").get("1", {}).get("item") == "y" and len(node.items("joined")) == 3)
    wait_for("a count that grew", lambda: str(node.items("counted")["b"]["many"]) == "2")


def look_with_commands(node):
    code, out, err = run([node.gateway.program, "check", node.gateway.config])
    for said in (f"feed {node.name('orders')}: 2 columns, key id", "`nowhere.*` matches no stream", "has no primary key", "feed joined: 3 columns, key id"):
        check("`check` says what the patterns stand for", said in out, out + err)
    check("`check` fails for a table that does not fit", code == 3, code)
    code, out, err = run([node.gateway.program, "plan", node.gateway.config, "--feed", node.name("orders"), "--feed", "joined"])
    check("`plan` knows the feeds", code == 0 and f"feed {node.name('orders')} from source s: 3 rows read" in out, out + err)
    code, out, err = run([node.gateway.program, "release", node.name("orders"), "-c", node.gateway.config])
    check("`release` knows the feeds", code == 0, out + err)
    code, out, err = run([node.gateway.program, "feeds", node.gateway.config])
    check("`feeds` lists them", code == 0 and node.name("items") in out and "left over" not in out, out + err)


def come_and_go(node, mirror_file):
    database = node.database
    make(database, "fresh", (1, "new"), (2, "newer"))
    database.run(f"DROP TABLE {database.table('items')}")
    node.wait_for_refusal("items", "there is no table")
    check("a feed keeps its items", node.feed("items")["count"] == 1)
    node.wait_for_count("fresh", 2, FOUND)
    make(database, "items", (1, "back"), (5, "five"))
    node.wait_for_count("items", 2)
    node.wait_for_count("orders", 3)

    def mirrored():
        with sqlite3.connect(f"file:{mirror_file}?mode=ro", uri=True) as connection:
            try:
                return connection.execute(f'SELECT count(*) FROM "{node.name("fresh")}"').fetchone() == (2,)
            except sqlite3.OperationalError:
                return False
    wait_for("a mirror to find the new feed", mirrored, FOUND + 45)


def start_without_the_source(node, source):
    node.gateway.kill()
    source.leave()
    node.gateway.start()
    wait_for("the node to serve", lambda: node.gateway.get("/health/live"))
    check("what it knows is served at once", {one: node.feed(one).get("count") for one in ("orders", "items", "fresh")} == {"orders": 3, "items": 2, "fresh": 2})
    wait_for("the feeds to say that they cannot be read", lambda: node.state("fresh") in ("failing", "refused"))
    ready = node.gateway.get("/health/ready")
    check("the node is not ready", ready[0] == 503 and "it is not known which feeds source" in str(ready[1]), ready)
    source.come_back()
    database = node.database
    database.run(f"INSERT INTO {database.table('fresh')} VALUES (3, 'newest')")
    node.wait_for_count("fresh", 3, 60)
    node.wait_for_count("orders", 3, 60)


def tables(program, folder, database):
    make(database, "orders", (1, "a"), (2, "b"))
    make(database, "items", (1, "x"))
    make(database, "tmp_x", (1, "x"))
    database.run(f"CREATE TABLE {database.table('keyless')} (a {database.types['int']})")
    source = Source(database)
    gateway = Gateway(program, folder, configuration(database, source))
    node = Node(gateway, database)
    mirror_file = os.path.join(folder, "mirror.db")
    mirror = Process([program, "mirror", gateway.url, "--into", mirror_file], os.path.join(folder, "mirror.log"))
    gateway.start_and_wait("joined", "counted")
    try:
        with gateway.stopped_in_the_end(), mirror.stopped_in_the_end():
            at_first(node)
            look_with_commands(node)
            mirror.start()
            come_and_go(node, mirror_file)
            start_without_the_source(node, source)
    finally:
        source.close()
    print(f"{database.kind}: tables came, went and came back")


if __name__ == "__main__":
    on_one(tables)
