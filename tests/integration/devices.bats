#!/usr/bin/env bats
# SPDX-License-Identifier: Apache-2.0
# Device nodes and links, the device rules that the kernel enforces, masked and read-only paths.

load helpers

DEV='.mounts += [{destination: "/dev", type: "tmpfs", source: "tmpfs", options: ["nosuid", "mode=755"]},
	{destination: "/dev/pts", type: "devpts", source: "devpts", options: ["newinstance", "ptmxmode=0666"]},
	{destination: "/dev/shm", type: "tmpfs", source: "shm"}]'

# Rules that deny all devices; the default ones stay.
DENY='.linux.resources.devices = [{allow: false, access: "rwm"}]'

@test "the default devices are there with their numbers, modes and owners" {
	inside "$DEV" 'cd /dev; stat -c "%n %F %t:%T %a %u:%g" null zero full random urandom tty'
	equal "$output" "null character special file 1:3 666 0:0
zero character special file 1:5 666 0:0
full character special file 1:7 666 0:0
random character special file 1:8 666 0:0
urandom character special file 1:9 666 0:0
tty character special file 5:0 666 0:0"
}

@test "the default links are there" {
	inside "$DEV" 'cd /dev; for l in fd stdin stdout stderr ptmx; do echo "$l $(readlink $l)"; done'
	equal "$output" "fd /proc/self/fd
stdin /proc/self/fd/0
stdout /proc/self/fd/1
stderr /proc/self/fd/2
ptmx pts/ptmx"
}

@test "the default devices work" {
	inside "$DEV" 'echo x >/dev/null; head -c 4 /dev/zero | xxd -p; head -c 9 /dev/urandom | wc -c
		echo x 2>&1 >/dev/full; echo through >/dev/stdout'
	equal "${lines[0]}" 00000000
	equal "${lines[1]}" 9
	contains "$output" 'No space left' through
}

@test "the devices of a rootfs without a mount at /dev are there too" {
	inside . 'stat -c "%n %t:%T" /dev/null; readlink /dev/fd'
	equal "$output" $'/dev/null 1:3\n/proc/self/fd'
}

@test "linux.devices: kinds, numbers, modes and owners" {
	inside "$DEV"' | .linux.devices = [
		{path: "/dev/a", type: "c", major: 1, minor: 3, fileMode: 384, uid: 7, gid: 8},
		{path: "/dev/sub/folder/b", type: "b", major: 7, minor: 0, fileMode: 432},
		{path: "/dev/u", type: "u", major: 1, minor: 5},
		{path: "/dev/p", type: "p", fileMode: 420},
		{path: "/other/c", type: "c", major: 1, minor: 9}]' \
		'stat -c "%n %F %t:%T %a %u:%g" /dev/a /dev/sub/folder/b /dev/u /dev/p /other/c'
	equal "$output" "/dev/a character special file 1:3 600 7:8
/dev/sub/folder/b block special file 7:0 660 0:0
/dev/u character special file 1:5 666 0:0
/dev/p fifo 0:0 644 0:0
/other/c character special file 1:9 666 0:0"
}

@test "modes of devices do not depend on the caller's umask" {
	spec "$DEV | .linux.devices = [{path: \"/dev/a\", type: \"c\", major: 1, minor: 3, fileMode: 438}]" \
		sh -c 'stat -c %a /dev/a /dev/null /dev/sub 2>/dev/null'
	run bash -c "umask 077; '$CTR' --root '$ROOT' --data-root '$DATA' run --rm --name $ID spec.json 3>&-"
	equal "$output" $'666\n666'
}

@test "a device rule that denies all leaves the default devices" {
	inside "$DEV | $DENY" 'echo x >/dev/null && head -c1 /dev/zero >/dev/null && head -c1 /dev/urandom >/dev/null && echo fine'
	equal "$output" fine
}

# /dev/fuse: a device that is no default one, and that root may open without further privileges.
FUSE='.linux.devices = [{path: "/dev/fuse", type: "c", major: 10, minor: 229}]'

require_fuse() {
	grep -q '^229 fuse$' /proc/misc || skip "no fuse in this kernel"
}

@test "a denied device cannot be opened" {
	require_fuse
	inside "$DEV | $FUSE" ': </dev/fuse && echo without rules'
	equal "$output" 'without rules'
	inside "$DEV | $DENY | $FUSE" '{ true </dev/fuse; } 2>&1; { true >/dev/fuse; } 2>&1; true'
	equal "$(grep -c 'Operation not permitted' <<<"$output")" 2
}

@test "a denied device that the container makes itself cannot be opened either" {
	require_fuse
	inside "$DEV | $DENY" 'mknod /tmp/fuse c 10 229 2>&1; { true </tmp/fuse; } 2>&1; true'
	contains "$output" 'Operation not permitted'
}

@test "an allow rule opens exactly what it names" {
	require_fuse
	inside "$DEV | $FUSE"' | .linux.resources.devices = [{allow: false, access: "rwm"},
			{allow: true, type: "c", major: 10, minor: 229, access: "r"}]' \
		': </dev/fuse && echo readable; { true >/dev/fuse; } 2>&1; true'
	contains "$output" readable
	equal "$(grep -c 'not permitted' <<<"$output")" 1
}

