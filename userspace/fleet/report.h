/* SPDX-License-Identifier: BSD-2-Clause */
/* A console tells how it is: when that changed, and from time to time. */
#ifndef PW_FLEET_REPORT_H
#define PW_FLEET_REPORT_H

#include "fleet/console.h"

/* 0, also where nothing was to be told; -EIO or -EINVAL with an error in @diag. */
int pw_report(struct pw_console *console, struct pw_diag *diag);

#endif
