// SPDX-License-Identifier: BSD-2-Clause
/*
 * Whether a site may do to a policy what its file does. Three policies are compared as sets: what is
 * in force may allow nothing that the vendor's does not with all that it opens to a site, and has
 * to allow all of the vendor's that is essential or never blocked.
 */
#include "policy/layers.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "common/cleanup.h"
#include "policy/compare.h"

/* The site's line that an error is about. */
static const struct pw_position *site_line(const struct pw_policy *merged,
					   const struct pw_difference *d)
{
	const struct pw_site *site = merged->site;
	const struct pw_site_change *change = NULL;
	size_t i;

	for (i = 0; i < site->nchanges; i++) {
		if (d->object && !strcmp(site->changes[i].name, d->object))
			change = &site->changes[i];
		/* What others may do with files is a matter of the object. */
		if (!strcmp(site->changes[i].name, d->of) && !(d->object && d->subject ==
							       PW_SUBJECT_INDEX_OTHERS))
			return &site->changes[i].at;
	}

	return change ? &change->at : &site->at;
}

static const char *in_words(const struct pw_difference *differences, size_t n, char **ret)
{
	size_t size;
	FILE *to = open_memstream(ret, &size);

	if (!to)
		return "";
	pw_difference_print(to, differences, n);

	return fclose(to) ? "" : *ret;
}

/* ---- What is wider ----------------------------------------------------------------------- */

static bool touches(const struct pw_path *paths, size_t n, const char *place)
{
	size_t i;

	for (i = 0; i < n; i++)
		if (pw_path_within(paths[i].path, place) || pw_path_within(place, paths[i].path))
			return true;

	return false;
}

static const struct pw_subject_policy *subject_named(const struct pw_policy *policy,
						     const char *name)
{
	size_t i;

	for (i = 0; i < policy->nsubjects; i++)
		if (!strcmp(policy->subjects[i].name, name))
			return &policy->subjects[i];

	return NULL;
}

static const struct pw_object_policy *object_named(const struct pw_policy *policy,
						   const char *name)
{
	size_t i;

	for (i = 0; i < policy->nobjects; i++)
		if (!strcmp(policy->objects[i].name, name))
			return &policy->objects[i];

	return NULL;
}

/* Where the vendor could have opened it, and why it did not. */
static const struct pw_position *vendor_line(const struct pw_policy *vendor,
					     const struct pw_difference *d, const char **ret_reason)
{
	const struct pw_subject_policy *subject = subject_named(vendor, d->of);
	const struct pw_object_policy *object = object_named(vendor, d->of);

	*ret_reason = subject ? subject->remark.reason : object ? object->remark.reason : NULL;

	return subject ? &subject->at : object ? &object->at : &vendor->version_at;
}

static bool names_code(const struct pw_subject_policy *subject, const char *path)
{
	return touches(subject->exec, subject->nexec, path) ||
	       touches(subject->helpers, subject->nhelpers, path) ||
	       touches(subject->code, subject->ncode, path) ||
	       touches(subject->protect, subject->nprotect, path);
}

/*
 * Whether it comes of a subject that the site takes away. Its programs are others then, and may what
 * every program of the machine may; nobody has to guard their code any more.
 */
static bool is_of_nobody(const struct pw_policy *vendor, const struct pw_policy *merged,
			 const struct pw_difference *d)
{
	size_t i;

	if (d->kind != PW_DIFFERENCE_FACT || d->fact != PW_FACT_GUARDED)
		return subject_named(vendor, d->of) && !subject_named(merged, d->of);
	for (i = 0; i < vendor->nsubjects; i++)
		if (names_code(&vendor->subjects[i], d->value) &&
		    subject_named(merged, vendor->subjects[i].name))
			return false;

	return true;
}

static void refuse_wider(const struct pw_policy *vendor, const struct pw_policy *merged,
			 const struct pw_differences *wider, struct pw_diag *diag)
{
	size_t i, n;

	for (i = 0; i < wider->n; i += n) {
		const struct pw_difference *d = &wider->list[i];
		_cleanup_free_ char *words = NULL;
		const struct pw_position *line;
		const char *reason;

		if (!d->allows)
			break;
		/* Files are alike for several subjects, of which each is there or not. */
		n = d->kind == PW_DIFFERENCE_FILES ? 1 : pw_differences_alike(wider, i);
		if (is_of_nobody(vendor, merged, d))
			continue;
		line = vendor_line(vendor, d, &reason);
		pw_diag_add(diag, PW_DIAG_ERROR, site_line(merged, d), "the vendor opens this to no site "
			    "('site_may'): %s; see %s:%u%s%s", in_words(d, n, &words), line->file,
			    line->line, reason ? ": " : "", reason ?: "");
	}
}

/* ---- What is taken away ------------------------------------------------------------------ */

/* What no longer allows less: it is recorded again, or no longer permissive. */
static bool is_of_records(const struct pw_difference *d)
{
	return d->kind == PW_DIFFERENCE_FACT &&
	       (d->fact == PW_FACT_FOLDED || d->fact == PW_FACT_UNRECORDED ||
		d->fact == PW_FACT_DIGEST || d->fact == PW_FACT_PERMISSIVE);
}

