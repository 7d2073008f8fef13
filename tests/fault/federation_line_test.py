"""A node over whose line anything may come (POST /peers/line): pages that are good, whole or in pieces, twice, and over two lines at once; pages that are none, that are too long, bytes that
are no zstd or grow too large, one byte a second, nothing, and half a page before the line is cut. What is good is taken, each answer says how far; what is not ends at most its own line.
Who may not bring is answered as everywhere. A gateway whose line is cut, held and silenced again and again loses nothing; to a hub of an older version, which knows no lines, it brings page by page.

    federation_line_test.py --program build/bin/meshgate [--seed N]
"""

import argparse
import http.client
import http.server
import json
import os
import random
import ssl
import sys
import tempfile
import threading

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "integration"))
from certificates_test import Authority  # noqa: E402
from databases import Sqlite  # noqa: E402
from device import expect  # noqa: E402
from federation_push_test import bomb, described, standing  # noqa: E402
from directory import UnixConnection  # noqa: E402
from federation_rights_test import TlsNode, listening  # noqa: E402
from processes import wait_for  # noqa: E402
from proxy import Proxy, chance  # noqa: E402
from replica_client import Node  # noqa: E402
from replica_line import Line, raw_zstd  # noqa: E402
from replica_node import Bringer  # noqa: E402

SCHEMA = {"version": 1, "fields": [{"name": "id", "type": "int64", "nullable": False, "key": 1}, {"name": "text", "type": "text", "nullable": True}]}
HUB = f"""
node: {{ name: hub, data: DATA, {listening("hub")}, read: public, limits: {{ body: 64KiB, idle_time: 3s, body_time: 2s }} }}
peers: {{ other: {{ subject: "CN=other" }}, hq: {{ subject: "CN=hq" }} }}
feeds: {{ notes: {{ from: {{ peer: other }} }}, orders: {{ from: {{ peer: hq }} }} }}
"""


def gateway(database, port):
    return f"""
node: {{ name: hq, data: DATA, {listening("hq")}, read: public }}
sources: {{ company: {{ connector: odbc, connection: {database.connection_yaml()}, every: 50ms }} }}
peers: {{ hub: {{ url: "https://127.0.0.1:{port}", ca: CERTIFICATES/ca.pem, certificate: CERTIFICATES/hq.pem, key: CERTIFICATES/hq.key, push: [orders] }} }}
feeds: {{ orders: {{ from: {{ source: company, table: orders }} }} }}
"""


def shows(authority, name):
    context = ssl.create_default_context(cafile=os.path.join(authority.folder, "ca.pem"))
    if name:
        context.load_cert_chain(os.path.join(authority.folder, name + ".pem"), os.path.join(authority.folder, name + ".key"))
    return context


