#!/usr/bin/env bats
# SPDX-License-Identifier: BSD-2-Clause
#
# Who is a member: by whom a program was started, as which user, and what becomes of the
# subject at fork, thread and exec. Every program here is a copy of tests/vm/tools/act.c,
# so that only its name in the policy makes the difference.
#
# timeout: 600

load lib/phiward

PROGRAMS='service viewer open child mine both kept helper stranger manager'
IMAGE=/srv/dicom/phantom.dcm

setup_file() {
	local name
	load lib/phiward
	for name in $PROGRAMS; do
		lab cp /usr/local/bin/act "/usr/local/bin/$name"
	done
	lab cp /usr/local/bin/act /usr/local/bin/raised
	lab chmod 4755 /usr/local/bin/raised
	cp $IMAGE /run/vm/members.dcm
	policy | with_lab > /run/vm/members.yaml
	start_phiward /run/vm/members.yaml
}

teardown_file() {
	load lib/phiward
	reset_phiward
	cat /run/vm/members.dcm > $IMAGE	# a member may write to it, and does
	for name in $PROGRAMS raised; do
		lab rm -f "/usr/local/bin/$name"
	done
}

setup() { mark; }

policy() {
	cat <<-'EOT'
	phiward: 1
	name: members
	mode: enforce
	objects:
	  images: {paths: [/srv/dicom], on_audit_loss: keep_working}
	subjects:
	  service:
	    exec: [/usr/local/bin/service]
	    started_by: [init]
	    helpers: [/usr/local/bin/helper]
	    access: {images: [read]}
	    writes: [pipe, /run/vm]
	  viewer:
	    exec: [/usr/local/bin/viewer]
	    started_by: [login]
	    access: {images: [read]}
	    writes: [pipe, /run/vm]
	  open:
	    exec: [/usr/local/bin/open]
	    started_by: [anyone]
	    access: {images: [read]}
	    writes: [pipe]
	  child:
	    exec: [/usr/local/bin/child]
	    started_by: [service]
	    access: {images: [read]}
	    writes: [pipe, /run/vm]
	  mine:
	    exec: [/usr/local/bin/mine]
	    started_by: [anyone]
	    users: [radiographer]
	    access: {images: [read]}
	    writes: [pipe]
	  raised:
	    exec: [/usr/local/bin/raised]
	    started_by: [anyone]
	    users: [radiographer]
	    access: {images: [read]}
	    writes: [pipe]
	  for-root:
	    exec: [/usr/local/bin/both]
	    started_by: [anyone]
	    users: [root]
	    access: {images: [read]}
	    writes: [pipe]
	  for-radiographer:
	    exec: [/usr/local/bin/both]
	    started_by: [anyone]
	    users: [radiographer]
	    access: {images: [link]}
	    writes: [pipe]
	  by-init:
	    exec: [/usr/local/bin/kept]
	    started_by: [init]
	    access: {images: [read]}
	    writes: [pipe, /run/vm]
	  by-open:
	    exec: [/usr/local/bin/kept]
	    started_by: [open]
	    access: {images: [write]}
	    writes: [pipe]
	  manager:
	    exec: [/usr/local/bin/manager]
	    started_by: [anyone]
	    helpers: any
	    access: {images: [read]}
	    writes: [pipe]
	others: {network: allow}
	EOT
}

# ---- started_by ----------------------------------------------------------------------------

@test "members: init: a service is one, the same program run by anybody else is not" {
	assert_allowed by_pid1 service read $IMAGE
	assert_record type=exec verdict=allow subject=service exe=/usr/local/bin/service
	assert_record type=file action=read verdict=allow subject=service path=$IMAGE
	as_anybody assert_refused service read $IMAGE
	assert_refused in_login root service read $IMAGE
	assert_refused in_login mallory service read $IMAGE
	assert_record type=exec verdict=deny subject=others peer=service uid=0 \
		reason~'not started by whom'
	assert_record type=exec verdict=deny subject=others peer=service uid=2001
	assert_record type=file action=read verdict=deny subject=others exe=/usr/local/bin/service
}

