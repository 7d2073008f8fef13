"""Connections are cut: between gateway and PostgreSQL in the middle of the first scan and later, between mirror and gateway in the middle of a download and
while live; a silent cable is found by the deadline. Invariant: nothing is lost and nothing doubled, so the mirror's digest equals the
feed's and the feed's rows equal the table's; the state of the source says what is wrong while it is.

    cut_test.py --program build/bin/meshgate
"""

import argparse
import os
import sys
import tempfile
import time

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "integration"))
from databases import Postgres  # noqa: E402
from processes import Gateway, Process, run, wait_for  # noqa: E402
from proxy import Proxy, chance  # noqa: E402
from reader import canonical, content_hash, digest  # noqa: E402

ROWS = 60000


def wanted_digest(database):
    rows = database.rows("things", ["id", "name"], "id")
    return len(rows), digest(content_hash(i, canonical({"id": int(i), "name": name})) for i, name in rows)


def feed_is(gateway, wanted):
    feed = gateway.feed("things")
    return feed and not feed["loading"] and (feed["partitions"][0]["count"], feed["partitions"][0]["digest"]) == wanted


def state(gateway):
    feed = gateway.feed("things")
    return (feed or {}).get("source", {}).get("state")


def main():
    arguments = argparse.ArgumentParser()
    arguments.add_argument("--program", required=True)
    arguments.add_argument("--seed", type=int, default=int.from_bytes(os.urandom(4), "big"))
    options = arguments.parse_args()
    random = chance(options.seed)
    with tempfile.TemporaryDirectory(prefix="meshgate-cut-") as folder:
        database = Postgres(folder)
        table = database.table("things")
        database.run(f"CREATE TABLE {table} (id bigint PRIMARY KEY, name text)", f"INSERT INTO {table} SELECT i, 'row ' || i FROM generate_series(1, {ROWS}) i")
        to_database = Proxy(database.host, int(database.port))
        yaml = f"""
node: {{ read: public, data: DATA, listen: "http://127.0.0.1:PORT" }}
sources:
  company:
    connector: odbc
    connection: {database.connection_yaml().replace(f"port: {database.port}", f"port: {to_database.port}, timeout: 3s")}
    every: 200ms
feeds:
  things:
    from: {{ source: company, table: {table} }}
"""
        gateway = Gateway(options.program, folder, yaml)
        to_gateway = Proxy("127.0.0.1", gateway.port)
        file = os.path.join(folder, "mirror.db")
        mirror = Process([options.program, "mirror", f"http://127.0.0.1:{to_gateway.port}", "--into", file, "--quiet"], os.path.join(folder, "mirror.log"))
        try:
            test(random, database, table, gateway, mirror, to_database, to_gateway)
            mirror.stop()
            code, out, err = run([options.program, "mirror", gateway.url, "--into", file, "--once"])
            count, sum128 = wanted_digest(database)
            if code != 0 or sum128 not in out or f"{count} items" not in out:
                raise SystemExit(f"the mirror ended with {code} and not with {count} items, {sum128}: {out}{err}")
            print(f"equal at {count} items, {sum128}")
        except SystemExit:
            print(f"---- gateway\n{gateway.log()[-4000:]}\n---- mirror\n{mirror.log()[-4000:]}", file=sys.stderr)
            raise
        finally:
            mirror.stop()
            gateway.stop()
            to_gateway.close()
            to_database.close()
            database.close()


def test(random, database, table, gateway, mirror, to_database, to_gateway):
    gateway.start()
    mirror.start()
    cuts = 0
    while cuts < 8:  # in the middle of the first scan and of the first download
        time.sleep(random.uniform(0.02, 0.3))
        cuts += to_database.cut()
        to_gateway.cut()
    wait_for("the first scan after the cuts", lambda: feed_is(gateway, wanted_digest(database)), 120)

    for turn in range(10):  # while changes flow
        database.run(f"UPDATE {table} SET name = name || '!' WHERE id % 1000 = {turn}", f"DELETE FROM {table} WHERE id % 5000 = {turn + 50}",
                     f"INSERT INTO {table} VALUES ({ROWS + 1 + turn}, 'new')")
        random.choice((to_database, to_gateway)).cut()
        time.sleep(random.uniform(0.05, 0.4))
    wait_for("the feed to equal the table after the cuts", lambda: feed_is(gateway, wanted_digest(database)), 60)

    to_database.refusing = True
    to_database.cut()
    wait_for("the state to say that the database is gone", lambda: state(gateway) == "failing", 30)
    to_database.refusing = False
    wait_for("the source to come back by itself", lambda: state(gateway) in ("idle", "scanning"), 60)

    to_database.stall()  # no reset, no answer: only the deadline can find it
    wait_for("the deadline to find the silent connection", lambda: state(gateway) == "failing", 30)
    database.run(f"INSERT INTO {table} VALUES ({ROWS + 100}, 'while silent')")
    to_database.flow()
    to_database.cut()
    wait_for("the feed to equal the table after the silence", lambda: feed_is(gateway, wanted_digest(database)), 60)

    database.once(f"SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE pid <> pg_backend_pid() AND query LIKE '%{table.split('.')[0]}%'")
    database_after_kill(database, table)
    wait_for("the feed to equal the table after killed backends", lambda: feed_is(gateway, wanted_digest(database)), 60)


def database_after_kill(database, table):
    """Our own client may have been among the killed; `once` opens a new one."""
    database.once(f"INSERT INTO {table} VALUES ({ROWS + 200}, 'after the kill')")


if __name__ == "__main__":
    main()
