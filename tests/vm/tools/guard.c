// SPDX-License-Identifier: BSD-2-Clause
/*
 * guard COMMAND...: says one thing to the kernel module.
 *
 *     status                   its fields, NAME=VALUE one a line
 *     hold KIND ROLE PIN       KIND: link, map, program; PIN: a file that it is pinned as
 *     hold KIND ROLE --self    the descriptor of the device itself, which is none of them
 *     get KIND ROLE [PIN]      pins what it gets as PIN
 *     drop KIND ROLE
 *     seal, open, keep-shut
 *     key                      EPOCH BOOT KEY, in hex
 *     mac DIGEST               RECORDS EPOCH BOOT MAC
 *     again DIGEST             the same once more
 *     fault key|mac            the same, with memory that cannot be written to
 *     misuse                   every call with arguments that are wrong: CALL CASE: ERRNO
 *     make map|program PIN     one of no use
 *     make link PIN CGROUP     refuses to let anything out of CGROUP
 *     counter NUMBER           holds a state map that says so, or changes the one that is held
 *     lend USER-ID COMMAND...  opens the device, becomes that user, then the command
 *     without CAP COMMAND...   without that capability (a number) when it opens the device
 *     late CAP COMMAND...      without it afterwards
 *     hammer SECONDS           all that is harmless, from eight threads
 *     unload [force]           delete_module(2)
 *
 * Prints the name of the errno when it is refused, and ends with 1.
 */
#include <errno.h>
#include <fcntl.h>
#include <linux/capability.h>
#include <pthread.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#include <phiward/abi.h>
#include <phiward/guard.h>

#include "bpf.h"

static int device = -1;

static int refused(void)
{
	printf("%s\n", strerrorname_np(errno));
	return 1;
}

static int bad_usage(void)
{
	fprintf(stderr, "guard: what?\n");
	return 2;
}

static int open_device(void)
{
	if (device < 0)
		device = open(PW_GUARD_DEVICE, O_RDWR | O_CLOEXEC);
	return device;
}

static void print_hex(const __u8 *bytes, size_t len, const char *end)
{
	for (size_t n = 0; n < len; n++)
		printf("%02x", bytes[n]);
	printf("%s", end);
}

static int obj_pin(int fd, const char *path)
{
	union bpf_attr attr = {.pathname = address(path), .bpf_fd = (__u32)fd};

	return bpf(BPF_OBJ_PIN, &attr);
}

static int make_map(__u32 value_size)
{
	union bpf_attr attr = {.map_type = BPF_MAP_TYPE_ARRAY, .key_size = 4, .max_entries = 1,
			       .value_size = value_size};

	return bpf(BPF_MAP_CREATE, &attr);
}

/* Returns 0, which lets no packet out. */
static int make_program(void)
{
	struct bpf_insn code[] = {
		{.code = BPF_ALU64 | BPF_MOV | BPF_K, .dst_reg = BPF_REG_0},
		{.code = BPF_JMP | BPF_EXIT},
	};
	union bpf_attr attr = {.prog_type = BPF_PROG_TYPE_CGROUP_SKB, .insn_cnt = 2,
			       .expected_attach_type = BPF_CGROUP_INET_EGRESS,
			       .insns = address(code), .license = address("GPL")};

	return bpf(BPF_PROG_LOAD, &attr);
}

static int make(int argc, char **argv)
{
	union bpf_attr attr = {.link_create.attach_type = BPF_CGROUP_INET_EGRESS};
	int fd = -1;

	if (argc == 2 && !strcmp(argv[0], "map"))
		fd = make_map(8);
	else if (argc >= 2 && (fd = make_program()) >= 0 && argc == 3) {
		attr.link_create.prog_fd = (__u32)fd;
		attr.link_create.target_fd = (__u32)open(argv[2], O_RDONLY | O_DIRECTORY);
		fd = bpf(BPF_LINK_CREATE, &attr);
	}
	return fd < 0 || obj_pin(fd, argv[1]) < 0 ? refused() : 0;
}

