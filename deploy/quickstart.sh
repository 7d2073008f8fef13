#!/usr/bin/env bash
# From a fresh Debian 12 to a database table on people's devices, in one command:
#   deploy/quickstart.sh                  installs, builds, shows it at work, ends
#   deploy/quickstart.sh --no-directory   without people: everybody may read everything, no directory server is installed or started
#   deploy/quickstart.sh --mesh           gateway, hub and device instead, without people: the gateway's network is cut and restored
#   deploy/quickstart.sh --kafka          with an Apache Kafka too: scans of the orders' parcels beside the orders
#   deploy/quickstart.sh --small          with 2,000 orders instead of 100,000
#   deploy/quickstart.sh --keep           leaves gateway, directory, writer and mirrors running
#   deploy/quickstart.sh --stop           stops what --keep left running
#   deploy/quickstart.sh --program FILE   shows a program that is built already: installs and builds nothing
# Everything it makes stands in build/; --in DIR puts what it shows there instead of build/quickstart.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
root=$PWD
here=$root/build/quickstart
meshgate=
keep=0
people=1
broker=0
mesh=0
orders=100000
stop=0
while [ $# -gt 0 ]; do
  case "$1" in
    --no-directory) people=0 ;;
    --kafka) broker=1 ;;
    --mesh) mesh=1 people=0 ;;
    --small) orders=2000 ;;
    --keep) keep=1 ;;
    --stop) stop=1 ;;
    --program) meshgate=${2:?--program needs a file}; shift ;;
    --in) here=$(realpath -m "${2:?--in needs a folder}"); shift ;;
    --help | -h) sed -n '2,11s/^# \{0,1\}//p' deploy/quickstart.sh; exit 0 ;;
    *) echo "quickstart: unknown option $1 (see --help)" >&2; exit 2 ;;
  esac
  shift
done
if [ $mesh -eq 1 ] && [ $broker -eq 1 ]; then echo "quickstart: --mesh and --kafka are shown one at a time" >&2; exit 2; fi
tour() { python3 -B "$root/deploy/quickstart/tour.py" "$@"; }

# stop_kept: ends the processes of an earlier --keep, each before those that it needs; a number that now belongs to another program is left alone.
stop_kept() {
  [ -f "$here/pids" ] || return 0
  local pid
  while read -r pid; do
    if grep -qsF "$here" "/proc/$pid/cmdline"; then kill "$pid" 2>/dev/null || true; fi
    for _ in $(seq 200); do grep -qsF "$here" "/proc/$pid/cmdline" || break; sleep 0.1; done
  done < <(tac "$here/pids")
  rm -f "$here/pids"
}
if [ $stop -eq 1 ]; then stop_kept; echo "stopped"; exit 0; fi

say() { printf '\n%s\n' "$*"; }
# started NAME COMMAND…: runs it in the background, its words in NAME.log; $started is its number.
started() {
  local name=$1
  shift
  setsid nohup "$@" >"$here/$name.log" 2>&1 </dev/null &
  started=$!
  echo $started >>"$here/pids"
}
end() { # end PID: ends it and waits until it has
  kill "$1"
  while kill -0 "$1" 2>/dev/null; do sleep 0.1; done
}
building='' logs=0
finish() {
  local status=$?
  trap '' INT TERM HUP PIPE
  if [ -n "$building" ]; then kill "$building" 2>/dev/null && wait "$building" 2>/dev/null || true; fi
  if [ $logs -eq 1 ] && [ $status -ne 0 ] && [ $status -lt 128 ]; then
    echo "quickstart: something went wrong; the logs are $here/*.log" >&2
    tail -n 5 "$here"/*.log 2>/dev/null >&2 || true
  fi
  if [ $status -ne 0 ] || [ $keep -eq 0 ]; then stop_kept; fi
}
trap finish EXIT
trap 'exit 130' INT
trap 'exit 143' TERM HUP
trap 'exit 141' PIPE  # nobody reads what it says any more

build() {
  local packages=(build) plugins=(meshgate_connector_odbc meshgate_connector_ldap)
  if [ $people -eq 1 ]; then packages=(quickstart); fi
  if [ $broker -eq 1 ]; then packages+=(kafka) plugins+=(meshgate_connector_kafka); fi
  deploy/install-packages.sh "${packages[@]}" || { echo "quickstart: --no-directory needs neither slapd nor ldap-utils, and without --kafka neither Maven nor Java is needed" >&2; exit 1; }
  mkdir -p build
  export CCACHE_BASEDIR=${CCACHE_BASEDIR-$root} CCACHE_NOHASHDIR=1  # what another clone has compiled is not compiled again
  if [ ! -f build/build.ninja ]; then
    cmake --preset release -DMESHGATE_TESTS=OFF >build/configure.log 2>&1 || { cat build/configure.log >&2; exit 1; }
  fi
  ninja -C build meshgate "${plugins[@]}" >build/build.log 2>&1 &
  building=$!
  while kill -0 "$building" 2>/dev/null; do
    if [ -t 1 ]; then printf '\r\033[K   building %s' "$(grep -o '^\[[0-9]*/[0-9]*\]' build/build.log 2>/dev/null | tail -n 1)"; fi
    sleep 0.3
  done
  wait "$building" || { echo; tail -n 40 build/build.log >&2; exit 1; }
  building=
  if [ -t 1 ]; then printf '\r\033[K'; fi
  meshgate=build/bin/meshgate
}

