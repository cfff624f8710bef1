// SPDX-License-Identifier: BSD-2-Clause
#include "fleet/table.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdatomic.h>
#include <string.h>
#include <sys/stat.h>

#include "common/cleanup.h"
#include "common/file.h"
#include "common/text.h"
#include "fleet/rollout.h"
#include "fleet/tree.h"

#define THREADS_MAX 64
#define CERTIFICATE_S (30 * 86400)
#define CLOCK_S 3600
#define LATE_S 300		/* a record may be so much later than twice what was promised */
#define PUBLISHED_S 3600	/* so long a console may take for what is published for it */

const char *pw_trouble_text(enum pw_trouble trouble)
{
	static const char *const texts[] = {
		[PW_TROUBLE_FORGED] = "not signed by it",
		[PW_TROUBLE_SILENT] = "silent",
		[PW_TROUBLE_OFF] = "not enforcing",
		[PW_TROUBLE_LOST] = "lost records",
		[PW_TROUBLE_RESCUE] = "in rescue",
		[PW_TROUBLE_BREAKGLASS] = "break-glass open",
		[PW_TROUBLE_UNHEALTHY] = "bundle not kept",
		[PW_TROUBLE_BEHIND] = "policy behind",
		[PW_TROUBLE_CERTIFICATE] = "certificate ends",
		[PW_TROUBLE_CLOCK] = "clock is off",
	};

	return trouble < PW_TROUBLE_MAX_ ? texts[trouble] : "unknown";
}

/* ---- Taking -------------------------------------------------------------------------------- */

int pw_fleet_add(struct pw_fleet *fleet, const char *name, const char *line, size_t length,
		 int64_t received)
{
	struct pw_fleet_row row = {.received = received, .length = length}, *more;

	if (fleet->n == fleet->capacity) {
		fleet->capacity = fleet->capacity ? 2 * fleet->capacity : 1024;
		more = reallocarray(fleet->rows, fleet->capacity, sizeof(*more));
		if (!more)
			return -ENOMEM;
		fleet->rows = more;
	}
	row.line = strndup(line, length);
	row.name = strdup(name);
	if (!row.line || !row.name) {
		free(row.line);
		free(row.name);
		return -ENOMEM;
	}
	fleet->rows[fleet->n++] = row;

	return 0;
}

static int add_file(struct pw_fleet *fleet, int dir, const char *name)
{
	_cleanup_free_ char *line = NULL;
	struct stat st;
	size_t length;
	int r;

	if (fstatat(dir, name, &st, 0) < 0)
		return errno == ENOENT ? 0 : -errno;
	if (!S_ISREG(st.st_mode))
		return 0;
	r = pw_file_read(dir, name, PW_TOLD_LINE_MAX, &line, &length);
	if (r == -ENOENT)
		return 0;
	/* Whatever it is: the console that it is named after has no record. */
	if (r == -EFBIG)
		return pw_fleet_add(fleet, name, "", 0, st.st_mtime);

	return r ? r : pw_fleet_add(fleet, name, line, length, st.st_mtime);
}

static void close_directory(DIR **directory)
{
	if (*directory)
		closedir(*directory);
}

int pw_fleet_read_directory(struct pw_fleet *fleet, const char *path)
{
	_cleanup_(close_directory) DIR *directory = opendir(path);
	const struct dirent *entry;
	int r = 0;

	if (!directory)
		return -errno;
	while (!r && (entry = readdir(directory)))
		if (*entry->d_name != '.')
			r = add_file(fleet, dirfd(directory), entry->d_name);

	return r;
}

static int add_channel(struct pw_fleet *fleet, int dir, const char *file, struct pw_diag *diag)
{
	const char *dot = strrchr(file, '.');
	struct pw_channel *channel = NULL, **more;
	char name[PW_CHANNEL_PATH_SIZE];
	int r;

	if (*file == '.' || !dot || strcmp(dot, ".json") || dot - file >= (int)sizeof(name))
		return 0;
	snprintf(name, sizeof(name), "%.*s", (int)(dot - file), file);
	r = pw_tree_read(dir, name, &channel, diag);
	if (r < 0)
		return r;
	more = reallocarray(fleet->channels, fleet->nchannels + 1, sizeof(*more));
	if (!more) {
		pw_channel_free(channel);
		return -ENOMEM;
	}
	fleet->channels = more;
	fleet->channels[fleet->nchannels++] = channel;

	return 0;
}

