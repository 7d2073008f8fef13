#!/usr/bin/env python3
"""A schema registry of a test's own: Apicurio Registry with its Confluent interface, in memory, on loopback, on a free port.

    registry.py fetch           has Maven fetch it into the cache, once; offline from then on
    registry.py start DIR       makes DIR and starts a registry in it
    registry.py stop DIR        stops it, by its own process number

`start` writes DIR/env (shell assignments).
"""

import argparse
import fcntl
import json
import os
import shlex
import shutil
import signal
import socket
import subprocess
import tarfile
import time
import urllib.error
import urllib.request

VERSION = "2.6.13.Final"
ARTIFACT = f"io.apicurio:apicurio-registry-app:{VERSION}:tar.gz:all"
CACHE = os.environ.get("MESHGATE_TEST_CACHE") or os.path.join(os.environ.get("XDG_CACHE_HOME") or os.path.expanduser("~/.cache"), "meshgate-test-services")
JAVA = ["java", "-Xmx384m", "-XX:TieredStopAtLevel=1", "-XX:+UseSerialGC", "-XX:-UsePerfData"]


def program():
    """The jar to run, fetched if it is not there yet; others that want it at the same time wait."""
    os.makedirs(CACHE, exist_ok=True)
    kept = os.path.join(CACHE, f"apicurio-{VERSION}")
    jar = os.path.join(kept, f"apicurio-registry-app-{VERSION}-runner.jar")
    with open(kept + ".lock", "w", encoding="ascii") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if os.path.exists(jar):
            return jar
        if shutil.which("mvn") is None or shutil.which("java") is None:
            raise SystemExit("tests/services: Maven or Java is missing: apt-get install maven openjdk-17-jre-headless")
        new = kept + ".new"
        shutil.rmtree(new, ignore_errors=True)
        done = subprocess.run(["mvn", "-q", "-B", "org.apache.maven.plugins:maven-dependency-plugin:3.6.1:copy", f"-Dartifact={ARTIFACT}", f"-DoutputDirectory={new}"],
                              stdin=subprocess.DEVNULL, capture_output=True, timeout=600, cwd=CACHE)
        if done.returncode != 0:
            raise SystemExit(f"tests/services: Maven could not fetch {ARTIFACT}:\n{done.stdout.decode(errors='replace')[-2000:]}")
        archive = os.path.join(new, f"apicurio-registry-app-{VERSION}-all.tar.gz")
        with tarfile.open(archive) as packed:
            packed.extractall(new)
        os.unlink(archive)
        shutil.rmtree(kept, ignore_errors=True)
        os.replace(new, kept)
    return jar


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


class Registry:
    """One registry in one folder. Made anew, or found where it was made before."""

    def __init__(self, folder):
        self.folder = os.path.abspath(folder)
        self.pid_file = os.path.join(self.folder, "registry.pid")
        kept = os.path.join(self.folder, "settings.json")
        if os.path.exists(kept):
            with open(kept, encoding="utf-8") as file:
                self.port = json.load(file)["port"]
            return
        os.makedirs(self.folder, exist_ok=True)
        self.port = free_port()
        with open(kept, "w", encoding="utf-8") as file:
            json.dump({"port": self.port}, file)

    @property
    def url(self):
        return f"http://127.0.0.1:{self.port}/apis/ccompat/v7"

    def start(self):
        """Returns once it answers. What it held is gone."""
        command = [*JAVA, "-Dquarkus.http.host=127.0.0.1", f"-Dquarkus.http.port={self.port}", f"-Djava.io.tmpdir={self.folder}", "-jar", program()]
        with open(os.path.join(self.folder, "log"), "ab") as log:
            server = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=log, stderr=log, cwd=self.folder, start_new_session=True)
        with open(self.pid_file, "w", encoding="ascii") as file:
            file.write(str(server.pid))
        end = time.monotonic() + 180
        while time.monotonic() < end:
            if server.poll() is not None:
                raise SystemExit(f"the registry ended with {server.returncode}; see {self.folder}/log")
            if self.answers():
                return self
            time.sleep(0.1)
        raise SystemExit(f"the registry does not answer; see {self.folder}/log")

    def answers(self):
        try:
            with urllib.request.urlopen(self.url + "/subjects", timeout=5) as answer:
                return answer.status == 200
        except (urllib.error.URLError, OSError):
            return False

    def register(self, subject, language, schema, references=()):
        """The schema's id. A reference is (name, subject, version)."""
        body = {"schemaType": language, "schema": schema, "references": [{"name": n, "subject": s, "version": v} for n, s, v in references]}
        request = urllib.request.Request(f"{self.url}/subjects/{subject}/versions", json.dumps(body).encode(), {"Content-Type": "application/vnd.schemaregistry.v1+json"})
        with urllib.request.urlopen(request, timeout=60) as answer:
            return json.load(answer)["id"]

    def stop(self):
        """Waits until it is gone."""
        try:
            with open(self.pid_file, encoding="ascii") as file:
                number = int(file.read())
            with open(f"/proc/{number}/cmdline", "rb") as file:
                if self.folder.encode() not in file.read():
                    return
            os.kill(number, signal.SIGKILL)
        except (FileNotFoundError, ValueError, ProcessLookupError):
            return
        while os.path.exists(f"/proc/{number}"):
            try:
                os.waitpid(number, os.WNOHANG)
            except ChildProcessError:
                pass
            time.sleep(0.02)
        os.unlink(self.pid_file)


def main():
    arguments = argparse.ArgumentParser()
    arguments.add_argument("action", choices=["fetch", "start", "stop"])
    arguments.add_argument("dir", nargs="?")
    options = arguments.parse_args()
    if options.action == "fetch":
        program()
        return
    if options.dir is None:
        arguments.error("a folder is needed")
    server = Registry(options.dir)
    if options.action == "stop":
        server.stop()
        return
    server.start()
    text = f"export MESHGATE_TEST_REGISTRY={shlex.quote(server.url)}\n"
    with open(os.path.join(server.folder, "env"), "w", encoding="utf-8") as file:
        file.write(text)
    print(text, end="")


if __name__ == "__main__":
    main()
