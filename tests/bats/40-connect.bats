#!/usr/bin/env bats
# SPDX-License-Identifier: BSD-2-Clause
# timeout: 900
#
# Who may connect and send where: by address, port and protocol, whatever the call.

load lib/phiward
load lib/net

setup_file() {
	load lib/phiward
	load lib/net
	subjects sender
	lab sh -c 'echo 3 > /proc/sys/net/ipv4/tcp_fastopen'
	outside nice -n 0 sh -c 'echo 3 > /proc/sys/net/ipv4/tcp_fastopen'
	policy deny > /run/vm/first.yaml
	start_phiward /run/vm/first.yaml
	hospital pacs tcp:10.20.5.4:{103,104,105,2760,2761,2762,2763,7999,8000,8010,8011,8020} \
		tcp:10.20.0.2:{104,8000,8020} tcp:fd00:20::2:{104,105,8000} \
		udp:10.20.5.4:104 mptcp:10.20.5.4:106
	hospital dns udp:10.20.0.53:{53,54} udp:fd00:20::2:{53,54} udp:10.20.0.2:53 tcp:10.20.0.53:53
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
	name: connect
	mode: enforce
	peers:
	  pacs: [10.20.5.4, "fd00:20::2"]
	  dns: [10.20.0.53, "fd00:20::/64"]
	subjects:
	  $HOSPITAL
	  sender:
	    exec: $(programs sender)
	    started_by: [anyone]
	    network:
	      - connect: {tcp: [104, 106, 2761-2762], to: [pacs]}
	      - connect: {tcp: [8000-8010], to: [10.20.0.0/16]}
	      - connect: {tcp: [8020], to: [10.20.5.0/24]}
	      - connect: {udp: [53], to: [dns]}
	others: {network: $1}
	EOF
}

@test "connect: only to the address and the port that a rule names, with its record" {
	mark
	as_both ok /opt/sender/dial tcp:10.20.5.4:{104,2761,2762} tcp:fd00:20::2:104
	as_both EACCES /opt/sender/dial tcp:10.20.5.4:{103,105,2760,2763} tcp:10.20.0.2:104 \
		tcp:fd00:20::2:105
	assert_records \
		"type=net action=connect verdict=allow subject=sender proto=tcp addr=10.20.5.4 port=104 peer=pacs rule~policy.yaml:14 uid=0 exe=/opt/sender/dial" \
		"action=connect verdict=allow subject=sender addr=fd00:20::2 port=104 uid=2001" \
		"action=connect verdict=deny enforced=true subject=sender proto=tcp addr=10.20.5.4 port=105 rule~policy.yaml uid=0" \
		"action=connect verdict=deny addr=10.20.5.4 port=2763 uid=2001" \
		"action=connect verdict=deny addr=10.20.0.2 port=104" \
		"action=connect verdict=deny addr=fd00:20::2 port=105"
	assert_lost_zero
}

@test "connect: overlapping prefixes mean the union" {
	mark
	as_both ok /opt/sender/dial tcp:10.20.5.4:{104,8000,8010,8020} tcp:10.20.0.2:8000
	as_both EACCES /opt/sender/dial tcp:10.20.5.4:{7999,8011} tcp:10.20.0.2:8020 tcp:fd00:20::2:8000
	assert_records "verdict=allow addr=10.20.5.4 port=8010" "verdict=allow addr=10.20.5.4 port=8020" \
		"verdict=deny addr=10.20.0.2 port=8020" "verdict=deny addr=fd00:20::2 port=8000"
}

@test "connect: an IPv4 rule holds for IPv4-mapped IPv6, and an IPv6 rule does not give IPv4" {
	mark
	as_both ok /opt/sender/dial tcp:::ffff:10.20.5.4:104 udp:::ffff:10.20.0.53:53
	as_both EACCES /opt/sender/dial tcp:::ffff:10.20.5.4:105 udp:::ffff:10.20.0.2:53
	assert_records "verdict=allow addr=10.20.5.4 port=104" "verdict=deny addr=10.20.5.4 port=105" \
		"verdict=deny proto=udp addr=10.20.0.2 port=53"
}

@test "connect: tcp and udp are told apart" {
	mark
	as_both ok /opt/sender/dial udp:10.20.0.53:53
	as_both EACCES /opt/sender/dial tcp:10.20.0.53:53 udp:10.20.5.4:104
	assert_records "verdict=deny proto=tcp addr=10.20.0.53 port=53" \
		"verdict=deny proto=udp addr=10.20.5.4 port=104"
}

