/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Unix sockets that give access to an object. A path socket is known by the
 * inode that stands at a path of the policy, by its place, or by the path that it
 * was bound to, so one that is renamed away stays what it was.
 */
#ifndef PW_NET_UNIX_BPF_H
#define PW_NET_UNIX_BPF_H

#define PW_UNIX_NAME_MAX 108
#define PW_UNIX_NAME_WORDS 13	/* whole words of an abstract name, 104 of its 107 bytes */

/* A connect or a datagram to a unix socket. */
struct pw_unix {
	struct pw_bank *bank;
	struct dentry *dentry;	/* of the server's path, or NULL */
	__u32 slot;
	__u32 subject;
	__u32 server;		/* subject that serves, as far as known */
	__u32 action;
	__u32 guarded;
	__u32 client;
	__u32 rule;
	__u32 flags;		/* PW_CASE_* */
	__u32 root;		/* of the policy's path that the socket stands for, or 0 */
	struct pw_answer answer;
};

/* pw_look_up_name() for the verifier: once. */
__noinline int pw_unix_name(struct pw_hit *hit)
{
	struct pw_name_key key = {};
	__u32 slot;

	if (!hit)
		return 0;
	key.parent.ino = hit->ino;
	key.parent.fs = hit->fs;
	slot = hit->slot;
	pw_look_up_name(hit, &key, &slot);

	return 0;
}

static __always_inline __u32 pw_unix_root_by_name(struct dentry *dentry, __u64 ino_parent,
						  __u32 slot, __u32 fs)
{
	struct pw_hit hit = {
		.ino = ino_parent,
		.name = (__u64)dentry->d_name.name,
		.name_length = dentry->d_name.len,
		.fs = fs,
		.slot = slot,
	};

	pw_unix_name(&hit);

	return hit.root;
}

/* The number of the policy's path that the socket at @dentry stands for, or 0. */
static __noinline __u32 pw_unix_root(struct pw_bank *bank, __u32 slot, struct dentry *dentry)
{
	struct inode *inode = dentry->d_inode, *above = dentry->d_parent->d_inode;
	__u32 fs = pw_fs_index(bank, dentry->d_sb);
	__u64 ino = inode->i_ino;
	__u32 root = 0;

	if (fs >= PW_FS_MAX || !(bank->fs[PW_INDEX(fs, PW_FS_MAX)].flags & PW_FS_SOCKETS))
		return 0;
	fs = PW_INDEX(fs, PW_FS_MAX);
	if (bank->root_at[PW_ROOT_SLOT(ino, fs)]) {
		struct pw_hit hit = {
			.ino = ino,
			.generation = inode->i_generation,
			.fs = fs,
			.slot = slot,
		};

		pw_look_up(&hit);
		root = hit.root;
	}
	if (!root && bank->root_at[PW_ROOT_SLOT(above->i_ino, fs)])
		root = pw_unix_root_by_name(dentry, above->i_ino, slot, fs);

	return root;
}

static __always_inline struct pw_door *pw_path_door(__u32 slot, __u32 root)
{
	void *table = bpf_map_lookup_elem(&path_doors, &slot);

	return table ? bpf_map_lookup_elem(table, &root) : NULL;
}

/* Copies @length bytes of the name from @from on, where the kernel's memory cannot be read by address. */
static __always_inline void pw_copy_unix_name(char *name, const struct unix_address *address,
					      __u32 from, __u32 length)
{
	__u64 *words = (__u64 *)name;
	__u32 i;

	for (i = 0; i < PW_UNIX_NAME_WORDS; i++) {
		__u32 left = length > i * 8 ? length - i * 8 : 0;
		__u64 word;

		if (!left)
			break;
		word = from ? *(const __u64 *)&address->name[0].sun_path[1 + i * 8]
			    : *(const __u64 *)&address->name[0].sun_path[i * 8];
		words[i] = left >= 8 ? word : word & ((1ULL << left * 8) - 1);
	}
	for (i = PW_UNIX_NAME_WORDS * 8; i < PW_UNIX_NAME_MAX - 1; i++)
		if (i < length)
			name[i] = from ? address->name[0].sun_path[1 + i]
				       : address->name[0].sun_path[i];
}

