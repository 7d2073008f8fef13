"""The requests in hostile/, and a client that sends them as they stand.

A file says in a comment why it is there, then what a node answers (`direct:` statuses in order, `closed` when the connection must then be closed), and, where nginx
in front may not or need not pass it on, what comes through it (`nginx:` 4xx, a status, or several with `or`; without it, the same as from the node, or a refusal of
nginx's own). Behind an empty line stand the bytes: \\r \\n \\t \\0 \\xNN are escapes, line ends do not count, @repeat TEXT TIMES@ stands for that text so many times.
"""

import os
import re
import socket
import ssl

FOLDER = os.path.join(os.path.dirname(os.path.abspath(__file__)), "hostile")
PATIENCE = 20


def unescaped(text):
    names = {"r": b"\r", "n": b"\n", "t": b"\t", "0": b"\0", "\\": b"\\"}
    out = b""
    for plain, escape in re.findall(r"([^\\]+)|\\(x[0-9a-f]{2}|.)", text, re.S):
        out += plain.encode() if plain else bytes([int(escape[1:], 16)]) if escape.startswith("x") else names[escape]
    return out


class Request:
    def __init__(self, name):
        self.name = name
        with open(os.path.join(FOLDER, name + ".request"), encoding="utf-8") as file:
            head, body = file.read().split("\n\n", 1)
        told = dict(line.split(": ", 1) for line in head.splitlines() if not line.startswith("#"))
        self.direct = told["direct"].split()
        self.nginx = told.get("nginx")
        self.bytes = b"".join(self.part(part) for part in re.split(r"(@repeat .*? \d+@)", body.replace("\n", ""), flags=re.S))

    @staticmethod
    def part(text):
        repeated = re.fullmatch(r"@repeat (.*) (\d+)@", text, re.S)
        return unescaped(repeated.group(1)) * int(repeated.group(2)) if repeated else unescaped(text)

    @property
    def statuses(self):
        return [int(one) for one in self.direct if one != "closed"]


def corpus():
    return [Request(name[: -len(".request")]) for name in sorted(os.listdir(FOLDER)) if name.endswith(".request")]


class Answer:
    def __init__(self, status, fields):
        self.status, self.fields = status, fields
        self.from_node = "meshgate-protocol" in fields


class Client:
    """Sends bytes and takes apart what comes back."""

    def __init__(self, port, context=None, source="127.0.0.1"):
        self.socket = socket.create_connection(("127.0.0.1", port), timeout=PATIENCE, source_address=(source, 0))
        if context:
            self.socket = context.wrap_socket(self.socket, server_hostname="127.0.0.1")
        self.held = b""

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.socket.close()

    def send(self, data):
        try:
            self.socket.sendall(data)
        except OSError:
            pass  # it has answered and closed before it had all

    def fill(self):
        """False: the other side has closed."""
        try:
            data = self.socket.recv(65536)
        except TimeoutError:
            raise SystemExit(f"no answer and no end within {PATIENCE} s; before that came {self.held[:300]!r}")
        except (ConnectionError, ssl.SSLError):
            return False
        self.held += data
        return bool(data)

    def take(self, size):
        while len(self.held) < size:
            if not self.fill():
                raise SystemExit(f"an answer broke off: {self.held[:300]!r}")
        out, self.held = self.held[:size], self.held[size:]
        return out

    def line(self):
        while b"\r\n" not in self.held:
            if not self.fill():
                raise SystemExit(f"an answer broke off: {self.held[:300]!r}")
        out, self.held = self.held.split(b"\r\n", 1)
        return out

    def answer(self):
        """The next answer, or None when the other side has closed."""
        while not self.held:
            if not self.fill():
                return None
        while len(self.held) < 5 and self.fill():
            pass
        if not self.held.startswith(b"HTTP/"):  # HTTP/0.9 has no head: a body, up to the end
            while self.fill():
                pass
            self.held = b""
            return Answer(200, {})
        status = re.fullmatch(rb"HTTP/1\.1 (\d{3}) .*", self.line())
        if not status:
            raise SystemExit("an answer does not begin with a status")
        fields = {}
        for line in iter(self.line, b""):
            name, _, value = line.decode("latin-1").partition(":")
            fields[name.lower()] = value.strip()
        answer = Answer(int(status.group(1)), fields)
        if fields.get("transfer-encoding") == "chunked":
            while size := int(self.line(), 16):
                self.take(size + 2)
            self.line()
        else:
            self.take(int(fields.get("content-length", 0)))
        return answer

    def closed(self):
        return not self.held and not self.fill()
