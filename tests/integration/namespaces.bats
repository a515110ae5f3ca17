#!/usr/bin/env bats
# SPDX-License-Identifier: Apache-2.0
# The eight namespaces: new, joined by path, the host's. Seen from inside and at /proc/PID/ns.

load helpers

# is_new KIND [FILTER]: with it in linux.namespaces (as FILTER says), the namespace is not ours.
is_new() {
	local inside_name
	inside "${2:-.}" "readlink /proc/self/ns/$1"
	inside_name=$output
	matches "$inside_name" "^$1:\[[0-9]+\]$"
	[[ $inside_name != "$(readlink "/proc/self/ns/$1")" ]] || fail "it is the host's: $inside_name"
}

without() {
	echo ".linux.namespaces |= map(select(.type != \"$1\"))"
}

# is_hosts KIND TYPE: without it in linux.namespaces, the namespace is ours.
is_hosts() {
	inside "$(without "$2")" "readlink /proc/self/ns/$1"
	equal "$output" "$(readlink "/proc/self/ns/$1")"
}

# is_joined KIND TYPE: with the path of another container's, that one's is seen.
is_joined() {
	local pid
	background "${3:-.}" "$IDLE"
	pid=$(pid_of "$ID")
	spec "$(without "$2") | .linux.namespaces += [{type: \"$2\", path: \"/proc/$pid/ns/$1\"}]" \
		readlink "/proc/self/ns/$1"
	run -0 ctr run --rm --name "$ID-2" spec.json
	equal "$output" "$(readlink "/proc/$pid/ns/$1")"
}

@test "a new pid namespace: the program is PID 1 and sees only itself" {
	is_new pid
	inside . 'echo $$; ls -d /proc/[0-9]*'
	equal "${lines[0]}" 1
	lacks "$output" "/proc/$$"
}

@test "a new mount namespace: a mount inside is not seen outside" {
	is_new mnt
}

@test "a new network namespace has only loopback, which is up" {
	is_new net
	inside . 'ip -o link; ip -o addr show dev lo; ping -c1 -w5 127.0.0.1 >/dev/null || echo no ping'
	equal "$(grep -c link/ <<<"$output")" 1
	contains "$output" '127.0.0.1' UP
}

@test "network mode none is the default and has loopback up" {
	inside '.network = {mode: "none"}' 'ip -o addr show dev lo'
	contains "$output" '127.0.0.1'
}

@test "network mode host is the network namespace of the host" {
	inside '.network = {mode: "host"} | '"$(without network)" 'readlink /proc/self/ns/net'
	equal "$output" "$(readlink /proc/self/ns/net)"
}

@test "a new uts namespace has the hostname and domainname of the spec" {
	is_new uts
	inside '.hostname = "box" | .domainname = "example.test"' \
		'hostname; cat /proc/sys/kernel/hostname /proc/sys/kernel/domainname'
	equal "$output" $'box\nbox\nexample.test'
	[[ $(hostname) != box ]]
}

@test "a domainname and a parameter that contradicts it are refused, one that says the same is not" {
	inside '.domainname = "example.test" | .linux.sysctl = {"kernel.domainname": "example.test"}' \
		'cat /proc/sys/kernel/domainname'
	equal "$output" example.test
	spec '.domainname = "example.test" | .linux.sysctl = {"kernel.domainname": "other.test"}' true
	run -125 ctr run --rm --name "$ID" spec.json
	contains "$output" kernel.domainname 'member domainname'
}

@test "a new ipc namespace" {
	is_new ipc
	inside . 'cat /proc/sysvipc/shm | wc -l'
	equal "$output" 1
}

@test "a new cgroup namespace shows the container's own cgroup as the root" {
	is_new cgroup
	inside . 'grep ^0:: /proc/self/cgroup'
	equal "$output" '0::/'
}

@test "without a cgroup namespace the cgroup's full path is seen" {
	inside "$(without cgroup)" 'grep ^0:: /proc/self/cgroup'
	contains "$output" "$ID"
}

