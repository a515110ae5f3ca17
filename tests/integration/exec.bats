#!/usr/bin/env bats
# SPDX-License-Identifier: Apache-2.0
# `ctr exec`: a further process in all that the container is.

load helpers

@test "exec joins all namespaces of the container" {
	background '.linux.namespaces += [{type: "time"}, {type: "user"}] |
		.linux.uidMappings = [{containerID: 0, hostID: 100000, size: 65536}] |
		.linux.gidMappings = [{containerID: 0, hostID: 100000, size: 65536}]' "$IDLE"
	local pid kind expected=''
	pid=$(pid_of "$ID")
	for kind in pid mnt net ipc uts cgroup user time; do
		expected+=$(readlink "/proc/$pid/ns/$kind")$'\n'
	done
	run -0 ctr exec "$ID" sh -c 'for k in pid mnt net ipc uts cgroup user time; do readlink /proc/self/ns/$k; done'
	equal "$output"$'\n' "$expected"
}

@test "exec sees the container's root, processes and hostname" {
	background '.hostname = "box"' "touch /mark; $IDLE"
	run -0 ctr exec "$ID" sh -c 'ls /mark; hostname; cat /proc/1/comm; grep ^0:: /proc/self/cgroup'
	equal "$output" $'/mark\nbox\nsh\n0::/'
}

@test "exec's process has the container's capabilities, no more" {
	background '.process.capabilities = (["CAP_CHOWN", "CAP_NET_RAW"] | {bounding: ., permitted: ., effective: .})' "$IDLE"
	run -0 ctr exec "$ID" grep ^Cap /proc/self/status
	equal "$output" "CapInh:	0000000000000000
CapPrm:	0000000000002001
CapEff:	0000000000002001
CapBnd:	0000000000002001
CapAmb:	0000000000000000"
}

@test "exec's process has the container's noNewPrivileges, rlimits, oom score and umask" {
	background '.process.noNewPrivileges = true | .process.oomScoreAdj = 77 | .process.user.umask = 63 |
		.process.rlimits = [{type: "RLIMIT_NOFILE", hard: 77, soft: 66}]' "$IDLE"
	run -0 ctr exec "$ID" sh -c 'grep NoNewPrivs /proc/self/status; cat /proc/self/oom_score_adj; grep "Max open files" /proc/self/limits; umask'
	equal "$(tr -s ' ' <<<"$output")" $'NoNewPrivs:\t1\n77\nMax open files 66 77 files \n0077'
}

@test "exec passes the exit status on" {
	background . "$IDLE"
	local code
	for code in 0 1 77 255; do
		run "-$code" ctr exec "$ID" sh -c "exit $code"
	done
	run -137 ctr exec "$ID" sh -c 'kill -KILL $$'
}

@test "exec of a program that is not there or not executable is a failure of its own" {
	background . "$IDLE"
	run ctr exec "$ID" no-such-program
	equal "$status" 255
	contains "$output" 'executable file not found in $PATH'
	run ctr exec "$ID" /etc/not-executable
	equal "$status" 255
	contains "$output" 'permission denied'
}

@test "exec's environment: the container's, and -e on top of it" {
	background '.process.env += ["A=container", "B=container"]' "$IDLE"
	SECRET=canary run -0 ctr exec -e B=mine -e "C=two words" "$ID" env
	contains "$output" A=container B=mine 'C=two words'
	lacks "$output" canary B=container
}

@test "exec -w starts in that folder, without it in the container's cwd" {
	background '.process.cwd = "/etc"' "$IDLE"
	run -0 ctr exec "$ID" pwd
	equal "$output" /etc
	run -0 ctr exec -w /etc/deep/er "$ID" pwd
	equal "$output" /etc/deep/er
	run -255 ctr exec --cwd /not/there "$ID" pwd
	contains "$output" /not/there 'o such file'
	run -1 ctr exec "$ID" test -e /not
}

