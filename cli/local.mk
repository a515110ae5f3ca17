# SPDX-License-Identifier: Apache-2.0
noinst_LIBRARIES += libcli.a
libcli_a_SOURCES = \
	cli/age.c cli/age.h \
	cli/command.h \
	cli/commit.h cli/commit_command.c \
	cli/cp.h cli/cp_command.c \
	cli/export.h cli/export_command.c \
	cli/import.h cli/import_command.c \
	cli/each.c \
	cli/host_commit.c cli/host_commit.h \
	cli/load.h cli/load_command.c \
	cli/log_reader.c cli/log_reader.h \
	cli/log_target.c cli/log_target.h \
	cli/option.c cli/option.h \
	cli/option_print.c \
	cli/program.c \
	cli/program_find.c \
	cli/network.h cli/network_command.c \
	cli/network_connect.h cli/network_connect_command.c \
	cli/network_disconnect.h cli/network_disconnect_command.c \
	cli/network_reload.h cli/network_reload_command.c \
	cli/network_text.c cli/network_text.h \
	cli/output_file.c cli/output_file.h \
	cli/progress.c cli/progress.h \
	cli/pull.h cli/pull_command.c \
	cli/save.h cli/save_command.c \
	cli/size.c cli/size.h \
	cli/stats_text.c cli/stats_text.h \
	cli/table.c cli/table.h \
	cli/unpack.h cli/unpack_command.c \
	cli/verbs.h \
	cli/version.c

# Verbs, as ctr and ctr-more have them: compiled for each, as ctr has no texts for --help.
start_verbs = \
	cli/cleanup.c \
	cli/clone.c \
	cli/container_rows.h \
	cli/create.c \
	cli/criu_rows.c cli/criu_rows.h \
	cli/delete.c \
	cli/exec.c \
	cli/freeze.c \
	cli/globals.c \
	cli/kill.c \
	cli/limits.c cli/limits.h \
	cli/list.c \
	cli/process_table.c cli/process_table.h \
	cli/ps.c \
	cli/restore.c \
	cli/rm.c \
	cli/run.c \
	cli/snapshot_name.c cli/snapshot_name.h \
	cli/start.c \
	cli/state.c \
	cli/stop.c \
	cli/thaw.c \
	cli/try.c cli/try_end.c cli/try_end.h \
	cli/update.c \
	cli/wait.c

bin_PROGRAMS += ctr
ctr_SOURCES = cli/main.c cli/help_elsewhere.c $(start_verbs)
ctr_CPPFLAGS = $(AM_CPPFLAGS) -DCTR_WITHOUT_HELP

# The companion with the verbs that no start, no engine's loop and no container in it needs.
pkglibexec_PROGRAMS += ctr-more
ctr_more_SOURCES = cli/more_main.c $(start_verbs) \
	cli/check.c cli/check.h cli/check_store.h \
	cli/check_cgroup.c \
	cli/check_kernel.c \
	cli/check_namespaces.c \
	cli/check_network.c \
	cli/check_overlay.c \
	cli/check_programs.c cli/check_rootless.c \
	cli/checkpoint.c \
	cli/completion.c cli/completion.h \
	cli/completion_bash.c \
	cli/completion_fish.c \
	cli/completion_zsh.c \
	cli/diff.c \
	cli/events.c \
	cli/explain.c \
	cli/features.c \
	cli/help.c cli/help_verb.c \
	cli/history.c \
	cli/image_filter.c cli/image_filter.h \
	cli/images.c \
	cli/inspect.c \
	cli/inspect_image.c cli/inspect_image.h \
	cli/logs.c \
	cli/port.c \
	cli/prune.c \
	cli/rmi.c \
	cli/rollback.c \
	cli/snapshot.c \
	cli/snapshots.c cli/snapshots.h \
	cli/spec.c \
	cli/stats.c \
	cli/tag.c \
	cli/undo.c \
	cli/version_verb.c
# Each library before those that it stands on.
CTR_LIBS = libcli.a libruntime.a libfs.a libcgroup.a libnet.a libspecs.a libbase.a
if OWN_ENTRY
ctr_SOURCES += cli/entry.c cli/entry.h cli/entry_guard.c cli/entry_relocate.c
endif

# The companion: its libraries are shared ones, which the start path does not pay for.
pkglibexec_PROGRAMS += ctr-image
ctr_image_SOURCES = cli/image_main.c cli/globals.c cli/help.c \
	cli/check_store.c cli/check_store.h \
	cli/commit.c \
	cli/cp.c cli/export.c cli/import.c \
	cli/load.c \
	cli/pull.c \
	cli/push.c \
	cli/save.c \
	cli/unpack.c
ctr_image_LDADD = libcli.a libcommit.a libimage.a $(CTR_LIBS) $(CTR_STATIC_LIBS) $(IMAGE_LIBS)

# The companion for networks.
if NETWORK
pkglibexec_PROGRAMS += ctr-net
ctr_net_SOURCES = cli/net_main.c cli/globals.c cli/help.c \
	cli/network_connect.c \
	cli/network_create.c \
	cli/network_disconnect.c \
	cli/network_inspect.c \
	cli/network_ls.c \
	cli/network_probe.c cli/network_probe.h \
	cli/network_prune.c \
	cli/network_reload.c \
	cli/network_rm.c \
	cli/network_verb.c cli/network_verb.h
ctr_net_CPPFLAGS = $(libnetwork_a_CPPFLAGS)
ctr_net_LDADD = libnetwork.a $(CTR_LIBS) $(CTR_NET_LIBS) $(NETWORK_LIBS)
endif

# The commit that this was built from, asked at every make and written when it is another one.
cli/build-commit.h: cli-build-commit
.PHONY: cli-build-commit
cli-build-commit:
	@$(MKDIR_P) cli
	@commit=`git -C '$(srcdir)' describe --always --dirty --abbrev=12 2>/dev/null || \
		cat '$(srcdir)/.commit' 2>/dev/null || echo unknown`; \
	line="#define CTR_BUILD_COMMIT \"$$commit\""; \
	echo "$$line" | cmp -s - cli/build-commit.h || echo "$$line" > cli/build-commit.h
cli/version.$(OBJEXT): cli/build-commit.h
CLEANFILES += cli/build-commit.h

check_PROGRAMS += \
	tests/unit/test_log_reader \
	tests/unit/test_option \
	tests/unit/test_progress \
	tests/unit/test_stats_text \
	tests/unit/test_network_text \
	tests/unit/test_table
tests_unit_test_log_reader_SOURCES = tests/unit/test_log_reader.c
tests_unit_test_log_reader_LDADD = libunit.a libcli.a libspecs.a libbase.a $(CTR_STATIC_LIBS)
tests_unit_test_option_SOURCES = tests/unit/test_option.c
tests_unit_test_option_LDADD = libunit.a libcli.a libbase.a
tests_unit_test_progress_SOURCES = tests/unit/test_progress.c
tests_unit_test_progress_LDADD = libunit.a libcli.a libbase.a
tests_unit_test_stats_text_SOURCES = tests/unit/test_stats_text.c
tests_unit_test_stats_text_LDADD = libunit.a libcli.a libspecs.a libbase.a $(CTR_STATIC_LIBS)
tests_unit_test_network_text_SOURCES = tests/unit/test_network_text.c
tests_unit_test_network_text_LDADD = libunit.a libcli.a libspecs.a libbase.a $(YAJL_LIBS)
EXTRA_DIST += tests/unit/golden/network-inspect.json
tests_unit_test_table_SOURCES = tests/unit/test_table.c
tests_unit_test_table_LDADD = libunit.a libcli.a libbase.a
