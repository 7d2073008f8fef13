"""The certificate of a database: with one that was signed by the authority that is named, for the server's name, `check` reaches it; with one of another name,
one that has expired, one that signed itself, or none, it says so and sends nothing. Over TLS a table is read as ever.

    certificates_test.py --program build/bin/meshgate
"""

import argparse
import os
import shutil
import subprocess
import tempfile

from databases import Postgres
from processes import Gateway, run
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


class Server:
    """The PostgreSQL of this test, which shows one certificate or another."""

    def __init__(self, postgres, authority):
        self.postgres, self.folder = postgres, authority.folder
        self.data = postgres.once("SHOW data_directory").strip()

    def show(self, name):
        owner = os.stat(self.data)
        for ending, to in ((".key", "server.key"), (".pem", "server.crt")):
            path = os.path.join(self.data, to)
            shutil.copyfile(os.path.join(self.folder, name + ending), path)
            os.chmod(path, 0o600)
            os.chown(path, owner.st_uid, owner.st_gid)
        self.set("on")

    def set(self, ssl):
        self.postgres.once(f"ALTER SYSTEM SET ssl = {ssl}")
        self.postgres.once("SELECT pg_reload_conf()")


def configuration(postgres, authority, mode):
    connection = postgres.connection_yaml().replace(" }", f", SSLmode: {mode}, pqopt: \"sslrootcert={authority.folder}/ca.pem\" }}")
    return f"""
node: {{ data: DATA, listen: "http://127.0.0.1:PORT" }}
sources: {{ s: {{ connector: odbc, connection: {connection}, every: 200ms }} }}
feeds: {{ things: {{ from: {{ source: s, table: {postgres.table("things")} }} }} }}
"""


def check(gateway, what, code, *said):
    got, out, err = run([gateway.program, "check", gateway.config])
    text = out + err
    print(f"{what}: {text.strip()}", flush=True)
    missing = [part for part in said if part not in text]
    if got != code or missing or os.environ["MESHGATE_TEST_PG_PASSWORD"] in text:
        raise SystemExit(f"{what}: exit {got}, not {code}; not said: {missing}\n{text}")


def certificates(program, folder, postgres):
    authority = Authority(folder)
    server = Server(postgres, authority)
    postgres.run(f"CREATE TABLE {postgres.table('things')} (id int PRIMARY KEY, name text)", f"INSERT INTO {postgres.table('things')} VALUES (1, 'one')")
    gateway = Gateway(program, folder, configuration(postgres, authority, "verify-full"))
    check(gateway, "a server without TLS", 3, REFUSED, "does not support SSL")
    server.show(authority.self_signed("self"))
    check(gateway, "a certificate that signed itself", 3, REFUSED, "certificate verify failed")
    server.show(authority.sign("expired", "IP:127.0.0.1", "200101000000Z", "210101000000Z"))
    check(gateway, "a certificate that has expired", 3, REFUSED, "certificate verify failed")
    server.show(authority.sign("elsewhere", "DNS:elsewhere.corp", "200101000000Z", "491231000000Z"))
    check(gateway, "a certificate of another name", 3, REFUSED, "does not match host name")
    server.show(authority.sign("right", "IP:127.0.0.1", "200101000000Z", "491231000000Z"))
    check(gateway, "everything right", 0, "source s: reached")
    with gateway.stopped_in_the_end():
        gateway.start_and_wait("things")
        encrypted = postgres.once("SELECT count(*) FROM pg_stat_ssl s JOIN pg_stat_activity a USING (pid) WHERE s.ssl AND a.application_name <> 'psql'").strip()
        if gateway.feed("things")["count"] != 1 or encrypted == "0":
            raise SystemExit(f"over TLS: {gateway.feed('things')}, {encrypted} sessions")


def main():
    arguments = argparse.ArgumentParser()
    arguments.add_argument("--program", required=True)
    program = os.path.abspath(arguments.parse_args().program)
    with tempfile.TemporaryDirectory(prefix="meshgate-certificates-") as folder:
        servers = OwnServers(folder)
        try:
            certificates(program, folder, Postgres(folder))
        finally:
            servers.stop()


if __name__ == "__main__":
    main()
