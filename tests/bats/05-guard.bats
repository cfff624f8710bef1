#!/usr/bin/env bats
# SPDX-License-Identifier: BSD-2-Clause
# kernels: 6.1 6.12
# vm: --smp 2
# timeout: 900
#
# phiwardd with the kernel module: the gate, the first key, and that what the module holds goes
# on refusing when every pin is gone and the daemon is dead.

load lib/phiward
load lib/guard

MODULE=$VM_TOP/build/kmod/$VM_KERNEL/phiward.ko
IMAGE=/srv/dicom/phantom.dcm
PINS=/sys/fs/bpf/phiward
STATE=/var/lib/phiward
DIGEST=$(printf 'a closed segment' | sha256sum | cut -d' ' -f1)

setup_file() {
	load lib/phiward
	insmod "$MODULE" gate=1 gate_timeout=0
	openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -subj /CN=auditor \
		-keyout /run/vm/auditor.key -out /run/vm/auditor.pem
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
}

dials() { run dial --wait 300 "$1:9"; }

# Files and the network are refused to root and anybody, the member reads.
enforced() {
	as_anybody assert_refused act read $IMAGE || return 1
	dials udp:10.20.0.2
	[[ $output == *": EACCES" || $output == *": EPERM" ]] || { fail "$output"; return 1; }
	dials tcp:127.0.0.1
	[[ $output == *": ECONNREFUSED" ]] || { fail "$output"; return 1; }
	assert_allowed viewer read $IMAGE
	as_user mallory viewer read $IMAGE
}

attached() { find $PINS/links -type f | wc -l; }

@test "guard: the gate is shut until a policy is enforced, then phiwardd opens it" {
	dials udp:10.20.0.2
	[[ $output == *": EPERM" ]] || fail "$output"
	act read $IMAGE
	guard_is gate=shut
	mkdir -p /etc/phiward
	cp /run/vm/auditor.pem /etc/phiward/
	with_breaker /run/vm/guard.yaml
	guard_is gate=open
	dmesg | grep -F 'phiward: the gate is open;'
	assert_doctor module-gate ok 'opened by a policy; it dropped [1-9]'
	enforced
}

@test "guard: all that phiward has attached, and what it needs, is held" {
	[ "$(attached)" -gt 50 ]
	guard_is "links=$(attached)"
	guard_is "programs=$(find $PINS/programs -type f | wc -l)"
	guard_is "maps=$(find $PINS/maps -type f | wc -l)"
	phiward_is state=enforcing module=true "held=$(attached)"
	assert_doctor module-links ok "$(attached) of $(attached) links"
	assert_doctor module-ftrace ok 'is held on'
	# As long as it holds them it is in use.
	run guard unload
	[ "$output" = EAGAIN ]
}

@test "guard: the first key of the boot is kept for the auditor, and nowhere in the clear" {
	local file key
	file=$(echo $STATE/key-*.cms)
	[ "$file" = "$STATE/key-$(cat /proc/sys/kernel/random/boot_id).cms" ]
	[ "$(stat -c %a "$file")" = 600 ]
	openssl cms -decrypt -inform DER -in "$file" -inkey /run/vm/auditor.key > /run/vm/key.json
	key=$(jq -r .key /run/vm/key.json)
	[ ${#key} -eq 64 ]
	[ "$(jq -r .epoch /run/vm/key.json)" = 1 ]
	[ "$(jq -r .boot /run/vm/key.json)" = "$(cat /proc/sys/kernel/random/boot_id)" ]
	! grep -rqiF "$key" $STATE /var/log/phiward /run/phiward "$PHIWARDD_LOG"
	assert_doctor module-key ok 'kept for the auditor'
	phiward_records | grep '"action":"start"' | grep -F 'the first key of this boot is kept'
}

@test "guard: pins gone, bpffs unmounted, daemon killed: everything is refused as before" {
	attached > /run/vm/attached
	destroy
	enforced
	# Only phiwardd may ask the module for more than this.
	phiward_is daemon=false state=degraded module=true "held=$(cat /run/vm/attached)"
}

@test "guard: a daemon that starts then has it all back, and the records of meanwhile" {
	local last
	last=$(cat /var/log/phiward/audit*.log | sed -n 's/.*"seq":\([0-9]*\),.*/\1/p' | sort -n | tail -1)
	start_phiward
	wait_for phiward_is state=enforcing daemon=true
	enforced
	guard_is "links=$(cat /run/vm/attached)"
	[ "$(attached)" -eq "$(cat /run/vm/attached)" ]
	mark
	assert_refused act read $IMAGE
	assert_record action=read verdict=deny object=images
	[ "$(records_like action=read verdict=deny | wc -l)" -eq 1 ]
	assert_lost_zero
	# What was refused while no daemon ran: in the log, once.
	[ "$(cat /var/log/phiward/audit*.log | grep -c "\"seq\":$((last + 1)),")" -eq 1 ]
}

@test "guard: the module has sealed the log, and no seal is missing although the daemon was killed" {
	run phiward audit verify --key /run/vm/auditor.key
	[ "$status" -eq 0 ] && [[ $output == complete* ]] || fail "$output"
	[[ $output == *"sealed by the kernel module; checked"* ]] || fail "$output"
	[ "$(jq -r 'select(.checkpoint).checkpoint' /var/log/phiward/audit*.log | grep -c '^end crash')" -eq 1 ]
	run phiward audit verify
	[ "$status" -eq 0 ] && [[ $output == consistent* ]] || fail "$output"
	phiward audit prove 1 > /run/vm/proof
	cp -r /var/log/phiward /run/vm/log
	sed -i '1s/"uid":0/"uid":1/' /run/vm/log/audit-00000001.log
	run phiward audit verify --key /run/vm/auditor.key /run/vm/log
	[ "$status" -eq 1 ] && [[ $output == "broken: audit-00000001.log:"* ]] || fail "$output"
	run as_user mallory phiward audit prove --check /run/vm/proof
	[ "$status" -eq 0 ] || fail "$output"
	run phiward audit prove --check /run/vm/proof --key /run/vm/auditor.key
	[ "$status" -eq 0 ] && [[ $output == *"sealed by the kernel module"* ]] || fail "$output"
}

@test "guard: a pin that was removed is not attached twice" {
	breaker unlink $PINS/links/pw_file_open $PINS/links/pw_connect4
	enforced
	phiward_is state=enforcing
	apply_policy < /run/vm/guard.yaml
	guard_is "links=$(cat /run/vm/attached)"
	mark
	assert_refused act read $IMAGE
	[ "$(records_like action=read verdict=deny | wc -l)" -eq 1 ]
}

@test "guard: unload gives all of it up, and apply takes it again" {
	local records epoch boot mac key i
	unload_phiward
	# What was recorded until then is sealed by the module, that phiward was unloaded too.
	run phiward audit verify --key /run/vm/auditor.key
	[ "$status" -eq 0 ] && [[ $output == complete* && $output != *"key file"* ]] || fail "$output"
	guard_is links=0
	guard_is maps=0
	guard_is programs=0
	assert_allowed act read $IMAGE
	# The key comes from the one that was kept: the module made this MAC with it.
	guard counter 7
	read -r records epoch boot mac < <(guard mac "$DIGEST")
	[ "$records" = 7 ]
	key=$(jq -r .key /run/vm/key.json)
	for i in $(seq 2 "$epoch"); do
		key=$(next_key "$key")
	done
	[ "$mac" = "$(mac_of "$key" "$DIGEST" 7 "$epoch" "$boot")" ]
	guard drop map shared
	start_phiward /run/vm/guard.yaml
	guard_is "links=$(attached)"
	enforced
}
