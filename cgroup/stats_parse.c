/* SPDX-License-Identifier: Apache-2.0 */
#include "cgroup/stats_parse.h"

#include <stdbool.h>
#include <string.h>

/* A line, or a word of one. */
struct span {
	const char *text;
	size_t length;
};

static size_t count_lines(const char *text)
{
	size_t count = 0;

	for (; (text = strchr(text, '\n')); text++)
		count++;
	return count;
}

/* Takes the next line that has a newline off *text. */
static bool next_line(const char **text, struct span *line)
{
	const char *end = strchr(*text, '\n');

	if (!end)
		return false;
	*line = (struct span){ *text, (size_t)(end - *text) };
	*text = end + 1;
	return true;
}

/* Takes the next word, up to separator or the end, off *line; an empty one at the end. */
static struct span next_word(struct span *line, char separator)
{
	const char *end = memchr(line->text, separator, line->length);
	struct span word = { line->text, end ? (size_t)(end - line->text) : line->length };
	size_t taken = word.length + (end != NULL);

	line->text += taken;
	line->length -= taken;
	return word;
}

static bool is_word(struct span span, const char *word)
{
	return span.length == strlen(word) && memcmp(span.text, word, span.length) == 0;
}

/* Whether all of span is a number without sign, in *value then. */
static bool read_number(struct span span, uint64_t *value)
{
	uint64_t number = 0;

	for (size_t i = 0; i < span.length; i++) {
		if (span.text[i] < '0' || span.text[i] > '9' ||
		    __builtin_mul_overflow(number, 10, &number) ||
		    __builtin_add_overflow(number, (uint64_t)(span.text[i] - '0'), &number))
			return false;
	}
	if (!span.length)
		return false;
	*value = number;
	return true;
}

struct uint_map stats_parse_pairs(struct arena *arena, const char *text)
{
	size_t lines = count_lines(text);
	struct uint_map map = { 0 };
	struct span line;

	if (!lines)
		return map;
	map.items = arena_array(arena, struct uint_pair, lines);
	while (next_line(&text, &line)) {
		struct span key = next_word(&line, ' ');
		struct uint_pair *pair = &map.items[map.count];

		if (!key.length || !read_number(line, &pair->value))
			continue;
		pair->key = arena_strndup(arena, key.text, key.length);
		map.count++;
	}
	return map;
}

uint64_t stats_pair(const struct uint_map *pairs, const char *key)
{
	for (size_t i = 0; i < pairs->count; i++)
		if (strcmp(pairs->items[i].key, key) == 0)
			return pairs->items[i].value;
	return 0;
}

uint64_t stats_parse_value(const char *text)
{
	struct span line = { text, strcspn(text, "\n") };
	uint64_t value = 0;

	if (is_word(line, "max"))
		return UINT64_MAX;
	read_number(line, &value);
	return value;
}

#define MAX_LISTED 65535

struct range {
	uint64_t first, last;
};

/* "FIRST" or "FIRST-LAST". */
static bool read_range(struct span span, struct range *range)
{
	struct span low = next_word(&span, '-');

	if (!read_number(low, &range->first))
		return false;
	range->last = range->first;
	if (span.length && !read_number(span, &range->last))
		return false;
	return range->first <= range->last && range->last <= MAX_LISTED;
}

/* Takes the next range that lies above *floor off *rest; false at the end. */
static bool next_range(struct span *rest, uint64_t *floor, struct range *range)
{
	while (rest->length) {
		if (!read_range(next_word(rest, ','), range) || range->first < *floor)
			continue;
		*floor = range->last + 1;
		return true;
	}
	return false;
}

struct stats_numbers stats_parse_list(struct arena *arena, const char *text)
{
	struct span rest = { text, strcspn(text, "\n") };
	struct stats_numbers numbers = { 0 };
	uint64_t floor = 0, room = 0;
	struct range range;

	while (next_range(&rest, &floor, &range))
		room += range.last - range.first + 1;
	if (!room)
		return numbers;
	numbers.items = arena_array(arena, uint32_t, room);
	rest = (struct span){ text, strcspn(text, "\n") };
	floor = 0;
	while (next_range(&rest, &floor, &range))
		for (uint64_t i = range.first; i <= range.last; i++)
			numbers.items[numbers.count++] = (uint32_t)i;
	return numbers;
}

