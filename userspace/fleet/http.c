// SPDX-License-Identifier: BSD-2-Clause
#include "fleet/http.h"

#include <ctype.h>
#include <errno.h>
#include <poll.h>
#include <string.h>
#include <strings.h>

#include <curl/curl.h>
#include <openssl/ssl.h>

#include "common/cleanup.h"

#define CONNECT_S 20L
#define WHOLE_S 600L
#define SLOWEST 100L		/* bytes a second, for SLOWEST_S: then it is taken for dead */
#define SLOWEST_S 30L
#define SEND_MS 30000

struct pw_http {
	CURL *easy;
	const struct pw_fleet_config *config;
	bool compatible;	/* with what stands between and takes TLS 1.3 for something else */
};

/* What one request is about. */
struct exchange {
	struct pw_http_reply *reply;
	size_t max, capacity;
	bool too_long;
	const char *data;	/* to be sent */
	size_t left;
};

int pw_http_open(const struct pw_fleet_config *config, struct pw_http **ret)
{
	_cleanup_free_ struct pw_http *http = calloc(1, sizeof(*http));

	if (!http || curl_global_init(CURL_GLOBAL_DEFAULT))
		return -ENOMEM;
	http->config = config;
	http->easy = curl_easy_init();
	if (!http->easy)
		return -ENOMEM;
	*ret = TAKE_PTR(http);

	return 0;
}

struct pw_http *pw_http_close(struct pw_http *http)
{
	if (http)
		curl_easy_cleanup(http->easy);
	free(http);

	return NULL;
}

/* ---- What comes ---------------------------------------------------------------------------- */

static size_t take_body(char *data, size_t size, size_t n, void *user)
{
	struct exchange *exchange = user;
	struct pw_http_reply *reply = exchange->reply;
	char *more;

	n *= size;
	if (n > exchange->max - reply->length) {
		exchange->too_long = true;
		return 0;
	}
	if (reply->length + n > exchange->capacity) {
		exchange->capacity = 2 * (reply->length + n);
		more = realloc(reply->body, exchange->capacity + 1);
		if (!more)
			return 0;
		reply->body = more;
	}
	memcpy(reply->body + reply->length, data, n);
	reply->length += n;
	reply->body[reply->length] = '\0';

	return n;
}

/* What is sent back as it came must be nothing but that. */
static bool is_etag(const char *text, size_t n)
{
	if (n < 2 || n >= PW_ETAG_SIZE || text[n - 1] != '"')
		return false;
	for (size_t i = 0; i < n; i++)
		if (text[i] <= ' ' || text[i] > '~')
			return false;

	return true;
}

static size_t take_header(char *line, size_t size, size_t n, void *user)
{
	static const char name[] = "etag:";
	struct pw_http_reply *reply = ((struct exchange *)user)->reply;
	const char *at = line + sizeof(name) - 1, *end = line + size * n;

	if (size * n < sizeof(name) || strncasecmp(line, name, sizeof(name) - 1))
		return size * n;
	while (at < end && *at == ' ')
		at++;
	while (end > at && isspace((unsigned char)end[-1]))
		end--;
	if (is_etag(at, (size_t)(end - at)))
		snprintf(reply->etag, sizeof(reply->etag), "%.*s", (int)(end - at), at);

	return size * n;
}

static size_t give_body(char *buffer, size_t size, size_t n, void *user)
{
	struct exchange *exchange = user;

	n = size * n < exchange->left ? size * n : exchange->left;
	memcpy(buffer, exchange->data, n);
	exchange->data += n;
	exchange->left -= n;

	return n;
}

/* ---- One request --------------------------------------------------------------------------- */

/*
 * A poll is to be small: no room for what old servers choked on, nor, where nobody asks for it, for what
 * makes TLS 1.3 look like a session of TLS 1.2 (RFC 8446, D.4), which are 76 bytes.
 */
static CURLcode set_context(CURL *easy, void *context, void *user)
{
	const struct pw_http *http = user;

	(void)easy;
	SSL_CTX_clear_options(context, SSL_OP_TLSEXT_PADDING);
	SSL_CTX_set_options(context, SSL_OP_NO_ENCRYPT_THEN_MAC);	/* AEAD alone is offered */
	if (!http->compatible)
		SSL_CTX_clear_options(context, SSL_OP_ENABLE_MIDDLEBOX_COMPAT);

	return SSL_CTX_set1_sigalgs_list(context, "ECDSA+SHA256:RSA-PSS+SHA256:RSA+SHA256:"
					 "ECDSA+SHA384:RSA-PSS+SHA384:RSA+SHA384:ed25519") ?
	       CURLE_OK : CURLE_SSL_CIPHER;
}

