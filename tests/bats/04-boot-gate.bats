#!/usr/bin/env bats
# SPDX-License-Identifier: BSD-2-Clause
# kernels: 6.1 6.12
# phiward: never
#
# The boot gate of the kernel module: shut, nothing but loopback passes in any network
# namespace; open, everything does.

load lib/phiward
load lib/guard

MODULE=$VM_TOP/build/kmod/$VM_KERNEL/phiward.ko
FAR='udp:10.20.0.2:9 udp:10.20.5.4:9 udp:fd00:20::2:9'
# Who sends a frame, and where it is to arrive.
FRAME='lan0 /run/netns/outside lan0'

# namespace NAME NET: one that a link leads to, NET.0.1 here and NET.0.2 there.
namespace() {
	ip netns add "$1"
	ip link add "${1}0" type veth peer name "${1}0" netns "$1"
	ip address add "$2.0.1/16" dev "${1}0"
	ip link set "${1}0" up
	ip -netns "$1" address add "$2.0.2/16" dev "${1}0"
	ip -netns "$1" link set "${1}0" up
}

setup_file() {
	load lib/phiward
	namespace far 10.30
	ip -netns far route add default via 10.30.0.1
	ip -netns outside route add 10.30.0.0/16 via 10.20.0.1
	sysctl -q -w net.ipv4.ip_forward=1
	background /run/vm/here.log serve udp:0.0.0.0:9 udp::::9
	echo "$BACKGROUND_PID" > /run/vm/servers
	background /run/vm/outside.log nsenter --net=/run/netns/outside -- serve $FAR
	echo "$BACKGROUND_PID" >> /run/vm/servers
	background /run/vm/far.log nsenter --net=/run/netns/far -- serve udp:10.30.0.2:9
	echo "$BACKGROUND_PID" >> /run/vm/servers
	wait_for grep -q ready /run/vm/here.log
	wait_for grep -q ready /run/vm/outside.log
	wait_for grep -q ready /run/vm/far.log
}

teardown_file() {
	xargs kill < /run/vm/servers
	sysctl -q -w net.ipv4.ip_forward=0
	ip netns del far
	ip -netns outside route del 10.30.0.0/16
}

teardown() { rmmod phiward 2> /dev/null || true; }

dropped() { guard status | sed -n 's/^dropped=//p'; }
far() { nsenter --net=/run/netns/far -- "$@"; }

# passes CMD...: dial or ping gets an answer.
passes() {
	run "$@"
	[ "$status" -eq 0 ] || fail "does not pass: $*: $output"
}

# stopped CMD...: it gets none, and the gate counts it.
stopped() {
	local before
	before=$(dropped)
	run "$@"
	[ "$status" -ne 0 ] || { fail "passes: $*: $output"; return 1; }
	[ "$(dropped)" -gt "$before" ] || fail "not by the gate: $*: $output"
}

@test "gate: without it all passes" {
	passes dial $FAR
	passes outside dial udp:10.20.0.1:9 'udp:fd00:20::1:9'
	passes outside dial udp:10.30.0.2:9
	passes frame $FRAME
	passes frame --bypass $FRAME
	insmod "$MODULE"
	passes dial $FAR
	guard_is gate=none
}

@test "gate: shut, nothing goes out, by root or anybody, and a sender learns it at once" {
	insmod "$MODULE" gate=1 gate_timeout=0
	guard_is gate=shut
	for target in $FAR; do
		stopped dial --wait 300 "$target"
		[[ $output == *": EPERM" ]] || fail "$output"
		stopped as_user mallory dial --wait 300 "$target"
	done
	stopped dial --wait 1500 tcp:10.20.0.2:9
	stopped outside dial --wait 300 udp:10.20.0.1:9
	guard open
	passes dial $FAR
	passes as_user mallory dial $FAR
	guard_is gate=open
	local after
	after=$(dropped)
	passes dial $FAR
	[ "$(dropped)" = "$after" ]
}

@test "gate: shut, loopback and the machine's own addresses pass" {
	insmod "$MODULE" gate=1 gate_timeout=0
	passes dial udp:127.0.0.1:9 'udp:::1:9' udp:10.20.0.1:9 'udp:fd00:20::1:9'
	passes outside dial udp:10.20.5.4:9
	stopped dial --wait 300 udp:10.20.0.2:9
}

@test "gate: shut, nothing comes in" {
	# What the other end sends is let out by its own gate, and stopped at this end.
	insmod "$MODULE" gate=1 gate_timeout=0 gate_allow=10.20.0.1,fd00:20::1,ff02::/16
	guard_is allowed=3
	: > /run/vm/here.log
	stopped outside dial --wait 300 udp:10.20.0.1:9
	[[ $output == *ETIMEDOUT ]] || fail "$output"
	[ ! -s /run/vm/here.log ]
	guard open
	passes outside dial udp:10.20.0.1:9 'udp:fd00:20::1:9'
	[ -s /run/vm/here.log ]
}

