"""Hostile clients: every request of the corpus is answered as it says, in clear, over TLS and through nginx, and none smuggles another one past either of them.
Connections that send nothing or little, that take nothing, that stop in the handshake, and thousands that only knock, are cut; a reader beside all that gets every answer.

    hostile_test.py --program build/bin/meshgate [--corpus] [--knocks 2000]

With --corpus only the corpus.

Prints the reader's p99 in quiet, beside other work on the machine, which the attackers are too, and beside each of these; how fast it is depends on the machine and is
not judged.
"""

import argparse
import http.client
import json
import multiprocessing
import os
import socket
import ssl
import subprocess
import sys
import tempfile
import time
import warnings

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "integration"))
from authority import Authority  # noqa: E402
from corpus import Client, corpus  # noqa: E402
from databases import Sqlite  # noqa: E402
from nginx import Nginx  # noqa: E402
from processes import Gateway, wait_for  # noqa: E402

SLOW = 100
ANSWERS = 200  # at least, beside each attack
COMPUTING = 2  # seconds

CONFIG = """
node:
  read: public
  roles: { viewer: public }
  data: DATA
  listen: "LISTEN"
  TLS
  access_log: ACCESS
  limits: { header_time: 2s, body_time: 2s, handshake_time: 2s, write_time: 2s, connections_per_address: 150 }
sources: { company: { connector: odbc, connection: CONNECTION, every: 1s } }
feeds: { things: { from: { source: company, table: things } } }
"""


class Node:
    """A gateway with the feed `things`, in clear or over TLS."""

    def __init__(self, program, folder, database, authority=None):
        os.mkdir(folder)
        self.access = os.path.join(folder, "access.log")
        yaml = CONFIG.replace("LISTEN", ("https" if authority else "http") + "://127.0.0.1:PORT").replace("ACCESS", self.access)
        tls = f"tls: {{ certificate: {authority.path('node.pem')}, key: {authority.path('node.key')} }}" if authority else ""
        self.gateway = Gateway(program, folder, yaml.replace("TLS", tls).replace("CONNECTION", database.connection_yaml()))
        self.context_file = authority.certificate if authority else None
        self.context = ssl.create_default_context(cafile=self.context_file) if authority else None
        self.port = self.gateway.port

    def start(self):
        self.gateway.start()
        wait_for(f"the node to have its feed; its log says {self.gateway.log()[-2000:]}", lambda: self.loaded() or not self.gateway.running())
        if not self.gateway.running():
            raise SystemExit(self.gateway.log())

    def loaded(self):
        try:
            return json.loads(self.ask("/feeds/things")).get("loading") is False
        except (OSError, ValueError, http.client.HTTPException):
            return False

    def connect(self, source="127.0.0.1"):
        if self.context:
            return http.client.HTTPSConnection("127.0.0.1", self.port, timeout=60, context=self.context, source_address=(source, 0))
        return http.client.HTTPConnection("127.0.0.1", self.port, timeout=60, source_address=(source, 0))

    def ask(self, path):
        connection = self.connect()
        try:
            connection.request("GET", path)
            return connection.getresponse().read()
        finally:
            connection.close()

    def metric(self, name):
        return next(float(line.split()[-1]) for line in self.ask("/metrics").decode().splitlines() if line.startswith(name + " "))

    def requests(self):
        with open(self.access, encoding="utf-8") as log:
            return [json.loads(line) for line in log if line.endswith("\n")]


class Beside:
    """A reader with an address of its own that asks the same again and again, in a process of its own: threads of the attacker's would wait for each other."""

    def __init__(self, node):
        self.node = node
        self.over, self.enough = multiprocessing.Event(), multiprocessing.Event()
        self.told, told = multiprocessing.Pipe(duplex=False)
        self.process = multiprocessing.Process(target=self.read, args=(told,), daemon=True)
        self.process.start()
        told.close()

    def read(self, told):
        times, wrong = [], None
        connection = self.node.connect("127.0.0.2")
        while not self.over.is_set() and not wrong:
            begin = time.monotonic()
            try:
                connection.request("GET", "/feeds/things")
                answer = connection.getresponse()
                body = answer.read()
            except (OSError, http.client.HTTPException) as error:
                wrong = f"broke off: {error!r}"
                break
            times.append(time.monotonic() - begin)
            if answer.status != 200 or b'"things"' not in body:
                wrong = f"got {answer.status} {body[:200]!r}"
            if len(times) > ANSWERS:
                self.enough.set()
        connection.close()
        self.enough.set()
        told.send((times, wrong))

    def end(self, what):
        if not self.enough.wait(60):
            raise SystemExit(f"beside {what} a reader got fewer than {ANSWERS} answers in a minute")
        self.over.set()
        if not self.told.poll(60):
            raise SystemExit(f"beside {what} a reader does not end")
        times, wrong = self.told.recv()
        self.process.join()
        if wrong:
            raise SystemExit(f"beside {what} a reader {wrong}")
        times.sort()
        print(f"reader beside {what}: {len(times)} answers, p50 {times[len(times) // 2] * 1000:.1f} ms, p99 {times[len(times) * 99 // 100] * 1000:.1f} ms", flush=True)


