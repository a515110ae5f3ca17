#!/usr/bin/env bats
# SPDX-License-Identifier: Apache-2.0
# `ctr commit --to-host` and `ctr undo`: a container's changes in the directory that it is a view of.
# "The host" is a tree of the test's own, $HOST; trees are compared by what other programs say of them.

load helpers
load tree_dump

setup() {
	setup_container
	HOST=$DIR/host
	cp -a "$ROOTFS" "$HOST"
	mkdir -p "$HOST"/etc/dir/deep "$HOST"/srv "$HOST"/var/lib
	echo passwd >"$HOST/etc/passwd"
	echo group >"$HOST/etc/group"
	ln "$HOST/etc/group" "$HOST/srv/group"
	echo gone >"$HOST/srv/gone"
	echo a >"$HOST/etc/dir/a"
	echo hosts >"$HOST/etc/hosts"
	echo b >"$HOST/etc/dir/deep/b"
	ln -s passwd "$HOST/etc/link"
	setfattr -n user.note -v old "$HOST/etc/passwd" 2>/dev/null || true
	find "$HOST" -exec touch -h -d '2001-02-03 04:05:06.789' {} +
	# as long ago as the clock of files is coarse: what comes is later than this
	nap
	dump "$HOST" >before
}

# A script that changes things in all ways.
CHANGES='echo more >>/etc/passwd; rm /srv/gone; rm -r /etc/dir/deep; mkdir -p /new/sub; echo 1 >/new/sub/file
	ln /new/sub/file /new/again; ln -s nowhere /new/link; mkfifo /etc/fifo; mknod /new/zero c 1 5; chmod 600 /etc/group
	rm /etc/link; mkdir /etc/link; echo in >/etc/link/in; rm -r /etc/dir; echo file >/etc/dir; chmod 711 /srv
	chown 5:6 /new/sub; chmod 4755 /new/sub/file; mkdir /var/lib/x; chmod 1777 /var/lib/x; : >/srv/empty'

# changed [SCRIPT [FILTER]]: container $ID has run it on $HOST, which it has not changed.
changed() {
	spec ".root.path = \"$HOST\" | ${2:-.}" sh -c "${1:-$CHANGES}"
	ctr run --name "$ID" spec.json
	diff before <(dump "$HOST")
}

# host_is FILE: nothing of $HOST differs from a dump.
host_is() {
	diff "$1" <(dump "$HOST" "${2-%i}")
}

no_undo_folder() {
	[[ -z $(find "$HOST" -name '.ctr-undo*') ]] || fail "left: $(find "$HOST" -path '*.ctr-undo*')"
}

@test "the host has what the container saw, and undo brings back the very same files" {
	changed
	# what overlayfs says that the container sees, without us
	cp -a "$HOST" lower
	mkdir merged work
	mount -t overlay overlay -o "lowerdir=lower,upperdir=$DATA/containers/$ID/upper,workdir=work" merged
	HOST_MOUNTS+=("$DIR/merged")
	dump merged '' | sed 's/^trusted.overlay.*//' >wanted
	umount merged
	HOST_MOUNTS=()
	run -0 ctr commit --to-host "$ID"
	contains "$output" "C $HOST/etc/passwd" "A $HOST/new/sub/file" "D $HOST/srv/gone" '0 skipped'
	dump "$HOST" '' >after
	# the mount points that ctr made are not the container's
	diff <(grep -vE '^(proc|sys|dev) d |^(\./)?dev/' wanted) <(grep -vE '^(proc|sys|dev) d ' after)
	equal "$(stat -c %a "$HOST/.ctr-undo")" 700
	run -0 ctr undo
	host_is before
	no_undo_folder
	run -125 ctr undo
	contains "$output" 'no commit to the host that can be undone'
}

@test "once undone, it can be committed again" {
	changed
	ctr commit --to-host "$ID"
	dump "$HOST" '' >after
	ctr undo
	run -0 ctr commit --to-host "$ID"
	contains "$output" '0 skipped'
	host_is after ''
	# and what is there already is nothing to do
	run -0 ctr commit --to-host "$ID"
	contains "$output" '0 added, 0 changed, 0 deleted, 0 skipped'
	run -0 ctr undo --list --format json
	equal "$(jq length <<<"$output")" 1
}

