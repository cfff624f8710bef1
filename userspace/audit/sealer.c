// SPDX-License-Identifier: BSD-2-Clause
#include "audit/sealer.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/random.h>
#include <sys/stat.h>

#include <json-c/json.h>
#include <openssl/crypto.h>

#include "common/cleanup.h"
#include "common/text.h"
#include "publish/first_key.h"
#include "publish/module.h"
#include "publish/store.h"

#define CMS_MAX 65536

static int make_key(int state_dir)
{
	uint8_t bytes[PW_LOG_ID_LEN / 2 + PW_GUARD_HASH_LEN];
	char hex[2 * sizeof(bytes) + 1], text[256];
	int n, r;

	if (getrandom(bytes, sizeof(bytes), 0) != sizeof(bytes))
		return -errno;
	pw_text_hex(hex, bytes, sizeof(bytes));
	n = snprintf(text, sizeof(text), "{\"schema\":1,\"log\":\"%.*s\",\"key\":\"%s\"}\n",
		     PW_LOG_ID_LEN, hex, hex + PW_LOG_ID_LEN);
	r = pw_store_write(state_dir, PW_SEALER_FILE, text, (size_t)n);
	OPENSSL_cleanse(bytes, sizeof(bytes));
	OPENSSL_cleanse(hex, sizeof(hex));
	OPENSSL_cleanse(text, sizeof(text));
	return r;
}

static int read_key(int state_dir, struct pw_sealer *sealer)
{
	json_object *object = NULL;
	const char *log, *key;
	int r = pw_store_read_json(state_dir, PW_SEALER_FILE, &object);

	if (r < 0)
		return r;
	if (pw_json_string(object, "log", &log) && strlen(log) == PW_LOG_ID_LEN &&
	    strspn(log, "0123456789abcdef") == PW_LOG_ID_LEN &&
	    pw_json_string(object, "key", &key) && pw_text_unhex(sealer->key, key, sizeof(sealer->key)))
		memcpy(sealer->log, log, sizeof(sealer->log));
	else
		r = -EBADMSG;
	json_object_put(object);
	return r;
}

/* One that cannot be understood is kept aside: what it sealed may have to be shown. */
static int open_key(int state_dir, struct pw_sealer *sealer)
{
	int r = read_key(state_dir, sealer);

	if (r == -EBADMSG &&
	    renameat(state_dir, PW_SEALER_FILE, state_dir, PW_SEALER_FILE ".damaged") < 0)
		return -errno;
	if (r != -EBADMSG && r != -ENOENT)
		return r;
	r = make_key(state_dir);
	return r < 0 ? r : read_key(state_dir, sealer);
}

int pw_sealer_open(int state_dir, const struct pw_state *state, int state_map,
		   struct pw_sealer *ret)
{
	struct pw_sealer sealer = { .state = state, .state_map = state_map };
	int r = pw_boot_id(sealer.boot);

	if (!r)
		r = open_key(state_dir, &sealer);
	if (r < 0)
		return r;
	sealer.intent = openat(state_dir, PW_SEALER_INTENT, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW,
			       0600);
	*ret = sealer;
	return 0;
}

void pw_sealer_close(struct pw_sealer *sealer)
{
	if (sealer->intent >= 0)
		close(sealer->intent);
	OPENSSL_cleanse(sealer, sizeof(*sealer));
}

/* Before the first policy and after the last one the module does not hold the map of the count. */
static int ask_module(const struct pw_sealer *sealer, const uint8_t digest[static PW_SHA256_LEN],
		      struct pw_guard_mac *ret)
{
	int r = pw_module_mac(digest, ret);

	if (r != -ENODATA || sealer->state_map < 0)
		return r;
	r = pw_module_hold(PW_GUARD_MAP, PW_GUARD_ROLE_STATE, sealer->state_map);
	if (!r)
		r = pw_module_mac(digest, ret);
	pw_module_drop(PW_GUARD_MAP, PW_GUARD_ROLE_STATE);
	return r;
}

