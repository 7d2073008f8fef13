"""Tables change while the gateway reads them: columns come, go, change name and type, a key goes, a table goes and comes back. Each has its state
and its sentence; nothing is deleted, only items that change are published, and the feed recovers by itself.

    schema_test.py --program build/bin/meshgate --database sqlite
"""

from databases import on_one
from processes import Gateway, wait_for

ROWS = 150
# feed: what the mapping says of its table. All tables are (id, name, stock).
FEEDS = {
    "grown": "",
    "grown_picked": "fields: { id: id, called: name }",
    "shrunk": "",
    "shrunk_used": "fields: { id: id, called: name, stock: stock }",
    "renamed": "",
    "renamed_used": "fields: { id: id, called: name }",
    "retyped": "",
    "keyless": "",
    "gone": "",
    "again": "",
    "emptied": "",
}


def configuration(database):
    feeds = "".join(f"  {feed}:\n    from: {{ source: s, table: {database.table(feed)} }}\n    {mapping}\n" for feed, mapping in FEEDS.items())
    return f"""node: {{ read: public, data: DATA, listen: "http://127.0.0.1:PORT" }}
sources:
  s: {{ connector: odbc, connection: {database.connection_yaml()}, every: 100ms }}
feeds:
{feeds}"""


class Tables:
    """The statements that change a table, in each database's words."""

    def __init__(self, database):
        self.database, self.kind, self.types = database, database.kind, database.types

    def name(self, feed):
        return self.database.table(feed)

    def create(self, feed, key=True, stock="int", rows=ROWS):
        t = self.types
        primary = " PRIMARY KEY" if key else ""
        made = f"CREATE TABLE {self.name(feed)} (id {t['int']} NOT NULL{primary}, name {t['text']}, stock {t[stock]})"
        # All at once: a scan that met some of the rows would be right to take the others for deleted.
        filled = ", ".join(f"({i}, 'thing {i}', {i * 10})" for i in range(1, rows + 1))
        return [made, *([f"INSERT INTO {self.name(feed)} VALUES {filled}"] if filled else [])]

    def drop(self, feed):
        return [f"DROP TABLE {self.name(feed)}"]

    def anew(self, feed, **other):
        """What SQLite has no ALTER TABLE for."""
        return [*self.drop(feed), *self.create(feed, **other)]

    def retype(self, feed, to):
        if self.kind == "sqlite":
            return self.anew(feed, stock=to)
        if self.kind == "mariadb":
            return [f"ALTER TABLE {self.name(feed)} MODIFY stock {self.types[to]}"]
        return [f"ALTER TABLE {self.name(feed)} ALTER COLUMN stock TYPE {self.types[to]} USING stock::{self.types[to]}"]

    def without_key(self, feed):
        if self.kind == "sqlite":
            return self.anew(feed, key=False)
        if self.kind == "mariadb":
            return [f"ALTER TABLE {self.name(feed)} DROP PRIMARY KEY"]
        return [f"ALTER TABLE {self.name(feed)} DROP CONSTRAINT {feed}_pkey"]

    def with_key(self, feed):
        return self.anew(feed) if self.kind == "sqlite" else [f"ALTER TABLE {self.name(feed)} ADD PRIMARY KEY (id)"]

    def alter(self, feed, what):
        return [f"ALTER TABLE {self.name(feed)} {what}"]


def standing(gateway, feed):
    """(digest, head) of a feed that has one partition."""
    one = gateway.feed(feed)["partitions"][0]
    return one["digest"], int(one["cursor"].split(".")[1])


def check(what, condition, shown=""):
    if not condition:
        raise SystemExit(f"{what}: {shown}")


def wait_for_fault(gateway, feed, *parts):
    """Waits until a feed is refused with a sentence that has all parts."""
    def said():
        source = (gateway.feed(feed) or {}).get("source", {})
        return source.get("state") == "refused" and all(part in source.get("error", "") for part in parts)
    wait_for(f"{feed} to be refused with {parts}; it says {(gateway.feed(feed) or {}).get('source')}", said, 60)


def wait_for_idle(gateway, feed):
    def idle():
        source = gateway.feed(feed)["source"]
        return source["state"] in ("idle", "scanning") and "error" not in source
    wait_for(f"{feed} to be read again", idle, 60)


def place(gateway, feed, word):
    """file:line:column of a word in the configuration, within a feed."""
    with open(gateway.config) as file:
        lines = file.read().split("\n")
    start = lines.index(f"  {feed}:")
    line = next(i for i in range(start, len(lines)) if word in lines[i])
    return f"{gateway.config}:{line + 1}:{lines[line].index(word) + 1}"


