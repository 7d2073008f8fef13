"""A branch with two hubs: the line of the preferred one is held, so that it answers and gets nothing new. The branch goes on from the other, loses nothing, and comes back when the
first has caught up. A hub that comes and goes is changed to ever more rarely. What the nodes say of each other at /mesh is what is so, and only to those who may know.

    federation_routes_test.py --program build/bin/meshgate
"""

import argparse
import json
import math
import os
import tempfile
import time

from counted_wire import Wire
from databases import Sqlite
from federation import agree, described, get
from processes import Gateway, run, wait_for


def configuration(name, peers, more="", rest=""):
    listed = "".join(f"  {peer}: {{ url: \"{url}\" }}\n" for peer, url in peers)
    return f"""
node: {{ name: {name}, data: DATA, listen: "http://127.0.0.1:PORT", read: public, roles: {{ viewer: public }}{more} }}
{"peers:" if peers else ""}
{listed}{rest}"""


def following(name, peers):
    return configuration(name, peers, ", lag: 1s", f"feeds: {{ orders: {{ from: {{ peer: [{', '.join(peer for peer, _ in peers)}] }} }} }}\n")


def mesh(node):
    status, text = get(node, "/mesh")
    return json.loads(text) if status == 200 else None


def link(node, peer):
    """How the node follows from the peer, and what it knows of the feed there."""
    state = mesh(node)
    found = [(one, feed) for each in state["peers"] if each["name"] == peer for one in each["links"] for feed in one["feeds"]] if state else []
    return found[0] if found else ({}, {})


def follower(node, name):
    state = mesh(node)
    return next((one for one in state["followers"] if one["node"] == name), None) if state else None


def followed_from(node):
    return ((described(node, "orders") or {}).get("source") or {}).get("name")


def moves(node):
    """How often a feed was followed from another peer than before."""
    return next(float(line.split()[-1]) for line in get(node, "/metrics")[1].splitlines() if line.startswith("meshgate_peer_moves_total"))


def insert(database, first, count):
    database.run("INSERT INTO orders VALUES " + ", ".join(f"({i}, 'order {i}')" for i in range(first, first + count)))


def publish(origin, database, first, count):
    insert(database, first, count)
    wait_for("the gateway to have read them", lambda: get(origin, f"/feeds/orders/items/{first + count - 1}")[0] == 200)


def frozen(branch, origin, near, far, line, database):
    """What changes at the origin comes to the branch over the other hub; the cursors of readers never go back."""
    before = moves(branch)
    line.hold()
    publish(origin, database, 1000, 50)
    agree(origin, branch, "orders")
    if followed_from(branch) != "far":
        raise SystemExit(f"the branch has everything, and says that it follows {followed_from(branch)}")
    wait_for("the branch to say why", lambda: link(branch, "near")[1].get("state") == "lagging" and link(branch, "near")[1]["lag"]["items"] >= 50)
    if described(near, "orders")["count"] == described(origin, "orders")["count"]:
        raise SystemExit("the line was not held")
    if "feed orders is followed from far now: near is" not in branch.log():
        raise SystemExit("the log does not say why the branch follows another")
    line.let_go()
    publish(origin, database, 2000, 50)
    agree(origin, near, "orders")
    wait_for("the branch to come back", lambda: followed_from(branch) == "near", 90)
    publish(origin, database, 3000, 1)
    for node in (near, far, branch):
        agree(origin, node, "orders")
    return moves(branch) - before


def flapping(branch, origin, near, database, flaps):
    """The preferred hub is killed and started again and again: the branch waits twice as long each time, and holds everything all along."""
    before, began = moves(branch), time.monotonic()
    for number in range(flaps):
        near.kill()
        publish(origin, database, 4000 + 10 * number, 5)
        agree(origin, branch, "orders")
        near.start()
        agree(origin, near, "orders")
    changes = moves(branch) - before
    # To come back n times it must have waited 2 + 4 + … + 2^n seconds.
    most = 2 * (1 + math.log2(2 + time.monotonic() - began))
    if changes > most:
        raise SystemExit(f"the branch changed {changes} times, more than {most:.0f}, while its hub came and went {flaps} times")
    return changes


