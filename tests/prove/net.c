// SPDX-License-Identifier: BSD-2-Clause
/* The decisions of the network: every question that can be put, whether it makes sense or not. */
#include <phiward/decide_net.h>

#include "prove.h"

static bool allows(struct pw_answer answer)
{
	return answer.verdict == PW_VERDICT_ALLOW;
}

static bool same(struct pw_answer a, struct pw_answer b)
{
	return a.verdict == b.verdict && a.reason == b.reason;
}

/* A verdict, and a reason that is one for it. */
static bool is_sound(struct pw_answer answer)
{
	bool allowing = answer.reason == PW_REASON_RULE || answer.reason == PW_REASON_NEVER_BLOCK;

	return (allows(answer) || answer.verdict == PW_VERDICT_DENY) &&
	       allows(answer) == allowing && answer.reason != PW_REASON_INVALID &&
	       answer.reason < PW_REASON_MAX_;
}

static bool never_blocked(__u32 subject, __u32 flags)
{
	return subject >= PW_SUBJECT_FIRST && subject < PW_SUBJECT_IDS &&
	       (flags & PW_SUBJECT_NEVER_BLOCK);
}

/* Whom `others: {network: allow}` is for. */
static bool is_open(__u32 subject, __u32 flags)
{
	return subject < PW_SUBJECT_FIRST && (flags & PW_SUBJECT_NETWORK_ALL);
}

static bool may_loop(__u32 subject, __u32 flags)
{
	return subject < PW_SUBJECT_FIRST && (flags & PW_SUBJECT_LOOPBACK);
}

/* A member of a subject in a network namespace where its rules do not hold. */
static bool is_abroad(__u32 subject, __u32 flags, __u32 foreign)
{
	return subject >= PW_SUBJECT_FIRST && foreign && !(flags & PW_SUBJECT_NETNS_ANY);
}

/* ---- connect and send ------------------------------------------------------------------- */

PROVE(out_rule, "connect: allowed only by a rule, a door, or what others may", "")
{
	ANY(struct pw_out_question, q);
	struct pw_answer answer = pw_decide_out(&q);
	bool free = never_blocked(q.subject, q.subject_flags);
	bool door = q.loopback && q.guarded && !q.foreign;

	must(!allows(answer) || free || q.rule || (q.loopback && q.client) ||
	     is_open(q.subject, q.subject_flags) ||
	     (q.loopback && may_loop(q.subject, q.subject_flags)), "no connection without a rule");
	must(!allows(answer) || free || q.client || !door, "a door is closed to who is not named");
	must(!allows(answer) || free || !is_abroad(q.subject, q.subject_flags, q.foreign),
	     "no rule holds in another network namespace");
	must(is_sound(answer), "a verdict with its reason");
	reach(allows(answer) && !free && q.subject >= PW_SUBJECT_FIRST && q.rule && !q.loopback, "a rule");
	reach(allows(answer) && !free && door && q.client && !q.rule, "a door");
	reach(!allows(answer) && door && q.rule, "a door in spite of a rule");
	reach(allows(answer) && !free && q.foreign && q.subject >= PW_SUBJECT_FIRST, "netns: any");
	must(answer.reason != PW_REASON_OWN_ADDRESS || (q.own && !q.rule), "an own address is said where it is one");
	reach(answer.reason == PW_REASON_OWN_ADDRESS, "an own address");
}

PROVE(out_exact, "connect: what the policy lets through is not denied", "")
{
	ANY(struct pw_out_question, q);
	bool allowed = allows(pw_decide_out(&q));

	given(q.subject < PW_SUBJECT_IDS);
	must(allowed || !never_blocked(q.subject, q.subject_flags), "never blocked");
	given(!is_abroad(q.subject, q.subject_flags, q.foreign));
	must(allowed || !(q.loopback && q.client), "a client of the door");
	given(!q.loopback || !q.guarded || q.foreign);
	must(allowed || !q.rule, "a rule");
	must(allowed || !is_open(q.subject, q.subject_flags), "others may everything");
	must(allowed || !(q.loopback && may_loop(q.subject, q.subject_flags)), "others may loopback");
	reach(!allowed, "denied");
	reach(allowed && q.foreign && q.guarded, "a guarded port elsewhere");
}

PROVE(out_asks, "connect: the rule is looked up wherever it can change the answer", "")
{
	ANY(struct pw_out_question, q);
	struct pw_out_question none = q;
	bool asks = pw_out_asks_rule(&q);

	none.rule = 0;
	must(asks || same(pw_decide_out(&q), pw_decide_out(&none)), "it is looked up");
	must(!asks || !q.rule || allows(pw_decide_out(&q)), "and only there");
	must(!asks || !allows(pw_decide_out(&none)), "where nothing else allows");
	reach(asks && allows(pw_decide_out(&q)), "it allows");
	reach(!asks && allows(pw_decide_out(&q)), "without it");
	reach(!asks && q.rule && !allows(pw_decide_out(&q)), "in spite of it");
}

