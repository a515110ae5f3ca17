#!/usr/bin/env bats
# SPDX-License-Identifier: Apache-2.0
# mounts[]: every option as /proc/self/mountinfo shows it inside, and where mounts may go.

load helpers

# tmpfs OPTION...: the jq object of a tmpfs at /m with these options.
tmpfs() {
	local options
	printf -v options '"%s",' "$@"
	echo ".mounts += [{destination: \"/m\", type: \"tmpfs\", source: \"tmpfs\", options: [${options%,}]}]"
}

# bind SOURCE DESTINATION OPTION...
bind() {
	local source=$1 destination=$2 options=''
	shift 2
	[[ $# -eq 0 ]] || printf -v options ',"%s"' "$@"
	echo ".mounts += [{destination: \"$destination\", source: \"$source\", options: [${options#,}]}]"
}

# A host folder "source" with a mount "sub" inside it.
source_with_submount() {
	mkdir -p source
	host_mount -t tmpfs outer source
	host_mount -t tmpfs inner source/sub
	echo outer >source/file
	echo inner >source/sub/file
}

@test "each per-mount flag is seen in mountinfo" {
	local option filter=. script=''
	for option in ro nosuid nodev noexec noatime nodiratime nosymfollow; do
		filter+=" | .mounts += [{destination: \"/m/$option\", type: \"tmpfs\", source: \"tmpfs\", options: [\"$option\"]}]"
	done
	inside ".mounts += [{destination: \"/m\", type: \"tmpfs\", source: \"tmpfs\"}] | $filter" 'cat /proc/self/mountinfo'
	for option in ro nosuid nodev noexec noatime nodiratime nosymfollow; do
		contains "$(mount_options "/m/$option")" ",$option,"
	done
	lacks "$(mount_options /m)" ,ro, nosuid nodev noexec noatime nodiratime nosymfollow
	: "$script"
}

@test "relatime is the default and strictatime switches it off" {
	inside "$(tmpfs relatime) | $(tmpfs strictatime | sed 's,"/m","/s",')" 'cat /proc/self/mountinfo'
	contains "$(mount_options /m)" ,relatime,
	lacks "$(mount_options /s)" atime
}

@test "each superblock flag is seen in mountinfo" {
	inside "$(tmpfs sync dirsync lazytime)" 'cat /proc/self/mountinfo'
	contains "$(super_options /m)" ,sync, ,dirsync, ,lazytime,
}

@test "options without a visible effect, and all negations, are accepted" {
	inside "$(tmpfs defaults rw suid dev exec async atime diratime norelatime nostrictatime \
		nolazytime noiversion iversion loud silent symfollow nomand)" 'cat /proc/self/mountinfo'
	lacks "$(mount_options /m)" ,ro, nosuid nodev noexec
}

@test "of contradicting options the last one counts" {
	inside "$(tmpfs ro nosuid rw suid) | $(tmpfs rw ro | sed 's,"/m","/n",')" 'cat /proc/self/mountinfo'
	lacks "$(mount_options /m)" ,ro, nosuid
	contains "$(mount_options /n)" ,ro,
}

@test "what is no flag goes to the filesystem as data" {
	inside "$(tmpfs size=1m mode=700 nr_inodes=77)" 'cat /proc/self/mountinfo; stat -c %a /m; df -k /m | tail -1'
	contains "$(super_options /m)" size=1024k nr_inodes=77
	contains "$output" $'\n700\n' 1024
}

@test "what is no flag of a bind mount is passed over with a warning, as of runc" {
	mkdir -p bound && echo here >bound/file
	spec ".mounts += [{destination: \"/bound\", source: \"$DIR/bound\", options: [\"bind\", \"nosuid\", \"mode=755\", \"size=1k\"]}]" \
		cat /bound/file
	run -0 --separate-stderr ctr run --rm --name "$ID" spec.json
	equal "$output" here
	contains "$stderr" /bound mode=755 size=1k
}

@test "data that the filesystem does not know is an error naming the mount" {
	spec "$(tmpfs flavour=vanilla)" true
	run -125 ctr run --rm --name "$ID" spec.json
	contains "$output" /m
	nothing_created
}

@test "a filesystem type that the kernel does not have is an error naming it" {
	spec '.mounts += [{destination: "/m", type: "zebrafs", source: "z"}]' true
	run -125 ctr run --rm --name "$ID" spec.json
	contains "$output" zebrafs
	nothing_created
}

@test "proc, sysfs, mqueue, devpts, tmpfs and cgroup are mounted with their types" {
	inside '.mounts += [
		{destination: "/sys", type: "sysfs", source: "sysfs", options: ["nosuid", "noexec", "nodev", "ro"]},
		{destination: "/dev", type: "tmpfs", source: "tmpfs", options: ["nosuid", "mode=755"]},
		{destination: "/dev/pts", type: "devpts", source: "devpts", options: ["nosuid", "newinstance", "ptmxmode=0666", "mode=0620"]},
		{destination: "/dev/mqueue", type: "mqueue", source: "mqueue"},
		{destination: "/dev/shm", type: "tmpfs", source: "shm", options: ["mode=1777"]},
		{destination: "/sys/fs/cgroup", type: "cgroup", source: "cgroup", options: ["ro"]}]' \
		'cat /proc/self/mountinfo; ls /sys/fs/cgroup /sys; stat -c %a /dev/shm'
	contains "$(mount_line /proc)" ' - proc '
	contains "$(mount_line /sys)" ' - sysfs '
	contains "$(mount_options /sys)" ,ro, nosuid
	contains "$(mount_line /dev/pts)" ' - devpts ' ptmxmode=666 mode=620
	contains "$(mount_line /dev/mqueue)" ' - mqueue '
	contains "$(mount_line /dev/shm)" ' - tmpfs '
	contains "$(mount_line /sys/fs/cgroup)" ' - cgroup2 '
	contains "$(mount_options /sys/fs/cgroup)" ,ro,
	contains "$output" cgroup.procs kernel 1777
}

@test "the cgroup mount of a container shows its own cgroup as the root" {
	inside '.mounts += [{destination: "/sys", type: "sysfs", source: "sysfs"},
		{destination: "/sys/fs/cgroup", type: "cgroup", source: "cgroup"}]' \
		'grep -x 1 /sys/fs/cgroup/cgroup.procs; cat /proc/self/mountinfo; ls /sys/fs/cgroup'
	equal "${lines[0]}" 1
	matches "$(mount_line /sys/fs/cgroup)" '^[0-9]+ [0-9]+ [0-9:]+ / /sys/fs/cgroup '
	lacks "$output" ctr-test
}

