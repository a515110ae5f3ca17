# SPDX-License-Identifier: Apache-2.0
# Fuzz targets (libFuzzer): ./configure --enable-fuzzing CC=clang, then `make fuzz`. Each is built
# from the sources themselves, since all that it meets must be instrumented.
fuzz_flags = $(AM_CFLAGS) -O1 -g -fsanitize=fuzzer,address,undefined -fno-sanitize-recover=all
FUZZ_SECONDS = 60
EXTRA_DIST += tests/fuzz/run tests/fuzz/corpus
if FUZZING
fuzz_targets = \
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
EXTRA_PROGRAMS += $(fuzz_targets)
CLEANFILES += $(fuzz_targets)
tests_fuzz_fuzz_archive_SOURCES = tests/fuzz/fuzz_archive.c \
	fs/blob.c fs/compress.c fs/compress_chunk.c fs/compress_threads.c fs/decompress.c fs/digest.c \
	fs/docker_archive.c fs/image_load.c \
	fs/image_name.c fs/intake.c fs/intake_folder.c fs/intake_tar.c fs/oci_archive.c \
	fs/platform.c fs/store.c fs/store_image.c fs/store_items.c fs/store_prune.c \
	fs/temporary.c $(libspecs_a_SOURCES) $(libbase_a_SOURCES)
tests_fuzz_fuzz_archive_CFLAGS = $(fuzz_flags)
tests_fuzz_fuzz_archive_LDADD = $(IMAGE_LIBS) $(YAJL_LIBS)
tests_fuzz_fuzz_criu_SOURCES = tests/fuzz/fuzz_criu.c runtime/criu_log.c runtime/criu_message.c \
	$(libbase_a_SOURCES)
tests_fuzz_fuzz_criu_CFLAGS = $(fuzz_flags)
tests_fuzz_fuzz_image_document_SOURCES = tests/fuzz/fuzz_image_document.c $(libspecs_a_SOURCES) $(libbase_a_SOURCES)
tests_fuzz_fuzz_image_document_CFLAGS = $(fuzz_flags)
tests_fuzz_fuzz_image_document_LDADD = $(YAJL_LIBS)
tests_fuzz_fuzz_json_SOURCES = tests/fuzz/fuzz_json.c $(libspecs_a_SOURCES) $(libbase_a_SOURCES)
tests_fuzz_fuzz_json_CFLAGS = $(fuzz_flags)
tests_fuzz_fuzz_json_LDADD = $(YAJL_LIBS)
tests_fuzz_fuzz_layer_SOURCES = tests/fuzz/fuzz_layer.c \
	fs/compress.c fs/compress_chunk.c fs/compress_threads.c fs/decompress.c fs/deep_path.c fs/digest.c \
	fs/unpack.c fs/unpack_stream.c fs/unpack_tree.c fs/unpack_place.c fs/unpack_metadata.c \
	$(libbase_a_SOURCES)
tests_fuzz_fuzz_layer_CFLAGS = $(fuzz_flags)
tests_fuzz_fuzz_layer_LDADD = $(IMAGE_LIBS)
tests_fuzz_fuzz_names_SOURCES = tests/fuzz/fuzz_names.c net/hosts_edit.c net/hosts_file.c \
	net/name_record.c net/resolv_conf.c $(libspecs_a_SOURCES) $(libbase_a_SOURCES)
tests_fuzz_fuzz_names_CFLAGS = $(fuzz_flags)
tests_fuzz_fuzz_names_LDADD = $(YAJL_LIBS)
tests_fuzz_fuzz_network_SOURCES = tests/fuzz/fuzz_network.c $(libspecs_a_SOURCES) $(libbase_a_SOURCES)
tests_fuzz_fuzz_network_CFLAGS = $(fuzz_flags)
tests_fuzz_fuzz_network_LDADD = $(YAJL_LIBS)
tests_fuzz_fuzz_seccomp_cache_SOURCES = tests/fuzz/fuzz_seccomp_cache.c runtime/seccomp_cache_file.c \
	$(libbase_a_SOURCES)
tests_fuzz_fuzz_seccomp_cache_CFLAGS = $(fuzz_flags)
tests_fuzz_fuzz_seccomp_cache_LDADD = $(SECCOMP_LIBS)
tests_fuzz_fuzz_spec_SOURCES = tests/fuzz/fuzz_spec.c $(libspecs_a_SOURCES) $(libbase_a_SOURCES)
tests_fuzz_fuzz_spec_CFLAGS = $(fuzz_flags)
tests_fuzz_fuzz_spec_LDADD = $(YAJL_LIBS)
tests_fuzz_fuzz_stats_SOURCES = tests/fuzz/fuzz_stats.c cgroup/stats_parse.c net/interfaces.c \
	$(libspecs_a_SOURCES) $(libbase_a_SOURCES)
tests_fuzz_fuzz_stats_CFLAGS = $(fuzz_flags)
tests_fuzz_fuzz_stats_LDADD = $(YAJL_LIBS)

base/tests_fuzz_fuzz_archive-program.$(OBJEXT) \
base/tests_fuzz_fuzz_criu-program.$(OBJEXT) \
base/tests_fuzz_fuzz_image_document-program.$(OBJEXT) \
base/tests_fuzz_fuzz_json-program.$(OBJEXT) \
base/tests_fuzz_fuzz_layer-program.$(OBJEXT) \
base/tests_fuzz_fuzz_names-program.$(OBJEXT) \
base/tests_fuzz_fuzz_network-program.$(OBJEXT) \
base/tests_fuzz_fuzz_seccomp_cache-program.$(OBJEXT) \
base/tests_fuzz_fuzz_spec-program.$(OBJEXT) \
base/tests_fuzz_fuzz_stats-program.$(OBJEXT): base/companions.h

fuzz: $(fuzz_targets)
	$(top_srcdir)/tests/fuzz/run -t $(FUZZ_SECONDS) $(abs_top_builddir)
else
fuzz:
	@echo 'make fuzz: ./configure --enable-fuzzing CC=clang first' >&2; exit 1
endif

.PHONY: fuzz
