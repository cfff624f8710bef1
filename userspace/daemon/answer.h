/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Answers as publish/protocol.h has them. The caller owns what is returned;
 * NULL when there is no memory, and then the client gets no answer.
 */
#ifndef PW_DAEMON_ANSWER_H
#define PW_DAEMON_ANSWER_H

#include <json-c/json.h>

#include "policy/diag.h"
#include "publish/protocol.h"

/* Done, with one member more, which is taken over. */
json_object *pw_answer_with(const char *name, json_object *member);

json_object *pw_answer_error(enum pw_exit code, const char *text);

/* @error is a negative errno; @what went wrong. */
json_object *pw_answer_errno(int error, const char *what);

/*
 * Done when @result is 0. Errors and warnings of @diag (NULL: none), without
 * its notes; an error that @diag does not explain is named by its errno.
 */
json_object *pw_answer_diag(int result, const struct pw_diag *diag);

/* One entry as pw_diag_print() has it, without the newline. The caller frees it. */
char *pw_answer_line(const struct pw_diag_entry *entry);

#endif
