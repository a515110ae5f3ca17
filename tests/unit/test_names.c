/* SPDX-License-Identifier: Apache-2.0 */
#include "net/names.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/fd.h"
#include "base/file.h"
#include "net/hosts_file.h"
#include "net/name_record.h"
#include "tests/unit/scratch_dir.h"
#include "tests/unit/unit.h"

static struct arena arena;
static struct error err;

#define LIST(...)                                                                                  \
	(&(struct string_list){ .items = (char *[]){ __VA_ARGS__, NULL },                          \
				.count = sizeof((char *[]){ __VA_ARGS__ }) / sizeof(char *) })

/* A store with one network. Returns its folder. */
static int make_network(int *root)
{
	int folder;

	*root = scratch_dir();
	CHECK_INT(mkdirat(*root, "networks", 0700), 0);
	CHECK_INT(mkdirat(*root, "networks/lan", 0700), 0);
	folder = openat(*root, "networks/lan", O_PATH | O_DIRECTORY | O_CLOEXEC);
	CHECK(folder >= 0);
	return folder;
}

/* As an attach does it, but for the publishing. */
static void join(int folder, const char *id, const char *address)
{
	struct name_member member = {
		.id = id,
		.addresses = LIST((char *)address),
		.names = LIST((char *)id),
		.hostname = arena_printf(&arena, "host-%s", id),
		.hosts_file = arena_printf(&arena, "%s/%s", scratch_path(), id),
	};
	struct string_list own, others;
	char *text;

	scratch_file(id, "");
	CHECK_INT(names_join(folder, &member, &err), 0);
	own = names_own_lines(&arena, &member);
	CHECK_INT(names_lines(&arena, folder, id, &others, &err), 0);
	CHECK_INT(hosts_text(&arena,
			     &(struct hosts_wish){ .base = "", .own = &own, .members = &others },
			     &text, &err),
		  0);
	CHECK_INT(hosts_file_write(member.hosts_file, text, &err), 0);
}

static const char *hosts_of(const char *id)
{
	char *text;

	CHECK_INT(file_read_at(AT_FDCWD, arena_printf(&arena, "%s/%s", scratch_path(), id), 100000,
			       &arena, &text, NULL, &err),
		  0);
	return text;
}

static const char *records(int folder)
{
	char *text;

	CHECK_INT(file_read_at(folder, NAMES_FILE, 1000000, &arena, &text, NULL, &err), 0);
	return text;
}

static int count_state(int folder, enum name_state state)
{
	struct name_records found = name_records_parse(&arena, records(folder));
	int count = 0;

	for (size_t i = 0; i < found.count; i++)
		count += found.items[i].state == (char)state;
	return count;
}

#define JOIN(id, address)                                                                          \
	do {                                                                                       \
		join(folder, id, address);                                                         \
		CHECK_INT(names_publish(root, "lan", id, &err), 0);                                \
	} while (0)
#define LEAVE(id)                                                                                  \
	do {                                                                                       \
		CHECK_INT(names_leave(folder, id, &err), 0);                                       \
		CHECK_INT(names_publish(root, "lan", id, &err), 0);                                \
	} while (0)

TEST(names_of_members_are_in_the_files_of_all)
{
	int root;
	cleanup_fd int folder = make_network(&root);

	JOIN("a", "10.0.0.2");
	CHECK_STRING(hosts_of("a"), "10.0.0.2\thost-a a\n");
	JOIN("b", "10.0.0.3");
	JOIN("c", "10.0.0.4");
	CHECK_STRING(hosts_of("a"), "10.0.0.2\thost-a a\n10.0.0.3\tb\n10.0.0.4\tc\n");
	CHECK_STRING(hosts_of("b"), "10.0.0.3\thost-b b\n10.0.0.2\ta\n10.0.0.4\tc\n");
	CHECK_STRING(hosts_of("c"), "10.0.0.4\thost-c c\n10.0.0.2\ta\n10.0.0.3\tb\n");
	LEAVE("b");
	CHECK_STRING(hosts_of("a"), "10.0.0.2\thost-a a\n          \n10.0.0.4\tc\n");
	CHECK_STRING(hosts_of("c"), "10.0.0.4\thost-c c\n10.0.0.2\ta\n");
	/* one that lives on has nothing of the network any more */
	CHECK_STRING(hosts_of("b"), "");
	LEAVE("a");
	LEAVE("c");
	CHECK_STRING(records(folder), "");
	arena_free(&arena);
}

