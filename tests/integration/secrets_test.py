"""No secret in any output: a run in which people and devices sign in, are refused, refresh, browse and sign out, with the node at its most talkative. Afterwards no password, bind password,
token, cookie or private key of it is in a log, an answer, a metric, what a command prints, the list of processes, or a file of the store, compressed ones included.

    secrets_test.py --program build/bin/meshgate
"""

import argparse
import base64
import glob
import http.client
import json
import os
import re
import sqlite3
import subprocess
import tempfile
import threading
import urllib.parse

from directory import GROUPS, PEOPLE, DirectoryNode, Slapd, UnixConnection, group, person
from processes import Process, run, wait_for

PASSWORD, WRONG, READER = "Marked-Ann-1 ä\"&%", "Marked-Wrong-2", "Marked-Reader-3"
VISIBLE = "Not a secret at all"
CONFIGURATION = """node:
  data: DATA
  listen: "http://127.0.0.1:PORT"
  log: debug
  access_log: FOLDER/access.log
  read: signed-in
  roles: { viewer: public }
sources:
  directory:
    connector: ldap
    connection: { url: "URL", tls: "off", dn: "READER", password: "${file:FOLDER/reader}" }
    every: 100ms
feeds:
  _users:
    from: { source: directory, base: "PEOPLE", filter: "(objectClass=inetOrgPerson)" }
    fields: { name: uid, dn: dn, disabled: disabled, display: displayName }
  _groups:
    from: { source: directory, base: "GROUPS", filter: "(objectClass=groupOfNames)" }
    fields: { name: cn, dn: dn, members: member }
  phone_book:
    from: { source: directory, base: "PEOPLE", attributes: [ displayName, employeeNumber ] }
    fields: { name: displayName, number: { cast: int64, column: employeeNumber } }
"""


def forms(secret):
    """A secret as it is, and as a URL, JSON, base64 or hex would have it."""
    raw = secret.encode()
    out = {raw, json.dumps(secret)[1:-1].encode(), urllib.parse.quote(secret, safe="").encode(), urllib.parse.quote_plus(secret).encode(), raw.hex().encode()}
    return out | {base64.b64encode(raw).rstrip(b"="), base64.urlsafe_b64encode(raw).rstrip(b"=")}


class Marked:
    """What must not be seen, and the search for it. Says which secret was found where, and never the secret."""

    def __init__(self):
        self.secrets, self.places = {}, 0

    def add(self, what, secret):
        self.secrets[f"{what} {len(self.secrets) + 1}"] = secret

    def must_not_be_in(self, where, content):
        self.places += 1
        for what, secret in self.secrets.items():
            if any(form in content for form in forms(secret)):
                raise SystemExit(f"FAIL the {what} is in {where}")


def must_be_in(where, content, what):
    """Something that is no secret: the search looks at the right place."""
    if what.encode() not in content:
        raise SystemExit(f"FAIL {where} does not show {what!r} either: is this search looking at the right place?")


class Asking:
    """Requests whose answers are kept, without what gives a token or a cookie away as it should."""

    def __init__(self, node, marked):
        self.node, self.marked, self.answers = node, marked, []

    def ask(self, method, path, body=None, **fields):
        connection = http.client.HTTPConnection("127.0.0.1", self.node.port, timeout=30)
        return self.over(connection, method, path, body, {name.replace("_", "-"): value for name, value in fields.items()})

    def administrator(self, method, path):
        return self.over(UnixConnection(os.path.join(self.node.folder, "data", "admin.sock")), method, path, None, {})

    def over(self, connection, method, path, body, fields):
        connection.request(method, path, body, fields)
        answer = connection.getresponse()
        content = answer.read()
        connection.close()
        given = answer.status == 200 and path == "/auth/token"
        cookies = answer.headers.get_all("Set-Cookie") or []
        others = "".join(f"{name}: {value}\n" for name, value in answer.getheaders() if name.lower() != "set-cookie").encode()
        # The form's own secret stands in its page: only there, and it opens nothing.
        self.answers.append((f"the answer to {method} {urllib.parse.urlsplit(path).path}", others + (b"" if given else content)))
        for value in (re.match(r"[^=]+=([^;]+)", one) for one in cookies if "form" not in one.split("=")[0]):
            if value:
                self.marked.add("cookie", value.group(1))
        return answer.status, content.decode(errors="replace"), cookies

    def token(self, **members):
        status, content, _ = self.ask("POST", "/auth/token", json.dumps(members), Content_Type="application/json")
        if status != 200:
            return status, {}
        given = json.loads(content)
        self.marked.add("access token", given["access_token"])
        self.marked.add("signature of an access token", given["access_token"].rsplit(".", 1)[1])
        if "refresh_token" in given:
            self.marked.add("secret of a refresh token", given["refresh_token"].rsplit(".", 1)[1])
        return status, given


