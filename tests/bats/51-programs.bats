#!/usr/bin/env bats
# SPDX-License-Identifier: BSD-2-Clause
#
# Which file is a program of the policy: what else is run under its name, with its content
# or by its loader, what is brought into it from outside, scripts, and whole directories.
#
# timeout: 600
# newer: one

load lib/phiward

IMAGE=/srv/dicom/phantom.dcm
BIN=/usr/local/bin

setup_file() {
	load lib/phiward
	for name in viewer callout replaced; do
		lab cp $BIN/act "$BIN/$name"
	done
	lab cp /usr/bin/head $BIN/reader
	lab cp /usr/bin/env $BIN/showenv
	printf '#!/bin/sh\nexec %s/callout connect 10.20.5.4 11112\n' $BIN | lab tee $BIN/report > /dev/null
	lab chmod 755 $BIN/report
	mkdir -p /srv/apps/deep
	cp $BIN/act /srv/apps/tool
	cp $BIN/act /srv/apps/deep/tool
	cp $BIN/report /srv/apps/report
	cp $BIN/act /srv/gone
	policy > /run/vm/programs.yaml
	start_phiward /run/vm/programs.yaml
}

teardown_file() {
	load lib/phiward
	reset_phiward
	lab rm -rf $BIN/viewer $BIN/callout $BIN/replaced $BIN/reader $BIN/showenv $BIN/report /srv/apps \
		/srv/gone
}

setup() { mark; }

policy() {
	cat <<-'EOT'
	phiward: 1
	name: programs
	mode: enforce
	include: [lab.yaml]
	peers: {pacs: [10.20.5.4]}
	objects:
	  images: {paths: [/srv/dicom], on_audit_loss: keep_working}
	subjects:
	  viewer:
	    exec: [/usr/local/bin/viewer, /usr/local/bin/reader, /usr/local/bin/showenv, /srv/gone,
	           /usr/local/bin/replaced]
	    started_by: [anyone]
	    access: {images: [read]}
	    writes: [pipe]
	  reporter:
	    exec: [/usr/local/bin/report]
	    started_by: [anyone]
	    helpers: [/usr/local/bin/callout]
	    network: [{connect: {tcp: [11112], to: [pacs]}}]
	  apps:
	    exec: [/srv/apps/]
	    started_by: [anyone]
	    access: {images: [read]}
	    writes: [pipe]
	others: {network: loopback}
	EOT
}

# ---- Named after the classes of bypasses that testers try ------------------------------------

@test "row 14: nothing from the environment gets into a member's address space" {
	local library=/usr/lib/x86_64-linux-gnu/liburing.so.2 who
	for who in root mallory; do
		run as_user "$who" env LD_PRELOAD=$library head -c 60000 /proc/self/maps
		[[ $output == *liburing* ]]
		run as_user "$who" env LD_PRELOAD=$library $BIN/reader -c 60000 /proc/self/maps
		[ "$status" -eq 0 ]
		[[ $output == *libc.so* && $output != *liburing* ]]
	done
	run env LD_PRELOAD=$library LD_AUDIT=$library LD_LIBRARY_PATH=/run/vm GCONV_PATH=/run/vm \
		NLSPATH=/run/vm MALLOC_TRACE=/run/vm/x KEPT=yes $BIN/showenv
	[[ $output == *KEPT=yes* && ! $output =~ LD_|GCONV_PATH|NLSPATH|MALLOC_TRACE ]]
	as_anybody assert_allowed viewer secure
	run act secure
	[ "$status" -ne 0 ]
}

@test "row 15: a program that the loader runs is the loader" {
	local loader=/lib64/ld-linux-x86-64.so.2
	as_anybody assert_refused $loader $BIN/reader -c 1 $IMAGE
	as_anybody assert_refused $loader /usr/bin/cat $IMAGE
	assert_record verdict=deny action=read subject=others exe~'/ld-linux' uid=2001
	as_anybody assert_allowed $BIN/reader -c 1 $IMAGE
}

@test "row 16: what an interpreter runs is the interpreter" {
	local script=/run/vm/reader.sh
	printf '#!/bin/sh\ncat %s\n' $IMAGE > $script
	chmod 755 $script
	as_anybody assert_refused perl -e "open(F, '<', '$IMAGE') or die \$!"
	assert_refused sh -c "read x < $IMAGE"
	assert_refused $script
	assert_refused sh $script
	assert_refused awk '{ exit }' $IMAGE
	assert_record verdict=deny action=read subject=others exe~perl uid=2001
	as_anybody assert_allowed viewer read $IMAGE
}

@test "row 17: a program without a name, or without it any more, is no program of the policy" {
	local way
	for way in exec-memfd exec-tmpfile exec-deleted; do
		assert_refused act $way $BIN/viewer read $IMAGE
	done
	assert_refused viewer exec-memfd $BIN/viewer read $IMAGE
	assert_refused as_user mallory act exec-memfd $BIN/viewer read $IMAGE
	as_anybody assert_allowed act exec $BIN/viewer read $IMAGE
}

