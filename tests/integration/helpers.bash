# shellcheck shell=bash
# SPDX-License-Identifier: Apache-2.0
# What the integration tests share. Each test gets its own --root and --data-root, a container
# name of its own ($ID) and a cgroup that it runs in; teardown removes its containers and then
# FAILS the test if a mount, a cgroup, a process or a state folder of it is left.
#
# From the environment: CTR_BUILDDIR (where `make` ran; default: the top of the sources), CTR (the
# program), CTR_PATIENCE (seconds that eventually() waits; slow machines need more).

bats_require_minimum_version 1.5.0

SRCDIR=${CTR_SRCDIR:-$(cd "${BASH_SOURCE[0]%/*}/../.." && pwd)}
CTR_BUILDDIR=${CTR_BUILDDIR:-$SRCDIR}
CTR=${CTR:-$CTR_BUILDDIR/ctr}
HELPERS=$CTR_BUILDDIR/tests/helpers
CTR_PATIENCE=${CTR_PATIENCE:-20}
export SRCDIR CTR_BUILDDIR CTR HELPERS CTR_PATIENCE
PATH=$PATH:/usr/sbin:/sbin

# --- around each test ---------------------------------------------------------------------------

setup() {
	setup_container
}

teardown() {
	teardown_container
}

setup_container() {
	DIR=$BATS_TEST_TMPDIR
	# A unix socket's path has 108 bytes, and <root>/<id>/start.sock must fit.
	((${#DIR} < 60)) || DIR=$(mktemp -d /tmp/ctr-test.XXXXXX)
	ROOT=$DIR/run DATA=$DIR/data
	ID=t$BASHPID-$BATS_TEST_NUMBER
	cd "$DIR" || return
	HOST_MOUNTS=()
	TEST_CGROUP=$CGROUP2/ctr-test-$ID
	mkdir -p "$TEST_CGROUP" && echo $BASHPID >"$TEST_CGROUP/cgroup.procs"
}

teardown_container() {
	local left='' status=0 i
	remove_containers || status=1
	for ((i = ${#HOST_MOUNTS[@]} - 1; i >= 0; i--)); do
		umount "${HOST_MOUNTS[i]}" || status=1
	done
	left=$(left_behind)
	if [[ -n $left ]]; then
		echo "left behind:"$'\n'"$left" >&2
		clean_up_by_force
		status=1
	fi
	cd / || status=1
	echo $BASHPID >"$CGROUP2/cgroup.procs"
	# what the test has run last may be ending still
	eventually rmdir "$TEST_CGROUP" 2>/dev/null || status=1
	[[ $DIR == "$BATS_TEST_TMPDIR" ]] || rm -rf "$DIR"
	return $status
}

# ctr ARGUMENT...: the program under test on this test's own folders.
ctr() {
	"$CTR" --root "$ROOT" --data-root "$DATA" "$@" 3>&-
}

# The names of this test's containers, from the folders themselves.
containers() {
	local folder
	for folder in "$ROOT"/*/ "$DATA"/containers/*/; do
		[[ ! -d $folder ]] || basename "$folder"
	done | sort -u
}

remove_containers() {
	local id status=0
	for id in $(containers); do
		ctr rm -f "$id" || status=1
	done
	return $status
}

# Prints what this test has left on the system: nothing, one hopes.
left_behind() {
	local id pid
	CTR_PATIENCE=3 eventually only_us_in_test_cgroup 2>/dev/null ||
		for pid in $(<"$TEST_CGROUP/cgroup.procs"); do
			is_ours "$pid" || echo "process: $pid $(tr '\0' ' ' <"/proc/$pid/cmdline")"
		done
	for id in $(containers); do
		echo "container: $id"
	done
	mounts_below "$DIR"
	cgroups_of "$ID"
}

# Whether process PID is this shell or one above it (bats runs a test in several).
is_ours() {
	local pid=$BASHPID stat
	while ((pid > 1)); do
		[[ $pid != "$1" ]] || return 0
		read -r stat <"/proc/$pid/stat" || return 1
		stat=${stat##*) }
		stat=${stat#* }
		pid=${stat%% *}
	done
	return 1
}

# Mounts of this mount namespace whose mount point or root lies below DIR.
mounts_below() {
	local line field
	while read -r line; do
		read -ra field <<<"$line"
		case ${field[4]} in "$1"/*) echo "mount: $line" ;; esac
	done </proc/self/mountinfo
}

# Cgroups of any hierarchy level whose name has NAME in it, but for the test's own.
cgroups_of() {
	local found
	while read -r found; do
		[[ $found == "$TEST_CGROUP" ]] || echo "cgroup: $found"
	done < <(find "$CGROUP2" -type d -name "*$1*" 2>/dev/null)
}

# So that one leak does not fail every later test.
clean_up_by_force() {
	local kind path rest pid
	while read -r kind path rest; do
		[[ $kind != cgroup: || ! -e $path/cgroup.kill ]] || echo 1 >"$path/cgroup.kill"
	done < <(cgroups_of "$ID")
	for pid in $(<"$TEST_CGROUP/cgroup.procs"); do
		is_ours "$pid" || kill -KILL "$pid" 2>/dev/null || true
	done
	while read -r _ _ _ _ path rest; do
		case $path in "$DIR"/*) umount -l "$path" || true ;; esac
	done </proc/self/mountinfo
	while read -r kind path rest; do
		[[ $kind != cgroup: ]] || eventually remove_cgroup "$path" || true
	done < <(cgroups_of "$ID" | sort -r)
	eventually only_us_in_test_cgroup || true
	rm -rf "$ROOT" "$DATA" || true
}

remove_cgroup() {
	rmdir "$1" 2>/dev/null || [[ ! -d $1 ]]
}

only_us_in_test_cgroup() {
	local pid
	for pid in $(<"$TEST_CGROUP/cgroup.procs"); do
		is_ours "$pid" || return 1
	done
}

# --- specs and runs -----------------------------------------------------------------------------

# spec FILTER [ARGUMENT...]: writes spec.json (SPEC=NAME: another name), the plain spec of the
# tests changed by the jq FILTER ('.' changes nothing). The arguments become process.args.
spec() {
	local filter=$1
	shift
	jq -n --arg rootfs "$ROOTFS" --arg dir "$DIR" '{
		ociVersion: "1.3.0",
		process: {
			user: {uid: 0, gid: 0}, cwd: "/", env: ["PATH=/bin"],
			args: $ARGS.positional,
			capabilities: (["CAP_CHOWN", "CAP_DAC_OVERRIDE", "CAP_FOWNER", "CAP_FSETID",
				"CAP_KILL", "CAP_MKNOD", "CAP_SETFCAP", "CAP_SETGID", "CAP_SETUID",
				"CAP_SYS_CHROOT"] | {bounding: ., effective: ., permitted: .})
		},
		root: {path: $rootfs},
		mounts: [{destination: "/proc", type: "proc", source: "proc"}],
		linux: {namespaces: ["pid", "mount", "ipc", "uts", "cgroup", "network"] | map({type: .})}
	} | '"$filter" --args -- "$@" >"${SPEC:-spec.json}"
}

# inside FILTER SCRIPT: runs the shell SCRIPT in a container of spec FILTER, as `run` of bats:
# $output and $lines are what it printed. It must succeed.
inside() {
	spec "$1" sh -c "$2"
	run -0 ctr run --rm --name "$ID" spec.json
}

# bundle DIRECTORY FILTER [ARGUMENT...]: an OCI bundle: config.json of spec FILTER with a tmpfs at /dev
# (the rootfs may lie on a filesystem without devices) and a rootfs of its own, hard links to the
# shared one: do not write into its files, replace them.
bundle() {
	local folder=$1 filter=$2
	shift 2
	mkdir -p "$folder"
	cp -al "$ROOTFS" "$folder/rootfs"
	SPEC=$folder/config.json spec '.root.path = "rootfs" |
		.mounts += [{destination: "/dev", type: "tmpfs", source: "tmpfs", options: ["mode=755"]}] | '"$filter" "$@"
}

# create ARGUMENT...: `ctr create`, which must succeed. Its standard streams are the container's, so
# that `run` would wait for their end.
create() {
	ctr create "$@" </dev/null >"$DIR/created" 2>&1 || fail "$(<"$DIR/created")"
}

# background FILTER SCRIPT: a detached container $ID that runs SCRIPT; it is running on return.
background() {
	spec "$1" sh -c "$2"
	ctr run -d --name "$ID" spec.json >/dev/null
}

# receive KIND SOCKET: tests/helpers/receive in the background, listening; what it says is in "heard".
# Its end: wait "$RECEIVER" (a bare wait would wait for the watchdog of bats too).
receive() {
	"$HELPERS/receive" "$1" "$2" >heard 3>&- &
	# shellcheck disable=SC2034
	RECEIVER=$!
	eventually file_has heard listening
}

# host_mount ARGUMENT... POINT: mount(8) on the host until the end of the test.
host_mount() {
	mkdir -p "${*: -1}"
	mount "$@"
	HOST_MOUNTS+=("${*: -1}")
}

# A script for PID 1 that waits for its end at once answering TERM, and starts no children.
# shellcheck disable=SC2034
IDLE='trap "exit 0" TERM; mkfifo /tmp/.idle; exec 9<>/tmp/.idle; while :; do read -r x <&9; done'

# --- what the kernel says -----------------------------------------------------------------------

cgroup2_mount() {
	local line field
	while read -r line; do
		[[ $line == *" - cgroup2 "* ]] || continue
		read -ra field <<<"$line"
		echo "${field[4]}"
		return
	done </proc/self/mountinfo
}

# require_controller NAME...: skips the test where cgroup2 does not have these controllers.
require_controller() {
	local name have
	have=" $(<"$CGROUP2/cgroup.controllers") "
	for name; do
		[[ $have == *" $name "* ]] || skip "no $name controller on cgroup2 here"
	done
}

# require_program NAME...
require_program() {
	local name
	for name; do
		command -v "$name" >/dev/null || skip "$name is not installed"
	done
}

# pid_of ID: the container's init as the host sees it, by `ctr state`.
pid_of() {
	ctr state "$1" | jq .pid
}

status_of() {
	ctr state "$1" | jq -r .status
}

# cgroup_of PID: the folder of a process's cgroup2.
cgroup_of() {
	local line
	while read -r line; do
		[[ $line != 0::* ]] || echo "$CGROUP2${line#0::}"
	done <"/proc/$1/cgroup"
}

# status_field PID NAME: a line of /proc/PID/status without its name.
status_field() {
	local name value
	while IFS=: read -r name value; do
		[[ $name != "$2" ]] || echo "${value#$'\t'}"
	done <"/proc/$1/status"
}

# mount_line POINT [TEXT]: the last mountinfo line of TEXT (default: $output) for that mount point.
mount_line() {
	local line field last=''
	while read -r line; do
		read -ra field <<<"$line"
		[[ ${field[4]} != "$1" ]] || last=$line
	done <<<"${2-$output}"
	[[ -n $last ]] || { echo "no mount at $1" >&2; return 1; }
	echo "$last"
}

# mount_options POINT [TEXT]: the per-mount options of that line, as ",rw,nosuid,".
mount_options() {
	local field
	read -ra field <<<"$(mount_line "$@")"
	echo ",${field[5]},"
}

# super_options POINT [TEXT]: the options of the filesystem behind " - type source ".
super_options() {
	local line
	line=$(mount_line "$@")
	echo ",${line##* },"
}

# --- claims -------------------------------------------------------------------------------------

fail() {
	echo "$*" >&2
	return 1
}

equal() {
	[[ $1 == "$2" ]] || fail "expected: $2"$'\n'"     got: $1"
}

# contains TEXT PART...
contains() {
	local text=$1 part
	shift
	for part; do
		[[ $text == *"$part"* ]] || fail "expected in it: $part"$'\n'"           got: $text" || return
	done
}

# lacks TEXT PART...
lacks() {
	local text=$1 part
	shift
	for part; do
		[[ $text != *"$part"* ]] || fail "not expected in it: $part"$'\n'"             got: $text" || return
	done
}

# matches TEXT REGEX
matches() {
	[[ $1 =~ $2 ]] || fail "expected to match: $2"$'\n'"              got: $1"
}

# nothing_created: no container, cgroup, mount of this test.
nothing_created() {
	local left
	left=$(left_behind)
	[[ -z $left ]] || fail "there should be nothing, but: $left"
}

# eventually COMMAND...: repeats it until it succeeds, for a bounded time. Only for what the
# kernel offers no event for in a shell.
eventually() {
	local end=$((SECONDS + CTR_PATIENCE))
	until "$@"; do
		((SECONDS < end)) || { echo "not within $CTR_PATIENCE s: $*" >&2; return 1; }
		nap
	done
}

# A pause of 20 ms without a process.
nap() {
	[[ -n ${NAP-} ]] || exec {NAP}<> <(:)
	read -rt 0.02 -u "$NAP" || true
}

is_gone() {
	[[ ! -e /proc/$1 ]]
}

has_status() {
	[[ $(status_of "$1") == "$2" ]]
}

file_has() {
	[[ -e $1 && $(<"$1") == *"$2"* ]]
}
