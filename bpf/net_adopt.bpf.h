/* SPDX-License-Identifier: GPL-2.0-only */
/* Sockets from before the policy: those that members hold become theirs. */
#ifndef PW_NET_ADOPT_BPF_H
#define PW_NET_ADOPT_BPF_H

/* It waits for whoever comes. */
static __always_inline bool pw_serves(const struct sock *sk)
{
	if (sk->__sk_common.skc_state == PW_TCP_LISTEN)
		return true;

	return pw_is_inet(sk) && pw_is_bound_udp(sk) && sk->__sk_common.skc_num;
}

/* A service that was taken in with this policy: what it has for its messages stays open to it. */
static __always_inline bool pw_is_new_service(const struct task_struct *task,
					      const struct pw_task *label)
{
	struct pw_bank *bank = pw_bank_in(pw_active_slot());

	return bank && label->generation == bank->generation && task->real_parent->tgid == 1;
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
	bool serves, kept;

	if (!task || !file)
		return 0;
	label = pw_label_copied(task);
	if (!label || !pw_named(label->subject))
		return 0;
	sock = bpf_sock_from_file(file);
	if (!sock)
		return 0;
	sk = sock->sk;
	serves = sk && pw_serves(sk);
	kept = sk && sk->__sk_common.skc_family == PW_AF_UNIX && pw_is_new_service(task, label);
	if (!serves && !kept)
		return 0;

	socket = bpf_sk_storage_get(&sockets, sk, NULL, BPF_SK_STORAGE_GET_F_CREATE);
	if (!socket) {
		pw_count(PW_COUNT_NET_LABEL_LOST);
		return 0;
	}
	if (kept)
		socket->maker = label->subject;
	if (serves) {
		socket->subject = label->subject;
		socket->flags |= PW_SOCKET_LISTENS;
	}

	return 0;
}

#endif
