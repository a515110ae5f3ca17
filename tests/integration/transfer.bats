#!/usr/bin/env bats
# SPDX-License-Identifier: Apache-2.0
# `ctr load` and `save`: images in and out of the store, as other tools write and read them. Hostile archives are made here, byte by byte where no tool would make them.

load helpers
load images

@test "an OCI archive by skopeo, with the name and digest that it has" {
	oci_image oci app:1
	skopeo copy -q oci:oci:app:1 oci-archive:a.tar:example.org/team/app:1
	run -0 ctr load -i a.tar
	equal "$output" "Loaded image: example.org/team/app:1"
	equal "$(digest_of example.org/team/app:1)" "$(jq -r '.manifests[0].digest' oci/index.json)"
	run -0 ctr run --rm team/app:1 cat /etc/marker
	equal "$output" app:1
	store_is_whole
}

@test "a docker archive by skopeo: plain layers with the diff_id as digest, the config as it was" {
	oci_image oci app:1
	skopeo copy -q oci:oci:app:1 docker-archive:d.tar:app:1
	run -0 ctr load -i d.tar
	equal "$output" "Loaded image: docker.io/library/app:1"
	equal "$(manifest docker.io/library/app:1 | jq -r '.layers[].mediaType')" application/vnd.oci.image.layer.v1.tar
	equal "$(manifest docker.io/library/app:1 | jq -r '.layers[].digest')" \
		"$(config docker.io/library/app:1 | jq -r '.rootfs.diff_ids[]')"
	equal "$(config docker.io/library/app:1 | sha256sum)" "$(tar xOf d.tar "$(tar xOf d.tar manifest.json | jq -r '.[0].Config')" | sha256sum)"
	run -0 ctr run --rm app:1 cat /etc/marker
	equal "$output" app:1
	store_is_whole
}

@test "compressed archives, from standard input and by name" {
	oci_image oci app:1
	skopeo copy -q oci:oci:app:1 oci-archive:a.tar:app:1
	gzip -k a.tar && zstd -q a.tar && xz -k a.tar && bzip2 -k a.tar
	for kind in gz zst xz bz2; do
		ctr load -q --name "app:$kind" <a.tar."$kind"
		equal "$(digest_of "app:$kind")" "$(jq -r '.manifests[0].digest' oci/index.json)"
	done
}

@test "a folder, with several images that all come" {
	oci_image oci app:1
	oci_image oci app:2
	run -0 ctr load -i oci
	equal "${lines[*]}" "Loaded image: app:1 Loaded image: app:2"
	run -0 ctr run --rm app:2 cat /etc/marker
	equal "$output" app:2
	# the folder is not ours
	skopeo inspect -n oci:oci:app:1 >/dev/null
}

@test "old docker archives: layer.tar as a link to another's, hard and symbolic, two names, two images" {
	docker_archive
	(cd d && ln -s ../l1/layer.tar l2/layer.tar && tar c l1/layer.tar l2/layer.tar l1/json config.json \
		manifest.json repositories) >symbolic.tar
	run -0 ctr load -i symbolic.tar
	equal "${lines[*]}" "Loaded image: old:1 Loaded image: old:latest Loaded image: other:1"
	equal "$(config other:1 | jq '.rootfs.diff_ids | length')" 2
	# a layer that is there twice lies in the root once
	run -0 ctr run --rm other:1 cat /etc/marker
	equal "$output" old
	ctr rmi old:1
	(cd d && ln -f l1/layer.tar l2/layer.tar && tar c l1/layer.tar l2/layer.tar config.json manifest.json) >hard.tar
	tar tvf hard.tar | grep -q 'link to l1/layer.tar'
	ctr load -i hard.tar
	run -0 ctr run --rm old:1 cat /etc/marker
	equal "$output" old
}

