"""Servers of a test's own, made by tests/services, which it may end."""

import os
import re
import signal
import subprocess

SCRIPTS = os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "services")
FILES = {"postgres": "pg", "mariadb": "my"}


class OwnServers:
    """Started here, and named in the environment in place of those of the whole run."""

    def __init__(self, folder, *more):
        self.folder = os.path.join(folder, "services")
        self.call("start.sh", *more)
        with open(os.path.join(self.folder, "env"), encoding="ascii") as file:
            os.environ.update(re.findall(r"^export (\w+)='?(.+?)'?$", file.read(), re.M))

    def call(self, script, *words):
        subprocess.run(["bash", os.path.join(SCRIPTS, script), self.folder, *words], check=True, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL)

    def kill(self, kind):
        """SIGKILL to a server and the processes that it has started."""
        with open(os.path.join(self.folder, FILES[kind] + ".pid"), encoding="ascii") as file:
            server = int(file.read())
        with open(f"/proc/{server}/task/{server}/children", encoding="ascii") as file:
            children = [int(one) for one in file.read().split()]
        for process in (server, *children):
            os.kill(process, signal.SIGKILL)

    def start_again(self, kind, *options):
        self.call("again.sh", FILES[kind], *options)

    def stop(self):
        self.call("stop.sh")
