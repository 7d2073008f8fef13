"""Whatever keeps the directory from being read whole, nobody is deleted, and the feed says why. connectors/ldap/README.md has the table: each of its causes is
made here, for one way of reading, and the feed has to say what stands there. After each the cause is mended, and everything is as before.

    ldap_mass_delete_test.py --program build/bin/meshgate --mode session-log|no-session-log|poll|scan [--short]
"""

import argparse
import os
import re
import shutil
import signal
import tempfile

from directory import FEEDS, GROUPS, PEOPLE, SUFFIX, DirectoryNode, Slapd, configuration, group, person, reading
from directory_proxy import CuttingProxy, ForgetfulProxy
from directory_watch import Watch
from processes import wait_for

README = os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "..", "connectors", "ldap", "README.md")
COUNTS = {"_users": 60, "_groups": 24}
OLD = {"_users": 40, "_groups": 12}  # what the backup and the replica have
SHORT = ("the server's size limit", "the server ends in the middle of its answer", "a filter that fits nobody", "it is restored from an older backup")
TIME_LIMIT = 3
WAYS = {"session-log": ("all", "sync"), "no-session-log": ("all", "sync", "sync without a session log"), "poll": ("all", "poll, scan"), "scan": ("all", "poll, scan")}


def documented(mode):
    """{cause: (sentences, states)} of the page's table, for this way of reading."""
    with open(README, encoding="utf-8") as file:
        table = re.search(r"\| cause \|.*?\n\n", file.read(), re.S).group(0)
    out = {}
    for line in table.strip().splitlines()[2:]:
        cause, ways, says, states = (cell.strip() for cell in line.strip("|").split(" | "))
        if ways.replace("`", "") in WAYS[mode]:
            out[cause] = (re.findall(r"\*([^*]+)\*", says), re.findall(r"`([a-z]+)`", states))
    return out


