"""What happens to tables beside the change of rows: columns come and go, a table is emptied under the guard. Each is moved on by
step(), between two transactions of the workload, and never waits; recover() looks at what became of a step whose server was killed."""

import time

from processes import run


class ChangingTable:
    """`shapes`: text columns are added, dropped and renamed, and one of numbers is widened, while rows change."""

    NAMES = ["c1", "c2", "c3", "c4", "c5"]  # few, so that names come back

    def __init__(self, database, chance, mode):
        self.database, self.chance, self.mode = database, chance, mode
        self.name = database.table("shapes")
        self.columns = ["c1", "c2"]
        self.narrow = database.kind != "sqlite"  # SQLite's columns have no width
        self.next_id = 0
        self.changes = 0
        self.due = 0

    def create(self):
        number = "int" if self.narrow else self.database.types["int"]
        text = self.database.types["text"]
        self.database.run(f"CREATE TABLE {self.name} (id {self.database.types['int']} NOT NULL PRIMARY KEY, size {number}, c1 {text}, c2 {text}{self.mode.column(self.database)})",
                          *self.mode.indexes(self.database, "shapes"))
        self.database.run(*[self.insert() for _ in range(120)])

    def step(self):
        statements = [self.change() for _ in range(self.chance.choice([0, 1, 3]))]
        if time.monotonic() >= self.due:
            self.due = time.monotonic() + self.chance.uniform(0.5, 2.5)
            statements += self.reshape()
            self.changes += 1
        if statements:
            self.database.run(*statements)

    def recover(self):
        self.columns = [column for column in self.database.columns("shapes") if column in self.NAMES]

    def insert(self):
        self.next_id += 1
        given = [column for column in self.columns if self.chance.random() < 0.7]
        size = self.chance.randrange(1 << 20) if self.narrow else self.chance.choice([7, 1 << 40, 9007199254740993])
        values = "".join(f", '{column} of {self.next_id}'" for column in given)
        return f"INSERT INTO {self.name} ({', '.join(['id', 'size', *given])}) VALUES ({self.next_id}, {size}{values})"

    def change(self):
        one = self.chance.randrange(1, self.next_id + 1)
        if self.chance.random() < 0.4 or not self.columns:
            return self.insert() if self.chance.random() < 0.5 else f"DELETE FROM {self.name} WHERE id = {one}"
        value = self.chance.choice(["NULL", f"'set {self.chance.randrange(1000)}'"])
        return f"UPDATE {self.name} SET {self.chance.choice(self.columns)} = {value}{self.mode.touch(self.database)} WHERE id >= {one} AND id < {one + 5}"

    def reshape(self):
        alter, free = f"ALTER TABLE {self.name}", [name for name in self.NAMES if name not in self.columns]
        kind = self.chance.choice(["add", "drop", "rename", "rename", "widen"])
        if kind == "widen" and self.narrow:
            self.narrow = False
            return [f"{alter} {'ALTER COLUMN size TYPE' if self.database.kind == 'postgres' else 'MODIFY size'} bigint"]
        if kind == "drop" and self.columns:
            gone = self.columns.pop(self.chance.randrange(len(self.columns)))
            return [f"{alter} DROP COLUMN {gone}"]
        if kind == "rename" and self.columns and free:
            at = self.chance.randrange(len(self.columns))
            before, self.columns[at] = self.columns[at], self.chance.choice(free)
            return [f"{alter} RENAME COLUMN {before} TO {self.columns[at]}"]
        if not free:
            return []
        self.columns.append(self.chance.choice(free))
        filled = f"UPDATE {self.name} SET {self.columns[-1]} = 'filled'{self.mode.touch(self.database)} WHERE id % 3 = 0"
        return [f"{alter} ADD COLUMN {self.columns[-1]} {self.database.types['text']}", filled]


class GuardedTable:
    """`emptied`: it is truncated; the guard must hold; then it is filled again with the same keys, or the deletes are released."""

    ROWS = 150

    def __init__(self, database, chance, mode, gateway):
        self.database, self.chance, self.mode, self.gateway = database, chance, mode, gateway
        self.name = database.table("emptied")
        self.state, self.due = "full", 0
        self.truncated = self.released = 0
        self.released_by = None
        self.wrong = None

    def create(self):
        t = self.database.types
        self.database.run(f"CREATE TABLE {self.name} (id {t['int']} NOT NULL PRIMARY KEY, note {t['text']}{self.mode.column(self.database)})", *self.mode.indexes(self.database, "emptied"))
        self.fill()

    def at_rest(self):
        return self.state == "full"

    def step(self):
        """Looks at the feed now and then, and does what is next."""
        if time.monotonic() < self.due:
            return
        self.due = time.monotonic() + 0.2
        feed = self.gateway.feed("emptied")
        if feed and not feed.get("loading"):
            getattr(self, "_" + self.state)(feed)

    def recover(self):
        if self.database.rows("emptied", ["id", "note"], "id"):
            self.state = "filled"
        elif self.state in ("full", "filled"):
            self.state = "empty"

    def fill(self):
        self.database.run(*[f"INSERT INTO {self.name} (id, note) VALUES ({i}, 'fill {self.truncated}')" for i in range(1, self.ROWS + 1)])
        self.state, self.due = "filled", 0

    def _full(self, feed):
        self.database.run(f"DELETE FROM {self.name}" if self.database.kind == "sqlite" else f"TRUNCATE TABLE {self.name}")
        self.truncated += 1
        self.state = "empty"

    def _empty(self, feed):
        if self.kept(feed) and feed.get("held"):
            self.state = "held"

    def _held(self, feed):
        self.kept(feed)
        if self.chance.random() < 0.5:
            return self.fill()
        self.state = "releasing"

    def _releasing(self, feed):
        if feed["count"] == 0:
            self.released += 1
            return self.fill()
        # A restart forgets a release; asked twice for, it would let the next sweep through as well.
        if feed.get("held") and self.released_by != self.gateway.process.pid:
            asked = self.gateway.process.pid
            if run([self.gateway.program, "release", "emptied", "--config", self.gateway.config])[0] == 0:
                self.released_by = asked

    def _filled(self, feed):
        if feed["count"] == self.ROWS and not feed.get("held"):
            self.state, self.released_by, self.due = "full", None, time.monotonic() + self.chance.uniform(1, 3)

    def kept(self, feed):
        if feed["count"] != self.ROWS:
            self.wrong = f"{feed['count']} of {self.ROWS} items are left although nobody released their deletes: {feed}"
        return self.wrong is None
