#!/usr/bin/env bats
# SPDX-License-Identifier: BSD-2-Clause
# vm: --disk new
# kernels: 6.1
#
# A volume that comes and goes: the daemon looks again when the mounts change.

load lib/phiward

setup_file() {
	mkfs.ext4 -q /dev/vdb
	mkdir -p /run/vm/later
	mount /dev/vdb /run/vm/later
	mkdir /run/vm/later/images /run/vm/later/public
	echo secret > /run/vm/later/images/x
	echo open > /run/vm/later/public/x
	put_policy /etc/phiward <<-'EOT'
	phiward: 1
	name: test
	mode: enforce
	objects:
	  images: {paths: [/run/vm/later/images], on_audit_loss: keep_working}
	subjects:
	  viewer:
	    exec: [/usr/bin/head]
	    started_by: [anyone]
	    access: {images: [read]}
	others:
	  network: allow
	EOT
	start_phiward
}

pending() { phiward_status | jq -e ".pending | length == $1"; }

@test "volume: mounted at apply, its object is protected and nothing is pending" {
	pending 0
	assert_refused cat /run/vm/later/images/x
	assert_allowed cat /run/vm/later/public/x
}

@test "volume: mounted after a restart without it, it is protected from the first moment" {
	stop_phiward
	umount /run/vm/later
	start_phiward
	wait_for pending 1
	mount /dev/vdb /run/vm/later
	assert_refused cat /run/vm/later/images/x
	assert_allowed cat /run/vm/later/public/x
	wait_for pending 0
	assert_refused cat /run/vm/later/images/x
}

@test "volume: mounted while a policy is on probation, its object is protected, and it ends all the same" {
	umount /run/vm/later
	sed 's|later/images|later/public|' /etc/phiward/policy.yaml | apply_policy --try 10s
	wait_for pending 1
	mount /dev/vdb /run/vm/later
	wait_for pending 0
	assert_refused cat /run/vm/later/public/x
	assert_allowed cat /run/vm/later/images/x
	wait_for phiward_is probation=null
	wait_for pending 0
	assert_allowed cat /run/vm/later/public/x
	assert_refused cat /run/vm/later/images/x
}
