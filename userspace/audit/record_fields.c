// SPDX-License-Identifier: BSD-2-Clause
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>

#include "audit/place.h"
#include "audit/record_fields.h"
#include "common/cleanup.h"
#include "common/words.h"

#define NS_PER_S 1000000000LL
#define ID_UNSET 0xffffffffU	/* what the kernel's audit says before a login */

static void put_text(struct pw_line *line, const char *text)
{
	if (text)
		pw_line_string(line, text, strlen(text));
	else
		pw_line_literal(line, "null");
}

static void put_number(struct pw_line *line, uint64_t number, bool known)
{
	if (known)
		pw_line_u64(line, number);
	else
		pw_line_literal(line, "null");
}

static void put_bool(struct pw_line *line, bool value)
{
	if (value)
		pw_line_literal(line, "true");
	else
		pw_line_literal(line, "false");
}

/* A name of the policy, or its number where the catalog is not at hand. */
static void put_name(struct pw_line *line, char *const *names, size_t n, uint32_t id)
{
	if (names && id < n && names[id]) {
		put_text(line, names[id]);
		return;
	}
	pw_line_literal(line, "\"#");
	pw_line_u64(line, id);
	pw_line_literal(line, "\"");
}

static bool has_task(const struct pw_record_source *f)
{
	return f->event && !(f->event->flags & PW_EVENT_NO_TASK);
}

/* ---- The members of a line ------------------------------------------------------------ */

static void put_schema(struct pw_line *line, const struct pw_record_source *f)
{
	(void)f;
	pw_line_literal(line, PW_STRINGIFY(PW_RECORD_SCHEMA));
}

static void put_seq(struct pw_line *line, const struct pw_record_source *f)
{
	put_number(line, f->event ? f->event->seq : 0, f->event);
}

/* @real: ns since 1970. */
static void put_moment(struct pw_line *line, struct pw_recorder *recorder, int64_t real)
{
	time_t second = (time_t)(real / NS_PER_S);
	struct tm tm;

	if (second != recorder->second && gmtime_r(&second, &tm)) {
		recorder->second_length =
			strftime(recorder->second_text, sizeof(recorder->second_text),
				 "\"%Y-%m-%dT%H:%M:%S", &tm);
		recorder->second = second;
	}
	pw_line_add(line, recorder->second_text, recorder->second_length);
	pw_line_nanoseconds(line, (uint32_t)(real % NS_PER_S));
	pw_line_literal(line, "Z\"");
}

/* @mono: ns since boot. */
static int64_t real_of(const struct pw_recorder *recorder, uint64_t mono)
{
	int64_t real;

	if (__builtin_add_overflow(mono, recorder->real_offset, &real) || real < 0)
		return recorder->now;
	return real;
}

static void put_time(struct pw_line *line, const struct pw_record_source *f)
{
	put_moment(line, f->recorder,
		   f->event ? real_of(f->recorder, f->event->mono) : f->recorder->now);
}

static void put_since(struct pw_line *line, const struct pw_record_source *f)
{
	if (f->event && f->event->first && f->event->count > 1)
		put_moment(line, f->recorder, real_of(f->recorder, f->event->first));
	else
		pw_line_literal(line, "null");
}

static void put_boot(struct pw_line *line, const struct pw_record_source *f)
{
	pw_line_literal(line, "\"");
	pw_line_add(line, f->recorder->boot, PW_BOOT_ID_LEN);
	pw_line_literal(line, "\"");
}

static void put_mono(struct pw_line *line, const struct pw_record_source *f)
{
	put_number(line, f->event ? f->event->mono : 0, f->event);
}

static void put_type(struct pw_line *line, const struct pw_record_source *f)
{
	put_text(line, pw_word_name(&pw_words_record, f->event ? f->event->type : PW_RECORD_GAP));
}

static void put_action(struct pw_line *line, const struct pw_record_source *f)
{
	put_text(line, f->event ? pw_word_name(&pw_words_action, f->event->action) : NULL);
}

