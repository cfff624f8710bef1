#!/usr/bin/env bats
# SPDX-License-Identifier: BSD-2-Clause
# kernels: 6.1
# timeout: 900
#
# policies/ct-console.yaml with the software it names: Orthanc, DCMTK, rsyslogd. One archive
# and one PACS work for all tests; each step is followed by its record.

load lib/phiward
load lib/console

setup_file() {
	load lib/phiward
	load lib/console
	hospital_programs /usr/bin/storescu /usr/bin/storescp /usr/bin/echoscu /usr/bin/ncat
	lab ip -netns outside address add 10.20.0.51/16 dev lan0
	# And a network that is not the hospital's.
	lab ip address add 192.168.77.1/24 dev lan0
	lab ip -netns outside address add 192.168.77.2/24 dev lan0
	mkdir -p /run/vm/scanner
	cp /srv/dicom/[1-3].dcm /run/vm/scanner/
	prepare_archive
	install -d -o dcmtk -g dcmtk /srv/dicom/incoming
	install -d -o radiographer -g radiographer -m 750 /srv/dicom/viewer
	start_phiward policies/ct-console.yaml
	start_archive
	start_pacs
}
teardown_file() {
	load lib/phiward
	load lib/console
	stop_service archive
	leave_hospital
	reset_phiward
	leave_archive
	lab ip address del 192.168.77.1/24 dev lan0
	lab ip -netns outside address del 192.168.77.2/24 dev lan0
	rm -r /srv/dicom/incoming /srv/dicom/viewer
}

setup() { mark; }

send() { hospital storescu -aet CT1 -aec CONSOLE "$@"; }

# ask COMMAND ARGUMENT...: the viewer asks the archive about image 1.
ask() {
	at_terminal radiographer "$1" -S -aet VIEWER -aec CONSOLE "${@:2}" \
		-k QueryRetrieveLevel=IMAGE -k StudyInstanceUID=2.25.2000 \
		-k SeriesInstanceUID=2.25.3000 127.0.0.1 4242
}

# ---- Allowed -------------------------------------------------------------------------------

@test "ct-console, allowed: the scanner sends images to the archive" {
	assert_allowed send 10.20.0.1 4242 /run/vm/scanner/1.dcm /run/vm/scanner/2.dcm
	assert_record action=listen verdict=allow subject=archive addr=10.20.0.2 port=4242 peer=hospital
	assert_record action=create verdict=allow subject=archive object=images \
		path~'^/var/lib/orthanc/db-v6/../../'
}

@test "ct-console, allowed: an image that comes twice is stored once: the archive deletes" {
	assert_allowed send 10.20.0.1 4242 /run/vm/scanner/1.dcm
	assert_record action=delete verdict=allow subject=archive object=images
}

@test "ct-console, allowed: the viewer finds images by loopback" {
	run ask findscu -k SOPInstanceUID
	[ "$(grep -ac 'SOPInstanceUID' <<< "$output")" -eq 2 ]
	assert_record action=connect verdict=allow subject=viewer addr=127.0.0.1 port=4242 \
		uid=2000 auid=2000
}

@test "ct-console, allowed: the viewer fetches one into the object" {
	assert_allowed ask getscu -od /srv/dicom/viewer -k SOPInstanceUID=2.25.10001
	[ -s /srv/dicom/viewer/CT.2.25.10001 ]
	assert_record action=create verdict=allow subject=viewer object=images \
		path=/srv/dicom/viewer/CT.2.25.10001
}

@test "ct-console, allowed: the viewer shows one on the terminal" {
	run at_terminal radiographer dcmdump +P PatientName /srv/dicom/viewer/CT.2.25.10001
	[[ $output == *PHANTOM^NUMBER1* ]]
	assert_record action=read verdict=allow subject=viewer object=images exe=/usr/bin/dcmdump
}

@test "ct-console, allowed: the viewer makes a picture of one, in the object" {
	assert_allowed at_terminal radiographer \
		dcm2pnm /srv/dicom/viewer/CT.2.25.10001 /srv/dicom/viewer/1.pgm
	[ -s /srv/dicom/viewer/1.pgm ]
	assert_record action=create verdict=allow subject=viewer object=images \
		path=/srv/dicom/viewer/1.pgm
}

