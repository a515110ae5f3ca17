#!/usr/bin/env bats
# SPDX-License-Identifier: Apache-2.0
# `ctr cp`: the rules of podman-cp(1), and what a hostile container may try.

load helpers

# running [FILTER [SCRIPT]]: container $ID, which runs; its working directory is /work.
running() {
	background '.process.cwd = "/work" | '"${1:-.}" "${2:-:}; touch /tmp/ready; $IDLE"
	eventually ctr exec "$ID" test -e /tmp/ready
}

# Container $ID, which has run and ended.
stopped() {
	spec '.process.cwd = "/work"' true
	ctr run --name "$ID" spec.json
}

# sees FILE: what FILE of the container has, by its own eyes or in its archive.
sees() {
	if [[ $(status_of "$ID" 2>/dev/null) == running ]]; then
		ctr exec "$ID" cat "$1"
	else
		ctr export "$ID" | tar -xO "${1#/}"
	fi
}

# into ROWS: copies $1 of each row to $2; then file $3 of the container has the text $4.
into() {
	local from to file text
	while read -r from to file text; do
		[[ -n $from ]] || continue
		ctr cp "src/$from" "$ID:$to" || fail "cp src/$from to $to" || return
		equal "$(sees "$file")" "$text" || fail "cp src/$from to $to" || return
	done
}

sources() {
	mkdir -p src/dir/sub src/dir. src/other
	echo one >src/one
	echo dot >src/dotfile.
	echo sub >src/dir/sub/file
	echo in >src/dir/in
	echo dotted >src/dir./file
}

FILES='
	one        /                 /one                 one
	one        /other.txt        /other.txt           one
	one        /tmp              /tmp/one             one
	one        /var/             /var/one             one
	dotfile.   /var/.            /var/dotfile.        dot
	one        .                 /work/one            one
	one        ./                /work/one            one
	one        new               /work/new            one
	one        ../usr            /usr/one             one
	dotfile.   /etc/deep/one     /etc/deep/one        dot
	dir        /                 /dir/in              in
	dir/       /tmp              /tmp/dir/sub/file    sub
	dir.       /                 /dir./file           dotted
	dir/.      /usr/             /usr/sub/file        sub
	dir        /new1             /new1/sub/file       sub
	dir/       /new2             /new2/in             in
	dir/.      /new3             /new3/in             in
	dir/sub    .                 /work/sub/file       sub
	dir/sub/.  /etc/deep/.       /etc/deep/file       sub
	dir/sub/.. /new4             /new4/in             in'

@test "files and folders go into a running container as podman has it" {
	sources
	running
	into <<<"$FILES"
	[[ -z $(ctr exec "$ID" cat /etc/hosts 2>/dev/null) ]]
}

@test "they go into a stopped container the same way" {
	sources
	stopped
	into <<<"$FILES"
	# and it sees them when it runs again
	contains "$(ctr diff "$ID")" "A /new1/sub/file" "C /etc/deep/one"
}

OUT='
	/etc/deep/one   out/            out/one         one
	/etc/deep/one   out/.           out/one         one
	/etc/deep/one   out/new         out/new         one
	file            out             out/file        lower
	./file          out/file2       out/file2       lower
	/etc/deep       out             out/deep/er/two two
	/etc/deep/      out             out/deep/one    one
	/etc/deep/.     out             out/er/two      two
	/etc/deep       out/new1        out/new1/er/two two
	/etc/deep/.     out/new2        out/new2/one    one
	/etc/deep/er/.. out/new3        out/new3/er/two two
	/link           out             out/deep/er/two two
	/link/one       out/linked      out/linked      one'

# out_of: copies $1 of the container to $2; then file $3 has the text $4.
out_of() {
	local from to file text
	while read -r from to file text; do
		[[ -n $from ]] || continue
		rm -rf out && mkdir out
		ctr cp "$ID:$from" "$to" || fail "cp $from to $to" || return
		equal "$(<"$file")" "$text" || fail "cp $from to $to" || return
	done
}

@test "files and folders come out of a container, running or stopped" {
	running . 'ln -s /etc/deep /link'
	out_of <<<"$OUT"
	ctr stop "$ID"
	out_of <<<"$OUT"
}

