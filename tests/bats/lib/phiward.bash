# SPDX-License-Identifier: BSD-2-Clause
# shellcheck shell=bash
#
# What tests of enforcement are written with. In a .bats file: load lib/phiward
#
# They run as root in the test machine, in no login session and as no fork of PID 1:
# for phiward a test is `others`.

PHIWARDD_LOG=/run/vm/phiwardd.log
PHIWARDD_PID_FILE=/run/vm/phiwardd.pid
POLICY_VERSION_FILE=/run/vm/policy-version
MARK_FILE=/run/vm/mark
WAIT_SECONDS=${WAIT_SECONDS:-120}
# Static: under emulation a program of the root tree takes ten times longer to start.
BUSYBOX=/run/vm/busybox

# bats looks at each command before it runs, to know which one failed, and bash is thirty times
# slower for it. Here it looks at what stands in the test, and not into what the test calls.
if [[ " ${FUNCNAME[*]} " == *" setup_file "* ]]; then
	set +T
	! declare -F teardown_file > /dev/null || declare -ft teardown_file
elif declare -F bats_setup_tracing > /dev/null; then
	eval "bats_trace_all() $(declare -f bats_setup_tracing | sed 1d)"
	bats_setup_tracing() {
		bats_trace_all
		set +T
		declare -ft bats_test_begin setup teardown "$BATS_TEST_NAME"
	}
fi
# Without a program for it.
! declare -F get_mills_since_epoch > /dev/null ||
	get_mills_since_epoch() { echo $((${EPOCHREALTIME/[.,]/} / 1000)); }
if declare -F bats_error_trap > /dev/null; then
	declare -ft bats_error_trap bats_check_status_from_trap
fi

fail() {
	echo "$*"
	[ ! -s "$PHIWARDD_LOG" ] || { echo "phiwardd said:"; tail -n 20 "$PHIWARDD_LOG"; }
	return 1
}

# wait_for CMD...: until it succeeds; its last output is shown when it never does.
wait_for() {
	local end=$((SECONDS + WAIT_SECONDS)) said
	until said=$("$@" 2>&1); do
		[ $SECONDS -lt $end ] || { fail "never true: $*: $said"; return 1; }
		$BUSYBOX sleep 0.1
	done
}

# background FILE CMD...: runs it beside the test, output into FILE, BACKGROUND_PID is its
# pid. (bats waits for whoever holds its descriptor 3, so no job may inherit it.)
background() {
	local out=$1
	shift
	"$@" > "$out" 2>&1 < /dev/null 3>&- &
	BACKGROUND_PID=$!
}

# waits OUT CMD...: the same of one that opens /run/vm/go to be read, and so waits for lets_go, which
# ends when it has.
waits() {
	mkfifo /run/vm/go
	background "$@"
}
lets_go() {
	echo go > /run/vm/go
	wait "$BACKGROUND_PID"
	rm /run/vm/go
}

# sleeps_as PROGRAM PID: whether the process has become that program and waits for something.
sleeps_as() { [[ $(< "/proc/$2/status") == Name:$'\t'"$1"$'\n'*State:$'\t'S* ]]; }

# ---- Who acts ---------------------------------------------------------------------------

# as_user USER CMD...: another user, still in no login session.
as_user() { login-as --no-session "$@"; }

# in_login USER CMD...: in a new login session of that user.
in_login() { login-as "$@"; }

# by_pid1 [--user U] [--env K=V]... CMD...: as a service, a direct fork of PID 1.
# Shows what it printed and ends with its code.
by_pid1() {
	local options=() out=/run/vm/by-pid1.$BASHPID code=0
	while [[ $1 == --* ]]; do
		options+=("$1" "$2")
		shift 2
	done
	: > "$out"
	pid1 run --out "$out" ${options[@]+"${options[@]}"} -- "$@" || code=$?
	[ ! -s "$out" ] || printf '%s\n' "$(< "$out")"
	return $code
}

# lab CMD...: prepares or clears the machine as who may: change programs, set the network, the
# clock. A test's attack is never made so: its programs are of the subject `lab`, not of `others`.
# A test's policy has the subject by `include: [lab.yaml]`.
lab() { nice -n 0 "$@"; }

lab_subject() {
	printf 'subjects:\n  lab: {exec: [/usr/bin/nice], started_by: [anyone], helpers: any, updates: true,\n'
	printf '    system: [netadmin, clock, power]}\n'
}

# outside CMD...: at the other end of the network: 10.20.0.2, the PACS 10.20.5.4,
# the resolver 10.20.0.53 and fd00:20::2; the console is 10.20.0.1 and fd00:20::1.
# clock_is right|free: whether the kernel says that something keeps its clock right.
clock_is() { lab act clock "$1"; }

