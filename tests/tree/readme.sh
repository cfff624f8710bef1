#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause
# What README.md quotes is so: the lines of policies, the width of a terminal, who needs one.
. "$(dirname "$0")/lib/tap.bash"
export LC_ALL=C.UTF-8

# The lines of all its blocks whose fence is ```$1.
blocks() { awk -v fence="\`\`\`$1" '/^```/ { on = !on && $0 == fence; inside = !inside; if (!inside) on = 0; next } on' README.md; }

# "SUBJECT WHAT... (FILE:LINE)" of the demo: that line of the policy must speak of what was
# decided: the object, the port, the subject, or the network of `others`.
wrong_lines() {
	local quoted subject words file line text word n=0
	while read -r quoted; do
		n=$((n + 1))
		read -r subject words <<< "${quoted% (*}"
		file=${quoted##*(}
		line=${file#*:}
		file=policies/${file%%:*}
		line=${line%)}
		word=${words##* }
		text=$(sed -n "${line}p" "$file")
		[[ $text =~ (^|[^a-z0-9])"$word"([^a-z0-9]|$) || $text =~ ^\ *"$subject": ||
			($subject == others && $text =~ ^\ *network:) ]] ||
			echo "$quoted: that line is: $text"
	done < <(blocks '' | sed -nE 's/.* (allowed|refused)  (.*\([a-z-]+\.yaml:[0-9]+\))$/\2/p')
	[ "$n" -gt 4 ] || echo "only $n lines of the demo name a rule"
}

too_wide() {
	local line
	{ blocks console; blocks ''; } | grep -v '[│─┘┐]' | while IFS= read -r line; do
		[ ${#line} -le 110 ] || echo "${#line}: $line"
	done
}

shell_without_terminal() {
	local said code=0
	said=$(tests/vm/run --shell -- true 2>&1 < /dev/null) || code=$?
	[[ $code -eq 2 && $said == *'needs a terminal'* ]] || echo "$code: $said"
}

check "the demo's lines name lines of the policy that say so" "$(wrong_lines)"
check "no block is wider than 110 columns" "$(too_wide)"
check "a shell without a terminal ends at once" "$(shell_without_terminal)"
tap_end
