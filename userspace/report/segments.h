/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The segments of a log by their numbers, which stay when a file gets another name: the one
 * that grows becomes a full one while it is read.
 */
#ifndef PW_REPORT_SEGMENTS_H
#define PW_REPORT_SEGMENTS_H

#include "audit/lines.h"

struct pw_segment_ref {
	uint64_t number;
	bool grows;		/* or did, when it was looked at */
};

/* Oldest first; the caller frees. */
int pw_segments_list(int dir, struct pw_segment_ref **ret, size_t *ret_n);

/* -ENOENT: it is gone; else as pw_lines_open(). *@ret_name is its file's, which the caller frees. */
int pw_segments_open(int dir, uint64_t number, struct pw_lines *ret, char **ret_name);

#endif
