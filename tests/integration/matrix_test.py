"""Every way to read and to administer obeys: kind of person x what they show (a token, a device's token, a cookie, nothing) x state in the directory x route of the program x
feed x partition, against a directory of slapd. What is expected comes from matrix_model.py; every cell is counted; the routes are the program's own, so that one without a row here
fails. Open streams and a mirror follow each change of a person.

    matrix_test.py --program build/bin/meshgate [--every-proof]

Without --every-proof each cell is asked for with one of the three proofs, in turn; with it, with all of them.
"""

import argparse
import base64
import contextlib
import http.client
import json
import os
import re
import socket
import sqlite3
import tempfile
import threading
import time
import urllib.parse

from directory import DirectoryNode
from matrix_company import PASSWORD, SOURCES, TEAMS, USERS, Company
from matrix_model import DIVIDED, FEEDS, KINDS, NOBODY, READ, SLICES, STATES, TABLES, by_role, person_in, secret
from matrix_ways import Proof, at, fail, feed_ways, many, range_way, slices_of
from processes import Process, run, wait_for

CONFIGURATION = f"""node:
  data: DATA
  listen: "http://127.0.0.1:PORT"
  range_size: 4096
  roles: {{ viewer: group:lookers, operator: group:ops, administrator: group:bosses }}
{SOURCES}feeds:
  _users:
{USERS}  _groups:
{TEAMS}"""


class Node(Company):
    def __init__(self, program, folder):
        super().__init__(folder)
        self.program = program
        self.gateway = DirectoryNode(program, folder, self.written(CONFIGURATION + "".join(self.feed(name) for name in TABLES), folder))
        self.ids, self.uids, self.range = {}, {}, ""

    @staticmethod
    def feed(name):
        more = (f", partition: {DIVIDED[name]}" if name in DIVIDED else "") + (f", read: {READ[name]}" if name in READ else "")
        return f"  {name}: {{ from: {{ source: shop, table: {name} }}{more} }}\n"

    def start(self):
        self.gateway.start_and_wait(*FEEDS)
        listed = self.own("/feeds")["feeds"]
        self.uids = {one["feed"]: one["uid"] for one in listed}
        for feed, partition in SLICES:
            self.ids[feed, partition] = self.own(at(feed, partition, "/items?limit=1"))["items"][0]["id"]
        self.range = self.own("/feeds/sales/ranges?partition=north")["ranges"][0]["href"]

    def own(self, path):
        """Over the administration socket."""
        answer = self.gateway.get(path)
        if not answer or answer[0] != 200:
            fail(f"{path} at the socket: {answer}")
        return answer[1]

    def metrics(self):
        return self.own("/metrics").decode()

    def proofs(self, kind):
        """A token, the token of a device with a key of its own, and a browser's cookie."""
        plain = Proof(self.gateway)
        out = []
        for key in ({}, {"device_key": base64.urlsafe_b64encode(os.urandom(32)).decode().rstrip("=")}):
            question = {"grant_type": "password", "username": kind.name, "password": PASSWORD, "device": "matrix", **key}
            status, _, text = plain.ask("POST", "/auth/token", json.dumps(question), {"Content-Type": "application/json"})
            if status != 200:
                fail(f"{kind.name} cannot sign in: {status} {text}")
            out.append(Proof(self.gateway, "device" if key else "token", {"Authorization": "Bearer " + json.loads(text)["access_token"]}))
        _, fields, page = plain.ask("GET", "/login")
        form = re.search(r'name="form" value="([^"]+)"', page).group(1)
        own = {"Sec-Fetch-Site": "same-origin", "Cookie": fields["Set-Cookie"].split(";")[0], "Content-Type": "application/x-www-form-urlencoded"}
        status, fields, _ = plain.ask("POST", "/login", urllib.parse.urlencode({"form": form, "username": kind.name, "password": PASSWORD}), own)
        if status != 303:
            fail(f"{kind.name} cannot sign in in a browser: {status}")
        out.append(Proof(self.gateway, "cookie", {"Cookie": fields["Set-Cookie"].split(";")[0], "Sec-Fetch-Site": "same-origin"}))
        return out


