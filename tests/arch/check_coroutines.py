#!/usr/bin/env python3
"""Fails on what g++ 12 miscompiles inside a co_await expression: owning temporaries are destroyed twice (GCC bug 107288).

Not allowed in the full expression around a co_await: a lambda that captures by value, braces (an aggregate or a braced list), and ?: in
an argument. Name it on the line before and pass std::move(name).
"""
import re
import sys

import sources

AWAIT = re.compile(r"\bco_await\b")
# Braces around these make nothing that owns anything.
HARMLESS = re.compile(r"(?:std::chrono::\w+|\bSeq|\bMicros)\s*$")
# c ? Kind::one : Kind::other, or two numbers.
CONSTANTS = re.compile(r"\?\s*(?:\w+::\w+|\d\w*)\s*:\s*(?:\w+::\w+|\d\w*)\s*[,)]")


def begin_of(text, at):
    """Where the statement that holds position `at` begins."""
    depth = 0
    for i in range(at - 1, -1, -1):
        c = text[i]
        # A '}' with a comma, dot or bracket behind it closes an argument, not a block.
        if c in ")]" or (c == "}" and (depth > 0 or re.match(r"\s*[,.)]", text[i + 1:at + 1]))):
            depth += 1
        elif c in "([" or (c == "{" and depth > 0):
            depth = max(0, depth - 1)
        elif depth == 0 and c in ";{}":
            return i + 1
    return 0


def end_of(text, at):
    """Where it ends: its ';', or the block of the if, while or for whose condition it is."""
    depth = 0
    for i in range(at, len(text)):
        c = text[i]
        if c == "{" and depth < 0:
            return i
        if c in "([{":
            depth += 1
        elif c in ")]}":
            depth -= 1
        elif c == ";" and depth <= 0:
            return i
    return len(text)


def closing(text, at):
    """The position of the bracket that closes the one at `at`."""
    depth = 0
    for i in range(at, len(text)):
        if text[i] in "([{":
            depth += 1
        elif text[i] in ")]}":
            depth -= 1
            if depth == 0:
                return i
    return len(text) - 1


def owns(captures):
    """Whether a capture list copies something: anything but &, &name, this."""
    return any(part and part != "this" and not (part.startswith("&") and "=" not in part) for part in (one.strip() for one in captures.split(",")))


def without_lambdas(text, faults):
    """The expression with its lambdas blanked; those that own what they capture are reported."""
    at = 0
    while True:
        at = text.find("[", at)
        if at < 0:
            return text
        if text.startswith("[[", at):
            at = closing(text, at) + 1
            continue
        before = text[:at].rstrip()
        word = re.search(r"(\w+)$", before)
        if (word and word.group(1) not in ("co_await", "return", "co_return")) or before.endswith((")", "]")) or re.search(r"\bauto\s*&{0,2}$", before):
            at += 1
            continue
        end = closing(text, at)
        if owns(text[at + 1:end]):
            faults.append((at, "a lambda that captures by value"))
        body = text.find("{", end)
        stop = closing(text, body) if body >= 0 else end
        text = text[:at] + re.sub(r"[^\n]", " ", text[at:stop + 1]) + text[stop + 1:]


def check(text):
    """-> [(line, what)]"""
    text = sources.bare(text)
    found, seen = [], set()
    for match in AWAIT.finditer(text):
        begin, end = begin_of(text, match.start()), end_of(text, match.end())
        if (begin, end) in seen:
            continue
        seen.add((begin, end))
        faults = []
        rest = without_lambdas(text[begin:end], faults)
        for brace in re.finditer(r"\{", rest):
            if not HARMLESS.search(rest[:brace.start()]):
                faults.append((brace.start(), "braces (an aggregate or a list)"))
        awaited = rest.find("co_await")
        depth = 0
        for i in range(max(awaited, 0), len(rest)):
            depth += (rest[i] in "(") - (rest[i] in ")")
            if rest[i] == "?" and depth > 0 and not CONSTANTS.match(rest, i):
                faults.append((i, "?: in an argument"))
        found += [(sources.line_of(text, begin + at), what) for at, what in faults]
    return sorted(set(found))


def cases():
    """The check's own cases: each must be judged as its title says."""
    wrong = []
    for block in sources.read("tests/arch/coroutine_cases.txt").split("=== ")[1:]:
        title, _, text = block.partition("\n")
        verdict = "bad" if check(text) else "good"
        if not title.startswith(verdict):
            wrong.append(f"tests/arch/coroutine_cases.txt: '{title}' was judged {verdict}: {check(text)}")
    return wrong


def main():
    faults = cases()
    for path in sources.files(*sources.CODE):
        faults += [f"{path}:{line}: {what} inside a co_await expression: name it on the line before" for line, what in check(sources.read(path))]
    return sources.report("coroutine rule", faults)


if __name__ == "__main__":
    sys.exit(main())
