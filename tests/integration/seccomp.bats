#!/usr/bin/env bats
# SPDX-License-Identifier: Apache-2.0
# linux.seccomp: actions, arguments, architectures, flags, the notify listener.

load helpers

# rule NAMES ACTION [MORE]: allow all but this rule.
rule() {
	echo ".linux.seccomp = {defaultAction: \"SCMP_ACT_ALLOW\", syscalls: [{names: $1, action: \"$2\"${3:+, $3}}]}"
}

# called FILTER CALL...: what `probe call` says in such a container.
called() {
	local filter=$1
	shift
	spec "$filter" probe call "$@"
	run -0 ctr run --rm --name "$ID" spec.json
}

@test "SCMP_ACT_ERRNO gives EPERM, or the errno of the rule" {
	called "$(rule '["getppid"]' SCMP_ACT_ERRNO)" getppid
	equal "$output" EPERM
	called "$(rule '["getppid"]' SCMP_ACT_ERRNO 'errnoRet: 22')" getppid
	equal "$output" EINVAL
	called "$(rule '["getppid"]' SCMP_ACT_ERRNO 'errnoRet: 0')" getppid
	equal "$output" 'ok 0'
}

@test "what no rule names gets the default action" {
	called "$(rule '["getppid"]' SCMP_ACT_ERRNO)" sched_yield
	equal "$output" 'ok 0'
}

@test "defaultAction ERRNO with defaultErrnoRet denies all but the list" {
	called '.process.noNewPrivileges = true | .linux.seccomp = {defaultAction: "SCMP_ACT_ERRNO", defaultErrnoRet: 38, syscalls: [{action: "SCMP_ACT_ALLOW", names:
		["read", "write", "close", "execve", "brk", "mmap", "munmap", "mprotect", "exit", "exit_group", "arch_prctl",
		"set_tid_address", "set_robust_list", "rseq", "prlimit64", "readlink", "readlinkat", "getrandom", "fstat", "newfstatat",
		"futex", "uname", "ioctl", "writev", "fcntl", "rt_sigaction", "rt_sigprocmask"]}]}' getppid
	equal "$output" ENOSYS
}

@test "a program under a filter shows it in its status" {
	inside "$(rule '["getppid"]' SCMP_ACT_ERRNO)" 'grep ^Seccomp /proc/self/status'
	contains "$output" $'Seccomp:\t2' $'Seccomp_filters:\t1'
	inside . 'grep ^Seccomp: /proc/self/status'
	equal "$output" $'Seccomp:\t0'
}

@test "SCMP_ACT_KILL_PROCESS kills with SIGSYS" {
	spec "$(rule '["sync"]' SCMP_ACT_KILL_PROCESS) | .linux.namespaces |= map(select(.type != \"pid\"))" probe call sync
	run -159 ctr run --rm --name "$ID" spec.json
	spec "$(rule '["sync"]' SCMP_ACT_KILL)" sh -c 'probe call sync; echo $?'
	run -0 ctr run --rm --name "$ID" spec.json
	contains "$output" 159
}

@test "SCMP_ACT_KILL_THREAD and SCMP_ACT_TRAP end the program that has no handler" {
	local action
	for action in SCMP_ACT_KILL_THREAD SCMP_ACT_TRAP; do
		spec "$(rule '["sync"]' $action)" sh -c 'probe call sync; echo $?'
		run -0 ctr run --rm --name "$ID" spec.json
		contains "$output" 159
	done
}

@test "SCMP_ACT_LOG lets the call through" {
	called "$(rule '["getppid"]' SCMP_ACT_LOG)" getppid
	matches "$output" '^ok '
}

@test "SCMP_ACT_TRACE without a tracer is ENOSYS" {
	called "$(rule '["getppid"]' SCMP_ACT_TRACE 'errnoRet: 7')" getppid
	equal "$output" ENOSYS
}

@test "an argument comparison: equal and not equal" {
	local filter
	filter=$(rule '["personality"]' SCMP_ACT_ERRNO 'args: [{index: 0, value: 4294967295, op: "SCMP_CMP_EQ"}]')
	called "$filter" personality 4294967295
	equal "$output" EPERM
	called "$filter" personality 0
	matches "$output" '^ok '
	filter=$(rule '["socket"]' SCMP_ACT_ERRNO 'args: [{index: 0, value: 1, op: "SCMP_CMP_NE"}]')
	called "$filter" socket 16 3 0
	equal "$output" EPERM
	called "$filter" socket 1 1 0
	matches "$output" '^ok '
}