@test "a link in place of the directory leads neither a commit nor an undo elsewhere" {
	changed
	cp -a "$HOST" other
	dump other >other.before
	mv "$HOST" away
	ln -s "$DIR/other" "$HOST"
	run -125 ctr commit --to-host "$ID"
	contains "$output" "$HOST: a symbolic link"
	diff other.before <(dump other)
	rm "$HOST"
	mv away "$HOST"
	ctr commit --to-host "$ID"
	mv "$HOST" away
	ln -s "$DIR/other" "$HOST"
	run -125 ctr undo
	diff other.before <(dump other)
	rm "$HOST"
	mv away "$HOST"
	run -0 ctr undo
	# but for the time of the directory itself, which was moved
	diff <(sed 1d before) <(dump "$HOST" | sed 1d)
}

@test "--dry-run tells and changes nothing; --format json says the same" {
	changed
	run -0 ctr commit --to-host -n "$ID"
	contains "$output" "C $HOST/etc/passwd" "C $HOST/etc/dir" 'nothing was done'
	host_is before
	no_undo_folder
	run -0 ctr commit --to-host -n --format json "$ID"
	equal "$(jq -c '[.number, .skipped, (.changes | map(.done) | all)]' <<<"$output")" '[0,0,true]'
	jq -r '.changes[].path' <<<"$output" | grep -qx "$HOST/new/sub/file"
	[[ ! -e $DATA/undo/1 ]]
}

@test "PATHs select themselves and what is below, with the new directories above" {
	changed
	run -0 ctr commit --to-host "$ID" /new/sub etc/passwd
	equal "$(cat "$HOST/etc/passwd")" $'passwd\nmore'
	[[ -f $HOST/new/sub/file && ! -e $HOST/new/again && -e $HOST/srv/gone && -d $HOST/etc/dir/deep ]]
	equal "$(stat -c %a "$HOST/srv")" 755
	run -0 ctr commit --to-host "$ID" /srv
	[[ ! -e $HOST/srv/gone ]]
	equal "$(stat -c %a "$HOST/srv")" 711
	run -125 ctr commit --to-host "$ID" /usr/nothing
	contains "$output" 'has changed nothing there'
	ctr undo && ctr undo
	host_is before
}

# conflict PATH TEXT: it is told of and left out.
conflict() {
	contains "$output" "skipped: "
	matches "$output" "skipped: [ACD] $HOST$1: $2"
}

@test "what both have changed is told and left alone, and the rest is done" {
	changed 'echo mine >/etc/passwd; echo mine >/etc/new; rm /srv/gone; rm -r /etc/dir; echo ok >/etc/fine
		echo y >/etc/same; chmod 700 /srv; echo mine >/etc/hosts; mkdir /var/lib/d; echo 1 >/var/lib/d/1'
	echo theirs >"$HOST/etc/passwd"
	echo theirs >"$HOST/etc/new"
	echo theirs >>"$HOST/srv/gone"
	echo theirs >"$HOST/srv/theirs"
	echo theirs >"$HOST/etc/dir/deep/theirs"
	echo y >"$HOST/etc/same"
	rm "$HOST/etc/hosts"
	mkdir "$HOST/var/lib/d"
	echo 2 >"$HOST/var/lib/d/2"
	run -1 ctr commit --to-host "$ID"
	conflict /etc/passwd 'changed on the host'
	conflict /etc/new 'changed on the host'
	conflict /srv/gone 'changed on the host'
	conflict /etc/dir 'something in it changed on the host'
	conflict /etc/hosts 'deleted or moved on the host'
	conflict /srv 'changed on the host'
	lacks "$output" "$HOST/etc/same"
	contains "$output" "A $HOST/etc/fine" '6 skipped'
	equal "$(cat "$HOST"/etc/{passwd,new,fine} "$HOST"/var/lib/d/{1,2})" $'theirs\ntheirs\nok\n1\n2'
	[[ -e $HOST/etc/dir/deep/theirs && ! -e $HOST/etc/hosts ]]
	run -0 ctr commit --to-host --force "$ID"
	equal "$(cat "$HOST"/etc/{passwd,new,hosts})" $'mine\nmine\nmine'
	[[ ! -e $HOST/etc/dir && ! -e $HOST/srv/gone ]]
	# what force has replaced is not lost
	ctr undo
	equal "$(cat "$HOST/etc/passwd" "$HOST/etc/dir/deep/theirs")" $'theirs\ntheirs'
}

