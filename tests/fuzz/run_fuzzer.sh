#!/usr/bin/env bash
# run_fuzzer.sh FUZZER SEEDS FOUND: a fixed number of runs from the seeds and from what earlier runs found. MESHGATE_FUZZ_RUNS changes it.
set -euo pipefail
fuzzer=$1 seeds=$2 found=$3
mkdir -p "$found"
from=("$found")
[ -d "$seeds" ] && from+=("$seeds")
exec "$fuzzer" -runs="${MESHGATE_FUZZ_RUNS:-20000}" -max_len=4096 -timeout=10 -rss_limit_mb=2048 -print_final_stats=0 -verbosity=0 \
  -artifact_prefix="$found-" "${from[@]}"
