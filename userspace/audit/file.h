/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The files of the log: audit.log, which grows, and audit-00000001.log and so on, which
 * audit.log became when it was full, later compressed. Whole lines only, in order.
 */
#ifndef PW_AUDIT_FILE_H
#define PW_AUDIT_FILE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include <phiward/limits.h>

#define PW_LOG_CURRENT "audit.log"
#define PW_LOG_NUMBERED "audit-%08u.log"
#define PW_LOG_FULL_BYTES PW_LOG_SEGMENT_MAX

struct pw_log_file {
	int dir;		/* borrowed */
	int fd;
	off_t size;		/* of the whole lines */
	off_t full;		/* a file of this size is to be followed by another */
	bool torn;		/* bytes behind size are to be cut off before the next write */
	bool dirty;		/* written since the last sync */
	off_t synced;		/* up to here it is on the disk */
	bool failed;		/* a sync was; what stands behind synced is written once more */
};

/*
 * Opens audit.log for this process alone; -EWOULDBLOCK: another one writes it.
 * A last line without its end, which is what a crash leaves, is cut off;
 * *@ret_torn holds what was cut (the caller frees it) or NULL.
 */
int pw_log_file_open(int dir, struct pw_log_file *ret_file, char **ret_torn);
void pw_log_file_close(struct pw_log_file *file);

/* Appends whole lines with one write; on error the file holds none of them. */
int pw_log_file_append(struct pw_log_file *file, const char *lines, size_t length);

/* The file gets a number and another one is begun. On error all is as before. */
int pw_log_file_follow(struct pw_log_file *file);

/*
 * To the disk, if anything was written. After an error the kernel takes for written what it
 * could not write, and the next sync would say nothing of it: the bytes are written again first.
 */
int pw_log_file_sync(struct pw_log_file *file);

/*
 * The names of the segments in a directory, oldest first; the current one is last. One that is
 * compressed ends in PW_PACKED_SUFFIX.
 * The caller frees with pw_log_names_free().
 */
int pw_log_file_names(int dir, char ***ret_names, size_t *ret_n);
/* The number of a file; that of the file that grows is the one after the last. */
uint64_t pw_log_file_number(const char *name);
uint64_t pw_log_file_next(char **names, size_t n);
void pw_log_names_free(char **names, size_t n);

#endif
