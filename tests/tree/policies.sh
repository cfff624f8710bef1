#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause
# Every policy that is shipped is valid, without a warning but the one that a package manager is
# worth. base-*.yaml are there to be included.
. "$(dirname "$0")/lib/tap.bash"

turned=$(mktemp)
trap 'rm -f "$turned"' EXIT

# check_policy POLICY: what it says beside that and notes.
check_policy() {
	local said border
	said=$(build/phiward check "$1" 2>&1 > /dev/null || echo "exit code $?")
	border=$(grep -cE "^policies/base-debian.yaml:.*: warning: subject 'packages' may change programs.*\(init, login\) is the border of trust$" <<< "$said")
	[ "$border" -eq 1 ] || echo "$border warnings about the border of trust"
	grep -vE ": note: |: warning: subject 'packages' may change programs" <<< "$said"
}

# check_cases POLICY: which of its cases does not hold. Each that is turned round must not.
check_cases() {
	local cases=policies/cases/${1#policies/} said
	build/phiward test "$1" "$cases" 2>&1 | grep -v '^ok '  | grep -v ' \([0-9]*\) of \1 hold under policy '
	sed 's/may_not:/MAY/; s/may:/may_not:/; s/MAY/may:/' "$cases" > "$turned"
	said=$(build/phiward test "$1" "$turned" 2>&1)
	grep '^ok ' <<< "$said"
	grep -q ': 0 of [1-9][0-9]* hold' <<< "$said" || echo "the cases that are turned round say: ${said##*$'\n'}"
}

for policy in policies/*.yaml; do
	case $policy in
	*'*'* | policies/base-*) continue ;;
	esac
	if [ -x build/phiward ]; then
		check "phiward check $policy" "$(check_policy "$policy")"
		check "phiward test $policy" "$(check_cases "$policy")"
	else
		check "phiward check $policy" "build/phiward is not built"
	fi
done
[ "$tap_n" -gt 0 ] || skip "policies" "none is there"
tap_end
