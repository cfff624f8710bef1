#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
#
# initrd.sh ROOT OUT: what update-initramfs makes in that root, which has one kernel, unpacked: the
# kernel takes seconds for that under emulation.
set -eu

root=$1 out=$2
release=$(ls "$root/lib/modules")
env -u LD_PRELOAD -u LD_LIBRARY_PATH -u FAKEROOTKEY unshare --map-root-user --mount \
	chroot "$root" env -i PATH=/usr/sbin:/usr/bin:/sbin:/bin HOME=/root \
	mkinitramfs -o /boot/initrd.img "$release"
gzip -dc "$root/boot/initrd.img" > "$out"
rm "$root/boot/initrd.img"
