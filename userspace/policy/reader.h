/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Inside the policy stage: from the tree to struct pw_policy. A mapping is read
 * by a table of its keys; what the table does not name is refused. Readers
 * report to reader->diag and go on, so that one run finds all errors.
 * userspace/bundle reads its files with schema.c too; there reader->policy is NULL.
 */
#ifndef PW_POLICY_READER_H
#define PW_POLICY_READER_H

#include "common/arena.h"
#include "common/cleanup.h"
#include "common/words.h"
#include "policy/diag.h"
#include "policy/policy.h"
#include "policy/source.h"
#include "policy/yaml.h"

/* Names in order of the alphabet, for searching; `index` is the caller's. */
struct pw_symbol {
	const char *name;
	struct pw_position at;
	size_t index;
};

struct pw_symbols {
	struct pw_symbol *list;
	size_t n;
};

struct pw_peer {
	struct pw_position at;
	const char *name;
	struct pw_prefix *prefixes;
	size_t nprefixes;
	bool used;
	bool site;		/* from a site's file, which is one for many policies */
};

enum pw_param_type {
	PW_PARAM_INVALID,
	PW_PARAM_PEER,
	PW_PARAM_CIDR,
	PW_PARAM_PORT,
	PW_PARAM_PATH,
	PW_PARAM_USER,
	PW_PARAM_DURATION,
};

/* What a policy leaves to the site. */
struct pw_param {
	struct pw_position at;
	const char *name;
	enum pw_param_type type;
	const struct pw_yaml *allowed;	/* a list, or the word any */
	const struct pw_yaml *value;	/* the site's, else the default: a single one or a list */
	struct pw_remark remark;
	bool used;
	bool wrong;			/* it has no value that can be used, which has been reported */
};

/* What of a policy with a site's file is read. */
enum pw_layer {
	PW_LAYER_MERGED,	/* what is in force */
	PW_LAYER_VENDOR,	/* without the site's changes, but with its parameters */
	PW_LAYER_OPEN,		/* and with all that the vendor opens to a site */
};

struct pw_reader {
	struct pw_policy *policy;
	enum pw_layer layer;
	struct pw_arena *arena;		/* policy->arena */
	struct pw_diag *diag;
	const struct pw_supply *supply;
	struct pw_arena *trees;		/* what goes when the policy is read */
	struct pw_yaml **roots;		/* of policy->sources; NULL where there is none, and of the site's */
	struct pw_yaml *site_root;	/* of the site's file; NULL: none */
	struct pw_param *params;
	size_t nparams;
	struct pw_symbols param_names;
	size_t bytes;			/* of all sources */
	struct pw_peer *peers;
	size_t npeers;
	struct pw_symbols peer_names, object_names, subject_names;
	size_t nprefixes;		/* in all rules so far, peers expanded */
	size_t rules_size;
	bool out_of_memory;		/* beside what the arenas know */
};

struct pw_key {
	const char *name;
	enum pw_yaml_kind kind;		/* PW_YAML_ANY: @parse looks for itself */
	const char *stated;		/* what may stand there, of a key that must; else NULL */
	void (*parse)(struct pw_reader *reader, const struct pw_yaml *node, void *out);
};

#define pw_error(reader, at, ...) pw_diag_add((reader)->diag, PW_DIAG_ERROR, (at), __VA_ARGS__)
#define pw_warn(reader, at, ...) pw_diag_add((reader)->diag, PW_DIAG_WARNING, (at), __VA_ARGS__)

/* schema.c */

/* Reads @map, which is @what ("a subject") and stands at @at. */
void pw_map_read(struct pw_reader *reader, const struct pw_yaml *map, const char *what,
		 const struct pw_position *at, const struct pw_key *keys, size_t nkeys, void *out);

/* The value of @key in @map, or NULL. */
const struct pw_yaml *pw_map_value(const struct pw_yaml *map, const char *key);

/* Whether @node is of @kind and, but for PW_YAML_ANY_LIST, not empty; reports when not. @name is its key. */
bool pw_kind_is(struct pw_reader *reader, const struct pw_yaml *node, enum pw_yaml_kind kind,
		const char *name);

/* The readers of scalars report and return 0 or false. */
unsigned int pw_read_word(struct pw_reader *reader, const struct pw_yaml *node, const char *what,
			  const struct pw_words *words);
enum pw_mode pw_read_mode(struct pw_reader *reader, const struct pw_yaml *node);
bool pw_read_bool(struct pw_reader *reader, const struct pw_yaml *node);
/* Letters, digits, '.', '_' and '-', a letter first, shorter than PW_NAME_MAX. */
bool pw_read_name(struct pw_reader *reader, const struct pw_yaml *node, const char *what);

/* Sorts; reports every name that is there twice as @what. */
void pw_symbols_sort(struct pw_reader *reader, struct pw_symbols *names, const char *what);
const struct pw_symbol *pw_symbols_find(const struct pw_symbols *names, const char *name);
void pw_symbols_offer(const struct pw_symbols *names, struct pw_near *near);

/* "" or "; did you mean 'x'?", for the end of a message; valid until the arena goes. */
const char *pw_suggestion(struct pw_reader *reader, const struct pw_near *near);

/* parse.c */

/* The value of `phiward`. */
void pw_read_schema(struct pw_reader *reader, const struct pw_yaml *node, void *out);

void pw_read_version(struct pw_reader *reader, const struct pw_yaml *node, uint64_t *ret);

/* remarks.c */

