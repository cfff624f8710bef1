// SPDX-License-Identifier: BSD-2-Clause
/*
 * into-kernel WHAT [ARGUMENT...]: one way to change what the kernel runs, or how.
 *
 *     module FILE          finit_module(2)
 *     module-bytes FILE    init_module(2)
 *     unload NAME [force]  delete_module(2)
 *     kexec                kexec_load(2) of nothing, which takes away what was loaded
 *     kexec-file FILE      kexec_file_load(2)
 *     write FILE TEXT
 *
 * Prints DONE or the name of the errno, and ends with 1 when it was refused.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#define KEXEC_FILE_NO_INITRAMFS 4UL

static long module_bytes(const char *path)
{
	int fd = open(path, O_RDONLY);
	struct stat st;
	char *bytes;

	if (fd < 0 || fstat(fd, &st) < 0 || !(bytes = malloc((size_t)st.st_size)) ||
	    read(fd, bytes, (size_t)st.st_size) != st.st_size)
		return -1;
	return syscall(SYS_init_module, bytes, (unsigned long)st.st_size, "");
}

static long write_text(const char *path, const char *text)
{
	int fd = open(path, O_WRONLY);

	return fd < 0 ? -1 : (long)write(fd, text, strlen(text));
}

static long run(int argc, char **argv)
{
	const char *what = argv[1];

	if (!strcmp(what, "kexec"))
		return syscall(SYS_kexec_load, 0UL, 0UL, NULL, 0UL);
	if (argc < 3)
		exit(2);
	if (!strcmp(what, "module"))
		return syscall(SYS_finit_module, open(argv[2], O_RDONLY), "", 0);
	if (!strcmp(what, "module-bytes"))
		return module_bytes(argv[2]);
	if (!strcmp(what, "unload"))
		return syscall(SYS_delete_module, argv[2], O_NONBLOCK | (argc > 3 ? O_TRUNC : 0));
	if (!strcmp(what, "kexec-file"))
		return syscall(SYS_kexec_file_load, open(argv[2], O_RDONLY), -1, 1UL, "",
			       KEXEC_FILE_NO_INITRAMFS);
	if (!strcmp(what, "write") && argc > 3)
		return write_text(argv[2], argv[3]);
	exit(2);
}

int main(int argc, char **argv)
{
	if (argc < 2)
		return 2;
	if (run(argc, argv) < 0) {
		puts(strerrorname_np(errno));
		return 1;
	}
	puts("DONE");
	return 0;
}
