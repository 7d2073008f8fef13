#!/usr/bin/env python3
"""The sample company's Apache Kafka: a broker of its own on loopback, and the scanners of a warehouse, which write to its topic.

broker.py create FOLDER PORT CONTROLLER   has Maven fetch Kafka, once, and makes an empty broker in FOLDER/broker that will listen on PORT
broker.py run FOLDER                      becomes that broker
broker.py fill FOLDER COUNT               writes COUNT scans of the company's orders to its topic
broker.py scan FOLDER                     goes on with ten a second until it is told to stop
"""
import contextlib
import datetime
import json
import os
import random
import signal
import socket
import sqlite3
import subprocess
import sys
import time

import company

TOPIC, PARTITIONS = "scans", 3
PLACES = [f"gate {number}" for number in range(1, 7)]
POM = os.path.join(os.path.dirname(os.path.abspath(__file__)), "kafka", "pom.xml")
FETCH = ["mvn", "-q", "-B", "-f", POM, "org.apache.maven.plugins:maven-dependency-plugin:3.6.1:build-classpath"]
JAVA = ["java", "-Xmx256m", "-XX:TieredStopAtLevel=1", "-XX:+UseSerialGC", "-XX:-UsePerfData", "-Dorg.slf4j.simpleLogger.defaultLogLevel=error"]
CLUSTER = "cXVpY2tzdGFydC1icm9rZQ"
CONFIGURATION = """process.roles=broker,controller
node.id=1
controller.quorum.voters=1@127.0.0.1:{controller}
listeners=PLAINTEXT://127.0.0.1:{port},CONTROLLER://127.0.0.1:{controller}
listener.security.protocol.map=PLAINTEXT:PLAINTEXT,CONTROLLER:PLAINTEXT
controller.listener.names=CONTROLLER
log.dirs={folder}/data
num.partitions={partitions}
offsets.topic.replication.factor=1
"""


def own(folder, name):
    return os.path.join(folder, "broker", name)


def java(folder, *words):
    with open(own(folder, "class-path"), encoding="utf-8") as file:
        return [*JAVA, "-cp", file.read().strip(), *words]


def create(folder, port, controller):
    os.makedirs(own(folder, "data"), mode=0o700)
    fetched = subprocess.run([*FETCH, f"-Dmdep.outputFile={own(folder, 'class-path')}"], stdin=subprocess.DEVNULL, capture_output=True)
    if fetched.returncode != 0:
        sys.exit(f"quickstart: Maven could not fetch Apache Kafka (--kafka needs Maven Central once):\n{fetched.stdout.decode(errors='replace')[-2000:]}")
    with open(own(folder, "server.properties"), "w", encoding="ascii") as file:
        file.write(CONFIGURATION.format(folder=os.path.join(folder, "broker"), port=port, controller=controller, partitions=PARTITIONS))
    with open(own(folder, "address"), "w", encoding="ascii") as file:
        file.write(f"127.0.0.1:{port}")
    subprocess.run(java(folder, "kafka.tools.StorageTool", "format", "-t", CLUSTER, "-c", own(folder, "server.properties")), stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, check=True)


def run(folder):
    command = java(folder, "kafka.Kafka", own(folder, "server.properties"))
    os.execvp(command[0], command)


@contextlib.contextmanager
def producer(folder):
    """Kafka's own: a line of text, key and value, is a message. It ends once the broker has them all; where that is gone it would wait for ever."""
    with open(own(folder, "address"), encoding="ascii") as file:
        address = file.read()
    options = ["--bootstrap-server", address, "--topic", TOPIC, "--timeout", "10", "--property", "parse.key=true"]
    process = subprocess.Popen(java(folder, "org.apache.kafka.tools.ConsoleProducer", *options), stdin=subprocess.PIPE, text=True, start_new_session=True)
    yield process.stdin
    process.stdin.close()
    while process.poll() is None:
        if not listens(address):
            process.kill()
        time.sleep(0.1)


def listens(address):
    host, port = address.split(":")
    with socket.socket() as probe:
        return probe.connect_ex((host, int(port))) == 0


def some_scans(folder, how_many):
    """Writes scans of orders while `how_many(written)` says so, and keeps in a file how many there are in all."""
    orders = sqlite3.connect(os.path.join(folder, "company.db")).execute("SELECT order_no, region FROM orders ORDER BY order_no").fetchall()
    written, before = 0, written_before(folder)
    chance = random.Random(company.SEED + before)
    with producer(folder) as messages:
        while how_many(written):
            order, region = chance.choice(orders)
            at = datetime.datetime.now(datetime.timezone.utc).isoformat().replace("+00:00", "Z")
            print(order, json.dumps({"order": order, "region": region, "place": chance.choice(PLACES), "at": at}), sep="\t", file=messages, flush=True)
            written += 1
    with open(own(folder, "written"), "w", encoding="ascii") as file:
        file.write(str(before + written))
    print(f"{written:,} scans", flush=True)


def written_before(folder):
    if not os.path.exists(own(folder, "written")):
        return 0
    with open(own(folder, "written"), encoding="ascii") as file:
        return int(file.read())


def fill(folder, count):
    some_scans(folder, lambda written: written < int(count))


def scan(folder):
    asked_to_stop = []
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: asked_to_stop.append(True))

    def after_a_while(_):
        time.sleep(0.1)
        return not asked_to_stop

    some_scans(folder, after_a_while)


if __name__ == "__main__":
    command, *rest = sys.argv[1:] or [""]
    commands = {"create": (create, 3), "run": (run, 1), "fill": (fill, 2), "scan": (scan, 1)}
    if command not in commands or len(rest) != commands[command][1]:
        sys.exit(__doc__)
    commands[command][0](*rest)
