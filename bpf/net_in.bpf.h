/* SPDX-License-Identifier: GPL-2.0-only */
/* What comes in: who may listen, and from whom. */
#ifndef PW_NET_IN_BPF_H
#define PW_NET_IN_BPF_H

#define PW_ANNOUNCED_NS (60 * 1000000000ULL)	/* a SYN is sent again for about as long */

/* One listen(2), accept(2), bind(2) of UDP, or something that arrives. */
struct pw_in {
	struct pw_peer peer;	/* port: the served one */
	__u32 slot;
	__u32 subject;		/* who serves */
	__u32 peer_subject;
	__u32 rule;
	__u32 flags;		/* PW_CASE_* */
	__u32 verdict;
	__u32 reason;
};

static __always_inline int pw_in_verdict_of(const struct pw_in *in, __u32 no_task)
{
	struct pw_case c = {.type = PW_RECORD_NET, .action = PW_ACTION_LISTEN};
	struct pw_bank *bank;

	bank = pw_bank_in(in->slot);
	if (!bank)
		return 0;
	c.slot = in->slot;
	c.flags = in->flags | no_task;
	if (no_task) {
		c.subject = in->subject;
		c.subject_flags = pw_net_flags(bank, in->subject);
	} else {
		pw_case_actor(&c, bank, in->subject);
	}
	c.peer_subject = in->peer_subject;
	c.verdict = in->verdict;
	c.reason = in->reason;
	c.rule = in->rule;
	pw_case_peer(&c, &in->peer);

	return pw_verdict(&c);
}

/* Records what was decided. Returns 0 or the errno. */
__noinline int pw_in_verdict(const struct pw_in *in)
{
	return in ? pw_in_verdict_of(in, 0) : -PW_EACCES;
}

/* The same for what no task asked for. */
__noinline int pw_arrival_verdict(const struct pw_in *in)
{
	return in ? pw_in_verdict_of(in, PW_CASE_NO_TASK) : -PW_EACCES;
}

/* Who may serve: fills the question that listening and arriving have in common. */
static __always_inline void pw_may_listen(const struct pw_bank *bank, const struct pw_in *in,
					  struct pw_listen_question *q)
{
	struct pw_door *door = pw_door_of(in->slot, in->peer.proto, in->peer.port);

	q->subject = in->subject;
	q->subject_flags = pw_net_flags(bank, in->subject);
	q->guarded = door && (door->flags & PW_DOOR_GUARDS);
	if (!pw_listen_asks_rule(q))
		return;
	q->rule = pw_listen_rule(in->slot, pw_net_tables_of(in->subject), in->peer.proto,
				 in->peer.port);
	if (!q->rule && in->subject == PW_SUBJECT_INIT)
		q->rule = pw_rule_of_any(in->slot, &in->peer, in->peer.port, 1);
}

/* The rule that lets @in's peer come to @port, or 0. */
static __always_inline __u32 pw_from_rule(const struct pw_in *in, __u32 port)
{
	__u32 rule = pw_peer_rule(in->slot, pw_net_tables_of(in->subject), PW_DIRECTION_IN,
				  &in->peer, port);

	if (!rule && in->subject == PW_SUBJECT_INIT)
		rule = pw_rule_of_any(in->slot, &in->peer, port, 0);

	return rule;
}

/* Fills verdict, reason, rule and flags. */
__noinline int pw_listen_decide(struct pw_in *in, __u32 foreign, __u32 unfiltered)
{
	struct pw_listen_question q = {};
	struct pw_answer answer;
	struct pw_bank *bank;

	if (!in)
		return 0;
	bank = pw_bank_in(in->slot);
	if (!bank)
		return 0;
	q.foreign = foreign;
	q.unfiltered = unfiltered;
	pw_may_listen(bank, in, &q);
	answer = pw_decide_listen(&q);
	in->verdict = answer.verdict;
	in->reason = answer.reason;
	in->rule = q.rule;
	if (pw_named(in->subject))
		in->flags |= PW_CASE_RECORD;

	return 0;
}

