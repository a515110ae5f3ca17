/* SPDX-License-Identifier: Apache-2.0 */
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "base/fd.h"
#include "base/file.h"
#include "net/hosts_edit.h"
#include "net/hosts_file.h"
#include "tests/unit/scratch_dir.h"
#include "tests/unit/unit.h"

static struct arena arena;
static struct error err;

#define LIST(...)                                                                                  \
	((struct string_list){ .items = (char *[]){ __VA_ARGS__, NULL },                           \
			       .count = sizeof((char *[]){ __VA_ARGS__ }) / sizeof(char *) })

#define LOOPBACK                                                                                   \
	"127.0.0.1\tlocalhost\n::1\tlocalhost ip6-localhost ip6-loopback\nfe00::\tip6-localnet\n"  \
	"ff00::\tip6-mcastprefix\nff02::1\tip6-allnodes\nff02::2\tip6-allrouters\n"

static const char *text_of(const struct hosts_wish *wish)
{
	char *text;

	return hosts_text(&arena, wish, &text, &err) < 0 ? err.text : text;
}

static const char *added(const char *word)
{
	struct string_list words = LIST((char *)word);

	return text_of(&(struct hosts_wish){ .added = &words, .base = "", .gateway = "10.89.0.1" });
}

TEST(hosts_have_loopback_added_names_the_host_itself_and_others)
{
	struct string_list words = LIST("db;database:192.0.2.1", "v6:[2001:db8::1]"),
			   own = LIST("10.89.0.5\tweb 3f2a"), others = LIST("10.89.0.6\tdb");
	const struct hosts_wish wish = {
		.added = &words, .gateway = "10.89.0.1", .own = &own, .members = &others
	};

	CHECK_STRING(text_of(&(struct hosts_wish){ 0 }), LOOPBACK);
	CHECK_STRING(text_of(&wish),
		     LOOPBACK "192.0.2.1\tdb database\n2001:db8::1\tv6\n"
			      "10.89.0.1\thost.containers.internal host.docker.internal\n"
			      "10.89.0.5\tweb 3f2a\n10.89.0.6\tdb\n");
	arena_free(&arena);
}

TEST(hosts_of_the_host_come_behind_added_names)
{
	struct string_list words = LIST("db:192.0.2.1");
	const struct hosts_wish wish = { .base = "127.0.0.1 localhost\n10.0.0.9 db",
					 .added = &words };

	CHECK_STRING(text_of(&wish), "192.0.2.1\tdb\n127.0.0.1 localhost\n10.0.0.9 db\n");
	arena_free(&arena);
}

TEST(hosts_added_names_are_of_podmans_and_dockers_forms)
{
#define HOST "10.89.0.1\thost.containers.internal host.docker.internal\n"
	CHECK_STRING(added("a:10.0.0.1"), "10.0.0.1\ta\n" HOST);
	CHECK_STRING(added("a=10.0.0.1"), "10.0.0.1\ta\n" HOST);
	CHECK_STRING(added("a;b_c;d.e:fd00::1"), "fd00::1\ta b_c d.e\n" HOST);
	CHECK_STRING(added("a:[fd00::1]"), "fd00::1\ta\n" HOST);
	CHECK_STRING(added("a=[::1]"), "::1\ta\n" HOST);
	CHECK_STRING(added("gate:host-gateway"), "10.89.0.1\tgate\n" HOST);
	CHECK_STRING(added("host.docker.internal:10.0.0.7"),
		     "10.0.0.7\thost.docker.internal\n10.89.0.1\thost.containers.internal\n");
	CHECK_STRING(added("host.docker.internal;host.containers.internal:10.0.0.7"),
		     "10.0.0.7\thost.docker.internal host.containers.internal\n");
	arena_free(&arena);
}

TEST(hosts_added_names_that_are_none_are_refused)
{
#define NO_NAME "' is no name of a host"
#define NO_ADDRESS "' is no IP address (one is written as 10.89.0.2 or fd00::2); or 'host-gateway'"
	CHECK_STRING(added("a"), "'a' is not NAME[;NAME...]:ADDRESS");
	CHECK_STRING(added(":10.0.0.1"), "':10.0.0.1': '" NO_NAME);
	CHECK_STRING(added("a;:10.0.0.1"), "'a;:10.0.0.1': '" NO_NAME);
	CHECK_STRING(added("a b:10.0.0.1"), "'a b:10.0.0.1': 'a b" NO_NAME);
	CHECK_STRING(added("b;a\nb:10.0.0.1"), "'b;a\nb:10.0.0.1': 'a\nb" NO_NAME);
	CHECK_STRING(added("#a:10.0.0.1"), "'#a:10.0.0.1': '#a" NO_NAME);
	CHECK_STRING(added("a:"), "'a:': '" NO_ADDRESS);
	CHECK_STRING(added("a:[]"), "'a:[]': '" NO_ADDRESS);
	CHECK_STRING(added("a:["), "'a:[': '[" NO_ADDRESS);
	CHECK_STRING(added("a:10.0.0"), "'a:10.0.0': '10.0.0" NO_ADDRESS);
	CHECK_INT(err.errnum, EINVAL);
	arena_free(&arena);
}

