// SPDX-License-Identifier: BSD-2-Clause
#include <bpf/bpf.h>
#include <bpf/btf.h>
#include <fcntl.h>
#include <linux/magic.h>
#include <stdarg.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/utsname.h>
#include <sys/vfs.h>

#include "common/cleanup.h"
#include "publish/kernel_private.h"
#include "publish/pins.h"

#include "phiward.skel.h"	/* its variables are of types of abi.h */
#include "phiward_cast.skel.h"

#define PW_HOOK_FUNCTION "bpf_lsm_"	/* and the hook's name: where its programs hang */
#define PW_RENAME_FUNCTION "__d_move"	/* see bpf/compat.bpf.h */

/* ---- Which programs this kernel gets ---------------------------------------------------- */

/* N of a program's name that ends in _Narg, or -1. */
static int variant_arguments(const char *name)
{
	const char *suffix = strrchr(name, '_');

	if (!suffix || suffix[1] < '0' || suffix[1] > '9' || strcmp(suffix + 2, "arg") != 0)
		return -1;

	return suffix[1] - '0';
}

static bool is_for_hook(const char *section)
{
	return strncmp(section, "lsm/", strlen("lsm/")) == 0;
}

static bool is_for_rename(const char *section)
{
	return strcmp(section + strcspn(section, "/"), "/" PW_RENAME_FUNCTION) == 0;
}

static bool is_hook_function(const char *function)
{
	return strncmp(function, PW_HOOK_FUNCTION, strlen(PW_HOOK_FUNCTION)) == 0;
}

/* Whether it hangs on @function, a hook's or the rename's, which takes so many arguments without the context. */
static bool fits(const struct bpf_program *program, const char *function, int arguments)
{
	const char *section = bpf_program__section_name(program);
	int wanted = variant_arguments(bpf_program__name(program));

	if (!is_hook_function(function))
		return is_for_rename(section);

	return is_for_hook(section) &&
	       strcmp(section + strlen("lsm/"), function + strlen(PW_HOOK_FUNCTION)) == 0 &&
	       (wanted < 0 || wanted == arguments);
}

/* In one pass, as a search by name compares all names of a kernel for each program. */
static void choose_programs(const struct bpf_object *object, const struct btf *btf)
{
	const struct btf_type *type, *prototype;
	struct bpf_program *program;
	const char *name;

	bpf_object__for_each_program(program, object) {
		name = bpf_program__section_name(program);
		bpf_program__set_autoload(program, !is_for_hook(name) && !is_for_rename(name));
	}
	for (__u32 id = 1; btf && id < btf__type_cnt(btf); id++) {
		type = btf__type_by_id(btf, id);
		if (!btf_is_func(type))
			continue;
		name = btf__name_by_offset(btf, type->name_off);
		if (!is_hook_function(name) && strcmp(name, PW_RENAME_FUNCTION) != 0)
			continue;
		prototype = btf__type_by_id(btf, type->type);
		bpf_object__for_each_program(program, object)
			if (fits(program, name, btf_vlen(prototype)))
				bpf_program__set_autoload(program, true);
	}
}

#define PW_KERNEL(major, minor) ((major) << 16 | (minor))

/* The kernel's version as PW_KERNEL(), or 0. */
static unsigned int kernel_version(void)
{
	struct utsname name;
	unsigned int major, minor;

	if (uname(&name) < 0 || sscanf(name.release, "%u.%u", &major, &minor) != 2)
		return 0;

	return PW_KERNEL(major, minor);
}

static void destroy_skeleton(struct phiward **skeleton)
{
	phiward__destroy(*skeleton);
}

static int open_skeleton(struct phiward **ret)
{
	_cleanup_(destroy_skeleton) struct phiward *skeleton = calloc(1, sizeof(*skeleton));
	const unsigned int version = kernel_version();
	struct btf *btf;
	int r;

	if (!skeleton)
		return -ENOMEM;
	r = phiward__create_skeleton(skeleton);
	if (r < 0)
		return r;
	/* See PW_PLAIN() of bpf/compat.bpf.h; the same programs and maps. */
	if (version >= PW_KERNEL(6, 4) && version < PW_KERNEL(7, 0))
		skeleton->skeleton->data = (void *)phiward_cast__elf_bytes(&skeleton->skeleton->data_sz);
	r = bpf_object__open_skeleton(skeleton->skeleton, NULL);
	if (r < 0)
		return r;
	btf = btf__load_vmlinux_btf();
	choose_programs(skeleton->obj, btf);
	btf__free(btf);

	*ret = TAKE_PTR(skeleton);
	return 0;
}

int pw_programs(struct bpf_object **ret)
{
	/* The kernel's types do not change, and reading them takes a good part of a second. */
	static struct phiward *skeleton;

	if (!skeleton) {
		int r = open_skeleton(&skeleton);

		if (r < 0)
			return r;
	}

	*ret = skeleton->obj;
	return 0;
}

enum pw_program_kind pw_program_kind(const struct bpf_program *program)
{
	const char *section = bpf_program__section_name(program);

	if (!bpf_program__autoload(program))
		return PW_PROGRAM_SKIPPED;
	if (is_for_hook(section) || strncmp(section, "tp_btf/", 7) == 0 ||
	    strncmp(section, "fentry/", 7) == 0 || strncmp(section, "fexit/", 6) == 0)
		return PW_PROGRAM_TRACING;
	if (strncmp(section, "iter/", 5) == 0 || strcmp(section, "syscall") == 0)
		return PW_PROGRAM_BY_HAND;

	return PW_PROGRAM_CGROUP;
}

bool pw_program_for_udp(const struct bpf_program *program)
{
	return strncmp(bpf_program__section_name(program), "cgroup_skb/", 11) == 0;
}

