// SPDX-License-Identifier: BSD-2-Clause
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "common/words.h"
#include "daemon/fold.h"
#include "daemon/journal.h"

#define FOLD_NS (PW_JOURNAL_FOLD_SECONDS * 1000000000ULL)

/* Those that every policy has, for when the catalog is not there. */
static const char *const built_in[PW_SUBJECT_FIRST] = {
	[PW_SUBJECT_OTHERS] = "others",
	[PW_SUBJECT_INIT] = "init",
	[PW_SUBJECT_DAEMON] = "phiwardd",
};

static void name(char text[static PW_FOLD_NAME], const char *known, uint32_t number)
{
	if (known)
		snprintf(text, PW_FOLD_NAME, "%s", known);
	else
		snprintf(text, PW_FOLD_NAME, "number %" PRIu32, number);
}

static void describe(struct pw_fold *kind, const struct pw_event *event,
		     const struct pw_catalog *catalog)
{
	const char *where = NULL;
	bool known = catalog && event->subject < PW_SUBJECT_IDS && event->object < PW_OBJECT_IDS;

	if (event->subject < PW_SUBJECT_FIRST)
		name(kind->subject, built_in[event->subject], event->subject);
	else
		name(kind->subject, known ? catalog->subjects[event->subject] : NULL,
		     event->subject);
	kind->object[0] = '\0';
	if (event->object != PW_OBJECT_NONE)
		name(kind->object, known ? catalog->objects[event->object] : NULL, event->object);
	if (known)
		where = pw_catalog_where(catalog, event);
	snprintf(kind->rule, sizeof(kind->rule), "%s", where ? where : "");
}

static struct pw_fold_key key_of(const struct pw_event *event)
{
	struct pw_fold_key key;

	memset(&key, 0, sizeof(key));
	key.generation = event->generation;
	key.subject = event->subject;
	key.object = event->object;
	key.rule = event->rule;
	key.type = event->type;
	key.action = event->action;
	key.verdict = event->verdict;
	key.reason = event->reason;
	key.enforced = !!(event->flags & PW_EVENT_ENFORCED);
	if (event->type == PW_RECORD_EXEC)
		key.not_entered = event->peer_subject;
	return key;
}

void pw_folds_add(struct pw_folds *folds, const struct pw_event *event,
		  const struct pw_catalog *catalog, uint64_t now)
{
	struct pw_fold_key key = key_of(event);
	struct pw_fold *free_kind = NULL;

	for (size_t i = 0; i < PW_FOLD_KINDS; i++) {
		struct pw_fold *kind = &folds->kinds[i];

		if ((kind->count || kind->due > now) && !memcmp(&kind->key, &key, sizeof(key))) {
			kind->count += event->count;
			return;
		}
		if (!free_kind && !kind->count && kind->due <= now)
			free_kind = kind;
	}
	if (!free_kind) {
		folds->others += event->count;
		return;
	}
	free_kind->key = key;
	free_kind->count = event->count;
	free_kind->due = now;
	describe(free_kind, event, catalog);
}

bool pw_folds_take(struct pw_folds *folds, uint64_t now, struct pw_fold *ret, uint64_t *ret_next)
{
	uint64_t next = UINT64_MAX;

	for (size_t i = 0; i < PW_FOLD_KINDS; i++) {
		struct pw_fold *kind = &folds->kinds[i];

		if (kind->count && kind->due <= now) {
			*ret = *kind;
			kind->count = 0;
			kind->due = now + FOLD_NS;
			return true;
		}
		if (kind->count && kind->due < next)
			next = kind->due;
	}
	*ret_next = next;
	return false;
}

uint64_t pw_folds_take_others(struct pw_folds *folds, uint64_t now, uint64_t *ret_next)
{
	uint64_t others = folds->others;

	if (!others)
		return 0;
	if (folds->others_due > now) {
		if (folds->others_due < *ret_next)
			*ret_next = folds->others_due;
		return 0;
	}
	folds->others = 0;
	folds->others_due = now + FOLD_NS;
	return others;
}

void pw_fold_text(const struct pw_fold *fold, char *text, size_t size)
{
	const struct pw_fold_key *key = &fold->key;
	const char *verb = key->verdict != PW_VERDICT_DENY ? "noticed" :
			   key->enforced		   ? "refused" :
			   key->reason == PW_REASON_BREAKGLASS ? "let pass" :
							     "would be refused";
	char times[32] = "";

	if (fold->count > 1)
		snprintf(times, sizeof(times), " (%" PRIu64 " times)", fold->count);
	snprintf(text, size, "%s: %s%s%s by %s: %s%s%s%s", verb,
		 pw_word_name(&pw_words_action, key->action), fold->object[0] ? " of " : "",
		 fold->object, fold->subject, pw_word_name(&pw_words_reason, key->reason),
		 fold->rule[0] ? ", " : "", fold->rule, times);
}
