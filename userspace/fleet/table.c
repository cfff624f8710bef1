// SPDX-License-Identifier: BSD-2-Clause
#include "fleet/table.h"

#include <errno.h>
#include <string.h>

#include "common/cleanup.h"
#include "common/text.h"
#include "fleet/each.h"
#include "fleet/rollout.h"

#define CERTIFICATE_S (30 * 86400)
#define CLOCK_S 3600
#define LATE_S 300		/* a record may be so much later than twice what was promised */
#define PUBLISHED_S 3600	/* so long a console may take for what is published for it */

const char *pw_trouble_text(enum pw_trouble trouble)
{
	static const char *const texts[] = {
		[PW_TROUBLE_FORGED] = "not signed by it",
		[PW_TROUBLE_NEVER] = "never seen",
		[PW_TROUBLE_SILENT] = "silent",
		[PW_TROUBLE_OFF] = "not enforcing",
		[PW_TROUBLE_LOST] = "lost records",
		[PW_TROUBLE_RESCUE] = "in rescue",
		[PW_TROUBLE_BREAKGLASS] = "break-glass open",
		[PW_TROUBLE_UNHEALTHY] = "bundle not kept",
		[PW_TROUBLE_BEHIND] = "policy behind",
		[PW_TROUBLE_CERTIFICATE] = "certificate ends",
		[PW_TROUBLE_CLOCK] = "clock is off",
		[PW_TROUBLE_UNLISTED] = "not in the inventory",
	};

	return trouble < PW_TROUBLE_MAX_ ? texts[trouble] : "unknown";
}

/* ---- Verifying ----------------------------------------------------------------------------- */

static bool make_key(const struct pw_fleet *fleet, struct pw_fleet_row *row)
{
	_cleanup_(pw_sha256_freep) struct pw_sha256 *sha = NULL;

	return !pw_sha256_start(&sha) &&
	       !pw_sha256_add(sha, pw_authority_digest(fleet->authority), PW_SHA256_LEN) &&
	       !pw_sha256_add(sha, row->name, strlen(row->name) + 1) &&
	       !pw_sha256_add(sha, row->line, row->length) && !pw_sha256_end(sha, row->key);
}

static bool verify(const struct pw_fleet *fleet, struct pw_fleet_row *row)
{
	const struct pw_seen *seen;

	if (!fleet->authority)
		return true;
	if (!make_key(fleet, row))
		return false;
	seen = pw_seen_line(&fleet->seen, row->key);
	if (seen) {
		memcpy(row->signer.key, seen->signer, sizeof(row->signer.key));
		row->signer.until = seen->until;
	}

	return seen || !pw_told_verify(fleet->authority, &fleet->seen, row->line, row->length,
				       row->name, &row->signer);
}

static void read_row(void *data, size_t i)
{
	const struct pw_fleet *fleet = data;
	struct pw_fleet_row *row = &fleet->rows[i];
	const char *base64;
	size_t text, n;

	pw_told_done(&row->record);
	row->parsed = row->line && pw_told_split(row->line, row->length, &text, &base64, &n) &&
		      !pw_told_parse(row->line, text, &row->record) &&
		      !strcmp(row->record.serial, row->name);
	row->verified = row->parsed && verify(fleet, row);
}

/* ---- Of two places --------------------------------------------------------------------------- */

/*
 * By what the console has signed, and by its clock first: one that was set up anew counts its records
 * anew. When a record came is a matter of who has it.
 */
static int compare_news(const void *a, const void *b)
{
	const struct pw_fleet_row *one = a, *other = b;
	const int name = strcmp(one->name, other->name);

	if (name)
		return name;
	if (one->verified != other->verified)
		return other->verified - one->verified;
	if (one->record.time != other->record.time)
		return one->record.time < other->record.time ? 1 : -1;

	return (one->record.reports < other->record.reports) -
	       (one->record.reports > other->record.reports);
}

