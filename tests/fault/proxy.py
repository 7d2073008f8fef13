"""A small TCP proxy that cuts, stalls and refuses: what a cable, a firewall and a restarting switch do."""

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
            with self.lock:
                self.pairs.append((client, server))
            for one, other in ((client, server), (server, client)):
                threading.Thread(target=self.pump, args=(one, other), daemon=True).start()

    def pump(self, one, other):
        try:
            while data := one.recv(65536):
                self.stalled.wait()
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
                try:
                    end.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\x01\x00\x00\x00\x00\x00\x00\x00")
                    end.close()
                except OSError:
                    pass
        return len(pairs)

    def stall(self):
        """Connections stay open and nothing moves: a cable pulled without a word."""
        self.stalled.clear()

    def flow(self):
        self.stalled.set()

    def close(self):
        self.flow()
        self.listener.close()
        self.cut()


def chance(seed):
    print(f"seed {seed}", flush=True)
    return random.Random(seed)