def beside(node, what, act):
    reader = Beside(node)
    act()
    reader.end(what)


def each(check, requests, port, context):
    """Every request; what is wrong is told of all together."""
    faults = []
    for request in requests:
        try:
            check(request, port, context)
        except SystemExit as fault:
            faults.append(f"{request.name}: {fault}")
    if faults:
        raise SystemExit("\n".join(faults))


def check_direct(request, port, context):
    with Client(port, context) as client:
        client.send(request.bytes)
        came = []
        for expected in request.statuses:
            answer = client.answer()
            came.append(answer.status if answer else None)
            if came[-1] != expected:
                raise SystemExit(f"{came} came, {request.direct} was expected")
        if "closed" in request.direct:
            if not client.closed():
                raise SystemExit(f"behind {came} comes more: {client.held[:200]!r}")
            return
        client.send(b"GET /health/live HTTP/1.1\r\nHost: a\r\n\r\n")
        after = client.answer()
        if after is None or after.status != 200 or client.held:
            raise SystemExit(f"behind {came} the connection does not go on")


def fits(answer, wanted, expected):
    """Whether what came through nginx may come: its own refusal, or what the node answers."""
    if wanted is None:
        return answer is None or (answer.status >= 400 and not answer.from_node) or answer.status == expected
    if answer is None:
        return "closed" in wanted
    return any(str(answer.status) == one or (one == "4xx" and 400 <= answer.status < 500) for one in wanted.split(" or "))


def check_through(request, port, context):
    with Client(port, context) as client:
        client.send(request.bytes)
        came = []
        for expected in request.statuses:
            answer = client.answer()
            came.append(answer and answer.status)
            if not fits(answer, request.nginx if len(request.statuses) == 1 else None, expected):
                raise SystemExit(f"{came} came through nginx; from the node {request.direct}, expected {request.nginx or 'the same or a refusal'}")
            if answer is None or answer.fields.get("connection") == "close":
                break


