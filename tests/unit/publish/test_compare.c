// SPDX-License-Identifier: BSD-2-Clause
/*
 * What one policy allows and another does not: in words, and for many policies made at random
 * against the judge, which decides as the kernel does.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "common/cleanup.h"
#include "policy/compare.h"
#include "policy/parse.h"
#include "publish/judge.h"

#define HEAD "phiward: 1\nname: compared\nversion: 1\nmode: enforce\n"

static struct pw_policy *parse(const char *text)
{
	const struct pw_source source = {.name = (char *)"policy.yaml", .text = (char *)text,
					 .length = strlen(text)};
	struct pw_policy *policy = NULL;
	struct pw_diag diag = {};

	if (pw_policy_parse(&source, 1, &policy, &diag) < 0) {
		pw_diag_print(&diag, stderr);
		fail_msg("%s", text);
	}
	pw_diag_done(&diag);

	return policy;
}

/* A line for all that is alike, in order: "+ " newly allowed, "- " newly denied. */
static char *differences_of(const char *a, const char *b)
{
	_cleanup_(pw_differences_freep) struct pw_differences *differences = NULL;
	_cleanup_(pw_policy_freep) struct pw_policy *first = parse(a);
	_cleanup_(pw_policy_freep) struct pw_policy *second = parse(b);
	char *text = NULL;
	size_t size, i, n;
	FILE *to;

	assert_int_equal(pw_policy_compare(first, second, &differences), 0);
	to = open_memstream(&text, &size);
	assert_non_null(to);
	for (i = 0; i < differences->n; i += n) {
		n = pw_differences_alike(differences, i);
		fputs(differences->list[i].allows ? "+ " : "- ", to);
		pw_difference_print(to, &differences->list[i], n);
		fputc('\n', to);
	}
	assert_int_equal(fclose(to), 0);

	return text;
}

/* From @a to @b it is @expected; the other way round each is its opposite. */
static void differ(const char *a, const char *b, const char *expected)
{
	_cleanup_free_ char *text = differences_of(a, b);
	_cleanup_free_ char *back = differences_of(b, a);
	const char *line;

	assert_string_equal(text, expected);
	for (line = expected; *line; line = strchr(line, '\n') + 1) {
		size_t length = strchr(line, '\n') + 1 - line;
		char *opposite = strndup(line, length);

		opposite[0] = *line == '+' ? '-' : '+';
		if (!strstr(back, opposite))
			fail_msg("'%s' is not in '%s'", opposite, back);
		free(opposite);
	}
	assert_int_equal(strlen(back), strlen(text));
}

#define OBJECTS "objects:\n  images: {paths: [/srv/dicom], on_audit_loss: deny}\n"
#define VIEWER(more) "subjects:\n  viewer: {exec: [/opt/view], started_by: [init], " more "}\n"
#define OTHERS "others: {network: loopback}\n"

static void nothing(void **state)
{
	(void)state;
	differ(HEAD OBJECTS VIEWER("access: {images: [read, write]}") OTHERS,
	       HEAD OBJECTS VIEWER("access: {images: [write, read]}") OTHERS, "");
	/* A peer's name is none of what is allowed, nor is how rules are cut. */
	differ(HEAD "peers: {a: [10.0.0.0/9, 10.128.0.0/9]}\n" VIEWER(
		       "network: [connect: {tcp: [1-5, 6], to: [a]}]") OTHERS,
	       HEAD VIEWER("network: [connect: {tcp: [4-6], to: [10.0.0.0/8]},"
			   " connect: {tcp: [1-3], to: [10.0.0.0/8, 10.1.2.3]}]") OTHERS, "");
}

