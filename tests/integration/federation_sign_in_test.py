"""People sign in at a hub that has no directory: it asks the gateway, which asks slapd. One token is good at both, also while the gateway is off; a device that is revoked and a
group that is left reach the hub's readers within seconds; only the hub is believed who asks it; nothing of a password is left at the hub. With the gateway off nobody signs in, and is
told so; --stale: and after a while nobody who has is shown anything but what is public.

    federation_sign_in_test.py --program build/bin/meshgate [--stale]
"""

import argparse
import http.client
import json
import os
import re
import ssl
import tempfile
import time
import urllib.parse

from certificates_test import Authority
from databases import Sqlite
from directory import Slapd, SUFFIX
from federation_rights_test import TlsNode, listening
from processes import run, wait_for

PASSWORDS = {"ann": "Marked-Ann-1", "bob": "Marked-Bob-2"}
WRONG = "Marked-Wrong-3"
SHOWN = "certificate: CERTIFICATES/hub.pem, key: CERTIFICATES/hub.key"


def gateway(directory, database):
    return f"""
node: {{ name: hq, data: DATA, {listening("hq")}, sign_in: {{ through: [ "CN=hub" ] }} }}
sources:
  directory:
    connector: ldap
    connection: {{ url: "{directory.url}", tls: "off", insecure: true, dn: "{directory.reader}", password: {directory.reader_password} }}
    every: 100ms
  shop: {{ connector: odbc, connection: {database.connection_yaml()}, every: 100ms }}
feeds:
  _users:
    from: {{ source: directory, base: "ou=people,{SUFFIX}", filter: "(objectClass=inetOrgPerson)" }}
    fields: {{ name: uid, dn: dn, disabled: disabled }}
    read: "node:CN=hub"
  _groups:
    from: {{ source: directory, base: "ou=groups,{SUFFIX}", filter: "(objectClass=groupOfNames)" }}
    fields: {{ name: cn, dn: dn, members: member }}
    read: "node:CN=hub"
  sales: {{ from: {{ source: shop, table: sales }}, partition: region, title: "sale {{id}}", read: [ "group:sales-{{partition}}", "node:CN=hub" ] }}
  menu: {{ from: {{ source: shop, table: menu }}, read: public }}
"""


def hub(url, stale):
    return f"""
node: {{ name: hub, data: DATA, {listening("hub")}, sign_in: {{ at: hq }}, access: {{ stale: {stale} }} }}
peers: {{ hq: {{ url: "{url}", ca: CERTIFICATES/ca.pem, {SHOWN} }} }}
feeds:
  _users:  {{ from: {{ peer: hq }} }}
  _groups: {{ from: {{ peer: hq }} }}
  sales:   {{ from: {{ peer: hq }} }}
  menu:    {{ from: {{ peer: hq }} }}
"""


def expect(condition, what):
    if not condition:
        raise SystemExit(f"FAIL {what}")
    print(f"ok   {what}", flush=True)


def person(uid):
    return f"dn: uid={uid},ou=people,{SUFFIX}\nchangetype: add\nobjectClass: inetOrgPerson\nuid: {uid}\ncn: {uid}\nsn: {uid}\nuserPassword: {PASSWORDS[uid]}\n\n"


def group(name, *members):
    return f"dn: cn={name},ou=groups,{SUFFIX}\nchangetype: add\nobjectClass: groupOfNames\ncn: {name}\n" + "".join(f"member: uid={one},ou=people,{SUFFIX}\n" for one in members) + "\n"


def ask(node, method, path, body=None, fields=None, trust=None):
    """(status, fields, text)"""
    connection = http.client.HTTPSConnection("127.0.0.1", node.port, timeout=30, context=trust or node.trust)
    if isinstance(body, dict):
        body, fields = json.dumps(body), {"Content-Type": "application/json", **(fields or {})}
    connection.request(method, path, body, fields or {})
    answer = connection.getresponse()
    text = answer.read().decode()
    connection.close()
    return answer.status, answer.headers, text


def sign_in(node, user, password, fields=None, trust=None):
    status, headers, text = ask(node, "POST", "/auth/token", {"grant_type": "password", "username": user, "password": password, "device": "test"}, fields, trust)
    return status, headers, json.loads(text)


def bearer(grant):
    return {"Authorization": "Bearer " + grant["access_token"]}


def reads(node, fields, region="north"):
    return ask(node, "GET", f"/feeds/sales/items?partition={region}", fields=fields)[0]


