"""A device: a gateway with a table, a hub, and a device that follows both. First copy, kill -9 while rows change, upstreams away and back, an application that
leaves for the hub with its cursor, who is let in and who is not, and what is said of what is wrong.

    device_test.py --program build/bin/meshgate [--seed N] [--kills N]
"""

import argparse
import json
import os
import stat
import tempfile

from databases import Sqlite
from device import Device, expect
from federation import get, hub_configuration, origin_configuration, standing
from federation_test import Rows
from processes import Gateway, run, wait_for

FEEDS = ("orders", "notes")


def agrees(device, node):
    """Store and SQLite file of the device hold what the node does."""
    for feed in FEEDS:
        there = standing(node, feed)
        here = device.feed(feed)
        if there is None or here is None or here["uid"] != there[0] or here["epoch"] != there[1] or here["loading"] or device.holds(feed) != there[6]:
            return False
        if device.copied(feed) != {name: one[1:] for name, one in there[6].items()}:
            return False
    return True


def same(device, node, what):
    try:
        wait_for(what, lambda: agrees(device, node), 60)
    except SystemExit:
        for feed in FEEDS:
            print(f"{feed}\n  there {standing(node, feed)}\n  here  {device.holds(feed)}\n  file  {device.copied(feed)}")
        raise
    print(f"ok   {what}", flush=True)


def doors(device):
    """Who is let in."""
    port = device.port
    refused = lambda *words, **more: device.ask(*words, **more)[0] in (401, 403)
    paths = ("/feeds", "/feeds/notes", "/feeds/notes/items", "/feeds/notes/changes", "/health/ready", "/metrics", "/auth/person")
    expect(all(refused(path, None) for path in paths), "nobody without a token")
    expect(device.ask("/sync", None, method="POST", body='{"protocol":1,"feeds":[{"feed":"notes"}]}')[0] == 401, "nor over /sync")
    device.tokens["wrong"] = device.tokens["app"][:-2] + "AA"
    expect(refused("/feeds", "wrong"), "nobody with a wrong one")
    for host in ("evil.example", f"evil.example:{port}", "127.0.0.1", f"127.0.0.1.evil.example:{port}", f"localhost:{port + 1}"):
        expect(refused("/feeds", fields={"Host": host}), f"nobody who asks for {host}")
    expect(device.ask("/feeds", fields={"Host": f"localhost:{port}"})[0] == 200, "who asks for localhost is here")
    for origin in ("https://evil.example", "null", f"http://127.0.0.1:{port + 1}", f"http://127.0.0.1:{port}.evil.example"):
        status, fields, _ = device.ask("/feeds", fields={"Origin": origin})
        expect(status in (401, 403) and "Access-Control-Allow-Origin" not in fields, f"no page of {origin}")
    expect(device.ask("/feeds", fields={"Origin": f"http://127.0.0.1:{port}"})[0] == 200, "the device's own page")
    expect(device.ask("/")[0] == 200 and device.ask("/page.js")[0] in (200, 404), "the page is there")
    modes = {name: stat.S_IMODE(os.stat(os.path.join(device.data, name)).st_mode) for name in ("applications", "device.json", "admin.sock")}
    expect(stat.S_IMODE(os.stat(device.data).st_mode) == 0o700 and set(modes.values()) == {0o600}, f"no other user of this machine: {modes}")
    with open(os.path.join(device.data, "applications"), encoding="utf-8") as file:
        expect(device.tokens["app"] not in file.read(), "no token is kept")
    code, out, err = run([device.program, "device", "--data", device.data, "--upstream", "http://127.0.0.1:1", "--listen", "0.0.0.0:0"])
    expect(code == 2 and "its own machine" in err, f"nobody from elsewhere: {err.strip()}")


def tokens(device):
    device.token("page", "--origin", "http://localhost:8080")
    expect(device.ask("/feeds", "page", fields={"Origin": "http://localhost:8080"})[0] == 200, "a page of the declared origin")
    expect(device.ask("/feeds", fields={"Origin": "http://localhost:8080"})[0] == 401, "not with the token of another application")
    code, said = device.run_once("token", "page")
    expect(code == 1 and "already" in said, f"a name twice: {said.strip()}")
    code, said = device.run_once("tokens")
    expect(code == 0 and "2 applications" in said and all(one not in said for one in device.tokens.values()), "the list shows no token")
    code, said = device.run_once("revoke", "page")
    expect(code == 0 and device.ask("/feeds", "page")[0] == 401, "a revoked one is good for nothing at once")
    code, said = device.run_once("revoke", "page")
    expect(code == 2 and "no application" in said, f"revoked twice: {said.strip()}")


def page_of_changes(text):
    lines = [json.loads(line) for line in text.splitlines()]
    ids = [line["put"]["id"] for line in lines if "put" in line]
    return ids, lines[-1]["mark"]


def moves(device, hub):
    """An application reads half at the device, the rest at the hub, with the cursor it has."""
    first, mark = page_of_changes(device.ask("/feeds/notes/changes?after=0&limit=50")[2])
    ids = set(first)
    while not mark["caught_up"]:
        status, text = get(hub, f"/feeds/notes/changes?limit=50&after={mark['cursor']}")
        if status != 200:
            raise SystemExit(f"the hub does not go on with the cursor of the device: {status} {text}")
        more, mark = page_of_changes(text)
        ids |= set(more)
    expect(len(ids) == mark["count"], f"an application that moves to the hub has all of it: {len(ids)}")
    status, _, text = device.ask(f"/feeds/notes/changes?after={mark['cursor']}")
    expect(status == 200 and page_of_changes(text)[1]["caught_up"], "and comes back with the hub's cursor")