@test "exec -u takes numbers and names of the container's passwd and group" {
	background . "$IDLE"
	run -0 ctr exec -u 1000 "$ID" id -u
	equal "$output" 1000
	run -0 ctr exec -u 1000:1 "$ID" id
	contains "$output" 'uid=1000(user) gid=1(daemon)'
	run -0 ctr exec -u user "$ID" sh -c 'id; echo $HOME'
	contains "$output" 'uid=1000(user) gid=1000(user)' '29(audio)' '10(wheel)' /home/user
	run -0 ctr exec -u user:audio "$ID" id
	contains "$output" 'uid=1000(user) gid=29(audio)'
	run -0 ctr exec -u :29 "$ID" id
	contains "$output" 'uid=0(root) gid=29(audio)'
}

@test "exec -u with something that is no user is refused and never runs as root" {
	background . "$IDLE"
	local user
	for user in nobody-here -1 99999999999 4294967295 1: '1:x' ' 1' 1x 0x10 '' 1:99999999999 user:none; do
		run ctr exec -u "$user" "$ID" id -u
		[[ $status -ne 0 && $output != 0 || $user == 1: && $output == 1 ]] || fail "'$user' ran as $output"
	done
}

@test "an exec'ed user other than root has no capabilities" {
	background . "$IDLE"
	run -0 ctr exec -u 1000 "$ID" grep -E '^Cap(Prm|Eff|Amb|Inh)' /proc/self/status
	equal "$(grep -c 0000000000000000 <<<"$output")" 4
}

@test "exec --cap gives a capability more, not inheritable" {
	background '.process.capabilities = (["CAP_CHOWN"] | {bounding: ., permitted: ., effective: .})' "$IDLE"
	run -0 ctr exec --cap CAP_NET_RAW "$ID" grep ^Cap /proc/self/status
	contains "$output" $'CapEff:\t0000000000002001' $'CapInh:\t0000000000000000'
}

@test "stdin, stdout and stderr of exec" {
	background . "$IDLE"
	run -0 bash -c "printf 12345 | '$CTR' --root '$ROOT' --data-root '$DATA' exec -i $ID wc -c"
	equal "$output" 5
	run -0 --separate-stderr ctr exec "$ID" sh -c 'echo out; echo err >&2'
	equal "$output" out
	# shellcheck disable=SC2154
	equal "$stderr" err
}

@test "exec -d returns at once, --pid-file has the process" {
	background . "$IDLE"
	ctr exec -d --pid-file "$DIR/pid" "$ID" sleep 1000 >/dev/null # its standard streams are ours
	contains "$(tr '\0' ' ' <"/proc/$(<pid)/cmdline")" 'sleep 1000'
	equal "$(cgroup_of "$(<pid)")" "$(cgroup_of "$(pid_of "$ID")")"
}

@test "exec in a paused container is refused in the words that engines know" {
	background . "$IDLE"
	ctr freeze "$ID"
	run -255 ctr exec "$ID" true
	contains "$output" 'cannot exec in a paused container (use --ignore-paused to override)'
	ctr thaw "$ID"
	run -0 ctr exec "$ID" true
}

@test "exec in a stopped container is refused" {
	spec . true
	ctr run --name "$ID" spec.json
	run -255 ctr exec "$ID" true
	contains "$output" 'container not running'
}

@test "exec --ignore-paused runs when the container is thawed" {
	background . "$IDLE"
	ctr freeze "$ID"
	ctr exec --ignore-paused "$ID" echo ran >out &
	local runner=$!
	eventually test "$(wc -l <"$(cgroup_of "$(pid_of "$ID")")/cgroup.procs")" -ge 1
	ctr thaw "$ID"
	wait "$runner"
	equal "$(<out)" ran
}

@test "exec in a created container works before its program runs" {
	bundle b . touch /ran
	create --bundle b "$ID"
	run -0 ctr exec "$ID" sh -c 'echo inside; ls /ran 2>&1; true'
	contains "$output" inside 'No such file'
}

@test "exec --process takes a process of the specification" {
	background . "$IDLE"
	cat >process.json <<-'END'
		{"args": ["sh", "-c", "id -u; pwd; echo $A; grep NoNewPrivs /proc/self/status"], "cwd": "/etc",
		"env": ["PATH=/bin", "A=1"], "user": {"uid": 1000, "gid": 1000}, "noNewPrivileges": true}
	END
	run -0 ctr exec --process process.json "$ID"
	equal "$output" $'1000\n/etc\n1\nNoNewPrivs:\t1'
	ctr exec --process=process.json --detach --pid-file "$DIR/pid" "$ID" >/dev/null
	matches "$(<pid)" '^[0-9]+$'
}

