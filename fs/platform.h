/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include <stdbool.h>

#include "specs/image_document.h"

/* The machine in the words of images (Go's GOARCH): "amd64", "arm64", ... */
const char *platform_architecture(void);

/* Whether a manifest of that platform runs here; of an unknown one (NULL) we believe it. */
bool platform_is_ours(const struct image_platform *platform);
