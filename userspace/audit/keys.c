// SPDX-License-Identifier: BSD-2-Clause
#include "audit/keys.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>

#include <json-c/json.h>
#include <openssl/cms.h>
#include <openssl/crypto.h>
#include <openssl/pem.h>

#include "common/cleanup.h"
#include "common/file.h"
#include "common/text.h"
#include "publish/first_key.h"
#include "publish/store.h"

#define KEY_FILE_MAX (1024 * 1024)
#define CMS_MAX 65536
#define EPOCH_MAX (1ULL << 26)		/* two years of one a second, half a minute to compute */

struct key {
	bool module;
	char name[PW_BOOT_ID_LEN + 1];	/* boot, or log */
	uint8_t first[PW_GUARD_HASH_LEN];
	/* Of the epoch that was asked for last: they come in order. */
	uint64_t epoch;
	uint8_t present[PW_GUARD_HASH_LEN];
};

struct pw_keys {
	int dir;	/* borrowed */
	EVP_PKEY *private;
	struct key *keys;
	size_t n;
};

/* ---- Reading ------------------------------------------------------------------------------ */

static int add_key(struct pw_keys *keys, bool module, const char *name, const char *hex)
{
	struct key *more = reallocarray(keys->keys, keys->n + 1, sizeof(*more));
	struct key key = { .module = module, .epoch = 1 };

	if (!more)
		return -ENOMEM;
	keys->keys = more;
	if (strlen(name) != (module ? PW_BOOT_ID_LEN : PW_LOG_ID_LEN) ||
	    !pw_text_unhex(key.first, hex, sizeof(key.first)))
		return -EBADMSG;
	strcpy(key.name, name);
	memcpy(key.present, key.first, sizeof(key.present));
	keys->keys[keys->n++] = key;
	return 0;
}

static int add_line(struct pw_keys *keys, const char *line)
{
	json_object *object = json_tokener_parse(line);
	const char *name, *hex;
	uint64_t number;
	int r = -EBADMSG;

	if (pw_json_u64(object, "schema", &number) && number == 1 &&
	    pw_json_string(object, "key", &hex)) {
		if (pw_json_string(object, "log", &name))
			r = add_key(keys, false, name, hex);
		else if (pw_json_string(object, "boot", &name) &&
			 pw_json_u64(object, "epoch", &number) && number == 1)
			r = add_key(keys, true, name, hex);
	}
	json_object_put(object);
	return r;
}

static int add_lines(struct pw_keys *keys, char *text)
{
	char *rest = text, *line;
	int r = 0;

	while (!r && (line = strsep(&rest, "\n")))
		if (*line)
			r = add_line(keys, line);
	return r ? r : keys->n ? 0 : -EBADMSG;
}

static int no_passphrase(char *text, int size, int writing, void *data)
{
	(void)text;
	(void)size;
	(void)writing;
	(void)data;
	return -1;
}

static int read_private(struct pw_keys *keys, const char *text, size_t length)
{
	BIO *bio = BIO_new_mem_buf(text, (int)length);

	if (!bio)
		return -ENOMEM;
	keys->private = PEM_read_bio_PrivateKey(bio, NULL, no_passphrase, NULL);
	BIO_free(bio);
	return keys->private ? 0 : -EBADMSG;
}

int pw_keys_open(const char *path, int dir, struct pw_keys **ret)
{
	struct pw_keys *keys = calloc(1, sizeof(*keys));
	char *text = NULL;
	size_t length;
	int r = keys ? pw_file_read(AT_FDCWD, path, KEY_FILE_MAX, &text, &length) : -ENOMEM;

	if (!r) {
		keys->dir = dir;
		r = strstr(text, "-----BEGIN") ? read_private(keys, text, length) :
						 add_lines(keys, text);
		OPENSSL_cleanse(text, length);
	}
	free(text);
	if (r < 0)
		keys = pw_keys_close(keys);
	else
		*ret = keys;
	return r;
}

struct pw_keys *pw_keys_close(struct pw_keys *keys)
{
	if (!keys)
		return NULL;
	if (keys->keys)
		OPENSSL_cleanse(keys->keys, keys->n * sizeof(*keys->keys));
	EVP_PKEY_free(keys->private);
	free(keys->keys);
	free(keys);
	return NULL;
}

/* ---- What the machine encrypted ----------------------------------------------------------- */

#define DECRYPTED_MAX 512