@test "row 18: a copy is another program, a further name of the same file is the program" {
	cp $BIN/viewer /srv/public/viewer
	as_anybody assert_refused /srv/public/viewer read $IMAGE
	lab ln $BIN/viewer $BIN/alias
	ln -s $BIN/viewer /srv/public/link
	as_anybody assert_allowed $BIN/alias read $IMAGE
	as_anybody assert_allowed /srv/public/link read $IMAGE
	lab mv $BIN/viewer $BIN/moved
	as_anybody assert_allowed $BIN/moved read $IMAGE
	lab mv $BIN/moved $BIN/viewer
	as_anybody assert_allowed $BIN/viewer read $IMAGE
	lab rm $BIN/alias /srv/public/link /srv/public/viewer
}

@test "row 18: only who updates puts another file in the place of a program, and that is the program" {
	lab cp $BIN/act $BIN/replaced.new
	as_anybody assert_refused $BIN/replaced.new read $IMAGE
	as_anybody assert_refused mv -f $BIN/replaced.new $BIN/replaced
	as_anybody assert_refused cp --remove-destination $BIN/act $BIN/replaced
	as_anybody assert_allowed $BIN/replaced read $IMAGE
	lab mv $BIN/replaced.new $BIN/replaced
	as_anybody assert_allowed $BIN/replaced read $IMAGE
	policy | apply_policy
	as_anybody assert_allowed $BIN/replaced read $IMAGE
}

@test "row 18: the inode number of a deleted program makes no other file the program" {
	local ino i
	assert_allowed /srv/gone read $IMAGE
	ino=$(stat -c %i /srv/gone)
	lab rm /srv/gone
	for i in $(seq 100); do
		: > "/srv/public/new.$i"
		[ "$(stat -c %i "/srv/public/new.$i")" -ne "$ino" ] || break
	done
	[ "$(stat -c %i "/srv/public/new.$i")" -eq "$ino" ]
	cat $BIN/act > "/srv/public/new.$i"
	chmod 755 "/srv/public/new.$i"
	as_anybody assert_refused "/srv/public/new.$i" read $IMAGE
	rm /srv/public/new.*
	lab cp $BIN/act /srv/gone
}

@test "row 18: only who updates writes over a program, which is still the program; one that runs is not" {
	lab cp $BIN/act $BIN/other
	assert_refused sh -c "cat /usr/bin/cat > $BIN/replaced"
	lab cp /usr/bin/cat $BIN/replaced
	as_anybody assert_allowed $BIN/replaced $IMAGE
	lab cp $BIN/other $BIN/replaced
	mkfifo /run/vm/hold
	background /dev/null $BIN/replaced await /run/vm/hold
	run lab sh -c "cat /usr/bin/cat > $BIN/replaced"
	[ "$status" -ne 0 ]
	[[ $output == *'Text file busy'* ]]
	echo > /run/vm/hold
	wait "$BACKGROUND_PID"
	lab rm /run/vm/hold $BIN/other
}

# ---- Scripts -----------------------------------------------------------------------------------

# reaches CMD...: its connection got as far as the PACS, where nobody listens.
assert_reaches() {
	run "$@"
	[[ $output == *ECONNREFUSED* ]] || fail "did not reach ($status): $*: $output"
}

@test "scripts: by the path in the policy one is the program, its interpreter is not" {
	as_anybody assert_reaches $BIN/report
	assert_record type=net action=connect verdict=allow subject=reporter exe=$BIN/callout
	as_anybody assert_refused sh $BIN/report
	as_anybody assert_refused callout connect 10.20.5.4 11112
	assert_record type=net action=connect verdict=deny subject=others
}

@test "scripts: by any other name of the file it is none" {
	ln -sf $BIN/report /srv/public/link
	lab ln $BIN/report $BIN/alias
	as_anybody assert_refused /srv/public/link
	as_anybody assert_refused $BIN/alias
	as_anybody assert_refused $BIN//report
	as_anybody assert_refused $BIN/../bin/report
	assert_refused act exec-fd $BIN/report
	(cd $BIN && assert_refused ./report)
	assert_record type=exec verdict=deny peer=reporter reason~'script'
	as_anybody assert_reaches $BIN/report
	lab rm /srv/public/link $BIN/alias
}

