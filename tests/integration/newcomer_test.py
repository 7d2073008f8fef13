"""What somebody does in the first hour: misspelt keys, wrong host, password, driver and table, a missing right, a node that runs already. Each has its own
sentence, its exit code, and never shows the password.

    newcomer_test.py --program build/bin/meshgate
"""

import argparse
import fcntl
import os
import sqlite3
import subprocess
import tempfile

from databases import Mariadb, Postgres, Sqlite
from processes import Gateway, free_port, run, wait_for

SECRET = "sEcr3t;pass}word"


class Case:
    def __init__(self, name, yaml, code, *said, environment=None):
        self.name, self.yaml, self.code, self.said, self.environment = name, yaml, code, said, environment or {}


def configuration(connection, feed="from: { source: s, table: things }", more=""):
    return f"node: {{ read: public, data: data }}\nsources:\n  s:\n    connector: odbc\n    connection: {connection}\nfeeds:\n  things:\n    {feed}\n{more}"


def wrong_configurations():
    good = "{ driver: SQLite3, database: company.db }"
    yield Case("misspelt key", configuration(good, "from: { source: s, tabel: things }"), 2, "meshgate.yaml:8:24", "did you mean 'table'")
    yield Case("misspelt section", configuration(good).replace("feeds:", "feds:"), 2, "did you mean 'feeds'")
    yield Case("duplicate key", configuration(good, more="node: { data: other }\n"), 2, "meshgate.yaml:9:1", "node", "1:1")
    yield Case("several at once", configuration(good, "from: { source: q, table: things }\n    feilds: [id]"), 2, "no source 'q'", "did you mean 'fields'")
    yield Case("missing variable", configuration('{ driver: SQLite3, database: "${env:NOT_THERE_AT_ALL}" }'), 2, "NOT_THERE_AT_ALL", "meshgate.yaml:5")
    yield Case("bad indentation", "node:\n\tdata: x\n", 2, "meshgate.yaml:2", "tab")
    yield Case("wrong form", configuration(good).replace("    connector", "    every: soon\n    connector"), 2, "soon", "meshgate.yaml:4:12")
    yield Case("unknown connector", configuration(good).replace("odbc", "odbcc"), 2, "odbcc", "odbc")
    yield Case("where is to come", configuration(good, "from: { source: s, table: things }\n    where: \"id > 1\""), 2, "`where` is not in this version")
    yield Case("a group of no directory", configuration(good, "from: { source: s, table: things }\n    read: \"group:sales\""), 2, "meshgate.yaml:9:11", "there is no feed `_users`")
    yield Case("a peer without an address", configuration(good, more="peers: { hub: { url: hub.corp } }\n"), 2, "'hub.corp' is not the address of a node")
    yield Case("beyond loopback", configuration(good).replace("data: data", "data: data, listen: \"http://0.0.0.0:7443\""), 2, "insecure: true")
    yield Case("unknown column", configuration(good, "from: { source: s, table: things }\n    fields: { a: nmae }"), 3, "nmae", "did you mean 'name'")
    yield Case("table and tables", configuration(good, "from: { source: s, table: things, tables: [ \"*\" ] }"), 2, "meshgate.yaml:8:31", "exclude each other")
    yield Case("tables without a pattern", configuration(good, "from: { source: s, tables: [ ] }"), 2, "`tables` names nothing")
    yield Case("pattern without quotes", configuration(good, "from: { source: s, tables: [ !tmp ] }"), 2, "meshgate.yaml:8")
    yield Case("empty file", "", 2, "meshgate.yaml")


