"""A database that hangs in all the ways a network, a lock or a slow view can make it hang. Each time: the state says what is wrong in the words that
connectors/odbc/README.md has, another source of the node stays as fresh as ever, so do other feeds of the same source where the database itself answers,
`meshgate run` stops within seconds, and afterwards the feed equals the table.

    hung_test.py --program build/bin/meshgate --database postgres
"""

import os
import re
import sys
import time

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "integration"))
from databases import Sqlite, on_one  # noqa: E402
from processes import Gateway, wait_for  # noqa: E402
from proxy import Proxy  # noqa: E402
from reader import canonical, content_hash, digest  # noqa: E402

ROWS = 20000
STOPS_WITHIN = 3  # seconds
TICKS = 5
LOST = "is gone: it is opened anew|nothing answers at"
TOO_LONG = "did not finish in time with .*: it waits for a lock, or needs longer than `timeout`"
HANGS = "calls to .* hang that were given up"


class Company:
    """A database behind a proxy, a second source beside it, and the gateway that reads both."""

    def __init__(self, program, folder, database):
        self.database, self.proxy = database, Proxy(database.host, int(database.port))
        self.beside = Sqlite(folder)
        self.beside.run("CREATE TABLE ticks (id INTEGER PRIMARY KEY)")
        self.ticks = 0
        self.make_tables()
        connection = database.connection_yaml().replace(f"port: {database.port}", f"port: {self.proxy.port}, timeout: 1s")
        table = database.table
        self.gateway = Gateway(program, folder, f"""
node: {{ read: public, data: DATA, listen: "http://127.0.0.1:PORT" }}
sources:
  company: {{ connector: odbc, connection: {connection}, every: 100ms }}
  beside: {{ connector: odbc, connection: {self.beside.connection_yaml()}, every: 100ms }}
feeds:
  things: {{ from: {{ source: company, table: {table("things")}, track: scan }} }}
  small: {{ from: {{ source: company, table: {table("small")}, track: scan }} }}
  sleepy: {{ from: {{ source: company, table: {table("sleepy")}, key: [id], track: scan }} }}
  ticks: {{ from: {{ source: beside, table: ticks, track: scan }} }}
""")

    def make_tables(self):
        database, table = self.database, self.database.table
        bigint, text = database.types["int"], database.types["text"]
        numbers = f"generate_series(1, {ROWS}) AS n(seq)" if database.kind == "postgres" else f"seq_1_to_{ROWS}"
        word = "concat('row ', seq)"
        nap = f"(SELECT pg_sleep(max(seconds)) FROM {table('naps')}) IS NOT NULL" if database.kind == "postgres" else f"SLEEP((SELECT max(seconds) FROM {table('naps')})) = 0"
        database.run(f"CREATE TABLE {table('things')} (id {bigint} PRIMARY KEY, name {text})", f"INSERT INTO {table('things')} SELECT seq, {word} FROM {numbers}",
                     f"CREATE TABLE {table('small')} (id {bigint} PRIMARY KEY)", f"CREATE TABLE {table('naps')} (id {bigint} PRIMARY KEY, seconds {bigint})",
                     f"INSERT INTO {table('naps')} VALUES (1, 0)", f"CREATE VIEW {table('sleepy')} AS SELECT id, seconds FROM {table('naps')} WHERE {nap}")

    def nap(self, seconds):
        self.database.run(f"UPDATE {self.database.table('naps')} SET seconds = {seconds}")

    def error(self, feed):
        source = (self.gateway.feed(feed) or {}).get("source", {})
        return source.get("error", "") if source.get("state") == "failing" else ""

    def fails_with(self, feed, words, seconds=30):
        wait_for(f"feed {feed} to fail with '{words}', it is {self.gateway.feed(feed)}", lambda: re.search(words, self.error(feed)), seconds)

    def equal(self):
        rows = self.database.rows("things", ["id", "name"], "id")
        wanted = len(rows), digest(content_hash(i, canonical({"id": int(i), "name": name})) for i, name in rows)
        wait_for("the feed to equal the table", lambda: self.is_now(wanted), 90)

    def is_now(self, wanted):
        feed = self.gateway.feed("things")
        return feed and not feed["loading"] and (feed["partitions"][0]["count"], feed["partitions"][0]["digest"]) == wanted

    def tick(self, feed):
        """A row more, which arrives before the next one is made: that is as fresh as ever, however fast this machine is."""
        for _ in range(TICKS):
            self.ticks += 1
            if feed == "ticks":
                self.beside.run(f"INSERT INTO ticks VALUES ({self.ticks})")
            else:
                self.database.run(f"INSERT INTO {self.database.table(feed)} VALUES ({self.ticks})")
            wait_for(f"row {self.ticks} in feed {feed}", lambda: self.gateway.get(f"/feeds/{feed}/items/{self.ticks}")[0] == 200, 15)

    def stops(self):
        began = time.monotonic()
        code = self.gateway.stop()
        took = time.monotonic() - began
        if code != 0 or took > STOPS_WITHIN:
            raise SystemExit(f"meshgate run ended with {code} after {took:.1f} s")
        return took

    def threads(self):
        return len(os.listdir(f"/proc/{self.gateway.process.pid}/task"))


