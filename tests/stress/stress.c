/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What a committed image must show of one instant.
 *
 *	stress write FOLDER FILE	works there for ever; FILE is one of a lower layer
 *	stress check FOLDER FILE	looks at what a commit has of it; prints the round it was in
 *
 * The writer counts rounds. In each it does the same things in the same order, each of another
 * kind, and each leaves the number of the round behind so that a part of it or an old state of it
 * shows. In one instant the number of each thing is that of the thing before it, or one less, and
 * it falls at most once along the way. Whatever is torn, lost, or of another moment breaks this.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/xattr.h>
#include <unistd.h>

#define PAGE 4096
#define PAGES 4096  /* of the large file: 16 MiB */
#define WORDS 20000 /* of the record that a mapping has */

#define NEED(condition)                                                                            \
	do {                                                                                       \
		if (!(condition)) {                                                                \
			fprintf(stderr, "stress: %s:%d: %s: %s\n", __FILE__, __LINE__, #condition, \
				strerror(errno));                                                  \
			exit(1);                                                                   \
		}                                                                                  \
	} while (0)

/* A page that says for which round and place it was written, and whether it is whole. */
struct record {
	uint64_t round, place, words[PAGE / 8 - 3], sum;
};

static struct record record __attribute__((aligned(PAGE)));

static uint64_t mix(uint64_t value)
{
	value = (value ^ (value >> 31)) * 0x9e3779b97f4a7c15ULL;
	return value ^ (value >> 29);
}

static const void *make_record(uint64_t round, uint64_t place)
{
	record.round = round;
	record.place = place;
	record.sum = mix(round) + place;
	for (size_t i = 0; i < sizeof(record.words) / 8; i++)
		record.sum += record.words[i] = mix(round * 1000 + place * 77 + i);
	return &record;
}

static uint64_t check_record(const struct record *is, uint64_t place)
{
	uint64_t round = is->round;

	if (memcmp(make_record(round, place), is, sizeof(*is)) != 0) {
		fprintf(stderr, "stress: a torn record of round %lu, place %lu\n", round, place);
		exit(1);
	}
	return round;
}

static uint64_t read_record(const char *path, off_t at, uint64_t place)
{
	struct record is;
	int fd = open(path, O_RDONLY | O_CLOEXEC);

	NEED(fd >= 0 && pread(fd, &is, PAGE, at) == PAGE);
	close(fd);
	return check_record(&is, place);
}

static void write_record(int fd, uint64_t round, uint64_t place, off_t at)
{
	NEED(pwrite(fd, make_record(round, place), PAGE, at) == PAGE);
}

static char *numbered(const char *name, uint64_t round)
{
	static char text[2][64];
	static int which;

	which = !which;
	snprintf(text[which], sizeof(text[which]), "%s.%lu", name, round);
	return text[which];
}

static int opened(const char *path, int flags)
{
	int fd = open(path, flags | O_CREAT | O_CLOEXEC, 0644);

	NEED(fd >= 0);
	return fd;
}

/* Things: each writes and is checked ---------------------------------------------------------- */

static const char *lower_file;
static int written = -1, direct = -1, large = -1, lower = -1, logged = -1, cut = -1;
static volatile uint64_t *mapped;
static struct record *large_map;

static void do_write(uint64_t round)
{
	static char many[8 * PAGE];

	for (uint64_t i = 0; i < 8; i++)
		memcpy(many + i * PAGE, make_record(round, i), PAGE);
	NEED(pwrite(written, many, sizeof(many), 0) == sizeof(many));
}

static uint64_t see_write(void)
{
	uint64_t round = read_record("written", 0, 0);

	/* one write(2): all of it or nothing */
	for (uint64_t i = 1; i < 8; i++)
		NEED(read_record("written", (off_t)i * PAGE, i) == round);
	return round;
}

static void do_map(uint64_t round)
{
	for (size_t i = 0; i < WORDS; i++)
		mapped[i] = round;
}

/* Stores may be interrupted anywhere: new words, then old ones. The last one counts. */
static uint64_t see_map(void)
{
	static uint64_t words[WORDS];
	int fd = opened("mapped", O_RDONLY);

	NEED(read(fd, words, sizeof(words)) == sizeof(words));
	close(fd);
	for (size_t i = 1; i < WORDS; i++)
		NEED(words[i] == words[i - 1] || words[i] + 1 == words[i - 1]);
	NEED(words[0] == words[WORDS - 1] || words[0] == words[WORDS - 1] + 1);
	return words[WORDS - 1];
}

static void do_rename(uint64_t round)
{
	int fd = opened("renamed.new", O_WRONLY | O_TRUNC);

	write_record(fd, round, 1, 0);
	close(fd);
	NEED(rename("renamed.new", "renamed") == 0);
}

static uint64_t see_rename(void)
{
	return read_record("renamed", 0, 1);
}

