# SPDX-License-Identifier: BSD-2-Clause
# shellcheck shell=bash
#
# What both parts of the soak have in common: the policies that are swapped, who opens the
# patient's file meanwhile, and the count of the records.

. "$VM_TOP/tests/bats/lib/phiward.bash"
FILE=/srv/dicom/phantom.dcm
BEAT=/run/vm/beat
PROCESSES=2	# of each kind

# Four policies that say the same of this file and its reader, and all else differently:
# numbers of subjects and objects, roots, names, rules, file systems. A script that has the
# function further_subjects adds what that prints to each.
policy() {
	cat <<-EOT
	phiward: 1
	name: soak
	mode: enforce
	objects:
	EOT
	[ "$1" -ne 1 ] || echo "  first: {paths: [/srv/public/first], on_audit_loss: deny}"
	[ "$1" -ne 2 ] || echo "  inner: {paths: [/srv/dicom/archive], audit: denied, on_audit_loss: deny}"
	echo "  images: {paths: [/srv/dicom], audit: all, on_audit_loss: keep_working}"
	[ "$1" -ne 3 ] || echo "  elsewhere: {paths: [/var/tmp], audit: none, on_audit_loss: keep_working}"
	cat <<-EOT
	subjects:
	EOT
	[ "$1" -eq 0 ] || printf '  %s\n' "before$1:" "  exec: [/usr/bin/head]" "  started_by: [init]" \
		"  access: {images: [read]}" "  writes: [/srv/public, tty]" \
		"  network: [{connect: {tcp: [$((100 + $1))], to: [10.20.5.$1]}}]"
	cat <<-EOT
	  reader:
	    exec: [/usr/local/bin/opens-member]
	    started_by: [init]
	    access: {images: [read]}
	    writes: [pipe]
	EOT
	[ "$1" -ne 3 ] || printf '  %s\n' "after:" "  exec: [/usr/bin/tail]" "  started_by: [login]" \
		"  access: {elsewhere: [read, write]}"
	! declare -F further_subjects > /dev/null || further_subjects
	echo "others: {network: loopback}"
}

# Before phiward is started: its log is on the disk that is there for it.
prepare_soak() {
	local n
	mkdir -p /var/log/phiward /srv/public/first
	if [ -b /dev/vdb ]; then
		mkfs.ext4 -q /dev/vdb
		mount /dev/vdb /var/log/phiward
		chmod 750 /var/log/phiward
	fi
	cp /usr/local/bin/opens /usr/local/bin/opens-member
	for n in 0 1 2 3; do
		policy $n > /run/vm/soak-$n.yaml
	done
}

# swap_to N: puts the policy number N modulo 4 into force. Asks phiwardd itself, because to start
# `phiward` would take longer than the swap.
swap_to() {
	local version text answer
	version=$(($(< "$POLICY_VERSION_FILE") + 1))
	text=$(< "/run/vm/soak-$(($1 % 4)).yaml")
	text=${text/phiward: 1/phiward: 1$'\n'version: $version}
	text=${text//$'\n'/\\n}
	answer=$(control '{"command":"apply","sources":[{"name":"soak.yaml","text":"'"$text\\n"'"}]}')
	[[ $answer == '{"ok":true'* ]] || { fail "policy $1: $answer"; return 1; }
	echo "$version" > "$POLICY_VERSION_FILE"
}

# start_opens EACH: members and others open the file, each process EACH times for a beat.
start_opens() {
	echo 1 > $BEAT
	mkfifo /run/vm/members
	pid1 start --out /run/vm/members -- /usr/local/bin/opens-member allowed $FILE $BEAT "$1" $PROCESSES \
		> /run/vm/members.pid
	cat /run/vm/members > /run/vm/members.out &
	opens denied $FILE $BEAT "$1" $PROCESSES > /run/vm/others.out 2>&1 &
	others=$!
}

# Nobody prints before the end but to say that a verdict was wrong.
verdict_was_wrong() { [ -s /run/vm/members.out ] || [ -s /run/vm/others.out ]; }

# end_opens BEATS: lets them come to their end.
end_opens() {
	local wrong=0
	echo "end $1" > $BEAT
	wait "$others" || wrong=1
	pid1 wait "$(cat /run/vm/members.pid)" || wrong=1
	wait
	[ $wrong -eq 0 ] || fail "a wrong verdict: $(cat /run/vm/members.out /run/vm/others.out)"
}

# Sets what was opened, lost, issued, and stands in the log: each number that was issued, as a
# line or inside a gap. The log is read once: who reads it stands in it.
count_records() {
	phiward audit query --since -1s > /run/vm/drained
	allowed=$(cat /run/vm/members.out) denied=$(cat /run/vm/others.out)
	lost=$(phiward_status | jq .lost)
	read -r logged_allowed logged_denied accounted issued < <(drained_log | awk '
		function number(key) { return match($0, "\"" key "\":[0-9]+") ? \
			substr($0, RSTART + length(key) + 3, RLENGTH - length(key) - 3) + 0 : 0 }
		function is(key, value) { return index($0, "\"" key "\":\"" value "\"") }
		{ seq = number("seq"); last = number("last") }
		{ accounted += last ? last - number("first") + 1 : 1 }
		{ if (seq > issued) issued = seq; if (last > issued) issued = last }
		!is("action", "read") || !is("object", "images") || !is("path", "/srv/dicom/phantom.dcm") ||
			!index($0, "\"enforced\":true") { next }
		is("verdict", "allow") && is("subject", "reader") && is("exe", "/usr/local/bin/opens-member") {
			allowed += number("count") }
		is("verdict", "deny") && is("subject", "others") && is("exe", "/usr/local/bin/opens") {
			denied += number("count") }
		END { print allowed + 0, denied + 0, accounted + 0, issued + 0 }')
}

show_records() {
	cat <<-EOT
	allowed $allowed
	allowed-logged $logged_allowed
	denied $denied
	denied-logged $logged_denied
	lost $lost
	issued $issued
	accounted $accounted
	EOT
}

# Whether both kinds opened the file, and every record is in the log or was counted as lost.
# Without a loss each open has its line.
records_are_complete() {
	[ "$allowed" -gt 0 ] && [ "$denied" -gt 0 ] && [ "$accounted" -eq "$issued" ] || return 1
	[ "$lost" -gt 0 ] || { [ "$allowed" -eq "$logged_allowed" ] && [ "$denied" -eq "$logged_denied" ]; }
}