static void files(void **state)
{
	(void)state;
	differ(HEAD OBJECTS VIEWER("access: {images: [read]}, writes: [/var/log/v, tty]") OTHERS,
	       HEAD OBJECTS VIEWER("access: {images: [read, create]}, writes: [/var/log]") OTHERS,
	       "+ viewer may create in /srv/dicom (images)\n"
	       "+ viewer may write, create in /var/log\n"
	       "- viewer writes to a terminal\n");
	differ(HEAD OBJECTS VIEWER("access: {images: [read]}") OTHERS,
	       HEAD OBJECTS VIEWER("users: [root]") OTHERS,
	       "+ viewer may write, create outside of all objects\n"
	       "- viewer may read in /srv/dicom (images)\n"
	       "- viewer is entered as user any\n");
}

static void objects(void **state)
{
	(void)state;
	differ(HEAD OBJECTS VIEWER("access: {images: [read]}") OTHERS,
	       HEAD "objects:\n  images: {paths: [/srv/dicom, /srv/new], volumes: [LABEL=cd],"
	       " on_audit_loss: deny}\n" VIEWER("access: {images: [read]}") OTHERS,
	       "- viewer may delete, rename, link, attr, exec in /srv/new (images)\n"
	       "- others may do all in /srv/new (images)\n"
	       "- viewer may delete, rename, link, attr, exec in LABEL=cd (images)\n"
	       "- others may do all in LABEL=cd (images)\n");
	/* The nearest root wins: an inner object takes what is allowed by the outer. */
	differ(HEAD OBJECTS VIEWER("access: {images: [read]}") OTHERS,
	       HEAD OBJECTS "  inner: {paths: [/srv/dicom/in], on_audit_loss: deny}\n"
	       VIEWER("access: {images: [read]}") OTHERS,
	       "- viewer may read in /srv/dicom/in (images)\n");
	differ(HEAD "objects:\n  images: {paths: [/srv/dicom], on_audit_loss: keep_working,"
	       " audit: denied, path_in_record: digest}\n" OTHERS,
	       HEAD OBJECTS OTHERS,
	       "- images has no record of what is allowed\n"
	       "- images is accessed although no record can be made\n"
	       "- images has records without paths\n");
}

static void peers(void **state)
{
	(void)state;
	differ(HEAD VIEWER("network: [connect: {tcp: [104, 11112], to: [10.1.0.0/16]}]") OTHERS,
	       HEAD VIEWER("network: [connect: {tcp: [104], to: [10.0.0.0/8]},"
			   " connect: {tcp: [1-200], to: [10.1.2.3]}]") OTHERS,
	       "+ viewer may connect to tcp 104 of 10.0.0.0/16\n"
	       "+ viewer may connect to tcp 1-103, 105-200 of 10.1.2.3\n"
	       "+ viewer may connect to tcp 104 of 10.2.0.0-10.255.255.255\n"
	       "- viewer may connect to tcp 11112 of 10.1.0.0/16\n");
	differ(HEAD "others: {network: deny}\n", HEAD "others: {network: allow}\n",
	       "+ others may connect to tcp 1-65535 of 0.0.0.0/0\n"
	       "+ others may connect to udp 1-65535 of 0.0.0.0/0\n"
	       "+ others may connect to tcp 1-65535 of ::/0\n"
	       "+ others may connect to udp 1-65535 of ::/0\n"
	       "+ others may listen on tcp 1-65535\n"
	       "+ others may listen on udp 1-65535\n"
	       "+ others may listen on tcp 1-65535 from 0.0.0.0/0\n"
	       "+ others may listen on udp 1-65535 from 0.0.0.0/0\n"
	       "+ others may listen on tcp 1-65535 from ::/0\n"
	       "+ others may listen on udp 1-65535 from ::/0\n"
	       "+ others may get answers on udp 1-65535 from 0.0.0.0/0\n"
	       "+ others may get answers on udp 1-65535 from ::/0\n"
	       "+ others uses sockets of the kind bluetooth, can, icmp, packet, tun, vsock, xdp\n"
	       "+ others uses loopback\n");
}

