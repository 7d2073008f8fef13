"""Items and changes in every format, read by parsers that are not ours: feedparser for Atom, RSS and JSON Feed, expat for the XML, Python's csv module. The
rows have what breaks writers: markup, ]]>, quotes, line ends, control characters, emoji, NULL beside an empty text.

    formats_test.py --program build/bin/meshgate
"""

import argparse
import csv
import http.client
import io
import json
import os
import sys
import tempfile
import time
import urllib.parse
import xml.etree.ElementTree as ElementTree

sys.path.append("/usr/lib/python3/dist-packages")  # Debian's feedparser, whichever Python runs this
import feedparser

from databases import Sqlite
from processes import Gateway, wait_for

ATOM = "{http://www.w3.org/2005/Atom}"
TOMBSTONE = "{http://purl.org/atompub/tombstones/1.0}deleted-entry"

# number, customer, note
ROWS = [
    ("A/17 é", "Ann & Bob", "<script>alert(1)</script>"),
    ("A-18", "]]> \"quoted\" 'and' so", "one\r\ntwo\n\ttabbed"),
    ("A-19", "=1+1", ""),
    ("A-20", "emoji 😀 and 漢字", None),
    ("A-21", " spaces at the ends ", "control \x01 \x1f \x7f, \ufffe \uffff"),
]


def same(what, have, want):
    if have != want:
        raise SystemExit(f"{what}: {have!r} instead of {want!r}")


def carried(text):
    """What XML 1.0 leaves of a text."""
    return "".join("\ufffd" if (ord(c) < 32 and c not in "\t\n\r") or c in "\ufffe\uffff" else c for c in text)


class Answers:
    def __init__(self, gateway):
        self.port, self.url = gateway.port, gateway.url

    def __call__(self, path, want=200, **headers):
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=30)
        connection.request("GET", path, headers={name.replace("_", "-"): value for name, value in headers.items()})
        answer = connection.getresponse()
        body = answer.read()
        if answer.status != want:
            raise SystemExit(f"GET {path} {headers} is {answer.status}, not {want}: {body[:300]!r}")
        return answer.headers, body.decode()


def chosen_by_accept(get):
    items, changes = "/feeds/orders/items", "/feeds/orders/changes"
    for path, accept, media_type in [
            (items, "", "application/json"), (items, "*/*", "application/json"), (items, "text/*", "text/csv"), (items, "application/atom+xml", "application/atom+xml"),
            (items, "text/html, application/xml;q=0.9, */*;q=0.8", "application/json"), (items, "application/json;q=0.2, application/rss+xml;q=0.7", "application/rss+xml"),
            (items, "application/json;q=0, */*", "application/x-ndjson"), (items, "application/feed+json", "application/feed+json"),
            (changes, "", "application/x-ndjson"), (changes, "application/json", "application/json"), (changes, "text/csv;q=0.5, application/pdf", "text/csv"),
            ("/feeds", "text/x-opml", "text/x-opml"), ("/feeds", "*/*", "application/json")]:
        headers, _ = get(path, Accept=accept) if accept else get(path)
        same(f"{path} for Accept: {accept}", headers.get_content_type(), media_type)
    for path, accept in [(items, "text/html"), (items, "application/json;q=0"), (changes, "application/atom+xml")]:
        problem = json.loads(get(path, 406, Accept=accept)[1])
        same("the kind of problem", problem["type"], "urn:meshgate:problem:not-acceptable")
        if "application/json" not in problem["formats"]:
            raise SystemExit(f"a 406 names what there is: {problem}")
    if "/items" not in json.loads(get(changes + "?format=atom", 406)[1])["detail"]:
        raise SystemExit("/changes does not say where feed readers find theirs")
    get(items + "?format=yaml", 400)
    get(changes + "?live=stream&format=csv", 406)


def items_as_csv(get):
    headers, body = get("/feeds/orders/items?format=csv&limit=3")
    rows = list(csv.reader(io.StringIO(body, newline="")))
    same("the header line", rows[0], ["_id", "_rev", "_at", "customer", "note", "number"])
    link = headers["Link"]
    if not link.endswith('>; rel="next"'):
        raise SystemExit(f"no next page: {link}")
    rest = list(csv.reader(io.StringIO(get(link[1:link.index(">")])[1], newline="")))
    have = {row[5]: (row[3], row[4]) for row in rows[1:] + rest[1:]}
    same("the rows as CSV", have, {number: (customer, note or "") for number, customer, note in ROWS})
    whole = get("/feeds/orders/items?format=csv")[1]
    if ',=1+1,"",A-19\r\n' not in whole or "emoji 😀 and 漢字,,A-20\r\n" not in whole:
        raise SystemExit(f"NULL and an empty text are not told apart:\n{whole}")
    lines = [json.loads(line) for line in get("/feeds/orders/items?format=ndjson")[1].splitlines()]
    same("items as lines", lines, json.loads(get("/feeds/orders/items")[1])["items"])


