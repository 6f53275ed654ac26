#!/bin/sh
# Makes sure the shared libraries Qt loads are there. Usage: system-libraries.sh run|test
# Installs them with apt when root; otherwise prints the exact line to type and stops.
set -eu
[ "$(uname -s)" = Linux ] || exit 0

has() { PATH="$PATH:/sbin:/usr/sbin" ldconfig -p | grep -q "$1"; }
packages=""
need() { has "$1" || packages="$packages $2"; }

need libGL.so.1 libgl1
need libEGL.so.1 libegl1
need libxkbcommon.so.0 libxkbcommon0
need libdbus-1.so.3 libdbus-1-3
need libfontconfig.so.1 libfontconfig1
need libglib-2.0.so.0 libglib2.0-0
if [ "$1" = test ] || [ -n "${DISPLAY:-}" ]; then
    need libxkbcommon-x11.so.0 libxkbcommon-x11-0
    need libxcb-cursor.so.0 libxcb-cursor0
    need libxcb-icccm.so.4 libxcb-icccm4
    need libxcb-keysyms.so.1 libxcb-keysyms1
    need libxcb-shape.so.0 libxcb-shape0
fi
if [ "$1" = test ]; then
    command -v Xvfb >/dev/null || packages="$packages xvfb"
    command -v xauth >/dev/null || packages="$packages xauth"
fi
[ -n "$packages" ] || exit 0

line="apt-get update && apt-get install -y --no-install-recommends$packages"
if ! command -v apt-get >/dev/null; then
    echo "Qt needs system libraries that are missing here. On Debian they are called:$packages" >&2
    exit 2
elif [ "$(id -u)" != 0 ]; then
    echo "Qt needs system libraries that are missing here. Type this once, then try again:" >&2
    echo "  sudo sh -c '$line'" >&2
    exit 2
fi
echo "Installing the system libraries Qt needs:$packages"
export DEBIAN_FRONTEND=noninteractive
log=$(mktemp)
sh -c "$line" >"$log" 2>&1 || { cat "$log" >&2; exit 1; }
