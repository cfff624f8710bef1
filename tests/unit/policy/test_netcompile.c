// SPDX-License-Identifier: BSD-2-Clause
/* The compiled tables against a reference that goes through all rules for each question. */
#include <arpa/inet.h>
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <cmocka.h>

#include <phiward/match.h>

#include "common/cleanup.h"
#include "policy/netcompile.h"
#include "policy/parse.h"
#include "policy/ranges.h"

#define ROUNDS 400
#define SUBJECTS 3
#define RULES 12

static uint32_t seed = 1;

static uint32_t draw(uint32_t below)
{
	seed = seed * 1664525 + 1013904223;

	return (seed >> 8) % below;
}

/* ---- Random policies --------------------------------------------------------------------- */

struct sample {
	struct pw_policy policy;
	struct pw_subject_policy subjects[SUBJECTS];
	struct pw_net_rule rules[SUBJECTS + 1][RULES];
	struct pw_prefix prefixes[SUBJECTS + 1][RULES][3];
	struct pw_prefix answers[SUBJECTS + 1][RULES][1];
	struct pw_ports tcp[SUBJECTS + 1][RULES][2], udp[SUBJECTS + 1][RULES][2];
	size_t local[SUBJECTS + 1][RULES][2];
};

/* Few different bits, so that prefixes often cover each other. */
static struct pw_prefix draw_prefix(void)
{
	static const uint8_t v4_lengths[] = {0, 1, 8, 15, 24, 30, 31, 32};
	static const uint8_t v6_lengths[] = {0, 7, 16, 30, 32, 64, 127, 128};
	struct pw_prefix prefix = {.family = draw(2) ? 4 : 6};
	unsigned int i, n = prefix.family == 4 ? 4 : 16;

	prefix.length = prefix.family == 4 ? v4_lengths[draw(8)] : v6_lengths[draw(8)];
	for (i = 0; i < n; i++)
		prefix.addr[i] = draw(4) ? 10 : draw(2) + 10;
	for (i = prefix.length; i < 8 * n; i++)
		prefix.addr[i / 8] &= ~(0x80 >> (i % 8));

	return prefix;
}

/* Two ranges at most, disjoint and ascending, as the parser makes them. */
static size_t draw_ports(struct pw_ports *ports, enum pw_direction direction)
{
	/* Each port to listen on is a door, of which there are only so many. */
	bool wide = direction == PW_DIRECTION_OUT && !draw(4);

	uint16_t low = draw(3) ? 1 + draw(20) : 65500 + draw(20);

	ports[0] = (struct pw_ports){low, low + draw(8)};
	if (draw(2) || ports[0].high > 100)
		return 1;
	low = ports[0].high + 2 + draw(5);
	ports[1] = (struct pw_ports){low, wide ? 65535 : low + draw(3)};

	return 2;
}

static void draw_rule(struct sample *s, size_t owner, size_t i, uint32_t number)
{
	struct pw_net_rule *rule = &s->rules[owner][i];

	*rule = (struct pw_net_rule){
		.number = number,
		.direction = draw(2) ? PW_DIRECTION_OUT : PW_DIRECTION_IN,
		.tcp = s->tcp[owner][i],
		.udp = s->udp[owner][i],
		.peers = s->prefixes[owner][i],
		.npeers = 1 + draw(3),
		.answers = s->answers[owner][i],
		.local.index = s->local[owner][i],
	};
	rule->ntcp = draw(3) ? draw_ports(rule->tcp, rule->direction) : 0;
	rule->nudp = draw(3) && rule->ntcp ? 0 : draw_ports(rule->udp, rule->direction);
	for (size_t j = 0; j < rule->npeers; j++)
		rule->peers[j] = draw_prefix();
	rule->answers[0] = draw_prefix();
	rule->nanswers = rule->direction == PW_DIRECTION_OUT && rule->nudp && draw(2);
	if (rule->direction == PW_DIRECTION_IN && draw(2)) {
		rule->local.index[0] = draw(SUBJECTS);
		rule->local.n = 1;
	}
}

