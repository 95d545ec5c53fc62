# Sourced by the other scripts: where the project is, and how a command is shown before it runs.
root=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
cd "$root" || exit 1

# Everything that building, testing and running needs, by Debian 12's names.
build_packages="g++ cmake ninja-build ccache pkg-config git ca-certificates libboost1.81-dev libboost-json1.81-dev
  libssl-dev libwbxml2-dev libspdlog-dev libexpected-dev libtomlplusplus-dev libcli11-dev libpugixml-dev
  libsqlite3-dev libc-ares-dev libcrypt-dev zlib1g-dev libbrotli-dev libzstd-dev"
test_packages="doctest-dev python3 openssl curl sqlite3 groff-base iproute2 nftables"
check_packages="clang clang-format clang-tidy libclang-rt-14-dev"
bench_packages="haproxy nginx-light mitmproxy libwbxml2-utils openssl python3 procps"

say() { printf '+ %s\n' "$*" >&2; }
run() { say "$@"; "$@"; }

jobs() { nproc 2>/dev/null || echo 2; }

# install PACKAGE…: those that are missing, by apt; as root or through sudo.
install_packages() {
  local missing=() package
  for package in "$@"; do
    dpkg-query -W -f='${Status}' "$package" 2>/dev/null | grep -q 'ok installed' || missing+=("$package")
  done
  [ ${#missing[@]} -eq 0 ] && return 0
  local as_root=()
  if [ "$(id -u)" -ne 0 ]; then
    command -v sudo >/dev/null || { echo "These packages are missing, and there is no sudo to install them: ${missing[*]}" >&2; return 1; }
    as_root=(sudo)
  fi
  # No daemon of a package may start by itself: nginx and haproxy would take ports.
  local policy=/usr/sbin/policy-rc.d made_policy=
  if [ ! -e $policy ]; then
    printf '#!/bin/sh\nexit 101\n' | "${as_root[@]}" tee $policy >/dev/null && "${as_root[@]}" chmod 755 $policy && made_policy=1
  fi
  local status=0
  export DEBIAN_FRONTEND=noninteractive
  run "${as_root[@]}" apt-get update -q >&2 || status=$?
  run "${as_root[@]}" env DEBIAN_FRONTEND=noninteractive apt-get install -y -q --no-install-recommends "${missing[@]}" >&2 || status=$?
  [ -n "$made_policy" ] && "${as_root[@]}" rm -f $policy
  return $status
}

# build PRESET [TARGET…]
build() {
  local preset=$1; shift
  [ -f "build/$preset/build.ninja" ] || run cmake --preset "$preset" >&2 || return
  run cmake --build --preset "$preset" -j "$(jobs)" ${@:+--target "$@"} >&2
}