@test "from container to container" {
	local other=$ID-b
	running . 'mkdir -p /a/b && echo x >/a/b/c && ln /a/b/c /a/d && ln -s b/c /a/link'
	spec . true
	ctr run --name "$other" spec.json
	ctr cp "$ID:/a" "$other:/copy"
	ctr cp "$other:/copy" "$ID:/back"
	equal "$(ctr exec "$ID" cat /back/b/c /back/link)" $'x\nx'
	equal "$(ctr exec "$ID" stat -c %h /back/d)" 2
	equal "$(ctr exec "$ID" readlink /back/link)" b/c
}

@test "what cannot be is refused, and says what and where" {
	sources
	running
	run -125 ctr cp src/none "$ID:/tmp"
	contains "$output" src/none "no such file"
	run -125 ctr cp src/one "$ID:/none/"
	contains "$output" "$ID:/none/" "no such directory"
	run -125 ctr cp src/one "$ID:/none/there"
	contains "$output" "$ID:/none/there"
	run -125 ctr cp src/dir "$ID:/etc/passwd"
	contains "$output" "must be a directory"
	run -125 ctr cp src/one/ "$ID:/tmp"
	run -125 ctr cp src/one "$ID:/etc/passwd/"
	run -125 ctr cp "$ID:/none" .
	contains "$output" "$ID:/none"
	run -125 ctr cp "$ID:/etc" src/one
	contains "$output" "must be a directory"
	run -125 ctr cp "$ID:/etc/passwd" /dev/null
	contains "$output" /dev/null
	run -125 ctr cp src/one src/two
	contains "$output" "neither side is a container"
	run -125 ctr cp nobody:/x .
	contains "$output" nobody
	run -125 ctr cp "$ID:" .
	run -125 ctr cp :/x .
	run -125 ctr cp "$ID:/tmp/*" .
	run -125 ctr cp "$ID:/etc" "$ID:/etc/deep"
	contains "$output" "into itself"
	# names with a colon are the host's when they look like a path
	echo colon >./a:b
	ctr cp ./a:b "$ID:/tmp"
	equal "$(ctr exec "$ID" cat /tmp/a:b)" colon
}

@test "a directory is not replaced by a file, nor a file by a directory, without --overwrite" {
	mkdir -p src/foo
	echo x >src/foo/file
	echo y >src/bar
	running . 'touch /tmp/foo; mkdir -p /tmp/bar/sub'
	run -125 ctr cp src/foo "$ID:/tmp"
	contains "$output" overwrite
	run -125 ctr cp src/bar "$ID:/tmp/"
	contains "$output" overwrite
	ctr exec "$ID" test -d /tmp/bar/sub
	ctr cp --overwrite src/foo "$ID:/tmp"
	equal "$(ctr exec "$ID" cat /tmp/foo/file)" x
	ctr cp --overwrite src/bar "$ID:/tmp"
	equal "$(ctr exec "$ID" cat /tmp/bar)" y
}

@test "what is copied belongs to the container's user, and to you when it comes out" {
	mkdir src
	echo x >src/file
	chown 1234:1234 src/file
	running '.process.user = {uid: 0, gid: 0}' 'echo y >/root/out; chown 77:77 /root/out'
	ctr cp src/file "$ID:/tmp/a"
	equal "$(ctr exec "$ID" stat -c %u:%g /tmp/a)" 0:0
	ctr cp -a=false src/file "$ID:/tmp/b"
	equal "$(ctr exec "$ID" stat -c %u:%g /tmp/b)" 1234:1234
	ctr cp "$ID:/root/out" out
	equal "$(stat -c %u:%g out)" 0:0
	ctr cp --archive=false "$ID:/root/out" out2
	equal "$(stat -c %u:%g out2)" 77:77
	ctr rm -f "$ID"
	running '.process.user = {uid: 1000, gid: 1000} | .process.cwd = "/"'
	ctr cp src "$ID:/tmp/src"
	equal "$(ctr exec "$ID" stat -c %u:%g /tmp/src /tmp/src/file)" $'1000:1000\n1000:1000'
}

