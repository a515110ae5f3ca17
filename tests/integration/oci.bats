#!/usr/bin/env bats
# SPDX-License-Identifier: Apache-2.0
# create, start, state, kill, delete, list, ps: the life of a container as engines lead it.

load helpers

@test "create, start, stop, delete: the statuses in between" {
	bundle b . sh -c 'trap "exit 0" TERM; touch /started; while :; do sleep 0.1; done'
	create --bundle b "$ID"
	equal "$(<created)" ''
	equal "$(status_of "$ID")" created
	[[ ! -e b/rootfs/started ]]
	run -0 ctr start "$ID"
	equal "$(status_of "$ID")" running
	eventually test -e b/rootfs/started
	run -0 ctr kill "$ID" TERM
	eventually has_status "$ID" stopped
	run -0 ctr delete "$ID"
	run -1 ctr state "$ID"
	contains "$output" 'container does not exist'
}

@test "state is JSON with what the specification demands, and more that engines read" {
	bundle b '.annotations = {a: "1"}' true
	create --bundle b "$ID"
	local state pid
	state=$(ctr state "$ID")
	pid=$(jq .pid <<<"$state")
	equal "$(jq -r '.ociVersion, .id, .status, .bundle, .annotations.a' <<<"$state")" "1.3.0"$'\n'"$ID"$'\ncreated\n'"$DIR/b"$'\n1'
	equal "$(jq -r .rootfs <<<"$state")" "$DIR/b/rootfs"
	matches "$(jq -r .created <<<"$state")" '^20[0-9]{2}-[0-9]{2}-[0-9]{2}T[0-9:.]+(Z|[+-])'
	[[ -d /proc/$pid ]]
	[[ $(readlink "/proc/$pid/ns/pid") != "$(readlink /proc/self/ns/pid)" ]]
	ctr start "$ID"
	eventually has_status "$ID" stopped
	equal "$(pid_of "$ID")" 0
}

@test "the state folder belongs to root alone" {
	bundle b . true
	create --bundle b "$ID"
	equal "$(stat -c %a "$ROOT")" 700
	jq -e . "$ROOT/$ID/state.json" >/dev/null
}

@test "verbs on a container that is not there say so, with 1" {
	local verb
	for verb in start state kill delete pause resume ps; do
		run -1 ctr $verb nobody
		contains "$output" 'container does not exist'
	done
	run -1 ctr exec nobody true || run -255 ctr exec nobody true
	contains "$output" 'container does not exist'
}

@test "delete --force of a container that is not there is fine" {
	run -0 ctr delete --force nobody
	run -0 ctr delete -f nobody
}

@test "an ID that exists is refused, and the first container is not touched" {
	bundle b . sh -c "$IDLE"
	create --bundle b "$ID"
	run -1 ctr create --bundle b "$ID"
	contains "$output" 'container with given ID already exists'
	equal "$(status_of "$ID")" created
}

@test "concurrent creates of one ID: one wins" {
	local i winners=0 pids=()
	bundle b . sh -c "$IDLE"
	for i in 1 2 3 4 5; do
		ctr create --bundle b "$ID" >"out.$i" 2>&1 </dev/null &
		pids+=($!)
	done
	for i in "${pids[@]}"; do
		wait "$i" && winners=$((winners + 1))
	done
	equal "$winners" 1
	equal "$(status_of "$ID")" created
	equal "$(cat out.* | grep -c 'already exists')" 4
}

@test "an ID with other characters, empty, dot, dot-dot or too long is refused" {
	local id
	bundle b . true
	for id in '' . .. a/b ../x 'a b' $'a\nb' 'ä' '-x' "$(printf 'x%.0s' {1..1200})"; do
		run -1 ctr create --bundle b -- "$id"
	done
	nothing_created
}

@test "an ID with all characters that are allowed works" {
	bundle b . true
	create --bundle b "$ID._a+Z.9-"
	run -0 ctr delete "$ID._a+Z.9-"
}

@test "start twice is refused" {
	bundle b . sh -c "$IDLE"
	create --bundle b "$ID"
	ctr start "$ID"
	run -1 ctr start "$ID"
	contains "$output" 'cannot start'
}

@test "start of a stopped container is refused in the words that engines know" {
	bundle b . true
	create --bundle b "$ID"
	ctr start "$ID"
	eventually has_status "$ID" stopped
	run -1 ctr start "$ID"
	contains "$output" 'cannot start a container that has stopped'
}

@test "kill of a stopped container: container not running" {
	bundle b . true
	create --bundle b "$ID"
	ctr start "$ID"
	eventually has_status "$ID" stopped
	run -1 ctr kill "$ID"
	contains "$output" 'container not running'
	run -0 ctr kill --all "$ID" KILL
}

