/* SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause) */
/*
 * The decisions of the network. Pure, like decide.h: what they need is looked
 * up by the caller and handed in; `make prove` covers all inputs.
 *
 * "Named" is a subject of the policy; the built-in ones follow the rules of
 * others. Loopback is a peer whose address is this machine's, in the same
 * network namespace. Foreign is a network namespace other than the first.
 */
#ifndef PHIWARD_DECIDE_NET_H
#define PHIWARD_DECIDE_NET_H

#include "abi.h"
#include "decide.h"

static inline int pw_named(__u32 subject)
{
	return subject >= PW_SUBJECT_FIRST;
}

/* ---- connect and send ------------------------------------------------------------------- */

struct pw_out_question {
	__u32 subject;
	__u32 subject_flags;	/* PW_SUBJECT_*; of others when the subject is not named */
	__u32 foreign;
	__u32 loopback;
	__u32 guarded;		/* the port gives access to an object */
	__u32 client;		/* the port's servers admit the subject over loopback */
	__u32 rule;		/* of the subject, covers protocol, address and port; 0: none */
	__u32 own;		/* a rule does, but the machine itself has the address */
};

/* Whether the answer can depend on q->rule; the caller looks it up only then. */
static inline int pw_out_asks_rule(const struct pw_out_question *q)
{
	if (q->subject >= PW_SUBJECT_IDS)
		return 0;
	if (pw_named(q->subject)) {
		if (q->subject_flags & PW_SUBJECT_NEVER_BLOCK)
			return 0;
		if (q->foreign && !(q->subject_flags & PW_SUBJECT_NETNS_ANY))
			return 0;
	} else if (q->subject_flags & PW_SUBJECT_NETWORK_ALL) {
		return 0;
	} else if (q->loopback && (q->subject_flags & PW_SUBJECT_LOOPBACK)) {
		return 0;
	}

	return !(q->loopback && (q->client || (q->guarded && !q->foreign)));
}

/*
 * A door of the first namespace says nothing about the same port elsewhere:
 * there the server's side refuses who was not announced.
 */
static inline __attribute__((always_inline)) struct pw_answer
pw_decide_out(const struct pw_out_question *q)
{
	if (q->subject >= PW_SUBJECT_IDS)
		return pw_answer(PW_VERDICT_DENY, PW_REASON_BUG);
	if (pw_named(q->subject) && (q->subject_flags & PW_SUBJECT_NEVER_BLOCK))
		return pw_answer(PW_VERDICT_ALLOW, PW_REASON_NEVER_BLOCK);
	if (pw_named(q->subject) && q->foreign && !(q->subject_flags & PW_SUBJECT_NETNS_ANY))
		return pw_answer(PW_VERDICT_DENY, PW_REASON_NETNS);
	if (q->loopback && q->client)
		return pw_answer(PW_VERDICT_ALLOW, PW_REASON_RULE);
	if (q->loopback && q->guarded && !q->foreign)
		return pw_answer(PW_VERDICT_DENY, PW_REASON_DOOR);
	if (q->rule)
		return pw_answer(PW_VERDICT_ALLOW, PW_REASON_RULE);
	if (!pw_named(q->subject) && (q->subject_flags & PW_SUBJECT_NETWORK_ALL))
		return pw_answer(PW_VERDICT_ALLOW, PW_REASON_RULE);
	if (!pw_named(q->subject) && q->loopback && (q->subject_flags & PW_SUBJECT_LOOPBACK))
		return pw_answer(PW_VERDICT_ALLOW, PW_REASON_RULE);

	return pw_answer(PW_VERDICT_DENY, q->own ? PW_REASON_OWN_ADDRESS : PW_REASON_NO_RULE);
}

/* ---- listen ------------------------------------------------------------------------------- */

struct pw_listen_question {
	__u32 subject;
	__u32 subject_flags;	/* as above */
	__u32 foreign;
	__u32 guarded;
	__u32 unfiltered;	/* nothing checks who comes: UDP on an address that is not loopback */
	__u32 rule;		/* of the subject, lets it listen on the port; 0: none */
};

/* Whether the answer can depend on q->rule. */
static inline int pw_listen_asks_rule(const struct pw_listen_question *q)
{
	if (pw_named(q->subject))
		return !(q->subject_flags & PW_SUBJECT_NEVER_BLOCK);
	if (q->guarded && !q->foreign)
		return 1;
	if (q->subject_flags & PW_SUBJECT_NETWORK_ALL)
		return 0;

	return q->unfiltered || !(q->subject_flags & PW_SUBJECT_LOOPBACK);
}

static inline struct pw_answer pw_decide_listen(const struct pw_listen_question *q)
{
	if (q->subject >= PW_SUBJECT_IDS)
		return pw_answer(PW_VERDICT_DENY, PW_REASON_BUG);
	if (pw_named(q->subject)) {
		if (q->subject_flags & PW_SUBJECT_NEVER_BLOCK)
			return pw_answer(PW_VERDICT_ALLOW, PW_REASON_NEVER_BLOCK);
		if (q->foreign && !(q->subject_flags & PW_SUBJECT_NETNS_ANY))
			return pw_answer(PW_VERDICT_DENY, PW_REASON_NETNS);
	}
	if (q->rule)
		return pw_answer(PW_VERDICT_ALLOW, PW_REASON_RULE);
	if (pw_named(q->subject))
		return pw_answer(PW_VERDICT_DENY, PW_REASON_NO_RULE);
	/* Who serves a door's port without a rule is an impostor. */
	if (q->guarded && !q->foreign)
		return pw_answer(PW_VERDICT_DENY, PW_REASON_DOOR);
	if (q->subject_flags & PW_SUBJECT_NETWORK_ALL)
		return pw_answer(PW_VERDICT_ALLOW, PW_REASON_RULE);
	if ((q->subject_flags & PW_SUBJECT_LOOPBACK) && !q->unfiltered)
		return pw_answer(PW_VERDICT_ALLOW, PW_REASON_RULE);

	return pw_answer(PW_VERDICT_DENY, PW_REASON_NO_RULE);
}

