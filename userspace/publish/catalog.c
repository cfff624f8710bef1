// SPDX-License-Identifier: BSD-2-Clause
#include "publish/catalog.h"

#include <arpa/inet.h>
#include <inttypes.h>
#include <string.h>

#include "common/cleanup.h"
#include "publish/store.h"

#define PW_CATALOG_NAME_MAX 64

static void catalog_name(char name[static PW_CATALOG_NAME_MAX], uint64_t generation)
{
	snprintf(name, PW_CATALOG_NAME_MAX, "catalog-%" PRIu64 ".json", generation);
}

static json_object *text_or_null(const char *text)
{
	return text ? json_object_new_string(text) : json_object_new_null();
}

/* An array of strings and nulls. */
static int add_texts(json_object *object, const char *key, char *const *texts, size_t n)
{
	json_object *array = json_object_new_array_ext((int)(n > 0 ? n : 1));

	for (size_t i = 0; array && i < n; i++) {
		json_object *text = text_or_null(texts[i]);

		if ((texts[i] && !text) || json_object_array_add(array, text) < 0) {
			json_object_put(text);
			json_object_put(array);
			return -ENOMEM;
		}
	}

	return pw_json_add(object, key, array);
}

static int read_texts(json_object *object, const char *key, char **texts, size_t max)
{
	json_object *array;

	if (!pw_json_array(object, key, &array) || json_object_array_length(array) > max)
		return -EBADMSG;
	for (size_t i = 0; i < json_object_array_length(array); i++) {
		json_object *text = json_object_array_get_idx(array, i);

		if (!text)
			continue;
		if (!json_object_is_type(text, json_type_string))
			return -EBADMSG;
		texts[i] = strdup(json_object_get_string(text));
		if (!texts[i])
			return -ENOMEM;
	}

	return 0;
}

/* The same into an array of the stored length. */
static int read_new_texts(json_object *object, const char *key, char ***texts, size_t *n)
{
	json_object *array;

	if (!pw_json_array(object, key, &array))
		return -EBADMSG;
	*texts = calloc(json_object_array_length(array) + 1, sizeof(**texts));
	if (!*texts)
		return -ENOMEM;
	*n = json_object_array_length(array);

	return read_texts(object, key, *texts, *n);
}

static int add_rules(json_object *object, const struct pw_catalog *catalog)
{
	json_object *array = json_object_new_array();
	int r = array ? 0 : -ENOMEM;

	for (size_t i = 0; r == 0 && i < catalog->nrules; i++) {
		json_object *rule = json_object_new_object();

		if (!rule)
			r = -ENOMEM;
		if (r == 0)
			r = pw_json_append(array, rule);
		if (r == 0)
			r = pw_json_add(rule, "where",
					json_object_new_string(catalog->rules[i].where));
		if (r == 0)
			r = pw_json_add(rule, "owner",
					json_object_new_string(catalog->rules[i].owner));
	}
	if (r == 0)
		return pw_json_add(object, "rules", array);

	json_object_put(array);
	return r;
}

static int read_rules(json_object *object, struct pw_catalog *catalog)
{
	json_object *array;
	size_t n;

	if (!pw_json_array(object, "rules", &array))
		return -EBADMSG;
	n = json_object_array_length(array);
	catalog->rules = calloc(n + 1, sizeof(*catalog->rules));
	if (!catalog->rules)
		return -ENOMEM;
	catalog->nrules = n;
	for (size_t i = 0; i < n; i++) {
		json_object *rule = json_object_array_get_idx(array, i);
		const char *where, *owner;

		if (!pw_json_string(rule, "where", &where) || !pw_json_string(rule, "owner", &owner))
			return -EBADMSG;
		catalog->rules[i].where = strdup(where);
		catalog->rules[i].owner = strdup(owner);
		if (!catalog->rules[i].where || !catalog->rules[i].owner)
			return -ENOMEM;
	}

	return 0;
}

