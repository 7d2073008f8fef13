"""A hub whose copy has come apart from the gateway's repairs it: after the gateway was restored from a backup, and after a peer left changes out; and so does a mirror. Only what
differs travels, and what travels is counted.

    federation_reconcile_test.py --program build/bin/meshgate [--rows 20000]
"""

import argparse
import os
import shutil
import tempfile

from counted_wire import Wire
from databases import Sqlite
from federation import agree, described, hub_configuration
from liar import Liar, left_out
from processes import Gateway, run, wait_for

DIFFERING = 10


def most(rows):
    """Of a full download: five answers for each place that differs, whatever the number of rows."""
    return 0.005 if rows >= 1000000 else 0.05


def patience(rows):
    """Seconds: both read all of it several times."""
    return 60 + rows // 2000


def origin_configuration(database):
    return f"""
node: {{ name: hq, data: DATA, listen: "http://127.0.0.1:PORT", insecure: true, read: public }}
sources: {{ company: {{ connector: odbc, connection: {database.connection_yaml()}, every: 50ms }} }}
feeds:
  orders: {{ from: {{ source: company, table: orders }} }}
"""


def change(database, ids, what):
    database.run(f"UPDATE orders SET text = text || '{what}' WHERE id IN ({', '.join(map(str, ids))})")


def changed(node, ids, what):
    last = node.get(f"/feeds/orders/items/{ids[-1]}")
    return last is not None and last[0] == 200 and last[1]["item"]["text"].endswith(what)


def spread(rows):
    """Ids all over the order, another one than that in which they change."""
    return [1 + one * (rows // DIFFERING) for one in range(DIFFERING)]


def following(hub):
    source = described(hub, "orders")["source"]
    return source["name"], source["state"]


def cost(what, bytes_, full, rows):
    print(f"{what}: {bytes_} bytes on the wire, {100 * bytes_ / full:.2f} % of a full download ({full} bytes)", flush=True)
    if bytes_ > full * most(rows):
        raise SystemExit(f"{what} took {bytes_} bytes of {full}")


class Mirror:
    """A mirror that runs once now and then, over a wire of its own."""

    def __init__(self, gateway, folder):
        self.program, self.wire, self.file = gateway.program, Wire(gateway.port), os.path.join(folder, "mirror.db")

    def once(self):
        """What it says, and the bytes that came."""
        self.wire.count()
        code, out, err = run([self.program, "mirror", self.wire.url, "--into", self.file, "--once"], 900)
        if code != 0:
            raise SystemExit(f"mirror ended with {code}: {out}{err}")
        return out + err, self.wire.count()


def restored(gateway, hub, mirror, database, wire, rows, folder, full):
    """The gateway is lost, and comes back as it was before the last changes; its table has others since."""
    ids = spread(rows)
    code, out, err = run([gateway.program, "backup", "-c", gateway.config, os.path.join(folder, "backup")])
    if code != 0:
        raise SystemExit(f"backup: {out}{err}")
    change(database, ids, " lost")
    wait_for("the gateway to have what will be lost", lambda: changed(gateway, ids, "lost"), patience(rows))
    agree(gateway, hub, "orders", seconds=patience(rows))
    mirrored = mirror.once()[1]
    gateway.kill()
    shutil.rmtree(os.path.join(folder, "hq", "data"))
    code, out, err = run([gateway.program, "restore", "-c", gateway.config, os.path.join(folder, "backup")])
    if code != 0:
        raise SystemExit(f"restore: {out}{err}")
    change(database, ids[: DIFFERING // 2], " new")
    wire.count()
    gateway.start()
    wait_for("the restored gateway to have what is new", lambda: changed(gateway, ids[: DIFFERING // 2], "new"), patience(rows))
    agree(gateway, hub, "orders", seconds=patience(rows))
    cost("a new epoch", wire.count(), full, rows)
    wait_for("the hub to say that it was repaired", lambda: "repaired with" in hub.log())
    gateway.wait_until_loaded("orders")
    said, took = mirror.once()
    if "repaired by what differs" not in said:
        raise SystemExit(f"the mirror did not repair its file: {said}")
    cost("a mirror after a new epoch", took, mirrored, rows)


def left(gateway, hub, database, wire, liar, lying, rows, full):
    """A peer leaves changes out; the hub finds it out at the next mark and is repaired from the gateway."""
    ids = spread(rows)
    wait_for("the hub to follow the peer that will lie", lambda: liar.asked > 0 and following(hub) == ("liar", "following"))
    repairs = hub.log().count("repaired with")
    wire.count()
    lying.append(True)
    change(database, [*ids, 77], " again")
    wait_for("the hub to find out", lambda: "count or digest of what was received differ" in hub.log(), patience(rows))
    wait_for("the hub to be repaired", lambda: hub.log().count("repaired with") > repairs, patience(rows))
    agree(gateway, hub, "orders", seconds=patience(rows))
    cost("the same epoch", wire.count(), full, rows)


def main():
    arguments = argparse.ArgumentParser()
    arguments.add_argument("--program", required=True)
    arguments.add_argument("--rows", type=int, default=20000)
    arguments = arguments.parse_args()
    program = os.path.abspath(arguments.program)
    with tempfile.TemporaryDirectory(prefix="meshgate-reconcile-") as folder:
        for name in ("hq", "hub"):
            os.makedirs(os.path.join(folder, name))
        database = Sqlite(os.path.join(folder, "hq"))
        database.run("CREATE TABLE orders (id INTEGER PRIMARY KEY, text TEXT)",
                     f"WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < {arguments.rows}) "
                     "INSERT INTO orders SELECT i, 'order ' || i || ' of ' || hex(randomblob(16)) FROM n")
        gateway = Gateway(program, os.path.join(folder, "hq"), origin_configuration(database))
        lying = []
        liar = Liar(gateway, lambda lines: (line for line in lines if not lying or line in left_out([line])))
        wire = Wire(gateway.port)
        hub = Gateway(program, os.path.join(folder, "hub"), hub_configuration([("liar", liar.url), ("hq", wire.url)], [("orders", "")]))
        hub_first = open(hub.config, encoding="utf-8").read()
        with open(hub.config, "w", encoding="utf-8") as file:
            file.write(hub_first.replace("peer: [liar, hq]", "peer: [hq]"))
        with gateway.stopped_in_the_end(), hub.stopped_in_the_end():
            gateway.start()
            gateway.wait_until_loaded("orders")
            wire.count()
            hub.start()
            agree(gateway, hub, "orders", seconds=600)
            full = wire.count()
            mirror = Mirror(gateway, folder)
            restored(gateway, hub, mirror, database, wire, arguments.rows, folder, full)
            hub.stop()
            with open(hub.config, "w", encoding="utf-8") as file:
                file.write(hub_first)
            hub.start()
            agree(gateway, hub, "orders", seconds=patience(arguments.rows))
            left(gateway, hub, database, wire, liar, lying, arguments.rows, full)
        liar.stop()
        wire.stop()
        mirror.wire.stop()
    print("what differs travels, and nothing else")


if __name__ == "__main__":
    main()
