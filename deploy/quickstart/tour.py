#!/usr/bin/env python3
"""The quick start's eyes: every number it prints comes from the gateway's HTTP answers or from the mirror's file.

tour.py port                           a free port, 7443 if that is free
tour.py wait URL PID                   until the gateway has published every feed
tour.py mirrored DEVICE URL PID FEED…  until the mirror's file holds as many rows as the gateway publishes
tour.py change COMPANY DEVICE PID      changes one order in the database, waits for it in the mirror's file
tour.py settled URL COMPANY            until the gateway's counts are the database's and its digests stand still; prints the digests
"""
import json
import os
import socket
import sqlite3
import sys
import time
import urllib.request

PATIENCE = 300
TABLES = ("customers", "products", "orders", "order_lines")


def feeds(url):
    with urllib.request.urlopen(url + "/feeds", timeout=10) as answer:
        return {one["feed"]: one for one in json.load(answer)["feeds"]}


def fail(sentence):
    print(f"quickstart: {sentence}", file=sys.stderr)
    sys.exit(1)


def until(check, process, what):
    """Calls `check` until it gives something; a process that died, or too long a wait, ends the tour."""
    end = time.monotonic() + PATIENCE
    while time.monotonic() < end:
        found = check()
        if found:
            return found
        if process and not os.path.exists(f"/proc/{process}"):
            fail(f"{what} ended; its last words are in the logs named above")
        time.sleep(0.1)
    fail(f"{what}: nothing after {PATIENCE} seconds")


class Progress:
    """One line that moves on a terminal; elsewhere a line when something has changed, at most every two seconds."""

    def __init__(self):
        self.shown, self.last = 0.0, ""

    def show(self, text, final=False):
        terminal = sys.stdout.isatty()
        if not final and (text == self.last or time.monotonic() - self.shown < (0.1 if terminal else 2)):
            return
        self.shown, self.last = time.monotonic(), text
        print(f"\r\033[K   {text}" if terminal else f"   {text}", end="\n" if final or not terminal else "", flush=True)


def counts(all_feeds, names):
    return ", ".join(f"{name.replace('_', ' ')} {all_feeds[name]['count']:,}" for name in names if name in all_feeds)


def port():
    for wanted in (7443, 0):
        with socket.socket() as one:
            one.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                one.bind(("127.0.0.1", wanted))
            except OSError:
                continue
            print(one.getsockname()[1])
            return
    fail("no free port on 127.0.0.1")


def wait(url, process):
    progress, began = Progress(), time.monotonic()

    def loaded():
        try:
            now = feeds(url)
        except OSError:
            return None
        done = len(now) == len(TABLES) and not any(one["loading"] for one in now.values())
        progress.show(f"published: {counts(now, TABLES)}" + (f", in {time.monotonic() - began:.1f} s" if done else " …"), final=done)
        return done

    until(loaded, process, "the gateway")


def mirrored(device, url, process, names):
    progress, began = Progress(), time.monotonic()

    def held():
        try:
            with sqlite3.connect(f"file:{device}?mode=ro", uri=True, timeout=5) as file:
                rows = {name: file.execute(f'SELECT count(*) FROM "{name}"').fetchone()[0] for name in names}
        except sqlite3.Error:
            return None
        now = feeds(url)
        # The writer is at work: the mirror may be a few rows behind or ahead of the answer just fetched.
        done = all(abs(rows[name] - now[name]["count"]) <= max(50, now[name]["count"] // 1000) for name in names)
        text = ", ".join(f"{name} {count:,} of {now[name]['count']:,}" for name, count in rows.items())
        progress.show(f"on the device: {text}" + (f", in {time.monotonic() - began:.1f} s" if done else " …"), final=done)
        return done

    until(held, process, "the mirror")


def change(company, device, process):
    word = f"changed by the quick start, {time.strftime('%H:%M:%S')} ✓"
    base = sqlite3.connect(company, timeout=30)
    with base:
        order = base.execute("SELECT min(order_no) FROM orders WHERE order_no > 50000").fetchone()[0]
        base.execute("UPDATE orders SET note = ?, total = '1234.50' WHERE order_no = ?", (word, order))
    began = time.monotonic()
    print(f"   in the database:  UPDATE orders SET total = 1234.50, note = '{word}' WHERE order_no = {order}")

    def arrived():
        with sqlite3.connect(f"file:{device}?mode=ro", uri=True, timeout=5) as file:
            return file.execute("SELECT number, total, note, _rev FROM orders WHERE number = ? AND note = ?", (order, word)).fetchone()

    row = until(arrived, process, "the mirror")
    print(f"   on the device:    order {row[0]}: total {row[1]}, note '{row[2]}', revision {row[3][:10]}…, {time.monotonic() - began:.2f} s later")


def settled(url, company):
    base = sqlite3.connect(company, timeout=30)
    rows = {table: base.execute(f"SELECT count(*) FROM {table}").fetchone()[0] for table in TABLES}
    digests, since = None, time.monotonic()

    def still():
        nonlocal digests, since
        now = feeds(url)
        seen = {name: (one["count"], [part["digest"] for part in one["partitions"]]) for name, one in now.items()}
        if seen != digests or any(seen[name][0] != rows[name] for name in TABLES):
            digests, since = seen, time.monotonic()
        return time.monotonic() - since > 2.5 and seen

    for name, (count, parts) in until(still, None, "the gateway").items():
        print(f"{name} {count} {' '.join(parts)}")


if __name__ == "__main__":
    what, *rest = sys.argv[1:] or [""]
    if what == "port":
        port()
    elif what == "wait":
        wait(*rest)
    elif what == "mirrored":
        mirrored(rest[0], rest[1], rest[2], rest[3:])
    elif what == "change":
        change(*rest)
    elif what == "settled":
        settled(*rest)
    else:
        sys.exit(__doc__)