/*
 * The door at a name as bound: abstract behind a NUL, a path before one. Bytes behind
 * the name are not the socket's and are left out.
 */
static __noinline struct pw_door *pw_named_door(__u32 slot, struct unix_address *address,
						__u32 abstract)
{
	struct pw_unix_key key = {};
	__u32 length = address->len - sizeof(sa_family_t) - 1;
	void *table;

	if (address->len <= (int)sizeof(sa_family_t) + 1 || length >= PW_UNIX_NAME_MAX)
		return NULL;
	if (!pw_can_probe)
		pw_copy_unix_name(key.name, address, abstract, length);
	else if (bpf_probe_read_kernel(key.name, length,
				       &address->name[0].sun_path[abstract ? 1 : 0]) < 0)
		pw_count(PW_COUNT_BUG);
	table = bpf_map_lookup_elem(&unix_doors, &slot);

	return table ? bpf_map_lookup_elem(table, &key) : NULL;
}

/*
 * What the policy says of the socket @unix, which somebody bound. @socket: what is
 * remembered of its server and its door, or NULL.
 */
static __always_inline void pw_unix_look_up(struct pw_unix *ask, struct unix_sock *unix,
					    const struct pw_socket *socket)
{
	struct pw_door *door = NULL;
	struct unix_address *address;

	if (socket) {
		ask->server = pw_subject_in_force(ask->bank, socket->subject);
		if (socket->generation == ask->bank->generation)
			ask->root = socket->root;
	}
	ask->dentry = unix->path.dentry;
	address = unix->addr;
	if (ask->dentry && !ask->root)
		ask->root = pw_unix_root(ask->bank, ask->slot, ask->dentry);
	if (ask->root)
		door = pw_path_door(ask->slot, ask->root);
	if (!door && address)
		door = pw_named_door(ask->slot, address, !ask->dentry);
	if (door) {
		ask->guarded = !!(door->flags & PW_DOOR_GUARDS);
		ask->client = pw_subject_in(&door->clients, ask->subject);
		ask->rule = door->rule;
	}
	if (pw_named(ask->server)) {
		struct pw_subject *server =
			&ask->bank->subjects[PW_INDEX(ask->server, PW_SUBJECT_IDS)];

		if (door || !(server->flags & PW_SUBJECT_UNIX_ANY))
			return;
		ask->guarded = !!(server->flags & PW_SUBJECT_READS);
		ask->client = ask->server == ask->subject ||
			      pw_subject_in(&server->unix_any_clients, ask->subject);
	}
}

static __noinline int pw_unix_verdict(const struct pw_unix *ask)
{
	struct pw_case c = {
		.slot = ask->slot,
		.peer_subject = ask->server,
		.type = PW_RECORD_NET,
		.action = ask->action,
		.verdict = ask->answer.verdict,
		.reason = ask->answer.reason,
		.proto = PW_PROTO_UNIX,
		.rule = ask->rule,
		.flags = ask->flags,
	};
	struct dentry *dentry = ask->dentry;

	pw_case_actor(&c, ask->bank, ask->subject);
	if (dentry) {
		c.dentry = (__u64)dentry;
		c.depth = PW_WALK_MAX;
		c.dev = dentry->d_sb->s_dev;
		c.ino = dentry->d_inode->i_ino;
	}

	return pw_verdict(&c);
}

/* Who asks; false when there is no policy or nobody. */
static __always_inline bool pw_unix_asks(struct pw_unix *ask)
{
	struct task_struct *task = bpf_get_current_task_btf();

	ask->slot = pw_active_slot();
	ask->bank = pw_bank_in(ask->slot);
	if (!ask->bank || (task->flags & PW_PF_KTHREAD))
		return false;
	ask->subject = pw_net_subject(ask->bank, task);

	return true;
}

