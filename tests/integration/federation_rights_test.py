"""Who may see what travels with the feeds: a hub follows `_users`, `_groups` and a feed from the gateway over TLS, where both show certificates, and decides as the
gateway does, also when that is gone. A node that is not named there, or shows nothing, gets nothing; one that is not who it says is not spoken to.

    federation_rights_test.py --program build/bin/meshgate
"""

import argparse
import json
import os
import ssl
import tempfile
import urllib.error
import urllib.request

from certificates_test import Authority
from databases import Sqlite
from processes import Gateway, run, wait_for

RULE = '"group:sales-{partition}"'


class TlsNode(Gateway):
    """A node that shows a certificate and asks for one; looked at without one."""

    def __init__(self, program, folder, authority, yaml, port=None):
        os.makedirs(folder, exist_ok=True)
        super().__init__(program, folder, yaml.replace("CERTIFICATES", authority.folder), port)
        self.url = f"https://127.0.0.1:{self.port}"
        self.trust = ssl.create_default_context(cafile=os.path.join(authority.folder, "ca.pem"))

    def status(self, path):
        try:
            with urllib.request.urlopen(self.url + path, context=self.trust, timeout=30) as answer:
                return answer.status
        except urllib.error.HTTPError as error:
            return error.code
        except OSError:
            return 0

    def explained(self, person, partition):
        """True and False: may they read it; None: it is not known."""
        code, out, err = run([self.program, "explain", "-c", self.config, person, "orders", partition])
        return True if "may read" in out and "may not" not in out else False if "may not" in out else None


def listening(name):
    return f"""listen: "https://127.0.0.1:PORT", tls: {{ certificate: CERTIFICATES/{name}.pem, key: CERTIFICATES/{name}.key, client_ca: CERTIFICATES/ca.pem, clients: optional }}"""


def origin(database):
    return f"""
node: {{ name: hq, data: DATA, {listening("hq")} }}
sources: {{ company: {{ connector: odbc, connection: {database.connection_yaml()}, every: 50ms }} }}
feeds:
  _users:  {{ from: {{ source: company, table: people }}, read: "node:CN=hub" }}
  _groups: {{ from: {{ source: company, table: teams }}, read: "node:CN=hub" }}
  orders:  {{ from: {{ source: company, table: orders }}, partition: region, read: [ {RULE}, "node:CN=hub" ] }}
"""


def hub(url, shown, believed="ca.pem"):
    own = f", certificate: CERTIFICATES/{shown}.pem, key: CERTIFICATES/{shown}.key" if shown else ""
    return f"""
node: {{ name: hub, data: DATA, {listening("hub")} }}
peers: {{ hq: {{ url: "{url}", ca: CERTIFICATES/{believed}{own} }} }}
feeds:
  _users:  {{ from: {{ peer: hq }} }}
  _groups: {{ from: {{ peer: hq }} }}
  orders:  {{ from: {{ peer: hq }}, read: {RULE} }}
"""


def decisions(node):
    return {(person, partition): node.explained(person, partition) for person in ("anna", "bert") for partition in ("north", "south")}


def expect(node, wanted):
    wait_for(f"{wanted} at {node.url}; the log says\n{node.log()[-1500:]}", lambda: decisions(node) == wanted, 30)


def decides(there, here, database):
    first = {("anna", "north"): True, ("anna", "south"): False, ("bert", "north"): False, ("bert", "south"): True}
    moved = first | {("anna", "north"): False, ("anna", "south"): True}
    disabled = moved | {("bert", "south"): False}
    for node in (there, here):
        expect(node, first)
    if here.status("/feeds/orders/changes?partition=north") != 401:
        raise SystemExit("the hub shows orders to whoever asks")
    database.run("UPDATE teams SET members = '2' WHERE name = 'sales-north'", "UPDATE teams SET members = '1' WHERE name = 'sales-south'",
                 "INSERT INTO teams VALUES ('c', 'sales-west', '1')", "UPDATE teams SET members = '1' || char(10) || '2' WHERE name = 'sales-south'",
                 "UPDATE teams SET members = '' WHERE name = 'sales-north'")
    for node in (there, here):
        expect(node, moved)
    database.run("UPDATE people SET disabled = 1 WHERE name = 'bert'")
    for node in (there, here):
        expect(node, disabled)
    there.kill()
    here.stop()
    here.start()
    expect(here, disabled)


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
        for name in ("hq", "hub", "stranger"):
            authority.sign(name, "IP:127.0.0.1", "200101000000Z", "490101000000Z")
        authority.self_signed("self")
        database = Sqlite(folder)
        database.run("CREATE TABLE people (id INTEGER PRIMARY KEY, name TEXT, disabled INTEGER)", "INSERT INTO people VALUES (1, 'anna', 0), (2, 'bert', 0)",
                     "CREATE TABLE teams (id TEXT PRIMARY KEY, name TEXT, members TEXT)", "INSERT INTO teams VALUES ('a', 'sales-north', '1'), ('b', 'sales-south', '2')",
                     "CREATE TABLE orders (id INTEGER PRIMARY KEY, region TEXT)", "INSERT INTO orders VALUES (1, 'north'), (2, 'south')")
        there = TlsNode(program, os.path.join(folder, "hq"), authority, origin(database))
        here = TlsNode(program, os.path.join(folder, "hub"), authority, hub(there.url, "hub"))
        with there.stopped_in_the_end(), here.stopped_in_the_end():
            there.start()
            here.start()
            refused(program, folder, authority, there.url, "unnamed", "stranger", "ca.pem", "the peer answered 404")
            refused(program, folder, authority, there.url, "unknown", "", "ca.pem", "the peer answered 401")
            refused(program, folder, authority, there.url, "unbelieving", "hub", "self.pem", "certificate")
            decides(there, here, database)
    print("a hub decides as the gateway does, and goes on without it; who is not named gets nothing")


if __name__ == "__main__":
    main()
