#!/usr/bin/env bats
# SPDX-License-Identifier: Apache-2.0
# `ctr export` and `ctr import`: a container's root as a tar archive that other tools read, and back.

load helpers

# One of each kind of change: new, changed, deleted, an emptied directory, a hard link, a hole.
CHANGE='
	echo new >/etc/new && echo changed >/etc/deep/one && rm /work/file && rmdir /work
	rm -r /etc/deep/er && mkdir /etc/deep/er && echo only >/etc/deep/er/only
	ln /etc/new /etc/twin && ln -s /etc/new /etc/link && mkfifo /tmp/pipe
	mknod /tmp/null c 1 3 && chmod 4755 /etc/new && chown 1000:1000 /etc/deep/one
	dd if=/dev/zero of=/tmp/hole bs=1 count=1 seek=8388607 2>/dev/null
	mkdir "/tmp/with  blank" && echo x >/tmp/.wh.name && touch -d "2001-02-03 04:05:06" /etc/twin'

# A stopped container $ID that has done CHANGE.
changed() {
	spec . sh -c "$CHANGE"
	ctr run --name "$ID" spec.json
}

# listing ARCHIVE: sorted, without what /dev and /proc have.
listing() {
	tar --numeric-owner --full-time -tvf "$1" | grep -v ' \(dev\|proc\|sys\)/.' | sort -k6
}

@test "an export has what the container sees, and what it deleted is not there" {
	changed
	ctr export "$ID" >export.tar
	mkdir out
	tar -xpf export.tar -C out
	equal "$(<out/etc/new)" new
	equal "$(<out/etc/deep/one)" changed
	equal "$(stat -c %u:%g out/etc/deep/one)" 1000:1000
	equal "$(stat -c %a out/etc/new)" 4755
	[[ ! -e out/work && ! -e out/etc/deep/er/two && -e out/etc/deep/er/only ]]
	equal "$(stat -c %h:%i out/etc/new)" "2:$(stat -c %i out/etc/twin)"
	equal "$(stat -c %Y out/etc/new)" "$(date -ud '2001-02-03 04:05:06' +%s)"
	equal "$(readlink out/etc/link)" /etc/new
	equal "$(stat -c %F out/tmp/pipe)" fifo
	equal "$(stat -c %t:%T out/tmp/null)" 1:3
	equal "$(stat -c %s out/tmp/hole)" 8388608
	(($(stat -c %b out/tmp/hole) < 100))
	[[ -d "out/tmp/with  blank" ]]
	equal "$(<out/tmp/.wh.name)" x
	cmp out/bin/busybox "$ROOTFS/bin/busybox"
}

@test "an export of a running container is the same, without what is mounted in it" {
	mkdir volume && echo inside >volume/inside
	background '.mounts += [{destination: "/volume", type: "bind", source: "'"$DIR"'/volume", options: ["bind"]}]' \
		"$CHANGE"' && echo ready >/tmp/ready && '"$IDLE"
	eventually ctr exec "$ID" test -e /tmp/ready
	ctr export "$ID" >running.tar
	tar -tf running.tar >names
	grep -qx volume/ names
	lacks "$(<names)" inside
	run ! grep '^proc/.' names
	ctr stop "$ID"
	ctr export "$ID" >stopped.tar
	equal "$(listing running.tar)" "$(listing stopped.tar)"
}

@test "an export keeps extended attributes and capabilities" {
	require_program setfattr setcap getcap
	changed
	cp "$ROOTFS/bin/busybox" "$DATA/containers/$ID/upper/etc/able"
	setcap cap_net_raw+ep "$DATA/containers/$ID/upper/etc/able"
	setfattr -n user.colour -v blue "$DATA/containers/$ID/upper/etc/able"
	ctr export -o export.tar "$ID"
	mkdir out
	tar --xattrs --xattrs-include='*' -xpf export.tar -C out
	contains "$(getcap out/etc/able)" cap_net_raw
	equal "$(getfattr --only-values -n user.colour out/etc/able)" blue
	# marks of overlayfs are not part of what the container sees
	lacks "$(tar --xattrs -tvvf export.tar)" overlay.opaque
}

@test "owners in an export are those that the container of a user namespace sees" {
	local filter='.linux.namespaces += [{type: "user"}] | .linux.uidMappings = [{containerID: 0, hostID: 100000, size: 65536}]
		| .linux.gidMappings = .linux.uidMappings'
	chmod 755 "$DIR" "${DIR%/*}" "$BATS_SUITE_TMPDIR"
	background "$filter" 'echo x >/root/mine; echo y >/tmp/his; chown 7:8 /tmp/his; echo ready >/tmp/ready; '"$IDLE"
	eventually ctr exec "$ID" test -e /tmp/ready
	ctr export "$ID" >running.tar
	contains "$(tar --numeric-owner -tvf running.tar)" ' 7/8 ' ' 0/0 '
	lacks "$(tar --numeric-owner -tvf running.tar)" 100000 100007
	ctr stop "$ID"
	ctr export "$ID" >stopped.tar
	equal "$(listing running.tar)" "$(listing stopped.tar)"
}

@test "a bundle's container is exported too" {
	bundle b '.' sh -c "$IDLE"
	create --bundle b "$ID"
	ctr start "$ID"
	ctr export "$ID" >export.tar
	grep -qx bin/busybox <(tar -tf export.tar)
}

@test "export -o makes its file whole or not at all" {
	changed
	mkdir to
	ctr export -o to/x.tar "$ID"
	tar -tf to/x.tar >/dev/null
	equal "$(stat -c %a to/x.tar)" 600
	equal "$(ls -A to)" x.tar
	echo before >to/x.tar
	run -125 ctr export -o to/x.tar nothing-there
	equal "$(<to/x.tar)" before
	equal "$(ls -A to)" x.tar
	run -125 ctr export -o to/none/x.tar "$ID"
	contains "$output" to/none
	ctr export -o - "$ID" | tar -t >/dev/null
	ctr export -o /dev/null "$ID"
	[[ -c /dev/null ]]
}

@test "an archive is not written to a terminal" {
	changed
	run -125 "$HELPERS/pty" -- "$CTR" --root "$ROOT" --data-root "$DATA" export "$ID"
	contains "$output" "standard output is a terminal"
}

@test "an export shows on a terminal how far it is, and nothing in a file" {
	changed
	TERM=xterm run -0 "$HELPERS/pty" -- "$CTR" --root "$ROOT" --data-root "$DATA" export -o x.tar "$ID"
	contains "$output" "$ID" $'\r\033[K'
	TERM=xterm run -0 "$HELPERS/pty" -- "$CTR" --root "$ROOT" --data-root "$DATA" export -q -o x.tar "$ID"
	equal "$output" ''
	ctr export -o x.tar "$ID" 2>messages
	[[ ! -s messages ]]
}
