#!/usr/bin/env bats
# SPDX-License-Identifier: BSD-2-Clause
#
# A console from its first boot on: without a policy, and with one that was accepted.

load lib/boot

setup_file() {
	load lib/boot
	new_console
}

@test "boot: without a policy nothing is enforced, and one can be applied" {
	boot <<-'EOT'
		cmp /run/early <(head -c 4 /srv/dicom/1.dcm)
		phiward_is state=off policy=null module=true
		[ -e /dev/phiward ]
		dmesg | grep -E 'phiward: version .* loaded'
		cat > /etc/phiward.yaml <<-'EOP'
			phiward: 1
			name: console
			version: 1
			mode: enforce
			objects:
			  images: {paths: [/srv/dicom], on_audit_loss: keep_working}
			subjects:
			  viewer:
			    exec: [/usr/bin/dcmdump]
			    started_by: [init]
			    access: {images: [read]}
			others: {network: allow}
		EOP
		phiward apply /etc/phiward.yaml
		assert_refused head -c 4 /srv/dicom/1.dcm
		[ -z "$(systemctl --failed --no-legend)" ]
	EOT
}

@test "boot: the accepted policy is in force before any service" {
	boot <<-'EOT'
		phiward_is state=enforcing policy=console
		grep 'Permission denied' /run/early
		[ "$(cat /run/early-twin)" = "for " ]
		assert_record action=read verdict=deny subject=others object=images comm=head
		assert_refused head -c 4 /srv/dicom/1.dcm
		systemctl start view
		journalctl -b -u view | grep PHANTOM
		[ -z "$(systemctl --failed --no-legend)" ]
	EOT
}