@test "members: init: whatever PID 1 started leaves init at its first exec" {
	assert_refused by_pid1 act exec /usr/local/bin/service read $IMAGE
	assert_refused by_pid1 act fork exec /usr/local/bin/service read $IMAGE
	assert_refused by_pid1 --user mallory act exec /usr/local/bin/service read $IMAGE
	assert_allowed by_pid1 --user mallory service read $IMAGE
}

@test "members: init: an orphan that PID 1 took in is still what it was" {
	as_anybody assert_refused act orphan exec /usr/local/bin/service read $IMAGE
	assert_refused in_login mallory act orphan exec /usr/local/bin/service read $IMAGE
	assert_refused by_pid1 act sibling exec /usr/local/bin/service read $IMAGE
	assert_allowed by_pid1 service orphan read $IMAGE
	assert_allowed by_pid1 service sibling read $IMAGE
}

@test "members: login: a session is one, a service and root's shell are not" {
	assert_allowed in_login radiographer viewer read $IMAGE
	assert_allowed in_login root act fork exec /usr/local/bin/viewer read $IMAGE
	assert_allowed in_login mallory act orphan exec /usr/local/bin/viewer read $IMAGE
	assert_record type=exec verdict=allow subject=viewer auid=2001
	as_anybody assert_refused viewer read $IMAGE
	assert_refused by_pid1 viewer read $IMAGE
	assert_record type=exec verdict=deny peer=viewer reason~'not started by whom'
}

@test "members: login: no session can be pretended by who is not root" {
	assert_refused as_user mallory sh -c \
		'echo 2001 > /proc/self/loginuid; exec viewer read '$IMAGE
	assert_record type=tamper action=tune verdict=deny uid=2001 path~'^/proc/[0-9]+/loginuid$'
}

@test "members: anyone: root, a user, a session and a service" {
	as_anybody assert_allowed open read $IMAGE
	assert_allowed in_login radiographer open read $IMAGE
	assert_record type=exec verdict=allow subject=open uid=2000
	assert_record type=exec verdict=allow subject=open uid=2001
	as_anybody assert_refused stranger read $IMAGE
}

@test "members: a named subject: its members start the program, its helpers too, nobody else" {
	assert_allowed by_pid1 service exec /usr/local/bin/child read $IMAGE
	assert_allowed by_pid1 service fork thread fork exec /usr/local/bin/child read $IMAGE
	assert_allowed by_pid1 service exec /usr/local/bin/helper exec /usr/local/bin/child read $IMAGE
	assert_record type=exec verdict=allow subject=child parent_exe=/usr/local/bin/helper
	as_anybody assert_refused child read $IMAGE
	assert_refused by_pid1 child read $IMAGE
	assert_refused open exec /usr/local/bin/child read $IMAGE
	assert_refused by_pid1 service exec /usr/local/bin/stranger exec /usr/local/bin/child read $IMAGE
	assert_record type=exec verdict=deny subject=open peer=child
}

# ---- Fork, threads, exec ---------------------------------------------------------------------

@test "members: forks and threads share the subject, whatever became of their parent" {
	as_anybody assert_allowed open fork fork read $IMAGE
	assert_allowed open thread read $IMAGE
	assert_allowed open fork thread fork thread read $IMAGE
	assert_allowed open orphan read $IMAGE
	assert_record type=file verdict=allow subject=open path=$IMAGE
	assert_refused stranger fork thread fork read $IMAGE
}

@test "members: exec of another program leaves the subject, by every way to call it" {
	local way
	for way in exec 'fork exec' 'thread exec' 'thread fork exec' vfork 'fork thread vfork' exec-fd \
		'thread exec-fd'; do
		# shellcheck disable=SC2086 # words
		assert_refused open $way /usr/local/bin/stranger read $IMAGE
		# shellcheck disable=SC2086
		assert_allowed stranger $way /usr/local/bin/open read $IMAGE
	done
	assert_record type=file verdict=deny subject=others exe=/usr/local/bin/stranger
	assert_no_record type=file verdict=allow exe=/usr/local/bin/stranger
}