/* Access rules as [subject, object, rule] triples: most of the matrix is empty. */
static int add_access(json_object *object, const struct pw_catalog *catalog)
{
	json_object *array = json_object_new_array();
	int r = array ? 0 : -ENOMEM;

	for (int s = 0; r == 0 && s < PW_SUBJECT_IDS; s++)
		for (int o = 0; r == 0 && o < PW_OBJECT_IDS; o++) {
			if (!catalog->access_rule[s][o])
				continue;
			r = pw_json_append(array, json_object_new_int(s));
			if (r == 0)
				r = pw_json_append(array, json_object_new_int(o));
			if (r == 0)
				r = pw_json_append(
					array, json_object_new_uint64(catalog->access_rule[s][o]));
		}
	if (r == 0)
		return pw_json_add(object, "access", array);

	json_object_put(array);
	return r;
}

static int read_access(json_object *object, struct pw_catalog *catalog)
{
	json_object *array;

	if (!pw_json_array(object, "access", &array) || json_object_array_length(array) % 3 != 0)
		return -EBADMSG;
	for (size_t i = 0; i < json_object_array_length(array); i += 3) {
		uint64_t s = json_object_get_uint64(json_object_array_get_idx(array, i));
		uint64_t o = json_object_get_uint64(json_object_array_get_idx(array, i + 1));

		if (s >= PW_SUBJECT_IDS || o >= PW_OBJECT_IDS)
			return -EBADMSG;
		catalog->access_rule[s][o] = (uint32_t)json_object_get_uint64(
			json_object_array_get_idx(array, i + 2));
	}

	return 0;
}

/* An address, a length and a name each. */
static int add_path_digests(json_object *object, const struct pw_catalog *catalog)
{
	json_object *array = json_object_new_array();
	int r = array ? 0 : -ENOMEM;

	for (uint64_t o = 0; r == 0 && o < PW_OBJECT_IDS; o++)
		if (catalog->path_digests[o])
			r = pw_json_append(array, json_object_new_uint64(o));
	if (r == 0)
		return pw_json_add(object, "path_digests", array);
	json_object_put(array);
	return r;
}

static int read_path_digests(json_object *object, struct pw_catalog *catalog)
{
	json_object *array;

	if (!pw_json_array(object, "path_digests", &array))
		return -EBADMSG;
	for (size_t i = 0; i < json_object_array_length(array); i++) {
		json_object *number = json_object_array_get_idx(array, i);

		if (!json_object_is_type(number, json_type_int) ||
		    json_object_get_uint64(number) >= PW_OBJECT_IDS)
			return -EBADMSG;
		catalog->path_digests[json_object_get_uint64(number)] = true;
	}

	return 0;
}

static int add_peers(json_object *object, const struct pw_catalog *catalog)
{
	json_object *array = json_object_new_array();
	int r = array ? 0 : -ENOMEM;

	for (size_t i = 0; r == 0 && i < catalog->npeers; i++) {
		const struct pw_prefix *prefix = &catalog->peers[i];
		char text[INET6_ADDRSTRLEN];

		inet_ntop(prefix->family == 4 ? AF_INET : AF_INET6, prefix->addr, text,
			  sizeof(text));
		r = pw_json_append(array, json_object_new_string(text));
		if (r == 0)
			r = pw_json_append(array, json_object_new_int(prefix->length));
		if (r == 0)
			r = pw_json_append(array, json_object_new_string(prefix->peer));
	}
	if (r == 0)
		return pw_json_add(object, "peers", array);

	json_object_put(array);
	return r;
}

static int read_peer(json_object *address, json_object *length, json_object *name,
		     struct pw_prefix *prefix)
{
	const char *text = json_object_get_string(address);

	if (!text || !json_object_is_type(name, json_type_string))
		return -EBADMSG;
	prefix->family = strchr(text, ':') ? 6 : 4;
	if (inet_pton(prefix->family == 4 ? AF_INET : AF_INET6, text, prefix->addr) != 1 ||
	    json_object_get_uint64(length) > (prefix->family == 4 ? 32 : 128))
		return -EBADMSG;
	prefix->length = (uint8_t)json_object_get_uint64(length);
	prefix->peer = strdup(json_object_get_string(name));
	return prefix->peer ? 0 : -ENOMEM;
}