class Stream(threading.Thread):
    """One connection of a person to all feeds, caught up; notes what it is told."""

    def __init__(self, proof, person):
        super().__init__(daemon=True)
        self.told = []
        self.socket = socket.create_connection(("127.0.0.1", proof.node.port), timeout=120)
        body = json.dumps({"protocol": 1, "live": True, "feeds": [{"feed": feed} for feed in FEEDS]})
        head = "".join(f"{name}: {value}\r\n" for name, value in {**proof.fields, "Host": f"127.0.0.1:{proof.node.port}", "Content-Length": str(len(body))}.items())
        self.socket.sendall(f"POST /sync HTTP/1.1\r\n{head}\r\n{body}".encode())
        self.start()
        wait_for("the stream to be caught up", lambda: self.has(*[("whole", *one) for one in slices_of(person)]))

    def run(self):
        buffer, of = b"", None
        while True:
            try:
                some = self.socket.recv(1 << 16)
            except OSError:
                some = b""
            if not some:
                return
            buffer += some
            *lines, buffer = buffer.split(b"\n")
            for line in lines:
                if not line.startswith(b"{"):
                    continue
                kind, value = next(iter(json.loads(line).items()))
                if kind == "of":
                    of = (value["feed"], value["partition"])
                elif kind in ("denied", "visible"):
                    self.told.append((kind, value["feed"], value["partition"]))
                elif kind == "mark" and value["caught_up"]:
                    self.told.append(("whole", *of))

    def has(self, *wanted):
        return all(one in self.told for one in wanted)

    def follow(self, before, after):
        """What it must be told of a change; gives the seconds that took. A feed that was hidden when it was opened is not told of."""
        begun = time.monotonic()
        lost = [("denied", *one) for one in slices_of(before) - slices_of(after)]
        gained = [("visible", *one) for one in slices_of(after) - slices_of(before) if before.may_any(one[0])]
        wait_for(f"a stream to be told {lost + gained}", lambda: self.has(*lost, *gained))
        took = time.monotonic() - begun
        self.socket.shutdown(socket.SHUT_RDWR)
        return took


