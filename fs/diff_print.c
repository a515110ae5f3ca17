/* SPDX-License-Identifier: Apache-2.0 */
#include <errno.h>
#include <string.h>

#include "base/macro.h"
#include "fs/diff.h"
#include "specs/utf8.h"

/* Entries are written as they come: a list may be longer than memory is wide. */
struct printer {
	FILE *out;
	bool some; /* one was written */
};

static const struct {
	unsigned change;
	const char *name;
} change_names[] = {
	{ DIFF_TYPE, "type" }, { DIFF_MODE, "mode" }, { DIFF_OWNER, "owner" },
	{ DIFF_SIZE, "size" }, { DIFF_TIME, "time" }, { DIFF_XATTRS, "xattrs" },
};

static const char *const kind_names[] = {
	[DIFF_ADDED] = "added",
	[DIFF_CHANGED] = "changed",
	[DIFF_DELETED] = "deleted",
};

static const char *type_name(mode_t mode)
{
	switch (mode & S_IFMT) {
	case S_IFDIR:
		return "directory";
	case S_IFLNK:
		return "link";
	case S_IFIFO:
		return "fifo";
	case S_IFSOCK:
		return "socket";
	case S_IFBLK:
		return "block device";
	case S_IFCHR:
		return "character device";
	default:
		return "file";
	}
}

static int written(FILE *out, struct error *err)
{
	return ferror(out) ? fail_errno(err, "write the difference") : 0;
}

void diff_print_path(FILE *out, const char *path)
{
	size_t rest = strlen(path);

	while (rest) {
		unsigned char c = (unsigned char)*path;
		size_t length = utf8_length(path, rest);

		if (length > 1 || (c >= 0x20 && c < 0x7f && c != '\\'))
			fwrite(path, 1, length, out);
		else if (c == '\n' || c == '\t' || c == '\\')
			fprintf(out, "\\%c", c == '\n' ? 'n' : c == '\t' ? 't' : '\\');
		else
			fprintf(out, "\\%03o", c);
		length = length ? length : 1;
		path += length;
		rest -= length;
	}
}

void diff_print_path_json(FILE *out, const char *path)
{
	size_t rest = strlen(path);

	putc('"', out);
	while (rest) {
		unsigned char c = (unsigned char)*path;
		size_t length = utf8_length(path, rest);

		if (!length)
			fprintf(out, "\\udc%02x", c);
		else if (c < 0x20 || c == 0x7f)
			fprintf(out, "\\u%04x", c);
		else if (c == '"' || c == '\\')
			fprintf(out, "\\%c", c);
		else
			fwrite(path, 1, length, out);
		length = length ? length : 1;
		path += length;
		rest -= length;
	}
	putc('"', out);
}

static int print_text(const struct diff_entry *entry, void *context, struct error *err)
{
	static const char letters[] = { 'A', 'C', 'D' };
	struct printer *printer = context;

	putc(letters[entry->kind], printer->out);
	putc(' ', printer->out);
	diff_print_path(printer->out, entry->path);
	putc('\n', printer->out);
	return written(printer->out, err);
}

static int print_json(const struct diff_entry *entry, void *context, struct error *err)
{
	struct printer *printer = context;
	const char *between = "";

	fputs(printer->some ? ",\n  " : "\n  ", printer->out);
	printer->some = true;
	fputs("{ \"path\": ", printer->out);
	diff_print_path_json(printer->out, entry->path);
	fprintf(printer->out, ", \"kind\": \"%s\", \"type\": \"%s\"", kind_names[entry->kind],
		type_name(entry->status.st_mode));
	if (S_ISREG(entry->status.st_mode) && entry->kind != DIFF_DELETED)
		fprintf(printer->out, ", \"size\": %lld", (long long)entry->status.st_size);
	if (entry->kind == DIFF_CHANGED) {
		fputs(", \"changed\": [", printer->out);
		for (size_t i = 0; i < ARRAY_SIZE(change_names); i++) {
			if (!(entry->changed & change_names[i].change))
				continue;
			fprintf(printer->out, "%s\"%s\"", between, change_names[i].name);
			between = ", ";
		}
		putc(']', printer->out);
	}
	fputs(" }", printer->out);
	return written(printer->out, err);
}

int diff_print(const struct layer_stack *stack, enum diff_format format, FILE *out,
	       struct error *err)
{
	const struct diff_tree tree = { .target = "/", .stack = stack };

	return diff_print_trees(&tree, 1, format, out, err);
}

int diff_print_trees(const struct diff_tree *trees, size_t count, enum diff_format format,
		     FILE *out, struct error *err)
{
	struct printer printer = { .out = out };

	if (format == DIFF_TEXT)
		return diff_walk_trees(trees, count, DIFF_KIND, print_text, &printer, err) < 0
			       ? -1
			       : written(out, err);
	putc('[', out);
	if (diff_walk_trees(trees, count, DIFF_KIND | DIFF_STATUS | DIFF_CHANGES, print_json,
			    &printer, err) < 0)
		return -1;
	fputs(printer.some ? "\n]\n" : "]\n", out);
	return written(out, err);
}
