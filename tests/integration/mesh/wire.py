"""A network of the test's own. Each node lives in a network namespace with one address; what it sends goes to a program in between, which hands it on, late, or
not at all: links can be cut in one direction or both, be slow, and lose packets, and TCP at both ends is the kernel's own. What passes is counted.

The test is there too, as one who reads at all nodes: no cut, no loss and no delay is between it and them.

Nothing is left of the namespaces when the processes in them have ended.
"""

import collections
import concurrent.futures
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

from processes import Place, begin_as_root

NEW_NETWORK = 0x40000000
SET_INTERFACE = 0x400454CA
TUNNEL_OF_PACKETS = 0x0001 | 0x1000  # no frames, no header of its own
LARGEST_PACKET = 65536
TCP, SYN = 6, 0x02
READER = "reader"  # the test
LIBC = ctypes.CDLL(None, use_errno=True)


def in_a_thread(call):
    with concurrent.futures.ThreadPoolExecutor(1) as one:
        return one.submit(call).result()


def ip(*words):
    done = subprocess.run(["ip", *words], capture_output=True, text=True)
    if done.returncode != 0:
        raise SystemExit(f"ip {' '.join(words)}: {done.stderr.strip()}")


class Space(Place):
    """A network namespace with one address. Packets to all others come out of `tunnel`, and what is written there comes in."""

    def __init__(self, address):
        self.address, self.packed = address, bytes(map(int, address.split(".")))
        self.handle, self.tunnel = in_a_thread(self.make)

    def make(self):
        if LIBC.unshare(NEW_NETWORK) != 0:
            begin_as_root("make a network namespace")
        handle, tunnel = os.open("/proc/thread-self/ns/net", os.O_RDONLY), os.open("/dev/net/tun", os.O_RDWR | os.O_NONBLOCK)
        fcntl.ioctl(tunnel, SET_INTERFACE, struct.pack("16sH22s", b"mesh", TUNNEL_OF_PACKETS, b""))
        ip("link", "set", "lo", "up")
        ip("address", "add", f"{self.address}/24", "dev", "mesh")
        ip("link", "set", "mesh", "up")
        return handle, tunnel

    def enter(self):
        """The thread that calls, and those that it starts."""
        if LIBC.setns(self.handle, NEW_NETWORK) != 0:
            raise SystemExit(f"the network namespace of {self.address} cannot be entered")

    def run(self, call):
        def there():
            self.enter()
            return call()
        return in_a_thread(there)

    def close(self):
        os.close(self.handle)
        os.close(self.tunnel)


@dataclasses.dataclass
class Link:
    """From one node to another."""

    cut: bool = False
    delay: float = 0.0  # seconds
    loss: float = 0.0  # share of the packets


WHOLE = Link()


class Streams:
    """What TCP carries, each byte once however often it is sent."""

    def __init__(self):
        self.ends = {}  # by addresses and ports

    def new_bytes(self, packet):
        header = 4 * (packet[0] & 15)
        if packet[9] != TCP:
            return 0
        flow, sequence = packet[12:20] + packet[header:header + 4], int.from_bytes(packet[header + 4:header + 8], "big")
        size = len(packet) - header - 4 * (packet[header + 12] >> 4)
        if packet[header + 13] & SYN:
            self.ends[flow] = sequence + 1
        if size == 0:
            return 0
        new = (sequence + size - self.ends.get(flow, sequence)) % (1 << 32)
        if new >= 1 << 31:  # sent before
            return 0
        self.ends[flow] = sequence + size
        return new


class Wire(threading.Thread):
    """`wire["hub"]` is the place where hub lives; within `with wire:` packets pass."""

    def __init__(self, names, seed=0):
        super().__init__(daemon=True)
        self.chance, self.names = random.Random(seed), list(names)
        self.links = {(one, other): Link() for one in names for other in names if one != other}
        self.over, self.carried, self.lost = threading.Event(), 0, 0
        self.streams, self.passed, self.counted = Streams(), collections.Counter(), collections.Counter()
        self.spaces = {name: Space(f"10.77.0.{number}") for number, name in enumerate([*self.names, READER], 1)}

    def __getitem__(self, name):
        return self.spaces[name]

    def __enter__(self):
        for name in [one for one in os.environ if one.lower().endswith("_proxy")]:
            del os.environ[name]  # it is not on this network
        self.start()
        self[READER].enter()
        return self

    def __exit__(self, *_):
        self.over.set()
        self.join(timeout=10)
        for space in self.spaces.values():
            space.close()

    def run(self):
        waiting, number = [], 0
        names = {space.tunnel: name for name, space in self.spaces.items()}
        by_address = {space.packed: name for name, space in self.spaces.items()}
        while not self.over.is_set():
            patience = 0.1 if not waiting else max(0.0, min(0.1, waiting[0][0] - time.monotonic()))
            for tunnel in select.select(list(names), [], [], patience)[0]:
                packet = self.read(tunnel)
                to = by_address.get(packet[16:20]) if len(packet) >= 20 and packet[0] >> 4 == 4 else None
                if to is None or to == names[tunnel]:
                    continue
                link = self.links.get((names[tunnel], to), WHOLE)
                if link.cut or self.chance.random() < link.loss:
                    self.lost += 1
                    continue
                self.passed[names[tunnel], to] += self.streams.new_bytes(packet)
                number += 1
                heapq.heappush(waiting, (time.monotonic() + link.delay, number, to, packet))
            while waiting and waiting[0][0] <= time.monotonic():
                _, _, to, packet = heapq.heappop(waiting)
                self.write(self.spaces[to].tunnel, packet)

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

    def cut(self, one, other):
        """In both directions."""
        self.links[one, other] = self.links[other, one] = Link(cut=True)

    def mend(self, one, other):
        self.links[one, other] = self.links[other, one] = Link()

    def heal(self):
        for pair in self.links:
            self.links[pair] = Link()

    def count(self, one, other):
        """Bytes that TCP has carried from one to the other since the last call."""
        before, self.counted[one, other] = self.counted[one, other], self.passed[one, other]
        return self.counted[one, other] - before