TEST(names_of_many_that_come_at_once_are_published_by_the_first)
{
	int root;
	cleanup_fd int folder = make_network(&root);

	JOIN("a", "10.0.0.2");
	join(folder, "b", "10.0.0.3");
	join(folder, "c", "10.0.0.4");
	CHECK_INT(names_leave(folder, "a", &err), 0);
	CHECK_STRING(hosts_of("a"), "10.0.0.2\thost-a a\n");
	CHECK_INT(names_publish(root, "lan", "c", &err), 0);
	CHECK_STRING(hosts_of("b"), "10.0.0.3\thost-b b\n10.0.0.4\tc\n");
	CHECK_STRING(hosts_of("c"), "10.0.0.4\thost-c c\n          \n10.0.0.3\tb\n");
	CHECK_INT(names_publish(root, "lan", "b", &err), 0);
	CHECK_INT(count_state(folder, NAME_KNOWN), 2);
	CHECK_INT(count_state(folder, NAME_COMING) + count_state(folder, NAME_GOING), 0);
	arena_free(&arena);
}

TEST(names_that_another_one_has_published_too_early_come_at_last)
{
	int root;
	cleanup_fd int folder = make_network(&root);

	JOIN("a", "10.0.0.2");
	join(folder, "b", "10.0.0.3");
	JOIN("c", "10.0.0.4");			   /* publishes b as well */
	scratch_file("b", "10.0.0.3\thost-b b\n"); /* b writes its file now, without c */
	CHECK_INT(names_publish(root, "lan", "b", &err), 0);
	CHECK_STRING(hosts_of("b"), "10.0.0.3\thost-b b\n10.0.0.2\ta\n10.0.0.4\tc\n");
	arena_free(&arena);
}

TEST(names_of_one_that_is_back_replace_what_was_left_of_it)
{
	int root;
	cleanup_fd int folder = make_network(&root);

	JOIN("a", "10.0.0.2");
	JOIN("b", "10.0.0.3");
	/* killed: nobody has said that it leaves */
	JOIN("b", "10.0.0.9");
	CHECK_STRING(hosts_of("a"), "10.0.0.2\thost-a a\n10.0.0.9\tb\n");
	CHECK_STRING(hosts_of("b"), "10.0.0.9\thost-b b\n10.0.0.2\ta\n");
	JOIN("b", "10.0.0.9");
	CHECK_STRING(hosts_of("a"), "10.0.0.2\thost-a a\n10.0.0.9\tb\n");
	arena_free(&arena);
}

TEST(names_of_one_that_is_connected_anew_change_in_its_own_file_too)
{
	int root;
	cleanup_fd int folder = make_network(&root);
	const struct name_member again = {
		.id = "b",
		.addresses = LIST("10.0.0.9"),
		.names = LIST("b"),
		.hostname = "host-b",
		.hosts_file = arena_printf(&arena, "%s/b", scratch_path()),
	};

	JOIN("a", "10.0.0.2");
	JOIN("b", "10.0.0.3");
	CHECK_INT(names_leave(folder, "b", &err), 0);
	CHECK_INT(names_join(folder, &again, &err), 0);
	CHECK_INT(names_publish(root, "lan", "b", &err), 0);
	CHECK_STRING(hosts_of("a"), "10.0.0.2\thost-a a\n10.0.0.9\tb\n");
	CHECK_STRING(hosts_of("b"), "10.0.0.9\thost-b b\n10.0.0.2\ta\n");
	arena_free(&arena);
}

