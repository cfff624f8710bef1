/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef PW_FLEET_EACH_H
#define PW_FLEET_EACH_H

#include <stddef.h>

/* Calls @one with @data and each number below @n, by as many threads as there are processors. */
void pw_each(size_t n, void (*one)(void *data, size_t i), void *data);

#endif