def killed(device, origin, rows, times):
    for _ in range(times):
        for _ in range(5):
            rows.change()
        device.kill()
        for _ in range(3):
            rows.change()
        device.start()
    same(device, origin, f"after {times} times kill -9 store and SQLite file are the gateway's")


def offline(device, origin, hub, rows):
    hub.stop()
    origin.stop()
    failing = lambda: all((device.feed(feed) or {}).get("source", {}).get("state") == "failing" for feed in FEEDS)
    wait_for("the device to say that it hears nobody", failing)
    state = device.feed("orders")
    expect(state["count"] > 0 and state["source"]["error"] and state["source"]["lag_seconds"] > 0 and "as_of" in state, "offline: it serves, and says how old that is")
    before = {feed: device.holds(feed) for feed in FEEDS}
    device.stop()
    device.start()
    expect({feed: device.holds(feed) for feed in FEEDS} == before, "after a restart offline it serves the same")
    wait_for("it says so again", failing)
    for _ in range(20):
        rows.change()
    hub.start()
    origin.start()
    same(device, origin, "back on line, it has what has happened")


def another_key(program, device, origin, hub, rows):
    """The gateway has lost its key: nothing of its feeds is taken until the device is told that this is theirs."""
    hub.stop()
    origin.stop()
    os.remove(os.path.join(os.path.dirname(origin.config), "data", "identity.json"))
    before = device.holds("orders")
    rows.change()
    origin.start()
    refused = lambda: (device.feed("orders")["source"].get("error") or "")
    wait_for("the device to refuse the key", lambda: "is bound to the origin with key" in refused())
    code, out, err = run([program, "peers", "--json", "-c", origin.config])
    key = json.loads(out)["key"]
    expect(key in refused() and f"meshgate device accept orders {key}" in refused() and device.holds("orders") == before, f"it names both keys, and what to say: {refused()}")
    code, said = device.run_once("accept", "orders", key)
    expect(code == 1 and "in use by another process" in said, f"while the device runs: {said.strip()}")
    device.stop()
    device.start()
    wait_for("the device to refuse it after a restart too", lambda: key in refused())
    expect(device.holds("orders") == before, "to whose key a feed is bound it knows over a restart")
    device.stop()
    code, said = device.run_once("accept", "orders", "no key")
    expect(code == 2 and "ed25519:" in said, f"what is no key: {said.strip()}")
    for feed in FEEDS:
        code, said = device.run_once("accept", feed, key)
        expect(code == 0 and key in said, said.strip())
    device.start()
    same(device, origin, "told so, the device follows")


def faults(program, folder, device, origin):
    second = Device(program, os.path.join(folder, "second"))
    code, said = device.run_once()
    expect(code == 1 and "in use by another process" in said, f"a second one with the same folder: {said.strip()}")
    code, said = second.run_once()
    expect(code == 2 and "--upstream" in said, f"without an upstream: {said.strip()}")
    code, said = second.run_once("--upstream", "127.0.0.1:80")
    expect(code == 2 and "http://" in said, f"without a scheme: {said.strip()}")
    code, said = second.run_once("--upstream", origin.url + "/feeds")
    expect(code == 2 and said.strip(), f"a URL that is no node's: {said.strip()}")
    code, said = second.run_once("--upstream", origin.url, "--feed", "none")
    expect(code == 2 and "404" in said, f"a feed that is not there: {said.strip()}")
    os.chmod(os.path.join(second.data), 0o755)
    code, said = second.run_once("--upstream", origin.url)
    expect(code == 1 and "others" in said, f"a folder that others may read: {said.strip()}")


def main():
    arguments = argparse.ArgumentParser()
    arguments.add_argument("--program", required=True)
    arguments.add_argument("--seed", type=int, default=int.from_bytes(os.urandom(3), "big"))
    arguments.add_argument("--kills", type=int, default=4)
    arguments = arguments.parse_args()
    program = os.path.abspath(arguments.program)
    print(f"seed {arguments.seed}", flush=True)
    with tempfile.TemporaryDirectory(prefix="meshgate-device-") as folder:
        for name in ("hq", "hub"):
            os.makedirs(os.path.join(folder, name))
        database = Sqlite(os.path.join(folder, "hq"))
        database.run("CREATE TABLE orders (id INTEGER PRIMARY KEY, region TEXT, text TEXT)", "CREATE TABLE notes (id INTEGER PRIMARY KEY, text TEXT)")
        rows = Rows(database, arguments.seed)
        rows.fill(2000)
        origin = Gateway(program, os.path.join(folder, "hq"), origin_configuration(database))
        hub = Gateway(program, os.path.join(folder, "hub"), hub_configuration([("hq", origin.url)], [("orders", ""), ("notes", "")]))
        device = Device(program, os.path.join(folder, "own"))
        with origin.stopped_in_the_end(), hub.stopped_in_the_end(), device.stopped_in_the_end():
            origin.start_and_wait(*FEEDS)
            hub.start()
            device.start("--upstream", origin.url, "--upstream", hub.url)
            device.token("app")
            same(device, origin, "the device holds what the gateway does, in store and SQLite file")
            doors(device)
            tokens(device)
            moves(device, hub)
            faults(program, folder, device, origin)
            killed(device, origin, rows, arguments.kills)
            origin.stop()
            wait_for("the device to go on from the hub", lambda: device.feed("orders")["source"]["name"] == hub.url[7:])
            origin.start_and_wait(*FEEDS)
            wait_for("and back to the gateway", lambda: device.feed("orders")["source"]["name"] == origin.url[7:])
            offline(device, origin, hub, rows)
            another_key(program, device, origin, hub, rows)


if __name__ == "__main__":
    main()
