# SPDX-License-Identifier: Apache-2.0
libruntime_a_SOURCES += \
	runtime/seccomp.c runtime/seccomp.h \
	runtime/seccomp_enosys.c runtime/seccomp_enosys.h
