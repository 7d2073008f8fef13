"""Nodes that follow each other, for tests: what they are configured with, and whether they hold the same."""

import json

from processes import wait_for


def origin_configuration(database):
    return f"""
node: {{ name: hq, data: DATA, listen: "http://127.0.0.1:PORT", insecure: true, read: public }}
sources: {{ company: {{ connector: odbc, connection: {database.connection_yaml()}, every: 50ms }} }}
feeds:
  orders: {{ from: {{ source: company, table: orders }}, partition: region }}
  notes: {{ from: {{ source: company, table: notes }} }}
"""


def hub_configuration(peers, feeds):
    listed = "".join(f"  {name}: {{ url: \"{url}\" }}\n" for name, url in peers)
    followed = "".join(f"  {feed}: {{ from: {{ peer: [{', '.join(name for name, _ in peers)}]{more} }} }}\n" for feed, more in feeds)
    return f"""
node: {{ name: hub, data: DATA, listen: "http://127.0.0.1:PORT", insecure: true, read: public }}
peers:
{listed}feeds:
{followed}"""


def get(node, path):
    connection = node.connection()
    try:
        connection.request("GET", path)
        answer = connection.getresponse()
        return answer.status, answer.read().decode()
    except OSError:
        return 0, ""
    finally:
        connection.close()


def described(node, feed):
    status, text = get(node, f"/feeds/{feed}")
    return json.loads(text) if status == 200 else None


def standing(node, feed):
    """What must be the same everywhere."""
    state = described(node, feed)
    if state is None:
        return None
    parts = {one["partition"]: (one["cursor"], one["count"], one["digest"]) for one in state["partitions"]}
    return state["uid"], state["epoch"], state["schema"], state["divided"], state["loading"], state["count"], parts


def agree(one, other, *feeds, seconds=60):
    def same():
        return all(standing(one, feed) is not None and standing(one, feed) == standing(other, feed) for feed in feeds)
    try:
        wait_for("both nodes to hold the same", same, seconds)
    except SystemExit:
        for feed in feeds:
            print(f"{feed}\n  there {standing(one, feed)}\n  here  {standing(other, feed)}")
        print(other.log()[-4000:])
        raise
