/* SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause) */
/* The version that phiward, phiwardd and the kernel module report. */
#ifndef PHIWARD_VERSION_H
#define PHIWARD_VERSION_H

#define PW_VERSION "0.1.0"

#endif
