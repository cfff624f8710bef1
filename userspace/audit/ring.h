/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Reading a BPF ring buffer in two steps: what was read is given back to the
 * kernel only when its lines are in the log. So a daemon that is killed, or a
 * disk that is full, loses nothing: the events stay in the ring. libbpf's
 * ring_buffer gives each event back as soon as its callback returns.
 *
 * Only a window of it is mapped, which moves on as the ring is read: the kernel counts each page
 * of a mapping as the daemon's memory from the start, and those of a ring that is mapped as a
 * whole, which is twice in a row, twice.
 *
 * The layout (pages of positions, then the data twice in a row; a header with
 * length, busy and discard bits before each entry) is the kernel's ABI, see
 * BPF_MAP_TYPE_RINGBUF and BPF_RINGBUF_* in <linux/bpf.h>.
 */
#ifndef PW_AUDIT_RING_H
#define PW_AUDIT_RING_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <phiward/abi.h>

struct pw_ring {
	const char *window;		/* of the ring, from position window_start on */
	unsigned long window_start;
	size_t window_size;
	unsigned long *consumer;	/* position up to which the kernel may write again */
	const unsigned long *producer;
	uint64_t size;			/* a power of two */
	unsigned long released;		/* up to here it was given back: *consumer, unless others write there */
	unsigned long position;		/* up to here it was read */
	const struct pw_event *next;	/* the one there, once it was looked at */
	bool cut;			/* what is there does not end in the window */
	int map_fd;			/* own */
	void *consumer_map, *producer_map;	/* pages to unmap; NULL: nothing */
	size_t page;
	uint64_t malformed;		/* entries that were no events, since it was opened */
};

/* ring_map.c: maps the ring behind @map_fd, which may be closed afterwards. -EINVAL: it is no ring buffer. */
int pw_ring_open(int map_fd, struct pw_ring *ret_ring);
void pw_ring_close(struct pw_ring *ring);

/*
 * ring_map.c: moves the window to the position. On error it is where it was; if only the old one
 * could not be unmapped it was moved.
 */
int pw_ring_show(struct pw_ring *ring);

/*
 * The next event, valid until pw_ring_release(), or NULL when there is none that is complete, or
 * when @ring is cut: then there may be more after pw_ring_release(). What is not an event is
 * counted and passed over, and so is all that is there when its end is one that no kernel writes.
 */
const struct pw_event *pw_ring_peek(struct pw_ring *ring);

/* Passes over the event that pw_ring_peek() gave. */
void pw_ring_advance(struct pw_ring *ring);

/* Position behind everything that has been reserved so far. */
unsigned long pw_ring_end(const struct pw_ring *ring);

/*
 * Gives back to the kernel what was read, and moves the window when most of it was; then there is
 * room in it for the next event. On error that is tried again the next time.
 */
int pw_ring_release(struct pw_ring *ring);

/* Reads again, from the last release on. */
void pw_ring_rewind(struct pw_ring *ring);

/* Whether @size bytes at @data are an event all of whose parts lie inside it. */
bool pw_event_is_valid(const void *data, size_t size);

#endif
