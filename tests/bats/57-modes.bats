#!/usr/bin/env bats
# SPDX-License-Identifier: BSD-2-Clause
#
# Mode permissive for one object, one subject, and the whole; what an object wants recorded;
# and who is never blocked.

load lib/phiward

setup_file() {
	load lib/phiward
	local name
	for name in viewer trial bedside; do
		lab cp /usr/local/bin/act "/usr/local/bin/$name"
	done
	lab cp /bin/mkdir /usr/local/bin/bedside-mkdir
	for name in strict lab quiet silent; do
		mkdir -p "/srv/$name"
		echo data > "/srv/$name/x"
		chmod -R a+rwX "/srv/$name"
	done
	mkdir /srv/quiet/inner
	echo data > /srv/quiet/inner/x
	policy > /run/vm/modes.yaml
	start_phiward /run/vm/modes.yaml
}

teardown_file() {
	load lib/phiward
	reset_phiward
	lab rm -f /usr/local/bin/{viewer,trial,bedside,bedside-mkdir}
	rm -rf /srv/strict /srv/lab /srv/quiet /srv/silent
}

setup() { mark; }

policy() {
	cat <<-EOT
	phiward: 1
	name: modes
	mode: ${1:-enforce}
	objects:
	  strict: {paths: [/srv/strict], on_audit_loss: keep_working}
	  lab: {paths: [/srv/lab], on_audit_loss: keep_working, ${2:-mode: permissive}}
	  quiet: {paths: [/srv/quiet], on_audit_loss: keep_working, audit: denied}
	  silent: {paths: [/srv/silent], on_audit_loss: keep_working, audit: none}
	subjects:
	  viewer:
	    exec: [/usr/local/bin/viewer]
	    started_by: [anyone]
	    access: {strict: [read], quiet: [read], silent: [read]}
	    writes: [pipe]
	  trial:
	    exec: [/usr/local/bin/trial]
	    started_by: [anyone]
	    mode: permissive
	    access: {strict: [read]}
	    writes: [pipe]
	  bedside:
	    exec: [/usr/local/bin/bedside]
	    started_by: [anyone]
	    never_block: true
	  tools: {exec: [/srv/quiet/inner/], started_by: [init]}
	others: {network: loopback}
	EOT
}

@test "modes: an object in permissive is open and recorded, its neighbour is not" {
	as_anybody assert_allowed act read /srv/lab/x write /srv/lab/x
	assert_allowed act create /srv/lab/y
	as_anybody assert_refused act read /srv/strict/x
	rm /srv/lab/y
	assert_record verdict=deny enforced=false action=read object=lab subject=others uid=0
	assert_record verdict=deny enforced=false action=delete object=lab subject=others
	assert_record verdict=deny enforced=true action=read object=strict subject=others
	phiward_is enforcing=true state=enforcing
}

@test "modes: a subject in permissive does what it likes and is recorded, others do not" {
	as_anybody assert_allowed trial read /srv/strict/x write /srv/strict/x write /srv/quiet/x
	assert_allowed trial create /srv/public/loose put-memfd
	rm /srv/public/loose
	run trial connect 10.20.5.4 104
	[[ $output == *ECONNREFUSED* ]]
	assert_record verdict=allow enforced=true action=read object=strict subject=trial
	assert_record verdict=deny enforced=false action=write object=strict subject=trial
	assert_record verdict=deny enforced=false action=create subject=trial path=/srv/public/loose
	assert_record type=net verdict=deny enforced=false action=connect subject=trial port=104
	assert_refused viewer write /srv/strict/x
	assert_refused viewer connect 10.20.5.4 104
	assert_record verdict=deny enforced=true action=write object=strict subject=viewer
}

@test "modes: the whole in permissive denies nothing of objects and network, and says so" {
	policy permissive '' | apply_policy
	phiward_is enforcing=false state=permissive mode=permissive
	as_anybody assert_allowed act read /srv/strict/x write /srv/strict/x
	assert_allowed viewer write /srv/strict/x create /srv/public/loose
	rm /srv/public/loose
	run act connect 10.20.5.4 104
	[[ $output == *ECONNREFUSED* ]]
	assert_record verdict=deny enforced=false action=read object=strict subject=others uid=2001
	assert_record verdict=deny enforced=false action=write object=strict subject=viewer
	assert_record type=net verdict=deny enforced=false subject=others port=104
}

