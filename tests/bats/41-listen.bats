#!/usr/bin/env bats
# SPDX-License-Identifier: BSD-2-Clause
# timeout: 900
#
# Who may listen on TCP, and from whom a connection comes in.
#
# newer: one

load lib/phiward
load lib/net

setup_file() {
	load lib/phiward
	load lib/net
	subjects archive
	lab sh -c 'echo 3 > /proc/sys/net/ipv4/tcp_fastopen'
	policy deny | with_lab > /run/vm/first.yaml
	start_phiward /run/vm/first.yaml
	serving archive /opt/archive/serve {tcp:0.0.0.0,tcp:::}:4242 tcp:10.20.0.1:4260 mptcp:0.0.0.0:4251
}
teardown_file() {
	load lib/phiward
	load lib/net
	stop_net
}

# The policy of these tests; $1: the network of others.
policy() {
	cat <<-EOF
	phiward: 1
	name: listen
	mode: enforce
	peers:
	  scanner: [10.20.5.0/24, "fd00:20::2"]
	subjects:
	  $HOSPITAL
	  archive:
	    exec: $(programs archive)
	    started_by: [anyone]
	    network:
	      - listen: {tcp: [4242, 4250-4252], from: [scanner]}
	      - listen: {tcp: [4260], from: [10.20.0.2]}
	      - listen: {tcp: [4260], from: [10.20.5.4]}
	others: {network: $1}
	EOF
}

# scanner CMD...: dial at the other end, never blocked there. What is kept out gets no answer.
scanner() { outside /opt/hospital/dial --wait 1500 "$@"; }

@test "listen: only on the ports of a rule" {
	mark
	as_both ok /opt/archive/serve --try tcp:127.0.0.1:4250 tcp:0.0.0.0:4252 tcp:fd00:20::1:4250 mptcp:::1:4250
	as_both EACCES /opt/archive/serve --try tcp:127.0.0.1:4249 tcp:0.0.0.0:4253 tcp:fd00:20::1:4249 mptcp:0.0.0.0:4253
	as_both EACCES serve --try tcp:127.0.0.1:4250 tcp:0.0.0.0:8080 tcp:fd00:20::1:8080 mptcp:::1:8080
	assert_records "type=net action=listen verdict=allow subject=archive proto=tcp addr=0.0.0.0 port=4252 uid=2001 rule~policy.yaml:13" \
		"action=listen verdict=deny enforced=true subject=archive port=4253 uid=0" \
		"action=listen verdict=deny subject=others addr=fd00:20::1 port=8080 uid=2001"
	assert_lost_zero
}

@test "listen: bind is free, and listening without one is refused" {
	all_are ok plug 'bind tcp:0.0.0.0:8080'
	all_are EACCES as_user mallory serve --try tcp:0.0.0.0:8080
	run plug 'socket tcp:0.0.0.0:0' listen
	[[ $output == *"listen: EACCES"* ]]
}

@test "listen: a connection comes in only from the peers of the rule" {
	mark
	all_are ok scanner --from 10.20.5.4:0 tcp:10.20.0.1:{4242,4260}
	all_are ok scanner --from 10.20.0.2:0 tcp:10.20.0.1:4260
	all_are ok scanner --from fd00:20::2:0 tcp:fd00:20::1:4242
	all_are ETIMEDOUT scanner --say stranger --from 10.20.0.2:0 tcp:10.20.0.1:4242
	all_are ETIMEDOUT scanner --say stranger --from 10.20.0.53:0 tcp:10.20.0.1:4260
	assert_records "action=listen verdict=allow subject=archive proto=tcp addr=10.20.5.4 port=4242 peer=scanner pid=null uid=null" \
		"action=listen verdict=allow subject=archive addr=10.20.0.2 port=4260" \
		"action=listen verdict=allow subject=archive addr=fd00:20::2 port=4242 peer=scanner" \
		"action=listen verdict=deny enforced=true subject=archive addr=10.20.0.2 port=4242 pid=null" \
		"action=listen verdict=deny subject=archive addr=10.20.0.53 port=4260"
	[[ $(said archive) != *stranger* ]]
}