@test "an image without a name is called by its digest, until it has one" {
	oci_image oci app:1
	skopeo copy -q oci:oci:app:1 oci-archive:a.tar
	run -0 ctr load -i a.tar
	digest=$(jq -r '.manifests[0].digest' oci/index.json)
	equal "$output" "Loaded image: $digest"
	run -0 ctr run --rm "${digest:7:12}" cat /etc/marker
	equal "$output" app:1
	ctr load -q -i a.tar
	equal "$(jq '.manifests | length' "$DATA/store/index.json")" 1
	ctr rmi "$digest"
	equal "$(jq '.manifests | length' "$DATA/store/index.json")" 0
}

@test "an image with 105 layers" {
	oci_image oci app:1
	many_layers oci app:1 105
	ctr load -q -i oci
	equal "$(manifest app:1 | jq '.layers | length')" 105
	run -0 ctr run --rm app:1 sh -c 'ls /layers | wc -l; cat /layers/105'
	equal "$output" $'104\n105'
}

@test "an index for several platforms: the one for this machine, others as far as they are there" {
	oci_image oci app:1
	multi_platform oci app:1
	tar cf m.tar -C oci .
	ctr load -q -i m.tar
	run -0 ctr run --rm app:1 cat /etc/marker
	equal "$output" app:1
	ctr prune
	run -0 ctr run --rm app:1 true
	# without ours
	jq '.manifests[0].platform.architecture = "s390x"' "$(blob oci "$(index_digest oci)")" >changed
	put_index oci changed
	tar cf m.tar -C oci .
	refused 'has no manifest for linux/' -i m.tar
}

@test "docker's media types in a layout, and foreign layers that are there" {
	oci_image oci app:1
	change_manifest oci '.mediaType = "application/vnd.docker.distribution.manifest.v2+json" |
		.config.mediaType = "application/vnd.docker.container.image.v1+json" |
		.layers[].mediaType = "application/vnd.docker.image.rootfs.foreign.diff.tar.gzip" |
		.layers[0].urls = ["https://example.org/layer"]'
	ctr load -q -i oci
	run -0 ctr run --rm app:1 cat /etc/marker
	equal "$output" app:1
	rm "$(blob oci "$(jq -r '.layers[0].digest' "$(blob oci "$(index_digest oci)")")")"
	refused 'is not in the archive but at https://example.org/layer' -i oci
}

@test "estargz and chunked zstd are gzip and zstd in several pieces" {
	oci_image oci app:1
	relayer oci 'head -c 10000 | gzip; tail -c +10001 layer | gzip; printf "" | gzip'
	ctr load -q -i oci
	run -0 ctr run --rm app:1 cat /etc/marker
	equal "$output" app:1
	relayer oci 'head -c 10000 | zstd -q; printf "\120\052\115\030\004\0\0\0abcd"; tail -c +10001 layer | zstd -q; printf "\136\052\115\030\001\0\0\0x"'
	ctr load -q -i oci
	ctr rmi app:1 && ctr prune
	ctr load -q -i oci
	run -0 ctr run --rm app:1 cat /etc/marker
	equal "$output" app:1
}

@test "an artifact alone is refused, beside an image it is left out" {
	oci_image oci app:1
	change_manifest oci '.config.mediaType = "application/vnd.oci.empty.v1+json"'
	refused 'there is no image' -i oci
	oci_image oci app:2
	run -0 ctr load -i oci
	contains "$output" 'an artifact' 'Loaded image: app:2'
	lacks "$output" 'Loaded image: app:1'
}