@test "of device rules the last one that matches counts" {
	require_fuse
	inside "$DEV | $FUSE"' | .linux.resources.devices = [{allow: true, access: "rwm"},
			{allow: false, type: "c", major: 10, access: "rw"}, {allow: true, type: "c", major: 10, minor: 229, access: "r"}]' \
		': </dev/fuse && echo readable; { true >/dev/fuse; } 2>&1; true'
	contains "$output" readable 'not permitted'
}

@test "a rule with a wildcard minor covers all minors, one with a type only that type" {
	require_fuse
	inside "$DEV | $FUSE"' | .linux.resources.devices = [{allow: false, access: "rwm"}, {allow: true, type: "c", major: 10, access: "rw"}]' \
		': <>/dev/fuse && echo opened'
	equal "$output" opened
	inside "$DEV | $FUSE"' | .linux.resources.devices = [{allow: false, access: "rwm"}, {allow: true, type: "b", major: 10, access: "rw"}]' \
		'{ true <>/dev/fuse; } 2>&1; true'
	contains "$output" 'not permitted'
}

@test "device rules hold for processes that exec brings" {
	require_fuse
	background "$DEV | $DENY | $FUSE" "$IDLE"
	run ctr exec "$ID" sh -c ': </dev/fuse'
	contains "$output" 'not permitted'
	run -0 ctr exec "$ID" sh -c 'echo x >/dev/null'
}

@test "device nodes of a user namespace are the host's, by bind mounts" {
	inside "$DEV"' | .linux.namespaces += [{type: "user"}] |
		.linux.uidMappings = [{containerID: 0, hostID: 100000, size: 65536}] |
		.linux.gidMappings = [{containerID: 0, hostID: 100000, size: 65536}]' \
		'echo x >/dev/null; stat -c "%t:%T" /dev/null /dev/urandom; head -c 3 /dev/urandom | wc -c'
	equal "$output" $'1:3\n1:9\n3'
}

@test "a masked file reads as empty and a masked folder is empty and read-only" {
	inside '.linux.maskedPaths = ["/etc/passwd", "/etc/deep"]' \
		'wc -c </etc/passwd; ls -A /etc/deep | wc -l; touch /etc/deep/x 2>&1; cat /etc/group | head -1'
	equal "${lines[0]}" 0
	equal "${lines[1]}" 0
	contains "$output" 'Read-only file system' root:
}

@test "all masked folders are one empty filesystem, which takes no inode of its own for each" {
	inside '.linux.maskedPaths = ["/etc/deep", "/proc/irq", "/proc/fs"]' \
		'stat -c "%d:%i %A" /etc/deep /proc/irq /proc/fs | uniq; stat -f -c %T /etc/deep; stat -c %d /etc /proc | grep -cx "$(stat -c %d /etc/deep)" || true'
	equal "${#lines[@]}" 3
	matches "${lines[0]}" '^[0-9]+:[0-9]+ drwxr-xr-x$'
	equal "${lines[1]}" tmpfs
	equal "${lines[2]}" 0
}

@test "masked paths of /proc are masked" {
	inside '.linux.maskedPaths = ["/proc/kcore", "/proc/keys", "/proc/scsi", "/proc/timer_list"]' \
		'wc -c </proc/timer_list; cat /proc/self/mountinfo'
	equal "${lines[0]}" 0
	mount_line /proc/timer_list
}

@test "a masked path that is not there is nothing to mask" {
	inside '.linux.maskedPaths = ["/not/there", "/proc/neither"] | .linux.readonlyPaths = ["/nor/this"]' 'echo ran'
	equal "$output" ran
}

@test "a masked path through a symlink does not reach outside of the root" {
	cp -al "$ROOTFS" mine
	mkdir outside
	echo precious >outside/file
	ln -s "$DIR/outside" mine/link
	inside '.root.path = "mine" | .linux.maskedPaths = ["/link"] | .linux.readonlyPaths = ["/link"]' 'echo ran'
	equal "$output" ran
	equal "$(<outside/file)" precious
	echo more >outside/new
}

@test "a read-only path cannot be written, what is beside it can" {
	inside '.linux.readonlyPaths = ["/etc/deep", "/proc/sys", "/etc/passwd"]' \
		'touch /etc/deep/x 2>&1; echo 1 2>&1 >/proc/sys/kernel/domainname; echo x 2>&1 >>/etc/passwd; touch /etc/y && cat /etc/deep/one'
	equal "$(grep -c 'Read-only file system' <<<"$output")" 3
	equal "${lines[-1]}" one
}

@test "a read-only path covers the mounts below it" {
	inside '.mounts += [{destination: "/m", type: "tmpfs", source: "tmpfs"}, {destination: "/m/n", type: "tmpfs", source: "tmpfs"}]
		| .linux.readonlyPaths = ["/m"]' 'touch /m/x 2>&1; touch /m/n/x 2>&1; true'
	equal "$(grep -c 'Read-only file system' <<<"$output")" 2
}

@test "the container cannot take a mask away without CAP_SYS_ADMIN" {
	inside '.linux.maskedPaths = ["/etc/passwd"]' 'umount /etc/passwd 2>&1; wc -c </etc/passwd'
	equal "${lines[-1]}" 0
}
