// SPDX-License-Identifier: BSD-2-Clause
#include <bpf/bpf.h>
#include <string.h>

#include "common/cleanup.h"
#include "publish/swap.h"
#include "publish/ward_private.h"

static int add_known(struct pw_links *links, const struct pw_bank *bank,
		     const struct pw_inode_key *key, const struct pw_link *link)
{
	const struct pw_found_link known = {
		.fs = bank->fs[key->fs].id,
		.ino = key->ino,
		.generation = link->generation,
		.object = link->object,
		.root = link->root,
	};

	return key->fs < bank->nfs && link->object < PW_OBJECT_IDS ? pw_links_add(links, &known) : 0;
}

int pw_ward_known_links(struct pw_ward *ward, struct pw_links *ret)
{
	const __u32 slot = pw_kernel_state(ward->kernel)->active;
	const struct pw_bank *bank = pw_kernel_bank(ward->kernel, slot);
	_cleanup_(pw_links_done) struct pw_links links = {};
	_cleanup_close_ int map = -EBADF;
	struct pw_inode_key key;
	const void *at = NULL;
	struct pw_link link;

	map = pw_swap_open_links(slot);
	if (map < 0)
		return map == -ENOENT ? 0 : map;
	for (; bpf_map_get_next_key(map, at, &key) == 0; at = &key) {
		int r = bpf_map_lookup_elem(map, &key, &link) < 0 ?
				-errno : add_known(&links, bank, &key, &link);

		if (r < 0)
			return r;
	}

	*ret = links;
	links = (struct pw_links){};
	return 0;
}

/* The active bank's map of links once more, with more room. */
static int grow_links(struct pw_ward *ward)
{
	const __u32 slot = pw_kernel_state(ward->kernel)->active;
	uint32_t room = 2 * ward->links_room;
	_cleanup_close_ int fd = -EBADF;

	if (ward->links_room == PW_LINKS_MAX)
		return -E2BIG;
	if (room > PW_LINKS_MAX)
		room = PW_LINKS_MAX;
	fd = pw_swap_links(ward->links, room);
	if (fd < 0)
		return fd;
	if (bpf_map_update_elem(pw_kernel_map(ward->kernel, PW_MAP_LINKS), &slot, &fd, BPF_ANY) < 0)
		return -errno;
	close(ward->links);
	ward->links = TAKE_FD(fd);
	ward->links_room = room;

	return pw_swap_pin_links(ward->links, slot);
}

/* Puts what was found since @from into the active bank. */
static int register_links(struct pw_ward *ward, size_t from)
{
	const struct pw_bank *bank = &ward->image->bank;
	int r;

	for (size_t i = from; i < ward->found.n;) {
		const struct pw_found_link *found = &ward->found.list[i];
		struct pw_link link = {
			.generation = found->generation,
			.object = found->object,
			.root = found->root,
		};
		struct pw_inode_key key = {.ino = found->ino};

		while (key.fs < bank->nfs &&
		       memcmp(&bank->fs[key.fs].id, &found->fs, sizeof(found->fs)) != 0)
			key.fs++;
		if (key.fs == bank->nfs ||
		    bpf_map_update_elem(ward->links, &key, &link, BPF_ANY) == 0) {
			i++;
			continue;
		}
		if (errno != E2BIG)
			return -errno;
		r = grow_links(ward);
		if (r < 0)
			return r;
	}

	return 0;
}

int pw_ward_scan(struct pw_ward *ward)
{
	size_t from = ward->found.n;
	int r, done;

	if (!ward->scan)
		return 0;
	done = pw_scan_step(ward->scan, &ward->found);
	r = done < 0 ? done : register_links(ward, from);
	if (r == 0 && done == 1)
		return 1;
	ward->scan_error = r;
	ward->scan = pw_scan_free(ward->scan);

	return r;
}

bool pw_ward_scanning(const struct pw_ward *ward)
{
	return ward->scan != NULL;
}
