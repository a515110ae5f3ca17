/* SPDX-License-Identifier: Apache-2.0 */
#include "base/mountinfo.h"
#include "tests/unit/unit.h"

TEST(the_lines_of_mountinfo_are_read)
{
	char lines[] = "36 35 98:0 /mnt1 /a\\040b rw,noatime master:1 - ext3 /dev/root rw,data\n"
		       "nonsense\n"
		       "37 36 0:5 / /proc rw - proc proc rw\n";
	char *text = lines;
	struct mount_line line;

	CHECK(mountinfo_next(&text, &line));
	CHECK(line.id == 36);
	CHECK(line.parent == 35);
	CHECK_STRING(line.flags, "rw,noatime");
	CHECK_STRING(line.device, "98:0");
	CHECK_STRING(line.root, "/mnt1");
	CHECK_STRING(line.point, "/a b");
	CHECK_STRING(line.type, "ext3");
	CHECK_STRING(line.options, "rw,data");
	CHECK(mountinfo_next(&text, &line));
	CHECK_STRING(line.point, "");
	CHECK(mountinfo_next(&text, &line));
	CHECK_STRING(line.point, "/proc");
	CHECK(mountinfo_next(&text, &line)); /* behind the last newline */
	CHECK(!mountinfo_next(&text, &line));
}
