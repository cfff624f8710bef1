// SPDX-License-Identifier: BSD-2-Clause
/*
 * Every tests/golden/NAME.yaml against NAME.expect: what the compiler says of it
 * and, where it is a policy, everything that was understood. Speaks TAP by
 * itself; NAME that begins with `site-` is a site's file over VENDOR. `--write` makes the expectations anew, to be read before they are kept.
 */
#include <fcntl.h>
#include <glob.h>
#include <string.h>
#include <unistd.h>

#include "common/cleanup.h"
#include "common/file.h"
#include "common/text.h"
#include "common/words.h"
#include "policy/lint.h"
#include "policy/netcompile.h"
#include "policy/parse.h"

#define DIRECTORY "tests/golden"
#define VENDOR "layers/vendor.yaml"
#define EXPECT_MAX (1U << 20)
#define FIRST_LINE "# SPDX-License-Identifier: BSD-2-Clause\n"

static const char *subject_name(const struct pw_policy *policy, size_t index)
{
	static const char *const words[] = {"others", "init", "login", "anyone"};
	size_t word = PW_SUBJECT_INDEX_OTHERS - index;

	return word < PW_ARRAY_SIZE(words) ? words[word] : policy->subjects[index].name;
}

static void dump_subjects(FILE *to, const char *key, const struct pw_policy *policy,
			  const struct pw_subject_list *list)
{
	size_t i;

	for (i = 0; i < list->n; i++)
		fprintf(to, "%s%s", i ? ", " : key, subject_name(policy, list->index[i]));
	fputs(list->n ? "\n" : "", to);
}

static void dump_paths(FILE *to, const char *key, const struct pw_path *paths, size_t n)
{
	size_t i;

	for (i = 0; i < n; i++)
		fprintf(to, "  %s %s%s at %u:%u\n", key, paths[i].path, paths[i].below ? "/" : "",
			paths[i].at.line, paths[i].at.column);
}

static void dump_bits(FILE *to, const char *key, const struct pw_words *words, uint32_t bits)
{
	unsigned int i;

	if (!bits)
		return;
	fprintf(to, "%s", key);
	for (i = 0; i < 32; i++)
		if (bits & (1U << i))
			fprintf(to, " %s", pw_word_name(words, i + 1));
	fputc('\n', to);
}

static void dump_glass(FILE *to, const struct pw_policy *policy, enum pw_glass_kind kind)
{
	const struct pw_glass_policy *glass = &policy->glass[kind];
	size_t i;

	if (!glass->given)
		return;
	fprintf(to, "%s at %u:%u: longest %lu ms\n", pw_glass_names[kind], glass->at.line,
		glass->at.column, (unsigned long)glass->longest_ms);
	if (glass->tokens)
		fprintf(to, "  tokens\n");
	for (i = 0; i < glass->nusers; i++)
		fprintf(to, "  user %s at %u:%u\n", glass->users[i].name, glass->users[i].at.line,
			glass->users[i].at.column);
	for (i = 0; i < glass->ngroups; i++)
		fprintf(to, "  group %s at %u:%u\n", glass->groups[i].name,
			glass->groups[i].at.line, glass->groups[i].at.column);
	dump_subjects(to, "  subjects ", policy, &glass->subjects);
	for (i = 0; i < glass->nobjects; i++)
		fprintf(to, "  object %s\n", policy->objects[glass->objects[i]].name);
}

static void dump_object(FILE *to, const struct pw_object_policy *o)
{
	size_t i;

	fprintf(to, "object %s at %u:%u: audit %s, on_audit_loss %s, mode %s%s%s\n", o->name,
		o->at.line, o->at.column, pw_word_name(&pw_words_audit, o->audit),
		pw_word_name(&pw_words_on_loss, o->on_loss), pw_word_name(&pw_words_mode, o->mode),
		o->removable ? ", removable" : "", o->path_digest ? ", path digest" : "");
	dump_paths(to, "path", o->paths, o->npaths);
	for (i = 0; i < o->nvolumes; i++)
		fprintf(to, "  volume %s %s\n",
			o->volumes[i].kind == PW_VOLUME_UUID ? "UUID" : "LABEL",
			o->volumes[i].value);
}

