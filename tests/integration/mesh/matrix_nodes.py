"""The company of the matrix in a mesh: its gateway, a hub that follows it, a branch that follows the hub and does not reach the gateway, and devices of its people that follow the
branch. People sign in over branch and hub at the gateway."""

import contextlib
import http.client
import itertools
import json
import os
import sys
import tempfile

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), ".."))

from certificates_test import Authority  # noqa: E402
from device import Device  # noqa: E402
from directory import UnixConnection  # noqa: E402
from federation_rights_test import TlsNode, listening  # noqa: E402
from matrix_company import PASSWORD, SOURCES, TEAMS, USERS, Company  # noqa: E402
from matrix_model import DIVIDED, FEEDS, KINDS, READ, SLICES, TABLES, secret  # noqa: E402
from matrix_ways import Proof, at, fail  # noqa: E402
from processes import wait_for  # noqa: E402
from wire import Wire  # noqa: E402

NODES = ["hq", "hub", "branch"]
DEVICES = [f"device-{kind.name}" for kind in KINDS]
PLACES = ["directory", *NODES, *DEVICES]
LINES = [("directory", "hq"), ("hq", "hub"), ("hub", "branch"), *(("branch", device) for device in DEVICES)]
ROLES = "roles: { viewer: group:lookers, operator: group:ops, administrator: group:bosses }"


class MeshNode(TlsNode):
    """Asked over its administration socket too, which may see everything."""

    def own(self, path):
        try:
            connection = UnixConnection(os.path.join(self.data, "admin.sock"))
            connection.request("GET", path)
            answer = connection.getresponse()
            body = answer.read()
            connection.close()
            return json.loads(body) if answer.status == 200 else None
        except (OSError, http.client.HTTPException):
            return None

    def decides(self, person):
        """Whether it lets a person read exactly what the model says."""
        for feed, partition in SLICES:
            said = self.own(f"/admin/explain?user={person.name}&feed={feed}" + (f"&partition={partition}" if partition else ""))
            if said is None or (said["sight"] == "allowed") != person.may(feed, partition):
                return False
        return True

    def range(self):
        return self.own("/feeds/sales/ranges?partition=north")["ranges"][0]["href"]

    def sign_in(self, kind):
        """What they show from then on."""
        question = {"grant_type": "password", "username": kind.name, "password": PASSWORD, "device": "matrix"}
        status, _, text = Proof(self).ask("POST", "/auth/token", json.dumps(question), {"Content-Type": "application/json"})
        if status != 200:
            fail(f"{kind.name} cannot sign in at {self.url}: {status} {text}")
        return {"Authorization": "Bearer " + json.loads(text)["access_token"]}


class PersonsDevice(Device):
    """`meshgate device` of one person, with an application."""

    def __init__(self, program, folder, kind, branch, authority, place):
        super().__init__(program, os.path.join(folder, f"device-{kind.name}"), place=place)
        self.kind = kind
        password = os.path.join(self.folder, "password")
        with open(password, "w", encoding="ascii") as file:
            file.write(PASSWORD + "\n")
        self.words = ["--upstream", branch.url, "--ca", os.path.join(authority.folder, "ca.pem"), "--user", kind.name, "--password-file", password]

    def sign_in(self):
        self.start(*self.words)
        self.token("app")

    def proof(self):
        return Proof(self, "application", {"Authorization": f"Bearer {self.tokens['app']}"})

    def stored(self):
        """The slices in its store."""
        status, _, text = self.ask("/feeds")
        if status != 200:
            return None
        return {(feed["feed"], part["partition"]) for feed in json.loads(text)["feeds"] for part in feed["partitions"]}

    def filed(self):
        """Those in its SQLite file, by what stands in the rows."""
        tables = {name for (name,) in self.file("SELECT name FROM sqlite_master WHERE type = 'table'") or []}
        texts = {text for feed in TABLES if feed in tables for (text,) in self.file(f'SELECT DISTINCT text FROM "{feed}"') or []}
        return {one for one in SLICES if secret(*one) in texts}

    def holds(self, slices):
        return self.stored() == slices == self.filed()


