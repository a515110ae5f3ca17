# SPDX-License-Identifier: Apache-2.0
noinst_LIBRARIES += libbase.a
libbase_a_SOURCES = \
	base/arena.c base/arena.h \
	base/error.c base/error.h \
	base/fd.c base/fd.h \
	base/file.c base/file.h \
	base/log.c base/log.h \
	base/macro.h \
	base/path.c base/path.h \
	base/program.c base/program.h \
	base/step.c base/step.h \
	base/string_list.c base/string_list.h \
	base/sys.h \
	base/timestamp.c base/timestamp.h