class Matrix:
    def __init__(self, node, every_proof):
        self.node, self.every_proof = node, every_proof
        self.ways, self.range = feed_ways(node), range_way(node)
        self.cells, self.turn, self.backups = 0, 0, 0
        self.kept = {}  # (way, feed, partition) → {what somebody could see: the ETag they were given}
        self.devices = {}

    # ---- one cell ----

    def cell(self, way, person, proof, feed, partition):
        self.cells += 1
        where = f"{way.route} {way.name} by {person.name or 'nobody'} ({proof.name or 'no proof'}) of {feed} [{partition}]"
        status, fields, text = way.read(proof, feed, partition)
        wanted = way.status(person, feed, partition)
        if status != wanted:
            fail(f"{where}: {status}, not {wanted}\n{text[:500]}")
        whole = way.shows is not secret and not partition and way.name != "the ranges"
        seen, may = way.shows(feed, partition) in text, person.may_any(feed) if whole else person.may(feed, partition)
        if seen != may:
            fail(f"{where}: {'shown' if seen else 'not shown'}\n{text[:500]}")
        for other in SLICES:
            if secret(*other) in text and not person.may(*other):
                fail(f"{where}: shows {other}")
        self.caching(where, way, person, proof, (feed, partition), status, fields)

    def caching(self, where, way, person, proof, slice_, status, fields):
        """Caches keep for others only what is everybody's; a tag that somebody else was given opens nothing."""
        control, tag = fields.get("Cache-Control", ""), fields.get("ETag")
        everybodys = slice_[0] == "open" and way.route != "/feeds"
        if status == 200 and way.method == "GET" and not everybodys and "private" not in control and "no-store" not in control:
            fail(f"{where}: Cache-Control '{control}'")
        view = frozenset(way.view(person, *slice_))
        kept = self.kept.setdefault((way.name, *slice_), {})
        for other, others in kept.items():
            again = way.read(proof, *slice_, {"If-None-Match": others})[0]
            if again != status and not (again == 304 and status == 200 and other == view):
                fail(f"{where}: {again} with the tag of somebody who may see {sorted(other)}; without {status}")
        if status == 200 and tag:
            kept[view] = tag

    # ---- what has no feed ----

    def others(self, person, proof):
        name = person.name
        fixed = [("GET", "/", 200), ("GET", "/page.css", 200), ("GET", "/page.js", 200), ("GET", "/health/live", 200), ("GET", "/health/ready", 200), ("GET", "/.well-known/jwks.json", 200),
                 ("GET", "/login", 200), ("POST", "/login", 403), ("POST", "/logout", 403), ("POST", "/auth/token", 400), ("GET", "/auth/person", 200), ("GET", "/auth/devices", 200 if name else 401),
                 ("DELETE", "/auth/devices/{device}", 404 if name else 401), ("GET", "/metrics", 200 if person.has("viewer") else person.refused),
                 # Feeds are brought by nodes that show a certificate, and by no person.
                 ("PUT", "/peers/feeds/{feed}", 404), ("POST", "/peers/feeds/{feed}/changes", 404), ("POST", "/peers/line", 404), ("POST", "/peers/feeds/{feed}/reconcile", 404), ("POST", "/peers/feeds/{feed}/claim", 404),
                 ("GET", "/feeds/{feed}/origin", 200),
                 # Who knows a feed by its uid may know whose it is; who this node is, anybody.
                 ("GET", "/peers/feeds/{feed}/seal", 404), ("GET", "/peers/identity?nonce=1", 200),
                 # Rules and keys are told to nodes that show one, and heard from those.
                 ("GET", "/peers/charter", person.refused), ("PUT", "/peers/charter", 404), ("POST", "/peers/mesh", 404)]
        for method, route, wanted in fixed:
            self.cells += 1
            status, fields, text = proof.ask(method, route.replace("{device}", "none").replace("{feed}", "open"))
            if status != wanted:
                fail(f"{method} {route} by {name or 'nobody'} ({proof.name}): {status}, not {wanted}\n{text[:300]}")
            for slice_ in SLICES:
                if secret(*slice_) in text:
                    fail(f"{method} {route} shows {slice_}")
            if route == "/auth/person" and json.loads(text).get("name", "") != name:
                fail(f"/auth/person of {name}: {text}")
            if route == "/auth/devices" and name and {one["device"] for one in json.loads(text)["devices"]} != self.devices[name]:
                fail(f"/auth/devices of {name} lists others: {text}")
        return {(method, route.split("?")[0]) for method, route, _ in fixed}

    def administration(self, person, proof):
        self.backups += 1
        copy = urllib.parse.quote(os.path.join(self.node.folder, f"backup-{self.backups}"), safe="")
        acts = [("GET", "/admin/status", "", "viewer", 200), ("GET", "/mesh", "", "viewer", 200), ("GET", "/admin/quarantine", "", "viewer", 200), ("GET", "/admin/explain", "?user=plain&feed=team", "operator", 200),
                ("POST", "/admin/release/{feed}", "", "operator", 200), ("POST", "/admin/quarantine/{feed}/replay", "", "operator", 200),
                ("DELETE", "/admin/quarantine/{feed}/{stream}/{key}", "", "operator", 404), ("POST", "/admin/backup", f"?into={copy}", "administrator", 200),
                ("POST", "/admin/promote/{feed}", "", "administrator", 409), ("GET", "/admin/peers", "", "viewer", 200),
                ("POST", "/admin/peers/accept", "?feed=shut&key=ed25519:" + "A" * 43, "administrator", 409), ("GET", "/admin/devices", "", "administrator", 200), ("DELETE", "/admin/devices/{device}", "", "administrator", 404)]
        for method, route, query, least, done in acts:
            self.cells += 1
            path = route.replace("{feed}", "shut").replace("{stream}", "none").replace("{key}", "none").replace("{device}", "none") + query
            status, fields, text = proof.ask(method, path)
            allowed = person.has(least)
            wanted = done if allowed else by_role(person, least)
            # What is not there at all is told apart from what is not there for them.
            nothing = status == 404 and "there is nothing at" in text
            if status != wanted or nothing != (not allowed and person.role == "none"):
                fail(f"{method} {route} by {person.name or 'nobody'} ({proof.name}): {status}, not {wanted}\n{text[:300]}")
            if route == "/admin/quarantine" and allowed and ("quarantined.secret" in text) != person.has("operator"):
                fail(f"raw forms of the quarantine by {person.name}: {text[:300]}")
            if fields.get("Cache-Control") != "no-store":
                fail(f"{method} {route} by {person.name}: Cache-Control '{fields.get('Cache-Control')}'")
        return {(method, route) for method, route, *_ in acts}

    # ---- all of them ----

    def chosen(self, proofs):
        self.turn += 1
        return proofs if self.every_proof else [proofs[self.turn % len(proofs)]]

    def read_all(self, person, proofs):
        """Returns the methods and routes that were asked for."""
        asked = set()
        for way in self.ways:
            for feed, partition in SLICES:
                for proof in self.chosen(proofs):
                    self.cell(way, person, proof, feed, partition)
            asked.add((way.method, way.route))
        for proof in proofs:
            self.cell(self.range, person, proof, "sales", "north")
            asked |= self.others(person, proof) | self.administration(person, proof)
        return asked

    def wanted_cells(self, proofs):
        """Of one person in one state: the cells of slices, and for each proof a range, the fixed routes and those of administration."""
        return len(self.ways) * len(SLICES) * (proofs if self.every_proof else 1) + proofs * (1 + 25 + 13)


