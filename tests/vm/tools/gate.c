// SPDX-License-Identifier: BSD-2-Clause
/*
 * gate WHAT...: asks bpf(2) and perf_event_open(2) for things, one line each: "WHAT: OPEN"
 * or the name of an errno. What a filter lets pass may still fail for a wrong argument:
 * EINVAL is not EACCES. Exit code: 0 when nothing was refused with EACCES.
 *
 *     load-TYPE              loads a program that does nothing; TYPE as below
 *     map-by-id, prog-by-id, link-by-id
 *                            a descriptor of the first one there is
 *     link-detach PIN        takes a pinned link off
 *     link-update PIN        puts another program behind it
 *     raw-tracepoint         attaches
 *     pin-get PIN            opens what is pinned
 *     pin-look PIN, pin-lookup PIN, pin-freeze PIN
 *                            opens a pinned map for reading only; reads from it; freezes it
 *     map-create             a map of its own
 *     map-own PIN, prog-own PIN
 *                            does with a map, a program of its own all that there is, and pins it
 *     attach, detach, link-create
 *                            a program of its own at the root cgroup, where phiward's are
 *     perf-self, perf-pid PID, perf-cpu
 *                            counts instructions
 */
#include <errno.h>
#include <fcntl.h>
#include <linux/perf_event.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <phiward/abi.h>

#include "bpf.h"

static int load(uint32_t type, uint32_t attach_type)
{
	static const struct bpf_insn nothing[] = {
		{.code = BPF_ALU64 | BPF_MOV | BPF_K, .dst_reg = 0, .imm = 1},
		{.code = BPF_JMP | BPF_EXIT},
	};
	union bpf_attr attr = {
		.prog_type = type,
		.expected_attach_type = attach_type,
		.insns = address(nothing),
		.insn_cnt = 2,
		.license = address("GPL"),
	};

	return bpf(BPF_PROG_LOAD, &attr);
}

static const struct {
	const char *name;
	uint32_t type;
	uint32_t attach_type;
} types[] = {
	{"socket-filter", BPF_PROG_TYPE_SOCKET_FILTER, 0},
	{"kprobe", BPF_PROG_TYPE_KPROBE, 0},
	{"tracepoint", BPF_PROG_TYPE_TRACEPOINT, 0},
	{"raw-tracepoint", BPF_PROG_TYPE_RAW_TRACEPOINT, 0},
	{"perf-event", BPF_PROG_TYPE_PERF_EVENT, 0},
	{"fentry", BPF_PROG_TYPE_TRACING, BPF_TRACE_FENTRY},
	{"fmod-ret", BPF_PROG_TYPE_TRACING, BPF_MODIFY_RETURN},
	{"iter", BPF_PROG_TYPE_TRACING, BPF_TRACE_ITER},
	{"freplace", BPF_PROG_TYPE_EXT, 0},
	{"lsm", BPF_PROG_TYPE_LSM, BPF_LSM_MAC},
	{"lsm-cgroup", BPF_PROG_TYPE_LSM, BPF_LSM_CGROUP},
	{"struct-ops", BPF_PROG_TYPE_STRUCT_OPS, 0},
	{"syscall", BPF_PROG_TYPE_SYSCALL, 0},
	{"cgroup-device", BPF_PROG_TYPE_CGROUP_DEVICE, BPF_CGROUP_DEVICE},
	{"cgroup-skb", BPF_PROG_TYPE_CGROUP_SKB, BPF_CGROUP_INET_INGRESS},
	{"cgroup-sock-addr", BPF_PROG_TYPE_CGROUP_SOCK_ADDR, BPF_CGROUP_INET4_CONNECT},
	{"cgroup-sysctl", BPF_PROG_TYPE_CGROUP_SYSCTL, BPF_CGROUP_SYSCTL},
	{"sched-cls", BPF_PROG_TYPE_SCHED_CLS, 0},
	{"xdp", BPF_PROG_TYPE_XDP, 0},
	{"sk-msg", BPF_PROG_TYPE_SK_MSG, 0},
	{"sock-ops", BPF_PROG_TYPE_SOCK_OPS, BPF_CGROUP_SOCK_OPS},
};

