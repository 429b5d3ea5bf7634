# What every command shares: where things live, messages, running as root. Sourced, never run.
# shellcheck shell=bash disable=SC2034

TARGET=wasm32-unknown-unknown
# Tools are built once per machine and version, outside the repository: a fresh clone finds them.
TOOLS=${B24_TOOLS:-${XDG_CACHE_HOME:-$HOME/.cache}/b24-background-worker}
TARGET_DIR=${CARGO_TARGET_DIR:-$ROOT/target}

say() { printf '==> %s\n' "$*" >&2; }
note() { printf '    %s\n' "$*" >&2; }
die() { printf 'build.sh: %s\n' "$*" >&2; exit 1; }
have() { command -v "$1" >/dev/null 2>&1; }

# as_root COMMAND...: by sudo where we are not root. Without a terminal nobody can type a password.
as_root() {
  if [ "$(id -u)" = 0 ]; then "$@"
  elif [ -t 0 ]; then sudo "$@"
  else sudo -n "$@"; fi
}

can_apt() { have apt-get && { [ "$(id -u)" = 0 ] || have sudo; }; }

# apt_install PACKAGE...: fails quietly where there is no apt. The only one that installs into the system.
apt_install() {
  can_apt || return 1
  timed "installing $*" apt_install_now "$@"
}

# A fresh machine has no package lists, an old one has stale ones: they are fetched once a run.
apt_install_now() {
  local get=(env DEBIAN_FRONTEND=noninteractive apt-get -y -q)
  if [ -z "${B24_APT_UPDATED:-}" ]; then
    as_root "${get[@]}" update || true # without a network, what is cached may do
    export B24_APT_UPDATED=1
  fi
  as_root "${get[@]}" install --no-install-recommends "$@"
}

# timed LABEL COMMAND...: its output is kept back and shown only when it fails.
# Long work says every half minute that it is still at it.
timed() {
  local label=$1 log started=$SECONDS ticker status=0; shift
  log=$(mktemp)
  say "$label"
  # The sleep keeps neither our output nor a lock open when its loop is ended under it.
  ( exec 9>&-; while sleep 30 >/dev/null 2>&1; do note "… still $label ($((SECONDS - started)) s)"; done ) &
  ticker=$!
  "$@" >"$log" 2>&1 || status=$?
  kill "$ticker" 2>/dev/null; wait "$ticker" 2>/dev/null || true
  if [ "$status" = 0 ]; then note "took $((SECONDS - started)) s"; else tail -n 40 "$log" >&2; fi
  rm -f "$log"
  return "$status"
}

# within SECONDS COMMAND...: ends it when it takes longer; a Mac has no `timeout`.
within() {
  local seconds=$1 child timer status=0; shift
  "$@" &
  child=$!
  # In steps, since a sleep outlives the loop that is ended around it.
  ( exec >/dev/null 2>&1 9>&-; for ((; seconds > 0; seconds--)); do sleep 1; done; kill "$child"; sleep 10; kill -9 "$child" ) &
  timer=$!
  wait "$child" || status=$?
  kill "$timer" 2>/dev/null || true
  wait "$timer" 2>/dev/null || true
  return "$status"
}

# locked NAME COMMAND...: two builds at once must not install the same thing into the same place.
locked() {
  local name=$1; shift
  mkdir -p "$TOOLS"
  if have flock; then ( flock 9; "$@" ) 9>"$TOOLS/.$name.lock"; else "$@"; fi
}

# at_least VERSION WANTED: compares dotted numbers.
at_least() {
  awk -v version="$1" -v wanted="$2" 'BEGIN {
    split(version, v, "."); n = split(wanted, w, ".")
    for (i = 1; i <= n; i++) if (v[i] + 0 != w[i] + 0) exit (v[i] + 0 < w[i] + 0)
  }'
}

# cargo_value KEY: a value of the root package's or the workspace's Cargo.toml.
cargo_value() { sed -n "s/^$1 = \"\(.*\)\"\$/\1/p" "$ROOT/Cargo.toml" | head -n 1; }
