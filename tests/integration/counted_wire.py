"""A line between two nodes that counts what passes, and can be held, for tests."""

import socket
import threading


class Wire:
    """Passes connections on to a port; counts the bytes that come back, and those that go there. While it is held connections stay, and nothing passes."""

    def __init__(self, port):
        self.port, self.received, self.sent = port, 0, 0
        self.lock = threading.Lock()
        self.flows = threading.Event()
        self.flows.set()
        self.listening = socket.create_server(("127.0.0.1", 0))
        self.url = f"http://127.0.0.1:{self.listening.getsockname()[1]}"
        threading.Thread(target=self.accept, daemon=True).start()

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
        threading.Thread(target=self.carry, args=(far, near, True), daemon=True).start()
        self.carry(near, far, False)

    def carry(self, here, there, counted):
        try:
            while data := here.recv(1 << 16):
                self.flows.wait()
                with self.lock:
                    if counted:
                        self.received += len(data)
                    else:
                        self.sent += len(data)
                there.sendall(data)
        except OSError:
            pass
        for end in (here, there):
            try:
                end.shutdown(socket.SHUT_RDWR)
            except OSError:
                pass

    def hold(self):
        self.flows.clear()

    def let_go(self):
        self.flows.set()

    def count(self):
        """What has come back since the last call."""
        with self.lock:
            received, self.received = self.received, 0
        return received

    def count_sent(self):
        """What has gone there since the last call."""
        with self.lock:
            sent, self.sent = self.sent, 0
        return sent

    def stop(self):
        self.listening.close()
        self.flows.set()
