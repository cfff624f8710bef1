#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause
#
# headers.sh 6.1|6.12|7: prints the directory that modules of that kernel are built in, as
# it is called there. For 6.1 its package is installed. That of 6.12 is unpacked into the
# cache, next to the kernel under test and of the same release; the compiler is this
# machine's. 7 needs a newer compiler, which needs a newer libc: into
# $PHIWARD_CACHE/headers/7 goes all of that, for build-module.sh to change its root to.
set -euo pipefail

# shellcheck source=mk/archive.bash
. "$(dirname "$0")/archive.bash"

cache=$(readlink -m "${PHIWARD_CACHE:-build/cache}")

die() { echo "headers.sh: $*" >&2; exit 1; }

have() { [ "$(cat "$cache/headers/$1/release" 2> /dev/null)" = "$2" ]; }

# Fetches what kernel $1, release $2, is built with.
fetch() {
	local kernel=$1 release=$2 archive common
	archive=$(debian_archive)
	common=${release%-amd64}
	work=$(mktemp -d "$cache/headers/.fetch.XXXXXX")
	trap 'rm -rf "$work"' EXIT
	write_apt_conf "$work/apt"
	case $kernel in
	6.12) echo "$archive bookworm-backports" ;;
	7) echo "$archive sid" ;;
	*) die "no such kernel: $kernel (6.1, 6.12 or 7)" ;;
	esac | as_sources > "$work/apt/sources.list"
	export APT_CONFIG=$work/apt/conf
	apt-get -q update
	mkdir -p "$work/root"
	if [ "$kernel" = 7 ]; then
		# With all that they depend on, and what a makefile calls.
		apt-get -q -y --no-install-recommends --download-only install "linux-headers-$release" \
			make bash coreutils dash findutils gawk grep perl-base sed
	else
		(cd "$work/apt/archives" && apt-get -q download "linux-headers-$release" \
			"linux-headers-$common-common" "linux-kbuild-$common")
	fi
	for deb in "$work"/apt/archives/*.deb; do
		dpkg -x "$deb" "$work/root"
	done
	# It names the other half of the headers by an absolute path.
	sed -i 's,^include /usr/src/,include $(dir $(abspath $(lastword $(MAKEFILE_LIST))))../,' \
		"$work/root/usr/src/linux-headers-$release/Makefile"
	if [ "$kernel" = 7 ]; then
		# Packages leave this to their postinst.
		ln -sf gawk "$work/root/usr/bin/awk"
		[ -e "$work/root/usr/bin/sh" ] || ln -s dash "$work/root/usr/bin/sh"
		mkdir -p "$work/root/mnt" "$work/root/proc" "$work/root/dev"
	fi
	echo "$release" > "$work/root/release"
	rm -rf "${cache:?}/headers/$kernel"
	mv "$work/root" "$cache/headers/$kernel"
}

[ $# -eq 1 ] || die "usage: headers.sh 6.1|6.12|7"
if [ "$1" = 6.1 ]; then
	dir=$(printf '%s\n' /usr/src/linux-headers-6.1.*-amd64 | sort -V | tail -1)
	[ -d "$dir" ] || die "no kernel headers: run make deps"
	echo "$dir"
	exit
fi
"$(dirname "$0")/../tests/vm/kernels.sh" "$1" >&2
release=$(cat "$cache/kernels/$1/release")
root=$cache/headers/$1
fetch_once "$cache/headers" "$1" "$release"
[ "$1" = 7 ] || echo -n "$root"
echo "/usr/src/linux-headers-$release"
