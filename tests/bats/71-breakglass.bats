#!/usr/bin/env bats
# SPDX-License-Identifier: BSD-2-Clause
#
# Break-glass: who may open what for how long, that the kernel ends it, and that all of it is
# recorded and reviewed.

load lib/phiward

IMAGE=/srv/dicom/phantom.dcm
NOTE=/srv/notes/x
STATUS=/run/phiward/breakglass

setup_file() {
	load lib/phiward
	local name
	for name in viewer other; do
		lab cp /usr/local/bin/act "/usr/local/bin/$name"
	done
	mkdir -p /srv/notes
	echo data > /srv/notes/x
	chmod -R a+rwX /srv/notes
	policy > /run/vm/glass.yaml
	start_phiward /run/vm/glass.yaml
}

teardown_file() {
	load lib/phiward
	rm -f /run/vm/go
	reset_phiward
	lab rm -f /usr/local/bin/{viewer,other}
	rm -rf /srv/notes
}

setup() { mark; }

policy() {
	cat <<-EOT
	phiward: 1
	name: glass
	mode: enforce
	include: [lab.yaml]
	objects:
	  images: {paths: [/srv/dicom], on_audit_loss: keep_working, audit: none}
	  notes: {paths: [/srv/notes], on_audit_loss: keep_working}
	subjects:
	  viewer:
	    exec: [/usr/local/bin/viewer]
	    started_by: [anyone]
	  other:
	    exec: [/usr/local/bin/other]
	    started_by: [anyone]
	breakglass:
	  who: {users: [radiographer], groups: [games]}
	  longest: ${1:-30m}
	  subjects: [viewer]
	  objects: [images]
	service: {who: {groups: [mail]}, longest: 2h, subjects: [other]}
	others: {network: loopback}
	EOT
}

glass() { as_user radiographer phiward breakglass --reason 'no scheduled worklist' "$@"; }

glass_is() { [[ $(< $STATUS) == *"\"open\":$1"* ]]; }

@test "breakglass: what is refused is allowed while it is open, recorded, and refused again" {
	assert_refused viewer read $IMAGE
	assert_allowed glass --for 5m --subject viewer
	assert_record type=breakglass action=start verdict=allow path~'breakglass by uid 2000, .*for subject viewer, until .*: no scheduled worklist'
	glass_is true
	assert_allowed viewer read $IMAGE
	assert_record type=file verdict=deny enforced=false action=read object=images subject=viewer reason~'break-glass is open'
	assert_refused other read $IMAGE
	assert_refused act read $IMAGE
	assert_allowed as_user radiographer phiward breakglass --end
	assert_record type=breakglass action=stop path~'ended by uid 2000'
	glass_is false
	assert_refused viewer read $IMAGE
}
