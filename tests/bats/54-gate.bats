#!/usr/bin/env bats
# SPDX-License-Identifier: BSD-2-Clause
#
# The gate: what would switch phiward off or read a member's memory from inside the kernel.
# It is the same in every mode.

load lib/phiward

IMAGE=/srv/dicom/phantom.dcm
PINS=/sys/fs/bpf/phiward
TYPES='kprobe tracepoint raw-tracepoint perf-event fentry fmod-ret iter freplace lsm lsm-cgroup
	struct-ops syscall cgroup-skb cgroup-sock-addr cgroup-sysctl sched-cls xdp sk-msg sock-ops'

setup_file() {
	load lib/phiward
	forget_phiward
	cp /usr/local/bin/act /usr/local/bin/viewer
	policy > /run/vm/gate.yaml
	mount -t debugfs debugfs /sys/kernel/debug
	mount --make-shared /sys	# as systemd has it
	# Descriptors from before the policy.
	exec 5> /sys/kernel/tracing/uprobe_events 6<> /proc/sys/kernel/ftrace_enabled
	with_breaker /run/vm/gate.yaml
}

teardown_file() {
	load lib/phiward
	reset_phiward
	lab rm -f /usr/local/bin/viewer
	umount /sys/kernel/debug
}

setup() { mark; }

# Whatever was tried, it is all still in force.
teardown() {
	assert_refused act read $IMAGE
	assert_allowed viewer read $IMAGE
	[ "$(< /proc/sys/kernel/ftrace_enabled)" = 1 ]
}

