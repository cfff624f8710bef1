#!/usr/bin/env bats
# SPDX-License-Identifier: BSD-2-Clause
#
# Getting at the content: every name for a file, handles, what the kernel reads for
# somebody, and being told of names.

load lib/phiward
load lib/files

setup_file() {
	load lib/phiward
	load lib/files
	printf '#!/bin/sh\necho ran\n' > /srv/public/program
	chmod 755 /srv/public/program
	cp -p /srv/public/program /srv/dicom/program
	truncate -s 40K /srv/dicom/swap /srv/public/swap
	ln -s /srv/dicom/phantom.dcm /srv/public/symlink
	start_files
}
teardown_file() {
	load lib/phiward
	load lib/files
	stop_files /srv/dicom/program /srv/dicom/swap /dev/shm/*
}

@test "read: no route to the content is open to others" {
	mark
	all_refused steal /srv/dicom/phantom.dcm /srv/dicom/archive/2026/11/deep.dcm
	assert_record action=read verdict=deny object=images subject=others uid=0 path=/srv/dicom/phantom.dcm
	assert_record action=read verdict=deny object=images path=/srv/dicom/archive/2026/11/deep.dcm
	assert_no_record verdict=allow object=images
	assert_lost_zero
}

@test "read: each of them is open to a member, who is recorded" {
	mark
	all_read /srv/dicom/phantom.dcm
	assert_record action=read verdict=allow object=images subject=reader path=/srv/dicom/phantom.dcm exe=/usr/local/bin/reader
	assert_record action=write verdict=deny object=images subject=reader
}

@test "row 8: symlink, /proc/self/root, /proc/PID/root, /proc/self/fd/N, O_PATH" {
	local who name root=/proc/$$/root
	for who in env "as_user mallory"; do
		mark
		run $who steal /srv/dicom/phantom.dcm
		# Without privileges there are no handles and clones to begin with.
		[ -z "$(grep -v -e ': EACCES$' -e '^open-by-handle: EPERM$' -e '^open-tree-reopen: EPERM$' <<< "$output")" ] ||
			fail "$output"
		for name in /srv/public/symlink "$root/srv/dicom/phantom.dcm" \
			/srv/public/../dicom/./phantom.dcm //srv//dicom//phantom.dcm; do
			assert_refused $who cat "$name"
		done
		assert_record action=read verdict=deny object=images subject=others path=/srv/dicom/phantom.dcm
		assert_no_record verdict=allow object=images
		assert_allowed $who cat /srv/public/../public/notice.txt
	done
}

@test "row 9: open_by_handle_at, its directory entry known and not known to the kernel" {
	handle save /srv/dicom/phantom.dcm /dev/shm/secret
	handle save /srv/public/notice.txt /dev/shm/notice
	mark
	all_refused handle open /dev/shm/secret /srv
	assert_record action=read verdict=deny object=images path=/srv/dicom/phantom.dcm
	all_done handle open /dev/shm/notice /srv
	umount /srv
	mount -t ext4 /dev/vda /srv
	mark
	all_refused handle open /dev/shm/secret /srv
	assert_record action=read verdict=deny subject=others ino="$(stat -c %i /srv/dicom/phantom.dcm)"
	run as_user mallory handle open /dev/shm/secret /srv
	[[ $output == "open-by-handle: E"* ]] || fail "$output"
	# Of a file system without objects, entries that are not known do no harm.
	echo anything > /dev/shm/file
	handle save /dev/shm/file /dev/shm/elsewhere
	all_done handle open /dev/shm/elsewhere /dev/shm
}

@test "read: what the kernel would read for somebody: programs, scripts, swap" {
	local who
	for who in env "as_user mallory"; do
		mark
		assert_refused $who /srv/dicom/program
		assert_refused $who sh /srv/dicom/program
		assert_record action=exec verdict=deny object=images path=/srv/dicom/program
		assert_record action=read verdict=deny object=images path=/srv/dicom/program
		assert_allowed $who /srv/public/program
		[ "$output" = ran ]
	done
	mark
	run swapon /srv/dicom/swap
	[ "$status" -ne 0 ]
	assert_record verdict=deny object=images path=/srv/dicom/swap
	! grep -q swap /proc/swaps
}

@test "read: nobody is told the names of an object's files" {
	mark
	all_refused watch /srv/dicom
	assert_record action=read verdict=deny object=images path=/srv/dicom
	run watch /srv
	[ "$(grep -c ': EACCES$' <<< "$output")" -eq 3 ] || fail "$output"
	[ "$(grep 'mount\|system' <<< "$output" | grep -c ': EACCES$')" -eq 3 ] || fail "$output"
	all_done watch /dev/shm
	assert_refused as_user mallory ls /srv/dicom
	assert_allowed as_user mallory ls /srv/public
}