@test "the cgroup mount without a cgroup namespace shows only the container's own cgroup" {
	inside '.linux.namespaces |= map(select(.type != "cgroup")) |
		.mounts += [{destination: "/sys", type: "sysfs", source: "sysfs"},
		{destination: "/sys/fs/cgroup", type: "cgroup", source: "cgroup", options: ["ro"]}]' \
		'ls /sys/fs/cgroup; mkdir /sys/fs/cgroup/x 2>&1; true'
	lacks "$output" "ctr-test-$ID"
	contains "$output" 'Read-only file system'
}

@test "proc shows the processes of the container's pid namespace" {
	inside . 'ls -d /proc/[0-9]*; cat /proc/1/comm; true'
	contains "$output" /proc/1 sh
}

@test "bind takes a folder without the mounts below it" {
	source_with_submount
	inside "$(bind "$DIR/source" /m bind)" 'cat /m/file; ls /m/sub'
	equal "$output" outer
}

@test "rbind takes the mounts below it too" {
	source_with_submount
	inside "$(bind "$DIR/source" /m rbind)" 'cat /m/file /m/sub/file'
	equal "$output" $'outer\ninner'
}

@test "type bind without an option bind is a bind mount" {
	mkdir source
	echo x >source/file
	inside ".mounts += [{destination: \"/m\", type: \"bind\", source: \"$DIR/source\"}]" 'cat /m/file'
	equal "$output" x
}

@test "what is written into a bind mount is on the host" {
	mkdir source
	inside "$(bind "$DIR/source" /m bind)" 'echo written >/m/file'
	equal "$(<source/file)" written
}