static int read_peers(json_object *object, struct pw_catalog *catalog)
{
	json_object *array;
	size_t n;
	int r = 0;

	if (!pw_json_array(object, "peers", &array) || json_object_array_length(array) % 3 != 0)
		return -EBADMSG;
	n = json_object_array_length(array) / 3;
	catalog->peers = calloc(n + 1, sizeof(*catalog->peers));
	if (!catalog->peers)
		return -ENOMEM;
	catalog->npeers = n;
	for (size_t i = 0; r == 0 && i < n; i++)
		r = read_peer(json_object_array_get_idx(array, 3 * i),
			      json_object_array_get_idx(array, 3 * i + 1),
			      json_object_array_get_idx(array, 3 * i + 2), &catalog->peers[i]);
	return r;
}

static int add_head(json_object *object, const struct pw_catalog *catalog)
{
	int r;

	r = pw_json_add(object, "schema", json_object_new_int(1));
	if (r == 0)
		r = pw_json_add(object, "generation", json_object_new_uint64(catalog->generation));
	if (r == 0)
		r = pw_json_add(object, "policy", json_object_new_string(catalog->policy));
	if (r == 0)
		r = pw_json_add(object, "version", json_object_new_uint64(catalog->version));
	if (r == 0 && catalog->site_version)
		r = pw_json_add(object, "site_version",
				json_object_new_uint64(catalog->site_version));
	if (r == 0)
		r = pw_json_add(object, "digest", json_object_new_string(catalog->digest));
	return r;
}

int pw_catalog_encode(const struct pw_catalog *catalog, json_object **ret)
{
	_cleanup_(pw_json_putp) json_object *object = json_object_new_object();
	int r;

	if (!object)
		return -ENOMEM;
	r = add_head(object, catalog);
	if (r == 0)
		r = add_texts(object, "subjects", catalog->subjects, PW_SUBJECT_IDS);
	if (r == 0)
		r = add_texts(object, "subject_where", catalog->subject_where, PW_SUBJECT_IDS);
	if (r == 0)
		r = add_texts(object, "objects", catalog->objects, PW_OBJECT_IDS);
	if (r == 0)
		r = add_texts(object, "object_where", catalog->object_where, PW_OBJECT_IDS);
	if (r == 0)
		r = add_texts(object, "roots", catalog->roots, catalog->nroots);
	if (r == 0)
		r = add_texts(object, "programs", catalog->programs, catalog->nprograms);
	if (r == 0)
		r = add_rules(object, catalog);
	if (r == 0)
		r = add_access(object, catalog);
	if (r == 0)
		r = add_path_digests(object, catalog);
	if (r == 0)
		r = add_peers(object, catalog);
	if (r < 0)
		return r;

	*ret = TAKE_PTR(object);
	return 0;
}

int pw_catalog_write(int dirfd, const struct pw_catalog *catalog)
{
	_cleanup_(pw_json_putp) json_object *object = NULL;
	char name[PW_CATALOG_NAME_MAX];
	int r = pw_catalog_encode(catalog, &object);

	if (r < 0)
		return r;
	catalog_name(name, catalog->generation);
	return pw_store_write_json(dirfd, name, object);
}

static int read_head(json_object *object, struct pw_catalog *catalog)
{
	const char *policy, *digest;

	if (!pw_json_u64(object, "generation", &catalog->generation) ||
	    !pw_json_string(object, "policy", &policy) ||
	    !pw_json_u64(object, "version", &catalog->version) ||
	    !pw_json_string(object, "digest", &digest) ||
	    strlen(digest) >= sizeof(catalog->digest))
		return -EBADMSG;
	memcpy(catalog->digest, digest, strlen(digest) + 1);
	pw_json_u64(object, "site_version", &catalog->site_version);	/* only with a site */
	catalog->policy = strdup(policy);

	return catalog->policy ? 0 : -ENOMEM;
}

