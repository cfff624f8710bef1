#!/usr/bin/env bats
# SPDX-License-Identifier: BSD-2-Clause
# vm: --append lsm=lockdown,capability,yama,apparmor
#
# A kernel without bpf among its security modules: nothing is enforced, and everything says so.

load lib/phiward

setup_file() { start_phiward; }

@test "no bpf: the daemon runs, status never says enforcing, doctor names it" {
	[[ ,$(cat /sys/kernel/security/lsm), != *,bpf,* ]]
	phiward_is enforcing=false state=off daemon=true
	run phiward doctor
	[ "$status" -eq 1 ]
	[[ $output == *bpf-lsm* ]]
}

@test "no bpf: apply fails, says why, and leaves nothing" {
	cat > "$BATS_TEST_TMPDIR/policy.yaml" <<-'EOT'
	phiward: 1
	name: test
	version: 1
	mode: enforce
	objects:
	  images: {paths: [/srv/dicom], on_audit_loss: keep_working}
	subjects:
	  viewer: {exec: [/usr/bin/head], started_by: [anyone], access: {images: [read]}}
	others: {network: allow}
	EOT
	run phiward apply "$BATS_TEST_TMPDIR/policy.yaml"
	[ "$status" -eq 1 ]
	[[ $output == *bpf* ]]
	phiward_is enforcing=false state=off
	! ls -A /sys/fs/bpf/phiward/links 2> /dev/null | grep -q .
	assert_allowed cat /srv/dicom/phantom.dcm
}
