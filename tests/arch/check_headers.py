#!/usr/bin/env python3
"""check_headers.py COMPILER: fails on a header that does not compile alone. connector.h must compile as C too."""
import concurrent.futures
import os
import subprocess
import sys

import sources

FLAGS = ["-Wall", "-Wextra", "-Wpedantic", "-Wshadow", "-Wconversion", "-Wno-missing-field-initializers", "-Werror", "-fsyntax-only", "-O0", "-I", sources.ROOT]


def compile_alone(compiler, language, standard, header):
    done = subprocess.run(
        [compiler, "-x", language, f"-std={standard}", *FLAGS, "-"], input=f'#include "{header}"\n#include "{header}"\n', capture_output=True, text=True, check=False)
    return [] if done.returncode == 0 else [f"{header} does not compile alone as {standard}:\n{done.stderr}"]


def main():
    compiler = sys.argv[1]
    jobs = [("c++", "c++20", header) for header in sources.files(".hpp", ".h")]
    jobs += [("c", "c17", header) for header in sources.files(".h", under="connectors/sdk")]
    with concurrent.futures.ThreadPoolExecutor(os.cpu_count()) as pool:
        faults = sum(pool.map(lambda job: compile_alone(compiler, *job), jobs), [])
    print(f"{len(jobs)} headers")
    return sources.report("headers alone", faults)


if __name__ == "__main__":
    sys.exit(main())