/* ---- listen ------------------------------------------------------------------------------- */

PROVE(listen_rule, "listen: allowed only by a rule or what others may", "")
{
	ANY(struct pw_listen_question, q);
	struct pw_answer answer = pw_decide_listen(&q);
	bool free = never_blocked(q.subject, q.subject_flags);
	bool door = q.guarded && !q.foreign;

	must(!allows(answer) || free || q.rule || is_open(q.subject, q.subject_flags) ||
	     may_loop(q.subject, q.subject_flags), "no service without a rule");
	must(!allows(answer) || free || q.rule || !door, "no impostor at a door");
	must(!allows(answer) || q.rule || free || !q.unfiltered ||
	     is_open(q.subject, q.subject_flags), "what nobody checks needs a rule");
	must(!allows(answer) || free || !is_abroad(q.subject, q.subject_flags, q.foreign),
	     "no rule holds in another network namespace");
	must(is_sound(answer), "a verdict with its reason");
	reach(allows(answer) && !free && q.subject >= PW_SUBJECT_FIRST && door, "the server of a door");
	reach(allows(answer) && !q.rule && q.subject == PW_SUBJECT_OTHERS && !q.unfiltered, "others");
	reach(!allows(answer) && door && is_open(q.subject, q.subject_flags), "an impostor");
}

PROVE(listen_exact, "listen: what the policy lets serve is not denied", "")
{
	ANY(struct pw_listen_question, q);
	bool allowed = allows(pw_decide_listen(&q));

	given(q.subject < PW_SUBJECT_IDS);
	must(allowed || !never_blocked(q.subject, q.subject_flags), "never blocked");
	given(!is_abroad(q.subject, q.subject_flags, q.foreign));
	must(allowed || !q.rule, "a rule");
	given(!q.guarded || q.foreign);
	must(allowed || !is_open(q.subject, q.subject_flags), "others may everything");
	must(allowed || q.unfiltered || !may_loop(q.subject, q.subject_flags), "others may loopback");
	reach(!allowed && q.unfiltered && may_loop(q.subject, q.subject_flags), "denied");
}

PROVE(listen_asks, "listen: the rule is looked up wherever it can change the answer", "")
{
	ANY(struct pw_listen_question, q);
	struct pw_listen_question none = q;
	bool asks = pw_listen_asks_rule(&q);

	none.rule = 0;
	must(asks || same(pw_decide_listen(&q), pw_decide_listen(&none)), "it is looked up");
	reach(asks && allows(pw_decide_listen(&q)) && !allows(pw_decide_listen(&none)), "it allows");
	reach(!asks && allows(pw_decide_listen(&q)), "without it");
}

/* ---- what comes in -------------------------------------------------------------------------- */

PROVE(in_rule, "arrival: let in only by a rule for the peer, an announcement, or what others may", "")
{
	ANY(struct pw_in_question, q);
	struct pw_answer answer = pw_decide_in(&q);
	const struct pw_listen_question *l = &q.listener;
	bool free = never_blocked(l->subject, l->subject_flags);
	bool door = q.reads || (l->guarded && !l->foreign);

	must(!allows(answer) || free || q.loopback || q.from ||
	     is_open(l->subject, l->subject_flags), "nobody from outside without `from`");
	must(!allows(answer) || free || !q.loopback || !door || q.announced,
	     "nobody at a door who was not announced");
	must(!allows(answer) || allows(pw_decide_listen(l)), "nobody where nobody may listen");
	must(is_sound(answer), "a verdict with its reason");
	reach(allows(answer) && !free && q.from && !q.loopback && l->subject >= PW_SUBJECT_FIRST, "from");
	reach(allows(answer) && !free && q.loopback && door, "announced");
	reach(!allows(answer) && allows(pw_decide_listen(l)) && !q.loopback, "not from");
}

PROVE(in_exact, "arrival: whom the policy lets in is not denied", "")
{
	ANY(struct pw_in_question, q);
	const struct pw_listen_question *l = &q.listener;
	bool allowed = allows(pw_decide_in(&q));

	given(allows(pw_decide_listen(l)));
	must(allowed || !never_blocked(l->subject, l->subject_flags), "never blocked");
	must(allowed || q.loopback || !q.from, "from");
	must(allowed || q.loopback || !is_open(l->subject, l->subject_flags), "others may everything");
	must(allowed || !q.loopback || !q.announced, "announced");
	must(allowed || !q.loopback || q.reads || (l->guarded && !l->foreign), "no door");
	reach(!allowed && q.loopback, "a door");
	reach(!allowed && !q.loopback, "from outside");
}

