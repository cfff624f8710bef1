# SPDX-License-Identifier: BSD-2-Clause
# shellcheck shell=bash
#
# What tests share that run the commands of a page and compare what they print with what it shows.

# plain FILE...: without colours; times and digests are never the same twice.
plain() {
	sed -E -e 's/\r$//' -e 's/\x1b\[[0-9;]*m//g' -e 's/[0-9]{4}-[0-9]{2}-[0-9]{2} [0-9:]{8}[+-][0-9]{4}/TIME/g' \
		-e 's/[0-9a-f]{64}/DIGEST/g' "$@"
}

# matches EXPECTED GOT: the texts; … in the first stands for any text.
matches() {
	local pattern
	pattern=$1
	pattern=${pattern//\\/\\\\}
	pattern=${pattern//\*/\\*}
	pattern=${pattern//\?/\\?}
	pattern=${pattern//\[/\\[}
	pattern=${pattern//…/*}
	# shellcheck disable=SC2053 # it is a pattern
	[[ $2 == $pattern ]]
}
