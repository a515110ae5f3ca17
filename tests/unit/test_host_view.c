/* SPDX-License-Identifier: Apache-2.0 */
#include "fs/host_view.h"

#include <stdio.h>
#include <stdlib.h>

#include "tests/unit/unit.h"

/* A table of mounts in, what becomes of each in a view of that host out. No mount is made here. */

static struct arena arena;

static char *view_of(const char *mountinfo, struct string_list writable, bool locked)
{
	char *hidden[] = { "/var/lib/ctr", "/run/ctr", NULL };
	struct mount_table table;
	const struct host_view_options options = {
		.mounts = &table,
		.writable = writable,
		.locked = locked,
		.hidden = { hidden, 2 },
	};
	struct host_view view;
	char *buffer = NULL, *copy;
	size_t size;
	FILE *stream;

	mount_table_parse(&arena, arena_strdup(&arena, mountinfo), &table);
	/* what is called so here stands for a file */
	for (size_t i = 0; i < table.count; i++)
		table.items[i].file = strstr(table.items[i].root, ".file") != NULL;
	host_view_plan(&arena, &options, &view);
	stream = open_memstream(&buffer, &size);
	host_view_print(stream, &view);
	fclose(stream);
	copy = arena_strdup(&arena, buffer);
	free(buffer);
	return copy;
}

#define VIEW(mountinfo) view_of(mountinfo, (struct string_list){ 0 }, false)

TEST(a_debian_with_systemd)
{
	CHECK_GOLDEN(
		VIEW("22 28 0:20 / /sys rw,nosuid,nodev,noexec,relatime shared:7 - sysfs sysfs rw\n"
		     "23 28 0:21 / /proc rw,nosuid,nodev,noexec,relatime shared:13 - proc proc rw\n"
		     "24 28 0:5 / /dev rw,nosuid,relatime shared:2 - devtmpfs udev rw,mode=755\n"
		     "25 24 0:22 / /dev/pts rw,nosuid,noexec,relatime shared:3 - devpts devpts rw\n"
		     "26 28 0:23 / /run rw,nosuid,nodev,noexec,relatime shared:5 - tmpfs tmpfs rw\n"
		     "28 1 8:2 / / rw,relatime shared:1 - ext4 /dev/sda2 rw,errors=remount-ro\n"
		     "29 22 0:6 / /sys/kernel/security rw shared:8 - securityfs securityfs rw\n"
		     "30 24 0:24 / /dev/shm rw,nosuid,nodev shared:4 - tmpfs tmpfs rw\n"
		     "31 26 0:25 / /run/lock rw,nosuid,nodev,noexec shared:6 - tmpfs tmpfs rw\n"
		     "32 22 0:26 / /sys/fs/cgroup rw,nosuid shared:9 - cgroup2 cgroup2 rw\n"
		     "37 23 0:31 / /proc/sys/fs/binfmt_misc rw shared:14 - autofs systemd-1 rw\n"
		     "38 28 8:1 / /boot/efi rw,relatime shared:16 - vfat /dev/sda1 rw\n"
		     "39 28 8:3 / /home rw,nosuid,nodev,noatime shared:17 - xfs /dev/sda3 rw\n"
		     "40 28 0:40 / /tmp rw,nosuid,nodev,noexec shared:18 - tmpfs tmpfs rw\n"
		     "41 26 0:41 / /run/user/1000 rw,nosuid,nodev shared:19 - tmpfs tmpfs rw\n"
		     "42 41 0:42 / /run/user/1000/gvfs rw,nosuid - fuse.gvfsd-fuse gvfsd-fuse rw\n"
		     "43 28 7:0 / /snap/core22/1 ro,nodev,relatime - squashfs /dev/loop0 ro\n"
		     "44 28 0:44 / /srv/nfs rw,relatime - nfs4 server:/export rw,vers=4.2\n"
		     "45 28 0:45 / /var/lib/ctr/containers/a/x rw - overlay overlay rw\n"),
		"host_view_debian.plan");
}

