#!/usr/bin/env bats
# SPDX-License-Identifier: Apache-2.0
# What `ctr features` says is what ctr does: everything that it lists is tried in a container, and a
# word that it does not list is refused.

load helpers

setup() {
	setup_container
	run -0 ctr features
	FEATURES=$output
}

# each FILTER: the words of a list of the document.
each() {
	jq -r "$1[]" <<<"$FEATURES"
}

# accepted FILTER: a container of this spec runs.
accepted() {
	spec "$1" true
	run ctr run --rm --name "$ID" spec.json
	[[ $status -eq 0 ]] || fail "$1: $output"
}

# refused FILTER WORD: it does not, and the error has the word.
refused() {
	spec "$1" true
	run ctr run --rm --name "$ID" spec.json
	[[ $status -ne 0 ]] || fail "$1 was accepted"
	contains "$output" "$2"
	nothing_created
}

USERNS='.linux.namespaces += [{type: "user"}] | .linux.uidMappings = [{containerID: 0, hostID: 100000, size: 65536}] |
	.linux.gidMappings = .linux.uidMappings'

@test "the document has every member of the specification" {
	jq -e '
		(.ociVersionMin == "1.0.0") and (.ociVersionMax == "1.3.0") and (.hooks | length == 6) and
		(.mountOptions | length > 60) and
		(.linux.cgroup | [.v1, .v2, .rdma] == [false, true, true] and has("systemd") and has("systemdUser")) and
		(.linux.seccomp | .enabled and has("actions") and has("operators") and has("archs") and has("knownFlags")
			and has("supportedFlags")) and
		.linux.apparmor.enabled and .linux.selinux.enabled and
		(.linux.intelRdt | .enabled and .schemata and .monitoring) and
		(.linux.memoryPolicy.modes | length == 7) and (.linux.memoryPolicy.flags | length == 3) and
		.linux.mountExtensions.idmap.enabled and .linux.netDevices.enabled and
		(.annotations["org.opencontainers.runc.checkpoint.enabled"] == "true") and
		(.potentiallyUnsafeConfigAnnotations | index("org.systemd.property."))' <<<"$FEATURES" >/dev/null
}

@test "every namespace that is listed can be made, and an unlisted one is refused" {
	local type
	for type in $(each .linux.namespaces); do
		case $type in
		user) accepted "$USERNS" ;;
		*) accepted ".linux.namespaces = ([\"mount\", \"$type\"] | unique | map({type: .}))" ;;
		esac
	done
	equal "$(each .linux.namespaces | sort | tr '\n' ' ')" 'cgroup ipc mount network pid time user uts '
	refused '.linux.namespaces += [{type: "net"}]' net
}

@test "every mount option that is listed is accepted, and an unlisted one is not" {
	local option source
	mkdir -p src/below
	chown 1000:1000 src
	source="{destination: \"/work\", source: \"$DIR/src\", type: \"bind\", options:"
	for option in $(each .mountOptions); do
		case $option in
		idmap | ridmap)
			accepted "$USERNS | .mounts += [$source [\"rbind\", \"$option\"]}]" ;;
		remount)
			accepted ".mounts += [$source [\"bind\"]}, {destination: \"/work\", options: [\"remount\", \"bind\", \"ro\"]}]" ;;
		copy-symlink | src-nofollow | dest-nofollow | bind | rbind)
			accepted ".mounts += [$source [\"bind\", \"$option\"]}]" ;;
		r*) accepted ".mounts += [$source [\"rbind\", \"$option\"]}]" ;;
		iversion | mand) ;; # of filesystems on disks, and of no kernel since 5.15
		*) accepted ".mounts += [{destination: \"/work\", type: \"tmpfs\", source: \"tmpfs\", options: [\"$option\"]}]" ;;
		esac
	done
	refused '.mounts += [{destination: "/work", type: "tmpfs", source: "tmpfs", options: ["roro"]}]' roro
	# no filesystem takes it: a warning, as in runc
	accepted ".mounts += [$source [\"bind\", \"roro\"]}]"
	contains "$output" warning roro
}

