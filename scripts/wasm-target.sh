# The wasm32 target: there already, else by rustup, else by Debian's compiler. Sourced.
# shellcheck shell=bash
#
# After need_wasm_target, in_wasm runs a command with a compiler first in its PATH that knows
# the target. Native steps never use it, so a machine with rustup keeps rustup's compiler,
# formatter and linter for everything else.
#
# WASM_TARGET_NO_RUSTUP=1 takes Debian's compiler even where rustup would do, but for lints and docs.

WASM_READY=
WASM_FIRST= # the folder to stand first in the PATH; empty where the usual compiler will do
DEBIAN_RUSTC=/usr/bin/rustc
DEBIAN_LIB=/usr/lib/rustlib

in_wasm() { env PATH="${WASM_FIRST:+$WASM_FIRST:}$PATH" "$@"; }

need_wasm_target() {
  [ -z "$WASM_READY" ] || return 0
  if [ "${WASM_TARGET_NO_RUSTUP:-0}" != 1 ]; then
    if has_target rustc || { have rustup && rustup_target; }; then
      WASM_READY=1
      return
    fi
  fi
  locked wasm-target debian_target
  WASM_FIRST=$(debian_path)
  WASM_READY=1
  proven || die "Debian's compiler cannot link a $TARGET module; delete $DEBIAN_LIB/$TARGET and try again"
}

# has_target RUSTC: it finds core for the target, and not one built for an older compiler.
has_target() {
  local lib
  lib=$("$1" --print target-libdir --target "$TARGET" 2>/dev/null) || return 1
  compgen -G "$lib/libcore-*.rlib" >/dev/null || return 1
  [ ! -e "$lib/.built-for" ] || [ "$(cat "$lib/.built-for")" = "$("$1" -vV)" ]
}

# Where rustup's server cannot be reached this must fail, not hang.
rustup_target() {
  timed "adding $TARGET by rustup" within 120 rustup target add "$TARGET" && has_target rustc
}

debian_target() {
  [ "$(system_kind)" = debian ] || missing wasm "the $TARGET target"
  if ! [ -x $DEBIAN_RUSTC ] || ! [ -e $DEBIAN_LIB/src/rust/library/std/Cargo.toml ]; then
    have rustup && note "rustup cannot add $TARGET here, or may not: taking Debian's compiler for it"
    provide wasm || missing wasm "the $TARGET target"
  fi
  debian_linker
  has_target $DEBIAN_RUSTC || timed "building std for $TARGET (about 1 min, once)" bash "$ROOT/scripts/debian-std.sh" ||
    die "std for $TARGET could not be built; its output is above"
}

# rustc calls its linker by the name rust-lld; Debian ships the same program as lld.
debian_linker() {
  local host llvm
  host=$($DEBIAN_RUSTC -vV | sed -n 's/^host: //p')
  llvm=$($DEBIAN_RUSTC -vV | sed -n 's/^LLVM version: \([0-9]*\).*/\1/p')
  [ -x "/usr/lib/llvm-$llvm/bin/lld" ] || apt_install "lld-$llvm" || die "lld-$llvm is missing: apt-get install lld-$llvm"
  [ -e "$DEBIAN_LIB/$host/bin/rust-lld" ] && return
  as_root mkdir -p "$DEBIAN_LIB/$host/bin"
  as_root ln -sfn "/usr/lib/llvm-$llvm/bin/lld" "$DEBIAN_LIB/$host/bin/rust-lld"
}

# A folder that holds Debian's Rust programs and nothing else, to stand before rustup's in a PATH.
debian_path() {
  local folder=$TOOLS/debian-rust program
  mkdir -p "$folder"
  for program in cargo rustc rustdoc cargo-clippy clippy-driver; do
    ln -sfn "/usr/bin/$program" "$folder/$program"
  done
  echo "$folder"
}

# The proof of a target is a linked module, not a folder.
proven() (
  work=$(mktemp -d)
  trap 'rm -rf "$work"' EXIT
  # shellcheck disable=SC2016
  echo '#[unsafe(no_mangle)] pub extern "C" fn f(n: usize) -> usize { n.to_string().len() }' >"$work/p.rs"
  in_wasm rustc --edition 2024 --target "$TARGET" --crate-type cdylib -O -o "$work/p.wasm" "$work/p.rs" &&
    [ "$(head -c 4 "$work/p.wasm" | od -An -tx1 | tr -d ' \n')" = 0061736d ]
)