class Older:
    """Stands before the hub, as the gateway to it and as the hub to the gateway, and knows no lines."""

    def __init__(self, hub, authority):
        asked, context = [], shows(authority, "hq")

        class Handler(http.server.BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def log_message(self, *_):
                pass

            def answer(self):
                asked.append((self.command, self.path.split("?")[0]))
                body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
                there = http.client.HTTPSConnection("127.0.0.1", hub.port, timeout=60, context=context)
                there.request(self.command, self.path, body, {name: self.headers[name] for name in ("Content-Type", "Content-Encoding") if name in self.headers})
                answer = there.getresponse()
                text = answer.read().replace(b',"line":true', b"")
                self.send_response(answer.status)
                for name, value in (("Meshgate-Protocol", "1"), ("Content-Length", str(len(text))), ("Accept-Encoding", answer.getheader("Accept-Encoding"))):
                    if value:
                        self.send_header(name, value)
                self.end_headers()
                self.wfile.write(text)

            do_GET = do_POST = do_PUT = answer

        self.asked = asked
        self.server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.server.daemon_threads = True
        own = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        own.load_cert_chain(os.path.join(authority.folder, "hub.pem"), os.path.join(authority.folder, "hub.key"))
        self.server.socket = own.wrap_socket(self.server.socket, server_side=True, do_handshake_on_connect=False)
        self.port = self.server.server_address[1]
        threading.Thread(target=self.server.serve_forever, daemon=True).start()


class Over(Bringer):
    """Brings its feed over a line."""

    def change(self, text):
        self.put("1", {"id": 1, "text": text})

    def head(self, feed=None, after=None):
        return json.dumps({"of": {"feed": feed or self.feed, "partition": "", "after": after or self.peer}}) + "\n"

    def over(self, line, **other):
        """A page of what is new; the answer."""
        page, cursor, _ = self.page()
        answer = line.turn(self.head(**other) + page)
        if "status" not in answer:
            self.peer = cursor
        return answer


def good(hub, context, other):
    line = Line(hub.port, context)
    for text in ("one", "two", "three"):
        other.change(text)
        before = other.peer
        expect(other.over(line) == {"cursor": other.peer}, f"a page over the line: the answer says how far ({text})")
    other.peer, there = before, other.peer
    expect(other.over(line) == {"cursor": there}, "the same again does no harm")
    other.change("in pieces")
    page, other.peer, _ = other.head() + other.page()[0], other.page()[1], None
    for at in range(0, len(page), 7):
        line.send(page[at:at + 7].encode())
    expect(line.line() == {"cursor": other.peer}, "a page in pieces is one page")
    packed = Line(hub.port, context, zstd=True)
    other.change("packed")
    page, other.peer, _ = other.head() + other.page()[0], other.page()[1], None
    packed.send(raw_zstd(page.encode(), first=True))
    expect(packed.line() == {"cursor": other.peer}, "another line at the same time, packed")
    other.change("over the first again")
    expect(other.over(line) == {"cursor": other.peer}, "and both go on")
    nothing = other.page()[0].splitlines(keepends=True)[-1]
    packed.send(raw_zstd((other.head() + nothing).encode() * 3, first=False))
    expect([packed.line() for _ in range(3)] == [{"cursor": other.peer}] * 3, "three pages at once have three answers")
    line.end()
    expect(line.line() is None and line.closed(), "where the body ends the answer does")


def refused_pages(hub, context, other):
    line = Line(hub.port, context)
    other.change("for later")
    page, cursor, _ = other.page()
    epoch, seq = other.peer.split(".")[:2]
    answer = line.turn(other.head(after=f"{epoch}.{int(seq) + 5}") + page.replace(cursor, f"{epoch}.{int(seq) + 9}"))
    expect(answer["status"] == 409 and answer["cursor"] == other.peer, "a gap is 409, with the cursor to go on from")
    answer = line.turn(other.head(after="0") + page.replace('"seq":', '"seq":1'))
    expect(answer["status"] in (400, 409), f"lines that cannot be are refused: {answer['detail']}")
    for feed in ("orders", "none"):
        answer = line.turn(other.head(feed=feed) + page)
        expect(answer["status"] == 404 and "nobody with this certificate" in answer["detail"], f"{feed} may not be brought by this peer")
    answer = line.turn(other.head() + "x\n" + page.splitlines(keepends=True)[-1])
    expect(answer["status"] in (400, 409), "a page that is none is refused")
    expect(other.over(line) == {"cursor": cursor}, "and the line goes on")


def ended(line, status, what):
    answer = line.line()
    expect(answer is not None and answer["status"] == status and line.line() is None, f"{what}: {status}, and that line is over")


def bad_bytes(hub, context, other):
    page = other.head() + other.page()[0]
    for what, status, zstd, said in (("a first line that is none", 400, False, b"x\n"), ("a page that is too long", 413, False, other.head().encode() + b"x" * (65 << 10)),
                                     ("no zstd", 400, True, b"x" * 100), ("a page that grows too large", 413, True, raw_zstd(other.head().encode(), first=True) + bomb()[6:]),
                                     ("zstd that turns to garbage", 400, True, raw_zstd(page[:50].encode(), first=True) + b"\xff" * 100),
                                     ("half a page and no more", 408, False, page[:50].encode())):
        line = Line(hub.port, context, zstd=zstd)
        line.send(said)
        ended(line, status, what)
    line = Line(hub.port, context, zstd=True)
    line.send(raw_zstd(page[:50].encode(), first=True))
    line.end()
    ended(line, 400, "zstd that breaks off")
    line = Line(hub.port, context)
    expect(line.line() is None and line.closed(), "a line over which nothing comes ends by itself")
    line = Line(hub.port, context)
    line.drip(page.encode())
    ended(line, 408, "a byte at a time")
    held = standing(hub, "notes")
    line = Line(hub.port, context)
    other.change("half of it")
    line.send((other.head() + other.page()[0])[:-20].encode())
    line.cut()
    expect(standing(hub, "notes") == held, "of a page that was cut nothing is taken")
    line = Line(hub.port, context)
    expect(other.over(line) == {"cursor": other.peer}, "and the next line takes all of it")


def strangers(hub, authority):
    for shown in ("", "stranger"):
        line = Line(hub.port, shows(authority, shown), opened=404)
        expect(line.status == 404, f"a line with certificate '{shown}' is answered 404")


def stops(hub, context, other):
    line = Line(hub.port, context)
    other.change("before the stop")
    other.over(line)
    own = UnixConnection(os.path.join(hub.data, "admin.sock"))
    own.request("GET", "/metrics")
    counted = [one for one in own.getresponse().read().decode().splitlines() if 'route="/peers/line"' in one and 'status="2xx"' in one]
    expect(hub.stop() == 0 and line.line() is None and line.closed(), "a node that stops ends its lines, and the answers are whole")
    expect(float(counted[0].split()[-1]) > 5, "each line was counted once, when it was over")
    hub.start()
    line = Line(hub.port, context)
    other.change("after the stop")
    page, cursor, _ = other.page()
    answer = line.turn(other.head() + page)
    expect(answer.get("cursor") == cursor or answer["status"] == 409, "after a restart it takes pages again, or asks for the description first")


def troubled(program, folder, authority, hub, seed):
    """A gateway whose way to the hub is a bad one."""
    database = Sqlite(folder)
    database.run("CREATE TABLE orders (id INTEGER PRIMARY KEY, text TEXT)", "INSERT INTO orders VALUES (0, 'first')")
    proxy, chooser = Proxy("127.0.0.1", hub.port), random.Random(seed)
    there = TlsNode(program, os.path.join(folder, "hq"), authority, gateway(database, proxy.port))
    same = lambda: standing(there, "orders") is not None and standing(there, "orders") == standing(hub, "orders")  # noqa: E731
    with there.stopped_in_the_end():
        there.start()
        wait_for("the first copy", same)
        for round_ in range(12):
            database.run(*[f"INSERT OR REPLACE INTO orders VALUES ({chooser.randrange(300)}, '{round_} {os.urandom(40).hex()}')" for _ in range(20)])
            disturb = chooser.choice([proxy.cut, proxy.stall, lambda: proxy.fall_silent(chooser.randrange(3000)), there.kill, hub.kill])
            disturb()
            database.run(f"INSERT OR REPLACE INTO orders VALUES ({chooser.randrange(300)}, 'after {round_}')")
            proxy.cut()
            proxy.flow()
            for node in (there, hub):
                if not node.running():
                    node.start()
            wait_for(f"the hub to hold what the gateway has, after {disturb}\n{there.log()[-1500:]}", same)
        expect(described(hub, "orders")["count"] > 1, "cut, held, silenced and killed, both nodes hold the same in the end")
    proxy.close()
    older = Older(hub, authority)
    there = TlsNode(program, os.path.join(folder, "hq"), authority, gateway(database, older.port), there.port)
    with there.stopped_in_the_end():
        database.run("UPDATE orders SET text = 'over requests'")
        there.start()
        wait_for(f"the hub to be brought it page by page\n{there.log()[-1500:]}", same)
        expect(("POST", "/peers/feeds/orders/changes") in older.asked and ("POST", "/peers/line") not in older.asked, "a node that knows no lines is brought pages by requests")
    database.close()


def main():
    arguments = argparse.ArgumentParser()
    arguments.add_argument("--program", required=True)
    arguments.add_argument("--seed", type=int, default=None)
    arguments = arguments.parse_args()
    program, seed = os.path.abspath(arguments.program), arguments.seed or int.from_bytes(os.urandom(3), "big")
    print(f"seed {seed}", flush=True)
    with tempfile.TemporaryDirectory(prefix="meshgate-line-") as folder:
        certificates = os.path.join(folder, "certificates")
        os.makedirs(certificates)
        authority = Authority(certificates)
        for name in ("hq", "hub", "other", "stranger"):
            authority.sign(name, "IP:127.0.0.1", "200101000000Z", "490101000000Z")
        hub = TlsNode(program, os.path.join(folder, "hub"), authority, HUB)
        context = shows(authority, "other")
        other = Over(Node(hub.port, context), "notes")
        with hub.stopped_in_the_end():
            hub.start()
            other.change("first")
            told = other.node.ask("PUT", "/peers/feeds/notes", {"feed": "notes", "uid": other.uid, "divided": False, "schema": SCHEMA, "partitions": []})
            expect(told == {"cursors": {}, "line": True}, "a node that takes lines says so")
            good(hub, context, other)
            refused_pages(hub, context, other)
            bad_bytes(hub, context, other)
            strangers(hub, authority)
            stops(hub, context, other)
            troubled(program, folder, authority, hub, seed)


if __name__ == "__main__":
    main()
