// SPDX-License-Identifier: BSD-2-Clause
#include "publish/path_key.h"

#include <stdio.h>
#include <string.h>
#include <sys/random.h>

#include <openssl/crypto.h>

#include "common/cleanup.h"
#include "common/text.h"
#include "publish/auditor.h"
#include "publish/store.h"

#define FILE_NAME "path.key"
#define KEY_LINE_MAX 256

int pw_path_key_parse(const char *line, uint8_t key[static PW_PATH_KEY_LEN])
{
	_cleanup_(pw_json_putp) json_object *object = json_tokener_parse(line);
	const char *hex;
	uint64_t schema;

	return pw_json_u64(object, "schema", &schema) && schema == 1 &&
			       pw_json_string(object, "path_key", &hex) &&
			       pw_text_unhex(key, hex, PW_PATH_KEY_LEN) ?
		       0 :
		       -EBADMSG;
}

static size_t put_line(char line[static KEY_LINE_MAX], const uint8_t *key)
{
	char hex[2 * PW_PATH_KEY_LEN + 1];
	int n;

	pw_text_hex(hex, key, PW_PATH_KEY_LEN);
	n = snprintf(line, KEY_LINE_MAX, "{\"schema\":1,\"path_key\":\"%s\"}\n", hex);
	OPENSSL_cleanse(hex, sizeof(hex));
	return (size_t)n;
}

static int make(int state_dir, uint8_t *key)
{
	char line[KEY_LINE_MAX];
	int r;

	if (getrandom(key, PW_PATH_KEY_LEN, 0) != PW_PATH_KEY_LEN)
		return -EIO;
	r = pw_store_write(state_dir, FILE_NAME, line, put_line(line, key));
	OPENSSL_cleanse(line, sizeof(line));
	return r;
}

int pw_path_key_get(int state_dir, uint8_t key[static PW_PATH_KEY_LEN])
{
	_cleanup_free_ char *line = NULL;
	size_t length;
	int r = pw_store_read(state_dir, FILE_NAME, KEY_LINE_MAX, &line, &length);

	if (r == -ENOENT)
		return make(state_dir, key);
	if (r < 0)
		return r;
	r = pw_path_key_parse(line, key);
	OPENSSL_cleanse(line, length);
	return r;
}

int pw_path_key_give(int state_dir, int log_dir)
{
	_cleanup_(pw_auditor_freep) X509 *certificate = NULL;
	_cleanup_free_ unsigned char *der = NULL;
	uint8_t key[PW_PATH_KEY_LEN];
	char line[KEY_LINE_MAX];
	size_t length;
	int r = pw_auditor_read(&certificate);

	if (r == 0)
		r = pw_path_key_get(state_dir, key);
	if (r < 0)
		return r;
	r = pw_auditor_encrypt(certificate, line, put_line(line, key), &der, &length);
	OPENSSL_cleanse(key, sizeof(key));
	OPENSSL_cleanse(line, sizeof(line));
	return r < 0 ? r : pw_store_write(log_dir, PW_PATH_KEY_CMS, (const char *)der, length);
}
