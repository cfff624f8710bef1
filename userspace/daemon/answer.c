// SPDX-License-Identifier: BSD-2-Clause
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "common/cleanup.h"
#include "daemon/answer.h"
#include "publish/store.h"

static json_object *new_answer(enum pw_exit code)
{
	json_object *answer = json_object_new_object();

	if (!answer)
		return NULL;
	if (pw_json_add(answer, "ok", json_object_new_boolean(code == PW_EXIT_YES)) < 0 ||
	    pw_json_add(answer, "code", json_object_new_int(code)) < 0 ||
	    pw_json_add(answer, "errors", json_object_new_array()) < 0 ||
	    pw_json_add(answer, "warnings", json_object_new_array()) < 0 ||
	    pw_json_add(answer, "notes", json_object_new_array()) < 0) {
		json_object_put(answer);
		return NULL;
	}
	return answer;
}

static void add_text(json_object *answer, const char *list, const char *text)
{
	json_object *array;

	if (answer && pw_json_array(answer, list, &array))
		pw_json_append(array, json_object_new_string(text));
}

json_object *pw_answer_with(const char *name, json_object *member)
{
	json_object *answer = new_answer(PW_EXIT_YES);

	if (answer && pw_json_add(answer, name, member) < 0) {
		json_object_put(answer);
		return NULL;
	}
	if (!answer)
		json_object_put(member);
	return answer;
}

json_object *pw_answer_error(enum pw_exit code, const char *text)
{
	json_object *answer = new_answer(code);

	add_text(answer, "errors", text);
	return answer;
}

json_object *pw_answer_errno(int error, const char *what)
{
	_cleanup_free_ char *text = NULL;

	if (asprintf(&text, "%s: %s", what, strerror(-error)) < 0)
		return NULL;
	return pw_answer_error(PW_EXIT_INTERNAL, text);
}

char *pw_answer_line(const struct pw_diag_entry *entry)
{
	struct pw_diag one = { .entries = (struct pw_diag_entry *)entry, .n = 1 };
	char *text = NULL;
	size_t length = 0;
	FILE *to = open_memstream(&text, &length);

	if (!to)
		return NULL;
	pw_diag_print(&one, to);
	if (fclose(to) != 0) {
		free(text);
		return NULL;
	}
	if (length)
		text[length - 1] = '\0';
	return text;
}

static void add_diag(json_object *answer, const struct pw_diag *diag)
{
	static const char *const lists[] = {
		[PW_DIAG_NOTE] = "notes",
		[PW_DIAG_WARNING] = "warnings",
		[PW_DIAG_ERROR] = "errors",
	};

	for (size_t i = 0; i < diag->n; i++) {
		const struct pw_diag_entry *entry = &diag->entries[i];
		_cleanup_free_ char *text = pw_answer_line(entry);

		add_text(answer, lists[entry->level], text ? text : "out of memory");
	}
}

/* What is wrong with the policy or the machine is a no; what is wrong with us is not. */
static enum pw_exit code_of(int result, const struct pw_diag *diag)
{
	if (!result)
		return PW_EXIT_YES;
	return result == -ENOMEM || !diag || !diag->errors ? PW_EXIT_INTERNAL : PW_EXIT_NO;
}

json_object *pw_answer_diag(int result, const struct pw_diag *diag)
{
	json_object *answer = new_answer(code_of(result, diag));

	if (!answer)
		return NULL;
	if (diag)
		add_diag(answer, diag);
	if (result && (!diag || !diag->errors))
		add_text(answer, "errors", strerror(-result));
	return answer;
}
