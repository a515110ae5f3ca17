#!/usr/bin/env bats
# SPDX-License-Identifier: Apache-2.0
# try: a command on a copy-on-write view of the whole host.

load helpers

# try ARGUMENT...: `ctr try` named $ID, without a terminal.
try() {
	ctr try --name "$ID" "$@" </dev/null
}

# All that is on the host below a folder, and of files what is in them.
picture() {
	find "$1" -printf '%p %y %m %U:%G %s %T@ %C@ %l\n' | sort
	find "$1" -type f -print0 | sort -z | xargs -0r sha256sum
}

# A tree of mounts in $DIR/tree: a tmpfs, in it an ext4, a file that is mounted, a read-only one, and
# one that is covered.
make_tree() {
	mkdir -p tree/folder tree/tmpfs other
	echo root >tree/folder/file
	host_mount -t tmpfs none "$DIR/tree/tmpfs"
	truncate -s 8M disk
	mkfs.ext4 -q disk
	host_mount -o loop disk "$DIR/tree/tmpfs/ext4"
	mkdir tree/tmpfs/ext4/folder
	echo disk >tree/tmpfs/ext4/folder/file
	setfattr -n user.name -v value tree/tmpfs/ext4/folder/file
	ln tree/tmpfs/ext4/folder/file tree/tmpfs/ext4/link
	echo single >other/file
	touch tree/mounted
	mount --bind other/file tree/mounted
	HOST_MOUNTS+=("$DIR/tree/mounted")
	host_mount -t tmpfs -o noexec none "$DIR/tree/readonly"
	echo fixed >tree/readonly/file
	mount -o remount,ro "$DIR/tree/readonly"
	mkdir -p tree/a
	host_mount -t tmpfs none "$DIR/tree/a/covered"
	echo covered >tree/a/covered/file
	host_mount -t tmpfs none "$DIR/tree/a"
	echo upper >tree/a/file
}

# --- the host stays as it is ---------------------------------------------------------------------

@test "try: whatever is written, renamed and removed on any mount, the host stays as it is" {
	make_tree
	picture tree >before
	run -0 try -- bash -c '
		cd tree || exit
		cat folder/file tmpfs/ext4/folder/file mounted readonly/file a/file
		[[ ! -e a/covered ]] || echo seen
		echo x >readonly/file || echo "read-only"
		echo x >mounted || echo "single"
		for d in . tmpfs tmpfs/ext4 tmpfs/ext4/folder a; do echo new >$d/new; done
		echo changed | tee folder/file tmpfs/ext4/folder/file a/file >/dev/null
		chown 12:34 tmpfs/ext4/link
		setfattr -n user.name -v other tmpfs/ext4/folder/file
		mv tmpfs/ext4/folder/file tmpfs/moved
		truncate -s 1M tmpfs/ext4/big
		cat tmpfs/moved a/file tmpfs/ext4/new
		rm -rf folder tmpfs/ext4/folder a/file'
	equal "$(grep -v -e Read-only -e kept -e '^  ' <<<"$output")" \
		$'root\ndisk\nsingle\nfixed\nupper\nread-only\nsingle\nchanged\nchanged\nnew'
	picture tree >after
	diff before after
	run -0 ctr diff "$ID"
	equal "$(sed -n "s|$DIR/tree||p" <<<"$output")" "$(cat <<-E
		C 
		C /a
		D /a/file
		A /a/new
		D /folder
		A /new
		C /tmpfs
		C /tmpfs/ext4
		A /tmpfs/ext4/big
		D /tmpfs/ext4/folder
		C /tmpfs/ext4/link
		A /tmpfs/ext4/new
		A /tmpfs/moved
		A /tmpfs/new
	E
	)"
}

@test "try: the host's own root, with /etc and /usr/share/doc removed inside" {
	find /etc -printf '%p %y %m %s %T@ %C@\n' | sort >before
	run -0 try -- bash -c 'rm -rf /etc /usr/share/doc/[a-f]* /opt; mkdir /etc; echo own >/etc/passwd; ls /etc; ls -d /usr/share/doc/bash || true'
	contains "$output" passwd "cannot access '/usr/share/doc/bash'"
	find /etc -printf '%p %y %m %s %T@ %C@\n' | sort | diff before -
	[[ -d /usr/share/doc/bash ]]
	run -0 ctr diff "$ID"
	contains "$output" 'D /usr/share/doc/bash' 'C /etc/passwd' 'D /etc/group'
	lacks "$output" ' /proc' ' /dev' ' /sys'
}

