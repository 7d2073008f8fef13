"""A gateway that nobody can reach brings its feeds to a hub, over TLS, both known by certificates: rows change while both are killed, an answer is lost, the hub comes back from
an old copy of its folder; in the end the hub holds what the gateway has. Nobody else may bring anything.

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
from databases import Sqlite
from federation_rights_test import TlsNode, listening
from federation_test import Rows
from processes import run, wait_for


def gateway(database, hub_url, shown="hq"):
    return f"""
node: {{ name: hq, data: DATA, {listening("hq")}, read: public }}
sources: {{ company: {{ connector: odbc, connection: {database.connection_yaml()}, every: 50ms }} }}
peers: {{ hub: {{ url: "{hub_url}", ca: CERTIFICATES/ca.pem, certificate: CERTIFICATES/{shown}.pem, key: CERTIFICATES/{shown}.key, push: [orders, notes] }} }}
feeds:
  orders: {{ from: {{ source: company, table: orders }}, partition: region }}
  notes: {{ from: {{ source: company, table: notes }} }}
"""


HUB = f"""
node: {{ name: hub, data: DATA, {listening("hub")}, read: public }}
peers: {{ hq: {{ subject: "CN=hq" }} }}
feeds:
  orders: {{ from: {{ peer: hq }} }}
  notes: {{ from: {{ peer: hq }} }}
"""


def described(node, feed):
    try:
        with urllib.request.urlopen(f"{node.url}/feeds/{feed}", context=node.trust, timeout=30) as answer:
            return json.loads(answer.read())
    except (urllib.error.URLError, OSError, json.JSONDecodeError):
        return None


def standing(node, feed):
    state = described(node, feed)
    if state is None:
        return None
    return state["uid"], state["epoch"], state["schema"], state["divided"], state["loading"], {one["partition"]: (one["cursor"], one["count"], one["digest"]) for one in state["partitions"]}


def agree(there, here):
    wait_for(f"the hub to hold what the gateway has; the gateway says\n{there.log()[-1500:]}\nthe hub\n{here.log()[-1500:]}",
             lambda: all(standing(there, feed) is not None and standing(there, feed) == standing(here, feed) for feed in ("orders", "notes")), 60)


def ask(node, authority, shown, method, path, body):
    """What somebody with this certificate is answered."""
    context = ssl.create_default_context(cafile=os.path.join(authority.folder, "ca.pem"))
    if shown:
        context.load_cert_chain(os.path.join(authority.folder, shown + ".pem"), os.path.join(authority.folder, shown + ".key"))
    request = urllib.request.Request(node.url + path, data=body.encode(), method=method)
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
        database.run("CREATE TABLE orders (id INTEGER PRIMARY KEY, region TEXT, text TEXT)", "CREATE TABLE notes (id INTEGER PRIMARY KEY, text TEXT)")
        rows = Rows(database, arguments.seed)
        rows.fill(3000)
        here = TlsNode(program, os.path.join(folder, "hub"), authority, HUB)
        there = TlsNode(program, os.path.join(folder, "hq"), authority, gateway(database, here.url))
        with there.stopped_in_the_end(), here.stopped_in_the_end():
            there.start()
            here.start()
            agree(there, here)
            strangers(here, authority, described(here, "orders"))
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
            wait_for("the hub to say from whom it has the feed", lambda: described(here, "orders")["source"]["name"] == "hq" and described(here, "orders")["source"]["state"] == "following")
            another_key(there, here)
    print("what the gateway has was brought to the hub; nobody else may bring anything")


if __name__ == "__main__":
    main()
