// SPDX-License-Identifier: BSD-2-Clause
/* `phiward publish`: the tree that consoles poll. */
#include <errno.h>
#include <fcntl.h>
#include <getopt.h>
#include <inttypes.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>

#include "cli/command.h"
#include "cli/fleet_source.h"
#include "common/cleanup.h"
#include "common/file.h"
#include "common/text.h"
#include "fleet/canaries.h"
#include "fleet/config.h"
#include "fleet/tree.h"

struct wanted {
	const char *directory, *bundle, *channel;
	const char *percent, *tags, *canaries, *hold;	/* NULL: as it was */
	const char *canary, *refusals, *ca;
	const char *from[2];	/* a directory and a database, or one of them */
	bool pause, resume, advance;
};

/* ---- What is asked for --------------------------------------------------------------------- */

/* "12.5": hundredths of a percent are the smallest. */
static bool parse_percent(const char *text, uint64_t *ret)
{
	const char *point = strchr(text, '.');
	char whole[8], rest[3] = "00";
	uint64_t percent, hundredths;
	size_t n = point ? (size_t)(point - text) : strlen(text);

	if (n >= sizeof(whole) || (point && (strlen(point + 1) < 1 || strlen(point + 1) > 2)))
		return false;
	snprintf(whole, sizeof(whole), "%.*s", (int)n, text);
	if (point)
		memcpy(rest, point + 1, strlen(point + 1));
	if (strspn(rest, "0123456789") != 2 || pw_text_number(whole, 0, 100, &percent))
		return false;
	hundredths = (uint64_t)(rest[0] - '0') * 10 + (uint64_t)(rest[1] - '0');
	*ret = percent * 100 + hundredths;

	return *ret <= PW_SHARE_ALL;
}

static int split(struct pw_arena *arena, const char *text, struct pw_texts *ret)
{
	char *copy = pw_arena_copy(arena, text, strlen(text)), *word;
	const char **list = pw_arena_array(arena, strlen(text) + 1, sizeof(*list));

	if (!copy || !list)
		return -ENOMEM;
	*ret = (struct pw_texts){.list = list};
	while ((word = strsep(&copy, ",")))
		if (*word)
			list[ret->n++] = word;

	return 0;
}

/* ---- Canaries ------------------------------------------------------------------------------ */

static int finish(const char *what, int r, struct pw_diag *diag)
{
	int code = PW_EXIT_YES;

	pw_diag_print(diag, stderr);
	if (diag->errors)
		code = PW_EXIT_NO;
	else if (r < 0)
		code = pw_fail(PW_EXIT_INTERNAL, "%s: %s", what, strerror(-r));
	pw_diag_done(diag);

	return code;
}

static int ask_fleet(const struct wanted *wanted, const struct pw_fleet *fleet,
		     struct pw_channel *channel)
{
	uint64_t n = 0, refusals = 0;
	struct pw_diag diag = {};
	int r = 0;

	if (wanted->canary && pw_text_number(wanted->canary, 1, PW_CHANNEL_CANARIES_MAX, &n))
		return pw_fail(PW_EXIT_USAGE, "--canary is a number from 1 to %d: %s",
			       PW_CHANNEL_CANARIES_MAX, wanted->canary);
	if (wanted->refusals && pw_text_number(wanted->refusals, 0, 1000000, &refusals))
		return pw_fail(PW_EXIT_USAGE, "--refusals is a number: %s", wanted->refusals);
	if (wanted->canary)
		r = pw_canaries_choose(fleet, n, channel, &diag);
	else
		r = pw_canaries_judge(fleet, channel, refusals, &diag);
	if (!r && wanted->advance) {
		channel->canaries.n = 0;
		channel->since = time(NULL);
	}

	return finish(wanted->from[0], r, &diag);
}

