"""Signing in, as far as it needs no directory: the node's keys outlive kill -9 and are its own, what the commands say, and that no secret is shown.

    signin_test.py --program build/bin/meshgate
"""

import argparse
import http.client
import json
import os
import stat
import tempfile

from databases import Sqlite
from processes import Gateway, run

PASSWORD = "Marked-Password-42"
CONFIGURATION = """node: { read: public, data: DATA, listen: "http://127.0.0.1:PORT" }
sources:
  s:
    connector: odbc
    connection: CONNECTION
feeds:
  things:
    from: { source: s, table: things }
"""


def expect(condition, what):
    if not condition:
        raise SystemExit(f"FAIL {what}")
    print(f"ok   {what}", flush=True)


def ask(gateway, method, path, body=None, fields=None):
    """(status, fields, parsed body)"""
    connection = http.client.HTTPConnection("127.0.0.1", gateway.port, timeout=30)
    connection.request(method, path, json.dumps(body) if body is not None else None, {"Content-Type": "application/json", **(fields or {})})
    answer = connection.getresponse()
    content = answer.read()
    connection.close()
    return answer.status, answer.headers, json.loads(content) if "json" in answer.headers.get("content-type", "") else content.decode()


def keys_are_the_nodes_own(gateway, folder):
    before = ask(gateway, "GET", "/.well-known/jwks.json")
    expect(before[0] == 200 and len(before[2]["keys"]) == 1 and "d" not in before[2]["keys"][0], "one public key is published")
    gateway.kill()
    gateway.start_and_wait("things")
    expect(ask(gateway, "GET", "/.well-known/jwks.json")[2] == before[2], "it is the same after kill -9")
    access = os.path.join(folder, "data", "access")
    modes = {name: stat.S_IMODE(os.stat(os.path.join(access, name)).st_mode) for name in os.listdir(access)}
    expect(stat.S_IMODE(os.stat(access).st_mode) == 0o700 and set(modes.values()) == {0o600}, f"only the owner reads them: {modes}")


def requests_are_refused(gateway):
    status, fields, body = ask(gateway, "GET", "/auth/devices", fields={"Authorization": "Bearer eyJhbGciOiJub25lIn0.e30."})
    expect(status == 401 and "invalid_token" in fields["WWW-Authenticate"] and "eyJ" not in body["detail"], "a token that is none is 401")
    status, fields, body = ask(gateway, "GET", "/auth/devices")
    expect(status == 401 and "invalid_token" not in fields["WWW-Authenticate"], "nobody has no devices")
    status, _, body = ask(gateway, "POST", "/auth/token", {"grant_type": "password", "username": "ann", "password": PASSWORD, "device": "laptop"})
    expect(status in (501, 503) and PASSWORD not in json.dumps(body), f"without a directory nobody signs in: {body}")
    status, fields, page = ask(gateway, "GET", "/login")
    expect(status == 200 and "<script" not in page and "default-src 'none'" in fields["Content-Security-Policy"], "the form has no script")


def commands_say_what_is_wrong(program, gateway, folder):
    password, kept, database = (os.path.join(folder, name) for name in ("password", "sign-in.json", "mirror.db"))
    with open(password, "w", encoding="ascii") as file:
        file.write(PASSWORD + "\n")
    code, out, err = run([program, "login", gateway.url, "--user", "ann", "--password-file", password, "--into", kept])
    expect(code == 1 and PASSWORD not in out + err and not os.path.exists(kept), f"login without a directory: {err.strip()}")
    code, out, err = run([program, "login", gateway.url, "--into", kept])
    expect(code == 1 and "--password-file" in err, f"login without a terminal: {err.strip()}")
    code, out, err = run([program, "mirror", gateway.url, "--into", database, "--once", "--quiet", "--sign-in", kept])
    expect(code == 2 and "meshgate login" in err, f"mirror without the file it is to sign in with: {err.strip()}")
    with open(kept, "w", encoding="ascii") as file:
        file.write("{}")
    os.chmod(kept, 0o644)
    code, out, err = run([program, "mirror", gateway.url, "--into", database, "--once", "--quiet", "--sign-in", kept])
    expect(code == 1 and "others" in err, f"mirror with a file that others may read: {err.strip()}")
    code, out, err = run([program, "devices", "-c", gateway.config])
    expect(code == 0 and out == "0 devices are signed in\n", "devices of nobody")
    code, out, err = run([program, "devices", "revoke", "none", "-c", gateway.config])
    expect(code == 1 and "no device 'none'" in err, f"revoke of a device that is not there: {err.strip()}")


def a_node_keeps_its_secrets(program, gateway, folder):
    expect(gateway.stop() == 0, "the node stops")
    code, out, err = run([program, "devices", "-c", gateway.config])
    expect(code == 0 and out == "0 devices are signed in\n" and err == "", f"devices while the node does not run {err.strip()}")
    keys = os.path.join(folder, "data", "access", "keys.json")
    os.chmod(keys, 0o640)
    code, out, err = run([program, "run", gateway.config], 60)
    expect(code == 1 and "keys.json" in err and "others" in err, f"keys that others may read: {err.strip()}")
    os.chmod(keys, 0o600)
    with open(keys, encoding="ascii") as file:
        secret = json.load(file)["keys"][0]["d"]
    shown = gateway.log()
    expect(PASSWORD not in shown and secret not in shown, "the log shows no secret")
    code, out, err = run(["grep", "-rlF", PASSWORD, os.path.join(folder, "data")])
    expect(code == 1, f"the data folder holds no password {out}")


def a_wrong_time_is_told(program, folder):
    wrong = os.path.join(folder, "wrong.yaml")
    with open(os.path.join(folder, "meshgate.yaml"), encoding="utf-8") as file:
        text = file.read()
    with open(wrong, "w", encoding="utf-8") as file:
        file.write(text.replace("node: { ", "node: { sign_in: { access_token: 1s }, "))
    code, out, err = run([program, "check", wrong])
    expect(code == 2 and "wrong.yaml:1:" in out + err and "access_token" in out + err, f"a token of a second: {(out + err).strip()[:200]}")


def main():
    arguments = argparse.ArgumentParser()
    arguments.add_argument("--program", required=True)
    options = arguments.parse_args()
    program = os.path.abspath(options.program)
    with tempfile.TemporaryDirectory(prefix="meshgate-signin-") as folder:
        database = Sqlite(folder)
        database.run("CREATE TABLE things (id INTEGER PRIMARY KEY, name TEXT)", "INSERT INTO things VALUES (1, 'one')")
        gateway = Gateway(program, folder, CONFIGURATION.replace("CONNECTION", database.connection_yaml()))
        with gateway.stopped_in_the_end():
            gateway.start_and_wait("things")
            keys_are_the_nodes_own(gateway, folder)
            requests_are_refused(gateway)
            commands_say_what_is_wrong(program, gateway, folder)
            a_node_keeps_its_secrets(program, gateway, folder)
            a_wrong_time_is_told(program, folder)


if __name__ == "__main__":
    main()
