// SPDX-License-Identifier: BSD-2-Clause
#include "audit/checkpoint.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include <openssl/evp.h>

#include "common/base64.h"
#include "common/cleanup.h"
#include "common/text.h"

#define LABEL_FILE "phiward/file/1\0"	/* with the closing NUL as long as the module's */
#define BASE64_LEN PW_BASE64_LEN(PW_SHA256_LEN)
#define SEAL_BYTES (4 + PW_GUARD_HASH_LEN)
#define SEAL_BASE64_LEN PW_BASE64_LEN(SEAL_BYTES)

_Static_assert(sizeof(LABEL_FILE) == PW_GUARD_LABEL_LEN, "a label has its length");

static const char *const end_names[] = { "open", "size", "age", "stop", "crash" };

/*
 * Which key signed, for readers of C2SP signed-note: the first bytes of SHA-256(name, newline,
 * 0xff for a type of one's own, its name).
 */
static const struct {
	const char *name;
	uint8_t id[4];
} seals[] = {
	{ "phiward-file", { 0x9d, 0xd7, 0xd5, 0xea } },
	{ "phiward-module", { 0xba, 0xdb, 0x17, 0xfc } },
};

/* ---- Writing ------------------------------------------------------------------------------ */

static size_t write_sealed(const struct pw_checkpoint *c, char text[static PW_CHECKPOINT_MAX])
{
	char root[BASE64_LEN + 1], previous[BASE64_LEN + 1] = "none";

	pw_base64_write(root, c->root, sizeof(c->root));
	if (!c->first)
		pw_base64_write(previous, c->previous, sizeof(c->previous));
	return (size_t)snprintf(text, PW_CHECKPOINT_MAX,
				"phiward/%s/%" PRIu64 "\n%" PRIu64 "\n%s\n"
				"previous %s\ntime %s\nsettled %" PRIu64 "\nend %s\nseal %s\n",
				c->log, c->segment, c->size, root, previous, c->time, c->settled,
				end_names[c->end], c->module ? "kernel module" : "key file");
}

size_t pw_checkpoint_text(const struct pw_checkpoint *c, char text[static PW_CHECKPOINT_MAX])
{
	uint8_t seal[SEAL_BYTES];
	char seal_text[SEAL_BASE64_LEN + 1];
	size_t n = write_sealed(c, text);

	memcpy(seal, seals[c->module].id, 4);
	memcpy(seal + 4, c->mac, sizeof(c->mac));
	pw_base64_write(seal_text, seal, sizeof(seal));
	return n + (size_t)snprintf(text + n, PW_CHECKPOINT_MAX - n,
				    "boot %s\nrecords %" PRIu64 "\nepoch %" PRIu64 "\n\n"
				    "\u2014 %s %s\n", c->boot, c->records, c->epoch,
				    seals[c->module].name, seal_text);
}

size_t pw_checkpoint_line(const struct pw_checkpoint *c, char line[static PW_CHECKPOINT_MAX])
{
	char text[PW_CHECKPOINT_MAX];
	size_t n = pw_checkpoint_text(c, text), at = sizeof(PW_CHECKPOINT_START) - 1;

	memcpy(line, PW_CHECKPOINT_START, at);
	for (size_t i = 0; i < n; i++) {
		if (text[i] == '\n') {
			line[at++] = '\\';
			line[at++] = 'n';
		} else {
			line[at++] = text[i];
		}
	}
	memcpy(line + at, "\"}\n", 4);
	return at + 3;
}

size_t pw_checkpoint_anchor(const struct pw_checkpoint *c, char text[static PW_CHECKPOINT_MAX])
{
	char root[BASE64_LEN + 1];

	pw_base64_write(root, c->root, sizeof(c->root));
	return (size_t)snprintf(text, PW_CHECKPOINT_MAX, "phiward/%s/%" PRIu64 " %" PRIu64 " %s",
				c->log, c->segment, c->size, root);
}

/* ---- Reading ------------------------------------------------------------------------------ */

static bool parse_end(const char *name, enum pw_segment_end *ret)
{
	for (unsigned int i = 0; i < PW_END_MAX_; i++) {
		if (!strcmp(name, end_names[i])) {
			*ret = (enum pw_segment_end)i;
			return true;
		}
	}
	return false;
}

