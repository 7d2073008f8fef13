"""The examples of the pages, run: the curl lines of HTTP.md against a real node, the configuration of the README with its table, the sources, query and exact rights of
connectors/odbc/README.md as users made by just those statements, the patterns of OPERATING.md, and the README's people with what IDENTITY.md
shows of them.

    docs_test.py --program build/bin/meshgate
"""

import argparse
import os
import re
import subprocess
import tempfile
import uuid

from databases import Mariadb, Postgres, Sqlite
from directory import PEOPLE, SUFFIX, DirectoryNode, Slapd, group, person
from processes import Gateway, run, wait_for

ROOT = os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "..")


def page(path):
    with open(os.path.join(ROOT, path), encoding="utf-8") as file:
        return file.read()


def yaml_blocks(text):
    return re.findall(r"```yaml\n(.*?)```", text, re.S)


def check(program, folder, yaml, environment, *said):
    path = os.path.join(folder, "example.yaml")
    with open(path, "w") as file:
        file.write(yaml)
    done = subprocess.run([program, "check", path], capture_output=True, env=dict(os.environ, **environment), timeout=60)
    text = done.stdout.decode() + done.stderr.decode()
    if done.returncode != 0 or any(one not in text for one in said):
        raise SystemExit(f"this example does not work:\n{yaml}\n{text}")
    print(text.strip(), flush=True)


def http_page(program, folder):
    """Every curl line of HTTP.md that nobody need sign in for, with its cursor replaced by one that the node gave."""
    database = Sqlite(folder)
    database.run("CREATE TABLE orders (number TEXT PRIMARY KEY, total DECIMAL(10,2))", "INSERT INTO orders VALUES ('A-17', 12.5)")
    gateway = Gateway(program, folder, f"""
node: {{ read: public, data: DATA, listen: "http://127.0.0.1:PORT" }}
sources: {{ company: {{ connector: odbc, connection: {database.connection_yaml()}, every: 200ms }} }}
feeds: {{ orders: {{ from: {{ source: company, table: orders }} }} }}
""")
    gateway.start_and_wait("orders")
    try:
        cursor = gateway.feed("orders")["partitions"][0]["cursor"]
        lines = re.findall(r"^ {4}(curl .*127\.0\.0\.1.*)$", page("gateway/serve/HTTP.md"), re.M)
        if len(lines) < 5:
            raise SystemExit(f"HTTP.md has only {len(lines)} curl lines: is this test looking at the right ones?")
        for line in lines:
            command = line.replace("8f3a….18", cursor).replace("127.0.0.1:7443", f"127.0.0.1:{gateway.port}").replace("/var/lib/meshgate", os.path.join(folder, "data"))
            command = command.replace("wait=60", "wait=1").replace("schema=3", "schema=1").replace("curl ", "curl --fail --max-time 3 ", 1)
            done = subprocess.run(["bash", "-c", command], capture_output=True)
            endless = "live=stream" in line or '"live":true' in line
            ended_well = done.returncode == 0 or (endless and done.returncode == 28)  # 28: a stream has no end but the time limit
            if not ended_well or not done.stdout:
                raise SystemExit(f"this example does not work (curl: {done.returncode}): {line}\n{done.stdout.decode()}{done.stderr.decode()}")
            print(line, "→", done.stdout.decode().splitlines()[0][:100], flush=True)
    finally:
        gateway.stop()
        database.close()


def readme(program, folder, postgres):
    table = postgres.table("orders")
    postgres.run(f"CREATE TABLE {table} (order_no text PRIMARY KEY, first_name text, last_name text, total numeric(10,2), region text)",
                 f"INSERT INTO {table} VALUES ('A-17', 'Ann', 'Lee', 12.50, 'north')")
    yaml = yaml_blocks(page("README.md"))[0]
    yaml = yaml.replace("server: db.corp, database: erp, uid: mesh", f"server: {postgres.host}, port: {postgres.port}, database: {postgres.database}, uid: {postgres.user}")
    yaml = yaml.replace("public.orders", table)
    check(program, folder, yaml, {"ERP_PASSWORD": postgres.password}, "source erp: reached", "feed orders: 5 columns, key order_no")


def numberless(text):
    return re.sub(r"\d[\d.]*", "0", text)


