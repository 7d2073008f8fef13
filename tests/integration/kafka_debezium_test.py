"""Debezium's change events become feeds: a real Debezium in Kafka Connect reads a PostgreSQL, as JSON and as Avro with a registry, and in the end both feeds are the
table, value by value, though the gateway was killed and Kafka Connect too while rows came, changed, took other keys and went.

    kafka_debezium_test.py --program build/bin/meshgate [--seed N] [--waves N]
"""

import argparse
import base64
import json
import os
import random
import sys

from databases import Postgres
from directory import DirectoryNode
from kafka_broker import broker
from processes import run, wait_for
from services import OwnServers

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "services"))
from connect import Connect  # noqa: E402
from registry import Registry  # noqa: E402

YAML = """
node: { data: DATA, listen: "http://127.0.0.1:PORT" }
sources:
  bus:
    connector: kafka
    connection: { servers: [ "SERVERS" ], tls: false, registry: "REGISTRY" }
    every: 50ms
feeds:
  things: { from: { source: bus, topic: json.SCHEMA.things, key_format: debezium, value_format: debezium } }
  pairs: { from: { source: bus, topic: json.SCHEMA.pairs, key_format: debezium, value_format: debezium } }
  things_avro: { from: { source: bus, topic: avro.SCHEMA.things, key_format: avro, value_format: debezium-avro } }
"""
FEEDS = ("things", "pairs", "things_avro")
KEYS = 150


def quoted(text):
    return json.dumps(text, ensure_ascii=False)


def whole(text):
    return text if abs(int(text)) < 2**53 else quoted(text)


def of_day(text):
    time, _, micros = text.partition(".")
    return f"{time}.{micros:0<6}"


def moment(text):
    return quoted(of_day(text.replace(" ", "T")))


def instant(text):
    return quoted(of_day(text.removesuffix("+00").replace(" ", "T")) + "Z")


def in_base64(text):
    return quoted(base64.b64encode(bytes.fromhex(text.removeprefix("\\x"))).decode())


def compact(text):
    return text.replace(": ", ":").replace(", ", ",")


# column: its type, how PostgreSQL's text of it is written in an item, and how a value of it is made up
COLUMNS = {
    "b": ("boolean", str, lambda r: r.choice(["true", "false"])),
    "i2": ("smallint", whole, lambda r: r.choice([-32768, 0, 32767])),
    "i8": ("bigint", whole, lambda r: r.choice([2**63 - 1, -(2**63), 2**53, 2**53 - 1, 5])),
    "r4": ("real", str, lambda r: r.choice([0.1, -2.5, 1.5])),
    "r8": ("double precision", str, lambda r: r.choice([0.1, 1e300, -1e-300, 12.375])),
    "n": ("numeric(12,2)", quoted, lambda r: f"{r.randrange(-10**11, 10**11) / 100:.2f}"),
    "nn": ("numeric", quoted, lambda r: r.choice(["1.5", "-123456789012345678901234567890.123456789", "0", "1000"])),
    "t": ("text", quoted, lambda r: "'" + r.choice(["", "Zoë", "two\nlines", 'a "quote" and a \\', "🚪", "__debezium"]) + "'"),
    "y": ("bytea", in_base64, lambda r: "'\\x" + r.randbytes(r.randrange(9)).hex() + "'"),
    "d": ("date", quoted, lambda r: r.choice(["'0001-01-01'", "'9999-12-31'", "'2024-02-29'"])),
    "tm": ("time(6)", lambda text: quoted(of_day(text)), lambda r: r.choice(["'00:00'", "'23:59:59.999999'", "'10:15:09.5'"])),
    "ts": ("timestamp(6)", moment, lambda r: r.choice(["'0001-01-01 00:00'", "'9999-12-31 23:59:59.999999'", "'1969-12-31 23:59:59.000001'"])),
    "ts3": ("timestamp(3)", moment, lambda r: r.choice(["'2026-03-29 02:30:00.123'", "'1969-12-31 23:59:59.999'"])),
    "tz": ("timestamptz", instant, lambda r: r.choice(["'2026-01-05 11:15:09.123456+01'", "'1969-12-31 23:59:59.999999+00'", "'2026-07-01 00:00+02'"])),
    "u": ("uuid", quoted, lambda r: r.choice(["'01234567-89ab-cdef-0123-456789abcdef'", "'ffffffff-ffff-ffff-ffff-ffffffffffff'"])),
    "j": ("jsonb", compact, lambda r: r.choice(["'{\"a\": 1.50, \"b\": [1, null]}'", "'\"x\"'", "'[]'", "'1e3'"])),
    "ia": ("integer[]", compact, lambda r: r.choice(["'{1,NULL,-3}'", "'{}'"])),
    "ta": ("text[]", compact, lambda r: r.choice(["'{x,\"y z\"}'", "'{NULL}'"])),
    "big": ("text", quoted, lambda r: f"repeat('{r.choice('xyz')}', {r.randrange(2100, 9000)})"),
}
ARRAYS = ("ia", "ta")