/* Prepares a question about the bound socket @other; false when there is nothing to ask. */
static __always_inline bool pw_unix_ask(struct pw_unix *ask, struct sock *other)
{
	struct unix_sock *unix = bpf_skc_to_unix_sock(other);

	if (!unix || !pw_unix_asks(ask))
		return false;
	pw_unix_look_up(ask, unix, bpf_sk_storage_get(&sockets, other, NULL, 0));

	return ask->guarded;
}

static __always_inline int pw_unix_decide(struct pw_unix *ask)
{
	ask->answer = pw_decide_unix(ask->subject, pw_net_flags(ask->bank, ask->subject),
				     ask->guarded, ask->client);

	return pw_errno(pw_unix_verdict(ask));
}

/* The client's end of a connection to a door: who uses it is asked for later. */
static __always_inline void pw_unix_remember(const struct pw_unix *ask, struct pw_socket *socket)
{
	if (!socket) {
		pw_count(PW_COUNT_NET_LABEL_LOST);
		return;
	}
	socket->subject = ask->server;
	socket->root = ask->root;
	socket->generation = ask->bank->generation;
	socket->used = pw_may_keep(ask->answer.verdict) ?
			       pw_use_mark(ask->bank, ask->subject, PW_USE_CONNECTED) : 0;
	socket->flags |= PW_SOCKET_DOOR;
}

SEC("lsm/unix_stream_connect")
int BPF_PROG(pw_unix_connect, struct sock *sock, struct sock *other, struct sock *newsk)
{
	struct pw_unix ask = {.action = PW_ACTION_CONNECT, .flags = PW_CASE_RECORD};
	int refused;

	if (!pw_unix_ask(&ask, other))
		return 0;
	refused = pw_unix_decide(&ask);
	if (!refused)
		pw_unix_remember(&ask, bpf_sk_storage_get(&sockets, sock, NULL,
							  BPF_SK_STORAGE_GET_F_CREATE));

	return refused;
}

/* Each datagram, and connect(2) of a datagram socket. An allowed one is recorded once a socket and door. */
SEC("lsm/unix_may_send")
int BPF_PROG(pw_unix_send, struct socket *sock, struct socket *other)
{
	struct pw_unix ask = {.action = PW_ACTION_SEND, .flags = PW_CASE_RECORD};
	struct sock *to = other->sk, *from = sock->sk;
	struct pw_peer peer = {.proto = PW_PROTO_UNIX};
	struct pw_socket *socket;

	if (!to || !from || !pw_unix_ask(&ask, to))
		return 0;
	socket = bpf_sk_storage_get(&sockets, from, NULL, BPF_SK_STORAGE_GET_F_CREATE);
	peer.addr[0] = ask.rule;
	peer.addr[1] = ask.server;
	if (socket && pw_socket_recorded(socket, ask.bank->generation, ask.subject, &peer))
		ask.flags = PW_CASE_QUIET;

	return pw_unix_decide(&ask);
}

/* Remembers whose a listening unix socket is, and the door that it is. */
static __always_inline int pw_unix_listen(struct pw_bank *bank, __u32 slot, struct sock *sk,
					  struct task_struct *task)
{
	struct pw_task *label = pw_label_copied(task);
	struct pw_socket *socket;
	struct unix_sock *unix;
	struct dentry *dentry;

	if (!label || sk->__sk_common.skc_family != PW_AF_UNIX)
		return 0;
	socket = bpf_sk_storage_get(&sockets, sk, NULL, BPF_SK_STORAGE_GET_F_CREATE);
	unix = bpf_skc_to_unix_sock(sk);
	if (!socket || !unix) {
		pw_count(PW_COUNT_NET_LABEL_LOST);
		return 0;
	}
	socket->subject = pw_subject_of(bank, label);
	socket->flags |= PW_SOCKET_LISTENS;
	socket->generation = bank->generation;
	dentry = unix->path.dentry;
	socket->root = dentry ? pw_unix_root(bank, slot, dentry) : 0;

