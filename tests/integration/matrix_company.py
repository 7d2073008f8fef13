"""The company of the matrix: its people and groups in a slapd, its tables, and how its people come, move and go."""

import os

from databases import Sqlite
from directory import PEOPLE, SUFFIX, Slapd, group
from matrix_model import DIVIDED, FEEDS, KINDS, TABLES, secret
from matrix_ways import many
from processes import HERE

PASSWORD = "Marked-Matrix-1"
LEFT = f"ou=left,{SUFFIX}"
GROUPS = sorted({name for kind in KINDS for name in kind.groups | kind.moved_to})
SOURCES = """sources:
  directory:
    connector: ldap
    connection: { url: "URL", tls: "off", insecure: true, dn: "READER", password: "${file:reader}" }
    every: 100ms
  shop: { connector: odbc, connection: CONNECTION, every: SHOP }
"""
USERS = """    from: { source: directory, base: "PEOPLE", filter: "(objectClass=inetOrgPerson)" }
    fields: { name: uid, dn: dn, disabled: disabled, department: departmentNumber, mark: description }
"""
TEAMS = """    from: { source: directory, base: "ou=groups,SUFFIX", filter: "(objectClass=groupOfNames)" }
    fields: { name: cn, dn: dn, members: member }
"""


class Company:
    def __init__(self, folder, place=HERE):
        """`place`: of its directory."""
        self.folder = folder
        self.slapd = Slapd(os.path.join(folder, "slapd"), address=place.address)
        place.run(self.slapd.start)
        self.slapd.modify(f"dn: {LEFT}\nchangetype: add\nobjectClass: organizationalUnit\nou: left\n\n" + "".join(map(self.entry, KINDS)) +
                          "".join(group(name, self.members(name, {kind.name: "active" for kind in KINDS})) for name in GROUPS))
        self.database = self.fill(folder)

    def written(self, yaml, folder, every="1h"):
        """A configuration with what only this company knows, beside which lies the reader's password. `every`: between two looks at its tables."""
        with open(os.path.join(folder, "reader"), "w", encoding="ascii") as file:
            file.write(self.slapd.reader_password)
        for word, value in (("URL", self.slapd.url), ("READER", self.slapd.reader), ("PEOPLE", PEOPLE), ("SUFFIX", SUFFIX), ("CONNECTION", self.database.connection_yaml()), ("SHOP", every)):
            yaml = yaml.replace(word, value)
        return yaml

    @staticmethod
    def entry(kind):
        return (f"dn: uid={kind.name},{PEOPLE}\nchangetype: add\nobjectClass: inetOrgPerson\nuid: {kind.name}\ncn: {kind.name}\nsn: Name\nuserPassword: {PASSWORD}\n"
                f"departmentNumber: {kind.department}\ndescription: {secret('_users', '')}\n\n")

    @staticmethod
    def members(name, states):
        """Groups of slapd are never empty; their first member is nobody, and the secret of the feed."""
        return [f"cn={secret('_groups', '')},{SUFFIX}"] + [f"uid={kind.name},{PEOPLE}" for kind in KINDS if name in (kind.moved_to if states[kind.name] == "moved" else kind.groups)]

    @staticmethod
    def fill(folder):
        database = Sqlite(folder)
        for name in TABLES:
            column = DIVIDED.get(name, "part")
            database.run(f"CREATE TABLE {name} (id INTEGER PRIMARY KEY, {column} TEXT, text TEXT)")
            for number, part in enumerate(FEEDS[name]):
                rows = [(number * 1000 + i, part or None, secret(name, part)) for i in range(1, many(name, part) + 1)]
                database.connection.executemany(f"INSERT INTO {name} VALUES (?, ?, ?)", rows)
        # A record without a partition goes to quarantine, with what it holds.
        database.run("INSERT INTO sales VALUES (9999, NULL, 'quarantined.secret')")
        return database

    def become(self, kind, state, states):
        """Changes the directory; what each person may is the model's from then on, once the node has been told."""
        dn, change = f"uid={kind.name},{PEOPLE}", ""
        if state == "disabled":
            change = f"dn: {dn}\nchangetype: modify\nadd: pwdAccountLockedTime\npwdAccountLockedTime: 000001010000Z\n\n"
        if state == "back":
            change = f"dn: {dn}\nchangetype: modify\ndelete: pwdAccountLockedTime\n\n"
        if state == "gone":
            change = f"dn: {dn}\nchangetype: modrdn\nnewrdn: uid={kind.name}\ndeleteoldrdn: 0\nnewsuperior: {LEFT}\n\n"
        if state == "again":
            change = f"dn: uid={kind.name},{LEFT}\nchangetype: modrdn\nnewrdn: uid={kind.name}\ndeleteoldrdn: 0\nnewsuperior: {PEOPLE}\n\n"
        before, states[kind.name] = states[kind.name], state
        if "moved" in (before, state):
            department = kind.moved_department if state == "moved" else kind.department
            # The entry may have just left the base: it is changed where it is.
            change += f"dn: uid={kind.name},{LEFT if state == 'gone' else PEOPLE}\nchangetype: modify\nreplace: departmentNumber\ndepartmentNumber: {department}\n\n"
            for name in sorted(kind.groups ^ kind.moved_to):
                change += f"dn: cn={name},ou=groups,{SUFFIX}\nchangetype: modify\nreplace: member\n" + "".join(f"member: {one}\n" for one in self.members(name, states)) + "\n"
        self.slapd.modify(change)
