// SPDX-License-Identifier: BSD-2-Clause
/*
 * bpf-count: how many maps, programs, links and BTFs of BPF the kernel has, NAME NUMBER one a
 * line: whoever holds them. The policy refuses descriptors of others' objects, not their numbers.
 */
#include <stdio.h>
#include <string.h>

#include "bpf.h"

static const struct {
	const char *name;
	int next;
} kinds[] = {
	{"maps", BPF_MAP_GET_NEXT_ID}, {"programs", BPF_PROG_GET_NEXT_ID},
	{"links", BPF_LINK_GET_NEXT_ID}, {"btfs", BPF_BTF_GET_NEXT_ID},
};

int main(void)
{
	for (size_t n = 0; n < sizeof(kinds) / sizeof(*kinds); n++) {
		union bpf_attr attr = {0};
		unsigned long count = 0;
		int r;

		while ((r = bpf(kinds[n].next, &attr)) == 0) {
			attr.start_id = attr.next_id;
			count++;
		}
		if (r != -ENOENT) {
			fprintf(stderr, "bpf-count: %s: %s\n", kinds[n].name, strerror(-r));
			return 1;
		}
		printf("%s %lu\n", kinds[n].name, count);
	}
	return 0;
}
