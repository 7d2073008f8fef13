"""Who may read what, worked out from the rules in words, independently of the program: what matrix_test.py expects."""

import dataclasses

# feed → its partitions. Every item's content has the secret of its slice in it.
FEEDS = {"open": [""], "team": [""], "sales": ["north", "south"], "dept": ["red", "blue"], "own": [""], "any": [""], "shut": [""], "_users": [""], "_groups": [""]}
SLICES = [(feed, partition) for feed, partitions in FEEDS.items() for partition in partitions]
TABLES = ["open", "team", "sales", "dept", "own", "any", "shut"]
DIVIDED = {"sales": "region", "dept": "department"}
READ = {"open": "public", "team": "group:staff", "sales": '"group:sales-{partition}"', "dept": '"principal.department == partition"', "own": "user:plain", "any": "signed-in"}
ROLES = ["none", "viewer", "operator", "administrator"]
STATES = ["active", "disabled", "back", "moved", "gone", "again"]  # in this order: "gone" is out of the search base, "again" is in it once more


@dataclasses.dataclass(frozen=True)
class Kind:
    name: str
    role: str
    groups: frozenset
    moved_to: frozenset
    department: str
    moved_department: str


KINDS = [
    Kind("plain", "none", frozenset({"staff", "sales-north"}), frozenset({"sales-south"}), "red", "blue"),
    Kind("viewer", "viewer", frozenset({"lookers"}), frozenset({"lookers", "staff"}), "blue", "red"),
    Kind("operator", "operator", frozenset({"ops", "sales-south"}), frozenset({"ops", "sales-north"}), "red", "red"),
    Kind("boss", "administrator", frozenset({"bosses"}), frozenset({"staff", "sales-north"}), "blue", "blue"),
]


@dataclasses.dataclass(frozen=True)
class Person:
    """Somebody in one state. Without a name: has not signed in."""
    name: str
    known: bool
    groups: frozenset = frozenset()
    department: str = ""

    @property
    def role(self):
        """As node.roles gives it."""
        for group, role in (("bosses", "administrator"), ("ops", "operator"), ("lookers", "viewer")):
            if group in self.groups:
                return role
        return "none"

    def has(self, role):
        return ROLES.index(self.role) >= ROLES.index(role)

    def may(self, feed, partition):
        if feed == "open":
            return True
        if not self.known:
            return False
        return {"team": "staff" in self.groups, "sales": f"sales-{partition}" in self.groups, "dept": partition == self.department, "own": self.name == "plain", "any": True}.get(feed, False)

    def may_any(self, feed):
        return any(self.may(feed, partition) for partition in FEEDS[feed])

    @property
    def refused(self):
        """For what is not theirs and no secret."""
        return 403 if self.name else 401

    @property
    def hidden(self):
        """For what is not to be known."""
        return 404 if self.name else 401


NOBODY = Person("", False)


def person_in(kind, state):
    if state in ("disabled", "gone"):
        return Person(kind.name, False)
    moved = state == "moved"
    return Person(kind.name, True, kind.moved_to if moved else kind.groups, kind.moved_department if moved else kind.department)


def secret(feed, partition):
    return f"{feed}.{partition}.secret"


def by_partition(person, feed, partition):
    if not person.may_any(feed):
        return person.hidden
    return 200 if person.may(feed, partition) else person.refused


def by_feed(person, feed, _):
    return 200 if person.may_any(feed) else person.hidden


def by_item(person, feed, partition):
    return 200 if person.may(feed, partition) else person.hidden if not person.may_any(feed) else 404


def by_held(person, feed, partition):
    """The request shows that they once could read it."""
    return 200 if person.may(feed, partition) else person.refused


def always(*_):
    return 200


def by_role(person, least):
    """A route of administration."""
    if person.has(least):
        return 200
    return 404 if person.role == "none" else person.refused
