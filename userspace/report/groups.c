// SPDX-License-Identifier: BSD-2-Clause
#include "report/groups.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

struct table {
	struct pw_group *groups;
	size_t n, capacity;
	uint32_t *slots;	/* number of a group + 1; twice as many as there may be groups */
};

enum pw_deed pw_row_deed(const struct pw_rows *rows, const struct pw_row *row)
{
	if (!pw_row_is(rows, row, PW_COLUMN_VERDICT, "allow"))
		return PW_DEED_REFUSED;
	return pw_row_is(rows, row, PW_COLUMN_ACTION, "read") ? PW_DEED_READ : PW_DEED_CHANGE;
}

static size_t hash_of(const struct pw_grouping *grouping, const struct pw_row *row)
{
	uint64_t hash = grouping->nby ? 0 : (uintptr_t)row * 0x9e3779b97f4a7c15ULL >> 16;

	for (size_t i = 0; i < grouping->nby; i++) {
		hash = (hash ^ row->ids[grouping->by[i]]) * 0x9e3779b97f4a7c15ULL;
		hash ^= hash >> 32;
	}
	return (size_t)hash;
}

static bool is_alike(const struct pw_grouping *grouping, const struct pw_row *a,
		     const struct pw_row *b)
{
	if (!grouping->nby)
		return a == b;
	for (size_t i = 0; i < grouping->nby; i++)
		if (a->ids[grouping->by[i]] != b->ids[grouping->by[i]])
			return false;
	return true;
}

static uint32_t *find_slot(const struct table *table, const struct pw_grouping *grouping,
			   const struct pw_row *row)
{
	size_t mask = 2 * table->capacity - 1, i = hash_of(grouping, row) & mask;

	while (table->slots[i] && !is_alike(grouping, table->groups[table->slots[i] - 1].row, row))
		i = (i + 1) & mask;
	return &table->slots[i];
}

static int grow(struct table *table, const struct pw_grouping *grouping)
{
	size_t capacity = table->capacity ? 2 * table->capacity : 64;
	struct pw_group *groups = reallocarray(table->groups, capacity, sizeof(*groups));
	uint32_t *slots = calloc(2 * capacity, sizeof(*slots));

	if (groups)
		table->groups = groups;
	if (!groups || !slots) {
		free(slots);
		return -ENOMEM;
	}
	free(table->slots);
	table->slots = slots;
	table->capacity = capacity;
	for (size_t i = 0; i < table->n; i++)
		*find_slot(table, grouping, groups[i].row) = (uint32_t)i + 1;
	return 0;
}

static int add(struct table *table, const struct pw_rows *rows, const struct pw_grouping *grouping,
	       const struct pw_row *row)
{
	struct pw_group *group;
	uint32_t *slot;

	if (table->n == table->capacity && grow(table, grouping) < 0)
		return -ENOMEM;
	slot = find_slot(table, grouping, row);
	if (!*slot) {
		table->groups[table->n++] = (struct pw_group){ .row = row, .first = row->time,
							       .last = row->time };
		*slot = (uint32_t)table->n;
	}
	group = &table->groups[*slot - 1];
	group->events += row->count;
	group->deeds[pw_row_deed(rows, row)] += row->count;
	if (row->time < group->first)
		group->first = row->time;
	if (row->time >= group->last) {
		group->last = row->time;
		group->last_seq = row->seq;
	}
	return 0;
}

static int most_first(const void *a, const void *b)
{
	const struct pw_group *x = a, *y = b;

	if (x->events != y->events)
		return x->events < y->events ? 1 : -1;
	return (x->row > y->row) - (x->row < y->row);
}

int pw_groups_make(const struct pw_rows *rows, const struct pw_grouping *grouping,
		   struct pw_group **ret, size_t *ret_n)
{
	struct table table = { 0 };
	int r = 0;

	for (size_t i = 0; !r && i < rows->n; i++)
		if (grouping->wanted(rows, &rows->rows[i]))
			r = add(&table, rows, grouping, &rows->rows[i]);
	free(table.slots);
	if (r) {
		free(table.groups);
		return r;
	}
	*ret = table.groups;
	*ret_n = table.n;
	return 0;
}

void pw_groups_sort(struct pw_group *groups, size_t n)
{
	if (n)
		qsort(groups, n, sizeof(*groups), most_first);
}

struct text_order {
	const struct pw_rows *rows;
	enum pw_column column;
};

static int by_text(const void *a, const void *b, void *data)
{
	const struct pw_group *x = a, *y = b;
	const struct text_order *order = data;

	return strcmp(pw_row_text(order->rows, x->row, order->column),
		      pw_row_text(order->rows, y->row, order->column));
}

void pw_groups_sort_by_text(const struct pw_rows *rows, enum pw_column column,
			    struct pw_group *groups, size_t n)
{
	struct text_order order = { rows, column };

	if (n)
		qsort_r(groups, n, sizeof(*groups), by_text, &order);
}
