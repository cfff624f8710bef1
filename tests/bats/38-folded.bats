#!/usr/bin/env bats
# SPDX-License-Identifier: BSD-2-Clause
#
# `audit: {images: folded}`: reads of a run in an object are one record with the first file, and
# one that counts the others.
#
# newer: one

load lib/phiward

setup_file() {
	local n
	lab cp /usr/bin/perl /usr/local/bin/saver
	lab cp /usr/bin/perl /usr/local/bin/twin
	mkdir -p /srv/dicom/many /srv/reports
	for n in {1..50}; do echo "$n" > "/srv/dicom/many/$n"; done
	for n in {1..5}; do echo "$n" > "/srv/reports/$n"; done
	policy | with_next_version > /run/vm/first.yaml
	start_phiward /run/vm/first.yaml
}
teardown_file() {
	pkill -x 'saver|twin' || true
	reset_phiward
	rm -rf /srv/dicom/many /srv/reports
	lab rm -f /usr/local/bin/saver /usr/local/bin/twin
}

policy() {
	cat <<-'EOT'
	phiward: 1
	name: folded
	mode: enforce
	objects:
	  images: {paths: [/srv/dicom], on_audit_loss: keep_working}
	  reports: {paths: [/srv/reports], on_audit_loss: deny}
	subjects:
	  saver:
	    exec: [/usr/local/bin/saver]
	    started_by: [anyone]
	    access: {images: [read, write, create, delete], reports: [read]}
	    audit: {images: folded, reports: folded}
	    writes: [tty, pipe]
	  twin:
	    exec: [/usr/local/bin/twin]
	    started_by: [anyone]
	    access: {images: [read, write, create, delete], reports: [read]}
	    writes: [tty, pipe]
	others: {network: allow}
	EOT
}

