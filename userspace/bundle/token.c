// SPDX-License-Identifier: BSD-2-Clause
#include "bundle/token.h"

#include <errno.h>
#include <inttypes.h>
#include <string.h>

#include "bundle/document.h"
#include "common/cleanup.h"

#define NAME "token"	/* in the positions of errors */
#define TEXT_BYTES_MAX 4096
#define TICKET_MAX 39

/* ---- The text ------------------------------------------------------------------------------ */

static void read_id(struct pw_reader *reader, const struct pw_yaml *node, void *out)
{
	if (pw_read_name(reader, node, "a token"))
		((struct pw_token *)out)->id = node->text;
}

static void read_serial(struct pw_reader *reader, const struct pw_yaml *node, void *out)
{
	((struct pw_token *)out)->serial =
		pw_document_text(reader, node, "serial", PW_DEVICE_TEXT_MAX);
}

static void read_not_before(struct pw_reader *reader, const struct pw_yaml *node, void *out)
{
	pw_document_instant(reader, node, "not_before", &((struct pw_token *)out)->not_before);
}

static void read_not_after(struct pw_reader *reader, const struct pw_yaml *node, void *out)
{
	struct pw_token *token = out;

	pw_document_instant(reader, node, "not_after", &token->not_after);
	if (token->not_before != PW_INSTANT_NONE && token->not_after < token->not_before)
		pw_error(reader, &node->at, "'not_after' lies before 'not_before'");
}

static void read_longest(struct pw_reader *reader, const struct pw_yaml *node, void *out)
{
	pw_read_time(reader, node, "longest", "1m", "24h", &((struct pw_token *)out)->longest_ms);
}

static void read_subject(struct pw_reader *reader, const struct pw_yaml *node, void *out)
{
	if (pw_read_name(reader, node, "a subject"))
		((struct pw_token *)out)->subject = node->text;
}

static void read_object(struct pw_reader *reader, const struct pw_yaml *node, void *out)
{
	struct pw_token *token = out;

	if (pw_read_name(reader, node, "an object"))
		token->object = node->text;
	if (token->subject)
		pw_error(reader, &node->at, "a subject or an object, not both");
}

static void read_ticket(struct pw_reader *reader, const struct pw_yaml *node, void *out)
{
	((struct pw_token *)out)->ticket = pw_document_text(reader, node, "ticket", TICKET_MAX);
}

static const struct pw_key keys[] = {
	{"phiward_token", PW_YAML_SCALAR, "the schema, 1", pw_read_schema},
	{"id", PW_YAML_SCALAR, "any name, which no other token has", read_id},
	{"serial", PW_YAML_SCALAR, "that of the device", read_serial},
	{"not_before", PW_YAML_SCALAR, NULL, read_not_before},
	{"not_after", PW_YAML_SCALAR, "a date like 2026-12-01T08:00:00Z", read_not_after},
	{"longest", PW_YAML_SCALAR, "a time from 1m to 24h", read_longest},
	{"subject", PW_YAML_SCALAR, NULL, read_subject},
	{"object", PW_YAML_SCALAR, NULL, read_object},
	{"ticket", PW_YAML_SCALAR, NULL, read_ticket},
};

int pw_token_parse(const char *file, const char *text, size_t length, struct pw_token **ret,
		   struct pw_diag *diag)
{
	static const struct pw_document document = {"a token", TEXT_BYTES_MAX, keys,
						    PW_ARRAY_SIZE(keys)};
	const struct pw_source source = {.name = (char *)file, .text = (char *)text,
					 .length = length};
	_cleanup_(pw_arena_freep) struct pw_arena *arena = pw_arena_new();
	struct pw_token *token;
	int r;

	token = arena ? pw_arena_array(arena, 1, sizeof(*token)) : NULL;
	if (!token)
		return -ENOMEM;
	token->arena = arena;
	token->not_before = token->not_after = PW_INSTANT_NONE;
	r = pw_document_read(&document, &source, NULL, arena, token, diag);
	if (r < 0)
		return r;
	(void)TAKE_PTR(arena);
	*ret = token;

