#!/usr/bin/env bats
# SPDX-License-Identifier: BSD-2-Clause
#
# Break-glass: who may open what for how long, that the kernel ends it, and that all of it is
# recorded and reviewed.
#
# newer: one

load lib/phiward
load lib/net

IMAGE=/srv/dicom/phantom.dcm
NOTE=/srv/notes/x
STATUS=/run/phiward/breakglass
PACS=10.20.5.4:2000

setup_file() {
	load lib/phiward
	load lib/net
	local name
	for name in viewer other; do
		lab cp /usr/local/bin/act "/usr/local/bin/$name"
	done
	lab cp /usr/local/bin/hold /usr/local/bin/holder
	subjects surgeon
	mkdir -p /srv/notes /srv/silent
	echo data | tee $NOTE > /srv/silent/x
	chmod -R a+rwX /srv/notes /srv/silent
	policy > /run/vm/glass.yaml
	start_phiward /run/vm/glass.yaml
	hospital pacs {tcp,udp}:$PACS
}

teardown_file() {
	load lib/phiward
	load lib/net
	phiwardd_runs || start_phiward
	! glass_is true || control '{"command":"breakglass-end"}'
	stop_net
	lab rm -f /usr/local/bin/{viewer,other,holder}
	rm -rf /srv/notes /srv/silent /run/vm/*.fifo
}

setup() { mark; }

# No test leaves a session to the next one, or a phiwardd that is gone.
teardown() {
	phiwardd_runs || start_phiward
	! glass_is true || control '{"command":"breakglass-end"}'
}

policy() {
	cat <<-EOT
	phiward: 1
	name: glass
	mode: enforce
	include: [lab.yaml]
	objects:
	  images: {paths: [/srv/dicom], on_audit_loss: keep_working}
	  silent: {paths: [/srv/silent], on_audit_loss: keep_working, audit: none}
	  notes: {paths: [/srv/notes], on_audit_loss: keep_working}
	subjects:
	  viewer:
	    exec: [/usr/local/bin/viewer, /usr/local/bin/holder]
	    started_by: [anyone]
	    access: {notes: [read]}
	    writes: [pipe]
	  other: {exec: [/usr/local/bin/other], started_by: [anyone]}
	  surgeon: {exec: $(programs surgeon), started_by: [anyone]}
	  $HOSPITAL
	others: {network: loopback}
	EOT
	[ "${1-}" = nobody ] || cat <<-EOT
	breakglass:
	  who: {users: [radiographer], groups: [games]}
	  longest: 30m
	  subjects: [viewer, surgeon]
	  objects: [images, silent]
	service: {who: {groups: [mail]}, longest: 2h, subjects: [other]}
	EOT
}

glass() { as_user radiographer phiward breakglass --reason 'no scheduled worklist' "$@"; }
end_glass() { as_user radiographer phiward breakglass --end; }
glass_is() { [[ $(cat $STATUS) == *"\"open\":$1"* ]]; }

# in_group GROUP CMD...: as mallory.
in_group() { setpriv --reuid mallory --regid mallory --groups "$@"; }

# Whether the clock from boot has passed what the file for the screen says.
is_past() {
	local until now
	until=$(jq -r .until_boot_ns $STATUS)
	read -r now _ < /proc/uptime
	[ "${now%.*}" -gt $((until / 1000000000)) ]
}

# refused_with CODE TEXT CMD...: CMD ends so, and says that.
refused_with() {
	run "${@:3}"
	[ "$status" -eq "$1" ] && [[ $output == *"$2"* ]] || fail "$status: ${*:3}: $output"
}

@test "breakglass: what is refused is allowed while it is open, recorded, and refused again" {
	assert_refused viewer read $IMAGE
	assert_allowed glass --for 5m --subject viewer
	assert_record type=breakglass action=start verdict=allow path~'^session [0-9]*: breakglass by uid 2000, auid none, pid [0-9]*, for subject viewer, until .*Z: no scheduled worklist$'
	glass_is true
	assert_allowed viewer read $IMAGE
	assert_record type=file verdict=deny enforced=false action=read object=images subject=viewer reason~'break-glass is open'
	assert_allowed end_glass
	assert_record type=breakglass action=stop path~'ended by uid 2000'
	glass_is false
	assert_refused viewer read $IMAGE
}

@test "breakglass: it opens what it was opened for, and nothing beside it" {
	assert_allowed glass --for 5m --subject viewer
	assert_allowed viewer read $IMAGE
	assert_refused other read $IMAGE
	as_anybody assert_refused act read $IMAGE
	assert_record verdict=deny enforced=true action=read object=images subject=other
	assert_allowed end_glass
	assert_allowed glass --for 5m --object images
	as_anybody assert_allowed act read $IMAGE
	assert_allowed other read $IMAGE
	assert_refused act read $NOTE
	assert_allowed viewer read $NOTE
	assert_record verdict=deny enforced=false action=read object=images subject=others uid=2001 reason~'break-glass is open'
}

@test "breakglass: without a name all that the policy names is open, and no more" {
	assert_allowed glass --for 5m
	assert_record type=breakglass action=start path~'for all that the policy names, until'
	assert_allowed viewer read $IMAGE
	assert_allowed act read $IMAGE
	assert_allowed viewer write $NOTE
	assert_refused act read $NOTE
	assert_refused other read $NOTE
}

@test "breakglass: the kernel ends it when phiwardd was killed" {
	assert_allowed glass --for 12s --subject viewer
	stop_phiward 9
	assert_allowed viewer read $IMAGE
	wait_for is_past
	assert_refused viewer read $IMAGE
	start_phiward
	wait_for glass_is false
	assert_record type=breakglass action=stop path~': expired$'
	assert_record verdict=deny enforced=false object=images subject=viewer reason~'break-glass is open'
	assert_record verdict=deny enforced=true object=images subject=viewer
}

@test "breakglass: phiwardd ends it, and a stopped or restarted one changes nothing" {
	assert_allowed glass --for 20s --subject viewer
	stop_phiward
	start_phiward
	glass_is true
	assert_allowed viewer read $IMAGE
	wait_for glass_is false
	assert_record type=breakglass action=stop path~': expired$'
	assert_refused viewer read $IMAGE
	pid1 kill "$(phiwardd_pid)" 0
}

@test "breakglass: who is not named may not, root neither" {
	refused_with 3 'you may not ask phiwardd' as_user mallory phiward breakglass --reason x --for 1m
	refused_with 1 "'breakglass' of the policy does not name you" phiward breakglass --reason x --for 1m
	refused_with 1 "'service' of the policy does not name you" glass --service --ticket T --for 1m
	assert_record type=breakglass action=start verdict=deny path~'breakglass by uid 0, .*does not name you'
	refused_with 1 "does not name you" in_group mail phiward breakglass --reason x --for 1m
	glass_is false
	assert_refused viewer read $IMAGE
	assert_allowed in_group games phiward breakglass --reason x --for 1m
	refused_with 1 'does not name you' in_group mail phiward breakglass --end
	assert_allowed in_group games phiward breakglass --end
}

@test "breakglass: too long, for a name that is not there, without a reason, and twice" {
	refused_with 1 'allows at most 1800 s' glass --for 31m
	refused_with 1 'at least 1s' glass --for 999ms
	refused_with 1 "does not name the subject 'other'" glass --for 1m --subject other
	refused_with 1 "does not name the subject 'nobody'" glass --for 1m --subject nobody
	refused_with 1 "does not name the object 'notes'" glass --for 1m --object notes
	refused_with 1 'the reason is empty' as_user radiographer phiward breakglass --for 1m --reason ' '
	refused_with 2 usage as_user radiographer phiward breakglass --for 1m
	refused_with 2 'is no time' glass --for soon
	assert_record type=breakglass action=start verdict=deny path~'allows at most 1800 s'
	assert_record type=breakglass action=start verdict=deny path~"does not name the subject 'other'"
	glass_is false
	assert_refused viewer read $IMAGE
	assert_allowed glass --for 30m
	refused_with 1 'of uid 2000 is open until' glass --for 1m
	glass_is true
}

@test "breakglass: what it lets pass is recorded where nothing else is" {
	assert_refused act read /srv/silent/x
	assert_allowed glass --for 5m --object silent
	assert_allowed act read /srv/silent/x
	assert_record verdict=deny enforced=false action=read object=silent subject=others
	assert_no_record enforced=true object=silent
}

@test "breakglass: a session waits for its review by somebody else" {
	local number
	assert_allowed glass --for 5m --subject viewer
	number=$(jq .session $STATUS)
	assert_allowed viewer read $IMAGE
	refused_with 1 'still open' phiward review "$number" --note x
	assert_allowed end_glass
	run phiward review
	[ "$status" -eq 1 ]
	[[ $output == *"session $number, "*"for subject viewer"*"no scheduled worklist"*"accesses let pass; ended by uid 2000"*"waits for its review"* ]] || fail "$output"
	[[ $(phiward review --json | grep "\"session\":$number,") == *'"passed":'[1-9]*'"reviewed":null'* ]] || fail "$(phiward review --json)"
	refused_with 3 'may not' as_user mallory phiward review "$number" --note x
	refused_with 1 'who opened it does not review it' setpriv --reuid radiographer --regid radiographer \
		--groups phiward-audit phiward review "$number" --note fine
	refused_with 1 'no session of this number' phiward review 4711 --note fine
	refused_with 1 'the note is empty' phiward review "$number" --note ' '
	assert_allowed in_group phiward-audit phiward review "$number" --note 'one image, justified'
	assert_record type=breakglass action=review path~"^session $number: reviewed by uid 2001, auid .*: one image, justified\$"
	! phiward review --json | grep "\"session\":$number," || fail "it still waits"
	phiward review --all --json | grep -q "\"session\":$number,.*one image, justified"
	refused_with 1 'no session of this number' phiward review "$number" --note fine
}

@test "breakglass: service is another list, and needs a ticket" {
	refused_with 2 usage in_group mail phiward breakglass --service --reason x --for 1m
	assert_refused other read $NOTE
	assert_allowed in_group mail phiward breakglass --service --ticket T-4711 --reason calibration --for 1h
	assert_record type=breakglass action=start path~': service by uid 2001, .*, ticket T-4711: calibration$'
	assert_allowed other read $NOTE
	assert_refused viewer read $IMAGE
	refused_with 1 'is open until' glass --for 1m
	assert_allowed in_group mail phiward breakglass --end
	assert_refused other read $NOTE
}

@test "breakglass: descriptors and mappings are asked for again when it is over" {
	assert_allowed glass --for 5m
	# Started with no file of others, so that nothing else has it asked at each use.
	mkfifo -m 666 /run/vm/member.fifo
	background /run/vm/member.out bash -c 'for fd in /proc/self/fd/*; do
			[ "${fd##*/}" -lt 3 ] || eval "exec ${fd##*/}>&-"
		done
		FIFO=/run/vm/member.fifo holder "$@" 2> /dev/null | cat' - $IMAGE /srv/dicom
	wait_for grep -qx held /run/vm/member.out
	exec 7< $IMAGE
	assert_allowed act take 7
	assert_allowed end_glass
	echo > /run/vm/member.fifo
	wait_for grep -q old-mapping /run/vm/member.out
	run cat /run/vm/member.out
	rm /run/vm/member.*
	[[ $output == *"read: EACCES"* && $output == *"list: EACCES"* && $output == *"reopen: EACCES"* ]] || fail "$output"
	run act take 7
	[[ $output == *EACCES* ]] || fail "$output"
	exec 7<&-
}

