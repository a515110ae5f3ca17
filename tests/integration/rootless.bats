# SPDX-License-Identifier: Apache-2.0
# Without privileges over the host: as uid 0 of a user namespace (how engines of ordinary users call
# their runtime), and as an ordinary user. All is looked at from inside the container and, by root,
# from the host.
# shellcheck disable=SC2016

load helpers

# An ordinary user of this file's own, with ranges of subordinate ids, and what it can reach: its
# own programs, root file system and folders.
setup_file() {
	require_program newuidmap setpriv useradd
	BASE=$(mktemp -d /tmp/ctr-rootless.XXXXXX)
	export BASE USER_NAME=ctr-test-${BASE##*.}
	useradd --no-create-home --home-dir "$BASE" --shell /bin/sh "${USER_NAME,,}"
	export USER_NAME=${USER_NAME,,}
	USER_ID=$(id -u "$USER_NAME")
	SUB_ID=$(sed -n "s/^$USER_NAME:\([0-9]*\):.*/\1/p" /etc/subuid)
	export USER_ID SUB_ID
	mkdir "$BASE/bin" "$BASE/tests"
	cp "$CTR_BUILDDIR"/ctr "$CTR_BUILDDIR"/ctr-monitor "$CTR_BUILDDIR"/ctr-image "$CTR_BUILDDIR"/ctr-more "$CTR_BUILDDIR"/ctr-init "$BASE/bin"
	chmod 755 "$BASE"
	chown "$USER_NAME:" "$BASE/tests"
}

teardown_file() {
	[[ -n ${BASE-} ]] || return 0
	userdel "$USER_NAME"
	rm -rf "$BASE"
}

setup() {
	setup_container
	DIR=$BASE/tests/$BATS_TEST_NUMBER
	ROOT=$DIR/runtime/ctr DATA=$DIR/data/ctr
	mkdir -p "$DIR/runtime" "$DIR/data"
	cp -a "$ROOTFS" "$DIR/rootfs"
	ROOTFS=$DIR/rootfs
	chmod 700 "$DIR/runtime"
	chown -R "$USER_ID:$USER_ID" "$DIR"
	cd "$DIR" || return
	become "$USER_ID"
	CALLER=(as_user)
}

teardown() {
	local status=0
	cd "$DIR" || status=1
	teardown_container || status=1
	rm -rf "$DIR"
	return $status
}

# become UID: the words before a command that run it as an ordinary user, who has nothing of root's
# environment.
become() {
	AS_USER=(setpriv --reuid "$1" --regid "$1" --clear-groups --inh-caps -all
		env -i HOME="$DIR" PATH="$PATH" XDG_RUNTIME_DIR="$DIR/runtime" XDG_DATA_HOME="$DIR/data")
}

as_user() {
	"${AS_USER[@]}" "$@"
}

# as_root_inside COMMAND...: as uid 0 of a user namespace with all ids of the user, and a mount
# namespace, as `podman unshare` has it.
as_root_inside() {
	as_user unshare --mount --map-auto --map-root-user -- "$@"
}

# as_single COMMAND...: the same with one id alone.
as_single() {
	as_user unshare --mount --map-root-user -- "$@"
}

# The program under test, by the caller that the test chose. Its folders are the user's own.
ctr() {
	"${CALLER[@]}" "$BASE/bin/ctr" "$@" 3>&-
}

# user_bundle FILTER [ARGUMENT...]: a bundle of the user's in ./bundle.
user_bundle() {
	local filter=$1
	shift
	mkdir -p bundle
	SPEC=bundle/config.json spec '
		.mounts += [{destination: "/dev", type: "tmpfs", source: "tmpfs", options: ["mode=755"]}] |
		'"$filter" "$@"
}

# --- uid 0 of a user namespace ------------------------------------------------------------------

@test "root of a user namespace makes, starts, enters and deletes a container" {
	CALLER=(as_root_inside)
	user_bundle . sh -c "$IDLE"
	mkfifo in out
	chown "$USER_ID" in out
	# all in one namespace: another one may not enter what is in this
	as_root_inside sh -e -c '
		ctr=$1 id=$2
		$ctr create --bundle bundle "$id" </dev/null >created 2>&1
		$ctr start "$id"
		$ctr exec "$id" sh -c "echo \$\$ \$(id -u); cat /proc/self/uid_map; echo x >/dev/null; ls /proc/1/root/bin/sh"
		$ctr state "$id" | grep status
		$ctr kill "$id" TERM
		while $ctr state "$id" | grep -q running; do :; done
		$ctr delete "$id"' sh "$BASE/bin/ctr" "$ID" >printed
	cat printed created
	matches "$(sed -n 1p printed)" '^[0-9]+ 0$'
	matches "$(sed -n 2p printed)" "^ +0 +$USER_ID +1$"
	matches "$(sed -n 3p printed)" "^ +1 +$SUB_ID +"
	contains "$(<printed)" /proc/1/root/bin/sh '"status": "running"'
	[[ ! -s created ]]
	[[ ! -e $ROOT/$ID ]]
}

@test "root of a user namespace gets devices, pseudo file systems and masks without mknod" {
	CALLER=(as_single)
	user_bundle '.mounts += [
			{destination: "/dev/pts", type: "devpts", source: "devpts",
			 options: ["newinstance", "ptmxmode=0666", "mode=0620", "gid=5"]},
			{destination: "/dev/mqueue", type: "mqueue", source: "mqueue"},
			{destination: "/sys", type: "sysfs", source: "sysfs", options: ["ro"]},
			{destination: "/sys/fs/cgroup", type: "cgroup", source: "cgroup", options: ["ro"]}] |
		.linux.maskedPaths = ["/proc/kcore", "/proc/acpi", "/proc/keys"] |
		.linux.readonlyPaths = ["/proc/sys"] |
		.process.oomScoreAdj = -500 |
		.linux.resources.devices = [{allow: false, access: "rwm"}]' \
		sh -c 'for name in null zero full random urandom tty; do stat -c "%n %t:%T" /dev/$name; done
			head -c 3 /dev/zero | od -An -tx1
			exec 3<>/dev/pts/ptmx && ls /dev/pts
			head -c 1 /proc/keys | wc -c
			touch /proc/sys/kernel/hostname || echo read-only
			hostname new 2>&1 || echo kept
			ls /sys/class/net; cat /proc/mounts'
	run -0 ctr run --bundle bundle "$ID"
	contains "$output" '/dev/null 1:3' '/dev/zero 1:5' '/dev/full 1:7' '/dev/random 1:8' \
		'/dev/urandom 1:9' '/dev/tty 5:0' '00 00 00' read-only 'devpts /dev/pts devpts' \
		'mqueue /dev/mqueue mqueue' 'cgroup2 /sys/fs/cgroup cgroup2 ro'
	# the new network namespace has its loopback alone
	contains "$output" $'\nlo\n'
	lacks "$output" $'\neth0\n'
}

