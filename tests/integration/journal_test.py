"""Tables that are followed by a journal, as an operator meets them: what check says before, the statements for a DBA to run, two feeds of one table, a gateway that is
restored from a backup of its data, a table that is emptied, a feed that is given up without a word, and that nothing is left in the end.

    journal_test.py --program build/bin/meshgate --database postgres
"""

import os
import shutil
import subprocess

from databases import on_one
from folders import turn_back
from processes import Gateway, run, wait_for


def configuration(database, feeds=("orders", "copies")):
    feed = f"from: {{ source: company, table: {database.table('orders')}, track: journal, verify: never, sweep: never }}"
    return f"""
node: {{ read: public, roles: {{ viewer: public }}, data: DATA, listen: "http://127.0.0.1:PORT" }}
sources: {{ company: {{ connector: odbc, connection: {database.connection_yaml()}, every: 100ms }} }}
feeds:
""" + "".join(f"  {name}: {{ {feed} }}\n" for name in feeds)


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
    """The disk of a while ago, put back: what the journal has forgotten since is found by reading from the beginning."""
    data, backup = os.path.join(folder, "data"), os.path.join(folder, "backup")
    gateway.stop()
    shutil.copytree(data, backup)
    gateway.start_and_wait("orders", "copies")
    database.run(f"DELETE FROM {database.table('orders')} WHERE id = 2")
    both_have(gateway, {"1", "4"})
    nothing_waits(gateway)
    gateway.stop()
    turn_back(data, backup)
    gateway.start_and_wait("orders", "copies")
    both_have(gateway, {"1", "4"})
    if "this gateway was restored" not in gateway.log():
        raise SystemExit("the log does not say why it was read again")


def emptied(gateway, database, wanted):
    """PostgreSQL's triggers tell it; so much at once is held."""
    if database.kind != "postgres":
        return
    database.run(f"TRUNCATE {database.table('orders')}")
    wait_for("the guard to hold what TRUNCATE took", lambda: "deletes_held" in (gateway.feed("orders") or {}) or "deletes are held" in gateway.log(), 30)
    both_have(gateway, wanted)


def given_up(gateway, database, folder):
    """Of the two feeds one is taken out of the configuration: the journal keeps everything for it, which is counted and said, until its claim is removed."""
    reader = gateway.feed("copies")["uid"]
    nothing_waits(gateway)
    gateway.stop()
    gateway = Gateway(gateway.program, folder, configuration(database, ["orders"]), gateway.port)
    orders = database.table("orders")
    database.run(*[f"INSERT INTO {orders} VALUES ({n}, 'x')" for n in range(10, 20)], f"UPDATE {readers_of(database)} SET settled = settled - 7200000000 WHERE reader = '{reader}'")
    with gateway.stopped_in_the_end():
        gateway.start_and_wait("orders")
        wait_for("the state to name who stays away", lambda: f"for another reader, '{reader}', which last read it 2 h ago" in gateway.feed("orders")["source"].get("note", ""), 30)
        counted = [line for line in gateway.get("/metrics")[1].decode().splitlines() if line.startswith("meshgate_journal_entries{") and 'feed="orders"' in line]
        waiting = gateway.journal("show", "orders").split(": ")[1].split()[0]
        if int(waiting) < 10 or len(counted) != 1 or float(counted[0].split()[-1]) != int(waiting):
            raise SystemExit(f"{waiting} entries are kept, and the metrics say {counted}")
        code, out, err = run([gateway.program, "journal", "remove", "orders", "--reader", "nobody", "--yes", "-c", gateway.config])
        if code == 0 or "has no reader 'nobody'" not in err:
            raise SystemExit(f"a reader that is not there was removed: {code} {out}{err}")
        run_script(database, gateway.journal("remove", "orders", "--reader", reader, "--print"))
        database.run(f"INSERT INTO {orders} VALUES (20, 'x')")
        nothing_waits(gateway)
        wait_for("nobody to be named any more", lambda: "another reader" not in gateway.feed("orders")["source"].get("note", ""), 30)


def readers_of(database):
    return database.table("meshgate_journal_readers") if database.kind == "postgres" else "meshgate_journal_readers"


def journal(program, folder, database):
    t = database.types
    orders = database.table("orders")
    database.run(f"CREATE TABLE {orders} (id {t['int']} NOT NULL PRIMARY KEY, note {t['text']})", *[f"INSERT INTO {orders} VALUES ({n}, 'x')" for n in (1, 2, 3)])
    wanted = {"1", "4", *map(str, range(10, 21))}
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
        given_up(gateway, database, folder)
        gateway = Gateway(program, folder, configuration(database), gateway.port)
    with gateway.stopped_in_the_end():
        gateway.start_and_wait("orders", "copies")
        both_have(gateway, wanted)
        if "does not know this reader any more" not in gateway.log():
            raise SystemExit("the feed that came again did not say why it reads everything")
        emptied(gateway, database, wanted)
    run_script(database, gateway.journal("remove", "orders", "--print"))
    if "no journal" not in gateway.journal("show", "orders"):
        raise SystemExit("something was left of it")


if __name__ == "__main__":
    on_one(journal)
