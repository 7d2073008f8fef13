#!/usr/bin/env python3
"""Fails on an include that tests/arch/layers.txt does not allow, and on circles between folders."""
import os
import re
import sys

import sources

INCLUDE = re.compile(r'^[ \t]*#[ \t]*include[ \t]*(["<])([^">]+)[">]', re.MULTILINE)
STANDARD = set(
    """algorithm any array atomic barrier bit bitset cassert cctype cerrno cfenv cfloat charconv chrono cinttypes climits clocale cmath
    compare complex concepts condition_variable coroutine csetjmp csignal cstdarg cstddef cstdint cstdio cstdlib cstring ctime cuchar
    cwchar cwctype deque exception execution filesystem forward_list fstream functional future initializer_list iomanip ios iosfwd
    iostream istream iterator latch limits list locale map memory memory_resource mutex new numbers numeric optional ostream queue random
    ranges ratio regex scoped_allocator semaphore set shared_mutex source_location span sstream stack stdexcept stop_token streambuf string
    string_view strstream system_error thread tuple type_traits typeindex typeinfo unordered_map unordered_set utility valarray variant
    vector version""".split()
)


class Rules:
    def __init__(self, text):
        self.rooms, self.outside, self.posix = {}, {}, set()
        for line in text.splitlines():
            parts = [part.strip() for part in line.split("#")[0].split("|")]
            if parts == [""]:
                continue
            if parts[0] == "posix":
                self.posix = set(parts[1].split())
            else:
                self.rooms[parts[0]] = set(parts[1].split())
                self.outside[parts[0]] = tuple(parts[2].split())

    def room(self, path):
        """The room a file stands in: the longest folder of the table above it."""
        return max((room for room in self.rooms if path.startswith(room + "/")), key=len, default=None)

    def may_use(self, room, header):
        return header in STANDARD or header in self.posix or (self.outside[room] and header.startswith(self.outside[room]))


def circle(edges):
    """One circle in a graph as a list of nodes, or None."""
    done, path = set(), []

    def visit(node):
        if node in path:
            return path[path.index(node):] + [node]
        if node in done:
            return None
        path.append(node)
        for other in sorted(edges.get(node, ())):
            found = visit(other)
            if found:
                return found
        path.pop()
        done.add(node)
        return None

    return next((found for found in map(visit, sorted(edges)) if found), None)


def check(rules, texts):
    """texts: path -> C++ text. -> list of faults."""
    faults, ours, theirs, folders = [], {}, {}, {}
    for path, text in texts.items():
        ours[path], theirs[path] = set(), set()
        for quote, name in INCLUDE.findall(text):
            if quote == "<" and name not in texts:
                theirs[path].add(name)
            elif name in texts:
                ours[path].add(name)
            else:
                faults.append(f'{path}: includes "{name}", which is no file from the repository root: our includes are written from there')
    for path in texts:
        if path.startswith("tests/"):
            continue
        room = rules.room(path)
        if room is None:
            faults.append(f"{path}: stands in no room of tests/arch/layers.txt")
            continue
        for name in sorted(ours[path]):
            other = rules.room(name)
            if other != room and other not in rules.rooms[room]:
                faults.append(f"{path}: {room} may not include {other or 'tests'} ({name})")
            folder, target = os.path.dirname(path), os.path.dirname(name)
            if folder != target:
                folders.setdefault(folder, set()).add(target)
        reached, waiting = {path}, [path]
        while waiting:
            for name in ours.get(waiting.pop(), ()):
                if name not in reached:
                    reached.add(name)
                    waiting.append(name)
        for name in sorted(reached):
            for header in sorted(theirs[name]):
                if not rules.may_use(room, header):
                    way = "" if name == path else f" through {name}"
                    faults.append(f"{path}: {room} may not include <{header}>{way}")
    found = circle(folders)
    if found:
        faults.append("circle between folders: " + " -> ".join(found))
    found = circle(rules.rooms)
    if found:
        faults.append("circle in tests/arch/layers.txt: " + " -> ".join(found))
    return faults


if __name__ == "__main__":
    everything = {path: sources.read(path) for path in sources.files(*sources.CODE)}
    sys.exit(sources.report("layers", check(Rules(sources.read("tests/arch/layers.txt")), everything)))
