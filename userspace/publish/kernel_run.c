// SPDX-License-Identifier: BSD-2-Clause
#include <bpf/bpf.h>
#include <string.h>
#include <sys/syscall.h>

#include "common/cleanup.h"
#include "publish/kernel_private.h"

int pw_kernel_label_daemon(struct pw_kernel *kernel)
{
	struct pw_task task = {.subject = PW_SUBJECT_DAEMON};
	_cleanup_close_ int pidfd = (int)syscall(SYS_pidfd_open, getpid(), 0);

	if (pidfd < 0)
		return -errno;

	return bpf_map_update_elem(kernel->maps[PW_MAP_TASKS], &pidfd, &task, BPF_ANY) < 0 ? -errno :
											      0;
}

int pw_kernel_subject_of(struct pw_kernel *kernel, int pidfd, uint32_t *ret)
{
	struct pw_task task;

	*ret = PW_SUBJECT_OTHERS;
	if (bpf_map_lookup_elem(kernel->maps[PW_MAP_TASKS], &pidfd, &task) < 0)
		return errno == ENOENT ? 0 : -errno;
	*ret = task.generation > pw_kernel_bank(kernel, pw_kernel_state(kernel)->active)->generation ?
		       task.was : task.subject;

	return 0;
}

int pw_kernel_note(struct pw_kernel *kernel, const struct pw_note *note)
{
	LIBBPF_OPTS(bpf_test_run_opts, options, .ctx_in = note, .ctx_size_in = sizeof(*note));
	_cleanup_close_ int fd = pw_program_fd("pw_note");

	(void)kernel;
	if (fd < 0)
		return fd;
	if (bpf_prog_test_run_opts(fd, &options) < 0)
		return -errno;

	return options.retval ? -EAGAIN : 0;
}

int pw_kernel_tell_repeats(struct pw_kernel *kernel, bool all)
{
	struct pw_tell_repeats how = {.all = all};
	LIBBPF_OPTS(bpf_test_run_opts, options, .ctx_in = &how, .ctx_size_in = sizeof(how));
	_cleanup_close_ int fd = -1;

	if (!pw_kernel_state(kernel)->repeats)
		return 0;
	fd = pw_program_fd("pw_tell_repeats");
	if (fd < 0)
		return fd;

	return bpf_prog_test_run_opts(fd, &options) < 0 ? -errno : (int)options.retval;
}

struct output {
	char *data;
	size_t length;
	size_t room;
};

static int read_all(int fd, struct output *out)
{
	for (;;) {
		ssize_t n;

		if (out->room - out->length < 4096) {
			size_t room = out->room ? 2 * out->room : 16384;
			char *grown = realloc(out->data, room);

			if (!grown)
				return -ENOMEM;
			out->data = grown;
			out->room = room;
		}
		n = read(fd, out->data + out->length, out->room - out->length);
		if (n < 0 && (errno == EINTR || errno == EAGAIN))
			continue;
		if (n < 0)
			return -errno;
		if (n == 0)
			return 0;
		out->length += (size_t)n;
	}
}

/* Runs the iterator @name over all tasks, or over those of thread @tid. */
static int run_iterator(const char *name, uint32_t tid, struct output *out)
{
	union bpf_iter_link_info info = {.task = {.tid = tid}};
	LIBBPF_OPTS(bpf_link_create_opts, options, .iter_info = tid ? &info : NULL,
		    .iter_info_len = tid ? sizeof(info) : 0);
	_cleanup_close_ int program = pw_program_fd(name), link = -EBADF, iterator = -EBADF;

	if (program < 0)
		return program;
	link = bpf_link_create(program, 0, BPF_TRACE_ITER, &options);
	if (link < 0)
		return -errno;
	iterator = bpf_iter_create(link);
	if (iterator < 0)
		return -errno;

	return read_all(iterator, out);
}

int pw_kernel_identify(struct pw_kernel *kernel, struct pw_identity *ids, size_t n)
{
	const size_t size = sizeof(struct pw_identity);
	struct output out = {};
	size_t found = 0;
	int r;

	(void)kernel;
	r = run_iterator("pw_identify", (uint32_t)getpid(), &out);
	for (size_t at = 0; r == 0 && at + size <= out.length; at += size) {
		struct pw_identity id;

		memcpy(&id, out.data + at, size);
		for (size_t i = 0; i < n; i++)
			if (ids[i].fd == id.fd) {
				ids[i] = id;
				found++;
			}
	}
	free(out.data);
	if (r < 0)
		return r;

	return found == n ? 0 : -ENODATA;
}

int pw_kernel_adopt_tasks(struct pw_kernel *kernel, uint32_t slot, struct pw_adopted **ret,
			  size_t *ret_n)
{
	struct output out = {}, silent = {};
	int r;

	kernel->shared->state.adopt_slot = slot;
	r = run_iterator("pw_adopt_code", 0, &silent);
	if (r == 0)
		r = run_iterator("pw_adopt", 0, &out);
	if (r == 0)
		r = run_iterator("pw_adopt_sockets", 0, &silent);
	free(silent.data);
	if (r < 0) {
		free(out.data);
		return r;
	}

	*ret_n = out.length / sizeof(struct pw_adopted);
	*ret = (struct pw_adopted *)out.data;
	return 0;
}

int pw_kernel_adopt_sockets(void)
{
	struct output out = {};
	int r = run_iterator("pw_adopt_sockets", 0, &out);

	free(out.data);
	return r;
}
