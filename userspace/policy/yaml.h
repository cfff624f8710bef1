/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * From text to a tree that knows where everything stands. What the language
 * leaves out of YAML is refused here: anchors, aliases, tags, duplicate keys,
 * keys that are no plain words, several documents, control characters.
 */
#ifndef PW_POLICY_YAML_H
#define PW_POLICY_YAML_H

#include "common/arena.h"
#include "policy/diag.h"
#include "policy/policy.h"

enum pw_yaml_kind {
	PW_YAML_ANY,		/* never of a node */
	PW_YAML_ANY_LIST,	/* never of a node: a list, also an empty one */
	PW_YAML_SCALAR,
	PW_YAML_LIST,
	PW_YAML_MAP,
	PW_YAML_REFUSED,	/* already reported: readers pass over it */
};

struct pw_yaml {
	enum pw_yaml_kind kind;
	struct pw_position at;
	const char *text;	/* of a scalar; no control characters; "" where nothing is written */
	bool plain;		/* written without quotes */
	size_t n;		/* items of a list, keys of a map */
	struct pw_yaml *first, *last;
	struct pw_yaml *next;	/* the following item, or key */
	struct pw_yaml *value;	/* of a key */
};

/*
 * The root is NULL where there is none. Errors go to @diag; the text is bounded
 * by @max bytes, the nesting by PW_POLICY_DEPTH_MAX. @file is kept in
 * the positions. Returns -EINVAL when no tree could be made, -ENOMEM, or 0;
 * then @diag may still hold errors.
 */
int pw_yaml_read_bounded(struct pw_arena *arena, const char *file, const char *text, size_t length,
			 size_t max, struct pw_diag *diag, struct pw_yaml **ret);

/* A policy, or what stands beside one: PW_POLICY_BYTES_MAX. */
int pw_yaml_read(struct pw_arena *arena, const char *file, const char *text, size_t length,
		 struct pw_diag *diag, struct pw_yaml **ret);

#endif
