#!/usr/bin/env bats
# SPDX-License-Identifier: BSD-2-Clause
# kernels: 6.1
# timeout: 900
#
# policies/patient-monitor.yaml: the monitor's program is socat under the vendor's name, which
# can do anything; observations go out as HL7 by mllp-send and as MQTT over TLS by
# mosquitto_pub, to an interface engine and a broker at the other end of the network.

load lib/phiward
load lib/console

TRENDS=/var/lib/monitor/trends
RECEIVED=/run/vm/received.hl7
CERTIFICATES=/run/vm/certificates

setup_file() {
	load lib/phiward
	load lib/console
	hospital_programs /usr/sbin/mosquitto /usr/bin/mosquitto_sub /usr/bin/ncat \
		/usr/local/bin/mllp-serve
	mkdir -p /opt/vendor/bin
	cp /usr/bin/socat /opt/vendor/bin/monitor
	cp /usr/local/bin/mllp-send /opt/vendor/bin/
	on_volume /var/lib/monitor
	on_volume /var/log/monitor
	mkdir "$TRENDS"
	printf 'MSH|^~\\&|MONITOR|BED7|||20261124||ORU^R01|1|P|2.3\rOBX|1|NM|HR||72\r' > "$TRENDS/oru.hl7"
	echo '{"bed": 7, "hr": 72}' > "$TRENDS/vitals.json"
	start_phiward policies/patient-monitor.yaml
	make_certificates
	start_hospital
}
teardown_file() {
	load lib/phiward
	load lib/console
	leave_hospital
	reset_phiward
	umount /var/lib/monitor /var/log/monitor
	rm -r /srv/console /opt/vendor
}

setup() { mark; }

