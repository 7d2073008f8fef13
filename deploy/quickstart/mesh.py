#!/usr/bin/env python3
"""The quick start's eyes with --mesh: what gateway, hub and device hold, from their administration sockets and from the device's file.

mesh.py holds FOLDER            until hub, device and the device's file hold as much as the gateway publishes
mesh.py cut FOLDER SINCE        until the hub says that it does not hear the gateway; changes a customer in the database, and shows who knows of it
mesh.py back FOLDER SINCE       until the hub follows the gateway again and the device has that change
mesh.py equal FOLDER DIGESTS    until hub, device and the device's file have the digests of that file; prints them
"""
import datetime
import json
import os
import re
import sqlite3
import sys
import time

from tour import Progress, asked, near, until

FEEDS = ("customers", "orders")
CUSTOMER = 7
MEANWHILE = "changed-while-cut@example.com"


def at(folder, node, path):
    """The answer of a node's administration socket; nothing while there is none."""
    try:
        return asked(os.path.join(folder, node), path)
    except (OSError, json.JSONDecodeError):
        return None


def standing(folder, node):
    """{(feed, partition): (how many, digest)} at a node."""
    found = [at(folder, node, f"/feeds/{feed}") for feed in FEEDS]
    return {(one["feed"], part["partition"]): (part["count"], part["digest"]) for one in found if one and "partitions" in one for part in one["partitions"]}


def filed(folder, question):
    """What the device's file answers; nothing while it has no tables."""
    try:
        with sqlite3.connect(f"file:{folder}/device/feeds.db?mode=ro", uri=True, timeout=30) as file:
            return file.execute(question).fetchall()
    except sqlite3.Error:
        return []


def in_file(folder):
    rows = filed(folder, "SELECT f.name, p.name, p.count, p.digest FROM _meshgate_partitions p JOIN _meshgate_feeds f USING (feed)")
    return {(feed, partition): (count, digest) for feed, partition, count, digest in rows}


def counted(held):
    return " and ".join(f"{sum(count for (name, _), (count, _) in held.items() if name == feed):,} {feed}" for feed in FEEDS)


def holds(folder):
    progress = Progress()

    def complete():
        there, hub, here = standing(folder, "feeds"), standing(folder, "hub"), in_file(folder)
        done = there and all(near(held.get(one, (0,))[0], count) for one, (count, _) in there.items() for held in (hub, here))
        progress.show(f"at the hub: {counted(hub)}; on the device: {counted(here)}", final=done)
        return done

    until(complete, "hub and device")


def heard(folder):
    """Whether the hub hears the gateway."""
    found = [at(folder, "hub", f"/feeds/{feed}") for feed in FEEDS]
    return {one["source"]["state"] for one in found if one and "source" in one}


def email(folder, node):
    found = at(folder, node, f"/feeds/customers/items/{CUSTOMER}")
    return found and found["item"]["email"]


def filed_email(folder):
    return "".join(row[0] for row in filed(folder, f"SELECT email FROM customers WHERE _id = '{CUSTOMER}'"))


def tell(where, what):
    print(f"   {where + ':':17} {what}", flush=True)


def later(began):
    return f"{time.time() - float(began):.2f} s later"


def cut(folder, began):
    until(lambda: heard(folder) == {"failing"}, "the hub")
    tell("the hub says", f"the gateway cannot be reached, {later(began)}")
    with sqlite3.connect(f"{folder}/company.db", timeout=30) as base:
        base.execute("UPDATE customers SET email = ? WHERE customer_id = ?", (MEANWHILE, CUSTOMER))
    began = time.time()
    tell("in the database", f"UPDATE customers SET email = '{MEANWHILE}' WHERE customer_id = {CUSTOMER}")
    until(lambda: email(folder, "feeds") == MEANWHILE, "the gateway")
    tell("at the gateway", f"customer {CUSTOMER}: {MEANWHILE}, {later(began)}")
    known = until(lambda: at(folder, "hub", "/feeds/customers"), "the hub")["as_of"]
    age = time.time() - datetime.datetime.fromisoformat(known.replace("Z", "+00:00")).timestamp()
    tell("at the hub", f"customer {CUSTOMER}: {until(lambda: email(folder, 'hub'), 'the hub')}, as the gateway had it {age:.2f} s ago")
    tell("on the device", f"customer {CUSTOMER}: {filed_email(folder)}; {counted(in_file(folder))} are there to work with")


def back(folder, began):
    until(lambda: heard(folder) == {"following"}, "the hub")
    tell("the hub says", f"it follows the gateway again, {later(began)}")
    until(lambda: filed_email(folder) == MEANWHILE, "the device")
    tell("on the device", f"customer {CUSTOMER}: {MEANWHILE}, {later(began)}")


def equal(folder, digests):
    with open(digests, encoding="utf-8") as file:
        lines = [line.rstrip() for line in file if line.startswith(FEEDS)]
    wanted = {}
    for line in lines:
        feed, partition, count, digest = re.fullmatch(r"(\w+)(?: \[(\w+)\])?: (\d+) items, digest (\S+)", line).groups()
        wanted[feed, partition or ""] = (int(count), digest)
    until(lambda: standing(folder, "hub") == standing(folder, "device") == in_file(folder) == wanted, "hub and device")
    for who, held in (("hub", "equal to the gateway's"), ("device", "equal to the gateway's, in its file too")):
        for line in lines:
            print(f"   {who:8} {line} {held}")


if __name__ == "__main__":
    commands = {"holds": holds, "cut": cut, "back": back, "equal": equal}
    if len(sys.argv) < 3 or sys.argv[1] not in commands:
        sys.exit(__doc__)
    commands[sys.argv[1]](*sys.argv[2:])
