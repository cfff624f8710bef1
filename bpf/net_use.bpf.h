/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Using a socket. Who opened, bound or connected it was judged then; whoever sends
 * or receives through it is judged here, by the policy of now: it may have been handed
 * over or inherited, and it may be older than the policy.
 */
#ifndef PW_NET_USE_BPF_H
#define PW_NET_USE_BPF_H

#define PW_TCP_CLOSE 7		/* of UDP: not connected */
#define PW_TCP_LISTEN 10
#define PW_SOCK_BINDPORT_LOCK 8

/* Sockets that the kernel opened for itself. */
static __always_inline bool pw_is_of_kernel(const struct sock *sk)
{
	return BPF_CORE_READ_BITFIELD(sk, sk_kern_sock);
}

/* ---- Kinds that addresses do not describe ----------------------------------------------------- */

static __always_inline int pw_use_kind(__u32 needed, __u32 kind)
{
	return needed ? pw_kind(needed, kind, PW_CASE_QUIET) : 0;
}

/* ---- TCP and UDP ------------------------------------------------------------------------------ */

/* The address at the other end of a connected socket, and the own port. */
static __always_inline void pw_connected_to(const struct sock *sk, struct pw_out *out)
{
	if (sk->__sk_common.skc_family == PW_AF_INET6)
		pw_peer_v6(&out->peer, sk->__sk_common.skc_v6_daddr.in6_u.u6_addr32[0],
			   sk->__sk_common.skc_v6_daddr.in6_u.u6_addr32[1],
			   sk->__sk_common.skc_v6_daddr.in6_u.u6_addr32[2],
			   sk->__sk_common.skc_v6_daddr.in6_u.u6_addr32[3]);
	else
		pw_peer_v4(&out->peer, sk->__sk_common.skc_daddr);
	out->port = sk->__sk_common.skc_num;
}

/* The answer for one that was accepted. The client's side was decided before, and allowed. */
static __always_inline void pw_use_as_server(const struct pw_bank *bank, struct pw_out *out)
{
	struct pw_in in = {.slot = out->slot, .subject = out->subject, .peer = out->peer};
	struct pw_in_question q = {.announced = 1};

	in.peer.port = out->port;
	q.listener.foreign = out->foreign;
	pw_may_listen(bank, &in, &q.listener);
	q.loopback = pw_peer_is_loopback(&out->peer) ||
		     (!out->foreign && pw_peer_local(&out->peer) == PW_LOCAL_ADDR_OWN);
	if (pw_in_asks_from(&q))
		q.from = pw_from_rule(&in, in.peer.port);
	out->verdict = pw_decide_in(&q).verdict;
	out->rule = q.from ? q.from : q.listener.rule;
}

/*
 * Like pw_out_decide(). Whether a TCP socket connected or was accepted cannot be
 * seen, so what either would allow is allowed; but not to the client of a door that
 * is closed to @out's subject.
 */
__noinline int pw_use_decide(struct pw_out *out)
{
	struct pw_bank *bank;

	if (!out)
		return 0;
	bank = pw_bank_in(out->slot);
	if (!bank)
		return 0;
	pw_out_decide(out);
	if (out->verdict != PW_VERDICT_ALLOW && out->peer.proto == PW_PROTO_TCP &&
	    (out->reason == PW_REASON_NO_RULE || out->reason == PW_REASON_OWN_ADDRESS))
		pw_use_as_server(bank, out);

	return 0;
}

static __always_inline int pw_use_connection(struct sock *sk, const struct pw_bank *bank,
					     struct pw_out *out)
{
	__u64 mark = pw_use_mark(bank, out->subject, PW_USE_CONNECTED);
	__u32 discloses = out->phi && out->action == PW_ACTION_SEND && pw_named(out->subject);
	struct pw_socket *socket;
	int error;

