// SPDX-License-Identifier: BSD-2-Clause
#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <stdbool.h>
#include <string.h>
#include <sys/socket.h>

#include "common/cleanup.h"
#include "common/text.h"
#include "daemon/peer.h"
#include "publish/protocol.h"

static const struct {
	const char *group;
	unsigned int rights;
} groups[] = {
	{ PW_GROUP_VIEW, PW_RIGHT_VIEW },
	{ PW_GROUP_AUDIT, PW_RIGHT_VIEW | PW_RIGHT_AUDIT },
	{ PW_GROUP_ADMIN, PW_RIGHT_VIEW | PW_RIGHT_ADMIN },
	{ PW_GROUP_FLEET, PW_RIGHT_VIEW | PW_RIGHT_BUNDLE },
};

/* The supplementary groups. The caller frees *@ret. */
static int groups_of(int fd, gid_t **ret, size_t *ret_n)
{
	_cleanup_free_ gid_t *list = NULL;
	socklen_t length = 0;

	if (getsockopt(fd, SOL_SOCKET, SO_PEERGROUPS, NULL, &length) < 0 && errno != ERANGE)
		return -errno;
	list = malloc(length ? length : 1);
	if (!list)
		return -ENOMEM;
	if (length && getsockopt(fd, SOL_SOCKET, SO_PEERGROUPS, list, &length) < 0)
		return -errno;
	*ret = TAKE_PTR(list);
	*ret_n = length / sizeof(gid_t);
	return 0;
}

int pw_peer_groups(int fd, gid_t **ret, size_t *ret_n)
{
	_cleanup_free_ gid_t *list = NULL;
	struct ucred credentials;
	socklen_t length = sizeof(credentials);
	size_t n = 0;
	gid_t *all;
	int r;

	if (getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &credentials, &length) < 0)
		return -errno;
	r = groups_of(fd, &list, &n);
	if (r < 0)
		return r;
	all = malloc((n + 1) * sizeof(*all));
	if (!all)
		return -ENOMEM;
	all[0] = credentials.gid;
	memcpy(all + 1, list, n * sizeof(*all));
	*ret = all;
	*ret_n = n + 1;
	return 0;
}

uid_t pw_peer_login(const struct pw_peer *peer)
{
	char path[32], text[16];
	_cleanup_close_ int fd = -1;
	uint64_t auid;
	ssize_t n;

	snprintf(path, sizeof(path), "/proc/%d/loginuid", peer->pid);
	fd = open(path, O_RDONLY | O_CLOEXEC);
	n = fd < 0 ? -1 : read(fd, text, sizeof(text) - 1);
	if (n <= 0)
		return UINT32_MAX;
	text[n] = '\0';
	return pw_text_number(text, 0, UINT32_MAX, &auid) < 0 ? UINT32_MAX : (uid_t)auid;
}

static bool is_member(gid_t wanted, const gid_t *list, size_t n)
{
	for (size_t i = 0; i < n; i++)
		if (list[i] == wanted)
			return true;
	return false;
}

int pw_peer_of(int fd, struct pw_peer *ret)
{
	_cleanup_free_ gid_t *list = NULL;
	struct ucred credentials;
	socklen_t length = sizeof(credentials);
	size_t n = 0;

	if (getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &credentials, &length) < 0)
		return -errno;
	*ret = (struct pw_peer){ .pid = credentials.pid, .uid = credentials.uid };
	if (credentials.uid == 0) {
		ret->rights = PW_RIGHT_VIEW | PW_RIGHT_ADMIN | PW_RIGHT_AUDIT;
		return 0;
	}
	if (pw_peer_groups(fd, &list, &n) < 0)
		return 0;
	for (size_t i = 0; i < PW_ARRAY_SIZE(groups); i++) {
		const struct group *group = getgrnam(groups[i].group);

		if (group && is_member(group->gr_gid, list, n))
			ret->rights |= groups[i].rights;
	}
	return 0;
}
