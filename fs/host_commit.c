/* SPDX-License-Identifier: Apache-2.0 */
#include "fs/host_commit.h"

#include <errno.h>
#include <string.h>
#include <sys/random.h>
#include <time.h>
#include <unistd.h>

#include "base/fd.h"
#include "base/macro.h"
#include "base/step.h"
#include "base/timestamp.h"
#include "fs/host_exchange.h"
#include "fs/host_journal.h"
#include "fs/host_known.h"
#include "fs/host_recover.h"
#include "fs/host_stage.h"

struct host_commit {
	const struct host_commit_request *request;
	struct host_commit_result *result;
	struct arena *arena;
	struct host_plan *plan;
	struct journals journals;
	struct journal_state state;
	struct host_exchange exchange;
};

static int lock(struct host_commit *commit, struct error *err)
{
	if (journals_open(commit->request->data_root, JOURNALS_WAIT, &commit->journals, err) < 0)
		return -1;
	return host_recover_pending(&commit->journals, err);
}

/* The plan ------------------------------------------------------------------------------------- */

static int plan(struct host_commit *commit, struct error *err)
{
	const struct host_commit_request *request = commit->request;
	struct host_plan_options options = {
		.paths = request->paths,
		.force = request->force,
	};

	if (!timestamp_parse(request->since, &options.since.time))
		return fail(err, EINVAL, "%s: its time of creation is '%s'", request->container,
			    request->since);
	clock_gettime(CLOCK_REALTIME, &options.now);
	if (host_mounts_read(commit->arena, &options.mounts, err) < 0 ||
	    host_known_read(&commit->journals, request->container, request->created, commit->arena,
			    &options.since, err) < 0)
		return -1;
	return host_plan(request->parts, request->part_count, &options, commit->arena, commit->plan,
			 err);
}

/* Preparation ---------------------------------------------------------------------------------- */

static void describe(struct host_commit *commit)
{
	const struct host_plan *plan = commit->plan;
	char now[TIMESTAMP_SIZE];

	commit->state = (struct journal_state){
		.phase = JOURNAL_STAGING,
		.container = arena_strdup(commit->arena, commit->request->container),
		.created = arena_strdup(commit->arena, commit->request->created),
		.time = arena_strdup(commit->arena, timestamp_now(now)),
		.added = (uint32_t)plan->added,
		.changed = (uint32_t)plan->changed,
		.deleted = (uint32_t)plan->deleted,
		.targets = plan->journal.targets,
	};
}

/* From here on whatever we leave is found. */
static int begin_journal(struct host_commit *commit, struct error *err)
{
	const struct host_plan *plan = commit->plan;
	struct journal_state *state = &commit->state;
	unsigned long random = 0;

	describe(commit);
	if (journals_add(&commit->journals, &commit->result->number, err) < 0 ||
	    journals_set_pending(&commit->journals, commit->result->number, err) < 0)
		return -1;
	/* several data roots may have commits of the same number */
	if (getrandom(&random, sizeof(random), GRND_NONBLOCK) < 0)
		random = (unsigned long)getpid();
	state->areas.items = arena_array(commit->arena, struct journal_area, plan->area_count);
	state->areas.count = plan->area_count;
	for (size_t i = 0; i < plan->area_count; i++)
		state->areas.items[i] = (struct journal_area){
			.part = (uint32_t)plan->areas[i].part,
			.inode = plan->areas[i].status.st_ino,
			.ctime = plan->areas[i].status.st_ctim.tv_sec,
			.ctime_nanoseconds = (uint32_t)plan->areas[i].status.st_ctim.tv_nsec,
			.path = arena_printf(commit->arena, "%s/%s/%u-%lx",
					     plan->areas[i].directory, plan->areas[i].folder,
					     commit->result->number, random),
		};
	return journal_save_state(&commit->journals, commit->result->number, state, err);
}

static int end_journal(struct host_commit *commit, struct error *err)
{
	if (!commit->result->number)
		return 0;
	if (host_forget(&commit->journals, commit->result->number, &commit->state, err) < 0 ||
	    journals_set_pending(&commit->journals, 0, err) < 0)
		return -1;
	commit->result->number = 0;
	return 0;
}

static int make_areas(struct host_commit *commit, struct error *err)
{
	struct host_exchange *exchange = &commit->exchange;

	for (size_t i = 0; i < commit->state.areas.count; i++) {
		const struct journal_area *area = &commit->state.areas.items[i];

		exchange->areas[i] = host_area_make(exchange->parts[area->part], area->path, err);
		if (exchange->areas[i] < 0)
			return fail_in(err, "%s", commit->state.targets.items[area->part]);
	}
	return 0;
}

static int stage(struct host_commit *commit, struct error *err)
{
	return host_stage(commit->request->parts, commit->request->part_count, commit->plan,
			  commit->exchange.areas, err);
}

