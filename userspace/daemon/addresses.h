/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The addresses of this machine, kept in map `local_addrs`: a connection to
 * one of them is loopback, whatever the address. Where the daemon is dead the
 * map keeps what it had.
 *
 * A netlink socket says that something changed; what there is now is then
 * read as a whole, so that a lost or unknown message costs nothing.
 */
#ifndef PW_DAEMON_ADDRESSES_H
#define PW_DAEMON_ADDRESSES_H

/* Descriptor to poll for POLLIN, or a negative errno. */
int pw_addresses_open(void);

/* Takes the messages off the descriptor. */
void pw_addresses_clear(int fd);

/*
 * Makes the map (@map_fd, borrowed) hold what getifaddrs(3) says, addresses
 * that appeared first. -E2BIG: there are more than PW_LOCAL_ADDRS_MAX; as
 * many as fit are in it.
 */
int pw_addresses_update(int map_fd);

#endif
