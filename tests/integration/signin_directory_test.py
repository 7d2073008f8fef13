"""People of a real directory sign in: passwords are checked by slapd as that person; a device mirrors what its person may see, and goes on by itself; a revoked device and a
person who is disabled or gone are refused at once; no password and no token is left anywhere.

    signin_directory_test.py --program build/bin/meshgate
"""

import argparse
import http.client
import json
import os
import sqlite3
import sys
import tempfile

from databases import Sqlite
from processes import Gateway, Process, run, wait_for

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "services"))
from slapd import SUFFIX, Slapd  # noqa: E402

PASSWORDS = {"ann": "Marked-Ann-1", "bob": "Marked-Bob-2"}
WRONG = "Marked-Wrong-3"
CONFIGURATION = """node: { data: DATA, listen: "http://127.0.0.1:PORT" }
sources:
  directory:
    connector: ldap
    connection: { url: "URL", tls: "off", insecure: true, dn: "READER", password: "${file:reader}" }
  shop:
    connector: odbc
    connection: CONNECTION
    every: 200ms
feeds:
  _users:
    from: { source: directory, base: "ou=people,SUFFIX", filter: "(objectClass=inetOrgPerson)" }
    fields: { name: uid, dn: dn, disabled: disabled }
  _groups:
    from: { source: directory, base: "ou=groups,SUFFIX", filter: "(objectClass=groupOfNames)" }
    fields: { name: cn, dn: dn, members: member }
  sales:
    from: { source: shop, table: sales }
    partition: region
    read: "group:sales-{partition}"
"""


def expect(condition, what):
    if not condition:
        raise SystemExit(f"FAIL {what}")
    print(f"ok   {what}", flush=True)


def person(uid):
    return (f"dn: uid={uid},ou=people,{SUFFIX}\nchangetype: add\nobjectClass: inetOrgPerson\nuid: {uid}\ncn: {uid}\nsn: {uid}\nuserPassword: {PASSWORDS[uid]}\n\n")


def group(name, *members):
    return (f"dn: cn={name},ou=groups,{SUFFIX}\nchangetype: add\nobjectClass: groupOfNames\ncn: {name}\n" + "".join(f"member: uid={one},ou=people,{SUFFIX}\n" for one in members) + "\n")


def ask(gateway, method, path, body=None, token=None):
    """(status, parsed body)"""
    connection = http.client.HTTPConnection("127.0.0.1", gateway.port, timeout=30)
    fields = {"Content-Type": "application/json", **({"Authorization": "Bearer " + token} if token else {})}
    connection.request(method, path, json.dumps(body) if body is not None else None, fields)
    answer = connection.getresponse()
    content = answer.read()
    connection.close()
    return answer.status, json.loads(content) if "json" in answer.getheader("content-type", "") else content.decode()


def sign_in(gateway, user, password):
    return ask(gateway, "POST", "/auth/token", {"grant_type": "password", "username": user, "password": password, "device": "test"})


def rows(file):
    try:
        with sqlite3.connect(f"file:{file}?mode=ro", uri=True) as database:
            return sorted(row[0] for row in database.execute("SELECT _id FROM sales"))
    except sqlite3.Error:
        return None


