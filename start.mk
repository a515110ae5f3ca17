# SPDX-License-Identifier: Apache-2.0
# What a start executes, and ctr-more, has a C library of its own with `configure --with-musl`
# (ARCHITECTURE.md, section 7): the same sources once more, as objects and libraries of their own.
# All else, unit tests and fault programs too, has the compiler's.
if MUSL
noinst_LIBRARIES += libbase_start.a libcgroup_start.a libcli_start.a libfs_start.a libnet_start.a \
	libruntime_start.a libspecs_start.a
libbase_start_a_SOURCES = $(libbase_a_SOURCES)
libbase_start_a_CFLAGS = $(AM_CFLAGS) $(START_CFLAGS)
libcgroup_start_a_SOURCES = $(libcgroup_a_SOURCES)
libcgroup_start_a_CFLAGS = $(AM_CFLAGS) $(START_CFLAGS)
libcli_start_a_SOURCES = $(libcli_a_SOURCES)
libcli_start_a_CFLAGS = $(AM_CFLAGS) $(START_CFLAGS)
libfs_start_a_SOURCES = $(libfs_a_SOURCES)
libfs_start_a_CFLAGS = $(AM_CFLAGS) $(START_CFLAGS)
libnet_start_a_SOURCES = $(libnet_a_SOURCES)
libnet_start_a_CFLAGS = $(AM_CFLAGS) $(START_CFLAGS)
libruntime_start_a_SOURCES = $(libruntime_a_SOURCES)
libruntime_start_a_CFLAGS = $(AM_CFLAGS) $(START_CFLAGS)
libspecs_start_a_SOURCES = $(libspecs_a_SOURCES)
libspecs_start_a_CFLAGS = $(AM_CFLAGS) $(START_CFLAGS)
base/libbase_start_a-program.$(OBJEXT): base/companions.h
cli/libcli_start_a-version.$(OBJEXT): cli/build-commit.h
start_base = libbase_start.a
start_libraries = libcli_start.a libruntime_start.a libfs_start.a libcgroup_start.a libnet_start.a \
	libspecs_start.a libbase_start.a
else
start_base = libbase.a
start_libraries = $(CTR_LIBS)
endif

ctr_CFLAGS = $(AM_CFLAGS) $(START_CFLAGS) $(ENTRY_CFLAGS)
ctr_LDADD = $(start_libraries) $(START_LIBS)
ctr_LDFLAGS = $(AM_LDFLAGS) $(START_LDFLAGS) $(ENTRY_LDFLAGS)
if OWN_ENTRY
ctr_LDFLAGS += -Wl,-e,ctr_entry
endif
# What a start executes side by side (tests/bench/order). Without effect on what ctr does.
if START_ORDER
ctr_LDFLAGS += -Wl,-T,$(top_srcdir)/cli/start.ld
EXTRA_ctr_DEPENDENCIES = $(top_srcdir)/cli/start.ld
endif
EXTRA_DIST += cli/start.ld
ctr_more_CFLAGS = $(AM_CFLAGS) $(START_CFLAGS)
ctr_more_LDADD = $(start_libraries) $(START_LIBS)
ctr_more_LDFLAGS = $(AM_LDFLAGS) $(START_LDFLAGS)
ctr_monitor_CFLAGS = $(AM_CFLAGS) $(START_CFLAGS)
ctr_monitor_LDADD = $(start_base)
ctr_monitor_LDFLAGS = $(AM_LDFLAGS) $(START_LDFLAGS)
ctr_init_CFLAGS = $(AM_CFLAGS) $(START_CFLAGS)
ctr_init_LDADD =
ctr_init_LDFLAGS = $(AM_LDFLAGS) $(START_LDFLAGS)

# They are compiled anew when configure has another libc for them.
start_objects = $(ctr_OBJECTS) $(ctr_more_OBJECTS) $(ctr_monitor_OBJECTS) $(ctr_init_OBJECTS) \
	$(libbase_start_a_OBJECTS) $(libcgroup_start_a_OBJECTS) $(libcli_start_a_OBJECTS) \
	$(libfs_start_a_OBJECTS) $(libnet_start_a_OBJECTS) $(libruntime_start_a_OBJECTS) \
	$(libspecs_start_a_OBJECTS)
$(start_objects): start-flags
start-flags: start-libc
.PHONY: start-libc
start-libc:
	@echo '$(START_CFLAGS) $(ENTRY_CFLAGS)' | cmp -s - start-flags || echo '$(START_CFLAGS) $(ENTRY_CFLAGS)' >start-flags
CLEANFILES += start-flags

if !SANITIZERS
TESTS += tests/check-start
endif
EXTRA_DIST += tests/check-start tools/musl-prefix tools/musl-relro.c tools/musl.specs.in
