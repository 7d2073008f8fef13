"""The four arrangements of TOPOLOGIES.md: every configuration runs as it stands in the page, but for hosts, ports, folders, the database and the directory; a row of the table
arrives at the far end of each.

    topologies_test.py --program build/bin/meshgate
"""

import argparse
import os
import re
import shlex
import subprocess
import tempfile

from databases import Sqlite
from device import Device, expect
from directory import PEOPLE, SUFFIX, DirectoryNode, Slapd, group, person
from processes import free_port, run, wait_for

PAGE = os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "..", "gateway", "federation", "TOPOLOGIES.md")
HOSTS = {"hq.corp": "gateway", "hub.example.com": "hub", "lyon-1.corp": "lyon-1"}
ARRANGEMENTS = {"A gateway brings to a hub": ["gateway", "hub"], "Branches follow a hub": ["gateway", "hub", "lyon"], "Nodes of one site": ["hub", "lyon-1", "lyon-2"], "A device": ["gateway", "hub"]}
DATABASE = '{ driver: PostgreSQL Unicode, server: db.corp, database: erp, uid: mesh, pwd: "${env:ERP_PASSWORD}" }'
PASSWORD = "d0cument"


def sections():
    """{title: (its configurations by the name of their file, its command lines)}"""
    with open(PAGE, encoding="utf-8") as file:
        parts = re.split(r"^## (.*)$", file.read(), flags=re.M)
    return {title: (dict(re.findall(r"^```yaml\n# (\S+)\.yaml\n(.*?)^```", text, re.S | re.M)), re.findall(r"^ {4}(\S.*)$", re.sub(r"```.*?```", "", text, flags=re.S), re.M))
            for title, text in zip(["first"] + parts[1::2], parts[0::2])}


def certificates(folder, lines):
    """As the page makes them: an authority, and one for each node, of the only address there is here."""
    os.makedirs(folder)
    authority, *one = lines
    subprocess.run(["bash", "-ec", authority], cwd=folder, check=True, capture_output=True)
    for name in ("hq", "hub", "lyon", "lyon-1", "lyon-2"):
        own = " && ".join(one).replace("DNS:hub.example.com", "IP:127.0.0.1").replace("hub", name)
        subprocess.run(["bash", "-ec", own], cwd=folder, check=True, capture_output=True)


class Arrangement:
    """The nodes of one section, started."""

    def __init__(self, program, folder, certificates_folder, title, configurations, words):
        expect(list(configurations) == ARRANGEMENTS[title], f"{title}: {', '.join(configurations)}")
        self.folder = folder
        os.makedirs(folder)
        self.database = Sqlite(folder)
        self.database.run("CREATE TABLE prices (id INTEGER PRIMARY KEY, price DECIMAL(10,2))", "INSERT INTO prices VALUES (1, 12.5)",
                          "CREATE TABLE orders (id INTEGER PRIMARY KEY, region TEXT)", "INSERT INTO orders VALUES (1, 'north'), (2, 'south')",
                          "CREATE TABLE people (id INTEGER PRIMARY KEY, name TEXT)", "INSERT INTO people VALUES (1, 'anna')",
                          "CREATE TABLE teams (id INTEGER PRIMARY KEY, name TEXT, members TEXT)", "INSERT INTO teams VALUES (1, 'sales-south', '1')")
        ports = {name: free_port() for name in configurations}
        self.nodes = {}
        for name, yaml in configurations.items():
            for host, node in HOSTS.items():
                yaml = yaml.replace(f"https://{host}:7443", f"https://127.0.0.1:{ports.get(node, 0)}")
            yaml = re.sub(r"(listen: https?)://[\d.]+:7443", r"\1://127.0.0.1:PORT", yaml).replace("/var/lib/meshgate", "DATA").replace("/etc/meshgate", certificates_folder)
            yaml = yaml.replace(DATABASE, self.database.connection_yaml()).replace("public.", "").replace("every: 1s", "every: 50ms")
            for old, new in words.items():
                yaml = yaml.replace(old, new)
            own = os.path.join(folder, name)
            os.makedirs(own)
            self.nodes[name] = DirectoryNode(program, own, yaml, ports[name])

    def __enter__(self):
        for name, node in self.nodes.items():  # each finds those that it follows: here nobody waits for them to be tried again
            node.start()
            wait_for(f"{name} to serve:\n{node.log()}", lambda: node.get("/health/live") or not node.running())
        return self

    def __exit__(self, kind, *_):
        for name, node in self.nodes.items():
            if kind:
                print(f"{name}:\n{node.log()[-3000:]}")
            node.stop()
        self.database.close()

    def item(self, node, feed, id_):
        answer = self.nodes[node].get(f"/feeds/{feed}/items/{id_}")
        return answer[1]["item"] if answer and answer[0] == 200 else None

    def arrives(self, node, feed, id_, what):
        wait_for(what, lambda: self.item(node, feed, id_))
        print(f"ok   {what}", flush=True)


def explained(node, partition):
    """Whether anna may read the orders of a partition, as that node says it."""
    return run([node.program, "explain", "anna", "orders", partition, "-c", node.config])[1]


