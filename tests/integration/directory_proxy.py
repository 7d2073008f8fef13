"""Mocks of directory servers that go wrong, or that are another product's: a proxy between a reader and a real slapd, which changes single messages."""

import socket
import threading

SEARCH, ENTRY, DONE, INTERMEDIATE = 0x63, 0x64, 0x65, 0x79
SEQUENCE, SET, OCTETS = 0x30, 0x31, 0x04
SYNC_INFO, ID_SET = b"1.3.6.1.4.1.4203.1.9.1.4", b"\xa3"


class Cut(Exception):
    """The connection ends here."""


class Proxy:
    """Passes everything on as it is. Others change what `asked` and `answered` give: for each message (its number, what kind it is, its bytes) the bytes to
    pass on, in a state of each connection's own."""

    def __init__(self, port):
        self.port = port
        self.listening = socket.create_server(("127.0.0.1", 0))
        self.url = f"ldap://127.0.0.1:{self.listening.getsockname()[1]}"
        self.open = []
        threading.Thread(target=self.accept, daemon=True).start()

    def asked(self, _number, _kind, message, _state):
        return message

    def answered(self, _number, _kind, message, _state):
        return message

    def accept(self):
        while True:
            try:
                reader, _ = self.listening.accept()
                server = socket.create_connection(("127.0.0.1", self.port))
            except OSError:
                if self.listening.fileno() < 0:
                    return
                reader.close()
                continue
            self.open += [reader, server]
            state = {}
            threading.Thread(target=self.pass_on, args=(reader, server, self.asked, state), daemon=True).start()
            threading.Thread(target=self.pass_on, args=(server, reader, self.answered, state), daemon=True).start()

    def pass_on(self, source, target, changed, state):
        pending = bytearray()
        try:
            while got := source.recv(1 << 20):
                pending += got
                while (size := whole(pending)):
                    message = bytes(pending[:size])
                    del pending[:size]
                    _, at, _ = element(message, 0)
                    _, number, at = element(message, at)
                    target.sendall(changed(int.from_bytes(message[number:at], "big"), message[at], message, state))
        except (OSError, Cut):
            pass
        for one in (source, target):
            try:
                one.shutdown(socket.SHUT_RDWR)
            except OSError:
                pass

    def stop(self):
        self.listening.close()
        for one in self.open:
            one.close()


class ForgetfulProxy(Proxy):
    """Keeps every list of what is there (RFC 4533, syncIdSet) to itself: a server that names only a part of its entries and says that it is all."""

    def __init__(self, port):
        super().__init__(port)
        self.forgot = 0

    def answered(self, _number, kind, message, _state):
        if kind != INTERMEDIATE or SYNC_INFO not in message:
            return message
        value = message[message.index(SYNC_INFO) + len(SYNC_INFO):]
        forget = value[element(value, 0)[1]:][:1] == ID_SET
        self.forgot += forget
        return b"" if forget else message


class CuttingProxy(Proxy):
    """After some entries of a search it ends the search with a result code, or the connection where there is none."""

    def __init__(self, port, after, code=None):
        super().__init__(port)
        self.after, self.code, self.cuts = after, code, 0

    def answered(self, number, kind, message, state):
        if kind != ENTRY or number == state.get("cut"):
            return b"" if number == state.get("cut") else message
        state[number] = state.get(number, 0) + 1
        if state[number] <= self.after:
            return message
        self.cuts += 1
        if self.code is None:
            raise Cut
        state["cut"] = number
        return encoded(SEQUENCE, encoded(2, number.to_bytes(4, "big")) + encoded(DONE, encoded(10, bytes([self.code])) + encoded(OCTETS, b"") + encoded(OCTETS, b"")))


class RangingProxy(Proxy):
    """Gives the members of a large group in ranges, as Active Directory does: an empty `member`, and `member;range=0-1499`. `between` is called before each
    further range."""

    def __init__(self, port, step=1500):
        super().__init__(port)
        self.step, self.ranges, self.between = step, 0, lambda: None

    def asked(self, number, kind, message, state):
        if kind != SEARCH or b";range=" not in message:
            return message
        parts = list(elements(content(message, 0)))
        search = list(elements(content(parts[1], 0)))
        names = [content(one, 0) for one in elements(content(search[7], 0))]
        state[number] = next(int(name.split(b"=")[1].split(b"-")[0]) for name in names if b";range=" in name)
        if state[number]:
            self.between()
        search[7] = encoded(SEQUENCE, b"".join(encoded(OCTETS, name.split(b";range=")[0]) for name in names))
        return encoded(SEQUENCE, b"".join([parts[0], encoded(SEARCH, b"".join(search)), *parts[2:]]))

    def answered(self, number, kind, message, state):
        if kind != ENTRY or b"member" not in message:
            return message
        parts = list(elements(content(message, 0)))
        name, attributes = elements(content(parts[1], 0))
        changed = b"".join(self.in_ranges(one, state.get(number)) for one in elements(content(attributes, 0)))
        return encoded(SEQUENCE, b"".join([parts[0], encoded(ENTRY, name + encoded(SEQUENCE, changed)), *parts[2:]]))

    def in_ranges(self, attribute, first):
        name, values = elements(content(attribute, 0))
        if content(name, 0) != b"member":
            return attribute
        values = list(elements(content(values, 0)))
        if first is None and len(values) <= self.step:
            return attribute
        begin = first or 0
        part = values[begin:begin + self.step]
        if not part:
            return b""
        self.ranges += 1
        last = "*" if begin + len(part) == len(values) else begin + len(part) - 1
        ranged = encoded(SEQUENCE, encoded(OCTETS, f"member;range={begin}-{last}".encode()) + encoded(SET, b"".join(part)))
        return encoded(SEQUENCE, name + encoded(SET, b"")) + ranged


def element(data, at):
    """(tag, where the content of the element at `at` begins, where it ends)."""
    size = data[at + 1]
    if size < 0x80:
        return data[at], at + 2, at + 2 + size
    begin = at + 2 + (size & 0x7F)
    return data[at], begin, begin + int.from_bytes(data[at + 2:begin], "big")


def content(data, at):
    _, begin, end = element(data, at)
    return data[begin:end]


def elements(data):
    """The elements one after the other, each whole."""
    at = 0
    while at < len(data):
        end = element(data, at)[2]
        yield data[at:end]
        at = end


def encoded(tag, data):
    size = len(data)
    if size < 0x80:
        return bytes([tag, size]) + data
    digits = size.to_bytes((size.bit_length() + 7) // 8, "big")
    return bytes([tag, 0x80 | len(digits)]) + digits + data


def whole(data):
    """The size of the first message, or 0 while it is not all there."""
    if len(data) < 2 or (data[1] >= 0x80 and len(data) < 2 + (data[1] & 0x7F)):
        return 0
    end = element(data, 0)[2]
    return end if len(data) >= end else 0
