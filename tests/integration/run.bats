#!/usr/bin/env bats
# SPDX-License-Identifier: Apache-2.0
# `ctr run` in the foreground and detached, the monitor, logs, wait, ps, stop, rm.

load helpers

# in_session COMMAND...: runs it in a session and shell of its own that is gone afterwards.
in_session() {
	setsid bash -c '"$@"; exit $?' bash "$@" </dev/null 3>&-
}

is_running() {
	has_status "$1" running
}

# writes FILE: whether the container has made FILE in its writable layer.
has_written() {
	[[ -e $DATA/containers/$ID/upper/$1 ]]
}

@test "a foreground run forwards the signals it gets" {
	local signal
	spec . sh -c 'for s in HUP INT QUIT TERM USR1 USR2 CONT 34 64; do trap "echo $s >>/tmp/got; echo $s" $s; done
		trap "exit 9" ALRM; echo ready; while :; do sleep 0.02; done'
	ctr run --rm --name "$ID" spec.json >out &
	local runner=$!
	eventually file_has out ready
	runner=$(pgrep -P "$runner" -x ctr || echo "$runner")
	# 34 is one that a C library may keep for itself (sys_sigfillset)
	for signal in HUP INT QUIT TERM USR1 USR2 CONT 34 64; do
		kill "-$signal" "$runner"
		eventually file_has out "$signal"
	done
	kill -ALRM "$runner"
	wait $! || equal $? 9
}

@test "a foreground run whose ctr is killed takes the container with it" {
	spec . sh -c "echo ready; $IDLE"
	"$CTR" --root "$ROOT" --data-root "$DATA" run --name "$ID" spec.json >out 3>&- &
	local runner=$! pid
	eventually file_has out ready
	pid=$(pid_of "$ID")
	kill -KILL "$runner"
	wait "$runner" || true
	run -0 ctr rm -f "$ID"
	eventually is_gone "$pid"
}

@test "a foreground run leaves no zombie" {
	spec '.linux.namespaces |= map(select(.type != "pid"))' sh -c '(sleep 0.1 &) ; exit 0'
	"$CTR" --root "$ROOT" --data-root "$DATA" run --rm --name "$ID" spec.json 3>&-
	equal "$(ps -o stat= --ppid $$,$BASHPID | grep -c '^Z' || true)" 0
}

@test "-d returns when the program runs, and its exit status and output are kept" {
	spec . sh -c 'echo out; echo err >&2; exit 33'
	run -0 ctr run -d --name "$ID" spec.json
	run -0 ctr wait "$ID"
	equal "$output" 33
	equal "$(status_of "$ID")" stopped
	run -0 --separate-stderr ctr logs "$ID"
	equal "$output" out
	# shellcheck disable=SC2154
	equal "$stderr" err
}

@test "-d prints the container's name" {
	spec . sh -c "$IDLE"
	run -0 ctr run -d --name "$ID" spec.json
	equal "$output" "$ID"
}

@test "-d fails as a foreground run does when the program cannot start" {
	spec . no-such-program
	run -127 ctr run -d --name "$ID" spec.json
	contains "$output" 'executable file not found in $PATH'
	nothing_created
}

@test "-d --rm removes the container at its end" {
	spec . sh -c 'exit 3'
	run -0 ctr run -d --rm --name "$ID" spec.json
	eventually nothing_created
}

@test "without --name the container gets a name of its own" {
	spec . sh -c "$IDLE"
	run -0 ctr run -d spec.json
	matches "$output" '^[A-Za-z0-9_.+-]+$'
	equal "$(status_of "$output")" running
	ctr rm -f "$output"
}

@test "a name that is taken is refused" {
	background . "$IDLE"
	run -125 ctr run -d --name "$ID" spec.json
	contains "$output" 'container with given ID already exists'
	is_running "$ID"
}

