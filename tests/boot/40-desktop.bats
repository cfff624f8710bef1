#!/usr/bin/env bats
# SPDX-License-Identifier: BSD-2-Clause
#
# A desktop of Debian 12 as its packages leave it, under policies/base-debian.yaml and default
# deny: it boots, works, is updated and shuts down, and nothing that its services do is refused.
# What is refused is what root tries by hand.

load lib/boot

setup_file() {
	load lib/boot
	new_console desktop
	cat > "$CONSOLE/policy.yaml" <<-'EOP'
		phiward: 1
		name: desktop
		version: 1
		mode: enforce
		include: [base-debian.yaml]
		objects:
		  images: {paths: [/srv/dicom], on_audit_loss: keep_working}
		subjects:
		  viewer:
		    exec: [/usr/bin/dcmdump]
		    started_by: [login]
		    access: {images: [read]}
		    writes: [tty]
		  # The machines around the console, and what is plugged in.
		  lab:
		    exec: [/usr/bin/nice]
		    started_by: [anyone]
		    helpers: any
		    system: [netadmin, display]
		    network:
		      - listen: {tcp: [9100], from: [any], netns: any}
		      - connect: {tcp: [22], to: [10.20.0.1], netns: any}
		others: {network: deny}
	EOP
	# A printer on the network, as the file says.
	sed -e '/^peers:/a\  printer: [10.20.0.2]' \
		-e '/^      - listen: {tcp: \[631\]/a\      - connect: {tcp: [9100], to: [printer]}' \
		"$TOP/policies/base-debian.yaml" > "$CONSOLE/base-debian.yaml"
	mkdir "$CONSOLE/files"
	echo 'for everyone' > "$CONSOLE/files/notice.txt"
	mke2fs -q -F -t ext4 -L data -d "$CONSOLE/files" "$CONSOLE/disk" 16M
	on_disk 'mkdir /etc/phiward' "write $CONSOLE/policy.yaml /etc/phiward/policy.yaml" \
		"write $CONSOLE/base-debian.yaml /etc/phiward/base-debian.yaml"
}

# boot_desktop < SCRIPT: with a second disk.
boot_desktop() {
	# shellcheck disable=SC2016 # expanded there
	{ echo '. "$VM_TOP/tests/boot/lib/desktop.bash"'; cat; } |
		boot --desktop --mem 2G --disk "$CONSOLE/disk" --timeout 900 "$@"
}

@test "desktop: it boots, shows an image, prints, is updated and shuts down in order" {
	boot_desktop <<-'EOT'
		desktop_is_up
		# The machine's network and clock, the screen and who is at it.
		[[ $(ip -4 -brief address show scope global) == *" UP "*10.20.1.1/16* ]]
		wait_for eval "ip -6 -brief address show scope global | grep fd00:20:"
		assert_record action=send verdict=allow subject=clock peer=time
		loginctl list-sessions | grep -E 'radiographer +seat0'
		wait_for test -e /run/cron-ran
		udisksctl status | grep vda
		upower -e | grep DisplayDevice
		udisksctl mount -b /dev/vdb
		cmp "$(findmnt -n -o TARGET /dev/vdb)/notice.txt" /srv/notice.txt
		udisksctl unmount -b /dev/vdb
		# udev reads a touchscreen, and makes it exact.
		background /run/touchscreen lab touchscreen
		wait_for grep -r LIBINPUT_FUZZ_00 /run/udev/data
		kill $BACKGROUND_PID
		# What timers start once a day or once a week.
		systemctl start apt-daily dpkg-db-backup fstrim e2scrub_all systemd-tmpfiles-clean
		assert_record action=connect verdict=allow subject=packages peer=mirror

		# By hand root does nothing of what the services may.
		assert_refused head -c 4 /srv/dicom/1.dcm
		assert_record action=read verdict=deny subject=others object=images comm=head uid=0
		for device in /dev/vda /dev/input/event0 /dev/dri/card0; do
			assert_refused head -c 4 $device
		done
		assert_refused dumpe2fs -h /dev/vda
		! ip link set lo down
		assert_record type=tamper verdict=deny subject=others exe=/usr/bin/ip

		network
		background /run/printer outside_lab serve tcp:10.20.0.2:9100
		wait_for grep ready /run/printer
		lpadmin -p printer -E -v socket://10.20.0.2:9100 -m raw
		echo PAGE | lp -d printer -o raw
		wait_for grep 'got PAGE' /run/printer
		assert_record action=connect verdict=allow subject=printing peer=printer port=9100
		kill $BACKGROUND_PID
		run dial tcp:10.20.0.2:9100
		[ "$status" -ne 0 ]

		# An update that nobody is logged in for, and one by who logs in from far.
		cron=$(systemctl show -p MainPID cron)
		hostname=$(stat -c %i /usr/bin/hostname)
		systemctl start update
		[ "$(stat -c %i /usr/bin/hostname)" != "$hostname" ]
		[ "$(systemctl show -p MainPID cron)" != "$cron" ]
		systemctl is-active cron
		hostname=$(stat -c %i /usr/bin/hostname)
		admin_may_log_in
		admin 'sudo apt-get -qq -y --reinstall install /srv/updates/hostname_*.deb'
		[ "$(stat -c %i /usr/bin/hostname)" != "$hostname" ]
		assert_refused admin sudo head -c 4 /srv/dicom/1.dcm
		assert_refused cp /usr/bin/true /usr/bin/hostname

		# The session ends, and the greeter is there.
		pkill -x xterm
		wait_for eval "loginctl list-sessions | grep -E 'lightdm +seat0'"
		wait_for pgrep -x lightdm-gtk-gre
		no_false_refusals
		assert_lost_zero
		touch /run/vm/in-order
	EOT
	grep 'reboot: Power down' "$CONSOLE/kernel.log"
	! grep FAILED "$CONSOLE/kernel.log"
}

@test "desktop: it comes up again, and of neither boot nor of the shutdown anything was refused" {
	boot_desktop <<-'EOT'
		desktop_is_up
		[ "$(jq -s 'map(.boot // empty) | unique | length' /var/log/phiward/audit*.log)" = 2 ]
		assert_record type=system action=stop subject=phiwardd
		no_false_refusals
		assert_refused head -c 4 /srv/dicom/1.dcm
	EOT
}
