# What brings a tool on which system: apt installs it where we may, elsewhere we say how. Sourced.
# shellcheck shell=bash

# An empty field: no package of that system would do, and otherwise() says what does. An equals sign: as on Debian.
package_table() {
  cat <<'TABLE'
tool           | debian                                      | ubuntu | fedora                                     | macos
rust           | rustc-web cargo-web                         |        | rust cargo                                 |
cc             | gcc libc6-dev                               | =      | gcc                                        |
fmt            | rustfmt-web                                 |        | rustfmt                                    |
clippy         | rust-web-clippy                             |        | clippy                                     |
wasm           | rustc-web cargo-web rust-web-src            |        | rust-std-static-wasm32-unknown-unknown lld |
node           | nodejs npm                                  | =      | nodejs npm                                 | node
shellcheck     | shellcheck                                  | =      | ShellCheck                                 | shellcheck
chromium       | chromium chromium-driver                    |        | chromium chromedriver                      | --cask google-chrome
headless-shell | chromium-headless-shell                     |        |                                            |
chromedriver   | chromium-driver                             |        | chromedriver                               |
firefox        | firefox-esr                                 |        | firefox                                    | --cask firefox
pulseaudio     | pulseaudio                                  | =      | pulseaudio                                 |
kamailio       | kamailio kamailio-websocket-modules openssl | =      |                                            |
sipp           | sip-tester                                  | =      | sipp                                       | sipp
gateways       | rtpengine-daemon coturn baresip-core        | =      |                                            |
postgres       | postgresql                                  | =      | postgresql-server                          | postgresql@17
wrk            | wrk                                         | =      |                                            | wrk
nginx          | nginx-light                                 | =      | nginx                                      | nginx
TABLE
}

otherwise() {
  local no_snap='that is no snap, as a snap does not see our files in /tmp'
  case $1 in
    rust) echo 'install Rust from https://rustup.rs' ;;
    cc) echo "install a C compiler, on a Mac by 'xcode-select --install'" ;;
    fmt) echo "'rustup component add rustfmt', with Rust from https://rustup.rs" ;;
    clippy) echo "'rustup component add clippy', with Rust from https://rustup.rs" ;;
    wasm) echo "'rustup target add $TARGET', with Rust from https://rustup.rs" ;;
    node) echo 'install it from https://nodejs.org' ;;
    shellcheck) echo 'install it from https://www.shellcheck.net' ;;
    chromium) echo "install Google Chrome's own package, or set CHROME to a browser $no_snap" ;;
    chromedriver) echo "'npx @puppeteer/browsers install chromedriver@stable', and set CHROMEDRIVER to what that has fetched" ;;
    firefox) echo "install Mozilla's own package, or set FIREFOX to a browser $no_snap" ;;
    sipp) echo 'install it from https://sipp.sourceforge.net' ;;
    postgres) echo 'install its server from https://www.postgresql.org' ;;
    wrk) echo 'install it from https://github.com/wg/wrk' ;;
    nginx) echo 'install it from https://nginx.org' ;;
    *) echo 'run this on Debian or Ubuntu; a container of either will do' ;;
  esac
}

# packages_of TOOL SYSTEM
packages_of() {
  package_table | awk -F ' *[|] *' -v tool="$1" -v kind="$2" '
    NR == 1 { for (i = 2; i <= NF; i++) if ($i == kind) column = i }
    $1 == tool && column { print ($column == "=" ? $2 : $column) }'
}

# Whose package names hold here: debian, ubuntu, fedora or macos; else `other`.
system_kind() {
  local ids
  [ "$(uname)" != Darwin ] || { echo macos; return; }
  ids=" $(sed -n 's/^ID=//p; s/^ID_LIKE=//p' "${B24_OS_RELEASE:-/etc/os-release}" 2>/dev/null | tr '"\n' '  ') "
  # Ubuntu says that it is like Debian, whose names it does not all have: it is asked for first.
  case $ids in
    *' ubuntu '*) echo ubuntu ;;
    *' debian '*) echo debian ;;
    *' fedora '*) echo fedora ;;
    *) echo other ;;
  esac
}

# provide TOOL: by apt; fails quietly where there is none or it has no such package, so that the caller can say what to do.
provide() {
  local system packages
  system=$(system_kind)
  case $system in debian | ubuntu) ;; *) return 1 ;; esac
  packages=$(packages_of "$1" "$system")
  # shellcheck disable=SC2086
  [ -n "$packages" ] && apt_install $packages
}

# missing TOOL [ITS NAME]: ends, with the cure that holds here.
missing() { die "${2:-$1} is missing: $(cure "$1")"; }

cure() {
  local system packages
  system=$(system_kind)
  packages=$(packages_of "$1" "$system")
  if [ -z "$packages" ]; then otherwise "$1"; return; fi
  case $system in
    debian | ubuntu) echo "'sudo apt-get install $packages'" ;;
    fedora) echo "'sudo dnf install $packages'" ;;
    macos) echo "'brew install $packages'" ;;
  esac
}

# outside_snaps NAME...: where the first of these programs is that is no snap.
outside_snaps() {
  local name path
  for name; do
    while IFS= read -r path; do
      is_snap "$path" || { echo "$path"; return 0; }
    done < <(type -ap "$name")
  done
  return 1
}

# A snap has a /tmp of its own: it sees neither the profile nor the voice that we give a browser.
# Ubuntu's packages of browsers are scripts that call one.
is_snap() {
  case $1 in */snap/*) return 0 ;; esac
  head -c 4096 "$1" 2>/dev/null | LC_ALL=C grep -q /snap/bin/
}
