"""Other rules at SIGHUP, with streams open: who loses a partition is told so and hangs up, who keeps theirs reads on, who gains one is let in; a configuration
with a fault changes nothing. And who goes out of the directory and comes back has the device they had. People and groups come from a database; their
devices are written into the book before the first start, as if they had signed in.

    rules_reload_test.py --program build/bin/meshgate
"""

import argparse
import base64
import hashlib
import http.client
import json
import os
import secrets
import signal
import tempfile
import time

from databases import Sqlite
from processes import Gateway, wait_for

CONFIGURATION = """node: { data: DATA, listen: "http://127.0.0.1:PORT" }
sources:
  company: { connector: odbc, connection: CONNECTION, every: 100ms }
feeds:
  _users: { from: { source: company, table: people } }
  _groups: { from: { source: company, table: teams } }
  orders:
    from: { source: company, table: orders }
    partition: region
    read: [ RULES ]
"""
BY_REGION = '"group:sales-{partition}", group:auditors'
ONLY_AUDITORS = "group:auditors"


def expect(condition, what):
    if not condition:
        raise SystemExit(f"FAIL {what}")
    print(f"ok   {what}", flush=True)


def base64url(data):
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


class Device:
    """A device in the book, and the refresh token that it holds."""

    def __init__(self, anchor, name):
        self.id, self.family, self.secret = (base64url(secrets.token_bytes(size)) for size in (16, 32, 32))
        self.anchor, self.name = anchor, name
        self.token = f"{self.id}.{self.family}.{self.secret}"

    def line(self):
        at = time.time_ns() // 1000
        hashed = {name: base64url(hashlib.sha256(text.encode()).digest()) for name, text in (("family", self.family), ("current", self.secret))}
        return json.dumps({"device": self.id, "user": self.anchor, "user_name": self.name, "name": "laptop", "key": "", "browser": False, "enrolled": at, "seen": at,
                           "until": at + 86400 * 1000000, **hashed, "previous": ""})

    def refresh(self, gateway):
        """The answer's status; keeps what it gives."""
        try:
            connection = http.client.HTTPConnection("127.0.0.1", gateway.port, timeout=30)
            connection.request("POST", "/auth/token", json.dumps({"grant_type": "refresh_token", "refresh_token": self.token}), {"Content-Type": "application/json"})
            answer = connection.getresponse()
            body = json.loads(answer.read())
            connection.close()
        except OSError:
            return 0
        if answer.status == 200:
            self.token, self.access = body["refresh_token"], body["access_token"]
        return answer.status

    def open(self, gateway, path):
        connection = http.client.HTTPConnection("127.0.0.1", gateway.port, timeout=30)
        connection.request("GET", path, headers={"Authorization": "Bearer " + self.access})
        return connection.getresponse()

    def status(self, gateway, partition):
        with self.open(gateway, f"/feeds/orders/changes?partition={partition}") as answer:
            answer.read()
            return answer.status


class Stream:
    """An endless stream of one partition."""

    def __init__(self, gateway, device, partition):
        self.answer = device.open(gateway, f"/feeds/orders/changes?partition={partition}&live=stream")
        if self.answer.status != 200:
            raise SystemExit(f"a stream of {partition} is answered {self.answer.status}")

    def until(self, kind, **wanted):
        """The next line of a kind that holds what is wanted."""
        for line in self.answer:
            found = json.loads(line).get(kind)
            if found is not None and all(found.get(name) == value for name, value in wanted.items()):
                return found
        raise SystemExit(f"the stream ended without {kind} {wanted}")

    def ended(self):
        return self.answer.read() == b""


def write_rules(gateway, rules):
    with open(gateway.config, encoding="ascii") as file:
        text = file.read()
    before = text[text.index("read: [") : text.index("]", text.index("read: [")) + 1]
    with open(gateway.config, "w", encoding="ascii") as file:
        file.write(text.replace(before, f"read: [ {rules} ]"))


def hang_up(gateway, said):
    """SIGHUP, and what the log says to it."""
    before = gateway.log().count(said)
    gateway.process.send_signal(signal.SIGHUP)
    wait_for(f"the log to say '{said}'", lambda: gateway.log().count(said) > before)