/* A subject that may use @object, and is essential or may not be blocked. */
static const struct pw_remark *essential_user(const struct pw_policy *vendor, const char *object,
					    const struct pw_position **ret_at)
{
	size_t i, j;

	for (i = 0; i < vendor->nsubjects; i++) {
		const struct pw_subject_policy *subject = &vendor->subjects[i];

		for (j = 0; subject->remark.essential && j < subject->naccess; j++) {
			if (strcmp(vendor->objects[subject->access[j].object].name, object))
				continue;
			*ret_at = &subject->at;
			return &subject->remark;
		}
	}

	return NULL;
}

/* Whether @d is about what the policy says of the subject, not about files that it says nothing of. */
static bool is_stated(const struct pw_subject_policy *subject, const struct pw_difference *d)
{
	return d->kind != PW_DIFFERENCE_FILES || d->rule || names_code(subject, d->place) ||
	       touches(subject->writes, subject->nwrites, d->place);
}

/* The remark by which the vendor keeps what @d takes away; NULL: it is the site's to take. */
static const struct pw_remark *kept_by(const struct pw_policy *vendor, const struct pw_difference *d,
				     const struct pw_position **ret_at)
{
	const struct pw_subject_policy *subject = subject_named(vendor, d->of);
	const struct pw_object_policy *object = object_named(vendor, d->of);

	if (is_of_records(d))
		return NULL;
	if (d->rule && vendor->rules[d->rule - 1].remark.essential) {
		*ret_at = &vendor->rules[d->rule - 1].at;
		return &vendor->rules[d->rule - 1].remark;
	}
	if (subject && (subject->remark.essential || subject->never_block) &&
	    is_stated(subject, d)) {
		*ret_at = &subject->at;
		return &subject->remark;
	}
	if (object && object->remark.essential) {
		*ret_at = &object->at;
		return &object->remark;
	}

	return object ? essential_user(vendor, object->name, ret_at) : NULL;
}

/* An essential subject that the site keeps from files of which the vendor says nothing. */
static void warn_of_others(const struct pw_policy *vendor, const struct pw_policy *merged,
			   const struct pw_difference *d, struct pw_diag *diag)
{
	const struct pw_subject_policy *subject = subject_named(vendor, d->of);
	_cleanup_free_ char *words = NULL;

	if (subject && subject->remark.essential && d->kind == PW_DIFFERENCE_FILES)
		pw_diag_add(diag, PW_DIAG_WARNING, site_line(merged, d), "the vendor calls '%s' essential, "
			    "and it will be refused what it could do so far: %s", d->of,
			    in_words(d, 1, &words));
}

/* Whether it is a door for a subject that the site takes away. */
static bool is_for_nobody(const struct pw_policy *vendor, const struct pw_policy *merged,
			  const struct pw_difference *d)
{
	const char *client = d->kind == PW_DIFFERENCE_CLIENTS ? d->value : d->client;

	return client && subject_named(vendor, client) && !subject_named(merged, client);
}

static void refuse_taken(const struct pw_policy *vendor, const struct pw_policy *merged,
			 const struct pw_differences *differences, struct pw_diag *diag)
{
	size_t i, n;

	for (i = differences->allowed; i < differences->n; i += n) {
		const struct pw_difference *d = &differences->list[i];
		_cleanup_free_ char *words = NULL;
		const struct pw_position *at;
		const struct pw_remark *remark = kept_by(vendor, d, &at);

		/* Files are alike for several subjects, of which each is kept or not. */
		n = d->kind == PW_DIFFERENCE_FILES ? 1 : pw_differences_alike(differences, i);
		if (is_for_nobody(vendor, merged, d))
			continue;
		if (remark)
			pw_diag_add(diag, PW_DIAG_ERROR, site_line(merged, d), "the vendor calls this %s, so "
				    "a site cannot take it away: %s; see %s:%u%s%s",
				    remark->essential ? "essential" : "never blocked",
				    in_words(d, n, &words), at->file, at->line,
				    remark->reason ? ": " : "", remark->reason ?: "");
		else
			warn_of_others(vendor, merged, d, diag);
	}
}

int pw_layers_judge(const struct pw_policy *vendor, const struct pw_policy *open,
		    const struct pw_policy *merged, struct pw_diag *diag)
{
	_cleanup_(pw_differences_freep) struct pw_differences *wider = NULL;
	_cleanup_(pw_differences_freep) struct pw_differences *taken = NULL;
	size_t errors = diag->errors;
	int r;

	r = pw_policy_compare_with(vendor, open, merged, &wider);
	if (!r)
		r = pw_policy_compare(vendor, merged, &taken);
	if (r < 0)
		return r;
	refuse_wider(vendor, merged, wider, diag);
	refuse_taken(vendor, merged, taken, diag);

	return diag->errors == errors ? 0 : -EINVAL;
}
