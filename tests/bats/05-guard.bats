#!/usr/bin/env bats
# SPDX-License-Identifier: BSD-2-Clause
# kernels: 6.1 6.12
# vm: --smp 2
# timeout: 900
#
# The kernel module with phiward's own programs: what it holds goes on refusing when every pin
# is gone and the daemon is dead, and a daemon that starts anew gets it back.

load lib/phiward

MODULE=$VM_TOP/build/kmod/$VM_KERNEL/phiward.ko
IMAGE=/srv/dicom/phantom.dcm
PINS=/sys/fs/bpf/phiward
DIGEST=$(printf 'a closed segment' | sha256sum | cut -d' ' -f1)

setup_file() {
	load lib/phiward
	insmod "$MODULE" gate=1 gate_timeout=0
	guard key > /run/vm/first-key
	guard open
	cp /usr/local/bin/act /usr/local/bin/viewer
	cat > /run/vm/guard.yaml <<-'EOT'
	phiward: 1
	name: guard
	mode: enforce
	objects:
	  images: {paths: [/srv/dicom], on_audit_loss: keep_working}
	subjects:
	  viewer:
	    exec: [/usr/local/bin/viewer]
	    started_by: [anyone]
	    access: {images: [read]}
	    writes: [pipe]
	others: {network: loopback}
	EOT
	start_phiward /run/vm/guard.yaml
}

guard_is() { guard status | grep -qx "$1"; }

# Files and the network are refused to root and anybody, the member reads.
enforced() {
	as_anybody assert_refused act read $IMAGE || return 1
	run dial --wait 300 udp:10.20.0.2:9
	[[ $output == *": EACCES" || $output == *": EPERM" ]] || { fail "$output"; return 1; }
	assert_allowed viewer read $IMAGE
	as_user mallory viewer read $IMAGE
}

kind_of() {
	case $1 in
	*/links/*) echo link ;;
	*/programs/*) echo program ;;
	*) echo map ;;
	esac
}

pins() { (cd $PINS && find . -type f | sort); }

hold_all() {
	local pin
	pins > /run/vm/pins
	while read -r pin; do
		guard hold "$(kind_of "$pin")" "${pin##*/}" "$PINS/$pin" || { fail "hold $pin"; return 1; }
	done < /run/vm/pins
}

# As a daemon that finds nothing pinned.
get_all() {
	local pin
	while read -r pin; do
		mkdir -p -m 700 "$PINS/${pin%/*}"
		guard get "$(kind_of "$pin")" "${pin##*/}" "$PINS/$pin" || { fail "get $pin"; return 1; }
	done < /run/vm/pins
}

# What root does to be rid of it.
destroy() {
	stop_phiward 9
	rm -r $PINS
	umount -l /sys/fs/bpf
	mount -t bpf bpffs /sys/fs/bpf
	[ -z "$(ls /sys/fs/bpf)" ]
}

@test "guard: all that phiward has pinned is held" {
	enforced
	hold_all
	guard_is "links=$(grep -c ^./links/ /run/vm/pins)"
	guard_is "programs=$(grep -c ^./programs/ /run/vm/pins)"
	[ "$(grep -c ^./links/ /run/vm/pins)" -gt 50 ]
}

@test "guard: pins gone, bpffs unmounted, daemon killed: everything is refused as before" {
	destroy
	enforced
}

@test "guard: a daemon that gets it back from the module goes on, and has the records of meanwhile" {
	local last
	last=$(cat /var/log/phiward/audit*.log | sed -n 's/.*"seq":\([0-9]*\),.*/\1/p' | sort -n | tail -1)
	get_all
	start_phiward
	wait_for phiward_is state=enforcing
	enforced
	mark
	assert_refused act read $IMAGE
	assert_record action=read verdict=deny object=images
	assert_lost_zero
	# What was refused while no daemon ran: in the log, once.
	[ "$(cat /var/log/phiward/audit*.log | grep -c "\"seq\":$((last + 1)),")" -eq 1 ]
}

@test "guard: the MAC has the number of records, from phiward's own counter" {
	local records epoch boot mac before after
	assert_refused act read $IMAGE
	before=$(drained_log | sed -n 's/.*"seq":\([0-9]*\),.*/\1/p' | sort -n | tail -1)
	read -r records epoch boot mac < <(guard mac "$DIGEST")
	assert_refused act read $IMAGE
	after=$(drained_log | sed -n 's/.*"seq":\([0-9]*\),.*/\1/p' | sort -n | tail -1)
	[ "$before" -gt 0 ]
	[ "$records" -ge "$before" ]
	[ "$records" -lt "$after" ]
}

@test "guard: sealed, links do not leave the module, and nothing that root does changes what is refused" {
	guard seal
	run guard get link pw_file_open
	[ "$output" = EPERM ]
	run guard drop link pw_file_open
	[ "$output" = EPERM ]
	run guard unload force
	[ "$output" = EAGAIN ]
	destroy
	enforced
	run guard unload force
	[ "$output" = EAGAIN ]
	enforced
	! dmesg | grep -E 'BUG:|WARNING: |Oops'
}