TEST(mounts_that_cannot_be_seen_are_no_part_of_it)
{
	CHECK_STRING(VIEW("1 0 8:1 / / rw - ext4 a rw\n"
			  /* covered by what was mounted above it later */
			  "2 1 8:2 / /a/below rw - ext4 b rw\n"
			  "3 1 8:3 / /a rw - xfs c rw\n"
			  /* in that one: seen */
			  "4 3 8:4 / /a/inner rw - ext4 d rw\n"
			  /* and what was mounted on the covered one is covered with it */
			  "5 2 8:5 / /a/below/deep rw - ext4 e rw\n"
			  /* twice at one place: the upper one */
			  "6 1 8:6 / /b rw - ext4 f rw\n"
			  "7 6 8:7 / /b rw - btrfs g rw\n"
			  "8 6 8:8 / /b/lost rw - ext4 h rw\n"
			  /* a name that begins as another's is no folder in it */
			  "9 1 8:9 / /ab rw - ext4 i rw\n"
			  "10 1 8:9 / /gone//deleted rw - ext4 i rw\n"),
		     "/a: copy-on-write, xfs nodev\n"
		     "/a/inner: copy-on-write, ext4 nodev\n"
		     "/ab: copy-on-write, ext4 nodev\n"
		     "/b: copy-on-write, btrfs nodev\n");
}

TEST(over_the_root_itself_is_only_the_topmost)
{
	/* an initramfs, and the root that was mounted on it */
	CHECK_STRING(VIEW("1 1 0:2 / / rw - rootfs rootfs rw\n"
			  "2 1 0:3 / /lost rw - tmpfs tmpfs rw\n"
			  "20 1 8:1 / / rw - ext4 a rw\n"
			  "21 20 8:2 / /home rw - ext4 b rw\n"),
		     "/home: copy-on-write, ext4 nodev\n");
}

TEST(the_order_of_the_table_is_no_matter)
{
	/* children of mounts with higher numbers, as move_mount(2) and pivot_root(2) leave them */
	CHECK_STRING(VIEW("5 90 8:2 / /z/y rw - ext4 b rw\n"
			  "90 7 8:3 / /z rw - ext4 c rw\n"
			  "7 1 8:1 / / rw - ext4 a rw\n"),
		     "/z: copy-on-write, ext4 nodev\n"
		     "/z/y: copy-on-write, ext4 nodev\n");
}

TEST(what_cannot_be_copied_on_write_says_why)
{
	CHECK_GOLDEN(VIEW("1 0 8:1 / / rw - ext4 a rw\n"
			  "2 1 8:1 /docker/hosts.file /etc/hosts rw,relatime - ext4 a rw\n"
			  "3 1 0:5 / /mnt/usb rw,nosuid - exfat /dev/sdb1 rw\n"
			  "4 1 0:6 / /net rw - autofs auto.net rw,fd=7,indirect\n"
			  "5 4 0:7 / /net/server rw - nfs server:/ rw\n"
			  "6 1 0:8 / /mnt/direct rw - autofs auto.direct rw,direct\n"
			  "7 6 0:9 / /mnt/direct rw - nfs server:/d rw\n"
			  "8 1 0:10 / /srv/chroot/proc rw - proc proc rw\n"
			  "9 1 0:11 / /srv/chroot/dev rw - devtmpfs udev rw\n"
			  "10 1 0:12 / /var/lib/lxcfs rw,nosuid - fuse.lxcfs lxcfs rw\n"
			  "11 1 0:4 net:[4026532000] /run/docker/netns/x rw - nsfs nsfs rw\n"
			  "12 1 0:13 / /var/lib/docker/overlay2/x/merged rw - overlay overlay rw\n"
			  "13 1 11:0 / /media/cd ro - iso9660 /dev/sr0 ro\n"
			  "14 1 8:9 / /usr ro,relatime - ext4 /dev/sda9 ro\n"),
		     "host_view_reasons.plan");
}

TEST(names_with_blanks_and_newlines)
{
	CHECK_STRING(VIEW("1 0 8:1 / / rw - ext4 a rw\n"
			  "2 1 8:2 / /mnt/a\\040b rw - ext4 b rw\n"
			  "3 2 8:3 / /mnt/a\\040b/c\\012d rw - ext4 b rw\n"),
		     "/mnt/a b: copy-on-write, ext4 nodev\n"
		     "/mnt/a b/c\nd: copy-on-write, ext4 nodev\n");
}

