/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Power cuts for tests/integration/power.bats, without a device mapper.
 *
 * power_disk record FOLDER MEGABYTES LOG
 *	mounts a file system of its own (FUSE, the kernel's protocol: <linux/fuse.h>) on FOLDER with
 *	two files. A loop device over "disk" is a disk whose every write and flush is logged in
 *	order: the loop driver makes a flush an fsync. What is written to "mark" is logged as a mark;
 *	it is there when write(2) returns. Ends when FOLDER is unmounted.
 *
 * power_disk replay LOG IMAGE SAMPLES SEED STRIDE
 *	makes IMAGE what the disk may hold after a power cut: at every STRIDE-th flush after the mark
 *	"begin", and SAMPLES times between it and the one before. What was written before the last
 *	flush is there; of what came after, up to a random moment, any subset of its sectors may be.
 *	Prints for each point a line "point N RECORD KIND" and the marks up to it, one a line as
 *	"mark TEXT", then an empty line, and waits for a line.
 */
#include <errno.h>
#include <fcntl.h>
#include <linux/fuse.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <unistd.h>

#define BLOCK 4096
#define MAX_WRITE (1 << 20)

enum { DISK = 2, MARK = 3 }; /* inodes; 1 is the folder */
enum kind { RECORD_WRITE, RECORD_FLUSH, RECORD_MARK };

/* In the log its data follows, padded to a multiple of 8 bytes. */
struct record {
	uint32_t kind, size;
	uint64_t offset;
};

static size_t padding(uint32_t size)
{
	return (8 - size % 8) % 8;
}

static _Noreturn void die(const char *what)
{
	fprintf(stderr, "power_disk: %s: %s\n", what, strerror(errno));
	exit(1);
}

/* Recording ----------------------------------------------------------------------------------- */

static int fuse, record_log;
static char *disk;
static uint64_t disk_size;

static void record(enum kind kind, uint64_t offset, const void *data, uint32_t size)
{
	static const char zeros[8];
	const struct record header = { kind, size, offset };

	if (write(record_log, &header, sizeof(header)) != sizeof(header) ||
	    (size && write(record_log, data, size) != (ssize_t)size) ||
	    (padding(size) && write(record_log, zeros, padding(size)) < 0))
		die("write the log");
}

static void reply(uint64_t unique, int error, const void *data, size_t size)
{
	static char buffer[sizeof(struct fuse_out_header) + MAX_WRITE];
	const struct fuse_out_header header = {
		.len = (uint32_t)(sizeof(header) + (error ? 0 : size)),
		.error = -error,
		.unique = unique,
	};

	memcpy(buffer, &header, sizeof(header));
	if (!error && size)
		memcpy(buffer + sizeof(header), data, size);
	if (write(fuse, buffer, header.len) < 0 && errno != ENOENT)
		die("answer the kernel");
}

static struct fuse_attr attributes(uint64_t inode)
{
	return (struct fuse_attr){
		.ino = inode,
		.size = inode == DISK ? disk_size : 0,
		.blocks = inode == DISK ? disk_size / 512 : 0,
		.mode = inode == FUSE_ROOT_ID ? S_IFDIR | 0700 : S_IFREG | 0600,
		.nlink = 1,
		.blksize = BLOCK,
	};
}

static void look_up(const struct fuse_in_header *in, const char *name)
{
	uint64_t inode = !strcmp(name, "disk") ? DISK : !strcmp(name, "mark") ? MARK : 0;
	const struct fuse_entry_out out = {
		.nodeid = inode,
		.attr = attributes(inode),
		.entry_valid = 3600,
		.attr_valid = 3600,
	};

	reply(in->unique, inode ? 0 : ENOENT, &out, sizeof(out));
}

static void do_write(const struct fuse_in_header *in, const struct fuse_write_in *arguments)
{
	const char *data = (const char *)(arguments + 1);
	const struct fuse_write_out out = { .size = arguments->size };

	if (in->nodeid == MARK) {
		record(RECORD_MARK, 0, data, arguments->size);
	} else {
		if (arguments->offset + arguments->size > disk_size) {
			reply(in->unique, ENOSPC, NULL, 0);
			return;
		}
		record(RECORD_WRITE, arguments->offset, data, arguments->size);
		memcpy(disk + arguments->offset, data, arguments->size);
	}
	reply(in->unique, 0, &out, sizeof(out));
}

static void do_read(const struct fuse_in_header *in, const struct fuse_read_in *arguments)
{
	uint64_t end = in->nodeid == DISK ? disk_size : 0, size = arguments->size;

	if (arguments->offset >= end)
		size = 0;
	else if (size > end - arguments->offset)
		size = end - arguments->offset;
	reply(in->unique, 0, disk + arguments->offset, size);
}

static void start_fuse(const struct fuse_in_header *in, const struct fuse_init_in *arguments)
{
	const struct fuse_init_out out = {
		.major = FUSE_KERNEL_VERSION,
		.minor = FUSE_KERNEL_MINOR_VERSION,
		.max_readahead = arguments->max_readahead,
		.flags = arguments->flags & (FUSE_BIG_WRITES | FUSE_MAX_PAGES),
		.max_background = 16,
		.congestion_threshold = 12,
		.max_write = MAX_WRITE,
		.time_gran = 1,
		.max_pages = MAX_WRITE / BLOCK,
	};

	reply(in->unique, 0, &out, sizeof(out));
}

/* One at a time: a flush covers all that was answered before it, as it does on a disk. */
static void serve(const struct fuse_in_header *in)
{
	const void *arguments = in + 1;
	const struct fuse_attr_out attr = { .attr_valid = 3600, .attr = attributes(in->nodeid) };
	const struct fuse_open_out open_out = { .open_flags = 0 };
	const struct fuse_statfs_out statfs_out = { .st = { .bsize = BLOCK, .namelen = 255 } };

	switch (in->opcode) {
	case FUSE_INIT:
		start_fuse(in, arguments);
		break;
	case FUSE_LOOKUP:
		look_up(in, arguments);
		break;
	case FUSE_GETATTR:
	case FUSE_SETATTR:
		reply(in->unique, 0, &attr, sizeof(attr));
		break;
	case FUSE_OPEN:
	case FUSE_OPENDIR:
		reply(in->unique, 0, &open_out, sizeof(open_out));
		break;
	case FUSE_READ:
		do_read(in, arguments);
		break;
	case FUSE_WRITE:
		do_write(in, arguments);
		break;
	case FUSE_FSYNC:
		if (in->nodeid == DISK)
			record(RECORD_FLUSH, 0, NULL, 0);
		reply(in->unique, 0, NULL, 0);
		break;
	case FUSE_FLUSH:
	case FUSE_RELEASE:
	case FUSE_RELEASEDIR:
	case FUSE_READDIR:
	case FUSE_DESTROY:
		reply(in->unique, 0, NULL, 0);
		break;
	case FUSE_STATFS:
		reply(in->unique, 0, &statfs_out, sizeof(statfs_out));
		break;
	case FUSE_FORGET:
	case FUSE_BATCH_FORGET:
	case FUSE_INTERRUPT:
		break;
	default:
		reply(in->unique, in->opcode == FUSE_FALLOCATE ? EOPNOTSUPP : ENOSYS, NULL, 0);
	}
}

static void *map(size_t size)
{
	void *memory = mmap(NULL, size, PROT_READ | PROT_WRITE,
			    MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);

	if (memory == MAP_FAILED)
		die("mmap");
	return memory;
}

static int do_record(const char *folder, const char *megabytes, const char *log)
{
	static char buffer[MAX_WRITE + BLOCK];
	char options[128];

	disk_size = strtoull(megabytes, NULL, 10) << 20;
	disk = map(disk_size);
	record_log = open(log, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
	fuse = open("/dev/fuse", O_RDWR | O_CLOEXEC);
	if (record_log < 0 || fuse < 0)
		die(record_log < 0 ? log : "/dev/fuse");
	snprintf(options, sizeof(options), "fd=%d,rootmode=40000,user_id=0,group_id=0", fuse);
	if (mount("power_disk", folder, "fuse", MS_NOSUID | MS_NODEV, options) < 0)
		die(folder);
	for (;;) {
		ssize_t size = read(fuse, buffer, sizeof(buffer));

		if (size < 0 && errno == ENODEV)
			return 0;
		if (size < 0 && (errno == EINTR || errno == EAGAIN || errno == ENOENT))
			continue;
		if (size < 0)
			die("ask the kernel");
		serve((const struct fuse_in_header *)buffer);
	}
}

/* Replaying ----------------------------------------------------------------------------------- */

static struct record **records;
static size_t record_count;
static uint64_t random_state;

/* splitmix64 */
static uint64_t draw(uint64_t below)
{
	uint64_t value = random_state += 0x9e3779b97f4a7c15;

	value = (value ^ (value >> 30)) * 0xbf58476d1ce4e5b9;
	value = (value ^ (value >> 27)) * 0x94d049bb133111eb;
	return (value ^ (value >> 31)) % below;
}

static void load(const char *path)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	struct stat status;
	size_t room = 0;
	char *text;

	if (fd < 0 || fstat(fd, &status) < 0)
		die(path);
	text = mmap(NULL, (size_t)status.st_size, PROT_READ, MAP_PRIVATE, fd, 0);
	if (text == MAP_FAILED)
		die(path);
	for (size_t at = 0; at + sizeof(struct record) <= (size_t)status.st_size;) {
		struct record *next = (struct record *)(text + at);

		if (record_count == room) {
			room = 2 * room + 1024;
			records = reallocarray(records, room, sizeof(*records));
			if (!records)
				die("memory");
		}
		records[record_count++] = next;
		at += sizeof(*next) + next->size + padding(next->size);
		if (next->kind == RECORD_WRITE && next->offset + next->size > disk_size)
			disk_size = next->offset + next->size;
	}
	disk_size = (disk_size + (1 << 20) - 1) & ~(uint64_t)((1 << 20) - 1);
}

static const char *data_of(const struct record *one)
{
	return (const char *)(one + 1);
}

static void apply(const struct record *one)
{
	memcpy(disk + one->offset, data_of(one), one->size);
}

/* Each block of it may have come to the disk, and of that any number of sectors. */
static void apply_partly(const struct record *one, unsigned percent)
{
	for (uint32_t at = 0; at < one->size; at += BLOCK) {
		uint32_t size = one->size - at < BLOCK ? one->size - at : BLOCK;

		if (draw(100) >= percent)
			continue;
		/* torn blocks are rare */
		if (draw(20) == 0)
			size = (uint32_t)draw(size / 512 + 1) * 512;
		memcpy(disk + one->offset + at, data_of(one) + at, size);
	}
}

static void write_image(const char *path)
{
	static const char zeros[BLOCK];
	int fd;

	/* the one before may be mounted still */
	unlink(path);
	fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
	if (fd < 0 || ftruncate(fd, (off_t)disk_size) < 0)
		die(path);
	for (uint64_t at = 0; at < disk_size; at += BLOCK)
		if (memcmp(disk + at, zeros, BLOCK) != 0 &&
		    pwrite(fd, disk + at, BLOCK, (off_t)at) != BLOCK)
			die(path);
	close(fd);
}

/* The point behind record at: tells it and waits until it has been looked at. */
static void offer(const char *path, size_t at, const char *kind)
{
	static int number;
	char line[16];

	write_image(path);
	printf("point %d %zu %s\n", ++number, at, kind);
	for (size_t i = 0; i < at; i++)
		if (records[i]->kind == RECORD_MARK)
			printf("mark %.*s", (int)records[i]->size, data_of(records[i]));
	printf("\n");
	fflush(stdout);
	if (!fgets(line, sizeof(line), stdin))
		exit(0);
}

/* Some moment between the flush at first and the next one, at last: disk is restored afterwards. */
static void sample(const char *path, size_t first, size_t last)
{
	static const unsigned percents[] = { 0, 50, 90, 100, 10 };
	static unsigned turn;
	unsigned percent = percents[turn++ % 5];
	size_t end = first + 1 + draw(last - first);
	char *saved = map(disk_size);

	for (size_t i = first; i < end; i++)
		if (records[i]->kind == RECORD_WRITE)
			memcpy(saved + records[i]->offset, disk + records[i]->offset,
			       records[i]->size);
	for (size_t i = first; i < end; i++)
		if (records[i]->kind == RECORD_WRITE)
			apply_partly(records[i], percent);
	offer(path, end, percent == 100 ? "in order" : percent ? "some writes lost" : "all lost");
	for (size_t i = first; i < end; i++)
		if (records[i]->kind == RECORD_WRITE)
			memcpy(disk + records[i]->offset, saved + records[i]->offset,
			       records[i]->size);
	munmap(saved, disk_size);
}

static bool is_begin(const struct record *one)
{
	return one->kind == RECORD_MARK && one->size >= 5 && !memcmp(data_of(one), "begin", 5);
}

static int do_replay(const char *log, const char *path, int samples, uint64_t seed, int stride)
{
	bool begun = false;
	size_t flushed = 0;
	int turn = 0;

	random_state = seed;
	load(log);
	disk = map(disk_size);
	for (size_t i = 0; i < record_count; i++) {
		begun |= is_begin(records[i]);
		if (records[i]->kind != RECORD_FLUSH && i + 1 < record_count)
			continue;
		turn = (turn + begun) % stride;
		for (int n = 0; begun && !turn && n < samples && i > flushed; n++)
			sample(path, flushed, i);
		for (; flushed < i; flushed++)
			if (records[flushed]->kind == RECORD_WRITE)
				apply(records[flushed]);
		if (begun && !turn)
			offer(path, i, "flush");
		flushed = i;
	}
	return 0;
}

int main(int argc, char **argv)
{
	if (argc == 5 && !strcmp(argv[1], "record"))
		return do_record(argv[2], argv[3], argv[4]);
	if (argc == 7 && !strcmp(argv[1], "replay") && strtol(argv[6], NULL, 10) > 0)
		return do_replay(argv[2], argv[3], (int)strtol(argv[4], NULL, 10),
				 strtoull(argv[5], NULL, 10), (int)strtol(argv[6], NULL, 10));
	fprintf(stderr, "usage: power_disk record FOLDER MEGABYTES LOG\n"
			"       power_disk replay LOG IMAGE SAMPLES SEED STRIDE\n");
	return 2;
}