@test "gate: shut, nothing is forwarded, unless both ends are allowed" {
	insmod "$MODULE" gate=1 gate_timeout=0 gate_allow=10.30.0.0/16
	stopped outside dial --wait 300 udp:10.30.0.2:9
	rmmod phiward
	insmod "$MODULE" gate=1 gate_timeout=0 gate_allow=10.30.0.0/16,10.20.0.2
	passes outside dial udp:10.30.0.2:9
	stopped far dial --wait 300 udp:10.20.5.4:9
}

@test "gate: what is named in gate_allow passes, and nothing beside it" {
	insmod "$MODULE" gate=1 gate_timeout=0 gate_allow=10.20.0.0/29,fd00:20::/126,ff02::/16
	passes dial udp:10.20.0.2:9 'udp:fd00:20::2:9'
	passes outside dial udp:10.20.0.1:9
	stopped dial --wait 300 udp:10.20.5.4:9
	rmmod phiward
	# What is no address opens nothing, and does not keep the gate from being there.
	insmod "$MODULE" gate=1 gate_timeout=0 gate_allow=0.0.0.0/33,10.20.0.1/8,pacs,10.20.0,::/x,10.20.5.4,10.20.0.1
	guard_is allowed=2
	[ "$(dmesg | grep -c 'gate_allow: neither')" -eq 5 ]
	stopped dial --wait 300 udp:10.20.0.2:9
	passes dial udp:10.20.5.4:9
}

@test "gate: shut, raw frames do not go out either, round the queues or not" {
	insmod "$MODULE" gate=1 gate_timeout=0
	stopped frame $FRAME
	stopped frame --bypass $FRAME
	guard open
	passes frame $FRAME
	passes frame --bypass $FRAME
}

@test "gate: a namespace and a device that are made while it is shut are no way round" {
	insmod "$MODULE" gate=1 gate_timeout=0
	namespace late 10.40
	ip -netns late link set lo up
	background /run/vm/late.log nsenter --net=/run/netns/late -- serve udp:10.40.0.2:9
	wait_for grep -q ready /run/vm/late.log
	stopped dial --wait 300 udp:10.40.0.2:9
	stopped nsenter --net=/run/netns/late -- dial --wait 300 udp:10.40.0.1:9
	passes nsenter --net=/run/netns/late -- dial udp:10.40.0.2:9
	# Moved to another namespace, it is gated there.
	ip link add move0 type dummy
	ip link set move0 netns late
	ip -netns late address add 10.41.0.1/16 dev move0
	ip -netns late link set move0 up
	stopped nsenter --net=/run/netns/late -- dial --wait 300 udp:10.41.0.2:9
	guard open
	passes dial udp:10.40.0.2:9
	kill "$BACKGROUND_PID"
	ip netns del late
}

@test "gate: where nobody speaks of a policy it opens by itself" {
	insmod "$MODULE" gate=1 gate_timeout=2
	guard_is gate=shut
	guard_is timeout=2
	stopped dial --wait 300 udp:10.20.0.2:9
	wait_for guard_is gate=timed-out
	passes dial $FAR
	guard_is weak=1
	dmesg | grep -F 'phiward: the gate is open, because nobody spoke of a policy'
}

@test "gate: where a policy exists it waits for it" {
	insmod "$MODULE" gate=1 gate_timeout=1
	run guard late 39 keep-shut
	[ "$output" = EPERM ]
	guard keep-shut
	guard_is keep=1
	# Longer than gate_timeout, by what the kernel counts.
	local begin now
	read -r begin _ < /proc/uptime
	while read -r now _ < /proc/uptime; [ "${now%.*}" -lt $((${begin%.*} + 3)) ]; do
		stopped dial --wait 300 udp:10.20.0.2:9
	done
	guard_is gate=shut
	run guard lend 2001 open
	[ "$output" = EPERM ]
	guard_is gate=shut
	guard open
	passes dial $FAR
	run guard open
	[ "$output" = EALREADY ]
}

@test "gate: it goes with devices and namespaces that come and go meanwhile" {
	local i
	background /run/vm/churn.log bash -c 'while [ ! -e /run/vm/enough-churn ]; do
		ip netns add churn; ip link add churn0 type veth peer name churn0 netns churn
		ip link del churn0; ip netns del churn; done'
	for i in {1..5}; do
		insmod "$MODULE" gate=1 gate_timeout=$((i % 2))
		if [ $((i % 2)) -eq 1 ]; then
			wait_for guard_is gate=timed-out
		else
			stopped dial --wait 300 udp:10.20.0.2:9
			guard open
		fi
		wait_for rmmod phiward
	done
	touch /run/vm/enough-churn
	wait "$BACKGROUND_PID" || true
	passes dial $FAR
}
