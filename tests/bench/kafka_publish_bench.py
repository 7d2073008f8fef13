"""A feed becomes a topic, beside librdkafka writing records of the same bytes in transactions as large, in turns in one run.

    kafka_publish_bench.py --program build/bin/meshgate --raw build/bin/raw_publish --driver build/bin/kafka_drive [--items 500000] [--bytes 200] [--rounds 3]
"""

import argparse
import json
import os
import re
import statistics
import subprocess
import sys
import time

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "integration"))
from directory import DirectoryNode  # noqa: E402
from kafka_broker import Driver, broker  # noqa: E402
from processes import wait_for  # noqa: E402

YAML = """
node: { data: DATA, listen: "http://127.0.0.1:PORT" }
sources:
  lines: { connector: files, connection: { path: FOLDER } }
  bus: { connector: kafka, connection: { servers: [ "SERVERS" ], tls: false } }
feeds:
  things: { from: { source: lines, files: things.jsonl, key: [ id ] }PUBLISH }
"""


def main():
    arguments = argparse.ArgumentParser()
    arguments.add_argument("--program", required=True)
    arguments.add_argument("--raw", required=True)
    arguments.add_argument("--driver", required=True)
    arguments.add_argument("--items", type=int, default=500000)
    arguments.add_argument("--bytes", type=int, default=200)
    arguments.add_argument("--rounds", type=int, default=3)
    options = arguments.parse_args()
    with broker() as (server, folder):
        driver = Driver(options.driver, server.servers)
        yaml = YAML.replace("SERVERS", server.servers).replace("FOLDER", os.path.join(folder, "lines"))
        length = write_lines(os.path.join(folder, "lines"), options)
        node = DirectoryNode(os.path.abspath(options.program), folder, yaml.replace("PUBLISH", ""))
        node.start_and_wait("things")
        wait_for("all items", lambda: node.feed("things")["count"] == options.items, 600)
        node.stop()
        published, raw = [], []
        for turn in range(options.rounds):
            driver.must("topic", f"raw{turn}", 3, "cleanup.policy=compact")
            raw.append(float(subprocess.run([options.raw, server.servers, f"raw{turn}", str(options.items), str(length)], check=True, capture_output=True, text=True).stdout))
            driver.must("topic", f"mesh{turn}", 3, "cleanup.policy=compact")
            published.append(publish(node, yaml, turn))
        driver.close()
    show("feed → topic", options, published)
    show("librdkafka alone", options, raw)
    print(f"{'ratio':<20} {statistics.median(raw) / statistics.median(published):.2f}   (aim 0.5)")


def write_lines(folder, options):
    """Gives the length of an item's content."""
    os.makedirs(folder)
    with open(os.path.join(folder, "things.jsonl"), "w", encoding="utf-8") as file:
        for i in range(options.items):
            line = json.dumps({"id": str(i), "text": "x" * (options.bytes - 20 - len(str(i)))}, separators=(",", ":"))
            file.write(line + "\n")
    return len(line)


def publish(node, yaml, turn):
    """Seconds from where the writer goes on to where the topic has all; reading the feed and starting the program count where they lie between."""
    node.configure(yaml.replace("PUBLISH", f", publish: {{ source: bus, topic: mesh{turn} }}"))
    node.start()
    wait_for("the writer", lambda: metric(node, "working") == 1, 120)
    began = time.monotonic()
    wait_for("the topic to have all", lambda: metric(node, "lag") == 0, 600)
    out = time.monotonic() - began
    node.stop()
    return out


def metric(node, name):
    answer = node.get("/metrics")
    found = re.search(rf'^meshgate_publish_{name}{{feed="things"}} (\S+)$', answer[1].decode(), re.M) if answer else None
    return float(found.group(1)) if found else None


def show(what, options, seconds):
    rates = [options.items / one for one in seconds]
    print(f"{what:<20} {statistics.median(rates):>10.0f} records/s   ({min(rates):.0f} … {max(rates):.0f})")


if __name__ == "__main__":
    main()
