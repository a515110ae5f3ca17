/* SPDX-License-Identifier: Apache-2.0 */
#include "base/parallel.h"

#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdbool.h>

#define MOST_THREADS 64
#define STACK_SIZE ((size_t)1 << 20)

struct work {
	parallel_task *task;
	void *context;
	size_t count;
	atomic_size_t next;
	atomic_bool failed;
	pthread_mutex_t lock; /* of the error */
	struct error *err;
};

struct worker {
	struct work *work;
	unsigned number;
	pthread_t thread;
};

unsigned parallel_threads(unsigned most)
{
	cpu_set_t set;
	int count = 1;

	if (sched_getaffinity(0, sizeof(set), &set) == 0)
		count = CPU_COUNT(&set);
	if (count < 1)
		count = 1;
	return (unsigned)count < most ? (unsigned)count : most;
}

static void note_failure(struct work *work, const struct error *err)
{
	pthread_mutex_lock(&work->lock);
	if (!atomic_exchange(&work->failed, true))
		*work->err = *err;
	pthread_mutex_unlock(&work->lock);
}

static void *run(void *argument)
{
	struct worker *worker = argument;
	struct work *work = worker->work;
	struct error err;

	while (!atomic_load_explicit(&work->failed, memory_order_relaxed)) {
		size_t index = atomic_fetch_add(&work->next, 1);

		if (index >= work->count)
			break;
		if (work->task(work->context, index, worker->number, &err) < 0)
			note_failure(work, &err);
	}
	return NULL;
}

/* The signals that are sent to the program are for its first thread. */
static unsigned start_threads(struct worker *workers, unsigned threads)
{
	pthread_attr_t attributes;
	sigset_t all, before;
	unsigned started = 1;

	sigfillset(&all);
	pthread_sigmask(SIG_SETMASK, &all, &before);
	/* musl's threads have 128 kB, glibc's as much as RLIMIT_STACK says */
	if (pthread_attr_init(&attributes) == 0) {
		pthread_attr_setstacksize(&attributes, STACK_SIZE);
		while (started < threads && pthread_create(&workers[started].thread, &attributes,
							   run, &workers[started]) == 0)
			started++;
		pthread_attr_destroy(&attributes);
	}
	pthread_sigmask(SIG_SETMASK, &before, NULL);
	return started;
}

int parallel_run(unsigned threads, size_t count, parallel_task *task, void *context,
		 struct error *err)
{
	struct work work = {
		.task = task,
		.context = context,
		.count = count,
		.lock = PTHREAD_MUTEX_INITIALIZER,
		.err = err,
	};
	struct worker workers[MOST_THREADS];

	if (threads > MOST_THREADS)
		threads = MOST_THREADS;
	if (threads > count)
		threads = (unsigned)count;
	for (unsigned i = 0; i < threads; i++)
		workers[i] = (struct worker){ .work = &work, .number = i };
	if (!threads)
		return 0;
	threads = start_threads(workers, threads);
	run(&workers[0]);
	for (unsigned i = 1; i < threads; i++)
		pthread_join(workers[i].thread, NULL);
	return work.failed ? -1 : 0;
}
