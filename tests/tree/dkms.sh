#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause
# What `make install` leaves for DKMS is all that a module is built from, as dkms.conf says.
. "$(dirname "$0")/lib/tap.bash"

dest=$(mktemp -d)
trap 'rm -rf "$dest"' EXIT
version=$(sed -n 's/^#define PW_VERSION "\(.*\)"$/\1/p' include/phiward/version.h)
said=$(make -s install DESTDIR="$dest" 2>&1) || check "make install" "$said"
source=$dest/usr/src/phiward-$version
check "the sources lie where dkms looks for this version" "$([ -f "$source/dkms.conf" ] || find "$dest/usr/src")"

headers=$(mk/headers.sh 6.1 2> /dev/null)
if [ -d "$headers" ]; then
	# What dkms sets, and where it copies to before it builds.
	# shellcheck disable=SC2034 # used by dkms.conf
	kernel_source_dir=$headers dkms_tree=$dest/tree
	. "$source/dkms.conf"
	build=$dest/tree/$PACKAGE_NAME/$PACKAGE_VERSION/build
	mkdir -p "$build"
	cp -r "$source/." "$build"
	# shellcheck disable=SC2154 # set by dkms.conf
	said=$(MAKEFLAGS='' ${MAKE[0]} 2>&1)
	check "it builds" "$([ -f "$build/${BUILT_MODULE_LOCATION[0]}/${BUILT_MODULE_NAME[0]}.ko" ] || echo "$said")"
	check "it is of this version" "$(modinfo -F version "$build/kmod/phiward.ko" 2>&1 | grep -vxF "$version")"
else
	skip "it builds" "no kernel headers"
fi
tap_end
