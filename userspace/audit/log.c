// SPDX-License-Identifier: BSD-2-Clause
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>

#include "audit/account.h"
#include "audit/file.h"
#include "audit/log.h"
#include "audit/record.h"
#include "audit/ring.h"
#include "audit/scan.h"
#include "audit/segment.h"
#include "common/cleanup.h"
#include "common/words.h"

#define BATCH_EVENTS 512
#define BATCH_BYTES (1024 * 1024)
#define NRINGS 3

struct pw_log {
	struct pw_log_config config;
	struct pw_ring rings[NRINGS];
	struct pw_recorder recorder;
	struct pw_account account;
	struct pw_log_file file;
	struct pw_segment segment;
	struct pw_line lines;
	struct pw_line owed;	/* gap lines from opening, not in the file yet */
	const struct pw_event *batch[BATCH_EVENTS];
	size_t nbatch;
	struct pw_gaps gaps;
	uint64_t told_closed;	/* segments */
	int epoll;
};

/* ---- Opening ------------------------------------------------------------------------------ */

static int find_last(void *data, struct pw_range range, bool gap)
{
	uint64_t *last = data;

	(void)gap;
	if (range.last > *last)
		*last = range.last;
	return 0;
}

static int find_unsettled(void *data, struct pw_range range, bool gap)
{
	struct pw_account *account = data;
	struct pw_state *state = account->state;

	if (range.last > __atomic_load_n(&state->seq, __ATOMIC_ACQUIRE) ||
	    pw_account_knows(account, range.last))
		return 0;
	if (gap)
		state->gapped += range.last - range.first + 1;
	return pw_account_add(account, range);
}

/*
 * The machine stopped while the last line was written: its number will not be
 * issued again, so it is a gap. When only the daemon died, the event is still
 * in its ring and its line is about to be written whole.
 */
static bool issued_nothing(const struct pw_log *log)
{
	return !log->config.state->settled && !log->config.state->seq;
}

static int owe_gap(struct pw_log *log, struct pw_range range, const char *reason)
{
	pw_record_gap(&log->recorder, range.first, range.last, reason, &log->owed);
	return log->owed.failed ? -ENOMEM : 0;
}

static int account_for_torn(struct pw_log *log, const char *torn, struct pw_account *account)
{
	struct pw_range range;
	int r;

	if (!torn || !issued_nothing(log) || !pw_scan_torn(torn, &range))
		return 0;
	r = owe_gap(log, range, "the line was cut short when the machine stopped");
	return r ? r : pw_account_add(account, range);
}

static int find_written(void *data, struct pw_range range, bool gap)
{
	(void)gap;
	return pw_account_add(data, range);
}

/*
 * Numbers that the last checkpoint says were issued, and that were still in memory when the
 * machine stopped. @account begins where that checkpoint says nothing is missing.
 */
static int account_for_memory(struct pw_log *log, struct pw_account *account)
{
	const struct pw_checkpoint *last = &log->segment.last;
	int r = 0;

	if (!log->segment.any || !issued_nothing(log))
		return 0;
	r = pw_account_find_gaps(account, last->records, 1, &log->gaps);
	if (!r)
		r = pw_account_find_gaps(account, last->records, 1 + PW_SETTLE_NS, &log->gaps);
	for (size_t i = 0; !r && i < log->gaps.n; i++)
		r = owe_gap(log, log->gaps.gaps[i].range, "in memory when the machine stopped");
	return r;
}

/* The log was not closed, and all that the kernel counted is gone. */
static bool stopped_without_a_word(const struct pw_log *log)
{
	const struct pw_segment *segment = &log->segment;

	return issued_nothing(log) && ((segment->left && !segment->closed) ||
				       (segment->any && segment->last.end != PW_END_STOP));
}