def wrong_sqlite():
    good = "{ driver: SQLite3, database: company.db }"
    yield Case("table that is not there", configuration(good, "from: { source: s, table: thinks }"), 3, "thinks")
    yield Case("table without a key", configuration(good, "from: { source: s, table: keyless }"), 3, "keyless", "key")
    yield Case("driver that is not there", configuration("{ driver: SQLite9, database: company.db }"), 3, "SQLite9", "SQLite3")
    yield Case("everything right", configuration(good), 0, "the configuration is valid", "reached", "3 columns", "key id")
    yield Case("query with an error", configuration(good, "from: { source: s, key: [ id ], query: SELECT id FORM things }"), 3, "does not take the query", "syntax error")
    yield Case("query of a table that is not there", configuration(good, "from: { source: s, key: [ id ], query: SELECT id FROM thinks }"), 3, "does not take the query", "thinks")
    yield Case("query without a key", configuration(good, "from: { source: s, query: SELECT id FROM things }"), 3, "a query has no key of its own")
    yield Case("two statements", configuration(good, "from: { source: s, key: [ id ], query: SELECT id FROM things; DELETE FROM things }"), 3, "more than one statement")
    yield Case("table and query", configuration(good, "from: { source: s, key: [ id ], table: things, query: SELECT id FROM things }"), 3, "exclude each other")
    yield Case("neither table nor query", configuration(good, "from: { source: s, key: [ id ] }"), 3, "`table` is missing")
    yield Case("everything right with a query", configuration(good, "from: { source: s, key: [ id ], query: SELECT id FROM things }"), 0, "1 columns, key id")
    yield Case("pattern that matches nothing", configuration(good, 'from: { source: s, tables: [ "thinks*", "things" ] }'), 0, "`thinks*` matches no stream", "feed things.things: 3 columns")
    yield Case("a table without a key among tables", configuration(good, 'from: { source: s, tables: [ "*", "!odd*" ] }'), 3, "feed things.things: 3 columns", "feed things.keyless: table 'keyless' has no primary key")
    yield Case("two tables with one name", configuration(good, 'from: { source: s, tables: [ "odd*" ] }'), 3, "would both be feed 'things.odd_name'", "feed things.odd_name: 1 columns")
    yield Case("a table whose feed has an entry", configuration(good, 'from: { source: s, tables: [ "things" ] }\n  things.things:\n    from: { source: s, table: keyless, key: [ a ] }'), 3, "has an entry of its own")


def wrong_server(kind, driver, host, port, user, password, database, table):
    def connection(**other):
        use = dict(driver=driver, server=host, port=port, database=database, uid=user, pwd='"${env:THE_PASSWORD}"', timeout="5s")
        use.update(other)
        return "{ " + ", ".join(f"{k}: {v}" for k, v in use.items()) + " }"

    def case(name, code, *said, feed=f"from: {{ source: s, table: {table} }}", secret=password, **other):
        return Case(f"{kind}: {name}", configuration(connection(**other), feed), code, *said, environment={"THE_PASSWORD": secret})

    yield case("everything right", 0, "reached", "key id")
    yield case("wrong password", 3, "password", secret=SECRET)
    yield case("wrong user", 3, user + "x", uid=user + "x")
    yield case("wrong database", 3, "no_such_database", database="no_such_database")
    yield case("nothing listens there", 3, str(free_port_closed()), port=free_port_closed.last)
    yield case("host that does not exist", 3, "no-such-host.invalid", server="no-such-host.invalid")
    yield case("table that is not there", 3, "no_such_table", feed="from: { source: s, table: no_such_table }")


def free_port_closed():
    free_port_closed.last = free_port()
    return free_port_closed.last


def no_right(kind, database, secured):
    """A user that may connect but not read the table."""
    yield Case(f"{kind}: right that is missing", configuration(secured["connection"], f"from: {{ source: s, table: {database.table('things')} }}"), 3,
               "right", environment={"THE_PASSWORD": secured["password"]})


def try_case(program, folder, case, failures):
    with open(os.path.join(folder, "meshgate.yaml"), "w") as file:
        file.write(case.yaml)
    before = dict(os.environ)
    os.environ.update(case.environment)
    where = os.getcwd()
    os.chdir(folder)
    try:
        code, out, err = run([program, "check"], 60)
    finally:
        os.chdir(where)
        os.environ.clear()
        os.environ.update(before)
    text = out + err
    wrong = []
    if code != case.code:
        wrong.append(f"exit {code}, not {case.code}")
    wrong += [f"does not say {said!r}" for said in case.said if str(said) not in text]
    for secret in case.environment.values():
        if secret in text:
            wrong.append("shows the password")
    print(f"{'FAIL' if wrong else 'ok  '} {case.name}: {text.strip()}", flush=True)
    if wrong:
        failures.append(f"{case.name}: {'; '.join(wrong)}\n{text}")


def beside_a_command(gateway, failures):
    """A command that works on the folder of a stopped node is still there when the node starts; this lock is the one that it holds."""
    with open(os.path.join(os.path.dirname(gateway.config), "data", "db", "LOCK"), "r+b") as lock:
        fcntl.lockf(lock, fcntl.LOCK_EX)
        gateway.start()
        try:
            gateway.process.wait(1)
            failures.append(f"a node that starts while a command has its folder ended: {gateway.log()[-1000:]}")
        except subprocess.TimeoutExpired:
            pass
    gateway.wait_until_loaded("things")