outside() { nsenter --net=/run/netns/outside -- "$@"; }

# ---- The daemon and its policy -------------------------------------------------------------

# What `phiward status --json` says. A daemon that runs is asked without it, which takes long to start here.
phiward_status() {
	local answer
	answer=$(control '{"command":"status"}' 2> /dev/null) || { phiward status --json; return; }
	answer=${answer#*'"status":'}
	echo "${answer%\}}"
}

# phiward_is FIELD=VALUE...: whether `phiward status` says so now.
phiward_is() {
	local status pair
	status=$(phiward_status) || true
	for pair; do
		json_has "${pair%%=*}" "${pair#*=}" "$status" || { echo "$status"; return 1; }
	done
}

# status_number NAME: a counter of `phiward status`.
status_number() { phiward_status | grep -o "\"$1\":[0-9]*" | head -n 1 | tr -dc 0-9; }

# json_has KEY VALUE JSON: whether a line of JSON has that member.
json_has() { [[ $3 == *"\"$1\":\"$2\""[,\}]* || $3 == *"\"$1\":$2"[,\}]* ]]; }

# assert_doctor NAME STATE TEXT: what it says of one requirement.
assert_doctor() {
	phiward doctor | grep -E "^$2 +$1 +.*$3" || fail "$(phiward doctor | grep -A1 -F "$1")"
}

phiwardd_pid() { cat "$PHIWARDD_PID_FILE"; }