@test "delete of a running container is refused, with --force it is killed" {
	bundle b . sh -c "$IDLE"
	create --bundle b "$ID"
	ctr start "$ID"
	local pid
	pid=$(pid_of "$ID")
	run -1 ctr delete "$ID"
	contains "$output" "cannot delete container $ID that is not stopped"
	[[ -e /proc/$pid ]]
	run -0 ctr delete --force "$ID"
	eventually is_gone "$pid" # until whoever is its parent now has reaped it
}

@test "delete of a created container kills it" {
	bundle b . true
	create --bundle b "$ID"
	local pid
	pid=$(pid_of "$ID")
	run -0 ctr delete "$ID"
	eventually is_gone "$pid"
}

@test "kill of a created container ends it without its program having run" {
	bundle b . touch /ran
	create --bundle b "$ID"
	run -0 ctr kill "$ID" KILL
	eventually has_status "$ID" stopped
	[[ ! -e b/rootfs/ran ]]
}

@test "kill takes names with and without SIG, in any case, and numbers" {
	local signal expected=''
	background . 'trap "echo >>/got TERM" TERM; trap "echo >>/got USR1" USR1
		touch /ready; while :; do sleep 0.05; done'
	got() { [[ -e $DATA/containers/$ID/upper/got && $(<"$DATA/containers/$ID/upper/got") == "$expected" ]]; }
	eventually test -e "$DATA/containers/$ID/upper/ready"
	for signal in SIGUSR1 USR1 usr1 sigusr1 10; do
		expected+=${expected:+$'\n'}USR1
		run -0 ctr kill "$ID" $signal
		eventually got
	done
	expected+=$'\nTERM'
	run -0 ctr kill "$ID"
	eventually got
	run -1 ctr kill "$ID" SIGNONSENSE
	contains "$output" SIGNONSENSE
}

@test "kill --all reaches every process of the container" {
	bundle b '.linux.namespaces |= map(select(.type != "pid"))' sh -c 'sleep 1000 & setsid sleep 1000 & wait'
	create --bundle b "$ID"
	ctr start "$ID"
	local folder
	folder=$(cgroup_of "$(pid_of "$ID")")
	eventually three_processes "$folder"
	run -0 ctr kill --all "$ID" KILL
	eventually file_has "$folder/cgroup.events" 'populated 0'
}

three_processes() {
	(($(wc -l <"$1/cgroup.procs") >= 3))
}

@test "kill of a container with the host's pid namespace ends all its processes" {
	bundle b '.linux.namespaces |= map(select(.type != "pid"))' sh -c 'sleep 1000 & sleep 1000 & wait'
	create --bundle b "$ID"
	ctr start "$ID"
	local folder
	folder=$(cgroup_of "$(pid_of "$ID")")
	eventually three_processes "$folder"
	run -0 ctr kill "$ID" KILL
	eventually file_has "$folder/cgroup.events" 'populated 0'
}

@test "--pid-file has the PID of init, written whole" {
	bundle b . true
	create --bundle b --pid-file "$DIR/pid" "$ID"
	equal "$(<pid)" "$(pid_of "$ID")"
	matches "$(<pid)" '^[0-9]+$'
}

@test "--pid-file of a create that fails is not there" {
	bundle b . no-such-program
	run -1 ctr create --bundle b --pid-file "$DIR/pid" "$ID"
	contains "$output" 'executable file not found in $PATH'
	[[ ! -e pid ]]
	nothing_created
}

@test "--pid-file of a run whose program is not there is not there either" {
	bundle b . no-such-program
	run ! ctr run --bundle b --pid-file "$DIR/pid" "$ID"
	contains "$output" 'executable file not found in $PATH'
	[[ ! -e pid ]]
	nothing_created
}

@test "create says of a program that is not there or not executable what engines look for" {
	bundle b . no-such-program
	run -1 ctr create --bundle b "$ID"
	contains "$output" 'executable file not found in $PATH'
	jq '.process.args = ["/no/such"]' b/config.json >c && mv c b/config.json
	run -1 ctr create --bundle b "$ID"
	contains "$output" 'no such file or directory'
	jq '.process.args = ["/etc/not-executable"]' b/config.json >c && mv c b/config.json
	run -1 ctr create --bundle b "$ID"
	contains "$output" 'permission denied'
	nothing_created
}

