"""The table of the figures, the same rows in each of the three databases, made by the database itself."""

import os
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "integration"))
from databases import KINDS  # noqa: E402

COLUMNS = "id, customer, note, quantity, total, updated_at"
TABLE = "figures"


def values(n, text, seconds):
    """Six columns of the row with number `n`: two texts of about 25 and 55 characters, the second NULL in every 50th row."""
    return (f"{n}, {text('customer number ', f'{n} * 7919 % 1000003', ' Ltd.')}, "
            f"CASE WHEN {n} % 50 = 0 THEN NULL ELSE {text('a short remark about this order, made by clerk ', f'{n} % 977', '')} END, "
            f"{n} % 100, ({n} % 1000000) / 100.0, {seconds}")


class Table:
    """One database with the table in it."""

    def __init__(self, kind, folder, rows):
        self.kind, self.rows = kind, rows
        self.database = KINDS[kind](folder)
        self.name = self.database.table(TABLE)
        self.made = False
        getattr(self, "_make_" + kind)()

    def _make_postgres(self):
        text = lambda before, n, after: f"'{before}' || {n} || '{after}'"
        self.database.once(
            f"CREATE TABLE {self.name} (id bigint PRIMARY KEY, customer text NOT NULL, note text, quantity int, total decimal(12,2), updated_at timestamptz);"
            f"INSERT INTO {self.name} SELECT {values('n', text, moment_postgres)} FROM generate_series(1, {self.rows}::bigint) n")
        self.database.once(f"VACUUM ANALYZE {self.name}")

    def _make_mariadb(self):
        text = lambda before, n, after: f"CONCAT('{before}', {n}, '{after}')"
        self.database.run(
            f"CREATE TABLE {self.name} (id bigint PRIMARY KEY, customer varchar(60) NOT NULL, note varchar(200), quantity int, total decimal(12,2), updated_at timestamp(6))")
        self.database.once(f"SET time_zone = '+00:00'; INSERT INTO {self.name} SELECT {values('seq', text, moment_mariadb)} FROM seq_1_to_{self.rows};"
                           f"ANALYZE TABLE {self.name}")

    def _make_sqlite(self):
        text = lambda before, n, after: f"'{before}' || ({n}) || '{after}'"
        self.database.run(
            f"CREATE TABLE {self.name} (id INTEGER PRIMARY KEY, customer TEXT NOT NULL, note TEXT, quantity INT, total DECIMAL(12,2), updated_at TIMESTAMPTZ)",
            f"WITH RECURSIVE s(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM s WHERE n < {self.rows}) INSERT INTO {self.name} SELECT {values('n', text, moment_sqlite)} FROM s")

    def insert(self, n):
        """One row, as an application writes it."""
        return (f"INSERT INTO {self.name} ({COLUMNS}) VALUES ({n}, 'customer number {n * 7919 % 1000003} Ltd.', "
                f"'a short remark about this order, made by clerk {n % 977}', {n % 100}, {n % 1000000 / 100}, '2026-01-05 10:15:09')")

    def insert_all(self, first, last):
        """Rows in one statement, in one of the servers."""
        if self.kind == "postgres":
            text = lambda before, n, after: f"'{before}' || {n} || '{after}'"
            return f"INSERT INTO {self.name} SELECT {values('n', text, moment_postgres)} FROM generate_series({first}, {last}::bigint) n"
        text = lambda before, n, after: f"CONCAT('{before}', {n}, '{after}')"
        return f"INSERT INTO {self.name} SELECT {values('seq', text, moment_mariadb)} FROM seq_{first}_to_{last}"

    def journal(self):
        schema, dot, table = self.name.rpartition(".")
        return f"{schema}{dot}meshgate_journal_{table}"

    def heap_bytes(self):
        """Of the table alone, without its indexes."""
        if self.kind == "postgres":
            return int(self.database.once(f"SELECT pg_relation_size('{self.name}')"))
        if self.kind == "mariadb":
            return int(self.database.once(f"SELECT data_length FROM information_schema.tables WHERE table_schema = DATABASE() AND table_name = '{self.name}'"))
        return os.path.getsize(self.database.path)

    def settings(self):
        """The connection as raw_select takes it; the password stays in the environment."""
        database = self.database
        if self.kind == "sqlite":
            return ["driver=SQLite3", f"database={database.path}"]
        prefix, driver = ("PG", "PostgreSQL Unicode") if self.kind == "postgres" else ("MARIADB", "MariaDB Unicode")
        return [f"driver={driver}", f"server={database.host}", f"port={database.port}", f"database={database.database}", f"uid={database.user}",
                f"pwd=$MESHGATE_TEST_{prefix}_PASSWORD"]

    def yaml(self, every):
        return ("node: { read: public, roles: { viewer: public }, listen: \"http://127.0.0.1:PORT\", data: DATA, log: warning }\n"
                f"sources:\n  s:\n    connector: odbc\n    every: {every}\n    connection: {self.database.connection_yaml()}\n"
                f"feeds:\n  figures:\n    from: {{ source: s, table: {self.name} }}\n")

    def close(self):
        self.database.close()


moment_postgres = "timestamptz '2026-01-05 10:15:09+00' + n * interval '1.234567 s'"
moment_mariadb = "TIMESTAMPADD(MICROSECOND, seq * 1234567, '2026-01-05 10:15:09')"
moment_sqlite = "strftime('%Y-%m-%d %H:%M:%S', 1767607000 + n, 'unixepoch') || '.' || printf('%06d', n * 7919 % 1000000) || '+00:00'"
