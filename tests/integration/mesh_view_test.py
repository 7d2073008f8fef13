"""A chain of nodes: a gateway that brings its feeds to a hub, a branch that follows the hub, a van that follows the branch, a device behind it; and a vault beside, which alone may
have a feed that is secret. Each sees the others in /mesh, with their own keys, over whom it knows them and how long ago; none is told of a feed that it may not read, nor of who has
nothing else. Who says too much, or what is not so, is held to his share, and does not take the place of a node that is nearer.

    mesh_view_test.py --program build/bin/meshgate --pictures build/logs
"""

import argparse
import http.client
import json
import os
import ssl
import tempfile

from browser import Browser
from certificates_test import Authority
from databases import Sqlite
from device import Device, expect
from federation_rights_test import TlsNode, listening
from processes import Gateway, run, wait_for

OWN = "ca: CERTIFICATES/ca.pem, certificate: CERTIFICATES/{name}.pem, key: CERTIFICATES/{name}.key"
NAMES = ["hq", "hub", "branch", "van", "vault"]


def node(name, rest):
    return f"node: {{ name: {name}, data: DATA, {listening(name)} }}\n" + rest


def following(name, upstream, url, feeds):
    listed = "".join(f"  {feed}: {{ from: {{ peer: {upstream} }}, read: [ {rules} ] }}\n" for feed, rules in feeds.items())
    return node(name, f"peers: {{ {upstream}: {{ url: \"{url}\", {OWN.format(name=name)} }} }}\nfeeds:\n{listed}")


def gateway(database, hub):
    source = "from: {{ source: company, table: {} }}"
    return f"""
node: {{ name: hq, data: DATA, listen: "http://127.0.0.1:PORT", roles: {{ viewer: public }} }}
sources: {{ company: {{ connector: odbc, connection: {database.connection_yaml()}, every: 50ms }} }}
peers: {{ hub: {{ url: "{hub}", {OWN.format(name="hq")}, push: [orders, secret, menu] }} }}
feeds:
  orders: {{ {source.format("orders")}, partition: region, read: "node:CN=nobody" }}
  secret: {{ {source.format("secret")}, read: "node:CN=nobody" }}
  menu:   {{ {source.format("menu")}, read: public }}
"""


def hub():
    brought = "".join(f"  {feed}: {{ from: {{ peer: hq }}, read: [ {rules} ] }}\n" for feed, rules in {"orders": '"node:CN=branch"', "secret": '"node:CN=vault"', "menu": "public"}.items())
    return node("hub", f"peers: {{ hq: {{ subject: \"CN=hq\" }} }}\nfeeds:\n{brought}")