class People:
    """The README's second example over a table and a slapd; anna signs in, and every command shown is run."""

    def __init__(self, program, folder, postgres):
        self.folder = folder
        self.server = Slapd(os.path.join(folder, "slapd"), tls=True)
        self.server.start()
        self.server.modify(person("anna", userPassword="d0cument") + group("sales-north", [f"uid=anna,{PEOPLE}"]))
        table = postgres.table("people_orders")
        postgres.run(f"CREATE TABLE {table} (id int PRIMARY KEY, region text)", f"INSERT INTO {table} VALUES (1, 'north'), (2, 'south')")
        yaml = yaml_blocks(page("README.md"))[1].replace("public.orders", table).replace("data: shop-data", 'data: DATA\n  listen: "http://127.0.0.1:PORT"')
        yaml = yaml.replace("server: db.corp, database: erp, uid: mesh", f"server: {postgres.host}, port: {postgres.port}, database: {postgres.database}, uid: {postgres.user}")
        yaml = yaml.replace("ldap://dc1.corp", self.server.url).replace("/etc/ssl/corp-ca.pem", os.path.join(self.server.folder, "ca.pem")).replace("dc=corp", SUFFIX)
        os.environ.update(ERP_PASSWORD=postgres.password, LDAP_PASSWORD=self.server.reader_password, XDG_CONFIG_HOME=folder)
        self.node = DirectoryNode(program, folder, yaml)
        self.password = os.path.join(folder, "anna")
        with open(self.password, "w", encoding="ascii") as file:
            file.write("d0cument")

    def run(self, line, device=""):
        """A line of a page, on this node. Where a device is to be had there is one; where a password is asked for it is in a file."""
        words = line.split("#")[0].replace("http://127.0.0.1:7443", self.node.url).replace("shop.yaml", self.node.config).replace("DEVICE", device).split()[1:]
        words += {"login": ["--password-file", self.password, "--device", "laptop"], "mirror": ["--once", "--quiet"]}.get(words[0], [])
        if words[0] in ("explain", "devices") and "-c" not in words:
            words += ["-c", self.node.config]
        os.chdir(self.folder)
        code, out, err = run([self.node.program, *words])
        return code, (out + err).replace(self.node.config, "shop.yaml")

    def readme(self):
        lines = [line for line in re.findall(r"^ {4}(meshgate .*)$", page("README.md").split("## Who sees what")[1].split("## What it promises")[0], re.M) if " run " not in line]
        if [line.split()[1] for line in lines] != ["check", "login", "mirror", "explain", "devices"]:
            raise SystemExit(f"the README has other commands: {lines}")
        for line in lines:
            code, said = self.run(line)
            if code != 0:
                raise SystemExit(f"this example does not work: {line}\n{said}")
            print(line.split("#")[0].strip(), "→", said.strip().splitlines()[0], flush=True)

    def identity_page(self):
        """Each console block: what is typed, and what is answered, but for numbers and names of devices."""
        typed = re.findall(r"^\$ (meshgate .*)\n((?:(?!\$ ).*\n)*)", "".join(re.findall(r"```console\n(.*?)```", page("gateway/access/IDENTITY.md"), re.S)), re.M)
        if len(typed) < 6:
            raise SystemExit(f"IDENTITY.md has only {len(typed)} commands")
        device = self.run("meshgate devices")[1].split("\t")[0]
        shown = re.search(r"^(\S+)\tanna", page("gateway/access/IDENTITY.md"), re.M).group(1)
        for line, answer in typed:
            said = self.run(line.replace(shown, "DEVICE"), device)[1].replace(device, shown)
            if numberless(said) != numberless(answer):
                raise SystemExit(f"IDENTITY.md: {line}\nsays\n{said}\nand not\n{answer}")
            print(line, "→", said.splitlines()[0], flush=True)


def people(program, folder, postgres):
    os.makedirs(folder)
    os.chmod(os.path.dirname(folder), 0o755)  # slapd's own user must come through
    one = People(program, folder, postgres)
    try:
        with one.node.stopped_in_the_end():
            one.node.start_and_wait("_users", "_groups", "orders")
            wait_for("anna's rights", lambda: "may read" in one.run("meshgate explain anna orders north")[1])
            one.readme()
            one.identity_page()
    finally:
        one.server.stop()


def odbc_page(program, folder, postgres, mariadb):
    """The users of the page have another name and password here; the statements are the page's own."""
    text = page("connectors/odbc/README.md")
    rights = {kind: re.search(rf"^\| {kind} \| `(.*?)` \|$", text, re.M).group(1) for kind in ("PostgreSQL", "MariaDB")}
    user = "doc" + uuid.uuid4().hex[:8]
    secret = os.path.join(folder, "secret")
    with open(secret, "w") as file:
        file.write("d0cument\n")
    for one in (postgres, mariadb):
        one.run(f"CREATE TABLE {one.table('rights')} (id int PRIMARY KEY)")
    postgres.once(rights["PostgreSQL"].replace("mesh", user).replace("'…'", "'d0cument'").replace("public.orders", postgres.table("rights"))
                  .replace("SCHEMA public", f"SCHEMA {postgres.schema}"))
    mariadb.once(rights["MariaDB"].replace("mesh@'host'", f"{user}@'%'").replace("'…'", "'d0cument'").replace("shop.orders", f"{mariadb.database}.{mariadb.table('rights')}"))
    example = yaml_blocks(text)[0]
    example = example.replace("server: db.corp, database: erp, uid: mesh", f"server: {postgres.host}, port: {postgres.port}, database: {postgres.database}, uid: {user}")
    example = example.replace("server: shop.corp, port: 3306, database: shop, uid: mesh", f"server: {mariadb.host}, port: {mariadb.port}, database: {mariadb.database}, uid: {user}")
    example = re.sub(r"\$\{file:/run/secrets/\w+\}", "${file:" + secret + "}", example).replace("/var/lib/till/till.db", os.path.join(folder, "company.db"))
    Sqlite(folder).run("CREATE TABLE IF NOT EXISTS rights (id INTEGER PRIMARY KEY)")
    feeds = f"""feeds:
  a: {{ from: {{ source: erp, table: {postgres.table('rights')} }} }}
  b: {{ from: {{ source: shop, table: {mariadb.table('rights')} }} }}
  c: {{ from: {{ source: till, table: rights }} }}
"""
    try:
        check(program, folder, example + feeds, {}, "source erp: reached", "source shop: reached", "source till: reached", "feed a: 1 columns", "feed b: 1 columns", "feed c: 1 columns")
    finally:
        postgres.once(f"DROP OWNED BY {user}; DROP ROLE {user}")
        mariadb.once(f"DROP USER {user}@'%'")


