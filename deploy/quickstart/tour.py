#!/usr/bin/env python3
"""The quick start's eyes: every number it prints comes from the gateway's answers at its administration socket or from the files of the mirrors.

tour.py port [WANTED]                           a free port, WANTED if that is free
tour.py listens PORT PID WHAT                   until it listens there
tour.py wait FOLDER PID FEED…                   until the gateway has published these feeds
tour.py mirrored FOLDER NAME=REGION[,REGION]…   until each device's file holds as many customers, orders and scans of its regions as the gateway publishes
tour.py change FOLDER NAME                      changes one order in the database, waits for it on that device
tour.py scanned FOLDER NAME                     waits for the next scan on that device
tour.py move FOLDER NAME FROM TO                moves somebody to another region's group in the directory, and waits until the device has what they may see now
tour.py settled FOLDER                          until the gateway's counts are the database's and its digests stand still; prints the digests
"""
import datetime
import http.client
import json
import os
import signal
import socket
import sqlite3
import sys
import time

import directory

PATIENCE = 300
TABLES = ("customers", "products", "orders", "order_lines")


class Administration(http.client.HTTPConnection):
    def connect(self):
        self.sock = socket.socket(socket.AF_UNIX)
        self.sock.settimeout(10)
        self.sock.connect(self.host)


def asked(data, path):
    """What the node with this data folder answers."""
    connection = Administration(os.path.join(data, "admin.sock"))
    try:
        connection.request("GET", path, headers={"Host": "node"})
        return json.load(connection.getresponse())
    finally:
        connection.close()


def feeds(folder):
    return {one["feed"]: one for one in asked(os.path.join(folder, "feeds"), "/feeds")["feeds"]}


def fail(sentence):
    print(f"quickstart: {sentence}", file=sys.stderr)
    sys.exit(1)


def until(check, what, process=None):
    """Calls `check` until it gives something; a process that died, or too long a wait, ends the tour."""
    end = time.monotonic() + PATIENCE
    while time.monotonic() < end:
        found = check()
        if found:
            return found
        if process and not os.path.exists(f"/proc/{process}"):
            fail(f"{what} ended; its last words are in the logs named above")
        time.sleep(0.02)
    fail(f"{what}: nothing after {PATIENCE} seconds")


class Progress:
    """One line that moves on a terminal; elsewhere a line when something has changed, at most every two seconds."""

    def __init__(self):
        self.began, self.shown, self.last = time.monotonic(), 0.0, ""

    def show(self, text, final=False):
        terminal = sys.stdout.isatty()
        if not final and (text == self.last or time.monotonic() - self.shown < (0.1 if terminal else 2)):
            return
        self.shown, self.last = time.monotonic(), text
        text += f", in {time.monotonic() - self.began:.1f} s" if final else " …"
        print(f"\r\033[K   {text}" if terminal else f"   {text}", end="\n" if final or not terminal else "", flush=True)


def port(wanted="0"):
    for one in (int(wanted), 0):
        with socket.socket() as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                probe.bind(("127.0.0.1", one))
            except OSError:
                continue
            print(probe.getsockname()[1])
            return
    fail("no free port on 127.0.0.1")


def listens(where, process, what):
    def reached():
        with socket.socket() as probe:
            return probe.connect_ex(("127.0.0.1", int(where))) == 0

    until(reached, what, process)


def wait(folder, process, *names):
    progress = Progress()

    def loaded():
        try:
            now = feeds(folder)
        except OSError:
            return None
        done = all(name in now and not now[name]["loading"] for name in names)
        progress.show("published: " + ", ".join(f"{name.replace('_', ' ')} {now[name]['count']:,}" for name in (*TABLES, "scans") if name in now), final=done)
        return done

    until(loaded, "the gateway", process)


def divided(folder):
    """The feeds that have a partition for each region."""
    return ("orders", "scans") if os.path.exists(os.path.join(folder, "broker")) else ("orders",)


def held(folder, name):
    """What the device's file holds: {("customers", ""): how many, ("orders", "north"): how many, …}."""
    with sqlite3.connect(f"file:{folder}/{name}.db?mode=ro", uri=True, timeout=30) as file:
        out = {("customers", ""): file.execute("SELECT count(*) FROM customers").fetchone()[0]}
        for table in divided(folder):
            out.update(((table, region), count) for region, count in file.execute(f"SELECT region, count(*) FROM {table} GROUP BY region"))
        return out


def published(folder):
    now = feeds(folder)
    return {(name, part["partition"]): part["count"] for name in ("customers", *divided(folder)) for part in now[name]["partitions"]}


def counted(folder, rows, *regions):
    """"20,471 orders and 2,034 scans" of these regions."""
    return " and ".join(f"{sum(rows.get((table, region), 0) for region in regions):,} {table}" for table in divided(folder))


