#!/usr/bin/env bats
# SPDX-License-Identifier: Apache-2.0
# The second and further commits of a container: only what has changed, and the same result.

load helpers

manifest() {
	local digest
	digest=$(jq -r --arg name "$1" '.manifests[] | select(.annotations["org.opencontainers.image.ref.name"] == $name) | .digest' \
		"$DATA/store/index.json")
	cat "$DATA/store/blobs/sha256/${digest#sha256:}"
}

# listing NAME: the names in the topmost layer.
listing() {
	tar --zstd -tf "$DATA/store/blobs/sha256/$(manifest "$1" | jq -r '.layers[-1].digest | ltrimstr("sha256:")')"
}

layers() {
	manifest "$1" | jq '.layers | length'
}

# settled: what was changed before is old enough that its ctime is proof.
settled() {
	local end
	touch now
	end=$(stat -c %Z now)
	until touch later && (($(stat -c %Z later) > end + 2)); do nap; done
}

# same ONE OTHER: both images have the same files.
same() {
	local image
	for image in "$1" "$2"; do
		ctr run --rm --name "$ID-look" "$image" sh -c 'cd / && find . -xdev ! -path "./proc/*" ! -type d -exec stat -c "%n %f %u:%g %s %h %Y" {} + | sort
			find . -xdev ! -path "./proc/*" -type d -exec stat -c "%n %f %u:%g" {} + | sort
			find . -xdev ! -path "./proc/*" -type f -exec md5sum {} + | sort
			find . -xdev -type l | sort | xargs -n 1 readlink' >"files.${image/:/-}"
	done
	cmp "files.${1/:/-}" "files.${2/:/-}" || { diff "files.${1/:/-}" "files.${2/:/-}"; return 1; }
}

@test "the second commit has only what changed since the first, and the image has all" {
	background . "echo 1 >/1; echo 2 >/2; rm /etc/passwd; $IDLE"
	eventually test -s "$DATA/containers/$ID/upper/2"
	ctr commit "$ID" app:1
	settled
	ctr commit "$ID" app:1
	ctr exec "$ID" sh -c 'echo 3 >/3; rm /1; mkdir /d; echo x >/d/x; rm /etc/group'
	run -0 ctr commit --format json "$ID" app:2
	jq -e '.incremental' <<<"$output"
	equal "$(listing app:2)" $'.wh.1\n3\nd/\nd/x\netc/\netc/.wh.group'
	equal "$(layers app:2)" $(($(layers app:1) + 1))
	run -0 ctr commit --full --format json "$ID" app:full
	jq -e '.incremental | not' <<<"$output"
	equal "$(layers app:full)" 1
	same app:2 app:full
}

@test "files that a running container changes while it is committed are in this commit or the next" {
	local i
	background . "i=0; while :; do i=\$((i+1)); echo \$i >/count; echo \$i >/\$((i % 50)); rm -f /\$(((i + 7) % 50)); done"
	eventually test -s "$DATA/containers/$ID/upper/count"
	for i in 1 2 3 4 5; do
		ctr commit "$ID" app:inc
	done
	ctr freeze "$ID"
	run -0 ctr commit --format json "$ID" app:inc
	jq -e '.incremental' <<<"$output"
	ctr commit --full "$ID" app:full
	ctr thaw "$ID"
	same app:inc app:full
}

@test "random changes, committed one upon another and as a whole, give the same files" {
	local round
	spec . sh -c '. /next'
	echo true >next
	ctr run --rm --name "$ID-0" spec.json || true
	jq '.mounts += [{destination: "/next", type: "bind", source: "'"$DIR"'/next", options: ["bind", "ro"]}]' spec.json >bound
	mv bound spec.json
	ctr run --name "$ID" spec.json
	for round in 1 2 3 4 5 6; do
		awk -v seed="$round" 'BEGIN { srand(seed); for (i = 0; i < 60; i++) {
			p = "/work/" int(rand() * 4) "/" int(rand() * 4); q = "/work/" int(rand() * 4) "/" int(rand() * 4); k = int(rand() * 9)
			if (k < 3) print "mkdir -p ${p%/*} && echo " seed i " >" p
			else if (k == 3) print "rm -rf " p
			else if (k == 4) print "rm -rf " p "; mkdir -p " p "; echo " i " >" p "/in"
			else if (k == 5) print "ln -f " p " " q
			else if (k == 6) print "mv " p " " q
			else if (k == 7) print "chmod " (int(rand() * 2) ? "711 " : "755 ") p
			else print "rm -rf ${p%/*}; ln -sf /etc/deep " p; gsub(/x/, "") } print "rm -rf /etc/deep; mkdir /etc/deep; true" }' |
			sed -E 's|\$\{p%/\*\}|/work/'$((round % 4))'|' >next
		ctr start -a "$ID" >/dev/null 2>&1 || true
		ctr commit "$ID" app:inc >/dev/null
	done
	ctr commit --full "$ID" app:full
	equal "$(layers app:full)" 1
	equal "$(layers app:inc)" 6
	same app:inc app:full
}

@test "whole layers again: asked for, after a rollback, and when the image is gone" {
	spec . sh -c 'echo 1 >/1'
	ctr run --name "$ID" spec.json
	ctr commit "$ID" app:1
	ctr commit --format json "$ID" app:2 | jq -e .incremental
	ctr rmi app:2
	ctr rmi app:1
	# its blobs are there until prune
	ctr commit --format json "$ID" app:3 | jq -e .incremental
	ctr rmi app:3
	ctr prune
	ctr commit "$ID" app:4
	equal "$(layers app:4)" 1
	ctr snapshot "$ID"
	ctr commit --format json "$ID" app:5 | jq -e .incremental
	ctr rollback "$ID" @1
	ctr commit "$ID" app:6
	equal "$(layers app:6)" 1
	echo garbage >"$DATA/containers/$ID/commit.index"
	ctr commit "$ID" app:7
	equal "$(layers app:7)" 1
	run -0 ctr run --rm --name "$ID-2" app:7 cat /1
	equal "$output" 1
}

