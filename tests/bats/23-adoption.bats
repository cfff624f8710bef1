#!/usr/bin/env bats
# SPDX-License-Identifier: BSD-2-Clause
#
# A policy holds for programs that ran before it.
#
# newer: one

load lib/phiward

setup_file() {
	load lib/phiward
	lab cp /usr/bin/bash /usr/local/bin/archive
	lab cp /usr/bin/bash /usr/local/bin/stranger
	base > /run/vm/first.yaml
	start_phiward /run/vm/first.yaml
}
teardown_file() {
	load lib/phiward
	reset_phiward
	lab rm -f /usr/local/bin/archive /usr/local/bin/stranger
}

base() {
	cat <<-EOF
	phiward: 1
	name: adoption
	mode: enforce
	objects:
	  images: {paths: [/srv/dicom], on_audit_loss: keep_working}
	subjects:
	  ${1:-reader}:
	    exec: [${2:-/usr/bin/head}]
	    started_by: [${3:-init}]
	    ${4:-}
	    access: {images: [read]}
	    writes: [$BATS_RUN_TMPDIR]
	others: {network: allow}
	EOF
}

# A program that tries to read an image with its own hands whenever it is asked to.
# reads.sh DIR: for each DIR/ask that appears writes yes or no into DIR/answer.
setup() {
	cat > "$BATS_TEST_TMPDIR/reads.sh" <<-'EOF'
	while :; do
		while [ ! -e "$1/ask" ]; do read -r -t 0.1 < "$1/never" || :; done
		if { read -r line < /srv/dicom/phantom.dcm; } 2> /dev/null || [ -n "$line" ]; then
			echo yes
		else
			echo no
		fi > "$1/answer.new"
		line=
		mv "$1/answer.new" "$1/answer"
		while [ -e "$1/ask" ]; do read -r -t 0.1 < "$1/never" || :; done
	done
	EOF
	mkfifo "$BATS_TEST_TMPDIR/never"
	exec 7<> "$BATS_TEST_TMPDIR/never"
}

# ask: what the program says now.
ask() {
	rm -f "$BATS_TEST_TMPDIR/answer"
	touch "$BATS_TEST_TMPDIR/ask"
	wait_for test -e "$BATS_TEST_TMPDIR/answer" > /dev/null
	rm "$BATS_TEST_TMPDIR/ask"
	cat "$BATS_TEST_TMPDIR/answer"
}

runs() { pid1 start -- "$1" "$BATS_TEST_TMPDIR/reads.sh" "$BATS_TEST_TMPDIR"; }

@test "adoption: a service that already runs gets its subject with the swap" {
	local pid
	pid=$(runs /usr/local/bin/archive)
	[ "$(ask)" = no ]
	base archive /usr/local/bin/archive | apply_policy
	[ "$(ask)" = yes ]
	assert_refused cat /srv/dicom/phantom.dcm
	base archive2 /usr/local/bin/stranger | apply_policy
	[ "$(ask)" = no ]
	base archive /usr/local/bin/archive | apply_policy
	[ "$(ask)" = yes ]
	pid1 kill "$pid" 9
}

@test "adoption: another program that already runs does not" {
	local pid
	pid=$(runs /usr/local/bin/stranger)
	base archive /usr/local/bin/archive | apply_policy
	[ "$(ask)" = no ]
	pid1 kill "$pid" 9
}

@test "adoption: who was not started by whom the policy names is not taken in, and it is said" {
	local pid
	pid=$(runs /usr/local/bin/archive)
	base viewer /usr/local/bin/archive login | apply_policy
	[ "$(ask)" = no ]
	mark
	base viewer2 /usr/local/bin/archive login | apply_policy
	assert_record action=adopt verdict=deny path~"process $pid"
	pid1 kill "$pid" 9
}

