/* SPDX-License-Identifier: Apache-2.0 */
#include "fs/name_list.h"

#include <dirent.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/sys.h"

#define BUFFER_SIZE ((size_t)32 << 10)

void name_list_clear(struct name_list *list)
{
	list->used = list->count = 0;
}

static int add(struct name_list *list, const struct dirent *entry, struct error *err)
{
	size_t size = strlen(entry->d_name) + 1;

	if (list->room - list->used < 1 + size) {
		size_t room = 2 * (list->room + size) + 512;
		char *text = realloc(list->text, room);

		if (!text)
			return fail(err, ENOMEM, "out of memory");
		list->text = text;
		list->room = room;
	}
	if (list->count == list->order_room) {
		size_t room = 2 * list->order_room + 32;
		size_t *order = realloc(list->order, room * sizeof(*order));

		if (!order)
			return fail(err, ENOMEM, "out of memory");
		list->order = order;
		list->order_room = room;
	}
	list->order[list->count++] = list->used;
	list->text[list->used++] = (char)entry->d_type;
	memcpy(list->text + list->used, entry->d_name, size);
	list->used += size;
	return 0;
}

int name_list_read(struct name_list *list, int fd, bool limit, struct error *err)
{
	_Alignas(struct dirent) char buffer[BUFFER_SIZE];
	ssize_t size;

	if (lseek(fd, 0, SEEK_SET) < 0)
		return fail_errno(err, "read directory");
	for (int turn = 0; (size = sys_getdents(fd, buffer, sizeof(buffer))) > 0; turn++) {
		if (limit && turn)
			return 1;
		for (ssize_t at = 0; at < size;) {
			const struct dirent *entry = (const void *)(buffer + at);

			at += entry->d_reclen;
			if (!strcmp(entry->d_name, ".") || !strcmp(entry->d_name, ".."))
				continue;
			if (add(list, entry, err) < 0)
				return -1;
		}
	}
	return size < 0 ? fail_errno(err, "read directory") : 0;
}

static int compare(const void *one, const void *other, void *text)
{
	return strcmp((const char *)text + *(const size_t *)one + 1,
		      (const char *)text + *(const size_t *)other + 1);
}

void name_list_sort(struct name_list *list)
{
	size_t kept = 0;

	if (list->count < 2)
		return;
	qsort_r(list->order, list->count, sizeof(*list->order), compare, list->text);
	for (size_t i = 0; i < list->count; i++)
		if (i == 0 || compare(&list->order[i], &list->order[kept - 1], list->text) != 0)
			list->order[kept++] = list->order[i];
	list->count = kept;
}

bool name_list_has(const struct name_list *list, const char *name)
{
	size_t low = 0, high = list->count;

	while (low < high) {
		size_t middle = (low + high) / 2;
		int order = strcmp(name, name_list_name(list, middle));

		if (!order)
			return true;
		if (order < 0)
			high = middle;
		else
			low = middle + 1;
	}
	return false;
}

void name_list_free(struct name_list *list)
{
	free(list->text);
	free(list->order);
	*list = (struct name_list){ 0 };
}