int pw_fleet_read_tree(struct pw_fleet *fleet, const char *path, struct pw_diag *diag)
{
	_cleanup_(close_directory) DIR *directory = NULL;
	_cleanup_close_ int dir = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	_cleanup_free_ char *channels = NULL;
	const struct dirent *entry;
	int r = 0;

	if (dir < 0)
		return -errno;
	if (asprintf(&channels, "%s/channels", path) < 0)
		return -ENOMEM;
	directory = opendir(channels);
	if (!directory)
		return -errno;
	while (!r && (entry = readdir(directory)))
		r = add_channel(fleet, dir, entry->d_name, diag);

	return r;
}

void pw_fleet_done(struct pw_fleet *fleet)
{
	for (size_t i = 0; i < fleet->n; i++) {
		pw_told_done(&fleet->rows[i].record);
		free(fleet->rows[i].line);
		free(fleet->rows[i].name);
	}
	free(fleet->rows);
	for (size_t i = 0; i < fleet->nchannels; i++)
		pw_channel_free(fleet->channels[i]);
	free(fleet->channels);
	free(fleet->seen);
	*fleet = (struct pw_fleet){};
}

/* ---- Verifying ----------------------------------------------------------------------------- */

struct work {
	struct pw_fleet *fleet;
	atomic_size_t next;
};

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
	seen = pw_seen_find(fleet->seen, fleet->nseen, row->key);
	if (seen)
		row->until = seen->until;

	return seen || !pw_told_verify(fleet->authority, row->line, row->length, row->name,
				       &row->until);
}

static void read_row(const struct pw_fleet *fleet, struct pw_fleet_row *row)
{
	const char *base64;
	size_t text, n;

	pw_told_done(&row->record);
	row->parsed = pw_told_split(row->line, row->length, &text, &base64, &n) &&
		      !pw_told_parse(row->line, text, &row->record) &&
		      !strcmp(row->record.serial, row->name);
	row->verified = row->parsed && verify(fleet, row);
}

static void *read_rows(void *data)
{
	struct work *work = data;
	size_t i;

	while ((i = atomic_fetch_add(&work->next, 1)) < work->fleet->n)
		read_row(work->fleet, &work->fleet->rows[i]);

	return NULL;
}

static void read_all(struct pw_fleet *fleet)
{
	long n = sysconf(_SC_NPROCESSORS_ONLN);
	pthread_t threads[THREADS_MAX];
	struct work work = {.fleet = fleet};
	size_t started = 0;

	/* This one works too, and alone where there is no other. */
	while (started < THREADS_MAX && (long)started + 1 < n && fleet->n > 100 &&
	       !pthread_create(&threads[started], NULL, read_rows, &work))
		started++;
	read_rows(&work);
	while (started)
		pthread_join(threads[--started], NULL);
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

	if (!row->verified)
		return 1U << PW_TROUBLE_FORGED;
#define WHEN(condition, which) trouble |= (condition) ? 1U << (which) : 0
	WHEN(is_silent(fleet, row), PW_TROUBLE_SILENT);
	WHEN(!record->enforcing, PW_TROUBLE_OFF);
	WHEN(record->lost, PW_TROUBLE_LOST);
	WHEN(record->rescue, PW_TROUBLE_RESCUE);
	WHEN(record->breakglass, PW_TROUBLE_BREAKGLASS);
	WHEN(*record->bad, PW_TROUBLE_UNHEALTHY);
	WHEN(is_behind(fleet, row), PW_TROUBLE_BEHIND);
	WHEN(fleet->authority && row->until < fleet->now + CERTIFICATE_S, PW_TROUBLE_CERTIFICATE);
	WHEN(off > CLOCK_S || off < -CLOCK_S, PW_TROUBLE_CLOCK);
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
		seen[n++].until = row->until;
	}
	if (seen)
		pw_seen_write(fleet->cache, seen, n);
}

void pw_fleet_judge(struct pw_fleet *fleet)
{
	const bool keeps = fleet->authority && fleet->cache;

	if (keeps)
		pw_seen_read(fleet->cache, &fleet->seen, &fleet->nseen);
	read_all(fleet);
	if (keeps)
		keep_seen(fleet);
	for (size_t i = 0; i < fleet->n; i++)
		fleet->rows[i].trouble = judge(fleet, &fleet->rows[i]);
	if (fleet->n)
		qsort(fleet->rows, fleet->n, sizeof(*fleet->rows), compare);
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
	const int r = strcmp(one->policy, other->policy);

	return r ? r : (one->version > other->version) - (one->version < other->version);
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
							     fleet->rows[i].record.version, 1};
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