static void dump_ports(FILE *to, const char *key, const struct pw_ports *ports, size_t n)
{
	size_t i;

	for (i = 0; i < n; i++)
		fprintf(to, "%s%u-%u", i ? "," : key, ports[i].low, ports[i].high);
}

static void dump_prefixes(FILE *to, const char *key, const struct pw_prefix *list, size_t n)
{
	size_t i, j;

	for (i = 0; i < n; i++) {
		fprintf(to, "    %s v%u ", key, list[i].family);
		for (j = 0; j < (list[i].family == 4 ? 4 : 16); j++)
			fprintf(to, "%02x", list[i].addr[j]);
		fprintf(to, "/%u%s%s\n", list[i].length, list[i].peer ? " " : "",
			list[i].peer ?: "");
	}
}

static void dump_rule(FILE *to, const struct pw_policy *policy, const struct pw_net_rule *r)
{
	size_t i;

	fprintf(to, "  rule %u at %u:%u: %s", r->number, r->at.line, r->at.column,
		r->direction ? pw_word_name(&pw_words_direction, r->direction) : "raw");
	dump_ports(to, " tcp ", r->tcp, r->ntcp);
	dump_ports(to, " udp ", r->udp, r->nudp);
	fprintf(to, "%s%s\n", r->unix_any ? " unix any" : "", r->netns_any ? " netns any" : "");
	for (i = 0; i < r->nunix_paths; i++)
		fprintf(to, "    unix %s\n", r->unix_paths[i]);
	for (i = 0; i < r->nunix_abstract; i++)
		fprintf(to, "    unix @%s\n", r->unix_abstract[i]);
	dump_prefixes(to, "peer", r->peers, r->npeers);
	dump_prefixes(to, "answers", r->answers, r->nanswers);
	dump_subjects(to, "    local ", policy, &r->local);
	dump_bits(to, "    raw", &pw_words_raw, r->raw);
}

static void dump_subject(FILE *to, const struct pw_policy *policy,
			 const struct pw_subject_policy *s)
{
	size_t i;

	fprintf(to, "subject %s at %u:%u: mode %s%s%s%s%s%s%s%s\n", s->name, s->at.line, s->at.column,
		pw_word_name(&pw_words_mode, s->mode), s->helpers_any ? ", any helper" : "",
		s->writes_tty ? ", tty" : "", s->writes_pipe ? ", pipe" : "",
		s->never_block ? ", never blocked" : "", s->reads ? ", reads" : "",
		s->updates ? ", updates" : "", s->says_who ? ", says who" : "");
	dump_paths(to, "exec", s->exec, s->nexec);
	dump_paths(to, "helper", s->helpers, s->nhelpers);
	dump_subjects(to, "  started by ", policy, &s->started_by);
	dump_subjects(to, "  says who for ", policy, &s->says_for);
	for (i = 0; i < s->nusers; i++)
		fprintf(to, "  user %s\n", s->users[i].name);
	for (i = 0; i < s->naccess; i++) {
		fprintf(to, "  rule %u at %u:%u: %s", s->access[i].number, s->access[i].at.line,
			s->access[i].at.column, policy->objects[s->access[i].object].name);
		if (s->access[i].folded)
			fprintf(to, ", folded at %u:%u", s->access[i].folded_at.line,
				s->access[i].folded_at.column);
		dump_bits(to, "", &pw_words_action, s->access[i].actions);
	}
	dump_paths(to, "writes", s->writes, s->nwrites);
	if (!s->code_default)
		dump_paths(to, "code", s->code, s->ncode);
	if (!s->code_default && !s->ncode)
		fputs("  code none\n", to);
	dump_paths(to, "protect", s->protect, s->nprotect);
	dump_bits(to, "  system", &pw_words_system, s->system);
	for (i = 0; i < s->nnetwork; i++)
		dump_rule(to, policy, &s->network[i]);
}

