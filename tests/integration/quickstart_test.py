"""The quick start, with and without a directory, a Kafka and a mesh: what it says is what the README shows, and nothing of it is left running, also after Ctrl-C.

    quickstart_test.py --program build/bin/meshgate [--small] [--no-directory | --kafka | --mesh]
"""

import argparse
import difflib
import glob
import os
import re
import signal
import subprocess
import tempfile

from processes import run, wait_for

ROOT = os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "..")
SCRIPT = os.path.join(ROOT, "deploy", "quickstart.sh")


def shown(text):
    """Without what differs from run to run: numbers, digests, and the lines of progress, which end in dots."""
    text = re.sub(r"[0-9a-f]{32}", "0", text)
    text = re.sub(r"\b\d-[0-9a-f]{8}…", "0-0…", text)
    lines = [line for line in text.splitlines() if not line.endswith(" …")]
    return re.sub(r"\d[\d,.:]*", "0", "\n".join(lines))


def steps(text):
    """From the sample company to the end: the first step is about installing and building."""
    return text[text.index("\n2  A sample company"):].strip()


def readme(block):
    """The first block is all that the quick start says, the others what it says with --kafka and with --mesh in place of some of it, or more."""
    with open(os.path.join(ROOT, "README.md"), encoding="utf-8") as file:
        return re.findall(r"^```\n((?:1  Install|2  A sample).*?)^```", file.read(), re.S | re.M)[block]


def running(folder):
    """The command lines of processes that have to do with a folder."""
    out = []
    for path in glob.glob("/proc/[0-9]*/cmdline"):
        try:
            with open(path, "rb") as file:
                line = file.read()
        except OSError:
            continue
        if folder.encode() in line:
            out.append(line.replace(b"\0", b" ").decode(errors="replace"))
    return out


def said_by(command, folder):
    code, out, err = run(command)
    print(out, flush=True)
    if code != 0 or err:
        raise SystemExit(f"the quick start ended with {code}: {err}")
    if running(folder):
        raise SystemExit(f"the quick start left running: {running(folder)}")
    return shown(steps(out.replace(folder, "build/quickstart")))


def compare(expected, said):
    if said != expected:
        raise SystemExit("the README shows something else:\n" + "\n".join(difflib.unified_diff(expected.splitlines(), said.splitlines(), "README.md", "said", lineterm="")))
    print("ok   it says what the README shows")


def says_what_the_readme_shows(command, folder):
    compare(shown(steps(readme(0))), said_by(command, folder))


def says_what_else_the_readme_shows(command, folder, block):
    without = shown(steps(readme(0))).splitlines()
    compare(shown(readme(block)), "\n".join(line for line in said_by(command, folder).splitlines() if line not in without))


def keeps_and_stops_without_people(command, folder):
    code, out, err = run([*command, "--keep"])
    print(out, flush=True)
    kept = running(folder)
    if code != 0 or "anna" in out or "digest" not in out or os.path.exists(os.path.join(folder, "directory")):
        raise SystemExit(f"the quick start without a directory ended with {code}: {err}")
    if len(kept) != 3:
        raise SystemExit(f"--keep did not leave gateway, writer and mirror but {kept}")
    code, out, err = run([*command, "--stop"])
    if code != 0 or running(folder):
        raise SystemExit(f"--stop ended with {code} and left {running(folder)}: {out}{err}")
    print("ok   it does without a directory; --keep leaves it running, --stop ends it")


def ends_at_ctrl_c(command, folder):
    """As a terminal does it: the signal goes to the script and to what runs in its foreground."""
    log = os.path.join(folder, "said")
    with open(log, "wb") as file:
        script = subprocess.Popen(command, stdout=file, stderr=file, stdin=subprocess.DEVNULL, start_new_session=True, preexec_fn=lambda: signal.signal(signal.SIGINT, signal.default_int_handler))

    def said():
        with open(log, encoding="utf-8") as file:
            return file.read()

    wait_for("the gateway to publish something", lambda: "published: " in said() or script.poll() is not None)
    os.killpg(script.pid, signal.SIGINT)
    if script.wait(timeout=60) != 130 or "Traceback" in said():
        raise SystemExit(f"after Ctrl-C it ended with {script.returncode}: {said()}")
    if running(folder):
        raise SystemExit(f"after Ctrl-C there is left: {running(folder)}")
    print("ok   Ctrl-C ends all of it")


def main():
    arguments = argparse.ArgumentParser()
    arguments.add_argument("--program", required=True)
    arguments.add_argument("--small", action="store_true")
    arguments.add_argument("--no-directory", action="store_true")
    arguments.add_argument("--kafka", action="store_true")
    arguments.add_argument("--mesh", action="store_true")
    options = arguments.parse_args()
    with tempfile.TemporaryDirectory(prefix="meshgate-quickstart-") as folder:
        command = [SCRIPT, "--program", os.path.abspath(options.program), "--in", folder, *(["--small"] if options.small else [])]
        if options.no_directory:
            keeps_and_stops_without_people([*command, "--no-directory"], folder)
        elif options.kafka:
            says_what_else_the_readme_shows([*command, "--kafka"], folder, 1)
        elif options.mesh:
            says_what_else_the_readme_shows([*command, "--mesh"], folder, 2)
        else:
            says_what_the_readme_shows(command, folder)
            ends_at_ctrl_c(command, folder)


if __name__ == "__main__":
    main()
