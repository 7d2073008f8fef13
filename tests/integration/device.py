"""A device under test: `meshgate device` with a folder of its own, asked as its applications ask it."""

import http.client
import json
import os
import re
import sqlite3

from processes import HERE, Process, run, wait_for


class Device(Process):
    def __init__(self, program, folder, *words, place=HERE):
        os.makedirs(folder, exist_ok=True)
        self.program, self.folder, self.data = program, folder, os.path.join(folder, "device")
        self.environment = {**os.environ, "XDG_CONFIG_HOME": os.path.join(folder, "config")}
        super().__init__([program, "device", "--data", self.data, *words], os.path.join(folder, "device.log"), place)
        self.port, self.tokens, self.begun = 0, {}, 0

    def start(self, *words):
        """Without words: as before. Waits until it serves."""
        command = self.command
        if words:
            self.command = [self.program, "device", "--data", self.data, *words]
        self.begun = os.path.getsize(self.log_path) if os.path.exists(self.log_path) else 0
        old = os.environ.get("XDG_CONFIG_HOME")
        os.environ["XDG_CONFIG_HOME"] = self.environment["XDG_CONFIG_HOME"]
        try:
            super().start()
        finally:
            os.environ.pop("XDG_CONFIG_HOME") if old is None else os.environ.update(XDG_CONFIG_HOME=old)
        self.command = command
        serving = lambda: re.search(r"serving at http://127\.0\.0\.1:(\d+)", self.recent())
        wait_for(f"the device to serve:\n{self.recent()}", lambda: serving() or not self.running())
        if not self.running():
            raise SystemExit("the device ended:\n" + self.recent())
        self.port = int(serving().group(1))

    def recent(self):
        """What it has logged since its last start."""
        with open(self.log_path, "rb") as log:
            log.seek(self.begun)
            return log.read().decode(errors="replace")

    def run_once(self, *words):
        """To its end, as a person would try it: (exit code, all output)."""
        command = ["env", f"XDG_CONFIG_HOME={self.environment['XDG_CONFIG_HOME']}", self.program, "device", *words, "--data", self.data]
        code, out, err = self.place.run(lambda: run(command, 60))
        return code, out + err

    def token(self, name, *words):
        code, out, err = run([self.program, "device", "token", name, "--data", self.data, *words])
        if code != 0:
            raise SystemExit(f"a token for {name}: {code} {out}{err}")
        self.tokens[name] = out.strip()
        return self.tokens[name]

    def connection(self):
        """From where it runs: nobody else reaches it."""
        made = http.client.HTTPConnection(HERE.address, self.port, timeout=30)
        connect = made.connect
        made.connect = lambda: self.place.run(connect)
        return made

    def ask(self, path, name="app", fields=None, method="GET", body=None):
        """(status, fields, text) of a request that shows the token of an application; no name: none."""
        shown = {"Authorization": f"Bearer {self.tokens[name]}"} if name else {}
        connection = self.connection()
        try:
            connection.request(method, path, body, {**shown, **(fields or {})})
            answer = connection.getresponse()
            return answer.status, answer.headers, answer.read().decode()
        except (OSError, http.client.HTTPException):
            return 0, {}, ""
        finally:
            connection.close()

    def feed(self, name):
        status, _, text = self.ask(f"/feeds/{name}")
        return json.loads(text) if status == 200 else None

    def holds(self, feed):
        """By partition: cursor, count and digest."""
        state = self.feed(feed)
        return state and {one["partition"]: (one["cursor"], one["count"], one["digest"]) for one in state["partitions"]}

    def file(self, question):
        """What the SQLite file answers, or nothing while there is none."""
        try:
            with sqlite3.connect(f"file:{self.data}/feeds.db?mode=ro", uri=True) as copy:
                return copy.execute(question).fetchall()
        except sqlite3.Error:
            return None

    def copied(self, feed):
        """By partition: count and digest in the SQLite file."""
        rows = self.file(f"SELECT p.name, p.count, p.digest FROM _meshgate_partitions p JOIN _meshgate_feeds f USING (feed) WHERE f.name = '{feed}'")
        return rows and {name: (count, digest) for name, count, digest in rows}


def expect(condition, what):
    if not condition:
        raise SystemExit(f"FAIL {what}")
    print(f"ok   {what}", flush=True)
