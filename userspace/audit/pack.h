/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A closed segment becomes a compressed file, a frame at a time, so that whoever works on
 * something else has to wait for a millisecond only. Each frame is unpacked again and compared.
 * The file that was there goes when the other one is on the disk under its name: there is always
 * one of them, and where both are there, readers take the first.
 */
#ifndef PW_AUDIT_PACK_H
#define PW_AUDIT_PACK_H

#include <stdint.h>

struct pw_pack;

/* @dir is borrowed. */
int pw_pack_begin(int dir, uint64_t segment, struct pw_pack **ret);

/* 1: there is more to do; 0: it is done; or an errno, and all is as before. */
int pw_pack_step(struct pw_pack *pack);

/* In the middle it leaves all as before. */
struct pw_pack *pw_pack_end(struct pw_pack *pack);

#endif