/* One row a console. A false record that somebody put beside the true one hides nothing, and is said. */
static void unite(struct pw_fleet *fleet)
{
	struct pw_fleet_row *kept = NULL;
	size_t n = 0;

	if (fleet->n)
		qsort(fleet->rows, fleet->n, sizeof(*fleet->rows), compare_news);
	for (size_t i = 0; i < fleet->n; i++) {
		struct pw_fleet_row *row = &fleet->rows[i];

		if (kept && !strcmp(kept->name, row->name)) {
			kept->contradicted |= !row->verified;
			pw_fleet_row_done(row);
			continue;
		}
		kept = &fleet->rows[n++];
		*kept = *row;
	}
	fleet->n = n;
}

/* ---- The inventory ------------------------------------------------------------------------- */

static int add_those_never_seen(struct pw_fleet *fleet)
{
	const struct pw_inventory *inventory = fleet->inventory;
	_cleanup_free_ bool *told = calloc(inventory->n + 1, sizeof(*told));
	int r = told ? 0 : -ENOMEM;

	for (size_t i = 0; !r && i < fleet->n; i++) {
		struct pw_fleet_row *row = &fleet->rows[i];

		row->listed = pw_inventory_find(inventory, row->name);
		if (row->listed)
			told[row->listed - inventory->devices] = true;
	}
	for (size_t i = 0; !r && i < inventory->n; i++) {
		if (told[i])
			continue;
		r = pw_fleet_expect(fleet, &inventory->devices[i]);
	}

	return r;
}

const char *pw_fleet_department(const struct pw_fleet_row *row)
{
	const char *told = row->verified ? row->record.department : NULL;

	return told && *told ? told : row->listed ? row->listed->department : NULL;
}

const char *pw_fleet_model(const struct pw_fleet_row *row)
{
	const char *told = row->verified ? row->record.model : NULL;

	return told && *told ? told : row->listed ? row->listed->model : NULL;
}

/* ---- Judging ------------------------------------------------------------------------------- */

static const struct pw_channel *channel_of(const struct pw_fleet *fleet, const char *name)
{
	for (size_t i = 0; i < fleet->nchannels; i++)
		if (!strcmp(fleet->channels[i]->channel, name))
			return fleet->channels[i];

	return NULL;
}

static bool should_have(const struct pw_channel *channel, const struct pw_told *record)
{
	size_t n = json_object_array_length(record->tags);
	const char *list[n + 1];
	const struct pw_device device = {.serial = record->serial, .tags = {list, n}};

	for (size_t i = 0; i < n; i++)
		list[i] = json_object_get_string(json_object_array_get_idx(record->tags, i));

	return pw_rollout_judge(channel, &device) == PW_ROLLOUT_YES;
}

static bool is_behind(const struct pw_fleet *fleet, const struct pw_fleet_row *row)
{
	const struct pw_told *record = &row->record;
	const struct pw_channel *channel = channel_of(fleet, record->channel);
	char hex[2 * PW_DIGEST_LEN + 1];

	if (!channel || !*record->channel || fleet->now - channel->since < PUBLISHED_S)
		return false;
	pw_text_hex(hex, channel->digest, PW_DIGEST_LEN);

	return strcmp(record->bundle, hex) && should_have(channel, record);
}

static bool is_silent(const struct pw_fleet *fleet, const struct pw_fleet_row *row)
{
	const int64_t next = row->record.next_s < INT32_MAX ? (int64_t)row->record.next_s : INT32_MAX;
	const int64_t late = fleet->now - 2 * next - LATE_S;

	/* By its own clock too: a server can give out an old record as a new one. */
	return row->received < late || row->record.time < late - CLOCK_S;
}

