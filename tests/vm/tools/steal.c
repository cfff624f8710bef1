// SPDX-License-Identifier: BSD-2-Clause
/*
 * steal [--fd N] FILE...: tries to read FILE by every route there is, one line each:
 *
 *     ROUTE: LEAKED          at least one byte of the file came out
 *     ROUTE: EACCES          or the name of another errno
 *
 * With several files each line begins with the file. With --fd N the routes start
 * from descriptor N, opened before by whoever started this, and FILE is only the name.
 * Exit code: 0 when anything leaked, 1 when nothing did.
 */
#include <errno.h>
#include <fcntl.h>
#include <libgen.h>
#include <limits.h>
#include <linux/aio_abi.h>
#include <linux/openat2.h>
#include <liburing.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/mount.h>
#include <sys/sendfile.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <unistd.h>

static int held = -1;

/* ---- How the content comes out of a descriptor; each closes it ------------------------- */

static int drain(int fd)
{
	char byte;
	ssize_t n = fd < 0 ? -1 : read(fd, &byte, 1);
	int r = n > 0 ? 0 : n < 0 ? -errno : -ENODATA;

	if (fd >= 0)
		close(fd);
	return r;
}

static int result(int fd, ssize_t n)
{
	int r = n > 0 ? 0 : n < 0 ? -errno : -ENODATA;

	close(fd);
	return r;
}

static int by_pread(int fd)
{
	char byte;

	return result(fd, pread(fd, &byte, 1, 0));
}

static int by_readv(int fd)
{
	char byte;
	struct iovec iov = {&byte, 1};

	return result(fd, preadv2(fd, &iov, 1, 0, 0));
}

/* Past the page cache, so in whole blocks. */
static int by_direct(int fd)
{
	static char block[4096] __attribute__((aligned(4096)));
	int flags = fcntl(fd, F_GETFL);

	if (fcntl(fd, F_SETFL, flags | O_DIRECT) < 0)
		return result(fd, -1);
	return result(fd, pread(fd, block, sizeof(block), 0));
}

static int by_aio(int fd)
{
	char byte;
	struct iocb cb = {
		.aio_lio_opcode = IOCB_CMD_PREAD,
		.aio_fildes = fd,
		.aio_buf = (uintptr_t)&byte,
		.aio_nbytes = 1,
	}, *cbs = &cb;
	aio_context_t context = 0;
	struct io_event event;
	long r;

	if (syscall(SYS_io_setup, 1, &context) < 0)
		return result(fd, -1);
	r = syscall(SYS_io_submit, context, 1, &cbs);
	if (r == 1)
		r = syscall(SYS_io_getevents, context, 1, 1, &event, NULL) == 1 ? event.res : -1;
	r = r < 0 ? -errno : r;
	syscall(SYS_io_destroy, context);
	close(fd);
	return r > 0 ? 0 : r < 0 ? r : -ENODATA;
}

static int by_private_mmap(int fd)
{
	volatile char *map = mmap(NULL, 1, PROT_READ | PROT_WRITE, MAP_PRIVATE, fd, 0);

	if (map != MAP_FAILED)
		(void)map[0];
	return result(fd, map == MAP_FAILED ? -1 : 1);
}

static int by_mmap(int fd)
{
	volatile char *map = mmap(NULL, 1, PROT_READ, MAP_SHARED, fd, 0);

	if (map != MAP_FAILED)
		(void)map[0];
	return result(fd, map == MAP_FAILED ? -1 : 1);
}

static int by_sendfile(int fd)
{
	off_t start = 0;

	return result(fd, sendfile(memfd_create("loot", MFD_CLOEXEC), fd, &start, 1));
}

static int by_splice(int fd)
{
	loff_t start = 0;
	int ends[2];

	if (pipe(ends) < 0)
		return -errno;
	return result(fd, splice(fd, &start, ends[1], NULL, 1, 0));
}

static int by_sendfile_to_socket(int fd)
{
	off_t start = 0;
	int ends[2];

	if (socketpair(AF_UNIX, SOCK_STREAM, 0, ends) < 0)
		return result(fd, -1);
	return result(fd, sendfile(ends[1], fd, &start, 1));
}

