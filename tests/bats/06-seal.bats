#!/usr/bin/env bats
# SPDX-License-Identifier: BSD-2-Clause
# kernels: 6.1
# vm: --smp 2
# timeout: 900
#
# Sealed, with the kernel module: what root can do no more until the next boot, and what a
# subject with the right still can. A machine of its own, because there is no way back.

load lib/phiward
load lib/guard
load lib/seal

MODULE=$VM_TOP/build/kmod/$VM_KERNEL/phiward.ko
STATE=/var/lib/phiward

setup_file() {
	load lib/phiward
	load lib/seal
	insmod "$MODULE" gate=1 gate_timeout=0
	seal_programs
	with_breaker /run/vm/seal.yaml
}

setup() { mark; }

# update CMD...: as the package manager would.
update() { nice -n 0 "$@"; }

# Starts it and waits until it has given up.
start_in_vain() {
	pid1 start --out "$PHIWARDD_LOG" -- "$@" > "$PHIWARDD_PID_FILE"
	wait_for gave_up
	rm -f "$PHIWARDD_PID_FILE"
}

gave_up() { ! phiwardd_runs || [ "$(awk '$1 == "State:" { print $2 }' "/proc/$(phiwardd_pid)/status")" = Z ]; }

# assert_foreign WHAT: this is why it gave up, it is in the log once it runs again, and nothing else changed.
assert_foreign() {
	grep -F "sealed, and phiwardd was started with $1" "$PHIWARDD_LOG" || fail "not: $1"
	enforced
	start_phiward
	wait_for phiward_is state=enforcing sealed=true daemon=true
	assert_record type=tamper action=start verdict=deny path~"$1" reason~'sealed with'
}

@test "seal: before it root loads and unloads modules, writes settings, and applies" {
	mkdir -p /etc/modprobe.d /etc/sysctl.d /etc/systemd/system /etc/udev /boot
	assert_allowed touch /etc/modprobe.d/early.conf /etc/systemd/system/early.service
	rm /etc/modprobe.d/early.conf /etc/systemd/system/early.service
	phiward_is sealed=false
	assert_doctor seal absent 'not sealed'
	assert_allowed into-kernel module $DUMMY
	assert_allowed into-kernel unload dummy
	assert_allowed into-kernel kexec
	assert_allowed into-kernel write /proc/sys/kernel/kptr_restrict 0
	apply_policy < /run/vm/seal.yaml
	assert_no_record type=tamper
}

@test "seal: but it does not speak to the module, nor is anything in use unloaded by force" {
	assert_refused guard drop link pw_file_open
	assert_refused guard get map shared
	assert_refused guard hold link mine /sys/fs/bpf/phiward/links/pw_file_open
	assert_refused guard seal
	assert_refused guard mac "$(printf '%064d' 0)"
	assert_record type=tamper action=tune verdict=deny path=/dev/phiward reason~'switch phiward off'
	assert_allowed guard status
	run into-kernel unload phiward force
	[ "$output" = EPERM ]
	run updater unload phiward force
	[ "$output" = EPERM ]
	assert_record type=tamper action=module verdict=deny reason~'switch phiward off'
	run into-kernel unload phiward
	[ "$output" = EAGAIN ]
	enforced
}

@test "seal: phiward seal, which is a record, and said by status and doctor" {
	run as_user mallory phiward seal
	[ "$status" -eq 3 ]
	phiward_is sealed=false
	run phiward seal
	[ "$status" -eq 0 ] && [ "$output" = "sealed until the next boot" ] || fail "$output"
	assert_record type=policy action=seal verdict=allow path~'with the kernel module'
	phiward_is sealed=true module=true
	guard_is sealed=1
	assert_doctor seal ok 'sealed until the next boot, with'
	assert_allowed phiward seal
	enforced
}

