"""Holds a node to it that nobody of its directory is deleted, whatever happens."""

from directory import FEEDS
from processes import wait_for


class Watch:
    def __init__(self, node, counts):
        self.node, self.counts = node, counts
        self.digests = self.held()

    def held(self):
        return {feed: self.node.feed(feed)["partitions"][0]["digest"] for feed in FEEDS}

    def must_be_whole(self, cause):
        """Waits until nothing is wrong any more; everything is as it was then."""
        try:
            wait_for(f"{cause}: everything to be as before", lambda: all(self.settled(feed) for feed in FEEDS))
        except SystemExit as why:
            raise SystemExit(f"{why}; {[self.node.feed(feed) for feed in FEEDS]}") from None
        if self.held() != self.digests or any(self.removed(feed) for feed in FEEDS):
            raise SystemExit(f"{cause}: the feeds are not what they were: {[self.node.feed(feed) for feed in FEEDS]}")

    def settled(self, feed):
        state = self.node.feed(feed)
        return state and not state.get("held") and not state["source"].get("error") and state["source"]["state"] in ("idle", "scanning") and not state["loading"]

    def must_say(self, cause, feed, words, states=None):
        """Waits for one of the sentences, in one of the states; all are still there then."""
        def said():
            state = self.node.feed(feed) or {}
            text = state.get("held", "") + " " + state.get("source", {}).get("error", "")
            now = "held" if state.get("held") else state.get("source", {}).get("state")
            return text if any(word in text for word in words) and (not states or now in states) else None
        try:
            text = wait_for(f"{cause}: feed {feed} to say {words}, {states}", said, 30)
        except SystemExit as why:
            raise SystemExit(f"{why}; it says {self.node.feed(feed)}") from None
        for name, count in self.counts.items():
            if self.node.feed(name)["count"] != count or self.removed(name):
                raise SystemExit(f"{cause}: {name} has {self.node.feed(name)['count']} of {count} items, {self.removed(name)} were removed; it said: {text}")

    def removed(self, feed):
        """How many items the running node has deleted."""
        line = f'meshgate_items_removed_total{{source="company",feed="{feed}"}} '
        return next(int(one[len(line):]) for one in self.node.get("/metrics")[1].decode().splitlines() if one.startswith(line))
