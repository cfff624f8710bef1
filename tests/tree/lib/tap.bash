# SPDX-License-Identifier: BSD-2-Clause
# shellcheck shell=bash
# Sourced by the tests of the tree: one TAP line a check.

cd "$(dirname "${BASH_SOURCE[0]}")/../../.." || exit 1
tap_n=0 tap_bad=0

# check NAME FOUND: ok when FOUND is empty, else shows it.
check() {
	tap_n=$((tap_n + 1))
	if [ -z "$2" ]; then
		echo "ok $tap_n - $1"
	else
		tap_bad=1
		echo "not ok $tap_n - $1"
		printf '%s\n' "$2" | sed 's/^/# /'
	fi
}

skip() {
	tap_n=$((tap_n + 1))
	echo "ok $tap_n - $1 # skip $2"
}

# Tracked files, and new ones that are not ignored.
tree_files() { git ls-files --cached --others --exclude-standard -- "$@" | sort -u | while read -r f; do
	[ ! -f "$f" ] || echo "$f"
done; }

tap_end() {
	echo "1..$tap_n"
	exit $tap_bad
}