static void draw_sample(struct sample *s)
{
	uint32_t number = 0;
	size_t i, j;

	memset(s, 0, sizeof(*s));
	for (i = 0; i <= SUBJECTS; i++)
		for (j = 0; j < RULES; j++)
			draw_rule(s, i, j, ++number);
	for (i = 0; i < SUBJECTS; i++) {
		s->subjects[i].network = s->rules[i];
		s->subjects[i].nnetwork = draw(RULES + 1);
	}
	s->policy.subjects = s->subjects;
	s->policy.nsubjects = SUBJECTS;
	s->policy.others_rules = s->rules[SUBJECTS];
	s->policy.nothers_rules = draw(RULES + 1);
}

/* ---- The reference ----------------------------------------------------------------------- */

struct question {
	size_t subject;
	enum pw_direction direction;
	enum pw_proto proto;
	struct pw_prefix peer;	/* a whole address, or family 0: whoever */
	uint16_t port;
};

static bool holds(const struct pw_prefix *prefix, const struct pw_prefix *addr)
{
	unsigned int i;

	if (prefix->family != addr->family)
		return false;
	for (i = 0; i < prefix->length; i++)
		if ((prefix->addr[i / 8] ^ addr->addr[i / 8]) & (0x80 >> (i % 8)))
			return false;

	return true;
}

static bool rule_allows(const struct pw_net_rule *rule, const struct question *q)
{
	bool answer = q->direction == PW_DIRECTION_ANSWER;
	const struct pw_prefix *list = answer ? rule->answers : rule->peers;
	size_t i, n = answer ? rule->nanswers : rule->npeers;
	const struct pw_ports *ports = q->proto == PW_PROTO_TCP ? rule->tcp : rule->udp;
	size_t nports = q->proto == PW_PROTO_TCP ? rule->ntcp : rule->nudp;
	bool port = false, peer = !q->peer.family;

	if (rule->direction != (answer ? PW_DIRECTION_OUT : q->direction) ||
	    (answer && q->proto != PW_PROTO_UDP))
		return false;
	for (i = 0; i < nports; i++)
		port |= ports[i].low <= q->port && q->port <= ports[i].high;
	for (i = 0; i < n && q->peer.family; i++)
		peer |= holds(&list[i], &q->peer);

	return port && peer;
}

static uint32_t reference(const struct pw_policy *policy, const struct question *q)
{
	bool others = q->subject == PW_SUBJECT_INDEX_OTHERS;
	const struct pw_net_rule *rules = others ? policy->others_rules
						 : policy->subjects[q->subject].network;
	size_t i, n = others ? policy->nothers_rules : policy->subjects[q->subject].nnetwork;

	for (i = 0; i < n; i++)
		if (rule_allows(&rules[i], q))
			return rules[i].number;

	return 0;
}

/* What the kernel does: the longest prefix, then its ports. */
static uint32_t compiled(const struct pw_net_tables *tables, const struct question *q)
{
	const struct pw_net_entry *e, *best = NULL;
	size_t i;

	for (i = 0; i < tables->nentries; i++) {
		e = &tables->entries[i];
		if (e->subject == q->subject && e->direction == q->direction &&
		    e->proto == q->proto && holds(&e->prefix, &q->peer) &&
		    (!best || e->prefix.length > best->prefix.length))
			best = e;
	}

	return best ? pw_port_rule(&best->ports, q->port) : 0;
}

/* An address under @prefix, or one bit beside it. */
static struct pw_prefix draw_near(const struct pw_prefix *prefix)
{
	struct pw_prefix addr = draw_prefix();
	unsigned int i, bits = prefix->family == 4 ? 32 : 128;

	memset(addr.addr, 0, sizeof(addr.addr));
	for (i = 0; i < bits; i++)
		if (i >= prefix->length && draw(2))
			addr.addr[i / 8] |= 0x80 >> (i % 8);
	for (i = 0; i < sizeof(addr.addr); i++)
		addr.addr[i] |= prefix->addr[i];
	if (!draw(4)) {
		i = draw(bits);
		addr.addr[i / 8] ^= 0x80 >> (i % 8);
	}
	addr.family = prefix->family;
	addr.length = bits;