@test "the name of a stopped container is taken until rm" {
	spec . true
	ctr run --name "$ID" spec.json
	run -125 ctr run --name "$ID" spec.json
	ctr rm "$ID"
	run -0 ctr run --rm --name "$ID" spec.json
}

@test "logs, wait, ps, stop and rm work after the shell that started it is gone" {
	spec . sh -c 'trap "echo ending; exit 4" TERM; echo started; while :; do sleep 0.05; done'
	in_session "$CTR" --root "$ROOT" --data-root "$DATA" run -d --name "$ID" spec.json
	is_running "$ID"
	logged() { run -0 ctr logs "$ID" && [[ $output == *started* ]]; }
	eventually logged
	run -0 ctr ps
	contains "$output" "$ID" running
	run -0 ctr stop "$ID"
	run -0 ctr wait "$ID"
	equal "$output" 4
	run -0 ctr logs "$ID"
	equal "$output" $'started\nending'
	run -0 ctr rm "$ID"
	nothing_created
}

@test "the monitor is a process of its own: no parent of the caller's, no terminal, no open folders of it" {
	background . "$IDLE"
	local monitor
	monitor=$(awk '{print $4}' "/proc/$(pid_of "$ID")/stat")
	contains "$(tr '\0' ' ' <"/proc/$monitor/cmdline")" monitor
	[[ $(awk '{print $6}' "/proc/$monitor/stat") != "$(awk '{print $6}' "/proc/$BASHPID/stat")" ]] || fail "it is in our session"
	equal "$(awk '{print $7}' "/proc/$monitor/stat")" 0
	equal "$(readlink "/proc/$monitor/cwd")" /
	lacks "$(readlink "/proc/$monitor"/fd/*)" "$BATS_SUITE_TMPDIR/out"
}

@test "the monitor is small" {
	background . "$IDLE"
	local monitor
	monitor=$(awk '{print $4}' "/proc/$(pid_of "$ID")/stat")
	local rss
	rss=$(awk '/^Pss:/ {print $2}' "/proc/$monitor/smaps_rollup")
	((rss < 1024)) || fail "it takes $rss kB"
	echo "# monitor: $rss kB" >&3
}

@test "the monitor outlives a hang-up and an interrupt of the caller's session" {
	spec . sh -c "$IDLE"
	in_session "$CTR" --root "$ROOT" --data-root "$DATA" run -d --name "$ID" spec.json
	local monitor
	monitor=$(awk '{print $4}' "/proc/$(pid_of "$ID")/stat")
	kill -HUP "$monitor"
	kill -INT "$monitor"
	is_running "$ID"
	run -0 ctr stop "$ID"
}

@test "a killed monitor: the container is still seen and can be stopped and removed" {
	background . "$IDLE"
	local monitor pid
	pid=$(pid_of "$ID")
	monitor=$(awk '{print $4}' "/proc/$pid/stat")
	kill -KILL "$monitor"
	eventually is_gone "$monitor"
	run ctr ps -a
	contains "$output" "$ID"
	run -0 ctr rm -f "$ID"
	eventually is_gone "$pid"
	nothing_created
}

@test "the log is a line of JSON for each line, with stream and time" {
	spec . sh -c 'echo one; echo two >&2; printf "no newline \" \\\\ \t end"'
	ctr run -d --name "$ID" spec.json
	ctr wait "$ID"
	local log=$DATA/containers/$ID/log
	jq -es 'length == 3 and all(.[]; (.stream | IN("stdout", "stderr")) and (.log | type == "string") and (.time | test("^20[0-9-]+T")))' "$log" >/dev/null
	equal "$(jq -r 'select(.stream == "stderr") | .log' "$log" | tr -d '\n')" two
	run -0 ctr logs "$ID"
	contains "$output" $'no newline " \\ \t end'
}

