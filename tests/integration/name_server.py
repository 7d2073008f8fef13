"""A network of a test's own, with a mock of a name server that answers for the domain corp.test: which directory servers there are (SRV), and that every
host is this machine (A). It cannot be told from a real one by a program that asks the system's resolver."""

import ctypes
import fcntl
import os
import socket
import struct
import sys
import threading

DOMAIN = "corp.test"
A, SRV, IN = 1, 33, 1
MS_BIND = 4096
SIOCSIFFLAGS, IFF_UP_RUNNING = 0x8914, 0x41


def enter_own_network():
    """Goes on in a network and a tree of mounts that nobody else sees: as root, or as anybody where the kernel lets them."""
    if os.environ.get("MESHGATE_TEST_OWN_NETWORK") != "1":
        means = ["unshare", "--mount", "--net"] + ([] if os.getuid() == 0 else ["--map-current-user", "--keep-caps"])
        if os.system(" ".join(means) + " true 2>/dev/null") != 0:
            raise SystemExit("this test needs a network of its own: run it as root, or let users make namespaces (sysctl kernel.unprivileged_userns_clone=1, user.max_user_namespaces)")
        os.environ["MESHGATE_TEST_OWN_NETWORK"] = "1"
        os.execvp(means[0], [*means, sys.executable, *sys.argv])
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as any_socket:
        fcntl.ioctl(any_socket, SIOCSIFFLAGS, struct.pack("16sh14x", b"lo", IFF_UP_RUNNING))


def put_in_place_of(path, text, folder):
    """For this test alone."""
    own = os.path.join(folder, os.path.basename(path))
    with open(own, "w", encoding="ascii") as file:
        file.write(text)
    libc = ctypes.CDLL(None, use_errno=True)
    if libc.mount(own.encode(), os.path.realpath(path).encode(), None, MS_BIND, None) != 0:
        raise SystemExit(f"{path} cannot be replaced for this test: {os.strerror(ctypes.get_errno())}")


class NameServer:
    """Answers by `servers`: [(priority, host, port)]; an empty list: there is no such name."""

    def __init__(self, folder):
        self.servers, self.asked = [], 0
        put_in_place_of("/etc/resolv.conf", "nameserver 127.0.0.1\noptions timeout:1 attempts:1\n", folder)
        put_in_place_of("/etc/nsswitch.conf", "passwd: files\ngroup: files\nhosts: files dns\n", folder)
        self.socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self.socket.bind(("127.0.0.1", 53))
        threading.Thread(target=self.serve, daemon=True).start()

    def serve(self):
        while True:
            question, asker = self.socket.recvfrom(4096)
            self.socket.sendto(self.answer(question), asker)

    def answer(self, question):
        name, end = name_at(question, 12)
        kind = struct.unpack(">H", question[end:end + 2])[0]
        records = []
        if kind == SRV and name == f"_ldap._tcp.{DOMAIN}":
            self.asked += 1
            records = [struct.pack(">HHH", priority, 100, port) + encoded(f"{host}.{DOMAIN}") for priority, host, port in self.servers]
        elif kind == A and name.endswith(f".{DOMAIN}"):
            records = [socket.inet_aton("127.0.0.1")]
        known = records or name.endswith(f".{DOMAIN}") and kind != SRV
        head = question[:2] + struct.pack(">HHHHH", 0x8580 | (0 if known else 3), 1, len(records), 0, 0)
        return head + question[12:end + 4] + b"".join(b"\xc0\x0c" + struct.pack(">HHIH", kind, IN, 0, len(data)) + data for data in records)


def name_at(message, at):
    parts = []
    while message[at]:
        parts.append(message[at + 1:at + 1 + message[at]].decode())
        at += 1 + message[at]
    return ".".join(parts).lower(), at + 1


def encoded(name):
    return b"".join(bytes([len(part)]) + part.encode() for part in name.split(".")) + b"\0"
