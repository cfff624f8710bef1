#!/usr/bin/env bats
# SPDX-License-Identifier: BSD-2-Clause
#
# path_in_record: digest. No file's name reaches the log, and the auditor can tell which it was.
#
# newer: one

load lib/phiward

KEY=/run/vm/auditor.key
NAME=archive/2026/11/deep.dcm

setup_file() {
	lab cp /usr/local/bin/act /usr/local/bin/member
	openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -subj /CN=auditor \
		-keyout $KEY -out /run/vm/auditor.pem
	policy | with_next_version > /run/vm/first.yaml
	start_phiward /run/vm/first.yaml
}
teardown_file() {
	reset_phiward
	lab rm -f /usr/local/bin/member
}

policy() {
	cat <<-EOF
	phiward: 1
	name: digests
	mode: enforce
	objects:
	  images: {paths: [/srv/dicom], on_audit_loss: keep_working, path_in_record: digest}
	  notices: {paths: [/srv/public], on_audit_loss: keep_working}
	subjects:
	  reader:
	    exec: [/usr/local/bin/member]
	    started_by: [anyone]
	    access: {images: [read], notices: [read]}
	    writes: [pipe, tty]
	others: {network: allow}
	EOF
}

digest() { phiward audit digest --key "${2:-$KEY}" /srv/dicom "/srv/dicom/$1"; }

@test "digest: without a certificate names are kept secret, and it is said that nobody can tell" {
	grep -q "nobody can tell which file a digest stands for" "$PHIWARDD_LOG"
	[ ! -e /var/log/phiward/path-key.cms ]
	assert_allowed member read /srv/dicom/$NAME
	[ "$(records_like type=file verdict=allow object=images 'path~^/srv/dicom/[^a-z]*#[0-9a-f]+$' | wc -l)" -eq 1 ]
	run digest $NAME
	[ "$status" -eq 3 ] && [[ $output == *path-key.cms* ]]
}

@test "digest: with one the auditor knows which file it was, and nobody else" {
	cp /run/vm/auditor.pem /etc/phiward/
	policy | apply_policy
	mark
	assert_allowed member read /srv/dicom/$NAME
	assert_refused cat /srv/dicom/phantom.dcm
	run digest $NAME
	[ "$status" -eq 0 ] && [[ $output =~ ^[0-9a-f]{64}\ \ /srv/dicom/$NAME$ ]] || fail "$output"
	local read=${output%% *}
	[ "$(records_like verdict=allow object=images "path~$read" | wc -l)" -eq 1 ]
	local refused
	refused=$(digest phantom.dcm)
	[ "$(records_like verdict=deny object=images "path~${refused%% *}" | wc -l)" -eq 1 ]
	[ "$(phiward audit query --json --path "*$read" | wc -l)" -eq 2 ]
	openssl genpkey -algorithm EC -pkeyopt ec_paramgen_curve:prime256v1 -out /run/vm/other.key
	run digest $NAME /run/vm/other.key
	[ "$status" -eq 3 ] || fail "$output"
}

@test "digest: other objects keep their names, and no name of this one is in the log" {
	assert_allowed member read /srv/public/notice.txt
	[ "$(records_like verdict=allow object=notices path=/srv/public/notice.txt | wc -l)" -eq 1 ]
	! cat /var/log/phiward/* | grep -E 'deep.dcm|phantom.dcm|archive'
	! grep -E 'deep.dcm|phantom.dcm' "$PHIWARDD_LOG"
}

@test "digest: the same file has the same digits after phiwardd was killed" {
	local read
	read=$(digest $NAME)
	stop_phiward 9
	assert_allowed member read /srv/dicom/$NAME
	start_phiward
	[ "$(phiward audit query --json --path "*${read%% *}" | wc -l)" -eq 3 ]
}
