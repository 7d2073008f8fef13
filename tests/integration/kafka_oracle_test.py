"""Exactly once: producers, with transactions that are committed or aborted and without, write random keys while the gateway and the broker are killed with
SIGKILL. In the end the feed of states is the fold of the topic, and the feed of events has each event, once. What the topic says Kafka's own consumer tells.

    kafka_oracle_test.py --program build/bin/meshgate --driver build/bin/kafka_drive [--kills N] [--broker-kills N] [--seed N]
"""

import argparse
import json
import os
import random
import threading
import time

from directory import DirectoryNode
from kafka_broker import Driver, broker
from processes import wait_for

YAML = """
node: { data: DATA, listen: "http://127.0.0.1:PORT" }
sources:
  bus:
    connector: kafka
    connection: { servers: [ "SERVERS" ], tls: false }
    every: 50ms
feeds:
  states: { from: { source: bus, topic: states, types: [ "n:int64", "by:text" ] } }
  events: { from: { source: bus, topic: events, shape: events, types: [ "n:int64", "by:text" ] } }
"""
KEYS = 60


class Writer(threading.Thread):
    """Writes until it is told to stop. What it cannot tell the outcome of it leaves as it is: the topic knows."""

    def __init__(self, program, servers, name, seed, transactions):
        super().__init__(daemon=True)
        self.program, self.servers, self.name, self.transactions = program, servers, name, transactions
        self.random = random.Random(f"{seed} {name}")
        self.stopping = threading.Event()
        self.written = 0
        self.driver = None

    def run(self):
        while not self.stopping.is_set():
            try:
                self.driver = Driver(self.program, self.servers, self.name if self.transactions else None)
                while not self.stopping.is_set():
                    self.turn()
            except (SystemExit, BrokenPipeError):
                pass  # the broker was killed: a new producer ends what this one left open
            finally:
                self.driver.process.kill()
                self.driver.process.wait()

    def turn(self):
        if self.transactions:
            self.driver.must("begin")
        for _ in range(self.random.randint(1, 20)):
            self.written += 1
            value = {"n": self.written, "by": self.name}
            key = f"k{self.random.randrange(KEYS)}"
            self.driver.send("states", key, None if self.random.random() < 0.2 else value)
            self.driver.send("events", None, value)
        self.driver.must("flush")
        if self.transactions:
            self.driver.must("commit" if self.random.random() < 0.7 else "abort")
        time.sleep(self.random.random() * 0.02)

    def finish(self):
        self.stopping.set()
        self.join(timeout=120)
        if self.transactions:
            last = Driver(self.program, self.servers, self.name)  # aborts what was left open
            last.must("begin")
            last.must("abort")
            last.close()


def main():
    arguments = argparse.ArgumentParser()
    arguments.add_argument("--program", required=True)
    arguments.add_argument("--driver", required=True)
    arguments.add_argument("--kills", type=int, default=4)
    arguments.add_argument("--broker-kills", type=int, default=1)
    arguments.add_argument("--seed", type=int, default=int(os.environ.get("MESHGATE_TEST_SEED") or random.randrange(1 << 31)))
    options = arguments.parse_args()
    print(f"seed {options.seed}")
    rng = random.Random(options.seed)
    with broker() as (server, folder):
        driver = Driver(options.driver, server.servers)
        driver.must("topic", "states", 3)
        driver.must("topic", "events", 2)
        driver.close()
        writers = [Writer(options.driver, server.servers, name, options.seed, name.startswith("careful")) for name in ("careful1", "careful2", "plain1")]
        node = DirectoryNode(os.path.abspath(options.program), folder, YAML.replace("SERVERS", server.servers))
        with node.stopped_in_the_end():
            node.start()
            for writer in writers:
                writer.start()
            disturb(node, server, rng, options.kills, options.broker_kills)
            for writer in writers:
                writer.finish()
            compare(node, server)
        print(f"{sum(writer.written for writer in writers)} written, {options.kills} kills of the gateway and {options.broker_kills} of the broker: each once")


def disturb(node, server, rng, kills, broker_kills):
    acts = ["gateway"] * kills + ["broker"] * broker_kills
    rng.shuffle(acts)
    for act in acts:
        time.sleep(rng.uniform(0.2, 2.0))  # not waiting for anything: the moment is what is random
        if act == "gateway":
            node.kill()
            node.start()
        else:
            server.kill()
            time.sleep(rng.uniform(0.0, 0.5))
            server.start()


def compare(node, server):
    wait_for("both feeds to be loaded", lambda: all((node.feed(feed) or {}).get("loading") is False for feed in ("states", "events")), 120)
    states = {}
    for _, _, key, value in sorted(server.messages("states"), key=lambda message: message[:2]):
        states[key] = value
    states = {key: json.loads(value) for key, value in states.items() if value is not None}
    events = {f"events-{partition}-{offset}": json.loads(value) for partition, offset, _, value in server.messages("events")}
    expect(node, "states", states)
    expect(node, "events", events)
    again = [identity for identity, rev in revisions(node, "events").items() if not rev.startswith("1-")]
    if again:
        raise SystemExit(f"events that changed though each was written once: {again[:5]}")


def expect(node, feed, wanted):
    seen = {}

    def equal():
        items = node.contents(feed)
        if items is None:
            return False
        seen["now"] = {identity: {name: value for name, value in json.loads(item).items() if name in ("by", "n")} for identity, item in items.items()}
        return seen["now"] == wanted

    try:
        wait_for(f"feed {feed} to be what the topic says", equal, 60)
    except SystemExit:
        now = seen.get("now", {})
        print(f"{feed}: missing {sorted(set(wanted) - set(now))[:5]}, too many {sorted(set(now) - set(wanted))[:5]}, "
              f"other {[(one, now[one], wanted[one]) for one in now if one in wanted and now[one] != wanted[one]][:5]}")
        raise


def revisions(node, feed):
    out, after = {}, "0"
    while True:
        for line in node.get(f"/feeds/{feed}/changes?after={after}&limit=1000")[1].decode().splitlines():
            kind, value = next(iter(json.loads(line).items()))
            if kind == "put":
                out[value["id"]] = value["rev"]
            elif kind == "mark":
                after = value["cursor"]
                if value["caught_up"]:
                    return out


if __name__ == "__main__":
    main()
