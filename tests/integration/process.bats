#!/usr/bin/env bats
# SPDX-License-Identifier: Apache-2.0
# process: what a program starts with, as it sees it itself and as /proc/PID/status shows it.

load helpers

@test "args, env and cwd are exactly those of the spec" {
	spec '.process.env = ["PATH=/bin", "A=1", "EMPTY=", "B=two words=x"] | .process.cwd = "/etc/deep" ' \
		sh -c 'pwd; tr "\0" "\n" </proc/self/cmdline; printf "%s|" "$@"; echo; env | sort' zero 'a b' '' '*'
	run -0 env SECRET=of-the-caller "$CTR" --root "$ROOT" --data-root "$DATA" run --rm --name "$ID" spec.json
	equal "${lines[0]}" /etc/deep
	contains "$output" 'a b||*|' $'\nA=1\nB=two words=x\nEMPTY=\n'
	lacks "$output" SECRET
}

@test "the environment has nothing of the caller's" {
	spec . cat /proc/self/environ
	SECRET=canary run -0 ctr run --rm --name "$ID" spec.json
	lacks "$output" canary CTR
}

@test "arguments behind the spec's name replace process.args" {
	spec . echo from-the-spec
	run -0 ctr run --rm --name "$ID" spec.json echo from-the-command-line -x --help
	equal "$output" 'from-the-command-line -x --help'
}

@test "a cwd that is not there is made, owned by the user" {
	inside '.process.cwd = "/new/folder" | .process.user = {uid: 1000, gid: 1000}' 'pwd'
	equal "$output" /new/folder
}

@test "a program without a slash is looked up in the container's PATH" {
	inside '.process.env = ["PATH=/nowhere:/bin"]' 'echo found'
	equal "$output" found
}

@test "a script with an interpreter line runs" {
	spec . /bin/script a b
	run -0 ctr run --rm --name "$ID" spec.json
	equal "$output" 'script a b'
}

@test "user, group and additional groups are those of the spec, and no others" {
	inside '.process.user = {uid: 1000, gid: 1001, additionalGids: [29, 4000]}' \
		'grep -E "^(Uid|Gid|Groups)" /proc/self/status'
	equal "$(tr -s '\t ' ' ' <<<"$output" | sed 's/ $//')" \
		$'Uid: 1000 1000 1000 1000\nGid: 1001 1001 1001 1001\nGroups: 29 1001 4000' ||
		equal "$(tr -s '\t ' ' ' <<<"$output" | sed 's/ $//')" \
			$'Uid: 1000 1000 1000 1000\nGid: 1001 1001 1001 1001\nGroups: 29 4000'
}

@test "without additional groups there are none of the caller's" {
	spec . grep ^Groups /proc/self/status
	run -0 setpriv --groups 4,24,27 "$CTR" --root "$ROOT" --data-root "$DATA" run --rm --name "$ID" spec.json
	matches "$output" '^Groups:[[:space:]]*0?[[:space:]]*$'
}

@test "umask is the spec's, 022 without one, and not the caller's" {
	inside '.process.user.umask = 63' umask
	equal "$output" 0077
	spec . sh -c umask
	run -0 bash -c "umask 007; '$CTR' --root '$ROOT' --data-root '$DATA' run --rm --name $ID spec.json"
	equal "$output" 0022
}

@test "the five capability sets are exactly those of the spec" {
	inside '.process.capabilities = {
		bounding: ["CAP_CHOWN", "CAP_KILL", "CAP_NET_RAW"], permitted: ["CAP_CHOWN", "CAP_KILL"],
		effective: ["CAP_CHOWN", "CAP_KILL"], inheritable: ["CAP_KILL"], ambient: ["CAP_KILL"]}
		| .process.user = {uid: 1000, gid: 1000}' 'grep ^Cap /proc/self/status'
	# for another user than root, execve keeps what is ambient
	equal "$output" "CapInh:	0000000000000020
CapPrm:	0000000000000020
CapEff:	0000000000000020
CapBnd:	0000000000002021
CapAmb:	0000000000000020"
}

@test "root has its bounding set, and no inheritable or ambient capabilities unless asked" {
	inside '.process.capabilities = (["CAP_CHOWN", "CAP_NET_RAW"] | {bounding: ., permitted: ., effective: .})' \
		'grep ^Cap /proc/self/status'
	equal "$output" "CapInh:	0000000000000000
CapPrm:	0000000000002001
CapEff:	0000000000002001
CapBnd:	0000000000002001
CapAmb:	0000000000000000"
}

@test "an empty capabilities object means none" {
	inside '.process.capabilities = {}' 'grep ^Cap /proc/self/status'
	equal "$(grep -c 0000000000000000 <<<"$output")" 5
}

