#!/usr/bin/env bats
# SPDX-License-Identifier: Apache-2.0
# `ctr pull` and `push`: images from and to registries, and whatever else skopeo knows. The registry
# is Debian's docker-registry, on this machine.

load helpers
load images

# registry [AUTH]: a registry of this test's at $REGISTRY, with AUTH for one who logs in (me:secret).
registry() {
	local port
	require_program docker-registry
	for port in $(shuf -i 20000-29999 -n 20); do
		REGISTRY=127.0.0.1:$port
		jq -n --arg addr "$REGISTRY" --arg root "$DIR/registry" --arg auth "${1:-}" '{version: "0.1",
			log: {level: "error"}, storage: {filesystem: {rootdirectory: $root}},
			http: {addr: $addr}} | if $auth != "" then .auth = {htpasswd: {realm: "r", path: $auth}} else . end' >registry.yml
		docker-registry serve registry.yml >registry.log 2>&1 3>&- &
		REGISTRY_PID=$!
		eventually registry_is_there && kill -0 "$REGISTRY_PID" && return 0
	done
	return 1
}

registry_is_there() {
	! kill -0 "$REGISTRY_PID" 2>/dev/null || (exec 9<>"/dev/tcp/${REGISTRY/:/\/}") 2>/dev/null
}

teardown() {
	if [[ -n ${REGISTRY_PID:-} ]]; then
		kill "$REGISTRY_PID"
		wait "$REGISTRY_PID" || true
	fi
	teardown_container
}

@test "push to a registry and pull from it: the digest stays, what is there does not come again" {
	require_program skopeo
	registry
	oci_image oci app:1
	ctr load -q -i oci
	ctr push --tls-verify=false --digestfile digest app:1 "$REGISTRY/team/app:1"
	equal "$(<digest)" "$(digest_of app:1)"
	equal "$(skopeo inspect --tls-verify=false "docker://$REGISTRY/team/app:1" | jq -r .Digest)" "$(digest_of app:1)"
	DATA=$DIR/other
	run -0 ctr pull --tls-verify=false "$REGISTRY/team/app:1"
	equal "$output" "$(digest_of "$REGISTRY/team/app:1")"
	equal "$output" "$(<digest)"
	run -0 ctr run --rm team/app:1 cat /etc/marker
	equal "$output" app:1
	store_is_whole
	# a change of it: its base is not asked for
	ctr run --name "$ID" team/app:1 sh -c 'echo more >/more'
	ctr commit "$ID" "$REGISTRY/team/app:2"
	ctr push --tls-verify=false team/app:2
	ctr rmi "$REGISTRY/team/app:2"
	ctr rm "$ID"
	ctr prune
	local base
	base=$(manifest "$REGISTRY/team/app:1" | jq -r '.layers[0].digest | ltrimstr("sha256:")')
	rm -r "$DIR/registry/docker/registry/v2/blobs/sha256/${base:0:2}/$base"
	run -0 ctr pull --tls-verify=false "$REGISTRY/team/app:2" mine:2
	run -0 ctr run --rm mine:2 cat /more /etc/marker
	equal "$output" $'more\napp:1'
	run -0 ctr pull -q --tls-verify=false "$REGISTRY/team/app@$(<digest)"
	run -0 ctr run --rm "team/app@$(<digest)" true
	store_is_whole
	equal "$(find "$DATA/store" -name '.tmp*')" ''
}

@test "a registry that is not trusted, knows no such image or wants a login; its reason is the error" {
	require_program skopeo
	# "me", "secret", as htpasswd -B writes it
	echo 'me:$2y$05$Yl4yVDVwMPMKcGGq.DDl8.n8D2UbYajufOj65OVojG8z8vQ9HNJNe' >htpasswd
	registry "$DIR/htpasswd"
	oci_image oci app:1
	ctr load -q -i oci
	run -125 ctr push --tls-verify=false app:1 "$REGISTRY/app:1"
	matches "$output" 'authentication|unauthorized|denied'
	run -125 ctr push --tls-verify=false --creds me:wrong app:1 "$REGISTRY/app:1"
	matches "$output" 'authentication|unauthorized|denied'
	equal "${#lines[@]}" 1
	run -125 ctr push app:1 "$REGISTRY/app:1"
	contains "$output" 'HTTP'
	run -125 ctr push app:1
	contains "$output" 'name the destination too'
	ctr push --tls-verify=false --creds me:secret app:1 "$REGISTRY/app:1"
	jq -n --arg registry "$REGISTRY" '{auths: {($registry): {auth: ("me:secret" | @base64)}}}' >auth.json
	run -125 ctr pull --tls-verify=false "$REGISTRY/app:1"
	run -125 ctr pull --tls-verify=false --authfile auth.json "$REGISTRY/nothing:1"
	contains "$output" 'manifest unknown'
	ctr pull --tls-verify=false --authfile auth.json "$REGISTRY/app:1"
	run -0 ctr run --rm "$REGISTRY/app:1" cat /etc/marker
	equal "$(find "$DATA/store" -name '.tmp*')" ''
}

