// SPDX-License-Identifier: BSD-2-Clause
#include "publish/judge.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include <phiward/decide_net.h>
#include <phiward/match.h>

#include "common/cleanup.h"
#include "policy/netcompile.h"
#include "publish/build.h"
#include "publish/own_paths.h"

#define CHANGES                                                                                    \
	(PW_ACTION_BIT(PW_ACTION_WRITE) | PW_ACTION_BIT(PW_ACTION_CREATE) |                        \
	 PW_ACTION_BIT(PW_ACTION_DELETE) | PW_ACTION_BIT(PW_ACTION_RENAME) |                       \
	 PW_ACTION_BIT(PW_ACTION_LINK) | PW_ACTION_BIT(PW_ACTION_ATTR))
#define FILLS (PW_ACTION_BIT(PW_ACTION_WRITE) | PW_ACTION_BIT(PW_ACTION_CREATE))

struct pw_judge {
	const struct pw_policy *policy;
	struct pw_net_tables tables;
};

int pw_judge_open(const struct pw_policy *policy, struct pw_judge **ret, struct pw_diag *diag)
{
	struct pw_judge *judge = calloc(1, sizeof(*judge));
	int r;

	if (!judge)
		return -ENOMEM;
	judge->policy = policy;
	r = pw_net_compile(policy, &judge->tables, diag);
	if (r < 0) {
		free(judge);
		return r;
	}
	*ret = judge;

	return 0;
}

struct pw_judge *pw_judge_close(struct pw_judge *judge)
{
	if (judge)
		pw_net_tables_done(&judge->tables);
	free(judge);

	return NULL;
}

/* NULL: a built-in one. */
static const struct pw_subject_policy *subject_of(const struct pw_judge *judge, size_t index)
{
	return index < judge->policy->nsubjects ? &judge->policy->subjects[index] : NULL;
}

/* Any number of a named subject will do: no table is looked up by it. */
static uint32_t number_of(const struct pw_judge *judge, size_t index)
{
	if (subject_of(judge, index))
		return PW_SUBJECT_FIRST;

	return index == PW_SUBJECT_INDEX_INIT ? PW_SUBJECT_INIT : PW_SUBJECT_OTHERS;
}

/* ---- Files --------------------------------------------------------------------------------- */

static const struct pw_access *access_of(const struct pw_subject_policy *subject, size_t object,
					 enum pw_action action)
{
	for (size_t i = 0; subject && i < subject->naccess; i++)
		if (subject->access[i].object == object &&
		    (subject->access[i].actions & PW_ACTION_BIT(action)))
			return &subject->access[i];

	return NULL;
}

static bool is_below_one(const char *path, const struct pw_path *directories, size_t n)
{
	for (size_t i = 0; i < n; i++)
		if (pw_path_within(path, directories[i].path))
			return true;

	return false;
}

/* Whether it is code that nobody changes but who updates, before any seal. */
static bool is_code(const struct pw_policy *policy, const char *path)
{
	if (pw_code_default_above(path))
		return true;
	for (size_t i = 0; i < policy->nsubjects; i++) {
		const struct pw_subject_policy *subject = &policy->subjects[i];

		if (is_below_one(path, subject->exec, subject->nexec) ||
		    is_below_one(path, subject->helpers, subject->nhelpers) ||
		    is_below_one(path, subject->code, subject->ncode) ||
		    is_below_one(path, subject->protect, subject->nprotect))
			return true;
	}

	return false;
}

/* Whether a change of @path is guarded, and how: PW_CODE_*. */
static bool is_guarded(const struct pw_policy *policy, const char *path, uint32_t *ret_flags)
{
	bool code = is_code(policy, path), guarded = code;

	*ret_flags = 0;
	for (size_t i = 0; i < pw_own_npaths; i++) {
		if (!pw_path_within(path, pw_own_paths[i].path))
			continue;
		/* What is somebody's code is guarded before the seal, too. */
		*ret_flags |= pw_own_paths[i].flags & (code ? PW_CODE_OWN : ~0U);
		guarded = true;
	}

	return guarded;
}

static struct pw_judgement judge_file(const struct pw_judge *judge, const struct pw_trial *trial)
{
	const struct pw_subject_policy *subject = subject_of(judge, trial->subject);
	const struct pw_access *access = access_of(subject, trial->object, trial->action);
	uint32_t flags = subject ? pw_build_subject_flags(subject) : 0;
	uint32_t need = PW_ACTION_BIT(trial->action), code;
	struct pw_file_question q = {
		.need = need,
		.where = trial->object == PW_CASE_NO_OBJECT ? PW_WHERE_OUTSIDE : PW_WHERE_OBJECT,
		.object = trial->object == PW_CASE_NO_OBJECT ? PW_OBJECT_NONE : PW_OBJECT_FIRST,
		.subject = number_of(judge, trial->subject),
		.subject_flags = flags,
		.access = access ? access->actions : 0,
		.bound_by_writes = !!(need & FILLS),
		.may_write_here = trial->path && subject &&
				  is_below_one(trial->path, subject->writes, subject->nwrites),
	};
	struct pw_judgement result = {};

