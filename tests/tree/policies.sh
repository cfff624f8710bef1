#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause
# Every policy that is shipped is valid, without a warning but the one that a package manager is
# worth. base-*.yaml are there to be included.
. "$(dirname "$0")/lib/tap.bash"

# check_policy POLICY: what it says beside that and notes.
check_policy() {
	local said border
	said=$(build/phiward check "$1" 2>&1 > /dev/null || echo "exit code $?")
	border=$(grep -cE "^policies/base-debian.yaml:.*: warning: subject 'packages' may change programs.*\(init, login\) is the border of trust$" <<< "$said")
	[ "$border" -eq 1 ] || echo "$border warnings about the border of trust"
	grep -vE ": note: |: warning: subject 'packages' may change programs" <<< "$said"
}

for policy in policies/*.yaml; do
	case $policy in
	*'*'* | policies/base-*) continue ;;
	esac
	if [ -x build/phiward ]; then
		check "phiward check $policy" "$(check_policy "$policy")"
	else
		check "phiward check $policy" "build/phiward is not built"
	fi
done
[ "$tap_n" -gt 0 ] || skip "policies" "none is there"
tap_end