if [ -z "$meshgate" ]; then
  say "1  Install what is needed, and build"
  build
else
  say "1  A program that is built already"
fi
echo "   built: $meshgate, version $("$meshgate" --version | head -n 1)"
meshgate=$(realpath "$meshgate")

if [ $people -eq 1 ]; then
  if ! [ -x /usr/sbin/slapd ] || ! command -v ldapmodify >/dev/null; then
    echo "quickstart: slapd or ldapmodify is missing: deploy/install-packages.sh quickstart installs them, --no-directory does without" >&2
    exit 1
  fi
  sample="a database in SQLite, and a directory of its people in an LDAP server"
  devices=(anna=north bert=south clara=north,south)
  feeds=(_users _groups customers products orders order_lines)
else
  sample="a database in SQLite"
  devices=(device=north,south)
  feeds=(customers products orders order_lines)
fi
mirrored=(orders customers)
if [ $broker -eq 1 ]; then
  if ! command -v java >/dev/null || ! command -v mvn >/dev/null; then
    echo "quickstart: java or mvn is missing: deploy/install-packages.sh kafka installs them" >&2
    exit 1
  fi
  sample+="; its scanners write to an Apache Kafka"
  feeds+=(scans)
  mirrored+=(scans)
fi
say "2  A sample company: $sample"
stop_kept
mkdir -p "$here"
rm -rf "$here/feeds" "$here/hub" "$here/device" "$here/directory" "$here/broker" "$here"/*.db "$here"/*.db-* "$here"/*.log "$here"/*.password "$here"/*.signed-in
logs=1
echo "   $(python3 deploy/quickstart/company.py create "$here/company.db" "$orders")"
port=$(tour port 7443)
url=http://127.0.0.1:$port
filled=(-e "s|@HERE@|$here|g; s|@PORT@|$port|g")
if [ $people -eq 1 ]; then
  echo "   $(python3 deploy/quickstart/directory.py create "$here")"
  ldap=$(tour port)
  echo "ldap://127.0.0.1:$ldap" >"$here/directory/url"
  started directory /usr/sbin/slapd -f "$here/directory/slapd.conf" -h "ldap://127.0.0.1:$ldap" -d 0
  tour listens "$ldap" "$started" "the directory server"
  filled+=(-e "s|@LDAP@|ldap://127.0.0.1:$ldap|g")
else
  filled+=(-e '/# with a directory/,/# as ever/d' -e 's|read: signed-in .*|read: public|')
fi
if [ $broker -eq 1 ]; then
  kafka=$(tour port)
  python3 deploy/quickstart/broker.py create "$here" "$kafka" "$(tour port)"
  started broker python3 deploy/quickstart/broker.py run "$here"
  tour listens "$kafka" "$started" "Kafka"
  scans=$(python3 deploy/quickstart/broker.py fill "$here" $((orders / 10)))
  echo "   $scans in a topic of Kafka"
  filled+=(-e "s|@KAFKA@|127.0.0.1:$kafka|g")
else
  filled+=(-e '/# with a broker/,/# without one/d')
fi
sed "${filled[@]}" deploy/quickstart/meshgate.yaml >"$here/meshgate.yaml"

say "3  A gateway publishes it as feeds (deploy/quickstart/meshgate.yaml says how, and who may read what)"
started gateway "$meshgate" run "$here/meshgate.yaml"
tour wait "$here" "$started" "${feeds[@]}"
echo "   to look at it, open $url/"

writers=()
start_writers() {
  started writer python3 deploy/quickstart/company.py work "$here/company.db"
  writers=("$started")
  if [ $broker -eq 1 ]; then
    started scanner python3 deploy/quickstart/broker.py scan "$here"
    writers+=("$started")
  fi
}
if [ $mesh -eq 1 ]; then
  . deploy/quickstart/mesh.sh
else
  . deploy/quickstart/devices.sh
fi

files="sqlite3 ${here#"$root/"}/$last 'SELECT * FROM orders LIMIT 3'"
if [ $keep -eq 1 ]; then
  go_on
  say "Running, with the writer at work: $url/. To look into a device: $files"
  if [ $people -eq 1 ]; then echo "To sign in there as anna, bert or clara: the passwords are in ${here#"$root/"}/NAME.password."; fi
  echo "To stop: deploy/quickstart.sh --stop$([ "$here" = "$root/build/quickstart" ] || echo " --in $here")"
else
  say "Done. To keep it running: deploy/quickstart.sh$([ $mesh -eq 0 ] || echo " --mesh") --keep. To look into a device: $files"
fi
