# The worker: Rust to wasm, its JavaScript, and what is shipped of them. Sourced.
# shellcheck shell=bash

GLUE=$TARGET_DIR/glue

# Leaves worker.js, worker.d.ts and worker_bg.wasm in $GLUE, and the hub's in $GLUE/hub: two modules,
# for what a page loads must not carry what lives once per browser.
build_worker() {
  need_worker_tools
  local worker hub status=0
  # Side by side: the whole-program optimiser has one thread.
  build_module worker js "$GLUE" &
  worker=$!
  build_module hub js-hub "$GLUE/hub" &
  hub=$!
  wait "$worker" || status=$?
  wait "$hub" || status=$?
  return "$status"
}

# build_module NAME FEATURE FOLDER
build_module() {
  local name=$1 feature=$2 folder=$3
  # A folder each: both are one crate's file of one name, and in a shared folder either would be
  # compiled anew whenever the other had been.
  local target=$TARGET_DIR/modules/$name stamp=$folder/.made-from
  local wasm=$target/$TARGET/wasm-release/b24_background_worker.wasm
  say "compiling the $name"
  # The crate type is given here and not in Cargo.toml: with both cdylib and rlib in the
  # manifest cargo silently switches LTO off, and the module grows by a sixth.
  in_wasm cargo rustc --lib --crate-type cdylib --profile wasm-release --target "$TARGET" \
    --target-dir "$target" --features "$feature" --locked --manifest-path "$ROOT/Cargo.toml"
  if cmp -s "$wasm" "$stamp"; then return; fi
  rm -rf "${folder:?}/snippets" "$folder/${name:?}"*
  wasm-bindgen --target web --out-name "$name" --out-dir "$folder" "$wasm"
  timed "wasm-opt -Oz" optimise "$folder/${name}_bg.wasm"
  cp "$wasm" "$stamp"
}

# The features are those rustc compiles for by default. They are named because an optimiser that
# believes a feature is missing writes code around it, or refuses the module.
optimise() {
  "$ROOT/node_modules/.bin/wasm-opt" -Oz \
    --enable-bulk-memory --enable-bulk-memory-opt --enable-multivalue --enable-mutable-globals \
    --enable-nontrapping-float-to-int --enable-reference-types --enable-sign-ext \
    "$1" -o "$1.opt" && mv "$1.opt" "$1"
}

# What the host serves.
build_dist() {
  build_worker
  [ -e "$ROOT/scripts/dist.mjs" ] || die "scripts/dist.mjs is missing: it makes dist/"
  say "making dist/"
  node "$ROOT/scripts/dist.mjs" --glue "$GLUE" >&2
}

# The npm package.
build_package() {
  build_worker
  say "making pkg/"
  node "$ROOT/scripts/package.mjs" --glue "$GLUE" >&2
}

# Both servers, quick to build rather than quick to run.
build_servers() {
  local what=(-p b24-host -p b24-simulator)
  need_rust
  say "compiling the host and the simulator"
  # By themselves they need fewer features of their dependencies than with their tests: where those
  # have been compiled, all of it would be compiled once more.
  [ -z "${B24_BUILT_WITH_TESTS:-}" ] || what=(--workspace --bins --tests)
  cargo build --locked --manifest-path "$ROOT/Cargo.toml" "${what[@]}"
}

release_build() {
  build_package
  build_dist
  node "$ROOT/scripts/size.mjs" --summary
}
