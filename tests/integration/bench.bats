#!/usr/bin/env bats
# SPDX-License-Identifier: Apache-2.0
# The bench (tests/bench/run) does not rot: its rows are measured, if only twice. No test looks at
# how long anything took.

load helpers

BENCH=$CTR_SRCDIR/tests/bench

setup() {
	setup_container
	require_program python3
	[[ -x $CTR_BUILDDIR/tests/bench/spawn && -d $BENCH ]] || skip "no bench here"
}

# bench ARGUMENT...: with this machine's own peers; its result is bench.json
bench() {
	"$BENCH/run" --build "$CTR_BUILDDIR" --native --quick --rounds 2 --json "$PWD/bench.json" "$@"
}

# measured PROGRAM ROW...: each has two samples or more of the program, and they are not nothing.
measured() {
	local program=$1 row
	shift
	for row; do
		jq -e --arg row "$row" --arg program "$program" \
			'.rows[$row].programs[$program] | .median > 0 and .min <= .median and .median <= .max' \
			bench.json >/dev/null || fail "$row, $program: $(jq -c .notes bench.json)"
	done
}

@test "the rows of starts are measured" {
	run -0 bench --rows run,userns,binds,memory
	contains "$output" "run /bin/true, default config, ms"
	measured ctr run userns binds memory
	measured floor run userns binds memory
}

@test "the rows of verbs are measured" {
	run -0 bench --rows lifecycle,exec,state,pause,kill,delete
	measured ctr lifecycle create start delete exec state pause resume kill delete-f
	measured floor exec state pause resume kill delete-f
}

@test "what stays behind a container is measured" {
	run -0 bench --rows monitor
	measured ctr monitor
}

@test "many starts at once are each a start, and no two of them are the same" {
	printf 'variant\tone\ncrowd\t2\t5\tsh\t-c\techo %%r >>%s\n' "$PWD/numbers" >plan
	run -0 "$CTR_BUILDDIR/tests/bench/spawn" 2 0 <plan
	equal "${#lines[@]}" 2
	equal "$(sort -n numbers | tr '\n' ' ')" '0 1 2 3 4 5 6 7 8 9 '
}

@test "a command that fails is told with its own words" {
	printf 'variant\tone\ntime\tsh\t-c\techo that is why >&2; exit 3\n' >plan
	run -0 "$CTR_BUILDDIR/tests/bench/spawn" 2 0 <plan
	equal "$output" "$(printf 'one\tfailed\tsh -c\tthat is why ')"
}

@test "what is counted, and what this machine cannot count, is in the result" {
	local row
	run -0 bench --rows counts,calls,limit --markdown
	measured ctr counts.faults
	for row in counts.syscalls counts.user counts.kernel counts.state limit; do
		jq -e --arg row "$row" '.rows[$row] or .missing[$row]' bench.json >/dev/null ||
			fail "$row is neither measured nor named as missing"
	done
	contains "$output" "| Counts of run |"
	jq -e '.machine.kernel and .versions.ctr and .machine.rounds == 2' bench.json >/dev/null
}

@test "a peer that is not on the machine is named" {
	local folder
	mkdir bin
	for folder in /usr/sbin /usr/bin /sbin /bin; do
		find "$folder" -maxdepth 1 \( -type f -o -type l \) ! -name 'crun' ! -name 'runc' \
			! -name 'podman' ! -name 'bwrap' ! -name 'conmon' -exec ln -sf -t bin {} +
	done
	PATH=$PWD/bin run -0 bench --rows run
	contains "$output" "crun: not on this machine"
	jq -e '.missing | .crun and .runc and .podman and .bwrap and .conmon' bench.json >/dev/null
	measured ctr run
}

@test "a ratio says how many times better ctr is, and of a limit how many times it takes" {
	cd "$BENCH"
	PYTHONDONTWRITEBYTECODE=1 run -0 python3 -c '
from suite.table import Row
row = Row("row", "row", "ms", {"floor": 1.5, "crun": 2.2, "most": 3})
row.samples = {"ctr": [2, 4, 3], "crun": [6, 6, 6], "floor": [1, 2, 2.5]}
print(row.ratio("crun"), row.ratio("floor"), row.ratio("runc"), row.verdicts())
row = Row("row", "row", "/s", {"native": 0.97, "crun": 2}, more=True)
row.samples = {"ctr": [98], "crun": [50], "native": [100]}
print(row.ratio("crun"), row.ratio("native"), row.verdicts())'
	equal "$output" "2.0 1.5 None [('<= 1.5x floor', True), ('>= 2.2x crun', False), ('<= 3 ms', True)]
1.96 0.98 [('>= 0.97x native', True), ('>= 2x crun', False)]"
}
