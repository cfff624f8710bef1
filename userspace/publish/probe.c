// SPDX-License-Identifier: BSD-2-Clause
#include "publish/probe.h"

#include <fcntl.h>
#include <linux/magic.h>
#include <stdarg.h>
#include <string.h>
#include <sys/utsname.h>
#include <sys/vfs.h>

#include "common/cleanup.h"
#include "publish/auditor.h"
#include "publish/first_key.h"
#include "publish/kernel_private.h"
#include "publish/pins.h"
#include "publish/store.h"

#define PW_REQUIREMENTS_MAX 32

/* Hooks that only some kernels have, each with what decides on the others. */
static const char *const optional_hooks[] = {
	"bpf_map_alloc_security",  /* bpf_map_create since 6.9 */
	"bpf_map_create",	   /* bpf_map_alloc_security before */
	"bpf_prog_alloc_security", /* bpf_prog_load since 6.9 */
	"bpf_prog_load",	   /* bpf_prog_alloc_security before */
	"bpf_token_create",	   /* tokens are of 6.9 */
	"bpf_token_cmd",
	"file_truncate",	   /* of 6.2; path_truncate and inode_setattr before */
	"file_post_open",	   /* of 6.9 */
	"inode_set_acl",	   /* of 6.2; inode_setxattr before */
	"inode_remove_acl",
	"inode_file_setattr",	   /* of 6.17; file_ioctl before */
	"inode_file_getattr",
	"uring_allowed",
	"unix_find",
	"mmap_backing_file",
	"backing_file_alloc",
};

static void add(struct pw_probe *probe, const char *name, bool ok, bool essential, const char *fix,
		const char *why, ...) __attribute__((format(printf, 6, 7)));

static void add(struct pw_probe *probe, const char *name, bool ok, bool essential, const char *fix,
		const char *why, ...)
{
	struct pw_requirement *need = &probe->requirements[probe->n];
	va_list arguments;

	if (probe->n == PW_REQUIREMENTS_MAX)
		return;
	va_start(arguments, why);
	if (vasprintf(&need->why, why, arguments) < 0)
		need->why = NULL;
	va_end(arguments);
	need->name = strdup(name);
	need->fix = ok || !fix ? NULL : strdup(fix);
	need->ok = ok;
	need->essential = essential;
	probe->n++;
}

/* The first line of a small file without its newline; false when it cannot be read. */
static bool first_line(const char *path, char *line, size_t size)
{
	_cleanup_fclose_ FILE *file = fopen(path, "re");

	if (!file || !fgets(line, (int)size, file))
		return false;
	line[strcspn(line, "\n")] = '\0';

	return true;
}

static bool has_word(const char *list, const char *word, char separator)
{
	size_t length = strlen(word);

	for (const char *at = list; (at = strstr(at, word)); at += length)
		if ((at == list || at[-1] == separator) &&
		    (at[length] == separator || at[length] == '\0'))
			return true;

	return false;
}

static void probe_lsm(struct pw_probe *probe)
{
	char list[512];

	if (!first_line("/sys/kernel/security/lsm", list, sizeof(list))) {
		add(probe, "bpf-lsm", false, true, "mount securityfs on /sys/kernel/security",
		    "/sys/kernel/security/lsm cannot be read: %s", strerror(errno));
		return;
	}
	add(probe, "bpf-lsm", has_word(list, "bpf", ','), true,
	    "add bpf to the lsm= list on the kernel command line, and restart",
	    "active security modules: %s", list);
}

static void probe_btf(struct pw_probe *probe)
{
	bool ok = access("/sys/kernel/btf/vmlinux", R_OK) == 0;

	add(probe, "btf", ok, true, "take a kernel with CONFIG_DEBUG_INFO_BTF",
	    ok ? "the kernel describes its types" : "/sys/kernel/btf/vmlinux: %s", strerror(errno));
}

static bool is_optional(const char *hook)
{
	for (size_t i = 0; i < PW_ARRAY_SIZE(optional_hooks); i++)
		if (strcmp(optional_hooks[i], hook) == 0)
			return true;

	return false;
}

/* Appends @word to the list in @text when it is not in it; false when it does not fit. */
static bool list_word(char *text, size_t size, const char *word)
{
	size_t length = strlen(text);

	if (has_word(text, word, ' '))
		return true;
	if (length + strlen(word) + 2 > size)
		return false;
	snprintf(text + length, size - length, "%s%s", length ? " " : "", word);

	return true;
}

static void probe_hooks(struct pw_probe *probe)
{
	struct bpf_object *object = NULL;
	char missing[512] = "", there[4096] = "";
	struct bpf_program *program;

	if (pw_programs(&object) < 0) {
		add(probe, "hooks", false, true, NULL, "phiward's own programs cannot be read");
		return;
	}
	/* Of a hook with two variants one at most is taken: it is missing when neither is. */
	bpf_object__for_each_program(program, object)
		if (pw_program_kind(program) != PW_PROGRAM_SKIPPED)
			list_word(there, sizeof(there), bpf_program__section_name(program));
	bpf_object__for_each_program(program, object) {
		const char *section = bpf_program__section_name(program);

		if (pw_program_kind(program) == PW_PROGRAM_SKIPPED &&
		    !has_word(there, section, ' ') && !is_optional(section + strlen("lsm/")))
			list_word(missing, sizeof(missing), section + strlen("lsm/"));
	}
	add(probe, "hooks", !missing[0], true, "take a kernel of 6.1 or later with all of BPF LSM",
	    missing[0] ? "this kernel has no %s" : "every hook is there%s", missing);
}

