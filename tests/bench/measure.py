"""Wall clock, processor time and memory of the program, of what it is set beside, and of nginx."""

import json
import os
import shutil
import subprocess
import time

TICKS = os.sysconf("SC_CLK_TCK")


class Spent:
    """What a piece of work cost: wall clock and processor seconds of all processes and threads that did it."""

    def __init__(self, wall, cpu, size=0):
        self.wall, self.cpu, self.size = wall, cpu, size


def best(spent):
    """The least wall clock and the least processor time of several runs of the same work."""
    return Spent(min(one.wall for one in spent), min(one.cpu for one in spent), spent[-1].size)


def processor(pid):
    with open(f"/proc/{pid}/stat", encoding="ascii") as stat:
        fields = stat.read().rsplit(")", 1)[1].split()
    return (int(fields[11]) + int(fields[12])) / TICKS


def peak_memory(pid):
    with open(f"/proc/{pid}/status", encoding="ascii") as status:
        return next(int(line.split()[1]) * 1024 for line in status if line.startswith("VmHWM"))


def disk(folder):
    return sum(os.lstat(os.path.join(at, name)).st_blocks * 512 for at, _, names in os.walk(folder) for name in names)


def finished(command, **more):
    """Runs a command to its end; its output and what it cost, its start included."""
    began = time.monotonic()
    process = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, **more)
    output = process.stdout.read()
    _, status, usage = os.wait4(process.pid, 0)
    wall = time.monotonic() - began
    process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode != 0:
        raise SystemExit(f"{command[0]} ended with {process.returncode}: {output.decode(errors='replace')[-1000:]}")
    return output.decode(), Spent(wall, usage.ru_utime + usage.ru_stime)


def told(command):
    """Runs a program that measures itself and prints what it found."""
    output, _ = finished(command)
    line = json.loads(output.strip().splitlines()[-1])
    return line["rows"], Spent(line["wall"], line["cpu"])


def download(url, server, encoding=None):
    """One whole answer to one reader (curl, thrown away); processor time is the server's and the reader's."""
    command = [shutil.which("curl") or "curl", "-sS", "--fail", "--max-time", "600", "-o", "/dev/null", "-w", "%{size_download}"]
    if encoding:
        command += ["-H", f"Accept-Encoding: {encoding}"]
    before = server()
    output, spent = finished(command + [url])
    return Spent(spent.wall, spent.cpu + server() - before, int(output))


class Nginx:
    """Serves one folder as files with sendfile, one worker, no log of accesses."""

    CONFIG = """daemon off; master_process off; pid {folder}/nginx.pid; error_log {folder}/nginx.log;
events {{ worker_connections 64; }}
http {{ access_log off; keepalive_requests 1000000000; sendfile on; tcp_nopush on; default_type application/x-ndjson;
  client_body_temp_path {folder}/t1; proxy_temp_path {folder}/t2; fastcgi_temp_path {folder}/t3; uwsgi_temp_path {folder}/t4; scgi_temp_path {folder}/t5;
  server {{ listen 127.0.0.1:{port}; root {root}; }} }}
"""

    def __init__(self, folder, root, port):
        program = shutil.which("nginx") or "/usr/sbin/nginx"
        config = os.path.join(folder, "nginx.conf")
        with open(config, "w", encoding="ascii") as file:
            file.write(self.CONFIG.format(folder=folder, root=root, port=port))
        self.url = f"http://127.0.0.1:{port}/"
        self.process = subprocess.Popen([program, "-p", folder, "-c", config], stdin=subprocess.DEVNULL, stderr=subprocess.DEVNULL)

    def cpu(self):
        return processor(self.process.pid)

    def stop(self):
        self.process.terminate()
        self.process.wait(timeout=30)
