# shellcheck shell=bash
# SPDX-License-Identifier: Apache-2.0
# Every step of a ctr command is made to fail, and to die, and what is left is counted. The steps are
# those that CTR_TRACE=1 prints; the programs are those of tests/fault.

# A command in front of each ctr: one that enters another network namespace.
WHERE=()

setup_faults() {
	FAULT=$CTR_BUILDDIR/tests/fault
	[[ -x $FAULT/ctr ]] || skip "tests/fault/ctr has not been built"
	CTR=$FAULT/ctr
}

# In the folder of the test: companions of the same kind.
fault_programs() {
	local program
	mkdir libexec
	for program in image more net; do
		[[ ! -x $FAULT/ctr-$program ]] || ln -s "$FAULT/ctr-$program" libexec
	done
	ln -s "$CTR_BUILDDIR/ctr-monitor" libexec/ctr-monitor
	export CTR_LIBEXEC=$DIR/libexec
}

# steps_of ARGUMENT...: into STEPS, the names of the steps that this ctr command goes through.
steps_of() {
	local line
	STEPS=()
	# into a file: a created container would hold a pipe open
	CTR_TRACE=1 ctr "$@" >/dev/null 2>traced </dev/null
	while read -r line; do
		[[ ! $line =~ ^\ *[0-9]+\.[0-9]+\ ms\ \ (.*)$ ]] || STEPS+=("${BASH_REMATCH[1]}")
	done <traced
	((${#STEPS[@]} > 0)) || fail "no step of '$*' was traced"
	# the host has done them all; in the slow guest every fourth, others in each test
	mapfile -t STEPS < <(printf '%s\n' "${STEPS[@]}" | awk '!seen[$0]++' |
		if [[ -n ${CTR_GUEST-} ]]; then awk "(NR + $BATS_TEST_NUMBER) % 4 == 0"; else cat; fi)
	echo "# ${#STEPS[@]} steps of ${1}" >&3
}

# at STEP KIND ARGUMENT...: `ctr ARGUMENT...` with the fault; its status in $status.
at() {
	local step=$1 kind=$2
	shift 2
	status=0
	env "CTR_${kind}_STEP=$step" timeout -k 1 30 "${WHERE[@]}" "$CTR" --root "$ROOT" --data-root "$DATA" "$@" \
		>out 2>&1 </dev/null 3>&- || status=$?
	((status != 124)) || fail "$kind at '$step': it hangs"
}

# clean STEP: what the next rm and prune leave of $ID must be nothing.
clean() {
	ctr rm -f "$ID" >rm.out 2>&1 || true
	ctr delete -f "$ID" >>rm.out 2>&1 || fail "$1: delete --force: $(<rm.out)"
	ctr prune >prune.out 2>&1 || fail "$1: prune: $(<prune.out)"
	nothing_created || fail "after '$1'"
	left_elsewhere "$1"
	[[ ! -e $DATA/containers/$ID && ! -e $ROOT/$ID ]] || fail "$1: a folder is left"
	local left
	left=$(find "$ROOT" "$DATA" -mindepth 1 -name '*'"$ID"'*' 2>/dev/null)
	[[ -z $left ]] || fail "$1: left: $left"
}

# What else a file of tests looks for.
left_elsewhere() {
	:
}

# every_step_fails WORDS...: the command fails at each of STEPS with the step's name and leaves
# nothing even before any clean-up.
every_step_fails() {
	local step
	for step in "${STEPS[@]}"; do
		at "$step" FAIL "$@"
		if ((status == 0)); then
			# of create nobody waits any more behind that one; of run -d for the end
			[[ $(<out) == *injected* || $* == *' -d '* || $1/$step == create/'init: ready' ]] ||
				fail "FAIL at '$step' makes nothing fail"
		else
			[[ $(<out) == *injected* ]] || fail "FAIL at '$step' says: $(<out)"
			nothing_created || fail "FAIL at '$step' left something before any clean-up"
		fi
		clean "FAIL at $step"
	done
}

every_step_dies() {
	local step
	for step in "${STEPS[@]}"; do
		at "$step" KILL "$@"
		clean "KILL at $step"
	done
}
