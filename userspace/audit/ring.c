// SPDX-License-Identifier: BSD-2-Clause
#include <linux/bpf.h>
#include <string.h>

#include "audit/ring.h"

#define DISCARDED(header) ((header) & BPF_RINGBUF_DISCARD_BIT)
#define LENGTH(header) ((header) & ~(BPF_RINGBUF_BUSY_BIT | BPF_RINGBUF_DISCARD_BIT))

static const char *entry_at(const struct pw_ring *ring, uint32_t *ret_header)
{
	const char *entry = ring->data + (ring->position & (ring->size - 1));

	*ret_header = __atomic_load_n((const uint32_t *)entry, __ATOMIC_ACQUIRE);
	return entry + BPF_RINGBUF_HDR_SZ;
}

const struct pw_event *pw_ring_peek(struct pw_ring *ring)
{
	while (!ring->next && ring->position < pw_ring_end(ring)) {
		uint32_t header;
		const char *entry = entry_at(ring, &header);

		if (header & BPF_RINGBUF_BUSY_BIT)
			return NULL;
		if (!DISCARDED(header)) {
			if (LENGTH(header) <= ring->size && pw_event_is_valid(entry, LENGTH(header))) {
				ring->next = (const struct pw_event *)entry;
				break;
			}
			ring->malformed++;
		}
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

void pw_ring_release(struct pw_ring *ring)
{
	__atomic_store_n(ring->consumer, ring->position, __ATOMIC_RELEASE);
}

void pw_ring_rewind(struct pw_ring *ring)
{
	ring->position = *ring->consumer;
	ring->next = NULL;
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
