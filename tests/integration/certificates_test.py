"""The certificate of a database: with one that was signed by the authority that is named, for the server's name, `check` reaches it; with one of another name,
one that has expired, one that signed itself, or none, it says so and sends nothing. Over TLS a table is read as ever.

    certificates_test.py --program build/bin/meshgate --database postgres
"""

import argparse
import os
import shutil
import subprocess
import tempfile

from databases import READER_PASSWORD, Mariadb, Postgres
from processes import Gateway, run, wait_for
from services import OwnServers

REFUSED = "a TLS connection to"


class Authority:
    """Signs certificates; all are made here."""

    def __init__(self, folder):
        self.folder = folder
        self.openssl("req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2", "-subj", "/CN=corp", "-keyout", "ca.key", "-out", "ca.pem")
        with open(os.path.join(folder, "ca.conf"), "w", encoding="ascii") as file:
            file.write("[ca]\ndefault_ca = own\n[own]\ndatabase = index\nserial = serial\nnew_certs_dir = .\ndefault_md = sha256\npolicy = any\ncopy_extensions = copy\n"
                       "unique_subject = no\n[any]\ncommonName = supplied\n")
        for name, text in (("index", ""), ("serial", "01\n")):
            with open(os.path.join(folder, name), "w", encoding="ascii") as file:
                file.write(text)

    def openssl(self, *words):
        subprocess.run(["openssl", *words], cwd=self.folder, check=True, capture_output=True)

    def sign(self, name, address, start, end):
        """(key, certificate), valid from start to end, as YYMMDDHHMMSSZ."""
        self.openssl("req", "-newkey", "rsa:2048", "-nodes", "-subj", f"/CN={name}", "-addext", f"subjectAltName={address}", "-keyout", name + ".key", "-out", name + ".csr")
        self.openssl("ca", "-batch", "-config", "ca.conf", "-keyfile", "ca.key", "-cert", "ca.pem", "-in", name + ".csr", "-out", name + ".pem", "-startdate", start, "-enddate", end)
        return name

    def self_signed(self, name):
        self.openssl("req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2", "-subj", "/CN=127.0.0.1", "-addext", "subjectAltName=IP:127.0.0.1", "-keyout", name + ".key", "-out", name + ".pem")
        return name


def install(authority, name, data):
    """The key and certificate into a server's data folder, as server.key and server.crt."""
    owner = os.stat(data)
    for ending, to in ((".key", "server.key"), (".pem", "server.crt")):
        path = os.path.join(data, to)
        shutil.copyfile(os.path.join(authority.folder, name + ending), path)
        os.chmod(path, 0o600)
        os.chown(path, owner.st_uid, owner.st_gid)


class PostgresServer:
    """Shows one certificate or another."""

    said = {"none": "does not support SSL", "self": "certificate verify failed", "expired": "certificate verify failed", "elsewhere": "does not match host name"}

    def __init__(self, servers, folder, authority):
        self.database, self.authority = Postgres(folder), authority
        self.data = self.database.once("SHOW data_directory").strip()

    def show(self, name):
        install(self.authority, name, self.data)
        self.database.once("ALTER SYSTEM SET ssl = on")
        self.database.once("SELECT pg_reload_conf()")

    def connection_yaml(self):
        return self.database.connection_yaml().replace(" }", f", SSLmode: verify-full, pqopt: \"sslrootcert={self.authority.folder}/ca.pem\" }}")

    def insist(self):
        """From here on the gateway's user is let in over TLS only."""
        hba = os.path.join(self.data, "pg_hba.conf")
        with open(hba, encoding="ascii") as file:
            rules = file.read()
        with open(hba, "w", encoding="ascii") as file:
            file.write(f"hostnossl all {self.database.reader} all reject\n{rules}")
        self.database.once("SELECT pg_reload_conf()")


class MariadbServer:
    """Shows none until it is started with one."""

    said = {"none": "the server does not support it", "self": "self-signed certificate", "expired": "certificate has expired", "elsewhere": "Validation of SSL server certificate failed"}

    def __init__(self, servers, folder, authority):
        self.database, self.servers, self.authority = Mariadb(folder), servers, authority
        self.data = self.database.once("SELECT @@datadir").strip()
        self.shows_one = False

    def show(self, name):
        install(self.authority, name, self.data)
        if self.shows_one:
            return self.database.once("FLUSH SSL")
        self.servers.kill("mariadb")
        self.servers.start_again("mariadb", *[f"--ssl-{what}={self.data}/server.{ending}" for what, ending in (("cert", "crt"), ("key", "key"))])
        wait_for("MariaDB to answer again", self.database.answers)
        self.database.reopen()
        self.shows_one = True

    def connection_yaml(self):
        return self.database.connection_yaml().replace(" }", f", FORCETLS: 1, SSLCA: {self.authority.folder}/ca.pem, SSLVERIFY: 1 }}")

    def insist(self):
        self.database.once(f"ALTER USER {self.database.reader}@'127.0.0.1' REQUIRE SSL")


SERVERS = {"postgres": PostgresServer, "mariadb": MariadbServer}


def configuration(server):
    return f"""
node: {{ read: public, data: DATA, listen: "http://127.0.0.1:PORT" }}
sources: {{ s: {{ connector: odbc, connection: {server.connection_yaml()}, every: 200ms }} }}
feeds: {{ things: {{ from: {{ source: s, table: {server.database.table("things")} }} }} }}
"""


def check(gateway, what, code, *said):
    got, out, err = run([gateway.program, "check", gateway.config])
    text = out + err
    print(f"{what}: {text.strip()}", flush=True)
    missing = [part for part in said if part not in text]
    if got != code or missing or READER_PASSWORD in text:
        raise SystemExit(f"{what}: exit {got}, not {code}; not said: {missing}\n{text}")


def certificates(program, folder, server):
    authority, database = server.authority, server.database
    database.add_reader()
    database.run(f"CREATE TABLE {database.table('things')} (id int PRIMARY KEY, name text)", f"INSERT INTO {database.table('things')} VALUES (1, 'one')")
    gateway = Gateway(program, folder, configuration(server))
    check(gateway, "a server without TLS", 3, REFUSED, server.said["none"])
    authority.self_signed("self")
    authority.sign("expired", "IP:127.0.0.1", "200101000000Z", "210101000000Z")
    authority.sign("elsewhere", "DNS:elsewhere.corp", "200101000000Z", "491231000000Z")
    authority.sign("right", "IP:127.0.0.1", "200101000000Z", "491231000000Z")
    for name, what in (("self", "a certificate that signed itself"), ("expired", "a certificate that has expired"), ("elsewhere", "a certificate of another name")):
        server.show(name)
        check(gateway, what, 3, REFUSED, server.said[name])
    server.show("right")
    check(gateway, "everything right", 0, "source s: reached")
    server.insist()
    with gateway.stopped_in_the_end():
        gateway.start_and_wait("things")
        if gateway.feed("things")["count"] != 1:
            raise SystemExit(f"over TLS: {gateway.feed('things')}")


def main():
    arguments = argparse.ArgumentParser()
    arguments.add_argument("--program", required=True)
    arguments.add_argument("--database", required=True, choices=sorted(SERVERS))
    options = arguments.parse_args()
    with tempfile.TemporaryDirectory(prefix="meshgate-certificates-") as folder:
        servers = OwnServers(folder)
        try:
            certificates(os.path.abspath(options.program), folder, SERVERS[options.database](servers, folder, Authority(folder)))
        finally:
            servers.stop()


if __name__ == "__main__":
    main()
