#!/usr/bin/env bats
# SPDX-License-Identifier: BSD-2-Clause
#
# What a record says of the process beside the access itself: that it had opened an object when it
# used the network, and who started it.
#
# newer: one

load lib/phiward

setup_file() {
	lab cp /usr/bin/perl /usr/local/bin/member
	lab cp /usr/bin/dash /usr/local/bin/starter
	policy | with_next_version > /run/vm/first.yaml
	start_phiward /run/vm/first.yaml
	background /run/vm/sink outside socat -u TCP-LISTEN:2000,fork,reuseaddr STDOUT
	wait_for outside socat -u OPEN:/dev/null TCP:10.20.5.4:2000
	background /run/vm/datagrams outside socat -u UDP-RECV:2001 STDOUT
}
teardown_file() {
	pkill -x 'socat|member' || true
	reset_phiward
	lab rm -f /usr/local/bin/member /usr/local/bin/starter
}

listens() { ss -Hltn "sport = $1" | grep -q .; }

policy() {
	cat <<-EOF
	phiward: 1
	name: disclosure
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
	    network:
	      - connect: {tcp: [2000], udp: [2001], to: [pacs]}
	      - listen: {tcp: [2002], from: [pacs], local: [others]}
	others: {network: allow}
	EOF
}

# Perl: READ opens a patient's file, TCP and UDP connect, SEND sends through what was connected.
USES='use Socket;
	sub READ { open(my $f, "<", "/srv/dicom/phantom.dcm") or die "$!\n"; <$f> }
	sub TCP { socket(S, PF_INET, SOCK_STREAM, 0) and connect(S, pack_sockaddr_in(2000, inet_aton("10.20.5.4"))) or die "$!\n" }
	sub UDP { socket(S, PF_INET, SOCK_DGRAM, 0) or die; send(S, "x", 0, pack_sockaddr_in(2001, inet_aton("10.20.5.4"))) or die "$!\n" }
	sub SEND { defined(syswrite(S, "x\n")) or die "$!\n" }
	sub FORK { my $p = fork() // die; return if !$p; waitpid($p, 0); exit($? != 0) }
	sub ACCEPT { socket(L, PF_INET, SOCK_STREAM, 0) and setsockopt(L, SOL_SOCKET, SO_REUSEADDR, 1) and
		bind(L, pack_sockaddr_in(2002, INADDR_ANY)) and listen(L, 1) and accept(S, L) or die "$!\n" }
	'

# How many records of sending and connecting by the member since the mark.
sends() { records_like type=net "action=$1" subject=reader "phi=$2" | wc -l; }

@test "disclosure: a connect before an object was opened is none" {
	mark
	assert_allowed member -e "$USES TCP; SEND; SEND"
	assert_record type=net action=connect verdict=allow subject=reader phi=false addr=10.20.5.4 port=2000
	[ "$(sends send true)" -eq 0 ]
	[ "$(sends connect true)" -eq 0 ]
}

@test "disclosure: who opened an object and connects then says so in that record, and once" {
	mark
	assert_allowed member -e "$USES READ; TCP; SEND; SEND"
	assert_record type=net action=connect verdict=allow subject=reader phi=true addr=10.20.5.4 port=2000 peer=pacs
	[ "$(sends send true)" -eq 0 ]
}

@test "disclosure: who was connected before gets a record at the first send after it" {
	mark
	assert_allowed member -e "$USES TCP; SEND; READ; SEND; SEND"
	assert_record type=net action=connect phi=false port=2000
	assert_record type=net action=send verdict=allow subject=reader phi=true addr=10.20.5.4 port=2000 peer=pacs
	[ "$(sends send true)" -eq 1 ]
}

@test "disclosure: datagrams: one record before, and one after an object was opened" {
	mark
	assert_allowed member -e "$USES UDP; UDP; READ; UDP"
	[ "$(sends send false)" -ge 1 ]
	assert_record type=net action=send verdict=allow subject=reader phi=true proto=udp addr=10.20.5.4 port=2001
	mark
	assert_allowed member -e "$USES"'socket(S, PF_INET, SOCK_DGRAM, 0); my $to = pack_sockaddr_in(2001, inet_aton("10.20.5.4"));
		send(S, "x", 0, $to) for 1 .. 3; READ; send(S, "x", 0, $to) for 1 .. 3'
	[ "$(sends send false)" -eq 1 ]
	[ "$(sends send true)" -eq 1 ]
}

@test "disclosure: a fork carries it, and so does what it was connected to" {
	mark
	assert_allowed member -e "$USES TCP; READ; FORK; SEND"
	assert_record type=net action=send phi=true port=2000
	mark
	assert_allowed member -e "$USES READ; FORK; TCP"
	assert_record type=net action=connect phi=true port=2000
}

@test "disclosure: who accepts and has opened an object has a record when it answers" {
	mark
	background /run/vm/accepts member -e "$USES READ; ACCEPT; SEND; SEND"
	wait_for listens 2002
	assert_allowed outside socat -u TCP:10.20.0.1:2002,bind=10.20.5.4,connect-timeout=5 CREATE:/run/vm/answer
	grep -qx x /run/vm/answer
	assert_record type=net action=send verdict=allow subject=reader phi=true proto=tcp addr=10.20.5.4
	[ "$(sends send true)" -eq 1 ]
	mark
	background /run/vm/accepts member -e "$USES ACCEPT; SEND"
	wait_for listens 2002
	assert_allowed outside socat -u TCP:10.20.0.1:2002,bind=10.20.5.4,connect-timeout=5 CREATE:/run/vm/answer
	[ "$(sends send true)" -eq 0 ]
}

@test "disclosure: a new policy does not make it forgotten" {
	mark
	mkfifo /run/vm/go
	background /run/vm/keeps member -e "$USES READ; open(G, '<', '/run/vm/go') or die; <G>; TCP"
	wait_for has_record type=file subject=reader object=images
	policy | apply_policy
	echo go > /run/vm/go
	wait_for has_record type=net action=connect verdict=allow subject=reader phi=true port=2000
	rm /run/vm/go
}

# ---- Who started it -----------------------------------------------------------------------------

# The line of the last record like that.
last_like() { records_like "$@" | tail -n 1; }

@test "run: records of a program refer to that of its exec, which names its ancestors" {
	mark
	assert_allowed starter -c "starter -c 'member -e \"$(sed 's/["$]/\\&/g' <<< "$USES") READ; TCP\"; :'; :"
	run jq -r '"\(.seq) \(.run) \([.parents[].exe] | join(" "))"' <<< "$(last_like type=exec verdict=allow subject=reader)"
	[ "$status" -eq 0 ]
	read -r seq run first second rest <<< "$output"
	[ "$seq" = "$run" ]
	[ "$first $second" = "/usr/local/bin/starter /usr/local/bin/starter" ]
	[[ $rest == *" "* ]]
	assert_record type=file action=read subject=reader object=images "run=$seq" parents=null
	assert_record type=net action=connect subject=reader "run=$seq" parents=null
}