TEST(names_do_not_wait_for_members_without_a_file)
{
	int root;
	cleanup_fd int folder = make_network(&root);
	const struct name_member none = {
		.id = "none",
		.addresses = LIST("10.0.0.8"),
		.names = LIST("none", "alias"),
	};

	JOIN("a", "10.0.0.2");
	JOIN("b", "10.0.0.3");
	CHECK_INT(unlinkat(root, "a", 0), 0);
	CHECK_INT(names_join(folder, &none, &err), 0);
	CHECK_INT(names_publish(root, "lan", "none", &err), 0);
	CHECK_STRING(hosts_of("b"), "10.0.0.3\thost-b b\n10.0.0.2\ta\n10.0.0.8\tnone alias\n");
	/* filled by its container */
	CHECK_INT(truncate(arena_printf(&arena, "%s/b", scratch_path()), 2 << 20), 0);
	LEAVE("none");
	CHECK_INT(names_publish(root, "gone", "a", &err), 0);
	CHECK_INT(names_leave(folder, "never", &err), 0);
	arena_free(&arena);
}

TEST(names_keep_the_file_small_when_members_come_and_go)
{
	int root;
	cleanup_fd int folder = make_network(&root);
	size_t longest = 0;

	CHECK(names_publish_is_quick(root, "lan") && names_publish_is_quick(root, "gone"));
	JOIN("first", "10.0.0.2");
	for (int i = 0; i < 500; i++) {
		char *id = arena_printf(&arena, "member%d", i % 7);
		char *address = arena_printf(&arena, "10.0.1.%d", i % 250);

		JOIN(id, address);
		if (i % 7 == 3)
			LEAVE(arena_printf(&arena, "member%d", (i + 5) % 7));
		longest = strlen(records(folder)) > longest ? strlen(records(folder)) : longest;
	}
	for (int i = 0; i < 7; i++)
		LEAVE(arena_printf(&arena, "member%d", i));
	CHECK(longest < 10000);
	CHECK(strlen(hosts_of("first")) < 400);
	JOIN("last", "10.0.2.1");
	CHECK_CONTAINS(hosts_of("first"), "10.0.2.1\tlast");
	CHECK_CONTAINS(hosts_of("first"), "10.0.0.2\thost-first first\n");
	CHECK(!strstr(hosts_of("first"), "member"));
	CHECK_INT(names_forget(folder, &err), 0);
	CHECK_INT(names_forget(folder, &err), 0);
	arena_free(&arena);
}

TEST(names_that_cannot_stand_in_a_file_are_refused)
{
	int root;
	cleanup_fd int folder = make_network(&root);
	struct name_member member = { .id = "a", .addresses = LIST("10.0.0.2") };

	member.names = LIST("a", "b c");
	CHECK_INT(names_join(folder, &member, &err), -1);
	CHECK_STRING(err.text, "name 'b c': it cannot stand in a hosts file");
	member.names = LIST("a");
	member.hostname = "x y";
	CHECK_STRING(names_own_lines(&arena, &member).items[0], "10.0.0.2\ta");
	member.hosts_file = "/a\tb";
	CHECK_INT(names_join(folder, &member, &err), -1);
	arena_free(&arena);
}

TEST(name_records_that_are_not_whole_are_passed_over)
{
	struct name_records found = name_records_parse(
		&arena, "=a\t10.0.0.2,fd00::2\ta x\thost\t/a\n          \n\n?b\t1\tb\t\t\n"
			"+b\t10.0.0.3\tb\t\t\n-\t1\tc\t\t\n-c\t\tc\t\t\n-d\t1\t\t\t\n=e\t1\te\n"
			"-f\t10.0.0.4\tf\t\t/f\n=g\t10.0.0.5\tg\t\t/g");

	CHECK_INT(found.count, 3);
	CHECK_STRING(found.items[0].id, "a");
	CHECK_STRING(found.items[0].addresses, "10.0.0.2,fd00::2");
	CHECK_STRING(found.items[0].names, "a x");
	CHECK_STRING(found.items[0].hostname, "host");
	CHECK_STRING(found.items[0].hosts_file, "/a");
	CHECK_STRING(found.items[1].hosts_file, "");
	CHECK_INT(found.items[2].state, NAME_GOING);
	CHECK_INT(name_records_lines(&found), 4);
	arena_free(&arena);
}