# some_cpus: two CPUs that this test may use, in $FIRST and $SECOND.
some_cpus() {
	local list
	list=$(status_field self Cpus_allowed_list)
	FIRST=${list%%[-,]*}
	SECOND=${list##*[-,]}
	[[ $FIRST != "$SECOND" ]] || skip "there is one CPU only"
	CPUS=$list
}

# affinity INITIAL FINAL: process.json for exec, which says its CPUs.
affinity() {
	jq -n --arg initial "$1" --arg final "$2" '{args: ["grep", "Cpus_allowed_list", "/proc/self/status"],
		cwd: "/", env: ["PATH=/bin"], execCPUAffinity: ({$initial, $final} | with_entries(select(.value != "")))}' >process.json
}

@test "execCPUAffinity of the container is for exec's processes and not for its own" {
	some_cpus
	spec ".process.execCPUAffinity = {initial: \"$FIRST\", final: \"$SECOND\"}" sh -c "grep Cpus_allowed_list /proc/self/status; $IDLE"
	ctr run -d --name "$ID" spec.json >/dev/null
	equal "$(status_field "$(pid_of "$ID")" Cpus_allowed_list)" "$CPUS"
	run -0 ctr exec "$ID" grep Cpus_allowed_list /proc/self/status
	equal "$output" $'Cpus_allowed_list:\t'"$SECOND"
}

@test "execCPUAffinity of exec --process: initial until the cgroup is joined, then final" {
	some_cpus
	background . "$IDLE"
	affinity "$FIRST" "$SECOND"
	run -0 ctr exec --process process.json "$ID"
	equal "$output" $'Cpus_allowed_list:\t'"$SECOND"
	affinity '' "$FIRST"
	run -0 ctr exec --process process.json "$ID"
	equal "$output" $'Cpus_allowed_list:\t'"$FIRST"
	# without the second the first stays
	affinity "$SECOND" ''
	run -0 ctr exec --process process.json "$ID"
	equal "$output" $'Cpus_allowed_list:\t'"$SECOND"
	run -0 ctr exec "$ID" grep Cpus_allowed_list /proc/self/status
	equal "$output" $'Cpus_allowed_list:\t'"$CPUS"
}

@test "execCPUAffinity that is no list of CPUs is refused by member, a CPU that is not there by the kernel" {
	spec '.process.execCPUAffinity = {initial: "0-", final: "1"}' true
	run -125 ctr run --rm --name "$ID" spec.json
	contains "$output" process.execCPUAffinity.initial
	nothing_created
	background . "$IDLE"
	affinity '' 1000
	run -255 ctr exec --process process.json "$ID"
	contains "$output" process.execCPUAffinity.final
}

@test "exec --process with errors in the file names file and member" {
	background . "$IDLE"
	echo '{"args": "x"}' >process.json
	run -255 ctr exec --process process.json "$ID"
	contains "$output" 'process.json' 'args: array expected, found string'
}

@test "exec --preserve-fds passes descriptors on, and no others" {
	background . "$IDLE"
	echo three >three
	run -0 bash -c "exec 3<three 4</dev/null 7</dev/null
		exec '$CTR' --root '$ROOT' --data-root '$DATA' exec --preserve-fds 1 $ID sh -c 'cat <&3; ls /proc/self/fd | tr \"\\n\" \" \"'"
	equal "$output" $'three\n0 1 2 3 4 '
}

@test "no descriptor but the standard three in an exec'ed process" {
	background . "$IDLE"
	run -0 bash -c "exec 5</etc/passwd 9<.; '$CTR' --root '$ROOT' --data-root '$DATA' exec $ID sh -c 'ls /proc/self/fd | tr \"\\n\" \" \"' 3>&-"
	equal "$output" '0 1 2 3 '
}

