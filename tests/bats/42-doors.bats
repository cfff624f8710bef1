#!/usr/bin/env bats
# SPDX-License-Identifier: BSD-2-Clause
# timeout: 900
#
# Doors: a port that a subject serves which may read an object is open to `local` only.
#
# newer: one

load lib/phiward
load lib/net

OTHERS=(deny loopback allow '[loopback, {connect: {tcp: [4242, 5000], udp: [4242], to: [any]}}]')

setup_file() {
	load lib/phiward
	load lib/net
	subjects archive viewer sender web
	lab sh -c 'echo 3 > /proc/sys/net/ipv4/tcp_fastopen'
	policy "${OTHERS[0]}" > /run/vm/first.yaml
	start_phiward /run/vm/first.yaml
	serving archive /opt/archive/serve {tcp,udp}:{0.0.0.0,::}:4242 mptcp:127.0.0.1:4243
	serving web /opt/web/serve {tcp,udp}:{0.0.0.0,::}:5000
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
	name: doors
	mode: enforce
	objects:
	  images: {paths: [/srv/dicom], on_audit_loss: keep_working}
	subjects:
	  $HOSPITAL
	  archive:
	    exec: $(programs archive)
	    started_by: [anyone]
	    access: {images: [read]}
	    writes: [/run/vm/net, pipe]
	    network:
	      - listen: {tcp: [4242-4244], udp: [4242], from: [10.20.0.0/16, "fd00:20::/64"], local: [viewer]}
	  viewer:
	    exec: $(programs viewer)
	    started_by: [anyone]
	  sender:
	    exec: $(programs sender)
	    started_by: [anyone]
	    network:
	      - connect: {tcp: [4242, 4243, 5000], udp: [4242, 5000], to: [any]}
	  web:
	    exec: $(programs web)
	    started_by: [anyone]
	    network:
	      - listen: {tcp: [5000], udp: [5000], from: [10.20.5.4], local: [viewer]}
	others: {network: $1}
	EOF
}

# Every name of this machine, one ROUTE:ADDRESS:PORT each.
every_way() {
	local route=$1 port=$2 address
	for address in 127.0.0.1 $([ "$route" = udp-connected ] || echo 127.9.9.9) 0.0.0.0 10.20.0.1 ::1 :: $OWN_V6 ::ffff:127.0.0.1 ::ffff:10.20.0.1; do
		echo "$route:$address:$port"
	done
}

@test "door: who is in local gets in, by whatever address, and needs no connect rule" {
	mark
	# shellcheck disable=SC2046
	as_both ok /opt/viewer/dial $(every_way tcp 4242) $(every_way udp 4242) $(every_way udp-connected 4242) \
		{fastopen,fastopen-connect}:127.0.0.1:4242 {tcp,mptcp}:127.0.0.1:4243 uring-tcp:127.0.0.1:4242
	all_are ok /opt/archive/dial {tcp,udp}:127.0.0.1:4242 tcp:10.20.0.1:4242
	assert_records "action=connect verdict=allow subject=viewer proto=tcp addr=127.0.0.1 port=4242 uid=2001 rule~policy.yaml:" \
		"action=connect verdict=allow subject=viewer addr=$OWN_V6 port=4242" \
		"action=send verdict=allow subject=viewer proto=udp addr=10.20.0.1 port=4242" \
		"action=listen verdict=allow subject=archive proto=tcp addr=10.20.0.1 port=4242 peer=viewer pid=null" \
		"action=connect verdict=allow subject=archive addr=127.0.0.1 port=4242"
	assert_lost_zero
}

# refused_to PROGRAM: every way to the door is.
refused_to() {
	# shellcheck disable=SC2046
	as_both EACCES "$1" --say stranger $(every_way tcp 4242) $(every_way udp 4242) $(every_way udp-connected 4242) \
		{fastopen,fastopen-connect,uring-tcp,uring-sqpoll,mptcp}:127.0.0.1:4242 fastopen:10.20.0.1:4242 \
		{tcp,mptcp}:127.0.0.1:4243 uring-udp:127.0.0.1:4242 &&
		[[ $(said archive) != *stranger* ]]
}

@test "door: a member that is not in local is kept out, though it may connect to every address" {
	mark
	refused_to /opt/sender/dial
	all_are ok /opt/sender/dial {tcp,udp}:127.0.0.1:5000
	all_are EACCES /opt/sender/dial {tcp,udp}:10.20.0.1:5000
	assert_records "action=connect verdict=deny enforced=true subject=sender proto=tcp addr=10.20.0.1 port=4242 uid=2001" \
		"action=send verdict=deny subject=sender proto=udp addr=::1 port=4242"
	assert_lost_zero
}

