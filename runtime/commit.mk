# SPDX-License-Identifier: Apache-2.0
# Only ctr-image has it.
noinst_LIBRARIES += libcommit.a
libcommit_a_SOURCES = \
	runtime/commit.c runtime/commit.h \
	runtime/registry.c runtime/registry.h \
	runtime/registry_plan.c runtime/registry_plan.h \
	runtime/container_check.c runtime/container_check.h \
	runtime/commit_index.c runtime/commit_index.h \
	runtime/commit_member.c runtime/commit_member.h \
	runtime/copy.c \
	runtime/export.c runtime/export.h \
	runtime/root.c runtime/root.h \
	runtime/root_mounts.c runtime/root_mounts.h

check_PROGRAMS += tests/unit/test_registry
tests_unit_test_registry_SOURCES = tests/unit/test_registry.c
tests_unit_test_registry_LDADD = libunit.a libcommit.a libfs.a libspecs.a libbase.a $(YAJL_LIBS)
