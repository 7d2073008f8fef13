#!/usr/bin/env python3
"""The sample company's directory: an LDAP server of its own on loopback, with three people and three groups.

directory.py create FOLDER                    makes it in FOLDER/directory, with new passwords for its people in FOLDER/NAME.password
directory.py move FOLDER PERSON FROM TO       takes somebody out of one group and puts them into another
"""
import base64
import hashlib
import os
import secrets
import subprocess
import sys

SUFFIX = "dc=company,dc=example"
PEOPLE = {"anna": "sales-north", "bert": "sales-south", "clara": "auditors"}
CONFIGURATION = """include /etc/ldap/schema/core.schema
include /etc/ldap/schema/cosine.schema
include /etc/ldap/schema/inetorgperson.schema
modulepath /usr/lib/ldap
moduleload back_mdb
moduleload syncprov
loglevel none
access to dn.base="" by * read
access to dn.base="cn=Subschema" by * read
database mdb
suffix "{suffix}"
directory {folder}/data
rootdn "cn=admin,{suffix}"
rootpw {admin}
index objectClass,entryUUID,entryCSN eq
access to attrs=userPassword by anonymous auth by * none
access to * by dn.exact="cn=reader,{suffix}" read by * none
limits dn.exact="cn=reader,{suffix}" size=unlimited time=unlimited
overlay syncprov
syncprov-sessionlog 1000
"""


def hashed(password):
    salt = secrets.token_bytes(8)
    return "{SSHA}" + base64.b64encode(hashlib.sha1(password + salt).digest() + salt).decode()


def new_password(path):
    """Kept in a file that only its owner may read; only its hash is given away."""
    password = secrets.token_urlsafe(9)
    with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w") as file:
        file.write(password)
    return hashed(password.encode())


def entry(name, *lines):
    return "\n".join([f"dn: {name},{SUFFIX}" if name else f"dn: {SUFFIX}", *lines]) + "\n\n"


def person(name, password):
    return entry(f"uid={name},ou=people", "objectClass: inetOrgPerson", f"uid: {name}", f"cn: {name.capitalize()}", f"sn: {name}", f"userPassword: {password}")


def group(name):
    members = [f"member: uid={one},ou=people,{SUFFIX}" for one, first in PEOPLE.items() if first == name]
    return entry(f"cn={name},ou=groups", "objectClass: groupOfNames", f"cn: {name}", f"member: cn=reader,{SUFFIX}", *members)  # a groupOfNames has one member at least


def create(folder):
    own = os.path.join(folder, "directory")
    os.makedirs(os.path.join(own, "data"), mode=0o700)
    settings = os.path.join(own, "slapd.conf")
    with os.fdopen(os.open(settings, os.O_WRONLY | os.O_CREAT, 0o600), "w") as file:
        file.write(CONFIGURATION.format(suffix=SUFFIX, folder=own, admin=new_password(os.path.join(own, "admin.password"))))
    reader = new_password(os.path.join(own, "reader.password"))
    entries = entry("", "objectClass: organization", "objectClass: dcObject", "o: Company", "dc: company")
    entries += entry("cn=reader", "objectClass: organizationalRole", "objectClass: simpleSecurityObject", "cn: reader", f"userPassword: {reader}")
    entries += "".join(entry(f"ou={one}", "objectClass: organizationalUnit", f"ou: {one}") for one in ("people", "groups"))
    entries += "".join(person(name, new_password(os.path.join(folder, f"{name}.password"))) for name in PEOPLE)
    entries += "".join(group(name) for name in PEOPLE.values())
    subprocess.run(["/usr/sbin/slapadd", "-q", "-w", "-f", settings], input=entries.encode(), check=True)
    print(", ".join(f"{name} in {group_name}" for name, group_name in PEOPLE.items()))


def move(folder, name, old, new):
    with open(os.path.join(folder, "directory", "url"), encoding="ascii") as file:
        url = file.read().strip()
    changes = "".join(f"dn: cn={where},ou=groups,{SUFFIX}\nchangetype: modify\n{what}: member\nmember: uid={name},ou=people,{SUFFIX}\n\n" for what, where in (("delete", old), ("add", new)))
    subprocess.run(["ldapmodify", "-x", "-H", url, "-D", f"cn=admin,{SUFFIX}", "-y", os.path.join(folder, "directory", "admin.password")], input=changes.encode(), check=True, stdout=subprocess.DEVNULL)


if __name__ == "__main__":
    what, *rest = sys.argv[1:] or [""]
    if what == "create" and len(rest) == 1:
        create(*rest)
    elif what == "move" and len(rest) == 4:
        move(*rest)
    else:
        sys.exit(__doc__)