/* The kernel copies within one file system only: the loot goes where the file lies. */
static int by_copy_file_range(int fd)
{
	loff_t start = 0;
	struct stat from, to;
	int out, r;

	if (fstat(fd, &from) < 0 || stat("/srv", &to) < 0)
		return result(fd, -1);
	out = open(from.st_dev == to.st_dev ? "/srv/public" : "/tmp", O_TMPFILE | O_WRONLY, 0600);
	r = result(fd, copy_file_range(fd, &start, out, NULL, 1, 0));
	close(out);
	return r;
}

static int by_proc_reopen(int fd)
{
	char link[64];

	snprintf(link, sizeof(link), "/proc/self/fd/%d", fd);
	return drain(open(link, O_RDONLY));
}

/* Submits the one prepared request and returns its result. */
static int ring_do(struct io_uring *ring)
{
	struct io_uring_cqe *cqe;
	int r = io_uring_submit_and_wait(ring, 1);

	if (r < 0)
		return r;
	r = io_uring_peek_cqe(ring, &cqe);
	if (r < 0)
		return r;
	r = cqe->res;
	io_uring_cqe_seen(ring, cqe);
	return r;
}

static int by_io_uring_read(int fd)
{
	struct io_uring ring;
	char byte;
	int r = io_uring_queue_init(2, &ring, 0);

	if (r < 0)
		return r;
	io_uring_prep_read(io_uring_get_sqe(&ring), fd, &byte, 1, 0);
	r = ring_do(&ring);
	io_uring_queue_exit(&ring);
	close(fd);
	return r > 0 ? 0 : r < 0 ? r : -ENODATA;
}

/* ---- How a descriptor comes from a name ------------------------------------------------ */

static int open_plain(const char *path)
{
	return open(path, O_RDONLY);
}

static int open_write(const char *path)
{
	return open(path, O_RDWR);
}

/* A system call of 32-bit programs; the kernel takes addresses below 4 GiB only. */
static int open_compat(const char *path)
{
	char *low = mmap(NULL, PATH_MAX, PROT_READ | PROT_WRITE,
			 MAP_PRIVATE | MAP_ANONYMOUS | MAP_32BIT, -1, 0);
	long r;

	if (low == MAP_FAILED)
		return -1;
	snprintf(low, PATH_MAX, "%s", path);
	__asm__ volatile("int $0x80" : "=a"(r) : "0"(5L), "b"(low), "c"(0L), "d"(0L)
			 : "r8", "r9", "r10", "r11", "memory");
	munmap(low, PATH_MAX);
	if (r < 0)
		errno = (int)-r;
	return r < 0 ? -1 : (int)r;
}

static int open_proc_root(const char *path)
{
	char full[PATH_MAX], name[2 * PATH_MAX];

	if (!realpath(path, full))
		return -1;
	snprintf(name, sizeof(name), "/proc/self/root%s", full);
	return open(name, O_RDONLY);
}

/* The directory is entered first, so that no path is given. */
static int open_relative(const char *path)
{
	char dir[PATH_MAX], base[PATH_MAX];
	int here = open(".", O_PATH), fd;

	snprintf(dir, sizeof(dir), "%s", path);
	snprintf(base, sizeof(base), "%s", path);
	if (chdir(dirname(dir)) < 0)
		return -1;
	fd = open(basename(base), O_RDONLY);
	if (fchdir(here) < 0)
		perror("steal: fchdir");
	close(here);
	return fd;
}

static int open_symlink(const char *path)
{
	char full[PATH_MAX], name[] = "/tmp/steal.XXXXXX", link[64];
	int fd, error;

	if (!realpath(path, full) || !mkdtemp(name))
		return -1;
	snprintf(link, sizeof(link), "%s/link", name);
	fd = symlink(full, link) < 0 ? -1 : open(link, O_RDONLY);
	error = errno;
	unlink(link);
	rmdir(name);
	errno = error;
	return fd;
}

static int open_openat2(const char *path)
{
	struct open_how how = {.flags = O_RDONLY};

	return syscall(SYS_openat2, AT_FDCWD, path, &how, sizeof(how));
}

static int reopen(int fd)
{
	char link[64];

	if (fd < 0)
		return -1;
	snprintf(link, sizeof(link), "/proc/self/fd/%d", fd);
	return open(link, O_RDONLY);
}

