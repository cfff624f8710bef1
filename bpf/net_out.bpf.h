/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What goes out: connect and send, at the root cgroup. Typed addresses of both
 * families, no way around by MSG_FASTOPEN or io_uring, and no ftrace below.
 */
#ifndef PW_NET_OUT_BPF_H
#define PW_NET_OUT_BPF_H

/* The canary of this layer: an address that nobody has (RFC 5737), the discard port. */
#define PW_CANARY_ADDR 0xc0000201
#define PW_CANARY_PORT 9

#define PW_CGROUP_PASS 1
#define PW_CGROUP_REFUSE 0

/* One connect or send. */
struct pw_out {
	struct pw_peer peer;
	__u32 slot;
	__u32 subject;
	__u32 foreign;
	__u32 action;		/* PW_ACTION_CONNECT or PW_ACTION_SEND */
	__u32 port;		/* the socket's own */
	__u32 listens;		/* UDP: bound to a port, may answer who may come */
	__u32 guarded;
	__u32 rule;
	__u32 verdict;
	__u32 reason;
	__u32 silent;		/* refused without a record */
	__u32 phi;		/* who sends has opened an object */
};

/* From 7.x on the verifier wants to see that the errno is one. */
static __always_inline int pw_cgroup_result(int error)
{
	if (!error)
		return PW_CGROUP_PASS;
	bpf_set_retval(-PW_EACCES);

	return PW_CGROUP_REFUSE;
}

static __always_inline int pw_is_canary(const struct pw_peer *peer)
{
	return peer->family == 4 && peer->addr[0] == bpf_htonl(PW_CANARY_ADDR) &&
	       peer->port == PW_CANARY_PORT;
}

/*
 * The rule for @out, of connect, or of listen when the socket answers somebody who may come. A
 * subject's peers are other machines: of an address that somebody has given to this one @own is
 * set instead.
 */
static __always_inline __u32 pw_out_rule(const struct pw_out *out, __u32 *own)
{
	__u32 tables = pw_net_tables_of(out->subject);
	__u32 rule = pw_peer_rule(out->slot, tables, PW_DIRECTION_OUT, &out->peer, out->peer.port);

	if (rule && pw_named(out->subject) && !out->foreign && !pw_peer_is_loopback(&out->peer) &&
	    pw_peer_local(&out->peer) == PW_LOCAL_ADDR_OWN) {
		*own = 1;
		rule = 0;
	}
	if (rule || !out->listens || pw_peer_is_group(&out->peer))
		return rule;
	rule = pw_peer_rule(out->slot, tables, PW_DIRECTION_IN, &out->peer, out->port);
	if (rule || !pw_was_heard(&out->peer, out->port))
		return rule;

	return pw_listen_rule(out->slot, tables, PW_PROTO_UDP, out->port);
}

/*
 * Whether what goes to the port of a door goes to this machine. What is sent to a
 * group or broadcast address comes in here as well: it counts where the door is
 * @closed to the sender, and is nothing but a send to outside where it is not.
 */
static __always_inline __u32 pw_reaches_door(const struct pw_peer *peer, __u32 closed)
{
	return pw_peer_local(peer) == PW_LOCAL_ADDR_OWN || (closed && pw_peer_is_group(peer));
}

/*
 * Fills answer, rule and guarded. The addresses of the machine are asked for
 * only where it matters: for a door, and for others that may use loopback.
 */
__noinline int pw_out_decide(struct pw_out *out)
{
	struct pw_out_question q = {};
	struct pw_answer answer;
	struct pw_bank *bank;
	struct pw_door *door;

	if (!out)
		return 0;
	bank = pw_bank_in(out->slot);
	if (!bank)
		return 0;
	q.subject = out->subject;
	q.subject_flags = pw_net_flags(bank, out->subject);
	q.foreign = out->foreign;
	q.loopback = pw_peer_is_loopback(&out->peer);
	door = pw_door_of(out->slot, out->peer.proto, out->peer.port);
	if (door) {
		q.guarded = !!(door->flags & PW_DOOR_GUARDS);
		q.client = pw_subject_in(&door->clients, out->subject);
		if (!q.loopback && !q.foreign)
			q.loopback = pw_reaches_door(&out->peer, q.guarded && !q.client);
	}
	if (pw_out_asks_rule(&q))
		q.rule = pw_out_rule(out, &q.own);
	answer = pw_decide_out(&q);
	if (answer.verdict != PW_VERDICT_ALLOW && !door && !q.loopback && !q.foreign &&
	    !pw_named(q.subject) && (q.subject_flags & PW_SUBJECT_LOOPBACK) &&
	    pw_peer_local(&out->peer) == PW_LOCAL_ADDR_OWN) {
		q.loopback = 1;
		answer = pw_decide_out(&q);
	}
	out->verdict = answer.verdict;
	out->reason = answer.reason;
	/* Elsewhere a client is announced only where it is one: the server's side decides. */
	out->guarded = q.guarded && q.loopback && (!q.foreign || q.client);
	out->rule = q.loopback && door && (q.client || q.guarded) ? door->rule : q.rule;

	return 0;
}

