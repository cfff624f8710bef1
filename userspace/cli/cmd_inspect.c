// SPDX-License-Identifier: BSD-2-Clause
/* `phiward bundle inspect`: what a bundle says, believed or not. */
#include <errno.h>
#include <fcntl.h>
#include <getopt.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "bundle/bundle.h"
#include "bundle/cms.h"
#include "cli/command.h"
#include "common/cleanup.h"
#include "common/file.h"
#include "common/json.h"
#include "common/text.h"

/* ---- For people ---------------------------------------------------------------------------- */

static void print_instant(const char *what, int64_t instant)
{
	char text[PW_INSTANT_LEN + 1];

	if (instant == PW_INSTANT_NONE)
		return;
	pw_instant_write(instant, text);
	printf("%-12s %s\n", what, text);
}

static void print_texts(const char *head, const char *what, const struct pw_texts *texts,
			const char *joined)
{
	for (size_t i = 0; i < texts->n; i++) {
		printf("%-12s %s%s ", i ? "" : head, what, i ? joined : "");
		pw_text_print(stdout, texts->list[i]);
		putchar('\n');
	}
}

static void print_patterns(const char *what, const struct pw_texts *patterns)
{
	print_texts("device", what, patterns, " or");
}

static void print_health(const struct pw_health *health)
{
	if (!pw_health_any(health))
		return;
	printf("%-12s within %" PRIu64 " s\n", "health", health->within_s);
	if (health->enforcing)
		printf("%-12s enforcing\n", "health");
	print_texts("health", "connect", &health->connect, " and");
	print_texts("health", "units", &health->units, " and");
	print_texts("health", "no_refusals_of", &health->no_refusals_of, " and");
}

static void print_digest(const uint8_t *digest)
{
	char hex[2 * PW_DIGEST_LEN + 1];

	pw_text_hex(hex, digest, PW_DIGEST_LEN);
	fputs(hex, stdout);
}

static void print_signer(const struct pw_signer *signer)
{
	char from[PW_INSTANT_LEN + 1], to[PW_INSTANT_LEN + 1];

	fputs("signed by    ", stdout);
	pw_text_print(stdout, signer->subject);
	if (signer->broken)
		printf(": BROKEN, %s", signer->broken);
	putchar('\n');
	if (!signer->certificate)
		return;
	fputs("               issued by ", stdout);
	pw_text_print(stdout, signer->issuer);
	pw_instant_write(signer->not_before, from);
	pw_instant_write(signer->not_after, to);
	printf(", valid %s to %s\n               sha256:", from, to);
	print_digest(signer->fingerprint);
	putchar('\n');
}

static void print_all(const struct pw_cms *cms, const struct pw_bundle *bundle)
{
	const struct pw_bundle_head *head = &bundle->head;

	printf("%-12s %s version %" PRIu64 "\n", "bundle", head->name, head->version);
	print_instant("not before", head->not_before);
	print_instant("not after", head->not_after);
	print_patterns("manufacturer", &head->devices.manufacturer);
	print_patterns("model", &head->devices.model);
	print_patterns("serial", &head->devices.serial);
	print_patterns("tags", &head->devices.tags);
	print_health(&head->health);
	printf("%-12s ", "sha256");
	print_digest(cms->digest);
	putchar('\n');
	for (size_t i = 0; i < bundle->nfiles; i++) {
		printf("%-12s ", pw_word_name(&pw_words_bundle_role, bundle->files[i].role));
		pw_text_print(stdout, bundle->files[i].name);
		printf(" (%zu bytes, ", bundle->files[i].length);
		print_digest(bundle->files[i].digest);
		puts(")");
	}
	for (size_t i = 0; i < cms->nsigners; i++)
		print_signer(&cms->signers[i]);
	if (!cms->nsigners)
		puts("signed by    nobody");
}

/* ---- For programs -------------------------------------------------------------------------- */

static json_object *text_json(const char *text)
{
	return text ? json_object_new_string(text) : NULL;
}

static json_object *digest_json(const uint8_t *digest)
{
	char hex[2 * PW_DIGEST_LEN + 1];

	pw_text_hex(hex, digest, PW_DIGEST_LEN);

	return json_object_new_string(hex);
}

static json_object *instant_json(int64_t instant)
{
	char text[PW_INSTANT_LEN + 1];

	if (instant == PW_INSTANT_NONE)
		return NULL;
	pw_instant_write(instant, text);

	return json_object_new_string(text);
}

static json_object *texts_json(const struct pw_texts *texts)
{
	json_object *array = json_object_new_array();

	for (size_t i = 0; i < texts->n; i++)
		json_object_array_add(array, json_object_new_string(texts->list[i]));

	return array;
}

static json_object *devices_json(const struct pw_selectors *devices)
{
	json_object *object = json_object_new_object();

	json_object_object_add(object, "manufacturer", texts_json(&devices->manufacturer));
	json_object_object_add(object, "model", texts_json(&devices->model));
	json_object_object_add(object, "serial", texts_json(&devices->serial));
	json_object_object_add(object, "tags", texts_json(&devices->tags));

	return object;
}

static json_object *health_json(const struct pw_health *health)
{
	json_object *object;

	if (!pw_health_any(health))
		return NULL;
	object = json_object_new_object();
	json_object_object_add(object, "within_s", json_object_new_uint64(health->within_s));
	json_object_object_add(object, "enforcing", json_object_new_boolean(health->enforcing));
	json_object_object_add(object, "connect", texts_json(&health->connect));
	json_object_object_add(object, "units", texts_json(&health->units));
	json_object_object_add(object, "no_refusals_of", texts_json(&health->no_refusals_of));

	return object;
}

