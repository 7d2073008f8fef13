"""The oracle: people and groups are added, changed, renamed, moved (also with all that stands below a place), locked, nested and deleted at random in a slapd, pictures
come and go, a large group changes, while the gateway and the slapd are killed with SIGKILL. At the end the directory and the feeds `_users` and `_groups` are the
same, item by item.

    ldap_oracle_test.py --program build/bin/meshgate [--mode session-log|no-session-log|poll] [--kills 6] [--members 1501] [--seed N]
"""

import argparse
import base64
import os
import random
import tempfile
import threading
import time

from directory import FEEDS, GROUPS, PEOPLE, DirectoryNode, Slapd, configuration, expected, group, person, reading
from processes import wait_for

PLACES = [f"ou=north,{PEOPLE}", f"ou=south,{PEOPLE}", PEOPLE]
TEAM = "ou=team"  # a place that moves with its people
LARGE = "large"
PICTURE = b"\xff\xd8\xff\xe0 a picture, "


def unit(place):
    return f"dn: {place}\nchangetype: add\nobjectClass: organizationalUnit\nou: {place.split(',')[0][3:]}\n\n"


class Changes(threading.Thread):
    """Changes the directory until it is told to stop. It alone knows which names there are; a change whose fate is not known (the server was killed) is
    asked for at the server."""

    def __init__(self, server, seed, members):
        super().__init__(daemon=True)
        self.server, self.chance, self.members = server, random.Random(seed), members
        self.stop_asked, self.alive = threading.Event(), threading.Lock()
        self.made, self.next = 0, 0

    def run(self):
        while not self.stop_asked.is_set():
            with self.alive:
                self.step()
            time.sleep(0.005)  # leaves the server to those who kill it

    def names(self, base, object_class):
        return [dn for dn, _ in self.server.search(base, f"(objectClass={object_class})", "1.1")]

    def step(self):
        people, groups = self.names(PEOPLE, "inetOrgPerson"), self.names(GROUPS, "groupOfNames")
        changes = "".join(self.change(people, groups) for _ in range(self.chance.randint(1, 8)))
        self.server.modify(changes, check=False)  # one may be about somebody whom another has removed or renamed
        self.made += 1

    def change(self, people, groups):
        self.next += 1
        who = self.chance.choice(people) if people else None
        which = self.chance.choice(groups) if groups else None
        kinds = [self.add_person, self.add_person, self.picture if who else self.add_person, self.large]
        if self.chance.random() < 0.1:
            return self.move_team()
        kinds += [self.modify, self.rename, self.move, self.lock, self.unlock, self.delete, self.mail] if who else []
        kinds += [self.add_group] if who else []
        kinds += [self.enter, self.leave, self.nest, self.delete, self.rename] if which else []
        kind = self.chance.choice(kinds)
        of_groups = kind in (self.enter, self.leave, self.nest) or (kind in (self.delete, self.rename) and which and self.chance.random() < 0.3)
        return kind(which if of_groups else who, people, groups)

    def add_person(self, _who, _people, _groups):
        return person(f"p{self.next}", self.chance.choice(self.places()), displayName=f"Person {self.next}")

    def places(self):
        return PLACES + [dn for dn, _ in self.server.search(PEOPLE, f"({TEAM})", "1.1")]

    def move_team(self):
        here = self.places()[-1]
        return f"dn: {here}\nchangetype: modrdn\nnewrdn: {TEAM}\ndeleteoldrdn: 1\nnewsuperior: {self.chance.choice(PLACES[:2])}\n\n"

    def picture(self, who, _people, _groups):
        of_it = base64.b64encode(PICTURE + str(self.next).encode() * self.chance.choice([1, 1000])).decode()
        return f"dn: {who}\nchangetype: modify\nreplace: jpegPhoto\n" + (f"jpegPhoto:: {of_it}\n\n" if self.chance.random() < 0.7 else "\n")

    def large(self, _who, _people, _groups):
        """A member comes, or goes."""
        word, number = self.chance.choice(["add", "delete"]), self.chance.randint(0, 2 * self.members)
        return f"dn: cn={LARGE},{GROUPS}\nchangetype: modify\n{word}: member\nmember: uid=far{number},{PEOPLE}\n\n"

    def modify(self, who, _people, _groups):
        return f"dn: {who}\nchangetype: modify\nreplace: displayName\ndisplayName: Other {self.next}\n\n"

    def mail(self, who, _people, _groups):
        some = "\n".join(f"mail: m{self.chance.randint(1, 9)}{i}@corp.test" for i in range(self.chance.randint(1, 3)))
        return f"dn: {who}\nchangetype: modify\nreplace: mail\n{some}\n\n"

    def lock(self, who, _people, _groups):
        return f"dn: {who}\nchangetype: modify\nreplace: pwdAccountLockedTime\npwdAccountLockedTime: 000001010000Z\n\n"

    def unlock(self, who, _people, _groups):
        return f"dn: {who}\nchangetype: modify\nreplace: pwdAccountLockedTime\n\n"

    def rename(self, who, _people, _groups):
        part = "cn=g" if who.endswith(GROUPS) else "uid=p"
        return f"dn: {who}\nchangetype: modrdn\nnewrdn: {part}{self.next}\ndeleteoldrdn: 1\n\n"

    def move(self, who, _people, _groups):
        return f"dn: {who}\nchangetype: modrdn\nnewrdn: {who.split(',')[0]}\ndeleteoldrdn: 1\nnewsuperior: {self.chance.choice(self.places())}\n\n"

    def delete(self, who, _people, _groups):
        return f"dn: {who}\nchangetype: delete\n\n"

    def add_group(self, who, people, _groups):
        return group(f"g{self.next}", {who, self.chance.choice(people)})

    def enter(self, which, people, _groups):
        return f"dn: {which}\nchangetype: modify\nadd: member\nmember: {self.chance.choice(people) if people else which}\n\n"

    def nest(self, which, _people, groups):
        return f"dn: {which}\nchangetype: modify\nadd: member\nmember: {self.chance.choice(groups)}\n\n"

    def leave(self, which, people, _groups):
        return f"dn: {which}\nchangetype: modify\ndelete: member\nmember: {self.chance.choice(people) if people else which}\n\n"


