"""SIGTERM and SIGHUP on a node over TLS with curl reading from it. At SIGTERM every live answer ends whole and each reader goes on with the cursor of its last mark
at the next start, with nothing lost and nothing twice. At SIGHUP certificate, access log and log level change; a broken certificate changes nothing.

    signals_test.py --program build/bin/meshgate
"""

import argparse
import json
import os
import re
import signal
import socket
import ssl
import subprocess
import sys
import tempfile

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "integration"))
from authority import Authority  # noqa: E402
from databases import Sqlite  # noqa: E402
from processes import Gateway, run, wait_for  # noqa: E402

ROWS = 500
READERS = 5  # of each kind

CONFIG = """
node: { read: public, roles: { viewer: public }, data: DATA, listen: "https://127.0.0.1:PORT", log: LEVEL, access_log: ACCESS, tls: { certificate: CERTIFICATE, key: KEY } }
sources: { company: { connector: odbc, connection: CONNECTION, every: 50ms } }
feeds: { things: { from: { source: company, table: things } } }
"""


class Reader:
    """A curl that writes what it gets into a file."""

    def __init__(self, node, live, number):
        self.node, self.live = node, live
        self.path = os.path.join(node.folder, f"{live}-{number}")
        self.cursor, self.seqs = "0", []

    def start(self):
        query = f"after={self.cursor}&live={self.live}" + ("&wait=60" if self.live == "poll" else "")
        with open(self.path, "wb") as out:
            self.process = subprocess.Popen(["curl", "-sSN", "--cacert", self.node.authority.certificate, f"{self.node.url}/feeds/things/changes?{query}"], stdout=out,
                                            stderr=subprocess.PIPE, stdin=subprocess.DEVNULL)

    def lines(self):
        with open(self.path, encoding="utf-8") as file:
            for line in file:
                text = line.removeprefix("data: ").strip()
                if text.startswith("{") and line.endswith("\n"):
                    yield json.loads(text)

    def caught_up(self):
        return any(line.get("mark", {}).get("caught_up") for line in self.lines())

    def end(self):
        """The answer ended whole; what it brought is taken in up to its last mark."""
        _, complaint = self.process.communicate(timeout=60)
        if self.process.returncode != 0:
            raise SystemExit(f"a reader with live={self.live} ended with {self.process.returncode}: {complaint.decode()}")
        waiting = []
        for line in self.lines():
            if "put" in line or "gone" in line:
                waiting.append((line.get("put") or line.get("gone"))["seq"])
            elif "mark" in line:
                self.seqs += waiting
                waiting, self.cursor = [], line["mark"]["cursor"]


class Node:
    def __init__(self, program, folder, database):
        self.folder = folder
        self.authority = Authority(folder)
        self.serial = self.authority.sign("node")
        self.access = os.path.join(folder, "access.log")
        yaml = CONFIG.replace("ACCESS", self.access).replace("CERTIFICATE", self.authority.path("node.pem")).replace("KEY", self.authority.path("node.key"))
        self.gateway = Gateway(program, folder, yaml.replace("CONNECTION", database.connection_yaml()).replace("LEVEL", "warning"))
        self.url = f"https://127.0.0.1:{self.gateway.port}"

    def curl(self, path):
        return run(["curl", "-sS", "--cacert", self.authority.certificate, self.url + path])

    def feed(self):
        code, out, _ = self.curl("/feeds/things")
        return json.loads(out) if code == 0 else {}

    def start(self):
        self.gateway.start()
        wait_for("the node to serve its feed", lambda: self.feed().get("loading") is False or not self.gateway.running())
        if not self.gateway.running():
            raise SystemExit(self.gateway.log())

    def waiting(self):
        return float(re.search(r"^meshgate_live_readers (\S+)$", self.curl("/metrics")[1], re.M).group(1))

    def shown_serial(self):
        shown = subprocess.run(["openssl", "s_client", "-connect", f"127.0.0.1:{self.gateway.port}"], input=b"", capture_output=True, check=False).stdout
        found = subprocess.run(["openssl", "x509", "-noout", "-serial"], input=shown, capture_output=True, check=True).stdout
        return found.decode().strip()

    def session(self, earlier=None):
        """A session that can be taken up again; with an earlier one, whether it was."""
        context = earlier[0] if earlier else ssl.create_default_context(cafile=self.authority.certificate)
        with socket.create_connection(("127.0.0.1", self.gateway.port)) as plain:
            with context.wrap_socket(plain, server_hostname="127.0.0.1", session=earlier and earlier[1]) as secure:
                secure.sendall(b"GET /health/live HTTP/1.1\r\nHost: a\r\n\r\n")
                secure.recv(4096)
                return secure.session_reused if earlier else (context, secure.session)

    def hang_up(self):
        self.gateway.process.send_signal(signal.SIGHUP)

    def configure(self, old, new):
        with open(self.gateway.config, encoding="utf-8") as file:
            text = file.read()
        if old not in text:
            raise SystemExit(f"{old} does not stand in the configuration")
        with open(self.gateway.config, "w", encoding="utf-8") as file:
            file.write(text.replace(old, new))


