#!/usr/bin/env bats
# SPDX-License-Identifier: Apache-2.0
# Images in the store: names, lists, history, what is known of them, and how they go.

load helpers
load images

# stored NAME: an image in the store, of which $ROOTFS and a marker with its name are the layer.
stored() {
	rm -rf "layout-$1"
	oci_image "layout-$1" "$1"
	ctr load -q -i "layout-$1" >/dev/null
}

@test "tag gives names, all at once, and moves those of others" {
	stored app:1
	stored app:2
	ctr tag app:1 app:new localhost/x:1 registry.example.com:5000/team/app
	for name in app:new localhost/x:1 registry.example.com:5000/team/app:latest; do
		equal "$(digest_of "$name")" "$(digest_of app:1)"
	done
	ctr tag app:2 app:new
	equal "$(digest_of app:new)" "$(digest_of app:2)"
	run -125 ctr tag app:1 good:1 Bad:1
	contains "$output" "Bad:1"
	equal "$(digest_of good:1)" ''
	run -125 ctr tag app:1 same:1 same:1
	run -125 ctr tag nothing:1 app:3
	contains "$output" 'not in the store'
	skopeo inspect "oci:$DATA/store:localhost/x:1" >/dev/null
}

@test "short names find localhost, then docker.io, then any other registry; two of those are asked about" {
	stored q:1
	stored d:1
	stored l:1
	ctr tag q:1 quay.io/team/app:1
	run -0 ctr run --rm app:1 cat /etc/marker
	equal "$output" q:1
	run -0 ctr run --rm team/app:1 cat /etc/marker
	equal "$output" q:1
	ctr tag d:1 docker.io/library/app:1
	run -0 ctr run --rm app:1 cat /etc/marker
	equal "$output" d:1
	ctr tag l:1 localhost/app:1
	run -0 ctr run --rm app:1 cat /etc/marker
	equal "$output" l:1
	ctr tag d:1 ghcr.io/team/app:1
	run -125 ctr run --rm team/app:1 true
	contains "$output" quay.io/team/app:1 ghcr.io/team/app:1 'say which'
	run -125 ctr run --rm quay.io/app:1 true
	run -0 ctr run --rm "team/app@$(digest_of q:1)" cat /etc/marker
	equal "$output" q:1
	run ! ctr run --rm "elsewhere@$(digest_of q:1)" true
}

@test "images lists, chooses by name, pattern, label, age, and tells of broken ones" {
	stored app:1
	stored app:2
	stored team/web:1
	equal "$(ctr images -q)" $'app:1\napp:2\nteam/web:1'
	equal "$(ctr images -q app)" $'app:1\napp:2'
	equal "$(ctr images -q 'app:2')" app:2
	equal "$(ctr images -q 'a*')" $'app:1\napp:2'
	equal "$(ctr images -q web)" team/web:1
	equal "$(ctr images -q --filter 'reference=*/web')" team/web:1
	equal "$(ctr images -q --filter label=colour=red)" ''
	equal "$(ctr images -q --filter label=colour=green --filter reference=web)" team/web:1
	equal "$(ctr images -q --filter dangling=true)" ''
	run -125 ctr images --filter size=1
	contains "$output" 'no such filter'
	spec . true
	ctr run --name "$ID" spec.json
	SOURCE_DATE_EPOCH=1 ctr commit "$ID" old:1
	equal "$(ctr images -q --filter before=app:1)" old:1
	equal "$(ctr images -q --filter since=old:1 app)" $'app:1\napp:2'
	contains "$(ctr images --digests)" "$(digest_of app:1)"
	rm "$(blob "$DATA/store" "$(manifest app:2 | jq -r .config.digest)")"
	matches "$(ctr images | grep app:2)" broken
	equal "$(ctr images -f json | jq -c 'map([.name, .broken])' )" '[["app:1",false],["app:2",true],["old:1",false],["team/web:1",false]]'
	equal "$(ctr images -f json app:1 | jq -r '.[0].id')" "$(manifest app:1 | jq -r .config.digest)"
}

