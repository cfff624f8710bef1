#!/usr/bin/env bats
# SPDX-License-Identifier: BSD-2-Clause
# kernels: 6.1 7
# vm: --usb new
#
# A stick: every file system on it is an object, whenever it is plugged in.

load lib/phiward
load lib/files

setup_file() {
	load lib/phiward
	load lib/files
	modprobe -a xhci_pci usb-storage sd_mod sg vfat nls_cp437 nls_ascii
	wait_for test -b /dev/sda
	mkfs.vfat -n STICK /dev/sda
	mkdir -p /run/vm/stick
	plug
	mkdir /run/vm/stick/dir
	echo export > /run/vm/stick/file
	echo export > /run/vm/stick/open-truncate
	mkdir /srv/dicom/all
	meddle --prepare /srv/dicom/all/root
	files_programs
	stick_policy > /run/vm/files.yaml
	start_phiward /run/vm/files.yaml
}
teardown_file() {
	load lib/phiward
	load lib/files
	stop_files /srv/dicom/all
	umount -q /run/vm/stick
}

plug() { mount -t vfat -o uid=2001,gid=2001 /dev/sda /run/vm/stick; }

# The keeper exports to sticks, the reader does not.
stick_policy() {
	files_policy | sed -e 's|^subjects:|  usb: {media: removable, on_audit_loss: deny}\n&|' \
		-e 's|exec\]}|exec], usb: [read, write, create, delete, rename]}|'
}

# Asks the stick itself what it can do, as programs begin that drive a device without the kernel.
ask_usb() { perl -e 'open(USB, "+<", $ARGV[0]) && ioctl(USB, 0x8004551a, $can = "\0" x 4) or die "$!\n"' "$1"; }

@test "removable: nobody but the exporter reads, writes or lists a stick" {
	local who
	for who in env "as_user mallory"; do
		mark
		assert_refused $who cat /run/vm/stick/file
		assert_refused $who ls /run/vm/stick
		assert_refused $who cp /srv/public/notice.txt /run/vm/stick/leak
		assert_refused $who mkdir /run/vm/stick/new
		assert_refused $who mv /run/vm/stick/file /run/vm/stick/gone
		assert_refused $who rm /run/vm/stick/file
		assert_refused $who touch /run/vm/stick/file
		assert_actions "attr create delete read rename write" verdict=deny enforced=true object=usb subject=others
	done
	# By its handle the kernel finds no file of FAT again, for anybody.
	run reader /run/vm/stick/file
	[ -z "$(grep -v -e ': EACCES$' -e '^open-by-handle: ESTALE$' <<< "$output")" ]
	assert_record verdict=deny object=usb subject=reader
	assert_lost_zero
}

@test "removable: the exporter does, and is recorded" {
	local operation
	mark
	for operation in create mkdir; do
		all_done keeper --only $operation /run/vm/stick /run/vm/stick
	done
	run keeper --only rename-out /srv/dicom/all/root /run/vm/stick
	[ "$output" = "rename-out: EXDEV" ]
	assert_record action=create verdict=allow object=usb subject=keeper path=/run/vm/stick/create.new
	assert_no_record verdict=deny
	[ -d /run/vm/stick/mkdir.new ]
}

@test "removable: the stick's own nodes are raw storage" {
	local node
	mark
	for node in /dev/sda /dev/sg0; do
		assert_refused dd if=$node of=/dev/null count=1
	done
	assert_refused dd if=/dev/zero of=/dev/sda count=1
	assert_record type=tamper action=raw verdict=deny path~sda$
	assert_record type=tamper action=raw verdict=deny path~sg0$
}

@test "removable: a bind mount of the stick, and one over it" {
	mark
	mkdir -p /run/vm/bound
	assert_allowed mount --bind /run/vm/stick /run/vm/bound
	assert_refused cat /run/vm/bound/file
	umount /run/vm/bound
	assert_record action=read verdict=deny object=usb path~/file$
	all_refused mounts cover /run/vm/stick/dir
	assert_record type=tamper action=mount verdict=deny
}

@test "removable: pulled out and plugged in again it is the same to the policy" {
	local port
	umount /run/vm/stick
	port=$(readlink -f /sys/block/sda | sed 's|/[^/]*/host.*||')
	echo 0 > "$port/authorized"
	wait_for test ! -b /dev/sda
	echo 1 > "$port/authorized"
	wait_for test -b /dev/sda
	wait_for plug
	mark
	assert_refused cat /run/vm/stick/file
	all_done keeper --only open-truncate /run/vm/stick /run/vm/stick
	assert_record action=read verdict=deny object=usb subject=others
	assert_allowed cat /srv/public/notice.txt
}

@test "removable: a stick is not driven past the kernel's driver either" {
	local node
	node=$(find /dev/bus/usb -type c -name '002' | head -n 1)
	mark
	assert_refused ask_usb "$node"
	assert_record type=tamper action=raw verdict=deny path~/002$
	stick_policy | sed '/media: removable/d; s/, usb: \[[^]]*\]//' | apply_policy
	assert_allowed ask_usb "$node"
	stick_policy | apply_policy
}
