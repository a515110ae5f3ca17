# SPDX-License-Identifier: Apache-2.0
# The process set-up: what init (create, run) and join (exec) share. See runtime/process.h.
libruntime_a_SOURCES += \
	runtime/capability.c runtime/capability.h \
	runtime/console_socket.c runtime/console_socket.h \
	runtime/credentials.c runtime/credentials.h \
	runtime/executable.c runtime/executable.h \
	runtime/hooks.c runtime/hooks.h \
	runtime/id_map.c runtime/id_map.h \
	runtime/keyring.c runtime/keyring.h \
	runtime/memory_policy.c runtime/memory_policy.h \
	runtime/passwd.c runtime/passwd.h \
	runtime/personality.c runtime/personality.h \
	runtime/process.c runtime/process.h \
	runtime/resource_limit.c runtime/resource_limit.h \
	runtime/rootless.c runtime/rootless.h \
	runtime/scheduling.c runtime/scheduling.h \
	runtime/security_label.c runtime/security_label.h \
	runtime/signals.c runtime/signals.h \
	runtime/socket_scope.c runtime/socket_scope.h \
	runtime/spawn.c runtime/spawn.h \
	runtime/sysctl.c runtime/sysctl.h \
	runtime/terminal.c runtime/terminal.h \
	runtime/terminal_host.c runtime/terminal_host.h \
	runtime/terminal_relay.c runtime/terminal_relay.h \
	runtime/user_map.c runtime/user_map.h

process_tests = \
	tests/unit/test_capability \
	tests/unit/test_hooks \
	tests/unit/test_id_map \
	tests/unit/test_memory_policy \
	tests/unit/test_passwd \
	tests/unit/test_process \
	tests/unit/test_restart_policy \
	tests/unit/test_run_changes \
	tests/unit/test_run_network \
	tests/unit/test_sysctl \
	tests/unit/test_terminal \
	tests/unit/test_user_map
check_PROGRAMS += $(process_tests)
process_test_libraries = libunit.a libruntime.a libspecs.a libbase.a $(CTR_STATIC_LIBS)
tests_unit_test_capability_SOURCES = tests/unit/test_capability.c
tests_unit_test_capability_LDADD = $(process_test_libraries)
tests_unit_test_hooks_SOURCES = tests/unit/test_hooks.c
tests_unit_test_hooks_LDADD = $(process_test_libraries)
tests_unit_test_id_map_SOURCES = tests/unit/test_id_map.c
tests_unit_test_id_map_LDADD = $(process_test_libraries)
tests_unit_test_memory_policy_SOURCES = tests/unit/test_memory_policy.c
tests_unit_test_memory_policy_LDADD = $(process_test_libraries)
tests_unit_test_passwd_SOURCES = tests/unit/test_passwd.c
tests_unit_test_passwd_LDADD = $(process_test_libraries)
tests_unit_test_process_SOURCES = tests/unit/test_process.c
tests_unit_test_process_LDADD = $(process_test_libraries)
tests_unit_test_restart_policy_SOURCES = tests/unit/test_restart_policy.c
tests_unit_test_restart_policy_LDADD = $(process_test_libraries)
tests_unit_test_run_changes_SOURCES = tests/unit/test_run_changes.c
tests_unit_test_run_changes_LDADD = $(process_test_libraries)
tests_unit_test_run_network_SOURCES = tests/unit/test_run_network.c
tests_unit_test_run_network_LDADD = $(process_test_libraries)
tests_unit_test_sysctl_SOURCES = tests/unit/test_sysctl.c
tests_unit_test_sysctl_LDADD = $(process_test_libraries)
tests_unit_test_user_map_SOURCES = tests/unit/test_user_map.c
tests_unit_test_user_map_LDADD = $(process_test_libraries)
tests_unit_test_terminal_SOURCES = tests/unit/test_terminal.c
tests_unit_test_terminal_LDADD = $(process_test_libraries)

if FUZZING
noinst_PROGRAMS += tests/fuzz/fuzz_passwd tests/fuzz/fuzz_run_network tests/fuzz/fuzz_user_map
tests_fuzz_fuzz_run_network_SOURCES = tests/fuzz/fuzz_run_network.c
tests_fuzz_fuzz_run_network_LDFLAGS = $(fuzz_ldflags)
tests_fuzz_fuzz_run_network_LDADD = libruntime.a libspecs.a libbase.a $(CTR_STATIC_LIBS)
tests_fuzz_fuzz_passwd_SOURCES = tests/fuzz/fuzz_passwd.c
tests_fuzz_fuzz_passwd_LDFLAGS = $(fuzz_ldflags)
tests_fuzz_fuzz_passwd_LDADD = libruntime.a libspecs.a libbase.a $(CTR_STATIC_LIBS)
tests_fuzz_fuzz_user_map_SOURCES = tests/fuzz/fuzz_user_map.c
tests_fuzz_fuzz_user_map_LDFLAGS = $(fuzz_ldflags)
tests_fuzz_fuzz_user_map_LDADD = libruntime.a libspecs.a libbase.a $(CTR_STATIC_LIBS)
endif
