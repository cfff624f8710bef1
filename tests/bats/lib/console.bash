# SPDX-License-Identifier: BSD-2-Clause
# shellcheck shell=bash
#
# A console under ct-console.yaml and the hospital around it, of real software: for
# tests, the demo and `make shell`. After lib/phiward.

HOSPITAL=/opt/hospital
PACS_DIR=/run/vm/pacs
ARCHIVE_LOG=/var/log/orthanc/Orthanc.log

# What the policies of consoles include, as this site has it: the hospital's machines are
# a network namespace of this one, so its programs are judged too. At the end of
# base-debian.yaml, whose lines keep their numbers.
site_policy() {
	cat <<-EOT

	  hospital:
	    exec: [$HOSPITAL/]
	    started_by: [anyone]
	    network:
	      - connect: {tcp: [1-65535], udp: [1-65535], to: [any], netns: any}
	      - listen: {tcp: [104, 2575, 8883], udp: [53, 514], from: [any], netns: any}
	EOT
}

# The same as a file of its own, which any policy can include.
hospital_policy() {
	printf '# The hospital of this machine: its programs may do all that it needs.\nphiward: 1\n\nsubjects:'
	site_policy
}

# The console that `make shell` shows, and its hospital.
start_console() {
	hospital_programs /usr/bin/storescu /usr/bin/storescp /usr/bin/ncat /usr/bin/curl
	mkdir -p /etc/phiward
	hospital_policy > /etc/phiward/hospital.yaml
	start_phiward && apply_policy < "$VM_TOP/policies/ct-console.yaml"
}

# hospital_programs PROGRAM...: copies, because a policy knows a program by its inode.
hospital_programs() {
	mkdir -p "$HOSPITAL"
	cp --remove-destination "$@" "$HOSPITAL/"
}

# Ends every program of the hospital.
leave_hospital() {
	local exe
	for exe in /proc/[0-9]*/exe; do
		[[ $(readlink "$exe") != "$HOSPITAL"/* ]] || kill "$(basename "${exe%/exe}")"
	done
}

# hospital CMD...: one of them, at the other end of the network.
hospital() {
	if [ ! -x "$HOSPITAL/${1:-.}" ] || [ -d "$HOSPITAL/${1:-.}" ]; then
		echo "usage: hospital PROGRAM [ARGUMENT...]; its programs: $(ls -m "$HOSPITAL")" >&2
		return 2
	fi
	outside env TCP_NODELAY=1 "$HOSPITAL/$1" "${@:2}"
}

# on_volume DIR [OWNER [MODE]]: DIR lies on the patients' volume, a real ext4. The root file system
# of this machine is an overlay, on which phiward cannot tell a member's files.
on_volume() {
	install -d -o "${2:-root}" -g "${2:-root}" -m "${3:-755}" "/srv/console$1"
	mkdir -p "$1"
	mount --bind "/srv/console$1" "$1"
}

# The archive's places and configuration, before the policy is in force.
prepare_archive() {
	on_volume /var/lib/orthanc orthanc 750
	on_volume /var/log/orthanc orthanc 750
	install -d -o orthanc -g orthanc -m 700 /var/lib/orthanc/db-v6
	mkdir -p /etc/orthanc-console
	cat > /etc/orthanc-console/orthanc.json <<-'EOT'
	{
	  "Name": "console",
	  "StorageDirectory": "/var/lib/orthanc/db-v6",
	  "IndexDirectory": "/var/lib/orthanc/db-v6",
	  "DicomAet": "CONSOLE",
	  "DicomPort": 4242,
	  "HttpPort": 8042,
	  "HttpThreadsCount": 4,
	  "DicomModalities": {
	    "viewer": ["VIEWER", "127.0.0.1", 104],
	    "pacs": ["PACS", "10.20.5.4", 104]
	  }
	}
	EOT
}

# As its unit does it: forked by PID 1, as the user orthanc.
start_archive() {
	rm -f "$ARCHIVE_LOG"
	pid1 start --user orthanc --env TCP_NODELAY=1 -- \
		/usr/sbin/Orthanc --logdir=/var/log/orthanc /etc/orthanc-console > /run/vm/archive.pid
	wait_for grep -q 'Orthanc has started' "$ARCHIVE_LOG"
}

leave_archive() {
	umount /var/lib/orthanc /var/log/orthanc
	rm -r /srv/console
}

# stop_service NAME: what was started with its pid in /run/vm/NAME.pid.
stop_service() {
	local pid
	pid=$(cat "/run/vm/$1.pid")
	! pid1 kill "$pid" 15 || pid1 wait "$pid" || true
}

# The PACS of the hospital: what it is sent lies in PACS_DIR.
start_pacs() {
	mkdir -p "$PACS_DIR"
	background /run/vm/pacs.log hospital storescp -v -aet PACS -od "$PACS_DIR" -dhl 104
	wait_for hospital_listens 104
}

# hospital_listens PORT: TCP.
hospital_listens() { outside ss -Hltn "sport = :$1" | grep -q .; }

# at_terminal USER CMD...: in a login session, with a terminal of its own, which
# programs that may write to `tty` alone need.
at_terminal() {
	local user=$1
	shift
	login-as "$user" script -qec "$(printf '%q ' "$@")" /dev/null
}
