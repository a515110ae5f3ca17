# SPDX-License-Identifier: Apache-2.0
check_LIBRARIES += libunit.a
libunit_a_SOURCES = tests/unit/unit.c tests/unit/unit.h

include tests/helpers/local.mk
include tests/fuzz/local.mk
include tests/rules.mk
