"""What somebody does in the first hour with people: wrong keys, rules, bases, filters, passwords and certificates of the directory, wrong passwords and URLs at signing in, questions about
somebody unknown. Each has its own sentence with place, what is wrong and what to do, its exit code, and never shows a password.

    newcomer_directory_test.py --program build/bin/meshgate
"""

import argparse
import json
import os
import subprocess
import tempfile

from databases import Sqlite
from directory import GROUPS, PEOPLE, DirectoryNode, Slapd, group, person
from newcomer_test import SECRET, Case, free_port_closed, try_case
from processes import run, wait_for

PASSWORD = "Marked;Ann}1"


def configuration(server, data="data", listen=""):
    return f"""node: {{ data: {data}{listen} }}
sources:
  directory:
    connector: ldap
    connection: {{ url: "{server.url}", ca: {server.folder}/ca.pem, dn: "{server.reader}", password: "${{env:THE_PASSWORD}}" }}
  shop: {{ connector: odbc, connection: {{ driver: SQLite3, database: company.db }} }}
feeds:
  _users:
    from: {{ source: directory, base: "{PEOPLE}", filter: "(objectClass=inetOrgPerson)" }}
    fields: {{ name: uid, dn: dn, disabled: disabled }}
  _groups:
    from: {{ source: directory, base: "{GROUPS}", filter: "(objectClass=groupOfNames)" }}
    fields: {{ name: cn, dn: dn, members: member }}
  sales:
    from: {{ source: shop, table: sales }}
    partition: region
    read: "group:sales-{{partition}}"
"""


class Cases:
    """The good configuration with one thing changed."""

    def __init__(self, server):
        self.server = server

    def of(self, name, old, new, code, *said, password=None):
        text = configuration(self.server)
        if old not in text:
            raise SystemExit(f"{name}: the configuration has no {old!r}")
        return Case(name, text.replace(old, new, 1), code, *said, environment={"THE_PASSWORD": password or self.server.reader_password})

    def signing_in(self):
        yield self.of("everything right", "", "", 0, "source directory: reached", "feed _users: 26 columns, key entryUUID")
        yield self.of("key of sign_in", "data: data", "data: data, sign_in: { acces_token: 5m }", 2, "meshgate.yaml:1:32", "did you mean 'access_token'?")
        yield self.of("a token of no length", "data: data", "data: data, sign_in: { access_token: soon }", 2, "meshgate.yaml:1:46", "must be a duration such as")
        yield self.of("a token for ever", "data: data", "data: data, sign_in: { access_token: 90d }", 2, "meshgate.yaml:1:46", "is more than the most, 1d")
        yield self.of("a role that there is not", "data: data", "data: data, roles: { admin: group:it }", 2, "meshgate.yaml:1:30", "viewer operator administrator")

    def rules(self):
        rule = '"group:sales-{partition}"'
        yield self.of("no kind of rule", rule, "sales", 2, "meshgate.yaml:17:11: 'sales' is no rule", "group:NAME")
        yield self.of("capital letter", rule, "Public", 2, "did you mean 'public'?")
        yield self.of("the column in braces", rule, '"group:sales-{region}"', 2, "meshgate.yaml:17:11", "there is only {partition}")
        yield self.of("a field that people have not", rule, "principal.department == partition", 2, "meshgate.yaml:17:11", "feed `_users` has no field 'department'", "`fields:`")
        yield self.of("no condition", rule, "principal.department = partition", 2, "is no condition")
        yield self.of("a partition of none", "    partition: region\n", "", 2, "not divided", "`partition:`")
        yield self.of("no rule at all", f"    read: {rule}\n", "", 0, "meshgate.yaml:14:3: warning: nobody may read feed 'sales'", "read: public")
        yield self.of("people without names", "name: uid, ", "", 0, "meshgate.yaml:10:13: warning: feed '_users' has no field 'name'", "name: uid")
        yield self.of("groups without members", ", members: member", "", 0, "meshgate.yaml:13:13: warning: feed '_groups' has no field 'members'")

    def directory(self, other_authority):
        yield self.of("wrong password", "", "", 3, "source directory: bind as", "name or password are wrong", "dn: and password:", password=SECRET)
        yield self.of("wrong account", "cn=reader", "cn=readr", 3, "name or password are wrong", "cn=readr")
        yield self.of("nothing listens there", self.server.url, f"ldap://127.0.0.1:{free_port_closed()}", 3, str(free_port_closed.last), "cannot be reached", "check that it runs")
        yield self.of("host that does not exist", self.server.url, "ldap://no-such-host.invalid", 3, "no-such-host.invalid", "has no address", "url:")
        yield self.of("no address of a directory", "ldap://", "http://", 3, "is not a server's address", "ldaps://")
        yield self.of("another authority", f"{self.server.folder}/ca.pem", other_authority, 3, "TLS failed", "ca:", "Nothing was sent in clear")
        yield self.of("authority that is not there", "/ca.pem", "/nothing.pem", 3, "/nothing.pem", "are there, are PEM")
        yield self.of("wrong base", "ou=people,dc", "ou=poeple,dc", 3, "feed _users", "there is no such entry", "check base:", "Nothing is deleted")
        yield self.of("base that is no name", PEOPLE, "people", 3, "that is not a distinguished name", "ou=people,dc=corp")
        yield self.of("filter that does not close", "inetOrgPerson)", "inetOrgPerson", 3, "is not a filter", "(&(objectClass=person)")
        yield self.of("attribute that is not there", "name: uid", "name: sAMAccountName", 3, "meshgate.yaml:10:21", "no column 'sAMAccountName'", "uid")
        yield self.of("password of people", 'filter: "(objectClass=inetOrgPerson)"', "attributes: [ uid, userPassword ]", 3, "userPassword", "never read")
        yield self.of("misspelt key", "password:", "pasword:", 2, "meshgate.yaml:5", "did you mean 'password'?")


