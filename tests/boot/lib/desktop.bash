# SPDX-License-Identifier: BSD-2-Clause
# shellcheck shell=bash
#
# Before each script that a boot test runs in a desktop, after console.bash.

# All its services run, and the session of the kiosk shows an image.
desktop_is_up() {
	local unit
	phiward_is state=enforcing policy=desktop
	for unit in NetworkManager wpa_supplicant avahi-daemon systemd-{logind,udevd,timesyncd,journald} dbus \
			polkit udisks2 accounts-daemon rsyslog cron ssh cups lightdm getty@tty1 user@2000; do
		wait_for systemctl is-active "$unit"
	done
	wait_for eval "nmcli -t -f STATE device | grep -x connected"
	wait_for has_record action=read verdict=allow subject=viewer object=images uid=2000 "boot=$(< /proc/sys/kernel/random/boot_id)"
	pgrep -x Xorg
	pgrep -x xterm
	lpstat -r
	[ -z "$(systemctl --failed --no-legend)" ]
}

# In the log is no refusal but of what a test tried: what runs in its own unit, `early`, and head
# in a session.
no_false_refusals() {
	records_like verdict=deny | jq -r '
		select((.cgroup // "") | test("/(vm|early)[.]service$") | not) | select(.exe != "/usr/bin/head") |
		[.type, .action, .subject, .exe, .parent_exe, .path, .addr, .port, .cgroup, .reason] | @tsv' > /run/false
	cat /run/false
	[ ! -s /run/false ]
}

# outside_lab CMD...: at the other end of the network, as a machine that the policy knows nothing of.
outside_lab() { lab nsenter --net=/run/netns/outside -- "$@"; }

# The administrators' machine gets a key.
admin_may_log_in() {
	lab ip -netns outside address add 10.20.9.2/16 dev lan0
	ssh-keygen -q -t ed25519 -N '' -f /run/admin-key
	install -d -o admin -g admin -m 700 /srv/admin /srv/admin/.ssh
	install -o admin -m 600 /run/admin-key.pub /srv/admin/.ssh/authorized_keys
}

# admin CMD...: by ssh from there.
admin() {
	outside_lab ssh -i /run/admin-key -b 10.20.9.2 -o BatchMode=yes -o StrictHostKeyChecking=no \
		-o UserKnownHostsFile=/dev/null -o LogLevel=ERROR admin@10.20.0.1 "$@"
}
