# shellcheck shell=bash
# SPDX-License-Identifier: Apache-2.0
# For power_replay.bash: what has to survive a power cut during `commit --to-host` and `undo`: after the
# next command of any kind the host's tree is as before or as after, and as it was reported.

# shellcheck source-path=SCRIPTDIR source=tree_dump.bash
source "$SRCDIR/tests/integration/tree_dump.bash"

promised() {
	local mark
	PROMISED=either
	for mark in "${MARKS[@]}"; do
		case $mark in before | after | either) PROMISED=$mark ;; esac
	done
}

survived() {
	local is=neither
	ctr ps >ps.out 2>&1 || fail "ps: $(<ps.out)" || return
	[[ ! -L $DATA/undo/pending ]] || fail "still pending: $(<ps.out)" || return
	dump "$WORK/mnt/host" '' >now
	if cmp -s now "$WORK/before"; then is=before; fi
	if cmp -s now "$WORK/after"; then is=after; fi
	[[ $is != neither ]] || fail "a mixture: $(diff "$WORK/before" now)" || return
	echo "$is" >>"$WORK/seen"
	[[ $PROMISED == either || $PROMISED == "$is" ]] || fail "$PROMISED was reported, and it is as $is"
}

# It can be committed and undone from here.
usable() {
	ctr commit --to-host one >out 2>&1 || fail "commit: $(<out)" || return
	dump "$WORK/mnt/host" '' | cmp -s - "$WORK/after" || fail "committed, it is not as after" || return
	ctr undo >out 2>&1 || fail "undo: $(<out)" || return
	dump "$WORK/mnt/host" '' | cmp -s - "$WORK/before" || fail "undone, it is not as before"
}
