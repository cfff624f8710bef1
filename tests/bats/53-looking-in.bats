#!/usr/bin/env bats
# SPDX-License-Identifier: BSD-2-Clause
#
# Nobody looks into a member or acts as one. tests/vm/tools/pry.c has the routes.

load lib/phiward

IMAGE=/srv/dicom/phantom.dcm
HOLD=/run/vm/hold

setup_file() {
	load lib/phiward
	local name
	for name in viewer bedside sender; do
		lab cp /usr/local/bin/act "/usr/local/bin/$name"
	done
	lab cp /usr/local/bin/pry /usr/local/bin/peer
	policy > /run/vm/looking.yaml
	echo 0 > /proc/sys/kernel/yama/ptrace_scope
	start_phiward /run/vm/looking.yaml
}

teardown_file() {
	load lib/phiward
	reset_phiward
	lab rm -f /usr/local/bin/{viewer,bedside,sender,peer}
	echo core > /proc/sys/kernel/core_pattern
}

setup() {
	mkfifo -m 666 $HOLD
	exec 8<> $HOLD
	mark
}

# Lets everybody go who waits.
teardown() {
	echo xxxxxxxxxxxx >&8
	wait
	exec 8>&-
	rm -f $HOLD /run/vm/core.*
}

policy() {
	cat <<-'EOT'
	phiward: 1
	name: looking-in
	mode: enforce
	objects:
	  images: {paths: [/srv/dicom], on_audit_loss: keep_working}
	subjects:
	  viewer:
	    exec: [/usr/local/bin/viewer, /usr/local/bin/peer]
	    started_by: [anyone]
	    access: {images: [read]}
	    writes: [pipe, tty]
	  bedside:
	    exec: [/usr/local/bin/bedside]
	    started_by: [anyone]
	    never_block: true
	  sender:
	    exec: [/usr/local/bin/sender]
	    started_by: [anyone]
	    network: [{connect: {tcp: [104], to: [any]}}]
	others: {network: allow}
	EOT
}

