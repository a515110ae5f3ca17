/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include <stdbool.h>

#include "base/arena.h"
#include "base/error.h"
#include "specs/runtime_spec.h"

/*
 * linux.mountLabel: the SELinux label of the files of every filesystem that is mounted for the
 * container, as an option of the mount (mount(8), "context="). The annotation
 * run.oci.mount_context_type says another of the four options: context (the default), fscontext,
 * defcontext, rootcontext.
 */

/* The option, "context=LABEL", NULL without a label. Pure. */
int mount_label_plan(struct arena *arena, const struct spec *spec, const char **option,
		     struct error *err);

/* Whether filesystems of a type take the option. Those of the kernel's own objects do not. */
bool mount_label_fits(const char *type);

/* Whether one of these options of a mount says a label already. */
bool mount_label_is_given(const struct string_list *options);

/* Child side: labels the root of a mount of mqueue, which takes no option but an attribute. */
int mount_label_set(int mount, const char *option, struct error *err);
