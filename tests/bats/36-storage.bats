#!/usr/bin/env bats
# SPDX-License-Identifier: BSD-2-Clause
#
# Raw storage as a class: whatever leads to the blocks of a disk, and other devices over
# the same volume, which may be mounted and show nothing more.
#
# newer: one

load lib/phiward
load lib/files

setup_file() {
	load lib/phiward
	load lib/files
	forget_phiward	# what is set up here phiward refuses under any policy
	modprobe -a loop dm-mod nvmet nvmet-tcp nvme-tcp mtd
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
	for node in /run/vm/node /run/vm/other/node; do	# also on a disk that the policy does not name
		mknod -m 666 $node b "$(stat -c %Hr /dev/vda)" 0
	done
	# Three more, for an array, as an NVMe disk by network and as flash memory.
	for n in 5 6 7; do
		truncate -s 1M /run/vm/disk$n.img
		losetup /dev/loop$n /run/vm/disk$n.img
	done
	nvme_over /dev/loop6
	cp /usr/local/bin/act /srv/known
	twin_of /srv/known
	modprobe block2mtd block2mtd=/dev/loop7,4096
	before_by_fd disk root /dev/vda steal --fd 8 /dev/vda
	before_by_fd command root /dev/vda perl -e 'open(DISK, "<&=8") && ioctl(DISK, 0x80081272, $size = "\0" x 8) or die "$!\n"'
	cp /usr/bin/dd /usr/local/bin/backup
	cp /usr/local/bin/nvme /usr/local/bin/nvme-backup
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
	umount -q /run/vm/mnt /run/vm/other $TWIN
	dmsetup remove through
	echo 1 > /sys/class/nvme/nvme0/delete_controller
	rmmod block2mtd
	losetup -D
	lab rm -rf /run/vm/mnt /run/vm/other /run/vm/other.img /run/vm/disk[567].img /usr/local/bin/backup /usr/local/bin/nvme-backup $TWIN* /srv/known
}

# nvme_over DEVICE: it becomes /dev/ng0n1, served by this machine and connected to by it.
nvme_over() {
	local target=/sys/kernel/config/nvmet
	mkdir $target/subsystems/test $target/subsystems/test/namespaces/1 $target/ports/1
	echo 1 > $target/subsystems/test/attr_allow_any_host
	echo "$1" > $target/subsystems/test/namespaces/1/device_path
	echo 1 > $target/subsystems/test/namespaces/1/enable
	echo ipv4 > $target/ports/1/addr_adrfam
	echo tcp > $target/ports/1/addr_trtype
	echo 127.0.0.1 > $target/ports/1/addr_traddr
	echo 4420 > $target/ports/1/addr_trsvcid
	ln -s $target/subsystems/test $target/ports/1/subsystems/test
	echo transport=tcp,traddr=127.0.0.1,trsvcid=4420,nqn=test > /dev/nvme-fabrics
	wait_for test -c /dev/ng0n1
}

teardown() { umount -q /run/vm/mnt || :; }

storage_policy() {
	files_policy | sed 's|^subjects:|&\n  backup: {exec: [/usr/local/bin/backup, /usr/local/bin/nvme-backup], started_by: [anyone], system: [storage]}\n  known: {exec: [/srv/known], started_by: [anyone], access: {images: [read]}, writes: [pipe]}|'
}

TWIN=/run/vm/twin

# twin_of FILE: /dev/loop4 has a file system with the UUID of FILE's, and on it another program
# under the number of FILE, of the same generation. Its name is in $TWIN.name.
twin_of() {
	local ino generation
	ino=$(stat -c %i "$1")
	read -r generation _ <<< "$(lsattr -v "$1")"
	truncate -s 16M $TWIN.img
	mkfs.ext4 -q -b 4096 -U "$(blkid -s UUID -o value /dev/vda)" $TWIN.img
	mkdir -p $TWIN
	losetup /dev/loop4 $TWIN.img
	mount -t ext4 /dev/loop4 $TWIN
	mkdir $TWIN/all
	(cd $TWIN/all && touch $(seq "$ino"))
	find $TWIN/all -inum "$ino" -printf '%f\n' > $TWIN.name
	cat /usr/local/bin/act > "$TWIN/all/$(< $TWIN.name)"
	chmod -R 755 $TWIN/all
	umount $TWIN
	losetup -d /dev/loop4
	debugfs -w -R "set_inode_field all/$(< $TWIN.name) generation $generation" $TWIN.img 2> /dev/null
	losetup /dev/loop4 $TWIN.img
}

