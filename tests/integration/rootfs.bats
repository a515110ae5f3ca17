#!/usr/bin/env bats
# SPDX-License-Identifier: Apache-2.0
# The root of a container: overlay layers, the writable layer, read-only roots, pivot, propagation.

load helpers

# layer NAME FILE=TEXT...: a lower layer.
layer() {
	local name=$1 pair
	shift
	mkdir -p "$name"
	for pair; do
		mkdir -p "$(dirname "$name/${pair%%=*}")"
		echo "${pair#*=}" >"$name/${pair%%=*}"
	done
}

# What a file tree looks like: names, types, modes, owners, sizes, times.
fingerprint() {
	find "$1" -printf '%P %y %m %U %G %s %T@ %l\n' | sort | sha256sum
}

@test "a run never changes the rootfs that the spec names" {
	local before
	cp -a "$ROOTFS" mine
	before=$(fingerprint mine)
	spec '.root.path = "mine" | .mounts += [{destination: "/new/mount/point", type: "tmpfs", source: "tmpfs"}] |
		.linux.devices = [{path: "/dev/more/null", type: "c", major: 1, minor: 3}]' \
		sh -c 'rm /etc/passwd; echo x >/etc/group; chmod 700 /etc; touch /new-file; rm -r /home'
	run -0 ctr run --name "$ID" spec.json
	equal "$(fingerprint mine)" "$before"
	ctr rm "$ID"
	equal "$(fingerprint mine)" "$before"
}

@test "what a container writes is in its own layer and nobody else's" {
	background . "echo mine >/etc/mine; $IDLE"
	inside_second=$(spec . sh -c 'ls /etc/mine 2>&1; true'; ctr run --rm --name "$ID-2" spec.json)
	contains "$inside_second" 'No such file'
	equal "$(<"$DATA/containers/$ID/upper/etc/mine")" mine
}

@test "the writable layer is kept until rm, and gone after it" {
	spec . sh -c 'echo kept >/kept'
	run -0 ctr run --name "$ID" spec.json
	equal "$(<"$DATA/containers/$ID/upper/kept")" kept
	run -0 ctr rm "$ID"
	[[ ! -e $DATA/containers/$ID ]]
}

@test "rm removes a writable layer with anything in it that a container may have made" {
	spec . sh -c 'mkdir -p /a/b/c; chmod 000 /a/b; mknod /a/null c 1 3; mkfifo /a/fifo; ln -s / /a/link
		rm -r /etc; mkdir /etc; touch "/a/
newline"; chmod 4755 /bin/busybox; i=0; p=/deep; while [ $i -lt 60 ]; do p=$p/dddddddddddddddddddd; i=$((i+1)); done; mkdir -p $p'
	run -0 ctr run --name "$ID" spec.json
	run -0 ctr rm "$ID"
	[[ ! -e $DATA/containers/$ID ]]
}

@test "an immutable or busy file in a writable layer does not make rm fail half-way in silence" {
	spec . sh -c 'echo x >/x'
	run -0 ctr run --name "$ID" spec.json
	chattr +i "$DATA/containers/$ID/upper/x" 2>/dev/null || skip "no immutable files on this filesystem"
	run ctr rm "$ID"
	local rm_status=$status
	[[ ! -e $DATA/containers/$ID/upper/x ]] || chattr -i "$DATA/containers/$ID/upper/x"
	[[ $rm_status -eq 0 || $output == *upper* ]] || fail "it failed without a reason: $output"
}

@test "overlay.lower: the topmost layer comes first" {
	layer top a=top only-top=1
	layer middle a=middle b=middle
	layer bottom a=bottom b=bottom c=bottom
	inside ".overlay = {lower: [\"top\", \"middle\", \"bottom\", \"$ROOTFS\"]}" \
		'cat /a /b /c /only-top /work/file'
	equal "$output" $'top\nmiddle\nbottom\n1\nlower'
}

@test "relative lower layers are relative to the spec's folder, not to where ctr is called" {
	mkdir sub
	layer sub/layer a=found
	SPEC=sub/spec.json spec ".overlay = {lower: [\"layer\", \"$ROOTFS\"]}" cat /a
	cd /
	run -0 ctr run --rm --name "$ID" "$DIR/sub/spec.json"
	equal "$output" found
}

