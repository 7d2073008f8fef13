"""A client in another language, written from HTTP.md alone (client.mjs), beside a node whose rows change and that is killed and restarted: what it holds is
what the node has, by count and digest.

    other_client_test.py --program build/bin/meshgate
"""

import argparse
import json
import os
import random
import tempfile

from databases import Sqlite
from processes import Gateway, Process, wait_for

SEED = int(os.environ.get("MESHGATE_TEST_SEED", "0")) or random.randrange(1, 1 << 31)


def told(client):
    return [json.loads(line) for line in client.log().splitlines() if line.startswith("{")]


def in_step(gateway, client, partition):
    """Once the client holds what the node has now."""
    one = next((one for one in (gateway.feed("stock") or {"partitions": []})["partitions"] if one["partition"] == partition), None)
    last = told(client)[-1:]
    return one and last and (last[0]["count"], last[0]["digest"], last[0]["cursor"]) == (one["count"], one["digest"], one["cursor"])


def work(database, chance):
    for _ in range(20):
        row, region = chance.randrange(1, 400), chance.choice(["north", "south"])
        database.run(chance.choice([f"INSERT OR REPLACE INTO stock VALUES ({row}, '{region}', {chance.randrange(1000)})", f"UPDATE stock SET pieces = pieces + 1 WHERE id = {row}",
                                    f"DELETE FROM stock WHERE id = {row}"]))


def main():
    arguments = argparse.ArgumentParser()
    arguments.add_argument("--program", required=True)
    program = os.path.abspath(arguments.parse_args().program)
    print(f"seed {SEED}")
    chance = random.Random(SEED)
    with tempfile.TemporaryDirectory(prefix="meshgate-client-") as folder:
        database = Sqlite(folder)
        database.run("CREATE TABLE stock (id INTEGER PRIMARY KEY, region TEXT, pieces INTEGER)", "INSERT INTO stock VALUES (1, 'north', 1), (2, 'south', 2)")
        gateway = Gateway(program, folder, f"""
node: {{ read: public, data: DATA, listen: "http://127.0.0.1:PORT" }}
sources: {{ company: {{ connector: odbc, connection: {database.connection_yaml()}, every: 50ms }} }}
feeds: {{ stock: {{ from: {{ source: company, table: stock }}, partition: region, guard: {{ share: 100% }} }} }}
""")
        gateway.start_and_wait("stock")
        client = Process(["node", os.path.join(os.path.dirname(os.path.abspath(__file__)), "client.mjs"), gateway.url, "stock", "north"], os.path.join(folder, "client.log"))
        client.start()
        with gateway.stopped_in_the_end():
            try:
                for round_ in range(6):
                    work(database, chance)
                    if round_ % 2:
                        gateway.kill()
                        work(database, chance)
                        gateway.start_and_wait("stock")
                    rows = int(database.rows("stock", ["COUNT(*)"], "1")[0][0])
                    wait_for("the node to have every row", lambda: (gateway.feed("stock") or {}).get("count") == rows)
                    wait_for(f"the client to hold what the node has; it said:\n{client.log()[-1500:]}", lambda: in_step(gateway, client, "north"))
                    print(f"round {round_}: {told(client)[-1]}", flush=True)
                if not all(one["right"] for one in told(client)):
                    raise SystemExit(f"a mark did not agree with what the client held:\n{client.log()}")
            finally:
                if client.running():
                    client.kill()
        database.connection.close()


if __name__ == "__main__":
    main()
