// SPDX-License-Identifier: BSD-2-Clause
/* What a policy says that is no matter of places and addresses: it holds or does not. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "common/cleanup.h"
#include "common/words.h"
#include "policy/compare_private.h"

struct fact {
	const char *of;		/* a subject or an object; "the policy" */
	size_t index;		/* of the subject, as struct pw_difference has it */
	enum pw_fact fact;
	const char *value;	/* "" where there is none */
	const char *client;	/* likewise */
	bool all;		/* stands for every value (with this client) */
	bool below;		/* and for all paths below */
	struct pw_position at;
	uint32_t rule;
};

struct facts {
	struct fact *list;
	size_t n, size;
	const struct pw_policy *policy;
	struct pw_arena *arena;
};

/* ---- Collecting -------------------------------------------------------------------------- */

static void add(struct facts *facts, struct fact fact)
{
	size_t size = facts->size ? 2 * facts->size : 256;
	struct fact *larger;

	if (facts->n == facts->size) {
		larger = pw_arena_array(facts->arena, size, sizeof(*larger));
		if (!larger)
			return;
		if (facts->n)
			memcpy(larger, facts->list, facts->n * sizeof(*larger));
		facts->list = larger;
		facts->size = size;
	}
	fact.value = fact.value ?: "";
	fact.client = fact.client ?: "";
	facts->list[facts->n++] = fact;
}

static void add_paths(struct facts *facts, struct fact fact, const struct pw_path *paths, size_t n)
{
	size_t i;

	for (i = 0; i < n; i++) {
		fact.value = paths[i].path;
		fact.at = paths[i].at;
		add(facts, fact);
	}
}

/* Its programs and libraries: it may run them, and nobody may change them. */
static void add_code(struct facts *facts, const struct pw_subject_policy *subject, struct fact fact)
{
	const struct { const struct pw_path *paths; size_t n; } sets[] = {
		{subject->exec, subject->nexec},
		{subject->helpers, subject->nhelpers},
		{subject->code, subject->ncode},
		{subject->protect, subject->nprotect},
	};
	size_t i;

	fact.below = true;
	for (i = 0; i < PW_ARRAY_SIZE(sets); i++) {
		fact.fact = PW_FACT_CODE;
		add_paths(facts, fact, sets[i].paths, sets[i].n);
	}
	fact.of = "the policy";
	fact.index = PW_DIFFERENCE_NO_SUBJECT;
	for (i = 0; i < PW_ARRAY_SIZE(sets); i++) {
		fact.fact = PW_FACT_GUARDED;
		add_paths(facts, fact, sets[i].paths, sets[i].n);
	}
}

static void add_entry(struct facts *facts, const struct pw_subject_policy *subject,
		      struct fact fact)
{
	size_t i;

	fact.fact = PW_FACT_ENTERED;
	for (i = 0; i < subject->nexec; i++) {
		fact.value = subject->exec[i].path;
		fact.at = subject->exec[i].at;
		fact.below = subject->exec[i].below;
		add(facts, fact);
	}
	fact.below = false;
	fact.at = subject->at;
	fact.fact = PW_FACT_STARTED_BY;
	for (i = 0; i < subject->started_by.n; i++) {
		fact.value = pw_subject_name(facts->policy, subject->started_by.index[i]);
		fact.all = subject->started_by.index[i] == PW_SUBJECT_INDEX_ANYONE;
		add(facts, fact);
	}
	fact.fact = PW_FACT_USER;
	fact.all = false;
	for (i = 0; i < subject->nusers; i++) {
		fact.value = subject->users[i].name;
		fact.at = subject->users[i].at;
		add(facts, fact);
	}
	fact.all = true;
	fact.at = subject->at;
	fact.value = "any";
	if (!subject->nusers)
		add(facts, fact);
	fact.fact = PW_FACT_HELPER;
	if (subject->helpers_any)
		add(facts, fact);
	fact.all = false;
	add_paths(facts, fact, subject->helpers, subject->nhelpers);
}

