#!/usr/bin/env bats
# SPDX-License-Identifier: Apache-2.0
# Layers become folders: hostile archives, digests, limits, several at a time. tests/helpers/tarball
# makes the archives that no tar would write.

load helpers

# image NAME TAR...: an image of these layers, the lowest first, straight into the store. PACK=gzip:
# compressed by that; CLAIM=FILE: the config says that each of them is FILE.
image() {
	local name=$1 store=$DATA/store pack=${PACK:-zstd} tar blob digest layers='[]' ids='[]' index
	shift
	mkdir -p "$store/blobs/sha256"
	echo '{"imageLayoutVersion":"1.0.0"}' >"$store/oci-layout"
	for tar; do
		ids=$(jq -c --arg id "sha256:$(sha256sum <"${CLAIM:-$tar}" | cut -d' ' -f1)" '. + [$id]' <<<"$ids")
		"$pack" -qc "$tar" >blob
		blob=$(blob blob)
		layers=$(jq -c --arg d "$blob" --argjson s "$(stat -c %s "$store/blobs/${blob/://}")" \
			'. + [{mediaType: "application/vnd.oci.image.layer.v1.tar+'"$pack"'", digest: $d, size: $s}]' <<<"$layers")
	done
	jq -nc --argjson ids "$ids" '{architecture: "amd64", os: "linux", config: {Cmd: ["true"]},
		rootfs: {type: "layers", diff_ids: $ids}}' >config
	blob=$(blob config)
	jq -nc --argjson layers "$layers" --arg d "$blob" --argjson s "$(stat -c %s "$store/blobs/${blob/://}")" '{schemaVersion: 2,
		mediaType: "application/vnd.oci.image.manifest.v1+json",
		config: {mediaType: "application/vnd.oci.image.config.v1+json", digest: $d, size: $s}, layers: $layers}' >manifest
	digest=$(blob manifest)
	index=$(cat "$store/index.json" 2>/dev/null || echo '{"schemaVersion":2,"manifests":[]}')
	jq --arg name "$name" --arg d "$digest" --argjson s "$(stat -c %s "$store/blobs/${digest/://}")" '.manifests += [{
		mediaType: "application/vnd.oci.image.manifest.v1+json", digest: $d, size: $s,
		annotations: {"org.opencontainers.image.ref.name": $name}}]' <<<"$index" >"$store/index.json"
}

# blob FILE: moves it into the store, prints its digest.
blob() {
	local digest
	digest=$(sha256sum <"$1" | cut -d' ' -f1)
	mv "$1" "$DATA/store/blobs/sha256/$digest"
	echo "sha256:$digest"
}

# layer_of TAR: the folder that it is unpacked to.
layer_of() {
	echo "$DATA/layers/$(sha256sum <"$1" | cut -d' ' -f1)"
}

tarball() {
	"$HELPERS/tarball"
}

# Nothing has happened beside the store: the canaries are as they were.
canaries() {
	equal "$(ls -A outside)" '' && equal "$(stat -c '%a %h' canary)" '644 1' && equal "$(<canary)" alive
}