@test "an argument comparison: less, greater and their equals" {
	called "$(rule '["umask"]' SCMP_ACT_ERRNO 'args: [{index: 0, value: 8, op: "SCMP_CMP_LT"}]')" umask 7
	equal "$output" EPERM
	called "$(rule '["umask"]' SCMP_ACT_ERRNO 'args: [{index: 0, value: 8, op: "SCMP_CMP_LE"}]')" umask 8
	equal "$output" EPERM
	called "$(rule '["umask"]' SCMP_ACT_ERRNO 'args: [{index: 0, value: 8, op: "SCMP_CMP_GT"}]')" umask 8
	matches "$output" '^ok '
	called "$(rule '["umask"]' SCMP_ACT_ERRNO 'args: [{index: 0, value: 8, op: "SCMP_CMP_GE"}]')" umask 8
	equal "$output" EPERM
}

@test "an argument comparison under a mask" {
	# SCMP_CMP_MASKED_EQ: value is the mask, valueTwo what must be left
	local filter
	filter=$(rule '["unshare"]' SCMP_ACT_ERRNO 'args: [{index: 0, value: 268435456, valueTwo: 268435456, op: "SCMP_CMP_MASKED_EQ"}], errnoRet: 95')
	called "$filter" unshare 0x10000000
	equal "$output" EOPNOTSUPP
	called "$filter" unshare 0x200
	matches "$output" '^ok '
}

@test "several arguments of a rule must all match" {
	local filter
	filter=$(rule '["socket"]' SCMP_ACT_ERRNO \
		'args: [{index: 0, value: 1, op: "SCMP_CMP_EQ"}, {index: 1, value: 2, op: "SCMP_CMP_EQ"}]')
	called "$filter" socket 1 2 0
	equal "$output" EPERM
	called "$filter" socket 1 1 0
	matches "$output" '^ok '
}

@test "names that this kernel or library does not know are passed over" {
	called "$(rule '["getppid", "call_of_the_year_2040"]' SCMP_ACT_ERRNO)" getppid
	equal "$output" EPERM
}

@test "other architectures of the list get the filter too, and are accepted" {
	called "$(rule '["getppid"]' SCMP_ACT_ERRNO) | .linux.seccomp.architectures = [\"SCMP_ARCH_X86_64\", \"SCMP_ARCH_X86\", \"SCMP_ARCH_X32\", \"SCMP_ARCH_AARCH64\"]" getppid
	equal "$output" EPERM
}

@test "the flags LOG and SPEC_ALLOW are accepted and an unknown one is refused" {
	called "$(rule '["getppid"]' SCMP_ACT_ERRNO) | .linux.seccomp.flags = [\"SECCOMP_FILTER_FLAG_LOG\", \"SECCOMP_FILTER_FLAG_SPEC_ALLOW\"]" getppid
	equal "$output" EPERM
	spec "$(rule '["getppid"]' SCMP_ACT_ERRNO) | .linux.seccomp.flags = [\"SECCOMP_FILTER_FLAG_WISH\"]" true
	run -125 ctr run --rm --name "$ID" spec.json
	contains "$output" linux.seccomp.flags
	nothing_created
}

# flags_of FILTER: the flags of the seccomp(2) call that loads the filter of such a container.
flags_of() {
	spec "$(rule '["getppid"]' SCMP_ACT_ERRNO) | $1" true
	strace -f -o calls -e trace=seccomp "$CTR" --root "$ROOT" --data-root "$DATA" run --rm --name "$ID" spec.json 3>&-
	sed -n 's/.*seccomp(SECCOMP_SET_MODE_FILTER, \([A-Z_0-9|]*\), .* = 0$/\1/p' calls
}

@test "without flags the filter is loaded with SPEC_ALLOW, with an empty list of them without" {
	require_program strace
	equal "$(flags_of .)" SECCOMP_FILTER_FLAG_SPEC_ALLOW
	equal "$(flags_of '.linux.seccomp.flags = []')" 0
	equal "$(flags_of '.linux.seccomp.flags = ["SECCOMP_FILTER_FLAG_LOG"]')" SECCOMP_FILTER_FLAG_LOG
}

@test "a filter works together with noNewPrivileges and an ordinary user" {
	called "$(rule '["getppid"]' SCMP_ACT_ERRNO) | .process.noNewPrivileges = true | .process.user = {uid: 1000, gid: 1000}" getppid
	equal "$output" EPERM
}

@test "a filter works for an ordinary user without noNewPrivileges" {
	called "$(rule '["getppid"]' SCMP_ACT_ERRNO) | .process.user = {uid: 1000, gid: 1000}" getppid
	equal "$output" EPERM
}

