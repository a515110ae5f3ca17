#!/usr/bin/env bats
# SPDX-License-Identifier: Apache-2.0
# `ctr check --store`: what is whole is called whole, and every kind of damage is found, by breaking
# one thing at a time behind ctr's back.

load helpers

# A store with two images, the second upon the first, both unpacked, and a container of the second.
setup() {
	setup_container
	# shellcheck disable=SC2016
	spec . sh -c 'mkdir -p /d/e /d/o; echo hello >/d/e/f; ln /d/e/f /d/e/g; ln -s f /d/e/l; echo x >/d/x; echo y >/d/o/y
		dd if=/dev/urandom of=/d/r bs=1k count=100 2>/dev/null; mkfifo /d/p; mknod /d/n c 1 3; chmod 4755 /d/r'
	ctr run --name "$ID-1" spec.json
	ctr commit --compression gzip "$ID-1" app:1 >/dev/null
	ctr run --name "$ID" app:1 sh -c 'rm /d/x; rm -r /d/o; mkdir /d/o; echo z >/d/o/z; truncate -s 1M /d/sparse; echo end >>/d/sparse'
	ctr commit "$ID" app:2 >/dev/null
	ctr run --rm --name "$ID-2" app:2 true
	ctr rm "$ID-1"
}

check_store() {
	ctr check --store --format json
}

# found PART...: the check says so, and ends with 1.
found() {
	run -1 check_store
	jq -e '.whole == false' <<<"$output" >/dev/null || fail "$output"
	contains "$(jq -r '.findings[] | select(.status == "damage") | .what + ": " + .found' <<<"$output")" "$@"
	jq -e 'all(.findings[]; .status != "damage" or .advice != "")' <<<"$output" >/dev/null || fail "no way out: $output"
}

whole() {
	run -0 check_store
	jq -e '.whole and ([.findings[] | select(.status == "damage")] == [])' <<<"$output" >/dev/null || fail "$output"
}

digest_of() { # NAME FILTER
	local digest
	digest=$(jq -r --arg name "$1" '.manifests[] | select(.annotations["org.opencontainers.image.ref.name"] == $name) | .digest' \
		"$DATA/store/index.json")
	[[ -z ${2-} ]] || digest=$(jq -r "$2" "$DATA/store/blobs/sha256/${digest#sha256:}")
	echo "${digest#sha256:}"
}

blob() {
	echo "$DATA/store/blobs/sha256/$(digest_of "$@")"
}

layer() { # NAME: the folder of its topmost layer
	local config
	config=$(blob "$1" .config.digest)
	echo "$DATA/layers/$(jq -r '.rootfs.diff_ids[-1] | sub("sha256:"; "")' "$config")"
}

@test "a whole store is called whole, with everything counted" {
	whole
	equal "$(jq -c '[.images, .blobs, .layers, .containers, .findings]' <<<"$output")" '[2,6,2,1,[]]'
	equal "$(jq .bytes <<<"$output")" "$(cat "$DATA"/store/blobs/sha256/* | wc -c)"
	run -0 ctr check --store
	contains "$output" '2 images, 6 blobs' 'all is whole'
	run -125 ctr check --repair
	contains "$output" 'only with --store'
}

@test "a blob that is damaged, cut or missing is found, whichever it is" {
	local filter file
	for filter in '' .config.digest '.layers[0].digest' '.layers[1].digest'; do
		file=$(blob app:2 "$filter")
		cp -p "$file" saved
		printf '\1' | dd of="$file" bs=1 seek=20 conv=notrunc status=none
		found "blob sha256:${file##*/}: its content has sha256:"
		truncate -s -1 "$file"
		found "blob sha256:${file##*/}: it has"
		rm "$file"
		found "its blob sha256:${file##*/} is missing"
		mv saved "$file"
		whole
	done
}

