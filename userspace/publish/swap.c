// SPDX-License-Identifier: BSD-2-Clause
#include "publish/swap.h"

#include <bpf/bpf.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "common/cleanup.h"
#include "publish/kernel_private.h"
#include "publish/pins.h"
#include "publish/probation.h"

/* What an inner map must be made like, to be taken by its outer map. */
static const struct {
	enum bpf_map_type type;
	__u32 flags;
} inner_kind[PW_MAP_MAX_] = {
	[PW_MAP_ROOTS] = {BPF_MAP_TYPE_HASH, 0},
	[PW_MAP_NAMES] = {BPF_MAP_TYPE_HASH, 0},
	[PW_MAP_LINKS] = {BPF_MAP_TYPE_HASH, 0},
	[PW_MAP_PROGRAMS] = {BPF_MAP_TYPE_HASH, 0},
	[PW_MAP_SCRIPTS] = {BPF_MAP_TYPE_HASH, 0},
	[PW_MAP_PREFIXES] = {BPF_MAP_TYPE_LPM_TRIE, BPF_F_NO_PREALLOC},
	[PW_MAP_DOORS] = {BPF_MAP_TYPE_HASH, 0},
	[PW_MAP_UNIX_DOORS] = {BPF_MAP_TYPE_HASH, 0},
	[PW_MAP_PATH_DOORS] = {BPF_MAP_TYPE_HASH, 0},
};

static int fill_one_by_one(int fd, const struct pw_table *table, size_t from)
{
	for (size_t i = from; i < table->n; i++)
		if (bpf_map_update_elem(fd, table->keys + i * table->key_size,
					table->values + i * table->value_size, BPF_ANY) < 0)
			return -errno;

	return 0;
}

static int fill(int fd, const struct pw_table *table)
{
	LIBBPF_OPTS(bpf_map_batch_opts, options);
	__u32 n = (__u32)table->n;

	if (n == 0)
		return 0;
	if (bpf_map_update_batch(fd, table->keys, table->values, &n, &options) == 0)
		return 0;

	/* Not every kind of map takes batches on every kernel. */
	return fill_one_by_one(fd, table, 0);
}

static int make_inner(enum pw_map map, const struct pw_table *table, __u32 room)
{
	LIBBPF_OPTS(bpf_map_create_opts, options, .map_flags = inner_kind[map].flags);
	_cleanup_close_ int fd = -EBADF;
	int r;

	fd = bpf_map_create(inner_kind[map].type, PW_OWN_NAME "inner", (__u32)table->key_size,
			    (__u32)table->value_size, room > 0 ? room : 1, &options);
	if (fd < 0)
		return -errno;
	r = fill(fd, table);
	if (r < 0)
		return r;
	/* The scan adds to the links of the active bank. */
	if (map != PW_MAP_LINKS && bpf_map_freeze(fd) < 0)
		return -errno;

	return TAKE_FD(fd);
}

static int put_tables(struct pw_kernel *kernel, const struct pw_image *image, __u32 slot,
		      uint32_t links_room, int *ret_links)
{
	_cleanup_close_ int links = -EBADF;

	for (int map = PW_MAP_BANKED_FIRST; map <= PW_MAP_BANKED_LAST; map++) {
		const struct pw_table *table = &image->tables[map];
		_cleanup_close_ int inner = -EBADF;

		inner = make_inner(map, table,
				   map == PW_MAP_LINKS ? links_room : (__u32)table->n);
		if (inner < 0)
			return inner;
		if (bpf_map_update_elem(pw_kernel_map(kernel, map), &slot, &inner, BPF_ANY) < 0)
			return -errno;
		if (map == PW_MAP_LINKS)
			links = TAKE_FD(inner);
	}

	*ret_links = TAKE_FD(links);
	return 0;
}

void pw_links_name(char name[static PW_LINKS_NAME_MAX], uint32_t slot)
{
	snprintf(name, PW_LINKS_NAME_MAX, "links_%u", slot);
}

int pw_swap_pin_links(int fd, uint32_t slot)
{
	char path[PW_PIN_PATH_MAX], name[PW_LINKS_NAME_MAX];
	int r;

	pw_links_name(name, slot);
	r = pw_object_pin(path, PW_GUARD_MAP, name);
	if (r < 0)
		return r;
	if (unlink(path) < 0 && errno != ENOENT)
		return -errno;
	if (bpf_obj_pin(fd, path) < 0)
		return -errno;
	/* Once sealed it keeps the one of then: the search finds again what came since. */
	r = pw_module_hold(PW_GUARD_MAP, name, fd);

	return r == -ENOENT || r == -EPERM ? 0 : r;
}

