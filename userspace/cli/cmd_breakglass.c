// SPDX-License-Identifier: BSD-2-Clause
#include <errno.h>
#include <fcntl.h>
#include <getopt.h>
#include <stdio.h>
#include <string.h>

#include <json-c/json.h>

#include "bundle/token.h"
#include "cli/command.h"
#include "cli/control_client.h"
#include "common/base64.h"
#include "common/cleanup.h"
#include "common/file.h"
#include "common/text.h"
#include "publish/store.h"

static const struct option options[] = {
	{ "reason", required_argument, NULL, 'r' },
	{ "for", required_argument, NULL, 'f' },
	{ "subject", required_argument, NULL, 's' },
	{ "object", required_argument, NULL, 'o' },
	{ "service", no_argument, NULL, 'v' },
	{ "ticket", required_argument, NULL, 't' },
	{ "token", required_argument, NULL, 'T' },
	{ "end", no_argument, NULL, 'e' },
	{ "help", no_argument, NULL, 'h' },
	{ 0 },
};

struct wish {
	const char *reason, *duration, *subject, *object, *ticket, *token;
	bool service, end;
};

static json_object *make_request(const struct wish *wish, uint64_t for_ms)
{
	json_object *request = json_object_new_object();
	const struct {
		const char *name, *text;
	} texts[] = {
		{ "command", PW_COMMAND_GLASS }, { "reason", wish->reason },
		{ "subject", wish->subject }, { "object", wish->object },
		{ "ticket", wish->ticket },
	};

	for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++)
		if (texts[i].text)
			json_object_object_add(request, texts[i].name,
					       json_object_new_string(texts[i].text));
	json_object_object_add(request, "for_ms", json_object_new_uint64(for_ms));
	json_object_object_add(request, "service", json_object_new_boolean(wish->service));
	return request;
}

static void print_opened(json_object *response)
{
	const char *until = "", *kind = "";
	uint64_t number = 0;
	json_object *session;

	if (!json_object_object_get_ex(response, "session", &session))
		return;
	pw_json_string(session, "until", &until);
	pw_json_string(session, "kind", &kind);
	pw_json_u64(session, "session", &number);
	printf("%s is open until %s; all that it lets pass is recorded, and session %ju waits for its "
	       "review\n", kind, until, (uintmax_t)number);
}

static int add_token(json_object *request, const char *path)
{
	_cleanup_free_ char *data = NULL, *text = NULL;
	size_t length = 0;
	int r = pw_file_read(AT_FDCWD, path, PW_TOKEN_BYTES_MAX, &data, &length);

	if (!r && !length)
		r = -ENODATA;
	if (r < 0)
		return pw_fail(r == -EFBIG || r == -ENODATA ? PW_EXIT_NO : PW_EXIT_UNKNOWN,
			       "cannot read the token %s: %s", path, strerror(-r));
	text = malloc(PW_BASE64_LEN(length) + 1);
	if (!text)
		return pw_fail(PW_EXIT_INTERNAL, "out of memory");
	pw_base64_write(text, (const uint8_t *)data, length);
	json_object_object_add(request, "token", json_object_new_string(text));

	return PW_EXIT_YES;
}

static int open_session(const struct wish *wish)
{
	json_object *request, *response = NULL;
	uint64_t for_ms;
	int r;

	if (!pw_text_amount(wish->duration, pw_units_time, &for_ms))
		return pw_fail(PW_EXIT_USAGE, "'%s' is no time: a whole number with s, m or h, in one "
			       "piece, as 15m", wish->duration);
	request = make_request(wish, for_ms);
	r = wish->token ? add_token(request, wish->token) : PW_EXIT_YES;
	if (r != PW_EXIT_YES) {
		json_object_put(request);
		return r;
	}
	r = pw_control_ask(request, &response);
	json_object_put(request);
	if (r < 0)
		return pw_control_fail(r);
	r = pw_control_report(response);
	if (r == PW_EXIT_YES)
		print_opened(response);
	json_object_put(response);
	return pw_flush(r);
}

static int end_session(void)
{
	json_object *response = NULL;
	int r = pw_control_command(PW_COMMAND_GLASS_END, &response);

	if (r < 0)
		return pw_control_fail(r);
	r = pw_control_report(response);
	json_object_put(response);
	if (r == PW_EXIT_YES)
		puts("ended; the session waits for its review");
	return pw_flush(r);
}

static bool read_options(struct wish *wish, int argc, char **argv, int *ret_option)
{
	int option;

	while ((option = getopt_long(argc, argv, "h", options, NULL)) != -1) {
		switch (option) {
		case 'r':
			wish->reason = optarg;
			break;
		case 'f':
			wish->duration = optarg;
			break;
		case 's':
			wish->subject = optarg;
			break;
		case 'o':
			wish->object = optarg;
			break;
		case 't':
			wish->ticket = optarg;
			break;
		case 'T':
			wish->token = optarg;
			break;
		case 'v':
			wish->service = true;
			break;
		case 'e':
			wish->end = true;
			break;
		default:
			*ret_option = option;
			return false;
		}
	}
	return true;
}

/* Either the end of a session and nothing else, or what a session needs. */
static bool makes_sense(const struct wish *wish)
{
	if (wish->end)
		return !wish->reason && !wish->duration && !wish->subject && !wish->object &&
		       !wish->ticket && !wish->service && !wish->token;
	return wish->reason && wish->duration && !(wish->subject && wish->object) &&
	       (!wish->service || (wish->ticket && !wish->token));
}

int pw_cmd_breakglass(const struct pw_command *self, int argc, char **argv)
{
	struct wish wish = { 0 };
	int option = '?';

	if (!read_options(&wish, argc, argv, &option))
		return pw_usage(self, option);
	if (optind < argc || !makes_sense(&wish))
		return pw_usage(self, '?');
	return wish.end ? end_session() : open_session(&wish);
}
