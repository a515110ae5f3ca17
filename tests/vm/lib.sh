# shellcheck shell=sh disable=SC2034,SC2154
# What tests/vm/build and tests/vm/run have in common: where the guest lies, what its machine is
# made of, and how it is started. Sourced, with $here set.

: "${here:?}"
cache=${CTR_VM_CACHE:-${XDG_CACHE_HOME:-${HOME:-/root}/.cache}/ctr-vm}
case $cache in /*) ;; *) cache=$PWD/$cache ;; esac

# The machine. Its saved state fits no other one, so a change of anything here, or of the
# processor, has tests/vm/build save a new one.
memory=2G
machine="-machine q35,memory-backend=ram -accel tcg,thread=multi,tb-size=512
	-cpu max,la57=off -smp 2
	-nodefaults -no-user-config -display none -no-reboot -nic none"
kernel_args='root=/dev/vda rw quiet loglevel=3 console=ttyS0 panic=-1
	mitigations=off nokaslr audit=0 systemd.show_status=0'

# The size of the project's disk: the same always, as the machine is saved with it. A sparse
# file; what it takes is what is in it.
src_size=2G

die() {
	printf '%s: %s\n' "${0##*/}" "$*" >&2
	exit 125
}

need() {
	missing=
	for tool; do
		command -v "$tool" >/dev/null || missing="${missing:+$missing }$tool"
	done
	[ -z "$missing" ] || die "not installed: $missing (Debian has them in the packages \
mmdebstrap, e2fsprogs, xz-utils, zstd, util-linux)"
}

# choose_set NAME: a guest of its own, with the packages of tests/vm/packages.NAME too
set=
choose_set() {
	set=$1 memory=3G # for the daemons and containers of two engines
	[ -f "$here/packages.$set" ] || die "no set of packages $set ($here/packages.$set)"
}

# package_files: the files that list the guest's packages
package_files() {
	echo "packages${set:+ packages.$set}"
}

# image_key: names what the image is made from
image_key() {
	# shellcheck disable=SC2046 # words
	(cd "$here" && find build $(package_files) initrd-init guest -type f \
		-exec sha256sum {} +) | LC_ALL=C sort | sha256sum | cut -c 1-16
}

# machine_key: names what the saved state depends upon beside the image
machine_key() {
	{
		echo "$machine $memory $kernel_args $src_size"
		grep -m 1 '^model name' /proc/cpuinfo
	} | sha256sum | cut -c 1-16
}

# make_disk DIR IMAGE SIZE: an ext4 image of that size with a copy of DIR
make_disk() {
	truncate -s "$3" "$2" &&
		mke2fs -q -t ext4 -d "$1" -m 0 \
			-E root_owner=0:0,lazy_itable_init=1,lazy_journal_init=1 "$2"
}

# make_ports DIR: the files that the guest's ports end in (see vm-agent)
make_ports() {
	mkfifo "$1/ctl.in" "$1/ctl.out"
	touch "$1/out" "$1/err" "$1/status" "$1/console"
}

# qemu ARGUMENT...: becomes, for $limit seconds, the qemu of the guest's own release, which
# tests/vm/build put beside it. In Debian 12's (7.2) a guest of two processors crashes at random:
# cmpxchg16b leaves rubbish in the flags, and what one processor patches in the kernel's text the
# other may miss.
qemu() {
	lib=$guest/qemu/usr/lib/x86_64-linux-gnu
	share=$guest/qemu/usr/share
	exec timeout "$limit" \
		"$guest/qemu/usr/lib64/ld-linux-x86-64.so.2" --library-path "$lib" \
		"$guest/qemu/usr/bin/qemu-system-x86_64" \
		-L "$share/qemu" -L "$share/seabios" "$@"
}

# vm DIR SHARE ARGUMENT...: becomes the machine, with the ports and the project's disk in DIR, and
# its memory mapped from $guest/ram: SHARE=on to keep what the guest writes to it, off to not
# (migration with x-ignore-shared leaves it out). Runs in $guest.
vm() {
	vm_dir=$1 vm_share=$2
	shift 2
	cd "$guest" || die "no guest"
	# shellcheck disable=SC2086 # $machine is a list of words
	set -- $machine -m $memory \
		-object "memory-backend-file,id=ram,size=$memory,mem-path=ram,share=$vm_share" \
		-drive "file=$vm_dir/src.img,format=raw,if=none,id=src,cache=unsafe" \
		-device virtio-blk-pci,drive=root -device virtio-blk-pci,drive=src \
		-serial "file:$vm_dir/console" \
		-device virtio-serial-pci \
		-chardev "pipe,id=ctl,path=$vm_dir/ctl" \
		-device virtserialport,chardev=ctl,nr=1 \
		-chardev "file,id=out,path=$vm_dir/out" \
		-device virtserialport,chardev=out,nr=2 \
		-chardev "file,id=err,path=$vm_dir/err" \
		-device virtserialport,chardev=err,nr=3 \
		-chardev "file,id=status,path=$vm_dir/status" \
		-device virtserialport,chardev=status,nr=4 \
		"$@"
	export TMPDIR="$vm_dir" # for the disks' snapshots
	qemu "$@"
}
