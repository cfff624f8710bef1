// SPDX-License-Identifier: BSD-2-Clause
#include "publish/tokens.h"

#include <errno.h>
#include <string.h>

#include "common/cleanup.h"
#include "publish/store.h"

#define TOKENS_FILE "tokens.json"

/* {"schema":1,"used":{"ID":true,...}}; *@ret_used is a part of *@ret. */
static int read_all(int state_dir, json_object **ret, json_object **ret_used)
{
	_cleanup_(pw_json_putp) json_object *object = NULL;
	int r = pw_store_read_json(state_dir, TOKENS_FILE, &object);

	if (r == -ENOENT) {
		object = json_object_new_object();
		r = object ? pw_json_add(object, "schema", json_object_new_int(1)) : -ENOMEM;
		if (!r)
			r = pw_json_add(object, "used", json_object_new_object());
	}
	if (r < 0)
		return r;
	if (!json_object_object_get_ex(object, "used", ret_used) ||
	    !json_object_is_type(*ret_used, json_type_object))
		return -EBADMSG;
	*ret = TAKE_PTR(object);

	return 0;
}

int pw_tokens_check(int state_dir, const char *id, struct pw_diag *diag)
{
	_cleanup_(pw_json_putp) json_object *object = NULL;
	json_object *used;
	int r = read_all(state_dir, &object, &used);

	if (r < 0) {
		pw_diag_add(diag, PW_DIAG_ERROR, NULL, "which tokens were used before cannot be read: %s",
			    strerror(-r));
		return -EBADMSG;
	}
	if (!json_object_object_get_ex(used, id, NULL))
		return 0;
	pw_diag_add(diag, PW_DIAG_ERROR, NULL, "the token '%s' was used here before: have another one "
		    "signed", id);

	return -EALREADY;
}

int pw_tokens_spend(int state_dir, const char *id, struct pw_diag *diag)
{
	_cleanup_(pw_json_putp) json_object *object = NULL;
	json_object *used;
	int r = read_all(state_dir, &object, &used);

	if (!r)
		r = pw_json_add(used, id, json_object_new_boolean(1));
	if (!r)
		r = pw_store_write_json(state_dir, TOKENS_FILE, object);
	if (r < 0)
		pw_diag_add(diag, PW_DIAG_ERROR, NULL, "that the token is used cannot be kept: %s",
			    strerror(-r));

	return r;
}
