/* SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause) */
/*
 * When what is counted becomes a record, and whether a run's reads are counted at all. Pure, as
 * decide.h is: inlined by the BPF programs, run natively by the unit tests.
 */
#ifndef PHIWARD_REPEAT_H
#define PHIWARD_REPEAT_H

#include "decide.h"

/* Whether one more use that is allowed is counted when @counted cases are. */
PW_PURE int pw_use_has_room(__u64 counted)
{
	return counted < PW_FOLDS_MAX;
}

/* From now on it is counted, and recorded first after @wait. */
PW_PURE void pw_repeat_start(struct pw_repeat *repeat, __u64 now, __u64 wait)
{
	repeat->last = now;
	repeat->due = now + wait;
	repeat->wait = wait;
}

/*
 * When it is recorded. What is allowed: also when a while has passed since the last, and the process
 * that began no longer @goes_on with the run; until then a fork may.
 */
PW_PURE __u64 pw_repeat_due(const struct pw_repeat *repeat, int goes_on)
{
	__u64 quiet = repeat->last + PW_REPEAT_NS_MAX;

	return goes_on || quiet >= repeat->due ? repeat->due : quiet;
}

/* It was recorded: the next ones are later and later, those of folded reads always by PW_FOLD_NS. */
PW_PURE void pw_repeat_told(struct pw_repeat *repeat, __u64 now)
{
	if (repeat->wait < (repeat->leader ? PW_AGAIN_NS_MAX : PW_REPEAT_NS_MAX))
		repeat->wait *= 2;
	repeat->due = now + repeat->wait;
}

#endif