@test "listen: from holds for IPv6 that is not in it" {
	lab ip -netns outside -6 address add fd00:20::7/64 dev lan0 nodad
	mark
	all_are ETIMEDOUT scanner --say stranger --from fd00:20::7:0 tcp:fd00:20::1:4242
	lab ip -netns outside -6 address del fd00:20::7/64 dev lan0
	assert_records "action=listen verdict=deny subject=archive addr=fd00:20::7 port=4242"
	[[ $(said archive) != *stranger* ]]
}

@test "listen: MPTCP answers the peers of the rule and nobody else" {
	mark
	all_are ok scanner --from 10.20.5.4:0 {tcp,mptcp}:10.20.0.1:4251
	all_are ETIMEDOUT scanner --say stranger --from 10.20.0.2:0 {tcp,mptcp}:10.20.0.1:4251
	assert_records "action=listen verdict=allow addr=10.20.5.4 port=4251" \
		"action=listen verdict=deny subject=archive addr=10.20.0.2 port=4251"
	[[ $(said archive) != *stranger* ]]
}

@test "listen: SYN cookies and data in the SYN change nothing" {
	mark
	all_are ok scanner --from 10.20.5.4:0 fastopen:10.20.0.1:4242
	all_are ETIMEDOUT scanner --say stranger --from 10.20.0.2:0 fastopen:10.20.0.1:4242
	lab sh -c 'echo 2 > /proc/sys/net/ipv4/tcp_syncookies'
	all_are ok scanner --from 10.20.5.4:0 tcp:10.20.0.1:4242
	all_are ETIMEDOUT scanner --say stranger --from 10.20.0.53:0 tcp:10.20.0.1:4242
	lab sh -c 'echo 1 > /proc/sys/net/ipv4/tcp_syncookies'
	assert_records "verdict=deny addr=10.20.0.2 port=4242" "verdict=deny addr=10.20.0.53 port=4242"
	[[ $(said archive) != *stranger* ]]
}

@test "listen: a listening socket that was handed over serves for who accepts" {
	local taker
	for taker in plug "as_user mallory plug"; do
		plugged giver /opt/archive/plug
		told giver ok 'bind tcp:10.20.0.1:4250' listen
		# shellcheck disable=SC2086
		plugged taker $taker
		echo "take /run/vm/net/meet" > /run/vm/net/taker.in
		wait_for test -S /run/vm/net/meet
		told giver ok "give /run/vm/net/meet"
		wait_for grep -q '^take.*: ok' /run/vm/net/taker
		mark
		told taker EACCES accept
		assert_records "action=listen verdict=deny subject=others port=4250"
		told giver ok 'socket tcp:10.20.0.1:4250'
		told taker ok 'socket tcp:10.20.0.1:4250'
		rm /run/vm/net/meet
	done
	plugged giver /opt/archive/plug
	told giver ok 'bind tcp:10.20.0.1:4250' listen
	in_background scan scanner --from 10.20.5.4:0 tcp:10.20.0.1:4250
	told giver ok accept recv send
}

@test "listen: others under loopback are reached from this machine only" {
	policy loopback | apply_policy
	serving web serve tcp:0.0.0.0:8080 mptcp:127.0.0.1:8081
	mark
	as_both ok dial tcp:127.0.0.1:8080 tcp:10.20.0.1:8080 {tcp,mptcp}:127.0.0.1:8081
	all_are ETIMEDOUT scanner --say stranger --from 10.20.5.4:0 tcp:10.20.0.1:8080
	assert_records "action=listen verdict=deny subject=others addr=10.20.5.4 port=8080"
	[[ $(said web) != *stranger* ]]
}

@test "listen: others under rules are held to them" {
	policy '[{listen: {tcp: [8080], from: [10.20.5.4]}}]' | apply_policy
	mark
	all_are ok scanner --from 10.20.5.4:0 tcp:10.20.0.1:8080
	all_are ETIMEDOUT scanner --say stranger --from 10.20.0.2:0 tcp:10.20.0.1:8080
	as_both EACCES serve --try tcp:0.0.0.0:8082
	assert_records "action=listen verdict=deny subject=others addr=10.20.0.2 port=8080"
	[[ $(said web) != *stranger* ]]
}

@test "listen: others under allow are reached from everywhere" {
	policy allow | apply_policy
	all_are ok scanner --from 10.20.0.2:0 tcp:10.20.0.1:8080
	as_both ok serve --try tcp:0.0.0.0:8082
	as_both EACCES /opt/archive/serve --try tcp:0.0.0.0:8082
}