static int count(const char *number)
{
	struct pw_guard_held held = {.size = sizeof(held), .kind = PW_GUARD_MAP,
				     .role = PW_GUARD_ROLE_STATE};
	struct pw_state state = {.abi = PW_ABI_VERSION, .seq = strtoull(number, NULL, 0)};
	int key = 0, fd = ioctl(device, PW_GUARD_GET, &held);
	union bpf_attr attr = {.key = address(&key), .value = address(&state)};
	bool new = fd < 0;

	if (new)
		fd = make_map(sizeof(state));
	attr.map_fd = (__u32)fd;
	if (fd < 0 || bpf(BPF_MAP_UPDATE_ELEM, &attr) < 0)
		return refused();
	held.fd = fd;
	return new && ioctl(device, PW_GUARD_HOLD, &held) < 0 ? refused() : 0;
}

static __u32 kind_of(const char *name)
{
	return !strcmp(name, "link") ? PW_GUARD_LINK :
	       !strcmp(name, "map") ? PW_GUARD_MAP :
	       !strcmp(name, "program") ? PW_GUARD_PROGRAM : 0;
}

static int held_call(unsigned long call, int argc, char **argv)
{
	struct pw_guard_held held = {.size = sizeof(held)};
	long ret;

	if (argc < 2)
		return bad_usage();
	held.kind = kind_of(argv[0]);
	memcpy(held.role, argv[1], strnlen(argv[1], sizeof(held.role)));
	if (call == PW_GUARD_HOLD) {
		if (argc < 3)
			return bad_usage();
		held.fd = strcmp(argv[2], "--self") ? pin_get(argv[2]) : device;
		if (held.fd < 0)
			return refused();
	}
	ret = ioctl(device, call, &held);
	if (ret < 0)
		return refused();
	if (call == PW_GUARD_GET && argc > 2 && obj_pin((int)ret, argv[2]) < 0)
		return refused();
	return 0;
}

static int plain_call(unsigned long call)
{
	struct pw_guard_call arg = {.size = sizeof(arg)};

	return ioctl(device, call, &arg) < 0 ? refused() : 0;
}

static int show_status(void)
{
	static const char *const gates[] = {"none", "shut", "open", "timed-out"};
	struct pw_guard_status s = {.size = sizeof(s)};

	if (ioctl(device, PW_GUARD_STATUS, &s) < 0)
		return refused();
	printf("version=%.*s\nabi=%u\nlinks=%u\nmaps=%u\nprograms=%u\n", (int)sizeof(s.version),
	       s.version, s.abi, s.links, s.maps, s.programs);
	printf("sealed=%d\nftrace=%d\nkey_given=%d\nweak=%d\nkeep=%d\ndebug=%d\n",
	       !!(s.state & PW_GUARD_SEALED), !!(s.state & PW_GUARD_FTRACE),
	       !!(s.state & PW_GUARD_KEY_GIVEN), !!(s.state & PW_GUARD_WEAK),
	       !!(s.state & PW_GUARD_KEEP), !!(s.state & PW_GUARD_DEBUG));
	printf("gate=%s\ntimeout=%u\nallowed=%u\ndropped=%llu\nepoch=%llu\n",
	       s.gate < 4 ? gates[s.gate] : "?", s.gate_timeout, s.gate_allowed,
	       (unsigned long long)s.dropped, (unsigned long long)s.epoch);
	return 0;
}

/* ---- The key ------------------------------------------------------------------------------ */

static int take_key(void)
{
	struct pw_guard_key key = {.size = sizeof(key)};

	if (ioctl(device, PW_GUARD_KEY, &key) < 0)
		return refused();
	printf("%llu ", (unsigned long long)key.epoch);
	print_hex(key.boot, sizeof(key.boot), " ");
	print_hex(key.key, sizeof(key.key), "\n");
	return 0;
}

