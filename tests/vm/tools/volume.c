// SPDX-License-Identifier: BSD-2-Clause
/*
 * volume DIR: tries in DIR what ext4 lets the owner of one file do to another or to the
 * whole volume, one line each:
 *
 *     set-uuid: DONE          or the name of an errno
 *
 * Exit code: 0 when all was done, 1 when nothing was, 3 when some.
 */
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <linux/fs.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

struct uuid_head {
	uint32_t length;
	uint32_t flags;
};

struct volume_uuid {
	struct uuid_head head;
	uint8_t bytes[16];
};

struct extents {
	uint32_t zero;
	uint32_t donor;
	uint64_t from;
	uint64_t donor_from;
	uint64_t length;
	uint64_t moved;
};

#define EXT4_IOC_GETFSUUID _IOR('f', 44, struct uuid_head)
#define EXT4_IOC_SETFSUUID _IOW('f', 44, struct uuid_head)
#define EXT4_IOC_MOVE_EXT _IOWR('f', 15, struct extents)
#define EXT4_IOC_SWAP_BOOT _IO('f', 17)
#define EXT4_IOC_SHUTDOWN _IOR('X', 125, uint32_t)

static const char *dir;

/* A file of one block. */
static int make(const char *name)
{
	char path[PATH_MAX], block[4096];
	int fd;

	snprintf(path, sizeof(path), "%s/%s", dir, name);
	memset(block, name[0], sizeof(block));
	fd = open(path, O_CREAT | O_TRUNC | O_RDWR, 0600);
	if (fd < 0 || write(fd, block, sizeof(block)) != sizeof(block) || fsync(fd) < 0)
		perror(path);
	return fd;
}

static int do_get_uuid(void)
{
	struct volume_uuid uuid = {.head.length = sizeof(uuid.bytes)};

	return ioctl(make("a"), EXT4_IOC_GETFSUUID, &uuid);
}

static int do_set_uuid(void)
{
	struct volume_uuid uuid = {.head.length = sizeof(uuid.bytes), .bytes = {1, 2, 3, 4}};

	return ioctl(make("a"), EXT4_IOC_SETFSUUID, &uuid);
}

static int do_set_label(void)
{
	char label[FSLABEL_MAX] = "another";

	return ioctl(make("a"), FS_IOC_SETFSLABEL, label);
}

static int do_move_extents(void)
{
	struct extents extents = {.donor = make("donor"), .length = 1};

	return ioctl(make("a"), EXT4_IOC_MOVE_EXT, &extents);
}

static int do_swap_boot(void)
{
	return ioctl(make("a"), EXT4_IOC_SWAP_BOOT);
}

static int do_shut_down(void)
{
	uint32_t without_flush = 2;

	return ioctl(make("a"), EXT4_IOC_SHUTDOWN, &without_flush);
}

static const struct {
	const char *name;
	int (*try)(void);
} operations[] = {
	{"get-uuid", do_get_uuid},
	{"set-uuid", do_set_uuid},
	{"set-label", do_set_label},
	{"move-extents", do_move_extents},
	{"swap-boot", do_swap_boot},
	{"shut-down", do_shut_down},	/* after it nothing can be done */
};

int main(int argc, char **argv)
{
	int counts[2] = {0};

	if (argc != 2) {
		fprintf(stderr, "usage: volume DIR\n");
		return 2;
	}
	dir = argv[1];
	for (size_t i = 0; i < sizeof(operations) / sizeof(operations[0]); i++) {
		int r = operations[i].try();

		printf("%s: %s\n", operations[i].name, r < 0 ? strerrorname_np(errno) : "DONE");
		counts[r >= 0]++;
	}
	return !counts[0] ? 0 : counts[1] ? 3 : 1;
}