/* Records what was decided. Returns 0 or the errno. */
__noinline int pw_out_verdict(const struct pw_out *out)
{
	struct pw_case c = {.type = PW_RECORD_NET, .flags = PW_CASE_RECORD};
	struct pw_bank *bank;

	if (!out)
		return -PW_EACCES;
	if (out->silent)
		c.flags = PW_CASE_SILENT;
	bank = pw_bank_in(out->slot);
	if (!bank)
		return 0;
	c.slot = out->slot;
	pw_case_actor(&c, bank, out->subject);
	c.action = out->action;
	c.verdict = out->verdict;
	c.reason = out->reason;
	c.rule = out->rule;
	pw_case_peer(&c, &out->peer);

	return pw_verdict(&c);
}

static __always_inline void pw_out_who(struct pw_out *out, const struct pw_bank *bank,
				       struct bpf_sock_addr *ctx, struct task_struct *task)
{
	out->subject = pw_net_carrier(bank, task, &out->phi);
	out->foreign = bpf_get_netns_cookie(ctx) != pw_first_netns;
}

/*
 * The kernel connects by itself. That is its own business, but for a further
 * subflow of a program's MPTCP connection: the peer named the address.
 */
static __always_inline int pw_connect_of_kernel(struct bpf_sock_addr *ctx, struct pw_out *out)
{
	struct tcp_sock *tcp = bpf_skc_to_tcp_sock(ctx->sk);

	if (!tcp || !tcp->is_mptcp)
		return PW_CGROUP_PASS;
	out->verdict = PW_VERDICT_DENY;
	out->reason = PW_REASON_NO_RULE;

	return pw_cgroup_result(pw_out_verdict(out));
}

static __always_inline bool pw_proto_of(struct bpf_sock_addr *ctx, struct pw_peer *peer)
{
	if (ctx->protocol == PW_IPPROTO_TCP)
		peer->proto = PW_PROTO_TCP;
	else if (ctx->protocol == PW_IPPROTO_UDP)
		peer->proto = PW_PROTO_UDP;
	else
		return false;	/* ping(7) and raw sockets: socket_create decided */

	return true;
}

/*
 * Whether a connect of UDP that no rule allows only asks for the way: getaddrinfo(3) connects one
 * to each address of a name to put them in order, and sends nothing. It is no attempt at anything
 * where the subject has TCP for the same: a peer's port, or one that it serves.
 */
static __noinline __u32 pw_asks_way(const struct pw_out *out)
{
	__u32 tables = pw_net_tables_of(out->subject);
	struct pw_peer peer = out->peer;

	if (peer.proto != PW_PROTO_UDP || out->reason != PW_REASON_NO_RULE)
		return 0;
	peer.proto = PW_PROTO_TCP;
	if (pw_peer_is_any(&peer))
		return pw_listen_rule(out->slot, tables, PW_PROTO_TCP, peer.port);

	return pw_peer_rule(out->slot, tables, PW_DIRECTION_OUT, &peer, peer.port);
}

/* The record of the connect says all that one of the first send would. */
static __always_inline void pw_connect_with_phi(struct bpf_sock_addr *ctx,
						const struct pw_bank *bank, const struct pw_out *out)
{
	struct pw_socket *socket =
		bpf_sk_storage_get(&sockets, ctx->sk, NULL, BPF_SK_STORAGE_GET_F_CREATE);

	if (socket)	/* without one there are two records */
		socket->used = pw_use_mark(bank, out->subject, PW_USE_CONNECTED | PW_USE_PHI);
}

