/* SPDX-License-Identifier: Apache-2.0 */
#include "fs/mount_options.h"

#include <assert.h>
#include <stddef.h>
#include <string.h>

#include "base/macro.h"
#include "base/sys.h"

enum word_kind {
	WORD_NOTHING,	 /* what is so anyway */
	WORD_ATTRIBUTE,	 /* set and clear are MOUNT_ATTR_* */
	WORD_SUPERBLOCK, /* fsconfig(2) has a flag of the same name */
	WORD_PROPAGATION,
	WORD_SWITCH, /* a bool of struct mount_options */
};

struct word {
	const char *name;
	enum word_kind kind;
	bool recursive;
	uint64_t set, clear;
	size_t offset; /* of the bool */
};

/* Every attribute has a word for the mount alone and one, with an "r", for all below it too. */
#define ATTRIBUTE(word, set, clear)                                                                \
	{ word, WORD_ATTRIBUTE, false, set, clear, 0 },                                            \
	{                                                                                          \
		"r" word, WORD_ATTRIBUTE, true, set, clear, 0                                      \
	}
#define PROPAGATION(word, set)                                                                     \
	{ word, WORD_PROPAGATION, false, set, 0, 0 },                                              \
	{                                                                                          \
		"r" word, WORD_PROPAGATION, true, set, 0, 0                                        \
	}
#define SUPERBLOCK(word)                                                                           \
	{                                                                                          \
		word, WORD_SUPERBLOCK, false, 0, 0, 0                                              \
	}
/* value: what the word makes of the member */
#define SWITCH(word, member, value)                                                                \
	{                                                                                          \
		word, WORD_SWITCH, false, value, 0, offsetof(struct mount_options, member)         \
	}
#define NOTHING(word)                                                                              \
	{                                                                                          \
		word, WORD_NOTHING, false, 0, 0, 0                                                 \
	}

#define ATIME MOUNT_ATTR__ATIME

/*
 * The four ways to keep access times exclude each other. As with mount(2), where "not this one"
 * leaves none, the kernel's default, relatime, is meant.
 */
static const struct word words[] = {
	NOTHING("defaults"),
	ATTRIBUTE("ro", MOUNT_ATTR_RDONLY, 0),
	ATTRIBUTE("rw", 0, MOUNT_ATTR_RDONLY),
	ATTRIBUTE("nosuid", MOUNT_ATTR_NOSUID, 0),
	ATTRIBUTE("suid", 0, MOUNT_ATTR_NOSUID),
	ATTRIBUTE("nodev", MOUNT_ATTR_NODEV, 0),
	ATTRIBUTE("dev", 0, MOUNT_ATTR_NODEV),
	ATTRIBUTE("noexec", MOUNT_ATTR_NOEXEC, 0),
	ATTRIBUTE("exec", 0, MOUNT_ATTR_NOEXEC),
	ATTRIBUTE("nosymfollow", MOUNT_ATTR_NOSYMFOLLOW, 0),
	ATTRIBUTE("symfollow", 0, MOUNT_ATTR_NOSYMFOLLOW),
	ATTRIBUTE("nodiratime", MOUNT_ATTR_NODIRATIME, 0),
	ATTRIBUTE("diratime", 0, MOUNT_ATTR_NODIRATIME),
	ATTRIBUTE("noatime", MOUNT_ATTR_NOATIME, ATIME),
	ATTRIBUTE("atime", MOUNT_ATTR_RELATIME, ATIME),
	ATTRIBUTE("relatime", MOUNT_ATTR_RELATIME, ATIME),
	ATTRIBUTE("norelatime", MOUNT_ATTR_RELATIME, ATIME),
	ATTRIBUTE("strictatime", MOUNT_ATTR_STRICTATIME, ATIME),
	ATTRIBUTE("nostrictatime", MOUNT_ATTR_RELATIME, ATIME),
	PROPAGATION("private", MS_PRIVATE),
	PROPAGATION("shared", MS_SHARED),
	PROPAGATION("slave", MS_SLAVE),
	PROPAGATION("unbindable", MS_UNBINDABLE),
	SUPERBLOCK("sync"),
	SUPERBLOCK("async"),
	SUPERBLOCK("dirsync"),
	SUPERBLOCK("mand"),
	SUPERBLOCK("nomand"),
	SUPERBLOCK("lazytime"),
	SUPERBLOCK("nolazytime"),
	SWITCH("iversion", version_counter, true),
	SWITCH("noiversion", version_counter, false),
	/* What fsopen(2) has to say it says to us, never to the kernel's log. */
	NOTHING("silent"),
	NOTHING("loud"),
	SWITCH("bind", bind, true),
	SWITCH("rbind", recursive_bind, true),
	SWITCH("remount", remount, true),
	SWITCH("idmap", idmap, true),
	SWITCH("ridmap", recursive_idmap, true),
	SWITCH("tmpcopyup", copy_up, true),
	/* crun's */
	SWITCH("copy-symlink", copy_symlink, true),
	SWITCH("src-nofollow", source_nofollow, true),
	SWITCH("dest-nofollow", destination_nofollow, true),
	/* ctr's own, of the spec form */
	SWITCH("cow", copy_on_write, true),
	SWITCH("optional", optional, true),
	SWITCH("copyup", copy_up_once, true),
};

