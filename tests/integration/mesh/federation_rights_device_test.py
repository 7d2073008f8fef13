"""What is taken away at the gateway goes from a person's device two nodes further on: a group that is left, a partition that is moved to another, an item that leaves it, a rule that is
narrowed, a person who is disabled, a device that is revoked. Connected, and at first contact where it was not. A hub that comes back from an old copy of its folder, with the gateway
away, gives nothing of it back to those behind it. The times are printed; none is asserted.

    federation_rights_device_test.py --program build/bin/meshgate
"""

import argparse
import json
import os
import shutil
import signal
import sys
import time

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), ".."))

from directory import SUFFIX  # noqa: E402
from matrix_model import KINDS, person_in  # noqa: E402
from matrix_nodes import running_mesh  # noqa: E402
from matrix_ways import slices_of  # noqa: E402
from processes import run, wait_for  # noqa: E402

PLAIN = KINDS[0]
FIRST = slices_of(person_in(PLAIN, "active"))
OPEN = {("open", "")}


class Story:
    def __init__(self, mesh, device):
        self.mesh, self.device = mesh, device
        self.states = {kind.name: "active" for kind in KINDS}
        self.times = {}
        self.old = os.path.join(mesh.folder, "old-hub")

    def becomes(self, what, act, wanted, ready=None):
        """After an act the device holds exactly this; `ready`: what more must be so."""
        began = time.monotonic()
        act()
        try:
            wait_for(what, lambda: self.device.holds(wanted) and (ready is None or ready()), 120)
        except SystemExit:
            print(f"wanted {sorted(wanted)}\nstored {sorted(self.device.stored() or [])}\nfiled {sorted(self.device.filed())}\n{self.device.recent()[-3000:]}")
            raise
        self.times[what] = time.monotonic() - began
        print(f"ok   {what}: after {self.times[what]:.2f} s", flush=True)

    def member(self, act, name):
        self.mesh.slapd.modify(f"dn: cn={name},ou=groups,{SUFFIX}\nchangetype: modify\n{act}: member\nmember: uid={PLAIN.name},ou=people,{SUFFIX}\n\n")

    def state(self, state):
        self.mesh.become(PLAIN, state, self.states)

    def rule(self, before, after):
        """Another rule at the gateway, which is told to take it up."""
        with open(self.mesh.gateway.config, encoding="utf-8") as file:
            text = file.read()
        if before not in text:
            raise SystemExit(f"no rule {before} in\n{text}")
        with open(self.mesh.gateway.config, "w", encoding="utf-8") as file:
            file.write(text.replace(before, after))
        self.mesh.gateway.process.send_signal(signal.SIGHUP)

    def filed_items(self, feed):
        return {number for (number,) in self.device.file(f'SELECT id FROM "{feed}"') or []}

    def keep_hub(self):
        """As a backup of its folder that was taken while it was stopped."""
        self.mesh.hub.stop()
        shutil.copytree(self.mesh.hub.data, self.old)
        self.mesh.hub.start()
        self.mesh.agree([person_in(PLAIN, "active")])

    def connected(self):
        rest = FIRST - {("team", "")}
        self.becomes("a group is left", lambda: self.member("delete", "staff"), rest)
        rest -= {("any", "")}
        self.becomes("a rule is narrowed", lambda: self.rule("read: [ signed-in,", "read: [ user:boss,"), rest)
        self.becomes("an item leaves the partition", lambda: self.mesh.database.run("UPDATE dept SET department = 'green' WHERE id = 1"), rest, lambda: self.filed_items("dept") == {2, 3})
        return rest

    def stale(self, rest):
        """The hub of before, and no gateway: it lets people in as it knew them; the branch does not, and neither does the device."""
        mesh = self.mesh
        mesh.gateway.stop()
        mesh.hub.stop()
        shutil.rmtree(mesh.hub.data)
        shutil.copytree(self.old, mesh.hub.data)
        mesh.hub.start()
        knew = person_in(PLAIN, "active")
        wait_for("the hub to decide by what it knew", lambda: mesh.hub.decides(knew))
        wait_for("the branch to have met it", lambda: "it has given those of" in mesh.branch.log())
        self.device.stop()
        self.device.start()
        left = {one: False for one in FIRST - rest}
        for _ in range(3):
            for feed, partition in left:
                said = mesh.branch.own(f"/admin/explain?user={PLAIN.name}&feed={feed}" + (f"&partition={partition}" if partition else ""))
                if said is None or said["sight"] != "denied":
                    raise SystemExit(f"FAIL a stale hub gave {feed} back at the branch: {said}")
        if not self.device.holds(rest):
            raise SystemExit(f"FAIL a stale hub gave back {self.device.stored()}")
        print("ok   a stale hub gives nothing back", flush=True)
        mesh.gateway.start()
        mesh.hub.stop()
        mesh.hub.start()
        wait_for("the hub to know again", lambda: mesh.hub.own(f"/admin/explain?user={PLAIN.name}&feed=team")["sight"] == "denied")

    def away(self, rest):
        """Taken away while the device has nobody to ask. When the branch is there again it knows."""
        rest = rest - {("sales", "north")}
        line = ("branch", f"device-{PLAIN.name}")
        self.mesh.branch.stop()
        self.mesh.wire.cut(*line)
        self.member("delete", "sales-north")
        self.mesh.branch.start()
        wait_for("the branch to know", lambda: (self.mesh.branch.own(f"/admin/explain?user={PLAIN.name}&feed=sales&partition=north") or {}).get("sight") == "denied")
        if not self.device.holds(rest | {("sales", "north")}):
            raise SystemExit("FAIL a device that hears nobody let go of something")
        self.becomes("first contact with a branch that was away", lambda: self.mesh.wire.mend(*line), rest)
        rest = rest - {("own", "")}
        self.device.kill()
        self.rule("read: [ user:plain,", "read: [ user:boss,")
        wait_for("the branch to know", lambda: (self.mesh.branch.own(f"/admin/explain?user={PLAIN.name}&feed=own") or {}).get("sight") == "denied")
        self.becomes("first contact of a device that was off", self.device.start, rest)
        return rest

    def person(self, rest):
        moved = (rest - {("dept", "red")}) | {("dept", "blue")}
        dn = f"dn: uid={PLAIN.name},ou=people,{SUFFIX}\nchangetype: modify\nreplace: departmentNumber\ndepartmentNumber: "
        self.becomes("a person moves to another partition", lambda: self.mesh.slapd.modify(dn + "blue\n\n"), moved)
        self.becomes("a person is disabled", lambda: self.state("disabled"), OPEN)
        self.becomes("and is back", lambda: self.state("back"), moved)
        del self.times["and is back"]  # what is gained is looked for twice a minute

    def revoked(self):
        own = self.device.environment["XDG_CONFIG_HOME"]
        (kept,) = [os.path.join(where, name) for where, _, names in os.walk(own) for name in names if name.endswith(".json")]
        with open(kept, encoding="ascii") as file:
            device = json.load(file)["device"]
        began = time.monotonic()
        code, out, err = run([self.mesh.program, "devices", "revoke", device, "-c", self.mesh.gateway.config])
        if code != 0:
            raise SystemExit(f"FAIL revoke: {out}{err}")
        wait_for("the device to end", lambda: not self.device.running())
        left = [name for name in os.listdir(self.device.data) if name.startswith(("store", "feeds.db"))]
        if left or os.path.exists(kept):
            raise SystemExit(f"FAIL a revoked device kept {left or kept}")
        self.times["a device is revoked"] = time.monotonic() - began
        print(f"ok   a device is revoked: it has ended, and holds nothing, after {self.times['a device is revoked']:.2f} s", flush=True)


def main():
    arguments = argparse.ArgumentParser()
    arguments.add_argument("--program", required=True)
    options = arguments.parse_args()
    with running_mesh(options.program, [PLAIN]) as (mesh, (device,)):
        story = Story(mesh, device)
        story.keep_hub()
        device.sign_in()
        wait_for("the device to hold what is theirs", lambda: device.holds(FIRST))
        rest = story.connected()
        story.stale(rest)
        rest = story.away(rest)
        story.person(rest)
        story.revoked()
    said = [(took, what) for what, took in story.times.items()]
    for contact, name in ((False, "connected"), (True, "at first contact")):
        took, what = max(one for one in said if one[1].startswith("first contact") == contact)
        print(f"{name}: the latest of {sum(one[1].startswith('first contact') == contact for one in said)} changes was gone from the device after {took:.2f} s ({what})")


if __name__ == "__main__":
    main()
