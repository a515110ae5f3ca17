#!/usr/bin/env bats
# SPDX-License-Identifier: Apache-2.0
# Bad specs: exit 125, a message that names file, member and what was expected, nothing created.

load helpers

# refused TEXT: `ctr run` of the spec.json that is here fails as it should.
refused() {
	run -125 ctr run --rm --name "$ID" spec.json
	contains "$output" "$@"
	[[ ! -e $ROOT/$ID && ! -e $DATA/containers/$ID ]] || fail "a folder was made"
}

# each_refused: from stdin, lines "JQ FILTER => MESSAGE": the plain spec changed by that filter is
# refused with that message, behind the file's name.
each_refused() {
	local line filters=() texts=() variants=() i all
	while IFS= read -r line; do
		filters+=("(${line%% => *})")
		texts+=("${line#* => }")
	done
	spec . true
	printf -v all '%s,' "${filters[@]}"
	mapfile -t variants < <(jq -c "${all%,}" spec.json)
	equal "${#variants[@]}" "${#texts[@]}"
	for i in "${!variants[@]}"; do
		printf '%s' "${variants[i]}" >spec.json
		refused "spec.json: ${texts[i]}"
	done
	nothing_created
}

@test "the plain spec of these tests is accepted" {
	inside . 'echo hello'
	equal "$output" hello
}

@test "a wrong type is refused with the member's path and what was found" {
	each_refused <<-'END'
		.process.rlimits = [{type: "RLIMIT_CORE", hard: 1, soft: 1}, {type: "RLIMIT_CPU", hard: 1, soft: 1}, {type: "RLIMIT_NOFILE", hard: 9, soft: "x"}] => process.rlimits[2].soft: number expected, found string
		.process.args = "sh" => process.args: array expected, found string
		.process.args = ["sh", 1] => process.args[1]: string expected, found number
		.process = [] => process: object expected, found array
		.process.terminal = "yes" => process.terminal:
		.root.readonly = 1 => root.readonly:
		.linux.namespaces[1].type = {} => linux.namespaces[1].type:
		.linux.namespaces = {} => linux.namespaces: array expected, found object
		.linux.sysctl = {"net.ipv4.ip_forward": 1} => linux.sysctl
		.annotations = {a: true} => annotations
		.hostname = null | .root = null => root:
		.overlay = {lower: "x"} => overlay.lower: array expected, found string
		.network = "host" => network: object expected, found string
	END
}

@test "an unknown word of a list of words is refused by name" {
	each_refused <<-'END'
		.linux.namespaces[1].type = "pids" => linux.namespaces[1].type: unknown value 'pids'
		.process.rlimits = [{type: "RLIMIT_LUNCH", hard: 1, soft: 1}] => process.rlimits[0].type: unknown
		.linux.seccomp = {defaultAction: "SCMP_ACT_SHRUG"} => linux.seccomp.defaultAction: unknown
		.linux.seccomp = {defaultAction: "SCMP_ACT_ALLOW", syscalls: [{names: ["getpid"], action: "X"}]} => linux.seccomp.syscalls[0].action: unknown
		.linux.rootfsPropagation = "sideways" => linux.rootfsPropagation:
		.process.scheduler = {policy: "SCHED_LAZY"} => process.scheduler.policy: unknown
		.process.ioPriority = {class: "IOPRIO_CLASS_ANY", priority: 1} => process.ioPriority.class: unknown
		.linux.personality = {domain: "PDP11"} => linux.personality.domain: unknown
		.network = {mode: "telepathy"} => network.mode: unknown
		.linux.devices = [{path: "/dev/x", type: "z", major: 1, minor: 1}] => linux.devices[0].type:
	END
}

@test "a number out of range is refused" {
	each_refused <<-'END'
		.process.user.uid = -1 => process.user.uid:
		.process.user.gid = 4294967296 => process.user.gid:
		.process.user.additionalGids = [1, 99999999999] => process.user.additionalGids[1]:
		.process.oomScoreAdj = 1001 => process.oomScoreAdj:
		.process.user.umask = 4096 => process.user.umask:
		.linux.uidMappings = [{containerID: 0, hostID: 0, size: 99999999999}] => linux.uidMappings[0].size:
		.process.rlimits = [{type: "RLIMIT_CORE", hard: 1, soft: 2}] => process.rlimits[0]
	END
}

@test "what is needed and missing is named" {
	each_refused <<-'END'
		del(.process) => process
		del(.process.args) => process.args
		.process.args = [] => process.args
		del(.process.cwd) => process.cwd
		.process.cwd = "relative" => process.cwd
		del(.root) => root
		del(.ociVersion) => ociVersion
		.mounts += [{type: "tmpfs"}] => mounts[1].destination
		.linux.devices = [{type: "c", major: 1, minor: 1}] => linux.devices[0].path
	END
}

