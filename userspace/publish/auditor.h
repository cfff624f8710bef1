/* SPDX-License-Identifier: BSD-2-Clause */
/* Who audits: a certificate that the hospital puts on the console. */
#ifndef PW_PUBLISH_AUDITOR_H
#define PW_PUBLISH_AUDITOR_H

#include <stddef.h>

#define PW_AUDITOR_FILE "/etc/phiward/auditor.pem"

/*
 * Encrypts to it: CMS, DER, AES-256-GCM; the caller frees *@ret. -ENOENT: there is no certificate;
 * -EINVAL: it is none that can be encrypted to.
 */
int pw_auditor_encrypt(const char *text, size_t length, unsigned char **ret, size_t *ret_length);

#endif
