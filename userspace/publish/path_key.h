/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The key under which names in an object with `path_in_record: digest` are written down. A console
 * has one, so that a file has the same digest in every record; it stays in the state directory,
 * and beside the log it lies encrypted to the auditor, who alone can compare.
 */
#ifndef PW_PUBLISH_PATH_KEY_H
#define PW_PUBLISH_PATH_KEY_H

#include <stddef.h>
#include <stdint.h>

#define PW_PATH_KEY_LEN 32
#define PW_PATH_KEY_CMS "path-key.cms"

/* Reads it, or makes it when there is none yet. -EBADMSG: the file is damaged. */
int pw_path_key_get(int state_dir, uint8_t key[static PW_PATH_KEY_LEN]);

/* Writes it as CMS beside the log. Errors besides: those of publish/auditor.h. */
int pw_path_key_give(int state_dir, int log_dir);

/* The line of its file, which is also what is in the CMS. -EBADMSG: it is another one. */
int pw_path_key_parse(const char *line, uint8_t key[static PW_PATH_KEY_LEN]);

#endif
