"""The example of connectors/ldap/README.md, run against a slapd that grants just the rights which that page names.

    ldap_example_test.py --program build/bin/meshgate
"""

import argparse
import http.client
import json
import os
import re
import tempfile
import time

from directory import GROUPS, PEOPLE, DirectoryNode, Slapd, group, person
from processes import run, wait_for

PASSWORD = "anna-has-a-long-one"
SIGN_IN = {"grant_type": "password", "username": "anna", "password": PASSWORD, "device": "test"}
README = os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "..", "connectors", "ldap", "README.md")


def block(kind):
    with open(README, encoding="utf-8") as file:
        return re.search(rf"```{kind}\n(.*?)```", file.read(), re.S).group(1)


def must_be_granted(server):
    """Line by line what the page says, with the numbers of this server."""
    with open(os.path.join(server.folder, "slapd.conf"), encoding="utf-8") as file:
        configured = file.read()
    for line in block("slapd").replace("size=unlimited", "size.soft=unlimited").splitlines():
        if line.split(" time=")[0] not in configured:
            raise SystemExit(f"the server of this test does not have the line: {line}")


def main():
    arguments = argparse.ArgumentParser()
    arguments.add_argument("--program", required=True)
    program = os.path.abspath(arguments.parse_args().program)
    with tempfile.TemporaryDirectory(prefix="meshgate-ldap-") as folder:
        os.chmod(folder, 0o755)
        server = Slapd(os.path.join(folder, "slapd"), tls=True, session_log=10000)
        server.start()
        try:
            must_be_granted(server)
            server.modify(person("anna", displayName="Anna", telephoneNumber="+47 123", departmentNumber="sales", userPassword=PASSWORD) + group("staff-sales", [f"uid=anna,{PEOPLE}"]))
            server.modify(person("carl", displayName="Carl", departmentNumber="stock"))
            server.modify(f"dn: ou=elsewhere,{PEOPLE}\nchangetype: add\nobjectClass: referral\nobjectClass: extensibleObject\nou: elsewhere\nref: ldap://elsewhere.invalid/ou=elsewhere\n\n")
            os.environ["LDAP_PASSWORD"] = server.reader_password
            yaml = re.sub(r"url: \[.*\]", f'url: [ "{server.url}" ]', block("yaml")).replace("/etc/meshgate/corp-ca.pem", os.path.join(server.folder, "ca.pem"))
            yaml = yaml.replace("/var/lib/meshgate", "DATA").replace("127.0.0.1:7443", "127.0.0.1:PORT")
            follow(DirectoryNode(program, folder, yaml), server)
        finally:
            server.stop()


def follow(node, server):
    code, out, err = run([node.program, "check", node.config])
    if code != 0:
        raise SystemExit(f"check: {out}{err}")
    with node.stopped_in_the_end():
        node.start_and_wait("_users", "_groups", "phone_book")
        expect(node, "_users", '"name":"anna"', '"disabled":false', '"display":"Anna"')
        expect(node, "_groups", f'"members":["uid=anna,{PEOPLE}"]')
        if "1 reference to other servers not followed" not in node.feed("phone_book")["source"].get("note", ""):
            raise SystemExit(f"the reference to another server is not counted: {node.feed('phone_book')}")
        token = signed_in(node)
        wait_for("anna to see her own department", lambda: phone_book(node, token, "sales")[0] == 200, 20)
        if b'"telephoneNumber":["+47 123"]' not in phone_book(node, token, "sales")[1]:
            raise SystemExit(f"the phone book of anna's department: {phone_book(node, token, 'sales')}")
        for where, who in (("stock", token), ("sales", None)):
            if phone_book(node, who, where)[0] not in (401, 403, 404):
                raise SystemExit(f"the phone book of {where} is shown to {'anna' if who else 'anybody'}: {phone_book(node, who, where)}")
        begun = time.monotonic()
        server.modify(f"dn: uid=anna,{PEOPLE}\nchangetype: modify\nreplace: pwdAccountLockedTime\npwdAccountLockedTime: 000001010000Z\n\n")
        wait_for("anna to be refused", lambda: phone_book(node, token, "sales")[0] in (401, 403, 404), 20)
        print(f"refused {time.monotonic() - begun:.2f} s after the directory was told that she is disabled")
        if ask(node, "POST", "/auth/token", SIGN_IN)[0] == 200:
            raise SystemExit("who is disabled signs in")
        server.modify(f"dn: cn=staff-sales,{GROUPS}\nchangetype: modify\nadd: member\nmember: uid=bo,{PEOPLE}\n\n")
        expect(node, "_users", '"disabled":true')
        expect(node, "_groups", f'"uid=bo,{PEOPLE}"')
        if server.reader_password in node.log() or PASSWORD in node.log():
            raise SystemExit("the password is in the log")
    print("the example of connectors/ldap works as it stands")


def ask(node, method, path, body=None, token=None):
    """(status, body) over the network, as anybody asks."""
    connection = http.client.HTTPConnection("127.0.0.1", node.port, timeout=30)
    connection.request(method, path, json.dumps(body) if body else None, {"Content-Type": "application/json", **({"Authorization": "Bearer " + token} if token else {})})
    answer = connection.getresponse()
    content = answer.read()
    connection.close()
    return answer.status, content


def signed_in(node):
    status, body = wait_for("anna to sign in", lambda: (answer := ask(node, "POST", "/auth/token", SIGN_IN))[0] == 200 and answer, 20)
    return json.loads(body)["access_token"]


def phone_book(node, token, department):
    return ask(node, "GET", f"/feeds/phone_book/items?partition={department}", token=token)


def expect(node, feed, *parts):
    wait_for(f"{feed} to say {parts}", lambda: all(part in "".join((node.contents(feed) or {}).values()) for part in parts), 20)


if __name__ == "__main__":
    main()
