"""A copy is bound to the key of its feed's origin at first contact, also at third hand. A node with the same feed and another key, or none, is refused and told of; nothing changes here,
also over a SIGKILL, until an operator accepts that key or the configuration names one. A backup holds the node's own key and the keys it knows. A node that says no key is followed, and
its key binds as soon as it says one.

    federation_keys_test.py --program build/bin/meshgate
"""

import argparse
import contextlib
import http.client
import http.server
import json
import os
import shutil
import socket
import stat
import tempfile
import threading

from databases import Sqlite
from federation import agree, described, get, hub_configuration, origin_configuration, standing
from processes import Gateway, free_port, run, wait_for

FEEDS = [("orders", ""), ("notes", "")]


def fail(what):
    raise SystemExit(f"FAIL {what}")


class Node(Gateway):
    def __init__(self, program, folder, yaml, port=None):
        os.makedirs(folder)
        super().__init__(program, folder, yaml, port)
        self.data = os.path.join(folder, "data")

    def start(self):
        """Until it serves: a command that comes before would open the data folder itself."""
        super().start()
        wait_for(f"{self.url} to serve", lambda: get(self, "/health/live")[0] == 200 or not self.running())

    def does(self, *words):
        code, out, err = run([self.program, *words, "-c", self.config])
        if code != 0:
            fail(f"{words} ended with {code}: {out}{err}")
        return out

    def peers(self):
        return json.loads(self.does("peers", "--json"))

    def key(self):
        return self.peers()["key"]

    def known(self, kind, name):
        """What is said of one feed, or one peer."""
        return next(one for one in self.peers()[kind + "s"] if one[kind] == name)

    def bound(self):
        """The keys of the two feeds' origins."""
        return [self.known("feed", feed).get("key") for feed, _ in FEEDS]

    def metrics(self):
        """Over the administration socket."""
        connection = http.client.HTTPConnection("node", timeout=30)
        connection.sock = socket.socket(socket.AF_UNIX)
        connection.sock.connect(os.path.join(self.data, "admin.sock"))
        connection.request("GET", "/metrics")
        return connection.getresponse().read().decode()

    def move(self, key=None):
        """Comes back with the same feeds and another key; with that of `key`, where it is given. Gives the one it had."""
        file = os.path.join(self.data, "identity.json")
        self.stop()
        with open(file, encoding="ascii") as had:
            before = had.read()
        os.remove(file)
        if key:
            with open(os.open(file, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w", encoding="ascii") as has:
                has.write(key)
        self.start()
        return before

    def reconfigured(self, change):
        self.stop()
        with open(self.config, encoding="utf-8") as file:
            text = file.read()
        with open(self.config, "w", encoding="utf-8") as file:
            file.write(change(text))
        self.start()


class Older:
    """Stands before a node, which then says no key, as an older version does."""

    def __init__(self, node):
        class Handler(http.server.BaseHTTPRequestHandler):
            def log_message(self, *_):
                pass

            def answer(self, body=None):
                upstream = http.client.HTTPConnection("127.0.0.1", node.port, timeout=60)
                upstream.request(self.command, "/nothing" if self.path.startswith("/peers/") else self.path, body, {"Content-Type": "application/json"} if body else {})
                answer = upstream.getresponse()
                self.send_response(answer.status)
                for name in ("Content-Type", "Meshgate-Protocol"):
                    self.send_header(name, answer.getheader(name))
                self.end_headers()
                for line in iter(answer.readline, b""):
                    self.wfile.write(line)
                    self.wfile.flush()

            def do_GET(self):
                with contextlib.suppress(OSError, http.client.HTTPException):
                    self.answer()

            def do_POST(self):
                body = self.rfile.read(int(self.headers["Content-Length"]))
                with contextlib.suppress(OSError, http.client.HTTPException):
                    self.answer(body)

        self.server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.server.daemon_threads = True
        self.url = f"http://127.0.0.1:{self.server.server_address[1]}"
        threading.Thread(target=self.server.serve_forever, daemon=True).start()


def first_contact(hq, hub, branch):
    """Both are bound to the gateway's key, the branch by what the hub hands on. Gives that key."""
    agree(hq, branch, "orders", "notes")
    key = hq.key()
    if hub.bound() != [key, key] or branch.bound() != [key, key]:
        fail(f"the gateway has key {key}, the hub says {hub.peers()}, the branch {branch.peers()}")
    if hub.known("peer", "hq")["key"] != key or branch.known("peer", "hub")["key"] != hub.key() or len({key, hub.key(), branch.key()}) != 3:
        fail(f"peers are known by other keys: {hub.peers()} {branch.peers()}")
    if hq.known("feed", "orders") != {"feed": "orders", "origin": "here", "term": 0, "key": key}:
        fail(f"the gateway says {hq.peers()}")
    for name in (os.path.join(hq.data, "identity.json"), os.path.join(hub.data, "bindings.json")):
        if stat.S_IMODE(os.stat(name).st_mode) != 0o600:
            fail(f"{name} has mode {stat.S_IMODE(os.stat(name).st_mode):o}")
    shown = hub.does("peers")
    if f"bound to     {key}, since" not in shown or hq.url not in shown:
        fail(f"peers printed {shown}")
    return key


def source(hub):
    return (described(hub, "orders") or {}).get("source") or {}


def refuses(hub, why, *parts):
    """Nothing of the feed is taken, and everybody is told why."""
    wait_for(f"the hub to refuse it: {why}", lambda: why in source(hub).get("error", "") or not hub.running())
    if source(hub)["state"] != "failing" or any(part not in source(hub)["error"] for part in parts):
        fail(f"the hub says {source(hub)}")
    status, text = get(hub, "/health/ready")
    if status != 503:
        fail(f"readiness says {status} {text}")
    if 'meshgate_origin_refused{feed="orders",peer="hq"} 1' not in hub.metrics():
        fail("the metric says that nothing is refused")


def another_key(hq, hub, database, known):
    """The gateway's folder without its key. Gives what it had, and the new key."""
    held = standing(hub, "orders")
    had = hq.move()
    met = hq.key()
    wait_for("the gateway to read a change", lambda: standing(hq, "orders") is not None)
    database.run("UPDATE orders SET text = 'not for the hub' WHERE id = 7")
    wait_for("the gateway to have it", lambda: standing(hq, "orders") not in (None, held))
    why = f"its origin has key {met}"
    refuses(hub, why, known, f"meshgate peers accept orders {met}")
    told = hub.known("feed", "orders")
    if told["key"] != known or [(one["peer"], one["key"]) for one in told["refused"]] != [("hq", met)] or hub.known("peer", "hq")["met"] != met:
        fail(f"peers says {hub.peers()}")
    if f"refused      hq, where its origin has key {met}" not in hub.does("peers"):
        fail(f"peers printed {hub.does('peers')}")
    hub.kill()
    hub.start()
    refuses(hub, why, known)
    if standing(hub, "orders") != held:
        fail("the hub has changed what it holds")
    for sentence in (f"feed orders: feed 'orders' is bound to the origin with key {known}", f"another node answers at {hq.url}"):
        if not 1 <= hub.log().count(sentence) <= 2:
            fail(f"'{sentence}' was logged {hub.log().count(sentence)} times in two runs")
    return had, met


def accepted(hq, hub, met):
    """An operator takes the key for right."""
    for feed, _ in FEEDS:
        hub.does("peers", "accept", feed, met)
    hub.does("peers", "accept", "--peer", "hq", met)
    wait_for("nothing to be refused", lambda: "refused" not in hub.known("feed", "orders") and "met" not in hub.known("peer", "hq"))
    agree(hq, hub, "orders", "notes")
    if hub.bound() != [met, met]:
        fail(f"after all was accepted, {hub.peers()}")
    code, _, err = run([hub.program, "peers", "accept", "orders", "ed25519:nonsense", "-c", hub.config])
    if code == 0 or "say a 'feed' or a 'peer', and its 'key'" not in err:
        fail(f"what is no key was accepted: {err}")


def pinned(hq, hub, had, met, known):
    """What the configuration names counts before what was met and accepted."""
    hub.reconfigured(lambda text: text.replace("peer: [hq]", f"peer: [hq], origin: \"{known}\""))
    refuses(hub, "must have key " + known, "as `from.origin` says", met)
    hub.stop()
    hq.move(had)
    hub.reconfigured(lambda text: text.replace(f'"{hq.url}"', f'"{hq.url}", identity: "{met}"'))
    wait_for("the hub to refuse another node than the configuration names", lambda: f"must have key {met}, as `identity` says, and has {known}" in source(hub).get("error", ""))
    hub.reconfigured(lambda text: text.replace(f'identity: "{met}"', f'identity: "{known}"'))
    wait_for("the key of the configuration to count", lambda: hub.bound() == [known, known])
    agree(hq, hub, "orders", "notes")


def restored(node, folder, known):
    """A backup brings back the node's own key, and the keys it knows."""
    own, copy = node.key(), os.path.join(folder, "copy")
    node.does("backup", copy)
    node.stop()
    shutil.rmtree(node.data)
    node.does("restore", copy)
    if node.key() != own or node.bound() != [known, known]:
        fail(f"a restored node has {node.peers()}, not {own} and {known}")
    node.start()


def older(program, folder, hq, known):
    """Who says no key is followed; once a key was said, it must be said again. Gives whether `peers` says so."""
    silent = Older(hq)
    late = Node(program, os.path.join(folder, "late"), hub_configuration([("hq", silent.url)], FEEDS))
    with late.stopped_in_the_end():
        late.start()
        agree(hq, late, "orders", "notes")
        if late.bound() != [None, None] or "bound to     none told" not in late.does("peers"):
            fail(f"bound to what nobody said: {late.peers()}")
        late.reconfigured(lambda text: text.replace(silent.url, hq.url))
        wait_for("the key to bind", lambda: late.bound() == [known, known])
        late.reconfigured(lambda text: text.replace(hq.url, silent.url))
        refuses(late, "no key of the origin is said", known)


def main():
    arguments = argparse.ArgumentParser()
    arguments.add_argument("--program", required=True)
    program = os.path.abspath(arguments.parse_args().program)
    with tempfile.TemporaryDirectory(prefix="meshgate-keys-") as folder:
        database = Sqlite(folder)
        database.run("CREATE TABLE orders (id INTEGER PRIMARY KEY, region TEXT, text TEXT)", "CREATE TABLE notes (id INTEGER PRIMARY KEY, text TEXT)",
                     "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 500) INSERT INTO orders SELECT i, 'north', 'order ' || i FROM n", "INSERT INTO notes VALUES (1, 'one')")
        hq = Node(program, os.path.join(folder, "hq"), origin_configuration(database), free_port())
        hub = Node(program, os.path.join(folder, "hub"), hub_configuration([("hq", hq.url)], FEEDS))
        branch = Node(program, os.path.join(folder, "branch"), hub_configuration([("hub", hub.url)], FEEDS))
        with hq.stopped_in_the_end(), hub.stopped_in_the_end(), branch.stopped_in_the_end():
            for node in (hq, hub, branch):
                node.start()
            known = first_contact(hq, hub, branch)
            branch.stop()
            had, met = another_key(hq, hub, database, known)
            accepted(hq, hub, met)
            pinned(hq, hub, had, met, known)
            restored(hub, folder, known)
            older(program, folder, hq, known)
    print("bound at first contact and at third hand; another key and none are refused until somebody accepts, or the configuration names it")


if __name__ == "__main__":
    main()
