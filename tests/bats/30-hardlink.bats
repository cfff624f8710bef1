#!/usr/bin/env bats
# SPDX-License-Identifier: BSD-2-Clause
#
# Another name for the same file: hard links made before the policy and after it.
#
# newer: one

load lib/phiward
load lib/files

setup_file() {
	load lib/phiward
	load lib/files
	mkdir -m 777 /srv/dicom/all /srv/public/aliases
	meddle --prepare /srv/dicom/all/linked
	as_user mallory meddle --prepare /srv/public/theirs
	for name in read write truncate chmod unlink rename-out exchange-out; do
		ln /srv/dicom/all/linked/$name /srv/public/aliases/$name
	done
	ln /srv/dicom/phantom.dcm /srv/public/before
	echo secret > /srv/dicom/all/mine
	chown mallory /srv/dicom/all/mine	# whoever links has to be the owner
	ln /srv/dicom/1.dcm /srv/dicom/archive/1-again.dcm
	ln /srv/public/notice.txt /srv/public/notice-again.txt
	chmod 777 /srv/public/aliases /srv/public/aliases/*
	start_files
}
teardown_file() {
	load lib/phiward
	load lib/files
	stop_files /srv/dicom/all /srv/dicom/archive/1-again.dcm
}

@test "row 1: hard link made before the policy and after it" {
	local who
	for who in env "as_user mallory"; do
		mark
		assert_refused $who cat /srv/public/before
		assert_refused $who ln /srv/dicom/all/mine /srv/public/after
		[ ! -e /srv/public/after ]
		assert_record action=read verdict=deny object=images subject=others path~/before$
		assert_record action=link verdict=deny object=images path=/srv/dicom/all/mine
		assert_allowed $who cat /srv/public/notice-again.txt
		assert_allowed $who ln /srv/public/theirs/link /srv/public/after
		assert_no_record path~notice
		rm /srv/public/after
	done
	assert_lost_zero
}

@test "hardlink: the name outside is protected against every route of reading" {
	all_refused steal /srv/public/before
	mark
	all_read /srv/public/before
	assert_record action=read verdict=allow object=images subject=reader path~/before$
}

@test "hardlink: through the name outside nothing is changed or deleted" {
	local operation
	mark
	for operation in write truncate chmod unlink rename-out exchange-out; do
		all_refused meddle --only $operation /srv/public/aliases /srv/public/theirs
	done
	assert_actions "attr delete rename write" verdict=deny object=images subject=others
	all_done meddle --only write /srv/public/theirs /srv/public/aliases
}

@test "hardlink: no name for a file of the object, by any call, and none in it for another file" {
	local operation
	mark
	for operation in link link-out link-out-o-path link-in; do
		all_refused meddle --only $operation /srv/dicom/all/linked /srv/public/theirs
	done
	assert_record action=link verdict=deny object=images path~link-out$
	assert_record action=link verdict=deny object=images path~link-in.new$
}

@test "hardlink: a file with two names in the object is the object's by both" {
	assert_refused cat /srv/dicom/1.dcm
	assert_refused cat /srv/dicom/archive/1-again.dcm
	all_read /srv/dicom/archive/1-again.dcm
}

@test "hardlink: when a member deletes the name in the object, the one outside stays protected" {
	all_done keeper --only unlink /srv/dicom/all/linked /srv/public
	[ "$(stat -c %h /srv/public/aliases/unlink)" = 1 ]
	mark
	assert_refused cat /srv/public/aliases/unlink
	assert_record action=read verdict=deny object=images path~/aliases/unlink$
	assert_allowed cat /srv/public/notice.txt
	files_policy | apply_policy --wait
	assert_refused cat /srv/public/aliases/unlink
	files_policy | apply_policy --wait
	assert_refused cat /srv/public/aliases/unlink
}

@test "hardlink: the daemon's restart does not open it" {
	stop_phiward 9
	start_phiward
	assert_refused cat /srv/public/before
	wait_for phiward_loaded
	assert_refused cat /srv/public/before
	assert_refused cat /srv/public/aliases/unlink
}

@test "hardlink: a member moves a file in whose other name stays outside only with the right to link" {
	files_policy | sed 's/, link, /, /' | apply_policy
	mark
	mkdir /srv/public/import
	mv /srv/public/theirs/rename-in /srv/public/import/
	ln /srv/public/import/rename-in /srv/public/kept-by-others
	all_refused keeper --only rename-in /srv/dicom/all /srv/public/import
	all_refused keeper --only link-in /srv/dicom/all /srv/public/theirs
	assert_actions "link rename" verdict=deny object=images subject=keeper
	rm /srv/public/kept-by-others
	all_done keeper --only rename-in /srv/dicom/all /srv/public/import
	files_policy | apply_policy
	all_done keeper --only link-in /srv/dicom/all /srv/public/theirs
}