@test "seal: no other policy, and no unloading" {
	run apply_policy < /run/vm/seal.yaml
	[ "$status" -ne 0 ] && [[ $output == *"phiward is sealed until the next boot"* ]] || fail "$output"
	assert_record type=policy action=apply verdict=deny path~'seal version [0-9]+, by uid 0: phiward is sealed'
	run phiward apply --allow-downgrade /etc/phiward/policy.yaml
	[ "$status" -eq 1 ]
	run phiward unload
	[ "$status" -eq 1 ] && [[ $output == *"phiward is sealed until the next boot"* ]] || fail "$output"
	assert_record type=policy action=unload verdict=deny
	run phiward why
	[[ $output == *"unload of seal version"*"was refused: phiward is sealed until the next boot"* ]] || fail "$output"
	phiward_is state=enforcing sealed=true
	enforced
}

@test "seal: modules, other kernels and settings are for who has the right" {
	sealed_refuses
}

@test "seal: the module gives nothing up, and is not unloaded by anybody" {
	run updater unload phiward
	[ "$output" = EAGAIN ]
	run updater unload phiward force
	[ "$output" = EPERM ]
	run rmmod -f phiward
	[ "$status" -ne 0 ]
	guard_is sealed=1
	enforced
}

@test "seal: pins gone, bpffs unmounted, daemon killed: refused as before, and a daemon that starts goes on" {
	local links
	links=$(guard status | sed -n 's/^links=//p')
	destroy
	enforced
	# Only phiwardd may ask the module for more than this.
	phiward_is daemon=false sealed=true module=true state=degraded "held=$links"
	start_phiward
	wait_for phiward_is state=enforcing sealed=true daemon=true
	guard_is "links=$links"
	# No links are given: it goes on without their descriptors.
	[ -z "$(ls /sys/fs/bpf/phiward/links)" ]
	[ -e /sys/fs/bpf/phiward/maps/shared ]
	enforced
	assert_record action=read verdict=deny object=images
	run apply_policy < /run/vm/seal.yaml
	[ "$status" -ne 0 ]
	assert_lost_zero
}

@test "seal: phiwardd with a false state directory writes a record and stops" {
	stop_phiward
	mkdir /run/vm/false
	assert_refused $BUSYBOX mount --bind /run/vm/false $STATE
	breaker bind /run/vm/false $STATE
	start_in_vain /usr/sbin/phiwardd
	breaker umount $STATE
	assert_foreign 'another state directory'
}

@test "seal: so it does with a false log directory, another certificate or another policy" {
	stop_phiward
	breaker bind /run/vm/false /var/log/phiward
	start_in_vain /usr/sbin/phiwardd
	breaker umount /var/log/phiward
	assert_foreign 'another log directory'
	stop_phiward
	assert_refused cp /etc/hostname /etc/phiward/auditor.pem
	update cp /etc/hostname /etc/phiward/auditor.pem
	start_in_vain /usr/sbin/phiwardd
	update rm /etc/phiward/auditor.pem
	assert_foreign 'another certificate of the auditor'
	stop_phiward
	cp $STATE/accepted.json /run/vm/
	sed 's/others: {network: loopback}/others: {network: allow}/' $STATE/accepted.json > /run/vm/other.json
	! cmp -s /run/vm/other.json /run/vm/accepted.json
	assert_refused cp /run/vm/other.json $STATE/accepted.json
	breaker copy /run/vm/other.json $STATE/accepted.json
	start_in_vain /usr/sbin/phiwardd
	breaker copy /run/vm/accepted.json $STATE/accepted.json
	assert_foreign 'another accepted policy'
	! dmesg | grep -E 'BUG:|WARNING: |Oops'
}

@test "seal: what the next boot starts from is kept, and changed by updates" {
	local file
	for file in /etc/modprobe.d/evil.conf /etc/sysctl.d/evil.conf /etc/systemd/system/evil.service \
			/etc/udev/evil.rules /boot/evil /etc/phiward/evil.yaml; do
		assert_refused touch "$file"
		assert_record type=tamper action=create verdict=deny subject=others path="$file" \
			reason~'change by updates only'
		assert_allowed update touch "$file"
		assert_refused rm "$file"
		assert_allowed update rm "$file"
	done
	assert_refused mv /etc/systemd /etc/elsewhere
	assert_allowed touch /etc/harmless
	rm /etc/harmless
}
