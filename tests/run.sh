#!/usr/bin/env bash
# Installs what is missing, builds, starts the database servers the tests use, runs every test, and stops what it started.
#   tests/run.sh            the plain suite and the thorough one beside the sanitizer builds, then these and a fixed number of fuzzing runs
#   tests/run.sh --quick    the plain suite only, for while one works: all but what takes minutes
#   tests/run.sh --long     all of it, and the tests labelled long, benchmarks and long fuzzing
#   tests/run.sh --only RE  only tests whose name matches the regular expression
# Logs and results are written to build/logs/. The last line is "N passed, M failed, K skipped"; the exit status is 0 only when M is 0.
# A test that could not run counts as failed; skipped are those that the tree itself disables. Where Apache Kafka cannot be fetched, its tests are named
# and left out, which with CI=true is one failure.
set -uo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.." || exit 2
exec </dev/null

quick=0 long=0 only=
while [ $# -gt 0 ]; do
  case "$1" in
    --quick) quick=1 ;;
    --long) long=1 ;;
    --only)
      only=${2:-}
      [ -n "$only" ] || { echo "tests/run.sh: --only needs a regular expression (see --help)" >&2; exit 2; }
      shift ;;
    --help | -h) sed -n '2,9s/^# \{0,1\}//p' tests/run.sh; exit 0 ;;
    *) echo "tests/run.sh: unknown option $1 (see --help)" >&2; exit 2 ;;
  esac
  shift
done