#define OWN_WORDS 3

/* 18 attributes and 4 kinds of propagation, twice each, and 24 words that come alone. */
static_assert(ARRAY_SIZE(words) == 2 * 18 + 2 * 4 + 24, "a word of config.md is missing");
static_assert(MOUNT_ATTR_RELATIME == 0, "relatime is what is left when the others are cleared");
static_assert(sizeof(((struct mount_options *)0)->bind) == sizeof(bool), "switches are bools");

static const struct word *find_word(const char *name)
{
	for (size_t i = 0; i < ARRAY_SIZE(words); i++)
		if (!strcmp(words[i].name, name))
			return &words[i];
	return NULL;
}

/* The last word counts: what it sets is no longer cleared, and the other way round. */
static void add_attribute(const struct word *word, uint64_t *set, uint64_t *clear)
{
	*set = (*set & ~word->clear) | word->set;
	*clear = (*clear & ~word->set) | word->clear;
}

/* A mount may be a slave of one group and a peer of another; all else excludes each other. */
static void add_propagation(const struct word *word, struct mount_options *options)
{
	const uint64_t both = MS_SLAVE | MS_SHARED;

	if (!(word->set & both) || (options->propagation & ~both))
		options->propagation = 0;
	options->propagation |= word->set;
	options->recursive_propagation |= word->recursive;
}

static void add_word(const struct word *word, struct mount_options *options)
{
	switch (word->kind) {
	case WORD_NOTHING:
		break;
	case WORD_ATTRIBUTE:
		if (word->recursive)
			add_attribute(word, &options->recursive_attr_set,
				      &options->recursive_attr_clear);
		else
			add_attribute(word, &options->attr_set, &options->attr_clear);
		break;
	case WORD_SUPERBLOCK:
		options->flags.items[options->flags.count++] = (char *)(uintptr_t)word->name;
		break;
	case WORD_PROPAGATION:
		add_propagation(word, options);
		break;
	case WORD_SWITCH:
		*(bool *)((char *)options + word->offset) = word->set;
		break;
	}
}

/* "idmap=MAPPINGS" */
static bool add_mappings(const char *text, struct mount_options *options)
{
	const bool recursive = *text == 'r';

	if (strncmp(text + recursive, "idmap=", strlen("idmap=")) != 0)
		return false;
	options->idmap |= !recursive;
	options->recursive_idmap |= recursive;
	options->idmap_mappings = text + recursive + strlen("idmap=");
	return true;
}

void mount_options_parse(struct arena *arena, const struct string_list *list,
			 struct mount_options *options)
{
	*options = (struct mount_options){ 0 };
	options->flags.items = arena_array(arena, char *, list->count + 1);
	options->data.items = arena_array(arena, char *, list->count + 1);
	for (size_t i = 0; i < list->count; i++) {
		const struct word *word = find_word(list->items[i]);

		if (word)
			add_word(word, options);
		else if (*list->items[i] && !add_mappings(list->items[i], options))
			options->data.items[options->data.count++] = list->items[i];
	}
}

const char *const *mount_option_names(void)
{
	static const char *names[ARRAY_SIZE(words) - OWN_WORDS + 1];

	for (size_t i = 0; i < ARRAY_SIZE(words) - OWN_WORDS; i++)
		names[i] = words[i].name;
	return names;
}

/* For printing: the words that say nothing but this one attribute. */
static void print_attributes(FILE *stream, uint64_t set, uint64_t clear, bool recursive)
{
	for (size_t i = 0; i < ARRAY_SIZE(words); i++) {
		const struct word *word = &words[i];
		uint64_t mask = word->set | word->clear;

		if (word->kind != WORD_ATTRIBUTE || word->recursive != recursive)
			continue;
		/* of the words for relatime only the first */
		if (word->clear == ATIME && !word->set &&
		    strcmp(word->name + recursive, "relatime"))
			continue;
		if ((set & mask) == word->set && (clear & word->clear) == word->clear)
			fprintf(stream, " %s", word->name);
	}
}

static void print_propagation(FILE *stream, const struct mount_options *options)
{
	for (size_t i = 0; i < ARRAY_SIZE(words); i++)
		if (words[i].kind == WORD_PROPAGATION && (words[i].set & options->propagation) &&
		    words[i].recursive == options->recursive_propagation)
			fprintf(stream, " %s", words[i].name);
}

void mount_options_print(FILE *stream, const struct mount_options *options)
{
	print_attributes(stream, options->attr_set, options->attr_clear, false);
	print_attributes(stream, options->recursive_attr_set, options->recursive_attr_clear, true);
	print_propagation(stream, options);
	for (size_t i = 0; i < ARRAY_SIZE(words); i++)
		if (words[i].kind == WORD_SWITCH && words[i].set &&
		    *(const bool *)((const char *)options + words[i].offset))
			fprintf(stream, " %s", words[i].name);
	for (size_t i = 0; i < options->flags.count; i++)
		fprintf(stream, " %s", options->flags.items[i]);
	for (size_t i = 0; i < options->data.count; i++)
		fprintf(stream, " %s", options->data.items[i]);
}
