"""A client that keeps one row for each item of a divided feed, and beside it which partitions it is in, written from HTTP.md alone: after a new order it reconciles by items, partition by partition."""

import hashlib
import json

from replica_client import MODULUS, Broken, Follower, item_hash
from replica_node import reconcile_with


def item_sum(seq, content_hash):
    return int.from_bytes(hashlib.sha256(f"{seq} {content_hash}".encode()).digest()[:16], "big")


class Rows:
    """What is shown of each item, and where that stands; by partition what each item is in it."""

    def __init__(self):
        self.rows, self.parts = {}, {}

    def put(self, part, identity, seq, content_hash, item):
        part.members[identity] = (seq, content_hash)
        others = [one.members[identity][0] for one in self.parts.values() if one is not part and one.stands and identity in one.members]
        if identity not in self.rows or not others or max(others) < seq:
            self.rows[identity] = (content_hash, item)

    def gone(self, part, identity):
        if part.members.pop(identity, None) and not any(identity in one.members for one in self.parts.values()):
            del self.rows[identity]


class Part:
    """A partition: its members, with seq and hash of each. It stands where its cursor says, or is still to be compared."""

    def __init__(self, rows):
        self.rows, self.members, self.cursor, self.floor, self.caught_up, self.stands = rows, {}, "0", 0, False, True

    def take(self, line, kind, told):
        if kind == "trim":
            for identity in [one for one, (seq, _) in self.members.items() if seq <= told["through"]]:
                self.rows.gone(self, identity)
        elif kind == "gone":
            self.rows.gone(self, told["id"])
        else:
            content = line[line.index(',"item":') + 8:-2]
            if told["rev"].split("-")[1] != item_hash(told["id"], content):
                raise Broken(f"an item is not what its revision says: {line[:200]}")
            self.rows.put(self, told["id"], told["seq"], told["rev"].split("-")[1], json.loads(content))

    def mark(self, told):
        self.cursor, self.caught_up = told["cursor"], told["caught_up"]
        if self.caught_up and self.standing() != (told["count"], told["digest"]):
            raise Broken(f"a mark says {told}, what is held is {self.standing()}")

    def standing(self):
        return len(self.members), "sum128:%032x" % (sum(int(one, 16) for _, one in self.members.values()) % MODULUS)

    # ---- what reconcile_with() asks of it ----

    by = {"by": "items"}

    def within(self, after, to):
        return {identity: one for identity, one in self.members.items() if after < one[0] <= to}

    def sum(self, after, to, _):
        """An item that is shown as this partition has it not is like none of the node's."""
        held = self.within(after, to)
        return len(held), sum(item_sum(seq, one if self.rows.rows[identity][0] == one else "") for identity, (seq, one) in held.items()) % MODULUS

    def give_up(self, after, to, _):
        for identity in self.within(after, to):
            self.rows.gone(self, identity)

    def come(self, line, kind, told):
        if kind == "put":
            self.take(line, kind, told)

    def stand(self, first, high, _):
        epoch, head = first["cursor"].split(".")[:2]
        for identity, (seq, _) in list(self.members.items()):
            if seq > int(head):
                self.rows.gone(self, identity)
        self.cursor, self.caught_up, self.stands = f"{epoch}.{head}" if high <= int(head) else f"{epoch}.{head}.0.{high}", False, True


class RowFollower(Follower):
    def __init__(self, node, feed):
        super().__init__(node, feed)
        self.rows = Rows()
        self.copies = self.rows.parts

    def new_copy(self):
        return Part(self.rows)

    def reconcile(self, partitions):
        """In this order; the others are still to be compared, and nothing that they say counts."""
        for part in self.copies.values():
            part.stands = part.stands and part.cursor.split(".")[0] == self.epoch()
        for partition in partitions:
            reconcile_with(self, partition, self.copies[partition])

    def epoch(self):
        return self.node.ask("GET", f"/feeds/{self.feed}")["epoch"]
