/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The other end of a connection, and what the policy's tables say of it.
 *
 * The functions of these headers that are not static are checked once by the
 * verifier instead of once for each way that leads to them. They take no
 * pointers inside structs, so they look the bank up by its slot.
 */
#ifndef PW_NET_PEER_BPF_H
#define PW_NET_PEER_BPF_H

#include <phiward/decide_net.h>
#include <phiward/match.h>

#define PW_AF_UNIX 1
#define PW_AF_INET 2
#define PW_AF_INET6 10
#define PW_IPPROTO_TCP 6
#define PW_IPPROTO_UDP 17
#define PW_SOCK_STREAM 1
#define PW_SOCK_DGRAM 2
#define PW_SOCK_RAW 3
#define PW_LOOPBACK_IFINDEX 1

/* Cookie of the first network namespace, set by the loader. */
const volatile __u64 pw_first_netns;

struct pw_peer {
	__u32 addr[4];	/* network order; IPv4 in the first word, IPv4-mapped IPv6 too */
	__u16 port;	/* host order; the peer's, or the served one when it comes in */
	__u8 family;	/* 4 or 6 */
	__u8 proto;	/* enum pw_proto */
};

static __always_inline void pw_peer_v4(struct pw_peer *peer, __u32 addr)
{
	peer->family = 4;
	peer->addr[0] = addr;
	peer->addr[1] = 0;
	peer->addr[2] = 0;
	peer->addr[3] = 0;
}

static __always_inline void pw_peer_v6(struct pw_peer *peer, __u32 a, __u32 b, __u32 c, __u32 d)
{
	if (!a && !b && c == bpf_htonl(0xffff)) {
		pw_peer_v4(peer, d);
		return;
	}
	peer->family = 6;
	peer->addr[0] = a;
	peer->addr[1] = b;
	peer->addr[2] = c;
	peer->addr[3] = d;
}

/* An address that is this machine's whatever its interfaces are. */
static __always_inline __u32 pw_peer_is_loopback(const struct pw_peer *peer)
{
	if (peer->family == 4)
		return !peer->addr[0] ||
		       (peer->addr[0] & bpf_htonl(0xff000000)) == bpf_htonl(0x7f000000);

	return !peer->addr[0] && !peer->addr[1] && !peer->addr[2] &&
	       (!peer->addr[3] || peer->addr[3] == bpf_htonl(1));
}

/* The wildcard address. */
static __always_inline __u32 pw_peer_is_any(const struct pw_peer *peer)
{
	return !peer->addr[0] && !peer->addr[1] && !peer->addr[2] && !peer->addr[3];
}

/* PW_LOCAL_ADDR_* of an address of this machine or of one of its networks, or 0. */
__noinline __u32 pw_peer_local(const struct pw_peer *peer)
{
	struct pw_addr key = {};
	__u32 *kind;

	if (!peer)
		return 0;
	key.family = peer->family;
	__builtin_memcpy(key.addr, peer->addr, sizeof(key.addr));
	kind = bpf_map_lookup_elem(&local_addrs, &key);

	return kind ? *kind : 0;
}

/* Multicast or broadcast. */
static __always_inline __u32 pw_peer_is_group(const struct pw_peer *peer)
{
	if (peer->family == 6)
		return (peer->addr[0] & bpf_htonl(0xff000000)) == bpf_htonl(0xff000000);

	return (peer->addr[0] & bpf_htonl(0xf0000000)) == bpf_htonl(0xe0000000) ||
	       peer->addr[0] == 0xffffffff || pw_peer_local(peer) == PW_LOCAL_ADDR_BROADCAST;
}

/* The rule of @subject that covers @peer's address and @port, or 0. One lookup, whatever the rules. */
__noinline __u32 pw_peer_rule(__u32 slot, __u32 subject, __u32 direction,
			      const struct pw_peer *peer, __u32 port)
{
	struct pw_prefix_key key = {.subject = subject, .direction = direction};
	struct pw_port_set *set;
	void *table;

	if (!peer)
		return 0;
	key.prefixlen = PW_PREFIX_SCOPE_BITS + (peer->family == 4 ? 32 : 128);
	key.proto_family = peer->proto << 4 | peer->family;
	__builtin_memcpy(key.addr, peer->addr, sizeof(key.addr));
	table = bpf_map_lookup_elem(&prefixes, &slot);
	if (!table)
		return 0;
	set = bpf_map_lookup_elem(table, &key);
	if (!set)
		return 0;

	return pw_port_rule(set, port);
}

