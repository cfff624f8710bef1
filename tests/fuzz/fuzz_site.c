// SPDX-License-Identifier: BSD-2-Clause
/*
 * A site's file from anywhere, over a policy that leaves something to it. What is accepted allows
 * nothing that is not open: object `closed` stays nobody's, and the essential subject keeps its access.
 */
#include <stdint.h>
#include <string.h>

#include "policy/lint.h"
#include "policy/netcompile.h"
#include "policy/parse.h"

static char vendor[] =
	"phiward: 1\nname: console\nversion: 1\nmode: enforce\n"
	"params:\n"
	"  pacs: {type: peer, default: [10.20.5.4], allowed: [10.0.0.0/8]}\n"
	"  port: {type: port, default: 104, allowed: [104, 11112]}\n"
	"  spool: {type: path, default: [/var/spool/a], allowed: [/var/spool]}\n"
	"  keep: {type: duration, default: 30d, allowed: [7d, 90d]}\n"
	"  who: {type: user, default: [mta], allowed: any}\n"
	"site_may:\n"
	"  objects: {images: {on_audit_loss: keep_working}}\n"
	"  subjects:\n"
	"    viewer: {access: {images: [create]}, network: [connect: {tcp: [80], to: [any]}]}\n"
	"    new: {exec: [/opt/site/], started_by: [init], access: {images: [read]}}\n"
	"log: {keep: $keep}\n"
	"objects:\n"
	"  images: {paths: [/srv/dicom], on_audit_loss: deny}\n"
	"  closed: {paths: [/srv/closed], on_audit_loss: deny}\n"
	"subjects:\n"
	"  archive: {exec: [/opt/archive], started_by: [init], essential: true,\n"
	"            access: {images: [read, write]}, writes: [$spool],\n"
	"            network: [connect: {tcp: [$port], to: [pacs]}]}\n"
	"  viewer: {exec: [/opt/view], started_by: [archive], users: [$who],\n"
	"           access: {images: [read]}}\n"
	"others: {network: loopback}\n";

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void expect(bool holds)
{
	if (!holds)
		__builtin_trap();
}

/* What no site may change. */
static void check(const struct pw_policy *policy)
{
	bool archive = false, closed = false;
	size_t i, j;

	for (i = 0; i < policy->nobjects; i++)
		closed |= !strcmp(policy->objects[i].name, "closed") &&
			  policy->objects[i].audit == PW_AUDIT_ALL;
	for (i = 0; i < policy->nsubjects; i++) {
		const struct pw_subject_policy *subject = &policy->subjects[i];

		expect(!subject->never_block && !subject->updates && !subject->system);
		for (j = 0; j < subject->naccess; j++)
			if (!strcmp(policy->objects[subject->access[j].object].name, "closed"))
				expect(!subject->access[j].actions);
		archive |= !strcmp(subject->name, "archive") && subject->naccess &&
			   !subject->nusers;
	}
	expect(archive && closed && policy->mode == PW_MODE_ENFORCE);
	expect(policy->others_network == PW_OTHERS_DENY ||
	       policy->others_network == PW_OTHERS_LOOPBACK ||
	       policy->others_network == PW_OTHERS_RULES);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	const struct pw_source sources[] = {
		{.name = (char *)"vendor.yaml", .text = vendor, .length = sizeof(vendor) - 1},
		{.name = (char *)"site.yaml", .text = (char *)data, .length = size, .site = true},
	};
	struct pw_policy *policy = NULL;
	struct pw_net_tables tables = {};
	struct pw_diag diag = {};

	if (!pw_policy_parse(sources, 2, &policy, &diag)) {
		check(policy);
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
