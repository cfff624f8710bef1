// SPDX-License-Identifier: BSD-2-Clause
#include "publish/status.h"

#include <bpf/bpf.h>
#include <fcntl.h>
#include <string.h>

#include "common/cleanup.h"
#include "common/words.h"
#include "publish/canary.h"
#include "publish/kernel_private.h"
#include "publish/pins.h"
#include "publish/probation.h"
#include "publish/probe.h"
#include "publish/rescue.h"
#include "publish/store.h"
#include "publish/ward_private.h"

#define PW_CANARY_AGE_MAX 180	/* s; the daemon tries once a minute */

/* Everything that the answer is made of. */
struct facts {
	struct pw_ward *ward;
	struct pw_kernel *kernel;	/* NULL: nothing is pinned */
	struct pw_kernel *own;		/* the same, when it is ours to close */
	struct pw_bank *bank;		/* the active one; generation 0: none */
	struct pw_catalog *read;	/* read here, ours */
	const struct pw_catalog *catalog;
	bool attached;
	json_object *why;
	json_object *missing;
	bool broken;			/* something is missing: never enforcing */
	bool sealed;
	uint32_t seal_flags;		/* PW_SEAL_* */
	bool has_module;
	bool held_only;			/* by the module, and not to be looked at from here */
	struct pw_guard_status module;
	bool canary_tried;
	struct pw_canary canary;
	long canary_age;		/* s, -1: never tried */
	enum pw_rescue asked;		/* by the kernel command line */
};

static int say(struct facts *facts, const char *format, ...) __attribute__((format(printf, 2, 3)));

static int say(struct facts *facts, const char *format, ...)
{
	_cleanup_free_ char *text = NULL;
	va_list arguments;
	int n;

	va_start(arguments, format);
	n = vasprintf(&text, format, arguments);
	va_end(arguments);
	if (n < 0)
		return -ENOMEM;

	return pw_json_append(facts->why, json_object_new_string(text));
}

static int find_kernel(struct facts *facts)
{
	struct pw_diag diag = {};
	int r;

	if (facts->ward) {
		facts->kernel = pw_ward_kernel(facts->ward);
		return 0;
	}
	r = pw_kernel_look(&facts->own, &diag);
	facts->kernel = facts->own;
	if (r == -EPROTO && diag.n > 0)
		r = say(facts, "%s", diag.entries[0].text);
	pw_diag_done(&diag);

	return r == -ENOENT ? 0 : r;
}

static int find_bank(struct facts *facts)
{
	__u32 slot;

	facts->bank = calloc(1, sizeof(*facts->bank));
	if (!facts->bank)
		return -ENOMEM;
	if (!facts->kernel)
		return 0;
	slot = pw_kernel_state(facts->kernel)->active & 1;

	*facts->bank = *pw_kernel_bank(facts->kernel, slot);

	return 0;
}

