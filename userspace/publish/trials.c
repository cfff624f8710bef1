// SPDX-License-Identifier: BSD-2-Clause
#include "publish/trials.h"

#include <arpa/inet.h>
#include <errno.h>
#include <stdlib.h>

#include "common/cleanup.h"
#include "common/text.h"
#include "common/words.h"
#include "policy/parse.h"

/* ---- In words ---------------------------------------------------------------------------- */

static void print_ends(FILE *to, const struct pw_trial *trial)
{
	const char *proto = pw_word_name(&pw_words_proto, trial->proto);
	char text[INET6_ADDRSTRLEN] = "";

	if (trial->peer.family)
		inet_ntop(trial->peer.family == 4 ? AF_INET : AF_INET6, trial->peer.addr, text,
			  sizeof(text));
	if (trial->action == PW_ACTION_CONNECT)
		fprintf(to, "to %s, %s port %u", text, proto, trial->port);
	else
		fprintf(to, "on %s port %u%s%s", proto, trial->port, *text ? " from " : "", text);
}

static void print_request(FILE *to, const struct pw_policy *policy,
			  const struct pw_trial *trial)
{
	const char *object = trial->object == PW_CASE_NO_OBJECT ?
				     NULL : policy->objects[trial->object].name;

	if (trial->port) {
		print_ends(to, trial);
	} else if (trial->path) {
		pw_text_print(to, trial->path);
		if (object)
			fprintf(to, " of %s", object);
	} else {
		fputs(object, to);
	}
}

/* By which line of the policy, or why. */
static void print_decision(FILE *to, const struct pw_policy *policy,
			   const struct pw_judgement *judgement)
{
	const struct pw_position *at;

	if (judgement->rule) {
		at = &policy->rules[judgement->rule - 1].at;
		fputs(": ", to);
		pw_text_print(to, at->file);
		fprintf(to, ":%u", at->line);
	} else if (judgement->answer.reason != PW_REASON_RULE) {
		fprintf(to, ": %s", pw_word_name(&pw_words_reason, judgement->answer.reason));
	}
}

void pw_trial_print(FILE *to, const struct pw_policy *policy, const struct pw_trial *trial,
		    const struct pw_judgement *judgement)
{
	bool may = judgement->answer.verdict == PW_VERDICT_ALLOW;

	if (trial->program) {
		pw_text_print(to, trial->program);
		fputs(", ", to);
	}
	fprintf(to, "%s %s %s ", pw_subject_name(policy, trial->subject), may ? "may" : "may not",
		pw_word_name(&pw_words_action, trial->action));
	print_request(to, policy, trial);
	print_decision(to, policy, judgement);
}

/* ---- Of a bundle ------------------------------------------------------------------------- */

static void report(const struct pw_policy *policy, const struct pw_trial *trial,
		   const struct pw_judgement *judgement, struct pw_diag *diag)
{
	_cleanup_free_ char *text = NULL;
	size_t size;
	FILE *to = open_memstream(&text, &size);

	if (to)
		pw_trial_print(to, policy, trial, judgement);
	if (!to || fclose(to))
		return pw_diag_add(diag, PW_DIAG_ERROR, &trial->at, "this test case does not hold");
	pw_diag_add(diag, PW_DIAG_ERROR, &trial->at, "this test case does not hold: %s", text);
}

static int try_cases(const struct pw_judge *judge, const struct pw_policy *policy,
		     const struct pw_bundle_file *file, struct pw_diag *diag)
{
	const struct pw_source source = {.name = (char *)file->name, .text = file->text,
					 .length = file->length};
	_cleanup_(pw_cases_freep) struct pw_cases *cases = NULL;
	size_t i;
	int r = pw_cases_parse(&source, policy, &cases, diag);

	for (i = 0; !r && i < cases->n; i++) {
		const struct pw_judgement judgement = pw_judge_trial(judge, &cases->trials[i]);

		if (!pw_trial_holds(&cases->trials[i], &judgement))
			report(policy, &cases->trials[i], &judgement, diag);
	}

	return r;
}

int pw_bundle_policy(const struct pw_bundle *bundle, struct pw_policy **ret, struct pw_diag *diag)
{
	_cleanup_(pw_policy_freep) struct pw_policy *policy = NULL;
	_cleanup_(pw_judge_closep) struct pw_judge *judge = NULL;
	_cleanup_free_ struct pw_source *sources = NULL;
	size_t errors = diag->errors, n, i;
	struct pw_diag once = {};
	int r = pw_bundle_sources(bundle, &sources, &n);

	if (!r)
		r = pw_policy_parse(sources, n, &policy, diag);
	/* Its warnings come again with the apply. */
	if (!r)
		r = pw_judge_open(policy, &judge, &once);
	if (r == -EINVAL || r == -E2BIG)
		pw_diag_add_errors(diag, &once);
	pw_diag_done(&once);
	for (i = 0; !r && i < bundle->nfiles; i++)
		if (bundle->files[i].role == PW_BUNDLE_CASES)
			r = try_cases(judge, policy, &bundle->files[i], diag);
	if (!r && diag->errors > errors)
		r = -EINVAL;
	if (!r)
		*ret = TAKE_PTR(policy);

	return r;
}
