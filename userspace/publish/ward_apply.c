// SPDX-License-Identifier: BSD-2-Clause
#include <bpf/bpf.h>
#include <inttypes.h>
#include <string.h>

#include "common/cleanup.h"
#include "common/text.h"
#include "common/words.h"
#include "publish/changes.h"
#include "publish/module.h"
#include "publish/own_paths.h"
#include "publish/pins.h"
#include "publish/probation.h"
#include "publish/probe.h"
#include "publish/swap.h"
#include "publish/ward_private.h"

static const struct pw_apply for_good;

#define PW_LINKS_ROOM 1024	/* of an empty map of links; it grows */

static int identify(void *data, struct pw_identity *ids, size_t n)
{
	return pw_kernel_identify(data, ids, n);
}

static struct pw_resolver own_resolver(struct pw_ward *ward)
{
	return (struct pw_resolver){
		.identify = identify,
		.identify_data = ward->kernel,
		.canary = PW_CANARY_FILE,
		.daemon = ward->program,
		.own = pw_own_paths,
		.nown = pw_own_npaths,
	};
}

/* The policy as this machine has it now, and the bytes for it. */
static int compile(struct pw_ward *ward, const struct pw_policy *policy,
		   const struct pw_accepted *accepted, bool rebase, struct pw_resolved **ret_resolved,
		   struct pw_image **ret_image, struct pw_diag *diag)
{
	struct pw_resolver resolver = own_resolver(ward);
	_cleanup_(pw_resolved_freep) struct pw_resolved *resolved = NULL;
	_cleanup_(pw_image_freep) struct pw_image *image = NULL;
	int r;

	resolver.before = pw_accepted_before;
	resolver.before_data = (void *)accepted;
	resolver.rebase = rebase;
	r = pw_resolve(policy, &resolver, &resolved, diag);
	if (r == 0)
		r = pw_image_build(policy, resolved, ward->ids, &image, diag);
	if (r < 0)
		return r;

	if (ward->rescue == PW_RESCUE_PERMISSIVE)
		image->bank.mode = PW_MODE_PERMISSIVE;

	*ret_resolved = TAKE_PTR(resolved);
	*ret_image = TAKE_PTR(image);
	return 0;
}

/* What must be on disk before the kernel says a number that only it explains. */
static int prepare(struct pw_ward *ward, struct pw_image *image, struct pw_diag *diag)
{
	_cleanup_(pw_links_done) struct pw_links known = {};
	int r;

	r = pw_ward_known_links(ward, &known);
	if (r == 0)
		r = pw_links_carry(&known, image);
	if (r == 0)
		r = pw_ids_save(ward->state_dir, ward->ids);
	if (r == 0)
		r = pw_catalog_write(ward->state_dir, image->catalog);
	if (r < 0)
		pw_diag_add(diag, PW_DIAG_ERROR, NULL, "the state of phiward cannot be written: %s",
			    strerror(-r));

	return r;
}

/* The policy is in force with and without it; what it does not hold, status says. */
static void use_module(struct pw_diag *diag)
{
	int r = pw_kernel_hold();

	if (r < 0)
		pw_diag_add(diag, PW_DIAG_WARNING, NULL,
			    "the kernel module does not hold all that is enforced: %s",
			    strerror(-r));
	r = pw_module_open_gate();
	if (r < 0 && r != -ENOENT)
		pw_diag_add(diag, PW_DIAG_WARNING, NULL, "the gate cannot be opened: %s",
			    strerror(-r));
}

/*
 * What is gone back to gets a generation of its own, between those of now and of @image: the records
 * that are made under it then are explained by it, and no label that @image gives is believed there.
 */
static int keep_back(struct pw_ward *ward, const struct pw_image *image, struct pw_swap_how *how,
		     struct pw_diag *diag)
{
	const uint32_t active = pw_kernel_state(ward->kernel)->active;
	_cleanup_(pw_catalog_freep) struct pw_catalog *catalog = NULL;
	int r;

	if (!how->try_ms)
		return 0;
	how->back_generation = image->bank.generation - 1;
	r = pw_catalog_read(ward->state_dir, pw_kernel_bank(ward->kernel, active)->generation,
			    &catalog);
	if (r == 0) {
		catalog->generation = how->back_generation;
		r = pw_catalog_write(ward->state_dir, catalog);
	}
	if (r < 0)
		pw_diag_add(diag, PW_DIAG_ERROR, NULL, "the state of phiward cannot be written: %s",
			    strerror(-r));

	return r;
}

/* Swap and attach: on return both have happened, or neither. */
static int enforce(struct pw_ward *ward, const struct pw_image *image, const struct pw_apply *apply,
		   struct pw_swapped *ret, struct pw_diag *diag)
{
	struct pw_swap_how how = {.try_ms = apply->try_ms};
	const size_t nlinks = image->tables[PW_MAP_LINKS].n;
	bool attached = pw_kernel_attached();
	int r = 0;