static void put_verdict(struct pw_line *line, const struct pw_record_source *f)
{
	put_text(line, f->event ? pw_word_name(&pw_words_verdict, f->event->verdict) : NULL);
}

static void put_enforced(struct pw_line *line, const struct pw_record_source *f)
{
	/* An allowed access takes place in every mode. */
	if (f->event)
		put_bool(line, f->event->verdict == PW_VERDICT_ALLOW ||
				       f->event->flags & PW_EVENT_ENFORCED);
	else
		pw_line_literal(line, "null");
}

static void put_subject(struct pw_line *line, const struct pw_record_source *f)
{
	static char *const built_in[] = { [PW_SUBJECT_OTHERS] = "others", [PW_SUBJECT_INIT] = "init",
					  [PW_SUBJECT_DAEMON] = "phiwardd" };

	if (!f->event)
		pw_line_literal(line, "null");
	else if (f->event->subject < PW_SUBJECT_FIRST)
		put_text(line, built_in[f->event->subject]);
	else
		put_name(line, f->catalog ? f->catalog->subjects : NULL, PW_SUBJECT_IDS,
			 f->event->subject);
}

static void put_object(struct pw_line *line, const struct pw_record_source *f)
{
	if (!f->event || f->event->object == PW_OBJECT_NONE)
		pw_line_literal(line, "null");
	else
		put_name(line, f->catalog ? f->catalog->objects : NULL, PW_OBJECT_IDS,
			 f->event->object);
}

/* NULL when it cannot be read or made: no name is written all the same. */
static const uint8_t *path_key(struct pw_recorder *recorder)
{
	if (!recorder->has_path_key)
		recorder->has_path_key =
			pw_path_key_get(recorder->state_dir, recorder->path_key) == 0;
	return recorder->has_path_key ? recorder->path_key : NULL;
}

static void put_path(struct pw_line *line, const struct pw_record_source *f)
{
	const struct pw_event *e = f->event;
	const struct pw_catalog *catalog = f->catalog;
	struct pw_place place = { 0 };
	const struct pw_mount *mount;

	if (e && !e->dev && e->path_len)
		place = (struct pw_place){ .prefix = "", .names = e->bytes,
					   .length = e->path_len, .text = true };
	else if (e && e->dev && e->root && catalog && e->root < catalog->nroots &&
		 catalog->roots[e->root])
		place = pw_place_below(catalog->roots[e->root], e->bytes, e->path_len,
				       e->flags & PW_EVENT_PATH_CUT);
	else if (e && e->dev && (e->ino || e->path_len))
		place = pw_place_on(&f->recorder->mounts, e->dev, e->bytes, e->path_len,
				    e->flags & PW_EVENT_PATH_CUT, &mount);
	if (e && catalog && e->object < PW_OBJECT_IDS && catalog->path_digests[e->object])
		pw_place_put_digest(line, &place, path_key(f->recorder));
	else
		pw_place_put_in(line, &place, &f->recorder->directory);
}

static void put_dev_member(struct pw_line *line, const struct pw_record_source *f)
{
	if (!f->event || !f->event->dev) {
		pw_line_literal(line, "null");
		return;
	}
	pw_line_literal(line, "\"");
	pw_place_put_dev(line, f->event->dev);
	pw_line_literal(line, "\"");
}

static void put_ino(struct pw_line *line, const struct pw_record_source *f)
{
	put_number(line, f->event ? f->event->ino : 0, f->event && f->event->ino);
}

static void put_proto(struct pw_line *line, const struct pw_record_source *f)
{
	put_text(line, f->event && f->event->proto ?
			       pw_word_name(&pw_words_proto, f->event->proto) : NULL);
}

static void put_addr(struct pw_line *line, const struct pw_record_source *f)
{
	char text[INET6_ADDRSTRLEN];

	put_text(line, f->event && f->event->family ?
			       inet_ntop(f->event->family == 4 ? AF_INET : AF_INET6,
					 f->event->addr, text, sizeof(text)) : NULL);
}

