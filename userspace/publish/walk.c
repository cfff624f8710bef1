// SPDX-License-Identifier: BSD-2-Clause
#include "publish/walk.h"

#include <fcntl.h>
#include <limits.h>
#include <string.h>
#include <sys/stat.h>

#include "common/cleanup.h"

#define PW_WALK_LINKS 40	/* symbolic links that one path may go through */
#define PW_WALK_BATCH 256	/* descriptors open at a time */

struct pw_walker {
	const struct pw_resolver *resolver;
	size_t n;
	struct pw_identity ids[PW_WALK_BATCH];
	struct pw_identity *to[PW_WALK_BATCH];
};

/* A walk in progress: @rest still lies before it, @canonical behind. */
struct pw_path_walk {
	int fd;			/* the directory reached */
	char rest[PATH_MAX];
	char canonical[PATH_MAX];
	unsigned int links;
};

int pw_walker_new(const struct pw_resolver *resolver, struct pw_walker **ret)
{
	struct pw_walker *walker = calloc(1, sizeof(*walker));

	if (!walker)
		return -ENOMEM;
	walker->resolver = resolver;

	*ret = walker;
	return 0;
}

static void close_all(struct pw_walker *walker)
{
	for (size_t i = 0; i < walker->n; i++)
		close((int)walker->ids[i].fd);
	walker->n = 0;
}

struct pw_walker *pw_walker_free(struct pw_walker *walker)
{
	if (walker)
		close_all(walker);
	free(walker);
	return NULL;
}

int pw_walker_flush(struct pw_walker *walker)
{
	int r;

	if (walker->n == 0)
		return 0;
	r = walker->resolver->identify(walker->resolver->identify_data, walker->ids, walker->n);
	for (size_t i = 0; r == 0 && i < walker->n; i++)
		*walker->to[i] = walker->ids[i];
	close_all(walker);

	return r;
}

/* Wants the identity of @fd, which it takes over also on failure, in @to. */
static int want(struct pw_walker *walker, int fd, struct pw_identity *to)
{
	int r;

	if (walker->n == PW_WALK_BATCH) {
		r = pw_walker_flush(walker);
		if (r < 0) {
			close(fd);
			return r;
		}
	}
	walker->ids[walker->n].fd = (uint32_t)fd;
	walker->to[walker->n++] = to;

	return 0;
}

static int hold(struct pw_walker *walker, int dirfd, const char *name,
		struct pw_resolved_path *out)
{
	struct pw_hold *held;
	int fd;

	if (strlen(name) >= sizeof(held->name))
		return -ENAMETOOLONG;
	held = calloc(1, sizeof(*held));
	if (!held)
		return -ENOMEM;
	memcpy(held->name, name, strlen(name) + 1);
	held->next = out->holds;
	out->holds = held;

	fd = fcntl(dirfd, F_DUPFD_CLOEXEC, 3);
	if (fd < 0)
		return -errno;

	return want(walker, fd, &held->parent);
}

/* Keeps the directory @dirfd, through which the path goes on. */
static int keep_way(struct pw_walker *walker, int dirfd, struct pw_resolved_path *out)
{
	struct pw_way *way;
	int fd;

	if (!out->keeps_way)
		return 0;
	way = calloc(1, sizeof(*way));
	if (!way)
		return -ENOMEM;
	way->next = out->way;
	out->way = way;

	fd = fcntl(dirfd, F_DUPFD_CLOEXEC, 3);
	if (fd < 0)
		return -errno;

	return want(walker, fd, &way->directory);
}

/* Takes the next component off walk->rest; false at the end. */
static bool next_name(struct pw_path_walk *walk, char name[static PATH_MAX])
{
	char *from = walk->rest + strspn(walk->rest, "/");
	size_t length = strcspn(from, "/");

	if (length == 0)
		return false;
	memcpy(name, from, length);
	name[length] = '\0';
	memmove(walk->rest, from + length, strlen(from + length) + 1);

	return true;
}

static int to_top(struct pw_path_walk *walk)
{
	int fd = open("/", O_PATH | O_DIRECTORY | O_CLOEXEC);

	if (fd < 0)
		return -errno;
	if (walk->fd >= 0)
		close(walk->fd);
	walk->fd = fd;
	walk->canonical[0] = '\0';

	return 0;
}

