"""A gateway that nobody can reach brings its feeds to a hub, over TLS, both known by certificates: rows change while both are killed, an answer is lost, the hub comes back from
an old copy of its folder; in the end the hub holds what the gateway has. When the gateway was restored from a backup only what differs travels, compressed; what travels is
counted. Nobody else may bring anything.

    federation_push_test.py --program build/bin/meshgate [--seed N] [--kills N]
"""

import argparse
import json
import os
import random
import shutil
import ssl
import tempfile
import urllib.error
import urllib.request

from certificates_test import Authority
from counted_wire import Wire
from databases import Sqlite
from federation_rights_test import TlsNode, listening
from federation_test import Rows
from processes import run, wait_for

MANY = 20000
DIFFERING = 10


def gateway(database, hub_url, shown="hq"):
    return f"""
node: {{ name: hq, data: DATA, {listening("hq")}, read: public }}
sources: {{ company: {{ connector: odbc, connection: {database.connection_yaml()}, every: 50ms }} }}
peers: {{ hub: {{ url: "{hub_url}", ca: CERTIFICATES/ca.pem, certificate: CERTIFICATES/{shown}.pem, key: CERTIFICATES/{shown}.key, push: [orders, notes, many] }} }}
feeds:
  orders: {{ from: {{ source: company, table: orders }}, partition: region }}
  notes: {{ from: {{ source: company, table: notes }} }}
  many: {{ from: {{ source: company, table: many }} }}
"""


HUB = f"""
node: {{ name: hub, data: DATA, {listening("hub")}, read: public }}
peers: {{ hq: {{ subject: "CN=hq" }} }}
feeds:
  orders: {{ from: {{ peer: hq }} }}
  notes: {{ from: {{ peer: hq }} }}
  many: {{ from: {{ peer: hq }} }}
"""


def described(node, feed):
    try:
        with urllib.request.urlopen(f"{node.url}/feeds/{feed}", context=node.trust, timeout=30) as answer:
            return json.loads(answer.read())
    except (urllib.error.URLError, OSError, json.JSONDecodeError):
        return None


def lines_of(node, feed):
    """All lines of a feed's partitions."""
    for part in described(node, feed)["partitions"]:
        with urllib.request.urlopen(f"{node.url}/feeds/{feed}/changes?after=0&limit=100000&partition={part['partition']}", context=node.trust, timeout=30) as answer:
            yield from answer.read().splitlines()


def standing(node, feed):
    state = described(node, feed)
    if state is None:
        return None
    return state["uid"], state["epoch"], state["schema"], state["divided"], state["loading"], {one["partition"]: (one["cursor"], one["count"], one["digest"]) for one in state["partitions"]}


def agree(there, here):
    wait_for(f"the hub to hold what the gateway has; the gateway says\n{there.log()[-1500:]}\nthe hub\n{here.log()[-1500:]}",
             lambda: all(standing(there, feed) is not None and standing(there, feed) == standing(here, feed) for feed in ("orders", "notes", "many")), 60)


def ask(node, authority, shown, method, path, body, **fields):
    """What somebody with this certificate is answered."""
    context = ssl.create_default_context(cafile=os.path.join(authority.folder, "ca.pem"))
    if shown:
        context.load_cert_chain(os.path.join(authority.folder, shown + ".pem"), os.path.join(authority.folder, shown + ".key"))
    request = urllib.request.Request(node.url + path, data=body.encode() if isinstance(body, str) else body, method=method, headers={name.replace("_", "-"): value for name, value in fields.items()})
    try:
        with urllib.request.urlopen(request, context=context, timeout=30) as answer:
            return answer.status, answer.read().decode()
    except urllib.error.HTTPError as error:
        return error.code, error.read().decode()


def expect(what, answer, status, part=""):
    if answer[0] != status or part not in answer[1]:
        raise SystemExit(f"{what} was answered {answer}")