class Commands:
    """What `login`, `mirror`, `explain`, `devices` and a second start say."""

    def __init__(self, node, folder, failures):
        self.node, self.folder, self.failures = node, folder, failures
        self.signed_in = os.path.join(folder, "signed-in")

    def file(self, name, content):
        path = os.path.join(self.folder, name)
        with open(path, "w", encoding="utf-8") as file:
            file.write(content)
        return path

    def says(self, name, code, words, *said, never=()):
        got, out, err = run([self.node.program, *words], 60)
        text = out + err
        wrong = [f"exit {got}, not {code}"] if got != code else []
        wrong += [f"does not say {part!r}" for part in said if part not in text] + [f"says {part!r}" for part in (PASSWORD, SECRET, *never) if part in text]
        print(f"{'FAIL' if wrong else 'ok  '} {name}: {text.strip()}", flush=True)
        if wrong:
            self.failures.append(f"{name}: {'; '.join(wrong)}\n{text}")

    def login(self, server):
        url, right, wrong = self.node.url, self.file("right", PASSWORD), self.file("wrong", SECRET)
        into = ["--into", self.signed_in]

        def login(name, code, url, user, password, *said, **more):
            self.says(name, code, ["login", url, "--user", user, "--password-file", password, *into], *said, **more)

        login("login with a wrong password", 1, url, "anna", wrong, "401", "the user name or the password is wrong", never=["meshgate login"])
        login("login of nobody", 1, url, "nobody", wrong, "the user name or the password is wrong")
        login("login without the file", 1, url, "anna", "/no/such/file", "/no/such/file: there is no such file")
        login("login where nothing listens", 1, f"http://127.0.0.1:{free_port_closed()}", "anna", right, "check that the node is running")
        login("login with TLS where there is none", 1, url.replace("http:", "https:"), "anna", right, "the URL begins with http://")
        login("login without http", 1, url.replace("http://", ""), "anna", right, "is no URL of a node", "http://")
        login("login at a path", 1, f"{url}/feeds", "anna", right, "404", "without a path", never=["--feed"])
        login("login at the directory", 1, server.url, "anna", right, "is no URL of a node")
        login("login at a host that does not exist", 1, "https://no-such-host.invalid", "anna", right, "check the host name")
        login("login in clear over the network", 1, "http://no-such-host.invalid:7443", "anna", right, "would go in clear", "https://", "--insecure")
        self.says("login in clear where that is meant", 1, ["login", "http://no-such-host.invalid", "--insecure", "--user", "anna", "--password-file", right, *into], "check the host name")
        login("login", 0, url, "anna", right, "anna is signed in at", "signed-in keeps that")

    def questions(self):
        config = ["-c", self.node.config]
        self.says("explain", 0, ["explain", "anna", "sales", "north", *config], "anna may read feed sales, partition north", "meshgate.yaml:17:11", "anna in sales-north")
        self.says("explain somebody unknown", 0, ["explain", "ana", "sales", "north", *config], "the directory has nobody", "'ana'")
        self.says("explain a feed that is not there", 1, ["explain", "anna", "sails", *config], "there is no feed 'sails'")
        self.says("explain no right", 0, ["explain", "anna", "sales", "south", *config], "may not read", "there is no group 'sales-south'")
        self.says("explain without a feed", 2, ["explain", "anna", *config], "feed is required")
        self.says("devices", 0, ["devices", *config], "\tanna\t", "1 devices are signed in")
        self.says("revoke nonsense", 1, ["devices", "revoke", "nonsense", *config], "there is no device 'nonsense'")
        self.says("another configuration", 2, ["devices", "-c", "nothing.yaml"], "nothing.yaml: there is no such file")
        self.says("a second start", 1, ["run", self.node.config], "is in use by another process", "stop that one")

    def after_a_kill(self):
        self.node.kill()
        self.says("devices of a killed node", 0, ["devices", "-c", self.node.config], "1 devices are signed in")
        self.says("explain of a killed node", 0, ["explain", "anna", "sales", "north", "-c", self.node.config], "the node does not run", "anna may read feed sales")
        self.node.start()
        wait_for("the node to come again", lambda: self.node.get("/health/live"))
        self.says("devices after a kill", 0, ["devices", "-c", self.node.config], "1 devices are signed in")

    def signed_out(self):
        with open(self.signed_in, encoding="ascii") as file:
            device = json.load(file)["device"]
        mirror = ["mirror", self.node.url, "--once", "--quiet", "--into", os.path.join(self.folder, "mirror.db"), "--sign-in", self.signed_in]
        self.says("mirror", 0, mirror, "sales [north]: 1 items", "equal to the gateway's", never=["south"])
        self.says("revoke", 0, ["devices", "revoke", device, "-c", self.node.config], f"device {device} is signed out")
        self.says("mirror of a device that is signed out", 1, mirror, "401", f"`meshgate login {self.node.url}`")

    def directory_down(self, server):
        server.kill()
        words = ["login", self.node.url, "--user", "anna", "--password-file", os.path.join(self.folder, "right"), "--into", self.signed_in]
        self.says("login without the directory", 1, words, "503", "the directory cannot be asked")
        wait_for("the node to miss the directory", lambda: "cannot be reached" in (self.node.feed("_users") or {}).get("source", {}).get("error", ""))
        self.says("feeds without the directory", 0, ["feeds", self.node.config], "failing", "cannot be reached", "check that it runs")


