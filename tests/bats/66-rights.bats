#!/usr/bin/env bats
# SPDX-License-Identifier: BSD-2-Clause
#
# Rights of a subject beyond files and peers, as far as they do not wait for the seal: network
# set-up, clock, power, screens and input devices, tracing. Root has none of them, nor has a
# subject that has all the others.
#
# newer: one

load lib/phiward

RIGHTS='netadmin clock power display trace'
PROGRAMS=/opt/rights
NODES=/run/vm/nodes

setup_file() {
	load lib/phiward
	local right
	mkdir -p $PROGRAMS $NODES
	for right in $RIGHTS; do
		cp /usr/bin/env "$PROGRAMS/$right"
		cp /usr/bin/env "$PROGRAMS/no-$right"
	done
	modprobe -a dummy evdev uinput nf_tables ifb sch_prio
	mknod $NODES/event0 c 13 64
	mknod $NODES/mice c 13 63
	mknod $NODES/fb0 c 29 0
	mknod $NODES/vcs1 c 7 1
	mknod $NODES/card0 c 226 0
	mknod $NODES/uinput c 10 223
	mknod $NODES/renderD128 c 226 128
	chmod 666 $NODES/*
	policy > /run/vm/rights.yaml
	start_phiward /run/vm/rights.yaml
}
teardown_file() {
	load lib/phiward
	reset_phiward
	rm -r $PROGRAMS $NODES
}

setup() { mark; }

# wrapper NAME RIGHT...: a subject for the program of that name, and for all that it starts.
wrapper() {
	local name=$1
	shift
	printf '  %s: {exec: [%s], started_by: [anyone], helpers: any, system: [%s]}\n' \
		"$name" "$PROGRAMS/$name" "$(IFS=,; echo "$*")"
}

policy() {
	local right others
	printf 'phiward: 1\nname: rights\nmode: %s\nsubjects:\n' "${1:-enforce}"
	for right in $RIGHTS; do
		others=${RIGHTS/$right/}
		wrapper "$right" "$right"
		# shellcheck disable=SC2086 # words
		wrapper "no-$right" $others storage modules kexec kernel
	done
	printf 'others: {network: allow}\n'
}

# with NAME CMD...: by a member of that subject.
with() { "$PROGRAMS/$1" "${@:2}"; }

# A capability is refused with what the kernel says where it lacks.
assert_not_permitted() {
	run "$@"
	[ "$status" -ne 0 ] || { fail "not refused: $*: $output"; return 1; }
	[[ $output == *"Operation not permitted"* || $output == *EPERM* ]] ||
		fail "failed, but not with EPERM ($status): $*: $output"
}

# assert_right CHECK RIGHT CMD...: CHECK holds of the command by root and by a subject that has all
# other rights, with their records; and who has the right may.
assert_right() {
	local check=$1 right=$2 reason="system: .$2."
	shift 2
	mark
	"$check" "$@" || return 1
	assert_record type=tamper verdict=deny enforced=true subject=others uid=0 \
		reason~"$reason" || return 1
	"$check" with "no-$right" "$@" || return 1
	assert_record type=tamper verdict=deny enforced=true "subject=no-$right" \
		reason~"$reason" || return 1
	assert_allowed with "$right" "$@" || return 1
	assert_no_record type=tamper "subject=$right"
}

assert_capability() { assert_right assert_not_permitted "$@"; }

# ---- Network ------------------------------------------------------------------------------

@test "rights: netadmin: links, addresses, routes and rules" {
	assert_capability netadmin ip link add rights0 type dummy
	assert_record action=tune exe=/usr/bin/ip uid=0
	assert_capability netadmin ip link set rights0 up
	assert_capability netadmin ip address add 10.20.5.4/32 dev lo
	assert_capability netadmin ip address del 10.20.5.4/32 dev lo
	assert_capability netadmin ip route add 10.99.0.0/24 dev rights0
	assert_capability netadmin ip rule add to 10.99.0.1 table 99
	assert_capability netadmin ip rule del to 10.99.0.1 table 99
	assert_capability netadmin ip neigh add 10.20.5.9 lladdr 02:00:00:00:00:09 dev lan0
	assert_capability netadmin ip neigh del 10.20.5.9 dev lan0
	assert_capability netadmin ip link del rights0
	assert_right assert_refused netadmin sysctl -q net.ipv4.conf.all.route_localnet=0
	assert_allowed ip link show
	assert_allowed ip address show
	assert_allowed ip route show
}

@test "rights: netadmin: no address of a rule becomes another machine by NAT or tc" {
	assert_capability netadmin nft add table ip rights
	assert_capability netadmin nft 'add chain ip rights out { type nat hook output priority -100; }'
	assert_capability netadmin nft add rule ip rights out ip daddr 10.20.5.4 dnat to 10.20.0.2
	assert_capability netadmin nft delete table ip rights
	assert_capability netadmin tc qdisc add dev lan0 root handle 1: prio
	assert_capability netadmin tc qdisc del dev lan0 root
	assert_capability netadmin ip xfrm policy add src 10.99.0.1 dst 10.99.0.2 dir out
	assert_capability netadmin ip xfrm policy del src 10.99.0.1 dst 10.99.0.2 dir out
}

@test "rights: netadmin: by nobody's namespace but one of a user namespace of its own" {
	assert_not_permitted nsenter --net=/run/netns/outside ip address add 10.20.5.5/32 dev lo
	assert_not_permitted unshare -n ip link set lo up
	assert_allowed unshare -r -n ip link add rights1 type dummy
	assert_allowed as_user mallory unshare -r -n ip link set lo up
}

@test "rights: netadmin: sizes and marks of one's own socket are no set-up of the network" {
	local sets='use Socket; socket(S, AF_UNIX, SOCK_DGRAM, 0) or die; setsockopt(S, $ARGV[0], $ARGV[1], pack("i", $ARGV[2])) or die "$!\n"'
	assert_allowed perl -e "$sets" 1 32 8388608	# SO_SNDBUFFORCE, by each service that says it is ready
	assert_allowed perl -e "$sets" 1 33 8388608	# SO_RCVBUFFORCE
	assert_allowed perl -e "$sets" 1 36 1	# SO_MARK
	assert_no_record type=tamper
	# Options of a protocol, as netfilter's tables are, go by the same call: TCP_REPAIR.
	assert_capability netadmin perl -e 'use Socket; socket(S, AF_INET, SOCK_STREAM, 0) or die; setsockopt(S, 6, 19, 0) or die "$!\n"'
	assert_record type=tamper action=tune verdict=deny reason~'system: .netadmin.'
}

# ---- Clock, power -------------------------------------------------------------------------

@test "rights: clock: nobody sets it, or makes it run faster" {
	local settime='my $t = pack("qq", time, 0)' timex='my $t = pack("L x84 q x112", $ARGV[0], 10000)'
	assert_capability clock date -s now
	assert_record action=tune exe=/usr/bin/date uid=0
	assert_capability clock perl -e "$settime; syscall(227, 0, \$t) and die \"\$!\\n\""	# clock_settime
	assert_capability clock perl -e "$settime; syscall(164, \$t, 0) and die \"\$!\\n\""	# settimeofday
	assert_capability clock perl -e "$timex; syscall(159, \$t) < 0 and die \"\$!\\n\"" 16384	# ADJ_TICK
	assert_allowed perl -e "$timex; syscall(159, \$t) < 0 and die \"\$!\\n\"" 0
	assert_allowed date
}

@test "rights: power: nobody restarts the machine past PID 1" {
	# LINUX_REBOOT_CMD_CAD_OFF
	local reboot='syscall(169, 0xfee1dead, 672274793, 0, 0) and die "$!\n"'
	assert_capability power perl -e "$reboot"
	assert_record action=tune uid=0
	# In a pid namespace of its own it is that one's end, and this command means nothing there.
	run unshare -r -p -f perl -e "$reboot"
	[[ $output == *"Invalid argument"* ]] || fail "$output"
}

# ---- Screens and input devices --------------------------------------------------------------

# It is opened, or there is no such device.
OPENS='open(F, "<", $ARGV[0]) or $!{ENXIO} or $!{ENODEV} or die "$!\n"'

@test "rights: display: nobody looks at the screen, or at what is typed" {
	local node
	for node in event0 mice fb0 vcs1 card0 uinput; do
		assert_right assert_refused display perl -e "$OPENS" $NODES/$node
		assert_refused as_user mallory cat $NODES/$node
	done
	assert_right assert_refused display head -c 1 /dev/vcs1
	assert_record action=raw path=/dev/vcs1 uid=0 subject=others
	assert_allowed perl -e "$OPENS" $NODES/renderD128
	assert_allowed perl -e "$OPENS" /dev/tty0
}

@test "rights: display: what types is refused too" {
	assert_right assert_refused display perl -e 'open(F, "+<", $ARGV[0]) or die "$!\n"' /dev/uinput
}

# ---- Tracing --------------------------------------------------------------------------------

@test "rights: trace: counters, and probes by tracefs" {
	assert_right assert_refused trace gate perf-self
	assert_record action=trace exe=/usr/local/bin/gate
	assert_right assert_refused trace sh -c 'echo "p:rights do_nanosleep" > /sys/kernel/tracing/kprobe_events'
	assert_record action=trace path=/sys/kernel/tracing/kprobe_events
	assert_right assert_refused trace sh -c 'echo > /sys/kernel/tracing/kprobe_events'
	# What reads memory or decides for others is for nobody.
	run with trace gate load-kprobe
	[[ $output == *EACCES* ]] || fail "$output"
	assert_refused with trace head -c 1 /proc/kcore
}

# ---- All of them ----------------------------------------------------------------------------

@test "rights: PID 1's own have them; what it starts has what the policy says" {
	assert_not_permitted by_pid1 ip link add rights0 type dummy
	assert_not_permitted by_pid1 date -s now
	assert_allowed by_pid1 $PROGRAMS/clock date -s now
}

@test "rights: permissive gives none" {
	policy permissive | apply_policy
	assert_not_permitted ip link add rights0 type dummy
	assert_not_permitted date -s now
	assert_refused cat $NODES/vcs1
	policy | apply_policy
	assert_lost_zero
}
