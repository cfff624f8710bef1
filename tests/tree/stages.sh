#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause
# A stage uses only what is to its left, in its includes and in its symbols.
. "$(dirname "$0")/lib/tap.bash"

stages=(common policy bundle publish audit report fleet)
found=
for i in "${!stages[@]}"; do
	for right in "${stages[@]:$((i + 1))}" daemon cli agent; do
		found+=$(grep -rnE "^#include \"(\.\./)?$right/" "userspace/${stages[$i]}" 2> /dev/null)
	done
done
check "no stage includes a header of a stage to its right" "$found"
check "userspace includes no header of bpf/ or kmod/" \
	"$(grep -rnE '^#include "(\.\./)*(bpf|kmod)/' userspace 2> /dev/null)"

archive() { echo "build/userspace/$1/libpw-$1.a"; }
# shellcheck disable=SC2086 # options are words
symbols() { nm $2 "$(archive "$1")" 2> /dev/null | awk 'NF > 1 { print $NF }' | sort -u; }

found=
for i in "${!stages[@]}"; do
	for right in "${stages[@]:$((i + 1))}"; do
		[ -e "$(archive "${stages[$i]}")" ] && [ -e "$(archive "$right")" ] || continue
		found+=$(comm -12 <(symbols "${stages[$i]}" --undefined-only) \
			<(symbols "$right" "--extern-only --defined-only") | sed "s/^/${stages[$i]} -> $right: /")
	done
done
check "no stage calls a function of a stage to its right" "$found"

found=
for stage in "${stages[@]}"; do
	[ -e "$(archive "$stage")" ] || continue
	found+=$(nm --extern-only --defined-only "$(archive "$stage")" 2> /dev/null |
		awk 'NF == 3 && $3 !~ /^pw_/ { print $3 }')
done
check "every symbol that a stage shows begins with pw_" "$found"
tap_end
