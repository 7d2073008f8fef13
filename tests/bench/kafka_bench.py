"""Figures of Kafka as a source, as ratios of one run: a topic of messages of 200 bytes, each of another key, into a durable feed, beside the slower of librdkafka consuming the
same topic and throwing it away, and a bare loop that writes the same keys and values into the same engine; and how long after its time a message is at a live reader, beside a
raw consumer.

    kafka_bench.py --program build/bin/meshgate [--messages 1000000] [--times 3] [--only REGEX] [--paced 3000]

The parts take turns, `--times` times; of each the best run counts. The clock of ours runs from the start of the gateway on an empty data folder to where GET /feeds/messages says
loading:false; that of the consumer over its whole life; that of the bare loop over the writing alone. `following` is a backlog that is met by a gateway that has read the topic before:
its clock runs from the start to the last message. Messages of `scattered` have keys in no order, as topics have; those of `ascending` let a first read go past the write-ahead log.
"""

import argparse
import json
import os
import re
import shutil
import subprocess
import sys
import time

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "integration"))
sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "services"))

import measure  # noqa: E402
from kafka_broker import Driver, broker  # noqa: E402
from measure import Spent  # noqa: E402
from processes import Gateway, wait_for  # noqa: E402
from registry import Registry  # noqa: E402

BYTES = 200
PARTITIONS = 4
PER_COMMIT = 5000  # records of one read, as the gateway asks for them
RATE = 200         # messages a second of a live feed
PATIENCE = 900
SCHEMA = {"type": "record", "name": "Article", "fields": [
    {"name": "number", "type": "long"}, {"name": "name", "type": "string"}, {"name": "price", "type": {"type": "bytes", "logicalType": "decimal", "precision": 9, "scale": 2}},
    {"name": "active", "type": "boolean"}, {"name": "note", "type": "string"}]}
YAML = """
node: {{ read: public, roles: {{ viewer: public }}, data: DATA, listen: "http://127.0.0.1:PORT" }}
sources:
  bus:
    connector: kafka
    connection: {{ servers: [ "{servers}" ], tls: false{more} }}
feeds:
  messages: {{ from: {{ source: bus, topic: {topic}, key_field: id, {how} }} }}
"""
JSON = 'types: [ "number:int64", "price:decimal", "name:text", "active:bool", "note:text" ]'
LIVE = 'types: [ "n:int64", "t:int64", "pad:text" ]'


