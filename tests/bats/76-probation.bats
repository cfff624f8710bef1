#!/usr/bin/env bats
# SPDX-License-Identifier: BSD-2-Clause
#
# A policy on probation: unless it is confirmed, the one before is in force again, and the kernel
# sees to that.
#
# newer: one

load lib/phiward

setup_file() {
	load lib/phiward
	lab cp /usr/bin/bash /usr/local/bin/archive
	lab cp /usr/bin/bash /usr/local/bin/stranger
	policy archive > /run/vm/first.yaml
	start_phiward /run/vm/first.yaml
}
teardown_file() {
	load lib/phiward
	reset_phiward
	lab rm -f /usr/local/bin/archive /usr/local/bin/stranger
}

# policy PROGRAM: who may read the images.
policy() {
	cat <<-EOF
	phiward: 1
	name: with-$1
	mode: enforce
	include: [lab.yaml]
	objects:
	  images: {paths: [/srv/dicom], on_audit_loss: keep_working}
	subjects:
	  reader:
	    exec: [/usr/local/bin/$1]
	    started_by: [init]
	    access: {images: [read]}
	    writes: [$BATS_RUN_TMPDIR]
	others: {network: allow}
	EOF
}

# PROGRAM reads.sh DIR: for each number that comes into DIR/ask it opens an image, and reads one that it
# has open since the first, and writes what came of both into DIR/answer.
setup() {
	cat > "$BATS_TEST_TMPDIR/reads.sh" <<-'EOF'
	last=
	while :; do
		{ read -r number < "$1/ask"; } 2> /dev/null
		if [ "$number" = "$last" ]; then
			read -r -t 0.1 < "$1/never"
			continue
		fi
		last=$number opened=no read=no
		! { read -r -N 1 byte < /srv/dicom/phantom.dcm; } 2> /dev/null || opened=yes
		{ [ -n "$kept" ] || exec {kept}< /srv/dicom/1.dcm; } 2> /dev/null
		[ -z "$kept" ] || ! read -r -N 1 -u "$kept" byte 2> /dev/null || read=yes
		echo "$number $opened $read" > "$1/answer.new"
		mv "$1/answer.new" "$1/answer"
	done
	EOF
	mkfifo "$BATS_TEST_TMPDIR/never"
	exec 7<> "$BATS_TEST_TMPDIR/never"
	mark
}

teardown() {
	local pid
	phiwardd_runs || start_phiward
	while read -r pid; do
		pid1 kill "$pid" 9 || true
	done < <(cat "$BATS_TEST_TMPDIR"/pids 2> /dev/null)
	policy archive | apply_policy
}

# runs PROGRAM: as a service, which `says` asks.
runs() {
	local dir=$BATS_TEST_TMPDIR/$1
	mkdir -p "$dir"
	[ -e "$dir/never" ] || ln "$BATS_TEST_TMPDIR/never" "$dir/never"
	pid1 start -- "/usr/local/bin/$1" "$BATS_TEST_TMPDIR/reads.sh" "$dir" >> "$BATS_TEST_TMPDIR/pids"
}

# says PROGRAM TEXT: it opens, it reads.
says() {
	local dir=$BATS_TEST_TMPDIR/$1 number=$EPOCHREALTIME
	echo "$number" > "$dir/ask.new"
	mv "$dir/ask.new" "$dir/ask"
	wait_for grep -qs "^$number " "$dir/answer" > /dev/null
	[ "$(< "$dir/answer")" = "$number $2" ]
}

# tried TIME: the policy that lets stranger read, and archive not.
tried() { policy stranger | apply_policy --try "$1"; }

in_force() { phiward_is policy="with-$1"; }

@test "probation: not confirmed, the policy before is in force again for what runs and what comes" {
	runs archive
	says archive 'yes yes'
	tried 8s
	in_force stranger
	phiward status | grep -F 'phiward confirm keeps this one'
	says archive 'no no'
	runs stranger
	says stranger 'yes yes'
	wait_for in_force archive
	says archive 'yes yes'
	says stranger 'no no'
	phiward_is probation=null
	assert_record type=policy action=apply path~'with-stranger.*on probation for 8 s'
	assert_record type=policy action=return path~'with-stranger.*its time was over'
	assert_record type=policy action=apply path~'with-archive.*by phiwardd'
	assert_record subject=others verdict=deny path~phantom policy=with-archive
}

@test "probation: confirmed, it stays, also over a start of phiwardd" {
	runs archive
	tried 8s
	phiward confirm
	phiward_is probation=null
	assert_record type=policy action=confirm path~'with-stranger.*by uid 0'
	run phiward confirm
	[ "$status" -eq 1 ]
	[[ $output == *'no policy is on probation'* ]]
	stop_phiward 9
	start_phiward
	in_force stranger
	says archive 'no no'
	[ -z "$(records_like action=return)" ]
}

@test "probation: the kernel goes back when phiwardd is dead" {
	runs archive
	says archive 'yes yes'
	tried 6s
	runs stranger
	says stranger 'yes yes'
	stop_phiward 9
	says archive 'no no'
	wait_for says archive 'yes yes'
	assert_refused cat /srv/dicom/phantom.dcm
	# What it became a member for it stays until somebody looks; what it opened is asked for anew.
	start_phiward
	in_force archive
	says archive 'yes yes'
	says stranger 'no no'
	assert_record type=policy action=return path~'phiwardd ended meanwhile'
}

@test "probation: a start of phiwardd goes back, and does not take the file for newer" {
	policy stranger | put_policy /etc/phiward
	phiward apply --try 1h /etc/phiward/policy.yaml
	in_force stranger
	stop_phiward 9
	start_phiward
	in_force archive
	assert_record type=policy action=return path~'phiwardd ended meanwhile'
	grep -F 'was on probation and not confirmed' "$PHIWARDD_LOG"
	phiward apply /etc/phiward/policy.yaml
	in_force stranger
}

@test "probation: revert goes back at once, and nobody else may end it" {
	runs archive
	tried 1h
	says archive 'no no'
	run as_user mallory phiward confirm
	[ "$status" -eq 3 ]
	run as_user mallory phiward revert
	[ "$status" -eq 3 ]
	in_force stranger
	phiward revert
	in_force archive
	says archive 'yes yes'
	assert_record type=policy action=return path~'uid 0 went back'
	run phiward revert
	[ "$status" -eq 1 ]
}

@test "probation: another policy ends it, one that is refused does not" {
	tried 1h
	run phiward apply --allow-downgrade /dev/null
	[ "$status" -eq 1 ]
	in_force stranger
	! phiward_is probation=null
	policy archive | apply_policy --try 1h
	in_force archive
	assert_record type=policy action=return path~'with-stranger.*another policy was applied'
	phiward confirm
	in_force archive
}

@test "probation: it is no time to seal, and a time that is none is refused" {
	tried 1h
	run phiward seal
	[ "$status" -eq 1 ]
	[[ $output == *'on probation'* ]]
	run phiward apply --try 0s /run/vm/first.yaml
	[ "$status" -eq 2 ]
	run phiward apply --try soon /run/vm/first.yaml
	[ "$status" -eq 2 ]
	in_force stranger
}