@test "wrong digests, sizes, counts and diff_ids are refused" {
	oci_image good app:1
	cp -a good oci
	layer=$(jq -r '.layers[0].digest' "$(blob oci "$(index_digest oci)")")
	printf x | dd of="$(blob oci "$layer")" bs=1 seek=100 conv=notrunc status=none
	refused 'its content has the digest' -i oci
	tar cf a.tar -C oci .
	refused 'its content has the digest' -i a.tar
	fresh && change_manifest oci '.layers[0].size += 1'
	refused "bytes instead of" -i oci
	fresh && change_manifest oci '.layers += .layers'
	refused 'diff_ids in the config' -i oci
	fresh && change_config oci '.rootfs.diff_ids[0] |= sub("[0-9a-f]{4}$"; "0000")'
	refused 'its diff_id is' -i oci
	fresh && jq '.manifests[0].size += 1' good/index.json >oci/index.json
	refused 'bytes instead of' -i oci
	fresh && jq '.manifests[0].digest = "sha256:../../../../etc/passwd"' good/index.json >oci/index.json
	refused 'digest expected' -i oci
	fresh && rm "$(blob oci "$layer")"
	refused 'is not in the archive' -i oci
	fresh && change_manifest oci '.layers[0].digest |= sub("sha256"; "sha512")'
	refused 'digests other than sha256' -i oci
}

@test "documents of the wrong kind are refused" {
	oci_image good app:1
	fresh && jq '.manifests[0].mediaType = "application/vnd.oci.image.index.v1+json"' good/index.json >oci/index.json
	refused 'instead of application/vnd.oci.image.index' -i oci
	fresh && change_manifest oci '.manifests = []'
	refused 'a manifest and an index at once' -i oci
	fresh && change_manifest oci '.config = .layers[0] | .config.mediaType = "application/vnd.oci.image.config.v1+json"'
	refused 'blobs/sha256/' -i oci
	fresh && change_manifest oci '.layers[0].mediaType = "application/vnd.oci.image.layer.v1.tar+gzip+encrypted"'
	refused 'which is unknown' -i oci
	fresh && jq '.manifests[0].mediaType = "application/vnd.docker.distribution.manifest.v1+json"' good/index.json >oci/index.json
	refused 'which is no image' -i oci
	fresh && echo '{"imageLayoutVersion": "9.0"}' >oci/oci-layout
	refused 'imageLayoutVersion' -i oci
	fresh && echo '[]' >oci/index.json
	refused 'index.json' -i oci
	fresh && jq '.manifests += .manifests' good/index.json >oci/index.json
	refused 'named twice' -i oci
	fresh && jq '.manifests[0].annotations["org.opencontainers.image.ref.name"] = "../../x"' good/index.json >oci/index.json
	refused 'image name' -i oci
	mkdir d && echo '[{"Config": "../../etc/passwd", "Layers": []}]' >d/manifest.json && tar cf d.tar -C d manifest.json
	refused 'leads out of the archive' -i d.tar
	echo '[{"Config": "manifest.json", "Layers": []}]' >d/manifest.json && tar cf d.tar -C d manifest.json
	refused 'manifest.json' -i d.tar
	echo '[]' >d/manifest.json && tar cf d.tar -C d manifest.json
	refused 'has no image' -i d.tar
}

@test "directories of this machine are not taken from an image of elsewhere" {
	oci_image good app:1
	fresh && jq '.manifests[0].annotations["io.ctr.lower"] = "[\"/\"]"' good/index.json >oci/index.json
	refused 'io.ctr.lower' -i oci
	fresh && change_manifest oci '.annotations = {"io.ctr.lower": "[\"/etc\"]"}'
	refused 'committed over directories' -i oci
}

@test "indexes in indexes end somewhere, and circles do" {
	oci_image oci app:1
	for _ in 1 2 3 4 5 6; do
		jq -n --arg digest "$(index_digest oci)" --argjson size "$(stat -c %s "$(blob oci "$(index_digest oci)")")" \
			--arg type "$(jq -r '.manifests[0].mediaType' oci/index.json)" \
			'{schemaVersion: 2, manifests: [{mediaType: $type, digest: $digest, size: $size}]}' >index
		put_index oci index
	done
	refused 'too many indexes in indexes' -i oci
}

