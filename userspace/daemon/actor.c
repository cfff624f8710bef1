// SPDX-License-Identifier: BSD-2-Clause
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <limits.h>
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
#include "publish/ids.h"
#include "publish/pins.h"
#include "publish/store.h"

#define ACTORS_FILE "actors.json"
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

	state->sayers[subject].end = sd_event_source_disable_unref(state->sayers[subject].end);
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

/* ---- What is kept for the next start --------------------------------------------------------- */

static json_object *kept_sayer(const struct pw_actor_state *state, uint32_t subject)
{
	json_object *object = json_object_new_object();

	if (!object || pw_json_add(object, "subject", json_object_new_uint64(subject)) < 0 ||
	    pw_json_add(object, "pid", json_object_new_uint64((uint64_t)state->sayers[subject].pid)) < 0 ||
	    pw_json_add(object, "started", json_object_new_uint64(state->sayers[subject].started)) < 0) {
		json_object_put(object);
		return NULL;
	}
	return object;
}

static json_object *kept_statement(const struct pw_actor_state *state, uint32_t subject)
{
	const struct pw_actor_said *said = &state->actors.said[subject];
	json_object *object = json_object_new_object();

	if (!object || pw_json_add(object, "subject", json_object_new_uint64(subject)) < 0 ||
	    pw_json_add(object, "actor", json_object_new_string(said->actor)) < 0 ||
	    pw_json_add(object, "by_subject", json_object_new_uint64(said->by_subject)) < 0 ||
	    pw_json_add(object, "by", json_object_new_string(said->by)) < 0) {
		json_object_put(object);
		return NULL;
	}
	return object;
}

static int add_kept(const struct pw_actor_state *state, json_object *object)
{
	json_object *sayers = json_object_new_array(), *said;
	int r = pw_json_add(object, "sayers", sayers);

	if (r < 0)
		return r;
	said = json_object_new_array();
	r = pw_json_add(object, "said", said);
	for (uint32_t i = 0; r == 0 && i < PW_SUBJECT_IDS; i++) {
		if (state->sayers[i].end)
			r = pw_json_append(sayers, kept_sayer(state, i));
		if (r == 0 && state->actors.said[i].by_subject)
			r = pw_json_append(said, kept_statement(state, i));
	}
	return r;
}

static void keep(struct pw_daemon *daemon)
{
	_cleanup_(pw_json_putp) json_object *object = json_object_new_object();
	char boot[PW_BOOT_ID_LEN + 1];
	int r = object ? pw_boot_id(boot) : -ENOMEM;

	if (r == 0)
		r = pw_json_add(object, "boot", json_object_new_string(boot));
	if (r == 0)
		r = add_kept(&daemon->actor, object);
	if (r == 0)
		r = pw_store_write_json(daemon->directories.state, ACTORS_FILE, object);
	if (r < 0)
		pw_journal_say(daemon->journal, LOG_ERR, "who is at the console cannot be kept for the "
			       "next start of phiwardd: %s", strerror(-r));
}

/* ---- Who states ------------------------------------------------------------------------------ */

/* What /proc says of a process, or all 0. */
struct process {
	pid_t parent;
	uint64_t started;
};

static struct process process_of(pid_t pid)
{
	char path[32], text[1024], *end;
	struct process process = { 0 };
	_cleanup_close_ int fd = -1;
	ssize_t n;

	snprintf(path, sizeof(path), "/proc/%d/stat", pid);
	fd = open(path, O_RDONLY | O_CLOEXEC);
	n = fd < 0 ? -1 : read(fd, text, sizeof(text) - 1);
	if (n <= 0)
		return process;
	text[n] = '\0';
	/* "12 (name) S 1": a name may hold anything, and nothing behind it a parenthesis. */
	end = strrchr(text, ')');
	if (!end || sscanf(end + 1, " %*c %d %*d %*d %*d %*d %*u %*u %*u %*u %*u %*u %*u %*d %*d %*d %*d %*d "
			   "%*d %" SCNu64, &process.parent, &process.started) != 2)
		return (struct process){ 0 };
	return process;
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
		if (daemon->actor.sayers[i].end == source) {
			forget(daemon, i);
			break;
		}
	keep(daemon);
	return 0;
}

/* Takes over @pidfd, which is of @pid. */
static int watch_end(struct pw_daemon *daemon, uint32_t subject, pid_t pid, uint64_t started,
		     int pidfd)
{
	struct pw_actor_sayer *sayer = &daemon->actor.sayers[subject];
	sd_event_source *end;
	int r = sd_event_add_io(daemon->event, &end, pidfd, EPOLLIN, on_end, daemon);

	if (r < 0) {
		close(pidfd);
		return r;
	}
	sd_event_source_set_io_fd_own(end, 1);
	sd_event_source_disable_unref(sayer->end);
	*sayer = (struct pw_actor_sayer){ end, pid, started };
	return 0;
}

/* ---- What was kept ---------------------------------------------------------------------------- */

