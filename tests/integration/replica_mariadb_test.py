"""A source that is read from a replica of MariaDB, which does not say how far it has come: nothing is claimed but what `overlap` declares, what it lags behind is neither shown
nor deleted, and where a connection is led from the server that is written to, to such a replica, it waits for that server.

    replica_mariadb_test.py --program build/bin/meshgate
"""

import argparse
import os
import tempfile

from databases import Mariadb
from processes import wait_for
from replica_test import Replica, check
from services import OwnServers

ROWS = 200
FEEDS = {"scanned": "track: scan", "followed": "track: at, overlap: 15m, sweep: 1s"}
CLOCK = "SELECT date_format(utc_timestamp(6), '%Y-%m-%dT%H:%i:%s.%fZ')"


class MariadbReplica(Replica):
    def __init__(self, program, folder, mariadb):
        super().__init__(program, folder, mariadb, int(os.environ["MESHGATE_TEST_MARIADB_REPLICA_PORT"]), FEEDS)

    def change(self, statement):
        """In both tables, %s being the name; the database's clock just after it."""
        for feed in FEEDS:
            self.database.once(statement % self.database.table(feed))
        return self.database.once(CLOCK).strip()

    def insert(self, first, count):
        return self.change(f"INSERT INTO %s (id, note) SELECT seq, 'row' FROM seq_{first}_to_{first + count - 1}")

    def delay(self, seconds):
        """It goes on running, and applies what was committed so long ago."""
        self.on_replica(f"STOP SLAVE; CHANGE MASTER TO MASTER_DELAY={seconds}; START SLAVE")


def claims_nothing_newer(replica, than):
    feeds = replica.feeds()
    check("of the scanned one nothing is claimed", "as_of" not in feeds["scanned"], feeds)
    check("of the followed one no more than the overlap", feeds["followed"]["as_of"] < than, feeds)


def lags(replica):
    """Behind by an hour, or stopped altogether: what is written and deleted meanwhile is not shown."""
    replica.wait("the state to say what it is", lambda feed: "this server is a replica" in feed["source"].get("note", ""))
    delayed = (lambda: replica.delay(3600), lambda: replica.delay(0))
    stopped = (lambda: replica.on_replica("STOP SLAVE SQL_THREAD"), lambda: replica.on_replica("START SLAVE"))
    for number, (behind, again) in enumerate((delayed, stopped), 1):
        count = replica.feeds()["scanned"]["count"]
        behind()
        written = replica.insert(1000 * number, 5)
        replica.change(f"DELETE FROM %s WHERE id IN ({number}, {number + 10})")
        replica.passes(10)
        check("nothing is shown that is not applied", all(feed["count"] == count for feed in replica.feeds().values()), replica.feeds())
        claims_nothing_newer(replica, written)
        again()
        replica.wait("what was applied to arrive", lambda feed: feed["count"] == count + 3)


def is_led_astray(replica):
    """From the primary to a replica that lags by a few rows, fewer than a guard would hold."""
    replica.lead_to(replica.database.port)
    replica.delay(3600)
    count = replica.feeds()["scanned"]["count"]
    written = replica.insert(5001, 5)
    replica.wait("the rows of the primary", lambda feed: feed["count"] == count + 5 and feed.get("as_of", "") > written)
    check("the primary is no replica", all("replica" not in feed["source"].get("note", "") for feed in replica.feeds().values()), replica.feeds())
    before = replica.partitions()
    replica.lead_to(replica.replica_port)
    replica.wait("the primary to be waited for", lambda feed: feed["source"]["state"] == "failing" and "this server is a replica and " in feed["source"].get("error", ""))
    check("of the scanned one it is not known how far it has come", "does not say how far it has come" in replica.feeds()["scanned"]["source"]["error"], replica.feeds())
    print(replica.feeds()["followed"]["source"]["error"])
    check("nothing went and nothing went back", replica.partitions() == before, replica.feeds())
    replica.lead_to(replica.database.port)
    replica.insert(6001, 1)
    replica.wait("the primary to be read", lambda feed: feed["count"] == count + 6 and feed["source"]["state"] in ("idle", "scanning"))
    replica.published_one_more(before)


def main():
    arguments = argparse.ArgumentParser()
    arguments.add_argument("--program", required=True)
    program = os.path.abspath(arguments.parse_args().program)
    with tempfile.TemporaryDirectory(prefix="meshgate-replica-") as folder:
        servers = OwnServers(folder, "replica")
        try:
            mariadb = Mariadb(folder)
            mariadb.add_reader()
            for feed in FEEDS:
                mariadb.run(f"CREATE TABLE {mariadb.table(feed)} (id int PRIMARY KEY, note text, at timestamp(6) NOT NULL DEFAULT current_timestamp(6), KEY (at))")
            replica = MariadbReplica(program, folder, mariadb)
            replica.insert(1, ROWS)
            with replica.gateway.stopped_in_the_end():
                wait_for("the rows on the replica", lambda: replica.on_replica(f"SELECT count(*) FROM {mariadb.table('followed')}") == str(ROWS))
                replica.gateway.start_and_wait(*FEEDS)
                replica.wait("all rows", lambda feed: feed["count"] == ROWS)
                lags(replica)
                is_led_astray(replica)
        finally:
            servers.stop()
    print("a replica of MariaDB is told as such, claims nothing, and what it has yet to apply is waited for")


if __name__ == "__main__":
    main()
