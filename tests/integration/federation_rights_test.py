"""Who may see what travels with the feeds: a hub follows `_users`, `_groups` and a feed from the gateway over TLS, where both show certificates, and a branch follows the hub; they
decide as the gateway does, by its rules, also when that is gone, and take up a change of its rules. A `read` at the hub only narrows. A hub that comes back from an old copy of its
folder gives nothing back once it has met the gateway. A hub that nobody reaches is told all of it too. A node that is not named there, or shows nothing, gets nothing; one that is
not who it says is not spoken to.

    federation_rights_test.py --program build/bin/meshgate
"""

import argparse
import http.client
import json
import os
import shutil
import signal
import ssl
import tempfile
import urllib.error
import urllib.request

from certificates_test import Authority
from databases import Sqlite
from processes import HERE, Gateway, run, wait_for

RULE = '"group:sales-{partition}"'


class TlsNode(Gateway):
    """A node that shows a certificate and asks for one; looked at without one."""

    def __init__(self, program, folder, authority, yaml, port=None, place=HERE):
        os.makedirs(folder, exist_ok=True)
        super().__init__(program, folder, yaml.replace("CERTIFICATES", authority.folder), port, place)
        self.folder, self.data = folder, os.path.join(folder, "data")
        self.url = f"https://{place.address}:{self.port}"
        self.trust = ssl.create_default_context(cafile=os.path.join(authority.folder, "ca.pem"))
        # Past any proxy: that is for the nodes.
        self.direct = urllib.request.build_opener(urllib.request.ProxyHandler({}), urllib.request.HTTPSHandler(context=self.trust))

    def connection(self):
        return http.client.HTTPSConnection(self.place.address, self.port, timeout=30, context=self.trust)

    def start(self):
        """Until it serves: a command that comes before would open the data folder itself."""
        super().start()
        wait_for(f"{self.url} to serve", lambda: self.status("/health/live") == 200 or not self.running())

    def status(self, path):
        try:
            with self.direct.open(self.url + path, timeout=30) as answer:
                return answer.status
        except urllib.error.HTTPError as error:
            return error.code
        except OSError:
            return 0

    def explained(self, person, partition, feed="orders"):
        """True and False: may they read it; None: it is not known."""
        code, out, err = run([self.program, "explain", "-c", self.config, person, feed, partition])
        return True if "may read" in out and "may not" not in out else False if "may not" in out else None


def listening(name):
    return f"""listen: "https://127.0.0.1:PORT", tls: {{ certificate: CERTIFICATES/{name}.pem, key: CERTIFICATES/{name}.key, client_ca: CERTIFICATES/ca.pem, clients: optional }}"""


def origin(database, rule=RULE, bring=""):
    peers = f"""peers: {{ hub: {{ url: "{bring}", ca: CERTIFICATES/ca.pem, certificate: CERTIFICATES/hq.pem, key: CERTIFICATES/hq.key, push: [_users, _groups, orders] }} }}\n""" if bring else ""
    return f"""
node: {{ name: hq, data: DATA, {listening("hq")} }}
sources: {{ company: {{ connector: odbc, connection: {database.connection_yaml()}, every: 50ms }} }}
{peers}feeds:
  _users:  {{ from: {{ source: company, table: people }}, read: "node:CN=hub" }}
  _groups: {{ from: {{ source: company, table: teams }}, read: "node:CN=hub" }}
  orders:  {{ from: {{ source: company, table: orders }}, partition: region, title: "order {{id}}", read: [ {rule}, "node:CN=hub" ] }}
"""


def hub(url, shown, believed="ca.pem", name="hub", more=""):
    """`more`: what is said of each feed besides."""
    own = f", certificate: CERTIFICATES/{shown}.pem, key: CERTIFICATES/{shown}.key" if shown else ""
    return f"""
node: {{ name: {name}, data: DATA, {listening(name)} }}
peers: {{ hq: {{ url: "{url}", ca: CERTIFICATES/{believed}{own} }} }}
feeds:
  _users:  {{ from: {{ peer: hq }}{more} }}
  _groups: {{ from: {{ peer: hq }}{more} }}
  orders:  {{ from: {{ peer: hq }}{more} }}
"""


FOR_BRANCH = ', read: [ "node:CN=branch", signed-in ]'
BROUGHT = f"""
node: {{ name: hub, data: DATA, {listening("hub")} }}
peers: {{ hq: {{ subject: "CN=hq" }} }}
feeds:
  _users:  {{ from: {{ peer: hq }} }}
  _groups: {{ from: {{ peer: hq }} }}
  orders:  {{ from: {{ peer: hq }}, read: "user:bert" }}
"""


def decisions(node):
    return {(person, partition): node.explained(person, partition) for person in ("anna", "bert") for partition in ("north", "south")}


def expect(node, wanted):
    wait_for(f"{wanted} at {node.url}; the log says\n{node.log()[-1500:]}", lambda: decisions(node) == wanted, 30)


FIRST = {("anna", "north"): True, ("anna", "south"): False, ("bert", "north"): False, ("bert", "south"): True}
MOVED = FIRST | {("anna", "north"): False, ("anna", "south"): True}
DISABLED = MOVED | {("bert", "south"): False}
NOBODY = dict.fromkeys(FIRST, False)


