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

/* Where not all fits: the reason, at the end, is what helps; then the place, in front. */
static void compose(struct error *err, const char *context, const char *reason)
{
	const size_t room = sizeof(err->text) - sizeof(": ");
	size_t length = strlen(reason);
	size_t share = length < room - room / 4 ? room - length : room / 4;

	if (share > strlen(context))
		share = strlen(context);
	if (length > room - share)
		reason += length - (room - share);
	snprintf(err->text, sizeof(err->text), "%.*s: %s", (int)share, context, reason);
}

int fail_errno(struct error *err, const char *format, ...)
{
	char context[sizeof(err->text)];
	int errnum = errno;
	va_list args;

	va_start(args, format);
	vsnprintf(context, sizeof(context), format, args);
	va_end(args);
	err->errnum = errnum;
	compose(err, context, strerror(errnum));
	return -1;
}

int fail_in(struct error *err, const char *format, ...)
{
	char reason[sizeof(err->text)], context[sizeof(err->text)];
	va_list args;

	memcpy(reason, err->text, sizeof(reason));
	va_start(args, format);
	vsnprintf(context, sizeof(context), format, args);
	va_end(args);
	compose(err, context, reason);
	return -1;
}
