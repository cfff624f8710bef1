/* SPDX-License-Identifier: GPL-2.0-only */
/* The daemon's own records, numbered and ordered with all others. */
#ifndef PW_NOTE_BPF_H
#define PW_NOTE_BPF_H

/* Returns 0, or 1 when the record was lost and counted. */
SEC("syscall")
int pw_note(struct pw_note *note)
{
	struct pw_case c = {
		.text = (__u64)note->text,
		.generation = note->generation,
		.type = note->type,
		.action = note->action,
		.verdict = note->verdict,
		.reason = note->reason,
		.subject = PW_SUBJECT_DAEMON,
		.flags = PW_CASE_TEXT |
			 (note->verdict == PW_VERDICT_DENY ? PW_CASE_ENFORCED : 0),
	};

	if (!c.generation)
		c.generation = pw_bank_at(pw_active_slot())->generation;

	return pw_emit(&c);
}

#endif
