/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The network rules of one policy as the kernel's tables want them: for each
 * prefix, the union of the ports of every rule whose prefix covers it.
 */
#ifndef PW_POLICY_NETCOMPILE_H
#define PW_POLICY_NETCOMPILE_H

#include "policy/diag.h"
#include "policy/policy.h"

struct pw_net_entry {
	size_t subject;			/* index or PW_SUBJECT_INDEX_OTHERS */
	enum pw_direction direction;
	enum pw_proto proto;		/* PW_PROTO_TCP or PW_PROTO_UDP */
	struct pw_prefix prefix;	/* family and length 0: all ports it may listen on (abi.h) */
	struct pw_port_set ports;
};

/*
 * A port that somebody serves on this machine, with who may reach it by loopback.
 * What `others` serve is here only where a rule names `local` or a subject serves
 * the same port. A port that guards never lets in anyone whom one of its guarding
 * servers does not: where two subjects serve it with different clients, the policy
 * is refused.
 */
struct pw_net_door {
	uint16_t port;
	enum pw_proto proto;
	bool guards;			/* a server of it may read an object */
	uint32_t rule;			/* of the first server */
	struct pw_subject_list clients;	/* the servers themselves included; indexes as in policy.h */
};

struct pw_net_tables {
	struct pw_net_entry *entries;
	size_t nentries;
	struct pw_net_door *doors;
	size_t ndoors;
};

/*
 * 0, -ENOMEM, or with a diagnostic at the rule -E2BIG (a capacity is exceeded) or
 * -EINVAL (doors that contradict each other). Warns of rules that decide nothing.
 */
int pw_net_compile(const struct pw_policy *policy, struct pw_net_tables *ret, struct pw_diag *diag);
void pw_net_tables_done(struct pw_net_tables *tables);

#endif
