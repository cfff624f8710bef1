/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * HTTPS with a certificate of this device, by libcurl. What comes is bounded, and a redirection is
 * not followed. One connection serves what is asked one after the other, and the next one after it
 * resumes its session.
 */
#ifndef PW_FLEET_HTTP_H
#define PW_FLEET_HTTP_H

#include "fleet/config.h"

#define PW_ETAG_SIZE 130

struct pw_http;

struct pw_http_reply {
	long code;		/* 200, 304... */
	char etag[PW_ETAG_SIZE];	/* with its quotes; "": there is none that can be used */
	char *body;		/* with a NUL behind it */
	size_t length;
};

int pw_http_open(const struct pw_fleet_config *config, struct pw_http **ret);
struct pw_http *pw_http_close(struct pw_http *http);

/*
 * @etag: of what is known, or "". At most @max bytes are taken. 0 with a reply, of which the caller
 * frees the body: 200 or 304; -EIO with an error in @diag when it is anything else, or -ENOMEM.
 */
int pw_http_get(struct pw_http *http, const char *url, const char *etag, size_t max,
		struct pw_http_reply *ret, struct pw_diag *diag);

/* 0 when the server has taken it. */
int pw_http_put(struct pw_http *http, const char *url, const char *data, size_t length,
		struct pw_diag *diag);

/* One message of syslog over TLS (RFC 5425), on a connection of its own, to config->syslog. */
int pw_http_syslog(const struct pw_fleet_config *config, const char *message, size_t length,
		   struct pw_diag *diag);

static inline void pw_http_closep(struct pw_http **http)
{
	*http = pw_http_close(*http);
}

#endif
