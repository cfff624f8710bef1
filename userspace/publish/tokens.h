/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Which tokens of break-glass were used here: none is a second time. Kept beside the accepted policy; no
 * program but phiwardd can write there.
 */
#ifndef PW_PUBLISH_TOKENS_H
#define PW_PUBLISH_TOKENS_H

#include "policy/diag.h"

/* 0: @id was not used; -EALREADY: it was; -EBADMSG: that cannot be known. With an error in @diag. */
int pw_tokens_check(int state_dir, const char *id, struct pw_diag *diag);
int pw_tokens_spend(int state_dir, const char *id, struct pw_diag *diag);

#endif
