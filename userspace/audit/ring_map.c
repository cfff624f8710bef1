// SPDX-License-Identifier: BSD-2-Clause
#include <errno.h>
#include <linux/bpf.h>
#include <sys/mman.h>
#include <unistd.h>

#include <bpf/bpf.h>

#include "audit/ring.h"

int pw_ring_open(int map_fd, struct pw_ring *ret_ring)
{
	struct pw_ring ring = { .page = (size_t)sysconf(_SC_PAGESIZE) };
	struct bpf_map_info info = { 0 };
	__u32 info_size = sizeof(info);

	if (bpf_obj_get_info_by_fd(map_fd, &info, &info_size) < 0)
		return -errno;
	if (info.type != BPF_MAP_TYPE_RINGBUF || info.max_entries < ring.page ||
	    (info.max_entries & (info.max_entries - 1)))
		return -EINVAL;
	ring.size = info.max_entries;
	ring.consumer_map = mmap(NULL, ring.page, PROT_READ | PROT_WRITE, MAP_SHARED, map_fd, 0);
	if (ring.consumer_map == MAP_FAILED)
		return -errno;
	ring.data_map = mmap(NULL, ring.page + 2 * ring.size, PROT_READ, MAP_SHARED, map_fd,
			     (off_t)ring.page);
	if (ring.data_map == MAP_FAILED) {
		int r = -errno;

		munmap(ring.consumer_map, ring.page);
		return r;
	}
	ring.consumer = ring.consumer_map;
	ring.producer = ring.data_map;
	ring.data = (const char *)ring.data_map + ring.page;
	ring.position = *ring.consumer;
	*ret_ring = ring;
	return 0;
}

void pw_ring_close(struct pw_ring *ring)
{
	if (ring->consumer_map)
		munmap(ring->consumer_map, ring->page);
	if (ring->data_map)
		munmap(ring->data_map, ring->page + 2 * ring->size);
	*ring = (struct pw_ring){ 0 };
}
