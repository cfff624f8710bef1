#!/usr/bin/env bats
# SPDX-License-Identifier: BSD-2-Clause
# kernels: 6.1
#
# The kernel module loads, reports its version and unloads.

load lib/phiward

teardown() { rmmod phiward 2> /dev/null || true; }

@test "kmod: loads, says which version it is, and unloads" {
	local version
	version=$(sed -n 's/^#define PW_VERSION "\(.*\)"$/\1/p' "$VM_TOP/include/phiward/version.h")
	[ -n "$version" ]
	insmod "$VM_TOP/build/kmod/phiward.ko"
	[ "$(cat /sys/module/phiward/version)" = "$version" ]
	dmesg | grep -F "phiward: version $version loaded"
	rmmod phiward
	[ ! -e /sys/module/phiward ]
	dmesg | grep -F "phiward: version $version unloaded"
}

@test "kmod: a user may not load it" {
	run as_user mallory insmod "$VM_TOP/build/kmod/phiward.ko"
	[ "$status" -ne 0 ]
	[ ! -e /sys/module/phiward ]
}
