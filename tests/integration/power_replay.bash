#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# power_replay.bash WORK FILESYSTEM SAMPLES SEED STRIDE STOP: for power.bats, whose environment it has (CTR,
# HELPERS). Cuts WORK/log at its points: mounts what the disk would hold, and looks for what the marks
# up to there promise. Prints how many points there were and how many failed; file
# "failures" says why. With STOP 1 it ends at the first failure.
set -u
WORK=$1 FS=$2 SAMPLES=$3 SEED=$4 STRIDE=$5 STOP=$6
DATA=$WORK/mnt/data ROOT=$WORK/run
POINTS=0 FAILED=0
declare -A IMAGES CONTAINERS FOUND

ctr() {
	"$CTR" --root "$ROOT" --data-root "$DATA" "$@"
}

fail() {
	echo "$@"
	return 1
}

# What was promised at that point: of the marks for each name the last one counts.
promised() {
	local mark kind name value
	IMAGES=() CONTAINERS=()
	for mark in "${MARKS[@]}"; do
		read -r kind name value <<<"$mark"
		case $kind in
		image) IMAGES[$name]=$value ;;
		no | either) IMAGES[$name]=$kind ;;
		container) CONTAINERS[$name]=$value ;;
		none) CONTAINERS[$name]= ;;
		"none-of-all") CONTAINERS=() ;;
		esac
	done
}

survived() {
	local name digest
	ctr check --store --format json >check.json 2>check.err ||
		fail "check --store: $(<check.err) $(jq -c '[.findings[] | select(.status == "damage")]' check.json)" || return
	FOUND=()
	while read -r name digest; do
		FOUND[$name]=$digest
	done < <([[ ! -e $DATA/store/index.json ]] ||
		jq -r '.manifests[] | .annotations["org.opencontainers.image.ref.name"] + " " + .digest' "$DATA/store/index.json")
	for name in "${!IMAGES[@]}"; do
		digest=${FOUND[$name]-}
		case ${IMAGES[$name]} in
		either) ;;
		no) [[ -z $digest ]] || fail "$name is there again" || return ;;
		*) [[ $digest == "${IMAGES[$name]}" ]] || fail "$name was ${IMAGES[$name]} and is '$digest'" || return ;;
		esac
	done
	for name in "${!CONTAINERS[@]}"; do
		digest=${CONTAINERS[$name]}
		[[ -z $digest || -e $DATA/containers/$name/container.json && $(<"$DATA/containers/$name/upper/d/$digest") == "$digest" ]] ||
			fail "container $name has lost its file" || return
	done
}

# The next commands find nothing that stops them, and leave nothing.
usable() {
	local name
	ctr prune >prune.out 2>&1 || fail "prune: $(<prune.out)" || return
	ctr check --store --format json >check.json || fail "after prune: $(jq -c .findings check.json)" || return
	[[ $(jq -c .findings check.json) == '[]' ]] || fail "left behind prune: $(jq -c .findings check.json)" || return
	for name in "${!FOUND[@]}"; do
		ctr run --rm "$name" cat /d/first >out 2>&1 || fail "run $name: $(<out)" || return
		skopeo copy -q --insecure-policy "oci:$DATA/store:$name" "oci-archive:$WORK/out.tar:x" || return
		rm -f "$WORK/out.tar"
	done
}

cut() {
	local status=0
	# an image of its own: a container's mount namespace may end a little later than its process
	mount -t "$FS" -o loop "$WORK/image" "$WORK/mnt" || return
	survived || status=1
	((POINTS % 8)) || usable || status=1
	umount -l "$WORK/mnt" || status=1
	return $status
}

# another workload has its own idea of what survives
# shellcheck source=/dev/null
[[ -z ${POWER_CHECK-} ]] || source "$POWER_CHECK"

: >failures
coproc REPLAY { "$HELPERS/power_disk" replay "$WORK/log" "$WORK/image" "$SAMPLES" "$SEED" "$STRIDE"; }
while read -r -u "${REPLAY[0]}" _ number place kind; do
	MARKS=()
	while IFS= read -r -u "${REPLAY[0]}" line && [[ -n $line ]]; do
		MARKS+=("${line#mark }")
	done
	((POINTS += 1))
	promised
	rm -rf "$ROOT"
	if ! cut >cut.out 2>&1; then
		((FAILED += 1))
		{ echo "point $number, record $place, $kind, after '${MARKS[-1]}':" && cat cut.out; } >>failures
		((!STOP)) || break
	fi
	echo >&"${REPLAY[1]}"
done
echo "$POINTS $FAILED"
