/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What is really enforced, from what the kernel says and not from what was
 * once done. Works without the daemon, from the pins.
 */
#ifndef PW_PUBLISH_STATUS_H
#define PW_PUBLISH_STATUS_H

#include <json-c/json.h>

#include "publish/ward.h"

/*
 * The object that `phiward status --json` prints. @ward: NULL outside the
 * daemon; then the canary is tried here and now, and what only a daemon knows
 * (pending, scanning) is empty. Errors: -EPERM without the right to look, -ENOMEM.
 */
int pw_status_collect(struct pw_ward *ward, json_object **ret);

#endif
