/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/* Limits of what a link carries (tc(8)). */

#define RATE_LEAST 8000 /* bits a second: a full packet takes more than a second already */