@test "a filter that forbids what only ctr needs does not break the start" {
	spec '.process.noNewPrivileges = true | .linux.seccomp = {defaultAction: "SCMP_ACT_ALLOW", syscalls: [{action: "SCMP_ACT_ERRNO", names:
		["mount", "pivot_root", "setns", "unshare", "clone3", "prctl", "capset", "setuid", "setgid", "setgroups", "umount2", "sethostname", "chdir", "close_range", "sendmsg"]}]}' \
		probe call mount
	run -0 ctr run --rm --name "$ID" spec.json
	equal "$output" EPERM
}

@test "a big profile is loaded whole" {
	called '.linux.seccomp = {defaultAction: "SCMP_ACT_ALLOW", syscalls: [range(300) |
		{names: ["ioctl"], action: "SCMP_ACT_ERRNO", args: [{index: 1, value: (. + 100000), op: "SCMP_CMP_EQ"}]}]}' ioctl 0 100299
	equal "$output" EPERM
}

@test "SCMP_ACT_NOTIFY: the listener gets the filter's descriptor and answers the calls" {
	receive notify "$DIR/listener"
	spec "$(rule '["getppid", "sync"]' SCMP_ACT_NOTIFY) | .linux.seccomp.listenerPath = \"$DIR/listener\" |
		.linux.seccomp.listenerMetadata = \"my metadata\" | .annotations = {key: \"value\"}" \
		sh -c 'probe call getppid; probe call sync'
	run -0 ctr run --rm --name "$ID" spec.json
	wait "$RECEIVER"
	contains "$output" 'ok 4321'
	local told
	told=$(tail -n +2 heard)
	equal "$(jq -r '.fds[0], .metadata, .state.id, .state.annotations.key, .ociVersion' <<<"$told")" \
		"seccompFd"$'\n'"my metadata"$'\n'"$ID"$'\nvalue\n1.3.0'
	equal "$(jq '.pid == .state.pid and .pid > 1' <<<"$told")" true
}

@test "SCMP_ACT_NOTIFY: the listener has the descriptor when create ends, before anything is called" {
	local filtered
	receive notify "$DIR/listener"
	bundle b "$(rule '["getcwd"]' SCMP_ACT_NOTIFY) | .linux.seccomp.listenerPath = \"$DIR/listener\"" true
	ctr create --bundle b "$ID" >/dev/null 2>&1
	eventually file_has heard seccompFd
	run -0 ctr state "$ID"
	equal "$(jq -r .status <<<"$output")" created
	equal "$(tail -n +2 heard | jq .pid)" "$(jq .pid <<<"$output")"
	filtered=$(grep ^Seccomp: "/proc/$(jq .pid <<<"$output")/status")
	equal "$filtered" $'Seccomp:\t2'
	ctr start "$ID"
	ctr delete --force "$ID"
}

@test "SCMP_ACT_NOTIFY without a listener is refused and leaves nothing" {
	spec "$(rule '["getppid"]' SCMP_ACT_NOTIFY) | .linux.seccomp.listenerPath = \"$DIR/nobody\"" true
	run -125 ctr run --rm --name "$ID" spec.json
	contains "$output" "$DIR/nobody"
	spec "$(rule '["getppid"]' SCMP_ACT_NOTIFY)" true
	run -125 ctr run --rm --name "$ID" spec.json
	contains "$output" listenerPath
	nothing_created
}

@test "exec runs under the filter of the container" {
	background "$(rule '["getppid"]' SCMP_ACT_ERRNO)" "$IDLE"
	run -0 ctr exec "$ID" probe call getppid
	equal "$output" EPERM
	run -0 ctr exec "$ID" grep ^Seccomp: /proc/self/status
	equal "$output" $'Seccomp:\t2'
}