/* The last number of the log, with what is owed. */
static int find_end(struct pw_log *log, const char *torn, uint64_t *last)
{
	struct pw_state before = { .settled = log->segment.last.settled,
				   .seq = log->segment.last.records };
	struct pw_account account = { .state = &before };
	int r;

	*last = 0;
	pw_recorder_begin(&log->recorder);
	r = pw_scan_log(log->config.log_dir, find_last, last);
	if (!r)
		r = pw_scan_log(log->config.log_dir, find_written, &account);
	if (!r)
		r = account_for_torn(log, torn, &account);
	if (!r)
		r = account_for_memory(log, &account);
	for (size_t i = 0; !r && i < account.n; i++)
		if (account.seen[i].last > *last)
			*last = account.seen[i].last;
	if (before.settled > *last)
		*last = before.settled;
	if (log->gaps.n && before.seq > *last)
		*last = before.seq;
	pw_account_done(&account);
	/* How many numbers were given after the last checkpoint nobody knows: one stands for them. */
	if (!r && stopped_without_a_word(log)) {
		++*last;
		r = owe_gap(log, (struct pw_range){ *last, *last },
			    "what came after the last checkpoint was lost when the machine stopped");
	}
	return r;
}

static int open_file(struct pw_log *log)
{
	_cleanup_free_ char *torn = NULL;
	uint64_t last = 0;
	int r;

	r = pw_log_file_open(log->config.log_dir, &log->file, &torn);
	if (!r)
		r = pw_segment_open(&log->segment, &log->file, log->config.state_dir,
				    log->config.state, log->config.state_map);
	if (!r)
		r = pw_sealer_copy_first_key(&log->segment.sealer, log->config.state_dir,
					     log->config.log_dir);
	if (!r)
		r = find_end(log, torn, &last);
	if (r < 0)
		return r;
	pw_account_open(&log->account, log->config.state, last);
	return pw_scan_log(log->config.log_dir, find_unsettled, &log->account);
}

static int open_rings(struct pw_log *log)
{
	const int fds[NRINGS] = { log->config.ring_members, log->config.ring_others,
				  log->config.ring_tamper };
	struct epoll_event wanted = { .events = EPOLLIN };
	int r;

	log->epoll = epoll_create1(EPOLL_CLOEXEC);
	if (log->epoll < 0)
		return -errno;
	for (size_t i = 0; i < NRINGS; i++) {
		r = pw_ring_open(fds[i], &log->rings[i]);
		if (r < 0)
			return r;
		if (epoll_ctl(log->epoll, EPOLL_CTL_ADD, fds[i], &wanted) < 0)
			return -errno;
	}
	return 0;
}

static void closep(struct pw_log **log)
{
	*log = pw_log_close(*log);
}

int pw_log_open(const struct pw_log_config *config, struct pw_log **ret)
{
	_cleanup_(closep) struct pw_log *log = calloc(1, sizeof(*log));
	int r;

	if (!log)
		return -ENOMEM;
	log->config = *config;
	log->file.fd = -1;
	log->epoll = -1;
	r = pw_recorder_init(&log->recorder, config->state_dir);
	log->recorder.actors = config->actors;
	if (!r)
		r = open_file(log);
	if (!r)
		r = open_rings(log);
	if (r < 0)
		return r;
	*ret = TAKE_PTR(log);
	return 0;
}

int pw_log_fd(const struct pw_log *log)
{
	return log->epoll;
}

struct pw_log *pw_log_close(struct pw_log *log)
{
	if (!log)
		return NULL;
	for (size_t i = 0; i < NRINGS; i++)
		pw_ring_close(&log->rings[i]);
	pw_segment_close(&log->segment);
	pw_log_file_close(&log->file);
	pw_account_done(&log->account);
	pw_recorder_done(&log->recorder);
	pw_line_done(&log->lines);
	pw_line_done(&log->owed);
	free(log->gaps.gaps);
	if (log->epoll >= 0)
		close(log->epoll);
	free(log);
	return NULL;
}

/* ---- Draining ----------------------------------------------------------------------------- */

static uint64_t now_ns(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_BOOTTIME, &ts);
	return (uint64_t)ts.tv_sec * 1000000000 + (uint64_t)ts.tv_nsec;
}

