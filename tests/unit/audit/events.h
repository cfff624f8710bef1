/* SPDX-License-Identifier: BSD-2-Clause */
/* Events, rings and log directories made by hand, for the tests of this stage. */
#ifndef PW_TEST_EVENTS_H
#define PW_TEST_EVENTS_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include <phiward/abi.h>

struct test_event {
	_Alignas(8) struct pw_event event;
	char bytes[2048];
};

/* A list of names as the kernel writes it; NULs inside a literal separate names. */
#define NAMES(literal) literal, sizeof(literal)

static inline void test_event_init(struct test_event *e, uint64_t seq)
{
	memset(e, 0, sizeof(*e));
	e->event = (struct pw_event){
		.size = sizeof(struct pw_event), .abi = PW_ABI_VERSION, .type = PW_RECORD_FILE,
		.action = PW_ACTION_READ, .verdict = PW_VERDICT_DENY,
		.reason = PW_REASON_STRANGER, .flags = PW_EVENT_ENFORCED, .seq = seq, .count = 1,
		.mono = 1000000000 + seq, .ino = 12, .dev = 254 << 20 | 1, .tgid = 100, .tid = 101,
		.ppid = 1, .auid = 0xffffffff, .ses = 0xffffffff, .comm = "cat",
	};
}

/* Appends one list; @which is path_len, exe_len or parent_len, in this order. */
static inline void test_event_names(struct test_event *e, __u16 *which, const char *names,
				    size_t length)
{
	memcpy((char *)&e->event + e->event.size, names, length);
	*which = (__u16)length;
	e->event.size = (__u16)(e->event.size + length);
}

/* Appends one ancestor, behind the lists; @length 0: its program is not known. */
static inline void test_event_ancestor(struct test_event *e, __u32 tgid, const char *names,
				       size_t length)
{
	struct pw_ancestor ancestor = { .tgid = tgid, .exe_dev = e->event.dev,
					.exe_len = (__u32)length };
	__u16 ignored, before = e->event.size;

	test_event_names(e, &ignored, (const char *)&ancestor, sizeof(ancestor));
	test_event_names(e, &ignored, names, length);
	e->event.chain_len = (__u16)(e->event.chain_len + e->event.size - before);
}

#endif