static int find_catalog(struct facts *facts)
{
	_cleanup_close_ int dir = -EBADF;
	int r;

	if (facts->ward) {
		facts->catalog = pw_ward_catalog(facts->ward);
		return 0;
	}
	if (facts->bank->generation == 0)
		return 0;
	dir = open(PW_STATE_DIR, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (dir < 0)
		return errno == ENOENT ? 0 : -errno;
	r = pw_catalog_read(dir, facts->bank->generation, &facts->read);
	facts->catalog = facts->read;

	return r == -ENOENT ? 0 : r;
}

static int miss(struct facts *facts, const char *what)
{
	facts->broken = true;

	return pw_json_append(facts->missing, json_object_new_string(what));
}

static int check_probe(struct facts *facts)
{
	_cleanup_(pw_probe_freep) struct pw_probe *probe = NULL;
	int r = pw_probe_run(&probe);

	for (size_t i = 0; r == 0 && i < probe->n; i++) {
		const struct pw_requirement *need = &probe->requirements[i];

		if (need->ok || !need->essential)
			continue;
		r = miss(facts, need->name);
		if (r == 0)
			r = say(facts, "%s: %s", need->name, need->why);
	}

	return r;
}

/* A link is there when it is held, or when its pin is one, whatever the file is called. */
static bool is_link(const char *name)
{
	_cleanup_close_ int fd = pw_object_open(PW_GUARD_LINK, name);
	struct bpf_link_info info = {};
	__u32 length = sizeof(info);

	if (fd < 0)
		return pw_module_holds(PW_GUARD_LINK, name);

	return bpf_obj_get_info_by_fd(fd, &info, &length) == 0 && info.prog_id != 0;
}

static int check_links(struct facts *facts)
{
	struct bpf_object *object = NULL;
	struct bpf_program *program;
	int r;

	facts->attached = pw_kernel_attached();
	if (!facts->attached)
		return 0;
	r = pw_programs(&object);
	if (r < 0)
		return r;
	bpf_object__for_each_program(program, object) {
		enum pw_program_kind kind = pw_program_kind(program);

		if (kind != PW_PROGRAM_TRACING && kind != PW_PROGRAM_CGROUP)
			continue;
		if (pw_program_for_udp(program) && !(facts->bank->flags & PW_BANK_UDP_INGRESS))
			continue;
		if (!is_link(bpf_program__name(program)))
			r = miss(facts, bpf_program__section_name(program));
		if (r < 0)
			return r;
	}
	if (facts->broken)
		return say(facts, "not everything that decides is attached");

	return 0;
}

/* Without a daemon it is tried here. Each refusal has to be counted by the kernel, too. */
static int try_canary(struct facts *facts)
{
	uint64_t before = pw_kernel_state(facts->own)->counters[PW_COUNT_CANARY];
	int r = pw_canary_try(NULL, &facts->canary);

	if (r == 0)
		r = pw_kernel_look_again(facts->own);
	if (r < 0)
		return r;
	facts->canary_tried = true;
	if (pw_kernel_state(facts->own)->counters[PW_COUNT_CANARY] <
	    before + facts->canary.file + facts->canary.net)
		facts->canary = (struct pw_canary){};

	return 0;
}

static int check_canary(struct facts *facts)
{
	struct timespec now;
	int r;

	facts->canary_age = -1;
	if (!facts->attached || facts->bank->generation == 0)
		return 0;
	if (!facts->ward) {
		r = try_canary(facts);
		if (r < 0)
			return r;
		facts->canary_age = 0;
	} else if (facts->ward->canary_tried) {
		clock_gettime(CLOCK_BOOTTIME, &now);
		facts->canary = facts->ward->canary;
		facts->canary_tried = true;
		facts->canary_age = now.tv_sec - facts->ward->canary_at.tv_sec;
	}
	if (facts->canary_tried && facts->canary.file && facts->canary.net &&
	    facts->canary_age <= PW_CANARY_AGE_MAX)
		return 0;

	facts->broken = true;
	if (!facts->canary_tried)
		return say(facts, "the canary was not tried yet");
	if (facts->canary_age > PW_CANARY_AGE_MAX)
		return say(facts, "the canary was not tried for %ld s", facts->canary_age);
	return say(facts, "the canary was not refused: %s%s%s", facts->canary.file ? "" : "file",
		   !facts->canary.file && !facts->canary.net ? " and " : "",
		   facts->canary.net ? "" : "network");
}

static int check_module(struct facts *facts)
{
	int r = pw_module_status(&facts->module);

	facts->has_module = r == 0;
	if (r == 0 && !facts->attached && facts->module.links > 0) {
		facts->broken = facts->held_only = true;
		facts->sealed |= !!(facts->module.state & PW_GUARD_SEALED);
		return say(facts, "the pins are gone; the kernel module holds %u links, and only "
			   "phiwardd can tell what they enforce", facts->module.links);
	}
	if (facts->sealed && !(facts->seal_flags & PW_SEAL_BY_MODULE))
		return say(facts, "sealed without the kernel module: what is in force hangs on its pins");
	if (r == 0 || !facts->attached)
		return 0;
	if (r == -ENOENT)
		return say(facts, "no kernel module: what is in force hangs on its pins");

	return say(facts, "the kernel module cannot be used, and what is in force hangs on its pins: %s",
		   r == -EPROTO ? "it is of another version" : strerror(-r));
}

static int check_seal(struct facts *facts)
{
	const struct pw_policy *policy = facts->ward ? pw_ward_policy(facts->ward) : NULL;
	const struct pw_state *state = facts->kernel ? pw_kernel_state(facts->kernel) : NULL;

	facts->sealed = state && state->sealed;
	facts->seal_flags = state ? state->seal_flags : 0;
	if (facts->sealed || !policy || !policy->sealed)
		return 0;

	return say(facts, "the policy says `sealed: true`, and it could not be sealed");
}

static const char *state_of(struct facts *facts, bool *ret_enforcing)
{
	*ret_enforcing = false;
	if (facts->held_only)
		return "degraded";
	if (!facts->attached || facts->bank->generation == 0)
		return facts->asked == PW_RESCUE_OFF ? "rescue" : "off";
	if (facts->broken)
		return "degraded";
	if (facts->bank->mode == PW_MODE_PERMISSIVE)
		return facts->asked == PW_RESCUE_NONE ? "permissive" : "rescue";
	*ret_enforcing = facts->bank->mode == PW_MODE_ENFORCE;

	return *ret_enforcing ? "enforcing" : "degraded";
}

static json_object *text_or_null(const char *text)
{
	return text ? json_object_new_string(text) : NULL;
}

/* Adds @text, or null. */
static int add_text(json_object *object, const char *key, const char *text)
{
	json_object *value = text_or_null(text);

	if (text && !value)
		return -ENOMEM;

	return json_object_object_add(object, key, value) < 0 ? -ENOMEM : 0;
}

static int add_texts(json_object *object, const char *key, char *const *texts, size_t n)
{
	json_object *array = json_object_new_array();
	int r = pw_json_add(object, key, array);

	for (size_t i = 0; r == 0 && i < n; i++)
		r = pw_json_append(array, json_object_new_string(texts[i]));

	return r;
}

static int add_policy(json_object *object, const struct facts *facts)
{
	const struct pw_catalog *catalog = facts->catalog;
	bool in_force = facts->attached && facts->bank->generation > 0;
	int r;

	if (!in_force)
		catalog = NULL;
	r = add_text(object, "mode",
		     in_force ? pw_word_name(&pw_words_mode, facts->bank->mode) : NULL);
	if (r == 0)
		r = add_text(object, "policy", catalog ? catalog->policy : NULL);
	if (r == 0)
		r = pw_json_add(object, "version",
				json_object_new_uint64(catalog ? catalog->version : 0));
	if (r == 0)	/* 0: without a site's file */
		r = pw_json_add(object, "site_version",
				json_object_new_uint64(catalog ? catalog->site_version : 0));
	if (r == 0)
		r = add_text(object, "digest", catalog ? catalog->digest : NULL);
	if (r == 0)
		r = pw_json_add(object, "generation",
				json_object_new_uint64(in_force ? facts->bank->generation : 0));

	return r;
}

static uint64_t lost_records(const struct pw_state *state)
{
	uint64_t lost = 0;

	for (int reason = 0; reason < PW_LOSS_MAX_; reason++)
		lost += state->lost[reason].count;

	return lost;
}

static int add_counts(json_object *object, const struct facts *facts)
{
	const struct pw_state *state = facts->kernel ? pw_kernel_state(facts->kernel) : NULL;
	json_object *counters = json_object_new_object();
	int r;

	r = pw_json_add(object, "records", json_object_new_uint64(state ? state->seq : 0));
	if (r == 0)
		r = pw_json_add(object, "lost",
				json_object_new_uint64(state ? lost_records(state) : 0));
	if (r == 0)
		r = pw_json_add(object, "counters", counters);
	for (unsigned int i = 1; r == 0 && i < PW_COUNTER_MAX_; i++)
		r = pw_json_add(counters, pw_word_name(&pw_words_counter, i),
				json_object_new_uint64(state ? state->counters[i] : 0));

	return r;
}

static const char *name_of(char *const *names, uint32_t id)
{
	return id && names ? names[id] : NULL;
}

/* Until @until of the kernel, ns since boot. */
static int64_t seconds_left(uint64_t until)
{
	struct timespec now;

	clock_gettime(CLOCK_BOOTTIME, &now);

	return (int64_t)(until / 1000000000) - now.tv_sec;
}

/* How long the policy in force is on probation still; null when it is not. */
static int add_probation(json_object *object, const struct facts *facts)
{
	struct pw_probation probation;
	json_object *on;
	int64_t left;
	int r;

	if (!facts->kernel || !pw_probation_on(facts->kernel, &probation))
		return add_text(object, "probation", NULL);
	left = seconds_left(probation.until);
	on = json_object_new_object();
	r = pw_json_add(object, "probation", on);

	return r < 0 ? r : pw_json_add(on, "left_s", json_object_new_int64(left > 0 ? left : 0));
}

/* The session of break-glass that is open; null when none is. */
static int add_glass(json_object *object, const struct facts *facts)
{
	const struct pw_glass *glass =
		facts->kernel ? &pw_kernel_state(facts->kernel)->glass : NULL;
	const struct pw_catalog *catalog = facts->catalog;
	json_object *open = NULL;
	int64_t left = glass ? seconds_left(glass->until) : 0;
	int r;

	if (left <= 0 || !catalog)
		return add_text(object, "breakglass", NULL);
	open = json_object_new_object();
	r = pw_json_add(object, "breakglass", open);
	if (r == 0)
		r = pw_json_add(open, "session", json_object_new_uint64(glass->session));
	if (r == 0)
		r = add_text(open, "kind", pw_glass_names[glass->flags & PW_GLASS_SERVICE ?
							   PW_GLASS_KIND_SERVICE :
							   PW_GLASS_KIND_BREAKGLASS]);
	if (r == 0)
		r = add_text(open, "subject", name_of(catalog->subjects, glass->subject));
	if (r == 0)
		r = add_text(open, "object", name_of(catalog->objects, glass->object));
	if (r == 0)
		r = pw_json_add(open, "left_s", json_object_new_int64(left));

	return r;
}

static int add_daemon(json_object *object, const struct facts *facts)
{
	const struct pw_ward *ward = facts->ward;
	const struct pw_image *image = ward ? ward->image : NULL;
	json_object *scanning = json_object_new_array();
	int r;

	r = pw_json_add(object, "scanning", scanning);
	if (r == 0 && ward && ward->scan && pw_scan_at(ward->scan))
		r = pw_json_append(scanning, json_object_new_string(pw_scan_at(ward->scan)));
	if (r == 0)
		r = add_texts(object, "pending", image ? image->pending : NULL,
			      image ? image->npending : 0);
	if (r == 0)
		r = pw_json_add(object, "daemon", json_object_new_boolean(ward != NULL));

	return r;
}

/* What the module holds; null where there is none, or none that can be used. */
static int add_module(json_object *object, const struct facts *facts)
{
	int r;

	r = pw_json_add(object, "sealed", json_object_new_boolean(facts->sealed));
	if (r == 0)
		r = pw_json_add(object, "module", json_object_new_boolean(facts->has_module));
	if (r == 0 && facts->has_module)
		r = pw_json_add(object, "held", json_object_new_uint64(facts->module.links));
	else if (r == 0)
		r = add_text(object, "held", NULL);

	return r;
}

static int assemble(struct facts *facts, json_object **ret)
{
	_cleanup_(pw_json_putp) json_object *object = json_object_new_object();
	bool enforcing;
	const char *state = state_of(facts, &enforcing);
	int r;

	if (!object)
		return -ENOMEM;
	r = pw_json_add(object, "schema", json_object_new_int(1));
	if (r == 0)
		r = pw_json_add(object, "enforcing", json_object_new_boolean(enforcing));
	if (r == 0)
		r = add_text(object, "state", state);
	if (r == 0)
		r = pw_json_add(object, "why", json_object_get(facts->why));
	if (r == 0)
		r = add_policy(object, facts);
	if (r == 0)
		r = pw_json_add(object, "canary_age_s", json_object_new_int64(facts->canary_age));
	if (r == 0)
		r = add_module(object, facts);
	if (r == 0)
		r = add_probation(object, facts);
	if (r == 0)
		r = add_glass(object, facts);
	if (r == 0)
		r = add_daemon(object, facts);
	if (r == 0)
		r = add_counts(object, facts);
	if (r == 0)
		r = pw_json_add(object, "missing", json_object_get(facts->missing));
	if (r < 0)
		return r;

	*ret = TAKE_PTR(object);
	return 0;
}

static int check_rest(struct facts *facts)
{
	int r = 0;

	if (facts->asked != PW_RESCUE_NONE)
		r = say(facts, "the kernel command line says " PW_RESCUE_KEY "%s",
			pw_word_name(&pw_words_rescue, facts->asked));
	if (r == 0 && facts->ward && facts->ward->trouble)
		r = say(facts, "%s", facts->ward->trouble);
	if (r == 0 && facts->ward && facts->ward->scan_error < 0)
		r = say(facts, "files with more than one link could not all be found: %s",
			strerror(-facts->ward->scan_error));
	if (r == 0 && facts->ward && facts->ward->scan_error < 0)
		facts->broken = true;
	if (r == 0 && !facts->held_only && (!facts->attached || facts->bank->generation == 0))
		r = say(facts, "no policy is in force");
	if (r == 0 && facts->attached && facts->bank->generation > 0 &&
	    facts->bank->mode == PW_MODE_PERMISSIVE)
		r = say(facts, "the policy's mode is permissive");

	return r;
}

int pw_status_collect(struct pw_ward *ward, json_object **ret)
{
	struct facts facts = {
		.ward = ward,
		.why = json_object_new_array(),
		.missing = json_object_new_array(),
		.asked = pw_rescue_asked(),
	};
	int r = facts.why && facts.missing ? 0 : -ENOMEM;

	if (r == 0)
		r = find_kernel(&facts);
	if (r == 0)
		r = find_bank(&facts);
	if (r == 0)
		r = find_catalog(&facts);
	if (r == 0)
		r = check_probe(&facts);
	if (r == 0)
		r = check_links(&facts);
	if (r == 0)
		r = check_canary(&facts);
	if (r == 0)
		r = check_seal(&facts);
	if (r == 0)
		r = check_module(&facts);
	if (r == 0)
		r = check_rest(&facts);
	if (r == 0)
		r = assemble(&facts, ret);
	pw_kernel_close(facts.own);
	pw_catalog_free(facts.read);
	free(facts.bank);
	json_object_put(facts.why);
	json_object_put(facts.missing);

	return r;
}