static int append(struct pw_log *log, struct pw_line *lines)
{
	return lines->failed ? -ENOMEM :
			       pw_segment_append(&log->segment, &log->file, lines->data, lines->length,
						 now_ns());
}

static int write_owed(struct pw_log *log)
{
	int r = !log->owed.length ? 0 :
		pw_segment_append_owed(&log->segment, &log->file, log->owed.data, log->owed.length,
				       now_ns());

	if (!r)
		log->owed.length = 0;
	return r;
}

static int write_lines(struct pw_log *log)
{
	int r = append(log, &log->lines);

	log->lines.length = 0;
	log->lines.failed = false;
	if (r < 0)
		pw_account_stall(&log->account);
	else
		pw_account_resume(&log->account);
	return r;
}

/*
 * The oldest of the events at the heads of the rings, taken off. NULL: there is none, or it cannot
 * be told before what was read of a ring that is cut is given back.
 */
static const struct pw_event *take_event(struct pw_log *log, const unsigned long end[NRINGS])
{
	const struct pw_event *oldest = NULL;
	size_t from = 0;

	for (size_t i = 0; i < NRINGS; i++) {
		const struct pw_event *event = pw_ring_peek(&log->rings[i]);

		if (log->rings[i].position >= end[i])
			continue;
		if (log->rings[i].cut)
			return NULL;
		if (event && (!oldest || event->seq < oldest->seq)) {
			oldest = event;
			from = i;
		}
	}
	if (oldest)
		pw_ring_advance(&log->rings[from]);
	return oldest;
}

/* What is the same and has numbers that follow on each other is one line. */
static void fill_batch(struct pw_log *log, const unsigned long end[NRINGS])
{
	const struct pw_event *event, *first = NULL;
	uint64_t count = 0;

	log->nbatch = 0;
	while (log->nbatch < BATCH_EVENTS && log->lines.length < BATCH_BYTES &&
	       (event = take_event(log, end))) {
		if (pw_account_knows(&log->account, event->seq))
			continue;
		log->batch[log->nbatch++] = event;
		if (first && pw_record_repeats(first, count, event)) {
			count++;
			continue;
		}
		if (first)
			pw_record_event(&log->recorder, first, count, &log->lines);
		first = event;
		count = 1;
	}
	if (first)
		pw_record_event(&log->recorder, first, count, &log->lines);
}

static void give_notice(struct pw_log *log, const struct pw_event *event)
{
	if (log->config.notice &&
	    (event->verdict == PW_VERDICT_DENY || event->type == PW_RECORD_TAMPER))
		log->config.notice(log->config.notice_data, event,
				   pw_recorder_catalog(&log->recorder, event->generation));
}

/* Numbers come in order but for what two processors did at once: a run is one range. */
static int account_for_batch(struct pw_log *log)
{
	int r = 0;

	for (size_t i = 0; i < log->nbatch && !r;) {
		struct pw_range run = { log->batch[i]->seq, log->batch[i]->seq };

		while (++i < log->nbatch && log->batch[i]->seq == run.last + 1)
			run.last++;
		r = pw_account_add(&log->account, run);
	}
	return r;
}

static int release_rings(struct pw_log *log)
{
	int first = 0, r;

	for (size_t i = 0; i < NRINGS; i++) {
		r = pw_ring_release(&log->rings[i]);
		if (!first)
			first = r;
	}
	return first;
}

static int commit_batch(struct pw_log *log)
{
	int r = account_for_batch(log), released;

	for (size_t i = 0; i < log->nbatch; i++)
		give_notice(log, log->batch[i]);
	released = release_rings(log);
	return r ? r : released;
}

static bool is_cut(const struct pw_log *log, const unsigned long end[NRINGS])
{
	for (size_t i = 0; i < NRINGS; i++)
		if (log->rings[i].cut && log->rings[i].position < end[i])
			return true;
	return false;
}

/*
 * Writes what stood in the rings when it was called. Returns the number of
 * lines; *@ret_all is false when something before that point is still being
 * written by the kernel.
 */