# podman --privileged of an ordinary user binds each node of the host, whose owner is nobody inside.
@test "a node of the host's that the spec binds in a user namespace is left as it is" {
	CALLER=(as_root_inside)
	user_bundle '.mounts += [{destination: "/dev/null", type: "bind", source: "/dev/null", options: ["bind"]}]' \
		sh -c 'echo x >/dev/null; stat -c "%t:%T %u" /dev/null'
	run -0 ctr run --bundle bundle "$ID"
	equal "$output" '1:3 65534'
}

@test "where the host's process ids are shared its procfs is bound, and without its own network its sysfs" {
	CALLER=(as_single)
	user_bundle '.linux.namespaces |= map(select(.type == "mount" or .type == "ipc")) |
		.mounts += [{destination: "/sys", type: "sysfs", source: "sysfs"}]' \
		sh -c 'echo self $(readlink /proc/self); echo $$; ls /sys/class/net
			touch /sys/x 2>&1; cat /proc/self/mountinfo'
	run -0 ctr run --bundle bundle "$ID"
	contains "$output" "$(cd /sys/class/net && echo * | cut -d " " -f 1)" 'Read-only file system'
	contains "$(mount_line /proc)" ' - proc '
	contains "$(mount_options /sys)" ,ro,
	# the numbers are the host's
	matches "$output" 'self [0-9]+[[:space:]]([2-9]|[0-9][0-9]+)[[:space:]]'
}

