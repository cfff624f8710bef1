// SPDX-License-Identifier: BSD-2-Clause
#include <linux/bpf.h>
#include <string.h>

#include "audit/ring.h"

#define DISCARDED(header) ((header) & BPF_RINGBUF_DISCARD_BIT)
#define LENGTH(header) ((header) & ~(BPF_RINGBUF_BUSY_BIT | BPF_RINGBUF_DISCARD_BIT))

/* How much of the window lies behind the position; 0 as well where the position is not in it. */
static size_t window_left(const struct pw_ring *ring)
{
	size_t read = ring->position - ring->window_start;

	return read < ring->window_size ? ring->window_size - read : 0;
}

static const char *entry_at(const struct pw_ring *ring, uint32_t *ret_header)
{
	const char *entry = ring->window + (ring->position - ring->window_start);

	*ret_header = __atomic_load_n((const uint32_t *)entry, __ATOMIC_ACQUIRE);
	return entry + BPF_RINGBUF_HDR_SZ;
}

/* No kernel has more there than the ring holds, or less than was read: then none of it is an entry. */
static bool has_more(struct pw_ring *ring)
{
	unsigned long end = pw_ring_end(ring);

	if (end - ring->position > ring->size) {
		ring->malformed++;
		ring->position = end;
	}
	return ring->position < end;
}

const struct pw_event *pw_ring_peek(struct pw_ring *ring)
{
	while (!ring->next && has_more(ring)) {
		size_t left = window_left(ring);
		const char *entry;
		uint32_t header;

		ring->cut = left < BPF_RINGBUF_HDR_SZ;
		if (ring->cut)
			return NULL;
		entry = entry_at(ring, &header);
		if (header & BPF_RINGBUF_BUSY_BIT)
			return NULL;
		/* What is longer is no event, and need not be seen to be passed over. */
		if (!DISCARDED(header) && LENGTH(header) <= PW_EVENT_SIZE) {
			ring->cut = LENGTH(header) > left - BPF_RINGBUF_HDR_SZ;
			if (ring->cut)
				return NULL;
			if (pw_event_is_valid(entry, LENGTH(header))) {
				ring->next = (const struct pw_event *)entry;
				break;
			}
		}
		ring->malformed += !DISCARDED(header);
		pw_ring_advance(ring);
	}
	return ring->next;
}

void pw_ring_advance(struct pw_ring *ring)
{
	uint32_t header;

	entry_at(ring, &header);
	ring->position += (LENGTH(header) + BPF_RINGBUF_HDR_SZ + 7) & ~7UL;
	ring->next = NULL;
}

unsigned long pw_ring_end(const struct pw_ring *ring)
{
	return __atomic_load_n(ring->producer, __ATOMIC_ACQUIRE);
}

int pw_ring_release(struct pw_ring *ring)
{
	size_t left = window_left(ring);

	ring->released = ring->position;
	__atomic_store_n(ring->consumer, ring->released, __ATOMIC_RELEASE);
	ring->next = NULL;
	ring->cut = false;
	/* Mapping costs for each page, so that most of them are read first. */
	return left < ring->window_size / 8 || left < BPF_RINGBUF_HDR_SZ + PW_EVENT_SIZE ?
		       pw_ring_show(ring) : 0;
}

void pw_ring_rewind(struct pw_ring *ring)
{
	ring->position = ring->released;
	ring->next = NULL;
	ring->cut = false;
}

static bool is_name_list(const char *bytes, size_t length)
{
	return !length || bytes[length - 1] == '\0';
}

/* Whether @bytes, @length of them, are whole ancestors. */
static bool is_chain(const char *bytes, size_t length)
{
	struct pw_ancestor ancestor;

	while (length) {
		if (length < sizeof(ancestor))
			return false;
		memcpy(&ancestor, bytes, sizeof(ancestor));
		bytes += sizeof(ancestor);
		length -= sizeof(ancestor);
		if (ancestor.exe_len > length || !is_name_list(bytes, ancestor.exe_len))
			return false;
		bytes += ancestor.exe_len;
		length -= ancestor.exe_len;
	}
	return true;
}

bool pw_event_is_valid(const void *data, size_t size)
{
	const struct pw_event *e = data;
	size_t names;

	if (size < sizeof(*e) || e->size < sizeof(*e) || e->size > size)
		return false;
	names = (size_t)e->path_len + e->exe_len + e->parent_len + e->chain_len;
	if (e->abi != PW_ABI_VERSION || names > e->size - sizeof(*e) || !e->seq ||
	    !e->count)
		return false;
	if (!e->type || e->type >= PW_RECORD_MAX_ || !e->action || e->action >= PW_ACTION_MAX_ ||
	    !e->verdict || e->verdict >= PW_VERDICT_MAX_ || e->reason >= PW_REASON_MAX_ ||
	    e->proto >= PW_PROTO_MAX_)
		return false;
	if (e->family != 0 && e->family != 4 && e->family != 6)
		return false;
	return is_name_list(e->bytes, e->path_len) &&
	       is_name_list(e->bytes + e->path_len, e->exe_len) &&
	       is_name_list(e->bytes + e->path_len + e->exe_len, e->parent_len) &&
	       is_chain(e->bytes + e->path_len + e->exe_len + e->parent_len, e->chain_len);
}
