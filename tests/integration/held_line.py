"""A line between two nodes that can be held, for tests: connections stay, and nothing passes."""

import socket
import threading


class HeldLine:
    """Passes connections on to a port while it is not held."""

    def __init__(self, port):
        self.port = port
        self.flows = threading.Event()
        self.flows.set()
        self.listening = socket.create_server(("127.0.0.1", 0))
        self.url = f"http://127.0.0.1:{self.listening.getsockname()[1]}"
        threading.Thread(target=self.accept, daemon=True).start()

    def hold(self):
        self.flows.clear()

    def let_go(self):
        self.flows.set()

    def accept(self):
        while True:
            try:
                near, _ = self.listening.accept()
            except OSError:
                return
            threading.Thread(target=self.join, args=(near,), daemon=True).start()

    def join(self, near):
        self.flows.wait()
        try:
            far = socket.create_connection(("127.0.0.1", self.port), timeout=30)
            far.settimeout(None)
        except OSError:
            near.close()
            return
        threading.Thread(target=self.carry, args=(far, near), daemon=True).start()
        self.carry(near, far)

    def carry(self, here, there):
        try:
            while data := here.recv(1 << 16):
                self.flows.wait()
                there.sendall(data)
        except OSError:
            pass
        for end in (here, there):
            try:
                end.shutdown(socket.SHUT_RDWR)
            except OSError:
                pass

    def stop(self):
        self.listening.close()
        self.flows.set()
