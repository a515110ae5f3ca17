# shellcheck shell=bash
# SPDX-License-Identifier: Apache-2.0

# dump FOLDER [FORMAT]: all that can be seen of a tree but what is ours. Inode numbers come with %i.
dump() {
	(cd "$1" || exit
	find . -name '.ctr-undo*' -prune -o \( -type d -printf "%P %y %#m %U:%G ${2-%i} %T@\n" -o \
		-printf "%P %y %#m %U:%G %n %l ${2-%i} %T@ %s\n" \) | sort
	find . -name '.ctr-undo*' -prune -o -type f -exec sha256sum {} + | sort -k 2
	find . -name '.ctr-undo*' -prune -o \( -type b -o -type c \) -exec stat -c '%n %t:%T' {} + | sort
	find . -name '.ctr-undo*' -prune -o -print0 | sort -z | xargs -0 getfattr -h -d -m - 2>/dev/null)
}
