#!/usr/bin/env bats
# SPDX-License-Identifier: BSD-2-Clause
#
# phiward guards itself: its process, its programs and maps in the kernel, its pins and files,
# against root, in every mode and without the kernel module.

load lib/phiward

IMAGE=/srv/dicom/phantom.dcm

setup_file() {
	load lib/phiward
	lab cp /usr/local/bin/act /usr/local/bin/viewer
	policy > /run/vm/self.yaml
	start_phiward /run/vm/self.yaml
}

teardown_file() {
	load lib/phiward
	reset_phiward
	lab rm -f /usr/local/bin/viewer
}

setup() { mark; }

# Whatever was tried, it is all still in force, and the daemon is at work.
teardown() {
	assert_refused act read $IMAGE
	assert_allowed viewer read $IMAGE
	assert_record type=file action=read verdict=deny object=images
	assert_record type=file action=read verdict=allow subject=viewer
}

policy() {
	cat <<-EOT
	phiward: 1
	name: self
	mode: ${1:-enforce}
	objects:
	  images: {paths: [/srv/dicom], on_audit_loss: keep_working}
	subjects:
	  viewer:
	    exec: [/usr/local/bin/viewer]
	    started_by: [anyone]
	    access: {images: [read]}
	    writes: [pipe]
	  packages:
	    exec: [/usr/bin/nice]
	    started_by: [anyone]
	    helpers: any
	    updates: true
	others: {network: allow}
	EOT
}

# all_refused CMD...: every line that it prints ends with EACCES.
all_refused() {
	run "$@"
	[ -n "$output" ] || { fail "no answer: $*"; return 1; }
	! grep -v ': EACCES$' <<< "$output" || fail "$*: $output"
}

# ---- The process -------------------------------------------------------------------------------

SIGNALS='kill tgkill sigqueue pidfd sigio'
TUNING='nice scheduler affinity ioprio limits'

@test "self: no signal reaches phiwardd, but from PID 1" {
	local pid
	pid=$(phiwardd_pid)
	all_refused harm "$pid" $SIGNALS
	# The pipe may tell once more when it is closed.
	[ "$(events_like type=tamper action=signal verdict=deny subject=others uid=0 peer=phiwardd \
		reason~'guards its own process' exe=/usr/local/bin/harm)" -ge 5 ]
	run kill -9 "$pid"
	[ "$status" -ne 0 ]
	run kill -STOP "$pid"
	[ "$status" -ne 0 ]
	assert_allowed kill -0 "$pid"
	run as_user mallory kill -9 "$pid"	# by the kernel's own rules already
	[ "$status" -ne 0 ]
	[ "$(phiwardd_pid)" = "$pid" ]
	phiward_is daemon=true
	assert_allowed pid1 kill "$pid" 18
	background /dev/null sleep 1000
	assert_allowed harm "$BACKGROUND_PID" $SIGNALS
	wait "$BACKGROUND_PID" || true
	run phiward why
	[[ $output == *"harm run by root was refused sending a signal to phiwardd and the like, "*" times, because phiward guards"* ]]
}

@test "self: nobody takes its processor time, memory or limits" {
	all_refused harm "$(phiwardd_pid)" $TUNING
	[ "$(events_like type=tamper action=tune verdict=deny uid=0 peer=phiwardd)" -eq 5 ]
	run harm "$(phiwardd_pid)" memory	# the kernel asks as for ptrace(2)
	[ "$output" = 'memory: EPERM' ]
	assert_record type=tamper action=trace verdict=deny uid=0 peer=phiwardd exe=/usr/local/bin/harm
	background /dev/null sleep 1000
	assert_allowed harm "$BACKGROUND_PID" $TUNING memory
	kill "$BACKGROUND_PID"
	wait "$BACKGROUND_PID" || true
}

# ---- Its programs and maps in the kernel ---------------------------------------------------------

PINS=/sys/fs/bpf/phiward