class Test:
    def __init__(self, program, folder):
        self.program, self.folder = program, folder
        self.tokens = []
        self.directory = Slapd(os.path.join(folder, "slapd"))
        self.directory.start()
        self.directory.modify("".join(person(uid) for uid in PASSWORDS) + group("sales-north", "ann") + group("sales-south", "bob"))
        self.database = Sqlite(folder)
        self.database.run("CREATE TABLE sales (id INTEGER PRIMARY KEY, region TEXT)", "INSERT INTO sales VALUES (1, 'north'), (2, 'south')")
        self.file("reader", self.directory.reader_password)
        text = CONFIGURATION.replace("URL", self.directory.url).replace("READER", self.directory.reader).replace("SUFFIX", SUFFIX)
        self.gateway = Gateway(program, folder, text.replace("CONNECTION", self.database.connection_yaml()))

    def file(self, name, content):
        path = os.path.join(self.folder, name)
        with open(path, "w", encoding="ascii") as file:
            file.write(content)
        return path

    def granted(self, user):
        status, body = sign_in(self.gateway, user, PASSWORDS[user])
        if status != 200:
            return None
        self.tokens += [body["access_token"], *body["refresh_token"].split(".")[1:]]
        return body

    def start(self):
        self.gateway.start()
        return wait_for("ann to be let in:\n" + self.gateway.log()[-2000:], lambda: self.gateway.get("/health/live") and self.granted("ann"))

    def passwords(self):
        expect(sign_in(self.gateway, "ann", WRONG)[0] == 401, "slapd refuses a wrong password")
        expect(sign_in(self.gateway, "nobody", WRONG)[0] == 401, "nobody is refused alike")
        expect(sign_in(self.gateway, "ann", PASSWORDS["bob"])[0] == 401, "somebody else's password is a wrong one")

    def mirror(self):
        """A device signs in, mirrors its part, and goes on after kills of the node and of itself."""
        kept, into = os.path.join(self.folder, "sign-in.json"), os.path.join(self.folder, "mirror.db")
        code, out, err = run([self.program, "login", self.gateway.url, "--user", "ann", "--password-file", self.file("ann", PASSWORDS["ann"] + "\n"), "--into", kept])
        expect(code == 0 and PASSWORDS["ann"] not in out + err, f"login: {(out + err).strip()}")
        mirror = Process([self.program, "mirror", self.gateway.url, "--into", into, "--sign-in", kept, "--feed", "sales"], os.path.join(self.folder, "mirror.log"))
        mirror.start()
        with mirror.stopped_in_the_end():
            wait_for("the mirror to have ann's part", lambda: rows(into) == ["1"])
            self.gateway.kill()
            mirror.kill()
            self.start()
            mirror.start()
            self.database.run("INSERT INTO sales VALUES (3, 'north'), (4, 'south')")
            wait_for("the mirror to go on", lambda: rows(into) == ["1", "3"])
            print("ok   the mirror goes on by itself after kill -9 of both", flush=True)
            device = json.load(open(kept, encoding="ascii"))["device"]
            code, out, err = run([self.program, "devices", "--user", "ann", "-c", self.gateway.config])
            expect(code == 0 and device in out and "own key" in out, "the device is listed")
            code, out, err = run([self.program, "devices", "revoke", device, "-c", self.gateway.config])
            expect(code == 0, f"it is revoked: {out.strip()}{err.strip()}")
            self.database.run("INSERT INTO sales VALUES (5, 'north')")
            wait_for("the mirror to say that it is signed out", lambda: "not signed in" in mirror.log())
            expect(rows(into) in (["1", "3"], []), "it gets nothing more")

    def people_change(self):
        ann, bob = self.granted("ann"), self.granted("bob")
        expect(ask(self.gateway, "GET", "/auth/devices", token=bob["access_token"])[0] == 200, "bob is signed in")
        self.directory.modify(f"dn: uid=bob,ou=people,{SUFFIX}\nchangetype: modify\nadd: pwdAccountLockedTime\npwdAccountLockedTime: 000001010000Z\n")
        wait_for("bob to be refused", lambda: sign_in(self.gateway, "bob", PASSWORDS["bob"])[0] in (401, 429))
        status, _ = ask(self.gateway, "POST", "/auth/token", {"grant_type": "refresh_token", "refresh_token": bob["refresh_token"]})
        expect(status == 401, "who is disabled refreshes no more")
        self.directory.modify(f"dn: uid=ann,ou=people,{SUFFIX}\nchangetype: delete\n")
        refresh = {"grant_type": "refresh_token", "refresh_token": ann["refresh_token"]}

        def refused():
            status, body = ask(self.gateway, "POST", "/auth/token", refresh)
            if status == 200:
                refresh["refresh_token"] = body["refresh_token"]
            return status == 401

        wait_for("ann, who is gone, to be refused", refused)

    def directory_goes(self):
        self.directory.kill()
        status, body = sign_in(self.gateway, "bob", PASSWORDS["bob"])
        expect(status in (401, 429, 503), f"without the directory nobody is let in: {status}")
        self.directory.start()

    def nothing_is_left(self):
        self.gateway.stop()
        marked = [*PASSWORDS.values(), WRONG, *self.tokens]
        kept = os.path.join(self.folder, "data")
        for one in marked:
            expect_quietly(run(["grep", "-rlF", "--", one, kept])[0] == 1, "the data folder holds a marked secret")
            expect_quietly(one not in self.gateway.log(), "the log shows a marked secret")
        print(f"ok   none of {len(marked)} marked passwords and tokens is in the log or the data folder", flush=True)


def expect_quietly(condition, what):
    if not condition:
        raise SystemExit(f"FAIL {what}")


def main():
    arguments = argparse.ArgumentParser()
    arguments.add_argument("--program", required=True)
    options = arguments.parse_args()
    with tempfile.TemporaryDirectory(prefix="meshgate-signin-") as folder:
        os.chmod(folder, 0o755)
        test = Test(os.path.abspath(options.program), folder)
        try:
            with test.gateway.stopped_in_the_end():
                test.start()
                test.passwords()
                test.mirror()
                test.people_change()
                test.directory_goes()
                test.nothing_is_left()
        finally:
            test.directory.stop()


if __name__ == "__main__":
    main()
