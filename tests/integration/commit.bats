#!/usr/bin/env bats
# SPDX-License-Identifier: Apache-2.0
# `ctr commit`: an image that other tools read, made durably and atomically, container thawed after.

load helpers

# changed SCRIPT [FILTER]: a stopped container $ID that has run SCRIPT.
changed() {
	spec "${2:-.}" sh -c "$1"
	ctr run --name "$ID" spec.json
}

# manifest NAME: the manifest of that image, found by the store's own index.
manifest() {
	local digest
	digest=$(jq -r --arg name "$1" '.manifests[] | select(.annotations["org.opencontainers.image.ref.name"] == $name) | .digest' \
		"$DATA/store/index.json")
	cat "$DATA/store/blobs/sha256/${digest#sha256:}"
}

# last_layer NAME: the file of the topmost layer.
last_layer() {
	local digest
	digest=$(manifest "$1" | jq -r '.layers[-1].digest')
	echo "$DATA/store/blobs/sha256/${digest#sha256:}"
}

# listing NAME: `tar -tv` of the topmost layer, sorted by name.
listing() {
	tar --numeric-owner --full-time --zstd -tvf "$(last_layer "$1")"
}

# Every blob of the store has the digest that it is named for.
store_is_whole() {
	local blob
	jq -e . "$DATA/store/index.json" >/dev/null || return
	for blob in "$DATA"/store/blobs/sha256/*; do
		[[ -e $blob ]] || continue
		equal "$(sha256sum <"$blob")" "$(basename "$blob")  -" || return
	done
}

@test "commit prints digest, size and the milliseconds frozen" {
	changed 'echo x >/x'
	run -0 ctr commit "$ID" app:1
	matches "$output" 'sha256:[0-9a-f]{64}'
	run -0 ctr commit --format json "$ID" app:2
	jq -e '(.digest | test("^sha256:[0-9a-f]{64}$")) and (.size > 0) and ([.. | numbers] | length >= 2)' <<<"$output"
}

@test "the store is an OCI image layout that skopeo reads" {
	require_program skopeo
	changed 'echo x >/x'
	ctr commit "$ID" app:1
	equal "$(jq -r .imageLayoutVersion "$DATA/store/oci-layout")" 1.0.0
	store_is_whole
	run -0 skopeo inspect "oci:$DATA/store:app:1"
	equal "$(jq -r .Os <<<"$output")" linux
	run -0 skopeo copy --quiet "oci:$DATA/store:app:1" "dir:$DIR/copy"
}

@test "manifest and config say what the image specification demands" {
	local config diff_id
	changed 'echo x >/x'
	ctr commit "$ID" app:1
	equal "$(manifest app:1 | jq -r '.schemaVersion, .mediaType, .config.mediaType')" \
		$'2\napplication/vnd.oci.image.manifest.v1+json\napplication/vnd.oci.image.config.v1+json'
	equal "$(manifest app:1 | jq -r '.layers[-1].mediaType')" application/vnd.oci.image.layer.v1.tar+zstd
	config=$DATA/store/blobs/sha256/$(manifest app:1 | jq -r '.config.digest | ltrimstr("sha256:")')
	equal "$(manifest app:1 | jq .config.size)" "$(stat -c %s "$config")"
	equal "$(manifest app:1 | jq '.layers[-1].size')" "$(stat -c %s "$(last_layer app:1)")"
	equal "$(jq -r '.os, .rootfs.type' "$config")" $'linux\nlayers'
	diff_id=$(zstd -dc "$(last_layer app:1)" | sha256sum)
	equal "$(jq -r '.rootfs.diff_ids[-1]' "$config")" "sha256:${diff_id%% *}"
	equal "$(jq '.rootfs.diff_ids | length' "$config")" "$(manifest app:1 | jq '.layers | length')"
	equal "$(jq '[.history[] | select(.empty_layer != true)] | length' "$config")" "$(manifest app:1 | jq '.layers | length')"
	contains "$(jq -r '.config.Cmd // .config.Entrypoint | join(" ")' "$config")" 'sh -c'
	equal "$(jq -r '.config.Env[]' "$config")" PATH=/bin
}

@test "the layer holds exactly what was changed, whiteouts as .wh. files" {
	changed 'echo new >/etc/new; rm /etc/passwd; rm -r /home; mkdir /newdir'
	ctr commit "$ID" app:1
	run -0 listing app:1
	contains "$output" etc/new etc/.wh.passwd .wh.home newdir/
	lacks "$output" etc/group bin/busybox
}

@test "an opaque folder becomes .wh..wh..opq" {
	changed 'rm -r /etc/deep; mkdir /etc/deep; echo x >/etc/deep/new'
	ctr commit "$ID" app:1
	run -0 listing app:1
	contains "$output" etc/deep/.wh..wh..opq etc/deep/new
}

@test "modes, owners, times, links, FIFOs and device nodes" {
	changed 'cd /work; echo x >f; chown 12:34 f; chmod 4751 f; touch -d "2001-02-03 04:05:06" f; ln f hard; ln -s /etc/passwd soft
		mkfifo fifo; mknod null c 1 3; mkdir dir; chmod 1777 dir'
	ctr commit "$ID" app:1
	run -0 listing app:1
	matches "$output" '-rwsr-x--x 12/34 +2 2001-02-03 04:05:06 +\.?/?work/f'
	matches "$output" 'work/hard link to \.?/?work/f|work/f link to \.?/?work/hard'
	matches "$output" 'work/soft -> /etc/passwd'
	matches "$output" 'prw-r--r-- .*work/fifo'
	matches "$output" 'crw-r--r-- .* 1,3 .*work/null'
	matches "$output" 'drwxrwxrwt .*work/dir/'
}

@test "extended attributes are kept, those of overlayfs are not" {
	changed 'echo x >/x; probe setxattr /x user.colour green; echo y >>/etc/group; probe setxattr /x security.capability "$(printf "\1\0")" 2>/dev/null; true'
	ctr commit "$ID" app:1
	run -0 bash -c "zstd -dc '$(last_layer app:1)' | tar --xattrs --xattrs-include='*' -tvvf - ; zstd -dc '$(last_layer app:1)' | strings"
	contains "$output" 'SCHILY.xattr.user.colour=green'
	lacks "$output" overlay.opaque overlay.origin overlay.metacopy overlay.impure
}

@test "a sparse file stays sparse, in the image and in what is run from it" {
	changed 'probe sparse /sparse'
	ctr commit "$ID" app:1
	(($(stat -c %s "$(last_layer app:1)") < 1000000))
	run -0 ctr run --rm --name "$ID-2" app:1 sh -c 'stat -c "%s" /sparse; du -k /sparse; tail -c 1 /sparse'
	equal "${lines[0]}" 67108865
	contains "$output" x
}

@test "in a user namespace the owners in the image are those seen inside" {
	changed 'echo x >/x; chown 1000:29 /x' '.linux.namespaces += [{type: "user"}] |
		.linux.uidMappings = [{containerID: 0, hostID: 100000, size: 65536}] |
		.linux.gidMappings = [{containerID: 0, hostID: 100000, size: 65536}]'
	ctr commit "$ID" app:1
	matches "$(listing app:1)" ' 1000/29 .*x$'
}

@test "the committed image runs and has the changes, and the container's command" {
	changed 'echo changed >/etc/changed; rm /etc/passwd; exit 0'
	ctr commit "$ID" app:1
	run -0 ctr run --rm --name "$ID-2" app:1 sh -c 'cat /etc/changed /work/file; ls /etc/passwd 2>&1; true'
	equal "${lines[0]}" changed
	equal "${lines[1]}" lower
	contains "$output" 'No such file'
	spec . true
}

@test "an image without a command given runs its own" {
	spec . sh -c 'echo from the command of the spec'
	ctr run --name "$ID" spec.json
	ctr commit "$ID" app:1
	run -0 ctr run --rm --name "$ID-2" app:1
	equal "$output" 'from the command of the spec'
}

@test "a second commit on top has one layer more and shares the others" {
	changed 'echo one >/one'
	ctr commit "$ID" app:1
	ctr run --name "$ID-2" app:1 sh -c 'echo two >/two; rm /one'
	ctr commit "$ID-2" app:2
	equal "$(($(manifest app:1 | jq '.layers | length') + 1))" "$(manifest app:2 | jq '.layers | length')"
	equal "$(manifest app:2 | jq -c '.layers[:-1]')" "$(manifest app:1 | jq -c .layers)"
	run -0 ctr run --rm --name "$ID-3" app:2 sh -c 'cat /two; ls /one 2>&1; true'
	contains "$output" two 'No such file'
	store_is_whole
}

@test "commit under a name that is taken replaces it, the other tags stay" {
	changed 'echo one >/one'
	ctr commit "$ID" app:1
	ctr commit "$ID" app:other
	SPEC=spec2.json spec . sh -c 'echo two >/two'
	ctr run --name "$ID-2" spec2.json
	ctr commit "$ID-2" app:1
	equal "$(jq -r '[.manifests[].annotations["org.opencontainers.image.ref.name"]] | sort | join(" ")' "$DATA/store/index.json")" 'app:1 app:other'
	run -0 ctr run --rm --name "$ID-3" app:1 ls /two
	run -0 ctr run --rm --name "$ID-3" app:other ls /one
}

@test "a name without a tag means latest" {
	changed true
	ctr commit "$ID" app
	run -0 ctr images
	matches "$output" 'app +latest|app:latest'
	run -0 ctr run --rm --name "$ID-2" app:latest true
}

@test "bad image names are refused" {
	local name
	changed true
	for name in '' : app: :1 App 'a b' ../x 'a:b:c' "$(printf 'x%.0s' {1..300})" 'app:-1' $'a\nb'; do
		run ctr commit "$ID" "$name"
		[[ $status -ne 0 ]] || fail "'$name' was taken"
	done
}

@test "--compression gzip and none" {
	changed 'echo x >/x'
	ctr commit --compression gzip "$ID" app:gzip
	gzip -t "$(last_layer app:gzip)"
	equal "$(manifest app:gzip | jq -r '.layers[-1].mediaType')" application/vnd.oci.image.layer.v1.tar+gzip
	ctr commit --full --compression none "$ID" app:none
	tar -tf "$(last_layer app:none)" | grep -q 'x$'
	equal "$(manifest app:none | jq -r '.layers[-1].mediaType')" application/vnd.oci.image.layer.v1.tar
	run -0 ctr run --rm --name "$ID-2" app:gzip cat /x
	equal "$output" x
	run -0 ctr run --rm --name "$ID-2" app:none cat /x
	equal "$output" x
}

@test "-m is the comment of the image's history" {
	changed 'echo x >/x'
	ctr commit -m 'the reason' "$ID" app:1
	contains "$(cat "$DATA/store/blobs/sha256/$(manifest app:1 | jq -r '.config.digest | ltrimstr("sha256:")')")" 'the reason'
}

@test "commit of a running container freezes it only for a while" {
	background . 'i=0; while :; do i=$((i+1)); echo $i >/m; mv /m /n; done'
	eventually test -s "$DATA/containers/$ID/upper/n"
	run -0 ctr commit "$ID" app:1
	equal "$(status_of "$ID")" running
	local folder
	folder=$(cgroup_of "$(pid_of "$ID")")
	equal "$(<"$folder/cgroup.freeze")" 0
	run -0 ctr run --rm --name "$ID-2" app:1 cat /n
	matches "$output" '^[0-9]+$'
}

@test "commit of a paused container leaves it paused" {
	background . "echo x >/x; $IDLE"
	eventually test -s "$DATA/containers/$ID/upper/x"
	ctr freeze "$ID"
	run -0 ctr commit "$ID" app:1
	equal "$(status_of "$ID")" paused
}

@test "two files written one after the other: a commit never has the later without the earlier" {
	background . 'i=0; while :; do i=$((i+1)); echo $i >/a.new; mv /a.new /a; echo $i >/b.new; mv /b.new /b; done'
	eventually test -s "$DATA/containers/$ID/upper/b"
	local i a b
	for i in 1 2 3; do
		ctr commit "$ID" "app:$i"
		tar --zstd -xf "$(last_layer "app:$i")" -C "$DIR" --transform 's,^\./,,' 2>/dev/null
		a=$(<a) b=$(<b)
		((a == b || a == b + 1)) || fail "a is $a, b is $b"
		rm -f a b
	done
}

@test "a commit that is killed at any moment leaves the old store or the new one, and the container thawed after the next verb" {
	local i folder committer delay
	background . "head -c 3000000 /dev/urandom >/data; sync /data; touch /ready; $IDLE"
	eventually test -e "$DATA/containers/$ID/upper/ready"
	ctr commit "$ID" app:1
	folder=$(cgroup_of "$(pid_of "$ID")")
	for i in 1 2 3 4 5 6 7 8 9 10 11 12; do
		setsid "$CTR" --root "$ROOT" --data-root "$DATA" commit "$ID" app:1 >/dev/null 2>&1 3>&- &
		committer=$!
		printf -v delay '0.%03d' $((i * i * 2))
		read -rt "$delay" -u "$NAP" || true
		kill -KILL -- "-$committer" 2>/dev/null || true
		wait "$committer" 2>/dev/null || true
		store_is_whole
		jq -e '.manifests | length == 1' "$DATA/store/index.json" >/dev/null
		ctr state "$ID" >/dev/null
	done
	run ctr thaw "$ID"
	equal "$(<"$folder/cgroup.freeze")" 0
	run -0 ctr commit "$ID" app:1
	equal "$(<"$folder/cgroup.freeze")" 0
	run -0 ctr prune
	store_is_whole
	equal "$(find "$DATA" -name '*.tmp*' -o -name '.tmp*' -o -name '*.new' | head -3)" ''
	run -0 ctr run --rm --name "$ID-2" app:1 sh -c 'wc -c </data'
	equal "$output" 3000000
}

@test "a commit that fails leaves the store as it was and the container thawed" {
	background . "echo x >/x; $IDLE"
	ctr commit "$ID" app:1
	local before
	before=$(cd "$DATA/store" && find . -type f -exec sha256sum {} + | sort)
	(
		ulimit -f 0
		trap '' XFSZ
		ctr commit "$ID" app:2
	) >out 2>&1 && fail "it did not fail: $(<out)"
	equal "$(cd "$DATA/store" && find . -type f -size +0 -exec sha256sum {} + | sort)" "$before"
	equal "$(<"$(cgroup_of "$(pid_of "$ID")")/cgroup.freeze")" 0
}

@test "images lists them, rmi removes the name and prune the blobs that nobody needs" {
	changed 'echo x >/x'
	ctr commit "$ID" app:1
	ctr commit "$ID" app:2
	run -0 ctr images --format json
	equal "$(jq length <<<"$output")" 2
	run -0 ctr rmi app:1
	run -0 ctr images
	lacks "$output" 'app:1' 
	run -0 ctr run --rm --name "$ID-2" app:2 cat /x
	run -0 ctr rmi app:2
	run ctr rmi app:2
	[[ $status -ne 0 ]]
	contains "$output" app:2
	ctr rm "$ID"
	run -0 ctr prune
	equal "$(find "$DATA/store/blobs" -type f | wc -l)" 0
	equal "$(find "$DATA/layers" -mindepth 1 -maxdepth 1 2>/dev/null | wc -l)" 0
}

@test "an image that a container runs from is not pruned away under it" {
	changed 'echo x >/x'
	ctr commit "$ID" app:1
	ctr run -d --name "$ID-2" app:1 sh -c "$IDLE"
	ctr rmi --force app:1
	ctr prune
	run -0 ctr exec "$ID-2" cat /x
	equal "$output" x
}

@test "two commits at once into one store" {
	changed 'echo x >/x'
	SPEC=spec2.json spec . sh -c 'echo y >/y'
	ctr run --name "$ID-2" spec2.json
	ctr commit "$ID" app:1 &
	local first=$!
	ctr commit "$ID-2" app:2 &
	wait $!
	wait "$first"
	store_is_whole
	run -0 ctr run --rm --name "$ID-3" app:1 cat /x
	run -0 ctr run --rm --name "$ID-3" app:2 cat /y
}

@test "commit of a container that is not there, or has no writable layer, is an error" {
	run ctr commit nobody app:1
	[[ $status -ne 0 ]]
	contains "$output" 'container does not exist'
	spec '.root.readonly = true' true
	ctr run --name "$ID" spec.json
	run ctr commit "$ID" app:1
	[[ $status -ne 0 ]] || ctr run --rm --name "$ID-2" app:1 true
}

@test "names that only a hostile container makes go into the image and out again" {
	changed 'cd /work; touch -- "new
line" "..." " " "-x" "é" "a\\b" ".whx"; mkdir "d
d"; touch "d
d/f"; n=$(printf "n%.0s" $(seq 250)); touch $n; ln -s "$n$n" long'
	ctr commit "$ID" app:1
	run -0 ctr run --rm --name "$ID-2" app:1 sh -c 'cd /work; find . -print0 | tr -cd "\\0" | wc -c; test -e "new
line" && test -e "d
d/f" && test -e "..." && readlink long | wc -c'
	# what the container has made, and the file of the lower layer
	equal "$output" "$(($(find "$DATA/containers/$ID/upper/work" -print0 | tr -cd '\0' | wc -c) + 1))"$'\n501'
}