@test "a new user namespace has exactly the mappings of the spec" {
	is_new user '.linux.namespaces += [{type: "user"}] |
		.linux.uidMappings = [{containerID: 0, hostID: 100000, size: 65536}] |
		.linux.gidMappings = [{containerID: 0, hostID: 100000, size: 65536}]'
	inside '.linux.namespaces += [{type: "user"}] |
		.linux.uidMappings = [{containerID: 0, hostID: 100000, size: 10}, {containerID: 10, hostID: 200000, size: 5}] |
		.linux.gidMappings = [{containerID: 0, hostID: 300000, size: 7}]' \
		'cat /proc/self/uid_map /proc/self/gid_map; id'
	equal "$(tr -s ' ' <<<"$output" | head -3)" $' 0 100000 10\n 10 200000 5\n 0 300000 7'
	contains "$output" 'uid=0(root) gid=0(root)'
}

@test "in a user namespace root inside is an ordinary user outside" {
	background '.linux.namespaces += [{type: "user"}] |
		.linux.uidMappings = [{containerID: 0, hostID: 100000, size: 65536}] |
		.linux.gidMappings = [{containerID: 0, hostID: 200000, size: 65536}]' "$IDLE"
	local pid
	pid=$(pid_of "$ID")
	equal "$(status_field "$pid" Uid)" $'100000\t100000\t100000\t100000'
	equal "$(status_field "$pid" Gid)" $'200000\t200000\t200000\t200000'
}

@test "in a user namespace the files of the rootfs are owned as on disk, and new ones too" {
	inside '.linux.namespaces += [{type: "user"}] |
		.linux.uidMappings = [{containerID: 0, hostID: 100000, size: 65536}] |
		.linux.gidMappings = [{containerID: 0, hostID: 100000, size: 65536}]' \
		'stat -c %u:%g /etc/passwd /home/user; touch /new; chown 1000:29 /new; stat -c %u:%g /new'
	equal "$output" $'0:0\n1000:1000\n1000:29'
}

@test "in a user namespace the writable layer holds the owners as seen inside" {
	spec '.linux.namespaces += [{type: "user"}] |
		.linux.uidMappings = [{containerID: 0, hostID: 100000, size: 65536}] |
		.linux.gidMappings = [{containerID: 0, hostID: 100000, size: 65536}]' \
		sh -c 'touch /new; chown 1000:29 /new'
	run -0 ctr run --name "$ID" spec.json
	equal "$(stat -c %u:%g "$DATA/containers/$ID/upper/new")" 1000:29
}

@test "root of a user namespace cannot do what root of the host can" {
	inside '.linux.namespaces += [{type: "user"}] |
		.linux.uidMappings = [{containerID: 0, hostID: 100000, size: 65536}] |
		.linux.gidMappings = [{containerID: 0, hostID: 100000, size: 65536}]' \
		'mknod /tmp/null c 1 3 2>&1; cat /proc/1/environ >/dev/null && echo own; probe call setuid 70000'
	contains "$output" 'Operation not permitted' own EINVAL
}

@test "a new time namespace has the offsets of the spec" {
	local own inside_name
	spec '.linux.namespaces += [{type: "time"}] | .linux.timeOffsets =
		{monotonic: {secs: 100000, nanosecs: 5}, boottime: {secs: 200000}}' \
		sh -c 'readlink /proc/self/ns/time; probe clock monotonic; probe clock boottime; cat /proc/self/timens_offsets'
	own=$("$HELPERS/probe" clock monotonic)
	run -0 ctr run --rm --name "$ID" spec.json
	inside_name=${lines[0]}
	[[ $inside_name != "$(readlink /proc/self/ns/time)" ]]
	((lines[1] >= own + 100000 && lines[1] < own + 101000)) || fail "monotonic is ${lines[1]}, ours $own"
	((lines[2] >= own + 200000)) || fail "boottime is ${lines[2]}"
	matches "$output" 'monotonic +100000 +5'
	matches "$output" 'boottime +200000 +0'
}

@test "a time offset may be negative" {
	inside '.linux.namespaces += [{type: "time"}] | .linux.timeOffsets = {boottime: {secs: -1, nanosecs: 0}}' \
		'cat /proc/self/timens_offsets'
	matches "$output" 'boottime +-1 +0'
}

@test "without pid, ipc, uts, network entries these namespaces are the host's" {
	is_hosts ipc ipc
	is_hosts uts uts
	is_hosts net network
	is_hosts pid pid
	is_hosts user user
	is_hosts time time
}

@test "the network namespace of another container is joined by path" {
	is_joined net network
}

@test "the uts namespace of another container is joined by path" {
	is_joined uts uts '.hostname = "first"'
}

@test "the ipc namespace of another container is joined by path" {
	is_joined ipc ipc
}

