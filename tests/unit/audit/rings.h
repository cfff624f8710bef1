/* SPDX-License-Identifier: BSD-2-Clause */
/* Rings in plain memory, and the kernel's side of them: takes the place of ring_map.c. */
#ifndef PW_TEST_RINGS_H
#define PW_TEST_RINGS_H

#include "events.h"

#include <errno.h>
#include <linux/bpf.h>
#include <sys/eventfd.h>
#include <sys/mman.h>
#include <unistd.h>

#include "audit/ring.h"

#ifndef RING_SIZE
#define RING_SIZE 16384
#endif
#ifndef RING_WINDOW
#define RING_WINDOW 8192UL	/* a page may lie before the position: the other one holds an event */
#endif
#define NRINGS 3

/* A ring and its kernel side. */
struct kernel_ring {
	int fd;			/* names it to pw_ring_open() */
	int memory;		/* of the RING_SIZE bytes */
	char *data;		/* the same RING_SIZE bytes twice */
	unsigned long consumer, producer;
};

static struct kernel_ring rings[NRINGS];
static bool no_memory;	/* for a window that moves */

/* A window is gone when it is moved, and there as a whole at once, as in the daemon. */
int pw_ring_show(struct pw_ring *ring)
{
	unsigned long start = ring->position & ~4095UL;
	size_t at = start & (RING_SIZE - 1), whole = RING_SIZE - at < RING_WINDOW ? RING_SIZE - at : RING_WINDOW;
	char *window;

	if (no_memory)
		return -ENOMEM;
	window = mmap(NULL, RING_WINDOW, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	assert_true(window != MAP_FAILED);
	assert_ptr_equal(mmap(window, whole, PROT_READ, MAP_SHARED | MAP_FIXED | MAP_POPULATE,
			      ring->map_fd, (off_t)at), window);
	if (whole < RING_WINDOW)
		assert_ptr_equal(mmap(window + whole, RING_WINDOW - whole, PROT_READ,
				      MAP_SHARED | MAP_FIXED | MAP_POPULATE, ring->map_fd, 0), window + whole);
	if (ring->window)
		munmap((void *)ring->window, RING_WINDOW);
	ring->window = window;
	ring->window_start = start;
	ring->window_size = RING_WINDOW;
	return 0;
}

int pw_ring_open(int map_fd, struct pw_ring *ret_ring)
{
	for (size_t i = 0; i < NRINGS; i++) {
		if (rings[i].fd != map_fd)
			continue;
		*ret_ring = (struct pw_ring){ .map_fd = rings[i].memory, .size = RING_SIZE,
					      .consumer = &rings[i].consumer,
					      .producer = &rings[i].producer,
					      .released = rings[i].consumer,
					      .position = rings[i].consumer };
		return pw_ring_show(ret_ring);
	}
	return -EINVAL;
}

void pw_ring_close(struct pw_ring *ring)
{
	if (ring->window)
		munmap((void *)ring->window, RING_WINDOW);
	*ring = (struct pw_ring){ 0 };
}

static inline void make_ring(struct kernel_ring *ring)
{
	int memory = memfd_create("ring", MFD_CLOEXEC);
	char *both = mmap(NULL, 2 * RING_SIZE, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	assert_true(memory >= 0);
	assert_true(both != MAP_FAILED);
	assert_int_equal(ftruncate(memory, RING_SIZE), 0);
	for (size_t i = 0; i < 2; i++)
		assert_ptr_equal(mmap(both + i * RING_SIZE, RING_SIZE, PROT_READ | PROT_WRITE,
				      MAP_SHARED | MAP_FIXED, memory, 0), both + i * RING_SIZE);
	*ring = (struct kernel_ring){ .fd = eventfd(0, EFD_CLOEXEC), .memory = memory, .data = both };
	assert_true(ring->fd >= 0);
}

/* Puts bytes into a ring as the kernel does; with @header_bits it is busy or discarded. */
static inline uint32_t *put_bytes(size_t ring, const void *bytes, uint32_t length, uint32_t header_bits)
{
	struct kernel_ring *k = &rings[ring];
	char *entry = k->data + (k->producer & (RING_SIZE - 1));
	uint32_t *header = (uint32_t *)entry;

	assert_true(k->producer - k->consumer + length + 16 <= RING_SIZE);
	memcpy(entry + BPF_RINGBUF_HDR_SZ, bytes, length);
	*header = length | header_bits;
	k->producer += (length + BPF_RINGBUF_HDR_SZ + 7) & ~7UL;
	return header;
}

#endif
