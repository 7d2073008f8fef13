#!/usr/bin/env python3
"""Fails on type names that say nothing, folders for leftovers, long files, and notes to oneself."""
import os
import re
import sys

import sources

TYPE = re.compile(r"\b(?:class|struct|union|enum(?:\s+class)?|concept|using)\s+(?:\[\[\w+\]\]\s*)?([A-Z]\w*)")
EMPTY_WORD = re.compile(r"(?:Manager|Helper|Helpers|Util|Utils|Impl|Info|Misc|Common)(?=[A-Z0-9]|$)")
EMPTY_FOLDERS = {"util", "utils", "common", "helper", "helpers", "misc"}
MARKER = re.compile(r"\b(?:TO" r"DO|FIX" r"ME|XX" r"X|HA" r"CK)\b")
LONGEST = 600
TEXT = (".cpp", ".hpp", ".h", ".c", ".py", ".sh", ".txt", ".cmake", ".md", ".yaml", ".yml", ".json", ".js")


def check_code(path, text):
    faults = []
    lines = text.count("\n")
    if lines > LONGEST:
        faults.append(f"{path}: {lines} lines; more than {LONGEST} are two ideas: part them")
    hollow = sources.bare(text)
    for match in TYPE.finditer(hollow):
        word = EMPTY_WORD.search(match.group(1))
        if word:
            faults.append(f"{path}:{sources.line_of(hollow, match.start())}: '{word.group(0)}' in the name {match.group(1)} says nothing: name what it is for")
    return faults


def check_text(path, text):
    return [f"{path}:{number}: '{MARKER.search(line).group(0)}': do it, or file it" for number, line in enumerate(text.splitlines(), 1) if MARKER.search(line)]


def main():
    faults = []
    for path in sources.files(*TEXT):
        faults += check_text(path, sources.read(path))
        if EMPTY_FOLDERS & set(os.path.dirname(path).split("/")) or os.path.splitext(os.path.basename(path))[0] in EMPTY_FOLDERS:
            faults.append(f"{path}: there is no room for leftovers: put it where it is used")
    for path in sources.files(*sources.CODE):
        faults += check_code(path, sources.read(path))
    return sources.report("house rules", faults)


if __name__ == "__main__":
    sys.exit(main())
