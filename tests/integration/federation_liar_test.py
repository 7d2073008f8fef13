"""A peer that lies: between a hub and the gateway stands one that alters a byte, leaves an item out, gives one under another name, changes the order or
shows an old mark. The hub finds it out, says so, takes nothing of it, and has everything from the gateway itself in the end.

    federation_liar_test.py --program build/bin/meshgate
"""

import argparse
import contextlib
import http.client
import http.server
import json
import os
import tempfile
import threading

from databases import Sqlite
from federation import agree, described, hub_configuration, origin_configuration, standing
from processes import Gateway, wait_for
from reader import content_hash


def altered(lines):
    for line in lines:
        yield line.replace(b"order 77", b"order 78") if b'"id":"77"' in line else line


def left_out(lines):
    return (line for line in lines if not (line.startswith(b'{"put"') and b'"id":"77"' in line))


def under_another_name(lines):
    for line in lines:
        yield line.replace(b'"id":"77"', b'"id":"ghost"', 1) if line.startswith(b'{"put"') else line


def invented(lines):
    """Another item in place of one, whose revision is right."""
    for line in lines:
        if line.startswith(b'{"put"') and b'"id":"77"' in line:
            content = '{"id":77,"text":"never was"}'
            put = json.loads(line)["put"]
            line = f'{{"put":{{"seq":{put["seq"]},"id":"ghost","rev":"1-{content_hash("ghost", content)}","at":"{put["at"]}","item":{content}}}}}\n'.encode()
        yield line


def out_of_order(lines):
    held = None
    for line in lines:
        if held is None and line.startswith(b'{"put"') and b'"id":"77"' in line:
            held = line
            continue
        yield line
        if held is not None and line.startswith(b'{"put"'):
            yield held
            held = b""
    if held:
        yield held


def old_mark(lines):
    """The first mark again in place of each later one."""
    first = None
    for line in lines:
        if line.startswith(b'{"mark"'):
            first = first or line
            yield first
        else:
            yield line


LIES = {
    "altered": (altered, "is not what its revision says"),
    "left out": (left_out, "count or digest of what was received differ"),
    "under another name": (under_another_name, "is not what its revision says"),
    "invented": (invented, "count or digest of what was received differ"),
    "out of order": (out_of_order, "out of order"),
    "an old mark": (old_mark, "out of order"),
}


class Liar:
    """A peer in front of the gateway, whose lines of /sync pass through `lie`."""

    def __init__(self, gateway, lie):
        outer = self
        self.asked = 0
        self.questions = []  # of /sync
        self.protocol = None  # that is said in place of the gateway's

        class Handler(http.server.BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.0"

            def log_message(self, *_):
                pass

            def forward(self, body):
                upstream = http.client.HTTPConnection("127.0.0.1", gateway.port, timeout=60)
                upstream.request(self.command, self.path, body, {"Content-Type": self.headers.get("Content-Type", "")} if body else {})
                answer = upstream.getresponse()
                self.send_response(answer.status)
                self.send_header("Content-Type", answer.getheader("Content-Type"))
                self.send_header("Meshgate-Protocol", outer.protocol or answer.getheader("Meshgate-Protocol"))
                self.end_headers()
                return answer

            def do_GET(self):
                with contextlib.suppress(OSError):
                    self.wfile.write(self.forward(None).read())

            def do_POST(self):
                outer.asked += 1
                body = self.rfile.read(int(self.headers["Content-Length"]))
                outer.questions.append(json.loads(body))
                with contextlib.suppress(OSError, http.client.HTTPException):
                    answer = self.forward(body)
                    for line in lie(iter(answer.readline, b"")):
                        self.wfile.write(line)
                        self.wfile.flush()

        self.server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.server.daemon_threads = True
        self.url = f"http://127.0.0.1:{self.server.server_address[1]}"
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    def stop(self):
        self.server.shutdown()
        self.server.server_close()


def told(program, folder, gateway, database, name, lie, sentence):
    liar = Liar(gateway, lie)
    where = os.path.join(folder, name.replace(" ", "-"))
    os.makedirs(where)
    hub = Gateway(program, where, hub_configuration([("liar", liar.url), ("hq", gateway.url)], [("orders", "")]))
    try:
        with hub.stopped_in_the_end():
            hub.start()
            if name == "an old mark":
                wait_for("the hub to follow", lambda: standing(gateway, "orders") == standing(hub, "orders"))
                database.run("UPDATE orders SET text = text || '!' WHERE id = 5")
            wait_for(f"the hub to say that something is {name}", lambda: "liar" in hub.log() and sentence in hub.log())
            agree(gateway, hub, "orders")
            if liar.asked == 0:
                raise SystemExit("the liar was never asked")
            source = described(hub, "orders")["source"]
            if source["name"] != "hq":
                raise SystemExit(f"the hub still follows the liar: {json.dumps(source)}")
    finally:
        liar.stop()


def main():
    arguments = argparse.ArgumentParser()
    arguments.add_argument("--program", required=True)
    program = os.path.abspath(arguments.parse_args().program)
    with tempfile.TemporaryDirectory(prefix="meshgate-liar-") as folder:
        os.makedirs(os.path.join(folder, "hq"))
        database = Sqlite(os.path.join(folder, "hq"))
        database.run("CREATE TABLE orders (id INTEGER PRIMARY KEY, region TEXT, text TEXT)", "CREATE TABLE notes (id INTEGER PRIMARY KEY, text TEXT)",
                     *[f"INSERT INTO orders VALUES ({i}, 'north', 'order {i}')" for i in range(1, 201)])
        gateway = Gateway(program, os.path.join(folder, "hq"), origin_configuration(database))
        with gateway.stopped_in_the_end():
            gateway.start()
            gateway.wait_until_loaded("orders")
            for name, (lie, sentence) in LIES.items():
                told(program, folder, gateway, database, name, lie, sentence)
    print(f"{len(LIES)} lies of a peer are found out")


if __name__ == "__main__":
    main()
