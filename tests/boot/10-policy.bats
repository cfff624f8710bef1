#!/usr/bin/env bats
# SPDX-License-Identifier: BSD-2-Clause
#
# A console from its first boot on: without a policy, with one that was accepted, and when
# what was kept of it is damaged, copy by copy.

load lib/boot

setup_file() {
	load lib/boot
	new_console
	cp "$CONSOLE/initrd" "$CONSOLE/initrd.without-policy"
}

@test "boot: without a policy nothing is enforced, and one can be applied" {
	boot --append phiward.gate_timeout=5 <<-'EOT'
		cmp /run/early <(head -c 4 /srv/dicom/1.dcm)
		phiward_is state=off policy=null module=true
		dmesg | grep -E 'phiward: version .* loaded'
		wait_for guard_is gate=timed-out
		cat > /etc/console.yaml <<-'EOP'
			phiward: 1
			name: console
			version: 1
			mode: enforce
			rescue: permissive
			objects:
			  images: {paths: [/srv/dicom, /var/lib/orthanc/db-v6], on_audit_loss: keep_working}
			subjects:
			  viewer:
			    exec: [/usr/bin/dcmdump]
			    started_by: [init]
			    access: {images: [read]}
			  archive:
			    exec: [/usr/sbin/Orthanc]
			    started_by: [init]
			    access: {images: [read, write, create, delete, rename]}
			    writes: [/var/log/orthanc]
			    network:
			      - listen: {tcp: [4242, 8042], from: [10.20.0.0/16], local: [viewer]}
			  lab:
			    exec: [/usr/bin/nice]
			    started_by: [anyone]
			    helpers: any
			    system: [netadmin]
			others: {network: allow}
		EOP
		phiward apply /etc/console.yaml
		assert_refused head -c 4 /srv/dicom/1.dcm
		[ -z "$(systemctl --failed --no-legend)" ]
	EOT
	grep -F 'phiward: no policy: nothing is enforced' "$CONSOLE/kernel.log"
	# What an administrator does after an apply.
	update_initramfs
}

@test "boot: the accepted policy is in force before any service, from its text" {
	boot <<-'EOT'
		phiward_is state=enforcing policy=console version=1
		grep 'Permission denied' /run/early
		[ "$(cat /run/early-twin)" = "for " ]
		assert_record action=read verdict=deny subject=others object=images comm=head
		assert_refused head -c 4 /srv/dicom/1.dcm
		systemctl start view
		journalctl -b -u view | grep PHANTOM
		guard_is gate=open
		guard_is timeout=0
		[ -z "$(systemctl --failed --no-legend)" ]
		# When the machine runs out of memory, it is not phiwardd that goes.
		daemon=$(systemctl show -P MainPID phiwardd)
		! systemctl start hog
		dmesg | grep 'Out of memory: Killed process .*(tail)'
		[ "$(systemctl show -P MainPID phiwardd)" = "$daemon" ]
		mark
		assert_refused head -c 4 /srv/dicom/1.dcm
		systemctl start view
		assert_record action=read verdict=deny subject=others object=images comm=head
		assert_record action=read verdict=allow subject=viewer object=images
		phiward_is state=enforcing daemon=true lost=0
		# Boots by the journal: this one has records; in a copy without them it is missed.
		phiward audit verify
		! phiward audit verify | grep journal
		journalctl -b -u phiwardd -o cat | grep '^anchor of the log: phiward/'
		cp -r /var/log/phiward /run/copy
		cp -r /run/log/journal /run/copy/journal
		phiward audit verify /run/copy
		boot=$(< /proc/sys/kernel/random/boot_id)
		find /run/copy -name 'audit-*' ! -name audit-00000001.log -delete
		: > /run/copy/audit.log
		run phiward audit verify /run/copy
		[ "$status" -eq 1 ]
		[[ $output == *"boot $boot, begun "*", is in the journal and has no record"* ]]
	EOT
}

@test "boot: its text is damaged: its image is in force, and Orthanc works" {
	on_disk 'rm /var/lib/phiward/accepted.json' "write $TOP/README.md /var/lib/phiward/accepted.json"
	boot <<-'EOT'
		phiward_is state=enforcing policy=console version=1
		phiward status | grep 'its image is in force'
		grep 'Permission denied' /run/early
		assert_refused head -c 4 /srv/dicom/1.dcm
		assert_record action=read verdict=deny subject=others object=images comm=head rule=/etc/console.yaml:7
		guard_is gate=open
		network
		orthanc_receives 2
		# Its version is known all the same.
		sed 's/^version: 1/version: 1 # another/' /etc/console.yaml > /etc/same.yaml
		run phiward apply /etc/same.yaml
		[ "$status" -eq 1 ]
		[[ $output == *'version 1 is not above version 1'* ]]
	EOT
	grep -F 'its image is in force' "$CONSOLE/kernel.log"
}

@test "boot: text and image are damaged: the copy in the initramfs; and the command line's rescue" {
	on_disk 'rm /var/lib/phiward/accepted.image' "write $TOP/README.md /var/lib/phiward/accepted.image"
	boot --append phiward.mode=off <<-'EOT'
		# The policy goes as far as `permissive`.
		phiward_is state=rescue mode=permissive policy=console version=1 enforcing=false
		phiward status | head -n 1 | grep rescue
		cmp /run/early <(head -c 4 /srv/dicom/1.dcm)
		assert_record action=read verdict=deny enforced=false object=images comm=head
		assert_record type=breakglass action=start verdict=allow
		network
		orthanc_receives 3
		# The copy took their place; a policy that is applied now is enforced.
		jq -e '.version == 1' /var/lib/phiward/accepted.json
		sed 's/^version: 1/version: 2/' /etc/console.yaml > /etc/next.yaml
		phiward apply /etc/next.yaml
		phiward_is state=enforcing version=2
		assert_refused head -c 4 /srv/dicom/1.dcm
		systemctl restart phiwardd
		phiward_is state=enforcing version=2
	EOT
	grep -F 'the copy in the initramfs takes its place' "$CONSOLE/kernel.log"
	grep -F 'phiward.mode=off on the kernel command line: nothing is denied' "$CONSOLE/kernel.log"
}

@test "boot: all copies are damaged: the gate stays shut but for gate_allow" {
	cp "$CONSOLE/initrd.without-policy" "$CONSOLE/initrd"
	on_disk 'rm /var/lib/phiward/accepted.json' "write $TOP/README.md /var/lib/phiward/accepted.json" \
		'rm /var/lib/phiward/accepted.image'
	boot --append 'phiward.gate_timeout=300 phiward.gate_allow=10.20.5.4,10.20.0.1' <<-'EOT'
		phiward_is state=off policy=null
		phiward status | grep 'the accepted policy is damaged or missing'
		guard_is gate=shut
		guard_is keep=1
		network
		background /run/vm/far.log nsenter --net=/run/netns/outside -- serve udp:10.20.0.2:9 udp:10.20.5.4:9
		wait_for grep -q ready /run/vm/far.log
		dial udp:10.20.5.4:9
		run dial --wait 300 udp:10.20.0.2:9
		[ "$status" -ne 0 ]
		phiward apply --allow-downgrade /etc/console.yaml
		guard_is gate=open
		dial udp:10.20.0.2:9
		kill $BACKGROUND_PID
	EOT
	grep -F 'the gate stays shut' "$CONSOLE/kernel.log"
}