@test "exec forwards signals to its process" {
	background . "$IDLE"
	"$CTR" --root "$ROOT" --data-root "$DATA" exec "$ID" sh -c 'trap "exit 8" TERM; echo ready; while :; do sleep 0.05; done' >out 3>&- &
	local runner=$! code=0
	eventually file_has out ready
	kill -TERM "$runner"
	wait "$runner" || code=$?
	equal "$code" 8
}

@test "a container's passwd that is a FIFO, a device, a folder or huge does not hang exec" {
	background . "$IDLE"
	ctr exec "$ID" sh -c 'rm /etc/passwd; mkfifo /etc/passwd'
	run timeout 20 "$CTR" --root "$ROOT" --data-root "$DATA" exec -u user "$ID" id -u 3>&-
	[[ $status -ne 0 && $status -ne 124 ]] || fail "status $status: $output"
	run -0 timeout 20 "$CTR" --root "$ROOT" --data-root "$DATA" exec -u 1000 "$ID" true 3>&- # (id reads passwd itself)
	ctr exec "$ID" sh -c 'rm /etc/passwd; ln -s /dev/zero /etc/passwd'
	run timeout 20 "$CTR" --root "$ROOT" --data-root "$DATA" exec -u user "$ID" id -u 3>&-
	[[ $status -ne 0 && $status -ne 124 ]] || fail "status $status: $output"
	ctr exec "$ID" sh -c 'rm /etc/passwd; truncate -s 2000000000 /etc/passwd'
	run timeout 20 "$CTR" --root "$ROOT" --data-root "$DATA" exec -u user "$ID" id -u 3>&-
	[[ $status -ne 0 && $status -ne 124 ]] || fail "status $status: $output"
}

@test "a container's passwd that is a link to the host's is the container's own" {
	background . "ln -sf /../../../../../../../..$DIR/passwd /etc/passwd; touch /ready; $IDLE"
	echo 'stranger:x:0:0::/:/bin/sh' >passwd
	eventually test -e "$DATA/containers/$ID/upper/ready"
	run ctr exec -u stranger "$ID" id -u
	[[ $status -ne 0 ]]
}

@test "many execs at once" {
	background . "$IDLE"
	local i pids=()
	for i in 1 2 3 4 5 6 7 8; do
		ctr exec "$ID" echo "$i" >"out.$i" &
		pids+=($!)
	done
	for i in "${pids[@]}"; do
		wait "$i"
	done
	equal "$(cat out.*)" $'1\n2\n3\n4\n5\n6\n7\n8'
}

@test "the end of the container ends its exec'ed processes, and exec says so" {
	background . "$IDLE"
	local code=0
	ctr exec "$ID" sh -c 'echo ready; sleep 1000' >out &
	local runner=$!
	eventually file_has out ready
	ctr kill "$ID" KILL
	wait "$runner" || code=$?
	equal "$code" 137
}

@test "options behind the program's name are the program's" {
	background . "$IDLE"
	run -0 ctr exec "$ID" echo -e -u --help -- -t
	equal "$output" '-u --help -- -t'
}

@test "exec does not change the container's own files or state" {
	background . "$IDLE"
	local before
	before=$(sha256sum <"$ROOT/$ID/state.json")
	ctr exec "$ID" true
	equal "$(sha256sum <"$ROOT/$ID/state.json")" "$before"
}

@test "exec --additional-gids adds groups to those of the user" {
	background '.process.user.additionalGids = [7]' "$IDLE"
	run -0 ctr exec -g 100 --additional-gids 65534 "$ID" id -G
	equal "$output" '0 7 100 65534'
	run -0 ctr exec --user 1000:1000 -g 100 "$ID" id -G
	equal "$output" '1000 100'
	run -255 ctr exec -g -1 "$ID" true
	contains "$output" --additional-gids "'-1'"
}

@test "exec --no-new-privs" {
	background . "$IDLE"
	run -0 ctr exec --no-new-privs "$ID" grep NoNewPrivs /proc/self/status
	equal "$output" $'NoNewPrivs:\t1'
	run -0 ctr exec "$ID" grep NoNewPrivs /proc/self/status
	equal "$output" $'NoNewPrivs:\t0'
}

