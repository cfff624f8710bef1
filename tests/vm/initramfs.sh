#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause
#
# initramfs.sh KERNELDIR OUT: busybox, tests/vm/boot and the modules it needs.
set -euo pipefail

kernel=$1 out=$2
here=$(dirname "$(readlink -f "$0")")
wanted='virtio_pci virtio_blk 9p 9pnet_virtio overlay ext4 veth'

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
mkdir -p "$work"/{bin,dev,proc,lower,upper,new}
cp "$(command -v busybox)" "$work/bin/busybox"
cp "$here/boot" "$work/init"
chmod 755 "$work" "$work/init"
for name in $wanted; do
	for file in $("$here/module-files.sh" "$kernel" "$name"); do
		target=$(basename "${file%.xz}")
		[ ! -e "$work/$target" ] || continue
		case $file in
		*.xz) xz -dc "$kernel/modules/$file" > "$work/$target" ;;
		*) cp "$kernel/modules/$file" "$work/$target" ;;
		esac
		echo "$target" >> "$work/modules"
	done
done
# Not compressed: under emulation unpacking costs more than copying.
(cd "$work" && find . | cpio -o -H newc --quiet -R 0:0) > "$out.$$"
mv "$out.$$" "$out"