def passwords_and_refreshes(there, here):
    status, _, grant = sign_in(here, "ann", PASSWORDS["ann"])
    expect(status == 200 and grant["refresh_token"], "ann signs in at the hub")
    for node in (here, there):
        expect((reads(node, bearer(grant)), reads(node, bearer(grant), "south")) == (200, 403), f"what ann may read at {node.url}")
    expect(ask(here, "GET", "/feeds/sales/items?partition=north&format=atom", fields=bearer(grant))[2].count("<title>sale ") == 2, "items are shown as at their origin")
    status, _, text = ask(here, "POST", "/auth/token", {"grant_type": "refresh_token", "refresh_token": grant["refresh_token"]})
    expect(status == 200 and reads(there, bearer(json.loads(text))) == 200, "the device goes on at the hub")
    status, headers, body = sign_in(here, "ann", WRONG)
    expect(status == 401 and body["error"] == "invalid_grant" and WRONG not in json.dumps(body), "a wrong password is 401")
    answers = [sign_in(here, "nobody", WRONG)[0:2] for _ in range(7)]
    expect(answers[0][0] == 401 and answers[-1][0] == 429 and int(answers[-1][1]["Retry-After"]) >= 1, "who guesses waits")
    return json.loads(text)


def browser(here):
    status, fields, page = ask(here, "GET", "/login")
    form = re.search(r'name="form" value="([^"]+)"', page).group(1)
    own = {"Sec-Fetch-Site": "same-origin", "Cookie": fields["Set-Cookie"].split(";")[0], "Content-Type": "application/x-www-form-urlencoded"}
    status, fields, _ = ask(here, "POST", "/login", urllib.parse.urlencode({"form": form, "username": "ann", "password": PASSWORDS["ann"]}), own)
    expect(status == 303, "ann signs in at the hub in a browser")
    session = {"Cookie": fields["Set-Cookie"].split(";")[0], "Sec-Fetch-Site": "same-origin"}
    expect(reads(here, session) == 200, "the browser reads")
    status, fields, page = ask(here, "GET", "/login", fields=session)
    form = re.search(r'name="form" value="([^"]+)"', page).group(1)
    own = {"Sec-Fetch-Site": "same-origin", "Cookie": session["Cookie"] + "; " + fields["Set-Cookie"].split(";")[0], "Content-Type": "application/x-www-form-urlencoded"}
    expect(ask(here, "POST", "/logout", urllib.parse.urlencode({"form": form}), own)[0] == 303, "and signs out")
    wait_for("the session to be over at the hub", lambda: reads(here, session) == 401)


def believed(there, authority):
    """Only the hub says for whom it asks."""
    said = {"Meshgate-For": "192.0.2.77"}
    shown = ssl.create_default_context(cafile=os.path.join(authority.folder, "ca.pem"))
    shown.load_cert_chain(os.path.join(authority.folder, "stranger.pem"), os.path.join(authority.folder, "stranger.key"))
    for trust in (None, shown):
        expect(sign_in(there, "bob", WRONG, said, trust)[0] == 401, "a stranger's word is read")
    expect("192.0.2.77" not in there.log(), "but not believed")
    shown.load_cert_chain(os.path.join(authority.folder, "hub.pem"), os.path.join(authority.folder, "hub.key"))
    sign_in(there, "bob", WRONG, said, shown)
    expect("from 192.0.2.77 refused" in there.log(), "the hub's is")


def taken_away(directory, there, here, grant):
    _, _, other = sign_in(there, "ann", PASSWORDS["ann"])
    wait_for("a token of the gateway to be good at the hub", lambda: reads(here, bearer(other)) == 200)
    devices = json.loads(ask(here, "GET", "/auth/devices", fields=bearer(grant))[2])["devices"]
    expect({one["device"] for one in devices} >= {grant["device"], other["device"]}, "devices are listed at the hub")
    began = time.monotonic()
    expect(ask(here, "DELETE", f"/auth/devices/{other['device']}", fields=bearer(grant))[0] in (200, 204), "one is revoked there")
    wait_for("its token to be refused at the hub", lambda: reads(here, bearer(other)) == 401)
    print(f"a revoked device is refused at the hub after {time.monotonic() - began:.2f} s", flush=True)
    expect(reads(here, bearer(grant)) == 200, "the others go on")
    _, _, bob = sign_in(here, "bob", PASSWORDS["bob"])
    expect(reads(here, bearer(bob), "south") == 200, "bob reads the south")
    began = time.monotonic()
    directory.modify(f"dn: cn=sales-south,ou=groups,{SUFFIX}\nchangetype: modify\nreplace: member\nmember: uid=ann,ou=people,{SUFFIX}\n\n")
    wait_for("bob to lose the south at the hub", lambda: reads(here, bearer(bob), "south") in (403, 404))
    print(f"a right that was lost is gone at the hub after {time.monotonic() - began:.2f} s", flush=True)


