/* SPDX-License-Identifier: Apache-2.0 */
/*
 * tarball <SCRIPT >ARCHIVE: tar archives as no tar would write them. It knows nothing of what is
 * right; a line of the script is a command, words are divided by blanks and may have \n, \0, \s (a
 * blank) and \\ in them:
 *	file NAME [CONTENT]	dir NAME	fifo NAME [CONTENT]
 *	link NAME TARGET	hard NAME TARGET [CONTENT]
 *	char NAME MAJOR MINOR	block NAME MAJOR MINOR	type C NAME [CONTENT]
 *	zeros NAME SIZE		a file of zeros
 *	set FIELD VALUE		mode, uid, gid, size or mtime of the next entry, as text
 *	pax KEY VALUE		of the next entry; paxraw TEXT: its whole extended header
 *	global KEY VALUE	from here on
 *	longname TEXT		longlink TEXT: in front of the next entry, as GNU tar has it
 *	deep NAME COUNT		COUNT directories in each other, the names by pax
 *	many PREFIX COUNT	COUNT empty files
 *	bytes TEXT		as it is; noend: the two blocks at the end are left out
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define BLOCK 512

static char pax[1 << 20];
static size_t pax_size;
static struct {
	const char *name;
	size_t offset, size;
	char text[64];
} fields[] = {
	{ .name = "mode", .offset = 100, .size = 8 },
	{ .name = "uid", .offset = 108, .size = 8 },
	{ .name = "gid", .offset = 116, .size = 8 },
	{ .name = "size", .offset = 124, .size = 12 },
	{ .name = "mtime", .offset = 136, .size = 12 },
	{ .name = "major", .offset = 329, .size = 8 },
	{ .name = "minor", .offset = 337, .size = 8 },
};
#define FIELDS (sizeof(fields) / sizeof(fields[0]))

static void pad(size_t size)
{
	static const char zeros[BLOCK];

	if (size % BLOCK)
		fwrite(zeros, 1, BLOCK - size % BLOCK, stdout);
}

static void set(const char *name, const char *text)
{
	for (size_t i = 0; i < FIELDS; i++)
		if (!strcmp(fields[i].name, name))
			snprintf(fields[i].text, sizeof(fields[i].text), "%s", text);
}

static void header(char type, const char *name, const char *target, size_t size, int plain)
{
	char block[BLOCK] = { 0 }, text[64];
	unsigned sum = 8 * ' ';

	strncpy(block, name, 100);
	strncpy(block + 157, target, 100);
	memcpy(block + 100, type == '5' ? "0000755" : "0000644", 8);
	memcpy(block + 108, "0000000", 8);
	memcpy(block + 116, "0000000", 8);
	snprintf(text, sizeof(text), "%011zo", size);
	memcpy(block + 124, text, 12);
	memcpy(block + 136, "00000000001", 12);
	block[156] = type;
	memcpy(block + 257, "ustar\00000", 8);
	for (size_t i = 0; i < FIELDS && !plain; i++) {
		if (!fields[i].text[0])
			continue;
		memset(block + fields[i].offset, 0, fields[i].size);
		memcpy(block + fields[i].offset, fields[i].text,
		       strnlen(fields[i].text, fields[i].size));
		fields[i].text[0] = '\0';
	}
	for (size_t i = 0; i < BLOCK; i++)
		sum += i >= 148 && i < 156 ? 0 : (unsigned char)block[i];
	snprintf(block + 148, 8, "%06o", sum);
	block[155] = ' ';
	fwrite(block, 1, BLOCK, stdout);
}

static void body(char type, const char *name, const char *data, size_t size)
{
	header(type, name, "", size, 1);
	fwrite(data, 1, size, stdout);
	pad(size);
}

static void flush_pax(void)
{
	if (pax_size)
		body('x', "pax", pax, pax_size);
	pax_size = 0;
}

static void entry(char type, const char *name, const char *target, const char *content)
{
	flush_pax();
	header(type, name, target, strlen(content), 0);
	fwrite(content, 1, strlen(content), stdout);
	pad(strlen(content));
}

/* "LENGTH KEY=VALUE\n", the length counting itself. */
static size_t record(char *to, size_t room, const char *key, const char *value, size_t size)
{
	size_t rest = strlen(key) + size + 3, length = rest + 1;
	char digits[24];

	while (length != rest + (size_t)snprintf(digits, sizeof(digits), "%zu", length))
		length = rest + strlen(digits);
	if (length >= room)
		exit(2);
	snprintf(to, room, "%s %s=", digits, key);
	memcpy(to + length - size - 1, value, size);
	to[length - 1] = '\n';
	return length;
}

