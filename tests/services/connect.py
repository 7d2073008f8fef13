#!/usr/bin/env python3
"""A Kafka Connect of a test's own: one standalone worker with Debezium's connector for PostgreSQL, on loopback, on a free port, with a folder of its own.

    connect.py fetch            has Maven fetch Kafka Connect and Debezium into its cache, once; offline from then on

What a worker has read stands in a file of its folder, so it goes on there when it is started again.
"""

import json
import os
import subprocess
import sys
import time
import urllib.error
import urllib.request

from kafka import HERE, JAVA, class_path, free_port

POM = os.path.join(HERE, "connect", "pom.xml")
WORKER = """
bootstrap.servers={servers}
listeners=http://127.0.0.1:{port}
key.converter=org.apache.kafka.connect.json.JsonConverter
value.converter=org.apache.kafka.connect.json.JsonConverter
offset.storage.file.filename={folder}/offsets
offset.flush.interval.ms=500
plugin.discovery=service_load
"""


class Connect:
    """One worker with its connectors: {name: settings}."""

    def __init__(self, folder, servers, connectors):
        self.folder = os.path.abspath(folder)
        self.port, self.process = free_port(), None
        os.makedirs(self.folder, mode=0o700)
        self.names, self.files = list(connectors), [self.write("worker.properties", WORKER.format(servers=servers, port=self.port, folder=self.folder))]
        for name, settings in connectors.items():
            self.files.append(self.write(f"{name}.json", json.dumps({"name": name, "config": settings})))

    def write(self, name, text):
        path = os.path.join(self.folder, name)
        with open(path, "w", encoding="utf-8") as file:
            file.write(text)
        return path

    def start(self):
        """Returns once all connectors run."""
        command = [*JAVA, "-cp", class_path(pom=POM), "org.apache.kafka.connect.cli.ConnectStandalone", *self.files]
        with open(os.path.join(self.folder, "log"), "ab") as log:
            self.process = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=log, stderr=log, cwd=self.folder, start_new_session=True)
        end = time.monotonic() + 240
        while not all(self.runs(name) for name in self.names):
            if self.process.poll() is not None or time.monotonic() > end:
                raise SystemExit(f"Kafka Connect does not run its connectors:\n{self.said()[-3000:]}")
            time.sleep(0.1)
        return self

    def runs(self, name):
        try:
            with urllib.request.urlopen(f"http://127.0.0.1:{self.port}/connectors/{name}/status", timeout=5) as answer:
                tasks = json.load(answer)["tasks"]
        except (urllib.error.URLError, OSError):
            return False
        if any(task["state"] == "FAILED" for task in tasks):
            raise SystemExit(f"the connector {name} has failed: {tasks}")
        return bool(tasks) and all(task["state"] == "RUNNING" for task in tasks)

    def said(self):
        with open(os.path.join(self.folder, "log"), encoding="utf-8", errors="replace") as file:
            return file.read()

    def kill(self):
        """SIGKILL, and waits until it is gone."""
        if self.process is not None:
            self.process.kill()
            self.process.wait(timeout=60)


def main():
    if sys.argv[1:] != ["fetch"]:
        sys.exit(__doc__)
    class_path(pom=POM)


if __name__ == "__main__":
    main()