	return addr;
}

/* About one rule of the policy, at or beside the borders of its ports and prefixes. */
static struct question draw_question(const struct sample *s)
{
	static const uint16_t edges[] = {0, 1, 40, 65535};
	size_t owner = draw(SUBJECTS + 1);
	const struct pw_net_rule *rule = &s->rules[owner][draw(RULES)];
	bool tcp = rule->ntcp && draw(2);
	const struct pw_ports *ports = tcp ? rule->tcp : rule->udp;
	struct question q = {
		.subject = owner < SUBJECTS ? owner : PW_SUBJECT_INDEX_OTHERS,
		.direction = draw(8) ? rule->direction : PW_DIRECTION_OUT + draw(3),
		.proto = tcp ? PW_PROTO_TCP : PW_PROTO_UDP,
		.port = edges[draw(4)],
	};

	if (rule->nanswers && draw(2))
		q.direction = PW_DIRECTION_ANSWER;
	if (draw(8) && ports)
		q.port = (draw(2) ? ports->low : ports->high) + draw(3) - 1;
	if (q.direction != PW_DIRECTION_IN || draw(8))
		q.peer = draw_near(q.direction == PW_DIRECTION_ANSWER
				   ? &rule->answers[0] : &rule->peers[draw(rule->npeers)]);

	return q;
}

static void test_random(void **state)
{
	static struct sample sample;
	struct pw_net_tables tables;
	struct pw_diag diag = {};
	size_t round, i, allowed = 0, asked = 0;
	struct question q;

	(void)state;
	for (round = 0; round < ROUNDS; round++) {
		draw_sample(&sample);
		/* Too many ranges for one address is a refusal with a position, tried elsewhere. */
		if (pw_net_compile(&sample.policy, &tables, &diag) < 0)
			fail_msg("round %zu: %s", round, diag.entries[0].text);
		for (i = 0; i < 400; i++) {
			q = draw_question(&sample);
			assert_int_equal(compiled(&tables, &q), reference(&sample.policy, &q));
			allowed += !!reference(&sample.policy, &q);
			asked++;
		}
		pw_net_tables_done(&tables);
	}
	pw_diag_done(&diag);
	/* Of no use if nearly everything were allowed, or denied. */
	assert_true(allowed > asked / 5 && allowed < asked * 4 / 5);
}

static void test_ranges_sorted(void **state)
{
	static struct sample sample;
	struct pw_net_tables tables;
	struct pw_diag diag = {};
	size_t round, i, j;

	(void)state;
	for (round = 0; round < 50; round++) {
		draw_sample(&sample);
		assert_int_equal(pw_net_compile(&sample.policy, &tables, &diag), 0);
		for (i = 0; i < tables.nentries; i++) {
			const struct pw_port_set *set = &tables.entries[i].ports;

			assert_in_range(set->n, 1, PW_PORT_RANGES);
			for (j = 0; j < set->n; j++) {
				assert_true(set->ranges[j].low <= set->ranges[j].high);
				assert_int_not_equal(set->ranges[j].rule, 0);
				if (j)
					assert_true(set->ranges[j - 1].high < set->ranges[j].low);
			}
		}
		pw_net_tables_done(&tables);
	}
	pw_diag_done(&diag);
}

/* ---- Policies in words ------------------------------------------------------------------- */

static struct pw_policy *parse(const char *text, struct pw_diag *diag)
{
	struct pw_source source = {.name = (char *)"t.yaml", .text = (char *)text,
				   .length = strlen(text)};
	struct pw_policy *policy = NULL;

	if (pw_policy_parse(&source, 1, &policy, diag) < 0)
		fail_msg("%s", diag->entries[0].text);

	return policy;
}

#define HEAD "phiward: 1\nname: t\nversion: 1\nmode: enforce\n"                                   \
	     "objects: {o: {paths: [/o], on_audit_loss: deny}}\nsubjects:\n"
#define READER "  r: {exec: [/r], started_by: [init], access: {o: [read]}, network: ["
#define TAIL "others: {network: deny}\n"

