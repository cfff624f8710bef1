#!/usr/bin/env bats
# SPDX-License-Identifier: BSD-2-Clause
#
# Names and attributes: create, mkdir, mknod, symlink, link, rename, exchange, unlink,
# rmdir, truncate, chmod, chown, xattr, ACLs, times, listing, watching, exec.
#
#
# newer: one

load lib/phiward
load lib/files

# What a program in no subject is refused, and what the keeper is allowed.
ALL_ACTIONS="attr create delete exec link read rename write"

setup_file() {
	load lib/phiward
	load lib/files
	meddle --prepare /srv/dicom/root /srv/dicom/kept /srv/public/root /srv/public/kept \
		/srv/public/twin /srv/public/twin2
	mkdir -m 777 /srv/dicom/all
	as_user mallory meddle --prepare /srv/dicom/all/mallory /srv/public/mallory \
		/srv/public/mallory-twin /srv/public/mallory-twin2
	mkdir -p /srv/site/ward/images /srv/site/public
	echo secret > /srv/site/ward/images/x
	chmod 777 /srv/site /srv/site/public /srv/site/ward /srv/site/ward/images
	start_files /srv/dicom /srv/site/ward/images
}
teardown_file() {
	load lib/phiward
	load lib/files
	stop_files /srv/dicom/root /srv/dicom/kept /srv/dicom/all /srv/site
}

@test "names: root, in no subject, can do nothing in an object or across its border" {
	mark
	all_refused meddle /srv/dicom/root /srv/public/root
	assert_actions "$ALL_ACTIONS" verdict=deny enforced=true object=images subject=others uid=0
	all_done meddle /srv/public/twin /srv/public/twin2
	assert_no_record verdict=deny path~^/srv/public/twin
	assert_lost_zero
}

@test "names: nor can the files' own unprivileged owner" {
	mark
	all_refused as_user mallory meddle /srv/dicom/all/mallory /srv/public/mallory
	assert_actions "$ALL_ACTIONS" verdict=deny enforced=true object=images subject=others uid=2001
	all_done as_user mallory meddle /srv/public/mallory-twin /srv/public/mallory-twin2
	assert_lost_zero
}

@test "names: a member with all rights can do all of it, and each is recorded" {
	mark
	all_done keeper /srv/dicom/kept /srv/public/kept
	assert_actions "$ALL_ACTIONS" verdict=allow object=images subject=keeper uid=0
	assert_no_record verdict=deny
}

@test "names: a member who may only read changes nothing" {
	local rights="attr create delete exec link rename write"
	files_policy /srv/dicom /srv/site/ward/images |
		sed 's|\[read, write.*|[read]}|' | apply_policy
	mark
	run keeper /srv/dicom/root /srv/public/root
	[ "$status" -eq 3 ]
	[ "$(grep -v ': EACCES$' <<< "$output" | sort | paste -sd ' ')" = "list: DONE read: DONE watch: DONE" ]
	assert_actions "$rights" verdict=deny object=images subject=keeper
	assert_actions read verdict=allow object=images subject=keeper
	files_policy /srv/dicom /srv/site/ward/images | apply_policy
}

@test "row 2: a file moved to an uncovered directory" {
	local who
	mark
	for who in env "as_user mallory"; do
		assert_refused $who mv /srv/dicom/all/mallory/rename-out /srv/public/loot
		assert_refused $who mv /srv/dicom/all/mallory /srv/public/loot
	done
	[ ! -e /srv/public/loot ]
	assert_record action=rename verdict=deny object=images uid=0 path=/srv/dicom/all/mallory/rename-out
	assert_record action=rename verdict=deny object=images uid=2001 path=/srv/dicom/all/mallory
	assert_allowed as_user mallory mv /srv/public/mallory/rename-out /srv/public/moved
}

@test "row 3: a parent directory renamed, so that the prefix no longer matches" {
	local who
	for who in env "as_user mallory"; do
		mark
		assert_allowed $who mv /srv/site/ward /srv/site/public/other
		assert_refused $who cat /srv/site/public/other/images/x
		assert_refused $who mv /srv/site/public/other/images /srv/site/public/images
		assert_record action=read verdict=deny object=images
		assert_record action=rename verdict=deny object=images
		all_read /srv/site/public/other/images/x
		# What is put at the old path is no object; a member cannot be led to write into it.
		assert_allowed $who mkdir -p -m 777 /srv/site/ward/images
		run keeper --only create /srv/site/ward/images /srv/public
		[ "$output" = "create: EACCES" ]
		assert_allowed $who rm -r /srv/site/ward
		assert_allowed $who mv /srv/site/public/other /srv/site/ward
		assert_refused $who cat /srv/site/ward/images/x
	done
}