static void doors(void **state)
{
	(void)state;
	differ(HEAD OBJECTS VIEWER("access: {images: [read]}, network: [listen: {tcp: [80-90],"
				   " local: [others]}, listen: {unix: [/run/v], local: [init]}]") OTHERS,
	       HEAD OBJECTS VIEWER("access: {images: [read]}, network: [listen: {tcp: [80-85],"
				   " local: [init]}, listen: {unix: any, local: [init]}]") OTHERS,
	       "+ init may connect by loopback to tcp 80-85 of viewer\n"
	       "+ viewer opens its unix socket any to init\n"
	       "- viewer may listen on tcp 86-90\n"
	       "- others may connect by loopback to tcp 80-90 of viewer\n");
}

static void programs(void **state)
{
	(void)state;
	differ(HEAD VIEWER("code: [/opt/lib], helpers: [/opt/a]") OTHERS,
	       HEAD "subjects:\n  viewer: {exec: [/opt/], started_by: [anyone], helpers: any,"
	       " code: [], updates: true, system: [storage]}\n" OTHERS,
	       "+ viewer is entered by /opt\n"
	       "+ viewer is started by anyone\n"
	       "+ viewer has the helper any\n"
	       "+ viewer runs code of /opt\n"
	       "+ viewer has the right storage\n"
	       "+ viewer changes programs and libraries\n"
	       "- everyone may change what is guarded as code in /opt\n");
}

static void modes(void **state)
{
	(void)state;
	differ("phiward: 1\nname: compared\nversion: 1\nmode: enforce\nsealed: true\nrescue: off\n"
	       OTHERS,
	       "phiward: 1\nname: compared\nversion: 1\nmode: permissive\nrescue: none\n" OTHERS,
	       "+ the policy is permissive\n+ the policy is not sealed\n"
	       "- the policy lets the kernel command line make it off, permissive\n");
}

#define GLASS_OF(who, longest)                                                                     \
	"breakglass: {who: {" who "}, longest: " longest ", subjects: [v], objects: [o]}\n"
#define OPENABLE                                                                                   \
	"phiward: 1\nname: compared\nversion: 1\nmode: enforce\n"                                 \
	"objects: {o: {paths: [/o], on_audit_loss: deny}}\n"                                       \
	"subjects: {v: {exec: [/v], started_by: [init]}}\n" OTHERS

/* Who may open what in an emergency, and for how long, is a freedom. */
static void break_glass(void **state)
{
	(void)state;
	differ(OPENABLE, OPENABLE GLASS_OF("users: [1000]", "30m"),
	       "+ o can be opened by breakglass of user 1000, for 1800 s\n"
	       "+ v can be opened by breakglass of user 1000, for 1800 s\n");
	differ(OPENABLE GLASS_OF("users: [1000]", "30m"), OPENABLE GLASS_OF("groups: [7]", "30m"),
	       "+ o can be opened by breakglass of group 7, for 1800 s\n"
	       "+ v can be opened by breakglass of group 7, for 1800 s\n"
	       "- o can be opened by breakglass of user 1000, for 1800 s\n"
	       "- v can be opened by breakglass of user 1000, for 1800 s\n");
	differ(OPENABLE GLASS_OF("users: [1000]", "30m"), OPENABLE GLASS_OF("users: [1000]", "1h"),
	       "+ o can be opened by breakglass of user 1000, for 3600 s\n"
	       "+ v can be opened by breakglass of user 1000, for 3600 s\n"
	       "- o can be opened by breakglass of user 1000, for 1800 s\n"
	       "- v can be opened by breakglass of user 1000, for 1800 s\n");
}

/* ---- At random --------------------------------------------------------------------------- */

#define ROUNDS 300
#define ADDRESSES 32
#define PORTS 12

static unsigned int seed;

static unsigned int below(unsigned int n)
{
	return (unsigned int)rand_r(&seed) % n;
}

static void put_rule(FILE *to, const char *direction, const char *key)
{
	unsigned int length = 27 + below(6), size = 1U << (32 - length);
	unsigned int low = 1 + below(PORTS), high = low + below(PORTS - low + 1);

	fprintf(to, "%s: {tcp: [%u-%u], %s: [10.0.0.%u/%u]}", direction, low, high, key,
		below(ADDRESSES / size) * size, length);
}

