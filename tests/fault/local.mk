# SPDX-License-Identifier: Apache-2.0
# The programs with fault injection at every step: for tests/integration/faults.bats only.
fault_programs = tests/fault/ctr tests/fault/ctr-image
EXTRA_PROGRAMS += $(fault_programs)
CLEANFILES += $(fault_programs)

tests_fault_ctr_SOURCES = $(ctr_SOURCES) tests/fault/fault.c
tests_fault_ctr_LDADD = $(ctr_LDADD)
tests_fault_ctr_LDFLAGS = $(ctr_LDFLAGS)
tests_fault_ctr_image_SOURCES = $(ctr_image_SOURCES) tests/fault/fault.c
tests_fault_ctr_image_LDADD = $(ctr_image_LDADD)
tests_fault_ctr_image_LDFLAGS = $(ctr_image_LDFLAGS)
