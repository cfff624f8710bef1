// SPDX-License-Identifier: BSD-2-Clause
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include <cmocka.h>

#include "daemon/server.c"

/* Who the peer is: in this process always the same, so the test says. */
static struct pw_peer who;

int pw_peer_of(int fd, struct pw_peer *ret)
{
	(void)fd;
	*ret = who;
	return 0;
}

struct fixture {
	char path[64];
	sd_event *event;
	struct pw_server *server;
	struct pw_client *kept;		/* of the last request that was not answered */
	size_t requests, gone;
	bool keep;
	size_t answer_bytes;
};

static void on_request(void *data, struct pw_client *client, json_object *request)
{
	struct fixture *f = data;
	json_object *answer;
	char *text;

	f->requests++;
	if (f->keep) {
		f->kept = client;
		pw_client_keep(client);
		return;
	}
	answer = json_object_new_object();
	json_object_object_add(answer, "got", json_object_get(request));
	if (f->answer_bytes) {
		text = malloc(f->answer_bytes);
		memset(text, 'x', f->answer_bytes);
		json_object_object_add(answer, "text", json_object_new_string_len(text,
							(int)f->answer_bytes));
		free(text);
	}
	pw_client_answer(client, answer);
}

static void on_gone(void *data, struct pw_client *client)
{
	struct fixture *f = data;

	f->gone++;
	if (f->kept == client)
		f->kept = NULL;
}

static int set_up(void **state)
{
	static struct fixture f;
	const struct pw_server_calls calls = { on_request, on_gone, NULL, &f };

	f = (struct fixture){ 0 };
	who = (struct pw_peer){ .uid = 0, .rights = PW_RIGHT_VIEW | PW_RIGHT_ADMIN };
	snprintf(f.path, sizeof(f.path), "/tmp/phiward-test-%d", getpid());
	assert_true(sd_event_new(&f.event) >= 0);
	assert_true(pw_server_open(f.event, f.path, &calls, &f.server) >= 0);
	*state = &f;
	return 0;
}

static int tear_down(void **state)
{
	struct fixture *f = *state;

	pw_server_close(f->server);
	sd_event_unref(f->event);
	unlink(f->path);
	return 0;
}

static void turn(struct fixture *f)
{
	while (sd_event_run(f->event, 0) > 0)
		;
}

static int dial(struct fixture *f)
{
	struct sockaddr_un address = { .sun_family = AF_UNIX };
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);

	strcpy(address.sun_path, f->path);
	assert_int_equal(connect(fd, (struct sockaddr *)&address, sizeof(address)), 0);
	turn(f);
	return fd;
}

static void say(struct fixture *f, int fd, const char *text)
{
	send(fd, text, strlen(text), MSG_NOSIGNAL);
	turn(f);
}

/* All there is, and whether the other end has closed. */
static size_t hear(struct fixture *f, int fd, char *text, size_t size, bool *ret_closed)
{
	size_t length = 0;
	ssize_t n;

	*ret_closed = false;
	turn(f);
	while ((n = recv(fd, text + length, size - 1 - length, 0)) > 0) {
		length += (size_t)n;
		turn(f);
	}
	*ret_closed = n == 0 || (n < 0 && errno == ECONNRESET);
	text[length] = '\0';
	return length;
}

static void assert_hears(struct fixture *f, int fd, const char *part)
{
	char text[65536];
	bool closed;

	hear(f, fd, text, sizeof(text), &closed);
	if (!strstr(text, part))
		fail_msg("no '%s' in '%s'", part, text);
	assert_true(closed);
	close(fd);
}

static void a_request_in_pieces_is_answered(void **state)
{
	struct fixture *f = *state;
	int fd = dial(f);

	say(f, fd, "{\"comm");
	say(f, fd, "and\":1}");
	assert_int_equal(f->requests, 0);
	say(f, fd, "\n");
	assert_int_equal(f->requests, 1);
	assert_hears(f, fd, "\"command\":1");
}

static void what_is_no_request_is_refused(void **state)
{
	static const char *const bad[] = { "\n", "[]\n", "1\n", "nonsense\n", "{\"a\":1} x\n",
					   "{\"a\":1}\n{\"a\":1}", "{\"a\":\"\xff\"}\n",
					   "{\"a\":[[[[[[[[[[1]]]]]]]]]]}\n" };
	struct fixture *f = *state;

	for (size_t i = 0; i < PW_ARRAY_SIZE(bad); i++) {
		int fd = dial(f);

		say(f, fd, bad[i]);
		assert_hears(f, fd, "\"ok\":false,\"code\":2");
	}
	assert_int_equal(f->requests, 0);
}

static void who_has_no_right_is_refused_unread(void **state)
{
	struct fixture *f = *state;
	int fd;

	who = (struct pw_peer){ .uid = 2001 };
	fd = dial(f);
	say(f, fd, "{\"command\":\"status\"}\n");
	assert_int_equal(f->requests, 0);
	assert_hears(f, fd, "\"code\":3");
}

