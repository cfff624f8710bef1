// SPDX-License-Identifier: BSD-2-Clause
#include <fcntl.h>
#include <inttypes.h>
#include <limits.h>
#include <string.h>
#include <time.h>

#include <bpf/bpf.h>

#include "common/cleanup.h"
#include "publish/canary.h"
#include "publish/pins.h"
#include "publish/probe.h"
#include "publish/swap.h"
#include "publish/ward_private.h"

/* Numbers that the kernel still uses stay taken, also when their names were lost. */
static int reserve_ids(struct pw_ward *ward)
{
	int r;

	for (__u32 slot = 0; slot < PW_BANK_SLOTS; slot++) {
		const struct pw_bank *bank = pw_kernel_bank(ward->kernel, slot);

		r = pw_ids_reserve(ward->ids, bank);
		if (r < 0)
			return r;
		if (slot == pw_kernel_state(ward->kernel)->active && bank->generation > 0) {
			r = pw_catalog_read(ward->state_dir, bank->generation, &ward->catalog);
			if (r < 0 && r != -ENOENT)
				return r;
		}
	}

	return 0;
}

static int find_program(char path[static PATH_MAX])
{
	ssize_t n = readlink("/proc/self/exe", path, PATH_MAX - 1);

	if (n < 0)
		return -errno;
	path[n] = '\0';

	return 0;
}

static int read_state(struct pw_ward *ward)
{
	char boot[PW_BOOT_ID_LEN + 1] = "";
	int r;

	r = pw_boot_id(boot);
	if (r == 0)
		r = pw_ids_load(ward->state_dir, boot, &ward->ids);
	if (r == 0)
		r = find_program(ward->program);

	return r < 0 ? r : reserve_ids(ward);
}

int pw_ward_open(int state_dir, int log_dir, struct pw_ward **ret, struct pw_diag *diag)
{
	_cleanup_(pw_ward_closep) struct pw_ward *ward = calloc(1, sizeof(*ward));
	int r;

	if (!ward)
		return -ENOMEM;
	ward->state_dir = state_dir;
	ward->log_dir = log_dir;
	ward->links = -EBADF;
	ward->rescue = PW_RESCUE_NONE;
	ward->rescue_before = PW_RESCUE_NONE;
	pw_ward_set_by(ward, "phiwardd");
	r = pw_kernel_adopt(&ward->kernel, diag);
	if (r == -ENOENT)
		r = pw_kernel_load(&ward->kernel, diag);
	if (r == 0)
		r = pw_kernel_label_daemon(ward->kernel);
	/* Before anything is believed that lies in the directories. */
	if (r == 0)
		r = pw_ward_check_seal(ward, diag);
	/* What was on probation was not confirmed by who is to confirm it. */
	if (r == 0)
		pw_ward_go_back(ward);
	if (r == 0)
		r = pw_kernel_note_way(ward->kernel);
	if (r < 0) {
		if (r != -EKEYREJECTED)
			pw_diag_add(diag, PW_DIAG_ERROR, NULL,
				    "phiward cannot work with this kernel: %s", strerror(-r));
		return r;
	}
	r = read_state(ward);
	if (r < 0) {
		pw_diag_add(diag, PW_DIAG_ERROR, NULL, "the state of phiward cannot be read: %s",
			    strerror(-r));
		return r;
	}

	*ret = TAKE_PTR(ward);
	return 0;
}

struct pw_ward *pw_ward_close(struct pw_ward *ward)
{
	if (!ward)
		return NULL;
	ward->scan = pw_scan_free(ward->scan);
	if (ward->links >= 0)
		close(ward->links);
	ward->resolved = pw_resolved_free(ward->resolved);
	ward->policy = pw_policy_free(ward->policy);
	ward->image = pw_image_free(ward->image);
	ward->catalog = pw_catalog_free(ward->catalog);
	ward->ids = pw_ids_free(ward->ids);
	/* Maps that nothing is attached to are of no use to anybody but a living daemon. */
	if (ward->kernel && !pw_kernel_attached())
		pw_kernel_unload();
	ward->kernel = pw_kernel_close(ward->kernel);
	pw_links_done(&ward->found);
	free(ward);
	return NULL;
}