static const struct pw_net_door *find_door(const struct pw_net_tables *tables, enum pw_proto proto,
					   uint16_t port)
{
	size_t i;

	for (i = 0; i < tables->ndoors; i++)
		if (tables->doors[i].proto == proto && tables->doors[i].port == port)
			return &tables->doors[i];

	return NULL;
}

static bool lets_in(const struct pw_net_door *door, size_t client)
{
	size_t i;

	for (i = 0; i < door->clients.n; i++)
		if (door->clients.index[i] == client)
			return true;

	return false;
}

static void test_doors(void **state)
{
	_cleanup_(pw_policy_freep) struct pw_policy *policy = NULL;
	struct pw_net_tables tables;
	struct pw_diag diag = {};
	const struct pw_net_door *door;

	(void)state;
	policy = parse(HEAD READER "listen: {tcp: [80-82], from: [any], local: [v]}]}\n"
		       "  v: {exec: [/v], network: [listen: {udp: [80], local: [others, init]}]}\n"
		       "  w: {exec: [/w]}\n"
		       "others: {network: [listen: {tcp: [1-65535], from: [10.0.0.1]}]}\n", &diag);
	/* Others would serve port 80 too, and let themselves in. */
	assert_int_equal(pw_net_compile(policy, &tables, &diag), -EINVAL);
	assert_int_equal(diag.entries[diag.n - 1].line, 7);
	pw_diag_done(&diag);
	policy = pw_policy_free(policy);

	policy = parse(HEAD READER "listen: {tcp: [80-82], from: [any], local: [v]}]}\n"
		       "  v: {exec: [/v], network: [listen: {udp: [80], local: [others, init]}]}\n"
		       "  w: {exec: [/w]}\n"
		       "others: {network: [listen: {tcp: [1-79, 83-65535], from: [10.0.0.1]}]}\n",
		       &diag);
	assert_int_equal(pw_net_compile(policy, &tables, &diag), 0);
	assert_int_equal(tables.ndoors, 4);
	door = find_door(&tables, PW_PROTO_TCP, 81);
	assert_non_null(door);
	assert_true(door->guards);
	assert_int_equal(door->rule, 2);
	assert_true(lets_in(door, 0) && lets_in(door, 1) && !lets_in(door, 2));
	assert_false(lets_in(door, PW_SUBJECT_INDEX_OTHERS));
	door = find_door(&tables, PW_PROTO_UDP, 80);
	assert_non_null(door);
	assert_false(door->guards);
	assert_true(lets_in(door, PW_SUBJECT_INDEX_OTHERS) && lets_in(door, PW_SUBJECT_INDEX_INIT));
	assert_false(lets_in(door, 0));
	pw_net_tables_done(&tables);
	pw_diag_done(&diag);
}

static void test_shared_door(void **state)
{
	_cleanup_(pw_policy_freep) struct pw_policy *policy = NULL;
	struct pw_net_tables tables;
	struct pw_diag diag = {};

	(void)state;
	policy = parse(HEAD READER "listen: {tcp: [80], local: [s]}]}\n"
		       "  s: {exec: [/s], network: [listen: {tcp: [80], local: [v]}]}\n"
		       "  v: {exec: [/v]}\n" TAIL, &diag);
	assert_int_equal(pw_net_compile(policy, &tables, &diag), -EINVAL);
	pw_diag_done(&diag);
	policy = pw_policy_free(policy);
	policy = parse(HEAD READER "listen: {tcp: [80], local: [s, v]}]}\n"
		       "  s: {exec: [/s], network: [listen: {tcp: [80], local: [v]}]}\n"
		       "  v: {exec: [/v]}\n" TAIL, &diag);
	assert_int_equal(pw_net_compile(policy, &tables, &diag), 0);
	assert_int_equal(tables.ndoors, 1);
	assert_int_equal(tables.doors[0].clients.n, 3);
	pw_net_tables_done(&tables);
	pw_diag_done(&diag);
}

