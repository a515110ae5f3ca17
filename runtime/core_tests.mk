# SPDX-License-Identifier: Apache-2.0
# Unit tests of the launch, the state and what is between: see process.mk and seccomp.mk for others.
core_tests = \
	tests/unit/test_clone_spec \
	tests/unit/test_copy \
	tests/unit/test_exec_process \
	tests/unit/test_handle \
	tests/unit/test_hook_state \
	tests/unit/test_host_ps \
	tests/unit/test_monitor \
	tests/unit/test_namespaces \
	tests/unit/test_notify \
	tests/unit/test_connection \
	tests/unit/test_pasta \
	tests/unit/test_plan \
	tests/unit/test_state \
	tests/unit/test_state_document \
	tests/unit/test_signals \
	tests/unit/test_sync \
	tests/unit/test_update
check_PROGRAMS += $(core_tests)
core_test_libraries = \
	libunit.a libruntime.a libfs.a libcgroup.a libnet.a libspecs.a libbase.a $(CTR_STATIC_LIBS)
# Documents have strings that are not const, tests have literals.
core_test_flags = $(AM_CFLAGS) -Wno-write-strings
tests_unit_test_clone_spec_SOURCES = tests/unit/test_clone_spec.c $(scratch_dir)
tests_unit_test_clone_spec_LDADD = $(core_test_libraries)
tests_unit_test_copy_SOURCES = tests/unit/test_copy.c
tests_unit_test_copy_LDADD = $(core_test_libraries)
tests_unit_test_exec_process_SOURCES = tests/unit/test_exec_process.c $(scratch_dir)
tests_unit_test_exec_process_CFLAGS = $(core_test_flags)
tests_unit_test_exec_process_LDADD = $(core_test_libraries)
tests_unit_test_handle_SOURCES = tests/unit/test_handle.c $(scratch_dir)
tests_unit_test_handle_CFLAGS = $(core_test_flags)
tests_unit_test_handle_LDADD = $(core_test_libraries)
tests_unit_test_hook_state_SOURCES = tests/unit/test_hook_state.c
tests_unit_test_hook_state_CFLAGS = $(core_test_flags)
tests_unit_test_hook_state_LDADD = $(core_test_libraries)
tests_unit_test_host_ps_SOURCES = tests/unit/test_host_ps.c
tests_unit_test_host_ps_LDADD = $(core_test_libraries)
tests_unit_test_namespaces_SOURCES = tests/unit/test_namespaces.c $(scratch_dir)
tests_unit_test_namespaces_CFLAGS = $(core_test_flags)
tests_unit_test_namespaces_LDADD = $(core_test_libraries)
tests_unit_test_notify_SOURCES = tests/unit/test_notify.c
tests_unit_test_notify_CFLAGS = $(core_test_flags)
tests_unit_test_notify_LDADD = $(core_test_libraries)
tests_unit_test_connection_SOURCES = tests/unit/test_connection.c
tests_unit_test_connection_CFLAGS = $(core_test_flags)
tests_unit_test_connection_LDADD = $(core_test_libraries)
tests_unit_test_pasta_SOURCES = tests/unit/test_pasta.c
tests_unit_test_pasta_LDADD = $(core_test_libraries)
tests_unit_test_plan_SOURCES = tests/unit/test_plan.c
tests_unit_test_plan_CFLAGS = $(core_test_flags)
tests_unit_test_plan_LDADD = $(core_test_libraries)
tests_unit_test_state_SOURCES = tests/unit/test_state.c $(scratch_dir)
tests_unit_test_state_CFLAGS = $(core_test_flags)
tests_unit_test_state_LDADD = $(core_test_libraries)
tests_unit_test_state_document_SOURCES = tests/unit/test_state_document.c
tests_unit_test_state_document_CFLAGS = $(core_test_flags)
tests_unit_test_state_document_LDADD = $(core_test_libraries)
tests_unit_test_signals_SOURCES = tests/unit/test_signals.c
tests_unit_test_signals_CFLAGS = $(core_test_flags)
tests_unit_test_signals_LDADD = $(core_test_libraries)
tests_unit_test_sync_SOURCES = tests/unit/test_sync.c
tests_unit_test_sync_CFLAGS = $(core_test_flags)
tests_unit_test_sync_LDADD = $(core_test_libraries)
tests_unit_test_update_SOURCES = tests/unit/test_update.c
tests_unit_test_update_CFLAGS = $(core_test_flags)
tests_unit_test_update_LDADD = $(core_test_libraries)
tests_unit_test_monitor_SOURCES = tests/unit/test_monitor.c $(scratch_dir)
tests_unit_test_monitor_CFLAGS = $(core_test_flags)
tests_unit_test_monitor_LDADD = $(core_test_libraries)
EXTRA_DIST += \
	tests/unit/golden/connection.txt \
	tests/unit/golden/pasta.txt \
	tests/unit/golden/plan_everything.json \
	tests/unit/golden/plan_everything.plan \
	tests/unit/golden/plan_rootless.plan \
	tests/unit/golden/plan_template.plan \
	tests/unit/golden/plan_userns.json \
	tests/unit/golden/plan_userns.plan \
	tests/unit/golden/state_document.json