	return 0;
}

/* A client that wants to be answered, and left it to the kernel to name it. */
#define PW_UNIX_AUTOBIND_BYTES (sizeof(sa_family_t) + sizeof("\0xxxxx") - 1)

static __always_inline bool pw_unix_is_datagram(const struct sock *sk)
{
	return sk->__sk_common.skc_family == PW_AF_UNIX && sk->sk_type == PW_SOCK_DGRAM;
}

/* Whether a datagram socket from before the policy was bound to a name, as a server does. */
static __always_inline bool pw_unix_is_bound(struct sock *sk)
{
	struct unix_sock *unix = bpf_skc_to_unix_sock(sk);
	struct unix_address *address;

	if (!unix || !pw_unix_is_datagram(sk))
		return false;
	address = unix->addr;

	return address && address->len != PW_UNIX_AUTOBIND_BYTES;
}

/*
 * An abstract name that is a door is for who serves there and, as far as can be told, for its
 * clients: who else had it would keep it from the one and deceive the others. @name is the
 * address of its @length bytes behind the NUL. (A path is guarded by who may write there.)
 */
static __noinline int pw_unix_takes_door(struct pw_bank *bank, __u32 slot, __u64 name,
					 __u32 length)
{
	struct pw_unix ask = {
		.bank = bank,
		.slot = slot,
		.action = PW_ACTION_LISTEN,
		.flags = PW_CASE_RECORD,
	};
	struct pw_unix_key key = {};
	struct pw_door *door;
	void *table;

	if (length >= PW_UNIX_NAME_MAX - 1 || pw_copy_name(key.name, length + 1, name) < 0)
		return 0;
	table = bpf_map_lookup_elem(&unix_doors, &slot);
	door = table ? bpf_map_lookup_elem(table, &key) : NULL;
	if (!door || !(door->flags & PW_DOOR_GUARDS))
		return 0;
	ask.subject = pw_net_subject(bank, bpf_get_current_task_btf());
	ask.guarded = 1;
	ask.client = ask.subject == PW_SUBJECT_INIT || pw_subject_in(&door->clients, ask.subject);
	ask.rule = door->rule;

	ask.answer = pw_decide_unix(ask.subject, pw_net_flags(bank, ask.subject), 1, ask.client);
	return ask.answer.verdict == PW_VERDICT_ALLOW ? 0 : pw_errno(pw_unix_verdict(&ask));
}

/* A datagram socket with a name serves from here on; there is no listen(2). */
SEC("lsm/socket_bind")
int BPF_PROG(pw_socket_bind, struct socket *sock, struct sockaddr *address, int length)
{
	struct task_struct *task = bpf_get_current_task_btf();
	__u32 slot = pw_active_slot();
	struct pw_bank *bank = pw_bank_in(slot);
	struct sock *sk = sock->sk;

	if (!bank || !sk || (task->flags & PW_PF_KTHREAD))
		return 0;
	if (sk->__sk_common.skc_family == PW_AF_UNIX && length > (int)sizeof(sa_family_t) + 1 &&
	    !address->sa_data[0] && sk->__sk_common.skc_net.net->net_cookie == pw_first_netns &&
	    pw_unix_takes_door(bank, slot, (__u64)&address->sa_data[1],
			       length - sizeof(sa_family_t) - 1))
		return -PW_EACCES;
	if (!pw_unix_is_datagram(sk) || length <= (int)sizeof(sa_family_t) ||
	    !pw_named(pw_net_subject(bank, task)))
		return 0;

	return pw_unix_listen(bank, slot, sk, task);
}

/* ---- Using one ---------------------------------------------------------------------------------- */

