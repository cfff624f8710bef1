// SPDX-License-Identifier: BSD-2-Clause
#include "policy/compare.h"

#include <arpa/inet.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "common/cleanup.h"
#include "common/text.h"
#include "common/words.h"
#include "policy/compare_private.h"

#define PW_FACT_TEXT(number, text) [number] = text,
static const char *const fact_texts[] = { PW_FACT_LIST(PW_FACT_TEXT) };

/* ---- The result -------------------------------------------------------------------------- */

struct pw_difference *pw_compare_add(struct pw_comparison *c, const struct pw_pair *pair,
				     enum pw_difference_kind kind, bool allows)
{
	struct pw_differences *result = c->result;
	struct pw_difference *larger, *difference;
	size_t size = c->size ? 2 * c->size : 64;

	if (result->n == c->size) {
		larger = pw_arena_array(result->arena, size, sizeof(*larger));
		if (!larger)
			return NULL;
		if (result->n)
			memcpy(larger, result->list, result->n * sizeof(*larger));
		result->list = larger;
		c->size = size;
	}
	difference = &result->list[result->n++];
	*difference = (struct pw_difference){
		.allows = allows,
		.kind = kind,
		.of = pair ? pair->name : "the policy",
		.subject = pair ? pair->index : PW_DIFFERENCE_NO_SUBJECT,
	};

	return difference;
}

static int compare_text(const char *a, const char *b)
{
	return strcmp(a ?: "", b ?: "");
}

static int by_line(const struct pw_difference *a, const struct pw_difference *b)
{
	int r = compare_text(a->at.file, b->at.file);

	if (!r)
		r = (a->at.line > b->at.line) - (a->at.line < b->at.line);

	return r ? r : (a->at.column > b->at.column) - (a->at.column < b->at.column);
}

static int by_files(const struct pw_difference *a, const struct pw_difference *b)
{
	int r = pw_path_compare(a->place, b->place);

	if (!r)
		r = compare_text(a->object, b->object);
	if (!r)
		r = (a->actions > b->actions) - (a->actions < b->actions);

	return r ? r : by_line(a, b);
}

static int by_peers(const struct pw_difference *a, const struct pw_difference *b)
{
	int r = strcmp(a->of, b->of);

	if (!r)
		r = compare_text(a->value, b->value);	/* of clients */
	if (!r)
		r = (int)a->direction - (int)b->direction;
	if (!r)
		r = (int)a->family - (int)b->family;
	if (!r)
		r = memcmp(a->first, b->first, sizeof(a->first));
	if (!r)
		r = memcmp(a->last, b->last, sizeof(a->last));
	if (!r)
		r = (int)a->proto - (int)b->proto;

	return r ? r : by_line(a, b);
}

static int by_fact(const struct pw_difference *a, const struct pw_difference *b)
{
	int r = strcmp(a->of, b->of);

	if (!r)
		r = (int)a->fact - (int)b->fact;

	return r ? r : compare_text(a->client, b->client);
}

/* Those that are equal are told together. */
static int by_sense(const struct pw_difference *a, const struct pw_difference *b)
{
	int r = (int)b->allows - (int)a->allows;

	if (!r)
		r = (int)a->kind - (int)b->kind;
	if (r)
		return r;

	return a->kind == PW_DIFFERENCE_FILES ? by_files(a, b) :
	       a->kind == PW_DIFFERENCE_FACT  ? by_fact(a, b) : by_peers(a, b);
}

static int by_order(const void *left, const void *right)
{
	const struct pw_difference *a = left, *b = right;
	int r = by_sense(a, b);

	if (!r)
		r = by_line(a, b);
	if (!r)
		r = strcmp(a->of, b->of);
	if (!r)
		r = (int)a->ports.low - (int)b->ports.low;

	return r ? r : compare_text(a->value, b->value);
}

