// SPDX-License-Identifier: BSD-2-Clause
#include <errno.h>
#include <inttypes.h>
#include <pthread.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#define SD_JOURNAL_SUPPRESS_LOCATION
#include <systemd/sd-journal.h>

#include "common/cleanup.h"
#include "common/words.h"
#include "daemon/fold.h"
#include "daemon/journal.h"

#define JOURNAL_SOCKET "/run/systemd/journal/socket"
#define MESSAGES 32
#define FOLD_BYTES 512
#define SECOND 1000000000ULL

struct message {
	int priority;
	char *text;
};

struct pw_journal {
	pthread_t thread;
	pthread_mutex_t lock;	/* of all below; held for memory operations only */
	pthread_cond_t wake;
	pthread_cond_t idle;
	struct message messages[MESSAGES];
	size_t first, n;
	uint64_t dropped;
	struct pw_folds folds;
	bool stop;
	bool stopped;
};

static uint64_t now_ns(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return (uint64_t)ts.tv_sec * SECOND + (uint64_t)ts.tv_nsec;
}

static struct timespec timespec_of(uint64_t ns)
{
	return (struct timespec){ .tv_sec = (time_t)(ns / SECOND),
				  .tv_nsec = (long)(ns % SECOND) };
}

/* Writes what the daemon has no journal for; `<N>` is the priority, see sd-daemon(3). */
static void to_stderr(int priority, const char *text)
{
	dprintf(STDERR_FILENO, "<%d>phiwardd: %s\n", priority, text);
}

static bool have_journal(void)
{
	return access(JOURNAL_SOCKET, F_OK) == 0;
}

static void send_text(int priority, const char *text)
{
	if (!have_journal() ||
	    sd_journal_send("MESSAGE=%s", text, "PRIORITY=%i", priority,
			    "SYSLOG_IDENTIFIER=phiwardd", NULL) < 0)
		to_stderr(priority, text);
}

static void send_fold(const struct pw_fold *fold)
{
	const struct pw_fold_key *key = &fold->key;
	char text[FOLD_BYTES];

	pw_fold_text(fold, text, sizeof(text));
	if (!have_journal() ||
	    sd_journal_send("MESSAGE=%s", text, "PRIORITY=%i", LOG_WARNING,
			    "MESSAGE_ID=" PW_JOURNAL_REFUSAL_ID, "SYSLOG_IDENTIFIER=phiwardd",
			    "PHIWARD_SUBJECT=%s", fold->subject, "PHIWARD_OBJECT=%s", fold->object,
			    "PHIWARD_RULE=%s", fold->rule, "PHIWARD_ACTION=%s",
			    pw_word_name(&pw_words_action, key->action), "PHIWARD_REASON=%s",
			    pw_word_name(&pw_words_reason, key->reason), "PHIWARD_COUNT=%" PRIu64,
			    fold->count, NULL) < 0)
		to_stderr(LOG_WARNING, text);
}

/* ---- The thread --------------------------------------------------------------------------- */

/* Called with the lock held, which is given up while something is sent. */
static bool send_next_message(struct pw_journal *journal)
{
	struct message message = { .priority = LOG_WARNING };
	char dropped[FOLD_BYTES];

	if (journal->dropped) {
		snprintf(dropped, sizeof(dropped),
			 "%" PRIu64 " messages were dropped because the journal did not take them",
			 journal->dropped);
		journal->dropped = 0;
	} else if (journal->n) {
		message = journal->messages[journal->first];
		journal->first = (journal->first + 1) % MESSAGES;
		journal->n--;
	} else {
		return false;
	}
	pthread_mutex_unlock(&journal->lock);
	send_text(message.priority, message.text ? message.text : dropped);
	free(message.text);
	pthread_mutex_lock(&journal->lock);
	return true;
}

