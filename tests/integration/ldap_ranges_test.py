"""Groups of which the server gives the members in ranges, as Active Directory does with more than 1,500: all of them are in the feed, also when the group
changes while its ranges are read. A mock: a proxy before a real slapd gives its members in ranges.

    ldap_ranges_test.py --program build/bin/meshgate [--capture sync|poll] [--largest 50000]
"""

import argparse
import os
import tempfile

from directory import FEEDS, GROUPS, PEOPLE, DirectoryNode, Slapd, configuration, expected, group, reading
from directory_proxy import RangingProxy
from processes import wait_for


def members(count):
    return [f"uid=p{i},{PEOPLE}" for i in range(count)]


def change(name, lines):
    return f"dn: cn={name},{GROUPS}\nchangetype: modify\n{lines}\n\n"


class Ranges:
    def __init__(self, options, folder):
        self.server = Slapd(os.path.join(folder, "slapd"), session_log=1000)
        self.server.start()
        self.sizes = [1, 1500, 1501, options.largest]
        self.server.modify("".join(group(f"g{size}", members(size)) for size in self.sizes))
        self.proxy = RangingProxy(self.server.port)
        self.node = DirectoryNode(os.path.abspath(options.program), folder, configuration(reading(self.server, url=self.proxy.url), options.capture, sweep="1h"))

    def test(self):
        try:
            with self.node.stopped_in_the_end():
                self.node.start_and_wait(*FEEDS)
                self.must_be_equal("at first")
                self.a_member_comes_and_one_goes()
                self.a_group_changes_while_it_is_read()
        finally:
            self.proxy.stop()
            self.server.stop()
        print(f"groups of {self.sizes} members, {self.proxy.ranges} ranges: equal")

    def must_be_equal(self, when):
        wanted = expected(self.server)["_groups"]
        wait_for(f"{when}: groups of all their members", lambda: self.node.contents("_groups") == wanted)

    def a_member_comes_and_one_goes(self):
        self.server.modify(change("g1501", f"add: member\nmember: uid=new,{PEOPLE}\n-\ndelete: member\nmember: uid=p0,{PEOPLE}"))
        self.must_be_equal("a member came and one went")

    def a_group_changes_while_it_is_read(self):
        """Who is first goes: all others move on by one, over the border of two ranges."""
        largest, gone = f"g{self.sizes[-1]}", []

        def between():
            if len(gone) < 3:
                gone.append(self.server.modify(change(largest, f"delete: member\nmember: uid=p{len(gone)},{PEOPLE}")))
        self.proxy.between = between
        self.server.modify(change(largest, "replace: description\ndescription: changed"))
        wait_for("the group to change while it is read", lambda: len(gone) == 3)
        self.must_be_equal("a group changed while it was read")


def main():
    arguments = argparse.ArgumentParser()
    arguments.add_argument("--program", required=True)
    arguments.add_argument("--capture", default="sync", choices=["sync", "poll"])
    arguments.add_argument("--largest", type=int, default=5000)
    options = arguments.parse_args()
    with tempfile.TemporaryDirectory(prefix="meshgate-ldap-") as folder:
        os.chmod(folder, 0o755)
        Ranges(options, folder).test()


if __name__ == "__main__":
    main()
