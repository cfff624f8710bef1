#!/usr/bin/env bats
# SPDX-License-Identifier: BSD-2-Clause
# kernels: 6.1
# timeout: 900
# vm: --usb new
#
# policies/ultrasound-cart.yaml with a USB stick, FAT as patients bring it. The vendor's
# scanner and exporter are cp under their names.

load lib/phiward
load lib/console

STICK=/media/stick

setup_file() {
	load lib/phiward
	load lib/console
	hospital_programs /usr/bin/storescp
	mkdir -p /opt/vendor/bin "$STICK" /run/vm/probe
	cp /usr/bin/cp /opt/vendor/bin/scanner
	cp /usr/bin/cp /opt/vendor/bin/export-clips
	cp /srv/dicom/[12].dcm /run/vm/probe/
	modprobe -a xhci_pci usb_storage sd_mod vfat nls_cp437 nls_ascii
	wait_for test -b /dev/sda
	mkfs.vfat -n PATIENT /dev/sda > /dev/null
	mount_stick
	echo 'holiday pictures' > "$STICK/before.txt"
	umount "$STICK"
	start_phiward policies/ultrasound-cart.yaml
	start_pacs
}
teardown_file() {
	load lib/phiward
	load lib/console
	leave_hospital
	umount "$STICK" || true
}

setup() { mark; }

# As whoever is logged in is given it by the desktop.
mount_stick() { mount -o uid=radiographer,gid=radiographer,umask=077 /dev/sda "${1:-$STICK}"; }

scan() { by_pid1 /opt/vendor/bin/scanner "$@"; }
# What it says must not go into a file: the sender has `tty` alone.
by_pid1_quietly() { pid1 run -- "$@"; }
export_clips() { at_terminal radiographer /opt/vendor/bin/export-clips "$@"; }
PACS=(-aet CART -aec PACS -to 5 10.20.5.4 104)

# ---- Allowed -------------------------------------------------------------------------------

@test "ultrasound-cart, allowed: the scanner stores a clip" {
	assert_allowed scan /run/vm/probe/1.dcm /srv/dicom/clip.dcm
	assert_record action=create verdict=allow subject=scanner object=clips path=/srv/dicom/clip.dcm
}

@test "ultrasound-cart, allowed: a second take goes over it" {
	assert_allowed scan /run/vm/probe/2.dcm /srv/dicom/clip.dcm
	assert_record action=write verdict=allow subject=scanner object=clips path=/srv/dicom/clip.dcm
}

@test "ultrasound-cart, allowed: or takes its place, and the first is kept under another name" {
	assert_allowed scan --backup=simple /run/vm/probe/1.dcm /srv/dicom/clip.dcm
	assert_record action=rename verdict=allow subject=scanner object=clips path~clip.dcm
	assert_allowed scan --remove-destination /run/vm/probe/2.dcm /srv/dicom/clip.dcm
	assert_record action=delete verdict=allow subject=scanner object=clips path=/srv/dicom/clip.dcm
}

@test "ultrasound-cart, allowed: clips are sent when the cart is back on the network" {
	assert_allowed by_pid1_quietly /usr/bin/storescu "${PACS[@]}" /srv/dicom/clip.dcm
	wait_for test -s "$PACS_DIR/CT.2.25.10002"
	assert_record action=read verdict=allow subject=sender object=clips path=/srv/dicom/clip.dcm auid=null
	assert_record action=connect verdict=allow subject=sender peer=pacs port=104
}

@test "ultrasound-cart, allowed: or when somebody asks for it" {
	rm "$PACS_DIR/CT.2.25.10002"
	assert_allowed at_terminal radiographer storescu "${PACS[@]}" /srv/dicom/clip.dcm
	wait_for test -s "$PACS_DIR/CT.2.25.10002"
	assert_record action=read verdict=allow subject=sender object=clips auid=2000
}

@test "ultrasound-cart, allowed: root mounts the stick" {
	assert_allowed mount_stick
	mountpoint -q "$STICK"
}

@test "ultrasound-cart, allowed: the exporter writes a clip to the stick" {
	assert_allowed export_clips /srv/dicom/clip.dcm "$STICK/"
	[ -s "$STICK/clip.dcm" ]
	assert_record action=read verdict=allow subject=exporter object=clips path=/srv/dicom/clip.dcm
	assert_record action=create verdict=allow subject=exporter object=usb path="$STICK/clip.dcm" \
		volume=/dev/sda auid=2000
}

@test "ultrasound-cart, allowed: the exporter puts another in its place" {
	assert_allowed export_clips --remove-destination /srv/dicom/phantom.dcm "$STICK/clip.dcm"
	assert_record action=delete verdict=allow subject=exporter object=usb path="$STICK/clip.dcm"
}

