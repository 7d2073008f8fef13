"""A source that is read from a standby: the state says that it is a replica, `as_of` never says more than it has applied, and where a connection is led
from the server that is written to, to a standby that lags, nothing is deleted and nothing goes back: it is waited for.

    replica_test.py --program build/bin/meshgate
"""

import argparse
import os
import sys
import tempfile

from databases import Postgres
from processes import Gateway, wait_for
from services import OwnServers

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "fault"))
from proxy import Proxy  # noqa: E402

ROWS = 200
FEEDS = {"scanned": "track: scan", "followed": "track: at, overlap: 2s, sweep: 1s"}


def configuration(database, port, feeds):
    connection = database.connection_yaml().replace(f"port: {database.port}", f"timeout: 5s, port: {port}")
    feeds = "".join(f"  {feed}: {{ from: {{ source: s, table: {database.table(feed)}, {how} }} }}\n" for feed, how in feeds.items())
    return f"node: {{ read: public, data: DATA, listen: \"http://127.0.0.1:PORT\" }}\nsources:\n  s: {{ connector: odbc, connection: {connection}, every: 200ms }}\nfeeds:\n{feeds}"


class Replica:
    """A replica on a port, read through a proxy that can be led elsewhere."""

    def __init__(self, program, folder, database, port, feeds):
        self.database, self.replica_port, self.names = database, port, list(feeds)
        self.proxy = Proxy(database.host, port)
        self.gateway = Gateway(program, folder, configuration(database, self.proxy.port, feeds))

    def on_replica(self, sql):
        command, at = self.database.command, self.database.command.index(self.database.port)
        command[at] = str(self.replica_port)
        try:
            return self.database.once(sql).strip()
        finally:
            command[at] = self.database.port

    def lead_to(self, port):
        """As a load balancer does when a server is taken away."""
        self.proxy.target = (self.database.host, int(port))
        self.proxy.cut()

    def feeds(self):
        return {feed: self.gateway.feed(feed) for feed in self.names}

    def wait(self, what, condition):
        wait_for(what, lambda: all(feed and condition(feed) for feed in self.feeds().values()), 90)

    def partitions(self):
        return {name: feed["partitions"] for name, feed in self.feeds().items()}

    def published_one_more(self, before):
        """Of each feed, since its partitions were these."""
        for name, partitions in self.partitions().items():
            seq = [int(one["cursor"].split(".")[1]) for one in (before[name][0], partitions[0])]
            check("only the new row was published", seq[1] == seq[0] + 1, (name, seq))

    def passes(self, count):
        """Waits until both feeds have been asked for so many more answers by their source."""
        for _ in range(count):
            before = self.proxy.bytes
            wait_for("the source to be read", lambda: self.proxy.bytes > before + 4000)


class Standby(Replica):
    def __init__(self, program, folder, postgres):
        super().__init__(program, folder, postgres, int(os.environ["MESHGATE_TEST_PG_STANDBY_PORT"]), FEEDS)

    def insert(self, first, count):
        """Into both tables; the database's clock just after it."""
        for feed in FEEDS:
            self.database.once(f"INSERT INTO {self.database.table(feed)} SELECT n, 'row', now() FROM generate_series({first}, {first + count - 1}) n")
        return self.database.once("SELECT to_char(clock_timestamp() AT TIME ZONE 'UTC', 'YYYY-MM-DD\"T\"HH24:MI:SS.US\"Z\"')").strip()


def check(what, condition, shown):
    if not condition:
        raise SystemExit(f"{what}: {shown}")


def lags(replica):
    """The standby stops to apply: what is written meanwhile is not claimed."""
    replica.wait("the state to say what it is", lambda feed: "this server is a replica" in feed["source"].get("note", ""))
    replica.on_replica("SELECT pg_wal_replay_pause()")
    written = replica.insert(1001, 5)
    replica.passes(10)
    for feed in replica.feeds().values():
        check("nothing is claimed that is not applied", feed["as_of"] < written and feed["count"] == ROWS, feed)
    replica.on_replica("SELECT pg_wal_replay_resume()")
    replica.wait("what was applied to arrive", lambda feed: feed["count"] == ROWS + 5)
    replica.insert(1006, 1)
    replica.insert(1007, 1)
    replica.wait("as_of to go on", lambda feed: feed["count"] == ROWS + 7 and feed["as_of"] > written)


def is_led_astray(replica):
    """From the primary to a standby that lags by a few rows, fewer than a guard would hold."""
    replica.lead_to(replica.database.port)
    replica.on_replica("SELECT pg_wal_replay_pause()")
    written = replica.insert(2001, 5)
    replica.wait("the rows of the primary", lambda feed: feed["count"] == ROWS + 12 and feed["as_of"] > written)
    check("the primary is no replica", all("replica" not in feed["source"].get("note", "") for feed in replica.feeds().values()), replica.feeds())
    before = replica.partitions()
    replica.lead_to(replica.replica_port)
    replica.wait("the standby to be waited for", lambda feed: feed["source"]["state"] == "failing" and "has only what was committed until" in feed["source"].get("error", ""))
    print(replica.feeds()["followed"]["source"]["error"])
    check("nothing went and nothing went back", replica.partitions() == before, replica.feeds())
    replica.on_replica("SELECT pg_wal_replay_resume()")
    replica.insert(3001, 1)
    replica.wait("the standby to be read", lambda feed: feed["count"] == ROWS + 13 and feed["source"]["state"] in ("idle", "scanning"))
    replica.published_one_more(before)


def main():
    arguments = argparse.ArgumentParser()
    arguments.add_argument("--program", required=True)
    program = os.path.abspath(arguments.parse_args().program)
    with tempfile.TemporaryDirectory(prefix="meshgate-replica-") as folder:
        servers = OwnServers(folder, "standby")
        try:
            postgres = Postgres(folder)
            for feed in FEEDS:
                postgres.run(f"CREATE TABLE {postgres.table(feed)} (id int PRIMARY KEY, note text, at timestamptz NOT NULL)", f"CREATE INDEX ON {postgres.table(feed)} (at)")
            for sql in ("ALTER SYSTEM SET wal_sender_timeout = '10s'", "SELECT pg_reload_conf()"):  # how often an idle server says that there is nothing more
                postgres.once(sql)
            replica = Standby(program, folder, postgres)
            replica.insert(1, ROWS)
            with replica.gateway.stopped_in_the_end():
                wait_for("the tables on the standby", lambda: replica.on_replica(f"SELECT to_regclass('{postgres.table('followed')}') IS NOT NULL") == "t")
                replica.gateway.start_and_wait(*FEEDS)
                replica.wait("all rows", lambda feed: feed["count"] == ROWS)
                lags(replica)
                is_led_astray(replica)
        finally:
            servers.stop()
    print("a replica is told as such, claims what it has applied, and is waited for where it is behind")


if __name__ == "__main__":
    main()