logs=$PWD/build/logs
services=$PWD/build/services
jobs=$(nproc)
results=()
broken=0
began=$SECONDS
mkdir -p "$logs"
rm -f "$logs"/*
# What one clone has compiled serves the next one, wherever it lies.
export CCACHE_BASEDIR=$PWD CCACHE_NOHASHDIR=1
export HOME=~ PATH LC_ALL=C.UTF-8 CTEST_PARALLEL_LEVEL=$jobs CMAKE_BUILD_PARALLEL_LEVEL=$jobs

say() { printf '== %4ds  %s\n' $((SECONDS - began)) "$*"; }

# Each step is a process group of its own, so that Ctrl-C and SIGTERM end all of it at once.
set -m
step=
ahead=
run() {
  "$@" &
  step=$!
  local status=0
  wait "$step" || status=$?
  step=
  return "$status"
}
stop() {
  trap '' INT TERM HUP
  local group
  for group in $step $ahead; do kill -TERM -- "-$group" 2>/dev/null; wait "$group" 2>/dev/null; done
  if [ -d "$services" ] && [ -x tests/services/stop.sh ]; then tests/services/stop.sh "$services" >>"$logs/services.log" 2>&1; fi
}
trap stop EXIT
trap 'say interrupted; exit 130' INT
trap 'say interrupted; exit 143' TERM HUP

# quietly NAME COMMAND…: the output goes to a log; of a failed step the end is shown, and it counts as one failed test.
quietly() {
  local name=$1
  shift
  say "$name"
  run "$@" >"$logs/$name.log" 2>&1 && return 0
  say "$name FAILED; the end of $logs/$name.log:"
  tail -n 40 "$logs/$name.log"
  broken=$((broken + 1))
  return 1
}

# ahead_of_tests PRESET…: builds them one after the other in what the tests leave of the processors.
ahead_of_tests() {
  nice -n 19 bash -c '
    logs=$1; shift
    for preset; do
      { cmake --preset "$preset" && cmake --build --preset "$preset"; } >"$logs/$preset-build.log" 2>&1
      echo $? >"$logs/$preset-built"
    done' ahead "$logs" "$@" &
  ahead=$!
}

# built PRESET: when that has been done, whether it is good.
built() {
  say "$1-build"
  run bash -c 'until [ -s "$1" ] || ! kill -0 "$2" 2>/dev/null; do sleep 1; done; exit "$(cat "$1" 2>/dev/null || echo 1)"' built "$logs/$1-built" "$ahead" && return 0
  say "$1-build FAILED; the end of $logs/$1-build.log:"
  tail -n 40 "$logs/$1-build.log"
  broken=$((broken + 1))
  return 1
}

# tested NAME PRESET …: ctest with this preset; its results are summed up at the end, whether they are good or bad.
tested() {
  local name=$1 preset=$2
  shift 2
  [ -n "$only" ] && set -- "$@" -R "$only" --no-tests=ignore
  say "tests of $name"
  rm -f "$logs/$name.xml"
  run "${launcher[@]}" ctest --preset "$preset" --output-junit "$logs/$name.xml" --progress "${without[@]}" "$@" >"$logs/$name.log" 2>&1
  results+=("$name=$logs/$name.xml")
  python3 tests/tally.py "$name=$logs/$name.xml" --log "$logs/$name.log" || true
}

finish() {
  say "done"
  if ! command -v python3 >/dev/null; then
    echo "0 passed, $broken failed, 0 skipped"
    exit 1
  fi
  python3 tests/tally.py "${results[@]}" --broken "$broken" --total
  exit $?
}

launcher=()
deploy/install-packages.sh test || { broken=1; finish; }

quietly release-configure cmake --preset release -DMESHGATE_TESTS=ON &&
  quietly release-build cmake --build --preset release || finish

[ $quick -eq 0 ] && ahead_of_tests asan tsan fuzz

if [ -x tests/services/start.sh ]; then
  if quietly services tests/services/start.sh "$services"; then
    set -a
    # shellcheck disable=SC1091
    . "$services/env"
    set +a
  fi
fi

# Apache Kafka comes from Maven Central. Without it, librdkafka's own cluster carries what it can (kafka_mock_test); the rest is named.
without=()
if ! run timeout 900 python3 tests/services/kafka.py fetch >"$logs/kafka-fetch.log" 2>&1; then
  mapfile -t missing < <(ctest --test-dir build -N -L '^kafka$' | sed -n 's/^ *Test *#[0-9]*: //p')
  say "Apache Kafka cannot be had (its jars come from Maven Central), so these ${#missing[@]} tests are not run; the end of $logs/kafka-fetch.log:"
  tail -n 5 "$logs/kafka-fetch.log"
  printf '   not run: %s\n' "${missing[@]}"
  without=(-E "^($(IFS='|'; echo "${missing[*]}"))$")
  [ "${CI:-}" = true ] && broken=$((broken + 1))
fi

tested plain plain
[ $quick -eq 0 ] && tested thorough thorough
if [ $long -eq 1 ]; then
  wait "$ahead"  # what is measured is measured alone
  export CTEST_PARALLEL_LEVEL=1
  tested long long
  export CTEST_PARALLEL_LEVEL=$jobs
fi

if [ $quick -eq 0 ]; then
  suppress() { [ -f "$PWD/tests/$1.supp" ] && printf ':suppressions=%s' "$PWD/tests/$1.supp"; }
  export ASAN_OPTIONS="detect_leaks=1:strict_string_checks=1:detect_stack_use_after_return=1:check_initialization_order=1"
  export LSAN_OPTIONS="report_objects=1$(suppress lsan)"
  export UBSAN_OPTIONS="print_stacktrace=1:halt_on_error=1$(suppress ubsan)"
  # A suppression needs the stack of both sides, which is forgotten soon with less history.
  export TSAN_OPTIONS="halt_on_error=1:second_deadlock_stack=1:history_size=7$(suppress tsan)"
  for sanitizer in asan tsan; do
    # ThreadSanitizer of g++ 12 cannot start where the kernel scatters addresses widely.
    launcher=()
    [ $sanitizer = tsan ] && setarch "$(uname -m)" -R true 2>/dev/null && launcher=(setarch "$(uname -m)" -R)
    built $sanitizer && tested $sanitizer $sanitizer
  done
  launcher=()
  [ $long -eq 1 ] && export MESHGATE_FUZZ_RUNS=2000000
  built fuzz && tested fuzz fuzz
fi
finish