@test "adoption: nor who runs as another user" {
	local pid
	pid=$(runs /usr/local/bin/archive)
	base other-user /usr/local/bin/archive init 'users: [radiographer]' | apply_policy
	[ "$(ask)" = no ]
	base right-user /usr/local/bin/archive init 'users: [root]' | apply_policy
	[ "$(ask)" = yes ]
	pid1 kill "$pid" 9
}

# By a test, which is others, and left to PID 1.
orphan() {
	bash -c '"$@" > /dev/null 2>&1 < /dev/null 3>&- 7>&- & echo $!' - \
		"$1" "$BATS_TEST_TMPDIR/reads.sh" "$BATS_TEST_TMPDIR"
}

@test "adoption: who ran a program of the policy without the right to is not taken in later" {
	local pid
	base archive /usr/local/bin/archive | apply_policy
	pid=$(orphan /usr/local/bin/archive)
	wait_for grep -q '^PPid:[[:space:]]*1$' "/proc/$pid/status"
	[ "$(ask)" = no ]
	base archive /usr/local/bin/archive | apply_policy
	[ "$(ask)" = no ]
	mark
	base archive3 /usr/local/bin/archive | apply_policy
	[ "$(ask)" = no ]
	assert_record action=adopt verdict=deny path~"process $pid"
	kill "$pid"
	pid=$(runs /usr/local/bin/archive)
	[ "$(ask)" = yes ]
	base archive4 /usr/local/bin/archive | apply_policy
	[ "$(ask)" = yes ]
	pid1 kill "$pid" 9
}

@test "adoption: no process can pass for a program of the policy" {
	mark
	run pass-for /usr/local/bin/archive
	[ "$status" -eq 1 ]
	[ "$output" = $'file: Permission denied\nmap: Permission denied' ]
	assert_record type=tamper action=exec verdict=deny
	assert_allowed pass-for --argument
}

@test "adoption: nor who was traced, and a program of a directory is like one that is named" {
	local pid
	mkdir -p /srv/apps/deep
	cp /usr/local/bin/stranger /srv/apps/deep/program
	pid=$(pid1 start -- /usr/local/bin/act traced exec /srv/apps/deep/program \
		"$BATS_TEST_TMPDIR/reads.sh" "$BATS_TEST_TMPDIR")
	[ "$(ask)" = no ]
	mark
	base apps /srv/apps/ anyone | apply_policy
	[ "$(ask)" = no ]
	assert_record action=adopt verdict=deny reason~'being traced'
	pid1 kill "$(pgrep -x program)" 9
	pid=$(runs /srv/apps/deep/program)
	[ "$(ask)" = yes ]
	base apps2 /srv/apps/ anyone | apply_policy
	[ "$(ask)" = yes ]
	pid1 kill "$pid" 9
	base | apply_policy
	rm -r /srv/apps
}

# preloads LIBRARY: as runs(), with that mapped as code.
preloads() {
	pid1 start -- /usr/bin/env LD_PRELOAD="$1" /usr/local/bin/archive "$BATS_TEST_TMPDIR/reads.sh" \
		"$BATS_TEST_TMPDIR"
}

@test "adoption: nor who maps code that is not the program's own" {
	local own=/usr/lib/x86_64-linux-gnu/libutil.so.1 pid
	base | apply_policy
	cp $own /srv/foreign.so
	pid=$(preloads /srv/foreign.so)
	[ "$(ask)" = no ]
	grep /srv/foreign.so "/proc/$pid/maps"
	mark
	base archive /usr/local/bin/archive | apply_policy
	[ "$(ask)" = no ]
	assert_record action=adopt verdict=deny reason~"code that is not" path~"process $pid"
	base archive5 /usr/local/bin/archive | apply_policy
	[ "$(ask)" = no ]
	pid1 kill "$pid" 9
	base | apply_policy
	pid=$(preloads $own)
	[ "$(ask)" = no ]
	grep libutil "/proc/$pid/maps"
	base archive /usr/local/bin/archive | apply_policy
	[ "$(ask)" = yes ]
	pid1 kill "$pid" 9
	rm /srv/foreign.so
}