@test "bind ro: only this mount is read-only, rbind ro leaves those below writable" {
	source_with_submount
	inside "$(bind "$DIR/source" /m rbind ro)" \
		'echo x 2>&1 >/m/new; echo y >/m/sub/new; cat /m/sub/new; cat /proc/self/mountinfo'
	contains "${lines[0]}" 'Read-only file system'
	equal "${lines[1]}" y
	contains "$(mount_options /m)" ,ro,
	lacks "$(mount_options /m/sub)" ,ro,
	grep -q "$DIR/source rw" /proc/self/mountinfo
}

@test "the recursive options go to all mounts below" {
	source_with_submount
	inside "$(bind "$DIR/source" /m rbind rro rnosuid rnodev rnoexec rnoatime rnodiratime rnosymfollow)" 'cat /proc/self/mountinfo'
	contains "$(mount_options /m)" ,ro, ,nosuid, ,nodev, ,noexec, ,noatime, ,nodiratime, ,nosymfollow,
	contains "$(mount_options /m/sub)" ,ro, ,nosuid, ,nodev, ,noexec, ,noatime, ,nodiratime, ,nosymfollow,
}

@test "the recursive negations take flags from all mounts below" {
	mkdir -p source
	host_mount -t tmpfs -o ro,nosuid,nodev,noexec,noatime outer source
	mount -o remount,rw source
	host_mount -t tmpfs -o nosuid,nodev,noexec,noatime,ro inner source/sub
	inside "$(bind "$DIR/source" /m rbind rrw rsuid rdev rexec rrelatime rsymfollow)" 'cat /proc/self/mountinfo'
	lacks "$(mount_options /m/sub)" ,ro, nosuid nodev noexec noatime
	contains "$(mount_options /m/sub)" ,relatime,
}

@test "rstrictatime and rnorelatime" {
	source_with_submount
	inside "$(bind "$DIR/source" /m rbind rstrictatime)" 'cat /proc/self/mountinfo'
	lacks "$(mount_options /m)" atime
	lacks "$(mount_options /m/sub)" atime
}

@test "the propagation options: private, slave, shared, unbindable and their recursive forms" {
	mkdir -p source
	host_mount -t tmpfs outer source
	host_mount -t tmpfs inner source/sub
	mount --make-rshared source
	local filter=. kind
	for kind in private slave shared unbindable rprivate rslave rshared; do
		filter+=" | $(bind "$DIR/source" "/m-$kind" rbind "$kind")"
	done
	inside "$filter" 'cat /proc/self/mountinfo'
	lacks "$(mount_line /m-private)" shared: master:
	contains "$(mount_line /m-slave)" master:
	contains "$(mount_line /m-shared)" shared:
	contains "$(mount_line /m-unbindable)" unbindable
	lacks "$(mount_line /m-rprivate/sub)" shared: master:
	contains "$(mount_line /m-rslave/sub)" master:
	contains "$(mount_line /m-rshared/sub)" shared:
}

@test "a mount made on the host later comes into a slave mount, and not into a private one" {
	mkdir -p source
	host_mount -t tmpfs outer source
	mount --make-shared source
	mkdir source/later
	background "$(bind "$DIR/source" /slave rbind rslave) | $(bind "$DIR/source" /private rbind rprivate)" "$IDLE"
	host_mount -t tmpfs later source/later
	local pid
	pid=$(pid_of "$ID")
	grep -q ' /slave/later ' "/proc/$pid/mountinfo"
	run ! grep -q ' /private/later ' "/proc/$pid/mountinfo"
	ctr rm -f "$ID"
}

@test "a file is bound onto a file that is made for it" {
	echo content >source
	inside "$(bind "$DIR/source" /new/folder/file bind ro)" 'cat /new/folder/file; echo x 2>&1 >/new/folder/file'  || true
	contains "$output" content 'Read-only file system'
}

@test "a relative destination is relative to the root" {
	inside '.mounts += [{destination: "relative/place", type: "tmpfs", source: "tmpfs"}]' 'cat /proc/self/mountinfo'
	mount_line /relative/place
}

@test "a relative bind source is relative to the spec's folder" {
	mkdir -p sub/source
	echo x >sub/source/file
	SPEC=sub/spec.json spec "$(bind source /m bind)" cat /m/file
	cd /
	run -0 ctr run --rm --name "$ID" "$DIR/sub/spec.json"
	equal "$output" x
}

