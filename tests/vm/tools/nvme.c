// SPDX-License-Identifier: BSD-2-Clause
/*
 * nvme NODE: reads the first block of an NVMe disk by its character device and io_uring,
 * without ioctl(2), and says "io_uring: LEAKED" or "io_uring: ERRNO".
 */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <liburing.h>
#include <linux/nvme_ioctl.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#define NVME_READ 2

static int read_block(int fd, void *room, unsigned int size)
{
	struct nvme_uring_cmd *command;
	struct io_uring_cqe *cqe;
	struct io_uring_sqe *sqe;
	struct io_uring ring;
	int r = io_uring_queue_init(4, &ring, IORING_SETUP_SQE128 | IORING_SETUP_CQE32);

	if (r < 0)
		return r;
	sqe = io_uring_get_sqe(&ring);
	sqe->opcode = IORING_OP_URING_CMD;
	sqe->fd = fd;
	sqe->cmd_op = NVME_URING_CMD_IO;
	command = (struct nvme_uring_cmd *)sqe->cmd;
	command->opcode = NVME_READ;
	command->nsid = 1;
	command->addr = (uintptr_t)room;
	command->data_len = size;
	r = io_uring_submit(&ring);
	if (r == 1)
		r = io_uring_wait_cqe(&ring, &cqe);
	return r < 0 ? r : cqe->res;
}

int main(int argc, char **argv)
{
	static char room[512] __attribute__((aligned(4096)));
	int fd = open(argc == 2 ? argv[1] : "", O_RDONLY), r;

	r = fd < 0 ? -errno : read_block(fd, room, sizeof(room));
	printf("io_uring: %s\n", r < 0 ? strerrorname_np(-r) : r ? "refused by the disk" : "LEAKED");
	return r != 0;
}