static int drain_rings(struct pw_log *log, bool *ret_all)
{
	unsigned long end[NRINGS];
	bool all = true, more;
	int lines = 0, r;

	for (size_t i = 0; i < NRINGS; i++)
		end[i] = pw_ring_end(&log->rings[i]);
	do {
		fill_batch(log, end);
		r = log->nbatch ? write_lines(log) : 0;
		if (r < 0) {
			for (size_t i = 0; i < NRINGS; i++)
				pw_ring_rewind(&log->rings[i]);
			return r;
		}
		more = log->nbatch || is_cut(log, end);
		r = commit_batch(log);
		if (r < 0)
			return r;
		lines += (int)log->nbatch;
	} while (more);
	for (size_t i = 0; i < NRINGS; i++)
		all = all && log->rings[i].position >= end[i];
	*ret_all = all;
	return lines;
}

static void name_reasons(uint32_t reasons, char *text, size_t size)
{
	size_t length = 0;

	if (!reasons)
		reasons = 1U << PW_LOSS_UNKNOWN;
	text[0] = '\0';
	for (unsigned int i = 1; i < PW_LOSS_MAX_; i++)
		if (reasons & (1U << i) && length < size)
			length += (size_t)snprintf(text + length, size - length, "%s%s",
						   length ? " or " : "",
						   pw_word_name(&pw_words_loss, i));
}

static int write_gaps(struct pw_log *log)
{
	char reason[256];
	int r;

	for (size_t i = 0; i < log->gaps.n; i++) {
		const struct pw_gap *gap = &log->gaps.gaps[i];

		name_reasons(gap->reasons, reason, sizeof(reason));
		pw_record_gap(&log->recorder, gap->range.first, gap->range.last, reason,
			      &log->lines);
	}
	if (!log->gaps.n)
		return 0;
	r = write_lines(log);
	return r < 0 ? r : pw_account_close(&log->account, &log->gaps);
}

static int settle(struct pw_log *log, uint64_t issued)
{
	int r = pw_account_find_gaps(&log->account, issued, now_ns(), &log->gaps);

	return r < 0 ? r : write_gaps(log);
}

int pw_log_drain(struct pw_log *log, int want_settled)
{
	uint64_t issued = __atomic_load_n(&log->config.state->seq, __ATOMIC_ACQUIRE);
	bool all = false;
	int lines, r;

	log->gaps.n = 0;
	pw_recorder_begin(&log->recorder);
	r = write_owed(log);
	lines = r ? r : drain_rings(log, &all);
	if (lines < 0 || !want_settled)
		return lines;
	r = all ? settle(log, issued) : 0;
	if (!r)
		r = pw_segment_tick(&log->segment, &log->file, now_ns());
	if (!r)
		r = pw_segment_checkpoint(&log->segment, &log->file, PW_END_OPEN);
	if (!r)
		r = pw_log_file_sync(&log->file);
	return r < 0 ? r : lines + (int)log->gaps.n;
}

int pw_log_end(struct pw_log *log)
{
	int r = pw_log_drain(log, 1);

	if (r >= 0)
		r = pw_segment_checkpoint(&log->segment, &log->file, PW_END_STOP);
	return r < 0 ? r : pw_log_file_sync(&log->file);
}

/* ---- What is asked of it ------------------------------------------------------------------ */

void pw_log_set(struct pw_log *log, const struct pw_log_policy *policy)
{
	log->file.full = (off_t)policy->segment_bytes;
	log->segment.age = policy->age_ms * 1000000;
}

const struct pw_checkpoint *pw_log_checkpoint(const struct pw_log *log)
{
	return log->segment.any ? &log->segment.last : NULL;
}

uint64_t pw_log_sealed(const struct pw_log *log)
{
	return log->segment.any && !log->file.dirty ? log->segment.last.settled : 0;
}

bool pw_log_closed(struct pw_log *log, struct pw_checkpoint *ret)
{
	if (log->told_closed == log->segment.nclosed)
		return false;
	log->told_closed = log->segment.nclosed;
	*ret = log->segment.closing;
	return true;
}
