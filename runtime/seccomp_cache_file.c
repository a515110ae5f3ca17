/* SPDX-License-Identifier: Apache-2.0 */
/* What a profile is called in the cache, and how a program lies in its file. */
#include <errno.h>
#include <linux/seccomp.h>
#include <seccomp.h>
#include <string.h>

#include "runtime/seccomp_cache.h"
#include "runtime/seccomp_tree.h"

/* The file, in the machine's own byte order. */
struct header {
	char magic[8];
	unsigned char key[BLAKE2B_SIZE];
	uint32_t flags, listener, count, zero;
	unsigned char digest[BLAKE2B_SIZE]; /* of all before it and of what follows */
};

static const char magic[8] = "ctr-bpf1";

static void add_number(struct blake2b *hash, uint64_t number)
{
	blake2b_add(hash, &number, sizeof(number));
}

/* With its length before it, so that no two lists of words are the same bytes. */
static void add_text(struct blake2b *hash, const char *text)
{
	size_t length = text ? strlen(text) : SIZE_MAX;

	add_number(hash, length);
	if (text)
		blake2b_add(hash, text, length);
}

static void add_optional(struct blake2b *hash, const struct opt_uint *number)
{
	add_number(hash, number->set);
	add_number(hash, number->value);
}

/* One word behind the other: names are most of a profile. */
static void add_list(struct blake2b *hash, const struct string_list *list)
{
	add_number(hash, list->items ? list->count : SIZE_MAX);
	for (size_t i = 0; i < list->count; i++)
		blake2b_add(hash, list->items[i], strlen(list->items[i]) + 1);
}

static void add_rule(struct blake2b *hash, const struct spec_seccomp_rule *rule)
{
	add_list(hash, &rule->names);
	add_text(hash, rule->action);
	add_optional(hash, &rule->errno_ret);
	add_number(hash, rule->args.count);
	for (size_t i = 0; i < rule->args.count; i++) {
		const struct spec_seccomp_arg *arg = &rule->args.items[i];

		add_number(hash, arg->index);
		add_number(hash, arg->value);
		add_number(hash, arg->value_two);
		add_text(hash, arg->op);
	}
}

void seccomp_cache_key(const struct spec_seccomp *profile, struct seccomp_key *key)
{
	const struct scmp_version *library = seccomp_version();
	struct blake2b hash;

	blake2b_begin(&hash);
	add_text(&hash, PACKAGE_VERSION);
	add_number(&hash, SECCOMP_COMPILER_VERSION);
	add_number(&hash, library->major << 16 | library->minor << 8 | library->micro);
	add_number(&hash, seccomp_arch_native());
	add_text(&hash, profile->default_action);
	add_optional(&hash, &profile->default_errno_ret);
	add_list(&hash, &profile->architectures);
	add_list(&hash, &profile->flags);
	add_number(&hash, profile->fail_unknown);
	add_number(&hash, profile->syscalls.count);
	for (size_t i = 0; i < profile->syscalls.count; i++)
		add_rule(&hash, &profile->syscalls.items[i]);
	blake2b_end(&hash, key->bytes);
}

static void digest_of(const struct header *header, const struct sock_filter *program,
		      unsigned char digest[BLAKE2B_SIZE])
{
	struct blake2b hash;

	blake2b_begin(&hash);
	blake2b_add(&hash, header, offsetof(struct header, digest));
	blake2b_add(&hash, program, header->count * sizeof(*program));
	blake2b_end(&hash, digest);
}

bool seccomp_cache_decode(struct arena *arena, const void *bytes, size_t size,
			  const struct seccomp_key *key, struct seccomp_plan *plan)
{
	unsigned char digest[BLAKE2B_SIZE];
	struct sock_filter *program;
	struct header header;

	if (size < sizeof(header))
		return false;
	memcpy(&header, bytes, sizeof(header));
	if (memcmp(header.magic, magic, sizeof(magic)) != 0 ||
	    memcmp(header.key, key->bytes, sizeof(header.key)) != 0 || header.count == 0 ||
	    header.count > BPF_MAXINSNS || header.listener > 1 || header.zero != 0 ||
	    size != sizeof(header) + header.count * sizeof(*program))
		return false;
	program = arena_array(arena, struct sock_filter, header.count);
	memcpy(program, (const char *)bytes + sizeof(header), header.count * sizeof(*program));
	digest_of(&header, program, digest);
	if (memcmp(digest, header.digest, sizeof(digest)) != 0)
		return false;
	*plan = (struct seccomp_plan){
		.program = { (unsigned short)header.count, program },
		.flags = header.flags,
		.listener = header.listener,
	};
	return true;
}

void *seccomp_cache_encode(struct arena *arena, const struct seccomp_key *key,
			   const struct seccomp_plan *plan, size_t *size)
{
	struct header header = {
		.flags = plan->flags,
		.listener = plan->listener,
		.count = plan->program.len,
	};
	size_t program_size = header.count * sizeof(*plan->program.filter);
	char *bytes = arena_alloc(arena, sizeof(header) + program_size);

	memcpy(header.magic, magic, sizeof(magic));
	memcpy(header.key, key->bytes, sizeof(header.key));
	digest_of(&header, plan->program.filter, header.digest);
	memcpy(bytes, &header, sizeof(header));
	memcpy(bytes + sizeof(header), plan->program.filter, program_size);
	*size = sizeof(header) + program_size;
	return bytes;
}