@test "history has the steps, the last first, with the layers' sizes" {
	stored app:1
	run -0 ctr history --format json app:1
	equal "$(jq -c 'map([.createdBy, .size > 0, .layer != null])' <<<"$output")" \
		'[["CMD sh",false,false],["ADD rootfs",true,true]]'
	equal "$(jq -r '.[1].layer' <<<"$output")" "$(manifest app:1 | jq -r '.layers[0].digest')"
	equal "$(jq -r '.[1].size' <<<"$output")" "$(manifest app:1 | jq -r '.layers[0].size')"
	ctr run --name "$ID" app:1 sh -c 'echo x >/x'
	ctr commit -m 'a change' "$ID" app:2
	run -0 ctr history app:2
	contains "${lines[1]}" 'a change'
	contains "${lines[3]}" 'ADD rootfs'
	# layers of which no history tells
	many_layers layout-app:1 app:1 3
	ctr load -q -i layout-app:1
	run -0 ctr history --format json app:1
	equal "$(jq -c 'map(.layer)' <<<"$output")" "$(manifest app:1 | jq -c '[.layers[].digest] | reverse')"
}

@test "inspect of an image, with the names that podman gives its members" {
	stored app:1
	ctr tag app:1 localhost/x/y:2
	run -0 ctr inspect app:1
	equal "$(jq -r '.[0].Digest' <<<"$output")" "$(digest_of app:1)"
	equal "sha256:$(jq -r '.[0].Id' <<<"$output")" "$(manifest app:1 | jq -r .config.digest)"
	equal "$(jq -c '.[0].RepoTags' <<<"$output")" '["app:1","localhost/x/y:2"]'
	equal "$(jq -r '.[0].RepoDigests[1]' <<<"$output")" "localhost/x/y@$(digest_of app:1)"
	equal "$(jq -c '.[0].Config' <<<"$output")" "$(config app:1 | jq -c '.config | {Env, Cmd, Labels}')"
	equal "$(jq -c '.[0].RootFS.Layers' <<<"$output")" "$(config app:1 | jq -c '.rootfs.diff_ids')"
	equal "$(jq -r '.[0] | .Os, .Author, .Labels.colour' <<<"$output")" $'linux\nsomebody\ngreen'
	# a container of that name comes first
	ctr run --name app app:1 true
	ctr tag app:1 app
	equal "$(ctr inspect app | jq -r '.[0].id')" app
	equal "$(ctr inspect --type image app | jq -r '.[0].Digest')" "$(digest_of app:1)"
	run -125 ctr inspect --type container app:1
	run -125 ctr inspect --type image nothing
	run -125 ctr inspect nothing
	contains "$output" 'no such container, and no such image'
}

@test "rmi: one name of several, the last one, several, by digest, all" {
	stored app:1
	stored app:2
	ctr tag app:1 b:1 c:1
	run -0 ctr rmi b:1
	equal "$output" 'Untagged: b:1'
	run -125 ctr rmi "$(digest_of app:1)"
	contains "$output" 'several names'
	equal "$(ctr images -q)" $'app:1\napp:2\nc:1'
	run -0 ctr rmi -f "$(digest_of app:1)"
	equal "$(ctr images -q)" app:2
	run -125 ctr rmi nothing:1 app:2
	contains "$output" 'nothing:1' 'Untagged: app:2'
	ctr rmi --ignore nothing:1
	run -125 ctr rmi
	stored app:1
	stored app:3
	run -0 ctr rmi --all
	equal "$(ctr images -q)" ''
	ctr prune
	nothing_stored
}

@test "rmi asks before it takes the last name of an image that a container was made from" {
	stored app:1
	ctr tag app:1 app:2
	ctr run --name "$ID" app:1 sh -c 'echo kept >/kept'
	ctr rmi app:2
	run -125 ctr rmi app:1
	contains "$output" "container $ID" --force
	equal "$(ctr images -q)" app:1
	ctr rmi --force app:1
	equal "$(ctr images -q)" ''
	ctr prune
	run -0 ctr commit "$ID" app:3
	run -0 ctr run --rm --name "$ID-2" app:3 cat /kept /etc/marker
	equal "$output" $'kept\napp:1'
}