	out->peer.port = bpf_ntohs(sk->__sk_common.skc_dport);
	out->peer.proto = sk->sk_protocol == PW_IPPROTO_UDP ? PW_PROTO_UDP : PW_PROTO_TCP;
	if (!pw_named(out->subject) &&
	    (pw_net_flags(bank, out->subject) & PW_SUBJECT_NETWORK_ALL) &&
	    !pw_door_of(out->slot, out->peer.proto, out->peer.port))
		return 0;
	socket = bpf_sk_storage_get(&sockets, sk, NULL, 0);
	if (socket && (socket->used == (mark | PW_USE_PHI) || (!discloses && socket->used == mark)))
		return 0;
	out->foreign = pw_foreign(sk);
	pw_connected_to(sk, out);
	if (socket && out->peer.proto == PW_PROTO_UDP)
		out->listens = !!(socket->flags & PW_SOCKET_LISTENS);
	pw_use_decide(out);
	/* An allowed use is recorded when it is another's than before, or may carry what was opened. */
	if (out->verdict != PW_VERDICT_ALLOW || discloses ||
	    (socket && socket->used && (socket->used ^ mark) & PW_USE_SUBJECT &&
	     (pw_named(out->subject) || out->guarded))) {
		error = pw_out_verdict(out);
		if (error)
			return error;
	}
	if (!pw_may_keep(out->verdict))
		return 0;
	if (!socket)
		socket = bpf_sk_storage_get(&sockets, sk, NULL, BPF_SK_STORAGE_GET_F_CREATE);
	if (socket)	/* without one, the next use is asked again */
		socket->used = discloses ? mark | PW_USE_PHI : mark;

	return 0;
}

/*
 * Who uses a socket; false when there is no policy, or the subject is never blocked and has nothing
 * to disclose.
 */
static __always_inline bool pw_use_is_judged(const struct pw_bank *bank, __u32 *subject, __u32 *phi)
{
	if (!bank)
		return false;
	*subject = pw_net_carrier(bank, bpf_get_current_task_btf(), phi);

	return !pw_named(*subject) || *phi ||
	       !(pw_net_flags(bank, *subject) & PW_SUBJECT_NEVER_BLOCK);
}

/* Who receives from a UDP socket that was bound to a port serves there, like who accepts. */
static __noinline int pw_use_bound(struct sock *sk)
{
	struct pw_in in = {.slot = pw_active_slot()};
	struct pw_bank *bank = pw_bank_in(in.slot);
	struct pw_socket *socket;
	__u32 phi;
	int error;

	if (!pw_use_is_judged(bank, &in.subject, &phi))
		return 0;
	socket = bpf_sk_storage_get(&sockets, sk, NULL, 0);
	if (socket && socket->used == pw_use_mark(bank, in.subject, PW_USE_BOUND))
		return 0;
	in.peer.proto = PW_PROTO_UDP;
	pw_local_addr(sk, &in.peer);
	pw_listen_decide(&in, pw_foreign(sk),
			 !pw_peer_is_loopback(&in.peer) || pw_peer_is_any(&in.peer));
	if (pw_in_wants_verdict(&in, socket)) {
		error = pw_in_verdict(&in);
		if (error)
			return error;
	}
	if (!socket)
		socket = bpf_sk_storage_get(&sockets, sk, NULL, BPF_SK_STORAGE_GET_F_CREATE);
	pw_socket_listens(socket, bank, &in);

	return 0;
}

static __noinline int pw_use_connected(struct sock *sk, __u32 receives)
{
	struct pw_out out = {.slot = pw_active_slot()};
	struct pw_bank *bank = pw_bank_in(out.slot);

	if (!pw_use_is_judged(bank, &out.subject, &out.phi))
		return 0;
	out.action = receives ? PW_ACTION_CONNECT : PW_ACTION_SEND;

	return pw_use_connection(sk, bank, &out);
}

static __always_inline bool pw_is_bound_udp(const struct sock *sk)
{
	return sk->sk_protocol == PW_IPPROTO_UDP &&
	       (BPF_CORE_READ_BITFIELD(sk, sk_userlocks) & PW_SOCK_BINDPORT_LOCK);
}

/* A send that states an address is decided by that, in pw_send(). */
static __always_inline int pw_use_inet(struct sock *sk, __u32 receives)
{
	__u32 needed = pw_raw_of_inet(sk->sk_type, sk->sk_protocol);
	__u8 state = sk->__sk_common.skc_state;

	if (needed)
		return pw_use_kind(needed, sk->__sk_common.skc_family);
	if (state == PW_TCP_CLOSE)
		return receives && pw_is_bound_udp(sk) ? pw_use_bound(sk) : 0;

	return state == PW_TCP_LISTEN ? 0 : pw_use_connected(sk, receives);
}

/* ---- The way that packets take ----------------------------------------------------------------- */

#define PW_SOL_IP 0
#define PW_SOL_IPV6 41
#define PW_IP_OPTIONS 4
#define PW_IP_RETOPTS 7
#define PW_IPV6_2292RTHDR 5
#define PW_IPV6_2292PKTOPTIONS 6
#define PW_IPV6_RTHDR 57

/* Options with which the first hop, not the destination, is who gets a packet. */
static __always_inline bool pw_is_source_route(int level, int option)
{
	if (level == PW_SOL_IP)
		return option == PW_IP_OPTIONS || option == PW_IP_RETOPTS;

	return level == PW_SOL_IPV6 && (option == PW_IPV6_RTHDR || option == PW_IPV6_2292RTHDR ||
					option == PW_IPV6_2292PKTOPTIONS);
}

