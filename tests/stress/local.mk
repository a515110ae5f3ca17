# SPDX-License-Identifier: Apache-2.0
# The program of tests/integration/stress.bats.
stress_programs = tests/stress/stress
EXTRA_PROGRAMS += $(stress_programs)
CLEANFILES += $(stress_programs)

tests_stress_stress_SOURCES = tests/stress/stress.c
tests_stress_stress_LDFLAGS = $(AM_LDFLAGS) -static