def main():
    arguments = argparse.ArgumentParser()
    arguments.add_argument("--program", required=True)
    program = os.path.abspath(arguments.parse_args().program)
    failures = []
    with tempfile.TemporaryDirectory(prefix="meshgate-newcomer-") as folder:
        os.chmod(folder, 0o755)
        server = Slapd(os.path.join(folder, "slapd"), tls=True)
        server.start()
        try:
            server.modify(person("anna", userPassword=PASSWORD) + group("sales-north", [f"uid=anna,{PEOPLE}"]))
            database = Sqlite(folder)
            database.run("CREATE TABLE sales (id INTEGER PRIMARY KEY, region TEXT)", "INSERT INTO sales VALUES (1, 'north'), (2, 'south')")
            other_authority = os.path.join(folder, "other.pem")
            subprocess.run(["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-keyout", "/dev/null", "-out", other_authority, "-subj", "/CN=other"],
                           check=True, capture_output=True)
            cases = Cases(server)
            for case in (*cases.signing_in(), *cases.rules(), *cases.directory(other_authority)):
                try_case(program, folder, case, failures)
            os.environ["THE_PASSWORD"] = server.reader_password
            node = DirectoryNode(program, folder, configuration(server, "DATA", ', listen: "http://127.0.0.1:PORT"').replace("company.db", os.path.join(folder, "company.db")))
            with node.stopped_in_the_end():
                node.start_and_wait("_users", "_groups", "sales")
                commands = Commands(node, folder, failures)
                wait_for("anna's rights", lambda: "may read" in run([program, "explain", "anna", "sales", "-c", node.config])[1])
                commands.login(server)
                commands.questions()
                commands.after_a_kill()
                commands.signed_out()
                commands.directory_down(server)
        finally:
            server.stop()
    if failures:
        raise SystemExit("\n\n".join(failures))


if __name__ == "__main__":
    main()
