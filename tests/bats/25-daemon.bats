#!/usr/bin/env bats
# SPDX-License-Identifier: BSD-2-Clause
#
# phiwardd with a policy in force: start, end and death, what it may do itself, whom it
# answers, what it says. One policy is loaded for all tests, because loading takes
# long under emulation; a daemon that starts again takes over what is in the kernel.
#
# timeout: 900
# kernels: 6.1

load lib/phiward

setup_file() {
	load lib/phiward
	forget_phiward
	# Somebody was there first: phiwardd has to put this right.
	mkdir -p /var/lib/phiward /var/log/phiward /etc/phiward
	chmod 777 /var/lib/phiward
	chown mallory:mallory /var/log/phiward
	policy | with_next_version > /etc/phiward/policy.yaml
	start_phiward
	in_force
}

setup() { mark; }

policy() {
	cat <<-'EOT'
	phiward: 1
	name: test
	version: 1
	mode: enforce
	objects:
	  images: {paths: [/srv/dicom], on_audit_loss: keep_working}
	subjects:
	  viewer:
	    exec: [/usr/bin/head]
	    started_by: [anyone]
	    access: {images: [read]}
	    writes: [pipe, tty]
	others:
	  network: allow
	EOT
}

in_force() { phiward_is policy=test mode=enforce daemon=true; }

restart() {
	stop_phiward "$@"
	start_phiward
	wait_for in_force
}

# ask_as USER JSON, ask_in GROUP JSON, ask JSON: one request as it stands; prints the answer.
ask_as() { as_user "$1" control "$2"; }
ask() { control "$1"; }
ask_in() { member_of "$1" control "$2"; }
member_of() { setpriv --reuid mallory --regid mallory --groups "$1" -- "${@:2}"; }

field() { jq -r "$1" <<< "$output"; }

assert_answers() {
	json_has ok "$1" "$output" && json_has code "$2" "$output" || fail "answer: $output"
}

daemon_field() { awk -v key="$1:" '$1 == key { print $2 }' "/proc/$(phiwardd_pid)/status"; }

# How often the kernel said that phiwardd called what its filter does not allow.
filtered() { dmesg | grep -c 'type=1326' || true; }

# How many decisions the records like these stand for.
decisions() { records_like "$@" | jq -s 'map(.count // 1) | add // 0'; }

# ---- Start and end -------------------------------------------------------------------------

@test "daemon: --help and --version, wrong usage, not root" {
	run phiwardd --help
	[ "$status" -eq 0 ]
	[[ $output == usage:* ]]
	run phiwardd --version
	[ "$status" -eq 0 ]
	run phiwardd --nonsense
	[ "$status" -eq 2 ]
	run phiwardd argument
	[ "$status" -eq 2 ]
	run as_user mallory phiwardd
	[ "$status" -eq 3 ]
}

@test "daemon: its directories are root's, and the log is readable for auditors" {
	[ "$(stat -c '%a %U %G' /run/phiward)" = "755 root root" ]
	[ "$(stat -c '%a %U %G' /var/lib/phiward)" = "700 root root" ]
	[ "$(stat -c '%a %U %G' /var/log/phiward)" = "2750 root phiward-audit" ]
	[ "$(stat -c '%a %U %G' /var/log/phiward/audit.log)" = "640 root phiward-audit" ]
	[ "$(stat -c '%a %U' /run/phiward/canary)" = "444 root" ]
	assert_allowed member_of phiward-audit head -c 1 /var/log/phiward/audit.log
	run as_user mallory head -c 1 /var/log/phiward/audit.log
	[ "$status" -ne 0 ]
}

@test "daemon: a second one does not start, and changes nothing" {
	run by_pid1 /usr/sbin/phiwardd
	[ "$status" -eq 4 ]
	[[ $output == *"another phiwardd is running"* ]]
	run phiwardd
	[ "$status" -eq 4 ]
	[[ $output == *"/var/lib/phiward"*": Permission denied"*"PID 1 has to start it"* ]] || fail "$output"
	in_force
	assert_refused cat /srv/dicom/phantom.dcm
}

@test "daemon: start and stop are records, SIGHUP is nothing" {
	pid1 kill "$(phiwardd_pid)" 1
	in_force
	assert_no_record type=system
	restart
	[ "$(records_like type=system action=stop subject=phiwardd | wc -l)" -eq 1 ]
	[ "$(records_like type=system action=start subject=phiwardd | wc -l)" -eq 1 ]
}

