"""A device with two upstreams of one mesh, a gateway and a hub that follows it: one sign-in is good at both, and a hub that is behind does not give back what was taken away.

    device_mesh_test.py --program build/bin/meshgate
"""

import argparse
import os
import socket
import tempfile

from certificates_test import Authority
from databases import Sqlite
from device import Device, expect
from directory import Slapd, SUFFIX
from federation_rights_test import TlsNode
from federation_sign_in_test import PASSWORDS, gateway, group, hub, person
from processes import wait_for


class Test:
    def __init__(self, program, folder, directory, authority, database):
        self.program, self.folder, self.directory = program, folder, directory
        self.gateway = TlsNode(program, os.path.join(folder, "hq"), authority, gateway(directory, database))
        self.hub = TlsNode(program, os.path.join(folder, "hub"), authority, hub(self.gateway.url, "24h"))
        self.device = Device(program, os.path.join(folder, "own"))
        self.ca = os.path.join(authority.folder, "ca.pem")

    def member(self, change, name):
        self.directory.modify(f"dn: cn={name},ou=groups,{SUFFIX}\nchangetype: modify\n{change}: member\nmember: uid=ann,ou=people,{SUFFIX}\n\n")

    def holds(self, **wanted):
        """In store and file, by partition."""
        def parts():
            store = {name: count for name, (_, count, _) in (self.device.holds("sales") or {}).items()}
            return store, dict(self.device.file("SELECT region, count(*) FROM sales GROUP BY region") or [])
        try:
            wait_for(f"the device to hold {wanted}", lambda: parts() == (wanted, wanted))
        except SystemExit:
            print(parts(), self.device.recent()[-3000:])
            raise
        print(f"ok   store and file hold {wanted}", flush=True)

    def follows(self, node):
        def source():
            return (self.device.feed("sales") or {}).get("source", {})
        wait_for(f"the device to follow {node.url}: {source()}", lambda: source().get("name") == node.url[8:] and source().get("state") == "following")

    def secret(self, text):
        path = os.path.join(self.folder, "password")
        with open(path, "w", encoding="ascii") as file:
            file.write(text + "\n")
        return path

    def signs_in_where_one_answers(self):
        """The first upstream that answers decides: who cannot be reached is gone by, who says no is the last that is asked."""
        other = Device(self.program, os.path.join(self.folder, "other"))
        who = ["--ca", self.ca, "--user", "ann", "--password-file"]
        with other.stopped_in_the_end(), socket.create_server(("127.0.0.1", 0)) as second:
            second.setblocking(False)
            code, said = other.run_once("--upstream", self.gateway.url, "--upstream", f"https://127.0.0.1:{second.getsockname()[1]}", *who, self.secret("wrong"))
            try:
                second.accept()
                raise SystemExit("FAIL a wrong password was tried at the second upstream too")
            except BlockingIOError:
                expect(code == 1 and "401" in said, f"a wrong password is tried once: {said.strip()}")
            self.hub.stop()
            other.start("--upstream", self.hub.url, "--upstream", self.gateway.url, *who, self.secret(PASSWORDS["ann"]))
            other.token("app")
            wait_for("a device whose first upstream is off to hold what ann may see", lambda: {name: count for name, (_, count, _) in (other.holds("sales") or {}).items()} == {"north": 2, "south": 1})
            self.hub.start()
            other.stop()
            other.start()
            wait_for("it to follow the first, with the sign-in at the second", lambda: ((other.feed("sales") or {}).get("source") or {}).get("name") == self.hub.url[8:])
            print("ok   a device signs in at the upstream that answers, and follows the other with that", flush=True)

    def one_sign_in(self):
        password = self.secret(PASSWORDS["ann"])
        self.device.start("--upstream", self.gateway.url, "--upstream", self.hub.url, "--ca", self.ca, "--user", "ann", "--password-file", password)
        self.device.token("app")
        self.holds(north=2, south=1)
        kept = [name for _, _, names in os.walk(self.device.environment["XDG_CONFIG_HOME"]) for name in names if name.endswith(".json")]
        expect(len(kept) == 1, f"one sign-in for both: {kept}")
        self.gateway.stop()
        self.follows(self.hub)
        expect("answered 401" not in self.device.recent(), "with the gateway off the hub takes it")
        self.gateway.start()
        self.follows(self.gateway)

    def what_was_lost(self):
        self.hub.kill()
        self.member("delete", "sales-south")
        self.holds(north=2)
        self.gateway.stop()
        self.hub.start()
        wait_for("the hub to serve what it knew", lambda: self.hub.explained("ann", "south", "sales"))
        self.follows(self.hub)
        wait_for("the device to say why it does not take all", lambda: "not all of it is taken" in self.device.recent())
        status, _, text = self.device.ask("/feeds/sales/changes?partition=south&after=0")
        expect(status == 403 and "denied" in text and set(self.device.holds("sales")) == {"north"}, "a hub that does not know it yet gives nothing back")
        # The gateway has come and gone, so the device stays with the hub for a minute; that hears of it.
        self.gateway.start()
        self.member("add", "sales-south")
        self.holds(north=2, south=1)


def main():
    arguments = argparse.ArgumentParser()
    arguments.add_argument("--program", required=True)
    program = os.path.abspath(arguments.parse_args().program)
    with tempfile.TemporaryDirectory(prefix="meshgate-device-mesh-") as folder:
        os.chmod(folder, 0o755)
        certificates = os.path.join(folder, "certificates")
        os.makedirs(certificates)
        authority = Authority(certificates)
        for name in ("hq", "hub"):
            authority.sign(name, "IP:127.0.0.1", "200101000000Z", "490101000000Z")
        database = Sqlite(folder)
        database.run("CREATE TABLE sales (id INTEGER PRIMARY KEY, region TEXT)", "INSERT INTO sales VALUES (1, 'north'), (2, 'south'), (3, 'north')",
                     "CREATE TABLE menu (id INTEGER PRIMARY KEY, dish TEXT)", "INSERT INTO menu VALUES (1, 'soup')")
        directory = Slapd(os.path.join(folder, "slapd"))
        directory.start()
        try:
            directory.modify("".join(map(person, PASSWORDS)) + group("sales-north", "ann") + group("sales-south", "ann", "bob"))
            test = Test(program, folder, directory, authority, database)
            with test.gateway.stopped_in_the_end(), test.hub.stopped_in_the_end(), test.device.stopped_in_the_end():
                test.gateway.start()
                test.hub.start()
                wait_for("ann to be let in at the hub", lambda: test.hub.explained("ann", "north", "sales"))
                test.signs_in_where_one_answers()
                test.one_sign_in()
                test.what_was_lost()
        finally:
            directory.stop()


if __name__ == "__main__":
    main()
