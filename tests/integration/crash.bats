#!/usr/bin/env bats
# SPDX-License-Identifier: Apache-2.0
# SIGKILL before each operation on the disk (fsync, rename, unlink, mkdir, ...: tests/fault/fault.c) of
# everything that changes the store, until the command comes to its end; the same with EIO instead,
# and with a disk that is full from the N-th write on. Each time the store is what it was before or
# what the command makes of it, `ctr check --store` finds everything whole, and prune leaves nothing.

load helpers

setup() {
	FAULT=$CTR_BUILDDIR/tests/fault
	[[ -x $FAULT/ctr ]] || skip "tests/fault/ctr has not been built"
	setup_container
	mkdir libexec
	ln -s "$FAULT/ctr-image" "$FAULT/ctr-more" libexec
	ln -s "$CTR_BUILDDIR/ctr-monitor" libexec/ctr-monitor
	POINTS=0
}

# What the tests begin with: a container that has stopped, image base:1 of it, a container of that,
# and something for prune to do. Kept in "before"; every point starts from a copy of it.
prepare() {
	spec . sh -c 'mkdir -p /d/e; echo one >/d/f; ln /d/f /d/e/g; echo x >/d/x'
	ctr run --name "$ID-1" spec.json
	ctr commit "$ID-1" base:1 >/dev/null
	ctr run --name "$ID" base:1 sh -c 'rm /d/x; echo two >/d/new'
	"$@"
	cp -a "$DATA" before
}

# Names and digests, and what containers and layers there are.
store_state() {
	jq -r '.manifests[] | .digest + " " + .annotations["org.opencontainers.image.ref.name"]' "$DATA/store/index.json" 2>/dev/null | sort
	find "$DATA/containers" "$DATA/layers" -mindepth 1 -maxdepth 1 -printf '%P\n' 2>/dev/null | sort
}

names() {
	jq -r '.manifests[].annotations["org.opencontainers.image.ref.name"]' "$DATA/store/index.json" 2>/dev/null | sort | tr '\n' ' '
}

# Everything is whole, and prune leaves nothing that it could remove (to look again takes time: for
# every fourth point).
recovered() {
	local what=$1
	ctr check --store --format json >check.json || fail "$what: $(jq -c '.findings' check.json)"
	((POINTS % 4 == 0)) || return 0
	ctr prune >prune.out 2>&1 || fail "$what: prune: $(<prune.out)"
	ctr check --store --format json >check.json || fail "$what, prune: $(jq -c '.findings' check.json)"
	equal "$(jq -c .findings check.json)" '[]' || fail "$what"
	equal "$(find "$DATA" \( -name '*.tmp.*' -o -name '.tmp-*' \) | head -3)" '' || fail "$what"
}

# at VARIABLE N ARGUMENT...: the fault programs with that fault. Returns 1 when it was not met any more.
at() {
	local variable=$1 number=$2
	shift 2
	rm -f fault.log
	status=0
	env CTR_LIBEXEC="$DIR/libexec" CTR_FAULT_LOG="$DIR/fault.log" "$variable=$number" SOURCE_DATE_EPOCH=1700000000 \
		timeout -k 1 60 "$FAULT/ctr" --root "$ROOT" --data-root "$DATA" "$@" >out 2>&1 </dev/null 3>&- || status=$?
	((status != 124)) || fail "$variable=$number: it hangs"
	[[ -s fault.log ]]
}

# everywhere EXPECTED VARIABLE ARGUMENT...: for N = 1, 2, ...; EXPECTED is a function that looks at
# what is promised after a failure ("failed") and after success ("done").
everywhere() {
	local expected=$1 variable=$2 number
	shift 2
	for ((number = FIRST; ; number += STEP)); do
		rm -rf "$DATA" "$ROOT"
		cp -a before "$DATA"
		if ! at "$variable" "$number" "$@"; then
			((status == 0)) || fail "$* without a fault: $(<out)"
			"$expected" "done"
			break
		fi
		((POINTS += 1))
		# a kill of a companion is a failure that the command tells
		$expected failed || fail "$(<fault.log): $(<out)"
		recovered "$variable=$number of '$*': $(head -1 fault.log)"
		# and again, to its end
		"$CTR" --root "$ROOT" --data-root "$DATA" "${AGAIN[@]:-$@}" >out 2>&1 </dev/null 3>&- || [[ -n ${AGAIN_MAY_FAIL-} ]] ||
			fail "$(<fault.log): not possible again: $(<out)"
		$expected "done" || fail "$(<fault.log), and again"
	done
	recovered "'$*'"
}