def routes_of(node):
    """{(method, pattern)}: the patterns stand in the metrics, the methods are what OPTIONS says."""
    patterns = set(re.findall(r'meshgate_http_requests_total\{[^}]*route="(/[^"]*)"', node.metrics()))
    out = set()
    for pattern in patterns:
        connection = http.client.HTTPConnection("127.0.0.1", node.gateway.port, timeout=30)
        connection.request("OPTIONS", re.sub(r"\{[^}]*\}", "x", pattern))
        answer = connection.getresponse()
        answer.read()
        out |= {(method.strip(), pattern) for method in answer.headers["Allow"].split(",")} - {("OPTIONS", pattern), ("HEAD", pattern)}
    return out


def cookies(proof):
    """A cookie counts only where this node's own pages ask, and is no bearer token."""
    value = proof.fields["Cookie"]
    checks = [("another site's page", "GET", "/feeds", {"Cookie": value, "Sec-Fetch-Site": "cross-site"}, 401), ("a form of another site", "POST", "/admin/release/shut", {"Cookie": value, "Origin": "https://evil.example"}, 401),
              ("a form that does not say from where", "POST", "/admin/release/shut", {"Cookie": value}, 401), ("own page", "POST", "/admin/release/shut", {"Cookie": value, "Sec-Fetch-Site": "same-origin"}, 200),
              ("as a bearer token", "GET", "/feeds", {"Authorization": "Bearer " + value.split("=", 1)[1]}, 401)]
    for what, method, path, fields, wanted in checks:
        status, _, text = Proof(proof.node, fields=fields).ask(method, path)
        if status != wanted:
            fail(f"a cookie, {what}: {status}, not {wanted}: {text[:300]}")
    return len(checks)


