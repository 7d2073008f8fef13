"""The rights that connectors/kafka/PUBLISHING.md names are those that publishing needs: an account with them, and no more, publishes over TLS with SCRAM; without
those on transactional ids, or without the topic, `check` says what is missing.

    kafka_publish_rights_test.py --program build/bin/meshgate --driver build/bin/kafka_drive
"""

import argparse
import os
import re

from directory import DirectoryNode
from kafka_broker import Driver, broker
from kafka_example_test import BEFORE_4
from processes import run, wait_for

PAGE = os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "..", "connectors", "kafka", "PUBLISHING.md")
YAML = """
node: { data: DATA, listen: "http://127.0.0.1:PORT" }
sources:
  erp: { connector: files, connection: { path: TABLES } }
  bus:
    connector: kafka
    connection: { servers: [ "SERVERS" ], ca: AUTHORITY, sasl: scram-sha-256, user: reader, password: "${env:KAFKA_PASSWORD}" }
feeds:
  orders:
    from: { source: erp, files: orders.csv, key: [ id ] }
    publish: { source: bus, topic: mesh.orders }
"""


def rights():
    """[(operation, kind, name)], line by line what the page says."""
    with open(PAGE, encoding="utf-8") as file:
        block = re.search(r"```acl\n(.*?)```", file.read(), re.S).group(1)
    return [re.fullmatch(r"Allow User:\w+ (\w+) on (topic|transactional-id) (\S+)", line).groups() for line in block.splitlines()]


def grant(server, operation, kind, name):
    pattern = ["--resource-pattern-type", "prefixed"] if name.endswith("*") else []
    server.java("kafka.admin.AclCommand", "--bootstrap-server", server.servers, "--add", "--allow-principal", "User:reader", "--operation", operation, f"--{kind}", name.rstrip("*"), *pattern)


def expect_check(node, code, words):
    got, out, err = run([node.program, "check", node.config])
    if got != code or words not in out + err:
        raise SystemExit(f"check ended with {got} and does not say '{words}': {out}{err}")


def main():
    arguments = argparse.ArgumentParser()
    arguments.add_argument("--program", required=True)
    arguments.add_argument("--driver", required=True)
    options = arguments.parse_args()
    with broker(BEFORE_4) as (server, folder):
        os.environ["KAFKA_PASSWORD"] = server.password
        driver = Driver(options.driver, server.servers)
        with open(os.path.join(folder, "orders.csv"), "w", encoding="utf-8") as file:
            file.write("id,total\n1,12.50\n")
        yaml = YAML.replace("SERVERS", server.secure_servers).replace("AUTHORITY", server.authority).replace("TABLES", folder)
        node = DirectoryNode(os.path.abspath(options.program), folder, yaml)
        expect_check(node, 3, "this account may not do that with it")
        driver.must("topic", "mesh.orders", 2)
        driver.close()
        for operation, kind, name in rights():
            if kind == "topic":
                grant(server, operation, kind, name)
        expect_check(node, 3, "grant Write and Describe on the transactional ids")
        for operation, kind, name in rights():
            if kind != "topic":
                grant(server, operation, kind, name)
        expect_check(node, 0, "warning: the topic has cleanup.policy=delete")
        with node.stopped_in_the_end():
            node.start_and_wait("orders")
            wait_for("the order in the topic", lambda: server.messages("mesh.orders"), 120)
            if server.password in node.log():
                raise SystemExit("the password is in the log")
        found = [(key, value) for _, _, key, value in server.messages("mesh.orders")]
        if found != [("1", '{"id":"1","total":"12.50"}')]:
            raise SystemExit(f"the topic holds {found}")
    print("an account with the rights of the page publishes")


if __name__ == "__main__":
    main()
