#!/usr/bin/env bats
# SPDX-License-Identifier: BSD-2-Clause
# timeout: 900
#
# Unix sockets of a subject that may read an object are doors to it.
#
# newer: one

load lib/phiward
load lib/net

RUN=/run/vm/net

setup_file() {
	load lib/phiward
	load lib/net
	subjects archive index viewer sender
	mkdir -p -m 1777 $RUN
	policy deny > /run/vm/first.yaml
	start_phiward /run/vm/first.yaml
	serving archive /opt/archive/serve stream:$RUN/ctl.sock seqpacket:$RUN/seq.sock dgram:$RUN/dgram.sock \
		stream:@archive stream:$RUN/free.sock stream:@free
	serving index /opt/index/serve stream:$RUN/any.sock stream:@any dgram:$RUN/any-dgram.sock dgram:@any-dgram
	serving web serve stream:$RUN/web.sock dgram:$RUN/web-dgram.sock stream:@web
	chmod 777 $RUN/*.sock
}
teardown_file() {
	load lib/phiward
	load lib/net
	stop_net
}

# The policy of these tests; $1: the network of others, $2: who else gets in.
policy() {
	cat <<-EOF
	phiward: 1
	name: unix-doors
	mode: enforce
	objects:
	  images: {paths: [/srv/dicom], on_audit_loss: keep_working}
	subjects:
	  archive:
	    exec: $(programs archive)
	    started_by: [anyone]
	    access: {images: [read]}
	    writes: [$RUN, pipe]
	    network:
	      - listen: {unix: [$RUN/ctl.sock, $RUN/seq.sock, $RUN/dgram.sock, "@archive", "@later"], local: [viewer${2:-}]}
	  index:
	    exec: $(programs index)
	    started_by: [anyone]
	    access: {images: [read]}
	    writes: [$RUN, pipe]
	    network:
	      - listen: {unix: any, local: [viewer]}
	  viewer:
	    exec: $(programs viewer)
	    started_by: [anyone]
	    access: {images: [read]}
	    writes: [$RUN, pipe]
	  sender: {exec: $(programs sender), started_by: [anyone]}
	others: {network: $1}
	EOF
}

DOORS=(stream:$RUN/ctl.sock seqpacket:$RUN/seq.sock dgram:$RUN/dgram.sock stream:@archive)
ANY_DOORS=(stream:$RUN/any.sock stream:@any dgram:$RUN/any-dgram.sock dgram:@any-dgram)

@test "unix door: who is in local gets in, and the server itself" {
	mark
	as_both ok /opt/viewer/dial "${DOORS[@]}" "${ANY_DOORS[@]}"
	all_are ok /opt/archive/dial "${DOORS[@]}"
	all_are ok /opt/index/dial "${ANY_DOORS[@]}"
	assert_records "type=net action=connect verdict=allow subject=viewer proto=unix peer=archive path=$RUN/ctl.sock rule~policy.yaml: uid=2001" \
		"action=send verdict=allow subject=viewer proto=unix path=$RUN/dgram.sock" \
		"action=connect verdict=allow subject=viewer proto=unix peer=index path=$RUN/any.sock"
	assert_lost_zero
}

@test "unix door: nobody else takes its abstract name, to keep it or to deceive its clients" {
	policy allow | apply_policy
	mark
	as_both EACCES serve --try {stream,seqpacket,dgram}:@later
	as_both EACCES /opt/sender/serve --try --bind stream:@later
	as_both ok serve --try stream:@late stream:@later2
	as_both ok /opt/archive/serve --try {stream,dgram}:@later
	assert_records "type=net action=listen verdict=deny subject=others proto=unix uid=0" \
		"type=net action=listen verdict=deny subject=sender proto=unix uid=2001"
	unshare -n serve --try stream:@later
}

@test "unix door: nobody else does, whatever the network of others is" {
	local network
	for network in deny allow; do
		policy $network | apply_policy
		mark
		as_both EACCES dial --say stranger "${DOORS[@]}" "${ANY_DOORS[@]}"
		as_both EACCES /opt/sender/dial --say stranger "${DOORS[@]}" "${ANY_DOORS[@]}"
		all_are EACCES /opt/index/dial --say stranger "${DOORS[@]}"
		assert_records "action=connect verdict=deny enforced=true subject=others proto=unix path=$RUN/ctl.sock uid=2001" \
			"action=send verdict=deny subject=others proto=unix path=$RUN/dgram.sock uid=0" \
			"action=connect verdict=deny subject=sender proto=unix path=$RUN/any.sock" \
			"action=connect verdict=deny subject=index proto=unix path=$RUN/seq.sock"
	done
	[[ $(said archive)$(said index) != *stranger* ]]
	assert_lost_zero
}

@test "unix door: all other unix sockets are free" {
	policy deny | apply_policy
	as_both ok dial stream:$RUN/web.sock dgram:$RUN/web-dgram.sock stream:@web
	as_both ok /opt/sender/dial stream:$RUN/web.sock stream:@web
	all_are ok dial stream:$RUN/free.sock stream:@free
}

@test "unix door: another name of the socket is the same door" {
	mkdir -p /tmp/mnt
	ln $RUN/ctl.sock $RUN/hard.sock
	ln -s $RUN/ctl.sock $RUN/soft.sock
	mount --bind $RUN /tmp/mnt
	as_both EACCES dial --say stranger stream:{$RUN/hard.sock,$RUN/soft.sock,/tmp/mnt/ctl.sock,/proc/self/root$RUN/ctl.sock} \
		stream:$RUN/../net/ctl.sock
	as_both ok /opt/viewer/dial stream:{$RUN/hard.sock,$RUN/soft.sock,/tmp/mnt/ctl.sock}
	umount /tmp/mnt
	rm $RUN/hard.sock $RUN/soft.sock
	[[ $(said archive) != *stranger* ]]
}

@test "unix door: a socket that is renamed away stays one, also after a swap" {
	mv $RUN/ctl.sock $RUN/moved.sock
	mv $RUN/dgram.sock $RUN/moved-dgram.sock
	as_both EACCES dial --say stranger stream:$RUN/moved.sock dgram:$RUN/moved-dgram.sock
	policy allow | apply_policy
	as_both EACCES dial --say stranger stream:$RUN/moved.sock dgram:$RUN/moved-dgram.sock
	all_are ok /opt/viewer/dial stream:$RUN/moved.sock dgram:$RUN/moved-dgram.sock
	mv $RUN/moved.sock $RUN/ctl.sock
	mv $RUN/moved-dgram.sock $RUN/dgram.sock
	[[ $(said archive) != *stranger* ]]
}

@test "unix door: a swap lets in and shuts out" {
	plugged client /opt/sender/plug
	policy deny ', sender' | apply_policy
	told client ok "connect stream:$RUN/ctl.sock" send recv
	policy deny | apply_policy
	mark
	told client EACCES send recv write read sendfile splice uring "connect stream:$RUN/ctl.sock"
	assert_record action=connect verdict=deny subject=sender proto=unix path="$RUN/ctl.sock"
	policy deny ', sender' | apply_policy
	told client ok "connect stream:$RUN/ctl.sock" send recv
	policy deny | apply_policy
}

@test "unix door: who is still in local goes on after a swap, whatever call comes first" {
	local call
	plugged client /opt/viewer/plug
	for call in write read sendfile splice uring recv; do
		told client ok "connect stream:$RUN/ctl.sock" send send
		policy deny | apply_policy
		told client ok $call
	done
}

@test "unix door: its connection in the hands of another is judged by who uses it" {
	plugged viewer /opt/viewer/plug
	told viewer ok "connect stream:$RUN/ctl.sock" send
	plugged taker as_user mallory plug
	echo "take $RUN/meet" > $RUN/taker.in
	wait_for test -S $RUN/meet
	told viewer ok "give $RUN/meet"
	wait_for grep -q '^take.*: ok' $RUN/taker
	mark
	told taker EACCES recv read send write sendfile splice uring
	assert_records "verdict=deny subject=others proto=unix path=$RUN/ctl.sock uid=2001"
	told viewer ok recv send recv
	told viewer ok "exec /usr/local/bin/plug"
	told viewer EACCES recv read send write splice
}