class Mirror:
    """`meshgate mirror` of one person, on a device with a key of its own."""

    def __init__(self, node, kind):
        self.node, self.kind = node, kind
        self.kept, self.into = (os.path.join(node.folder, f"{kind.name}.{end}") for end in ("json", "db"))
        password = os.path.join(node.folder, "password")
        with open(password, "w", encoding="ascii") as file:
            file.write(PASSWORD + "\n")
        code, out, err = run([node.program, "login", node.gateway.url, "--user", kind.name, "--password-file", password, "--into", self.kept])
        if code != 0:
            fail(f"login of {kind.name}: {out}{err}")
        self.command = [node.program, "mirror", node.gateway.url, "--into", self.into, "--sign-in", self.kept]
        self.following = Process(self.command, os.path.join(node.folder, f"{kind.name}.log"))

    def holds(self):
        """{(feed, partition): …} by what stands in the rows."""
        with sqlite3.connect(f"file:{self.into}?mode=ro", uri=True) as copy:
            tables = {name for (name,) in copy.execute("SELECT name FROM sqlite_master WHERE type = 'table'")}
            texts = {row[0] for feed in TABLES if feed in tables for row in copy.execute(f'SELECT DISTINCT text FROM "{feed}"')}
        return {one for one in SLICES if secret(*one) in texts}

    def once(self):
        return run(self.command + ["--once"])

    def check(self, person):
        """Who is known reads anew, and holds exactly what is theirs. Who is not loses all but what is everybody's where a mirror is running, and may not begin another."""
        code, out, err = self.once()
        if (code == 0) != person.known:
            fail(f"the mirror of {person.name} ended with {code}: {out}{err}")
        if self.holds() != slices_of(person):
            fail(f"the mirror of {person.name} holds {self.holds()}, not {slices_of(person)}: {out}{err}")
        return len(SLICES)

    @contextlib.contextmanager
    def losing(self, before, person):
        """A mirror runs while its person is disabled, or goes."""
        if person.known:
            yield
            return
        items, said = sum(many(*one) for one in slices_of(before)), len(self.following.log())
        self.following.start()
        with self.following.stopped_in_the_end():
            # Before that it may have no token yet: who is not known gets none, and their mirror cannot know why.
            wait_for(f"the mirror of {person.name} to follow", lambda: f"caught up: {items} items" in self.following.log()[said:])
            yield
            wait_for(f"the mirror of {person.name} to drop what is not theirs", lambda: self.holds() == slices_of(person))


def explained(node, person, feed, partition):
    answer = node.own(f"/admin/explain?user={person.name}&feed={feed}" + (f"&partition={partition}" if partition else ""))
    return answer["sight"] == "allowed"


def main():
    arguments = argparse.ArgumentParser()
    arguments.add_argument("--program", required=True)
    arguments.add_argument("--every-proof", action="store_true")
    options = arguments.parse_args()
    with tempfile.TemporaryDirectory(prefix="meshgate-matrix-") as folder:
        os.chmod(folder, 0o755)
        node = Node(os.path.abspath(options.program), folder)
        try:
            with node.gateway.stopped_in_the_end():
                node.start()
                go_through(node, options.every_proof)
        finally:
            node.slapd.kill()


def go_through(node, every_proof):
    matrix = Matrix(node, every_proof)
    routes = routes_of(node)
    asked = matrix.read_all(NOBODY, [Proof(node.gateway)])
    if asked != routes:
        fail(f"routes without a row: {sorted(routes - asked)}; rows without a route: {sorted(asked - routes)}")
    wanted, mirrored, noticed = matrix.wanted_cells(1), 0, []
    states = {kind.name: "active" for kind in KINDS}
    for kind in KINDS:
        mirror, proofs, person = Mirror(node, kind), node.proofs(kind), person_in(kind, "active")
        matrix.devices[kind.name] = {one["device"] for one in json.loads(proofs[0].ask("GET", "/auth/devices")[2])["devices"]}
        for state in STATES:
            before, person = person, person_in(kind, state)
            if state != "active":
                stream = Stream(proofs[0], before)
                with mirror.losing(before, person):
                    node.become(kind, state, states)
                    noticed.append(stream.follow(before, person))
            wait_for(f"{kind.name} to be {state}", lambda: all(explained(node, person, *one) == person.may(*one) for one in SLICES))
            matrix.read_all(person, proofs)
            wanted += matrix.wanted_cells(len(proofs))
            mirrored += mirror.check(person)
        if kind.role == "administrator":
            matrix.cells += cookies(proofs[2])
            wanted += 5
    if matrix.cells != wanted:
        fail(f"{matrix.cells} cells were looked at, not {wanted}")
    print(f"{matrix.cells} cells over HTTP ({len(routes)} routes), {mirrored} of mirrors, {len(noticed)} changes told to open streams, the latest after {max(noticed) * 1000:.0f} ms: all as the model says")


if __name__ == "__main__":
    main()