static int make_mac(unsigned long call, const char *digest)
{
	struct pw_guard_mac mac = {.size = sizeof(mac)};

	for (size_t n = 0; n < sizeof(mac.digest); n++)
		if (sscanf(digest + 2 * n, "%2hhx", &mac.digest[n]) != 1)
			return bad_usage();
	if (ioctl(device, call, &mac) < 0)
		return refused();
	printf("%llu %llu ", (unsigned long long)mac.records, (unsigned long long)mac.epoch);
	print_hex(mac.boot, sizeof(mac.boot), " ");
	print_hex(mac.mac, sizeof(mac.mac), "\n");
	return 0;
}

/* An argument that is right, in memory that the answer cannot be written to. */
static int fault(const char *which)
{
	unsigned long call = strcmp(which, "key") ? PW_GUARD_MAC : PW_GUARD_KEY;
	__u32 *page = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	if (page == MAP_FAILED)
		return 2;
	page[0] = _IOC_SIZE(call);
	mprotect(page, 4096, PROT_READ);
	return ioctl(device, call, page) < 0 ? refused() : 0;
}

/* ---- Arguments that are wrong --------------------------------------------------------------- */

static const struct {
	const char *name;
	unsigned long call;
	size_t in;	/* where what the caller sets ends */
} calls[] = {
	{"status", PW_GUARD_STATUS, 8}, {"hold", PW_GUARD_HOLD, 64}, {"get", PW_GUARD_GET, 60},
	{"drop", PW_GUARD_DROP, 60}, {"seal", PW_GUARD_SEAL, 8}, {"open", PW_GUARD_OPEN, 8},
	{"keep-shut", PW_GUARD_KEEP_SHUT, 8}, {"key", PW_GUARD_KEY, 8}, {"mac", PW_GUARD_MAC, 40},
	{"again", PW_GUARD_AGAIN, 40},
};

static void try(const char *name, const char *what, unsigned long call, void *arg)
{
	printf("%s %s: %s\n", name, what,
	       ioctl(device, call, arg) < 0 ? strerrorname_np(errno) : "DONE");
}

static int misuse(void)
{
	for (size_t n = 0; n < sizeof(calls) / sizeof(*calls); n++) {
		const unsigned long call = calls[n].call;
		const char *name = calls[n].name;
		const __u32 size = _IOC_SIZE(call);
		__u32 arg[32] = {size - 1};

		try(name, "smaller", call, arg);
		arg[0] = size + 1;
		try(name, "larger", call, arg);
		arg[0] = 0;
		try(name, "of no size", call, arg);
		for (int bit = 0; bit < 32; bit++) {
			arg[0] = size;
			arg[1] = 1U << bit;
			if (ioctl(device, call, arg) == 0 || errno != EINVAL)
				printf("%s flag %d: TAKEN\n", name, bit);
		}
		arg[1] = 0;
		for (size_t at = calls[n].in; at < size; at++) {
			((char *)arg)[at] = 1;
			if (ioctl(device, call, arg) == 0 || errno != EINVAL)
				printf("%s byte %zu: TAKEN\n", name, at);
			((char *)arg)[at] = 0;
		}
		try(name, "at no address", call, NULL);
		try(name, "with another size in its number",
		    _IOC(_IOC_DIR(call), PW_GUARD_IO, _IOC_NR(call), size + 8), arg);
		try(name, "in another direction", _IOC(_IOC_NONE, PW_GUARD_IO, _IOC_NR(call), size), arg);
	}
	for (unsigned int nr = sizeof(calls) / sizeof(*calls); nr < 256; nr++) {
		struct pw_guard_call arg = {.size = sizeof(arg)};

		if (ioctl(device, _IOW(PW_GUARD_IO, nr, struct pw_guard_call), &arg) == 0 ||
		    errno != ENOTTY)
			printf("unknown %u: TAKEN\n", nr);
	}
	return 0;
}

/* ---- Who may -------------------------------------------------------------------------------- */

/* From the effective and permitted set of this thread. */
static int drop_capability(unsigned int cap)
{
	struct __user_cap_header_struct head = {.version = _LINUX_CAPABILITY_VERSION_3};
	struct __user_cap_data_struct data[2];

	if (cap > 63 || syscall(SYS_capget, &head, data))
		return -1;
	data[cap / 32].effective &= ~(1U << cap % 32);
	data[cap / 32].permitted &= ~(1U << cap % 32);
	return (int)syscall(SYS_capset, &head, data);
}

