"""The example of connectors/kafka/TABLE_AND_TOPIC.md: a table, a topic and the directory meet on devices. Each has the rows and the events of its person's groups, and loses
both, and gets others, when the groups change.

    kafka_example_people_test.py --program build/bin/meshgate --driver build/bin/kafka_drive
"""

import argparse
import os
import re
import sqlite3

from databases import Postgres
from directory import GROUPS, PEOPLE, DirectoryNode, Slapd, group, person
from kafka_broker import Driver, broker
from processes import Process, run, wait_for

PAGE = os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "..", "connectors", "kafka", "TABLE_AND_TOPIC.md")
PASSWORDS = {"anna": "anna-has-a-long-one", "clara": "clara-has-another"}
ORDERS = {1: "north", 2: "south", 3: "north", 4: "south"}


def block(kind):
    with open(PAGE, encoding="utf-8") as file:
        return re.search(rf"```{kind}\n(.*?)```", file.read(), re.S).group(1)


class Device:
    """A person's, with what the page has them type."""

    def __init__(self, node, folder, name):
        self.node, self.folder, self.name = node, folder, name
        self.login, self.mirror = block("sh").replace("http://127.0.0.1:7443", node.url).replace("anna", name).splitlines()

    def words(self, line):
        return [self.node.program, *(os.path.join(self.folder, word) if word.startswith(self.name + ".") else word for word in line.split()[1:])]

    def start(self):
        password = os.path.join(self.folder, self.name + ".password")
        with open(password, "w", encoding="ascii") as file:
            file.write(PASSWORDS[self.name])
        os.chmod(password, 0o600)
        code, out, err = run([*self.words(self.login), "--password-file", password])
        if code != 0:
            raise SystemExit(f"{self.name} cannot sign in: {out}{err}")
        self.process = Process(self.words(self.mirror), os.path.join(self.folder, self.name + ".log"))
        self.process.start()

    def select(self, sql):
        try:
            with sqlite3.connect(f"file:{self.folder}/{self.name}.db?mode=ro", uri=True, timeout=30) as file:
                return file.execute(sql).fetchall()
        except sqlite3.Error:
            return []  # the tables are not there yet, or no longer

    def expect(self, orders, scans):
        """Their numbers, and nothing else."""
        def has():
            return [sorted(row[0] for row in self.select(f"SELECT number FROM {table}")) for table in ("orders", "scans")]

        try:
            wait_for(f"{self.name}'s device to have the orders {orders} and scans of {scans}", lambda: has() == [orders, scans], 30)
        except SystemExit:
            print(has(), self.process.log()[-2000:])
            raise


def main():
    arguments = argparse.ArgumentParser()
    arguments.add_argument("--program", required=True)
    arguments.add_argument("--driver", required=True)
    options = arguments.parse_args()
    with broker() as (server, folder):
        os.chmod(folder, 0o755)
        database, directory, driver = Postgres(folder), Slapd(os.path.join(folder, "slapd"), tls=True, session_log=1000), Driver(options.driver, server.servers)
        try:
            prepare(database, directory.start(), driver)
            meet(DirectoryNode(os.path.abspath(options.program), folder, configuration(server, database, directory)), folder, database, directory, driver)
        finally:
            driver.close()
            directory.stop()
            database.close()
    print("the example of a table, a topic and the directory works as it stands")


def prepare(database, directory, driver):
    database.add_reader()
    database.run("CREATE TABLE orders (order_no bigint PRIMARY KEY, status text, region text NOT NULL)", *(f"INSERT INTO orders VALUES ({number}, 'packed', '{region}')" for number, region in ORDERS.items()))
    directory.modify("".join(person(name, userPassword=password) for name, password in PASSWORDS.items()))
    directory.modify(group("sales-north", [f"uid=anna,{PEOPLE}"]) + group("sales-south", [f"uid=bert,{PEOPLE}"]) + group("auditors", [f"uid=clara,{PEOPLE}"]))
    driver.must("topic", "scans", 3)
    for right in ("READ", "DESCRIBE"):
        driver.must("grant", "reader", right, "topic", "scans")
    for number in ORDERS:
        scan(driver, number, "packing table", f"2026-01-05T10:00:0{number}Z")


def scan(driver, number, place, at):
    driver.send("scans", None, {"order": number, "place": place, "at": at, "region": ORDERS[number]})
    driver.must("flush")


def configuration(server, database, directory):
    os.environ.update(ERP_PASSWORD=os.environ["MESHGATE_TEST_READER_PASSWORD"], KAFKA_PASSWORD=server.password, LDAP_PASSWORD=directory.reader_password)
    yaml = block("yaml").replace("/var/lib/meshgate", "DATA").replace("127.0.0.1:7443", "127.0.0.1:PORT")
    yaml = yaml.replace("kafka1.corp:9093", server.secure_servers).replace('"ldap://dc1.corp", ca: /etc/meshgate/corp-ca.pem', f'"{directory.url}", ca: {directory.folder}/ca.pem')
    yaml = yaml.replace("/etc/meshgate/corp-ca.pem", server.authority).replace("server: db.corp, port: 5432, database: erp, uid: mesh", f"server: {database.host}, port: {database.port}, database: {database.database}, uid: {database.reader}")
    return yaml.replace("table: orders", f"table: {database.table('orders')}")


def meet(node, folder, database, directory, driver):
    code, out, err = run([node.program, "check", node.config])
    if code != 0:
        raise SystemExit(f"check: {out}{err}")
    anna, clara = Device(node, folder, "anna"), Device(node, folder, "clara")
    with node.stopped_in_the_end():
        node.start_and_wait("_users", "_groups", "orders", "scans")
        try:
            anna.start()
            clara.start()
            follow(anna, clara, node, database, directory, driver)
        finally:
            for device in (anna, clara):
                device.process.stop()


def follow(anna, clara, node, database, directory, driver):
    anna.expect([1, 3], [1, 3])
    clara.expect([1, 2, 3, 4], [1, 2, 3, 4])
    scan(driver, 1, "gate 2", "2026-01-05T11:00:00Z")
    database.run("UPDATE orders SET status = 'shipped' WHERE order_no = 1", "INSERT INTO orders VALUES (5, 'new', 'north')")
    anna.expect([1, 3, 5], [1, 1, 3])
    wait_for("what the page asks", lambda: [row[:3] for row in anna.select(block("sql"))] == [(1, "shipped", "gate 2"), (3, "packed", "packing table")], 30)
    change(directory, "delete", "sales-north")
    anna.expect([], [])
    told = run([node.program, "explain", "anna", "scans", "north", "-c", node.config])[1]
    if "may not read" not in told:
        raise SystemExit(f"explain: {told}")
    change(directory, "add", "sales-south")
    anna.expect([2, 4], [2, 4])
    clara.expect([1, 2, 3, 4, 5], [1, 1, 2, 3, 4])


def change(directory, what, name):
    other = f"add: member\nmember: uid=nobody,{PEOPLE}\n-\n" if what == "delete" else ""  # a groupOfNames has one member at least
    directory.modify(f"dn: cn={name},{GROUPS}\nchangetype: modify\n{other}{what}: member\nmember: uid=anna,{PEOPLE}\n\n")


if __name__ == "__main__":
    main()