@test "a file that the container has only renamed is in no conflict, one that the host has moved is" {
	changed 'mv /etc/passwd /etc/passwd.old; echo new >/etc/passwd; echo x >>/etc/hosts'
	mv "$HOST/etc/hosts" "$HOST/etc/hosts.moved"
	run -1 ctr commit --to-host "$ID"
	conflict /etc/hosts 'deleted or moved'
	contains "$output" "A $HOST/etc/passwd.old" "C $HOST/etc/passwd"
	equal "$(cat "$HOST/etc/passwd" "$HOST/etc/passwd.old")" $'new\npasswd'
}

@test "a directory that the host has made a link of is not gone through" {
	changed 'echo x >>/etc/dir/a; echo y >/srv/y'
	mkdir elsewhere
	echo a >elsewhere/a
	mv "$HOST/etc/dir" "$HOST/etc/old"
	ln -s "$DIR/elsewhere" "$HOST/etc/dir"
	run -1 ctr commit --to-host --format json "$ID"
	equal "$(cat elsewhere/a)" a
	run -1 ctr commit --to-host "$ID"
	conflict /etc/dir 'changed on the host'
	run -0 ctr commit --to-host --force "$ID"
	equal "$(cat elsewhere/a)" a
	[[ -d $HOST/etc/dir && ! -L $HOST/etc/dir ]]
}

@test "undo leaves alone what has changed since the commit, until it is forced" {
	changed
	ctr commit --to-host "$ID"
	echo theirs >>"$HOST/etc/passwd"
	echo theirs >"$HOST/new/theirs"
	echo theirs >"$HOST/srv/gone"
	rm "$HOST/etc/fifo"
	run -1 ctr undo
	contains "$output" "skipped: C $HOST/etc/passwd: changed since the commit" \
		"skipped: D $HOST/new: changed since" "skipped: A $HOST/srv/gone: made again since" \
		"skipped: D $HOST/etc/fifo: deleted since" '4 skipped'
	contains "$(cat "$HOST/etc/passwd" "$HOST/new/theirs" "$HOST/srv/gone")" theirs
	[[ -d $HOST/etc/dir/deep && -L $HOST/etc/link ]]
	run -0 ctr undo --force
	[[ ! -e $HOST/new ]]
	equal "$(cat "$HOST/etc/passwd" "$HOST/srv/gone")" $'passwd\ngone'
	no_undo_folder
}

@test "commits are undone one after the other, by number, or by container" {
	changed 'echo 1 >/etc/one'
	ctr commit --to-host "$ID"
	spec ".root.path = \"$HOST\"" sh -c 'echo 2 >/etc/one; echo 2 >/etc/two'
	ctr run --name "$ID-b" spec.json
	ctr commit --to-host "$ID-b"
	run -0 ctr undo --list
	contains "$output" "$ID-b"
	run -1 ctr undo "$ID"
	contains "$output" 'replaced since the commit'
	equal "$(cat "$HOST/etc/one")" 2
	run -0 ctr undo 2
	equal "$(cat "$HOST/etc/one")" 1
	ctr rm "$ID" "$ID-b"
	run -0 ctr undo "$ID"
	host_is before
	run -125 ctr undo 7
	contains "$output" '7: no commit'
}

@test "--drop gives up the old files, and only them" {
	changed
	ctr commit --to-host "$ID"
	rm "$HOST/srv/group" # whose second name is among the old files
	dump "$HOST" >after
	run -125 ctr undo --drop
	run -0 ctr undo --drop "$ID"
	no_undo_folder
	host_is after
	run -125 ctr undo
	# what it has put there itself is no change of the host's for a second commit
	echo 2 >>"$DATA/containers/$ID/upper/etc/passwd"
	run -0 ctr commit --to-host "$ID"
	equal "$(tail -n 1 "$HOST/etc/passwd")" 2
	ctr rm "$ID"
	ctr undo --drop --all
	equal "$(ls "$DATA/undo")" lock
}

@test "a running container is refused, a frozen one is not" {
	background ".root.path = \"$HOST\"" "echo x >/etc/x; $IDLE"
	eventually test -e "$DATA/containers/$ID/upper/etc/x"
	run -125 ctr commit --to-host "$ID"
	contains "$output" 'stop it, or freeze it'
	ctr freeze "$ID"
	run -0 ctr commit --to-host "$ID"
	ctr thaw "$ID"
	equal "$(cat "$HOST/etc/x")" x
	equal "$(ctr exec "$ID" cat /etc/x)" x
}