	ward->links_room = nlinks < PW_LINKS_ROOM / 2 ? PW_LINKS_ROOM : 2 * (uint32_t)nlinks;
	if (ward->links_room > PW_LINKS_MAX)
		ward->links_room = PW_LINKS_MAX;
	/* What only the new policy needs is there before it, what only the old one needed, after. */
	if (attached)
		r = pw_kernel_attach(PW_BANK_UDP_INGRESS, diag);
	if (r == 0)
		r = keep_back(ward, image, &how, diag);
	how.links_room = ward->links_room;
	if (r == 0)
		r = pw_swap(ward->kernel, image, &how, ret, diag);
	if (r < 0)
		return r;

	r = pw_kernel_attach(image->bank.flags, diag);
	if (r < 0 && !attached) {
		close(ret->links);
		return r;
	}
	use_module(diag);

	return 0;
}

static void begin_scan(struct pw_ward *ward, int links)
{
	ward->scan = pw_scan_free(ward->scan);
	if (ward->links >= 0)
		close(ward->links);
	ward->links = links;
	pw_links_done(&ward->found);
	ward->scan_error = pw_scan_new(ward->image, ward->kernel, &ward->scan);
}

static void note_apply(struct pw_ward *ward, const struct pw_swapped *swapped, uint64_t try_ms)
{
	const struct pw_catalog *catalog = ward->image->catalog;
	char text[sizeof(((struct pw_note *)NULL)->text)], probation[64] = "";

	if (try_ms)
		snprintf(probation, sizeof(probation), ", on probation for %" PRIu64 " s",
			 try_ms / 1000);
	snprintf(text, sizeof(text),
		 "%s version %" PRIu64 " digest %s, by %s%s, %zu running tasks adopted",
		 catalog->policy, catalog->version, catalog->digest, ward->by, probation,
		 swapped->adopted);
	/* A record that was lost is counted by the kernel. */
	pw_ward_note(ward, PW_RECORD_POLICY, PW_ACTION_APPLY, PW_VERDICT_ALLOW, PW_REASON_ADMIN,
		     text);
}

static void note_not_adopted(struct pw_ward *ward, const struct pw_adopted *task)
{
	const struct pw_catalog *catalog = ward->image->catalog;
	char text[sizeof(((struct pw_note *)NULL)->text)];

	snprintf(text, sizeof(text), "process %u, %s, stays in others: %s", task->tgid,
		 task->program < catalog->nprograms && task->program > 0 ?
			 catalog->programs[task->program] : "a program of the last policy",
		 task->reason ? pw_word_name(&pw_words_reason, task->reason) :
				"the policy does not name its program any more");
	pw_ward_note(ward, PW_RECORD_POLICY, PW_ACTION_ADOPT, PW_VERDICT_DENY,
		     task->reason ? task->reason : PW_REASON_STRANGER, text);
}

static void note_swap(struct pw_ward *ward, const struct pw_swapped *swapped, uint64_t try_ms)
{
	note_apply(ward, swapped, try_ms);
	for (size_t i = 0; i < swapped->not_adopted && i < PW_NOT_ADOPTED_MAX; i++)
		note_not_adopted(ward, &swapped->refused[i]);
}

/*
 * Makes @image the one in force and takes over what it points at. What @resolved points at
 * is exchanged for what was in force, which may be NULL.
 */
static int publish(struct pw_ward *ward, struct pw_resolved **resolved, struct pw_image **image,
		   const struct pw_apply *how, struct pw_diag *diag)
{
	struct pw_swapped swapped = {.links = -EBADF};
	struct pw_resolved *before;
	int r;

	r = prepare(ward, *image, diag);
	if (r == 0)
		pw_ward_glass_before_swap(ward, (*image)->catalog);
	if (r == 0)
		r = enforce(ward, *image, how, &swapped, diag);
	if (r < 0)
		return r;

	ward->scan = pw_scan_free(ward->scan);
	pw_image_free(ward->image);
	before = ward->resolved;
	ward->resolved = *resolved;
	*resolved = before;
	ward->image = TAKE_PTR(*image);
	begin_scan(ward, swapped.links);
	note_swap(ward, &swapped, how->try_ms);
	pw_ward_prune_later(ward);

	return 0;
}

static int check_kernel(struct pw_diag *diag)
{
	_cleanup_(pw_probe_freep) struct pw_probe *probe = NULL;
	int r = pw_probe_run(&probe);

	if (r < 0)
		return r;
	for (size_t i = 0; i < probe->n; i++) {
		const struct pw_requirement *need = &probe->requirements[i];

		if (need->essential && !need->ok)
			pw_diag_add(diag, PW_DIAG_ERROR, NULL, "%s: %s. %s", need->name, need->why,
				    need->fix ? need->fix : "");
	}

	return pw_probe_ok(probe) ? 0 : -ENOTSUP;
}