static __always_inline int pw_connect(struct bpf_sock_addr *ctx, struct pw_out *out)
{
	struct task_struct *task = bpf_get_current_task_btf();
	struct pw_socket *socket;
	struct pw_bank *bank;
	int error;

	/* Loaded from another network namespace, the rules would hold in the wrong one. */
	if (pw_is_canary(&out->peer))
		return bpf_get_netns_cookie(NULL) == pw_first_netns ?
			       pw_cgroup_result(pw_canary()) : PW_CGROUP_PASS;
	out->slot = pw_active_slot();
	bank = pw_bank_in(out->slot);
	if (!bank || !pw_proto_of(ctx, &out->peer))
		return PW_CGROUP_PASS;
	out->action = PW_ACTION_CONNECT;
	if (task->flags & PW_PF_KTHREAD)
		return pw_connect_of_kernel(ctx, out);

	pw_out_who(out, bank, ctx, task);
	socket = bpf_sk_storage_get(&sockets, ctx->sk, NULL, 0);
	if (socket)
		socket->used = 0;	/* that was another peer */
	if (out->peer.proto == PW_PROTO_UDP) {
		if (socket && (socket->flags & PW_SOCKET_KERNEL))
			return PW_CGROUP_PASS;
		out->listens = socket && (socket->flags & PW_SOCKET_LISTENS);
		out->port = ctx->sk->src_port;
	}
	pw_out_decide(out);
	if (out->verdict == PW_VERDICT_ALLOW && !pw_named(out->subject) && !out->guarded)
		return PW_CGROUP_PASS;
	if (out->verdict != PW_VERDICT_ALLOW)
		out->silent = !!pw_asks_way(out);
	error = pw_out_verdict(out);
	if (!error && out->phi && pw_named(out->subject) && pw_may_keep(out->verdict))
		pw_connect_with_phi(ctx, bank, out);
	if (error || !out->guarded || out->peer.proto != PW_PROTO_TCP)
		return pw_cgroup_result(error);

	socket = bpf_sk_storage_get(&sockets, ctx->sk, NULL, BPF_SK_STORAGE_GET_F_CREATE);
	if (socket) {
		socket->sender = out->subject;
		socket->flags |= PW_SOCKET_ANNOUNCE;
	} else {
		pw_count(PW_COUNT_NET_LABEL_LOST);
	}

	return PW_CGROUP_PASS;
}

SEC("cgroup/connect4")
int pw_connect4(struct bpf_sock_addr *ctx)
{
	struct pw_out out = {};

	pw_peer_v4(&out.peer, ctx->user_ip4);
	out.peer.port = bpf_ntohs(ctx->user_port);

	return pw_connect(ctx, &out);
}

SEC("cgroup/connect6")
int pw_connect6(struct bpf_sock_addr *ctx)
{
	struct pw_out out = {};

	pw_peer_v6(&out.peer, ctx->user_ip6[0], ctx->user_ip6[1], ctx->user_ip6[2],
		   ctx->user_ip6[3]);
	out.peer.port = bpf_ntohs(ctx->user_port);

	return pw_connect(ctx, &out);
}

/* Who sends, in one word: that it has opened an object makes it another. */
static __always_inline __u32 pw_sender_of(const struct pw_out *out)
{
	return out->subject | out->phi << 8;
}

/* Remembers an allowed send, so that the next one like it needs no lookup. */
static __always_inline int pw_sent(struct pw_socket *socket, const struct pw_bank *bank,
				   const struct pw_out *out)
{
	__u64 generation = bank->generation;
	int error = 0;

	if ((bank->flags & PW_BANK_UDP_INGRESS) && pw_peer_is_group(&out->peer)) {
		if (!(socket->flags & PW_SOCKET_LISTENS))
			socket->subject = out->subject;
		socket->flags |= PW_SOCKET_ASKED;
	}
	if ((pw_named(out->subject) || out->guarded) &&
	    !pw_socket_recorded(socket, generation, pw_sender_of(out), &out->peer))
		error = pw_out_verdict(out);
	if (!error)
		pw_socket_learn(socket, generation, pw_sender_of(out), &out->peer);

	return error;
}

