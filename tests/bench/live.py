"""Live readers: our Server-Sent Events beside those of nginx with nchan, the same client, changes of 200 bytes.

Ours is tests/bench/live_node.cpp, the real store and server, where a thread commits in the place of a source; nchan's messages are posted over one
connection that is kept. A latency runs from when the commit or the post was due, which may be before it was made, to when the client (live_readers.cpp, one
thread) has read it; ours includes that the change is on the disk. Every reader must get every change, in order. Memory is what the server has grown by for each idle reader, processor
time the server's per change sent.
"""

import http.client
import json
import os
import shutil
import subprocess
import time

import measure
from processes import free_port, wait_for

BYTES = 200


def resident(pid):
    with open(f"/proc/{pid}/status", encoding="ascii") as status:
        return next(int(line.split()[1]) * 1024 for line in status if line.startswith("VmRSS"))


class Ours:
    target = "/feeds/live/changes?live=sse"
    more = ("--caught-up",)

    def __init__(self, bench):
        self.process = subprocess.Popen([bench.tool("live_node"), bench.fresh("live_node") + "/data"], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        self.port = int(self.process.stdout.readline().split()[1])
        self.pid = self.process.pid

    def send(self, count, rate):
        self.process.stdin.write(f"1 {count} {rate} {BYTES}\n")
        self.process.stdin.flush()
        self.process.stdout.readline()

    def stop(self):
        self.process.stdin.close()
        self.process.wait(timeout=60)


class Nchan:
    target = "/sub"
    more = ()
    CONFIG = """load_module /usr/lib/nginx/modules/ngx_nchan_module.so;
daemon off; pid {folder}/nginx.pid; error_log {folder}/nginx.log; worker_processes 1; worker_rlimit_nofile 20000;
events {{ worker_connections 18000; }}
http {{ access_log off; keepalive_timeout 300; keepalive_requests 1000000;
  client_body_temp_path {folder}/t1; proxy_temp_path {folder}/t2; fastcgi_temp_path {folder}/t3; uwsgi_temp_path {folder}/t4; scgi_temp_path {folder}/t5;
  server {{ listen 127.0.0.1:{port} backlog=4096; nchan_message_buffer_length 1000;
    location = /pub {{ nchan_publisher; nchan_channel_id live; }}
    location = /sub {{ nchan_subscriber eventsource; nchan_channel_id live; nchan_subscriber_first_message newest; }} }} }}
"""

    def __init__(self, bench):
        folder = bench.fresh("nchan")
        os.chmod(folder, 0o777)
        self.port = free_port()
        config = os.path.join(folder, "nginx.conf")
        with open(config, "w", encoding="ascii") as file:
            file.write(self.CONFIG.format(folder=folder, port=self.port))
        self.process = subprocess.Popen([shutil.which("nginx") or "/usr/sbin/nginx", "-p", folder, "-c", config], stdin=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        self.pid = wait_for("nginx's worker", self.worker, 30)

    def worker(self):
        with open(f"/proc/{self.process.pid}/task/{self.process.pid}/children", encoding="ascii") as children:
            found = children.read().split()
        return int(found[0]) if found else None

    def send(self, count, rate):
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=60)
        pad = "x" * (BYTES - 50)
        began = time.time()
        for turn in range(count):
            due = began + turn / rate
            time.sleep(max(0.0, due - time.time()))
            connection.request("POST", "/pub", json.dumps({"n": turn + 1, "pad": pad, "t": int(due * 1e6)}, separators=(",", ":")))
            connection.getresponse().read()
        connection.close()

    def stop(self):
        self.process.terminate()
        self.process.wait(timeout=30)


def follow(bench, kind, readers, rate, seconds):
    """What the client found, with the server's processor time per change sent (µs) and its memory per reader (bytes)."""
    server = kind(bench)
    count = int(rate * seconds)
    try:
        before = resident(server.pid)
        command = [bench.tool("live_readers"), "--port", str(server.port), "--target", server.target, "--readers", str(readers), "--last", str(count), *server.more]
        with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as client:
            bench.must(client.stdout.readline() == "ready\n", f"the readers of {kind.__name__} did not begin")
            memory = (resident(server.pid) - before) / readers
            cpu = measure.processor(server.pid)
            server.send(count, rate)
            found = json.loads(client.stdout.readline() or "{}")
            cpu = measure.processor(server.pid) - cpu
        bench.must(client.returncode == 0 and found["changes"] == readers * count, f"the readers of {kind.__name__} got {found}")
        return {**found, "memory": memory, "cpu": cpu / found["changes"] * 1e6}
    finally:
        server.stop()


def compare(bench, what, readers, rate, seconds, aims):
    ours, theirs = follow(bench, Ours, readers, rate, seconds), follow(bench, Nchan, readers, rate, seconds)
    shown = {"p50": lambda us: f"{us / 1000:.1f} ms", "p99": lambda us: f"{us / 1000:.1f} ms", "cpu": lambda us: f"{us:.1f} µs a change sent", "memory": lambda size: f"{size / 1024:.1f} KiB a reader"}
    for name, aim in aims.items():
        ratio = ours[name] / max(theirs[name], 0.001)
        show = shown[name]
        bench.report.line(f"{what}: {name}", show(ours[name]), "nchan: " + show(theirs[name]), f"{ratio:.2f}x", f"≤ {aim}x" if aim else "report", ratio <= aim if aim else None)


def figures(bench):
    if bench.wanted("live 1000"):
        compare(bench, "live 1000, 10 changes/s", 1000, 10, 20, {"p50": None, "p99": 1.5, "cpu": 2, "memory": 1.5})
    if bench.wanted("live 10000"):
        compare(bench, "live 10000, 10 changes/s", 10000, 10, 20, {"p50": None, "p99": 2, "cpu": None, "memory": None})
    if bench.wanted("live one"):
        compare(bench, "live one, 500 changes/s", 1, 500, 10, {"p50": None, "p99": 3})
