/* SPDX-License-Identifier: GPL-2.0-only */
/* What is remembered on a socket. */
#ifndef PW_NET_SOCKET_BPF_H
#define PW_NET_SOCKET_BPF_H

/*
 * A listening MPTCP socket answers through subflows of the kernel's own; they
 * share its struct socket, and what is remembered stands on the socket that
 * the program holds.
 */
static __always_inline struct sock *pw_socket_owner(struct sock *sk)
{
	struct socket *sock = sk->sk_socket;
	struct sock *owner;

	if (!sock)
		return sk;
	owner = sock->sk;

	return owner ? owner : sk;
}

/*
 * The kernel opens a UDP socket, for a tunnel. Whoever sets that up binds it for the
 * kernel, and cgroup programs cannot see whose it is. (Of TCP the kernel opens some for
 * programs, as for MPTCP: those are judged.)
 */
static __always_inline void pw_socket_of_kernel(struct sock *sk)
{
	struct pw_socket *socket;

	if (!sk || sk->sk_protocol != PW_IPPROTO_UDP)
		return;
	socket = bpf_sk_storage_get(&sockets, sk, NULL, BPF_SK_STORAGE_GET_F_CREATE);
	if (socket)
		socket->flags |= PW_SOCKET_KERNEL;
	else
		pw_count(PW_COUNT_NET_LABEL_LOST);
}

/*
 * What pw_socket.used holds of an allowed use: one word, so that it is written at once.
 * To receive as bound and to exchange with a peer as connected are two things. PW_USE_PHI: a
 * record says that a process which has opened an object may have sent to this peer.
 */
#define PW_USE_SUBJECT 0xffU
#define PW_USE_CONNECTED 0U
#define PW_USE_BOUND 0x100U
#define PW_USE_PHI 0x200U

static __always_inline __u64 pw_use_mark(const struct pw_bank *bank, __u32 subject, __u32 how)
{
	return bank->generation << 10 | how | (subject & PW_USE_SUBJECT);
}

_Static_assert(PW_SUBJECT_IDS <= PW_USE_SUBJECT + 1, "a subject fits a mark");

/*
 * By loopback a UDP server may answer whom it heard. A datagram's way in is
 * kept where connections to doors are announced; @port is the server's.
 */
static __always_inline void pw_heard_key(struct pw_announcement_key *key,
					 const struct pw_peer *peer, __u16 port)
{
	__builtin_memcpy(key->addr, peer->addr, sizeof(key->addr));
	key->family = peer->family;
	key->proto = PW_PROTO_UDP;
	key->port = peer->port;
	key->server_port = port;
}

__noinline int pw_hear(const struct pw_peer *peer, __u32 port)
{
	struct pw_announcement announcement = {.time = bpf_ktime_get_boot_ns()};
	struct pw_announcement_key key = {};

	if (!peer)
		return 0;
	pw_heard_key(&key, peer, port);
	if (bpf_map_update_elem(&announced, &key, &announcement, BPF_ANY))
		pw_count(PW_COUNT_NET_LABEL_LOST);

	return 0;
}

__noinline int pw_was_heard(const struct pw_peer *peer, __u32 port)
{
	struct pw_announcement_key key = {};

	if (!peer)
		return 0;
	pw_heard_key(&key, peer, port);

	return !!bpf_map_lookup_elem(&announced, &key);
}

/* Whether the last send through @socket that was allowed was the same. */
static __always_inline bool pw_socket_knows(const struct pw_socket *socket, __u64 generation,
					    __u32 sender, const struct pw_peer *peer)
{
	return socket->generation == generation && socket->sender == sender &&
	       socket->port == peer->port && socket->family == peer->family &&
	       socket->addr[0] == peer->addr[0] && socket->addr[1] == peer->addr[1] &&
	       socket->addr[2] == peer->addr[2] && socket->addr[3] == peer->addr[3];
}

static __always_inline void pw_socket_learn(struct pw_socket *socket, __u64 generation,
					    __u32 sender, const struct pw_peer *peer)
{
	socket->generation = generation;
	socket->sender = sender;
	socket->port = peer->port;
	socket->family = peer->family;
	socket->addr[0] = peer->addr[0];
	socket->addr[1] = peer->addr[1];
	socket->addr[2] = peer->addr[2];
	socket->addr[3] = peer->addr[3];
}

/*
 * Whether a send to @peer is one of the last few that were recorded for this
 * socket; when not, it is from now on.
 */
__noinline int pw_socket_recorded(struct pw_socket *socket, __u64 generation, __u32 sender,
				  const struct pw_peer *peer)
{
	__u64 mark = generation;
	__u32 i;

	if (!socket || !peer)
		return 0;
	mark = mark * PW_HASH_FACTOR +
	       ((__u64)sender << 32 | (__u32)peer->port << 8 | peer->family);
	mark = mark * PW_HASH_FACTOR + ((__u64)peer->addr[0] << 32 | peer->addr[1]);
	mark = mark * PW_HASH_FACTOR + ((__u64)peer->addr[2] << 32 | peer->addr[3]);
	mark |= 1;	/* an empty slot is 0 */

	for (i = 0; i < PW_SOCKET_PEERS; i++)
		if (socket->recorded[i] == mark)
			return 1;
	socket->recorded[socket->oldest & (PW_SOCKET_PEERS - 1)] = mark;
	socket->oldest++;

	return 0;
}

#endif