static __always_inline __u32 pw_foreign(const struct sock *sk)
{
	return sk->__sk_common.skc_net.net->net_cookie != pw_first_netns;
}

static __always_inline void pw_local_addr(const struct sock *sk, struct pw_peer *peer)
{
	if (sk->__sk_common.skc_family == PW_AF_INET6)
		pw_peer_v6(peer, sk->__sk_common.skc_v6_rcv_saddr.in6_u.u6_addr32[0],
			   sk->__sk_common.skc_v6_rcv_saddr.in6_u.u6_addr32[1],
			   sk->__sk_common.skc_v6_rcv_saddr.in6_u.u6_addr32[2],
			   sk->__sk_common.skc_v6_rcv_saddr.in6_u.u6_addr32[3]);
	else
		pw_peer_v4(peer, sk->__sk_common.skc_rcv_saddr);
	peer->port = sk->__sk_common.skc_num;
}

/* The socket is served by @in->subject from now on. Without storage it counts as others'. */
static __always_inline void pw_socket_listens(struct pw_socket *socket, const struct pw_bank *bank,
					      const struct pw_in *in)
{
	if (!socket) {
		pw_count(PW_COUNT_NET_LABEL_LOST);
		return;
	}
	socket->subject = in->subject;
	socket->flags |= PW_SOCKET_LISTENS;
	socket->family = 0;
	socket->heard = 0;
	if (!pw_may_keep(in->verdict)) {
		socket->generation = 0;
		socket->used = 0;
		return;
	}
	socket->generation = bank->generation;
	socket->used = pw_use_mark(bank, in->subject, PW_USE_BOUND);
}

static __always_inline bool pw_is_inet(const struct sock *sk)
{
	__u16 family = sk->__sk_common.skc_family;

	return family == PW_AF_INET || family == PW_AF_INET6;
}

/* Stream sockets of both families that rules call tcp. What else can listen is decided by kind. */
static __always_inline bool pw_is_tcp(const struct sock *sk)
{
	return pw_is_inet(sk) &&
	       (sk->sk_protocol == PW_IPPROTO_TCP || sk->sk_protocol == PW_IPPROTO_MPTCP);
}

SEC("lsm/socket_listen")
int BPF_PROG(pw_socket_listen, struct socket *sock, int backlog)
{
	struct pw_in in = {.slot = pw_active_slot(), .peer.proto = PW_PROTO_TCP};
	struct task_struct *task = bpf_get_current_task_btf();
	struct pw_bank *bank = pw_bank_in(in.slot);
	struct sock *sk = sock->sk;
	int error;

	if (!bank || !sk)
		return 0;
	if (!pw_is_tcp(sk))
		return pw_unix_listen(bank, in.slot, sk, task);
	if (task->flags & PW_PF_KTHREAD)
		return 0;

	in.subject = pw_net_subject(bank, task);
	pw_local_addr(sk, &in.peer);
	pw_listen_decide(&in, pw_foreign(sk), 0);
	if (in.verdict != PW_VERDICT_ALLOW || (in.flags & PW_CASE_RECORD)) {
		error = pw_errno(pw_in_verdict(&in));
		if (error)
			return error;
	}
	pw_socket_listens(bpf_sk_storage_get(&sockets, sk, NULL, BPF_SK_STORAGE_GET_F_CREATE),
			  bank, &in);

	return 0;
}

/* A refusal, or a member that serves where another listened, has its record. */
static __always_inline bool pw_in_wants_verdict(const struct pw_in *in,
						const struct pw_socket *socket)
{
	return in->verdict != PW_VERDICT_ALLOW ||
	       ((in->flags & PW_CASE_RECORD) && (!socket || socket->subject != in->subject));
}

/*
 * Who accepts serves. Asked only when that is not who listened: a listening
 * socket that was handed over, one of PID 1, or one from before the policy.
 */