static void test_door_capacity(void **state)
{
	_cleanup_(pw_policy_freep) struct pw_policy *policy = NULL;
	struct pw_net_tables tables;
	struct pw_diag diag = {};

	(void)state;
	policy = parse(HEAD READER "listen: {tcp: [1-1024], from: [any]}]}\n" TAIL, &diag);
	assert_int_equal(pw_net_compile(policy, &tables, &diag), 0);
	assert_int_equal(tables.ndoors, PW_DOORS_MAX);
	pw_net_tables_done(&tables);
	policy = pw_policy_free(policy);
	policy = parse(HEAD READER "listen: {tcp: [1-1024], from: [any]},\n"
		       "    listen: {udp: [1], local: [r]}]}\n" TAIL, &diag);
	assert_int_equal(pw_net_compile(policy, &tables, &diag), -E2BIG);
	assert_int_equal(diag.entries[0].line, 8);
	assert_int_equal(diag.entries[0].column, 5);
	pw_diag_done(&diag);
}

static void test_range_capacity(void **state)
{
	_cleanup_(pw_policy_freep) struct pw_policy *policy = NULL;
	_cleanup_free_ char *text = NULL;
	struct pw_net_tables tables;
	struct pw_diag diag = {};
	size_t size, rules;
	FILE *to;

	(void)state;
	for (rules = PW_PORT_RANGES; rules <= PW_PORT_RANGES + 1; rules++) {
		to = open_memstream(&text, &size);
		fputs(HEAD "  s:\n    exec: [/s]\n    network:\n", to);
		for (size_t i = 0; i < rules; i++)
			fprintf(to, "      - connect: {tcp: [%zu], to: [10.0.0.0/%zu]}\n",
				1 + 2 * i, 8 + i / 2);
		fputs(TAIL, to);
		fclose(to);
		policy = parse(text, &diag);
		if (rules == PW_PORT_RANGES) {
			assert_int_equal(pw_net_compile(policy, &tables, &diag), 0);
			pw_net_tables_done(&tables);
		} else {
			assert_int_equal(pw_net_compile(policy, &tables, &diag), -E2BIG);
			assert_int_equal(diag.entries[0].line, 10 + PW_PORT_RANGES);
		}
		policy = pw_policy_free(policy);
		free(TAKE_PTR(text));
	}
	pw_diag_done(&diag);
}

/* ---- Many rules -------------------------------------------------------------------------- */

#define MANY 4000

static void test_many(void **state)
{
	static struct pw_net_rule rules[MANY];
	static struct pw_prefix prefixes[MANY];
	static struct pw_ports port = {104, 104};
	struct pw_subject_policy subject = {.network = rules, .nnetwork = MANY};
	struct pw_policy policy = {.subjects = &subject, .nsubjects = 1};
	struct pw_net_tables tables;
	struct pw_diag diag = {};
	clock_t start;
	uint32_t addr;
	size_t i;

	(void)state;
	for (i = 0; i < MANY; i++) {
		addr = htonl(0x0a140000 + i);
		memcpy(prefixes[i].addr, &addr, sizeof(addr));
		prefixes[i].family = 4;
		prefixes[i].length = 32;
		rules[i] = (struct pw_net_rule){
			.number = i + 1,
			.direction = PW_DIRECTION_OUT,
			.tcp = &port,
			.ntcp = 1,
			.peers = &prefixes[i],
			.npeers = 1,
		};
	}
	start = clock();
	assert_int_equal(pw_net_compile(&policy, &tables, &diag), 0);
	print_message("%d rules: %.1f ms\n", MANY,
		      1000.0 * (clock() - start) / (double)CLOCKS_PER_SEC);
	assert_int_equal(tables.nentries, MANY);
	assert_int_equal(tables.entries[MANY - 1].ports.n, 1);
	assert_int_equal(tables.entries[MANY - 1].ports.ranges[0].rule, MANY);
	pw_net_tables_done(&tables);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_random),
		cmocka_unit_test(test_ranges_sorted),
		cmocka_unit_test(test_doors),
		cmocka_unit_test(test_shared_door),
		cmocka_unit_test(test_door_capacity),
		cmocka_unit_test(test_range_capacity),
		cmocka_unit_test(test_many),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