class Table:
    """Somebody works with it; the database remembers what is in it."""

    def __init__(self, database, rng):
        self.database, self.random = database, rng
        columns = ", ".join(f"{name} {kind}" for name, (kind, _, _) in COLUMNS.items())
        database.run(f"CREATE TABLE things (id integer PRIMARY KEY, {columns})", "ALTER TABLE things ALTER big SET STORAGE EXTERNAL", "ALTER TABLE things REPLICA IDENTITY FULL",
                     "CREATE TABLE pairs (a text, b integer, note text, big text, PRIMARY KEY (a, b))", "ALTER TABLE pairs ALTER big SET STORAGE EXTERNAL")

    def value(self, name):
        return "NULL" if self.random.random() < 0.2 else str(COLUMNS[name][2](self.random))

    def wave(self, transactions):
        for _ in range(transactions):
            self.database.run(*(self.change() for _ in range(self.random.randint(1, 8))))

    def change(self):
        key, what = self.random.randrange(KEYS), self.random.random()
        if what < 0.4:
            return f"INSERT INTO things VALUES ({key}, {', '.join(self.value(name) for name in COLUMNS)}) ON CONFLICT DO NOTHING"
        if what < 0.7:
            some = self.random.sample(list(COLUMNS), self.random.randint(1, 4))
            return f"UPDATE things SET {', '.join(f'{name} = {self.value(name)}' for name in some)} WHERE id = {key}"
        if what < 0.85:
            other = self.random.randrange(KEYS)
            return f"UPDATE things SET id = {other} WHERE id = {key} AND NOT EXISTS (SELECT 1 FROM things WHERE id = {other})"
        return f"DELETE FROM things WHERE id = {key}"

    def contents(self):
        """{id: content} as a feed should have it."""
        out = {}
        for key, *row in self.database.rows("things", ["id", *(f"to_json({name})" if name in ARRAYS else name for name in COLUMNS)], "id"):
            fields = {"id": key, **{name: COLUMNS[name][1](text) for name, text in zip(COLUMNS, row) if text is not None}}
            out[key] = "{" + ",".join(f'"{name}":{fields[name]}' for name in sorted(fields)) + "}"
        return out


def main():
    arguments = argparse.ArgumentParser()
    arguments.add_argument("--program", required=True)
    arguments.add_argument("--waves", type=int, default=30)
    arguments.add_argument("--seed", type=int, default=int(os.environ.get("MESHGATE_TEST_SEED") or random.randrange(1 << 31)))
    options = arguments.parse_args()
    print(f"seed {options.seed}")
    with broker() as (server, folder):
        servers, registry, connect = OwnServers(folder), Registry(os.path.join(folder, "registry")).start(), None
        database = Postgres(folder)
        try:
            table = Table(database, random.Random(options.seed))
            connect = Connect(os.path.join(folder, "connect"), server.servers, {way: connector(database, way, registry) for way in ("json", "avro")})
            yaml = YAML.replace("SERVERS", server.servers).replace("REGISTRY", registry.url).replace("SCHEMA", database.schema)
            follows(DirectoryNode(os.path.abspath(options.program), folder, yaml), database, table, connect, options.waves)
        finally:
            if connect:
                connect.kill()
            registry.stop()
            database.client.end()
            servers.stop()
    print("what Debezium writes is the table: a snapshot, inserts, updates, other keys, deletes; the gateway and Kafka Connect killed in between")