static void add_if(struct facts *facts, struct fact fact, enum pw_fact which, const char *value,
		   bool holds)
{
	fact.fact = which;
	fact.value = value;
	if (holds)
		add(facts, fact);
}

static void add_words(struct facts *facts, struct fact fact, enum pw_fact which,
		      const struct pw_words *words, uint32_t bits)
{
	unsigned int number;

	for (number = 1; number < words->n; number++)
		add_if(facts, fact, which, words->names[number], bits & (1U << (number - 1)));
}

static void add_sockets(struct facts *facts, struct fact fact, const struct pw_net_rule *rule)
{
	size_t i, j;

	fact.fact = PW_FACT_UNIX;
	for (i = 0; i < rule->local.n; i++) {
		fact.client = pw_subject_name(facts->policy, rule->local.index[i]);
		for (j = 0; j < rule->nunix_paths; j++)
			add_if(facts, fact, PW_FACT_UNIX, rule->unix_paths[j], true);
		for (j = 0; j < rule->nunix_abstract; j++) {
			size_t n = strlen(rule->unix_abstract[j]) + 2;
			char *name = pw_arena_array(facts->arena, n, 1);

			if (name)
				snprintf(name, n, "@%s", rule->unix_abstract[j]);
			add_if(facts, fact, PW_FACT_UNIX, name, true);
		}
		fact.all = true;
		add_if(facts, fact, PW_FACT_UNIX, "any", rule->unix_any);
		fact.all = false;
	}
}

static void add_rules(struct facts *facts, struct fact fact, const struct pw_net_rule *rules,
		      size_t n)
{
	size_t i;

	for (i = 0; i < n; i++) {
		fact.at = rules[i].at;
		fact.rule = rules[i].number;
		add_words(facts, fact, PW_FACT_RAW, &pw_words_raw, rules[i].raw);
		add_if(facts, fact, PW_FACT_NETNS, NULL, rules[i].netns_any);
		add_sockets(facts, fact, &rules[i]);
	}
}

static void add_subject(struct facts *facts, const struct pw_pair *pair,
			const struct pw_subject_policy *subject)
{
	const struct pw_policy *policy = facts->policy;
	struct fact fact = {.of = pair->name, .index = pair->index, .at = subject->at};
	size_t i;

	add_entry(facts, subject, fact);
	add_code(facts, subject, fact);
	add_rules(facts, fact, subject->network, subject->nnetwork);
	add_words(facts, fact, PW_FACT_SYSTEM, &pw_words_system, subject->system);
	add_if(facts, fact, PW_FACT_WRITES, "terminal", subject->writes_tty);
	add_if(facts, fact, PW_FACT_WRITES, "pipe", subject->writes_pipe);
	add_if(facts, fact, PW_FACT_UPDATES, NULL, subject->updates);
	add_if(facts, fact, PW_FACT_NEVER_BLOCK, NULL, subject->never_block);
	add_if(facts, fact, PW_FACT_PERMISSIVE, NULL,
	       subject->mode == PW_MODE_PERMISSIVE || policy->mode == PW_MODE_PERMISSIVE);
	add_if(facts, fact, PW_FACT_SAYS_WHO, "its members", subject->says_who);
	for (i = 0; i < subject->says_for.n; i++)
		add_if(facts, fact, PW_FACT_SAYS_WHO,
		       pw_subject_name(policy, subject->says_for.index[i]), true);
	for (i = 0; i < subject->naccess; i++)
		add_if(facts, fact, PW_FACT_FOLDED,
		       policy->objects[subject->access[i].object].name, subject->access[i].folded);
}

static bool has_object(const struct pw_policy *policy, const char *name)
{
	size_t i;

	for (i = 0; i < policy->nobjects; i++)
		if (!strcmp(policy->objects[i].name, name))
			return true;

	return false;
}

