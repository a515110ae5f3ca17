# shellcheck shell=bash
# SPDX-License-Identifier: Apache-2.0
# Images for tests, made by hand: a layout that any tool can read, whose documents are then changed.

# The files of a layout's blob.
blob() { echo "$1/blobs/sha256/${2#sha256:}"; }

# put LAYOUT FILE: makes FILE a blob; prints its digest.
put() {
	local hex
	hex=$(sha256sum <"$2") && hex=${hex%% *}
	cp "$2" "$1/blobs/sha256/$hex"
	echo "sha256:$hex"
}

# descriptor LAYOUT FILE TYPE: the same; prints the descriptor of it.
descriptor() {
	jq -nc --arg type "$3" --arg digest "$(put "$1" "$2")" --argjson size "$(stat -c %s "$2")" \
		'{mediaType: $type, digest: $digest, size: $size}'
}

# oci_image LAYOUT NAME: adds an image of $ROOTFS with one gzip layer and NAME in /etc/marker.
oci_image() {
	local layout=$1 name=$2
	mkdir -p "$layout/blobs/sha256"
	[[ -e $layout/oci-layout ]] || echo '{"imageLayoutVersion":"1.0.0"}' >"$layout/oci-layout"
	[[ -e $layout/index.json ]] || echo '{"schemaVersion":2,"manifests":[]}' >"$layout/index.json"
	mkdir -p "marker/etc" && echo "$name" >marker/etc/marker
	tar cf layer --exclude ./dev -C "$ROOTFS" . -C "$PWD/marker" ./etc/marker
	gzip -1 -n <layer >layer.gz
	jq -n --arg diff "sha256:$(sha256sum <layer | cut -d' ' -f1)" --arg arch "$(architecture)" '{
		created: "2020-01-02T03:04:05Z", author: "somebody", architecture: $arch, os: "linux",
		config: {Env: ["PATH=/bin"], Cmd: ["sh"], Labels: {colour: "green"}},
		rootfs: {type: "layers", diff_ids: [$diff]},
		history: [{created: "2020-01-02T03:04:05Z", created_by: "ADD rootfs"},
			{created: "2020-01-02T03:04:06Z", created_by: "CMD sh", empty_layer: true}]
	}' >config.json
	jq -n --argjson layer "$(descriptor "$layout" layer.gz application/vnd.oci.image.layer.v1.tar+gzip)" \
		--argjson config "$(descriptor "$layout" config.json application/vnd.oci.image.config.v1+json)" '{
		schemaVersion: 2, mediaType: "application/vnd.oci.image.manifest.v1+json",
		config: $config, layers: [$layer]}' >manifest.json
	jq --argjson manifest "$(descriptor "$layout" manifest.json application/vnd.oci.image.manifest.v1+json)" \
		--arg name "$name" '.manifests += [$manifest |
			.annotations["org.opencontainers.image.ref.name"] = $name]' "$layout/index.json" >index
	mv index "$layout/index.json"
}

architecture() {
	case $(uname -m) in x86_64) echo amd64 ;; aarch64) echo arm64 ;; *) uname -m ;; esac
}

# fresh: "oci" as "good" is.
fresh() { rm -rf oci && cp -a good oci; }

# The digest of the layout's first image.
index_digest() { jq -r '.manifests[0].digest' "$1/index.json"; }

# put_as LAYOUT FILE TYPE: FILE becomes what the layout's first name leads to.
put_as() {
	local new
	new=$(descriptor "$1" "$2" "$3")
	jq --argjson new "$new" '.manifests[0] += $new' "$1/index.json" >"$1/index.new"
	mv "$1/index.new" "$1/index.json"
}

put_index() { put_as "$1" "$2" application/vnd.oci.image.index.v1+json; }
put_manifest() { put_as "$1" "$2" application/vnd.oci.image.manifest.v1+json; }

# change_manifest LAYOUT FILTER: the first image's manifest changed by jq, digests made right.
change_manifest() {
	jq "$2" "$(blob "$1" "$(index_digest "$1")")" >changed
	put_as "$1" changed "$(jq -r .mediaType changed)"
}

change_config() {
	local manifest
	manifest=$(blob "$1" "$(index_digest "$1")")
	jq "$2" "$(blob "$1" "$(jq -r .config.digest "$manifest")")" >config
	jq --argjson config "$(descriptor "$1" config application/vnd.oci.image.config.v1+json)" \
		'.config = $config' "$manifest" >changed
	put_manifest "$1" changed
}

