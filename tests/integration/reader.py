"""An independent reader of a node, written from the HTTP page alone with Python's standard library: pages by hand, applies lines,
checks every hash, and every caught-up mark against its own count and digest."""

import hashlib
import http.client
import json
import struct
import urllib.parse


def content_hash(identity, content):
    identity, content = identity.encode(), content.encode()
    data = b"meshgate:item:1\n" + struct.pack(">Q", len(identity)) + identity + struct.pack(">Q", len(content)) + content
    return hashlib.sha256(data).hexdigest()[:32]


def digest(hashes):
    return "sum128:%032x" % (sum(int(one, 16) for one in hashes) % (1 << 128))


def canonical(fields):
    """Canonical content of fields whose values are already JSON values; None is left out."""
    return json.dumps({k: fields[k] for k in sorted(fields, key=str.encode) if fields[k] is not None}, ensure_ascii=False, separators=(",", ":"))


class Wrong(Exception):
    pass


class Reader:
    """Holds one partition of one feed."""

    def __init__(self, host, port, feed, partition):
        self.host, self.port, self.feed, self.partition = host, port, feed, partition
        self.cursor = "0"
        self.items = {}  # id -> (content text, hash)
        self.met = None  # ids met in a pass that replaces what is held
        self.marks = 0
        self.caught_up_marks = 0
        self.gone_answers = 0

    def get(self, path):
        connection = http.client.HTTPConnection(self.host, self.port, timeout=60)
        try:
            connection.request("GET", path)
            answer = connection.getresponse()
            return answer.status, answer.read()
        finally:
            connection.close()

    def page(self, limit):
        """Reads one page; True at a caught-up mark. Raises OSError while the node is down, Wrong when the node breaks its word."""
        query = {"after": self.cursor, "limit": limit}
        if self.partition is not None:
            query["partition"] = self.partition
        status, body = self.get(f"/feeds/{self.feed}/changes?{urllib.parse.urlencode(query)}")
        if status == 410:
            self.gone_answers += 1
            self.cursor, self.met = "0", set()
            return False
        if status in (404, 503):
            return False
        if status != 200:
            raise Wrong(f"status {status}: {body[:300]!r}")
        if not body.endswith(b"\n"):
            raise OSError("the answer broke off")
        caught_up = False
        last_seq = 0
        for line in body.decode().splitlines():
            kind, value = next(iter(json.loads(line).items()))
            if kind == "put":
                last_seq = self.in_order(value["seq"], last_seq)
                self.put(line, value)
            elif kind == "gone":
                last_seq = self.in_order(value["seq"], last_seq)
                self.items.pop(value["id"], None)
            elif kind == "mark":
                caught_up = self.mark(value)
            elif kind != "schema":
                raise Wrong(f"unknown line {line[:100]}")
        return caught_up

    def in_order(self, seq, last):
        before = 0 if self.cursor == "0" else int(self.cursor.split(".")[1])
        if seq <= last or seq <= before:
            raise Wrong(f"seq {seq} came after {last} and cursor {self.cursor}")
        return seq

    def put(self, line, value):
        content = line[line.index(',"item":') + 8:-2]
        if value["rev"].split("-")[1] != content_hash(value["id"], content):
            raise Wrong(f"the hash of {value['id']} does not fit its content: {line[:300]}")
        self.items[value["id"]] = (content, value["rev"].split("-")[1])
        if self.met is not None:
            self.met.add(value["id"])

    def mark(self, value):
        epoch, seq = value["cursor"].split(".")[:2]
        if self.cursor != "0":
            before_epoch, before_seq = self.cursor.split(".")[:2]
            if before_epoch == epoch and int(seq) < int(before_seq):
                raise Wrong(f"the cursor went back from {self.cursor} to {value['cursor']}")
        self.cursor = value["cursor"]
        self.marks += 1
        if not value["caught_up"]:
            return False
        if self.met is not None:
            self.items = {identity: held for identity, held in self.items.items() if identity in self.met}
            self.met = None
        self.caught_up_marks += 1
        mine = digest(held[1] for held in self.items.values())
        if value["count"] != len(self.items) or value["digest"] != mine:
            raise Wrong(f"caught up at {self.cursor} with {value['count']} items and {value['digest']}, but holding {len(self.items)} and {mine}")
        return True
