#!/usr/bin/env bats
# SPDX-License-Identifier: BSD-2-Clause
#
# Who is at the console: programs that the policy entitles to it state it, and it stands in the
# records until something else is stated or they end. Everybody here is the same Linux user.
#
# newer: one

load lib/phiward

setup_file() {
	lab cp /usr/bin/perl /usr/local/bin/ris
	lab cp /usr/bin/perl /usr/local/bin/viewer
	lab cp /usr/bin/dash /usr/local/bin/login-screen
	policy | with_next_version > /run/vm/first.yaml
	start_phiward /run/vm/first.yaml
}
teardown_file() {
	stop_all
	reset_phiward
	lab rm -f /usr/local/bin/ris /usr/local/bin/viewer /usr/local/bin/login-screen
}
teardown() { stop_all; }

stop_all() {
	pkill -x 'ris|viewer' || true
	pkill -x login-screen || true
}

# policy [SAYS_WHO]: what ris may say.
policy() {
	cat <<-EOF
	phiward: 1
	name: actor
	mode: enforce
	objects:
	  images: {paths: [/srv/dicom], on_audit_loss: keep_working}
	subjects:
	  ris:
	    exec: [/usr/local/bin/ris]
	    started_by: [anyone]
	    access: {images: [read]}
	    writes: [pipe]
	    says_who: ${1-{for: [viewer]\}}
	  screen:
	    exec: [/usr/local/bin/login-screen]
	    started_by: [anyone]
	    says_who: true
	  viewer:
	    exec: [/usr/local/bin/viewer]
	    started_by: [anyone]
	    access: {images: [read]}
	    writes: [pipe]
	others: {network: allow}
	EOF
}

IMAGE=/srv/dicom/phantom.dcm

# Perl: SAY sends a datagram, READ opens a patient's file, WAIT waits for a line.
ACTS='use Socket;
	sub SAY { socket(S, PF_UNIX, SOCK_DGRAM, 0) and defined(send(S, $_[0], 0, pack_sockaddr_un("/run/phiward/actor"))) or die "$!\n" }
	sub READ { open(my $f, "<", "/srv/dicom/phantom.dcm") or die "$!\n"; <$f> }
	sub WAIT { my $l = <STDIN> }
	$| = 1; '

# A member that does what it is told by lines: `say TEXT`, `read`.
start_ris() {
	rm -f /run/vm/tell
	mkfifo /run/vm/tell
	# It may write to a pipe, and to no file.
	background /run/vm/ris.out bash -c 'ris -e "$0" | cat' "$ACTS"'open(T, "<", "/run/vm/tell") or die; while (<T>) { chomp;
		if (/^say (.*)/) { SAY($1) } elsif (/^read/) { READ } print "done $_\n" }'
	exec 9> /run/vm/tell
}
tell_ris() {
	echo "$*" >&9
	wait_for grep -qxF "done $*" /run/vm/ris.out
}

last_actor() { records_like type=file "subject=$1" object=images | tail -n 1 | jq -r '"\(.actor) \(.actor_by) \(.uid)"'; }

# The actor of the last read of a subject; a statement is dealt with before what is done after it is recorded.
assert_actor() {
	local found
	found=$(last_actor "$1")
	[ "$found" = "$2" ] || fail "the record says: $found"
}

@test "actor: one Linux user, three actors, and nobody before and after" {
	mark
	start_ris
	tell_ris read
	assert_actor ris "null null 0"
	for name in alice@hospital bob@hospital carol@hospital; do
		mark
		tell_ris say "ACTOR=$name"
		wait_for said_is ris "$name ris 0"
	done
	mark
	tell_ris say "ACTOR="
	wait_for said_is ris "null null 0"
}

# Whether the ris, or the viewer, reads now as that.
said_is() {
	mark
	if [ "$1" = ris ]; then
		echo read >&9
		wait_for has_record type=file subject=ris object=images
	else
		viewer -e "$ACTS READ" || return 1
	fi
	[ "$(last_actor "$1")" = "$2" ]
}

@test "actor: it stands for those that the policy names, until who said it ends" {
	start_ris
	said_is viewer "null null 0"
	tell_ris say "ACTOR=dana@hospital"
	wait_for said_is viewer "dana@hospital ris 0"
	assert_refused cat $IMAGE
	assert_record type=file verdict=deny subject=others actor=null
	exec 9>&-
	wait "$BACKGROUND_PID" || true
	wait_for said_is viewer "null null 0"
}

@test "actor: it stands over a start of phiwardd, unless who said it ended meanwhile" {
	start_ris
	tell_ris say "ACTOR=henry@hospital"
	wait_for said_is viewer "henry@hospital ris 0"
	mark
	stop_phiward 9
	viewer -e "$ACTS READ"
	start_phiward
	wait_for phiward_is daemon=true state=enforcing
	wait_for has_record type=file subject=viewer object=images
	assert_actor viewer "henry@hospital ris 0"
	tell_ris read
	wait_for said_is ris "henry@hospital ris 0"
	assert_refused sh -c 'echo > /var/lib/phiward/actors.json'
	stop_phiward 9
	exec 9>&-
	wait "$BACKGROUND_PID" || true
	start_phiward
	wait_for phiward_is daemon=true state=enforcing
	said_is viewer "null null 0"
}

@test "actor: a script says it by a command, and it ends with the script" {
	rm -f /run/vm/go; mkfifo /run/vm/go
	background /run/vm/screen.out login-screen -c "phiward actor erin@hospital; echo said \$?; read line < /run/vm/go; phiward actor --nobody; echo nobody \$?; read line < /run/vm/go; :"
	wait_for grep -q said /run/vm/screen.out
	grep -qx "said 0" /run/vm/screen.out
	said_is viewer "null null 0"
	echo > /run/vm/go
	wait_for grep -qx "nobody 0" /run/vm/screen.out
	echo > /run/vm/go
	wait "$BACKGROUND_PID" || true
}

@test "actor: nobody else may, and what is no statement is none" {
	run phiward actor mallory@hospital
	[ "$status" -eq 1 ]
	[[ $output == *says_who* ]]
	run viewer -e 'exit system("phiward", "actor", "mallory@hospital") >> 8'
	[ "$status" -eq 1 ]
	run as_user mallory phiward actor mallory@hospital
	[ "$status" -eq 1 ]
	run phiward actor
	[ "$status" -eq 2 ]
	run phiward actor --nobody x
	[ "$status" -eq 2 ]
	start_ris
	tell_ris say "ACTOR=frank@hospital"
	wait_for said_is ris "frank@hospital ris 0"
	for text in "" "ACTOR" "actor=x" "X=1" "ACTOR=$(printf '%0200d' 7)" "$(printf '%0600d' 7)"; do
		tell_ris say "$text"
	done
	said_is ris "frank@hospital ris 0"
	tell_ris say 'ACTOR=</script>"\'
	wait_for said_is ris '</script>"\\ ris 0'
}

@test "actor: a policy that takes the right away makes it forgotten" {
	start_ris
	tell_ris say "ACTOR=gina@hospital"
	wait_for said_is viewer "gina@hospital ris 0"
	policy false | apply_policy
	said_is viewer "null null 0"
	tell_ris say "ACTOR=gina@hospital"
	said_is viewer "null null 0"
	policy | apply_policy
}
