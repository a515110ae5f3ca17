# shellcheck shell=bash
# SPDX-License-Identifier: Apache-2.0
# Once per run of the suite: the rootfs that nearly all tests use as their read-only lower layer.
# It is a static busybox with its links and the probe of tests/helpers.

setup_suite() {
	# shellcheck source-path=SCRIPTDIR source=helpers.bash
	source "$BATS_TEST_DIRNAME/helpers.bash"
	[[ $EUID -eq 0 ]] || { echo "these tests need root" >&2; return 1; }
	[[ -x $CTR ]] || { echo "no ctr at $CTR: build it, or set CTR or CTR_BUILDDIR" >&2; return 1; }
	export ROOTFS=$BATS_SUITE_TMPDIR/rootfs
	make_rootfs "$ROOTFS"
	export CGROUP2
	CGROUP2=$(cgroup2_mount)
	[[ -n $CGROUP2 ]] || { echo "no cgroup2 mount here" >&2; return 1; }
}

# make_rootfs DIR: what `docker export busybox` would give, but without a network.
make_rootfs() {
	local busybox
	busybox=$(command -v busybox) || { echo "busybox is missing" >&2; return 1; }
	mkdir -p "$1"/{bin,dev,etc,home/user,proc,root,run,sys,tmp,usr,var/empty,work}
	chmod 755 "$1" "$1"/*
	chmod 1777 "$1/tmp"
	cp "$busybox" "$1/bin/busybox"
	"$busybox" --install -s "$1/bin" 2>/dev/null || true
	local link
	for link in "$1"/bin/*; do
		[[ ! -L $link ]] || ln -sfn busybox "$link"
	done
	local helper
	for helper in probe talk; do
		[[ ! -x $HELPERS/$helper ]] || cp "$HELPERS/$helper" "$1/bin"
	done
	printf '%s\n' root:x:0:0:root:/root:/bin/sh user:x:1000:1000::/home/user:/bin/sh \
		daemon:x:1:1::/var/empty:/bin/false >"$1/etc/passwd"
	printf '%s\n' root:x:0: daemon:x:1: user:x:1000: audio:x:29:user wheel:x:10:user,root \
		>"$1/etc/group"
	chown 1000:1000 "$1/home/user"
	mkdir "$1/etc/deep" "$1/etc/deep/er"
	echo one >"$1/etc/deep/one"
	echo two >"$1/etc/deep/er/two"
	echo lower >"$1/work/file"
	printf '#!/bin/sh\necho script "$@"\n' >"$1/bin/script"
	echo data >"$1/etc/not-executable"
	chmod 755 "$1/bin/script"
}