@test "members: an exec that fails leaves the subject as it is" {
	printf 'no program' > /run/vm/broken
	chmod 755 /run/vm/broken
	run open fork exec /run/vm/broken
	[ "$status" -ne 0 ]
	assert_allowed open exec-nothing /run/vm/broken read $IMAGE
	assert_allowed open exec-nothing /nowhere read $IMAGE
	assert_refused stranger exec-nothing /run/vm/broken read $IMAGE
}

@test "members: helpers stay when a member starts them, and only then" {
	assert_allowed by_pid1 service exec /usr/local/bin/helper read $IMAGE
	assert_allowed by_pid1 service thread exec /usr/local/bin/helper read $IMAGE
	assert_allowed by_pid1 service vfork /usr/local/bin/helper read $IMAGE
	assert_allowed by_pid1 service exec /usr/local/bin/helper exec /usr/local/bin/helper read $IMAGE
	assert_record type=exec verdict=allow subject=service exe=/usr/local/bin/helper
	as_anybody assert_refused helper read $IMAGE
	assert_refused by_pid1 helper read $IMAGE
	assert_refused open exec /usr/local/bin/helper read $IMAGE
	assert_refused by_pid1 service exec /usr/local/bin/stranger exec /usr/local/bin/helper read $IMAGE
}

@test "members: helpers: any: whatever a member starts stays, and the record names it" {
	as_anybody assert_allowed manager exec /usr/local/bin/stranger read $IMAGE
	assert_allowed manager exec /bin/cat $IMAGE
	assert_allowed manager fork exec /bin/sh -c "cat $IMAGE"
	assert_record type=file verdict=allow subject=manager exe=/usr/local/bin/stranger
	assert_record type=exec verdict=allow subject=manager exe~'/bin/cat$'
	assert_refused cat $IMAGE
}

# ---- users -----------------------------------------------------------------------------------

@test "members: users: only the listed one enters, root is none" {
	assert_allowed as_user radiographer mine read $IMAGE
	assert_record type=exec verdict=allow subject=mine uid=2000
	as_anybody assert_refused mine read $IMAGE
	assert_record type=exec verdict=deny peer=mine uid=0 reason~'does not run as a user'
	assert_record type=exec verdict=deny peer=mine uid=2001
}

@test "members: users: the real and the effective one count, at exec" {
	assert_allowed act uid 2000 2000 exec /usr/local/bin/mine read $IMAGE
	assert_refused act uid 2000 0 exec /usr/local/bin/mine read $IMAGE
	assert_refused act uid 0 2000 exec /usr/local/bin/mine read $IMAGE
	assert_allowed both uid 2001 2001 read $IMAGE
	assert_record verdict=allow subject=for-root uid=2001
}

@test "members: users: a set-uid program runs as neither" {
	assert_refused as_user radiographer raised read $IMAGE
	assert_record type=exec verdict=deny reason~'does not run as a user' uid=2000
	lab chmod 755 /usr/local/bin/raised
	assert_allowed as_user radiographer raised read $IMAGE
	lab chmod 4755 /usr/local/bin/raised
}

@test "members: users: a user namespace changes nobody" {
	assert_refused as_user mallory unshare -U --map-user=2000 mine read $IMAGE
	assert_refused as_user mallory unshare -Ur mine read $IMAGE
	assert_allowed as_user radiographer unshare -Ur mine read $IMAGE
}

# ---- Programs that two subjects share --------------------------------------------------------

@test "members: a shared program is what its user makes of it" {
	assert_allowed both read $IMAGE
	assert_refused as_user radiographer both read $IMAGE
	assert_refused as_user mallory both read $IMAGE
	assert_record verdict=allow action=read subject=for-root
	assert_record verdict=deny action=read subject=for-radiographer
	assert_record verdict=deny action=read subject=others uid=2001
}

@test "members: a shared program is what its starter makes of it" {
	assert_allowed by_pid1 kept read $IMAGE
	assert_refused by_pid1 kept write $IMAGE
	assert_allowed open exec /usr/local/bin/kept write $IMAGE
	assert_refused open exec /usr/local/bin/kept read $IMAGE
	as_anybody assert_refused kept read $IMAGE
	assert_record verdict=allow action=read subject=by-init
	assert_record verdict=allow action=write subject=by-open
}

@test "members: nothing was lost" {
	assert_lost_zero
}