# The content of an image as the blocks of DEVICE have it.
image_of() { debugfs -R "cat /dicom/phantom.dcm" "$1" 2> /dev/null | cksum; }

@test "row 21: raw block device, dd, debugfs(8), loop and device-mapper nodes" {
	local who node
	for who in env "as_user mallory"; do
		mark
		for node in /dev/vda /dev/loop0 /dev/dm-0 /run/vm/node /run/vm/other/node; do
			assert_refused $who dd if=$node of=/dev/null count=1
			assert_refused $who bash -c ": < $node"	# already to open it
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

@test "storage: a disk that was opened before the policy gives no more blocks, takes no commands" {
	mark
	run after disk
	[ "$(grep -v ': EACCES$' <<< "$output")" = "copy-file-range: EINVAL" ] || fail "$output"
	assert_record type=tamper action=raw verdict=deny path~vda$
	mark
	run after command
	[[ $output == "Permission denied" ]] || fail "$output"
	assert_record type=tamper action=raw verdict=deny path~vda$ exe~perl
}

@test "storage: an NVMe disk by io_uring, and a disk as flash memory" {
	mark
	chmod 666 /dev/ng0n1 /dev/mtd0ro
	run nvme /dev/ng0n1
	[ "$output" = "io_uring: EACCES" ] || fail "$output"
	run as_user mallory nvme /dev/ng0n1
	[ "$status" -ne 0 ]
	assert_record type=tamper action=raw verdict=deny path~ng0n1$ uid=0
	as_anybody assert_refused head -c 1 /dev/mtd0ro
	assert_record type=tamper action=raw verdict=deny path~mtd0ro$ uid=2001
	run nvme-backup /dev/ng0n1
	[ "$output" = "io_uring: LEAKED" ] || fail "$output"
	assert_allowed backup if=/dev/mtd0ro of=/dev/null count=1
}

@test "storage: no disk is given to an array, and none to compressed memory" {
	local array=/sys/block/md_phiward/md
	mark
	modprobe -a md_mod raid1 zram
	echo md_phiward > /sys/module/md_mod/parameters/new_array
	echo none > $array/metadata_version
	echo raid1 > $array/level
	run sh -c "echo 7:5 > $array/new_dev"
	[[ $output == *"Permission denied"* ]] || fail "$output"
	run sh -c "echo /dev/loop5 > /sys/block/zram0/backing_dev"
	[[ $output == *"Permission denied"* ]] || fail "$output"
	assert_record type=tamper action=raw verdict=deny path~new_dev$ uid=0
	assert_record type=tamper action=raw verdict=deny path~backing_dev$ uid=0
	assert_allowed backup of=$array/new_dev <<< 7:5
	[ -d $array/dev-loop5 ]
	echo clear > $array/array_state
	rmmod zram
}

@test "storage: a program on another volume with the same UUID and number is not that of the policy" {
	local twin
	mark
	twin=$TWIN/all/$(< $TWIN.name)
	mount -t ext4 /dev/loop4 $TWIN
	[ "$(stat -c %i "$twin") $(lsattr -v "$twin" | tr -s ' ' | cut -d' ' -f1)" = \
		"$(stat -c %i /srv/known) $(lsattr -v /srv/known | tr -s ' ' | cut -d' ' -f1)" ]
	as_anybody assert_refused "$twin" read /srv/dicom/phantom.dcm
	assert_record action=read verdict=deny subject=others path=/srv/dicom/phantom.dcm uid=0
	assert_record action=read verdict=deny subject=others path=/srv/dicom/phantom.dcm uid=2001
	as_anybody assert_allowed /srv/known read /srv/dicom/phantom.dcm
	umount $TWIN
}

@test "storage: no exchange of blocks between files of the volume, no other UUID or label for it, no end" {
	mark
	mkdir -p /srv/public/volume
	run volume /srv/public/volume
	[ "$output" = "get-uuid: DONE
set-uuid: EACCES
set-label: EACCES
move-extents: EACCES
swap-boot: EACCES
shut-down: EACCES" ] || fail "$output"
	assert_record type=tamper action=raw verdict=deny path~/volume/a$
	all_done volume /run/vm/other
}
