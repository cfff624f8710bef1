// SPDX-License-Identifier: GPL-2.0-only
/*
 * The sealing key. It authenticates once, then becomes the next one, from which it cannot
 * be computed: whoever takes the machine over later has no key for what was sealed before.
 * The first is given out once, while the gate is shut and nothing but the boot has run.
 */
#include "internal.h"

#include <crypto/hash.h>
#include <linux/mount.h>
#include <linux/random.h>
#include <linux/uuid.h>

static struct crypto_shash *hmac;	/* keyed with what it was last used with */
static u8 key[PW_GUARD_HASH_LEN];
static uuid_t boot;
static u64 epoch = 1;
static bool given;
static struct pw_guard_mac last;	/* epoch 0: none was made */

/*
 * The boot's id, which records carry. The kernel shows it in procfs only; what is mounted on
 * /proc is the caller's choice, so the module mounts its own.
 */
static int read_boot_id(void)
{
	struct vfsmount *mount = kern_mount(get_fs_type("proc"));
	char text[UUID_STRING_LEN + 1] = "";
	struct file *file;
	loff_t at = 0;

	if (IS_ERR(mount))
		return PTR_ERR(mount);
	file = file_open_root(&(struct path){ .mnt = mount, .dentry = mount->mnt_root },
			      "sys/kernel/random/boot_id", O_RDONLY, 0);
	if (!IS_ERR(file)) {
		kernel_read(file, text, UUID_STRING_LEN, &at);
		fput(file);
	}
	kern_unmount(mount);
	return uuid_parse(text, &boot);
}

int pw_hmac(u8 out[PW_GUARD_HASH_LEN], const void *with, size_t with_len, const void *data,
	    size_t len)
{
	return crypto_shash_setkey(hmac, with, with_len) ?:
	       crypto_shash_tfm_digest(hmac, data, len, out);
}

int pw_key_next(u8 next[PW_GUARD_HASH_LEN], const u8 from[PW_GUARD_HASH_LEN])
{
	return pw_hmac(next, from, PW_GUARD_HASH_LEN, PW_GUARD_LABEL_KEY, PW_GUARD_LABEL_LEN);
}

long pw_key_give(void *argument)
{
	struct pw_guard_key *arg = argument;
	int err;

	if (given || !pw_gate_is_shut())
		return -EPERM;
	err = get_random_bytes_wait(key, sizeof(key));
	if (err)
		return err;
	pw_stay();	/* loaded once more it would have another first key */
	given = true;
	arg->epoch = epoch;
	export_uuid(arg->boot, &boot);
	memcpy(arg->key, key, sizeof(arg->key));
	return 0;
}

long pw_key_mac(void *argument)
{
	struct pw_guard_message message = { .label = PW_GUARD_LABEL_MAC };
	struct pw_guard_mac *arg = argument;
	u8 next[PW_GUARD_HASH_LEN];
	int err;

	if (!given)
		return -ENOKEY;
	if (!pw_state)
		return -ENODATA;
	arg->records = READ_ONCE(pw_state->seq);
	arg->epoch = epoch;
	export_uuid(arg->boot, &boot);
	memcpy(message.digest, arg->digest, sizeof(message.digest));
	export_uuid(message.boot, &boot);
	message.records = (__force u64)cpu_to_le64(arg->records);
	message.epoch = (__force u64)cpu_to_le64(arg->epoch);
	err = pw_hmac(arg->mac, key, sizeof(key), &message, sizeof(message)) ?:
	      pw_key_next(next, key) ?:
	      crypto_shash_setkey(hmac, next, sizeof(next));	/* it keeps the old one else */
	if (!err) {
		memzero_explicit(key, sizeof(key));
		memcpy(key, next, sizeof(key));
		epoch++;
		last = *arg;
	}
	memzero_explicit(next, sizeof(next));
	return err;
}

/* Whoever was killed before the answer was written down asks once more. */
long pw_key_again(void *argument)
{
	struct pw_guard_mac *arg = argument;

	if (!last.epoch || memcmp(arg->digest, last.digest, sizeof(last.digest)) != 0)
		return -ENOENT;
	*arg = last;
	return 0;
}

void pw_key_status(struct pw_guard_status *status)
{
	status->epoch = epoch;
	if (given)
		status->state |= PW_GUARD_KEY_GIVEN;
	else if (!pw_gate_is_shut())
		status->state |= PW_GUARD_WEAK;
}

int pw_key_init(void)
{
	int err;

	hmac = crypto_alloc_shash("hmac(sha256)", 0, 0);
	if (IS_ERR(hmac))
		return PTR_ERR(hmac);
	err = read_boot_id();
	if (err)
		crypto_free_shash(hmac);
	return err;
}

void pw_key_exit(void)
{
	crypto_free_shash(hmac);
	memzero_explicit(key, sizeof(key));
}
