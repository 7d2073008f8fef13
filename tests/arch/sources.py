"""What the checks share: the files of the tree, and C++ text without comments and literals."""
import os
import re

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
CODE = (".cpp", ".hpp", ".h", ".c")


def files(*suffixes, under=""):
    """Paths from the repository root, sorted; build folders and hidden folders are left out."""
    found = []
    for folder, folders, names in os.walk(os.path.join(ROOT, under)):
        at_root = os.path.samefile(folder, ROOT)
        folders[:] = [one for one in folders if not one.startswith(".") and one != "__pycache__" and not (at_root and one.startswith("build"))]
        found += [os.path.relpath(os.path.join(folder, name), ROOT) for name in names if name.endswith(suffixes)]
    return sorted(found)


def read(path):
    with open(os.path.join(ROOT, path), encoding="utf-8") as file:
        return file.read()


_TOKEN = re.compile(
    r'//[^\n]*|/\*.*?\*/'
    r'|R"(?P<mark>[^()\\ \n]{0,16})\(.*?\)(?P=mark)"'
    r'|"(?:\\.|[^"\\\n])*"'
    r"|(?<![0-9A-Za-z_])(?:u8|[uUL])?'(?:\\.|[^'\\\n])+'",
    re.DOTALL,
)


def bare(text):
    """C++ text with comments blanked and literals emptied; every character keeps its line and column."""

    def blank(match):
        found = match.group(0)
        quote = found[0] if found[0] in "\"'" else '"' if found.startswith("R") else None
        hollow = re.sub(r"[^\n]", " ", found)
        return quote + hollow[1:-1] + quote if quote else hollow

    return _TOKEN.sub(blank, text)


def line_of(text, at):
    return text.count("\n", 0, at) + 1


def report(check, faults):
    """Prints the faults; the exit status."""
    for fault in faults:
        print(fault)
    print(f"{check}: {'no fault' if not faults else f'{len(faults)} faults'}")
    return 1 if faults else 0