class Bench:
    def __init__(self, options, server, folder):
        self.program, self.messages, self.times, self.paced = os.path.abspath(options.program), options.messages, options.times, options.paced
        self.only, self.server, self.folder = re.compile(options.only), server, folder
        self.rows = []

    def tool(self, name, *words):
        return [os.path.join(os.path.dirname(self.program), name), *(str(word) for word in words)]

    def topic(self, name, partitions=PARTITIONS):
        driver = Driver(self.tool("kafka_drive")[0], self.server.servers)
        driver.must("topic", name, partitions)
        driver.close()

    def fill(self, topic, order, *schema):
        measure.finished(self.tool("kafka_messages", "fill", self.server.servers, topic, self.messages, BYTES, order, *schema))

    def fresh(self, name):
        path = os.path.join(self.folder, name)
        shutil.rmtree(path, ignore_errors=True)
        os.makedirs(path)
        return path

    def gateway(self, folder, topic, how, more=""):
        return Gateway(self.program, folder, YAML.format(servers=self.server.servers, topic=topic, how=how, more=more))

    def line(self, *cells):
        self.rows.append(cells)
        print("... " + " | ".join(cells), file=sys.stderr, flush=True)

    def markdown(self):
        head = ("line", "ours", "beside", "ratio (clock; processor)", "aim", "met")
        return "\n".join("| " + " | ".join(row) + " |" for row in (head, ("---",) * len(head), *self.rows))

    # ---- messages to durable items ----

    def until(self, gateway, what, reached):
        began = time.monotonic()
        gateway.start()

        def there():
            if not gateway.running():
                raise SystemExit("the gateway ended:\n" + gateway.log()[-4000:])
            feed = gateway.feed("messages")
            return feed if feed and reached(feed) else None

        feed = wait_for(what, there, PATIENCE)
        return Spent(time.monotonic() - began, measure.processor(gateway.process.pid)), feed

    def first_read(self, topic, how, more=""):
        folder = self.fresh("gateway")
        gateway = self.gateway(folder, topic, how, more)
        try:
            spent, feed = self.until(gateway, "the first read", lambda feed: not feed["loading"])
            self.memory = measure.peak_memory(gateway.process.pid)
        finally:
            gateway.stop()
        if feed["count"] != self.messages or feed["quarantined"]:
            raise SystemExit(f"the feed has {feed['count']} items and {feed['quarantined']} records in quarantine, of {self.messages} messages")
        return spent

    def drained(self, topic):
        rows, spent = measure.told(self.tool("kafka_messages", "drain", self.server.servers, topic, self.messages))
        if rows != self.messages:
            raise SystemExit(f"the consumer got {rows} messages")
        return spent

    def bare(self, data):
        rows, spent = measure.told(self.tool("bare_store", data, self.fresh("bare"), PER_COMMIT))
        if rows != self.messages:
            raise SystemExit(f"the bare loop wrote {rows} items")
        return spent

    def ingest(self, name, topic, how, more, aim):
        ours, consumer, bare = [], [], []
        for _ in range(self.times):
            consumer.append(self.drained(topic))
            ours.append(self.first_read(topic, how, more))
            bare.append(self.bare(os.path.join(self.folder, "gateway", "data")))
        self.compare(name, measure.best(ours), {"consumer": measure.best(consumer), "bare loop": measure.best(bare)}, aim)

    def compare(self, name, ours, others, aim):
        slower = max(others, key=lambda other: others[other].wall)
        for other, spent in others.items():
            ratio = spent.wall / ours.wall
            judged = aim if other == slower else None
            self.line(name if judged else f"{name}, the faster one", self.rate(ours), f"{other}: {self.rate(spent)}", f"{ratio:.2f}; {spent.cpu / max(ours.cpu, 0.01):.2f}",
                      f"≥ {judged}" if judged else "report", ("yes" if ratio >= judged else "no") if judged else "")
        self.line(f"{name}, peak memory", f"{self.memory / 1e6:,.0f} MB", "", "", "< 256 MB", "yes" if self.memory < 256e6 else "no")

    def rate(self, spent):
        return f"{self.messages / spent.wall / 1000:,.0f}k messages/s ({self.messages / max(spent.cpu, 0.01) / 1000:,.0f}k per processor second)"

    def json(self, order, aim):
        topic = f"json-{order}"
        self.topic(topic)
        self.fill(topic, order)
        self.ingest(f"JSON, keys {order}", topic, JSON, "", aim)

    def avro(self):
        registry = Registry(os.path.join(self.folder, "registry")).start()
        try:
            self.topic("avro")
            schema = registry.register("avro-value", "AVRO", json.dumps(SCHEMA))
            self.fill("avro", "scattered", schema)
            self.ingest("Avro, keys scattered", "avro", "value_format: avro", f", registry: \"{registry.url}\"", 0.5)
        finally:
            registry.stop()

    def following(self):
        """The gateway has read an empty topic, and meets all messages when it is started again."""
        ours, consumer, bare = [], [], []
        for turn in range(self.times):
            topic = f"backlog-{turn}"
            self.topic(topic)
            folder = self.fresh("gateway")
            gateway = self.gateway(folder, topic, JSON)
            gateway.start_and_wait("messages")
            gateway.stop()
            self.fill(topic, "scattered")
            consumer.append(self.drained(topic))
            try:
                spent, _ = self.until(gateway, "the backlog", lambda feed: feed["count"] == self.messages)
                self.memory = measure.peak_memory(gateway.process.pid)
            finally:
                gateway.stop()
            ours.append(spent)
            bare.append(self.bare(os.path.join(folder, "data")))
        self.compare("following a backlog of JSON", measure.best(ours), {"consumer": measure.best(consumer), "bare loop": measure.best(bare)}, 0.6)

    # ---- a message to a live reader ----

    def live(self):
        late = []
        for turn in range(self.times):
            topic = f"live-{turn}"
            self.topic(topic, 1)
            gateway = self.gateway(self.fresh("gateway"), topic, LIVE)
            gateway.start_and_wait("messages")
            try:
                late.append(self.beside(gateway, topic))
            finally:
                gateway.stop()
        for share, most in (("p50", 10), ("p99", 30)):
            ours, raw = (sorted(one[which][share] for one in late)[len(late) // 2] / 1000 for which in (0, 1))
            self.line(f"produce → live reader, {RATE} messages/s: {share}", f"{ours:.1f} ms", f"raw consumer: {raw:.1f} ms", f"{ours - raw:+.1f} ms", f"+ ≤ {most} ms", "yes" if ours - raw <= most else "no")

    def beside(self, gateway, topic):
        """Both read the same messages at the same time."""
        target = "/feeds/messages/changes?live=stream"
        readers = [subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, text=True)
                   for command in (self.tool("live_readers", "--port", gateway.port, "--target", target, "--readers", 1, "--last", self.paced, "--caught-up"),
                                   self.tool("kafka_messages", "listen", self.server.servers, topic, self.paced))]
        for reader in readers:
            if reader.stdout.readline().strip() != "ready":
                raise SystemExit(f"{reader.args[0]} is not ready")
        measure.finished(self.tool("kafka_messages", "pace", self.server.servers, topic, self.paced, BYTES, RATE))
        out = []
        for reader in readers:
            text, _ = reader.communicate(timeout=120)
            if reader.returncode != 0:
                raise SystemExit(f"{reader.args[0]} ended with {reader.returncode}: {text}")
            out.append(json.loads(text.splitlines()[-1]))
        return out


def main():
    arguments = argparse.ArgumentParser()
    arguments.add_argument("--program", required=True)
    arguments.add_argument("--messages", type=int, default=1000000)
    arguments.add_argument("--times", type=int, default=3)
    arguments.add_argument("--paced", type=int, default=3000)
    arguments.add_argument("--only", default="")
    options = arguments.parse_args()
    with broker() as (server, folder):
        bench = Bench(options, server, folder)
        parts = {"json scattered": lambda: bench.json("scattered", 0.6), "json ascending": lambda: bench.json("ascending", 0.6), "avro": bench.avro, "following": bench.following, "live": bench.live}
        for name, part in parts.items():
            if bench.only.search(name):
                part()
        print(bench.markdown())


if __name__ == "__main__":
    main()
