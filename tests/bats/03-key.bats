#!/usr/bin/env bats
# SPDX-License-Identifier: BSD-2-Clause
# kernels: 6.1
# vm: --smp 2
#
# The kernel module's sealing key, and what it holds. A machine of its own: a module that has
# given its key stays.

load lib/phiward
load lib/guard

MODULE=$VM_TOP/build/kmod/$VM_KERNEL-debug/phiward.ko
PINS=/sys/fs/bpf/guard
DIGEST=$(printf 'a closed segment' | sha256sum | cut -d' ' -f1)

setup_file() {
	mkdir -p /sys/fs/bpf/guard /sys/fs/cgroup/held
	guard make map /sys/fs/bpf/guard/map
	guard make map /sys/fs/bpf/guard/other
	guard make program /sys/fs/bpf/guard/program
	guard make link /sys/fs/bpf/guard/link /sys/fs/cgroup/held
}

# sends: from the control group whose link refuses it.
sends() { sh -c 'echo $$ > /sys/fs/cgroup/held/cgroup.procs; exec dial --wait 300 udp:10.20.0.2:9'; }

@test "key: without a gate there is none, and the boot is weak" {
	insmod "$MODULE"
	guard_is gate=none
	guard_is weak=1
	assert_errno EPERM guard key
	assert_errno ENOKEY guard mac "$DIGEST"
	assert_errno ENOENT guard again "$DIGEST"
	assert_errno EALREADY guard open
	assert_errno EALREADY guard keep-shut
	rmmod phiward
}

@test "key: once the gate is open there is none, and the boot is weak" {
	insmod "$MODULE" gate=1
	guard_is weak=0
	guard open
	guard_is gate=open
	guard_is weak=1
	assert_errno EPERM guard key
	assert_errno ENOKEY guard mac "$DIGEST"
	rmmod phiward
}

@test "hold: a link goes on refusing when its pin is gone, for as long as it is held" {
	insmod "$MODULE"
	run sends
	[[ $output == *EPERM ]] || fail "$output"
	guard hold link net $PINS/link
	guard_is links=1
	assert_errno EAGAIN guard unload
	rm $PINS/link
	run sends
	[[ $output == *EPERM ]] || fail "$output"
	guard drop link net
	guard_is links=0
	run sends
	[[ $output == *ECONNREFUSED || $output == *ETIMEDOUT ]] || fail "$output"
	rmmod phiward
	guard make link $PINS/link /sys/fs/cgroup/held
}

@test "hold: what is held is given back, by kind and role; other descriptors are not taken" {
	insmod "$MODULE"
	assert_allowed guard hold link net $PINS/link
	assert_allowed guard hold map net $PINS/map
	assert_allowed guard hold program net $PINS/program
	[ "$(guard status | grep -E '^(links|maps|programs)=' | tr '\n' ' ')" = "links=1 maps=1 programs=1 " ]
	for kind in link map program; do
		assert_allowed guard get $kind net $PINS/again
		[ -e $PINS/again ]
		rm $PINS/again
	done
	assert_errno ENOENT guard get map other
	assert_errno ENOENT guard get link other
	assert_errno ENOENT guard drop map other
	# Not what they are said to be.
	assert_errno EINVAL guard hold link x $PINS/map
	assert_errno EINVAL guard hold map x $PINS/link
	assert_errno EINVAL guard hold program x $PINS/map
	assert_errno EINVAL guard hold link x --self
	assert_errno EINVAL guard hold nothing x $PINS/map
	assert_errno EINVAL guard hold map X $PINS/map
	assert_errno EINVAL guard hold map '' $PINS/map
	assert_errno EINVAL guard hold map "$(printf '%048d' 0)" $PINS/map
	assert_allowed guard hold map "$(printf '%047d' 0)" $PINS/map
	# A map that does not begin with the state is not taken for it.
	assert_errno EINVAL guard hold map shared $PINS/map
	assert_errno EPERM guard late 39 get map net
	assert_errno EPERM guard lend 2001 get map net
	# Replaced, dropped.
	assert_allowed guard hold map net $PINS/other
	guard_is maps=2
	assert_allowed guard drop map net
	assert_errno ENOENT guard get map net
	guard drop link net
	rmmod phiward
}

@test "hold: there is room for 512" {
	local n
	insmod "$MODULE"
	for n in {1..512}; do
		guard hold map "role_$n" $PINS/map
	done
	guard_is maps=512
	assert_errno ENOSPC guard hold map one_more $PINS/map
	assert_allowed guard hold map role_512 $PINS/other
	guard drop map role_1
	assert_allowed guard hold map one_more $PINS/map
	rmmod phiward
}

@test "seal: not on nothing" {
	insmod "$MODULE"
	assert_errno ENODATA guard seal
	guard hold link net $PINS/link
	assert_errno ENODATA guard seal
	guard counter 1
	guard drop link net
	assert_errno ENODATA guard seal
	guard_is sealed=0
	rmmod phiward
}

@test "seal: not while function tracing is off, because no link of an LSM hook refuses anything" {
	sysctl -w kernel.ftrace_enabled=0
	insmod "$MODULE"
	guard hold link net $PINS/link
	guard counter 1
	assert_errno EBUSY guard seal
	guard_is sealed=0
	guard_is ftrace=0
	guard drop link net
	rmmod phiward
	sysctl -w kernel.ftrace_enabled=1
}

