"""Whatever somebody does to the node, or tries to, leaves exactly one line in its log: who, from where, what, what came of it, under which request. And the access log names who asked by
the anchor alone, and holds nothing that could sign somebody in.

    audit_test.py --program build/bin/meshgate
"""

import argparse
import http.client
import json
import os
import re
import signal
import tempfile
import urllib.parse

from databases import Sqlite
from directory import GROUPS, PEOPLE, DirectoryNode, Slapd, group
from processes import run, wait_for

PASSWORDS = {"ann": "Marked-Ann-1", "vera": "Marked-Vera-2"}
CONFIGURATION = """node:
  data: DATA
  listen: "http://127.0.0.1:PORT"
  log: error
  access_log: "FOLDER/access.log"
  roles: { viewer: user:vera, administrator: user:ann }
sources:
  directory: { connector: ldap, connection: { url: "URL", tls: "off", insecure: true, dn: "READER", password: "${file:reader}" } }
  shop: { connector: odbc, connection: CONNECTION, every: 1h }
feeds:
  _users: { from: { source: directory, base: "PEOPLE", filter: "(objectClass=inetOrgPerson)" }, fields: { name: uid, dn: dn, disabled: disabled } }
  _groups: { from: { source: directory, base: "GROUPS", filter: "(objectClass=groupOfNames)" }, fields: { name: cn, dn: dn, members: member } }
  things: { from: { source: shop, table: things } }
"""


def fail(what):
    raise SystemExit(f"FAIL {what}")


