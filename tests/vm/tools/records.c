// SPDX-License-Identifier: BSD-2-Clause
/*
 * What tests ask phiward's log, in one program, as a shell that forks costs more under emulation
 * than the question. Everything so far is in the log when it looks; nothing is refused when the
 * daemon does not answer. MARK is a file with what `mark` has printed; when it is not there,
 * everything in the log counts as later.
 *
 *     records mark                                where the log ends
 *     records print MARK [CONDITION...]           the records since then that meet all conditions, a line each
 *     records has MARK [CONDITION...]             whether there is one
 *     records await MARK SECONDS CONDITION...     waits until there is one for each group of conditions,
 *             [-- CONDITION...]...                which `--` ends; prints the groups that found none
 *
 * CONDITION: KEY=VALUE or KEY~REGEX (extended) of a record's member: of texts without their
 * quotes, of others as JSON. Exit code: 0, 1 when there is none, 2 for what it cannot do.
 */
#include <dirent.h>
#include <errno.h>
#include <json-c/json.h>
#include <regex.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "control.h"

#define LOG_DIR "/var/log/phiward"
#define LOG_OPEN "audit.log"
#define CHECKPOINT "{\"schema\":1,\"checkpoint\":"
#define LOOKS_A_SECOND 20

struct condition {
	const char *text;
	char *key;
	char *quoted;		/* "KEY": */
	const char *value;
	bool exact;
	regex_t regex;
};

struct group {
	struct condition *conditions;
	size_t n;
	bool met;
};

/* In the order of their numbers; the open one is not among them. */
struct segments {
	char **names;
	int n;
};

struct mark {
	unsigned long number;	/* of the segment */
	unsigned long bytes;	/* of it that are before the mark */
};

static void die(const char *what)
{
	perror(what);
	exit(2);
}

static void *have(void *memory)
{
	if (!memory)
		die("memory");
	return memory;
}

/* ---- The log -------------------------------------------------------------------------------- */

/* Who does not answer has nothing to write. */
static void drain(void)
{
	control("{\"command\":\"drain\"}", -1);
}

static unsigned long number_of(const char *name)
{
	return strtoul(name + strlen("audit-"), NULL, 10);
}

static bool ends_in(const char *name, const char *end)
{
	size_t n = strlen(name), length = strlen(end);

	return n >= length && !strcmp(name + n - length, end);
}

static int is_segment(const struct dirent *entry)
{
	return !strncmp(entry->d_name, "audit-", strlen("audit-")) &&
	       (ends_in(entry->d_name, ".log") || ends_in(entry->d_name, ".log.zst"));
}

static int by_number(const struct dirent **a, const struct dirent **b)
{
	unsigned long one = number_of((*a)->d_name), other = number_of((*b)->d_name);

	return one == other ? strcmp((*a)->d_name, (*b)->d_name) : one < other ? -1 : 1;
}

static struct segments list(void)
{
	struct segments ret = {};
	struct dirent **entries = NULL;
	int n = scandir(LOG_DIR, &entries, is_segment, by_number);

	if (n < 0 && errno != ENOENT)
		die(LOG_DIR);
	ret.names = have(calloc((size_t)(n > 0 ? n : 0) + 1, sizeof(*ret.names)));
	for (int i = 0; i < n; i++) {
		/* While one is compressed, it is there twice. */
		if (ret.n == 0 || number_of(ret.names[ret.n - 1]) != number_of(entries[i]->d_name))
			ret.names[ret.n++] = have(strdup(entries[i]->d_name));
		free(entries[i]);
	}
	free(entries);

	return ret;
}

static void forget(struct segments *segments)
{
	for (int i = 0; i < segments->n; i++)
		free(segments->names[i]);
	free(segments->names);
}

static unsigned long open_number(const struct segments *segments)
{
	return segments->n > 0 ? number_of(segments->names[segments->n - 1]) + 1 : 1;
}