@test "every capability that is listed is given, and of an unlisted one there is a warning" {
	local have names=() name number=0 wanted=0
	# they are listed by their numbers; what ctr itself lacks it cannot give
	have=$((16#$(status_field $$ CapBnd)))
	for name in $(each .linux.capabilities); do
		if ((have >> number & 1)); then
			names+=("\"$name\"")
			wanted=$((wanted | 1 << number))
		fi
		number=$((number + 1))
	done
	inside ".process.capabilities = ([$(IFS=,; echo "${names[*]}")] | {bounding: ., effective: ., permitted: .})" \
		'grep CapBnd /proc/self/status'
	equal "$output" "$(printf 'CapBnd:\t%016x' "$wanted")"
	equal "$number" "$(($(</proc/sys/kernel/cap_last_cap) + 1))"
	# config.md: what cannot be granted is a warning
	inside '.process.capabilities = {bounding: ["CAP_CHOWN", "CAP_NOTHING"]}' 'grep CapBnd /proc/self/status'
	contains "$output" 'process.capabilities.bounding[1]' CAP_NOTHING $'CapBnd:\t0000000000000001'
}

profile() {
	echo ".linux.seccomp = {defaultAction: \"SCMP_ACT_ALLOW\", $1}"
}

@test "every action, operator, architecture and flag of seccomp that is listed is accepted" {
	local word
	for word in $(each .linux.seccomp.actions); do
		case $word in
		SCMP_ACT_NOTIFY) ;; # needs a listener: seccomp.bats
		*) accepted "$(profile "syscalls: [{names: [\"swapoff\"], action: \"$word\"}]")" ;;
		esac
	done
	for word in $(each .linux.seccomp.operators); do
		accepted "$(profile "syscalls: [{names: [\"swapoff\"], action: \"SCMP_ACT_ERRNO\", args: [{index: 0, value: 7, valueTwo: 1, op: \"$word\"}]}]")"
	done
	for word in $(each .linux.seccomp.archs); do
		accepted "$(profile "architectures: [\"$word\"]")"
	done
	for word in $(each .linux.seccomp.supportedFlags); do
		[[ $word == *WAIT_KILLABLE_RECV ]] || accepted "$(profile "flags: [\"$word\"]")"
	done
}

@test "what seccomp does not list is refused" {
	refused "$(profile 'syscalls: [{names: ["swapoff"], action: "SCMP_ACT_NOTHING"}]')" SCMP_ACT_NOTHING
	refused "$(profile 'syscalls: [{names: ["swapoff"], action: "SCMP_ACT_ERRNO", args: [{index: 0, value: 7, op: "SCMP_CMP_NO"}]}]')" SCMP_CMP_NO
	refused "$(profile 'architectures: ["SCMP_ARCH_PDP11"]')" SCMP_ARCH_PDP11
	refused "$(profile 'flags: ["SECCOMP_FILTER_FLAG_NO"]')" SECCOMP_FILTER_FLAG_NO
}

@test "every mode and flag of memory policies that is listed is accepted" {
	local word
	[[ -e /proc/self/numa_maps ]] || skip "this kernel has no NUMA"
	for word in $(each .linux.memoryPolicy.modes); do
		case $word in
		MPOL_DEFAULT | MPOL_LOCAL) accepted ".linux.memoryPolicy = {mode: \"$word\"}" ;;
		MPOL_WEIGHTED_INTERLEAVE) ;; # Linux 6.9: memory_policy.bats
		*) accepted ".linux.memoryPolicy = {mode: \"$word\", nodes: \"0\"}" ;;
		esac
	done
	for word in $(each .linux.memoryPolicy.flags); do
		accepted ".linux.memoryPolicy = {mode: \"MPOL_BIND\", nodes: \"0\", flags: [\"$word\"]}"
	done
	refused '.linux.memoryPolicy = {mode: "MPOL_NOTHING", nodes: "0"}' MPOL_NOTHING
}

@test "every hook that is listed is run" {
	local kind hooks=''
	for kind in $(each .hooks); do
		hooks+="$kind: [{path: \"/bin/sh\", args: [\"sh\", \"-c\", \"echo $kind >>$DIR/ran\"]}],"
	done
	# startContainer runs in the container's root: there the file is a bind of the host's folder
	accepted ".hooks = {${hooks%,}} | .mounts += [{destination: \"$DIR\", source: \"$DIR\", type: \"bind\"}]"
	equal "$(sort ran | tr '\n' ' ')" "$(each .hooks | sort | tr '\n' ' ')"
}
