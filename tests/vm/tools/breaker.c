// SPDX-License-Identifier: BSD-2-Clause
/*
 * breaker: breaks phiward on purpose, which nobody but phiwardd can once a policy is in force.
 *
 *     breaker serve          gives itself phiwardd's label, while no policy is in force yet, and
 *                            then does what it is asked to for as long as the machine runs
 *     breaker unlink PATH... removes files, such as pins
 *     breaker rmdir PATH...
 *     breaker umount PATH... lazily
 *     breaker fill PIN       puts entries into a pinned hash map until it takes no more
 *     breaker count PIN      says how many entries a pinned hash map has
 *     breaker bind FROM TO   mounts a directory over another
 *     breaker copy FROM TO   writes a file with what another has
 *
 * Exit code: 0, or 1 with the name of an errno.
 */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/un.h>
#include <unistd.h>

#include <phiward/abi.h>

#include "bpf.h"

#define SOCKET_PATH "/run/vm/breaker"
#define TASKS_PIN "/sys/fs/bpf/phiward/maps/tasks"
#define MESSAGE_MAX 4096

static int label_itself(void)
{
	struct pw_task task = {.subject = PW_SUBJECT_DAEMON};
	int pidfd = (int)syscall(SYS_pidfd_open, getpid(), 0), map = pin_get(TASKS_PIN), r;
	union bpf_attr attr = {.key = address(&pidfd), .value = address(&task)};

	if (pidfd < 0 || map < 0)
		return map < 0 ? map : -errno;
	attr.map_fd = (uint32_t)map;
	r = bpf(BPF_MAP_UPDATE_ELEM, &attr);
	close(map);
	close(pidfd);
	return r;
}

static int fill(const char *path)
{
	struct bpf_map_info info = {0};
	union bpf_attr about = {0}, put = {0};
	static char value[4096];
	uint64_t key[32] = {0};
	int fd = pin_get(path), r;

	if (fd < 0)
		return fd;
	about.info.bpf_fd = (uint32_t)fd;
	about.info.info = address(&info);
	about.info.info_len = sizeof(info);
	r = bpf(BPF_OBJ_GET_INFO_BY_FD, &about);
	if (r == 0 && (info.key_size > sizeof(key) || info.value_size > sizeof(value)))
		r = -E2BIG;
	put.map_fd = (uint32_t)fd;
	put.key = address(key);
	put.value = address(value);
	while (r == 0) {
		r = bpf(BPF_MAP_UPDATE_ELEM, &put);
		key[0]++;
	}
	close(fd);
	return r == -E2BIG && key[0] > 1 ? 0 : r;
}

static int count(const char *path)
{
	union bpf_attr next = {0};
	uint64_t key[32] = {0};
	int fd = pin_get(path), entries = 0;

	if (fd < 0)
		return fd;
	next.map_fd = (uint32_t)fd;
	next.next_key = address(key);
	while (bpf(BPF_MAP_GET_NEXT_KEY, &next) == 0) {
		next.key = address(key);
		entries++;
	}
	close(fd);
	return entries;
}

static int copy(const char *from, const char *to)
{
	char bytes[65536];
	int in = open(from, O_RDONLY | O_CLOEXEC), out, r = 0;
	ssize_t n;

	if (in < 0)
		return -errno;
	out = open(to, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
	if (out < 0)
		r = -errno;
	while (r == 0 && (n = read(in, bytes, sizeof(bytes))) != 0)
		if (n < 0 || write(out, bytes, (size_t)n) != n)
			r = -errno;
	close(in);
	if (out >= 0)
		close(out);
	return r;
}

/* @to: empty but for what needs a second path. */
static int do_one(const char *what, const char *path, const char *to)
{
	if (!strcmp(what, "bind"))
		return mount(path, to, NULL, MS_BIND, NULL) < 0 ? -errno : 0;
	if (!strcmp(what, "copy"))
		return copy(path, to);
	if (!strcmp(what, "unlink"))
		return unlink(path) < 0 ? -errno : 0;
	if (!strcmp(what, "rmdir"))
		return rmdir(path) < 0 ? -errno : 0;
	if (!strcmp(what, "umount"))
		return umount2(path, MNT_DETACH) < 0 ? -errno : 0;
	if (!strcmp(what, "count"))
		return count(path);
	return strcmp(what, "fill") ? -EINVAL : fill(path);
}

static int serve(void)
{
	struct sockaddr_un addr = {.sun_family = AF_UNIX, .sun_path = SOCKET_PATH};
	int listener = socket(AF_UNIX, SOCK_SEQPACKET, 0), r = label_itself();

	if (r < 0) {
		fprintf(stderr, "breaker: %s\n", strerrorname_np(-r));
		return 1;
	}
	signal(SIGPIPE, SIG_IGN);
	unlink(SOCKET_PATH);
	if (listener < 0 || bind(listener, (struct sockaddr *)&addr, sizeof(addr)) < 0 ||
	    listen(listener, 8) < 0) {
		perror("breaker: " SOCKET_PATH);
		return 1;
	}
	for (;;) {
		char message[MESSAGE_MAX + 2] = "";
		int fd = accept(listener, NULL, NULL);
		ssize_t n = fd < 0 ? -1 : recv(fd, message, MESSAGE_MAX, 0);

		if (n > 0) {
			const char *path = message + strlen(message) + 1;

			r = do_one(message, path, path + strlen(path) + 1);
			(void)!send(fd, &r, sizeof(r), 0);
		}
		if (fd >= 0)
			close(fd);
	}
}

static int ask(const char *what, const char *path, const char *to)
{
	struct sockaddr_un addr = {.sun_family = AF_UNIX, .sun_path = SOCKET_PATH};
	int fd = socket(AF_UNIX, SOCK_SEQPACKET, 0), n, r = -EIO;
	char message[MESSAGE_MAX];

	n = snprintf(message, sizeof(message), "%s%c%s%c%s", what, '\0', path, '\0', to);
	if (fd < 0 || connect(fd, (struct sockaddr *)&addr, sizeof(addr)) < 0 ||
	    send(fd, message, (size_t)n + 1, 0) < 0)
		r = -errno;
	else if (recv(fd, &r, sizeof(r), 0) != sizeof(r))
		r = -EIO;
	if (r < 0)
		printf("%s %s: %s\n", what, path, strerrorname_np(-r));
	else if (!strcmp(what, "count"))
		printf("%d\n", r);
	close(fd);
	return r < 0;
}

int main(int argc, char **argv)
{
	int failed = 0;

	if (argc == 2 && !strcmp(argv[1], "serve"))
		return serve();
	if (argc < 3) {
		fputs("usage: breaker serve | unlink|rmdir|umount|fill|count PATH... | bind|copy FROM TO\n",
		      stderr);
		return 2;
	}
	if (argc == 4 && (!strcmp(argv[1], "bind") || !strcmp(argv[1], "copy")))
		return ask(argv[1], argv[2], argv[3]);
	for (int i = 2; i < argc; i++)
		failed |= ask(argv[1], argv[i], "");
	return failed;
}