@test "a bind source that is not there is an error naming it" {
	spec "$(bind "$DIR/not-there" /m bind)" true
	run -125 ctr run --rm --name "$ID" spec.json
	contains "$output" "$DIR/not-there" 'No such file'
	nothing_created
}

@test "a folder cannot be bound onto a file, and the error names the destination" {
	mkdir source
	spec "$(bind "$DIR/source" /etc/passwd bind)" true
	run -125 ctr run --rm --name "$ID" spec.json
	contains "$output" /etc/passwd
	nothing_created
}

@test "mounts are made in the order of the spec" {
	inside '.mounts += [{destination: "/m", type: "tmpfs", source: "first"},
		{destination: "/m/a", type: "tmpfs", source: "second"},
		{destination: "/m", type: "tmpfs", source: "third"}]' 'cat /proc/self/mountinfo; ls /m'
	contains "$(mount_line /m)" third
	lacks "${lines[-1]}" a$
}

# host_tree: on the host "source" with the folder "below"; the bundle's rootfs has empty mount points.
host_tree() {
	mkdir -p source/below other
	echo source >source/file
	echo below >source/below/file
	echo other >other/file
}

@test "a bind whose source an earlier mount has brought into the root, by its paths on the host" {
	host_tree
	bundle b "$(bind "$DIR/source" /m rbind) | $(bind "$DIR/other" "$DIR/b/rootfs/m/below" bind) |
		$(bind "$DIR/b/rootfs/m/below" /part bind ro) | $(bind "$DIR/b/rootfs/m" "$DIR/b/rootfs/all" rbind) |
		$(bind rootfs/m /top bind)" \
		sh -c 'cat /m/file /part/file /all/file /all/below/file /top/file /top/below/file; touch /part/x 2>&1; cat /proc/self/mountinfo'
	run -0 ctr run --bundle b "$ID"
	equal "$(head -6 <<<"$output")" $'source\nother\nsource\nother\nsource\nbelow'
	contains "${lines[6]}" 'Read-only file system'
	contains "$(mount_options /part)" ,ro,
	[[ ! -e other/x && ! -e b/rootfs$DIR ]] || fail "something was made where it should not be"
}

@test "such a bind in a user namespace, of a filesystem of the container, and idmapped" {
	host_tree
	bundle b '.linux.namespaces += [{type: "user"}] | .linux.uidMappings = [{containerID: 0, hostID: 100000, size: 65536}] |
		.linux.gidMappings = .linux.uidMappings | .mounts += [{destination: "/t", type: "tmpfs", source: "tmpfs"}] |'"
		$(bind "$DIR/source" /t/m rbind) | $(bind "$DIR/b/rootfs/t/m" /part bind) | $(bind rootfs/t /all rbind)" \
		sh -c 'cat /part/file /all/m/below/file; touch /all/new; ls /t'
	chown 100000:100000 b/rootfs
	run -0 ctr run --bundle b "$ID"
	equal "$output" $'source\nbelow\nm\nnew'
	bundle c "$(bind "$DIR/source" /m rbind) | .mounts += [{destination: \"/mapped\", source: \"$DIR/c/rootfs/m\", options: [\"bind\", \"idmap\"],
		uidMappings: [{containerID: 0, hostID: 5000, size: 10}], gidMappings: [{containerID: 0, hostID: 7000, size: 10}]}]" \
		stat -c '%u:%g' /m/file /mapped/file
	run -0 ctr run --bundle c "$ID"
	equal "$output" $'0:0\n5000:7000'
}

@test "the links in what such a bind names lead to no place outside of the root" {
	host_tree
	mkdir outside
	echo secret >outside/file
	ln -s "$DIR/outside" source/link
	bundle b "$(bind "$DIR/source" /m rbind) | $(bind "$DIR/b/rootfs/m/link" /part bind)" cat /part/file
	run -1 ctr run --bundle b "$ID"
	contains "$output" 'mount /part: source' 'No such file'
	mkdir -p "b/rootfs$DIR/outside"
	echo inside >"b/rootfs$DIR/outside/file"
	run -0 ctr run --bundle b "$ID"
	equal "$output" inside
}

