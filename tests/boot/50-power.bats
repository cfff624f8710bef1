#!/usr/bin/env bats
# SPDX-License-Identifier: BSD-2-Clause
#
# The power is cut while the log is written: QEMU is killed at a random moment, and with it goes what
# the machine had not brought to its disk. build/bench/ring-log writes, which is the log of phiwardd
# with rings in plain memory: a boot of the whole takes minutes, and `make soak` cuts those.

TOP=$(readlink -f "$BATS_TEST_DIRNAME/../..")
RING_LOG=$TOP/build/bench/ring-log
PHIWARD=$TOP/build/phiward
CUTS=5

setup() {
	cd "$BATS_TEST_TMPDIR" || return
	truncate -s 256M disk.img
	mkfs.ext4 -q -E lazy_itable_init=1,nodiscard disk.img
	: > anchors
}

# In the machine: the log goes on from what the last cut left, and what is on the disk is told outside.
write_until_cut() {
	# shellcheck disable=SC2016 # expanded there
	"$TOP/tests/vm/run" --kernel 6.1 --timeout 200 --disk disk.img --out "out.$1" --cut "$2" -- bash -c '
		mkdir /run/vm/disk && mount /dev/vdb /run/vm/disk
		echo cut > /run/vm/share/cut
		exec "$VM_TOP/build/bench/ring-log" /run/vm/disk power > /run/vm/share/synced'
}

# A copy of the disk as the next boot finds it, in copy/.
read_disk() {
	rm -rf copy copy.img
	cp --sparse=always disk.img copy.img
	e2fsck -p copy.img > /dev/null || [ $? -eq 1 ]
	mkdir copy
	debugfs -R 'rdump / copy' copy.img 2> /dev/null
}

# What is in the copy, after the next start, is complete and contains every anchor.
check_copy() {
	local anchor said
	"$RING_LOG" copy once
	for anchor in '' "$(tail -n 1 anchors)" "$(head -n 1 anchors)"; do
		said=$("$PHIWARD" audit verify --key copy/keys ${anchor:+--anchor "$anchor"} copy/log) ||
			{ echo "$said"; return 1; }
		grep '^complete from sequence 1 to ' <<< "$said"
		[ -z "$anchor" ] || grep -q 'the anchor is in the log' <<< "$said"
	done
}

@test "power: cut five times while records are written, what was on the disk is there and the rest a gap" {
	local seed=${POWER_SEED:-$(date +%s)} n ms
	echo "# seed $seed: POWER_SEED=$seed cuts at the same moments" >&3
	RANDOM=$seed
	for n in $(seq $CUTS); do
		ms=$((RANDOM % 3000))
		write_until_cut "$n" "$ms"
		cat "out.$n/synced" >> anchors
		read_disk
		check_copy
		echo "cut $n after $ms ms: $(wc -l < "out.$n/synced") checkpoints told, $(wc -l < anchors) in all"
	done
	[ -s anchors ]
	# Each cut from which a checkpoint was left is a gap, with its reason.
	"$PHIWARD" audit query --json --type gap copy/log | jq -r '"\(.count) \(.reason)"' | tee gaps
	grep -qE '^[0-9]+ what came after the last checkpoint was lost when the machine stopped$' gaps
	! grep -vE '^[0-9]+ [a-z ]* when the machine stopped$' gaps
}
