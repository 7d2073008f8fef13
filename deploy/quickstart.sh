#!/usr/bin/env bash
# From a fresh Debian 12 to a database table on a device, in one command:
#   deploy/quickstart.sh          installs, builds, shows it at work, ends
#   deploy/quickstart.sh --keep   the same, and leaves gateway, writer and mirror running
#   deploy/quickstart.sh --stop   stops what --keep left running
# Everything it makes stands in build/.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
root=$PWD
here=$root/build/quickstart
meshgate=$root/build/bin/meshgate
tour=(python3 "$root/deploy/quickstart/tour.py")
keep=0

# stop_kept: ends the processes of an earlier --keep; a number that now belongs to another program is left alone.
stop_kept() {
  [ -f "$here/pids" ] || return 0
  local pid
  while read -r pid; do
    if grep -qsF "$here" "/proc/$pid/cmdline"; then kill "$pid" 2>/dev/null || true; fi
  done <"$here/pids"
  while read -r pid; do
    for _ in $(seq 100); do grep -qsF "$here" "/proc/$pid/cmdline" || break; sleep 0.1; done
  done <"$here/pids"
  rm -f "$here/pids"
}

case "${1:-}" in
  '') ;;
  --keep) keep=1 ;;
  --stop) stop_kept; echo "stopped"; exit 0 ;;
  --help | -h) sed -n '2,6s/^# \{0,1\}//p' deploy/quickstart.sh; exit 0 ;;
  *) echo "quickstart: unknown option $1 (see --help)" >&2; exit 2 ;;
esac

say() { printf '\n%s\n' "$*"; }
# started NAME COMMAND…: runs it in the background, its words in build/quickstart/NAME.log.
started() {
  local name=$1
  shift
  setsid nohup "$@" >"$here/$name.log" 2>&1 </dev/null &
  pids+=($!)
  echo $! >>"$here/pids"
}
pids=()
finish() {
  local status=$?
  if [ $status -ne 0 ] && [ -d "$here" ]; then
    echo "quickstart: something went wrong; the logs are $here/*.log" >&2
    tail -n 5 "$here"/*.log 2>/dev/null >&2 || true
  fi
  if [ $status -ne 0 ] || [ $keep -eq 0 ]; then stop_kept; fi
}
trap finish EXIT
trap 'exit 130' INT
trap 'exit 143' TERM HUP

say "1  Install what is needed, and build"
deploy/install-packages.sh build
mkdir -p build
if [ ! -f build/build.ninja ]; then
  cmake --preset release -DMESHGATE_TESTS=OFF >build/configure.log 2>&1 || { cat build/configure.log >&2; exit 1; }
fi
cmake --build build --target meshgate meshgate_connector_odbc >build/build.log 2>&1 &
building=$!
while kill -0 "$building" 2>/dev/null; do
  if [ -t 1 ]; then printf '\r\033[K   building %s' "$(grep -o '^\[[0-9]*/[0-9]*\]' build/build.log 2>/dev/null | tail -n 1)"; fi
  sleep 0.3
done
wait "$building" || { echo; tail -n 40 build/build.log >&2; exit 1; }
if [ -t 1 ]; then printf '\r\033[K'; fi
echo "   built: build/bin/meshgate, version $("$meshgate" --version | head -n 1)"

say "2  A sample company: a SQLite database, read through its ODBC driver"
stop_kept
mkdir -p "$here"
rm -rf "$here/feeds" "$here"/*.db "$here"/*.db-* "$here"/*.log
echo "   $(python3 deploy/quickstart/company.py create "$here/company.db")"

say "3  A gateway publishes it as feeds (deploy/quickstart/meshgate.yaml says how)"
port=$("${tour[@]}" port)
url=http://127.0.0.1:$port
sed -e "s|@HERE@|$here|g" -e "s|@PORT@|$port|g" deploy/quickstart/meshgate.yaml >"$here/meshgate.yaml"
started gateway "$meshgate" run "$here/meshgate.yaml"
gateway=${pids[-1]}
"${tour[@]}" wait "$url" "$gateway"
echo "   to look at it, open $url/"

say "4  Somebody works with the database, and a device mirrors two of the feeds into a SQLite file"
started writer python3 "$root/deploy/quickstart/company.py" work "$here/company.db"
writer=${pids[-1]}
started mirror "$meshgate" mirror "$url" --feed orders --feed customers --into "$here/device.db"
mirror=${pids[-1]}
"${tour[@]}" mirrored "$here/device.db" "$url" "$mirror" orders customers

say "5  A changed row arrives"
"${tour[@]}" change "$here/company.db" "$here/device.db" "$mirror"

say "6  The device can prove what it holds"
end() { # end PID: ends it and waits until it has
  kill "$1"
  while kill -0 "$1" 2>/dev/null; do sleep 0.1; done
}
end "$writer"
echo "   the writer stopped after $(cat "$here/writer.log")"
"${tour[@]}" settled "$url" "$here/company.db" >"$here/digests"
end "$mirror"
"$meshgate" mirror "$url" --feed orders --feed customers --into "$here/device.db" --once --quiet >"$here/summary" 2>&1
while read -r feed count digest; do
  case "$feed" in orders | customers) ;; *) continue ;; esac
  echo "   gateway  $feed: $count items, digest $digest"
  grep -qF "$feed: $count items, digest $digest" "$here/summary" || { echo "quickstart: the mirror holds something else:" >&2; cat "$here/summary" >&2; exit 1; }
done <"$here/digests"
sed 's/^/   device   /' "$here/summary"

if [ $keep -eq 1 ]; then
  started writer python3 "$root/deploy/quickstart/company.py" work "$here/company.db"
  started mirror "$meshgate" mirror "$url" --feed orders --feed customers --into "$here/device.db"
  say "Running, with the writer at work: $url/feeds. The device's file: build/quickstart/device.db. To stop: deploy/quickstart.sh --stop"
else
  say "Done. To keep it running: deploy/quickstart.sh --keep. The device's file: sqlite3 build/quickstart/device.db 'SELECT * FROM orders LIMIT 3'"
fi
