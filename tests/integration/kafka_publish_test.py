"""A feed becomes a topic, each revision once: records of a source are inserted, changed, deleted and moved between partitions at random while gateway and broker are
killed with SIGKILL. In the end the fold of the topic is the feed, by ids, revisions, contents and partitions; no revision is there twice at one place, and the
places of a key ascend. After a restore from a backup only what differs is written; of two gateways with one data folder one is overtaken, and says so.

    kafka_publish_test.py --program build/bin/meshgate --driver build/bin/kafka_drive [--kills N] [--broker-kills N] [--seed N]
"""

import argparse
import collections
import json
import os
import random
import re
import shutil
import threading
import time

from directory import DirectoryNode
from kafka_broker import Driver, broker
from kafka_oracle_test import disturb
from processes import run, wait_for

YAML = """
node: { data: DATA, listen: "http://127.0.0.1:PORT" }
sources:
  shop: { connector: files, connection: { path: TABLES }, every: 100ms }
  bus: { connector: kafka, connection: { servers: [ "SERVERS" ], tls: false } }
feeds:
  things:
    from: { source: shop, files: things.jsonl, key: [ id ] }
    partition: [ region, owner ]
    guard: { share: 100%, count: 1000000 }
    publish: { source: bus, topic: mesh.things }
"""
TOPIC = "mesh.things"
REGIONS = ("north", "south", "east", "west")
Record = collections.namedtuple("Record", "partition offset headers key value")


class Shop:
    """The table, a file, and somebody who changes it at random."""

    def __init__(self, folder, seed):
        self.folder = os.path.join(folder, "shop")
        os.makedirs(self.folder)
        self.random = random.Random(f"{seed} shop")
        self.things = {i: (self.region(), self.region(), f"first {i}") for i in range(200)}
        self.write()
        self.stopping = threading.Event()
        self.thread = None

    def region(self):
        return self.random.choice(REGIONS)

    def change(self):
        identity = self.random.randrange(300)
        self.things.pop(identity, None)
        if self.random.random() < 0.75:
            self.things[identity] = (self.region(), self.region(), f"name {self.random.randrange(5)} é\"\\")

    def turn(self):
        for _ in range(self.random.randint(1, 10)):
            self.change()
        self.write()

    def write(self):
        with open(os.path.join(self.folder, ".things"), "w", encoding="utf-8") as file:
            for identity, (region, owner, name) in self.things.items():
                file.write(json.dumps({"id": identity, "region": region, "owner": owner, "name": name}) + "\n")
        os.replace(os.path.join(self.folder, ".things"), os.path.join(self.folder, "things.jsonl"))

    def change_at_random(self):
        while not self.stopping.is_set():
            self.turn()
            time.sleep(self.random.random() * 0.05)

    def start(self):
        self.stopping.clear()
        self.thread = threading.Thread(target=self.change_at_random, daemon=True)
        self.thread.start()

    def stop(self):
        self.stopping.set()
        self.thread.join()

    def rows(self):
        return {str(identity): {region, owner} for identity, (region, owner, _) in self.things.items()}


def main():
    arguments = argparse.ArgumentParser()
    arguments.add_argument("--program", required=True)
    arguments.add_argument("--driver", required=True)
    arguments.add_argument("--kills", type=int, default=3)
    arguments.add_argument("--broker-kills", type=int, default=1)
    arguments.add_argument("--seed", type=int, default=int(os.environ.get("MESHGATE_TEST_SEED") or random.randrange(1 << 31)))
    options = arguments.parse_args()
    print(f"seed {options.seed}")
    rng = random.Random(options.seed)
    with broker() as (server, folder):
        driver = Driver(options.driver, server.servers)
        driver.must("topic", TOPIC, 3, "cleanup.policy=compact")
        shop = Shop(folder, options.seed)
        yaml = YAML.replace("SERVERS", server.servers).replace("TABLES", shop.folder)
        node = DirectoryNode(os.path.abspath(options.program), folder, yaml)
        check(node)
        with node.stopped_in_the_end():
            node.start_and_wait("things")
            shop.start()
            disturb(node, server, rng, options.kills, options.broker_kills)
            shop.stop()
            records = compare(node, server, shop)
            print(f"{len(records)} records, {options.kills} kills of the gateway and {options.broker_kills} of the broker: each once")
            driver.close()
            restore(node, server, shop)
            overtake(node, yaml, server, shop)


def check(node):
    code, out, err = run([node.program, "check", node.config])
    if code != 0 or "publish to mesh.things: reached" not in out:
        raise SystemExit(f"check ended with {code}: {out}{err}")


def is_level(node, shop):
    """The feed is the table, and the topic has all of the feed."""
    feed = node.feed("things")
    if not feed or feed["loading"] or feed["count"] != len(shop.rows()):
        return False
    return published(feed).startswith("publishing") and lag(node) == 0 and is_table(items(node, feed), shop)


def published(feed):
    """The state of the publishing, and what stands in its way."""
    return feed["source"]["note"].partition(f"published to {TOPIC}: ")[2]


def lag(node):
    answer = node.get("/metrics")
    found = re.search(r'^meshgate_publish_lag{feed="things"} (\S+)$', answer[1].decode(), re.M) if answer else None
    return float(found.group(1)) if found else None


def is_table(found, shop):
    return {identity: item["partitions"] for identity, item in found.items()} == shop.rows()


