// SPDX-License-Identifier: BSD-2-Clause
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/un.h>
#include <unistd.h>

#include "common/cleanup.h"
#include "common/text.h"
#include "daemon/actor.h"
#include "daemon/daemon.h"
#include "publish/pins.h"

#define DATAGRAM_MAX 512
#define DESCRIPTORS_MAX 4	/* more of one datagram do not arrive */

struct said {
	struct ucred from;
	char text[DATAGRAM_MAX + 1];
	size_t length;
	int fds[DESCRIPTORS_MAX];
	size_t nfds;
};

/* ---- Statements ---------------------------------------------------------------------------- */

static void say(struct pw_actors *actors, uint32_t subject, const char *actor, uint32_t by,
		const char *by_name)
{
	struct pw_actor_said *said = &actors->said[subject];

	snprintf(said->actor, sizeof(said->actor), "%s", actor);
	snprintf(said->by, sizeof(said->by), "%s", by_name);
	said->by_subject = by;
	actors->changes++;
}

/* All that @subject has stated. */
static void forget(struct pw_daemon *daemon, uint32_t subject)
{
	struct pw_actor_state *state = &daemon->actor;

	state->sayers[subject] = sd_event_source_disable_unref(state->sayers[subject]);
	for (uint32_t i = 0; i < PW_SUBJECT_IDS; i++)
		if (state->actors.said[i].by_subject == subject)
			say(&state->actors, i, "", 0, "");
}

static const struct pw_subject_policy *find_policy(const struct pw_daemon *daemon, uint32_t subject)
{
	const struct pw_catalog *catalog = daemon->ward ? pw_ward_catalog(daemon->ward) : NULL;
	const struct pw_policy *policy = daemon->ward ? pw_ward_policy(daemon->ward) : NULL;

	if (!catalog || !policy || subject < PW_SUBJECT_FIRST || subject >= PW_SUBJECT_IDS ||
	    !catalog->subjects[subject])
		return NULL;
	for (size_t i = 0; i < policy->nsubjects; i++)
		if (!strcmp(policy->subjects[i].name, catalog->subjects[subject]))
			return policy->subjects[i].says_who ? &policy->subjects[i] : NULL;
	return NULL;
}

static uint32_t find_number(const struct pw_catalog *catalog, const char *name)
{
	for (uint32_t i = PW_SUBJECT_FIRST; i < PW_SUBJECT_IDS; i++)
		if (catalog->subjects[i] && !strcmp(catalog->subjects[i], name))
			return i;
	return PW_SUBJECT_OTHERS;
}

static void state_for(struct pw_daemon *daemon, const struct pw_subject_policy *by, uint32_t subject,
		      const char *actor)
{
	const struct pw_catalog *catalog = pw_ward_catalog(daemon->ward);
	const struct pw_policy *policy = pw_ward_policy(daemon->ward);

	say(&daemon->actor.actors, subject, actor, subject, by->name);
	for (size_t i = 0; i < by->says_for.n; i++) {
		uint32_t other = find_number(catalog,
					     policy->subjects[by->says_for.index[i]].name);

		if (other != PW_SUBJECT_OTHERS)
			say(&daemon->actor.actors, other, actor, subject, by->name);
	}
}

/* ---- Who states ------------------------------------------------------------------------------ */

static pid_t parent_of(pid_t pid)
{
	char path[32], text[256], *end;
	_cleanup_close_ int fd = -1;
	ssize_t n;
	int parent;

	snprintf(path, sizeof(path), "/proc/%d/stat", pid);
	fd = open(path, O_RDONLY | O_CLOEXEC);
	n = fd < 0 ? -1 : read(fd, text, sizeof(text) - 1);
	if (n <= 0)
		return 0;
	text[n] = '\0';
	/* "12 (name) S 1": a name may hold anything, and nothing behind it a parenthesis. */
	end = strrchr(text, ')');
	return end && sscanf(end + 1, " %*c %d", &parent) == 1 ? parent : 0;
}

/* The subject of @pid when it may state; *@ret_pidfd is the caller's then. */
static uint32_t sayer(struct pw_daemon *daemon, pid_t pid, int *ret_pidfd)
{
	_cleanup_close_ int pidfd = pid > 0 ? (int)syscall(SYS_pidfd_open, pid, 0) : -1;
	uint32_t subject = PW_SUBJECT_OTHERS;

	if (pidfd < 0 || pw_kernel_subject_of(pw_ward_kernel(daemon->ward), pidfd, &subject) < 0 ||
	    !find_policy(daemon, subject))
		return PW_SUBJECT_OTHERS;
	*ret_pidfd = TAKE_FD(pidfd);
	return subject;
}

static int on_end(sd_event_source *source, int fd, uint32_t events, void *data)
{
	struct pw_daemon *daemon = data;

	(void)fd;
	(void)events;
	/* What it still did is recorded as done by whom it had stated. */
	pw_watch_settle(daemon, true);
	for (uint32_t i = 0; i < PW_SUBJECT_IDS; i++)
		if (daemon->actor.sayers[i] == source) {
			forget(daemon, i);
			break;
		}
	return 0;
}

static int watch_end(struct pw_daemon *daemon, uint32_t subject, int pidfd)
{
	sd_event_source *source;
	int r = sd_event_add_io(daemon->event, &source, pidfd, EPOLLIN, on_end, daemon);

	if (r < 0) {
		close(pidfd);
		return r;
	}
	sd_event_source_set_io_fd_own(source, 1);
	sd_event_source_disable_unref(daemon->actor.sayers[subject]);
	daemon->actor.sayers[subject] = source;
	return 0;
}