/*
 * Between a seal and its line phiwardd can be killed; the machine goes on then, so memory is as
 * good as the disk. Where it cannot be written the seal is made all the same.
 */
static void say_intent(const struct pw_sealer *sealer, const struct pw_checkpoint *c)
{
	struct pw_checkpoint intended = *c;
	char text[PW_CHECKPOINT_MAX] = "";
	ssize_t n;

	memcpy(intended.boot, sealer->boot, sizeof(intended.boot));
	pw_checkpoint_text(&intended, text);
	n = sealer->intent < 0 ? 0 : pwrite(sealer->intent, text, sizeof(text), 0);
	(void)n;
}

static void take_mac(const struct pw_sealer *sealer, const struct pw_guard_mac *mac,
		     struct pw_checkpoint *c)
{
	memcpy(c->boot, sealer->boot, sizeof(c->boot));
	c->records = mac->records;
	c->epoch = mac->epoch;
	memcpy(c->mac, mac->mac, sizeof(c->mac));
}

int pw_sealer_last(const struct pw_sealer *sealer, struct pw_checkpoint *ret)
{
	char text[PW_CHECKPOINT_MAX];
	uint8_t digest[PW_SHA256_LEN];
	struct pw_guard_mac mac;
	struct pw_checkpoint c;
	int r;

	if (sealer->intent < 0 || pread(sealer->intent, text, sizeof(text), 0) != sizeof(text) ||
	    text[sizeof(text) - 1] || pw_checkpoint_parse(text, &c) < 0 || !c.module)
		return -ENOENT;
	r = pw_checkpoint_sealed(&c, digest);
	if (!r)
		r = pw_module_again(digest, &mac);
	if (r < 0)
		return -ENOENT;
	take_mac(sealer, &mac, &c);
	*ret = c;
	return 0;
}

static int seal_by_module(const struct pw_sealer *sealer, struct pw_checkpoint *c)
{
	struct pw_guard_status status;
	uint8_t digest[PW_SHA256_LEN];
	struct pw_guard_mac mac;
	int r = pw_module_status(&status);

	if (!r && !(status.state & PW_GUARD_KEY_GIVEN))
		r = -ENOKEY;
	c->module = true;
	if (!r)
		r = pw_checkpoint_sealed(c, digest);
	if (!r)
		say_intent(sealer, c);
	if (!r)
		r = ask_module(sealer, digest, &mac);
	if (r < 0)
		return r;
	take_mac(sealer, &mac, c);
	return 0;
}

int pw_sealer_seal(const struct pw_sealer *sealer, struct pw_checkpoint *c)
{
	if (seal_by_module(sealer, c) == 0)
		return 0;
	c->module = false;
	memcpy(c->boot, sealer->boot, sizeof(c->boot));
	c->records = __atomic_load_n(&sealer->state->seq, __ATOMIC_ACQUIRE);
	c->epoch = 0;
	return pw_checkpoint_mac(c, sealer->key, c->mac);
}

int pw_sealer_copy_first_key(const struct pw_sealer *sealer, int state_dir, int log_dir)
{
	char name[PW_FIRST_KEY_NAME_MAX];
	_cleanup_free_ char *cms = NULL;
	_cleanup_close_ int fd = -EBADF;
	size_t length;
	int r;

	pw_first_key_name(name, sealer->boot);
	r = pw_store_read(state_dir, name, CMS_MAX, &cms, &length);
	if (r == -ENOENT || faccessat(log_dir, name, F_OK, AT_SYMLINK_NOFOLLOW) == 0)
		return 0;
	if (!r)
		r = pw_store_write(log_dir, name, cms, length);
	if (r < 0)
		return r;
	fd = openat(log_dir, name, O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
	return fd < 0 || fchmod(fd, 0640) < 0 ? -errno : 0;
}