static void put_port(struct pw_line *line, const struct pw_record_source *f)
{
	put_number(line, f->event ? f->event->port : 0, f->event && f->event->family);
}

static void put_program(struct pw_line *line, const struct pw_record_source *f, uint32_t dev,
			const char *names, size_t length, bool cut)
{
	const struct pw_mount *mount;
	struct pw_place place = { 0 };

	if (length)
		place = pw_place_on(&f->recorder->mounts, dev, names, length, cut, &mount);
	pw_place_put(line, &place);
}

static void put_exe(struct pw_line *line, const struct pw_record_source *f)
{
	const struct pw_event *e = f->event;

	/* A number with PW_PROGRAM_BELOW is beyond the catalog. */
	if (e && e->program && f->catalog && e->program < f->catalog->nprograms &&
	    f->catalog->programs[e->program])
		put_text(line, f->catalog->programs[e->program]);
	else
		put_program(line, f, e ? e->exe_dev : 0, e ? e->bytes + e->path_len : NULL,
			    e ? e->exe_len : 0, e && e->flags & PW_EVENT_EXE_CUT);
}

static void put_comm(struct pw_line *line, const struct pw_record_source *f)
{
	if (has_task(f))
		pw_line_string(line, f->event->comm, strnlen(f->event->comm, PW_COMM_LEN));
	else
		pw_line_literal(line, "null");
}

static void put_parent_exe(struct pw_line *line, const struct pw_record_source *f)
{
	const struct pw_event *e = f->event;

	put_program(line, f, e ? e->parent_dev : 0,
		    e ? e->bytes + e->path_len + e->exe_len : NULL, e ? e->parent_len : 0, false);
}

static void put_run(struct pw_line *line, const struct pw_record_source *f)
{
	put_number(line, f->event ? f->event->run : 0, f->event && f->event->run);
}

static void put_ancestor(struct pw_line *line, const struct pw_record_source *f,
			 const struct pw_ancestor *ancestor, const char *names)
{
	pw_line_literal(line, "{\"pid\":");
	pw_line_u64(line, ancestor->tgid);
	pw_line_literal(line, ",\"exe\":");
	put_program(line, f, ancestor->exe_dev, names, ancestor->exe_len, false);
	pw_line_literal(line, "}");
}

/* An empty one at the end stands for those that did not fit. */
static void put_parents(struct pw_line *line, const struct pw_record_source *f)
{
	const struct pw_event *e = f->event;
	struct pw_ancestor ancestor;
	const char *at;
	size_t left;

	if (!e || !(e->chain_len || e->flags & PW_EVENT_CHAIN_CUT)) {
		pw_line_literal(line, "null");
		return;
	}
	pw_line_literal(line, "[");
	at = e->bytes + e->path_len + e->exe_len + e->parent_len;
	for (left = e->chain_len; left; left -= ancestor.exe_len, at += ancestor.exe_len) {
		memcpy(&ancestor, at, sizeof(ancestor));
		at += sizeof(ancestor);
		left -= sizeof(ancestor);
		if (left + sizeof(ancestor) != e->chain_len)
			pw_line_literal(line, ",");
		put_ancestor(line, f, &ancestor, at);
	}
	if (e->flags & PW_EVENT_CHAIN_CUT && e->chain_len)
		pw_line_literal(line, ",");
	if (e->flags & PW_EVENT_CHAIN_CUT)
		pw_line_literal(line, "{\"pid\":null,\"exe\":null}");
	pw_line_literal(line, "]");
}

#define PUT_TASK_NUMBER(name, member, unset)                                                       \
	static void put_##name(struct pw_line *line, const struct pw_record_source *f)                       \
	{                                                                                          \
		put_number(line, f->event ? f->event->member : 0,                                  \
			   has_task(f) && f->event->member != (unset));                            \
	}

