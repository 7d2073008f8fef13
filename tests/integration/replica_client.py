"""A client in Python's standard library, written from HTTP.md alone: it signs in, follows a feed over /sync with all its partitions, checks every item, count and digest, and drops
what it may not see any more. What only nodes do is in replica_node.py."""

import base64
import hashlib
import http.client
import json
import random
import secrets
import struct
import time

MODULUS = 1 << 128


class Refused(Exception):
    def __init__(self, status, told):
        super().__init__(f"{status} {told}")
        self.status, self.told = status, told


class Broken(Exception):
    """The node does not keep to the page."""


def item_hash(identity, content):
    identity, content = identity.encode(), content.encode()
    return hashlib.sha256(b"meshgate:item:1\n" + struct.pack(">Q", len(identity)) + identity + struct.pack(">Q", len(content)) + content).hexdigest()[:32]


class Node:
    """Answers; with a token, or a certificate in the context."""

    def __init__(self, port, context=None):
        self.port, self.context, self.tokens, self.received = port, context, None, 0

    def open(self, method, path, body=None, fields=None):
        """An answer to be read; what is only for the moment is asked again."""
        for attempt in range(8):
            answer = self.once(method, path, json.dumps(body) if isinstance(body, dict) else body, fields or {})
            if answer.getheader("Meshgate-Protocol") != "1":
                raise Broken("it speaks another protocol")
            if answer.status < 300:
                return answer
            told = json.loads(answer.read())
            if answer.status not in (408, 429, 500, 503):
                break
            time.sleep(float(answer.getheader("Retry-After") or 0.25 * 2**attempt) * random.uniform(0.8, 1.2))
        raise Refused(answer.status, told)

    def once(self, method, path, body, fields):
        kind, more = (http.client.HTTPSConnection, {"context": self.context}) if self.context else (http.client.HTTPConnection, {})
        connection = kind("127.0.0.1", self.port, timeout=40, **more)
        shown = {"Authorization": "Bearer " + self.tokens["access_token"]} if self.tokens else {}
        connection.request(method, path, body and body.encode(), {**shown, **fields})
        return connection.getresponse()

    def ask(self, method, path, body=None, fields=None):
        with self.open(method, path, body, fields) as answer:
            text = answer.read()
            self.received += len(text)
            return json.loads(text) if text else None

    def sign_in(self, user, password):
        self.tokens = self.ask("POST", "/auth/token", {"grant_type": "password", "username": user, "password": password, "device": "a client"}, {"Content-Type": "application/json"})

    def refresh(self):
        """With a secret of our own for the next token: the same question may be asked again when its answer is lost."""
        device, family, _ = self.tokens["refresh_token"].split(".")
        secret = secrets.token_urlsafe(32)
        following = base64.urlsafe_b64encode(hashlib.sha256(secret.encode()).digest()).decode().rstrip("=")
        question = {"grant_type": "refresh_token", "refresh_token": self.tokens["refresh_token"], "next": following}
        self.tokens = self.ask("POST", "/auth/token", question, {"Content-Type": "application/json"}) | {"refresh_token": f"{device}.{family}.{secret}"}


class Copy:
    """A partition: its lines by seq, as they came."""

    def __init__(self):
        self.cursor, self.floor, self.lines, self.at, self.met, self.caught_up = "0", 0, {}, {}, None, False

    def take(self, line, kind, told):
        if kind == "trim":
            for seq in [seq for seq, one in self.lines.items() if seq <= told["through"] or one.startswith('{"trim"')]:
                self.drop(seq)
        elif kind == "put" and told["rev"].split("-")[1] != item_hash(told["id"], line[line.index(',"item":') + 8:-2]):
            raise Broken(f"an item is not what its revision says: {line[:200]}")
        if "id" in told:
            self.drop(self.at.get(told["id"]))
            self.at[told["id"]] = told["seq"]
            if self.met is not None:
                self.met.add(told["id"])
        self.lines[told["seq"]] = line

    def drop(self, seq):
        line = self.lines.pop(seq, None)
        if line:
            self.at.pop(next(iter(json.loads(line).values())).get("id"), None)

    def mark(self, told):
        self.cursor, self.floor, self.caught_up = told["cursor"], max(self.floor, told["floor"]), told["caught_up"]
        if not self.caught_up:
            return
        if self.met is not None:
            for identity in set(self.at) - self.met:
                self.drop(self.at[identity])
            self.met = None
        for seq in [seq for seq, line in self.lines.items() if seq <= self.floor and line.startswith('{"gone"')]:
            self.drop(seq)
        if self.standing() != (told["count"], told["digest"]):
            raise Broken(f"a mark says {told}, what is held is {self.standing()}")

    def items(self):
        puts = (json.loads(line)["put"] for line in self.lines.values() if line.startswith('{"put"'))
        return {one["id"]: one for one in puts}

    def standing(self):
        held = self.items().values()
        return len(held), "sum128:%032x" % (sum(int(one["rev"].split("-")[1], 16) for one in held) % MODULUS)

    def begin_anew(self):
        self.cursor, self.met, self.caught_up = "0", set(), False

    def within(self, after, to, floor):
        """Its lines in a range, without deletes up to the floor."""
        return [line for seq, line in sorted(self.lines.items()) if after < seq <= to and not (seq <= floor and line.startswith('{"gone"'))]


class Follower:
    """One feed with all the partitions that may be seen."""

    def __init__(self, node, feed):
        self.node, self.feed, self.uid, self.copies, self.denied, self.refused = node, feed, None, {}, [], {}

    def new_copy(self):
        return Copy()

    def question(self, live):
        entry = {"feed": self.feed, "cursors": {name: copy.cursor for name, copy in self.copies.items()}}
        return {"protocol": 1, "live": live, "feeds": [entry | ({"uid": self.uid} if self.uid else {})]}

    def follow(self, enough=None):
        """To the end, or live until it is enough; an answer that breaks off is good up to its last marks."""
        self.uid = self.uid or self.node.ask("GET", f"/feeds/{self.feed}")["uid"]
        copy, self.refused = None, {}
        with self.node.open("POST", "/sync", self.question(enough is not None)) as answer:
            for raw in answer:
                self.node.received += len(raw)
                line = raw.decode().rstrip("\n")
                if line:
                    copy = self.take(line, copy)
                if enough and enough():
                    return

    def take(self, line, copy):
        kind, told = next(iter(json.loads(line).items()))
        if kind == "of":
            return self.copies.setdefault(told["partition"], self.new_copy())
        if kind == "denied":
            self.denied.append(told["partition"])
            self.copies.pop(told["partition"], None)
        elif kind == "refused":
            self.refused[told["partition"]] = told
        elif kind == "mark":
            copy.mark(told)
        elif kind in ("put", "gone", "trim"):
            copy.take(line, kind, told)
        elif kind not in ("schema", "visible"):
            raise Broken(f"a line of an unknown kind: {line}")
        return copy

    def caught_up(self):
        return bool(self.copies) and all(copy.caught_up for copy in self.copies.values())
