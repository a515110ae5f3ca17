/* SPDX-License-Identifier: Apache-2.0 */
#include "net/attachment.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/fd.h"
#include "net/boot.h"
#include "net/network_store.h"
#include "net/owned_link.h"
#include "net/owner.h"
#include "tests/unit/scratch_dir.h"
#include "tests/unit/unit.h"

static struct error err;
static char id[] = "web", name[] = "backend", interface[] = "eth0", pair[] = "vpair";

static void open_store(struct network_store *store)
{
	scratch_dir();
	CHECK_INT(network_store_open(scratch_path(), store, &err), 0);
}

static struct network_attachment example(struct network_endpoint *endpoint)
{
	struct network_attachment attachment = { .id = id };

	*endpoint = (struct network_endpoint){ .network = name, .interface = interface };
	attachment.endpoints.items = endpoint;
	attachment.endpoints.count = 1;
	return attachment;
}

static size_t count(int (*list)(int, struct arena *, struct string_list *, struct error *),
		    int store)
{
	cleanup_arena struct arena arena = { 0 };
	struct string_list ids;

	CHECK_INT(list(store, &arena, &ids, &err), 0);
	return ids.count;
}

static void begin(int store, struct attachment_file *file, struct arena *arena)
{
	struct network_endpoint endpoint;
	struct network_attachment attachment = example(&endpoint);

	CHECK_INT(attachment_begin(store, id, file, &err), 0);
	CHECK_INT(attachment_write(file, arena, &attachment, &err), 0);
}

TEST(record_under_way_is_locked_and_becomes_the_containers)
{
	cleanup_network_store struct network_store store = NETWORK_STORE_CLOSED;
	cleanup_attachment struct attachment_file file = ATTACHMENT_FILE_NONE;
	cleanup_attachment struct attachment_file other = ATTACHMENT_FILE_NONE;
	cleanup_arena struct arena arena = { 0 };
	struct network_attachment attachment;

	open_store(&store);
	begin(store.dir, &file, &arena);
	CHECK_INT(attachment_begin(store.dir, id, &other, &err), -1);
	CHECK_INT(err.errnum, EEXIST);
	CHECK_INT(attachment_open_pending(store.dir, id, ATTACHMENT_TRY, &other, &err), -1);
	CHECK_INT(err.errnum, EAGAIN);
	CHECK_INT(attachment_read(store.dir, &arena, id, &attachment, &err), -1);
	CHECK_INT(err.errnum, ENOENT);
	CHECK_INT(attachment_keep(store.dir, id, &err), 0);
	CHECK_INT(attachment_read(store.dir, &arena, id, &attachment, &err), 0);
	CHECK(network_attachment_in(&attachment, name) != NULL);
	CHECK_INT(count(attachment_list, store.dir), 1);
	CHECK_INT(count(attachment_list_pending, store.dir), 0);
	CHECK_INT(attachment_open(store.dir, id, ATTACHMENT_TRY, &other, &err), -1);
	CHECK_INT(err.errnum, EAGAIN);
	attachment_close(&file);
	CHECK_INT(attachment_open(store.dir, id, ATTACHMENT_TRY, &other, &err), 0);
}

TEST(record_whose_maker_died_at_once_says_nothing)
{
	cleanup_network_store struct network_store store = NETWORK_STORE_CLOSED;
	cleanup_attachment struct attachment_file file = ATTACHMENT_FILE_NONE;
	cleanup_arena struct arena arena = { 0 };
	struct network_attachment attachment;

	open_store(&store);
	CHECK_INT(attachment_begin(store.dir, id, &file, &err), 0);
	attachment_close(&file);
	CHECK_INT(attachment_open_pending(store.dir, id, ATTACHMENT_TRY, &file, &err), 0);
	CHECK_INT(attachment_load(&file, &arena, id, &attachment, &err), 0);
	CHECK_STRING(attachment.id, id);
	CHECK_INT(attachment.endpoints.count, 0);
}

TEST(record_that_is_used_again_has_nothing_of_the_one_before)
{
	cleanup_network_store struct network_store store = NETWORK_STORE_CLOSED;
	cleanup_attachment struct attachment_file file = ATTACHMENT_FILE_NONE;
	cleanup_arena struct arena arena = { 0 };
	struct network_attachment attachment;
	struct stat before, now;

	open_store(&store);
	begin(store.dir, &file, &arena);
	CHECK_INT(fstat(file.fd, &before), 0);
	CHECK_INT(attachment_keep(store.dir, id, &err), 0);
	CHECK_INT(attachment_remove(store.dir, id, &err), 0);
	CHECK_INT(attachment_remove(store.dir, id, &err), 0);
	attachment_close(&file);
	CHECK_INT(attachment_begin(store.dir, id, &file, &err), 0);
	CHECK_INT(fstat(file.fd, &now), 0);
	CHECK(before.st_ino == now.st_ino);
	CHECK_INT(attachment_load(&file, &arena, id, &attachment, &err), 0);
	CHECK_INT(attachment.endpoints.count, 0);
}

