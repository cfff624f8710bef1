#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause
#
# debian.sh [root|desktop]: a Debian 12 with systemd and what the boot tests need, installed by
# mmdebstrap into $PHIWARD_CACHE/debian/root.tar, once; with `desktop` one with the services of
# a desktop into desktop.tar, and in its /srv/updates packages to be installed anew. As root, or
# by a user who has subordinate ids (/etc/subuid). The mirror is the one that apt is already
# configured with.
set -euo pipefail

here=$(dirname "$(readlink -f "$0")")
# shellcheck source=mk/archive.bash
. "$here/../../mk/archive.bash"

cache=$(readlink -m "${PHIWARD_CACHE:-build/cache}")/debian
packages=(systemd-sysv udev dbus kmod iproute2 procps initramfs-tools e2fsprogs cryptsetup-bin
	libbpf1 libfyaml0 libjson-c5 libcap-ng0 libseccomp2 libipsec-mb1 bats jq dcmtk orthanc)
desktop=(apt libpam-systemd systemd-timesyncd polkitd udisks2 upower accountsservice rsyslog cron
	network-manager wpasupplicant avahi-daemon openssh-server sudo cups lvm2
	lightdm lightdm-gtk-greeter xserver-xorg-core xserver-xorg-legacy xserver-xorg-input-libinput xterm)
# One with files only, and one with a unit, which is restarted.
updates=(hostname cron)
name=${1-root}
[ "$name" != desktop ] || packages+=("${desktop[@]}")

die() { echo "debian.sh: $*" >&2; exit 1; }

# Another list of packages is another root.
list=$cache/$name.packages
have() { [ "$(cat "$list" 2> /dev/null)" = "${packages[*]}" ]; }

fetch() {
	local work hooks=()
	# shellcheck disable=SC2016 # expanded there, where $1 is the root
	[ "$name" != desktop ] || hooks=(--customize-hook='mkdir "$1/srv/updates" && cd "$1/srv/updates" &&
		APT_CONFIG=$MMDEBSTRAP_APT_CONFIG apt-get -qq -o APT::Sandbox::User=root download '"${updates[*]}")
	work=$(mktemp -d "$cache/.fetch.XXXXXX")
	# shellcheck disable=SC2064 # now
	trap "rm -rf '$work'" EXIT
	# It hands apt the next free descriptor in a command for sh, which knows none from 10 on, and
	# bats keeps some below.
	debian_repositories | awk '$2 ~ /^bookworm/ && $2 !~ /backports/' | as_sources |
		mmdebstrap --quiet --variant=minbase --include="$(IFS=,; echo "${packages[*]}")" \
			--aptopt='Acquire::Check-Valid-Until "false"' \
			--aptopt='Acquire::Retries "5"' \
			--aptopt='Acquire::Languages "none"' \
			--dpkgopt='path-exclude=/usr/share/doc/*' \
			--dpkgopt='path-exclude=/usr/share/locale/*' \
			--dpkgopt='path-exclude=/usr/share/man/*' \
			${hooks[@]+"${hooks[@]}"} \
			bookworm "$work/root.tar" - 3>&- 4>&- 5>&- 6>&- 7>&- 8>&- 9>&-
	mv "$work/root.tar" "$cache/$name.tar"
	echo "${packages[*]}" > "$list"
}

fetch_once "$cache"