class Test:
    def __init__(self, program, folder):
        self.program, self.folder = program, folder
        self.slapd = Slapd(os.path.join(folder, "slapd"))
        self.slapd.start()
        self.slapd.modify("".join(f"dn: uid={uid},{PEOPLE}\nchangetype: add\nobjectClass: inetOrgPerson\nuid: {uid}\ncn: {uid}\nsn: Name\nuserPassword: {PASSWORDS[uid]}\n\n" for uid in PASSWORDS) +
                          group("all", [f"uid={uid},{PEOPLE}" for uid in PASSWORDS]))
        database = Sqlite(folder)
        database.run("CREATE TABLE things (id INTEGER PRIMARY KEY, name TEXT)", "INSERT INTO things VALUES (1, 'one')")
        self.write("reader", self.slapd.reader_password)
        text = CONFIGURATION.replace("FOLDER", folder).replace("URL", self.slapd.url).replace("READER", self.slapd.reader).replace("PEOPLE", PEOPLE).replace("GROUPS", GROUPS)
        self.yaml = text.replace("CONNECTION", database.connection_yaml())
        self.gateway = DirectoryNode(program, folder, self.yaml)
        self.number, self.wanted, self.secrets, self.anchors = 0, [], list(PASSWORDS.values()), {}

    def write(self, name, content):
        path = os.path.join(self.folder, name)
        with open(path, "w", encoding="utf-8") as file:
            file.write(content)
        return path

    # ---- asking ----

    def ask(self, method, path, token=None, body=None, fields=None):
        """(status, fields, text, request id)"""
        self.number += 1
        request = f"r-{self.number}"
        fields = {"X-Request-Id": request, **({"Authorization": "Bearer " + token} if token else {}), **(fields or {})}
        connection = http.client.HTTPConnection("127.0.0.1", self.gateway.port, timeout=30)
        connection.request(method, path, body, fields)
        answer = connection.getresponse()
        text = answer.read().decode()
        connection.close()
        return answer.status, answer.headers, text, request

    def act(self, who, method, path, token, status, what=None, **more):
        """One act, and the line it has to leave."""
        got, fields, text, request = self.ask(method, path, token, **more)
        if got != status:
            fail(f"{method} {path}: {got}, not {status}: {text}")
        self.expect(f"{who} from 127.0.0.1: {what or method + ' ' + path}, answered {status}, request {request}")
        return fields, text

    def expect(self, line):
        self.wanted.append("^" + re.escape(line).replace("ANY", "[^ ]+").replace("SOCKET", r"administrator \(socket, uid " + str(os.getuid()) + r"\) from unix") + "$")

    def sign_in(self, uid):
        """As a device: (token, refresh token, device)."""
        question = {"grant_type": "password", "username": uid, "password": PASSWORDS[uid], "device": "x, answered 200"}
        status, _, text, request = self.ask("POST", "/auth/token", None, json.dumps(question), {"Content-Type": "application/json"})
        if status != 200:
            return None
        given = json.loads(text)
        self.secrets += [given["access_token"], *given["refresh_token"].split(".")[1:]]
        self.expect(f"{uid} ({self.anchors[uid]}) from 127.0.0.1: device {given['device']} signed in, answered 200, request {request}")
        return given["access_token"], given["refresh_token"], given["device"]

    # ---- acts ----

    def start(self):
        self.gateway.start_and_wait("_users", "_groups", "things")
        self.anchors = {json.loads(content)["name"]: anchor for anchor, content in self.gateway.contents("_users").items()}
        return wait_for("ann to be let in", lambda: self.sign_in("ann"))

    def administration(self, ann, vera):
        boss, looker = f"ann ({self.anchors['ann']})", f"vera ({self.anchors['vera']})"
        copy = urllib.parse.quote(os.path.join(self.folder, "copy"), safe="")
        for method, path, status in (("POST", "/admin/release/things", 200), ("POST", "/admin/release/none", 404), ("POST", "/admin/quarantine/things/replay", 200),
                                     ("DELETE", "/admin/quarantine/things/things/none", 404), ("POST", f"/admin/backup?into={copy}", 200), ("GET", "/admin/explain?user=vera&feed=things", 200),
                                     ("GET", "/admin/quarantine", 200), ("GET", "/admin/devices?user=vera", 200), ("DELETE", "/admin/devices/none", 404)):
            self.act(boss, method, path, ann, status)
            if path != "/admin/quarantine":
                self.act(looker, method, path, vera, 403)
        self.act(looker, "GET", "/admin/quarantine", vera, 200)
        for token in (ann, vera):
            if self.ask("GET", "/admin/status", token)[0] != 200:  # leaves no line
                fail("the status is for both")
        if self.ask("POST", "/admin/release/things")[0] != 404:  # who has no role leaves none
            fail("nobody administers")

    def commands(self):
        """Over the socket."""
        for words, line in ((["release", "things"], "POST /admin/release/things, answered 200"), (["explain", "vera", "things"], "GET /admin/explain?user=vera&feed=things, answered 200"),
                            (["devices"], "GET /admin/devices, answered 200"), (["devices", "revoke", "none"], "DELETE /admin/devices/none, answered 404")):
            code, out, err = run([self.program, *words, "-c", self.gateway.config])
            if code not in (0, 1):
                fail(f"{words}: {code} {out}{err}")
            self.expect(f"SOCKET: {line}, request ANY")

    def devices(self, ann, vera):
        own = self.sign_in("vera")
        self.act(f"vera ({self.anchors['vera']})", "DELETE", f"/auth/devices/{own[2]}", vera, 200)
        self.act(f"ann ({self.anchors['ann']})", "DELETE", f"/auth/devices/{own[2]}", ann, 404)
        lost = self.sign_in("vera")
        self.act(f"ann ({self.anchors['ann']})", "DELETE", f"/admin/devices/{lost[2]}", ann, 200)
        stolen = self.sign_in("vera")
        refresh = json.dumps({"grant_type": "refresh_token", "refresh_token": stolen[1]})
        json_body = {"Content-Type": "application/json"}
        status, _, text, _ = self.ask("POST", "/auth/token", None, refresh, json_body)  # leaves no line
        if status != 200:
            fail(f"a refresh: {status} {text}")
        self.secrets += [json.loads(text)["access_token"], *json.loads(text)["refresh_token"].split(".")[1:]]
        who = f"somebody with an old refresh token of vera ({self.anchors['vera']})"
        self.act(who, "POST", "/auth/token", None, 401, f"device {stolen[2]} signed out", body=refresh, fields=json_body)

    def browser(self):
        def form(cookies):
            _, fields, page, _ = self.ask("GET", "/login", fields=cookies)
            return re.search(r'name="form" value="([^"]+)"', page).group(1), fields["Set-Cookie"].split(";")[0]

        secret, cookie = form({})
        typed = {"Sec-Fetch-Site": "same-origin", "Content-Type": "application/x-www-form-urlencoded"}
        body = urllib.parse.urlencode({"form": secret, "username": "vera", "password": PASSWORDS["vera"]})
        vera = f"vera ({self.anchors['vera']})"
        fields, _ = self.act(vera, "POST", "/login", None, 303, "browser ANY signed in", body=body, fields={**typed, "Cookie": cookie})
        session = fields["Set-Cookie"].split(";")[0]
        self.secrets.append(session.split("=", 1)[1])
        secret, cookie = form({"Cookie": session})
        self.act(vera, "POST", "/logout", None, 303, "browser ANY signed out", body=urllib.parse.urlencode({"form": secret}), fields={**typed, "Cookie": f"{session}; {cookie}"})
        # A cookie that no longer counts is taken away.
        status, fields, _, _ = self.ask("GET", "/feeds", fields={"Cookie": session, "Sec-Fetch-Site": "same-origin"})
        if status != 401 or "Max-Age=0" not in fields.get("Set-Cookie", ""):
            fail(f"a cookie that is over: {status} {fields.get('Set-Cookie')}")

    def reload(self, old, new, result):
        before = len(self.lines())
        self.yaml = self.yaml.replace(old, new)
        self.gateway.configure(self.yaml)
        self.gateway.process.send_signal(signal.SIGHUP)
        self.expect(f"administrator (SIGHUP): rules of {self.gateway.config}, {result}")
        wait_for(f"a line about '{result}'", lambda: len(self.lines()) > before)

    # ---- what is written ----

    def lines(self):
        return re.findall(r"warn  audit: (.*)", self.gateway.log())

    def audit(self):
        lines = self.lines()
        for one in self.wanted:
            found = [line for line in lines if re.match(one, line)]
            if len(found) != 1:
                fail(f"{len(found)} lines like {one} among\n" + "\n".join(lines))
        if len(lines) != len(self.wanted):
            fail(f"{len(lines)} lines, {len(self.wanted)} acts:\n" + "\n".join(line for line in lines if not any(re.match(one, line) for one in self.wanted)))

    def access_log(self):
        with open(os.path.join(self.folder, "access.log"), encoding="utf-8") as file:
            text = file.read()
        lines = {line["request"]: line for line in map(json.loads, text.splitlines())}
        anchors = set(self.anchors.values())
        named = [line for line in lines.values() if line["principal"]]
        strange = [line for line in named if line["principal"] not in anchors]
        if strange or len(named) < 20:
            fail(f"{len(named)} lines have a principal; not an anchor: {strange[:3]}")
        for line in lines.values():
            if line["remote"] == "unix" and line["principal"]:
                fail(f"the socket is no person: {line}")
        return lines, text

    def nothing_secret(self, access):
        everything = access + self.gateway.log()
        if any(one in everything for one in self.secrets):
            fail("a log shows a marked secret")
        return len(self.secrets)


