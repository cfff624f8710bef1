#!/usr/bin/env bats
# SPDX-License-Identifier: BSD-2-Clause
#
# What is unloaded is gone. The last file of its machine, because loading takes long under
# emulation; that a policy can be applied again has its test in 25.

load lib/phiward

setup_file() {
	load lib/phiward
	cat > /run/vm/unload.yaml <<-'EOF'
	phiward: 1
	name: unload
	mode: enforce
	objects:
	  images: {paths: [/srv/dicom], on_audit_loss: keep_working}
	others: {network: loopback}
	EOF
	start_phiward /run/vm/unload.yaml
}

@test "unload: nothing is refused any more, and nothing is attached" {
	run dial tcp:10.20.5.4:104
	[[ $output == *EACCES ]] || fail "$output"
	assert_refused cat /srv/dicom/phantom.dcm
	assert_refused gate load-kprobe
	unload_phiward
	phiward_is state=off enforcing=false daemon=true
	[ -z "$(ls /sys/fs/bpf/phiward/links 2> /dev/null)" ]
	phiward_forgotten
	assert_allowed cat /srv/dicom/phantom.dcm
	run dial tcp:10.20.5.4:104
	[[ $output == *ECONNREFUSED ]] || fail "$output"
}

@test "unload: the gate is open" {
	stop_phiward
	assert_allowed gate load-kprobe map-by-id perf-self
	assert_allowed head -c 1 /proc/kcore
}