static void probe_cgroup(struct pw_probe *probe)
{
	struct statfs fs;
	bool ok = statfs("/sys/fs/cgroup", &fs) == 0 && fs.f_type == CGROUP2_SUPER_MAGIC;

	add(probe, "cgroup2", ok, true,
	    "start with systemd.unified_cgroup_hierarchy=1, or mount cgroup2 on /sys/fs/cgroup",
	    ok ? "/sys/fs/cgroup is the unified hierarchy" :
		 "/sys/fs/cgroup is not the unified hierarchy");
}

static void probe_ftrace(struct pw_probe *probe)
{
	char value[16];
	bool read = first_line("/proc/sys/kernel/ftrace_enabled", value, sizeof(value));

	/* Without the file there is no switch. */
	add(probe, "ftrace", !read || strcmp(value, "0") != 0, true,
	    "sysctl kernel.ftrace_enabled=1, and take it out of /etc/sysctl.d and the kernel "
	    "command line: 0 silently switches off every BPF LSM program",
	    "kernel.ftrace_enabled is %s", read ? value : "not there");
}

static void probe_lockdown(struct pw_probe *probe)
{
	char value[128];
	bool read = first_line("/sys/kernel/security/lockdown", value, sizeof(value));

	add(probe, "lockdown", !read || !strstr(value, "[confidentiality]"), false,
	    "start with lockdown=integrity: under confidentiality records have no paths", "%s",
	    read ? value : "no lockdown");
}

static void probe_preemption(struct pw_probe *probe)
{
	struct utsname name;
	bool realtime;

	if (uname(&name) < 0)
		return;
	realtime = strstr(name.version, "PREEMPT_RT");
	add(probe, "kernel", !realtime, false,
	    "take a kernel that is not built for real time: its BPF is not tested with phiward",
	    "Linux %s", name.release);
}

static void probe_command_line(struct pw_probe *probe)
{
	char line[4096];

	if (!first_line("/proc/cmdline", line, sizeof(line)))
		return;
	add(probe, "command-line", !has_word(line, "phiward.mode=off", ' '), false,
	    "take phiward.mode=off off the kernel command line",
	    has_word(line, "phiward.mode=off", ' ') ? "phiward.mode=off" :
						       "nothing holds phiward back");
}

/* ---- The kernel module -------------------------------------------------------------------- */

static unsigned int count_attached(void)
{
	struct bpf_object *object = NULL;
	struct bpf_program *program;
	unsigned int n = 0;

	if (pw_programs(&object) < 0)
		return 0;
	bpf_object__for_each_program(program, object)
		n += pw_program_kind(program) != PW_PROGRAM_SKIPPED &&
		     pw_object_exists(PW_GUARD_LINK, bpf_program__name(program));

	return n;
}

static void probe_held(struct pw_probe *probe, const struct pw_guard_status *status)
{
	const unsigned int attached = count_attached();

	add(probe, "module-links", status->links >= attached, false,
	    "phiward apply, or restart phiwardd: what is attached is then held",
	    "%u of %u links that decide are held", status->links, attached);
}

static void probe_gate(struct pw_probe *probe, const struct pw_guard_status *status)
{
	const unsigned long long dropped = status->dropped;

	if (status->gate == PW_GUARD_GATE_NONE)
		add(probe, "module-gate", false, false, "load it with gate=1 before the network is up",
		    "loaded without a gate: the network is open before the first policy");
	else if (status->gate == PW_GUARD_GATE_TIMED_OUT)
		add(probe, "module-gate", false, false, "let phiwardd start before gate_timeout is over",
		    "it opened by itself after %u s, before there was a policy", status->gate_timeout);
	else
		add(probe, "module-gate", true, false, NULL, "%s; it dropped %llu packets",
		    status->gate == PW_GUARD_GATE_OPEN ? "opened by a policy" :
							 "shut until a policy is enforced",
		    dropped);
}

static void probe_key(struct pw_probe *probe, const struct pw_guard_status *status)
{
	static const char fix[] = "put the auditor's certificate into " PW_AUDITOR_FILE
				  ", load the module with gate=1, and restart the machine";
	_cleanup_close_ int state = open(PW_STATE_DIR, O_RDONLY | O_DIRECTORY | O_CLOEXEC);

	if (status->state & PW_GUARD_WEAK)
		add(probe, "module-key", false, false, fix,
		    "weak: nobody has the first key of this boot, so its log cannot be proved whole");
	else if (!(status->state & PW_GUARD_KEY_GIVEN))
		add(probe, "module-key", true, false, NULL, "not given yet");
	else if (state >= 0 && pw_first_key_kept(state))
		add(probe, "module-key", true, false, NULL,
		    "the first key of this boot is kept for the auditor");
	else
		add(probe, "module-key", false, false, fix,
		    "weak: the first key of this boot was given, and is not in " PW_STATE_DIR);
}

