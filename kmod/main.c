// SPDX-License-Identifier: GPL-2.0-only
/* Loads, reports its version, unloads. */
#define pr_fmt(fmt) KBUILD_MODNAME ": " fmt

#include <linux/init.h>
#include <linux/module.h>
#include <linux/printk.h>

#include <phiward/version.h>

static int __init pw_init(void)
{
	pr_info("version %s loaded\n", PW_VERSION);
	return 0;
}

static void __exit pw_exit(void)
{
	pr_info("version %s unloaded\n", PW_VERSION);
}

module_init(pw_init);
module_exit(pw_exit);

MODULE_DESCRIPTION("phiward: what BPF cannot do for itself");
MODULE_LICENSE("GPL");
MODULE_VERSION(PW_VERSION);