int pw_swap_open_links(uint32_t slot)
{
	char path[PW_PIN_PATH_MAX], name[PW_LINKS_NAME_MAX];
	int r, fd;

	pw_links_name(name, slot);
	r = pw_object_pin(path, PW_GUARD_MAP, name);
	if (r < 0)
		return r;
	fd = bpf_obj_get(path);
	if (fd >= 0 || errno != ENOENT)
		return fd < 0 ? -errno : fd;

	return pw_module_get(PW_GUARD_MAP, name);
}

static int adopt(struct pw_kernel *kernel, __u32 slot, struct pw_swapped *swapped)
{
	struct pw_adopted *tasks = NULL;
	size_t n = 0;
	int r;

	r = pw_kernel_adopt_tasks(kernel, slot, &tasks, &n);
	if (r < 0)
		return r;
	for (size_t i = 0; i < n; i++) {
		if (tasks[i].subject != PW_SUBJECT_OTHERS) {
			swapped->adopted++;
			continue;
		}
		if (swapped->not_adopted < PW_NOT_ADOPTED_MAX)
			swapped->refused[swapped->not_adopted] = tasks[i];
		swapped->not_adopted++;
	}
	free(tasks);

	return 0;
}

/* All that can fail. */
static int prepare(struct pw_kernel *kernel, const struct pw_image *image, __u32 slot,
		   const struct pw_swap_how *how, struct pw_swapped *swapped)
{
	_cleanup_close_ int links = -EBADF;
	int r;

	r = put_tables(kernel, image, slot, how->links_room, &links);
	if (r == 0)
		r = pw_swap_pin_links(links, slot);
	if (r == 0 && how->try_ms)
		r = pw_probation_begin(kernel, how->try_ms);
	if (r < 0)
		return r;
	*pw_kernel_bank(kernel, slot) = image->bank;
	r = adopt(kernel, slot, swapped);
	if (r < 0) {
		if (how->try_ms)
			pw_probation_forget(kernel);
		return r;
	}

	swapped->links = TAKE_FD(links);
	return 0;
}

int pw_swap(struct pw_kernel *kernel, const struct pw_image *image, const struct pw_swap_how *how,
	    struct pw_swapped *ret, struct pw_diag *diag)
{
	struct pw_state *state = pw_kernel_state(kernel);
	const __u32 slot = pw_probation_idle_slot(kernel);
	struct pw_swapped swapped = {.links = -EBADF};
	struct pw_probation probation;
	const bool tried = how->try_ms || pw_probation_on(kernel, &probation);
	int r;

	r = prepare(kernel, image, slot, how, &swapped);
	if (r < 0) {
		pw_diag_add(diag, PW_DIAG_ERROR, NULL,
			    "the kernel did not take the new policy: %s; the old one stays",
			    strerror(-r));
		return r;
	}
	__atomic_store_n(&state->active, slot, __ATOMIC_SEQ_CST);
	if (tried)
		pw_probation_swapped(kernel, how->back_generation);

	/* Whoever was forked or execed meanwhile; the policy is in force either way. */
	r = adopt(kernel, slot, &swapped);
	if (r == 0)
		r = pw_kernel_adopt_sockets();
	if (r < 0)
		pw_diag_add(diag, PW_DIAG_WARNING, NULL,
			    "programs started during the swap could not be looked at again: %s",
			    strerror(-r));

	/* Says nothing new, but returns when nobody decides by the old bank any more. */
	if (bpf_map_update_elem(pw_kernel_map(kernel, PW_MAP_LINKS), &slot, &swapped.links,
				BPF_ANY) < 0)
		pw_diag_add(diag, PW_DIAG_WARNING, NULL, "the links were not put in twice: %s",
			    strerror(errno));

	/* What a probation went back to has been taken over from it. */
	if (!tried && state->probation.state == PW_PROBATION_OVER)
		pw_probation_forget(kernel);

	*ret = swapped;
	return 0;
}

void pw_swap_off(struct pw_kernel *kernel)
{
	struct pw_state *state = pw_kernel_state(kernel);
	const __u32 slot = pw_probation_idle_slot(kernel);

	memset(pw_kernel_bank(kernel, slot), 0, sizeof(struct pw_bank));
	pw_probation_keep(kernel);
	__atomic_store_n(&state->active, slot, __ATOMIC_SEQ_CST);
}

int pw_swap_links(int from, uint32_t room)
{
	const struct pw_table table = {
		.key_size = sizeof(struct pw_inode_key),
		.value_size = sizeof(struct pw_link),
	};
	_cleanup_close_ int fd = make_inner(PW_MAP_LINKS, &table, room);
	struct pw_inode_key key;
	struct pw_link link;
	const void *at = NULL;

	if (fd < 0)
		return fd;
	while (bpf_map_get_next_key(from, at, &key) == 0) {
		at = &key;
		if (bpf_map_lookup_elem(from, &key, &link) == 0 &&
		    bpf_map_update_elem(fd, &key, &link, BPF_ANY) < 0)
			return -errno;
	}

	return TAKE_FD(fd);
}