@test "try: nothing is left to keep when nothing has changed, and nothing is asked" {
	run -0 --separate-stderr try -- ls /etc/passwd
	equal "$output" /etc/passwd
	equal "$stderr" ''
	nothing_created
	# a folder that was only looked into, and a change that was taken back
	run -3 --separate-stderr try -- bash -c 'touch new; rm new; ls -R . >/dev/null; exit 3'
	equal "$stderr" ''
	nothing_created
}

@test "try: --rm throws the changes away; otherwise stderr says how to go on, unless -q" {
	run -0 --separate-stderr try --rm -- touch new
	equal "$stderr" ''
	nothing_created
	run -0 --separate-stderr try -- touch new
	contains "$stderr" "diff $ID" "commit --to-host $ID" "rm $ID"
	has_status stopped
	ctr rm "$ID"
	run -0 --separate-stderr try -q -- touch new
	equal "$stderr" ''
	equal "$(ctr diff "$ID" | tail -n 1)" "A $DIR/new"
	[[ ! -e new ]]
	run -125 ctr try --rm --keep true
	contains "$output" '--rm and --keep'
}

# --- the command is as on the host ---------------------------------------------------------------

@test "try: directory, environment, umask, limits and descriptors are the caller's" {
	mkdir -p 'a folder/deep'
	cd 'a folder/deep'
	export TRY_VARIABLE=$'two\nlines' EMPTY=
	umask 027
	ulimit -n 333
	run -0 --separate-stderr try --rm -- bash -c 'pwd; umask; ulimit -n; echo "$TRY_VARIABLE"; echo "${EMPTY-unset}"; id -u; hostname; ls -di .'
	equal "$output" "$DIR/a folder/deep"$'\n0027\n333\ntwo\nlines\n\n0\n'"$(hostname)"$'\n'"$(ls -di .)"
	equal "$(echo input | ctr try --rm -- cat)" input
	equal "$(ctr try --rm -- sh -c 'echo out; echo err >&2' 2>/dev/null)" out
}

@test "try: whose file the output goes to is the same afterwards" {
	touch out
	chown 1234:1234 out
	ctr try --rm -- sh -c 'echo text' >out </dev/null
	equal "$(stat -c '%u:%g %s' out)" '1234:1234 5'
}

@test "try: the exit status is the command's, and 127 and 126 when it cannot be run" {
	run -42 try --rm -- sh -c 'exit 42'
	run -143 try --rm -- sh -c 'kill $$'
	run -127 try --rm -- no-such-program
	echo text >plain
	run -126 try --rm -- ./plain
	nothing_created
}

@test "try: signals reach the command" {
	"$CTR" --root "$ROOT" --data-root "$DATA" try --name "$ID" -q -- bash -c \
		'trap "echo caught >caught; exit 5" TERM; mkfifo fifo; exec 9<>fifo; echo up; while :; do read -r _ <&9; done' </dev/null >out 3>&- &
	local pid=$!
	eventually file_has out up
	kill "$pid"
	status=0
	wait "$pid" || status=$?
	equal "$status" 5
	contains "$(ctr diff "$ID")" "A $DIR/caught"
}

@test "try: a working directory that was removed is an error" {
	mkdir gone
	run -125 bash -c "cd gone; rmdir ../gone; exec '$CTR' --root '$ROOT' --data-root '$DATA' try true" 3>&-
	contains "$output" 'working directory' removed
	nothing_created
}

@test "try: processes, IPC, cgroup and host name are its own, the network on demand" {
	local namespaces='for n in pid ipc uts cgroup mnt net; do readlink /proc/self/ns/$n; done'
	run -0 try --rm -- bash -c "$namespaces; ps ax -o args=; hostname other 2>/dev/null || echo kept"
	local inside=("${lines[@]}") outside
	mapfile -t outside < <(bash -c "$namespaces")
	for i in 0 1 2 3 4; do
		[[ ${inside[i]} != "${outside[i]}" ]] || fail "${outside[i]} is shared"
	done
	equal "${inside[5]}" "${outside[5]}"
	contains "$output" kept
	lacks "$output" bats-exec
	run -0 try --rm --net=none -- sh -c 'readlink /proc/self/ns/net; cat /proc/net/dev | tail -n +3 | cut -d: -f1'
	[[ ${lines[0]} != "${outside[5]}" ]]
	equal "${lines[1]// /}" lo
	equal "${#lines[@]}" 2
}

# --- and cannot act on it ------------------------------------------------------------------------

