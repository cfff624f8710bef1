#!/usr/bin/env bats
# SPDX-License-Identifier: BSD-2-Clause
#
# phiwardd without a policy: nothing is attached, and it says so.
#
# kernels: 6.1

load lib/phiward

setup_file() {
	load lib/phiward
	forget_phiward
	mkdir -p /etc/phiward
	echo 'phiward: 99' > /etc/phiward/policy.yaml
	start_phiward
}

@test "idle: with nothing but a broken file it runs and says that nothing is in force" {
	phiward_is state=off enforcing=false daemon=true
	grep -q 'policy.yaml:1:[0-9]*: error: ' "$PHIWARDD_LOG"
	! ls -A /sys/fs/bpf/phiward/links 2> /dev/null | grep -q .
	assert_allowed cat /srv/dicom/phantom.dcm
}

@test "idle: without a policy it runs too" {
	rm /etc/phiward/policy.yaml
	stop_phiward
	: > "$PHIWARDD_LOG"
	start_phiward
	phiward_is state=off enforcing=false daemon=true
	! grep -q error "$PHIWARDD_LOG"
}

has_address() { bpftool -j map dump pinned /sys/fs/bpf/phiward/maps/local_addrs | jq -e "$1" > /dev/null; }
# is ADDRESS KIND: IPv4 as JSON bytes; kind 1: its own, 2: broadcast
is() { printf 'any(.[]; .key[0:4] == %s and .value[0] == "0x0%s")' "$1" "$2"; }

@test "idle: addresses that come and go reach the kernel's part" {
	local new
	new=$(is '["0x0a","0x63","0x01","0x05"]' 1)
	has_address "$(is '["0x0a","0x14","0x00","0x01"]' 1)"
	has_address "$(is '["0x0a","0x14","0xff","0xff"]' 2)"
	! has_address "$new"
	ip address add 10.99.1.5/24 dev lo
	wait_for has_address "$new"
	ip address del 10.99.1.5/24 dev lo
	wait_for eval "! has_address '$new'"
	has_address "$(is '["0x0a","0x14","0x00","0x01"]' 1)"
}
