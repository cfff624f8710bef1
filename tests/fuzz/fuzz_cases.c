// SPDX-License-Identifier: BSD-2-Clause
/* Test cases from anywhere, of a policy that has some of everything. */
#include <stdint.h>
#include <string.h>

#include "policy/parse.h"
#include "publish/judge.h"

static char text[] =
	"phiward: 1\nname: fuzz\nversion: 1\nmode: enforce\n"
	"objects: {images: {paths: [/srv/dicom], on_audit_loss: deny}}\n"
	"subjects:\n"
	"  archive: {exec: [/usr/sbin/archive], started_by: [init], access: {images: [read, write]},\n"
	"    writes: [/var/log/archive], network: [{listen: {tcp: [4242], from: [10.0.0.0/8]}},\n"
	"      {connect: {udp: [100-200], to: [\"fd00::/8\", 10.1.0.0/16]}}]}\n"
	"  tools: {exec: [/opt/tools/], started_by: [anyone]}\n"
	"others: {network: [loopback, {connect: {udp: [53], to: [any]}}]}\n";

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	const struct pw_source source = {.name = (char *)"policy.yaml", .text = text,
					 .length = sizeof(text) - 1};
	const struct pw_source given = {.name = (char *)"cases.yaml", .text = (char *)data,
					.length = size};
	struct pw_policy *policy = NULL;
	struct pw_cases *cases = NULL;
	struct pw_judge *judge = NULL;
	struct pw_diag diag = {};

	if (pw_policy_parse(&source, 1, &policy, &diag) || pw_judge_open(policy, &judge, &diag))
		__builtin_trap();
	if (!pw_cases_parse(&given, policy, &cases, &diag)) {
		for (size_t i = 0; i < cases->n; i++)
			if (!pw_judge_trial(judge, &cases->trials[i]).answer.verdict)
				__builtin_trap();
	} else if (!diag.errors) {
		__builtin_trap();
	}
	pw_cases_free(cases);
	pw_judge_close(judge);
	pw_policy_free(policy);
	pw_diag_done(&diag);

	return 0;
}