def handshake(node, **wishes):
    """What a client with these wishes agrees on with the node: (version, protocol, cipher), or None."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.load_verify_locations(node.context_file)
    context.set_ciphers(wishes.get("ciphers", "ALL:@SECLEVEL=0"))
    context.minimum_version, context.maximum_version = wishes.get("versions", (ssl.TLSVersion.TLSv1, ssl.TLSVersion.TLSv1_3))
    if "protocols" in wishes:
        context.set_alpn_protocols(wishes["protocols"])
    try:
        with Client(node.port, context) as client:
            client.send(b"GET /health/live HTTP/1.1\r\nHost: a\r\n\r\n")
            if client.answer() is None:
                return None
            return client.socket.version(), client.socket.selected_alpn_protocol(), client.socket.cipher()[0]
    except (ssl.SSLError, ConnectionError):
        return None


def check_handshakes(node):
    old, new = ssl.TLSVersion.TLSv1_1, ssl.TLSVersion.TLSv1_2
    for what, came, fine in (
            ("the newest", handshake(node), lambda came: came[0] == "TLSv1.3"),
            ("TLS 1.2", handshake(node, versions=(new, new)), lambda came: came[0] == "TLSv1.2" and "ECDHE" in came[2]),
            ("TLS 1.1", handshake(node, versions=(old, old)), None),
            ("without forward secrecy", handshake(node, versions=(new, new), ciphers="AES256-GCM-SHA384:@SECLEVEL=0"), None),
            ("without authentication of what is sent", handshake(node, versions=(new, new), ciphers="ECDHE+SHA:!AESGCM:!CHACHA20:@SECLEVEL=0"), None),
            ("two protocols", handshake(node, protocols=["h2", "http/1.1"]), lambda came: came[1] == "http/1.1"),
            ("another protocol", handshake(node, protocols=["h2"]), None)):
        if (came is None) != (fine is None) or (fine and not fine(came)):
            raise SystemExit(f"a handshake with {what} came to {came}")


def none_smuggled(nodes):
    for node in nodes:
        for one in node.requests():
            if "smuggled" in (one["path"] or ""):
                raise SystemExit(f"a request was smuggled: {one}")


def until_cut(clients, what):
    """Waits until the node has closed all of them; none may be answered with a 200."""
    for client in clients:
        answer = client.answer()
        if answer and answer.status == 200:
            raise SystemExit(f"{what}: answered with 200")
        client.socket.close()


def slow_headers(node):
    """One byte each tenth of a second: the time of the whole header counts."""
    clients = [Client(node.port, node.context) for _ in range(SLOW)]
    text = b"GET /health/live HTTP/1.1\r\nHost: a\r\nX: " + b"y" * 500
    begin = time.monotonic()
    for byte in text:
        if time.monotonic() - begin > 3:
            break
        for client in clients:
            client.send(bytes([byte]))
        time.sleep(0.1)  # the pace of the attack
    until_cut(clients, "a header that drips")


def slow_bodies(node):
    clients = [Client(node.port, node.context) for _ in range(SLOW)]
    for client in clients:
        client.send(b"POST /health/live HTTP/1.1\r\nHost: a\r\nContent-Length: 1000\r\n\r\nx")
    until_cut(clients, "a body that stays away")


def half_handshakes(node):
    clients = [Client(node.port) for _ in range(SLOW)]
    for client in clients:
        client.send(b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03")
    until_cut(clients, "a handshake that stops")


def slow_readers(node):
    """They ask for all and take nothing; the node's count of open connections shows that they are cut."""
    clients = [Client(node.port, node.context) for _ in range(SLOW // 2)]
    for client in clients:
        client.socket.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        client.send(b"GET /feeds/things/changes?live=stream HTTP/1.1\r\nHost: a\r\n\r\n")
    wait_for("readers that take nothing to be cut", lambda: node.metric("meshgate_http_connections") < 10, 60)
    for client in clients:
        client.socket.close()


def knocks(port, count):
    """Connections from many addresses that say nothing; at most 500 of them are left open at a time."""
    held = []
    for knock in range(count):
        source = f"127.1.{knock % 50}.{1 + knock % 7}"
        try:
            held.append(Client(port, source=source))
        except OSError:
            continue
        if len(held) > 500:
            held.pop(0).socket.close()
    for one in held:
        one.socket.close()


def compute(seconds):
    """Keeps two processors busy, as an attacker on the same machine does, and leaves the node alone."""
    spinning = [subprocess.Popen(["sh", "-c", "while :; do :; done"], stdin=subprocess.DEVNULL) for _ in range(2)]
    time.sleep(seconds)
    for one in spinning:
        one.kill()
        one.wait()


def attack(clear, secure, count):
    beside(clear, "headers that drip", lambda: slow_headers(clear))
    beside(clear, "bodies that stay away", lambda: slow_bodies(clear))
    beside(secure, "handshakes that stop", lambda: half_handshakes(secure))
    beside(clear, "readers that take nothing", lambda: slow_readers(clear))
    beside(clear, f"{count} connections", lambda: knocks(clear.port, count))
    beside(secure, f"{count} connections without a handshake", lambda: knocks(secure.port, count))


def main():
    warnings.simplefilter("ignore", DeprecationWarning)  # it asks for TLS 1.1 to be refused
    arguments = argparse.ArgumentParser()
    arguments.add_argument("--program", required=True)
    arguments.add_argument("--corpus", action="store_true")
    arguments.add_argument("--knocks", type=int, default=2000)
    options = arguments.parse_args()
    with tempfile.TemporaryDirectory(prefix="meshgate-hostile-") as folder:
        authority = Authority(folder)
        authority.sign("node")
        database = Sqlite(folder)
        database.run("CREATE TABLE things (id INTEGER PRIMARY KEY, name TEXT)",
                     "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 30000) INSERT INTO things SELECT i, hex(randomblob(60)) FROM n")
        clear = Node(options.program, os.path.join(folder, "clear"), database)
        secure = Node(options.program, os.path.join(folder, "secure"), database, authority)
        os.mkdir(os.path.join(folder, "nginx"))
        nginx = Nginx(os.path.join(folder, "nginx"), clear.port, authority.path("node.pem"), authority.path("node.key"))
        with clear.gateway.stopped_in_the_end(), secure.gateway.stopped_in_the_end(), nginx.stopped_in_the_end():
            clear.start()
            secure.start()
            nginx.start_and_wait()
            requests = corpus()
            print(f"{len(requests)} requests, in clear, over TLS and through nginx")
            beside(clear, "nobody", lambda: None)
            beside(secure, "nobody, over TLS", lambda: None)
            beside(clear, "two processes that only compute", lambda: compute(COMPUTING))
            beside(clear, "the corpus", lambda: each(check_direct, requests, clear.port, None))
            beside(secure, "the corpus, over TLS", lambda: each(check_direct, requests, secure.port, secure.context))
            beside(clear, "the corpus through nginx", lambda: each(check_through, requests, nginx.port, secure.context))
            none_smuggled([clear, secure])
            check_handshakes(secure)
            if not options.corpus:
                attack(clear, secure, options.knocks)
        database.close()
        for node in (clear, secure):
            if node.gateway.process.returncode != 0:
                raise SystemExit(f"the node ended with {node.gateway.process.returncode}: {node.gateway.log()[-3000:]}")


if __name__ == "__main__":
    main()
