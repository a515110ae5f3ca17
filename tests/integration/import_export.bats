#!/usr/bin/env bats
# SPDX-License-Identifier: Apache-2.0
# `ctr export` and `ctr import`: a container's root as a tar archive that other tools read, and back.

load helpers

# One of each kind of change: new, changed, deleted, an emptied directory, a hard link, a hole.
CHANGE='
	echo new >/etc/new && echo changed >/etc/deep/one && rm /work/file && rmdir /work
	rm -r /etc/deep/er && mkdir /etc/deep/er && echo only >/etc/deep/er/only
	ln /etc/new /etc/twin && ln -s /etc/new /etc/link && mkfifo /tmp/pipe
	mknod /tmp/null c 1 3 && chmod 4755 /etc/new && chown 1000:1000 /etc/deep/one
	dd if=/dev/zero of=/tmp/hole bs=1 count=1 seek=8388607 2>/dev/null
	mkdir "/tmp/with  blank" && echo x >/tmp/.wh.name && touch -d "2001-02-03 04:05:06" /etc/twin'

# A stopped container $ID that has done CHANGE.
changed() {
	spec . sh -c "$CHANGE"
	ctr run --name "$ID" spec.json
}

# listing ARCHIVE: sorted, without what /dev and /proc have.
listing() {
	tar --numeric-owner --full-time -tvf "$1" | grep -v ' \(dev\|proc\|sys\)/.' | sort -k6
}

@test "an export has what the container sees, and what it deleted is not there" {
	changed
	ctr export "$ID" >export.tar
	mkdir out
	tar -xpf export.tar -C out
	equal "$(<out/etc/new)" new
	equal "$(<out/etc/deep/one)" changed
	equal "$(stat -c %u:%g out/etc/deep/one)" 1000:1000
	equal "$(stat -c %a out/etc/new)" 4755
	[[ ! -e out/work && ! -e out/etc/deep/er/two && -e out/etc/deep/er/only ]]
	equal "$(stat -c %h:%i out/etc/new)" "2:$(stat -c %i out/etc/twin)"
	equal "$(stat -c %Y out/etc/new)" "$(date -ud '2001-02-03 04:05:06' +%s)"
	equal "$(readlink out/etc/link)" /etc/new
	equal "$(stat -c %F out/tmp/pipe)" fifo
	equal "$(stat -c %t:%T out/tmp/null)" 1:3
	equal "$(stat -c %s out/tmp/hole)" 8388608
	(($(stat -c %b out/tmp/hole) < 100))
	[[ -d "out/tmp/with  blank" ]]
	equal "$(<out/tmp/.wh.name)" x
	cmp out/bin/busybox "$ROOTFS/bin/busybox"
}

@test "an export of a running container is the same, without what is mounted in it" {
	mkdir volume && echo inside >volume/inside
	background '.mounts += [{destination: "/volume", type: "bind", source: "'"$DIR"'/volume", options: ["bind"]}]' \
		"$CHANGE"' && echo ready >/tmp/ready && '"$IDLE"
	eventually ctr exec "$ID" test -e /tmp/ready
	ctr export "$ID" >running.tar
	tar -tf running.tar >names
	grep -qx volume/ names
	lacks "$(<names)" inside
	run ! grep '^proc/.' names
	ctr stop "$ID"
	ctr export "$ID" >stopped.tar
	equal "$(listing running.tar)" "$(listing stopped.tar)"
}

@test "an export keeps extended attributes and capabilities" {
	require_program setfattr setcap getcap
	changed
	cp "$ROOTFS/bin/busybox" "$DATA/containers/$ID/upper/etc/able"
	setcap cap_net_raw+ep "$DATA/containers/$ID/upper/etc/able"
	setfattr -n user.colour -v blue "$DATA/containers/$ID/upper/etc/able"
	ctr export -o export.tar "$ID"
	mkdir out
	tar --xattrs --xattrs-include='*' -xpf export.tar -C out
	contains "$(getcap out/etc/able)" cap_net_raw
	equal "$(getfattr --only-values -n user.colour out/etc/able)" blue
	# marks of overlayfs are not part of what the container sees
	lacks "$(tar --xattrs -tvvf export.tar)" overlay.opaque
}