@test "door: others are kept out, whatever their network is" {
	local network
	for network in "${OTHERS[@]}"; do
		policy "$network" | apply_policy
		mark
		refused_to /usr/local/bin/dial
		assert_records "action=connect verdict=deny enforced=true subject=others proto=tcp addr=10.20.0.1 port=4242 uid=2001" \
			"action=connect verdict=deny subject=others proto=tcp addr=127.0.0.1 port=4242 uid=0" \
			"action=send verdict=deny subject=others proto=udp addr=$OWN_V6 port=4242"
	done
	assert_lost_zero
}

@test "door: another server on this machine is no door, and loopback is open as others may use it" {
	policy loopback | apply_policy
	as_both ok dial {tcp,udp}:{127.0.0.1,10.20.0.1,::1}:5000
	policy deny | apply_policy
	as_both EACCES dial {tcp,udp}:{127.0.0.1,10.20.0.1,::1}:5000
	as_both ok /opt/viewer/dial {tcp,udp}:{127.0.0.1,10.20.0.1,::1}:5000
	as_both EACCES /opt/viewer/dial {tcp,udp}:127.0.0.1:5001
}

@test "door: from outside come the peers of the rule" {
	all_are ok outside /opt/hospital/dial {tcp,udp}:10.20.0.1:4242 {tcp,udp}:$OWN_V6:4242
	all_are ETIMEDOUT outside /opt/hospital/dial --wait 1500 {tcp,udp}:10.20.0.1:5000
}

@test "door: nobody else serves on its port, nor takes it by bind" {
	policy allow | apply_policy
	mark
	as_both EACCES serve --try {tcp,mptcp}:127.0.0.1:4244 udp:127.0.0.2:4242
	as_both EACCES /opt/web/serve --try tcp:127.0.0.1:4244
	as_both ok serve --try tcp:127.0.0.1:4245 udp:127.0.0.1:4245
	as_both ok /opt/archive/serve --try tcp:127.0.0.1:4244
	as_both EACCES serve --try --bind {tcp,mptcp}:{127.0.0.1,::1,0.0.0.0}:4244
	as_both EACCES /opt/web/serve --try --bind tcp:127.0.0.1:4244
	as_both ok serve --try --bind tcp:127.0.0.1:{4245,5001}
	as_both ok /opt/archive/serve --try --bind tcp:127.0.0.1:4244
	assert_records "action=listen verdict=deny subject=others proto=tcp port=4244 uid=2001" \
		"action=listen verdict=deny subject=others proto=udp port=4242"
}

@test "door: an address that the machine gets later is its own too" {
	policy allow | with_lab | apply_policy
	lab ip address add 10.30.0.1/24 dev lan0
	wait_for all_are EACCES dial --say stranger {tcp,udp}:10.30.0.1:4242
	all_are ok /opt/viewer/dial {tcp,udp}:10.30.0.1:4242
	lab ip address del 10.30.0.1/24 dev lan0
	[[ $(said archive) != *stranger* ]]
}

@test "door: with the daemon dead a connection by a new address is stopped at the server's side" {
	mark
	stop_phiward 9
	lab ip address add 10.30.0.1/24 dev lan0
	all_are ETIMEDOUT dial --wait 1500 --say stranger tcp:10.30.0.1:4242
	lab ip address del 10.30.0.1/24 dev lan0
	[[ $(said archive) != *stranger* ]]
	start_phiward
	assert_record action=listen verdict=deny subject=archive proto=tcp addr=10.30.0.1 port=4242 pid=null
}

@test "door: a group or broadcast address does not lead round to it" {
	policy allow | with_lab | apply_policy
	lab ip route add 224.0.0.0/4 dev lan0
	lab ip route add 255.255.255.255 dev lan0
	mark
	as_both EACCES dial --say stranger udp:{224.0.0.1,255.255.255.255,10.20.255.255,ff02::1%lan0}:4242
	all_are EACCES /opt/viewer/dial udp:10.20.255.255:4242
	all_are ETIMEDOUT dial --wait 100 udp:{224.0.0.1,10.20.255.255,ff02::1%lan0}:4249
	lab ip route del 255.255.255.255 dev lan0
	lab ip route del 224.0.0.0/4 dev lan0
	assert_records "action=send verdict=deny subject=others proto=udp addr=224.0.0.1 port=4242"
	[[ $(said archive) != *stranger* ]]
}