@test "an unpacked layer that differs from its archive is found, whatever differs" {
	local folder change
	folder=$(layer app:1)/d
	# that it uses the layer matters for repairs only
	for change in 'echo HELLO >e/f' 'echo longer >e/f' 'rm e/f' 'touch new' 'chmod 755 r' 'chown 7 r' 'touch -d 2001-01-01 e/l' \
		'ln -sf other e/l' 'rm e/g; cp -p e/f e/g' 'rm p; touch p' 'rm n; mknod n c 1 5' 'rm -r e; touch e' \
		'printf "\0" | dd of=r bs=1 seek=70000 conv=notrunc status=none; touch -r ../../times r'; do
		cp -a "$(layer app:1)" saved
		touch -r "$folder/r" "$DATA/layers/times" 2>/dev/null || true
		(cd "$folder" && eval "$change")
		found "layer $(basename "$(layer app:1)"): /d"
		rm -rf "$(layer app:1)" "$DATA/layers/times"
		mv saved "$(layer app:1)"
		whole
	done
	folder=$(layer app:2)/d
	for change in 'rm x' 'rm x; touch x' 'setfattr -x trusted.overlay.opaque o' 'setfattr -n trusted.overlay.opaque -v y .' \
		'printf x | dd of=sparse bs=1 seek=5000 conv=notrunc status=none'; do
		command -v setfattr >/dev/null || [[ $change != setfattr* ]] || continue
		cp -a "$(layer app:2)" saved
		(cd "$folder" && eval "$change")
		found "layer $(basename "$(layer app:2)"): /d"
		rm -rf "$(layer app:2)"
		mv saved "$(layer app:2)"
		whole
	done
}

@test "an index that cannot be read is damage, and nothing is called rubbish then" {
	echo '{' >"$DATA/store/index.json"
	found 'index.json: '
	equal "$(jq '[.findings[] | select(.status == "rubbish")] | length' <<<"$output")" 0
}

@test "a container without its layers, spec or record is found" {
	local verb folder=$DATA/containers/$ID
	mv "$folder/upper" saved
	found "container $ID: its writable layer"
	mv saved "$folder/upper"
	mv "$(layer app:1)" saved
	found "container $ID: its lower layer"
	mv saved "$(layer app:1)"
	cp "$folder/config.json" saved
	echo '{' >"$folder/config.json"
	found "container $ID: "
	cp saved "$folder/config.json"
	cp "$folder/container.json" saved
	echo '{' >"$folder/container.json"
	found "container $ID: "
	for verb in 'check --store --repair' prune; do
		# shellcheck disable=SC2086
		run -125 ctr $verb
		contains "$output" 'which layers it uses is not known'
	done
	# as a power cut leaves it: its making had not come to its end
	: >"$folder/container.json"
	run -0 check_store
	contains "$output" 'its making or its removal was interrupted'
	cp saved "$folder/container.json"
	whole
}

@test "a snapshot without its layer is found" {
	ctr snapshot "$ID" >/dev/null
	whole
	mv "$DATA"/uppers saved
	found "container $ID: layer of its snapshot @1"
	mv saved "$DATA"/uppers
	whole
}

@test "rubbish is told, is no damage, and prune removes it" {
	ctr rmi app:2 >/dev/null
	ctr rm "$ID"
	echo half >"$DATA/store/blobs/sha256/.tmp-1-2"
	mkdir -p "$DATA/layers/.tmp-3-4/a"
	run -0 check_store
	equal "$(jq -r '.findings[] | .status + " " + .what + " " + (.found | split(" ")[0])' <<<"$output")" \
		$'rubbish blobs 3\nrubbish layers 1\nrubbish temporary 2'
	ctr prune >/dev/null
	whole
	equal "$(jq -c .findings <<<"$output")" '[]'
}

@test "--repair removes damaged layers, which are unpacked again, and damaged blobs, which come again" {
	ctr save app:1 >saved.tar 2>/dev/null || skopeo copy -q --insecure-policy "oci:$DATA/store:app:1" oci-archive:saved.tar:app:1
	echo DAMAGE >"$(layer app:2)/d/o/z"
	echo DAMAGE >"$(layer app:1)/d/x"
	run -1 ctr check --store --repair --format json
	contains "$output" 'containers use it' 'was removed, and is unpacked again'
	[[ ! -e $(layer app:2) && -e $(layer app:1) ]] || fail "the wrong one was removed"
	ctr rm "$ID"
	run -0 ctr check --store --repair
	contains "$output" 'was removed'
	run -0 ctr run --rm --name "$ID" app:2 sh -c 'cat /d/o/z; test ! -e /d/x'
	equal "$output" z
	whole
	truncate -s 10 "$(blob app:1 '.layers[0].digest')"
	run -1 ctr check --store --repair
	run -1 check_store
	contains "$output" 'is missing'
}
