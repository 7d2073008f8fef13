"""Topics of an Apache Kafka become feeds: state and events, updates, tombstones, poison, aborted transactions, and a restart of the gateway.

    kafka_test.py --program build/bin/meshgate --driver build/bin/kafka_drive
"""

import argparse
import json
import os

from directory import DirectoryNode
from kafka_broker import Driver, broker
from processes import wait_for

YAML = """
node: { data: DATA, listen: "http://127.0.0.1:PORT" }
sources:
  plain:
    connector: kafka
    connection: { servers: [ "SERVERS" ], tls: false, group: meshgate-test }
    every: 50ms
feeds:
  prices:
    from: { source: plain, topic: prices, types: [ "price:decimal", "note:text" ], key_field: article, metadata: true }
    fields: { article: article, price: price, note: note, headers: _headers }
  clicks:
    from: { source: plain, topic: clicks, shape: events }
  all:
    from: { source: plain, tables: [ "shop.*" ], value_format: string }
"""


def main():
    arguments = argparse.ArgumentParser()
    arguments.add_argument("--program", required=True)
    arguments.add_argument("--driver", required=True)
    options = arguments.parse_args()
    with broker() as (server, folder):
        plain, careful = Driver(options.driver, server.servers), Driver(options.driver, server.servers, "careful")
        plain.must("topic", "prices", 3)
        plain.must("topic", "clicks", 2)
        for topic in ("shop.a", "shop.b", "office.a"):
            plain.must("topic", topic, 1)
            plain.send(topic, "k", topic)
        prices = {f"a{number}": {"price": number + 0.5} for number in range(50)}
        for article, value in prices.items():
            plain.send("prices", article, value)
        for number in range(20):
            plain.send("clicks", None, {"page": f"p{number}"}, partition=number % 2)
        plain.must("flush")
        node = DirectoryNode(os.path.abspath(options.program), folder, YAML.replace("SERVERS", server.servers))
        with node.stopped_in_the_end():
            node.start_and_wait("prices", "clicks")
            expect_prices(node, prices)
            expect_clicks(node, 20)
            for topic in ("a", "b"):
                wait_for(f"a feed of shop.{topic}", lambda: list((node.contents(f"all.shop.{topic}") or {}).values()) == [json.dumps({"key": "k", "value": f'"shop.{topic}"'}, separators=(",", ":"))], 60)
            change(plain, prices)
            expect_prices(node, prices)
            abort_and_commit(careful, prices)
            expect_prices(node, prices)
            poison(plain, node)
            node.kill()
            plain.send("prices", "a7", {"price": 7.75})
            plain.send("prices", "a8", None)
            plain.send("clicks", None, {"page": "late"}, partition=0)
            plain.must("flush")
            prices["a7"] = {"price": 7.75}
            del prices["a8"]
            node.start_and_wait("prices", "clicks")
            expect_prices(node, prices)
            expect_clicks(node, 21)
        plain.close()
        careful.close()
    print("topics are feeds: state and events, updates, tombstones, poison, transactions, a restart")


def change(plain, prices):
    plain.send("prices", "a1", {"price": 1.25, "note": "with a note"})
    plain.send("prices", "a2", None)
    plain.send("prices", "new", {"price": 3}, kind="first", of="test")
    plain.must("flush")
    prices["a1"] = {"price": 1.25, "note": "with a note"}
    prices["new"] = {"price": 3, "headers": [["kind", "first"], ["of", "test"]]}
    del prices["a2"]


def abort_and_commit(careful, prices):
    careful.must("begin")
    careful.send("prices", "a3", {"price": 666})
    careful.send("prices", "ghost", {"price": 666})
    careful.must("flush")
    careful.must("abort")
    careful.must("begin")
    careful.send("prices", "a4", {"price": 44})
    careful.must("commit")
    prices["a4"] = {"price": 44}


def poison(plain, node):
    """A value that is no JSON, and a message without key: in quarantine, and nothing is held up."""
    before = (node.contents("prices") or {}).get("a5")
    plain.send("prices", "a5", b"no json at all")
    plain.send("prices", None, {"price": 1})
    plain.must("flush")
    wait_for("two records in quarantine", lambda: (node.feed("prices") or {}).get("quarantined") == 2, 30)
    if node.contents("prices").get("a5") != before:
        raise SystemExit("a value that cannot be read has changed its item")


def expect_prices(node, prices):
    def told(item):
        fields = json.loads(item)
        return float(fields["price"]), fields.get("note"), fields["headers"] or None

    wanted = {article: (float(value["price"]), value.get("note"), value.get("headers")) for article, value in prices.items()}
    seen = {}

    def equal():
        seen["now"] = {identity: told(item) for identity, item in (node.contents("prices") or {}).items()}
        return seen["now"] == wanted

    try:
        wait_for("the feed of prices to be what the topic says", equal, 30)
    except SystemExit:
        print("differs:", sorted(set(map(str, seen["now"].items())) ^ set(map(str, wanted.items())))[:10])
        raise


def expect_clicks(node, count):
    contents = wait_for(f"{count} clicks", lambda: (lambda items: items if items and len(items) == count else None)(node.contents("clicks")), 30)
    if not all(identity.startswith("clicks-") for identity in contents):
        raise SystemExit(f"ids of events: {sorted(contents)[:5]}")


if __name__ == "__main__":
    main()