/* The keys of a remark, for the tables of mappings in which one may stand; pw_read_remark() reads them. */
#define PW_REMARK_KEYS                                                                               \
	{"owner", PW_YAML_SCALAR, NULL, pw_read_elsewhere},                                        \
	{"reason", PW_YAML_SCALAR, NULL, pw_read_elsewhere},                                       \
	{"risk", PW_YAML_SCALAR, NULL, pw_read_elsewhere},                                         \
	{"essential", PW_YAML_SCALAR, NULL, pw_read_elsewhere}
#define PW_RULE_REMARK_KEYS PW_REMARK_KEYS, {"expires", PW_YAML_SCALAR, NULL, pw_read_elsewhere}
void pw_read_elsewhere(struct pw_reader *reader, const struct pw_yaml *node, void *out);
/* @rule: it may expire. */
void pw_read_remark(struct pw_reader *reader, const struct pw_yaml *map, bool rule,
		  struct pw_remark *ret);
void pw_read_remark_text(struct pw_reader *reader, const struct pw_yaml *node, char **ret);

/* params.c */

/* Reads the parameters and puts their values into the trees; -ENOMEM or 0. */
int pw_read_params(struct pw_reader *reader);
/* Whether a peer of this name means the same in all policies. */
bool pw_peer_is_reserved(const char *name);

/* site.c */

/* What the site's file says of this policy, or NULL. */
struct pw_yaml *pw_site_part(const struct pw_reader *reader);
/* The value of `site_may`. */
void pw_check_site_may(struct pw_reader *reader, const struct pw_yaml *map);
/* Reads the site's file and changes the trees of the policy as reader->layer wants it. */
void pw_site_merge(struct pw_reader *reader);

/* show.c */

/* The policy as one text, each line with where it comes from; when it is read. */
void pw_policy_put(const struct pw_reader *reader, FILE *to);

/* path.c */

/* An absolute path; a trailing slash is taken off and kept as `below`. */
bool pw_read_path(struct pw_reader *reader, const struct pw_yaml *node, struct pw_path *ret);
/* A list of paths whose trailing slashes mean nothing. */
struct pw_path *pw_read_paths(struct pw_reader *reader, const struct pw_yaml *list, size_t *ret_n);

/* address.c */

/* A list of addresses for `peers`. */
struct pw_prefix *pw_read_addresses(struct pw_reader *reader, const struct pw_yaml *list,
				    const char *peer, size_t *ret_n);
/* A list of addresses, `any` and names of peers, for rules. */
struct pw_prefix *pw_read_peers(struct pw_reader *reader, const struct pw_yaml *list,
				size_t *ret_n);
/* A port or a range. */
bool pw_read_port(struct pw_reader *reader, const struct pw_yaml *item, struct pw_ports *ret);
/* A list of ports and ranges; sorted, touching ranges united. */
struct pw_ports *pw_read_ports(struct pw_reader *reader, const struct pw_yaml *list,
			       size_t *ret_n);

/* log.c: a whole number and its unit in one piece, "400d", between two such; @out in ms */
void pw_read_time(struct pw_reader *reader, const struct pw_yaml *node, const char *name,
		  const char *low, const char *high, uint64_t *out);

/* glass.c */
void pw_read_glass(struct pw_reader *reader, const struct pw_yaml *node,
		   struct pw_glass_policy *glass);

/* sections.c; -ENOMEM or 0 */
int pw_read_sections(struct pw_reader *reader);

struct pw_place;

/* code.c */

/* pw_code_default as paths that stand at @at. */
struct pw_path *pw_code_take_default(struct pw_reader *reader, const struct pw_position *at,
				     size_t *ret_n);
/* @place is of an object: not in what is stated as code or protected. */
void pw_code_check_object(struct pw_reader *reader, const struct pw_place *place);
/* @place is of `code` or `protect`, and lies in @object. */
void pw_code_check_inside(struct pw_reader *reader, const struct pw_place *place,
			  const struct pw_place *object);
/* @place is of `writes` or a socket: only `updates` writes in a code set. */
void pw_code_check_written(struct pw_reader *reader, const struct pw_place *place);

/* log.c */

void pw_read_log(struct pw_reader *reader, const struct pw_yaml *node, struct pw_log_policy *log);

/* objects.c, subjects.c, network.c */

void pw_read_object(struct pw_reader *reader, const struct pw_yaml *node,
		    struct pw_object_policy *object);
void pw_read_subject(struct pw_reader *reader, const struct pw_yaml *node,
		     struct pw_subject_policy *subject);
void pw_read_others(struct pw_reader *reader, const struct pw_yaml *node, void *out);

/* A list of at most PW_USERS_PER_SUBJECT names or numbers of users; @one is "user" or "group". */
struct pw_user *pw_read_users(struct pw_reader *reader, const struct pw_yaml *list, const char *one,
			      const char *in, size_t *ret_n);

/* A list of rules. @subject: index or PW_SUBJECT_INDEX_OTHERS. */
struct pw_net_rule *pw_read_rules(struct pw_reader *reader, const struct pw_yaml *list,
				  size_t subject, size_t *ret_n);
/* A list of subjects; @words says which of the words beside names it may hold. */
#define PW_WORD_OTHERS (1U << 0)
#define PW_WORD_INIT (1U << 1)
#define PW_WORD_LOGIN (1U << 2)
#define PW_WORD_ANYONE (1U << 3)
void pw_read_subjects(struct pw_reader *reader, const struct pw_yaml *list, unsigned int words,
		      struct pw_subject_list *ret);
/* The next rule number, or 0 when there are no more. @map: where the rule's remark may stand, or NULL. */
uint32_t pw_rule_number(struct pw_reader *reader, const struct pw_position *at, size_t subject,
			const struct pw_yaml *map);

/* check.c: what no single mapping can know */
void pw_policy_check(struct pw_reader *reader);

/* policy.c */
int pw_policy_digest(struct pw_policy *policy);

#endif
