"""Figures of a device: the first copy of many items, in store and SQLite file, beside a mirror of the same gateway in the same run; and the memory and threads of both
when they are idle.

    device_bench.py --program build/bin/meshgate [--rows 100000]
"""

import argparse
import os
import re
import sys
import tempfile
import time

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "integration"))

from databases import Sqlite  # noqa: E402
from device import Device  # noqa: E402
from federation import origin_configuration  # noqa: E402
from processes import Gateway, Process, run, wait_for  # noqa: E402

IDLE = 40 # seconds without a change, before memory is looked at
LEAST_RATIO = 0.7
MOST_MEMORY = 50  # MB


def verdict(met):
    return "met" if met else "NOT MET"


def figures(process):
    """In words: resident memory, that of it which is nobody else's but for its share, and which holds no file; and threads."""
    place = f"/proc/{process.process.pid}"
    with open(f"{place}/smaps_rollup", encoding="ascii") as file:
        memory = {name: int(kilobytes) / 1024 for name, kilobytes in re.findall(r"^(\w+):\s+(\d+) kB", file.read(), re.M)}
    threads = len(os.listdir(f"{place}/task"))
    return memory["Rss"], f"{memory['Rss']:.1f} MB (proportional {memory['Pss']:.1f}, anonymous {memory['Anonymous']:.1f}), {threads} threads"


def mirrored(program, folder, gateway, number):
    begin = time.monotonic()
    code, out, err = run([program, "mirror", gateway.url, "--into", os.path.join(folder, f"mirror{number}.db"), "--once", "--quiet"])
    if code != 0:
        raise SystemExit(f"the mirror: {out}{err}")
    return time.monotonic() - begin


def copied(device, gateway, rows):
    """A device of its own; from the start to the moment when the SQLite file is proved complete."""
    begin = time.monotonic()
    device.start("--upstream", gateway.url)
    wanted = {feed: {one["partition"]: (one["count"], one["digest"]) for one in gateway.feed(feed)["partitions"]} for feed in ("orders", "notes")}
    wait_for("the device's copy", lambda: all(device.copied(feed) == parts for feed, parts in wanted.items()), 600)
    took = time.monotonic() - begin
    if device.file("SELECT count(*) FROM orders") != [(rows,)]:
        raise SystemExit("the file holds another number of rows")
    return took


def main():
    arguments = argparse.ArgumentParser()
    arguments.add_argument("--program", required=True)
    arguments.add_argument("--rows", type=int, default=100000)
    arguments.add_argument("--times", type=int, default=3)
    options = arguments.parse_args()
    program = os.path.abspath(options.program)
    with tempfile.TemporaryDirectory(prefix="meshgate-device-") as folder:
        database = Sqlite(folder)
        database.run("CREATE TABLE orders (id INTEGER PRIMARY KEY, region TEXT, text TEXT)", "CREATE TABLE notes (id INTEGER PRIMARY KEY, text TEXT)",
                     f"""INSERT INTO orders WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < {options.rows})
                         SELECT i, 'north', 'order ' || i || ' of somebody who wants it by Friday' FROM n""",
                     "INSERT INTO notes VALUES (1, 'first')")
        gateway = Gateway(program, folder, origin_configuration(database))
        with gateway.stopped_in_the_end():
            gateway.start_and_wait("orders", "notes")
            mirrors, devices = [], []
            for number in range(options.times):
                mirrors.append(mirrored(program, folder, gateway, number))
                device = Device(program, os.path.join(folder, f"own{number}"))
                with device.stopped_in_the_end():
                    devices.append(copied(device, gateway, options.rows))
                    if number + 1 == options.times:
                        mirror = Process([program, "mirror", gateway.url, "--into", os.path.join(folder, "mirror0.db"), "--quiet"], os.path.join(folder, "mirror.log"))
                        mirror.start()
                        with mirror.stopped_in_the_end():
                            time.sleep(IDLE)
                            (memory, words), (_, beside) = figures(device), figures(mirror)
            took, alone = sorted(devices)[len(devices) // 2], sorted(mirrors)[len(mirrors) // 2]
            print(f"| first copy of {options.rows:,} items at a device, store and SQLite file, with its start | {took:.2f} s | `meshgate mirror` {alone:.2f} s | {alone / took:.2f} ({verdict(alone / took >= LEAST_RATIO)}) | ≥ {LEAST_RATIO} |")
            print(f"| idle with {options.rows:,} items: device | {words} | `meshgate mirror` {beside} | {verdict(memory <= MOST_MEMORY)} | ≤ {MOST_MEMORY} MB |")


if __name__ == "__main__":
    main()
