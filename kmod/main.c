// SPDX-License-Identifier: GPL-2.0-only
/* Loading and unloading. */
#include "internal.h"

#include <linux/miscdevice.h>

#include <phiward/version.h>

#include "compat.h"

DEFINE_MUTEX(pw_lock);	/* see internal.h */

static int __init pw_init(void)
{
	int err = pw_key_init();

	if (err)
		return err;
	if (PW_DEBUG)
		err = pw_selftest();
	if (err)
		goto out_key;
	/* Not fatal: the gate and what is held are needed all the same, and SEAL tries again. */
	if (pw_ftrace_hold())
		pr_err("ftrace is off: no BPF program of an LSM hook runs\n");
	err = pw_gate_register();
	if (err)
		goto out_ftrace;
	err = misc_register(&pw_device);
	if (err)
		goto out_gate;
	pr_info("version %s loaded\n", PW_VERSION);
	return 0;

out_gate:
	pw_gate_unregister();
out_ftrace:
	pw_ftrace_release();
out_key:
	pw_key_exit();
	return err;
}

static void __exit pw_exit(void)
{
	misc_deregister(&pw_device);
	pw_gate_unregister();
	pw_hold_release();
	pw_ftrace_release();
	pw_key_exit();
	pr_info("version %s unloaded\n", PW_VERSION);
}

module_init(pw_init);
module_exit(pw_exit);
PW_IMPORT_BPF;
MODULE_DESCRIPTION("phiward: what BPF cannot do for itself");
MODULE_LICENSE("GPL");
MODULE_VERSION(PW_VERSION);
