/* SPDX-License-Identifier: Apache-2.0 */
#include "fs/pax_records.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/log.h"

int pax_append(struct pax_records *pax, const void *data, size_t size, struct error *err)
{
	if (pax->room - pax->used < size) {
		size_t room = 2 * (pax->room + size) + 1024;
		char *text = realloc(pax->text, room);

		if (!text)
			return fail(err, ENOMEM, "archive: out of memory");
		pax->text = text;
		pax->room = room;
	}
	memcpy(pax->text + pax->used, data, size);
	pax->used += size;
	return 0;
}

static size_t digits(size_t number)
{
	size_t count = 1;

	while (number /= 10)
		count++;
	return count;
}

static int add_record(struct pax_records *pax, const char *prefix, const char *key,
		      const void *value, size_t size, struct error *err)
{
	char text[32];
	/* the length counts its own digits: with one more the sum may need one more again */
	size_t rest = 1 + strlen(prefix) + strlen(key) + 1 + size + 1;
	size_t length = rest + digits(rest);

	if (digits(length) != digits(rest))
		length = rest + digits(length);
	snprintf(text, sizeof(text), "%zu ", length);
	return pax_append(pax, text, strlen(text), err) < 0 ||
			       pax_append(pax, prefix, strlen(prefix), err) < 0 ||
			       pax_append(pax, key, strlen(key), err) < 0 ||
			       pax_append(pax, "=", 1, err) < 0 ||
			       pax_append(pax, value, size, err) < 0 ||
			       pax_append(pax, "\n", 1, err) < 0
		       ? -1
		       : 0;
}

int pax_add_text(struct pax_records *pax, const char *key, const char *value, struct error *err)
{
	return add_record(pax, "", key, value, strlen(value), err);
}

int pax_add_number(struct pax_records *pax, const char *key, uint64_t value, struct error *err)
{
	char text[24];

	snprintf(text, sizeof(text), "%llu", (unsigned long long)value);
	return pax_add_text(pax, key, text, err);
}

/* Seconds since 1970 as a decimal number; the nanoseconds of a struct timespec always add. */
int pax_add_time(struct pax_records *pax, const struct timespec *time, struct error *err)
{
	long long seconds = time->tv_sec;
	long nanoseconds = time->tv_nsec;
	const char *sign = "";
	char text[48];
	size_t length;

	if (seconds < 0) {
		sign = "-";
		seconds = nanoseconds ? -(seconds + 1) : -seconds;
		nanoseconds = nanoseconds ? 1000000000 - nanoseconds : 0;
	}
	snprintf(text, sizeof(text), "%s%lld.%09ld", sign, seconds, nanoseconds);
	length = strlen(text);
	while (text[length - 1] == '0')
		length--;
	if (text[length - 1] == '.')
		length--;
	return add_record(pax, "", "mtime", text, length, err);
}

int pax_add_xattrs(struct pax_records *pax, const struct xattrs *xattrs, const char *path,
		   struct error *err)
{
	for (size_t i = 0; i < xattrs->count; i++) {
		const struct xattr *xattr = &xattrs->items[i];

		if (strchr(xattr->name, '=')) {
			log_warning("%s: the attribute %s is left out of the archive, in which a "
				    "name ends at the first '='",
				    path, xattr->name);
			continue;
		}
		if (add_record(pax, "SCHILY.xattr.", xattr->name, xattr->value, xattr->size, err) <
		    0)
			return -1;
	}
	return 0;
}

void pax_free(struct pax_records *pax)
{
	free(pax->text);
	*pax = (struct pax_records){ 0 };
}
