"""A feed of events that keeps its last ones: at the gateway, at a hub that follows it and on a device that changes between the two, while the gateway is killed;
and what it let go does not come back when the topic is read anew.

    kafka_keep_test.py --program build/bin/meshgate --driver build/bin/kafka_drive [--seed N] [--kills N]
"""

import argparse
import json
import os
import random
import sqlite3
import time

from federation import agree, described, get, hub_configuration
from kafka_broker import Driver, broker
from processes import Gateway, run, wait_for

KEPT = 50
YAML = """
node: { name: hq, data: DATA, listen: "http://127.0.0.1:PORT", read: public }
sources:
  bus:
    connector: kafka
    connection: { servers: [ "SERVERS" ], tls: false }
    every: 50ms
feeds:
  clicks:
    from: { source: bus, topic: clicks, shape: events, types: [ "n:int64" ] }
    keep: { count: 50 }
    fields: { FIELD: n }
  brief:
    from: { source: bus, topic: brief, shape: events, types: [ "n:int64" ] }
    keep: { age: 4s }
"""


class Topic:
    """A topic of one partition, to which numbers are written."""

    def __init__(self, driver, name):
        self.driver, self.name, self.sent = driver, name, 0

    def write(self, count):
        for _ in range(count):
            self.driver.send(self.name, None, {"n": self.sent}, partition=0)
            self.sent += 1
        self.driver.must("flush")

    def last(self, count):
        return {f"{self.name}-0-{n}": n for n in range(max(0, self.sent - count), self.sent)}


def held(node, feed, field):
    """{id: number} as a reader that begins at 0 gets them, or nothing where it cannot."""
    answer = node.get(f"/feeds/{feed}/items?limit=1000")
    return {one["id"]: one["item"].get(field) for one in answer[1]["items"]} if answer and answer[0] == 200 else None


def expect(node, feed, field, items):
    wait_for(f"{feed} to have {len(items)} items", lambda: held(node, feed, field) == items)


def whole(node, feed):
    """What the marks say of the feed is what is in it."""
    lines = get(node, f"/feeds/{feed}/changes?after=0&limit=1000")[1].splitlines()
    mark = json.loads(lines[-1])["mark"]
    puts = sum(line.startswith('{"put":') for line in lines)
    if not mark["caught_up"] or mark["count"] != puts:
        raise SystemExit(f"{feed}: {puts} items, but the mark says {mark}")


def mirrored(program, folder, node, items, field):
    """A device that comes with what it has, from whichever node, ends with these."""
    file = os.path.join(folder, "device.db")
    code, out, err = run([program, "mirror", node.url, "--feed", "clicks", "--into", file, "--once", "--quiet"])
    if code != 0:
        raise SystemExit(f"the mirror ended with {code}: {out}{err}")
    with sqlite3.connect(file) as copy:
        rows = dict(copy.execute(f"SELECT _id, {field} FROM clicks").fetchall())
    if rows != items:
        raise SystemExit(f"the device has {sorted(rows)}, not {sorted(items)}")


def kills(node, hub, clicks, number, chooser):
    for _ in range(number):
        clicks.write(chooser.randrange(30, 200))
        time.sleep(chooser.random() * 6)  # from reading to the next round of what expires
        node.kill()
        node.start()
    expect(node, "clicks", "number", clicks.last(KEPT))
    agree(node, hub, "clicks")
    whole(node, "clicks")


def main():
    arguments = argparse.ArgumentParser()
    arguments.add_argument("--program", required=True)
    arguments.add_argument("--driver", required=True)
    arguments.add_argument("--seed", type=int, default=int.from_bytes(os.urandom(3), "big"))
    arguments.add_argument("--kills", type=int, default=2)
    options = arguments.parse_args()
    program = os.path.abspath(options.program)
    chooser = random.Random(options.seed)
    print(f"seed {options.seed}", flush=True)
    with broker() as (server, folder):
        driver = Driver(options.driver, server.servers)
        clicks, brief = Topic(driver, "clicks"), Topic(driver, "brief")
        for topic in (clicks, brief):
            driver.must("topic", topic.name, 1)
            topic.write(120)
        yaml = YAML.replace("SERVERS", server.servers)
        for name in ("hq", "hub"):
            os.makedirs(os.path.join(folder, name))
        node = Gateway(program, os.path.join(folder, "hq"), yaml.replace("FIELD", "number"))
        hub = Gateway(program, os.path.join(folder, "hub"), hub_configuration([("hq", node.url)], [("clicks", "")]))
        with node.stopped_in_the_end(), hub.stopped_in_the_end():
            node.start_and_wait("clicks", "brief")
            expect(node, "clicks", "number", clicks.last(KEPT))
            hub.start()
            agree(node, hub, "clicks")
            mirrored(program, folder, hub, clicks.last(KEPT), "number")
            clicks.write(70)
            expect(node, "clicks", "number", clicks.last(KEPT))
            agree(node, hub, "clicks")
            mirrored(program, folder, node, clicks.last(KEPT), "number")
            expect(node, "brief", "n", {})

            kills(node, hub, clicks, options.kills, chooser)
            mirrored(program, folder, hub, clicks.last(KEPT), "number")
            expired = described(node, "clicks")["expired"]
            if expired != clicks.sent - KEPT:
                raise SystemExit(f"{expired} are said to have expired, of {clicks.sent} events with {KEPT} left")
            code, out, err = run([program, "feeds", "-c", node.config])
            if code != 0 or f"expired      {expired} items" not in out:
                raise SystemExit(f"`meshgate feeds` does not say what expired: {out}{err}")

            node.stop()
            Gateway(program, os.path.join(folder, "hq"), yaml.replace("FIELD", "value"), node.port)
            node.start_and_wait("clicks")
            expect(node, "clicks", "value", clicks.last(KEPT))
            if described(node, "clicks")["expired"] != expired:
                raise SystemExit("events that had expired came back when the topic was read anew")
            whole(node, "clicks")
            agree(node, hub, "clicks")
            expect(node, "brief", "n", {})
            driver.close()
            server.stop()
            mirrored(program, folder, node, clicks.last(KEPT), "value")
    print(f"of {clicks.sent} events the last {KEPT} are kept, everywhere and through {options.kills} kills")


if __name__ == "__main__":
    main()