/* ---- what comes in --------------------------------------------------------------------------- */

struct pw_in_question {
	struct pw_listen_question listener;
	__u32 loopback;
	__u32 reads;		/* the listener may read an object */
	__u32 announced;	/* the client's side was decided, and allowed */
	__u32 from;		/* rule of the listener that covers the peer; 0: none */
};

/* Whether the answer can depend on q->from. */
static inline int pw_in_asks_from(const struct pw_in_question *q)
{
	if (q->loopback)
		return 0;

	return pw_named(q->listener.subject) ||
	       !(q->listener.subject_flags & PW_SUBJECT_NETWORK_ALL);
}

static inline struct pw_answer pw_decide_in(const struct pw_in_question *q)
{
	struct pw_answer may = pw_decide_listen(&q->listener);

	if (may.verdict != PW_VERDICT_ALLOW || may.reason == PW_REASON_NEVER_BLOCK)
		return may;
	if (q->loopback) {
		if ((q->reads || (q->listener.guarded && !q->listener.foreign)) && !q->announced)
			return pw_answer(PW_VERDICT_DENY, PW_REASON_DOOR);
		return pw_answer(PW_VERDICT_ALLOW, PW_REASON_RULE);
	}
	if (q->from)
		return pw_answer(PW_VERDICT_ALLOW, PW_REASON_RULE);
	if (!pw_named(q->listener.subject) &&
	    (q->listener.subject_flags & PW_SUBJECT_NETWORK_ALL))
		return pw_answer(PW_VERDICT_ALLOW, PW_REASON_RULE);

	return pw_answer(PW_VERDICT_DENY, PW_REASON_NO_RULE);
}

/* A datagram for a socket that was bound to a port, or has sent to a group address. */
struct pw_datagram_question {
	__u32 subject;
	__u32 subject_flags;	/* as above */
	__u32 loopback;		/* the sending side decided */
	__u32 from;		/* rules of the socket's subject that cover the sender, 0: none: */
	__u32 out;		/* one that lets it send there, */
	__u32 answers;		/* one that lets it be answered from there */
};

static inline struct pw_answer pw_decide_datagram(const struct pw_datagram_question *q)
{
	if (q->subject >= PW_SUBJECT_IDS)
		return pw_answer(PW_VERDICT_DENY, PW_REASON_BUG);
	if (pw_named(q->subject) && (q->subject_flags & PW_SUBJECT_NEVER_BLOCK))
		return pw_answer(PW_VERDICT_ALLOW, PW_REASON_NEVER_BLOCK);
	if (!pw_named(q->subject) && (q->subject_flags & PW_SUBJECT_NETWORK_ALL))
		return pw_answer(PW_VERDICT_ALLOW, PW_REASON_RULE);
	if (q->loopback || q->from || q->out || q->answers)
		return pw_answer(PW_VERDICT_ALLOW, PW_REASON_RULE);

	return pw_answer(PW_VERDICT_DENY, PW_REASON_NO_RULE);
}

/* ---- kinds of sockets and unix doors ------------------------------------------------------------ */

/* A kind of socket that no rule can name. */
#define PW_RAW_NEVER 0xffffffffU

/* @needed: 0 for sockets that addresses describe, a PW_RAW_BIT(), or PW_RAW_NEVER. */
static inline struct pw_answer pw_decide_family(__u32 subject, __u32 subject_flags, __u32 raw,
						__u32 needed)
{
	if (subject >= PW_SUBJECT_IDS)
		return pw_answer(PW_VERDICT_DENY, PW_REASON_BUG);
	if (!needed)
		return pw_answer(PW_VERDICT_ALLOW, PW_REASON_RULE);
	if (pw_named(subject) && (subject_flags & PW_SUBJECT_NEVER_BLOCK))
		return pw_answer(PW_VERDICT_ALLOW, PW_REASON_NEVER_BLOCK);
	if (!pw_named(subject) && (subject_flags & PW_SUBJECT_NETWORK_ALL))
		return pw_answer(PW_VERDICT_ALLOW, PW_REASON_RULE);
	if (needed != PW_RAW_NEVER && (raw & needed) == needed)
		return pw_answer(PW_VERDICT_ALLOW, PW_REASON_RULE);

	return pw_answer(PW_VERDICT_DENY, PW_REASON_FAMILY);
}

/* @guarded: the socket gives access to an object. @client: its server admits the subject. */
static inline struct pw_answer pw_decide_unix(__u32 subject, __u32 subject_flags, __u32 guarded,
					      __u32 client)
{
	if (subject >= PW_SUBJECT_IDS)
		return pw_answer(PW_VERDICT_DENY, PW_REASON_BUG);
	if (pw_named(subject) && (subject_flags & PW_SUBJECT_NEVER_BLOCK))
		return pw_answer(PW_VERDICT_ALLOW, PW_REASON_NEVER_BLOCK);
	if (guarded && !client)
		return pw_answer(PW_VERDICT_DENY, PW_REASON_DOOR);

	return pw_answer(PW_VERDICT_ALLOW, PW_REASON_RULE);
}

#endif