@test "breakglass: a connection is of no use when it is over" {
	all_are EACCES /opt/surgeon/dial "tcp:$PACS"
	assert_allowed glass --for 5m --subject surgeon
	plugged held /opt/surgeon/plug
	told held ok "connect tcp:$PACS" send recv
	assert_record type=net verdict=deny enforced=false action=connect subject=surgeon addr=10.20.5.4 reason~'break-glass is open'
	all_are EACCES dial "tcp:$PACS"
	plugged datagrams /opt/surgeon/plug
	told datagrams ok "connect udp:$PACS" send
	plugged server /opt/surgeon/plug
	told server ok "bind tcp:0.0.0.0:2100" listen
	plugged client outside /opt/hospital/plug
	told client ok 'connect tcp:10.20.0.1:2100'
	assert_allowed end_glass
	told held EACCES send
	told datagrams EACCES send
	told client ETIMEDOUT 'connect tcp:10.20.0.1:2100'
	all_are EACCES /opt/surgeon/dial "tcp:$PACS"
}

@test "breakglass: nobody opens it past phiwardd, or by what it keeps" {
	glass_is false
	assert_refused sh -c 'echo "{\"sessions\":[],\"last\":0}" > /var/lib/phiward/breakglass.json'
	run bpftool map update pinned /sys/fs/bpf/phiward/maps/shared key 0 0 0 0 value 0
	[ "$status" -ne 0 ]
	# What a screen shows opens nothing, and phiwardd writes it anew.
	echo '{"open":true}' > $STATUS
	assert_refused viewer read $IMAGE
	assert_allowed glass --for 15s --subject viewer
	run kill -STOP "$(phiwardd_pid)"
	[ "$status" -ne 0 ]
	pid1 kill "$(phiwardd_pid)" 19
	assert_allowed viewer read $IMAGE
	wait_for is_past
	assert_refused viewer read $IMAGE
	pid1 kill "$(phiwardd_pid)" 18
	wait_for glass_is false
	assert_record type=breakglass action=stop path~': expired$'
}

