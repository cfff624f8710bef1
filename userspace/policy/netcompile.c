// SPDX-License-Identifier: BSD-2-Clause
#include "policy/netcompile.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "common/cleanup.h"
#include "policy/doors.h"
#include "policy/ranges.h"

/* One rule's ports for one prefix. */
struct row {
	size_t subject;
	enum pw_direction direction;
	enum pw_proto proto;
	struct pw_prefix prefix;
	const struct pw_ports *ports;
	size_t nports;
	const struct pw_net_rule *rule;
};

struct rows {
	struct row *list;
	size_t n, size;
};

/* ---- Rows -------------------------------------------------------------------------------- */

static int add_row(struct rows *rows, const struct row *row)
{
	size_t size = rows->size ? 2 * rows->size : 64;
	struct row *larger;

	if (rows->n == rows->size) {
		larger = reallocarray(rows->list, size, sizeof(*larger));
		if (!larger)
			return -ENOMEM;
		rows->list = larger;
		rows->size = size;
	}
	rows->list[rows->n++] = *row;

	return 0;
}

static int add_prefixes(struct rows *rows, struct row *row, const struct pw_prefix *prefixes,
			size_t n)
{
	size_t i;
	int r = 0;

	for (i = 0; !r && i < n; i++) {
		row->prefix = prefixes[i];
		r = add_row(rows, row);
	}

	return r;
}

static int add_proto(struct rows *rows, const struct pw_net_rule *rule, size_t subject,
		     enum pw_proto proto)
{
	static const struct pw_prefix whoever = {};
	struct row row = {
		.subject = subject,
		.direction = rule->direction,
		.proto = proto,
		.ports = proto == PW_PROTO_TCP ? rule->tcp : rule->udp,
		.nports = proto == PW_PROTO_TCP ? rule->ntcp : rule->nudp,
		.rule = rule,
	};
	int r;

	if (!row.nports)
		return 0;
	r = add_prefixes(rows, &row, rule->peers, rule->npeers);
	if (!r && rule->direction == PW_DIRECTION_IN)
		r = add_prefixes(rows, &row, &whoever, 1);
	if (!r && proto == PW_PROTO_UDP) {
		row.direction = PW_DIRECTION_ANSWER;
		r = add_prefixes(rows, &row, rule->answers, rule->nanswers);
	}

	return r;
}

static int add_rules(struct rows *rows, const struct pw_net_rule *rules, size_t n, size_t subject)
{
	size_t i;
	int r = 0;

	for (i = 0; !r && i < n; i++) {
		r = add_proto(rows, &rules[i], subject, PW_PROTO_TCP);
		if (!r)
			r = add_proto(rows, &rules[i], subject, PW_PROTO_UDP);
	}

	return r;
}

static int collect(const struct pw_policy *policy, struct rows *rows)
{
	size_t i;
	int r;

	r = add_rules(rows, policy->others_rules, policy->nothers_rules, PW_SUBJECT_INDEX_OTHERS);
	for (i = 0; !r && i < policy->nsubjects; i++)
		r = add_rules(rows, policy->subjects[i].network, policy->subjects[i].nnetwork, i);

	return r;
}

/* ---- Order ------------------------------------------------------------------------------- */

static int compare_scope(const struct row *a, const struct row *b)
{
	if (a->subject != b->subject)
		return a->subject < b->subject ? -1 : 1;
	if (a->direction != b->direction)
		return a->direction < b->direction ? -1 : 1;
	if (a->proto != b->proto)
		return a->proto < b->proto ? -1 : 1;

	return (int)a->prefix.family - (int)b->prefix.family;
}

/* A prefix stands before all that it covers. */
static int compare_prefix(const struct row *a, const struct row *b)
{
	int r = compare_scope(a, b);

	if (!r)
		r = memcmp(a->prefix.addr, b->prefix.addr, sizeof(a->prefix.addr));

	return r ? r : (int)a->prefix.length - (int)b->prefix.length;
}

static int compare_rows(const void *left, const void *right)
{
	const struct row *a = left, *b = right;
	int r = compare_prefix(a, b);

	return r ? r : (a->rule->number > b->rule->number) - (a->rule->number < b->rule->number);
}

static bool covers(const struct row *wide, const struct row *row)
{
	const uint8_t *a = wide->prefix.addr, *b = row->prefix.addr;
	unsigned int bytes = wide->prefix.length / 8, bits = wide->prefix.length % 8;

	if (compare_scope(wide, row) || wide->prefix.length > row->prefix.length ||
	    memcmp(a, b, bytes))
		return false;

	return !bits || !((a[bytes] ^ b[bytes]) >> (8 - bits));
}

/* ---- Entries ----------------------------------------------------------------------------- */

/* The prefixes that cover the present one, widest first. */
struct covering {
	size_t row, entry;
};

struct builder {
	const struct rows *rows;
	struct pw_net_tables *tables;
	size_t size;
	struct covering stack[128 + 1];
	size_t depth;
	struct pw_diag *diag;
};

static struct pw_net_entry *new_entry(struct builder *b, const struct row *row)
{
	struct pw_net_tables *tables = b->tables;
	size_t size = b->size ? 2 * b->size : 64;
	struct pw_net_entry *larger, *entry;

