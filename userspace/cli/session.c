// SPDX-License-Identifier: BSD-2-Clause
#include "cli/session.h"

#include <arpa/inet.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "policy/diag.h"
#include "publish/judge.h"

#define SERVER "/usr/sbin/sshd"

/* As sshd(8) sets SSH_CONNECTION: "ADDRESS PORT ADDRESS PORT", the client's first. */
static bool read_connection(struct pw_trial *trial)
{
	const char *text = getenv("SSH_CONNECTION");
	char client[INET6_ADDRSTRLEN + 1];
	const char *why;
	unsigned int port;

	if (!text || sscanf(text, "%46s %*u %*s %u", client, &port) != 2 || port > UINT16_MAX ||
	    pw_prefix_parse(client, &trial->peer, &why) < 0)
		return false;
	trial->port = port;

	return !pw_prefix_is_loopback(&trial->peer);
}

static size_t server_of(const struct pw_policy *policy)
{
	size_t i, j;

	for (i = 0; i < policy->nsubjects; i++)
		for (j = 0; j < policy->subjects[i].nexec; j++)
			if (!strcmp(policy->subjects[i].exec[j].path, SERVER))
				return i;

	return PW_SUBJECT_INDEX_OTHERS;
}

static bool is_refused(const struct pw_policy *policy, const struct pw_trial *trial)
{
	struct pw_judgement judgement;
	struct pw_diag diag = {};
	struct pw_judge *judge;
	int r = pw_judge_open(policy, &judge, &diag);

	pw_diag_done(&diag);
	if (r < 0)
		return false;
	judgement = pw_judge_trial(judge, trial);
	pw_judge_close(judge);

	return judgement.answer.verdict != PW_VERDICT_ALLOW;
}

bool pw_session_objects(const struct pw_policy *policy)
{
	struct pw_trial trial = {.action = PW_ACTION_LISTEN, .proto = PW_PROTO_TCP};
	char answer[8];

	if (policy->mode != PW_MODE_ENFORCE || !isatty(STDIN_FILENO) || !read_connection(&trial))
		return false;
	trial.subject = server_of(policy);
	if (!is_refused(policy, &trial))
		return false;
	printf("This policy refuses the connection that you use, to port %u of " SERVER ".\n"
	       "Apply it all the same? [y/N] ", trial.port);
	fflush(stdout);

	return !fgets(answer, sizeof(answer), stdin) || (answer[0] != 'y' && answer[0] != 'Y');
}