def go_through(test):
    ann = test.start()[0]
    vera = test.sign_in("vera")[0]
    test.administration(ann, vera)
    test.commands()
    test.devices(ann, vera)
    test.browser()
    whose = {test.ask("GET", "/feeds", ann)[3]: test.anchors["ann"], test.ask("GET", "/auth/devices", vera)[3]: test.anchors["vera"], test.ask("GET", "/feeds")[3]: None,
             test.ask("GET", "/feeds", "no.such.token")[3]: None}
    test.reload("things }", "things }, read: signed-in", "changed: feeds.things.read")
    test.reload("user:vera", "public", "changed: node.roles")
    test.reload("read: signed-in", "read: nonsense:x", "not taken up: the file has faults")
    test.gateway.stop()
    test.audit()
    lines, access = test.access_log()
    for request, anchor in whose.items():
        if lines[request]["principal"] != anchor:
            fail(f"the access log says {lines[request]}, not {anchor}")
    print(f"{len(test.wanted)} acts left one line each; {len(lines)} lines of the access log name anchors or nobody; none of {test.nothing_secret(access)} secrets is in either")


def main():
    arguments = argparse.ArgumentParser()
    arguments.add_argument("--program", required=True)
    program = os.path.abspath(arguments.parse_args().program)
    with tempfile.TemporaryDirectory(prefix="meshgate-audit-") as folder:
        os.chmod(folder, 0o755)
        test = Test(program, folder)
        try:
            with test.gateway.stopped_in_the_end():
                go_through(test)
        finally:
            test.slapd.kill()


if __name__ == "__main__":
    main()
