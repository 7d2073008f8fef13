"""What is not said to be public is nobody's but the administration socket's: every way to read two feeds of one node, of which one is public; a mirror keeps
what it may read, and drops what it may not read any more.

    rights_public_test.py --program build/bin/meshgate
"""

import argparse
import http.client
import json
import os
import socket
import sqlite3
import tempfile

from databases import Sqlite
from processes import Gateway, run, wait_for

WAYS = ["", "/items", "/items/1", "/items?format=csv", "/items?format=ndjson", "/items?format=atom", "/items?format=rss", "/items?format=jsonfeed", "/changes",
        "/changes?format=csv", "/changes?live=poll", "/ranges"]


def configuration(database, public):
    feeds = "".join(f"  {name}: {{ from: {{ source: company, table: {name} }}{', read: public' if name in public else ''} }}\n" for name in ("shown", "shut"))
    return f"""
node: {{ data: DATA, listen: "http://127.0.0.1:PORT" }}
sources: {{ company: {{ connector: odbc, connection: {database.connection_yaml()}, every: 100ms }} }}
feeds:
{feeds}"""


class Administrator(http.client.HTTPConnection):
    """Speaks HTTP over the administration socket."""

    def __init__(self, path):
        super().__init__("node")
        self.path = path

    def connect(self):
        self.sock = socket.socket(socket.AF_UNIX)
        self.sock.settimeout(30)
        self.sock.connect(self.path)


def ask(connection, method, path, body=None):
    connection.request(method, path, body)
    answer = connection.getresponse()
    text = answer.read().decode()
    connection.close()
    return answer.status, text


def expect(what, got, wanted):
    if got != wanted:
        raise SystemExit(f"{what}: {got}, not {wanted}")


class Node:
    def __init__(self, program, folder, database, public, port=None):
        self.gateway = Gateway(program, folder, configuration(database, public), port)
        self.socket = os.path.join(folder, "data", "admin.sock")

    def start(self):
        self.gateway.start()
        wait_for("both feeds to be loaded", lambda: os.path.exists(self.socket) and all('"loading":false' in self.own(f"/feeds/{name}")[1] for name in ("shown", "shut")))

    def own(self, path, method="GET"):
        try:
            return ask(Administrator(self.socket), method, path)
        except OSError:
            return 0, ""

    def other(self, path, method="GET", body=None):
        return ask(http.client.HTTPConnection("127.0.0.1", self.gateway.port, timeout=30), method, path, body)


def every_way(node):
    for way in WAYS:
        nowhere = node.other(f"/feeds/none{way}")[0]
        if nowhere not in (401, 404):
            raise SystemExit(f"a feed that is not there is answered {nowhere}")
        for feed in ("shown", "shut"):
            expect(f"{feed}{way} at the socket", node.own(f"/feeds/{feed}{way}")[0], 200)
            status, text = node.other(f"/feeds/{feed}{way}")
            expect(f"{feed}{way}", status, 200 if feed == "shown" else nowhere)
            if "secret" in text:
                raise SystemExit(f"{feed}{way} shows what is nobody's: {text}")
    for path in ("/feeds", "/feeds?format=opml"):
        status, text = node.other(path)
        expect(path, (status, "shown" in text, "shut" in text), (200, True, False))
        expect(path + " at the socket", "shut" in node.own(path)[1], True)
    lines = node.other("/sync", "POST", json.dumps({"protocol": 1, "feeds": [{"feed": "shown"}, {"feed": "shut"}, {"feed": "none"}]}))[1].splitlines()
    refused = [json.loads(line)["refused"] for line in lines if "refused" in line]
    expect("what /sync refuses", [(one["feed"], one["status"]) for one in refused], [("shut", nowhere), ("none", nowhere)])
    expect("metrics", (node.other("/metrics")[0] in (401, 403), node.own("/metrics")[0]), (True, 200))
    expect("administration", (node.other("/admin/status")[0], node.own("/admin/status")[0]), (404, 200))


def audit(node):
    expect("release", node.own("/admin/release/shut", "POST")[0], 200)
    expect("a release that cannot be", node.own("/admin/release/none", "POST")[0], 404)
    log = node.gateway.log()
    for line in (f"audit: administrator (socket, uid {os.getuid()}) from unix: POST /admin/release/shut, answered 200", f"audit: administrator (socket, uid {os.getuid()}) from unix: POST /admin/release/none, answered 404"):
        if line not in log:
            raise SystemExit(f"no line '{line}' in the log:\n{log}")


def mirror(node, folder, *wanted):
    """Mirrors what there is for everybody; gives the rows of each wanted table."""
    file = os.path.join(folder, "copy.db")
    code, out, err = run([node.gateway.program, "mirror", node.gateway.url, "--into", file, "--once", "--quiet"])
    expect(f"the mirror's end: {out}{err}", code, 0)
    with sqlite3.connect(file) as copy:
        tables = {name for (name,) in copy.execute("SELECT name FROM sqlite_master WHERE type = 'table'")}
        return {name: copy.execute(f"SELECT count(*) FROM {name}").fetchone()[0] if name in tables else None for name in wanted}, out + err


def mirrors(program, folder, database):
    both = Node(program, folder, database, {"shown", "shut"})
    with both.gateway.stopped_in_the_end():
        both.start()
        expect("both mirrored", mirror(both, folder, "shown", "shut")[0], {"shown": 2, "shut": 3})
    one = Node(program, folder, database, {"shown"}, both.gateway.port)
    with one.gateway.stopped_in_the_end():
        one.start()
        every_way(one)
        audit(one)
        rows, said = mirror(one, folder, "shown", "shut")
        expect("what is left when one is nobody's any more", rows, {"shown": 2, "shut": 0})
        if "shut: not allowed any more; its 3 items were removed" not in said:
            raise SystemExit(f"the mirror does not say what it removed: {said}")


def main():
    arguments = argparse.ArgumentParser()
    arguments.add_argument("--program", required=True)
    program = os.path.abspath(arguments.parse_args().program)
    with tempfile.TemporaryDirectory(prefix="meshgate-rights-") as folder:
        database = Sqlite(folder)
        for name, text, rows in (("shown", "anything", 2), ("shut", "secret", 3)):
            database.run(f"CREATE TABLE {name} (id INTEGER PRIMARY KEY, text TEXT)", *[f"INSERT INTO {name} VALUES ({i}, '{text}')" for i in range(1, rows + 1)])
        mirrors(program, folder, database)
    print("what is not public is nobody's")


if __name__ == "__main__":
    main()
