# SPDX-License-Identifier: Apache-2.0
# The start path's part of fs; layers, diff, commit and the store are in layers.mk.
noinst_LIBRARIES += libfs.a
libfs_a_SOURCES = \
	fs/conceal.c fs/conceal.h \
	fs/copy_up.c fs/copy_up.h \
	fs/device_nodes.c \
	fs/devices.c fs/devices.h \
	fs/filesystem.c fs/filesystem.h \
	fs/host_view.c fs/host_view.h \
	fs/idmap.c fs/idmap.h \
	fs/idmap_option.c fs/idmap_option.h \
	fs/launchpad.c fs/launchpad.h \
	fs/launchpad_make.c fs/launchpad_make.h \
	fs/masks.c fs/masks.h \
	fs/mount.h \
	fs/mount_apply.c \
	fs/mount_at_once.c fs/mount_at_once.h \
	fs/mount_label.c fs/mount_label.h \
	fs/mount_open.c \
	fs/mount_options.c fs/mount_options.h \
	fs/mount_plan.c \
	fs/mount_print.c \
	fs/mount_point.c fs/mount_point.h \
	fs/own_paths.c fs/own_paths.h \
	fs/overlay.c fs/overlay.h \
	fs/overlay_layers.c fs/overlay_layers.h \
	fs/overlay_mount.c \
	fs/private_namespace.c fs/private_namespace.h \
	fs/rootfs.c fs/rootfs.h \
	fs/rootfs_open.c \
	fs/rootfs_plan.c \
	fs/skeleton.c fs/skeleton.h

# A folder's tests link its own library and those below.
fs_test_libraries = libunit.a libfs.a libspecs.a libbase.a $(YAJL_LIBS)
check_PROGRAMS += tests/unit/test_host_view tests/unit/test_idmap_option \
	tests/unit/test_mount_options tests/unit/test_rootfs
tests_unit_test_host_view_SOURCES = tests/unit/test_host_view.c
tests_unit_test_host_view_LDADD = $(fs_test_libraries)
tests_unit_test_idmap_option_SOURCES = tests/unit/test_idmap_option.c
tests_unit_test_idmap_option_LDADD = $(fs_test_libraries)
tests_unit_test_mount_options_SOURCES = tests/unit/test_mount_options.c
tests_unit_test_mount_options_LDADD = $(fs_test_libraries)
tests_unit_test_rootfs_SOURCES = tests/unit/test_rootfs.c
tests_unit_test_rootfs_LDADD = $(fs_test_libraries)
EXTRA_DIST += \
	tests/unit/golden/host_view_debian.plan \
	tests/unit/golden/host_view_reasons.plan \
	tests/unit/golden/rootfs_layers.plan \
	tests/unit/golden/rootfs_mounts.plan \
	tests/unit/golden/rootfs_rootless.plan \
	tests/unit/golden/rootfs_template.plan

include fs/layers.mk