/* The rule that lets @subject listen on @port, whoever may come, or 0. */
__noinline __u32 pw_listen_rule(__u32 slot, __u32 subject, __u32 proto, __u32 port)
{
	struct pw_prefix_key key = {
		.prefixlen = PW_PREFIX_SCOPE_BITS,
		.subject = subject,
		.direction = PW_DIRECTION_IN,
		.proto_family = proto << 4,
	};
	struct pw_port_set *set;
	void *table;

	table = bpf_map_lookup_elem(&prefixes, &slot);
	if (!table)
		return 0;
	set = bpf_map_lookup_elem(table, &key);
	if (!set)
		return 0;

	return pw_port_rule(set, port);
}

/* ---- Socket activation ------------------------------------------------------------------------ */

/* PID 1 listens for the service that it will start: wherever one of the subjects may. */
struct pw_any {
	struct pw_peer peer;
	__u32 slot;
	__u32 port;		/* the served one */
	__u32 whoever;
	__u32 rule;
};

static long pw_any_one(__u32 round, struct pw_any *any)
{
	__u32 subject = PW_OPAQUE(PW_SUBJECT_FIRST + round);
	struct pw_bank *bank = pw_bank_in(any->slot);

	if (!bank || subject >= PW_SUBJECT_IDS)
		return 1;
	if (!(bank->subjects[PW_INDEX(subject, PW_SUBJECT_IDS)].flags & PW_SUBJECT_PRESENT))
		return 0;
	any->rule = any->whoever ?
			    pw_listen_rule(any->slot, subject, any->peer.proto, any->port) :
			    pw_peer_rule(any->slot, subject, PW_DIRECTION_IN, &any->peer, any->port);

	return !!any->rule;
}

/* A rule of any subject to serve @peer at @port, or with @whoever to listen there at all; or 0. */
__noinline __u32 pw_rule_of_any(__u32 slot, const struct pw_peer *peer, __u32 port, __u32 whoever)
{
	struct pw_any any = {.slot = slot, .port = port, .whoever = whoever};

	if (!peer)
		return 0;
	any.peer = *peer;
	bpf_loop(PW_SUBJECT_IDS - PW_SUBJECT_FIRST, pw_any_one, &any, 0);

	return any.rule;
}

/* ---- Doors ------------------------------------------------------------------------------------ */

static __always_inline struct pw_door *pw_door_of(__u32 slot, __u8 proto, __u16 port)
{
	struct pw_door_key key = {.port = port, .proto = proto};
	void *table;

	table = bpf_map_lookup_elem(&doors, &slot);
	if (!table)
		return NULL;

	return bpf_map_lookup_elem(table, &key);
}

/* What a subject's flags are for the network: the built-in ones follow the rules of others. */
static __always_inline __u32 pw_net_flags(const struct pw_bank *bank, __u32 subject)
{
	if (!pw_named(subject) || subject >= PW_SUBJECT_IDS)
		subject = PW_SUBJECT_OTHERS;

	return bank->subjects[PW_INDEX(subject, PW_SUBJECT_IDS)].flags;
}

/* Whose tables are looked up: the built-in subjects have none of their own. */
static __always_inline __u32 pw_net_tables_of(__u32 subject)
{
	return pw_named(subject) ? subject : PW_SUBJECT_OTHERS;
}

/*
 * Who acts, as the copy of the label says it, which every program may read, and in @phi whether it
 * has opened an object.
 */
static __always_inline __u32 pw_net_carrier(const struct pw_bank *bank, struct task_struct *task,
					    __u32 *phi)
{
	struct pw_task *label = pw_label_copied(task);

	*phi = label && (label->flags & PW_TASK_PHI);
	if (label)
		return pw_subject_in_force(bank, pw_subject_of(bank, label));

	return task->tgid == 1 ? PW_SUBJECT_INIT : PW_SUBJECT_OTHERS;
}

static __always_inline __u32 pw_net_subject(const struct pw_bank *bank, struct task_struct *task)
{
	__u32 phi;

	return pw_net_carrier(bank, task, &phi);
}

/* The part of a case that the current task's label tells. */
static __always_inline void pw_case_actor(struct pw_case *c, const struct pw_bank *bank,
					  __u32 subject)
{
	struct pw_task *label = pw_label_copied(bpf_get_current_task_btf());

	c->subject = subject;
	c->subject_flags = pw_net_flags(bank, subject);
	if (!label)
		return;
	c->program = label->program;
	if (label->flags & PW_TASK_PHI)
		c->flags |= PW_CASE_PHI;
}

static __always_inline void pw_case_peer(struct pw_case *c, const struct pw_peer *peer)
{
	c->proto = peer->proto;
	c->family = peer->family;
	c->port = peer->port;
	__builtin_memcpy(c->addr, peer->addr, sizeof(c->addr));
}

#endif