PUT_TASK_NUMBER(pid, tgid, 0)
PUT_TASK_NUMBER(tid, tid, 0)
PUT_TASK_NUMBER(ppid, ppid, 0)
PUT_TASK_NUMBER(uid, uid, ID_UNSET)
PUT_TASK_NUMBER(gid, gid, ID_UNSET)
PUT_TASK_NUMBER(auid, auid, ID_UNSET)
PUT_TASK_NUMBER(ses, ses, ID_UNSET)

/* Its path, or its number once it is gone. */
static void put_cgroup(struct pw_line *line, const struct pw_record_source *f)
{
	struct pw_recorder *recorder = f->recorder;
	const char *path;

	if (!has_task(f) || !f->event->cgroup) {
		pw_line_literal(line, "null");
		return;
	}
	path = pw_cgroups_find(&recorder->cgroups, f->event->cgroup, recorder->now);
	if (path) {
		put_text(line, path);
		return;
	}
	pw_line_literal(line, "\"#");
	pw_line_u64(line, f->event->cgroup);
	pw_line_literal(line, "\"");
}

static const struct pw_actor_said *actor_of(const struct pw_record_source *f)
{
	const struct pw_actors *actors = f->recorder->actors;
	uint32_t subject = f->event ? f->event->subject : PW_SUBJECT_OTHERS;

	if (!actors || subject < PW_SUBJECT_FIRST || subject >= PW_SUBJECT_IDS ||
	    !*actors->said[subject].actor)
		return NULL;
	return &actors->said[subject];
}

static void put_actor(struct pw_line *line, const struct pw_record_source *f)
{
	const struct pw_actor_said *said = actor_of(f);

	put_text(line, said ? said->actor : NULL);
}

static void put_actor_by(struct pw_line *line, const struct pw_record_source *f)
{
	const struct pw_actor_said *said = actor_of(f);

	put_text(line, said ? said->by : NULL);
}

/* For the study, once an application can say which it is. */
static void put_null(struct pw_line *line, const struct pw_record_source *f)
{
	(void)f;
	pw_line_literal(line, "null");
}

static void put_peer(struct pw_line *line, const struct pw_record_source *f)
{
	const struct pw_prefix *best = NULL;

	if (f->event && f->event->peer_subject) {
		put_name(line, f->catalog ? f->catalog->subjects : NULL, PW_SUBJECT_IDS,
			 f->event->peer_subject);
		return;
	}
	for (size_t i = 0; f->event && f->event->family && f->catalog && i < f->catalog->npeers; i++) {
		const struct pw_prefix *prefix = &f->catalog->peers[i];

		if (pw_prefix_covers(prefix, f->event->family, f->event->addr) &&
		    (!best || prefix->length > best->length))
			best = prefix;
	}
	put_text(line, best ? best->peer : NULL);
}

static void put_volume(struct pw_line *line, const struct pw_record_source *f)
{
	const struct pw_mount *mount = NULL;

	if (f->event && f->event->dev)
		mount = pw_mounts_find(&f->recorder->mounts, f->event->dev);
	put_text(line, mount ? mount->source : NULL);
}

static void put_phi(struct pw_line *line, const struct pw_record_source *f)
{
	if (has_task(f))
		put_bool(line, f->event->flags & PW_EVENT_PHI);
	else
		pw_line_literal(line, "null");
}

static void put_count(struct pw_line *line, const struct pw_record_source *f)
{
	pw_line_u64(line, f->count);
}

static void put_first(struct pw_line *line, const struct pw_record_source *f)
{
	put_number(line, f->first, f->first);
}

static void put_last(struct pw_line *line, const struct pw_record_source *f)
{
	put_number(line, f->last, f->last);
}

static void put_policy(struct pw_line *line, const struct pw_record_source *f)
{
	put_text(line, f->catalog ? f->catalog->policy : NULL);
}

