# SPDX-License-Identifier: Apache-2.0
# Only ctr-image has it.
noinst_LIBRARIES += libcommit.a
libcommit_a_SOURCES = \
	runtime/commit.c runtime/commit.h \
	runtime/container_check.c runtime/container_check.h \
	runtime/commit_member.c runtime/commit_member.h \
	runtime/copy.c \
	runtime/export.c runtime/export.h \
	runtime/root.c runtime/root.h