/* NULL: it is not there any more. */
static FILE *open_segment(const char *name, bool *ret_piped)
{
	char path[512], command[sizeof(path) + 16];
	FILE *f;

	snprintf(path, sizeof(path), LOG_DIR "/%s", name);
	*ret_piped = ends_in(name, ".zst");
	if (*ret_piped && access(path, R_OK) == 0) {
		snprintf(command, sizeof(command), "zstd -dcq %s", path);
		f = popen(command, "re");
	} else {
		f = *ret_piped ? NULL : fopen(path, "re");
	}
	if (!f && errno != ENOENT)
		die(path);

	return f;
}

/* Calls @each for every record of @name behind so many bytes. False: read the log again. */
static bool read_segment(const char *name, unsigned long skip, void (*each)(char *line, void *arg),
			 void *arg)
{
	char *line = NULL;
	size_t room = 0;
	ssize_t n;
	bool piped;
	FILE *f = open_segment(name, &piped);

	if (!f)
		return !strcmp(name, LOG_OPEN);
	for (; skip > 0 && getc(f) != EOF; skip--)
		;
	while ((n = getline(&line, &room, f)) > 0) {
		if (line[n - 1] == '\n')
			line[n - 1] = '\0';
		if (strncmp(line, CHECKPOINT, strlen(CHECKPOINT)))
			each(line, arg);
	}
	free(line);

	return piped ? pclose(f) == 0 : fclose(f) == 0;
}

/* The same for the log since @from, the oldest first. */
static bool read_log(const struct mark *from, void (*each)(char *line, void *arg), void *arg)
{
	struct segments before = list(), after;
	unsigned long number;
	bool whole = true;

	for (int i = 0; whole && i < before.n; i++) {
		number = number_of(before.names[i]);
		if (number >= from->number)
			whole = read_segment(before.names[i], number == from->number ? from->bytes : 0,
					     each, arg);
	}
	if (whole)
		whole = read_segment(LOG_OPEN, open_number(&before) == from->number ? from->bytes : 0,
				     each, arg);
	after = list();
	whole = whole && open_number(&after) == open_number(&before);
	forget(&before);
	forget(&after);

	return whole;
}

static struct mark read_mark(const char *path)
{
	struct mark ret = {};
	FILE *f = fopen(path, "re");

	if (!f && errno == ENOENT)
		return ret;
	if (!f || fscanf(f, "%lu %lu", &ret.number, &ret.bytes) != 2)
		die(path);
	fclose(f);

	return ret;
}

static void print_mark(void)
{
	struct segments segments = list();
	struct stat st = {};

	if (stat(LOG_DIR "/" LOG_OPEN, &st) < 0 && errno != ENOENT)
		die(LOG_OPEN);
	printf("%lu %lld\n", open_number(&segments), (long long)st.st_size);
	forget(&segments);
}

/* ---- Conditions ----------------------------------------------------------------------------- */

static void parse(struct condition *ret, const char *text)
{
	size_t at = strcspn(text, "=~");

	if (!text[at]) {
		fprintf(stderr, "records: %s is not KEY=VALUE or KEY~REGEX\n", text);
		exit(2);
	}
	*ret = (struct condition){.text = text, .value = text + at + 1, .exact = text[at] == '='};
	ret->key = have(strndup(text, at));
	if (asprintf(&ret->quoted, "\"%s\":", ret->key) < 0)
		die("memory");
	if (!ret->exact && regcomp(&ret->regex, ret->value, REG_EXTENDED | REG_NOSUB)) {
		fprintf(stderr, "records: %s is no regular expression\n", ret->value);
		exit(2);
	}
}

static size_t parse_groups(char **texts, struct group **ret)
{
	size_t n = 1;

	for (char **text = texts; *text; text++)
		n += !strcmp(*text, "--");
	*ret = have(calloc(n, sizeof(**ret)));
	for (size_t i = 0; i < n; i++) {
		struct group *group = &(*ret)[i];
		size_t conditions = 0;

		while (texts[conditions] && strcmp(texts[conditions], "--"))
			conditions++;
		group->conditions = have(calloc(conditions + 1, sizeof(*group->conditions)));
		for (; group->n < conditions; group->n++)
			parse(&group->conditions[group->n], texts[group->n]);
		texts += conditions + 1;
	}

	return n;
}