/* What a form as loose as that of scanf lets through differs from what is written again. */
int pw_checkpoint_parse(const char *text, struct pw_checkpoint *ret)
{
	char root[BASE64_LEN + 1], previous[BASE64_LEN + 1], end[8], by[8], seal[SEAL_BASE64_LEN + 1];
	const char *last = strrchr(text, ' ');
	char again[PW_CHECKPOINT_MAX];
	struct pw_checkpoint c = { 0 };
	uint8_t bytes[SEAL_BYTES];

	if (!last || strnlen(text, PW_CHECKPOINT_MAX) == PW_CHECKPOINT_MAX)
		return -EBADMSG;
	if (sscanf(text, "phiward/%32[0-9a-f]/%20" SCNu64 " %20" SCNu64 " %44s previous %44s time %30s "
		   "settled %20" SCNu64 " end %7s seal %7s %*s boot %36s records %20" SCNu64
		   " epoch %20" SCNu64, c.log, &c.segment, &c.size, root, previous, c.time, &c.settled,
		   end, by, c.boot, &c.records, &c.epoch) != 12 || sscanf(last, " %48s", seal) != 1)
		return -EBADMSG;
	c.first = !strcmp(previous, "none");
	c.module = !strcmp(by, "kernel");
	if (strlen(c.log) != PW_LOG_ID_LEN || !pw_base64_read(root, c.root, sizeof(c.root)) ||
	    (!c.first && !pw_base64_read(previous, c.previous, sizeof(c.previous))) ||
	    !pw_base64_read(seal, bytes, sizeof(bytes)) || !parse_end(end, &c.end))
		return -EBADMSG;
	memcpy(c.mac, bytes + 4, sizeof(c.mac));
	pw_checkpoint_text(&c, again);
	if (strcmp(text, again) != 0)
		return -EBADMSG;
	*ret = c;
	return 0;
}

int pw_checkpoint_parse_line(const char *line, size_t length, struct pw_checkpoint *ret)
{
	size_t start = sizeof(PW_CHECKPOINT_START) - 1, n = 0;
	char text[PW_CHECKPOINT_MAX];

	if (!pw_checkpoint_is(line, length) || length >= PW_CHECKPOINT_MAX || length < start + 2 ||
	    memcmp(line + length - 2, "\"}", 2) != 0)
		return -EBADMSG;
	for (size_t i = start; i < length - 2; i++) {
		if (line[i] == '\\') {
			if (line[++i] != 'n')
				return -EBADMSG;
			text[n++] = '\n';
		} else if (line[i] == '\n' || !line[i]) {
			return -EBADMSG;
		} else {
			text[n++] = line[i];
		}
	}
	text[n] = '\0';
	return pw_checkpoint_parse(text, ret);
}

int pw_checkpoint_parse_anchor(const char *text, struct pw_checkpoint *ret)
{
	size_t length = strcspn(text, "\n");
	struct pw_checkpoint c = { 0 };
	char root[BASE64_LEN + 1];
	int end = 0;

	if (pw_checkpoint_is(text, length))
		return pw_checkpoint_parse_line(text, length, ret);
	if (sscanf(text, "phiward/%32[0-9a-f]/%20" SCNu64 " %20" SCNu64 " %44s%n", c.log, &c.segment,
		   &c.size, root, &end) != 4 || !end || strlen(c.log) != PW_LOG_ID_LEN ||
	    !pw_base64_read(root, c.root, sizeof(c.root)))
		return -EBADMSG;
	*ret = c;
	return 0;
}

/* ---- Hashes ------------------------------------------------------------------------------- */

static int hash(const char *text, size_t n, uint8_t digest[static PW_SHA256_LEN])
{
	return EVP_Digest(text, n, digest, NULL, EVP_sha256(), NULL) == 1 ? 0 : -EIO;
}

int pw_checkpoint_digest(const struct pw_checkpoint *c, uint8_t digest[static PW_SHA256_LEN])
{
	char text[PW_CHECKPOINT_MAX];
	size_t n = pw_checkpoint_text(c, text);

	return hash(text, n, digest);
}

int pw_checkpoint_sealed(const struct pw_checkpoint *c, uint8_t digest[static PW_SHA256_LEN])
{
	char text[PW_CHECKPOINT_MAX];
	size_t n = write_sealed(c, text);

	return hash(text, n, digest);
}

static int parse_boot(const char *text, uint8_t boot[static PW_GUARD_BOOT_LEN])
{
	size_t n = 0;

	while (*text && n < PW_GUARD_BOOT_LEN) {
		unsigned int byte;

		text += *text == '-';
		if (sscanf(text, "%2x", &byte) != 1)
			return -EBADMSG;
		boot[n++] = (uint8_t)byte;
		text += 2;
	}
	return n == PW_GUARD_BOOT_LEN && !*text ? 0 : -EBADMSG;
}

static void little_endian(uint8_t out[static 8], uint64_t value)
{
	for (size_t i = 0; i < 8; i++)
		out[i] = (uint8_t)(value >> 8 * i);
}

int pw_checkpoint_mac(const struct pw_checkpoint *c, const uint8_t key[static PW_GUARD_HASH_LEN],
		      uint8_t mac[static PW_GUARD_HASH_LEN])
{
	struct pw_guard_message message;
	int r = pw_checkpoint_sealed(c, message.digest);

	if (!r)
		r = parse_boot(c->boot, message.boot);
	if (r)
		return r;
	memcpy(message.label, c->module ? PW_GUARD_LABEL_MAC : LABEL_FILE, sizeof(message.label));
	little_endian((uint8_t *)&message.records, c->records);
	little_endian((uint8_t *)&message.epoch, c->epoch);
	return pw_hmac_sha256(key, &message, sizeof(message), mac);
}
