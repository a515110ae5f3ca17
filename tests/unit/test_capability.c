/* SPDX-License-Identifier: Apache-2.0 */
#include "runtime/capability.h"

#include <linux/capability.h>

#include "base/macro.h"
#include "tests/unit/unit.h"

#define BIT(n) (UINT64_C(1) << (n))
#define NAMES(...)                                                                                 \
	{                                                                                          \
		.items = (char *[]){ __VA_ARGS__, NULL },                                          \
		.count = ARRAY_SIZE(((char *[]){ __VA_ARGS__ })),                                  \
	}

static struct capability_sets sets;

TEST(capability_names_become_bits)
{
	struct spec_capabilities spec = {
		.bounding = NAMES("CAP_CHOWN", "CAP_CHECKPOINT_RESTORE", "CAP_SYS_ADMIN"),
		.permitted = NAMES("CAP_CHOWN", "CAP_SYS_ADMIN"),
		.effective = NAMES("CAP_CHOWN"),
	};

	capability_plan(&spec, 40, &sets);
	CHECK(sets.bounding == (BIT(CAP_CHOWN) | BIT(40) | BIT(CAP_SYS_ADMIN)));
	CHECK(sets.permitted == (BIT(CAP_CHOWN) | BIT(CAP_SYS_ADMIN)));
	CHECK(sets.effective == BIT(CAP_CHOWN));
	CHECK(sets.inheritable == 0);
	CHECK(sets.ambient == 0);
	CHECK_INT(sets.last, 40);
}

TEST(capability_object_that_is_absent_means_none)
{
	capability_plan(NULL, 40, &sets);
	CHECK((sets.bounding | sets.permitted | sets.effective | sets.inheritable | sets.ambient) ==
	      0);
}

TEST(capability_that_is_unknown_is_left_out)
{
	struct spec_capabilities spec = {
		.bounding = NAMES("CAP_CHOWN", "CAP_KILL", "CAP_FOWNER", "CAP_FOO"),
	};

	capability_plan(&spec, 40, &sets);
	CHECK(sets.bounding == (BIT(CAP_CHOWN) | BIT(CAP_KILL) | BIT(CAP_FOWNER)));
}

TEST(capability_spellings_that_only_libcap_takes_are_unknown)
{
	static char *const bad[] = { "cap_chown",  "CHOWN", "0",	  "CAP_",
				     "CAP_CHOWN ", "",	    "CAP_CHOWNX", "Cap_Chown" };

	for (size_t i = 0; i < ARRAY_SIZE(bad); i++) {
		struct spec_capabilities spec = { .ambient = NAMES(bad[i]) };

		capability_plan(&spec, 40, &sets);
		CHECK(sets.ambient == 0);
	}
}

TEST(capability_that_the_kernel_is_too_old_for_is_left_out)
{
	struct spec_capabilities spec = {
		.bounding = NAMES("CAP_CHOWN", "CAP_CHECKPOINT_RESTORE"),
	};

	capability_plan(&spec, 39, &sets);
	CHECK(sets.bounding == BIT(CAP_CHOWN));
}

TEST(capability_that_is_effective_but_not_permitted_is_left_out)
{
	struct spec_capabilities spec = {
		.effective = NAMES("CAP_CHOWN", "CAP_KILL"),
		.permitted = NAMES("CAP_CHOWN"),
	};

	capability_plan(&spec, 40, &sets);
	CHECK(sets.effective == BIT(CAP_CHOWN));
}

TEST(capability_that_is_ambient_must_be_permitted_and_inheritable)
{
	struct spec_capabilities spec = {
		.permitted = NAMES("CAP_CHOWN", "CAP_KILL"),
		.inheritable = NAMES("CAP_KILL", "CAP_FOWNER"),
		.ambient = NAMES("CAP_CHOWN", "CAP_KILL", "CAP_FOWNER"),
	};

	capability_plan(&spec, 40, &sets);
	CHECK(sets.ambient == BIT(CAP_KILL));
}

TEST(capability_last_is_what_the_kernel_says)
{
	CHECK(capability_last() >= 35 && capability_last() < 64);
}
