// SPDX-License-Identifier: BSD-2-Clause
/*
 * meddle --prepare DIR...       makes DIRs with a victim for every operation
 * meddle [--only OP] DIR OTHER  tries every operation on files of DIR; OTHER is
 *                               where things are moved and linked from and to
 *
 * One line each:
 *
 *     OPERATION: DONE
 *     OPERATION: EACCES      or the name of another errno
 *
 * Exit code: 0 when all was done, 1 when nothing was, 3 when some.
 */
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/inotify.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <sys/xattr.h>
#include <unistd.h>


/* An ACL of version 2: owner rw, group r, others r. */
static const unsigned char acl[] = {
	2, 0, 0, 0,
	1, 0, 6, 0, 255, 255, 255, 255,
	4, 0, 4, 0, 255, 255, 255, 255,
	0x20, 0, 4, 0, 255, 255, 255, 255,
};
#define ACL_NAME "system.posix_acl_access"

/* The names of one operation; each has its own, so that none disturbs another. */
static char file[PATH_MAX], dir[PATH_MAX], fresh[PATH_MAX];
static char other[PATH_MAX], other_dir[PATH_MAX], other_fresh[PATH_MAX];

static int done(long r)
{
	return r < 0 ? -errno : 0;
}

static int done_fd(int fd)
{
	int r = done(fd);

	if (fd >= 0)
		close(fd);
	return r;
}

/* ---- Names ------------------------------------------------------------------------------- */

static int do_create(void)
{
	return done_fd(open(fresh, O_CREAT | O_EXCL | O_WRONLY, 0600));
}

static int do_tmpfile(void)
{
	return done_fd(open(dir, O_TMPFILE | O_WRONLY, 0600));
}

static int do_mkdir(void)
{
	return done(mkdir(fresh, 0700));
}

static int do_mkfifo(void)
{
	return done(mkfifo(fresh, 0600));
}

static int do_mknod(void)
{
	return done(mknod(fresh, S_IFREG | 0600, 0));
}

static int do_bind(void)
{
	struct sockaddr_un addr = {.sun_family = AF_UNIX};
	int fd = socket(AF_UNIX, SOCK_DGRAM, 0), r;

	snprintf(addr.sun_path, sizeof(addr.sun_path), "%.100s", fresh);
	r = done(bind(fd, (struct sockaddr *)&addr, sizeof(addr)));
	close(fd);
	return r;
}

static int do_symlink(void)
{
	return done(symlink(file, fresh));
}

static int do_link(void)
{
	return done(link(file, fresh));
}

static int do_link_out(void)
{
	return done(link(file, other_fresh));
}

static int do_link_in(void)
{
	return done(link(other, fresh));
}

/* By a descriptor that gives no access to the content. */
static int do_link_out_o_path(void)
{
	int fd = open(file, O_PATH), r;
	char name[64];

	snprintf(name, sizeof(name), "/proc/self/fd/%d", fd);
	r = done(linkat(AT_FDCWD, name, AT_FDCWD, other_fresh, AT_SYMLINK_FOLLOW));
	close(fd);
	return r;
}

static int do_rename(void)
{
	return done(rename(file, fresh));
}

static int do_rename_out(void)
{
	return done(rename(file, other_fresh));
}

static int do_rename_in(void)
{
	return done(rename(other, fresh));
}

static int do_rename_over(void)
{
	return done(rename(other, file));
}

static int do_rename_out_over(void)
{
	return done(rename(file, other));
}

static int exchange(const char *a, const char *b)
{
	return done(renameat2(AT_FDCWD, a, AT_FDCWD, b, RENAME_EXCHANGE));
}

static int do_exchange_out(void)
{
	return exchange(file, other);
}

static int do_exchange_in(void)
{
	return exchange(other, file);
}

static int do_exchange_dir(void)
{
	return exchange(dir, other_dir);
}

static int do_rename_no_replace(void)
{
	return done(renameat2(AT_FDCWD, file, AT_FDCWD, other_fresh, RENAME_NOREPLACE));
}

static int do_rename_dir_out(void)
{
	return done(rename(dir, other_fresh));
}

static int do_rename_dir_in(void)
{
	return done(rename(other_dir, fresh));
}

static int do_unlink(void)
{
	return done(unlink(file));
}

static int do_rmdir(void)
{
	return done(rmdir(dir));
}

/* ---- Content ------------------------------------------------------------------------------ */

static int do_read(void)
{
	return done_fd(open(file, O_RDONLY));
}

static int do_write(void)
{
	return done_fd(open(file, O_WRONLY));
}

static int do_append(void)
{
	return done_fd(open(file, O_WRONLY | O_APPEND));
}

static int do_read_write(void)
{
	return done_fd(open(file, O_RDWR));
}

static int do_open_truncate(void)
{
	return done_fd(open(file, O_WRONLY | O_TRUNC));
}

static int do_truncate(void)
{
	return done(truncate(file, 1));
}

static int do_list(void)
{
	return done_fd(open(dir, O_RDONLY | O_DIRECTORY));
}

static int do_watch(void)
{
	int fd = inotify_init1(IN_CLOEXEC), r = done(inotify_add_watch(fd, dir, IN_CREATE));

	close(fd);
	return r;
}

static int do_exec(void)
{
	char *argv[] = {file, NULL};
	int status;
	pid_t pid = fork();

	if (!pid) {
		execv(file, argv);
		_exit(errno);
	}
	if (pid < 0 || waitpid(pid, &status, 0) < 0)
		return -errno;
	return -WEXITSTATUS(status);
}

/* ---- Attributes --------------------------------------------------------------------------- */

static int do_chmod(void)
{
	return done(chmod(file, 0777));
}