static void dump(FILE *to, const struct pw_policy *policy)
{
	static const char *const others[] = {"invalid", "deny", "loopback", "allow", "rules"};
	char digest[2 * PW_DIGEST_LEN + 1];
	size_t i;

	pw_text_hex(digest, policy->digest, PW_DIGEST_LEN);
	fprintf(to, "policy %s version %lu mode %s", policy->name, (unsigned long)policy->version,
		pw_word_name(&pw_words_mode, policy->mode));
	if (policy->rescue != PW_RESCUE_OFF)
		fprintf(to, ", rescue %s", pw_word_name(&pw_words_rescue, policy->rescue));
	fputs(policy->sealed ? ", sealed\n" : "\n", to);
	fprintf(to, "digest %s\n", digest);
	if (memcmp(&policy->log, &pw_log_default, sizeof(policy->log)) != 0)
		fprintf(to, "log: flush %lu ms, segment %lu bytes, age %lu ms, keep %lu ms, warn_free %lu%%\n",
			(unsigned long)policy->log.flush_ms, (unsigned long)policy->log.segment_bytes,
			(unsigned long)policy->log.age_ms, (unsigned long)policy->log.keep_ms,
			(unsigned long)policy->log.warn_free);
	for (int kind = 0; kind < PW_GLASS_KINDS; kind++)
		dump_glass(to, policy, kind);
	for (i = 0; i < policy->nsources; i++)
		fprintf(to, "source %s\n", policy->sources[i].name);
	for (i = 0; i < policy->nobjects; i++)
		dump_object(to, &policy->objects[i]);
	for (i = 0; i < policy->nsubjects; i++)
		dump_subject(to, policy, &policy->subjects[i]);
	fprintf(to, "others: %s%s\n", others[policy->others_network],
		policy->others_loopback ? " and loopback" : "");
	for (i = 0; i < policy->nothers_rules; i++)
		dump_rule(to, policy, &policy->others_rules[i]);
	fprintf(to, "rules %zu\n", policy->nrules);
}

/* What the compiler says of @file, as text. */
static char *judge(const char *file)
{
	_cleanup_(pw_policy_freep) struct pw_policy *policy = NULL;
	struct pw_net_tables tables = {};
	struct pw_diag diag = {};
	char *text = NULL;
	size_t size;
	FILE *to = open_memstream(&text, &size);

	if (!to)
		return NULL;
	if (!(pw_text_begins(file, "site-") ? pw_policy_read_for_site(VENDOR, file, &policy, &diag) :
					      pw_policy_read(file, &policy, &diag))) {
		pw_policy_lint(policy, 0, &diag);
		if (!pw_net_compile(policy, &tables, &diag))
			pw_net_tables_done(&tables);
	}
	fputs(FIRST_LINE, to);
	pw_diag_print(&diag, to);
	if (policy && !diag.errors)
		dump(to, policy);
	pw_diag_done(&diag);
	if (fclose(to)) {
		free(text);
		return NULL;
	}

	return text;
}

static char *expect_name(const char *file)
{
	char *name = NULL;

	if (asprintf(&name, "%.*s.expect", (int)(strlen(file) - strlen(".yaml")), file) < 0)
		return NULL;

	return name;
}

static bool compare(const char *file)
{
	_cleanup_free_ char *got = judge(file), *name = expect_name(file), *expected = NULL;
	size_t length;

	if (!got || !name || pw_file_read(AT_FDCWD, name, EXPECT_MAX, &expected, &length) < 0) {
		printf("# %s cannot be read\n", name ?: file);
		return false;
	}
	if (strcmp(got, expected))
		printf("# expected:\n%s# got:\n%s", expected, got);

	return !strcmp(got, expected);
}

static bool write_anew(const char *file)
{
	_cleanup_free_ char *got = judge(file), *name = expect_name(file);
	_cleanup_fclose_ FILE *to = name ? fopen(name, "we") : NULL;

	return got && to && fputs(got, to) >= 0;
}

int main(int argc, char **argv)
{
	bool anew = argc > 1 && !strcmp(argv[1], "--write"), ok, all = true;
	glob_t files;
	size_t i;

	if (chdir(DIRECTORY) < 0 || glob("*.yaml", 0, NULL, &files)) {
		printf("Bail out! no %s here\n", DIRECTORY);
		return 1;
	}
	printf("1..%zu\n", files.gl_pathc);
	for (i = 0; i < files.gl_pathc; i++) {
		ok = anew ? write_anew(files.gl_pathv[i]) : compare(files.gl_pathv[i]);
		printf("%sok %zu - %s\n", ok ? "" : "not ", i + 1, files.gl_pathv[i]);
		all &= ok;
	}
	globfree(&files);

	return all ? 0 : 1;
}
