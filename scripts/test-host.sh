# ./build.sh test host: the host's tests on SQLite and on a real PostgreSQL. Sourced.
# shellcheck shell=bash

# test_host [--postgres]: with it, on PostgreSQL alone, for whoever has run `cargo test --workspace`
# before. In the workspace its dependencies have other features than by itself: chosen as `-p b24-host`
# all of them would then be compiled once more.
test_host() {
  local status=0
  need_rust
  need_npm
  need_postgres
  if [ "${1:-}" = --postgres ]; then
    with_postgres cargo test --locked --workspace --no-fail-fast --test host || status=1
  else
    cargo test --locked -p b24-host --no-fail-fast || status=1
    with_postgres cargo test --locked -p b24-host --no-fail-fast --test host || status=1
  fi
  node --test --test-reporter spec tests/host/*.test.mjs || status=1
  return "$status"
}

# bench_host [OPTION...]: what is measured is what is shipped, so the host is built for release.
bench_host() {
  local status=0
  need_rust
  have wrk || provide wrk || missing wrk
  PATH=$PATH:/usr/sbin have nginx || provide nginx || missing nginx
  build_dist >&2
  timed "building the host" cargo build --locked --release -p b24-host
  # Each connection is a file, here and there.
  ulimit -n 16384 2>/dev/null || true
  within 1200 node "$ROOT/scripts/bench/host.mjs" "$@" || status=$?
  return "$status"
}

need_postgres() {
  find_postgres || provide postgres || true
  find_postgres || missing postgres PostgreSQL
}

# Debian and Homebrew keep the server's programs off the PATH.
find_postgres() {
  local folder
  for folder in $(compgen -G '/usr/lib/postgresql/*/bin' | sort -t / -k 5 -n -r) \
    /opt/homebrew/opt/postgresql@*/bin /usr/local/opt/postgresql@*/bin \
    "$(dirname "$(command -v pg_ctl 2>/dev/null || echo /none/x)")"; do
    [ -x "$folder/initdb" ] && [ -x "$folder/pg_ctl" ] && POSTGRES_BIN=$folder && return
  done
  return 1
}

# postgres_certificate FOLDER: a certificate for localhost there, of an authority that nobody else knows.
postgres_certificate() (
  local key=(-newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes)
  cd "$1" &&
    openssl req -x509 "${key[@]}" -days 2 -subj /CN=authority -keyout authority.key -out authority.pem &&
    openssl req "${key[@]}" -subj /CN=localhost -keyout server.key -out server.csr &&
    echo subjectAltName=DNS:localhost >server.ext && # a Mac's LibreSSL copies none from the request
    openssl x509 -req -in server.csr -extfile server.ext -CA authority.pem -CAkey authority.key -set_serial 1 -days 2 -out server.crt &&
    chmod 600 server.key
)

# with_postgres COMMAND...: runs it with B24_TEST_POSTGRES leading to a server of its own, which
# lives in a temporary folder, listens on a free loopback port and ends with the command.
# B24_TEST_POSTGRES_CA is the file of the authority that has signed its certificate.
with_postgres() {
  local folder port status=0 as=(env) # never empty: bash 3.2 takes an empty array for an unset one
  folder=$(mktemp -d)
  postgres_certificate "$folder" 2>"$folder.log" || { cat "$folder.log" >&2; return 1; }
  # The server refuses to run as root.
  if [ "$(id -u)" = 0 ]; then
    chown -R nobody "$folder"
    if have setpriv; then as=(setpriv --reuid nobody --regid "$(id -g nobody)" --clear-groups)
    else as=(runuser -u nobody --); fi
  fi
  port=$(node -e 'const s = require("net").createServer().listen(0, "127.0.0.1", () => { console.log(s.address().port); s.close(); })')
  say "PostgreSQL $("$POSTGRES_BIN/postgres" --version | awk '{ print $3 }') on port $port"
  (cd / && "${as[@]}" "$POSTGRES_BIN/initdb" -D "$folder/data" -A trust -U tests -E UTF8 --no-locale >"$folder.log" 2>&1 &&
    "${as[@]}" "$POSTGRES_BIN/pg_ctl" -D "$folder/data" -l "$folder/log" -w -t 60 \
      -o "-p $port -c listen_addresses=127.0.0.1 -c unix_socket_directories= -c fsync=off -c max_connections=400 \
        -c ssl=on -c ssl_cert_file=$folder/server.crt -c ssl_key_file=$folder/server.key" \
      start >>"$folder.log" 2>&1) || { tail -n 20 "$folder.log" "$folder/log" >&2; rm -rf "$folder" "$folder.log"; return 1; }
  B24_TEST_POSTGRES=postgres://tests@127.0.0.1:$port B24_TEST_POSTGRES_CA=$folder/authority.pem "$@" || status=$?
  (cd / && "${as[@]}" "$POSTGRES_BIN/pg_ctl" -D "$folder/data" -m immediate stop >/dev/null 2>&1) || true
  rm -rf "$folder" "$folder.log"
  return "$status"
}
