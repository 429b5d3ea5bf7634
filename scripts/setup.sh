# Sets up what a command needs, and only that. Every need_* may be called again and costs
# nothing the second time. Sourced.
# shellcheck shell=bash

WASM_PACK=0.15.1
GECKODRIVER=0.37.1
CARGO_DENY=0.20.2
SEMVER_CHECKS=0.51.0
NODE_MAJOR=20
APPLICATIONS=/Applications

need_rust() {
  # shellcheck disable=SC2031
  have cargo || { [ -x "$HOME/.cargo/bin/cargo" ] && PATH=$HOME/.cargo/bin:$PATH; } ||
    provide rust || missing rust cargo
  have cc || provide cc || missing cc 'a C compiler (cc), which Rust links with,'
  local wanted
  wanted=$(cargo_value rust-version)
  rust_is "$wanted" && return
  # Debian's ordinary rustc is older than the one it builds its browsers with.
  if [ "$(command -v rustc)" = $DEBIAN_RUSTC ]; then
    provide rust && rust_is "$wanted" && return
  fi
  die "Rust $wanted or newer is needed, this is $(rustc -V): run 'rustup update stable', or install it from https://rustup.rs"
}

rust_is() { at_least "$(rustc -V | cut -d ' ' -f 2)" "$1"; }

# need_component fmt|clippy: parts of the compiler that a minimal installation lacks.
need_component() {
  local name=$1
  [ "$1" = fmt ] && name=rustfmt
  cargo "$1" --version >/dev/null 2>&1 && return
  if have rustup && [ "$(command -v rustc)" != $DEBIAN_RUSTC ]; then
    timed "adding $name by rustup" within 120 rustup component add "$name" && return
    die "cargo-$1 is missing: 'rustup component add $name'"
  fi
  provide "$1" || missing "$1" "cargo-$1"
}

# Clippy for whichever compiler builds the wasm.
need_wasm_clippy() {
  need_component clippy
  need_wasm_target
  in_wasm cargo-clippy --version >/dev/null 2>&1 || provide clippy ||
    missing clippy 'clippy for the wasm compiler'
}

need_node() {
  [ -x "$TOOLS/node-$NODE_MAJOR/node_modules/node/bin/node" ] && PATH=$TOOLS/node-$NODE_MAJOR/node_modules/node/bin:$PATH
  have node && have npm || provide node || missing node "Node.js (node and npm, $NODE_MAJOR or newer)"
  at_least "$(node -p process.versions.node)" $NODE_MAJOR && return
  # The npm package `node` carries the program itself.
  locked node timed "fetching Node.js $NODE_MAJOR" \
    npm install --prefix "$TOOLS/node-$NODE_MAJOR" --no-save --no-audit --no-fund "node@$NODE_MAJOR" ||
    die "Node.js $NODE_MAJOR or newer is needed, this is $(node --version): see https://nodejs.org"
  PATH=$TOOLS/node-$NODE_MAJOR/node_modules/node/bin:$PATH
}

# The tools in package-lock.json: installed again only when that file has changed.
need_npm() {
  need_node
  local stamp=$ROOT/node_modules/.installed-from
  cmp -s "$ROOT/package-lock.json" "$stamp" && return
  timed "npm ci" npm ci --prefix "$ROOT" --no-audit --no-fund ||
    die "npm ci failed: can this machine reach its npm registry?"
  cp "$ROOT/package-lock.json" "$stamp"
}

# cargo_tool NAME VERSION PROGRAM [cargo install's options...]: a debug build, which takes half
# the time of a release build and is quick enough for what we ask of it.
cargo_tool() {
  local name=$1 version=$2 program=$3 root=$TOOLS/$1-$2; shift 3
  if ! [ -x "$root/bin/$program" ]; then
    need_rust
    locked "$name" cargo_tool_build "$name" "$version" "$program" "$root" "$@" ||
      die "$name $version could not be built: can this machine reach its crate registry?"
  fi
  PATH=$root/bin:$PATH
}

cargo_tool_build() {
  local name=$1 version=$2 program=$3 root=$4; shift 4
  [ -x "$root/bin/$program" ] && return # by another build, while we waited for the lock
  cd / && timed "building $name $version (1 to 3 min, once)" \
    env -u CARGO_TARGET_DIR -u RUSTFLAGS cargo install --debug --root "$root" "$name" --version "=$version" "$@"
}

# The versions of wasm-bindgen's macros and of its tools must be the very same.
wasm_bindgen_version() {
  awk '/^name = "wasm-bindgen"$/ { getline; gsub(/[^0-9.]/, ""); print; exit }' "$ROOT/Cargo.lock"
}

