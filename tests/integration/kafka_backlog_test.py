"""The first read of a long topic with many partitions in a memory limit, killed with SIGKILL on the way: what was durable stays, and in the end the feed has an
item for each key.

    kafka_backlog_test.py --program build/bin/meshgate --driver build/bin/kafka_drive [--megabytes N] [--partitions N]

The limit is 256 MiB of resident memory (VmHWM), as in first_load_test.py, from where the measuring is.
"""

import argparse
import os

from directory import DirectoryNode
from first_load_test import LIMIT, memory
from kafka_broker import Driver, broker
from processes import wait_for

SIZE = 1000
YAML = """
node: { read: public, roles: { viewer: public }, data: DATA, listen: "http://127.0.0.1:PORT" }
sources:
  bus:
    connector: kafka
    connection: { servers: [ "SERVERS" ], tls: false }
feeds:
  long: { from: { source: bus, topic: long, types: [ "n:int64", "text:text" ] } }
"""


class Load:
    def __init__(self, node, messages):
        self.node, self.messages = node, messages
        self.peak = 0

    def has(self, count):
        """Whether so many items are there; without a number, whether the first scan is done."""
        self.peak = max(self.peak, memory(self.node))
        if self.peak > LIMIT:
            raise SystemExit(f"{self.peak >> 20} MiB of memory are more than {LIMIT >> 20}")
        feed = self.node.feed("long")
        return feed and (not feed["loading"] if count is None else feed["count"] >= count or not feed["loading"])


def main():
    arguments = argparse.ArgumentParser()
    arguments.add_argument("--program", required=True)
    arguments.add_argument("--driver", required=True)
    arguments.add_argument("--megabytes", type=int, default=40)
    arguments.add_argument("--partitions", type=int, default=50)
    options = arguments.parse_args()
    messages = options.megabytes * 1000
    with broker() as (server, folder):
        driver = Driver(options.driver, server.servers)
        driver.must("topic", "long", options.partitions)
        driver.must("fill", "long", messages, SIZE)
        driver.close()
        node = DirectoryNode(os.path.abspath(options.program), folder, YAML.replace("SERVERS", server.servers))
        load = Load(node, messages)
        with node.stopped_in_the_end():
            node.start()
            wait_for("a part of the topic", lambda: load.has(messages // 3), 1500)
            node.kill()
            node.start()
            durable = wait_for("the feed to be there again", lambda: (node.feed("long") or {}).get("count"), 60)
            if durable < messages // 3:
                raise SystemExit(f"{durable} items are there after the kill, a third of {messages} were before")
            wait_for("the whole topic", lambda: load.has(None), 1500)
            if node.feed("long")["count"] != messages:
                raise SystemExit(f"the feed has {node.feed('long')['count']} items, the topic {messages} keys")
    print(f"{messages} messages of {SIZE} bytes in {options.partitions} partitions; {durable} items were there after the kill; peak memory {load.peak >> 20} MiB")


if __name__ == "__main__":
    main()
