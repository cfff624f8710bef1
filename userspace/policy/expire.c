// SPDX-License-Identifier: BSD-2-Clause
#include "policy/expire.h"

#define DAY 86400

/* Whether the rule has a last day at all. */
static bool ends(const struct pw_rule *rule)
{
	return rule->remark.expires != 0;
}

static bool is_over(const struct pw_policy *policy, uint32_t number, const struct pw_clock *clock)
{
	const struct pw_rule *rule = number ? &policy->rules[number - 1] : NULL;

	return rule && ends(rule) && rule->remark.expires <= clock->now;
}

/* Those that are over go; the numbers of the others stay. */
static void expire_rules(const struct pw_policy *policy, struct pw_net_rule *rules, size_t *n,
			 const struct pw_clock *clock)
{
	size_t i, kept = 0;

	for (i = 0; i < *n; i++)
		if (!is_over(policy, rules[i].number, clock))
			rules[kept++] = rules[i];
	*n = kept;
}

static void expire_subject(const struct pw_policy *policy, struct pw_subject_policy *subject,
			   const struct pw_clock *clock)
{
	size_t i;

	for (i = 0; i < subject->naccess; i++)
		if (is_over(policy, subject->access[i].number, clock))
			subject->access[i].actions = 0;
	expire_rules(policy, subject->network, &subject->nnetwork, clock);
}

static void say(const struct pw_policy *policy, const struct pw_rule *rule, const char *what,
		int64_t day, struct pw_diag *diag)
{
	const char *subject = rule->subject == PW_SUBJECT_INDEX_OTHERS ?
				      "others" : policy->subjects[rule->subject].name;
	char text[PW_INSTANT_LEN + 1];

	pw_instant_write(day, text);
	pw_diag_add(diag, PW_DIAG_WARNING, &rule->at, "this rule of '%s' %s %.10s%s%s", subject, what,
		    text, rule->remark.owner ? "; ask its owner: " : "",
		    rule->remark.owner ?: "");
}

void pw_policy_announce(const struct pw_policy *policy, const struct pw_clock *clock,
			struct pw_diag *diag)
{
	size_t i;

	for (i = 0; i < policy->nrules; i++) {
		const struct pw_rule *rule = &policy->rules[i];

		if (ends(rule) && rule->remark.expires > clock->now &&
		    rule->remark.expires - clock->now <= PW_EXPIRES_SOON)
			say(policy, rule, "will not be put into force again after",
			    rule->remark.expires - DAY, diag);
	}
}

void pw_policy_expire(struct pw_policy *policy, const struct pw_clock *clock, struct pw_diag *diag)
{
	size_t i, over = 0;

	for (i = 0; i < policy->nrules; i++) {
		if (!is_over(policy, i + 1, clock))
			continue;
		over++;
		if (clock->synchronised)
			say(policy, &policy->rules[i], "is no longer in force: its last day was",
			    policy->rules[i].remark.expires - DAY, diag);
	}
	if (over && !clock->synchronised) {
		pw_diag_add(diag, PW_DIAG_WARNING, &policy->version_at, "%zu rules would have expired, but "
			    "this machine's clock was never synchronised: they stay in force; see to "
			    "its time service", over);
		return;
	}
	pw_policy_announce(policy, clock, diag);
	if (!over)
		return;
	expire_rules(policy, policy->others_rules, &policy->nothers_rules, clock);
	for (i = 0; i < policy->nsubjects; i++)
		expire_subject(policy, &policy->subjects[i], clock);
}
