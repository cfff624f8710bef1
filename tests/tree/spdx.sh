#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause
# Each file says in its first lines which licence it has, and it is that of its place.
. "$(dirname "$0")/lib/tap.bash"

# Of each file whether it has none, or another than its place asks for. What is data of tests, or has
# no place for a comment, is left out. One awk: a few programs for each of a thousand files take a minute.
wrong=$(tree_files | grep -vE '^(tests/corpus/|tests/golden/.*\.(err|out|txt)$|LICENSES/|docs/man/.*\.html$)' |
	grep -vE '\.(json|pem|svg|png|dcm)$' | xargs -d '\n' awk '
	function place(file) {
		if (file ~ /^(bpf|kmod)\/|^Kbuild$/) return "GPL-2.0-only"
		if (file ~ /^include\/phiward\//) return "(GPL-2.0-only OR BSD-2-Clause)"
		return "BSD-2-Clause"
	}
	BEGIN {
		for (i = 1; i < ARGC; i++) {
			line = ""
			for (n = 0; n < 2 && line == "" && (getline text < ARGV[i]) > 0; n++)
				if (match(text, /SPDX-License-Identifier: .*/)) line = substr(text, RSTART + 25)
			close(ARGV[i])
			sub(/ *(\*\/|-->)$/, "", line)
			if (line == "") print "none " ARGV[i]
			else if (line != place(ARGV[i])) print "other " ARGV[i] ": " line
		}
	}')
none=$(sed -n 's/^none //p' <<< "$wrong")
other=$(sed -n 's/^other //p' <<< "$wrong")
check "every file has an SPDX line" "$none"
check "and the licence of its place" "$other"
tap_end
