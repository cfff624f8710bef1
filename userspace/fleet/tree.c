// SPDX-License-Identifier: BSD-2-Clause
#include "fleet/tree.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <string.h>
#include <sys/stat.h>

#include <openssl/evp.h>

#include "bundle/bundle.h"
#include "bundle/cms.h"
#include "common/cleanup.h"
#include "common/file.h"
#include "publish/store.h"

static int refuse(struct pw_diag *diag, const char *text)
{
	pw_diag_add(diag, PW_DIAG_ERROR, NULL, "%s", text);

	return -EINVAL;
}

int pw_tree_read(int dir, const char *channel, struct pw_channel **ret, struct pw_diag *diag)
{
	char path[PW_CHANNEL_PATH_SIZE];
	struct pw_source source = {.name = path};
	_cleanup_free_ char *text = NULL;
	int r;

	pw_channel_path(channel, path);
	r = pw_file_read(dir, path, PW_CHANNEL_BYTES_MAX, &text, &source.length);
	if (r < 0)
		return r;
	source.text = text;

	return pw_channel_parse(&source, ret, diag);
}

/* A file of the tree is for all: what lies in it is no secret. */
static int write_public(int dir, const char *path, const char *data, size_t length)
{
	const char *slash = strchr(path, '/');
	_cleanup_free_ char *name = strndup(path, (size_t)(slash - path));
	_cleanup_close_ int below = -EBADF;
	int r;

	if (!name)
		return -ENOMEM;
	if (mkdirat(dir, name, 0755) < 0 && errno != EEXIST)
		return -errno;
	below = openat(dir, name, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (below < 0)
		return -errno;
	r = pw_store_write_public(below, slash + 1, data, length);
	if (!r && fsync(dir) < 0)
		r = -errno;

	return r;
}

/* ---- A bundle ------------------------------------------------------------------------------ */

static int describe(const char *file, const char *der, size_t length, struct pw_channel *channel,
		    struct pw_diag *diag)
{
	_cleanup_(pw_bundle_freep) struct pw_bundle *bundle = NULL;
	_cleanup_(pw_cms_freep) struct pw_cms *cms = NULL;
	int r = pw_cms_read(file, der, length, &cms, diag);

	if (r < 0)
		return r;
	if (!cms->nsigners)
		return refuse(diag, "nobody has signed the bundle: no console would take it; phiward "
			      "bundle sign");
	for (size_t i = 0; i < cms->nsigners; i++)
		if (cms->signers[i].broken)
			return refuse(diag, "a signature of the bundle is broken; phiward bundle "
				      "inspect tells which");
	r = pw_bundle_parse(file, cms->content, cms->length, &bundle, diag);
	if (r < 0)
		return r;
	channel->version = bundle->head.version;
	channel->bundle = pw_arena_copy(channel->arena, bundle->head.name,
					strlen(bundle->head.name));

	return channel->bundle ? 0 : -ENOMEM;
}

int pw_tree_add(int dir, const char *file, const char *der, size_t length,
		struct pw_channel *channel, struct pw_diag *diag)
{
	char path[PW_CHANNEL_PATH_SIZE];
	int r = describe(file, der, length, channel, diag);

	if (r < 0)
		return r;
	if (!EVP_Digest(der, length, channel->digest, NULL, EVP_sha256(), NULL))
		return -ENOMEM;
	channel->size = length;
	pw_channel_bundle_path(channel->digest, path);
	if (!faccessat(dir, path, F_OK, 0))
		return 0;
	r = write_public(dir, path, der, length);
	if (r < 0)
		pw_diag_add(diag, PW_DIAG_ERROR, NULL, "%s cannot be written: %s", path,
			    strerror(-r));

	return r;
}

/* ---- The document -------------------------------------------------------------------------- */

int pw_tree_follows(const struct pw_channel *next, const struct pw_channel *last,
		    struct pw_diag *diag)
{
	if (!last || !memcmp(next->digest, last->digest, sizeof(next->digest)))
		return 0;
	if (strcmp(next->bundle, last->bundle)) {
		pw_diag_add(diag, PW_DIAG_ERROR, NULL, "the channel '%s' has the bundle '%s', and this "
			    "is '%s': give it a channel of its own", last->channel, last->bundle,
			    next->bundle);
		return -EINVAL;
	}
	if (next->version > last->version)
		return 0;
	pw_diag_add(diag, PW_DIAG_ERROR, NULL, "the channel '%s' has version %" PRIu64 ", and this is "
		    "version %" PRIu64 ": consoles only go forward; to have an older policy again, "
		    "build it as a higher version", last->channel, last->version, next->version);

	return -EINVAL;
}

/* Servers make an ETag of the second and the size: no second may have two documents. */
static int set_time(int dir, const char *path, const struct stat *last)
{
	struct timespec times[2] = {{.tv_nsec = UTIME_OMIT}, {.tv_sec = last->st_mtime + 1}};
	struct stat now;

	if (fstatat(dir, path, &now, 0) < 0)
		return -errno;
	if (now.st_mtime > last->st_mtime)
		return 0;

	return utimensat(dir, path, times, 0) < 0 ? -errno : 0;
}

int pw_tree_write(int dir, struct pw_channel *channel)
{
	char path[PW_CHANNEL_PATH_SIZE];
	_cleanup_free_ char *text = NULL;
	struct stat last = {};
	size_t length;
	int r;

	channel->sequence++;
	r = pw_channel_write(channel, &text, &length);
	if (r < 0)
		return r;
	pw_channel_path(channel->channel, path);
	if (fstatat(dir, path, &last, 0) < 0 && errno != ENOENT)
		return -errno;
	r = write_public(dir, path, text, length);

	return r ? r : set_time(dir, path, &last);
}
