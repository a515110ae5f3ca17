/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * System calls and constants that the C library of the oldest supported distribution lacks
 * (Debian 12: glibc 2.36), and nothing else. Each does what its manual page says: -1 and errno.
 */

#include <fcntl.h>
#include <linux/close_range.h>
#include <linux/openat2.h>
#include <linux/sched.h>
#include <sched.h>
#include <stdint.h>
#include <sys/mount.h>
#include <sys/pidfd.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#ifndef CLONE_INTO_CGROUP
#define CLONE_INTO_CGROUP 0x200000000ULL
#endif
#ifndef CLONE_NEWTIME
#define CLONE_NEWTIME 0x00000080
#endif
#ifndef MOUNT_ATTR_NOSYMFOLLOW
#define MOUNT_ATTR_NOSYMFOLLOW 0x00200000
#endif
#ifndef MOVE_MOUNT_SET_GROUP
#define MOVE_MOUNT_SET_GROUP 0x00000100
#endif

#ifndef SYS_statmount
#define SYS_statmount 457
#endif
#ifndef SYS_listmount
#define SYS_listmount 458
#endif

/* of <linux/mount.h>, Linux 6.8; names of our own, as newer headers have theirs */
struct sys_mount_request {
	uint32_t size, spare;
	uint64_t id, param;
};

#define SYS_LSMT_ROOT UINT64_MAX /* id for the root of the mount namespace */
#define SYS_STATMOUNT_SB_BASIC 0x01U
#define SYS_STATMOUNT_MNT_BASIC 0x02U
#define SYS_STATMOUNT_MNT_ROOT 0x08U
#define SYS_STATMOUNT_MNT_POINT 0x10U
#define SYS_STATMOUNT_FS_TYPE 0x20U

struct sys_statmount {
	uint32_t size, options;
	uint64_t mask;
	uint32_t device_major, device_minor;
	uint64_t magic;
	uint32_t superblock_flags, type; /* SB_* (as MS_*); offset in text, as below */
	uint64_t id, parent;
	uint32_t id_old, parent_old;
	uint64_t attributes, propagation, peer_group, master, propagate_from;
	uint32_t root, point;
	uint64_t spare[50];
	char text[];
};

/* of <linux/landlock.h>, Linux 6.12 */
struct sys_landlock_ruleset {
	uint64_t handled_access_fs, handled_access_net, scoped;
};

#define SYS_LANDLOCK_ABSTRACT_SOCKETS 1 /* of scoped */

/* of <linux/mempolicy.h>, Linux 6.9 */
#define SYS_MPOL_WEIGHTED_INTERLEAVE 6

static inline int sys_openat2(int dirfd, const char *path, const struct open_how *how)
{
	return (int)syscall(SYS_openat2, dirfd, path, how, sizeof(*how));
}

/* fork(2) with clone3's flags: the child returns 0 on a copy of the caller's stack. */
static inline pid_t sys_clone3(const struct clone_args *args)
{
	return (pid_t)syscall(SYS_clone3, args, sizeof(*args));
}

static inline int sys_statmount(const struct sys_mount_request *request, void *buffer, size_t size)
{
	return (int)syscall(SYS_statmount, request, buffer, size, 0);
}

static inline ssize_t sys_listmount(const struct sys_mount_request *request, uint64_t *ids,
				    size_t count)
{
	return (ssize_t)syscall(SYS_listmount, request, ids, count, 0);
}

static inline int sys_landlock_create_ruleset(const struct sys_landlock_ruleset *ruleset)
{
	return (int)syscall(SYS_landlock_create_ruleset, ruleset, sizeof(*ruleset), 0);
}

static inline int sys_landlock_restrict_self(int ruleset)
{
	return (int)syscall(SYS_landlock_restrict_self, ruleset, 0);
}

static inline int sys_pivot_root(const char *new_root, const char *put_old)
{
	return (int)syscall(SYS_pivot_root, new_root, put_old);
}