static int load_named(const char *name)
{
	for (size_t i = 0; i < sizeof(types) / sizeof(types[0]); i++)
		if (!strcmp(types[i].name, name))
			return load(types[i].type, types[i].attach_type);
	fprintf(stderr, "gate: no type %s\n", name);
	exit(2);
}

static int by_id(int next, int get)
{
	union bpf_attr attr = {};
	int r = bpf(next, &attr);

	if (r < 0)
		return r;
	attr = (union bpf_attr){.map_id = attr.next_id};
	return bpf(get, &attr);
}

static int pin_look(const char *path, int command)
{
	union bpf_attr attr = {.pathname = address(path), .file_flags = BPF_F_RDONLY};
	static char key[4096], value[sizeof(struct pw_shared)];	/* the largest map */
	int fd = bpf(BPF_OBJ_GET, &attr);

	if (fd < 0 || command < 0)
		return fd;
	attr = (union bpf_attr){.map_fd = (uint32_t)fd, .key = address(key), .value = address(value)};
	return bpf(command, &attr);
}

static int pin_own(int fd, const char *path)
{
	union bpf_attr attr = {.pathname = address(path), .bpf_fd = (uint32_t)fd};
	int r = fd < 0 ? fd : bpf(BPF_OBJ_PIN, &attr);

	if (r < 0)
		return r;
	r = pin_get(path);
	unlink(path);
	return r;
}

static int map_own(const char *path)
{
	union bpf_attr attr = {
		.map_type = BPF_MAP_TYPE_HASH, .key_size = 4, .value_size = 4, .max_entries = 4,
	};
	uint32_t key = 1, value = 2;
	int fd = bpf(BPF_MAP_CREATE, &attr), r = fd;
	static const int commands[] = {BPF_MAP_UPDATE_ELEM, BPF_MAP_LOOKUP_ELEM, BPF_MAP_DELETE_ELEM,
				       BPF_MAP_FREEZE};

	for (size_t i = 0; r >= 0 && i < sizeof(commands) / sizeof(commands[0]); i++) {
		attr = (union bpf_attr){.map_fd = (uint32_t)fd};
		if (commands[i] != BPF_MAP_FREEZE) {
			attr.key = address(&key);
			attr.value = commands[i] == BPF_MAP_DELETE_ELEM ? 0 : address(&value);
		}
		r = bpf(commands[i], &attr);
	}
	return r < 0 ? r : pin_own(fd, path);
}

/* The kernel itself refuses later, with EINVAL: this program is for no cgroup. */
static int at_root_cgroup(int command)
{
	int program = load(BPF_PROG_TYPE_SOCKET_FILTER, 0);
	int cgroup = open("/sys/fs/cgroup", O_RDONLY | O_DIRECTORY);
	union bpf_attr attr = {};

	if (program < 0 || cgroup < 0)
		return program < 0 ? program : -errno;
	if (command == BPF_LINK_CREATE) {
		attr.link_create.prog_fd = (uint32_t)program;
		attr.link_create.target_fd = (uint32_t)cgroup;
		attr.link_create.attach_type = BPF_CGROUP_INET4_CONNECT;
	} else {
		attr.target_fd = (uint32_t)cgroup;
		attr.attach_bpf_fd = (uint32_t)program;
		attr.attach_type = BPF_CGROUP_INET4_CONNECT;
	}
	return bpf(command, &attr);
}

static int link_detach(const char *path)
{
	union bpf_attr attr = {};
	int fd = pin_get(path);

	if (fd < 0)
		return fd;
	attr.link_detach.link_fd = (uint32_t)fd;
	return bpf(BPF_LINK_DETACH, &attr);
}

static int link_update(const char *path)
{
	union bpf_attr attr = {};
	int fd = pin_get(path), program = load(BPF_PROG_TYPE_SOCKET_FILTER, 0);

	if (fd < 0 || program < 0)
		return fd < 0 ? fd : program;
	attr.link_update.link_fd = (uint32_t)fd;
	attr.link_update.new_prog_fd = (uint32_t)program;
	return bpf(BPF_LINK_UPDATE, &attr);
}