static int ask_records(const struct wanted *wanted, struct pw_channel *channel)
{
	struct pw_fleet_source source = {.ca = wanted->ca};
	struct pw_authority *authority = NULL;
	struct pw_fleet fleet;
	struct stat st;
	int code;

	if (!wanted->canary && !wanted->advance)
		return PW_EXIT_YES;
	if (wanted->advance && !channel->canaries.n)
		return pw_fail(PW_EXIT_NO, "the channel '%s' has no canaries: it is for all whom it is "
			       "for", channel->channel);
	for (size_t i = 0; i < PW_ARRAY_SIZE(wanted->from) && wanted->from[i]; i++)
		if (!stat(wanted->from[i], &st) && S_ISDIR(st.st_mode))
			source.directory = wanted->from[i];
		else
			source.database = wanted->from[i];
	if (wanted->from[1] && !(source.directory && source.database))
		return pw_fail(PW_EXIT_USAGE, "--from twice is a directory and a database");
	code = pw_fleet_open(&source, &fleet, &authority);
	if (code == PW_EXIT_YES)
		code = ask_fleet(wanted, &fleet, channel);
	pw_fleet_done(&fleet);
	pw_authority_free(authority);

	return code;
}

/* An exit code. */
static int change(const struct wanted *wanted, struct pw_channel *channel)
{
	if (wanted->percent && !parse_percent(wanted->percent, &channel->share))
		return pw_fail(PW_EXIT_USAGE, "--percent is a number from 0 to 100, as 12.5: %s",
			       wanted->percent);
	if (wanted->hold && !pw_fleet_duration(wanted->hold, &channel->hold_s))
		return pw_fail(PW_EXIT_USAGE, "--hold is a time, as 24h: %s", wanted->hold);
	if (wanted->tags && split(channel->arena, wanted->tags, &channel->tags))
		return pw_fail(PW_EXIT_INTERNAL, "out of memory");
	if (wanted->canaries && split(channel->arena, wanted->canaries, &channel->canaries))
		return pw_fail(PW_EXIT_INTERNAL, "out of memory");
	if (wanted->pause || wanted->resume)
		channel->paused = wanted->pause;

	return ask_records(wanted, channel);
}

/* ---- The tree ------------------------------------------------------------------------------ */

/* A channel with nothing in it yet, or @last with another bundle to come. */
static struct pw_channel *next_channel(const char *name, struct pw_channel *last)
{
	_cleanup_(pw_arena_freep) struct pw_arena *arena = pw_arena_new();
	struct pw_channel *next = arena ? pw_arena_array(arena, 1, sizeof(*next)) : NULL;

	if (!next)
		return NULL;
	if (last)
		*next = (struct pw_channel){.sequence = last->sequence, .tags = last->tags,
					    .paused = last->paused};
	next->channel = name;
	next->share = PW_SHARE_ALL;
	next->since = time(NULL);
	next->arena = TAKE_PTR(arena);

	return next;
}

static int add_bundle(int dir, const char *file, struct pw_channel *channel, struct pw_diag *diag)
{
	_cleanup_free_ char *der = NULL;
	size_t length;
	int r = pw_file_read(AT_FDCWD, file, PW_BUNDLE_BYTES_MAX, &der, &length);

	if (r < 0) {
		pw_diag_add(diag, PW_DIAG_ERROR, NULL, "cannot read %s: %s", file, strerror(-r));
		return r;
	}

	return pw_tree_add(dir, file, der, length, channel, diag);
}

static void print_channel(const struct pw_channel *channel)
{
	printf("%s: %s version %" PRIu64 ", ", channel->channel, channel->bundle,
	       channel->version);
	if (channel->paused)
		printf("paused");
	else if (channel->canaries.n)
		printf("for %zu canaries, held for %" PRIu64 " s", channel->canaries.n,
		       channel->hold_s);
	else
		printf("for %" PRIu64 ".%02" PRIu64 " %%", channel->share / 100,
		       channel->share % 100);
	for (size_t i = 0; i < channel->tags.n; i++)
		printf("%s%s", i ? ", " : " of those with ", channel->tags.list[i]);
	putchar('\n');
}