/* What two serve has to have the same clients, so only one of them listens. */
static void put_rules(FILE *to, bool listens)
{
	unsigned int i, n = 1 + below(5);

	fputc('[', to);
	for (i = 0; i < n; i++) {
		fputs(i ? ", " : "", to);
		if (!listens || below(2))
			put_rule(to, "connect", "to");
		else
			put_rule(to, "listen", "from");
	}
	fputc(']', to);
}

static const char *const directories[] = {"/d", "/d/a", "/d/a/b", "/d/c", "/e", "/e/f"};

static void put_paths(FILE *to, unsigned int mask)
{
	const char *comma = "";

	for (size_t i = 0; i < PW_ARRAY_SIZE(directories); i++) {
		if (!(mask & (1U << i)))
			continue;
		fprintf(to, "%s%s", comma, directories[i]);
		comma = ", ";
	}
}

/* A subject s, perhaps, with rules, objects o and p, and places to write. */
static char *random_policy(void)
{
	unsigned int o = 1U << below(6), p = (1U << below(6)) & ~o, writes = below(64) & ~(o | p);
	char *text = NULL;
	size_t size;
	FILE *to = open_memstream(&text, &size);

	assert_non_null(to);
	fputs(HEAD "objects:\n  o: {on_audit_loss: deny, paths: [", to);
	put_paths(to, o);
	fputs("]}\n", to);
	if (p) {
		fputs("  p: {on_audit_loss: deny, paths: [", to);
		put_paths(to, p);
		fputs("]}\n", to);
	}
	/* What lies in an object is not under `writes`. */
	for (size_t i = 0; i < 6; i++)
		for (size_t j = 0; j < 6; j++)
			if (((o | p) & (1U << j)) && pw_path_within(directories[i], directories[j]))
				writes &= ~(1U << i);
	if (below(8)) {
		fputs("subjects:\n  s: {exec: [/opt/s], started_by: [init], network: ", to);
		put_rules(to, true);
		fprintf(to, ", access: {o: [%s]%s}", below(2) ? "read" : "read, write, delete",
			!p || below(2) ? "" : ", p: [create]");
		if (writes) {
			fputs(", writes: [", to);
			put_paths(to, writes);
			fputc(']', to);
		}
		fputs("}\n", to);
	}
	fputs("others: {network: ", to);
	put_rules(to, false);
	fputs("}\n", to);
	assert_int_equal(fclose(to), 0);

	return text;
}

static bool judge(const struct pw_policy *policy, struct pw_trial *trial, bool named)
{
	_cleanup_(pw_judge_closep) struct pw_judge *judge = NULL;
	struct pw_diag diag = {};
	bool may;

	trial->subject = named && policy->nsubjects ? 0 : PW_SUBJECT_INDEX_OTHERS;
	assert_int_equal(pw_judge_open(policy, &judge, &diag), 0);
	may = pw_judge_trial(judge, trial).answer.verdict == PW_VERDICT_ALLOW;
	pw_diag_done(&diag);

	return may;
}

/* The nearest root at or above @path. */
static size_t object_of(const struct pw_policy *policy, const char *path)
{
	size_t found = PW_CASE_NO_OBJECT, length = 0, i;

	for (i = 0; i < policy->nobjects; i++) {
		const char *root = policy->objects[i].paths[0].path;

		if (pw_path_within(path, root) && strlen(root) > length) {
			length = strlen(root);
			found = i;
		}
	}

	return found;
}

static int said_of_peer(const struct pw_differences *differences, const char *of,
			const struct pw_trial *trial)
{
	enum pw_direction direction = trial->action == PW_ACTION_LISTEN ? PW_DIRECTION_IN :
									  PW_DIRECTION_OUT;
	int said = 0;

	for (size_t i = 0; i < differences->n; i++) {
		const struct pw_difference *d = &differences->list[i];

		if (d->kind == PW_DIFFERENCE_PEERS && !strcmp(d->of, of) && d->direction == direction &&
		    d->family == 4 && memcmp(d->first, trial->peer.addr, 4) <= 0 &&
		    memcmp(d->last, trial->peer.addr, 4) >= 0 && d->ports.low <= trial->port &&
		    d->ports.high >= trial->port)
			said += d->allows ? 1 : -1;
	}

	return said;
}

