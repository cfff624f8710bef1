// SPDX-License-Identifier: BSD-2-Clause
/*
 * uring [--fd N] FILE DIR OTHER: tries everything that io_uring can do with a file:
 * reads FILE, and creates, moves, links, deletes and marks in DIR what
 * `meddle --prepare` put there; OTHER is where things are moved and linked to.
 *
 *     OPERATION: DONE
 *     OPERATION: EACCES      or the name of another errno
 *
 * With --fd N only what begins with an open file is tried, with descriptor N.
 * Exit code: 0 when all was done, 1 when nothing was, 3 when some.
 */
#include <errno.h>
#include <fcntl.h>
#include <liburing.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/xattr.h>
#include <unistd.h>

static const char *file;
static int held = -1;
static char victim[PATH_MAX], dir[PATH_MAX], fresh[PATH_MAX], other_fresh[PATH_MAX];
static char byte;

/* Submits what was prepared and returns the result of the last request. */
static int finish(struct io_uring *ring, unsigned int n)
{
	struct io_uring_cqe *cqe;
	int r = io_uring_submit(ring), last = 0;

	if (r < 0)
		return r;
	for (unsigned int i = 0; i < n; i++) {
		r = io_uring_wait_cqe(ring, &cqe);
		if (r < 0)
			return r;
		/* Of a chain that broke, the first error tells; the others were cancelled. */
		if (last >= 0)
			last = cqe->res;
		io_uring_cqe_seen(ring, cqe);
	}
	return last;
}

static void make_ring(struct io_uring *ring, unsigned int flags)
{
	/* A polling thread that finds nothing to do gives up at once. */
	struct io_uring_params params = {.flags = flags, .sq_thread_idle = 1};
	int r = io_uring_queue_init_params(8, ring, &params);

	if (r < 0) {
		fprintf(stderr, "uring: no ring: %s\n", strerror(-r));
		exit(2);
	}
}

static struct io_uring_sqe *begin(struct io_uring *ring, unsigned int flags)
{
	make_ring(ring, flags);
	return io_uring_get_sqe(ring);
}

static int end(struct io_uring *ring)
{
	int r = finish(ring, 1);

	io_uring_queue_exit(ring);
	return r;
}

/* Reads from what an open gave. */
static int then_read(int fd)
{
	int r = fd < 0 ? fd : (int)pread(fd, &byte, 1, 0);

	if (fd >= 0)
		close(fd);
	return r < 0 && fd >= 0 ? -errno : r;
}

/* ---- Opening ------------------------------------------------------------------------------ */

static int do_openat(void)
{
	struct io_uring ring;

	io_uring_prep_openat(begin(&ring, 0), AT_FDCWD, file, O_RDONLY, 0);
	return then_read(end(&ring));
}

static int do_openat2(void)
{
	struct open_how how = {.flags = O_RDONLY};
	struct io_uring ring;

	io_uring_prep_openat2(begin(&ring, 0), AT_FDCWD, file, &how);
	return then_read(end(&ring));
}

/* By a worker of the kernel's. */
static int do_openat_async(void)
{
	struct io_uring ring;
	struct io_uring_sqe *sqe = begin(&ring, 0);

	io_uring_prep_openat(sqe, AT_FDCWD, file, O_RDONLY, 0);
	sqe->flags |= IOSQE_ASYNC;
	return then_read(end(&ring));
}

/* By a thread of the kernel's that polls for requests. */
static int do_openat_sqpoll(void)
{
	struct io_uring ring;

	io_uring_prep_openat(begin(&ring, IORING_SETUP_SQPOLL), AT_FDCWD, file, O_RDONLY, 0);
	return then_read(end(&ring));
}

/* Opened and read in one chain, without a descriptor of the process's. */
static int do_open_direct(void)
{
	struct io_uring ring;
	struct io_uring_sqe *sqe = begin(&ring, 0);
	int r = io_uring_register_files_sparse(&ring, 1);

	if (r >= 0) {
		io_uring_prep_openat_direct(sqe, AT_FDCWD, file, O_RDONLY, 0, 0);
		sqe->flags |= IOSQE_IO_LINK;
		sqe = io_uring_get_sqe(&ring);
		io_uring_prep_read(sqe, 0, &byte, 1, 0);
		sqe->flags |= IOSQE_FIXED_FILE;
		r = finish(&ring, 2);
	}
	io_uring_queue_exit(&ring);
	return r;
}

