// SPDX-License-Identifier: BSD-2-Clause
/*
 * mounts reach FILE     tries to read FILE by a mount that leads to it
 * mounts cover PATH     tries to mount something over PATH
 *
 * One line each, "ROUTE: LEAKED" or "ROUTE: DONE" when it could be done, or the name
 * of an errno. Each route has a mount namespace of its own, and a user namespace as
 * well when the caller is not root. FILE has at least two directories above it.
 * Exit code: 0 when anything could be done, 1 when nothing could.
 */
#include <errno.h>
#include <fcntl.h>
#include <libgen.h>
#include <limits.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

static char path[PATH_MAX], dir[PATH_MAX], base[PATH_MAX];
/* A directory, and in it a mount point and a file. */
static char work[] = "/tmp/mounts.XXXXXX", at[64], file[64];
static int in_user_namespace;

static int done(long r)
{
	return r < 0 ? -errno : 0;
}

static int read_at(int dirfd, const char *name)
{
	int fd = openat(dirfd, name, O_RDONLY);
	char byte;

	return fd < 0 ? -errno : read(fd, &byte, 1) == 1 ? 0 : -EIO;
}

static int read_below(const char *top, const char *name)
{
	char full[2 * PATH_MAX];

	snprintf(full, sizeof(full), "%s/%s", top, name);
	return read_at(AT_FDCWD, full);
}

/* ---- Reaching it ---------------------------------------------------------------------------- */

static int reach_namespace(void)
{
	return read_at(AT_FDCWD, path);
}

static int reach_bind(void)
{
	return mount(dir, at, NULL, MS_BIND, NULL) < 0 ? -errno : read_below(at, base);
}

static int reach_bind_file(void)
{
	return mount(path, file, NULL, MS_BIND, NULL) < 0 ? -errno : read_at(AT_FDCWD, file);
}

static int reach_bind_all(void)
{
	return mount("/", at, NULL, MS_BIND | MS_REC, NULL) < 0 ? -errno : read_below(at, path);
}

static int reach_clone(void)
{
	int tree = syscall(SYS_open_tree, AT_FDCWD, dir, 1 /* OPEN_TREE_CLONE */);

	return tree < 0 ? -errno : read_at(tree, base);
}

static int reach_moved_clone(void)
{
	int tree = syscall(SYS_open_tree, AT_FDCWD, dir, 1);

	if (tree < 0 || syscall(SYS_move_mount, tree, "", AT_FDCWD, at, 4 /* F_EMPTY_PATH */) < 0)
		return -errno;
	return read_below(at, base);
}

static int reach_chroot(void)
{
	if (chroot(dir) < 0 || chdir("/") < 0)
		return -errno;
	return read_at(AT_FDCWD, base);
}

static int reach_pivot_root(void)
{
	if (mount(dir, at, NULL, MS_BIND, NULL) < 0 || chdir(at) < 0 ||
	    syscall(SYS_pivot_root, ".", ".") < 0 || chdir("/") < 0)
		return -errno;
	return read_below("/", base);
}

/* FILE in the lower layer: as it is seen above, and where a copy of it would lie. */
static int mount_overlay(char seen[static PATH_MAX], char copied[static PATH_MAX])
{
	char options[3 * PATH_MAX], layer[PATH_MAX];

	if (mount("none", at, "tmpfs", 0, NULL) < 0)
		return -errno;
	for (const char *const *name = (const char *const[]){"up", "work", "merged", NULL}; *name;
	     name++) {
		snprintf(layer, sizeof(layer), "%s/%s", at, *name);
		if (mkdir(layer, 0755) < 0)
			return -errno;
	}
	snprintf(options, sizeof(options), "lowerdir=%s,upperdir=%s/up,workdir=%s/work%s", dir, at, at,
		 in_user_namespace ? ",userxattr" : "");
	snprintf(seen, PATH_MAX, "%s/merged/%.*s", at, NAME_MAX, base);
	snprintf(copied, PATH_MAX, "%s/up/%.*s", at, NAME_MAX, base);
	return done(mount("overlay", layer, "overlay", 0, options));
}

static int reach_overlay(void)
{
	char seen[PATH_MAX], copied[PATH_MAX];
	int r = mount_overlay(seen, copied);

	return r < 0 ? r : read_at(AT_FDCWD, seen);
}

/* Writing makes a copy of the content. */
static int reach_overlay_copy_up(void)
{
	char seen[PATH_MAX], copied[PATH_MAX];
	int r = mount_overlay(seen, copied), fd;

	if (r < 0)
		return r;
	fd = open(seen, O_WRONLY);
	return fd < 0 ? -errno : read_at(AT_FDCWD, copied);
}

static const struct {
	const char *name;
	int (*try)(void);
} reaches[] = {
	{"namespace", reach_namespace},
	{"bind", reach_bind},
	{"bind-file", reach_bind_file},
	{"bind-all", reach_bind_all},
	{"open-tree-clone", reach_clone},
	{"moved-clone", reach_moved_clone},
	{"chroot", reach_chroot},
	{"pivot-root", reach_pivot_root},
	{"overlay", reach_overlay},
	{"overlay-copy-up", reach_overlay_copy_up},
};

/* ---- Covering it ---------------------------------------------------------------------------- */

