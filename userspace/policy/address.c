// SPDX-License-Identifier: BSD-2-Clause
#include <arpa/inet.h>
#include <errno.h>
#include <string.h>

#include "common/text.h"
#include "policy/ports.h"
#include "policy/reader.h"

#define MAPPED_BITS 96

/* Prefixes of all rules together, each named peer counted where it is named. */
#define EXPANDED_MAX (4 * PW_PREFIXES_MAX)

static bool host_bits(const struct pw_prefix *prefix)
{
	unsigned int bits = prefix->family == 4 ? 32 : 128, i;

	for (i = prefix->length; i < bits; i++)
		if (prefix->addr[i / 8] & (0x80 >> (i % 8)))
			return true;

	return false;
}

static void unmap(struct pw_prefix *prefix)
{
	static const uint8_t mapped[12] = {[10] = 0xff, [11] = 0xff};

	if (prefix->family != 6 || prefix->length < MAPPED_BITS ||
	    memcmp(prefix->addr, mapped, sizeof(mapped)))
		return;
	memmove(prefix->addr, prefix->addr + sizeof(mapped), 4);
	memset(prefix->addr + 4, 0, PW_ADDR_LEN - 4);
	prefix->family = 4;
	prefix->length -= MAPPED_BITS;
}

static const char *why_no_address(const char *text)
{
	if (strchr(text, '%'))
		return "a link-local address is written without its zone";
	if (!*text)
		return "an address is missing";
	if (text[strspn(text, "0123456789abcdefABCDEF.:/")])
		return "neither an address nor the name of a peer; host names are not part of the "
		       "language";

	return "not an address";
}

int pw_prefix_parse(const char *text, struct pw_prefix *ret, const char **ret_why)
{
	struct pw_prefix prefix = {};
	char address[INET6_ADDRSTRLEN + 1];
	const char *slash = strchr(text, '/');
	size_t n = slash ? (size_t)(slash - text) : strlen(text);
	uint64_t length;

	*ret_why = why_no_address(text);
	if (n >= sizeof(address))
		return -EINVAL;
	memcpy(address, text, n);
	address[n] = '\0';
	if (inet_pton(AF_INET, address, prefix.addr) == 1)
		prefix.family = 4;
	else if (inet_pton(AF_INET6, address, prefix.addr) == 1)
		prefix.family = 6;
	else
		return -EINVAL;
	length = prefix.family == 4 ? 32 : 128;
	if (slash && pw_text_number(slash + 1, 0, length, &length) < 0) {
		*ret_why = prefix.family == 4 ? "the length of the prefix must be 0 to 32"
					      : "the length of the prefix must be 0 to 128";
		return -EINVAL;
	}
	prefix.length = length;
	if (host_bits(&prefix)) {
		*ret_why = "bits are set beyond the length of the prefix";
		return -EINVAL;
	}
	unmap(&prefix);
	*ret = prefix;

	return 0;
}

bool pw_prefix_covers(const struct pw_prefix *prefix, unsigned int family, const uint8_t *addr)
{
	unsigned int whole = prefix->length / 8, rest = prefix->length % 8;

	return prefix->family == family && !memcmp(prefix->addr, addr, whole) &&
	       (!rest || !((prefix->addr[whole] ^ addr[whole]) >> (8 - rest)));
}

bool pw_prefix_is_loopback(const struct pw_prefix *prefix)
{
	static const uint8_t one[PW_ADDR_LEN] = {[PW_ADDR_LEN - 1] = 1};

	return prefix->family == 4 ? prefix->addr[0] == 127 :
	       prefix->family == 6 && !memcmp(prefix->addr, one, sizeof(one));
}

struct pw_prefix *pw_read_addresses(struct pw_reader *reader, const struct pw_yaml *list,
				    const char *peer, size_t *ret_n)
{
	struct pw_prefix *prefixes = pw_arena_array(reader->arena, list->n, sizeof(*prefixes));
	const struct pw_yaml *item;
	const char *why;
	size_t n = 0;

	for (item = list->first; item && prefixes; item = item->next) {
		if (!pw_kind_is(reader, item, PW_YAML_SCALAR, peer))
			continue;
		if (pw_prefix_parse(item->text, &prefixes[n], &why) < 0) {
			pw_error(reader, &item->at, "'%s': %s", item->text, why);
			continue;
		}
		prefixes[n++].peer = peer;
	}
	*ret_n = n;

	return prefixes;
}