/* The new files are durable before the journal that leads to them. */
static int write_journal(struct host_commit *commit, struct error *err)
{
	for (size_t i = 0; i < commit->exchange.area_count; i++)
		if (syncfs(commit->exchange.areas[i]) < 0)
			return fail_errno(err, "sync the filesystem");
	if (journal_save(&commit->journals, commit->result->number, &commit->plan->journal, err) <
	    0)
		return -1;
	commit->state.phase = JOURNAL_COMMITTING;
	return journal_save_state(&commit->journals, commit->result->number, &commit->state, err);
}

/* The exchange --------------------------------------------------------------------------------- */

static int check(struct host_commit *commit, struct error *err)
{
	return host_exchange_check(&commit->exchange, err);
}

static int exchange(struct host_commit *commit, struct error *err)
{
	struct timespec begin, end;

	clock_gettime(CLOCK_MONOTONIC, &begin);
	if (host_exchange_run(&commit->exchange, err) < 0)
		return -1;
	clock_gettime(CLOCK_MONOTONIC, &end);
	commit->result->exchange_microseconds =
		(end.tv_sec - begin.tv_sec) * 1000000LL + (end.tv_nsec - begin.tv_nsec) / 1000;
	return host_exchange_directories(&commit->exchange, true, NULL, err);
}

static int sync_exchange(struct host_commit *commit, struct error *err)
{
	host_exchange_settle(&commit->exchange, &commit->state);
	return host_exchange_sync(&commit->exchange, err);
}

static int exchange_back(struct host_commit *commit, struct error *err)
{
	const struct host_subset all = { .persistent = true };

	/* the commit point may be behind us: a power cut must find that it is not any more */
	commit->state.phase = JOURNAL_COMMITTING;
	if (journal_save_state(&commit->journals, commit->result->number, &commit->state, err) <
		    0 ||
	    host_exchange_move(&commit->exchange, &all, false, err) < 0 ||
	    host_exchange_directories(&commit->exchange, false, NULL, err) < 0 ||
	    sync_exchange(commit, err) < 0) {
		/* the journal stays, for the next command to try again */
		commit->result->number = 0;
		return -1;
	}
	host_spare_areas(commit->result->number, &commit->exchange, &commit->state);
	return 0;
}

/* The commit point. */
static int commit_all(struct host_commit *commit, struct error *err)
{
	commit->state.phase = JOURNAL_COMMITTED;
	return journal_save_state(&commit->journals, commit->result->number, &commit->state, err);
}

STEPS(host_commit);

static const struct host_commit_step plan_steps[] = {
	{ "lock", lock, NULL },
	{ "plan", plan, NULL },
};

static const struct host_commit_step commit_steps[] = {
	{ "journal", begin_journal, end_journal },
	{ "areas", make_areas, NULL },
	{ "copies", stage, NULL },
	{ "prepared", write_journal, NULL },
	{ "check", check, NULL },
	{ "exchange", exchange, exchange_back },
	{ "sync", sync_exchange, NULL },
	{ "committed", commit_all, NULL },
};

/* The descriptors of the parts are the caller's. */
static void use_parts(struct host_commit *commit)
{
	const struct host_commit_request *request = commit->request;
	struct host_exchange *exchange = &commit->exchange;

	exchange->journal = &commit->plan->journal;
	exchange->parts = arena_array(commit->arena, int, request->part_count);
	for (size_t i = 0; i < request->part_count; i++)
		exchange->parts[i] = request->parts[i].dir;
	exchange->part_count = request->part_count;
	exchange->areas = arena_array(commit->arena, int, commit->plan->area_count);
	for (size_t i = 0; i < commit->plan->area_count; i++)
		exchange->areas[i] = -1;
	exchange->area_count = commit->plan->area_count;
}

static bool has_work(const struct host_plan *plan)
{
	return plan->added || plan->changed || plan->deleted;
}

int host_commit(const struct host_commit_request *request, struct arena *arena,
		struct host_commit_result *result, struct error *err)
{
	struct host_commit commit = {
		.request = request,
		.result = result,
		.arena = arena,
		.plan = &result->plan,
		.journals = JOURNALS_NONE,
	};
	int done;

	*result = (struct host_commit_result){ 0 };
	done = host_commit_run(plan_steps, ARRAY_SIZE(plan_steps), &commit, err);
	if (done == 0 && !request->dry_run && has_work(commit.plan)) {
		use_parts(&commit);
		done = host_commit_run(commit_steps, ARRAY_SIZE(commit_steps), &commit, err);
		for (size_t i = 0; i < commit.exchange.area_count; i++)
			close_fd(&commit.exchange.areas[i]);
		/* nothing depends on it: what is committed is no work for a recovery */
		if (done == 0)
			done = journals_set_pending(&commit.journals, 0, err);
	}
	journals_close(&commit.journals);
	return done;
}
