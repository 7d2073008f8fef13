"""A node behind nginx, as OPERATING.md shows it: who asks is who asked nginx, and only that; ids of requests pass through; a live answer is not held back.
Beside that what pages of other origins may do, and what comes of asking too often.

    front_test.py --program build/bin/meshgate
"""

import argparse
import http.client
import json
import os
import ssl
import sys
import tempfile

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "integration"))
from authority import Authority  # noqa: E402
from databases import Sqlite  # noqa: E402
from nginx import Nginx  # noqa: E402
from processes import Gateway, wait_for  # noqa: E402

CONFIG = """
node:
  read: public
  roles: { viewer: public }
  data: DATA
  listen: "http://127.0.0.1:PORT"
  access_log: ACCESS
  proxies: [ 127.0.0.1 ]
  cors: [ "https://app.corp" ]
  limits: { requests_per_address: 50, burst: 100 }
sources: { company: { connector: odbc, connection: CONNECTION, every: 50ms } }
feeds: { things: { from: { source: company, table: things } } }
"""


class Front:
    """nginx and the node behind it."""

    def __init__(self, program, folder, database):
        self.authority = Authority(folder)
        self.authority.sign("front")
        self.access = os.path.join(folder, "access.log")
        self.node = Gateway(program, folder, CONFIG.replace("ACCESS", self.access).replace("CONNECTION", database.connection_yaml()))
        self.nginx = Nginx(folder, self.node.port, self.authority.path("front.pem"), self.authority.path("front.key"))
        self.context = ssl.create_default_context(cafile=self.authority.certificate)

    def through(self, source):
        return http.client.HTTPSConnection("127.0.0.1", self.nginx.port, timeout=30, context=self.context, source_address=(source, 0))

    def direct(self, source):
        return http.client.HTTPConnection("127.0.0.1", self.node.port, timeout=30, source_address=(source, 0))

    def line(self, what, wanted):
        """The line of the access log that fits."""
        def found():
            with open(self.access, encoding="utf-8") as log:
                return next((one for one in map(json.loads, log) if wanted(one)), None)
        return wait_for(f"the access log to tell of {what}", found, 30)


def ask(connection, path, method="GET", **fields):
    connection.request(method, path, headers={name.replace("_", "-"): value for name, value in fields.items()})
    answer = connection.getresponse()
    return answer, answer.read()


def equal(what, came, wanted):
    if came != wanted:
        raise SystemExit(f"{what}: {came!r}, not {wanted!r}")


def addresses(front):
    answer, _ = ask(front.through("127.0.0.5"), "/feeds", User_Agent="one", X_Forwarded_For="6.6.6.6")
    equal("through nginx", answer.status, 200)
    line = front.line("a request through nginx", lambda one: one["agent"] == "one")
    equal("who asked nginx", line["remote"], "127.0.0.5")
    equal("nginx's id of the request", line["request"], answer.getheader("X-Request-Id"))
    equal("the length of nginx's id", len(line["request"]), 32)
    ask(front.direct("127.0.0.6"), "/feeds", User_Agent="two", X_Forwarded_For="6.6.6.6", X_Request_Id="mine-1")
    line = front.line("a stranger", lambda one: one["agent"] == "two")
    equal("a stranger's claim", line["remote"], "127.0.0.6")
    equal("an id that is well formed", line["request"], "mine-1")
    answer, body = ask(front.direct("127.0.0.6"), "/feeds/none", X_Request_Id="mine 2")
    if answer.getheader("X-Request-Id") == "mine 2" or answer.getheader("X-Request-Id") not in json.loads(body)["instance"]:
        raise SystemExit(f"an id that is malformed: {answer.getheader('X-Request-Id')} {body}")


def live(front, database):
    connection = front.through("127.0.0.5")
    connection.request("GET", "/feeds/things/changes?live=sse")
    answer = connection.getresponse()
    lines = iter(answer.fp.readline, b"")
    if not any(b'"caught_up":true' in line for line in lines):
        raise SystemExit("a live reader through nginx never caught up")
    database.run("INSERT INTO things VALUES (77, 'seventy-seven')")
    if not any(b"seventy-seven" in line for line in lines):
        raise SystemExit("a change did not pass nginx")
    connection.sock.close()


def names(front):
    """An id with a slash in it passes nginx as it is."""
    answer, body = ask(front.through("127.0.0.5"), "/feeds/things/items/a%2Fb")
    equal("an escaped slash", (answer.status, b"a%2Fb" in body or b"a/b" in body), (404, True))


def pages(front):
    answer, _ = ask(front.direct("127.0.0.7"), "/feeds", Origin="https://app.corp")
    equal("a page that may read", answer.getheader("Access-Control-Allow-Origin"), "https://app.corp")
    if "Origin" not in answer.headers.get_all("Vary") or "ETag" not in answer.getheader("Access-Control-Expose-Headers"):
        raise SystemExit(f"fields for a page are missing: {answer.getheaders()}")
    answer, _ = ask(front.direct("127.0.0.7"), "/feeds", Origin="https://evil.example")
    equal("a page that may not", answer.getheader("Access-Control-Allow-Origin"), None)
    answer, _ = ask(front.direct("127.0.0.7"), "/feeds/things/changes", "OPTIONS", Origin="https://app.corp", Access_Control_Request_Method="GET",
                    Access_Control_Request_Headers="if-none-match")
    equal("a preflight", (answer.status, "GET" in answer.getheader("Access-Control-Allow-Methods")), (204, True))
    if "If-None-Match" not in answer.getheader("Access-Control-Allow-Headers"):
        raise SystemExit(f"a preflight allows {answer.getheader('Access-Control-Allow-Headers')}")


def too_often(front):
    """One address is limited whether it comes by itself or through nginx; another beside it is not."""
    for connection in (front.direct("127.0.0.8"), front.through("127.0.0.9")):
        for _ in range(5000):
            answer, _ = ask(connection, "/health/live")
            if answer.status != 200:
                break
        equal("asking too often", (answer.status, answer.getheader("Retry-After")), (429, "1"))
        answer, _ = ask(front.through("127.0.0.10"), "/health/live")
        equal("another address", answer.status, 200)
    metrics = ask(front.direct("127.0.0.11"), "/metrics")[1].decode()
    if "meshgate_http_requests_limited_total 2\n" not in metrics:
        raise SystemExit("what was limited is not counted:\n" + metrics)


def main():
    arguments = argparse.ArgumentParser()
    arguments.add_argument("--program", required=True)
    options = arguments.parse_args()
    with tempfile.TemporaryDirectory(prefix="meshgate-front-") as folder:
        database = Sqlite(folder)
        database.run("CREATE TABLE things (id INTEGER PRIMARY KEY, name TEXT)", "INSERT INTO things VALUES (1, 'one')")
        front = Front(options.program, folder, database)
        with front.node.stopped_in_the_end(), front.nginx.stopped_in_the_end():
            front.node.start_and_wait("things")
            front.nginx.start_and_wait()
            addresses(front)
            live(front, database)
            names(front)
            pages(front)
            too_often(front)
        database.close()


if __name__ == "__main__":
    main()