@test "try: root inside can neither mount, nor open disks, nor write to the kernel's files" {
	local disk
	disk=$(lsblk -dnro MAJ:MIN | grep -v ^1: | head -n 1)
	run -0 --separate-stderr try -- bash -c "
		mount -t tmpfs none /mnt 2>/dev/null && echo mounted
		umount /proc /dev / 2>/dev/null && echo unmounted
		mount -o remount,dev / 2>/dev/null && echo remounted
		mknod $DIR/disk b ${disk/:/ } && echo made
		head -c 1 $DIR/disk >/dev/null 2>&1 && echo opened
		mknod /dev/disk b ${disk/:/ } && head -c 1 /dev/disk >/dev/null 2>&1 && echo opened
		echo 1 >/proc/sys/kernel/sysrq && echo written
		echo b >/proc/sysrq-trigger && echo written
		echo 1 >/sys/power/state && echo written
		date -s 2000-01-01 >/dev/null && echo set
		hostname x && echo named
		grep CapBnd /proc/self/status"
	equal "${lines[0]}" made
	# neither SYS_ADMIN, SYS_MODULE, SYS_RAWIO, SYS_BOOT, SYS_TIME, DAC_READ_SEARCH, NET_ADMIN, BPF
	local bounding=$((16#${lines[1]##*$'\t'}))
	for bit in 21 16 17 22 25 2 12 39 38 34; do
		((!(bounding >> bit & 1))) || fail "capability $bit"
	done
	equal "${#lines[@]}" 2
	run -0 ctr diff "$ID"
	contains "$output" "A $DIR/disk"
}

@test "try: a socket of the host answers nobody, unless --rw lets it through" {
	require_program python3
	python3 - <<-'E' 3>&- &
		import socket
		s = socket.socket(socket.AF_UNIX); s.bind("sock"); s.listen(8)
		open("listening", "w").close()
		while True:
		    c, _ = s.accept(); c.sendall(b"answer"); c.close()
	E
	local server=$!
	eventually test -e listening
	local client='import socket; s = socket.socket(socket.AF_UNIX); s.connect("sock"); print(s.recv(9).decode())'
	run -1 try --rm -- python3 -c "$client"
	contains "$output" 'Connection refused'
	run -0 try --rm --rw sock -- python3 -c "$client"
	equal "$output" answer
	run -0 try --rm --rw . -- python3 -c "$client"
	equal "$output" answer
	kill "$server"
}

@test "try: abstract sockets of the host do not answer either, those inside do" {
	require_program python3
	python3 -c 'import ctypes; exit(ctypes.CDLL(None).syscall(444, 0, 0, 1) < 6)' || skip "Linux 6.12 is needed"
	local name=try-$BASHPID
	python3 -c "import socket; s = socket.socket(socket.AF_UNIX); s.bind('\0$name'); s.listen(8); open('listening', 'w'); s.accept()" 3>&- &
	eventually test -e listening
	run -1 try --rm -- python3 -c "import socket; s = socket.socket(socket.AF_UNIX); s.connect('\0$name')"
	contains "$output" 'not permitted'
	run -0 try --rm -- python3 -c "import socket; s = socket.socket(socket.AF_UNIX); s.bind('\0inside'); s.listen(1)
c = socket.socket(socket.AF_UNIX); c.connect('\0inside'); print('connected')"
	equal "$output" connected
	python3 -c "import socket; s = socket.socket(socket.AF_UNIX); s.connect('\0$name')"
}

@test "try: a procfs of the host at another place is not shown, and ctr's own folders are empty" {
	host_mount -t proc none "$DIR/chroot/proc"
	run -0 try -v --rm -- sh -c "ls $DIR/chroot/proc | wc -l; ls -A $DATA $ROOT | grep -v :"
	contains "$output" "$DIR/chroot/proc is left out"
	equal "$(grep -v left <<<"$output")" 0
}

@test "try: under systemd scripts see that it was not booted here, and names are still resolved" {
	run -0 unshare -m --propagation private sh -ec '
		mount -t tmpfs none /run
		mkdir -p /run/systemd/system /run/systemd/resolve
		echo "nameserver 192.0.2.1" >/run/systemd/resolve/resolv.conf
		"$@" try --rm -- sh -c "ls /run/systemd; cat /run/systemd/resolve/resolv.conf; [ ! -d /run/systemd/system ]"' \
		sh "$CTR" --root "$ROOT" --data-root "$DATA" </dev/null 3>&-
	equal "$output" $'resolve\nnameserver 192.0.2.1'
}

@test "try: a folder that the host removes meanwhile, and one that it fills" {
	mkdir one two
	host_mount -t tmpfs none "$DIR/one/mount"
	run -0 ctr try -d --name "$ID" -- sh -c 'echo inside >one/mount/inside; mkfifo up; exec 9<>up; read -r _ <&9' </dev/null
	eventually ctr exec "$ID" test -e "$DIR/up"
	umount one/mount
	HOST_MOUNTS=()
	rmdir one/mount
	touch two/host
	run -0 ctr exec "$ID" ls "$DIR/one/mount" "$DIR/two"
	contains "$output" inside host
	run -0 ctr diff "$ID"
	contains "$output" "A $DIR/one/mount/inside"
	lacks "$output" two
	ctr rm -f "$ID"
}

# --- parts that are something else ---------------------------------------------------------------

@test "try: --rw is a part of the host that does change" {
	make_tree
	mkdir tree/tmpfs/beside
	touch file
	run -0 try --rw tree/tmpfs --rw tree/tmpfs/ext4/folder --rw "$DIR/file" -- sh -c \
		'echo there >tree/tmpfs/ext4/folder/new; echo there >tree/tmpfs/new; echo there >file; echo not >tree/new'
	equal "$(cat tree/tmpfs/ext4/folder/new tree/tmpfs/new file)" $'there\nthere\nthere'
	[[ ! -e tree/new ]]
	run -0 ctr diff "$ID"
	equal "${lines[-1]}" "A $DIR/tree/new"
	lacks "$output" tmpfs "$DIR/file"
	run -125 ctr try --rw / true
	contains "$output" '--rw /'
	run -125 ctr try --rw /proc/sys true
	contains "$output" '--rw /proc/sys' "sandbox's own"
	run -125 ctr try --rw none true
	contains "$output" '--rw none' 'No such file'
}

@test "try: a device is there when --rw names it" {
	run -0 try --rm -- sh -c '[ ! -e /dev/loop-control ]'
	run -0 try --rm --rw /dev/loop-control -- sh -c 'exec 5<>/dev/loop-control; stat -c "%t:%T %a" /dev/loop-control'
	equal "$output" "$(stat -c '%t:%T %a' /dev/loop-control)"
}

@test "try: what overlayfs does not take is read-only, and -v says so" {
	require_program mkfs.vfat
	truncate -s 4M fat
	mkfs.vfat fat >/dev/null
	host_mount -o loop fat "$DIR/efi"
	echo boot >efi/file
	# an overlay of an overlay of an overlay is one too many
	mkdir -p o/l o/u o/w o/u2 o/w2 deep
	echo deep >o/l/file
	host_mount -t overlay -o "lowerdir=o/l,upperdir=o/u,workdir=o/w" o "$DIR/deep"
	host_mount -t overlay -o "lowerdir=deep,upperdir=o/u2,workdir=o/w2" o "$DIR/deeper"
	run -0 try --rm -v -- bash -c 'cat efi/file deep/file deeper/file; echo x >deep/file; cat deep/file; for d in efi deeper; do touch $d/new || echo "$d refused"; done'
	contains "$output" "$DIR/efi is read-only: " case $'boot\ndeep\ndeep\nx' 'efi refused' 'deeper refused'
	[[ $(<deep/file) == deep && ! -e efi/new ]]
}

@test "try: hundreds of mounts, one inside the other and side by side" {
	run -0 unshare -m --propagation private bash -c '
		set -e
		mkdir m; mount -t tmpfs none m
		for i in {1..200}; do mkdir m/$i; mount -t tmpfs none m/$i; echo $i >m/$i/file; done
		d=m; for i in {1..40}; do d=$d/d; mkdir $d; mount -t tmpfs none $d; done; touch $d/end
		"$0" "$@" try --name '"$ID"' -q -- bash -c "cat m/*/file | sort -n | tail -n 1; rm m/*/file; find m -name end | wc -c; find m -name end -delete"
		cat m/*/file | wc -l; find m -name end | wc -l
		"$0" "$@" diff '"$ID"' | grep -c ^D' "$CTR" --root "$ROOT" --data-root "$DATA" </dev/null 3>&-
	equal "$output" $'200\n86\n200\n1\n201'
}

# --- a container as any other --------------------------------------------------------------------

@test "try: -d leaves it running: ps, exec, logs, diff, wait, rm" {
	run -0 ctr try -d --name "$ID" -- bash -c 'echo said; touch first; until [[ -e go ]]; do read -rt 0.1 _ <>/dev/fd/2; done; exit 6' </dev/null
	equal "$output" "$ID"
	eventually file_has <(ctr logs "$ID") said || true
	contains "$(ctr ps)" "$ID"
	run -0 ctr exec "$ID" sh -c "ls $DIR/first && echo by-exec >$DIR/go"
	run -0 ctr wait "$ID"
	equal "$output" 6
	run -0 ctr diff "$ID"
	contains "$output" "A $DIR/first" "A $DIR/go"
	[[ ! -e first && ! -e go ]]
	run -0 ctr logs "$ID"
	contains "$output" said
	ctr rm "$ID"
	nothing_created
}

@test "try: its config.json is a spec that explain can read" {
	run -0 try -q -- touch new
	run -0 ctr explain "$DATA/containers/$ID/config.json"
	contains "$output" 'root lower /' 'remount: nodev bind' 'bounding:'
	lacks "$output" unknown
}

@test "try: a package is installed and nothing of it is on the host" {
	require_program dpkg-deb
	mkdir -p package/DEBIAN package/usr/bin package/etc
	printf 'Package: ctr-try-test\nVersion: 1\nArchitecture: all\nMaintainer: none <none@localhost>\nDescription: none\n' >package/DEBIAN/control
	printf '#!/bin/sh\nset -e\nuseradd --system ctr-try-user\nchown ctr-try-user /usr/bin/ctr-try-test\nchmod 4755 /usr/bin/ctr-try-test\n' >package/DEBIAN/postinst
	chmod 755 package/DEBIAN/postinst
	echo /etc/ctr-try-test.conf >package/DEBIAN/conffiles
	echo 1 >package/etc/ctr-try-test.conf
	cp /bin/true package/usr/bin/ctr-try-test
	dpkg-deb --root-owner-group -b package test.deb >/dev/null
	sha256sum /var/lib/dpkg/status /etc/passwd >sums
	run -0 try -q -- sh -ec 'dpkg -i test.deb >/dev/null; ctr-try-test; stat -c "%U %a" /usr/bin/ctr-try-test'
	contains "$output" 'ctr-try-user 4755'
	sha256sum -c sums
	[[ ! -e /usr/bin/ctr-try-test ]]
	run -0 ctr diff "$ID"
	contains "$output" 'A /usr/bin/ctr-try-test' 'A /etc/ctr-try-test.conf' 'C /var/lib/dpkg/status' 'C /etc/passwd'
}

# --- the question at the end ---------------------------------------------------------------------

# asked STEP... -- COMMAND...: `ctr try COMMAND` on a terminal that does the steps.
asked() {
	local steps=()
	while [[ $1 != -- ]]; do
		steps+=("$1")
		shift
	done
	shift
	"$HELPERS/pty" "${steps[@]}" -- "$CTR" --root "$ROOT" --data-root "$DATA" try --name "$ID" "$@" 3>&-
}


@test "try: d lists the changes, anything else explains, r removes them" {
	echo before >file
	run -3 asked 'expect=emove? ' 'send=d\n' "expect=C $DIR/file" 'expect=emove? ' 'send=what\n' 'expect=k: keep' \
		'expect=emove? ' 'send=r\n' -- sh -c 'tty >/dev/null && echo after >file && exit 3'
	equal "$(<file)" before
	nothing_created
}

@test "try: k and the end of the input keep them" {
	run -0 asked 'expect=emove? ' 'send=k\n' "expect=rm $ID" -- touch new
	equal "$(ctr diff "$ID" | tail -n 1)" "A $DIR/new"
	ctr rm "$ID"
	run -0 asked 'expect=emove? ' 'send=\x04' "expect=rm $ID" -- touch new
	has_status stopped
	[[ ! -e new ]]
}

@test "try: c makes them on the host, and nothing is left of the container" {
	echo before >file
	host_mount -t tmpfs none "$DIR/tmpfs"
	run -0 asked 'expect=emove? ' 'send=c\n' 'expect=undo 1' -- sh -c 'echo after >file; touch tmpfs/new; mkdir folder'
	equal "$(<file)" after
	[[ -e tmpfs/new && -d folder ]]
	equal "$(containers)" ''
	ctr undo
	equal "$(<file)" before
	[[ ! -e tmpfs/new && ! -e folder ]]
}

@test "try: --keep asks nothing; what is typed and ^C reach the command" {
	run -0 asked "expect=rm $ID" -- --keep touch new
	ctr rm "$ID"
	run -130 asked 'expect=up' 'send=\x03' -- sh -c 'echo up; exec sleep 100'
	# nobody is there who could let it go on
	run -0 asked 'expect=up' 'send=\x1a' 'expect=^Z' 'send=word\n' 'expect=got word' -- sh -c 'echo up; read -r x; echo got $x'
}