static bool meets(json_object *record, const struct condition *condition)
{
	json_object *value;
	const char *text;

	if (!json_object_object_get_ex(record, condition->key, &value))
		return false;
	text = json_object_is_type(value, json_type_string) ?
		       json_object_get_string(value) :
		       json_object_to_json_string_ext(value, JSON_C_TO_STRING_PLAIN |
							     JSON_C_TO_STRING_NOSLASHESCAPE);

	return condition->exact ? !strcmp(text, condition->value) :
				  !regexec(&condition->regex, text, 0, NULL, 0);
}

/* Most lines lack a key, and need not be parsed for that. */
static bool meets_all(const char *line, const struct group *group)
{
	json_object *record;
	bool ret = true;

	for (size_t i = 0; i < group->n; i++)
		if (!strstr(line, group->conditions[i].quoted))
			return false;
	if (group->n == 0)
		return true;
	record = json_tokener_parse(line);
	for (size_t i = 0; record && ret && i < group->n; i++)
		ret = meets(record, &group->conditions[i]);
	ret = ret && record;
	json_object_put(record);

	return ret;
}

/* ---- Commands ------------------------------------------------------------------------------- */

struct printing {
	const struct group *group;
	FILE *to;
	size_t n;
};

static void print_one(char *line, void *arg)
{
	struct printing *printing = arg;

	if (meets_all(line, printing->group)) {
		fprintf(printing->to, "%s\n", line);
		printing->n++;
	}
}

/* How many there are. */
static size_t print_records(const char *mark, const struct group *group, bool quiet)
{
	struct mark from = read_mark(mark);
	struct printing printing;
	char *text = NULL;
	size_t size = 0;
	bool whole = false;

	while (!whole) {
		free(text);
		printing = (struct printing){.group = group,
					     .to = have(open_memstream(&text, &size))};
		whole = read_log(&from, print_one, &printing);
		if (fclose(printing.to))
			die("memory");
	}
	if (!quiet)
		fwrite(text, 1, size, stdout);
	free(text);

	return printing.n;
}

struct groups {
	struct group *groups;
	size_t n;
};

static void meet_one(char *line, void *arg)
{
	struct groups *all = arg;

	for (size_t i = 0; i < all->n; i++)
		all->groups[i].met = all->groups[i].met || meets_all(line, &all->groups[i]);
}

static bool await(const char *mark, unsigned long seconds, struct groups *all)
{
	struct mark from = read_mark(mark);
	const struct timespec pause = {.tv_nsec = 1000000000 / LOOKS_A_SECOND};
	bool met = false;

	for (unsigned long looks = 0; !met && looks <= seconds * LOOKS_A_SECOND; looks++) {
		if (looks > 0)
			nanosleep(&pause, NULL);
		drain();
		while (!read_log(&from, meet_one, all))
			;
		met = true;
		for (size_t i = 0; i < all->n; i++)
			met = met && all->groups[i].met;
	}
	for (size_t i = 0; i < all->n; i++) {
		if (all->groups[i].met)
			continue;
		for (size_t j = 0; j < all->groups[i].n; j++)
			printf("%s%c", all->groups[i].conditions[j].text,
			       j + 1 < all->groups[i].n ? ' ' : '\n');
	}

	return met;
}

int main(int argc, char **argv)
{
	const char *command = argc > 1 ? argv[1] : "";
	struct groups all = {};

	if (!strcmp(command, "mark") && argc == 2) {
		drain();
		print_mark();
	} else if ((!strcmp(command, "print") || !strcmp(command, "has")) && argc > 2) {
		bool quiet = !strcmp(command, "has");

		parse_groups(argv + 3, &all.groups);
		drain();
		if (print_records(argv[2], all.groups, quiet) == 0 && quiet)
			return 1;
	} else if (!strcmp(command, "await") && argc > 4) {
		all.n = parse_groups(argv + 4, &all.groups);
		return !await(argv[2], strtoul(argv[3], NULL, 10), &all);
	} else {
		fprintf(stderr, "usage: records mark | print MARK [CONDITION...] | has MARK [CONDITION...] |\n"
				"       await MARK SECONDS CONDITION... [-- CONDITION...]...\n");
		return 2;
	}

	return fflush(stdout) ? 2 : 0;
}