TEST(hosts_without_a_way_to_the_host_have_no_gateway)
{
	struct string_list words = LIST("gate:host-gateway");

	CHECK_STRING(text_of(&(struct hosts_wish){ .added = &words }),
		     "'gate:host-gateway': no network of the container leads to the host; "
		     "name an address");
	arena_free(&arena);
}

/* The file behind an edit, through the kernel. */
static const char *edited(const char *text, struct string_list add, struct string_list remove)
{
	struct hosts_change change = { add, remove };
	struct hosts_edit edit;
	cleanup_fd int fd = memfd_create("hosts", MFD_CLOEXEC);
	char *result;

	CHECK_INT(write_all(fd, text, strlen(text), &err), 0);
	hosts_change_sort(&change);
	hosts_edit_plan(&arena, text, strlen(text), &change, &edit);
	CHECK_INT(hosts_edit_apply(fd, strlen(text), &edit, &err), 0);
	CHECK_INT(lseek(fd, 0, SEEK_SET), 0);
	CHECK_INT(file_read_fd(fd, "hosts", HOSTS_FILE_MAX, &arena, &result, NULL, &err), 0);
	return result;
}

#define NONE ((struct string_list){ 0 })

TEST(hosts_that_come_are_put_at_the_end_in_one_write)
{
	CHECK_STRING(edited("a\n", LIST("c", "b"), NONE), "a\nb\nc\n");
	CHECK_STRING(edited("a", LIST("b"), NONE), "a\nb\n");
	CHECK_STRING(edited("", LIST("b"), NONE), "b\n");
	CHECK_STRING(edited("a\n\n  \n", LIST("bbb"), NONE), "a\nbbb\n");
	arena_free(&arena);
}

TEST(hosts_that_are_there_already_are_not_added_again)
{
	CHECK_STRING(edited("a\nb\n", LIST("a", "b"), NONE), "a\nb\n");
	CHECK_STRING(edited("a  \nb", LIST("a", "b"), NONE), "a  \nb");
	CHECK_STRING(edited("ab\n", LIST("a"), NONE), "ab\na\n");
	arena_free(&arena);
}

TEST(hosts_that_go_leave_all_others_in_their_places)
{
	CHECK_STRING(edited("a\nbbb\nc\n", NONE, LIST("bbb")), "a\n   \nc\n");
	CHECK_STRING(edited("a\nbbb\nc\n", NONE, LIST("c", "a")), " \nbbb\n");
	CHECK_STRING(edited("a\nb\nc\n", NONE, LIST("c", "b")), "a\n");
	CHECK_STRING(edited("a\nb", NONE, LIST("b")), "a\n");
	CHECK_STRING(edited("a\n", NONE, LIST("a")), "");
	CHECK_STRING(edited("a\n", NONE, LIST("b")), "a\n");
	arena_free(&arena);
}

TEST(hosts_that_come_take_the_places_of_those_that_went)
{
	CHECK_STRING(edited("a\n    \nc\n", LIST("bb"), NONE), "a\nbb  \nc\n");
	CHECK_STRING(edited("a\n    \nc\n", LIST("bbbbb"), NONE), "a\n    \nc\nbbbbb\n");
	CHECK_STRING(edited("a\nxx\nc\n", LIST("b"), LIST("xx")), "a\nb \nc\n");
	CHECK_STRING(edited("a\n   \n   \nc\n", LIST("b", "d", "e"), NONE), "a\nb  \nd  \nc\ne\n");
	/* shorter than its place, and going as well */
	CHECK_STRING(edited("a\nbb  \nc\n", NONE, LIST("bb")), "a\n    \nc\n");
	arena_free(&arena);
}

TEST(hosts_that_come_and_go_at_once_stay)
{
	CHECK_STRING(edited("a\nb\n", LIST("a"), LIST("a", "b")), "a\n");
	CHECK_STRING(edited("b\n", LIST("a"), LIST("a")), "b\na\n");
	/* the place of the only line is the end of the file as well */
	CHECK_STRING(edited("bbb\n", LIST("a"), LIST("bbb")), "a\n");
	arena_free(&arena);
}