@test "a container of an image is no view of a directory" {
	changed 'echo x >/x'
	ctr commit "$ID" app:1
	ctr run --name "$ID-2" app:1 sh -c 'echo y >/x'
	run -125 ctr commit --to-host "$ID-2"
	contains "$output" 'is of layers, not a view of a directory'
}

@test "of a clone too what has changed since the first container is a conflict" {
	changed 'echo mine >/etc/passwd; echo x >/etc/x'
	echo theirs >"$HOST/etc/passwd"
	ctr clone "$ID" "$ID-2" >/dev/null
	run -1 ctr commit --to-host "$ID-2"
	conflict /etc/passwd 'changed on the host'
	equal "$(cat "$HOST/etc/x")" x
}

@test "whoever may write to a directory cannot send a commit elsewhere" {
	local swapper
	changed 'for i in 1 2 3 4 5 6 7 8; do mkdir -p /home/user/d; echo mine >/home/user/d/$i; done'
	mkdir -p "$HOST/home/user/d" "$HOST/home/user/other" outside
	chown -R 1000:1000 "$HOST/home/user"
	ln -s "$DIR/outside" link
	# the owner exchanges the directory with a link out of it, again and again
	(
		trap 'exit 0' TERM
		set +e # what it moves may just be away
		while :; do
			mv -T "$HOST/home/user/d" "$HOST/home/user/e" && cp -P link "$HOST/home/user/d"
			rm "$HOST/home/user/d" && mv -T "$HOST/home/user/e" "$HOST/home/user/d"
		done
	) 2>/dev/null 3>&- &
	swapper=$!
	for _ in 1 2 3 4 5 6 7 8 9 10; do
		ctr commit --to-host --force "$ID" >out 2>&1 || true
		ctr undo --force >out 2>&1 || true
	done
	kill "$swapper"
	wait "$swapper" || true
	equal "$(ls -A outside)" ''
	ctr ps >/dev/null
	[[ ! -L $DATA/undo/pending ]] || fail "$(ctr ps 2>&1)"
}

@test "ACLs, capabilities, attributes, devices and holes come along" {
	require_program setcap setfacl
	changed 'echo x >/etc/program; echo y >/etc/acl; echo z >/etc/note; mknod /etc/node b 7 99'
	local upper=$DATA/containers/$ID/upper
	setcap cap_net_raw+ep "$upper/etc/program"
	setfacl -m u:1234:r "$upper/etc/acl"
	setfattr -n user.note -v new "$upper/etc/note"
	setfattr -n security.label -v secret "$upper/etc/note"
	chown 12:34 "$upper/etc/acl"
	truncate -s 100M "$upper/etc/holes"
	echo end >>"$upper/etc/holes"
	ctr commit --to-host "$ID"
	contains "$(getcap "$HOST/etc/program")" cap_net_raw
	contains "$(getfacl -np "$HOST/etc/acl")" user:1234:r-- 'owner: 12' 'group: 34'
	contains "$(getfattr -d -m - "$HOST/etc/note")" 'user.note="new"' 'security.label="secret"'
	equal "$(stat -c %F:%t:%T "$HOST/etc/node")" 'block special file:7:63'
	equal "$(sha256sum <"$HOST/etc/holes")" "$(sha256sum <"$upper/etc/holes")"
	(($(stat -c %b "$HOST/etc/holes") < 1000)) || fail "the holes were filled"
}

# refused TEXT: the commit fails with it and changes nothing.
refused() {
	dump "$HOST" >was
	run -125 ctr commit --to-host "$ID"
	contains "$output" "$1"
	host_is was
	no_undo_folder
	[[ ! -e $DATA/undo/pending && ! -L $DATA/undo/pending ]]
}

@test "a full disk changes nothing" {
	mv "$HOST" tree
	host_mount -t tmpfs -o size=8m tmpfs "$HOST"
	cp -a tree/. "$HOST"
	dump "$HOST" >before
	changed 'echo a >/etc/a; dd if=/dev/zero of=/etc/big bs=1M count=12' \
		'.mounts += [{destination: "/dev", type: "bind", source: "/dev", options: ["rbind"]}]'
	refused 'No space left'
}

@test "a read-only mount changes nothing" {
	mv "$HOST" tree
	host_mount --bind tree "$HOST"
	dump "$HOST" >before
	changed
	mount -o remount,bind,ro "$HOST"
	refused 'Read-only file system'
}