static int add_canonical(struct pw_path_walk *walk, const char *name)
{
	size_t length = strlen(walk->canonical);
	char *slash;
	int n;

	if (strcmp(name, ".") == 0)
		return 0;
	if (strcmp(name, "..") == 0) {
		slash = strrchr(walk->canonical, '/');
		if (slash)
			*slash = '\0';
		return 0;
	}
	n = snprintf(walk->canonical + length, sizeof(walk->canonical) - length, "/%s", name);

	return n < 0 || (size_t)n >= sizeof(walk->canonical) - length ? -ENAMETOOLONG : 0;
}

/* Puts the target of the symbolic link @fd in front of what is left. */
static int splice_link(struct pw_path_walk *walk, int fd)
{
	char target[PATH_MAX], rest[PATH_MAX];
	ssize_t n;
	int length;

	if (++walk->links > PW_WALK_LINKS)
		return -ELOOP;
	n = readlinkat(fd, "", target, sizeof(target) - 1);
	if (n < 0)
		return -errno;
	target[n] = '\0';
	length = snprintf(rest, sizeof(rest), "%s/%s", target, walk->rest);
	if (length < 0 || (size_t)length >= sizeof(rest))
		return -ENAMETOOLONG;
	memcpy(walk->rest, rest, (size_t)length + 1);

	return target[0] == '/' ? to_top(walk) : 0;
}

static bool is_last(const struct pw_path_walk *walk)
{
	return walk->rest[strspn(walk->rest, "/")] == '\0';
}

static bool is_in(char *const *list, const char *path)
{
	for (; list && *list; list++)
		if (strcmp(*list, path) == 0)
			return true;

	return false;
}

/* One name. Returns 1 when the path goes on, 0 when @out is complete. */
static int step(struct pw_walker *walker, struct pw_path_walk *walk, const char *name,
		char *const *unmounted, struct pw_resolved_path *out)
{
	_cleanup_close_ int fd = -EBADF;
	struct stat st;
	int r;

	fd = openat(walk->fd, name, O_PATH | O_NOFOLLOW | O_CLOEXEC);
	if (fd < 0 && errno != ENOENT && errno != ENOTDIR)
		return -errno;
	if (fd >= 0 && fstat(fd, &st) < 0)
		return -errno;
	if (fd >= 0 && S_ISLNK(st.st_mode)) {
		r = hold(walker, walk->fd, name, out);
		return r < 0 ? r : (r = splice_link(walk, fd)) < 0 ? r : 1;
	}

	r = add_canonical(walk, name);
	if (r < 0)
		return r;
	if (fd < 0 || is_in(unmounted, walk->canonical)) {
		out->state = fd < 0 ? PW_PATH_MISSING : PW_PATH_UNMOUNTED;
		return hold(walker, walk->fd, name, out);
	}
	if (is_last(walk)) {
		r = strcmp(name, "..") == 0 || strcmp(name, ".") == 0 ?
			    0 : hold(walker, walk->fd, name, out);
		return r < 0 ? r : want(walker, TAKE_FD(fd), &out->file);
	}
	r = keep_way(walker, fd, out);
	if (r < 0)
		return r;
	close(walk->fd);
	walk->fd = TAKE_FD(fd);

	return 1;
}

int pw_walk(struct pw_walker *walker, char *const *unmounted, struct pw_resolved_path *out)
{
	struct pw_path_walk walk = {.fd = -EBADF};
	char name[PATH_MAX];
	int r;

	if (strlen(out->path) >= sizeof(walk.rest))
		return -ENAMETOOLONG;
	memcpy(walk.rest, out->path, strlen(out->path) + 1);
	out->state = PW_PATH_RESOLVED;
	r = to_top(&walk);
	if (r == 0)
		r = 1;
	while (r == 1) {
		if (!next_name(&walk, name)) {
			/* The top itself, or a link to it: no name holds that. */
			r = want(walker, TAKE_FD(walk.fd), &out->file);
			break;
		}
		r = step(walker, &walk, name, unmounted, out);
	}
	if (walk.fd >= 0)
		close(walk.fd);
	if (r < 0)
		return r;

	out->canonical = strdup(walk.canonical[0] ? walk.canonical : "/");
	return out->canonical ? 0 : -ENOMEM;
}

void pw_resolved_path_done(struct pw_resolved_path *path)
{
	while (path->holds) {
		struct pw_hold *held = path->holds;

		path->holds = held->next;
		free(held);
	}
	while (path->way) {
		struct pw_way *way = path->way;

		path->way = way->next;
		free(way);
	}
	free(path->canonical);
	path->canonical = NULL;
}
