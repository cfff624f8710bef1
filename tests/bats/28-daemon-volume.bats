#!/usr/bin/env bats
# SPDX-License-Identifier: BSD-2-Clause
# vm: --disk new --disk new
# kernels: 6.1
#
# What is not there at apply: volumes that come and go, paths that are missing. The daemon
# looks again when the mounts change; what is held until then is held without it.

load lib/phiward
load lib/files

LATER=/run/vm/later
NEVER_SEEN=/run/vm/never-seen
MISSING=/srv/public/mkdir.new/create.new

setup_file() {
	load lib/phiward
	load lib/files
	local disk at
	for disk in /dev/vdb:$LATER /dev/vdc:$NEVER_SEEN; do
		at=${disk#*:}
		mkfs.ext4 -q -L "${at##*/}" "${disk%:*}"
		mkdir -p "$at"
		mount "${disk%:*}" "$at"
		mkdir "$at/images" "$at/public"
		echo secret > "$at/images/x"
		echo open > "$at/public/x"
	done
	blkid -s UUID -o value /dev/vdc > /run/vm/never-seen.uuid
	umount $NEVER_SEEN
	files_programs
	files_policy $LATER/images > /run/vm/files.yaml
	start_phiward /run/vm/files.yaml
}
teardown_file() {
	load lib/phiward
	load lib/files
	stop_files
	umount $LATER
}
# The daemon may be looking for links there.
teardown() { ! mountpoint -q $NEVER_SEEN || wait_for umount $NEVER_SEEN; }

pending() { phiward_status | jq -e ".pending | length == $1"; }

# by_volume TAG: a policy whose object is a whole volume.
by_volume() { files_policy | sed "s|paths: \[[^]]*\]|volumes: [$1]|"; }

@test "volume: mounted at apply, its object is protected and nothing is pending" {
	pending 0
	assert_refused cat $LATER/images/x
	assert_allowed cat $LATER/public/x
}

@test "volume: mounted after a restart without it, it is protected from the first moment" {
	stop_phiward
	umount $LATER
	start_phiward
	wait_for pending 1
	stop_phiward 9
	mount /dev/vdb $NEVER_SEEN
	assert_refused cat $NEVER_SEEN/images/x
	umount $NEVER_SEEN
	mount /dev/vdb $LATER
	assert_refused cat $LATER/images/x
	assert_allowed cat $LATER/public/x
	start_phiward
	wait_for pending 0
	assert_refused cat $LATER/images/x
}

@test "volume: by UUID, it is protected wherever it is mounted for the first time, without the daemon" {
	by_volume "UUID=$(cat /run/vm/never-seen.uuid)" | apply_policy
	pending 0
	stop_phiward 9
	mount -t ext4 /dev/vdc $NEVER_SEEN
	mark
	assert_refused cat $NEVER_SEEN/public/x
	assert_refused as_user mallory cat $NEVER_SEEN/images/x
	[ "$(reader $NEVER_SEEN/images/x | grep -c ': LEAKED$')" -gt 10 ]
	assert_allowed cat $LATER/images/x
	start_phiward
	assert_record action=read verdict=deny object=images subject=others path~public/x$ uid=0
	assert_record action=read verdict=deny object=images path~images/x$ uid=2001
	assert_record action=read verdict=allow object=images subject=reader
}

@test "volume: by label, of one that is there and not mounted" {
	by_volume LABEL=never-seen | apply_policy
	pending 0
	mount -t ext4 /dev/vdc $NEVER_SEEN
	assert_refused cat $NEVER_SEEN/images/x
	assert_allowed cat $LATER/images/x
}

@test "pending: nothing is put where an object's path is missing but by a member" {
	local who
	files_policy $MISSING | apply_policy
	pending 1
	for who in env "as_user mallory"; do
		$who mkdir /srv/public/dir
		mark
		assert_refused $who mkdir /srv/public/mkdir.new
		assert_refused $who ln -s /tmp /srv/public/mkdir.new
		assert_refused $who cp /srv/public/notice.txt /srv/public/mkdir.new
		assert_refused $who mv /srv/public/dir /srv/public/mkdir.new
		assert_record action=create verdict=deny object=images subject=others \
			path=$MISSING reason~'not resolved yet'
		assert_allowed $who mkdir /srv/public/mkdir.newer
		assert_allowed $who mv /srv/public/dir /srv/public/mkdir.old
		assert_allowed $who rmdir /srv/public/mkdir.newer /srv/public/mkdir.old
	done
}

@test "pending: what a member puts there is the object's at once, without the daemon" {
	stop_phiward 9
	all_done keeper --only mkdir /srv/public /srv/public
	assert_refused touch /srv/public/mkdir.new/beside
	all_done keeper --only create /srv/public/mkdir.new /srv/public/mkdir.new
	assert_refused cat $MISSING
	assert_refused mv /srv/public/mkdir.new /srv/public/other
	start_phiward
	wait_for pending 0
	assert_refused cat $MISSING
	assert_allowed touch /srv/public/mkdir.new/beside
	assert_lost_zero
}
