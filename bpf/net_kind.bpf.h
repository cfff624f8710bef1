/* SPDX-License-Identifier: GPL-2.0-only */
/* Kinds of sockets that addresses do not describe: they need `raw`. */
#ifndef PW_NET_KIND_BPF_H
#define PW_NET_KIND_BPF_H

#define PW_AF_NETLINK 16
#define PW_AF_PACKET 17
#define PW_AF_CAN 29
#define PW_AF_BLUETOOTH 31
#define PW_AF_ALG 38
#define PW_AF_VSOCK 40
#define PW_AF_XDP 44
#define PW_IPPROTO_ICMP 1
#define PW_IPPROTO_ICMPV6 58
#define PW_IPPROTO_MPTCP 262

/* Of an IPv4 or IPv6 socket. SCTP, DCCP, UDP-Lite and the like are in no rule. */
static __always_inline __u32 pw_raw_of_inet(int type, int protocol)
{
	bool icmp = protocol == PW_IPPROTO_ICMP || protocol == PW_IPPROTO_ICMPV6;

	if (type == PW_SOCK_STREAM && (!protocol || protocol == PW_IPPROTO_TCP ||
				       protocol == PW_IPPROTO_MPTCP))
		return 0;
	if (type == PW_SOCK_DGRAM && (!protocol || protocol == PW_IPPROTO_UDP))
		return 0;
	if ((type == PW_SOCK_DGRAM || type == PW_SOCK_RAW) && icmp)
		return PW_RAW_BIT(PW_RAW_ICMP);
	if (type == PW_SOCK_RAW)
		return PW_RAW_BIT(PW_RAW_PACKET);

	return PW_RAW_NEVER;
}

/* What a socket of this kind needs: 0, a PW_RAW_BIT(), or PW_RAW_NEVER. */
static __always_inline __u32 pw_raw_of(int family, int type, int protocol)
{
	switch (family) {
	case PW_AF_UNIX:
	case PW_AF_NETLINK:
	case PW_AF_ALG:	/* the kernel's ciphers: nothing leaves the machine */
		return 0;
	case PW_AF_INET:
	case PW_AF_INET6:
		return pw_raw_of_inet(type, protocol);
	case PW_AF_PACKET:
		return PW_RAW_BIT(PW_RAW_PACKET);
	case PW_AF_VSOCK:
		return PW_RAW_BIT(PW_RAW_VSOCK);
	case PW_AF_BLUETOOTH:
		return PW_RAW_BIT(PW_RAW_BLUETOOTH);
	case PW_AF_CAN:
		return PW_RAW_BIT(PW_RAW_CAN);
	case PW_AF_XDP:
		return PW_RAW_BIT(PW_RAW_XDP);
	default:
		return PW_RAW_NEVER;
	}
}

/*
 * Decides and records. @kind stands in the record's port: the address family, or 0
 * for tun. @flags: PW_CASE_RECORD or PW_CASE_QUIET.
 */
__noinline int pw_kind(__u32 needed, __u32 kind, __u32 flags)
{
	struct pw_case c = {
		.type = PW_RECORD_NET,
		.action = PW_ACTION_CONNECT,
		.proto = PW_PROTO_RAW,
		.flags = flags | PW_CASE_LASTS,
	};
	struct pw_answer answer;
	struct pw_bank *bank;
	__u32 tables;

	c.slot = pw_active_slot();
	bank = pw_bank_in(c.slot);
	if (!bank)
		return 0;
	pw_case_actor(&c, bank, pw_net_subject(bank, bpf_get_current_task_btf()));
	tables = pw_net_tables_of(c.subject);
	answer = pw_decide_family(c.subject, c.subject_flags,
				  bank->subjects[PW_INDEX(tables, PW_SUBJECT_IDS)].raw, needed);
	if (answer.verdict == PW_VERDICT_ALLOW && !pw_named(c.subject))
		return 0;
	c.port = kind;
	c.verdict = answer.verdict;
	c.reason = answer.reason;

	return pw_verdict(&c);
}

SEC("lsm/socket_create")
int BPF_PROG(pw_socket_create, int family, int type, int protocol, int kern)
{
	__u32 needed;

	if (kern)
		return 0;
	needed = pw_raw_of(family, type, protocol);

	return needed ? pw_errno(pw_kind(needed, family, PW_CASE_RECORD)) : 0;
}

/* A program takes hold of a tun or tap device, new or old. */
SEC("lsm/tun_dev_attach")
int BPF_PROG(pw_tun_attach, struct sock *sk, void *security)
{
	return pw_errno(pw_kind(PW_RAW_BIT(PW_RAW_TUN), 0, PW_CASE_RECORD));
}

#endif
