// SPDX-License-Identifier: BSD-2-Clause
/*
 * hold FILE DIR: opens FILE and DIR, maps FILE, says "held", waits until something is
 * written to $FIFO, and tries what can still be done with all that, one line each:
 *
 *     ROUTE: DONE
 *     ROUTE: EACCES      or the name of another errno
 *
 * DIR is one that `meddle --prepare` filled.
 */
#include <errno.h>
#include <fcntl.h>
#include <linux/fs.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/inotify.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/sendfile.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/xattr.h>
#include <unistd.h>

#define EXT4_IOC_SETVERSION _IOW('f', 4, long)

static int reads, writes, list, path;	/* descriptors of FILE, three times, and of DIR */
static char *shared;			/* FILE, mapped from `writes` for reading only */
static char byte;

static int done(long r)
{
	return r < 0 ? -errno : 0;
}

static int do_read(void)
{
	return done(pread(reads, &byte, 1, 0));
}

static int do_read_other(void)
{
	return done(pread(writes, &byte, 1, 0));
}

static int do_write(void)
{
	return done(pwrite(writes, &byte, 1, 0));
}

static int do_mmap(void)
{
	return done(mmap(NULL, 1, PROT_READ, MAP_SHARED, reads, 0) == MAP_FAILED ? -1 : 0);
}

static int do_mmap_private(void)
{
	return done(mmap(NULL, 1, PROT_READ, MAP_PRIVATE, reads, 0) == MAP_FAILED ? -1 : 0);
}

/* Readable today, writable by mprotect tomorrow. */
static int do_mmap_writable(void)
{
	return done(mmap(NULL, 1, PROT_READ, MAP_SHARED, writes, 0) == MAP_FAILED ? -1 : 0);
}

static int do_mmap_store(void)
{
	return done(mmap(NULL, 1, PROT_READ | PROT_WRITE, MAP_SHARED, writes, 0) == MAP_FAILED ?
			    -1 : 0);
}

static int do_mprotect(void)
{
	return done(mprotect(shared, 1, PROT_READ | PROT_WRITE));
}

static int do_remap(void)
{
	return done(syscall(SYS_remap_file_pages, shared, 4096, 0, 0, 0));
}

static int do_ftruncate(void)
{
	return done(ftruncate(writes, 1));
}

static int do_fallocate(void)
{
	return done(fallocate(writes, 0, 0, 8192));
}

static int do_punch(void)
{
	return done(fallocate(writes, FALLOC_FL_PUNCH_HOLE | FALLOC_FL_KEEP_SIZE, 0, 4096));
}

static int do_copy_out(void)
{
	off_t start = 0;

	return done(sendfile(memfd_create("loot", 0), reads, &start, 1));
}

static int do_copy_in(void)
{
	int from = memfd_create("forgery", 0);

	if (write(from, "x", 1) != 1 || lseek(from, 0, SEEK_SET) < 0)
		return -errno;
	return done(sendfile(writes, from, NULL, 1));
}

static int do_fchmod(void)
{
	return done(fchmod(reads, 0777));
}

static int do_fchown(void)
{
	return done(fchown(reads, geteuid(), getegid()));
}

static int do_futimens(void)
{
	return done(futimens(reads, NULL));
}

static int do_fsetxattr(void)
{
	return done(fsetxattr(reads, "user.held", "x", 1, 0));
}

static int do_flags(void)
{
	int flags;

	if (ioctl(reads, FS_IOC_GETFLAGS, &flags) < 0)
		return -errno;
	flags |= FS_NODUMP_FL;
	return done(ioctl(reads, FS_IOC_SETFLAGS, &flags));
}

/* What tells an inode from its number's last one; ext4 with checksums has no such call. */
static int do_generation(void)
{
	int generation = 1;

	return done(ioctl(reads, EXT4_IOC_SETVERSION, &generation));
}

static int do_list(void)
{
	char room[4096];

	return done(syscall(SYS_getdents64, list, room, sizeof(room)));
}

static int done_fd(int fd)
{
	int r = done(fd);

	if (fd >= 0)
		close(fd);
	return r;
}

static int do_open_below(void)
{
	return done_fd(openat(list, "read", O_RDONLY));
}

static int do_create_below(void)
{
	return done_fd(openat(list, "create.new", O_CREAT | O_EXCL | O_WRONLY, 0600));
}

static int do_unlink_below(void)
{
	return done(unlinkat(list, "unlink", 0));
}

static int do_reopen(void)
{
	char name[64];

	snprintf(name, sizeof(name), "/proc/self/fd/%d", reads);
	return done_fd(open(name, O_RDONLY));
}

static int do_o_path_reopen(void)
{
	char name[64];

	snprintf(name, sizeof(name), "/proc/self/fd/%d", path);
	return done_fd(open(name, O_RDONLY));
}

static int do_watch(void)
{
	char name[64];

	snprintf(name, sizeof(name), "/proc/self/fd/%d", list);
	return done(inotify_add_watch(inotify_init1(0), name, IN_CREATE));
}

/* What was mapped for reading stays mapped; no hook is asked when a page is touched. */
static int do_old_mapping(void)
{
	byte = *(volatile char *)shared;
	return 0;
}

static const struct {
	const char *name;
	int (*try)(void);
} routes[] = {
	{"read", do_read},
	{"read-by-writer", do_read_other},
	{"write", do_write},
	{"mmap", do_mmap},
	{"mmap-private", do_mmap_private},
	{"mmap-writable", do_mmap_writable},
	{"mmap-store", do_mmap_store},
	{"mprotect", do_mprotect},
	{"remap-file-pages", do_remap},
	{"ftruncate", do_ftruncate},
	{"fallocate", do_fallocate},
	{"punch-hole", do_punch},
	{"copy-out", do_copy_out},
	{"copy-in", do_copy_in},
	{"fchmod", do_fchmod},
	{"fchown", do_fchown},
	{"futimens", do_futimens},
	{"fsetxattr", do_fsetxattr},
	{"set-flags", do_flags},
	{"set-generation", do_generation},
	{"list", do_list},
	{"open-below", do_open_below},
	{"create-below", do_create_below},
	{"unlink-below", do_unlink_below},
	{"reopen", do_reopen},
	{"o-path-reopen", do_o_path_reopen},
	{"watch", do_watch},
	{"old-mapping", do_old_mapping},
};

int main(int argc, char **argv)
{
	const char *fifo = getenv("FIFO");
	int told;

	if (argc != 3 || !fifo) {
		fprintf(stderr, "usage: FIFO=... hold FILE DIR\n");
		return 2;
	}
	reads = open(argv[1], O_RDONLY);
	writes = open(argv[1], O_RDWR);
	path = open(argv[1], O_PATH);
	list = open(argv[2], O_RDONLY | O_DIRECTORY);
	shared = mmap(NULL, 1, PROT_READ, MAP_SHARED, writes, 0);
	if (reads < 0 || writes < 0 || path < 0 || list < 0 || shared == MAP_FAILED) {
		perror("hold");
		return 2;
	}
	puts("held");
	fflush(stdout);
	told = open(fifo, O_RDONLY);
	if (told < 0 || read(told, &byte, 1) < 0) {
		perror(fifo);
		return 2;
	}
	close(told);
	for (size_t i = 0; i < sizeof(routes) / sizeof(routes[0]); i++) {
		int r = routes[i].try();

		printf("%s: %s\n", routes[i].name, r < 0 ? strerrorname_np(-r) : "DONE");
		fflush(stdout);
	}
	return 0;
}
