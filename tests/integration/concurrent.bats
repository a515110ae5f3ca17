#!/usr/bin/env bats
# SPDX-License-Identifier: Apache-2.0
# Everything that uses the store at once: commit, tag, rmi, prune, run, load, save and check, each again
# and again. A command may find that another one was faster, and says so; nothing may be damaged at any
# time, and in the end prune leaves nothing. CTR_ROUNDS: how often each is done (default 12).

load helpers

ROUNDS=${CTR_ROUNDS:-12}

# again NAME COMMAND...: $ROUNDS times, with "N" in the arguments as a number from 0 to 3; what was said
# in failures is in NAME.said.
again() {
	local name=$1 round said
	shift
	for ((round = 0; round < ROUNDS; round++)); do
		said=$(timeout 60 "$CTR" --root "$ROOT" --data-root "$DATA" "${@//@N/$((round % 4))}" 2>&1 </dev/null 3>&-) ||
			echo "$said" >>"$name.said"
	done
}

# A container of its own, committed, tagged and removed.
own_container() { # NUMBER
	local round said
	for ((round = 0; round < ROUNDS / 3 + 1; round++)); do
		for words in "run --name $ID-own$1 base:1 true" "commit $ID-own$1 own:$1" "tag own:$1 own:$((round % 2))" "rm $ID-own$1"; do
			# shellcheck disable=SC2086
			said=$(timeout 60 "$CTR" --root "$ROOT" --data-root "$DATA" $words 2>&1 </dev/null 3>&-) || echo "$words: $said" >>own.said
		done
	done
}

@test "commands that use the store at the same time leave it whole" {
	local workers=() worker
	spec . sh -c 'mkdir /d; echo x >/d/x'
	ctr run --name "$ID" spec.json
	ctr commit "$ID" base:1 >/dev/null
	ctr run --name "$ID-2" base:1 sh -c 'echo y >/d/y'
	again commit commit "$ID" app:@N &
	workers+=($!)
	again commit2 commit "$ID-2" app:@N &
	workers+=($!)
	again tag tag base:1 app:@N &
	workers+=($!)
	again rmi rmi --force app:@N &
	workers+=($!)
	again prune prune &
	workers+=($!)
	again prune2 prune &
	workers+=($!)
	again run run --rm base:1 cat /d/x &
	workers+=($!)
	again run-app run --rm app:@N cat /d/x &
	workers+=($!)
	own_container 1 &
	workers+=($!)
	own_container 2 &
	workers+=($!)
	again check check --store &
	workers+=($!)
	for worker in "${workers[@]}"; do
		wait "$worker" || fail "a worker died"
	done
	for worker in commit commit2 tag run check prune prune2 own; do
		[[ ! -s $worker.said ]] || fail "$worker: $(head -5 "$worker.said")"
	done
	# their image may be gone, or go between two looks at it
	! grep -v -e 'not in the store' -e 'no such image' run-app.said rmi.said 2>/dev/null || fail "that is no reason to fail"
	run -0 ctr check --store --format json
	ctr prune >/dev/null
	run -0 ctr check --store --format json
	equal "$(jq -c .findings <<<"$output")" '[]'
	equal "$(find "$DATA" \( -name '*.tmp.*' -o -name '.tmp-*' \) | head -3)" ''
	while read -r worker; do
		run -0 ctr run --rm "$worker" cat /d/x
		equal "$output" x
	done < <(jq -r '.manifests[].annotations["org.opencontainers.image.ref.name"]' "$DATA/store/index.json")
	echo "# $ROUNDS rounds of 11 workers" >&3
}