def second_start(program, folder, failures):
    """A second node on the same folder is refused, and the first one goes on; after kill -9 it starts again."""
    yaml = configuration("{ driver: SQLite3, database: %s/company.db }" % folder).replace("data: data", 'data: DATA, listen: "http://127.0.0.1:PORT"')
    first = Gateway(program, folder, yaml)
    first.start_and_wait("things")
    other = os.path.join(folder, "other")
    os.mkdir(other)
    with open(first.config) as file:
        text = file.read().replace(str(first.port), str(free_port()))
    with open(os.path.join(other, "meshgate.yaml"), "w") as file:
        file.write(text)
    code, _, err = run([program, "run", os.path.join(other, "meshgate.yaml")], 60)
    if code != 1 or "in use" not in err:
        failures.append(f"a second node on the same folder: exit {code}: {err}")
    code, out, err = run([program, "feeds", first.config], 60)
    if code != 0 or "things" not in out:
        failures.append(f"`feeds` beside a running node: exit {code}: {out}{err}")
    first.kill()
    beside_a_command(first, failures)
    if first.stop() != 0:
        failures.append("a node that was told to stop did not exit with 0")
    code, out, err = run([program, "feeds", first.config], 60)
    if code != 0 or "does not run" not in out or "things" not in out:
        failures.append(f"`feeds` without a running node: exit {code}: {out}{err}")
    if f'"http://127.0.0.1:{first.port}"' not in open(first.config).read():
        failures.append("the configuration was changed")


def restricted(postgres, mariadb):
    postgres.once("DO $$ BEGIN CREATE ROLE mesh_norights LOGIN PASSWORD 'n0rights'; EXCEPTION WHEN duplicate_object THEN NULL; END $$")
    postgres.once(f"GRANT USAGE ON SCHEMA {postgres.schema} TO mesh_norights")
    mariadb.once(f"CREATE USER IF NOT EXISTS mesh_norights IDENTIFIED BY 'n0rights'; GRANT SELECT ON {mariadb.database}.{mariadb.table('other')} TO mesh_norights")
    yield from no_right("postgres", postgres, {"password": "n0rights", "connection":
                        f'{{ driver: PostgreSQL Unicode, server: {postgres.host}, port: {postgres.port}, database: {postgres.database}, uid: mesh_norights, pwd: "${{env:THE_PASSWORD}}" }}'})
    yield from no_right("mariadb", mariadb, {"password": "n0rights", "connection":
                        f'{{ driver: MariaDB Unicode, server: {mariadb.host}, port: {mariadb.port}, database: {mariadb.database}, uid: mesh_norights, pwd: "${{env:THE_PASSWORD}}" }}'})


def main():
    arguments = argparse.ArgumentParser()
    arguments.add_argument("--program", required=True)
    options = arguments.parse_args()
    program = os.path.abspath(options.program)
    failures = []
    with tempfile.TemporaryDirectory(prefix="meshgate-newcomer-") as folder:
        database = Sqlite(folder)
        database.run("CREATE TABLE things (id INTEGER PRIMARY KEY, name TEXT, amount DECIMAL(10,2))", "CREATE TABLE keyless (a INTEGER)",
                     'CREATE TABLE "odd name" (id INTEGER PRIMARY KEY)', "CREATE TABLE odd_name (id INTEGER PRIMARY KEY)",
                     "INSERT INTO things VALUES (1, 'one', 1.5)")
        postgres, mariadb = Postgres(folder), Mariadb(folder)
        for one in (postgres, mariadb):
            one.run(f"CREATE TABLE {one.table('things')} (id int PRIMARY KEY, name varchar(50))", f"CREATE TABLE {one.table('other')} (id int PRIMARY KEY)")
        cases = [*wrong_configurations(), *wrong_sqlite(),
                 *wrong_server("postgres", "PostgreSQL Unicode", postgres.host, postgres.port, postgres.user, postgres.password, postgres.database, postgres.table("things")),
                 *wrong_server("mariadb", "MariaDB Unicode", mariadb.host, mariadb.port, mariadb.user, mariadb.password, mariadb.database, mariadb.table("things")),
                 *restricted(postgres, mariadb)]
        for case in cases:
            try_case(program, folder, case, failures)
        second_start(program, folder, failures)
        for one in (database, postgres, mariadb):
            one.close()
    print(f"{len(cases)} configurations tried")
    if failures:
        raise SystemExit("\n\n".join(failures))


if __name__ == "__main__":
    main()
