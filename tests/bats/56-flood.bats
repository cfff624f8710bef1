#!/usr/bin/env bats
# SPDX-License-Identifier: BSD-2-Clause
#
# More of everything than there is room for: records, processes, labels. Afterwards the
# counters of what was lost are no longer 0, so it has a machine for itself.
#
# kernels: 6.1
# vm: --mem 2G
# timeout: 900

load lib/phiward

IMAGE=/srv/dicom/phantom.dcm
TURNS=/srv/dicom/turns/#
STRICT=/srv/strict/x
# More than the rings hold: 16, 4 and 2 MiB for entries of 1.5 KiB.
FILLS_OTHERS=3000
FILLS_TAMPER=1500
FILLS_MEMBERS=12000

setup_file() {
	load lib/phiward
	cp /usr/local/bin/act /usr/local/bin/viewer
	cp /usr/local/bin/act /usr/local/bin/bedside
	cp /usr/local/bin/act /usr/local/bin/saver
	mkdir -p /srv/strict
	echo data > $STRICT
	policy > /run/vm/flood.yaml
	forget_phiward
	with_breaker /run/vm/flood.yaml
}

policy() {
	cat <<-'EOT'
	phiward: 1
	name: flood
	mode: enforce
	objects:
	  images: {paths: [/srv/dicom], on_audit_loss: keep_working}
	  strict: {paths: [/srv/strict], on_audit_loss: deny}
	subjects:
	  viewer:
	    exec: [/usr/local/bin/viewer]
	    started_by: [anyone]
	    access: {images: [read], strict: [read]}
	    writes: [pipe]
	    network: [{connect: {tcp: [104], to: [any]}}]
	  saver:
	    exec: [/usr/local/bin/saver]
	    started_by: [anyone]
	    access: {strict: [read]}
	    audit: {strict: folded}
	    writes: [pipe]
	  bedside:
	    exec: [/usr/local/bin/bedside]
	    started_by: [anyone]
	    never_block: true
	others: {network: loopback}
	EOT
}

@test "row 22: strangers who flood do not take the place of a member's record" {
	stop_phiward 9
	run act crowd $FILLS_OTHERS $IMAGE
	[ "$status" -eq 13 ]
	[ "$(status_number lost)" -gt 0 ]
	assert_refused act read $IMAGE
	assert_refused as_user mallory act read $STRICT
	assert_allowed viewer read $STRICT read $IMAGE
	assert_allowed as_user mallory viewer read $STRICT
	start_phiward
	wait_for phiward_is enforcing=true
	MARK_FILE=/none
	assert_record type=gap reason='ring of others full'
	assert_no_record type=gap reason~members
	assert_record type=file verdict=allow subject=viewer object=strict uid=2001
}

@test "row 22: strangers who tamper without end take nobody's place, and nobody hides it" {
	stop_phiward 9
	run act crowd $FILLS_OTHERS $IMAGE
	[ "$status" -eq 13 ]
	mark
	run act times 3 /dev/vda
	[ "$status" -eq 13 ]
	run act crowd $FILLS_TAMPER /dev/vda
	[ "$status" -eq 13 ]
	assert_allowed viewer read $STRICT read $IMAGE
	start_phiward
	wait_for phiward_is enforcing=true
	assert_record type=tamper action=raw verdict=deny subject=others
	assert_record type=file verdict=allow subject=viewer object=strict
	MARK_FILE=/none
	assert_record type=gap reason='ring of tampering full'
	assert_no_record type=gap reason~members
}

@test "row 22: without room for a record, strict objects are denied and others work on" {
	local before
	stop_phiward 9
	assert_allowed viewer times $FILLS_MEMBERS $TURNS
	before=$(status_number lost)
	[ "$before" -gt 0 ]
	assert_refused viewer read $STRICT
	assert_refused as_user mallory viewer read $STRICT
	assert_allowed viewer read $IMAGE
	assert_allowed bedside read $STRICT read $IMAGE
	assert_refused act read $IMAGE
	[ "$(status_number lost)" -gt "$before" ]
	[ "$(status_number 'accesses denied because no record could be made')" -eq 2 ]
	phiward_is enforcing=true daemon=false
	start_phiward
	wait_for phiward_is enforcing=true
	assert_allowed viewer read $STRICT
	wait_for numbers_are_complete
	MARK_FILE=/none
	assert_record type=gap reason~'members'
	# 21 MiB, and two windows of a ring while one moves: not the 22 MiB of whole rings as well.
	[ "$(awk '/^VmHWM:/ { print $2 }' "/proc/$(phiwardd_pid)/status")" -lt $((32 * 1024)) ]
}

@test "row 22: without room for a record, folded reads go on where they are counted, and begin nowhere" {
	local strict='object=strict subject=saver verdict=allow'
	mark
	waits /run/vm/saves saver read $STRICT await /run/vm/go times 100 $STRICT
	wait_for sleeps_as saver "$BACKGROUND_PID"
	stop_phiward 9
	assert_allowed viewer times $FILLS_MEMBERS $TURNS
	lets_go
	assert_refused saver read $STRICT
	start_phiward
	wait_for phiward_is enforcing=true
	[ "$(events_like $strict)" -eq 101 ]
	[ "$(records_like $strict path=null | wc -l)" -eq 1 ]
	assert_allowed saver read $STRICT
	[ "$(events_like $strict)" -eq 102 ]
	wait_for numbers_are_complete
}

