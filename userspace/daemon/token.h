/* SPDX-License-Identifier: BSD-2-Clause */
/* A token of break-glass: who brings it opens what it says, once, on the device that it names. */
#ifndef PW_DAEMON_TOKEN_H
#define PW_DAEMON_TOKEN_H

#include <stddef.h>
#include <stdint.h>

#include "policy/diag.h"

struct pw_daemon;
struct pw_glass_session;

/* The file that came with a request. */
struct pw_glass_token {
	const uint8_t *der;
	size_t length;		/* 0: none came */
};

/*
 * Judges @token for @session of @for_ms, which gets its id and ticket. 0, or with an error as the last
 * of @diag -EACCES and others.
 */
int pw_token_judge(struct pw_daemon *daemon, const struct pw_glass_token *token,
		   struct pw_glass_session *session, uint64_t for_ms, struct pw_diag *diag);

#endif
