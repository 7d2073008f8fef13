"""Tables that are followed by a journal, as an operator meets them: what check says before, the statements for a DBA to run, two feeds of one table, a gateway that is
restored from a backup of its data, a table that is emptied, and that nothing is left in the end.

    journal_test.py --program build/bin/meshgate --database postgres
"""

import os
import shutil
import subprocess

from databases import on_one
from processes import Gateway, run, wait_for


def configuration(database):
    feed = f"from: {{ source: company, table: {database.table('orders')}, track: journal, verify: never, sweep: never }}"
    return f"""
node: {{ data: DATA, listen: "http://127.0.0.1:PORT" }}
sources: {{ company: {{ connector: odbc, connection: {database.connection_yaml()}, every: 100ms }} }}
feeds:
  orders: {{ {feed} }}
  copies: {{ {feed} }}
"""


def run_script(database, script):
    """As a DBA does: in the database's own command line."""
    command = ["sqlite3", "-bail", database.path] if database.kind == "sqlite" else [*database.command, *(["-v", "ON_ERROR_STOP=1"] if database.kind == "postgres" else [])]
    done = subprocess.run(command, input=script.encode(), capture_output=True, env=getattr(database, "env", None))
    if done.returncode != 0:
        raise SystemExit(f"the script failed: {done.stderr.decode()}\n{script}")


def ids(gateway, feed):
    answer = gateway.get(f"/feeds/{feed}/items?limit=1000")
    return {item["id"] for item in answer[1]["items"]} if answer and answer[0] == 200 else set()


def both_have(gateway, wanted):
    for feed in ("orders", "copies"):
        wait_for(f"{feed} to hold {sorted(wanted)}; the log says:\n{gateway.log()[-2000:]}", lambda: ids(gateway, feed) == wanted, 30)


def nothing_waits(gateway):
    wait_for("the journal to be empty", lambda: ": 0 entries\n" in gateway.journal("show", "orders"), 30)


def refused_without(gateway):
    code, out, err = run([gateway.program, "check", gateway.config])
    if code != 3 or "meshgate journal install" not in out:
        raise SystemExit(f"check ended with {code} and did not name the command:\n{out}{err}")
    code, out, err = run([gateway.program, "journal", "install", "orders", "-c", gateway.config])
    if code != 1 or "CREATE" not in out or "--yes" not in err:
        raise SystemExit(f"install without an answer ended with {code}:\n{out}{err}")
    if "no journal" not in gateway.journal("show", "orders"):
        raise SystemExit("it was made although nobody said yes")


def restored(gateway, database, folder):
    """The data folder of a while ago, put back: what the journal has forgotten since is found by reading from the beginning."""
    data, backup = os.path.join(folder, "data"), os.path.join(folder, "backup")
    gateway.stop()
    shutil.copytree(data, backup)
    gateway.start_and_wait("orders", "copies")
    database.run(f"DELETE FROM {database.table('orders')} WHERE id = 2")
    both_have(gateway, {"1", "4"})
    nothing_waits(gateway)
    gateway.stop()
    shutil.rmtree(data)
    shutil.move(backup, data)
    gateway.start_and_wait("orders", "copies")
    both_have(gateway, {"1", "4"})
    if "this gateway was restored" not in gateway.log():
        raise SystemExit("the log does not say why it was read again")


def emptied(gateway, database):
    """PostgreSQL's triggers tell it; so much at once is held."""
    if database.kind != "postgres":
        return
    database.run(f"TRUNCATE {database.table('orders')}")
    wait_for("the guard to hold what TRUNCATE took", lambda: "deletes_held" in (gateway.feed("orders") or {}) or "deletes are held" in gateway.log(), 30)
    both_have(gateway, {"1", "4"})


def journal(program, folder, database):
    t = database.types
    orders = database.table("orders")
    database.run(f"CREATE TABLE {orders} (id {t['int']} NOT NULL PRIMARY KEY, note {t['text']})", *[f"INSERT INTO {orders} VALUES ({n}, 'x')" for n in (1, 2, 3)])
    gateway = Gateway(program, folder, configuration(database))
    refused_without(gateway)
    run_script(database, gateway.journal("install", "orders", "--print"))
    with gateway.stopped_in_the_end():
        gateway.start_and_wait("orders", "copies")
        both_have(gateway, {"1", "2", "3"})
        database.run(f"UPDATE {orders} SET id = 4 WHERE id = 3")
        both_have(gateway, {"1", "2", "4"})
        nothing_waits(gateway)
        if gateway.journal("show", "orders").count("reader ") != 2:
            raise SystemExit("two feeds read it:\n" + gateway.journal("show", "orders"))
        restored(gateway, database, folder)
        emptied(gateway, database)
    run_script(database, gateway.journal("remove", "copies", "--print"))
    if "no journal" not in gateway.journal("show", "orders"):
        raise SystemExit("something was left of it")


if __name__ == "__main__":
    on_one(journal)
