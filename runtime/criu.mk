# SPDX-License-Identifier: Apache-2.0
# Checkpoint and restore, which drive the installed criu.
libruntime_a_SOURCES += \
	runtime/checkpoint.c \
	runtime/criu.c runtime/criu.h \
	runtime/criu_images.c runtime/criu_images.h \
	runtime/criu_log.c \
	runtime/criu_message.c runtime/criu_message.h \
	runtime/criu_plan.c runtime/criu_plan.h \
	runtime/criu_subject.c runtime/criu_subject.h \
	runtime/restore.c runtime/restore.h

check_PROGRAMS += tests/unit/test_criu
tests_unit_test_criu_SOURCES = tests/unit/test_criu.c $(scratch_dir)
tests_unit_test_criu_CFLAGS = $(core_test_flags)
tests_unit_test_criu_LDADD = $(core_test_libraries)
