"""What a node does besides, written from HTTP.md and FOLLOWING.md alone: it repairs what it holds by /reconcile, and brings a feed of its own."""

import datetime
import hashlib
import json
import secrets
import urllib.parse

from replica_client import MODULUS, Copy, Refused, item_hash


def now():
    return datetime.datetime.now(datetime.timezone.utc).strftime("%Y-%m-%dT%H:%M:%S.%fZ")


def line_sum(lines):
    return sum(int.from_bytes(hashlib.sha256(line.encode()).digest()[:16], "big") for line in lines) % MODULUS


def reconcile(follower, partition):
    reconcile_with(follower, partition, Lines(follower.copies[partition]))


def reconcile_with(follower, partition, held):
    """What differs is asked for, 16 pieces at a time, and taken in place of what is held; the mark behind which to go on is the first answer's."""
    question = {"protocol": 1, "feed": follower.feed, "uid": follower.uid, "partition": partition, "floor": held.floor} | held.by
    floor, first, high, open_, wanted = held.floor, None, 0, [], []
    while first is None or open_ or wanted:
        asked = {"ranges": sorted(open_)[:500], "lines": sorted(wanted)[:500]} if first else {}
        text = follower.node.open("POST", "/reconcile", question | asked).read().decode()
        follower.node.received += len(text)
        for line in text.splitlines():
            kind, told = next(iter(json.loads(line).items()))
            if kind == "mark":
                first, floor = first or told, max(floor, told["floor"])
                high = max(high, *map(int, told["cursor"].split(".")[1:]))
            elif kind == "sums":
                open_ = [one for one in open_ if one != [told["after"], told["to"]]]
                apart = differing(held.sum, told, floor)
                open_ += [part for part, count in apart if count > 4]
                wanted += [part for part, count in apart if count <= 4]  # none of theirs too: then ours go
            elif kind == "lines":
                wanted.remove([told["after"], told["to"]])
                held.give_up(told["after"], told["to"], floor)
            else:
                held.come(line, kind, told)
    held.stand(first, high, floor)


def differing(own, told, floor):
    after, out = told["after"], []
    for to, count, theirs in told["parts"]:
        if own(after, to, floor) != (count, int(theirs, 16)):
            out.append(([after, to], count))
        after = to
    return out


class Lines:
    """A copy that keeps lines, as reconcile_with() takes it."""

    by = {}

    def __init__(self, copy):
        self.copy, self.floor = copy, copy.floor

    def sum(self, after, to, floor):
        own = self.copy.within(after, to, floor)
        return len(own), line_sum(own)

    def give_up(self, after, to, floor):
        for line in self.copy.within(after, to, floor):
            self.copy.lines.pop(next(iter(json.loads(line).values()))["seq"])

    def come(self, line, _, told):
        self.copy.lines[told["seq"]] = line

    def stand(self, first, high, floor):
        copy = self.copy
        epoch, head = first["cursor"].split(".")[:2]
        copy.lines = {seq: line for seq, line in copy.lines.items() if seq <= int(head) and not (seq <= floor and line.startswith('{"gone"'))}
        entries = ((seq, next(iter(json.loads(line).values()))) for seq, line in copy.lines.items())
        copy.at = {one["id"]: seq for seq, one in entries if "id" in one}
        copy.cursor, copy.floor, copy.met, copy.caught_up = f"{epoch}.{head}" if high <= int(head) else f"{epoch}.{head}.0.{high}", floor, None, False


class Bringer:
    """The origin of a feed without partitions, which brings it to a node."""

    def __init__(self, node, feed):
        self.node, self.feed = node, feed
        self.uid, self.epoch, self.seq, self.copy, self.peer = secrets.token_hex(16), secrets.token_hex(16), 0, Copy(), "0"

    def put(self, identity, fields):
        content = json.dumps({name: fields[name] for name in sorted(fields)}, ensure_ascii=False, separators=(",", ":"))
        self.add("put", f'"id":{json.dumps(identity)},"rev":"1-{item_hash(identity, content)}","at":"{now()}","item":{content}', identity)

    def gone(self, identity):
        self.add("gone", f'"id":{json.dumps(identity)}', identity)

    def add(self, kind, members, identity):
        self.seq += 1
        self.copy.drop(self.copy.at.get(identity))
        self.copy.at[identity] = self.seq
        self.copy.lines[self.seq] = f'{{"{kind}":{{"seq":{self.seq},{members}}}}}'

    def at(self, path, body, method="POST"):
        return self.node.ask(method, f"/peers/feeds/{self.feed}{path}", body)

    def newer_origin(self):
        """What the peer knows of a promotion that this node does not: then it is the origin no more."""
        try:
            self.at("/claim", {"uid": self.uid, "term": 0, "epoch": "0" * 32})
        except Refused as refusal:
            if refusal.status == 409:
                return {name: refusal.told[name] for name in ("uid", "term", "epoch")}
            if refusal.status != 404:  # 404: the peer has no such feed yet
                raise
        return None

    def offer(self, schema):
        if self.newer_origin():
            raise Refused(409, "this node has stepped down")
        description = {"feed": self.feed, "uid": self.uid, "divided": False, "schema": schema, "partitions": []}
        self.peer = self.at("", description, "PUT")["cursors"].get("", "0")

    def say_terms(self, read):
        charter = {"feeds": {self.feed: {"read": read, "shown": {}}}}
        version = hashlib.sha256(json.dumps(charter).encode()).hexdigest()
        self.node.ask("PUT", "/peers/charter", {"as_of": now(), "version": version, "charter": charter})

    def page(self, most=1000):
        """Lines behind where the peer stands, and a mark; the cursor of that, and whether there is no more behind it."""
        after, low = (int(part) for part in (self.peer + ".0.0").split(".")[1:3]) if self.peer != "0" else (0, self.seq)
        lines = self.copy.within(after, self.seq, 0)
        page, whole = lines[:most], len(lines) <= most
        to = self.seq if whole else next(iter(json.loads(page[-1]).values()))["seq"]
        count, digest = self.copy.standing()
        mark = {"cursor": f"{self.epoch}.{to}" if whole else f"{self.epoch}.{to}.{min(low, self.seq)}.{self.seq}", "caught_up": whole, "floor": 0}
        mark |= {"count": count, "digest": digest, "as_of": now()} if whole else {}
        return "".join(line + "\n" for line in page) + json.dumps({"mark": mark}, separators=(",", ":")) + "\n", mark["cursor"], whole

    def bring(self, most=1000):
        """A page; where the peer stands elsewhere it says where."""
        body, cursor, whole = self.page(most)
        try:
            self.at(f"/changes?after={urllib.parse.quote(self.peer)}", body)
        except Refused as refusal:
            if refusal.status != 409 or "cursor" not in refusal.told or refusal.told["cursor"] == self.peer:
                raise
            self.peer = refusal.told["cursor"]
            return False
        self.peer = cursor
        return whole