@test "modes: the guard does not know modes" {
	local pid
	policy permissive '' | apply_policy
	assert_refused gate load-kprobe
	assert_refused gate perf-self
	assert_refused head -c 1 /dev/vda
	assert_refused sh -c 'echo 0 > /proc/sys/kernel/ftrace_enabled'
	assert_refused mounts cover /srv/strict
	[[ $output != *DONE* ]]
	mkfifo /run/vm/hold
	background /dev/null viewer await /run/vm/hold
	wait_for sleeps_as viewer "$BACKGROUND_PID"
	run pry "$BACKGROUND_PID"
	[[ $output == *'attach-ptrace: EACCES'* && $output != *OPEN* ]]
	echo > /run/vm/hold
	rm /run/vm/hold
	assert_record type=tamper action=bpf verdict=deny enforced=true
	assert_record type=tamper action=trace verdict=deny enforced=true peer=viewer
	policy | apply_policy
	assert_refused act read /srv/strict/x
	phiward_is enforcing=true
}

@test "modes: audit: all, denied, none are what is recorded, not what is decided" {
	as_anybody assert_allowed viewer read /srv/strict/x read /srv/quiet/x read /srv/silent/x
	as_anybody assert_refused act read /srv/strict/x
	as_anybody assert_refused act read /srv/quiet/x
	as_anybody assert_refused act read /srv/silent/x
	assert_record verdict=allow action=read object=strict
	assert_record verdict=deny action=read object=strict
	assert_no_record verdict=allow action=read object=quiet
	assert_record verdict=deny action=read object=quiet uid=2001
	assert_no_record type=file object=silent
}

@test "modes: who has used an object before may still do no more than the policy says" {
	assert_allowed viewer read /srv/quiet/x read /srv/quiet/inner/x
	assert_no_record type=file object=quiet
	assert_refused viewer read /srv/quiet/x write /srv/quiet/x
	assert_record verdict=deny action=write object=quiet subject=viewer path=/srv/quiet/x
	assert_refused viewer read /srv/quiet/x read /srv/lab/x write /srv/quiet/x
	assert_refused viewer read /srv/quiet/x write /srv/quiet/inner/x
	# It is a directory of programs, too.
	assert_record type=tamper verdict=deny action=write subject=viewer path=/srv/quiet/inner/x
	policy enforce 'audit: all' | sed 's/audit: denied/audit: all/' | apply_policy
	mark
	assert_allowed viewer read /srv/quiet/x read /srv/quiet/inner/x
	assert_record verdict=allow action=read object=quiet subject=viewer path=/srv/quiet/inner/x
	policy | apply_policy
}

# The daemon sleeps, so that the directory is held by its name and nothing else.
@test "modes: nor may they use an object inside, held by a name that did not exist yet" {
	policy | sed -e '/^objects:/a\  later: {paths: [/srv/quiet/later], on_audit_loss: keep_working}' \
		-e 's|bin/bedside]|bin/bedside, /usr/local/bin/bedside-mkdir]|' | apply_policy
	pid1 kill "$(phiwardd_pid)" 19
	bedside-mkdir /srv/quiet/later
	assert_allowed bedside create /srv/quiet/later/x
	assert_refused viewer read /srv/quiet/x read /srv/quiet/later/x
	assert_allowed viewer read /srv/quiet/x read /srv/quiet/inner/x
	pid1 kill "$(phiwardd_pid)" 18
	assert_record verdict=deny action=read object=later subject=viewer path=/srv/quiet/later/x
	assert_record verdict=allow action=create object=later subject=bedside path=/srv/quiet/later/x
	assert_no_record object=quiet path~^/srv/quiet/later
	policy | apply_policy
}

@test "modes: who is never blocked is allowed without a rule, and always recorded" {
	as_anybody assert_allowed bedside read /srv/strict/x write /srv/strict/x read /srv/quiet/x
	assert_allowed bedside create /srv/strict/y create /srv/public/loose
	rm /srv/public/loose
	run bedside connect 10.20.5.4 104
	[[ $output == *ECONNREFUSED* ]]
	assert_record verdict=allow action=write object=strict subject=bedside reason~'never blocked'
	assert_record verdict=allow action=read object=quiet subject=bedside
	assert_record type=net verdict=allow action=connect subject=bedside port=104
	assert_allowed bedside read /srv/quiet/x read /srv/quiet/inner/x
	assert_record verdict=allow action=read object=quiet subject=bedside path=/srv/quiet/inner/x
	as_anybody assert_refused bedside exec /usr/local/bin/act read /srv/strict/x
	assert_refused bedside exec /usr/local/bin/gate load-kprobe
	assert_refused bedside read /dev/vda
	assert_allowed bedside fork read /srv/strict/y
	assert_lost_zero
}
