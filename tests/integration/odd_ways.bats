#!/usr/bin/env bats
# SPDX-License-Identifier: Apache-2.0
# Odd ways to use ctr, each of which once went wrong.

load helpers
load image_helpers

@test "a relative --root and --data-root are those of the caller's directory" {
	spec . sh -c 'exit 3'
	"$CTR" --root run --data-root data run -d --name "$ID" spec.json 3>&-
	run -0 "$CTR" --root run --data-root data wait "$ID"
	equal "$output" 3
	[[ -d data/containers/$ID ]]
}

@test "the caller's umask changes no mode of a layer or of the store" {
	spec . stat -c %a /
	umask 0777
	run -0 ctr run --name "$ID" spec.json
	umask 022
	equal "$output" 755
	umask 0777
	run -0 ctr commit "$ID" modes:1
	umask 022
	equal "$(stat -c %a "$DATA/store/index.json")" 644
}

@test "a spec from a pipe is refused as such" {
	spec . true
	run -125 ctr run <(cat spec.json)
	contains "$output" 'not a regular file'
}

@test "rm --force while a detached container is made leaves nothing" {
	local turn
	spec . sleep 100
	for ((turn = 0; turn < 20; turn++)); do
		ctr run -d --name "$ID" spec.json >/dev/null 2>&1 &
		sleep "0.00$((turn % 10))"
		run -0 ctr rm -f "$ID"
		wait $! || true
		run -0 ctr rm -f "$ID"
		equal "$output" ''
	done
}

@test "rm of a container that is being made does not take it for a stopped one" {
	local turn
	spec . sleep 100
	for ((turn = 0; turn < 10; turn++)); do
		ctr run -d --name "$ID" spec.json >said 2>&1 3>&- &
		sleep "0.00$turn"
		run ctr rm "$ID"
		# in the moment when its folder is there and not locked yet it may be removed, and is made anew
		wait $! || fail "$(<said)"
		run -0 ctr exec "$ID" true
		run -0 ctr rm -f "$ID"
	done
}

@test "exec while the container is removed says that it is not running, whichever step notices" {
	local turn execs
	spec . sleep 100
	for ((turn = 0; turn < 5; turn++)); do
		ctr run -d --name "$ID" spec.json >/dev/null
		execs=()
		for _ in 1 2 3; do
			ctr exec "$ID" true >>said 2>&1 &
			execs+=($!)
		done
		ctr rm -f "$ID"
		wait "${execs[@]}" || true
	done
	run grep -v -e 'container not running' -e 'container does not exist' -e 'that is creating' said
	equal "$output" ''
}

@test "wait prints the status of a container that is removed at its end" {
	local turn
	spec . sh -c 'sleep 0.1; exit 7'
	for ((turn = 0; turn < 5; turn++)); do
		ctr run -d --rm --name "$ID" spec.json >/dev/null
		run -0 ctr wait "$ID"
		equal "$output" 7
	done
}

@test "stop does not wait for a monitor that was killed" {
	local monitor
	spec . sleep 100
	ctr run -d --name "$ID" spec.json >/dev/null
	monitor=$(jq .monitor.pid "$ROOT/$ID/state.json")
	kill -KILL "$monitor"
	eventually is_gone "$monitor"
	SECONDS=0
	ctr stop -t 0 "$ID"
	((SECONDS < 5)) || fail "it took $SECONDS seconds"
}

@test "processes without end that the first one leaves do not keep the monitor" {
	spec '.linux.namespaces |= map(select(.type != "pid"))' sh -c 'yes & yes & yes & exit 3'
	ctr run -d --name "$ID" spec.json >/dev/null
	run -0 timeout 20 "$CTR" --root "$ROOT" --data-root "$DATA" wait "$ID"
	equal "$output" 3
}

@test "an immutable file does not keep a container from being removed" {
	require_program chattr
	local file=$DATA/containers/$ID/upper/d/file
	spec . mkdir /d
	ctr run --name "$ID" spec.json
	touch "$file"
	chattr +i "$file" "${file%/*}" || skip 'no immutable files on this file system'
	run -0 ctr rm "$ID"
	[[ ! -e $file ]]
}

@test "an image without a tag, as other tools store it, is found by its name" {
	tar cf layer.tar -C "$ROOTFS" .
	image plain layer.tar '{"Cmd": ["echo", "plain runs"]}'
	run -0 ctr run --rm plain
	equal "$output" 'plain runs'
	run -0 ctr rmi plain
}

@test "arguments of run are arguments of the image's entrypoint" {
	tar cf layer.tar -C "$ROOTFS" .
	image entry:1 layer.tar '{"Entrypoint": ["echo", "entry"], "Cmd": ["default"]}'
	run -0 ctr run --rm entry:1
	equal "$output" 'entry default'
	run -0 ctr run --rm entry:1 mine
	equal "$output" 'entry mine'
}

@test "root of an image may do what images expect of it" {
	tar cf layer.tar -C "$ROOTFS" .
	image caps:1 layer.tar '{}'
	run -0 ctr run --rm caps:1 sh -c 'touch /f; chown 5:5 /f; chmod 0 /f; cat /f; stat -c %u /f'
	equal "$output" 5
}