@test "what the host has locked stays, and rw or relatime are no error for it" {
	CALLER=(as_single)
	mkdir locked
	host_mount -t tmpfs -o ro,nosuid,nodev,noexec,noatime tmpfs "$DIR/locked"
	user_bundle '.mounts += [
		{destination: "/a", type: "bind", source: ($dir + "/locked"), options: ["rbind", "rw", "relatime"]},
		{destination: "/b", type: "bind", source: ($dir + "/locked"), options: ["bind", "ro", "nosuid", "strictatime"]}]' \
		cat /proc/self/mountinfo
	run -0 ctr run --bundle bundle "$ID"
	for point in /a /b; do
		contains "$(mount_options $point)" ,ro, ,nosuid, ,nodev, ,noexec, ,noatime,
	done
	user_bundle '.mounts += [
		{destination: "/a", type: "bind", source: ($dir + "/locked"), options: ["rbind", "exec"]}]' true
	run -1 ctr run --bundle bundle "$ID"
	contains "$output" 'mount /a' 'Operation not permitted'
	[[ ! -e $ROOT/$ID ]]
}

@test "a user namespace of the container's own is made inside of the caller's" {
	CALLER=(as_root_inside)
	user_bundle '.linux.namespaces += [{type: "user"}] |
		.linux.uidMappings = [{containerID: 0, hostID: 1000, size: 500}] |
		.linux.gidMappings = [{containerID: 0, hostID: 2000, size: 500}] |
		.process.user = {uid: 7, gid: 8, additionalGids: [9]}' \
		sh -c 'id; cat /proc/self/uid_map; echo x >/dev/null; while :; do sleep 1; done'
	as_root_inside sh -e -c '
		"$1" create --pid-file pid --bundle bundle "$2" </dev/null >printed 2>&1
		"$1" start "$2"
		while ! grep -q 500 printed; do :; done
		grep -h "^[UG]id" /proc/$(cat pid)/status
		"$1" delete --force "$2"' sh "$BASE/bin/ctr" "$ID" >status
	contains "$(<printed)" 'uid=7 gid=8 groups=9'
	# numbers of the caller's namespace
	contains "$(<status)" $'Uid:\t1007' $'Gid:\t2008'
}

@test "in a user namespace limits are refused with a word of delegation, and none need no cgroup" {
	CALLER=(as_single)
	[[ -e $CGROUP2/cgroup.controllers ]]
	user_bundle '.linux.resources.pids.limit = 10' true
	run -1 ctr run --bundle bundle "$ID"
	contains "$output" linux.resources.pids.limit 'Delegate=yes'
	[[ ! -e $ROOT/$ID ]]
	user_bundle . cat /proc/self/cgroup
	run -0 ctr run --bundle bundle "$ID"
	lacks "$(cgroups_of "$ID")" "$ID"
}

@test "a copy-on-write run, diff and commit in a user namespace use user.overlay attributes" {
	CALLER=(as_root_inside)
	spec '.process.capabilities.bounding += ["CAP_CHOWN"]' sh -c 'rm /etc/passwd; rm -r /etc/deep; mkdir /etc/deep; echo new >/etc/deep/new
		mkdir /etc/mine; chown 33:34 /etc/mine'
	as_root_inside sh -e -c '
		"$1" run --name "$2" spec.json
		"$1" diff "$2" >changes
		"$1" commit "$2" image:1
		"$1" rm "$2"
		"$1" run --rm image:1 sh -c "ls /etc/deep; stat -c %u:%g /etc/mine; ls /etc/passwd" 2>&1 || :
		' sh "$BASE/bin/ctr" "$ID" >printed
	contains "$(<changes)" 'D /etc/passwd' 'A /etc/mine' 'D /etc/deep/one' 'A /etc/deep/new'
	contains "$(<printed)" $'new\n33:34\n' 'No such file'
	[[ ! -e $DATA/containers/$ID ]]
}

