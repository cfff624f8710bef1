#!/usr/bin/env bats
# SPDX-License-Identifier: BSD-2-Clause
#
# Raw storage as a class: whatever leads to the blocks of a disk, and other devices over
# the same volume, which may be mounted and show nothing more.

load lib/phiward
load lib/files

setup_file() {
	load lib/phiward
	load lib/files
	forget_phiward	# what is set up here phiward refuses under any policy
	modprobe -a loop dm-mod nvmet
	mountpoint -q /sys/kernel/config || mount -t configfs configfs /sys/kernel/config
	mkdir -p /run/vm/mnt /run/vm/other
	losetup /dev/loop0 /dev/vda
	losetup /dev/loop2 /dev/vda	# who has a disk for itself cannot share it: one for each
	echo "0 $(blockdev --getsz /dev/loop2) linear /dev/loop2 0" | dmsetup --noudevsync create through
	# A volume without objects.
	truncate -s 16M /run/vm/other.img
	mkfs.ext4 -q -O metadata_csum_seed /run/vm/other.img
	losetup /dev/loop1 /run/vm/other.img
	mount -t ext4 /dev/loop1 /run/vm/other
	chmod 666 /dev/vda /dev/loop0 /dev/dm-0
	mknod -m 666 /run/vm/node b "$(stat -c %Hr /dev/vda)" 0
	before_by_fd disk root /dev/vda steal --fd 8 /dev/vda
	cp /usr/bin/dd /usr/local/bin/backup
	sync
	[ "$(image_of /dev/vda)" = "$(cksum < /srv/dicom/phantom.dcm)" ]	# it leads there
	files_programs
	storage_policy > /run/vm/files.yaml
	start_phiward /run/vm/files.yaml
}
teardown_file() {
	load lib/phiward
	load lib/files
	stop_files /run/vm/node
	umount -q /run/vm/mnt /run/vm/other
	dmsetup remove through
	losetup -D
	rm -rf /run/vm/mnt /run/vm/other /run/vm/other.img /usr/local/bin/backup
}
teardown() { umount -q /run/vm/mnt || :; }

storage_policy() {
	files_policy | sed 's|^subjects:|&\n  backup: {exec: [/usr/local/bin/backup], started_by: [anyone], system: [storage]}|'
}

# The content of an image as the blocks of DEVICE have it.
image_of() { debugfs -R "cat /dicom/phantom.dcm" "$1" 2> /dev/null | cksum; }

@test "row 21: raw block device, dd, debugfs(8), loop and device-mapper nodes" {
	local who node
	for who in env "as_user mallory"; do
		mark
		for node in /dev/vda /dev/loop0 /dev/dm-0 /run/vm/node; do
			assert_refused $who dd if=$node of=/dev/null count=1
		done
		assert_refused $who dd if=/dev/zero of=/dev/vda count=1
		run $who debugfs -R "cat /dicom/phantom.dcm" /dev/vda
		[[ $output == *"Permission denied"* ]] || fail "$output"
		assert_refused $who blockdev --getsz /dev/vda
		assert_record type=tamper action=raw verdict=deny subject=others path~vda$
		assert_record type=tamper action=raw verdict=deny path~loop0$
		assert_record type=tamper action=raw verdict=deny path~node$
		assert_allowed $who dd if=/dev/zero of=/dev/null count=1
		assert_no_record action=raw path~zero
	done
	assert_allowed backup if=/dev/vda of=/dev/null count=1
	assert_allowed backup if=/dev/loop0 of=/dev/null count=1
	assert_lost_zero
}

@test "storage: a loop or device-mapper device over the volume can be mounted, its objects not read" {
	local device
	for device in /dev/loop0 /dev/dm-0; do
		mark
		assert_allowed mount -t ext4 -o ro,noload $device /run/vm/mnt
		assert_refused cat /run/vm/mnt/dicom/phantom.dcm
		assert_refused ls /run/vm/mnt/dicom
		assert_refused as_user mallory cat /run/vm/mnt/dicom/phantom.dcm
		assert_allowed cat /run/vm/mnt/public/notice.txt
		assert_record action=read verdict=deny object=images subject=others uid=0
		assert_record action=read verdict=deny object=images uid=2001
		umount /run/vm/mnt
	done
}

@test "storage: no new loop, device-mapper, nvme target or swap is set up over it" {
	mark
	assert_refused losetup --find --show /dev/vda
	assert_refused losetup /dev/loop3 /run/vm/other.img
	assert_refused dmsetup create more --table "0 8 linear /dev/vda 0"
	assert_refused mkdir /sys/kernel/config/nvmet/subsystems/x
	assert_refused swapon /dev/vda
	assert_record type=tamper action=raw verdict=deny path~loop-control$
	assert_record type=tamper action=raw verdict=deny path~loop3$
	assert_record type=tamper action=raw verdict=deny path~control$
	assert_record type=tamper action=raw verdict=deny path~subsystems
	[ ! -e /sys/kernel/config/nvmet/subsystems/x ]
}

@test "storage: a disk that was opened before the policy gives no more blocks" {
	mark
	run after disk
	[ "$(grep -v ': EACCES$' <<< "$output")" = "copy-file-range: EINVAL" ] || fail "$output"
	assert_record type=tamper action=raw verdict=deny path~vda$
}

@test "storage: no exchange of blocks between files of the volume, no other UUID for it" {
	mark
	mkdir -p /srv/public/volume
	run volume /srv/public/volume
	[ "$output" = "get-uuid: DONE
set-uuid: EACCES
move-extents: EACCES
swap-boot: EACCES" ] || fail "$output"
	assert_record type=tamper action=raw verdict=deny path~/volume/a$
	all_done volume /run/vm/other
}