@test "the chain of changes does not grow without end" {
	local i most=0
	spec . sh -c 'echo 1 >/1'
	ctr run --name "$ID" spec.json
	for ((i = 0; i < 20; i++)); do
		echo $i >"$DATA/containers/$ID/upper/$i"
		ctr commit "$ID" app:1 >/dev/null
		(($(layers app:1) <= most)) || most=$(layers app:1)
	done
	equal "$most" 17
	equal "$(layers app:1)" 3
	run -0 ctr run --rm --name "$ID-2" app:1 sh -c 'cat /0 /19'
	equal "$output" $'0\n19'
}

@test "what was taken out of the layer by hand is no longer in the image" {
	spec . sh -c 'echo 1 >/1; echo changed >/work/file; rm /etc/passwd'
	ctr run --name "$ID" spec.json
	ctr commit "$ID" app:1
	rm "$DATA/containers/$ID/upper/work/file" "$DATA/containers/$ID/upper/etc/passwd"
	ctr commit "$ID" app:2
	run -0 ctr run --rm --name "$ID-2" app:2 cat /work/file /etc/passwd
	equal "${lines[0]}" lower
	contains "$output" root:x:0:0
}

@test "a container of an image commits its changes over that image" {
	spec . sh -c 'echo 1 >/1'
	ctr run --name "$ID" spec.json
	ctr commit "$ID" base:1
	ctr run --name "$ID-2" base:1 sh -c 'echo 2 >/2; rm /1'
	ctr commit "$ID-2" app:1
	ctr commit --format json "$ID-2" app:2 | jq -e .incremental
	ctr commit --full "$ID-2" app:full
	equal "$(layers app:full)" 2
	same app:2 app:full
}

@test "the config is as that of a whole commit: what an earlier one changed in it is not kept" {
	local plain
	config() {
		cat "$DATA/store/blobs/sha256/$(manifest "$1" | jq -r '.config.digest | ltrimstr("sha256:")')"
	}
	spec . sh -c 'echo 1 >/1'
	ctr run --name "$ID" spec.json
	ctr commit --change 'LABEL a=b' --change 'USER 7' -m first "$ID" app:1
	ctr commit -m second "$ID" app:2
	ctr commit --full "$ID" app:full
	plain=$(config app:full | jq -S 'del(.created, .rootfs, .history)')
	equal "$(config app:2 | jq -S 'del(.created, .rootfs, .history)')" "$plain"
	equal "$(config app:2 | jq -c '[.history[].comment]')" '["first","second"]'
	equal "$(config app:2 | jq '.rootfs.diff_ids | length')" "$(layers app:2)"
}

@test "a kill at any step, and the next commit has all the same" {
	local step
	local -a steps
	[[ -x $CTR_BUILDDIR/tests/fault/ctr-image ]] || skip "tests/fault/ctr-image has not been built"
	spec . sh -c 'echo 1 >/1; echo 2 >/2'
	ctr run --name "$ID" spec.json
	ctr commit "$ID" app:inc >/dev/null
	mkdir libexec
	ln -s "$CTR_BUILDDIR/tests/fault/ctr-image" "$CTR_BUILDDIR"/ctr-* libexec/ 2>/dev/null || true
	ln -sf "$CTR_BUILDDIR/tests/fault/ctr-image" libexec/ctr-image
	mapfile -t steps < <(CTR_TRACE=1 CTR_LIBEXEC=$DIR/libexec ctr commit "$ID" app:inc 2>&1 | sed -nE 's/^ *[0-9.]+ ms  (.*)$/\1/p')
	((${#steps[@]} > 5))
	for step in "${steps[@]}"; do
		echo "$step" >"$DATA/containers/$ID/upper/1"
		rm -f "$DATA/containers/$ID/upper/2"
		CTR_KILL_STEP=$step CTR_LIBEXEC=$DIR/libexec run ctr commit "$ID" app:inc
		echo "$step" >"$DATA/containers/$ID/upper/2"
		ctr commit "$ID" app:inc >/dev/null
		equal "$(ctr run --rm --name "$ID-2" app:inc cat /1 /2)" "$step"$'\n'"$step"
	done
}

@test "a commit of what has not changed adds no layer, only a name and a line of history" {
	spec . sh -c 'echo x >/x'
	ctr run --name "$ID" spec.json
	# a file that is younger than 20 ms when a commit begins is taken by the next one too
	nap && nap
	ctr commit "$ID" same:1 >/dev/null
	run -0 ctr commit --format json -m again "$ID" same:2
	equal "$(jq .layerSize <<<"$output")" 0
	run -0 skopeo inspect --raw "oci:$DATA/store:same:2"
	equal "$(jq '.layers | length' <<<"$output")" 1
	run -0 skopeo inspect --config "oci:$DATA/store:same:2"
	equal "$(jq -c '[(.rootfs.diff_ids | length), .history[-1].empty_layer, .history[-1].comment]' <<<"$output")" '[1,true,"again"]'
	run -0 ctr run --rm same:2 cat /x
	equal "$output" x
	ctr prune >/dev/null
	equal "$(find "$DATA/store/blobs" -type f | wc -l)" 5
}
