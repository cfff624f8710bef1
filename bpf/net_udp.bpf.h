/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What UDP receives. Attached to the root cgroup only while the bank has
 * PW_BANK_UDP_INGRESS. A socket that was bound to a port hears whom `from`
 * names and those it may send to; one that has sent to a group or broadcast
 * address hears the latter and `answers`; any other socket is left alone.
 */
#ifndef PW_NET_UDP_BPF_H
#define PW_NET_UDP_BPF_H

#define PW_ETH_P_IP 0x0800

#define PW_SOCKET_HEARS (PW_SOCKET_LISTENS | PW_SOCKET_ASKED)

/*
 * The sender of a packet whose data begins at the IP header. UDP behind IPv6
 * extension headers has port 0 here, which no rule covers.
 */
static __always_inline bool pw_packet_sender(struct __sk_buff *skb, struct pw_peer *peer)
{
	void *data = (void *)(long)skb->data, *end = (void *)(long)skb->data_end;
	struct ipv6hdr *ip6 = data;
	struct iphdr *ip = data;
	struct udphdr *udp;

	if (skb->protocol == bpf_htons(PW_ETH_P_IP)) {
		if ((void *)(ip + 1) > end)
			return false;
		pw_peer_v4(peer, ip->saddr);
		udp = data + (ip->ihl & 15) * 4;
	} else {
		if ((void *)(ip6 + 1) > end)
			return false;
		pw_peer_v6(peer, ip6->saddr.in6_u.u6_addr32[0], ip6->saddr.in6_u.u6_addr32[1],
			   ip6->saddr.in6_u.u6_addr32[2], ip6->saddr.in6_u.u6_addr32[3]);
		if (ip6->nexthdr != PW_IPPROTO_UDP)
			return true;
		udp = (void *)(ip6 + 1);
	}
	if ((void *)(udp + 1) > end)
		return false;
	peer->port = bpf_ntohs(udp->source);

	return true;
}

/* An IPv4 sender under one generation as a number that is never 0; 0 for IPv6. */
static __always_inline __u64 pw_sender_packed(const struct pw_peer *peer, __u64 generation)
{
	if (peer->family != 4)
		return 0;

	return (__u64)peer->addr[0] << 32 | (__u32)peer->port << 16 | (__u16)generation;
}

/* @served: the socket's port when it listens, 0 when it has only sent to a group. */
__noinline int pw_datagram_decide(struct pw_in *in, __u32 loopback, __u32 served)
{
	struct pw_datagram_question q = {};
	struct pw_answer answer;
	struct pw_bank *bank;
	__u32 tables;

	if (!in)
		return 0;
	bank = pw_bank_in(in->slot);
	if (!bank)
		return 0;
	tables = pw_net_tables_of(in->subject);
	q.subject = in->subject;
	q.subject_flags = pw_net_flags(bank, in->subject);
	q.loopback = loopback;
	if (!loopback) {
		if (served)
			q.from = pw_from_rule(in, served);
		if (!q.from)
			q.out = pw_peer_rule(in->slot, tables, PW_DIRECTION_OUT, &in->peer,
					     in->peer.port);
		if (!q.from && !q.out)
			q.answers = pw_peer_rule(in->slot, tables, PW_DIRECTION_ANSWER, &in->peer,
						 in->peer.port);
	}
	answer = pw_decide_datagram(&q);
	in->verdict = answer.verdict;
	in->reason = answer.reason;

	return 0;
}

SEC("cgroup_skb/ingress")
int pw_udp_ingress(struct __sk_buff *skb)
{
	struct pw_in in = {};
	struct bpf_sock *sk = skb->sk;
	struct pw_socket *socket;
	struct pw_bank *bank;
	__u32 loopback;
	__u64 packed;

	if (!sk)
		return PW_CGROUP_PASS;
	sk = bpf_sk_fullsock(sk);
	if (!sk || sk->protocol != PW_IPPROTO_UDP)
		return PW_CGROUP_PASS;
	socket = bpf_sk_storage_get(&sockets, sk, NULL, 0);
	if (!socket || !(socket->flags & PW_SOCKET_HEARS))
		return PW_CGROUP_PASS;
	in.slot = pw_active_slot();
	bank = pw_bank_in(in.slot);
	if (!bank)
		return PW_CGROUP_PASS;

	if (!pw_packet_sender(skb, &in.peer)) {
		pw_count(PW_COUNT_INVALID);
		return PW_CGROUP_REFUSE;
	}
	packed = pw_sender_packed(&in.peer, bank->generation);
	if (packed && *(volatile __u64 *)&socket->heard == packed)
		return PW_CGROUP_PASS;

	in.subject = pw_subject_in_force(bank, socket->subject);
	in.peer.proto = PW_PROTO_UDP;
	loopback = skb->ifindex == PW_LOOPBACK_IFINDEX;
	pw_datagram_decide(&in, loopback,
			   socket->flags & PW_SOCKET_LISTENS ? sk->src_port : 0);
	if (in.verdict == PW_VERDICT_ALLOW) {
		if (loopback)
			pw_hear(&in.peer, sk->src_port);
		*(volatile __u64 *)&socket->heard = packed;
		return PW_CGROUP_PASS;
	}
	in.peer.port = sk->src_port;

	return pw_arrival_verdict(&in) ? PW_CGROUP_REFUSE : PW_CGROUP_PASS;
}

#endif
