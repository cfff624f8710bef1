// SPDX-License-Identifier: BSD-2-Clause
#include "fleet/each.h"

#include <pthread.h>
#include <stdatomic.h>
#include <unistd.h>

#define THREADS_MAX 64
#define WORTH_A_THREAD 100

struct work {
	void (*one)(void *data, size_t i);
	void *data;
	size_t n;
	atomic_size_t next;
};

static void *run(void *data)
{
	struct work *work = data;
	size_t i;

	while ((i = atomic_fetch_add(&work->next, 1)) < work->n)
		work->one(work->data, i);

	return NULL;
}

void pw_each(size_t n, void (*one)(void *data, size_t i), void *data)
{
	const long processors = sysconf(_SC_NPROCESSORS_ONLN);
	struct work work = {.one = one, .data = data, .n = n};
	pthread_t threads[THREADS_MAX];
	size_t started = 0;

	/* This one works too, and alone where there is no other. */
	while (started < THREADS_MAX && (long)started + 1 < processors && n > WORTH_A_THREAD &&
	       !pthread_create(&threads[started], NULL, run, &work))
		started++;
	run(&work);
	while (started)
		pthread_join(threads[--started], NULL);
}