@test "members that contradict each other are refused" {
	each_refused <<-'END'
		.linux.namespaces += [{type: "pid"}] => linux.namespaces[6]
		.hostname = "x" | .linux.namespaces |= map(select(.type != "uts")) => hostname
		.linux.uidMappings = [{containerID: 0, hostID: 0, size: 1}] => linux.uidMappings
		.linux.timeOffsets = {monotonic: {secs: 1}} => linux.timeOffsets
		.process.consoleSize = {height: 1, width: 70000} | .process.terminal = true => process.consoleSize
	END
}

@test "a network that there is no such thing as is refused and not ignored" {
	spec '.network = {mode: "bride"}' true
	refused 'spec.json: network.mode' "unknown mode 'bride'"
	nothing_created
}

@test "a syntax error is named with line and column" {
	printf '{\n  "ociVersion": "1.3.0",\n  "process": { "args": [ "a" "b" ] }\n}\n' >spec.json
	refused 'spec.json:3:'
	nothing_created
}

@test "an empty file, a lone word and a cut-off document are syntax errors" {
	local text
	for text in '' 'hello' '{' '{"ociVersion": "1.3.0"' '[]' '{} {}' '{"a": 01}' $'{"a": "\x01"}'; do
		printf '%s' "$text" >spec.json
		refused 'spec.json'
	done
	nothing_created
}

@test "a duplicate key is refused by name" {
	spec . true
	sed -i '0,/"cwd": "\/"/s//"cwd": "\/", "cwd": "\/tmp"/' spec.json
	refused 'spec.json:8:' 'process.cwd: named twice'
	nothing_created
}

@test "a NUL byte in a string is refused with its place" {
	spec '.process.args = ["echo", "a\u0000b"]'
	refused 'spec.json:' 'NUL in a string'
	matches "$output" 'spec.json:[0-9]+:[0-9]+: '
	spec '.hostname = "a\u0000b"' true
	refused 'spec.json:' 'NUL in a string'
	spec '.process.env = ["A=\u0000"]' true
	refused 'spec.json:' 'NUL in a string'
	nothing_created
}

@test "a raw NUL byte in the file is refused" {
	spec . true
	printf '\0' >>spec.json
	refused 'spec.json'
	nothing_created
}

@test "a nesting bomb is refused and does not crash" {
	head -c 2000000 /dev/zero | tr '\0' '[' >spec.json
	refused 'spec.json'
	{ printf '{"x":'; head -c 2000000 /dev/zero | sed 's/\x00/{"x":/g'; } >spec.json
	refused 'spec.json'
	nothing_created
}

@test "a file of 100 MB is refused at once" {
	truncate -s 100M spec.json
	refused 'spec.json'
	{ printf '{"x": "'; head -c 100000000 /dev/zero | tr '\0' a; printf '"}'; } >spec.json
	refused 'spec.json'
	nothing_created
}

@test "a FIFO as spec is refused and does not hang" {
	mkfifo spec.json
	refused 'spec.json' 'regular file'
	nothing_created
}

@test "a folder as spec is refused" {
	mkdir spec.json
	refused 'spec.json'
	nothing_created
}

@test "a spec that is not there is refused by name" {
	run -125 ctr run --rm --name "$ID" missing.json
	contains "$output" 'missing.json' 'No such file'
	nothing_created
}

@test "a spec that may be a device or a socket is refused" {
	mknod spec.json c 1 5
	refused 'spec.json'
	nothing_created
}

@test "unknown members are ignored as OCI demands" {
	inside '.futureMember = {a: [1, 2]} | .process.future = 1 | .linux.future = "x"' 'echo ran'
	equal "$output" ran
}

@test "explain warns of unknown members" {
	spec '.futureMember = {a: [1, 2]} | .process.ags = ["x"]' true
	run -0 ctr explain spec.json
	contains "$output" 'futureMember' 'process.ags'
	nothing_created
}

@test "explain prints the plan and creates nothing" {
	spec '.hostname = "box"' echo hi
	run -0 ctr explain spec.json
	contains "$output" box echo
	nothing_created
}

@test "bad input of a bundle fails with 1 as runtimes do" {
	mkdir b
	echo '{"ociVersion": 3}' >b/config.json
	run -1 ctr create --bundle b "$ID"
	contains "$output" 'config.json: ociVersion: string expected, found number'
	nothing_created
}

@test "a bundle without config.json is refused with its path" {
	mkdir b
	run -1 ctr create --bundle b "$ID"
	contains "$output" 'b/config.json'
	nothing_created
}

@test "UTF-8 in strings arrives unharmed and invalid UTF-8 is refused" {
	inside '.process.env += ["A=grüße 日本"]' 'echo $A'
	equal "$output" 'grüße 日本'
	spec . true
	sed -i $'s,PATH=/bin,PATH=/bin\xff,' spec.json
	refused 'spec.json'
}

@test "a number of 64 bits keeps all its bits" {
	# jq itself rounds to a double: write the number by hand
	spec '.process.rlimits = [{type: "RLIMIT_CORE", hard: 111, soft: 222}]' cat /proc/self/limits
	sed -i 's/111/18446744073709551615/; s/222/9007199254740993/' spec.json
	run -0 ctr run --rm --name "$ID" spec.json
	matches "$output" 'Max core file size +9007199254740993 +unlimited'
}
