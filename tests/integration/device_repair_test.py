"""A device whose store is repaired by what differs: its SQLite file follows by what differs too, and a trigger there sees no other row written. After an upstream left a change out,
and after the gateway was restored from a backup.

    device_repair_test.py --program build/bin/meshgate [--rows 5000]
"""

import argparse
import os
import sqlite3
import tempfile

from device import Device, expect
from liar import Liar, left_out
from mirror_divided_test import Table, configuration, is_backed_up, is_restored, settled
from processes import Gateway, wait_for

MOST = 120  # writes: at most twenty rows differ, each with its memberships


class Written:
    """Counts what is written in the device's SQLite file, by triggers."""

    def __init__(self, device):
        self.device = device
        with sqlite3.connect(f"{device.data}/feeds.db", timeout=30) as file:
            file.execute("CREATE TABLE written (id)")
            for table, column in (("orders", "_id"), ("_meshgate_members", "id")):
                for event, row in (("INSERT", "new"), ("UPDATE", "new"), ("DELETE", "old")):
                    file.execute(f"CREATE TRIGGER {table}_{event} AFTER {event} ON {table} BEGIN INSERT INTO written VALUES ({row}.{column}); END")

    def begin(self):
        with sqlite3.connect(f"{self.device.data}/feeds.db", timeout=30) as file:
            file.execute("DELETE FROM written")

    def count(self):
        return self.device.file("SELECT count(*) FROM written")[0][0]


def agrees(device, gateway):
    feed = gateway.feed("orders")
    if not feed or feed["loading"]:
        return False
    there = {one["partition"]: (one["cursor"], one["count"], one["digest"]) for one in feed["partitions"]}
    return device.holds("orders") == there and device.copied("orders") == {name: one[1:] for name, one in there.items()}


def same(device, gateway, table):
    wait_for(f"store and file of the device to be as the gateway is:\n{device.recent()[-2000:]}", lambda: agrees(device, gateway), 120)
    rows = [tuple(map(str, row)) for row in device.file("SELECT id, region, second, text FROM orders ORDER BY id")]
    expect(rows == table.all(), "store and file have what the table has")


def restored(device, gateway, table, written, folder):
    backup = is_backed_up(gateway, folder, "backup")
    repaired = device.recent().count("repaired with")
    table.change(0, "lost")
    settled(gateway, table)
    same(device, gateway, table)
    written.begin()
    table.change(40, "new")
    is_restored(gateway, table, backup, folder)
    same(device, gateway, table)
    expect(device.recent().count("repaired with") > repaired, "after a restore of the gateway its store was repaired")
    expect(written.count() <= MOST, f"and its file by {written.count()} writes, where it holds {table.rows} rows")


def deceived(device, gateway, table, written, lying):
    before = device.recent().count("repaired with")
    written.begin()
    lying.append(True)
    table.change(80, "again")
    table.database.run("UPDATE orders SET text = 'left out' WHERE id = 77")
    settled(gateway, table)
    wait_for("the device to find out that something was left out", lambda: device.recent().count("repaired with") > before, 120)
    same(device, gateway, table)
    expect(written.count() <= MOST, f"in the same order: by {written.count()} writes")


def main():
    arguments = argparse.ArgumentParser()
    arguments.add_argument("--program", required=True)
    arguments.add_argument("--rows", type=int, default=5000)
    arguments = arguments.parse_args()
    program = os.path.abspath(arguments.program)
    with tempfile.TemporaryDirectory(prefix="meshgate-device-repair-") as folder:
        os.makedirs(os.path.join(folder, "hq"))
        table = Table(folder, arguments.rows)
        gateway = Gateway(program, os.path.join(folder, "hq"), configuration(table.database))
        lying = []
        liar = Liar(gateway, lambda lines: (line for line in lines if not lying or line in left_out([line])))
        device = Device(program, os.path.join(folder, "own"))
        with gateway.stopped_in_the_end(), device.stopped_in_the_end():
            gateway.start()
            settled(gateway, table)
            device.start("--upstream", liar.url, "--upstream", gateway.url)
            device.token("app")
            same(device, gateway, table)
            written = Written(device)
            wait_for("the device to follow who will lie", lambda: device.feed("orders")["source"]["name"] == liar.url.split("//")[1])
            deceived(device, gateway, table, written, lying)
            lying.clear()
            restored(device, gateway, table, written, folder)


if __name__ == "__main__":
    main()
