"""Replays have their turn while all rows of a followed table are compared: what was mended is published at once, and nothing that the compare had read before comes over it.

    replay_test.py --program build/bin/meshgate --database postgres
"""

import re

from databases import on_one
from processes import Gateway, run, wait_for

ROWS = 20000


def configuration(database, limits=""):
    return f"""
node: {{ read: public, roles: {{ viewer: public }}, data: DATA, listen: "http://127.0.0.1:PORT" }}
sources:
  s: {{ connector: odbc, connection: {database.connection_yaml()}, every: 100ms{limits} }}
feeds:
  things:
    from: {{ source: s, table: {database.table("things")}, track: at, sweep: never, verify: 1s }}
    fields: {{ "*": {{ except: [ at ] }} }}
    partition: region
"""


def counted(gateway, metric):
    """Since the node was started."""
    return sum(float(value) for value in re.findall(rf"^{metric}(?:_total)?{{[^}}]*}} (\S+)$", gateway.get("/metrics")[1].decode(), re.M))


def replay(gateway, key, *said):
    code, out, err = run([gateway.program, "quarantine", "replay", "things", key, "-c", gateway.config])
    missing = [part for part in said if part not in out]
    if code != 0 or missing:
        raise SystemExit(f"the replay ended with {code} and did not say {missing}: {out}{err}")


def name_of(gateway, identity):
    answer = gateway.get(f"/feeds/things/items/{identity}")
    return answer[1]["item"].get("name") if answer and answer[0] == 200 else None


def within_a_compare(gateway, database):
    """At 500 rows a second it takes more than half a minute."""
    table = database.table("things")
    wait_for("a compare to be under way", lambda: counted(gateway, "meshgate_source_rows") > 500)
    replay(gateway, "3", "3\tstill bad: the partition is NULL")
    database.run(f"UPDATE {table} SET region = 'north', name = 'mended' WHERE id = 3", f"DELETE FROM {table} WHERE id = 4",
                 f"UPDATE {table} SET name = 'silent' WHERE id = {ROWS}")
    replay(gateway, "3", "3\tbecame an item")
    replay(gateway, "4", "4\tno longer in the source: removed")
    read = counted(gateway, "meshgate_source_rows")
    feed = gateway.feed("things")
    if name_of(gateway, 3) != "mended" or feed["quarantined"] != 0:
        raise SystemExit(f"what the replays published: {name_of(gateway, 3)}, {feed}")
    if read >= ROWS or name_of(gateway, ROWS) == "silent":
        raise SystemExit(f"the compare was over before the replays were: {read} rows")
    print(f"replayed when {read:.0f} of {ROWS} rows had been compared")


def compared(gateway):
    """The compare finds what nobody told of, and leaves what was replayed as it is."""
    wait_for("the compare to find a silent change", lambda: name_of(gateway, ROWS) == "silent")
    wait_for("all rows to have been compared", lambda: counted(gateway, "meshgate_source_rows") >= 2 * ROWS)
    if name_of(gateway, 3) != "mended" or gateway.feed("things")["count"] != ROWS - 1:
        raise SystemExit(f"the compare took back what was replayed: {name_of(gateway, 3)}, {gateway.feed('things')}")


def replays(program, folder, database):
    t, table = database.types, database.table("things")
    database.run(f"CREATE TABLE {table} (id {t['int']} NOT NULL PRIMARY KEY, region {t['text']}, name {t['text']}, at {t['timestamp']} NOT NULL DEFAULT {database.default_now})",
                 f"CREATE INDEX {database.index('things')} ON {table} (at)")
    rows = [f"({n}, 'south', 'thing {n}')" if n not in (3, 4) else f"({n}, NULL, 'odd')" for n in range(1, ROWS + 1)]
    database.run(*[f"INSERT INTO {table} (id, region, name) VALUES {', '.join(rows[at:at + 1000])}" for at in range(0, ROWS, 1000)])
    gateway = Gateway(program, folder, configuration(database))
    with gateway.stopped_in_the_end():
        gateway.start_and_wait("things")
    gateway = Gateway(program, folder, configuration(database, ", limits: { rows: 500 }"), gateway.port)
    with gateway.stopped_in_the_end():
        gateway.start_and_wait("things")
        within_a_compare(gateway, database)
    gateway = Gateway(program, folder, configuration(database), gateway.port)
    with gateway.stopped_in_the_end():
        gateway.start_and_wait("things")
        compared(gateway)
    print(f"{database.kind}: replays had their turn within a compare")


if __name__ == "__main__":
    on_one(replays)