# Not --locked: its lock file names crate versions that a mirror may not have.
need_wasm_bindgen() { cargo_tool wasm-bindgen-cli "$(wasm_bindgen_version)" wasm-bindgen; }
need_wasm_pack() { cargo_tool wasm-pack "$WASM_PACK" wasm-pack --locked; }
need_cargo_deny() { cargo_tool cargo-deny "$CARGO_DENY" cargo-deny --locked; }
# It reads what the compiler's own rustdoc writes, and knows the last few compilers: raise both together.
need_semver_checks() { cargo_tool cargo-semver-checks "$SEMVER_CHECKS" cargo-semver-checks --locked; }

need_shellcheck() {
  have shellcheck || provide shellcheck || missing shellcheck
}

need_worker_tools() {
  need_rust
  need_npm
  need_wasm_target
  need_wasm_bindgen
}

need_chromium() {
  [ -n "${CHROME:-}" ] && return
  # As findChromium of contract/chromium.js looks for it.
  outside_snaps chromium chromium-browser google-chrome google-chrome-stable chrome >/dev/null ||
    [ -x "$APPLICATIONS/Google Chrome.app/Contents/MacOS/Google Chrome" ] ||
    [ -x "$APPLICATIONS/Chromium.app/Contents/MacOS/Chromium" ] ||
    provide chromium || missing chromium
}

# Optional: stories that need no window of the browser's take a fifth less in it.
want_headless_shell() {
  [ -n "${CHROME:-}" ] || have chromium-headless-shell || ! outside_snaps chromium >/dev/null || provide headless-shell || true
}

need_chromedriver() {
  need_chromium
  [ -n "${CHROMEDRIVER:-}" ] && return
  outside_snaps chromedriver >/dev/null || provide chromedriver || missing chromedriver
  CHROMEDRIVER=$(outside_snaps chromedriver)
}

# Debian keeps it in /usr/sbin, which is not on everybody's PATH.
need_kamailio() {
  local modules
  PATH=$PATH:/usr/sbin
  modules=$(find /usr/lib /usr/lib64 /usr/local/lib* -maxdepth 5 -path '*kamailio/modules/websocket.so' 2>/dev/null | head -n 1)
  have kamailio && [ -n "$modules" ] && have openssl && return
  provide kamailio || missing kamailio 'Kamailio or openssl'
  # The package starts a server of its own where there is an init system; the tests start theirs.
  have systemctl && as_root systemctl disable --now kamailio >/dev/null 2>&1 || true
}

# Far ends that say to the letter what PBXs and carriers say.
need_sipp() {
  have sipp || provide sipp || missing sipp
}

# Ways and far ends that are no browsers'.
need_gateways() {
  PATH=$PATH:/usr/sbin
  have rtpengine && have turnserver && have baresip && return
  provide gateways || missing gateways 'rtpengine, coturn or baresip'
  # The packages start servers of their own where there is an init system; the tests start theirs.
  local service
  for service in rtpengine-daemon coturn; do have systemctl && as_root systemctl disable --now $service >/dev/null 2>&1 || true; done
}

need_firefox() {
  [ -n "${FIREFOX:-}" ] && return
  outside_snaps firefox-esr firefox >/dev/null || [ -x "$APPLICATIONS/Firefox.app/Contents/MacOS/firefox" ] ||
    provide firefox || missing firefox
}

# Firefox runs no AudioContext on a machine without a sound card; PulseAudio's server plays one that nobody hears.
need_silence() {
  [ "$(uname)" != Linux ] || have pulseaudio || provide pulseaudio ||
    say "no pulseaudio: without a sound card Firefox makes no sound, and its stories fail"
}

need_geckodriver() {
  need_firefox
  [ -n "${GECKODRIVER_PATH:=$(command -v geckodriver || true)}" ] && return
  cargo_tool geckodriver "$GECKODRIVER" geckodriver
  GECKODRIVER_PATH=$(command -v geckodriver)
}

# Everything, for a machine that is about to lose its network.
setup_all() {
  need_rust
  need_component fmt
  need_component clippy
  need_worker_tools
  need_wasm_pack
  need_cargo_deny
  if [ -n "$(last_release)" ]; then need_semver_checks; fi
  need_shellcheck
  need_chromedriver
  can_apt && need_kamailio && need_sipp && need_gateways
  timed "fetching the crates" cargo fetch --locked --manifest-path "$ROOT/Cargo.toml"
  say "ready: $(rustc -V), node $(node --version), wasm-bindgen $(wasm_bindgen_version)"
}
