#!/usr/bin/env bats
# SPDX-License-Identifier: BSD-2-Clause
#
# A console that is sealed: what its next boot starts from is kept like what runs, against root
# and against what root asks PID 1 to do.

load lib/boot

setup_file() {
	load lib/boot
	new_console
}

@test "sealed: phiwardd is neither disabled, masked, covered nor outrun by root, nor by PID 1 for root" {
	boot --append phiward.gate_timeout=5 <<-'EOT'
		cat > /etc/console.yaml <<-'EOP'
			phiward: 1
			name: console
			version: 1
			mode: enforce
			sealed: true
			objects:
			  images: {paths: [/srv/dicom], on_audit_loss: keep_working}
			subjects:
			  viewer:
			    exec: [/usr/bin/dcmdump]
			    started_by: [init]
			    access: {images: [read]}
			  packages:
			    exec: [/usr/bin/nice]
			    started_by: [init]
			    helpers: any
			    updates: true
			  # The machine that the test runs in loads the modules of its own file systems.
			  modules:
			    exec: [/usr/bin/kmod]
			    started_by: [anyone]
			    system: [modules]
			others: {network: allow}
		EOP
		systemctl disable phiwardd
		systemctl enable phiwardd
		phiward apply /etc/console.yaml
		phiward_is state=enforcing sealed=true
		mark
		run systemctl disable phiwardd
		[ "$status" -ne 0 ]
		assert_record type=tamper action=delete verdict=deny path=/etc/systemd/system/sysinit.target.wants/phiwardd.service
		run systemctl mask phiwardd
		[ "$status" -ne 0 ]
		assert_record type=tamper action=create verdict=deny path=/etc/systemd/system/phiwardd.service
		assert_refused rm /etc/systemd/system/sysinit.target.wants/phiwardd.service
		assert_refused mkdir /etc/systemd/system/phiwardd.service.d
		assert_refused ln -s /dev/null /etc/systemd/system/evil.service
		assert_refused mv /etc/systemd /etc/old
		assert_refused touch /etc/initramfs-tools/conf.d/evil /boot/evil /etc/modprobe.d/evil.conf
		assert_refused sh -c 'echo phiward.mode=off >> /etc/default/grub'
		assert_refused mkdir /etc/phiward
		assert_refused sh -c 'echo >> /etc/fstab'
		touch /etc/harmless
		rm /etc/harmless
		# Who may update may, and other units run as before.
		systemctl start add
		systemctl start view
		[ -z "$(systemctl --failed --no-legend)" ]
	EOT
}

@test "sealed: and so it is in the next boot, from before the first service" {
	boot <<-'EOT'
		phiward_is state=enforcing policy=console sealed=true
		grep 'Permission denied' /run/early
		[ -e /etc/systemd/system/added.service ]
		assert_refused rm /etc/systemd/system/added.service
		systemctl start view
		assert_no_record type=tamper subject=init "boot=$(< /proc/sys/kernel/random/boot_id)"
		[ -z "$(systemctl --failed --no-legend)" ]
	EOT
}
