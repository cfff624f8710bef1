/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The checked policy: what a policy file says once every rule of the language
 * holds. Names are still names; nothing here has touched the file system.
 *
 * Everything is owned by struct pw_policy and lives until pw_policy_free().
 * Subjects and objects refer to each other by index into the policy's arrays;
 * the numbers that the kernel uses are given at publish.
 */
#ifndef PW_POLICY_POLICY_H
#define PW_POLICY_POLICY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <phiward/abi.h>

#define PW_DIGEST_LEN 32

/* Where something stands in the source. Lines and columns count from 1. */
struct pw_position {
	const char *file;
	unsigned int line;
	unsigned int column;
};

/* One source file, as it was read. */
struct pw_source {
	char *name;		/* as given, or as the including file names it */
	char *path;		/* name below the directory of the policy; made by the parser, for positions */
	char *text;		/* length bytes and a NUL */
	size_t length;
	bool site;		/* a site's file over the policy; the last of its sources */
};

/* What stands beside a subject, an object or a rule. Texts are NULL where nothing is said. */
struct pw_remark {
	char *owner;
	char *reason;
	char *risk;		/* the number of a hazard in somebody's risk management */
	bool essential;		/* a site may not take it away */
	int64_t expires;	/* of a rule: seconds since 1970 from which on it no longer holds; 0: never */
	struct pw_position expires_at;
};

/* An absolute path without `.`, `..`, `//` or a trailing slash. */
struct pw_path {
	struct pw_position at;
	char *path;
	bool below;	/* written with a trailing slash: all programs below it */
};

enum pw_volume_kind { PW_VOLUME_UUID = 1, PW_VOLUME_LABEL };

struct pw_volume {
	struct pw_position at;
	enum pw_volume_kind kind;
	char *value;
};

/* As policies and blkid(8) write it before the "=". */
static inline const char *pw_volume_tag(const struct pw_volume *volume)
{
	return volume->kind == PW_VOLUME_UUID ? "UUID" : "LABEL";
}

struct pw_object_policy {
	struct pw_position at;
	struct pw_remark remark;
	char *name;
	struct pw_path *paths;
	size_t npaths;
	struct pw_volume *volumes;
	size_t nvolumes;
	bool removable;		/* media: removable */
	enum pw_audit audit;
	enum pw_on_loss on_loss;
	bool path_digest;	/* path_in_record: digest */
	enum pw_mode mode;	/* PW_MODE_PERMISSIVE here or in the policy means permissive */
};

struct pw_prefix {
	uint8_t addr[PW_ADDR_LEN];	/* network order; IPv4 in the first four bytes; host bits zero */
	uint8_t family;			/* 4 or 6; IPv4-mapped prefixes are stored as 4 */
	uint8_t length;			/* at most 32 or 128 */
	const char *peer;		/* the name under `peers`, or NULL */
};

/* "10.20.0.0/16", "fd00::1", not a peer's name. 0, or -EINVAL and a reason in *@ret_why. */
int pw_prefix_parse(const char *text, struct pw_prefix *ret, const char **ret_why);
/* Whether @addr, as in struct pw_prefix, lies in it. */
bool pw_prefix_covers(const struct pw_prefix *prefix, unsigned int family, const uint8_t *addr);
/* Whether @prefix, one address, is in 127.0.0.0/8 or ::1. */
bool pw_prefix_is_loopback(const struct pw_prefix *prefix);

struct pw_ports {
	uint16_t low;
	uint16_t high;
};

/* A subject of this policy: its index, or one of the words. */
#define PW_SUBJECT_INDEX_OTHERS ((size_t)-1)
#define PW_SUBJECT_INDEX_INIT ((size_t)-2)
#define PW_SUBJECT_INDEX_LOGIN ((size_t)-3)
#define PW_SUBJECT_INDEX_ANYONE ((size_t)-4)

struct pw_subject_list {
	size_t *index;
	size_t n;
};

/* One entry of a `network` list. Its number is what records carry as rule. */
struct pw_net_rule {
	struct pw_position at;
	uint32_t number;		/* from 1, in the order of the sources; index into rules[] + 1 */
	enum pw_direction direction;	/* PW_DIRECTION_INVALID for a `raw` entry */
	struct pw_ports *tcp, *udp;
	size_t ntcp, nudp;
	struct pw_prefix *peers;	/* `to` of connect, `from` of listen */
	size_t npeers;
	struct pw_prefix *answers;	/* who may answer a multicast or broadcast send */
	size_t nanswers;
	char **unix_paths;		/* absolute paths */
	size_t nunix_paths;
	char **unix_abstract;		/* without the @ */
	size_t nunix_abstract;
	bool unix_any;
	struct pw_subject_list local;
	uint32_t raw;			/* PW_RAW_BIT() */
	bool netns_any;
};

struct pw_access {
	struct pw_position at;
	size_t object;			/* index */
	uint32_t actions;		/* PW_ACTION_BIT() */
	uint32_t number;		/* of the rule, as in pw_net_rule */
	bool folded;			/* `audit` says that reads of a run are one record, */
	struct pw_position folded_at;	/* here */
};

struct pw_user {
	struct pw_position at;
	char *name;			/* a name or a decimal number; resolved at publish */
};

