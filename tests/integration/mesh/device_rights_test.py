"""A device of a person in a directory: it signs in, follows what that person may see, gains and loses partitions on line and off, store and SQLite file alike, and lets go
of everything when it is signed out at the gateway.

    device_rights_test.py --program build/bin/meshgate
"""

import argparse
import json
import os
import re
import signal
import stat
import subprocess
import sys
import tempfile

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), ".."))

from certificates_test import Authority  # noqa: E402
from databases import Sqlite  # noqa: E402
from device import Device, expect  # noqa: E402
from directory import SUFFIX, Slapd  # noqa: E402
from federation_rights_test import TlsNode, listening  # noqa: E402
from processes import run, wait_for  # noqa: E402
from signin_directory_test import CONFIGURATION, PASSWORDS, group, person  # noqa: E402
from wire import Wire  # noqa: E402

REGIONS = ("north", "south", "west")


class Test:
    def __init__(self, program, folder, wire):
        self.program, self.folder = program, folder
        self.directory = Slapd(os.path.join(folder, "slapd"), address=wire["directory"].address)
        wire["directory"].run(self.directory.start)
        self.directory.modify("".join(person(uid) for uid in PASSWORDS) + "".join(group(f"sales-{region}", "ann", "bob") for region in REGIONS) + group("notes", "ann", "bob"))
        self.database = Sqlite(folder)
        self.database.run("CREATE TABLE sales (id INTEGER PRIMARY KEY, region TEXT)", "CREATE TABLE notes (id INTEGER PRIMARY KEY, text TEXT)",
                          "INSERT INTO sales VALUES " + ", ".join(f"({i}, '{REGIONS[i % 3]}')" for i in range(300)), "INSERT INTO notes VALUES (1, 'one')")
        self.file("reader", self.directory.reader_password)
        text = CONFIGURATION.replace("URL", self.directory.url).replace("READER", self.directory.reader).replace("SUFFIX", SUFFIX)
        text = text.replace("connection: CONNECTION", f"connection: {self.database.connection_yaml()}").replace("    every: 200ms", "    every: 50ms")
        text += "  notes:\n    from: { source: shop, table: notes }\n    read: group:notes\n"
        certificates = os.path.join(folder, "certificates")
        os.makedirs(certificates)
        authority = Authority(certificates)
        authority.sign("hq", f"IP:{wire['hq'].address}", "200101000000Z", "490101000000Z")
        self.gateway = TlsNode(program, folder, authority, text.replace('listen: "http://127.0.0.1:PORT"', listening("hq")), place=wire["hq"])
        self.upstream = ["--upstream", self.gateway.url, "--ca", os.path.join(certificates, "ca.pem")]
        self.device = Device(program, os.path.join(folder, "own"), place=wire["device"])

    def file(self, name, content):
        path = os.path.join(self.folder, name)
        with open(path, "w", encoding="ascii") as file:
            file.write(content)
        return path

    def start_gateway(self):
        self.gateway.start()
        wait_for("the gateway to know who is who", lambda: self.gateway.status("/health/ready") == 200)

    def leave(self, name, uid="ann"):
        self.directory.modify(f"dn: cn={name},ou=groups,{SUFFIX}\nchangetype: modify\ndelete: member\nmember: uid={uid},ou=people,{SUFFIX}\n\n")

    def join(self, name, uid="ann"):
        self.directory.modify(f"dn: cn={name},ou=groups,{SUFFIX}\nchangetype: modify\nadd: member\nmember: uid={uid},ou=people,{SUFFIX}\n\n")

    def parts(self):
        """What the device holds of sales: by partition the number of items, in its store and in its file."""
        store = {name: count for name, (_, count, _) in (self.device.holds("sales") or {}).items()}
        rows = self.device.file("SELECT region, count(*) FROM sales GROUP BY region")
        return store, dict(rows or [])

    def holds(self, *regions):
        wanted = {region: 100 for region in regions}
        try:
            wait_for(f"the device to hold {regions}", lambda: self.parts() == (wanted, wanted))
        except SystemExit:
            print(self.parts(), self.device.recent()[-3000:])
            raise
        print(f"ok   store and file hold {', '.join(regions)}", flush=True)

    def signs_in(self):
        code, said = self.device.run_once(*self.upstream, "--user", "ann", "--password-file", self.file("wrong", "Marked-Wrong-3\n"))
        expect(code == 1 and "401" in said and "Marked" not in said, f"a wrong password: {said.strip()}")
        self.device.start(*self.upstream, "--user", "ann", "--password-file", self.file("ann", PASSWORDS["ann"] + "\n"))
        self.device.token("app")
        kept = [os.path.join(where, name) for where, _, names in os.walk(self.device.environment["XDG_CONFIG_HOME"]) for name in names if name.endswith(".json")]
        expect(len(kept) == 1 and stat.S_IMODE(os.stat(kept[0]).st_mode) == 0o600, "the sign-in is the owner's alone")
        self.sign_in = kept[0]

    def rights(self):
        self.holds("north", "south", "west")
        wait_for("notes", lambda: self.device.feed("notes"))
        stream = self.device.ask("/feeds/sales/changes?partition=south&after=0")
        cursor = [json.loads(line) for line in stream[2].splitlines()][-1]["mark"]["cursor"]
        self.leave("sales-south")
        self.holds("north", "west")
        status, _, text = self.device.ask(f"/feeds/sales/changes?partition=south&after={cursor}")
        expect(status == 403 and "denied" in text, "an application that held south is told to let go of it")
        self.join("sales-south")
        self.holds("north", "south", "west")
        expect(self.device.ask("/feeds/sales/changes?partition=south&after=0")[0] == 200, "and may have it again")
        self.leave("notes")
        wait_for("a whole feed to go", lambda: self.device.feed("notes") is None and not self.device.file("SELECT * FROM notes"))
        print("ok   a feed of which nothing is left goes from store and file", flush=True)

    def offline(self):
        self.gateway.stop()
        self.leave("sales-west")
        self.device.stop()
        self.device.start()
        wait_for("it to say that it hears nobody", lambda: (self.device.feed("sales") or {}).get("source", {}).get("state") == "failing")
        self.holds("north", "south", "west")
        expect(self.device.feed("notes") is None, "what was lost before stays lost")
        self.start_gateway()
        self.holds("north", "south")
        self.device.kill()
        self.join("notes")
        self.device.start()
        self.holds("north", "south")
        wait_for("a feed that was lost to come back", lambda: (self.device.feed("notes") or {}).get("count") == 1, 90)
        wait_for("into the file too", lambda: self.device.file("SELECT * FROM notes"))

    def guide(self):
        """The commands of DEVICE.md as they stand there, in their order."""
        with open(os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "..", "..", "gateway", "device", "DEVICE.md"), encoding="utf-8") as file:
            first, again, *others = re.findall(r"^ {4}(\S.*)$", file.read(), re.M)
        home = os.path.join(self.folder, "home")
        os.makedirs(home)
        environment = {name: value for name, value in os.environ.items() if not name.startswith("XDG_")} | {"HOME": home}
        environment["PATH"] = os.path.dirname(self.program) + ":" + environment["PATH"]
        first = first.replace("--upstream https://mesh.corp:7443", " ".join(self.upstream)) + f" --password-file {os.path.join(self.folder, 'ann')}"
        for line in (first, again):
            command = ["bash", "-c", "exec " + line]
            with self.device.place.run(lambda: subprocess.Popen(command, env=environment, stderr=subprocess.PIPE, text=True)) as device:
                try:
                    said = next((one for one in device.stderr if "serving at" in one or one.startswith("meshgate:")), "")
                    expect("serving at" in said, f"{line.split(' --password')[0]}: {said.strip()}")
                    if line == again:
                        self.guide_of_programs(home, environment, others)
                finally:
                    device.send_signal(signal.SIGINT)
                    device.stderr.read()
            expect(device.returncode == 0, "Ctrl-C ends it")

    def guide_of_programs(self, home, environment, lines):
        file = os.path.join(home, ".local/share/meshgate/device/feeds.db")
        counted = lambda: subprocess.run(["sqlite3", file, "SELECT count(*) FROM notes"], capture_output=True, check=False).stdout
        wait_for("the file to be filled", lambda: counted() == b"1\n")
        command = ["bash", "-euo", "pipefail", "-c", "\n".join(lines)]
        done = self.device.place.run(lambda: subprocess.run(command, env=environment, capture_output=True, text=True, timeout=60, check=False))
        for wanted in ('"feed":"notes"', '"caught_up":true', "\n1\n", "1 application has a token", "good for nothing"):
            expect(wanted in done.stdout, f"the guide's commands show {wanted!r}" + ("" if wanted in done.stdout else f", not {done.stdout}{done.stderr}"))

    def signed_out(self):
        device = json.load(open(self.sign_in, encoding="ascii"))["device"]
        code, out, err = run([self.program, "devices", "revoke", device, "-c", self.gateway.config])
        expect(code == 0, f"the device is revoked: {out.strip()}{err.strip()}")
        wait_for("the device to end", lambda: not self.device.running())
        left = sorted(os.listdir(self.device.data))
        expect(self.device.process.returncode == 1 and "signed out" in self.device.recent(), f"it says so: {self.device.recent().strip().splitlines()[-1]}")
        expect(not any(name.startswith(("store", "feeds.db", "lost")) for name in left) and not os.path.exists(self.sign_in), f"what it held is gone: {left}")

    def keeps(self):
        """Where that was wished, and signed out while it was off line."""
        self.device.start("--keep", "--user", "ann", "--password-file", os.path.join(self.folder, "ann"))
        self.holds("north", "south")
        self.device.stop()
        code, out, err = run([self.program, "devices", "revoke", json.load(open(self.sign_in, encoding="ascii"))["device"], "-c", self.gateway.config])
        expect(code == 0, f"revoked while it did not run: {out.strip()}{err.strip()}")
        self.device.process = None
        code, said = self.device.run_once()
        expect(code == 1 and "stays" in said and self.device.file("SELECT count(*) FROM sales") == [(200,)], "it stops at first contact, and keeps what it was told to keep")


def main():
    arguments = argparse.ArgumentParser()
    arguments.add_argument("--program", required=True)
    options = arguments.parse_args()
    with tempfile.TemporaryDirectory(prefix="meshgate-device-rights-") as folder, Wire(["directory", "hq", "device"]) as wire:
        os.chmod(folder, 0o755)
        test = Test(os.path.abspath(options.program), folder, wire)
        try:
            with test.gateway.stopped_in_the_end(), test.device.stopped_in_the_end():
                test.start_gateway()
                test.signs_in()
                test.rights()
                test.offline()
                test.guide()
                test.signed_out()
                test.keeps()
        finally:
            test.directory.stop()


if __name__ == "__main__":
    main()