static void put_version(struct pw_line *line, const struct pw_record_source *f)
{
	put_number(line, f->catalog ? f->catalog->version : 0, f->catalog);
}

static void put_generation(struct pw_line *line, const struct pw_record_source *f)
{
	put_number(line, f->event ? f->event->generation : 0, f->event && f->event->generation);
}

static void put_rule(struct pw_line *line, const struct pw_record_source *f)
{
	put_text(line, f->event && f->catalog ? pw_catalog_where(f->catalog, f->event) : NULL);
}

static void put_reason(struct pw_line *line, const struct pw_record_source *f)
{
	put_text(line, f->reason);
}

#define FIELDS(X)                                                                                  \
	X(START, "schema", put_schema)                                                             \
	X(START, "boot", put_boot)                                                                 \
	X(PROGRAM, "proto", put_proto)                                                             \
	X(PROGRAM, "addr", put_addr)                                                               \
	X(PROGRAM, "port", put_port)                                                               \
	X(PROGRAM, "exe", put_exe)                                                                 \
	X(PROGRAM, "comm", put_comm)                                                               \
	X(TASK, "pid", put_pid)                                                                    \
	X(TASK, "tid", put_tid)                                                                    \
	X(TASK, "ppid", put_ppid)                                                                  \
	X(PARENTS, "parent_exe", put_parent_exe)                                                   \
	X(PARENTS, "run", put_run)                                                                 \
	X(PARENTS, "parents", put_parents)                                                         \
	X(OWNER, "uid", put_uid)                                                                   \
	X(OWNER, "gid", put_gid)                                                                   \
	X(OWNER, "auid", put_auid)                                                                 \
	X(OWNER, "ses", put_ses)                                                                   \
	X(OWNER, "cgroup", put_cgroup)                                                             \
	X(REST, "actor", put_actor)                                                                \
	X(REST, "actor_by", put_actor_by)                                                          \
	X(REST, "study", put_null)                                                                 \
	X(REST, "patient", put_null)                                                               \
	X(REST, "peer", put_peer)                                                                  \
	X(REST, "volume", put_volume)                                                              \
	X(REST, "phi", put_phi)                                                                    \
	X(REST, "policy", put_policy)                                                              \
	X(REST, "version", put_version)                                                            \
	X(REST, "generation", put_generation)                                                      \
	X(REST, "rule", put_rule)                                                                  \
	X(REST, "reason", put_reason)                                                              \
	X(DECISION, "type", put_type)                                                              \
	X(DECISION, "action", put_action)                                                          \
	X(DECISION, "verdict", put_verdict)                                                        \
	X(DECISION, "enforced", put_enforced)                                                      \
	X(DECISION, "subject", put_subject)                                                        \
	X(DECISION, "object", put_object)                                                          \
	X(MOMENT, "seq", put_seq)                                                                  \
	X(MOMENT, "time", put_time)                                                                \
	X(MOMENT, "mono", put_mono)                                                                \
	X(MOMENT, "count", put_count)                                                              \
	X(MOMENT, "first", put_first)                                                              \
	X(MOMENT, "last", put_last)                                                                \
	X(MOMENT, "since", put_since)                                                              \
	X(FILE, "path", put_path)                                                                  \
	X(FILE, "dev", put_dev_member)                                                             \
	X(FILE, "ino", put_ino)

#define FIELD_NAME(group, name, put) name,
const char *const pw_record_fields[] = { FIELDS(FIELD_NAME) };
const size_t pw_record_nfields = PW_ARRAY_SIZE(pw_record_fields);

#define FIELD_WRITER(group, name, put) { PW_GROUP_##group, sizeof(name) + 3, ",\"" name "\":", put },
const struct pw_record_writer pw_record_writers[] = { FIELDS(FIELD_WRITER) };

#define FIELD_OF_HEAD(group, name, put) + (PW_GROUP_##group < PW_GROUP_MOMENT)
const size_t pw_record_head_fields = 0 FIELDS(FIELD_OF_HEAD);
