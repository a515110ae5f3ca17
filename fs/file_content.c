/* SPDX-License-Identifier: Apache-2.0 */
#include "fs/file_content.h"

#include <errno.h>
#include <linux/fs.h>
#include <stdbool.h>
#include <stdint.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/file.h"

/* What the kernel copies at a time, so that one sees it go on. */
#define PIECE ((off_t)16 << 20)

/* From offset at on, at the same offset. Stops at the end of the file too. */
static int copy_by_hand(int from, int to, off_t at, off_t end, struct progress *progress,
			struct error *err)
{
	char buffer[1 << 16];

	if (lseek(to, at, SEEK_SET) < 0)
		return fail_errno(err, "seek");
	while (at < end) {
		size_t wanted = end - at < (off_t)sizeof(buffer) ? (size_t)(end - at)
								 : sizeof(buffer);
		ssize_t size = pread(from, buffer, wanted, at);

		if (size < 0 && errno == EINTR)
			continue;
		if (size < 0)
			return fail_errno(err, "read");
		if (size == 0)
			break;
		if (write_all(to, buffer, (size_t)size, err) < 0)
			return -1;
		at += size;
		progress_add(progress, (uint64_t)size);
	}
	return 0;
}

static int copy_part(int from, int to, off_t at, off_t end, struct progress *progress,
		     struct error *err)
{
	while (at < end) {
		off_t in = at, out = at;
		ssize_t size = copy_file_range(from, &in, to, &out,
					       (size_t)(end - at < PIECE ? end - at : PIECE), 0);

		if (size < 0 && errno == EINTR)
			continue;
		/* other filesystems, files of the kernel: what is wrong really, reading tells */
		if (size <= 0)
			return copy_by_hand(from, to, at, end, progress, err);
		at += size;
		progress_add(progress, (uint64_t)size);
	}
	return 0;
}

int file_content_copy(int from, int to, struct progress *progress, struct error *err)
{
	struct stat status;
	off_t at = 0;

	if (fstat(from, &status) < 0)
		return fail_errno(err, "stat");
	if (status.st_size == 0)
		return copy_by_hand(from, to, 0, INT64_MAX, progress, err);
	if (ioctl(to, FICLONE, from) == 0) {
		progress_add(progress, (uint64_t)status.st_size);
		return 0;
	}
	while (at < status.st_size) {
		off_t data = lseek(from, at, SEEK_DATA), hole;

		if (data < 0 && errno == ENXIO) {
			at = status.st_size; /* a hole up to the end */
			break;
		}
		if (data < 0)
			return copy_by_hand(from, to, at, INT64_MAX, progress, err);
		hole = lseek(from, data, SEEK_HOLE);
		if (hole < 0 || hole > status.st_size)
			hole = status.st_size;
		if (copy_part(from, to, data, hole, progress, err) < 0)
			return -1;
		at = hole;
	}
	if (fstat(to, &status) == 0 && status.st_size < at && ftruncate(to, at) < 0)
		return fail_errno(err, "set the size");
	return 0;
}
