/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * The one error convention: what can fail returns 0, a file descriptor or a count, or -1 with
 * *err filled. err is the last argument and is left untouched on success.
 *
 * A struct error is a plain value without allocations, so that it crosses the sync socket
 * between parent and child as one packet. Its text reads from the outside in, "WHAT: WHERE: WHY":
 * the place of the failure writes the last part, each caller may put its own context before it.
 */

struct error {
	int errnum;	/* an errno value; 0 never */
	char text[512]; /* one line without a final newline, truncated when longer */
};

/*
 * Fills err with errnum and the formatted text. Returns -1, so that a failure is one line. It is
 * cold: what leads to it the compiler puts apart, so that it shares no page with what goes well.
 */
int fail(struct error *err, int errnum, const char *format, ...)
	__attribute__((cold, format(printf, 3, 4)));

/* The same with the present errno, whose description is added behind ": ". */
int fail_errno(struct error *err, const char *format, ...)
	__attribute__((cold, format(printf, 2, 3)));

/*
 * Puts context and ": " in front of an error that is filled already; where both are too long, the
 * beginning of the context and the end of the error are kept. Returns -1.
 */
int fail_in(struct error *err, const char *format, ...) __attribute__((cold, format(printf, 2, 3)));