@test "scripts: whoever flips a link between a script and his own gets nothing" {
	local flipper said=
	printf '#!/bin/sh\nexec %s/callout connect 10.20.5.4 11112 # mine\n' $BIN > /srv/public/evil
	chmod 755 /srv/public/evil
	background /dev/null $BUSYBOX sh -c "while :; do $BUSYBOX ln -sfn $BIN/report /srv/public/flip
		$BUSYBOX ln -sfn /srv/public/evil /srv/public/flip; done"
	flipper=$BACKGROUND_PID
	wait_for test -e /srv/public/flip
	for i in $(seq 15); do
		said+=$(/srv/public/flip 2>&1) || true
	done
	kill "$flipper"
	wait "$flipper" || true
	rm -f /srv/public/flip /srv/public/evil
	[[ $said == *EACCES* && $said != *ECONNREFUSED* ]]
	assert_no_record type=net verdict=allow subject=reporter
}

@test "scripts: whoever shares its root directory and changes that gets nothing" {
	local jail=/run/vm/jail who
	mkdir -p $jail
	mount --bind / $jail
	printf '#!/bin/sh\nexec %s/callout connect 10.20.5.4 11112 # mine\n' $BIN > /run/vm/mine
	chmod 755 /run/vm/mine
	lab mount --bind /run/vm/mine $jail$BIN/report
	assert_refused share $jail $BIN/report
	assert_refused as_user mallory unshare -Ur share $jail $BIN/report
	umount $jail$BIN/report $jail
	rm -r $jail /run/vm/mine
	assert_record type=exec verdict=deny exe~/report$ uid=2001
	assert_no_record type=net verdict=allow subject=reporter
	run $BIN/report
	[[ $output == *ECONNREFUSED* ]]
}

@test "scripts: where the path may mean another file it is none" {
	assert_refused unshare -m $BIN/report
	assert_refused unshare -Urm $BIN/report
	mkdir -p /run/vm/jail
	mount --bind / /run/vm/jail
	assert_refused chroot /run/vm/jail $BIN/report
	umount /run/vm/jail
	rmdir /run/vm/jail
	assert_reaches unshare -U $BIN/report
	assert_reaches $BIN/report
}

@test "scripts: with access none is taken, by check and by apply, as program or helper" {
	local more command
	for more in "exec: [$BIN/report]" "exec: [/usr/bin/true]"$'\n'"    helpers: [$BIN/report]"; do
		with_next_version > "$BATS_TEST_TMPDIR/p.yaml" <<-EOT
		phiward: 1
		name: scripts
		mode: enforce
		objects: {images: {paths: [/srv/dicom], on_audit_loss: keep_working}}
		subjects:
		  viewer:
		    $more
		    started_by: [init]
		    access: {images: [read]}
		others: {network: loopback}
		EOT
		for command in check apply; do
			run phiward $command "$BATS_TEST_TMPDIR/p.yaml"
			[ "$status" -eq 1 ]
			[[ $output =~ p.yaml:[89]:[0-9]+:\ error:\ \'$BIN/report\'\ is\ a\ script ]] ||
				fail "$command: $output"
		done
	done
	assert_refused sh -c "read x < $IMAGE"
}

@test "scripts: a program with access that became a script is none" {
	lab cp $BIN/replaced $BIN/other
	printf '#!/bin/sh\ncat %s\n' $IMAGE | lab tee $BIN/replaced > /dev/null
	as_anybody assert_refused $BIN/replaced
	assert_record type=exec verdict=deny peer=viewer reason~'script'
	lab cp $BIN/other $BIN/replaced
	lab rm $BIN/other
	as_anybody assert_allowed $BIN/replaced read $IMAGE
}

# ---- Directories of programs -------------------------------------------------------------------

@test "directories: all programs below are the subject's, by whatever name they are called" {
	as_anybody assert_allowed /srv/apps/tool read $IMAGE
	as_anybody assert_allowed /srv/apps/deep/tool read $IMAGE
	ln -s /srv/apps/deep/tool /srv/public/link
	as_anybody assert_allowed /srv/public/link read $IMAGE
	assert_record type=exec verdict=allow subject=apps path=/srv/apps/deep/tool
	rm /srv/public/link
	as_anybody assert_refused act read $IMAGE
}

@test "directories: what comes in is one, what leaves is none, a script in it is none" {
	lab cp $BIN/act /srv/apps/new
	assert_allowed /srv/apps/new read $IMAGE
	lab mv /srv/apps/new /srv/new
	as_anybody assert_refused /srv/new read $IMAGE
	lab mv /srv/new /srv/apps/deep/new
	assert_allowed /srv/apps/deep/new read $IMAGE
	lab rm /srv/apps/deep/new
	as_anybody assert_refused /srv/apps/report
}

@test "directories: renamed, it takes its programs along; another in its place has none" {
	lab mv /srv/apps /srv/old
	lab mkdir -p /srv/apps
	lab cp $BIN/act /srv/apps/tool
	as_anybody assert_refused /srv/apps/tool read $IMAGE
	assert_allowed /srv/old/tool read $IMAGE
	lab rm -r /srv/apps
	lab mv /srv/old /srv/apps
	as_anybody assert_allowed /srv/apps/tool read $IMAGE
}

@test "programs: nothing was lost" {
	assert_lost_zero
}