static unsigned int judge(const struct pw_fleet *fleet, const struct pw_fleet_row *row)
{
	const struct pw_told *record = &row->record;
	const int64_t off = record->time - row->received;
	unsigned int trouble = 0;

	if (!row->line)
		return 1U << PW_TROUBLE_NEVER;
	if (!row->verified)
		return 1U << PW_TROUBLE_FORGED;
#define WHEN(condition, which) trouble |= (condition) ? 1U << (which) : 0
	WHEN(row->contradicted, PW_TROUBLE_FORGED);
	WHEN(is_silent(fleet, row), PW_TROUBLE_SILENT);
	WHEN(!record->enforcing, PW_TROUBLE_OFF);
	WHEN(record->lost, PW_TROUBLE_LOST);
	WHEN(record->rescue, PW_TROUBLE_RESCUE);
	WHEN(record->breakglass, PW_TROUBLE_BREAKGLASS);
	WHEN(*record->bad, PW_TROUBLE_UNHEALTHY);
	WHEN(is_behind(fleet, row), PW_TROUBLE_BEHIND);
	WHEN(fleet->authority && row->signer.until < fleet->now + CERTIFICATE_S, PW_TROUBLE_CERTIFICATE);
	WHEN(off > CLOCK_S || off < -CLOCK_S, PW_TROUBLE_CLOCK);
	WHEN(fleet->inventory && !row->listed, PW_TROUBLE_UNLISTED);
#undef WHEN

	return trouble;
}

static int compare(const void *a, const void *b)
{
	const struct pw_fleet_row *one = a, *other = b;
	const int first = one->trouble ? __builtin_ctz(one->trouble) : PW_TROUBLE_MAX_;
	const int second = other->trouble ? __builtin_ctz(other->trouble) : PW_TROUBLE_MAX_;

	return first != second ? first - second : strcmp(one->name, other->name);
}

/* What is there now, and nothing that was. That it cannot be kept costs time and nothing else. */
static void keep_seen(const struct pw_fleet *fleet)
{
	_cleanup_free_ struct pw_seen *seen = calloc(fleet->n + 1, sizeof(*seen));
	size_t n = 0;

	for (size_t i = 0; seen && i < fleet->n; i++) {
		const struct pw_fleet_row *row = &fleet->rows[i];

		if (!row->verified)
			continue;
		memcpy(seen[n].key, row->key, sizeof(row->key));
		memcpy(seen[n].signer, row->signer.key, sizeof(row->signer.key));
		seen[n++].until = row->signer.until;
	}
	if (seen)
		pw_seen_write(fleet->cache, seen, n);
}

int pw_fleet_judge(struct pw_fleet *fleet)
{
	const bool keeps = fleet->authority && fleet->cache;
	int r = fleet->inventory ? add_those_never_seen(fleet) : 0;

	if (r < 0)
		return r;
	if (keeps)
		pw_seen_read(fleet->cache, &fleet->seen);
	pw_each(fleet->n, read_row, fleet);
	if (keeps)
		keep_seen(fleet);
	unite(fleet);
	for (size_t i = 0; i < fleet->n; i++)
		fleet->rows[i].trouble = judge(fleet, &fleet->rows[i]);
	if (fleet->n)
		qsort(fleet->rows, fleet->n, sizeof(*fleet->rows), compare);

	return 0;
}

size_t pw_fleet_in_trouble(const struct pw_fleet *fleet)
{
	size_t n = 0;

	while (n < fleet->n && fleet->rows[n].trouble)
		n++;

	return n;
}

/* ---- Versions ------------------------------------------------------------------------------ */

static int compare_versions(const void *a, const void *b)
{
	const struct pw_fleet_version *one = a, *other = b;
	int r = strcmp(one->policy, other->policy);

	r = r ?: (one->version > other->version) - (one->version < other->version);

	return r ?: (one->site_version > other->site_version) -
		    (one->site_version < other->site_version);
}

int pw_fleet_versions(const struct pw_fleet *fleet, struct pw_fleet_version **ret, size_t *ret_n)
{
	struct pw_fleet_version *all = calloc(fleet->n + 1, sizeof(*all));
	size_t n = 0, kinds = 0;

	if (!all)
		return -ENOMEM;
	for (size_t i = 0; i < fleet->n; i++)
		if (fleet->rows[i].verified)
			all[n++] = (struct pw_fleet_version){fleet->rows[i].record.policy,
							     fleet->rows[i].record.version,
							     fleet->rows[i].record.site_version, 1};
	qsort(all, n, sizeof(*all), compare_versions);
	for (size_t i = 0; i < n; i++)
		if (kinds && !compare_versions(&all[kinds - 1], &all[i]))
			all[kinds - 1].n++;
		else
			all[kinds++] = all[i];
	*ret = all;
	*ret_n = kinds;

	return 0;
}
