// SPDX-License-Identifier: BSD-2-Clause
/*
 * login-as [--no-session] USER CMD...: opens a login session as a display manager or sshd
 * would (audit login uid), becomes the user and runs the command. Needs root.
 */
#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <pwd.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define GROUPS_MAX 64

/* The files are read directly: a static program has no name service. */
static struct passwd *find_user(const char *name)
{
	FILE *f = fopen("/etc/passwd", "re");
	struct passwd *user = NULL;

	while (f && (user = fgetpwent(f)) && strcmp(user->pw_name, name))
		;
	if (f)
		fclose(f);
	return user;
}

static size_t find_groups(const char *name, gid_t *groups)
{
	FILE *f = fopen("/etc/group", "re");
	struct group *group;
	size_t n = 0;

	while (f && n < GROUPS_MAX && (group = fgetgrent(f)))
		for (char **member = group->gr_mem; *member; member++)
			if (!strcmp(*member, name) && n < GROUPS_MAX)
				groups[n++] = group->gr_gid;
	if (f)
		fclose(f);
	return n;
}

static int set_login_uid(uid_t uid)
{
	int fd = open("/proc/self/loginuid", O_WRONLY | O_CLOEXEC);
	int r = fd < 0 ? -1 : dprintf(fd, "%u", uid);

	close(fd);
	return r;
}

int main(int argc, char **argv)
{
	gid_t groups[GROUPS_MAX];
	struct passwd *user;
	int session = argc < 2 || strcmp(argv[1], "--no-session");

	argc -= !session;
	argv += !session;
	if (argc < 3) {
		fprintf(stderr, "usage: login-as [--no-session] USER CMD...\n");
		return 2;
	}
	user = find_user(argv[1]);
	if (!user) {
		fprintf(stderr, "login-as: no user %s\n", argv[1]);
		return 2;
	}
	if ((session && set_login_uid(user->pw_uid) < 0) ||
	    setgroups(find_groups(argv[1], groups), groups) < 0 || setgid(user->pw_gid) < 0 ||
	    setuid(user->pw_uid) < 0) {
		fprintf(stderr, "login-as: %s: %s\n", argv[1], strerror(errno));
		return 2;
	}
	execvp(argv[2], argv + 2);
	fprintf(stderr, "login-as: %s: %s\n", argv[2], strerror(errno));
	return errno == ENOENT ? 127 : 126;
}