void pw_ward_set_by(struct pw_ward *ward, const char *by)
{
	snprintf(ward->by, sizeof(ward->by), "%s", by);
}

struct pw_kernel *pw_ward_kernel(struct pw_ward *ward)
{
	return ward->kernel;
}

const struct pw_policy *pw_ward_policy(const struct pw_ward *ward)
{
	return ward->policy;
}

const struct pw_catalog *pw_ward_catalog(const struct pw_ward *ward)
{
	return ward->image ? ward->image->catalog : ward->catalog;
}

int pw_ward_accepted(struct pw_ward *ward, struct pw_source **ret, size_t *ret_n,
		     uint64_t *ret_version)
{
	_cleanup_(pw_accepted_freep) struct pw_accepted *accepted = NULL;
	int r = pw_accepted_read(ward->state_dir, &accepted);

	if (r < 0)
		return r;

	*ret_version = accepted->version;
	*ret_n = accepted->nsources;
	*ret = TAKE_PTR(accepted->sources);
	accepted->nsources = 0;
	return 0;
}

void pw_ward_rescue(struct pw_ward *ward)
{
	ward->rescue = PW_RESCUE_PERMISSIVE;
}

void pw_ward_image_rescue(struct pw_ward *ward, enum pw_rescue *ret)
{
	_cleanup_(pw_image_freep) struct pw_image *image = NULL;

	if (pw_accepted_image(ward->state_dir, &image) == 0)
		*ret = image->rescue;
}

enum pw_mode pw_ward_mode(const struct pw_ward *ward)
{
	const struct pw_bank *bank =
		pw_kernel_bank(ward->kernel, pw_kernel_state(ward->kernel)->active);

	return pw_kernel_attached() && bank->generation > 0 ? (enum pw_mode)bank->mode :
							     PW_MODE_INVALID;
}

void pw_ward_set_trouble(struct pw_ward *ward, const char *text)
{
	ward->trouble = text;
}

int pw_ward_note(struct pw_ward *ward, enum pw_record_type type, enum pw_action action,
		 enum pw_verdict verdict, enum pw_reason reason, const char *text)
{
	struct pw_note note = {
		.type = (__u8)type,
		.action = (__u8)action,
		.verdict = (__u8)verdict,
		.reason = (__u8)reason,
	};

	snprintf(note.text, sizeof(note.text), "%s", text);
	return pw_kernel_note(ward->kernel, &note);
}

int pw_ward_tell_repeats(struct pw_ward *ward, bool all)
{
	return pw_kernel_tell_repeats(ward->kernel, all);
}

int pw_ward_canary(struct pw_ward *ward, struct pw_canary *ret)
{
	int r = pw_canary_try(pw_kernel_state(ward->kernel), &ward->canary);

	if (r < 0)
		return r;
	clock_gettime(CLOCK_BOOTTIME, &ward->canary_at);
	ward->canary_tried = true;

	*ret = ward->canary;
	return 0;
}

int pw_ward_unload(struct pw_ward *ward)
{
	char text[sizeof(((struct pw_note *)NULL)->text)];
	int r;

	snprintf(text, sizeof(text), "%s%sby %s", ward->policy ? ward->policy->name : "",
		 ward->policy ? ", " : "", ward->by);
	r = pw_ward_note(ward, PW_RECORD_POLICY, PW_ACTION_UNLOAD, PW_VERDICT_ALLOW, PW_REASON_ADMIN,
			 text);
	if (r < 0 && r != -EAGAIN)
		return r;
	r = pw_kernel_detach();
	if (r < 0)
		return r;
	pw_swap_off(ward->kernel);
	ward->scan = pw_scan_free(ward->scan);
	ward->resolved = pw_resolved_free(ward->resolved);
	ward->policy = pw_policy_free(ward->policy);
	ward->image = pw_image_free(ward->image);
	ward->catalog = pw_catalog_free(ward->catalog);
	ward->canary_tried = false;

	return pw_accepted_forget(ward->state_dir);
}