static bool subject_in(json_object *object, const char *key, uint32_t *ret)
{
	uint64_t subject;

	if (!pw_json_u64(object, key, &subject) || subject < PW_SUBJECT_FIRST || subject >= PW_SUBJECT_IDS)
		return false;
	*ret = (uint32_t)subject;
	return true;
}

static int restore_sayer(struct pw_daemon *daemon, json_object *object)
{
	uint64_t pid, started;
	uint32_t subject;
	int pidfd;

	if (!subject_in(object, "subject", &subject) || !pw_json_u64(object, "pid", &pid) || !pid ||
	    pid > INT_MAX || !pw_json_u64(object, "started", &started))
		return -EBADMSG;
	/* First the descriptor: should the process end now, that is told. */
	pidfd = (int)syscall(SYS_pidfd_open, (pid_t)pid, 0);
	if (pidfd < 0)
		return errno == ESRCH ? 0 : -errno;
	if (process_of((pid_t)pid).started != started) {
		close(pidfd);
		return 0;
	}
	return watch_end(daemon, subject, (pid_t)pid, started, pidfd);
}

static int restore_statement(struct pw_daemon *daemon, json_object *object)
{
	const char *actor, *by;
	uint32_t subject, by_subject;

	if (!subject_in(object, "subject", &subject) || !subject_in(object, "by_subject", &by_subject) ||
	    !pw_json_string(object, "actor", &actor) || strlen(actor) >= PW_ACTOR_MAX ||
	    !pw_json_string(object, "by", &by) || strlen(by) >= PW_NAME_MAX)
		return -EBADMSG;
	if (daemon->actor.sayers[by_subject].end)
		say(&daemon->actor.actors, subject, actor, by_subject, by);
	return 0;
}

static int restore_each(struct pw_daemon *daemon, json_object *object, const char *key,
			int (*restore)(struct pw_daemon *daemon, json_object *object))
{
	json_object *array;

	if (!pw_json_array(object, key, &array))
		return -EBADMSG;
	for (size_t i = 0; i < json_object_array_length(array); i++) {
		int r = restore(daemon, json_object_array_get_idx(array, i));

		if (r < 0)
			return r;
	}
	return 0;
}

static int restore_all(struct pw_daemon *daemon)
{
	_cleanup_(pw_json_putp) json_object *object = NULL;
	char boot[PW_BOOT_ID_LEN + 1];
	const char *kept_boot;
	int r = pw_boot_id(boot);

	if (r == 0)
		r = pw_store_read_json(daemon->directories.state, ACTORS_FILE, &object);
	if (r < 0)
		return r == -ENOENT ? 0 : r;
	if (!pw_json_string(object, "boot", &kept_boot))
		return -EBADMSG;
	if (strcmp(kept_boot, boot) != 0)
		return 0;
	r = restore_each(daemon, object, "sayers", restore_sayer);
	return r < 0 ? r : restore_each(daemon, object, "said", restore_statement);
}

/* ---- Datagrams ------------------------------------------------------------------------------- */

/* "" or what is wrong with it. */
static const char *deal_with(struct pw_daemon *daemon, struct said *said)
{
	static const char key[] = "ACTOR=";
	char *actor = said->text + strlen(key);
	const struct pw_subject_policy *by;
	pid_t pid = said->from.pid;
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
	subject = sayer(daemon, pid, &pidfd);
	if (!subject) {
		pid = process_of(pid).parent;
		subject = sayer(daemon, pid, &pidfd);
	}
	if (!subject)
		return "only members of a subject with `says_who` may state who is at the console";
	pw_watch_settle(daemon, true);	/* what was before is of who was there before */
	forget(daemon, subject);
	if (watch_end(daemon, subject, pid, process_of(pid).started, pidfd) < 0)
		return "phiwardd has no room for it";
	by = find_policy(daemon, subject);
	state_for(daemon, by, subject, actor);
	keep(daemon);
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
	r = restore_all(daemon);
	if (r < 0) {
		pw_journal_say(daemon->journal, LOG_ERR, "who was at the console is not known any more: "
			       PW_STATE_DIR "/" ACTORS_FILE ": %s", strerror(-r));
		for (uint32_t i = PW_SUBJECT_FIRST; i < PW_SUBJECT_IDS; i++)
			forget(daemon, i);
	}
	return 0;
}

void pw_actor_applied(struct pw_daemon *daemon)
{
	uint64_t changes = daemon->actor.actors.changes;

	for (uint32_t i = 0; i < PW_SUBJECT_IDS; i++)
		if (daemon->actor.sayers[i].end && !find_policy(daemon, i))
			forget(daemon, i);
	if (daemon->actor.actors.changes != changes)
		keep(daemon);
}

void pw_actor_close(struct pw_daemon *daemon)
{
	sd_event_source_disable_unref(daemon->actor.socket);
	for (uint32_t i = 0; i < PW_SUBJECT_IDS; i++)
		sd_event_source_disable_unref(daemon->actor.sayers[i].end);
}
