# shellcheck shell=bash
# SPDX-License-Identifier: Apache-2.0
# Images made by hand, as another tool would put them into the store.

# image NAME LAYER.tar CONFIG: an image of one layer.
image() {
	local name=$1 layer=$2 config=$3 diff_id
	mkdir -p "$DATA/store/blobs/sha256"
	echo '{"imageLayoutVersion":"1.0.0"}' >"$DATA/store/oci-layout"
	[[ -e $DATA/store/index.json ]] ||
		echo '{"schemaVersion":2,"manifests":[]}' >"$DATA/store/index.json"
	diff_id=$(sha256sum <"$layer")
	blob "$layer"
	# shellcheck disable=SC2094 # the variable and the file have one name
	jq -n --arg id "sha256:${diff_id%% *}" --slurpfile config <(printf %s "$config") '{architecture: "amd64",
		os: "linux", config: $config[0], rootfs: {type: "layers", diff_ids: [$id]}}' >config
	jq -n --argjson layer "$(descriptor "$layer" layer.v1.tar)" \
		--argjson config "$(descriptor config config.v1+json)" '{schemaVersion: 2, mediaType:
		"application/vnd.oci.image.manifest.v1+json", config: $config, layers: [$layer]}' >manifest
	blob config
	blob manifest
	jq --arg name "$name" --argjson manifest "$(descriptor manifest manifest.v1+json)" \
		'.manifests += [$manifest | .annotations = {"org.opencontainers.image.ref.name": $name}]' \
		"$DATA/store/index.json" >index
	cp index "$DATA/store/index.json"
}

blob() {
	local sum
	sum=$(sha256sum <"$1")
	cp "$1" "$DATA/store/blobs/sha256/${sum%% *}"
}

descriptor() {
	local sum
	sum=$(sha256sum <"$1")
	jq -n --arg digest "sha256:${sum%% *}" --argjson size "$(stat -c %s "$1")" \
		--arg type "application/vnd.oci.image.$2" '{mediaType: $type, digest: $digest, size: $size}'
}

# rootfs_image CONFIG: the image box:1 of the tests' rootfs.
rootfs_image() {
	tar cf layer.tar -C "$ROOTFS" .
	image box:1 layer.tar "$1"
}
