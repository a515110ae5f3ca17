#!/usr/bin/env bats
# SPDX-License-Identifier: Apache-2.0
# Specs and roots that mean harm: each ends in an error that names the member, or in a container
# that is none the worse; nothing is left and nothing outside of the root is touched. The attacks
# that have a number are in security.bats.

load helpers

# A root of this test's own, and a folder outside of it that must stay as it is.
hostile_root() {
	cp -al "$ROOTFS" mine
	mkdir outside
	echo secret >outside/file
	OUTSIDE=$(stat -c '%n %s %Y %Z %a' outside outside/file)
}

outside_untouched() {
	equal "$(stat -c '%n %s %Y %Z %a' outside outside/file)" "$OUTSIDE"
}

refused() {
	run -125 ctr run --rm --name "$ID" spec.json
	contains "$output" "$@"
	nothing_created
}

@test "a mount over the root itself is refused by member, however it is written" {
	local path
	for path in / // /. /.. ./ .. ../.. /../; do
		spec ".mounts += [{destination: \"$path\", type: \"tmpfs\", source: \"tmpfs\"}]" true
		refused 'mounts[1]'
	done
	spec '.mounts += [{destination: "/work/../", type: "tmpfs", source: "tmpfs"}]' true
	refused 'mounts[1]'
}