static int do_chmod_dir(void)
{
	return done(chmod(dir, 0777));
}

static int do_chmod_o_path(void)
{
	int fd = open(file, O_PATH), r;
	char name[64];

	snprintf(name, sizeof(name), "/proc/self/fd/%d", fd);
	r = done(chmod(name, 0777));
	close(fd);
	return r;
}

static int do_chown(void)
{
	return done(chown(file, geteuid(), getegid()));
}

static int do_utimes(void)
{
	const struct timespec times[2] = {{.tv_sec = 1}, {.tv_sec = 1}};

	return done(utimensat(AT_FDCWD, file, times, 0));
}

static int do_touch(void)
{
	return done(utimensat(AT_FDCWD, file, NULL, 0));
}

static int do_set_xattr(void)
{
	return done(setxattr(file, "user.note", "x", 1, 0));
}

static int do_remove_xattr(void)
{
	return done(removexattr(file, "user.victim"));
}

static int do_set_acl(void)
{
	return done(setxattr(file, ACL_NAME, acl, sizeof(acl), 0));
}

static int do_remove_acl(void)
{
	return done(removexattr(file, ACL_NAME));
}

static const struct {
	const char *name;
	int (*try)(void);
} operations[] = {
	{"create", do_create},
	{"tmpfile", do_tmpfile},
	{"mkdir", do_mkdir},
	{"mkfifo", do_mkfifo},
	{"mknod", do_mknod},
	{"bind", do_bind},
	{"symlink", do_symlink},
	{"link", do_link},
	{"link-out", do_link_out},
	{"link-in", do_link_in},
	{"link-out-o-path", do_link_out_o_path},
	{"rename", do_rename},
	{"rename-out", do_rename_out},
	{"rename-in", do_rename_in},
	{"rename-over", do_rename_over},
	{"rename-out-over", do_rename_out_over},
	{"rename-no-replace", do_rename_no_replace},
	{"rename-dir-out", do_rename_dir_out},
	{"rename-dir-in", do_rename_dir_in},
	{"exchange-out", do_exchange_out},
	{"exchange-in", do_exchange_in},
	{"exchange-dir", do_exchange_dir},
	{"unlink", do_unlink},
	{"rmdir", do_rmdir},
	{"read", do_read},
	{"write", do_write},
	{"append", do_append},
	{"read-write", do_read_write},
	{"open-truncate", do_open_truncate},
	{"truncate", do_truncate},
	{"list", do_list},
	{"watch", do_watch},
	{"exec", do_exec},
	{"chmod", do_chmod},
	{"chmod-dir", do_chmod_dir},
	{"chmod-o-path", do_chmod_o_path},
	{"chown", do_chown},
	{"utimes", do_utimes},
	{"touch", do_touch},
	{"set-xattr", do_set_xattr},
	{"remove-xattr", do_remove_xattr},
	{"set-acl", do_set_acl},
	{"remove-acl", do_remove_acl},
};
#define OPERATIONS (sizeof(operations) / sizeof(operations[0]))

static void name_victims(const char *in, const char *out, const char *operation)
{
	snprintf(file, sizeof(file), "%s/%s", in, operation);
	snprintf(dir, sizeof(dir), "%s/%s.d", in, operation);
	snprintf(fresh, sizeof(fresh), "%s/%s.new", in, operation);
	snprintf(other, sizeof(other), "%s/%s", out, operation);
	snprintf(other_dir, sizeof(other_dir), "%s/%s.d", out, operation);
	snprintf(other_fresh, sizeof(other_fresh), "%s/%s.new", out, operation);
}

/* Victims are programs that do nothing, so that they can be executed as well. */
static int make_victim(void)
{
	int fd = open(file, O_CREAT | O_EXCL | O_WRONLY, 0755);

	if (fd < 0 || dprintf(fd, "#!/bin/true\n") < 0 || fchmod(fd, 0755) < 0 ||
	    fsetxattr(fd, "user.victim", "x", 1, 0) < 0 ||
	    fsetxattr(fd, ACL_NAME, acl, sizeof(acl), 0) < 0 || mkdir(dir, 0755) < 0)
		return -1;
	close(fd);
	return chmod(file, 0755);
}

static int prepare(char **dirs)
{
	for (; *dirs; dirs++) {
		if (mkdir(*dirs, 0755) < 0 && errno != EEXIST) {
			perror(*dirs);
			return 2;
		}
		for (size_t i = 0; i < OPERATIONS; i++) {
			name_victims(*dirs, *dirs, operations[i].name);
			if (make_victim() < 0) {
				perror(file);
				return 2;
			}
		}
	}
	return 0;
}

int main(int argc, char **argv)
{
	const char *only = NULL;
	int succeeded = 0, failed = 0;

	umask(0);
	if (argc > 2 && !strcmp(argv[1], "--prepare"))
		return prepare(argv + 2);
	if (argc > 2 && !strcmp(argv[1], "--only")) {
		only = argv[2];
		argv += 2;
		argc -= 2;
	}
	if (argc != 3) {
		fprintf(stderr, "usage: meddle --prepare DIR... | meddle [--only OP] DIR OTHER\n");
		return 2;
	}
	for (size_t i = 0; i < OPERATIONS; i++) {
		int r;

		if (only && strcmp(only, operations[i].name))
			continue;
		name_victims(argv[1], argv[2], operations[i].name);
		r = operations[i].try();
		printf("%s: %s\n", operations[i].name, r < 0 ? strerrorname_np(-r) : "DONE");
		fflush(stdout);
		*(r < 0 ? &failed : &succeeded) += 1;
	}
	return !failed ? 0 : succeeded ? 3 : 1;
}