@test "key: given once while the gate is shut, and it stays the boot's" {
	local epoch boot key
	insmod "$MODULE" gate=1 gate_timeout=0
	assert_errno EPERM guard lend 2001 key
	guard_is key_given=0
	read -r epoch boot key < <(guard key)
	[ "$epoch" = 1 ]
	[ "$boot" = "$(tr -d - < /proc/sys/kernel/random/boot_id)" ]
	[ ${#key} -eq 64 ]
	echo "$key" > /run/vm/key
	guard_is key_given=1
	guard_is weak=0
	assert_errno EPERM guard key
	assert_errno EAGAIN guard unload
	assert_errno EAGAIN guard unload force
	assert_allowed guard status
}

@test "mac: what openssl computes from the first key, epoch after epoch" {
	local key records epoch boot mac want=0
	key=$(cat /run/vm/key)
	assert_errno ENODATA guard mac "$DIGEST"
	guard_is epoch=1
	for count in 7 7 123456789 18446744073709551615; do
		guard counter $count
		read -r records epoch boot mac < <(guard mac "$DIGEST")
		want=$((want + 1))
		[ "$epoch" = "$want" ]
		[ "$records" = "$count" ]
		[ "$boot" = "$(tr -d - < /proc/sys/kernel/random/boot_id)" ]
		[ "$mac" = "$(mac_of "$key" "$DIGEST" "$count" "$epoch" "$boot")" ]
		# Not by any other key, count or digest.
		[ "$mac" != "$(mac_of "$key" "$DIGEST" $((count - 1)) "$epoch" "$boot")" ]
		key=$(next_key "$key")
		[ "$mac" != "$(mac_of "$key" "$DIGEST" "$count" "$epoch" "$boot")" ]
	done
	guard_is epoch=5
	echo "$key" > /run/vm/key
	# An answer that cannot be written has used its epoch up: no second MAC with that key.
	assert_errno EFAULT guard fault mac
	guard_is epoch=6
	assert_errno EPERM guard late 39 mac "$DIGEST"
	guard_is epoch=6
	read -r records epoch boot mac < <(guard mac "$DIGEST")
	[ "$mac" = "$(mac_of "$(next_key "$key")" "$DIGEST" "$records" 6 "$boot")" ]
}

@test "mac: the last answer once more, for the same digest only, and no epoch is used" {
	local answer
	answer=$(guard mac "$DIGEST")
	guard_is epoch=8
	[ "$(guard again "$DIGEST")" = "$answer" ]
	[ "$(guard again "$DIGEST")" = "$answer" ]
	assert_errno ENOENT guard again "${DIGEST%??}00"
	assert_errno EPERM guard late 39 again "$DIGEST"
	guard mac "${DIGEST%??}00"
	assert_errno ENOENT guard again "$DIGEST"
	guard_is epoch=9
}

@test "mac, hold: eight threads at a time, and no epoch is used twice" {
	local before after
	before=$(guard status | sed -n 's/^epoch=//p')
	guard hammer 5
	after=$(guard status | sed -n 's/^epoch=//p')
	[ "$after" -gt "$before" ]
	[ "$(guard mac "$DIGEST" | cut -d' ' -f2)" = "$after" ]
	guard drop map hammer_a || true
	guard drop map hammer_b || true
	guard drop map hammer_c || true
	guard_is maps=1
	guard open
	guard_is weak=0
}

@test "seal: root with both capabilities seals, and it is said" {
	guard hold link net $PINS/link
	guard hold map net $PINS/map
	guard_is sealed=0
	assert_errno EPERM guard late 39 seal
	assert_errno EPERM guard lend 2001 seal
	guard seal
	guard_is sealed=1
	dmesg | grep -F 'phiward: sealed until reboot: 1 links, 2 maps'
}

@test "seal: nothing held is given up or replaced, maps are given back, new ones are taken" {
	assert_errno EALREADY guard seal
	assert_errno EPERM guard drop link net
	assert_errno EPERM guard drop map net
	assert_errno EPERM guard drop map shared
	assert_errno EPERM guard hold link net $PINS/link
	assert_errno EPERM guard hold map net $PINS/other
	assert_errno EPERM guard get link net
	assert_allowed guard get map net
	assert_allowed guard get map shared
	assert_allowed guard hold map new $PINS/other
	assert_errno EPERM guard hold map new $PINS/map
	assert_errno EPERM guard drop map new
	rm -r $PINS
	umount /sys/fs/bpf
	run sends
	[[ $output == *EPERM ]] || fail "$output"
}

@test "seal: it is not unloaded, also by force, by root or anybody" {
	local try
	for try in {1..20}; do
		assert_errno EAGAIN guard unload
		assert_errno EAGAIN guard unload force
	done
	assert_errno EPERM as_user mallory guard unload
	assert_errno EPERM as_user mallory guard unload force
	run rmmod phiward
	[ "$status" -ne 0 ]
	run rmmod -f phiward
	[ "$status" -ne 0 ]
	guard_is sealed=1
	grep -q '^phiward [0-9]* [0-9]* phiward' /proc/modules
	run sends
	[[ $output == *EPERM ]] || fail "$output"
	assert_allowed guard mac "$DIGEST"
}
