#!/usr/bin/env bats
# SPDX-License-Identifier: BSD-2-Clause
#
# What a member is allowed again and again: after the third time it is counted, and the count
# becomes a record that says since when.
#
# newer: one

load lib/phiward

setup_file() {
	local n
	lab cp /usr/bin/perl /usr/local/bin/archive
	mkdir -p /srv/dicom/again /srv/reports
	for n in {1..20}; do echo "$n" > "/srv/dicom/again/$n"; done
	echo report > /srv/reports/one
	policy | with_next_version > /run/vm/first.yaml
	start_phiward /run/vm/first.yaml
}
teardown_file() {
	pkill -x archive || true
	reset_phiward
	rm -rf /srv/dicom/again /srv/reports
	lab rm -f /usr/local/bin/archive
}

policy() {
	cat <<-'EOT'
	phiward: 1
	name: again
	mode: enforce
	objects:
	  images: {paths: [/srv/dicom], on_audit_loss: keep_working}
	  reports: {paths: [/srv/reports], on_audit_loss: deny}
	subjects:
	  archive:
	    exec: [/usr/local/bin/archive]
	    started_by: [anyone]
	    access: {images: [read, write, create, delete, rename], reports: [read]}
	    writes: [tty, pipe]
	others: {network: allow}
	EOT
}

# Perl: TIMES(N, FILE...) opens each of them so often, in turns, AWAIT waits for lets_go.
USES='sub OPEN { open(my $f, $_[0], $_[1]) or die "$_[1]: $!\n" }
	sub TIMES { my $n = shift; for (1 .. $n) { OPEN("<", "/srv/dicom/again/$_") for @_ } }
	sub AWAIT { open(my $f, "<", "/run/vm/go") or die; <$f> }
	'

# uses PERL: an archive beside the test, which AWAITs lets_go.
uses() { waits /run/vm/uses archive -e "$USES $1"; }

# opened KEY=VALUE...: how many opens the records since mark stand for.
opened() { events_like type=file verdict=allow "$@"; }

# count_of NUMBER: how often the file was read, and how many of it were counted.
count_of() { opened action=read "path=/srv/dicom/again/$1"; }
counted() { opened action=read "path=/srv/dicom/again/$1" 'since~^2'; }

