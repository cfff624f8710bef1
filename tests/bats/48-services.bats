#!/usr/bin/env bats
# SPDX-License-Identifier: BSD-2-Clause
# timeout: 900
#
# What services do with sockets goes on working under `others: {network: deny}`: output to
# the journal, D-Bus, socket activation, a server that forks for each client, clients on
# port 0, and what the kernel does by itself. Each beside what is refused.
#
# newer: one

load lib/phiward
load lib/net

RUN=/run/vm/net

setup_file() {
	load lib/phiward
	load lib/net
	subjects archive receiver viewer index
	lab cp /usr/local/bin/plug /usr/sbin/sshd
	mkdir -m 1777 $RUN
	mkfifo -m 666 $RUN/cue.{out,log,bus,shell}
	lab ip -netns outside address add 10.20.9.1/16 dev lan0
	hospital dns udp:10.20.0.53:{53,54}
	serving journal serve stream:$RUN/journal.sock dgram:$RUN/log.sock
	in_background bus dbus-daemon --session --nofork --nopidfile --address="unix:path=$RUN/bus.sock"
	wait_for test -S $RUN/bus.sock
	chmod 777 $RUN/*.sock

	# From before the policy.
	pid1 start --out $RUN/journal.sock -- /opt/archive/plug "wait $RUN/cue.out" "bind udp:0.0.0.0:0" > /dev/null
	pid1 start --out $RUN/early -- /opt/archive/plug "connect dgram:$RUN/log.sock" send "wait $RUN/cue.log" write send > /dev/null
	early_tcp=$(pid1 listen tcp:0.0.0.0:4281)	# PID 1 keeps its sockets: ports that no other file uses
	echo "$early_tcp" > $RUN/early-tcp
	pid1 start --out $RUN/shell -- /usr/sbin/sshd "bind tcp:0.0.0.0:22" listen accept fork "exec /usr/sbin/sshd" \
		"user 2000" recv "wait $RUN/cue.shell" send > /dev/null
	wait_for grep -q listen $RUN/shell
	in_background admin outside /opt/hospital/dial --wait 600000 --from 10.20.9.1:0 tcp:10.20.0.1:22
	wait_for grep -q recv $RUN/shell

	policy > /run/vm/first.yaml
	start_phiward /run/vm/first.yaml
}
teardown_file() {
	load lib/phiward
	load lib/net
	end_background
	pkill -x plug || true
	reset_phiward
	lab ip -netns outside address del 10.20.9.1/16 dev lan0
	lab rm -rf /opt/* /usr/sbin/sshd
}

# The policy of these tests; $1: whether index has access.
policy() {
	cat <<-EOF
	phiward: 1
	name: services
	mode: enforce
	include: [base-debian.yaml, lab.yaml]
	objects:
	  images: {paths: [/srv/dicom], on_audit_loss: keep_working}
	subjects:
	  $HOSPITAL
	  archive:
	    exec: $(programs archive)
	    started_by: [init]
	    access: {images: [read]}
	    writes: [$RUN]
	    network:
	      - listen: {tcp: [4242, 4281-4282], udp: [4284], from: [10.20.5.4], local: [viewer]}
	      - connect: {tcp: [104], to: [10.40.0.2]}
	  receiver:
	    exec: $(programs receiver)
	    started_by: [init]
	    network: [{listen: {tcp: [4283], from: [10.20.0.2]}}]
	  viewer:
	    exec: $(programs viewer)
	    started_by: [anyone]
	    network: [{connect: {udp: [53], to: [10.20.0.53]}}]
	  index:
	    exec: $(programs index)
	    started_by: [anyone]
	    ${1:+access: {images: [read]\}}
	    ${1:+writes: [$RUN]}
	  caller:
	    exec: [/usr/bin/dbus-send]
	    started_by: [init]
	    access: {images: [read]}
	    writes: [$RUN]
	others: {network: deny}
	EOF
}

scanner() { outside /opt/hospital/dial --wait 1500 "$@"; }

cue() { : > "$RUN/cue.$1"; }

# service OUT PROGRAM...: started by PID 1, output in that file.
service() {
	rm -f "$RUN/$1"
	pid1 start --out "$RUN/$1" "${@:2}" > /dev/null
}

# says NAME LINE...: in that order, and nothing else.
says() { [ "$(said "$1")" = "$(printf '%s\n' "${@:2}")" ] || { said "$1"; return 1; }; }

# ---- Messages ---------------------------------------------------------------------------------

@test "service: one from before the policy goes on writing to the journal's socket" {
	cue out
	wait_for grep -q 'bind udp:0.0.0.0:0: ok' $RUN/journal
	cue log
	wait_for says early "connect dgram:$RUN/log.sock: ok" "send: ok" "wait $RUN/cue.log: ok" "write: ok" "send: ok"
}

@test "service: its output goes to the journal when PID 1 opened it, and not to a stranger's socket" {
	assert_allowed pid1 run --out $RUN/journal.sock -- /opt/archive/plug "bind udp:127.0.0.1:0"
	wait_for grep -q 'bind udp:127.0.0.1:0: ok' $RUN/journal
	mark
	plugged stranger plug
	told stranger ok "connect stream:$RUN/journal.sock" send
	policy reads | apply_policy
	told stranger ok "exec /opt/index/plug"
	told stranger EACCES send write sendfile splice uring
	assert_record type=file action=write verdict=deny subject=index
	told stranger ok "connect stream:$RUN/journal.sock" send write
	policy | apply_policy
}

@test "service: a subject that gets access keeps the sockets that it opened" {
	plugged index /opt/index/plug
	told index ok "connect dgram:$RUN/log.sock" send write
	policy reads | apply_policy
	told index ok send write uring
	policy | apply_policy
}

@test "service: a member with access asks the bus" {
	pid1 run --out $RUN/asked -- /usr/bin/dbus-send --bus="unix:path=$RUN/bus.sock" --print-reply \
		--dest=org.freedesktop.DBus / org.freedesktop.DBus.ListNames
	grep -q 'string "org.freedesktop.DBus"' $RUN/asked
}

# ---- Servers ----------------------------------------------------------------------------------

@test "service: a server that forks and runs itself anew for each client, as sshd does" {
	cue shell
	wait_for grep -q '^send: ok' $RUN/shell
	wait_for says admin "tcp:10.20.0.1:22: ok"
	service shell -- /usr/sbin/sshd "bind tcp:0.0.0.0:22" listen accept fork "exec /usr/sbin/sshd" "user 2000" recv send
	wait_for grep -q listen $RUN/shell
	all_are ETIMEDOUT scanner --from 10.20.0.2:0 tcp:10.20.0.1:22
	all_are ok scanner --from 10.20.9.1:0 tcp:10.20.0.1:22
	service shell -- /usr/sbin/sshd "bind tcp:0.0.0.0:22" listen accept fork "exec /usr/local/bin/plug" recv send
	wait_for grep -q listen $RUN/shell
	mark
	all_are ECONNRESET scanner --from 10.20.9.1:0 tcp:10.20.0.1:22
	wait_for grep -q '^send: EACCES' $RUN/shell
	assert_record action=connect verdict=deny subject=others proto=tcp addr=10.20.9.1
}

# A client is connected to that port, whether or not anybody has accepted.
is_connected() { grep -q "$(printf ':%04X [0-9A-F:]* 01 ' "$1")" /proc/net/tcp; }

# activated PORT SOCKET: PID 1 hears the first client, and starts the archive to serve it.
activated() {
	local port=$1 socket=$2
	mark
	all_are ETIMEDOUT scanner --say stranger --from 10.20.0.2:0 tcp:10.20.0.1:"$port"
	all_are EACCES dial --say stranger tcp:{127.0.0.1,10.20.0.1}:"$port"
	in_background client scanner --wait 600000 --from 10.20.5.4:0 tcp:10.20.0.1:"$port"
	wait_for is_connected "$port"
	service active --socket "$socket" -- /opt/archive/plug --fd 3 accept fork recv send
	wait_for says active "accept: ok" "fork: ok" "recv: ok" "send: ok"
	wait_for says client "tcp:10.20.0.1:$port: ok"
	assert_records "action=listen verdict=deny addr=10.20.0.2 port=$port pid=null" \
		"action=connect verdict=deny subject=others addr=127.0.0.1 port=$port" \
		"action=listen verdict=allow subject=archive proto=tcp port=$port"
	service active --socket "$socket" -- /opt/archive/plug --fd 3 accept fork recv send
	all_are ok /opt/viewer/dial tcp:127.0.0.1:"$port"
}

@test "service: PID 1 listens for it, before the policy or under it, and hands it the socket" {
	activated 4281 "$(cat $RUN/early-tcp)"
	activated 4282 "$(pid1 listen tcp:0.0.0.0:4282)"
}

@test "service: PID 1 listens only where a subject may, and without a rule nobody serves by its socket" {
	local socket
	mark
	assert_refused pid1 listen tcp:0.0.0.0:4250
	socket=$(pid1 listen tcp:0.0.0.0:4283)
	service taker --socket "$socket" -- /opt/archive/plug --fd 3 accept
	wait_for says taker "accept: EACCES"
	service taker --socket "$socket" -- /usr/local/bin/plug --fd 3 accept
	wait_for says taker "accept: EACCES"
	assert_records "action=listen verdict=deny subject=archive port=4283" \
		"action=listen verdict=deny subject=others port=4283" "action=listen verdict=deny port=4250"
	service taker --socket "$socket" -- /opt/receiver/plug --fd 3 accept recv send
	all_are ok scanner --from 10.20.0.2:0 tcp:10.20.0.1:4283
}

@test "service: PID 1 holds a UDP port for it" {
	local socket
	socket=$(pid1 listen udp:0.0.0.0:4284)
	mark
	all_are ETIMEDOUT scanner --from 10.20.0.2:0 udp:10.20.0.1:4284
	all_are ok outside /opt/hospital/plug "bind udp:10.20.5.4:9998" "sendto udp:10.20.0.1:4284"
	service datagrams --socket "$socket" -- /opt/archive/plug --fd 3 recv "sendto udp:10.20.5.4:9999"
	wait_for says datagrams "recv: ok" "sendto udp:10.20.5.4:9999: ok"
	assert_records "action=listen verdict=deny proto=udp addr=10.20.0.2 port=4284" \
		"action=listen verdict=allow subject=archive proto=udp port=4284"
}

# ---- Clients, and the kernel --------------------------------------------------------------------

@test "service: a client is answered on the port that the kernel chose" {
	local own
	for own in "bind udp:0.0.0.0:0" "socket udp:0.0.0.0:0"; do
		run /opt/viewer/plug "$own" "sendto udp:10.20.0.53:53" recv "sendto udp:10.20.0.53:53" read
		[ "$status" -eq 0 ] || fail "$output"
		run /opt/viewer/plug "$own" "sendto udp:10.20.0.53:54"
		[[ $output == *"sendto udp:10.20.0.53:54: EACCES" ]] || fail "$output"
	done
	assert_allowed /opt/viewer/plug "bind udp:0.0.0.0:0" "dial udp:10.20.0.53:53" send recv write read
}

@test "service: a tunnel of the kernel carries what a member may send" {
	modprobe vxlan
	lab ip link add vx0 type vxlan id 7 remote 10.20.0.2 local 10.20.0.1 dstport 4789
	lab ip -netns outside link add vx0 type vxlan id 7 remote 10.20.0.1 local 10.20.0.2 dstport 4789
	lab ip address add 10.40.0.1/24 dev vx0
	lab ip -netns outside address add 10.40.0.2/24 dev vx0
	lab ip link set vx0 up
	lab ip -netns outside link set vx0 up
	hospital far tcp:10.40.0.2:{104,105}
	assert_allowed pid1 run --out /dev/null -- /opt/archive/dial tcp:10.40.0.2:104
	mark
	run pid1 run --out $RUN/far.refused -- /opt/archive/dial tcp:10.40.0.2:105
	[ "$status" -ne 0 ]
	grep -q EACCES $RUN/far.refused
	assert_record action=connect verdict=deny subject=archive addr=10.40.0.2 port=105
	lab ip -netns outside link del vx0
	lab ip link del vx0
}

@test "service: nothing was lost" { assert_lost_zero; }
