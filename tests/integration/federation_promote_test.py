"""The gateway is lost, and the hub's copy becomes the origin: a branch and readers go on, also those in the middle. The old gateway, back again with changes of its own, steps
down when it meets the hub, and follows it in the end. Of two origins the one promoted last counts.

    federation_promote_test.py --program build/bin/meshgate
"""

import argparse
import json
import os
import tempfile
import urllib.error
import urllib.request

from certificates_test import Authority
from databases import Sqlite
from federation_push_test import described
from federation_rights_test import TlsNode, listening
from processes import free_port, run, wait_for


def peer(name, url, shown):
    return f'  {name}: {{ url: "{url}", subject: "CN={name}", ca: CERTIFICATES/ca.pem, certificate: CERTIFICATES/{shown}.pem, key: CERTIFICATES/{shown}.key }}\n'


def node(name, peers, feed, more=""):
    return f"""
node: {{ name: {name}, data: DATA, {listening(name)}, read: public }}
{more}peers:
{"".join(peer(other, url, name) for other, url in peers)}feeds:
  orders: {{ from: {feed} }}
"""


def standing(node_, whole=True):
    state = described(node_, "orders")
    if state is None or not state["partitions"]:
        return None
    part = state["partitions"][0]
    return (state["uid"], part["count"], part["digest"]) + ((state["epoch"], part["cursor"], state["loading"]) if whole else ())


def agree(there, here):
    wait_for(f"both nodes to hold the same; one says\n{there.log()[-1500:]}\nthe other\n{here.log()[-1500:]}", lambda: standing(there) is not None and standing(there) == standing(here))


def promote(node_):
    code, out, err = run([node_.program, "promote", "-c", node_.config, "orders"])
    if code != 0 or "is the origin of feed orders now" not in out:
        raise SystemExit(f"promote ended with {code}: {out}{err}")


def keys_of(node_):
    """Its own, and the one that the feed is bound to."""
    state = json.loads(run([node_.program, "peers", "-c", node_.config, "--json"])[1])
    return state["key"], state["feeds"][0]["key"]


def changes(node_, after):
    """(status, lines)"""
    try:
        with urllib.request.urlopen(f"{node_.url}/feeds/orders/changes?after={after}", context=node_.trust, timeout=30) as answer:
            return answer.status, [json.loads(line) for line in answer.read().decode().splitlines()]
    except urllib.error.HTTPError as error:
        return error.code, [json.loads(error.read())]


def readers_go_on(old_cursor, hub, branch):
    """A reader of the lost gateway is told to begin a pass, and is caught up at either node."""
    status, told = changes(hub, old_cursor)
    if status != 410 or told[0].get("reason") != "other-epoch":
        raise SystemExit(f"a reader of the old order was answered {status}: {told[0]}")
    marks = [changes(one, "0")[1][-1]["mark"] for one in (hub, branch)]
    if marks[0] != marks[1] or not marks[0]["caught_up"]:
        raise SystemExit(f"readers stand at {marks}")
    return marks[0]["cursor"]


def reconfigured(node_, authority, yaml, folder, port):
    """The node with another configuration, at that port."""
    node_.stop()
    node_.port, node_.url = port, f"https://127.0.0.1:{port}"
    with open(node_.config, "w", encoding="utf-8") as file:
        file.write(yaml.replace("CERTIFICATES", authority.folder).replace("PORT", str(node_.port)).replace("DATA", os.path.join(folder, "data")))
    node_.start()


