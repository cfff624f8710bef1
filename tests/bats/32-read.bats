#!/usr/bin/env bats
# SPDX-License-Identifier: BSD-2-Clause
#
# Getting at the content: every name for a file, handles, what the kernel reads for
# somebody, and being told of names.

load lib/phiward
load lib/files

# As long as a name can be.
LONG=$(printf '%0255d' 7)

# deepen LEVELS TOP...: that many directories below each other, a file in every one.
deepen() {
	perl -e 'my ($name, $levels, @tops) = @ARGV;
		for my $top (@tops) {
			chdir $top or die;
			for (1 .. $levels) {
				mkdir $name and chmod(0777, $name) and chdir $name and open(my $file, ">", "x") or die;
				print $file "secret\n";
			}
		}' $LONG "$@"
}

# in_deep TOP LEVELS CMD...: CMD in one of them. No path leads there at once, it would be too long.
in_deep() {
	perl -e 'my ($name, $top, $levels) = splice @ARGV, 0, 3;
		chdir $top or die;
		chdir $name or die for 1 .. $levels;
		exec @ARGV or die "$ARGV[0]: $!"' $LONG "$@"
}

setup_file() {
	load lib/phiward
	load lib/files
	printf '#!/bin/sh\necho ran\n' > /srv/public/program
	chmod 755 /srv/public/program
	cp -p /srv/public/program /srv/dicom/program
	truncate -s 40K /srv/dicom/swap /srv/public/swap
	ln -s /srv/dicom/phantom.dcm /srv/public/symlink
	mkdir -p /srv/dicom/all /srv/public/all /dev/shm/all /srv/$LONG/$LONG
	deepen 120 /srv/dicom/all	# deeper than 128, and status says degraded
	deepen 140 /srv/public/all /dev/shm/all
	echo secret > /srv/$LONG/$LONG/x
	start_files /srv/dicom /srv/$LONG/$LONG
}
teardown_file() {
	load lib/phiward
	load lib/files
	stop_files /srv/dicom/all /srv/$LONG /srv/dicom/program /srv/dicom/swap /dev/shm/*
}

@test "read: no route to the content is open to others" {
	mark
	all_refused steal /srv/dicom/phantom.dcm /srv/dicom/archive/2026/11/deep.dcm
	assert_record action=read verdict=deny object=images subject=others uid=0 path=/srv/dicom/phantom.dcm
	assert_record action=read verdict=deny object=images path=/srv/dicom/archive/2026/11/deep.dcm
	assert_no_record verdict=allow object=images
	assert_lost_zero
}

@test "read: each of them is open to a member, who is recorded" {
	mark
	all_read /srv/dicom/phantom.dcm
	assert_record action=read verdict=allow object=images subject=reader path=/srv/dicom/phantom.dcm exe=/usr/local/bin/reader
	assert_record action=write verdict=deny object=images subject=reader
}

@test "row 7: deep and long: names of 255 bytes, 120 levels, a path longer than a path can be" {
	local who levels
	for who in env "login-as --no-session mallory"; do	# perl starts no functions
		mark
		# The walk is of one kind up to 12 levels, of another up to 128; a record has 24 names.
		for levels in 1 11 12 30 120; do
			assert_refused in_deep /srv/dicom/all $levels $who cat x
		done
		assert_refused $who cat /srv/$LONG/$LONG/x
		assert_refused in_deep /srv/dicom/all 30 $who mv x /srv/public/leak
		assert_record action=read verdict=deny object=images subject=others path=/srv/$LONG/$LONG/x
		assert_record action=read verdict=deny object=images path=/srv/dicom/all/$LONG/x
		assert_record action=rename verdict=deny object=images
		[ "$(events_like action=read verdict=deny object=images subject=others)" -eq 6 ]
		for levels in 1 12 30 120; do
			assert_allowed in_deep /srv/public/all $levels $who cat x
		done
		# Deeper than that nothing is resolved on a volume with objects, and so all is protected.
		assert_refused in_deep /srv/public/all 140 $who cat x
		assert_record action=read verdict=deny object=null reason~'cannot be resolved'
		assert_allowed in_deep /dev/shm/all 140 $who cat x
	done
	mark
	[ "$(in_deep /srv/dicom/all 120 reader x | grep -c ': LEAKED$')" -gt 10 ]
	assert_record action=read verdict=allow object=images subject=reader
	assert_lost_zero
}

@test "row 8: symlink, /proc/self/root, /proc/PID/root, /proc/self/fd/N, O_PATH" {
	local who name root=/proc/$$/root
	for who in env "as_user mallory"; do
		mark
		run $who steal /srv/dicom/phantom.dcm
		# Without privileges there are no handles and clones to begin with.
		[ -z "$(grep -v -e ': EACCES$' -e '^open-by-handle: EPERM$' -e '^open-tree-reopen: EPERM$' <<< "$output")" ] ||
			fail "$output"
		for name in /srv/public/symlink "$root/srv/dicom/phantom.dcm" \
			/srv/public/../dicom/./phantom.dcm //srv//dicom//phantom.dcm; do
			assert_refused $who cat "$name"
		done
		assert_record action=read verdict=deny object=images subject=others path=/srv/dicom/phantom.dcm
		assert_no_record verdict=allow object=images
		assert_allowed $who cat /srv/public/../public/notice.txt
	done
}

@test "row 9: open_by_handle_at, its directory entry known and not known to the kernel" {
	handle save /srv/dicom/phantom.dcm /dev/shm/secret
	handle save /srv/public/notice.txt /dev/shm/notice
	mark
	all_refused handle open /dev/shm/secret /srv
	assert_record action=read verdict=deny object=images path=/srv/dicom/phantom.dcm
	all_done handle open /dev/shm/notice /srv
	umount /srv
	mount -t ext4 /dev/vda /srv
	mark
	all_refused handle open /dev/shm/secret /srv
	assert_record action=read verdict=deny subject=others ino="$(stat -c %i /srv/dicom/phantom.dcm)"
	run as_user mallory handle open /dev/shm/secret /srv
	[[ $output == "open-by-handle: E"* ]] || fail "$output"
	# Of a file system without objects, entries that are not known do no harm.
	echo anything > /dev/shm/file
	handle save /dev/shm/file /dev/shm/elsewhere
	all_done handle open /dev/shm/elsewhere /dev/shm
}

@test "read: what the kernel would read for somebody: programs, scripts, swap" {
	local who
	for who in env "as_user mallory"; do
		mark
		assert_refused $who /srv/dicom/program
		assert_refused $who sh /srv/dicom/program
		assert_record action=exec verdict=deny object=images path=/srv/dicom/program
		assert_record action=read verdict=deny object=images path=/srv/dicom/program
		assert_allowed $who /srv/public/program
		[ "$output" = ran ]
	done
	mark
	run swapon /srv/dicom/swap
	[ "$status" -ne 0 ]
	assert_record verdict=deny object=images path=/srv/dicom/swap
	! grep -q swap /proc/swaps
}

@test "read: nobody is told the names of an object's files" {
	mark
	all_refused watch /srv/dicom
	assert_record action=read verdict=deny object=images path=/srv/dicom
	run watch /srv
	[ "$(grep -c ': EACCES$' <<< "$output")" -eq 3 ] || fail "$output"
	[ "$(grep 'mount\|system' <<< "$output" | grep -c ': EACCES$')" -eq 3 ] || fail "$output"
	all_done watch /dev/shm
	assert_refused as_user mallory ls /srv/dicom
	assert_allowed as_user mallory ls /srv/public
}