@test "a broken image is called broken, and prune names the way out" {
	tar cf layer.tar -C "$ROOTFS" .
	image broken:1 layer.tar '{}'
	echo '{"schemaVersion": 2, "config": 5}' >bad
	blob bad
	jq --argjson bad "$(descriptor bad manifest.v1+json)" '.manifests[0] += $bad' \
		"$DATA/store/index.json" >index
	cp index "$DATA/store/index.json"
	run -125 ctr run --rm broken:1
	contains "$output" 'image broken:1' 'config'
	run -125 ctr prune
	contains "$output" "remove it with 'rmi sha256:"
	run -0 ctr rmi broken:1
	run -0 ctr prune
}

@test "a hostile layer is refused with one message" {
	mkdir tree
	echo x >tree/file
	tar cf layer.tar --transform 's,file,../../../out,' -P -C tree file
	image hostile:1 layer.tar '{}'
	run -125 ctr run --rm hostile:1
	equal "${#lines[@]}" 1
	contains "$output" "image hostile:1" "name with '..' in it"
}

@test "prune keeps the image of a container for its commit" {
	tar cf layer.tar -C "$ROOTFS" .
	image base:1 layer.tar '{}'
	ctr run -d --name "$ID" base:1 sleep 100 >/dev/null
	ctr rmi --force base:1
	ctr prune >/dev/null
	run -0 ctr commit "$ID" kept:1
	run -0 ctr run --rm kept:1 echo runs
	equal "$output" runs
}

@test "a signal ends a run that waits for a hook, and leaves nothing" {
	local pid
	spec '.hooks = {createRuntime: [{path: "/bin/sh", args: ["sh", "-c", "echo >begun; sleep 100"]}]}' true
	"$CTR" --root "$ROOT" --data-root "$DATA" run --name "$ID" spec.json 3>&- &
	pid=$!
	eventually test -e begun
	kill -TERM "$pid"
	SECONDS=0
	wait "$pid" && fail 'it should fail'
	((SECONDS < 10)) || fail "it took $SECONDS seconds"
	nothing_created
}

@test "a signal ends an exec into a frozen container" {
	local pid
	spec . sleep 100
	ctr run -d --name "$ID" spec.json >/dev/null
	ctr freeze "$ID"
	"$CTR" --root "$ROOT" --data-root "$DATA" exec --ignore-paused "$ID" true 3>&- &
	pid=$!
	sleep 0.3
	kill -TERM "$pid"
	SECONDS=0
	wait "$pid" && fail 'it should fail'
	((SECONDS < 10)) || fail "it took $SECONDS seconds"
	ctr thaw "$ID"
	run -0 ctr exec "$ID" ps
	lacks "$output" ' true'
}

@test "what was interrupted before it had a cgroup does not take another container's with it" {
	spec . sleep 100
	ctr run -d --name "$ID" spec.json >/dev/null
	mkdir -p "other/$ID"
	# as a ctr that was killed before its step "cgroup" leaves it
	run -0 "$CTR" --root "$DIR/other" --data-root "$DIR/other-data" prune
	equal "$(status_of "$ID")" running
	[[ ! -e other/$ID ]]
}

@test "a run whose cgroup is another container's leaves that alone" {
	spec . sleep 100
	ctr run -d --name "$ID" spec.json >/dev/null
	run -125 "$CTR" --root "$DIR/other" --data-root "$DIR/other-data" run --name "$ID" spec.json
	contains "$output" 'is not empty'
	equal "$(status_of "$ID")" running
	[[ ! -e other/$ID && ! -e other-data/containers/$ID ]]
}

@test "a create that is killed before its state is saved leaves no process that waits" {
	[[ -x $CTR_BUILDDIR/tests/fault/ctr ]] || skip "tests/fault/ctr has not been built"
	bundle b . sleep 100
	CTR_KILL_STEP=ready run -137 "$CTR_BUILDDIR/tests/fault/ctr" --root "$ROOT" --data-root "$DATA" \
		create --bundle b "$ID" </dev/null >/dev/null 2>&1 3>&-
	no_process() { [[ ! -s $CGROUP2/ctr/$ID/cgroup.procs ]]; }
	[[ -d $CGROUP2/ctr/$ID ]]
	eventually no_process
	run -0 ctr delete --force "$ID"
}

@test "what was interrupted is found again when its cgroupsPath is relative to another cgroup" {
	[[ -x $CTR_BUILDDIR/tests/fault/ctr ]] || skip "tests/fault/ctr has not been built"
	bundle b ".linux.cgroupsPath = \"relative-$ID\"" sleep 100
	mkdir -p "$TEST_CGROUP/deep/own"
	echo $BASHPID >"$TEST_CGROUP/deep/own/cgroup.procs"
	CTR_KILL_STEP=clone run -137 "$CTR_BUILDDIR/tests/fault/ctr" --root "$ROOT" --data-root "$DATA" \
		create --bundle b "$ID" </dev/null >/dev/null 2>&1 3>&-
	echo $BASHPID >"$CGROUP2/cgroup.procs"
	[[ -d $TEST_CGROUP/deep/relative-$ID ]]
	run -0 ctr delete --force "$ID"
	[[ ! -d $TEST_CGROUP/deep/relative-$ID ]]
	rmdir "$TEST_CGROUP/deep/own" "$TEST_CGROUP/deep"
}

@test "a monitor's clean-up leaves a stopped container alone that has the name by now" {
	spec . true
	ctr run -d --name "$ID" spec.json >/dev/null
	eventually has_status "$ID" stopped
	run -0 ctr cleanup --remove "$ID"
	has_status "$ID" stopped
	bundle b . true
	run -0 ctr run --keep --bundle b "$ID-2"
	run -0 ctr cleanup --remove "$ID-2"
	has_status "$ID-2" stopped
}