/* The connection to a door in the hands of another than who connected, or after a swap. */
static __always_inline int pw_unix_use_door(struct sock *sk, struct pw_socket *socket)
{
	struct pw_unix ask = {.action = PW_ACTION_CONNECT, .flags = PW_CASE_RECORD};
	struct unix_sock *unix = bpf_skc_to_unix_sock(sk), *there;
	struct sock *peer;
	__u64 mark;
	int error;

	if (!unix || !pw_unix_asks(&ask))
		return 0;
	mark = pw_use_mark(ask.bank, ask.subject, PW_USE_CONNECTED);
	if (socket->used == mark)
		return 0;
	peer = unix->peer;
	there = peer ? bpf_skc_to_unix_sock(peer) : NULL;
	if (!there)
		return 0;
	pw_unix_look_up(&ask, there, socket);
	error = ask.guarded ? pw_unix_decide(&ask) : 0;
	if (!error && (!ask.guarded || pw_may_keep(ask.answer.verdict)))
		socket->used = mark;

	return error;
}

/* Sockets that lead to another process of this machine, or back to whoever shares them. */
static __always_inline bool pw_is_pipe_family(int family)
{
	return family == PW_AF_UNIX || family == PW_AF_NETLINK || family == PW_AF_ALG;
}

/*
 * Whether a member writes into such a socket that it was started with or handed: that
 * is like a pipe, unless the service manager opened it, as it does the journal's.
 */
static __noinline int pw_socket_is_pipe(struct sock *sk)
{
	struct task_struct *task = bpf_get_current_task_btf();
	struct pw_bank *bank = pw_bank_in(pw_active_slot());
	struct pw_socket *socket;
	struct pw_actor actor;

	if (!bank)
		return 0;
	actor = pw_actor_of(bank, task);
	if (pw_writes_to(actor.flags, PW_SUBJECT_WRITES_PIPE))
		return 0;
	socket = bpf_sk_storage_get(&sockets, sk, NULL, 0);

	return !socket || (socket->maker != actor.subject && socket->maker != PW_SUBJECT_INIT);
}

/* 0, -EACCES, or PW_USE_IS_PIPE. */
static __noinline int pw_use_unix(struct sock *sk, __u32 receives)
{
	struct pw_socket *socket = bpf_sk_storage_get(&sockets, sk, NULL, 0);
	int error = 0;

	if (socket && (socket->flags & PW_SOCKET_DOOR))
		error = pw_unix_use_door(sk, socket);

	return !error && !receives && pw_socket_is_pipe(sk) ? PW_USE_IS_PIPE : error;
}

/*
 * Whose a socket is that the current task opens or accepts. Kept for every member:
 * the next policy may give its subject access, and then it matters for writing.
 */
static __always_inline void pw_socket_made(struct sock *sk)
{
	struct task_struct *task = bpf_get_current_task_btf();
	struct pw_bank *bank = pw_bank_in(pw_active_slot());
	struct pw_socket *socket;
	struct pw_actor actor;

	if (!bank || !sk || !pw_is_pipe_family(sk->__sk_common.skc_family))
		return;
	actor = pw_actor_of(bank, task);
	if (actor.subject != PW_SUBJECT_INIT && !pw_named(actor.subject))
		return;
	socket = bpf_sk_storage_get(&sockets, sk, NULL, BPF_SK_STORAGE_GET_F_CREATE);
	if (socket)
		socket->maker = actor.subject;
	else
		pw_count(PW_COUNT_NET_LABEL_LOST);
}

SEC("lsm/socket_post_create")
int BPF_PROG(pw_socket_post_create, struct socket *sock, int family, int type, int protocol,
	     int kern)
{
	if (kern)
		pw_socket_of_kernel(sock->sk);
	else if (pw_is_pipe_family(family))
		pw_socket_made(sock->sk);

	return 0;
}

SEC("lsm/sock_graft")
int BPF_PROG(pw_sock_graft, struct sock *sk, struct socket *parent)
{
	pw_socket_made(sk);

	return 0;
}

#endif
