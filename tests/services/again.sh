#!/usr/bin/env bash
# tests/services/again.sh DIR NAME [OPTION…]: starts a server (pg or my) of tests/services/start.sh DIR again, on its data and port, after somebody ended
# it; MariaDB with more options if there are any.
set -euo pipefail
[ $# -ge 2 ] || { echo "usage: $0 DIR NAME [OPTION…]" >&2; exit 2; }
dir=$(cd "$1" && pwd)
pid=$(cat "$dir/$2.pid")
for _ in $(seq 300); do grep -q '^State:[[:space:]][^Z]' "/proc/$pid/status" 2>/dev/null || break; sleep 0.1; done
rm -f "$(cat "$dir/run")/$2/pid"  # MariaDB leaves its own behind
for _ in 1 2 3 4 5; do
  if bash "$dir/$2.start" "${@:3}"; then exit 0; fi
  sleep 1  # processes of the old one may still be going
done
exit 1
