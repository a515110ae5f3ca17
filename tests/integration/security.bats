#!/usr/bin/env bats
# SPDX-License-Identifier: Apache-2.0
# Known attacks on container runtimes, in their harmless form. The number is the CVE that taught it.

load helpers

PTRACE='.process.capabilities |= map_values(. + ["CAP_SYS_PTRACE", "CAP_DAC_READ_SEARCH"])'

# hostile: a rootfs of our own at "mine" that a test may make hostile, and "outside" beside it.
hostile() {
	cp -al "$ROOTFS" mine
	mkdir outside
	echo precious >outside/file
}

outside_untouched() {
	equal "$(ls -A outside)" file
	equal "$(<outside/file)" precious
}

@test "2019-5736: a container cannot overwrite ctr through /proc/PID/exe, of exec nor of run" {
	local before
	cp "$CTR" ctr
	[[ ! -e ${CTR%/*}/ctr-image ]] || cp "${CTR%/*}"/ctr-* . 2>/dev/null || true
	before=$(sha256sum <ctr)
	CTR=$DIR/ctr
	background "$PTRACE" "probe overwrite 3 >/attack 2>&1; $IDLE"
	eventually file_has "$DATA/containers/$ID/upper/attack" waiting
	for _ in {1..15}; do
		"$CTR" --root "$ROOT" --data-root "$DATA" exec "$ID" /proc/self/exe true >/dev/null 2>&1 3>&- || true
		"$CTR" --root "$ROOT" --data-root "$DATA" exec "$ID" true 3>&- || true
	done
	eventually file_has "$DATA/containers/$ID/upper/attack" held
	equal "$(sha256sum <ctr)" "$before"
	lacks "$(<"$DATA/containers/$ID/upper/attack")" overwritten
}

# guarded ARGUMENT...: `ctr ARGUMENT...` in the background runs from a read-only view of a program that
# can be written, and knows where that is.
guarded() {
	local pid
	"$CTR" --root "$ROOT" --data-root "$DATA" "$@" 3>&- &
	pid=$!
	eventually file_has "$DATA/containers/$ID/upper/ready" yes
	# in this order the kernel looks at the mount before it says that the file is being executed
	run ! bash -c ": >/proc/$pid/exe"
	contains "$output" "Read-only file system"
	tr '\0' '\n' <"/proc/$pid/environ" | grep -qx "CTR_PROGRAM=$CTR"
	kill -KILL "$pid"
	wait "$pid" || true
	ctr rm -f "$ID"
}

@test "2019-5736: ctr runs from a read-only view, by its entry point, and by libc's start where that gives up" {
	local i
	cp "$CTR" ctr
	CTR=$DIR/ctr
	spec . sh -c "echo yes >/ready; exec sleep 1000"
	guarded run --name "$ID" spec.json
	guarded --debug --log-format text run --name "$ID" spec.json
	# more variables than the entry point has room for
	(
		for i in {1..300}; do export "MANY_$i=x"; done
		guarded run --name "$ID" spec.json
	)
	# a longer path than that
	mkdir -p "$DIR/$(printf 'long%.0s' {1..60})/$(printf 'long%.0s' {1..60})/$(printf 'long%.0s' {1..60})/$(printf 'long%.0s' {1..60})/$(printf 'long%.0s' {1..60})"
	CTR=$(echo "$DIR"/long*/*/*/*/*)/ctr
	mv ctr "$CTR"
	guarded run --name "$ID" spec.json
	# what an environment says is not believed
	CTR_PROGRAM=/bin/false guarded run --name "$ID" spec.json
}

@test "2019-5736: on a read-only mount ctr is protected already, and executed once" {
	mkdir read-only
	host_mount --bind "${CTR%/*}" read-only
	mount -o remount,bind,ro read-only
	spec . true
	run -0 strace -f -e trace=execve,execveat -o calls "$DIR/read-only/${CTR##*/}" --root "$ROOT" --data-root "$DATA" run --rm --name "$ID" spec.json 3>&-
	lacks "$(<calls)" execveat
	CTR=$DIR/read-only/${CTR##*/}
	run -0 ctr run --rm --name "$ID" spec.json
}

@test "2019-5736: /proc/self/exe as the program does not run ctr inside" {
	local before
	before=$(sha256sum <"$CTR")
	spec . /proc/self/exe --version
	run ctr run --rm --name "$ID" spec.json
	spec . sh -c 'echo x 2>/dev/null >/proc/1/exe; cat /proc/self/exe | head -c 4 | wc -c'
	run ctr run --rm --name "$ID" spec.json
	equal "$(sha256sum <"$CTR")" "$before"
}

@test "2019-5736: a #!/proc/self/exe script does not give a handle on ctr" {
	local before
	hostile
	before=$(sha256sum <"$CTR")
	printf '#!/proc/self/exe\n' >mine/bin/evil
	chmod 755 mine/bin/evil
	spec '.root.path = "mine"' /bin/evil
	run timeout 20 "$CTR" --root "$ROOT" --data-root "$DATA" run --rm --name "$ID" spec.json 3>&-
	[[ $status -ne 124 ]]
	equal "$(sha256sum <"$CTR")" "$before"
}

@test "2016-9962: a process that exec brings cannot be traced before it runs its program, nor its descriptors taken" {
	# CAP_SYS_PTRACE without a user namespace may trace whatever it sees, in every runtime
	background . "probe watch 4 >/seen 2>&1; $IDLE"
	eventually file_has "$DATA/containers/$ID/upper/seen" watching
	for _ in {1..20}; do
		ctr exec "$ID" true
	done
	eventually file_has "$DATA/containers/$ID/upper/seen" watched
	# its own program may be traced: what must not be seen is ctr
	lacks "$(<"$DATA/containers/$ID/upper/seen")" anon_inode "$DIR" ctr 'exe /$'
}

@test "2024-21626: a cwd of /proc/self/fd/N does not reach the host" {
	local n
	for n in 0 3 4 5 6 7 8 9 10 11 12; do
		spec ".process.cwd = \"/proc/self/fd/$n\"" sh -c 'cat ../../../../../../etc/hostname; ls ../../../../..'
		run ctr run --rm --name "$ID" spec.json
		[[ $status -ne 0 ]] || equal "$(grep -c -x "$(basename "$DIR")\|lost+found\|boot" <<<"$output" || true)" 0
	done
	nothing_created
}

@test "2024-21626: exec -w /proc/self/fd/N and /proc/1/cwd tricks do not reach the host" {
	local n
	background . "$IDLE"
	for n in 3 4 5 6 7 8 9 10; do
		run ctr exec -w "/proc/self/fd/$n" "$ID" sh -c 'pwd; ls ../../../../..'
		[[ $status -ne 0 ]] || lacks "$output" boot lost+found
	done
}

@test "2024-21626: an exec'ed program's descriptors are its own three, run from a folder outside" {
	background . "$IDLE"
	cd /
	run -0 ctr exec "$ID" sh -c 'readlink /proc/self/fd/* | grep -v "^/proc"; readlink /proc/self/cwd'
	lacks "$output" "$DIR" cgroup "$ROOTFS"
	equal "${lines[-1]}" /
}

@test "2019-16884, 2019-19921: /proc as a symlink in the rootfs is refused" {
	hostile
	rmdir mine/proc
	mkdir mine/fake-proc
	ln -s fake-proc mine/proc
	spec '.root.path = "mine"' true
	run -125 ctr run --rm --name "$ID" spec.json
	contains "$output" /proc
	rm mine/proc
	ln -s "$DIR/outside" mine/proc
	run -125 ctr run --rm --name "$ID" spec.json
	outside_untouched
	nothing_created
}

@test "2019-18837: /sys as a symlink in the rootfs is refused" {
	hostile
	rmdir mine/sys
	ln -s "$DIR/outside" mine/sys
	spec '.root.path = "mine" | .mounts += [{destination: "/sys", type: "sysfs", source: "sysfs"}]' true
	run -125 ctr run --rm --name "$ID" spec.json
	contains "$output" /sys
	outside_untouched
}

@test "2019-16884: /proc as a file or as a mount of something else is not trusted" {
	hostile
	rmdir mine/proc
	echo x >mine/proc
	spec '.root.path = "mine"' true
	run -125 ctr run --rm --name "$ID" spec.json
	mkdir -p fake/self/attr fake/sys
	hostile_mounts='.mounts = [{destination: "/proc", type: "bind", source: "\($dir)/fake", options: ["bind"]}]'
	spec "$hostile_mounts | .linux.sysctl = {\"net.ipv4.ip_default_ttl\": \"33\"}" true
	run ctr run --rm --name "$ID" spec.json
	equal "$(find fake -type f | wc -l)" 0
}

@test "2026-41579: /dev as a symlink in the rootfs creates nothing outside" {
	hostile
	rmdir mine/dev
	ln -s "$DIR/outside" mine/dev
	spec '.root.path = "mine" | .linux.devices = [{path: "/dev/extra", type: "c", major: 1, minor: 3}]' true
	run ctr run --rm --name "$ID" spec.json
	outside_untouched
	spec '.root.path = "mine" | .mounts += [{destination: "/dev", type: "tmpfs", source: "tmpfs"},
		{destination: "/dev/pts", type: "devpts", source: "devpts"}]' true
	run ctr run --rm --name "$ID" spec.json
	outside_untouched

	mkdir b
	SPEC=b/config.json spec ".root.path = \"$DIR/mine\" | .mounts += [{destination: \"/dev\", type: \"tmpfs\", source: \"tmpfs\"}]" true
	run ctr run --bundle b "$ID"
	outside_untouched
}

@test "2025-31133: /dev/null replaced in the rootfs does not make masks read-write windows" {
	hostile
	ln -s /proc/sys/kernel/core_pattern mine/dev/null
	local pattern
	pattern=$(</proc/sys/kernel/core_pattern)
	spec '.root.path = "mine" | .linux.maskedPaths = ["/proc/sys/kernel/hostname", "/etc/passwd"]' \
		sh -c 'echo attack >/etc/passwd; cat /etc/passwd'
	run ctr run --rm --name "$ID" spec.json
	equal "$(</proc/sys/kernel/core_pattern)" "$pattern"
	lacks "$output" attack "$pattern"
}

@test "2025-31133: a bind mount of a hostile /dev is not used for masking" {
	hostile
	mkdir dev
	ln -s "$DIR/outside/file" dev/null
	spec ".root.path = \"mine\" | .mounts += [{destination: \"/dev\", source: \"$DIR/dev\", options: [\"bind\"]}] |
		.linux.maskedPaths = [\"/etc/passwd\"]" sh -c 'echo attack >/etc/passwd; true'
	run ctr run --rm --name "$ID" spec.json
	outside_untouched
}

@test "2024-45310, 2021-30465: mount points through symlinks create nothing outside" {
	hostile
	ln -s "$DIR/outside" mine/escape
	ln -s ../../../../../../../.."$DIR/outside" mine/climb
	ln -s /proc/self/root mine/root-link
	touch file
	spec ".root.path = \"mine\" | .mounts += [
		{destination: \"/escape/new/folder\", type: \"tmpfs\", source: \"tmpfs\"},
		{destination: \"/climb/new\", type: \"tmpfs\", source: \"tmpfs\"},
		{destination: \"/escape/new-file\", source: \"$DIR/file\", options: [\"bind\"]}]" true
	run ctr run --rm --name "$ID" spec.json
	outside_untouched
}

@test "2021-30465: a rootfs whose mount point is swapped for a symlink during the start: nothing outside" {
	mkdir outside volume volume/a
	echo precious >outside/file
	ln -s "$DIR/outside" volume/b
	(set +e
	while :; do
		mv -T volume/a volume/t
		mv -T volume/b volume/a
		mv -T volume/t volume/b
	done) 2>/dev/null 3>&- &
	local swapper=$!
	spec ".mounts += [{destination: \"/v\", source: \"$DIR/volume\", options: [\"bind\"]},
		{destination: \"/v/a/new\", type: \"tmpfs\", source: \"attack\"}]" true
	for _ in {1..25}; do
		ctr run --rm --name "$ID" spec.json >/dev/null 2>&1 || true
	done
	kill "$swapper"
	wait "$swapper" 2>/dev/null || true
	outside_untouched
	run ! grep -q ' attack ' /proc/self/mountinfo
}

@test "2026-55686: a cwd through a symlink creates no folder on the host" {
	hostile
	ln -s "$DIR/outside" mine/link
	spec '.root.path = "mine" | .process.cwd = "/link/made/by/cwd" | .process.user = {uid: 1000, gid: 1000}' pwd
	run ctr run --rm --name "$ID" spec.json
	outside_untouched
}

@test "2025-24965: hostile names for what ctr writes: passwd and group as symlinks to the host's" {
	hostile
	rm mine/etc/passwd mine/etc/group
	ln -s "$DIR/outside/file" mine/etc/passwd
	ln -s /dev/zero mine/etc/group
	spec '.root.path = "mine"' sh -c 'echo $HOME'
	run -0 timeout 20 "$CTR" --root "$ROOT" --data-root "$DATA" run --rm --name "$ID" spec.json 3>&-
	outside_untouched
}

@test "2022-29162: inheritable capabilities are empty, in run, exec and exec --cap" {
	inside . 'grep CapInh /proc/self/status'
	equal "$output" $'CapInh:\t0000000000000000'
	background . "$IDLE"
	run -0 ctr exec "$ID" grep CapInh /proc/self/status
	equal "$output" $'CapInh:\t0000000000000000'
	run -0 ctr exec --cap CAP_CHOWN "$ID" grep CapInh /proc/self/status
	equal "$output" $'CapInh:\t0000000000000000'
}

@test "2026-30892: exec -u N never runs as another user than N" {
	background . "$IDLE"
	run -0 ctr exec -u 1 "$ID" sh -c 'id -u; id -g'
	equal "${lines[0]}" 1
	run ctr exec -u 1: "$ID" id -u
	[[ $output != 0 ]]
	run -0 ctr exec -u 1:2 "$ID" sh -c 'id -u; id -g'
	equal "$output" $'1\n2'
	run ctr exec -u -1 "$ID" id -u
	[[ $status -ne 0 ]]
	run ctr exec -u 99999999999 "$ID" id -u
	[[ $status -ne 0 ]]
}

@test "2026-57231: nothing of the caller's environment comes in by an entry without a value" {
	spec '.process.env += ["FOO"]' env
	FOO=canary run ctr run --rm --name "$ID" spec.json
	[[ $status -ne 0 ]]
	contains "$output" 'process.env'
	lacks "$output" canary
}

@test "2020-15257: no abstract unix socket that a container with the host's network could reach" {
	background '.linux.namespaces |= map(select(.type != "network"))' "$IDLE"
	run ctr exec "$ID" sh -c 'grep -i ctr /proc/net/unix | grep @'
	equal "$output" ''
}

@test "2019-14271, 2022-1227: nothing of the container's programs or libraries is run outside of it" {
	hostile
	local name
	for name in ps nsenter xz zstd tar gzip unpigz mount umount newuidmap kill sh.real; do
		rm -f "mine/bin/$name"
		printf '#!/bin/busybox sh\necho attack >>/attacked\n' >"mine/bin/$name"
		chmod 755 "mine/bin/$name"
	done
	mkdir -p mine/lib
	spec '.root.path = "mine"' sh -c "$IDLE"
	ctr run -d --name "$ID" spec.json
	ctr ps "$ID" >/dev/null
	ctr commit "$ID" app:1 >/dev/null
	ctr diff "$ID" >/dev/null
	ctr stop "$ID"
	[[ ! -e $DATA/containers/$ID/upper/attacked ]]
	[[ ! -e /attacked ]]
}

@test "the run-time and data folders are closed to other users" {
	background . "$IDLE"
	equal "$(stat -c %a "$ROOT")" 700
	equal "$(stat -c %a "$DATA")" 700
	run setpriv --reuid 1000 --clear-groups ls "$ROOT" "$DATA"
	[[ $status -ne 0 ]]
}

@test "what ctr writes for itself is not writable by the container" {
	background . "$IDLE"
	run ctr exec "$ID" sh -c 'find / -xdev -name state.json 2>/dev/null; find / -xdev -name "*.sock" 2>/dev/null'
	equal "$output" ''
}

@test "a container cannot see or signal processes of the host" {
	inside . 'kill -0 '$BASHPID' 2>&1; ls -d /proc/'$BASHPID' 2>&1; true'
	contains "$output" 'No such' 
}

@test "a masked /proc/kcore and friends of the template cannot be read" {
	mkdir b
	cp -al "$ROOTFS" b/rootfs
	ctr spec -b b
	jq '.process.terminal = false | .process.args = ["sh", "-c", "wc -c 2>/dev/null </proc/kcore || echo 0; ls -A /sys/firmware | wc -l; echo x 2>&1 >/proc/sys/kernel/printk; true"]' \
		b/config.json >c
	mv c b/config.json
	run -0 ctr run --bundle b "$ID"
	equal "${lines[0]}" 0
	equal "${lines[1]}" 0
	matches "$output" 'Read-only|Permission'
}

@test "a container's setuid program does not gain under noNewPrivileges" {
	hostile
	cp "$ROOTFS/bin/busybox" mine/bin/setuid-id
	rm mine/bin/id
	cp "$ROOTFS/bin/busybox" mine/bin/id
	chmod 4755 mine/bin/id
	spec '.root.path = "mine" | .process.user = {uid: 1000, gid: 1000} | .process.noNewPrivileges = true' id -u
	run -0 ctr run --rm --name "$ID" spec.json
	equal "$output" 1000
}

@test "hostile names: an ID cannot be an option or a path" {
	bundle b . true
	local id
	for id in --force -f ../escape /tmp/escape 'x/../y'; do
		run ctr create --bundle b -- "$id"
		[[ $status -ne 0 ]]
		run ctr delete --force -- "$id"
	done
	[[ ! -e /tmp/escape && ! -e $DIR/escape ]]
	nothing_created
}