@test "row 22: more folded runs than are counted have a record for each read, and refusals keep their room" {
	local n folded reads=()
	for n in {1..2200}; do reads+=(uid "$n" -1 read $STRICT read $STRICT); done
	mark
	saver "${reads[@]}"
	run as_user mallory act times 500 $IMAGE
	[ "$(events_like object=strict subject=saver verdict=allow)" -eq 4400 ]
	folded=$(records_like object=strict subject=saver path=null count=1 | wc -l)
	[ "$folded" -gt 1900 ] && [ "$folded" -le 2048 ]
	assert_record object=strict subject=saver uid=2200 path=$STRICT
	assert_no_record object=strict subject=saver uid=2200 path=null
	[ "$(events_like object=images verdict=deny uid=2001)" -eq 500 ]
	[ "$(records_like object=images verdict=deny uid=2001 | wc -l)" -le 20 ]
	wait_for numbers_are_complete
}

@test "row 22: with the daemon alive, a flood is in the log to the last number" {
	local before after
	before=$(status_number lost)
	mark
	background /dev/null as_user mallory act crowd $FILLS_OTHERS $IMAGE
	assert_allowed viewer times 1000 $STRICT
	wait "$BACKGROUND_PID" || true
	wait_for numbers_are_complete
	after=$(status_number lost)
	assert_allowed viewer read $STRICT
	[ "$(events_like object=strict verdict=allow)" -ge 1001 ]
	[ "$after" -ge "$before" ]
}

@test "row 22: one who tries the same again and again gets few records, which count each try" {
	local before
	before=$(status_number lost)
	mark
	background /dev/null as_user mallory act times 6000 $IMAGE
	assert_allowed viewer times 1000 $STRICT
	wait "$BACKGROUND_PID" || true
	[ "$(events_like object=images verdict=deny uid=2001)" -eq 6000 ]
	[ "$(records_like object=images verdict=deny uid=2001 | wc -l)" -le 20 ]
	[ "$(events_like object=strict verdict=allow)" -eq 1000 ]
	[ "$(status_number lost)" -eq "$before" ]
	numbers_are_complete
}

@test "row 22: what was tried again while no daemon ran, and by whom it is counted" {
	mark
	stop_phiward 9
	run act times 500 $IMAGE
	run as_user mallory act times 700 $IMAGE
	start_phiward
	wait_for phiward_is enforcing=true
	[ "$(events_like object=images verdict=deny uid=0)" -eq 500 ]
	[ "$(events_like object=images verdict=deny uid=2001)" -eq 700 ]
}

@test "row 23: thousands of members and of strangers at the same time are told apart" {
	mark
	assert_allowed viewer crowd 2000 $IMAGE
	run act crowd 2000 $IMAGE
	[ "$status" -eq 13 ]
	assert_allowed as_user mallory viewer crowd 200 $IMAGE
	run as_user mallory act crowd 200 $IMAGE
	[ "$status" -eq 13 ]
	assert_allowed viewer read $STRICT
	[ "$(status_number 'task labels that could not be stored')" -eq 0 ]
	assert_no_record type=file verdict=allow subject=others
}

@test "row 23: a fork bomb of strangers ends no member" {
	local bomb
	background /dev/null as_user mallory bash -c 'ulimit -u 60; f() { f | f & }; f'
	bomb=$BACKGROUND_PID
	assert_allowed viewer fork fork read $STRICT
	assert_refused act read $IMAGE
	as_user mallory bash -c 'kill -9 -1' || true	# all of his at once
	wait "$bomb" || true
	wait_for no_process_of mallory
	assert_allowed viewer read $STRICT
	wait_for numbers_are_complete
}

no_process_of() { [ -z "$(pgrep -u "$1")" ]; }

labels() { breaker count /sys/fs/bpf/phiward/maps/labels; }

has_labels() { [ "$(labels)" -le "$1" ]; }

@test "row 23: forks of a member that the kernel gives up leave no label behind" {
	local before
	before=$(labels)
	assert_allowed as_user mallory viewer fork-in-vain 3000
	wait_for has_labels "$before"
	assert_allowed viewer fork fork read $STRICT
	wait_for has_labels "$before"
}

@test "row 23: with no room for labels the network takes members for others, files do not" {
	run viewer connect 10.20.5.4 104
	[[ $output == *ECONNREFUSED* ]]
	breaker fill /sys/fs/bpf/phiward/maps/labels
	mark
	assert_refused viewer connect 10.20.5.4 104
	assert_allowed viewer read $STRICT
	assert_refused act read $IMAGE
	[ "$(status_number 'socket labels that could not be stored')" -gt 0 ]
	assert_record type=net verdict=deny subject=others port=104
}
