#!/usr/bin/env bats
# SPDX-License-Identifier: BSD-2-Clause
# kernels: 6.1 6.12
# phiward: never
#
# The kernel module: that it loads and unloads, who may use its device, what it takes for an
# argument, and that it holds function tracing on. The other files of it: 03, 04, 05.

load lib/phiward
load lib/guard

MODULE=$VM_TOP/build/kmod/$VM_KERNEL/phiward.ko
DEBUG_MODULE=$VM_TOP/build/kmod/$VM_KERNEL-debug/phiward.ko

setup_file() {
	load lib/phiward
	forget_phiward	# its gate, too, refuses to switch function tracing off
}

teardown() {
	rmmod phiward 2> /dev/null || true
	echo 1 > /proc/sys/kernel/ftrace_enabled
}

@test "kmod: loads, says which version it is, and unloads" {
	local version
	version=$(sed -n 's/^#define PW_VERSION "\(.*\)"$/\1/p' "$VM_TOP/include/phiward/version.h")
	[ -n "$version" ]
	insmod "$MODULE"
	[ "$(cat /sys/module/phiward/version)" = "$version" ]
	dmesg | grep -F "phiward: version $version loaded"
	guard_is "version=$version"
	guard_is debug=0
	rmmod phiward
	[ ! -e /sys/module/phiward ]
	[ ! -e /dev/phiward ]
	dmesg | grep -F "phiward: version $version unloaded"
}

@test "kmod: a user may not load it" {
	run as_user mallory insmod "$MODULE"
	[ "$status" -ne 0 ]
	[ ! -e /sys/module/phiward ]
}

@test "kmod: a debug build tries itself, and does not load when it is wrong" {
	insmod "$DEBUG_MODULE"
	guard_is debug=1
	rmmod phiward
	# The same with another key than that of the expected value.
	sed 's/Jefe/Jeff/' "$DEBUG_MODULE" > /run/vm/wrong.ko
	! cmp -s "$DEBUG_MODULE" /run/vm/wrong.ko
	run insmod /run/vm/wrong.ko
	[ "$status" -ne 0 ]
	[ ! -e /sys/module/phiward ]
	dmesg | grep -F 'phiward: self-test: HMAC'
}

@test "kmod: the device is for root: both capabilities to open it, CAP_BPF to call" {
	insmod "$MODULE"
	[ "$(stat -c '%a %u %g' /dev/phiward)" = "600 0 0" ]
	assert_allowed guard status
	assert_errno EACCES as_user mallory guard status
	# CAP_SYS_ADMIN is 21, CAP_BPF 39, CAP_SYS_PTRACE, which is not asked for, 19.
	assert_errno EPERM guard without 21 status
	assert_errno EPERM guard without 39 status
	assert_allowed guard without 19 status
	assert_allowed guard late 21 status
	assert_errno EPERM guard late 39 status
	assert_allowed guard late 19 status
	assert_errno EPERM guard lend 2001 status
	assert_allowed guard lend 0 status
	# In a user namespace one has all of them.
	chmod 666 /dev/phiward
	assert_errno EPERM as_user mallory guard status
	assert_errno EPERM as_user mallory unshare --user --map-root-user guard status
}

@test "kmod: a size, a flag, a byte or a number that is none is refused, and changes nothing" {
	local before
	insmod "$MODULE" gate=1 gate_timeout=0
	before=$(guard status)
	run guard misuse
	[ "$status" -eq 0 ]
	! grep -E 'TAKEN|DONE' <<< "$output"
	# 10 calls: three sizes EINVAL, no address EFAULT, two other numbers ENOTTY.
	[ "$(grep -c ': EINVAL$' <<< "$output")" -eq 30 ]
	[ "$(grep -c ': EFAULT$' <<< "$output")" -eq 10 ]
	[ "$(grep -c ': ENOTTY$' <<< "$output")" -eq 20 ]
	[ "$(wc -l <<< "$output")" -eq 60 ]
	[ "$(guard status | grep -v ^dropped)" = "$(grep -v ^dropped <<< "$before")" ]
}

@test "kmod: function tracing cannot be switched off while it is loaded" {
	sysctl -w kernel.ftrace_enabled=0
	sysctl -w kernel.ftrace_enabled=1
	insmod "$MODULE"
	guard_is ftrace=1
	run sysctl -w kernel.ftrace_enabled=0
	[[ $output == *"Device or resource busy"* ]]
	[ "$(cat /proc/sys/kernel/ftrace_enabled)" = 1 ]
	guard_is ftrace=1
	run as_user mallory sysctl -w kernel.ftrace_enabled=0
	[ "$status" -ne 0 ]
	rmmod phiward
	sysctl -w kernel.ftrace_enabled=0
}

@test "kmod: loaded where function tracing is off it says so" {
	sysctl -w kernel.ftrace_enabled=0
	insmod "$MODULE"
	guard_is ftrace=0
	dmesg | tail -n 3 | grep -F 'phiward: ftrace is off'
}

@test "kmod: loading and unloading, with a gate and while it is used" {
	local i
	background /run/vm/users.log bash -c 'while [ ! -e /run/vm/enough ]; do guard status; done'
	for i in {1..8}; do
		insmod "$MODULE" gate=$((i % 2)) gate_allow=10.20.0.2
		guard hammer 1 &
		wait $!
		until rmmod phiward 2> /dev/null; do :; done
	done
	touch /run/vm/enough
	wait "$BACKGROUND_PID" || true
	grep -q '^gate=shut' /run/vm/users.log
	[ ! -e /sys/module/phiward ]
}
