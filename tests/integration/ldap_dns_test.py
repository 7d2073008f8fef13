"""A source that names only a domain: DNS says which servers there are, in which order. A dead one is passed over, the next is taken when one dies, and what
DNS says by mistake deletes nobody. In a network of the test's own, with a mock of a name server.

    ldap_dns_test.py --program build/bin/meshgate
"""

import argparse
import os
import tempfile

from directory import FEEDS, GROUPS, PEOPLE, SUFFIX, DirectoryNode, Slapd, configuration, free_port, group, person
from directory_watch import Watch
from name_server import DOMAIN, NameServer, enter_own_network
from processes import wait_for

COUNTS = {"_users": 30, "_groups": 20}


class Domain:
    def __init__(self, program, folder, capture):
        self.folder = folder
        self.names = NameServer(folder)
        self.first = Slapd(os.path.join(folder, "first"), session_log=1000)
        self.first.start()
        self.first.modify("".join(person(f"p{i}") for i in range(COUNTS["_users"])))
        self.first.modify("".join(group(f"g{i}", [f"uid=p{i},{PEOPLE}"]) for i in range(COUNTS["_groups"])))
        self.second = self.replica_of(self.first)
        self.servers = [(10, "dc1", self.first.port), (20, "dc2", self.second.port)]
        self.names.servers = [(0, "dead", free_port()), *self.servers]
        connection = f'domain: {DOMAIN}, tls: "off", dn: "{self.first.reader}", password: {self.first.reader_password}, timeout: 3s, connect_timeout: 1s'
        self.node = DirectoryNode(program, folder, configuration(connection, capture))

    def replica_of(self, provider):
        server = Slapd(os.path.join(self.folder, "second"), session_log=1000, server_id=2, follows=provider.url, admin_password=provider.admin_password,
                       reader_password=provider.reader_password)
        server.start()
        wait_for("the replica to have everything", lambda: server.count(PEOPLE) == COUNTS["_users"] + 1 and server.count(GROUPS) == COUNTS["_groups"] + 1)
        return server

    def test(self):
        try:
            with self.node.stopped_in_the_end():
                self.node.start_and_wait(*FEEDS)
                watch = Watch(self.node, COUNTS)
                self.first_dies(watch)
                self.no_server_is_named(watch)
                self.another_directory_is_named(watch)
                self.a_change_arrives()
        finally:
            self.second.stop()
            self.first.stop()
        print(f"servers of a domain: asked for {self.names.asked} times")

    def first_dies(self, watch):
        self.first.kill()
        self.second.modify(f"dn: uid=p0,{PEOPLE}\nchangetype: modify\nreplace: title\ntitle: other\n\n", check=False)  # a replica refuses it, and nothing is changed
        watch.must_be_whole("the first server is dead")
        self.first.start()

    def no_server_is_named(self, watch):
        self.names.servers = []
        self.first.kill()
        self.second.kill()
        for feed in FEEDS:
            watch.must_say("no server named", feed, [f"_ldap._tcp.{DOMAIN}"], ["failing"])
        self.first.start()
        self.second.start()
        self.names.servers = self.servers
        watch.must_be_whole("no server named")

    def another_directory_is_named(self, watch):
        other = Slapd(os.path.join(self.folder, "other"), session_log=1000, admin_password=self.first.admin_password, reader_password=self.first.reader_password)
        other.start()
        try:
            other.modify(f"dn: ou=empty,{SUFFIX}\nchangetype: add\nobjectClass: organizationalUnit\nou: empty\n\n")
            self.names.servers = [(0, "dc9", other.port)]
            self.second.kill()
            self.first.kill()
            for feed in FEEDS:
                watch.must_say("another directory", feed, ["found nothing where the feed has", "not willing"], ["held", "failing"])
        finally:
            other.stop()
        self.first.start()
        self.second.start()
        self.names.servers = self.servers
        # With its next change it is younger than the other one.
        self.first.modify(f"dn: {PEOPLE}\nchangetype: modify\nreplace: description\ndescription: again\n\n")
        watch.must_be_whole("another directory")

    def a_change_arrives(self):
        self.first.modify(person("new"))
        wait_for("the new one", lambda: (self.node.feed("_users") or {}).get("count") == COUNTS["_users"] + 1)


def main():
    enter_own_network()
    arguments = argparse.ArgumentParser()
    arguments.add_argument("--program", required=True)
    arguments.add_argument("--capture", default="sync", choices=["sync", "poll"])
    options = arguments.parse_args()
    with tempfile.TemporaryDirectory(prefix="meshgate-ldap-") as folder:
        os.chmod(folder, 0o755)
        Domain(os.path.abspath(options.program), folder, options.capture).test()


if __name__ == "__main__":
    main()
