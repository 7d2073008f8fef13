"""The first scan of a large table in a memory limit, killed with SIGKILL on the way: it goes on where it was, says how far it is, and ends with what the
table holds, by count and digest.

    first_load_test.py --program build/bin/meshgate [--rows 10000000] [--kills 5] [--seed N]

The limit is 256 MiB of resident memory (VmHWM, kept by the kernel): all that the program itself holds, RocksDB's buffers and caches of blocks with it.
The kernel's own cache of files that were written or read is not in it; a container's limit counts that too, but gives it back before it kills.
"""

import argparse
import os
import random
import re
import subprocess
import tempfile
import time

from databases import Postgres
from processes import Gateway
from reader import content_hash

LIMIT = 256 << 20
# Records that the gateway holds or has under way: three batches, and what a first scan keeps back: 64 MiB, of which a row here takes over 100 bytes.
AT_ONCE = 3 * 5000 + (64 << 20) // 100
FEED = "big"


def memory(gateway):
    """Peak resident bytes of the process; 0 when it is gone."""
    try:
        with open(f"/proc/{gateway.process.pid}/status", encoding="ascii") as status:
            return next((int(line.split()[1]) << 10 for line in status if line.startswith("VmHWM")), 0)
    except OSError:
        return 0


def rows_read(gateway):
    answer = gateway.get("/metrics")
    found = re.search(rb'^meshgate_source_rows(?:_total)?\{[^}]*\} (\S+)$', answer[1], re.M) if answer else None
    return int(float(found.group(1))) if found else 0


class Load:
    """One first scan over several lives of a gateway."""

    def __init__(self, gateway, rows):
        self.gateway, self.rows = gateway, rows
        self.durable = 0  # items that were committed when the life before was killed
        self.peak = 0

    def live_until(self, count):
        """Starts a gateway and waits for so many items, or (None) for the end of the scan; looks after its memory and what it reads again."""
        self.gateway.start()
        end = time.monotonic() + 3000
        while time.monotonic() < end:
            read, feed = rows_read(self.gateway), self.gateway.feed(FEED)
            self.peak = max(self.peak, memory(self.gateway))
            if self.peak > LIMIT:
                self.gateway.kill()
                raise SystemExit(f"{self.peak >> 20} MiB of memory are more than {LIMIT >> 20}")
            if not self.gateway.running():
                raise SystemExit("the gateway ended:\n" + self.gateway.log()[-3000:])
            if feed and (not feed["loading"] if count is None else feed["count"] >= count):
                return self.account(read, feed)
            time.sleep(0.05)
        raise SystemExit("the scan did not come so far in 50 minutes")

    def account(self, read, feed):
        """What was read was new, but for what was under way when the life before was killed."""
        again = read - (feed["count"] - self.durable)
        print(f"{feed['count']} of {self.rows} items, {read} rows read since the start, {max(again, 0)} of them at most not new; peak {self.peak >> 20} MiB", flush=True)
        if feed["count"] < self.durable or again > AT_ONCE:
            raise SystemExit(f"{self.durable} items were there, {feed['count']} are now, and {read} rows were read for that")
        self.durable = feed["count"]


def table_digest(postgres, table):
    """(count, digest) made from the table alone, row by row."""
    total = count = 0
    copy = subprocess.Popen([*postgres.command, "-c", f"COPY (SELECT id, name, quantity FROM {table}) TO STDOUT"], env=postgres.env, stdout=subprocess.PIPE)
    for line in copy.stdout:
        identity, name, quantity = line.decode().rstrip("\n").split("\t")
        total += int(content_hash(identity, f'{{"id":{identity},"name":"{name}","quantity":{quantity}}}'), 16)
        count += 1
    if copy.wait() != 0:
        raise SystemExit("the table could not be read")
    return count, "sum128:%032x" % (total % (1 << 128))


def first_load(options, folder, postgres):
    table = postgres.table(FEED)
    postgres.once(f"CREATE TABLE {table} AS SELECT n AS id, 'customer number ' || n * 7919 % 1000003 AS name, n % 1000 AS quantity FROM generate_series(1, {options.rows}::bigint) n; "
                  f"ALTER TABLE {table} ADD PRIMARY KEY (id); ANALYZE {table}")
    gateway = Gateway(options.program, folder, f"""
node: {{ read: public, roles: {{ viewer: public }}, data: DATA, listen: "http://127.0.0.1:PORT" }}
sources: {{ s: {{ connector: odbc, connection: {postgres.connection_yaml()}, every: 1h }} }}
feeds: {{ {FEED}: {{ from: {{ source: s, table: {table} }} }} }}
""")
    load = Load(gateway, options.rows)
    chance = random.Random(options.seed)
    with gateway.stopped_in_the_end():
        for count in sorted(chance.randrange(options.rows // 50, options.rows) for _ in range(options.kills)):
            load.live_until(count)
            gateway.kill()
        load.live_until(None)
        feed = gateway.feed(FEED)
    wanted = table_digest(postgres, table)
    held = (feed["count"], feed["partitions"][0]["digest"])
    if held != wanted:
        raise SystemExit(f"the table has {wanted}, the feed {held}")
    progress = re.findall(r"scanning: \d+ rows, \d+ rows/s of \d+, \d+ s left", gateway.log())
    if not progress and options.rows >= 10_000_000:
        raise SystemExit("the log does not say how far the scan is")
    print(f"{held[0]} items, {held[1]}, equal to the table after {options.kills} kills; peak memory {load.peak >> 20} MiB; last said: {progress[-1] if progress else 'nothing'}")


def main():
    arguments = argparse.ArgumentParser()
    arguments.add_argument("--program", required=True)
    arguments.add_argument("--rows", type=int, default=10_000_000)
    arguments.add_argument("--kills", type=int, default=5)
    arguments.add_argument("--seed", type=int, default=int.from_bytes(os.urandom(4), "big"))
    options = arguments.parse_args()
    options.program = os.path.abspath(options.program)
    print(f"seed {options.seed}", flush=True)
    with tempfile.TemporaryDirectory(prefix="meshgate-first-load-") as folder:
        postgres = Postgres(folder)
        try:
            first_load(options, folder, postgres)
        finally:
            postgres.close()


if __name__ == "__main__":
    main()