@test "ct-console, allowed: the archive forwards one to the PACS" {
	assert_allowed ask movescu -aem PACS -k SOPInstanceUID=2.25.10002
	wait_for test -s "$PACS_DIR/CT.2.25.10002"
	assert_record action=connect verdict=allow subject=archive peer=pacs port=104
}

@test "ct-console, allowed: a radiographer sends one to the PACS by hand, with storescu" {
	assert_allowed at_terminal radiographer storescu -aec PACS 10.20.5.4 104 /srv/dicom/3.dcm
	wait_for test -s "$PACS_DIR/CT.2.25.10003"
	assert_record action=read verdict=allow subject=sender object=images path=/srv/dicom/3.dcm
	assert_record action=connect verdict=allow subject=sender peer=pacs port=104
}

@test "ct-console, allowed: and with dcmsend" {
	rm "$PACS_DIR/CT.2.25.10003"
	assert_allowed at_terminal radiographer dcmsend -aec PACS 10.20.5.4 104 /srv/dicom/3.dcm
	wait_for test -s "$PACS_DIR/CT.2.25.10003"
	assert_record action=connect verdict=allow subject=sender exe=/usr/bin/dcmsend peer=pacs
}

# receiver [OPTION...]: storescp as a service, until it listens.
receiver() {
	pid1 start --user dcmtk --env TCP_NODELAY=1 -- \
		/usr/bin/storescp "$@" -dhl -od /srv/dicom/incoming 11112 > /run/vm/receiver.pid
	wait_for eval "ss -Hltn 'sport = :11112' | grep -q ."
}

@test "ct-console, allowed: the receiver takes what is sent to it" {
	receiver
	assert_allowed send 10.20.0.1 11112 /run/vm/scanner/3.dcm
	wait_for eval 'has_record action=create verdict=allow subject=receiver object=images'
	assert_record action=listen verdict=allow subject=receiver addr=10.20.0.2 port=11112
	assert_no_record subject=receiver verdict=deny
	stop_service receiver
}

@test "ct-console, allowed: rsyslogd sends the log to the log host" {
	cat > /run/vm/rsyslog.conf <<-'EOT'
	module(load="imuxsock" SysSock.Name="/run/vm/log" SysSock.RateLimit.Interval="0")
	*.* @10.20.0.51:514
	EOT
	background /run/vm/loghost hospital ncat -u -l 514
	wait_for eval "outside ss -Hlun 'sport = :514' | grep -q ."
	pid1 start -- /usr/sbin/rsyslogd -n -f /run/vm/rsyslog.conf -i NONE > /run/vm/rsyslogd.pid
	wait_for test -S /run/vm/log
	logger -u /run/vm/log -t console "the door is open"
	wait_for grep -q 'the door is open' /run/vm/loghost
	assert_record action=send verdict=allow subject=log-forwarder proto=udp peer=loghost port=514
	stop_service rsyslogd
}

# ---- Refused -------------------------------------------------------------------------------

@test "ct-console, refused: root reads neither the index of the archive nor an image" {
	assert_refused cat /var/lib/orthanc/db-v6/index
	assert_refused cp -r /srv/dicom /tmp/all
	assert_record action=read verdict=deny subject=others path=/var/lib/orthanc/db-v6/index
	assert_record action=read verdict=deny subject=others path=/srv/dicom exe=/usr/bin/cp
	assert_allowed cat /srv/public/notice.txt
}

@test "ct-console, refused: a machine that is not of the hospital does not reach the archive" {
	run send -to 3 192.168.77.1 4242 /run/vm/scanner/1.dcm
	[ "$status" -ne 0 ]
	assert_record action=listen verdict=deny subject=archive addr=192.168.77.2 port=4242
	assert_allowed hospital echoscu -aec CONSOLE 10.20.0.1 4242
}

