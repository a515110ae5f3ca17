#!/usr/bin/env bats
# SPDX-License-Identifier: Apache-2.0
# NOTIFY_SOCKET: what a program says to its service manager (sd_notify(3)) gets out of the container.

load helpers

# service: a service manager that listens at "host.sock"; the environment of ctr names it.
service() {
	receive service "$DIR/host.sock"
	export NOTIFY_SOCKET=$DIR/host.sock
}

@test "notify: a run in the foreground hands on all messages, READY with the number of the first process" {
	service
	bundle b . sh -c 'probe notify STATUS=starting; probe notify READY=1 MAINPID=99 "STATUS=up now"
		probe notify STATUS=busy BARRIER=1; probe notify STOPPING=1'
	run -0 ctr run --pid-file pid --bundle b "$ID"
	wait "$RECEIVER"
	equal "$(sed 's/MAINPID=[0-9]*/MAINPID=N/' heard)" "listening
STATUS=starting|
READY=1|STATUS=up now|MAINPID=N|
STATUS=busy|
STOPPING=1|"
	contains "$(<heard)" "MAINPID=$(<pid)|"
}

@test "notify: run -d returns when the container is ready, and the host has seen it" {
	service
	bundle b . sh -c "mkfifo /tmp/go; read x </tmp/go; probe notify READY=1; $IDLE"
	ctr run -d --bundle b "$ID" </dev/null >/dev/null 2>&1 &
	local run=$!
	eventually test -p b/rootfs/tmp/go
	kill -0 "$run"
	lacks "$(<heard)" READY
	# others may work with it meanwhile
	has_status "$ID" running
	ctr exec "$ID" true
	echo >b/rootfs/tmp/go
	wait "$run"
	wait "$RECEIVER"
	contains "$(<heard)" "READY=1|MAINPID=$(pid_of "$ID")|" BARRIER=1
}

@test "notify: create and start, a program that ends without a word, and one that runs on after it" {
	service
	bundle b . sh -c "probe notify READY=1; $IDLE"
	create --bundle b "$ID"
	equal "$(<heard)" listening
	ctr start "$ID"
	wait "$RECEIVER"
	contains "$(<heard)" "READY=1|MAINPID=$(pid_of "$ID")|"
	has_status "$ID" running
	bundle c . true
	create --bundle c "$ID-2"
	ctr start "$ID-2"
	eventually has_status "$ID-2" stopped
}

@test "notify: a container of a spec" {
	service
	spec . sh -c "probe notify READY=1; $IDLE"
	ctr run -d --name "$ID" spec.json >/dev/null
	wait "$RECEIVER"
	contains "$(<heard)" "READY=1|MAINPID=$(pid_of "$ID")|"
}

@test "notify: a user of the container who is not root, in a namespace of his own" {
	service
	bundle b '.process.user = {uid: 1000, gid: 1000} | .linux.namespaces += [{type: "user"}] |
		.linux.uidMappings = [{containerID: 0, hostID: 100000, size: 65536}] | .linux.gidMappings = .linux.uidMappings' \
		probe notify READY=1 STOPPING=1
	chown -R 100000:100000 b/rootfs 2>/dev/null || true
	chmod 755 "$DIR" b b/rootfs
	run -0 ctr run --bundle b "$ID"
	wait "$RECEIVER"
	contains "$(<heard)" 'READY=1|STOPPING=1|MAINPID='
}

@test "notify: a host that does not listen keeps no container from running" {
	NOTIFY_SOCKET=$DIR/nobody run -0 ctr run --bundle "$(bundle b . probe notify READY=1; echo b)" "$ID"
	[[ $output != *rror* ]] || fail "$output"
}

@test "notify: without NOTIFY_SOCKET, or with a mount of one's own at /run/notify, nothing is added" {
	bundle b . sh -c 'echo "<$NOTIFY_SOCKET>"; ls /run/notify'
	run ctr run --bundle b "$ID"
	contains "${lines[0]}" '<>'
	mkdir own
	bundle c ".mounts += [{destination: \"/run/notify\", source: \"$DIR/own\", options: [\"bind\"]}] |
		.process.env += [\"NOTIFY_SOCKET=/run/notify/own.sock\"]" sh -c 'echo "<$NOTIFY_SOCKET>"'
	NOTIFY_SOCKET=$DIR/host.sock run -0 ctr run --bundle c "$ID"
	equal "$output" '</run/notify/own.sock>'
}