# layers_of NAME: the digests of an image's layers.
layers_of() {
	local digest
	digest=$(jq -r --arg name "$1" '.manifests[] | select(.annotations["org.opencontainers.image.ref.name"] == $name) | .digest' \
		"$DATA/store/index.json")
	jq -c '[.layers[].digest]' "$DATA/store/blobs/sha256/${digest#sha256:}"
}

# --- an ordinary user ---------------------------------------------------------------------------

# A script that writes "ready" once, and then waits for its end.
WAITS='echo ready; '$IDLE

@test "an ordinary user runs a bundle without a user namespace in one of all its ids" {
	user_bundle '.process.user = {uid: 7, gid: 8, additionalGids: [9]}' \
		sh -c 'id; cat /proc/self/uid_map /proc/self/setgroups; echo x >/dev/null; exec sleep 1000'
	create --bundle bundle --pid-file pid "$ID"
	ctr start "$ID"
	eventually file_has created x || eventually file_has created allow
	contains "$(<created)" 'uid=7 gid=8 groups=9' allow
	matches "$(sed -n 2p created)" "^ +0 +$USER_ID +1$"
	matches "$(sed -n 3p created)" "^ +1 +$SUB_ID +"
	# what the host sees: ids of the user's ranges, and nothing of root's
	equal "$(status_field "$(<pid)" Uid | cut -f 1)" $((SUB_ID + 6))
	equal "$(status_field "$(<pid)" Gid | cut -f 1)" $((SUB_ID + 7))
	equal "$(ctr state "$ID" | jq -r .owner)" "$USER_ID"
	equal "$(stat -c %a "$DIR/runtime/ctr")" 1700
	ctr kill "$ID" KILL
	eventually has_status "$ID" stopped
	ctr delete "$ID"
	[[ ! -e $ROOT/$ID ]]
}

@test "an ordinary user enters, signals and forces out what runs as another of its ids" {
	user_bundle '.process.user = {uid: 7, gid: 8}' sh -c "$WAITS"
	sed -i 's#/tmp/.idle#/dev/shm/.idle#g' bundle/config.json
	jq '.mounts += [{destination: "/dev/shm", type: "tmpfs", source: "shm", options: ["mode=1777"]}]' \
		bundle/config.json >new && mv new bundle/config.json
	create --bundle bundle --pid-file pid "$ID"
	ctr start "$ID"
	eventually file_has created ready
	run -0 ctr exec "$ID" sh -c 'id -u; echo $$ >/dev/null; cat /proc/1/cmdline | head -c 2'
	contains "$output" $'7\nsh'
	run -0 ctr exec --user 33:34 "$ID" id
	contains "$output" 'uid=33 gid=34'
	run -3 ctr exec "$ID" sh -c 'exit 3'
	run -1 ctr delete "$ID"
	contains "$output" 'not stopped'
	ctr delete --force "$ID"
	eventually is_gone "$(<pid)"
	run -255 ctr exec "$ID" true
	contains "$output" 'does not exist'
}

@test "the host ids of a spec are those outside, whatever the user's namespace calls them" {
	user_bundle '.linux.namespaces += [{type: "user"}] | .process.user = {uid: 3, gid: 0} |
		.linux.uidMappings = [{containerID: 0, hostID: '"$USER_ID"', size: 1},
			{containerID: 1, hostID: '$((SUB_ID + 100))', size: 50}] |
		.linux.gidMappings = [{containerID: 0, hostID: '"$USER_ID"', size: 1},
			{containerID: 1, hostID: '$((SUB_ID + 200))', size: 50}]' sleep 1000
	create --bundle bundle --pid-file pid "$ID"
	equal "$(status_field "$(<pid)" Uid | cut -f 1)" $((SUB_ID + 102))
	equal "$(status_field "$(<pid)" Gid | cut -f 1)" "$USER_ID"
	ctr start "$ID"
	run -0 ctr exec "$ID" id -u
	equal "$output" 3
	ctr delete --force "$ID"
	user_bundle '.linux.namespaces += [{type: "user"}] |
		.linux.uidMappings = [{containerID: 0, hostID: 0, size: 1}] |
		.linux.gidMappings = [{containerID: 0, hostID: 0, size: 1}]' true
	run -1 ctr run --bundle bundle "$ID"
	contains "$output" 'linux.uidMappings[0].hostID: 0' /etc/subuid
	[[ ! -e $ROOT/$ID ]]
}

