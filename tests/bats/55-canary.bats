#!/usr/bin/env bats
# SPDX-License-Identifier: BSD-2-Clause
#
# The canary: whatever switches a layer off, status says so, and the log.
#
# timeout: 600
# newer: one

load lib/phiward

IMAGE=/srv/dicom/phantom.dcm
LINKS=/sys/fs/bpf/phiward/links

setup_file() {
	load lib/phiward
	forget_phiward
	policy > /run/vm/canary.yaml
	with_breaker /run/vm/canary.yaml
}

setup() { mark; }

policy() {
	cat <<-EOT
	phiward: 1
	name: canary
	mode: ${1:-enforce}
	objects:
	  images: {paths: [/srv/dicom], on_audit_loss: keep_working}
	subjects:
	  viewer:
	    exec: [/usr/bin/head]
	    started_by: [anyone]
	    access: {images: [read]}
	    writes: [pipe]
	others: {network: allow}
	EOT
}

# The daemon tries once a minute; this makes it try now.
try_canary() { control '{"command":"canary"}' > /dev/null; }

refusals() { phiward_status | grep -o '"canary refusals":[0-9]*' | tr -dc 0-9; }

# assert_noticed WORD: enforcing is false, and the reason has the word.
assert_noticed() {
	run phiward status --json
	[ "$status" -eq 1 ]
	json_has enforcing false "$output" && json_has state degraded "$output" &&
		[[ $output == *"the canary was not refused: "*"$1"* ]] || fail "$output"
}

# A program whose link was removed goes on for a moment on kernels after 6.1, so what follows
# from it is waited for.
connects() { [[ $(act connect 192.0.2.1 9) != *EACCES ]]; }
switch() { echo "$1" > /proc/sys/kernel/ftrace_enabled; }

assert_back() {
	policy | apply_policy
	try_canary
	phiward_is enforcing=true state=enforcing
	assert_refused act read $IMAGE
}

@test "canary: refused to everybody in both modes, counted and not recorded" {
	local before mode
	for mode in enforce permissive; do
		policy $mode | apply_policy
		before=$(refusals)
		assert_refused act read /run/phiward/canary
		assert_refused as_user mallory act read /run/phiward/canary
		assert_refused head -c 1 /run/phiward/canary
		assert_refused act connect 192.0.2.1 9
		[ "$(refusals)" -ge $((before + 4)) ]
	done
	policy | apply_policy
	assert_no_record path=/run/phiward/canary
	assert_no_record addr=192.0.2.1
	assert_refused mv /run/phiward/canary /run/phiward/other
	assert_refused ln /run/phiward/canary /run/phiward/other
	assert_refused rm /run/phiward/canary
	phiward_is enforcing=true
}

@test "canary: a program taken off its hook is noticed, recorded, and put back by apply" {
	breaker unlink $LINKS/pw_file_open
	wait_for act times 1 $IMAGE	# opens it
	try_canary
	assert_noticed file
	[[ $output == *'"missing":["lsm\/file_open"]'* ]]
	assert_record type=tamper action=canary verdict=allow subject=phiwardd path~'opening the canary'
	assert_back
}

@test "canary: the cgroup layer is tried as well" {
	breaker unlink $LINKS/pw_connect4
	wait_for connects
	try_canary
	assert_noticed network
	assert_record type=tamper action=canary path~'connecting to the canary'
	assert_refused act read $IMAGE
	assert_back
}

@test "canary: a link that is not the canary's own is missed too" {
	breaker unlink $LINKS/pw_inode_unlink
	run phiward status --json
	[ "$status" -eq 1 ]
	json_has enforcing false "$output"
	[[ $output == *'"missing":["lsm\/inode_unlink"]'* ]]
	assert_back
}

@test "canary: function tracing that is off switches all of BPF LSM off, and is noticed" {
	breaker unlink $LINKS/pw_file_open $LINKS/pw_file_permission $LINKS/pw_sysctl
	wait_for switch 0
	assert_allowed act read $IMAGE
	assert_allowed rm -f /srv/dicom/none
	try_canary
	assert_noticed file
	[[ $output == *ftrace* ]]
	assert_record type=tamper action=canary verdict=allow
	policy | with_next_version > "$BATS_TEST_TMPDIR/p.yaml"
	run phiward apply "$BATS_TEST_TMPDIR/p.yaml"
	[ "$status" -eq 1 ]
	[[ $output == *'ftrace: kernel.ftrace_enabled is 0'* ]]
	run phiward doctor
	[ "$status" -eq 1 ]
	[[ $output == *ftrace* ]]
	switch 1
	assert_back
}

@test "canary: with the daemon dead, status itself tries" {
	stop_phiward 9
	phiward_is enforcing=true daemon=false
	assert_refused act read $IMAGE
	breaker unlink $LINKS/pw_file_open
	wait_for act times 1 $IMAGE
	assert_noticed file
	breaker unlink $LINKS/pw_connect4
	wait_for connects
	assert_noticed 'file and network'
	start_phiward
	wait_for phiward_is enforcing=true
	assert_refused act read $IMAGE
	assert_refused act connect 192.0.2.1 9
}