static __always_inline int pw_send(struct bpf_sock_addr *ctx, struct pw_out *out)
{
	struct task_struct *task = bpf_get_current_task_btf();
	struct pw_socket *socket;
	struct pw_bank *bank;

	out->slot = pw_active_slot();
	bank = pw_bank_in(out->slot);
	if (!bank || (task->flags & PW_PF_KTHREAD))
		return PW_CGROUP_PASS;

	pw_out_who(out, bank, ctx, task);
	out->peer.proto = PW_PROTO_UDP;
	socket = bpf_sk_storage_get(&sockets, ctx->sk, NULL, 0);
	if (socket) {
		if (pw_socket_knows(socket, bank->generation, pw_sender_of(out), &out->peer))
			return PW_CGROUP_PASS;
		out->listens = !!(socket->flags & PW_SOCKET_LISTENS);
	}
	out->port = ctx->sk->src_port;
	out->action = PW_ACTION_SEND;
	pw_out_decide(out);
	if (out->verdict != PW_VERDICT_ALLOW)
		return pw_cgroup_result(pw_out_verdict(out));

	if (!socket)
		socket = bpf_sk_storage_get(&sockets, ctx->sk, NULL, BPF_SK_STORAGE_GET_F_CREATE);
	if (socket)
		return pw_cgroup_result(pw_sent(socket, bank, out));
	pw_count(PW_COUNT_NET_LABEL_LOST);

	return pw_cgroup_result(pw_out_verdict(out));
}

/* Port 0 is no address: a connected socket whose message carries options of its own. */
SEC("cgroup/sendmsg4")
int pw_sendmsg4(struct bpf_sock_addr *ctx)
{
	struct pw_out out = {};

	pw_peer_v4(&out.peer, ctx->user_ip4);
	out.peer.port = bpf_ntohs(ctx->user_port);
	if (!out.peer.port) {
		pw_peer_v4(&out.peer, ctx->sk->dst_ip4);
		out.peer.port = bpf_ntohs(ctx->sk->dst_port);
	}

	return pw_send(ctx, &out);
}

SEC("cgroup/sendmsg6")
int pw_sendmsg6(struct bpf_sock_addr *ctx)
{
	struct pw_out out = {};

	pw_peer_v6(&out.peer, ctx->user_ip6[0], ctx->user_ip6[1], ctx->user_ip6[2],
		   ctx->user_ip6[3]);
	out.peer.port = bpf_ntohs(ctx->user_port);
	if (!out.peer.port) {
		pw_peer_v6(&out.peer, ctx->sk->dst_ip6[0], ctx->sk->dst_ip6[1],
			   ctx->sk->dst_ip6[2], ctx->sk->dst_ip6[3]);
		out.peer.port = bpf_ntohs(ctx->sk->dst_port);
	}

	return pw_send(ctx, &out);
}

/* ---- announcing a connection to a door ------------------------------------------------------ */

static __always_inline __u32 pw_netns_of(const struct sock *sk)
{
	return sk->__sk_common.skc_net.net->ns.inum;
}

/*
 * The SYN is about to leave: the source address and port are known now. The
 * server's side lets a connection by loopback pass only when it finds it here.
 */
SEC("fentry/tcp_connect")
int BPF_PROG(pw_announce, struct sock *sk)
{
	struct pw_announcement announcement = {};
	struct pw_announcement_key key = {.proto = PW_PROTO_TCP};
	struct pw_socket *socket = bpf_sk_storage_get(&sockets, sk, NULL, 0);
	struct pw_peer self;

	if (!socket || !(socket->flags & PW_SOCKET_ANNOUNCE))
		return 0;
	socket->flags &= ~PW_SOCKET_ANNOUNCE;

	if (sk->__sk_common.skc_family == PW_AF_INET6)
		pw_peer_v6(&self, sk->__sk_common.skc_v6_rcv_saddr.in6_u.u6_addr32[0],
			   sk->__sk_common.skc_v6_rcv_saddr.in6_u.u6_addr32[1],
			   sk->__sk_common.skc_v6_rcv_saddr.in6_u.u6_addr32[2],
			   sk->__sk_common.skc_v6_rcv_saddr.in6_u.u6_addr32[3]);
	else
		pw_peer_v4(&self, sk->__sk_common.skc_rcv_saddr);
	__builtin_memcpy(key.addr, self.addr, sizeof(key.addr));
	key.family = self.family;
	key.netns = pw_netns_of(sk);
	key.port = sk->__sk_common.skc_num;
	key.server_port = bpf_ntohs(sk->__sk_common.skc_dport);
	announcement.time = bpf_ktime_get_boot_ns();
	announcement.subject = socket->sender;
	if (bpf_map_update_elem(&announced, &key, &announcement, BPF_ANY))
		pw_count(PW_COUNT_NET_LABEL_LOST);

	return 0;
}

#endif
