#!/usr/bin/env bats
# SPDX-License-Identifier: BSD-2-Clause
# kernels: 6.1
# timeout: 900
#
# What hospital IT asks after a refusal, on records of the kernel's: why, selftest, audit query.

load lib/phiward

setup_file() {
	load lib/phiward
	forget_phiward
	policy > /run/vm/why.yaml
	start_phiward /run/vm/why.yaml
	# One of each kind, which the tests ask about.
	install -d -m 1777 /tmp/why
	for _ in 1 2 3; do
		cat /srv/dicom/1.dcm > /dev/null 2>&1 || true
	done
	as_user radiographer head -c 1 /srv/dicom/2.dcm > /dev/null 2>&1 || true
	in_login radiographer bash -c 'head -c 1 /srv/dicom/3.dcm > /tmp/why/leak' 2> /dev/null || true
	in_login radiographer bash -c 'head -c 1 /srv/dicom/3.dcm | cat' 2> /dev/null || true
	curl -sS -m 5 http://10.20.5.4:104/ > /dev/null 2>&1 || true
}

policy() {
	cat <<-EOT
	phiward: 1
	name: why
	mode: ${1:-enforce}
	peers: {pacs: [10.20.5.4]}
	objects:
	  images: {paths: [/srv/dicom], on_audit_loss: keep_working}
	subjects:
	  viewer:
	    exec: [/usr/bin/head]
	    started_by: [login]
	    access: {images: [read]}
	    network:
	      - connect: {tcp: [104], to: [pacs]}
	others: {network: loopback}
	EOT
}

member_of() { setpriv --reuid mallory --regid mallory --groups "$1" -- "${@:2}"; }

