// SPDX-License-Identifier: BSD-2-Clause
#include <errno.h>
#include <fcntl.h>
#include <linux/bpf.h>
#include <sys/mman.h>
#include <unistd.h>

#include <bpf/bpf.h>

#include "audit/ring.h"

#define WINDOW_BYTES (1UL << 20)

_Static_assert(BPF_RINGBUF_HDR_SZ + PW_EVENT_SIZE <= 4096,
	       "a window of two pages holds an event that begins in the first of them");

/* One page of positions; its offset says whose. */
static int map_page(const struct pw_ring *ring, int protection, size_t at, void **ret)
{
	void *map = mmap(NULL, ring->page, protection, MAP_SHARED, ring->map_fd, (off_t)at);

	if (map == MAP_FAILED)
		return -errno;
	*ret = map;
	return 0;
}

int pw_ring_show(struct pw_ring *ring)
{
	size_t size = ring->size < WINDOW_BYTES ? ring->size : WINDOW_BYTES;
	unsigned long start = ring->position & ~(ring->page - 1);
	const char *old = ring->window;
	size_t old_size = ring->window_size;
	/* The kernel has the data twice in a row, so that no window has two parts. */
	void *window = mmap(NULL, size, PROT_READ, MAP_SHARED, ring->map_fd,
			    (off_t)(2 * ring->page + (start & (ring->size - 1))));

	if (window == MAP_FAILED)
		return -errno;
	ring->window = window;
	ring->window_start = start;
	ring->window_size = size;
	return old && munmap((void *)old, old_size) < 0 ? -errno : 0;
}

int pw_ring_open(int map_fd, struct pw_ring *ret_ring)
{
	struct pw_ring ring = { .page = (size_t)sysconf(_SC_PAGESIZE) };
	struct bpf_map_info info = { 0 };
	__u32 info_size = sizeof(info);
	int r;

	if (bpf_obj_get_info_by_fd(map_fd, &info, &info_size) < 0)
		return -errno;
	if (info.type != BPF_MAP_TYPE_RINGBUF || info.max_entries < 2 * ring.page ||
	    (info.max_entries & (info.max_entries - 1)))
		return -EINVAL;
	ring.size = info.max_entries;
	ring.map_fd = fcntl(map_fd, F_DUPFD_CLOEXEC, 0);
	if (ring.map_fd < 0)
		return -errno;
	r = map_page(&ring, PROT_READ | PROT_WRITE, 0, &ring.consumer_map);
	if (!r)
		r = map_page(&ring, PROT_READ, ring.page, &ring.producer_map);
	if (!r) {
		ring.consumer = ring.consumer_map;
		ring.producer = ring.producer_map;
		ring.position = ring.released = *ring.consumer;
		r = pw_ring_show(&ring);
	}
	if (r < 0) {
		pw_ring_close(&ring);
		return r;
	}
	*ret_ring = ring;
	return 0;
}

void pw_ring_close(struct pw_ring *ring)
{
	if (ring->window)
		munmap((void *)ring->window, ring->window_size);
	if (ring->producer_map)
		munmap(ring->producer_map, ring->page);
	if (ring->consumer_map)
		munmap(ring->consumer_map, ring->page);
	if (ring->page)
		close(ring->map_fd);
	*ring = (struct pw_ring){ 0 };
}
