#!/usr/bin/env bats
# SPDX-License-Identifier: Apache-2.0
# What stays behind a detached container. ctr-monitor alone: tests/unit/test_monitor.c.
load helpers

# A folder that is held open sends no event of its own removal.
@test "wait returns as soon as a container in the foreground is removed at its end" {
	local before
	spec . sh -c 'mkfifo /gate; read -r x </gate'
	"$CTR" --root "$ROOT" --data-root "$DATA" run --rm --name "$ID" spec.json </dev/null 3>&- &
	eventually is_running
	"$CTR" --root "$ROOT" --data-root "$DATA" wait "$ID" >waited 3>&- &
	local waiter=$!
	eventually test -e waited
	sleep 0.2
	before=$SECONDS
	# the exec may be killed with the container
	ctr exec "$ID" sh -c 'echo >/gate' || true
	wait "$waiter"
	((SECONDS - before < 5))
}

is_running() {
	ctr ps "$ID" >ps-of-it 2>/dev/null && [[ -s ps-of-it ]]
}

# The monitor's end of a terminal is at its end of file when nobody has the other one open.
@test "a detached container is not hung up on when it closes its terminal for a while" {
	spec '.process.terminal = true | .mounts += [
		{destination: "/dev", type: "tmpfs", source: "tmpfs", options: ["mode=755"]},
		{destination: "/dev/pts", type: "devpts", source: "devpts", options: ["newinstance"]}]' sh -c '
		echo before
		exec </dev/null >/dev/null 2>/dev/null
		sleep 0.3
		exec >/dev/pts/0
		echo after
		exit 8'
	ctr run -d --name "$ID" spec.json
	run -0 ctr wait "$ID"
	[[ $output == 8 ]]
	run -0 ctr logs "$ID"
	[[ $output == *before*after* ]]
}

@test "the log of a detached container is one JSON object a line whatever it says" {
	background . 'printf "a\"b\\\\c\td\377\n\000\n"; head -c 40000 /dev/zero | tr "\0" x; echo; exit 0'
	run -0 ctr wait "$ID"
	run -0 jq -s 'map(.log) | join("") | length' "$DATA/containers/$ID/log"
	[[ $output == 40012 ]]
	run -0 jq -rs '[.[].stream] | unique[]' "$DATA/containers/$ID/log"
	[[ $output == stdout ]]
}
