"""The server itself is stopped, continued, killed and started again under a gateway that follows one of its tables, and gives a value of 40 MB. Each time the
state says so, another source of the node stays as fresh as ever, and afterwards the feed equals the table. The servers are this test's own.

    sick_server_test.py --program build/bin/meshgate --database postgres
"""

import argparse
import os
import re
import signal
import subprocess
import sys
import tempfile

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "integration"))
from databases import KINDS, Sqlite  # noqa: E402
from processes import Gateway, wait_for  # noqa: E402
from reader import canonical, content_hash, digest  # noqa: E402

SERVICES = os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "services")
ROWS = 20000
HUGE = 40_000_000
ENORMOUS, BEHIND = 900001, 900002
LOST = "is gone: it is opened anew|nothing answers at|is busy: it is tried again"


class OwnServers:
    """Those of tests/services in a folder of their own."""

    def __init__(self, folder, kind):
        self.folder = os.path.join(folder, "services")
        subprocess.run(["bash", os.path.join(SERVICES, "start.sh"), self.folder], check=True, stdout=subprocess.DEVNULL)
        with open(os.path.join(self.folder, "env")) as file:
            os.environ.update(re.findall(r"^export (\w+)='?([^'\n]*)'?$", file.read(), re.M))
        self.pid_file = os.path.join(self.folder, "pg.pid" if kind == "postgres" else "my.pid")
        with open(self.pid_file) as file:
            self.pid = int(file.read())
        with open(f"/proc/{self.pid}/cmdline") as file:
            self.command = file.read().rstrip("\0").split("\0")
        self.command[0] = os.readlink(f"/proc/{self.pid}/exe")
        self.owner = os.stat(f"/proc/{self.pid}")

    def everybody(self):
        """The server and the processes that it has for its sessions."""
        with open(f"/proc/{self.pid}/task/{self.pid}/children") as file:
            return [self.pid, *map(int, file.read().split())]

    def send(self, number):
        for pid in self.everybody():
            os.kill(pid, number)

    def start_again(self):
        process = subprocess.Popen(self.command, user=self.owner.st_uid, group=self.owner.st_gid, extra_groups=[], cwd="/", stdin=subprocess.DEVNULL,
                                   stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        self.pid = process.pid
        with open(self.pid_file, "w") as file:
            file.write(str(self.pid))
        return process

    def stop(self):
        subprocess.run(["bash", os.path.join(SERVICES, "stop.sh"), self.folder], check=False, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)


class Node:
    def __init__(self, program, folder, database):
        self.database = database
        self.beside = Sqlite(folder)
        self.beside.run("CREATE TABLE ticks (id INTEGER PRIMARY KEY)")
        self.ticks = 0
        types, table = database.types, database.table("things")
        numbers = f"generate_series(1, {ROWS}) AS n(seq)" if database.kind == "postgres" else f"seq_1_to_{ROWS}"
        long_text = types["text"] if database.kind == "postgres" else "longtext CHARACTER SET utf8mb4"
        database.run(f"CREATE TABLE {table} (id {types['int']} PRIMARY KEY, name {long_text}, at {types['timestamp']} NOT NULL DEFAULT {database.default_now})",
                     f"CREATE INDEX {database.index('things')} ON {table} (at)", f"INSERT INTO {table} (id, name) SELECT seq, concat('row ', seq) FROM {numbers}")
        self.program, self.folder = program, folder
        self.configure("2s")

    def configure(self, timeout):
        database, table = self.database, self.database.table("things")
        connection = database.connection_yaml().replace(f"port: {database.port}", f"port: {database.port}, timeout: {timeout}")
        self.gateway = Gateway(self.program, self.folder, f"""
node: {{ read: public, data: DATA, listen: "http://127.0.0.1:PORT" }}
sources:
  company: {{ connector: odbc, connection: {connection}, every: 100ms }}
  beside: {{ connector: odbc, connection: {self.beside.connection_yaml()}, every: 100ms }}
feeds:
  things: {{ from: {{ source: company, table: {table}, track: at, columns: [name], sweep: 1s }} }}
  ticks: {{ from: {{ source: beside, table: ticks, track: scan }} }}
""")

    def source(self):
        return (self.gateway.feed("things") or {}).get("source", {})

    def fails(self, words):
        wait_for(f"the source to fail with '{words}'", lambda: self.source().get("state") == "failing" and re.search(words, self.source().get("error", "")), 60)
        print(f"{self.database.kind}: said: {self.source().get('error')}", flush=True)

    def others_go_on(self):
        for _ in range(5):
            self.ticks += 1
            self.beside.run(f"INSERT INTO ticks VALUES ({self.ticks})")
            wait_for(f"tick {self.ticks}", lambda: self.gateway.get(f"/feeds/ticks/items/{self.ticks}")[0] == 200, 15)

    def equal(self):
        rows = self.database.rows(f"things WHERE id <> {ENORMOUS}", ["id", "name"], "id")
        wanted = digest(content_hash(i, canonical({"id": int(i), "name": name})) for i, name in rows)
        wait_for("the feed to equal the table", lambda: (self.gateway.feed("things") or {"partitions": [{}]})["partitions"][0].get("digest") == wanted, 120)

    def change(self, turn):
        table = self.database.table("things")
        self.database.run(f"UPDATE {table} SET name = 'turn {turn}', at = {self.database.now} WHERE id % 500 = {turn}", f"DELETE FROM {table} WHERE id % 1000 = {turn}")


def stopped_and_continued(node, servers):
    servers.send(signal.SIGSTOP)
    try:
        node.fails(LOST)
        node.others_go_on()
    finally:
        servers.send(signal.SIGCONT)
    node.change(1)
    node.equal()


def killed_and_started(node, servers):
    node.database.client.end()
    os.kill(servers.pid, signal.SIGKILL)
    node.fails(LOST)
    node.others_go_on()
    server = servers.start_again()

    def answers():
        nonlocal server
        if server.poll() is not None:  # what was left of the killed one was in its way
            server = servers.start_again()
        return subprocess.run(node.database.command + (["-c"] if node.database.kind == "postgres" else ["-e"]) + ["SELECT 1"], env=node.database.env, capture_output=True).returncode == 0

    wait_for("the server to answer again", answers, 60)
    node.database.client = node.database.second_client()
    node.change(2)
    node.equal()
    return server


def enormous_value(node):
    """It takes as long as it takes, so the deadline is the usual one."""
    table = node.database.table("things")
    node.database.run(f"INSERT INTO {table} (id, name) VALUES ({ENORMOUS}, repeat('x', {HUGE}))", f"INSERT INTO {table} (id, name) VALUES ({BEHIND}, 'behind it')")
    wait_for("the row behind the enormous one", lambda: node.gateway.get(f"/feeds/things/items/{BEHIND}")[0] == 200, 120)
    wait_for("the enormous one in quarantine", lambda: node.gateway.feed("things")["quarantined"] == 1, 60)
    node.equal()
    node.database.run(f"DELETE FROM {table} WHERE id = {ENORMOUS}")
    wait_for("the quarantine to be empty again", lambda: node.gateway.feed("things")["quarantined"] == 0, 60)
    print(f"{node.database.kind}: a value of {HUGE} bytes: in quarantine, the rows behind it are there", flush=True)


def main():
    arguments = argparse.ArgumentParser()
    arguments.add_argument("--program", required=True)
    arguments.add_argument("--database", required=True, choices=["postgres", "mariadb"])
    options = arguments.parse_args()
    with tempfile.TemporaryDirectory(prefix="meshgate-sick-") as folder:
        servers = OwnServers(folder, options.database)
        server = None
        try:
            database = KINDS[options.database](folder)
            node = Node(os.path.abspath(options.program), folder, database)
            with node.gateway.stopped_in_the_end():
                node.gateway.start_and_wait("things", "ticks")
                node.equal()
                stopped_and_continued(node, servers)
                server = killed_and_started(node, servers)
            node.configure("30s")
            with node.gateway.stopped_in_the_end():
                node.gateway.start_and_wait("things", "ticks")
                enormous_value(node)
            node.beside.close()
            database.client.end()
        finally:
            servers.stop()
            if server is not None:
                server.wait(timeout=60)


if __name__ == "__main__":
    main()