def suffers(company, what, begin, end, feed, words, others=()):
    begin()
    company.fails_with(feed, words)
    said = company.error(feed)
    for other in ("ticks", *others):
        company.tick(other)
    took = company.stops()
    company.gateway.start()
    wait_for("the node to serve", lambda: company.gateway.get("/health/live"))
    company.tick("ticks")
    company.fails_with(feed, words)
    end()
    company.database.run(f"UPDATE {company.database.table('things')} SET name = '{what}' WHERE id % 100 = 7")
    company.equal()
    print(f"{company.database.kind}: {what}: stopped in {took:.1f} s; said: {said}", flush=True)


def hangs_for_long(company):
    """Whatever was given up and hangs is bounded, and when it hangs no more all goes on."""
    before = company.threads()
    company.proxy.fall_silent(200_000)
    company.fails_with("things", LOST)
    if company.database.kind == "postgres":  # MariaDB's driver can be told to end such calls by itself
        company.fails_with("things", HANGS, 150)
    most = max(company.threads() for _ in range(5) if company.tick("ticks") is None)
    if most > before + 24:
        raise SystemExit(f"{most} threads, where there were {before}")
    company.proxy.flow()
    company.proxy.cut()
    company.equal()
    wait_for("what hung to have ended", lambda: company.threads() <= before + 4, 60)
    print(f"{company.database.kind}: hangs for long: {before} threads before, {most} at most", flush=True)


def hung(program, folder, database):
    company = Company(program, folder, database)
    proxy, table = company.proxy, database.table
    holder = database.second_client()
    lock = ["BEGIN", f"LOCK TABLE {table('things')} IN ACCESS EXCLUSIVE MODE"] if database.kind == "postgres" else [f"LOCK TABLES {table('things')} WRITE"]
    unlock = "ROLLBACK" if database.kind == "postgres" else "UNLOCK TABLES"

    def well():
        proxy.flow()
        proxy.cut()

    try:
        company.gateway.start_and_wait("things", "small", "sleepy", "ticks")
        company.equal()
        suffers(company, "nothing is answered any more", proxy.stall, well, "things", LOST)
        suffers(company, "a byte a second", proxy.drip, well, "things", LOST)
        suffers(company, "silent within a result", lambda: proxy.fall_silent(200_000), well, "things", LOST)
        suffers(company, "a locked table", lambda: holder.say(*lock), lambda: holder.say(unlock), "things", TOO_LONG, ["small"])
        suffers(company, "a slow view", lambda: company.nap(600), lambda: company.nap(0), "sleepy", TOO_LONG, ["small"])
        hangs_for_long(company)
        company.stops()
    except SystemExit:
        print(company.gateway.log()[-6000:], file=sys.stderr)
        raise
    finally:
        well()
        holder.end()
        company.gateway.stop()
        company.proxy.close()
        company.beside.close()
        if database.kind == "mariadb":
            database.once(f"DROP VIEW {table('sleepy')}")


if __name__ == "__main__":
    on_one(hung)