	if (tables->nentries == b->size) {
		larger = reallocarray(tables->entries, size, sizeof(*larger));
		if (!larger)
			return NULL;
		tables->entries = larger;
		b->size = size;
	}
	entry = &tables->entries[tables->nentries++];
	*entry = (struct pw_net_entry){
		.subject = row->subject,
		.direction = row->direction,
		.proto = row->proto,
		.prefix = row->prefix,
	};
	entry->prefix.peer = NULL;

	return entry;
}

static int too_many_ranges(struct builder *b, const struct row *row)
{
	pw_diag_add(b->diag, PW_DIAG_ERROR, &row->rule->at, "with this rule more than %d separate "
		    "ranges of %s ports come together for one address", PW_PORT_RANGES,
		    row->proto == PW_PROTO_TCP ? "tcp" : "udp");

	return -E2BIG;
}

/* One entry of the rows [first, end), which have the same prefix. */
static int build_entry(struct builder *b, size_t first, size_t end)
{
	const struct row *row = &b->rows->list[first];
	struct pw_net_entry *entry;
	struct pw_port_set own;
	size_t i;

	while (b->depth && !covers(&b->rows->list[b->stack[b->depth - 1].row], row))
		b->depth--;
	if (b->tables->nentries == PW_PREFIXES_MAX) {
		pw_diag_add(b->diag, PW_DIAG_ERROR, &row->rule->at, "more than %d addresses for all "
			    "subjects, directions and protocols", PW_PREFIXES_MAX);
		return -E2BIG;
	}
	entry = new_entry(b, row);
	if (!entry)
		return -ENOMEM;
	if (b->depth)
		entry->ports = b->tables->entries[b->stack[b->depth - 1].entry].ports;
	for (i = first; i < end; i++) {
		row = &b->rows->list[i];
		own = pw_ranges_of(row->ports, row->nports, row->rule->number);
		if (pw_ranges_unite(&entry->ports, &own, &entry->ports) < 0)
			return too_many_ranges(b, row);
	}
	b->stack[b->depth++] = (struct covering){first, b->tables->nentries - 1};

	return 0;
}

static int build_entries(const struct rows *rows, struct pw_net_tables *tables,
			 struct pw_diag *diag)
{
	struct builder b = {.rows = rows, .tables = tables, .diag = diag};
	size_t first, end;
	int r = 0;

	for (first = 0; !r && first < rows->n; first = end) {
		for (end = first + 1; end < rows->n; end++)
			if (compare_prefix(&rows->list[first], &rows->list[end]))
				break;
		r = build_entry(&b, first, end);
	}

	return r;
}

/* ---- Rules that decide nothing ----------------------------------------------------------- */

static bool has_other_use(const struct pw_net_rule *rule)
{
	return !rule->npeers || rule->local.n || rule->netns_any || rule->nunix_paths ||
	       rule->nunix_abstract || rule->unix_any;
}

static void warn_of_idle(const struct pw_net_rule *rules, size_t n, const bool *decides,
			 struct pw_diag *diag)
{
	size_t i;

	for (i = 0; i < n; i++)
		if (!decides[rules[i].number] && !has_other_use(&rules[i]))
			pw_diag_add(diag, PW_DIAG_WARNING, &rules[i].at, "the rules before it already "
				    "allow all that this rule allows");
}

static int find_idle(const struct pw_policy *policy, const struct pw_net_tables *tables,
		     struct pw_diag *diag)
{
	_cleanup_free_ bool *decides = calloc(PW_RULES_MAX + 1, sizeof(*decides));
	size_t i, j;

	if (!decides)
		return -ENOMEM;
	for (i = 0; i < tables->nentries; i++) {
		const struct pw_net_entry *entry = &tables->entries[i];

		for (j = 0; j < entry->ports.n && entry->prefix.family; j++)
			decides[entry->ports.ranges[j].rule] = true;
	}
	warn_of_idle(policy->others_rules, policy->nothers_rules, decides, diag);
	for (i = 0; i < policy->nsubjects; i++)
		warn_of_idle(policy->subjects[i].network, policy->subjects[i].nnetwork, decides,
			     diag);

	return 0;
}

int pw_net_compile(const struct pw_policy *policy, struct pw_net_tables *ret, struct pw_diag *diag)
{
	struct pw_net_tables tables = {};
	struct rows rows = {};
	int r;

	r = collect(policy, &rows);
	if (!r) {
		if (rows.n)
			qsort(rows.list, rows.n, sizeof(*rows.list), compare_rows);
		r = build_entries(&rows, &tables, diag);
	}
	free(rows.list);
	if (!r)
		r = pw_doors_build(policy, &tables, diag);
	if (!r)
		r = find_idle(policy, &tables, diag);
	if (r < 0) {
		pw_net_tables_done(&tables);
		return r;
	}
	*ret = tables;

	return 0;
}

void pw_net_tables_done(struct pw_net_tables *tables)
{
	size_t i;

	for (i = 0; i < tables->ndoors; i++)
		free(tables->doors[i].clients.index);
	free(tables->doors);
	free(tables->entries);
	*tables = (struct pw_net_tables){};
}