static void do_link(uint64_t round)
{
	NEED(link("renamed", numbered("link", round)) == 0);
	if (round > 1)
		NEED(unlink(numbered("link", round - 1)) == 0);
}

/* The highest of the files NAME.ROUND near round; there may be two of them. */
static uint64_t find_numbered(const char *name, uint64_t round)
{
	uint64_t found = 0;
	size_t count = 0;

	for (uint64_t i = round > 3 ? round - 3 : 0; i <= round + 3; i++)
		if (faccessat(AT_FDCWD, numbered(name, i), F_OK, AT_SYMLINK_NOFOLLOW) == 0) {
			found = i;
			count++;
		}
	NEED(count == 1 || (count == 2 && faccessat(AT_FDCWD, numbered(name, found - 1), F_OK,
						    AT_SYMLINK_NOFOLLOW) == 0));
	return found;
}

static uint64_t rounds_hint;

static uint64_t see_link(void)
{
	uint64_t round = find_numbered("link", rounds_hint);
	struct stat one, other;

	/* a name of the file that the rename had brought, with its content */
	NEED(read_record(numbered("link", round), 0, 1) == round);
	NEED(stat("renamed", &one) == 0 && stat(numbered("link", round), &other) == 0);
	if (read_record("renamed", 0, 1) == round)
		NEED(one.st_ino == other.st_ino && one.st_nlink == 2);
	else
		NEED(one.st_ino != other.st_ino);
	return round;
}

static void do_unlink(uint64_t round)
{
	close(opened(numbered("created", round), O_WRONLY | O_EXCL));
	if (round > 1)
		NEED(unlink(numbered("created", round - 1)) == 0);
}

static uint64_t see_unlink(void)
{
	return find_numbered("created", rounds_hint);
}

static void do_truncate(uint64_t round)
{
	NEED(ftruncate(cut, (off_t)(round % 1000) * 1000) == 0);
}

static uint64_t see_truncate(void)
{
	struct stat status;
	uint64_t size, round = rounds_hint > 3 ? rounds_hint - 3 : 0;

	NEED(stat("cut", &status) == 0 && status.st_size % 1000 == 0);
	size = (uint64_t)status.st_size / 1000;
	for (; round % 1000 != size; round++)
		NEED(round < rounds_hint + 3);
	return round;
}

static void do_direct(uint64_t round)
{
	write_record(direct, round, 2, 0);
}

static uint64_t see_direct(void)
{
	return read_record("direct", 0, 2);
}

static void do_xattr(uint64_t round)
{
	NEED(setxattr("attributes", "user.round", &round, sizeof(round), 0) == 0);
}

static uint64_t see_xattr(void)
{
	uint64_t round;

	NEED(getxattr("attributes", "user.round", &round, sizeof(round)) == sizeof(round));
	return round;
}

static void do_log(uint64_t round)
{
	NEED(write(logged, &round, sizeof(round)) == sizeof(round));
}

static uint64_t see_log(void)
{
	FILE *log = fopen("log", "r");
	uint64_t last = 0, round;

	NEED(log);
	while (fread(&round, sizeof(round), 1, log) == 1) {
		NEED(round == last + 1);
		last = round;
	}
	NEED(feof(log) && ftell(log) == (long)(8 * last));
	fclose(log);
	return last;
}

static void do_folder(uint64_t round)
{
	NEED(rename(numbered("folder", round - 1), numbered("folder", round)) == 0);
}

static uint64_t see_folder(void)
{
	uint64_t round = find_numbered("folder", rounds_hint);
	char path[96];

	snprintf(path, sizeof(path), "%s/below/file", numbered("folder", round));
	NEED(read_record(path, 0, 3) == 7);
	NEED(faccessat(AT_FDCWD, numbered("folder", round - 1), F_OK, 0) < 0);
	return round;
}

static void do_symlink(uint64_t round)
{
	NEED(symlink(numbered("", round), "symlink.new") == 0);
	NEED(rename("symlink.new", "symlink") == 0);
}

static uint64_t see_symlink(void)
{
	char target[64] = "";

	NEED(readlink("symlink", target, sizeof(target) - 1) > 1);
	return strtoull(target + 1, NULL, 10);
}

static void do_lower(uint64_t round)
{
	write_record(lower, round, 4, 0);
}

static uint64_t see_lower(void)
{
	return read_record(lower_file, 0, 4);
}

/* Every third round through the mapping, which may stop half-way; that round is not complete. */
static void do_large(uint64_t round)
{
	uint64_t page = mix(round) % PAGES;

	if (round % 3)
		write_record(large, round, page, (off_t)page * PAGE);
	else
		memcpy(&large_map[page], make_record(round, page), PAGE);
}

static uint64_t pages_of_round[PAGES];

