#!/usr/bin/env bats
# SPDX-License-Identifier: BSD-2-Clause
# kernels: 6.1
#
# Policies are swapped while members and others open a patient's file on another processor:
# a small soak, see tests/soak/guest.
#
# vm: --smp 2 --parallel --mem 2G

@test "swap: no verdict is wrong on either side, and every open is in the log" {
	run "$VM_TOP/tests/soak/guest" 24 3000
	echo "$output"
	[ "$status" -eq 0 ]
	[[ $output == *$'\nswaps 24\n'* ]]
	[[ $output == *$'\nlost 0\n'* ]]
}
