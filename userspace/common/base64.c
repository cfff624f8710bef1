// SPDX-License-Identifier: BSD-2-Clause
#include "common/base64.h"

#include <stdlib.h>
#include <string.h>

#include <openssl/evp.h>

#include "common/cleanup.h"

void pw_base64_write(char *text, const uint8_t *bytes, size_t n)
{
	EVP_EncodeBlock((unsigned char *)text, bytes, (int)n);
}

/* OpenSSL lets blanks and odd last bits through: what it read is written again. */
bool pw_base64_read(const char *text, uint8_t *bytes, size_t n)
{
	size_t length = PW_BASE64_LEN(n);
	_cleanup_free_ char *again = malloc(length + 1);

	if (!again || strnlen(text, length + 1) != length ||
	    EVP_DecodeBlock((unsigned char *)again, (const unsigned char *)text, (int)length) < (int)n)
		return false;
	memcpy(bytes, again, n);
	pw_base64_write(again, bytes, n);
	return memcmp(again, text, length) == 0;
}

bool pw_base64_length(const char *text, size_t *ret)
{
	size_t n = strlen(text), padding;

	if (n % 4)
		return false;
	padding = n && text[n - 1] == '=' ? 1 + (text[n - 2] == '=') : 0;
	*ret = n / 4 * 3 - padding;
	return true;
}
