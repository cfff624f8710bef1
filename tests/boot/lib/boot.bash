# SPDX-License-Identifier: BSD-2-Clause
# shellcheck shell=bash
#
# What tests of whole boots are written with. They run on this machine and boot a console of
# their own, again and again, with what the last boot left on its disk: tests/vm/disk.sh.

TOP=$(readlink -f "$BATS_TEST_DIRNAME/../..")
CONSOLE=$BATS_FILE_TMPDIR/console

# new_console [desktop]: one that has never booted.
new_console() {
	local made=$TOP/build/debian/6.1${1:+-$1}
	"$TOP/tests/vm/disk.sh" 6.1 "$made" "$@"
	mkdir "$CONSOLE"
	cp --sparse=always "$made/root.img" "$made/initrd" "$CONSOLE/"
}

# boot [OPTION...] < SCRIPT: boots the console with options of tests/vm/run and runs the
# script there when all services are up. It ends at the first command that fails.
boot() {
	local script=$CONSOLE/script code=0
	# shellcheck disable=SC2016 # expanded there
	{ echo '. "$VM_TOP/tests/boot/lib/console.bash"'; cat; } > "$script"
	"$TOP/tests/vm/run" --kernel 6.1 --boot "$CONSOLE" --timeout 400 --log "$CONSOLE/kernel.log" \
		--out "$CONSOLE/left" "$@" -- bash -c "$(< "$script")" || code=$?
	return $code
}

# update_initramfs: as on the console, which it takes minutes under emulation.
update_initramfs() {
	mkdir "$CONSOLE/root"
	debugfs -R "rdump / $CONSOLE/root" "$CONSOLE/root.img" 2> /dev/null
	"$TOP/tests/vm/initrd.sh" "$CONSOLE/root" "$CONSOLE/initrd"
	rm -rf "$CONSOLE/root"
}

# on_disk COMMAND...: of debugfs, while the console is off: what no program of it can see.
on_disk() {
	local command
	for command; do
		debugfs -w -R "$command" "$CONSOLE/root.img" 2>&1
	done
}