@test "owners in an export are those that the container of a user namespace sees" {
	local filter='.linux.namespaces += [{type: "user"}] | .linux.uidMappings = [{containerID: 0, hostID: 100000, size: 65536}]
		| .linux.gidMappings = .linux.uidMappings'
	chmod 755 "$DIR" "${DIR%/*}" "$BATS_SUITE_TMPDIR"
	background "$filter" 'echo x >/root/mine; echo y >/tmp/his; chown 7:8 /tmp/his; echo ready >/tmp/ready; '"$IDLE"
	eventually ctr exec "$ID" test -e /tmp/ready
	ctr export "$ID" >running.tar
	contains "$(tar --numeric-owner -tvf running.tar)" ' 7/8 ' ' 0/0 '
	lacks "$(tar --numeric-owner -tvf running.tar)" 100000 100007
	ctr stop "$ID"
	ctr export "$ID" >stopped.tar
	equal "$(listing running.tar)" "$(listing stopped.tar)"
}

@test "a bundle's container is exported too" {
	bundle b '.' sh -c "$IDLE"
	create --bundle b "$ID"
	ctr start "$ID"
	ctr export "$ID" >export.tar
	grep -qx bin/busybox <(tar -tf export.tar)
}

@test "export -o makes its file whole or not at all" {
	changed
	mkdir to
	ctr export -o to/x.tar "$ID"
	tar -tf to/x.tar >/dev/null
	equal "$(stat -c %a to/x.tar)" 600
	equal "$(ls -A to)" x.tar
	echo before >to/x.tar
	run -125 ctr export -o to/x.tar nothing-there
	equal "$(<to/x.tar)" before
	equal "$(ls -A to)" x.tar
	run -125 ctr export -o to/none/x.tar "$ID"
	contains "$output" to/none
	ctr export -o - "$ID" | tar -t >/dev/null
	ctr export -o /dev/null "$ID"
	[[ -c /dev/null ]]
}

@test "export --pause has all of one moment, and the container goes on after it" {
	# two files that have the same number whenever both are looked at at once
	background . 'i=0; while :; do i=$((i + 1)); echo $i >/a.new; echo $i >/z.new; mv /a.new /tmp/a; mv /z.new /tmp/z; done'
	eventually ctr exec "$ID" test -e /tmp/z
	ctr export --pause "$ID" | tar -x --wildcards -O 'tmp/[az]' >numbers
	# one rename is between the two at most
	(($(sed -n 1p numbers) - $(sed -n 2p numbers) <= 1))
	equal "$(status_of "$ID")" running
	ctr freeze "$ID"
	ctr export --pause "$ID" >/dev/null
	equal "$(status_of "$ID")" paused
	ctr thaw "$ID"
}

@test "an archive is not written to a terminal" {
	changed
	run -125 "$HELPERS/pty" -- "$CTR" --root "$ROOT" --data-root "$DATA" export "$ID"
	contains "$output" "standard output is a terminal"
}

@test "an export shows on a terminal how far it is, and nothing in a file" {
	changed
	TERM=xterm run -0 "$HELPERS/pty" -- "$CTR" --root "$ROOT" --data-root "$DATA" export -o x.tar "$ID"
	contains "$output" "$ID" $'\r\033[K'
	TERM=xterm run -0 "$HELPERS/pty" -- "$CTR" --root "$ROOT" --data-root "$DATA" export -q -o x.tar "$ID"
	equal "$output" ''
	ctr export -o x.tar "$ID" 2>messages
	[[ ! -s messages ]]
}

# rootfs_tar FILE [TAR-OPTION...]: the rootfs of the tests as an archive.
rootfs_tar() {
	tar -C "$ROOTFS" --exclude=./bin/probe -cf "$@" .
}

# config NAME: the config of that image, found by the store's own index.
config() {
	local blobs=$DATA/store/blobs digest
	digest=$(jq -r --arg name "$1" '.manifests[] | select(.annotations["org.opencontainers.image.ref.name"] == $name) | .digest' \
		"$DATA/store/index.json")
	digest=$(jq -r .config.digest "$blobs/${digest/://}")
	cat "$blobs/${digest/://}"
}

