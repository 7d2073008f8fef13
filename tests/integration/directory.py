"""A node whose `_users` and `_groups` come from a slapd of the test's own."""

import hashlib
import http.client
import json
import os
import re
import socket
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "services"))

from processes import Gateway, free_port  # noqa: E402,F401
from reader import canonical  # noqa: E402
from slapd import SUFFIX, Slapd  # noqa: E402,F401

PEOPLE, GROUPS = f"ou=people,{SUFFIX}", f"ou=groups,{SUFFIX}"
FEEDS = ("_users", "_groups")


class UnixConnection(http.client.HTTPConnection):
    def __init__(self, path):
        super().__init__("node", timeout=30)
        self.path = path

    def connect(self):
        self.sock = socket.socket(socket.AF_UNIX)
        self.sock.settimeout(30)
        self.sock.connect(self.path)


class DirectoryNode(Gateway):
    """Asked over its administration socket, which may see everything."""

    def __init__(self, program, folder, yaml, port=None):
        super().__init__(program, folder, yaml, port)
        self.folder = folder

    def get(self, path):
        try:
            connection = UnixConnection(os.path.join(self.folder, "data", "admin.sock"))
            connection.request("GET", path)
            answer = connection.getresponse()
            body = answer.read()
            connection.close()
            return answer.status, json.loads(body) if "json" in answer.getheader("content-type", "") and "ndjson" not in answer.getheader("content-type", "") else body
        except (OSError, http.client.HTTPException):
            return None

    def contents(self, feed):
        """{id: content} of a whole feed without partitions, or nothing where it cannot be read now."""
        out, after = {}, "0"
        while True:
            answer = self.get(f"/feeds/{feed}/changes?after={after}&limit=1000")
            if not answer or answer[0] != 200:
                return None
            for line in answer[1].decode().splitlines():
                kind, value = next(iter(json.loads(line).items()))
                if kind == "put":
                    out[value["id"]] = line[line.index(',"item":') + 8:-2]
                elif kind == "gone":
                    out.pop(value["id"], None)
                elif kind == "mark":
                    after = value["cursor"]
                    if value["caught_up"]:
                        return out


def configuration(connection, capture="", filter_text="(objectClass=inetOrgPerson)", people=PEOPLE, sweep="1s"):
    way = f"sweep: {sweep}" + (f", capture: {capture}" if capture else "")
    return f"""
node: {{ data: DATA, listen: "http://127.0.0.1:PORT" }}
sources:
  company:
    connector: ldap
    connection: {{ {connection} }}
    every: 100ms
feeds:
  _users:
    from: {{ source: company, base: "{people}", filter: "{filter_text}", attributes: [ uid, displayName, mail, jpegPhoto ], {way} }}
    fields: {{ name: uid, dn: dn, display: displayName, mail: mail, picture: jpegPhoto, disabled: disabled }}
    guard: {{ share: 5%, count: 10 }}
  _groups:
    from: {{ source: company, base: "{GROUPS}", filter: "(objectClass=groupOfNames)", {way} }}
    fields: {{ name: cn, dn: dn, members: member }}
    guard: {{ share: 5%, count: 10 }}
"""


def reading(server, url=None, password=None):
    return f'url: [ "{url or server.url}" ], tls: "off", dn: "{server.reader}", password: {password or server.reader_password}, timeout: 3s, connect_timeout: 1s'


def normal(dn):
    """As the connector writes it; the tests use names that have one spelling."""
    return dn.lower()


def expected(server):
    """{feed: {id: content}} as the directory is now."""
    users, groups = {}, {}
    for dn, values in server.search(PEOPLE, "(objectClass=inetOrgPerson)", "*", "entryUUID", "pwdAccountLockedTime"):
        users[values["entryUUID"][0]] = canonical({
            "name": named(dn, "uid", values), "dn": normal(dn), "display": values.get("displayName", [None])[0], "mail": sorted(values["mail"]) if "mail" in values else None,
            "picture": [by_reference(one) for one in values["jpegPhoto"]] if "jpegPhoto" in values else None, "disabled": "pwdAccountLockedTime" in values})
    for dn, values in server.search(GROUPS, "(objectClass=groupOfNames)", "*", "entryUUID"):
        members = sorted((normal(one) for one in values["member"]), key=lambda text: json.dumps(text).encode())
        groups[values["entryUUID"][0]] = canonical({"name": named(dn, "cn", values), "dn": normal(dn), "members": members})
    return {"_users": users, "_groups": groups}


def by_reference(picture):
    return {"sha256": hashlib.sha256(picture).hexdigest(), "size": len(picture), "type": "image/jpeg"}


def named(dn, attribute, values):
    """Of several values the one in the entry's name."""
    first = re.match(rf"{attribute}=([^,]+)", dn, re.I)
    return next((one for one in values[attribute] if first and one.lower() == first.group(1).lower()), sorted(values[attribute])[0])


def person(uid, place=PEOPLE, **more):
    lines = [f"dn: uid={uid},{place}", "changetype: add", "objectClass: inetOrgPerson", f"uid: {uid}", f"cn: {uid}", "sn: Name"]
    return "\n".join(lines + [f"{name}: {value}" for name, values in more.items() for value in ([values] if isinstance(values, str) else values)]) + "\n\n"


def group(name, members):
    return "\n".join([f"dn: cn={name},{GROUPS}", "changetype: add", "objectClass: groupOfNames", f"cn: {name}", *(f"member: {one}" for one in members)]) + "\n\n"
