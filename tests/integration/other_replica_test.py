"""A client that was written from HTTP.md alone (replica_client.py, replica_node.py, replica_rows.py): a person's, who signs in and loses and gains a right, and a node's, which is given terms, repairs what
it holds after the gateway was restored from a backup, lines or rows of a divided feed, and brings a feed of its own until a promotion ends that.

    other_replica_test.py --program build/bin/meshgate
"""

import argparse
import hashlib
import json
import os
import re
import shutil
import ssl
import tempfile

from certificates_test import Authority
from databases import Sqlite
from device import expect
from directory import PEOPLE, SUFFIX, Slapd, group, person
from federation_rights_test import TlsNode, listening
from processes import run, wait_for
from replica_client import Copy, Follower, Node, Refused
from replica_node import Bringer, line_sum, reconcile
from replica_rows import RowFollower

PAGE = os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "..", "gateway", "serve", "HTTP.md")
PASSWORD = "d0cument"
SCHEMA = {"version": 1, "fields": [{"name": "id", "type": "int64", "nullable": False, "key": 1}, {"name": "text", "type": "text", "nullable": True}]}


def configuration(directory, database):
    return f"""
node: {{ name: hq, data: DATA, {listening("hq")} }}
peers: {{ other: {{ subject: "CN=other" }} }}
sources:
  directory:
    connector: ldap
    connection: {{ url: "{directory.url}", tls: "off", insecure: true, dn: "{directory.reader}", password: {directory.reader_password} }}
    every: 100ms
  shop: {{ connector: odbc, connection: {database.connection_yaml()}, every: 50ms }}
feeds:
  _users:  {{ from: {{ source: directory, base: "{PEOPLE}", filter: "(objectClass=inetOrgPerson)" }}, fields: {{ name: uid, dn: dn, disabled: disabled }} }}
  _groups: {{ from: {{ source: directory, base: "ou=groups,{SUFFIX}", filter: "(objectClass=groupOfNames)" }}, fields: {{ name: cn, dn: dn, members: member }} }}
  orders:  {{ from: {{ source: shop, table: orders }}, partition: region, title: "order {{id}}", read: [ "group:sales-{{partition}}", "node:CN=other" ] }}
  lots:    {{ from: {{ source: shop, table: lots }}, partition: [region, second], read: [ "node:CN=other" ] }}
  notes:   {{ from: {{ peer: other }} }}
"""


def table(database):
    rows = {str(row[0]): row[1] for row in database.rows("orders", ["id", "region"], "1")}
    return {region: {one for one, where in rows.items() if where == region} for region in set(rows.values())}


def holds(follower, wanted):
    return follower.caught_up() and {name: set(copy.items()) for name, copy in follower.copies.items()} == wanted


def worked_example():
    """What the page says that the hashes, the digest and the sums of its lines are."""
    with open(PAGE, encoding="utf-8") as file:
        text = file.read()
    text = text[text.index("### Bytes to check yourself with"):text.index("### The parts of a cursor")]
    lines = re.findall(r"^\{.*\}$", text, re.M)
    copy = Copy()
    for line in lines[:-1]:
        copy.take(line, *next(iter(json.loads(line).items())))
    copy.mark(json.loads(lines[-1])["mark"])
    *hashed, first = re.findall(r"^([0-9a-f]+) {2}", text, re.M)
    expect(hashlib.sha256(bytes.fromhex("".join(hashed))).hexdigest()[:32] == first, "the page's bytes have the hash that it shows")
    one, other = (put["rev"].split("-")[1] for put in copy.items().values())
    expect(f"  {first}\n+ {other}\n= {copy.standing()[1].split(':')[1]}" in text and one == first, "its hashes have that digest")
    puts = [line for line in lines if line.startswith('{"put"')]
    expect(all(f"`{line_sum(some):032x}`" in text for some in (lines[:-1], puts)), "its lines have those sums")


def a_person(node, directory, database):
    reader = Node(node.port, node.trust)
    try:
        reader.ask("GET", "/feeds/orders")
        raise SystemExit("FAIL whoever asks is shown the orders")
    except Refused as refusal:
        expect(refusal.status == 401, "nobody is shown anything who has not signed in")
    reader.sign_in("anna", PASSWORD)
    reader.refresh()
    anna = Follower(reader, "orders")
    anna.follow()
    expect(holds(anna, {"north": table(database)["north"]}), "signed in, with a refreshed token: first download of what anna may see, every hash, count and digest right")
    database.run("INSERT INTO orders VALUES (1001, 'north', 'new')", "DELETE FROM orders WHERE id = 1", "UPDATE orders SET region = 'south' WHERE id = 3")
    anna.follow(lambda: holds(anna, {"north": table(database)["north"]}))
    expect("3" not in anna.copies["north"].items(), "live: what is new, deleted and moved away")
    directory.modify(f"dn: cn=sales-south,ou=groups,{SUFFIX}\nchangetype: modify\nadd: member\nmember: uid=anna,{PEOPLE}\n\n")
    anna.follow(lambda: holds(anna, table(database)))
    expect("3" in anna.copies["south"].items(), "a partition that she may see now is told and read")
    directory.modify(f"dn: cn=sales-north,ou=groups,{SUFFIX}\nchangetype: modify\nreplace: member\nmember: uid=nobody,{PEOPLE}\n\n")
    anna.follow(lambda: anna.denied)
    expect(anna.denied == ["north"] and list(anna.copies) == ["south"], "one that she may not see any more is denied, and dropped")


