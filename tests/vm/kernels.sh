#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause
#
# kernels.sh 6.1|6.12|7...: fetches Debian's kernels into the cache, never
# installs them. For each, $PHIWARD_CACHE/kernels/K/ then holds
#   vmlinuz  config  modules/ (what /lib/modules/RELEASE would be)  release  packages
#   btf      the kernel's type information (6.1 only: vmlinux.h is made of it)
# The mirror is the one that apt is already configured with.
set -euo pipefail

# shellcheck source=mk/archive.bash
. "$(dirname "$0")/../../mk/archive.bash"

here=$(dirname "$(readlink -f "$0")")
cache=$(readlink -m "${PHIWARD_CACHE:-build/cache}")/kernels

die() { echo "kernels.sh: $*" >&2; exit 1; }

# The sources that carry kernel $1.
sources() {
	local archive
	archive=$(debian_archive)
	case $1 in
	6.1) debian_repositories | awk '$2 ~ /^bookworm/ && $2 !~ /backports/' ;;
	6.12) echo "$archive bookworm-backports" ;;
	7) echo "$archive sid" ;;
	*) die "no such kernel: $1 (6.1, 6.12 or 7)" ;;
	esac | as_sources
}

# The packages that make up the newest kernel of series $1.
packages() {
	local series=${1//./\\.} image release
	image=$(apt-cache pkgnames linux- |
		grep -E "^linux-(image|binary)-$series\.[0-9.]+([-+][a-z0-9]+)*-amd64$" |
		grep -vE -- '-(rt|cloud)-amd64$|-rc|~' |
		sed -E 's/^linux-(image|binary)-//' | sort -V | tail -1)
	[ -n "$image" ] || die "the archive has no kernel $1"
	release=$image
	if [ -n "$(apt-cache pkgnames "linux-binary-$release")" ]; then
		echo "linux-binary-$release linux-modules-$release linux-base-$release"
	else
		echo "linux-image-$release"
	fi
}

unpack() {
	local kernel=$1 dir=$2 root=$3 release modules
	modules=$(find "$root" -type d -path '*/lib/modules/*' -prune | head -1)
	release=$(basename "$modules")
	mv "$modules" "$dir/modules"
	mv "$(find "$root" "$dir/modules" -name 'vmlinuz*' -type f | head -1)" "$dir/vmlinuz"
	mv "$(find "$root" "$dir/modules" -name 'config*' -type f | head -1)" "$dir/config"
	# The packages leave this to their postinst.
	mkdir -p "$dir/tree/lib/modules"
	ln -s "$dir/modules" "$dir/tree/lib/modules/$release"
	depmod -b "$dir/tree" "$release"
	rm -r "$dir/tree"
	if [ "$kernel" = 6.1 ]; then
		"$here/vmlinux.sh" "$dir/vmlinuz" "$dir/vmlinux"
		objcopy --dump-section ".BTF=$dir/btf" "$dir/vmlinux" /dev/null
		rm "$dir/vmlinux"
	fi
	echo "$release" > "$dir/release"
}

have() { [ -s "$cache/$1/release" ] && [ -s "$cache/$1/config" ]; }

fetch() {
	local kernel=$1 names
	work=$(mktemp -d "$cache/.fetch.XXXXXX")
	trap 'rm -rf "$work"' EXIT
	write_apt_conf "$work/apt"
	sources "$kernel" > "$work/apt/sources.list"
	export APT_CONFIG=$work/apt/conf
	apt-get -q update
	names=$(packages "$kernel")
	mkdir -p "$work/debs" "$work/root" "$work/done"
	# shellcheck disable=SC2086 # one word a package
	(cd "$work/debs" && apt-get -q download $names)
	for deb in "$work"/debs/*.deb; do
		dpkg -x "$deb" "$work/root"
	done
	unpack "$kernel" "$work/done" "$work/root"
	(cd "$work/debs" && ls) > "$work/done/packages"
	rm -rf "${cache:?}/$kernel"
	mv "$work/done" "$cache/$kernel"
	echo "kernel $kernel: $(cat "$cache/$kernel/release")"
}

[ $# -gt 0 ] || die "usage: kernels.sh 6.1|6.12|7..."
for kernel; do
	fetch_once "$cache" "$kernel"
done