@test "--preserve-fds passes exactly that many descriptors on" {
	bundle b . sh -c 'ls /proc/self/fd | tr "\n" " "; cat <&3; cat <&4'
	echo three >three
	echo four >four
	exec 5</dev/null
	run -0 bash -c "exec 3<three 4<four 5</dev/null 6</dev/null
		exec '$CTR' --root '$ROOT' --data-root '$DATA' run --bundle b --preserve-fds 2 $ID"
	exec 5<&-
	equal "$output" $'0 1 2 3 4 5 three\nfour'
}

@test "--preserve-fds with descriptors that are not open passes none of ctr's own instead" {
	bundle b . sh -c 'ls -l /proc/self/fd'
	run -0 bash -c "exec 3<&- 4<&- 5</dev/null; exec '$CTR' --root '$ROOT' --data-root '$DATA' run --bundle b --preserve-fds 100 $ID"
	contains "$output" '5 -> /dev/null'
	for word in socket: anon_inode: cgroup "$ROOT"; do
		lacks "$output" "$word"
	done
}

@test "LISTEN_FDS passes its descriptors and the variables, with LISTEN_PID of the container" {
	bundle b . sh -c 'echo $LISTEN_FDS $LISTEN_PID; cat <&3; ls /proc/self/fd | wc -l'
	echo three >three
	run -0 bash -c "exec 3<three; export LISTEN_FDS=1 LISTEN_PID=\$\$
		exec '$CTR' --root '$ROOT' --data-root '$DATA' run --bundle b $ID"
	equal "$output" $'1 1\nthree\n5'
}

@test "list shows all containers of this root, as a table, as JSON and as names" {
	bundle b . true
	run -0 ctr list --format json
	matches "$output" '^(null|\[\])$'
	create --bundle b "$ID"
	run -0 ctr list
	contains "${lines[0]}" ID PID STATUS BUNDLE
	contains "$output" "$ID" created "$DIR/b"
	run -0 ctr list -q
	equal "$output" "$ID"
	run -0 ctr list --format=json
	equal "$(jq -r '.[0].id, .[0].status' <<<"$output")" "$ID"$'\ncreated'
	run -0 ctr list -f json
	jq -e . <<<"$output" >/dev/null
}

@test "ps ID lists the processes of the container by the host's PIDs" {
	bundle b . sh -c 'sleep 1000 & wait'
	create --bundle b "$ID"
	ctr start "$ID"
	local folder
	folder=$(cgroup_of "$(pid_of "$ID")")
	eventually test "$(wc -l <"$folder/cgroup.procs")" -ge 1
	two_listed() { run -0 ctr ps --format json "$ID" && [[ $(jq length <<<"$output") == 2 ]]; }
	eventually two_listed
	equal "$(jq -c sort <<<"$output")" "$(sort -n "$folder/cgroup.procs" | jq -sc sort)"
	run -0 ctr ps "$ID"
	contains "$output" sleep "$(pid_of "$ID")"
}

@test "pause and resume in the life of a container" {
	bundle b . sh -c "$IDLE"
	create --bundle b "$ID"
	ctr start "$ID"
	run -0 ctr pause "$ID"
	equal "$(status_of "$ID")" paused
	run -0 ctr resume "$ID"
	equal "$(status_of "$ID")" running
	run -1 ctr resume "$ID"
	contains "$output" "not paused"
}

@test "a killed create leaves something that delete --force removes" {
	# the fault tests do this at every step; here at a point in time
	bundle b '.hooks.createRuntime = [{path: "/bin/sh", args: ["sh", "-c", "echo $PPID >'"$DIR"'/parent; sleep 1000"]}]' true
	ctr create --bundle b "$ID" </dev/null >create.log 2>&1 &
	local creator=$!
	eventually test -s parent
	kill -KILL "$creator" "$(<parent)" 2>/dev/null || true
	wait "$creator" || true
	run -0 ctr delete --force "$ID"
	nothing_left_but_hook() { [[ $(cgroups_of "$ID") == '' && ! -e $ROOT/$ID ]]; }
	nothing_left_but_hook
	local pid
	for pid in $(<"$TEST_CGROUP/cgroup.procs"); do
		is_ours "$pid" || kill -KILL "$pid" 2>/dev/null || true # the hook itself is the host's
	done
}

@test "a stale PID in the state is never signalled" {
	bundle b . true
	create --bundle b "$ID"
	ctr start "$ID"
	eventually has_status "$ID" stopped
	sleep 1000 3>&- &
	local stranger=$!
	sed -i -E "s/\"pid\": *[0-9]+/\"pid\": $stranger/" "$ROOT/$ID/state.json"
	equal "$(status_of "$ID")" stopped
	run ctr kill "$ID" KILL
	run ctr delete --force "$ID"
	[[ -e /proc/$stranger ]] || fail "it killed a stranger"
	kill "$stranger"
	wait "$stranger" || true
}

