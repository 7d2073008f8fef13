"""A small TCP proxy that cuts, stalls, drips, falls silent and refuses: what a cable, a firewall, a restarting switch and a sick server do."""

import contextlib
import random
import socket
import threading


class Proxy:
    """Listens on a free port of loopback and passes bytes to a target until told otherwise."""

    def __init__(self, host, port):
        self.target = (host, port)
        self.listener = socket.create_server(("127.0.0.1", 0))
        self.port = self.listener.getsockname()[1]
        self.lock = threading.Lock()
        self.pairs = []
        self.refusing = False
        self.stalled = threading.Event()
        self.stalled.set()  # set: bytes flow
        self.bytes = 0
        self.dripping = False  # one byte a second
        self.most = None  # so many bytes of an answer, and then nothing
        self.well = threading.Event()
        self.well.set()
        threading.Thread(target=self.accept, daemon=True).start()

    def accept(self):
        while True:
            try:
                client, _ = self.listener.accept()
            except OSError:
                return
            if self.refusing:
                client.close()
                continue
            try:
                server = socket.create_connection(self.target, timeout=10)
            except OSError:
                client.close()
                continue
            for end in (client, server):
                end.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)  # what passes is not held back for more
            with self.lock:
                self.pairs.append((client, server))
            for one, other, answers in ((client, server, False), (server, client, True)):
                threading.Thread(target=self.pump, args=(one, other, answers), daemon=True).start()

    def pump(self, one, other, answers):
        passed = 0
        try:
            while data := one.recv(65536):
                self.stalled.wait()
                while self.dripping and data:
                    other.sendall(data[:1])
                    data = data[1:]
                    self.well.wait(1)
                if answers and self.most is not None and passed + len(data) > self.most:
                    other.sendall(data[:max(0, self.most - passed)])
                    data = data[max(0, self.most - passed):]
                    self.well.wait()
                passed += len(data)
                self.bytes += len(data)
                other.sendall(data)
        except OSError:
            pass
        for end in (one, other):
            try:
                end.shutdown(socket.SHUT_RDWR)
            except OSError:
                pass

    def cut(self):
        """Ends every connection with a reset, wherever its bytes are."""
        with self.lock:
            pairs, self.pairs = self.pairs, []
        for pair in pairs:
            for end in pair:
                with contextlib.suppress(OSError):
                    end.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\x01\x00\x00\x00\x00\x00\x00\x00")
                    end.shutdown(socket.SHUT_RD)  # a thread that waits for bytes would keep it open
                end.close()
        return len(pairs)

    def stall(self):
        """Connections stay open and nothing moves: a cable pulled without a word."""
        self.stalled.clear()

    def drip(self):
        """A byte a second both ways."""
        self.well.clear()
        self.dripping = True

    def fall_silent(self, after):
        """Each connection gives so many bytes of answers, then none."""
        self.well.clear()
        self.most = after

    def flow(self):
        self.dripping, self.most = False, None
        self.stalled.set()
        self.well.set()

    def close(self):
        self.flow()
        self.listener.close()
        self.cut()


def chance(seed):
    print(f"seed {seed}", flush=True)
    return random.Random(seed)
