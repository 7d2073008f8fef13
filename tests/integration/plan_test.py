"""`meshgate plan` against a real database: the first scan, nothing new, changed rows, a changed mapping, a mass delete, records for quarantine, a
source that is away. What it says comes true when the node runs, and the data folder keeps every byte; beside a running node too.

    plan_test.py --program build/bin/meshgate --database sqlite
"""

import hashlib
import json
import os

from databases import on_one
from processes import Gateway, run, wait_for

ROWS = 1000


def configuration(database, mapping="", more=""):
    return f"""node: {{ read: public, data: DATA, listen: "http://127.0.0.1:PORT" }}
sources:
  s: {{ connector: odbc, connection: {database.connection_yaml()}, every: 100ms }}
feeds:
  things: {{ from: {{ source: s, table: {database.table("things")} }}, partition: region{mapping} }}
  pairs: {{ from: {{ source: s, table: {database.table("pairs")} }} }}
{more}"""


def check(what, condition, shown=""):
    if not condition:
        raise SystemExit(f"{what}: {shown}")


def bytes_of(folder):
    """Every file below a folder: its bytes, and when it was last written."""
    out = {}
    for where, _, names in os.walk(folder):
        for name in names:
            path = os.path.join(where, name)
            if not os.path.islink(path) and os.path.isfile(path):
                with open(path, "rb") as file:
                    out[path] = (hashlib.sha256(file.read()).hexdigest(), os.stat(path).st_mtime_ns)
    return out


class Plan:
    """Runs `meshgate plan` on a configuration; at rest, proves that the data folder kept every byte."""

    def __init__(self, gateway, folder, database):
        self.gateway, self.data, self.database = gateway, os.path.join(folder, "data"), database
        self.config = os.path.join(folder, "planned.yaml")

    def write(self, yaml):
        with open(self.config, "w") as file:
            file.write(yaml.replace("PORT", str(self.gateway.port)).replace("DATA", self.data))

    def says(self, *options, code=0):
        before = None if self.gateway.running() else bytes_of(self.data)
        got, out, err = run([self.gateway.program, "plan", self.config, *options])
        check(f"plan {options}", got == code, f"exit {got}, not {code}: {out}{err}")
        check("the data folder kept every byte", before is None or bytes_of(self.data) == before)
        return out

    def feeds(self, *options, code=0):
        return {feed["feed"]: feed for feed in json.loads(self.says("--json", *options, code=code))["feeds"]}


def counts(feed):
    return {what: feed[what]["count"] for what in ("added", "changed", "removed", "missing", "quarantined") if feed[what]["count"] > 0}


def first_scan(plan, gateway):
    planned = plan.feeds()
    check("first scan", counts(planned["things"]) == {"added": ROWS - 1, "quarantined": 1} and not planned["things"]["known"], planned["things"])
    check("first scan", counts(planned["pairs"]) == {"added": 20}, planned["pairs"])
    check("a sample is the item", planned["things"]["added"]["samples"][0]["after"]["name"] == "thing 1", planned["things"]["added"])
    check("a reason", planned["things"]["quarantined"]["samples"] == [{"id": "13", "reason": "the partition is NULL"}], planned["things"]["quarantined"])
    check("words", "feed things from source s: first scan, 1000 rows read\n  add 999\n" in plan.says(), plan.says())
    check("no data folder was made", not os.path.exists(plan.data))
    gateway.start_and_wait("things", "pairs")
    check("as planned", gateway.feed("things")["count"] == ROWS - 1 and gateway.feed("pairs")["count"] == 20, gateway.feed("things"))


def beside_a_running_node(plan, gateway):
    planned = plan.feeds()
    check("nothing would change", counts(planned["things"]) == {} and planned["things"]["still_quarantined"] == 1, planned["things"])
    check("words", "20 items now: nothing would change\n" in plan.says("--feed", "pairs"), plan.says("--feed", "pairs"))
    check("a feed that is not there", run([gateway.program, "plan", plan.config, "--feed", "none"])[0] == 2)
    check("the node goes on", gateway.running() and gateway.feed("things")["count"] == ROWS - 1)
    check("the node stops", gateway.stop() == 0)