TEST(what_is_writable_has_everything_below_it)
{
	char *paths[] = { "/home/me", "/srv", NULL };

	CHECK_STRING(view_of("1 0 8:1 / / rw - ext4 a rw\n"
			     "2 1 8:2 / /home rw - ext4 b rw\n"
			     "3 2 8:3 / /home/me rw - ext4 c rw\n"
			     "4 3 8:4 / /home/me/mnt rw - ext4 d rw\n"
			     "5 2 8:5 / /home/me2 rw - ext4 e rw\n"
			     "6 1 8:6 / /srv/a rw - vfat f rw\n",
			     (struct string_list){ paths, 2 }, false),
		     "/home: copy-on-write, ext4 nodev\n"
		     "/home/me: the host's own, writable\n"
		     "/home/me2: copy-on-write, ext4 nodev\n"
		     "/srv: the host's own, writable\n");
}

TEST(folders_above_locked_mounts_are_put_together_name_by_name)
{
	CHECK_STRING(view_of("1 0 8:1 / / rw - ext4 a rw\n"
			     "2 1 0:2 / /proc rw - proc proc rw\n"
			     "3 1 0:3 / /run rw,nosuid - tmpfs tmpfs rw\n"
			     "4 3 0:4 / /run/user/7 rw - tmpfs tmpfs rw\n"
			     /* in ctr's own folder: none of its folders matters */
			     "5 1 8:2 / /var/lib/ctr/a/b rw - ext4 b rw\n"
			     "6 1 8:3 / /home rw - ext4 c rw\n"
			     /* covered, and still it locks the folder that it is in */
			     "7 1 8:4 / /srv/a/b rw - ext4 d rw\n"
			     "8 1 8:5 / /srv/a rw - ext4 e rw\n"
			     "9 1 0:6 / /net rw - autofs auto rw\n"
			     "10 9 0:7 / /net/server rw - nfs server:/ rw\n",
			     (struct string_list){ 0 }, true),
		     "/: name by name, ext4 nodev\n"
		     "/home: copy-on-write, ext4 nodev\n"
		     "/net: left out, autofs (what is not mounted yet is not mounted in here)\n"
		     "/net/server: copy-on-write, nfs nodev\n"
		     "/run: name by name, tmpfs nosuid nodev\n"
		     "/run/user: name by name, tmpfs nosuid nodev\n"
		     "/run/user/7: copy-on-write, tmpfs nodev\n"
		     "/srv: name by name, ext4 nodev\n"
		     "/srv/a: copy-on-write, ext4 nodev\n"
		     "/var: name by name, ext4 nodev\n"
		     "/var/lib: name by name, ext4 nodev\n");
}

TEST(a_table_without_a_root_and_an_empty_one)
{
	/* chroot(2) into a folder that is no mount */
	CHECK_STRING(VIEW("5 4 8:2 / /data rw - ext4 a rw\n"),
		     "/data: copy-on-write, ext4 nodev\n");
	CHECK_STRING(VIEW(""), "");
	CHECK_STRING(VIEW("nonsense\n\n1 2 3\n"), "");
}

TEST(a_table_that_turns_in_a_circle_ends)
{
	CHECK_STRING(VIEW("1 2 8:1 / /a rw - ext4 a rw\n"
			  "2 1 8:2 / /b rw - ext4 b rw\n"),
		     "");
}

TEST(ten_thousand_mounts_take_no_time_to_speak_of)
{
	size_t count = 10000, room = 64 * count;
	char *text = arena_alloc(&arena, room), *view;
	size_t used = (size_t)snprintf(text, room, "1 0 8:1 / / rw - ext4 a rw\n"), lines = 0;

	for (size_t i = 2; i < count + 2; i++)
		used += (size_t)snprintf(text + used, room - used,
					 "%zu 1 8:2 / /m/%zu rw - tmpfs t rw\n", i, i);
	view = VIEW(text);
	for (const char *at = view; (at = strchr(at, '\n')); at++)
		lines++;
	CHECK(lines == count);
}
