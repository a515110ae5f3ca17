/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * System calls and constants that the C libraries of the oldest supported distribution lack
 * (Debian 12: glibc 2.36, musl 1.2.3), and nothing else. Each does what its manual page says: -1
 * and errno. What only musl lacks has its usual name here, so nobody has to think of it.
 */

#include <fcntl.h>
#include <linux/close_range.h>
#include <linux/openat2.h>
#include <linux/sched.h>
#include <sched.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>
#ifdef __GLIBC__
#include <sys/pidfd.h>
#endif

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

#ifndef SYS_quotactl_fd
#define SYS_quotactl_fd 443
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

/* of <linux/nsfs.h>, Linux 6.11: the number of a mount namespace */
#define SYS_NS_GET_MNTNS_ID _IOR(0xb7, 0x5, uint64_t)

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

/*
 * fork(2) with clone3's flags: the child returns 0 on a copy of the caller's stack. The C library
 * has not noticed: musl's raise() and abort() would signal the parent.
 */
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

/* The calls themselves: the C library's would look for other threads, to tell them. */
static inline int sys_become_root(void)
{
	return syscall(SYS_setresgid, 0, 0, 0) < 0 || syscall(SYS_setresuid, 0, 0, 0) < 0 ? -1 : 0;
}

/* Of 64 bits everywhere, unlike some getdents(); what it fills in are struct dirent. */
static inline ssize_t sys_getdents(int fd, void *buffer, size_t size)
{
	return (ssize_t)syscall(SYS_getdents64, fd, buffer, size);
}

/* All that the kernel has. sigfillset(3) leaves out what the C library uses itself (musl: 34 too). */
static inline void sys_sigfillset(sigset_t *set)
{
	memset(set, 0xff, sizeof(*set));
}

#ifndef __GLIBC__
/*
 * What musl has not, or only newer ones have. As macros, so that a declaration of theirs, which the
 * headers above would have brought, is no second one.
 */
#include <linux/fs.h>
#include <linux/mount.h>
#ifndef STATX_TYPE
#include <linux/stat.h>
#endif

static inline int sys_close_range(unsigned int first, unsigned int last, int flags)
{
	return (int)syscall(SYS_close_range, first, last, flags);
}
#define close_range sys_close_range

static inline int sys_execveat(int dir, const char *path, char *const argv[], char *const envp[],
			       int flags)
{
	return (int)syscall(SYS_execveat, dir, path, argv, envp, flags);
}
#define execveat sys_execveat

static inline int sys_renameat2(int from_dir, const char *from, int to_dir, const char *to,
				unsigned int flags)
{
	return (int)syscall(SYS_renameat2, from_dir, from, to_dir, to, flags);
}
#define renameat2 sys_renameat2

static inline int sys_statx(int dir, const char *path, int flags, unsigned int mask,
			    struct statx *status)
{
	return (int)syscall(SYS_statx, dir, path, flags, mask, status);
}
#define statx(...) sys_statx(__VA_ARGS__)

static inline int sys_pidfd_open(pid_t pid, unsigned int flags)
{
	return (int)syscall(SYS_pidfd_open, pid, flags);
}
#define pidfd_open sys_pidfd_open

static inline int sys_pidfd_send_signal(int pidfd, int number, siginfo_t *info, unsigned int flags)
{
	return (int)syscall(SYS_pidfd_send_signal, pidfd, number, info, flags);
}
#define pidfd_send_signal sys_pidfd_send_signal

static inline int sys_fsopen(const char *type, unsigned int flags)
{
	return (int)syscall(SYS_fsopen, type, flags);
}
#define fsopen sys_fsopen

static inline int sys_fspick(int dir, const char *path, unsigned int flags)
{
	return (int)syscall(SYS_fspick, dir, path, flags);
}
#define fspick sys_fspick

static inline int sys_fsconfig(int fd, unsigned int command, const char *key, const void *value,
			       int extra)
{
	return (int)syscall(SYS_fsconfig, fd, command, key, value, extra);
}
#define fsconfig sys_fsconfig

static inline int sys_fsmount(int fd, unsigned int flags, unsigned int attributes)
{
	return (int)syscall(SYS_fsmount, fd, flags, attributes);
}
#define fsmount sys_fsmount

static inline int sys_open_tree(int dir, const char *path, unsigned int flags)
{
	return (int)syscall(SYS_open_tree, dir, path, flags);
}
#define open_tree sys_open_tree

static inline int sys_move_mount(int from, const char *from_path, int to, const char *to_path,
				 unsigned int flags)
{
	return (int)syscall(SYS_move_mount, from, from_path, to, to_path, flags);
}
#define move_mount sys_move_mount

static inline int sys_mount_setattr(int dir, const char *path, unsigned int flags,
				    struct mount_attr *attributes, size_t size)
{
	return (int)syscall(SYS_mount_setattr, dir, path, flags, attributes, size);
}
#define mount_setattr sys_mount_setattr
#endif
