#!/usr/bin/env bats
# SPDX-License-Identifier: BSD-2-Clause
# kernels: 6.1 6.12
# phiward: never
# vm: --smp 2 --parallel --append slub_debug=FZPU --append page_poison=1 --append kfence.sample_interval=20
#
# The kernel module under what Debian's kernels can check themselves with: consistency, red zones,
# poison and owners of slabs, poisoned pages, and in 6.12 KFENCE. (Lists are always checked; lockdep,
# KASAN, kmemleak and fault injection are not built in.) It is loaded, hammered from
# all sides, its gate opened meanwhile, and unloaded. Nothing of it may be left. (The key is not
# asked for: who gave it away stays.)

load lib/phiward
load lib/guard

SECONDS_EACH=2
TRACES=/sys/kernel/debug/slab

setup_file() {
	mountpoint -q /sys/kernel/debug || mount -t debugfs debugfs /sys/kernel/debug
}

teardown() {
	touch /run/vm/enough
	wait
	rmmod phiward 2> /dev/null || true
	rm -f /run/vm/enough
}

# until_enough CMD...: over and over beside the test.
until_enough() {
	# shellcheck disable=SC2016 # the other shell's
	background /dev/null nice -n 19 bash -c 'until [ -e /run/vm/enough ]; do "$@"; done' -- "$@"
}

# Datagrams that leave by lan0, or are refused.
datagrams() {
	# shellcheck disable=SC2016 # the other shell's
	background /dev/null nice -n 19 bash -c 'exec 5<> /dev/udp/10.20.0.2/9
		until [ -e /run/vm/enough ]; do echo datagram >&5; done'
}

# Network namespaces and devices that come and go.
devices() {
	unshare --net ip link set lo up
	ip link add hammer0 type veth peer name hammer1
	ip link del hammer0
}

# Memory that was allocated by a module that is loaded, or was: its name is gone then.
allocated() { cat $TRACES/kmalloc-*/alloc_traces | grep -E "^ *[0-9]+ ($1)"; }

dropped_some() { [ "$(guard status | sed -n 's/^dropped=//p')" -gt 0 ]; }

# hammered MODULE: loads it with a gate that is shut, and leaves it when all have ended.
hammered() {
	insmod "$1" gate=1 gate_timeout=0 gate_allow=10.20.0.9,fd00:20::/64
	guard_is gate=shut
	allocated '[^ ]+ \[phiward\]'	# what is looked for afterwards can be seen
	until_enough guard misuse
	until_enough guard mac "$(printf '%064d' 0)"
	until_enough as_user mallory guard status
	datagrams
	export -f devices
	until_enough devices
	background /run/vm/hammer.log guard hammer $SECONDS_EACH
	local hammer=$BACKGROUND_PID
	background /run/vm/stress.log stress-ng --dev 1 --dev-file /dev/phiward --udp 1 --sock 1 --netdev 1 \
		--rawsock 1 --timeout $SECONDS_EACH --metrics
	wait "$BACKGROUND_PID" || fail "$(cat /run/vm/stress.log)"
	wait_for dropped_some
	guard open
	wait "$hammer"
	touch /run/vm/enough
	wait
	rm /run/vm/enough
	guard_is gate=open
	[ "$(awk '$2 == "metrc:" && $4 == "dev" { print $5 }' /run/vm/stress.log)" -gt 0 ]
}

# Nothing of the module is left, and all memory is as its checks want it.
assert_nothing_left() {
	[ ! -e /sys/module/phiward ]
	[ ! -e /dev/phiward ]
	! lsmod | grep phiward
	WAIT_SECONDS=10 wait_for none_allocated
	local cache
	for cache in /sys/kernel/slab/*/validate; do
		echo 1 > "$cache"
	done
	! dmesg | grep -E '\bBUG[: ]|WARNING: |pagealloc: '
}

none_allocated() { ! allocated '[^ ]+ \[phiward\]|0x[0-9a-f]+'; }

@test "hammer: the kernel checks itself as far as Debian's can" {
	local cache=/sys/kernel/slab/kmalloc-64 check
	for check in sanity_checks red_zone poison store_user; do
		[ "$(cat $cache/$check)" = 1 ]
	done
	none_allocated
}

@test "hammer: the module stands it, unloads and leaves nothing" {
	hammered "$VM_TOP/build/kmod/$VM_KERNEL/phiward.ko"
	[ "$(cat /sys/module/phiward/refcnt)" = 0 ]
	rmmod phiward
	assert_nothing_left
}

@test "hammer: so does the debug build, which tries itself here first" {
	hammered "$VM_TOP/build/kmod/$VM_KERNEL-debug/phiward.ko"
	guard_is debug=1
	[ "$(cat /sys/module/phiward/refcnt)" = 0 ]
	rmmod phiward
	assert_nothing_left
}

@test "hammer: afterwards it loads, works and unloads" {
	insmod "$VM_TOP/build/kmod/$VM_KERNEL/phiward.ko"
	assert_allowed guard status
	rmmod phiward
	assert_nothing_left
}