static int publish_in(int dir, const struct wanted *wanted)
{
	_cleanup_(pw_channel_freep) struct pw_channel *last = NULL, *next = NULL;
	struct pw_channel *channel;
	struct pw_diag diag = {};
	int r, code;

	r = pw_tree_read(dir, wanted->channel, &last, &diag);
	if (r && r != -ENOENT)
		return finish(wanted->channel, r, &diag);
	if (!last && !wanted->bundle)
		return pw_fail(PW_EXIT_NO, "there is no channel '%s': publish a bundle in it",
			       wanted->channel);
	next = wanted->bundle ? next_channel(wanted->channel, last) : NULL;
	channel = next ?: last;
	if (wanted->bundle && !next)
		return pw_fail(PW_EXIT_INTERNAL, "out of memory");
	r = wanted->bundle ? add_bundle(dir, wanted->bundle, next, &diag) : 0;
	if (!r)
		r = pw_tree_follows(channel, last, &diag);
	if (r)
		return finish(wanted->directory, r, &diag);
	code = change(wanted, channel);
	if (code != PW_EXIT_YES)
		return code;
	code = finish(wanted->directory, pw_tree_write(dir, channel), &diag);
	if (code == PW_EXIT_YES)
		print_channel(channel);

	return pw_flush(code);
}

static int publish(const struct wanted *wanted)
{
	_cleanup_close_ int dir = -EBADF;

	if (!pw_channel_is_name(wanted->channel))
		return pw_fail(PW_EXIT_USAGE, "the name of a channel has letters, digits, '-' and '_': "
			       "%s", wanted->channel);
	if (mkdir(wanted->directory, 0755) < 0 && errno != EEXIST)
		return pw_fail(PW_EXIT_INTERNAL, "%s: %s", wanted->directory, strerror(errno));
	dir = open(wanted->directory, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (dir < 0)
		return pw_fail(PW_EXIT_INTERNAL, "%s: %s", wanted->directory, strerror(errno));

	return publish_in(dir, wanted);
}

static bool take_option(int option, struct wanted *wanted)
{
	switch (option) {
	case 'c':
		wanted->channel = optarg;
		return true;
	case 'p':
		wanted->percent = optarg;
		return true;
	case 't':
		wanted->tags = optarg;
		return true;
	case 'n':
		wanted->canaries = optarg;
		return true;
	case 'N':
		wanted->canary = optarg;
		return true;
	case 'l':
		wanted->hold = optarg;
		return true;
	case 'f':
		wanted->refusals = optarg;
		return true;
	case 'F':
		if (wanted->from[1])
			return false;
		wanted->from[wanted->from[0] != NULL] = optarg;
		return true;
	case 'C':
		wanted->ca = optarg;
		return true;
	case 'A':
		return wanted->advance = true;
	case 'P':
		return wanted->pause = true;
	case 'R':
		return wanted->resume = true;
	default:
		return false;
	}
}

/* Who asks the consoles says where and whom to believe; nobody does two things that are one another's end. */
static bool is_sensible(const struct wanted *wanted)
{
	const bool asks = wanted->canary || wanted->advance;

	return asks == (wanted->from[0] && wanted->ca) && !(wanted->canary && wanted->canaries) &&
	       !(wanted->advance && (wanted->canary || wanted->canaries)) &&
	       !(wanted->pause && wanted->resume);
}

int pw_cmd_publish(const struct pw_command *self, int argc, char **argv)
{
	static const struct option options[] = {
		{ "channel", required_argument, NULL, 'c' },
		{ "percent", required_argument, NULL, 'p' },
		{ "tags", required_argument, NULL, 't' },
		{ "canaries", required_argument, NULL, 'n' },
		{ "hold", required_argument, NULL, 'l' },
		{ "canary", required_argument, NULL, 'N' },
		{ "refusals", required_argument, NULL, 'f' },
		{ "from", required_argument, NULL, 'F' },
		{ "ca", required_argument, NULL, 'C' },
		{ "advance", no_argument, NULL, 'A' },
		{ "pause", no_argument, NULL, 'P' },
		{ "resume", no_argument, NULL, 'R' },
		{ "help", no_argument, NULL, 'h' },
		{ 0 },
	};
	struct wanted wanted = {};
	int option;

	while ((option = getopt_long(argc, argv, "h", options, NULL)) != -1)
		if (!take_option(option, &wanted))
			return pw_usage(self, option);
	if (!wanted.channel || argc - optind < 1 || argc - optind > 2 || !is_sensible(&wanted))
		return pw_usage(self, '?');
	wanted.directory = argv[optind];
	wanted.bundle = argv[optind + 1];

	return publish(&wanted);
}