size_t pw_differences_alike(const struct pw_differences *differences, size_t first)
{
	size_t end = first + 1;

	while (end < differences->n &&
	       !by_sense(&differences->list[first], &differences->list[end]))
		end++;

	return end - first;
}

struct pw_differences *pw_differences_free(struct pw_differences *differences)
{
	if (differences)
		pw_arena_free(differences->arena);

	return NULL;
}

/* ---- Subjects ---------------------------------------------------------------------------- */

static int by_name(const void *left, const void *right)
{
	return strcmp(((const struct pw_pair *)left)->name, ((const struct pw_pair *)right)->name);
}

static int pair_subjects(struct pw_comparison *c)
{
	const struct pw_policy *policy;
	size_t side, i, n = 1, kept = 0;

	for (side = 0; side < c->n; side++)
		n += c->side[side]->nsubjects;
	c->pairs = pw_arena_array(c->arena, n, sizeof(*c->pairs));
	if (!c->pairs)
		return -ENOMEM;
	for (n = side = 0; side < c->n; side++) {
		policy = c->side[side];
		for (i = 0; i < policy->nsubjects; i++, n++) {
			c->pairs[n].name = policy->subjects[i].name;
			c->pairs[n].side[side] = &policy->subjects[i];
			c->pairs[n].index = side == PW_FIRST ? i : PW_DIFFERENCE_NO_SUBJECT;
		}
	}
	qsort(c->pairs, n, sizeof(*c->pairs), by_name);
	for (i = 0; i < n; i++) {
		struct pw_pair *last = kept ? &c->pairs[kept - 1] : NULL, pair = c->pairs[i];

		if (!last || strcmp(last->name, pair.name)) {
			c->pairs[kept++] = pair;
			continue;
		}
		for (side = 0; side < c->n; side++)
			if (pair.side[side])
				last->side[side] = pair.side[side];
		if (pair.index != PW_DIFFERENCE_NO_SUBJECT)
			last->index = pair.index;
	}
	c->pairs[kept++] = (struct pw_pair){.name = "others", .index = PW_SUBJECT_INDEX_OTHERS};
	c->npairs = kept;

	return 0;
}

int pw_policy_compare(const struct pw_policy *a, const struct pw_policy *b,
		      struct pw_differences **ret)
{
	return pw_policy_compare_with(a, NULL, b, ret);
}

int pw_policy_compare_with(const struct pw_policy *a, const struct pw_policy *also,
			   const struct pw_policy *b, struct pw_differences **ret)
{
	_cleanup_(pw_arena_freep) struct pw_arena *scratch = pw_arena_new();
	_cleanup_(pw_arena_freep) struct pw_arena *arena = pw_arena_new();
	struct pw_comparison c = {.side = {a, b, also}, .n = also ? PW_POLICIES : PW_SIDES,
				  .arena = scratch};
	size_t i;
	int r;

	if (!scratch || !arena)
		return -ENOMEM;
	c.result = pw_arena_array(arena, 1, sizeof(*c.result));
	if (!c.result)
		return -ENOMEM;
	c.result->arena = arena;
	r = pair_subjects(&c);
	if (!r)
		r = pw_compare_files(&c);
	if (!r)
		r = pw_compare_network(&c);
	if (!r)
		r = pw_compare_facts(&c);
	if (r < 0 || pw_arena_failed(scratch) || pw_arena_failed(arena))
		return -ENOMEM;
	if (c.result->n)
		qsort(c.result->list, c.result->n, sizeof(*c.result->list), by_order);
	for (i = 0; i < c.result->n; i++)
		c.result->allowed += c.result->list[i].allows;
	*ret = c.result;
	(void)TAKE_PTR(arena);

	return 0;
}

/* ---- In words ---------------------------------------------------------------------------- */

static void print_actions(FILE *to, uint32_t actions)
{
	unsigned int action, n = 0;

	if (actions == PW_ACTIONS_OF_FILES)
		fputs("do all", to);
	for (action = 1; action < PW_ACTION_FILES_END && actions != PW_ACTIONS_OF_FILES; action++)
		if (actions & PW_ACTION_BIT(action))
			fprintf(to, "%s%s", n++ ? ", " : "", pw_word_name(&pw_words_action, action));
}