@test "a destination through a symlink of the rootfs stays inside the rootfs" {
	cp -al "$ROOTFS" mine
	mkdir outside
	ln -s "$DIR/outside" mine/absolute
	ln -s ../../../../../../../../../.. mine/up
	inside '.root.path = "mine" |
		.mounts += [{destination: "/absolute/m", type: "tmpfs", source: "one"},
			{destination: "/up/tmp", type: "tmpfs", source: "two"},
			{destination: "/a/../../../b", type: "tmpfs", source: "three"}]' 'cat /proc/self/mountinfo'
	contains "$(mount_line "$DIR/outside/m")" one
	contains "$(mount_line /tmp)" two
	contains "$output" three
	equal "$(ls -A outside)" ''
}

@test "tmpcopyup brings the contents, modes and owners of the folder below" {
	inside '.mounts += [{destination: "/etc", type: "tmpfs", source: "tmpfs", options: ["tmpcopyup"]},
			{destination: "/home", type: "tmpfs", source: "tmpfs", options: ["tmpcopyup"]}]' \
		'cat /etc/deep/er/two; stat -c %u:%g /home/user; echo x >/etc/new; cat /proc/self/mountinfo'
	equal "${lines[0]}" two
	equal "${lines[1]}" 1000:1000
	contains "$(mount_line /etc)" ' - tmpfs '
	lacks "$(super_options /etc)" tmpcopyup
}

@test "idmap: a bind mount's owners are mapped as its own mappings say" {
	mkdir source
	touch source/{root,user}
	chown 1000:1000 source source/user
	inside ".process.user = {uid: 6000, gid: 8000} | .mounts += [{destination: \"/m\", source: \"$DIR/source\", options: [\"bind\", \"idmap\"],
		uidMappings: [{containerID: 0, hostID: 5000, size: 2000}],
		gidMappings: [{containerID: 0, hostID: 7000, size: 2000}]}]" \
		'stat -c "%n %u:%g" /m/*; touch /m/new; stat -c %u:%g /m/new'
	equal "$output" $'/m/root 5000:7000\n/m/user 6000:8000\n6000:8000'
	equal "$(stat -c %u:%g source/new)" 1000:1000
}

@test "idmap without mappings takes those of the container's user namespace" {
	mkdir source
	touch source/root
	inside ".linux.namespaces += [{type: \"user\"}] |
		.linux.uidMappings = [{containerID: 0, hostID: 100000, size: 65536}] |
		.linux.gidMappings = [{containerID: 0, hostID: 100000, size: 65536}] |
		$(bind "$DIR/source" /m bind idmap) | $(bind "$DIR/source" /plain bind)" \
		'stat -c %u:%g /m/root /plain/root; touch /m/new'
	equal "$output" $'0:0\n65534:65534'
	equal "$(stat -c %u:%g source/new)" 0:0
}

@test "ridmap maps the mounts below too" {
	source_with_submount
	inside ".mounts += [{destination: \"/m\", source: \"$DIR/source\", options: [\"rbind\", \"ridmap\"],
		uidMappings: [{containerID: 0, hostID: 5000, size: 2000}],
		gidMappings: [{containerID: 0, hostID: 5000, size: 2000}]}]" 'stat -c %u /m/file /m/sub/file'
	equal "$output" $'5000\n5000'
}

@test "in a user namespace a bind keeps the locked flags of its source" {
	mkdir source
	host_mount -t tmpfs -o nosuid,nodev,noexec locked source
	inside ".linux.namespaces += [{type: \"user\"}] |
		.linux.uidMappings = [{containerID: 0, hostID: 100000, size: 65536}] |
		.linux.gidMappings = [{containerID: 0, hostID: 100000, size: 65536}] |
		$(bind "$DIR/source" /m bind ro)" 'cat /proc/self/mountinfo'
	contains "$(mount_options /m)" ,ro, ,nosuid, ,nodev, ,noexec,
}