static void add_object(struct facts *facts, const struct pw_object_policy *object)
{
	struct fact fact = {.of = object->name, .index = PW_DIFFERENCE_NO_SUBJECT,
			    .at = object->at};

	add_if(facts, fact, PW_FACT_UNRECORDED, "allowed", object->audit != PW_AUDIT_ALL);
	add_if(facts, fact, PW_FACT_UNRECORDED, "refused", object->audit == PW_AUDIT_NONE);
	add_if(facts, fact, PW_FACT_KEEPS_WORKING, NULL, object->on_loss != PW_ON_LOSS_DENY);
	add_if(facts, fact, PW_FACT_DIGEST, NULL, object->path_digest);
	add_if(facts, fact, PW_FACT_PERMISSIVE, NULL,
	       object->mode == PW_MODE_PERMISSIVE || facts->policy->mode == PW_MODE_PERMISSIVE);
}

/* For each who may, as another time or another person is another freedom. */
static void add_opening(struct facts *facts, struct fact fact, const struct pw_glass_policy *glass,
			const char *section, const char *what, const struct pw_user *who, size_t n)
{
	size_t i;

	for (i = 0; i < n; i++) {
		size_t size = strlen(section) + strlen(who[i].name) + 64;
		char *value = pw_arena_array(facts->arena, size, 1);

		if (!value)
			return;
		snprintf(value, size, "%s of %s %s, for %lu s", section, what, who[i].name,
			 (unsigned long)(glass->longest_ms / 1000));
		fact.at = who[i].at;
		add_if(facts, fact, PW_FACT_GLASS, value, true);
	}
}

static void add_glass(struct facts *facts)
{
	struct pw_user token = {.name = (char *)"a token"};
	const struct pw_policy *policy = facts->policy;
	size_t kind, i;

	for (kind = 0; kind < PW_GLASS_KINDS; kind++) {
		const struct pw_glass_policy *glass = &policy->glass[kind];
		const char *section = pw_glass_names[kind];
		struct fact fact = {.index = PW_DIFFERENCE_NO_SUBJECT};

		token.at = glass->at;
		for (i = 0; i < glass->subjects.n + glass->nobjects; i++) {
			fact.of = i < glass->subjects.n ?
				  pw_subject_name(policy, glass->subjects.index[i]) :
				  policy->objects[glass->objects[i - glass->subjects.n]].name;
			add_opening(facts, fact, glass, section, "user", glass->users, glass->nusers);
			add_opening(facts, fact, glass, section, "group", glass->groups,
				    glass->ngroups);
			add_opening(facts, fact, glass, section, "whoever has", &token,
				    glass->tokens);
		}
	}
}

static void add_policy(struct facts *facts)
{
	const struct pw_policy *policy = facts->policy;
	struct fact fact = {.of = "the policy", .index = PW_DIFFERENCE_NO_SUBJECT,
			    .at = policy->version_at};
	struct fact others = {.of = "others", .index = PW_SUBJECT_INDEX_OTHERS,
			      .at = policy->others_at};

	add_if(facts, fact, PW_FACT_PERMISSIVE, NULL, policy->mode == PW_MODE_PERMISSIVE);
	add_if(facts, fact, PW_FACT_UNSEALED, NULL, !policy->sealed);
	add_if(facts, fact, PW_FACT_RESCUE, "permissive", policy->rescue != PW_RESCUE_NONE);
	add_if(facts, fact, PW_FACT_RESCUE, "off", policy->rescue == PW_RESCUE_OFF);
	add_if(facts, others, PW_FACT_LOOPBACK, NULL,
	       policy->others_network == PW_OTHERS_ALLOW ||
	       policy->others_network == PW_OTHERS_LOOPBACK || policy->others_loopback);
	if (policy->others_network == PW_OTHERS_ALLOW)
		add_words(facts, others, PW_FACT_RAW, &pw_words_raw, UINT32_MAX);
	add_rules(facts, others, policy->others_rules, policy->nothers_rules);
}

/* ---- Comparing --------------------------------------------------------------------------- */

static int by_owner(const struct fact *a, const struct fact *b)
{
	int r = strcmp(a->of, b->of);

	return r ? r : (int)a->fact - (int)b->fact;
}

