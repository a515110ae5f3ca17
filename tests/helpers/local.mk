# SPDX-License-Identifier: Apache-2.0
# Small static programs of the integration tests: built by `make check-programs` and by `make check`.
helper_programs = tests/helpers/probe tests/helpers/power_disk tests/helpers/pty \
	tests/helpers/receive tests/helpers/spoof tests/helpers/talk tests/helpers/tarball
EXTRA_PROGRAMS = $(helper_programs)
CLEANFILES += $(helper_programs)

tests_helpers_probe_SOURCES = tests/helpers/probe.c
tests_helpers_probe_LDFLAGS = $(AM_LDFLAGS) -static
tests_helpers_power_disk_SOURCES = tests/helpers/power_disk.c
tests_helpers_power_disk_LDFLAGS = $(AM_LDFLAGS) -static
tests_helpers_pty_SOURCES = tests/helpers/pty.c
tests_helpers_pty_LDFLAGS = $(AM_LDFLAGS) -static
tests_helpers_receive_SOURCES = tests/helpers/receive.c
tests_helpers_receive_LDFLAGS = $(AM_LDFLAGS) -static
tests_helpers_spoof_SOURCES = tests/helpers/spoof.c
tests_helpers_spoof_LDFLAGS = $(AM_LDFLAGS) -static
tests_helpers_talk_SOURCES = tests/helpers/talk.c
tests_helpers_talk_LDFLAGS = $(AM_LDFLAGS) -static
tests_helpers_tarball_SOURCES = tests/helpers/tarball.c
tests_helpers_tarball_LDFLAGS = $(AM_LDFLAGS) -static

include tests/fault/local.mk
include tests/stress/local.mk

.PHONY: check-programs
check-programs: $(EXTRA_PROGRAMS)
