# SPDX-License-Identifier: Apache-2.0
# Layers, diff and the reading side of the store: pure C, part of ctr itself.
libfs_a_SOURCES += \
	fs/deep_path.c fs/deep_path.h \
	fs/diff.c fs/diff.h fs/diff_work.h \
	fs/diff_frame.c \
	fs/diff_list.c \
	fs/diff_print.c \
	fs/diff_trees.c \
	fs/host_area.c fs/host_area.h \
	fs/host_attributes.c fs/host_attributes.h \
	fs/host_commit.c fs/host_commit.h \
	fs/host_copy.c fs/host_copy.h \
	fs/host_exchange.c fs/host_exchange.h \
	fs/host_journal.c fs/host_journal.h \
	fs/host_journal_document.c \
	fs/host_known.c fs/host_known.h \
	fs/host_part.c fs/host_part.h \
	fs/host_plan.c fs/host_plan.h fs/host_planner.h \
	fs/host_plan_area.c \
	fs/host_plan_select.c \
	fs/host_recover.c fs/host_recover.h \
	fs/host_since.c fs/host_since.h \
	fs/host_stage.c fs/host_stage.h \
	fs/host_undo.c fs/host_undo.h \
	fs/image_name.c fs/image_name.h \
	fs/layer_delta.c fs/layer_delta.h \
	fs/layer_index.c fs/layer_index.h \
	fs/layer_merge.c fs/layer_merge.h \
	fs/inode_map.c fs/inode_map.h \
	fs/layer_stack.c fs/layer_stack.h \
	fs/lower_lookup.c fs/lower_lookup.h \
	fs/name_list.c fs/name_list.h \
	fs/overlay_marks.c fs/overlay_marks.h \
	fs/platform.c fs/platform.h \
	fs/open_files.c fs/open_files.h \
	fs/stage.c fs/stage.h \
	fs/stage_change.c \
	fs/stage_content.c \
	fs/stage_file.c \
	fs/stage_scan.c \
	fs/stage_tree.c fs/stage_tree.h \
	fs/stage_update.c fs/stage_work.h \
	fs/project_quota.c fs/project_quota.h \
	fs/store.c fs/store.h \
	fs/store_image.c fs/store_index.h \
	fs/store_prune.c \
	fs/temporary.c fs/temporary.h \
	fs/xattrs.c fs/xattrs.h

# Archives, compression, digests, and what writes blobs: only ctr-image links this.
noinst_LIBRARIES += libimage.a
libimage_a_SOURCES = \
	fs/archive.c fs/archive.h fs/archive_locale.h \
	fs/archive_content.c \
	fs/archive_entry.c fs/archive_entry.h \
	fs/blob.c fs/blob.h \
	fs/compress.c fs/compress.h \
	fs/compress_chunk.c fs/compress_chunk.h \
	fs/compress_threads.c fs/compress_ring.h \
	fs/decompress.c \
	fs/digest.c fs/digest.h \
	fs/export.c fs/export.h \
	fs/file_content.c fs/file_content.h \
	fs/docker_archive.c fs/docker_archive.h \
	fs/docker_save.c \
	fs/image_blobs.c fs/image_blobs.h \
	fs/image_commit.c fs/image_commit.h \
	fs/image_import.c fs/image_import.h \
	fs/image_load.c fs/image_load.h \
	fs/image_save.c fs/image_save.h \
	fs/image_unpack.c fs/image_unpack.h \
	fs/intake.c fs/intake.h \
	fs/intake_folder.c \
	fs/intake_tar.c \
	fs/layer_check.c fs/layer_check.h \
	fs/layer_stream.c fs/layer_stream.h \
	fs/store_check.c fs/store_check.h \
	fs/store_check_image.c fs/store_check_work.h \
	fs/store_items.c fs/store_items.h \
	fs/tree_check.c fs/tree_check.h \
	fs/pax_records.c fs/pax_records.h \
	fs/tar_writer.c fs/tar_writer.h \
	fs/tree_copy.c fs/tree_copy.h \
	fs/tree_walk.c fs/tree_walk.h \
	fs/oci_archive.c fs/oci_archive.h \
	fs/tar_stream.c fs/tar_stream.h \
	fs/transfer_folder.c fs/transfer_folder.h \
	fs/unpack.c fs/unpack.h \
	fs/unpack_metadata.c fs/unpack_metadata.h \
	fs/unpack_place.c fs/unpack_place.h \
	fs/unpack_stream.c fs/unpack_stream.h \
	fs/unpack_tree.c fs/unpack_tree.h
libimage_a_CPPFLAGS = $(AM_CPPFLAGS) $(ARCHIVE_CFLAGS) $(ZSTD_CFLAGS) $(ZLIB_CFLAGS) \
	$(CRYPTO_CFLAGS)
IMAGE_LIBS = $(ARCHIVE_LIBS) $(ZSTD_LIBS) $(ZLIB_LIBS) $(CRYPTO_LIBS)

check_PROGRAMS += tests/unit/test_diff tests/unit/test_archive tests/unit/test_unpack \
	tests/unit/test_store tests/unit/test_tar_writer tests/unit/test_stage
LAYER_FIXTURE = tests/unit/layer_fixture.c tests/unit/layer_fixture.h
LAYER_TEST_LIBS = libunit.a libimage.a libfs.a libspecs.a libbase.a $(IMAGE_LIBS) $(YAJL_LIBS)
check_PROGRAMS += tests/unit/test_layer_delta
tests_unit_test_layer_delta_SOURCES = tests/unit/test_layer_delta.c $(LAYER_FIXTURE)
tests_unit_test_layer_delta_LDADD = $(LAYER_TEST_LIBS)
check_PROGRAMS += tests/unit/test_host_commit
tests_unit_test_host_commit_SOURCES = tests/unit/test_host_commit.c $(LAYER_FIXTURE)
tests_unit_test_host_commit_LDADD = libunit.a libfs.a libspecs.a libbase.a $(YAJL_LIBS)
tests_unit_test_diff_SOURCES = tests/unit/test_diff.c $(LAYER_FIXTURE)
tests_unit_test_diff_LDADD = libunit.a libfs.a libspecs.a libbase.a $(YAJL_LIBS)
tests_unit_test_archive_SOURCES = tests/unit/test_archive.c $(LAYER_FIXTURE)
tests_unit_test_archive_LDADD = $(LAYER_TEST_LIBS)
tests_unit_test_unpack_SOURCES = tests/unit/test_unpack.c $(LAYER_FIXTURE)
tests_unit_test_unpack_LDADD = $(LAYER_TEST_LIBS)
tests_unit_test_tar_writer_SOURCES = tests/unit/test_tar_writer.c $(LAYER_FIXTURE)
tests_unit_test_tar_writer_LDADD = $(LAYER_TEST_LIBS)
tests_unit_test_store_SOURCES = tests/unit/test_store.c $(LAYER_FIXTURE)
tests_unit_test_store_LDADD = $(LAYER_TEST_LIBS)
tests_unit_test_stage_SOURCES = tests/unit/test_stage.c tests/unit/tree_text.c \
	tests/unit/tree_text.h $(LAYER_FIXTURE)
tests_unit_test_stage_LDADD = $(tests_unit_test_diff_LDADD)
EXTRA_DIST += tests/unit/golden/diff.json

check_PROGRAMS += tests/unit/test_intake
tests_unit_test_intake_SOURCES = tests/unit/test_intake.c $(LAYER_FIXTURE)
tests_unit_test_intake_LDADD = $(LAYER_TEST_LIBS)