static void set_common(struct pw_http *http, const char *url)
{
	const struct pw_fleet_config *config = http->config;
	CURL *easy = http->easy;

	curl_easy_reset(easy);	/* connections and sessions stay */
	curl_easy_setopt(easy, CURLOPT_URL, url);
	curl_easy_setopt(easy, CURLOPT_PROTOCOLS_STR, "https");
	curl_easy_setopt(easy, CURLOPT_FOLLOWLOCATION, 0L);
	curl_easy_setopt(easy, CURLOPT_NOSIGNAL, 1L);
	curl_easy_setopt(easy, CURLOPT_HTTP_VERSION, (long)CURL_HTTP_VERSION_1_1);
	curl_easy_setopt(easy, CURLOPT_SSL_ENABLE_ALPN, 0L);
	curl_easy_setopt(easy, CURLOPT_SSLVERSION, (long)CURL_SSLVERSION_TLSv1_2);
	curl_easy_setopt(easy, CURLOPT_SSL_CTX_FUNCTION, set_context);
	curl_easy_setopt(easy, CURLOPT_SSL_CTX_DATA, http);
	curl_easy_setopt(easy, CURLOPT_TLS13_CIPHERS, "TLS_AES_128_GCM_SHA256:TLS_AES_256_GCM_SHA384");
	curl_easy_setopt(easy, CURLOPT_SSL_CIPHER_LIST, "ECDHE+AESGCM");
	curl_easy_setopt(easy, CURLOPT_SSL_EC_CURVES, "X25519:P-256");
	curl_easy_setopt(easy, CURLOPT_CAINFO, config->ca);
	curl_easy_setopt(easy, CURLOPT_CAPATH, NULL);
	curl_easy_setopt(easy, CURLOPT_SSLCERT, config->certificate);
	curl_easy_setopt(easy, CURLOPT_SSLKEY, config->key);
	curl_easy_setopt(easy, CURLOPT_CONNECTTIMEOUT, CONNECT_S);
	curl_easy_setopt(easy, CURLOPT_TIMEOUT, WHOLE_S);
	curl_easy_setopt(easy, CURLOPT_LOW_SPEED_LIMIT, SLOWEST);
	curl_easy_setopt(easy, CURLOPT_LOW_SPEED_TIME, SLOWEST_S);
}

static int failed(struct pw_diag *diag, const char *url, const char *why, const char *more)
{
	pw_diag_add(diag, PW_DIAG_ERROR, NULL, "%s: %s%s", url, why, more);

	return -EIO;
}

static int judge(struct pw_http *http, const char *url, CURLcode code,
		 const struct exchange *exchange, struct pw_diag *diag)
{
	char text[64];

	if (exchange->too_long)
		return failed(diag, url, "what comes is too long", "");
	if (code == CURLE_OUT_OF_MEMORY)
		return -ENOMEM;
	if (code == CURLE_PEER_FAILED_VERIFICATION || code == CURLE_SSL_CERTPROBLEM)
		return failed(diag, url, curl_easy_strerror(code), ": look at the certificates, and at "
			      "this machine's clock");
	if (code)
		return failed(diag, url, curl_easy_strerror(code), "");
	curl_easy_getinfo(http->easy, CURLINFO_RESPONSE_CODE, &exchange->reply->code);
	if (exchange->reply->code / 100 == 2 || exchange->reply->code == 304)
		return 0;
	snprintf(text, sizeof(text), "the server answers %ld", exchange->reply->code);

	return failed(diag, url, text, "");
}

/* Something answered, and no TLS came of it; whose certificate was looked at is another matter. */
static bool handshake_failed(struct pw_http *http, CURLcode code)
{
	const char *address = NULL;	/* of who answered */
	double agreed = 0;

	curl_easy_getinfo(http->easy, CURLINFO_PRIMARY_IP, &address);
	curl_easy_getinfo(http->easy, CURLINFO_APPCONNECT_TIME, &agreed);

	return code && code != CURLE_PEER_FAILED_VERIFICATION && address && *address &&
	       !(agreed > 0);
}

static CURLcode connect_and_perform(struct pw_http *http)
{
	CURLcode code = curl_easy_perform(http->easy);

	if (http->compatible || !handshake_failed(http, code))
		return code;
	http->compatible = true;

	return curl_easy_perform(http->easy);
}

