#!/usr/bin/env bash
# Installs the Debian packages that Meshgate needs, and only those that are missing.
#   deploy/install-packages.sh build        what building and running the gateway takes
#   deploy/install-packages.sh quickstart   that, and the directory server that the quick start shows people with
#   deploy/install-packages.sh kafka        what fetches and runs the quick start's Kafka; may stand behind one of the others
#   deploy/install-packages.sh test         all of that, and what the tests take: two database servers, clang, benchmarks
set -euo pipefail

build_packages=(
  g++ cmake ninja-build ccache mold pkg-config ca-certificates python3 curl
  libboost1.81-dev libssl-dev zlib1g-dev libzstd-dev libcurl4-openssl-dev
  librocksdb-dev liblz4-dev libbz2-dev libsnappy-dev libsimdjson-dev libyaml-cpp-dev libprotobuf-dev libprotoc-dev
  libsqlite3-dev unixodbc unixodbc-dev odbcinst libsqliteodbc libldap-dev librdkafka-dev libcli11-dev tzdata
)
directory_packages=(slapd ldap-utils)
kafka_packages=(maven openjdk-17-jre-headless)
test_packages=(
  libgtest-dev libgmock-dev libbenchmark-dev
  postgresql-15 odbc-postgresql mariadb-server odbc-mariadb sqlite3
  clang-14 libclang-rt-14-dev clang-tidy-14 nginx-light libnginx-mod-nchan nodejs openssl git procps util-linux iproute2 libfaketime
  chromium python3-feedparser libexpat1-dev rocksdb-tools
)

wanted=()
for what in "${@:-nothing}"; do
  case "$what" in
    build) wanted+=("${build_packages[@]}") ;;
    quickstart) wanted+=("${build_packages[@]}" "${directory_packages[@]}") ;;
    kafka) wanted+=("${kafka_packages[@]}") ;;
    test) wanted+=("${build_packages[@]}" "${directory_packages[@]}" "${kafka_packages[@]}" "${test_packages[@]}") ;;
    *) sed -n '2,6s/^# \{0,1\}//p' "$0" >&2; exit 2 ;;
  esac
done

if ! command -v apt-get >/dev/null || ! command -v dpkg-query >/dev/null; then
  echo "install-packages: this is not Debian (no apt-get). Install what corresponds to: ${wanted[*]}" >&2
  exit 1
fi

installed=$(dpkg-query -W -f '${db:Status-Status} ${Package}\n' | sed -n 's/^installed //p')
missing=()
for package in "${wanted[@]}"; do
  grep -qxF -- "$package" <<<"$installed" || missing+=("$package")
done
if [ ${#missing[@]} -eq 0 ]; then
  echo "packages: all ${#wanted[@]} are installed"
  exit 0
fi

as_root=()
if [ "$(id -u)" -ne 0 ]; then
  if ! command -v sudo >/dev/null; then
    echo "install-packages: ${#missing[@]} packages are missing and this user is neither root nor has sudo." >&2
    echo "As root, run: apt-get install --no-install-recommends ${missing[*]}" >&2
    exit 1
  fi
  as_root=(sudo)
  # Without a terminal nobody can type a password: fail with a sentence instead of waiting.
  if ! [ -t 0 ] && ! sudo -n true 2>/dev/null; then
    echo "install-packages: sudo wants a password and there is no terminal to ask for it." >&2
    echo "As root, run: apt-get install --no-install-recommends ${missing[*]}" >&2
    exit 1
  fi
fi

# Debian starts a server as soon as it is installed. The quick start and the tests start their own, so the packages' servers stay off while
# this script lives; afterwards the policy below allows everything, even if it could not be removed.
policy=/usr/sbin/policy-rc.d
if [ ! -e "$policy" ]; then
  trap '"${as_root[@]}" rm -f "$policy"' EXIT
  printf '#!/bin/sh\nkill -0 %d 2>/dev/null && exit 101\nexit 0\n' "$$" | "${as_root[@]}" tee "$policy" >/dev/null
  "${as_root[@]}" chmod 0755 "$policy"
fi

# A directory server that was not there before gets no directory of its own: then it does not listen after the next start of the machine either.
# Who wants one there: dpkg-reconfigure slapd.
for package in "${missing[@]}"; do
  if [ "$package" = slapd ]; then echo 'slapd slapd/no_configuration boolean true' | "${as_root[@]}" debconf-set-selections; fi
done

echo "packages: installing ${#missing[@]} of ${#wanted[@]}: ${missing[*]}"
apt=("${as_root[@]}" env DEBIAN_FRONTEND=noninteractive apt-get -qq -o Dpkg::Use-Pty=0 -o DPkg::Lock::Timeout=300 -o Acquire::Retries=3)
"${apt[@]}" update
"${apt[@]}" install -y --no-install-recommends "${missing[@]}" >/dev/null
echo "packages: done"
