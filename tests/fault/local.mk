# SPDX-License-Identifier: Apache-2.0
# The programs with fault injection at every step and at every operation on the disk: for
# tests/integration/faults.bats and crash.bats only.
fault_programs = tests/fault/ctr tests/fault/ctr-more tests/fault/ctr-image
if NETWORK
fault_programs += tests/fault/ctr-net
endif
EXTRA_PROGRAMS += $(fault_programs)
CLEANFILES += $(fault_programs)

# The calls that tests/fault/operations.c gets.
fault_wraps = -Wl,--wrap=fsync,--wrap=fdatasync,--wrap=syncfs,--wrap=ftruncate \
	-Wl,--wrap=rename,--wrap=renameat,--wrap=renameat2,--wrap=linkat,--wrap=symlinkat \
	-Wl,--wrap=unlink,--wrap=unlinkat,--wrap=mkdir,--wrap=mkdirat,--wrap=write

tests_fault_ctr_SOURCES = $(ctr_SOURCES) tests/fault/fault.c tests/fault/operations.c
tests_fault_ctr_CPPFLAGS = $(ctr_CPPFLAGS)
tests_fault_ctr_LDADD = $(CTR_LIBS) $(CTR_STATIC_LIBS)
tests_fault_ctr_LDFLAGS = $(AM_LDFLAGS) $(CTR_STATIC_LDFLAGS) $(fault_wraps)
if OWN_ENTRY
tests_fault_ctr_LDFLAGS += -Wl,-e,ctr_entry
endif
tests_fault_ctr_more_SOURCES = $(ctr_more_SOURCES) tests/fault/fault.c tests/fault/operations.c
tests_fault_ctr_more_LDADD = $(CTR_LIBS) $(CTR_STATIC_LIBS)
tests_fault_ctr_more_LDFLAGS = $(AM_LDFLAGS) $(CTR_STATIC_LDFLAGS) $(fault_wraps)
tests_fault_ctr_image_SOURCES = $(ctr_image_SOURCES) tests/fault/fault.c tests/fault/operations.c
tests_fault_ctr_image_LDADD = $(ctr_image_LDADD)
tests_fault_ctr_image_LDFLAGS = $(ctr_image_LDFLAGS) $(fault_wraps)
tests_fault_ctr_net_SOURCES = $(ctr_net_SOURCES) tests/fault/fault.c
tests_fault_ctr_net_CPPFLAGS = $(ctr_net_CPPFLAGS)
tests_fault_ctr_net_LDADD = $(ctr_net_LDADD)
