// SPDX-License-Identifier: BSD-2-Clause
#include "publish/highest.h"

#include <errno.h>
#include <inttypes.h>
#include <string.h>

#include "common/cleanup.h"
#include "common/text.h"
#include "publish/store.h"

#define HIGHEST_FILE "bundles.json"

/* {"schema":1,"bundles":{"NAME":{"version":N,"digest":"HEX","vendor":"HEX"},...}}; empty where there is none. */
static int read_all(int state_dir, json_object **ret)
{
	_cleanup_(pw_json_putp) json_object *object = NULL;
	json_object *bundles;
	int r = pw_store_read_json(state_dir, HIGHEST_FILE, &object);

	if (r == -ENOENT) {
		*ret = json_object_new_object();
		return *ret ? 0 : -ENOMEM;
	}
	if (r < 0)
		return r;
	if (!json_object_object_get_ex(object, "bundles", &bundles) ||
	    !json_object_is_type(bundles, json_type_object))
		return -EBADMSG;
	*ret = json_object_get(bundles);

	return 0;
}

static int refuse(struct pw_diag *diag, const struct pw_highest *bundle, uint64_t version)
{
	bool same = bundle->version == version;

	pw_diag_add(diag, PW_DIAG_ERROR, NULL, "version %" PRIu64 " of the bundle '%s' is not above "
		    "version %" PRIu64 ", which was accepted before%s: build it with 'version' %" PRIu64
		    " or more", bundle->version, bundle->name, version,
		    same ? " with another text" : "", version + 1);

	return -ESTALE;
}

int pw_highest_check(int state_dir, const struct pw_highest *bundle, struct pw_diag *diag)
{
	_cleanup_(pw_json_putp) json_object *all = NULL;
	char hex[2 * PW_DIGEST_LEN + 1];
	json_object *entry;
	const char *digest;
	uint64_t version;
	int r = read_all(state_dir, &all);

	if (!r && !json_object_object_get_ex(all, bundle->name, &entry))
		return 0;
	if (r < 0 || !pw_json_u64(entry, "version", &version) ||
	    !pw_json_string(entry, "digest", &digest)) {
		pw_diag_add(diag, PW_DIAG_ERROR, NULL, "which bundles were accepted before cannot be "
			    "read (--allow-downgrade applies one all the same, unless sealed): %s",
			    strerror(r < 0 ? -r : EBADMSG));
		return -EBADMSG;
	}
	pw_text_hex(hex, bundle->digest, PW_DIGEST_LEN);
	if (bundle->version > version || (bundle->version == version && !strcmp(digest, hex)))
		return 0;

	return refuse(diag, bundle, version);
}

bool pw_highest_knows(int state_dir, const char *name, const uint8_t *vendor)
{
	_cleanup_(pw_json_putp) json_object *all = NULL;
	char hex[2 * PW_DIGEST_LEN + 1];
	json_object *entry;
	const char *known;

	pw_text_hex(hex, vendor, PW_DIGEST_LEN);

	return read_all(state_dir, &all) == 0 && json_object_object_get_ex(all, name, &entry) &&
	       pw_json_string(entry, "vendor", &known) && !strcmp(known, hex);
}

static int add_digest(json_object *entry, const char *key, const uint8_t *digest)
{
	char hex[2 * PW_DIGEST_LEN + 1];

	pw_text_hex(hex, digest, PW_DIGEST_LEN);

	return pw_json_add(entry, key, json_object_new_string(hex));
}

static int put(json_object *all, const struct pw_highest *bundle)
{
	json_object *entry = json_object_new_object();
	int r;

	r = pw_json_add(all, bundle->name, entry);
	if (!r)
		r = pw_json_add(entry, "version", json_object_new_uint64(bundle->version));

	if (!r)
		r = add_digest(entry, "digest", bundle->digest);

	return r ? r : add_digest(entry, "vendor", bundle->vendor);
}

int pw_highest_write(int state_dir, const struct pw_highest *bundle)
{
	_cleanup_(pw_json_putp) json_object *object = json_object_new_object();
	json_object *all = NULL;
	int r = read_all(state_dir, &all);

	/* What cannot be read was passed on command, and is begun anew. */
	if (r < 0)
		all = json_object_new_object();
	if (!object || !all) {
		json_object_put(all);
		return -ENOMEM;
	}
	r = put(all, bundle);
	if (r < 0) {
		json_object_put(all);
		return r;
	}
	r = pw_json_add(object, "bundles", all);
	if (!r)
		r = pw_json_add(object, "schema", json_object_new_int(1));

	return r ? r : pw_store_write_json(state_dir, HIGHEST_FILE, object);
}
