"""The three databases of the tests behind one small face: statements in, rows of text out. Uses the servers' own command line
clients, so that what is compared with a feed comes by another way than the feed did."""

import argparse
import contextlib
import os
import shutil
import sqlite3
import subprocess
import tempfile
import uuid


READER_PASSWORD = "s3cret;of}the{reader"  # all that connection strings give a meaning to


def environment(name):
    value = os.environ.get(name)
    if not value:
        raise SystemExit(f"{name} is not set: run this through tests/run.sh, which starts the servers")
    return value


class Sqlite:
    kind = "sqlite"
    now = "strftime('%Y-%m-%d %H:%M:%f','now')"
    default_now = f"({now})"
    types = {"int": "INTEGER", "text": "TEXT", "decimal": "DECIMAL(12,2)", "timestamp": "TIMESTAMP"}

    def __init__(self, folder):
        self.path = os.path.join(folder, "company.db")
        self.connection = sqlite3.connect(self.path, isolation_level=None, timeout=30, check_same_thread=False)
        self.connection.execute("PRAGMA journal_mode=WAL")

    def run(self, *statements):
        self.connection.execute("BEGIN IMMEDIATE")
        for statement in statements:
            try:
                self.connection.execute(statement)
            except sqlite3.IntegrityError:
                pass
        self.connection.execute("COMMIT")

    def rows(self, table, columns, order):
        """Every value as text, None for NULL."""
        wanted = ", ".join(f"CAST({column} AS TEXT)" for column in columns)
        return [tuple(row) for row in self.connection.execute(f"SELECT {wanted} FROM {table} ORDER BY {order}")]

    def connection_yaml(self):
        return f"{{ driver: SQLite3, database: {self.path} }}"

    def table(self, name):
        return name

    def index(self, name):
        return name + "_at"

    def columns(self, table):
        return [row[1] for row in self.connection.execute(f"PRAGMA table_info({table})")]

    def add_reader(self):
        """There are no users: the file's rights count."""

    def administrator(self, folder):
        """Words by which a command logs in as somebody who may change the database."""
        return []

    def kill_sessions(self):
        """There is no server."""

    def close(self):
        self.connection.close()


class Ended(Exception):
    """The command line client lost its server."""