# A kill at every point; failures at every third, other ones in each test, unless CTR_CRASH_ALL is set.
each_fault() {
	STEP=1 FIRST=1
	everywhere "$1" CTR_KILL_OPERATION "${@:2}"
	[[ -n ${CTR_CRASH_ALL-} ]] || STEP=3 FIRST=$((BATS_TEST_NUMBER % 3 + 1))
	everywhere "$1" CTR_FAIL_OPERATION "${@:2}"
	everywhere "$1" CTR_FAIL_WRITE "${@:2}"
	echo "# $POINTS points of '$2'" >&3
}

the_names_are() { # FAILED-PATTERN DONE
	local present
	present=$(names)
	# shellcheck disable=SC2053
	if [[ $1 == "done" ]]; then [[ $present == "$3" ]]; else [[ $present == $2 ]]; fi || fail "images: $present"
}

expect_commit() {
	the_names_are "$1" 'base:1 ?(new:1 )' 'base:1 new:1 '
}

@test "commit" {
	prepare true
	each_fault expect_commit commit "$ID" new:1
	run -0 ctr run --rm --name "$ID-2" new:1 sh -c 'cat /d/f /d/new; test ! -e /d/x'
	equal "$output" $'one\ntwo'
	skopeo copy -q --insecure-policy "oci:$DATA/store:new:1" oci-archive:out.tar:x
}

expect_first() {
	the_names_are "$1" '?(new:1 )' 'new:1 '
}

@test "the first commit, which makes the store" {
	prepare true
	ctr rm "$ID"
	rm -rf "$DATA/store" "$DATA/layers" before
	cp -a "$DATA" before
	each_fault expect_first commit "$ID-1" new:1
	skopeo copy -q --insecure-policy "oci:$DATA/store:new:1" oci-archive:out.tar:x
}

# All of the names or none.
expect_group() {
	the_names_are "$1" 'base:1 ?(one:1 two:1 )' 'base:1 one:1 two:1 '
}

@test "commit of several containers" {
	prepare true
	each_fault expect_group commit "$ID-1=one:1" "$ID=two:1"
}

expect_import() {
	the_names_are "$1" 'base:1 ?(import:1 )' 'base:1 import:1 '
}

@test "import" {
	prepare true
	mkdir -p small/d
	echo small >small/d/f
	tar -C small -cf root.tar .
	each_fault expect_import import root.tar import:1
	skopeo copy -q --insecure-policy "oci:$DATA/store:import:1" oci-archive:out.tar:x
}

expect_rmi() {
	the_names_are "$1" '?(base:1 )other:1 ' 'other:1 '
}

@test "rmi" {
	prepare ctr commit "$ID" other:1
	AGAIN_MAY_FAIL=1 each_fault expect_rmi rmi --force base:1
}

tagged() {
	the_names_are "$1" 'base:1 ?(other:2 )' 'base:1 other:2 '
}

@test "tag" {
	ctr help tag >/dev/null 2>&1 || skip "there is no such verb"
	prepare true
	each_fault tagged tag base:1 other:2
}

# The layer of base:1, which a container uses, stays; that of gone:1 goes.
expect_prune() {
	the_names_are "$1" 'base:1 ' 'base:1 '
	[[ $1 != "done" ]] || equal "$(find "$DATA/layers" -mindepth 1 -maxdepth 1 | wc -l)" 1
}

gone() {
	ctr commit "$ID" gone:1 >/dev/null
	ctr run --rm --name "$ID-2" gone:1 true
	ctr rmi gone:1 >/dev/null
	mkdir -p "$DATA/layers/.tmp-1-2/a/b"
	echo half >"$DATA/store/blobs/sha256/.tmp-3-4"
	echo half >"$DATA/store/index.json.tmp.5.6"
}