def changed_rows(plan, gateway, database):
    table = database.table("things")
    database.run(f"UPDATE {table} SET name = 'changed' WHERE id = 5", f"UPDATE {table} SET region = 'east' WHERE id = 6", f"DELETE FROM {table} WHERE id = 7",
                 f"INSERT INTO {table} VALUES (2000, 'west', 'new')", f"UPDATE {table} SET region = NULL WHERE id = 8")
    planned = plan.feeds()["things"]
    check("changed rows", counts(planned) == {"added": 1, "changed": 2, "missing": 1, "quarantined": 1}, counts(planned))
    check("nothing held", "held" not in planned and planned["still_quarantined"] == 1, planned)
    check("old and new", [(one["id"], one["before"]["name"], one["after"]["name"], one["partitions_after"]) for one in planned["changed"]["samples"]]
          == [("5", "thing 5", "changed", ["north"]), ("6", "thing 6", "thing 6", ["east"])], planned["changed"])
    text = plan.says()
    for part in ('      5  name: "thing 5" → "changed"\n', "partitions: south → east\n", "  delete 1, each asked for again", "      8  the partition is NULL\n"):
        check("words", part in text, text)


def changed_mapping(plan, database):
    plan.write(configuration(database, mapping=', fields: { id: id, label: "{name} of {region}" }'))
    planned = plan.feeds("--samples", "1", "--feed", "things")["things"]
    check("changed mapping", counts(planned)["changed"] == ROWS - 3 and len(planned["changed"]["samples"]) == 1, counts(planned))
    check("its field", planned["changed"]["samples"][0]["after"] == {"id": 1, "label": "thing 1 of north"}, planned["changed"])
    check("words", "  new field label, text\n" in plan.says() and "  field name leaves\n" in plan.says(), plan.says())
    plan.write(configuration(database, mapping=", fields: { id: { column: id, cast: text } }"))
    refused = plan.feeds(code=3)["things"]["error"]
    check("a type that would change", "field 'id' was published as int64 and would now be text" in refused and "planned.yaml:5:3" in refused, refused)
    plan.write(configuration(database, mapping=", fields: { id: nope }"))
    check("a column that is not there", "the source has no column 'nope'" in plan.feeds(code=3)["things"]["error"])
    plan.write(configuration(database))


def mass_delete(plan, gateway, database):
    database.run(f"DELETE FROM {database.table('things')} WHERE id > 400")
    planned = plan.feeds(code=4)["things"]
    check("mass delete", planned["missing"]["count"] == 601 and "a scan did not find 601 of 999 items" in planned["held"], planned)
    check("words", "  hold 601: a scan did not find 601 of 999 items" in plan.says(code=4), plan.says(code=4))
    gateway.start()
    feed = wait_for("what was planned", lambda: (lambda one: one if one and one.get("held") else None)(gateway.feed("things")))
    check("held as planned", "a scan did not find 601 of 999 items" in feed["held"] and feed["quarantined"] == 2, feed)
    check("the changes arrived", gateway.get("/feeds/things/items/5")[1]["item"]["name"] == "changed")
    check("the node stops", gateway.stop() == 0)


def planning(program, folder, database):
    t = database.types
    things, pairs = database.table("things"), database.table("pairs")
    database.run(f"CREATE TABLE {things} (id {t['int']} NOT NULL PRIMARY KEY, region {t['text']}, name {t['text']})",
                 f"CREATE TABLE {pairs} (a {t['int']} NOT NULL, b {t['int']} NOT NULL, PRIMARY KEY (a, b))")
    database.run(*[f"INSERT INTO {things} VALUES ({i}, '{'north' if i % 2 else 'south'}', 'thing {i}')" for i in range(1, ROWS + 1)],
                 f"UPDATE {things} SET region = NULL WHERE id = 13", *[f"INSERT INTO {pairs} VALUES ({i}, {i})" for i in range(20)])
    gateway = Gateway(program, folder, configuration(database))
    plan = Plan(gateway, folder, database)
    plan.write(configuration(database))
    with gateway.stopped_in_the_end():
        first_scan(plan, gateway)
        beside_a_running_node(plan, gateway)
        changed_rows(plan, gateway, database)
        changed_mapping(plan, database)
        mass_delete(plan, gateway, database)
    print(f"{database.kind}: what was planned came true, and no byte of the data folder was changed by planning")


if __name__ == "__main__":
    on_one(planning)