	if (trial->path && (need & CHANGES) && is_guarded(judge->policy, trial->path, &code)) {
		result.answer = pw_decide_code(code, q.subject, flags, judge->policy->sealed);
		if (result.answer.verdict != PW_VERDICT_ALLOW)
			return result;
	}
	result.answer = pw_decide_file(&q);
	if (result.answer.reason == PW_REASON_RULE && access)
		result.rule = access->number;

	return result;
}

/* ---- The network --------------------------------------------------------------------------- */

/* Built-in subjects follow the rules of others. */
static size_t index_of_rules(const struct pw_judge *judge, size_t index)
{
	return subject_of(judge, index) ? index : PW_SUBJECT_INDEX_OTHERS;
}

/* As the kernel finds it: the longest prefix speaks for all that cover it. */
static uint32_t rule_for(const struct pw_judge *judge, const struct pw_trial *trial,
			 const struct pw_prefix *peer)
{
	const enum pw_direction direction =
		trial->action == PW_ACTION_LISTEN ? PW_DIRECTION_IN : PW_DIRECTION_OUT;
	const size_t subject = index_of_rules(judge, trial->subject);
	const struct pw_net_entry *found = NULL;

	for (size_t i = 0; i < judge->tables.nentries; i++) {
		const struct pw_net_entry *entry = &judge->tables.entries[i];

		if (entry->subject == subject && entry->direction == direction &&
		    entry->proto == trial->proto &&
		    pw_prefix_covers(&entry->prefix, peer->family, peer->addr) &&
		    (!found || entry->prefix.length > found->prefix.length))
			found = entry;
	}

	return found ? pw_port_rule(&found->ports, trial->port) : 0;
}

static const struct pw_net_door *door_of(const struct pw_judge *judge, const struct pw_trial *trial)
{
	for (size_t i = 0; i < judge->tables.ndoors; i++)
		if (judge->tables.doors[i].port == trial->port &&
		    judge->tables.doors[i].proto == trial->proto)
			return &judge->tables.doors[i];

	return NULL;
}

static bool is_client(const struct pw_net_door *door, size_t subject)
{
	for (size_t i = 0; door && i < door->clients.n; i++)
		if (door->clients.index[i] == subject)
			return true;

	return false;
}

static uint32_t net_flags(const struct pw_judge *judge, size_t index)
{
	const struct pw_subject_policy *subject = subject_of(judge, index);

	return subject ? pw_build_subject_flags(subject) : pw_build_others_flags(judge->policy);
}

static struct pw_judgement judge_connect(const struct pw_judge *judge, const struct pw_trial *trial)
{
	const struct pw_net_door *door = door_of(judge, trial);
	struct pw_judgement result = {.rule = rule_for(judge, trial, &trial->peer)};
	struct pw_out_question q = {
		.subject = number_of(judge, trial->subject),
		.subject_flags = net_flags(judge, trial->subject),
		.loopback = pw_prefix_is_loopback(&trial->peer),
		.guarded = door && door->guards,
		.client = is_client(door, trial->subject),
		.rule = result.rule,
	};

	result.answer = pw_decide_out(&q);
	if (q.loopback && q.client)
		result.rule = door->rule;

	return result;
}

static struct pw_judgement judge_listen(const struct pw_judge *judge, const struct pw_trial *trial)
{
	const struct pw_prefix whoever = {};
	const struct pw_net_door *door = door_of(judge, trial);
	struct pw_judgement result = {.rule = rule_for(judge, trial, &whoever)};
	struct pw_in_question q = {
		.listener = {
			.subject = number_of(judge, trial->subject),
			.subject_flags = net_flags(judge, trial->subject),
			.guarded = door && door->guards,
			.unfiltered = trial->proto == PW_PROTO_UDP,
			.rule = result.rule,
		},
	};

	if (trial->peer.family) {
		q.from = rule_for(judge, trial, &trial->peer);
		result.answer = pw_decide_in(&q);
		result.rule = q.from;
	} else {
		result.answer = pw_decide_listen(&q.listener);
	}

	return result;
}

struct pw_judgement pw_judge_trial(const struct pw_judge *judge, const struct pw_trial *trial)
{
	struct pw_judgement result;

	switch (trial->action) {
	case PW_ACTION_CONNECT:
		result = judge_connect(judge, trial);
		break;
	case PW_ACTION_LISTEN:
		result = judge_listen(judge, trial);
		break;
	default:
		result = judge_file(judge, trial);
	}
	if (result.answer.verdict != PW_VERDICT_ALLOW)
		result.rule = 0;

	return result;
}