@test "an immutable file, or directory, changes nothing" {
	changed
	chattr +i "$HOST/srv/gone" 2>/dev/null || skip "no immutable files here"
	run -125 ctr commit --to-host --force "$ID"
	chattr -i "$HOST/srv/gone"
	contains "$output" 'immutable'
	host_is before
	chattr +i "$HOST/srv"
	run -125 ctr commit --to-host "$ID" /srv/empty
	chattr -i "$HOST/srv"
	host_is before
	no_undo_folder
}

@test "what the host has mounted something on is left alone, forced or not" {
	changed 'echo x >/srv/x; rm /etc/passwd; echo y >/etc/y; rm -r /etc/dir'
	host_mount -t tmpfs tmpfs "$HOST/srv"
	mount --bind "$HOST/etc/group" "$HOST/etc/passwd"
	HOST_MOUNTS+=("$HOST/etc/passwd")
	host_mount -t tmpfs tmpfs "$HOST/etc/dir/deep"
	run -1 ctr commit --to-host --force "$ID"
	conflict /srv 'something is mounted there'
	conflict /etc/passwd 'something is mounted there'
	conflict /etc/dir 'something is mounted there'
	equal "$(cat "$HOST/etc/y")" y
}

@test "the folder of old files is only root's, whatever is above it, and another's is not used" {
	require_program setfacl
	setfacl -m d:u:1234:rwx "$HOST"
	chmod 2777 "$HOST"
	dump "$HOST" >before
	changed 'echo x >/etc/x; rm /etc/passwd'
	ctr commit --to-host "$ID"
	equal "$(getfacl -cpn "$HOST/.ctr-undo" "$HOST"/.ctr-undo/*)" "$(printf 'user::rwx\ngroup::---\nother::---\n\nuser::rwx\ngroup::---\nother::---')"
	ctr undo
	host_is before
	# somebody who may write there has been faster
	mkdir "$HOST/.ctr-undo"
	chown 1234 "$HOST/.ctr-undo"
	touch -d '2001-02-03 04:05:06.789' "$HOST"
	ctr commit --to-host "$ID"
	[[ $(stat -c %u:%a "$HOST"/.ctr-undo-*) == 0:700 ]]
	ctr undo
	host_is before
	equal "$(find "$HOST/.ctr-undo"*)" "$HOST/.ctr-undo"
}

# on_filesystem TYPE OPTION...: the tree of the test goes to a filesystem of its own.
on_filesystem() {
	require_program "mkfs.$1"
	truncate -s 320M disk
	"mkfs.$1" -q disk >/dev/null 2>&1
	mv "$HOST" tree
	host_mount -o loop -t "$1" disk "$HOST"
	cp -a tree/. "$HOST"
}

@test "what no rename can leave has its old files inside: projects of a quota, subvolumes" {
	require_program btrfs chattr
	on_filesystem xfs
	chattr -p 77 "$HOST/srv" "$HOST/srv/gone"
	chattr +P "$HOST/srv"
	dump "$HOST" >before
	changed 'echo x >>/srv/group; mkdir -p /srv/new/sub; echo y >/srv/new/sub/y; ln -s z /srv/link; rm /srv/gone; echo t >/t'
	run -125 ctr commit --to-host "$ID"
	contains "$output" '/srv/group: it is of project 0'
	chattr -p 77 "$HOST/srv/group"
	run -0 ctr commit --to-host --force "$ID"
	equal "$(lsattr -p "$HOST/srv/new/sub/y" | awk '{ print $1 }')" 77
	equal "$(cd "$HOST" && find . -name .ctr-undo | sort)" $'./.ctr-undo\n./srv/.ctr-undo'
	ctr undo
	host_is before
	umount "$HOST"
	HOST_MOUNTS=()
	ctr rm "$ID"

	rm -r disk "$HOST"
	mv tree "$HOST"
	on_filesystem btrfs
	btrfs subvolume create "$HOST/sub" >/dev/null
	mkdir "$HOST/sub/folder"
	dump "$HOST" >before
	changed 'echo x >/sub/x; ln /sub/x /x; rm -r /sub/folder; rm /etc/passwd'
	run -0 ctr commit --to-host "$ID"
	equal "$(cat "$HOST/sub/x" "$HOST/x")" $'x\nx'
	[[ -d $HOST/.ctr-undo && -d $HOST/sub/.ctr-undo && ! -e $HOST/sub/folder ]]
	ctr undo
	host_is before
	no_undo_folder
}

