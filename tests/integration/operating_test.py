"""What an operator does with a running node: a table is truncated and the guard holds, the sweep is released; records in quarantine are listed, mended in the
database and replayed; the node is asked with and without running.

    operating_test.py --program build/bin/meshgate --database sqlite
"""

from databases import on_one
from processes import Gateway, run, wait_for


def configuration(database):
    return f"""
node: {{ read: public, roles: {{ viewer: public }}, data: DATA, listen: "http://127.0.0.1:PORT" }}
sources:
  often: {{ connector: odbc, connection: {database.connection_yaml()}, every: 100ms }}
  seldom: {{ connector: odbc, connection: {database.connection_yaml()}, every: 1h }}
feeds:
  stock:
    from: {{ source: often, table: {database.table("stock")} }}
  people:
    from: {{ source: seldom, table: {database.table("people")} }}
    partition: region
"""


class Operator:
    def __init__(self, gateway):
        self.gateway = gateway

    def says(self, *words, code=0):
        """What a command prints, on both outputs; fails on another exit code."""
        got, out, err = run([self.gateway.program, *words, "-c", self.gateway.config] if words[0] != "feeds" else [self.gateway.program, "feeds", self.gateway.config])
        if got != code:
            raise SystemExit(f"{' '.join(words)}: exit {got}, not {code}: {out}{err}")
        return out + err


def expect(what, text, *parts):
    missing = [part for part in parts if part not in text]
    if missing:
        raise SystemExit(f"{what}: {missing} is not in:\n{text}")


def held_deletes(database, gateway, operator):
    digest = gateway.feed("stock")["partitions"][0]["digest"]
    database.run(f"DELETE FROM {database.table('stock')}" if database.kind == "sqlite" else f"TRUNCATE TABLE {database.table('stock')}")
    feed = wait_for("the guard to hold", lambda: (lambda one: one if one.get("held") else None)(gateway.feed("stock")))
    expect("held", feed["held"], "a scan found nothing where the feed has 1000 items (1, 2, 3, 4, 5, …)", "meshgate release stock")
    if feed["count"] != 1000 or feed["partitions"][0]["digest"] != digest:
        raise SystemExit(f"items went although the deletes are held: {feed}")
    expect("feeds", operator.says("feeds"), "deletes held a scan found nothing")
    expect("metrics", gateway.get("/metrics")[1].decode(), 'meshgate_deletes_held{source="often",feed="stock"} 1')
    expect("log", gateway.log(), "deletes are held: a scan found nothing")
    database.run(*[f"INSERT INTO {database.table('stock')} VALUES ({i}, 'new')" for i in range(601, 1001)])
    feed = wait_for("the number to be known", lambda: (lambda one: one if "600 of 1000" in one.get("held", "") else None)(gateway.feed("stock")))
    expect("held", feed["held"], "a scan did not find 600 of 1000 items", "more than 10% and more than 100")
    operator.says("release", "nothing", code=1)
    expect("release", operator.says("release", "stock"), "the next sweep of feed stock")
    wait_for("the released sweep", lambda: gateway.feed("stock")["count"] == 400)
    if gateway.feed("stock").get("held"):
        raise SystemExit("still held after the sweep was released")
    expect("log", gateway.log(), "an operator released the sweep: up to 600 of 1000 items")


def quarantine(database, gateway, operator):
    if gateway.feed("people")["quarantined"] != 4:
        raise SystemExit(f"four records were to be in quarantine: {gateway.feed('people')}")
    expect("list", operator.says("quarantine", "list", "--feed", "people"), "people\t3\t", "the partition is NULL", "4 records in quarantine")
    shown = operator.says("quarantine", "show", "people", "6")
    expect("show", shown, "key     6", "the partition is NULL")
    password = getattr(database, "password", None)
    if password and (password in shown or "***" not in shown):
        raise SystemExit(f"the raw form shows the password: {shown}")
    table = database.table("people")
    database.run(f"UPDATE {table} SET region = 'north', name = 'mended' WHERE id = 3", f"DELETE FROM {table} WHERE id = 5")
    expect("replay of one", operator.says("quarantine", "replay", "people", "3"), "3\tbecame an item", "1 became items, 0 still bad, 0 removed")
    item = gateway.get("/feeds/people/items/3")[1]
    if item["item"]["name"] != "mended" or item["partitions"] != ["north"]:
        raise SystemExit(f"what the replay published: {item}")
    expect("replay of all", operator.says("quarantine", "replay", "people"), "4\tstill bad: the partition is NULL", "5\tno longer in the source: removed",
           "0 became items, 2 still bad, 1 removed")
    expect("replay of a stranger", operator.says("quarantine", "replay", "people", "77"), "77\tis not in quarantine")
    expect("replay of no feed", operator.says("quarantine", "replay", "nothing", code=1), "no feed 'nothing'")
    if gateway.feed("people")["quarantined"] != 2:
        raise SystemExit(f"two records were to be left: {gateway.feed('people')}")
    expect("drop", operator.says("quarantine", "drop", "people", "4"), "dropped 4")


def operating(program, folder, database):
    t = database.types
    stock, people = database.table("stock"), database.table("people")
    database.run(f"CREATE TABLE {stock} (id {t['int']} NOT NULL PRIMARY KEY, name {t['text']})",
                 f"CREATE TABLE {people} (id {t['int']} NOT NULL PRIMARY KEY, region {t['text']}, name {t['text']})")
    database.run(*[f"INSERT INTO {stock} VALUES ({i}, 'thing {i}')" for i in range(1, 1001)])
    secret = getattr(database, "password", "nothing secret").replace("'", "''")
    database.run(f"INSERT INTO {people} VALUES (1, 'north', 'Ann')", f"INSERT INTO {people} VALUES (2, 'south', 'Bob')",
                 *[f"INSERT INTO {people} VALUES ({i}, NULL, 'odd {i}')" for i in (3, 4, 5)], f"INSERT INTO {people} VALUES (6, NULL, 'pwd={secret}')")
    gateway = Gateway(program, folder, configuration(database))
    operator = Operator(gateway)
    with gateway.stopped_in_the_end():
        gateway.start_and_wait("stock", "people")
        held_deletes(database, gateway, operator)
        quarantine(database, gateway, operator)
        if gateway.stop() != 0:
            raise SystemExit("the node did not stop with 0")
        expect("list without a node", operator.says("quarantine", "list"), "people\t6\t", "1 records in quarantine")
        expect("replay without a node", operator.says("quarantine", "replay", "people", code=1), "the node does not run")
    print(f"{database.kind}: held and released, quarantined and replayed, as documented")


if __name__ == "__main__":
    on_one(operating)
