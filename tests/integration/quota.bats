#!/usr/bin/env bats
# SPDX-License-Identifier: Apache-2.0
# overlay.size: a limit of the writable layer, by project quota on ext4 and xfs.

load helpers

# on KIND: the data root on a file system of that kind in a file, with project quotas.
on() {
	require_program "mkfs.$1"
	truncate -s "${SIZE:-320M}" "$1.img"
	case $1 in
	ext4) mkfs.ext4 -q -O project,quota "$1.img" ;;
	xfs) mkfs.xfs -q "$1.img" ;;
	esac
	mkdir -p limited
	mount -o "loop,${OPTIONS-prjquota}" "$1.img" limited 2>mount.err ||
		skip "this kernel has no project quotas on $1: $(head -1 mount.err)"
	HOST_MOUNTS+=("$DIR/limited")
	DATA=$DIR/limited/data
}

# The lines of the quota report that have a limit or a use and are ctr's.
limits() {
	"$HELPERS/probe" quotas "$DIR/limited"
}

fills_up() {
	spec '.overlay = {size: "10M"}' sh -c 'df -m / | tail -1; dd if=/dev/zero of=/big bs=1M count=40 2>&1; ls -l /big; rm /big; echo small >/small && cat /small'
	run -0 ctr run --name "$ID" spec.json
	matches "${lines[0]}" ' 10 +[0-9]+ +(9|10) '
	matches "$output" 'No space left on device|Disk quota exceeded'
	matches "$output" ' (9[0-9]{6}|10[0-9]{6}) '
	equal "${lines[-1]}" small
	# others on the file system are not limited
	dd if=/dev/zero of=limited/other bs=1M count=40 2>/dev/null
	rm limited/other
	spec '.overlay = {size: "20M"}' sh -c 'dd if=/dev/zero of=/big bs=1M count=15 2>&1'
	run -0 ctr run --name "$ID-2" spec.json
	run -0 limits
	equal "${#lines[@]}" 2
	ctr rm "$ID" "$ID-2"
	run -0 limits
	equal "$output" ''
}

@test "ext4: a full layer is a full disk inside, df shows the limit, rm frees it" {
	on ext4
	fills_up
}

@test "xfs: a full layer is a full disk inside, df shows the limit, rm frees it" {
	on xfs
	fills_up
}

@test "snapshots count to their container, a clone has a limit of its own" {
	on ext4
	spec '.overlay = {size: "10M"}' sh -c 'dd if=/dev/zero of=/$(date +%s%N) bs=1M count=4 2>&1'
	ctr run --name "$ID" spec.json
	ctr snapshot "$ID"
	ctr start -a "$ID"
	ctr snapshot "$ID"
	run -1 ctr start -a "$ID"
	matches "$output" 'No space left on device|Disk quota exceeded'
	ctr clone "$ID" "$ID-2"
	run -0 ctr start -a "$ID-2"
	run -0 limits
	equal "${#lines[@]}" 2
	ctr rm "$ID" "$ID-2"
	run -0 limits
	equal "$output" ''
}

@test "many at once have ids of their own" {
	local i pids=()
	on ext4
	spec '.overlay = {size: "5M"}' true
	for ((i = 0; i < 12; i++)); do
		ctr run --name "$ID-$i" spec.json &
		pids+=($!)
	done
	for i in "${pids[@]}"; do wait "$i"; done
	equal "$(jq .project "$DATA"/containers/*/container.json | sort -u | wc -l)" 12
	equal "$(limits | wc -l)" 12
}

@test "in a user namespace the limit holds too" {
	on ext4
	spec '.overlay = {size: "10M"} | .linux.namespaces += [{type: "user"}] |
		.linux.uidMappings = [{containerID: 0, hostID: 100000, size: 65536}] |
		.linux.gidMappings = [{containerID: 0, hostID: 100000, size: 65536}]' \
		sh -c 'dd if=/dev/zero of=/big bs=1M count=40 2>&1; ls -l /big'
	run -0 ctr run --rm --name "$ID" spec.json
	matches "$output" 'No space left on device|Disk quota exceeded'
}

@test "a kill while it is made leaves no limit after rm" {
	local step
	[[ -x $CTR_BUILDDIR/tests/fault/ctr ]] || skip "tests/fault/ctr has not been built"
	on ext4
	spec '.overlay = {size: "5M"}' true
	for step in 'data folder' 'state folder' clone start; do
		CTR_KILL_STEP=$step run ! "$CTR_BUILDDIR/tests/fault/ctr" --root "$ROOT" --data-root "$DATA" run --name "$ID" spec.json
		ctr rm -f "$ID"
		equal "$(limits)" ''
	done
}

@test "a file system that cannot limit is an error before anything is made, and says what to do" {
	spec '.overlay = {size: "10M"}' true
	mkdir ram
	host_mount -t tmpfs tmpfs ram
	DATA=$DIR/ram/data
	run ! ctr run --name "$ID" spec.json
	contains "$output" overlay.size 'ext4 and xfs'
	[[ ! -e $DATA/containers/$ID ]]
	OPTIONS=defaults on ext4
	run ! ctr run --name "$ID" spec.json
	contains "$output" overlay.size prjquota
	[[ ! -e $DATA/containers ]]
}

@test "what is no size is refused" {
	local size
	for size in 10X -1 0 1.5G 99999999999T; do
		SIZE=$size spec '.overlay = {size: env.SIZE}' true
		run ! ctr run --name "$ID" spec.json
		contains "$output" overlay.size
	done
}
