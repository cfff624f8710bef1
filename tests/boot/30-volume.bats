#!/usr/bin/env bats
# SPDX-License-Identifier: BSD-2-Clause
#
# Images on an encrypted volume that is unlocked, checked and mounted by systemd after the policy
# is in force: never readable by others for one moment, never refused to systemd.

load lib/boot

setup_file() {
	load lib/boot
	new_console
}

@test "volume: encrypted, and named by the policy before it is there" {
	boot --append phiward.gate_timeout=5 <<-'EOT'
		modprobe -a dm_crypt loop xts ecb
		mkdir /srv/patients
		head -c 32 /dev/urandom > /etc/patients.key
		chmod 600 /etc/patients.key
		cp -p /etc/patients.key /etc/patients.kept
		truncate -s 64M /var/patients.img
		cryptsetup luksFormat --batch-mode --pbkdf pbkdf2 --pbkdf-force-iterations 1000 \
			/var/patients.img /etc/patients.key
		cryptsetup open --key-file /etc/patients.key /var/patients.img patients
		mkfs.ext4 -q -U 11111111-2222-3333-4444-555555555555 /dev/mapper/patients
		mount /dev/mapper/patients /srv/patients
		cp /srv/dicom/1.dcm /srv/patients/
		umount /srv/patients
		tune2fs -c 20 -C 40 /dev/mapper/patients > /dev/null	# so that it is to be checked
		cryptsetup close patients
		echo loop > /etc/modules-load.d/loop.conf
		echo 'patients /var/patients.img /etc/patients.key luks,nofail,headless' > /etc/crypttab
		echo '/dev/mapper/patients /srv/patients ext4 nofail,x-systemd.device-timeout=60 0 2' >> /etc/fstab
		systemctl enable watch
		cp /usr/share/phiward/policies/base-debian.yaml /etc/
		cat > /etc/console.yaml <<-'EOP'
			phiward: 1
			name: console
			version: 1
			mode: enforce
			include: [base-debian.yaml]
			objects:
			  images: {volumes: [UUID=11111111-2222-3333-4444-555555555555], on_audit_loss: keep_working}
			subjects:
			  viewer:
			    exec: [/usr/bin/dcmdump]
			    started_by: [init]
			    access: {images: [read]}
			others: {network: allow}
		EOP
		phiward apply /etc/console.yaml
		phiward_is state=enforcing
	EOT
}

@test "volume: unlocked, checked and mounted at boot, for its viewer and nobody else" {
	boot <<-'EOT'
		phiward_is state=enforcing policy=console
		wait_for findmnt /srv/patients
		wait_for grep 'Permission denied' /run/watched
		! grep READ /run/watched
		journalctl -b -o cat -u 'systemd-fsck@*' | grep -E 'patients|1111|check'
		[ "$(tune2fs -l /dev/mapper/patients 2>&1 | grep -c 'Permission denied')" = 1 ]
		assert_refused head -c 4 /srv/patients/1.dcm
		assert_record action=read verdict=deny subject=others object=images comm=head
		systemctl start view-volume
		journalctl -b -o cat -u view-volume | grep PHANTOM
		# Nothing was refused to what the boot consists of; what this script ran is no part of it.
		records_like verdict=deny "boot=$(< /proc/sys/kernel/random/boot_id)" |
			jq -r '[.type, .action, .subject, .exe, .path, .reason] | @tsv' |
			grep -v -e /usr/bin/head -e /usr/sbin/tune2fs -e others./usr/bin/mount -e others./usr/bin/kmod \
				> /run/false || true
		cat /run/false
		[ ! -s /run/false ]
		[ -z "$(systemctl --failed --no-legend)" ]
	EOT
}

@test "volume: missing at boot, and protected from the moment it is added" {
	on_disk 'rm /etc/patients.key'
	boot <<-'EOT'
		phiward_is state=enforcing policy=console
		! findmnt /srv/patients
		! grep READ /run/watched
		cp /etc/patients.kept /etc/patients.key
		systemctl start systemd-cryptsetup@patients
		systemctl start srv-patients.mount
		assert_refused head -c 4 /srv/patients/1.dcm
		wait_for grep 'Permission denied' /run/watched
		! grep READ /run/watched
		systemctl start view-volume
		assert_record action=read verdict=allow subject=viewer object=images
	EOT
}
