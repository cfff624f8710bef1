/* SPDX-License-Identifier: BSD-2-Clause */
/* Boots that systemd's journal knows, by their ids, and that have no record. */
#ifndef PW_AUDIT_JOURNAL_BOOTS_H
#define PW_AUDIT_JOURNAL_BOOTS_H

#include "audit/verify.h"

struct pw_journal_boot {
	char id[PW_BOOT_ID_LEN + 1];
	int64_t began;		/* second, of its first entry */
};

/*
 * @path: a directory of journal files; NULL: the journal of this machine. Boots before the
 * first one of the log do not count. The caller frees *@ret.
 */
int pw_journal_unknown(const char *path, const struct pw_verify *v, struct pw_journal_boot **ret,
		       size_t *ret_n);

#endif
