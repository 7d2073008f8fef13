"""A gateway that follows tables by a column: what check says, deletes by sweep, TRUNCATE under the guard, what the state and the metrics tell.

    following_test.py --program build/bin/meshgate --database postgres
"""

import os
import re

from databases import on_one
from processes import Gateway, run, wait_for


def configuration(database, connection, settings):
    return f"""
node: {{ read: public, roles: {{ viewer: public }}, data: DATA, listen: "http://127.0.0.1:PORT" }}
sources: {{ company: {{ connector: odbc, connection: {connection}, every: 100ms }} }}
feeds: {{ orders: {{ from: {{ source: company, table: {database.table("orders")}{settings} }} }} }}
"""


def note(id_, text):
    return f"(id, note) VALUES ({id_}, '{text}')"


def metric(gateway, name):
    text = gateway.get("/metrics")[1].decode()
    return sum(float(value) for value in re.findall(rf"^{name}(?:_total)?\{{[^}}]*\}} ([0-9.e+]+)$", text, re.M))


def items(gateway):
    answer = gateway.get("/feeds/orders/items?limit=1000")
    return {item["id"]: item["item"].get("note") for item in answer[1]["items"]} if answer and answer[0] == 200 else {}


def without_rights(program, folder, database):
    """A user who may only read the table is told which GRANT is missing; a declared overlap does without."""
    user = "mesh_follower"
    if database.kind == "postgres":
        database.once(f"DROP ROLE IF EXISTS {user}; CREATE ROLE {user} LOGIN PASSWORD 'follower'; GRANT USAGE ON SCHEMA {database.schema} TO {user}; "
                      f"GRANT SELECT ON {database.table('orders')} TO {user}")
    else:
        database.once(f"CREATE OR REPLACE USER {user}@'127.0.0.1' IDENTIFIED BY 'follower'; GRANT SELECT ON {database.database}.{database.table('orders')} TO {user}@'127.0.0.1'")
    connection = re.sub(r"uid: \w+", f"uid: {user}", database.connection_yaml())
    connection = re.sub(r"pwd: \"[^\"]*\"", "pwd: \"${env:FOLLOWER}\"", connection)
    os.environ["FOLLOWER"] = "follower"
    path = os.path.join(folder, "poor.yaml")
    for settings, wanted in ((", track: at", "GRANT pg_read_all_stats" if database.kind == "postgres" else "GRANT PROCESS"), (", track: at, overlap: 1m", "reads what changed by column 'at'")):
        with open(path, "w") as file:
            file.write(configuration(database, connection, settings).replace("PORT", "7443").replace("DATA", folder))
        code, out, err = run([program, "check", path])
        if wanted not in out + err or (code == 0) != ("overlap" in settings):
            raise SystemExit(f"check ended with {code} and did not say {wanted}:\n{out}{err}")
    if database.kind == "postgres":
        database.once(f"DROP OWNED BY {user}; DROP ROLE {user}")
    else:
        database.once(f"DROP USER {user}@'127.0.0.1'")


def following(program, folder, database):
    t = database.types
    database.run(f"CREATE TABLE {database.table('orders')} (id {t['int']} NOT NULL PRIMARY KEY, note {t['text']}, at {t['timestamp']} NOT NULL DEFAULT {database.default_now})",
                 f"CREATE INDEX {database.index('orders')} ON {database.table('orders')} (at)",
                 *[f"INSERT INTO {database.table('orders')} {note(i, 'first')}" for i in range(1, 201)])
    if database.kind != "sqlite":
        without_rights(program, folder, database)
    gateway = Gateway(program, folder, configuration(database, database.connection_yaml(), ", track: at, sweep: 1s, verify: 10s"))
    with gateway.stopped_in_the_end():
        gateway.start_and_wait("orders")
        source = wait_for("a note", lambda: gateway.feed("orders")["source"].get("note"))
        if "reads what changed by column 'at'" not in source:
            raise SystemExit("the state says: " + source)
        table = database.table("orders")
        database.run(f"UPDATE {table} SET note = 'second', at = {database.now} WHERE id = 7", f"INSERT INTO {table} {note(900, 'new')}")
        wait_for("a change to arrive", lambda: items(gateway).get("7") == "second" and items(gateway).get("900") == "new", 20)
        database.run(f"DELETE FROM {table} WHERE id = 8")
        wait_for("a delete to arrive", lambda: "8" not in items(gateway), 20)
        database.run(f"UPDATE {table} SET note = 'in silence', at = '2020-01-01 00:00:00' WHERE id = 9")
        wait_for("the compare to find what the column hid", lambda: items(gateway).get("9") == "in silence", 40)
        wait_for("that to be counted", lambda: metric(gateway, "meshgate_missed_changes") >= 1)
        database.run(f"DELETE FROM {table}")
        wait_for("the guard to hold", lambda: gateway.feed("orders").get("held"), 20)
        if len(items(gateway)) != 200:
            raise SystemExit("items went although the guard holds")
        code, out, err = run([program, "release", "orders", "--config", gateway.config])
        if code != 0:
            raise SystemExit(f"release ended with {code}: {out}{err}")
        wait_for("the released deletes", lambda: not items(gateway) and gateway.feed("orders")["count"] == 0, 20)
        database.run(f"INSERT INTO {table} {note(1, 'again')}")
        wait_for("a row after that", lambda: items(gateway).get("1") == "again", 20)
    print(f"{database.kind}: followed, swept, held, released")


if __name__ == "__main__":
    on_one(following)
