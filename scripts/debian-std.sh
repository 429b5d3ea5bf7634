#!/usr/bin/env bash
# Builds std for wasm32 with Debian's compiler, from the sources and the vendored crates Debian
# ships, offline, and puts it where that compiler looks for it. Called by wasm-target.sh.
set -euo pipefail

TARGET=wasm32-unknown-unknown
RUSTC=/usr/bin/rustc
RUSTLIB=/usr/lib/rustlib
as_root() { if [ "$(id -u)" = 0 ]; then "$@"; else sudo "$@"; fi; }

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
sources=$(cd "$RUSTLIB/src/rust" && pwd -P)
mkdir -p "$work/crate/src"
echo '#![no_std]' >"$work/crate/src/lib.rs"
cat >"$work/crate/Cargo.toml" <<'TOML'
[package]
name = "only_std"
version = "0.0.0"
edition = "2021"

[profile.release]
codegen-units = 1
TOML

# -Zbuild-std is unstable; RUSTC_BOOTSTRAP lets this one build use it.
# embed-bitcode, because a later LTO build reads std's bitcode.
cd "$work/crate"
env -u RUSTUP_TOOLCHAIN -u RUSTC_WRAPPER -u CARGO_ENCODED_RUSTFLAGS -u CARGO_BUILD_TARGET \
  PATH=/usr/bin:/bin CARGO_HOME="$work/home" CARGO_TARGET_DIR="$work/out" \
  RUSTC=$RUSTC RUSTC_BOOTSTRAP=1 \
  RUSTFLAGS="-Cembed-bitcode=yes --remap-path-prefix=$sources=/rustc" \
  /usr/bin/cargo build --release --offline --target $TARGET \
  -Zbuild-std=core,alloc,std,panic_abort,panic_unwind,proc_macro,test \
  --config 'source.crates-io.replace-with="debian"' \
  --config "source.debian.directory=\"$sources/library/vendor\""

# Put in place whole or not at all. The compiler's version goes with it: an upgrade rebuilds it.
made=$work/out/$TARGET/release/deps
lib=$RUSTLIB/$TARGET/lib
rm -f "$made"/libonly_std*
$RUSTC -vV >"$work/built-for"
as_root rm -rf "$lib.new"
as_root mkdir -p "$lib.new"
as_root cp "$made"/*.rlib "$lib.new/"
as_root cp "$work/built-for" "$lib.new/.built-for"
as_root rm -rf "$lib"
as_root mv "$lib.new" "$lib"