# --- the real thing ---------------------------------------------------------------------------------

# A package that has a program, a configuration file, a folder, and a script that makes links.
make_package() {
	mkdir -p package/DEBIAN package/usr/bin package/etc/ctr-test package/var/lib/ctr-test
	cat >package/DEBIAN/control <<-'END'
		Package: ctr-test
		Version: 1
		Architecture: all
		Maintainer: nobody <nobody@example.org>
		Description: for a test
	END
	echo /etc/ctr-test/conf >package/DEBIAN/conffiles
	printf '#!/bin/sh\nset -e\nln -sf ctr-test /usr/bin/ctr-test-link\nrm -f /etc/ctr-test-victim\n' >package/DEBIAN/postinst
	printf '#!/bin/sh\necho installed\n' >package/usr/bin/ctr-test
	echo conf >package/etc/ctr-test/conf
	chmod 755 package/DEBIAN/postinst package/usr/bin/ctr-test
	dpkg-deb --root-owner-group -b package package.deb >/dev/null
}

@test "a package is installed inside try, brought to the host, and undone, byte for byte" {
	require_program dpkg dpkg-deb unshare
	[[ ! -e /usr/bin/ctr-test ]] || skip "there is a ctr-test on this machine"
	# the kernel stacks two overlays, not three
	[[ $(stat -f -c %T /) != overlayfs ]] || skip "this machine's root is an overlay already"
	make_package
	# the machine itself stays as it is: "the host" is an overlay of it in a mount namespace of its own
	cat >inside <<-'END'
		set -eu
		mount -t tmpfs tmpfs "$DIR/machine"
		mkdir "$DIR/machine"/{up,work,root}
		mount -t overlay overlay -o "lowerdir=/,upperdir=$DIR/machine/up,workdir=$DIR/machine/work" "$DIR/machine/root"
		for point in /proc /sys /dev /tmp "$CTR_BUILDDIR"; do
			mount --rbind "$point" "$DIR/machine/root$point"
		done
		mount -t tmpfs tmpfs "$DIR/machine/root/run"
		echo victim >"$DIR/machine/root/etc/ctr-test-victim"
		exec chroot "$DIR/machine/root" bash -eu "$DIR/chrooted"
	END
	cat >chrooted <<-'END'
		cd "$DIR"
		source "$SRCDIR/tests/integration/tree_dump.bash"
		ctr() { "$CTR" --root "$ROOT" --data-root "$DATA" "$@" 3>&-; }
		picture() { dump /etc; dump /var/lib/dpkg; dump /usr/bin; }
		picture >before
		ctr try --keep --name "$ID" -- sh -c 'dpkg -i package.deb && ctr-test' </dev/null >tried 2>&1
		[[ $(<tried) == *installed* && ! -e /usr/bin/ctr-test ]]
		picture | diff before -
		ctr diff "$ID" >changes
		ctr commit --to-host "$ID" >committed
		[[ $(ctr-test) == installed && -L /usr/bin/ctr-test-link && ! -e /etc/ctr-test-victim ]]
		dpkg -s ctr-test | grep -q 'Status: install ok installed'
		ctr undo >undone
		picture | diff before -
		[[ ! -e /.ctr-undo && ! -e /usr/bin/ctr-test ]]
		ctr commit --to-host "$ID" /usr/bin >/dev/null
		[[ $(ctr-test) == installed ]]
		! dpkg -s ctr-test 2>/dev/null
		ctr undo >/dev/null
		picture | diff before -
		ctr rm "$ID"
	END
	mkdir machine
	DIR=$DIR ROOT=$ROOT DATA=$DATA ID=$ID unshare --mount bash inside 3>&-
	contains "$(<changes)" 'A /usr/bin/ctr-test' 'C /var/lib/dpkg/status' 'D /etc/ctr-test-victim'
	contains "$(<committed)" '0 skipped'
	[[ ! -e /usr/bin/ctr-test ]]
}

# --- crashes --------------------------------------------------------------------------------------

