/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include "cli/command.h"

/* One file a verb: its command and its function. */
#define VERB(name)                                                                                 \
	extern const struct command name##_command;                                                \
	command_function cmd_##name

VERB(check);
VERB(checkpoint);
VERB(cleanup);
VERB(clone);
VERB(commit);
VERB(completion);
VERB(cp);
VERB(create);
VERB(delete);
VERB(diff);
VERB(events);
VERB(exec);
VERB(explain);
VERB(export);
VERB(features);
VERB(freeze);
VERB(help);
VERB(history);
VERB(images);
VERB(import);
VERB(inspect);
VERB(kill);
VERB(list);
VERB(load);
VERB(logs);
VERB(network_connect);
VERB(network_create);
VERB(network_disconnect);
VERB(network_inspect);
VERB(network_ls);
VERB(network_prune);
VERB(network_reload);
VERB(network_rm);
VERB(port);
VERB(prune);
VERB(ps);
VERB(pull);
VERB(push);
VERB(restore);
VERB(rm);
VERB(rmi);
VERB(rollback);
VERB(run);
VERB(snapshot);
VERB(snapshots);
VERB(save);
VERB(spec);
VERB(start);
VERB(start_again);
VERB(state);
VERB(stats);
VERB(stop);
VERB(tag);
VERB(thaw);
VERB(try);
VERB(undo);
VERB(unpack);
VERB(update);
VERB(version);
VERB(wait);

/*
 * For verbs that take several containers: calls one for each positional. A failure does not keep
 * the others from their turn; each is told, the last one as the error of the command.
 */
int invocation_each(struct invocation *invocation,
		    int (*one)(struct invocation *, const char *id, struct error *),
		    struct error *err);

/* The same for all containers whose ID matches the extended regular expression pattern. */
int invocation_matching(struct invocation *invocation, const char *pattern,
			int (*one)(struct invocation *, const char *id, struct error *),
			struct error *err);

/* A duration of the command line as runtime/ takes it: milliseconds in an int, at most its range.
 */
int duration_clamp(int64_t milliseconds);
