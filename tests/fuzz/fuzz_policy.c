// SPDX-License-Identifier: BSD-2-Clause
/* A policy from anywhere, with one file that it may include. */
#include <stdint.h>
#include <string.h>

#include "policy/lint.h"
#include "policy/netcompile.h"
#include "policy/parse.h"

static char base[] = "phiward: 1\npeers: {lan: [10.0.0.0/8]}\n"
		     "objects: {base: {paths: [/srv/base], on_audit_loss: deny}}\n"
		     "subjects: {tool: {exec: [/usr/bin/tool]}}\n";

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	const struct pw_source sources[] = {
		{.name = (char *)"policy.yaml", .text = (char *)data, .length = size},
		{.name = (char *)"base.yaml", .text = base, .length = sizeof(base) - 1},
	};
	struct pw_policy *policy = NULL;
	struct pw_net_tables tables = {};
	struct pw_diag diag = {};

	if (!pw_policy_parse(sources, 2, &policy, &diag)) {
		pw_policy_lint(policy, 0, &diag);
		if (!pw_net_compile(policy, &tables, &diag))
			pw_net_tables_done(&tables);
	} else if (!diag.errors) {
		__builtin_trap();
	}
	pw_policy_free(policy);
	pw_diag_done(&diag);

	return 0;
}
