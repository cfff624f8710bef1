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
 *     map-create             a map of its own
 *     map-fill PIN           puts entries into a pinned hash map until it takes no more
 *     perf-self, perf-pid PID, perf-cpu
 *                            counts instructions
 */
#include <errno.h>
#include <linux/bpf.h>
#include <linux/perf_event.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

static int bpf(int command, union bpf_attr *attr)
{
	int r = (int)syscall(SYS_bpf, command, attr, sizeof(*attr));

	return r < 0 ? -errno : r;
}

static uint64_t address(const void *at)
{
	return (uint64_t)(uintptr_t)at;
}

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

static int pin_get(const char *path)
{
	union bpf_attr attr = {.pathname = address(path)};

	return bpf(BPF_OBJ_GET, &attr);
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

static int map_fill(const char *path)
{
	struct bpf_map_info info = {};
	union bpf_attr about = {}, put = {};
	static char value[4096];
	uint64_t key[32] = {};
	int fd = pin_get(path), r;

	if (fd < 0)
		return fd;
	about.info.bpf_fd = (uint32_t)fd;
	about.info.info = address(&info);
	about.info.info_len = sizeof(info);
	r = bpf(BPF_OBJ_GET_INFO_BY_FD, &about);
	if (r < 0)
		return r;
	if (info.key_size > sizeof(key) || info.value_size > sizeof(value))
		return -E2BIG;
	put.map_fd = (uint32_t)fd;
	put.key = address(key);
	put.value = address(value);
	while ((r = bpf(BPF_MAP_UPDATE_ELEM, &put)) == 0)
		key[0]++;
	return r == -E2BIG ? 0 : r;
}

static int perf(pid_t pid, int cpu)
{
	struct perf_event_attr attr = {
		.type = PERF_TYPE_SOFTWARE, .size = sizeof(attr), .config = PERF_COUNT_SW_CPU_CLOCK,
	};
	long r = syscall(SYS_perf_event_open, &attr, pid, cpu, -1, 0);

	return r < 0 ? -errno : 0;
}

/* @argument is what follows on the command line; *@used says whether it was an argument. */
static int ask(const char *what, const char *argument, int *used)
{
	*used = argument && (!strcmp(what, "link-detach") || !strcmp(what, "link-update") ||
			     !strcmp(what, "pin-get") || !strcmp(what, "map-fill") || !strcmp(what, "perf-pid"));
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
	if (*used && !strcmp(what, "link-detach"))
		return link_detach(argument);
	if (*used && !strcmp(what, "link-update"))
		return link_update(argument);
	if (*used && !strcmp(what, "map-fill"))
		return map_fill(argument);
	if (*used && !strcmp(what, "pin-get"))
		return pin_get(argument);
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