def told(program, origin, near, branch):
    """The hub knows the gateway and the branch, the branch what the hub says of itself; so does the command."""
    wait_for("the hub to show its line to the gateway", lambda: link(near, "hq")[0].get("state") == "connected" and link(near, "hq")[1].get("state") == "followed")
    line, feed = link(near, "hq")
    here = next(one for one in mesh(near)["feeds"] if one["feed"] == "orders")
    if line["direction"] != "pull" or line["protocol"] != "1" or line["bytes"] <= 0 or line["connections"] < 1 or feed["from"]["name"] != "company":
        raise SystemExit(f"the hub says of the gateway: {line}")
    if here["epoch"] != feed["epoch"] or here["peer"] != "hq" or here["loading"]:
        raise SystemExit(f"the hub says of itself: {here}")
    wait_for("the gateway to know the hub", lambda: (follower(origin, "near") or {}).get("connected"))
    wait_for("the branch to know where the hub has it from", lambda: link(branch, "near")[1].get("from", {}).get("name") == "hq")
    seen = follower(near, "branch")
    if "subject" in seen or seen["feeds"][0]["feed"] != "orders" or seen["feeds"][0]["sent"] < seen["feeds"][0]["asked"]:
        raise SystemExit(f"the hub says of the branch: {seen}")
    code, out, err = run([program, "mesh", "-c", near.config])
    if code != 0 or "hq" not in out or "orders" not in out or "follows from" not in out:
        raise SystemExit(f"meshgate mesh: {code} {out}{err}")
    code, out, err = run([program, "mesh", "--json", "-c", near.config])
    if code != 0 or {one["name"] for one in json.loads(out)["peers"]} != {"hq"}:
        raise SystemExit(f"meshgate mesh --json: {code} {out}{err}")


def main():
    arguments = argparse.ArgumentParser()
    arguments.add_argument("--program", required=True)
    arguments.add_argument("--flaps", type=int, default=2)
    options = arguments.parse_args()
    program = os.path.abspath(options.program)
    with tempfile.TemporaryDirectory(prefix="meshgate-routes-") as folder:
        for name in ("hq", "near", "far", "branch"):
            os.makedirs(os.path.join(folder, name))
        database = Sqlite(os.path.join(folder, "hq"))
        database.run("CREATE TABLE orders (id INTEGER PRIMARY KEY, text TEXT)")
        insert(database, 1, 500)
        origin = Gateway(program, os.path.join(folder, "hq"), configuration("hq", [], "", f"""
sources: {{ company: {{ connector: odbc, connection: {database.connection_yaml()}, every: 50ms }} }}
feeds: {{ orders: {{ from: {{ source: company, table: orders }} }} }}
"""))
        line = Wire(origin.port)
        near = Gateway(program, os.path.join(folder, "near"), following("near", [("hq", line.url)]))
        far = Gateway(program, os.path.join(folder, "far"), following("far", [("hq", origin.url)]))
        branch = Gateway(program, os.path.join(folder, "branch"), following("branch", [("near", near.url), ("far", far.url)]))
        with origin.stopped_in_the_end(), near.stopped_in_the_end(), far.stopped_in_the_end(), branch.stopped_in_the_end():
            for node in (origin, near, far, branch):
                node.start()
            for node in (near, far, branch):
                agree(origin, node, "orders")
            wait_for("the branch to follow the preferred hub", lambda: followed_from(branch) == "near" and (follower(near, "branch") or {}).get("connected"))
            away = frozen(branch, origin, near, far, line, database)
            told(program, origin, near, branch)
            changes = flapping(branch, origin, near, database, options.flaps)
        line.stop()
    print(f"away from a hub that lagged and back with {away:.0f} changes; a hub that came and went {options.flaps} times was changed from and to {changes:.0f} times")


if __name__ == "__main__":
    main()
