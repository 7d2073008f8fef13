#!/usr/bin/env python3
"""The sample company: a SQLite database, and somebody who works with it.

company.py create FILE [ORDERS]   makes it: customers, products, 100,000 orders or so many, the same at every run
company.py work FILE              keeps inserting, updating and deleting until it is told to stop
"""
import datetime
import random
import signal
import sqlite3
import sys
import time

ORDERS, CUSTOMERS, PRODUCTS = 100_000, 5_000, 500
SEED = 20260105
FIRST = ["Ada", "Zoë", "Jürgen", "María", "Łukasz", "Chloé", "Søren", "Anaïs", "Nguyễn", "Οδυσσέας", "Ольга", "さくら", "伟", "אורי", "علي", "Siân", "Þór", "İpek"]
LAST = ["Müller", "O'Neill", "García-López", "Nowák", "Dvořák", "Ångström", "D'Amico", "Петрова", "田中", "王", "Şahin", "Smith", "\"Quote\" Jones", "Back\\slash"]
COUNTRIES = ["DE", "FR", "PL", "ES", "SE", "JP", "CN", "TR", "GB", "US"]
REGIONS = ["north", "south"]
STATES = ["new", "paid", "packed", "shipped", "delivered"]
NOTES = [None, None, None, None, "urgent", "Lieferung bis 12 Uhr", "leave at the door 🚪", "fragile ⚠️ e\u0301", "line one\nline two", ""]
TABLES = """
CREATE TABLE customers (customer_id INTEGER PRIMARY KEY, first_name VARCHAR(60) NOT NULL, last_name VARCHAR(60) NOT NULL, email VARCHAR(120),
  country CHAR(2) NOT NULL, credit_limit DECIMAL(12,2), customer_since DATE, newsletter BOOLEAN NOT NULL);
CREATE TABLE products (sku VARCHAR(20) PRIMARY KEY NOT NULL, name VARCHAR(80) NOT NULL, price DECIMAL(10,2) NOT NULL, weight_kg DOUBLE, discontinued DATE);
CREATE TABLE orders (order_no INTEGER PRIMARY KEY, customer_id INTEGER NOT NULL REFERENCES customers, status VARCHAR(12) NOT NULL, total DECIMAL(12,2) NOT NULL,
  ordered_at TIMESTAMP NOT NULL, ship_by DATE, note VARCHAR(200), region VARCHAR(10) NOT NULL);
CREATE TABLE order_lines (order_no INTEGER NOT NULL REFERENCES orders, line_no INTEGER NOT NULL, sku VARCHAR(20) NOT NULL REFERENCES products,
  quantity INTEGER NOT NULL, price DECIMAL(10,2) NOT NULL, PRIMARY KEY (order_no, line_no));
"""


def money(chance, most):
    return f"{chance.randrange(1, most)}.{chance.randrange(100):02d}"


def an_order(chance, number):
    at = datetime.datetime(2024, 1, 1) + datetime.timedelta(seconds=number * 600, microseconds=chance.randrange(10**6))
    ship_by = None if chance.random() < 0.2 else (at + datetime.timedelta(days=chance.randrange(1, 15))).date().isoformat()
    customer = chance.randrange(1, CUSTOMERS + 1)
    region = REGIONS[customer % 2]  # an order belongs where its customer is
    return number, customer, chance.choice(STATES), money(chance, 5000), at.isoformat(" ", "microseconds"), ship_by, chance.choice(NOTES), region


def a_customer(chance, number):
    first, last = chance.choice(FIRST), chance.choice(LAST)
    email = None if chance.random() < 0.1 else f"customer{number}@example.com"
    credit = None if chance.random() < 0.3 else money(chance, 50000)
    since = (datetime.date(2001, 1, 1) + datetime.timedelta(days=chance.randrange(9000))).isoformat()
    return number, first, last, email, chance.choice(COUNTRIES), credit, since, int(chance.random() < 0.4)


def a_product(chance, number):
    weight = None if chance.random() < 0.1 else chance.randrange(1, 40000) / 1000
    gone = "2025-12-31" if chance.random() < 0.05 else None
    return f"SKU-{number:05d}", f"{chance.choice(['Röhre', 'Bolt', 'Vis à tête', 'Gear ⚙', '歯車'])} {number}", money(chance, 900), weight, gone


def lines_of(chance, order):
    return [(order, line, f"SKU-{chance.randrange(1, PRODUCTS + 1):05d}", chance.randrange(1, 20), money(chance, 900)) for line in range(1, chance.randrange(2, 4))]


def create(path, orders=ORDERS):
    chance = random.Random(SEED)
    base = sqlite3.connect(path)
    base.executescript("PRAGMA journal_mode = WAL; PRAGMA synchronous = NORMAL;" + TABLES)
    base.executemany("INSERT INTO customers VALUES (?,?,?,?,?,?,?,?)", (a_customer(chance, i) for i in range(1, CUSTOMERS + 1)))
    base.executemany("INSERT INTO products VALUES (?,?,?,?,?)", (a_product(chance, i) for i in range(1, PRODUCTS + 1)))
    base.executemany("INSERT INTO orders VALUES (?,?,?,?,?,?,?,?)", (an_order(chance, i) for i in range(1, orders + 1)))
    for order in range(orders - orders // 5 + 1, orders + 1):  # the newest have lines
        base.executemany("INSERT INTO order_lines VALUES (?,?,?,?,?)", lines_of(chance, order))
    base.commit()
    rows = {table: base.execute(f"SELECT count(*) FROM {table}").fetchone()[0] for table in ("customers", "products", "orders", "order_lines")}
    base.close()
    print(", ".join(f"{count:,} {table.replace('_', ' ')}" for table, count in rows.items()))


def work(path):
    asked_to_stop = []
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: asked_to_stop.append(True))
    chance = random.Random(SEED + 1)
    base = sqlite3.connect(path, timeout=30)
    newest = base.execute("SELECT max(order_no) FROM orders").fetchone()[0]
    inserted = updated = deleted = 0
    while not asked_to_stop:
        with base:
            for _ in range(chance.randrange(1, 6)):
                what = chance.random()
                if what < 0.3:
                    newest += 1
                    base.execute("INSERT INTO orders VALUES (?,?,?,?,?,?,?,?)", an_order(chance, newest))
                    base.executemany("INSERT INTO order_lines VALUES (?,?,?,?,?)", lines_of(chance, newest))
                    inserted += 1
                elif what < 0.85:
                    updated += base.execute("UPDATE orders SET status = ?, total = ? WHERE order_no = ?", (chance.choice(STATES), money(chance, 5000), chance.randrange(1, newest + 1))).rowcount
                else:
                    gone = chance.randrange(1, newest + 1)
                    if base.execute("DELETE FROM orders WHERE order_no = ? AND coalesce(note, '') NOT LIKE 'changed by%'", (gone,)).rowcount:  # somebody waits for those
                        base.execute("DELETE FROM order_lines WHERE order_no = ?", (gone,))
                        deleted += 1
        time.sleep(0.1)
    print(f"{inserted:,} orders inserted, {updated:,} updated, {deleted:,} deleted", flush=True)


if __name__ == "__main__":
    command, *rest = sys.argv[1:] or [""]
    if command == "create" and len(rest) in (1, 2):
        create(rest[0], *map(int, rest[1:]))
    elif command == "work" and len(rest) == 1:
        work(*rest)
    else:
        sys.exit(__doc__)