@test "breakglass: what would outlast it stays refused, and so does the guard" {
	assert_allowed glass --for 5m
	assert_allowed cp $IMAGE /srv/dicom/copy
	assert_refused mv /srv/dicom/copy /srv/public/copy
	assert_refused ln /srv/dicom/copy /srv/public/copy
	assert_allowed ln /srv/dicom/copy /srv/dicom/second
	assert_allowed rm /srv/dicom/second
	assert_allowed mv /srv/dicom/copy /srv/dicom/moved
	assert_allowed rm /srv/dicom/moved
	all_are EACCES /opt/surgeon/kinds packet
	assert_refused dd if=/dev/vda of=/dev/null count=1
	assert_refused act write /usr/local/bin/viewer
	run bpftool map dump pinned /sys/fs/bpf/phiward/maps/shared
	[ "$status" -ne 0 ]
	phiward_is enforcing=true
}

@test "breakglass: another policy ends it" {
	assert_allowed glass --for 5m
	assert_allowed viewer read $IMAGE
	policy | apply_policy
	assert_record type=breakglass action=stop path~'ended with its policy'
	glass_is false
	assert_refused viewer read $IMAGE
	policy nobody | apply_policy
	refused_with 3 'you may not ask' glass --for 1m
	assert_refused viewer read $IMAGE
	policy | apply_policy
	assert_allowed glass --for 1m
}

@test "breakglass: the clock on the wall does not matter" {
	local now
	assert_allowed glass --for 15s --subject viewer
	now=$(date +%s)
	lab date -s '2020-01-01' > /dev/null
	assert_allowed viewer read $IMAGE
	wait_for is_past
	assert_refused viewer read $IMAGE
	wait_for glass_is false
	lab date -s "@$((now + 15))" > /dev/null
}

@test "breakglass: everybody can see that it is open" {
	[ "$(stat -c '%a %U' $STATUS)" = '644 root' ]
	assert_allowed glass --for 5m --subject viewer
	[ "$(stat -c '%a %U' $STATUS)" = '644 root' ]
	run as_user mallory cat $STATUS
	[[ $output == *'"kind":"breakglass"'*'"subject":"viewer"'*'"uid":2000'* && $output != *worklist* ]] || fail "$output"
	phiward_is daemon=true
	run phiward status
	[[ $output == *'breakglass'*'OPEN for subject viewer'* ]] || fail "$output"
}