with_faults() {
	FAULT=$CTR_BUILDDIR/tests/fault
	[[ -x $FAULT/ctr ]] || skip "tests/fault/ctr has not been built"
	mkdir libexec
	ln -s "$FAULT/ctr-image" "$FAULT/ctr-more" libexec
	ln -s "$CTR_BUILDDIR/ctr-monitor" libexec/ctr-monitor
	export CTR_LIBEXEC=$DIR/libexec
}

# at KIND STEP[:N] ARGUMENT...: with the fault. Its status in $status, what it says in "out".
at() {
	local kind=$1 step=$2
	shift 2
	status=0
	env "CTR_${kind}_STEP=$step" timeout -k 1 30 "$FAULT/ctr" --root "$ROOT" --data-root "$DATA" "$@" \
		>out 2>&1 </dev/null 3>&- || status=$?
	((status != 124)) || fail "$kind at '$step': it hangs"
}

# points KIND ARGUMENT...: into POINTS, every step and the N-th of all that comes again and again, of a
# command that is run in full with N from 1 until it is not hit any more.
POINTS_OF_COMMIT='lock plan journal areas copies prepared check exchange sync committed'
POINTS_OF_UNDO='commit look undoing undo undone'

# whole WHERE: after any command the host is as before or as after, and no third thing. $state says which.
whole() {
	ctr ps >ps.out 2>&1 || fail "$1: ps: $(<ps.out)"
	[[ ! -L $DATA/undo/pending ]] || fail "$1: still pending"
	if diff before <(dump "$HOST") >differs; then
		state=before
	elif diff after <(dump "$HOST" '') >differs; then
		state=after
	else
		fail "$1: a mixture: $(diff before <(dump "$HOST"))" || return
	fi
}

@test "commit: killed at every step, every copy and every rename: all or nothing" {
	local point n count=0 state
	with_faults
	changed
	ctr commit --to-host "$ID"
	dump "$HOST" '' >after
	ctr undo
	host_is before
	# shellcheck disable=SC2086
	for point in $POINTS_OF_COMMIT copy: rename: directory:; do
		for ((n = 1; ; n++)); do
			case $point in *:) at KILL "$point$n" commit --to-host "$ID" ;; *) at KILL "$point" commit --to-host "$ID" ;; esac
			if ((status != 137)); then
				[[ $point == *: && $n -gt 2 ]] || fail "no kill at $point$n: $(<out)"
				ctr undo >/dev/null
				break
			fi
			whole "$point$n"
			count=$((count + 1))
			if [[ $state == after ]]; then
				equal "$point" committed
				ctr undo >/dev/null
				host_is before
			fi
			no_undo_folder
			[[ $point == *: ]] || break
		done
	done
	echo "# $count kills" >&3
	((count > 30))
}

@test "commit: a failure at every step, copy and exchange is taken back at once" {
	local point n count=0
	with_faults
	changed
	for point in $POINTS_OF_COMMIT copy:1 copy:7 rename:1 rename:2 rename:5 directory:2; do
		at FAIL "$point" commit --to-host "$ID"
		((status == 125)) || fail "at $point: status $status: $(<out)"
		contains "$(<out)" injected
		host_is before || fail "at $point"
		no_undo_folder
		[[ ! -L $DATA/undo/pending ]] || fail "at $point: pending"
	done
	run -0 ctr undo --list --format json
	equal "$output" '[]'
	run -0 ctr commit --to-host "$ID"
	contains "$output" ' 0 skipped'
}

@test "undo: killed at every step and every rename: all or nothing" {
	local point n count=0 state
	with_faults
	changed
	ctr commit --to-host "$ID"
	dump "$HOST" '' >after
	for point in $POINTS_OF_UNDO rename: directory: remove:; do
		for ((n = 1; ; n++)); do
			case $point in *:) at KILL "$point$n" undo ;; *) at KILL "$point" undo ;; esac
			if ((status != 137)); then
				[[ $point == *: && $n -gt 1 ]] || fail "no kill at $point$n: $(<out)"
				ctr commit --to-host "$ID" >/dev/null
				break
			fi
			whole "undo $point$n"
			count=$((count + 1))
			if [[ $state == before ]]; then
				matches "$point" 'undone|remove'
				no_undo_folder
				ctr commit --to-host "$ID" >/dev/null
				host_is after ''
			fi
			[[ $point == *: ]] || break
		done
	done
	echo "# $count kills" >&3
	((count > 12))
	ctr undo
	host_is before
}

