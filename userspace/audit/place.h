/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Where a file of an event is: from names below a root to an absolute path.
 *
 * A path in a line is absolute as phiwardd sees it. What it cannot know is
 * marked by a backslash that no name can contain, because a backslash in a
 * name is doubled: `\8:17/scan/a.dcm` lies on a file system that is not
 * mounted, `/srv/dicom/\.../a.dcm` has more levels than fit the event.
 */
#ifndef PW_AUDIT_PLACE_H
#define PW_AUDIT_PLACE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "audit/line.h"
#include "common/mounts.h"
#include "common/sha256.h"

struct pw_place {
	const char *prefix;	/* absolute path of what the names are below; NULL: no path */
	const char *names;	/* file first, each NUL-terminated; length bytes */
	size_t length;
	uint32_t dev;		/* stands for the mount point when nothing is mounted, or 0 */
	bool cut;		/* levels are missing between prefix and names */
	bool text;		/* names is a note of the daemon and no path */
};

/* Below @root, a path that the policy names. */
struct pw_place pw_place_below(const char *root, const char *names, size_t length, bool cut);

/* Below the root of file system @dev. *@ret_mount is its mount or NULL. */
struct pw_place pw_place_on(const struct pw_mounts *mounts, uint32_t dev, const char *names,
			    size_t length, bool cut, const struct pw_mount **ret_mount);

/* The path as a JSON string, or null. */
void pw_place_put(struct pw_line *line, const struct pw_place *place);

/*
 * The directory of the last place: files of one directory often come in a row. What a prefix points
 * to stays, or pw_directory_forget() is called.
 */
struct pw_directory {
	const char *prefix;
	uint32_t dev;
	bool cut;
	struct pw_line names;	/* as in the place, without the file's */
	struct pw_line text;	/* of the path up to the file's name; empty: there is none */
};

void pw_directory_forget(struct pw_directory *directory);
void pw_directory_done(struct pw_directory *directory);

/* As pw_place_put(). */
void pw_place_put_in(struct pw_line *line, const struct pw_place *place,
		     struct pw_directory *directory);

/*
 * The same with `\#` and a digest for all names below the prefix: HMAC-SHA256 of them as a relative
 * path, in hexadecimal digits. Without a @key, none.
 */
void pw_place_put_digest(struct pw_line *line, const struct pw_place *place, const uint8_t *key);

/* HMAC-SHA256 of @relative, or false. */
bool pw_place_digest(const uint8_t *key, const char *relative, size_t length,
		     char hex[static 2 * PW_SHA256_LEN + 1]);

/* A device number as major:minor. */
void pw_place_put_dev(struct pw_line *line, uint32_t dev);

#endif
