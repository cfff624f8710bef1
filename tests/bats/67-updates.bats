#!/usr/bin/env bats
# SPDX-License-Identifier: BSD-2-Clause
# kernels: 6.1
# timeout: 900
#
# Debian's package manager under policies/ct-console.yaml: it installs Orthanc and DCMTK anew, and
# they are the programs of the policy as before. Nobody else puts a program there.

load lib/phiward
load lib/console

DEBS=/run/vm/debs
DPKG=/run/vm/dpkg

setup_file() {
	load lib/phiward
	load lib/console
	forget_phiward	# what is packed and put below /usr comes before the policy
	hospital_programs /usr/bin/storescu
	mkdir -p /run/vm/scanner $DEBS
	cp /srv/dicom/[1-3].dcm /run/vm/scanner/
	small_database orthanc dcmtk
	pack orthanc
	pack dcmtk
	# Services are PID 1's, which here is no systemd; and locales take their time.
	printf '#!/bin/sh\nexit 101\n' > /usr/sbin/policy-rc.d
	chmod 755 /usr/sbin/policy-rc.d
	: > /etc/locale.gen
	prepare_archive
	start_phiward policies/ct-console.yaml
	start_archive
}
teardown_file() {
	load lib/phiward
	load lib/console
	stop_service archive
	leave_hospital
	reset_phiward
	leave_archive
	umount /var/lib/dpkg
}

setup() { mark; }

# small_database PACKAGE...: no others are installed, and these depend on none: to read the list of
# all files of the machine takes the emulated processor minutes.
small_database() {
	local package
	mkdir -p $DPKG/{info,triggers,updates,parts,alternatives}
	cp /var/lib/dpkg/info/format $DPKG/info/
	: > $DPKG/available
	for package; do
		cp -p /var/lib/dpkg/info/"$package".* $DPKG/info/
		dpkg-query -s "$package" | sed '/^Depends:/d; /^Pre-Depends:/d; /^Recommends:/d; /^Suggests:/d'
		echo
	done > $DPKG/status
	mount --bind $DPKG /var/lib/dpkg
}

# pack PACKAGE: a package of what is installed, since no mirror can be reached.
pack() {
	local root=/run/vm/pack/$1 info=/var/lib/dpkg/info/$1 file
	mkdir -p "$root/DEBIAN"
	while read -r file; do
		if [ -d "$file" ]; then
			mkdir -p "$root$file"
		elif [ -e "$file" ]; then
			cp -a "$file" "$root$file"
		fi
	done < "$info.list"
	dpkg-query -s "$1" | sed '/^Status:/d; /^Conffiles:/,/^[^ C]/{/^Conffiles:/d; /^ /d}' \
		> "$root/DEBIAN/control"
	for file in conffiles preinst postinst prerm postrm; do
		[ ! -e "$info.$file" ] || cp -p "$info.$file" "$root/DEBIAN/$file"
	done
	dpkg-deb -Znone -b "$root" "$DEBS/$1.deb" > /dev/null
	rm -r "$root"
}

# installs CMD...: Orthanc is another file then, nothing was refused, nothing is left half done. It
# is stopped before, as its package does where there is systemd.
installs() {
	local before
	before=$(stat -c %i /usr/sbin/Orthanc)
	stop_service archive
	mark
	assert_allowed "$@" || return 1
	[ "$(stat -c %i /usr/sbin/Orthanc)" != "$before" ] || { fail "it is the same: $output"; return 1; }
	[ -z "$(dpkg --audit)" ] || { fail "$(dpkg --audit)"; return 1; }
	# userdel(8) looks whose the running processes are; that it is not shown of members hurts nobody.
	assert_no_record verdict=deny subject=packages action~'^[^t]'
}

# Orthanc and a tool of DCMTK that PID 1, and a session, start now are what the policy says.
works() {
	start_archive
	mark
	assert_allowed hospital storescu -aet CT1 -aec CONSOLE 10.20.0.1 4242 "/run/vm/scanner/$1.dcm" || return 1
	assert_record action=create verdict=allow subject=archive object=images exe=/usr/sbin/Orthanc || return 1
	run at_terminal radiographer dcmdump +P PatientName /srv/dicom/1.dcm
	[[ $output == *PHANTOM* ]] || { fail "$output"; return 1; }
	assert_record action=read verdict=allow subject=viewer exe=/usr/bin/dcmdump
}

@test "updates: dpkg in a login session installs Orthanc and DCMTK, with their scripts" {
	installs in_login root dpkg -i $DEBS/orthanc.deb $DEBS/dcmtk.deb
	works 1
}

@test "updates: so does apt-get, which PID 1 starts" {
	installs by_pid1 --env DEBIAN_FRONTEND=noninteractive \
		/usr/bin/apt-get -o Dir::State::lists=/run/vm/lists -y --reinstall install $DEBS/orthanc.deb
	works 2
}

@test "updates: root's shell puts no program in the place of Orthanc" {
	stop_service archive	# a program that runs is busy before anybody is asked
	assert_refused cp /bin/true /usr/sbin/Orthanc
	assert_record type=tamper action=write verdict=deny subject=others path=/usr/sbin/Orthanc exe=/usr/bin/cp uid=0
	assert_refused cp --remove-destination /bin/true /usr/sbin/Orthanc
	assert_record type=tamper action=delete verdict=deny subject=others path=/usr/sbin/Orthanc
	cp /bin/true /tmp/Orthanc
	assert_refused mv -f /tmp/Orthanc /usr/sbin/Orthanc
	assert_refused in_login root cp /bin/true /usr/sbin/Orthanc
	assert_allowed cp /bin/true /srv/public/Orthanc
	start_archive
}

@test "updates: nor does dpkg that root's shell starts, or a copy of it" {
	run dpkg -i $DEBS/orthanc.deb
	[ "$status" -ne 0 ]
	assert_record type=exec verdict=deny subject=others peer=packages exe=/usr/bin/dpkg
	assert_record type=tamper action=create verdict=deny subject=others exe=/usr/bin/dpkg
	assert_refused mv /usr/bin/dpkg /usr/bin/other
	cp /usr/bin/dpkg /tmp/dpkg
	mark
	run in_login root /tmp/dpkg -i $DEBS/orthanc.deb
	[ "$status" -ne 0 ]
	assert_record type=tamper action=create verdict=deny subject=others exe=/tmp/dpkg
	# What they could not do is mended by who can.
	installs in_login root dpkg -i $DEBS/orthanc.deb
	works 3
	assert_lost_zero
}