@test "an ordinary user has no capabilities" {
	inside '.process.user = {uid: 1000, gid: 1000}' 'grep -E "^Cap(Prm|Eff|Amb)" /proc/self/status; cat /etc/shadow 2>&1; true'
	equal "$(grep -c 0000000000000000 <<<"$output")" 3
}

@test "noNewPrivileges is set when the spec says so, and only then" {
	inside '.process.noNewPrivileges = true' 'grep NoNewPrivs /proc/self/status'
	equal "$output" $'NoNewPrivs:\t1'
	inside . 'grep NoNewPrivs /proc/self/status'
	equal "$output" $'NoNewPrivs:\t0'
}

@test "rlimits are those of the spec" {
	inside '.process.rlimits = [{type: "RLIMIT_NOFILE", hard: 500, soft: 400}, {type: "RLIMIT_CORE", hard: 0, soft: 0},
		{type: "RLIMIT_NPROC", hard: 99, soft: 98}, {type: "RLIMIT_MEMLOCK", hard: 65536, soft: 65536},
		{type: "RLIMIT_SIGPENDING", hard: 77, soft: 76}, {type: "RLIMIT_MSGQUEUE", hard: 4096, soft: 2048}]' \
		'cat /proc/self/limits'
	matches "$output" 'Max open files +400 +500 '
	matches "$output" 'Max core file size +0 +0 '
	matches "$output" 'Max processes +98 +99 '
	matches "$output" 'Max locked memory +65536 +65536 '
	matches "$output" 'Max pending signals +76 +77 '
	matches "$output" 'Max msgqueue size +2048 +4096 '
}