@test "ct-console, refused: no local program but the viewer asks the archive, by any address" {
	local address
	for address in 127.0.0.1 10.20.0.1; do
		run curl -sS -m 5 "http://$address:8042/instances"
		[ "$status" -ne 0 ]
		assert_record action=connect verdict=deny subject=others addr=$address port=8042
	done
	run /usr/bin/echoscu -aec CONSOLE 127.0.0.1 4242
	[ "$status" -ne 0 ]
	assert_record action=connect verdict=deny subject=others exe=/usr/bin/echoscu port=4242
}

@test "ct-console, refused: what the viewer shows does not get into a file or a pipe" {
	run in_login root bash -c 'dcmdump /srv/dicom/1.dcm > /tmp/leak'
	[ ! -s /tmp/leak ]
	assert_record action=write verdict=deny subject=viewer path=/tmp/leak
	rm -f /tmp/leak
	run in_login root bash -c 'dcmdump /srv/dicom/1.dcm | cat'
	[ -z "$output" ]
	assert_record action=read verdict=allow subject=viewer path=/srv/dicom/1.dcm
	assert_record action=write verdict=deny subject=viewer volume=null
}

@test "ct-console, refused: the viewer stores nothing outside the object" {
	run ask getscu -od /tmp -k SOPInstanceUID=2.25.10001
	[ ! -e /tmp/CT.2.25.10001 ]
	assert_record action=create verdict=deny subject=viewer path=/tmp/CT.2.25.10001
}

@test "ct-console, refused: a job that nobody logged in for reads nothing with the viewer's program" {
	assert_refused as_user radiographer dcmdump /srv/dicom/1.dcm
	assert_record type=exec verdict=deny subject=others peer=viewer uid=2000 auid=null
	assert_record action=read verdict=deny subject=others path=/srv/dicom/1.dcm
}

@test "ct-console, refused: the sender sends to nobody but the PACS" {
	run at_terminal radiographer storescu -to 3 10.20.0.2 104 /srv/dicom/1.dcm
	[ "$status" -ne 0 ]
	assert_record action=connect verdict=deny subject=sender addr=10.20.0.2 port=104
}

@test "ct-console, refused: the archive forwards to nobody but the PACS, whoever configures it" {
	stop_service archive
	sed -i 's/"pacs":/"evil": ["EVIL", "10.20.0.2", 104], &/' /etc/orthanc-console/orthanc.json
	start_archive
	mark
	run ask movescu -aem EVIL -k SOPInstanceUID=2.25.10002
	assert_record action=connect verdict=deny subject=archive addr=10.20.0.2 port=104
	[ ! -e "$PACS_DIR/CT.2.25.10001" ]
}

@test "ct-console, refused: the archive's program is no archive for a shell, whose user it may be, nor for PID 1 as another" {
	mkdir -p /tmp/own
	sed 's/4242/5242/; s/8042/9042/' /etc/orthanc-console/orthanc.json > /tmp/own/orthanc.json
	run as_user orthanc timeout 60 /usr/sbin/Orthanc /tmp/own
	[[ $output == *'Unable to open the database'* ]]
	assert_record type=exec verdict=deny subject=others peer=archive uid=104
	assert_record action=read verdict=deny subject=others path=/var/lib/orthanc/db-v6/index

	# Forked by PID 1, but not as the user that the policy names.
	by_pid1 --user dcmtk /usr/sbin/Orthanc --version
	assert_record type=exec verdict=deny peer=archive reason~user
}

@test "ct-console, refused: what the receiver is told to run is no receiver" {
	receiver --exec-sync -xcr 'cp #p/#f /tmp/leaked.dcm'
	assert_allowed send 10.20.0.1 11112 /run/vm/scanner/2.dcm
	wait_for eval 'has_record action=read verdict=deny subject=others exe=/usr/bin/cp object=images'
	[ ! -e /tmp/leaked.dcm ]
	stop_service receiver
}

@test "ct-console, refused: others serve no port of the archive's and reach no machine outside" {
	run timeout 5 ncat -l 11112
	assert_record action=listen verdict=deny subject=others port=11112
	run curl -sS -m 5 http://10.20.5.4:104/
	[ "$status" -ne 0 ]
	assert_record action=connect verdict=deny subject=others peer=pacs port=104
	assert_lost_zero
}
