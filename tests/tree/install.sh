#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause
# uninstall is the exact inverse of install.
. "$(dirname "$0")/lib/tap.bash"

dest=$(mktemp -d)
trap 'rm -rf "$dest"' EXIT
mkdir -p "$dest/usr/bin" "$dest/usr/share/man/man8"
touch "$dest/usr/bin/other" "$dest/usr/share/man/man8/other"
tree() { (cd "$dest" && find . | sort); }

before=$(tree)
said=$(make -s install DESTDIR="$dest" 2>&1) || check "make install" "$said"
installed=$(cd "$dest" && find . -type f ! -name other)
check "install puts something below DESTDIR" "$([ -n "$installed" ] || echo nothing)"
check "all of it below usr/" "$(grep -v '^\./usr/' <<< "$installed")"
check "the programs, their units and their users are among it" "$(for file in usr/bin/phiward usr/sbin/phiwardd \
	usr/sbin/phiward-fleet usr/lib/systemd/system/phiwardd.service usr/lib/systemd/system/phiward-fleet.service \
	usr/lib/sysusers.d/phiward.conf usr/share/phiward/fleet.sql; do [ -s "$dest/$file" ] || echo "$file"; done)"
said=$(make -s uninstall DESTDIR="$dest" 2>&1) || check "make uninstall" "$said"
check "uninstall leaves what was there before" "$(diff <(echo "$before") <(tree))"
tap_end
