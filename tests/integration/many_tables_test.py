"""More tables than the database has connections for: with `limits: { connections: 8 }` a source with hundreds of tables keeps within them, and all of them are read, again and again.

    many_tables_test.py --program build/bin/meshgate [--tables 300]
"""

import argparse
import contextlib
import os
import tempfile
import threading

from databases import Postgres
from processes import Gateway, wait_for

SESSIONS = 20  # that the database gives this user
ROWS = 5


def configuration(postgres):
    return f"""
node: {{ read: public, data: DATA, listen: "http://127.0.0.1:PORT" }}
sources:
  s: {{ connector: odbc, connection: {postgres.connection_yaml()}, every: 1s, limits: {{ connections: 8 }} }}
feeds:
  all: {{ from: {{ source: s, tables: [ "{postgres.schema}.*" ] }} }}
"""


class Counter(threading.Thread):
    """The most sessions that the gateway's user was seen to have."""

    def __init__(self, postgres):
        super().__init__(daemon=True)
        self.postgres, self.most = postgres, 0
        self.stop_asked = threading.Event()

    def run(self):
        while not self.stop_asked.wait(0.2):
            self.most = max(self.most, int(self.postgres.once(f"SELECT count(*) FROM pg_stat_activity WHERE usename = '{self.postgres.reader}'")))


def in_each(postgres, tables, statement):
    """Runs a statement for each table, %s being its name."""
    for first in range(0, tables, 50):
        postgres.run(*[statement % postgres.table(f"t{n}") for n in range(first, min(tables, first + 50))])


def all_hold(gateway, tables, count):
    def held():
        answer = gateway.get("/feeds")
        feeds = [feed for feed in answer[1]["feeds"] if not feed.get("loading")] if answer and answer[0] == 200 else []
        return len(feeds) == tables and all(feed["count"] == count for feed in feeds)
    wait_for(f"{tables} feeds with {count} items each; the log says:\n{gateway.log()[-1500:]}", held, 600)


def many_tables(program, folder, postgres, tables):
    postgres.add_reader()
    postgres.once(f"ALTER ROLE {postgres.reader} CONNECTION LIMIT {SESSIONS}")
    in_each(postgres, tables, f"CREATE TABLE %s AS SELECT n AS id, 'row' AS note FROM generate_series(1, {ROWS}) n")
    in_each(postgres, tables, "ALTER TABLE %s ADD PRIMARY KEY (id)")
    gateway = Gateway(program, folder, configuration(postgres))
    counter = Counter(postgres)
    counter.start()
    with gateway.stopped_in_the_end():
        gateway.start()
        all_hold(gateway, tables, ROWS)
        in_each(postgres, tables, "INSERT INTO %s VALUES (100, 'new')")
        all_hold(gateway, tables, ROWS + 1)
        in_each(postgres, tables, "DELETE FROM %s WHERE id IN (1, 2)")
        all_hold(gateway, tables, ROWS - 1)
        counter.stop_asked.set()
        counter.join(timeout=30)
        if "too many connections" in gateway.log() or not 1 < counter.most <= SESSIONS:
            raise SystemExit(f"{counter.most} sessions; the log says:\n{gateway.log()[-3000:]}")
    print(f"{tables} tables were read through at most {counter.most} sessions")


@contextlib.contextmanager
def database_of_its_own(folder):
    """So many tables would be in the way of tests that list what there is."""
    around = Postgres(folder)
    name = os.environ["MESHGATE_TEST_PG_DB"] = "many_" + around.schema
    around.once(f"CREATE DATABASE {name}")
    try:
        postgres = Postgres(folder)
        try:
            yield postgres
        finally:
            postgres.close()
    finally:
        around.once(f"DROP DATABASE {name} WITH (FORCE)")
        around.close()


def main():
    arguments = argparse.ArgumentParser()
    arguments.add_argument("--program", required=True)
    arguments.add_argument("--tables", type=int, default=300)
    options = arguments.parse_args()
    with tempfile.TemporaryDirectory(prefix="meshgate-many-tables-") as folder:
        with database_of_its_own(folder) as postgres:
            many_tables(os.path.abspath(options.program), folder, postgres, options.tables)


if __name__ == "__main__":
    main()
