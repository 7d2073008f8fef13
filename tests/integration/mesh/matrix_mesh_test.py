"""The same answers everywhere: role x way to read x feed x partition x state of the person in the directory, at the gateway, at a hub, at a branch behind it and at the person's own
device behind that; with the gateway off in each state that gives other rights. What a node may answer is the model's (matrix_model.py); what it answers is compared with what the gateway does, text by text. Every
cell is counted.

At a device it is an application that asks, not the person: it may read what the device holds, which must be exactly what its person may read, in the store and in the SQLite file, and
of that it gets the gateway's answers, but for how a first download is cut into ranges. What is not held is 404 or 403 there.

    matrix_mesh_test.py --program build/bin/meshgate
"""

import argparse
import contextlib
import difflib
import os
import re
import sys
import time

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), ".."))

from matrix_model import KINDS, NOBODY, SLICES, STATES, person_in, secret  # noqa: E402
from matrix_nodes import running_mesh  # noqa: E402
from matrix_ways import Proof, fail, feed_ways, range_way, slices_of  # noqa: E402
from processes import wait_for  # noqa: E402

# With the gateway off too. Who is back from these has the rights of before.
ALONE = ["active", "disabled", "moved", "gone"]
# What is said of the node that answers, and of the moment: of the data nothing.
OF_THE_NODE = [r',"(source|rights)":\{[^}]*\}', r'"as_of":"[^"]*"', r'"node":"[^"]*"', r',"quarantined":\d+', r"https?://[\d.]+:\d+", r"<name>[^<]*</name>", r'"authors":\[[^]]*\]',
               r"<head>\s*<title>[^<]*</title>", r" at [^<]*</description>", r"(?m)^mark,,,,[^,]*", r'"entries":\d+,"bytes":\d+,']


def plain(text):
    for pattern in OF_THE_NODE:
        text = re.sub(pattern, "", text)
    return text


class Range:
    """What `range_way` asks a node for."""

    def __init__(self, href):
        self.range = href


class Matrix:
    def __init__(self, mesh):
        self.mesh, self.ways = mesh, feed_ways(mesh)
        self.cells = dict.fromkeys(["gateway", "hub", "branch", "device", "hub, gateway off", "branch, gateway off", "device, gateway off"], 0)

    def ask_all(self, where, person, proof, given=None, href=None):
        """{cell: (status, text)} of all cells at one node; `given`: what the gateway answered."""
        out = {}
        for way in self.ways:
            for feed, partition in SLICES:
                out[way.route, way.name, feed, partition] = self.cell(where, way, person, proof, feed, partition, given)
        if href:
            self.cell(where, range_way(Range(href)), person, proof, "sales", "north", None)
        return out

    def cell(self, where, way, person, proof, feed, partition, given):
        self.cells[where] += 1
        what = f"{where}: {way.route} {way.name} by {person.name or 'nobody'} of {feed} [{partition}]"
        status, _, text = way.read(proof, feed, partition)
        wanted = way.status(person, feed, partition)
        by_device = where.startswith("device")
        if status != wanted and not (by_device and wanted in (401, 403, 404) and status in (403, 404)):
            fail(f"{what}: {status}, not {wanted}\n{text[:500]}")
        if not by_device or wanted == 200:
            self.shown(what, way, person, feed, partition, text)
        for other in SLICES:
            if secret(*other) in text and not person.may(*other):
                fail(f"{what}: shows {other}")
        own = (status, plain(text) if status == 200 else "")
        there = given and given[way.route, way.name, feed, partition]
        compared = not by_device or (person.may(feed, partition) and way.name != "the ranges")
        if there and wanted == 200 and own != there and compared:
            difference = "\n".join(list(difflib.unified_diff(there[1].splitlines(), own[1].splitlines(), "gateway", where, n=0, lineterm=""))[:20])
            fail(f"{what}: not what the gateway answered:\n{difference}")
        return own

    @staticmethod
    def shown(what, way, person, feed, partition, text):
        whole = way.shows is not secret and not partition and way.name != "the ranges"
        may = person.may_any(feed) if whole else person.may(feed, partition)
        if (way.shows(feed, partition) in text) != may:
            fail(f"{what}: {'not shown' if may else 'shown'}\n{text[:500]}")


