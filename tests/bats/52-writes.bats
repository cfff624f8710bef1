#!/usr/bin/env bats
# SPDX-License-Identifier: BSD-2-Clause
#
# What a member may do with what it read: where it may write, whatever it was started with.
# A member without `pipe` in its writes cannot print why it failed: its exit code is the errno.
#
# newer: one

load lib/phiward

IMAGE=/srv/dicom/phantom.dcm
OUT=/run/vm/out
ELSEWHERE=/srv/public/elsewhere

setup_file() {
	load lib/phiward
	rm -f /tmp/leak
	local name
	for name in viewer piper typist writer bedside sender helper; do
		lab cp /usr/local/bin/act "/usr/local/bin/$name"
	done
	mkdir -p $OUT
	chmod 1777 $OUT
	policy > /run/vm/writes.yaml
	start_phiward /run/vm/writes.yaml
}

teardown_file() {
	load lib/phiward
	reset_phiward
	lab rm -f /usr/local/bin/{viewer,piper,typist,writer,bedside,sender,helper}
	rm -rf $OUT $ELSEWHERE
}

setup() {
	rm -rf $ELSEWHERE "${OUT:?}"/*
	echo kept > $ELSEWHERE
	chmod 666 $ELSEWHERE
	mark
}

policy() {
	cat <<-'EOT'
	phiward: 1
	name: writes
	mode: enforce
	objects:
	  images: {paths: [/srv/dicom], on_audit_loss: keep_working}
	subjects:
	  viewer:
	    exec: [/usr/local/bin/viewer, /usr/bin/dcmdump]
	    started_by: [anyone]
	    helpers: [/usr/local/bin/helper]
	    access: {images: [read]}
	    writes: [/run/vm/out]
	  piper:
	    exec: [/usr/local/bin/piper]
	    started_by: [anyone]
	    access: {images: [read]}
	    writes: [pipe]
	  typist:
	    exec: [/usr/local/bin/typist]
	    started_by: [anyone]
	    access: {images: [read]}
	    writes: [tty]
	  writer:
	    exec: [/usr/local/bin/writer]
	    started_by: [anyone]
	    access: {images: [read, write, create, delete]}
	  bedside:
	    exec: [/usr/local/bin/bedside]
	    started_by: [anyone]
	    access: {images: [read]}
	    never_block: true
	  sender:
	    exec: [/usr/local/bin/sender]
	    started_by: [anyone]
	    network: [{connect: {tcp: [104], to: [any]}}]
	others: {network: allow}
	EOT
}

# assert_eacces CMD...: ends with EACCES, which it perhaps cannot say.
assert_eacces() {
	run "$@"
	[ "$status" -eq 13 ] || fail "ended with $status: $*: $output"
}

# into FILE CMD...: with its standard output there; as_mallory_into: the shell is mallory's.
into() { "${@:2}" > "$1"; }
as_mallory_into() { as_user mallory sh -c 'exec "$@" > "$0"' "$@"; }

assert_kept() { [ "$(< $ELSEWHERE)" = kept ] || fail "$ELSEWHERE: $(< $ELSEWHERE)"; }

@test "writes: files: below its own places and nowhere else" {
	as_anybody assert_eacces viewer write $ELSEWHERE
	as_anybody assert_eacces viewer create /tmp/leak
	as_anybody assert_eacces viewer map $ELSEWHERE
	as_anybody assert_eacces viewer write $IMAGE
	assert_record verdict=deny action=write subject=viewer path=$ELSEWHERE reason~'nor in its writes'
	assert_record verdict=deny action=create subject=viewer path=/tmp/leak uid=2001
	assert_record verdict=deny action=write subject=viewer object=images reason~'no rule'
	assert_kept
	[ ! -e /tmp/leak ]
	assert_allowed viewer create $OUT/report read $IMAGE write $OUT/report map $OUT/report
	assert_allowed as_user mallory viewer create $OUT/other
	assert_allowed act write $ELSEWHERE map $ELSEWHERE
}

@test "writes: files: in an object by its access" {
	assert_allowed writer create /srv/dicom/new write /srv/dicom/new
	assert_eacces writer create $OUT/new
	assert_eacces writer write $ELSEWHERE
	assert_allowed act exec /usr/local/bin/writer read $IMAGE
	rm -f /srv/dicom/new || true
	assert_kept
}

@test "writes: what the shell opened for it counts as its own writing" {
	assert_eacces into $ELSEWHERE viewer read $IMAGE put 1
	assert_eacces as_mallory_into /tmp/leak viewer put 1
	assert_record verdict=deny action=write subject=viewer path=$ELSEWHERE uid=0
	assert_record verdict=deny action=write subject=viewer path=/tmp/leak uid=2001
	[ ! -s /tmp/leak ]
	[ ! -s $ELSEWHERE ]
	run sh -c "viewer put 7 7>> /tmp/leak"
	[ "$status" -eq 13 ]
	run sh -c "viewer send 2 2> /tmp/leak; viewer fork put 1 >> /tmp/leak; viewer thread put 1 >> /tmp/leak;
		viewer exec /usr/local/bin/helper put 1 >> /tmp/leak"
	[ ! -s /tmp/leak ]
	assert_allowed into $OUT/x viewer read $IMAGE put 1
	assert_allowed as_mallory_into $OUT/y viewer read $IMAGE put 1
	[ "$(cat $OUT/x $OUT/y)" = xx ]
	rm /tmp/leak
}

@test "writes: a real program cannot be made to write what it reads" {
	run sh -c "dcmdump $IMAGE > /tmp/leak 2> /dev/null"
	[ ! -s /tmp/leak ]
	assert_record verdict=allow action=read subject=viewer path=$IMAGE exe=/usr/bin/dcmdump
	assert_record verdict=deny action=write subject=viewer path=/tmp/leak exe=/usr/bin/dcmdump
	assert_allowed sh -c "dcmdump $IMAGE > $OUT/dump 2> /dev/null"
	grep -q PatientName $OUT/dump
	rm /tmp/leak
}

@test "writes: pipes, also without a name, and memory that is passed on, are one word" {
	mkfifo /run/vm/fifo
	exec 8<> /run/vm/fifo
	local way
	for way in 'out pipe' 'out memfd' 'out pair'; do
		# shellcheck disable=SC2086 # words
		as_anybody assert_eacces act $way exec /usr/local/bin/viewer read $IMAGE put 1
		# shellcheck disable=SC2086
		as_anybody assert_allowed act $way exec /usr/local/bin/piper read $IMAGE put 1
	done
	for way in put-pipe put-memfd 'write /run/vm/fifo'; do
		# shellcheck disable=SC2086
		assert_eacces viewer $way
		# shellcheck disable=SC2086
		assert_allowed piper $way
	done
	assert_eacces act out pair exec /usr/local/bin/viewer send 1
	assert_eacces act out tcp exec /usr/local/bin/piper put 1
	assert_allowed act out tcp put 1
	assert_eacces piper put-shm
	assert_record verdict=deny action=write subject=viewer reason~'nor in its writes'
	exec 8>&-
	rm /run/vm/fifo
}

@test "writes: netlink, the kernel's ciphers and events that it was started with are pipes" {
	local way
	for way in 'netlink put' 'alg put' 'event put-long'; do
		# shellcheck disable=SC2086 # words
		set -- $way
		as_anybody assert_eacces act out "$1" exec /usr/local/bin/viewer read $IMAGE "$2" 1
		as_anybody assert_allowed act out "$1" exec /usr/local/bin/piper read $IMAGE "$2" 1
		assert_eacces act out "$1" exec /usr/local/bin/viewer fork "$2" 1
	done
	assert_eacces act out netlink exec /usr/local/bin/viewer send 1
	assert_record verdict=deny action=write subject=viewer reason~'nor in its writes' uid=2001
	assert_allowed viewer put-netlink put-event
	assert_allowed as_user mallory viewer read $IMAGE put-netlink put-event
	assert_allowed act out event exec /usr/local/bin/sender put-long 1
}

@test "writes: terminals are another" {
	as_anybody assert_eacces act out tty exec /usr/local/bin/viewer put 1
	assert_eacces act out tty exec /usr/local/bin/piper put 1
	as_anybody assert_allowed act out tty exec /usr/local/bin/typist read $IMAGE put 1
	assert_eacces act out pipe exec /usr/local/bin/typist put 1
	assert_eacces act out memfd exec /usr/local/bin/typist put 1
}

@test "writes: a member's own sockets are the network's business, /dev/null is nobody's" {
	assert_allowed viewer put-null put-pair
	assert_allowed into /dev/null viewer put 1
	assert_allowed writer put-null
	run sh -c 'viewer put 7 7> /dev/kmsg'
	[ "$status" -eq 13 ]
	assert_allowed sh -c 'act put 7 7> /dev/kmsg'
}

@test "writes: who has no access is not bound, who is never blocked neither" {
	assert_allowed sender write $ELSEWHERE put-pipe
	assert_allowed act out pair exec /usr/local/bin/sender put 1
	assert_allowed bedside read $IMAGE write $ELSEWHERE put-pipe put-memfd
	assert_allowed act out pair exec /usr/local/bin/bedside put 1
	assert_allowed into /srv/public/loose bedside put 1
	rm /srv/public/loose
}

@test "writes: nothing was lost" {
	assert_lost_zero
}