class Chain:
    def __init__(self, program, folder, authority, database):
        self.program, self.folder, self.authority = program, folder, authority
        make = lambda name, yaml, port=None: TlsNode(program, os.path.join(folder, name), authority, yaml, port)
        self.hub = make("hub", hub())
        os.makedirs(os.path.join(folder, "hq"))
        self.hq = Gateway(program, os.path.join(folder, "hq"), gateway(database, self.hub.url).replace("CERTIFICATES", authority.folder))
        self.branch = make("branch", following("branch", "upstream", self.hub.url, {"orders": '"node:CN=van"', "menu": "public"}))
        self.van = make("van", following("van", "shop", self.branch.url, {"orders": '"node:CN=nobody"', "menu": "public"}))
        self.vault = make("vault", following("vault", "hub", self.hub.url, {"secret": '"node:CN=nobody"'}))
        self.nodes = {name: getattr(self, name) for name in NAMES}
        self.device = Device(program, os.path.join(folder, "device"))
        self.database = database

    def command(self, name, *words):
        code, out, err = run([self.program, *words, "-c", self.nodes[name].config])
        if code != 0:
            raise SystemExit(f"meshgate {' '.join(words)} at {name}: {code} {out}{err}")
        return out

    def mesh(self, name):
        return json.loads(self.command(name, "mesh", "--json"))

    def seen(self, name):
        """{node: (over, feeds)} as that node knows it."""
        return {one["node"]: (one.get("over", []), {feed["feed"]: feed for feed in one["feeds"]}) for one in self.mesh(name)["nodes"]}

    def sees(self, name, wanted):
        """`wanted`: {node: (over whom, feeds)}; nothing else is known."""
        flat = lambda: {one: (over, sorted(feeds)) for one, (over, feeds) in self.seen(name).items()}
        try:
            wait_for(f"{name} to see all others", lambda: flat() == wanted, 120)
        except SystemExit:
            print(name, flat(), "wanted", wanted)
            raise
        print(f"ok   {name} sees {', '.join(wanted)}", flush=True)

    def all_see_all(self):
        machine = os.uname().nodename
        both, all_ = ["menu", "orders"], ["menu", "orders", "secret"]
        self.sees("hq", {"hub": ([], all_), "branch": (["hub"], both), "vault": (["hub"], ["secret"]), "van": (["hub", "branch"], both), machine: (["hub", "branch"], ["menu"])})
        self.sees("hub", {"hq": ([], all_), "branch": ([], both), "vault": ([], ["secret"]), "van": (["branch"], both), machine: (["branch"], ["menu"])})
        self.sees("branch", {"hub": ([], both), "hq": (["upstream"], both), "van": ([], both)})
        self.sees("van", {"branch": ([], both), "hub": (["shop"], both), "hq": (["shop", "upstream"], both), machine: (["shop"], ["menu"])})
        self.sees("vault", {"hub": ([], ["menu", "secret"]), "hq": (["hub"], ["menu", "secret"]), "branch": (["hub"], ["menu"]), "van": (["hub", "branch"], ["menu"]), machine: (["hub", "branch"], ["menu"])})
        for name in ("branch", "van"):
            expect("secret" not in self.command(name, "mesh", "--json") and "vault" not in self.command(name, "mesh", "--json"), f"{name} is told of no feed that it may not read, nor of who has only that")

    def as_it_is(self):
        """Keys, partitions, and how far each has come."""
        keys = {name: json.loads(self.command(name, "peers", "--json"))["key"] for name in NAMES}
        told = {one["node"]: one.get("key") for one in self.mesh("hq")["nodes"]}
        expect(told == {**{name: key for name, key in keys.items() if name != "hq"}, os.uname().nodename: None}, "keys are those that the nodes have; a device has none")
        self.database.run("INSERT INTO orders VALUES (10, 'north'), (11, 'east')")

        def agreed():
            own = next(one for one in self.mesh("hq")["feeds"] if one["feed"] == "orders")
            there = [feeds["orders"] for _, feeds in self.seen("hq").values() if "orders" in feeds]
            return own["count"] == 4 and all((one["epoch"], one["seq"]) == (own["epoch"], own["seq"]) and one["partitions"] == ["east", "north", "south"] for one in there)
        wait_for("the gateway to see that a change has come to the end of the chain", agreed, 120)
        text = self.command("hq", "mesh")
        expect("heard over hub, branch" in text and "[east, north, south]" in text and keys["van"] in text, "meshgate mesh says so")
        text = self.command("branch", "peers")
        expect("last contact 2" in text and "protocol     1" in text, "meshgate peers says when a peer was heard last, and what it speaks")

    def page(self, pictures):
        """What the gateway's page shows of them."""
        browser = Browser(self.folder)
        try:
            browser.size(1280, 900)
            browser.open(self.hq.url + "/")
            row = "document.querySelector('#mesh tr[data-node=van]')"
            browser.wait("a node at the end of the chain", f"{row}?.textContent.includes('known from hub, over branch')")
            browser.wait("how far it is", f"{row}.textContent.includes('orders east, north, south, up to date')")
            expect(not browser.value("document.getElementById('mesh').textContent.includes('undefined')") and not browser.complaints, f"the page shows it {browser.complaints}")
            browser.value("document.getElementById('mesh').scrollIntoView()")
            browser.picture(os.path.join(pictures, "page-mesh-view.png"))
        finally:
            browser.close()

    def post(self, who, body):
        """(status, body) of what somebody with that certificate says at the branch."""
        trust = ssl.create_default_context(cafile=os.path.join(self.authority.folder, "ca.pem"))
        if who:
            trust.load_cert_chain(*(os.path.join(self.authority.folder, who + ending) for ending in (".pem", ".key")))
        connection = http.client.HTTPSConnection("127.0.0.1", self.branch.port, timeout=60, context=trust)
        connection.request("POST", "/peers/mesh", body if isinstance(body, str) else json.dumps(body, separators=(",", ":")), {"Content-Type": "application/json"})
        answer = connection.getresponse()
        return answer.status, answer.read().decode()

    def liar(self):
        """The van is off, and somebody says things with its certificate."""
        self.van.stop()
        hq = json.loads(self.command("hq", "peers", "--json"))["key"]
        feed = {"feed": "orders", "state": "following"}
        lies = [{"node": "false hq", "key": hq, "age": 0, "over": ["a", "b"], "feeds": [feed]}, {"node": "\x1b[2J", "age": 0, "feeds": [feed]}, {"node": "known", "age": 0, "feeds": [feed, {"feed": "secret"}]}]
        expect(self.post("", {"node": "x", "age": 0, "feeds": [], "nodes": []})[0] == 404, "who shows no certificate is told nothing")
        expect(self.post("van", "[]")[0] == 400 and self.post("van", {"node": "van", "age": 0, "feeds": [], "nodes": [], "x": "y" * 65536})[0] == 400, "what is none, or too long, is refused")
        status, text = self.post("van", {"node": "hub", "age": 0, "feeds": [feed], "nodes": lies})
        names = {one["node"] for one in json.loads(text)["nodes"]}
        expect(status == 200 and "secret" not in text and {"hub", "hq"} <= names and not names & {"known", "false hq"}, "he is told what the van may know, and not what he said")
        seen = self.seen("branch")
        expect(seen["known"][0] == ["van"] and "hq" in seen and not {"false hq", "\x1b[2J"} & set(seen), "what he says is known as from him, whatever he calls himself; a node that is known nearer stays")
        wait_for("the hub to hear it", lambda: self.seen("hub").get("known", ([],))[0] == ["branch", "van"])
        expect("secret" not in self.seen("hub")["known"][1], "but nothing of a feed that the branch does not have")
        many = [{"node": f"n{i}", "age": 0, "feeds": []} for i in range(1001)]
        expect(self.post("van", {"node": "van", "age": 0, "feeds": [], "nodes": many})[0] == 400, "a thousand is the most that is listened to")
        expect(self.post("van", {"node": "van", "age": 0, "feeds": [feed], "nodes": many[:1000]})[0] == 200 and len(self.seen("branch")) <= 1000 and {"hub", "hq"} <= set(self.seen("branch")), "and he has no more than his share")

    def cut(self):
        """What is known grows old, and says so."""
        self.hub.stop()
        aged = lambda: {one["node"]: one["age"] for one in self.mesh("hq")["nodes"]}
        wait_for("the gateway to say how old it is what it knows of the branch", lambda: aged().get("branch", 0) >= 12)
        expect({"hub", "branch", "vault"} <= set(aged()), "with the hub off it is known what was")
        self.hub.start()
        wait_for("it to hear of the branch again", lambda: aged().get("branch", 99) < 10, 120)