@test "owners are the container's in a user namespace, running and stopped" {
	local filter='.linux.namespaces += [{type: "user"}] | .linux.uidMappings = [{containerID: 0, hostID: 100000, size: 65536}]
		| .linux.gidMappings = .linux.uidMappings'
	chmod 755 "$DIR" "${DIR%/*}" "$BATS_SUITE_TMPDIR"
	echo x >file
	chown 5:6 file
	running "$filter" 'echo y >/tmp/out; chown 7:8 /tmp/out'
	ctr cp file "$ID:/tmp/a"
	ctr cp -a=false file "$ID:/tmp/b"
	equal "$(ctr exec "$ID" stat -c %u:%g /tmp/a /tmp/b)" $'0:0\n5:6'
	ctr cp -a=false "$ID:/tmp/out" out
	equal "$(stat -c %u:%g out)" 7:8
	ctr stop "$ID"
	ctr cp file "$ID:/tmp/c"
	ctr cp -a=false file "$ID:/tmp/d"
	equal "$(ctr export "$ID" | tar --numeric-owner -tv | awk '/tmp\/[abcd]$/ { print $2 }')" $'0/0\n5/6\n0/0\n5/6'
	ctr cp -a=false "$ID:/tmp/out" out2
	equal "$(stat -c %u:%g out2)" 7:8
}

@test "modes, times, holes, links and attributes are kept" {
	require_program setfattr getfattr
	mkdir src
	echo x >src/file
	chmod 4750 src/file
	touch -d '2001-02-03 04:05:06.789' src/file
	setfattr -n user.colour -v blue src/file
	ln src/file src/twin
	ln -s /nowhere src/link
	truncate -s 8M src/hole
	mkfifo src/pipe
	running
	ctr cp src "$ID:/tmp"
	equal "$(ctr exec "$ID" stat -c '%a %h %Y' /tmp/src/file)" "4750 2 $(stat -c %Y src/file)"
	equal "$(ctr exec "$ID" readlink /tmp/src/link)" /nowhere
	(($(ctr exec "$ID" stat -c %b /tmp/src/hole) < 100))
	ctr cp "$ID:/tmp/src" back
	equal "$(getfattr --only-values -n user.colour back/file)" blue
	equal "$(stat -c '%h %y %s' back/file back/hole)" "$(stat -c '%h %y %s' src/file src/hole)"
	[[ -p back/pipe ]]
}

@test "what comes out of a container has no power on the host" {
	require_program setcap getcap
	running . 'cp /bin/busybox /tmp/su; chmod 6755 /tmp/su; mknod /tmp/disk b 8 0'
	setcap cap_sys_admin+ep "$DATA/containers/$ID/upper/tmp/su"
	ctr cp "$ID:/tmp" out
	equal "$(stat -c %a out/su)" 755
	equal "$(getcap out/su)" ''
	[[ ! -e out/disk ]]
	ctr cp -a=false "$ID:/tmp/su" kept
	equal "$(stat -c %a kept)" 6755
}

@test "archives go in and out through the standard streams" {
	sources
	running
	tar -C src -cz dir one | ctr cp - "$ID:/tmp"
	equal "$(ctr exec "$ID" cat /tmp/dir/sub/file /tmp/one)" $'sub\none'
	tar -C src --zstd --owner=1042 --group=1043 -c one | ctr cp -a=false - "$ID:/var"
	equal "$(ctr exec "$ID" stat -c %u:%g /var/one)" 1042:1043
	tar -C src -cf one.tar one
	run -125 ctr cp - "$ID:/tmp/one" <one.tar
	contains "$output" "must be a directory"
	run -125 ctr cp - "$ID:/tmp" <src/one
	contains "$output" archive
	equal "$(ctr cp "$ID:/tmp/dir" - | tar -t)" $'dir/\ndir/in\ndir/sub/\ndir/sub/file'
	equal "$(ctr cp "$ID:/tmp/dir/." - | tar -t)" $'in\nsub/\nsub/file'
	equal "$(ctr cp "$ID:/tmp/one" - | tar -xO)" one
	run -125 ctr cp src/one -
	contains "$output" "neither side"
}