def rule(node, database, text):
    """Another rule at the gateway, which is told to take it up."""
    with open(node.config, encoding="utf-8") as file:
        written = file.read()
    here = written[written.index("  orders:"):]
    with open(node.config, "w", encoding="utf-8") as file:
        file.write(written.replace(here, here.replace(here[here.index("read: [ ") + 8:here.index(', "node:CN=hub"')], text)))
    node.process.send_signal(signal.SIGHUP)


def decides(there, *here, database):
    for node in (there, *here):
        expect(node, FIRST)
    if here[0].status("/feeds/orders/changes?partition=north") != 401:
        raise SystemExit("the hub shows orders to whoever asks")
    old = here[0].folder + ".old"
    here[0].stop()
    shutil.copytree(here[0].data, old)
    here[0].start()
    rule(there, database, "user:anna")
    for node in (there, *here):
        expect(node, NOBODY | {("anna", "north"): True, ("anna", "south"): True})
    rule(there, database, RULE)
    database.run("UPDATE teams SET members = '1' || char(10) || '2' WHERE name = 'sales-south'", "UPDATE teams SET members = '' WHERE name = 'sales-north'")
    for node in (there, *here):
        expect(node, MOVED)
    database.run("UPDATE people SET disabled = 1 WHERE name = 'bert'")
    for node in (there, *here):
        expect(node, DISABLED)
    there.kill()
    for node in here:
        node.stop()
        node.start()
        expect(node, DISABLED)
    return old


def restored(there, here, old):
    """The hub's folder of before: what it says without the gateway is old; it gives nothing back once it has met that."""
    here.kill()
    shutil.rmtree(here.data)
    shutil.copytree(old, here.data)
    there.start()
    here.start()
    expect(here, DISABLED)
    for _ in range(3):
        if decisions(here) != DISABLED:
            raise SystemExit(f"a hub that had met the gateway gave something back: {decisions(here)}")


def brought(program, folder, authority, database):
    """Rules come with what is brought; a `read` at the hub narrows them."""
    here = TlsNode(program, os.path.join(folder, "brought"), authority, BROUGHT)
    there = TlsNode(program, os.path.join(folder, "bringing"), authority, origin(database, "signed-in", here.url))
    with there.stopped_in_the_end(), here.stopped_in_the_end():
        here.start()
        there.start()
        expect(there, {("anna", "north"): True, ("anna", "south"): True, ("bert", "north"): False, ("bert", "south"): False})
        expect(here, NOBODY)
        database.run("UPDATE people SET disabled = 0 WHERE name = 'bert'")
        expect(here, NOBODY | {("bert", "north"): True, ("bert", "south"): True})
        rule(there, database, "user:anna")
        expect(here, NOBODY)


def refused(program, folder, authority, url, name, shown, believed, *sentences):
    node = TlsNode(program, os.path.join(folder, name), authority, hub(url, shown, believed))
    with node.stopped_in_the_end():
        node.start()
        wait_for(f"a hub that is {name} to be told", lambda: any(sentence in node.log() for sentence in sentences), 30)
        if "Traceback" in node.log() or os.path.isdir(os.path.join(folder, name, "data")) is False:
            raise SystemExit(f"a hub that is {name} did not run")


def main():
    arguments = argparse.ArgumentParser()
    arguments.add_argument("--program", required=True)
    program = os.path.abspath(arguments.parse_args().program)
    with tempfile.TemporaryDirectory(prefix="meshgate-federation-rights-") as folder:
        certificates = os.path.join(folder, "certificates")
        os.makedirs(certificates)
        authority = Authority(certificates)
        for name in ("hq", "hub", "branch", "stranger"):
            authority.sign(name, "IP:127.0.0.1", "200101000000Z", "490101000000Z")
        authority.self_signed("self")
        database = Sqlite(folder)
        database.run("CREATE TABLE people (id INTEGER PRIMARY KEY, name TEXT, disabled INTEGER)", "INSERT INTO people VALUES (1, 'anna', 0), (2, 'bert', 0)",
                     "CREATE TABLE teams (id TEXT PRIMARY KEY, name TEXT, members TEXT)", "INSERT INTO teams VALUES ('a', 'sales-north', '1'), ('b', 'sales-south', '2')",
                     "CREATE TABLE orders (id INTEGER PRIMARY KEY, region TEXT)", "INSERT INTO orders VALUES (1, 'north'), (2, 'south')")
        there = TlsNode(program, os.path.join(folder, "hq"), authority, origin(database))
        here = TlsNode(program, os.path.join(folder, "hub"), authority, hub(there.url, "hub", more=FOR_BRANCH))
        branch = TlsNode(program, os.path.join(folder, "branch"), authority, hub(here.url, "branch", name="branch"))
        with there.stopped_in_the_end(), here.stopped_in_the_end(), branch.stopped_in_the_end():
            there.start()
            here.start()
            branch.start()
            refused(program, folder, authority, there.url, "unnamed", "stranger", "ca.pem", "the peer answered 404")
            refused(program, folder, authority, there.url, "unknown", "", "ca.pem", "the peer answered 401")
            refused(program, folder, authority, there.url, "unbelieving", "hub", "self.pem", "certificate")
            old = decides(there, here, branch, database=database)
            restored(there, here, old)
        brought(program, folder, authority, database)
    print("a hub and a branch decide as the gateway does, and go on without it; who is not named gets nothing")


if __name__ == "__main__":
    main()
