#!/usr/bin/env bats
# SPDX-License-Identifier: BSD-2-Clause
#
# A policy comes into force whole or not at all, and never by a lower version.
#
# newer: one

load lib/phiward

setup_file() {
	load lib/phiward
	policy > /run/vm/first.yaml
	start_phiward /run/vm/first.yaml
}
teardown_file() {
	load lib/phiward
	reset_phiward
	rm -rf /srv/script /srv/monitor
}

# The policy of these tests, with what is on its command line put into the object.
policy() {
	cat <<-EOF
	phiward: 1
	name: apply
	mode: ${MODE:-enforce}
	objects:
	  images: {paths: [${1:-/srv/dicom}], on_audit_loss: keep_working}
	subjects:
	  reader:
	    exec: [${2:-/usr/bin/head}]
	    started_by: [anyone]
	    ${3:-}
	    access: {images: [read]}
	others: {network: allow}
	EOF
}

# refused_policy PATTERN < POLICY: apply ends with 1, says PATTERN, and nothing changes.
refused_policy() {
	local generation
	generation=$(phiward_status | jq .generation)
	mkdir -p "$BATS_TEST_TMPDIR/refused"
	cat > "$BATS_TEST_TMPDIR/refused/policy.yaml"
	run phiward apply "$BATS_TEST_TMPDIR/refused/policy.yaml"
	[ "$status" -eq 1 ] || { fail "exit $status: $output"; return 1; }
	[[ $output =~ $1 ]] || { fail "says: $output"; return 1; }
	phiward_is generation="$generation"
	assert_refused cat /srv/dicom/phantom.dcm
}

@test "apply: the object is refused to others, its neighbour is not" {
	mark
	assert_refused cat /srv/dicom/phantom.dcm
	assert_allowed cat /srv/public/notice.txt
	assert_record verdict=deny action=read object=images subject=others path=/srv/dicom/phantom.dcm
	assert_lost_zero
}

@test "apply: a policy that does not parse leaves the old one in force" {
	policy | sed 's/objects:/objekts:/' | with_next_version | refused_policy 'policy.yaml:5:1: error: unknown key'
}

@test "apply: no file, no policy" {
	run phiward apply /nonexistent.yaml
	[ "$status" -eq 1 ]
	assert_refused cat /srv/dicom/phantom.dcm
}

@test "apply: a user whom nobody knows is an error at his name" {
	policy /srv/dicom /usr/bin/head 'users: [nobody-at-all]' | with_next_version |
		refused_policy "policy.yaml:[0-9]+:[0-9]+: error: there is no user 'nobody-at-all'"
}

@test "apply: a script cannot have access, a program can" {
	printf '#!/bin/sh\ncat "$1"\n' > /srv/script
	chmod 755 /srv/script
	policy /srv/dicom /srv/script | with_next_version |
		refused_policy "error: '/srv/script' is a script"
	policy /srv/dicom /usr/bin/tail | apply_policy
}

@test "apply: two objects cannot name one directory by two names" {
	ln -sfn /srv/dicom /srv/other-name
	policy | sed 's|^subjects:|  more: {paths: [/srv/other-name], on_audit_loss: deny}\n&|' |
		with_next_version | refused_policy "error: '/srv/other-name' is the same file"
	rm /srv/other-name
}

# says_of_apply: what apply says of names, of a policy that it takes.
says_of_apply() {
	mkdir -p "$BATS_TEST_TMPDIR/said"
	with_next_version > "$BATS_TEST_TMPDIR/said/policy.yaml"
	phiward apply "$BATS_TEST_TMPDIR/said/policy.yaml" 2>&1 > /dev/null |
		sed -n -e 's|^.*/policy.yaml:|policy.yaml:|' -e '/ note: \|no longer/p'
}

@test "apply: says which names nothing answers to yet, and nothing of the others" {
	[ -z "$(policy | says_of_apply)" ]
	[[ $(policy /srv/dicom,/srv/pluse /usr/bin/head,/usr/bin/haed | says_of_apply) =~ \
		^policy.yaml:[0-9]+:[0-9]+:\ note:\ /srv/pluse\ is\ not\ there\ yet:\ what\ appears\ there\ is\ protected$'\n'policy.yaml:[0-9]+:[0-9]+:\ note:\ /usr/bin/haed\ is\ not\ there\ yet$ ]]
	policy | apply_policy
}

@test "apply: warns of what is no longer protected" {
	[ -z "$(policy /srv/dicom,/srv/public | says_of_apply)" ]
	[ "$(policy /srv/dicom | says_of_apply)" = 'warning: no longer protected: images (/srv/public)' ]
	[ -z "$(policy /srv/dicom | says_of_apply)" ]
}

@test "apply: a version only goes up, unless a downgrade is asked for" {
	local version
	policy | apply_policy
	version=$(cat "$POLICY_VERSION_FILE")
	policy | sed "s/^phiward:.*/&\nversion: $((version - 1))/" |
		refused_policy "policy.yaml:2:10: error: version $((version - 1)) is not above version $version of 'apply', which was accepted before: 'version' must be $((version + 1)) or more"
	run phiward why
	[[ $output == *"was refused: version $((version - 1)) is not above version $version"* ]]
	[[ $output == *'to allow it: raise its `version`'* ]]
	policy /srv/public | sed "s/^phiward:.*/&\nversion: $version/" |
		refused_policy "version $version is not above version $version of 'apply', which was accepted before with another text"
	policy | sed "s/^phiward:.*/&\nversion: $((version - 1))/" > "$BATS_TEST_TMPDIR/lower.yaml"
	assert_allowed phiward apply --allow-downgrade "$BATS_TEST_TMPDIR/lower.yaml"
	phiward_is version=$((version - 1))
	assert_refused cat /srv/dicom/phantom.dcm
}

@test "apply: permissive denies nothing and records what it would have" {
	MODE=permissive policy | apply_policy
	phiward_is state=permissive enforcing=false
	mark
	assert_allowed cat /srv/dicom/phantom.dcm
	assert_record verdict=deny enforced=false path=/srv/dicom/phantom.dcm
	policy | apply_policy
	assert_refused cat /srv/dicom/phantom.dcm
}

@test "apply: an object that left the policy is free, one that came is not" {
	mkdir -p /srv/monitor
	echo waveform > /srv/monitor/wave
	assert_allowed cat /srv/monitor/wave
	policy /srv/monitor | apply_policy
	assert_refused cat /srv/monitor/wave
	assert_allowed cat /srv/dicom/phantom.dcm
	policy | apply_policy
	assert_allowed cat /srv/monitor/wave
	assert_refused cat /srv/dicom/phantom.dcm
}