int pw_catalog_decode(json_object *object, struct pw_catalog **ret)
{
	_cleanup_(pw_catalog_freep) struct pw_catalog *catalog = calloc(1, sizeof(*catalog));
	int r = catalog ? 0 : -ENOMEM;

	if (r == 0)
		r = read_head(object, catalog);
	if (r == 0)
		r = read_texts(object, "subjects", catalog->subjects, PW_SUBJECT_IDS);
	if (r == 0)
		r = read_texts(object, "subject_where", catalog->subject_where, PW_SUBJECT_IDS);
	if (r == 0)
		r = read_texts(object, "objects", catalog->objects, PW_OBJECT_IDS);
	if (r == 0)
		r = read_texts(object, "object_where", catalog->object_where, PW_OBJECT_IDS);
	if (r == 0)
		r = read_new_texts(object, "roots", &catalog->roots, &catalog->nroots);
	if (r == 0)
		r = read_new_texts(object, "programs", &catalog->programs, &catalog->nprograms);
	if (r == 0)
		r = read_rules(object, catalog);
	if (r == 0)
		r = read_access(object, catalog);
	if (r == 0)
		r = read_path_digests(object, catalog);
	if (r == 0)
		r = read_peers(object, catalog);
	if (r < 0)
		return r;

	*ret = TAKE_PTR(catalog);
	return 0;
}

int pw_catalog_read(int dirfd, uint64_t generation, struct pw_catalog **ret)
{
	_cleanup_(pw_catalog_freep) struct pw_catalog *catalog = NULL;
	_cleanup_(pw_json_putp) json_object *object = NULL;
	char name[PW_CATALOG_NAME_MAX];
	int r;

	catalog_name(name, generation);
	r = pw_store_read_json(dirfd, name, &object);
	if (r == 0)
		r = pw_catalog_decode(object, &catalog);
	if (r < 0)
		return r;
	if (catalog->generation != generation)
		return -EBADMSG;

	*ret = TAKE_PTR(catalog);
	return 0;
}

static void free_texts(char **texts, size_t n)
{
	for (size_t i = 0; texts && i < n; i++)
		free(texts[i]);
}

const char *pw_catalog_where(const struct pw_catalog *catalog, const struct pw_event *event)
{
	uint32_t number = event->rule;

	if (event->object >= PW_OBJECT_IDS || event->subject >= PW_SUBJECT_IDS)
		return NULL;
	if (!number)
		number = catalog->access_rule[event->subject][event->object];
	if (number && number <= catalog->nrules)
		return catalog->rules[number - 1].where;
	if (event->verdict == PW_VERDICT_ALLOW)
		return NULL;
	if (event->object != PW_OBJECT_NONE)
		return catalog->object_where[event->object];
	if (event->type == PW_RECORD_EXEC && event->peer_subject &&
	    event->peer_subject < PW_SUBJECT_IDS)
		return catalog->subject_where[event->peer_subject];
	/* What `others` says in the policy is about the network only. */
	if (event->subject == PW_SUBJECT_OTHERS && event->type != PW_RECORD_NET)
		return NULL;
	return catalog->subject_where[event->subject];
}

struct pw_catalog *pw_catalog_free(struct pw_catalog *catalog)
{
	if (!catalog)
		return NULL;
	free(catalog->policy);
	free_texts(catalog->subjects, PW_SUBJECT_IDS);
	free_texts(catalog->subject_where, PW_SUBJECT_IDS);
	free_texts(catalog->objects, PW_OBJECT_IDS);
	free_texts(catalog->object_where, PW_OBJECT_IDS);
	free_texts(catalog->roots, catalog->nroots);
	free(catalog->roots);
	free_texts(catalog->programs, catalog->nprograms);
	free(catalog->programs);
	for (size_t i = 0; catalog->rules && i < catalog->nrules; i++) {
		free(catalog->rules[i].where);
		free(catalog->rules[i].owner);
	}
	free(catalog->rules);
	for (size_t i = 0; catalog->peers && i < catalog->npeers; i++)
		free((char *)catalog->peers[i].peer);
	free(catalog->peers);
	free(catalog);
	return NULL;
}