/* ---- Datagrams ------------------------------------------------------------------------------- */

/* "" or what is wrong with it. */
static const char *deal_with(struct pw_daemon *daemon, struct said *said)
{
	static const char key[] = "ACTOR=";
	char *actor = said->text + strlen(key);
	const struct pw_subject_policy *by;
	uint32_t subject;
	int pidfd = -1;

	while (said->length && said->text[said->length - 1] == '\n')
		said->text[--said->length] = '\0';
	if (strlen(said->text) != said->length || !pw_text_begins(said->text, key) ||
	    strchr(said->text, '\n'))
		return "a statement is ACTOR=login@domain, or ACTOR=, and nothing else";
	if (strlen(actor) >= PW_ACTOR_MAX)
		return "a name has at most 127 bytes";
	if (!daemon->ward)
		return "no policy is in force";
	subject = sayer(daemon, said->from.pid, &pidfd);
	if (!subject)
		subject = sayer(daemon, parent_of(said->from.pid), &pidfd);
	if (!subject)
		return "only members of a subject with `says_who` may state who is at the console";
	pw_watch_settle(daemon, true);	/* what was before is of who was there before */
	forget(daemon, subject);
	if (watch_end(daemon, subject, pidfd) < 0)
		return "phiwardd has no room for it";
	by = find_policy(daemon, subject);
	state_for(daemon, by, subject, actor);
	return "";
}

static bool receive(int fd, struct said *said)
{
	union {
		char bytes[CMSG_SPACE(sizeof(struct ucred)) +
			   CMSG_SPACE(DESCRIPTORS_MAX * sizeof(int))];
		struct cmsghdr aligned;
	} control;
	struct iovec text = { said->text, DATAGRAM_MAX };
	struct msghdr message = { .msg_iov = &text, .msg_iovlen = 1, .msg_control = &control,
				  .msg_controllen = sizeof(control) };
	ssize_t n;

	*said = (struct said){ .from.pid = 0 };
	n = recvmsg(fd, &message, MSG_DONTWAIT | MSG_CMSG_CLOEXEC);
	if (n < 0)
		return false;
	for (struct cmsghdr *c = CMSG_FIRSTHDR(&message); c; c = CMSG_NXTHDR(&message, c)) {
		if (c->cmsg_level != SOL_SOCKET)
			continue;
		if (c->cmsg_type == SCM_CREDENTIALS)
			memcpy(&said->from, CMSG_DATA(c), sizeof(said->from));
		if (c->cmsg_type == SCM_RIGHTS) {
			said->nfds = (c->cmsg_len - CMSG_LEN(0)) / sizeof(int);
			memcpy(said->fds, CMSG_DATA(c), said->nfds * sizeof(int));
		}
	}
	said->length = message.msg_flags & MSG_TRUNC ? 0 : (size_t)n;
	return true;
}

static int on_datagram(sd_event_source *source, int fd, uint32_t events, void *data)
{
	struct pw_daemon *daemon = data;
	struct said said;
	const char *wrong;

	(void)source;
	(void)events;
	if (!receive(fd, &said))
		return 0;
	wrong = deal_with(daemon, &said);
	if (*wrong)
		pw_journal_say(daemon->journal, LOG_WARNING, "not taken as who is at the console, from "
			       "process %d: %s", said.from.pid, wrong);
	if (said.nfds)
		send(said.fds[0], wrong, strlen(wrong), MSG_DONTWAIT | MSG_NOSIGNAL);
	for (size_t i = 0; i < said.nfds; i++)
		close(said.fds[i]);
	return 0;
}

static int bind_at(const char *path)
{
	struct sockaddr_un address = { .sun_family = AF_UNIX };
	_cleanup_close_ int fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	const int on = 1;
	mode_t before;
	int r;

	if (fd < 0 || setsockopt(fd, SOL_SOCKET, SO_PASSCRED, &on, sizeof(on)) < 0)
		return -errno;
	strcpy(address.sun_path, path);
	if (unlink(path) < 0 && errno != ENOENT)
		return -errno;
	before = umask(0111);
	r = bind(fd, (const struct sockaddr *)&address, sizeof(address));
	umask(before);
	return r < 0 ? -errno : TAKE_FD(fd);
}

int pw_actor_open(struct pw_daemon *daemon)
{
	int fd = bind_at(PW_ACTOR_SOCKET), r;

	if (fd < 0)
		return fd;
	r = sd_event_add_io(daemon->event, &daemon->actor.socket, fd, EPOLLIN, on_datagram, daemon);
	if (r < 0) {
		close(fd);
		return r;
	}
	sd_event_source_set_io_fd_own(daemon->actor.socket, 1);
	return 0;
}

void pw_actor_applied(struct pw_daemon *daemon)
{
	for (uint32_t i = 0; i < PW_SUBJECT_IDS; i++)
		if (daemon->actor.sayers[i] && !find_policy(daemon, i))
			forget(daemon, i);
}

void pw_actor_close(struct pw_daemon *daemon)
{
	sd_event_source_disable_unref(daemon->actor.socket);
	for (uint32_t i = 0; i < PW_SUBJECT_IDS; i++)
		sd_event_source_disable_unref(daemon->actor.sayers[i]);
}
