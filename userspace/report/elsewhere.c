// SPDX-License-Identifier: BSD-2-Clause
#include <errno.h>
#include <grp.h>
#include <ifaddrs.h>
#include <arpa/inet.h>
#include <pwd.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#include "common/cleanup.h"
#include "report/why.h"

#define TCP_STATE_LISTEN 0x0a	/* as in /proc/net/tcp */

/* 1 when a socket of the table listens on @port, else 0. */
static int search_table(const char *path, uint16_t port)
{
	_cleanup_fclose_ FILE *table = fopen(path, "re");
	_cleanup_free_ char *line = NULL;
	size_t capacity = 0;

	if (!table)
		return errno == ENOENT ? 0 : -errno;
	while (getline(&line, &capacity, table) > 0) {
		unsigned int local, state;

		if (sscanf(line, " %*u: %*[0-9A-Fa-f]:%x %*[0-9A-Fa-f]:%*x %x", &local, &state) == 2 &&
		    local == port && state == TCP_STATE_LISTEN)
			return 1;
	}
	return 0;
}

int pw_port_is_served(uint16_t port)
{
	int r = search_table("/proc/net/tcp", port);

	return r ? r : search_table("/proc/net/tcp6", port);
}

static bool is_local(const char *host)
{
	struct ifaddrs *all = NULL;
	bool local = !strcmp(host, "localhost") || !strncmp(host, "127.", 4);

	if (local || getifaddrs(&all) < 0)
		return local;
	for (const struct ifaddrs *one = all; one && !local; one = one->ifa_next) {
		char text[INET6_ADDRSTRLEN];
		const void *address;

		if (!one->ifa_addr)
			continue;
		if (one->ifa_addr->sa_family == AF_INET)
			address = &((const struct sockaddr_in *)one->ifa_addr)->sin_addr;
		else if (one->ifa_addr->sa_family == AF_INET6)
			address = &((const struct sockaddr_in6 *)one->ifa_addr)->sin6_addr;
		else
			continue;
		local = inet_ntop(one->ifa_addr->sa_family, address, text, sizeof(text)) &&
			!strcmp(text, host);
	}
	freeifaddrs(all);
	return local;
}

static void look_at_port(FILE *to, const char *host, uint16_t port)
{
	int served;

	if (!is_local(host)) {
		fprintf(to, "  %s is another machine: it, or a firewall between, may refuse port %u, or "
			"nothing\n  listens there; its own log says which.\n", host, port);
		return;
	}
	served = pw_port_is_served(port);
	if (served < 0)
		fprintf(to, "  Is anything listening on %u? That cannot be seen: %s.\n", port,
			strerror(-served));
	else
		fprintf(to, "  Is anything listening on %u? %s.\n", port, served ? "Yes" : "No");
}

static void look_at_path(FILE *to, const char *path)
{
	const struct passwd *user;
	const struct group *group;
	struct stat st;

	if (lstat(path, &st) < 0) {
		fprintf(to, "  %s: %s.\n", path, strerror(errno));
		return;
	}
	user = getpwuid(st.st_uid);
	group = getgrgid(st.st_gid);
	fprintf(to, "  %s has mode %04o, owner %s, group %s; the kernel asks for these before "
		"phiward\n  is asked, and what they refuse is not in this log.\n", path,
		st.st_mode & 07777, user ? user->pw_name : "unknown",
		group ? group->gr_name : "unknown");
}

void pw_why_elsewhere(FILE *to, const struct pw_why_about *about)
{
	if (about->host)
		look_at_port(to, about->host, about->port);
	else if (about->path)
		look_at_path(to, about->path);
	else
		fputs("  File permissions and AppArmor refuse before phiward is asked: see "
		      "`ls -l`, `journalctl -k -g apparmor`,\n  and the program's own messages.\n",
		      to);
}
