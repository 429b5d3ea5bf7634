# ./build.sh test. Sourced.
# shellcheck shell=bash

# `sip` and `kills` are apart: with `sip` alone a run on a fresh, slow machine with two cores would come close to half an hour.
# Each part's output is shown as it comes; the numbers its runners print are added up.
run_tests() {
  TESTS_PASSED=0 TESTS_FAILED=0
  case ${1:-all} in
    all)
      # Whatever runs in one go is compiled once, with the features that its parts need together.
      export B24_BUILT_WITH_TESTS=1
      part native test_native # the host's on SQLite among them
      part host test_host --postgres
      part browser test_browser chrome
      part e2e test_e2e
      part types test_types
      part package test_package
      ;;
    native) part native test_native ;;
    host) part host test_host ;;
    browser)
      case ${2:-} in
        '') part browser test_browser chrome ;;
        --firefox) part browser test_browser firefox ;;
        *) die "unknown option: $2 (there is --firefox)" ;;
      esac
      ;;
    e2e) shift; part e2e test_e2e "$@" ;;
    types) part types test_types ;;
    package) part package test_package ;;
    sip) shift; part sip test_sip "$@" ;;
    kills) shift; part kills test_kills "$@" ;;
    *) die "unknown part: $1 (there are native, browser, e2e, sip, kills, types, package, host)" ;;
  esac
  echo "$TESTS_PASSED passed, $TESTS_FAILED failed"
  [ "$TESTS_FAILED" = 0 ]
}

# part NAME COMMAND...: a part that ran nothing, or ended badly without counting a failure
# (a compile error, say), counts as one failure.
part() {
  local name=$1 log status=0 passed failed started=$SECONDS; shift
  say "test $name"
  log=$(mktemp)
  "$ROOT/build.sh" run "$@" 2>&1 | tee "$log" || status=$?
  read -r passed failed < <(count_tests <"$log")
  rm -f "$log"
  if [ "$failed" = 0 ] && [ "$status" != 0 ]; then
    echo "test $name: ended with status $status"
    failed=1
  elif [ "$passed" = 0 ] && [ "$failed" = 0 ]; then
    echo "test $name: no test ran"
    failed=1
  fi
  say "test $name: $passed passed, $failed failed ($((SECONDS - started)) s)"
  TESTS_PASSED=$((TESTS_PASSED + passed)) TESTS_FAILED=$((TESTS_FAILED + failed))
}

# The closing lines of cargo (and of wasm-bindgen's runner, which prints the same), of node's
# runner, and of our own scripts.
count_tests() {
  sed $'s/\x1b\\[[0-9;]*m//g' | awk '
    /^test result: / {
      for (i = 2; i <= NF; i++) {
        if ($i ~ /^passed/) passed += $(i - 1)
        if ($i ~ /^failed/) failed += $(i - 1)
      }
    }
    /^(ℹ|#) pass [0-9]+$/ { passed += $3 }
    /^(ℹ|#) (fail|cancelled) [0-9]+$/ { failed += $3 }
    /^[0-9]+ passed, [0-9]+ failed$/ { passed += $1; failed += $3 }
    END { print passed + 0, failed + 0 }'
}

# Tests of the host wait for real servers more than they work.
export RUST_TEST_THREADS=${RUST_TEST_THREADS:-6}

test_native() {
  need_rust
  cargo test --locked --workspace --no-fail-fast
}

test_browser() {
  # Named, so that doc tests stay out, and the files that have nothing for a browser are not compiled for one.
  local browser=$1 file what=(-- --locked --features js --lib)
  for file in $(grep -l wasm_bindgen_test "$ROOT"/tests/*.rs); do what+=(--test "$(basename "$file" .rs)"); done
  need_worker_tools
  need_wasm_pack
  if [ "$browser" = firefox ]; then
    need_geckodriver
    in_wasm wasm-pack test --headless --firefox --geckodriver "$GECKODRIVER_PATH" "${what[@]}"
  else
    need_chromedriver
    in_wasm wasm-pack test --headless --chrome --chromedriver "$CHROMEDRIVER" "${what[@]}"
  fi
}

# Stories that a stock Firefox is driven through, too.
FIREFOX_STORIES=(tests/e2e/{calls,api,signals,recording,seat}.test.mjs)

# test_e2e [NAME...]: the named folders of tests/, else all that are driven through a browser.
# test_e2e --direct: tests/e2e without BX24.js.
# test_e2e --firefox: whole calls, the API, signals, recording and two tabs in a stock Firefox, driven by WebDriver BiDi.
test_e2e() {
  local folders=("$@") files=() folder
  if [ "${1:-}" = --firefox ]; then
    build_dist
    build_servers
    need_npm
    need_firefox
    need_silence
    B24_BROWSER=firefox node --test --test-reporter spec --test-concurrency 2 "${FIREFOX_STORIES[@]}"
    return
  fi
  if [ "${1:-}" = --direct ]; then
    export B24_TRANSPORT=direct
    folders=(e2e)
  fi
  [ ${#folders[@]} -gt 0 ] || folders=(bench contract page conformance e2e)
  build_dist
  build_servers
  need_chromium
  want_headless_shell
  # Files and not folders: what node makes of a folder has changed between its versions.
  for folder in "${folders[@]}"; do add_files "tests/$folder"; done
  [ ${#files[@]} -gt 0 ] || { echo "no *.test.mjs in tests/{${folders[*]}}"; return 1; }
  # Three at a time, each with servers and a browser of its own: some wait for real timers while others work.
  node --test --test-reporter spec --test-concurrency 3 "${files[@]}"
}

# add_files FOLDER [-r]: adds the tests in it to the caller's `files`, sorted.
add_files() {
  local file
  while IFS= read -r file; do files+=("$file"); done < <(find "$1" -name '*.test.mjs' 2>/dev/null | sort ${2:+"$2"})
}

# test_sip [--repeat N]: with a real SIP server; portal.test.mjs with worker, host and simulator, too.
test_sip() {
  local repeat=1 files=()
  case ${1:-} in
    '') ;;
    --repeat) repeat=${2:-}; [[ $repeat =~ ^[1-9][0-9]*$ ]] || die "--repeat wants a number: ./build.sh test sip --repeat 20" ;;
    *) die "unknown option: $1 (there is --repeat N)" ;;
  esac
  build_dist
  build_servers
  need_chromium
  need_kamailio
  need_sipp
  need_gateways
  add_files tests/sip -r # it so happens that the short ones come last
  local round failed=0
  for ((round = 1; round <= repeat; round++)); do
    [ "$repeat" = 1 ] || say "round $round of $repeat"
    # Three at a time, each with a server and a browser of its own: some wait for real timers while others work.
    node --test --test-reporter spec --test-concurrency 3 "${files[@]}" || failed=$((failed + 1))
  done
  [ "$repeat" = 1 ] || echo "$((repeat - failed)) of $repeat rounds without a failure"
  [ "$failed" = 0 ]
}

# test_kills [--repeat N] [--adapter NAME] [--only TEXT]: pages, browsers and servers killed under real calls.
test_kills() {
  build_dist
  build_servers
  need_chromium
  need_kamailio
  node tests/kills/main.mjs "$@"
}

test_types() {
  build_package
  need_npm
  node scripts/test-types.mjs
}

test_package() {
  build_package
  build_servers
  need_chromium
  need_wasm_pack
  in_wasm node scripts/test-package.mjs
}
