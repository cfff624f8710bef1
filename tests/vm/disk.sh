#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause
#
# disk.sh KERNEL DIR [desktop]: a console that boots by itself, from Debian's root with
# phiward installed in it, or from its desktop: DIR/root.img, an ext4, and DIR/initrd, which
# initramfs-tools makes in that root. No root needed. Nothing is done when nothing has changed.
set -euo pipefail

kernel=$1 dir=$2 variant=${3-root}
here=$(dirname "$(readlink -f "$0")")
top=$(readlink -f "$here/../..")
cache=$(cd "$top" && readlink -m "${PHIWARD_CACHE:-build/cache}")
kernel_dir=$cache/kernels/$kernel
module=$top/build/kmod/$kernel/phiward.ko
# What the console and its test machine need; the rest of the modules would only be carried about.
modules='virtio_pci virtio_blk crc32c_generic ext4 9p 9pnet_virtio dm_mod dm_crypt veth xts ecb aesni_intel cryptd loop'
size=768M
if [ "$variant" = desktop ]; then
	modules+=' virtio_net bochs evdev psmouse uinput autofs4'
	size=2560M
fi
root_tar=$cache/debian/$variant.tar

# A file that DIR/root.img is made of and that is newer, or the first that is missing.
changed() {
	local file
	for file in "$top"/build/{phiward,phiwardd} "$module"; do
		[ -e "$file" ] || { echo "$file"; return; }
	done
	[ -e "$dir/initrd" ] || { echo "$dir/initrd"; return; }
	find "$top"/build/{phiward,phiwardd,tools} "$module" "$top/mk/install.mk" "$top/userspace" \
		"$top/policies" "$top/tests/boot" "$here/disk.sh" "$root_tar" \
		-type f -newer "$dir/initrd" -print -quit
}

install_modules() {
	local to=lib/modules/$release name file
	mkdir -p "$root/$to/updates"
	cp "$kernel_dir"/modules/modules.{order,builtin,builtin.modinfo} "$root/$to/"
	for name in $modules; do
		for file in $("$here/module-files.sh" "$kernel_dir" "$name"); do
			install -D -m 644 "$kernel_dir/modules/$file" "$root/$to/$file"
		done
	done
	install -m 644 "$module" "$root/$to/updates/phiward.ko"
	depmod -b "$root" "$release"
	install -m 644 "$kernel_dir/vmlinuz" "$root/boot/vmlinuz-$release"
	install -m 644 "$kernel_dir/config" "$root/boot/config-$release"
}

users() {
	cat >> "$root/etc/passwd" <<-'END'
	radiographer:x:2000:2000:Radiographer:/tmp:/bin/bash
	mallory:x:2001:2001:Mallory:/tmp:/bin/bash
	admin:x:2002:2002:Administrator:/srv/admin:/bin/bash
	END
	# Whom PAM shall let in has a line here, and no password.
	printf '%s:*:20000::::::\n' radiographer mallory admin >> "$root/etc/shadow"
	printf '%s\n' radiographer:x:2000: mallory:x:2001: admin:x:2002: phiward-view:x:2100: \
		phiward-audit:x:2101: phiward-admin:x:2102: >> "$root/etc/group"
}

# What a console may have and most tests do not need: under emulation it takes half the time
# of a boot. The desktop is as Debian's packages leave it.
mask_units() {
	local unit
	for unit in {getty,serial-getty,modprobe}@ systemd-{logind,user-sessions,update-utmp,random-seed} \
			systemd-{journal-flush,pstore} dbus e2scrub_reap kmod-static-nodes; do
		ln -sf /dev/null "$root/etc/systemd/system/$unit.service"
	done
	for unit in timers.target dbus.socket systemd-initctl.socket dev-{hugepages,mqueue}.mount; do
		ln -sf /dev/null "$root/etc/systemd/system/$unit"
	done
}

# Which modules the initramfs needs is named, because MODULES=most takes minutes to unpack
# under emulation; that phiward gets into it is its own hook's work.
configure_initramfs() {
	sed -i -e 's/^MODULES=.*/MODULES=list/' -e 's/^COMPRESS=.*/COMPRESS=gzip/' \
		"$root/etc/initramfs-tools/initramfs.conf"
	printf '%s\n' virtio_pci virtio_blk crc32c_generic ext4 > "$root/etc/initramfs-tools/modules"
}

if [ "${FAKEROOTKEY-}" = '' ]; then
	"$here/kernels.sh" "$kernel" >&2
	"$here/debian.sh" "$variant" >&2
	mkdir -p "$dir"
	exec 9> "$dir/.lock"
	flock 9
	[ -n "$(changed)" ] || exit 0
	rm -rf "$dir"/{root,root.img,initrd}
	# This shell keeps the lock; the daemon of fakeroot may live a little longer than the console.
	fakeroot "$0" "$@" 9>&-
	exit
fi

release=$(cat "$kernel_dir/release")
root=$dir/root
mkdir "$root"
trap 'rm -rf "$root"' EXIT
tar -xf "$root_tar" -C "$root" --exclude='./dev/*'
make -s -C "$top" install DESTDIR="$root"
cp "$top"/build/tools/* "$(command -v busybox)" "$root/usr/local/bin/"
cp -r --no-preserve=ownership "$top/tests/boot/root/." "$root/"
echo 'for everyone' > "$root/srv/notice.txt"
mkdir "$root/srv/dicom"
mkdir "$root/usr/share/images"
"$here/image.sh" 1 "$root/srv/dicom/1.dcm"
"$here/image.sh" 2 "$root/usr/share/images/2.dcm"
"$here/image.sh" 3 "$root/usr/share/images/3.dcm"
install_modules
users
if [ "$variant" = desktop ]; then
	cp -r --no-preserve=ownership "$top/tests/boot/desktop/." "$root/"
	target=graphical
else
	mask_units
	target=multi-user
fi
systemctl -q --root="$root" enable phiwardd early vm
systemctl -q --root="$root" disable orthanc
systemctl -q --root="$root" set-default $target.target
echo console > "$root/etc/hostname"
configure_initramfs
"$here/initrd.sh" "$root" "$dir/initrd.new"
mke2fs -q -F -t ext4 -L console -E root_owner=0:0,lazy_itable_init=1 -d "$root" "$dir/root.img" $size
mv "$dir/initrd.new" "$dir/initrd"
