#!/usr/bin/env python3
"""Fails on a relative link in a *.md file that leads nowhere. With --list, prints the shell examples marked runnable.

A runnable example is a fenced block that opens with ```sh runnable; it is run from the repository's root.
"""
import os
import re
import sys
import urllib.parse

import sources

LINK = re.compile(r"(?<!!)\[[^\]\n]*\]\(<?([^)\s>]+)>?(?:\s+\"[^\"]*\")?\)|!\[[^\]\n]*\]\(([^)\s]+)\)")
FENCE = re.compile(r"^```(.*)$")


def prose_and_examples(text):
    """-> (text with fenced blocks and code spans blanked, [(line, commands)])"""
    prose, examples, block, opened = [], [], None, 0
    for number, line in enumerate(text.splitlines(), 1):
        fence = FENCE.match(line.strip())
        if fence and block is None:
            block, opened, runnable = [], number, fence.group(1).split() == ["sh", "runnable"]
        elif fence:
            if runnable:
                examples.append((opened + 1, "\n".join(block)))
            block = None
        elif block is not None:
            block.append(line)
        else:
            prose.append((number, re.sub(r"`[^`]*`", "", line)))
    return prose, examples


def headings(text):
    """The anchors that headings give, the way code hosts write them."""
    return {re.sub(r"[^\w\- ]", "", line.lstrip("#").strip().lower()).replace(" ", "-") for line in text.splitlines() if line.startswith("#")}


def check(path):
    faults = []
    prose, _ = prose_and_examples(sources.read(path))
    for number, line in prose:
        for match in LINK.finditer(line):
            link = match.group(1) or match.group(2)
            if re.match(r"[a-z][a-z0-9+.-]*:", link):
                continue
            target, _, anchor = urllib.parse.unquote(link).partition("#")
            to = os.path.normpath(os.path.join(os.path.dirname(path), target)) if target else path
            if not os.path.exists(os.path.join(sources.ROOT, to)):
                faults.append(f"{path}:{number}: the link to {link} leads nowhere")
            elif anchor and to.endswith(".md") and anchor not in headings(sources.read(to)):
                faults.append(f"{path}:{number}: {to} has no heading #{anchor}")
    return faults


def main():
    pages = sources.files(".md")
    if sys.argv[1:] == ["--list"]:
        for path in pages:
            for line, commands in prose_and_examples(sources.read(path))[1]:
                print(f"# {path}:{line}\n{commands}")
        return 0
    return sources.report("documents", [fault for path in pages for fault in check(path)])


if __name__ == "__main__":
    sys.exit(main())