def a_node(node, other, database, folder):
    said = other.ask("GET", "/peers/charter")
    terms = said["charter"]["feeds"]["orders"]
    expect(terms["read"] == ["group:sales-{partition}"] and terms["shown"]["title"] == "order {id}", "it is told the terms: who else may read, and how items are shown")
    keys = Node(node.port, node.trust).ask("GET", "/.well-known/jwks.json")["keys"]
    expect([one["x"] for one in keys] == said["charter"]["issuer"]["keys"], "and the keys of tokens, which are those that everybody may see")
    expect("charter" not in other.ask("GET", f"/peers/charter?known={said['version']}&wait=1"), "only once")
    rows = RowFollower(other, "lots")
    rows.follow(lambda: shows(rows, database))
    follower = Follower(other, "orders")
    follower.follow(lambda: holds(follower, table(database)))
    expect(holds(follower, table(database)), "it holds all partitions")
    code, out, err = run([node.program, "backup", os.path.join(folder, "backup"), "-c", node.config])
    expect(code == 0, f"a backup: {out}{err}".strip())
    database.run("UPDATE lots SET text = 'lost' WHERE id IN (5, 50, 500)", "UPDATE lots SET second = 'west' WHERE id IN (6, 60)", "INSERT INTO lots VALUES (1001, 'west', 'east', 'lost')")
    rows.follow(lambda: shows(rows, database))
    database.run(*[f"INSERT INTO orders VALUES ({2000 + one}, 'north', 'after the backup')" for one in range(5)])
    follower.follow(lambda: holds(follower, table(database)))
    return follower, rows


def restored(node, other, follower, rows, database, folder):
    """The gateway is that of the backup; meanwhile other rows have changed."""
    node.stop()
    shutil.rmtree(node.data)
    database.run("DELETE FROM orders WHERE id = 2001", "UPDATE orders SET text = 'changed' WHERE id = 500")
    database.run("UPDATE lots SET text = 'lot ' || id WHERE id IN (5, 50)", "UPDATE lots SET second = region WHERE id = 6", "DELETE FROM lots WHERE id = 1001", "UPDATE lots SET region = 'west', text = 'new' WHERE id = 70")
    code, out, err = run([node.program, "restore", os.path.join(folder, "backup"), "-c", node.config])
    expect(code == 0, f"restored: {out}{err}".strip())
    node.start()
    wait_for("the gateway to have read its table", lambda: len(set(database_ids(other))) == sum(map(len, table(database).values())))
    follower.follow()
    expect({one["reason"] for one in follower.refused.values()} == {"other-epoch"}, "410: its order is no more")
    whole = sum(len(line) + 1 for copy in follower.copies.values() for line in copy.lines.values())
    other.received = 0
    for partition in follower.copies:
        reconcile(follower, partition)
    follower.follow(lambda: holds(follower, table(database)))
    expect(holds(follower, table(database)), f"repaired with {other.received} bytes, where a download has {whole}")
    expect(other.received < whole / 4, "which is little")
    repaired_rows(other, rows, database)


def repaired_rows(other, rows, database):
    """An item in two partitions is one row: it is right as soon as one of the two has been compared, whichever that is."""
    wait_for("the gateway to have read the lots", lambda: not other.ask("GET", "/feeds/lots")["loading"])
    rows.follow()
    expect({one["reason"] for one in rows.refused.values()} == {"other-epoch"}, "rows of a divided feed: 410 in each partition")
    other.received = 0
    for number, partition in enumerate(sorted(rows.copies, reverse=True)):
        rows.reconcile([partition])
        wanted = lots(database)
        held = rows.copies[partition].members
        right = all(identity in wanted and shown_row(rows, identity) == wanted[identity] for identity in held)
        expect(right and set(held) == {one for one, row in wanted.items() if partition in row[:2]}, f"with {number + 1} of {len(rows.copies)} partitions compared their rows are right")
    took = other.received
    rows.follow(lambda: shows(rows, database))
    expect(shows(rows, database), f"and all of them in the end, with {took} bytes")