def near(some, all_of_them):
    """The writer is at work: the mirror may be a few rows behind or ahead of the answer just fetched."""
    return abs(some - all_of_them) <= max(50, all_of_them // 1000)


def mirrored(folder, *devices):
    progress = Progress()
    regions = {name: which.split(",") for name, which in (one.split("=") for one in devices)}

    def complete():
        try:
            there, here = published(folder), {name: held(folder, name) for name in regions}
        except sqlite3.Error:  # the mirrors have not made their tables yet
            return None
        done = all(near(here[name].get((what, which), 0), count) for (what, which), count in there.items() for name in regions if which in ("", *regions[name]))
        texts = [f"{name + ' ' if len(here) > 1 else ''}{counted(folder, rows, *regions[name])} ({', '.join(regions[name])})" for name, rows in here.items()]
        progress.show(f"on the {'devices' if len(here) > 1 else 'device'}: {', '.join(texts)}", final=done)
        return done

    until(complete, "the mirrors")


def change(folder, name):
    word = f"changed by the quick start, {time.strftime('%H:%M:%S')} ✓"
    base = sqlite3.connect(f"{folder}/company.db", timeout=30)
    with base:
        order = base.execute("SELECT min(order_no) FROM orders WHERE order_no > (SELECT max(order_no) / 2 FROM orders)").fetchone()[0]
        base.execute("UPDATE orders SET note = ?, total = '1234.50' WHERE order_no = ?", (word, order))
    began = time.monotonic()
    print(f"   in the database:  UPDATE orders SET total = 1234.50, note = '{word}' WHERE order_no = {order}")

    def arrived():
        with sqlite3.connect(f"file:{folder}/{name}.db?mode=ro", uri=True, timeout=5) as file:
            return file.execute("SELECT number, total, note, _rev FROM orders WHERE number = ? AND note = ?", (order, word)).fetchone()

    row = until(arrived, "the mirror")
    print(f"   on the device:    order {row[0]}: total {row[1]}, note '{row[2]}', revision {row[3][:10]}…, {time.monotonic() - began:.2f} s later")


def scanned(folder, name):
    def newest():
        with sqlite3.connect(f"file:{folder}/{name}.db?mode=ro", uri=True, timeout=5) as file:
            return file.execute('SELECT "order", place, at, _id FROM scans ORDER BY at DESC LIMIT 1').fetchone()

    before = newest()
    order, place, at, identity = until(lambda: newest() != before and newest(), "the mirror")
    later = time.time() - datetime.datetime.fromisoformat(at).timestamp()
    print(f"   on the device:    order {order} was scanned at '{place}' {later:.2f} s ago, message {identity}")


def move(folder, name, old, new):
    before = held(folder, name)
    directory.move(folder, name, f"sales-{old}", f"sales-{new}")
    began = time.monotonic()
    print(f"   in the directory: {name} leaves the group sales-{old} and joins sales-{new}")
    until(lambda: not any(region == old for _, region in held(folder, name)), "the mirror")
    print(f"   on the device:    the {counted(folder, before, old)} of the {old} are gone, {time.monotonic() - began:.2f} s later", flush=True)
    until(lambda: all(near(held(folder, name).get((what, new), 0), count) for (what, region), count in published(folder).items() if region == new), "the mirror")
    after = held(folder, name)
    print(f"   on the device:    {counted(folder, after, new)} of the {new} have come, {time.monotonic() - began:.2f} s later; the {after['customers', '']:,} customers have stayed")


def written(folder):
    """{feed: how many items it is to have}, once nobody writes any more."""
    base = sqlite3.connect(f"{folder}/company.db", timeout=30)
    rows = {table: base.execute(f"SELECT count(*) FROM {table}").fetchone()[0] for table in TABLES}
    if "scans" in divided(folder):
        with open(os.path.join(folder, "broker", "written"), encoding="ascii") as file:
            rows["scans"] = int(file.read())
    return rows


def settled(folder):
    rows = written(folder)
    digests, since = None, time.monotonic()

    def still():
        nonlocal digests, since
        now = feeds(folder)
        seen = {name: now[name]["partitions"] for name in rows}
        standing = [(part["partition"], part["digest"]) for parts in seen.values() for part in parts]
        if standing != digests or any(now[name]["count"] != rows[name] for name in rows):
            digests, since = standing, time.monotonic()
        return time.monotonic() - since > 2.5 and seen

    for name, parts in until(still, "the gateway").items():
        for part in parts:
            where = f" [{part['partition']}]" if part["partition"] else ""
            print(f"{name}{where}: {part['count']} items, digest {part['digest']}")


if __name__ == "__main__":
    signal.signal(signal.SIGINT, signal.SIG_DFL)  # Ctrl-C ends it without a word
    command, *rest = sys.argv[1:] or [""]
    commands = {one.__name__: one for one in (port, listens, wait, mirrored, change, scanned, move, settled)}
    if command not in commands:
        sys.exit(__doc__)
    commands[command](*rest)
