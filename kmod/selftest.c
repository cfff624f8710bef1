// SPDX-License-Identifier: GPL-2.0-only
/* What a debug build tries before it loads. Expected values were computed elsewhere. */
#include "internal.h"

#include <linux/netfilter.h>

static int __init check(bool holds, const char *what)
{
	if (holds)
		return 0;
	pr_err("self-test: %s\n", what);
	return -EIO;
}

static bool __init passes(const char *entry, u8 family, const char *addr)
{
	struct pw_allow allow;

	return !pw_allow_parse(&allow, entry) && pw_allow_matches(&allow, family, addr);
}

int __init pw_selftest(void)
{
	struct pw_guard_call call = { .size = sizeof(call) }, flag = { .size = 8, .flags = 1 };
	u8 key[PW_GUARD_HASH_LEN], out[PW_GUARD_HASH_LEN];
	struct pw_allow allow;
	int n, err;

	for (n = 0; n < sizeof(key); n++)
		key[n] = n;
	/* RFC 4231, case 2; then HMAC of the label, twice, from the key 00 01 02... */
	err = pw_hmac(out, "Jefe", 4, "what do ya want for nothing?", 28) ?:
	      check(!memcmp(out, "\x5b\xdc\xc1\x46\xbf\x60\x75\x4e", 8), "HMAC") ?:
	      pw_key_next(out, key) ?:
	      check(!memcmp(out, "\x4d\xcc\xe6\x4c\xd2\x2d\xb8\x04", 8), "the second key") ?:
	      pw_key_next(key, out) ?:
	      check(!memcmp(key, "\x15\xe0\xe3\x7c\xdc\x7a\xeb\x6e", 8), "the third key");
	return err ?:
	       check(passes("10.20.0.0/15", NFPROTO_IPV4, "\x0a\x15\xff\xff"), "within /15") ?:
	       check(!passes("10.20.0.0/15", NFPROTO_IPV4, "\x0a\x16\x00\x00") &&
		     !passes("10.20.0.0/15", NFPROTO_IPV6, "\x0a\x15\xff\xff"), "beyond /15") ?:
	       check(passes("::1", NFPROTO_IPV6, "\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\1"), "IPv6") ?:
	       check(passes("::/0", NFPROTO_IPV6, "\xff\0\0\0\0\0\0\0\0\0\0\0\0\0\0\1"), "all") ?:
	       check(pw_allow_parse(&allow, "10.20.0.1/15") && pw_allow_parse(&allow, "10.2/8") &&
		     pw_allow_parse(&allow, "10.20.0.0/33"), "what is no network") ?:
	       check(pw_arg_is_valid(&call, 8, 8) && !pw_arg_is_valid(&call, 16, 8) &&
		     !pw_arg_is_valid(&call, 8, 0) && !pw_arg_is_valid(&flag, 8, 8), "arguments");
}
