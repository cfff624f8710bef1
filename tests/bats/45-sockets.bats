#!/usr/bin/env bats
# SPDX-License-Identifier: BSD-2-Clause
# timeout: 1200
#
# Kinds of sockets; and sockets in other hands, and from another time, than those that
# they were judged in.
#
# newer: one

load lib/phiward
load lib/net

RUN=/run/vm/net
PACS=tcp:10.20.5.4:104

setup_file() {
	load lib/phiward
	load lib/net
	subjects packet icmp vsock bluetooth can xdp tun sender friend viewer
	mkdir -p -m 1777 $RUN
	for module in vsock bluetooth can-raw can-bcm tun; do
		modprobe $module || true
	done
	chmod 666 /dev/net/tun	# as udev has it
	lab sh -c "echo '0 2147483647' > /proc/sys/net/ipv4/ping_group_range"
	hospital pacs tcp:10.20.5.4:{104,105} udp:10.20.5.4:104
	plugged before plug
	plugged before-listening plug
	plugged before-packet plug
	plugged before-sender /opt/sender/plug
	plugged before-stranger /opt/sender/plug
	told before ok "connect $PACS" send recv
	told before-listening ok "bind tcp:0.0.0.0:8080" listen
	told before-packet ok packet
	told before-sender ok "connect $PACS" send recv
	told before-stranger ok "connect tcp:10.20.5.4:105" send recv
	policy deny > /run/vm/first.yaml
	start_phiward /run/vm/first.yaml
}
teardown_file() {
	load lib/phiward
	load lib/net
	stop_net
}

# The policy of these tests; $1: the network of others, $2: the port that the sender may use.
policy() {
	local word
	cat <<-EOF
	phiward: 1
	name: sockets
	mode: enforce
	peers:
	  pacs: [10.20.5.4]
	objects:
	  images: {paths: [/srv/dicom], on_audit_loss: keep_working}
	subjects:
	  $HOSPITAL
	  sender:
	    exec: $(programs sender)
	    started_by: [anyone]
	    network: [{connect: {tcp: [${2:-104}], udp: [${2:-104}], to: [pacs]}}]
	  friend:
	    exec: $(programs friend)
	    started_by: [anyone]
	    network: [{connect: {tcp: [104], to: [10.20.0.0/16]}}]
	  viewer:
	    exec: $(programs viewer)
	    started_by: [anyone]
	    access: {images: [read]}
	    writes: [$RUN]
	EOF
	for word in packet icmp vsock bluetooth can xdp tun; do
		echo "  $word: {exec: $(programs $word), started_by: [anyone], network: [{raw: [$word]}], system: [netadmin]}"
	done
	echo "others: {network: $1}"
}

# ---- Kinds ------------------------------------------------------------------------------------

FREE="tcp udp mptcp unix netlink alg"

# What a word of `raw` gives.
given_by() {
	case $1 in
	packet) echo packet packet-cooked packet-unbound raw-any raw-tcp raw-udp6 ;;
	icmp) echo raw-icmp raw-icmp6 ping ping6 ;;
	vsock) echo vsock vsock-seqpacket ;;
	bluetooth) echo bluetooth-hci bluetooth-l2cap bluetooth-rfcomm ;;
	can) echo can can-bcm ;;
	xdp) echo xdp ;;
	tun) echo tun tap ;;
	esac
}

# only_these "KIND..." CMD...: of all kinds CMD is refused every one but these and the free ones.
only_these() {
	local these=" $1 $FREE " name result
	shift
	run "$@"
	[ "${#lines[@]}" -gt 30 ] || { fail "says: $output"; return 1; }
	while IFS=': ' read -r name result; do
		if [[ $these == *" $name "* ]]; then
			[ "$result" != EACCES ]
		else
			# Without CAP_NET_ADMIN, or the right, a tun device is refused before it is asked about.
			[ "$result" = EACCES ] || [[ $name:$result == t[ua][np]:EPERM ]]
		fi || { fail "$name: $result: $*"; return 1; }
	done <<< "$output"
}

@test "row 19: packet, raw, ping, vsock, bluetooth, CAN, XDP and all else that addresses cannot describe" {
	mark
	only_these "" kinds
	only_these "" as_user mallory kinds
	only_these "" /opt/sender/kinds
	assert_records "type=net action=connect verdict=deny enforced=true subject=others proto=raw uid=0" \
		"verdict=deny subject=others proto=raw uid=2001" "verdict=deny subject=sender proto=raw"
	all_are ok kinds $FREE
	all_are ok as_user mallory kinds $FREE
	assert_lost_zero
}

