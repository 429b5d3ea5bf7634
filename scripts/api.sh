# ./build.sh api: the public API held against a release's. Sourced.
# shellcheck shell=bash

# api [--since REVISION]: without it, against the last release.
api() {
  local since untagged='' commit tree status=0
  case ${1:-} in
    '') since=$(last_release); untagged=$(untagged_release "$since") ;;
    --since) since=${2:-}; [ -n "$since" ] || die "--since wants a tag or a commit: ./build.sh api --since v0.1.0" ;;
    *) die "unknown option: $1 (there is --since REVISION)" ;;
  esac
  if [ -z "$since" ]; then
    [ -z "$untagged" ] || die "$untagged"
    echo "$NO_RELEASE"
    return
  fi
  [ -z "$untagged" ] || say "$untagged"
  commit=$(git -C "$ROOT" rev-parse --verify --quiet "$since^{commit}") ||
    die "$since is no commit of this clone: git fetch --tags, with --unshallow where the clone is a shallow one"
  tree=$TARGET_DIR/api/$commit
  need_npm
  build_package
  released_tree "$since" "$commit" "$tree"
  node "$ROOT/scripts/api.mjs" --since "$since" --was "$tree" --now "$ROOT" || status=1
  crate_api "$since" "$tree" || status=1
  return "$status"
}

NO_RELEASE='there is no release to compare with'

# The highest tag vX.Y.Z that this commit comes after, and none above the version of Cargo.toml; nothing where there is none.
# A shallow clone does not know what it comes after: there every tag counts.
last_release() {
  local tag which=(--merged HEAD) version
  version=$(cargo_value version)
  [ "$(git -C "$ROOT" rev-parse --is-shallow-repository 2>/dev/null)" = false ] || which=(--list)
  git -C "$ROOT" tag "${which[@]}" --sort=-version:refname 2>/dev/null | grep -E '^v[0-9]+\.[0-9]+\.[0-9]+$' | while read -r tag; do
    if at_least "$version" "${tag#v}"; then echo "$tag"; break; fi
  done || true
}

# untagged_release TAG: a clone without tags looks as if nothing had been released, or nothing since TAG. The changelog
# knows: it has a section for each release.
untagged_release() {
  local version
  version=$(sed -nE 's/^## \[?([0-9]+\.[0-9]+\.[0-9]+).*/\1/p' "$ROOT/CHANGELOG.md" | head -n 1)
  [ -z "$version" ] || [ "v$version" = "$1" ] ||
    echo "CHANGELOG.md has $version, whose tag is not in this clone: git fetch --tags (or git tag v$version, if this is it)"
}

# released_tree NAME COMMIT FOLDER: the sources of then, with released/, the package that they make, kept for the next time;
# and with today's package as theirs.
released_tree() {
  local name=$1 commit=$2 tree=$3
  if ! [ -e "$tree/released" ]; then
    rm -rf "$tree"
    mkdir -p "$tree/target"
    git -C "$ROOT" archive "$commit" | tar -xf - -C "$tree"
    # Where they want the same tools as we do, they need none of their own.
    if cmp -s "$ROOT/package-lock.json" "$tree/package-lock.json"; then ln -s "$ROOT/node_modules" "$tree/node_modules"; fi
    # Its declarations are wanted, not its speed.
    timed "making the package of $name (minutes, once)" env CARGO_TARGET_DIR="$TARGET_DIR/api/target" \
      CARGO_PROFILE_WASM_RELEASE_LTO=off CARGO_PROFILE_WASM_RELEASE_OPT_LEVEL=1 CARGO_PROFILE_WASM_RELEASE_CODEGEN_UNITS=16 \
      "$tree/build.sh" run build_package || die "the package of $name can't be made; what failed is above"
    mv "$tree/pkg" "$tree/released"
  fi
  rm -rf "$tree/pkg"
  ln -s "$ROOT/pkg" "$tree/pkg"
}

# The crate as its users build it: for the browser, without the exports to JavaScript, which the package has. Described
# here and not by the tool, which silences the warnings by which cargo learns what a target can't make.
crate_api() {
  need_semver_checks
  WASM_TARGET_NO_RUSTUP=0 need_wasm_target
  say "the crate's API since $1"
  described "$2" "$2/described.json" &&
    described "$ROOT" "$TARGET_DIR/api/described.json" &&
    cargo-semver-checks semver-checks --manifest-path "$ROOT/Cargo.toml" \
      --baseline-rustdoc "$2/described.json" --current-rustdoc "$TARGET_DIR/api/described.json"
}

# described FOLDER FILE: what the crate of this folder exports, as rustdoc describes it to programs.
described() {
  in_wasm env RUSTC_BOOTSTRAP=1 CARGO_TARGET_DIR="$TARGET_DIR/api/target" cargo rustdoc --quiet --locked --lib \
    --manifest-path "$1/Cargo.toml" --target "$TARGET" -- -Z unstable-options --output-format json --document-hidden-items --cap-lints allow &&
    cp "$TARGET_DIR/api/target/$TARGET/doc/b24_background_worker.json" "$2"
}

# In check: only where there is a release.
public_api() {
  local release untagged
  release=$(last_release)
  untagged=$(untagged_release "$release")
  if [ -n "$release" ]; then
    [ -z "$untagged" ] || echo "- $untagged"
    checked "public API since $release" api
  elif [ -n "$untagged" ]; then skipped 'public API' "$untagged"
  else skipped 'public API' "$NO_RELEASE"; fi
}