@test "a user without ranges is root alone" {
	USER_ID=61234
	become "$USER_ID"
	chown -R "$USER_ID:$USER_ID" "$DIR"
	mkdir bundle
	ln -s ../rootfs bundle/rootfs
	as_user "$BASE/bin/ctr" spec --rootless --bundle .
	jq '.process.terminal = false | .process.args = ["sh", "-c", "id; cat /proc/self/setgroups"]' \
		config.json >bundle/config.json
	run -0 ctr run --bundle bundle "$ID"
	contains "$output" 'uid=0(root) gid=0(root)' deny
	user_bundle '.process.user.uid = 1' true
	run -1 ctr run --bundle bundle "$ID"
	contains "$output" 'process.user.uid: 1 is not mapped'
	[[ ! -e $ROOT/$ID ]]
}

@test "what another user owns on the host is out of reach" {
	echo secret >root-only
	chmod 600 root-only
	chown root: root-only
	user_bundle '.mounts += [
		{destination: "/secret", type: "bind", source: ($dir + "/root-only"), options: ["bind"]},
		{destination: "/host", type: "bind", source: "/etc", options: ["rbind"]}] |
		.process.capabilities |= map_values(. + ["CAP_DAC_OVERRIDE", "CAP_DAC_READ_SEARCH", "CAP_SYS_ADMIN", "CAP_MKNOD"])' \
		sh -c 'cat /secret; cat /host/shadow; touch /host/x; mknod /tmp/node b 8 0; id'
	run -0 ctr run --bundle bundle "$ID"
	lacks "$output" secret$'\n' root:
	[[ $(grep -c 'Permission denied' <<<"$output") -ge 3 ]]
	[[ ! -e /etc/x ]]
}

# Where mknod is refused, a device is a mount on a file that the first run has left in the layer.
@test "an ordinary user's container with devices in its own root starts again" {
	spec . sh -c 'echo x >/dev/null; head -c 1 /dev/zero | wc -c'
	run -0 ctr run --name "$ID" spec.json
	equal "$output" 1
	run -0 ctr start --attach "$ID"
	equal "$output" 1
}

@test "an ordinary user's copy-on-write container, log, diff, image and removal" {
	spec '.process.capabilities |= map_values(. + ["CAP_CHOWN"])' sh -c 'echo logged
		rm /etc/passwd; mkdir -m 700 /etc/mine; touch /etc/mine/in; chown -R 33:34 /etc/mine
		'"$IDLE"
	ctr run -d --name "$ID" spec.json
	eventually file_has "$DATA/containers/$ID/log" logged
	run -0 ctr logs "$ID"
	contains "$output" logged
	eventually test -e "$DATA/containers/$ID/upper/etc/mine/in"
	# a subordinate id owns it on disk
	eventually equal "$(stat -c %u:%g "$DATA/containers/$ID/upper/etc/mine")" $((SUB_ID + 32)):$((SUB_ID + 33))
	run -0 ctr diff "$ID"
	contains "$output" 'D /etc/passwd' 'A /etc/mine' 'A /etc/mine/in'
	# its copy has whiteouts and marks of the user's own
	run -0 ctr commit --pause=never "$ID" image:live
	run -0 ctr stop "$ID"
	run -0 ctr commit --full "$ID" image:1
	run -0 ctr rm "$ID"
	equal "$(jq '[.manifests[] | .digest] | length' "$DATA/store/index.json")" 2
	equal "$(for name in live 1; do layers_of "image:$name"; done | sort -u | wc -l)" 1
	[[ ! -e $DATA/containers/$ID && ! -e $ROOT/$ID ]]
	run -0 ctr run --rm --name "$ID" image:1 sh -c 'stat -c %u:%g /etc/mine; ls /etc/mine; ls /etc/passwd 2>&1 || :'
	contains "$output" 33:34 $'\nin\n' 'No such file'
	run -0 ctr rmi image:1 image:live
	run -0 ctr prune
	equal "$(ls "$DATA/layers")" ''
}

