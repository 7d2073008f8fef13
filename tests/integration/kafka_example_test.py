"""The example of connectors/kafka/README.md, run against an Apache Kafka over TLS with SCRAM that grants just the rights which that page names; with --all also
what `check` says where something is wrong, the lag that the brokers tell, and how one signs in at Kafka 4.

    kafka_example_test.py --program build/bin/meshgate --driver build/bin/kafka_drive [--all]
"""

import argparse
import os
import re

from directory import DirectoryNode
from kafka_broker import Driver, broker
from processes import run, wait_for

BEFORE_4 = "3.9.1"  # where Debian's librdkafka 2.0.2 can sign in by SCRAM
README = os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "..", "connectors", "kafka", "README.md")


def block(kind):
    with open(README, encoding="utf-8") as file:
        return re.search(rf"```{kind}\n(.*?)```", file.read(), re.S).group(1)


def main():
    arguments = argparse.ArgumentParser()
    arguments.add_argument("--program", required=True)
    arguments.add_argument("--driver", required=True)
    arguments.add_argument("--all", action="store_true")
    options = arguments.parse_args()
    with broker(BEFORE_4) as (server, folder):
        driver, yaml = prepare(options, server), configuration(server)
        node = DirectoryNode(os.path.abspath(options.program), folder, yaml)
        works(node, driver, server)
        if options.all:
            refusals(node, yaml, server)
            lag(node, driver, yaml, server)
        driver.close()
    if options.all:
        at_kafka_4(options)
    print("the example of connectors/kafka works as it stands" + (", and what is wrong is told" if options.all else ""))


def at_kafka_4(options):
    with broker() as (server, folder):
        driver, yaml = prepare(options, server), configuration(server)
        node = DirectoryNode(os.path.abspath(options.program), folder, yaml.replace("scram-sha-256", "plain"))
        works(node, driver, server)
        scram_at_kafka_4(node, yaml)
        driver.close()


def prepare(options, server):
    driver = Driver(options.driver, server.servers)
    for topic in ("prices", "clicks", "secret"):
        driver.must("topic", topic, 2)
    driver.send("prices", "a1", {"price": 12.5, "note": "new"})
    driver.send("clicks", None, {"page": "start"})
    driver.must("flush")
    grant(driver)
    return driver


def configuration(server):
    os.environ["KAFKA_PASSWORD"] = server.password
    yaml = re.sub(r"servers: \[.*\]", f'servers: [ "{server.secure_servers}" ]', block("yaml")).replace("/etc/meshgate/corp-ca.pem", server.authority)
    return yaml.replace("/var/lib/meshgate", "DATA").replace("127.0.0.1:7443", "127.0.0.1:PORT")


def scram_at_kafka_4(node, yaml):
    """Debian's librdkafka cannot, and that is said; a newer one can."""
    node.configure(yaml)
    code, out, err = run([node.program, "check", node.config])
    if code != 0 and "cannot sign in there by SCRAM; install 2.6.1 or newer" not in out + err:
        raise SystemExit(f"check: {out}{err}")


def grant(driver):
    """Line by line what the page says."""
    for line in block("acl").splitlines():
        user, operation, kind, name = re.fullmatch(r"Allow User:(\w+) (\w+) on (topic|group) (\S+)", line).groups()
        driver.must("grant", user, re.sub(r"(?<=[a-z])(?=[A-Z])", "_", operation).upper(), kind, name)


def works(node, driver, server):
    code, out, err = run([node.program, "check", node.config])
    if code != 0:
        raise SystemExit(f"check: {out}{err}")
    with node.stopped_in_the_end():
        node.start_and_wait("prices", "clicks")
        expect(node, "prices", '"price":"12.5"', '"note":"new"')
        expect(node, "clicks", '"page":"start"')
        driver.send("prices", "a1", {"price": 13})
        driver.must("flush")
        expect(node, "prices", '"price":"13"')
        if server.password in node.log():
            raise SystemExit("the password is in the log")


def refusals(node, yaml, server):
    plain = f'servers: [ "{server.servers}" ]'
    secure = f'servers: [ "{server.secure_servers}" ]'
    wrong = {
        "the brokers refuse the account": yaml.replace("${env:KAFKA_PASSWORD}", "wrong"),
        "TLS failed": yaml.replace(f"ca: {server.authority}", "ca: /etc/ssl/certs/ca-certificates.crt"),
        "no broker can be reached": yaml.replace(secure, 'servers: [ "127.0.0.1:1" ]'),
        "this account may not": yaml.replace("topic: prices", "topic: secret"),
        "there is no such topic": re.sub(r"(?m)^ +(ca|sasl|user|password):.*\n", "", yaml).replace(secure, plain + "\n      tls: false").replace("topic: prices", "topic: nowhere"),
    }
    for words, configuration in wrong.items():
        node.configure(configuration)
        code, out, err = run([node.program, "check", node.config])
        if code == 0 or words not in out + err:
            raise SystemExit(f"check ended with {code} and does not say '{words}': {out}{err}")
        if server.password in out + err:
            raise SystemExit("the password is in what check says")


def lag(node, driver, yaml, server):
    """What the gateway has read is what Kafka's own tool says of its group."""
    driver.must("grant", "reader", "READ", "group", "mesh")
    node.configure(yaml.replace("user: reader", "user: reader\n      group: mesh"))
    with node.stopped_in_the_end():
        node.start_and_wait("prices", "clicks")
        driver.send("prices", "a2", {"price": 1})
        driver.must("flush")
        expect(node, "prices", '"price":"1"')
        wait_for("Kafka's own tool to see no lag", lambda: {lag for (topic, _), (_, lag) in server.lag("mesh").items() if topic == "prices"} == {0}, 60)


def expect(node, feed, *parts):
    wait_for(f"{feed} to say {parts}", lambda: all(part in "".join((node.contents(feed) or {}).values()) for part in parts), 30)


if __name__ == "__main__":
    main()