@test "run: a fork refers to the exec of who forked it" {
	mark
	assert_allowed member -e "$USES FORK; FORK; READ"
	seq=$(last_like type=exec verdict=allow subject=reader | jq .seq)
	assert_record type=file action=read subject=reader object=images "run=$seq"
}

@test "run: a refusal names the ancestors, eight at most, and says that there are more" {
	mark
	assert_refused starter -c 'starter -c "cat /srv/dicom/phantom.dcm; exit \$?"; exit $?'
	run jq -r '"\(.run) \([.parents[].exe][0:2] | join(" "))"' <<< "$(last_like type=file verdict=deny)"
	[ "$output" = "null /usr/local/bin/starter /usr/local/bin/starter" ]
	mark
	assert_refused perl -e 'for (1 .. 9) { my $p = fork(); if ($p) { waitpid($p, 0); exit($? >> 8) } } exec "cat", "/srv/dicom/phantom.dcm"'
	run jq -r '"\(.parents | length) \(.parents[7].exe) \(.parents[8].pid)"' <<< "$(last_like type=file verdict=deny)"
	[ "$output" = "9 /usr/bin/perl null" ]
}

@test "run: the parent may be gone: its program was written down at the exec" {
	mark
	mkfifo /run/vm/up
	assert_allowed starter -c "member -e '$USES"' open(my $up, ">", "/run/vm/up") or die "$!\n"; close($up);
		while (getppid() != 1) { select(undef, undef, undef, 0.01) } READ'"' &
		: < /run/vm/up"
	rm /run/vm/up
	wait_for has_record type=file subject=reader object=images
	run jq -r '"\(.ppid) \(.run)"' <<< "$(last_like type=file subject=reader)"
	read -r ppid run <<< "$output"
	[ "$ppid" -eq 1 ]
	run jq -r '.parents[0].exe' <<< "$(last_like type=exec "seq=$run")"
	[ "$output" = /usr/local/bin/starter ]
}