static int perform(struct pw_http *http, const char *url, struct exchange *exchange,
		   struct curl_slist *headers, struct pw_diag *diag)
{
	CURLcode code;

	curl_easy_setopt(http->easy, CURLOPT_HTTPHEADER, headers);
	curl_easy_setopt(http->easy, CURLOPT_WRITEFUNCTION, take_body);
	curl_easy_setopt(http->easy, CURLOPT_WRITEDATA, exchange);
	curl_easy_setopt(http->easy, CURLOPT_HEADERFUNCTION, take_header);
	curl_easy_setopt(http->easy, CURLOPT_HEADERDATA, exchange);
	code = connect_and_perform(http);
	curl_slist_free_all(headers);

	return judge(http, url, code, exchange, diag);
}

int pw_http_get(struct pw_http *http, const char *url, const char *etag, size_t max,
		struct pw_http_reply *ret, struct pw_diag *diag)
{
	struct exchange exchange = {.reply = ret, .max = max};
	struct curl_slist *headers = curl_slist_append(NULL, "Accept:");
	char line[PW_ETAG_SIZE + 32];
	int r;

	*ret = (struct pw_http_reply){};
	if (*etag) {
		snprintf(line, sizeof(line), "If-None-Match: %s", etag);
		headers = curl_slist_append(headers, line);
	}
	set_common(http, url);
	r = perform(http, url, &exchange, headers, diag);
	if (!r && ret->code != 200 && (ret->code != 304 || !*etag))
		r = failed(diag, url, "the server gives no file", "");
	if (!r && !ret->body)
		ret->body = calloc(1, 1);
	if (!r && !ret->body)
		r = -ENOMEM;
	if (r < 0) {
		free(ret->body);
		ret->body = NULL;
	}

	return r;
}

int pw_http_put(struct pw_http *http, const char *url, const char *data, size_t length,
		struct pw_diag *diag)
{
	struct pw_http_reply reply = {};
	struct exchange exchange = {.reply = &reply, .max = 4096, .data = data, .left = length};
	struct curl_slist *headers = curl_slist_append(NULL, "Accept:");
	int r;

	headers = curl_slist_append(headers, "Expect:");
	set_common(http, url);
	curl_easy_setopt(http->easy, CURLOPT_UPLOAD, 1L);
	curl_easy_setopt(http->easy, CURLOPT_INFILESIZE_LARGE, (curl_off_t)length);
	curl_easy_setopt(http->easy, CURLOPT_READFUNCTION, give_body);
	curl_easy_setopt(http->easy, CURLOPT_READDATA, &exchange);
	r = perform(http, url, &exchange, headers, diag);
	free(reply.body);

	return r;
}

/* ---- Syslog -------------------------------------------------------------------------------- */

static CURLcode send_all(CURL *easy, const char *data, size_t length)
{
	curl_socket_t fd = CURL_SOCKET_BAD;
	CURLcode code = curl_easy_getinfo(easy, CURLINFO_ACTIVESOCKET, &fd);

	while (!code && length) {
		size_t n = 0;

		code = curl_easy_send(easy, data, length, &n);
		data += n;
		length -= n;
		if (code == CURLE_AGAIN) {
			struct pollfd writable = {.fd = fd, .events = POLLOUT};

			code = poll(&writable, 1, SEND_MS) == 1 ? CURLE_OK :
								 CURLE_OPERATION_TIMEDOUT;
		}
	}

	return code;
}

/* What connects for this alone is no more when it was sent. */
int pw_http_syslog(const struct pw_fleet_config *config, const char *message, size_t length,
		   struct pw_diag *diag)
{
	_cleanup_(pw_http_closep) struct pw_http *http = NULL;
	_cleanup_free_ char *url = NULL, *frame = NULL;
	struct pw_http_reply reply = {};
	const struct exchange exchange = {.reply = &reply};
	CURLcode code;
	int n, r;

	r = pw_http_open(config, &http);
	if (r < 0)
		return r;
	n = asprintf(&frame, "%zu %.*s", length, (int)length, message);
	if (n < 0 || asprintf(&url, "https://%s", config->syslog) < 0)
		return -ENOMEM;
	set_common(http, url);
	curl_easy_setopt(http->easy, CURLOPT_CONNECT_ONLY, 1L);
	code = connect_and_perform(http);
	if (!code)
		code = send_all(http->easy, frame, (size_t)n);

	return code ? judge(http, url, code, &exchange, diag) : 0;
}
