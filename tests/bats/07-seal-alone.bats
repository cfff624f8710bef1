#!/usr/bin/env bats
# SPDX-License-Identifier: BSD-2-Clause
# kernels: 6.1
# vm: --smp 1
# timeout: 900
#
# Sealed by its policy, and without the kernel module: the same is refused, and what is missing
# is said.

load lib/phiward
load lib/seal

setup_file() {
	load lib/phiward
	load lib/seal
	seal_programs 'sealed: true' \
		'breakglass: {who: {users: [radiographer]}, longest: 5m, objects: [images]}'
	start_phiward
}

setup() { mark; }

@test "seal alone: 'sealed: true' seals at apply, which says what is missing" {
	phiward_is module=false
	assert_doctor module absent 'is not loaded'
	run phiward seal
	[ "$status" -eq 1 ] && [[ $output == *"no policy is in force"* ]] || fail "$output"
	put_policy /run/vm/policy < /run/vm/seal.yaml
	run phiward apply /run/vm/policy/policy.yaml
	[ "$status" -eq 0 ] && [[ $output == *"sealed without the kernel module"* ]] || fail "$output"
	assert_record type=policy action=seal verdict=allow path~'without the kernel module'
	phiward_is state=enforcing sealed=true module=false
	phiward_status | jq -e '.why == ["sealed without the kernel module: what is in force hangs on its pins"]'
	assert_doctor seal ok 'without the kernel module'
	enforced
}

@test "seal alone: modules, other kernels and settings are for who has the right" {
	sealed_refuses
	assert_refused into-kernel module "$VM_TOP/build/kmod/$VM_KERNEL/phiward.ko"
}

@test "seal alone: no other policy, no unloading, and a daemon that starts again goes on" {
	run apply_policy < /run/vm/seal.yaml
	[ "$status" -ne 0 ]
	assert_record type=policy action=apply verdict=deny reason~'sealed until the next boot'
	run phiward unload
	[ "$status" -eq 1 ]
	assert_record type=policy action=unload verdict=deny reason~'sealed until the next boot'
	stop_phiward 9
	enforced
	start_phiward
	wait_for phiward_is state=enforcing sealed=true daemon=true
	enforced
	assert_lost_zero
}

@test "seal alone: break-glass is open to whom the sealed policy names, and ends" {
	assert_refused act read $IMAGE
	assert_allowed as_user radiographer phiward breakglass --reason 'no worklist' --for 5m
	as_anybody assert_allowed act read $IMAGE
	assert_refused into-kernel module $DUMMY
	run phiward breakglass --reason x --for 5m
	[ "$status" -eq 1 ] && [[ $output == *"does not name you"* ]] || fail "$output"
	assert_allowed as_user radiographer phiward breakglass --end
	enforced
}