SEC("lsm/socket_accept")
int BPF_PROG(pw_socket_accept, struct socket *sock, struct socket *newsock)
{
	struct pw_in in = {.slot = pw_active_slot(), .peer.proto = PW_PROTO_TCP};
	struct task_struct *task = bpf_get_current_task_btf();
	struct pw_bank *bank = pw_bank_in(in.slot);
	struct sock *sk = sock->sk;
	struct pw_socket *socket;
	int error;

	if (!bank || !sk || (task->flags & PW_PF_KTHREAD))
		return 0;

	in.subject = pw_net_subject(bank, task);
	socket = bpf_sk_storage_get(&sockets, sk, NULL, 0);
	if (socket && socket->subject == in.subject && socket->generation == bank->generation)
		return 0;
	if (!pw_is_tcp(sk))
		return pw_named(in.subject) ? pw_unix_listen(bank, in.slot, sk, task) : 0;

	pw_local_addr(sk, &in.peer);
	pw_listen_decide(&in, pw_foreign(sk), 0);
	if (pw_in_wants_verdict(&in, socket)) {
		error = pw_errno(pw_in_verdict(&in));
		if (error)
			return error;
	}
	if (!socket)
		socket = bpf_sk_storage_get(&sockets, sk, NULL, BPF_SK_STORAGE_GET_F_CREATE);
	pw_socket_listens(socket, bank, &in);

	return 0;
}

/* ---- bind(2): of UDP it is listen; of TCP it is free, but for the port of a door -------------- */

/* Whoever has bound it keeps the server from it, and need not listen for that. */
static __always_inline bool pw_binds_door(struct bpf_sock_addr *ctx, const struct pw_in *in)
{
	struct pw_door *door = pw_door_of(in->slot, PW_PROTO_TCP, in->peer.port);

	return door && (door->flags & PW_DOOR_GUARDS) && bpf_get_netns_cookie(ctx) == pw_first_netns;
}

static __always_inline int pw_bind_tcp(struct bpf_sock_addr *ctx, struct pw_in *in)
{
	if (!pw_binds_door(ctx, in))
		return PW_CGROUP_PASS;
	in->peer.proto = PW_PROTO_TCP;
	in->subject = pw_net_subject(pw_bank_at(in->slot), bpf_get_current_task_btf());
	pw_listen_decide(in, 0, 0);

	return in->verdict == PW_VERDICT_ALLOW ? PW_CGROUP_PASS :
						 pw_cgroup_result(pw_in_verdict(in));
}

static __always_inline int pw_bind(struct bpf_sock_addr *ctx, struct pw_in *in)
{
	struct task_struct *task = bpf_get_current_task_btf();
	struct pw_socket *socket;
	struct pw_bank *bank;
	int error;

	in->slot = pw_active_slot();
	bank = pw_bank_in(in->slot);
	if (!bank || (task->flags & PW_PF_KTHREAD))
		return PW_CGROUP_PASS;
	if (ctx->protocol == PW_IPPROTO_TCP)
		return pw_bind_tcp(ctx, in);
	socket = bpf_sk_storage_get(&sockets, ctx->sk, NULL, 0);
	if (socket && (socket->flags & PW_SOCKET_KERNEL))
		return PW_CGROUP_PASS;

	in->peer.proto = PW_PROTO_UDP;
	in->subject = pw_net_subject(bank, task);
	pw_listen_decide(in, bpf_get_netns_cookie(ctx) != pw_first_netns,
			 !pw_peer_is_loopback(&in->peer) || pw_peer_is_any(&in->peer));
	if (in->verdict != PW_VERDICT_ALLOW || (in->flags & PW_CASE_RECORD)) {
		error = pw_in_verdict(in);
		if (error)
			return pw_cgroup_result(error);
	}
	pw_socket_listens(bpf_sk_storage_get(&sockets, ctx->sk, NULL, BPF_SK_STORAGE_GET_F_CREATE),
			  bank, in);

	return PW_CGROUP_PASS;
}

static __always_inline bool pw_binds_port(struct bpf_sock_addr *ctx)
{
	return (ctx->protocol == PW_IPPROTO_UDP || ctx->protocol == PW_IPPROTO_TCP) &&
	       ctx->user_port;
}

SEC("cgroup/bind4")
int pw_bind4(struct bpf_sock_addr *ctx)
{
	struct pw_in in = {};

	if (!pw_binds_port(ctx))
		return PW_CGROUP_PASS;
	pw_peer_v4(&in.peer, ctx->user_ip4);
	in.peer.port = bpf_ntohs(ctx->user_port);

	return pw_bind(ctx, &in);
}