struct growing {
	struct pw_prefix *list;
	size_t n, size;
};

static void add_prefixes(struct pw_reader *reader, struct growing *to,
			 const struct pw_position *at, const struct pw_prefix *list, size_t n)
{
	size_t size = to->size ?: 4;
	struct pw_prefix *larger;

	if (reader->nprefixes + n > EXPANDED_MAX) {
		pw_error(reader, at, "more than %d addresses in all rules together", EXPANDED_MAX);
		return;
	}
	while (size < to->n + n)
		size *= 2;
	if (size > to->size) {
		larger = pw_arena_array(reader->arena, size, sizeof(*larger));
		if (!larger)
			return;
		if (to->n)
			memcpy(larger, to->list, to->n * sizeof(*larger));
		to->list = larger;
		to->size = size;
	}
	if (n)
		memcpy(to->list + to->n, list, n * sizeof(*list));
	to->n += n;
	reader->nprefixes += n;
}

static void add_peer(struct pw_reader *reader, struct growing *to, const struct pw_yaml *item)
{
	static const struct pw_prefix any[] = {{.family = 4}, {.family = 6}};
	const struct pw_symbol *name = pw_symbols_find(&reader->peer_names, item->text);
	struct pw_near near = {.text = item->text};
	struct pw_prefix prefix;
	struct pw_peer *peer;
	const char *why;

	if (!strcmp(item->text, "any")) {
		add_prefixes(reader, to, &item->at, any, 2);
	} else if (name) {
		peer = &reader->peers[name->index];
		peer->used = true;
		add_prefixes(reader, to, &item->at, peer->prefixes, peer->nprefixes);
	} else if (!pw_prefix_parse(item->text, &prefix, &why)) {
		add_prefixes(reader, to, &item->at, &prefix, 1);
	} else {
		pw_near_offer(&near, "any");
		pw_symbols_offer(&reader->peer_names, &near);
		pw_error(reader, &item->at, "'%s': %s%s", item->text, why,
			 pw_suggestion(reader, &near));
	}
}

struct pw_prefix *pw_read_peers(struct pw_reader *reader, const struct pw_yaml *list,
				size_t *ret_n)
{
	const struct pw_yaml *item;
	struct growing to = {};

	for (item = list->first; item; item = item->next)
		if (pw_kind_is(reader, item, PW_YAML_SCALAR, "peer"))
			add_peer(reader, &to, item);
	*ret_n = to.n;

	return to.list;
}

bool pw_read_port(struct pw_reader *reader, const struct pw_yaml *item, struct pw_ports *ret)
{
	char text[sizeof("65535-65535")];
	uint64_t low, high;
	char *dash;
	int r = -EINVAL;

	if (!pw_kind_is(reader, item, PW_YAML_SCALAR, "port"))
		return false;
	if (strlen(item->text) < sizeof(text)) {
		strcpy(text, item->text);
		dash = strchr(text, '-');
		if (dash)
			*dash++ = '\0';
		r = pw_text_number(text, 1, UINT16_MAX, &low);
		if (!r)
			r = pw_text_number(dash ?: text, 1, UINT16_MAX, &high);
	}
	if (r < 0) {
		pw_error(reader, &item->at, "'%.40s' is no port: a number from 1 to 65535 or a range "
			 "such as 2761-2762", item->text);
		return false;
	}
	if (low > high) {
		pw_error(reader, &item->at, "the range %s ends before it begins", item->text);
		return false;
	}
	*ret = (struct pw_ports){.low = low, .high = high};

	return true;
}

struct pw_ports *pw_read_ports(struct pw_reader *reader, const struct pw_yaml *list,
			       size_t *ret_n)
{
	struct pw_ports *ports = pw_arena_array(reader->arena, list->n, sizeof(*ports));
	const struct pw_yaml *item;
	size_t n = 0;

	for (item = list->first; item && ports; item = item->next)
		if (pw_read_port(reader, item, &ports[n]))
			n++;
	n = pw_ports_unite(ports, n);
	if (n > PW_PORT_RANGES) {
		pw_error(reader, &list->at, "%zu separate ranges of ports; at most %d", n,
			 PW_PORT_RANGES);
		n = 0;
	}
	*ret_n = n;

	return ports;
}