static int new_tmpfs(void)
{
	int context = syscall(SYS_fsopen, "tmpfs", 0);

	if (context < 0 || syscall(SYS_fsconfig, context, 6 /* CMD_CREATE */, NULL, NULL, 0) < 0)
		return -1;
	return syscall(SYS_fsmount, context, 0, 0);
}

static int is_dir(void)
{
	struct stat st;

	return stat(path, &st) == 0 && S_ISDIR(st.st_mode);
}

/* What a bind over PATH shows there: a directory, or a file. */
static const char *substitute(void)
{
	return is_dir() ? at : file;
}

static int cover_bind(void)
{
	return done(mount(substitute(), path, NULL, MS_BIND, NULL));
}

static int cover_bind_itself(void)
{
	return done(mount(path, path, NULL, MS_BIND, NULL));
}

static int cover_move(void)
{
	if (mount(substitute(), substitute(), NULL, MS_BIND, NULL) < 0)
		return -errno;
	return done(mount(substitute(), path, NULL, MS_MOVE, NULL));
}

static int cover_move_mount(void)
{
	int tree = syscall(SYS_open_tree, AT_FDCWD, substitute(), 1);

	return tree < 0 ? -errno : done(syscall(SYS_move_mount, tree, "", AT_FDCWD, path, 4));
}

static int cover_tmpfs(void)
{
	return done(mount("none", path, "tmpfs", 0, NULL));
}

static int cover_new_tmpfs(void)
{
	int mounted = new_tmpfs();

	return mounted < 0 ? -errno : done(syscall(SYS_move_mount, mounted, "", AT_FDCWD, path, 4));
}

/* The old root would lie over PATH. */
static int cover_pivot_root(void)
{
	char copy[PATH_MAX], put[2 * PATH_MAX];
	const char *top;

	snprintf(copy, sizeof(copy), "%s", dir);
	top = dirname(copy);
	if (mount(top, at, NULL, MS_BIND | MS_REC, NULL) < 0)
		return -errno;
	snprintf(put, sizeof(put), "%s%s", at, strcmp(top, "/") ? path + strlen(top) : path);
	return done(syscall(SYS_pivot_root, at, put));
}

static const struct {
	const char *name;
	int (*try)(void);
	int of_dirs;
} covers[] = {
	{"bind", cover_bind, 0},
	{"bind-itself", cover_bind_itself, 0},
	{"move", cover_move, 0},
	{"move-mount", cover_move_mount, 0},
	{"tmpfs", cover_tmpfs, 1},
	{"new-tmpfs", cover_new_tmpfs, 1},
	{"pivot-root", cover_pivot_root, 1},
};

/* ---- All of them ---------------------------------------------------------------------------- */

static void put_file(const char *name, const char *format, unsigned int id)
{
	int fd = open(name, O_WRONLY);

	dprintf(fd, format, id);
	close(fd);
}

static int enter_namespaces(void)
{
	uid_t uid = getuid();
	gid_t gid = getgid();

	in_user_namespace = uid != 0;
	if (unshare(CLONE_NEWNS | (in_user_namespace ? CLONE_NEWUSER : 0)) < 0)
		return -1;
	if (in_user_namespace) {
		put_file("/proc/self/setgroups", "deny", 0);
		put_file("/proc/self/uid_map", "0 %u 1", uid);
		put_file("/proc/self/gid_map", "0 %u 1", gid);
	}
	return mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL);
}

/* In a child, so that nothing stays. */
static int try(const char *name, const char *success, int (*route)(void))
{
	int status;
	pid_t pid = fork();

	if (!pid) {
		_exit(enter_namespaces() < 0 ? errno : -route());
	}
	if (pid < 0 || waitpid(pid, &status, 0) < 0 || !WIFEXITED(status))
		return 0;
	status = WEXITSTATUS(status);
	printf("%s: %s\n", name, status ? strerrorname_np(status) : success);
	fflush(stdout);
	return !status;
}

static int make_work(void)
{
	int fd;

	if (!mkdtemp(work))
		return -1;
	snprintf(at, sizeof(at), "%s/at", work);
	snprintf(file, sizeof(file), "%s/file", work);
	fd = open(file, O_CREAT | O_WRONLY, 0600);
	if (fd < 0 || close(fd) < 0)
		return -1;
	return mkdir(at, 0755);
}

int main(int argc, char **argv)
{
	int any = 0;

	if (argc != 3 || !realpath(argv[2], path) || make_work() < 0) {
		fprintf(stderr, "usage: mounts reach FILE | mounts cover PATH\n");
		return 2;
	}
	snprintf(dir, sizeof(dir), "%s", path);
	*strrchr(dir, '/') = 0;
	snprintf(base, sizeof(base), "%s", strrchr(path, '/') + 1);
	for (size_t i = 0; !strcmp(argv[1], "reach") && i < sizeof(reaches) / sizeof(reaches[0]); i++)
		any |= try(reaches[i].name, "LEAKED", reaches[i].try);
	for (size_t i = 0; !strcmp(argv[1], "cover") && i < sizeof(covers) / sizeof(covers[0]); i++)
		if (!covers[i].of_dirs || is_dir())
			any |= try(covers[i].name, "DONE", covers[i].try);
	rmdir(at);
	unlink(file);
	rmdir(work);
	return !any;
}
