"""A Kafka of a test's own, and what a test does to it behind the gateway's back."""

import contextlib
import json
import os
import subprocess
import sys
import tempfile

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, os.path.join(HERE, "..", "services"))
from kafka import Kafka  # noqa: E402


class Driver:
    """A producer and administrator: tests/integration/kafka/drive.cpp."""

    def __init__(self, program, servers, transactional_id=None):
        command = [program, servers] + ([transactional_id] if transactional_id else [])
        self.process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)

    def ask(self, *words):
        """What is wrong, or nothing."""
        self.process.stdin.write(" ".join(str(word) for word in words) + "\n")
        self.process.stdin.flush()
        answer = self.process.stdout.readline().strip()
        return "" if answer == "ok" else answer or "the driver ended"

    def must(self, *words):
        fault = self.ask(*words)
        if fault:
            raise SystemExit(f"{' '.join(str(word) for word in words[:2])}: {fault}")

    def send(self, topic, key, value, partition=-1, **headers):
        """Keys are texts, values are written as JSON; None stands for none."""
        text = None if value is None else value if isinstance(value, bytes) else json.dumps(value).encode()
        self.must("send", topic, partition, in_hex(None if key is None else key.encode()), in_hex(text), *(f"{name}={text}" for name, text in headers.items()))

    def close(self):
        self.process.stdin.close()
        self.process.wait(timeout=60)
        self.process.stdout.close()


def in_hex(value):
    return "-" if value is None else value.hex() or "."


@contextlib.contextmanager
def broker(version=None):
    """A broker that runs in the meantime, and a folder for what else the test needs. None: the version that tests usually run against."""
    with tempfile.TemporaryDirectory(prefix="meshgate-kafka-") as folder:
        server = Kafka(os.path.join(folder, "kafka"), version)
        try:
            yield server.start(), folder
        finally:
            server.stop()
