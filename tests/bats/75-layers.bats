#!/usr/bin/env bats
# SPDX-License-Identifier: BSD-2-Clause
#
# A site's file over a vendor's policy, in the kernel; and rules that have a last day.
#
# kernels: 6.1

load lib/phiward

setup_file() {
	load lib/phiward
	vendor | with_lab > /run/vm/vendor.yaml
	start_phiward /run/vm/vendor.yaml
}
teardown_file() {
	load lib/phiward
	reset_phiward
	rm -rf /srv/own
}
setup() { mark; }

# The vendor's policy of these tests.
vendor() {
	cat <<-EOF
	phiward: 1
	name: layers
	mode: enforce
	params:
	  place: {type: path, default: /srv/dicom, allowed: [/srv/dicom]}
	site_may:
	  subjects: {copier: {access: {images: [read]}}}
	objects:
	  images: {paths: [\$place], on_audit_loss: keep_working}
	subjects:
	  reader: {exec: [/usr/bin/head], started_by: [anyone], access: {images: [read]}}
	  counter:
	    exec: [/usr/bin/wc]
	    started_by: [anyone]
	    essential: true
	    reason: the ward counts
	    access: {images: [read]}
	  copier: {exec: [/usr/bin/tail], started_by: [anyone], access: {images: [write]}}
	others: {network: allow}
	EOF
}

# apply_site VERSION [OPTION...] < CHANGES: the same vendor's policy under a site's file.
apply_site() {
	local dir=$BATS_TEST_TMPDIR/layers version=$1
	shift
	put_policy "$dir" < /run/vm/vendor.yaml
	{
		printf 'phiward: 1\nsite: st-mary\nversion: %s\npolicies:\n  layers:\n' "$version"
		sed 's/^/    /'
	} > "$dir/site.yaml"
	phiward apply --site "$dir/site.yaml" "$@" "$dir/policy.yaml"
}

# refused_site PATTERN VERSION [OPTION...] < CHANGES: apply ends with 1, says PATTERN, changes nothing.
refused_site() {
	local generation pattern=$1
	shift
	generation=$(phiward_status | jq .generation)
	run apply_site "$@"
	[ "$status" -eq 1 ] || { fail "exit $status: $output"; return 1; }
	[[ $output =~ $pattern ]] || { fail "says: $output"; return 1; }
	phiward_is generation="$generation"
}

# With what a member is kept from writing it cannot say what is wrong: who is one fails silently.
reads() {
	case $1 in
	wc) wc -c /srv/dicom/phantom.dcm ;;
	*) "$1" -c 1 /srv/dicom/phantom.dcm ;;
	esac > /dev/null
}

# assert_kept_out PROGRAM SUBJECT: it cannot read, by the record.
assert_kept_out() {
	run reads "$1"
	[ "$status" -ne 0 ] || { fail "$1 reads"; return 1; }
	assert_record verdict=deny subject="$2" action=read object=images exe~"/$1"
}

# apply_said PATTERN < POLICY: it is applied, and that is said.
apply_said() {
	put_policy "$BATS_TEST_TMPDIR/said"
	run phiward apply "$BATS_TEST_TMPDIR/said/policy.yaml"
	[ "$status" -eq 0 ] && [[ $output == *$1* ]] || fail "($status) $output"
}

@test "layers: without a site's file the vendor's policy holds" {
	assert_allowed reads head
	assert_allowed reads wc
	assert_kept_out tail copier
}

@test "layers: a site takes away what is not essential, and adds what is open" {
	printf '%s\n' 'subjects:' '  reader: off' '  copier: {add: {access: {images: [read]}}}' | apply_site 2
	assert_kept_out head others
	assert_allowed reads tail
	assert_allowed reads wc
	assert_record verdict=allow subject=copier action=read object=images
}

@test "layers: what is essential stays, and what is not open stays shut" {
	printf '%s\n' 'subjects:' '  counter: off' | refused_site 'site.yaml:7:7: error: the vendor calls this essential.*the ward counts' 3
	printf '%s\n' 'subjects:' '  reader: {access: {images: [read, write]}}' |
		refused_site 'site.yaml:7:7: error: the vendor opens this to no site.*reader may write in /srv/dicom' 3
	printf '%s\n' 'params: {place: /srv}' | refused_site "site.yaml:6:[0-9]+: error: '/srv' is not among what the policy allows" 3
	assert_allowed reads wc
	assert_kept_out head others
}

@test "layers: a parameter says what is protected" {
	printf '%s\n' 'params: {place: /srv/dicom/archive}' | apply_site 3
	assert_allowed cat /srv/dicom/phantom.dcm
	assert_refused cat /srv/dicom/archive/2026/11/deep.dcm
	printf '%s\n' 'sealed: false' | apply_site 4
	assert_refused cat /srv/dicom/phantom.dcm
}

@test "layers: a site's file does not go back, and is not left out" {
	printf '%s\n' 'subjects:' '  reader: off' | refused_site 'version 3 of the site' 3
	put_policy "$BATS_TEST_TMPDIR/alone" < /run/vm/vendor.yaml
	run phiward apply "$BATS_TEST_TMPDIR/alone/policy.yaml"
	[ "$status" -eq 1 ]
	[[ $output == *"the site's file is missing, of which version 4 was accepted before"* ]] || fail "$output"
	assert_allowed reads head
	printf '%s\n' 'subjects:' '  reader: off' | apply_site 3 --allow-downgrade
	assert_kept_out head others
}

