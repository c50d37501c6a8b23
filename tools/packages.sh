# SPDX-License-Identifier: MIT
# shellcheck shell=bash disable=SC2034
# The Debian 12 packages that the project is built, run and tested with, and how missing ones are
# installed. Sourced by tools/run and tools/test. Nothing is asked of the network when nothing is missing.

build_packages=(gcc meson ninja-build pkg-config libcriterion-dev libserialport-dev libjansson-dev
  libpcre2-dev libevent-dev libssl-dev libmosquitto-dev libpaho-mqtt-dev libgensio-dev
  mosquitto)
test_packages=(clang clang-format libclang-rt-14-dev python3 python3-jsonschema python3-serial
  python3-pexpect python3-yaml docker-compose ser2net chromium libxml2-utils strace socat shellcheck mandoc
  procps iproute2 git
  qemu-system-x86 busybox-static)

missing_packages() {
  local name
  for name in "$@"; do
    [ "$(dpkg-query -W -f '${db:Status-Status}' "$name" 2>/dev/null)" = installed ] || echo "$name"
  done
}

install_packages() {
  local missing as_root=()
  mapfile -t missing < <(missing_packages "$@")
  [ ${#missing[@]} -gt 0 ] || return 0
  if [ "$(id -u)" != 0 ]; then
    if ! command -v sudo >/dev/null; then
      echo "missing Debian packages: ${missing[*]}; install them as root: apt-get install ${missing[*]}" >&2
      return 1
    fi
    as_root=(sudo)
  fi
  echo "installing Debian packages: ${missing[*]}"
  if ! "${as_root[@]}" apt-get update -qq || ! "${as_root[@]}" env DEBIAN_FRONTEND=noninteractive \
    apt-get install -y -qq --no-install-recommends "${missing[@]}" >/dev/null; then
    echo "these packages could not be installed: ${missing[*]}" >&2
    return 1
  fi
}

# build FOLDER [MESON OPTION]...: configures once, builds; quiet unless something is wrong.
build() {
  local folder=$1 log
  shift
  log=$(mktemp)
  if [ ! -f "$folder/build.ninja" ] && ! meson setup "$folder" "$@" >"$log" 2>&1; then
    cat "$log" >&2
    rm -f "$log"
    return 1
  fi
  if ! ninja -C "$folder" >"$log" 2>&1; then
    cat "$log" >&2
    rm -f "$log"
    return 1
  fi
  if grep -q 'warning:' "$log"; then
    grep -A4 'warning:' "$log" >&2
    rm -f "$log"
    [ -z "${warnings_fail:-}" ] || return 1
  fi
  rm -f "$log"
}
