"""A peer that lies: between a hub, or a device, and the gateway stands one that alters a byte, leaves an item out, gives one under another name, invents one, changes the order or
shows an old mark; and one that brings its feeds to a hub does the same. Each time it is found out, named, nothing of it is taken, and in the end everything is there from the gateway itself.

    federation_liar_test.py --program build/bin/meshgate
"""

import argparse
import json
import os
import sys
import tempfile
import urllib.parse

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), ".."))

from certificates_test import Authority  # noqa: E402
from databases import Sqlite  # noqa: E402
from device import Device  # noqa: E402
from federation import described, get, hub_configuration, origin_configuration, standing  # noqa: E402
from federation_push_test import ask  # noqa: E402
from federation_rights_test import TlsNode, listening  # noqa: E402
from liar import Liar, left_out  # noqa: E402
from processes import Gateway, wait_for  # noqa: E402
from reader import content_hash  # noqa: E402
from wire import Wire  # noqa: E402


def altered(lines):
    for line in lines:
        yield line.replace(b"order 77", b"order 78") if b'"id":"77"' in line else line


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


class Hub:
    """What follows the liar, and the gateway after it."""

    name = "hub"

    def __init__(self, program, folder, peers, place):
        self.node = Gateway(program, folder, hub_configuration(peers, [("orders", "")]), place=place)
        self.start, self.log = self.node.start, self.node.log
        self.peer = peers[0][0]

    def source(self):
        return described(self.node, "orders")["source"]["name"]

    def standing(self):
        return standing(self.node, "orders")[6] if standing(self.node, "orders") else None


class DeviceOfLiar:
    name = "device"

    def __init__(self, program, folder, peers, place):
        self.node, self.peers = Device(program, folder, place=place), peers
        self.log, self.peer = self.node.log, peers[0][1].split("//")[1]

    def start(self):
        self.node.start(*[word for _, url in self.peers for word in ("--upstream", url)], "--feed", "orders")
        self.node.token("app")

    def source(self):
        return {self.peers[1][1].split("//")[1]: "hq"}.get(self.node.feed("orders")["source"]["name"], "the liar")

    def standing(self):
        """Of the store, where the SQLite file has the same."""
        held = self.node.holds("orders")
        return held if held and self.node.copied("orders") == {name: one[1:] for name, one in held.items()} else None


def told(wire, kind, folder, gateway, database, name, lie, sentence):
    liar = Liar(gateway, lie, wire["liar"])
    where = os.path.join(folder, f"{kind.__name__}-{name.replace(' ', '-')}")
    os.makedirs(where)
    follower = kind(gateway.program, where, [("liar", liar.url), ("hq", gateway.url)], wire[kind.name])
    same = lambda: follower.standing() == standing(gateway, "orders")[6]
    try:
        with follower.node.stopped_in_the_end():
            follower.start()
            if name == "an old mark":
                wait_for("it to follow", same)
                database.run("UPDATE orders SET text = text || '!' WHERE id = 5")
            wait_for(f"it to say that something is {name}", lambda: any(follower.peer in line and sentence in line for line in follower.log().splitlines()))
            wait_for("it to hold what the gateway does", same)
            if liar.asked == 0:
                raise SystemExit("the liar was never asked")
            if follower.source() != "hq":
                raise SystemExit(f"it still follows the liar: {follower.source()}")
    finally:
        liar.stop()


BROUGHT = f"""
node: {{ name: hub, data: DATA, {listening("hub")}, read: public }}
peers:
  hq: {{ subject: "CN=hq" }}
  liar: {{ subject: "CN=liar" }}
feeds:
  orders: {{ from: {{ peer: [hq, liar] }} }}
"""


def page(gateway, after, limit):
    """Lines and the mark behind them."""
    status, text = get(gateway, f"/feeds/orders/changes?partition=north&after={after}&limit={limit}")
    if status != 200:
        raise SystemExit(f"the gateway answered {status}")
    lines = [line.encode() + b"\n" for line in text.splitlines() if not line.startswith('{"schema"')]
    return lines[:-1], lines[-1]