@test "the log keeps bytes that are not UTF-8 legal JSON, and long lines whole" {
	spec . sh -c 'printf "a\377\376b\n"; head -c 100000 /dev/zero | tr "\0" x; echo; echo end'
	ctr run -d --name "$ID" spec.json
	ctr wait "$ID"
	jq -e . "$DATA/containers/$ID/log" >/dev/null
	run -0 bash -c "'$CTR' --root '$ROOT' --data-root '$DATA' logs $ID | wc -c"
	((output >= 100000 + 9)) || fail "only $output bytes came back"
}

@test "logs --tail and --timestamps" {
	spec . sh -c 'for i in 1 2 3 4 5; do echo $i; done'
	ctr run -d --name "$ID" spec.json
	ctr wait "$ID"
	run -0 ctr logs --tail 2 "$ID"
	equal "$output" $'4\n5'
	run -0 ctr logs --timestamps --tail 1 "$ID"
	matches "$output" '^20[0-9-]+T[0-9:.]+Z? ?.*5$'
}

@test "logs -f follows to the end of the container" {
	background . 'echo first; mkfifo /gate; read -r x </gate; echo last'
	ctr logs -f "$ID" >followed &
	local follower=$!
	eventually file_has followed first
	eventually has_written gate
	ctr exec "$ID" sh -c 'echo go >/gate' || true # the end of the container may be faster than its own
	wait "$follower"
	equal "$(<followed)" $'first\nlast'
}

@test "a container that writes faster than anybody reads is not stopped by its log" {
	spec . sh -c 'i=0; while [ $i -lt 20000 ]; do echo "line $i"; i=$((i+1)); done; exit 0'
	ctr run -d --name "$ID" spec.json
	run -0 timeout 60 "$CTR" --root "$ROOT" --data-root "$DATA" wait "$ID" 3>&-
	equal "$output" 0
	equal "$(wc -l <"$DATA/containers/$ID/log")" 20000
}

@test "wait returns when the container ends, at once when it has ended, and for several" {
	background . 'mkfifo /gate; read -r x </gate; exit 12'
	ctr wait "$ID" >waited &
	local waiter=$!
	eventually has_written gate
	[[ ! -s waited ]]
	ctr exec "$ID" sh -c 'echo >/gate' || true
	wait "$waiter"
	equal "$(<waited)" 12
	run -0 ctr wait "$ID"
	equal "$output" 12
	SPEC=spec2.json spec . sh -c 'exit 2'
	ctr run -d --name "$ID-2" spec2.json
	run -0 ctr wait "$ID" "$ID-2"
	equal "$output" $'12\n2'
}

@test "wait for a container that is not there is an error" {
	run ctr wait nobody
	[[ $status -ne 0 ]]
	contains "$output" 'container does not exist'
}

@test "the exit status of a container that died of a signal is 128 + its number" {
	background . "$IDLE"
	ctr kill "$ID" KILL
	run -0 ctr wait "$ID"
	equal "$output" 137
}

@test "stop sends TERM, and KILL when that does not help in time" {
	background . 'trap "" TERM; touch /ready; while :; do sleep 0.1; done'
	eventually has_written ready
	local begin=$SECONDS
	run -0 ctr stop -t 1 "$ID"
	((SECONDS - begin < 12)) || fail "it took $((SECONDS - begin)) s"
	equal "$(status_of "$ID")" stopped
	run -0 ctr wait "$ID"
	equal "$output" 137
}

@test "stop of a container that has stopped is fine" {
	spec . true
	ctr run --name "$ID" spec.json
	run -0 ctr stop "$ID"
}

@test "stop of a paused container thaws it first, so that it can end in order" {
	background . 'trap "exit 5" TERM; touch /ready; while :; do sleep 0.05; done'
	eventually has_written ready
	ctr freeze "$ID"
	run -0 ctr stop "$ID"
	run -0 ctr wait "$ID"
	equal "$output" 5
}

@test "rm refuses a running container and -f kills it" {
	background . "$IDLE"
	run ctr rm "$ID"
	[[ $status -ne 0 ]]
	contains "$output" "that is not stopped"
	is_running "$ID"
	run -0 ctr rm -f "$ID"
	nothing_created
}