@test "an ordinary user removes by force what runs, with files of its subordinate ids" {
	background '.process.capabilities |= map_values(. + ["CAP_CHOWN"])' '
		mkdir -m 700 /tmp/closed; touch /tmp/closed/in; chown -R 33 /tmp/closed; touch /tmp/ready; '"$IDLE"
	eventually test -e "$DATA/containers/$ID/upper/tmp/ready"
	run -0 ctr rm -f "$ID"
	[[ ! -e $DATA/containers/$ID && ! -e $ROOT/$ID ]]
}

@test "an ordinary user without delegation is told what is missing for limits and freezing" {
	background . "$IDLE"
	run -1 ctr freeze "$ID"
	contains "$output" 'has no cgroup' delegated
	ctr rm -f "$ID"
	spec '.linux.resources.memory.limit = 50000000' true
	run -125 ctr run --rm --name "$ID" spec.json
	contains "$output" linux.resources.memory.limit Delegate=yes
	nothing_created
}

# delegated [CONTROLLER...]: a part of the cgroup tree that is the user's, $DELEGATED, and this shell in
# a cgroup in it, as systemd-run --user --scope -p Delegate=yes has it.
delegated() {
	local name
	DELEGATED=$CGROUP2/ctr-test-delegated-$ID
	for name; do
		echo "+$name" >"$CGROUP2/cgroup.subtree_control"
	done
	mkdir "$DELEGATED" "$DELEGATED/shell"
	chown -R "$USER_ID" "$DELEGATED"
	echo $BASHPID >"$DELEGATED/shell/cgroup.procs"
}

undelegated() {
	echo $BASHPID >"$TEST_CGROUP/cgroup.procs"
	# a monitor that has just been told may still be there
	eventually remove_delegated
}

remove_delegated() {
	find "$DELEGATED" -depth -type d -exec rmdir {} + 2>/dev/null
}

@test "an ordinary user freezes and lists what runs in a cgroup that is its own" {
	delegated
	spec . sh -c "$IDLE"
	ctr run -d --name "$ID" spec.json
	local pid cgroup=$DELEGATED/ctr/$ID
	pid=$(pid_of "$ID")
	equal "$(cgroup_of "$pid")" "$cgroup"
	ctr freeze "$ID"
	equal "$(<"$cgroup/cgroup.freeze")" 1
	ctr thaw "$ID"
	run -0 ctr ps "$ID"
	contains "$output" "$pid"
	ctr rm -f "$ID"
	[[ ! -e $cgroup ]]
	undelegated
}

@test "an ordinary user's limits hold in what was delegated to it" {
	require_controller pids memory cpu
	delegated pids memory cpu
	spec '.linux.resources = {pids: {limit: 20}, memory: {limit: 33554432}, cpu: {shares: 512}}' \
		sh -c "$IDLE"
	ctr run -d --name "$ID" spec.json
	local cgroup=$DELEGATED/ctr/$ID
	equal "$(<"$cgroup/pids.max")" 20
	equal "$(<"$cgroup/memory.max")" 33554432
	equal "$(cgroup_of "$(pid_of "$ID")")" "$cgroup"
	# the kernel says no, not we
	run ctr exec "$ID" sh -c 'i=0; while [ $i -lt 40 ]; do sleep 100 & i=$((i + 1)); done'
	lacks "$(<"$cgroup/pids.events")" 'max 0'
	run -0 ctr update --pids-limit 30 "$ID"
	equal "$(<"$cgroup/pids.max")" 30
	run -0 ctr rm -f "$ID"
	[[ ! -e $cgroup ]]
	undelegated
}

