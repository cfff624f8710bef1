/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * All of phiward inside the kernel, one translation unit. Each header needs
 * only those above it: what is known, who acts, where the file lies, the
 * record, the verdict, and then the hooks, which are adapters. None of them looks
 * at an earlier verdict: the kernel asks no further program once one has refused.
 */
#include <vmlinux.h>

#include <bpf/bpf_core_read.h>
#include <bpf/bpf_endian.h>
#include <bpf/bpf_helpers.h>
#include <bpf/bpf_tracing.h>

#include <phiward/abi.h>
#include <phiward/decide.h>
#include <phiward/match.h>

#include "compat.bpf.h"
#include "case.bpf.h"
#include "maps.bpf.h"

#include "counters.bpf.h"
#include "subject.bpf.h"
#include "label.bpf.h"

#include "renames.bpf.h"
#include "locate.bpf.h"
#include "alias.bpf.h"
#include "removable.bpf.h"
#include "repeat.bpf.h"
#include "emit.bpf.h"
#include "verdict.bpf.h"
#include "access.bpf.h"

#include "guard.bpf.h"
#include "storage.bpf.h"
#include "seal.bpf.h"
#include "code.bpf.h"
#include "name.bpf.h"
#include "rights.bpf.h"

#include "hooks_guard.bpf.h"
#include "hooks_file.bpf.h"
#include "hooks_inode.bpf.h"
#include "hooks_ioctl.bpf.h"
#include "hooks_exec.bpf.h"
#include "hooks_task.bpf.h"
#include "hooks_mount.bpf.h"
#include "hooks_self.bpf.h"
#include "net.bpf.h"
#include "hooks_sysctl.bpf.h"
#include "iterators.bpf.h"
#include "adopt.bpf.h"
#include "note.bpf.h"
#include "probation.bpf.h"
#include "tell_repeats.bpf.h"

char LICENSE[] SEC("license") = "GPL";
