#!/usr/bin/env bats
# SPDX-License-Identifier: BSD-2-Clause
#
# What only more than one processor shows. Policies are swapped while members and others open
# a patient's file: a small soak, see tests/soak/guest. And files are renamed meanwhile.
#
# kernels: 6.1
# vm: --smp 2 --parallel --mem 2G

load lib/phiward

teardown_file() {
	load lib/phiward
	reset_phiward
}

@test "swap: no verdict is wrong on either side, and every open is in the log" {
	run "$VM_TOP/tests/soak/guest" 24 3000
	echo "$output"
	[ "$status" -eq 0 ]
	[[ $output == *$'\nswaps 24\n'* ]]
	[[ $output == *$'\nlost 0\n'* ]]
}

@test "swap: renames do not disturb who opens something else, and open nothing" {
	local dir=/srv/public/1/2/3/4/5/6/7/8/9/10/11/12
	mkdir -p $dir /srv/public/renamed
	echo text > $dir/file
	apply_policy < /run/vm/soak-0.yaml
	echo 'end 1' > /run/vm/once
	background /run/vm/renames.out renames /srv/public/renamed
	wait_for grep -q ready /run/vm/renames.out
	assert_allowed opens allowed $dir/file /run/vm/once 4000 1
	[ "$output" -eq 4000 ]
	assert_allowed opens denied /srv/dicom/archive/2026/11/deep.dcm /run/vm/once 500 1
	[ "$output" -eq 500 ]
	kill "$BACKGROUND_PID"
	! grep -q 'renames:' /run/vm/renames.out
}
