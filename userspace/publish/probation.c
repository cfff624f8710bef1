// SPDX-License-Identifier: BSD-2-Clause
#include "publish/probation.h"

#include <bpf/bpf.h>
#include <errno.h>
#include <string.h>
#include <unistd.h>

#include "common/cleanup.h"
#include "common/text.h"
#include "publish/kernel_private.h"
#include "publish/store.h"

#define PW_UNCONFIRMED_FILE "unconfirmed.json"
#define NS_PER_MS 1000000ULL

static bool change(struct pw_probation *probation, uint32_t from, uint32_t to)
{
	return __atomic_compare_exchange_n(&probation->state, &from, to, false, __ATOMIC_SEQ_CST,
					   __ATOMIC_SEQ_CST);
}

int pw_probation_begin(struct pw_kernel *kernel, uint64_t for_ms)
{
	struct pw_probation_start start = {.for_ns = for_ms * NS_PER_MS};
	LIBBPF_OPTS(bpf_test_run_opts, options, .ctx_in = &start, .ctx_size_in = sizeof(start));
	struct pw_state *state = pw_kernel_state(kernel);
	_cleanup_close_ int fd = pw_program_fd("pw_begin_probation");

	if (fd < 0)
		return fd;
	state->probation.back = state->active;
	if (bpf_prog_test_run_opts(fd, &options) < 0)
		return -errno;
	if (options.retval)
		return (int)options.retval;
	__atomic_store_n(&state->probation.state, PW_PROBATION_ON, __ATOMIC_SEQ_CST);

	return 0;
}

void pw_probation_swapped(struct pw_kernel *kernel, uint64_t back_generation)
{
	struct pw_state *state = pw_kernel_state(kernel);

	if (back_generation)
		__atomic_store_n(&pw_kernel_bank(kernel, state->probation.back)->generation,
				 back_generation, __ATOMIC_SEQ_CST);
	/* The timer went back during the swap, which has undone that. */
	if (__atomic_load_n(&state->probation.state, __ATOMIC_SEQ_CST) != PW_PROBATION_ON)
		__atomic_store_n(&state->active, state->probation.back, __ATOMIC_SEQ_CST);
}

bool pw_probation_on(const struct pw_kernel *kernel, struct pw_probation *ret)
{
	*ret = pw_kernel_state(kernel)->probation;

	return ret->state == PW_PROBATION_ON;
}

bool pw_probation_keep(struct pw_kernel *kernel)
{
	return change(&pw_kernel_state(kernel)->probation, PW_PROBATION_ON, PW_PROBATION_NONE);
}

bool pw_probation_go_back(struct pw_kernel *kernel)
{
	struct pw_state *state = pw_kernel_state(kernel);

	if (!change(&state->probation, PW_PROBATION_ON, PW_PROBATION_RETURNING)) {
		/* The kernel's timer is at it: two words more. */
		while (__atomic_load_n(&state->probation.state, __ATOMIC_SEQ_CST) ==
		       PW_PROBATION_RETURNING)
			;
		return false;
	}
	__atomic_store_n(&state->active, state->probation.back, __ATOMIC_SEQ_CST);
	__atomic_store_n(&state->probation.state, PW_PROBATION_OVER, __ATOMIC_SEQ_CST);

	return true;
}

void pw_probation_forget(struct pw_kernel *kernel)
{
	__atomic_store_n(&pw_kernel_state(kernel)->probation.state, PW_PROBATION_NONE,
			 __ATOMIC_SEQ_CST);
}

uint32_t pw_probation_idle_slot(const struct pw_kernel *kernel)
{
	const struct pw_state *state = pw_kernel_state(kernel);
	struct pw_probation probation;
	uint32_t slot = 0;

	if (!pw_probation_on(kernel, &probation))
		probation.back = state->active;
	while (slot == state->active || slot == probation.back)
		slot++;

	return slot;
}

/* ---- Over a restart ------------------------------------------------------------------------ */

int pw_unconfirmed_write(int state_dir, const struct pw_policy *policy)
{
	_cleanup_(pw_json_putp) json_object *object = NULL;
	char digest[2 * PW_DIGEST_LEN + 1];
	int r;

	if (!policy)
		return unlinkat(state_dir, PW_UNCONFIRMED_FILE, 0) < 0 && errno != ENOENT ? -errno : 0;
	object = json_object_new_object();
	if (!object)
		return -ENOMEM;
	pw_text_hex(digest, policy->digest, PW_DIGEST_LEN);
	r = pw_json_add(object, "digest", json_object_new_string(digest));

	return r < 0 ? r : pw_store_write_json(state_dir, PW_UNCONFIRMED_FILE, object);
}

bool pw_unconfirmed_is(int state_dir, const struct pw_policy *policy)
{
	_cleanup_(pw_json_putp) json_object *object = NULL;
	char digest[2 * PW_DIGEST_LEN + 1];
	const char *text;

	pw_text_hex(digest, policy->digest, PW_DIGEST_LEN);

	return pw_store_read_json(state_dir, PW_UNCONFIRMED_FILE, &object) == 0 &&
	       pw_json_string(object, "digest", &text) && !strcmp(text, digest);
}