@test "layers: both come back with phiwardd" {
	stop_phiward
	start_phiward
	wait_for phiward_is state=enforcing daemon=true
	! grep -q "cannot be" "$PHIWARDD_LOG"
	assert_kept_out head others
	assert_allowed reads wc
}

# with_last_day DAY: the vendor's policy, in which the reader may read until then.
with_last_day() {
	sed "s/\(reader: .*images: \)\[read\]/\1{actions: [read], expires: $1, owner: radiology}/" /run/vm/vendor.yaml
}

@test "layers: a clock that was never right expires nothing, and that is said" {
	clock_is free
	apply_policy --allow-downgrade < /run/vm/vendor.yaml
	apply_said "1 rules would have expired, but this machine's clock was never synchronised" < <(with_last_day 2020-01-31)
	assert_allowed reads head
}

@test "layers: a rule whose last day is over is not put into force" {
	clock_is right
	apply_said "this rule of 'reader' is no longer in force: its last day was 2020-01-31; ask its owner: radiology" < <(with_last_day 2020-01-31)
	assert_kept_out head reader
	assert_allowed reads wc
}

in_five_days() { date -u -d "@$(($(date +%s) + 5 * 86400))" +%Y-%m-%d; }

@test "layers: what ends soon is announced, and holds" {
	local day
	day=$(in_five_days)
	apply_said "will not be put into force again after $day" < <(with_last_day "$day")
	assert_allowed reads head
}

@test "layers: a rule does not end while phiwardd only starts again" {
	local now day
	now=$(date +%s) day=$(in_five_days)
	lab date -s "@$((now + 10 * 86400))"
	stop_phiward
	start_phiward
	wait_for phiward_is daemon=true
	assert_allowed reads head
	with_last_day "$day" | apply_policy
	assert_kept_out head reader
	lab date -s "@$now"
	clock_is free
}

@test "layers: apply shows what changes, and --dry-run changes nothing" {
	local version
	version=$(phiward_status | jq .version)
	put_policy "$BATS_TEST_TMPDIR/dry" < <(sed 's/\(reader: .*images: \)\[read\]/\1[read, write]/' /run/vm/vendor.yaml)
	run phiward apply --dry-run "$BATS_TEST_TMPDIR/dry/policy.yaml"
	[ "$status" -eq 0 ]
	[[ $output == *"+ reader may "*"write in /srv/dicom (images)"* ]] || fail "$output"
	phiward_is version="$version"
	run phiward diff --fail-on-widening "$BATS_TEST_TMPDIR/dry/policy.yaml"
	[ "$status" -eq 1 ]
	run phiward apply "$BATS_TEST_TMPDIR/dry/policy.yaml"
	[ "$status" -eq 0 ]
	[[ $output == *"+ reader may "*"write in /srv/dicom (images)"*"applied layers version"* ]] || fail "$output"
	run phiward diff "$BATS_TEST_TMPDIR/dry/policy.yaml"
	[[ $output == *"0 newly allowed, 0 newly denied"* ]] || fail "$output"
}

# over_ssh ANSWER: applies a policy that lets nobody in, as over a connection from outside, on a terminal.
over_ssh() {
	put_policy "$BATS_TEST_TMPDIR/ssh" < <(sed 's/others: .*/others: {network: loopback}/' /run/vm/vendor.yaml)
	run env SSH_CONNECTION='203.0.113.9 40000 203.0.113.1 22' \
		script -qec "phiward apply $BATS_TEST_TMPDIR/ssh/policy.yaml" /dev/null <<< "$1"
}

@test "layers: on a terminal apply asks before it refuses the connection that it is used over" {
	local version
	version=$(phiward_status | jq .version)
	over_ssh n
	[[ $output == *"refuses the connection that you use, to port 22"*"not applied"* ]] || fail "$output"
	phiward_is version="$version"
	over_ssh y
	[[ $output == *"refuses the connection that you use"*"applied layers"* ]] || fail "$output"
}

@test "layers: what a running process would be allowed is told without trying it, and is so" {
	apply_policy < <(sed 's/others: .*/others: {network: [{connect: {tcp: [104], to: [10.20.5.4]}}]}/' /run/vm/vendor.yaml)
	background /dev/null sleep 600
	run phiward explain --pid "$BACKGROUND_PID" --path /srv/dicom/phantom.dcm
	[ "$status" -eq 1 ]
	[[ $output == *"others may not read /srv/dicom/phantom.dcm of images"* ]] || fail "$output"
	run phiward explain --pid "$BACKGROUND_PID" --connect 10.20.5.4:104
	[ "$status" -eq 0 ]
	[[ $output == *"others may connect to 10.20.5.4, tcp port 104: "*"others may not connect to 10.20.5.4, udp port 104"* ]] || fail "$output"
	run phiward explain --pid "$BACKGROUND_PID" --connect 10.20.5.4:105
	[ "$status" -eq 1 ]
	kill "$BACKGROUND_PID"
	mkfifo /run/vm/held
	background /dev/null head -c 1 /run/vm/held
	wait_for sleeps_as head "$BACKGROUND_PID"
	run phiward explain --pid "$BACKGROUND_PID" --path /srv/dicom/phantom.dcm
	[ "$status" -eq 0 ]
	[[ $output == *"reader may read /srv/dicom/phantom.dcm of images: "*"reader may not write"* ]] || fail "$output"
	kill "$BACKGROUND_PID"
	assert_allowed reads head
	[ -z "$(records_like subject=others object=images)" ]
	run phiward explain --pid 999999 --path /srv
	[ "$status" -eq 1 ]
}