def brings(arrangement):
    arrangement.arrives("hub", "prices", 1, "what the gateway had is at the hub")
    arrangement.database.run("INSERT INTO prices VALUES (2, 7.25)")
    arrangement.arrives("hub", "prices", 2, "a new row too")
    ca, hub = os.path.join(os.path.dirname(arrangement.folder), "certificates", "ca.pem"), arrangement.nodes["hub"]
    question = ["curl", "-s", "--fail", "--cacert", ca, f"https://127.0.0.1:{hub.port}/feeds/prices/items/2"]
    wait_for("any reader of the hub to have it, as the gateway says", lambda: '"price":"7.25"' in run(question)[1])
    print("ok   any reader of the hub has it, as the gateway says", flush=True)


def branches(arrangement):
    arrangement.database.run("INSERT INTO orders VALUES (3, 'south'), (4, 'north')")
    arrangement.arrives("lyon", "orders", 3, "a row of the south is in Lyon")
    held = [one["partition"] for one in arrangement.nodes["lyon"].feed("orders")["partitions"]]
    expect(held == ["south"] and arrangement.item("lyon", "orders", 1) is None, "and no other partition")
    lyon = arrangement.nodes["lyon"]
    knows = lambda: "may read" in explained(lyon, "south") and "may not read" in explained(lyon, "north")
    wait_for("Lyon to know what anna may read", knows)
    arrangement.nodes["gateway"].stop()
    expect(knows(), "with the gateway off Lyon knows what anna may read")


def one_site(arrangement):
    followed = lambda: (arrangement.nodes["lyon-2"].feed("prices") or {}).get("source", {}).get("name")
    arrangement.arrives("lyon-2", "prices", 1, "what the hub had is at the second node")
    wait_for("it to follow the first", lambda: followed() == "lyon-1")
    arrangement.nodes["lyon-1"].stop()
    arrangement.database.run("INSERT INTO prices VALUES (2, 7.25)")
    arrangement.arrives("lyon-2", "prices", 2, "without the first it has a new row from the hub")
    expect(followed() == "hub", "and says so")
    arrangement.nodes["lyon-1"].start()
    wait_for("it to follow the first again", lambda: followed() == "lyon-1")
    arrangement.nodes["hub"].stop()
    expect(arrangement.item("lyon-2", "prices", 2), "with the hub off it serves what it has")


def device(arrangement, program, line, ca):
    secret = os.path.join(arrangement.folder, "anna")
    with open(secret, "w", encoding="ascii") as file:
        file.write(PASSWORD + "\n")
    hub = arrangement.nodes["hub"]
    wait_for("the hub to know people and rules", lambda: hub.feed("_users") and hub.feed("orders") and "may read" in explained(hub, "south"))
    words = shlex.split(line.replace("https://hub.example.com:7443", f"https://127.0.0.1:{hub.port}").replace("ca.pem", ca))
    one = Device(program, os.path.join(arrangement.folder, "device"))
    with one.stopped_in_the_end():
        one.start(*words[2:], "--password-file", secret)
        one.token("app")
        held = lambda: (one.file("SELECT id FROM orders ORDER BY id"), {name: count for name, (_, count, _) in (one.holds("orders") or {}).items()})
        wait_for("anna's device to hold what she may see", lambda: held() == ([(2,)], {"south": 1}))
        arrangement.database.run("INSERT INTO orders VALUES (3, 'south'), (4, 'north')")
        wait_for("a new row on it", lambda: held() == ([(2,), (3,)], {"south": 2}))
        print("ok   a new row is on anna's device, in store and file, and nothing that she may not see", flush=True)
        hub.stop()
        expect(one.feed("orders")["count"] == 2, "without the network her programs have it")


def with_people(program, folder, ca, title, configurations, line):
    server = Slapd(os.path.join(folder, "slapd"), tls=True)
    server.start()
    try:
        server.modify(person("anna", userPassword=PASSWORD) + group("sales-south", [f"uid=anna,{PEOPLE}"]))
        os.environ["LDAP_PASSWORD"] = server.reader_password
        words = {"ldap://dc1.corp": server.url, "/etc/ssl/corp-ca.pem": os.path.join(server.folder, "ca.pem"), "dc=corp": SUFFIX}
        with Arrangement(program, os.path.join(folder, "device"), os.path.dirname(ca), title, configurations, words) as nodes:
            device(nodes, program, line, ca)
    finally:
        server.stop()


def main():
    arguments = argparse.ArgumentParser()
    arguments.add_argument("--program", required=True)
    program = os.path.abspath(arguments.parse_args().program)
    with tempfile.TemporaryDirectory(prefix="meshgate-topologies-") as folder:
        os.chmod(folder, 0o755)  # slapd's own user must come through
        page = sections()
        ca = os.path.join(folder, "certificates", "ca.pem")
        certificates(os.path.dirname(ca), page["first"][1])
        for title, check in (("A gateway brings to a hub", brings), ("Branches follow a hub", branches), ("Nodes of one site", one_site)):
            with Arrangement(program, os.path.join(folder, title.replace(" ", "-")), os.path.dirname(ca), title, page[title][0], {}) as nodes:
                check(nodes)
        with_people(program, folder, ca, "A device", page["A device"][0], page["A device"][1][0])


if __name__ == "__main__":
    main()
