// SPDX-License-Identifier: BSD-2-Clause
#include "fleet/phiwardd.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "common/base64.h"
#include "common/cleanup.h"
#include "common/json.h"
#include "publish/ask.h"
#include "publish/protocol.h"

static json_object *new_request(const char *command)
{
	json_object *request = json_object_new_object();

	if (request && pw_json_add(request, "command", json_object_new_string(command)) < 0) {
		json_object_put(request);
		return NULL;
	}

	return request;
}

/* @ret: the member of this name of an answer that is a yes. */
static int ask_for(const char *control, json_object *request, const char *name, json_object **ret)
{
	_cleanup_(pw_json_putp) json_object *response = NULL;
	json_object *member;
	int r = pw_ask(control, request, &response);

	if (r < 0)
		return r;
	if (!json_object_object_get_ex(response, name, &member))
		return -EBADMSG;
	*ret = json_object_get(member);

	return 0;
}

int pw_phiwardd_status(const char *control, json_object **ret)
{
	_cleanup_(pw_json_putp) json_object *request = new_request(PW_COMMAND_STATUS);

	return request ? ask_for(control, request, "status", ret) : -ENOMEM;
}

int pw_phiwardd_has_policy(const char *control, bool *ret)
{
	_cleanup_(pw_json_putp) json_object *status = NULL;
	const char *policy = NULL;
	int r = pw_phiwardd_status(control, &status);

	if (r < 0)
		return r;
	*ret = pw_json_string(status, "policy", &policy) && *policy;

	return 0;
}

int pw_phiwardd_enforcing(const char *control, bool *ret)
{
	_cleanup_(pw_json_putp) json_object *status = NULL;
	int r = pw_phiwardd_status(control, &status);

	if (r < 0)
		return r;

	return pw_json_bool(status, "enforcing", ret) ? 0 : -EBADMSG;
}

int pw_phiwardd_refusals(const char *control, const char *subject, int64_t since, uint64_t *ret)
{
	_cleanup_(pw_json_putp) json_object *request = new_request(PW_COMMAND_WHY);
	_cleanup_(pw_json_putp) json_object *why = NULL;
	int r = request ? pw_json_add(request, "since", json_object_new_int64(since)) : -ENOMEM;

	if (!r && subject)
		r = pw_json_add(request, "subject", json_object_new_string(subject));
	if (!r)
		r = ask_for(control, request, "why", &why);
	if (r < 0)
		return r;

	return pw_json_u64(why, "refusals", ret) ? 0 : -EBADMSG;
}

/* ---- apply --------------------------------------------------------------------------------- */

static void join_errors(json_object *response, char *why, size_t size)
{
	json_object *list;
	size_t used = 0;

	*why = '\0';
	if (!pw_json_array(response, "errors", &list))
		return;
	for (size_t i = 0; i < json_object_array_length(list) && used < size; i++)
		used += (size_t)snprintf(why + used, size - used, "%s%s", i ? "; " : "",
					 json_object_get_string(json_object_array_get_idx(list, i)));
}

static int judge(json_object *response, char *why, size_t size)
{
	const int code = json_object_get_int(json_object_object_get(response, "code"));

	join_errors(response, why, size);
	if (code == PW_EXIT_YES)
		return 0;
	if (code == PW_EXIT_NO)
		return -EACCES;

	return code == PW_EXIT_UNKNOWN ? -EPERM : -EIO;
}

/* Sends what is asked for, where that could be put together. */
static int ask(const char *control, json_object *request, char *why, size_t size)
{
	_cleanup_(pw_json_putp) json_object *response = NULL;
	int r = pw_ask(control, request, &response);

	if (r < 0) {
		snprintf(why, size, "phiwardd cannot be asked: %s", strerror(-r));
		return r == -EACCES ? -EPERM : r;
	}

	return judge(response, why, size);
}

int pw_phiwardd_apply(const char *control, const char *der, size_t length, uint64_t try_ms, char *why,
		      size_t size)
{
	_cleanup_(pw_json_putp) json_object *request = new_request(PW_COMMAND_APPLY);
	_cleanup_free_ char *text = malloc(PW_BASE64_LEN(length) + 1);
	int r;

	*why = '\0';
	if (!request || !text)
		return -ENOMEM;
	pw_base64_write(text, (const uint8_t *)der, length);
	r = pw_json_add(request, "bundle", json_object_new_string(text));
	if (!r && try_ms)
		r = pw_json_add(request, "try_ms", json_object_new_uint64(try_ms));

	return r < 0 ? r : ask(control, request, why, size);
}

int pw_phiwardd_end(const char *control, const char *command, char *why, size_t size)
{
	_cleanup_(pw_json_putp) json_object *request = new_request(command);

	*why = '\0';

	return request ? ask(control, request, why, size) : -ENOMEM;
}