@test "the mounts of a user namespace's container: proc, sysfs, mqueue, devpts, tmpfs" {
	inside '.linux.namespaces += [{type: "user"}] |
		.linux.uidMappings = [{containerID: 0, hostID: 100000, size: 65536}] |
		.linux.gidMappings = [{containerID: 0, hostID: 100000, size: 65536}] |
		.mounts += [{destination: "/sys", type: "sysfs", source: "sysfs", options: ["ro", "nosuid", "nodev", "noexec"]},
		{destination: "/dev", type: "tmpfs", source: "tmpfs", options: ["mode=755"]},
		{destination: "/dev/pts", type: "devpts", source: "devpts", options: ["newinstance", "ptmxmode=0666", "gid=5"]},
		{destination: "/dev/mqueue", type: "mqueue", source: "mqueue"},
		{destination: "/tmp", type: "tmpfs", source: "tmpfs"}]' \
		'echo x >/tmp/x; stat -c %u /tmp/x /dev/pts/ptmx; cat /proc/self/mountinfo; echo y >/dev/null && echo null'
	equal "${lines[0]}" 0
	mount_line /sys
	mount_line /dev/mqueue
	equal "${lines[-1]}" null
}

@test "a mount over the root's own files is there for the first instruction of the program" {
	mkdir source
	cp "$ROOTFS/bin/busybox" source/echo
	spec "$(bind "$DIR/source" /opt/bin bind ro)" /opt/bin/echo started
	run -0 ctr run --rm --name "$ID" spec.json
	equal "$output" started
}

@test "a read-only tmpfs on /dev has its devices and what is mounted below" {
	inside '.mounts += [{destination: "/dev", type: "tmpfs", source: "tmpfs", options: ["ro"]},
		{destination: "/dev/pts", type: "devpts", source: "devpts", options: ["newinstance"]}]' \
		'test -c /dev/null && test -e /dev/pts/ptmx && ! touch /dev/x 2>&1 && echo ok'
	contains "$output" 'Read-only file system' ok
}

@test "a mount point behind a link to nothing is made where the link leads, inside the root" {
	bundle b '.mounts += [{destination: "/etc/jump", source: "file", options: ["bind"]}]' cat /made/here/file
	echo content >b/file
	ln -s /link/file b/rootfs/etc/jump
	ln -s /made/here b/rootfs/link
	run -0 ctr run --bundle b "$ID"
	equal "$output" content
	[[ ! -e /made ]]
}

# A whole procfs among the mounts that stay would let a user namespace mount another one.
@test "--no-pivot leaves no procfs of the host in the namespace" {
	bundle b '.linux.maskedPaths = ["/proc/version"]' unshare -Urmpf mount -t proc none /proc
	run ctr run --no-pivot --bundle b "$ID"
	[[ $status -ne 0 ]] || fail "a bare procfs could be mounted"
	contains "$output" 'denied'
}

@test "idmap= has mappings of its own, and with @ those of the container's IDs" {
	local user='.linux.namespaces += [{type: "user"}] | .linux.uidMappings = [{containerID: 0, hostID: 100000, size: 65536}] |
		.linux.gidMappings = [{containerID: 0, hostID: 200000, size: 65536}]'
	mkdir src
	touch src/file
	chown 1000:1001 src/file
	inside ".mounts += [{destination: \"/work\", source: \"$DIR/src\", options: [\"bind\", \"idmap=uids=1000-7-1#0-0-1;gids=1001-8-1#0-0-1\"]}]" \
		'stat -c %u:%g /work/file'
	equal "$output" 7:8
	inside "$user | .mounts += [{destination: \"/work\", source: \"$DIR/src\", options: [\"rbind\", \"ridmap=uids=@1000-7-1;gids=@1001-8-1\"]}]" \
		'stat -c %u:%g /work/file'
	equal "$output" 7:8
	spec ".mounts += [{destination: \"/work\", source: \"$DIR/src\", options: [\"bind\", \"idmap=uids=x;gids=0-0-1\"]}]" true
	run -125 ctr run --rm --name "$ID" spec.json
	contains "$output" 'mounts[1]' idmap
	nothing_created
}

