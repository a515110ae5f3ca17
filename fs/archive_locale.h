/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include <locale.h>

/*
 * libarchive converts names between the locale's character set and the UTF-8 of pax archives. In
 * a UTF-8 locale that changes nothing, and bytes that are no UTF-8 pass as they are; in the "C"
 * locale of a program without setlocale() it would mark every other name as binary. So this
 * thread is in C.UTF-8 while libarchive works. If a system lacks that locale, all still works,
 * with those marks.
 */
struct archive_locale {
	locale_t utf8, before;
};

static inline void archive_locale_enter(struct archive_locale *locale)
{
	locale->utf8 = newlocale(LC_CTYPE_MASK, "C.UTF-8", (locale_t)0);
	locale->before = locale->utf8 ? uselocale(locale->utf8) : (locale_t)0;
}

static inline void archive_locale_leave(struct archive_locale *locale)
{
	if (!locale->utf8)
		return;
	uselocale(locale->before);
	freelocale(locale->utf8);
}