class Table:
    def __init__(self, program, folder, mode):
        self.mode, self.folder, self.documented = mode, folder, documented(mode)
        self.capture = mode if mode in ("poll", "scan") else "sync"
        self.server = Slapd(os.path.join(folder, "slapd"), tls=True, session_log=1000 if mode == "session-log" else 0)
        self.server.start()
        self.replica = self.follower()
        self.server.modify(f"dn: ou=empty,{SUFFIX}\nchangetype: add\nobjectClass: organizationalUnit\nou: empty\n\n")
        self.fill({"_users": 0, "_groups": 0}, OLD)
        self.keep_a_backup()
        self.fill(OLD, COUNTS)
        self.node = DirectoryNode(program, folder, self.good())
        self.watch = None

    def follower(self):
        server = self.server
        return Slapd(os.path.join(self.folder, "replica"), session_log=server.session_log, server_id=2, follows=server.url, admin_password=server.admin_password, reader_password=server.reader_password)

    def fill(self, before, after):
        self.server.modify("".join(person(f"p{i}") for i in range(before["_users"], after["_users"])))
        self.server.modify("".join(group(f"g{i}", [f"uid=p{i},{PEOPLE}", f"uid=p{i + 1},{PEOPLE}"]) for i in range(before["_groups"], after["_groups"])))

    def keep_a_backup(self):
        """What there is now, in a replica that hears nothing more, and in a copy of the data."""
        self.replica.start()
        wait_for("the replica to have everything", lambda: self.replica.count(PEOPLE) == OLD["_users"] + 1 and self.replica.count(GROUPS) == OLD["_groups"] + 1)
        self.replica.stop()
        self.server.stop()
        shutil.copytree(os.path.join(self.server.folder, "data"), os.path.join(self.folder, "backup"))
        self.server.start()

    def good(self, **changed):
        return configuration(changed.pop("connection", reading(self.server)), self.capture, **changed)

    def causes(self):
        """{cause, as the table has it: what makes it}."""
        return {method.__doc__: method for method in (getattr(self, name) for name in dir(Table)) if method.__doc__ in self.documented}

    def test(self, short):
        causes = self.causes()
        if missing := set(self.documented) - set(causes):
            raise SystemExit(f"the table has causes that are not tested: {missing}")
        try:
            with self.node.stopped_in_the_end():
                self.node.start_and_wait(*FEEDS)
                self.watch = Watch(self.node, COUNTS)
                wanted = [cause for cause in self.documented if not short or cause in SHORT]
                for cause in wanted:
                    causes[cause]()
                    self.watch.must_be_whole(cause)
        finally:
            self.server.stop()
        print(f"{self.mode}: {len(wanted)} causes, nobody deleted")

    def must_say(self, cause, feeds=FEEDS):
        for feed in feeds:
            self.watch.must_say(cause, feed, *self.documented[cause])

    def with_configuration(self, cause, yaml, feeds=FEEDS):
        self.node.stop()
        self.node.configure(yaml)
        self.node.start()
        self.must_say(cause, feeds)
        self.node.stop()
        self.node.configure(self.good())
        self.node.start()

    def with_server(self, cause, feeds=FEEDS, **options):
        """The server with other options for a while."""
        before = {name: getattr(self.server, name) for name in options}
        self.restart(**options)
        self.must_say(cause, feeds)
        self.restart(**before)

    def restart(self, **options):
        self.server.stop()
        self.server.__dict__.update(options)
        self.server.write_configuration()
        self.server.start()

    def with_another(self, cause, server, feeds=FEEDS):
        """Another server under this one's address."""
        self.server.stop()
        server.port, server.tls_port = self.server.port, self.server.tls_port
        server.write_configuration()
        server.start()
        try:
            self.must_say(cause, feeds)
        finally:
            server.stop()
        self.server.start()

    def with_proxy(self, cause, proxy, feeds=FEEDS):
        try:
            self.with_configuration(cause, self.good(connection=reading(self.server, url=proxy.url)), feeds)
        finally:
            proxy.stop()

    # The causes, each under the name that it has in the table.

    def is_down(self):
        """the server is down"""
        self.server.kill()
        self.must_say(self.is_down.__doc__)
        self.server.start()

    def is_killed_again_and_again(self):
        """it is killed and started again and again"""
        for _ in range(5):
            self.server.kill()
            self.must_say(self.is_killed_again_and_again.__doc__, ["_users"])
            self.server.start()

    def ends_in_the_middle(self):
        """the server ends in the middle of its answer"""
        self.with_proxy(self.ends_in_the_middle.__doc__, CuttingProxy(self.server.port, 7))

    def hangs(self):
        """it hangs"""
        self.server.signal(signal.SIGSTOP)
        self.must_say(self.hangs.__doc__)
        self.server.signal(signal.SIGCONT)

    def size_limit(self):
        """the server's size limit"""
        self.with_server(self.size_limit.__doc__, size_limit=7)

    def time_limit(self):
        """the server's time limit"""
        self.with_proxy(self.time_limit.__doc__, CuttingProxy(self.server.port, 7, TIME_LIMIT))

    def wrong_filter(self):
        """a filter that fits nobody"""
        self.with_configuration(self.wrong_filter.__doc__, self.good(filter_text="(title=nobody)"), ["_users"])

    def empty_base(self):
        """a base that is empty"""
        self.with_configuration(self.empty_base.__doc__, self.good(people=f"ou=empty,{SUFFIX}"), ["_users"])

    def no_base(self):
        """a base that is not there"""
        self.with_configuration(self.no_base.__doc__, self.good(people=f"ou=nowhere,{SUFFIX}"), ["_users"])

    def renamed_base(self):
        """the base gets another name"""
        self.server.modify(f"dn: {PEOPLE}\nchangetype: modrdn\nnewrdn: ou=staff\ndeleteoldrdn: 1\n\n")
        self.must_say(self.renamed_base.__doc__, ["_users"])
        self.server.modify(f"dn: ou=staff,{SUFFIX}\nchangetype: modrdn\nnewrdn: ou=people\ndeleteoldrdn: 1\n\n")

    def right_to_all(self):
        """the right to see anything is taken away"""
        self.with_server(self.right_to_all.__doc__, more_access=f'access to dn.subtree="{SUFFIX}" by * none')

    def right_to_half(self):
        """the right to see half of the entries is taken away"""
        self.with_server(self.right_to_half.__doc__, more_access=f'access to dn.regex="^(uid=p|cn=g)[0-9]*[13579],ou=.*,{SUFFIX}$" by * none')

    def wrong_password(self):
        """the reader's password is another one"""
        self.with_configuration(self.wrong_password.__doc__, self.good(connection=reading(self.server, password="not-the-one")))

    def expired_password(self):
        """the reader's password has expired"""
        policy = f"cn=policy,{SUFFIX}"
        self.server.modify(f"dn: {policy}\nchangetype: add\nobjectClass: device\nobjectClass: pwdPolicy\ncn: policy\npwdAttribute: userPassword\npwdMaxAge: 86400\n\n")
        self.server.modify(f"dn: {self.server.reader}\nchangetype: modify\nreplace: pwdChangedTime\npwdChangedTime: 20200101000000Z\n\n", relax=True)
        self.with_server(self.expired_password.__doc__, policy=policy)
        self.server.modify(f"dn: {policy}\nchangetype: delete\n\n")

    def expired_certificate(self):
        """the server's certificate has expired"""
        self.server.make_certificates(expired=True)
        self.restart()
        self.with_configuration(self.expired_certificate.__doc__, self.good(connection=self.secure("ca.pem")))
        self.server.make_certificates()
        self.restart()

    def authority_that_is_not_ours(self):
        """its certificate is not one of ca:"""
        self.with_configuration(self.authority_that_is_not_ours.__doc__, self.good(connection=self.secure("")))

    def secure(self, authority):
        ca = f'ca: "{os.path.join(self.server.folder, authority)}", ' if authority else ""
        return f'url: [ "{self.server.tls_url}" ], {ca}dn: "{self.server.reader}", password: {self.server.reader_password}'

    def list_that_lacks_some(self):
        """its list of what is there lacks entries"""
        proxy = ForgetfulProxy(self.server.port)
        try:
            self.node.stop()
            self.node.configure(self.good(connection=reading(self.server, url=proxy.url), sweep="1h"))
            self.server.modify(f"dn: ou=empty,{SUFFIX}\nchangetype: modify\nreplace: description\ndescription: changed\n\n")
            self.node.start()
            self.must_say(self.list_that_lacks_some.__doc__, ["_users"])
            if not proxy.forgot:
                raise SystemExit("the proxy had nothing to forget")
        finally:
            self.node.stop()
            proxy.stop()
        self.node.configure(self.good())
        self.node.start()

    def replica_that_lags(self):
        """a replica takes its place that lags"""
        self.replica.follows = "ldap://127.0.0.1:1"
        self.with_another(self.replica_that_lags.__doc__, self.replica)

    def older_backup(self):
        """it is restored from an older backup"""
        self.server.stop()
        data, kept = os.path.join(self.server.folder, "data"), os.path.join(self.folder, "newest")
        os.rename(data, kept)
        shutil.copytree(os.path.join(self.folder, "backup"), data)
        self.server.start()
        self.must_say(self.older_backup.__doc__)
        self.server.stop()
        shutil.rmtree(data)
        os.rename(kept, data)
        self.server.start()

    def empty_directory(self):
        """an empty directory takes its place"""
        other = Slapd(os.path.join(self.folder, "other"), session_log=self.server.session_log, admin_password=self.server.admin_password, reader_password=self.server.reader_password)
        # What it has is younger than what was read, as the first change there makes it.
        other.start()
        other.modify(f"dn: ou=empty,{SUFFIX}\nchangetype: add\nobjectClass: organizationalUnit\nou: empty\n\n")
        other.stop()
        self.with_another(self.empty_directory.__doc__, other)
        shutil.rmtree(other.folder)
        self.server.modify(f"dn: ou=empty,{SUFFIX}\nchangetype: modify\nreplace: description\ndescription: again\n\n")


def main():
    arguments = argparse.ArgumentParser()
    arguments.add_argument("--program", required=True)
    arguments.add_argument("--mode", required=True, choices=["session-log", "no-session-log", "poll", "scan"])
    arguments.add_argument("--short", action="store_true", help="only a few causes")
    options = arguments.parse_args()
    with tempfile.TemporaryDirectory(prefix="meshgate-ldap-") as folder:
        os.chmod(folder, 0o755)
        Table(os.path.abspath(options.program), folder, options.mode).test(options.short)


if __name__ == "__main__":
    main()
