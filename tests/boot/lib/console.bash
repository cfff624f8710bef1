# SPDX-License-Identifier: BSD-2-Clause
# shellcheck shell=bash
#
# Before each script that a boot test runs in its console.

set -eE
trap 'say_failed "$BASH_COMMAND"' ERR
# shellcheck source=tests/bats/lib/phiward.bash
. "$VM_TOP/tests/bats/lib/phiward.bash"
BUSYBOX=/usr/local/bin/busybox	# nothing on /run is a program here

# As in bats.
run() { status=0; output=$("$@" 2>&1) || status=$?; }

say_failed() {
	trap - ERR
	echo "failed in the script: $1"
	phiward status || true
	journalctl -b --no-pager -o cat -u phiwardd | tail -n 20
}