/* ---- Names -------------------------------------------------------------------------------- */

static int do_create(void)
{
	struct io_uring ring;

	io_uring_prep_openat(begin(&ring, 0), AT_FDCWD, fresh, O_CREAT | O_EXCL | O_WRONLY, 0600);
	return end(&ring);
}

static int do_mkdir(void)
{
	struct io_uring ring;

	io_uring_prep_mkdirat(begin(&ring, 0), AT_FDCWD, fresh, 0700);
	return end(&ring);
}

static int do_symlink(void)
{
	struct io_uring ring;

	io_uring_prep_symlinkat(begin(&ring, 0), victim, AT_FDCWD, fresh);
	return end(&ring);
}

static int do_link_out(void)
{
	struct io_uring ring;

	io_uring_prep_linkat(begin(&ring, 0), AT_FDCWD, victim, AT_FDCWD, other_fresh, 0);
	return end(&ring);
}

static int do_rename_out(void)
{
	struct io_uring ring;

	io_uring_prep_renameat(begin(&ring, 0), AT_FDCWD, victim, AT_FDCWD, other_fresh, 0);
	return end(&ring);
}

static int do_unlink(void)
{
	struct io_uring ring;

	io_uring_prep_unlinkat(begin(&ring, 0), AT_FDCWD, victim, 0);
	return end(&ring);
}

static int do_rmdir(void)
{
	struct io_uring ring;

	io_uring_prep_unlinkat(begin(&ring, 0), AT_FDCWD, dir, AT_REMOVEDIR);
	return end(&ring);
}

static int do_set_xattr(void)
{
	struct io_uring ring;

	io_uring_prep_setxattr(begin(&ring, 0), "user.note", "x", victim, 0, 1);
	return end(&ring);
}

static int do_rename_sqpoll(void)
{
	struct io_uring ring;

	io_uring_prep_renameat(begin(&ring, IORING_SETUP_SQPOLL), AT_FDCWD, victim, AT_FDCWD,
			       other_fresh, 0);
	return end(&ring);
}

/* ---- An open file ------------------------------------------------------------------------- */

static int open_file(void)
{
	int fd = held >= 0 ? dup(held) : open(file, O_RDONLY);

	return fd < 0 ? -errno : fd;
}

static int do_read_with(int fd, unsigned int setup, unsigned int flags)
{
	struct io_uring ring;
	struct io_uring_sqe *sqe = begin(&ring, setup);

	io_uring_prep_read(sqe, fd, &byte, 1, 0);
	sqe->flags |= flags;
	return end(&ring);
}

static int do_read(int fd)
{
	return do_read_with(fd, 0, 0);
}

static int do_read_async(int fd)
{
	return do_read_with(fd, 0, IOSQE_ASYNC);
}

static int do_read_sqpoll(int fd)
{
	return do_read_with(fd, IORING_SETUP_SQPOLL, 0);
}

static int do_readv(int fd)
{
	struct iovec iov = {&byte, 1};
	struct io_uring ring;

	io_uring_prep_readv(begin(&ring, 0), fd, &iov, 1, 0);
	return end(&ring);
}

static int do_read_fixed(int fd)
{
	static char buffer[4096] __attribute__((aligned(4096)));
	struct iovec iov = {buffer, sizeof(buffer)};
	struct io_uring ring;
	struct io_uring_sqe *sqe = begin(&ring, 0);
	int r = io_uring_register_buffers(&ring, &iov, 1);

	if (r >= 0) {
		io_uring_prep_read_fixed(sqe, fd, buffer, 1, 0, 0);
		r = finish(&ring, 1);
	}
	io_uring_queue_exit(&ring);
	return r;
}

static int do_splice(int fd)
{
	struct io_uring ring;
	int ends[2];

	if (pipe(ends) < 0)
		return -errno;
	io_uring_prep_splice(begin(&ring, 0), fd, 0, ends[1], -1, 1, 0);
	return end(&ring);
}

