"""Starts, kills and stops the program under test. Every process that was started here is stopped here."""

import contextlib
import http.client
import json
import os
import signal
import socket
import subprocess
import sys
import time


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def begin_as_root(purpose):
    """Begins this program anew, as root in a user namespace of its own: as who it is it may not do what it is for."""
    if "MESHGATE_IN_NAMESPACE" in os.environ:
        raise SystemExit(f"cannot {purpose}, neither as root nor in a user namespace")
    os.environ["MESHGATE_IN_NAMESPACE"] = "1"
    os.execvp("unshare", ["unshare", "-rm", sys.executable, *sys.argv])


def wait_for(what, condition, seconds=60):
    """Waits for a condition; a test that waits in vain fails with words."""
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        value = condition()
        if value:
            return value
        time.sleep(0.02)
    raise SystemExit(f"waited {seconds} s in vain for {what}")


class Place:
    """Where a process runs: on loopback, beside the test. A network of the test's own (mesh/wire.py) has other places."""

    address = "127.0.0.1"

    def run(self, call):
        """What a call gives that is made there. Sockets that it opens, and threads and processes that it starts, are there for good."""
        return call()


HERE = Place()


class Process:
    def __init__(self, command, log, place=HERE):
        self.command, self.log_path, self.place = command, log, place
        self.process = None

    def start(self):
        with open(self.log_path, "ab") as log:
            self.process = self.place.run(lambda: subprocess.Popen(self.command, stdout=log, stderr=log, stdin=subprocess.DEVNULL))

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
    def __init__(self, program, folder, yaml, port=None, place=HERE):
        self.port = port or free_port()
        self.config = os.path.join(folder, "meshgate.yaml")
        super().__init__([program, "run", self.config], os.path.join(folder, "gateway.log"), place)
        self.program = program
        self.url = f"http://{place.address}:{self.port}"
        self.configure(yaml)

    def configure(self, yaml):
        """Taken up at the next start. Listens where it runs."""
        data = os.path.join(os.path.dirname(self.config), "data")
        with open(self.config, "w", encoding="utf-8") as file:
            file.write(yaml.replace("127.0.0.1:PORT", f"{self.place.address}:{self.port}").replace("PORT", str(self.port)).replace("DATA", data))

    def connection(self):
        return http.client.HTTPConnection(self.place.address, self.port, timeout=30)

    def get(self, path):
        """(status, parsed body), or None while nothing listens."""
        try:
            connection = self.connection()
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
