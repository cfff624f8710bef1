#!/usr/bin/env bats
# SPDX-License-Identifier: BSD-2-Clause
#
# Connected sockets that somebody else connected, or that are from before the policy:
# who sends through one is asked as if it connected it now.
#
# newer: one

load lib/phiward

setup_file() {
	lab cp /usr/bin/perl /usr/local/bin/member
	lab cp /usr/bin/socat /usr/local/bin/server
	policy allow | with_next_version > /run/vm/first.yaml
	start_phiward /run/vm/first.yaml
	background /run/vm/sink outside socat -u TCP-LISTEN:2000,fork,reuseaddr STDOUT
	wait_for outside socat -u OPEN:/dev/null TCP:10.20.5.4:2000
	background /run/vm/datagrams outside socat -u UDP-RECV:2001 STDOUT
	pid1 start -- /usr/local/bin/server TCP-LISTEN:8042,fork,reuseaddr EXEC:cat
	wait_for listens 8042
}

# bats waits for whoever is still there.
teardown_file() {
	pkill -x 'socat|server' || true
	reset_phiward
	lab rm -f /usr/local/bin/member /usr/local/bin/server
}

listens() { ss -Hltn "sport = $1" | grep -q .; }

# policy NETWORK_OF_OTHERS [NETWORK_OF_MEMBER]
policy() {
	cat <<-EOF
	phiward: 1
	name: passed-sockets
	mode: enforce
	peers:
	  pacs: [10.20.5.4]
	objects:
	  images: {paths: [/srv/dicom], on_audit_loss: keep_working}
	subjects:
	  reader:
	    exec: [/usr/local/bin/member]
	    started_by: [anyone]
	    access: {images: [read]}
	    writes: [pipe, tty]
	    ${2:+network: [$2]}
	  archive:
	    exec: [/usr/local/bin/server]
	    started_by: [init]
	    helpers: [/usr/bin/cat]
	    access: {images: [read]}
	    writes: [pipe]
	    network:
	      - listen: {tcp: [8042], local: [reader]}
	others: {network: $1}
	EOF
}

TO_PACS='connect: {tcp: [2000], udp: [2001], to: [pacs]}'

# with_socket tcp|udp PORT CMD...: CMD gets a socket connected to the PACS as descriptor 5.
with_socket() { bash -c 'exec 5<> "/dev/$1/10.20.5.4/$2"; shift 2; exec "$@"' - "$@"; }

SEND='open(S, "+>&=5") or die; defined(syswrite(S, "x\n")) or die "$!\n"'
# sendfile(2)
SEND_FILE='open(F, "<", "/srv/dicom/phantom.dcm") or die; syscall(40, 5, fileno(F), 0, 64) >= 0 or die "$!\n"'

@test "passed: a member without a network sends through nobody's socket" {
	policy allow | apply_policy
	mark
	assert_refused with_socket tcp 2000 member -e "$SEND"
	assert_record type=net action=send verdict=deny subject=reader proto=tcp addr=10.20.5.4 port=2000
	assert_refused with_socket tcp 2000 member -e "$SEND_FILE"
	mark
	assert_refused with_socket udp 2001 member -e "$SEND"
	assert_record type=net action=send verdict=deny subject=reader proto=udp addr=10.20.5.4 port=2001
	assert_allowed with_socket tcp 2000 perl -e "$SEND"
	assert_allowed with_socket udp 2001 perl -e "$SEND"
}

@test "passed: a member with a rule for the peer does, and it is as if it had connected it" {
	policy allow "$TO_PACS" | apply_policy
	assert_allowed with_socket tcp 2000 member -e "$SEND"
	assert_allowed with_socket tcp 2000 member -e "$SEND_FILE"
	assert_allowed with_socket udp 2001 member -e "$SEND"
}

@test "before: a connection to the outside is asked again at its first use under a policy" {
	policy allow | apply_policy
	exec 5<> /dev/tcp/10.20.5.4/2000 6<> /dev/udp/10.20.5.4/2001
	echo before >&5
	echo before >&6
	policy loopback | apply_policy
	mark
	run bash -c 'echo after >&5'
	[[ $output == *"Permission denied"* ]]
	assert_record type=net action=send verdict=deny subject=others proto=tcp port=2000
	run bash -c 'echo after >&6'
	[[ $output == *"Permission denied"* ]]
	assert_record type=net action=send verdict=deny subject=others proto=udp port=2001
	# The outside is others, too, and has to be let receive.
	policy "[loopback, {$TO_PACS}, {listen: {tcp: [2000], udp: [2001], from: [10.20.0.0/16]}}]" | apply_policy
	assert_allowed bash -c 'echo again >&5'
	assert_allowed bash -c 'echo again >&6'
	wait_for grep -q again /run/vm/sink
	wait_for grep -q again /run/vm/datagrams
	! grep -q after /run/vm/sink /run/vm/datagrams
	exec 5>&- 6>&-
}

@test "before: a connection to a door is closed to who may not come in now" {
	local answer
	policy allow | sed 's/local: \[reader\]/local: [others]/' | apply_policy
	exec 5<> /dev/tcp/127.0.0.1/8042
	echo hello >&5
	read -r answer <&5
	[ "$answer" = hello ]
	policy allow | apply_policy
	mark
	run bash -c 'echo after >&5'
	[[ $output == *"Permission denied"* ]]
	assert_record type=net action=send verdict=deny subject=others port=8042
	policy allow | sed 's/local: \[reader\]/local: [others]/' | apply_policy
	echo again >&5
	read -r answer <&5
	[ "$answer" = again ]
	exec 5>&-
}

@test "passed: nothing was lost" { assert_lost_zero; }
