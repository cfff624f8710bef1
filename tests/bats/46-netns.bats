#!/usr/bin/env bats
# SPDX-License-Identifier: BSD-2-Clause
# timeout: 900
#
# Rules hold in the first network namespace; elsewhere only those that say `netns: any`.
#
# newer: one

load lib/phiward
load lib/net

RUN=/run/vm/net

setup_file() {
	load lib/phiward
	load lib/net
	subjects sender roamer archive viewer
	ip netns add annex
	lab ip -netns annex link set lo up
	policy loopback | with_lab > /run/vm/first.yaml
	start_phiward /run/vm/first.yaml
	mkdir -p -m 1777 $RUN
	hospital pacs {tcp,udp}:10.20.5.4:104
	serving annex annex /opt/hospital/serve {tcp,udp}:127.0.0.1:{104,105} tcp:127.0.0.1:4242
	serving archive /opt/archive/serve tcp:127.0.0.1:4242 stream:$RUN/ctl.sock
	chmod 777 $RUN/ctl.sock
}
teardown_file() {
	load lib/phiward
	load lib/net
	stop_net
	ip netns del annex
}

# The policy of these tests; $1: the network of others.
policy() {
	cat <<-EOF
	phiward: 1
	name: netns
	mode: enforce
	objects:
	  images: {paths: [/srv/dicom], on_audit_loss: keep_working}
	subjects:
	  $HOSPITAL
	  sender:
	    exec: $(programs sender)
	    started_by: [anyone]
	    network:
	      - connect: {tcp: [104], udp: [104], to: [10.20.5.4, 127.0.0.1]}
	      - listen: {tcp: [5000], udp: [5000], from: [any]}
	  roamer:
	    exec: $(programs roamer)
	    started_by: [anyone]
	    network:
	      - connect: {tcp: [104], udp: [104], to: [10.20.5.4, 127.0.0.1], netns: any}
	      - listen: {tcp: [5001], udp: [5001], from: [any], netns: any}
	  archive:
	    exec: $(programs archive)
	    started_by: [anyone]
	    access: {images: [read]}
	    writes: [$RUN, pipe]
	    network:
	      - listen: {tcp: [4242], local: [viewer], netns: any}
	      - listen: {unix: [$RUN/ctl.sock], local: [viewer]}
	  viewer: {exec: $(programs viewer), started_by: [anyone], network: [{connect: {tcp: [9], to: [any], netns: any}}]}
	others: {network: $1}
	EOF
}

annex() { nsenter --net=/run/netns/annex -- "$@"; }

# A network namespace of the user's own, loopback up.
own_netns() { as_user mallory unshare -Urn sh -c 'ip link set lo up; "$@"' sh "$@"; }

@test "netns: a member gets none elsewhere, unless its rules say any" {
	mark
	as_both ok /opt/sender/dial {tcp,udp,udp-connected}:10.20.5.4:104
	as_both ok /opt/roamer/dial {tcp,udp,udp-connected}:10.20.5.4:104
	all_are EACCES annex /opt/sender/dial {tcp,udp,udp-connected,fastopen,mptcp,uring-tcp}:127.0.0.1:104
	all_are EACCES own_netns /opt/sender/dial {tcp,udp,udp-connected}:127.0.0.1:104
	all_are ok annex /opt/roamer/dial {tcp,udp,udp-connected}:127.0.0.1:104
	all_are EACCES annex /opt/roamer/dial {tcp,udp}:127.0.0.1:105
	all_are EACCES outside /opt/sender/dial {tcp,udp}:10.20.5.4:104
	assert_records "action=connect verdict=deny enforced=true subject=sender proto=tcp addr=127.0.0.1 port=104 uid=0" \
		"action=send verdict=deny subject=sender proto=udp addr=127.0.0.1 port=104" \
		"action=connect verdict=allow subject=roamer proto=tcp addr=127.0.0.1 port=104"
	assert_lost_zero
}

@test "netns: nor does it listen there" {
	as_both ok /opt/sender/serve --try {tcp,udp}:127.0.0.1:5000
	all_are EACCES annex /opt/sender/serve --try {tcp,udp}:127.0.0.1:5000
	all_are EACCES own_netns /opt/sender/serve --try {tcp,udp}:127.0.0.1:5000
	all_are ok annex /opt/roamer/serve --try {tcp,udp}:127.0.0.1:5001
	all_are EACCES annex /opt/roamer/serve --try {tcp,udp}:127.0.0.1:5000
}

@test "netns: what counts is where the socket was made, not where its user went" {
	run /opt/sender/plug "socket tcp:10.20.5.4:104" "netns /run/netns/annex" "dial tcp:10.20.5.4:104" send recv
	[ "$status" -eq 0 ]
	run /opt/sender/plug "netns /run/netns/annex" "socket tcp:127.0.0.1:104" "netns /proc/1/ns/net" "dial tcp:127.0.0.1:104"
	[[ $output == *"dial tcp:127.0.0.1:104: EACCES"* ]]
}

@test "netns: a socket of the first one that was handed over is still judged by its user" {
	run nsenter --net=/run/netns/annex -- plug "netns /proc/1/ns/net" "socket tcp:10.20.5.4:104" \
		"netns /run/netns/annex" "dial tcp:10.20.5.4:104"
	[[ $output == *"dial tcp:10.20.5.4:104: EACCES"* ]]
}

@test "netns: others are under the same rules everywhere" {
	all_are ok annex dial {tcp,udp}:127.0.0.1:104
	all_are EACCES dial {tcp,udp}:10.20.5.4:104
	all_are EACCES outside dial {tcp,udp}:10.20.5.4:104
	all_are ok own_netns serve --try {tcp,udp}:127.0.0.1:5000
}

@test "netns: the port of a door is a door in the first one only" {
	as_both EACCES dial tcp:127.0.0.1:4242
	all_are ok annex dial tcp:127.0.0.1:4242
	all_are ok /opt/viewer/dial tcp:127.0.0.1:4242
}

@test "netns: a door that is served in another one is closed there too" {
	ip netns add ward
	lab ip -netns ward link set lo up
	serving ward nsenter --net=/run/netns/ward -- /opt/archive/serve tcp:127.0.0.1:4242
	mark
	all_are ETIMEDOUT nsenter --net=/run/netns/ward -- dial --wait 1500 --say stranger tcp:127.0.0.1:4242
	all_are ok nsenter --net=/run/netns/ward -- /opt/viewer/dial tcp:127.0.0.1:4242
	assert_record action=listen verdict=deny subject=archive addr=127.0.0.1 port=4242 pid=null
	[[ $(said ward) != *stranger* ]]
	policy allow | apply_policy
	all_are ETIMEDOUT nsenter --net=/run/netns/ward -- dial --wait 1500 --say stranger tcp:127.0.0.1:4242
	policy loopback | apply_policy
	[[ $(said ward) != *stranger* ]]
}

@test "netns: a unix door is closed to those who come from another one" {
	all_are EACCES annex dial --say stranger stream:$RUN/ctl.sock
	all_are EACCES own_netns dial --say stranger stream:$RUN/ctl.sock
	all_are ok annex /opt/viewer/dial stream:$RUN/ctl.sock
	[[ $(said archive) != *stranger* ]]
}

@test "netns: the kernel's own sockets of a new one are nobody's" {
	policy deny | apply_policy
	assert_allowed unshare -n true
	assert_allowed as_user mallory unshare -Urn true
	assert_allowed ip netns add other
	ip netns del other
	policy loopback | apply_policy
}