# says TEXT...: in this order, in the output.
says() {
	local text rest=$output
	for text; do
		[[ $rest == *"$text"* ]] || { fail "it does not say '$text' here: $rest"; return 1; }
		rest=${rest#*"$text"}
	done
}

# refusals ARGUMENT...: phiward why says that there are some.
refusals() {
	run phiward why "$@"
	[ "$status" -eq 1 ] || fail "exit $status: $output"
}

# ---- why -----------------------------------------------------------------------------------

@test "why: what is alike is one sentence with its line of the policy and what would allow it" {
	refusals /srv/dicom/1.dcm
	says '/usr/bin/cat run by root was refused reading /srv/dicom/1.dcm of images' \
		'and the like, 3 times, because the program is in no subject of the policy' \
		'policy.yaml:7, object images)' 'to allow it: name /usr/bin/cat under `exec`'
	[ "${#lines[@]}" -eq 2 ]
}

@test "why: a program that was started wrongly, and what followed from that" {
	refusals head
	says '/usr/bin/head run by radiographer was refused reading /srv/dicom/2.dcm' \
		'because it was not taken for viewer, which names it' \
		'start the program as `started_by` and `users` of viewer say' \
		'/usr/bin/head run by radiographer was not taken for viewer' \
		'not started by whom the policy names' 'policy.yaml:9, subject viewer)'
	refusals /srv/dicom/2.dcm
	says 'was refused reading' 'it was not taken for viewer'
}

@test "why: a file and a pipe that a member may not write" {
	refusals /tmp/why
	says '/usr/bin/head (subject viewer) run by radiographer was refused writing /tmp/why/leak' \
		'add the directory to `writes` of viewer'
	refusals head
	says 'was refused writing a pipe' 'add `pipe` to `writes` of viewer'
}

@test "why: a connection, by address and by the peer's name" {
	local peer
	for peer in 10.20.5.4:104 pacs:104; do
		refusals $peer
		says '/usr/bin/curl run by root was refused connecting to tcp 10.20.5.4:104 (pacs)' \
			'policy.yaml:15, subject others)' 'to: [pacs]' 'better: name /usr/bin/curl under `exec`'
	done
}

@test "why: all of them, the newest first" {
	refusals
	says '/usr/bin/curl' 'a pipe' '/tmp/why/leak' '/srv/dicom/2.dcm' '/srv/dicom/1.dcm'
}

@test "why: nothing refused is an answer, with what was allowed and where else to look" {
	run phiward why 127.0.0.1:7777
	[ "$status" -eq 0 ]
	says 'refused nothing of this' 'State: enforcing, policy why' 'No record is lost' \
		'Is anything listening on 7777? No'
	run phiward why /srv/public/notice.txt
	[ "$status" -eq 0 ]
	says 'refused nothing of this' '/srv/public/notice.txt has mode 0644, owner root'
	run phiward why --since +1h
	[ "$status" -eq 0 ]
}

@test "why: phiward-view is told without paths, who is in no group is not" {
	run member_of phiward-view phiward why
	[ "$status" -eq 1 ]
	says '/usr/bin/curl run by root' 'reading images'
	[[ $output != */srv/dicom* && $output != */tmp/why* ]]
	run as_user mallory phiward why
	[ "$status" -eq 3 ]
}

@test "why: the daemon may be dead" {
	stop_phiward 9
	refusals /srv/dicom/1.dcm
	says 'phiwardd is not running' '/usr/bin/cat run by root was refused reading'
	start_phiward
}

# ---- audit query -----------------------------------------------------------------------------

# query ARGUMENT...: the paths of the records that it prints.
query() { phiward audit query --json "$@" | jq -r .path; }

@test "query: by object, path, user, verdict, type and subject" {
	[ "$(query --object images --verdict deny --path '/srv/*/1.dcm' | sort -u)" = /srv/dicom/1.dcm ]
	[ "$(query --path '*/2.dcm' --user radiographer)" = /srv/dicom/2.dcm ]
	[ -z "$(query --path '*/2.dcm' --user mallory)" ]
	[ "$(query --subject viewer --verdict allow --type file | sort -u)" = /srv/dicom/3.dcm ]
	[ "$(query --type exec --verdict deny)" = /usr/bin/head ]
	[ -n "$(query --since -1h --object images)" ]
	[ -z "$(query --until -1h)" ]
}

@test "query: a table for people, and what is no filter is an error with the nearest word" {
	run phiward audit query --object images --verdict deny
	[ "$status" -eq 0 ]
	[[ ${lines[0]} == *SEQ\ TIME*SUBJECT*ACTION*PROGRAM*USER*OBJECT*WHAT* ]]
	[[ ${lines[1]} =~ deny\ +others\ +read\ +cat\ +root\ +images\ +/srv/dicom/1.dcm ]]
	run phiward audit query --verdict denny
	[ "$status" -eq 2 ]
	says "did you mean 'deny'"
}

@test "query: a copy of the log, by somebody without rights; the log itself for auditors" {
	cp -r /var/log/phiward /tmp/why/copy
	chmod -R a+rX /tmp/why/copy
	run as_user mallory phiward audit query --object images /tmp/why/copy
	[ "$status" -eq 0 ]
	says /srv/dicom/1.dcm
	run as_user mallory phiward audit query
	[ "$status" -eq 3 ]
	run member_of phiward-audit phiward audit query --object images
	[ "$status" -eq 0 ]
	says /srv/dicom/1.dcm
}

# ---- explain ---------------------------------------------------------------------------------

@test "explain: one record in plain words, of a copy without rights too" {
	local seq
	seq=$(phiward audit query --json --object images --verdict deny --path '*/1.dcm' | head -n 1 | jq .seq)
	run phiward explain "$seq"
	[ "$status" -eq 0 ]
	says "record $seq, " '/usr/bin/cat run by root was refused reading /srv/dicom/1.dcm of images' \
		'program     /usr/bin/cat' 'started by  ' 'user        root, group 0; nobody had logged in' \
		'file        /srv/dicom/1.dcm, inode ' 'policy      why version ' 'to allow it name /usr/bin/cat'
	run as_user mallory phiward explain "$seq" /tmp/why/copy
	[ "$status" -eq 0 ]
	says '/usr/bin/cat run by user 0 was refused'
	run as_user mallory phiward explain "$seq"
	[ "$status" -eq 3 ]
	run phiward explain 99999999
	[ "$status" -eq 1 ]
	says 'has no record 99999999'
	run phiward explain first
	[ "$status" -eq 2 ]
}

# ---- report ------------------------------------------------------------------------------------

# recorded FILE: the newest record of a report is of this file.
recorded() {
	phiward audit query --json --type system -n 1 | jq -r 'select(.action == "report").path' |
		grep -F "$(sha256sum < "$1" | cut -d ' ' -f 1)"
}

@test "report: that it was made is recorded with its SHA-256, by auditors too; without phiwardd it says that" {
	phiward report -o /tmp/why/report.html
	recorded /tmp/why/report.html
	grep 'was recorded in the log' /tmp/why/report.html
	member_of phiward-audit phiward report -o /tmp/why-audit.html
	recorded /tmp/why-audit.html
	run member_of phiward-view phiward report -o /tmp/why-view.html
	[ "$status" -eq 3 ]
	[ ! -e /tmp/why-view.html ]
	phiward report -o /tmp/why/copy.html /tmp/why/copy
	run recorded /tmp/why/copy.html
	[ "$status" -ne 0 ]
	stop_phiward 9
	phiward report -o /tmp/why/alone.html
	grep 'phiwardd did not run' /tmp/why/alone.html
	start_phiward
}

# ---- selftest ----------------------------------------------------------------------------------

@test "selftest: a page to be signed, and its refusal is in the log" {
	mark
	run phiward selftest
	[ "$status" -eq 0 ] || fail "exit $status: $output"
	says 'host         console' "why version $(phiward_status | jq .version)" '/usr/sbin/phiwardd' SHA-256 \
		'passed     the policy is enforced' 'passed     opening a protected directory is refused' \
		'passed     the refusal stands in the log' 'Result: passed' 'Signature:'
	assert_record action=read verdict=deny object=images exe=/usr/bin/phiward
}

@test "selftest: a member of phiward-view cannot know everything, and is told so" {
	run member_of phiward-view phiward selftest
	[ "$status" -eq 3 ] || fail "exit $status: $output"
	says 'not known' 'only root may know' 'Result: not known'
}

@test "selftest: a policy that denies nothing does not pass" {
	policy permissive | apply_policy
	run phiward selftest
	[ "$status" -eq 1 ]
	says 'FAILED' 'state: permissive' 'Result: FAILED'
	policy | apply_policy
}

@test "doctor: this console is as it should be, for root and for phiward-view" {
	run phiward doctor
	[ "$status" -eq 0 ]
	says bpf-lsm btf hooks cgroup2 ftrace lockdown
	[[ $output != *MISSING* ]]
	run member_of phiward-view phiward doctor
	[ "$status" -eq 0 ]
	assert_lost_zero
}
