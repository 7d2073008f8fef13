"""People and groups from a database decide who may read what: `meshgate explain` beside a running node and without one, changes, a mass delete.

    explain_test.py --program build/bin/meshgate --database sqlite
"""

import http.client
import json
import os
import socket

from databases import on_one
from processes import Gateway, run, wait_for

PEOPLE = 40


def configuration(database):
    return f"""node: {{ data: DATA, listen: "http://127.0.0.1:PORT", read: group:staff }}
sources:
  s: {{ connector: odbc, connection: {database.connection_yaml()}, every: 100ms }}
feeds:
  _users: {{ from: {{ source: s, table: {database.table("people")} }}, guard: {{ protected: [ "1" ] }} }}
  _groups: {{ from: {{ source: s, table: {database.table("teams")} }} }}
  orders:
    from: {{ source: s, table: {database.table("orders")} }}
    partition: region
    read: [ "group:sales-{{partition}}", "principal.site == partition" ]
  menu: {{ from: {{ source: s, table: {database.table("orders")} }} }}
"""


def check(what, condition, shown=""):
    if not condition:
        raise SystemExit(f"{what}: {shown}")


class Socket(http.client.HTTPConnection):
    """The administration socket, over which everything is seen."""

    def __init__(self, path):
        super().__init__("node", timeout=30)
        self.path = path

    def connect(self):
        self.sock = socket.socket(socket.AF_UNIX)
        self.sock.connect(self.path)


class Asking:
    def __init__(self, gateway, folder):
        self.gateway, self.socket = gateway, os.path.join(folder, "data", "admin.sock")

    def feed(self, name):
        """As the node describes it; empty while nothing listens."""
        try:
            connection = Socket(self.socket)
            connection.request("GET", f"/feeds/{name}")
            answer = connection.getresponse()
            body = answer.read()
            connection.close()
            return json.loads(body) if answer.status == 200 else {}
        except OSError:
            return {}

    def until_loaded(self, *names):
        for name in names:
            wait_for(f"feed {name} to be loaded; the log says:\n{self.gateway.log()[-2000:]}", lambda: self.feed(name).get("loading") is False)

    def says(self, *words, code=0):
        got, out, err = run([self.gateway.program, "explain", *words, "-c", self.gateway.config])
        check(f"explain {words}", got == code, f"exit {got}, not {code}: {out}{err}")
        return out

    def until(self, words, part):
        wait_for(f"explain {words} to say '{part}'; it says: {self.says(*words)}", lambda: part in self.says(*words))


def fill(database):
    t = database.types
    people, teams, orders = (database.table(name) for name in ("people", "teams", "orders"))
    database.run(f"CREATE TABLE {people} (id {t['int']} NOT NULL PRIMARY KEY, name {t['text']}, site {t['text']}, disabled {t['int']})",
                 f"CREATE TABLE {teams} (id {t['text']} NOT NULL PRIMARY KEY, name {t['text']}, members {t['text']})" if database.kind != "mariadb" else
                 f"CREATE TABLE {teams} (id VARCHAR(20) NOT NULL PRIMARY KEY, name {t['text']}, members {t['text']})",
                 f"CREATE TABLE {orders} (id {t['int']} NOT NULL PRIMARY KEY, region {t['text']})")
    database.run(*[f"INSERT INTO {people} VALUES ({i}, 'person{i}', 'site{i}', 0)" for i in range(3, PEOPLE + 1)],
                 f"INSERT INTO {people} VALUES (1, 'alice', 'north', 0)", f"INSERT INTO {people} VALUES (2, 'bob', 'west', 0)",
                 f"INSERT INTO {teams} VALUES ('a', 'leads', 'alice')", f"INSERT INTO {teams} VALUES ('b', 'sales-south', '[\"leads\"]')",
                 f"INSERT INTO {teams} VALUES ('c', 'staff', '1\n2')", f"INSERT INTO {orders} VALUES (1, 'north')", f"INSERT INTO {orders} VALUES (2, 'south')")


def beside_a_running_node(gateway, asking, database):
    people, teams = database.table("people"), database.table("teams")
    asking.until(("alice", "orders", "south"), "alice may read feed orders, partition south\n")
    said = asking.says("alice", "orders", "south")
    check("rule and way", f"  rule   group:sales-{{partition}} ({gateway.config}:10:13)\n  way    alice in leads in sales-south\n  since  20" in said, said)
    check("an attribute", "way    alice\n" in asking.says("Alice", "orders", "north"))
    check("no right", "bob may not read feed orders, partition south\n  note   bob is not meant by any of" in asking.says("bob", "orders", "south"), asking.says("bob", "orders", "south"))
    check("the node's rule", "bob in staff\n" in asking.says("bob", "menu"), asking.says("bob", "menu"))
    check("no such feed", "there is no feed 'nothing'" in run([gateway.program, "explain", "alice", "nothing", "-c", gateway.config])[2])
    check("the directory itself", "alice may not read feed _users\n" in asking.says("alice", "_users"))
    database.run(f"UPDATE {teams} SET members = 'bob' WHERE id = 'a'")
    asking.until(("bob", "orders", "south"), "bob may read")
    check("who left a group", "alice may not read" in asking.says("alice", "orders", "south"))
    database.run(f"UPDATE {people} SET disabled = 1 WHERE id = 2")
    asking.until(("bob", "orders", "south"), "bob is disabled in the directory")
    database.run(f"DELETE FROM {people} WHERE id = 2")
    asking.until(("bob", "menu"), "the directory has nobody")


def mass_delete(asking, database):
    people = database.table("people")
    before = asking.feed("_users")["count"]
    database.run(f"DELETE FROM {people} WHERE id > 29 OR id = 1")
    held = wait_for("the deletes to be held", lambda: asking.feed("_users").get("held"))
    check("more than 5% and more than 10", "more than 5% and more than 10; they are kept" in held, held)
    check("nobody went", asking.feed("_users")["count"] == before and "alice may read" in asking.says("alice", "menu"))
    database.run(f"INSERT INTO {people} VALUES (30, 'person30', 'site30', 0)", f"INSERT INTO {people} VALUES (31, 'person31', 'site31', 0)")
    wait_for("ten of them to go", lambda: asking.feed("_users").get("count") == before - 9)
    check("who is protected stays", "alice may read" in asking.says("alice", "menu"), asking.says("alice", "menu"))


def explaining(program, folder, database):
    fill(database)
    gateway = Gateway(program, folder, configuration(database))
    asking = Asking(gateway, folder)
    check("before the first start", "there is no data folder" in run([program, "explain", "alice", "menu", "-c", gateway.config])[2])
    with gateway.stopped_in_the_end():
        gateway.start()
        asking.until_loaded("_users", "_groups", "orders", "menu")
        beside_a_running_node(gateway, asking, database)
        mass_delete(asking, database)
        check("the node stops", gateway.stop() == 0)
        said = asking.says("alice", "menu")
        check("without a node", said.startswith("the node does not run; this is what its store holds\nalice may read feed menu\n"), said)
    wrong = Gateway(program, folder, configuration(database).replace("_groups:", "teams:"))
    code, _, err = run([program, "check", wrong.config])
    check("a rule that nobody can meet", code == 2 and f"{wrong.config}:1:" in err and "'group:staff' lets nobody in: there is no feed `_groups`" in err, err)
    print(f"{database.kind}: the directory decided, and said why")


if __name__ == "__main__":
    on_one(explaining)
