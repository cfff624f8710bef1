/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Folding of refusals: the first of a kind is due at once, those that follow
 * within PW_JOURNAL_FOLD_SECONDS become one line with their count.
 */
#ifndef PW_DAEMON_FOLD_H
#define PW_DAEMON_FOLD_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <phiward/abi.h>

#include "publish/catalog.h"

#define PW_FOLD_KINDS 64
#define PW_FOLD_NAME 96

/* What makes two refusals alike. Compared as bytes: zero the whole of it first. */
struct pw_fold_key {
	uint64_t generation;
	uint32_t subject;
	uint32_t object;
	uint32_t rule;
	uint8_t type;
	uint8_t action;
	uint8_t verdict;
	uint8_t reason;
	uint8_t enforced;
	uint8_t zero[3];
	uint32_t not_entered;	/* the subject, in a refusal of type exec */
};

/* One kind, with all that its line says. */
struct pw_fold {
	struct pw_fold_key key;
	uint64_t count;		/* not said yet; 0 and due in the past: free */
	uint64_t due;		/* ns, CLOCK_MONOTONIC: not said again before */
	char subject[PW_FOLD_NAME];
	char object[PW_FOLD_NAME];
	char rule[PW_FOLD_NAME];	/* position in the policy, or empty */
};

struct pw_folds {
	struct pw_fold kinds[PW_FOLD_KINDS];
	uint64_t others;	/* refusals for which there was no room */
	uint64_t others_due;
};

void pw_folds_add(struct pw_folds *folds, const struct pw_event *event,
		  const struct pw_catalog *catalog, uint64_t now);

/*
 * Takes one kind that is due at @now. False when there is none; then *@ret_next
 * is when the next one is, UINT64_MAX: none is waiting.
 */
bool pw_folds_take(struct pw_folds *folds, uint64_t now, struct pw_fold *ret, uint64_t *ret_next);

/* The same for what had no room: how many, 0: none or not yet. */
uint64_t pw_folds_take_others(struct pw_folds *folds, uint64_t now, uint64_t *ret_next);

/* The sentence, at most @size bytes with its NUL. */
void pw_fold_text(const struct pw_fold *fold, char *text, size_t size);

#endif
