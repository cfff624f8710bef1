// SPDX-License-Identifier: BSD-2-Clause
#include "fleet/canaries.h"

#include <errno.h>
#include <inttypes.h>
#include <string.h>

#include "common/cleanup.h"
#include "common/text.h"
#include "fleet/rollout.h"

struct candidate {
	const char *serial;
	unsigned int place;
};

static int compare(const void *a, const void *b)
{
	const struct candidate *one = a, *other = b;

	return one->place != other->place ? (one->place > other->place) - (one->place < other->place) :
					    strcmp(one->serial, other->serial);
}

static bool may_be(const struct pw_channel *channel, const struct pw_fleet_row *row)
{
	const struct pw_selectors selectors = {.tags = channel->tags};
	const size_t n = row->trouble ? 0 : json_object_array_length(row->record.tags);
	const char *list[n + 1];
	const struct pw_device device = {.tags = {list, n}};

	if (row->trouble || strcmp(row->record.channel, channel->channel))
		return false;
	for (size_t i = 0; i < n; i++)
		list[i] = json_object_get_string(json_object_array_get_idx(row->record.tags, i));

	return !pw_selectors_mismatch(&selectors, &device);
}

int pw_canaries_choose(const struct pw_fleet *fleet, size_t n, struct pw_channel *channel,
		       struct pw_diag *diag)
{
	_cleanup_free_ struct candidate *all = calloc(fleet->n + 1, sizeof(*all));
	const char **list = pw_arena_array(channel->arena, n, sizeof(*list));
	size_t found = 0;

	if (!all || !list)
		return -ENOMEM;
	for (size_t i = 0; i < fleet->n; i++) {
		const struct pw_fleet_row *row = &fleet->rows[i];

		if (may_be(channel, row) &&
		    pw_rollout_place(channel->digest, row->name, &all[found].place))
			all[found++].serial = row->name;
	}
	if (found < n) {
		pw_diag_add(diag, PW_DIAG_ERROR, NULL, "of the consoles of the channel '%s' %zu are well "
			    "and could be canaries, not %zu", channel->channel, found, n);
		return -EINVAL;
	}
	qsort(all, found, sizeof(*all), compare);
	for (size_t i = 0; i < n; i++) {
		list[i] = pw_arena_copy(channel->arena, all[i].serial, strlen(all[i].serial));
		if (!list[i])
			return -ENOMEM;
	}
	channel->canaries = (struct pw_texts){list, n};

	return 0;
}

/* ---- Judging ------------------------------------------------------------------------------- */

static const struct pw_fleet_row *row_of(const struct pw_fleet *fleet, const char *serial)
{
	for (size_t i = 0; i < fleet->n; i++)
		if (!strcmp(fleet->rows[i].name, serial))
			return &fleet->rows[i];

	return NULL;
}

static int waits(struct pw_diag *diag, const char *serial, const char *text)
{
	pw_diag_add(diag, PW_DIAG_ERROR, NULL, "%s %s", serial, text);

	return -EAGAIN;
}

static int judge(const struct pw_fleet *fleet, const struct pw_channel *channel,
		 const char *serial, const char *hex, uint64_t refusals, struct pw_diag *diag)
{
	const struct pw_fleet_row *row = row_of(fleet, serial);
	const struct pw_told *record = row ? &row->record : NULL;

	if (!row)
		return waits(diag, serial, "has told nothing");
	if (row->trouble)
		return waits(diag, serial, pw_trouble_text(__builtin_ctz(row->trouble)));
	if (strcmp(record->bundle, hex) || strcmp(record->health, "good"))
		return waits(diag, serial, "has not told that it has the bundle and is healthy");
	if (record->time - record->applied < (int64_t)channel->hold_s)
		return waits(diag, serial, "has not had the bundle for long enough");
	if (record->refusals > refusals) {
		pw_diag_add(diag, PW_DIAG_ERROR, NULL, "%s has refused something since: %" PRIu64
			    " kinds of refusals, see `phiward why` there", serial, record->refusals);
		return -EAGAIN;
	}

	return 0;
}

int pw_canaries_judge(const struct pw_fleet *fleet, const struct pw_channel *channel,
		      uint64_t refusals, struct pw_diag *diag)
{
	char hex[2 * PW_DIGEST_LEN + 1];
	int r = 0;

	pw_text_hex(hex, channel->digest, PW_DIGEST_LEN);
	for (size_t i = 0; i < channel->canaries.n; i++)
		if (judge(fleet, channel, channel->canaries.list[i], hex, refusals, diag) < 0)
			r = -EAGAIN;

	return r;
}