def expect(status, wanted, what):
    if status != wanted:
        raise SystemExit(f"FAIL {what} was answered {status}, not {wanted}")


def devices(asking):
    """Right and wrong passwords, tokens at places where they do not belong, one used twice."""
    sign_in = {"grant_type": "password", "username": "ann", "device": "test"}
    expect(asking.token(**sign_in, password=WRONG)[0], 401, "a wrong password")
    expect(asking.token(**{**sign_in, "username": "nobody"}, password=PASSWORD)[0], 401, "an unknown name")
    expect(asking.token(**sign_in, password=PASSWORD, passwort=PASSWORD)[0], 400, "an unknown member")
    expect(asking.token(**{**sign_in, "grant_type": PASSWORD}, password=PASSWORD)[0], 400, "an unknown way to sign in")
    expect(asking.ask("POST", "/auth/token", '{"password":"' + PASSWORD + '"', Content_Type="application/json")[0], 400, "half a question")
    status, first = asking.token(**sign_in, password=PASSWORD)
    expect(status, 200, "the right password")
    access, refresh = first["access_token"], first["refresh_token"]
    expect(asking.ask("GET", "/feeds/phone_book/items", Authorization=f"Bearer {access}")[0], 200, "a good token")
    expect(asking.ask("GET", "/auth/devices", Authorization=f"Bearer {access}")[0], 200, "one's own devices")
    for path in (f"/feeds?access_token={access}", f"/feeds?token={refresh}", f"/login?password={urllib.parse.quote(PASSWORD)}"):
        asking.ask("GET", path, Authorization=f"Bearer {access}")
    for field in (f"Bearer {access[:-4]}AAAA", f"Bearer {refresh}", f"Basic {base64.b64encode(('ann:' + PASSWORD).encode()).decode()}", f"Bearer {access} {access}"):
        expect(asking.ask("GET", "/feeds", Authorization=field)[0], 401, "a bad token")
    status, second = asking.token(grant_type="refresh_token", refresh_token=refresh)
    expect(status, 200, "a refresh")
    expect(asking.token(grant_type="refresh_token", refresh_token=refresh)[0], 401, "a refresh token that was used")
    expect(asking.token(grant_type="refresh_token", refresh_token=second["refresh_token"])[0], 401, "its family")


def browsers(asking):
    own = {"Origin": asking.node.url, "Content_Type": "application/x-www-form-urlencoded"}

    def form():
        _, page, cookies = asking.ask("GET", "/login")
        return re.search(r'name="form" value="([^"]+)"', page).group(1), cookies[0].split(";")[0]

    for password, wanted in ((WRONG, 401), (PASSWORD, 303)):
        secret, cookie = form()
        status, _, cookies = asking.ask("POST", "/login", urllib.parse.urlencode({"form": secret, "username": "ann", "password": password}), Cookie=cookie, **own)
        expect(status, wanted, "the form")
    session = cookies[0].split(";")[0]
    expect(asking.ask("GET", "/feeds", Cookie=session, Sec_Fetch_Site="same-origin")[0], 200, "the page's own question")
    asking.ask("GET", "/feeds", Cookie=session, Sec_Fetch_Site="cross-site", Origin="https://elsewhere.example")
    asking.ask("GET", "/feeds", Authorization=f"Bearer {session.split('=', 1)[1]}")
    status, page, cookies = asking.ask("GET", "/login", Cookie=session, Sec_Fetch_Site="same-origin")
    secret = re.search(r'name="form" value="([^"]+)"', page).group(1)
    expect(asking.ask("POST", "/logout", urllib.parse.urlencode({"form": secret}), Cookie=f"{session}; {cookies[0].split(';')[0]}", **own)[0], 303, "signing out")