TEST(hosts_edits_take_whatever_a_container_has_written)
{
	static const char odd[] = "a\0b\nab\n\xff\n";
	struct hosts_change change = { .remove = LIST("a", "ab\n"), .add = LIST("a\xff", "b") };
	struct hosts_edit edit;

	hosts_change_sort(&change);
	hosts_edit_plan(&arena, odd, sizeof(odd) - 1, &change, &edit);
	CHECK_INT(edit.count, 1);
	CHECK_INT(edit.writes[0].offset, sizeof(odd) - 1);
	arena_free(&arena);
}

/* Each line that comes would be tried in each of them. */
TEST(hosts_edits_use_so_many_holes_of_a_container_and_no_more)
{
	enum { HOLES = 5000, USED = 4096 };
	struct hosts_change change = { .add = { .items = arena_array(&arena, char *, HOLES),
						.count = HOLES } };
	char *text = memset(arena_alloc(&arena, 3 * HOLES + 1), ' ', 3 * HOLES);
	struct hosts_edit edit;

	for (size_t i = 0; i < HOLES; i++) {
		text[3 * i + 2] = '\n';
		change.add.items[i] = arena_printf(&arena, "%02x", (unsigned)i % 256);
	}
	text[3 * HOLES] = 'z';
	hosts_edit_plan(&arena, text, 3 * HOLES + 1, &change, &edit);
	CHECK_INT(edit.count, USED + 1);
	CHECK_INT(edit.writes[USED].offset, 3 * HOLES + 1);
	arena_free(&arena);
}

/* The file behind a quick edit with the line at that distance; "": it was not done. */
static const char *edited_quickly(const char *text, struct string_list add,
				  struct string_list remove, size_t distance)
{
	const struct hosts_change change = { add, remove };
	cleanup_fd int fd = memfd_create("hosts", MFD_CLOEXEC);
	char *result;
	int done;

	CHECK_INT(write_all(fd, text, strlen(text), &err), 0);
	done = hosts_edit_quick(fd, strlen(text), &change, distance, &err);
	CHECK_INT(lseek(fd, 0, SEEK_SET), 0);
	CHECK_INT(file_read_fd(fd, "hosts", HOSTS_FILE_MAX, &arena, &result, NULL, &err), 0);
	if (!done)
		CHECK_STRING(result, text);
	return done ? result : "";
}

TEST(hosts_edits_of_one_line_need_not_read_the_file)
{
	CHECK_STRING(edited_quickly("a\n", LIST("b"), NONE, 0), "a\nb\n");
	CHECK_STRING(edited_quickly("", LIST("b"), NONE, 0), "b\n");
	CHECK_STRING(edited_quickly("a", LIST("b"), NONE, 0), "");
	CHECK_STRING(edited_quickly("a\n", LIST("b", "c"), NONE, 0), "");
	CHECK_STRING(edited_quickly("a\n", LIST("b"), LIST("a"), 2), "");
	CHECK_STRING(edited_quickly("a\nbb\nc\n", NONE, LIST("bb"), 5), "a\n  \nc\n");
	CHECK_STRING(edited_quickly("a\nbb\nc\n", NONE, LIST("c"), 2), "a\nbb\n");
	arena_free(&arena);
}

TEST(hosts_edits_of_one_line_look_whether_it_is_where_it_was)
{
	for (size_t distance = 0; distance < 30; distance++)
		if (distance != 5)
			CHECK_STRING(edited_quickly("a\nbb\nc\n", NONE, LIST("bb"), distance), "");
	CHECK_STRING(edited_quickly("abb\nc\n", NONE, LIST("bb"), 5), "");
	CHECK_STRING(edited_quickly("a\nbbc\n", NONE, LIST("bb"), 4), "");
	CHECK_STRING(edited_quickly("bb\nc\n", NONE, LIST("bb"), 5), ""); /* nothing in front */
	CHECK_INT(hosts_edit_find("a\nbb\nc\n", 7, "bb"), 5);
	CHECK_INT(hosts_edit_find("abb\nbbb\nbb", 10, "bb"), 2);
	CHECK_INT(hosts_edit_find("bb  \n", 5, "bb"), 5);
	CHECK_INT(hosts_edit_find("bb c\nbb ", 8, "bb"), 3);
	CHECK_INT(hosts_edit_find("abb\nbbb\n", 8, "bb"), 0);
	arena_free(&arena);
}

TEST(hosts_files_are_written_in_place)
{
	int dir = scratch_dir();
	char *path = arena_printf(&arena, "%s/hosts", scratch_path()), *text;

	CHECK_INT(hosts_file_write(path, "a\n", &err), -1);
	CHECK_INT(err.errnum, ENOENT);
	CHECK_INT(file_replace_at(dir, "hosts", "longer\n", 7, 0644, false, &err), 0);
	CHECK_INT(hosts_file_write(path, "a\n", &err), 0);
	CHECK_INT(file_read_at(dir, "hosts", 100, &arena, &text, NULL, &err), 0);
	CHECK_STRING(text, "a\n");
	arena_free(&arena);
}