static void *hammer(void *until)
{
	const char *roles[] = {"hammer_a", "hammer_b", "hammer_c"};
	unsigned int seed = (unsigned int)syscall(SYS_gettid);

	while (time(NULL) < *(time_t *)until) {
		struct pw_guard_held held = {.size = sizeof(held), .kind = PW_GUARD_MAP};
		struct pw_guard_status status = {.size = sizeof(status)};
		struct pw_guard_mac mac = {.size = sizeof(mac)};
		int map = make_map(8), got, other = 3 + (int)(rand_r(&seed) % 24);

		strcpy(held.role, roles[rand_r(&seed) % 3]);
		held.fd = map;
		ioctl(device, PW_GUARD_HOLD, &held);
		held.fd = 0;
		got = ioctl(device, PW_GUARD_GET, &held);
		if (got >= 0)
			close(got);
		if (rand_r(&seed) % 2)
			ioctl(device, PW_GUARD_DROP, &held);
		ioctl(device, PW_GUARD_STATUS, &status);
		ioctl(device, PW_GUARD_MAC, &mac);
		if (map >= 0)
			close(map);
		/* Another thread's descriptors, in the middle of what it does with them. */
		if (other != device)
			close(other);
	}
	return NULL;
}

static int run_hammer(int seconds)
{
	time_t until = time(NULL) + seconds;
	pthread_t threads[8];

	for (int n = 0; n < 8; n++)
		if (pthread_create(&threads[n], NULL, hammer, &until))
			return 2;
	for (int n = 0; n < 8; n++)
		pthread_join(threads[n], NULL);
	return 0;
}

int main(int argc, char **argv)
{
	const char *command = argc > 1 ? argv[1] : "";
	int more = argc - 2;
	char **args = argv + 2;

	if (!strcmp(command, "unload"))
		return syscall(SYS_delete_module, "phiward", O_NONBLOCK | (more ? O_TRUNC : 0)) ?
			refused() : 0;
	if (!strcmp(command, "without") && more > 1)
		return drop_capability((unsigned int)atoi(args[0])) ? 2 : main(argc - 2, argv + 2);
	if (!strcmp(command, "make"))
		return make(more, args);
	if (open_device() < 0)
		return refused();
	if (!strcmp(command, "counter") && more == 1)
		return count(args[0]);
	if (!strcmp(command, "lend") && more > 1)
		return setuid((uid_t)atoi(args[0])) ? 2 : main(argc - 2, argv + 2);
	if (!strcmp(command, "late") && more > 1)
		return drop_capability((unsigned int)atoi(args[0])) ? 2 : main(argc - 2, argv + 2);
	if (!strcmp(command, "status"))
		return show_status();
	if (!strcmp(command, "hold"))
		return held_call(PW_GUARD_HOLD, more, args);
	if (!strcmp(command, "get"))
		return held_call(PW_GUARD_GET, more, args);
	if (!strcmp(command, "drop"))
		return held_call(PW_GUARD_DROP, more, args);
	if (!strcmp(command, "seal"))
		return plain_call(PW_GUARD_SEAL);
	if (!strcmp(command, "open"))
		return plain_call(PW_GUARD_OPEN);
	if (!strcmp(command, "keep-shut"))
		return plain_call(PW_GUARD_KEEP_SHUT);
	if (!strcmp(command, "key"))
		return take_key();
	if (!strcmp(command, "mac") && more == 1)
		return make_mac(PW_GUARD_MAC, args[0]);
	if (!strcmp(command, "again") && more == 1)
		return make_mac(PW_GUARD_AGAIN, args[0]);
	if (!strcmp(command, "fault") && more == 1)
		return fault(args[0]);
	if (!strcmp(command, "misuse"))
		return misuse();
	if (!strcmp(command, "hammer") && more == 1)
		return run_hammer(atoi(args[0]));
	return bad_usage();
}