@test "prune" {
	prepare gone
	each_fault expect_prune prune
	run -0 ctr run --rm --name "$ID-2" base:1 cat /d/f
}

expect_rm() {
	if [[ $1 == "done" ]]; then
		[[ ! -e $DATA/containers/$ID ]] || fail "the container is there"
	elif [[ -e $DATA/containers/$ID/container.json ]]; then
		# one that looks whole is whole
		equal "$(<"$DATA/containers/$ID/upper/d/new")" two
	fi
	equal "$(<"$DATA/containers/$ID-1/upper/d/f")" one
}

@test "rm" {
	prepare true
	AGAIN=(rm -f "$ID")
	each_fault expect_rm rm "$ID"
}

expect_unpacked() {
	the_names_are "$1" 'base:1 ' 'base:1 '
}

@test "run of an image whose layers are to be unpacked" {
	prepare true
	ctr rm "$ID"
	rm -rf "$DATA/layers" before
	cp -a "$DATA" before
	AGAIN=(run --rm --name "$ID-3" base:1 cat /d/f)
	each_fault expect_unpacked run --rm --name "$ID" base:1 true
}

put() { # FILE: into the layout; prints its descriptor's members
	local digest
	digest=$(sha256sum <"$1" | cut -d' ' -f1)
	cp "$1" "layout/blobs/sha256/$digest"
	echo "{\"digest\": \"sha256:$digest\", \"size\": $(stat -c %s "$1")}"
}

# make_archive NAME: load.tar, an image of the tests' root of two layers that needs no folder of this
# machine.
make_archive() {
	local layers=()
	mkdir -p layout/blobs/sha256 more
	echo '{"imageLayoutVersion": "1.0.0"}' >layout/oci-layout
	echo more >more/more
	tar -C "$ROOTFS" -cf 1.tar .
	tar -C more -cf 2.tar .
	layers=("$(put 1.tar)" "$(put 2.tar)")
	jq -n --arg one "$(sha256sum <1.tar | cut -d' ' -f1)" --arg two "$(sha256sum <2.tar | cut -d' ' -f1)" '{architecture: "amd64", os: "linux",
		rootfs: {type: "layers", diff_ids: [$one, $two] | map("sha256:" + .)}}' >config
	jq -n --argjson config "$(put config)" --argjson one "${layers[0]}" --argjson two "${layers[1]}" '{schemaVersion: 2,
		mediaType: "application/vnd.oci.image.manifest.v1+json",
		config: ($config + {mediaType: "application/vnd.oci.image.config.v1+json"}),
		layers: [$one, $two] | map(. + {mediaType: "application/vnd.oci.image.layer.v1.tar"})}' >manifest
	jq -n --argjson manifest "$(put manifest)" --arg name "$1" '{schemaVersion: 2,
		manifests: [$manifest + {mediaType: "application/vnd.oci.image.manifest.v1+json",
			annotations: {"org.opencontainers.image.ref.name": $name}}]}' >layout/index.json
	tar -C layout -cf load.tar .
}

expect_load() {
	the_names_are "$1" 'base:1 ?(load:1 )' 'base:1 load:1 '
}

@test "load" {
	ctr help load >/dev/null 2>&1 || skip "there is no such verb"
	prepare true
	make_archive load:1
	each_fault expect_load load -i load.tar
	run -0 ctr run --rm --name "$ID-2" load:1 sh -c 'echo two'
	equal "$output" two
}

expect_clone() {
	[[ $1 == failed || -e $DATA/containers/$ID-2/container.json ]] || fail "there is no clone"
	equal "$(find "$DATA" -path '*/d/new' -exec cat {} + | sort -u)" two
}

@test "clone" {
	ctr help clone >/dev/null 2>&1 || skip "there is no such verb"
	prepare true
	AGAIN_MAY_FAIL=1 each_fault expect_clone clone "$ID" "$ID-2"
}