def items(node, feed):
    """{id: {rev, item, partitions}} of all partitions."""
    out = {}
    for partition in feed["partitions"]:
        after = "0"
        while after:
            lines = node.get(f"/feeds/things/changes?partition={partition['partition']}&after={after}&limit=1000")[1].decode().splitlines()
            for line in lines:
                kind, value = next(iter(json.loads(line).items()))
                if kind == "put":
                    found = out.setdefault(value["id"], {"partitions": set()})
                    found["partitions"].add(partition["partition"])
                    found.update(rev=value["rev"], item=line[line.index(',"item":') + 8:-2])
                elif kind == "mark":
                    after = "" if value["caught_up"] else value["cursor"]
    return out


def wait_until_level(node, shop):
    try:
        wait_for("the topic to have all of the feed", lambda: is_level(node, shop), 120)
    except SystemExit:
        print(f"{json.dumps((node.feed('things') or {}).get('source'))} {lag(node)} behind")
        raise


def read(server):
    """What is committed, as Kafka's own consumer reads it, in the order of each partition."""
    names = ("partition", "offset", "headers", "key")
    text = server.java("org.apache.kafka.tools.consumer.ConsoleConsumer", "--bootstrap-server", server.servers, "--topic", TOPIC, "--from-beginning", "--isolation-level",
                       "read_committed", "--timeout-ms", "15000", *(word for name in names for word in ("--property", f"print.{name}=true")), "--property", "null.literal=(none)")
    out = []
    for line in text.splitlines():
        partition, offset, headers, key, value = line.split("\t", 4)
        parts = [part.split(":", 1) for part in headers.split(",")]
        named = {name: text for name, text in parts if name != "mesh-partition"}
        named["partitions"] = {text for name, text in parts if name == "mesh-partition"}
        out.append(Record(int(partition.split(":")[1]), int(offset.split(":")[1]), named, key, None if value == "(none)" else value))
    return sorted(out, key=lambda record: record[:2])


def read_whole(node, server, shop):
    """The records once the topic has all of the feed. Kafka's consumer ends where it is kept waiting: then it is asked again."""
    wait_until_level(node, shop)
    wanted = items(node, node.feed("things"))
    for _ in range(4):
        records = read(server)
        fault = differs(records, wanted)
        if not fault:
            return records
    raise SystemExit(fault)


def compare(node, server, shop):
    records = read_whole(node, server, shop)
    feed = node.feed("things")
    epoch = {record.headers["mesh-epoch"] for record in records}
    if epoch != {feed["epoch"]} or {record.headers["mesh-feed"] for record in records} != {"things"}:
        raise SystemExit(f"epochs {epoch}")
    each_once(records)
    return records


def each_once(records):
    seen = collections.Counter((record.key, record.headers.get("mesh-rev"), record.headers["mesh-epoch"], record.headers["mesh-seq"]) for record in records)
    twice = [one for one, times in seen.items() if times > 1]
    if twice:
        raise SystemExit(f"{len(twice)} records are there twice: {twice[:5]}")
    last = {}
    for record in records:
        place = (record.headers["mesh-epoch"], int(record.headers["mesh-seq"]))
        before = last.get(record.key)
        if before and before[0] == place[0] and before[1] >= place[1]:
            raise SystemExit(f"{record.key} went back from {before} to {place}")
        last[record.key] = place


def differs(records, wanted):
    """What is wrong with the fold of the records."""
    fold = {record.key: record for record in records}
    fold = {key: record for key, record in fold.items() if record.value is not None}
    if set(fold) != set(wanted):
        return f"missing {sorted(set(wanted) - set(fold))[:5]}, too many {sorted(set(fold) - set(wanted))[:5]}"
    for key, record in fold.items():
        item = wanted[key]
        hash_of = record.headers["mesh-rev"].split("-")[1], item["rev"].split("-")[1]
        if record.value != item["item"] or record.headers["partitions"] != item["partitions"] or hash_of[0] != hash_of[1]:
            return f"{key} is {record}, and in the feed {item}"
    return None


def restore(node, server, shop):
    """The backup is older than the topic, and the table has changed since by three rows: just these are written."""
    data, copy = os.path.join(node.folder, "data"), os.path.join(node.folder, "backup")
    command(node, "backup", copy)
    shop.turn()
    before = read_whole(node, server, shop)
    node.stop()
    shop.things.update({identity: ("north", "south", "late") for identity in (1000, 1001, 1002)})
    shop.write()
    shutil.rmtree(data)
    command(node, "restore", copy)
    node.start()
    after = read_whole(node, server, shop)
    new = sorted(record.key for record in after if record not in before)
    if new != ["1000", "1001", "1002"]:
        raise SystemExit(f"after a restore {len(new)} records were written: {new[:20]}")
    print("a restored gateway wrote what differs, and nothing else")


def overtake(node, yaml, server, shop):
    """A copy of the data folder is started beside the node: the node is overtaken, and does not fight."""
    node.stop()
    folder = os.path.join(node.folder, "other")
    shutil.copytree(os.path.join(node.folder, "data"), os.path.join(folder, "data"))
    other = DirectoryNode(node.program, folder, yaml)
    node.start()
    wait_until_level(node, shop)
    with other.stopped_in_the_end():
        other.start()
        wait_until_level(other, shop)
        shop.things[2000] = ("north", "north", "later")
        shop.write()
        wait_until_level(other, shop)
        wait_for("the node to be overtaken", lambda: (feed := node.feed("things")) and published(feed).startswith("overtaken: "))
        if "another gateway" not in published(node.feed("things")):
            raise SystemExit(published(node.feed("things")))
        each_once(read_whole(other, server, shop))
    print("of two gateways one was overtaken, and said so")


def command(node, *words):
    code, out, err = run([node.program, *words, "-c", node.config])
    if code != 0:
        raise SystemExit(f"{words[0]} ended with {code}: {out}{err}")


if __name__ == "__main__":
    main()