/* ---- Loading ------------------------------------------------------------------------------ */

/* The end of what libbpf said, for the reader of a failure: the verifier's reason comes last. */
static char said[4096];

static int listen_to_libbpf(enum libbpf_print_level level, const char *format, va_list arguments)
{
	_cleanup_free_ char *text = NULL;
	size_t length, kept = strlen(said), keep;
	const size_t room = sizeof(said) - 1;
	int n;

	if (level == LIBBPF_DEBUG)
		return 0;
	n = vasprintf(&text, format, arguments);
	if (n < 0)
		return 0;
	length = (size_t)n > room ? room : (size_t)n;
	keep = kept + length > room ? room - length : kept;
	memmove(said, said + kept - keep, keep);
	memcpy(said + keep, text + (size_t)n - length, length + 1);

	return 0;
}

static bool confidentiality(void)
{
	_cleanup_fclose_ FILE *file = fopen("/sys/kernel/security/lockdown", "re");
	char line[128];

	return file && fgets(line, sizeof(line), file) && strstr(line, "[confidentiality]");
}

/*
 * The cookie of this network namespace, where rules hold. That it is the first
 * one only the kernel can tell: elsewhere the canary of the network is not refused.
 */
static int first_netns(__u64 *ret)
{
	_cleanup_close_ int fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	socklen_t length = sizeof(*ret);

	if (fd < 0 || getsockopt(fd, SOL_SOCKET, SO_NETNS_COOKIE, ret, &length) < 0)
		return -errno;

	return 0;
}

static int have_bpf_fs(void)
{
	struct statfs fs;

	if (statfs(PW_BPF_FS, &fs) < 0)
		return -errno;
	if (fs.f_type == BPF_FS_MAGIC)
		return 0;

	return mount("bpffs", PW_BPF_FS, "bpf", MS_NOSUID | MS_NODEV | MS_NOEXEC, "mode=0700") < 0 ?
		       -errno : 0;
}

void pw_kernel_prepare(void)
{
	have_bpf_fs();
	pw_module_take();
}

/* By its number the guard knows the map for one of ours. */
static int own(struct phiward *skeleton, const struct bpf_map *map, uint32_t *last)
{
	uint32_t at = map == skeleton->maps.bss ? PW_OWN_SHARED : ++*last;
	struct bpf_map_info info = {};
	__u32 length = sizeof(info);

	if (at >= PW_OWN_MAPS)
		return -E2BIG;
	if (bpf_obj_get_info_by_fd(bpf_map__fd(map), &info, &length) < 0)
		return -errno;
	skeleton->bss->shared.state.own_maps[at] = info.id;

	return 0;
}

static int pin_all(struct phiward *skeleton)
{
	uint32_t last = PW_OWN_SHARED;
	struct bpf_program *program;
	char path[PW_PIN_PATH_MAX];
	struct bpf_map *map;
	int r;

	bpf_object__for_each_program(program, skeleton->obj) {
		if (pw_program_kind(program) == PW_PROGRAM_SKIPPED)
			continue;
		r = pw_pin_path(path, PW_PIN_PROGRAMS, bpf_program__name(program));
		if (r == 0 && bpf_obj_pin(bpf_program__fd(program), path) < 0)
			r = -errno;
		if (r < 0)
			return r;
	}
	/* The maps come last: where they are, all is. */
	bpf_object__for_each_map(map, skeleton->obj) {
		if (bpf_map__is_internal(map) && map != skeleton->maps.bss)
			continue;
		r = own(skeleton, map, &last);
		if (r == 0)
			r = pw_pin_path(path, PW_PIN_MAPS,
					map == skeleton->maps.bss ? "shared" : bpf_map__name(map));
		if (r == 0 && bpf_obj_pin(bpf_map__fd(map), path) < 0)
			r = -errno;
		if (r < 0)
			return r;
	}

	return 0;
}

/* FMODE_BACKING of include/linux/fs.h, or 0. */
static uint32_t backing_mode(void)
{
	const unsigned int version = kernel_version();

	if (version < PW_KERNEL(6, 7))
		return 0;

	return version < PW_KERNEL(6, 14) ? 1U << 25 : 1U << 24;
}

int pw_kernel_load(struct pw_kernel **ret, struct pw_diag *diag)
{
	_cleanup_(destroy_skeleton) struct phiward *skeleton = NULL;
	int r;

	said[0] = '\0';
	libbpf_set_print(listen_to_libbpf);
	r = open_skeleton(&skeleton);
	if (r == 0) {
		skeleton->rodata->pw_can_probe = !confidentiality();
		skeleton->rodata->pw_backing_mode = backing_mode();
		skeleton->rodata->pw_counts_renames =
			bpf_program__autoload(skeleton->progs.pw_rename_ends);
		r = first_netns((__u64 *)&skeleton->rodata->pw_first_netns);
		if (r == 0)
			r = phiward__load(skeleton);
	}
	if (r < 0) {
		pw_diag_add(diag, PW_DIAG_ERROR, NULL,
			    "the kernel does not take phiward's programs: %s\n%s", strerror(-r), said);
		return r;
	}
	r = have_bpf_fs();
	if (r == 0)
		r = pw_pins_make();
	skeleton->bss->shared.state.abi = PW_ABI_VERSION;
	if (r == 0)
		r = pin_all(skeleton);
	if (r == 0)
		return pw_kernel_adopt(ret, diag);

	pw_diag_add(diag, PW_DIAG_ERROR, NULL, "nothing can be pinned below " PW_PIN_DIR ": %s",
		    strerror(-r));
	if (r != -EEXIST)
		pw_kernel_unload();
	return r;
}
