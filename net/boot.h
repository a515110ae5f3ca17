/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include "base/error.h"

/*
 * Which boot of the machine, and which network and pid namespaces as those of the host, the
 * attachments of a store are of: the file "boot". Attachments end with the boot and the network
 * namespace, without anybody who could take notice; and their processes are known by their pids.
 */

struct boot_file {
	int fd; /* locked while what is of another boot is removed; -1: there is nothing to do */
};

#define BOOT_FILE_NONE                                                                             \
	{                                                                                          \
		.fd = -1                                                                           \
	}

enum boot {
	BOOT_SAME,
	BOOT_ANOTHER,
	BOOT_SAME_ELSEWHERE, /* in another network or pid namespace */
};

/*
 * Of which boot the attachments are. If not of this one the file is locked until boot_settle() or
 * boot_close(). For a store of this boot that costs a few short reads. Returns enum boot, or -1.
 */
int boot_compare(int store, struct boot_file *file, struct error *err);

/* Notes the present one. */
int boot_settle(struct boot_file *file, struct error *err);

void boot_close(struct boot_file *file);
#define cleanup_boot __attribute__((cleanup(boot_close)))
