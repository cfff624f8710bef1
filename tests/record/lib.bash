# SPDX-License-Identifier: BSD-2-Clause
# shellcheck shell=bash
# Sourced by the tests of the record: logs made by write-log, and what is done to copies.

. "$(dirname "${BASH_SOURCE[0]}")/../tree/lib/tap.bash"

write_log=build/san/record/write-log
phiward=build/phiward
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
export TZ=UTC

boot_a=0a000000-0000-4000-8000-00000000000a
boot_b=0b000000-0000-4000-8000-00000000000b
boot_c=0c000000-0000-4000-8000-00000000000c

make_log() {
	mkdir -p "$work/$1"
	"$write_log" "$work/$1" "${@:2}" || exit 1
}

# expect NAME CODE TEXT CMD...: exit code and a part of the output, both channels.
expect() {
	local name=$1 code=$2 text=$3 output status=0
	shift 3
	output=$("$@" 2>&1) || status=$?
	if [ "$status" -eq "$code" ] && grep -qF -- "$text" <<< "$output"; then
		check "$name" ""
	else
		check "$name" "$* ended with $status, not $code, or without '$text': $output"
	fi
}
