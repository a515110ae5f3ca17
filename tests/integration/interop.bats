#!/usr/bin/env bats
# SPDX-License-Identifier: Apache-2.0
# Images between ctr and the tools of this machine, both ways; those that are not installed are left
# out. tests/engines/images does more of it with podman, buildah and Docker in a root of their own.

load helpers
load images

setup() {
	setup_container
	oci_image oci app:1
	ctr load -q -i oci >/dev/null
	ctr run --name "$ID" app:1 sh -c 'echo kept >/kept; rm /etc/not-executable; ln -s kept /link; chown 5:6 /kept'
	ctr commit "$ID" app:2 >/dev/null
}

# podman or buildah with a storage of this test's
of_containers() {
	"$1" --root "$DIR/storage" --runroot "$DIR/runroot" --storage-driver vfs "${@:2}" 3>&-
}

# The root of an unpacked bundle is what app:2 has.
is_app_2() {
	equal "$(<"$1/kept")" kept && equal "$(stat -c %u:%g "$1/kept")" 5:6 &&
		equal "$(readlink "$1/link")" kept && equal "$(<"$1/etc/marker")" app:1 &&
		[[ ! -e $1/etc/not-executable ]]
}

@test "umoci unpacks what save writes, and load takes what umoci repacks" {
	require_program umoci skopeo
	ctr save --format docker-archive -o docker.tar app:2
	skopeo copy -q docker-archive:docker.tar oci:layout:two
	umoci unpack --image layout:two bundle 2>/dev/null
	is_app_2 bundle/rootfs
	echo more >bundle/rootfs/more
	rm bundle/rootfs/link
	umoci repack --image layout:three bundle
	umoci config --image layout:three --config.cmd cat --config.cmd /more
	ctr load -q -i layout
	run -0 ctr run --rm three
	equal "$output" more
	run ! ctr run --rm three ls /link
	equal "$(ctr history --format json three | jq length)" 5
}

@test "skopeo reads the store itself, and every format of save" {
	require_program skopeo
	equal "$(skopeo inspect "oci:$DATA/store:app:2" | jq -r .Digest)" "$(digest_of app:2)"
	ctr save -o archive app:1 app:2
	equal "$(skopeo inspect oci-archive:archive:app:2 | jq -r .Digest)" "$(digest_of app:2)"
	equal "$(skopeo inspect docker-archive:archive:app:2 | jq '.Layers | length')" 2
	ctr save --format docker-archive -o docker.tar app:2
	skopeo copy -q docker-archive:docker.tar docker-archive:again.tar:back:2
	ctr load -q -i again.tar
	run -0 ctr run --rm docker.io/library/back:2 cat /kept /etc/marker
	equal "$output" $'kept\napp:1'
}

@test "podman loads what save writes, and load takes what podman saves" {
	require_program podman
	local format
	for format in oci-archive docker-archive; do
		ctr save --format "$format" app:2 | of_containers podman load -q
		equal "sha256:$(of_containers podman images --no-trunc --format '{{.ID}}' app:2 | head -n 1 | sed 's/^sha256://')" \
			"$(manifest app:2 | jq -r .config.digest)"
		of_containers podman save -q --format "$format" -o "from-$format" localhost/app:2
		of_containers podman rmi -f -a >/dev/null
		run -0 ctr load -i "from-$format"
		equal "$output" 'Loaded image: localhost/app:2'
		run -0 ctr run --rm --name "$ID-2" localhost/app:2 sh -c 'cat /kept; stat -c %u:%g /kept'
		equal "$output" $'kept\n5:6'
	done
}

@test "buildah builds upon an image of ctr's, and load takes the result" {
	require_program buildah
	local container
	ctr save -o archive app:2
	container=$(of_containers buildah from -q "oci-archive:$DIR/archive:app:2")
	echo more >file
	of_containers buildah add -q "$container" file /more
	of_containers buildah commit -q "$container" "oci-archive:$DIR/built:built:1"
	of_containers buildah rm "$container"
	run -0 ctr load -i built
	equal "$output" 'Loaded image: built:1'
	run -0 ctr run --rm --name "$ID-2" built:1 cat /kept /more
	equal "$output" $'kept\nmore'
}
