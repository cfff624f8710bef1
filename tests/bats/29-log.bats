#!/usr/bin/env bats
# SPDX-License-Identifier: BSD-2-Clause
# vm: --disk new
# kernels: 6.1
# timeout: 900
#
# The disk that the log is on: nearly full, full, read-only, failing; and what becomes of closed
# segments. It has no journal of its own, so that it goes on when the device does.

load lib/phiward

IMAGE=/srv/dicom/phantom.dcm
TURNS=/srv/dicom/turns/#
LOG=/var/log/phiward
DISK=/dev/mapper/log
ROOM=/run/vm/room	# the whole of its file system

setup_file() {
	load lib/phiward
	forget_phiward
	modprobe dm-mod
	blockdev --getsz /dev/vdb > /run/vm/sectors
	table linear | dmsetup --noudevsync create log
	[ -b $DISK ] || dmsetup --noudevsync mknodes
	mkfs.ext2 -q -m 0 $DISK
	mkdir -p $LOG $ROOM
	mount -t ext2 -o errors=continue $DISK $ROOM
	mkdir $ROOM/log
	mount --bind $ROOM/log $LOG
	cp /usr/local/bin/act /usr/local/bin/viewer
	mkdir -p /srv/strict
	echo data > /srv/strict/x
	log='{flush: 200ms, segment: 1M, keep: 30d, warn_free: 20%}' policy > /run/vm/log.yaml
	start_phiward /run/vm/log.yaml
}

setup() { mark; }

# Whatever was tried, the log is whole.
teardown() {
	wait_for log_is writable=true
	assert_refused act read $IMAGE
	wait_for numbers_are_complete
	phiward audit verify
}

policy() {
	with_lab <<-EOT
	phiward: 1
	name: log
	mode: enforce
	log: $log
	objects:
	  images: {paths: [/srv/dicom], on_audit_loss: keep_working}
	  strict: {paths: [/srv/strict], on_audit_loss: deny}
	subjects:
	  viewer:
	    exec: [/usr/local/bin/viewer]
	    started_by: [anyone]
	    access: {images: [read], strict: [read]}
	    writes: [pipe]
	  disks: {exec: [/usr/bin/ionice], helpers: any, started_by: [anyone], system: [storage]}
	others: {network: allow}
	EOT
}

log_is() { json_has "${1%=*}" "${1#*=}" "$(phiward_status)"; }
free() { phiward_status | jq .log.free_percent; }

table() { echo "0 $(< /run/vm/sectors) $1$([ "$1" = error ] || echo ' /dev/vdb 0')"; }

# device_is linear|error: under a mounted file system.
device_is() {
	table "$1" | ionice dmsetup --noudevsync load log
	ionice dmsetup --noudevsync suspend --noflush --nolockfs log
	ionice dmsetup --noudevsync resume log
}

# fill PERCENT: leaves so much of the disk.
fill() {
	local all room
	read -r all room < <(df --output=size,avail -k $ROOM | tail -n 1)
	dd if=/dev/zero of=$ROOM/filler bs=1k count=$((room - all * $1 / 100)) 2> /dev/null || true
}
empty() { rm $ROOM/filler; }

@test "log: what the policy says of it is in force, and status shows the last checkpoint" {
	local anchor
	assert_refused act read $IMAGE
	wait_for log_is low=false
	anchor=$(phiward_status | jq -r .log.anchor)
	[[ $anchor =~ ^phiward/[0-9a-f]{32}/[0-9]+\ [0-9]+\ [A-Za-z0-9+/]{43}=$ ]]
	phiward audit verify --anchor "$anchor" | grep 'the anchor is in the log'
	phiward status | grep -F "anchor      phiward/"
}

@test "log: when room is short that is said and recorded, and when there is room again" {
	fill 15
	wait_for log_is low=true
	wait_for has_record type=system action=space path~'% of the log.s file system are free, and no more'
	phiward status | grep 'make room'
	grep -q 'are free; when it is full' "$PHIWARDD_LOG"
	empty
	wait_for log_is low=false
	wait_for has_record type=system action=space path~'are free again'
}

@test "log: on a full disk records wait; when there is room they are written, all of them" {
	fill 0
	assert_allowed viewer times 2500 $TURNS
	wait_for log_is writable=false
	assert_refused act read $IMAGE
	assert_allowed viewer read $IMAGE read /srv/strict/x
	empty
	wait_for log_is writable=true
	wait_for has_record type=file verdict=allow object=strict
	assert_lost_zero
}