# start_phiward [POLICYFILE]: phiwardd as a service; with a policy, until it enforces
# it or is permissive, without one, until it answers. One that already runs, from the file
# before, takes the policy.
start_phiward() {
	mkdir -p /etc/phiward
	[ $# -eq 0 ] || put_policy /etc/phiward < "$1"
	if phiwardd_runs; then
		[ $# -eq 0 ] || say_when_it_fails phiward apply /etc/phiward/policy.yaml
		return
	fi
	pid1 start --out "$PHIWARDD_LOG" -- /usr/sbin/phiwardd > "$PHIWARDD_PID_FILE"
	wait_for phiward_is daemon=true
	[ $# -gt 0 ] || return 0
	WAIT_SECONDS=600 wait_for phiward_settled	# loading is what takes longest, beside others longer
	phiward_loaded || fail 'phiwardd did not put the policy into force'
}

say_when_it_fails() {
	local said
	said=$("$@" 2>&1) || fail "$*: $said"
}

# In force, or given up.
phiward_settled() { phiward_loaded || grep -q 'nothing can be enforced' "$PHIWARDD_LOG"; }

phiward_loaded() {
	phiward_is state=enforcing || phiward_is state=permissive
}

# with_breaker POLICYFILE: as start_phiward, and `breaker` can break what is in force: it got
# phiwardd's label before there was a policy. The file has to say forget_phiward before.
with_breaker() {
	rm -rf /etc/phiward/policy.yaml /run/vm/breaker
	start_phiward
	pid1 start --out "$PHIWARDD_LOG" -- /usr/local/bin/breaker serve > /dev/null
	wait_for test -S /run/vm/breaker
	start_phiward "$1"
}

# stop_phiward [SIGNAL]: ends the daemon as PID 1 does; what is enforced stays.
stop_phiward() {
	local pid
	pid=$(phiwardd_pid 2> /dev/null) || return 0
	if pid1 kill "$pid" "${1:-15}"; then
		pid1 wait "$pid" || true
	fi
	rm -f "$PHIWARDD_PID_FILE"
}

unload_phiward() { phiward unload; }

# reset_phiward: a policy that names `lab` alone and refuses nothing of objects and the network. The
# programs stay, and so does the daemon: to load them takes the emulated processor half a minute,
# to start it three seconds. `mark` is at the end of the log.
reset_phiward() {
	# Started since it was reset, whether or not its daemon still runs.
	if [ -d /etc/phiward ] && ! phiward_forgotten; then
		phiwardd_runs || start_phiward || return 1
		! phiward_loaded || idle_policy | apply_policy || return 1
	fi
	mark
	rm -rf /etc/phiward
	[ ! -e "$PHIWARDD_LOG" ] || : > "$PHIWARDD_LOG"
}

# forget_phiward: as on a console that never had it.
forget_phiward() {
	if ! phiward_forgotten; then
		phiwardd_runs || start_phiward || return 1
		unload_phiward || return 1
	fi
	stop_phiward
	rm -rf /etc/phiward /var/lib/phiward /var/log/phiward /run/phiward "$PHIWARDD_LOG" "$MARK_FILE"
	phiward_forgotten
}

phiward_forgotten() { [ -z "$(find /sys/fs/bpf/phiward -mindepth 2 -print -quit 2> /dev/null)" ]; }

phiwardd_runs() { [ -s "$PHIWARDD_PID_FILE" ] && [ -e "/proc/$(phiwardd_pid)" ]; }

idle_policy() {
	printf 'phiward: 1\nname: idle\nmode: permissive\n'
	lab_subject
	printf 'others: {network: allow}\n'
}

# Policy on stdin to policy on stdout, with the subject `lab`. Its lines keep their numbers.
with_lab() {
	cat
	echo 'include: [lab.yaml]'
}

# Policy on stdin to policy on stdout, with a version above all before it.
with_next_version() {
	local version
	version=$(($(cat "$POLICY_VERSION_FILE" 2> /dev/null || echo 0) + 1))
	echo "$version" > "$POLICY_VERSION_FILE"
	sed -e '/^version:/d' -e "s/^phiward:.*/&\nversion: $version/"
}

# put_policy DIR < POLICY: as DIR/policy.yaml, beside it what the shipped ones include, with what
# lib/console adds to that, and lab.yaml.
put_policy() {
	mkdir -p "$1"
	cp "$VM_TOP"/policies/base-*.yaml "$1/"
	{ echo 'phiward: 1'; lab_subject; } > "$1/lab.yaml"
	! declare -F site_policy > /dev/null || site_policy >> "$1/base-debian.yaml"
	with_next_version > "$1/policy.yaml"
}

# apply_policy [OPTION...] < POLICY: applies it.
apply_policy() {
	local dir=${BATS_TEST_TMPDIR:-/run/vm}/policy
	put_policy "$dir"
	say_when_it_fails phiward apply "$@" "$dir/policy.yaml"
}

# ---- What must be so ---------------------------------------------------------------------

assert_allowed() {
	run "$@"
	[ "$status" -eq 0 ] || fail "not allowed ($status): $*: $output"
}

# assert_refused CMD...: fails, and says that permission was denied.
assert_refused() {
	run "$@"
	[ "$status" -ne 0 ] || { fail "not refused: $*: $output"; return 1; }
	[[ $output == *"Permission denied"* || $output == *EACCES* ]] ||
		fail "failed, but not with EACCES ($status): $*: $output"
}

# as_anybody CHECK CMD...: by root and by an unprivileged user.
as_anybody() {
	local check=$1
	shift
	"$check" "$@" && "$check" as_user mallory "$@"
}

# All records so far are in the log when this returns: `audit query` drains the rings.
phiward_records() { phiward audit query --json; }

# The records of the log, oldest line first, once everything so far is in it.
drained_log() { records print /none; }

# mark: the records that follow are those that assert_record sees.
mark() { records mark > "$MARK_FILE"; }

# records_like KEY=VALUE|KEY~REGEX...: since mark, one JSON object a line.
records_like() { records print "$MARK_FILE" "$@"; }

# How many events the records like that stand for.
events_like() {
	records_like "$@" | $BUSYBOX awk -F '"count":' '{ sum += $2 + 0 } END { print sum + 0 }'
}

has_record() { records has "$MARK_FILE" "$@"; }

# assert_record KEY=VALUE...: one record since mark has all of them (null: `KEY=null`).
assert_record() {
	records await "$MARK_FILE" 5 "$@" > /dev/null || fail "no record $*; there are: $(records_like)"
}

assert_no_record() {
	local found
	found=$(records_like "$@") || { fail "cannot look for records $*"; return 1; }
	[ -z "$found" ] || fail "there is a record $*: $found"
}

assert_lost_zero() {
	phiward_is lost=0 || fail "records were lost: $(phiward_status)"
}

# Whether every number from the first to the last stands in the log exactly once, and the gaps
# hold as many as status calls lost; prints how many are in gaps.
numbers_are_complete() {
	drained_log | awk -v lost="$(status_number lost)" '
		function number(key,   at) {
			at = index($0, "\"" key "\":")
			return at ? substr($0, at + length(key) + 3, 20) + 0 : 0
		}
		function seen(from, to) { for (; from <= to; from++) if (there[from]++) twice++; else n++ }
		{ if (index($0, "\"type\":\"gap\"")) {
			a = number("first"); b = number("last"); gapped += b - a + 1
		  } else { a = number("seq"); b = number("last"); if (!b) b = a }
		  seen(a, b)
		  if (b > a && number("count") != b - a + 1) wrong++
		  if (!min || a < min) min = a
		  if (b > max) max = b }
		END { printf "%d numbers, %d twice, %d missing, %d in gaps, status says %d\n", n, twice,
			max - min + 1 - n, gapped, lost
		      exit twice || wrong || n != max - min + 1 || gapped != lost }'
}
