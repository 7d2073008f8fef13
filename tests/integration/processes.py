"""Starts, kills and stops the program under test. Every process that was started here is stopped here."""

import contextlib
import http.client
import json
import os
import signal
import socket
import subprocess
import time


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def wait_for(what, condition, seconds=60):
    """Waits for a condition; a test that waits in vain fails with words."""
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        value = condition()
        if value:
            return value
        time.sleep(0.02)
    raise SystemExit(f"waited {seconds} s in vain for {what}")


class Process:
    def __init__(self, command, log):
        self.command, self.log_path = command, log
        self.process = None

    def start(self):
        with open(self.log_path, "ab") as log:
            self.process = subprocess.Popen(self.command, stdout=log, stderr=log, stdin=subprocess.DEVNULL)

    def running(self):
        return self.process is not None and self.process.poll() is None

    def kill(self):
        """SIGKILL, and wait until it is gone."""
        self.process.kill()
        self.process.wait(timeout=30)

    def stop(self):
        """SIGTERM; returns the exit code."""
        if self.process is None:
            return None
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGTERM)
        try:
            return self.process.wait(timeout=60)
        except subprocess.TimeoutExpired:
            self.kill()
            raise SystemExit(f"{self.command[:2]} did not stop within 60 s of SIGTERM")

    def log(self):
        with contextlib.suppress(FileNotFoundError), open(self.log_path, "rb") as log:
            return log.read().decode(errors="replace")
        return ""

    @contextlib.contextmanager
    def stopped_in_the_end(self):
        """Whatever happens within; what fails shows the end of the log first."""
        try:
            yield
        except SystemExit:
            print(self.log()[-5000:])
            raise
        finally:
            self.stop()


class Gateway(Process):
    def __init__(self, program, folder, yaml, port=None):
        self.port = port or free_port()
        self.config = os.path.join(folder, "meshgate.yaml")
        with open(self.config, "w") as file:
            file.write(yaml.replace("PORT", str(self.port)).replace("DATA", os.path.join(folder, "data")))
        super().__init__([program, "run", self.config], os.path.join(folder, "gateway.log"))
        self.program = program
        self.url = f"http://127.0.0.1:{self.port}"

    def get(self, path):
        """(status, parsed body), or None while nothing listens."""
        try:
            connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=30)
            connection.request("GET", path)
            answer = connection.getresponse()
            body = answer.read()
            connection.close()
            return answer.status, json.loads(body) if "json" in answer.getheader("content-type", "") else body
        except (OSError, http.client.HTTPException):
            return None

    def journal(self, action, feed, *words):
        """What `meshgate journal` prints."""
        code, out, err = run([self.program, "journal", action, feed, "-c", self.config, *words])
        if code != 0:
            raise SystemExit(f"journal {action} {feed} ended with {code}: {out}{err}")
        return out

    def feed(self, name):
        answer = self.get(f"/feeds/{name}")
        return answer[1] if answer and answer[0] == 200 else None

    def start_and_wait(self, *feeds):
        self.start()
        self.wait_until_loaded(*feeds)

    def wait_until_loaded(self, *feeds):
        for feed in feeds:
            wait_for(f"feed {feed} to be loaded; the log says:\n{self.log()[-2000:]}",
                     lambda: (self.feed(feed) or {}).get("loading") is False or not self.running(), 120)
        if not self.running():
            raise SystemExit("the gateway ended:\n" + self.log()[-4000:])


def run(command, seconds=300):
    """A command to its end: (exit code, standard output, standard error)."""
    done = subprocess.run(command, capture_output=True, timeout=seconds, stdin=subprocess.DEVNULL)
    return done.returncode, done.stdout.decode(errors="replace"), done.stderr.decode(errors="replace")
