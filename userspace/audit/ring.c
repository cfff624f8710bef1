// SPDX-License-Identifier: BSD-2-Clause
#include <errno.h>
#include <linux/bpf.h>
#include <string.h>
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
	while (ring->position < pw_ring_end(ring)) {
		uint32_t header;
		const char *entry = entry_at(ring, &header);

		if (header & BPF_RINGBUF_BUSY_BIT)
			return NULL;
		if (!DISCARDED(header)) {
			if (LENGTH(header) <= ring->size && pw_event_is_valid(entry, LENGTH(header)))
				return (const struct pw_event *)entry;
			ring->malformed++;
		}
		pw_ring_advance(ring);
	}
	return NULL;
}

void pw_ring_advance(struct pw_ring *ring)
{
	uint32_t header;

	entry_at(ring, &header);
	ring->position += (LENGTH(header) + BPF_RINGBUF_HDR_SZ + 7) & ~7UL;
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
}

static bool is_name_list(const char *bytes, size_t length)
{
	return !length || bytes[length - 1] == '\0';
}

bool pw_event_is_valid(const void *data, size_t size)
{
	const struct pw_event *e = data;
	size_t names;

	if (size < sizeof(*e) || e->size < sizeof(*e) || e->size > size)
		return false;
	names = (size_t)e->path_len + e->exe_len + e->parent_len;
	if (e->abi != PW_ABI_VERSION || names > e->size - sizeof(*e) || !e->seq)
		return false;
	if (!e->type || e->type >= PW_RECORD_MAX_ || !e->action || e->action >= PW_ACTION_MAX_ ||
	    !e->verdict || e->verdict >= PW_VERDICT_MAX_ || e->reason >= PW_REASON_MAX_ ||
	    e->proto >= PW_PROTO_MAX_)
		return false;
	if (e->family != 0 && e->family != 4 && e->family != 6)
		return false;
	return is_name_list(e->bytes, e->path_len) &&
	       is_name_list(e->bytes + e->path_len, e->exe_len) &&
	       is_name_list(e->bytes + e->path_len + e->exe_len, e->parent_len);
}