@test "an archive goes through links of the container, not out of it" {
	mkdir -p tree/lib tree/outside canary
	echo x >tree/lib/file
	echo y >tree/outside/file
	running . 'mkdir -p /root/r/usr; ln -s usr /root/r/lib; ln -s '"$DIR"'/canary /root/r/outside'
	tar -C tree -c lib/file | ctr cp - "$ID:/root/r"
	equal "$(ctr exec "$ID" cat /root/r/usr/file)" x
	# what the link leads to is in the container, if anywhere
	tar -C tree -c outside/file | ctr cp - "$ID:/root/r" || true
	equal "$(ls canary)" ''
	tar -C tree -P -cf escape.tar --transform='s,lib/file,../../../../escaped,' lib/file
	run -125 ctr cp - "$ID:/root" <escape.tar
	contains "$output" '..'
	[[ ! -e /escaped ]]
}

@test "links of a container do not lead to the host, wherever they are" {
	mkdir secret dest
	echo secret >secret/file
	echo mine >mine
	running . "ln -s $DIR/secret /tmp/dir; ln -s $DIR/secret/file /tmp/file; ln -s ../../../../../..$DIR/secret /tmp/up
		ln -s /proc/1/root/..$DIR/secret /tmp/proc; ln -s /proc/self/root$DIR/secret/file /tmp/self"
	for link in dir file up proc self dir/file up/file proc/file; do
		run -125 ctr cp "$ID:/tmp/$link" dest
		equal "$(ls dest)" ''
	done
	for link in dir file up proc; do
		run ctr cp mine "$ID:/tmp/$link/"
		run ctr cp mine "$ID:/tmp/$link/new"
	done
	equal "$(ls secret)" file
	equal "$(<secret/file)" secret
	# a link in a tree is copied as one
	ctr cp "$ID:/tmp" dest
	equal "$(readlink dest/tmp/file)" "$DIR/secret/file"
	# and is replaced, not followed, by what is copied over it
	mkdir over
	echo over >over/file
	ctr cp over/. "$ID:/tmp"
	equal "$(<secret/file)" secret
	equal "$(ctr exec "$ID" cat /tmp/file)" over
}

@test "a process that swaps a folder and a link all the time gets nothing of the host" {
	mkdir -p secret dest payload/a/b
	echo secret >secret/passwd
	echo payload >payload/a/b/file
	running . "mkdir -p /tmp/x/etc /tmp/y && ln -s $DIR/secret /tmp/y/etc && echo ours >/tmp/x/etc/passwd
		(while :; do mv /tmp/x/etc /tmp/x/e && mv /tmp/y/etc /tmp/x/etc && mv /tmp/x/etc /tmp/y/etc && mv /tmp/x/e /tmp/x/etc; done) 2>/dev/null &
		:"
	for ((i = 0; i < 30; i++)); do
		ctr cp "$ID:/tmp/x/etc/passwd" dest/passwd 2>/dev/null || true
		[[ ! -e dest/passwd || $(<dest/passwd) == ours ]] || fail "got $(<dest/passwd)"
		ctr cp payload/a "$ID:/tmp/x/etc" 2>/dev/null || true
		equal "$(ls secret)" passwd
	done
}

@test "a pipe that becomes a link while it is copied is not followed to the host" {
	require_program strace
	mkfifo -m 666 pipe
	install -m 600 /dev/null victim
	running . "mkdir /tmp/x
		(until test -p /tmp/x/pipe; do :; done; rm /tmp/x/pipe; ln -s $DIR/victim /tmp/x/pipe) 2>/dev/null &
		:"
	strace -f -o calls -e trace=fchownat -e inject=fchownat:delay_exit=1000000 \
		"$CTR" --root "$ROOT" --data-root "$DATA" cp pipe "$ID:/tmp/x" 3>&- || true
	equal "$(ctr exec "$ID" readlink /tmp/x/pipe)" "$DIR/victim"
	equal "$(stat -c %a victim)" 600
}

@test "a dangling link leads to what it names, as in podman" {
	echo x >file
	running . 'ln -s /tmp/nonesuch /tmp/x; ln -s /tmp/nonesuch2 /tmp/y'
	ctr cp file "$ID:/tmp/x"
	equal "$(ctr exec "$ID" cat /tmp/nonesuch)" x
	run -125 ctr cp file "$ID:/tmp/y/"
	run -1 ctr exec "$ID" test -e /tmp/nonesuch2
}

