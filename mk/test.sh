#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause
#
# test.sh KERNELS NAME PROGRAM...: what `make test` runs. The programs are the unit
# tests and corpus replays; to them come tests/tree/*.sh, tests/record/*.sh, tests/report/*.sh, tests/fleet/*.sh, the proofs of
# tests/prove, in machines, tests/bats/*.bats, and tests/boot/*.bats and tests/story/*.sh, which boot
# machines. All of them speak TAP. Two more run at a time than there are processors. With a NAME only what
# has it in its file name. At the end stands what failed, and in the last line the count of all.
set -u

kernels=$1 name=$2
shift 2
passed=0 failed=0 skipped=0
logs=build/test
mkdir -p "$logs"
rm -f "$logs"/*

# Adds up the TAP in file $1 of a program that ended with $2. A plan that was not
# kept is a failure for each test that is missing, a bad end without one is one.
# What failed is kept in $logs/failed.
tally() {
	local ok bad skip plan
	read -r ok bad skip plan < <(awk '
		/^ok / { if (tolower($0) ~ /# skip/) skip++; else ok++ }
		# cmocka reports what it skips as not ok.
		/^not ok / { if (/# SKIP/) skip++; else bad++ }
		/^1\.\.[0-9]+/ { plan += substr($1, 4) }
		END { print ok + 0, bad + 0, skip + 0, plan + 0 }' "$1")
	[ "$plan" -le $((ok + bad + skip)) ] || bad=$((plan - ok - skip))
	[ "$2" -eq 0 ] || [ "$bad" -gt 0 ] || bad=1
	[ $((ok + bad + skip)) -gt 0 ] || bad=1
	[ "$bad" -eq 0 ] || awk -v from="${1##*/}" '
		/^not ok / && !/# SKIP/ { left = 7 }
		/^[^#]/ && !/^not ok/ { left = 0 }
		left-- > 0 { print from ": " $0 }
		END { print from ": at its end: " $0 }' "$1" >> "$logs/failed"
	passed=$((passed + ok)) failed=$((failed + bad)) skipped=$((skipped + skip))
	printf -v counted '%d passed' "$ok"
	[ "$skip" -eq 0 ] || counted+=", $skip skipped"
	[ "$bad" -eq 0 ] || counted+=", $bad FAILED"
	counted+=" ($((SECONDS - began)) s)"
	return "$bad"
}