def mirror(program, asking, folder):
    """A device with its own key, followed by the mirror, then signed out at the node. Everything that the commands print is searched."""
    node, kept = asking.node, os.path.join(folder, "signed-in")
    write(folder, "ann", PASSWORD + "\n")
    said = [run([program, "login", node.url, "--user", "ann", "--password-file", os.path.join(folder, "ann"), "--into", kept])]
    following = Process([program, "mirror", node.url, "--into", os.path.join(folder, "mirror.db"), "--sign-in", kept], os.path.join(folder, "mirror.log"))
    following.start()
    with following.stopped_in_the_end():
        wait_for("the mirror to have the phone book", lambda: rows(os.path.join(folder, "mirror.db")))
        with open(kept, encoding="ascii") as file:
            signed_in = json.load(file)
        asking.marked.add("secret of a refresh token", signed_in["refresh_token"].rsplit(".", 1)[1])
        asking.marked.add("private key of a device", signed_in["key"])
        for words in (["devices"], ["devices", "--user", "ann"], ["devices", "revoke", signed_in["device"]], ["feeds"], ["explain", "ann", "phone_book"], ["quarantine", "list"]):
            said.append(run([program, *words, "-c", node.config]))
        wait_for("the mirror to be signed out", lambda: "not signed in" in following.log())
    said += [run([program, word, node.config]) for word in ("check", "plan")]
    return [(f"what the commands print ({number})", (out + err).encode()) for number, (_, out, err) in enumerate(said)]


def faults(program, folder, text):
    """Configurations that ask the connector for passwords, or that it has to complain about: what check, plan and a run say. Its account could read every password."""
    said = []
    for number, (right, wrong, code) in enumerate([
            ('attributes: [ displayName, employeeNumber ]', 'attributes: [ displayName, employeeNumber, userPassword ]', 3),
            ('attributes: [ displayName, employeeNumber ]', 'attributes: [ displayName, employeeNumber, "userPassword;x-old" ]', 3),
            ('attributes: [ displayName, employeeNumber ]', 'key: userPassword', 3),
            ('attributes: [ displayName, employeeNumber ]', 'filter: "(userPassword=*)"', 0),
            ('attributes: [ displayName, employeeNumber ]', f'filter: "(userPassword={READER})("', 3),
            (f'base: "{GROUPS}"', f'base: "ou=nowhere,{GROUPS}"', 3),
            ("number: { cast: int64, column: employeeNumber }", "number: { cast: int64, column: userPassword }", 3),
            ("FOLDER/reader", "FOLDER/wrong", 3)]):
        os.mkdir(os.path.join(folder, f"fault{number}"))
        node = DirectoryNode(program, os.path.join(folder, f"fault{number}"), text.replace(right.replace("FOLDER", folder), wrong.replace("FOLDER", folder)).replace("access.log", f"access{number}.log"))
        for word in ("check", "plan"):
            got, out, err = run([program, word, node.config])
            expect(got, code, f"{word} of {wrong}")
            said.append((f"what {word} says of {wrong}", (out + err).encode()))
        node.start()
        with node.stopped_in_the_end():
            wait_for(f"a run with {wrong} to have tried", lambda: node.get("/feeds") and all(one["source"].get("error") or not one["loading"] for one in node.get("/feeds")[1]["feeds"]))
            for path in ("/feeds", "/admin/quarantine", "/health/ready", "/metrics"):
                said.append((f"{path} of a run with {wrong}", str(node.get(path)).encode()))
        said.append((f"the log of a run with {wrong}", node.log().encode()))
    return said


def rows(file):
    try:
        with sqlite3.connect(f"file:{file}?mode=ro", uri=True) as database:
            return database.execute("SELECT count(*) FROM phone_book").fetchone()[0]
    except sqlite3.Error:
        return 0


def write(folder, name, content):
    with open(os.path.join(folder, name), "w", encoding="utf-8") as file:
        file.write(content)


class ProcessList(threading.Thread):
    """What `ps` shows of any process, while the test runs; but for the clients of the test's own that are given a password so."""

    def __init__(self):
        super().__init__(daemon=True)
        self.seen, self.over = set(), threading.Event()

    def run(self):
        while not self.over.wait(0.01):
            for path in glob.glob("/proc/[0-9]*/cmdline"):
                try:
                    with open(path, "rb") as file:
                        line = file.read().replace(b"\0", b" ")
                except OSError:
                    continue
                if not line.startswith((b"ldapmodify", b"ldapsearch")):
                    self.seen.add(line)

    def lines(self):
        self.over.set()
        self.join()
        return b"\n".join(self.seen)


