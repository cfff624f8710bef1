/* SPDX-License-Identifier: GPL-2.0-only */
/* Sockets from before the policy: those that members hold become theirs. */
#ifndef PW_NET_ADOPT_BPF_H
#define PW_NET_ADOPT_BPF_H

/* It waits for whoever comes. */
static __always_inline bool pw_serves(struct sock *sk)
{
	if (sk->__sk_common.skc_state == PW_TCP_LISTEN)
		return true;

	if (pw_is_inet(sk))
		return pw_is_bound_udp(sk) && sk->__sk_common.skc_num;

	return pw_unix_is_bound(sk);
}

/*
 * A service that was taken in with this policy: what it has for its messages stays open
 * to it. One whose execve a policy decided has been asked at each socket since then.
 */
static __always_inline bool pw_is_new_service(const struct task_struct *task,
					      const struct pw_task *label)
{
	struct pw_bank *bank = pw_bank_in(pw_active_slot());
	struct task_struct *parent = task->real_parent;
	struct pw_task *above;

	if (!bank || label->generation != bank->generation || (label->flags & PW_TASK_DECIDED))
		return false;
	above = pw_label_copied(parent);

	return parent->tgid == 1 || (above && above->subject == label->subject);
}

/* The socket @sk is one that @subject holds. */
static __always_inline void pw_adopt_socket(struct sock *sk, __u32 subject, bool serves, bool kept)
{
	struct pw_socket *socket = bpf_sk_storage_get(&sockets, sk, NULL,
						      BPF_SK_STORAGE_GET_F_CREATE);

	if (!socket) {
		pw_count(PW_COUNT_NET_LABEL_LOST);
		return;
	}
	if (kept && socket->maker != PW_SUBJECT_INIT)
		socket->maker = subject;
	if (serves) {
		socket->subject = subject;
		socket->flags |= PW_SOCKET_LISTENS;
	}
}

/*
 * Run by the daemon after running programs were adopted. Its output is empty. PID 1 comes
 * first: what it listens on for a service becomes the service's when that holds it too.
 */
SEC("iter/task_file")
int pw_adopt_sockets(struct bpf_iter__task_file *ctx)
{
	struct task_struct *task = ctx->task;
	struct file *file = ctx->file;
	__u32 subject = PW_SUBJECT_INIT;
	bool serves, kept, is_unix;
	struct pw_task *label;
	struct socket *sock;
	struct sock *sk;

	if (!task || !file)
		return 0;
	label = pw_label_copied(task);
	if (task->tgid != 1) {
		if (!label || !pw_named(label->subject))
			return 0;
		subject = label->subject;
	}
	sock = bpf_sock_from_file(file);
	if (!sock)
		return 0;
	sk = sock->sk;
	if (!sk)
		return 0;
	serves = pw_serves(sk);
	is_unix = sk->__sk_common.skc_family == PW_AF_UNIX;
	kept = pw_is_pipe_family(sk->__sk_common.skc_family) &&
	       (subject == PW_SUBJECT_INIT || (label && pw_is_new_service(task, label)));
	if (serves || kept)
		pw_adopt_socket(sk, subject, serves && (!is_unix || subject != PW_SUBJECT_INIT),
				kept);

	return 0;
}

#endif