# moment KEY: that of the one record in which something was counted.
moment() {
	local record
	record=$(records_like type=file 'since~^2')
	[[ $record =~ \"$1\":\"([^\"]+)\" ]] && echo "${BASH_REMATCH[1]}"
}

@test "again: a file that is opened for ever is recorded at once, and after the third time counted" {
	mark
	assert_allowed archive -e "$USES TIMES(50, 1)"
	[ "$(count_of 1)" = 50 ]
	assert_record type=file action=read verdict=allow subject=archive object=images \
		path=/srv/dicom/again/1 count=47 first=null last=null 'since~^2' phi=true exe=/usr/local/bin/archive
	[ "$(records_like type=file | wc -l)" -le 4 ]
}

@test "again: its twin, files that are opened twice, has no count" {
	mark
	assert_allowed archive -e "$USES"'TIMES(2, $_) for 1 .. 20'
	[ "$(opened action=read)" = 40 ]
	[ "$(records_like type=file 'since~^2')" = "" ]
}

@test "again: more files in turns than are kept in mind are recorded each time, fewer are counted" {
	mark
	assert_allowed archive -e "$USES TIMES(5, 1 .. 9)"
	[ "$(opened action=read)" = 45 ]
	[ "$(records_like type=file 'since~^2')" = "" ]
	mark
	assert_allowed archive -e "$USES TIMES(5, 1 .. 8)"
	[ "$(opened action=read)" = 40 ]
	[ "$(records_like type=file 'since~^2' count=2 | wc -l)" = 8 ]
	[ "$(counted 8)" = 2 ]
}

@test "again: reading and writing, and another process, are counted apart" {
	mark
	assert_allowed archive -e "$USES"'TIMES(6, 3); OPEN("+<", "/srv/dicom/again/3") for 1 .. 5;
		my $p = fork() // die; if (!$p) { TIMES(4, 3); exit 0 } waitpid($p, 0); exit($? != 0)'
	[ "$(opened action=write path=/srv/dicom/again/3)" = 5 ]
	[ "$(count_of 3)" = 10 ]
	assert_record type=file action=write path=/srv/dicom/again/3 count=2 'since~^2'
	assert_record type=file action=read path=/srv/dicom/again/3 count=3 'since~^2'
	# The child knows what its parent did: its first open is recorded, three are counted.
	[ "$(records_like type=file action=read path=/srv/dicom/again/3 count=3 'since~^2' | wc -l)" = 2 ]
}

@test "again: another user is another one" {
	mark
	assert_allowed archive -e "$USES"'use POSIX; TIMES(6, 4); POSIX::setuid(2001) or die; TIMES(6, 4)'
	[ "$(opened action=read uid=0)" = 6 ]
	[ "$(opened action=read uid=2001)" = 6 ]
}

@test "again: a new name, and another file where one was, are not counted as it" {
	mark
	assert_allowed archive -e "$USES"'TIMES(6, 5);
		rename("/srv/dicom/again/5", "/srv/dicom/again/new") or die; TIMES(6, "new");
		unlink("/srv/dicom/again/new") or die;
		OPEN(">", "/srv/dicom/again/5"); TIMES(6, 5);
		unlink("/srv/dicom/again/5") or die; OPEN(">", "/srv/dicom/again/other"); TIMES(6, "other");
		unlink("/srv/dicom/again/other") or die; OPEN(">", "/srv/dicom/again/5")'
	[ "$(count_of 5)" = 12 ]
	[ "$(count_of new)" = 6 ]
	[ "$(count_of other)" = 6 ]
}

@test "again: what must not go without a record, and what is refused" {
	mark
	assert_allowed archive -e "$USES"'OPEN("<", "/srv/reports/one") for 1 .. 9;
		for (1 .. 9) { open(my $f, ">", "/srv/reports/one") and die }'
	[ "$(opened action=read object=reports)" = 9 ]
	assert_record type=file action=write verdict=deny path=/srv/reports/one count=8 'since~^2'
	as_anybody assert_refused cat /srv/dicom/again/1
	assert_record type=file action=read verdict=deny subject=others path=/srv/dicom/again/1 since=null
}

@test "again: a count outlives phiwardd, and is found by each moment that it stands for" {
	local between
	mark
	uses "TIMES(7, 6); AWAIT; TIMES(7, 6)"
	wait_for sleeps_as archive "$BACKGROUND_PID"
	stop_phiward 9
	between=$(date -u +%FT%T.%NZ)
	lets_go
	start_phiward
	wait_for phiward_is enforcing=true
	[ "$(count_of 6)" = 14 ]
	[ "$(counted 6)" = 11 ]
	[[ $(moment since) < $between ]]
	[[ $(moment time) > $between ]]
	run phiward audit query --since "$between" --until "$between"
	[[ $output == *"/srv/dicom/again/6 (11 times since "* ]]
	[ "${#lines[@]}" -le 3 ]
	run phiward explain "$(records_like type=file 'since~^2' | $BUSYBOX sed 's/.*"seq":\([0-9]*\).*/\1/')"
	[[ $output == *"which stands for all since "*"11 times"* ]]
}

@test "again: a new policy begins anew" {
	mark
	uses "TIMES(7, 7); AWAIT; TIMES(7, 7)"
	wait_for sleeps_as archive "$BACKGROUND_PID"
	policy | sed 's/name: again/name: another/' | apply_policy
	lets_go
	[ "$(opened action=read policy=again)" = 7 ]
	[ "$(opened action=read policy=another)" = 7 ]
}