static void print_files(FILE *to, const struct pw_difference *d, size_t n)
{
	size_t i;

	for (i = 0; i < n; i++)
		fprintf(to, "%s%s", i ? ", " : "", d[i].of);
	fputs(" may ", to);
	print_actions(to, d->actions);
	if (!strcmp(d->place, "/")) {
		fputs(" outside of all objects", to);
	} else {
		fputs(" in ", to);
		pw_text_print(to, d->place);
	}
	if (d->object)
		fprintf(to, " (%s)", d->object);
}

/* The length of the prefix that is just @first to @last, or -1. */
static int prefix_length(const struct pw_difference *d)
{
	int bits = d->family == 4 ? 32 : 128, length = 0, i;

	while (length < bits && !((d->first[length / 8] ^ d->last[length / 8]) &
				  (0x80 >> (length % 8))))
		length++;
	for (i = length; i < bits; i++)
		if ((d->first[i / 8] & (0x80 >> (i % 8))) || !(d->last[i / 8] & (0x80 >> (i % 8))))
			return -1;

	return length;
}

static void print_addresses(FILE *to, const struct pw_difference *d)
{
	int family = d->family == 4 ? AF_INET : AF_INET6, length = prefix_length(d);
	char text[INET6_ADDRSTRLEN];

	fputs(inet_ntop(family, d->first, text, sizeof(text)), to);
	if (length < 0)
		fprintf(to, "-%s", inet_ntop(family, d->last, text, sizeof(text)));
	else if (length != (d->family == 4 ? 32 : 128))
		fprintf(to, "/%d", length);
}

static void print_ports(FILE *to, const struct pw_difference *d, size_t n)
{
	size_t i;

	fputs(pw_word_name(&pw_words_proto, d->proto), to);
	for (i = 0; i < n; i++) {
		fprintf(to, "%s %u", i ? "," : "", d[i].ports.low);
		if (d[i].ports.high != d[i].ports.low)
			fprintf(to, "-%u", d[i].ports.high);
	}
}

static void print_peers(FILE *to, const struct pw_difference *d, size_t n)
{
	static const char *const verbs[] = {
		[PW_DIRECTION_OUT] = "may connect to",
		[PW_DIRECTION_IN] = "may listen on",
		[PW_DIRECTION_ANSWER] = "may get answers on",
	};

	fprintf(to, "%s %s ", d->of, verbs[d->direction]);
	print_ports(to, d, n);
	if (!d->family)
		return;
	fputs(d->direction == PW_DIRECTION_OUT ? " of " : " from ", to);
	print_addresses(to, d);
}

static void print_fact(FILE *to, const struct pw_difference *d, size_t n)
{
	size_t i;

	fprintf(to, "%s %s", d->fact == PW_FACT_GUARDED ? "everyone may" : d->of,
		fact_texts[d->fact]);
	for (i = 0; i < n && d[i].value; i++) {
		fputs(i ? ", " : " ", to);
		pw_text_print(to, d[i].value);
	}
	if (d->client)
		fprintf(to, " to %s", d->client);
}

void pw_difference_print(FILE *to, const struct pw_difference *differences, size_t n)
{
	switch (differences->kind) {
	case PW_DIFFERENCE_FILES:
		print_files(to, differences, n);
		break;
	case PW_DIFFERENCE_PEERS:
		print_peers(to, differences, n);
		break;
	case PW_DIFFERENCE_CLIENTS:
		fprintf(to, "%s may connect by loopback to ", differences->value);
		print_ports(to, differences, n);
		fprintf(to, " of %s", differences->of);
		break;
	case PW_DIFFERENCE_FACT:
		print_fact(to, differences, n);
		break;
	}
}