@test "copy-symlink makes a source that is a symbolic link anew, and mounts any other" {
	ln -s /etc/deep/one link
	echo outside >plain
	inside ".mounts += [{destination: \"/new/folder/link\", source: \"$DIR/link\", options: [\"bind\", \"copy-symlink\"]},
		{destination: \"/work/plain\", source: \"$DIR/plain\", options: [\"bind\", \"copy-symlink\"]}]" \
		'readlink /new/folder/link; cat /new/folder/link /work/plain; grep -c /new/ /proc/self/mountinfo || true'
	equal "$output" $'/etc/deep/one\none\noutside\n0'
	bundle b ".mounts += [{destination: \"/etc/link\", source: \"$DIR/link\", options: [\"bind\", \"copy-symlink\"]}]" cat /etc/link
	run -0 ctr run --bundle b "$ID"
	equal "$output" one
	# the root is used again: the link is there
	run -0 ctr run --bundle b "$ID"
	equal "$output" one
	ln -sfn /somewhere/else b/rootfs/etc/link
	run -1 ctr run --bundle b "$ID"
	contains "$output" /etc/link 'something else is there'
}

@test "src-nofollow binds a link itself, dest-nofollow mounts upon one" {
	cp -al "$ROOTFS" mine
	mkdir mine/links
	ln -s /etc/deep/one link
	ln -s /etc/passwd mine/links/there
	echo outside >plain
	inside ".root.path = \"mine\" | .mounts += [
		{destination: \"/links/there\", source: \"$DIR/plain\", options: [\"bind\", \"dest-nofollow\"]},
		{destination: \"/links/self\", source: \"$DIR/link\", options: [\"bind\", \"src-nofollow\"]}]" \
		'cat /links/there; head -n 1 /etc/passwd; cat /links/self; grep -o " /links/[a-z]*" /proc/self/mountinfo | sort -u'
	equal "$output" $'outside\nroot:x:0:0:root:/root:/bin/sh\none\n /links/self\n /links/there'
}

@test "cow: what is written to a bind stays in the container, and diff has it at its place" {
	mkdir -p src/folder src/gone src/under mount
	echo before >src/file
	host_mount -t tmpfs none src/under
	echo deep >src/under/file
	find src | sort >before
	# the second one is on what is a mount of the host and a folder of the first
	spec ".mounts += [
		{destination: \"/work/a\", source: \"$DIR/src\", options: [\"bind\", \"cow\"]},
		{destination: \"/work/a/under\", source: \"$DIR/src/under\", options: [\"bind\", \"cow\"]}]" \
		sh -c 'echo after >/work/a/file; rm -r /work/a/gone; echo new >/work/a/folder/new; cat /work/a/under/file >/work/a/under/copy;
			cat /work/a/file; touch /tmp/x /zz'
	run -0 ctr run --name "$ID" spec.json
	equal "$output" after
	find src | sort >after
	cmp before after
	equal "$(cat src/file)" before
	run -0 ctr diff "$ID"
	equal "$output" $'C /tmp\nA /tmp/x\nC /work\nC /work/a\nC /work/a/file\nC /work/a/folder\nA /work/a/folder/new\nD /work/a/gone\nC /work/a/under\nA /work/a/under/copy\nA /zz'
	run -0 ctr diff --format json "$ID"
	equal "$(jq -r 'map(select(.type == "file").path) | join(" ")' <<<"$output")" \
		'/tmp/x /work/a/file /work/a/folder/new /work/a/under/copy /zz'
}

@test "cow is for the binds of a spec, optional for what may not be there" {
	bundle b ".mounts += [{destination: \"/work\", source: \"$DIR\", options: [\"bind\", \"cow\"]}]" true
	run -1 ctr run --bundle b "$ID"
	contains "$output" 'mounts[' cow bundle
	spec '.mounts += [{destination: "/work", type: "tmpfs", options: ["cow"]}]' true
	run -125 ctr run --rm --name "$ID" spec.json
	contains "$output" 'mounts[1]' cow
	spec ".mounts += [{destination: \"/work\", source: \"$DIR/none\", options: [\"bind\", \"cow\"]}]" true
	run -125 ctr run --rm --name "$ID" spec.json
	contains "$output" "$DIR/none"
	echo content >file
	# a file has no overlay: read-only; what is not there is left out
	inside ".mounts += [{destination: \"/work/file\", source: \"$DIR/file\", options: [\"bind\", \"cow\", \"optional\"]},
		{destination: \"/work/none\", source: \"$DIR/none\", options: [\"bind\", \"cow\", \"optional\"]}]" \
		'cat /work/file; echo x >/work/file || echo refused; ls /work'
	contains "$output" content refused file
	lacks "$output" none
	equal "$(<file)" content
}