/* Resolves the escapes of a word in place. Returns its length, which a NUL does not end. */
static size_t unescape(char *word)
{
	char *to = word;

	for (const char *from = word; *from; from++) {
		if (*from != '\\' || !from[1]) {
			*to++ = *from;
			continue;
		}
		from++;
		*to++ = *from == 'n' ? '\n' : *from == '0' ? '\0' : *from == 's' ? ' ' : *from;
	}
	*to = '\0';
	return (size_t)(to - word);
}

static void zeros(const char *name, const char *size)
{
	static const char chunk[1 << 16];
	size_t left = strtoull(size, NULL, 10), all = left;

	flush_pax();
	header('0', name, "", left, 0);
	for (; left; left -= left < sizeof(chunk) ? left : sizeof(chunk))
		fwrite(chunk, 1, left < sizeof(chunk) ? left : sizeof(chunk), stdout);
	pad(all);
}

static void deep(const char *name, size_t count)
{
	size_t step = strlen(name) + 1;
	char *path = malloc(count * step + 1), *data = malloc(count * step + 64);

	if (!path || !data)
		exit(2);
	for (size_t i = 0; i < count; i++) {
		memcpy(path + i * step, name, step - 1);
		path[(i + 1) * step - 1] = '/';
	}
	path[count * step] = '\0';
	body('x', "pax", data, record(data, count * step + 64, "path", path, count * step));
	header('5', "deep", "", 0, 0);
	free(path);
	free(data);
}

static void many(const char *prefix, size_t count)
{
	char name[100];

	for (size_t i = 0; i < count; i++) {
		snprintf(name, sizeof(name), "%.80s%zu", prefix, i);
		header('0', name, "", 0, 0);
	}
}

static int run(char **word, const size_t *length, int count)
{
	const char *name = count > 1 ? word[1] : "", *more = count > 2 ? word[2] : "";
	static const struct {
		const char *name;
		char type;
	} kinds[] = { { "file", '0' }, { "dir", '5' }, { "fifo", '6' } };

	for (size_t i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++)
		if (!strcmp(word[0], kinds[i].name))
			return entry(kinds[i].type, name, "", more), 1;
	if (!strcmp(word[0], "link"))
		entry('2', name, more, "");
	else if (!strcmp(word[0], "hard"))
		entry('1', name, more, count > 3 ? word[3] : "");
	else if (!strcmp(word[0], "char") || !strcmp(word[0], "block"))
		set("major", more), set("minor", count > 3 ? word[3] : "0"),
			entry(word[0][0] == 'c' ? '3' : '4', name, "", "");
	else if (!strcmp(word[0], "type"))
		entry(name[0], more, "", count > 3 ? word[3] : "");
	else if (!strcmp(word[0], "zeros"))
		zeros(name, more);
	else if (!strcmp(word[0], "set"))
		set(name, more);
	else if (!strcmp(word[0], "pax"))
		pax_size += record(pax + pax_size, sizeof(pax) - pax_size, name, more,
				   count > 2 ? length[2] : 0);
	else if (!strcmp(word[0], "paxraw"))
		body('x', "pax", name, length[1]);
	else if (!strcmp(word[0], "global"))
		body('g', "global", pax,
		     record(pax, sizeof(pax), name, more, count > 2 ? length[2] : 0));
	else if (!strcmp(word[0], "longname"))
		body('L', "././@LongLink", name, length[1] + 1);
	else if (!strcmp(word[0], "longlink"))
		body('K', "././@LongLink", name, length[1] + 1);
	else if (!strcmp(word[0], "deep"))
		deep(name, strtoull(more, NULL, 10));
	else if (!strcmp(word[0], "many"))
		many(name, strtoull(more, NULL, 10));
	else if (!strcmp(word[0], "bytes"))
		fwrite(name, 1, length[1], stdout);
	else
		return 0;
	return 1;
}

int main(void)
{
	static const char end[2 * BLOCK];
	char *line = NULL;
	size_t room = 0;
	int finish = 1;

	while (getline(&line, &room, stdin) > 0) {
		char *word[8] = { NULL }, *next = line;
		size_t length[8] = { 0 };
		int count = 0;

		line[strcspn(line, "\n")] = '\0';
		while (count < 8 && (word[count] = strsep(&next, " \t")))
			if (*word[count]) {
				length[count] = unescape(word[count]);
				count++;
			}
		if (!count || !strcmp(word[0], "noend"))
			finish &= !count;
		else if (!run(word, length, count))
			return fprintf(stderr, "tarball: unknown command: %s\n", word[0]), 2;
	}
	if (finish)
		fwrite(end, 1, sizeof(end), stdout);
	free(line);
	return fflush(stdout) || ferror(stdout) ? 1 : 0;
}
