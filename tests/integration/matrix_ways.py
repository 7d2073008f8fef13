"""What somebody shows, and every way to read something of a slice, with what the model says of its answer: for matrix_test.py and matrix_mesh_test.py."""

import json
import urllib.parse

from matrix_model import SLICES, always, by_feed, by_held, by_item, by_partition, secret


def fail(what):
    raise SystemExit(f"FAIL {what}")


class Proof:
    """What somebody shows, over a connection of its own that stays open."""

    def __init__(self, node, name="", fields=None):
        self.node, self.name, self.fields = node, name, fields or {}
        self.connection = node.connection()

    def ask(self, method, path, body=None, fields=None):
        """(status, fields, text)"""
        self.connection.request(method, path, body, {**self.fields, **(fields or {})})
        answer = self.connection.getresponse()
        return answer.status, answer.headers, answer.read().decode()

    def open(self, path):
        """A live answer up to its first mark that says caught up: (status, fields, text)."""
        connection = self.node.connection()
        connection.request("GET", path, None, self.fields)
        answer = connection.getresponse()
        text = ""
        while answer.status == 200 and '"caught_up":true' not in text:
            line = answer.readline()
            if not line:
                break
            text += line.decode()
        if answer.status != 200:
            text = answer.read().decode()
        connection.close()
        return answer.status, answer.headers, text


def many(feed, partition):
    """Items; enough of sales, north for ranges."""
    return 150 if (feed, partition) == ("sales", "north") else 3


def slices_of(person):
    return {one for one in SLICES if person.may(*one)}


def at(feed, partition, what=""):
    """The feed's path, with the partition as a parameter."""
    more = (("&" if "?" in what else "?") + "partition=" + partition) if partition else ""
    return f"/feeds/{feed}{what}{more}"


class Way:
    """How something of a slice is read. `path(feed, partition)`; `shows`: what stands in an answer that has the slice; `live`: the answer has no end."""

    def __init__(self, route, name, path, status, shows=secret, body=None, live=False):
        self.route, self.name, self.path, self.status, self.shows, self.body, self.live = route, name, path, status, shows, body, live
        self.method = "POST" if body else "GET"

    def view(self, person, feed, partition):
        """What an answer is made of: equal views, equal answers."""
        if "{feed}" not in self.route:
            return slices_of(person)
        whole = self.name in ("of the whole feed", "a feed")
        return {one for one in slices_of(person) if one == (feed, partition) or whole and one[0] == feed}

    def read(self, who, feed, partition, fields=None):
        """(status, fields, text)"""
        path = self.path(feed, partition)
        if self.live:
            return who.open(path)
        return who.ask(self.method, path, json.dumps(self.body(feed, partition)) if self.body else None, fields)


def feed_ways(node):
    """Of every route that names a feed, and of the lists."""
    items, changes = "/feeds/{feed}/items", "/feeds/{feed}/changes"
    shaped = [(items, f"/items{form}") for form in ("", "?format=json", "?format=ndjson", "?format=csv", "?format=atom", "?format=rss", "?format=jsonfeed")]
    shaped += [(changes, f"/changes{form}") for form in ("", "?format=json", "?format=csv", "?live=poll&wait=0")]
    ways = [Way(route, what, lambda feed, part, what=what: at(feed, part, what), by_partition) for route, what in shaped]
    ways += [Way(changes, live, lambda feed, part, live=live: at(feed, part, f"/changes?live={live}"), by_partition, live=True) for live in ("stream", "sse")]
    listed = lambda feed, part: f'"partition":"{part}","cursor"' if part else f'"feed":"{feed}",'  # noqa: E731
    outlined = lambda feed, part: f"/feeds/{feed}/items?format=atom" + (f"&amp;partition={part}" if part else "")  # noqa: E731
    sync = lambda entry: {"protocol": 1, "feeds": [entry]}  # noqa: E731
    return ways + [
        Way(changes, "of what is held", lambda feed, part: at(feed, part, f"/changes?uid={node.uids[feed]}"), by_held),
        Way(items, "of the whole feed", lambda feed, part: f"/feeds/{feed}/items?limit=1000", by_feed),
        Way("/feeds/{feed}/items/{id}", "an item", lambda feed, part: f"/feeds/{feed}/items/{urllib.parse.quote(node.ids[feed, part])}", by_item),
        Way("/feeds/{feed}/ranges", "the ranges", lambda feed, part: at(feed, part, "/ranges"), by_partition, lambda feed, part: f'"feed":"{feed}","partition":"{part}"'),
        Way("/feeds/{feed}", "a feed", lambda feed, part: f"/feeds/{feed}", by_feed, listed),
        Way("/feeds", "the list", lambda feed, part: "/feeds", always, listed),
        Way("/feeds", "the list as OPML", lambda feed, part: "/feeds?format=opml", always, outlined),
        Way("/reconcile", "compared", lambda feed, part: "/reconcile", by_partition,
            body=lambda feed, part: {"protocol": 1, "feed": feed, "partition": part, "lines": [[0, 1 << 40]]}),
        Way("/sync", "a partition", lambda feed, part: "/sync", always, body=lambda feed, part: sync({"feed": feed, "partition": part})),
        Way("/sync", "a whole feed", lambda feed, part: "/sync", always, body=lambda feed, part: sync({"feed": feed})),
    ]


def range_way(node):
    """A rendering of sales, north: its address shows that somebody could read it."""
    return Way("/feeds/{feed}/changes", "a range", lambda feed, part: node.range, by_held)
