# SPDX-License-Identifier: BSD-2-Clause
# shellcheck shell=bash
#
# What the tests of file access share. In a .bats file: load lib/files, after lib/phiward.

# files_programs: the members of files_policy are copies of the tools that others use, so
# that each route that is refused to others is seen to lead somewhere.
files_programs() {
	lab cp /usr/local/bin/steal /usr/local/bin/reader
	lab cp /usr/local/bin/hand /usr/local/bin/giver
	lab cp /usr/local/bin/meddle /usr/local/bin/keeper
	lab cp /usr/local/bin/uring /usr/local/bin/uring-keeper
}

# files_policy [PATH...]: one object at these paths, by default /srv/dicom.
files_policy() {
	local paths
	paths=$(printf '%s, ' "${@:-/srv/dicom}")
	cat <<-EOF
	phiward: 1
	name: files
	mode: enforce
	objects:
	  images: {paths: [${paths%, }], on_audit_loss: keep_working}
	subjects:
	  reader:
	    exec: [/usr/local/bin/reader, /usr/local/bin/giver]
	    started_by: [anyone]
	    access: {images: [read]}
	    writes: [pipe, /srv/public, /tmp]
	  keeper:
	    exec: [/usr/local/bin/keeper, /usr/local/bin/uring-keeper]
	    started_by: [anyone]
	    access: {images: [read, write, create, delete, rename, link, attr, exec]}
	    writes: [pipe, /srv/public]
	others: {network: allow}
	EOF
}

# start_files [PATH...]: phiward enforces files_policy, and has looked for further names.
start_files() {
	files_programs
	files_policy "$@" > /run/vm/files.yaml
	start_phiward /run/vm/files.yaml
	wait_for files_scanned
}

files_scanned() { phiward_status | jq -e '.scanning == []'; }

# stop_files [PATH...]: nothing enforced; the members' programs, what was put into
# /srv/public, PATHs and who still waits are gone.
stop_files() {
	local fifo
	for fifo in /run/vm/*.fifo; do
		[ ! -e "$fifo" ] || echo 1<> "$fifo"	# opens also when nobody reads
	done
	rm -f /run/vm/*.fifo
	reset_phiward
	lab rm -f /usr/local/bin/{reader,giver,keeper,uring-keeper}
	rm -rf "$@"
	find /srv/public -mindepth 1 ! -name notice.txt -delete
}

# before NAME USER CMD...: CMD opens what it wants, says a line, and goes on when $FIFO is
# written to. Returns after that line; after NAME lets it go on and shows what it said.
before() {
	local at=/run/vm/$1
	mkfifo -m 666 "$at.fifo"
	background "$at.out" as_user "$2" env FIFO="$at.fifo" "${@:3}"
	echo "$BACKGROUND_PID" > "$at.pid"
	wait_for test -s "$at.out"
}
after() {
	local at=/run/vm/$1
	echo > "$at.fifo"
	wait_for test ! -e "/proc/$(cat "$at.pid")"
	sed 1d "$at.out"
	rm "$at".*
}

# before_by_fd NAME USER FILE CMD...: opens FILE as descriptor 8 and becomes CMD.
before_by_fd() {
	before "$1" "$2" bash -c 'exec 8< "$1"; echo open; read -r _ < "$FIFO"; shift; exec "$@"' - "${@:3}"
}

# all_refused CMD...: a tool that prints "WHAT: RESULT" lines had EACCES in each of them.
all_refused() {
	run "$@"
	[ ${#lines[@]} -gt 0 ] || { fail "said nothing: $*"; return 1; }
	[ -z "$(printf '%s\n' "${lines[@]}" | grep -v ': EACCES$')" ] || fail "$*: $output"
}

# all_done CMD...: had no error in any of them.
all_done() {
	run "$@"
	[ "$status" -eq 0 ] && [ ${#lines[@]} -gt 0 ] || { fail "$status: $*: $output"; return 1; }
	[ -z "$(printf '%s\n' "${lines[@]}" | grep -v -e ': DONE$' -e ': LEAKED$')" ] || fail "$*: $output"
}

# all_read FILE...: the reader has them by every route that asks for no more than reading.
all_read() {
	run reader "$@"
	[ ${#lines[@]} -gt 20 ] || { fail "reader $*: $output"; return 1; }
	[ -z "$(grep -v -e ': LEAKED$' -e 'open-read-write: EACCES$' <<< "$output")" ] || fail "reader $*: $output"
}

# recorded KEY=VALUE...: the actions of the records since mark that have all of them.
recorded() { records_like "$@" | $BUSYBOX sed -n 's/.*"action":"\([a-z]*\)".*/\1/p' | sort -u | paste -sd ' '; }

# assert_actions "ACTION..." KEY=VALUE...: these and no others, in alphabetical order.
assert_actions() {
	local want=$1 got
	shift
	got=$(recorded "$@")
	[ "$got" = "$want" ] || fail "recorded of $*: '$got', not '$want'"
}
