"""How long a refused sign-in takes does not tell whether there is such a person: real attempts over the program and slapd, of people with a wrong password, of names that nobody has, and
of people who are disabled, in random order. A rank test sees no difference between them, and the test says how small a one it would have seen.

    signin_timing_test.py --program build/bin/meshgate
"""

import argparse
import concurrent.futures
import http.client
import json
import math
import os
import random
import tempfile
import time

from directory import PEOPLE, DirectoryNode, Slapd, configuration, person, reading
from processes import wait_for

KINDS = ("known", "unknown", "disabled")
NAMES, ATTEMPTS, TURNS = 6, 4, 3  # attempts with one name are free five times
FAILS_BELOW = 1e-6


def rank_test(some, others):
    """The two-sided p-value of Mann and Whitney's test that both come from one distribution: normal approximation, corrected for ties."""
    values = sorted((value, kind) for kind, values in enumerate((some, others)) for value in values)
    ranks, ties, at = 0.0, 0.0, 0
    while at < len(values):
        end = at
        while end < len(values) and values[end][0] == values[at][0]:
            end += 1
        ranks += (at + end + 1) / 2 * sum(1 for _, kind in values[at:end] if kind == 0)
        ties += (end - at) ** 3 - (end - at)
        at = end
    n, m, both = len(some), len(others), len(values)
    variance = n * m / 12 * (both + 1 - ties / (both * (both - 1)))
    if variance == 0:
        return 1.0
    return math.erfc(abs(ranks - n * (both + 1) / 2) / math.sqrt(2 * variance))


class Attempts:
    """Refused sign-ins, timed from the last byte sent to the answer; two at a time, as the node checks them."""

    def __init__(self, node):
        self.node = node

    def one(self, name):
        connection = http.client.HTTPConnection("127.0.0.1", self.node.port, timeout=60)
        connection.connect()
        body = json.dumps({"grant_type": "password", "username": name, "password": "a wrong one", "device": "test"})
        began = time.perf_counter()
        connection.request("POST", "/auth/token", body, {"Content-Type": "application/json"})
        answer = connection.getresponse()
        took = time.perf_counter() - began
        answer.read()
        connection.close()
        if answer.status != 401:
            raise SystemExit(f"a wrong password of {name} was answered {answer.status}")
        return took

    def of(self, names, chance):
        """{kind: [seconds]}"""
        order = [(kind, name) for kind in KINDS for name in names[kind] for _ in range(ATTEMPTS)]
        chance.shuffle(order)
        with concurrent.futures.ThreadPoolExecutor(2) as two:
            times = list(two.map(lambda one: self.one(one[1]), order))
        return {kind: [took for (of, _), took in zip(order, times) if of == kind] for kind in KINDS}


def names_of(turn):
    return {kind: [f"{kind[0]}{turn}{i:02d}" for i in range(NAMES)] for kind in KINDS}


def fill(server):
    for turn in range(TURNS):
        names = names_of(turn)
        server.modify("".join(person(name, userPassword=f"secret of {name}") for kind in ("known", "disabled") for name in names[kind]))
        server.modify("".join(f"dn: uid={name},{PEOPLE}\nchangetype: modify\nadd: pwdAccountLockedTime\npwdAccountLockedTime: 000001010000Z\n\n" for name in names["disabled"]))


def differences(times):
    return {f"{one} and {other}": rank_test(times[one], times[other]) for one, other in (("known", "unknown"), ("known", "disabled"), ("unknown", "disabled"))}


def smallest_seen(times):
    """In milliseconds: of these very samples, so much later for people who exist would have failed the test."""
    shift = 1
    while rank_test([took + shift / 1000 for took in times["known"]], times["unknown"]) >= FAILS_BELOW:
        shift *= 2
    return shift


def rank_test_calculates_right(chance):
    """Complete separation, none at all, ties, a value worked out by hand; and that as many samples as are taken here tell a hundredth of a second."""
    usual, later = ([chance.gauss(0.250 + shift, 0.003) for _ in range(NAMES * ATTEMPTS)] for shift in (0, 0.010))
    if rank_test(usual, later) >= FAILS_BELOW:
        raise SystemExit(f"the rank test does not see a hundredth of a second: {rank_test(usual, later)}")
    low, high = list(range(20)), list(range(100, 120))
    if not rank_test(low, high) < 1e-7 or not rank_test(low, low) > 0.99 or rank_test([1] * 9, [1] * 9) != 1.0:
        raise SystemExit("the rank test does not calculate right")
    if abs(rank_test([1, 2, 4], [3, 5, 6]) - 0.1266) > 0.001:  # ranks 1+2+4 = 7, expected 10.5, variance 5.25
        raise SystemExit(f"the rank test says {rank_test([1, 2, 4], [3, 5, 6])}")


def main():
    arguments = argparse.ArgumentParser()
    arguments.add_argument("--program", required=True)
    program = os.path.abspath(arguments.parse_args().program)
    seed = int(os.environ.get("MESHGATE_TEST_SEED", 0)) or random.SystemRandom().randrange(1, 2**31)
    print(f"MESHGATE_TEST_SEED={seed}", flush=True)
    chance = random.Random(seed)
    rank_test_calculates_right(chance)
    with tempfile.TemporaryDirectory(prefix="meshgate-timing-") as folder:
        os.chmod(folder, 0o755)
        server = Slapd(os.path.join(folder, "slapd"))
        server.start()
        node = DirectoryNode(program, folder, configuration(reading(server)))
        try:
            fill(server)
            with node.stopped_in_the_end():
                node.start_and_wait("_users", "_groups")
                judge(Attempts(node), chance)
        finally:
            server.stop()


def judge(attempts, chance):
    """Something must differ in every turn to be believed."""
    suspects = None
    for turn in range(TURNS):
        times = attempts.of(names_of(turn), chance)
        for kind in KINDS:
            print(f"{kind:9} {len(times[kind])} times, median {sorted(times[kind])[len(times[kind]) // 2] * 1000:.1f} ms", flush=True)
        found = {what for what, p in differences(times).items() if p < FAILS_BELOW}
        print({what: f"p = {p:.3g}" for what, p in differences(times).items()}, flush=True)
        suspects = found if suspects is None else suspects & found
        if not suspects:
            return print(f"ok   the time of a refusal does not tell who exists; {smallest_seen(times)} ms more would have")
    raise SystemExit(f"FAIL the time of a refusal tells {' and '.join(suspects)} apart")


if __name__ == "__main__":
    main()
