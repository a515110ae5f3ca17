# SPDX-License-Identifier: Apache-2.0
# Fuzz targets (libFuzzer): ./configure --enable-fuzzing CC=clang, which has the sanitizers too and all
# code instrumented, then `make fuzz`. Those of a folder's own are in its fragment.
FUZZ_SECONDS = 60
EXTRA_DIST += tests/fuzz/run tests/fuzz/corpus
if FUZZING
fuzz_ldflags = $(AM_LDFLAGS) -fsanitize=fuzzer
noinst_PROGRAMS += \
	tests/fuzz/fuzz_archive \
	tests/fuzz/fuzz_criu \
	tests/fuzz/fuzz_image_document \
	tests/fuzz/fuzz_json \
	tests/fuzz/fuzz_layer \
	tests/fuzz/fuzz_names \
	tests/fuzz/fuzz_network \
	tests/fuzz/fuzz_seccomp_cache \
	tests/fuzz/fuzz_spec \
	tests/fuzz/fuzz_stats
tests_fuzz_fuzz_archive_SOURCES = tests/fuzz/fuzz_archive.c
tests_fuzz_fuzz_archive_LDFLAGS = $(fuzz_ldflags)
tests_fuzz_fuzz_archive_LDADD = libimage.a libfs.a libspecs.a libbase.a $(IMAGE_LIBS) $(YAJL_LIBS)
tests_fuzz_fuzz_criu_SOURCES = tests/fuzz/fuzz_criu.c
tests_fuzz_fuzz_criu_LDFLAGS = $(fuzz_ldflags)
tests_fuzz_fuzz_criu_LDADD = libruntime.a libspecs.a libbase.a $(CTR_STATIC_LIBS)
tests_fuzz_fuzz_image_document_SOURCES = tests/fuzz/fuzz_image_document.c
tests_fuzz_fuzz_image_document_LDFLAGS = $(fuzz_ldflags)
tests_fuzz_fuzz_image_document_LDADD = libspecs.a libbase.a $(YAJL_LIBS)
tests_fuzz_fuzz_json_SOURCES = tests/fuzz/fuzz_json.c
tests_fuzz_fuzz_json_LDFLAGS = $(fuzz_ldflags)
tests_fuzz_fuzz_json_LDADD = libspecs.a libbase.a $(YAJL_LIBS)
tests_fuzz_fuzz_layer_SOURCES = tests/fuzz/fuzz_layer.c
tests_fuzz_fuzz_layer_LDFLAGS = $(fuzz_ldflags)
tests_fuzz_fuzz_layer_LDADD = libimage.a libfs.a libspecs.a libbase.a $(IMAGE_LIBS) $(YAJL_LIBS)
tests_fuzz_fuzz_names_SOURCES = tests/fuzz/fuzz_names.c
tests_fuzz_fuzz_names_LDFLAGS = $(fuzz_ldflags)
tests_fuzz_fuzz_names_LDADD = libnet.a libspecs.a libbase.a $(YAJL_LIBS)
tests_fuzz_fuzz_network_SOURCES = tests/fuzz/fuzz_network.c
tests_fuzz_fuzz_network_LDFLAGS = $(fuzz_ldflags)
tests_fuzz_fuzz_network_LDADD = libspecs.a libbase.a $(YAJL_LIBS)
tests_fuzz_fuzz_seccomp_cache_SOURCES = tests/fuzz/fuzz_seccomp_cache.c
tests_fuzz_fuzz_seccomp_cache_LDFLAGS = $(fuzz_ldflags)
tests_fuzz_fuzz_seccomp_cache_LDADD = libruntime.a libspecs.a libbase.a $(CTR_STATIC_LIBS)
tests_fuzz_fuzz_spec_SOURCES = tests/fuzz/fuzz_spec.c
tests_fuzz_fuzz_spec_LDFLAGS = $(fuzz_ldflags)
tests_fuzz_fuzz_spec_LDADD = libspecs.a libbase.a $(YAJL_LIBS)
tests_fuzz_fuzz_stats_SOURCES = tests/fuzz/fuzz_stats.c
tests_fuzz_fuzz_stats_LDFLAGS = $(fuzz_ldflags)
tests_fuzz_fuzz_stats_LDADD = libcgroup.a libnet.a libspecs.a libbase.a $(YAJL_LIBS)

fuzz: all
	$(top_srcdir)/tests/fuzz/run -t $(FUZZ_SECONDS) $(abs_top_builddir)
else
fuzz:
	@echo 'make fuzz: ./configure --enable-fuzzing CC=clang first' >&2; exit 1
endif

.PHONY: fuzz