@test "names and links that lead out of the archive, special files, and what comes twice" {
	oci_image good app:1
	fresh
	tar cf a.tar -C oci oci-layout index.json --transform 's,^,../,'  --absolute-names
	refused 'leads out of the archive' -i a.tar
	tar cf a.tar -P "$PWD/oci/index.json"
	refused 'leads out of the archive' -i a.tar
	tar cf a.tar -C oci . && tar rf a.tar -C oci ./index.json
	refused 'is in the archive twice' -i a.tar
	mkdir link && ln -s ../../../../etc/passwd link/index.json && tar cf a.tar -C link .
	refused 'out of the archive' -i a.tar
	ln -sfn /etc/passwd link/index.json && tar cf a.tar -C link .
	refused 'out of the archive' -i a.tar
	ln -sfn b link/index.json && ln -s index.json link/b && tar cf a.tar -C link .
	refused 'too many links' -i a.tar
	rm link/* && mkfifo link/index.json && tar cf a.tar -C link .
	refused 'special file' -i a.tar
	refused 'not a regular file' -i link
	rm link/* && ln -s /etc/passwd link/index.json
	refused 'index.json' -i link
	truncate -s 1M sparse && echo x >>sparse && tar cSf a.tar sparse
	refused 'sparse' -i a.tar
}

@test "cut off, empty and other archives, at every place, leave nothing" {
	oci_image oci app:1
	tar cf a.tar -C oci oci-layout index.json blobs
	size=$(stat -c %s a.tar)
	for ((at = 0; at < size - 10240; at += size / 9)); do
		head -c "$at" a.tar >cut.tar
		refused . -i cut.tar
		gzip -c a.tar | head -c "$((at / 3))" >cut.tar
		refused . -i cut.tar
	done
	refused 'no tar archive' -i /etc/passwd
	refused 'nor a manifest.json' -i "$ROOTFS"
	refused 'No such file' -i nowhere.tar
}

@test "a document that is too large is not read" {
	oci_image good app:1
	fresh
	{ cat good/index.json; head -c 20000000 /dev/zero | tr '\0' ' '; } >oci/index.json
	refused 'are too many' -i oci
	fresh
	{ cat "$(blob good "$(index_digest good)")"; head -c 20000000 /dev/zero | tr '\0' ' '; } >manifest
	put_manifest oci manifest
	refused 'are too many' -i oci
}

@test "a document that is named many times takes the memory of one" {
	local type=application/vnd.oci.image.manifest.v1+json sum
	mkdir -p layout/blobs/sha256
	echo '{"imageLayoutVersion":"1.0.0"}' >layout/oci-layout
	jq -nc --arg type "$type" '{schemaVersion: 2, mediaType: $type, layers: [], x: [range(300000) | 0],
		config: {mediaType: "application/x", digest: ("sha256:" + "0" * 64), size: 1}}' >document
	sum=$(sha256sum <document)
	jq -n --arg type "$type" --arg digest "sha256:${sum%% *}" --argjson size "$(stat -c %s document)" '{schemaVersion: 2,
		manifests: [range(40) | {mediaType: $type, digest: $digest, size: $size}]}' >layout/index.json
	mv document "layout/blobs/sha256/${sum%% *}"
	run -125 bash -c "ulimit -v 500000; '$CTR' --data-root '$DATA' load -i layout"
	contains "$output" "there is no image in it"
}

@test "a bomb of compression is stopped, and a layer that is not what it says" {
	mkdir bomb
	truncate -s 1G bomb/layer
	tar cf - -C bomb layer | zstd -q -o bomb.tar.zst
	(($(stat -c %s bomb.tar.zst) < 3000000))
	refused 'times its size' -i bomb.tar.zst
	(($(du -sm "$DATA" | cut -f1) < 20))
	oci_image oci app:1
	relayer oci 'cat >/dev/null; printf "\037\213no gzip at all"'
	refused 'gzip' -i oci
}

@test "a load that is killed leaves nothing but what prune takes" {
	oci_image oci app:1
	tar cf a.tar -C oci .
	mkfifo pipe
	"$CTR" --root "$ROOT" --data-root "$DATA" load -q -i pipe 3>&- &
	pid=$!
	exec 9>pipe
	head -c 100000 a.tar >&9
	eventually eval '[[ -n $(ls -A "$DATA/store/blobs/sha256" 2>/dev/null) ]]'
	kill -KILL $pid
	wait $pid || true
	exec 9>&-
	equal "$(ctr images -q)" ''
	ctr prune
	nothing_stored
}

@test "save and load: names, digests and content come back, in every format" {
	oci_image oci app:1
	oci_image oci localhost/app:2
	ctr load -q -i oci
	ctr save -o all.tar app:1 localhost/app:2 app:1
	ctr save app:1 localhost/app:2 | cmp - all.tar
	ctr save --format docker-archive -m -o docker.tar app:1 localhost/app:2
	ctr save --format docker-archive app:1 localhost/app:2 | cmp - docker.tar
	ctr save --format oci-dir -o folder app:1 localhost/app:2
	for archive in all.tar docker.tar folder; do
		rm -rf "$DIR/other"
		run -0 "$CTR" --root "$ROOT" --data-root "$DIR/other" load -i "$archive"
		equal "$output" $'Loaded image: app:1\nLoaded image: localhost/app:2'
		run -0 "$CTR" --root "$ROOT" --data-root "$DIR/other" run --rm --name "$ID" app:2 cat /etc/marker
		equal "$output" localhost/app:2
		[[ $archive == docker.tar ]] || equal "$("$CTR" --data-root "$DIR/other" images -f json | jq -r '.[0].digest')" "$(digest_of app:1)"
		equal "$("$CTR" --data-root "$DIR/other" images -f json | jq -r '.[0].id')" "$(manifest app:1 | jq -r .config.digest)"
	done
	equal "$(stat -c %a all.tar)" 600
}

@test "what save writes is read by skopeo, umoci and tar" {
	require_program umoci
	oci_image oci app:1
	ctr load -q -i oci
	ctr save -o oci.tar app:1
	ctr save --format docker-archive -o docker.tar app:1
	ctr save --format oci-dir -o folder app:1
	equal "$(skopeo inspect oci-archive:oci.tar:app:1 | jq -r .Digest)" "$(digest_of app:1)"
	skopeo copy -q docker-archive:oci.tar:app:1 dir:from-oci
	skopeo copy -q docker-archive:docker.tar:app:1 dir:from-docker
	equal "$(jq -r .config.digest from-docker/manifest.json)" "$(manifest app:1 | jq -r .config.digest)"
	skopeo copy -q oci:folder:app:1 oci:plain:x
	umoci unpack --rootless --image plain:x bundle 2>/dev/null
	equal "$(<bundle/rootfs/etc/marker)" app:1
	run -0 tar tvf docker.tar
	lacks "$output" '..'
}

@test "save refuses a terminal, a folder that is not empty, what is not there and what is damaged" {
	oci_image oci app:1
	ctr load -q -i oci
	mkdir full && touch full/file
	run -125 ctr save --format oci-dir -o full app:1
	equal "$(ls full)" file
	run -125 ctr save --format oci-dir app:1
	run -125 ctr save -o x.tar app:1 nothing:1
	[[ ! -e x.tar ]]
	printf x | dd of="$(blob "$DATA/store" "$(manifest app:1 | jq -r '.layers[0].digest')")" bs=1 seek=999 conv=notrunc status=none
	run -125 ctr save -o x.tar app:1
	contains "$output" damaged
	[[ ! -e x.tar ]]
	run -125 ctr save --format docker-archive -o x.tar app:1
	[[ ! -e x.tar ]]
	run -125 ctr save --format oci-dir -o new app:1
	[[ ! -e new ]]
	# loading it again mends it
	ctr load -q -i oci
	ctr save -o x.tar app:1
	spec . true
	ctr run --name "$ID" spec.json
	ctr commit "$ID" over:1
	run -125 ctr save -o y.tar over:1
	contains "$output" 'directories of this machine'
}