# require_sys_resource: skips where even root may not raise limits.
require_sys_resource() {
	(($((16#$(status_field $$ CapEff))) >> 24 & 1)) || skip "no CAP_SYS_RESOURCE here"
}

@test "rlimits above the caller's are raised" {
	require_sys_resource
	inside '.process.rlimits = [{type: "RLIMIT_RTPRIO", hard: 5, soft: 5}, {type: "RLIMIT_NICE", hard: 7, soft: 6}]' \
		'cat /proc/self/limits'
	matches "$output" 'Max realtime priority +5 +5 '
	matches "$output" 'Max nice priority +6 +7 '
}

@test "a rlimit that cannot be raised is an error naming the member" {
	spec '.process.rlimits = [{type: "RLIMIT_RTPRIO", hard: 5, soft: 5}]' true
	run setpriv --bounding-set -sys_resource --inh-caps -sys_resource bash -c "ulimit -r 0; exec '$CTR' --root '$ROOT' --data-root '$DATA' run --rm --name $ID spec.json"
	[[ $status -eq 125 ]] || fail "status $status: $output"
	contains "$output" 'process.rlimits[0]'
	nothing_created
}

@test "a low rlimit for files or memory does not break the start" {
	inside '.process.rlimits = [{type: "RLIMIT_NOFILE", hard: 3, soft: 3}, {type: "RLIMIT_NPROC", hard: 1, soft: 1}]' 'echo started'
	equal "$output" started
}

@test "oomScoreAdj is the spec's" {
	inside '.process.oomScoreAdj = 321' 'cat /proc/self/oom_score_adj'
	equal "$output" 321
}

@test "oomScoreAdj below the caller's" {
	require_sys_resource
	inside '.process.oomScoreAdj = -999' 'cat /proc/self/oom_score_adj'
	equal "$output" -999
}

@test "without oomScoreAdj it is the caller's" {
	inside . 'cat /proc/self/oom_score_adj'
	equal "$output" "$(</proc/self/oom_score_adj)"
}

@test "scheduler: policy, nice, priority and flags" {
	spec '.process.scheduler = {policy: "SCHED_BATCH", nice: 7}' probe scheduler
	run -0 ctr run --rm --name "$ID" spec.json
	contains "$output" 'BATCH nice 7'
	spec '.process.scheduler = {policy: "SCHED_IDLE"}' probe scheduler
	run -0 ctr run --rm --name "$ID" spec.json
	contains "$output" IDLE
	spec '.process.scheduler = {policy: "SCHED_OTHER", nice: -5, flags: ["SCHED_FLAG_RESET_ON_FORK"]}' probe scheduler
	run -0 ctr run --rm --name "$ID" spec.json
	contains "$output" 'OTHER nice -5' 'flags 1'
}

@test "scheduler: a real-time policy" {
	spec '.process.scheduler = {policy: "SCHED_FIFO", priority: 10}' probe scheduler
	run ctr run --rm --name "$ID" spec.json
	[[ $status -eq 0 || $output != *'not permitted'* ]] || skip "no real-time scheduling in this cgroup"
	contains "$output" 'FIFO' 'priority 10'
}

@test "scheduler: deadline with runtime, deadline and period" {
	spec '.process.scheduler = {policy: "SCHED_DEADLINE", runtime: 1000000, deadline: 5000000, period: 10000000}' probe scheduler
	run ctr run --rm --name "$ID" spec.json
	[[ $status -eq 0 ]] || { contains "$output" sched; skip "the kernel admits no deadline task here: $output"; }
	contains "$output" 'DEADLINE' 'runtime 1000000 deadline 5000000 period 10000000'
}

@test "ioPriority: class and level" {
	spec '.process.ioPriority = {class: "IOPRIO_CLASS_BE", priority: 6}' probe ioprio
	run -0 ctr run --rm --name "$ID" spec.json
	equal "$output" 'BE 6'
	spec '.process.ioPriority = {class: "IOPRIO_CLASS_IDLE", priority: 0}' probe ioprio
	run -0 ctr run --rm --name "$ID" spec.json
	contains "$output" IDLE
}

@test "personality LINUX32 shows a 32-bit machine" {
	[[ $(uname -m) == x86_64 ]] || skip "for x86-64"
	inside '.linux.personality = {domain: "LINUX32"}' 'uname -m'
	equal "$output" i686
	inside '.linux.personality = {domain: "LINUX"}' 'uname -m'
	equal "$output" x86_64
}

@test "sysctls are set inside and not outside" {
	local before
	before=$(</proc/sys/net/ipv4/ip_default_ttl)
	inside '.linux.sysctl = {"net.ipv4.ip_default_ttl": "33", "kernel.shm_rmid_forced": "1", "kernel.msgmax": "4096", "net/ipv4/ip_forward": "1"}' \
		'cd /proc/sys; cat net/ipv4/ip_default_ttl kernel/shm_rmid_forced kernel/msgmax net/ipv4/ip_forward'
	equal "$output" $'33\n1\n4096\n1'
	equal "$(</proc/sys/net/ipv4/ip_default_ttl)" "$before"
}

@test "sysctls of the user namespace are set inside and not outside, and need one of its own" {
	local before user
	before=$(</proc/sys/user/max_net_namespaces)
	user='.linux.namespaces += [{type: "user"}] | .linux.uidMappings = [{containerID: 0, hostID: 100000, size: 65536}] |
		.linux.gidMappings = .linux.uidMappings'
	inside "$user"' | .linux.sysctl = {"user.max_net_namespaces": "7", "user/max_inotify_watches": "11"}' \
		'cat /proc/sys/user/max_net_namespaces /proc/sys/user/max_inotify_watches'
	equal "$output" $'7\n11'
	equal "$(</proc/sys/user/max_net_namespaces)" "$before"
	spec '.linux.sysctl = {"user.max_net_namespaces": "7"}' true
	run -125 ctr run --rm --name "$ID" spec.json
	contains "$output" user.max_net_namespaces
	nothing_created
	equal "$(</proc/sys/user/max_net_namespaces)" "$before"
}

@test "a sysctl that is not of a namespace is refused by name" {
	local key
	for key in kernel.core_pattern vm.swappiness kernel.pid_max fs.file-max; do
		spec ".linux.sysctl = {\"$key\": \"1\"}" true
		run -125 ctr run --rm --name "$ID" spec.json
		contains "$output" "$key"
	done
	nothing_created
}

@test "a sysctl of a namespace that the container does not have is refused" {
	spec '.linux.namespaces |= map(select(.type != "network")) | .linux.sysctl = {"net.ipv4.ip_default_ttl": "33"}' true
	run -125 ctr run --rm --name "$ID" spec.json
	contains "$output" net.ipv4.ip_default_ttl
	nothing_created
}

@test "a sysctl whose name or value tries to reach another file is refused" {
	local pattern
	pattern=$(</proc/sys/kernel/core_pattern)
	spec '.linux.sysctl = {"net.../../kernel/core_pattern": "x"}' true
	run -125 ctr run --rm --name "$ID" spec.json
	spec '.linux.sysctl = {"net/../kernel/core_pattern": "x"}' true
	run -125 ctr run --rm --name "$ID" spec.json
	spec '.linux.sysctl = {"net.ipv4.ip_default_ttl": "33+kernel.core_pattern=x"}' true
	run ctr run --rm --name "$ID" spec.json
	equal "$(</proc/sys/kernel/core_pattern)" "$pattern"
	nothing_created
}

@test "HOME comes from the container's passwd when the spec has none" {
	inside . 'echo $HOME'
	equal "$output" /root
	inside '.process.user = {uid: 1000, gid: 1000}' 'echo $HOME'
	equal "$output" /home/user
	inside '.process.user = {uid: 4444, gid: 1}' 'echo $HOME'
	equal "$output" /
	inside '.process.env += ["HOME=/tmp"]' 'echo $HOME'
	equal "$output" /tmp
}

@test "the exit status is the program's" {
	local code
	for code in 0 1 42 255; do
		spec . sh -c "exit $code"
		run "-$code" ctr run --rm --name "$ID" spec.json
	done
}

@test "a program that dies of a signal gives 128 + its number" {
	# PID 1 cannot kill itself by a signal without a handler, but others can: SIGKILL from outside
	spec '.linux.namespaces |= map(select(.type != "pid"))' sh -c 'kill -TERM $$'
	run -143 ctr run --rm --name "$ID" spec.json
	spec '.linux.namespaces |= map(select(.type != "pid"))' sh -c 'kill -SEGV $$'
	run -139 ctr run --rm --name "$ID" spec.json
}

@test "a program that is not there: 127 and its name" {
	spec . no-such-program
	run -127 ctr run --rm --name "$ID" spec.json
	contains "$output" no-such-program 'executable file not found in $PATH'
	spec . /no/such/program
	run -127 ctr run --rm --name "$ID" spec.json
	contains "$output" /no/such/program 'no such file or directory'
	nothing_created
}

@test "a program that cannot be executed: 126 and the reason" {
	spec . /etc/not-executable
	run -126 ctr run --rm --name "$ID" spec.json
	contains "$output" /etc/not-executable 'ermission denied'
	spec . /etc/deep
	run -126 ctr run --rm --name "$ID" spec.json
	nothing_created
}

@test "a program that only root may execute is not started for another user" {
	cp -al "$ROOTFS" mine
	mkdir mine/private
	cp "$ROOTFS/bin/busybox" mine/private/echo
	chmod 700 mine/private/echo
	spec '.root.path = "mine" | .process.user = {uid: 1000, gid: 1000} | .process.capabilities = {}' /private/echo x
	run -126 ctr run --rm --name "$ID" spec.json
	nothing_created
}

@test "the program starts with no signals blocked or ignored" {
	spec . probe signals
	run -0 bash -c "trap '' PIPE USR1 HUP; '$CTR' --root '$ROOT' --data-root '$DATA' run --rm --name $ID spec.json"
	equal "$output" $'SigBlk:\t0000000000000000\nSigIgn:\t0000000000000000'
}

@test "only stdin, stdout and stderr are open in the program" {
	spec . sh -c 'ls /proc/self/fd | grep -vx 3' # ls itself has 3 open
	run -0 bash -c "exec 5</etc/passwd 9<. ; '$CTR' --root '$ROOT' --data-root '$DATA' run --rm --name $ID spec.json 3>&-"
	equal "$output" $'0\n1\n2'
}

@test "stdin reaches the program and its end too" {
	spec . wc -c
	run -0 bash -c "printf 12345 | '$CTR' --root '$ROOT' --data-root '$DATA' run --rm --name $ID spec.json"
	equal "$output" 5
}

@test "stdout and stderr stay apart" {
	spec . sh -c 'echo out; echo err >&2'
	run -0 --separate-stderr ctr run --rm --name "$ID" spec.json
	equal "$output" out
	# shellcheck disable=SC2154
	equal "$stderr" err
}

@test "the program has a session keyring of its own" {
	local ours
	ours=$("$HELPERS/probe" call keyctl 0 -3 0)
	[[ $ours == ok* ]] || skip "no keyrings here: $ours"
	spec . probe call keyctl 0 -3 0
	run -0 ctr run --rm --name "$ID" spec.json
	matches "$output" '^ok '
	[[ $output != "$ours" ]] || fail "it is the caller's"
}

@test "what ctr was confined to is not the container's: it may use all CPUs, and its execs too" {
	require_program taskset
	local all confined=(taskset -c 0 "$CTR" --root "$ROOT" --data-root "$DATA")
	all=$(grep Cpus_allowed_list /proc/self/status)
	spec . sh -c "$IDLE"
	"${confined[@]}" run -d --name "$ID" spec.json >/dev/null 3>&-
	equal "$(grep Cpus_allowed_list "/proc/$(pid_of "$ID")/status")" "$all"
	run -0 "${confined[@]}" exec "$ID" grep Cpus_allowed_list /proc/self/status
	equal "$output" "$all"
}

@test "execCPUAffinity.initial of an exec is told to who debugs" {
	background '.process.execCPUAffinity = {initial: "0", final: "0"}' "$IDLE"
	run -0 --separate-stderr ctr --debug exec "$ID" grep Cpus_allowed_list /proc/self/status
	equal "$output" $'Cpus_allowed_list:\t0'
	contains "$stderr" 'nsexec: affinity: 0x1'
}

@test "an environment entry without = is refused" {
	spec '.process.env += ["FOO"]' env
	FOO=canary run ctr run --rm --name "$ID" spec.json
	lacks "$output" canary
}