def changes_in_other_forms(get):
    lines = [json.loads(line) for line in get("/feeds/orders/changes")[1].splitlines()]
    as_json = json.loads(get("/feeds/orders/changes?format=json")[1])
    for both in (lines, as_json):
        both[-1]["mark"].pop("as_of", None)
    same("changes as JSON", as_json, lines)
    rows = list(csv.DictReader(io.StringIO(get("/feeds/orders/changes?format=csv")[1], newline="")))
    mark = lines[-1]["mark"]
    same("the mark's row", (rows[-1]["_op"], rows[-1]["_cursor"], rows[-1]["_caught_up"], rows[-1]["_count"], rows[-1]["_digest"]),
         ("mark", mark["cursor"], "true", str(mark["count"]), mark["digest"]))
    puts = {line["put"]["id"]: line["put"] for line in lines if "put" in line}
    for row in rows[:-1]:
        put = puts.pop(row["_id"])
        same("a change's row", (row["_op"], int(row["_seq"]), row["_rev"], row["_at"], row["number"], row["note"]),
             ("put", put["seq"], put["rev"], put["at"], put["item"]["number"], put["item"].get("note", "")))
    same("puts that are not in the CSV", puts, {})
    again = list(csv.DictReader(io.StringIO(get(f"/feeds/orders/changes?format=csv&after={mark['cursor']}")[1], newline="")))
    same("what follows the mark", [row["_op"] for row in again], ["mark"])


def feed_documents(get):
    uid = json.loads(get("/feeds/orders")[1])["uid"]
    ids = {f"urn:meshgate:{uid}:{urllib.parse.quote(number, safe='')}": (number, customer, note) for number, customer, note in ROWS}
    for word in ("atom", "rss", "jsonfeed"):
        path = f"/feeds/orders/items?format={word}"
        headers, body = get(path)
        tag = headers["ETag"]
        get(path, 304, If_None_Match=tag)
        if word == "jsonfeed":
            by_hand(json.loads(body), ids)
            continue
        ElementTree.fromstring(body)
        parsed = feedparser.parse(body.encode(), sanitize_html=False, resolve_relative_uris=False)
        if parsed.bozo:
            raise SystemExit(f"{word}: feedparser does not like it: {parsed.bozo_exception}\n{body}")
        same(f"{word}: the feed's title", parsed.feed.title, "orders")
        same(f"{word}: the entries", sorted(one.id for one in parsed.entries), sorted(ids))
        for one in parsed.entries:
            number, customer, note = ids[one.id]
            same(f"{word}: the link", one.link, f"https://shop.example/orders/{urllib.parse.quote(number, safe='')}")
            if word == "atom":
                same("the title", one.title_detail["value"].strip(), carried(f"{number} for {customer}").strip())
                same("the type of the title", one.title_detail["type"], "text/plain")
        links = {one["rel"]: one["href"] for one in parsed.feed.links}
        if not {"self", "first"} <= set(links):
            raise SystemExit(f"{word}: links {links}")
    texts(get, ids)


def by_hand(document, ids):
    same("JSON Feed: the version", document["version"], "https://jsonfeed.org/version/1.1")
    same("JSON Feed: the items", {one["id"]: one["title"] for one in document["items"]}, {urn: f"{row[0]} for {row[1]}" for urn, row in ids.items()})
    for one in document["items"]:
        number, customer, note = ids[one["id"]]
        same("JSON Feed: the item itself", one["_meshgate"]["item"].get("note"), note)
        same("JSON Feed: the summary", one.get("summary"), note)


def texts(get, ids):
    """With expat, nothing is trimmed or cleaned: every text comes back."""
    root = ElementTree.fromstring(get("/feeds/orders/items?format=atom")[1])
    for entry in root.iter(f"{ATOM}entry"):
        number, customer, note = ids[entry.find(f"{ATOM}id").text]
        same("the title", entry.find(f"{ATOM}title").text, carried(f"{number} for {customer}"))
        summary = entry.find(f"{ATOM}summary")
        same("the summary", None if summary is None else summary.text or "", None if note is None else carried(note))
        if carried(f"customer: {customer}") not in entry.find(f"{ATOM}content").text:
            raise SystemExit(f"the content of {number} does not show its customer")