def drain(node, database):
    """Rows change all the while; the node ends and starts twice."""
    readers = [Reader(node, live, number) for live in ("sse", "stream", "poll") for number in range(READERS)]
    for turn in range(3):
        for reader in readers:
            reader.start()
        for reader in readers:
            if reader.live != "poll":
                wait_for(f"a reader with live={reader.live} to be caught up", reader.caught_up)
        wait_for("every reader to wait at the node, or to have its answer", lambda: node.waiting() >= sum(reader.process.poll() is None for reader in readers))
        database.run(*[f"UPDATE things SET name = 'turn {turn}' WHERE id = {i}" for i in range(1 + turn, ROWS, 3)])
        code = node.gateway.stop()
        if code != 0:
            raise SystemExit(f"the node ended with {code}: {node.gateway.log()[-3000:]}")
        for reader in readers:
            reader.end()
        database.run(f"UPDATE things SET name = 'while it was down {turn}' WHERE id = {turn + 1}")
        node.start()
    wait_for("the last change to be read", lambda: "while it was down 2" in node.curl("/feeds/things/items/3")[1])
    head = int(node.feed()["partitions"][0]["cursor"].split(".")[1])
    expected = {line["put"]["seq"] for line in map(json.loads, node.curl("/feeds/things/changes")[1].splitlines()) if "put" in line}
    for reader in readers:
        while reader.cursor.split(".")[1] != str(head):
            _, out, _ = node.curl(f"/feeds/things/changes?after={reader.cursor}")
            lines = [json.loads(line) for line in out.splitlines()]
            reader.seqs += [line["put"]["seq"] for line in lines if "put" in line]
            reader.cursor = lines[-1]["mark"]["cursor"]
        if reader.seqs != sorted(set(reader.seqs)):
            raise SystemExit(f"a reader with live={reader.live} got changes twice or out of order: {reader.seqs}")
        if not expected <= set(reader.seqs):
            raise SystemExit(f"a reader with live={reader.live} lost {sorted(expected - set(reader.seqs))[:20]}")


def certificates(node):
    if node.shown_serial() != node.serial:
        raise SystemExit("the node shows another certificate than it was given")
    session = node.session()
    second = node.authority.sign("node")
    wait_for("a changed certificate to be shown without any signal", lambda: node.shown_serial() == second, 30)
    if not node.session(session):
        raise SystemExit("a session from before the change was not taken up again")
    third = node.authority.sign("node", 40)
    node.hang_up()
    wait_for("a changed certificate to be shown after SIGHUP", lambda: node.shown_serial() == third, 30)
    with open(node.authority.path("node.pem"), "w", encoding="ascii") as file:
        file.write("-----BEGIN CERTIFICATE-----\nbroken\n")
    node.hang_up()
    wait_for("a broken certificate to be named in the log", lambda: "the certificate from before stays in use" in node.gateway.log(), 30)
    if node.shown_serial() != third:
        raise SystemExit("a broken certificate changed what is shown")
    metrics = node.curl("/metrics")[1]
    left = float(re.search(r"^meshgate_certificate_expires_seconds (\S+)$", metrics, re.M).group(1))
    if not 39 * 86400 < left <= 40 * 86400 or "meshgate_certificate_refused_total 1\n" not in metrics:
        raise SystemExit(f"metrics do not tell of the certificates: {left}\n{metrics}")
    code, _, complaint = run([node.gateway.program, "check", node.gateway.config])
    if code != 2 or "node.pem' cannot be used" not in complaint:
        raise SystemExit(f"check ended with {code} beside a broken certificate: {complaint}")
    node.authority.sign("node")


def mirror(node):
    """`meshgate mirror` believes the authority that it is given, and no other."""
    into = os.path.join(node.folder, "mirror.db")
    code, out, complaint = run([node.gateway.program, "mirror", node.url, "--into", into, "--once", "--quiet"])
    if code != 2 or "--ca" not in complaint:
        raise SystemExit(f"a mirror that believes another authority ended with {code}: {out}{complaint}")
    code, out, complaint = run([node.gateway.program, "mirror", node.url, "--into", into, "--once", "--quiet", "--ca", node.authority.certificate])
    if code != 0:
        raise SystemExit(f"a mirror over TLS ended with {code}: {out}{complaint}")


def hang_up(node):
    os.rename(node.access, node.access + ".1")
    node.configure("log: warning", "log: info")
    node.configure("every: 50ms", "every: 60ms")
    node.hang_up()
    wait_for("the log to name what waits for a restart", lambda: "waits for a restart: sources.company\n" in node.gateway.log(), 30)
    if "reloaded: certificates, access log, log level info" not in node.gateway.log():
        raise SystemExit("the log level was not taken up:\n" + node.gateway.log()[-2000:])
    node.curl("/feeds?token=hush")
    wait_for("the new access log to have its lines", lambda: os.path.exists(node.access) and "token=***" in open(node.access, encoding="utf-8").read(), 30)
    with open(node.access + ".1", encoding="utf-8") as old:
        if "token" in old.read():
            raise SystemExit("the renamed access log is still written")
    node.configure("log: info", "log: loud")
    node.hang_up()
    wait_for("the log to name the fault", lambda: "'loud' is no log level" in node.gateway.log(), 30)


def main():
    arguments = argparse.ArgumentParser()
    arguments.add_argument("--program", required=True)
    options = arguments.parse_args()
    with tempfile.TemporaryDirectory(prefix="meshgate-signals-") as folder:
        database = Sqlite(folder)
        database.run("CREATE TABLE things (id INTEGER PRIMARY KEY, name TEXT)",
                     f"WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < {ROWS}) INSERT INTO things SELECT i, 'name ' || i FROM n")
        node = Node(options.program, folder, database)
        with node.gateway.stopped_in_the_end():
            node.start()
            drain(node, database)
            mirror(node)
            certificates(node)
            hang_up(node)
        database.close()


if __name__ == "__main__":
    main()