@test "more lower layers than their names fit in a page" {
	local i name list=''
	for ((i = 0; i < 60; i++)); do
		printf -v name 'layer-%090d' "$i"
		mkdir "$name"
		echo "$i" >"$name/number"
		echo "$i" >"$name/number-$i"
		list+="\"$name\","
	done
	((${#list} > 5000))
	inside ".overlay = {lower: [$list\"$ROOTFS\"]}" 'cat /number; cat /number-* | wc -l'
	equal "$output" $'0\n60'
}

@test "layers with colons, commas, backslashes, blanks, quotes and newlines in their names" {
	local name names=('a:b' 'c,d' 'e\f' 'g h' 'i"j' $'k\nl' 'm=n' ':' '\' ',lowerdir=/' '日本') list='' i=0
	for name in "${names[@]}"; do
		mkdir -p "layers/$name"
		touch "layers/$name/file-$((i++))"
	done
	list=$(jq -n '$ARGS.positional | map("layers/" + .)' --args "${names[@]}")
	inside ".overlay = {lower: ($list + [\"$ROOTFS\"])}" 'ls /file-* | wc -l'
	equal "$output" "${#names[@]}"
}

@test "an upper and a data folder with a colon, a comma and a backslash in their names" {
	mkdir 'up:p,e\r'
	spec '.overlay = {lower: [.root.path], upper: "up:p,e\\r"}' sh -c 'echo x >/x'
	run -0 "$CTR" --root "$ROOT" --data-root "$DIR/da:t,a" run --rm --name "$ID" spec.json
	equal "$(<'up:p,e\r/x')" x
}

@test "whiteouts in a lower layer hide what is below" {
	mkdir top
	mkdir -p top/etc
	mknod top/etc/passwd c 0 0
	mknod top/home c 0 0
	inside ".overlay = {lower: [\"top\", \"$ROOTFS\"]}" 'ls /etc/passwd /home 2>&1; cat /etc/group | head -1'
	contains "$output" '/etc/passwd: No such file' '/home: No such file' root:
}

@test "an opaque folder in a lower layer hides the folder below" {
	mkdir -p top/etc
	"$HELPERS/probe" setxattr top/etc trusted.overlay.opaque y
	touch top/etc/alone
	inside ".overlay = {lower: [\"top\", \"$ROOTFS\"]}" 'ls /etc'
	lacks "$output" passwd
	contains "$output" alone
}

@test "overlay.upper is where the writable layer lives, and rm does not remove it" {
	mkdir mine
	spec '.overlay = {lower: [.root.path], upper: "mine"}' sh -c 'echo x >/etc/x'
	run -0 ctr run --rm --name "$ID" spec.json
	equal "$(<mine/etc/x)" x
	inside '.overlay = {lower: [.root.path], upper: "mine"}' 'cat /etc/x'
	equal "$output" x
}

@test "overlay.volatile mounts the layer without fsync" {
	inside '.overlay = {lower: [.root.path], volatile: true}' 'cat /proc/self/mountinfo'
	contains "$(super_options /)" volatile
}

@test "a layer that stays is not volatile unless the spec says so" {
	spec . cat /proc/self/mountinfo
	run -0 ctr run --name "$ID" spec.json
	lacks "$(super_options /)" volatile
}

@test "the root is an overlay with the rootfs as lower layer" {
	inside . 'cat /proc/self/mountinfo'
	contains "$(mount_line /)" ' - overlay '
}

@test "a missing lower layer is refused by name" {
	spec '.overlay = {lower: ["not-there", .root.path]}' true
	run -125 ctr run --rm --name "$ID" spec.json
	contains "$output" not-there
	nothing_created
}

@test "a missing rootfs is refused by name" {
	spec '.root.path = "not-there"' true
	run -125 ctr run --rm --name "$ID" spec.json
	contains "$output" not-there
	nothing_created
}

@test "a lower layer that is a file is refused by name" {
	touch plain
	spec '.overlay = {lower: ["plain"]}' true
	run -125 ctr run --rm --name "$ID" spec.json
	contains "$output" plain
	nothing_created
}

@test "an image that the store does not have is refused by name" {
	spec '.overlay = {image: "nobody:1"} | del(.root)' true
	run -125 ctr run --rm --name "$ID" spec.json
	contains "$output" nobody:1
	nothing_created
}

@test "root.readonly: nothing can be written and there is no writable layer" {
	spec '.root.readonly = true' sh -c \
		'echo x 2>&1 >/x; mkdir /etc/y 2>&1; chmod 700 /etc 2>&1; cat /proc/self/mountinfo; exit 3'
	run -3 ctr run --name "$ID" spec.json
	equal "$(grep -c 'Read-only file system' <<<"$output")" 3
	contains "$(mount_options /)" ,ro,
	[[ ! -e $DATA/containers/$ID/upper ]]
}

@test "root.readonly with several layers" {
	layer top a=top
	inside ".root.readonly = true | .overlay = {lower: [\"top\", \"$ROOTFS\"]}" \
		'cat /a; touch /b 2>&1'  || true
	contains "$output" top 'Read-only file system'
}

@test "a read-only root still gets its mounts, devices and masks" {
	inside '.root.readonly = true | .linux.maskedPaths = ["/proc/timer_list"] |
		.mounts += [{destination: "/tmp", type: "tmpfs", source: "tmpfs"},
			{destination: "/dev", type: "tmpfs", source: "tmpfs"}]' \
		'touch /tmp/x && ls /tmp; echo y >/dev/null && wc -c </proc/timer_list'
	equal "$output" $'x\n0'
}

@test "a read-only root cannot be made writable by the container's remount" {
	inside '.root.readonly = true' 'mount -o remount,rw / 2>&1; touch /x 2>&1; true'
	contains "$output" 'Read-only file system'
}

@test "the old root is out of reach: only the container's mounts are left" {
	inside . 'cat /proc/self/mountinfo; ls /; cd /..; pwd'
	local line field
	while read -r line; do
		[[ $line =~ ^[0-9]+\ [0-9]+\  ]] || continue
		read -ra field <<<"$line"
		case ${field[4]} in
		/ | /proc | /proc/* | /dev | /dev/* | /sys | /sys/*) ;;
		*) fail "a mount of the host: $line" ;;
		esac
	done <<<"$output"
	lacks "$output" "$DIR"$'\n' .pivot
	equal "${lines[-1]}" /
}

@test "PID 1's root is the top of its mount namespace" {
	background . "$IDLE"
	local pid
	pid=$(pid_of "$ID")
	# entering only the mount namespace lands in the container's root: it was pivoted, not chrooted
	run -0 nsenter --mount="/proc/$pid/ns/mnt" /bin/cat /etc/passwd
	contains "$output" user:x:1000
	equal "$(nsenter --mount="/proc/$pid/ns/mnt" /bin/ls /)" "$(nsenter --mount="/proc/$pid/ns/mnt" --root="/proc/$pid/root" /bin/ls /)"
}

@test "the host's own root can be the lower layer" {
	spec '.root.path = "/"' /bin/sh -c 'echo x >/etc/ctr-test-marker && test -s /etc/os-release && cat /etc/ctr-test-marker'
	run -0 ctr run --rm --name "$ID" spec.json
	equal "$output" x
	[[ ! -e /etc/ctr-test-marker ]]
}

@test "mounts of a container do not come back to the host" {
	background '.mounts += [{destination: "/m", type: "tmpfs", source: "of-'"$ID"'"}]' "$IDLE"
	equal "$(mounts_below "$DIR")" ''
	equal "$(grep -c -e "$DIR" -e "of-$ID" /proc/self/mountinfo || true)" 0
}

propagation_of_root() {
	inside ".linux.rootfsPropagation = \"$1\"" 'cat /proc/self/mountinfo'
	mount_line /
}

@test "rootfsPropagation private: the root is in no peer group" {
	lacks "$(propagation_of_root private)" shared: master:
	lacks "$(propagation_of_root rprivate)" shared: master:
}

@test "rootfsPropagation slave: the root is not shared" {
	lacks "$(propagation_of_root slave)" shared:
}

@test "rootfsPropagation shared: the root is a peer group" {
	contains "$(propagation_of_root shared)" shared:
}

@test "rootfsPropagation unbindable: the root cannot be bound" {
	contains "$(propagation_of_root unbindable)" unbindable
}

@test "by default the root propagates nothing to the host" {
	inside . 'cat /proc/self/mountinfo'
	lacks "$(mount_line /)" shared:
}

@test "--no-pivot gives the same root" {
	bundle b . sh -c 'cat /work/file; ls -d /..'
	create --no-pivot --bundle b "$ID"
	run -0 ctr start "$ID"
	eventually has_status "$ID" stopped
}

@test "a bundle's rootfs is used as it is: what is written is there" {
	bundle b . sh -c 'echo written >/written'
	run -0 ctr run --bundle b "$ID"
	equal "$(<b/rootfs/written)" written
	[[ ! -e $DATA/containers/$ID/upper ]]
}

@test "a bundle's readonly root cannot be written" {
	bundle b '.root.readonly = true' sh -c 'echo x >/x'
	run -1 ctr run --bundle b "$ID"
	contains "$output" 'Read-only file system'
	[[ ! -e b/rootfs/x ]]
}

@test "a rootfs that is a symlink to a folder works" {
	ln -s "$ROOTFS" link
	inside '.root.path = "link"' 'cat /work/file'
	equal "$output" lower
}