@test "the pid namespace of another container is joined by path" {
	is_joined pid pid
}

@test "the cgroup namespace of another container is joined by path" {
	is_joined cgroup cgroup
}

@test "the time namespace of another container is joined by path" {
	is_joined time time '.linux.namespaces += [{type: "time"}] | .linux.timeOffsets = {monotonic: {secs: 7}}'
}

@test "the user namespace of another container is joined by path with those it owns" {
	local pid user='.linux.namespaces += [{type: "user"}] |
		.linux.uidMappings = [{containerID: 0, hostID: 100000, size: 65536}] |
		.linux.gidMappings = [{containerID: 0, hostID: 100000, size: 65536}]'
	background "$user" "$IDLE"
	pid=$(pid_of "$ID")
	spec ".linux.namespaces |= map(select(.type != \"user\")) |
		.linux.namespaces += [{type: \"user\", path: \"/proc/$pid/ns/user\"}]" \
		sh -c 'readlink /proc/self/ns/user; id -u'
	run -0 ctr run --rm --name "$ID-2" spec.json
	equal "$output" "$(readlink "/proc/$pid/ns/user")"$'\n0'
}

# The pid that the helper in that pid namespace sees was taken for one of the host's.
@test "the user and pid namespaces of another container are joined together" {
	local pid user='.linux.namespaces += [{type: "user"}] |
		.linux.uidMappings = [{containerID: 0, hostID: 100000, size: 65536}] |
		.linux.gidMappings = [{containerID: 0, hostID: 100000, size: 65536}]'
	background "$user" "$IDLE"
	pid=$(pid_of "$ID")
	spec ".linux.namespaces |= map(select(.type != \"user\" and .type != \"pid\")) |
		.linux.namespaces += [{type: \"user\", path: \"/proc/$pid/ns/user\"},
			{type: \"pid\", path: \"/proc/$pid/ns/pid\"}]" \
		sh -c 'readlink /proc/self/ns/user; readlink /proc/self/ns/pid; exit 7'
	run -7 ctr run --rm --name "$ID-2" spec.json
	equal "$output" "$(readlink "/proc/$pid/ns/user")"$'\n'"$(readlink "/proc/$pid/ns/pid")"
}

# With nsdelegate no cgroup outside of the own cgroup namespace can be cloned into.
@test "the user and cgroup namespaces of another container are joined, in a cgroup of its own" {
	local pid user='.linux.namespaces += [{type: "user"}] |
		.linux.uidMappings = [{containerID: 0, hostID: 100000, size: 65536}] |
		.linux.gidMappings = [{containerID: 0, hostID: 100000, size: 65536}]'
	background "$user" "$IDLE"
	pid=$(pid_of "$ID")
	spec ".linux.namespaces |= map(select(.type != \"user\" and .type != \"cgroup\")) |
		.linux.namespaces += [{type: \"user\", path: \"/proc/$pid/ns/user\"},
			{type: \"cgroup\", path: \"/proc/$pid/ns/cgroup\"}]" \
		sh -c 'readlink /proc/self/ns/cgroup; grep ^0:: /proc/self/cgroup'
	run -0 ctr run --rm --name "$ID-2" spec.json
	equal "$output" "$(readlink "/proc/$pid/ns/cgroup")"$'\n'"0::/../$ID-2"
}

@test "a namespace kept by a bind mount is joined" {
	touch kept
	unshare --net="$DIR/kept" true
	HOST_MOUNTS+=("$DIR/kept")
	inside "$(without network) | .linux.namespaces += [{type: \"network\", path: \"$DIR/kept\"}]" \
		'readlink /proc/self/ns/net'
	equal "$output" "net:[$(stat -Lc %i kept)]"
}

@test "a namespace path of another kind is refused" {
	spec "$(without network) | .linux.namespaces += [{type: \"network\", path: \"/proc/self/ns/uts\"}]" true
	run -125 ctr run --rm --name "$ID" spec.json
	contains "$output" '/proc/self/ns/uts'
	nothing_created
}

@test "a namespace path that is not there is refused by name" {
	spec "$(without network) | .linux.namespaces += [{type: \"network\", path: \"$DIR/nothing\"}]" true
	run -125 ctr run --rm --name "$ID" spec.json
	contains "$output" "$DIR/nothing" 'No such file'
	nothing_created
}

@test "a namespace path that is an ordinary file or a FIFO is refused and does not hang" {
	touch plain
	mkfifo fifo
	local file
	for file in plain fifo; do
		spec "$(without network) | .linux.namespaces += [{type: \"network\", path: \"$DIR/$file\"}]" true
		run -125 ctr run --rm --name "$ID" spec.json
		contains "$output" "$DIR/$file"
	done
	nothing_created
}

@test "a network namespace of the host is joined beside a new user namespace" {
	unshare --net="$DIR/net" true 2>/dev/null || { touch net && unshare --net="$DIR/net" true; }
	spec ".linux.namespaces |= map(if .type == \"network\" then .path = \"$DIR/net\" else . end)
		| .linux.namespaces += [{type: \"user\"}]
		| .linux.uidMappings = [{containerID: 0, hostID: 100000, size: 65536}]
		| .linux.gidMappings = .linux.uidMappings" sh -c 'readlink /proc/self/ns/net; cat /proc/self/uid_map'
	local inode
	inode=$(stat -L -c %i net)
	run -0 ctr run --rm --name "$ID" spec.json
	umount net
	equal "${lines[0]}" "net:[$inode]"
	matches "${lines[1]}" '^ *0 +100000 +65536$'
}

# A process in a mount namespace of its own, as somebody else's: its pid is HOLDER.
hold_mounts() {
	unshare --mount sleep 1000 3>&- &
	HOLDER=$!
	eventually is_in_other "$HOLDER" mnt
}

is_in_other() {
	local theirs
	theirs=$(readlink "/proc/$1/ns/$2") && [[ $theirs != "$(readlink "/proc/$$/ns/$2")" ]]
}

MOUNTS='.mounts += [{destination: "/dev", type: "tmpfs", source: "tmpfs"},
	{destination: "/work/new", type: "tmpfs", source: "tmpfs"}] | .linux.maskedPaths = ["/proc/kcore", "/etc/deep"]'

@test "a mount namespace is joined by path, with the container's root and mounts, and nothing is mounted in it" {
	local before
	hold_mounts
	before=$(<"/proc/$HOLDER/mountinfo")
	spec "$MOUNTS | .linux.namespaces |= map(if .type == \"mount\" then .path = \"/proc/$HOLDER/ns/mnt\" else . end)" \
		sh -c 'readlink /proc/self/ns/mnt; echo $$; ls /work; touch /work/new/x && echo written; ls -A /etc/deep; trap "exit 0" TERM; mkfifo /tmp/f; read x </tmp/f'
	ctr run -d --name "$ID" spec.json >/dev/null
	eventually file_has "$DATA/containers/$ID/log" written
	run -0 ctr logs "$ID"
	equal "$output" "$(readlink "/proc/$HOLDER/ns/mnt")"$'\n1\nfile\nnew\nwritten'
	run -0 ctr exec "$ID" sh -c 'readlink /proc/self/ns/mnt; ls /work/new; ls /home'
	equal "$output" "$(readlink "/proc/$HOLDER/ns/mnt")"$'\nx\nuser'
	equal "$(<"/proc/$HOLDER/mountinfo")" "$before"
	ctr rm -f "$ID"
	equal "$(<"/proc/$HOLDER/mountinfo")" "$before"
	kill "$HOLDER"
}

@test "without a mount namespace the container is in the host's, and nothing is mounted in it" {
	local before
	before=$(</proc/self/mountinfo)
	spec "$MOUNTS | .linux.namespaces |= map(select(.type != \"mount\"))" \
		sh -c 'readlink /proc/self/ns/mnt; ls /work; touch /work/new/x && echo written; ls -A /etc/deep; trap "exit 0" TERM; mkfifo /tmp/f; read x </tmp/f'
	ctr run -d --name "$ID" spec.json >/dev/null
	eventually file_has "$DATA/containers/$ID/log" written
	run -0 ctr logs "$ID"
	equal "$output" "$(readlink /proc/self/ns/mnt)"$'\nfile\nnew\nwritten'
	# the writable layer of the container is all that may be there
	equal "$(grep -v " $DIR/" /proc/self/mountinfo)" "$(grep -v " $DIR/" <<<"$before")"
	run -0 ctr exec "$ID" sh -c 'readlink /proc/self/ns/mnt; ls /work/new; ls /home'
	equal "$output" "$(readlink /proc/self/ns/mnt)"$'\nx\nuser'
	ctr rm -f "$ID"
	equal "$(</proc/self/mountinfo)" "$before"
}

@test "a container without any namespace has the host's eight" {
	local kind
	spec '.linux.namespaces = []' sh -c 'for n in cgroup ipc mnt net pid time user uts; do readlink /proc/self/ns/$n; done'
	run -0 ctr run --rm --name "$ID" spec.json
	for kind in cgroup ipc mnt net pid time user uts; do
		contains "$output" "$(readlink "/proc/self/ns/$kind")"
	done
}

@test "a bundle without a mount namespace runs its hooks, and its rootfs is no mount point" {
	bundle b '.linux.namespaces |= map(select(.type != "mount")) | .hooks = {
		createRuntime: [{path: "/bin/sh", args: ["sh", "-c", "echo runtime >>'"$DIR"'/hooks"]}],
		createContainer: [{path: "/bin/sh", args: ["sh", "-c", "echo container >>'"$DIR"'/hooks"]}],
		poststop: [{path: "/bin/sh", args: ["sh", "-c", "echo poststop >>'"$DIR"'/hooks"]}]}' sh -c 'ls /'
	run -0 ctr run --bundle b "$ID"
	contains "$output" work
	equal "$(<hooks)" $'runtime\ncontainer\npoststop'
	nothing_created
}

@test "all eight namespaces of another container are joined" {
	local pid kind kinds=(cgroup ipc mnt net pid time user uts) namespaces=''
	background '.linux.namespaces += [{type: "user"}, {type: "time"}] |
		.linux.uidMappings = [{containerID: 0, hostID: 100000, size: 65536}] |
		.linux.gidMappings = .linux.uidMappings' "$IDLE"
	pid=$(pid_of "$ID")
	for kind in cgroup:cgroup ipc:ipc mount:mnt network:net pid:pid time:time user:user uts:uts; do
		namespaces+="{type: \"${kind%:*}\", path: \"/proc/$pid/ns/${kind#*:}\"},"
	done
	spec ".linux.namespaces = [${namespaces%,}] | .mounts = []" \
		sh -c 'echo here; trap "exit 0" TERM; mkfifo /tmp/f; read x </tmp/f'
	ctr run -d --name "$ID-2" spec.json >/dev/null
	eventually file_has "$DATA/containers/$ID-2/log" here
	for kind in "${kinds[@]}"; do
		equal "$kind $(readlink "/proc/$(pid_of "$ID-2")/ns/$kind")" "$kind $(readlink "/proc/$pid/ns/$kind")"
	done
}

@test "a user namespace without a new mount namespace is refused and changes nothing" {
	local user='.linux.namespaces += [{type: "user"}] | .linux.uidMappings = [{containerID: 0, hostID: 100000, size: 65536}] |
		.linux.gidMappings = .linux.uidMappings'
	spec "$user | .linux.namespaces |= map(select(.type != \"mount\"))" true
	run -125 ctr run --rm --name "$ID" spec.json
	contains "$output" linux.namespaces 'mount namespace'
	hold_mounts
	spec "$user | .linux.namespaces |= map(if .type == \"mount\" then .path = \"/proc/$HOLDER/ns/mnt\" else . end)" true
	run -125 ctr run --rm --name "$ID" spec.json
	contains "$output" linux.namespaces
	kill "$HOLDER"
	nothing_created
}

@test "a member that would change the host through a joined namespace is refused" {
	local ns
	for ns in 'hostname uts .hostname="x"' 'domainname uts .domainname="x"' \
		'linux.sysctl net .linux.sysctl={"net.ipv4.ip_forward":"1"}' 'linux.sysctl ipc .linux.sysctl={"kernel.msgmax":"1"}'; do
		read -r member kind filter <<<"$ns"
		spec "$filter | .linux.namespaces |= map(if .type == \"${kind/net/network}\" then .path = \"/proc/$$/ns/$kind\" else . end)" true
		run -125 ctr run --rm --name "$ID" spec.json
		contains "$output" "$member: would change the host"
	done
	nothing_created
}

@test "a new user namespace without mappings has the caller as root, and nobody else" {
	inside '.linux.namespaces += [{type: "user"}]' 'cat /proc/self/uid_map /proc/self/gid_map; id -u'
	equal "$(tr -s ' ' <<<"$output")" " 0 $EUID 1
 0 $(id -g) 1
0"
}
