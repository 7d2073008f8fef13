#!/usr/bin/env python3
"""A Kafka broker of a test's own: Apache Kafka in KRaft mode, one process, on loopback, on free ports, with a folder of its own.

    kafka.py fetch              has Maven fetch Kafka into its cache, once; offline from then on
    kafka.py start DIR [--version V]
                                makes DIR and starts a broker in it; another version of Kafka than pom.xml names where that is asked for
    kafka.py again DIR          starts it again on its data and ports, after somebody ended it
    kafka.py stop DIR           stops it, by its own process number

`start` writes DIR/env (shell assignments). Two listeners: PLAINTEXT, on which everybody is the administrator, and SASL_SSL (SCRAM-SHA-256, SCRAM-SHA-512 and PLAIN), on
which `reader` may do what it has been granted, and nothing at first. Topics are never made by themselves.
"""

import argparse
import fcntl
import hashlib
import json
import os
import shlex
import shutil
import signal
import socket
import subprocess
import sys
import time

HERE = os.path.dirname(os.path.abspath(__file__))
POM = os.path.join(HERE, "kafka", "pom.xml")
CACHE = os.environ.get("MESHGATE_TEST_CACHE") or os.path.join(os.environ.get("XDG_CACHE_HOME") or os.path.expanduser("~/.cache"), "meshgate-test-services")
JAVA = ["java", "-Xmx384m", "-Xss512k", "-XX:TieredStopAtLevel=1", "-XX:+UseSerialGC", "-XX:-UsePerfData"]
CLUSTER = "bWVzaGdhdGUtdGVzdHMxMg"

CONFIGURATION = """
process.roles=broker,controller
node.id=1
controller.quorum.voters=1@127.0.0.1:CONTROLLER_PORT
listeners=PLAINTEXT://127.0.0.1:PLAIN_PORT,SASL_SSL://127.0.0.1:SECURE_PORT,CONTROLLER://127.0.0.1:CONTROLLER_PORT
advertised.listeners=PLAINTEXT://127.0.0.1:PLAIN_PORT,SASL_SSL://localhost:SECURE_PORT
listener.security.protocol.map=PLAINTEXT:PLAINTEXT,SASL_SSL:SASL_SSL,CONTROLLER:PLAINTEXT
inter.broker.listener.name=PLAINTEXT
controller.listener.names=CONTROLLER
authorizer.class.name=org.apache.kafka.metadata.authorizer.StandardAuthorizer
super.users=User:ANONYMOUS
ssl.keystore.type=PEM
ssl.keystore.location=FOLDER/server.pem
sasl.enabled.mechanisms=SCRAM-SHA-256,SCRAM-SHA-512,PLAIN
listener.name.sasl_ssl.scram-sha-256.sasl.jaas.config=org.apache.kafka.common.security.scram.ScramLoginModule required;
listener.name.sasl_ssl.scram-sha-512.sasl.jaas.config=org.apache.kafka.common.security.scram.ScramLoginModule required;
listener.name.sasl_ssl.plain.sasl.jaas.config=org.apache.kafka.common.security.plain.PlainLoginModule required user_reader="PASSWORD";
log.dirs=FOLDER/data
auto.create.topics.enable=false
num.partitions=1
message.max.bytes=33554432
replica.fetch.max.bytes=33554432
offsets.topic.num.partitions=1
offsets.topic.replication.factor=1
transaction.state.log.num.partitions=1
transaction.state.log.replication.factor=1
transaction.state.log.min.isr=1
share.coordinator.state.topic.num.partitions=1
share.coordinator.state.topic.replication.factor=1
share.coordinator.state.topic.min.isr=1
group.initial.rebalance.delay.ms=0
log.retention.check.interval.ms=300
log.initial.task.delay.ms=300
log.segment.delete.delay.ms=100
log.cleaner.backoff.ms=300
log.cleaner.dedupe.buffer.size=2097152
num.network.threads=2
num.io.threads=2
background.threads=2
num.recovery.threads.per.data.dir=1
"""


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def class_path(version=None, pom=POM):
    """The jars, fetched if they are not there yet; others that want them at the same time wait."""
    os.makedirs(CACHE, exist_ok=True)
    with open(pom, "rb") as file:
        wanted = file.read() + (version or "").encode()
    kept = os.path.join(CACHE, f"kafka-{hashlib.sha256(wanted).hexdigest()[:12]}.jars")
    with open(kept + ".lock", "w", encoding="ascii") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not has_all(kept):
            if shutil.which("mvn") is None:
                raise SystemExit("tests/services: Maven is missing: apt-get install maven openjdk-17-jre-headless")
            done = subprocess.run(["mvn", "-q", "-B", "-f", pom, "org.apache.maven.plugins:maven-dependency-plugin:3.6.1:build-classpath", f"-Dmdep.outputFile={kept}.new",
                                   *([f"-Dkafka.version={version}"] if version else [])],
                                  stdin=subprocess.DEVNULL, capture_output=True, timeout=600)
            if done.returncode != 0:
                raise SystemExit(f"tests/services: Maven could not fetch Apache Kafka:\n{done.stdout.decode(errors='replace')[-2000:]}")
            os.replace(kept + ".new", kept)
        with open(kept, encoding="utf-8") as file:
            return file.read().strip()


