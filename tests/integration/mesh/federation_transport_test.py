"""What lies between two nodes: a connection that breaks in a first copy, a hub that is killed there, a peer of another version, a proxy that has to be asked.

    federation_transport_test.py --program build/bin/meshgate
"""

import argparse
import http.server
import itertools
import json
import os
import socket
import sys
import tempfile
import threading
import urllib.error
import urllib.request

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), ".."))

from certificates_test import Authority  # noqa: E402
from databases import Sqlite  # noqa: E402
from federation import agree, described, hub_configuration, origin_configuration  # noqa: E402
from federation_rights_test import TlsNode, listening  # noqa: E402
from liar import Liar, served  # noqa: E402
from processes import Gateway, wait_for  # noqa: E402
from wire import Wire  # noqa: E402

ROWS = 9000
PASSED = 3500  # lines of an answer, and then nothing
A_PAGE = 1000  # entries between marks


class Passed:
    """What came through, and where the last whole page ended."""

    def __init__(self, most):
        self.most, self.puts, self.cursor, self.held = most, 0, None, threading.Event()
        self.go_on = threading.Event()
        self.go_on.set()

    def lines(self, lines):
        for number, line in enumerate(lines):
            if number == self.most:
                self.held.set()
                self.go_on.wait()
                return
            self.puts += line.startswith(b'{"put"')
            if line.startswith(b'{"mark"'):
                self.cursor = json.loads(line)["mark"]["cursor"]
            yield line


def asked_after(question):
    return question["feeds"][0].get("cursors", {}).get("north")


def breaks_off(wire, program, folder, gateway):
    """Each connection ends within a page: the next question goes on behind the last whole one, and what came is not fetched again."""
    passed = Passed(PASSED)
    ends = []

    def breaking(lines):
        ends.append(passed.cursor)
        return passed.lines(lines)

    between = Liar(gateway, breaking, wire["between"])
    hub = Gateway(program, os.path.join(folder, "breaks"), hub_configuration([("hq", between.url)], [("orders", "")]), place=wire["hub"])
    try:
        with hub.stopped_in_the_end():
            hub.start()
            wait_for("the hub to hold all", lambda: (described(hub, "orders") or {}).get("count") == ROWS)
            asked = [asked_after(question) for question in between.questions]
            if len(asked) < 3 or asked != ends[:len(asked)]:
                raise SystemExit(f"asked after {asked}, but the pages that came ended at {ends}")
            if passed.puts > ROWS + len(asked) * A_PAGE:
                raise SystemExit(f"{passed.puts} items travelled where {ROWS} are, over {len(asked)} connections")
            agree(gateway, hub, "orders")
    finally:
        between.stop()
    return len(asked)


def killed(wire, program, folder, gateway):
    """A hub that dies within a first copy goes on from what is on its disk: one of the marks that it was given, or the beginning."""
    passed = Passed(PASSED)
    passed.go_on.clear()
    marks = {None}

    def holding(lines):
        for line in passed.lines(lines):
            if passed.cursor is not None:
                marks.add(passed.cursor)
            yield line

    between = Liar(gateway, holding, wire["between"])
    hub = Gateway(program, os.path.join(folder, "killed"), hub_configuration([("hq", between.url)], [("orders", "")]), place=wire["hub"])
    try:
        with hub.stopped_in_the_end():
            hub.start()
            wait_for("some pages to pass", passed.held.is_set)
            hub.kill()
            passed.go_on.set()
            passed.most = None
            hub.start()
            agree(gateway, hub, "orders")
            again = asked_after(between.questions[1])
            if again not in marks:
                raise SystemExit(f"the hub came back with {again}, which is none of {marks}")
    finally:
        passed.go_on.set()
        between.stop()


def versions(wire, program, folder, gateway):
    between = Liar(gateway, lambda lines: lines, wire["between"])
    hub = Gateway(program, os.path.join(folder, "versions"), hub_configuration([("other", between.url)], [("orders", "")]), place=wire["hub"])
    try:
        with hub.stopped_in_the_end():
            for protocol, sentence in (("2", "speaks protocol 2, this node speaks 1: update this node"), ("3.4", "speaks protocol 3, this node speaks 1: update this node"),
                                       ("0.9", "speaks protocol 0, this node speaks 1: update the peer"), ("new", "that is no version")):
                between.protocol = protocol
                hub.start()
                wait_for(f"the hub to refuse protocol {protocol}", lambda: sentence in hub.log())
                wait_for("the feed to say so", lambda: sentence in json.dumps(described(hub, "orders")["source"]) if described(hub, "orders") else True)
                hub.stop()
            if between.questions:
                raise SystemExit("the hub asked a peer of another protocol")
            between.protocol = "1.7"
            hub.start()
            agree(gateway, hub, "orders")
    finally:
        between.stop()