@test "daemon: the log is sealed, also after a stop and after a death; who changes a copy is found out" {
	restart
	assert_refused cat /srv/dicom/phantom.dcm
	restart 9
	assert_refused cat /srv/dicom/phantom.dcm
	run phiward audit verify --key /var/lib/phiward/log.key
	[ "$status" -eq 0 ] && [[ $output == complete* ]] || fail "$output"
	[[ $output == *"sealed by a key file"* ]] || fail "$output"
	[ "$(stat -c '%a %U' /var/lib/phiward/log.key)" = "600 root" ]
	run member_of phiward-audit phiward audit verify
	[ "$status" -eq 0 ] && [[ $output == consistent* ]] || fail "$output"
	cp -r /var/log/phiward /run/vm/copy
	sed -i '0,/"comm":"cat"/s//"comm":"dog"/' /run/vm/copy/audit*.log
	run phiward audit verify /run/vm/copy
	[ "$status" -eq 1 ] && [[ $output == broken:* ]] || fail "$output"
	run as_user mallory phiward audit verify
	[ "$status" -eq 3 ]
	[ "$(filtered)" -eq 0 ]
}

@test "daemon: systemd is told when the policy is in force, and which" {
	local sink=/run/vm/notify.out
	rm -f /run/vm/notify "$sink"
	background /dev/null socat -u UNIX-RECV:/run/vm/notify OPEN:"$sink",creat,append
	wait_for test -S /run/vm/notify
	stop_phiward
	pid1 start --out "$PHIWARDD_LOG" --env NOTIFY_SOCKET=/run/vm/notify \
		-- /usr/sbin/phiwardd > "$PHIWARDD_PID_FILE"
	wait_for grep -aq READY=1 "$sink"
	in_force
	grep -aq 'STATUS=[a-z]*; policy: test' "$sink"
	stop_phiward
	wait_for grep -aq STOPPING=1 "$sink"
	kill "$BACKGROUND_PID"
	start_phiward
}

# ---- Which policy is in force after a start ---------------------------------------------------

@test "daemon: after a start the accepted policy is in force, or the file when it is newer" {
	local version
	version=$(phiward_status | jq .version)
	policy | apply_policy
	phiward_is version=$((version + 1))
	restart
	phiward_is version=$((version + 1))
	policy | with_next_version > /etc/phiward/policy.yaml
	restart
	phiward_is version=$((version + 2))
}

@test "daemon: a broken file does not take the place of the accepted policy" {
	{ policy | with_next_version; echo 'nonsense: yes'; } > /etc/phiward/policy.yaml
	restart
	assert_refused cat /srv/dicom/phantom.dcm
	grep -q 'policy.yaml:[0-9]*:[0-9]*: error: ' "$PHIWARDD_LOG"
	rm /etc/phiward/policy.yaml
	restart
	assert_refused cat /srv/dicom/phantom.dcm
}

# ---- Killed ----------------------------------------------------------------------------------

@test "daemon: killed, it leaves enforcement on, and every record is in the log after its return" {
	local i
	stop_phiward 9
	for i in $(seq 50); do
		assert_refused act read /srv/dicom/phantom.dcm
		assert_allowed act read /srv/public/notice.txt
	done
	[ "$(decisions action=read)" -eq 0 ]
	start_phiward
	wait_for in_force
	[ "$(decisions action=read verdict=deny subject=others)" -eq 50 ]
	assert_lost_zero
	numbers_are_complete
}

@test "daemon: killed again and again under load, no number is missing and none is there twice" {
	local load
	background /dev/null bash -c 'while :; do cat /srv/dicom/phantom.dcm; done'
	load=$BACKGROUND_PID
	for _ in 1 2 3 4 5; do
		restart 9
	done
	kill "$load"
	wait "$load" || true
	[ "$(decisions action=read verdict=deny)" -gt 5 ]
	wait_for numbers_are_complete
	assert_lost_zero
}

# ---- Privileges ------------------------------------------------------------------------------