@test "rm of several, and of one that is not there" {
	spec . true
	ctr run --name "$ID-1" spec.json
	ctr run --name "$ID-2" spec.json
	run ctr rm "$ID-1" nobody "$ID-2"
	[[ $status -ne 0 ]]
	contains "$output" nobody
	nothing_created
}

@test "ps lists running containers, -a all of them, also as JSON" {
	background . "$IDLE"
	SPEC=spec2.json spec . true
	ctr run --name "$ID-stopped" spec2.json
	run -0 ctr ps
	contains "$output" "$ID" running
	lacks "$output" "$ID-stopped"
	run -0 ctr ps -a
	contains "$output" "$ID-stopped" stopped
	run -0 ctr ps -a --format json
	equal "$(jq -r '[.[].status] | sort | join(" ")' <<<"$output")" 'running stopped'
	ctr freeze "$ID"
	run -0 ctr ps
	contains "$output" paused
}

@test "after a reboot (the run-time folder is gone) the container is listed as stopped and can be removed" {
	spec . sh -c 'echo kept >/kept'
	ctr run --name "$ID" spec.json
	rm -rf "$ROOT"
	run -0 ctr ps -a
	contains "$output" "$ID" stopped
	equal "$(status_of "$ID")" stopped
	run -0 ctr rm "$ID"
	[[ ! -e $DATA/containers/$ID ]]
}

@test "detached output goes to the log and not to the caller" {
	spec . sh -c 'echo loud; echo louder >&2'
	run -0 ctr run -d --name "$ID" spec.json
	lacks "$output" loud
	ctr wait "$ID"
}

@test "a detached run does not hold the caller's pipes" {
	spec . sh -c "$IDLE"
	# the pipe ends when nobody has its other end: cat must end while the container runs
	run -0 timeout 20 bash -c "'$CTR' --root '$ROOT' --data-root '$DATA' run -d --name $ID spec.json 2>&1 3>&- | cat"
	is_running "$ID"
}

@test "the standard input of a detached container is empty" {
	spec . sh -c 'wc -c; exit 0'
	run -0 bash -c "echo not for you | '$CTR' --root '$ROOT' --data-root '$DATA' run -d --name $ID spec.json 3>&-"
	ctr wait "$ID"
	run -0 ctr logs "$ID"
	equal "$output" 0
}

@test "orphans inside are reaped by PID 1's namespace, and their end with it" {
	background . "(setsid sleep 1000 &); $IDLE"
	local folder
	folder=$(cgroup_of "$(pid_of "$ID")")
	ctr stop "$ID"
	[[ ! -s $folder/cgroup.procs ]] || equal "$(<"$folder/cgroup.procs")" ''
}

@test "many containers at once from one spec" {
	local i pids=()
	spec . sh -c 'echo $$ >/me; cat /me'
	for i in 1 2 3 4 5 6; do
		ctr run --rm --name "$ID-$i" spec.json >"out.$i" &
		pids+=($!)
	done
	for i in "${pids[@]}"; do
		wait "$i"
	done
	equal "$(cat out.*)" $'1\n1\n1\n1\n1\n1'
	nothing_created
}

@test "stop, wait and kill act on a container while another verb holds it only briefly" {
	background . "$IDLE"
	local i pids=()
	for i in 1 2 3 4; do
		ctr state "$ID" >/dev/null &
		pids+=($!)
		ctr exec "$ID" true &
		pids+=($!)
	done
	for i in "${pids[@]}"; do
		wait "$i"
	done
	run -0 ctr stop "$ID"
}

@test "inspect shows spec and state in one JSON document" {
	background '.annotations = {key: "value"}' "$IDLE"
	run -0 ctr inspect "$ID"
	jq -e . <<<"$output" >/dev/null
	contains "$output" "$ID" value
}
