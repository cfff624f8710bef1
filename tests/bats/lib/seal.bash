# SPDX-License-Identifier: BSD-2-Clause
# shellcheck shell=bash
#
# What tests of the seal share, with and without the kernel module. After lib/phiward.

IMAGE=/srv/dicom/phantom.dcm
DUMMY=/run/vm/dummy.ko	# a module of this kernel that phiward does not know

# seal_programs [KEY...]: a subject with all the rights that the seal asks for, and the policy,
# with these keys, in /run/vm/seal.yaml.
seal_programs() {
	local packed
	packed=$(echo "/lib/modules/$(uname -r)"/kernel/drivers/net/dummy.ko*)
	case $packed in
	*.xz) xz -dc "$packed" > $DUMMY ;;
	*) cp "$packed" $DUMMY ;;
	esac
	cp /usr/local/bin/act /usr/local/bin/viewer
	cp /usr/local/bin/into-kernel /usr/local/bin/updater
	cat > /run/vm/seal.yaml <<-EOT
	phiward: 1
	name: seal
	mode: enforce
	$(printf '%s\n' "$@")
	objects:
	  images: {paths: [/srv/dicom], on_audit_loss: keep_working}
	subjects:
	  viewer:
	    exec: [/usr/local/bin/viewer]
	    started_by: [anyone]
	    access: {images: [read]}
	    writes: [pipe]
	  updater:
	    exec: [/usr/local/bin/updater]
	    started_by: [anyone]
	    system: [modules, kexec, kernel]
	  drivers:
	    exec: [/usr/bin/kmod]
	    started_by: [init]
	    system: [modules]
	  packages:
	    exec: [/usr/bin/nice]
	    started_by: [anyone]
	    helpers: any
	    updates: true
	others: {network: loopback}
	EOT
}

enforced() {
	as_anybody assert_refused act read $IMAGE && assert_allowed viewer read $IMAGE
}

knows_minix() { grep -qw minix /proc/filesystems; }

# All that is only for who has the right, by root and by the subject.
sealed_refuses() {
	local name value
	assert_refused into-kernel module $DUMMY || return 1
	assert_refused into-kernel module-bytes $DUMMY || return 1
	assert_record type=tamper action=module verdict=deny subject=others path=$DUMMY \
		reason~'system: .modules.' || return 1
	assert_allowed updater module $DUMMY || return 1
	run into-kernel unload dummy
	[ "$output" = EPERM ] || { fail "unload: $output"; return 1; }
	assert_allowed updater unload dummy || return 1
	assert_allowed updater module-bytes $DUMMY || return 1
	assert_allowed updater unload dummy || return 1
	# modprobe(8) is the one that the kernel starts, not root's.
	run modprobe minix
	[ "$status" -ne 0 ] || { fail 'modprobe minix'; return 1; }
	! knows_minix || return 1
	run mount -t minix none /mnt
	knows_minix || { fail "no module by mount: $output"; return 1; }
	assert_refused into-kernel kexec || return 1
	assert_refused into-kernel kexec-file $DUMMY || return 1
	assert_record type=tamper action=kexec verdict=deny path=$DUMMY reason~'system: .kexec.' || return 1
	assert_allowed updater kexec || return 1
	run updater kexec-file $DUMMY
	[ "$output" = ENOEXEC ] || { fail "kexec-file: $output"; return 1; }
	assert_refused into-kernel write /dev/mem x || return 1
	assert_refused into-kernel write /dev/port x || return 1
	mkdir -p /run/vm/proc
	mount -t proc proc /run/vm/proc
	for name in kernel/core_pattern kernel/modprobe kernel/poweroff_cmd kernel/kptr_restrict \
		kernel/unprivileged_bpf_disabled kernel/sysrq kernel/kexec_load_disabled \
		kernel/modules_disabled kernel/usermodehelper/bset kernel/perf_event_paranoid \
		kernel/yama/ptrace_scope net/core/bpf_jit_harden fs/suid_dumpable fs/protected_symlinks; do
		value=$(< "/proc/sys/$name")
		assert_refused into-kernel write "/proc/sys/$name" 1 || return 1
		assert_refused into-kernel write "/run/vm/proc/sys/$name" 1 || return 1
		assert_record type=tamper action=tune verdict=deny path="$name" \
			reason~'system: .kernel.' || return 1
		[ "$(< "/proc/sys/$name")" = "$value" ] || { fail "$name: $value"; return 1; }
	done
	umount /run/vm/proc
	assert_allowed updater write /proc/sys/kernel/kptr_restrict 1 || return 1
	assert_allowed into-kernel write /proc/sys/kernel/printk_ratelimit 5 || return 1
	assert_refused into-kernel write /proc/sysrq-trigger h || return 1
	assert_record type=tamper action=tune verdict=deny path=/proc/sysrq-trigger || return 1
	assert_allowed updater write /proc/sysrq-trigger h || return 1
	assert_refused into-kernel write /proc/sys/kernel/ftrace_enabled 0
}
