/* SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause) */
/*
 * Every bound of phiward. A policy that exceeds one is refused when it is
 * compiled, with the line that exceeds it; nothing is ever cut to fit.
 */
#ifndef PHIWARD_LIMITS_H
#define PHIWARD_LIMITS_H

#define PW_NAME_MAX 64		/* name of an object, subject or peer, with its NUL */
#define PW_COMM_LEN 16		/* TASK_COMM_LEN */
#define PW_FILE_NAME_MAX 256	/* one path component, with its NUL */
#define PW_UUID_LEN 16
#define PW_ADDR_LEN 16

#define PW_POLICY_BYTES_MAX (1U << 20) /* a policy with all that it includes */
#define PW_POLICY_DEPTH_MAX 16	/* lists and mappings of a policy file within each other */
#define PW_INCLUDES_MAX 16	/* files that one policy includes */
#define PW_DIAGNOSTICS_MAX 200	/* errors, warnings and notes kept of one policy */

#define PW_BUNDLE_BYTES_MAX (8U << 20)	/* a bundle, as a file and as what is signed of it */
#define PW_BUNDLE_FILES_MAX 64
#define PW_BUNDLE_SIGNERS_MAX 16
#define PW_TRUST_FILE_BYTES_MAX (4U << 20)	/* one file of certificates, or a revocation list */
#define PW_TRUST_ROLES_MAX 16
#define PW_TRUST_FILES_MAX 256	/* files that one trust.yaml names */

/*
 * Ids of objects and subjects are given once per name and never reused during
 * a boot; a policy that would need more is refused until the next boot.
 */
#define PW_OBJECT_IDS 64	/* id 0: no object */
#define PW_SUBJECT_IDS 256	/* id 0: others */

#define PW_FS_MAX 16		/* file systems that hold something the policy names */
#define PW_ROOTS_MAX 4096	/* resolved paths of one policy: objects, writes, code, unix sockets */
#define PW_LINKS_MAX 65536	/* files of objects with more than one link */
#define PW_PROGRAMS_MAX 4096	/* programs and helpers of one policy */
#define PW_SCRIPT_PATH_MAX 256	/* path of a script, with its NUL */
#define PW_PROGRAM_SUBJECTS 8	/* subjects that may share one program */
#define PW_PLACES_MAX 512	/* places under `writes` */
#define PW_CODE_SETS_MAX 1024	/* code sets that differ */
#define PW_USERS_PER_SUBJECT 16

#define PW_PORT_RANGES 32	/* disjoint port ranges for one address of one subject */
#define PW_PORT_SETS_MAX 8192	/* different sets of port ranges in one policy */
#define PW_PREFIXES_MAX 65536	/* subject x direction x protocol x prefix */
#define PW_DOORS_MAX 1024	/* ports and unix sockets that give access to objects */
#define PW_LOCAL_ADDRS_MAX 1024	/* addresses of this machine */
#define PW_LABELS_MAX 65536	/* members that run at the same time */
#define PW_REPEATS_MAX 4096	/* kinds of refusals and of uses that are being counted at a time */
#define PW_RECENT 8		/* what a process was last allowed, to see what it does again */
#define PW_ANNOUNCED_MAX 4096	/* connections by loopback between connect and accept */
#define PW_RULES_MAX 65535	/* numbered rules of one policy */

#define PW_LOG_SEGMENT_MAX (64U << 20)	/* bytes of a segment of the log, but for its last lines */

#define PW_WALK_MAX 128		/* levels from a file up to the root of its file system */
#define PW_PATH_DEPTH 24	/* names of a path that fit a record */
#define PW_PATH_BYTES 1024

#endif