# waiting [USER/]PROGRAM WORD...: runs it until the test is over; its process is BACKGROUND_PID.
waiting() {
	local user=root program=${1#*/}
	[[ $1 != */* ]] || user=${1%/*}
	background /dev/null login-as --no-session "$user" "$program" "${@:2}" await $HOLD
	wait_for sleeps_as "$program" "$BACKGROUND_PID"
}

# assert_closed KIND CMD...: none of the routes of that kind is open.
assert_closed() {
	run "${@:2}"
	[[ $output == *attach-ptrace:* ]] || { fail "no answer: $output"; return 1; }
	! grep -q "^$1.*OPEN" <<< "$output" || fail "$*: $output"
}

# assert_open KIND CMD...: all of them are.
assert_open() {
	run "${@:2}"
	[[ $output == *attach-ptrace:* ]] || { fail "no answer: $output"; return 1; }
	! grep "^$1" <<< "$output" | grep -qv OPEN || fail "$*: $output"
}

@test "row 13: nobody looks into a member or takes its descriptors: not root, not its user" {
	waiting act
	assert_open '' pry "$BACKGROUND_PID"
	waiting viewer read $IMAGE
	assert_closed '' pry "$BACKGROUND_PID"
	assert_record type=tamper action=trace verdict=deny subject=others peer=viewer uid=0 \
		exe=/usr/local/bin/pry
	assert_record type=file verdict=allow subject=viewer pid="$BACKGROUND_PID"
	waiting mallory/viewer
	assert_closed '' as_user mallory pry "$BACKGROUND_PID"
	assert_record type=tamper action=trace verdict=deny peer=viewer uid=2001
	waiting mallory/act
	run as_user mallory pry "$BACKGROUND_PID"
	[[ $output == *'attach-vm-readv: OPEN'* ]]
}

@test "row 13: members of one subject may see each other in /proc, and not more" {
	waiting viewer
	assert_closed attach peer "$BACKGROUND_PID"
	assert_open read-environ peer "$BACKGROUND_PID"
	assert_open read-fd-link peer "$BACKGROUND_PID"
}

@test "row 13: nobody acts as who may use the network, or is never blocked" {
	waiting sender
	assert_closed attach pry "$BACKGROUND_PID"
	assert_open read pry "$BACKGROUND_PID"
	assert_record type=tamper action=trace verdict=deny peer=sender
	waiting bedside
	assert_closed '' pry "$BACKGROUND_PID"
	assert_record type=tamper action=trace verdict=deny peer=bedside
}

@test "row 13: nobody acts as PID 1, which starts the members, or as phiwardd" {
	assert_closed attach pry 1
	assert_open read-root pry 1
	assert_record type=tamper action=trace verdict=deny peer=init
	assert_closed '' pry "$(phiwardd_pid)"
	assert_record type=tamper action=trace verdict=deny peer=phiwardd
}

@test "row 13: who asks what program a process runs is refused without a record, as often as the journal asks" {
	waiting viewer
	assert_refused readlink -v "/proc/$BACKGROUND_PID/exe"
	assert_refused readlink -v "/proc/$(phiwardd_pid)/exe"
	assert_refused cat "/proc/$BACKGROUND_PID/attr/current"
	assert_refused cat "/proc/$(phiwardd_pid)/attr/current"
	assert_no_record type=tamper exe~'/(readlink|cat)$'
	assert_refused head -c 1 "/proc/$BACKGROUND_PID/exe"
	assert_record type=tamper action=trace verdict=deny peer=viewer exe=/usr/bin/head
	waiting act
	[ "$(readlink "/proc/$BACKGROUND_PID/exe")" = /usr/local/bin/act ]
	assert_allowed head -c 1 "/proc/$BACKGROUND_PID/exe"
}

@test "row 13: a program that is traced from its start is none of the policy's" {
	assert_refused act traced exec /usr/local/bin/viewer read $IMAGE
	assert_refused as_user mallory act traced exec /usr/local/bin/viewer read $IMAGE
	assert_record type=exec verdict=deny subject=others peer=viewer reason~'being traced' uid=0
	assert_record type=exec verdict=deny subject=others peer=viewer reason~'being traced' uid=2001
	assert_refused strace -o /dev/null viewer read $IMAGE
	assert_allowed act fork exec /usr/local/bin/viewer read $IMAGE
	assert_allowed act traced exec /usr/local/bin/act read /srv/public/notice.txt
}

@test "row 13: a member cannot be made to ask for its tracing" {
	assert_refused viewer traced read $IMAGE
	assert_refused as_user mallory viewer traced read $IMAGE
	assert_record type=tamper action=trace verdict=deny peer=viewer
	assert_allowed act traced read /srv/public/notice.txt
}

@test "row 20: a member's memory is not dumped, to a file or to a program" {
	local pattern
	for pattern in /run/vm/core.file "|$BUSYBOX dd of=/run/vm/core.pipe"; do
		echo "$pattern" > /proc/sys/kernel/core_pattern
		run as_user root viewer read $IMAGE dump
		[ "$status" -eq 137 ]
		run bedside dump
		[ "$status" -eq 137 ]
		[ -z "$(ls /run/vm/core.* 2> /dev/null)" ]
		run act dump
		[ "$status" -eq 134 ]
		[ -s /run/vm/core.file ] || [ -s /run/vm/core.pipe ]
		rm /run/vm/core.*
	done
}

@test "row 20: nor by a fault, by any signal that dumps, in any thread, or sent by its user" {
	local signal
	echo /run/vm/core.file > /proc/sys/kernel/core_pattern
	for signal in 0 3 4 5 6 7 8 11 24 25 31; do
		run as_user root viewer read $IMAGE raise $signal
		[ "$status" -eq 137 ] || fail "$signal: $status: $output"
		run viewer read $IMAGE thread raise $signal
		[ "$status" -eq 137 ] || fail "$signal in a thread: $status: $output"
	done
	waiting mallory/viewer read $IMAGE
	prlimit --pid "$BACKGROUND_PID" --core=unlimited
	as_user mallory kill -ABRT "$BACKGROUND_PID"
	wait_for test ! -e "/proc/$BACKGROUND_PID"
	[ -z "$(ls /run/vm/core.* 2> /dev/null)" ]
	for signal in 0 31; do
		run act read /srv/public/notice.txt thread raise $signal
		[ "$status" -gt 128 ] && [ "$status" -ne 137 ]
		[ -s /run/vm/core.file ]
		rm /run/vm/core.file
	done
}

@test "looking in: nothing was lost" {
	assert_lost_zero
}
