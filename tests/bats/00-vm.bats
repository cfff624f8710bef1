#!/usr/bin/env bats
# SPDX-License-Identifier: BSD-2-Clause
# phiward: never
#
# The test machine is the console that the other tests take it for.

load lib/phiward

setup_file() {
	load lib/phiward
	forget_phiward	# it refuses raw storage, and blkid(8) with it, under any policy
}

@test "vm: the kernel that was asked for runs" {
	[[ $(uname -r) == "$VM_KERNEL".* ]]
}

@test "vm: bpf is among the active LSMs and the kernel has BTF" {
	[[ ,$(cat /sys/kernel/security/lsm), == *,bpf,* ]]
	[ -s /sys/kernel/btf/vmlinux ]
}

@test "vm: the patients' volume is ext4 with label and UUID, and writable" {
	[ "$(findmnt -no FSTYPE /srv)" = ext4 ]
	[ "$(blkid -s LABEL -o value "$(findmnt -no SOURCE /srv)")" = patients ]
	[ -n "$(blkid -s UUID -o value "$(findmnt -no SOURCE /srv)")" ]
	dcmdump +P PatientName /srv/dicom/phantom.dcm | grep -F PHANTOM
	echo x > /srv/public/new
}

@test "vm: stat and the mount table agree on the root file system" {
	local device
	device=$(findmnt -no MAJ:MIN / | tr -d ' ')
	[ "$(stat -c 0:%d /usr/bin/bash)" = "$device" ]
}

@test "vm: an inode number outlives the inode" {
	local before
	before=$(stat -c %i /usr/bin/sort)
	echo 3 > /proc/sys/vm/drop_caches
	[ "$(stat -c %i /usr/bin/sort)" = "$before" ]
}

@test "vm: a service is a direct fork of PID 1, runs as its user and reports its code" {
	[ "$(by_pid1 bash -c 'echo $PPID')" = 1 ]
	[ "$(by_pid1 --user radiographer id -u)" = 2000 ]
	[ "$(by_pid1 --env WORD=x bash -c 'echo $WORD')" = x ]
	run by_pid1 bash -c 'exit 7'
	[ "$status" -eq 7 ]
}

@test "vm: PID 1 reports a signal, and refuses to wait for whom it does not know" {
	local pid
	pid=$(pid1 start -- sleep 1000)
	pid1 kill "$pid" 15
	run pid1 wait "$pid"
	[ "$status" -eq 143 ]
	run pid1 wait 999999
	[ "$status" -eq 2 ]
}

@test "vm: an orphan is reaped by PID 1" {
	local pid
	pid=$(bash -c 'sleep 1000 > /dev/null 2>&1 & echo $!')
	[ "$(awk '/PPid/ { print $2 }' "/proc/$pid/status")" = 1 ]
	kill "$pid"
	wait_for test ! -e "/proc/$pid"
}

@test "vm: a test is in no login session, login-as opens one" {
	[ "$(cat /proc/self/loginuid)" = 4294967295 ]
	[ "$(in_login radiographer cat /proc/self/loginuid)" = 2000 ]
	[ "$(in_login mallory id -un)" = mallory ]
	[ "$(as_user mallory cat /proc/self/loginuid)" = 4294967295 ]
}

send_hello() { bash -c "echo hello > /dev/tcp/$1/$2"; }

@test "vm: the hospital is reachable over IPv4 and IPv6, and reaches the console" {
	local address got=$BATS_TEST_TMPDIR/got
	for address in 10.20.5.4 10.20.0.53 fd00:20::2; do
		background "$got" outside ncat -l "$address" 104
		wait_for send_hello "$address" 104
		wait "$BACKGROUND_PID"
		[ "$(cat "$got")" = hello ]
	done
	background "$got" ncat -l 10.20.0.1 4242
	wait_for outside bash -c "$(declare -f send_hello); send_hello 10.20.0.1 4242"
	wait "$BACKGROUND_PID"
	[ "$(cat "$got")" = hello ]
}

@test "vm: users, groups and the host name are those of a console" {
	[ "$(id -u radiographer)" = 2000 ]
	[ "$(id -u mallory)" = 2001 ]
	getent group phiward-view phiward-audit phiward-admin
	[ "$(hostname)" = console ]
}

@test "vm: cgroup2, bpffs, tracefs and modules are there" {
	[ -e /sys/fs/cgroup/cgroup.procs ]
	[ "$(findmnt -no FSTYPE /sys/fs/bpf)" = bpf ]
	[ -e /sys/kernel/tracing/trace ]
	modprobe loop
}

@test "vm: steal gets an unprotected file by every route" {
	run steal /srv/dicom/phantom.dcm
	[ "$status" -eq 0 ]
	[ "${#lines[@]}" -eq 24 ]
	[[ $output != *": E"* ]]
	run as_user mallory steal /srv/public/notice.txt
	[[ $output == *"open-by-handle: EPERM"* ]]
}
