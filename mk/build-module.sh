#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause
#
# build-module.sh KERNEL DIR [ARGUMENT...]: builds DIR/phiward.ko for 6.1, 6.12 or 7 from a
# copy of the sources, because kbuild writes beside them; ARGUMENTs are for kbuild.
set -euo pipefail

kernel=$1 dir=$2
shift 2
set -- KCFLAGS=-Werror "$@"
headers=$(mk/headers.sh "$kernel")
rm -rf "$dir/src"
mkdir -p "$dir/src/include"
cp -r kmod "$dir/src/kmod"
cp -r include/phiward "$dir/src/include/phiward"

if [ "$kernel" = 7 ]; then
	root=$(readlink -m "${PHIWARD_CACHE:-build/cache}")/headers/7
	namespaces=(--mount)
	[ "$(id -u)" -eq 0 ] || namespaces+=(--map-root-user)
	# objtool reads /proc.
	unshare "${namespaces[@]}" sh -c '
		root=$1 dir=$2 headers=$3
		shift 3
		mount --bind "$dir" "$root/mnt"
		mount --rbind /proc "$root/proc"
		mount --rbind /dev "$root/dev"
		TMPDIR=/mnt PATH=/usr/bin:/usr/sbin MAKEFLAGS= exec chroot "$root" \
			make -s -C "$headers" M=/mnt/kmod "$@" modules
	' build "$root" "$dir/src" "$headers" "$@"
else
	MAKEFLAGS='' make -s -C "$headers" "M=$PWD/$dir/src/kmod" "$@" modules
fi
cp "$dir/src/kmod/phiward.ko" "$dir/phiward.ko"