class Mesh(Company):
    """On a wire with its directory, its nodes and a device of each person, where nobody reaches more than the next one."""

    def __init__(self, program, folder, wire):
        super().__init__(folder, wire["directory"])
        self.program, self.wire = program, wire
        for one, other in itertools.combinations(PLACES, 2):
            if (one, other) not in LINES:
                wire.cut(one, other)
        certificates = os.path.join(folder, "certificates")
        os.makedirs(certificates)
        self.authority = Authority(certificates)
        for name in NODES:
            self.authority.sign(name, f"IP:{wire[name].address}", "200101000000Z", "490101000000Z")
        self.gateway = self.node("hq", self.origin())
        self.hub = self.node("hub", self.copy("hub", "hq", self.gateway.url, "branch"))
        self.branch = self.node("branch", self.copy("branch", "hub", self.hub.url, ""))
        self.nodes = [self.gateway, self.hub, self.branch]
        self.ids, self.uids = {}, {}

    def node(self, name, yaml):
        folder = os.path.join(self.folder, name)
        os.makedirs(folder)
        return MeshNode(self.program, folder, self.authority, self.written(yaml, folder, "50ms"), place=self.wire[name])

    @staticmethod
    def origin():
        feeds = "".join(f"  {name}: {{ from: {{ source: shop, table: {name} }}" + (f", partition: {DIVIDED[name]}" if name in DIVIDED else "") +
                        f', read: [ {READ[name] + ", " if name in READ else ""}"node:CN=hub" ] }}\n' for name in TABLES)
        return f"""node: {{ name: hq, data: DATA, {listening("hq")}, range_size: 4096, sign_in: {{ through: [ "CN=hub" ], access_token: 24h }}, {ROLES} }}
{SOURCES}feeds:
  _users:
{USERS}    read: "node:CN=hub"
  _groups:
{TEAMS}    read: "node:CN=hub"
{feeds}"""

    @staticmethod
    def copy(name, of, url, follower):
        """A node that follows all of another, and lets a follower do so; its people are let in as the origin says."""
        read = f', read: [ public, "node:CN={follower}" ]' if follower else ""
        believed = f', through: [ "CN={follower}" ]' if follower else ""
        return f"""node: {{ name: {name}, data: DATA, {listening(name)}, range_size: 4096, sign_in: {{ at: {of}{believed} }}, {ROLES} }}
peers: {{ {of}: {{ url: "{url}", ca: CERTIFICATES/ca.pem, certificate: CERTIFICATES/{name}.pem, key: CERTIFICATES/{name}.key }} }}
feeds:
""" + "".join(f"  {feed}: {{ from: {{ peer: {of} }}{read} }}\n" for feed in FEEDS)

    def start(self):
        for node in self.nodes:
            node.start()
        for node in self.nodes:
            wait_for(f"{node.url} to hold all: {node.log()[-2000:]}", lambda node=node: self.whole(node))
        self.uids = {one["feed"]: one["uid"] for one in self.gateway.own("/feeds")["feeds"]}
        for feed, partition in SLICES:
            self.ids[feed, partition] = self.gateway.own(at(feed, partition, "/items?limit=1"))["items"][0]["id"]

    @staticmethod
    def whole(node):
        listed = (node.own("/feeds") or {"feeds": []})["feeds"]
        held = {(one["feed"], part["partition"]) for one in listed for part in one["partitions"]}
        return held == set(SLICES) and not any(one["loading"] for one in listed)

    def device(self, kind):
        return PersonsDevice(self.program, self.folder, kind, self.branch, self.authority, self.wire[f"device-{kind.name}"])

    def agree(self, people):
        """Until every node lets each of these read what the model says."""
        for node in self.nodes:
            for person in people:
                wait_for(f"{node.url} to know what {person.name} may read", lambda node=node, person=person: not node.running() or node.decides(person), 120)


@contextlib.contextmanager
def running_mesh(program, kinds):
    """With a device of each of these people, which has not been started."""
    with tempfile.TemporaryDirectory(prefix="meshgate-matrix-mesh-") as folder, Wire(PLACES) as wire, contextlib.ExitStack() as stack:
        os.chmod(folder, 0o755)
        mesh = Mesh(os.path.abspath(program), folder, wire)
        stack.callback(mesh.slapd.kill)
        devices = [mesh.device(kind) for kind in kinds]
        for process in (*mesh.nodes, *devices):
            stack.enter_context(process.stopped_in_the_end())
        mesh.start()
        yield mesh, devices
