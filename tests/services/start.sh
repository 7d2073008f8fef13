#!/usr/bin/env bash
# tests/services/start.sh DIR [standby] [replica]: starts PostgreSQL, MariaDB and OpenLDAP's slapd on loopback, with data folders, passwords and ports of their own, and writes
# DIR/env (shell assignments, also printed). `standby`: also a streaming standby of the PostgreSQL; `replica`: also a replica of the MariaDB. Never runs a server as root. A template of both data folders is kept in
# ${MESHGATE_TEST_CACHE:-~/.cache/meshgate-test-services}, so that only the first start takes long. Stop with tests/services/stop.sh DIR.
set -euo pipefail
usage() { echo "usage: $0 DIR [standby] [replica]" >&2; exit 2; }
[ $# -ge 1 ] || usage
standby='' replica=''
for word in "${@:2}"; do
  case $word in standby) standby=1 ;; replica) replica=1 ;; *) usage ;; esac
done
mkdir -p "$1"
dir=$(cd "$1" && pwd)
here=$(cd "$(dirname "$0")" && pwd)
home=~  # also where HOME is not set
cache=${MESHGATE_TEST_CACHE:-${XDG_CACHE_HOME:-$home/.cache}/meshgate-test-services}
"$here/stop.sh" "$dir"

