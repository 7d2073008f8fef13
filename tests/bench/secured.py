"""What TLS costs: the ranges of a first download, and new connections, with TLS and without.

The processor time that the server spends more on a byte stands beside what `openssl speed` needs to encrypt one; what is left is the copying that sendfile spares
a node in clear. New connections stand beside those of `openssl s_server` with the same certificate.
"""

import http.client
import json
import os
import re
import socket
import ssl
import subprocess
import sys
import urllib.request

import measure
from first_download import FEED, fetch
from processes import Gateway, free_port, wait_for

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "fault"))
from authority import Authority  # noqa: E402

SECONDS = 3


class Server:
    """A gateway over the data of the bench, in clear or with a certificate of this authority."""

    def __init__(self, bench, folder, yaml, authority=None):
        self.bench, self.authority = bench, authority
        if authority:
            yaml = yaml.replace('"http:', '"https:').replace("node: {", f"node: {{ tls: {{ certificate: {authority.path('node.pem')}, key: {authority.path('node.key')} }},")
        self.gateway = Gateway(bench.program, folder, yaml)
        self.url = self.gateway.url.replace("http:", "https:") if authority else self.gateway.url
        self.context = ssl.create_default_context(cafile=authority.certificate) if authority else None

    def get(self, path):
        try:
            with urllib.request.urlopen(self.url + path, timeout=30, context=self.context) as answer:
                return json.load(answer)
        except OSError:
            return None

    def cpu(self):
        return measure.processor(self.gateway.process.pid)

    def download(self):
        """All ranges, the best of three: (spent, the server's processor time for a byte)."""
        self.gateway.start()
        wait_for("the scan after the start", lambda: ((self.get(f"/feeds/{FEED}") or {}).get("source") or {}).get("state") == "idle", 900)
        urls = [self.url + one["href"] for one in self.get(f"/feeds/{FEED}/ranges")["ranges"]]
        more = ["--cacert", self.authority.certificate] if self.authority else []
        fetch(urls, self.cpu, more=more)
        runs, each = [], []
        for _ in range(3):
            before = self.cpu()
            runs.append(fetch(urls, self.cpu, more=more))
            each.append((self.cpu() - before) / runs[-1].size)
        return measure.best(runs), min(each)

    def cipher(self):
        connection = http.client.HTTPSConnection("127.0.0.1", self.gateway.port, context=self.context)
        connection.connect()
        name = connection.sock.cipher()[0]
        connection.close()
        return name


def speed_of(cipher):
    """Bytes a second of this processor."""
    name = next(known for part, known in (("AES_256", "aes-256-gcm"), ("AES_128", "aes-128-gcm"), ("CHACHA20", "chacha20-poly1305")) if part in cipher)
    text = subprocess.run(["openssl", "speed", "-seconds", "1", "-bytes", "16384", "-evp", name], capture_output=True, check=True).stdout.decode()
    return float(re.findall(r"([\d.]+)k", text)[-1]) * 1000


def connections(authority, port, cpu):
    """How many new ones a second of the server's processor time is enough for."""
    before = cpu()
    words = ["openssl", "s_time", "-connect", f"127.0.0.1:{port}", "-CAfile", authority.certificate, "-new", "-time", str(SECONDS)]
    text = subprocess.run(words, stdin=subprocess.DEVNULL, capture_output=True, check=True).stdout.decode()
    return int(re.search(r"(\d+) connections in \d+ real seconds", text)[1]) / max(cpu() - before, 0.01)


def bare_connections(authority):
    port = free_port()
    words = ["openssl", "s_server", "-accept", str(port), "-cert", authority.path("node.pem"), "-key", authority.path("node.key"), "-quiet", "-www"]
    with subprocess.Popen(words, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) as server:
        try:
            wait_for("openssl s_server", lambda: answers(port), 30)
            return connections(authority, port, lambda: measure.processor(server.pid))
        finally:
            server.terminate()


def answers(port):
    try:
        socket.create_connection(("127.0.0.1", port), timeout=5).close()
        return True
    except OSError:
        return False


def figures(bench, folder, yaml):
    authority = Authority(bench.fresh("authority"))
    authority.sign("node")
    clear = Server(bench, folder, yaml)
    try:
        without, least = clear.download()
    finally:
        clear.gateway.stop()
    secure = Server(bench, folder, yaml, authority)
    try:
        with_tls, more = secure.download()
        cipher, fresh = secure.cipher(), connections(authority, secure.gateway.port, secure.cpu)
    finally:
        secure.gateway.stop()
    bench.must(without.size == with_tls.size, f"{without.size} bytes came in clear and {with_tls.size} over TLS")
    speed, cost = speed_of(cipher), more - least
    rate = lambda spent: f"{spent.size / spent.wall / 1e6:,.0f} MB/s"
    bench.report.line("ranges plain over TLS", f"{rate(with_tls)}, the server's processor {cost * 1e9:.2f} ns a byte more", f"in clear: {rate(without)}; {cipher}: {1e9 / speed:.2f} ns a byte",
                      f"{without.wall / with_tls.wall:.2f}; {cost * speed:.1f}x the cipher", "report", None)
    bare = bare_connections(authority)
    bench.report.line("new connections over TLS", f"{fresh:,.0f} a processor second", f"openssl s_server: {bare:,.0f}", f"{fresh / bare:.2f}", "report", None)