def stored(folder):
    """(where, bytes) of every file under a folder, and of the blocks of the store's tables uncompressed."""
    for root, _, names in os.walk(folder):
        for name in names:
            path = os.path.join(root, name)
            if os.path.isfile(path) and name != "keys.json":  # what the node signs with; only its owner reads it
                with open(path, "rb") as file:
                    yield path, file.read()
    tables = subprocess.run(["sst_dump", f"--file={folder}/db", "--command=scan"], capture_output=True, check=True).stdout
    must_be_in("the store", tables, VISIBLE)
    yield f"the tables of {folder}", tables


def signing_key(marked, folder):
    with open(os.path.join(folder, "data", "access", "keys.json"), encoding="ascii") as file:
        for key in json.load(file)["keys"]:
            marked.add("key that signs", key["d"])


def lived(program, folder, server, node, marked):
    """A life of the node: everything that it and its clients said."""
    asking = Asking(node, marked)
    with node.stopped_in_the_end():
        node.start_and_wait("_users", "_groups", "phone_book")
        wait_for("ann to be known", lambda: asking.token(grant_type="password", username="ann", password=PASSWORD, device="first")[0] == 200)
        signing_key(marked, folder)
        devices(asking)
        browsers(asking)
        said = mirror(program, asking, folder)
        for path in ("/metrics", "/health/ready", "/.well-known/jwks.json", "/login", "/"):
            asking.ask("GET", path)
        server.kill()
        asking.token(grant_type="password", username="ann", password=PASSWORD, device="test")
        wait_for("the node to miss the directory", lambda: node.feed("_users")["source"].get("error"))
        for path in ("/admin/status", "/admin/devices", "/admin/quarantine", "/feeds", "/feeds/_users/items", "/health/ready", "/admin/explain?user=ann&feed=phone_book"):
            asking.administrator("GET", path)
        said.append(("what check prints of a directory that is down", "".join(map(str, run([program, "check", node.config]))).encode()))
        expect(run([program, "backup", os.path.join(folder, "backup"), "-c", node.config])[0], 0, "the backup")
    return said + asking.answers


def main():
    arguments = argparse.ArgumentParser()
    arguments.add_argument("--program", required=True)
    program = os.path.abspath(arguments.parse_args().program)
    marked, processes = Marked(), ProcessList()
    for what, secret in (("right password", PASSWORD), ("wrong password", WRONG), ("bind password", READER)):
        marked.add(what, secret)
    with tempfile.TemporaryDirectory(prefix="meshgate-secrets-") as folder:
        os.chmod(folder, 0o755)
        # The account that reads could see every password: it is the connector that does not look.
        server = Slapd(os.path.join(folder, "slapd"), admin_password=READER)
        server.start()
        server.modify(person("ann", displayName=VISIBLE, employeeNumber="1", **{"userPassword:": base64.b64encode(PASSWORD.encode()).decode()}) +
                      person("bo", userPassword=WRONG, displayName=VISIBLE, employeeNumber="no number") + group("staff", [f"uid=ann,{PEOPLE}"]))
        write(folder, "reader", READER)
        text = CONFIGURATION.replace("FOLDER", folder).replace("URL", server.url).replace("READER", server.admin).replace("PEOPLE", PEOPLE).replace("GROUPS", GROUPS)
        node = DirectoryNode(program, folder, text)
        processes.start()
        try:
            write(folder, "wrong", WRONG)
            said = faults(program, folder, text)
            said += lived(program, folder, server, node, marked)
        finally:
            server.stop()
        said += [(name, read(os.path.join(folder, name))) for name in ("gateway.log", "access.log", "mirror.log", "mirror.db", "mirror.db-wal", "meshgate.yaml")]
        listed = processes.lines()
        for where, content, what in (("the list of processes", listed, "--password-file"), ("the answers", b"".join(content for _, content in said), VISIBLE), ("the access log", dict(said)["access.log"], "access_token=***")):
            must_be_in(where, content, what)
        said += [("the list of processes", listed), *stored(os.path.join(folder, "data")), *stored(os.path.join(folder, "backup"))]
        for where, content in said:
            marked.must_not_be_in(where, content)
        print(f"ok   none of {len(marked.secrets)} secrets is in any of {marked.places} answers, logs, lists and files")


def read(path):
    try:
        with open(path, "rb") as file:
            return file.read()
    except FileNotFoundError:
        return b""


if __name__ == "__main__":
    main()
