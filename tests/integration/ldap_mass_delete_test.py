"""Whatever keeps the directory from being read whole, nobody is deleted, and the feed says why: each cause in turn, for one way of reading. After each the
cause is mended, and everything is as before.

    ldap_mass_delete_test.py --program build/bin/meshgate --mode session-log|no-session-log|poll
"""

import argparse
import os
import shutil
import tempfile

from directory import FEEDS, GROUPS, PEOPLE, SUFFIX, DirectoryNode, Slapd, configuration, group, person, reading
from directory_proxy import ForgetfulProxy
from processes import wait_for

COUNTS = {"_users": 60, "_groups": 12}


class Table:
    def __init__(self, program, folder, mode):
        self.mode, self.folder = mode, folder
        self.capture = "poll" if mode == "poll" else "sync"
        self.server = Slapd(os.path.join(folder, "slapd"), tls=True, session_log=1000 if mode == "session-log" else 0)
        self.server.start()
        self.server.modify("".join(person(f"p{i}") for i in range(COUNTS["_users"])))
        self.server.modify("".join(group(f"g{i}", [f"uid=p{k},{PEOPLE}" for k in range(i, 60, 12)]) for i in range(COUNTS["_groups"])))
        self.server.modify(f"dn: ou=empty,{SUFFIX}\nchangetype: add\nobjectClass: organizationalUnit\nou: empty\n\n")
        self.node = DirectoryNode(program, folder, self.good())
        self.digests = None
        self.rows = 0

    def good(self, **changed):
        return configuration(changed.pop("connection", reading(self.server)), self.capture, **changed)

    def test(self):
        try:
            with self.node.stopped_in_the_end():
                self.node.start_and_wait(*FEEDS)
                self.digests = self.held()
                causes = [self.server_is_down, self.server_is_killed_again_and_again, self.size_limit, self.filter_that_fits_nobody, self.base_that_is_empty, self.base_that_is_not_there,
                              self.right_that_was_taken, self.wrong_password, self.authority_that_is_not_ours, self.server_that_does_not_answer, self.empty_directory]
                if self.mode == "no-session-log":  # otherwise no server lists what is there
                    causes.insert(-1, self.present_list_that_lacks_some)
                for cause in causes:
                    cause()
                    self.must_be_whole(cause.__name__)
                    self.rows += 1
        finally:
            self.server.stop()
        print(f"{self.mode}: {self.rows} causes, nobody deleted")

    def held(self):
        return {feed: self.node.feed(feed)["partitions"][0]["digest"] for feed in FEEDS}

    def must_be_whole(self, cause):
        wait_for(f"{cause}: everything to be as before", lambda: all(self.settled(feed) for feed in FEEDS))
        if self.held() != self.digests:
            raise SystemExit(f"{cause}: the feeds are not what they were: {[self.node.feed(feed) for feed in FEEDS]}")

    def settled(self, feed):
        state = self.node.feed(feed)
        return state and not state.get("held") and not state["source"].get("error") and state["source"]["state"] in ("idle", "scanning") and not state["loading"]

    def must_say(self, cause, feed, *words):
        """Waits for the sentence; all are still there then."""
        def said():
            state = self.node.feed(feed) or {}
            text = state.get("held", "") + " " + state.get("source", {}).get("error", "")
            return text if any(word in text for word in words) else None
        try:
            text = wait_for(f"{cause}: feed {feed} to say {words}", said, 30)
        except SystemExit as why:
            raise SystemExit(f"{why}; it says {self.node.feed(feed)}") from None
        for name, count in COUNTS.items():
            if self.node.feed(name)["count"] != count or self.removed(name):
                raise SystemExit(f"{cause}: {name} has {self.node.feed(name)['count']} of {count} items, {self.removed(name)} were removed; it said: {text}")

    def removed(self, feed):
        line = f'meshgate_items_removed_total{{source="company",feed="{feed}"}} '
        return next(int(one[len(line):]) for one in self.node.get("/metrics")[1].decode().splitlines() if one.startswith(line))

    def with_configuration(self, cause, yaml, says, feeds=FEEDS):
        self.node.stop()
        self.node.configure(yaml)
        self.node.start()
        for feed in feeds:
            self.must_say(cause, feed, *says)
        self.node.stop()
        self.node.configure(self.good())
        self.node.start()

    def with_server(self, cause, says, **options):
        """The server with other options for a while."""
        before = {name: getattr(self.server, name) for name in options}
        self.restart(**options)
        for feed in FEEDS:
            self.must_say(cause, feed, *says)
        self.restart(**before)

    def restart(self, **options):
        self.server.stop()
        self.server.__dict__.update(options)
        self.server.write_configuration()
        self.server.start()

    # The causes.

    def server_is_down(self):
        self.server.kill()
        for feed in FEEDS:
            self.must_say("down", feed, "cannot be reached")
        self.server.start()

    def server_is_killed_again_and_again(self):
        for _ in range(5):
            self.server.kill()
            self.must_say("killed", "_users", "cannot be reached", "connection is lost", "Can't contact")
            self.server.start()

    def size_limit(self):
        self.with_server("size limit", ["size limit"], size_limit=7)

    def filter_that_fits_nobody(self):
        self.with_configuration("filter", self.good(filter_text="(title=nobody)"), ["found nothing where the feed has 60 items"], ["_users"])

    def base_that_is_empty(self):
        self.with_configuration("empty base", self.good(people=f"ou=empty,{SUFFIX}"), ["found nothing where the feed has 60 items"], ["_users"])

    def base_that_is_not_there(self):
        self.with_configuration("no base", self.good(people=f"ou=nowhere,{SUFFIX}"), ["ou=nowhere"], ["_users"])

    def right_that_was_taken(self):
        path = os.path.join(self.server.folder, "slapd.conf")
        self.server.stop()
        with open(path, encoding="utf-8") as file:
            before = file.read()
        with open(path, "w", encoding="utf-8") as file:
            file.write(before.replace(f'by dn.exact="cn=reader,{SUFFIX}" read by * none', "by * none"))
        self.server.start()
        for feed in FEEDS:
            self.must_say("right", feed, "No such object", "not to be seen")
        self.restart()

    def wrong_password(self):
        self.with_configuration("password", self.good(connection=reading(self.server, password="not-the-one")), ["name or password are wrong"])

    def authority_that_is_not_ours(self):
        secure = f'url: [ "{self.server.tls_url}" ], dn: "{self.server.reader}", password: {self.server.reader_password}'
        self.with_configuration("certificate", self.good(connection=secure), ["TLS failed"])

    def server_that_does_not_answer(self):
        import signal
        self.server.signal(signal.SIGSTOP)
        for feed in FEEDS:
            self.must_say("silent", feed, "has said nothing", "does not answer", "TLS failed")
        self.server.signal(signal.SIGCONT)

    def present_list_that_lacks_some(self):
        """A server that names only a part of what is there, and says that it is all."""
        proxy = ForgetfulProxy(self.server.port)
        try:
            self.node.stop()
            self.node.configure(self.good(connection=reading(self.server, url=proxy.url), sweep="1h"))
            self.server.modify(f"dn: ou=empty,{SUFFIX}\nchangetype: modify\nreplace: description\ndescription: changed\n\n")
            self.node.start()
            self.must_say("truncated list", "_users", "a scan did not find", "found nothing")
            if not proxy.forgot:
                raise SystemExit("the proxy had nothing to forget")
        finally:
            self.node.stop()
            proxy.stop()
        self.node.configure(self.good())
        self.node.start()

    def empty_directory(self):
        """In its place, under its address and with its passwords."""
        other = Slapd(os.path.join(self.folder, "other"), tls=True, session_log=self.server.session_log, admin_password=self.server.admin_password, reader_password=self.server.reader_password)
        self.server.stop()
        other.port, other.tls_port = self.server.port, self.server.tls_port
        other.write_configuration()
        other.start()
        try:
            # What it has is younger than what was read, as the first change there makes it.
            other.modify(f"dn: ou=empty,{SUFFIX}\nchangetype: add\nobjectClass: organizationalUnit\nou: empty\n\n")
            for feed in FEEDS:
                self.must_say("empty directory", feed, "found nothing where the feed has", "cannot go on", "not willing")
        finally:
            other.stop()
            shutil.rmtree(other.folder)
        self.server.start()
        self.server.modify(f"dn: ou=empty,{SUFFIX}\nchangetype: modify\nreplace: description\ndescription: again\n\n")


def main():
    arguments = argparse.ArgumentParser()
    arguments.add_argument("--program", required=True)
    arguments.add_argument("--mode", required=True, choices=["session-log", "no-session-log", "poll"])
    options = arguments.parse_args()
    with tempfile.TemporaryDirectory(prefix="meshgate-ldap-") as folder:
        os.chmod(folder, 0o755)
        Table(os.path.abspath(options.program), folder, options.mode).test()


if __name__ == "__main__":
    main()
