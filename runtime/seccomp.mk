# SPDX-License-Identifier: Apache-2.0
libruntime_a_SOURCES += \
	runtime/default_seccomp.c runtime/default_seccomp.h \
	runtime/seccomp.c runtime/seccomp.h \
	runtime/seccomp_cache.c runtime/seccomp_cache.h runtime/seccomp_cache_file.c \
	runtime/seccomp_code.c runtime/seccomp_code.h \
	runtime/seccomp_enosys.c runtime/seccomp_enosys.h \
	runtime/seccomp_leaf.c runtime/seccomp_leaf.h \
	runtime/seccomp_library.c runtime/seccomp_library.h \
	runtime/seccomp_profile.c runtime/seccomp_profile.h \
	runtime/seccomp_ranges.c runtime/seccomp_ranges.h \
	runtime/seccomp_table.c runtime/seccomp_table.h \
	runtime/seccomp_tree.c runtime/seccomp_tree.h

check_PROGRAMS += tests/unit/test_default_seccomp tests/unit/test_seccomp \
	tests/unit/test_seccomp_cache
tests_unit_test_default_seccomp_SOURCES = tests/unit/test_default_seccomp.c
tests_unit_test_default_seccomp_LDADD = libunit.a libruntime.a libspecs.a libbase.a \
	$(SECCOMP_LIBS) $(YAJL_LIBS)
tests_unit_test_seccomp_SOURCES = tests/unit/test_seccomp.c
tests_unit_test_seccomp_LDADD = libunit.a libruntime.a libspecs.a libbase.a \
	$(SECCOMP_LIBS) $(YAJL_LIBS)
tests_unit_test_seccomp_cache_SOURCES = tests/unit/test_seccomp_cache.c
tests_unit_test_seccomp_cache_LDADD = libunit.a libruntime.a libspecs.a libbase.a \
	$(SECCOMP_LIBS) $(YAJL_LIBS)
EXTRA_DIST += tests/unit/golden/seccomp_small.txt