@test "a mount destination with .. stays inside of the root" {
	hostile_root
	inside ".root.path = \"mine\" | .mounts += [
		{destination: \"/work/../../../../../../..$DIR/outside\", type: \"tmpfs\", source: \"tmpfs\", options: [\"size=64k\"]},
		{destination: \"../../../../inside\", type: \"tmpfs\", source: \"tmpfs\"}]" \
		"touch $DIR/outside/x /inside/x && ls $DIR/outside /inside"
	contains "$output" "$DIR/outside" /inside
	outside_untouched
}

@test "masked and read-only paths with .. and through links stay inside of the root" {
	hostile_root
	ln -s "$DIR/outside" mine/link
	inside ".root.path = \"mine\" | .linux.maskedPaths = [\"/work/../../../../..$DIR/outside\", \"/link/file\", \"/work\"] |
		.linux.readonlyPaths = [\"/link\", \"/../../etc\"]" 'ls -A /work; touch /etc/x 2>&1; true'
	contains "$output" 'Read-only'
	outside_untouched
}

@test "a mount below /proc or over it does not swallow what ctr writes to the kernel" {
	local where
	for where in /proc/sys /proc/sys/net /proc/self /proc/1 /proc; do
		spec ".mounts += [{destination: \"$where\", type: \"tmpfs\", source: \"tmpfs\"}] |
			.linux.sysctl = {\"net.ipv4.ip_default_ttl\": \"33\"} | .process.oomScoreAdj = 321" \
			sh -c 'ls -A /proc/sys/net/ipv4 2>/dev/null | head -n 1; trap "exit 0" TERM; mkfifo /tmp/f; read x </tmp/f'
		ctr run -d --name "$ID" spec.json >/dev/null
		equal "$where $(nsenter --net="/proc/$(pid_of "$ID")/ns/net" cat /proc/sys/net/ipv4/ip_default_ttl)" "$where 33"
		equal "$(<"/proc/$(pid_of "$ID")/oom_score_adj")" 321
		ctr rm -f "$ID"
	done
}

@test "a passwd or group that is a FIFO, a device, endless or a link to the host's does not stop a start" {
	hostile_root
	rm mine/etc/passwd mine/etc/group
	mkfifo mine/etc/passwd mine/etc/group
	inside '.root.path = "mine"' 'echo "$HOME"'
	equal "$output" /
	rm mine/etc/passwd mine/etc/group
	truncate -s 1G mine/etc/passwd mine/etc/group
	inside '.root.path = "mine"' 'echo "$HOME"'
	equal "$output" /
	rm mine/etc/passwd
	mknod mine/etc/passwd c 1 5
	inside '.root.path = "mine"' 'echo "$HOME"'
	equal "$output" /
	rm mine/etc/passwd
	echo "root:x:0:0::/of-the-host:/bin/sh" >outside/file2
	ln -s "$DIR/outside/file2" mine/etc/passwd
	inside '.root.path = "mine"' 'echo "$HOME"'
	equal "$output" /
}

@test "id mappings of 70 kB and more are refused by member" {
	local count
	for count in 341 3000; do
		spec ".linux.namespaces += [{type: \"user\"}] |
			.linux.uidMappings = [range($count) | {containerID: ., hostID: (100000 + .), size: 1}] |
			.linux.gidMappings = [{containerID: 0, hostID: 0, size: 1}]" true
		refused linux.uidMappings
	done
	spec ".mounts += [{destination: \"/work\", source: \"$DIR\", options: [\"bind\"],
		uidMappings: [range(3000) | {containerID: ., hostID: ., size: 1}],
		gidMappings: [{containerID: 0, hostID: 0, size: 1}]}]" true
	refused 'mounts[1].uidMappings'
}

@test "huge lists end in an error that names the member, or run" {
	spec '.linux.namespaces = [range(100000) | {type: "pid"}]' true
	refused 'linux.namespaces[1].type'
	spec '.process.env = [range(400000) | "A\(.)=\(.)"]' true
	refused process.env
	spec '.process.args = ["echo", range(600000) | tostring]' true
	refused process.args
	spec '.process.user.additionalGids = [range(70000)]' true
	refused process.user.additionalGids
	inside '.linux.maskedPaths = [range(50000) | "/no/\(.)"] | .annotations = ([range(50000) | {key: "a\(.)", value: "x"}] | from_entries)' 'echo runs'
	equal "$output" runs
}

@test "long names and paths are refused by member" {
	local long
	long=$(head -c 5000 /dev/zero | tr '\0' x)
	spec ".process.cwd = \"/$long\"" true
	refused process.cwd
	spec ".mounts += [{destination: \"/$long\", type: \"tmpfs\", source: \"tmpfs\"}]" true
	refused "/$(head -c 20 <<<"$long")"
	spec ".hostname = \"$long\"" true
	refused hostname
	spec ".linux.sysctl = {\"net.$long\": \"1\"}" true
	refused linux.sysctl
	spec ".process.apparmorProfile = \"$long\"" true
	refused process.apparmorProfile
	spec ".linux.cgroupsPath = \"/$long\"" true
	refused cgroup
	spec ".linux.intelRdt = {closID: \"$long\"}" true
	refused linux.intelRdt.closID
	spec ".linux.netDevices = {\"$long\": {}}" true
	refused linux.netDevices
}

@test "negative numbers where there are none are refused by member" {
	local case
	for case in 'process.user.uid|.process.user.uid = -1'\
		'linux.devices[0].major|.linux.devices = [{path: "/dev/x", type: "c", major: -1, minor: 0}]' \
		'process.rlimits[0].soft|.process.rlimits = [{type: "RLIMIT_CORE", hard: 1, soft: -1}]' \
		'linux.resources.memory.limit|.linux.resources.memory.limit = -2' \
		'linux.uidMappings[0].hostID|.linux.uidMappings = [{containerID: 0, hostID: -1, size: 1}]'; do
		spec "${case#*|}" true
		refused "${case%%|*}"
	done
}

@test "a root whose every folder is a link outside is refused or stays inside" {
	local folder
	hostile_root
	for folder in proc sys dev etc tmp; do
		rm -rf "mine/$folder"
		ln -s "$DIR/outside" "mine/$folder"
	done
	spec '.root.path = "mine" | .process.cwd = "/tmp/new" | .mounts += [{destination: "/sys", type: "sysfs", source: "sysfs"},
		{destination: "/dev", type: "tmpfs", source: "tmpfs"}, {destination: "/etc/hosts", source: "/etc/hosts", options: ["bind"]}]' true
	run -125 ctr run --rm --name "$ID" spec.json
	contains "$output" /proc 'must be mounted on ordinary directory'
	spec '.root.path = "mine" | .process.cwd = "/tmp/new" | .mounts = [{destination: "/dev", type: "tmpfs", source: "tmpfs"},
		{destination: "/etc/hosts", source: "/etc/hosts", options: ["bind"]}]' true
	run ctr run --rm --name "$ID" spec.json
	outside_untouched
	nothing_created
}

@test "a cwd that leads to a descriptor or to the host's root is refused" {
	local path
	for path in /proc/self/fd/3 /proc/self/fd/7 /proc/1/fd/5 /proc/self/root/../../../proc/self/fd/4; do
		spec ".process.cwd = \"$path\"" pwd
		run ctr run --rm --name "$ID" spec.json
		[[ $status -ne 0 ]] || lacks "$output" "$DIR" "$ROOT"
		nothing_created
	done
}