policy() {
	cat <<-EOT
	phiward: 1
	name: gate
	mode: ${1:-enforce}
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

# assert_gate WHAT...: each of them is refused with EACCES.
assert_gate() {
	run gate "$@"
	[ -n "$output" ]
	! grep -v ': EACCES$' <<< "$output" || fail "gate: $output"
}

# assert_no_gate WHAT...: none of them is.
assert_no_gate() {
	run gate "$@"
	[ "$status" -eq 0 ] || fail "gate: $output"
}

@test "row 24: no program that traces or decides for others is loaded, by root or anybody" {
	local type loads=()
	for type in $TYPES; do
		loads+=("load-$type")
	done
	assert_gate "${loads[@]}"
	[ "$(events_like type=tamper action=bpf verdict=deny uid=0 exe=/usr/local/bin/gate)" \
		-eq "${#loads[@]}" ]
	assert_no_gate load-socket-filter load-cgroup-device map-create
	run as_user mallory gate load-kprobe load-lsm
	[[ $output != *OPEN* ]]
	assert_refused by_pid1 gate load-kprobe
	policy permissive | apply_policy
	assert_gate load-kprobe load-fmod-ret perf-self
	policy | apply_policy
}

@test "row 24: nothing of phiward is reached by its number, its links are not taken off" {
	assert_gate map-by-id prog-by-id link-by-id
	assert_gate link-detach $PINS/links/pw_connect4 link-detach $PINS/links/pw_file_open \
		link-update $PINS/links/pw_connect4 raw-tracepoint
	assert_record type=tamper action=bpf verdict=deny subject=others reason~'loading programs'
	assert_refused bpftool map dump id 1
	assert_refused bpftool prog dump xlated id 1
	assert_refused bpftool link detach id 1
}

@test "row 24: nobody counts or samples: perf_event_open(2)" {
	# Debian keeps users from it anyway.
	echo 1 > /proc/sys/kernel/perf_event_paranoid
	assert_gate perf-self perf-cpu perf-pid 1
	run as_user mallory gate perf-self
	echo 3 > /proc/sys/kernel/perf_event_paranoid
	[ "$status" -eq 1 ]
	assert_record type=tamper action=trace verdict=deny uid=0 reason~'tracing and probing'
	assert_record type=tamper action=trace verdict=deny uid=2001
	run perf stat -e cpu-clock true
	[ "$status" -ne 0 ]
}

@test "row 24: no probes by tracefs, by debugfs, or by a descriptor from before" {
	local file
	for file in kprobe_events uprobe_events set_ftrace_filter current_tracer tracing_on dynamic_events \
		events/enable; do
		assert_refused sh -c "echo > /sys/kernel/tracing/$file"
	done
	assert_refused sh -c 'echo > /sys/kernel/debug/tracing/kprobe_events'
	assert_refused bash -c "echo 'p:p /usr/local/bin/viewer:0x1000' >&5"
	assert_record type=tamper action=trace verdict=deny path=/sys/kernel/tracing/kprobe_events
	assert_record type=tamper action=trace verdict=deny path=/sys/kernel/tracing/uprobe_events
	[ ! -s /sys/kernel/tracing/uprobe_events ]
	assert_allowed sh -c 'echo hello > /sys/kernel/tracing/trace_marker'
	assert_allowed head -c 1 /sys/kernel/tracing/README
}

@test "row 24: memory is not read by /proc/kcore, /dev/mem or /dev/kmem" {
	assert_refused head -c 1 /proc/kcore
	assert_record type=tamper action=trace verdict=deny path=/proc/kcore
	mknod /dev/mem c 1 1 2> /dev/null || true
	assert_refused head -c 1 /dev/mem
	mkdir -p /run/vm/proc
	mount -t proc proc /run/vm/proc
	assert_refused head -c 1 /run/vm/proc/kcore
	umount /run/vm/proc
	assert_allowed head -c 1 /proc/meminfo
}

@test "row 24: nor by ports and registers of the machine, past the drivers" {
	local ioperm='syscall(173, 0x1f0, 8, $ARGV[0] + 0) == 0 or die "$!\n"' iopl='syscall(172, 3) == 0 or die "$!\n"'
	run perl -e "$ioperm" 1
	[[ $status -ne 0 && $output == *"not permitted"* ]] || fail "$output"
	run perl -e "$iopl"
	[[ $status -ne 0 && $output == *"not permitted"* ]] || fail "$output"
	assert_record type=tamper action=trace verdict=deny exe~perl
	modprobe msr
	assert_refused $BUSYBOX dd if=/dev/zero of=/dev/cpu/0/msr bs=8 count=1
	assert_refused $BUSYBOX dd if=/dev/zero of=/sys/bus/pci/devices/0000:00:00.0/config bs=1 count=1
	assert_allowed perl -e "$ioperm" 0
	assert_allowed head -c 8 /sys/bus/pci/devices/0000:00:00.0/config
}

@test "row 24: function tracing is not switched off, by any way to its switch" {
	local way
	mkdir -p /run/vm/proc
	mount -t proc proc /run/vm/proc
	run sysctl -w kernel.ftrace_enabled=0
	[ "$status" -ne 0 ]
	for way in 'echo 0 > /proc/sys/kernel/ftrace_enabled' 'echo 0 > /run/vm/proc/sys/kernel/ftrace_enabled' \
		'echo 0 > /proc/self/root/proc/sys/kernel/ftrace_enabled' 'echo 0 >&6' \
		'unshare -mpf --mount-proc sh -c "echo 0 > /proc/sys/kernel/ftrace_enabled"'; do
		assert_refused bash -c "$way"
	done
	umount /run/vm/proc
	[ "$(events_like type=tamper action=tune verdict=deny reason~'switch phiward off')" -ge 6 ]
	assert_record type=tamper action=tune path=/proc/sys/kernel/ftrace_enabled exe~sysctl
	assert_allowed sysctl -n kernel.ftrace_enabled
	assert_allowed sysctl -w kernel.printk_ratelimit=5
}

@test "row 24: the switch stays where it is when only the cgroup program is left" {
	breaker unlink $PINS/links/pw_file_open $PINS/links/pw_file_permission
	wait_for act read $IMAGE	# they are off a moment later, on kernels after 6.1
	assert_refused bash -c 'echo 0 > /proc/sys/kernel/ftrace_enabled'
	[ "$(< /proc/sys/kernel/ftrace_enabled)" = 1 ]
	policy | apply_policy
}

@test "the gate: the pins' file system is not unmounted, nor from a namespace that hands it on" {
	local way
	for way in /sys/fs/bpf /sys; do
		run unshare -m --propagation unchanged umount -l $way
		[ "$status" -ne 0 ] || fail "$way"
		run umount -l $way
		[ "$status" -ne 0 ] || fail "$way"
	done
	[ "$(events_like type=tamper action=mount verdict=deny exe=/usr/bin/umount \
		reason~'guards its own')" -eq 4 ]
	assert_allowed unshare -m --propagation private umount -l /srv
	[ -e $PINS/links/pw_bpf ]
}

@test "the gate: nothing was lost" {
	assert_lost_zero
}