static json_object *files_json(const struct pw_bundle *bundle)
{
	json_object *array = json_object_new_array();

	for (size_t i = 0; i < bundle->nfiles; i++) {
		const struct pw_bundle_file *file = &bundle->files[i];
		const char *role = pw_word_name(&pw_words_bundle_role, file->role);
		json_object *entry = json_object_new_object();

		json_object_object_add(entry, "role", text_json(role));
		json_object_object_add(entry, "name", text_json(file->name));
		json_object_object_add(entry, "bytes", json_object_new_uint64(file->length));
		json_object_object_add(entry, "sha256", digest_json(file->digest));
		json_object_array_add(array, entry);
	}

	return array;
}

static json_object *signers_json(const struct pw_cms *cms)
{
	json_object *array = json_object_new_array();

	for (size_t i = 0; i < cms->nsigners; i++) {
		const struct pw_signer *signer = &cms->signers[i];
		json_object *entry = json_object_new_object();

		json_object_object_add(entry, "subject", text_json(signer->subject));
		json_object_object_add(entry, "issuer", text_json(signer->issuer));
		json_object_object_add(entry, "sha256", signer->certificate ?
				       digest_json(signer->fingerprint) : NULL);
		json_object_object_add(entry, "not_before", instant_json(signer->not_before));
		json_object_object_add(entry, "not_after", instant_json(signer->not_after));
		json_object_object_add(entry, "digest", text_json(signer->digest));
		json_object_object_add(entry, "broken", text_json(signer->broken));
		json_object_array_add(array, entry);
	}

	return array;
}

static void print_json(const struct pw_cms *cms, const struct pw_bundle *bundle)
{
	const struct pw_bundle_head *head = &bundle->head;
	json_object *object = json_object_new_object();

	json_object_object_add(object, "schema", json_object_new_int(1));
	json_object_object_add(object, "name", text_json(head->name));
	json_object_object_add(object, "version", json_object_new_uint64(head->version));
	json_object_object_add(object, "not_before", instant_json(head->not_before));
	json_object_object_add(object, "not_after", instant_json(head->not_after));
	json_object_object_add(object, "devices", devices_json(&head->devices));
	json_object_object_add(object, "health", health_json(&head->health));
	json_object_object_add(object, "sha256", digest_json(cms->digest));
	json_object_object_add(object, "files", files_json(bundle));
	json_object_object_add(object, "signers", signers_json(cms));
	puts(json_object_to_json_string_ext(object, JSON_C_TO_STRING_PLAIN |
					    JSON_C_TO_STRING_NOSLASHESCAPE));
	json_object_put(object);
}

/* ---- The command --------------------------------------------------------------------------- */

struct wanted {
	bool json;
	const char *file;	/* the text of this one alone; NULL: what it is */
};

static int print(const struct pw_cms *cms, const struct pw_bundle *bundle,
		 const struct wanted *wanted)
{
	if (!wanted->file) {
		(wanted->json ? print_json : print_all)(cms, bundle);
		return pw_flush(PW_EXIT_YES);
	}
	for (size_t i = 0; i < bundle->nfiles; i++) {
		const struct pw_bundle_file *file = &bundle->files[i];

		if (strcmp(file->name, wanted->file))
			continue;
		fwrite(file->text, 1, file->length, stdout);
		return pw_flush(PW_EXIT_YES);
	}

	return pw_fail(PW_EXIT_NO, "the bundle has no file '%s'", wanted->file);
}

static int inspect(const char *path, const struct wanted *wanted)
{
	_cleanup_(pw_bundle_freep) struct pw_bundle *bundle = NULL;
	_cleanup_(pw_cms_freep) struct pw_cms *cms = NULL;
	_cleanup_free_ char *data = NULL;
	struct pw_diag diag = {};
	size_t length;
	int r = pw_file_read(AT_FDCWD, path, PW_BUNDLE_BYTES_MAX, &data, &length);

	if (r < 0)
		return pw_fail(r == -EFBIG ? PW_EXIT_NO : PW_EXIT_UNKNOWN, "cannot read %s: %s", path,
			       strerror(-r));
	r = pw_cms_read(path, data, length, &cms, &diag);
	if (!r)
		r = pw_bundle_parse(path, cms->content, cms->length, &bundle, &diag);
	pw_diag_print(&diag, stderr);
	pw_diag_done(&diag);
	if (r < 0)
		return r == -ENOMEM ? pw_fail(PW_EXIT_INTERNAL, "out of memory") : PW_EXIT_NO;

	return print(cms, bundle, wanted);
}

int pw_cmd_bundle_inspect(const struct pw_command *self, int argc, char **argv)
{
	static const struct option options[] = { { "json", no_argument, NULL, 'j' },
						 { "file", required_argument, NULL, 'f' },
						 { "help", no_argument, NULL, 'h' },
						 { 0 } };
	struct wanted wanted = {};
	int option;

	while ((option = getopt_long(argc, argv, "h", options, NULL)) != -1) {
		if (option == 'j')
			wanted.json = true;
		else if (option == 'f')
			wanted.file = optarg;
		else
			return pw_usage(self, option);
	}
	if (argc - optind != 1 || (wanted.json && wanted.file))
		return pw_usage(self, '?');

	return inspect(argv[optind], &wanted);
}