@test "without noNewPrivileges a filter may forbid all but execve of what comes behind it" {
	spec '.process.noNewPrivileges = false | .linux.seccomp = {defaultAction: "SCMP_ACT_ALLOW",
		syscalls: [{names: ["capset", "prctl", "sendmsg", "setresuid", "setgroups"],
			action: "SCMP_ACT_ERRNO"}]}' sh -c 'grep CapEff /proc/self/status; exit 3'
	run ctr run --rm --name "$ID" spec.json
	equal "$status" 3
	# nothing is left of what the loading of the filter needed (CAP_SYS_ADMIN is bit 21)
	(((0x${output##*[[:space:]]} >> 21 & 1) == 0))
}

# forge: the program that the two profiles of this test have in the cache, with the name of the first
# and the instructions of the second, as only root could write it.
forge() {
	local digest
	{ head -c 40 one && tail -c +41 other | head -c 16; } >header
	tail -c +89 other >instructions
	digest=$(cat header instructions | b2sum -l 256 | cut -d' ' -f1 | sed 's/../\\x&/g')
	rm -rf "$ROOT/.@seccomp"
	mkdir -m 700 "$ROOT/.@seccomp"
	{ cat header && printf '%b' "$digest" && cat instructions; } >"$KEPT"
	chmod 600 "$KEPT"
}

# asked ANSWER: what getppid is under the first profile
asked() {
	called "$(rule '["getppid"]' SCMP_ACT_ERRNO 'errnoRet: 22')" getppid
	equal "$output" "$1"
}

@test "a compiled profile is kept below --root, and believed only if nobody else can write it" {
	called "$(rule '["getppid"]' SCMP_ACT_ERRNO 'errnoRet: 95')" getppid
	equal "$(stat -c %a "$ROOT/.@seccomp" "$ROOT"/.@seccomp/*)" $'700\n600'
	mv "$ROOT"/.@seccomp/* other
	asked EINVAL
	KEPT=$(echo "$ROOT"/.@seccomp/*)
	cp "$KEPT" one
	asked EINVAL
	forge && asked EOPNOTSUPP # so it is read
	chmod g+w "$ROOT/.@seccomp"
	asked EINVAL
	forge && chmod o+w "$KEPT" && asked EINVAL
	forge && chown 1000 "$KEPT" && asked EINVAL
	forge && chown 1000 "$ROOT/.@seccomp" && asked EINVAL
	forge && ln "$KEPT" "$DIR/second" && asked EINVAL
	forge && cp "$KEPT" forged && ln -sf "$DIR/forged" "$KEPT" && asked EINVAL
	forge && mkdir aside && mv "$ROOT/.@seccomp" aside && ln -s "$DIR/aside/.@seccomp" "$ROOT/.@seccomp" &&
		asked EINVAL
	forge && truncate -s -8 "$KEPT" && asked EINVAL
	forge && printf '\0' | dd of="$KEPT" bs=1 seek=100 conv=notrunc status=none && asked EINVAL
	forge && cp other "$KEPT" && asked EINVAL
	cmp one "$KEPT"
}

@test "exec takes the compiled profile of the container's start, and prune removes all of them" {
	background "$(rule '["getppid"]' SCMP_ACT_ERRNO)" "$IDLE"
	[[ -e $ROOT/.@seccomp ]]
	ctr prune
	[[ ! -e $ROOT/.@seccomp ]]
	run -0 ctr exec "$ID" probe call getppid
	equal "$output" EPERM
}

@test "at most 64 compiled profiles are kept" {
	called "$(rule '["getppid"]' SCMP_ACT_ERRNO)" getppid
	touch "$ROOT"/.@seccomp/{1..62}
	called "$(rule '["getppid"]' SCMP_ACT_ERRNO 'errnoRet: 22')" getppid
	equal "$(find "$ROOT/.@seccomp" -type f | wc -l)" 64
	called "$(rule '["getppid"]' SCMP_ACT_ERRNO 'errnoRet: 95')" getppid
	equal "$(find "$ROOT/.@seccomp" -type f | wc -l)" 1
}

@test "under podman's default profile calls are allowed and refused as it says" {
	local profile=/usr/share/containers/seccomp.json
	[[ -e $profile ]] || skip "no $profile"
	spec ".process.noNewPrivileges = true | .linux.seccomp = $(jq -c '{defaultAction, defaultErrnoRet,
		architectures: ["SCMP_ARCH_X86_64", "SCMP_ARCH_X86", "SCMP_ARCH_X32"],
		syscalls: [.syscalls[] | select(((.includes.caps // []) | length) == 0 and ((.includes.arches // ["amd64"]) | index("amd64"))) |
			{names, action} + (if .errnoRet then {errnoRet} else {} end) +
			(if ((.args // []) | length) > 0 then {args: [.args[] | del(.valueTwo)]} else {} end)]}' "$profile")" \
		sh -c 'probe call getppid; probe call personality 0; probe call personality 1; probe call bpf 0
			probe call sethostname; probe call socket 16 3 9; probe call socket 1 1 0 | cut -c1-2
			grep ^Seccomp: /proc/self/status'
	run -0 ctr run --rm --name "$ID" spec.json
	equal "$output" $'ok 1\nok 0\nENOSYS\nEPERM\nEPERM\nEINVAL\nok\nSeccomp:\t2'
}