class Round:
    """All people in one state."""

    def __init__(self, matrix, shown, devices, state):
        self.matrix, self.mesh, self.shown, self.devices, self.state = matrix, matrix.mesh, shown, devices, state
        self.people = {kind.name: person_in(kind, state) for kind in KINDS}
        if state == STATES[0]:
            self.people[""] = NOBODY

    def nodes(self, off):
        """(what it is called, the node)"""
        names = ["hub", "branch"] if off else ["gateway", "hub", "branch"]
        return [(name + (", gateway off" if off else ""), getattr(self.mesh, name)) for name in names]

    def settle(self):
        self.mesh.agree(self.people.values())
        for device in self.devices:
            wanted = slices_of(self.people[device.kind.name])
            if device.running() and wanted - (device.stored() or set()):
                # What is gained it finds within half a minute, and at once when it starts.
                device.stop()
                device.start()
            with self.explained(device, wanted):
                wait_for(f"the device of {device.kind.name} to hold what is theirs", lambda device=device, wanted=wanted: device.holds(wanted), 90)

    @contextlib.contextmanager
    def explained(self, device, wanted):
        try:
            yield
        except SystemExit:
            print(f"{self.state}: wanted {sorted(wanted)}, stored {sorted(device.stored() or [])}, filed {sorted(device.filed())}\n{device.recent()[-3000:]}")
            raise

    def ask(self, given, off=False):
        for where, node in self.nodes(off):
            href = node.range()
            for name, person in self.people.items():
                answers = self.matrix.ask_all(where, person, Proof(node, "", self.shown.get(name)), given.get(name), href)
                given.setdefault(name, answers)
        for device in self.devices:
            name = device.kind.name
            self.matrix.ask_all("device" + (", gateway off" if off else ""), self.people[name], device.proof(), given[name])


def go_through(mesh, devices):
    matrix, states = Matrix(mesh), {kind.name: "active" for kind in KINDS}
    shown = {kind.name: node.sign_in(kind) for kind, node in zip(KINDS, [mesh.branch, mesh.hub, mesh.gateway, mesh.branch])}
    for device in devices:
        device.sign_in()
    for state in STATES:
        for kind in KINDS if state != "active" else []:
            mesh.become(kind, state, states)
        one = Round(matrix, shown, devices, state)
        began = time.monotonic()
        one.settle()
        known = time.monotonic()
        given = {}
        one.ask(given)
        if state in ALONE:
            mesh.gateway.stop()
            one.ask(given, off=True)
            # The hub is started anew too, so that it looks for the gateway at once.
            mesh.gateway.start()
            mesh.hub.stop()
            mesh.hub.start()
        print(f"ok   {state}: known everywhere after {known - began:.1f} s, asked in {time.monotonic() - known:.1f} s", flush=True)
    slices = len(matrix.ways) * len(SLICES)
    for where, cells in matrix.cells.items():
        # Who has not signed in is in one state.
        people = len(KINDS) * len(ALONE if "off" in where else STATES)
        wanted = people * slices if where.startswith("device") else (people + 1) * (slices + 1)
        if cells != wanted:
            fail(f"{cells} cells were looked at at {where}, not {wanted}")
    print(f"{sum(matrix.cells.values())} cells: " + "; ".join(f"{where} {cells}" for where, cells in matrix.cells.items()) + ": all as the model says, and as the gateway answers")


def main():
    arguments = argparse.ArgumentParser()
    arguments.add_argument("--program", required=True)
    options = arguments.parse_args()
    with running_mesh(options.program, KINDS) as (mesh, devices):
        go_through(mesh, devices)


if __name__ == "__main__":
    main()
