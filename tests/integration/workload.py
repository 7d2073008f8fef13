"""The random changes of the oracle, and how its tables are read: each mode in a few words."""

import random
import subprocess
import threading
import time

from databases import Ended
from processes import wait_for

REGIONS = ["north", "south", "øst", "west wing"]
NAMES = ["Ann", "Bjørn", "周杰", "", "a \"quoted\" name", "back\\slash", "tab\there", "emoji 🦔", "e\u0301 combining", "line\nbreak", "O''Hara"]


class Scan:
    """Tables are read from end to end."""

    late = False

    def column(self, database):
        return ""

    def indexes(self, database, table):
        return []

    def touch(self, database):
        return ""

    def stream(self, table, key, columns=""):
        """What stands in `from:` behind the source; `columns`: those that are carried besides the key, none named: all."""
        return f"table: {table}"

    def guarded(self, table, key):
        """The same for a table that is truncated."""
        return self.stream(table, key)

    def fields(self):
        """The mapping of a feed that carries every column, with what only this mode needs left out."""
        return ""

    def prepare(self, gateway, database, folder):
        """Before the gateway is started."""

    def finish(self, gateway):
        """Everything was read."""


class Query(Scan):
    """What is read is no table but a query's result, whose key is declared."""

    def stream(self, table, key, columns=""):
        wanted = f"{key}, {columns}" if columns else "*"
        return f'key: [ {key} ], query: "WITH everything AS (SELECT * FROM {table}) SELECT {wanted} FROM everything"'


class Track(Scan):
    """Tables are followed by the column `at`, which every insert and update sets, in transactions that may stay open a while beside
    others; deletes come by sweeps."""

    late = True

    def column(self, database):
        return f", at {database.types['timestamp']} NOT NULL DEFAULT {database.default_now}"

    def indexes(self, database, table):
        return [f"CREATE INDEX {database.index(table)} ON {database.table(table)} (at)"]

    def touch(self, database):
        return f", at = {database.now}"

    def stream(self, table, key, columns=""):
        return f"table: {table}, track: at, sweep: 2s" + (f", columns: [ {columns} ]" if columns else "")

    def fields(self):
        return '\n    fields: { "*": { except: [ at ] } }'


class Journal(Scan):
    """Tables are followed by journals, without sweeps and compares, so that what a journal misses stays missed; with late transactions
    too. The table that is truncated is scanned: not every database's journal shows that."""

    late = True
    feeds = ("things", "pairs", "shapes")

    def stream(self, table, key, columns=""):
        return f"table: {table}, track: journal, sweep: never, verify: never"

    def guarded(self, table, key):
        return f"table: {table}"

    def prepare(self, gateway, database, folder):
        self.login = database.administrator(folder)
        for feed in self.feeds:
            gateway.journal("install", feed, "--yes", *self.login)

    def finish(self, gateway):
        """What was read is gone from the journals, no kill made the gateway begin anew, and the journals can be removed."""
        for feed in self.feeds:
            wait_for(f"the journal of {feed} to be empty", lambda: ": 0 entries\n" in gateway.journal("show", feed), 30)
        if "read again from the beginning" in gateway.log():
            raise SystemExit("a killed gateway began anew")
        for feed in self.feeds:
            gateway.journal("remove", feed, "--yes", *self.login)


MODES = {"scan": Scan, "query": Query, "track": Track, "journal": Journal}


def literal(text):
    return "'" + text.replace("''", "'").replace("'", "''") + "'"


class Workload(threading.Thread):
    """Changes two tables at random: `things` (one key, partitioned by region) and `pairs` (two keys, one of them text), and lets
    the disturbances take their steps in between."""

    def __init__(self, database, seed, mode):
        super().__init__(daemon=True)
        self.database, self.random = database, random.Random(seed)
        self.mode = mode
        self.touch = mode.touch(database)
        self.disturbances = []
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
        column = self.mode.column(self.database)
        self.database.run(
            f"CREATE TABLE {self.things} (id {t['int']} NOT NULL PRIMARY KEY, region {t['text']} NOT NULL, name {t['text']}, amount {t['decimal']}, stock {t['int']}{column})",
            f"CREATE TABLE {self.pairs} (a {t['int']} NOT NULL, b {t['text']} NOT NULL, note {t['text']}{column}, PRIMARY KEY (a, b))",
            *self.mode.indexes(self.database, "things"), *self.mode.indexes(self.database, "pairs"))
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
            try:
                self.turn()
            except Ended:
                self.recover()
            time.sleep(self.random.choice([0, 0.001, 0.01, 0.05]))

    def recover(self):
        try:
            wait_for("the database to answer again", self.database.answers)
            self.database.reopen()
            for one in self.disturbances:
                one.recover()
        except subprocess.CalledProcessError:
            self.recover()  # it was killed once more

    def turn(self):
        count = self.random.choice([1, 1, 1, 2, 5, 40])
        self.database.run(*[self.change() for _ in range(count)])
        self.changes += count
        for one in self.disturbances:
            one.step()


class LateWriter(threading.Thread):
    """Adds pairs of its own in transactions that commit late."""

    def __init__(self, workload, seed):
        super().__init__(daemon=True)
        self.workload, self.random = workload, random.Random(seed)
        self.client = workload.database.second_client()
        self.stop_asked = threading.Event()
        self.number = 1000

    def run(self):
        while not self.stop_asked.is_set():
            try:
                self.turn()
            except Ended:
                wait_for("the database to answer again", self.workload.database.answers)
                self.client.end()
                self.client = self.workload.database.second_client()
        self.client.end()

    def turn(self):
        self.number += 1
        self.client.say("BEGIN", f"INSERT INTO {self.workload.pairs} (a, b, note) VALUES ({self.number}, 'late', 'x')")
        self.stop_asked.wait(self.random.choice([0.01, 0.3, 2.5]))
        self.client.say("COMMIT")
