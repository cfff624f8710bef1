// SPDX-License-Identifier: GPL-2.0-only
/*
 * References to links, maps and programs of BPF, and the seal that makes them permanent.
 * What is held is the open file that a descriptor refers to: so one can be given back.
 */
#include "internal.h"

#include <linux/bpf.h>
#include <linux/rculist.h>

#include "compat.h"

struct held {
	struct file *file;	/* NULL: free */
	struct pw_guard_held as;
};

static struct held held[PW_GUARD_HELD_MAX];
const struct pw_state *pw_state;
static struct module_use self_use = {
	.source_list = LIST_HEAD_INIT(self_use.source_list),
	.target_list = LIST_HEAD_INIT(self_use.target_list),
	.source = THIS_MODULE,
	.target = THIS_MODULE,
};

static bool sealed;

/* A program's type is not known by its descriptor, and has to be named to get it. */
static struct bpf_prog *prog_get(u32 fd)
{
	struct bpf_prog *prog;
	u32 type = BPF_PROG_TYPE_UNSPEC;

	do
		prog = bpf_prog_get_type_dev(fd, ++type, false);
	while (prog == ERR_PTR(-EINVAL) && type < 64);
	return prog;
}

/* Where struct pw_state is, when the map begins with one. */
static const struct pw_state *state_of(const struct bpf_map *map)
{
	u64 address;

	if (map->map_type != BPF_MAP_TYPE_ARRAY || map->max_entries != 1 ||
	    map->value_size < sizeof(*pw_state) || !map->ops->map_direct_value_addr ||
	    map->ops->map_direct_value_addr(map, &address, 0) ||
	    ((struct pw_state *)address)->abi != PW_ABI_VERSION)
		return NULL;
	return (const struct pw_state *)address;
}

static bool is_state(const struct pw_guard_held *as)
{
	return as->kind == PW_GUARD_MAP && !strcmp(as->role, PW_GUARD_ROLE_STATE);
}

/*
 * The descriptor is looked up twice, as a file and as what BPF says that it is, and another
 * thread can change it meanwhile: the file must be that object's.
 */
static struct file *file_of(const struct pw_guard_held *arg)
{
	void *object = ERR_PTR(-EINVAL);
	struct file *file = fget(arg->fd);

	if (!file)
		return ERR_PTR(-EBADF);
	if (arg->kind == PW_GUARD_LINK)
		object = bpf_link_get_from_fd(arg->fd);
	else if (arg->kind == PW_GUARD_MAP)
		object = bpf_map_get(arg->fd);
	else if (arg->kind == PW_GUARD_PROGRAM)
		object = prog_get(arg->fd);
	if (IS_ERR(object)) {
		fput(file);
		return object;
	}

	if (arg->kind == PW_GUARD_LINK)
		bpf_link_put(object);
	else if (arg->kind == PW_GUARD_MAP)
		bpf_map_put(object);
	else
		bpf_prog_put(object);
	if (file->private_data == object && (!is_state(arg) || state_of(object)))
		return file;
	fput(file);
	return ERR_PTR(-EINVAL);
}

static bool role_is_valid(const char role[PW_GUARD_ROLE_LEN])
{
	const size_t len = strnlen(role, PW_GUARD_ROLE_LEN);

	return len && len < PW_GUARD_ROLE_LEN &&
	       strspn(role, "abcdefghijklmnopqrstuvwxyz0123456789_") == len &&
	       !memchr_inv(role + len, 0, PW_GUARD_ROLE_LEN - len);
}

/* Where it is held, or the first free place when it is not, or NULL. */
static struct held *find(const struct pw_guard_held *arg)
{
	struct held *at, *free = NULL;

	for (at = held; at < held + ARRAY_SIZE(held); at++) {
		if (!at->file)
			free = free ?: at;
		else if (at->as.kind == arg->kind && !strcmp(at->as.role, arg->role))
			return at;
	}
	return free;
}

static void put(struct held *at)
{
	if (!at->file)
		return;
	if (is_state(&at->as))
		pw_state = NULL;
	if (at->as.kind == PW_GUARD_LINK)
		module_put(THIS_MODULE);
	fput(at->file);
	at->file = NULL;
}

long pw_hold(void *argument)
{
	const struct pw_guard_held *arg = argument;
	struct file *file;
	struct held *at;

	if (!role_is_valid(arg->role))
		return -EINVAL;
	at = find(arg);
	if (!at)
		return -ENOSPC;
	if (at->file && sealed)
		return -EPERM;
	file = file_of(arg);
	if (IS_ERR(file))
		return PTR_ERR(file);

	put(at);
	at->file = file;
	at->as = *arg;
	if (at->as.kind == PW_GUARD_LINK)
		__module_get(THIS_MODULE);	/* with the module the link would go */
	if (is_state(&at->as))
		pw_state = state_of(file->private_data);
	return 0;
}

long pw_hold_get(void *argument)
{
	const struct pw_guard_held *arg = argument;
	struct held *at = find(arg);
	int fd;

	if (!at || !at->file)
		return -ENOENT;
	if (at->as.kind == PW_GUARD_LINK && sealed)
		return -EPERM;
	fd = get_unused_fd_flags(O_CLOEXEC);
	if (fd >= 0)
		fd_install(fd, get_file(at->file));
	return fd;
}

long pw_hold_drop(void *argument)
{
	const struct pw_guard_held *arg = argument;
	struct held *at = find(arg);

	if (!at || !at->file)
		return -ENOENT;
	if (sealed)
		return -EPERM;
	put(at);
	return 0;
}

/*
 * A reference stops unloading, but not with O_TRUNC where the kernel has MODULE_FORCE_UNLOAD.
 * What delete_module(2) refuses whatever its flags is a module that another one uses. So this
 * one uses itself. Nothing else writes the list, because the module exports no symbol; its
 * readers hold a mutex that modules cannot have, hence the order of list_add_rcu().
 */
void pw_stay(void)
{
	if (!list_empty(&self_use.source_list))
		return;
	__module_get(THIS_MODULE);
	list_add_rcu(&self_use.source_list, &THIS_MODULE->source_list);
}

long pw_seal(void *arg)
{
	struct pw_guard_status now = {};

	if (sealed)
		return -EALREADY;
	pw_hold_status(&now);
	if (!now.links || !pw_state)	/* it would look like protection */
		return -ENODATA;
	if (pw_ftrace_hold())
		return -EBUSY;
	pw_stay();
	sealed = true;
	pr_notice("sealed until reboot: %u links, %u maps\n", now.links, now.maps);
	return 0;
}

void pw_hold_status(struct pw_guard_status *status)
{
	struct held *at;

	for (at = held; at < held + ARRAY_SIZE(held); at++) {
		status->links += at->file && at->as.kind == PW_GUARD_LINK;
		status->maps += at->file && at->as.kind == PW_GUARD_MAP;
		status->programs += at->file && at->as.kind == PW_GUARD_PROGRAM;
	}
	if (sealed)
		status->state |= PW_GUARD_SEALED;
}

void pw_hold_release(void)
{
	struct held *at;

	for (at = held; at < held + ARRAY_SIZE(held); at++)
		if (at->file)
			fput(at->file);
}