static uint64_t nanoseconds(const struct uint_map *pairs, const char *key)
{
	uint64_t value;

	if (__builtin_mul_overflow(stats_pair(pairs, key), 1000, &value))
		return UINT64_MAX;
	return value;
}

void stats_parse_cpu(struct arena *arena, const char *text, struct cpu_stats *cpu)
{
	const struct uint_map pairs = stats_parse_pairs(arena, text);

	cpu->usage = (struct cpu_usage_stats){
		.total = nanoseconds(&pairs, "usage_usec"),
		.kernel = nanoseconds(&pairs, "system_usec"),
		.user = nanoseconds(&pairs, "user_usec"),
	};
	cpu->throttling = (struct throttling_stats){
		.periods = stats_pair(&pairs, "nr_periods"),
		.throttled_periods = stats_pair(&pairs, "nr_throttled"),
		.throttled_time = nanoseconds(&pairs, "throttled_usec"),
	};
}

/* "8:16" of a line of io.stat. */
static bool read_device(struct span device, struct blkio_entry *entry)
{
	struct span major = next_word(&device, ':');

	return read_number(major, &entry->major) && read_number(device, &entry->minor);
}

static void add_io(struct blkio_entries *entries, struct blkio_entry entry, const char *op)
{
	entry.op = op;
	entries->items[entries->count++] = entry;
}

/* One "KEY=VALUE"; the names of v1, as runc has them. */
static void add_io_word(struct blkio_stats *blkio, struct span word, struct blkio_entry entry)
{
	struct span key = next_word(&word, '=');

	if (!read_number(word, &entry.value))
		return;
	if (is_word(key, "rbytes"))
		add_io(&blkio->service_bytes, entry, "Read");
	else if (is_word(key, "wbytes"))
		add_io(&blkio->service_bytes, entry, "Write");
	else if (is_word(key, "rios"))
		add_io(&blkio->serviced, entry, "Read");
	else if (is_word(key, "wios"))
		add_io(&blkio->serviced, entry, "Write");
}

static size_t count_words(const char *text)
{
	size_t count = 0;

	for (; *text; text++)
		count += *text == '=';
	return count;
}

void stats_parse_io(struct arena *arena, const char *text, struct blkio_stats *blkio)
{
	size_t words = count_words(text);
	struct span line;

	if (!words)
		return;
	blkio->service_bytes.items = arena_array(arena, struct blkio_entry, words);
	blkio->serviced.items = arena_array(arena, struct blkio_entry, words);
	while (next_line(&text, &line)) {
		struct blkio_entry entry = { 0 };

		if (!read_device(next_word(&line, ' '), &entry))
			continue;
		while (line.length)
			add_io_word(blkio, next_word(&line, ' '), entry);
	}
}

/* "12.34": what is written differently is 0. */
static double read_percent(struct span span)
{
	uint64_t whole = 0, hundredths = 0;
	struct span before = next_word(&span, '.');

	if (!read_number(before, &whole) || span.length != 2 || !read_number(span, &hundredths))
		return 0;
	return (double)whole + (double)hundredths / 100;
}

static void read_share(struct span line, struct psi_share *share)
{
	while (line.length) {
		struct span word = next_word(&line, ' ');
		struct span key = next_word(&word, '=');

		if (is_word(key, "avg10"))
			share->avg10 = read_percent(word);
		else if (is_word(key, "avg60"))
			share->avg60 = read_percent(word);
		else if (is_word(key, "avg300"))
			share->avg300 = read_percent(word);
		else if (is_word(key, "total"))
			read_number(word, &share->total);
	}
}

struct psi_stats *stats_parse_psi(struct arena *arena, const char *text)
{
	struct psi_stats psi = { 0 }, *result;
	bool found = false;
	struct span line;

	while (next_line(&text, &line)) {
		struct span name = next_word(&line, ' ');
		bool some = is_word(name, "some");

		if (!some && !is_word(name, "full"))
			continue;
		read_share(line, some ? &psi.some : &psi.full);
		found = true;
	}
	if (!found)
		return NULL;
	result = arena_new(arena, struct psi_stats);
	*result = psi;
	return result;
}