def queries_and_tables(program, folder, postgres):
    """The query of connectors/odbc/README.md and the patterns of OPERATING.md, over tables as they suppose."""
    sales = postgres.schema
    postgres.run(f"CREATE TABLE {sales}.customers (id int PRIMARY KEY, name text, changed_at timestamp)",
                 f"CREATE TABLE {sales}.bills (number text PRIMARY KEY, customer int, total numeric(10,2), state text, changed_at timestamp)",
                 f"CREATE TABLE {sales}.tmp_bills (number text PRIMARY KEY)",
                 f"INSERT INTO {sales}.customers VALUES (1, 'Ann', '2026-01-05 10:00')",
                 f"INSERT INTO {sales}.bills VALUES ('A-17', 1, 12.50, 'open', '2026-01-05 11:00')")
    sources = f"sources: {{ erp: {{ connector: odbc, connection: {postgres.connection_yaml()} }} }}\n"
    query = next(block for block in yaml_blocks(page("connectors/odbc/README.md")) if "query: |" in block)
    query = query.replace("FROM orders", f"FROM {sales}.bills").replace("JOIN customers", f"JOIN {sales}.customers")
    check(program, folder, sources + query, {}, "feed open_orders: 4 columns, key number", "reads what changed by column 'changed_at'")
    tables = next(block for block in yaml_blocks(page("gateway/ingest/OPERATING.md")) if "tables:" in block)
    check(program, folder, sources + tables.replace("sales.", f"{sales}."), {}, f"feed erp.{sales}.bills: 5 columns, key number", f"feed erp.{sales}.customers: 3 columns", "`stock.item?` matches no stream")


def access_pages(program, folder):
    """The rules of RIGHTS.md over tables as they suppose, with the lives of tokens that SIGN_IN.md says are the defaults."""
    database = Sqlite(folder)
    database.run("CREATE TABLE people (id TEXT PRIMARY KEY, uid TEXT, name TEXT)", "CREATE TABLE teams (id TEXT PRIMARY KEY, name TEXT, members TEXT)",
                 "CREATE TABLE region_orders (id INTEGER PRIMARY KEY, region TEXT)")
    sources = f"sources:\n  directory: {{ connector: odbc, connection: {database.connection_yaml()} }}\n"
    sources += f"  erp: {{ connector: odbc, connection: {database.connection_yaml()} }}\n"
    rights = next(block for block in yaml_blocks(page("gateway/access/RIGHTS.md")) if "_users" in block).replace("table: orders", "table: region_orders")
    lives = next(block for block in yaml_blocks(page("gateway/access/SIGN_IN.md")) if "sign_in" in block).removeprefix("node:\n")
    check(program, folder, sources + rights.replace("node:\n", "node:\n" + lives), {}, "feed _users:", "feed _groups:", "feed orders: 2 columns")
    database.close()


def main():
    arguments = argparse.ArgumentParser()
    arguments.add_argument("--program", required=True)
    options = arguments.parse_args()
    program = os.path.abspath(options.program)
    with tempfile.TemporaryDirectory(prefix="meshgate-docs-") as folder:
        code, out, _ = run([program, "--help"])
        if code != 0 or "Exit codes" not in out:
            raise SystemExit("--help does not name the exit codes")
        http_page(program, folder)
        access_pages(program, folder)
        postgres, mariadb = Postgres(folder), Mariadb(folder)
        try:
            queries_and_tables(program, folder, postgres)
            readme(program, folder, postgres)
            odbc_page(program, folder, postgres, mariadb)
            people(program, os.path.join(folder, "people"), postgres)
        finally:
            postgres.close()
            mariadb.close()


if __name__ == "__main__":
    main()
