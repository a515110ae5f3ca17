#!/usr/bin/env bats
# SPDX-License-Identifier: Apache-2.0
# `ctr snapshot`, `snapshots`, `rollback` and their removal.

load helpers

# counter: a stopped container $ID of which each run adds a line to /runs.
counter() {
	spec . sh -c '[ -e /next ] && . /next; echo run >>/runs'
	ctr run --name "$ID" spec.json
}

# layers: how many read-only ones there are.
layers() {
	find "$DATA/uppers" -mindepth 1 -maxdepth 1 | wc -l
}

# shows NUMBER: the container's file has that many lines now, as the next run of it would see.
shows() {
	ctr clone "$ID" "$ID-look" >/dev/null
	jq '.process.args = ["sh", "-c", "wc -l </runs"]' "$DATA/containers/$ID-look/config.json" >looking
	cp looking "$DATA/containers/$ID-look/config.json"
	equal "$(ctr start -a "$ID-look")" "$1"
	ctr rm "$ID-look"
}

@test "snapshots are numbered, and rollback goes back to one" {
	counter
	run -0 ctr snapshot -m 'the first' "$ID"
	equal "$output" "$ID@1"
	ctr start -a "$ID"
	run -0 ctr snapshot "$ID"
	equal "$output" "$ID@2"
	ctr start -a "$ID"
	shows 3
	run -0 ctr rollback --discard "$ID" @1
	equal "$output" ''
	shows 1
	ctr rollback --discard "$ID@2"
	shows 2
	run -0 ctr snapshots --format json "$ID"
	equal "$(jq -c 'map([.number, .message])' <<<"$output")" '[[1,"the first"],[2,null]]'
	run -0 ctr snapshots -q "$ID"
	equal "$output" "$ID@1"$'\n'"$ID@2"
	ctr inspect "$ID" | jq -e '.[0].snapshots | length == 2'
}

@test "rollback keeps what it replaces, unless it was not changed or is not wanted" {
	counter
	ctr snapshot "$ID"
	run -0 ctr rollback "$ID" @1
	equal "$output" ''
	ctr start -a "$ID"
	run -0 ctr rollback "$ID" @1
	equal "$output" "$ID@2"
	shows 1
	ctr rollback "$ID" @2
	shows 2
	contains "$(ctr snapshots "$ID")" 'before rollback to @1'
}

@test "deletions, opaque folders, modes and links come back" {
	local before
	counter
	echo 'rm -r /etc/deep; mkdir /etc/deep; echo n >/etc/deep/n; rm /etc/passwd; ln /runs /hard; chmod 4711 /runs; chmod 711 /' \
		>"$DATA/containers/$ID/upper/next"
	ctr start -a "$ID"
	before=$(ctr diff "$ID")
	ctr snapshot "$ID"
	equal "$(ctr diff "$ID")" "$before"
	echo 'rm -r /etc/deep /hard; echo back >/etc/passwd; chmod 755 / /runs' >"$DATA/containers/$ID/upper/next"
	ctr start -a "$ID"
	[[ $(ctr diff "$ID") != "$before" ]]
	ctr rollback "$ID" @1
	equal "$(ctr diff "$ID")" "$before"
	equal "$(stat -c %a "$DATA/containers/$ID/upper")" 711
}

@test "an image of a container with snapshots is that of one without" {
	spec . sh -c 'echo 1 >/1; rm /etc/passwd; mkdir -p /etc/deep/a; echo 2 >>/work/file; ln /1 /hard; touch -d @1 /1 /etc/deep/a /etc/deep /etc'
	ctr run --name "$ID" spec.json
	SOURCE_DATE_EPOCH=1 ctr commit "$ID" app:1 >/dev/null
	ctr snapshot "$ID"
	ctr snapshot "$ID"
	SOURCE_DATE_EPOCH=1 ctr commit --full "$ID" app:2 >/dev/null
	equal "$(jq '.manifests | map(.digest) | unique | length' "$DATA/store/index.json")" 1
}

@test "rollback of a running container names stop; --force stops it" {
	background . "echo x >>/x; $IDLE"
	ctr stop "$ID"
	ctr snapshot "$ID"
	ctr start "$ID" >/dev/null
	run ! ctr rollback "$ID" @1
	contains "$output" running "stop $ID" --force
	ctr rollback --force --discard "$ID" @1
	equal "$(status_of "$ID")" stopped
	[[ ! -e $DATA/containers/$ID/upper/x ]]
}