class Client:
    """A command line client, kept open for statements: `echo` is the statement that makes it print a word."""

    def __init__(self, command, env, echo, first=""):
        self.process = subprocess.Popen(command, env=env, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
        self.echo = echo
        self.process.stdin.write(first.encode())

    def say(self, *statements):
        """Returns when they are done; raises Ended when the server is gone."""
        try:
            self.process.stdin.write("".join(statement + ";\n" for statement in statements).encode())
            self.process.stdin.write(self.echo("done").encode())
            self.process.stdin.flush()
        except OSError:
            raise Ended("the database's command line client ended") from None
        while True:
            line = self.process.stdout.readline()
            if not line or line.startswith((b"ERROR 2006", b"ERROR 2013")):  # MariaDB's goes on without its server
                raise Ended("the database's command line client ended")
            if line.strip() == b"done":
                return

    def end(self):
        with contextlib.suppress(OSError):
            self.process.stdin.close()
        self.process.wait(timeout=30)


class CommandLine:
    """A database reached through its command line client."""

    reader = None

    def run(self, *statements):
        self.client.say("BEGIN", *statements, "COMMIT")

    def answers(self):
        with contextlib.suppress(subprocess.CalledProcessError):
            return self.once("SELECT 1").strip() == "1"
        return False

    def reopen(self):
        """After the server was gone."""
        self.client.end()
        self.client = self.second_client()

    def add_reader(self):
        """From here on the gateway logs in as a user of its own, who has the rights of connectors/odbc/README.md and no other."""
        self.reader = "r" + uuid.uuid4().hex[:12]
        os.environ["MESHGATE_TEST_READER_PASSWORD"] = READER_PASSWORD
        self.create_reader()

    def administrator(self, folder):
        path = os.path.join(folder, "administrator")
        with open(path, "w") as file:
            file.write(os.environ[f"MESHGATE_TEST_{'PG' if self.kind == 'postgres' else 'MARIADB'}_PASSWORD"])
        return ["--uid", self.user, "--pwd-file", path]

    def login_yaml(self):
        user, variable = (self.reader, "READER") if self.reader else (self.user, "PG" if self.kind == "postgres" else "MARIADB")
        return f"server: {self.host}, port: {self.port}, database: {self.database}, uid: {user}, pwd: \"${{env:MESHGATE_TEST_{variable}_PASSWORD}}\""

    def close(self):
        self.client.end()
        self.drop()


class Postgres(CommandLine):
    kind = "postgres"
    now = default_now = "now()"
    types = {"int": "bigint", "text": "text", "decimal": "numeric(12,2)", "timestamp": "timestamptz"}

    def __init__(self, folder):
        self.host = environment("MESHGATE_TEST_PG_HOST")
        self.port = environment("MESHGATE_TEST_PG_PORT")
        self.user = environment("MESHGATE_TEST_PG_USER")
        self.password = environment("MESHGATE_TEST_PG_PASSWORD")
        self.database = environment("MESHGATE_TEST_PG_DB")
        self.schema = "t" + uuid.uuid4().hex[:12]
        self.env = dict(os.environ, PGPASSWORD=self.password)
        self.command = [shutil.which("psql") or "psql", "-XqAt", "-h", self.host, "-p", self.port, "-U", self.user, "-d", self.database]
        self.once(f"CREATE SCHEMA {self.schema}")
        self.client = self.second_client()

    def second_client(self):
        return Client(self.command, self.env, self.echo, f"\\set ON_ERROR_ROLLBACK on\nSET search_path TO {self.schema};\n")

    def once(self, sql):
        return subprocess.run(self.command + ["-c", sql], env=self.env, check=True, capture_output=True).stdout.decode()

    def echo(self, word):
        return f"\\echo {word}\n"

    def rows(self, table, columns, order):
        wanted = ", ".join(f"coalesce(encode(convert_to({column}::text, 'UTF8'), 'hex'), '-')" for column in columns)
        text = self.once(f"SET TimeZone='UTC'; SELECT {wanted} FROM {self.schema}.{table} ORDER BY {order}")
        return [tuple(None if part == "-" else bytes.fromhex(part).decode() for part in line.split("|")) for line in text.splitlines() if "|" in line]

    def connection_yaml(self):
        return f"{{ driver: PostgreSQL Unicode, {self.login_yaml()} }}"

    def columns(self, table):
        return self.once(f"SELECT attname FROM pg_attribute WHERE attrelid = '{self.table(table)}'::regclass AND attnum > 0 AND NOT attisdropped ORDER BY attnum").split()

    def create_reader(self):
        self.once(f"CREATE ROLE {self.reader} LOGIN PASSWORD '{READER_PASSWORD}'; GRANT USAGE ON SCHEMA {self.schema} TO {self.reader}; "
                  f"ALTER DEFAULT PRIVILEGES IN SCHEMA {self.schema} GRANT SELECT ON TABLES TO {self.reader}; GRANT pg_read_all_stats TO {self.reader}")

    def kill_sessions(self):
        """Those of the reader, at the server."""
        self.once(f"SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE usename = '{self.reader}'")

    def table(self, name):
        return f"{self.schema}.{name}"

    def index(self, name):
        return name + "_at"

    def drop(self):
        self.once(f"DROP SCHEMA {self.schema} CASCADE")
        if self.reader:
            self.once(f"DROP OWNED BY {self.reader}; DROP ROLE {self.reader}")


class Mariadb(CommandLine):
    kind = "mariadb"
    now = default_now = "current_timestamp(6)"
    types = {"int": "bigint", "text": "varchar(200) CHARACTER SET utf8mb4", "decimal": "decimal(12,2)", "timestamp": "timestamp(6)"}

    def __init__(self, folder):
        self.host = environment("MESHGATE_TEST_MARIADB_HOST")
        self.port = environment("MESHGATE_TEST_MARIADB_PORT")
        self.user = environment("MESHGATE_TEST_MARIADB_USER")
        self.password = environment("MESHGATE_TEST_MARIADB_PASSWORD")
        self.database = environment("MESHGATE_TEST_MARIADB_DB")
        self.prefix = "t" + uuid.uuid4().hex[:12] + "_"
        self.env = dict(os.environ, MYSQL_PWD=self.password)
        self.command = [shutil.which("mariadb") or "mariadb", "--no-defaults", "--protocol=tcp", "-N", "-B", "-h", self.host, "-P", self.port,
                        "-u", self.user, "--default-character-set=utf8mb4", self.database]
        self.client = self.second_client()
        self.tables = []

    def second_client(self):
        return Client(self.command + ["--force", "--unbuffered", "--skip-reconnect"], self.env, self.echo)

    def once(self, sql):
        return subprocess.run(self.command + ["-e", sql], env=self.env, check=True, capture_output=True).stdout.decode()

    def echo(self, word):
        return f"SELECT '{word}';\n"

    def run(self, *statements):
        for statement in statements:
            if statement.startswith("CREATE TABLE "):
                self.tables.append(statement.split()[2])
        super().run(*statements)

    def rows(self, table, columns, order):
        wanted = ", ".join(f"coalesce(hex(convert(cast({column} as char) using utf8mb4)), '-')" for column in columns)
        text = self.once(f"SET time_zone='+00:00'; SELECT {wanted} FROM {self.table(table)} ORDER BY {order}")
        return [tuple(None if part == "-" else bytes.fromhex(part).decode() for part in line.split("\t")) for line in text.splitlines()]

    def connection_yaml(self):
        return f"{{ driver: MariaDB Unicode, {self.login_yaml()} }}"

    def columns(self, table):
        return self.once(f"SELECT column_name FROM information_schema.columns WHERE table_schema = DATABASE() AND table_name = '{self.table(table)}' ORDER BY ordinal_position").split()

    def create_reader(self):
        who = f"{self.reader}@'127.0.0.1'"
        self.once(f"CREATE USER {who} IDENTIFIED BY '{READER_PASSWORD}'; GRANT SELECT ON {self.database}.* TO {who}; GRANT PROCESS ON *.* TO {who}")

    def kill_sessions(self):
        """Those of the reader, at the server."""
        self.once(f"KILL USER {self.reader}@'127.0.0.1'")

    def table(self, name):
        return self.prefix + name

    def index(self, name):
        return self.prefix + name + "_at"

    def drop(self):
        for table in self.tables:
            self.once(f"DROP TABLE IF EXISTS {table}")
        if self.reader:
            self.once(f"DROP USER {self.reader}@'127.0.0.1'")


KINDS = {"sqlite": Sqlite, "postgres": Postgres, "mariadb": Mariadb}


def on_one(test):
    """A test of one database: test(program, folder, database) in a folder of its own, as the command line says."""
    arguments = argparse.ArgumentParser()
    arguments.add_argument("--program", required=True)
    arguments.add_argument("--database", required=True, choices=sorted(KINDS))
    options = arguments.parse_args()
    with tempfile.TemporaryDirectory(prefix=f"meshgate-{test.__name__}-") as folder:
        database = KINDS[options.database](folder)
        try:
            test(os.path.abspath(options.program), folder, database)
        finally:
            database.close()
