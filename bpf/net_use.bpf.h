/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Sending through a socket that is connected: by whom it was connected, and under
 * which policy, does not matter. Who uses it first under a policy is asked, as if it
 * connected it now.
 */
#ifndef PW_NET_USE_BPF_H
#define PW_NET_USE_BPF_H

/* What pw_socket.used holds of an allowed use. */
static __always_inline __u64 pw_use_mark(const struct pw_bank *bank, __u32 subject)
{
	return bank->generation << 8 | subject;
}

_Static_assert(PW_SUBJECT_IDS <= 256, "a subject fits the low byte of a mark");

/* The other end; false when there is none, and connecting will be asked. */
static __always_inline bool pw_connected_peer(const struct sock *sk, struct pw_peer *peer)
{
	if (sk->__sk_common.skc_family == PW_AF_INET6)
		pw_peer_v6(peer, sk->__sk_common.skc_v6_daddr.in6_u.u6_addr32[0],
			   sk->__sk_common.skc_v6_daddr.in6_u.u6_addr32[1],
			   sk->__sk_common.skc_v6_daddr.in6_u.u6_addr32[2],
			   sk->__sk_common.skc_v6_daddr.in6_u.u6_addr32[3]);
	else
		pw_peer_v4(peer, sk->__sk_common.skc_daddr);
	peer->port = bpf_ntohs(sk->__sk_common.skc_dport);
	peer->proto = sk->sk_protocol == PW_IPPROTO_UDP ? PW_PROTO_UDP : PW_PROTO_TCP;

	return peer->port != 0;
}

/*
 * Who may go on serving the port at this end may answer through a connection that
 * was let in; that was asked when it came.
 */
static __always_inline bool pw_may_use(struct pw_out *out)
{
	pw_out_decide(out);
	if (out->verdict == PW_VERDICT_ALLOW)
		return true;

	return pw_listen_rule(out->slot, pw_net_tables_of(out->subject), out->peer.proto,
			      out->port) != 0;
}

static __noinline int pw_use_socket(struct sock *sk)
{
	struct pw_out out = {.slot = pw_active_slot(), .action = PW_ACTION_SEND};
	struct task_struct *task = bpf_get_current_task_btf();
	struct pw_bank *bank = pw_bank_in(out.slot);
	struct pw_socket *socket;

	if (!bank || (task->flags & PW_PF_KTHREAD) || !pw_connected_peer(sk, &out.peer))
		return 0;
	out.subject = pw_net_subject(bank, task);
	if (!pw_named(out.subject) &&
	    (pw_net_flags(bank, out.subject) & PW_SUBJECT_NETWORK_ALL) &&
	    !pw_door_of(out.slot, out.peer.proto, out.peer.port))
		return 0;
	socket = bpf_sk_storage_get(&sockets, sk, NULL, 0);
	if (socket && socket->used == pw_use_mark(bank, out.subject))
		return 0;

	out.foreign = pw_foreign(sk);
	out.port = sk->__sk_common.skc_num;
	out.listens = socket && (socket->flags & PW_SOCKET_LISTENS);
	if (!pw_may_use(&out))
		return pw_errno(pw_out_verdict(&out));

	if (!socket)
		socket = bpf_sk_storage_get(&sockets, sk, NULL, BPF_SK_STORAGE_GET_F_CREATE);
	if (socket)	/* without one, the next use is asked again */
		socket->used = pw_use_mark(bank, out.subject);

	return 0;
}

static __always_inline bool pw_sends_by_connection(const struct sock *sk)
{
	return pw_is_tcp(sk) || (pw_is_inet(sk) && sk->sk_protocol == PW_IPPROTO_UDP);
}

/* A datagram with an address is decided by that, at the root cgroup. */
SEC("lsm/socket_sendmsg")
int BPF_PROG(pw_socket_sendmsg, struct socket *sock, struct msghdr *msg, int size, int ret)
{
	struct file *file = sock->file;
	struct sock *sk = sock->sk;

	if (ret || !sk)
		return ret;
	if (sk->__sk_common.skc_family == PW_AF_UNIX)
		return file ? pw_use_outlet(file) : 0;
	if (!pw_sends_by_connection(sk) ||
	    (sk->sk_protocol == PW_IPPROTO_UDP && msg->msg_name))
		return ret;

	return pw_use_socket(sk);
}

/* Before 6.5 sendfile(2) and splice(2) into a socket pass the hook above by. */
static __noinline int pw_send_by_file(struct file *file)
{
	struct socket *sock = bpf_sock_from_file(file);
	struct sock *sk;

	if (!sock)
		return 0;
	sk = sock->sk;
	if (sk && sk->__sk_common.skc_family == PW_AF_UNIX)
		return pw_use_outlet(file);
	if (!sk || !pw_sends_by_connection(sk))
		return 0;

	return pw_use_socket(sk);
}

#endif
