"""A small fake between a reader and a directory: it passes everything on, but for the lists of what is there (RFC 4533, syncIdSet), of which it keeps every
one to itself. So it plays a server that names only a part of its entries and says that it is all."""

import socket
import threading

INTERMEDIATE = 0x79
ID_SET = b"\xa3"


class ForgetfulProxy:
    def __init__(self, port):
        self.port, self.forgot = port, 0
        self.listening = socket.create_server(("127.0.0.1", 0))
        self.url = f"ldap://127.0.0.1:{self.listening.getsockname()[1]}"
        self.open = []
        threading.Thread(target=self.accept, daemon=True).start()

    def accept(self):
        while True:
            try:
                reader, _ = self.listening.accept()
            except OSError:
                return
            server = socket.create_connection(("127.0.0.1", self.port))
            self.open += [reader, server]
            threading.Thread(target=self.pass_on, args=(reader, server, lambda message: True), daemon=True).start()
            threading.Thread(target=self.pass_on, args=(server, reader, self.wanted), daemon=True).start()

    def wanted(self, message):
        """Whether a message of the server is passed on."""
        at = content_of(message, 0)[0]
        at = sum(content_of(message, at))  # behind the message's number
        if message[at] != INTERMEDIATE or b"1.3.6.1.4.1.4203.1.9.1.4" not in message:
            return True
        value = message[message.index(b"1.3.6.1.4.1.4203.1.9.1.4") + 24:]
        keep = value[content_of(value, 0)[0]:][:1] != ID_SET
        self.forgot += not keep
        return keep

    def pass_on(self, source, target, wanted):
        pending = b""
        try:
            while True:
                got = source.recv(65536)
                if not got:
                    break
                pending += got
                while (size := whole(pending)):
                    message, pending = pending[:size], pending[size:]
                    if wanted(message):
                        target.sendall(message)
        except OSError:
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


def content_of(data, at):
    """(where the content of the element at `at` begins, its size)."""
    first = data[at + 1]
    if first < 0x80:
        return at + 2, first
    digits = first & 0x7F
    return at + 2 + digits, int.from_bytes(data[at + 2:at + 2 + digits], "big")


def whole(data):
    """The size of the first message, or nothing while it is not all there."""
    if len(data) < 2 or (data[1] >= 0x80 and len(data) < 2 + (data[1] & 0x7F)):
        return 0
    begin, size = content_of(data, 0)
    return begin + size if len(data) >= begin + size else 0
