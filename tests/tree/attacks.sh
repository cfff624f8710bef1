#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause
# Each attack of docs/attacks.md names a test that there is, and they are numbered through.
. "$(dirname "$0")/lib/tap.bash"

none='' number=0 misnumbered=''
while IFS='|' read -r _ n _ _ _ test _; do
	n=${n// /} test=${test# } test=${test% }
	number=$((number + 1))
	[ "$n" = "$number" ] || misnumbered+="$n stands at $number"$'\n'
	file=${test%% *}
	[[ $file == */* ]] || file=bats/$file
	grep -qF "@test \"${test#* }\" {" tests/"$file"-*.bats || none+="$n: $test"$'\n'
done < <(grep -E '^\| [0-9]+ \|' docs/attacks.md)
check "each attack names a test that there is" "$none"
check "they are numbered through" "$misnumbered"
check "there are attacks" "$([ "$number" -gt 0 ] || echo none)"
tap_end