# Perl: MANY(FROM, TO) opens images by number, REPORTS all reports, FORK goes on in a child and waits.
USES='sub OPEN { open(my $f, $_[0], $_[1]) or die "$_[1]: $!\n" }
	sub MANY { OPEN("<", "/srv/dicom/many/$_") for $_[0] .. $_[1] }
	sub REPORTS { OPEN("<", "/srv/reports/$_") for 1 .. 5 }
	sub FORK { my $p = fork() // die; return if !$p; waitpid($p, 0); exit($? != 0) }
	sub AWAIT { open(my $f, "<", "/run/vm/go") or die; <$f> }
	'

# saves PERL: a run of saver beside the test, which AWAITs lets_go.
saves() { waits /run/vm/saves saver -e "$USES $1"; }

# reads KEY=VALUE...: allowed reads since mark: how many lines, and how many events they stand for.
reads() {
	records_like type=file action=read verdict=allow "$@" |
		$BUSYBOX awk -F '"count":' '{ sum += $2 + 0 } END { print NR, sum + 0 }'
}

# is_written TEXT: in a line of saver's, without asking phiwardd for what was counted.
is_written() { $BUSYBOX grep -F '"subject":"saver"' /var/log/phiward/audit.log | $BUSYBOX grep -qF "$1"; }

# json_number KEY JSON: what that member is.
json_number() { [[ $2 =~ \"$1\":([0-9]+) ]] && echo "${BASH_REMATCH[1]}"; }

@test "folded: of 50 files the first is recorded with its path, the others are one record that counts them" {
	mark
	assert_allowed saver -e "$USES MANY(1, 50)"
	[ "$(reads subject=saver object=images)" = "2 50" ]
	assert_record type=file subject=saver path=/srv/dicom/many/1 count=1
	assert_record type=file action=read verdict=allow subject=saver object=images path=null dev=null \
		ino=null volume=null count=49 first=null last=null phi=true exe=/usr/local/bin/saver uid=0
	run records_like type=file subject=saver
	[ "$(grep -c "\"run\":$(json_number run "${lines[0]}")," <<< "$output")" -eq 2 ]
}

@test "folded: its twin without the word has a record for each file" {
	local n
	mark
	assert_allowed twin -e "$USES MANY(1, 50)"
	[ "$(reads subject=twin object=images)" = "50 50" ]
	for n in 1 25 50; do assert_record type=file subject=twin "path=/srv/dicom/many/$n" count=1; done
	[ "$(reads subject=twin path=null)" = "0 0" ]
}

@test "folded: each run has its own" {
	mark
	assert_allowed saver -e "$USES MANY(1, 50)"
	assert_allowed saver -e "$USES MANY(1, 30)"
	[ "$(reads subject=saver object=images)" = "4 80" ]
	[ "$(reads subject=saver path=null count=49)" = "1 49" ]
	[ "$(reads subject=saver path=null count=29)" = "1 29" ]
}

@test "folded: two objects are apart, and one file needs no more than its record" {
	mark
	assert_allowed saver -e "$USES MANY(1, 20); REPORTS; MANY(21, 30)"
	[ "$(reads subject=saver object=images)" = "2 30" ]
	[ "$(reads subject=saver object=reports)" = "2 5" ]
	mark
	assert_allowed saver -e "$USES MANY(7, 7)"
	[ "$(reads subject=saver object=images)" = "1 1" ]
	assert_record type=file subject=saver path=/srv/dicom/many/7
}

@test "folded: what is no read, and what is refused, is recorded one by one" {
	mark
	assert_allowed saver -e "$USES"'MANY(1, 10);
		for (1 .. 3) { OPEN(">", "/srv/dicom/many/new$_"); OPEN("+<", "/srv/dicom/many/$_") }
		unlink("/srv/dicom/many/new$_") or die for 1 .. 3;
		for (1 .. 3) { open(my $f, ">", "/srv/reports/$_") and die; chmod(0600, "/srv/reports/$_") and die }'
	[ "$(reads subject=saver object=images)" = "2 10" ]
	for n in 1 2 3; do
		assert_record type=file action=create verdict=allow subject=saver "path=/srv/dicom/many/new$n"
		assert_record type=file action=write verdict=allow subject=saver "path=/srv/dicom/many/$n"
		assert_record type=file action=delete verdict=allow subject=saver "path=/srv/dicom/many/new$n"
		assert_record type=file action=write verdict=deny subject=saver "path=/srv/reports/$n"
		assert_record type=file action=attr verdict=deny subject=saver "path=/srv/reports/$n"
	done
	as_anybody assert_refused cat /srv/dicom/many/1
	assert_record type=file action=read verdict=deny subject=others path=/srv/dicom/many/1
}

@test "folded: forks share the run, also at the same time, and another user is another one" {
	mark
	assert_allowed saver -e "$USES"'MANY(1, 1);
		for (1 .. 4) { fork() // die or do { MANY(1, 50) for 1 .. 10; exit 0 } }
		while (wait() > 0) { exit 1 if $? }'
	[ "$(reads subject=saver object=images)" = "2 2001" ]
	mark
	assert_allowed saver -e "$USES"'use POSIX; MANY(1, 5); FORK; POSIX::setuid(2001) or die; MANY(1, 7)'
	[ "$(reads subject=saver uid=0)" = "2 5" ]
	[ "$(reads subject=saver uid=2001)" = "2 7" ]
}

@test "folded: the first is written at once, and counts outlive phiwardd" {
	mark
	saves "MANY(41, 50); AWAIT; MANY(1, 10)"
	wait_for is_written '"/srv/dicom/many/41"'
	stop_phiward 9
	lets_go
	start_phiward
	wait_for phiward_is enforcing=true
	[ "$(reads subject=saver object=images)" = "2 20" ]
	assert_record type=file subject=saver path=null count=19
}

# The hour has its test in unit/common/test_repeat.
@test "folded: a minute after its run is over a count is written unasked, and one whose run waits is not" {
	mark
	saves "MANY(1, 24); AWAIT; MANY(1, 1)"
	wait_for sleeps_as saver "$BACKGROUND_PID"
	assert_allowed saver -e "$USES MANY(1, 38)"
	wait_for is_written '"count":37,'
	lets_go
	[ "$(reads subject=saver object=images)" = "4 63" ]
	[ "$(reads subject=saver path=null count=24)" = "1 24" ]
}

@test "folded: a new policy begins anew, and what was counted under the one before keeps its name" {
	mark
	saves "MANY(1, 10); AWAIT; MANY(1, 20)"
	wait_for sleeps_as saver "$BACKGROUND_PID"	# to ask for records would have it told earlier
	policy | sed 's/name: folded/name: another/' | apply_policy
	lets_go
	[ "$(reads subject=saver object=images policy=folded)" = "2 10" ]
	[ "$(reads subject=saver object=images policy=another)" = "2 20" ]
}

@test "folded: reports, explain and check say what the records leave out" {
	mark
	assert_allowed saver -e "$USES MANY(1, 50)"
	run records_like type=file subject=saver path=null
	run phiward explain "$(json_number seq "$output")"
	[ "$status" -eq 0 ]
	[[ $output == *"saver"*"was allowed reading various files of images, 49 times"* ]]
	run phiward audit query
	[[ $output == *"various files"* ]]
	phiward report -o /run/vm/page.html
	grep -q '<p id="folded">Of these subjects.*saver (' /run/vm/page.html
	run grep '<p id="folded">.*twin (' /run/vm/page.html
	[ "$status" -eq 1 ]
	run phiward check /run/vm/first.yaml
	[ "$status" -eq 0 ]
	[[ $output == *"records do not say which files of 'images' are read by 'saver'"* ]]
	[[ $output != *"are read by 'twin'"* ]]
}