@test "a half-written or foreign state.json is told and can be deleted by force" {
	bundle b . true
	create --bundle b "$ID"
	local pid
	pid=$(pid_of "$ID")
	echo '{"half' >"$ROOT/$ID/state.json"
	run -1 ctr state "$ID"
	contains "$output" state.json
	run -0 ctr list
	run -0 ctr delete --force "$ID"
	eventually is_gone "$pid"
}

@test "a state.json with a cgroup that is no path hides no other container from list" {
	local id pid
	for id in "$ID" "$ID-2"; do
		bundle "$id" . true
		create --bundle "$id" "$id"
	done
	pid=$(pid_of "$ID")
	cp "$ROOT/$ID/state.json" state
	jq '.cgroup = "no-path"' state >"$ROOT/$ID/state.json"
	run -0 ctr list --quiet
	contains "$output" "$ID-2"
	cp state "$ROOT/$ID/state.json"
	ctr delete --force "$ID"
	ctr delete --force "$ID-2"
	eventually is_gone "$pid"
}

@test "--root and --data-root keep containers apart" {
	bundle b . true
	create --bundle b "$ID"
	run -1 "$CTR" --root "$DIR/other" --data-root "$DIR/other-data" state "$ID" 3>&-
	contains "$output" 'container does not exist'
}

@test "errors go to --log as one line of JSON, and to stderr in words" {
	run -1 ctr --log "$DIR/log" --log-format json state nobody
	contains "$output" 'container does not exist'
	equal "$(wc -l <log)" 1
	equal "$(jq -r .level log)" error
	contains "$(jq -r .msg log)" 'container does not exist'
	matches "$(jq -r .time log)" '^20[0-9]{2}-'
}

@test "options as engines pass them: repeated, with = and single dash, before and after" {
	bundle b . true
	"$CTR" --root "$ROOT" --root="$ROOT" --data-root "$DATA" --log-format=json --log "$DIR/log" --systemd-cgroup=false \
		create --bundle=b -pid-file "$DIR/pid" --no-new-keyring "$ID" 3>&- >/dev/null
	equal "$(<pid)" "$(pid_of "$ID")"
	run -0 ctr delete -force "$ID"
}

@test "bundle-form run removes the container at its end" {
	bundle b . sh -c 'exit 6'
	run -6 ctr run --bundle b "$ID"
	nothing_created
}

@test "bundle-form run with --keep leaves it stopped" {
	bundle b . sh -c 'exit 6'
	run -6 ctr run --keep --bundle b "$ID"
	equal "$(status_of "$ID")" stopped
	ctr delete "$ID"
}

@test "a bare ID beside a config.json is a bundle" {
	bundle b . sh -c 'echo bundle'
	cd b
	run -0 ctr run "$ID"
	equal "$output" bundle
}

@test "relative root.path is relative to the bundle" {
	bundle b . cat /work/file
	mkdir elsewhere
	cd elsewhere
	run -0 ctr run --bundle ../b "$ID"
	equal "$output" lower
}

@test "create with --pidfd-socket sends a pidfd of init" {
	bundle b . true
	receive pidfd "$DIR/socket"
	create --bundle b --pidfd-socket "$DIR/socket" "$ID"
	wait "$RECEIVER"
	contains "$(<heard)" "Pid:	$(pid_of "$ID")"
}

@test "a command that fails leaves one line in the log, warnings or not" {
	# the warning: an ambient capability that is not permitted
	bundle b '.process.capabilities.ambient = ["CAP_NET_RAW"] | .process.args = ["/not/there"]'
	run -1 ctr --log "$DIR/log" --log-format json create --bundle b "$ID"
	contains "$output" warning ambient 'no such file'
	equal "$(jq -s length log)" 1
	contains "$(jq -r .msg log)" 'no such file'
	run -1 ctr --log "file:$DIR/all" --log-format json --log-level warning create --bundle b "$ID"
	equal "$(jq -sr 'map(.level) | join(" ")' all)" 'warning error'
	bundle c '.process.capabilities.ambient = ["CAP_NET_RAW"]' true
	run -0 ctr --log "$DIR/none" --log-format=json run --bundle c "$ID"
	[[ ! -s none ]]
}