class Newer(http.server.BaseHTTPRequestHandler):
    """A node of the next protocol, to which feeds are to be brought."""

    asked = []

    def log_message(self, *_):
        pass

    def answer(self):
        self.asked.append((self.command, self.path))
        self.rfile.read(int(self.headers.get("Content-Length", 0)))
        self.send_response(200)
        self.send_header("Meshgate-Protocol", "2")
        self.send_header("Content-Length", "2")
        self.end_headers()
        self.wfile.write(b"{}")

    do_GET = do_PUT = do_POST = answer


def versions_at_the_other_end(wire, program, folder, gateway, database):
    """Who is asked refuses a newer question, and who brings takes nothing to a newer node."""
    request = urllib.request.Request(gateway.url + "/sync", b'{"protocol":2,"feeds":[{"feed":"orders"}]}', {"Content-Type": "application/json"})
    try:
        urllib.request.build_opener(urllib.request.ProxyHandler({})).open(request, timeout=30)
        raise SystemExit("a question of protocol 2 was answered")
    except urllib.error.HTTPError as error:
        said = error.read().decode()
        if error.code != 400 or "this node speaks no other" not in said:
            raise SystemExit(f"a question of protocol 2 was answered {error.code}: {said}") from error
    server = served(wire["hub"], Newer)
    newer = f"http://{wire['hub'].address}:{server.server_address[1]}"
    bringing = Gateway(program, os.path.join(folder, "bringing"), origin_configuration(database) + f'peers: {{ hub: {{ url: "{newer}", push: [orders] }} }}\n', place=wire["bringing"])
    try:
        with bringing.stopped_in_the_end():
            bringing.start()
            wait_for("who brings to refuse protocol 2", lambda: "speaks protocol 2, this node speaks 1: update this node" in bringing.log())
            if any("/changes" in path for _, path in Newer.asked):
                raise SystemExit(f"a page was brought to a node of another protocol: {Newer.asked}")
    finally:
        server.shutdown()
        server.server_close()


class ConnectProxy:
    """Opens tunnels, as a company's proxy does, and nothing else."""

    def __init__(self, place):
        self.tunnels = []
        self.listener = place.run(lambda: socket.create_server((place.address, 0)))
        self.url = f"http://{place.address}:{self.listener.getsockname()[1]}"
        place.run(threading.Thread(target=self.accept, daemon=True).start)

    def accept(self):
        while True:
            try:
                client, _ = self.listener.accept()
            except OSError:
                return
            threading.Thread(target=self.serve, args=(client,), daemon=True).start()

    def serve(self, client):
        head = b""
        while b"\r\n\r\n" not in head:
            data = client.recv(4096)
            if not data:
                return
            head += data
        method, target, _ = head.split(b"\r\n", 1)[0].decode().split()
        self.tunnels.append((method, target))
        if method != "CONNECT":
            client.sendall(b"HTTP/1.1 405 Method Not Allowed\r\nContent-Length: 0\r\n\r\n")
            client.close()
            return
        host, port = target.rsplit(":", 1)
        try:
            server = socket.create_connection((host, int(port)))
        except OSError:
            client.sendall(b"HTTP/1.1 502 Bad Gateway\r\nContent-Length: 0\r\n\r\n")
            client.close()
            return
        client.sendall(b"HTTP/1.1 200 Connection established\r\n\r\n")
        threading.Thread(target=self.pump, args=(client, server), daemon=True).start()
        self.pump(server, client)

    @staticmethod
    def pump(one, other):
        try:
            while data := one.recv(65536):
                other.sendall(data)
        except OSError:
            pass
        for side in (one, other):
            try:
                side.shutdown(socket.SHUT_RDWR)
            except OSError:
                pass

    def stop(self):
        self.listener.close()


def peers(url, shown, more=""):
    return f"""{{ url: "{url}", ca: CERTIFICATES/ca.pem, certificate: CERTIFICATES/{shown}.pem, key: CERTIFICATES/{shown}.key{more} }}"""


