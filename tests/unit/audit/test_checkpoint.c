// SPDX-License-Identifier: BSD-2-Clause
/* A checkpoint has one form, and every byte of it matters. */
#include <errno.h>
#include <locale.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "audit/checkpoint.h"
#include "common/text.h"

static const char text[] =
	"phiward/00112233445566778899aabbccddeeff/7\n"
	"1234\n"
	"AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8=\n"
	"previous ICEiIyQlJicoKSorLC0uLzAxMjM0NTY3ODk6Ozw9Pj8=\n"
	"time 2026-11-24T03:18:25.000000001Z\n"
	"settled 99\n"
	"end open\n"
	"seal kernel module\n"
	"boot 01234567-89ab-cdef-0123-456789abcdef\n"
	"records 101\n"
	"epoch 12\n"
	"\n"
	"\u2014 phiward-module utsX/EBBQkNERUZHSElKS0xNTk9QUVJTVFVWV1hZWltcXV5f\n";

static void read_and_written_again(void **state)
{
	char again[PW_CHECKPOINT_MAX];
	struct pw_checkpoint c, d;
	size_t n;

	(void)state;
	assert_int_equal(pw_checkpoint_parse(text, &c), 0);
	assert_int_equal(c.segment, 7);
	assert_int_equal(c.size, 1234);
	assert_int_equal(c.root[31], 31);
	assert_int_equal(c.previous[0], 32);
	assert_int_equal(c.settled, 99);
	assert_int_equal(c.records, 101);
	assert_int_equal(c.epoch, 12);
	assert_int_equal(c.mac[0], 0x40);
	assert_true(c.module);
	n = pw_checkpoint_text(&c, again);
	assert_int_equal(n, strlen(text));
	assert_string_equal(again, text);

	n = pw_checkpoint_line(&c, again);
	assert_true(pw_checkpoint_is(again, n - 1));
	assert_int_equal(pw_checkpoint_parse_line(again, n - 1, &d), 0);
	assert_memory_equal(&c, &d, sizeof(c));
	assert_int_equal(pw_checkpoint_parse_line(again, n - 2, &d), -EBADMSG);
	assert_int_equal(pw_checkpoint_parse_line(again, n, &d), -EBADMSG);
}

/* A changed byte is no checkpoint, or one with another digest. */
static void every_byte_matters(void **state)
{
	uint8_t digest[PW_SHA256_LEN], other[PW_SHA256_LEN];
	char changed[sizeof(text)];
	struct pw_checkpoint c;

	(void)state;
	assert_int_equal(pw_checkpoint_parse(text, &c), 0);
	assert_int_equal(pw_checkpoint_digest(&c, digest), 0);
	for (size_t i = 0; i < sizeof(text) - 1; i++) {
		for (int bit = 0; bit < 8; bit++) {
			memcpy(changed, text, sizeof(text));
			changed[i] ^= (char)(1 << bit);
			if (pw_checkpoint_parse(changed, &c) < 0)
				continue;
			assert_int_equal(pw_checkpoint_digest(&c, other), 0);
			assert_memory_not_equal(digest, other, sizeof(digest));
		}
	}
}

static void what_is_no_checkpoint(void **state)
{
	char changed[2 * PW_CHECKPOINT_MAX] = "";
	struct pw_checkpoint c;

	(void)state;
	assert_int_equal(pw_checkpoint_parse("", &c), -EBADMSG);
	for (size_t n = 1; n < sizeof(text) - 1; n++) {
		memcpy(changed, text, n);
		assert_int_equal(pw_checkpoint_parse(changed, &c), -EBADMSG);
	}
	strcpy(changed, text);
	strcat(changed, "\u2014 other AAAA\n");
	assert_int_equal(pw_checkpoint_parse(changed, &c), -EBADMSG);
	memset(changed, 'a', sizeof(changed) - 1);
	assert_int_equal(pw_checkpoint_parse(changed, &c), -EBADMSG);
	assert_int_equal(pw_checkpoint_parse_line(PW_CHECKPOINT_START "\"}",
						  sizeof(PW_CHECKPOINT_START) + 1, &c), -EBADMSG);
	assert_int_equal(pw_checkpoint_parse_line(PW_CHECKPOINT_START "\\\"}",
						  sizeof(PW_CHECKPOINT_START) + 2, &c), -EBADMSG);
}

static void anchors(void **state)
{
	char line[PW_CHECKPOINT_MAX];
	struct pw_checkpoint c, anchor;
	size_t n;

	(void)state;
	assert_int_equal(pw_checkpoint_parse(text, &c), 0);
	assert_int_equal(pw_checkpoint_parse_anchor(text, &anchor), 0);
	assert_int_equal(anchor.segment, 7);
	assert_int_equal(anchor.size, 1234);
	assert_memory_equal(anchor.root, c.root, sizeof(c.root));
	n = pw_checkpoint_anchor(&c, line);
	assert_int_equal(n, strlen(line));
	assert_int_equal(pw_checkpoint_parse_anchor(line, &anchor), 0);
	assert_memory_equal(anchor.root, c.root, sizeof(c.root));
	n = pw_checkpoint_line(&c, line);
	assert_int_equal(n, strlen(line));
	assert_int_equal(pw_checkpoint_parse_anchor(line, &anchor), 0);
	assert_int_equal(anchor.epoch, 12);
	assert_int_equal(pw_checkpoint_parse_anchor("phiward/00/7 1 AA", &anchor), -EBADMSG);
	assert_int_equal(pw_checkpoint_parse_anchor("", &anchor), -EBADMSG);
}

/* Computed with: openssl dgst -sha256 -mac HMAC. */
static void the_seal_is_the_modules(void **state)
{
	uint8_t key[PW_GUARD_HASH_LEN], mac[PW_GUARD_HASH_LEN];
	char hex[2 * PW_GUARD_HASH_LEN + 1];
	struct pw_checkpoint c;

	(void)state;
	memset(key, 7, sizeof(key));
	assert_int_equal(pw_checkpoint_parse(text, &c), 0);
	assert_int_equal(pw_checkpoint_mac(&c, key, mac), 0);
	pw_text_hex(hex, mac, sizeof(mac));
	assert_string_equal(hex, "b4ac7c54e42087b7c72253ed1daa1dda96f337b363e0369c7e5e516431fd7735");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(read_and_written_again), cmocka_unit_test(every_byte_matters),
		cmocka_unit_test(what_is_no_checkpoint), cmocka_unit_test(anchors),
		cmocka_unit_test(the_seal_is_the_modules),
	};

	/* As the command has it: what a byte is must not hang on it. */
	setlocale(LC_ALL, "C.UTF-8");
	return cmocka_run_group_tests(tests, NULL, NULL);
}