def main():
    arguments = argparse.ArgumentParser()
    arguments.add_argument("--program", required=True)
    arguments.add_argument("--pictures", default=tempfile.gettempdir())
    options = arguments.parse_args()
    program = os.path.abspath(options.program)
    os.makedirs(options.pictures, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix="meshgate-view-") as folder:
        certificates = os.path.join(folder, "certificates")
        os.makedirs(certificates)
        authority = Authority(certificates)
        for name in NAMES:
            authority.sign(name, "IP:127.0.0.1", "200101000000Z", "490101000000Z")
        database = Sqlite(folder)
        database.run("CREATE TABLE orders (id INTEGER PRIMARY KEY, region TEXT)", "INSERT INTO orders VALUES (1, 'north'), (2, 'south')",
                     "CREATE TABLE secret (id INTEGER PRIMARY KEY, word TEXT)", "INSERT INTO secret VALUES (1, 'sesame')",
                     "CREATE TABLE menu (id INTEGER PRIMARY KEY, dish TEXT)", "INSERT INTO menu VALUES (1, 'soup')")
        chain = Chain(program, folder, authority, database)
        with chain.hq.stopped_in_the_end(), chain.hub.stopped_in_the_end(), chain.branch.stopped_in_the_end(), chain.van.stopped_in_the_end(), chain.vault.stopped_in_the_end(), chain.device.stopped_in_the_end():
            for one in ("hub", "hq", "branch", "van", "vault"):
                chain.nodes[one].start()
            chain.device.start("--upstream", chain.branch.url, "--ca", os.path.join(certificates, "ca.pem"))
            chain.all_see_all()
            chain.as_it_is()
            chain.page(options.pictures)
            chain.cut()
            chain.liar()
        database.close()


if __name__ == "__main__":
    main()