# Runs one program on this machine; what it says is shown when it fails.
run_here() {
	local title=$1 log
	shift
	log=$logs/${title//\//-}.log
	CMOCKA_MESSAGE_OUTPUT=TAP "$@" > "$log" 2>&1 < /dev/null
	if tally "$log" $?; then
		printf '%-44s %s\n' "$title" "$counted"
	else
		cat "$log"
		printf '%-44s %s\n' "$title" "$counted"
	fi
}

# The same for one that takes minutes: its lines are shown as they come.
run_shown() {
	local log=$logs/${1//\//-}.log
	"$1" 2>&1 < /dev/null | tee "$log" | sed -u "s|^|[${1#tests/}] |"
	tally "$log" "${PIPESTATUS[0]}" || true
	printf '%-44s %s\n' "$1" "$counted"
}

header() { sed -n "s/^# $1: *//p" "$2"; }

# ---- Side by side -----------------------------------------------------------------------

# Two more than there are processors: a machine waits half of its time for timers of its own.
at_a_time=$(($(nproc) + 2))
jobs=0

# Job number $1: CMD..., which finds the number in $job.
run_job() {
	local job=$1 began=$SECONDS
	shift
	passed=0 failed=0 skipped=0
	"$@"
	echo "$passed $failed $skipped" > "$logs/job.$job"
}

# start_job CMD...: beside what runs already, as soon as there is room.
start_job() {
	while [ "$(jobs -rp | wc -l)" -ge "$at_a_time" ]; do
		wait -n
	done
	jobs=$((jobs + 1))
	run_job $jobs "$@" &
}

# What the jobs counted; one that did not come to an end is a failure.
wait_for_jobs() {
	local job ok bad skip
	wait
	for job in $(seq "$jobs"); do
		ok=0 bad=1 skip=0
		[ ! -e "$logs/job.$job" ] || read -r ok bad skip < "$logs/job.$job"
		passed=$((passed + ok)) failed=$((failed + bad)) skipped=$((skipped + skip))
	done
}

# ---- Machines ---------------------------------------------------------------------------

# Tests, about: a machine starts and loads the programs in the time of twenty.
tests_a_machine=300

# Before each line the kernel and the file that it is from.
name_lines() {
	sed -u -e '/^# begin /{h;s,.*/,,;s,\.bats$,,;x}' -e G \
		-e "s,\(.*\)\n\(.*\),[$1 \2] \1," -e 's, \] ,] ,'
}

# A machine of kernel $1 with options $2 (words), then the files. When it dies in the
# middle of a file that one has failed and the others get a new machine.
run_machine() {
	local kernel=$1 options=$2 log file code try=0
	shift 2
	while [ $# -gt 0 ]; do
		log=$logs/vm-$kernel.$job.$((try++)).log
		# shellcheck disable=SC2086 # options are words
		tests/vm/run --kernel "$kernel" --timeout $((300 + 600 * $#)) $options \
			-- tests/vm/bats "$@" 2>&1 | tee "$log" | name_lines "$kernel"
		code=${PIPESTATUS[0]}
		while [ $# -gt 0 ] && grep -qxF "# end $1" "$log"; do
			shift
		done
		if [ $# -gt 0 ]; then
			echo "not ok - $1: the machine stopped" | tee -a "$log"
			shift
		fi
		tally "$log" "$code" || true
		printf '%-44s %s\n' "${log##*/}" "$counted"
	done
}

# Deals the files of kernel $1 out: a line for each machine, "TESTS|KERNEL|OPTIONS|FILE...".
# What has to begin without phiward comes first in a machine, as there it costs nothing; and
# all that never loads it before that in one. Of kernels newer than 6.1 the newest is enough for
# files with the header "newer: one": their hooks are the same in all of them.
machines_of() {
	local file only options
	for file in "${bats[@]}"; do
		only=$(header kernels "$file")
		[ -z "$only" ] || [[ " $only " == *" $1 "* ]] || continue
		[ "$1" != 6.12 ] || [[ " $kernels " != *" 7 "* || $(header newer "$file") != one ]] || continue
		printf '%s|%s|%s|%s|%s\n' "$(grep -c '^@test' "$file")" "$(header vm "$file")" \
			"$(header phiward "$file")" \
			"$(grep -c '^[[:space:]]*forget_phiward' "$file")" "$file"
	done | sort -t '|' -k 1,1nr | awk -F '|' -v kernel="$1" -v room=$tests_a_machine '
		$2 != "" { print $1 "|" kernel "|" $2 "|" $5; next }
		{ total += $1 }
		$3 == "never" { put($0, 1); machines = 1; next }
		$4 { first[++firsts] = $0; next }
		{ other[++others] = $0 }
		function put(file, at,   f) { split(file, f, "|"); tests[at] += f[1]; files[at] = files[at] " " f[5] }
		END {
			if (machines < total / room) machines = int((total + room - 1) / room)
			if (machines < firsts) machines = firsts
			for (i = 1; i <= firsts; i++) put(first[i], i)
			for (i = 1; i <= others; i++) {
				least = 1
				for (m = 2; m <= machines; m++) if (tests[m] < tests[least]) least = m
				put(other[i], least)
			}
			for (m = 1; m <= machines; m++) print tests[m] "|" kernel "||" files[m]
		}'
}

# The files of directory $1 with this ending that have the name.
files_in() {
	local file
	for file in "$1"/*"$name"*."$2"; do
		[ ! -e "$file" ] || echo "$file"
	done
}

mapfile -t bats < <(files_in tests/bats bats)
# Whole boots of a Debian are of kernel 6.1, and so are the stories. The last is the longest.
boots=() stories=()
if [[ " $kernels " == *" 6.1 "* ]]; then
	mapfile -t boots < <(files_in tests/boot bats | sort -r)
	mapfile -t stories < <(files_in tests/story sh)
fi
if [ $((${#bats[@]} + ${#boots[@]} + ${#stories[@]})) -gt 0 ]; then
	for kernel in $kernels; do
		tests/vm/kernels.sh "$kernel" || exit 1
	done
fi
# The longest first, so that all processors come to an end together.
for program in "${boots[@]}"; do
	start_job run_here "$program" bats --tap "$program"
done
for program in "${stories[@]}"; do
	start_job run_here "$program" "$program"
done
[[ prove != *"$name"* ]] || start_job run_shown tests/prove/run
while IFS='|' read -r _ kernel options files; do
	# shellcheck disable=SC2086 # files are words
	start_job run_machine "$kernel" "$options" $files
done < <(for kernel in $kernels; do machines_of "$kernel"; done | sort -t '|' -k 1,1nr)
for program; do
	case $program in
	*/fuzz/*) start_job run_here "${program#build/san/}" "$program" tests/corpus/"${program##*/fuzz_}"/* ;;
	*) start_job run_here "${program#build/san/}" "$program" ;;
	esac
done
for program in tests/tree/*.sh tests/record/*.sh tests/report/*.sh tests/fleet/*.sh tests/vm/selftest; do
	[ ! -x "$program" ] || [[ ${program##*/} != *"$name"* ]] ||
		start_job run_here "$program" "$program"
done
wait_for_jobs

if [ $((passed + failed)) -eq 0 ]; then
	if [ -n "$name" ]; then
		echo "no test has '$name' in its name" >&2
	else
		echo "no test was run" >&2
	fi
	failed=1
fi
[ ! -e "$logs/failed" ] || { echo "What failed, by its log in $logs:"; cat "$logs/failed"; }
summary="$passed passed, $failed failed"
[ "$skipped" -eq 0 ] || summary+=", $skipped skipped"
echo "$summary"
[ "$failed" -eq 0 ]
