/* SPDX-License-Identifier: Apache-2.0 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/sys.h"
#include "fs/mount_options.h"
#include "tests/unit/unit.h"

static struct arena arena;
static struct mount_options options;

/* Parses words that are separated by blanks. */
static void parse(const char *text)
{
	static char *items[128];
	struct string_list words = { .items = items };

	for (char *word = strtok(arena_strdup(&arena, text), " "); word; word = strtok(NULL, " "))
		items[words.count++] = word;
	mount_options_parse(&arena, &words, &options);
}

/* What the options look like when printed. */
static char *printed(const char *text)
{
	char *buffer = NULL, *copy;
	size_t size;
	FILE *stream = open_memstream(&buffer, &size);

	parse(text);
	mount_options_print(stream, &options);
	fclose(stream);
	copy = arena_strdup(&arena, buffer);
	free(buffer);
	return copy;
}

TEST(attributes_of_one_mount)
{
	parse("ro nosuid nodev noexec nosymfollow nodiratime");
	CHECK_INT((long long)options.attr_set,
		  MOUNT_ATTR_RDONLY | MOUNT_ATTR_NOSUID | MOUNT_ATTR_NODEV | MOUNT_ATTR_NOEXEC |
			  MOUNT_ATTR_NOSYMFOLLOW | MOUNT_ATTR_NODIRATIME);
	CHECK_INT((long long)options.attr_clear, 0);
	CHECK_INT((long long)options.recursive_attr_set, 0);
}

TEST(the_last_of_two_words_counts)
{
	parse("ro rw nosuid suid dev nodev");
	CHECK_INT((long long)options.attr_set, MOUNT_ATTR_NODEV);
	CHECK_INT((long long)options.attr_clear, MOUNT_ATTR_RDONLY | MOUNT_ATTR_NOSUID);
}

TEST(access_times_exclude_each_other)
{
	parse("noatime strictatime");
	CHECK_INT((long long)options.attr_set, MOUNT_ATTR_STRICTATIME);
	CHECK_INT((long long)options.attr_clear, MOUNT_ATTR__ATIME);
	parse("noatime norelatime");
	CHECK_INT((long long)options.attr_set, 0);
	CHECK_INT((long long)options.attr_clear, MOUNT_ATTR__ATIME);
	parse("strictatime nodiratime noatime diratime");
	CHECK_INT((long long)options.attr_set, MOUNT_ATTR_NOATIME);
	CHECK_INT((long long)options.attr_clear, MOUNT_ATTR__ATIME | MOUNT_ATTR_NODIRATIME);
}

TEST(recursive_words_are_kept_apart)
{
	parse("rro rnosuid rrw rnoatime nodev");
	CHECK_INT((long long)options.attr_set, MOUNT_ATTR_NODEV);
	CHECK_INT((long long)options.recursive_attr_set, MOUNT_ATTR_NOSUID | MOUNT_ATTR_NOATIME);
	CHECK_INT((long long)options.recursive_attr_clear, MOUNT_ATTR_RDONLY | MOUNT_ATTR__ATIME);
}

TEST(propagation_slave_and_shared_go_together)
{
	parse("private rslave");
	CHECK_INT((long long)options.propagation, MS_SLAVE);
	CHECK(options.recursive_propagation);
	parse("slave shared");
	CHECK_INT((long long)options.propagation, MS_SLAVE | MS_SHARED);
	CHECK(!options.recursive_propagation);
	parse("shared unbindable");
	CHECK_INT((long long)options.propagation, MS_UNBINDABLE);
}

TEST(superblock_flags_and_data_keep_their_order)
{
	CHECK_STRING(printed("sync size=64k lazytime mode=755 dirsync defaults newinstance"),
		     " sync lazytime dirsync size=64k mode=755 newinstance");
}

TEST(switches)
{
	parse("rbind ridmap tmpcopyup remount iversion");
	CHECK(options.recursive_bind && !options.bind);
	CHECK(options.recursive_idmap && !options.idmap);
	CHECK(options.copy_up && options.remount && options.version_counter);
	parse("iversion noiversion");
	CHECK(!options.version_counter);
}

TEST(printing_says_what_was_given)
{
	CHECK_STRING(printed("rbind ro nosuid"), " ro nosuid rbind");
	CHECK_STRING(printed("noatime rw"), " rw noatime");
	CHECK_STRING(printed("bind rro rslave relatime"), " relatime rro rslave bind");
	CHECK_STRING(printed("defaults silent loud"), "");
}

/* Every word of the specification's table must be known: none may pass for the filesystem's own. */
TEST(every_word_of_the_specification_is_in_the_table)
{
	static const char words[] =
		"async atime bind defaults dev diratime dirsync exec idmap iversion lazytime loud "
		"mand noatime nodev nodiratime noexec noiversion nolazytime nomand norelatime "
		"nostrictatime nosuid nosymfollow private ratime rbind rdev rdiratime relatime "
		"remount rexec ridmap rnoatime rnodev rnodiratime rnoexec rnorelatime "
		"rnostrictatime rnosuid rnosymfollow ro rprivate rrelatime rro rrw rshared rslave "
		"rstrictatime rsuid rsymfollow runbindable rw shared silent slave strictatime suid "
		"symfollow sync tmpcopyup unbindable "
		/* crun's */
		"copy-symlink src-nofollow dest-nofollow";
	const char *const *names = mount_option_names();
	size_t count = 0;

	parse(words);
	CHECK_INT((long long)options.data.count, 0);
	while (names[count])
		count++;
	CHECK_INT((long long)count, 65);
}
