#!/usr/bin/env bats
# SPDX-License-Identifier: BSD-2-Clause
#
# Mounts and namespaces: they may be made, and lead to the same refusal. Over an object
# nothing is mounted.

load lib/phiward
load lib/files

setup_file() {
	load lib/phiward
	load lib/files
	mkdir -m 777 /srv/dicom/all /srv/public/all /run/vm/mnt
	echo secret > /srv/dicom/all/x
	echo public > /srv/public/all/x
	chown mallory:mallory /srv/dicom/all/x /srv/public/all/x
	start_files
}
teardown_file() {
	load lib/phiward
	load lib/files
	stop_files /srv/dicom/all
	rm -rf /run/vm/mnt
}

# unmounted: undoes what a test mounted, also when it failed.
teardown() {
	umount -q -R /run/vm/mnt || :
	mountpoint -q /srv || mount -t ext4 /dev/vda /srv
}

@test "row 4: bind mount, open_tree, moved clone and mount over" {
	local who
	for who in env "as_user mallory"; do
		mark
		all_refused $who mounts reach /srv/dicom/all/x
		assert_record action=read verdict=deny object=images subject=others path~/x$
		all_done $who mounts reach /srv/public/all/x
		mark
		all_refused $who mounts cover /srv/dicom/all/x
		all_refused $who mounts cover /srv/dicom/all
		all_refused $who mounts cover /srv/dicom
		assert_record type=tamper action=mount verdict=deny subject=others path~/srv/dicom$
		assert_record type=tamper action=mount verdict=deny path~/all/x$
		all_done $who mounts cover /srv/public/all
		all_done $who mounts cover /srv/public/all/x
		assert_no_record path~^/srv/public
	done
}

@test "row 5: new user, pid and mount namespaces" {
	local who
	for who in env "as_user mallory"; do
		mark
		assert_refused $who unshare -Urpfm cat /srv/dicom/all/x
		assert_refused $who unshare -Urpfm --mount-proc sh -c \
			'mount --bind /srv/dicom/all /mnt && cat /mnt/x'
		all_refused $who unshare -Urpfm mounts cover /srv/dicom
		assert_record action=read verdict=deny object=images subject=others path~/all/x$
		assert_record type=tamper action=mount verdict=deny
		assert_allowed $who unshare -Urpfm --mount-proc sh -c \
			'mount --bind /srv/public/all /mnt && cat /mnt/x'
	done
}

@test "row 6: chroot and pivot_root, then short paths" {
	mark
	mount --bind / /run/vm/mnt
	mount --bind /srv/dicom/all /run/vm/mnt/mnt
	assert_refused chroot /run/vm/mnt cat /mnt/x
	assert_record action=read verdict=deny object=images path~/all/x$
	umount /run/vm/mnt/mnt
	mount --bind /srv/public/all /run/vm/mnt/mnt
	assert_allowed chroot /run/vm/mnt cat /mnt/x
	all_read /srv/dicom/all/x
}

# (Without -t, mount(8) would look at the disk itself, which is refused.)
@test "mounts: a second mount of the volume, and its umount, change nothing" {
	mark
	mount -t ext4 /dev/vda /run/vm/mnt
	assert_refused cat /run/vm/mnt/dicom/all/x
	assert_allowed cat /run/vm/mnt/public/all/x
	umount /srv
	assert_refused cat /run/vm/mnt/dicom/all/x
	umount /run/vm/mnt
	mount -t ext4 -o ro /dev/vda /run/vm/mnt
	assert_refused cat /run/vm/mnt/dicom/all/x
	all_read_ro /run/vm/mnt/dicom/all/x
	assert_record action=read verdict=deny object=images
	umount /run/vm/mnt
	mount -t ext4 /dev/vda /srv
	assert_refused cat /srv/dicom/all/x
	assert_allowed cat /srv/public/all/x
}

# The reader has it, where nothing can be written.
all_read_ro() { [ "$(reader "$1" | grep -c ': LEAKED$')" -gt 10 ]; }

@test "mounts: the namespace of another process, and its root" {
	local pid
	background /dev/null unshare -m sh -c 'mount --bind /srv/dicom/all /mnt && exec sleep 1000'
	pid=$BACKGROUND_PID
	wait_for grep -q ' /mnt ' "/proc/$pid/mounts"
	mark
	assert_refused cat "/proc/$pid/root/mnt/x"
	assert_refused nsenter --target "$pid" --mount cat /mnt/x
	assert_record action=read verdict=deny object=images path~/all/x$
	assert_allowed cat "/proc/$pid/root/srv/public/all/x"
	kill "$pid"
}

@test "mounts: what is mounted over a parent leads no member to write outside" {
	mount -t tmpfs none /srv
	mkdir -p -m 777 /srv/dicom/all
	mark
	run keeper --only create /srv/dicom/all /srv/dicom/all
	[ "$output" = "create: EACCES" ] || fail "$output"
	assert_record action=create verdict=deny subject=keeper object=null
	umount /srv
	assert_refused cat /srv/dicom/all/x
	all_done keeper --only create /srv/dicom/all /srv/dicom/all
}