@test "ultrasound-cart, allowed: the exporter reads what the patient brought" {
	assert_allowed export_clips "$STICK/before.txt" "$STICK/copy.txt"
	assert_record action=read verdict=allow subject=exporter object=usb path="$STICK/before.txt"
}

@test "ultrasound-cart, allowed: the stick under another name is the stick" {
	mkdir -p /mnt/again
	assert_allowed mount_stick /mnt/again
	assert_allowed export_clips /srv/dicom/clip.dcm /mnt/again/second.dcm
	assert_record action=create verdict=allow subject=exporter object=usb volume=/dev/sda
	assert_allowed umount /mnt/again
}

@test "ultrasound-cart, allowed: the disk of the cart is no stick" {
	assert_allowed as_user mallory cp /srv/public/notice.txt /srv/public/copy
	assert_no_record object=usb
}

# ---- Refused -------------------------------------------------------------------------------

@test "ultrasound-cart, refused: root copies no clip to the stick, nor anything else" {
	assert_refused cp /srv/dicom/clip.dcm "$STICK/"
	assert_refused cp /srv/public/notice.txt "$STICK/"
	assert_record action=read verdict=deny subject=others object=clips path=/srv/dicom/clip.dcm
	assert_record action=create verdict=deny subject=others object=usb path="$STICK/notice.txt"
	[ ! -e "$STICK/notice.txt" ]
}

@test "ultrasound-cart, refused: root does not look at what is on the stick" {
	assert_refused ls "$STICK"
	assert_refused cat "$STICK/clip.dcm"
	assert_record action=read verdict=deny subject=others object=usb path="$STICK/clip.dcm"
}

@test "ultrasound-cart, refused: nor deletes or renames on it" {
	assert_refused rm -f "$STICK/clip.dcm"
	assert_refused mv "$STICK/clip.dcm" "$STICK/x"
	assert_record action=delete verdict=deny subject=others object=usb
	assert_record action=rename verdict=deny subject=others object=usb
}

@test "ultrasound-cart, refused: the user who is logged in cannot either" {
	run in_login radiographer cp /srv/public/notice.txt "$STICK/"
	[[ $status -ne 0 && $output == *'Permission denied'* ]]
	assert_record action=create verdict=deny subject=others object=usb uid=2000
}

@test "ultrasound-cart, refused: the scanner writes to no stick" {
	run scan /run/vm/probe/1.dcm "$STICK/clip.dcm"
	[ "$status" -ne 0 ]
	assert_record action=write verdict=deny subject=scanner object=usb path="$STICK/clip.dcm"
}

@test "ultrasound-cart, refused: the sender sends nothing from the stick" {
	run at_terminal radiographer storescu "${PACS[@]}" "$STICK/clip.dcm"
	[ "$status" -ne 0 ]
	assert_record action=read verdict=deny subject=sender object=usb path="$STICK/clip.dcm"
}

@test "ultrasound-cart, refused: the sender reaches nobody but the PACS" {
	run at_terminal radiographer storescu -to 5 10.20.0.2 104 /srv/dicom/clip.dcm
	[ "$status" -ne 0 ]
	assert_record action=connect verdict=deny subject=sender addr=10.20.0.2 port=104
}

@test "ultrasound-cart, refused: the exporter writes only to sticks" {
	run export_clips /srv/dicom/clip.dcm /srv/public/clip.dcm
	[[ $status -ne 0 && ! -e /srv/public/clip.dcm ]]
	assert_record action=create verdict=deny subject=exporter path=/srv/public/clip.dcm
}

@test "ultrasound-cart, refused: the exporter is nobody where nobody is logged in" {
	run as_user radiographer /opt/vendor/bin/export-clips /srv/dicom/clip.dcm "$STICK/job.dcm"
	[[ $status -ne 0 && $output == *'Permission denied'* ]]
	assert_record type=exec verdict=deny subject=others peer=exporter uid=2000
	assert_record action=read verdict=deny subject=others object=clips
}

@test "ultrasound-cart, refused: a bind mount of the stick is the stick" {
	mkdir -p /mnt/bound
	assert_allowed mount --bind "$STICK" /mnt/bound
	assert_refused cp /srv/public/notice.txt /mnt/bound/
	assert_record action=create verdict=deny subject=others object=usb
	umount /mnt/bound
}

@test "ultrasound-cart, refused: the stick as a disk: no read, no write, no new file system" {
	assert_allowed umount "$STICK"
	assert_refused dd if=/dev/sda of=/tmp/stick bs=1M count=1
	assert_refused mkfs.vfat -I /dev/sda
	assert_record type=tamper action=raw verdict=deny subject=others path=/dev/sda exe=/usr/bin/dd
	assert_record type=tamper action=raw verdict=deny subject=others path=/dev/sda exe~mkfs
	assert_lost_zero
}