/* Its text, NUL-terminated; false: it is none for this key. */
static bool decrypt(EVP_PKEY *private, const void *der, size_t length,
		    char text[static DECRYPTED_MAX])
{
	const unsigned char *at = der;
	CMS_ContentInfo *cms = d2i_CMS_ContentInfo(NULL, &at, (long)length);
	BIO *bio = BIO_new(BIO_s_mem());
	int n = 0;

	if (cms && bio && private && CMS_decrypt(cms, private, NULL, NULL, bio, 0) == 1)
		n = BIO_read(bio, text, DECRYPTED_MAX - 1);
	BIO_free(bio);
	CMS_ContentInfo_free(cms);
	if (n > 0)
		text[n] = '\0';
	return n > 0;
}

int pw_keys_add_cms(struct pw_keys *keys, const void *der, size_t length)
{
	char text[DECRYPTED_MAX];
	int r = -EBADMSG;

	if (decrypt(keys->private, der, length, text)) {
		r = add_lines(keys, text);
		OPENSSL_cleanse(text, sizeof(text));
	}
	return r;
}

static int decrypt_path_key(EVP_PKEY *private, int dir, uint8_t *key)
{
	_cleanup_free_ char *der = NULL;
	char text[DECRYPTED_MAX];
	size_t length;
	int r = pw_store_read(dir, PW_PATH_KEY_CMS, CMS_MAX, &der, &length);

	if (r < 0)
		return r;
	if (!decrypt(private, der, length, text))
		return -EBADMSG;
	r = pw_path_key_parse(text, key);
	OPENSSL_cleanse(text, sizeof(text));
	return r;
}

int pw_keys_path_key(const char *path, int dir, uint8_t key[static PW_PATH_KEY_LEN])
{
	struct pw_keys keys = { 0 };
	char *text = NULL;
	size_t length;
	int r = pw_file_read(AT_FDCWD, path, KEY_FILE_MAX, &text, &length);

	if (r < 0)
		return r;
	if (!strstr(text, "-----BEGIN")) {
		r = pw_path_key_parse(text, key);
	} else {
		r = read_private(&keys, text, length);
		if (!r)
			r = decrypt_path_key(keys.private, dir, key);
		EVP_PKEY_free(keys.private);
	}
	OPENSSL_cleanse(text, length);
	free(text);
	return r;
}

static struct key *find_known(struct pw_keys *keys, bool module, const char *name)
{
	for (size_t i = 0; i < keys->n; i++)
		if (keys->keys[i].module == module && !strcmp(keys->keys[i].name, name))
			return &keys->keys[i];
	return NULL;
}

static struct key *find(struct pw_keys *keys, bool module, const char *name)
{
	struct key *key = find_known(keys, module, name);
	char file[PW_FIRST_KEY_NAME_MAX];
	_cleanup_free_ char *der = NULL;
	size_t length;

	if (key || !module || !keys->private || strchr(name, '/'))
		return key;
	pw_first_key_name(file, name);
	if (pw_store_read(keys->dir, file, CMS_MAX, &der, &length) < 0 ||
	    pw_keys_add_cms(keys, der, length) < 0)
		return NULL;
	return find_known(keys, module, name);
}

/* ---- Checking ----------------------------------------------------------------------------- */

static int advance(struct key *key, uint64_t epoch)
{
	int r = 0;

	if (epoch < 1 || epoch > EPOCH_MAX)
		return -EBADMSG;
	if (epoch < key->epoch) {
		key->epoch = 1;
		memcpy(key->present, key->first, sizeof(key->present));
	}
	for (; !r && key->epoch < epoch; key->epoch++) {
		uint8_t next[PW_GUARD_HASH_LEN];

		r = pw_hmac_sha256(key->present, PW_GUARD_LABEL_KEY, PW_GUARD_LABEL_LEN, next);
		memcpy(key->present, next, sizeof(next));
	}
	return r;
}

int pw_keys_check(struct pw_keys *keys, const struct pw_checkpoint *c)
{
	struct key *key = find(keys, c->module, c->module ? c->boot : c->log);
	uint8_t mac[PW_GUARD_HASH_LEN];
	int r;

	if (!key)
		return -ENOKEY;
	r = c->module ? advance(key, c->epoch) : 0;
	if (!r)
		r = pw_checkpoint_mac(c, key->present, mac);
	if (r < 0)
		return r;
	return CRYPTO_memcmp(mac, c->mac, sizeof(mac)) == 0 ? 0 : -EBADMSG;
}