@test "row 19: data in the SYN, without connect(2) (MSG_FASTOPEN)" {
	mark
	as_both ok /opt/sender/dial fastopen:10.20.5.4:104 fastopen:fd00:20::2:104 fastopen-connect:10.20.5.4:104
	as_both EACCES /opt/sender/dial --say stolen fastopen:10.20.5.4:105 fastopen:fd00:20::2:105 \
		fastopen-connect:10.20.5.4:105
	as_both EACCES dial --say stolen fastopen:10.20.5.4:104 fastopen:fd00:20::2:104 \
		fastopen-connect:10.20.5.4:104
	assert_records "verdict=allow subject=sender port=104" \
		"verdict=deny subject=sender addr=10.20.5.4 port=105" \
		"verdict=deny subject=sender addr=fd00:20::2 port=105" \
		"verdict=deny subject=others addr=10.20.5.4 port=104" \
		"verdict=deny subject=others addr=fd00:20::2 port=104"
	[[ $(said pacs) != *stolen* ]]
}

@test "row 19: datagrams of a socket that is not connected, that is, and many in one call" {
	mark
	as_both ok /opt/sender/dial --first 10.20.0.53:53 {udp,udp-connected,udp-control}:{10.20.0.53,fd00:20::2}:53 \
		sendmmsg:10.20.0.53:53
	as_both EACCES /opt/sender/dial --say stolen --first 10.20.0.53:53 {udp,udp-connected}:{10.20.0.53,fd00:20::2}:54 \
		sendmmsg:10.20.0.53:54
	as_both EACCES dial --say stolen --first 10.20.0.53:53 {udp,udp-connected}:{10.20.0.53,fd00:20::2}:53 \
		sendmmsg:10.20.0.53:53
	assert_records "action=send verdict=allow subject=sender proto=udp addr=10.20.0.53 port=53 peer=dns" \
		"action=connect verdict=allow subject=sender proto=udp addr=fd00:20::2 port=53" \
		"action=send verdict=deny subject=sender addr=10.20.0.53 port=54" \
		"action=connect verdict=deny subject=sender addr=fd00:20::2 port=54" \
		"action=send verdict=deny subject=others addr=fd00:20::2 port=53"
	[[ $(said dns) != *stolen* ]]
}

@test "row 19: MPTCP, and what the kernel adds to it" {
	mark
	as_both ok /opt/sender/dial mptcp:10.20.5.4:{104,106}
	as_both EACCES /opt/sender/dial --say stolen mptcp:10.20.5.4:105 mptcp:fd00:20::2:105
	as_both EACCES dial --say stolen mptcp:10.20.5.4:106
	assert_records "verdict=allow subject=sender proto=tcp addr=10.20.5.4 port=106" \
		"verdict=deny subject=sender proto=tcp addr=10.20.5.4 port=105" \
		"verdict=deny subject=others addr=10.20.5.4 port=106"
	[[ $(said pacs) != *stolen* ]]
}

@test "row 10 of the network: io_uring connects and sends, its own thread too" {
	mark
	as_both ok /opt/sender/dial {uring-tcp,uring-sqpoll}:10.20.5.4:104 uring-udp:10.20.0.53:53
	as_both EACCES /opt/sender/dial --say stolen {uring-tcp,uring-sqpoll}:10.20.5.4:105 uring-udp:10.20.0.53:54
	as_both EACCES dial --say stolen {uring-tcp,uring-sqpoll}:10.20.5.4:104 uring-udp:10.20.0.53:53
	assert_records "verdict=allow subject=sender port=104" "verdict=deny subject=sender port=105" \
		"verdict=deny subject=others port=104" "action=send verdict=deny subject=others port=53"
	[[ $(said pacs) != *stolen* ]]
}

@test "row 19: a source route does not lead past the address of the rule" {
	mark
	all_are EACCES /opt/sender/dial --say stolen --first 10.20.0.2:0 source-route:10.20.5.4:104 \
		udp-source-route:10.20.0.53:53
	[[ $(said pacs)$(said dns) != *stolen* ]]
}

@test "connect: who only asks for the way to a peer of TCP, as a resolver does, is refused without a record" {
	mark
	as_both EACCES /opt/sender/dial udp-connected:10.20.5.4:104
	assert_no_record type=net
	as_both EACCES /opt/sender/dial udp:10.20.5.4:104 udp-connected:10.20.5.4:105 udp-connected:10.20.0.2:104
	assert_records "verdict=deny subject=sender proto=udp addr=10.20.5.4 port=104 action=send" \
		"verdict=deny subject=sender proto=udp addr=10.20.5.4 port=105 uid=2001" \
		"verdict=deny subject=sender proto=udp addr=10.20.0.2 port=104"
}

@test "connect: an address of a rule that the machine itself has leads to none of its programs" {
	policy allow | with_lab | apply_policy
	lab ip address add 10.20.5.9/32 dev lo
	serving liar serve tcp:10.20.5.9:8020
	mark
	as_both EACCES /opt/sender/dial tcp:10.20.5.9:8020
	all_are ok dial tcp:10.20.5.9:8020
	lab ip address del 10.20.5.9/32 dev lo
	assert_record type=net action=connect verdict=deny subject=sender addr=10.20.5.9 port=8020
	run ip address add 10.20.5.9/32 dev lo
	[ "$status" -ne 0 ]
}