class Oracle:
    def __init__(self, options, folder):
        self.options, self.chance = options, random.Random(options.seed)
        self.server = Slapd(os.path.join(folder, "slapd"), session_log=1000 if options.mode == "session-log" else 0)
        self.server.start()
        team = f"{TEAM},{PLACES[0]}"
        self.server.modify("".join(unit(place) for place in (*PLACES[:2], team)))
        self.server.modify("".join(person(f"first{i}", self.chance.choice([*PLACES, team])) for i in range(40)))
        self.server.modify(group(LARGE, [f"uid=far{i},{PEOPLE}" for i in range(options.members)]))
        # While the gateway is down many may go, and only a scan tells: the guard is not what is tested here.
        yaml = configuration(reading(self.server), "poll" if options.mode == "poll" else "sync", sweep="2s").replace("share: 5%", "share: 100%")
        self.node = DirectoryNode(os.path.abspath(options.program), folder, yaml)
        self.changes = Changes(self.server, options.seed + 1, options.members)

    def test(self):
        try:
            with self.node.stopped_in_the_end():
                self.node.start_and_wait(*FEEDS)
                self.changes.start()
                for _ in range(self.options.kills):
                    self.kill_one()
                self.changes.stop_asked.set()
                self.changes.join(timeout=60)
                wanted = expected(self.server)
                self.must_become(wanted)
                print(f"{self.options.mode}: {self.changes.made} rounds of changes, {self.options.kills} kills, {len(wanted['_users'])} people and {len(wanted['_groups'])} groups equal")
        finally:
            self.changes.stop_asked.set()
            if self.changes.is_alive():
                self.changes.join(timeout=60)
            self.server.stop()

    def kill_one(self):
        made = self.changes.made
        wait_for("some changes", lambda: self.changes.made >= made + 3 or not self.changes.is_alive())
        if not self.changes.is_alive():
            raise SystemExit("the changes ended before the test did")
        time.sleep(self.chance.uniform(0, 0.3))
        if self.chance.random() < 0.5:
            self.node.kill()
            if self.chance.random() < 0.3:
                self.kill_server()
            self.node.start()
        else:
            self.kill_server()

    def kill_server(self):
        with self.changes.alive:
            self.server.kill()
            time.sleep(self.chance.uniform(0, 0.3))
            self.server.start()

    def must_become(self, wanted):
        held = {}

        def equal():
            held.update({feed: self.node.contents(feed) for feed in FEEDS})
            return held == wanted
        try:
            wait_for("directory and feeds to be the same", equal, 60)
        except SystemExit as why:
            for feed in FEEDS:
                has = held[feed] or {}
                print(f"{feed}: {len(wanted[feed])} wanted, {len(has)} held; missing {[wanted[feed][i] for i in wanted[feed] if i not in has][:3]}, "
                      f"too many {[has[i] for i in has if i not in wanted[feed]][:3]}, different {[(wanted[feed][i], has[i]) for i in has if i in wanted[feed] and has[i] != wanted[feed][i]][:3]}")
                print(self.node.feed(feed))
            raise why


def main():
    arguments = argparse.ArgumentParser()
    arguments.add_argument("--program", required=True)
    arguments.add_argument("--mode", default="session-log", choices=["session-log", "no-session-log", "poll"])
    arguments.add_argument("--kills", type=int, default=6)
    arguments.add_argument("--members", type=int, default=1501, help="of the large group")
    arguments.add_argument("--seed", type=int, default=int(os.environ.get("MESHGATE_TEST_SEED", 0)) or int.from_bytes(os.urandom(4), "big"))
    options = arguments.parse_args()
    print(f"seed {options.seed}", flush=True)
    with tempfile.TemporaryDirectory(prefix="meshgate-ldap-oracle-") as folder:
        os.chmod(folder, 0o755)
        Oracle(options, folder).test()


if __name__ == "__main__":
    main()