def over_a_proxy(wire, program, folder, database):
    """A branch pulls from the gateway, and the gateway brings to a hub, both over a proxy that has to be asked: there is no other way between them."""
    for one, other in itertools.combinations(("hq", "hub", "branch"), 2):
        wire.cut(one, other)
    certificates = os.path.join(folder, "certificates")
    os.makedirs(certificates)
    authority = Authority(certificates)
    for name in ("hq", "hub", "branch"):
        authority.sign(name, f"IP:{wire[name].address}", "200101000000Z", "490101000000Z")
    proxy = ConnectProxy(wire["proxy"])
    os.environ["https_proxy"] = proxy.url
    try:
        hub = TlsNode(program, os.path.join(folder, "tls-hub"), authority,
                      f'node: {{ name: hub, data: DATA, {listening("hub")}, read: public }}\npeers: {{ hq: {{ subject: "CN=hq" }} }}\nfeeds: {{ orders: {{ from: {{ peer: hq }} }} }}\n', place=wire["hub"])
        hq = TlsNode(program, os.path.join(folder, "tls-hq"), authority, f"""
node: {{ name: hq, data: DATA, {listening("hq")}, read: public }}
sources: {{ company: {{ connector: odbc, connection: {database.connection_yaml()}, every: 50ms }} }}
peers: {{ hub: {peers(hub.url, "hq", ", push: [orders]")} }}
feeds: {{ orders: {{ from: {{ source: company, table: orders }}, partition: region }} }}
""", place=wire["hq"])
        branch = TlsNode(program, os.path.join(folder, "tls-branch"), authority,
                         f'node: {{ name: branch, data: DATA, {listening("branch")}, read: public }}\npeers: {{ hq: {peers(hq.url, "branch")} }}\nfeeds: {{ orders: {{ from: {{ peer: hq }} }} }}\n', place=wire["branch"])
        with hub.stopped_in_the_end(), hq.stopped_in_the_end(), branch.stopped_in_the_end():
            for node in (hub, hq, branch):
                node.start()
            for node in (hub, branch):
                wait_for(f"{node.url} to hold what the gateway has; its log says\n{node.log()[-1000:]}", lambda: f'"count":{ROWS}' in page(node))
            wanted = {("CONNECT", node.url.split("//")[1]) for node in (hub, hq)}
            if set(proxy.tunnels) != wanted:
                raise SystemExit(f"the proxy was asked for {set(proxy.tunnels)}, not for {wanted}")
    finally:
        proxy.stop()
        del os.environ["https_proxy"]


def page(node):
    opener = urllib.request.build_opener(urllib.request.ProxyHandler({}), urllib.request.HTTPSHandler(context=node.trust))
    try:
        with opener.open(f"{node.url}/feeds/orders", timeout=30) as answer:
            return answer.read().decode()
    except OSError:
        return ""


def main():
    arguments = argparse.ArgumentParser()
    arguments.add_argument("--program", required=True)
    program = os.path.abspath(arguments.parse_args().program)
    with tempfile.TemporaryDirectory(prefix="meshgate-transport-") as folder, Wire(["hq", "between", "hub", "bringing", "branch", "proxy"]) as wire:
        for name in ("hq", "breaks", "killed", "versions", "bringing"):
            os.makedirs(os.path.join(folder, name))
        database = Sqlite(os.path.join(folder, "hq"))
        database.run("CREATE TABLE orders (id INTEGER PRIMARY KEY, region TEXT, text TEXT)", "CREATE TABLE notes (id INTEGER PRIMARY KEY, text TEXT)",
                     f"""INSERT INTO orders WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < {ROWS})
                         SELECT i, 'north', 'order ' || i || ' of somebody who wants it by Friday' FROM n""")
        gateway = Gateway(program, os.path.join(folder, "hq"), origin_configuration(database), place=wire["hq"])
        with gateway.stopped_in_the_end():
            gateway.start()
            gateway.wait_until_loaded("orders")
            connections = breaks_off(wire, program, folder, gateway)
            killed(wire, program, folder, gateway)
            versions(wire, program, folder, gateway)
            versions_at_the_other_end(wire, program, folder, gateway, database)
        over_a_proxy(wire, program, folder, database)
    print(f"a first copy over {connections} connections travelled once; other versions are told what to update; a proxy is asked both ways")


if __name__ == "__main__":
    main()