TEST(record_is_replaced_with_its_lock)
{
	cleanup_network_store struct network_store store = NETWORK_STORE_CLOSED;
	cleanup_attachment struct attachment_file file = ATTACHMENT_FILE_NONE;
	cleanup_attachment struct attachment_file other = ATTACHMENT_FILE_NONE;
	cleanup_arena struct arena arena = { 0 };
	struct network_attachment attachment, empty = { .id = id };

	open_store(&store);
	begin(store.dir, &file, &arena);
	CHECK_INT(attachment_keep(store.dir, id, &err), 0);
	CHECK_INT(attachment_replace(store.dir, &file, &arena, &empty, &err), 0);
	CHECK_INT(attachment_open(store.dir, id, ATTACHMENT_TRY, &other, &err), -1);
	CHECK_INT(err.errnum, EAGAIN);
	CHECK_INT(attachment_read(store.dir, &arena, id, &attachment, &err), 0);
	CHECK_INT(attachment.endpoints.count, 0);
}

TEST(what_a_container_has_is_a_name_of_its_record)
{
	cleanup_network_store struct network_store store = NETWORK_STORE_CLOSED;
	cleanup_attachment struct attachment_file file = ATTACHMENT_FILE_NONE;
	cleanup_arena struct arena arena = { 0 };
	char who[OWNER_SIZE];
	struct stat record, link;

	open_store(&store);
	begin(store.dir, &file, &arena);
	CHECK_INT(owned_link_make(store.dir, "thing", &(struct lease_owner){ id, file.fd }, who,
				  &err),
		  0);
	CHECK_INT(fstat(file.fd, &record), 0);
	CHECK_INT(fstatat(store.dir, "thing", &link, AT_SYMLINK_NOFOLLOW), 0);
	CHECK(record.st_ino == link.st_ino);
	CHECK_INT(owned_link_make(store.dir, "thing", &(struct lease_owner){ "db", -1 }, who, &err),
		  1);
	CHECK_STRING(who, id);
	CHECK_INT(owned_link_remove(store.dir, "thing", "db", &err), 0);
	CHECK_INT(fstatat(store.dir, "thing", &link, 0), 0);
	CHECK_INT(owned_link_remove(store.dir, "thing", id, &err), 0);
	CHECK_INT(fstatat(store.dir, "thing", &link, 0), -1);
}

TEST(ports_lead_to_the_first_pair)
{
	struct network_endpoint endpoints[] = {
		{ .network = name, .interface = interface },
		{ .network = name, .interface = interface, .host_interface = pair },
	};
	struct network_attachment attachment = { .id = id };

	CHECK(attachment_publisher(&attachment) == NULL);
	attachment.endpoints.items = endpoints;
	attachment.endpoints.count = 2;
	CHECK(attachment_publisher(&attachment) == &endpoints[1]);
}

static void note(int store, const char *text)
{
	cleanup_fd int fd = openat(store, "boot", O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);

	CHECK_INT(write(fd, text, strlen(text)), strlen(text));
}

TEST(owner_lives_until_the_kernel_says_otherwise)
{
	struct identity own, other;
	struct rlimit files, none;

	CHECK_INT(owner_process(getpid(), &own, &err), 0);
	CHECK_INT(owner_process_lives(&own), true);
	other = own;
	other.inode += own.inode != 0;
	other.start += own.inode == 0;
	CHECK_INT(owner_process_lives(&other), false);
	CHECK_INT(getrlimit(RLIMIT_NOFILE, &files), 0);
	none = files;
	none.rlim_cur = 0;
	CHECK_INT(setrlimit(RLIMIT_NOFILE, &none), 0);
	CHECK_INT(owner_process_lives(&own), true);
	CHECK_INT(setrlimit(RLIMIT_NOFILE, &files), 0);
}

TEST(boot_is_known_again_when_it_was_settled)
{
	cleanup_network_store struct network_store store = NETWORK_STORE_CLOSED;
	cleanup_boot struct boot_file file = BOOT_FILE_NONE;

	open_store(&store);
	CHECK_INT(boot_compare(store.dir, &file, &err), BOOT_ANOTHER);
	CHECK_INT(boot_settle(&file, &err), 0);
	CHECK_INT(boot_compare(store.dir, &file, &err), BOOT_SAME);
	note(store.dir, "00000000-0000-0000-0000-000000000000 4:1\n");
	CHECK_INT(boot_compare(store.dir, &file, &err), BOOT_ANOTHER);
	boot_close(&file);
}
