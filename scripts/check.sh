# ./build.sh check. Sourced.
# shellcheck shell=bash

# run_checks tells each check's outcome as it comes, shows the output of those that fail,
# and goes on: one run names everything there is to mend.
run_checks() {
  CHECKS_PASSED=0 CHECKS_FAILED=0
  need_rust
  need_component fmt
  WASM_TARGET_NO_RUSTUP=0 need_wasm_clippy
  need_npm
  need_cargo_deny

  checked 'formatting' check_formatting
  checked 'lints, native' cargo clippy --locked --workspace --all-targets -- -D warnings
  checked 'lints, wasm' check_wasm_lints
  checked 'docs, native' check_native_docs
  checked 'docs, wasm' check_wasm_docs
  checked 'licences, bans and sources of crates' check_deny licenses bans sources
  crate_advisories
  npm_advisories
  checked 'types' check_types
  public_api
  checked 'documentation' check_documentation
  checked 'shell scripts' check_scripts
  echo "$CHECKS_PASSED passed, $CHECKS_FAILED failed"
  [ "$CHECKS_FAILED" = 0 ]
}

checked() {
  local name=$1 log started=$SECONDS; shift
  log=$(mktemp)
  if "$ROOT/build.sh" run "$@" >"$log" 2>&1; then
    CHECKS_PASSED=$((CHECKS_PASSED + 1))
    echo "✓ $name ($((SECONDS - started)) s)"
  else
    CHECKS_FAILED=$((CHECKS_FAILED + 1))
    echo "✗ $name"
    sed 's/^/    /' "$log"
  fi
  rm -f "$log"
}

check_formatting() {
  cargo fmt --all --check
  # A workspace of its own.
  rustfmt --edition 2024 --check "$ROOT"/examples/rust-worker/src/lib.rs
}

# Lints and docs stay with the developers' compiler, whatever compiles the modules.
check_wasm_lints() {
  WASM_TARGET_NO_RUSTUP=0 need_wasm_target
  local features
  # What is built, and what a Rust user builds.
  for features in '' js js-hub; do
    in_wasm cargo-clippy clippy --locked --target "$TARGET" --features "$features" --lib -- -D warnings
  done
  in_wasm cargo-clippy clippy --locked --target "$TARGET" --features js,js-hub --lib --tests -- -D warnings
}

check_native_docs() {
  RUSTDOCFLAGS=-Dwarnings cargo doc --locked --workspace --no-deps
}

check_wasm_docs() {
  WASM_TARGET_NO_RUSTUP=0 need_wasm_target
  in_wasm env RUSTDOCFLAGS=-Dwarnings cargo doc --locked --no-deps --target "$TARGET" --features js,js-hub
}

check_deny() {
  need_cargo_deny
  cargo-deny --log-level error check --hide-inclusion-graph "$@"
}

skipped() { echo "- $1 skipped: $2"; }

# The advisory database is fetched from a server that not every machine reaches.
crate_advisories() {
  if within 120 cargo-deny --log-level off fetch db >/dev/null 2>&1; then
    checked 'advisories for crates' check_deny --disable-fetch advisories
  else
    skipped 'advisories for crates' 'the RustSec advisory database cannot be reached from here'
  fi
}

npm_advisories() {
  local report
  report=$(npm audit --audit-level high --json 2>/dev/null) || true
  if node -e 'process.exit("vulnerabilities" in JSON.parse(process.argv[1] || "{}") ? 0 : 1)' "$report" 2>/dev/null; then
    checked 'advisories for npm packages' npm audit --audit-level high
  else
    skipped 'advisories for npm packages' 'the npm registry gives none here'
  fi
}

# The typings as a user's compiler sees them: the packed ones, under the package's name.
check_types() {
  compgen -G 'tests/types/*.ts' >/dev/null || { echo 'tests/types has no .ts file'; return 1; }
  build_package
  node_modules/.bin/tsc --project scripts/types.tsconfig.json
  node scripts/lint-package.mjs
}

# Of what the checks before it have made: pkg/ and both of rustdoc's folders.
check_documentation() {
  node scripts/docs-blocks.mjs
  node scripts/docs.mjs --build
}

check_scripts() {
  local scripts=(build.sh .ci/run scripts/*.sh) script
  for script in "${scripts[@]}"; do bash -n "$script"; done
  for script in scripts/*.mjs scripts/api/*.mjs scripts/bench/*.mjs scripts/pictures/*.mjs tests/support/*.mjs; do node --check "$script"; done
  node --test --test-reporter spec tests/scripts/*.test.mjs
  need_shellcheck
  shellcheck --severity warning "${scripts[@]}"
}