def change(database, tables):
    run = database.run
    t = database.types
    run(*tables.alter("grown", f"ADD COLUMN note {t['text']}"))
    run(f"UPDATE {tables.name('grown')} SET note = 'new' WHERE id IN (3, 7)")
    run(*tables.alter("grown_picked", f"ADD COLUMN note {t['text']}"))
    run(f"UPDATE {tables.name('grown_picked')} SET note = 'new'")
    run(f"UPDATE {tables.name('shrunk')} SET stock = NULL WHERE id > 10")
    run(*tables.alter("renamed", "RENAME COLUMN name TO title"))
    run(*tables.alter("renamed_used", "RENAME COLUMN name TO title"))
    run(*tables.alter("shrunk_used", "DROP COLUMN stock"))
    run(*tables.retype("retyped", "text"))
    run(*tables.without_key("keyless"))
    run(*tables.drop("gone"))
    run(*tables.anew("again"))
    run(*tables.anew("emptied", rows=0))


def check_changed(gateway, before):
    wait_for("the added column", lambda: gateway.get("/feeds/grown/items/7")[1]["item"].get("note") == "new")
    check("grown: only the two rows with a value are published", standing(gateway, "grown")[1] == before["grown"][1] + 2, standing(gateway, "grown"))
    wait_for("the renamed column", lambda: "title" in gateway.get("/feeds/renamed/items/150")[1]["item"])
    check("renamed: each item is published once", standing(gateway, "renamed")[1] == before["renamed"][1] + ROWS, standing(gateway, "renamed"))
    check("renamed: the log says which field left", "field 'name' leaves the feed" in gateway.log(), gateway.log()[-2000:])
    wait_for_fault(gateway, "shrunk_used", "the source has no column 'stock'", place(gateway, "shrunk_used", "stock }"))
    wait_for_fault(gateway, "renamed_used", "the source has no column 'name'", place(gateway, "renamed_used", "name }"))
    wait_for_fault(gateway, "retyped", "field 'stock' was published as int64 and would now be text", "under a new name, or cast it", place(gateway, "retyped", "retyped:"))
    wait_for_fault(gateway, "keyless", "has no primary key", place(gateway, "keyless", "keyless:"))
    wait_for_fault(gateway, "gone", "there is no table", place(gateway, "gone", "gone:"))
    wait_for("the emptied table to be held", lambda: "found nothing where the feed has 150 items" in gateway.feed("emptied").get("held", ""))
    for feed in ("grown_picked", "shrunk_used", "renamed_used", "retyped", "keyless", "gone", "again", "emptied"):
        check(f"{feed}: nothing is published, nothing deleted", standing(gateway, feed) == before[feed], standing(gateway, feed))
        check(f"{feed}: all items are there", gateway.feed(feed)["count"] == ROWS, gateway.feed(feed))


def check_shrunk(database, tables, gateway, before):
    """A column that most rows have no value in: only the others' items change when it goes."""
    wait_for("the emptied column", lambda: standing(gateway, "shrunk")[1] == before["shrunk"][1] + ROWS - 10)
    database.run(*tables.alter("shrunk", "DROP COLUMN stock"))
    wait_for("the dropped column", lambda: "stock" not in gateway.get("/feeds/shrunk/items/3")[1]["item"])
    check("shrunk: only the ten rows with a value are published", standing(gateway, "shrunk")[1] == before["shrunk"][1] + ROWS, standing(gateway, "shrunk"))
    check("shrunk: the schema lost the field", [f["name"] for f in gateway.feed("shrunk")["schema"]["fields"]] == ["id", "name"], gateway.feed("shrunk"))


def mend(database, tables):
    run = database.run
    run(*tables.alter("shrunk_used", f"ADD COLUMN stock {database.types['int']}"), f"UPDATE {tables.name('shrunk_used')} SET stock = id * 10")
    run(*tables.alter("renamed_used", "RENAME COLUMN title TO name"))
    run(*tables.retype("retyped", "int"))
    run(*tables.with_key("keyless"))
    run(*tables.create("gone"))
    run(*tables.anew("emptied"))


def check_mended(gateway, before):
    for feed in ("shrunk_used", "renamed_used", "retyped", "keyless", "gone", "again", "emptied"):
        wait_for_idle(gateway, feed)
        wait_for(f"{feed}: nothing held or in quarantine", lambda: not gateway.feed(feed).get("held") and gateway.feed(feed)["quarantined"] == 0)
        check(f"{feed}: as before, and nothing was published on the way", standing(gateway, feed) == before[feed], (standing(gateway, feed), before[feed]))


def schema(program, folder, database):
    tables = Tables(database)
    for feed in FEEDS:
        database.run(*tables.create(feed))
    gateway = Gateway(program, folder, configuration(database))
    with gateway.stopped_in_the_end():
        gateway.start_and_wait(*FEEDS)
        before = {feed: standing(gateway, feed) for feed in FEEDS}
        change(database, tables)
        check_changed(gateway, before)
        check_shrunk(database, tables, gateway, before)
        mend(database, tables)
        check_mended(gateway, before)
    print(f"{database.kind}: every change of a table has its state and sentence, and every feed recovered by itself")


if __name__ == "__main__":
    on_one(schema)
