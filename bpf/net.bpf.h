/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The network. Addresses are decided in cgroup programs at the root cgroup,
 * kinds of sockets, listening and unix sockets in LSM hooks.
 */
#ifndef PW_NET_BPF_H
#define PW_NET_BPF_H

#include "net_peer.bpf.h"
#include "net_socket.bpf.h"

#include "net_kind.bpf.h"
#include "net_unix.bpf.h"
#include "net_out.bpf.h"
#include "net_in.bpf.h"
#include "net_udp.bpf.h"
#include "net_use.bpf.h"
#include "net_adopt.bpf.h"

#endif