@test "an ordinary user's container joins the namespaces of another one of that user" {
	user_bundle . sleep 1000
	create --bundle bundle --pid-file pid "$ID"
	ctr start "$ID"
	local pid own=false
	pid=$(<pid)
	for own in false true; do
		mkdir -p second
		ln -sfn ../rootfs second/rootfs
		jq --arg pid "$pid" --argjson own $own '.process.args = ["sh", "-c", "readlink /proc/self/ns/net; cat /proc/1/cmdline"] |
			.linux.namespaces |= map(if .type == "network" or .type == "pid"
				then .path = "/proc/" + $pid + "/ns/" + (if .type == "pid" then "pid" else "net" end)
				else . end) |
			if $own then .linux.namespaces += [{type: "user", path: ("/proc/" + $pid + "/ns/user")}] else . end' \
			bundle/config.json >second/config.json
		run -0 ctr run --bundle second "$ID-b"
		contains "$output" "$(readlink "/proc/$pid/ns/net")" sleep
	done
	ctr delete --force "$ID"
}

@test "a cgroup of root's with the same name is no obstacle to an ordinary user" {
	mkdir -p "$CGROUP2/ctr/$ID"
	user_bundle . cat /proc/self/cgroup
	run -0 ctr run --bundle bundle "$ID"
	lacks "$output" "/ctr/$ID"
	rmdir "$CGROUP2/ctr/$ID"
}

@test "an image with files of several users needs more than one id, and that is said" {
	spec '.process.capabilities |= map_values(. + ["CAP_CHOWN"])' sh -c 'touch /etc/mine; chown 33:34 /etc/mine'
	run -0 ctr run --name "$ID" spec.json
	run -0 ctr commit --full "$ID" image:1
	run -0 ctr rm "$ID"
	# what is unpacked has those users' ids as the user namespace sees them
	run -0 ctr run --rm --name "$ID" image:1 true
	run -0 ctr check --store
	contains "$output" '1 unpacked layers' 'all is whole'
	rm -rf "$DATA/layers"
	USER_ID=61234
	become "$USER_ID"
	chown -R "$USER_ID:$USER_ID" "$DIR"
	run -125 ctr run --rm --name "$ID" image:1 true
	contains "$output" 33:34 /etc/subuid
	nothing_created
}

@test "a terminal and a foreground run of an ordinary user pass signals and the exit status" {
	user_bundle '.process.terminal = true | .mounts += [
		{destination: "/dev/pts", type: "devpts", source: "devpts",
		 options: ["newinstance", "ptmxmode=0666", "mode=0620", "gid=5"]}]' sh -c 'tty; ls -l /dev/console; exit 7'
	run -7 "$HELPERS/pty" -- "${AS_USER[@]}" "$BASE/bin/ctr" run --bundle bundle "$ID" 3>&-
	contains "$output" /dev/pts/0
	user_bundle . sh -c "$WAITS"
	mkfifo said
	ctr run --bundle bundle "$ID" >said &
	local job=$! line
	read -r line <said
	equal "$line" ready
	ctr kill "$ID" TERM
	wait $job
}

# --- try ----------------------------------------------------------------------------------------

