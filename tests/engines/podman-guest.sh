# shellcheck shell=sh
# SPDX-License-Identifier: Apache-2.0
# Tests of podman that need systemd, a network of their own or podman 5; sourced behind podman.sh.
# shellcheck disable=SC2016,SC2154 # the container's shell expands; run and work are podman.sh's

# shellcheck disable=SC2086 # $run is words
test_users() {
	is 0 '0     100000       1000' 'a user namespace' \
		$run --uidmap 0:100000:1000 bb:1 cat /proc/self/uid_map
	is 0 '1024' '--userns=auto' $run --userns auto bb:1 cat /proc/self/uid_map
	mkdir -p "$work/idmap"
	echo mine >"$work/idmap/file"
	is 0 '0 mine' 'an id-mapped volume' $run --uidmap 0:100000:1000 -v "$work/idmap:/d:idmap" bb:1 \
		sh -c 'echo $(stat -c %u /d/file) $(cat /d/file)'
	$run --uidmap 0:100000:1000 -v "$work/idmap:/d:idmap" bb:1 touch /d/new
	sees 'what is written there belongs to root outside' 'owner 0' "owner $(stat -c %u "$work/idmap/new")"
	is 0 65534 'without idmap it is nobody'"'"'s' \
		$run --uidmap 0:100000:1000 -v "$work/idmap:/d" bb:1 stat -c %u /d/file
}

# shellcheck disable=SC2086 # $run is words
test_cgroups() {
	is 0 "$(sed -n 's/^0:://p' /proc/self/cgroup)" 'without a cgroup of its own' \
		$run --cgroups disabled --cgroupns host bb:1 cat /proc/self/cgroup
	is 0 /machine.slice/ 'in the slice of machines' \
		$run --cgroupns host --cgroup-parent machine.slice bb:1 cat /proc/self/cgroup
	is 0 from 'with podman managing cgroups by itself' \
		podman --cgroup-manager cgroupfs run --rm --network none --memory 64m bb:1 echo from cgroupfs
	is 0 67108864 'and its limits' podman --cgroup-manager cgroupfs run --rm --network none \
		--memory 64m bb:1 cat /sys/fs/cgroup/memory.max
}

test_networks() {
	podman network create net >/dev/null
	podman run -d --name server --network net -p 8080:80 bb:1 sh -c \
		'echo from the server >/tmp/index.html; exec httpd -f -p 80 -h /tmp' >/dev/null
	until_true busybox wget -qO- http://127.0.0.1:8080/
	is 0 'from the server' 'a published port' busybox wget -qO- http://127.0.0.1:8080/
	is 0 'from the server' 'a container in the same network, by its name' \
		podman run --rm --network net bb:1 wget -qO- http://server/
	is 0 'eth0' 'the usual network' podman run --rm bb:1 ls /sys/class/net
	is 0 'from the server' "the server's own network" \
		podman run --rm --network container:server bb:1 wget -qO- http://127.0.0.1/
	podman rm -f -t 0 server >/dev/null
	podman network rm net >/dev/null
}

test_hooks() {
	mkdir -p "$work/hooks"
	cat >"$work/hook" <<-END
		#!/bin/sh
		cat >$work/state
	END
	chmod 755 "$work/hook"
	cat >"$work/hooks/one.json" <<-END
		{ "version": "1.0.0", "hook": { "path": "$work/hook" }, "when": { "always": true },
		  "stages": ["createRuntime"] }
	END
	is 0 hooked 'a hook of podman' \
		podman --hooks-dir "$work/hooks" run --rm --network none bb:1 echo hooked
	sees 'it gets the state' '"creating"' "$(tr -d ' ' <"$work/state" | sed 's/"status":/&\n/')"
}

# A unit of podman's generator, and notices of a container that is up.
test_systemd() {
	configure /etc/containers/systemd/quadlet.container
	systemctl daemon-reload
	is 0 '' 'a quadlet unit starts' systemctl start quadlet.service
	is 0 active 'it is active' systemctl is-active quadlet.service
	is 0 'from quadlet' 'its container runs' sh -c \
		'until podman logs systemd-quadlet | grep "from quadlet"; do sleep 0.2; done'
	sees 'in the cgroup of the unit' quadlet.service "$(cgroup_of systemd-quadlet)"
	is 0 '' 'it stops' systemctl stop quadlet.service
	is 3 inactive 'and is inactive' systemctl is-active quadlet.service
	is 0 '' 'the container has gone' test -z "$(podman ps -aq)"

	detached one --health-cmd 'test -e /tmp/well' --health-interval 1s --health-retries 100
	in_one touch /tmp/well
	is 0 healthy 'a health check that a timer of systemd runs' sh -c \
		'until podman inspect --format "{{.State.Health.Status}}" one | grep -x healthy; do
			sleep 0.5; done'
	podman rm -f -t 0 one >/dev/null
}

test_checkpoint() {
	podman run -d --name one --network none bb:1 sh -c \
		'i=0; while :; do i=$((i + 1)); echo $i >/tmp/count; sleep 0.1; done' >/dev/null
	until_true podman exec one grep -q .. /tmp/count
	is 0 one 'podman container checkpoint' podman container checkpoint one
	is 0 'exited true' 'it has stopped' podman inspect --format \
		'{{.State.Status}} {{.State.Checkpointed}}' one
	is 0 one 'podman container restore' podman container restore one
	is 0 'goes on' 'it goes on where it was' podman exec one sh -c \
		'before=$(cat /tmp/count); [ $before -gt 9 ]; until [ $(cat /tmp/count) -gt $before ]; do
			sleep 0.1; done; echo goes on'
	is 0 '' 'a checkpoint to a file' podman container checkpoint --leave-running -e "$work/one.tar" one
	is 0 running 'that leaves it running' podman inspect --format '{{.State.Status}}' one
	podman rm -f -t 0 one >/dev/null
	is 0 '' 'restored from the file under another name' \
		podman container restore -i "$work/one.tar" -n other
	is 0 running 'it runs' podman inspect --format '{{.State.Status}}' other
	podman rm -f -t 0 other >/dev/null
}
