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
#define NRINGS 3

/* A ring and its kernel side. */
struct kernel_ring {
	int fd;			/* names it to pw_ring_open() */
	char *data;		/* the same RING_SIZE bytes twice */
	unsigned long consumer, producer;
};

static struct kernel_ring rings[NRINGS];

int pw_ring_open(int map_fd, struct pw_ring *ret_ring)
{
	for (size_t i = 0; i < NRINGS; i++) {
		if (rings[i].fd != map_fd)
			continue;
		*ret_ring = (struct pw_ring){ .data = rings[i].data, .size = RING_SIZE,
					      .consumer = &rings[i].consumer,
					      .producer = &rings[i].producer,
					      .position = rings[i].consumer };
		return 0;
	}
	return -EINVAL;
}

void pw_ring_close(struct pw_ring *ring)
{
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
	close(memory);
	*ring = (struct kernel_ring){ .fd = eventfd(0, EFD_CLOEXEC), .data = both };
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
