"""A network of the test's own. Each node lives in a network namespace with one address; what it sends goes to a program in between, which hands it on, late, or
not at all: links can be cut in one direction or both, be slow, and lose packets, and TCP at both ends is the kernel's own.

Needs the right to make network namespaces, as root in a container has it.
"""

import ctypes
import dataclasses
import fcntl
import heapq
import os
import random
import select
import struct
import subprocess
import threading
import time

NEW_NETWORK = 0x40000000
SET_INTERFACE = 0x400454CA
TUNNEL_OF_PACKETS = 0x0001 | 0x1000  # no frames, no header of its own
LARGEST_PACKET = 65536
LIBC = ctypes.CDLL(None, use_errno=True)


def ip(*words):
    done = subprocess.run(["ip", *words], capture_output=True, text=True)
    if done.returncode != 0:
        raise SystemExit(f"ip {' '.join(words)}: {done.stderr.strip()}; this test makes network namespaces, which takes root's rights")


@dataclasses.dataclass
class Link:
    """From one node to another."""

    cut: bool = False
    delay: float = 0.0  # seconds
    loss: float = 0.0  # share of the packets


class Wire(threading.Thread):
    def __init__(self, names, seed):
        super().__init__(daemon=True)
        self.chance, self.names = random.Random(seed), list(names)
        self.links = {(one, other): Link() for one in names for other in names if one != other}
        self.over, self.carried, self.lost = threading.Event(), 0, 0
        self.tunnels = {}
        for name in self.names:
            ip("netns", "add", self.space(name))
            self.tunnels[name] = self.tunnel(name)
            ip("-n", self.space(name), "link", "set", "lo", "up")
            ip("-n", self.space(name), "address", "add", f"{self.address(name)}/24", "dev", "mesh")
            ip("-n", self.space(name), "link", "set", "mesh", "up")
        self.by_address = {bytes(map(int, self.address(name).split("."))): name for name in self.names}

    def space(self, name):
        return f"meshgate-{os.getpid()}-{name}"

    def address(self, name):
        return f"10.77.0.{self.names.index(name) + 1}"

    def within(self, name, *command):
        """A command that runs where that node lives."""
        return ["ip", "netns", "exec", self.space(name), *command]

    def tunnel(self, name):
        """An interface in that namespace whose packets come out here."""
        made = []

        def make():
            with open(f"/run/netns/{self.space(name)}", "rb") as space:
                if LIBC.setns(space.fileno(), NEW_NETWORK) != 0:
                    return
            tunnel = os.open("/dev/net/tun", os.O_RDWR | os.O_NONBLOCK)
            fcntl.ioctl(tunnel, SET_INTERFACE, struct.pack("16sH22s", b"mesh", TUNNEL_OF_PACKETS, b""))
            made.append(tunnel)
        thread = threading.Thread(target=make)  # enters the namespace, and ends there
        thread.start()
        thread.join()
        if not made:
            raise SystemExit("no interface could be made in a network namespace; this takes root's rights and /dev/net/tun")
        return made[0]

    def run(self):
        waiting, number = [], 0
        names = {tunnel: name for name, tunnel in self.tunnels.items()}
        while not self.over.is_set():
            patience = 0.1 if not waiting else max(0.0, min(0.1, waiting[0][0] - time.monotonic()))
            for tunnel in select.select(list(names), [], [], patience)[0]:
                packet = self.read(tunnel)
                to = self.by_address.get(packet[16:20]) if len(packet) >= 20 and packet[0] >> 4 == 4 else None
                if to is None or to == names[tunnel]:
                    continue
                link = self.links[names[tunnel], to]
                if link.cut or self.chance.random() < link.loss:
                    self.lost += 1
                    continue
                number += 1
                heapq.heappush(waiting, (time.monotonic() + link.delay, number, to, packet))
            while waiting and waiting[0][0] <= time.monotonic():
                _, _, to, packet = heapq.heappop(waiting)
                self.write(self.tunnels[to], packet)

    @staticmethod
    def read(tunnel):
        try:
            return os.read(tunnel, LARGEST_PACKET)
        except BlockingIOError:
            return b""

    def write(self, tunnel, packet):
        try:
            os.write(tunnel, packet)
            self.carried += 1
        except OSError:  # the receiver's queue is full: as on any network
            self.lost += 1

    def heal(self):
        for pair in self.links:
            self.links[pair] = Link()

    def close(self):
        self.over.set()
        if self.is_alive():
            self.join(timeout=10)
        for name in self.names:
            if name in self.tunnels:
                os.close(self.tunnels[name])
            subprocess.run(["ip", "netns", "delete", self.space(name)], capture_output=True)
