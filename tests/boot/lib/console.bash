# SPDX-License-Identifier: BSD-2-Clause
# shellcheck shell=bash
#
# Before each script that a boot test runs in its console.

set -eE
trap 'say_failed "$BASH_COMMAND"' ERR
# shellcheck source=tests/bats/lib/phiward.bash
. "$VM_TOP/tests/bats/lib/phiward.bash"
# shellcheck source=tests/bats/lib/guard.bash
. "$VM_TOP/tests/bats/lib/guard.bash"
BUSYBOX=/usr/local/bin/busybox	# nothing on /run is a program here

# As in bats.
run() { status=0; output=$("$@" 2>&1) || status=$?; }

say_failed() {
	trap - ERR
	echo "failed in the script: $1"
	phiward status || true
	journalctl -b --no-pager -o cat -u phiwardd | tail -n 20
}

# As in the machine of tests/bats: the console is 10.20.0.1, `outside` has 10.20.0.2. Under a
# policy it has to have `lab`.
network() {
	lab ip netns add outside
	lab ip link add lan0 type veth peer name lan0 netns outside
	lab ip address add 10.20.0.1/16 dev lan0
	lab ip link set lan0 up
	lab ip -netns outside address add 10.20.0.2/16 dev lan0
	lab ip -netns outside address add 10.20.5.4/16 dev lan0
	lab ip -netns outside link set lan0 up
}

# Orthanc takes an image from outside, and keeps it.
orthanc_receives() {
	systemctl start orthanc
	wait_for outside storescu --timeout 30 10.20.0.1 4242 /usr/share/images/"$1".dcm
	assert_no_record verdict=deny subject=archive
}
