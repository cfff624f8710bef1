# SPDX-License-Identifier: BSD-2-Clause
# shellcheck shell=bash
#
# What tests of the kernel module have beside lib/phiward.

# guard_is NAME=VALUE: whether the module says so.
guard_is() { guard status | grep -qx "$1"; }

# assert_errno NAME CMD...
assert_errno() {
	run "${@:2}"
	[ "$status" -ne 0 ] && [ "$output" = "$1" ] || fail "not $1 ($status): ${*:2}: $output"
}

bytes() { printf '%b' "$(sed 's/../\\x&/g' <<< "$1")"; }

# little_endian NUMBER: in hex, 64 bits.
little_endian() { printf '%016x' "$1" | fold -w 2 | tac | tr -d '\n'; }

# hmac KEY < TEXT
hmac() { openssl dgst -sha256 -mac HMAC -macopt "hexkey:$1" | sed 's/.* //'; }

# next_key KEY: that of the next epoch.
next_key() { printf 'phiward/key/1\0\0\0' | hmac "$1"; }

# mac_of KEY DIGEST RECORDS EPOCH BOOT: computed here.
mac_of() {
	{
		printf 'phiward/mac/1\0\0\0'
		bytes "$2$5$(little_endian "$3")$(little_endian "$4")"
	} | hmac "$1"
}

# Ends the daemon and takes all its pins away, and bpffs. After with_breaker.
destroy() {
	stop_phiward 9
	breaker unlink /sys/fs/bpf/phiward/*/* || return 1
	breaker rmdir /sys/fs/bpf/phiward/* || return 1
	breaker rmdir /sys/fs/bpf/phiward || return 1
	breaker umount /sys/fs/bpf || return 1
	[ -z "$(ls /sys/fs/bpf)" ]
}
