#!/usr/bin/env bash
# The one entrance: builds, runs, checks and tests everything, and sets up what that needs.
set -euo pipefail

ROOT=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
cd "$ROOT"
for part in lib packages wasm-target setup build-worker api check test test-host; do
  # shellcheck source=/dev/null
  . "scripts/$part.sh"
done

usage() {
  cat <<'TEXT'
Usage: ./build.sh [COMMAND]

  (nothing)         release build: pkg/ (the npm package) and dist/ (what the host serves)
  demo              starts the host and the portal simulator, prints the URL to open
  demo --adapter NAME|URL [--adapter-options JSON] [--line NUMBER]
                    the same with your softphone
  demo --once       drives an incoming and an outgoing call in headless Chromium and reports
  example NAME [--once]
                    one of examples/ (plain, vite, softphone, signals, rust-worker), with the package as npm installs
                    it, in a portal of its own
  docs [--build]    builds the documentation's site with the references of both languages, follows its links, and serves it;
                    with --build only builds it, into target/site/dist
  check             format, lints (native and wasm), docs with their links and blocks, dependencies, types, scripts,
                    and, once there is a release, api
  api [--since REV] what the public API (package, crate, error codes) has lost since the last release, or since REV
  test [PART]       native, host, browser, e2e, sip, kills, types, package; without PART all but sip and kills
  test sip --repeat N
                    tells all call stories N times, on a real SIP server
  test kills --repeat N
                    kills pages, browsers and servers under real calls, N times, and prints for how long
                    nobody was heard
  test browser --firefox
                    the browser tests in Firefox
  test e2e --firefox
                    whole calls in a stock Firefox, in the hidden frame
  test e2e --direct whole calls without BX24.js on the page
  fuzz [SECONDS]    lives random lives of hub and tabs (60 s), and prints seed and counts;
                    PROPTEST_RNG_SEED lives the same ones again
  bench load [--rounds N] [--profile unthrottled,fast_4g,slow_3g] [--only NAMES] [--loads N]
                    JSON: the portal's load clock and the time until the card is listened to, beside an empty page,
                    plain JavaScript and the official SDK, on three networks; cold, warm, with the host down
  bench latency [--rings N]
                    JSON: from the ring to the card, and from a click to the softphone, beside plain JavaScript
  bench soak [--calls N] [--media-calls N]
                    JSON: what grows in page and hub with thousands of calls (10,000, and 500 with real sound)
  size              JSON: every file against its budget, by what loads it (page, hub, seat)
  bench host        JSON: the host beside nginx, 5,000 operators on 500 portals, and ten times too much
  bench tabs [--rounds N]
                    JSON: what each further tab costs, beside an empty page and one in plain JavaScript,
                    and how far behind the cards of other tabs are
  screenshot [NAME…] [--out DIR]
                    takes the documents' pictures (card-ringing, card-states, two-tabs, connection, diagnostics) into
                    docs/images, and of the site, where it is built, docs-front and others into target/screenshots
  setup             installs everything the other commands need
  help              this text

Environment:
  B24_TOOLS               where tools are kept (default: ~/.cache/b24-background-worker)
  CHROME, CHROMEDRIVER    the browser and its driver, where not on the PATH
  WASM_TARGET_NO_RUSTUP=1 builds the modules with Debian's compiler even where rustup would do
TEXT
}

main() {
  local command=${1:-}
  [ $# -gt 0 ] && shift
  case $command in
    '') release_build ;;
    demo) demo "$@" ;;
    example) example "$@" ;;
    check) run_checks ;;
    test) run_tests "$@" ;;
    docs) docs "$@" ;;
    api) api "$@" ;;
    size) need_node; build_dist; node scripts/size.mjs ;;
    screenshot) ready_for_demo; need_chromium; node scripts/screenshot.mjs "$@" ;;
    setup) setup_all ;;
    bench) bench "$@" ;;
    fuzz) fuzz "$@" ;;
    # One step in a process of its own: bash switches `set -e` off inside `if` and `||`, so a
    # step whose failure is to be counted cannot be a function called from there.
    run) "$@" ;;
    help | --help | -h) usage ;;
    *)
      usage >&2
      die "unknown command: $command"
      ;;
  esac
}

bench() {
  case ${1:-} in
    load | latency | soak | tabs)
      case " $* " in
        *' --help '*) need_npm ;;
        *) ready_for_demo; need_chromium ;;
      esac
      node "scripts/bench/$1.mjs" "${@:2}"
      ;;
    host) shift; bench_host "$@" ;;
    *) die "which bench? There are load, latency, soak, tabs and host" ;;
  esac
}

example() {
  build_package
  build_servers
  need_chromium
  if [ "${1:-}" = rust-worker ]; then need_wasm_pack; fi
  in_wasm node scripts/example.mjs "$@"
}

demo() {
  ready_for_demo
  if [ "${1:-}" = --once ]; then need_chromium; fi
  exec node scripts/demo.mjs "$@"
}

ready_for_demo() {
  build_dist
  build_servers
}

docs() {
  need_rust
  build_package
  say "rustdoc"
  check_native_docs
  check_wasm_docs
  say "the site"
  exec node scripts/docs.mjs "$@"
}

# The last line on stdout is what was counted.
fuzz() {
  local seconds=${1:-60}
  [[ $seconds =~ ^[1-9][0-9]*$ ]] || die "fuzz: for how many seconds? (not: $seconds)"
  export PROPTEST_RNG_SEED=${PROPTEST_RNG_SEED:-$((RANDOM << 15 | RANDOM))}
  say "fuzz: $seconds s, PROPTEST_RNG_SEED=$PROPTEST_RNG_SEED"
  FUZZ_SECONDS=$seconds RUST_BACKTRACE=0 cargo test -q --profile fuzz --test promises -- \
    --ignored --nocapture lives_without_end | tee /dev/stderr | grep '^fuzz:'
}

main "$@"
