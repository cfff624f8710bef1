// SPDX-License-Identifier: BSD-2-Clause
#include "daemon/foresee.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "common/cleanup.h"
#include "common/json.h"
#include "common/words.h"
#include "daemon/answer.h"
#include "daemon/daemon.h"
#include "publish/trials.h"

/* The subject in the policy, by the name of what the kernel calls it. */
static size_t index_of(const struct pw_daemon *daemon, uint32_t subject)
{
	const struct pw_catalog *catalog = pw_ward_catalog(daemon->ward);
	const struct pw_policy *policy = pw_ward_policy(daemon->ward);
	const char *name = subject < PW_SUBJECT_IDS ? catalog->subjects[subject] : NULL;

	for (size_t i = 0; name && i < policy->nsubjects; i++)
		if (!strcmp(policy->subjects[i].name, name))
			return i;

	return PW_SUBJECT_INDEX_OTHERS;
}

static int subject_of(struct pw_daemon *daemon, uint64_t pid, size_t *ret)
{
	_cleanup_close_ int pidfd = -1;
	uint32_t subject;
	int r;

	if (pid == 0 || pid > INT32_MAX)
		return -ESRCH;
	pidfd = (int)syscall(SYS_pidfd_open, (pid_t)pid, 0);
	if (pidfd < 0)
		return -errno;
	r = pw_kernel_subject_of(pw_ward_kernel(daemon->ward), pidfd, &subject);
	if (!r)
		*ret = pid == 1 ? PW_SUBJECT_INDEX_INIT : index_of(daemon, subject);

	return r;
}

/* Tries one thing, adds a line, and says whether it may. */
static bool foresee(const struct pw_judge *judge, const struct pw_policy *policy,
		    const struct pw_trial *trial, json_object *lines)
{
	const struct pw_judgement judgement = pw_judge_trial(judge, trial);
	_cleanup_free_ char *text = NULL;
	size_t size;
	FILE *to = open_memstream(&text, &size);

	if (to) {
		pw_trial_print(to, policy, trial, &judgement);
		if (!fclose(to))
			pw_json_append(lines, json_object_new_string(text));
	}

	return judgement.answer.verdict == PW_VERDICT_ALLOW;
}

/* The first of them decides the exit code: reading. */
static bool foresee_file(const struct pw_judge *judge, const struct pw_policy *policy,
			 size_t subject, const char *path, json_object *lines)
{
	struct pw_trial trial = {.subject = subject, .path = path,
				 .object = pw_policy_object_at(policy, path)};
	bool may = false;

	for (trial.action = 1; trial.action < PW_ACTION_FILES_END; trial.action++) {
		if (trial.action == PW_ACTION_READ)
			may = foresee(judge, policy, &trial, lines);
		else
			foresee(judge, policy, &trial, lines);
	}

	return may;
}

/* Both protocols. */
static bool foresee_peer(const struct pw_judge *judge, const struct pw_policy *policy,
			 size_t subject, const struct pw_prefix *peer, uint16_t port,
			 json_object *lines)
{
	struct pw_trial trial = {.subject = subject, .action = PW_ACTION_CONNECT,
				 .proto = PW_PROTO_TCP, .port = port, .peer = *peer,
				 .object = PW_CASE_NO_OBJECT};
	bool may = foresee(judge, policy, &trial, lines);

	trial.proto = PW_PROTO_UDP;
	foresee(judge, policy, &trial, lines);

	return may;
}

static json_object *answer(const struct pw_judge *judge, const struct pw_policy *policy,
			   size_t subject, json_object *request)
{
	json_object *lines = json_object_new_array(), *foreseen = json_object_new_object();
	const char *path, *addr, *why;
	struct pw_prefix peer;
	uint64_t port;
	bool may;

	if (pw_json_string(request, "path", &path)) {
		may = foresee_file(judge, policy, subject, path, lines);
	} else if (pw_json_string(request, "addr", &addr) &&
		   pw_json_u64(request, "port", &port) && port >= 1 && port <= UINT16_MAX &&
		   !pw_prefix_parse(addr, &peer, &why)) {
		may = foresee_peer(judge, policy, subject, &peer, (uint16_t)port, lines);
	} else {
		json_object_put(lines);
		json_object_put(foreseen);
		return pw_answer_error(PW_EXIT_USAGE, "neither a path nor an address with its port");
	}
	pw_json_add(foreseen, "may", json_object_new_boolean(may));
	pw_json_add(foreseen, "mode",
		    json_object_new_string(pw_word_name(&pw_words_mode, policy->mode)));
	pw_json_add(foreseen, "lines", lines);

	return pw_answer_with("foreseen", foreseen);
}

json_object *pw_foresee(struct pw_daemon *daemon, json_object *request)
{
	const struct pw_policy *policy = daemon->ward ? pw_ward_policy(daemon->ward) : NULL;
	_cleanup_(pw_judge_closep) struct pw_judge *judge = NULL;
	struct pw_diag diag = {};
	size_t subject = PW_SUBJECT_INDEX_OTHERS;
	uint64_t pid = 0;
	int r;

	if (!policy)
		return pw_answer_error(PW_EXIT_NO, "no policy is in force");
	pw_json_u64(request, "pid", &pid);
	r = subject_of(daemon, pid, &subject);
	if (r == -ESRCH || r == -EINVAL)
		return pw_answer_error(PW_EXIT_NO, "there is no such process");
	if (!r)
		r = pw_judge_open(policy, &judge, &diag);
	pw_diag_done(&diag);

	return r ? pw_answer_errno(r, "what the process is cannot be told") :
		   answer(judge, policy, subject, request);
}