def alone(there, here, grant):
    there.kill()
    expect(reads(here, bearer(grant)) == 200, "with the gateway off tokens go on")
    here.stop()
    here.start()
    wait_for("the token to be good after a restart too", lambda: reads(here, bearer(grant)) == 200)
    for question in ({"grant_type": "password", "username": "ann", "password": PASSWORDS["ann"], "device": "test"}, {"grant_type": "refresh_token", "refresh_token": grant["refresh_token"]}):
        status, headers, text = ask(here, "POST", "/auth/token", question)
        expect(status == 503 and "Retry-After" in headers and "sign in at node 'hq'" in text and PASSWORDS["ann"] not in text, "nobody signs in, and is told so")
    state = json.loads(ask(here, "GET", "/feeds/sales", fields=bearer(grant))[2])
    expect(state["rights"]["stale"] is False and state["rights"]["as_of"].endswith("Z"), "a feed says how old what decides is")


def nothing_left(folder):
    for root, _, files in os.walk(os.path.join(folder, "hub")):
        for name in filter(lambda name: os.path.isfile(os.path.join(root, name)), files):
            with open(os.path.join(root, name), "rb") as file:
                content = file.read()
            for password in (*PASSWORDS.values(), WRONG):
                if password.encode() in content:
                    raise SystemExit(f"FAIL a password stands in {root}/{name}")
    print("ok   no password is left at the hub", flush=True)


def becomes_stale(there, here):
    """The limit is longer than the time between two heartbeats of a feed that stands still."""
    _, _, grant = sign_in(here, "ann", PASSWORDS["ann"])
    end = time.monotonic() + 40
    while time.monotonic() < end:
        if reads(here, bearer(grant)) != 200:
            raise SystemExit(f"a hub that hears from the gateway is stale: {here.log()[-1000:]}")
        time.sleep(0.2)
    there.kill()
    wait_for("the hub to be unsure", lambda: reads(here, bearer(grant)) == 503, 60)
    status, headers, text = ask(here, "GET", "/feeds/sales/items?partition=north", fields=bearer(grant))
    expect("heard of too long ago" in text and "Retry-After" in headers, f"with a sentence: {text}")
    expect(ask(here, "GET", "/feeds/menu/items")[0] == 200, "what is public is shown")
    here.stop()
    here.start()
    expect(reads(here, bearer(grant)) == 503, "a restart makes nothing younger")
    expect("heard too long ago" in run([here.program, "explain", "-c", here.config, "ann", "sales", "north"])[1], "explain says so too")
    there.start()
    wait_for("the hub to be sure again", lambda: reads(here, bearer(grant)) == 200, 60)


def main():
    arguments = argparse.ArgumentParser()
    arguments.add_argument("--program", required=True)
    arguments.add_argument("--stale", action="store_true")
    arguments = arguments.parse_args()
    program = os.path.abspath(arguments.program)
    with tempfile.TemporaryDirectory(prefix="meshgate-federation-sign-in-") as folder:
        os.chmod(folder, 0o755)
        certificates = os.path.join(folder, "certificates")
        os.makedirs(certificates)
        authority = Authority(certificates)
        for name in ("hq", "hub", "stranger"):
            authority.sign(name, "IP:127.0.0.1", "200101000000Z", "490101000000Z")
        database = Sqlite(folder)
        database.run("CREATE TABLE sales (id INTEGER PRIMARY KEY, region TEXT)", "INSERT INTO sales VALUES (1, 'north'), (2, 'south'), (3, 'north')",
                     "CREATE TABLE menu (id INTEGER PRIMARY KEY, dish TEXT)", "INSERT INTO menu VALUES (1, 'soup')")
        directory = Slapd(os.path.join(folder, "slapd"))
        directory.start()
        try:
            directory.modify("".join(map(person, PASSWORDS)) + group("sales-north", "ann") + group("sales-south", "bob"))
            there = TlsNode(program, os.path.join(folder, "hq"), authority, gateway(directory, database))
            here = TlsNode(program, os.path.join(folder, "hub"), authority, hub(there.url, "20s" if arguments.stale else "24h"))
            with there.stopped_in_the_end(), here.stopped_in_the_end():
                there.start()
                here.start()
                wait_for("ann to be let in at the hub", lambda: here.explained("ann", "north", "sales"))
                if arguments.stale:
                    becomes_stale(there, here)
                else:
                    grant = passwords_and_refreshes(there, here)
                    browser(here)
                    believed(there, authority)
                    taken_away(directory, there, here, grant)
                    alone(there, here, grant)
                    nothing_left(folder)
        finally:
            directory.stop()
    print("people sign in at the hub as at the gateway")


if __name__ == "__main__":
    main()
