# SPDX-License-Identifier: Apache-2.0
noinst_LIBRARIES += libbase.a
libbase_a_SOURCES = \
	base/arena.c base/arena.h \
	base/blake2b.c base/blake2b.h \
	base/error.c base/error.h \
	base/fd.c base/fd.h \
	base/file.c base/file.h \
	base/file_user.c base/file_user.h \
	base/identity.c base/identity.h \
	base/log.c base/log.h \
	base/macro.h \
	base/mount_table.c base/mount_table.h \
	base/mountinfo.c base/mountinfo.h \
	base/number_list.c base/number_list.h \
	base/parallel.c base/parallel.h \
	base/path.c base/path.h \
	base/program.c base/program.h \
	base/progress.h \
	base/signal_name.c base/signal_name.h \
	base/step.c base/step.h \
	base/string_list.c base/string_list.h \
	base/suggest.c base/suggest.h \
	base/sys.h \
	base/timestamp.c base/timestamp.h  \
	base/user_namespace.c base/user_namespace.h \
	base/value.c base/value.h

# The companions, and the names that they are installed by (configure's --program-prefix and its like).
base/companions.h: Makefile
	@$(MKDIR_P) base
	@{ printf '#define COMPANIONS'; \
	for name in $(pkglibexec_PROGRAMS); do \
		printf ' \\\n\t{ "%s", "%s" },' "$$name" "`echo "$$name" | sed '$(transform)'`"; \
	done; echo; } > $@
base/program.$(OBJEXT): base/companions.h
CLEANFILES += base/companions.h

base_tests = \
	tests/unit/test_arena \
	tests/unit/test_blake2b \
	tests/unit/test_error \
	tests/unit/test_fd \
	tests/unit/test_file \
	tests/unit/test_identity \
	tests/unit/test_log \
	tests/unit/test_mountinfo \
	tests/unit/test_number_list \
	tests/unit/test_path \
	tests/unit/test_program \
	tests/unit/test_signal_name \
	tests/unit/test_step \
	tests/unit/test_string_list \
	tests/unit/test_suggest \
	tests/unit/test_timestamp
check_PROGRAMS += $(base_tests)
base_test_libraries = libunit.a libbase.a
scratch_dir = tests/unit/scratch_dir.c tests/unit/scratch_dir.h
tests_unit_test_arena_SOURCES = tests/unit/test_arena.c
tests_unit_test_arena_LDADD = $(base_test_libraries)
tests_unit_test_blake2b_SOURCES = tests/unit/test_blake2b.c
tests_unit_test_blake2b_LDADD = $(base_test_libraries)
tests_unit_test_error_SOURCES = tests/unit/test_error.c
tests_unit_test_error_LDADD = $(base_test_libraries)
tests_unit_test_fd_SOURCES = tests/unit/test_fd.c
tests_unit_test_fd_LDADD = $(base_test_libraries)
tests_unit_test_file_SOURCES = tests/unit/test_file.c $(scratch_dir)
tests_unit_test_file_LDADD = $(base_test_libraries)
tests_unit_test_identity_SOURCES = tests/unit/test_identity.c
tests_unit_test_identity_LDADD = $(base_test_libraries)
tests_unit_test_log_SOURCES = tests/unit/test_log.c $(scratch_dir)
tests_unit_test_log_LDADD = $(base_test_libraries)
tests_unit_test_number_list_SOURCES = tests/unit/test_number_list.c
tests_unit_test_number_list_LDADD = $(base_test_libraries)
tests_unit_test_mountinfo_SOURCES = tests/unit/test_mountinfo.c
tests_unit_test_mountinfo_LDADD = $(base_test_libraries)
tests_unit_test_path_SOURCES = tests/unit/test_path.c $(scratch_dir)
tests_unit_test_path_LDADD = $(base_test_libraries)
tests_unit_test_program_SOURCES = tests/unit/test_program.c $(scratch_dir)
tests_unit_test_program_LDADD = $(base_test_libraries)
tests_unit_test_signal_name_SOURCES = tests/unit/test_signal_name.c
tests_unit_test_signal_name_LDADD = $(base_test_libraries)
tests_unit_test_step_SOURCES = tests/unit/test_step.c
tests_unit_test_step_LDADD = $(base_test_libraries)
tests_unit_test_string_list_SOURCES = tests/unit/test_string_list.c
tests_unit_test_string_list_LDADD = $(base_test_libraries)
tests_unit_test_suggest_SOURCES = tests/unit/test_suggest.c
tests_unit_test_suggest_LDADD = $(base_test_libraries)
tests_unit_test_timestamp_SOURCES = tests/unit/test_timestamp.c
tests_unit_test_timestamp_LDADD = $(base_test_libraries)