/* Whether every page has what the last of so many rounds to write it has left; -1: which not. */
static int64_t check_large(uint64_t rounds, const struct record *pages, uint64_t half)
{
	memset(pages_of_round, 0, sizeof(pages_of_round));
	for (uint64_t i = 1; i <= rounds; i++)
		pages_of_round[mix(i) % PAGES] = i;
	for (uint64_t i = 0; i < PAGES; i++)
		if (pages_of_round[i] != pages[i].round && i != half)
			return (int64_t)i;
	return -1;
}

static uint64_t see_large(void)
{
	int fd = opened("large", O_RDONLY);
	const struct record *pages =
		mmap(NULL, (size_t)PAGES * PAGE, PROT_READ, MAP_PRIVATE, fd, 0);
	uint64_t next = rounds_hint, half = PAGES;

	NEED(pages != MAP_FAILED);
	/* the page that the next round of a mapping may be in */
	if (next % 3 == 0)
		half = mix(next) % PAGES;
	for (uint64_t i = 0; i < PAGES; i++)
		if (pages[i].round && i != half)
			check_record(&pages[i], i);
	if (half == PAGES && check_large(next, pages, half) < 0)
		return next;
	if (half < PAGES && check_large(next, pages, half) < 0 &&
	    !memcmp(&pages[half], make_record(next, half), PAGE))
		return next;
	if (check_large(next - 1, pages, half) >= 0) {
		uint64_t page = (uint64_t)check_large(next - 1, pages, half);

		fprintf(stderr, "stress: page %lu is of round %lu, not %lu\n", page,
			pages[page].round, pages_of_round[page]);
		exit(1);
	}
	return next - 1;
}

static const struct thing {
	const char *name;
	void (*run)(uint64_t round);
	uint64_t (*see)(void);
} things[] = {
	{ "write", do_write, see_write },
	{ "mmap", do_map, see_map },
	{ "rename", do_rename, see_rename },
	{ "link", do_link, see_link },
	{ "unlink", do_unlink, see_unlink },
	{ "truncate", do_truncate, see_truncate },
	{ "O_DIRECT", do_direct, see_direct },
	{ "xattr", do_xattr, see_xattr },
	{ "append", do_log, see_log },
	{ "rename of a folder", do_folder, see_folder },
	{ "symlink", do_symlink, see_symlink },
	{ "a file of the lower layer", do_lower, see_lower },
	{ "pages of a large file", do_large, see_large },
};

#define COUNT (sizeof(things) / sizeof(things[0]))

static void *map_file(const char *path, size_t size)
{
	int fd = opened(path, O_RDWR | O_TRUNC);
	void *map;

	NEED(ftruncate(fd, (off_t)size) == 0);
	map = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
	NEED(map != MAP_FAILED);
	close(fd);
	return map;
}

static void begin_writing(void)
{
	int fd;

	written = opened("written", O_WRONLY | O_TRUNC);
	mapped = map_file("mapped", WORDS * sizeof(*mapped));
	large_map = map_file("large", (size_t)PAGES * PAGE);
	large = opened("large", O_WRONLY);
	cut = opened("cut", O_WRONLY | O_TRUNC);
	direct = open("direct", O_WRONLY | O_CREAT | O_TRUNC | O_DIRECT | O_CLOEXEC, 0644);
	if (direct < 0) /* a file system that has no such thing */
		direct = opened("direct", O_WRONLY | O_TRUNC);
	close(opened("attributes", O_WRONLY));
	logged = opened("log", O_WRONLY | O_TRUNC | O_APPEND);
	NEED(mkdir("folder.0", 0755) == 0 && mkdir("folder.0/below", 0755) == 0);
	fd = opened("folder.0/below/file", O_WRONLY);
	write_record(fd, 7, 3, 0);
	close(fd);
	lower = open(lower_file, O_WRONLY | O_CLOEXEC);
	NEED(lower >= 0);
}

static void do_all(void)
{
	begin_writing();
	for (uint64_t round = 1;; round++) {
		for (size_t i = 0; i < COUNT; i++)
			things[i].run(round);
		if (round == 2)
			close(opened("ready", O_WRONLY));
	}
}

static void check_all(void)
{
	uint64_t rounds[COUNT], falls = 0;

	rounds_hint = things[0].see();
	for (size_t i = 0; i < COUNT; i++) {
		rounds[i] = things[i].see();
		if (i == 0 || rounds[i] == rounds[i - 1])
			continue;
		if (rounds[i] + 1 != rounds[i - 1] || falls++) {
			fprintf(stderr, "stress: %s is in round %lu, but %s before it in %lu\n",
				things[i].name, rounds[i], things[i - 1].name, rounds[i - 1]);
			exit(1);
		}
	}
	printf("%lu\n", rounds[0]);
}

int main(int argc, char **argv)
{
	NEED(argc == 4);
	lower_file = argv[3];
	NEED(chdir(argv[2]) == 0);
	if (!strcmp(argv[1], "write"))
		do_all();
	check_all();
	return 0;
}