@test "undo --drop: killed anywhere, the old files are all there or none is" {
	local point
	with_faults
	changed
	ctr commit --to-host "$ID"
	rm "$HOST/srv/group" # whose second name is among the old files
	dump "$HOST" '' >after
	for point in dropped remove:1; do
		at KILL "$point" undo --drop "$ID"
		equal "$status" 137
		ctr ps >/dev/null
		no_undo_folder
		host_is after ''
		run -125 ctr undo
		# the same again, for the next point
		echo "$point" >"$DATA/containers/$ID/upper/etc/more"
		ctr commit --to-host "$ID"
		dump "$HOST" '' >after
	done
}

# operations STATE ARGUMENT...: killed before each CTR_STRIDE-th operation on the disk (tests/fault/operations.c)
# of this command, until it comes to its end. STATE: what the host is to begin with each time.
operations() {
	local begin=$1 n count=0
	shift
	for ((n = 1; ; n += ${CTR_STRIDE:-5})); do
		status=0
		CTR_KILL_OPERATION=$n timeout -k 1 30 "$FAULT/ctr" --root "$ROOT" --data-root "$DATA" "$@" >out 2>&1 </dev/null 3>&- ||
			status=$?
		((status == 137)) || break
		whole "operation $n of $1"
		count=$((count + 1))
		[[ $state != "$begin" ]] || continue
		if [[ $begin == before ]]; then ctr undo; else ctr commit --to-host "$ID"; fi >/dev/null
	done
	equal "$status" 0 || fail "$(<out)"
	echo "# $1: $count kills at operations 1 to $n" >&3
}

@test "commit and undo: killed before operations on the disk: all or nothing" {
	local state
	with_faults
	changed
	ctr commit --to-host "$ID"
	dump "$HOST" '' >after
	ctr undo
	operations before commit --to-host "$ID"
	operations after undo
	host_is before
	no_undo_folder
}

@test "a commit that lives is not recovered by others" {
	with_faults
	changed
	at KILL rename:3 commit --to-host "$ID"
	dump "$HOST" >torn
	# somebody has the lock
	exec {LOCK}>>"$DATA/undo/lock"
	flock "$LOCK"
	run -0 ctr ps
	host_is torn
	exec {LOCK}>&-
	run -0 --separate-stderr ctr ps
	host_is before
	contains "$stderr" 'was interrupted: it is taken back'
}

@test "a recovery that is killed itself is done by the next command" {
	local n
	with_faults
	changed
	for ((n = 1; n < 5; n++)); do
		at KILL rename:5 commit --to-host "$ID"
		at KILL "rename:$n" ps
		equal "$status" 137
		at KILL "directory:$n" ps
		equal "$status" 137
		ctr ps 2>/dev/null
		host_is before
		no_undo_folder
	done
}

@test "nothing is exchanged before all that it needs is on disk, and the commit point comes behind" {
	require_program strace
	local calls
	changed
	strace -f -o trace -e trace=renameat,renameat2,rename,fsync,syncfs,symlinkat "$CTR" --root "$ROOT" --data-root "$DATA" \
		commit --to-host "$ID" >/dev/null
	# S: a filesystem is synced, F: a file or folder, R: a document replaced, X: an exchange, P: pending
	calls=$(sed -nE 's/^[0-9]+ +//; /renameat2?\(.*RENAME_EXCHANGE.*"b"|"a".*"b", RENAME_EXCHANGE/d
		s/^syncfs.*/S/p; s/^fsync.*/F/p; s/^symlinkat.*pending.*/P/p
		s/^renameat2.*(RENAME_EXCHANGE|RENAME_NOREPLACE).*/X/p
		s/^rename.*"(state|journal)\.json".*/R\1/p' trace | tr -d '\n')
	# number's folder; pending; state; copies; journal; state; exchanges; all; state
	matches "$calls" '^F+PF(FRstateF)(S+)(FRjournalF)(FRstateF)X{9}(S+)(FRstateF)$' || fail "$(<trace)"
}

@test "an undo that is killed leaves alone what somebody has made of a directory since the commit" {
	with_faults
	changed 'chmod 711 /srv; echo x >/etc/x'
	ctr commit --to-host "$ID"
	chmod 700 "$HOST/srv"
	at KILL undo undo
	equal "$(readlink "$DATA/undo/pending")" 1
	ctr ps
	[[ -e $HOST/etc/x && ! -L $DATA/undo/pending ]]
	equal "$(stat -c %a "$HOST/srv")" 700
}