	return 0;
}

struct pw_token *pw_token_free(struct pw_token *token)
{
	if (token)
		pw_arena_free(token->arena);

	return NULL;
}

/* ---- What it is good for --------------------------------------------------------------------- */

static int refuse(struct pw_diag *diag, const char *text)
{
	pw_diag_add(diag, PW_DIAG_ERROR, NULL, "%s", text);

	return -EACCES;
}

static int refuse_instant(struct pw_diag *diag, const char *what, int64_t instant)
{
	char text[PW_INSTANT_LEN + 1];

	pw_instant_write(instant, text);
	pw_diag_add(diag, PW_DIAG_ERROR, NULL, "the token %s %s", what, text);

	return -EACCES;
}

static int check_time(const struct pw_token *token, const struct pw_clock *clock,
		      struct pw_diag *diag)
{
	if (token->not_before != PW_INSTANT_NONE && clock->now < token->not_before)
		return refuse_instant(diag, "is not yet valid: it is from", token->not_before);
	if (clock->now >= token->not_after)
		return refuse_instant(diag, "has expired: it was valid until", token->not_after);

	return 0;
}

int pw_token_accept(const struct pw_trust *trust, const struct pw_clock *clock, const void *der,
		    size_t length, struct pw_token **ret, struct pw_cms **ret_cms,
		    struct pw_diag *diag)
{
	_cleanup_(pw_token_freep) struct pw_token *token = NULL;
	int r;

	/* What limits it is its time: by a clock that is not right it would be good for ever. */
	if (!clock->synchronised)
		return refuse(diag, "the clock of this machine was never synchronised: whether a token is "
			      "valid is not known; who is named in the policy can open a session");
	if (length > PW_TOKEN_BYTES_MAX)
		return refuse(diag, "the token is too large: it has at most "
			      PW_STRINGIFY(PW_TOKEN_BYTES_MAX) " bytes");
	r = pw_cms_read(NAME, der, length, ret_cms, diag);
	if (r == -EINVAL)
		return refuse(diag, "this is no token: it is cut off, or nothing that was signed");
	if (!r)
		r = pw_trust_judge_token(trust, NAME, *ret_cms, clock, diag);
	if (!r)
		r = pw_token_parse(NAME, (*ret_cms)->content, (*ret_cms)->length, &token, diag);
	if (!r)
		r = check_time(token, clock, diag);
	if (!r)
		*ret = TAKE_PTR(token);

	return r;
}

int pw_token_device(const struct pw_token *token, const struct pw_device *device,
		    struct pw_diag *diag)
{
	if (!device || !device->serial)
		return refuse(diag, "the token is for one device, and nothing says which this one is: write "
			      "its 'serial' to " PW_DEVICE_FILE);
	if (strcmp(token->serial, device->serial) != 0)
		return refuse(diag, "the token is for another device: its 'serial' is not that of "
			      PW_DEVICE_FILE);

	return 0;
}

int pw_token_covers(const struct pw_token *token, int64_t now, uint64_t for_ms, const char *subject,
		    const char *object, struct pw_diag *diag)
{
	const char *what = token->subject ? "subject" : "object";
	const char *only = token->subject ?: token->object;

	if (only && strcmp(only, token->subject ? subject : object) != 0) {
		pw_diag_add(diag, PW_DIAG_ERROR, NULL, "the token is for the %s '%s' alone: --%s %s", what,
			    only, what, only);
		return -EACCES;
	}
	if (for_ms > token->longest_ms) {
		pw_diag_add(diag, PW_DIAG_ERROR, NULL, "the token allows at most %" PRIu64 " s at a time",
			    token->longest_ms / 1000);
		return -EACCES;
	}
	if ((int64_t)(for_ms / 1000) > token->not_after - now)
		return refuse_instant(diag, "is not valid so long: it ends at", token->not_after);

	return 0;
}