fail() { echo "tests/services: $*" >&2; "$here/stop.sh" "$dir" || true; exit 1; }
pgbin=$(ls -d /usr/lib/postgresql/*/bin 2>/dev/null | sort -V | tail -n 1)
[ -n "$pgbin" ] || fail "PostgreSQL is missing: apt-get install postgresql-15"
[ -x /usr/sbin/slapd ] || fail "slapd is missing: apt-get install slapd ldap-utils"
mariadbd=$(command -v mariadbd || ls /usr/sbin/mariadbd 2>/dev/null) || fail "MariaDB is missing: apt-get install mariadb-server"

pg_user=$(id -un) my_user=$(id -un)
if [ "$(id -u)" -eq 0 ]; then
  pg_user=postgres my_user=mysql
  id "$pg_user" >/dev/null 2>&1 || pg_user=nobody
  id "$my_user" >/dev/null 2>&1 || my_user=nobody
fi
as() { # as USER COMMAND…: as that user, from a folder it may enter
  local user=$1; shift
  if [ "$(id -un)" = "$user" ]; then (cd / && "$@"); else (cd / && setpriv --reuid="$user" --regid="$(id -g "$user")" --init-groups env -u XDG_RUNTIME_DIR HOME=/ "$@"); fi
}

# The servers' users must be able to enter the folder, and a socket's path must be short: both are sure in /tmp.
run=$(mktemp -d /tmp/meshgate-services.XXXXXX)
chmod 755 "$run"
echo "$run" >"$dir/run"
mkdir -p "$run/pg" "$run/my" "$dir/logs" "$cache"
password() { head -c 18 /dev/urandom | base64 | tr '+/' 'xy'; }
pg_password=$(password) my_password=$(password)

free_port() {
  local port
  for _ in $(seq 50); do
    port=$((20000 + (RANDOM * 32768 + RANDOM) % 12000))
    (exec 3<>"/dev/tcp/127.0.0.1/$port") 2>/dev/null || { echo "$port"; return; }
  done
  return 1
}
# template NAME COMMAND…: fills $run/NAME/data from the template, which COMMAND makes (into $1/data) when there is none yet.
template() {
  local name=$1 version=$2; shift 2
  local kept="$cache/$name-$version.tar"
  if [ -f "$kept" ]; then tar -C "$run/${name}" -xf "$kept"; return; fi
  "$@" >"$dir/logs/$name-init.log" 2>&1 || fail "could not make a data folder, see $dir/logs/$name-init.log"
  tar -C "$run/$name" -cf "$kept.$$" data && mv "$kept.$$" "$kept"
}
owned() { if [ "$(id -u)" -eq 0 ]; then chown -R "$1:" "$2"; fi; }

# remember NAME AFTER COMMAND…: writes DIR/NAME.start, which runs the command again, with more options if it is given any, and AFTER.
remember() {
  local name=$1 after=$2; shift 2
  { echo 'set -euo pipefail'; declare -f as; printf '%q ' "$@"; printf '"$@"%s\n' "$after"; } >"$dir/$name.start"
}

owned "$pg_user" "$run/pg"; owned "$my_user" "$run/my"
template pg "$("$pgbin/postgres" --version | tr -dc '0-9.')" as "$pg_user" "$pgbin/initdb" -D "$run/pg/data" -U meshgate_test -A trust -E UTF8 --locale=C.UTF-8 --no-sync
template my "$("$mariadbd" --version | grep -o '[0-9.]*-MariaDB' | head -n 1)" as "$my_user" mariadb-install-db --no-defaults --datadir="$run/my/data" --auth-root-authentication-method=normal --skip-test-db
owned "$pg_user" "$run/pg"; owned "$my_user" "$run/my"
chmod 700 "$run/pg" "$run/my"

start_pg() {
  pg_port=$(free_port)
  printf 'local all all trust\nlocal replication all trust\nhost all all 127.0.0.1/32 scram-sha-256\n' | as "$pg_user" tee "$run/pg/data/pg_hba.conf" >/dev/null
  local start=(as "$pg_user" "$pgbin/pg_ctl" -s -w -t 60 -D "$run/pg/data" -l "$run/pg/log" -o "-c listen_addresses=127.0.0.1 -c port=$pg_port -c unix_socket_directories=$run/pg \
    -c fsync=off -c full_page_writes=off -c max_connections=200 -c max_prepared_transactions=10 -c wal_level=logical -c log_min_error_statement=panic" start)
  "${start[@]}" || return 1
  head -n 1 "$run/pg/data/postmaster.pid" >"$dir/pg.pid"
  remember pg "; head -n 1 $run/pg/data/postmaster.pid >$dir/pg.pid" "${start[@]}"
}
start_standby() {
  standby_port=$(free_port)
  as "$pg_user" "$pgbin/pg_basebackup" -h "$run/pg" -p "$pg_port" -U meshgate_test -D "$run/pg/standby" -R -c fast --no-sync || return 1
  as "$pg_user" "$pgbin/pg_ctl" -s -w -t 60 -D "$run/pg/standby" -l "$run/pg/standby.log" -o "-c listen_addresses=127.0.0.1 -c port=$standby_port -c unix_socket_directories=$run/pg \
    -c fsync=off -c max_connections=200 -c max_prepared_transactions=10" start || return 1
  head -n 1 "$run/pg/standby/postmaster.pid" >"$dir/standby.pid"
}
start_my() { # start_my NAME [OPTION…]: in $run/NAME
  local name=$1; shift
  local home=$run/$name port
  port=$(free_port)
  as "$my_user" mkdir -p "$home/tmp"  # of its own: a server that starts deletes what it finds there, also what others are using
  local start=(as "$my_user" "$mariadbd" --no-defaults --datadir="$home/data" --tmpdir="$home/tmp" --socket="$home/sock" --bind-address=127.0.0.1 --port="$port" --pid-file="$home/pid" \
    --innodb-flush-log-at-trx-commit=2 --innodb-flush-method=nosync --innodb-doublewrite=0 --innodb-buffer-pool-size=256M --max-allowed-packet=256M \
    --character-set-server=utf8mb4 --skip-name-resolve --init-file="$run/my/init.sql" "$@")
  "${start[@]}" </dev/null >"$dir/logs/$name.log" 2>&1 &
  local child=$!
  for _ in $(seq 600); do
    kill -0 "$child" 2>/dev/null || return 1
    if [ -s "$home/pid" ] && MYSQL_PWD=$my_password mariadb --no-defaults -h 127.0.0.1 -P "$port" -u meshgate_test -e 'SELECT 1' >/dev/null 2>&1; then
      cat "$home/pid" >"$dir/$name.pid"
      remember "$name" " </dev/null >>$dir/logs/$name.log 2>&1 & while [ ! -s $home/pid ]; do sleep 0.1; done; cat $home/pid >$dir/$name.pid" "${start[@]}"
      return 0
    fi
    sleep 0.1
  done
  return 1
}
port_of() { tr '\0' '\n' <"/proc/$(cat "$dir/$1.pid")/cmdline" | sed -n 's/^--port=//p'; }
start_replica() {
  start_my replica --server-id=2 --read-only || start_my replica --server-id=2 --read-only || return 1
  MYSQL_PWD=$my_password mariadb --no-defaults -h 127.0.0.1 -P "$(port_of replica)" -u meshgate_test -e "CHANGE MASTER TO MASTER_HOST='127.0.0.1', MASTER_PORT=$my_port, \
    MASTER_USER='meshgate_test', MASTER_PASSWORD='$my_password', MASTER_USE_GTID=slave_pos; START SLAVE"
}
cat >"$run/my/init.sql" <<SQL
ALTER USER root@localhost IDENTIFIED BY '$my_password';
CREATE DATABASE IF NOT EXISTS meshgate_test CHARACTER SET utf8mb4;
CREATE OR REPLACE USER meshgate_test@'127.0.0.1' IDENTIFIED BY '$my_password';
GRANT ALL ON *.* TO meshgate_test@'127.0.0.1' WITH GRANT OPTION;
SQL
owned "$my_user" "$run/my/init.sql"; chmod 600 "$run/my/init.sql"

primary=()
if [ -n "$replica" ]; then
  mkdir "$run/replica"
  cp -a "$run/my/data" "$run/replica/data"
  owned "$my_user" "$run/replica"
  primary=(--server-id=1 --log-bin="$run/my/binlog")
fi
start_my my "${primary[@]}" & my_job=$!   # both at once; its port comes back through a file, because it is another shell
wait_pg() { for _ in 1 2 3; do start_pg && return 0; done; return 1; }
wait_pg || fail "PostgreSQL did not start, see $run/pg/log"
wait "$my_job" || start_my my "${primary[@]}" || start_my my "${primary[@]}" || fail "MariaDB did not start, see $dir/logs/my.log"
my_port=$(port_of my)

as "$pg_user" "$pgbin/psql" -q -h "$run/pg" -p "$pg_port" -U meshgate_test -d postgres -v ON_ERROR_STOP=1 >/dev/null <<SQL || fail "could not prepare PostgreSQL"
ALTER USER meshgate_test PASSWORD '$pg_password';
CREATE DATABASE meshgate_test;
SQL
standby_port='' replica_port=''
[ -z "$standby" ] || start_standby || fail "the standby did not start, see $run/pg/standby.log"
[ -z "$replica" ] || start_replica || fail "the replica did not start, see $dir/logs/replica.log"
[ -z "$replica" ] || replica_port=$(port_of replica)
python3 "$here/slapd.py" start "$run/ldap" --tls --session-log 1000 >"$dir/logs/ldap.log" 2>&1 || fail "slapd did not start, see $dir/logs/ldap.log"
cp "$run/ldap/slapd.pid" "$dir/ldap.pid"
umask 077
cat >"$dir/env" <<ENV
export MESHGATE_TEST_PG_HOST=127.0.0.1
export MESHGATE_TEST_PG_PORT=$pg_port
export MESHGATE_TEST_PG_USER=meshgate_test
export MESHGATE_TEST_PG_PASSWORD='$pg_password'
export MESHGATE_TEST_PG_DB=meshgate_test
export MESHGATE_TEST_PG_STANDBY_PORT=$standby_port
export MESHGATE_TEST_MARIADB_HOST=127.0.0.1
export MESHGATE_TEST_MARIADB_PORT=$my_port
export MESHGATE_TEST_MARIADB_USER=meshgate_test
export MESHGATE_TEST_MARIADB_PASSWORD='$my_password'
export MESHGATE_TEST_MARIADB_DB=meshgate_test
export MESHGATE_TEST_MARIADB_REPLICA_PORT=$replica_port
ENV
cat "$run/ldap/env" >>"$dir/env"
cat "$dir/env"