# The broker's certificate, for its address, and the authority that signed it.
make_certificates() {
	mkdir -p "$CERTIFICATES"
	(cd "$CERTIFICATES" &&
		openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 2 \
			-subj /CN=hospital -keyout ca.key -out ca.pem &&
		openssl req -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes \
			-subj /CN=central-station -keyout broker.key -out broker.csr &&
		openssl x509 -req -in broker.csr -CA ca.pem -CAkey ca.key -CAcreateserial -days 2 \
			-extfile <(echo subjectAltName=IP:10.20.0.2) -out broker.pem) 2> /dev/null
	chmod 644 "$CERTIFICATES"/*
	cat > "$CERTIFICATES/broker.conf" <<-EOT
	listener 8883
	allow_anonymous true
	cafile $CERTIFICATES/ca.pem
	certfile $CERTIFICATES/broker.pem
	keyfile $CERTIFICATES/broker.key
	log_type all
	EOT
}

start_hospital() {
	background /run/vm/engine.log hospital mllp-serve 2575 "$RECEIVED"
	background /run/vm/broker.log hospital mosquitto -c "$CERTIFICATES/broker.conf"
	wait_for hospital_listens 2575
	wait_for hospital_listens 8883
	background /run/vm/vitals hospital mosquitto_sub --cafile "$CERTIFICATES/ca.pem" \
		-h 10.20.0.2 -p 8883 -t 'bed7/#' -C 1
	wait_for grep -q 'Sending SUBACK' /run/vm/broker.log
}

# As services of the console. What they say must go where they may write.
monitor() { by_pid1 /opt/vendor/bin/monitor "$@"; }
service() {
	local code=0
	rm -f /var/log/monitor/said
	pid1 run --out /var/log/monitor/said -- "$@" || code=$?
	cat /var/log/monitor/said
	return $code
}
send() { service /opt/vendor/bin/mllp-send "$@"; }
publish() { service /usr/bin/mosquitto_pub "$@" --cafile "$CERTIFICATES/ca.pem" -t bed7/vitals; }

# ---- Allowed -------------------------------------------------------------------------------

@test "patient-monitor, allowed: the monitor makes a trend, writes on in it and reads it" {
	echo 72 > /run/vm/sample
	assert_allowed monitor -u OPEN:/run/vm/sample "CREATE:$TRENDS/hr"
	assert_record action=create verdict=allow subject=monitor-ui object=trends path="$TRENDS/hr"
	assert_allowed monitor -u OPEN:/run/vm/sample "OPEN:$TRENDS/hr,append"
	assert_record action=write verdict=allow subject=monitor-ui object=trends path="$TRENDS/hr"
	run monitor -u "OPEN:$TRENDS/hr" -
	[ "$output" = "72"$'\n'"72" ]
	assert_record action=read verdict=allow subject=monitor-ui object=trends path="$TRENDS/hr"
}

@test "patient-monitor, allowed: the monitor deletes an old trend" {
	assert_allowed monitor -u OPEN:/run/vm/sample "CREATE:$TRENDS/old"
	assert_allowed monitor -u OPEN:/run/vm/sample "OPEN:$TRENDS/old,unlink-late"
	[ ! -e "$TRENDS/old" ]
	assert_record action=delete verdict=allow subject=monitor-ui object=trends path="$TRENDS/old"
}

@test "patient-monitor, allowed: the monitor is never blocked: an alarm to wherever, recorded" {
	background /run/vm/alarm hospital ncat -l 104
	wait_for hospital_listens 104
	echo 'asystole, bed 7' > /run/vm/alarm.txt
	assert_allowed monitor -u OPEN:/run/vm/alarm.txt TCP:10.20.5.4:104
	wait_for grep -q asystole /run/vm/alarm
	assert_record action=connect verdict=allow subject=monitor-ui addr=10.20.5.4 port=104 \
		reason~'never'
}

@test "patient-monitor, allowed: nor by where it writes" {
	assert_allowed monitor -u OPEN:/run/vm/sample CREATE:/tmp/crash-report
	[ "$(cat /tmp/crash-report)" = 72 ]
}

@test "patient-monitor, allowed: observations go to the interface engine as HL7" {
	assert_allowed send 10.20.5.4 2575 "$TRENDS/oru.hl7"
	wait_for grep -q 'OBX|1|NM|HR||72' "$RECEIVED"
	assert_record action=read verdict=allow subject=hl7-sender object=trends path="$TRENDS/oru.hl7"
	assert_record action=connect verdict=allow subject=hl7-sender peer=interface-engine port=2575
}

@test "patient-monitor, allowed: the sender keeps its log" {
	assert_allowed send 10.20.5.4 2575 "$TRENDS/oru.hl7" /var/log/monitor/hl7.log
	grep -q '^accepted' /var/log/monitor/hl7.log
	assert_no_record subject=hl7-sender verdict=deny
}

@test "patient-monitor, allowed: vital signs go to the central station by MQTT over TLS" {
	assert_allowed publish -h 10.20.0.2 -p 8883 -f "$TRENDS/vitals.json"
	wait_for grep -q '"hr": 72' /run/vm/vitals
	assert_record action=read verdict=allow subject=vitals-publisher object=trends \
		path="$TRENDS/vitals.json"
	assert_record action=connect verdict=allow subject=vitals-publisher peer=central-station port=8883
}

@test "patient-monitor, allowed: everybody may ask the resolver" {
	background /run/vm/dns hospital ncat -u -l 53
	wait_for outside grep -q ':0035 ' /proc/net/udp
	echo question | assert_allowed ncat -u --send-only 10.20.0.53 53
	wait_for grep -q question /run/vm/dns
	assert_no_record verdict=deny
}

@test "patient-monitor, allowed: programs of the console talk to each other" {
	background /run/vm/heard ncat -l 127.0.0.1 7000
	wait_for grep -q ':1B58 .* 0A ' /proc/net/tcp
	echo local | assert_allowed ncat --send-only 127.0.0.1 7000
	wait_for grep -q local /run/vm/heard
	assert_no_record verdict=deny
}

@test "patient-monitor, allowed: files that are nobody's data" {
	assert_allowed as_user mallory cat /srv/public/notice.txt
	assert_allowed as_user mallory cp /srv/public/notice.txt /srv/public/copy
	assert_no_record
}

# ---- Refused -------------------------------------------------------------------------------

@test "patient-monitor, refused: root and a user read no trend" {
	assert_refused cat "$TRENDS/oru.hl7"
	assert_refused as_user mallory ls "$TRENDS"
	assert_record action=read verdict=deny subject=others object=trends exe=/usr/bin/cat uid=0
	assert_record action=read verdict=deny subject=others object=trends exe=/usr/bin/ls uid=2001
}

@test "patient-monitor, refused: the sender sends to no other machine" {
	run send 10.20.0.2 2575 "$TRENDS/oru.hl7"
	[[ $status -eq 1 && $output == *'Permission denied'* ]]
	assert_record action=connect verdict=deny subject=hl7-sender addr=10.20.0.2 port=2575
}

@test "patient-monitor, refused: nor to another port of the interface engine" {
	run send 10.20.5.4 2576 "$TRENDS/oru.hl7"
	[[ $status -eq 1 && $output == *'Permission denied'* ]]
	assert_record action=connect verdict=deny subject=hl7-sender peer=interface-engine port=2576
}

@test "patient-monitor, refused: the sender writes nothing but its log" {
	run send 10.20.5.4 2575 "$TRENDS/oru.hl7" /tmp/hl7-leak
	[[ $status -eq 1 && $output == *'Permission denied'* && ! -e /tmp/hl7-leak ]]
	assert_record action=create verdict=deny subject=hl7-sender path=/tmp/hl7-leak
}

@test "patient-monitor, refused: the publisher does without TLS on no other port" {
	run publish -h 10.20.0.2 -p 1883 -f "$TRENDS/vitals.json"
	[ "$status" -ne 0 ]
	assert_record action=connect verdict=deny subject=vitals-publisher peer=central-station port=1883
}

@test "patient-monitor, refused: the programs are nothing when a shell starts them" {
	run mosquitto_pub --cafile "$CERTIFICATES/ca.pem" -h 10.20.0.2 -p 8883 -t bed7/vitals \
		-f "$TRENDS/vitals.json"
	[ "$status" -ne 0 ]
	assert_record type=exec verdict=deny subject=others peer=vitals-publisher
	run in_login root /opt/vendor/bin/mllp-send 10.20.5.4 2575 "$TRENDS/oru.hl7"
	[[ $status -eq 1 && $output == *'Permission denied'* ]]
	assert_record type=exec verdict=deny subject=others peer=hl7-sender auid=0
	assert_refused /opt/vendor/bin/monitor -u "OPEN:$TRENDS/hr" -
	assert_record type=exec verdict=deny subject=others peer=monitor-ui
	assert_record action=read verdict=deny subject=others object=trends path="$TRENDS/hr"
}

@test "patient-monitor, refused: a copy of the monitor is no monitor, whoever starts it" {
	cp /opt/vendor/bin/monitor /tmp/monitor
	run by_pid1 /tmp/monitor -u "OPEN:$TRENDS/hr" -
	[[ $status -ne 0 && $output == *'Permission denied'* ]]
	assert_record action=read verdict=deny subject=others exe=/tmp/monitor path="$TRENDS/hr"
}

@test "patient-monitor, refused: what the monitor starts is not the monitor" {
	run monitor -u "EXEC:/usr/bin/cat $TRENDS/hr" -
	[[ $output == *'Permission denied'* ]]
	assert_record action=read verdict=deny subject=others exe=/usr/bin/cat object=trends
}

@test "patient-monitor, refused: never blocked is not for the disk below" {
	run monitor -u OPEN:/dev/vda,rdonly CREATE:/tmp/disk
	[[ $status -ne 0 && $output == *'Permission denied'* ]]
	assert_record type=tamper action=raw verdict=deny subject=monitor-ui path=/dev/vda
}

@test "patient-monitor, refused: nobody looks into the monitor" {
	pid1 start -- /opt/vendor/bin/monitor -u "OPEN:$TRENDS/hr,ignoreeof" /dev/null > /run/vm/monitor.pid
	wait_for eval 'has_record action=read verdict=allow subject=monitor-ui'
	run timeout 5 strace -p "$(cat /run/vm/monitor.pid)"
	[[ $status -ne 0 && $status -ne 124 ]]
	assert_record type=tamper action=trace verdict=deny subject=others peer=monitor-ui
	stop_service monitor
}

@test "patient-monitor, refused: others reach neither engine nor station, nor anything outside" {
	run ncat -w 5 --send-only 10.20.5.4 2575 < /dev/null
	[ "$status" -ne 0 ]
	run ncat -w 5 --send-only 10.20.0.2 8883 < /dev/null
	[ "$status" -ne 0 ]
	assert_record action=connect verdict=deny subject=others peer=interface-engine port=2575
	assert_record action=connect verdict=deny subject=others peer=central-station port=8883
	assert_lost_zero
}
