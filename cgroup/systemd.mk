# SPDX-License-Identifier: Apache-2.0
# The companion that speaks with systemd over D-Bus, and what only it has.
noinst_LIBRARIES += libproperty.a
libproperty_a_SOURCES = \
	cgroup/gvariant.c cgroup/gvariant.h \
	cgroup/unit_property.c cgroup/unit_property.h

if SYSTEMD
pkglibexec_PROGRAMS += ctr-systemd
ctr_systemd_SOURCES = \
	cgroup/systemd_bus.c cgroup/systemd_bus.h \
	cgroup/systemd_main.c
ctr_systemd_CPPFLAGS = $(AM_CPPFLAGS) $(SYSTEMD_CFLAGS)
ctr_systemd_LDADD = libproperty.a libcgroup.a libspecs.a libbase.a $(CTR_YAJL_LIBS) \
	$(SYSTEMD_LIBS)
endif

check_PROGRAMS += tests/unit/test_gvariant tests/unit/test_systemd_plan
tests_unit_test_gvariant_SOURCES = tests/unit/test_gvariant.c
tests_unit_test_gvariant_LDADD = libunit.a libproperty.a libbase.a
tests_unit_test_systemd_plan_SOURCES = tests/unit/test_systemd_plan.c
tests_unit_test_systemd_plan_CFLAGS = $(AM_CFLAGS) -Wno-write-strings
tests_unit_test_systemd_plan_LDADD = libunit.a libproperty.a libcgroup.a libspecs.a libbase.a \
	$(YAJL_LIBS)
EXTRA_DIST += \
	tests/unit/golden/systemd_limits.txt \
	tests/unit/golden/systemd_plan.txt

if FUZZING
noinst_PROGRAMS += tests/fuzz/fuzz_gvariant
tests_fuzz_fuzz_gvariant_SOURCES = tests/fuzz/fuzz_gvariant.c
tests_fuzz_fuzz_gvariant_LDFLAGS = $(fuzz_ldflags)
tests_fuzz_fuzz_gvariant_LDADD = libproperty.a libbase.a
endif
