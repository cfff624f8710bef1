#!/usr/bin/env bats
# SPDX-License-Identifier: BSD-2-Clause
# vm: --smp 2
#
# Moves across an object's border and new links against those who open at the same time.

load lib/phiward
load lib/files

setup_file() {
	load lib/phiward
	load lib/files
	local side
	cp /usr/local/bin/race /usr/local/bin/mover
	mkdir -p -m 777 /srv/dicom/all /srv/public/all
	as_user mallory mkdir -p /srv/dicom/all/dir/deep
	for side in dicom public; do
		echo x | as_user mallory tee /srv/$side/all/stays /srv/$side/all/exchanged > /dev/null
	done
	echo x | as_user mallory tee /srv/dicom/all/file /srv/dicom/all/dir/deep/file > /dev/null
	files_programs
	# Who links meanwhile makes the file one that may not come in: the mover has no right to link.
	files_policy | sed -e 's|/usr/local/bin/keeper|/usr/local/bin/mover|' -e 's/, link, /, /' \
		-e 's/on_audit_loss/audit: denied, &/' > /run/vm/files.yaml
	start_phiward /run/vm/files.yaml
}
teardown_file() {
	load lib/phiward
	load lib/files
	stop_files /srv/dicom/all /usr/local/bin/mover
}

@test "races: renames and links across the border against opens: no wrong verdict either way" {
	mark
	run as_user mallory race /usr/local/bin/mover 10000 /srv/dicom/all /srv/public/all
	echo "# ${lines[-1]}" >&3
	[ "$status" -eq 0 ] || fail "$output"
	assert_record action=read verdict=deny object=images subject=others path=/srv/dicom/all/stays
	assert_record action=link verdict=deny object=images subject=others path=/srv/dicom/all/file
	assert_lost_zero
}