PROVE(in_asks, "arrival: `from` is looked up wherever it can change the answer", "")
{
	ANY(struct pw_in_question, q);
	struct pw_in_question none = q;
	bool asks = pw_in_asks_from(&q);

	none.from = 0;
	must(asks || same(pw_decide_in(&q), pw_decide_in(&none)), "it is looked up");
	reach(asks && allows(pw_decide_in(&q)) && !allows(pw_decide_in(&none)), "it allows");
	reach(!asks && allows(pw_decide_in(&q)), "without it");
}

PROVE(datagram_rule, "datagram: heard only by a rule, from this machine, or what others may", "")
{
	ANY(struct pw_datagram_question, q);
	struct pw_answer answer = pw_decide_datagram(&q);
	bool free = never_blocked(q.subject, q.subject_flags);
	bool may = q.loopback || q.from || q.out || q.answers ||
		   is_open(q.subject, q.subject_flags) || free;

	must(!allows(answer) || may, "nothing from outside without a rule");
	must(allows(answer) || !may || q.subject >= PW_SUBJECT_IDS, "what a rule covers is heard");
	must(is_sound(answer), "a verdict with its reason");
	reach(allows(answer) && q.answers && !q.from && !q.out && !q.loopback, "an answer");
	reach(!allows(answer) && q.subject < PW_SUBJECT_IDS, "not heard");
}

/* ---- kinds of sockets and unix doors ----------------------------------------------------------- */

PROVE(family_rule, "raw: a kind of socket that addresses do not describe needs all its rights", "")
{
	ANY(__u32, subject);
	ANY(__u32, flags);
	ANY(__u32, raw);
	ANY(__u32, needed);
	struct pw_answer answer = pw_decide_family(subject, flags, raw, needed);
	bool free = never_blocked(subject, flags) || is_open(subject, flags);

	must(!allows(answer) || !needed || free || !(needed & ~raw), "no right, no socket");
	must(!allows(answer) || free || needed != PW_RAW_NEVER, "some kinds are never named");
	must(allows(answer) || subject >= PW_SUBJECT_IDS || (needed && !free &&
	     (needed == PW_RAW_NEVER || (needed & ~raw))), "what is named is allowed");
	must(is_sound(answer), "a verdict with its reason");
	reach(allows(answer) && needed && !free, "named");
	reach(!allows(answer) && raw == 0xffffffff && subject < PW_SUBJECT_IDS, "never");
}

PROVE(unix_rule, "unix: a door is closed to who is not named", "")
{
	ANY(__u32, subject);
	ANY(__u32, flags);
	ANY(__u32, guarded);
	ANY(__u32, client);
	struct pw_answer answer = pw_decide_unix(subject, flags, guarded, client);
	bool may = !guarded || client || never_blocked(subject, flags);

	must(!allows(answer) || may, "not named, not in");
	must(allows(answer) || !may || subject >= PW_SUBJECT_IDS, "who is named gets in");
	must(is_sound(answer), "a verdict with its reason");
	reach(allows(answer) && guarded, "a client");
	reach(!allows(answer) && (flags & PW_SUBJECT_NETWORK_ALL), "others with all the network");
}

/* ---- zero and impossible values ---------------------------------------------------------------- */

PROVE(net_invalid, "network: zero and impossible values deny", "")
{
	static const struct pw_datagram_question no_datagram;
	static const struct pw_listen_question no_listen;
	static const struct pw_out_question no_out;
	static const struct pw_in_question no_in;
	ANY(struct pw_datagram_question, datagram);
	ANY(struct pw_in_question, in);
	ANY(struct pw_out_question, out);
	ANY(__u32, a);
	ANY(__u32, b);

	must(!allows(pw_decide_out(&no_out)), "all zero: connect");
	must(!allows(pw_decide_listen(&no_listen)), "all zero: listen");
	must(!allows(pw_decide_in(&no_in)), "all zero: arrival");
	must(!allows(pw_decide_datagram(&no_datagram)), "all zero: datagram");
	must(out.subject < PW_SUBJECT_IDS || !allows(pw_decide_out(&out)), "no subject: connect");
	must(in.listener.subject < PW_SUBJECT_IDS || !allows(pw_decide_listen(&in.listener)),
	     "no subject: listen");
	must(in.listener.subject < PW_SUBJECT_IDS || !allows(pw_decide_in(&in)),
	     "no subject: arrival");
	must(datagram.subject < PW_SUBJECT_IDS || !allows(pw_decide_datagram(&datagram)),
	     "no subject: datagram");
	must(out.subject < PW_SUBJECT_IDS ||
	     !allows(pw_decide_family(out.subject, out.subject_flags, a, b)), "no subject: raw");
	must(out.subject < PW_SUBJECT_IDS ||
	     !allows(pw_decide_unix(out.subject, out.subject_flags, a, b)), "no subject: unix");
	reach(out.subject == PW_SUBJECT_IDS - 1 && allows(pw_decide_out(&out)), "the last subject");
}
