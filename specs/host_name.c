/* SPDX-License-Identifier: Apache-2.0 */
#include "specs/host_name.h"

#include <errno.h>
#include <string.h>

#define MAX_NAME 253 /* bytes: RFC 1035, 2.3.4, as text */
#define GATEWAY_WORD "host-gateway"

static bool is_fit(const char *text, size_t length)
{
	if (!length || length > MAX_NAME)
		return false;
	for (size_t i = 0; i < length; i++)
		if ((unsigned char)text[i] <= ' ' || text[i] == 0x7f || strchr("#:=;,/", text[i]))
			return false;
	return true;
}

bool host_name_is_fit(const char *text)
{
	return is_fit(text, strlen(text));
}

static int check_names(const char *word, const struct added_host *host, struct error *err)
{
	const char *const end = host->names + host->length;

	for (const char *name = host->names; name <= end;) {
		const char *next = memchr(name, ';', (size_t)(end - name)) ?: end;
		const size_t length = (size_t)(next - name);

		if (!is_fit(name, length))
			return fail(err, EINVAL, "'%.100s': '%.*s' is no name of a host", word,
				    (int)(length < MAX_NAME ? length : MAX_NAME), name);
		name = next + 1;
	}
	return 0;
}

static int parse_address(const char *word, const char *text, struct ip_address *address,
			 struct error *err)
{
	char inner[ADDRESS_TEXT_SIZE];
	const size_t length = strlen(text);
	struct error why;

	if (strcmp(text, GATEWAY_WORD) == 0)
		return 0;
	if (text[0] == '[' && text[length - 1] == ']' && length - 2 < sizeof(inner)) {
		*(char *)mempcpy(inner, text + 1, length - 2) = '\0';
		text = inner;
	}
	if (ip_address_parse(text, address, &why) < 0)
		return fail(err, EINVAL, "'%.100s': %s; or '" GATEWAY_WORD "'", word, why.text);
	return 0;
}

int added_host_parse(const char *word, struct added_host *host, struct error *err)
{
	*host = (struct added_host){ .names = word, .length = strcspn(word, ":=") };
	if (!word[host->length])
		return fail(err, EINVAL, "'%.100s' is not NAME[;NAME...]:ADDRESS", word);
	if (check_names(word, host, err) < 0)
		return -1;
	return parse_address(word, word + host->length + 1, &host->address, err);
}