@test "rm ID@N removes one and frees what only it had" {
	counter
	ctr snapshot "$ID"
	ctr start -a "$ID"
	ctr snapshot "$ID"
	ctr rollback --discard "$ID" @1
	equal "$(layers)" 2
	ctr rm "$ID@2"
	equal "$(layers)" 1
	run ! ctr rm "$ID@2"
	contains "$output" 'no snapshot @2'
	shows 1
	ctr rm "$ID@1"
	shows 1
	run ! ctr rollback "$ID" @1
	run -0 ctr snapshot "$ID"
	equal "$output" "$ID@3"
	ctr rm "$ID"
	[[ -z $(ls -A "$DATA/uppers") ]]
}

@test "a clone of a snapshot" {
	counter
	ctr snapshot "$ID"
	ctr start -a "$ID"
	ctr clone "$ID@1" "$ID-2"
	ctr rm "$ID"
	jq '.process.args = ["cat", "/runs"]' "$DATA/containers/$ID-2/config.json" >changed
	cp changed "$DATA/containers/$ID-2/config.json"
	run -0 ctr start -a "$ID-2"
	equal "$output" run
}

@test "words that are no snapshot are refused" {
	counter
	local word
	for word in @0 @x @ @-1 '@1 ' @99999999999999999999; do
		run ! ctr rollback "$ID" "$word"
	done
	run ! ctr rollback "$ID"
	contains "$output" '@N is missing'
	run ! ctr rollback @1
	run ! ctr rm "$ID@"
	ctr inspect "$ID" >/dev/null
}

@test "prune leaves the layers of snapshots and removes those that nobody has" {
	counter
	ctr snapshot "$ID"
	mkdir -p "$DATA/uppers/0123456789abcdef/x"
	ctr prune
	[[ ! -e $DATA/uppers/0123456789abcdef ]]
	shows 1
}

@test "snapshots of a running container, which goes on" {
	background . "echo 1 >/1; mkfifo /go; while :; do read -r name </go && echo \$name >/\$name; done"
	eventually test -p "$DATA/containers/$ID/upper/go"
	run -0 ctr snapshot "$ID"
	ctr exec "$ID" sh -c 'echo two >/go'
	eventually test -s "$DATA/containers/$ID/upper/two"
	ctr snapshot "$ID"
	ctr exec "$ID" rm /1 /two
	equal "$(status_of "$ID")" running
	run ! ctr rollback "$ID" @1
	ctr stop -t 0 "$ID"
	ctr rollback --discard "$ID" @1
	equal "$(ctr diff "$ID")" $'A /1\nA /go'
	ctr rollback --discard "$ID" @2
	equal "$(ctr diff "$ID")" $'A /1\nA /go\nA /two'
	ctr rm "$ID"
	equal "$(find "$DATA/uppers" -mindepth 1)" ''
}

@test "a frozen container can be remembered and stays frozen; one of --rm is refused" {
	background . "echo 1 >/1; $IDLE"
	eventually test -s "$DATA/containers/$ID/upper/1"
	ctr freeze "$ID"
	ctr snapshot "$ID"
	equal "$(status_of "$ID")" paused
	ctr thaw "$ID"
	spec . sh -c "$IDLE"
	ctr run -d --rm --name "$ID-2" spec.json >/dev/null
	run ! ctr snapshot "$ID-2"
	contains "$output" --rm
}

@test "a hundred snapshots: the chain of layers stays short and every one is right" {
	local i
	counter
	for ((i = 0; i < 100; i++)); do
		echo "line $i" >"$DATA/containers/$ID/upper/file$((i % 7))"
		rm -f "$DATA/containers/$ID/upper/gone"
		echo $i >"$DATA/containers/$ID/upper/$i"
		ctr snapshot "$ID" >/dev/null
	done
	(($(jq .ownLayers "$DATA/containers/$ID/container.json") <= 32))
	equal "$(ctr diff "$ID" | grep -c '^A /file')" 7
	equal "$(ctr diff "$ID" | grep -c '^A /[0-9]')" 100
	ctr rollback "$ID" @50
	equal "$(ctr diff "$ID" | grep -c '^A /[0-9]')" 50
	ctr start -a "$ID"
	ctr rm "$ID"
	[[ -z $(ls -A "$DATA/uppers") ]]
}