static void probe_module(struct pw_probe *probe)
{
	struct pw_guard_status status;
	int r = pw_module_status(&status);

	if (r == -ENOENT)
		add(probe, "module", false, false,
		    "modprobe phiward and restart phiwardd; without it what is enforced hangs on its pins",
		    "the kernel module is not loaded");
	else if (r == -EPROTO)
		add(probe, "module", false, false, "load the phiward.ko that belongs to this phiward",
		    "the kernel module is of another version");
	else if (r < 0)
		add(probe, "module", false, false,
		    "ask as root; if phiwardd was started before the module was loaded, restart it",
		    "the kernel module cannot be used: %s", strerror(-r));
	if (r < 0)
		return;
	add(probe, "module", true, false, NULL, "version %.*s", (int)sizeof(status.version),
	    status.version);
	add(probe, "module-ftrace", status.state & PW_GUARD_FTRACE, false,
	    "sysctl kernel.ftrace_enabled=1, then load the module again",
	    status.state & PW_GUARD_FTRACE ? "function tracing is held on" :
					     "function tracing is not held on");
	probe_held(probe, &status);
	probe_gate(probe, &status);
	probe_key(probe, &status);
}

static void probe_seal(struct pw_probe *probe)
{
	const struct pw_state none = {}, *state = &none;
	struct pw_kernel *kernel = NULL;
	struct pw_diag diag = {};
	int r;

	r = pw_kernel_look(&kernel, &diag);
	if (r == 0)
		state = pw_kernel_state(kernel);
	pw_diag_done(&diag);
	if (r < 0 && r != -ENOENT)
		add(probe, "seal", false, false, "ask as root", "cannot be looked at: %s",
		    strerror(-r));
	else
		add(probe, "seal", state->sealed, false,
		    "phiward seal, or `sealed: true` in the policy: until then root may apply and "
		    "unload, and load kernel modules",
		    state->sealed ? "sealed until the next boot, %s the kernel module" : "not sealed",
		    state->seal_flags & PW_SEAL_BY_MODULE ? "with" : "without");
	pw_kernel_close(kernel);
}

int pw_probe_run(struct pw_probe **ret)
{
	_cleanup_(pw_probe_freep) struct pw_probe *probe = calloc(1, sizeof(*probe));

	if (!probe)
		return -ENOMEM;
	probe->requirements = calloc(PW_REQUIREMENTS_MAX, sizeof(*probe->requirements));
	if (!probe->requirements)
		return -ENOMEM;
	probe_lsm(probe);
	probe_btf(probe);
	probe_hooks(probe);
	probe_cgroup(probe);
	probe_ftrace(probe);
	probe_lockdown(probe);
	probe_preemption(probe);
	probe_command_line(probe);
	probe_module(probe);
	probe_seal(probe);
	for (size_t i = 0; i < probe->n; i++)
		if (!probe->requirements[i].name || !probe->requirements[i].why)
			return -ENOMEM;

	*ret = TAKE_PTR(probe);
	return 0;
}

struct pw_probe *pw_probe_free(struct pw_probe *probe)
{
	if (!probe)
		return NULL;
	for (size_t i = 0; i < probe->n; i++) {
		free(probe->requirements[i].name);
		free(probe->requirements[i].why);
		free(probe->requirements[i].fix);
	}
	free(probe->requirements);
	free(probe);
	return NULL;
}

bool pw_probe_ok(const struct pw_probe *probe)
{
	for (size_t i = 0; i < probe->n; i++)
		if (probe->requirements[i].essential && !probe->requirements[i].ok)
			return false;

	return true;
}

int pw_probe_json(const struct pw_probe *probe, json_object **ret)
{
	_cleanup_(pw_json_putp) json_object *array = json_object_new_array();
	int r = array ? 0 : -ENOMEM;

	for (size_t i = 0; r == 0 && i < probe->n; i++) {
		const struct pw_requirement *need = &probe->requirements[i];
		json_object *entry = json_object_new_object();

		r = pw_json_append(array, entry);
		if (r == 0)
			r = pw_json_add(entry, "name", json_object_new_string(need->name));
		if (r == 0)
			r = pw_json_add(entry, "ok", json_object_new_boolean(need->ok));
		if (r == 0)
			r = pw_json_add(entry, "essential",
					json_object_new_boolean(need->essential));
		if (r == 0)
			r = pw_json_add(entry, "why", json_object_new_string(need->why));
		if (r == 0)
			r = pw_json_add(entry, "fix",
					json_object_new_string(need->fix ? need->fix : ""));
	}
	if (r < 0)
		return r;

	*ret = TAKE_PTR(array);
	return 0;
}
