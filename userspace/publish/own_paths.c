// SPDX-License-Identifier: BSD-2-Clause
#include "publish/own_paths.h"

#include "common/cleanup.h"
#include "publish/pins.h"

const struct pw_own_path pw_own_paths[] = {
	{PW_STATE_DIR, PW_CODE_OWN},
	{PW_LOG_DIR, PW_CODE_OWN},
	{"/etc/phiward", PW_CODE_SEALED},
	/* Units, phiward's among them: one that came before it would run in front of the policy. */
	{"/etc/systemd", PW_CODE_SEALED},
	{"/etc/init.d", PW_CODE_SEALED},
	{"/etc/rcS.d", PW_CODE_SEALED},
	/* What else is read as early, and can start programs, or put other files in their place. */
	{"/etc/udev", PW_CODE_SEALED},
	{"/etc/tmpfiles.d", PW_CODE_SEALED},
	{"/etc/sysusers.d", PW_CODE_SEALED},
	{"/etc/binfmt.d", PW_CODE_SEALED},
	{"/etc/fstab", PW_CODE_SEALED},
	{"/etc/crypttab", PW_CODE_SEALED},
	/* The kernel, what it is started with, and what runs before the units. */
	{"/boot", PW_CODE_SEALED},
	{"/efi", PW_CODE_SEALED},
	{"/sys/firmware/efi/efivars", PW_CODE_SEALED},
	{"/vmlinuz", PW_CODE_SEALED},
	{"/initrd.img", PW_CODE_SEALED},
	{"/etc/default/grub", PW_CODE_SEALED},
	{"/etc/default/grub.d", PW_CODE_SEALED},
	{"/etc/grub.d", PW_CODE_SEALED},
	{"/etc/kernel", PW_CODE_SEALED},
	{"/etc/initramfs-tools", PW_CODE_SEALED},
	/* Which modules are loaded with what, and how the kernel is set. */
	{"/etc/modules", PW_CODE_SEALED},
	{"/etc/modules-load.d", PW_CODE_SEALED},
	{"/etc/modprobe.d", PW_CODE_SEALED},
	{"/etc/sysctl.conf", PW_CODE_SEALED},
	{"/etc/sysctl.d", PW_CODE_SEALED},
};
const size_t pw_own_npaths = PW_ARRAY_SIZE(pw_own_paths);