# relayer LAYOUT SCRIPT: the first layer as SCRIPT makes it of the archive on its standard input.
relayer() {
	bash -c "$2" <layer >layer.new
	change_manifest "$1" ".layers[0] = $(descriptor "$1" layer.new application/vnd.oci.image.layer.v1.tar+gzip)"
}

# many_layers LAYOUT NAME COUNT: the image with so many layers.
many_layers() {
	local i hex size
	mkdir -p small/layers
	for ((i = 2; i <= $3; i++)); do
		rm -f small/layers/* && echo "$i" >"small/layers/$i"
		tar cf file --owner 0 --group 0 -C small layers
		hex=$(sha256sum file) && hex=${hex%% *}
		size=$(stat -c %s file)
		mv file "$1/blobs/sha256/$hex"
		echo "{\"mediaType\": \"application/vnd.oci.image.layer.v1.tar\", \"digest\": \"sha256:$hex\", \"size\": $size}"
	done | jq -s . >list.json
	change_config "$1" ".rootfs.diff_ids += $(jq -c "map(.digest)" list.json) | del(.history)"
	change_manifest "$1" ".layers += $(jq -c . list.json)"
}

# multi_platform LAYOUT NAME: the image in an index beside one that is missing and one of s390x.
multi_platform() {
	local old
	old=$(jq -c --arg arch "$(architecture)" '.manifests[0] | del(.annotations) | .platform = {os: "linux", architecture: $arch}' "$1/index.json")
	jq -n --argjson old "$old" '{schemaVersion: 2, mediaType: "application/vnd.oci.image.index.v1+json", manifests: [$old,
		($old | .digest = "sha256:" + ("0" * 64) | .platform.architecture = "mips")]}' >index
	put_index "$1" index
}

# docker_archive: the folder d with what an old docker would have saved, two images of it.
docker_archive() {
	local hex
	mkdir -p d/l1 d/l2
	oci_image oci old
	mv layer d/l1/layer.tar
	hex=$(sha256sum <d/l1/layer.tar) && hex=${hex%% *}
	jq -n --arg diff "sha256:$hex" --arg arch "$(architecture)" '{architecture: $arch, os: "linux", config: {Env: ["PATH=/bin"]},
		rootfs: {type: "layers", diff_ids: [$diff, $diff]}}' >d/config.json
	jq -n '[{Config: "config.json", RepoTags: ["old:1", "old:latest"], Layers: ["l1/layer.tar", "l2/layer.tar"]},
		{Config: "config.json", RepoTags: ["other:1"], Layers: ["l1/layer.tar", "l2/layer.tar"]}]' >d/manifest.json
	echo '{"old": {"1": "l2"}}' >d/repositories
	echo '{"id": "l1"}' >d/l1/json
}

# digest_of NAME, manifest NAME, config NAME: from the store's own index.
digest_of() {
	jq -r --arg name "$1" '.manifests[] | select(.annotations["org.opencontainers.image.ref.name"] == $name) | .digest' \
		"$DATA/store/index.json"
}
manifest() { cat "$(blob "$DATA/store" "$(digest_of "$1")")"; }
config() { cat "$(blob "$DATA/store" "$(manifest "$1" | jq -r .config.digest)")"; }

# Every blob of the store has the digest that it is named for.
store_is_whole() {
	local file
	for file in "$DATA"/store/blobs/sha256/*; do
		[[ ! -e $file ]] || equal "$(sha256sum <"$file")" "$(basename "$file")  -" || return
	done
}

nothing_stored() {
	equal "$(ls -A "$DATA/store/blobs/sha256")" ''
}

# refused PATTERN ARGUMENT...: `ctr load` fails, says so, and the store has no image and no
# temporary file; blobs may be there.
# shellcheck disable=SC2154 # status and output are of run
refused() {
	local pattern=$1 before after
	shift
	before=$(cat "$DATA/store/index.json" 2>/dev/null || true)
	run ctr load -q "$@"
	[[ $status == 125 ]] || { echo "status $status instead of 125: $output"; return 1; }
	matches "$output" "$pattern" || return
	after=$(cat "$DATA/store/index.json" 2>/dev/null || true)
	equal "$after" "$before" || return
	[[ ! -d $DATA/store/blobs/sha256 ]] || equal "$(find "$DATA/store/blobs/sha256" -name '.tmp*')" ''
}