def strangers(here, authority, state):
    offer = json.dumps({"feed": "orders", "uid": state["uid"], "divided": True, "schema": state["schema"], "partitions": []})
    for shown in ("", "stranger"):
        expect(f"an offer with certificate '{shown}'", ask(here, authority, shown, "PUT", "/peers/feeds/orders", offer), 404, "nobody with this certificate")
        expect("a page", ask(here, authority, shown, "POST", "/peers/feeds/orders/changes?after=0", "x\n"), 404)
    expect("a feed that is not there", ask(here, authority, "hq", "PUT", "/peers/feeds/other", offer), 404)
    expect("another feed of the name", ask(here, authority, "hq", "PUT", "/peers/feeds/orders", offer.replace(state["uid"], "7" * 32)), 409, "another feed of the same name")
    expect("an offer of nothing", ask(here, authority, "hq", "PUT", "/peers/feeds/orders", "{}"), 400)
    for body in ("", "x\n", '{"gone":{"seq":1,"id":"1"}}\n', '{"mark":{"cursor":"0"}}'):
        expect(f"a page that is none: {body}", ask(here, authority, "hq", "POST", "/peers/feeds/orders/changes?after=0&partition=north", body), 400)
    cursor = next(one["cursor"] for one in state["partitions"] if one["partition"] == "north")
    epoch, seq = cursor.split(".")
    fork = f'{{"gone":{{"seq":{seq},"id":"never was"}}}}\n{{"mark":{{"cursor":"{cursor}","caught_up":false,"floor":0}}}}\n'
    expect("a fork", ask(here, authority, "hq", "POST", f"/peers/feeds/orders/changes?after={epoch}.0&partition=north", fork), 409, "a fork")
    expect("an offer that says no key of the origin", ask(here, authority, "hq", "PUT", "/peers/feeds/orders", offer), 409, "no key of the origin is said")
    gap = f'{{"mark":{{"cursor":"{epoch}.{int(seq) + 100}","caught_up":false,"floor":0}}}}\n'
    answer = ask(here, authority, "hq", "POST", f"/peers/feeds/orders/changes?after={epoch}.{int(seq) + 50}&partition=north", gap)
    expect("a gap", answer, 409, f'"cursor":"{cursor}"')


def bomb():
    """2 MiB of zeros in 80 bytes of zstd: blocks that repeat one byte."""
    size = 128 << 10
    blocks = [((size << 3) | (1 << 1) | (number == 15)).to_bytes(3, "little") + b"\0" for number in range(16)]
    return bytes([0x28, 0xB5, 0x2F, 0xFD, 0x00, 0x38]) + b"".join(blocks)


def packed(here, authority):
    """What is unpacked is bounded, and no other coding is taken."""
    path = "/peers/feeds/orders/changes?after=0&partition=north"
    expect("a body that grows too large", ask(here, authority, "hq", "POST", path, bomb(), Content_Encoding="zstd"), 413, "when it is unpacked")
    expect("a body that is no zstd", ask(here, authority, "hq", "POST", path, "x", Content_Encoding="zstd"), 400, "no zstd")
    expect("another coding", ask(here, authority, "hq", "POST", path, "x", Content_Encoding="gzip"), 415, "'zstd'")


