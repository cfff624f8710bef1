/* SPDX-License-Identifier: BSD-2-Clause */
/* bpf(2) without a library: what it returns, or -errno. */
#ifndef PHIWARD_TOOLS_BPF_H
#define PHIWARD_TOOLS_BPF_H

#include <errno.h>
#include <linux/bpf.h>
#include <stdint.h>
#include <sys/syscall.h>
#include <unistd.h>

static int bpf(int command, union bpf_attr *attr)
{
	int r = (int)syscall(SYS_bpf, command, attr, sizeof(*attr));

	return r < 0 ? -errno : r;
}

static uint64_t address(const void *at)
{
	return (uint64_t)(uintptr_t)at;
}

static inline int pin_get(const char *path)
{
	union bpf_attr attr = {.pathname = address(path)};

	return bpf(BPF_OBJ_GET, &attr);
}

#endif