def rules_change(gateway, database, ann, bob):
    north, audit = Stream(gateway, ann, "north"), Stream(gateway, bob, "north")
    north.until("put", id="1")
    audit.until("mark", caught_up=True)
    expect(ann.status(gateway, "south") == 403 and bob.status(gateway, "south") == 200, "ann sells in the north, bob audits all")
    write_rules(gateway, ONLY_AUDITORS)
    hang_up(gateway, "rules of who may read")
    expect(north.until("denied") == {"feed": "orders", "partition": "north"} and north.ended(), "ann's open stream says that it is denied, and ends")
    database.run("INSERT INTO orders VALUES (3, 'north', 'after the change')")
    expect(audit.until("put", id="3"), "bob's goes on")
    expect(ann.status(gateway, "north") in (403, 404), "ann is refused anew")
    write_rules(gateway, "group:auditors, nonsense")
    hang_up(gateway, "is not taken up")
    expect(ann.status(gateway, "north") in (403, 404) and bob.status(gateway, "north") == 200, "a configuration with a fault changes nothing")
    write_rules(gateway, BY_REGION)
    hang_up(gateway, "rules of who may read")
    wait_for("ann to be let in again", lambda: ann.status(gateway, "north") == 200)
    Stream(gateway, ann, "north").until("put", id="3")
    write_rules(gateway, "'principal.site == partition'")
    hang_up(gateway, "rules of who may read")
    wait_for("ann to be let in by a field that no rule asked for before", lambda: ann.status(gateway, "south") == 200)
    audit.until("denied")
    expect(ann.status(gateway, "north") in (403, 404) and audit.ended(), "and by nothing else")


def goes_and_comes_back(gateway, database, ann):
    stream = Stream(gateway, ann, "south")
    database.run("DELETE FROM people WHERE id = 1")
    stream.until("denied")
    expect(ann.refresh(gateway) == 401, "ann, who has gone, is refused")
    database.run("INSERT INTO people VALUES (1, 'ann', 'south')")
    wait_for("ann to refresh again", lambda: ann.refresh(gateway) == 200)
    expect(ann.status(gateway, "south") == 200, "ann, who has come back, has her device")


def main():
    arguments = argparse.ArgumentParser()
    arguments.add_argument("--program", required=True)
    program = os.path.abspath(arguments.parse_args().program)
    with tempfile.TemporaryDirectory(prefix="meshgate-reload-") as folder:
        database = Sqlite(folder)
        database.run("CREATE TABLE people (id INTEGER PRIMARY KEY, name TEXT, site TEXT)", "CREATE TABLE teams (id INTEGER PRIMARY KEY, name TEXT, members TEXT)",
                     "CREATE TABLE orders (id INTEGER PRIMARY KEY, region TEXT, text TEXT)", "INSERT INTO people VALUES (1, 'ann', 'south')",
                     "INSERT INTO people VALUES (2, 'bob', 'west')", "INSERT INTO teams VALUES (1, 'sales-north', 'ann')", "INSERT INTO teams VALUES (2, 'auditors', 'bob')",
                     "INSERT INTO orders VALUES (1, 'north', 'first')", "INSERT INTO orders VALUES (2, 'south', 'second')")
        gateway = Gateway(program, folder, CONFIGURATION.replace("CONNECTION", database.connection_yaml()).replace("RULES", BY_REGION))
        ann, bob = Device("1", "ann"), Device("2", "bob")
        os.makedirs(os.path.join(folder, "data", "access"), mode=0o700)
        with open(os.open(os.path.join(folder, "data", "access", "devices"), os.O_WRONLY | os.O_CREAT, 0o600), "w", encoding="ascii") as book:
            book.write(f"{ann.line()}\n{bob.line()}\n")
        with gateway.stopped_in_the_end():
            gateway.start()
            for device in (ann, bob):
                wait_for(f"{device.name} to be known", lambda device=device: device.refresh(gateway) == 200)
                wait_for("the orders to be there", lambda device=device: device.status(gateway, "north") == 200)
            rules_change(gateway, database, ann, bob)
            goes_and_comes_back(gateway, database, ann)
    print("changed rules count at once")


if __name__ == "__main__":
    main()