@test "exec --apparmor and --process-label: refused with the reason where the kernel has not the module" {
	background . "$IDLE"
	if [[ ! -e /sys/kernel/security/apparmor && ! -e /sys/module/apparmor ]]; then
		run -255 ctr exec --apparmor some-profile "$ID" true
		contains "$output" AppArmor
	else
		run -0 ctr exec --apparmor unconfined "$ID" true
	fi
	if [[ ! -d /sys/fs/selinux ]]; then
		run -255 ctr exec --process-label some:label "$ID" true
		contains "$output" process.selinuxLabel
	fi
}

@test "exec --cgroup: a cgroup below the container's, nothing else" {
	background . "$IDLE"
	local cgroup
	cgroup=$(cgroup_of "$(pid_of "$ID")")
	mkdir "$cgroup/sub" "$cgroup-sibling"
	run -0 ctr exec --cgroup sub "$ID" cat /proc/self/cgroup
	contains "$output" '0::/sub'
	run -0 ctr exec --cgroup /sub "$ID" cat /proc/self/cgroup
	contains "$output" '0::/sub'
	run -0 ctr exec --cgroup / "$ID" cat /proc/self/cgroup
	lacks "$output" sub
	run -255 ctr exec --cgroup .. "$ID" true
	contains "$output" 'bad sub cgroup path'
	run -255 ctr exec --cgroup "../${cgroup##*/}-sibling" "$ID" true
	contains "$output" 'bad sub cgroup path'
	rmdir "$cgroup-sibling"
	run -255 ctr exec --cgroup not-there "$ID" true
	contains "$output" ' cgroup' 'o such file or directory'
	run -255 ctr exec --cgroup memory:sub "$ID" true
	contains "$output" --cgroup controller
}

@test "exec follows a first process that left its cgroup to those below" {
	require_controller memory
	background '.linux.resources.memory.limit = 104857600' "$IDLE"
	local pid cgroup
	pid=$(pid_of "$ID")
	cgroup=$(cgroup_of "$pid")
	mkdir "$cgroup/sub"
	echo "$pid" >"$cgroup/sub/cgroup.procs"
	run -0 ctr exec "$ID" cat /proc/self/cgroup
	lacks "$output" sub
	echo +memory >"$cgroup/cgroup.subtree_control"
	run -0 ctr exec "$ID" cat /proc/self/cgroup
	contains "$output" '0::/sub'
	run -255 ctr exec --cgroup / "$ID" true
	matches "$output" 'adding pid .* to cgroups.*evice or resource busy'
}

@test "exec follows a first process whose cgroup was removed" {
	background . "$IDLE"
	local pid cgroup
	pid=$(pid_of "$ID")
	cgroup=$(cgroup_of "$pid")
	mkdir "$TEST_CGROUP/other"
	echo "$pid" >"$TEST_CGROUP/other/cgroup.procs"
	rmdir "$cgroup"
	run -0 ctr exec "$ID" true
	ctr rm -f "$ID"
	rmdir "$TEST_CGROUP/other"
}

@test "exec --preserve-fds with descriptors that are not open passes none of ctr's own instead" {
	background . "$IDLE"
	run -0 bash -c "exec 3</dev/null 4<&- 5<&-; exec '$CTR' --root '$ROOT' --data-root '$DATA' exec --preserve-fds 100 $ID ls -l /proc/self/fd"
	contains "$output" '3 -> /dev/null'
	for word in socket: anon_inode: cgroup "$ROOT"; do
		lacks "$output" "$word"
	done
}

@test "exec --tty with a console socket, and with several -e" {
	background '.mounts += [{destination: "/dev", type: "tmpfs", source: "tmpfs"},
		{destination: "/dev/pts", type: "devpts", source: "devpts", options: ["newinstance", "ptmxmode=0666"]}]' "$IDLE"
	receive console sock
	ctr exec -d -t --console-socket sock -e A=1 -e B=2 "$ID" sh -c 'echo "$A$B"; test -t 0 && echo tty' >/dev/null
	wait "$RECEIVER"
	contains "$(<heard)" 12 tty
}