struct pw_subject_policy {
	struct pw_position at;
	struct pw_remark remark;
	char *name;
	struct pw_path *exec;
	size_t nexec;
	struct pw_path *helpers;
	size_t nhelpers;
	bool helpers_any;
	struct pw_subject_list started_by;
	bool says_who;			/* its members may state who is at the console */
	struct pw_subject_list says_for;	/* for these too */
	struct pw_user *users;
	size_t nusers;
	struct pw_access *access;
	size_t naccess;
	struct pw_path *writes;
	size_t nwrites;
	bool writes_tty;
	bool writes_pipe;
	struct pw_path *code;		/* what lies under `code`, or pw_code_default at the subject's position */
	size_t ncode;
	bool code_default;		/* the key is not given */
	struct pw_path *protect;
	size_t nprotect;
	struct pw_net_rule *network;
	size_t nnetwork;
	bool updates;			/* may change code sets */
	bool never_block;
	enum pw_mode mode;
	uint32_t system;		/* PW_SYSTEM_BIT() */
	bool reads;			/* may read some object: what it serves is a door */
};

/* The code set of a subject that does not say `code`, beside its programs and helpers. */
extern const char *const pw_code_default[];
extern const size_t pw_code_ndefault;
/* The one of these that @path is or lies below, or NULL. */
const char *pw_code_default_above(const char *path);

enum pw_others_network {
	PW_OTHERS_INVALID,
	PW_OTHERS_DENY,
	PW_OTHERS_LOOPBACK,	/* loopback only */
	PW_OTHERS_ALLOW,
	PW_OTHERS_RULES,	/* the list, and loopback when others_loopback */
};

/* How the log is written and kept. */
struct pw_log_policy {
	uint64_t flush_ms;	/* records reach the disk after this long at the latest */
	uint64_t segment_bytes;	/* a segment of this size is closed, */
	uint64_t age_ms;	/* and one of this age */
	uint64_t keep_ms;	/* a closed segment of this age is deleted; 0: never */
	uint64_t warn_free;	/* percent of the file system; 0: no warning */
};

/* Of a policy that says nothing, and without a policy. */
extern const struct pw_log_policy pw_log_default;

/* Two sections of one shape: who may open what the policy refuses, for how long and how wide. */
enum pw_glass_kind { PW_GLASS_KIND_BREAKGLASS, PW_GLASS_KIND_SERVICE, PW_GLASS_KINDS };

extern const char *const pw_glass_names[PW_GLASS_KINDS];	/* of the sections, and in records */

struct pw_glass_policy {
	bool given;		/* without it nobody may */
	struct pw_position at;
	struct pw_user *users;
	size_t nusers;
	struct pw_user *groups;	/* names of groups, or their numbers */
	size_t ngroups;
	bool tokens;		/* and whoever has a token: userspace/bundle/token.h */
	uint64_t longest_ms;
	struct pw_subject_list subjects;
	size_t *objects;	/* index */
	size_t nobjects;
};

/* What a rule number means to a reader. */
struct pw_rule {
	struct pw_position at;
	struct pw_remark remark;
	size_t subject;		/* index or PW_SUBJECT_INDEX_OTHERS */
};

/* Where a site's file changes a policy. */
struct pw_site_change {
	struct pw_position at;
	const char *name;	/* of a subject or an object; `others`; else a key of the policy */
};

/* A site's file, as far as it speaks of one policy. */
struct pw_site {
	struct pw_position at;	/* of what it says of the policy, or of its beginning */
	char *name;
	uint64_t version;
	struct pw_site_change *changes;
	size_t nchanges;
};

struct pw_policy {
	char *name;
	uint64_t version;
	struct pw_position version_at;
	enum pw_mode mode;
	bool sealed;		/* it is sealed when it is applied */
	enum pw_rescue rescue;	/* how far the kernel command line may go */
	struct pw_log_policy log;
	struct pw_glass_policy glass[PW_GLASS_KINDS];
	struct pw_object_policy *objects;
	size_t nobjects;
	struct pw_subject_policy *subjects;
	size_t nsubjects;
	enum pw_others_network others_network;
	bool others_loopback;
	struct pw_position others_at;	/* of what it holds */
	struct pw_net_rule *others_rules;
	size_t nothers_rules;
	struct pw_rule *rules;	/* rules[number - 1] */
	size_t nrules;
	struct pw_site *site;	/* NULL: the vendor's policy alone */
	struct pw_source *sources;	/* the policy, what it includes in order, and the site's file */
	size_t nsources;
	/* SHA-256 over the texts of all sources with their lengths and the names of the included. */
	uint8_t digest[PW_DIGEST_LEN];
	struct pw_arena *arena;	/* owns all of the above, and this */
};

struct pw_policy *pw_policy_free(struct pw_policy *policy);

/* Of an index as in struct pw_subject_list: its name, or the word. */
const char *pw_subject_name(const struct pw_policy *policy, size_t index);

static inline uint64_t pw_policy_site_version(const struct pw_policy *policy)
{
	return policy->site ? policy->site->version : 0;
}

/* Whether @path is @directory or lies below it; both as in struct pw_path. */
bool pw_path_within(const char *path, const char *directory);
/* As strcmp(3), but the slash comes before every other byte: a directory's content follows it. */
int pw_path_compare(const char *a, const char *b);

static inline void pw_policy_freep(struct pw_policy **policy)
{
	*policy = pw_policy_free(*policy);
}

#endif