# cases FUNCTION: calls FUNCTION NAME for each part of standard input that begins with "== NAME", the
# rest of the part being the file "script".
cases() {
	local line name=''
	while IFS= read -r line; do
		line=${line//HERE/$DIR}
		if [[ $line == '== '* ]]; then
			[[ -z $name ]] || "$1" "$name" || fail "$name" || return
			name=${line#== }
			: >script
		else
			printf '%s\n' "$line" >>script
		fi
	done
	"$1" "$name" || fail "$name"
}

# refused "NAME: TEXT": the archive is no image, the message has TEXT, and nothing is left.
refused() {
	tarball <script >x.tar
	run -125 ctr import -q x.tar t:1
	contains "$output" "${1#*: }" || return
	equal "$(ls -A "$DATA/layers")" '' && canaries
}

# Prints a folder: path, kind, mode, owner, time, content or target.
tree() {
	(cd "$1" && find . -mindepth 1 -printf '%P %y %m %U:%G %Ts %l\n' | sort)
}

# right "NAME: PATH KIND MODE OWNER TIME ...": what the archive becomes, things divided by ";". TIME is
# a time of the test, NAME and TWIN are names of 200 letters.
right() {
	local folder expected=${1#*: } long
	long=$(printf 'n%.0s' {1..200})
	sed -i "s/NAME/$long/; s/TWIN/o$long/" script
	expected=${expected//NAME/$long}
	expected=${expected//TWIN/o$long}
	tarball <script >x.tar
	ctr import -q x.tar t:1 >/dev/null || return
	folder=$(layer_of x.tar)
	equal "$(tree "$folder" | sed -E 's/ *$//; s/ [0-9]{10,}$/ TIME/' | paste -sd';')" "$expected" && canaries
}

@test "archives that lead out of their layer, or lie, are refused and leave nothing" {
	mkdir outside
	echo alive >canary
	chmod 644 canary
	cases refused <<'END'
== an absolute name: absolute name
file HERE/outside/x y
== an absolute name by pax: absolute name
pax path HERE/outside/x
file f x
== an absolute name of GNU tar: absolute name
longname HERE/outside/x
file f x
== the root by its absolute name: absolute name
dir /
== dots: '..'
file ../../x y
== dots that stay inside: '..'
dir a
file a/../b y
== dots by pax: '..'
pax path ../../x
file f x
== dots of GNU tar: '..'
longname ../../../x
file f x
== dots in a sparse name: '..'
pax GNU.sparse.major 0
pax GNU.sparse.minor 1
pax GNU.sparse.name ../../x
pax GNU.sparse.size 3
pax GNU.sparse.map 0,3
file f abc
== through a link: on the way
link l HERE/outside
file l/x y
== through a relative link: on the way
link l ../../../outside
file l/x y
== through a link to a folder of its own: on the way
dir d
link l d
file l/x y
== below a file: on the way
file f x
file f/g y
== a hard link to the host: absolute name
hard h /etc/passwd
== a hard link with dots: '..'
hard h ../../canary
== a hard link by pax: absolute name
pax linkpath HERE/canary
hard h ok
== a hard link of GNU tar: absolute name
longlink HERE/canary
hard h x
== a hard link through a link: not in the layer
link l HERE
hard h l/canary
== a hard link to a folder: a directory
dir d
hard h d
== a hard link to itself: not in the layer
hard h h
== a hard link to nothing: not in the layer
hard h none
== a hard link to what is deleted: deletes
file .wh.w
hard h w
== a deletion of nothing: a whiteout of nothing
file .wh.
== a deletion of the folder itself: a whiteout of nothing
file .wh..
== a deletion of the folder above: a whiteout of nothing
file .wh...
== a deletion with a slash: a whiteout of nothing
file .wh./
== an owner below zero: bad owner
pax uid -1
file f x
== an owner that is none: bad owner
pax gid 4294967295
file f x
== an owner beyond all: bad owner
pax uid 99999999999
file f x
== a size beyond the archive: Truncated
pax size 9999999999
file f x
== a size below zero: negative
pax size -1
file f x
== a size that lies: bad archive
set size -0000000001
file f x
== a file that is cut off: Truncated
noend
set size 00000100000
file f x
== a sparse file larger than the limit: --max-size
pax GNU.sparse.major 0
pax GNU.sparse.minor 1
pax GNU.sparse.size 99999999999999
pax GNU.sparse.map 0,3,99999999999990,5
file f abc
== a sparse map that lies: bad archive
pax GNU.sparse.major 1
pax GNU.sparse.minor 0
pax GNU.sparse.realsize 10
file f 1\n1000000\n3\nabc
== a capability that is none: security.capability
pax SCHILY.xattr.security.capability bad
file f x
== a link to nothing: make link
link l 
== a file that is the root: the root is a directory
file . x
== a link that is the root: the root is a directory
link ./ /etc
== no archive: bad archive
noend
bytes hello
END
}

@test "archives that are odd but right become what they say" {
	mkdir outside
	echo alive >canary
	chmod 644 canary
	cases right <<'END'
== a later entry takes the place of an earlier one: f f 644 0:0 1
file f one
file f two
== a folder takes the place of a link: l d 755 0:0 1;l/x f 644 0:0 1
link l HERE/outside
dir l
file l/x y
== a file takes the place of a folder: d f 644 0:0 1
dir d
file d/x 1
file d two
== a file takes the place of a hard link to a link: h f 644 0:0 1;l l 777 0:0 1 HERE/canary
link l HERE/canary
hard h l
file h overwritten
== a name linked to itself: h f 644 0:0 1
file h x
hard h h
== names of another case: A f 644 0:0 1;a f 644 0:0 1
file a 1
file A 2
== set-user-ID bits: d d 6777 0:0 1;f f 4755 5:6 1
set mode 0004755
pax uid 5
pax gid 6
file f x
set mode 0006777
dir d
== times before 1970: f f 644 0:0 -6
pax mtime -5.5
file f x
== a folder that nobody may enter: d d 0 0:0 1;d/f f 644 0:0 1
set mode 0000000
dir d
file d/f x
== devices and pipes: b b 644 0:0 1;c c 644 0:0 1;p p 644 0:0 1
char c 1 3
block b 7 0
fifo p
== a device with content is a device no more: c f 644 0:0 1
char c 1 3
file c content
== a folder whose name looks like a deletion: .wh.a d 755 0:0 TIME;.wh.a/b f 644 0:0 1
file .wh.a/b x
== marks of aufs: 
file .wh..wh.aufs
file .wh..wh.plnk
== names of all bytes: a\b f 644 0:0 1;é f 644 0:0 1
file a\\b x
file é x
== long names by pax and by GNU tar: NAME f 644 0:0 1;TWIN f 644 0:0 1
pax path NAME
file f x
longname TWIN
file g x
END
}

@test "deletions and emptied folders hide what is below, whatever the order of entries" {
	tarball >one.tar <<-END
		dir a
		file a/one 1
		file a/two 2
		dir b
		file b/one 1
		dir c
		file c/one 1
		file gone x
		file stays x
	END
	tarball >two.tar <<-END
		file .wh.gone
		file a/.wh.one
		file b/new 2
		file b/.wh..wh..opq content
		file .wh.c
		file c/new 3
		file stays.too y
		file .wh.stays.too
	END
	image app:1 one.tar two.tar
	ctr unpack app:1
	host_mount -t overlay overlay -o "lowerdir=$(layer_of two.tar):$(layer_of one.tar)" merged
	equal "$(cd merged && find . -type f | sort | xargs)" "./a/two ./b/new ./c/new ./stays ./stays.too"
}

@test "attributes of overlayfs do not come out of an archive" {
	require_program getfattr
	tarball >x.tar <<-END
		pax SCHILY.xattr.trusted.overlay.opaque y
		pax SCHILY.xattr.trusted.overlay.redirect /etc
		pax SCHILY.xattr.user.overlay.whiteout y
		pax SCHILY.xattr.user.ok yes
		dir d
	END
	ctr import -q x.tar t:1
	equal "$(getfattr -d -m - --absolute-names "$(layer_of x.tar)/d" | grep '=')" 'user.ok="yes"'
}

@test "wrong digests of blob or archive are refused, and no other layer of the image is kept" {
	local blob
	printf 'file one 1\n' | tarball >one.tar
	printf 'file two 2\n' | tarball >two.tar
	image app:1 one.tar two.tar
	blob=$(jq -r .layers[1].digest "$DATA/store/blobs/sha256/$(jq -r '.manifests[0].digest | ltrimstr("sha256:")' "$DATA/store/index.json")")
	printf 'file two 3\n' | tarball | zstd -qc >"$DATA/store/blobs/${blob/://}"
	run -125 ctr unpack app:1
	contains "$output" "$blob" "the blob's digest is"
	equal "$(ls -A "$DATA/layers")" ''
	run -125 ctr run --rm --name "$ID" app:1
	contains "$output" "the blob's digest is"
	# the blob is right, but it is another layer than the config says
	CLAIM=one.tar image app:2 two.tar
	run -125 ctr unpack app:2
	contains "$output" "the archive's digest is"
	equal "$(ls -A "$DATA/layers")" ''
}

@test "what is too large is refused, by size and by ratio" {
	printf 'zeros z 40000000\n' | tarball >x.tar
	image app:1 x.tar
	run -125 ctr unpack --max-size 10m app:1
	contains "$output" "more than 10485760 bytes" --max-size
	run -125 ctr unpack --max-ratio 100 app:1
	contains "$output" "more than 100 times" --max-ratio
	equal "$(ls -A "$DATA/layers")" ''
	ctr unpack app:1
	equal "$(stat -c %s "$(layer_of x.tar)/z")" 40000000
}

@test "a tree of any depth is unpacked and removed again" {
	printf 'deep aa 5000\n' | tarball >x.tar
	ctr import -q x.tar t:1
	equal "$(find "$(layer_of x.tar)" -mindepth 1 | wc -l)" 5000
	ctr rmi t:1
	ctr prune >/dev/null
	equal "$(ls -A "$DATA/layers")" ''
}

@test "sparse files of every kind that GNU tar writes are whole, and sparse" {
	local options
	truncate -s 5M sparse
	echo middle | dd of=sparse bs=1M seek=2 conv=notrunc status=none
	for options in --format=gnu --format=pax\ --sparse-version={0.0,0.1,1.0}; do
		# shellcheck disable=SC2086
		tar $options --sparse -cf x.tar sparse
		ctr import -q x.tar t:1
		cmp sparse "$(layer_of x.tar)/sparse"
		(($(stat -c %b "$(layer_of x.tar)/sparse") < 100))
	done
}

@test "what is unpacked is what umoci makes of the same image" {
	require_program umoci
	tar -C "$ROOTFS" -cf one.tar .
	tarball >two.tar <<-END
		dir bin
		dir etc
		file etc/.wh.group
		dir etc/deep
		file etc/deep/.wh..wh..opq
		file etc/deep/new x
		hard etc/twin etc/deep/new
		set mode 0004755
		file bin/su x
		link etc/link /etc/passwd
	END
	PACK=gzip image app:1 one.tar two.tar
	umoci unpack --image "$DATA/store:app:1" umoci >/dev/null
	ctr unpack app:1
	host_mount -t overlay overlay -o "lowerdir=$(layer_of two.tar):$(layer_of one.tar)" merged
	diff <(tree umoci/rootfs) <(tree merged)
	diff -r --no-dereference umoci/rootfs merged
}

@test "who wants a layer that somebody unpacks waits for it, and does not do it again" {
	local blob folder
	printf 'file one 1\n' | tarball >one.tar
	image app:1 one.tar
	ctr images >/dev/null # makes what the store lacks
	folder=$(layer_of one.tar)
	blob=$(jq -r '.layers[0].digest' "$DATA/store/blobs/sha256/$(jq -r '.manifests[0].digest | ltrimstr("sha256:")' "$DATA/store/index.json")")
	exec 8<"$DATA/store/blobs/${blob/://}"
	flock 8
	ctr unpack app:1 8<&- &
	# it stands in the kernel's list as one who waits for that inode
	waits_for() { grep -q -e "-> FLOCK .*:$1 " /proc/locks; }
	eventually waits_for "$(stat -c %i "$DATA/store/blobs/${blob/://}")"
	mkdir "$folder"
	echo theirs >"$folder/one"
	exec 8<&-
	wait $!
	equal "$(<"$folder/one")" theirs
}

@test "many at a time unpack the same image once, and all of them run it" {
	local i pids=()
	tar -C "$ROOTFS" -cf one.tar .
	printf 'file two 2\n' | tarball >two.tar
	image app:1 one.tar two.tar
	for i in 1 2 3 4; do
		ctr run --rm --name "$ID-$i" app:1 cat /two >"out$i" 2>&1 &
		pids+=($!)
	done
	wait "${pids[@]}"
	equal "$(cat out1 out2 out3 out4)" 2222
	equal "$(find "$DATA/layers" -mindepth 1 -maxdepth 1 | wc -l)" 2
}

@test "the same layer from blobs of two compressions may be unpacked at once" {
	local first
	require_program strace
	printf 'file one 1\n' | tarball >one.tar
	PACK=gzip image zipped:1 one.tar
	PACK=zstd image packed:1 one.tar
	ctr images >/dev/null
	# this one has unpacked it, and is to give it its name
	strace -f -o calls -e trace=renameat -e inject=renameat:delay_enter=2000000 \
		"$CTR" --root "$ROOT" --data-root "$DATA" unpack zipped:1 3>&- &
	first=$!
	eventually compgen -G "$DATA/layers/.tmp-*/one"
	ctr unpack packed:1
	wait "$first"
	equal "$(ls -A "$DATA/layers")" "$(basename "$(layer_of one.tar)")"
}

@test "a layer that is to be two is refused at once" {
	printf 'file one 1\n' | tarball >one.tar
	printf 'file two 2\n' | tarball >two.tar
	same() { cat one.tar; }
	PACK=same image lie:1 one.tar two.tar
	run -125 timeout 20 "$CTR" --root "$ROOT" --data-root "$DATA" unpack lie:1
	contains "$output" "cannot be both"
	equal "$(ls -A "$DATA/layers")" ''
}

@test "what a killed unpack has left goes away with the next one" {
	printf 'file one 1\n' | tarball >one.tar
	image app:1 one.tar
	mkdir -p "$DATA/layers/.tmp-1-abc/x"
	ctr unpack app:1
	equal "$(ls -A "$DATA/layers")" "$(basename "$(layer_of one.tar)")"
}

@test "an image that has the same layer twice" {
	printf 'file one 1\n' | tarball >one.tar
	image app:1 one.tar one.tar
	ctr unpack app:1
	[[ -e $(layer_of one.tar)/one ]]
}

@test "the first run of an image shows on a terminal how far it is, the second has nothing to do" {
	local CONTROL=$'\r\033[K'
	tar -C "$ROOTFS" -cf one.tar .
	image app:1 one.tar
	TERM=xterm run -0 "$HELPERS/pty" -- "$CTR" --root "$ROOT" --data-root "$DATA" run --rm --name "$ID" app:1 echo hello
	contains "$output" "app:1 [" "$CONTROL" hello
	TERM=xterm run -0 "$HELPERS/pty" -- "$CTR" --root "$ROOT" --data-root "$DATA" run --rm --name "$ID" app:1 echo hello
	equal "${output%$'\r'}" hello
	rm -r "$DATA/layers"
	TERM=dumb run -0 "$HELPERS/pty" -- "$CTR" --root "$ROOT" --data-root "$DATA" unpack app:1
	equal "$output" ''
	rm -r "$DATA/layers"
	ctr unpack app:1 2>messages
	[[ ! -s messages ]]
}
