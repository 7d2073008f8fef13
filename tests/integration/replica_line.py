"""The line over which pages are brought (POST /peers/line), written from FOLLOWING.md alone: a request whose body goes on, and an answer that goes on."""

import json
import socket
import struct
import time


def raw_zstd(data, first):
    """A frame's beginning, if this is the first piece of it, and blocks that are not compressed."""
    pieces = [data[at:at + 60000] for at in range(0, len(data), 60000)]
    return (b"\x28\xb5\x2f\xfd\x00\x38" if first else b"") + b"".join((len(piece) << 3).to_bytes(3, "little") + piece for piece in pieces)


class Line:
    def __init__(self, port, context, zstd=False, opened=200):
        plain = socket.create_connection(("127.0.0.1", port), timeout=60)
        plain.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.socket = context.wrap_socket(plain, server_hostname="127.0.0.1")
        self.socket.sendall(b"POST /peers/line HTTP/1.1\r\nHost: hub\r\nTransfer-Encoding: chunked\r\nContent-Type: application/x-ndjson\r\n" + (b"Content-Encoding: zstd\r\n" if zstd else b"") + b"\r\n")
        self.answer = self.socket.makefile("rb")
        self.status = int(self.answer.readline().split()[1])
        while self.answer.readline().strip():
            pass
        if self.status != opened:
            raise SystemExit(f"a line was answered {self.status}")
        self.came = b""

    def send(self, data):
        """A piece of the body. What the other side has closed is found by who reads."""
        try:
            self.socket.sendall(f"{len(data):x}\r\n".encode() + data + b"\r\n")
        except OSError:
            pass

    def line(self):
        """The next of the answer; None: it has ended as it should."""
        while b"\n" not in self.came:
            size = int(self.answer.readline().strip() or b"-1", 16)
            if size < 0:
                raise SystemExit("an answer breaks off")
            self.came += self.answer.read(size)
            self.answer.readline()
            if size == 0:
                if self.came:
                    raise SystemExit(f"an answer ends within a line: {self.came}")
                return None
        line, self.came = self.came.split(b"\n", 1)
        return json.loads(line)

    def turn(self, page):
        self.send(page.encode())
        return self.line()

    def drip(self, data):
        """A byte at a time, until the other side has had enough."""
        self.socket.setblocking(True)
        for byte in data[:200]:
            self.send(bytes([byte]))
            time.sleep(0.05)

    def end(self):
        self.socket.sendall(b"0\r\n\r\n")

    def closed(self):
        return self.answer.read(1) == b""

    def cut(self):
        """With a reset, wherever its bytes are."""
        self.socket.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        self.socket.close()
