/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The first key of a boot, with which the module authenticates the log. The module gives
 * it once, while the gate is shut; the auditor's certificate is what it is encrypted to
 * before it is written anywhere. Without a certificate nobody has it, and the boot is weak.
 */
#ifndef PW_PUBLISH_FIRST_KEY_H
#define PW_PUBLISH_FIRST_KEY_H

#include <stdbool.h>

#include "publish/ids.h"

/*
 * Takes it and keeps it in @state_dir as CMS, by the boot's id. -ENOENT: there is no
 * certificate, and the key is left where it is; -EINVAL: it is none that can be encrypted
 * to, likewise; other errors: the key is lost.
 */
int pw_first_key_take(int state_dir);

/* What the file of a boot's key is called. */
#define PW_FIRST_KEY_NAME_MAX (PW_BOOT_ID_LEN + 16)
void pw_first_key_name(char name[static PW_FIRST_KEY_NAME_MAX], const char *boot);

/* Whether that of this boot is there. */
bool pw_first_key_kept(int state_dir);

#endif