/* No address that was decided holds then: it takes the right to make packets. */
SEC("lsm/socket_setsockopt")
int BPF_PROG(pw_socket_setsockopt, struct socket *sock, int level, int option)
{
	struct sock *sk = sock->sk;

	if (!sk || !pw_is_source_route(level, option) || option == PW_IP_RETOPTS)
		return 0;

	return pw_errno(pw_kind(PW_RAW_BIT(PW_RAW_PACKET), sk->__sk_common.skc_family,
				PW_CASE_RECORD));
}

/* The same as control messages of one send. */
struct pw_control {
	__u64 address;
	__u64 left;
	__u32 found;
};

struct pw_control_header {
	__u64 length;
	__u32 level;
	__u32 type;
};

static long pw_look_at_control(__u32 round, struct pw_control *control)
{
	struct pw_control_header header = {};

	if (control->left < sizeof(header))
		return 1;
	if (bpf_probe_read_kernel(&header, sizeof(header), (void *)control->address) < 0 ||
	    header.length < sizeof(header))
		return 1;
	if (pw_is_source_route(header.level, header.type)) {
		control->found = 1;
		return 1;
	}
	header.length = (header.length + 7) & ~7ULL;
	if (header.length > control->left)
		return 1;
	control->address += header.length;
	control->left -= header.length;

	return 0;
}

#define PW_CONTROLS_MAX 32

static __noinline int pw_use_control(struct sock *sk, const struct msghdr *msg)
{
	struct pw_control control = {
		.address = (__u64)msg->msg_control,
		.left = msg->msg_controllen,
		.found = PW_OPAQUE(0),
	};

	if (!pw_can_probe)
		return 0;
	if (bpf_loop(PW_CONTROLS_MAX, pw_look_at_control, &control, 0) == PW_CONTROLS_MAX)
		control.found = 1;

	return control.found ? pw_kind(PW_RAW_BIT(PW_RAW_PACKET), sk->__sk_common.skc_family,
				       PW_CASE_RECORD) : 0;
}

/* ---- Hooks ------------------------------------------------------------------------------------ */

/* 0, -EACCES, or PW_USE_IS_PIPE. @maps: by mmap(2), which what is like a pipe has not. */
static __always_inline int pw_use_socket(struct sock *sk, __u32 receives, __u32 maps)
{
	struct task_struct *task = bpf_get_current_task_btf();
	__u16 family;

	if (!sk || (task->flags & PW_PF_KTHREAD) || pw_is_of_kernel(sk))
		return 0;
	family = sk->__sk_common.skc_family;
	if (family == PW_AF_INET || family == PW_AF_INET6)
		return pw_use_inet(sk, receives);
	if (family == PW_AF_UNIX)
		return maps ? 0 : pw_use_unix(sk, receives);
	if (pw_is_pipe_family(family))
		return !receives && !maps && pw_socket_is_pipe(sk) ? PW_USE_IS_PIPE : 0;

	return pw_use_kind(pw_raw_of(family, sk->sk_type, sk->sk_protocol), family);
}

SEC("lsm/socket_sendmsg")
int BPF_PROG(pw_socket_sendmsg, struct socket *sock, struct msghdr *msg, int size)
{
	struct file *file = sock->file;
	struct sock *sk = sock->sk;
	int use = 0;

	if (!sk || sk->sk_protocol != PW_IPPROTO_UDP || !pw_is_inet(sk) || !msg->msg_name)
		use = pw_use_socket(sk, 0, 0);
	if (use == PW_USE_IS_PIPE)
		return file ? pw_write_to_pipe(file) : 0;
	if (!use && sk && msg->msg_controllen && pw_is_inet(sk) && !pw_is_of_kernel(sk))
		use = pw_use_control(sk, msg);

	return pw_errno(use);
}

SEC("lsm/socket_recvmsg")
int BPF_PROG(pw_socket_recvmsg, struct socket *sock, struct msghdr *msg, int size, int flags)
{
	return pw_errno(pw_use_socket(sock->sk, 1, 0));
}

/* read(2) and write(2) come by above as well; sendfile(2) of 6.1, splice(2) and mmap(2) only here. */
static __always_inline int pw_use_socket_file(struct file *file, __u32 writes, __u32 maps)
{
	struct socket *sock = bpf_sock_from_file(file);

	return sock ? pw_use_socket(sock->sk, !writes, maps) : 0;
}

#endif
