/* SPDX-License-Identifier: GPL-2.0-only */
/* Sockets from before the policy: those that members hold become theirs. */
#ifndef PW_NET_ADOPT_BPF_H
#define PW_NET_ADOPT_BPF_H

#define PW_TCP_LISTEN 10
#define PW_SOCK_BINDPORT_LOCK 8

/* It waits for whoever comes. */
static __always_inline bool pw_serves(const struct sock *sk)
{
	if (sk->__sk_common.skc_state == PW_TCP_LISTEN)
		return true;

	return pw_is_inet(sk) && sk->sk_protocol == PW_IPPROTO_UDP && sk->__sk_common.skc_num &&
	       (BPF_CORE_READ_BITFIELD(sk, sk_userlocks) & PW_SOCK_BINDPORT_LOCK);
}

/* Run by the daemon after running programs were adopted. Its output is empty. */
SEC("iter/task_file")
int pw_adopt_sockets(struct bpf_iter__task_file *ctx)
{
	struct task_struct *task = ctx->task;
	struct file *file = ctx->file;
	struct pw_socket *socket;
	struct pw_task *label;
	struct socket *sock;
	struct sock *sk;

	if (!task || !file)
		return 0;
	label = pw_label_copied(task);
	if (!label || !pw_named(label->subject))
		return 0;
	sock = bpf_sock_from_file(file);
	if (!sock)
		return 0;
	sk = sock->sk;
	if (!sk || !pw_serves(sk))
		return 0;

	socket = bpf_sk_storage_get(&sockets, sk, NULL, BPF_SK_STORAGE_GET_F_CREATE);
	if (!socket) {
		pw_count(PW_COUNT_NET_LABEL_LOST);
		return 0;
	}
	socket->subject = label->subject;
	socket->flags |= PW_SOCKET_LISTENS;

	return 0;
}

#endif
