/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What the daemon may do once it runs: few capabilities, nothing in the
 * bounding set, no new privileges, no dumps, and a list of system calls.
 *
 * It stays root: its files, its pins and its socket are root's. Which
 * capability is for what stands in privileges.c; each was taken away in turn
 * on 6.1 and something failed.
 */
#ifndef PW_DAEMON_PRIVILEGES_H
#define PW_DAEMON_PRIVILEGES_H

/* Before anything is read: the environment is forgotten but for what sd_notify(3) needs. */
int pw_privileges_forget_environment(void);

/* Names of users and groups come from this machine's files: no other answer may be waited for. */
int pw_privileges_local_names(void);

/* Drops capabilities. For the threads made afterwards too. */
int pw_privileges_drop(void);

/*
 * System calls outside the list fail with ENOSYS and are logged by the kernel;
 * those that run or look into another program end the process. All threads.
 */
int pw_privileges_filter(void);

#endif