def lots(database):
    return {row[0]: row[1:] for row in database.rows("lots", ["id", "region", "second", "text"], "1")}


def shown_row(rows, identity):
    item = rows.rows.rows[identity][1]
    return item["region"], item["second"], item["text"]


def shows(rows, database):
    return rows.caught_up() and {identity: shown_row(rows, identity) for identity in rows.rows.rows} == lots(database)


def database_ids(other):
    for part in other.ask("GET", "/feeds/orders")["partitions"]:
        page = ""
        while page is not None:
            answer = other.ask("GET", f"/feeds/orders/items?limit=1000&partition={part['partition']}" + (f"&page={page}" if page else ""))
            yield from (one["id"] for one in answer["items"])
            page = answer.get("next")


def brings(node, other):
    reader = Node(node.port, node.trust)
    bringer = Bringer(other, "notes")
    for one in range(2500):
        bringer.put(str(one), {"id": one, "text": f"note {one}"})
    bringer.offer(SCHEMA)
    bringer.say_terms(["public"])
    while not bringer.bring():
        pass
    wait_for("everybody to be shown it", lambda: shown(reader) == (2500, bringer.copy.standing()[1]))
    expect(shown(reader)[0] == 2500, "what it brings is there, with its digest, for those whom it says")
    before = bringer.peer
    bringer.gone("7")
    bringer.bring()
    bringer.peer = before
    expect(bringer.bring(), "a page whose answer was lost is brought again, without harm")
    bringer.peer = f"{bringer.epoch}.{bringer.seq + 5}"
    bringer.put("7", {"id": 7, "text": "again"})
    expect(not bringer.bring() and bringer.bring(), "a gap is answered by where to go on")
    expect(shown(reader) == bringer.copy.standing(), "and in the end both have the same")
    code, out, err = run([node.program, "promote", "notes", "-c", node.config])
    expect(code == 0, f"a promotion: {out}{err}".strip())
    newer = bringer.newer_origin()
    expect(newer["term"] == 1 and newer["uid"] == bringer.uid and newer["epoch"] != bringer.epoch, "the old origin is told of the promotion, and steps down")


def shown(reader):
    try:
        part = reader.ask("GET", "/feeds/notes")["partitions"][0]
        return part["count"], part["digest"]
    except Refused:
        return None


def main():
    arguments = argparse.ArgumentParser()
    arguments.add_argument("--program", required=True)
    program = os.path.abspath(arguments.parse_args().program)
    worked_example()
    with tempfile.TemporaryDirectory(prefix="meshgate-replica-") as folder:
        os.chmod(folder, 0o755)  # slapd's own user must come through
        certificates = os.path.join(folder, "certificates")
        os.makedirs(certificates)
        authority = Authority(certificates)
        for name in ("hq", "other"):
            authority.sign(name, "IP:127.0.0.1", "200101000000Z", "490101000000Z")
        context = ssl.create_default_context(cafile=os.path.join(certificates, "ca.pem"))
        context.load_cert_chain(os.path.join(certificates, "other.pem"), os.path.join(certificates, "other.key"))
        database = Sqlite(folder)
        database.run("CREATE TABLE orders (id INTEGER PRIMARY KEY, region TEXT, text TEXT)",
                     "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 1000) INSERT INTO orders SELECT i, CASE i % 2 WHEN 0 THEN 'south' ELSE 'north' END, 'order ' || i FROM n",
                     "CREATE TABLE lots (id INTEGER PRIMARY KEY, region TEXT, second TEXT, text TEXT)",
                     "INSERT INTO lots SELECT id, CASE id % 3 WHEN 0 THEN 'west' WHEN 1 THEN 'north' ELSE 'east' END, CASE id % 4 WHEN 0 THEN 'west' WHEN 1 THEN 'north' ELSE 'east' END, 'lot ' || id FROM orders")
        directory = Slapd(os.path.join(folder, "slapd"), tls=False)
        directory.start()
        try:
            directory.modify(person("anna", userPassword=PASSWORD) + group("sales-north", [f"uid=anna,{PEOPLE}"]) + group("sales-south", [f"uid=nobody,{PEOPLE}"]))
            node = TlsNode(program, os.path.join(folder, "hq"), authority, configuration(directory, database))
            with node.stopped_in_the_end():
                node.start()
                wait_for("what anna may read to be known", lambda: node.explained("anna", "north"))
                other = Node(node.port, context)
                wait_for("the first scan", lambda: not other.ask("GET", "/feeds/orders")["loading"])
                a_person(node, directory, database)
                follower, rows = a_node(node, other, database, folder)
                restored(node, other, follower, rows, database, folder)
                brings(node, other)
        finally:
            directory.stop()
            database.close()


if __name__ == "__main__":
    main()