@test "what is mounted in a running container is part of it, but not the kernel's own" {
	mkdir volume out
	echo volume >volume/file
	echo new >new
	echo hosts >hosts
	running '.mounts += [{destination: "/volume", type: "bind", source: "'"$DIR"'/volume", options: ["bind"]},
		{destination: "/etc/hosts", type: "bind", source: "'"$DIR"'/hosts", options: ["bind"]},
		{destination: "/scratch", type: "tmpfs", source: "tmpfs"}]' 'echo t >/scratch/t'
	ctr cp "$ID:/volume/file" out
	equal "$(<out/file)" volume
	ctr cp new "$ID:/volume"
	equal "$(<volume/new)" new
	ctr cp "$ID:/scratch/t" out
	equal "$(<out/t)" t
	# a file that is a mount point cannot be replaced: it is written to
	ctr cp new "$ID:/etc/hosts"
	equal "$(<hosts)" new
	ctr cp "$ID:/" whole
	[[ -d whole/proc && ! -e whole/proc/1 && -e whole/volume/new && -e whole/bin/busybox ]]
	ctr cp "$ID:/proc/version" version
	equal "$(<version)" "$(</proc/version)"
}

@test "what is bound into a stopped container is copied to and from, not the folders beneath" {
	mkdir volume inner ro
	echo volume >volume/file
	echo ro >ro/file
	echo new >new
	spec '.mounts += [{destination: "/volume", type: "bind", source: "'"$DIR"'/volume", options: ["rbind"]},
		{destination: "/volume/inner", type: "bind", source: "'"$DIR"'/inner", options: ["bind"]},
		{destination: "/ro", type: "bind", source: "'"$DIR"'/ro", options: ["bind", "ro"]}]' true
	ctr run --name "$ID" spec.json
	ctr cp "$ID:/volume/file" out
	equal "$(<out)" volume
	ctr cp new "$ID:/volume/inner"
	equal "$(<inner/new)" new
	equal "$(ls volume/inner)" ''
	run -125 ctr cp new "$ID:/ro"
	contains "${output,,}" "read-only"
	equal "$(ls ro)" file
	[[ ! -e $DATA/containers/$ID/upper/volume/inner && ! -e $DATA/containers/$ID/upper/ro/new ]]
	# none of it is part of the root
	lacks "$(ctr export "$ID" | tar -t)" volume/file
}

@test "a read-only root is not written to, a volume of it is" {
	mkdir volume
	echo x >x
	running '.root.readonly = true | .mounts += [{destination: "/tmp", type: "tmpfs", source: "tmpfs"},
		{destination: "/work", type: "bind", source: "'"$DIR"'/volume", options: ["bind"]}]'
	run -125 ctr cp x "$ID:/etc/x"
	contains "${output,,}" "read-only"
	ctr cp x "$ID:/work"
	equal "$(<volume/x)" x
	ctr cp "$ID:/etc/passwd" out
	cmp out "$ROOTFS/etc/passwd"
	ctr stop "$ID"
	run -125 ctr cp x "$ID:/etc/x"
	contains "${output,,}" "read-only"
	echo y >y
	ctr cp y "$ID:/work"
	equal "$(<volume/y)" y
	rm out
	ctr cp "$ID:/etc/passwd" out
}

@test "a bundle's container is copied to and from" {
	echo x >x
	bundle b '.' sh -c "$IDLE"
	create --bundle b "$ID"
	ctr cp x "$ID:/tmp"
	ctr start "$ID"
	equal "$(ctr exec "$ID" cat /tmp/x)" x
	ctr cp "$ID:/tmp/x" y
	cmp x y
}

@test "a frozen container is copied to and from" {
	echo x >x
	running
	ctr freeze "$ID"
	ctr cp x "$ID:/tmp"
	ctr cp "$ID:/tmp/x" y
	cmp x y
	ctr thaw "$ID"
}

@test "a copy shows on a terminal how far it is, and nothing elsewhere" {
	head -c 1000000 /dev/urandom >big
	running
	TERM=xterm run -0 "$HELPERS/pty" -- "$CTR" --root "$ROOT" --data-root "$DATA" cp big "$ID:/tmp"
	contains "$output" big $'\r\033[K'
	run -0 ctr cp big "$ID:/tmp"
	equal "$output" ''
}
