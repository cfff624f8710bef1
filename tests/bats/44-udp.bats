#!/usr/bin/env bats
# SPDX-License-Identifier: BSD-2-Clause
# timeout: 900
#
# UDP: a socket that is bound to a port listens, any other is a client.

load lib/phiward
load lib/net

setup_file() {
	load lib/phiward
	load lib/net
	subjects archive finder
	lab ip route add 224.0.0.0/4 dev lan0
	lab ip route add 255.255.255.255 dev lan0
	policy deny | with_lab > /run/vm/first.yaml
	start_phiward /run/vm/first.yaml
	serving archive /opt/archive/serve udp:{0.0.0.0,::}:4242
}
teardown_file() {
	load lib/phiward
	load lib/net
	stop_net
	lab ip route del 224.0.0.0/4 dev lan0
	lab ip route del 255.255.255.255 dev lan0
}

# The policy of these tests; $1: the network of others.
policy() {
	cat <<-EOF
	phiward: 1
	name: udp
	mode: enforce
	peers:
	  scanner: [10.20.5.4, "fd00:20::2"]
	subjects:
	  $HOSPITAL
	  archive:
	    exec: $(programs archive)
	    started_by: [anyone]
	    network:
	      - listen: {udp: [4242, 4250-4251], from: [scanner]}
	  finder:
	    exec: $(programs finder)
	    started_by: [anyone]
	    network:
	      - connect: {udp: [3702], to: [239.255.255.250, 10.20.255.255, 255.255.255.255, "ff02::c"], answers: [10.20.0.0/24, "fd00:20::/64"]}
	      - listen: {udp: [4260], from: [scanner]}
	others: {network: $1}
	EOF
}

scanner() { outside /opt/hospital/dial --wait 1500 "$@"; }

@test "udp: an explicit bind to a port is listen, port 0 is free" {
	mark
	as_both ok /opt/archive/serve --try udp:{127.0.0.1:4250,0.0.0.0:4251,fd00:20::1:4250}
	as_both EACCES /opt/archive/serve --try udp:{127.0.0.1:4249,0.0.0.0:4252,fd00:20::1:4249}
	as_both EACCES serve --try udp:{127.0.0.1:4250,0.0.0.0:5353,::1:5353}
	as_both ok serve --try udp:{127.0.0.1:0,0.0.0.0:0,:::0}
	assert_records "type=net action=listen verdict=allow subject=archive proto=udp addr=0.0.0.0 port=4251 uid=2001 rule~policy.yaml:13" \
		"action=listen verdict=deny enforced=true subject=archive proto=udp addr=fd00:20::1 port=4249 uid=0" \
		"action=listen verdict=deny subject=others proto=udp addr=0.0.0.0 port=5353 uid=2001"
	assert_lost_zero
}

@test "udp: what a bound socket receives is filtered to from, and it answers there" {
	mark
	all_are ok scanner --from 10.20.5.4:0 {udp,udp-connected}:10.20.0.1:4242
	all_are ok scanner --from fd00:20::2:0 udp:fd00:20::1:4242
	all_are ETIMEDOUT scanner --say stranger --from 10.20.0.2:0 {udp,udp-connected}:10.20.0.1:4242
	lab ip -netns outside -6 address add fd00:20::7/64 dev lan0 nodad
	all_are ETIMEDOUT scanner --say stranger --from fd00:20::7:0 udp:fd00:20::1:4242
	lab ip -netns outside -6 address del fd00:20::7/64 dev lan0
	assert_records "action=send verdict=allow subject=archive proto=udp addr=10.20.5.4 peer=scanner" \
		"action=listen verdict=deny enforced=true subject=archive proto=udp addr=10.20.0.2 port=4242 pid=null" \
		"action=listen verdict=deny subject=archive addr=fd00:20::7 port=4242"
	[[ $(said archive) != *stranger* ]]
}

@test "udp: a datagram in fragments comes in like any other" {
	local long
	long=$(printf 'x%.0s' {1..3500})
	all_are ok scanner --from 10.20.5.4:0 --say "$long" udp:10.20.0.1:4242
	all_are ETIMEDOUT scanner --from 10.20.0.2:0 --say "stranger$long" udp:10.20.0.1:4242
	[[ $(said archive) != *stranger* ]]
}

