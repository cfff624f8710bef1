/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The commands of phiward. Each gets its arguments (argv[0] is its own name)
 * and returns an exit code of enum pw_exit. Only this directory prints.
 */
#ifndef PW_CLI_COMMAND_H
#define PW_CLI_COMMAND_H

#include <stdbool.h>

#include <json-c/json.h>

#include "audit/keys.h"
#include "audit/reader.h"
#include "audit/verify.h"
#include "publish/protocol.h"
#include "report/search.h"

struct pw_command {
	const char *name;
	const char *arguments;	/* for the usage line */
	const char *summary;	/* one line */
	const char *help;	/* lines for --help, each ended by a newline; or NULL */
	int (*run)(const struct pw_command *self, int argc, char **argv);
};

int pw_cmd_check(const struct pw_command *self, int argc, char **argv);
int pw_cmd_show(const struct pw_command *self, int argc, char **argv);
int pw_cmd_diff(const struct pw_command *self, int argc, char **argv);
int pw_cmd_test(const struct pw_command *self, int argc, char **argv);
int pw_cmd_apply(const struct pw_command *self, int argc, char **argv);
int pw_cmd_bundle_build(const struct pw_command *self, int argc, char **argv);
int pw_cmd_bundle_token(const struct pw_command *self, int argc, char **argv);
int pw_cmd_bundle_sign(const struct pw_command *self, int argc, char **argv);
int pw_cmd_bundle_verify(const struct pw_command *self, int argc, char **argv);
int pw_cmd_bundle_inspect(const struct pw_command *self, int argc, char **argv);
int pw_cmd_fleet_status(const struct pw_command *self, int argc, char **argv);
int pw_cmd_publish(const struct pw_command *self, int argc, char **argv);
int pw_cmd_status(const struct pw_command *self, int argc, char **argv);
int pw_cmd_doctor(const struct pw_command *self, int argc, char **argv);
int pw_cmd_why(const struct pw_command *self, int argc, char **argv);
int pw_cmd_explain(const struct pw_command *self, int argc, char **argv);
int pw_cmd_report(const struct pw_command *self, int argc, char **argv);
int pw_cmd_selftest(const struct pw_command *self, int argc, char **argv);
int pw_cmd_actor(const struct pw_command *self, int argc, char **argv);
int pw_cmd_breakglass(const struct pw_command *self, int argc, char **argv);
int pw_cmd_review(const struct pw_command *self, int argc, char **argv);
int pw_cmd_seal(const struct pw_command *self, int argc, char **argv);
int pw_cmd_confirm(const struct pw_command *self, int argc, char **argv);
int pw_cmd_revert(const struct pw_command *self, int argc, char **argv);
int pw_cmd_unload(const struct pw_command *self, int argc, char **argv);
int pw_cmd_audit_query(const struct pw_command *self, int argc, char **argv);
int pw_cmd_audit_verify(const struct pw_command *self, int argc, char **argv);
int pw_cmd_audit_digest(const struct pw_command *self, int argc, char **argv);
int pw_cmd_audit_prove(const struct pw_command *self, int argc, char **argv);
int pw_cmd_audit_tail(const struct pw_command *self, int argc, char **argv);

void pw_print_usage(const struct pw_command *command, bool to_stderr);

/*
 * What getopt_long() returned and the command does not know: 'h' prints the
 * help and gives PW_EXIT_YES; all else prints the usage and gives PW_EXIT_USAGE.
 */
int pw_usage(const struct pw_command *command, int option);

/* `phiward: ` and the text on stderr; returns @code. */
int pw_fail(int code, const char *format, ...) __attribute__((format(printf, 2, 3)));

/*
 * The status, from the daemon or, when there is none, from what is pinned; the
 * caller puts it. An exit code when it cannot be had, which has then been said.
 */
int pw_get_status(json_object **ret_status);

/* Opens the log for reading, or says why not and returns an exit code. */
int pw_open_log(const char *path, struct pw_reader *ret_reader);

/* The same for a search, by the index that the caller has of it or can make. */
int pw_open_search(const char *path, struct pw_search **ret_search);

/* Why a search ended with this error; an exit code. */
int pw_search_failed(const char *path, int error);

/* The directory of a log, and the keys in @path (NULL: none); likewise. */
int pw_open_log_directory(const char *path, int *ret_dir);
int pw_open_keys(const char *path, int dir, struct pw_keys **ret_keys);

/* A file or a text; likewise. */
int pw_read_anchor(const char *argument, struct pw_checkpoint *ret);

/*
 * As pw_verify(). A log that is written to may have been in the middle of something: it is looked
 * at twice.
 */
int pw_verify_log(int dir, bool own, struct pw_verify *verify);

/* A time of the command line; else says what is wrong and returns an exit code. */
int pw_parse_time_option(const char *text, int64_t *ret_ns);

/* Standard output is written out; PW_EXIT_INTERNAL when that fails, else @code. */
int pw_flush(int code);

#endif
