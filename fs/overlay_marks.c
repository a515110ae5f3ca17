/* SPDX-License-Identifier: Apache-2.0 */
#include "fs/overlay_marks.h"

#include <errno.h>
#include <string.h>
#include <sys/sysmacros.h>

bool is_whiteout(const struct stat *status)
{
	return S_ISCHR(status->st_mode) && status->st_rdev == makedev(0, 0);
}

/* What stands behind the prefix of overlayfs' own attributes, or NULL. */
static const char *mark_name(const struct layer_stack *stack, const struct xattr *xattr)
{
	const char *prefix = stack->user_xattr ? "user.overlay." : "trusted.overlay.";
	size_t length = strlen(prefix);

	return strncmp(xattr->name, prefix, length) == 0 ? xattr->name + length : NULL;
}

int marks_get(const struct layer_stack *stack, const struct xattrs *xattrs, struct marks *marks,
	      struct error *err)
{
	const struct xattr *opaque = NULL, *redirect = NULL;

	*marks = (struct marks){ 0 };
	for (size_t i = 0; i < xattrs->count; i++) {
		const char *name = mark_name(stack, &xattrs->items[i]);

		if (!name)
			continue;
		if (!strcmp(name, "opaque"))
			opaque = &xattrs->items[i];
		else if (!strcmp(name, "redirect"))
			redirect = &xattrs->items[i];
		else if (!strcmp(name, "metacopy"))
			marks->metacopy = true;
		else if (!strcmp(name, "whiteout"))
			marks->whiteout = true;
	}
	if (opaque && opaque->size == 1) {
		marks->opaque = *(const char *)opaque->value == 'y';
		marks->xattr_whiteouts = *(const char *)opaque->value == 'x';
	}
	if (!redirect)
		return 0;
	if (!redirect->size || redirect->size >= sizeof(marks->redirect) ||
	    memchr(redirect->value, '\0', redirect->size))
		return fail(err, EINVAL, "bad redirect of %zu bytes", redirect->size);
	memcpy(marks->redirect, redirect->value, redirect->size);
	if (marks->redirect[0] != '/' &&
	    (strchr(marks->redirect, '/') || !strcmp(marks->redirect, "..")))
		return fail(err, EINVAL, "bad redirect %s", marks->redirect);
	return 0;
}

void marks_drop(struct xattrs *xattrs)
{
	xattrs_drop(xattrs, "trusted.overlay.");
	xattrs_drop(xattrs, "user.overlay.");
}