static int raw_tracepoint(void)
{
	union bpf_attr attr = {};
	int program = load(BPF_PROG_TYPE_SOCKET_FILTER, 0);

	if (program < 0)
		return program;
	attr.raw_tracepoint.name = address("sys_enter");
	attr.raw_tracepoint.prog_fd = (uint32_t)program;
	return bpf(BPF_RAW_TRACEPOINT_OPEN, &attr);
}

static int map_create(void)
{
	union bpf_attr attr = {
		.map_type = BPF_MAP_TYPE_ARRAY, .key_size = 4, .value_size = 4, .max_entries = 1,
	};

	return bpf(BPF_MAP_CREATE, &attr);
}

static int perf(pid_t pid, int cpu)
{
	struct perf_event_attr attr = {
		.type = PERF_TYPE_SOFTWARE, .size = sizeof(attr), .config = PERF_COUNT_SW_CPU_CLOCK,
	};
	long r = syscall(SYS_perf_event_open, &attr, pid, cpu, -1, 0);

	return r < 0 ? -errno : 0;
}

static int ask_of_pin(const char *what, const char *pin)
{
	if (!strcmp(what, "link-detach"))
		return link_detach(pin);
	if (!strcmp(what, "link-update"))
		return link_update(pin);
	if (!strcmp(what, "pin-look"))
		return pin_look(pin, -1);
	if (!strcmp(what, "pin-lookup"))
		return pin_look(pin, BPF_MAP_LOOKUP_ELEM);
	if (!strcmp(what, "pin-freeze"))
		return pin_look(pin, BPF_MAP_FREEZE);
	if (!strcmp(what, "map-own"))
		return map_own(pin);
	if (!strcmp(what, "prog-own"))
		return pin_own(load(BPF_PROG_TYPE_SOCKET_FILTER, 0), pin);
	return pin_get(pin);
}

/* @argument is what follows on the command line; *@used says whether it was an argument. */
static int ask(const char *what, const char *argument, int *used)
{
	*used = argument && (!strncmp(what, "pin-", 4) || !strcmp(what, "map-own") ||
			     !strcmp(what, "prog-own") || !strcmp(what, "link-detach") || !strcmp(what, "link-update") ||
			     !strcmp(what, "perf-pid"));
	if (!strncmp(what, "load-", 5))
		return load_named(what + 5);
	if (!strcmp(what, "map-by-id"))
		return by_id(BPF_MAP_GET_NEXT_ID, BPF_MAP_GET_FD_BY_ID);
	if (!strcmp(what, "prog-by-id"))
		return by_id(BPF_PROG_GET_NEXT_ID, BPF_PROG_GET_FD_BY_ID);
	if (!strcmp(what, "link-by-id"))
		return by_id(BPF_LINK_GET_NEXT_ID, BPF_LINK_GET_FD_BY_ID);
	if (!strcmp(what, "raw-tracepoint"))
		return raw_tracepoint();
	if (!strcmp(what, "map-create"))
		return map_create();
	if (!strcmp(what, "perf-self"))
		return perf(0, -1);
	if (!strcmp(what, "perf-cpu"))
		return perf(-1, 0);
	if (*used && !strcmp(what, "perf-pid"))
		return perf(atoi(argument), -1);
	if (*used)
		return ask_of_pin(what, argument);
	if (!strcmp(what, "attach"))
		return at_root_cgroup(BPF_PROG_ATTACH);
	if (!strcmp(what, "detach"))
		return at_root_cgroup(BPF_PROG_DETACH);
	if (!strcmp(what, "link-create"))
		return at_root_cgroup(BPF_LINK_CREATE);
	fprintf(stderr, "gate: what is '%s'?\n", what);
	exit(2);
}

int main(int argc, char **argv)
{
	int refused = 0;

	for (int i = 1; i < argc; i++) {
		int used, r = ask(argv[i], argv[i + 1], &used);

		printf("%s: %s\n", argv[i], r < 0 ? strerrorname_np(-r) : "OPEN");
		refused |= r == -EACCES;
		i += used;
	}
	return refused;
}