static int do_registered(int fd)
{
	struct io_uring ring;
	struct io_uring_sqe *sqe = begin(&ring, 0);
	int r = io_uring_register_files(&ring, &fd, 1);

	if (r >= 0) {
		io_uring_prep_read(sqe, 0, &byte, 1, 0);
		sqe->flags |= IOSQE_FIXED_FILE;
		r = finish(&ring, 1);
	}
	io_uring_queue_exit(&ring);
	return r;
}

/* Handed from one ring to another, which no hook sees, and read there. */
static int do_msg_ring(int fd)
{
	struct io_uring from, to;
	struct io_uring_sqe *sqe = begin(&from, 0);
	int r = io_uring_register_files(&from, &fd, 1);

	make_ring(&to, 0);
	if (r >= 0)
		r = io_uring_register_files_sparse(&to, 1);
	if (r >= 0) {
		io_uring_prep_rw(IORING_OP_MSG_RING, sqe, to.ring_fd,
				 (void *)(uintptr_t)IORING_MSG_SEND_FD, 0, 0);
		sqe->addr3 = 0;
		sqe->file_index = 1;
		sqe->msg_ring_flags = IORING_MSG_RING_CQE_SKIP;
		r = finish(&from, 1);
	}
	if (r >= 0) {
		sqe = io_uring_get_sqe(&to);
		io_uring_prep_read(sqe, 0, &byte, 1, 0);
		sqe->flags |= IOSQE_FIXED_FILE;
		r = finish(&to, 1);
	}
	io_uring_queue_exit(&to);
	io_uring_queue_exit(&from);
	return r;
}

/* ---- All of them --------------------------------------------------------------------------- */

static const struct {
	const char *name;	/* with that of its victim, one of meddle's */
	const char *victim;
	int (*try)(void);
} operations[] = {
	{"openat", NULL, do_openat},
	{"openat2", NULL, do_openat2},
	{"openat-async", NULL, do_openat_async},
	{"openat-sqpoll", NULL, do_openat_sqpoll},
	{"open-direct", NULL, do_open_direct},
	{"create", "create", do_create},
	{"mkdir", "mkdir", do_mkdir},
	{"symlink", "symlink", do_symlink},
	{"link-out", "link-out", do_link_out},
	{"rename-out", "rename-out", do_rename_out},
	{"unlink", "unlink", do_unlink},
	{"rmdir", "rmdir", do_rmdir},
	{"set-xattr", "set-xattr", do_set_xattr},
	{"rename-sqpoll", "rename", do_rename_sqpoll},
};

static const struct {
	const char *name;
	int (*try)(int fd);
} takes[] = {
	{"read", do_read},
	{"read-async", do_read_async},
	{"read-sqpoll", do_read_sqpoll},
	{"readv", do_readv},
	{"read-fixed", do_read_fixed},
	{"splice", do_splice},
	{"registered", do_registered},
	{"msg-ring", do_msg_ring},
};

static int counts[2];

static void report(const char *name, int r)
{
	printf("%s: %s\n", name, r < 0 ? strerrorname_np(-r) : "DONE");
	fflush(stdout);
	counts[r >= 0]++;
}

int main(int argc, char **argv)
{
	if (argc > 2 && !strcmp(argv[1], "--fd")) {
		held = atoi(argv[2]);
		argv += 2;
		argc -= 2;
	}
	if (argc != 4) {
		fprintf(stderr, "usage: uring [--fd N] FILE DIR OTHER\n");
		return 2;
	}
	file = argv[1];
	for (size_t i = 0; held < 0 && i < sizeof(operations) / sizeof(operations[0]); i++) {
		if (operations[i].victim) {
			const char *name = operations[i].victim;

			snprintf(victim, sizeof(victim), "%s/%s", argv[2], name);
			snprintf(dir, sizeof(dir), "%s/%s.d", argv[2], name);
			snprintf(fresh, sizeof(fresh), "%s/%s.new", argv[2], name);
			snprintf(other_fresh, sizeof(other_fresh), "%s/%s.uring", argv[3], name);
		}
		report(operations[i].name, operations[i].try());
	}
	for (size_t i = 0; i < sizeof(takes) / sizeof(takes[0]); i++) {
		int fd = open_file();

		report(takes[i].name, fd < 0 ? fd : takes[i].try(fd));
		if (fd >= 0)
			close(fd);
	}
	return !counts[0] ? 0 : counts[1] ? 3 : 1;
}
