/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * One path, name by name, with descriptors that only name files (O_PATH).
 * Symbolic links are followed here and not by the kernel, so that each name on
 * the way can be held. Identities are asked for in batches: the iterator that
 * knows them looks at every descriptor of the process.
 */
#ifndef PW_PUBLISH_WALK_H
#define PW_PUBLISH_WALK_H

#include "publish/resolve.h"

struct pw_walker;

int pw_walker_new(const struct pw_resolver *resolver, struct pw_walker **ret);
struct pw_walker *pw_walker_free(struct pw_walker *walker);

/*
 * Walks out->path. The identities in @out are filled at the latest by
 * pw_walker_flush(): @out must stay where it is until then.
 * @unmounted: directories that count as missing (mount points on which nothing
 * is mounted), NULL-terminated, or NULL.
 */
int pw_walk(struct pw_walker *walker, char *const *unmounted, struct pw_resolved_path *out);
int pw_walker_flush(struct pw_walker *walker);

void pw_resolved_path_done(struct pw_resolved_path *path);

static inline void pw_walker_freep(struct pw_walker **walker)
{
	*walker = pw_walker_free(*walker);
}

#endif