static int by_value(const void *left, const void *right)
{
	const struct fact *a = left, *b = right;
	int r = by_owner(a, b);

	if (!r)
		r = strcmp(a->value, b->value);

	return r ? r : strcmp(a->client, b->client);
}

static void sort(struct facts *facts)
{
	size_t i, kept = 0;

	if (facts->n)
		qsort(facts->list, facts->n, sizeof(*facts->list), by_value);
	for (i = 0; i < facts->n; i++) {
		struct fact *last = kept ? &facts->list[kept - 1] : NULL;

		if (last && !by_value(last, &facts->list[i]))
			last->below |= facts->list[i].below;
		else
			facts->list[kept++] = facts->list[i];
	}
	facts->n = kept;
}

/* Whether @wide says what @fact does, and more. */
static bool covers(const struct fact *wide, const struct fact *fact)
{
	if (wide->all)
		return !strcmp(wide->client, fact->client);

	return wide->below && strcmp(wide->value, fact->value) &&
	       pw_path_within(fact->value, wide->value);
}

/* The first fact of the same owner and kind as @fact. */
static const struct fact *group_of(const struct facts *facts, const struct fact *fact)
{
	size_t low = 0, high = facts->n, middle;

	while (low < high) {
		middle = low + (high - low) / 2;
		if (by_owner(&facts->list[middle], fact) < 0)
			low = middle + 1;
		else
			high = middle;
	}

	return facts->list + low;
}

static bool covered(const struct facts *facts, const struct fact *fact)
{
	const struct fact *end = facts->list + facts->n, *other;

	for (other = group_of(facts, fact); other < end && !by_owner(other, fact); other++)
		if (other != fact && covers(other, fact))
			return true;

	return false;
}

static bool holds(const struct facts *facts, const struct fact *fact)
{
	const struct fact *same = NULL;

	if (facts->n)
		same = bsearch(fact, facts->list, facts->n, sizeof(*same), by_value);

	return (same && same->below >= fact->below) || covered(facts, fact);
}

/* What holds on @side and not on the other. */
static int report(struct pw_comparison *c, const struct facts *sides, size_t side)
{
	const struct facts *facts = &sides[side];
	struct pw_difference *d;
	size_t i;

	for (i = 0; i < facts->n; i++) {
		const struct fact *fact = &facts->list[i];

		if (holds(&sides[!side], fact) || covered(facts, fact))
			continue;
		/* What also holds is a freedom of the first side; a guard, only with the first. */
		if (c->side[PW_ALSO] && holds(&sides[PW_ALSO], fact) ==
					(fact->fact != PW_FACT_GUARDED))
			continue;
		d = pw_compare_add(c, NULL, PW_DIFFERENCE_FACT,
				   (side == PW_SECOND) != (fact->fact == PW_FACT_GUARDED));
		if (!d)
			return -ENOMEM;
		d->of = fact->of;
		d->subject = fact->index;
		d->at = fact->at;
		d->rule = fact->rule;
		d->fact = fact->fact;
		d->value = *fact->value ? fact->value : NULL;
		d->client = *fact->client ? fact->client : NULL;
	}

	return 0;
}

int pw_compare_facts(struct pw_comparison *c)
{
	struct facts sides[PW_POLICIES] = {};
	size_t side, i;
	int r = 0;

	for (side = 0; side < c->n; side++) {
		struct facts *facts = &sides[side];

		facts->policy = c->side[side];
		facts->arena = c->result->arena;
		for (i = 0; i < c->npairs; i++)
			if (c->pairs[i].side[side])
				add_subject(facts, &c->pairs[i], c->pairs[i].side[side]);
		/* What is no object has no records at all: that is a difference of files. */
		for (i = 0; i < facts->policy->nobjects; i++)
			if (has_object(c->side[side == PW_SECOND ? PW_FIRST : PW_SECOND], facts->policy->objects[i].name))
				add_object(facts, &facts->policy->objects[i]);
		add_policy(facts);
		add_glass(facts);
		sort(facts);
	}
	for (side = 0; !r && side < PW_SIDES; side++)
		r = report(c, sides, side);

	return r;
}