def restored_gateway(there, here, wire, rows, folder, full):
    """The gateway is lost and comes back from a backup; it has lost changes that the hub has, and has others since."""
    ids = [1 + one * (MANY // DIFFERING) for one in range(DIFFERING)]
    change = lambda some, what: rows.database.run(f"UPDATE many SET text = text || '{what}' WHERE id IN ({', '.join(map(str, some))})")  # noqa: E731
    backup = os.path.join(folder, "backup")
    code, out, err = run([there.program, "backup", "-c", there.config, backup])
    if code != 0:
        raise SystemExit(f"backup: {out}{err}")
    before = standing(there, "many")
    change(ids, " lost")
    wait_for("the gateway to have what will be lost", lambda: standing(there, "many") != before)
    agree(there, here)
    there.kill()
    shutil.rmtree(there.data)
    code, out, err = run([there.program, "restore", "-c", there.config, backup])
    if code != 0:
        raise SystemExit(f"restore: {out}{err}")
    change(ids[: DIFFERING // 2], " new")
    wire.count_sent()
    there.start()
    wait_for("the hub to be repaired", lambda: "feed many: repaired with" in here.log())
    wait_for("the gateway to have read its tables", lambda: not any(described(there, feed)["loading"] for feed in ("orders", "notes", "many")))
    agree(there, here)
    took = wire.count_sent()
    print(f"after the restore of the gateway {took} bytes went to the hub, {100 * took / full:.2f} % of all ({full} bytes)", flush=True)
    if took > full * 0.05:
        raise SystemExit("more than what differs travelled")
    wait_for("the hub to keep what only it had", lambda: "are kept in" in here.log())


def restored(there, here, rows, folder):
    """The hub's folder of an hour ago."""
    here.stop()
    data, old = os.path.join(folder, "hub", "data"), os.path.join(folder, "old")
    shutil.copytree(data, old)
    here.start()
    for _ in range(30):
        rows.change()
    agree(there, here)
    here.kill()
    shutil.rmtree(data)
    shutil.copytree(old, data)
    here.start()
    # What is new tells the gateway at once that the hub stands elsewhere; without, the next heartbeat would.
    rows.database.run("UPDATE orders SET text = text || '!'", "UPDATE notes SET text = text || '!'")
    agree(there, here)


def some_partitions(program, folder, authority, database):
    """Another gateway brings another hub one partition of a feed and no other, whatever changes."""
    here = TlsNode(program, os.path.join(folder, "site"), authority, HUB)
    yaml = gateway(database, here.url).replace("push: [orders, notes, many]", "push: [orders, notes], partitions: { orders: [north] }")
    there = TlsNode(program, os.path.join(folder, "hq-of-site"), authority, yaml)
    parts = lambda node: (standing(node, "orders") or [{}])[-1]  # noqa: E731
    with there.stopped_in_the_end(), here.stopped_in_the_end():
        here.start()
        there.start()
        wait_for("the gateway to have read its tables", lambda: len(parts(there)) == 3 and not described(there, "orders")["loading"])
        before = parts(there)
        database.run("UPDATE orders SET text = text || ' for some'")
        wait_for("the gateway to have the changes", lambda: all(parts(there)[one] != before[one] for one in before))
        wait_for("the hub to have what it is brought", lambda: parts(here) == {"north": parts(there)["north"]} and standing(here, "notes") == standing(there, "notes"))
        if described(here, "orders")["loading"]:
            raise SystemExit("the hub waits for what it is not brought")


def another_key(there, here):
    """The gateway's folder without its key: nothing that it brings is taken until somebody at the hub says that it is right."""
    held = standing(here, "orders")
    there.stop()
    os.remove(os.path.join(there.data, "identity.json"))
    there.start()
    key = json.loads(run([there.program, "peers", "-c", there.config, "--json"])[1])["key"]
    said = lambda: ((described(here, "orders") or {}).get("source") or {}).get("error", "")  # noqa: E731
    wait_for("the hub to refuse another key", lambda: f"its origin has key {key}" in said())
    if standing(here, "orders") != held:
        raise SystemExit("the hub took what another key brought")
    for feed in ("orders", "notes"):
        code, out, err = run([here.program, "peers", "accept", feed, key, "-c", here.config])
        if code != 0:
            raise SystemExit(f"accept ended with {code}: {out}{err}")
    agree(there, here)
    wait_for("the hub to be content", lambda: not said())


def main():
    arguments = argparse.ArgumentParser()
    arguments.add_argument("--program", required=True)
    arguments.add_argument("--seed", type=int, default=int.from_bytes(os.urandom(3), "big"))
    arguments.add_argument("--kills", type=int, default=6)
    arguments = arguments.parse_args()
    program = os.path.abspath(arguments.program)
    print(f"seed {arguments.seed}", flush=True)
    with tempfile.TemporaryDirectory(prefix="meshgate-push-") as folder:
        certificates = os.path.join(folder, "certificates")
        os.makedirs(certificates)
        authority = Authority(certificates)
        for name in ("hq", "hub", "stranger"):
            authority.sign(name, "IP:127.0.0.1", "200101000000Z", "490101000000Z")
        database = Sqlite(folder)
        database.run("CREATE TABLE orders (id INTEGER PRIMARY KEY, region TEXT, text TEXT)", "CREATE TABLE notes (id INTEGER PRIMARY KEY, text TEXT)", "CREATE TABLE many (id INTEGER PRIMARY KEY, text TEXT)",
                     f"WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < {MANY}) INSERT INTO many SELECT i, 'one of many, ' || i || ': ' || hex(randomblob(16)) FROM n")
        rows = Rows(database, arguments.seed)
        rows.fill(3000)
        here = TlsNode(program, os.path.join(folder, "hub"), authority, HUB)
        wire = Wire(here.port)
        there = TlsNode(program, os.path.join(folder, "hq"), authority, gateway(database, wire.url.replace("http:", "https:")))
        with there.stopped_in_the_end(), here.stopped_in_the_end():
            there.start()
            here.start()
            agree(there, here)
            full = wire.count_sent()
            plain = sum(len(line) for feed in ("orders", "notes", "many") for line in lines_of(there, feed))
            print(f"the first copy of {plain} bytes of lines took {full} bytes on the wire", flush=True)
            if full > 0.6 * plain:
                raise SystemExit("what is brought is not compressed")
            strangers(here, authority, described(here, "orders"))
            packed(here, authority)
            chooser = random.Random(arguments.seed)
            for _ in range(arguments.kills):
                for _ in range(10):
                    rows.change()
                node = chooser.choice([there, here])
                node.kill()
                for _ in range(5):
                    rows.change()
                node.start()
            agree(there, here)
            restored(there, here, rows, folder)
            restored_gateway(there, here, wire, rows, folder, full)
            wait_for("the hub to say from whom it has the feed", lambda: described(here, "orders")["source"]["name"] == "hq" and described(here, "orders")["source"]["state"] == "following")
            another_key(there, here)
        wire.stop()
        some_partitions(program, folder, authority, database)
    print("what the gateway has was brought to the hub; nobody else may bring anything")


if __name__ == "__main__":
    main()
