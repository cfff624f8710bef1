#!/usr/bin/env bats
# SPDX-License-Identifier: BSD-2-Clause
#
# Root takes from the machine what phiwardd lives on: processes, open files, memory, the time of
# day, its quiet. What is enforced and what is recorded stay as they are.
#
# newer: one

load lib/phiward

IMAGE=/srv/dicom/phantom.dcm
GROUP=/sys/fs/cgroup/starved

setup_file() {
	load lib/phiward
	lab cp /usr/local/bin/act /usr/local/bin/viewer
	policy > /run/vm/pressure.yaml
	start_phiward /run/vm/pressure.yaml
}

teardown_file() {
	load lib/phiward
	reset_phiward
	lab rm -f /usr/local/bin/viewer
}

setup() { mark; }

# Whatever was tried: all is in force, the daemon is at work, and the log is whole.
teardown() {
	assert_refused act read $IMAGE
	assert_allowed viewer read $IMAGE
	assert_record type=file action=read verdict=deny subject=others object=images
	assert_record type=file action=read verdict=allow subject=viewer object=images
	wait_for phiward_is daemon=true state=enforcing lost=0
	wait_for numbers_are_complete
}

policy() {
	with_lab <<-'EOT'
	phiward: 1
	name: pressure
	mode: enforce
	objects:
	  images: {paths: [/srv/dicom], on_audit_loss: keep_working}
	subjects:
	  viewer:
	    exec: [/usr/local/bin/viewer]
	    started_by: [anyone]
	    access: {images: [read]}
	    writes: [pipe]
	others: {network: allow}
	EOT
}

@test "pressure: without room for another process" {
	local setting=/proc/sys/kernel/threads-max before
	read -r before < $setting
	echo 400 > $setting
	run act crowd 1000 $IMAGE
	echo "$before" > $setting
	[ "$status" -eq 11 ]	# EAGAIN
	[ "$(records_like type=file action=read verdict=deny exe=/usr/local/bin/act object=images |
		sed 's/.*"count":\([0-9]*\).*/\1/' | $BUSYBOX awk '{ n += $0 } END { print n }')" -gt 200 ]
}

# hold_files DIR: opens files until there are no more, says so in DIR, and keeps them until it is
# told.
hold_files() {
	# shellcheck disable=SC2016 # expanded there
	as_user mallory bash -c 'ulimit -n 4096
		exec < "$0/go" 2> "$0/said" 9> "$0/held"
		while command exec {fd}< /dev/null; do :; done
		echo "$fd" >&9
		read -r' "$1"
}

@test "pressure: without room for another open file, which root and a member open nevertheless" {
	local setting=/proc/sys/fs/file-max before holder pid dir=/run/vm/files
	mkdir -m 777 $dir
	mkfifo -m 666 $dir/go
	exec 8<> $dir/go
	read -r before < $setting
	pid=$(phiwardd_pid)
	echo 1200 > $setting
	background /dev/null hold_files $dir
	holder=$BACKGROUND_PID
	wait_for test -s $dir/held
	run as_user mallory cat /srv/public/notice.txt
	[ "$status" -ne 0 ]
	[[ $output == *'Error 23'* || $output == *'Too many open files in system'* ]]
	assert_refused act read $IMAGE
	assert_allowed viewer read $IMAGE
	[ -e "/proc/$pid" ]
	echo >&8
	wait "$holder"
	exec 8>&-
	echo "$before" > $setting
	grep 'Too many open files in system' $dir/said
	rm -r $dir
	assert_record type=file action=read verdict=deny object=images uid=0 exe=/usr/local/bin/act
	assert_record type=file action=read verdict=allow subject=viewer
}

@test "pressure: in a control group without memory it stands still or ends, and nothing is lost" {
	local pid
	pid=$(phiwardd_pid)
	echo +memory > /sys/fs/cgroup/cgroup.subtree_control
	mkdir $GROUP
	echo 64K > $GROUP/memory.max
	echo 0 > $GROUP/memory.swap.max
	echo "$pid" > $GROUP/cgroup.procs
	assert_refused act read $IMAGE
	assert_allowed viewer read $IMAGE
	run timeout 20 phiward apply /etc/phiward/policy.yaml
	assert_refused act read $IMAGE
	assert_allowed viewer read $IMAGE
	# As PID 1 does when the daemon gives no more sign of life.
	stop_phiward 9
	start_phiward
	wait_for phiward_is daemon=true
	assert_record type=tamper action=tune verdict=allow subject=others peer=phiwardd
	rmdir $GROUP
}

@test "pressure: when the clock is set forth and back, the order and the rest of the log stay" {
	local now
	now=$(date +%s)
	lab date -s '2031-05-01 12:00:00 UTC'
	assert_refused act read $IMAGE
	assert_record type=file verdict=deny time~^2031-05-01
	phiward_is state=enforcing
	lab date -s '2001-01-01 12:00:00 UTC'
	assert_refused act read $IMAGE
	assert_record type=file verdict=deny time~^2001-01-01
	phiward_is state=enforcing
	phiward audit query --until '2001-01-02' --type file --json | grep -q '"verdict":"deny"'
	lab date -s "@$now"
	records_like | jq -s -e 'map(.mono) | . == sort'
	records_like | jq -s -e 'map(.seq) | . == sort'
	run lab date -s '2031-05-01 12:00:00 UTC'
	run date -s '2001-01-01 12:00:00 UTC'
	[ "$status" -ne 0 ]
	assert_record type=tamper verdict=deny exe=/usr/bin/date
	lab date -s "@$now"
}

# applies N: a policy after the other, as fast as it goes.
applies() {
	local n
	for ((n = 0; n < $1; n++)); do
		phiward apply /etc/phiward/policy.yaml || return
	done
}

@test "pressure: policies applied in loops by two, while the daemon is killed and others try" {
	local first second n
	background /run/vm/applied.1 applies 12
	first=$BACKGROUND_PID
	background /run/vm/applied.2 applies 12
	second=$BACKGROUND_PID
	for n in 1 2 3; do
		as_anybody assert_refused act read $IMAGE
		assert_allowed viewer read $IMAGE
		stop_phiward 9
		as_anybody assert_refused act read $IMAGE
		assert_allowed viewer read $IMAGE
		start_phiward
	done
	# Where the daemon was not there, they say so.
	wait "$first" || grep -i 'daemon\|phiwardd' /run/vm/applied.1
	wait "$second" || grep -i 'daemon\|phiwardd' /run/vm/applied.2
	as_anybody assert_refused act read $IMAGE
	[ "$(events_like type=file action=read verdict=deny object=images subject=others)" -ge 14 ]
	applies 3
}

@test "pressure: a disk that root fills is full for the log, not for what is refused" {
	local filled
	filled=$(df --output=avail -k /var/log/phiward | tail -n 1)
	[ "$filled" -gt 0 ]
	dd if=/dev/zero of=/var/filler bs=1M count=$((filled / 1024 + 8)) 2> /dev/null || true
	dd if=/dev/zero of=/var/filler.rest bs=1k count=4096 2> /dev/null || true
	run dd if=/dev/zero of=/var/more bs=64k count=1
	[[ $output == *'No space left on device'* ]]
	as_anybody assert_refused act read $IMAGE
	assert_allowed viewer read $IMAGE
	rm /var/more /var/filler /var/filler.rest
}
