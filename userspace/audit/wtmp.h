/* SPDX-License-Identifier: BSD-2-Clause */
/* When the machine was started, as others than phiward remember it. */
#ifndef PW_AUDIT_WTMP_H
#define PW_AUDIT_WTMP_H

#include "audit/verify.h"

#define PW_WTMP_FILE "/var/log/wtmp"

/*
 * The starts in the file @path (below @dir) that none of the boots of a log belongs to, from
 * the log's first boot on; seconds since 1970. The caller frees *@ret. -ENOENT...
 */
int pw_wtmp_unknown(int dir, const char *path, const struct pw_verify *verify, int64_t **ret,
		    size_t *ret_n);

/* Starts of the machine before this second are older than the log. */
int64_t pw_wtmp_first(const struct pw_verify *v);

#endif