def has_all(kept):
    if not os.path.exists(kept):
        return False
    with open(kept, encoding="utf-8") as file:
        return all(os.path.exists(jar) for jar in file.read().strip().split(":"))


class Kafka:
    """One broker in one folder. Made anew, or found where it was made before."""

    def __init__(self, folder, version=None):
        self.folder = os.path.abspath(folder)
        self.pid_file = os.path.join(self.folder, "kafka.pid")
        kept = os.path.join(self.folder, "settings.json")
        if os.path.exists(kept):
            with open(kept, encoding="utf-8") as file:
                self.__dict__.update(json.load(file))
            return
        self.version = version
        self.port, self.secure_port, self.controller_port = free_port(), free_port(), free_port()
        self.password = os.urandom(12).hex()
        os.makedirs(os.path.join(self.folder, "data"))
        with open(kept, "w", encoding="utf-8") as file:
            json.dump({name: value for name, value in self.__dict__.items()}, file)
        os.chmod(kept, 0o600)
        self.make_certificate()
        self.write_configuration()
        self.java("kafka.tools.StorageTool", "format", "-t", CLUSTER, "-c", self.properties,
                  *(word for bits in (256, 512) for word in ("-S", f"SCRAM-SHA-{bits}=[name=reader,password={self.password}]")))

    @property
    def servers(self):
        return f"127.0.0.1:{self.port}"

    @property
    def secure_servers(self):
        return f"localhost:{self.secure_port}"

    @property
    def properties(self):
        return os.path.join(self.folder, "server.properties")

    @property
    def authority(self):
        return os.path.join(self.folder, "ca.pem")

    def write_configuration(self):
        text = CONFIGURATION
        for name, value in {"FOLDER": self.folder, "PLAIN_PORT": str(self.port), "SECURE_PORT": str(self.secure_port), "CONTROLLER_PORT": str(self.controller_port),
                            "PASSWORD": self.password}.items():
            text = text.replace(name, value)
        with open(self.properties, "w", encoding="utf-8") as file:
            file.write(text)
        os.chmod(self.properties, 0o600)

    def make_certificate(self):
        def openssl(*words):
            subprocess.run(["openssl", *words], check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, cwd=self.folder)

        curve = ("-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes")
        openssl("req", "-x509", *curve, "-keyout", "ca.key", "-out", "ca.pem", "-days", "30", "-subj", "/CN=Test authority")
        openssl("req", *curve, "-keyout", "server.key", "-out", "server.csr", "-subj", "/CN=localhost")
        with open(os.path.join(self.folder, "server.ext"), "w", encoding="ascii") as file:
            file.write("subjectAltName=DNS:localhost")
        openssl("x509", "-req", "-in", "server.csr", "-CA", "ca.pem", "-CAkey", "ca.key", "-CAcreateserial", "-days", "30", "-extfile", "server.ext", "-out", "server.crt")
        with open(os.path.join(self.folder, "server.pem"), "w", encoding="ascii") as out:
            for part in ("server.key", "server.crt"):
                with open(os.path.join(self.folder, part), encoding="ascii") as file:
                    out.write(file.read())

    def command(self, *words):
        return [*JAVA, "-cp", class_path(self.version), *words]

    def java(self, *words):
        """What one of Kafka's own tools prints."""
        done = subprocess.run(self.command(*words), stdin=subprocess.DEVNULL, capture_output=True, timeout=300)
        if done.returncode != 0:
            raise SystemExit(f"{words[0]} ended with {done.returncode}: {done.stderr.decode(errors='replace')[-2000:]}")
        return done.stdout.decode(errors="replace")

    def messages(self, topic):
        """[(partition, offset, key, value)] of what is committed, as Kafka's own consumer reads it. None: no key, no value."""
        text = self.java("org.apache.kafka.tools.consumer.ConsoleConsumer", "--bootstrap-server", self.servers, "--topic", topic, "--from-beginning", "--isolation-level",
                         "read_committed", "--timeout-ms", "8000", *(word for name in ("key", "partition", "offset") for word in ("--property", f"print.{name}=true")),
                         "--property", "null.literal=(none)")
        out = []
        for line in text.splitlines():
            partition, offset, key, value = line.split("\t", 3)
            out.append((int(partition.split(":")[1]), int(offset.split(":")[1]), *(None if one == "(none)" else one for one in (key, value))))
        return out

    def lag(self, group):
        """{(topic, partition): (committed offset, lag)} as Kafka's own tool tells it."""
        text = self.java("org.apache.kafka.tools.consumer.group.ConsumerGroupCommand", "--bootstrap-server", self.servers, "--describe", "--group", group)
        rows = [line.split() for line in text.splitlines() if line.startswith(group)]
        return {(row[1], int(row[2])): (int(row[3]), int(row[5])) for row in rows if row[3].isdigit()}

    def start(self):
        """Returns once it answers."""
        with open(os.path.join(self.folder, "log"), "ab") as log:
            server = subprocess.Popen(self.command("kafka.Kafka", self.properties), stdin=subprocess.DEVNULL, stdout=log, stderr=log, cwd=self.folder, start_new_session=True)
        with open(self.pid_file, "w", encoding="ascii") as file:
            file.write(str(server.pid))
        end = time.monotonic() + 180
        while time.monotonic() < end:
            if server.poll() is not None:
                raise SystemExit(f"Kafka ended with {server.returncode}; see {self.folder}/log")
            if answers(self.port) and answers(self.secure_port):
                return self
            time.sleep(0.05)
        raise SystemExit(f"Kafka does not answer; see {self.folder}/log")

    def process(self):
        """Its number, or nothing where that is not this broker any more."""
        try:
            with open(self.pid_file, encoding="ascii") as file:
                number = int(file.read())
            with open(f"/proc/{number}/cmdline", "rb") as file:
                return number if self.folder.encode() in file.read() else None
        except (FileNotFoundError, ValueError, ProcessLookupError):
            return None

    def end(self, which):
        """Waits until it is gone."""
        number = self.process()
        if number:
            os.kill(number, which)
            os.kill(number, signal.SIGCONT)
        end = time.monotonic() + 60
        while number and time.monotonic() < end:
            try:
                if os.waitpid(number, os.WNOHANG)[0] == number:
                    break
            except ChildProcessError:
                if not self.process():
                    break
            time.sleep(0.02)
        if os.path.exists(self.pid_file):
            os.unlink(self.pid_file)

    def kill(self):
        self.end(signal.SIGKILL)

    def stop(self):
        """Nobody needs its data afterwards, and to end in order takes seconds."""
        self.kill()

    def environment(self):
        return {"MESHGATE_TEST_KAFKA": self.servers, "MESHGATE_TEST_KAFKA_SECURE": self.secure_servers, "MESHGATE_TEST_KAFKA_CA": self.authority,
                "MESHGATE_TEST_KAFKA_USER": "reader", "MESHGATE_TEST_KAFKA_PASSWORD": self.password}


def answers(port):
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) == 0


def main():
    arguments = argparse.ArgumentParser()
    arguments.add_argument("action", choices=["fetch", "start", "again", "stop"])
    arguments.add_argument("dir", nargs="?")
    arguments.add_argument("--version")
    options = arguments.parse_args()
    if options.action == "fetch":
        class_path(options.version)
        return
    if options.dir is None:
        arguments.error("a folder is needed")
    if options.action == "stop":
        if os.path.exists(os.path.join(options.dir, "settings.json")):
            Kafka(options.dir).stop()
        return
    server = Kafka(options.dir, options.version).start()
    text = "".join(f"export {name}={shlex.quote(value)}\n" for name, value in server.environment().items())
    with open(os.path.join(server.folder, "env"), "w", encoding="utf-8") as file:
        file.write(text)
    print(text, end="")


if __name__ == "__main__":
    main()