static int refuse_older_site(const struct pw_policy *policy, const struct pw_accepted *accepted,
			     struct pw_diag *diag)
{
	if (policy->site)
		pw_diag_add(diag, PW_DIAG_ERROR, &policy->site->at, "version %" PRIu64 " of the site's "
			    "file is below version %" PRIu64 ", which was accepted before (or give "
			    "--allow-downgrade)", policy->site->version, accepted->site_version);
	else
		pw_diag_add(diag, PW_DIAG_ERROR, &policy->version_at, "the site's file is missing, of "
			    "which version %" PRIu64 " was accepted before: give it with --site (or "
			    "--allow-downgrade)", accepted->site_version);

	return -ESTALE;
}

/*
 * One number counts for all policies of a machine, whatever they are called: else one of
 * another name could take the place of the accepted one.
 */
static int check_version(const struct pw_policy *policy, const struct pw_accepted *accepted,
			 bool allow_downgrade, struct pw_diag *diag)
{
	uint64_t site = pw_policy_site_version(policy);
	char digest[2 * PW_DIGEST_LEN + 1];
	bool same;

	if (!accepted || allow_downgrade)
		return 0;
	if (site < accepted->site_version)
		return refuse_older_site(policy, accepted, diag);
	if (policy->version > accepted->version)
		return 0;
	pw_text_hex(digest, policy->digest, PW_DIGEST_LEN);
	same = policy->version == accepted->version;
	if (same && (site > accepted->site_version || strcmp(digest, accepted->digest) == 0))
		return 0;
	pw_diag_add(diag, PW_DIAG_ERROR, &policy->version_at,
		    "version %" PRIu64 " is not above version %" PRIu64 " of '%s', which was accepted "
		    "before%s: 'version' must be %" PRIu64 " or more (or --allow-downgrade given)",
		    policy->version, accepted->version, accepted->policy,
		    same ? " with another text" : "", accepted->version + 1);

	return -ESTALE;
}

void pw_ward_accept(struct pw_ward *ward, struct pw_diag *diag)
{
	int r = pw_accepted_write(ward->state_dir, ward->resolved, ward->image);

	if (r == 0)
		r = pw_unconfirmed_write(ward->state_dir, NULL);
	if (r < 0)
		pw_diag_add(diag, PW_DIAG_WARNING, NULL,
			    "the policy is in force, but a restart will not know it: %s",
			    strerror(-r));
	else if (ward->seal.sealed)
		pw_ward_note_accepted(ward, ward->policy);
	pw_ward_seal_if_due(ward, diag);
}

static int publish_policy(struct pw_ward *ward, struct pw_policy *policy,
			  const struct pw_accepted *accepted, bool rebase,
			  const struct pw_apply *how, struct pw_diag *diag)
{
	/* Freed last: what was resolved points into it. */
	_cleanup_(pw_policy_freep) struct pw_policy *before = NULL;
	_cleanup_(pw_resolved_freep) struct pw_resolved *resolved = NULL;
	_cleanup_(pw_image_freep) struct pw_image *image = NULL;
	int r;

	r = check_kernel(diag);
	if (r == 0)
		r = compile(ward, policy, accepted, rebase, &resolved, &image, diag);
	if (r == 0)
		pw_ward_go_back(ward);
	if (r == 0)
		r = publish(ward, &resolved, &image, how, diag);
	if (r < 0)
		return r;
	before = ward->policy;
	ward->policy = policy;
	pw_note_absent(ward->resolved, diag);
	if (resolved)
		pw_warn_dropped(resolved, ward->resolved, diag);

	if (!how->try_ms)
		pw_ward_accept(ward, diag);

	return 0;
}

/* What is known of a policy whose image alone is left. */
static int accepted_by_image(const struct pw_catalog *catalog, struct pw_accepted **ret)
{
	_cleanup_(pw_accepted_freep) struct pw_accepted *accepted = calloc(1, sizeof(*accepted));

	if (!accepted)
		return -ENOMEM;
	accepted->policy = strdup(catalog->policy);
	if (!accepted->policy)
		return -ENOMEM;
	accepted->version = catalog->version;
	accepted->site_version = catalog->site_version;
	memcpy(accepted->digest, catalog->digest, sizeof(accepted->digest));

	*ret = TAKE_PTR(accepted);
	return 0;
}