@test "daemon: few capabilities, none to gain, no system calls beyond its own" {
	local task
	# bpf (39), perfmon (38), net_admin (12), dac_read_search (2)
	[ "$(daemon_field CapEff)" = 000000c000001004 ]
	[ "$(daemon_field CapPrm)" = 000000c000001004 ]
	[ "$(daemon_field CapBnd)" = 0000000000000000 ]
	[ "$(daemon_field CapInh)" = 0000000000000000 ]
	[ "$(daemon_field CapAmb)" = 0000000000000000 ]
	for task in /proc/"$(phiwardd_pid)"/task/*; do
		grep -q '^NoNewPrivs:[[:space:]]*1$' "$task/status"
		grep -q '^Seccomp:[[:space:]]*2$' "$task/status"
		grep -q '^CapEff:[[:space:]]*000000c000001004$' "$task/status"
		grep -q '^CapBnd:[[:space:]]*0000000000000000$' "$task/status"
	done
}

@test "daemon: everything that it is asked to do passes its own filter" {
	local before command
	before=$(filtered)
	policy | with_lab | apply_policy
	policy | with_lab | apply_policy --wait
	phiward doctor > /dev/null
	for command in status doctor canary drain; do
		run ask "{\"command\":\"$command\"}"
		assert_answers true 0
	done
	lab ip address add 10.20.77.1/24 dev lo
	lab ip address del 10.20.77.1/24 dev lo
	mkdir -p /run/vm/mnt
	mount -t tmpfs tmpfs /run/vm/mnt
	umount /run/vm/mnt
	rmdir /run/vm/mnt
	restart
	[ "$(filtered)" -eq "$before" ] || fail "$(dmesg | grep type=1326)"
}

@test "daemon: it finds what a policy names where only another user can enter" {
	mkdir -p /srv/private/inside
	echo secret > /srv/private/inside/x
	chown -R radiographer /srv/private
	chmod 700 /srv/private
	assert_allowed as_user radiographer cat /srv/private/inside/x
	policy | sed 's|/srv/dicom|/srv/private/inside|' | apply_policy
	phiward_status | jq -e '.pending == []'
	assert_refused as_user radiographer cat /srv/private/inside/x
	assert_allowed cat /srv/dicom/phantom.dcm
	policy | apply_policy
	rm -r /srv/private
}

# ---- The control socket ------------------------------------------------------------------------

@test "control: the groups decide who may ask what" {
	local group
	run ask_as mallory '{"command":"status"}'
	assert_answers false 3
	for group in phiward-view phiward-audit phiward-admin; do
		run ask_in "$group" '{"command":"status"}'
		assert_answers true 0
	done
	for group in phiward-view phiward-audit; do
		run ask_in "$group" '{"command":"unload"}'
		assert_answers false 3
		run ask_in "$group" '{"command":"apply","sources":[{"name":"p","text":"x"}]}'
		assert_answers false 3
	done
	in_force
	run ask_in phiward-admin '{"command":"apply","sources":[{"name":"p","text":"x"}]}'
	assert_answers false 1
}

@test "control: what is no request is refused, and the daemon goes on" {
	local request
	for request in '' 'nonsense' '[]' '{}' '{"command":7}' '{"command":"dance"}' \
		'{"command":"status","more":1}' '{"command":"apply"}' '{"command":"apply","sources":[]}' \
		'{"command":"apply","sources":[{"name":"p"}]}' \
		'{"command":"apply","sources":[{"name":"p","text":"","mode":1}]}' \
		'{"command":"apply","sources":[{"name":"p","text":""}],"wait":"yes"}'; do
		run ask "$request"
		assert_answers false 2
	done
	head -c 20000000 /dev/zero | tr '\0' ' ' > /run/vm/long
	run bash -c 'socat -t 60 - UNIX-CONNECT:/run/phiward/control < /run/vm/long 2> /dev/null'
	rm /run/vm/long
	[[ $output == *'too long'* ]]
	run ask '{"command":"status"}'
	assert_answers true 0
}

@test "control: who connects and is silent holds up nobody" {
	local pids=()
	for _ in $(seq 12); do
		background /dev/null member_of phiward-view socat -u UNIX-CONNECT:/run/phiward/control -
		pids+=("$BACKGROUND_PID")
	done
	run ask '{"command":"status"}'
	assert_answers true 0
	kill "${pids[@]}" 2> /dev/null || true
	wait "${pids[@]}" 2> /dev/null || true
}

@test "control: an error of a policy comes with its position, and the old policy stays" {
	run ask '{"command":"apply","sources":[{"name":"bad.yaml","text":"phiward: 1\nname: x\nversion: 1\nlisen: 1\n"}]}'
	assert_answers false 1
	[[ $(field '.errors[]') == *bad.yaml:4:1:\ error:\ * ]]
	in_force
	assert_refused cat /srv/dicom/phantom.dcm
}

@test "control: an apply is a record with who wanted it, also when it is refused" {
	policy | apply_policy
	assert_record type=policy action=apply verdict=allow path~'by uid 0'
	policy > "$BATS_TEST_TMPDIR/old.yaml"
	run phiward apply "$BATS_TEST_TMPDIR/old.yaml"
	[ "$status" -eq 1 ]
	assert_record type=policy action=apply verdict=deny path~'version 1, by uid 0'
}

@test "control: apply --wait answers when the search for links is over" {
	mkdir -p /srv/public/many
	(cd /srv/public/many && seq 2000 | xargs touch && ln 1 /srv/public/alias)
	assert_allowed cat /srv/public/alias
	policy | sed 's|/srv/dicom|/srv/dicom, /srv/public/many|' | apply_policy --wait
	phiward_status | jq -e '.scanning == []'
	assert_refused cat /srv/public/alias
	policy | apply_policy
}

# ---- The journal -------------------------------------------------------------------------------

@test "journal: refusals are folded into a line that names object and rule, and no path" {
	local sink=/run/vm/journal.out
	mkdir -p /run/systemd/journal
	rm -f /run/systemd/journal/socket "$sink"
	background /dev/null socat -u UNIX-RECV:/run/systemd/journal/socket OPEN:"$sink",creat,append
	wait_for test -S /run/systemd/journal/socket
	for _ in $(seq 20); do
		assert_refused act read /srv/dicom/phantom.dcm
	done
	ask '{"command":"drain"}' > /dev/null
	wait_for grep -aq '^MESSAGE=refused: read of images by others' "$sink"
	grep -aq '^MESSAGE_ID=23cb91f0fc0241cf90b8abb35c46256f' "$sink"
	grep -aq '^PRIORITY=4' "$sink"
	grep -aq '^PHIWARD_SUBJECT=others' "$sink"
	stop_phiward
	[ "$(grep -ac '^PHIWARD_OBJECT=images' "$sink")" -le 4 ]
	[ "$(sed -n '/^PHIWARD_OBJECT=images/,/^$/s/^PHIWARD_COUNT=//p' "$sink" | paste -sd+ | jq -Rr 'split("+") | map(tonumber) | add')" -eq 20 ]
	! grep -aq phantom "$sink"
	kill "$BACKGROUND_PID"
	rm -r /run/systemd/journal
	start_phiward
}

@test "journal: a journal that hangs does not hold up the daemon or the log" {
	local room
	room=$(cat /proc/sys/net/unix/max_dgram_qlen)
	echo 1 > /proc/sys/net/unix/max_dgram_qlen	# it is full at once
	mkdir -p /run/systemd/journal
	rm -f /run/systemd/journal/socket
	background /dev/null python3 -c 'import socket, time
s = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
s.bind("/run/systemd/journal/socket")
time.sleep(1000)'
	wait_for test -S /run/systemd/journal/socket
	echo "$room" > /proc/sys/net/unix/max_dgram_qlen
	for _ in 1 2 3 4 5; do
		policy | apply_policy
		assert_refused cat /srv/dicom/phantom.dcm
		assert_refused ls /srv/dicom
	done
	run ask '{"command":"drain"}'
	assert_answers true 0
	[ "$(decisions action=read verdict=deny subject=others)" -eq 10 ]
	stop_phiward
	kill "$BACKGROUND_PID"
	rm -r /run/systemd/journal
	start_phiward
}

# ---- Unload ----------------------------------------------------------------------------------

@test "control: phiward-admin may unload; the numbers of the log go on after the next apply" {
	assert_refused cat /srv/dicom/phantom.dcm
	run ask_in phiward-admin '{"command":"unload"}'
	assert_answers true 0
	phiward_is state=off enforcing=false daemon=true
	assert_record type=policy action=unload verdict=allow path~'by uid 2001'
	assert_allowed cat /srv/dicom/phantom.dcm
	policy | apply_policy
	in_force
	assert_refused cat /srv/dicom/phantom.dcm
	numbers_are_complete
	assert_lost_zero
}