@test "udp: a bound socket sends nowhere but to whom may come" {
	plugged server /opt/archive/plug
	told server ok "bind udp:0.0.0.0:4250" "sendto udp:10.20.5.4:9999"
	mark
	told server EACCES "sendto udp:10.20.0.2:9999" "sendto udp:239.255.255.250:3702" "sendto udp:10.20.255.255:3702" \
		"sendto udp:255.255.255.255:3702"
	assert_records "action=send verdict=deny subject=archive proto=udp addr=10.20.0.2 port=9999" \
		"action=send verdict=deny subject=archive addr=239.255.255.250 port=3702"
	told server ok "bind udp:0.0.0.0:0"
	told server EACCES "sendto udp:10.20.5.4:9999"
}

# answered ADDRESS:PORT: the hospital sends from there to the finder.
answered() { outside /opt/hospital/plug "bind udp:$1" "sendto udp:$FINDER"; }

@test "udp: a send to a group or broadcast address is connect, and answers says who may answer" {
	local group
	for group in 239.255.255.250 10.20.255.255 255.255.255.255; do
		plugged finder /opt/finder/plug
		mark
		told finder ok "socket udp:0.0.0.0:0" "sendto udp:$group:3702"
		tell finder name
		FINDER=10.20.0.1:${SAID[0]##*:}
		all_are ok answered 10.20.0.2:3702
		told finder ok recv
		all_are ok answered 10.20.5.4:3702
		all_are ok answered 10.20.0.2:3703
		told finder ETIMEDOUT recv
		told finder EACCES "sendto udp:$group:3703" "sendto udp:10.20.0.2:3702"
		assert_records "action=send verdict=allow subject=finder proto=udp addr=$group port=3702" \
			"action=listen verdict=deny subject=finder proto=udp addr=10.20.5.4 pid=null" \
			"action=send verdict=deny subject=finder addr=$group port=3703"
	done
}

@test "udp: a socket that is bound as well sends to its groups, and hears both" {
	plugged finder /opt/finder/plug
	FINDER=10.20.0.1:4260
	told finder ok "bind udp:0.0.0.0:4260" "sendto udp:239.255.255.250:3702"
	all_are ok answered 10.20.0.2:3702
	told finder ok recv
	all_are ok answered 10.20.5.4:9999
	told finder ok recv
	all_are ok answered 10.20.0.2:9999
	told finder ETIMEDOUT recv
}

@test "udp: a bound socket that was handed over serves for who receives" {
	plugged giver /opt/archive/plug
	told giver ok "bind udp:0.0.0.0:4250"
	plugged taker as_user mallory plug
	echo "take /run/vm/net/meet" > /run/vm/net/taker.in
	wait_for test -S /run/vm/net/meet
	told giver ok "give /run/vm/net/meet"
	wait_for grep -q '^take.*: ok' /run/vm/net/taker
	all_are ok outside /opt/hospital/plug "bind udp:10.20.5.4:9998" "sendto udp:10.20.0.1:4250"
	mark
	told taker EACCES recv read "sendto udp:10.20.5.4:9999"
	assert_records "action=listen verdict=deny subject=others proto=udp port=4250 uid=2001"
	told giver ok recv "sendto udp:10.20.5.4:9999"
}

@test "udp: others under loopback are heard by this machine only, and bind no outside address" {
	policy loopback | apply_policy
	serving web serve udp:127.0.0.1:5353 udp:::1:5353
	as_both ok dial {udp,udp-connected}:127.0.0.1:5353 udp:::1:5353
	as_both EACCES serve --try udp:{0.0.0.0,10.20.0.1,::}:5354
	as_both EACCES dial udp:10.20.0.2:3702
}

@test "udp: others under rules and under allow" {
	policy '[{listen: {udp: [5355], from: [10.20.5.4]}}]' | apply_policy
	serving rules serve udp:0.0.0.0:5355
	all_are ok scanner --from 10.20.5.4:0 udp:10.20.0.1:5355
	all_are ETIMEDOUT scanner --say stranger --from 10.20.0.2:0 udp:10.20.0.1:5355
	as_both EACCES serve --try udp:0.0.0.0:5356
	policy allow | apply_policy
	all_are ok scanner --from 10.20.0.2:0 udp:10.20.0.1:5355
	as_both ok serve --try udp:0.0.0.0:5356
	[[ $(said rules) != *stranger* ]]
}

@test "udp: sockets of the kernel are not anybody's" {
	policy deny | with_lab | apply_policy
	modprobe vxlan
	assert_allowed lab ip link add vx0 type vxlan id 7 remote 10.20.0.2 local 10.20.0.1 dstport 4789
	assert_allowed lab ip link set vx0 up
	[[ $(ss -lun) == *:4789* ]]
	lab ip link del vx0
	as_both EACCES serve --try udp:0.0.0.0:4789
}