static int read_accepted(struct pw_ward *ward, struct pw_accepted **ret, struct pw_diag *diag)
{
	int r = pw_accepted_read(ward->state_dir, ret);

	if (r == -ENOENT || r == -ENODATA)
		return 0;
	if (r < 0 && ward->image)
		return accepted_by_image(ward->image->catalog, ret);
	if (r < 0)
		pw_diag_add(diag, PW_DIAG_ERROR, NULL, "the accepted policy cannot be read, so its "
			    "version is not known (--allow-downgrade applies another all the same): %s",
			    strerror(-r));

	return r;
}

/* What a probation needs: a policy before, and that a start does not take the one on it for newer. */
static int prepare_probation(struct pw_ward *ward, const struct pw_policy *policy,
			     struct pw_diag *diag)
{
	int r;

	if (!ward->policy || pw_ward_mode(ward) == PW_MODE_INVALID) {
		pw_diag_add(diag, PW_DIAG_ERROR, NULL, "nothing is in force that could be gone back to: "
			    "apply the policy without --try");
		return -ENODATA;
	}
	r = pw_unconfirmed_write(ward->state_dir, policy);
	if (r < 0)
		pw_diag_add(diag, PW_DIAG_ERROR, NULL, "the state of phiward cannot be written: %s",
			    strerror(-r));
	/* That of what is gone back to, see keep_back(). */
	ward->ids->generation++;

	return r;
}

int pw_ward_apply(struct pw_ward *ward, struct pw_policy *policy, const struct pw_apply *how,
		  struct pw_diag *diag)
{
	_cleanup_(pw_accepted_freep) struct pw_accepted *accepted = NULL;
	enum pw_rescue rescue;
	int r;

	r = read_accepted(ward, &accepted, diag);
	if (r < 0 && !how->allow_downgrade)
		return r;
	r = check_version(policy, accepted, how->allow_downgrade, diag);
	if (r == 0 && how->try_ms)
		r = prepare_probation(ward, policy, diag);
	if (r < 0)
		return r;

	rescue = ward->rescue;
	ward->rescue = PW_RESCUE_NONE;
	r = publish_policy(ward, policy, accepted, true, how, diag);
	if (r < 0) {
		ward->rescue = rescue;
		if (how->try_ms)
			pw_unconfirmed_write(ward->state_dir, NULL);
		return r;
	}
	ward->rescue_before = rescue;
	ward->trouble = NULL;

	return r;
}

int pw_ward_restore(struct pw_ward *ward, struct pw_policy *policy, struct pw_diag *diag)
{
	_cleanup_(pw_accepted_freep) struct pw_accepted *accepted = NULL;
	int r;

	r = pw_ward_check_sealed_policy(ward, policy, diag);
	if (r == 0)
		r = read_accepted(ward, &accepted, diag);
	if (r < 0)
		return r;

	return publish_policy(ward, policy, accepted, false, &for_good, diag);
}

int pw_ward_restore_image(struct pw_ward *ward, struct pw_diag *diag)
{
	static const struct pw_policy none;
	const struct pw_resolver resolver = own_resolver(ward);
	_cleanup_(pw_resolved_freep) struct pw_resolved *own = NULL, *resolved = NULL;
	_cleanup_(pw_image_freep) struct pw_image *image = NULL;
	int r;

	r = check_kernel(diag);
	if (r == 0)
		r = pw_accepted_image(ward->state_dir, &image);
	if (r == 0)
		r = pw_resolve(&none, &resolver, &own, diag);
	if (r == 0)
		r = pw_image_number(image, ward->ids);
	if (r == 0)
		r = pw_image_bind(image, own, ward->ids, diag);
	if (r < 0)
		return r;
	if (ward->rescue == PW_RESCUE_PERMISSIVE)
		image->bank.mode = PW_MODE_PERMISSIVE;

	return publish(ward, &resolved, &image, &for_good, diag);
}

int pw_ward_refresh(struct pw_ward *ward, struct pw_diag *diag)
{
	_cleanup_(pw_accepted_freep) struct pw_accepted *accepted = NULL;
	_cleanup_(pw_resolved_freep) struct pw_resolved *resolved = NULL;
	_cleanup_(pw_image_freep) struct pw_image *image = NULL;
	struct pw_probation probation;
	int r;

	pw_ward_prune(ward);
	if (!ward->image || !ward->policy || ward->image->npending == 0 || pw_ward_went_back(ward))
		return 0;
	r = read_accepted(ward, &accepted, diag);
	if (r == 0)
		r = compile(ward, ward->policy, accepted, false, &resolved, &image, diag);
	if (r < 0)
		return r;
	if (pw_image_same(image, ward->image)) {
		ward->ids->generation = ward->image->bank.generation;
		return 0;
	}
	r = publish(ward, &resolved, &image, &for_good, diag);
	if (r < 0)
		return r;
	if (pw_ward_on_probation(ward, &probation))
		return 1;
	r = pw_accepted_write(ward->state_dir, ward->resolved, ward->image);

	return r < 0 ? r : 1;
}
