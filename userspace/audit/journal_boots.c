// SPDX-License-Identifier: BSD-2-Clause
#include "audit/journal_boots.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <systemd/sd-journal.h>

#include "audit/wtmp.h"

#define FIELD "_BOOT_ID="
#define HEX 32
#define BOOTS_MAX 65536

static bool is_known(const struct pw_verify *v, const char *id)
{
	for (size_t i = 0; i < v->nboots; i++)
		if (!strcmp(v->boots[i].id, id))
			return true;
	return false;
}

/* As the kernel writes it, with hyphens. */
static void write_id(char id[static PW_BOOT_ID_LEN + 1], const char *hex)
{
	snprintf(id, PW_BOOT_ID_LEN + 1, "%.8s-%.4s-%.4s-%.4s-%.12s", hex, hex + 8, hex + 12, hex + 16,
		 hex + 20);
}

/* All that are in no record; when they began is not known yet. */
static int list_unknown(sd_journal *journal, const struct pw_verify *v,
			struct pw_journal_boot **boots, size_t *n)
{
	const void *data;
	size_t length;
	int r = sd_journal_query_unique(journal, "_BOOT_ID");

	while (r >= 0 && (r = sd_journal_enumerate_available_unique(journal, &data, &length)) > 0) {
		struct pw_journal_boot boot = { 0 }, *more;

		if (length != sizeof(FIELD) - 1 + HEX || *n == BOOTS_MAX)
			continue;
		write_id(boot.id, (const char *)data + sizeof(FIELD) - 1);
		if (is_known(v, boot.id))
			continue;
		more = reallocarray(*boots, *n + 1, sizeof(*more));
		if (!more)
			return -ENOMEM;
		*boots = more;
		more[(*n)++] = boot;
	}
	return r;
}

static int find_start(sd_journal *journal, struct pw_journal_boot *boot)
{
	char match[sizeof(FIELD) + PW_BOOT_ID_LEN] = FIELD;
	uint64_t usec;
	int r;

	for (const char *c = boot->id; *c; c++)
		if (*c != '-')
			strncat(match, c, 1);
	sd_journal_flush_matches(journal);
	r = sd_journal_add_match(journal, match, 0);
	if (r >= 0)
		r = sd_journal_seek_head(journal);
	if (r >= 0)
		r = sd_journal_next(journal);
	if (r == 0)
		return -ENODATA;
	if (r >= 0)
		r = sd_journal_get_realtime_usec(journal, &usec);
	if (r >= 0)
		boot->began = (int64_t)(usec / 1000000);
	return r;
}

int pw_journal_unknown(const char *path, const struct pw_verify *v, struct pw_journal_boot **ret,
		       size_t *ret_n)
{
	struct pw_journal_boot *boots = NULL;
	size_t n = 0, kept = 0;
	sd_journal *journal;
	int r = path ? sd_journal_open_directory(&journal, path, 0) :
		       sd_journal_open(&journal, SD_JOURNAL_LOCAL_ONLY | SD_JOURNAL_SYSTEM);

	if (r < 0)
		return r;
	r = list_unknown(journal, v, &boots, &n);
	for (size_t i = 0; r >= 0 && i < n; i++)
		if (find_start(journal, &boots[i]) >= 0 && boots[i].began >= pw_wtmp_first(v))
			boots[kept++] = boots[i];
	sd_journal_close(journal);
	if (r < 0) {
		free(boots);
		return r;
	}
	*ret = boots;
	*ret_n = kept;
	return 0;
}
