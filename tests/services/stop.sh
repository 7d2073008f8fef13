#!/usr/bin/env bash
# tests/services/stop.sh DIR: stops what tests/services/start.sh DIR started, by its own process numbers, and removes its data. Logs stay in DIR/logs.
set -euo pipefail
[ $# -eq 1 ] || { echo "usage: $0 DIR" >&2; exit 2; }
dir=$1
[ -d "$dir" ] || exit 0

# stop FILE SIGNAL NAME: only a process that still is the server we started.
stop() {
  [ -s "$dir/$1" ] || return 0
  local pid; pid=$(cat "$dir/$1")
  if [ "$(cat "/proc/$pid/comm" 2>/dev/null)" = "$3" ]; then
    kill -s CONT "$pid" 2>/dev/null || true
    kill -s "$2" "$pid" 2>/dev/null || true
    for _ in $(seq 150); do kill -0 "$pid" 2>/dev/null || break; sleep 0.1; done
    if kill -0 "$pid" 2>/dev/null; then kill -s KILL "$pid"; fi
  fi
  rm -f "$dir/$1"
}
stop standby.pid INT postgres
stop pg.pid INT postgres
stop replica.pid TERM mariadbd
stop my.pid TERM mariadbd
stop ldap.pid TERM slapd
if [ -s "$dir/run" ]; then
  run=$(cat "$dir/run")
  case $run in
    /tmp/meshgate-services.*)
      [ ! -f "$run/pg/log" ] || cp "$run/pg/log" "$dir/logs/postgresql.log" 2>/dev/null || true
      rm -rf "$run" ;;
  esac
  rm -f "$dir/run"
fi
rm -f "$dir/env" "$dir/pg.start" "$dir/my.start" "$dir/replica.start"