@test "pull and push of what skopeo knows besides registries" {
	require_program skopeo
	oci_image oci app:1
	skopeo copy -q oci:oci:app:1 dir:folder
	skopeo copy -q oci:oci:app:1 docker-archive:docker.tar:app:1
	run -0 ctr pull dir:folder
	equal "$output" "$(jq -r '.manifests[0].digest' oci/index.json)"
	ctr tag "$output" from:dir
	ctr pull oci:oci:app:1 from:oci
	ctr pull docker-archive:docker.tar
	ctr pull docker-archive:docker.tar:docker.io/library/app:1 from:docker
	for name in from:dir from:oci from:docker docker.io/library/app:1; do
		run -0 ctr run --rm "$name" cat /etc/marker
		equal "$output" app:1
	done
	# layers by zstd, which skopeo does not convert for Docker
	ctr run --name "$ID" from:oci sh -c 'echo more >/more'
	ctr commit "$ID" more:1
	ctr push more:1 "docker-archive:$DIR/more.tar:more:2"
	ctr load -q -i more.tar
	run -0 ctr run --rm --name "$ID-2" docker.io/library/more:2 cat /more
	equal "$output" more
	ctr push from:oci dir:out
	equal "sha256:$(sha256sum <out/manifest.json | cut -d' ' -f1)" "$(digest_of from:oci)"
	(cd "$DIR" && ctr push from:oci oci:relative:x)
	skopeo inspect oci:relative:x >/dev/null
	run -125 ctr pull dir:nothing
	run -125 ctr pull ftp://x/y
	store_is_whole
}

@test "a wrong layer from a tool that does not look is refused" {
	require_program skopeo
	oci_image oci app:1
	change_config oci '.rootfs.diff_ids[0] |= sub("[0-9a-f]{4}$"; "0000")'
	run -125 ctr pull oci:oci:app:1 app:1
	contains "$output" 'its diff_id is'
	equal "$(ctr images -q)" ''
	equal "$(find "$DATA/store" -name '.tmp*')" ''
}

@test "the images of another platform" {
	require_program skopeo
	oci_image oci app:1
	change_config oci '.architecture = "s390x"'
	jq '.manifests[0].annotations = {}' oci/index.json >index && jq -n --slurpfile old index '{schemaVersion: 2,
		mediaType: "application/vnd.oci.image.index.v1+json",
		manifests: [$old[0].manifests[0] + {platform: {os: "linux", architecture: "s390x"}}]}' >list
	put_index oci list
	run -125 ctr pull oci:oci:app:1 app:1
	ctr pull --platform linux/s390x oci:oci:app:1 app:1
	equal "$(ctr inspect app:1 | jq -r '.[0].Architecture')" s390x
	ctr pull --arch s390x oci:oci:app:1 app:2
	run -125 ctr pull --platform s390x oci:oci:app:1 app:2
}

@test "without skopeo its package is named, and archives come all the same" {
	oci_image oci app:1
	tar cf app.tar -C oci .
	# an engine's PATH lacks folders too, so where it is hidden it is hidden from all
	# shellcheck disable=SC2016 # the inner shell's
	run -125 unshare -m sh -c 'mount -t tmpfs tmpfs "$(dirname "$(command -v skopeo)")" && exec "$0" "$@"' \
		"$CTR" --root "$ROOT" --data-root "$DATA" pull alpine
	contains "$output" 'install the package skopeo'
	ctr pull "oci-archive:$DIR/app.tar"
}

@test "a pull that is interrupted ends skopeo and leaves nothing" {
	require_program skopeo
	mkfifo pipe
	"$CTR" --root "$ROOT" --data-root "$DATA" pull "docker-archive:$DIR/pipe:app:1" app:1 2>messages 3>&- &
	pid=$!
	exec 9<>pipe
	eventually eval '[[ -n $(find "$DATA/store" -name ".tmp*" 2>/dev/null) ]]'
	eventually skopeo_runs "$DIR/pipe"
	kill -TERM $pid
	wait $pid || true
	exec 9>&-
	run ! skopeo_runs "$DIR/pipe"
	equal "$(find "$DATA/store" -name '.tmp*')" ''
}

skopeo_runs() {
	local file
	for file in $(<"$TEST_CGROUP/cgroup.procs"); do
		[[ $({ tr '\0' ' ' <"/proc/$file/cmdline"; } 2>/dev/null) != *skopeo\ *"$1"* ]] || return 0
	done
	return 1
}