@test "try of an ordinary user: the command is that user, and the host stays as it is" {
	mkdir -p home sub/gone
	echo before >home/file
	chown -R "$USER_ID:$USER_ID" home sub
	host_mount -t tmpfs -o mode=1777 none "$DIR/home/mount"
	as_user sh -c 'echo mounted >home/mount/file; ln -s file home/link'
	find . \( -path ./data -o -path ./runtime \) -prune -o -printf '%p %y %m %U %s %T@ %C@ %l\n' | sort >"$BASE/before"
	run -5 ctr try -q --name "$ID" -- sh -c '
		id -u; id -g; whoami; pwd; cat home/mount/file home/link home/file
		[ -O home/mount/file ] && echo mine
		echo after >home/mount/file; echo new >home/new; echo new >home/mount/new; rm -r sub/gone; touch /tmp/'"$ID"'
		echo x >home/file || echo refused
		touch /new /usr/new /etc/passwd 2>/dev/null || echo "not mine"
		cat /proc/self/uid_map
		exit 5' </dev/null
	contains "$output" "$USER_ID"$'\n'"$USER_ID"$'\n'"$USER_NAME"$'\n'"$DIR"$'\nmounted\nbefore\nbefore\nmine' 'not mine' "$USER_ID          0          1"
	find . \( -path ./data -o -path ./runtime \) -prune -o -printf '%p %y %m %U %s %T@ %C@ %l\n' | sort | diff "$BASE/before" -
	[[ ! -e /tmp/$ID ]]
	# home is put together name by name, as something is mounted in it: its files are read-only
	contains "$output" refused
	run -0 ctr diff "$ID"
	contains "$output" "A /tmp/$ID" "D $DIR/sub/gone" "C $DIR/home"$'\n'"C $DIR/home/mount"$'\n'"C $DIR/home/mount/file"$'\n'"A $DIR/home/mount/new"$'\n'"A $DIR/home/new"
	lacks "$output" link "home/file" /usr
}

@test "try of an ordinary user: sockets do not answer, --rw and --net do what they say" {
	as_user python3 -c 'import socket; s = socket.socket(socket.AF_UNIX); s.bind("sock"); s.listen(1); open("up", "w"); s.accept()' 3>&- &
	local server=$!
	eventually test -e up
	mkdir rw
	chown "$USER_ID" rw
	run -1 ctr try --rm -- python3 -c 'import socket; s = socket.socket(socket.AF_UNIX); s.connect("sock")'
	contains "$output" refused
	kill -9 -- "$server" "$(pgrep -P "$server" || true)" 2>/dev/null || true
	run -0 ctr try --rm --rw rw --net=none -- sh -c 'touch rw/there not; tail -n +3 /proc/net/dev | cut -d: -f1'
	equal "${output// /}" lo
	[[ -e rw/there && ! -e not ]]
	equal "$(stat -c %u rw/there)" "$USER_ID"
	nothing_created
}

# --- archives and copies --------------------------------------------------------------------------

@test "an ordinary user copies files into containers and out of them, running and stopped" {
	echo x >file
	chown "$USER_ID" file
	background '.process.capabilities |= map_values(. + ["CAP_CHOWN"])' '
		echo his >/tmp/his; chown 33:34 /tmp/his; chmod 600 /tmp/his; touch /tmp/ready; '"$IDLE"
	eventually ctr exec "$ID" test -e /tmp/ready
	run -0 ctr cp file "$ID:/tmp/in"
	run -0 ctr exec "$ID" stat -c %u:%g /tmp/in
	equal "$output" 0:0
	run -0 ctr cp "$ID:/tmp/his" out
	equal "$(<out)" his
	equal "$(stat -c %u:%g out)" "$USER_ID:$USER_ID"
	run -0 ctr export -o running.tar "$ID"
	run -0 ctr stop "$ID"
	run -0 ctr cp file "$ID:/tmp/in2"
	run -0 ctr cp "$ID:/tmp/his" out2
	equal "$(<out2)" his
	run -0 ctr export -o stopped.tar "$ID"
	for archive in running.tar stopped.tar; do
		equal "$(tar --numeric-owner -tvf $archive | awk '/tmp\/(his|in)$/ { print $2, $6 }')" $'33/34 tmp/his\n0/0 tmp/in'
	done
	equal "$(ctr diff "$ID" | grep -c in2)" 1
}

@test "an ordinary user imports a root with the files of several users, and without its devices" {
	mkdir -p tree/etc
	echo x >tree/etc/his
	chown 33:34 tree/etc/his
	mkdir tree/dev
	mknod tree/dev/null c 1 3
	cp -a rootfs/bin rootfs/proc tree
	chown -R 0:0 tree/bin
	tar -C tree -cf tree.tar .
	run -0 ctr import -c 'CMD ["stat", "-c", "%u:%g", "/etc/his"]' tree.tar image:1
	run -0 ctr run --rm --name "$ID" image:1
	equal "$output" 33:34
	run -0 ctr unpack image:1
}
