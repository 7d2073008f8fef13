#!/usr/bin/env python3
"""Sums the JUnit files that ctest writes.

tally.py NAME=FILE… [--log FILE] [--broken N] [--total]
Prints one line per part and the failures in it; with --total only the closing line over all parts, and exits 1 when anything failed or nothing ran.
A test that ctest could not run, or that skipped itself, has failed; only a disabled one is skipped.
"""
import argparse
import os
import sys
import xml.etree.ElementTree as xml


def read(path):
    """-> (passed, [(name, reason, output)], skipped)"""
    if not os.path.exists(path):
        return 0, [("(all)", "ctest wrote no result", "")], 0
    passed, failed, skipped = 0, [], 0
    for case in xml.parse(path).getroot().iter("testcase"):
        status, name = case.get("status"), case.get("name")
        output = case.findtext("system-out") or ""
        if status == "run":
            passed += 1
        elif status == "disabled":
            skipped += 1
        elif status == "notrun":
            failed.append((name, "could not run, or skipped a part of itself", output))
        else:
            reason = case.find("failure")
            failed.append((name, reason.get("message") if reason is not None else status, output))
    return passed, failed, skipped


def main():
    arguments = argparse.ArgumentParser()
    arguments.add_argument("parts", nargs="*")
    arguments.add_argument("--log")
    arguments.add_argument("--broken", type=int, default=0)
    arguments.add_argument("--total", action="store_true")
    asked = arguments.parse_args()

    all_passed, all_failed, all_skipped = 0, asked.broken, 0
    for part in asked.parts:
        name, path = part.split("=", 1)
        passed, failed, skipped = read(path)
        all_passed += passed
        all_failed += len(failed)
        all_skipped += skipped
        if asked.total:
            continue
        print(f"   {name}: {passed} passed, {len(failed)} failed, {skipped} skipped", flush=True)
        for test, reason, output in failed:
            print(f"   FAILED {name}/{test}: {reason}")
            for line in output.rstrip().splitlines()[-60:]:
                print(f"      {line}")
        if failed and asked.log:
            print(f"   everything: {asked.log}")
    if asked.total:
        nothing = all_passed + all_failed + all_skipped == 0
        if nothing:
            print("no test ran: no name matches (`ctest --preset plain -N` lists them)")
        print(f"{all_passed} passed, {all_failed} failed, {all_skipped} skipped")
        return 1 if nothing or all_failed else 0
    return 1 if all_failed else 0


if __name__ == "__main__":
    sys.exit(main())