@test "an archive of a root is an image that runs, however it is compressed" {
	local kind
	rootfs_tar plain.tar
	gzip -k plain.tar && zstd -q plain.tar && xz -0k plain.tar && bzip2 -1k plain.tar
	for kind in '' .gz .zst .xz .bz2; do
		ctr import -c 'CMD ["cat", "/etc/deep/one"]' "plain.tar$kind" "app:k$kind"
		equal "$(ctr run --rm --name "$ID" "app:k$kind" </dev/null)" one
	done
	# one archive, whatever it was packed in
	equal "$(for kind in '' .gz .zst .xz .bz2; do config "app:k$kind" | jq -r '.rootfs.diff_ids[]'; done | uniq -c | xargs)" \
		"5 sha256:$(sha256sum <plain.tar | cut -d' ' -f1)"
	# what image-spec knows stays as it came
	[[ -e $DATA/store/blobs/sha256/$(sha256sum <plain.tar.gz | cut -d' ' -f1) ]]
	[[ -e $DATA/store/blobs/sha256/$(sha256sum <plain.tar.zst | cut -d' ' -f1) ]]
}

@test "an image that other tools read comes of standard input" {
	require_program skopeo
	rootfs_tar - | ctr import - app:1
	equal "$(skopeo inspect "oci:$DATA/store:app:1" | jq -r .Os)" linux
	skopeo copy --quiet "oci:$DATA/store:app:1" "oci-archive:$DIR/copy.tar"
	run -0 ctr import -q - app:2 < <(rootfs_tar -)
	matches "$output" '^sha256:[0-9a-f]{64}$'
	equal "$(jq -r '.manifests[] | select(.annotations[] == "app:2").digest' "$DATA/store/index.json")" "$output"
}

@test "changes and message are in the config" {
	rootfs_tar x.tar
	ctr import -m 'from here' --arch riscv64 --variant v1 -c 'ENTRYPOINT ["/bin/sh", "-c"]' -c 'ENV A=1 B=2' -c USER=1000 \
		--change 'EXPOSE 80' -c 'LABEL x=y' -c 'VOLUME /data' -c 'WORKDIR /srv' -c 'STOPSIGNAL SIGINT' x.tar app:1
	equal "$(config app:1 | jq -c '[.architecture, .variant, .os, .config, .history[-1].comment]')" \
		'["riscv64","v1","linux",{"User":"1000","ExposedPorts":{"80/tcp":{}},"Env":["A=1","B=2"],"Entrypoint":["/bin/sh","-c"],"Volumes":{"/data":{}},"WorkingDir":"/srv","Labels":{"x":"y"},"StopSignal":"SIGINT"},"from here"]'
	run -125 ctr import -c 'RUN make' x.tar app:2
	contains "$output" "RUN make"
	run -125 ctr inspect app:2
}

@test "what is no archive, or leads out of it, is no image and leaves nothing" {
	local file
	echo hello >text
	: >empty
	rootfs_tar short.tar
	truncate -s 5000 short.tar
	gzip -c short.tar | head -c 1000 >short.gz
	tar -P -cf absolute.tar --transform='s,text,/absolute,' text
	tar -P -cf up.tar --transform='s,text,a/../../up,' text
	rootfs_tar ok.tar
	ctr import ok.tar first:1
	ls "$DATA/store/blobs/sha256" "$DATA/layers" >before
	for file in text empty short.tar short.gz absolute.tar up.tar none.tar "$DIR"; do
		run -125 ctr import "$file" app:1
		run -125 ctr inspect app:1
	done
	run -125 ctr import ok.tar 'Bad Name'
	ctr prune >/dev/null
	ls "$DATA/store/blobs/sha256" "$DATA/layers" >after
	cmp before after
	[[ ! -e /absolute && ! -e ../up ]]
}

@test "what is exported is imported as it was" {
	changed
	ctr export "$ID" | ctr import -c 'CMD ["true"]' - app:1
	ctr run --name "$ID-b" app:1
	ctr export "$ID" >one.tar
	ctr export "$ID-b" >other.tar
	# but for the one name that an image cannot have, and the times of folders that a run mounts upon
	diff <(listing one.tar | grep -v '\(/\.wh\.name\|dev/\|tmp/\|\./\)$') <(listing other.tar | grep -v '\(dev/\|tmp/\|\./\)$')
}

@test "an import shows on a terminal how far it is" {
	rootfs_tar x.tar
	TERM=xterm run -0 "$HELPERS/pty" -- "$CTR" --root "$ROOT" --data-root "$DATA" import x.tar app:1
	contains "$output" x.tar ' of ' $'\r\033[K'
	TERM=xterm run -0 "$HELPERS/pty" -- "$CTR" --root "$ROOT" --data-root "$DATA" import -q x.tar app:1
	matches "$output" $'^sha256:[0-9a-f]{64}\r?$'
}
