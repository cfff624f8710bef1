#!/usr/bin/env bats
# SPDX-License-Identifier: BSD-2-Clause
#
# io_uring: the same refusals for requests that a worker, a polling thread or another
# ring carries out.

load lib/phiward
load lib/files

setup_file() {
	load lib/phiward
	load lib/files
	local user
	meddle --prepare /srv/dicom/kept /srv/public/kept
	mkdir -m 777 /srv/dicom/all /srv/public/all
	for user in root mallory; do
		as_user $user meddle --prepare /srv/dicom/all/$user /srv/public/all/$user
		before_by_fd uring.$user $user /srv/dicom/all/$user/read \
			uring --fd 8 /srv/dicom/all/$user/read /srv/dicom/all/$user /srv/public/all/$user
	done
	start_files
}
teardown_file() {
	load lib/phiward
	load lib/files
	stop_files /srv/dicom/all /srv/dicom/kept
}

@test "row 10: io_uring: open, read, create, rename, link, unlink, by workers and SQPOLL" {
	local user
	for user in root mallory; do
		mark
		all_refused as_user $user uring /srv/dicom/all/$user/read /srv/dicom/all/$user /srv/public/all/$user
		assert_actions "attr create delete link read rename" verdict=deny object=images subject=others
		all_done as_user $user uring /srv/public/all/$user/read /srv/public/all/$user /srv/public/all/$user
		assert_no_record path~^/srv/public/all/$user verdict=deny
	done
	assert_lost_zero
}

@test "row 10: io_uring with a descriptor from before the policy, registered and sent to another ring" {
	local user
	for user in root mallory; do
		mark
		run after uring.$user
		[ ${#lines[@]} -eq 8 ] && [ "$(grep -c ': EACCES$' <<< "$output")" -eq 8 ] || fail "$output"
		assert_actions read verdict=deny object=images subject=others path=/srv/dicom/all/$user/read
	done
}

@test "uring: a member can do by it what it may do, and each is recorded" {
	mark
	all_done uring-keeper /srv/dicom/kept/read /srv/dicom/kept /srv/public/kept
	assert_actions "attr create delete link read rename" verdict=allow object=images subject=keeper
	assert_no_record verdict=deny
}