/* The same; *@ret_next is when there will be something. */
static bool send_next_fold(struct pw_journal *journal, uint64_t *ret_next)
{
	/* At the end, what was held back for folding is due too. */
	uint64_t now = journal->stop ? UINT64_MAX / 2 : now_ns(), others;
	char text[FOLD_BYTES];
	struct pw_fold fold;

	if (pw_folds_take(&journal->folds, now, &fold, ret_next)) {
		pthread_mutex_unlock(&journal->lock);
		send_fold(&fold);
		pthread_mutex_lock(&journal->lock);
		return true;
	}
	others = pw_folds_take_others(&journal->folds, now, ret_next);
	if (!others)
		return false;
	snprintf(text, sizeof(text),
		 "%" PRIu64 " further refusals of more kinds than are told apart here; all of "
		 "them are in the log: phiward audit query", others);
	pthread_mutex_unlock(&journal->lock);
	send_text(LOG_WARNING, text);
	pthread_mutex_lock(&journal->lock);
	return true;
}

static void *run(void *data)
{
	struct pw_journal *journal = data;
	uint64_t next = UINT64_MAX;

	pthread_mutex_lock(&journal->lock);
	for (;;) {
		if (send_next_message(journal) || send_next_fold(journal, &next))
			continue;
		if (journal->stop)
			break;
		if (next == UINT64_MAX) {
			pthread_cond_wait(&journal->wake, &journal->lock);
		} else {
			struct timespec until = timespec_of(next);

			pthread_cond_timedwait(&journal->wake, &journal->lock, &until);
		}
	}
	journal->stopped = true;
	pthread_cond_signal(&journal->idle);
	pthread_mutex_unlock(&journal->lock);
	return NULL;
}

int pw_journal_open(struct pw_journal **ret)
{
	struct pw_journal *journal = calloc(1, sizeof(*journal));
	pthread_condattr_t monotonic;
	int r;

	if (!journal)
		return -ENOMEM;
	pthread_condattr_init(&monotonic);
	pthread_condattr_setclock(&monotonic, CLOCK_MONOTONIC);
	pthread_mutex_init(&journal->lock, NULL);
	pthread_cond_init(&journal->wake, &monotonic);
	pthread_cond_init(&journal->idle, &monotonic);
	pthread_condattr_destroy(&monotonic);
	r = pthread_create(&journal->thread, NULL, run, journal);
	if (r) {
		free(journal);
		return -r;
	}
	*ret = journal;
	return 0;
}

struct pw_journal *pw_journal_close(struct pw_journal *journal)
{
	struct timespec until = timespec_of(now_ns() + SECOND);
	int r = 0;

	if (!journal)
		return NULL;
	pthread_mutex_lock(&journal->lock);
	journal->stop = true;
	pthread_cond_signal(&journal->wake);
	while (!journal->stopped && !r)
		r = pthread_cond_timedwait(&journal->idle, &journal->lock, &until);
	pthread_mutex_unlock(&journal->lock);
	if (r) {	/* it hangs in the journal's socket and goes with the process */
		pthread_detach(journal->thread);
		return NULL;
	}
	pthread_join(journal->thread, NULL);	/* it has sent all messages */
	free(journal);
	return NULL;
}

/* ---- What is said ------------------------------------------------------------------------- */

void pw_journal_say(struct pw_journal *journal, int priority, const char *format, ...)
{
	_cleanup_free_ char *text = NULL;
	va_list arguments;

	va_start(arguments, format);
	if (vasprintf(&text, format, arguments) < 0)
		text = NULL;
	va_end(arguments);
	if (!journal) {
		to_stderr(priority, text ? text : "out of memory");
		return;
	}
	pthread_mutex_lock(&journal->lock);
	if (!text || journal->n == MESSAGES)
		journal->dropped++;
	else
		journal->messages[(journal->first + journal->n++) % MESSAGES] =
			(struct message){ .priority = priority, .text = TAKE_PTR(text) };
	pthread_cond_signal(&journal->wake);
	pthread_mutex_unlock(&journal->lock);
}

void pw_journal_refusal(struct pw_journal *journal, const struct pw_event *event,
			const struct pw_catalog *catalog)
{
	pthread_mutex_lock(&journal->lock);
	pw_folds_add(&journal->folds, event, catalog, now_ns());
	pthread_cond_signal(&journal->wake);
	pthread_mutex_unlock(&journal->lock);
}