def main():
    arguments = argparse.ArgumentParser()
    arguments.add_argument("--program", required=True)
    program = os.path.abspath(arguments.parse_args().program)
    with tempfile.TemporaryDirectory(prefix="meshgate-promote-") as folder:
        certificates = os.path.join(folder, "certificates")
        os.makedirs(certificates)
        authority = Authority(certificates)
        for name in ("hq", "hub", "branch"):
            authority.sign(name, "IP:127.0.0.1", "200101000000Z", "490101000000Z")
        database = Sqlite(folder)
        database.run("CREATE TABLE orders (id INTEGER PRIMARY KEY, text TEXT)",
                     "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 2000) INSERT INTO orders SELECT i, 'order ' || i FROM n")
        ports = {name: free_port() for name in ("hq", "hub", "branch")}
        url = {name: f"https://127.0.0.1:{port}" for name, port in ports.items()}
        source = f"sources: {{ company: {{ connector: odbc, connection: {database.connection_yaml()}, every: 50ms }} }}\n"
        make = lambda name, yaml: TlsNode(program, os.path.join(folder, name), authority, yaml, ports[name])  # noqa: E731
        yaml = node("hq", [("hub", url["hub"]), ("branch", url["branch"])], "{ source: company, table: orders }", source)
        hq = make("hq", yaml)
        hub = make("hub", node("hub", [("hq", url["hq"]), ("branch", url["branch"])], "{ peer: [hq, branch] }"))
        branch = make("branch", node("branch", [("hub", url["hub"]), ("hq", url["hq"])], "{ peer: [hub, hq] }"))
        with hq.stopped_in_the_end(), hub.stopped_in_the_end(), branch.stopped_in_the_end():
            for one in (hq, hub, branch):
                one.start()
            agree(hq, hub)
            agree(hq, branch)
            old_cursor = described(hub, "orders")["partitions"][0]["cursor"]
            uid = described(hub, "orders")["uid"]

            hq.kill()
            promote(hub)
            agree(hub, branch)
            keys = {one.port: keys_of(one) for one in (hub, branch)}
            if keys[branch.port][1] != keys[hub.port][0] or "another node has been made the origin (term 1)" not in branch.log():
                raise SystemExit(f"the branch is not bound to the hub's key: {keys}")
            cursor = readers_go_on(old_cursor, hub, branch)
            if described(hub, "orders")["source"]["state"] != "origin" or described(hub, "orders")["uid"] != uid:
                raise SystemExit(f"the hub says of itself: {described(hub, 'orders')}")
            code, out, err = run([program, "promote", "-c", hub.config, "orders"])
            if code == 0 or "has its origin here already" not in err:
                raise SystemExit(f"promoted twice: {out}{err}")

            # The old one comes back where nobody sees it at first, and has read what nobody else has.
            database.run("UPDATE orders SET text = 'read by the old one' WHERE id <= 5")
            reconfigured(hq, authority, yaml, os.path.join(folder, "hq"), free_port())
            wait_for("the old gateway to have read alone", lambda: standing(hq, False) not in (None, standing(hub, False)) and standing(hq)[-1] is False)
            reconfigured(hq, authority, yaml, os.path.join(folder, "hq"), ports["hq"])
            wait_for("the old gateway to step down", lambda: "has stepped down" in hq.log())
            before = standing(hq, False)
            database.run("UPDATE orders SET text = 'never published' WHERE id = 6")
            wait_for("its source to be refused", lambda: "nothing is published from here any more" in json.dumps(described(hq, "orders")))
            if standing(hq, False) != before or changes(hq, "0")[1][-1]["mark"]["caught_up"]:
                raise SystemExit("what has stepped down still publishes, or tells readers that they are caught up")
            agree(hub, branch)
            if changes(branch, cursor)[0] != 200:
                raise SystemExit("the branch left the new order")

            # It follows the hub now.
            reconfigured(hq, authority, node("hq", [("hub", url["hub"])], "{ peer: hub }"), os.path.join(folder, "hq"), ports["hq"])
            agree(hub, hq)
            wait_for("the old gateway to say what it had alone", lambda: "only this node had" in hq.log())

            # The branch is promoted too: the later promotion counts, and the hub follows.
            promote(branch)
            agree(branch, hub)
            agree(branch, hq)
    print("the hub took the place of the gateway; the old one stepped down, and the last promotion counts")


if __name__ == "__main__":
    main()
