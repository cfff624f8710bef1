# SPDX-License-Identifier: BSD-2-Clause
# shellcheck shell=bash
#
# What tests of the network have beside lib/phiward.
#
# A subject of these tests is a directory: /opt/sender/ holds copies of the tools dial,
# serve, plug and kinds, and who runs one of them is a member. The tools in /usr/local/bin
# are in no subject. /opt/hospital/ is what runs at the other end of the network: never
# blocked, because there phiward is not what decides.

# programs NAME: for `exec` of that subject.
programs() { printf '[/opt/%s/dial, /opt/%s/serve, /opt/%s/plug, /opt/%s/kinds]' "$1" "$1" "$1" "$1"; }

HOSPITAL="hospital: {exec: $(programs hospital), started_by: [anyone], never_block: true}"
OWN_V6=fd00:20::1

# subjects NAME...: their directories.
subjects() {
	local name
	for name in hospital "$@"; do
		mkdir -p "/opt/$name"
		cp /usr/local/bin/{dial,serve,plug,kinds} "/opt/$name/"
		chmod -R go=rX "/opt/$name"
	done
}

# stop_net: servers and phiward are ended, the subjects are gone.
stop_net() {
	end_background
	reset_phiward
	rm -rf /opt/*
}

net_directory() { [ -d /run/vm/net ] || mkdir -m 1777 /run/vm/net; }

# in_background NAME CMD...: output in /run/vm/net/NAME; ended by end_background.
in_background() {
	local name=$1
	shift
	net_directory
	background "/run/vm/net/$name" "$@"
	echo "$BACKGROUND_PID" >> /run/vm/net/pids
}

# serving NAME CMD...: a server, until it is ready.
serving() {
	in_background "$@"
	wait_for grep -q ^ready "/run/vm/net/$1"
}

said() { cat "/run/vm/net/$1"; }

# plugged NAME PLUG...: a `plug` that waits for what it is told. PLUG: its path, and what runs it.
plugged() {
	local name=$1
	shift
	net_directory
	rm -f "/run/vm/net/$name.in"
	mkfifo -m 666 "/run/vm/net/$name.in"
	: > "/run/vm/net/$name"
	"$@" - 0<> "/run/vm/net/$name.in" > "/run/vm/net/$name" 2>&1 3>&- &
	echo $! >> /run/vm/net/pids
}

# tell NAME COMMAND...: what it says to them, a line each, in SAID.
tell() {
	local log=/run/vm/net/$1 before
	shift
	mapfile -t SAID < "$log"
	before=${#SAID[@]}
	printf '%s\n' "$@" > "$log.in"
	wait_for has_lines "$log" $((before + $#)) || return 1
	mapfile -t -s "$before" SAID < "$log"
}

has_lines() {
	local lines
	mapfile -t lines < "$1"
	[ ${#lines[@]} -ge "$2" ]
}

# told NAME RESULT COMMAND...: each gives that result.
told() {
	local name=$1 result=$2 line
	shift 2
	tell "$name" "$@" || return 1
	for line in "${SAID[@]}"; do
		[ "${line##*: }" = "$result" ] || { fail "$name: $line, not $result"; return 1; }
	done
}

end_background() {
	local pid
	for pid in $(cat /run/vm/net/pids 2> /dev/null); do
		pkill -P "$pid" || true	# what a function like outside() runs
		kill "$pid" 2> /dev/null || true
	done
	rm -rf /run/vm/net
}

# hospital NAME SOCKET...: servers outside.
hospital() {
	local name=$1
	shift
	serving "$name" outside /opt/hospital/serve "$@"
}

# all_are RESULT CMD...: each line of what it says ends in that result.
all_are() {
	local result=$1
	shift
	run "$@"
	[ -n "$output" ] || { fail "says nothing: $*"; return 1; }
	! grep -qv ": $result\$" <<< "$output" || fail "not all $result: $*: $output"
}

# as_both RESULT CMD...: the same for root and for an unprivileged user.
as_both() {
	local result=$1
	shift
	all_are "$result" "$@" && all_are "$result" as_user mallory "$@"
}

# assert_records "KEY=VALUE KEY~REGEX..."...: for each there is a record since mark. One query.
assert_records() {
	local wanted conditions all=() missing
	for wanted; do
		read -ra conditions <<< "$wanted"
		all+=("${conditions[@]}" --)
	done
	missing=$(records await "$MARK_FILE" 5 "${all[@]:0:${#all[@]}-1}") ||
		fail "no record: $missing; the last ones are: $(records_like | tail -n 20)"
}
