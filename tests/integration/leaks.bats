#!/usr/bin/env bats
# SPDX-License-Identifier: Apache-2.0
# Many runs after one another leave nothing on the system.

load helpers

# What there is of things that leak: one line each.
count() {
	echo "mounts $(grep -c -F "$DIR" /proc/self/mountinfo)"
	echo "cgroups $(find "$CGROUP2" -type d -name "*$ID*" | wc -l)"
	echo "processes $(wc -l <"$TEST_CGROUP/cgroup.procs")"
	echo "files $(find "$ROOT" "$DATA" -mindepth 1 2>/dev/null | wc -l)"
}

settled() {
	[[ $(count) == "$1" ]]
}

@test "30 runs leave no mount, cgroup, process or file" {
	local i before
	spec '.mounts += [{destination: "/tmp", type: "tmpfs", source: "tmpfs"}]' true
	ctr run --rm --name "$ID" spec.json
	before=$(count)
	for i in {1..30}; do
		ctr run --rm --name "$ID-$i" spec.json
	done
	CTR_PATIENCE=5 eventually settled "$before" || equal "$(count)" "$before"
}

@test "20 failing runs leave nothing either" {
	local i before
	spec '.hooks.createRuntime = [{path: "/bin/false"}]' true
	ctr run --rm --name "$ID" spec.json 2>/dev/null || true
	before=$(count)
	for i in {1..20}; do
		ctr run --rm --name "$ID-$i" spec.json 2>/dev/null || true
	done
	CTR_PATIENCE=5 eventually settled "$before" || equal "$(count)" "$before"
}

@test "15 detached containers, stopped and removed, leave nothing" {
	local i before
	spec . sh -c "$IDLE"
	ctr run -d --name "$ID" spec.json >/dev/null
	ctr rm -f "$ID"
	eventually only_us_in_test_cgroup
	before=$(count)
	for i in {1..15}; do
		ctr run -d --name "$ID-$i" spec.json >/dev/null
	done
	for i in {1..15}; do
		ctr rm -f "$ID-$i"
	done
	CTR_PATIENCE=10 eventually settled "$before" || equal "$(count)" "$before"
}

@test "30 execs leave the container with its one process and no descriptor more in its monitor" {
	local before monitor
	background . "$IDLE"
	monitor=$(awk '{print $4}' "/proc/$(pid_of "$ID")/stat")
	before=$(find "/proc/$monitor/fd" -mindepth 1 | wc -l)
	for _ in {1..30}; do
		ctr exec "$ID" true
	done
	equal "$(<"$(cgroup_of "$(pid_of "$ID")")/cgroup.procs")" "$(pid_of "$ID")"
	equal "$(find "/proc/$monitor/fd" -mindepth 1 | wc -l)" "$before"
}

@test "20 freezes, thaws and commits leave no temporary file" {
	background . "echo x >/x; $IDLE"
	eventually test -s "$DATA/containers/$ID/upper/x"
	for _ in {1..10}; do
		ctr freeze "$ID"
		ctr thaw "$ID"
	done
	for _ in {1..5}; do
		ctr commit "$ID" app:1 >/dev/null
	done
	ctr prune >/dev/null
	equal "$(find "$DATA/store/blobs" -type f | wc -l)" "$(($(jq '.layers | length' \
		"$DATA/store/blobs/sha256/$(jq -r '.manifests[0].digest | ltrimstr("sha256:")' "$DATA/store/index.json")") + 2))"
}

@test "network namespaces end with their containers" {
	local i inode
	spec . readlink /proc/self/ns/net
	run -0 ctr run --rm --name "$ID" spec.json
	inode=$output
	for i in {1..3}; do
		run -0 ctr run --rm --name "$ID-$i" spec.json
	done
	run ! grep -rqs "$inode" /proc/[0-9]*/mountinfo
	equal "$(find /proc/[0-9]*/ns/net -printf '%l\n' 2>/dev/null | grep -c -F "$inode" || true)" 0
}
