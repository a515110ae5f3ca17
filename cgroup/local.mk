# SPDX-License-Identifier: Apache-2.0
noinst_LIBRARIES += libcgroup.a
libcgroup_a_SOURCES = \
	cgroup/cgroup.c cgroup/cgroup.h \
	cgroup/cpu_weight.c \
	cgroup/device_program.c cgroup/device_program.h \
	cgroup/events.c cgroup/events.h \
	cgroup/freeze.c cgroup/freeze.h \
	cgroup/host.c \
	cgroup/limits.c cgroup/limits.h \
	cgroup/plan.c \
	cgroup/process.c cgroup/process.h \
	cgroup/remove.c \
	cgroup/walk.c cgroup/walk.h