@test "self: bpf(2) gets nobody at its maps and programs, not by a pin either; their own they have" {
	local pin pins=()
	for pin in "$PINS"/maps/* "$PINS"/programs/pw_note "$PINS"/programs/pw_file_open; do
		pins+=(pin-get "$pin")
	done
	[ ${#pins[@]} -gt 30 ]
	all_refused gate "${pins[@]}" pin-look $PINS/maps/tasks \
		map-by-id prog-by-id link-by-id
	[ "$(events_like type=tamper action=bpf verdict=deny reason~'guards its own process')" \
		-eq $((${#pins[@]} / 2 + 1)) ]
	run as_user mallory gate pin-get $PINS/maps/shared
	[ "$status" -eq 1 ]
	# Root may look at one, for status, and do nothing with it.
	assert_allowed gate pin-look $PINS/maps/shared
	assert_allowed gate pin-lookup $PINS/maps/shared
	all_refused gate pin-get $PINS/maps/shared pin-freeze $PINS/maps/shared
	all_refused gate link-detach $PINS/links/pw_connect4 link-update $PINS/links/pw_connect4 \
		attach detach link-create
	assert_allowed gate map-own /sys/fs/bpf/own prog-own /sys/fs/bpf/own load-socket-filter
	run bpftool map update pinned $PINS/maps/local_addrs key 0 0 0 0 value 0 0 0 0
	[ "$status" -ne 0 ]
	run bpftool prog load /dev/null /sys/fs/bpf/own
	[ "$status" -ne 0 ]
}

@test "self: status tells what is in force with phiwardd dead, by looking only" {
	stop_phiward 9
	phiward_is daemon=false state=enforcing policy=self enforcing=true
	all_refused gate pin-freeze $PINS/maps/shared pin-get $PINS/maps/tasks
	start_phiward
	wait_for phiward_is state=enforcing daemon=true
}

@test "self: phiwardd is what PID 1 starts among its own directories; a shell's is none, nor a copy" {
	stop_phiward
	run phiwardd
	[ "$status" -eq 4 ]
	[[ $output == *'PID 1 has to start it'* ]]
	cp /usr/sbin/phiwardd /run/vm/phiwardd
	run by_pid1 /run/vm/phiwardd
	[ "$status" -eq 4 ]
	rm /run/vm/phiwardd
	run by_pid1 --env LD_PRELOAD=/run/vm/none.so --env LD_DEBUG=libs /usr/sbin/phiwardd --version
	[ "$status" -eq 0 ]
	[[ $output == phiwardd\ * && $output != *none.so* && $output != *'calling init'* ]] || fail "$output"
	phiward_is daemon=false
	start_phiward
	assert_record type=exec verdict=deny subject=others peer=phiwardd reason~'not started by'
	wait_for phiward_is state=enforcing daemon=true
}

# ---- Who reads the log ---------------------------------------------------------------------------

# reads_log N CMD...: CMD may, and does so N times by the records.
reads_log() {
	mark
	assert_allowed "${@:2}"
	[ "$(events_like type=system action=read verdict=allow "path=$LOG")" -eq "$1" ] ||
		fail "not $1 times, ${*:2}: $(records_like type=system)"
}

@test "self: who reads the log and is no auditor stands in it, and who is does not" {
	LOG=/var/log/phiward/audit.log
	reads_log 1 setpriv --clear-groups cat $LOG
	assert_record type=system action=read verdict=allow path=$LOG exe=/usr/bin/cat uid=0
	reads_log 3 setpriv --clear-groups tail -qn 1 $LOG $LOG $LOG
	mark
	assert_allowed setpriv --clear-groups phiward audit query --since -1s
	assert_record type=system action=read verdict=allow path=$LOG exe=/usr/bin/phiward
	[ "$(records_like type=system action=read path=$LOG | wc -l)" -le 2 ]
	reads_log 0 setpriv --reuid mallory --regid mallory --groups games,phiward-audit cat $LOG
	reads_log 0 setpriv --regid phiward-audit --clear-groups cat $LOG
	touch /run/vm/other
	chgrp phiward-audit /run/vm/other
	setpriv --clear-groups cat /run/vm/other
	[ "$(records_like type=system action=read | wc -l)" -eq 0 ]
}

# ---- What /proc and the control groups do with it ------------------------------------------------

@test "self: nothing of its process is written by /proc" {
	local pid files=() file
	pid=$(phiwardd_pid)
	for file in oom_score_adj comm coredump_filter clear_refs timerslack_ns "task/$pid/comm" \
		"task/$pid/oom_score_adj"; do
		files+=(file "$file")
	done
	all_refused harm "$pid" "${files[@]}"
	[ "$(events_like type=tamper action=tune verdict=deny peer=phiwardd path~"^/proc/" uid=0)" -eq 7 ]
	assert_record type=tamper action=tune verdict=deny path="/proc/$pid/oom_score_adj"
	run harm "$pid" file mem
	[ "$status" -ne 0 ]
	assert_allowed cat "/proc/$pid/oom_score_adj"
	background /dev/null sleep 1000
	assert_allowed harm "$BACKGROUND_PID" file oom_score_adj file coredump_filter file comm file mem
	kill "$BACKGROUND_PID"
	wait "$BACKGROUND_PID" || true
}

# puts VALUE FILE
puts() { $BUSYBOX sh -c "echo $1 > $2"; }

@test "self: nobody freezes, kills or starves it by its control groups; that it is moved is recorded" {
	local groups=/sys/fs/cgroup/phi pid file
	pid=$(phiwardd_pid)
	mkdir -p $groups/inner /sys/fs/cgroup/other
	assert_allowed puts 0 $groups/cgroup.freeze
	assert_allowed puts "$pid" $groups/inner/cgroup.procs
	assert_record type=tamper action=tune verdict=allow subject=others peer=phiwardd
	for file in inner/cgroup.freeze inner/cgroup.kill inner/cgroup.procs inner/cgroup.type cgroup.freeze \
		cgroup.kill cgroup.subtree_control; do
		assert_refused puts 1 "$groups/$file"
		assert_record type=tamper action=tune verdict=deny peer=phiwardd path="$groups/$file"
	done
	phiward_is daemon=true
	background /dev/null sleep 1000
	assert_allowed puts "$BACKGROUND_PID" /sys/fs/cgroup/other/cgroup.procs
	assert_allowed puts 1 /sys/fs/cgroup/other/cgroup.freeze
	assert_allowed puts 1 /sys/fs/cgroup/other/cgroup.kill
	wait "$BACKGROUND_PID" || true
	assert_allowed puts "$pid" /sys/fs/cgroup/cgroup.procs
	assert_allowed puts 0 $groups/inner/cgroup.freeze
	rmdir $groups/inner $groups /sys/fs/cgroup/other
}

# ---- The way to its pins -------------------------------------------------------------------------

@test "self: what its pins lie on is not unmounted, moved or covered" {
	local at
	for at in /sys/fs/bpf /sys /; do
		run umount -l $at
		[ "$status" -ne 0 ] || fail "umount $at"
		run mount --make-private $at
		[ "$status" -ne 0 ] || fail "make-private $at"
	done
	[ "$(events_like type=tamper action=mount verdict=deny exe=/usr/bin/umount \
		reason~'guards its own')" -eq 3 ]
	[ "$(events_like type=tamper action=mount verdict=deny exe=/usr/bin/mount)" -ge 3 ]
	assert_record type=tamper action=mount verdict=deny exe=/usr/bin/umount volume=bpffs
	for at in $PINS /sys/fs/bpf /sys/fs /sys /; do
		run mount -t tmpfs tmpfs $at
		[ "$status" -ne 0 ] || fail "mount $at"
	done
	assert_record type=tamper action=mount verdict=deny path=$PINS exe=/usr/bin/mount
	assert_record type=tamper action=mount verdict=deny path=/sys/fs exe=/usr/bin/mount
	mkdir -p /run/vm/mnt
	run mount --bind /run/vm/mnt $PINS
	[ "$status" -ne 0 ]
	run mount --move /sys/fs/bpf /run/vm/mnt
	[ ! -e /run/vm/mnt/phiward ]
	[ -e $PINS/links/pw_bpf ]
	assert_allowed mount -t bpf bpf /run/vm/mnt
	assert_allowed umount -l /run/vm/mnt
	rmdir /run/vm/mnt
	assert_allowed unshare -m umount -l /sys/fs/bpf
	phiward_is state=enforcing
}

# ---- Its pins -----------------------------------------------------------------------------------

@test "self: its pins stay: no name of them is removed, renamed, linked or made" {
	local link=$PINS/links/pw_file_open
	assert_refused act_on rm -f $link
	assert_refused act_on mv $link $PINS/links/other
	assert_refused act_on mv $link /sys/fs/bpf/other
	assert_refused act_on mv $PINS /sys/fs/bpf/other
	assert_refused act_on ln $link /sys/fs/bpf/other
	assert_refused act_on mkdir $PINS/maps/other
	assert_refused act_on rmdir $PINS/links
	assert_refused act_on chmod 777 $PINS
	assert_refused act_on chown 2001 $PINS/maps/shared
	run gate prog-own $PINS/links/pw_other
	[ "$output" = 'prog-own: EACCES' ]
	[ -e $link ]
	assert_record type=tamper action=delete verdict=deny path=$link uid=0 reason~'guards its own'
	assert_record type=tamper action=rename verdict=deny path=$link
	assert_record type=tamper action=attr verdict=deny path=$PINS/maps/shared
	assert_allowed mkdir /sys/fs/bpf/own
	assert_allowed gate map-own /sys/fs/bpf/own/map
	assert_allowed rmdir /sys/fs/bpf/own
}

act_on() { $BUSYBOX "$@"; }

# ---- What it keeps on disk -----------------------------------------------------------------------

@test "self: its state and its log are written by phiwardd alone" {
	local log=/var/log/phiward/audit.log state=/var/lib/phiward file
	assert_refused sh -c ": >> $log"
	assert_record type=tamper action=write verdict=deny subject=others path=$log reason~'guards its own'
	assert_refused truncate -s 0 $log
	assert_refused rm $log
	assert_record type=tamper action=delete verdict=deny path=$log
	assert_refused mv $log /var/log/
	assert_refused ln $log /var/log/linked
	assert_refused touch $state/accepted.json
	for file in $state/*; do
		assert_refused rm -f "$file"
	done
	assert_refused mkdir $state/more
	assert_refused mv $state /var/lib/away
	assert_refused mv /var/lib /var/away
	assert_record type=tamper action=rename verdict=deny path=/var/lib
	assert_refused $BUSYBOX mount -t tmpfs none $state
	assert_refused unshare -m "$BUSYBOX" mount -t tmpfs none /var/log
	# Nor by who may update programs; and it goes on writing both itself.
	assert_refused nice -n 0 rm $log
	assert_allowed touch /var/log/elsewhere
	rm /var/log/elsewhere
	policy | apply_policy
}

@test "self: its program is changed by updates, and is phiwardd then" {
	assert_refused cp /usr/bin/true /usr/bin/phiward
	assert_refused mv /usr/sbin/phiwardd /opt/
	assert_record type=tamper action=rename verdict=deny subject=others path=/usr/sbin/phiwardd
	assert_allowed nice -n 0 sh -c 'cp /usr/sbin/phiwardd /usr/sbin/phiwardd.new &&
		mv /usr/sbin/phiwardd.new /usr/sbin/phiwardd'
	stop_phiward
	start_phiward
	wait_for phiward_is state=enforcing daemon=true
	assert_no_record type=exec verdict=deny
}