@test "log: on a read-only disk records wait, over the death and the start of the daemon" {
	stop_phiward 9
	mount -o remount,ro $ROOM
	assert_refused act read $IMAGE
	pid1 start --out "$PHIWARDD_LOG" -- /usr/sbin/phiwardd > "$PHIWARDD_PID_FILE"
	wait_for phiward_is daemon=true state=enforcing
	grep -q 'cannot be opened: Read-only file system; it is tried again' "$PHIWARDD_LOG"
	assert_refused act read $IMAGE
	assert_allowed viewer read /srv/strict/x
	mount -o remount,rw $ROOM
	wait_for log_is writable=true
	[ "$(records_like type=file verdict=deny object=images exe=/usr/local/bin/act | wc -l)" -eq 2 ]
	[ "$(records_like type=file verdict=allow object=strict | wc -l)" -eq 1 ]
	assert_lost_zero
}

@test "log: what a failing device took is written again when it works" {
	device_is error
	assert_refused act read $IMAGE
	wait_for log_is writable=false
	assert_allowed viewer read /srv/strict/x
	grep -q 'cannot be written: Input/output error' "$PHIWARDD_LOG"
	device_is linear
	wait_for log_is writable=true
	assert_refused act read $IMAGE
	control '{"command":"drain"}'
	# From the disk, not from memory.
	by_pid1 sh -c 'echo 3 > /proc/sys/vm/drop_caches'
	phiward audit verify
	[ "$(records_like type=file verdict=deny object=images exe=/usr/local/bin/act | wc -l)" -eq 2 ]
	assert_lost_zero
}

@test "log: full segments are compressed" {
	for _ in 1 2 3 4; do
		assert_allowed viewer times 1200 $TURNS
		wait_for log_is writable=true
	done
	wait_for test -e $LOG/audit-00000002.log.zst
	[ ! -e $LOG/audit-00000002.log ]
	[ "$(stat -c '%a %U %G' $LOG/audit-00000002.log.zst)" = "640 root phiward-audit" ]
	[ "$(($(stat -c %s $LOG/audit-00000002.log.zst) * 5))" -lt 1000000 ]
	phiward audit verify | grep '^consistent from sequence 1 to'
	wait_for has_record type=file verdict=allow object=images
}

@test "log: a clock that jumps by years makes nothing old enough to be deleted" {
	local now
	now=$(date +%s)
	lab date -s "@$((now + 10 * 365 * 86400))"
	assert_allowed viewer times 1200 $TURNS
	control '{"command":"drain"}'
	assert_no_record action=expire
	lab date -s "@$now"
	phiward audit verify | grep '^consistent from sequence 1 to'
}

# The record of a deletion comes before it.
expired_are_gone() {
	local last
	last=$(records_like action=expire | sed -n 's/.*"path":"segment \([0-9]*\):.*/\1/p' | tail -n 1)
	[ -n "$last" ] && [ -z "$(find $LOG -name "audit-*$last.log*")" ]
}

@test "log: old segments are deleted, each after a record of it, and the rest verifies" {
	local now said MARK_FILE=/none	# it counts bytes from the beginning
	log='{segment: 1M, keep: 2d}' policy | apply_policy
	now=$(date +%s)
	lab date -s "@$((now + 3 * 86400))"
	assert_allowed viewer times 2400 $TURNS
	wait_for has_record type=system action=expire subject=phiwardd path~'^segment 3: '
	wait_for test ! -e $LOG/audit-00000003.log.zst
	assert_record type=system action=expire subject=phiwardd path~'^segment 1: '
	lab date -s "@$now"
	run ls $LOG/audit-00000001.log $LOG/audit-00000001.log.zst $LOG/audit-00000002.log.zst
	[ "$status" -eq 2 ] && [ "$(grep -c 'No such file' <<< "$output")" -eq 3 ] || fail "$output"
	said=$(phiward audit verify)
	[[ $said == 'consistent from sequence '[1-9][0-9]*'was deleted by the policy'* ]] || fail "$said"
	wait_for expired_are_gone
	cp -r $LOG /run/vm/copy
	rm "$(find /run/vm/copy -name 'audit-*' | sort | head -n 1)"
	run phiward audit verify /run/vm/copy
	[ "$status" -eq 1 ] && [[ $output == *'no record says that it was deleted'* ]] || fail "$output"
	stop_phiward
	start_phiward
	phiward audit verify
}
