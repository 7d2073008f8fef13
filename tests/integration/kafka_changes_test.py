"""What happens to a topic behind the gateway's back: made anew while it is away and while it runs, shortened by retention, given more partitions.

    kafka_changes_test.py --program build/bin/meshgate --driver build/bin/kafka_drive
"""

import argparse
import json
import os

from directory import DirectoryNode
from kafka_broker import Driver, broker
from processes import wait_for

FEEDS = ("made", "kept", "seen", "grown")
YAML = """
node: { data: DATA, listen: "http://127.0.0.1:PORT" }
sources:
  bus:
    connector: kafka
    connection: { servers: [ "SERVERS" ], tls: false }
    every: 50ms
feeds:
  made: { from: { source: bus, topic: made, types: [ "n:int64" ] } }
  kept: { from: { source: bus, topic: kept, types: [ "n:int64" ] } }
  seen: { from: { source: bus, topic: seen, shape: events, types: [ "n:int64" ] } }
  grown: { from: { source: bus, topic: grown, types: [ "n:int64" ] } }
"""


def main():
    arguments = argparse.ArgumentParser()
    arguments.add_argument("--program", required=True)
    arguments.add_argument("--driver", required=True)
    options = arguments.parse_args()
    with broker() as (server, folder):
        driver = Driver(options.driver, server.servers)
        for topic in FEEDS:
            driver.must("topic", topic, 1)
            fill(driver, topic, "old", range(6))
        node = DirectoryNode(os.path.abspath(options.program), folder, YAML.replace("SERVERS", server.servers))
        with node.stopped_in_the_end():
            node.start_and_wait(*FEEDS)
            expect(node, "made", keys("old", range(6)))
            node.kill()

            make_anew(driver, "made", range(9))  # longer than what was read: only its messages tell
            fill(driver, "kept", "old", range(5, 8))
            driver.must("forget", "kept", 0, 7)
            fill(driver, "seen", "old", range(6, 10))
            driver.must("forget", "seen", 0, 8)
            node.start_and_wait(*FEEDS)
            expect(node, "made", keys("new", range(9)))
            said(node, "is another message than before, so it was made anew")
            expect(node, "kept", keys("old", (6, 7)))
            said(node, "retention has passed it")
            expect(node, "seen", {f"seen-0-{offset}" for offset in (0, 1, 2, 3, 4, 5, 8, 9)})
            said(node, "The events between are lost")

            driver.must("grow", "grown", 3)
            fresh = Driver(options.driver, server.servers)  # the other one knows the topic as it was
            fresh.send("grown", "moved", {"n": 100}, partition=2)
            fresh.must("flush")
            fresh.close()
            expect(node, "grown", keys("old", range(6)) | {"moved"})
            said(node, "has 3 partitions now, 1 before")

            make_anew(driver, "made", range(2))  # shorter, while it is read
            expect(node, "made", keys("new", range(2)))
        driver.close()
    print("a topic that is made anew, shortened or given partitions is noticed, and its feed is right in the end")


def keys(word, numbers):
    return {f"{word}{number}" for number in numbers}


def fill(driver, topic, word, numbers):
    for number in numbers:
        driver.send(topic, f"{word}{number}", {"n": number}, partition=0)
    driver.must("flush")


def make_anew(driver, topic, numbers):
    driver.must("delete", topic)
    wait_for("the topic to be gone", lambda: not driver.ask("topic", topic, 1), 30)
    fill(driver, topic, "new", numbers)


def said(node, words):
    wait_for(f"the log to say: {words}", lambda: words in node.log(), 30)


def expect(node, feed, ids):
    seen = {}

    def equal():
        seen["now"] = {identity: json.loads(item) for identity, item in (node.contents(feed) or {}).items()}
        return set(seen["now"]) == ids

    try:
        wait_for(f"{feed} to have {len(ids)} items", equal, 60)
    except SystemExit:
        print(f"{feed} has {sorted(seen['now'])}, not {sorted(ids)}")
        raise


if __name__ == "__main__":
    main()