@test "--debug tells the steps on stderr, or in the log alone" {
	bundle b . true
	run -0 ctr --debug run --bundle b "$ID"
	contains "$output" 'level=debug' 'mounts'
	run -0 ctr --debug --log "$DIR/text" run --bundle b "$ID"
	lacks "$output" 'level=debug'
	contains "$(<text)" 'level=debug'
	run -0 ctr --log "$DIR/json" --log-format json run --bundle b --debug "$ID"
	lacks "$output" 'level=debug'
	contains "$(<json)" '"level":"debug"'
	equal "$(jq -r .level json | sort -u)" debug
	run -0 ctr --log-level debug --log "$DIR/level" run --bundle b "$ID"
	contains "$(<level)" 'level=debug'
}

@test "--log to a daemon that is not there is told, to one that is comes as its datagram" {
	[[ -S /run/systemd/journal/socket ]] || {
		run ctr --log journald:ctr state "$ID"
		contains "$output" '--log' /run/systemd/journal/socket
	}
	[[ ! -S /dev/log ]] || {
		run -1 ctr --log syslog:ctr-test state "$ID"
		contains "$output" 'does not exist'
		lacks "$output" '--log'
	}
}

@test "options that engines pass are accepted: rootless, criu, detach, no-subreaper" {
	bundle b . true
	ctr --rootless=false --criu /usr/sbin/criu create --rootless auto --detach --no-subreaper --bundle b "$ID" >/dev/null
	has_status "$ID" created
	run ctr --rootless maybe state "$ID"
	[[ $status -ne 0 ]]
	contains "$output" "'--rootless'" maybe
}

@test "--config names another file than config.json" {
	bundle b . false
	jq '.process.args = ["echo", "the other"]' b/config.json >b/other.json
	run -0 ctr run --bundle b --config other.json "$ID"
	equal "$output" 'the other'
	cd b
	run -0 ctr run -f "$PWD/other.json" "$ID"
	equal "$output" 'the other'
	create --config other.json "$ID"
	has_status "$ID" created
}

@test "kill --signal, and --regex for all that match" {
	bundle b '.linux.namespaces |= map(select(.type != "pid")) ' sleep 100
	local id
	for id in "$ID-a" "$ID-b" "$ID-c"; do
		create --bundle b "$id"
		ctr start "$id"
	done
	ctr kill --signal KILL "$ID-a"
	eventually has_status "$ID-a" stopped
	run ctr kill -s TERM "$ID-b" KILL
	[[ $status -ne 0 ]]
	contains "$output" '--signal'
	ctr kill --regex "^$ID-[bc]\$" KILL
	eventually has_status "$ID-b" stopped
	eventually has_status "$ID-c" stopped
	run -1 ctr kill --regex '(' KILL
	contains "$output" "'('"
	run -1 ctr kill
	contains "$output" 'ID is missing'
}

@test "delete --regex deletes all that match, also behind one that cannot be" {
	bundle b . sleep 100
	local id
	for id in "$ID-a" "$ID-b" "$ID-c"; do
		create --bundle b "$id"
	done
	ctr start "$ID-a"
	run -1 ctr delete --regex "$ID-[ab]"
	contains "$output" "$ID-a" 'not stopped'
	equal "$(ctr list -q)" "$ID-a"$'\n'"$ID-c"
	ctr delete -f -r "$ID-."
	nothing_created
	run -1 ctr delete -r "$ID" more
	contains "$output" --regex
}

# runc and crun end at a SIGTERM while they wait; the first process of a pid namespace without a
# handler would not even get it.
@test "a created container ends at SIGTERM" {
	bundle b . true
	create --bundle b "$ID"
	ctr kill "$ID" TERM
	eventually has_status "$ID" stopped
	ctr delete "$ID"
}

@test "a created container has nothing of the host open" {
	local fd
	bundle b . true
	exec 9<"$DIR"
	create --bundle b "$ID"
	exec 9<&-
	for fd in "/proc/$(pid_of "$ID")"/fd/*; do
		((${fd##*/} < 3)) || matches "$(readlink "$fd")" '^socket:'
	done
	ctr delete "$ID"
}

@test "kill KILL ends what an init without pid namespace has left behind" {
	local pid cgroup
	bundle b '.linux.namespaces |= map(select(.type != "pid"))' sh -c 'sleep 1000 & exec sleep 1001'
	create --bundle b "$ID"
	ctr start "$ID"
	pid=$(pid_of "$ID") cgroup=$(cgroup_of "$pid")
	eventually file_has "$cgroup/cgroup.procs" $'\n'
	kill -KILL "$pid"
	eventually has_status "$ID" stopped
	file_has "$cgroup/cgroup.events" 'populated 1'
	ctr kill "$ID" KILL
	eventually file_has "$cgroup/cgroup.events" 'populated 0'
	ctr delete "$ID"
}
