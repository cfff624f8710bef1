// SPDX-License-Identifier: BSD-2-Clause
#include "publish/canary.h"

#include <arpa/inet.h>
#include <fcntl.h>
#include <sys/socket.h>

#include "common/cleanup.h"
#include "publish/pins.h"

/* An address that nobody has (RFC 5737), the discard port; bpf/net_out.bpf.h knows it, too. */
#define PW_CANARY_ADDRESS "192.0.2.1"
#define PW_CANARY_PORT 9

static uint64_t refusals(const struct pw_state *state)
{
	return state ? __atomic_load_n(&state->counters[PW_COUNT_CANARY], __ATOMIC_SEQ_CST) : 0;
}

static bool refused(const struct pw_state *state, uint64_t before, int r)
{
	return r < 0 && errno == EACCES && (!state || refusals(state) > before);
}

static bool try_file(const struct pw_state *state)
{
	uint64_t before = refusals(state);
	_cleanup_close_ int fd = open(PW_CANARY_FILE, O_RDONLY | O_CLOEXEC | O_NOFOLLOW);

	return refused(state, before, fd);
}

static int try_net(const struct pw_state *state, bool *ret)
{
	struct sockaddr_in to = {.sin_family = AF_INET, .sin_port = htons(PW_CANARY_PORT)};
	_cleanup_close_ int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	uint64_t before = refusals(state);

	if (fd < 0)
		return -errno;
	inet_pton(AF_INET, PW_CANARY_ADDRESS, &to.sin_addr);
	*ret = refused(state, before, connect(fd, (struct sockaddr *)&to, sizeof(to)));

	return 0;
}

int pw_canary_try(const struct pw_state *state, struct pw_canary *ret)
{
	struct pw_canary canary = {.file = try_file(state)};
	int r = try_net(state, &canary.net);

	if (r < 0)
		return r;

	*ret = canary;
	return 0;
}