static void who_may_not_apply_has_little_to_say(void **state)
{
	struct fixture *f = *state;
	char text[SMALL_REQUEST + 2];
	int fd;

	memset(text, ' ', sizeof(text));
	text[sizeof(text) - 1] = '\0';
	who = (struct pw_peer){ .uid = 2000, .rights = PW_RIGHT_VIEW };
	fd = dial(f);
	say(f, fd, text);
	assert_hears(f, fd, "too long");
	who.rights = PW_RIGHT_VIEW | PW_RIGHT_BUNDLE;
	fd = dial(f);
	say(f, fd, text);
	say(f, fd, "{}\n");
	assert_hears(f, fd, "\"got\"");
	who.rights |= PW_RIGHT_ADMIN;
	fd = dial(f);
	say(f, fd, text);
	say(f, fd, "{}\n");
	assert_hears(f, fd, "\"got\"");
}

static void who_is_refused_while_sending_hears_why(void **state)
{
	struct fixture *f = *state;
	static char text[1024 * 1024];
	size_t sent = 0;
	ssize_t n;
	int fd;

	memset(text, ' ', sizeof(text));
	who = (struct pw_peer){ .uid = 2000, .rights = PW_RIGHT_VIEW };
	fd = dial(f);
	while (sent < sizeof(text) &&
	       (n = send(fd, text + sent, sizeof(text) - sent, MSG_NOSIGNAL)) > 0) {
		sent += (size_t)n;
		turn(f);
	}
	assert_int_equal(sent, sizeof(text));
	assert_hears(f, fd, "too long");
	turn(f);
	for (size_t i = 0; i < CLIENTS_MAX; i++)
		assert_null(f->server->clients[i]);
}

static void a_user_has_some_places_and_not_all(void **state)
{
	struct fixture *f = *state;
	int silent[CLIENTS_OF_USER], fd;

	who = (struct pw_peer){ .uid = 2000, .rights = PW_RIGHT_VIEW };
	for (size_t i = 0; i < CLIENTS_OF_USER; i++)
		silent[i] = dial(f);
	fd = dial(f);
	assert_hears(f, fd, "too many");
	who = (struct pw_peer){ .uid = 0, .rights = PW_RIGHT_VIEW };
	fd = dial(f);
	say(f, fd, "{}\n");
	assert_hears(f, fd, "\"got\"");
	for (size_t i = 0; i < CLIENTS_OF_USER; i++)
		close(silent[i]);
	turn(f);
	who.uid = 2000;
	fd = dial(f);
	say(f, fd, "{}\n");
	assert_hears(f, fd, "\"got\"");
}

static void who_is_silent_is_forgotten(void **state)
{
	struct fixture *f = *state;
	int fd = dial(f);
	char text[64];
	bool closed;

	say(f, fd, "{");
	for (size_t i = 0; i < CLIENTS_MAX; i++)
		if (f->server->clients[i])
			sd_event_source_set_time_relative(f->server->clients[i]->timer, 0);
	sd_event_run(f->event, 1000000);
	assert_int_equal(hear(f, fd, text, sizeof(text), &closed), 0);
	assert_true(closed);
	close(fd);
}

static void a_long_answer_waits_for_a_slow_reader(void **state)
{
	struct fixture *f = *state;
	const size_t bytes = 4 * 1024 * 1024;
	char *text = malloc(bytes + 4096);
	int slow, fd;
	bool closed;

	f->answer_bytes = bytes;
	slow = dial(f);
	say(f, slow, "{}\n");
	f->answer_bytes = 0;
	fd = dial(f);
	say(f, fd, "{}\n");
	assert_hears(f, fd, "\"got\"");
	assert_true(hear(f, slow, text, bytes + 4096, &closed) > bytes);
	assert_true(closed);
	free(text);
	close(slow);
}

static void an_answer_may_come_later(void **state)
{
	struct fixture *f = *state;
	int fd = dial(f);

	f->keep = true;
	say(f, fd, "{}\n");
	assert_non_null(f->kept);
	shutdown(fd, SHUT_WR);
	turn(f);
	assert_int_equal(f->gone, 0);
	pw_client_answer(f->kept, json_object_new_string("late"));
	assert_hears(f, fd, "late");
	assert_int_equal(f->gone, 0);
}

static void who_does_not_wait_is_reported_gone(void **state)
{
	struct fixture *f = *state;
	int fd = dial(f);

	f->keep = true;
	say(f, fd, "{}\n");
	close(fd);
	turn(f);
	assert_int_equal(f->gone, 1);
	assert_null(f->kept);
}

#define CASE(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
		CASE(a_request_in_pieces_is_answered),
		CASE(what_is_no_request_is_refused),
		CASE(who_has_no_right_is_refused_unread),
		CASE(who_may_not_apply_has_little_to_say),
		CASE(who_is_refused_while_sending_hears_why),
		CASE(a_user_has_some_places_and_not_all),
		CASE(who_is_silent_is_forgotten),
		CASE(a_long_answer_waits_for_a_slow_reader),
		CASE(an_answer_may_come_later),
		CASE(who_does_not_wait_is_reported_gone),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