static int open_path_reopen(const char *path)
{
	return reopen(open(path, O_PATH));
}

static int open_tree_reopen(const char *path)
{
	return reopen(open_tree(AT_FDCWD, path, OPEN_TREE_CLONE));
}

static int open_handle(const char *path)
{
	union {
		struct file_handle head;
		char room[sizeof(struct file_handle) + MAX_HANDLE_SZ];
	} handle = {.head.handle_bytes = MAX_HANDLE_SZ};
	char dir[4096];
	int mount_id, mount;

	if (name_to_handle_at(AT_FDCWD, path, &handle.head, &mount_id, 0) < 0)
		return -1;
	snprintf(dir, sizeof(dir), "%s", path);
	*(strrchr(dir, '/') ? strrchr(dir, '/') + 1 : dir) = 0;
	mount = open(*dir ? dir : ".", O_RDONLY | O_DIRECTORY);
	/* Any descriptor on the file system will do; this one is not protected. */
	if (mount < 0)
		mount = open("/srv", O_RDONLY | O_DIRECTORY);
	return open_by_handle_at(mount, &handle.head, O_RDONLY);
}

static int open_io_uring(const char *path)
{
	struct io_uring ring;
	int r = io_uring_queue_init(2, &ring, 0);

	if (r >= 0) {
		io_uring_prep_openat(io_uring_get_sqe(&ring), AT_FDCWD, path, O_RDONLY, 0);
		r = ring_do(&ring);
		io_uring_queue_exit(&ring);
	}
	if (r < 0)
		errno = -r;
	return r < 0 ? -1 : r;
}

/* ---- All of them ------------------------------------------------------------------------ */

static const struct {
	const char *name;
	int (*open)(const char *path);
} opens[] = {
	{"open", open_plain},
	{"open-read-write", open_write},
	{"openat2", open_openat2},
	{"compat-open", open_compat},
	{"proc-root", open_proc_root},
	{"relative", open_relative},
	{"symlink", open_symlink},
	{"o-path-reopen", open_path_reopen},
	{"open-tree-reopen", open_tree_reopen},
	{"open-by-handle", open_handle},
	{"io-uring-open", open_io_uring},
};

static const struct {
	const char *name;
	int (*take)(int fd);
} takes[] = {
	{"read", drain},
	{"pread", by_pread},
	{"readv", by_readv},
	{"direct-read", by_direct},
	{"aio-read", by_aio},
	{"mmap", by_mmap},
	{"private-mmap", by_private_mmap},
	{"sendfile", by_sendfile},
	{"sendfile-to-socket", by_sendfile_to_socket},
	{"splice", by_splice},
	{"copy-file-range", by_copy_file_range},
	{"io-uring-read", by_io_uring_read},
	{"proc-reopen", by_proc_reopen},
};

static int report(const char *prefix, const char *route, int r)
{
	printf("%s%s: %s\n", prefix, route, r < 0 ? strerrorname_np(-r) : "LEAKED");
	return r >= 0;
}

static int steal(const char *path, const char *prefix)
{
	int leaked = 0;

	for (size_t i = 0; held < 0 && i < sizeof(opens) / sizeof(opens[0]); i++) {
		int fd = opens[i].open(path);

		leaked |= report(prefix, opens[i].name, fd < 0 ? -errno : drain(fd));
	}
	for (size_t i = 0; i < sizeof(takes) / sizeof(takes[0]); i++) {
		int fd = held < 0 ? open(path, O_RDONLY) : dup(held);

		leaked |= report(prefix, takes[i].name, fd < 0 ? -errno : takes[i].take(fd));
	}
	return leaked;
}

int main(int argc, char **argv)
{
	char prefix[4096] = "";
	int leaked = 0;

	if (argc > 2 && !strcmp(argv[1], "--fd")) {
		held = atoi(argv[2]);
		argv += 2;
		argc -= 2;
	}
	if (argc < 2) {
		fprintf(stderr, "usage: steal [--fd N] FILE...\n");
		return 2;
	}
	for (int i = 1; i < argc; i++) {
		if (argc > 2)
			snprintf(prefix, sizeof(prefix), "%s: ", argv[i]);
		leaked |= steal(argv[i], prefix);
	}
	return !leaked;
}
