/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The way out of a policy that does not let a console work: PW_RESCUE_KEY on the kernel
 * command line, as far as `rescue` of the policy goes.
 */
#ifndef PW_PUBLISH_RESCUE_H
#define PW_PUBLISH_RESCUE_H

#include <phiward/words.h>

#define PW_RESCUE_KEY "phiward.mode="

/* What @cmdline asks for: PW_RESCUE_PERMISSIVE, PW_RESCUE_OFF, or PW_RESCUE_NONE. */
enum pw_rescue pw_rescue_parse(const char *cmdline);

/* The same of this boot's; what cannot be read asks for nothing. */
enum pw_rescue pw_rescue_asked(void);

/* How far that goes where a policy allows @allowed. */
enum pw_rescue pw_rescue_granted(enum pw_rescue asked, enum pw_rescue allowed);

#endif