def connector(database, way, registry):
    converter = "io.apicurio.registry.utils.converter.AvroConverter"
    avro = {f"{part}.converter{word}": value for part in ("key", "value") for word, value in {
        "": converter, ".apicurio.registry.url": registry.url.replace("/ccompat/v7", "/registry/v2"), ".apicurio.registry.auto-register": "true",
        ".apicurio.registry.as-confluent": "true", ".apicurio.registry.use-id": "contentId", ".apicurio.registry.headers.enabled": "false"}.items()}
    return {"connector.class": "io.debezium.connector.postgresql.PostgresConnector", "plugin.name": "pgoutput", "topic.prefix": way, "slot.name": way, "publication.name": way,
            "publication.autocreate.mode": "filtered", "schema.include.list": database.schema, "database.hostname": database.host, "database.port": database.port,
            "database.user": database.user, "database.password": database.password, "database.dbname": database.database, "poll.interval.ms": "50", "slot.retry.delay.ms": "500",
            "slot.max.retries": "100", "topic.creation.default.replication.factor": "1", "topic.creation.default.partitions": "2",
            "topic.creation.default.cleanup.policy": "compact", **(avro if way == "avro" else {})}


def follows(node, database, table, connect, waves):
    table.wave(waves)
    database.run("INSERT INTO pairs VALUES ('x,y', 1, 'one', repeat('b', 3000))", "INSERT INTO pairs VALUES ('z', 2, NULL, NULL)")
    with node.stopped_in_the_end():
        node.start()
        connect.start()
        node.wait_until_loaded(*FEEDS)
        equal(node, table)
        table.wave(waves)
        node.kill()
        table.wave(waves)
        node.start()
        table.wave(waves)
        connect.kill()
        table.wave(waves)
        connect.start()
        table.wave(waves)
        equal(node, table)
        pairs(node, database)
        if any(node.feed(feed)["quarantined"] for feed in FEEDS):
            raise SystemExit(f"in quarantine: { {feed: node.feed(feed)['quarantined'] for feed in FEEDS} }")


def equal(node, table):
    wanted, seen = table.contents(), {}

    def same():
        seen.update({feed: node.contents(feed) for feed in ("things", "things_avro")})
        return all(contents == wanted for contents in seen.values())

    try:
        wait_for("the feeds to be what the table is", same, 180)
    except SystemExit:
        for feed, contents in seen.items():
            print(f"{feed}:", *differences(contents or {}, wanted), sep="\n  ")
            print(run([node.program, "quarantine", "list", "-c", node.config])[1][:1500])
        raise
    for feed in seen:
        if node.feed(feed)["loading"]:
            raise SystemExit(f"{feed} has all of the table and is still loading")


def differences(contents, wanted):
    """Item by item the fields that differ, of the first items that do."""
    for key in sorted(key for key in {*wanted, *contents} if contents.get(key) != wanted.get(key))[:5]:
        have, want = (json.loads(one.get(key, "{}")) for one in (contents, wanted))
        yield f"{key}: " + ", ".join(f"{name}: {str(have.get(name))[:50]} instead of {str(want.get(name))[:50]}" for name in {*have, *want} if have.get(name) != want.get(name))


def pairs(node, database):
    """A table without whole rows in its log: what did not change and is large is not sent, and that is told; the next whole row clears it."""
    whole_row = {"a": "x,y", "b": 1, "note": "one", "big": "b" * 3000}
    wait_for("the pairs", lambda: read_pairs(node) == {"x%2Cy,1": whole_row, "z,2": {"a": "z", "b": 2}}, 60)
    database.run("UPDATE pairs SET note = 'two' WHERE b = 1")
    wait_for("the row without its large value to be in quarantine", lambda: node.feed("pairs")["quarantined"] == 1, 60)
    database.run("UPDATE pairs SET note = 'three', big = repeat('c', 3000) WHERE b = 1", "UPDATE pairs SET a = 'y' WHERE b = 2")
    wanted = {"x%2Cy,1": {**whole_row, "note": "three", "big": "c" * 3000}, "y,2": {"a": "y", "b": 2}}
    wait_for("the whole row, and the one with another key", lambda: read_pairs(node) == wanted, 60)


def read_pairs(node):
    return {identity: json.loads(item) for identity, item in (node.contents("pairs") or {}).items()}


if __name__ == "__main__":
    main()