SEC("cgroup/bind6")
int pw_bind6(struct bpf_sock_addr *ctx)
{
	struct pw_in in = {};

	if (!pw_binds_port(ctx))
		return PW_CGROUP_PASS;
	pw_peer_v6(&in.peer, ctx->user_ip6[0], ctx->user_ip6[1], ctx->user_ip6[2],
		   ctx->user_ip6[3]);
	in.peer.port = bpf_ntohs(ctx->user_port);

	return pw_bind(ctx, &in);
}

/* ---- TCP: a SYN ------------------------------------------------------------------------------- */

/* Whether the client's side announced the connection; tells who it is. */
static __noinline __u32 pw_was_announced(const struct request_sock *req, const struct pw_in *in,
					 __u32 netns, __u32 *client)
{
	struct pw_announcement_key key = {
		.netns = netns,
		.port = bpf_ntohs(req->__req_common.skc_dport),
		.server_port = in->peer.port,
		.family = in->peer.family,
		.proto = PW_PROTO_TCP,
	};
	struct pw_announcement *announcement;

	__builtin_memcpy(key.addr, in->peer.addr, sizeof(key.addr));
	announcement = bpf_map_lookup_elem(&announced, &key);
	if (!announcement || bpf_ktime_get_boot_ns() - announcement->time > PW_ANNOUNCED_NS)
		return 0;
	*client = announcement->subject;

	return 1;
}

static __always_inline void pw_request_peer(const struct request_sock *req, struct pw_peer *peer)
{
	if (req->__req_common.skc_family == PW_AF_INET6)
		pw_peer_v6(peer, req->__req_common.skc_v6_daddr.in6_u.u6_addr32[0],
			   req->__req_common.skc_v6_daddr.in6_u.u6_addr32[1],
			   req->__req_common.skc_v6_daddr.in6_u.u6_addr32[2],
			   req->__req_common.skc_v6_daddr.in6_u.u6_addr32[3]);
	else
		pw_peer_v4(peer, req->__req_common.skc_daddr);
	peer->port = req->__req_common.skc_num;
	peer->proto = PW_PROTO_TCP;
}

/*
 * In interrupt context or in the sender's: whose the listening socket is stands
 * in its storage. skb->dev is NULL here, skb_iif is not.
 */
SEC("lsm/inet_conn_request")
int BPF_PROG(pw_conn_request, const struct sock *sk, struct sk_buff *skb,
	     struct request_sock *req)
{
	struct pw_in in = {.slot = pw_active_slot()};
	struct pw_bank *bank = pw_bank_in(in.slot);
	struct pw_in_question q = {};
	struct pw_socket *socket;
	struct pw_answer answer;

	if (!bank)
		return 0;

	socket = bpf_sk_storage_get(&sockets, pw_socket_owner((struct sock *)sk), NULL, 0);
	if (socket)
		in.subject = pw_subject_in_force(bank, socket->subject);
	pw_request_peer(req, &in.peer);
	q.loopback = skb->skb_iif == PW_LOOPBACK_IFINDEX;
	q.listener.foreign = pw_foreign(sk);
	pw_may_listen(bank, &in, &q.listener);
	in.rule = q.listener.rule;
	q.reads = pw_named(in.subject) && (q.listener.subject_flags & PW_SUBJECT_READS);
	if (q.loopback)
		q.announced = (q.reads || q.listener.guarded) &&
			      pw_was_announced(req, &in, pw_netns_of(sk), &in.peer_subject);
	else if (pw_in_asks_from(&q))
		in.rule = q.from = pw_from_rule(&in, in.peer.port);
	answer = pw_decide_in(&q);
	if (answer.verdict == PW_VERDICT_ALLOW && !pw_named(in.subject))
		return 0;
	in.verdict = answer.verdict;
	in.reason = answer.reason;
	in.flags = PW_CASE_RECORD;

	return pw_errno(pw_arrival_verdict(&in));
}

#endif