def the_newest_first_with_tombstones(get, database):
    database.run("UPDATE orders SET note = 'newest' WHERE number = 'A-18'", "DELETE FROM orders WHERE number = 'A-20'")
    uid = json.loads(get("/feeds/orders")[1])["uid"]
    wait_for("the delete", lambda: get("/feeds/orders/items?format=atom")[1].count("deleted-entry ") == 1)
    root = ElementTree.fromstring(get("/feeds/orders/items?format=atom")[1])
    same("the tombstone", root.find(TOMBSTONE).get("ref"), f"urn:meshgate:{uid}:A-20")
    same("the newest entry", root.find(f"{ATOM}entry/{ATOM}id").text, f"urn:meshgate:{uid}:A-18")
    met, path = [], "/feeds/orders/items?format=atom&limit=2"
    while path:
        root = ElementTree.fromstring(get(path)[1])
        met += [one.text for one in root.findall(f"{ATOM}entry/{ATOM}id")] + [one.get("ref") for one in root.findall(TOMBSTONE)]
        following = [one.get("href") for one in root.findall(f"{ATOM}link") if one.get("rel") == "next"]
        path = following[0].replace(get.url, "") if following else None
    same("what the pages have in all", (len(met), len(set(met))), (len(ROWS), len(ROWS)))


def dated(get, database):
    """A reader with dates alone; the date is not given in the second in which more may follow."""
    database.run("UPDATE orders SET note = 'dated' WHERE number = 'A-17'", "INSERT INTO orders VALUES ('A-99', 'Zoe', 'last')")
    path = "/feeds/orders/items?format=rss"
    wait_for("the last order", lambda: "A-99" in get(path)[1])
    date = wait_for("a Last-Modified", lambda: get(path)[0]["Last-Modified"])
    get(path, 304, If_Modified_Since=date)
    get(path, 200, If_Modified_Since=date, If_None_Match='"another"')
    database.run("UPDATE orders SET note = 'dated again' WHERE number = 'A-99'")
    wait_for("the change", lambda: "dated again" in get(path)[1])
    get(path, 200, If_Modified_Since=date)


def outline(get):
    root = ElementTree.fromstring(get("/feeds?format=opml")[1])
    same("the version", root.get("version"), "2.0")
    found = {one.get("text"): one.get("xmlUrl") for one in root.iter("outline")}
    same("the outline's feed", found["orders"], f"{get.url}/feeds/orders/items?format=atom")
    part = found["sales – n&o"]
    same("a partition's address", part, f"{get.url}/feeds/sales/items?format=atom&partition=n%26o")
    same("what stands there", len(feedparser.parse(get(part.replace(get.url, ""))[1]).entries), 1)
    same("without a partition", json.loads(get("/feeds/sales/items?format=atom", 400)[1])["partitions"], ["n&o", "south"])
    rows = list(csv.DictReader(io.StringIO(get("/feeds/sales/items?format=csv")[1], newline="")))
    same("partitions in CSV", sorted(row["_partitions"] for row in rows), ['["n&o"]', '["south"]'])


def updated_by_a_field(get):
    root = ElementTree.fromstring(get("/feeds/sales/items?format=atom&partition=south")[1])
    same("the date from the field", root.find(f"{ATOM}entry/{ATOM}updated").text, "2026-01-05T10:15:09.500000Z")
    parsed = feedparser.parse(get("/feeds/sales/items?format=rss&partition=south")[1])
    same("the same in RSS", time.strftime("%Y-%m-%dT%H:%M:%S", parsed.entries[0].published_parsed), "2026-01-05T10:15:09")


def main():
    arguments = argparse.ArgumentParser()
    arguments.add_argument("--program", required=True)
    program = os.path.abspath(arguments.parse_args().program)
    with tempfile.TemporaryDirectory(prefix="meshgate-formats-") as folder:
        database = Sqlite(folder)
        database.run("CREATE TABLE orders (number TEXT PRIMARY KEY, customer TEXT, note TEXT)", "CREATE TABLE sales (id INTEGER PRIMARY KEY, region TEXT, at TIMESTAMP)",
                     "INSERT INTO sales VALUES (1, 'n&o', NULL), (2, 'south', '2026-01-05 10:15:09.5')")
        database.connection.executemany("INSERT INTO orders VALUES (?, ?, ?)", ROWS)
        gateway = Gateway(program, folder, f"""
node: {{ read: public, data: DATA, listen: "http://127.0.0.1:PORT" }}
sources: {{ company: {{ connector: odbc, connection: {database.connection_yaml()}, every: 200ms }} }}
feeds:
  orders:
    from: {{ source: company, table: orders }}
    title: "{{number}} for {{customer}}"
    summary: note
    link: "https://shop.example/orders/{{number}}"
    guard: {{ share: 100% }}
  sales: {{ from: {{ source: company, table: sales }}, partition: region, updated: at }}
""")
        gateway.start_and_wait("orders", "sales")
        with gateway.stopped_in_the_end():
            get = Answers(gateway)
            for check in (chosen_by_accept, items_as_csv, changes_in_other_forms, feed_documents, outline, updated_by_a_field):
                check(get)
                print(check.__name__, flush=True)
            for check in (the_newest_first_with_tombstones, dated):
                check(get, database)
                print(check.__name__, flush=True)
        database.connection.close()


if __name__ == "__main__":
    main()
