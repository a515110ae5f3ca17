# SPDX-License-Identifier: Apache-2.0
noinst_LIBRARIES += libcgroup.a
libcgroup_a_SOURCES = \
	cgroup/cgroup.c cgroup/cgroup.h \
	cgroup/controllers.c cgroup/controllers.h \
	cgroup/cpu_weight.c \
	cgroup/delegate.c \
	cgroup/device_load.c \
	cgroup/device_program.c cgroup/device_program.h \
	cgroup/device_rules.c cgroup/device_rules.h \
	cgroup/events.c cgroup/events.h \
	cgroup/freeze.c cgroup/freeze.h \
	cgroup/host.c \
	cgroup/limits.c cgroup/limits.h \
	cgroup/limits_builder.h \
	cgroup/limits_cpu.c \
	cgroup/limits_io.c \
	cgroup/limits_memory.c \
	cgroup/oom.c cgroup/oom.h \
	cgroup/plan.c \
	cgroup/process.c cgroup/process.h \
	cgroup/remove.c \
	cgroup/resctrl.c cgroup/resctrl.h \
	cgroup/resctrl_stats.c cgroup/resctrl_stats.h \
	cgroup/stats.c cgroup/stats.h \
	cgroup/stats_parse.c cgroup/stats_parse.h \
	cgroup/stats_reader.c cgroup/stats_reader.h \
	cgroup/systemd_devices.c \
	cgroup/systemd_limits.c \
	cgroup/systemd_plan.c cgroup/systemd_plan.h \
	cgroup/systemd_request.c cgroup/systemd_request.h \
	cgroup/systemd_unit.c cgroup/systemd_unit.h \
	cgroup/update.c \
	cgroup/usage.c cgroup/usage.h \
	cgroup/walk.c cgroup/walk.h

check_PROGRAMS += \
	tests/unit/test_cgroup \
	tests/unit/test_device_program \
	tests/unit/test_limits \
	tests/unit/test_resctrl \
	tests/unit/test_stats
CGROUP_TEST_LIBS = libunit.a libcgroup.a libspecs.a libbase.a $(YAJL_LIBS)
tests_unit_test_limits_SOURCES = tests/unit/test_limits.c
tests_unit_test_limits_LDADD = $(CGROUP_TEST_LIBS) -lm
tests_unit_test_cgroup_SOURCES = tests/unit/test_cgroup.c
tests_unit_test_cgroup_LDADD = $(CGROUP_TEST_LIBS)
tests_unit_test_device_program_SOURCES = tests/unit/test_device_program.c
tests_unit_test_device_program_LDADD = $(CGROUP_TEST_LIBS)
tests_unit_test_resctrl_SOURCES = tests/unit/test_resctrl.c $(scratch_dir)
tests_unit_test_resctrl_LDADD = $(CGROUP_TEST_LIBS)
tests_unit_test_stats_SOURCES = tests/unit/test_stats.c $(scratch_dir)
tests_unit_test_stats_LDADD = $(CGROUP_TEST_LIBS) -lm
EXTRA_DIST += \
	tests/unit/golden/cgroup.txt \
	tests/unit/golden/device_default.txt \
	tests/unit/golden/device_rules.txt \
	tests/unit/golden/limits.txt \
	tests/unit/golden/stats.json \
	tests/unit/golden/stats_none.json

include cgroup/systemd.mk