def brought(wire, program, folder, database):
    """A gateway brings its feed to a hub, and another whose certificate the hub believes brings the same pages, altered: each is refused with a sentence, and what is served stays the
    gateway's."""
    certificates = os.path.join(folder, "certificates")
    os.makedirs(certificates)
    authority = Authority(certificates)
    for name in ("hub", "hq", "liar"):
        authority.sign(name, f"IP:{wire[name].address}", "200101000000Z", "490101000000Z")
    hub = TlsNode(program, os.path.join(folder, "brought"), authority, BROUGHT, place=wire["hub"])
    shown = f"ca: {certificates}/ca.pem, certificate: {certificates}/hq.pem, key: {certificates}/hq.key"
    os.makedirs(os.path.join(folder, "bringing"))
    bringing = origin_configuration(database) + f'peers: {{ hub: {{ url: "{hub.url}", {shown}, push: [orders] }} }}\n'
    gateway = Gateway(program, os.path.join(folder, "bringing"), bringing, place=wire["bringing"])
    lies = lambda method, path, body: wire["liar"].run(lambda: ask(hub, authority, "liar", method, path, body))
    here = lambda: json.loads(hub.direct.open(f"{hub.url}/feeds/orders", timeout=30).read())["partitions"] if hub.status("/feeds/orders") == 200 else None
    with hub.stopped_in_the_end(), gateway.stopped_in_the_end():
        gateway.start_and_wait("orders")
        hub.start()
        there = described(gateway, "orders")["partitions"]
        wait_for("the hub to have what is brought", lambda: here() == there)
        # Whoever has seen the feed can say whose it is.
        state = described(gateway, "orders")
        origin = {**json.loads(get(gateway, "/feeds/orders/origin")[1]), **json.loads(get(gateway, f"/peers/feeds/orders/seal?uid={state['uid']}")[1])}
        offer = {one: state[one] for one in ("feed", "uid", "divided", "schema")} | {"partitions": [], "origin": origin}
        status, said = lies("PUT", "/peers/feeds/orders", json.dumps(offer))
        if status != 200:
            raise SystemExit(f"an offer with the origin's seal was answered {status}: {said}")
        for name, (lie, sentence) in LIES.items():
            after = "0"
            if name == "an old mark":
                lines, first = page(gateway, "0", 100)
                after = json.loads(first)["mark"]["cursor"]
                lines, _ = page(gateway, after, 1000)
                lines.append(first)
            else:
                lines, mark = page(gateway, after, 1000)
                lines = list(lie(iter([*lines, mark])))
            where = f"/peers/feeds/orders/changes?partition=north&after={urllib.parse.quote(after)}"
            status, said = lies("POST", where, b"".join(lines).decode())
            if status not in (400, 409) or sentence not in said:
                raise SystemExit(f"something that was {name} and brought was answered {status}: {said}")
            if not any("liar: " in line and sentence in line for line in hub.log().splitlines()):
                raise SystemExit(f"the hub does not name who brought what was {name}")
            if here() != there:
                raise SystemExit(f"what was {name} is shown: {here()}")


def main():
    arguments = argparse.ArgumentParser()
    arguments.add_argument("--program", required=True)
    program = os.path.abspath(arguments.parse_args().program)
    with tempfile.TemporaryDirectory(prefix="meshgate-liar-") as folder, Wire(["hq", "bringing", "liar", "hub", "device"]) as wire:
        os.makedirs(os.path.join(folder, "hq"))
        database = Sqlite(os.path.join(folder, "hq"))
        database.run("CREATE TABLE orders (id INTEGER PRIMARY KEY, region TEXT, text TEXT)", "CREATE TABLE notes (id INTEGER PRIMARY KEY, text TEXT)",
                     *[f"INSERT INTO orders VALUES ({i}, 'north', 'order {i}')" for i in range(1, 201)])
        gateway = Gateway(program, os.path.join(folder, "hq"), origin_configuration(database), place=wire["hq"])
        with gateway.stopped_in_the_end():
            gateway.start_and_wait("orders", "notes")
            for kind in (Hub, DeviceOfLiar):
                for name, (lie, sentence) in LIES.items():
                    told(wire, kind, folder, gateway, database, name, lie, sentence)
            brought(wire, program, folder, database)
    print(f"{len(LIES)} lies are found out at a hub, at a device, and where they are brought")


if __name__ == "__main__":
    main()
