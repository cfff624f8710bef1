/* SPDX-License-Identifier: GPL-2.0-only */
/* What differs between kernels, 6.1 to 7.x, each with the version that changed it. */
#ifndef PW_COMPAT_H
#define PW_COMPAT_H

#include <linux/module.h>
#include <linux/version.h>

/* 6.12 exports bpf_link_get_from_fd() for a namespace; 6.13 (cdd30ebb1b9f) names it by a string. */
#if LINUX_VERSION_CODE >= KERNEL_VERSION(6, 13, 0)
#define PW_IMPORT_BPF MODULE_IMPORT_NS("BPF_INTERNAL")
#elif LINUX_VERSION_CODE >= KERNEL_VERSION(6, 12, 0)
#define PW_IMPORT_BPF MODULE_IMPORT_NS(BPF_INTERNAL)
#else
#define PW_IMPORT_BPF _Static_assert(1, "the symbols of BPF are everybody's")
#endif

/* 7.x has struct module_use, unchanged, in kernel/module/internal.h and no more in module.h. */
#if LINUX_VERSION_CODE >= KERNEL_VERSION(7, 0, 0)
struct module_use {
	struct list_head source_list, target_list;
	struct module *source, *target;
};
#endif

/* 5.16 (42df6e1d221d): without it raw sockets send through a gate that is shut. */
#if !defined(CONFIG_NETFILTER_INGRESS) || !defined(CONFIG_NETFILTER_EGRESS)
#error "the gate needs CONFIG_NETFILTER_INGRESS and CONFIG_NETFILTER_EGRESS"
#endif

#endif
