#!/usr/bin/env bats
# SPDX-License-Identifier: BSD-2-Clause
# kernels: 6.1
# timeout: 900
#
# The commands of README.md, taken out of it and run: its way on to a console, and its way
# through `make shell`, where what it shows must be what is printed.

load lib/phiward
load lib/console
load lib/page

# Its policies have versions of their own.
teardown_file() {
	load lib/phiward
	load lib/console
	leave_hospital
	rm -rf "$HOSPITAL" /srv/pulse /tmp/heard
	phiward_status | jq .version > "$POLICY_VERSION_FILE"
	reset_phiward
}

README=$VM_TOP/README.md

# blocks LANGUAGE: the lines of all its blocks of that language.
blocks() { awk -v fence="\`\`\`$1" '$0 == fence { on = 1; next } /^```/ { on = 0 } on' "$README"; }

# ---- On a console ----------------------------------------------------------------------------

# What stands between a command of the README and this machine: there is no systemd here, and
# what is installed was built outside.
sudo() { "$@"; }
make() { command make -s -o all -C "$VM_TOP" "$@"; }
systemctl() {
	local unit=/usr/lib/systemd/system/$3.service program
	[ "$1 $2" = 'enable --now' ] && [ -e "$unit" ] || return 2
	program=$(sed -n 's/^ExecStart=//p' "$unit")
	pid1 start --out "$PHIWARDD_LOG" -- "$program" > "$PHIWARDD_PID_FILE"
	wait_for phiward_is daemon=true policy=ct-console
}

@test "readme: from make install to a policy that is enforced" {
	local line
	forget_phiward
	rm -f /usr/bin/phiward /usr/sbin/phiwardd
	blocks sh | sed -n '/^make && sudo make install/,$p' > "$BATS_TEST_TMPDIR/commands"
	[ "$(wc -l < "$BATS_TEST_TMPDIR/commands")" -gt 5 ]
	while read -r line; do
		run eval "$line"
		echo "$line: $status: $output"
		# 1 is an answer too: not enforcing yet, or there are refusals.
		[ "$status" -eq 0 ] || [[ $status -eq 1 && $line == 'sudo phiward '* ]]
	done < "$BATS_TEST_TMPDIR/commands"
	[[ $output == *'Result: passed'* ]]
	phiward_is state=enforcing policy=ct-console version=2
	assert_refused cat /srv/dicom/phantom.dcm
	forget_phiward
}

# ---- In make shell -----------------------------------------------------------------------------

# Makes of the console blocks: session, a script that says @@N before its N-th command, and
# expected.N with what the README says that it prints.
take_session() {
	blocks console | awk -v dir="$1" '
		function command(text) { print text > (dir "/session") }
		/^# / { n++; command("echo @@" n); command(substr($0, 3)); next }
		{ print > (dir "/expected." n) }
		END { print n > (dir "/count") }'
}

@test "readme: what it shows of make shell is so" {
	local dir=/run/vm/readme n got expected
	rm -rf "$dir"
	mkdir -p "$dir"
	take_session "$dir"
	rm -f "$POLICY_VERSION_FILE"
	start_console
	blocks yaml > /etc/phiward/mine.yaml
	# What tests/vm/shell gives to the shell.
	export -f outside hospital
	export HOSPITAL
	(cd / && HOME=/tmp SHELL=/bin/bash script -qec "bash $dir/session" /dev/null < /dev/null) > "$dir/said"
	[ "$(cat "$dir/count")" -gt 10 ]
	for ((n = 1; n <= $(cat "$dir/count"); n++)); do
		got=$(awk -v n="@@$n" '{ sub(/\r$/, "") } /^@@/ { on = $0 == n; next } on' "$dir/said" | plain)
		expected=
		[ ! -e "$dir/expected.$n" ] || expected=$(plain "$dir/expected.$n")
		matches "$expected" "$got" || fail "command $n should print:
$expected
it prints:
$got"
	done
	phiward_is state=enforcing policy=mine
}
