/* SPDX-License-Identifier: Apache-2.0 */
#include "base/error.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

int fail(struct error *err, int errnum, const char *format, ...)
{
	va_list args;

	err->errnum = errnum;
	va_start(args, format);
	vsnprintf(err->text, sizeof(err->text), format, args);
	va_end(args);
	return -1;
}

int fail_errno(struct error *err, const char *format, ...)
{
	int errnum = errno;
	size_t length;
	va_list args;

	err->errnum = errnum;
	va_start(args, format);
	vsnprintf(err->text, sizeof(err->text), format, args);
	va_end(args);
	length = strlen(err->text);
	snprintf(err->text + length, sizeof(err->text) - length, ": %s", strerror(errnum));
	return -1;
}

int fail_in(struct error *err, const char *format, ...)
{
	const size_t room = sizeof(err->text) - sizeof(": ");
	char inner[sizeof(err->text)], context[sizeof(err->text)];
	size_t length = strlen(err->text), share;
	va_list args;

	memcpy(inner, err->text, sizeof(inner));
	va_start(args, format);
	vsnprintf(context, sizeof(context), format, args);
	va_end(args);
	/* where not all fits: the reason, at the end, is what helps; then the place, in front */
	share = length < room - room / 4 ? room - length : room / 4;
	if (share > strlen(context))
		share = strlen(context);
	if (length > room - share)
		length = room - share;
	snprintf(err->text, sizeof(err->text), "%.*s: %s", (int)share, context,
		 inner + strlen(inner) - length);
	return -1;
}
