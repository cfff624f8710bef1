#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause
# Every policy that is shipped is valid, without a warning. base-*.yaml are there to be included.
. "$(dirname "$0")/lib/tap.bash"

for policy in policies/*.yaml; do
	case $policy in
	*'*'* | policies/base-*) continue ;;
	esac
	if [ -x build/phiward ]; then
		check "phiward check $policy" "$( (build/phiward check "$policy" 2>&1 > /dev/null || echo "exit code $?") | grep -v ': note: ')"
	else
		check "phiward check $policy" "build/phiward is not built"
	fi
done
[ "$tap_n" -gt 0 ] || skip "policies" "none is there"
tap_end