/* @trial->path is itself one of the places. */
static int said_of_file(const struct pw_differences *differences, const char *of,
			const struct pw_trial *trial)
{
	int said = 0;

	for (size_t i = 0; i < differences->n; i++) {
		const struct pw_difference *d = &differences->list[i];

		if (d->kind == PW_DIFFERENCE_FILES && !strcmp(d->of, of) &&
		    (d->actions & PW_ACTION_BIT(trial->action)) && !strcmp(d->place, trial->path))
			said += d->allows ? 1 : -1;
	}

	return said;
}

static void check(const struct pw_policy *a, const struct pw_policy *b,
		  const struct pw_differences *differences, struct pw_trial *trial, bool named)
{
	const char *of = named ? "s" : "others";
	int said = trial->port ? said_of_peer(differences, of, trial) :
				 said_of_file(differences, of, trial);
	int real;

	if (trial->path)
		trial->object = object_of(b, trial->path);
	real = judge(b, trial, named);
	if (trial->path)
		trial->object = object_of(a, trial->path);
	real -= judge(a, trial, named);
	if (said != real)
		fail_msg("%s, action %u, %s, 10.0.0.%u port %u: said %d, is %d\n%s\n%s", of,
			 trial->action, trial->path ?: "", trial->peer.addr[3], trial->port, said, real,
			 a->sources[0].text, b->sources[0].text);
}

/* Whether @path is a root of an object in one of the two. */
static bool is_place(const struct pw_policy *a, const struct pw_policy *b, const char *path)
{
	const struct pw_policy *policies[] = {a, b};

	for (size_t side = 0; side < 2; side++)
		for (size_t i = 0; i < policies[side]->nobjects; i++)
			if (!strcmp(policies[side]->objects[i].paths[0].path, path))
				return true;

	return false;
}

static void compare_at_random(const struct pw_policy *a, const struct pw_policy *b)
{
	_cleanup_(pw_differences_freep) struct pw_differences *differences = NULL;

	assert_int_equal(pw_policy_compare(a, b, &differences), 0);
	for (unsigned int i = 0; i < 2 * 2 * ADDRESSES * PORTS; i++) {
		struct pw_trial trial = {
			.action = i & 1 ? PW_ACTION_CONNECT : PW_ACTION_LISTEN,
			.proto = PW_PROTO_TCP,
			.port = 1 + (i >> 2) % PORTS,
			.peer = {.family = 4, .length = 32, .addr = {10, 0, 0, (i >> 2) / PORTS}},
		};

		check(a, b, differences, &trial, i & 2);
	}
	for (size_t i = 0; i < PW_ARRAY_SIZE(directories); i++) {
		for (enum pw_action action = PW_ACTION_READ; action <= PW_ACTION_DELETE; action++) {
			struct pw_trial trial = {.action = action, .path = directories[i]};

			if (is_place(a, b, directories[i])) {
				check(a, b, differences, &trial, true);
				check(a, b, differences, &trial, false);
			}
		}
	}
}

static void as_the_judge_says(void **state)
{
	(void)state;
	for (seed = 1; seed <= ROUNDS; seed++) {
		_cleanup_free_ char *first = random_policy();
		_cleanup_free_ char *second = random_policy();
		_cleanup_(pw_policy_freep) struct pw_policy *a = parse(first);
		_cleanup_(pw_policy_freep) struct pw_policy *b = parse(second);

		compare_at_random(a, b);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(nothing),   cmocka_unit_test(files),
		cmocka_unit_test(objects),   cmocka_unit_test(peers),
		cmocka_unit_test(doors),     cmocka_unit_test(programs),
		cmocka_unit_test(modes),     cmocka_unit_test(break_glass),
		cmocka_unit_test(as_the_judge_says),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