@test "row 19: each word of raw gives its kinds to its subject, and no others" {
	local word
	for word in packet icmp vsock bluetooth can xdp tun; do
		only_these "$(given_by $word)" /opt/$word/kinds
		only_these "$(given_by $word)" as_user mallory /opt/$word/kinds
	done
	mark
	all_are ok /opt/packet/kinds $(given_by packet)
	all_are ok /opt/icmp/kinds raw-icmp raw-icmp6
	all_are ok /opt/can/kinds can can-bcm
	all_are ok /opt/xdp/kinds xdp
	all_are ok /opt/vsock/kinds vsock
	all_are ok /opt/tun/kinds tun tap
	all_are EACCES /opt/packet/kinds tun tap
	assert_records "verdict=allow subject=packet proto=raw" "verdict=allow subject=tun proto=raw" \
		"verdict=allow subject=vsock proto=raw"
}

@test "row 19: a packet socket in other hands" {
	handed /opt/packet/plug packet
	# Something to hear.
	all_are ok outside /opt/hospital/plug "bind udp:10.20.0.2:0" "sendto udp:10.20.0.1:9"
	mark
	told taker EACCES recv read
	assert_records "verdict=deny subject=others proto=raw uid=2001"
	told giver ok recv
	told giver ok "exec /usr/local/bin/plug"
	told giver EACCES recv
}

# ---- From another time ------------------------------------------------------------------------

@test "a connection of others from before the policy is judged when it is used" {
	mark
	told before EACCES send write sendfile splice uring recv read
	assert_records "type=net action=send verdict=deny enforced=true subject=others proto=tcp addr=10.20.5.4 port=104"
}

@test "a listening socket of others from before the policy is closed" {
	told before-listening EACCES accept
	all_are ETIMEDOUT outside /opt/hospital/dial --wait 500 tcp:10.20.0.1:8080
}

@test "a packet socket from before the policy hears nothing" {
	mark
	told before-packet EACCES recv read
	assert_record verdict=deny subject=others proto=raw
}

@test "a connection of a member from before the policy is held to its rules" {
	told before-sender ok send recv write sendfile
	mark
	told before-stranger EACCES send write
	assert_record action=send verdict=deny subject=sender addr=10.20.5.4 port=105
}

@test "across a swap the first use is judged anew" {
	local proto
	for proto in tcp udp; do
		plugged swapped /opt/sender/plug
		told swapped ok "connect $proto:10.20.5.4:104" send recv
		policy deny 105 | apply_policy
		mark
		told swapped EACCES send write sendfile splice uring
		[ $proto = udp ] || told swapped EACCES recv read
		assert_record action=send verdict=deny enforced=true subject=sender proto=$proto addr=10.20.5.4 port=104
		policy deny | apply_policy
		told swapped ok send recv write uring
	done
}

# ---- In other hands ---------------------------------------------------------------------------

# handed PROGRAM COMMAND...: the socket that it makes is `giver`'s, and a stranger, `taker`, has it.
handed() {
	local program=$1
	shift
	plugged giver "$program"
	told giver ok "$@"
	plugged taker as_user mallory "${TAKER:-plug}"
	rm -f $RUN/meet
	echo "take $RUN/meet" > $RUN/taker.in
	wait_for test -S $RUN/meet
	told giver ok "give $RUN/meet"
	wait_for grep -q '^take.*: ok' $RUN/taker
}

@test "a connection in other hands is judged by who uses it" {
	handed /opt/sender/plug "connect $PACS" send recv
	mark
	told taker EACCES send write sendfile splice uring recv read
	assert_records "action=send verdict=deny enforced=true subject=others proto=tcp addr=10.20.5.4 port=104 uid=2001" \
		"action=connect verdict=deny subject=others proto=tcp addr=10.20.5.4 port=104 uid=2001"
	told giver ok send recv
	handed /opt/sender/plug "connect udp:10.20.5.4:104" send recv
	told taker EACCES send write sendfile uring
	told giver ok send recv
}

@test "a connection in the hands of a member with a rule for it" {
	TAKER=/opt/friend/plug handed /opt/sender/plug "connect $PACS" send recv
	mark
	told taker ok send recv write
	assert_record action=send verdict=allow subject=friend addr=10.20.5.4 port=104 uid=2001
}

@test "a connection that is inherited is judged by who inherits it" {
	plugged heir /opt/sender/plug
	told heir ok "connect $PACS" send recv "exec /usr/local/bin/plug"
	told heir EACCES send write sendfile splice uring recv read
	told heir ok "exec /opt/sender/plug" send recv
}

@test "a member that may read is not given a way out as its output" {
	policy allow | apply_policy
	serving sink serve stream:$RUN/sink.sock
	plugged start plug
	told start ok "connect $PACS" send recv "exec /opt/viewer/plug"
	mark
	told start EACCES send write sendfile splice uring
	assert_record action=send verdict=deny subject=viewer proto=tcp addr=10.20.5.4 port=104
	plugged start plug
	told start ok "connect stream:$RUN/sink.sock" send recv "exec /opt/viewer/plug"
	mark
	told start EACCES send write sendfile splice uring
	assert_record type=file action=write verdict=deny subject=viewer
	told start ok "connect stream:$RUN/sink.sock" send recv
	policy deny | apply_policy
}
